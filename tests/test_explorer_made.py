"""The page that the documentation shows is one that is made today."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.browser.pages import make_pages
from tests.conftest import MadeOnce

MADE = Path(__file__).parents[1] / "docs/explorer/peaks.html"
DATA = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.DOTALL)
OF_ITS_STARTS = {"basins", "pair"}  # which depend on how many starts a study has


def parts(page: Path) -> tuple[str, dict[str, Any]]:
    """A page without its data, and these."""
    text = page.read_text(encoding="utf-8")
    found = DATA.search(text)
    assert found
    return DATA.sub(r"\1\3", text), json.loads(found[2])


def test_the_page_in_the_documentation_is_made_by_these_sources(made_once: MadeOnce) -> None:
    """Layout, words and program are those of a page that is made now, and so are the data but its map's."""
    (shown, data), (now, found) = parts(MADE), parts(made_once("pages of explorers", make_pages) / "peaks.html")
    assert shown == now, "make explorer"
    assert {key: data[key] for key in data.keys() - OF_ITS_STARTS} == {
        key: found[key] for key in found.keys() - OF_ITS_STARTS
    }, "make explorer"


def test_the_page_in_the_documentation_is_small_and_asks_for_nothing() -> None:
    """It has at most 400 KB, a map of its study, and no address of another file."""
    text, data = parts(MADE)
    assert MADE.stat().st_size <= 400_000
    assert data["made"] == "study"
    assert data["basins"]
    assert data["pair"]
    assert not re.findall(
        r"""(?:src|href)=["'](?!#)[^"']*|url\((?!["']?data:)|https?://(?!www\.w3\.org)[\w./-]+""", text
    )
