"""Methods, sliders, races, showers and presets of the explorer do what they say, by the compiled kernel's word."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from multistart import descend, find_minima, label
from multistart.methods import Method
from tests.browser.conftest import Explore
from tests.browser.explorers import words_of
from tests.browser.pages import STUDIES
from tests.browser.visits import until
from tests.plain_kernel import to_the_bit

PEAKS = STUDIES["peaks"]
DOUBLINGS = 0.0662642, 0.0870977, 0.0922891  # rates at which minimum 0 gives way to a cycle of 2, 4 and 8 points
PRESETS = {"small", "right", "large", "saddle", "tail", "pair", "race"}


def descended(balls: list[dict[str, Any]]) -> list[Any]:
    """What the compiled kernel makes of each ball's start by its method and numbers."""
    usual = PEAKS.config.methods["gradient_descent"]
    limits = {"max_steps": usual.max_steps, "gradient_tolerance": usual.gradient_tolerance}
    return [
        descend(PEAKS.objective, Method(b["rule"], **b["values"], **limits), np.array([b["start"]]), arena=PEAKS.arena)
        for b in balls
    ]


def check_bits(balls: list[dict[str, Any]]) -> None:
    """Ends, steps, endings and periods of all balls are the kernel's."""
    for ball, out in zip(balls, descended(balls), strict=True):
        assert ball["end"] == out.end[0].tolist(), ball["rule"]
        assert (ball["steps"], ball["ending"]) == (out.steps[0], out.ending[0]), ball["rule"]
        assert (ball["period"] or 0) == out.period[0], ball["rule"]


def basins(points: list[Any]) -> list[int]:
    """The minima that points lie at, -1 for none, told without the page."""
    places = np.array([(0.228279, -1.62553), (-1.3474, 0.204519), (0.296446, 0.320196)])
    found = find_minima(PEAKS.objective, places, PEAKS.domain)
    return label(PEAKS.objective, np.array(points), found, PEAKS.domain).tolist()


