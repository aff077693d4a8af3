"""Histograms from counts: final values of all classes in one, steps in a row for each class."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.scale import LogScale, SymmetricalLogScale
from numpy.typing import NDArray

from multistart.figures.binning import Extent, extent_of, finite_rows, rebinned
from multistart.figures.classes import Class, by_class, classes_of
from multistart.figures.layout import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDE,
    WIDTH,
    canvas,
    function_text,
    hatch_ink,
    inches,
    legend,
    step_ticks,
    styled,
    swatch,
)
from multistart.figures.palette import INK, NAMED, PAPER
from multistart.figures.scene import Scene

VALUE_BINS = 56
STEP_BINS = 60
LOG_RATIO = 30  # between the fullest and the emptiest bin drawn: above it, the axis is logarithmic


@styled
def final_values(scene: Scene) -> Figure:
    """How many starts ended at which value; classes in one bin stand side by side."""
    figure = canvas(scene, f"Final values: {scene.method} on {scene.study}".replace("_", " "))
    ax = inches(figure, LEFT, BOTTOM, WIDE, TOP - BOTTOM - 0.25)
    extent = extent_of(scene)
    edges = np.linspace(extent.low, extent.high, VALUE_BINS + 1)
    rows = by_class(finite_rows(scene.values))
    entries = [e for e in classes_of(scene) if e.code in rows]
    counts = np.array([rebinned(rows[e.code], edges) for e in entries]).reshape(len(entries), VALUE_BINS)
    _side_by_side(ax, entries, counts, edges)
    _count_axis(ax, counts)
    ax.set(xlabel=f"final value {function_text(scene)}", xlim=(extent.low, extent.high))
    _value_marks(ax, scene, extent)
    ended = by_class(scene.values)
    _beside(figure, [e for e in classes_of(scene) if e.code in ended], extent.notes)
    return figure


def _side_by_side(ax: Axes, entries: list[Class], counts: NDArray[np.float64], edges: NDArray[np.float64]) -> None:
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


def _count_axis(ax: Axes, counts: NDArray[np.float64]) -> None:
    drawn = counts[counts > 0]
    ax.set_ylabel("starts in a bin")
    if drawn.size == 0:
        ax.set(ylim=(0, 1), yticks=[0])
        ax.text(0.5, 0.5, "no start ended at a finite value", transform=ax.transAxes, ha="center")
    elif drawn.max() > LOG_RATIO * max(drawn.min(), 0.5):
        ax.set(yscale="log", ylim=(0.7, 2 * drawn.max()), ylabel="starts in a bin (logarithmic)")
    else:
        ax.set_ylim(0, 1.05 * drawn.max())


def _value_marks(ax: Axes, scene: Scene, extent: Extent) -> None:
    """The numbers of the named minima above the axes at their values; those too close together share a disc."""
    shown = scene.basins.head(len(NAMED))
    shown = shown[shown["value"].between(extent.low, extent.high)]
    groups: list[list[int]] = []
    room = 0.04 * (extent.high - extent.low)
    for basin, value in zip(shown["basin"].tolist(), shown["value"].tolist(), strict=True):
        if groups and value - shown["value"].to_numpy()[groups[-1][0]] < room:
            groups[-1].append(basin)
        else:
            groups.append([basin])
    values = dict(zip(shown["basin"], shown["value"], strict=True))
    for group in groups:
        text = str(group[0]) if len(group) == 1 else f"{group[0]}–{group[-1]}"
        ax.annotate(
            text, (values[group[0]], 1.0), xycoords=ax.get_xaxis_transform(), xytext=(0, 9), textcoords="offset points",
            ha="center", va="center", size=8, weight="bold", annotation_clip=False,
            bbox={"boxstyle": "round,pad=0.25,rounding_size=0.6", "fc": PAPER, "ec": INK, "lw": 0.9},
        )  # fmt: skip
        ax.axvline(values[group[0]], color=INK, lw=0.6, ls=(0, (1, 3)), zorder=0)


def _beside(figure: Figure, entries: list[Class], notes: list[str]) -> None:
    handles, labels = [swatch(e) for e in entries], [e.label for e in entries]
    drawn = legend(figure, handles, labels, "where starts end: share", LEFT + WIDE + 0.25)
    if notes:
        figure.canvas.draw_idle()
        bottom = drawn.get_window_extent().y0 / figure.bbox.height
        figure.text((LEFT + WIDE + 0.3) / WIDTH, bottom - 0.02, _wrapped(notes), size=8.5, va="top", color="#4A4A4A")


def _wrapped(notes: list[str]) -> str:
    return "\n".join(textwrap.fill(note, 36) for note in notes)


@styled
def steps(scene: Scene) -> Figure:
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
    import seaborn as sns  # a second, mostly of scipy.stats, that other pictures need not wait for

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


def step_scale(ax: Axes, scale: str, edges: NDArray[np.floating]) -> None:
    """Set the horizontal axis to the range and scale of :func:`step_edges`."""
    if scale == "log":
        ax.set_xscale(SymmetricalLogScale(ax.xaxis, linthresh=1.0) if edges[0] < 0 else LogScale(ax.xaxis))
        step_ticks(ax.xaxis, float(edges[0]), float(edges[-1]))
    ax.set(xlim=(edges[0], edges[-1]), xlabel="steps (logarithmic)" if scale == "log" else "steps")


def step_edges(steps: pd.DataFrame) -> tuple[NDArray[np.floating], str]:
    """Edges half-way between whole numbers: a bin a step where few, else even or logarithmic ones."""
    taken = steps.loc[steps["count"] > 0, "steps"].to_numpy()
    low, high = (int(taken.min()), int(taken.max())) if taken.size else (0, 1)
    if high - low < STEP_BINS:
        return np.arange(low, high + 2) - 0.5, "linear"
    if high > 15 * max(low, 1):
        whole = np.unique(np.round(np.geomspace(max(low, 1), high + 1, STEP_BINS)))
        return np.concatenate([[low] if low < whole[0] else [], whole]) - 0.5, "log"
    return np.unique(np.round(np.linspace(low, high + 1, STEP_BINS))) - 0.5, "linear"


def weighted_quantile(rows: pd.DataFrame, q: float) -> int:
    """The smallest number of steps that at least a fraction ``q`` of the counted starts do not exceed.

    >>> weighted_quantile(pd.DataFrame({"steps": [5, 1], "count": [3, 4]}), 0.5)
    1
    """
    rows = rows.sort_values("steps", kind="stable")
    below = rows["count"].cumsum().to_numpy()
    return int(rows["steps"].iloc[int(np.searchsorted(below, q * below[-1]))])
