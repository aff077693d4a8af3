"""A ball that is dropped ends where the study's descent from there ends, to the last bit, and the page says so."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from multistart import descend
from multistart.descents.outcomes import Outcomes
from multistart.methods import Method
from tests.browser.conftest import Explore
from tests.browser.explorers import Explorer, words_of
from tests.browser.pages import STUDIES, minima_of

#: From which descents come to each of the minima, and of peaks one runs out of steps.
PLACES = {
    "peaks": [(0.5, 0.35), (0.45, 0.55), (0.7, 0.75), (0.55, 0.5)],
    "curve": [(0.2, 0.5), (0.9, 0.2)],
    "space": [(0.3, 0.3), (0.7, 0.6)],
}


def study_method(page: str) -> Method:
    (name,) = STUDIES[page].config.methods
    return STUDIES[page].method(name)


def of_study(page: str, starts: list[Any], method: Method | None = None) -> Outcomes:
    """What the compiled kernel makes of starts."""
    study = STUDIES[page]
    return descend(study.objective, method or study_method(page), np.array(starts), arena=study.arena)


def known_minima(page: str) -> list[dict[str, Any]]:
    """Their places and values, by number, as Python finds them."""
    minima = minima_of(page)
    return [{"at": at, "value": value} for at, value in zip(minima.location, minima.value, strict=True)]


def check(page: str, explorer: Explorer) -> None:
    """One ball's start, end, steps, ending, value and words are those of the compiled descent."""
    (ball,) = explorer.balls()
    out = of_study(page, [ball["start"]])
    assert ball["end"] == out.end[0].tolist()
    assert ball["path"][-len(ball["end"]) :] == out.end[0].tolist()
    assert (ball["steps"], ball["ending"], ball["value"]) == (out.steps[0], out.ending[0], out.value[0])
    check_words(page, explorer.said(), out)


def check_words(page: str, said: str, out: Outcomes) -> None:
    """They have the number of the minimum, its value and the steps, or say that steps ran out."""
    if out.ending[0] == "step_limit":
        found = words_of("said.step_limit").search(f"{said}\n")
        assert found
        assert found["steps"].replace(",", "") == f"{out.steps[0]} steps"
        return
    found = re.search(words_of("said.reached").pattern + r"\.", said)
    assert found, said
    (number,) = [k for k, one in enumerate(known_minima(page)) if np.allclose(one["at"], out.end[0], atol=1e-5)]
    lowest = min(one["value"] for one in known_minima(page))
    assert found["number"] == str(number)
    assert found["kind"] == ("global" if known_minima(page)[number]["value"] < lowest + 1e-9 else "local")
    assert float(found["value"].replace("−", "-")) == pytest.approx(out.value[0], rel=1e-3, abs=1e-9)
    assert found["steps"].replace(",", "") == f"{out.steps[0]} steps"


@pytest.mark.parametrize("page", PLACES)
def test_a_click_drops_a_ball_that_ends_as_the_study_says(page: str, explore: Explore) -> None:
    """From each place that is clicked: the same end, value, steps and ending bit for bit, and words that say so."""
    explorer, seen = explore(page), set()
    for place in PLACES[page]:
        explorer.click(*place)
        explorer.rest()
        check(page, explorer)
        seen.add(tuple(explorer.balls()[0]["start"]))
    assert len(seen) == len(PLACES[page])


def test_a_click_is_where_it_is_seen(explore: Explore) -> None:
    """Right on the picture is right in the function, up is up, and as far as on the picture."""
    explorer, starts = explore("peaks"), []
    for place in [(0.3, 0.3), (0.6, 0.3), (0.3, 0.6)]:
        explorer.click(*place)
        starts.append(explorer.state()["start"])
    (x, y), (right, level), (above, up) = starts
    assert right > x + 1
    assert up > y + 1
    assert level == pytest.approx(y, abs=0.02)
    assert above == pytest.approx(x, abs=0.02)


