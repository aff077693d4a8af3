"""Final values: a histogram of all classes in one, from counts."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from multistart.figures.binning import Extent, extent_of, finite_rows, rebinned
from multistart.figures.classes import Class, by_class, classes_of
from multistart.figures.layout import (
    BOTTOM,
    LEFT,
    TOP,
    WIDE,
    WIDTH,
    canvas,
    function_text,
    hatch_ink,
    inches,
    legend,
    swatch,
)
from multistart.figures.palette import INK, NAMED, PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene

PICTURE = Picture(
    kind="chart",
    title="At which values the descents end",
    place=50,
    alt="A histogram of the values at which the starts ended, a colour for each minimum.",
    caption=(
        "How many starts ended at which value of the objective; the numbered lines are the minima. Where several "
        "classes share a bin, their bars stand side by side; look at the vertical scale, it may be logarithmic."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)

VALUE_BINS = 56
LOG_RATIO = 30  # between the fullest and the emptiest bin drawn: above it, the axis is logarithmic


def draw(scene: Scene) -> Figure:
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
