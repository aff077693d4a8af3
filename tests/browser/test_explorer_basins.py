"""Basins that the page computes itself are those of compiled descents from the middles of the cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from multistart import descend, label
from multistart.methods import Method
from tests.browser.conftest import Explore
from tests.browser.explorers import ENGLISH, Explorer, words_of
from tests.browser.pages import STUDIES, minima_of
from tests.browser.visits import until

ENDED = 240  # code of the first ending, after those of minima
COMPUTED = """(() => {
    const { columns, rows, codes, classes } = explorer.beneath.of(explorer.state.methods[0]);
    return { columns, rows, codes: Array.from(codes), known: classes.map(({ code }) => code) };
})()"""


def computed(explorer: Explorer) -> tuple[NDArray[np.int64], float]:
    """The codes of the cells that the page has computed, row 0 lowest, and the seconds that it took."""
    begun = explorer.page.evaluate("performance.now()")
    explorer.page.locator("#basins-at-rate").click()
    until(explorer.page, "explorer.beneath.computed.size && !explorer.beneath.running", seconds=300)
    seconds = (explorer.page.evaluate("performance.now()") - begun) / 1000
    assert ENGLISH["basins.done"] in explorer.said()
    found = explorer.page.evaluate(COMPUTED)
    assert set(found["codes"]) <= set(found["known"])
    return np.reshape(found["codes"], (found["rows"], found["columns"])), seconds


def of_kernel(page: str, shape: tuple[int, ...], method: Method) -> NDArray[np.int64]:
    """The same codes by compiled descents."""
    study = STUDIES[page]
    sides = [
        low + (high - low) * (np.arange(n) + 0.5) / n
        for n, low, high in zip(shape[::-1], study.domain.low, study.domain.high, strict=False)
    ]
    starts = np.stack([each.ravel() for each in np.meshgrid(*sides)], axis=1)
    out = descend(study.objective, method, starts, arena=study.arena, threads=2)
    minima = minima_of(page)
    basin = label(study.objective, out.end, minima, study.domain)
    basin[np.isin(out.ending, ("step_limit", "left_arena", "nonfinite"))] = -1
    return np.where(basin >= 0, basin, ENDED + out.ending_code.astype(int)).reshape(shape)


def off_edges(code: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """How many cells differ that have no neighbour of another code, in either map."""
    flat = np.ones_like(code, dtype=bool)
    for one in (code, other):
        padded = np.pad(one, 1, mode="edge")
        for dy in range(3):
            for dx in range(3):
                flat &= padded[dy : dy + code.shape[0], dx : dx + code.shape[1]] == one
    return int(((code != other) & flat).sum())


def method_of(page: str, **numbers: Any) -> Method:
    """The method of the study with other numbers."""
    (given,) = STUDIES[page].config.resolved()["methods"].values()
    limits = {"max_steps": given["max_steps"], "gradient_tolerance": given["gradient_tolerance"]}
    return Method("gradient_descent", **limits, **({"learning_rate": given["learning_rate"]} | numbers))


def test_basins_of_a_line_are_those_of_compiled_descents(explore: Explore) -> None:
    """At a rate typed, each cell has the code of the compiled descent from its middle."""
    explorer = explore("curve")
    explorer.rate(0.31)
    code, _ = computed(explorer)
    expected = of_kernel("curve", code.shape, method_of("curve", learning_rate=0.31))
    assert len(np.unique(code)) > 1
    assert np.array_equal(code, expected)
    assert words_of("basins.now").search(explorer.page.locator("#beneath").inner_text() + "\n")


#: Click, and again as soon as there is some progress, which is over in a second: how far it was, whether that was seen,
#: and what the button said.
CANCELLED = """() => new Promise(resolve => {
    const button = document.querySelector("#basins-at-rate"), progress = document.querySelector("#progress");
    const cancel = () => {
        if (!(progress.value > 0)) return setTimeout(cancel, 1);
        resolve([progress.value / progress.max, progress.checkVisibility(), button.innerText]);
        button.click();
    };
    button.click();
    cancel();
})"""


def test_a_computation_shows_how_far_it_is_and_can_be_cancelled(explore: Explore) -> None:
    """The progress is more than nothing and not all when it is cancelled, and the page says that there is no map."""
    explorer = explore("peaks")
    explorer.rate(0.0111)
    progress = explorer.page.locator("#progress")
    share, shown, text = explorer.page.evaluate(CANCELLED)
    assert 0 < share < 1
    assert shown
    assert text == ENGLISH["basins.cancel"]
    until(explorer.page, "!explorer.beneath.running")
    assert ENGLISH["basins.cancelled"] in explorer.said()
    assert not progress.is_visible()
    assert explorer.page.evaluate("explorer.beneath.of(explorer.state.methods[0])") is None


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.01, 0.03])
def test_basins_of_peaks_are_those_of_compiled_descents(rate: float, explore: Explore, record_property: Any) -> None:
    """200 x 200 cells, at the study's rate and at another one: none differs but on edges; how long it takes is said."""
    explorer = explore("peaks", f"method=gradient_descent,learning_rate:{rate}", new=True)
    code, seconds = computed(explorer)
    expected = of_kernel("peaks", code.shape, method_of("peaks", learning_rate=rate))
    assert code.shape == (200, 200)
    assert off_edges(code, expected) == 0
    record_property("stated", f"basins of peaks in a browser, 200 x 200, rate {rate}: {seconds:.1f} s, "
                              f"{(code != expected).sum()} cells on edges differ")  # fmt: skip
