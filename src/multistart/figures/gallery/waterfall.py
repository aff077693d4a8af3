"""The waterfall: final values from lowest to highest, a stretch of the axis for every start."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from multistart.figures.binning import Extent, extent_of, finite_rows, no_range
from multistart.figures.classes import MORE, Class, by_class, classes_of, grouped, percent
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.marks import MARKERS
from multistart.figures.names import function_text, setting
from multistart.figures.palette import INK, INKS, PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene, codes_of
from multistart.figures.ticks import plain_power, power_in_name, value_ticks
from multistart.figures.values_above import Heights, heights_above

PICTURE = Picture(
    title="All final values, sorted",
    place=60,
    alt="All starts sorted by final value: a flat stretch is a minimum, as wide as its share.",
    caption=(
        "All starts in the order of their final value: a flat stretch is a minimum that many starts reached, as wide "
        "as its share; slopes are descents that were still under way or left the arena. Where values span orders of "
        "magnitude, the axis is how far they are above the lowest minimum, on the logarithm; what is at that minimum "
        "stands at its foot."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)

VISIBLE = 500  # values closer than this fraction of the axis look alike
POWERS = 9  # of ten that an axis names
MARKED = 0.02  # the shortest stretch, as a fraction of all starts, that gets a mark


def draw(scene: Scene) -> Figure:
    """Final values sorted, drawn from counts, coloured and marked by where the starts end."""
    title, extent = f"Starts sorted by final value {setting(scene)}", extent_of(scene)
    if nothing := no_range(scene, extent):
        return sentence(scene, title, nothing)
    page = sheet(scene, title)
    ax = page.chart()
    heights = heights_above(scene, extent)
    entries = {e.code: e for e in classes_of(scene)}
    total = max(int(scene.values["count"].sum()), 1)  # noqa: PD011 - a frame named values
    rows = _sorted(scene.values, extent) if heights is None else _sorted(heights.values, heights, np.log10)
    right = 100 * rows["count"].cumsum().to_numpy() / total
    left = right - 100 * rows["count"].to_numpy() / total
    _lines(ax, rows, left, right, entries)
    _marks(page, ax, rows, left, right, entries)
    _axes(page, ax, scene, extent, right)
    if heights is not None:
        _above(ax, scene, heights)
    ended = by_class(scene.values)
    shown = [e for e in entries.values() if e.code in ended]
    handles = [_handle(page, e) for e in shown]
    page.legend(
        handles, [page.label(e) for e in shown], "where starts end: share", page.beside, (heights or extent).notes
    )
    return page.figure


def _sorted(values: pd.DataFrame, extent: Extent | Heights, scale: Callable = np.positive) -> pd.DataFrame:
    """Finite bins by value; among values closer than the eye can see, by class, so that tied minima stay whole."""
    rows = finite_rows(values)
    rows = rows.assign(**{"class": grouped(codes_of(rows))})
    visible = (scale(extent.high) - scale(extent.low)) / VISIBLE
    middle = scale(rows["low"] + (rows["high"] - rows["low"]) / 2)
    order = np.lexsort((middle, rows["class"], np.round(middle / visible)))
    return rows.iloc[order]


def _above(ax: Axes, scene: Scene, heights: Heights) -> None:
    """The axis of what values are above the lowest, with the lowest at its foot."""
    name = f"{function_text(scene)} above that of minimum 0 (logarithmic)"
    ax.set(yscale="log", ylim=(heights.low, heights.high), ylabel=name)
    foot, first = heights.foot, math.ceil(math.log10(heights.foot) + 0.9)
    last = math.floor(math.log10(heights.high))
    ticks = [10.0**e for e in range(first, last + 1, -(-(last - first + 1) // POWERS) or 1)]
    labels = ["lowest", *(plain_power(tick) for tick in ticks)]
    ax.yaxis.set(
        major_locator=FixedLocator([foot, *ticks]), major_formatter=FixedFormatter(labels), minor_locator=NullLocator()
    )  # fmt: skip


def _colour(code: int, entries: dict[int, Class]) -> str:
    return INKS[code] if code < 0 else entries[code].colour


def _lines(
    ax: Axes, rows: pd.DataFrame, left: NDArray[np.float64], right: NDArray[np.float64], entries: dict[int, Class]
) -> None:
    ends = np.stack([np.stack([left, rows["low"]], axis=1), np.stack([right, rows["high"]], axis=1)], axis=1)
    colours = [_colour(code, entries) for code in rows["class"].tolist()]
    ax.add_collection(LineCollection(list(ends), colors=INK, linewidths=6, capstyle="round"), autolim=False)
    ax.add_collection(LineCollection(list(ends), colors=colours, linewidths=4.6, capstyle="round"), autolim=False)


def _marks(
    page: Sheet,
    ax: Axes,
    rows: pd.DataFrame,
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    entries: dict[int, Class],
) -> None:
    """A mark in the middle of each long stretch of one class: the minimum's number, or the ending's symbol.

    Minima that share a colour have none.
    """
    if rows.empty:
        return
    codes = rows["class"].to_numpy(dtype=float)
    breaks = np.flatnonzero(np.diff(codes, prepend=np.inf, append=np.inf))
    middle = (rows["low"].to_numpy() + rows["high"].to_numpy()) / 2
    for first, after in zip(breaks[:-1].tolist(), breaks[1:].tolist(), strict=True):
        if right[after - 1] - left[first] < 100 * MARKED:
            continue
        centre = (left[first] + right[after - 1]) / 2
        at = min(int(np.searchsorted(right, centre)), after - 1)
        _mark(page, ax, int(codes[first]), centre, float(middle[at]), entries)


def _mark(page: Sheet, ax: Axes, code: int, x: float, y: float, entries: dict[int, Class]) -> None:
    if code == MORE:
        return
    if code < 0:
        ax.plot(x, y, MARKERS[code], ms=page.points(8), mfc=_colour(code, entries), mec=INK, mew=0.9, zorder=5)
        return
    box = {"boxstyle": "circle,pad=0.22", "facecolor": PAPER, "edgecolor": INK, "linewidth": 0.9}
    ax.annotate(str(code), (x, y), ha="center", va="center", size=page.points(8), weight="bold", bbox=box, zorder=6)


def _axes(page: Sheet, ax: Axes, scene: Scene, extent: Extent, right: NDArray[np.float64]) -> None:
    label = f"final value {function_text(scene)}"
    ax.set(xlim=(-1, 101), xlabel="starts, sorted by final value (%)", ylabel=label, ylim=(extent.low, extent.high))
    value_ticks(ax.yaxis, most=8)
    power_in_name(ax.yaxis)
    if extent.nonfinite:
        start = right[-1] if len(right) else 0.0
        ax.axvspan(start, 100, facecolor="#E2E2E2", edgecolor="#777777", hatch="xxxx", lw=0)
        text = f"not finite: {percent(1 - start / 100)}"
        ax.annotate(text, ((start + 100) / 2, 0.5), xycoords=ax.get_xaxis_transform(), rotation=90, ha="center",
                    va="center", size=page.points(9), bbox={"fc": PAPER, "ec": "none", "pad": 1.5})  # fmt: skip


def _handle(page: Sheet, entry: Class) -> Line2D:
    colour = _colour(entry.code, {entry.code: entry})
    marker = MARKERS[entry.code] if entry.code < 0 else ""
    return Line2D([], [], color=colour, lw=5, marker=marker, ms=page.points(8), mfc=colour, mec=INK, mew=0.9)
