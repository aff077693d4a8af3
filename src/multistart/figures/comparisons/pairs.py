"""Two methods at a time: how many starts change their basin, whose share is larger, and who pays less."""

from __future__ import annotations

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.scale import LogScale
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from multistart.figures.layout import BOLD, QUIET_INK, Sheet, sheet
from multistart.figures.names import function_name, number, shortened
from multistart.figures.palette import INK, NAMED, PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Comparison
from multistart.figures.ticks import STEPS

PICTURE = Picture(
    title="Two methods at a time",
    place=30,
    alt=(
        "For each pair of methods a point with its interval: how many starts change their basin, the difference of "
        "the shares that reach the lowest minimum, the ratio of the costs until restarts reach it."
    ),
    caption=(
        "For each pair, the second method beside the first, from the same starts; bars are intervals. An interval that "
        "crosses the line leaves open which of the two reaches the lowest minimum from more starts, or for fewer "
        "gradient evaluations. An arrow points to where there is no end."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/comparison.csv"),
)

MOST = {"page": 15, "slide": 6}  # pairs; of more, those with the first method are shown
ROW = 0.42  # inches of a pair at most
HEAD = 0.5  # inches above the axes for what they show
NAMES = 1.75  # inches for the names of a pair
GAP = 0.4
WIDEST = 1e2  # ratios are shown up to so many times, either way
#: Each axis: the quantity, what it says, where both methods are alike.
PANELS = (
    ("share_changing_basin", "starts that change their basin", math.nan),
    ("difference_of_global_shares", "more starts at the lowest minimum", 0.0),
    ("ratio_of_expected_running_times", "times the cost of reaching it", 1.0),
)


def draw(comparison: Comparison) -> Figure:
    """A row for each pair, with three axes."""
    title = f"Two methods at a time on {function_name(comparison.methods[0])}"
    pairs, notes = _shown(comparison)
    rows = pairs.loc[pairs["quantity"] == PANELS[0][0], ["first", "second"]].to_numpy()
    free = sheet(comparison, title, notes)
    size = free.style.text
    tall = min(ROW * size * len(rows), free.top - free.bottom - HEAD * size)
    page = sheet(comparison, title, notes, height=free.height - free.top + HEAD * size + tall + free.bottom)
    left = 0.25 + NAMES * size
    gap = GAP * size
    wide = (page.width - left - 0.2 - gap * (len(PANELS) - 1)) / len(PANELS)
    for i, (quantity, text, alike) in enumerate(PANELS):
        ax = page.axes(left + i * (wide + gap), page.bottom, wide, tall, label=quantity)
        found = pairs[pairs["quantity"] == quantity]
        points = found[["value", "low", "high"]].to_numpy(dtype=float)
        _scale(ax, quantity, points, few=page.style.brief)
        _points(page, ax, points, alike)
        ax.set(ylim=(len(rows) - 0.5, -0.5), yticks=[])
        text = textwrap.fill(text, page.letters(wide + 0.1, 8.5, BOLD))
        page.text(left + i * (wide + gap), page.bottom + tall + 0.1, text, 8.5, weight="bold", va="bottom")
    _names(page, rows.tolist(), tall)
    return page.figure


def _shown(comparison: Comparison) -> tuple[pd.DataFrame, list[str]]:
    """The rows of all pairs, or where they are many of those with the first method, and a note that says so."""
    pairs, first = comparison.pairs, comparison.methods[0].method
    if (pairs["quantity"] == PANELS[0][0]).sum() <= MOST[comparison.style]:
        return pairs, []
    return pairs[pairs["first"] == first], [f"pairs with {first}; all are in comparison.csv"]


def _scale(ax: Axes, quantity: str, points: NDArray[np.float64], few: bool) -> None:
    """The range of an axis: all points with their intervals, and what both methods have alike."""
    shown = points[np.isfinite(points)]
    if quantity == "ratio_of_expected_running_times":
        shown = np.clip(shown[shown > 0], 1 / WIDEST, WIDEST)
        far = 1.2 * max(np.abs(np.log10(shown)).max(initial=0.0), math.log10(2))
        ax.set_xscale(LogScale(ax.xaxis))
        ax.set_xlim(10**-far, 10**far)
        steps = [step for step in ((2, 4, 8) if far < 0.95 else (10, 100)) if math.log10(step) <= far]
        ticks = [1.0, *(each for step in (steps[-1:] if few else steps) for each in (1 / step, step))]
        ax.xaxis.set(
            major_locator=FixedLocator(ticks), minor_locator=NullLocator(), major_formatter=FuncFormatter(_times)
        )
        return
    signed = quantity == "difference_of_global_shares"
    low, high = min(shown.min(initial=0.0), 0.0), max(shown.max(initial=0.0), 0.0)
    room = 0.06 * max(high - low, 1e-6)
    ax.set_xlim(low - room, high + room)
    ax.xaxis.set(
        major_locator=MaxNLocator(2 if few else 4, steps=STEPS),
        major_formatter=FuncFormatter(lambda x, _: f"{'+' if signed and x > 0 else ''}{number(100 * x)} %"),
    )


def _times(ratio: float, _: int | None) -> str:
    return number(ratio, 3) if ratio >= 1 else f"1/{number(1 / ratio, 3)}"


def _points(page: Sheet, ax: Axes, points: NDArray[np.float64], alike: float) -> None:
    """A point for each pair with its interval; an arrow where either is beyond the axis, a word where there is none."""
    left, right = ax.get_xlim()
    if math.isfinite(alike):
        ax.axvline(alike, color=INK, lw=0.8, ls=(0, (4, 3)))
    for row, (value, low, high) in enumerate(points.tolist()):
        ax.axhline(row, color="#E4E4E4", lw=0.8, zorder=0)
        if math.isnan(value):
            ax.text(0.04, row, "not compared", transform=ax.get_yaxis_transform(), va="center", color=QUIET_INK,
                    size=page.points(7.5), bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5})  # fmt: skip
        if not math.isnan(low):
            ends = [max(low, left), min(high, right)]
            ax.plot(ends, [row, row], color=INK, lw=1.8, solid_capstyle="butt")
            for end, beyond, mark in ((left, low < left, "<"), (right, high > right, ">")):
                if beyond:
                    ax.plot(end, row, marker=mark, color=INK, ms=page.points(5), clip_on=False)
        if left <= value <= right:
            ax.plot(value, row, marker="o", mfc=NAMED[0], mec=INK, ms=page.points(6), mew=0.8)


def _names(page: Sheet, rows: list[list[str]], tall: float) -> None:
    size = 8.5 * min(1.0, tall / len(rows) / (0.34 * page.style.text))
    room = page.letters(NAMES * page.style.text, size)
    for i, (first, second) in enumerate(rows):
        text = f"{shortened(second, room)}\n  beside {shortened(first, room - 9)}"
        middle = page.bottom + tall * (1 - (i + 0.5) / len(rows))
        page.text(0.25, middle, text, size, va="center", linespacing=1.1)
