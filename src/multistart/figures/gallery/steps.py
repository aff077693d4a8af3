"""Steps from counts: a histogram in a row for each class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from multistart.figures.classes import Class, by_class, classes_of
from multistart.figures.layout import BOTTOM, HEIGHT, LEFT, TOP, WIDE, WIDTH, canvas, inches
from multistart.figures.palette import INK
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.ticks import step_edges, step_scale

PICTURE = Picture(
    kind="chart",
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
    figure = canvas(scene, f"Steps to the end: {scene.method} on {scene.study}".replace("_", " "))
    rows = by_class(scene.steps)
    entries = [e for e in classes_of(scene) if e.code in rows]
    edges, scale = step_edges(scene.steps)
    height = (TOP - BOTTOM) / max(len(entries), 1)
    for i, entry in enumerate(entries):
        ax = inches(figure, LEFT, TOP - (i + 1) * height, WIDE, height * 0.86, label=str(entry.code))
        _step_row(ax, entry, rows[entry.code], edges)
        _step_axis(ax, scale, edges, last=i == len(entries) - 1)
    if not entries:
        inches(figure, LEFT, BOTTOM, WIDE, TOP - BOTTOM).text(0.5, 0.5, "no starts", ha="center")
    figure.text(0.3 / WIDTH, (BOTTOM + TOP) / 2 / HEIGHT, "starts in a bin, each row to its own height",
                rotation=90, va="center", ha="center")  # fmt: skip
    return figure


def _step_row(ax: Axes, entry: Class, rows: pd.DataFrame, edges: NDArray[np.floating]) -> None:
    sns.histplot(
        data=rows, x="steps", weights="count", bins=edges.tolist(), element="step", ax=ax, color=entry.colour,
        edgecolor=INK, linewidth=0.7, alpha=1, hatch=entry.hatch or None,
    )  # fmt: skip
    median, p95 = weighted_quantile(rows, 0.5), weighted_quantile(rows, 0.95)
    ax.axvline(median, color=INK, lw=1.2, ls=(0, (2, 1.5)))
    text = f"{entry.label}\nmedian {median:,}, 95th percentile {p95:,}"
    ax.text(1.03, 0.5, text, transform=ax.transAxes, va="center", size=8.5 if ax.bbox.height > 40 else 7.5)


def _step_axis(ax: Axes, scale: str, edges: NDArray[np.floating], last: bool) -> None:
    step_scale(ax, scale, edges)
    top = max(float(ax.dataLim.y1), 1.0)
    ax.set(ylabel="", ylim=(0, 1.08 * top), yticks=[top], yticklabels=[f"{top:,.0f}"])
    ax.tick_params(axis="y", labelsize=7.5)
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
