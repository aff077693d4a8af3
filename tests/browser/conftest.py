"""One browser for all tests of this folder; where there is none, they are not collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.explorers import FAST, Explorer
from tests.browser.pages import make_pages
from tests.browser.visits import LAPTOP, Visits
from tests.browsers import chromium
from tests.conftest import MadeOnce

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Explore = Callable[..., Explorer]
collect_ignore_glob = [] if chromium() else ["test_*.py"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser, closed before other tests follow: while it is driven, no other event loop can run.

    Its driver is loaded by the worker that uses it, and not by all that only look for tests.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium())
        yield browser
        browser.close()


@pytest.fixture
def visits(browser: Browser) -> Iterator[Visits]:
    """Pages that a test opens, each a visit; none may ask for another file or report an error."""
    visits = Visits(browser)
    yield visits
    visits.close()
    assert not visits.complaints


@pytest.fixture(scope="session")
def pages(made_once: MadeOnce) -> Path:
    """The folder with the explorers' pages."""
    return made_once("pages of explorers", make_pages)


@pytest.fixture(scope="package")
def kept(browser: Browser) -> Iterator[Visits]:
    """Visits that several tests share, since to load a page takes longer than most tests."""
    visits = Visits(browser)
    yield visits
    visits.close()


@pytest.fixture
def explore(visits: Visits, kept: Visits, pages: Path) -> Iterator[Explore]:
    """``explore("peaks", "start=1,1")`` is the explorer of a page, at an address, whose balls roll fast.

    It is one that other tests have used, in a window of the size, begun anew; with options, as for
    :meth:`Visits.open`, or ``new=True`` it is loaded.
    """

    def begin(
        name: str = "peaks", address: str = "", *, new: bool = False, size: dict[str, int] = LAPTOP, **options: object
    ) -> Explorer:
        fragment, file = "&".join(filter(None, [FAST, address])), pages / f"{name}.html"
        if new or options:
            return Explorer(visits.open(file, fragment, size=size, **options))
        if file not in kept.pages:
            kept.open(file, FAST)
        explorer = Explorer(kept.pages[file])
        explorer.begin(fragment, size)
        return explorer

    yield begin
    complaints, kept.complaints = kept.complaints, []
    assert not complaints
