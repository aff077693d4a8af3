"""The explorer is for everybody: languages, colours, zoom, screen readers, and links that bring a case back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import Explore
from tests.browser.explorers import ENGLISH, FAST, VIETNAMESE, Explorer, words_of
from tests.browser.pages import STUDIES
from tests.browser.test_explorer_balls import check
from tests.browser.visits import PHONE, PROJECTOR, ZOOMED, barriers

NAMES = {"Enter", "MATLAB's peaks", STUDIES["peaks"].objective.formula}  # the same in all languages
SHOWN_TEXTS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.data.trim();
        const above = walker.currentNode.parentElement;
        if (text && !above.closest("script, style, noscript, code, pre, body [lang], option")) found.push(text);
    }
    for (const name of ["aria-label", "title", "aria-valuetext"])
        for (const one of document.querySelectorAll(`[${name}]`)) found.push(one.getAttribute(name));
    return found;
}"""
REACHED = """() => [...document.querySelectorAll("button, select, input, canvas, summary")]
    .filter((one) => one.checkVisibility() && !one.matches(".skip"))
    .map((one) => [one.id || one.textContent || one.className, one.getBoundingClientRect()])
    .map(([name, box]) => [name, box.left, box.right, box.height])"""


@pytest.mark.parametrize(
    ("page", "address"), [("peaks", "theme=light"), ("space", "theme=dark"), ("curve", "theme=light&lang=vi")]
)
def test_axe_finds_nothing_that_keeps_people_out(page: str, address: str, explore: Explore) -> None:
    """No rule of axe is broken: in light and dark, in both languages, with a ball at its end and what it does shown."""
    explorer = explore(page, address)
    explorer.rest()
    explorer.page.locator("#methods summary").first.click()
    assert not barriers(explorer.page)


def test_axe_finds_nothing_while_six_balls_race(explore: Explore) -> None:
    """Nor on a phone, with six methods, a message, and the link shown."""
    methods = "&".join(f"method={name}" for name in ("adam", "nesterov", "heavy_ball", "rmsprop", "lion", "adagrad"))
    explorer = explore("peaks", f"{methods}&start=0.1,0.2&nonsense=1&theme=dark")
    explorer.page.set_viewport_size(PHONE)
    explorer.page.locator("#share").click()
    assert not barriers(explorer.page)


@pytest.mark.parametrize("page", ["peaks", "curve", "space"])
def test_nothing_is_out_of_reach(page: str, explore: Explore) -> None:
    """At 400 %, on a phone and on a projector the page scrolls one way only, and each control is within its width."""
    explorer = explore(page, "lang=vi")
    explorer.page.locator("#add-method").click()
    for size in (ZOOMED, PHONE, PROJECTOR):
        explorer.page.set_viewport_size(size)
        assert explorer.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for name, left, right, height in explorer.page.evaluate(REACHED):
            assert left >= 0, name
            assert right <= size["width"], name
            assert height > 0, name


def test_another_language_changes_every_text(explore: Explore) -> None:
    """In Vietnamese no English word is left but names, nowhere in the page, and back in English no Vietnamese one."""
    explorer = explore("peaks", "start=0.5,1")
    explorer.rest()
    english = texts(explorer.page)
    explorer.page.locator("#language").select_option("vi")
    vietnamese = texts(explorer.page)
    assert explorer.page.evaluate("document.documentElement.lang") == "vi"
    assert {text for text in english & vietnamese if re.search("[A-Za-z]{2}", text)} <= NAMES
    assert not {text for text in vietnamese if is_english(text)}
    explorer.page.locator("#language").select_option("en")
    assert texts(explorer.page) == english


def texts(page: Any) -> set[str]:
    """All that is read or read out, but formulas and what is marked as of another language."""
    return set(page.evaluate(SHOWN_TEXTS))


def is_english(text: str) -> bool:
    """Whether it has one of the words of the English table that the Vietnamese one does not have."""
    words = lambda table: {w.lower() for one in map(str, table.values()) for w in re.findall(r"[^\W\d_]{3,}", one)}  # noqa: E731
    own = words(ENGLISH) - words(VIETNAMESE)
    return any(word.lower() in own for word in re.findall(r"[^\W\d_]{3,}", text))


def test_both_tables_have_the_same_texts_with_the_same_gaps() -> None:
    """Each key is in both languages, with the same names in braces."""
    gaps = lambda text: set(re.findall(r"{(\w+)}", str(text)))  # noqa: E731
    assert ENGLISH.keys() == VIETNAMESE.keys()
    assert [key for key in ENGLISH if gaps(ENGLISH[key]) != gaps(VIETNAMESE[key])] == []


