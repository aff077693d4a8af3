"""Final values: a histogram of all classes in one, from counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from multistart.figures.binning import Extent, extent_of, finite_rows, no_range, rebinned
from multistart.figures.classes import MORE, Class, by_class, classes_of
from multistart.figures.layout import Sheet, hatch_ink, sentence, sheet, swatch
from multistart.figures.names import function_text, setting
from multistart.figures.palette import INK, NAMED, PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.ticks import power_in_name, step_ticks, value_ticks

PICTURE = Picture(
    title="At which values the descents end",
    place=50,
    alt="A histogram of the values at which the starts ended, a colour for each minimum.",
    caption=(
        "How many starts ended at which value of the objective. A bar on a numbered line is a minimum; the broad ones "
        "behind are starts that reached none, or one of the further minima. The axis shows where most values are, and "
        "the vertical scale may be logarithmic."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)

VALUE_BINS = 48
BAR = 0.6  # width of the bar of a minimum, in bins
PLAIN = 1e5  # starts, from which on they are written as powers of ten
LOG_RATIO = 30  # between the fullest and the emptiest bar drawn: above it, the axis is logarithmic


def draw(scene: Scene) -> Figure:
    """How many starts ended at which value: minima as bars on their values, all else in bins behind them."""
    title, extent = f"Final values {setting(scene)}", extent_of(scene)
    if nothing := no_range(scene, extent):
        return sentence(scene, title, nothing)
    page = sheet(scene, title)
    ax = page.chart(top=0.22 * page.style.text)
    rows = by_class(_on_axis(finite_rows(scene.values), extent))
    entries = [e for e in classes_of(scene) if e.code in rows]
    edges = _edges(scene, extent)
    at_minima = [e for e in entries if 0 <= e.code < len(NAMED)]
    others = [e for e in entries if e not in at_minima]
    counts = np.array([rebinned(rows[e.code], edges) for e in others]).reshape(len(others), len(edges) - 1)
    _binned(ax, others, counts, edges)
    bars = _at_their_values(ax, scene, at_minima, rows, edges)
    _count_axis(ax, np.concatenate([counts.ravel(), bars]))
    ax.set(xlabel=f"final value {function_text(scene)}", xlim=(extent.low, extent.high))
    value_ticks(ax.xaxis, most=7 if page.style.text == 1 else 5)
    power_in_name(ax.xaxis)
    _value_marks(page, ax, scene, extent)
    ended = by_class(scene.values)
    shown = [e for e in classes_of(scene) if e.code in ended]
    handles, labels = [_swatch(e) for e in shown], [page.label(e) for e in shown]
    page.legend(handles, labels, "where starts end: share", page.beside, extent.notes)
    return page.figure


def _swatch(entry: Class) -> Patch | tuple[Patch, ...]:
    """The colour of a class's bars, which is one for all further minima."""
    return swatch(entry) if entry.code != MORE else Patch(facecolor=entry.colour, edgecolor=INK, linewidth=0.6)


def _on_axis(rows: pd.DataFrame, extent: Extent) -> pd.DataFrame:
    """The rows whose middle is on the axis; a note counts the others."""
    return rows[((rows["low"] + rows["high"]) / 2).between(extent.low, extent.high)]


def _edges(scene: Scene, extent: Extent) -> NDArray[np.float64]:
    """Even bins, the lowest minimum on an edge, so that none reaches below it."""
    width = (extent.high - extent.low) / VALUE_BINS
    lowest = float(scene.basins["value"].min()) if len(scene.basins) else extent.low
    first = extent.low - (extent.low - lowest) % width
    return first + width * np.arange(np.ceil((extent.high - first) / width - 1e-9) + 1)


def _binned(ax: Axes, entries: list[Class], counts: NDArray[np.float64], edges: NDArray[np.float64]) -> None:
    """Bars that share each bin's width among the classes in it, so that none hides another on either scale."""
    present = counts > 0
    width = np.diff(edges) / np.maximum(present.sum(axis=0), 1)
    for i, entry in enumerate(entries):
        bins = np.flatnonzero(present[i])
        left = edges[bins] + present[:i, bins].sum(axis=0) * width[bins]
        ax.bar(
            left, counts[i, bins], width[bins], align="edge", color=entry.colour, edgecolor=hatch_ink(entry),
            hatch=entry.hatch, linewidth=0.5,
        )  # fmt: skip


def _at_their_values(
    ax: Axes, scene: Scene, entries: list[Class], rows: dict, edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A bar at the value of each minimum, those too near to each other side by side around their middle."""
    value = scene.basins.set_index("basin")["value"]
    middle = {e.code: float(value.loc[e.code]) for e in entries}
    width, counts = BAR * (edges[1] - edges[0]), []
    for group in groups(sorted(middle, key=middle.__getitem__), middle, width):
        centre = sum(middle[code] for code in group) / len(group)
        for i, entry in enumerate(e for e in entries if e.code in group):
            inside = rows[entry.code]
            count = float(
                inside.loc[((inside["low"] + inside["high"]) / 2).between(edges[0], edges[-1]), "count"].sum()
            )
            left = centre + (i - len(group) / 2) * width
            if count:
                ax.bar(left, count, width, align="edge", color=entry.colour, edgecolor=INK, linewidth=0.8, zorder=3)
                counts.append(count)
    return np.array(counts)


def groups(codes: list[int], value: dict[int, float], room: float) -> list[list[int]]:
    """Ascending codes in groups whose values are nearer than ``room`` to the group's first."""
    found: list[list[int]] = []
    for code in codes:
        if found and value[code] - value[found[-1][0]] < room:
            found[-1].append(code)
        else:
            found.append([code])
    return found


def _count_axis(ax: Axes, counts: NDArray[np.float64]) -> None:
    drawn = counts[counts > 0]
    if drawn.max() > LOG_RATIO * max(drawn.min(), 0.5):
        ax.set(yscale="log", ylim=(0.7, 2 * drawn.max()), ylabel="starts (logarithmic)")
        if drawn.max() < PLAIN:
            step_ticks(ax.yaxis, 0.7, 2 * drawn.max())
    else:
        ax.set(ylim=(0, 1.05 * drawn.max()), ylabel="starts")
        ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))


def _value_marks(page: Sheet, ax: Axes, scene: Scene, extent: Extent) -> None:
    """The numbers of the named minima above the axes at their values; those too close together share a disc."""
    shown = scene.basins.head(len(NAMED))
    shown = shown[shown["value"].between(extent.low, extent.high)]
    value = dict(zip(shown["basin"].tolist(), shown["value"].tolist(), strict=True))
    room = 0.04 * page.style.text * (extent.high - extent.low)
    for group in groups(list(value), value, room):
        text = str(group[0]) if len(group) == 1 else f"{group[0]}–{group[-1]}"
        centre = sum(value[code] for code in group) / len(group)
        ax.annotate(
            text, (centre, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(0, page.points(9)), va="center",
            textcoords="offset points", ha="center", size=page.points(8), weight="bold", annotation_clip=False,
            bbox={"boxstyle": "round,pad=0.25,rounding_size=0.6", "fc": PAPER, "ec": INK, "lw": 0.9},
        )  # fmt: skip
        for code in group:
            ax.axvline(value[code], color=INK, lw=0.6, ls=(0, (1, 3)), zorder=0)
