"""The fixtures of this folder see what they are there to see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.visits import Visits, barriers, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROGUES = {
    "<img src='https://example.org/dot.png'>": r"request: https://example\.org/dot\.png",
    "<script>fetch('https://example.org').catch(() => 0)</script>": r"request: https://example\.org/",
    "<script>missing()</script>": "error: missing is not defined",
    "<script>console.warn('odd')</script>": "warning: odd",
    "<script>new Worker(URL.createObjectURL(new Blob(['absent()'])))</script>": "error: .*absent is not defined",
}
"""What a page may hold that it must not, and what is to be said of it."""

LOOKS = 100  # at what a page has done, a tenth of a second apart: a worker starts late on a busy machine

GOOD = """<!DOCTYPE html><meta charset=utf-8><title>good</title>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<script>
const worker = new Worker(URL.createObjectURL(new Blob(["postMessage(1)"])));
worker.onmessage = () => { document.title = "done"; };
</script>"""


def test_a_page_that_asks_or_complains_is_caught(browser: Browser, tmp_path: Path) -> None:
    """Each request but the file's own is seen, and each error and warning, a worker's too; a page with a script, a
    picture of its own and a worker of its own is not blamed.
    """
    visits, file, unseen = Visits(browser), tmp_path / "rogue.html", []
    file.write_text(page_of(""), encoding="utf-8")
    page = visits.open(file)
    for rogue, words in ROGUES.items():
        file.write_text(page_of(rogue), encoding="utf-8")
        visits.complaints.clear()
        page.reload()
        for _ in range(LOOKS):
            if seen := any(re.fullmatch(words, said) for said in visits.complaints):
                break
            page.wait_for_timeout(100)
        if not seen:
            unseen.append((rogue, visits.complaints))
    assert not unseen
    file.write_text(GOOD, encoding="utf-8")
    page.goto("about:blank")
    visits.complaints.clear()
    page.goto(f"{file.as_uri()}#start=1,2")
    until(page, "document.title == 'done'")
    assert not visits.complaints
    visits.close()


def page_of(body: str) -> str:
    """A page that is nothing but a title and this."""
    return f"<!DOCTYPE html><meta charset=utf-8><title>rogue</title>{body}"


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
