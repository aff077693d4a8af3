"""How soon the descents of all methods arrive at the lowest minimum, by the gradients that they evaluate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from multistart.estimates.steps import ecdf, gradient_evaluations
from multistart.figures.classes import percent
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import function_name, shortened
from multistart.figures.palette import INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Comparison, Scene
from multistart.figures.ticks import step_edges, step_scale

PICTURE = Picture(
    title="How soon all methods arrive",
    place=20,
    alt=(
        "A curve for each method that rises with the gradients evaluated: which part of all starts is at the lowest "
        "minimum by then."
    ),
    caption=(
        "Of all starts, how many are at the lowest minimum found once each descent has evaluated so many gradients. "
        "A curve further left arrives for less; one that ends higher arrives from more starts."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)

Array = NDArray[np.float64]
GRADIENTS = "gradient evaluations"
#: Of the first methods, dark enough for a thin line and for letters; one look is a colour with dashes.
COLOURS = (NAMED[0], NAMED[6], NAMED[3], "#0B7A5A", NAMED[7], "#8A5A00")
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (10, 3)), (0, (1, 1)))
NAMES = 0.3  # inches that names take of the chart, since they are longer than a legend's entries
LINE = 0.21  # inches of a line of text
SMALL = 0.75  # of the size of names: a long one is not smaller, but cut
LEADER = (0.3, 0.42)  # inches from the end of a curve to a piece of it, and its length; then comes the name


def draw(comparison: Comparison) -> Figure:
    """A curve for each method, named at its end."""
    title = f"How soon each method arrives at the lowest minimum on {function_name(comparison.methods[0])}"
    curves = {s.method: curve for s in comparison.methods if s.starts and not (curve := arrived(s)).empty}
    if not curves:
        return sentence(comparison, title, "By no method did a start reach the lowest minimum found.")
    page = sheet(comparison, title)
    ax = page.axes(page.left, page.bottom, page.wide - NAMES * page.style.text, page.tall)
    edges, scale = step_edges(pd.concat(list(curves.values())))
    last = float(edges[-1])
    for i, scene in enumerate(comparison.methods):
        if scene.method in curves:
            _curve(ax, curves[scene.method], last, i)
    ax.set(ylim=(0, 1.04 * max(curve["of_all"].max() for curve in curves.values())), ylabel="of all starts")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda part, _: f"{100 * part:.3g} %"))
    step_scale(ax, scale, edges, _paid_in(comparison.methods))
    _names(page, ax, comparison.methods, curves)
    return page.figure


def arrived(scene: Scene) -> pd.DataFrame:
    """Starts that are at the lowest minimum by so many gradient evaluations, as :func:`.steps.ecdf` says it."""
    best = scene.basins.loc[scene.basins["kind"] == "global", "basin"].tolist()
    paid = scene.steps if scene.paid is None else scene.paid
    return ecdf(paid.assign(steps=gradient_evaluations(paid)), best)


def _paid_in(scenes: Sequence[Scene]) -> str:
    """What the axis counts, and of which methods it counts something else."""
    by_values = [s.method for s in scenes if s.paid_in != GRADIENTS]
    if not by_values:
        return f"{GRADIENTS} of a descent"
    if len(by_values) == len(scenes):
        return "function evaluations of a descent"
    return f"{GRADIENTS} of a descent; function evaluations of {', '.join(by_values)}"


def _curve(ax: Axes, curve: pd.DataFrame, last: float, i: int) -> None:
    steps, part = curve["steps"].to_numpy(float), curve["of_all"].to_numpy(float)
    x, y = np.concatenate([steps[:1], steps, [last]]), np.concatenate([[0.0], part, part[-1:]])
    ax.plot(x, y, drawstyle="steps-post", **_look(i))


def _look(i: int) -> dict[str, Any]:
    """A line of the method in this place: after all colours came with their dashes, with the next dashes."""
    turn = i // len(COLOURS)
    return {"color": _colour(i), "ls": DASHES[(i + turn) % len(DASHES)], "lw": 2.0 if turn % 2 == 0 else 1.2}


def _colour(i: int) -> str:
    return COLOURS[i % len(COLOURS)]


def _names(page: Sheet, ax: Axes, scenes: Sequence[Scene], curves: dict[str, pd.DataFrame]) -> None:
    """Each method's name and share beside the end of its curve; of those that never arrive beside the axis."""
    ends = [float(curves[s.method]["of_all"].iloc[-1]) if s.method in curves else 0.0 for s in scenes]
    line = min(LINE * page.style.text, page.tall / len(scenes))
    size = 8.5 * line / (LINE * page.style.text)
    heights = page.tall * np.array(ends) / ax.get_ylim()[1]
    places = spread(heights, line, page.tall)
    edge = page.left + page.wide - NAMES * page.style.text
    room = page.letters(page.width - edge - sum(LEADER) - 0.15, size)
    for i, (scene, height, place) in enumerate(zip(scenes, heights.tolist(), places.tolist(), strict=True)):
        share = percent(ends[i])
        if scene.method in curves:
            _line(page, (edge + 0.04, edge + LEADER[0]), (height, place), color=_colour(i), lw=0.7)
            _line(page, (edge + LEADER[0], edge + sum(LEADER)), (place, place), **_look(i))
        fitting = min(1.0, max(SMALL, room / (len(scene.method) + len(share) + 2)))
        text = f"{shortened(scene.method, int(room / fitting) - len(share) - 2)}: {share}"
        page.text(edge + sum(LEADER) + 0.08, page.bottom + place, text, fitting * size, va="center", color=INK)


def _line(page: Sheet, across: tuple[float, float], up: tuple[float, float], **look: object) -> None:
    """A line outside the axes, in inches; its heights are above the axes' lower end."""
    x, y = np.array(across) / page.width, (page.bottom + np.array(up)) / page.height
    page.figure.add_artist(Line2D(x, y, transform=page.figure.transFigure, **look))  # type: ignore[arg-type]


def spread(heights: Array, apart: float, tall: float) -> Array:
    """Places for labels, each as near to its height as can be with all at least ``apart``, and within ``tall``.

    What lies too close is moved as one block about its mean: isotonic regression by pooling neighbours (Ayer et al.
    1955, Annals of Mathematical Statistics 26:641).

    >>> spread(np.array([1.0, 1.0, 3.0]), 0.5, 4.0).tolist()
    [0.75, 1.25, 3.0]
    """
    order = np.argsort(heights, kind="stable")
    shift = apart * np.arange(len(heights))
    blocks: list[list[float]] = []
    for wanted in (heights[order] - shift).tolist():
        blocks.append([wanted])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    pooled = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks])
    places = np.empty(len(heights))
    places[order] = shift + np.clip(pooled, apart / 2, max(tall - apart / 2 - shift[-1], apart / 2))
    return places
