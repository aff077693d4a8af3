"""Visits to pages, offline, with all that they ask for and complain of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
PROJECTOR = {"width": 1920, "height": 1080}
ZOOMED = {"width": 320, "height": 256}  # what is left of 1280 x 1024 at 400 %, as WCAG 1.4.10 has it


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Wait for a condition in JavaScript; a page that forbids to evaluate text forbids Playwright's own way.

    Raises
    ------
    AssertionError
        It does not hold in time; with the condition.
    """
    wait = f"""async () => {{
        const end = performance.now() + {1000 * seconds};
        while (!({condition}) && performance.now() < end) await new Promise((go) => setTimeout(go, 5));
        return Boolean({condition});
    }}"""
    assert page.evaluate(wait), condition


def barriers(page: Page) -> list[str]:
    """What axe finds that keeps people out: the rule that is broken and the element that breaks it, each a line."""
    from axe_playwright_python.sync_playwright import Axe

    broken = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in broken for node in rule["nodes"]]


@dataclass
class Visits:
    """Opens files in a browser without a network and notes every request but a file's own, and every error."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    pages: dict[Path, Page] = field(default_factory=dict)
    _open: list[BrowserContext] = field(default_factory=list)

    def open(
        self, file: Path, fragment: str = "", *, size: dict[str, int] = LAPTOP, first: str = "", **context: Any
    ) -> Page:
        """A page in a window of its own, where a script runs ``first``; ``context`` as for Playwright, such as
        ``color_scheme="dark"``.
        """
        window = self.browser.new_context(offline=True, viewport=size, **context)
        self._open.append(window)
        if first:
            window.add_init_script(first)
        page, address = window.new_page(), file.absolute().as_uri()
        self.pages[file] = page
        page.set_default_timeout(20_000)
        page.on("request", lambda request: self._asked(request, address))
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.goto(f"{address}#{fragment}" if fragment else address)
        return page

    def close(self) -> None:
        """Close all windows."""
        self.pages.clear()
        while self._open:
            self._open.pop().close()

    def _asked(self, request: Request, address: str) -> None:
        if request.url.partition("#")[0] != address and not request.url.startswith(("blob:", "data:")):
            self.complaints.append(f"request: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")
