"""Steps from counts: a histogram in a row for each class."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from multistart.figures.classes import Class, by_class, classes_of
from multistart.figures.layout import Sheet, hatch_ink, sentence, sheet
from multistart.figures.names import setting
from multistart.figures.palette import INK
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.ticks import step_edges, step_scale
from multistart.plurals import counted

PICTURE = Picture(
    title="How many steps descents take",
    place=70,
    alt="Histograms of the steps that descents took, one for each minimum and one for each ending at none.",
    caption=(
        "How many steps the starts of each minimum took, and of those that reached none; the dashed line is the "
        "median. Each row has its own height, so compare positions and widths between rows, not areas."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)


def draw(scene: Scene) -> Figure:
    """How many steps the starts of each class took: a row a class, common steps, each row to its own height."""
    title, rows = f"Steps to the end {setting(scene)}", by_class(scene.steps)
    entries = [e for e in classes_of(scene) if e.code in rows]
    taken = scene.steps.loc[scene.steps["count"] > 0, "steps"]
    if taken.nunique() < 2:
        return sentence(scene, title, _sentence(scene, taken))
    page = sheet(scene, title)
    edges, scale = step_edges(scene.steps)
    height = page.tall / len(entries)
    gap = min(0.14 * height, 0.25)
    for i, entry in enumerate(entries):
        ax = page.axes(page.left, page.top - (i + 1) * height, page.wide, height - gap, label=str(entry.code))
        _step_row(page, ax, entry, rows[entry.code], edges)
        _step_axis(page, ax, scale, edges, last=i == len(entries) - 1)
    middle, size = (page.bottom + page.top) / 2, 9 if page.style.text == 1 else 8
    name = "starts, each row to its own height" if len(entries) > 1 else "starts"
    page.text(0.12, middle, name, size, rotation=90, va="center", ha="left")
    return page.figure


def _sentence(scene: Scene, taken: pd.Series) -> str:
    if taken.empty:
        return "There were no starts."
    return f"All {counted(scene.starts, 'start')} took {counted(int(taken.iloc[0]), 'step')}."


def _step_row(page: Sheet, ax: Axes, entry: Class, rows: pd.DataFrame, edges: NDArray[np.floating]) -> None:
    counts, _ = np.histogram(rows["steps"], bins=edges, weights=rows["count"])
    ax.stairs(counts, edges, fill=True, fc=entry.colour, ec=hatch_ink(entry), lw=0.7, hatch=entry.hatch or None)
    median, p95 = weighted_quantile(rows, 0.5), weighted_quantile(rows, 0.95)
    ax.axvline(median, color=INK, lw=1.2, ls=(0, (2, 1.5)))
    size = 8.5 if len(entry.name) < 30 and ax.bbox.height > 45 * page.style.text else 7.5
    same = rows["steps"].min() == rows["steps"].max()
    taken = f"{median:,} each" if same else f"median {median:,}, 95 % by {p95:,}"
    text = f"{page.label(entry)}\n{taken}"
    place = ax.get_position()
    top = (place.y0 + place.y1) / 2 * page.height
    page.text(page.beside, top, _wrapped(page, text, size), size, va="center")


def _wrapped(page: Sheet, text: str, size: float) -> str:
    wrap = page.letters(page.style.column - 0.1, size)
    return "\n".join(textwrap.fill(line, wrap) for line in text.splitlines())


def _step_axis(page: Sheet, ax: Axes, scale: str, edges: NDArray[np.floating], last: bool) -> None:
    step_scale(ax, scale, edges)
    top = max(float(ax.dataLim.y1), 1.0)
    ax.set(ylabel="", ylim=(0, 1.08 * top), yticks=[top], yticklabels=[f"{top:,.0f}"])
    ax.tick_params(axis="y", labelsize=page.points(7.5))
    if not last:
        ax.set_xlabel("")
        ax.tick_params(axis="x", labelbottom=False)


def weighted_quantile(rows: pd.DataFrame, q: float) -> int:
    """The smallest number of steps that at least a fraction ``q`` of the counted starts do not exceed.

    >>> weighted_quantile(pd.DataFrame({"steps": [5, 1], "count": [3, 4]}), 0.5)
    1
    """
    rows = rows.sort_values("steps", kind="stable")
    below = rows["count"].cumsum().to_numpy()
    return int(rows["steps"].iloc[int(np.searchsorted(below, q * below[-1]))])