def test_a_drag_shows_paths_and_ends_with_a_drop(explore: Explore) -> None:
    """While a start is dragged its whole path is there at once; let go, the ball rolls with the study's bits."""
    explorer = explore("peaks")
    explorer.drag((0.3, 0.4), (0.5, 0.5), (0.6, 0.4), let_go=False)
    moving = explorer.state()["start"]
    assert explorer.page.evaluate("explorer.exact") is False
    assert explorer.page.evaluate("explorer.playback.at == explorer.playback.length")
    explorer.page.mouse.up()
    assert explorer.page.evaluate("explorer.exact") is True
    assert explorer.state()["start"] == moving
    explorer.rest()
    check("peaks", explorer)


def test_keys_do_what_the_list_of_keys_says(explore: Explore) -> None:
    """Arrows move the start by a part of the domain, with Shift by less; Enter drops, S steps, R goes back, V turns to
    the next view, + and - change the speed, and space plays and pauses.
    """
    explorer = explore("peaks", "start=0.5,1")
    page, keys = explorer.page, explorer.page.keyboard
    explorer.rest()
    page.locator("#view").focus()
    keys.press("ArrowRight")
    keys.press("Shift+ArrowDown")
    assert explorer.state()["start"] == pytest.approx([0.5 + 6 / 50, 1 - 6 / 500])
    assert "0.62" in explorer.said()
    keys.press("Enter")
    explorer.rest()
    check("peaks", explorer)
    keys.press("r")
    assert page.evaluate("explorer.playback.at") == 0
    keys.press("s")
    keys.press("s")
    assert page.evaluate("explorer.playback.at") == 2
    assert page.locator("#readout").inner_text().startswith("Step 2:")
    for _ in range(20):
        keys.press("-")
    assert explorer.state()["speed"] == pytest.approx(10000 / 1.5**20, rel=0.2)
    keys.press(" ")
    assert page.evaluate("explorer.playback.playing")
    keys.press(" ")
    assert not page.evaluate("explorer.playback.playing")
    keys.press("v")
    assert explorer.state()["view"] == "surface"
    assert page.evaluate("document.activeElement.id") == "view"


def test_buttons_and_speed_move_the_ball(explore: Explore) -> None:
    """Play, pause, one step and back are buttons too, and the speed is how many steps a second are shown."""
    explorer = explore("peaks", "start=-1.2,-2.4")
    explorer.rest()
    page = explorer.page
    page.locator("#reset").click()
    page.locator("#step").click()
    assert page.evaluate("explorer.playback.at") == 1
    page.locator("#speed").fill("1")
    assert explorer.state()["speed"] == 10
    page.locator("#play").click()
    page.wait_for_timeout(300)
    page.locator("#play").click()
    at = page.evaluate("explorer.playback.at")
    assert 1 < at < 40
    page.wait_for_timeout(50)
    assert page.evaluate("explorer.playback.at") == at


def test_with_reduced_motion_the_path_is_there_at_once(explore: Explore) -> None:
    """Who asked for less motion sees the end with the click, at any speed, and no frame in between."""
    explorer = explore("peaks", "speed=1")
    explorer.page.emulate_media(reduced_motion="reduce")
    explorer.page.evaluate("explorer.playback.pause(), explorer.frameTimes.length = 0")
    explorer.click(0.5, 0.35)
    assert explorer.page.evaluate("explorer.playback.at == explorer.playback.length")
    assert explorer.page.evaluate("explorer.frameTimes.length") == 0
    check("peaks", explorer)


def test_the_ball_on_the_surface_is_the_same(explore: Explore) -> None:
    """A click on the surface drops a ball at the point that is seen there, and dragging turns it and drops none."""
    explorer = explore("peaks", "view=surface")
    explorer.click(0.5, 0.4)
    explorer.rest()
    check("peaks", explorer)
    start = explorer.state()["start"]
    explorer.drag((0.4, 0.5), (0.6, 0.5))
    assert explorer.state()["start"] == start