def test_above_the_critical_rate_the_ball_enters_a_cycle(explore: Explore) -> None:
    """Typed above the tick of minimum 0, the rate leads to a cycle, of period 2 and from its doubling on of 4."""
    explorer = explore("peaks", "start=0.2,-1.5")
    for rate, period in ((0.07, 2), (0.09, 4)):
        assert DOUBLINGS[period // 4] < rate < DOUBLINGS[period // 4 + 1]
        explorer.rate(rate)
        explorer.rest()
        found = words_of("said.cycle").search(explorer.said())
        assert found
        assert found["n"] == str(period)
        check_bits(explorer.balls())


def test_ticks_stand_where_minima_stop_attracting(explore: Explore) -> None:
    """Each minimum has a tick at 2 / lambda_max, on a logarithmic slider, and the same number beside it in words."""
    explorer = explore("peaks")
    found = find_minima(PEAKS.objective, np.array([(0.23, -1.63), (-1.35, 0.2), (0.3, 0.32)]), PEAKS.domain)
    rates = [2 / np.linalg.eigvalsh(PEAKS.objective.hessian(found.location[[k]])[0])[-1] for k in range(3)]
    places = explorer.page.locator("#methods .tick").evaluate_all("all => all.map((one) => parseFloat(one.style.left))")
    low, high = explorer.page.locator("#methods input[data-name=learning_rate]").evaluate(
        "one => [Number(one.min), Number(one.max)]"
    )
    expected = [100 * (np.log10(rate) - low) / (high - low) for rate in rates]
    assert sorted(places) == pytest.approx(sorted(expected), abs=0.01)
    said = explorer.page.locator("#methods .ticks-said").inner_text()
    assert all(f"{rate:.3g}" in said for rate in rates)


def test_rates_of_which_none_is_of_use_are_said_in_a_sentence(explore: Explore) -> None:
    """No usual rate lets a minimum hold Adam: the sentence says below which one the flattest would."""
    explorer = explore("peaks", "start=0.5,1&method=adam")
    minima = find_minima(PEAKS.objective, np.array([(0.23, -1.63), (-1.35, 0.2), (0.3, 0.32)]), PEAKS.domain)
    flattest = np.linalg.eigvalsh(PEAKS.objective.hessian(minima.location))[:, -1].min()
    found = words_of("ticks.tiny").fullmatch(explorer.page.locator("#methods .ticks-said").inner_text())
    assert found
    assert found["high"] == f"{1e8 * 2 * (1 + 0.9) / (1 - 0.9) * 1e-8 / flattest:.3g}·10⁻⁸"


def test_attraction_balls_are_drawn_where_their_proof_holds(explore: Explore) -> None:
    """Dashed circles are of gradient descent below 2 / curvature, each by itself: above all of them none is to hide."""
    explorer = explore("peaks", "start=0.5,1")
    for rate, hides in ((0.01, True), (0.0696, True), (0.2, False)):
        explorer.rate(rate)
        explorer.rest()
        box = explorer.page.locator("#show-attraction")
        box.check()
        with_circles = explorer.page.locator("#view").screenshot()
        box.uncheck()
        assert (explorer.page.locator("#view").screenshot() != with_circles) == hides
        box.check()


def test_a_slider_redraws_while_it_moves_and_drops_when_let_go(explore: Explore) -> None:
    """Moved by a key, the slider changes its number by the logarithm, and the descent is by that number."""
    explorer = explore("peaks", "start=0.5,1")
    slider = explorer.page.locator("#methods input[data-name=learning_rate]")
    slider.evaluate("one => { one.value = -2.5; one.dispatchEvent(new Event('input')); }")
    assert explorer.page.evaluate("[explorer.exact, explorer.balls[0].method.values.learning_rate]") == [False, 0.00316]
    slider.evaluate("one => one.dispatchEvent(new Event('change'))")
    explorer.rest()
    assert explorer.page.locator("#methods input[data-number=learning_rate]").input_value() == "0.00316"
    check_bits(explorer.balls())


def test_what_is_no_number_is_refused_in_a_sentence(explore: Explore) -> None:
    """A typed word changes nothing, and the sentence says what was typed and between what a number may lie."""
    explorer = explore("peaks")
    before = explorer.state()["methods"]
    explorer.rate("alert(1)")
    found = words_of("number.bad").search(explorer.said())
    assert found
    assert found["typed"] == "alert(1)"
    assert explorer.state()["methods"] == before


def test_six_balls_race_from_one_start(explore: Explore) -> None:
    """Six methods, each added with a click, descend from the same start with the kernel's bits; a seventh is not to be
    had, and each ball's end is said, the first first.
    """
    explorer = explore("peaks", "start=0.4,-1.5")
    for _ in range(5):
        explorer.page.locator("#add-method").click()
    assert explorer.page.locator("#add-method").is_disabled()
    explorer.rest()
    balls = explorer.balls()
    assert len({ball["rule"] for ball in balls}) == len(balls) == 6
    assert {tuple(ball["start"]) for ball in balls} == {(0.4, -1.5)}
    with to_the_bit():
        check_bits(balls)
    said = explorer.page.locator("#endings li").all_inner_texts()
    assert len(said) == 6
    steps = [int(re.findall(r"([\d,]+) steps?", each)[-1].replace(",", "")) for each in said if " steps" in each]
    assert steps == sorted(steps)
    explorer.page.locator("#methods .remove").first.click()
    assert len(explorer.balls()) == 5


def test_frames_with_six_balls_are_stated(explore: Explore, record_property: Any) -> None:
    """While six balls roll, each frame shows them further on; how long frames take is said, as the page measures it."""
    methods = ("gradient_descent", "heavy_ball", "nesterov", "adam", "rmsprop", "adagrad")
    explorer = explore("peaks", "&".join(f"method={name}" for name in methods) + "&start=-0.4,1.3&speed=60")
    explorer.page.evaluate("explorer.frameTimes.length = 0")
    until(explorer.page, "explorer.frameTimes.length > 40")
    times = np.sort(explorer.page.evaluate("explorer.frameTimes"))
    assert 0 < explorer.page.evaluate("explorer.playback.at") < explorer.page.evaluate("explorer.playback.length")
    half, most = np.quantile(times, [0.5, 0.9])
    record_property(
        "stated", f"frames with six balls in a browser: half within {half:.1f} ms, 90 % within {most:.1f} ms"
    )


def test_fifty_balls_are_counted_by_where_they_end(explore: Explore) -> None:
    """A shower is fifty starts, and as many are said to have reached each minimum as the kernel counts."""
    explorer = explore("peaks")
    explorer.page.locator("#shower").click()
    explorer.rest()
    balls = explorer.balls()
    check_bits(balls)
    rest = [out.ending[0] == "converged" for out in descended(balls)]
    reached = [k for k, at_rest in zip(basins([ball["end"] for ball in balls]), rest, strict=True) if at_rest]
    groups = map(words_of("shower.reached").fullmatch, re.split(r"[:;] ", explorer.said().removesuffix(".")))
    said = {int(group["number"]): int(group["balls"].split()[0]) for group in groups if group}
    assert said == {number: reached.count(number) for number in set(reached)}
    assert len(balls) == 50


def test_each_preset_shows_what_it_says(explore: Explore) -> None:
    """Too small hardly moves, right reaches the lowest minimum, too large enters a cycle, the saddle is passed by, the
    tail is flat, the pair a hair apart ends at two minima, and the race has several methods.
    """
    explorer = explore("peaks")
    explorer.page.locator("#presets button").first.wait_for()
    names = explorer.page.locator("#presets button").evaluate_all("all => all.map((one) => one.dataset.preset)")
    assert set(names) == PRESETS
    found = {name: explorer.choose(name) for name in names}
    for balls in found.values():
        check_bits([ball for ball in balls if ball["rule"] == "gradient_descent"])
    (small,), (right,), (large,), (saddle,), (tail,) = (found[n] for n in ("small", "right", "large", "saddle", "tail"))
    assert small["ending"] == tail["ending"] == "step_limit"
    assert moved(small) < 0.5
    assert moved(tail) < 0.1
    assert basins([right["end"]]) == [0]
    assert (right["ending"], large["ending"]) == ("converged", "cycle")
    assert nearest(saddle, saddles()) < 0.1
    assert min(map(np.linalg.norm, saddles() - saddle["end"])) > 0.5
    one, other = found["pair"]
    assert 0 < np.linalg.norm(np.subtract(one["start"], other["start"])) < 1e-6
    assert len({*basins([one["end"], other["end"]])} - {-1}) == 2
    assert len({ball["rule"] for ball in found["race"]}) > 2


def moved(ball: dict[str, Any]) -> float:
    """How far a ball came from its start."""
    return float(np.linalg.norm(np.subtract(ball["end"], ball["start"])))


def nearest(ball: dict[str, Any], points: Any) -> float:
    """How near a ball came to one of some points."""
    path = np.reshape(ball["path"], (-1, 2))
    return float(np.linalg.norm(path[:, None] - points, axis=2).min())


def saddles() -> Any:
    """The saddles of peaks in its domain, by Newton's method from a grid."""
    axis = np.linspace(-3, 3, 61)
    x = np.stack([each.ravel() for each in np.meshgrid(axis, axis)], axis=1)
    for _ in range(30):
        x = x - np.linalg.solve(PEAKS.objective.hessian(x), PEAKS.objective.gradient(x)[:, :, None])[:, :, 0]
        x = x[np.all(np.abs(x) < 3, axis=1)]
    x = x[np.linalg.norm(PEAKS.objective.gradient(x), axis=1) < 1e-10]
    return x[np.linalg.det(PEAKS.objective.hessian(x)) < 0]