def test_colours_follow_the_system_and_the_choice(explore: Explore) -> None:
    """As the system has it until another is chosen: paper is light in the one and dark in the other."""
    explorer = explore("peaks")
    theme = explorer.page.locator("#theme")
    explorer.page.emulate_media(color_scheme="dark")
    assert not is_light(explorer)
    explorer.page.emulate_media(color_scheme="light")
    assert is_light(explorer)
    theme.select_option("dark")
    assert not is_light(explorer)
    explorer.page.emulate_media(color_scheme="dark")
    theme.select_option("light")
    assert is_light(explorer)


def is_light(explorer: Explorer) -> bool:
    """Whether the page's paper is more white than black, once it is drawn."""
    explorer.page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    paper = explorer.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    return sum(paper[:3]) > 3 * 255 / 2


def case_of(explorer: Explorer) -> dict[str, Any]:
    """The state, with methods by rule and numbers: by which name one was chosen says no more where these tell it."""
    state = explorer.state()
    return state | {"methods": [{key: one[key] for key in ("rule", "values")} for one in state["methods"]]}


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
@pytest.mark.parametrize("name", ["peaks", "space"])
def test_picture_and_ends_are_seen_at_once(name: str, size: tuple[int, int], explore: Explore) -> None:
    """On a laptop and a projector nobody scrolls to read what became of six balls, and the picture stays large."""
    methods = "&".join(f"method={one}" for one in ("adam", "nesterov", "heavy_ball", "rmsprop", "lion", "adagrad"))
    explorer = explore(name, methods, size={"width": size[0], "height": size[1]})
    explorer.rest()
    ends = explorer.page.locator("#endings").bounding_box()
    picture = explorer.page.locator("#view").bounding_box()
    assert ends
    assert picture
    assert ends["y"] + ends["height"] <= size[1]
    assert picture["height"] >= 0.45 * size[1]


#: Counts how often pixels of the ground are put on a canvas.
GROUNDS = """(() => {
    const { prototype } = CanvasRenderingContext2D, { putImageData } = prototype;
    window.grounds = 0;
    prototype.putImageData = function (...all) {
        window.grounds += 1;
        return putImageData.apply(this, all);
    };
})()"""


def test_a_link_brings_the_case_back_on_a_phone_where_a_tap_is_a_click(explore: Explore) -> None:
    """All that was set is set in a page that is opened by the link, its ground is drawn once, and the balls end at the
    same bits; a tap on that page, taken back to how it opens, drops a ball as a click does.
    """
    explorer = explore("peaks")
    explorer.click(0.37, 0.61)
    explorer.page.locator("#add-method").click()
    explorer.rate(0.0123, ball=1)
    explorer.page.locator("#show-contours").click()
    explorer.page.locator("#theme").select_option("dark")
    explorer.page.locator("#language").select_option("vi")
    explorer.rest()
    other = explore("peaks", explorer.address(), size=PHONE, first=GROUNDS, has_touch=True, is_mobile=True)
    other.rest()
    assert other.page.evaluate("grounds") == 1
    assert case_of(other) == case_of(explorer)
    assert other.balls() == explorer.balls()
    explorer.page.locator("#share").click()
    assert "#" in explorer.page.locator("#link input").input_value() or VIETNAMESE["share.done"] in explorer.said()
    other.begin(f"{FAST}&lang=en", PHONE)
    before = other.state()["start"]
    other.page.locator("#view").tap(position={"x": 150, "y": 150})
    other.rest()
    assert other.state()["start"] != before
    check("peaks", other)


WRONG = {
    "start=1,east&method=<img>&view=tunnel&speed=-1&nonsense=%E0%A4%A": (
        "bad.start", "bad.method", "bad.value", "bad.number", "bad.key",
    ),
    "start=1&method=adam,colour:3": ("bad.start", "bad.hyperparameter"),
    "start=1e9,0&method=adam,learning_rate:fast": ("bad.outside", "bad.number"),
}  # fmt: skip


def test_what_is_wrong_in_an_address_is_left_out_and_said(explore: Explore) -> None:
    """The page opens all the same, as without them, and a sentence for each of them says what was left out."""
    for address, keys in WRONG.items():
        explorer = explore("peaks", address)
        said = explorer.said()
        for key in keys:
            found = words_of(key).search(said)
            assert found, (address, key, said)
            said = said[: found.start()] + said[found.end() :]
        explorer.rest()
        assert explorer.balls()
