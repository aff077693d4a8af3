"""The fixtures of this folder see what they are there to see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.visits import Visits, barriers, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROGUES = {
    "request": "<img src='https://example.org/dot.png'>",
    "request by script": "<script>fetch('https://example.org').catch(() => 0)</script>",
    "error": "<script>missing()</script>",
    "warning": "<script>console.warn('odd')</script>",
    "error of a worker": "<script>new Worker(URL.createObjectURL(new Blob(['missing()'])))</script>",
}

LOOKS = 100  # at what a page has done, a tenth of a second apart: a worker starts late on a busy machine

GOOD = """<!DOCTYPE html><meta charset=utf-8><title>good</title>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<script>
const worker = new Worker(URL.createObjectURL(new Blob(["postMessage(1)"])));
worker.onmessage = () => { document.title = "done"; };
</script>"""


@pytest.mark.parametrize("rogue", ROGUES)
def test_a_page_that_asks_or_complains_is_caught(rogue: str, browser: Browser, tmp_path: Path) -> None:
    """Each request but the file's own is seen, and each error and warning, a worker's too."""
    visits, file = Visits(browser), tmp_path / "rogue.html"
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>rogue</title>{ROGUES[rogue]}", encoding="utf-8")
    page = visits.open(file)
    for _ in range(LOOKS):
        seen = [words for words in visits.complaints if words.startswith(rogue.split()[0])]
        if seen:
            break
        page.wait_for_timeout(100)
    visits.close()
    assert seen


def test_a_good_page_is_not_blamed(visits: Visits, tmp_path: Path) -> None:
    """A page with a script, a picture of its own and a worker of its own asks for nothing else."""
    file = tmp_path / "good.html"
    file.write_text(GOOD, encoding="utf-8")
    page = visits.open(file, "start=1,2")
    until(page, "document.title == 'done'")


def test_what_keeps_people_out_is_found(visits: Visits, tmp_path: Path) -> None:
    """A button without a name and pale words are found, on a page that forbids to evaluate text."""
    file = tmp_path / "pale.html"
    file.write_text(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>pale</title>"
        "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">"
        "<main><h1>pale</h1><p style='color: #bbb'>words</p><button></button></main>",
        encoding="utf-8",
    )
    found = barriers(visits.open(file))
    assert {line.partition(":")[0] for line in found} == {"button-name", "color-contrast"}
