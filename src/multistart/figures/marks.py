"""Marks over a map or curve: numbered minima, saddles and maxima, contour lines, the frame of the map axes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from numpy.typing import NDArray

from multistart.box import Box
from multistart.figures.layout import Sheet
from multistart.figures.names import function_text, numbers
from multistart.figures.palette import INK, NAMED, PAPER
from multistart.figures.scene import Scene
from multistart.figures.surface import Surface
from multistart.figures.ticks import value_ticks

SYMBOLS = {
    "minimum": ("v", "minimum where no descent rests"),
    "saddle": ("X", "saddle"),
    "maximum": ("^", "maximum"),
    "degenerate": ("D", "degenerate point"),
}
#: The marks of ends at no minimum, by class code.
MARKERS = {-1: "P", -2: "P", -3: "s", -4: ">", -5: "X", -6: "P", -7: "P", -8: "p", -9: "8", -10: "*", -11: "d"}
ON_SLICE = 0.02  # of a coordinate's width: how near a point must be to a slice to be marked on it
NUMBERED = 12  # minima in view up to which all are numbered, beyond it the named ones
SAME = 1e-4  # of the map's width, that a known minimum and one that was reached are apart at most
BAR = 0.17  # inches of a colour bar
_ROOM = 15.0  # points between the centres of two numbers
_RADIUS = 9.0  # points, of a disc
ON_FRAME = 1e-3  # of the map's width


def map_axes(page: Sheet, scene: Scene, box: Box) -> Axes:
    """Axes over a box: true to scale where its sides are comparable, with names; a wide one in one dimension.

    A logarithm and another variable are not, and neither are the parameters of a fit, each of which has its own unit.
    """
    if box.dimensions == 1:
        ax = page.chart()
        ax.set_xlabel(box.names[0])
    else:
        ratio, side = float(box.width[1] / box.width[0]), page.tall
        logged = dict(zip(scene.objective.variables, scene.objective.logged, strict=True))
        of_one_kind = scene.objective.fit is None and len({logged[name] for name in box.names}) == 1
        alike = of_one_kind and 0.4 <= ratio <= 2.5
        across, up = (min(1.0, 1 / ratio), min(1.0, ratio)) if alike else (1.0, 1.0)
        ax = page.axes(page.left, page.top - side * up, side * across, side * up)
        ax.set(xlabel=box.names[0], ylabel=box.names[1], ylim=(box.low[1], box.high[1]))
        for axis in (ax.xaxis, ax.yaxis):
            value_ticks(axis, most=7)
        ax.spines[["top", "right"]].set_visible(True)
    ax.set_xlim(box.low[0], box.high[0])
    return ax


def right_of(page: Sheet, ax: Axes) -> float:
    """Where the column for legends begins, in inches."""
    return float(ax.get_position().x1) * page.width + 0.2


def beside_bar(page: Sheet, ax: Axes) -> float:
    """Where the column for legends begins beside axes with a colour bar."""
    return right_of(page, ax) + BAR + (0.72 if page.style.text == 1 else 0.85)


def heat(ax: Axes, surface: Surface, cmap: Colormap) -> None:
    """Filled contours, drawn as an image inside vector files; a light ground where f is not finite."""
    ax.set_facecolor("#F0F0F0")
    if not surface.finite:
        ax.text(0.5, 0.97, f"{surface.name} is not finite anywhere here", transform=ax.transAxes, ha="center", va="top")
        return
    filled = ax.contourf(
        surface.x, surface.y, surface.clipped, levels=surface.levels, cmap=cmap, norm=_steps(surface, cmap),
        extend=surface.beyond, antialiased=False,
    )  # fmt: skip
    filled.set_rasterized(True)


def _steps(surface: Surface, cmap: Colormap) -> mpl.colors.BoundaryNorm:
    """A colour a level, however far apart levels are."""
    return mpl.colors.BoundaryNorm(surface.levels, cmap.N, extend=surface.beyond)


def contours(ax: Axes, surface: Surface, color: str, alpha: float, every: int = 1) -> list[Line2D]:
    """Thin contour lines of f at the levels that lie inside its range; returns the legend's handle."""
    value = surface.value[np.isfinite(surface.value)]
    if value.size == 0:
        return []
    levels = [v for v in surface.levels[::every] if value.min() < v < value.max()]
    if not levels:
        return []
    ax.contour(
        surface.x, surface.y, surface.clipped, levels=levels, colors=[color], alpha=alpha, linewidths=0.6,
        linestyles="solid",
    )  # fmt: skip
    return [Line2D([], [], color=color, alpha=alpha, lw=0.8, label=f"contour of {surface.name}")]


def colourbar(page: Sheet, ax: Axes, scene: Scene, surface: Surface, cmap: Colormap) -> None:
    """The key of :func:`heat`, one equal step a level; labelled f(x, y)."""
    if not surface.finite:
        return
    tall = float(ax.get_position().height) * page.height
    head = 0.24 * page.style.text  # inches for its name
    cax = page.axes(right_of(page, ax), page.top - tall, BAR, tall - head, label="colourbar")
    levels = surface.levels
    ticks = levels[:: 2 if len(levels) > 12 else 1]
    colours = mpl.cm.ScalarMappable(_steps(surface, cmap), cmap)
    bar = page.figure.colorbar(
        colours, cax=cax, extend=surface.beyond, ticks=ticks, spacing="uniform", drawedges=False,
    )  # fmt: skip
    bar.ax.set_yticklabels(numbers(ticks.tolist(), 3))
    bar.ax.tick_params(labelsize=page.points(8))
    bar.ax.set_title(function_text(scene), size=page.points(8), loc="left", pad=page.points(6.5))


def minima_shown(scene: Scene) -> pd.DataFrame:
    """The minima that lie in the map's box and, for a slice, on it to within ``ON_SLICE`` of the domain's width."""
    rows = scene.basins
    keep = np.ones(len(rows), dtype=bool)
    for name, (low, high) in scene.map.box.bounds.items():
        keep &= rows[name].between(low, high).to_numpy()
    width = dict(zip(scene.domain.names, scene.domain.width, strict=True))
    for name, value in scene.map.fixed.items():
        keep &= ((rows[name] - value).abs() <= ON_SLICE * width[name]).to_numpy()
    return rows[keep]


def no_minimum(scene: Scene) -> list[Line2D]:
    """What a legend says in place of minima where none is in view."""
    if len(minima_shown(scene)) or len(critical_places(scene).get("minimum", ())):
        return []
    said = "no minimum known on this slice" if scene.map.fixed else "no minimum reached"
    return [Line2D([], [], ls="none", label=said)]


def number_minima(
    page: Sheet, ax: Axes, basins: NDArray[np.int64], points: NDArray[np.float64], offset: float = 0.0
) -> list[Line2D]:
    """Write each basin's number in a white disc at its minimum, ``(n, 2)``, where there is room for it.

    Minima without room, and of many those past the named ones, get a small dot. Discs stand ``offset`` points up and
    right of their minima. Returns the legend's handles.
    """
    placed: list[NDArray[np.float64]] = []
    if len(points) == 0:
        return []
    numbered = len(points) <= NUMBERED
    offset = offset if numbered else 0.0  # beside one of many, a disc stands nearer to another
    size = page.points(4.5 if len(points) <= 5 * NUMBERED else 2.6)
    dot: dict[str, Any] = {"marker": "o", "ms": size, "mfc": PAPER, "mec": INK, "mew": 0.7, "ls": "none"}
    where = ax.transData.transform(points) * 72 / page.figure.dpi
    bare = []
    for basin, point, at in zip(basins.tolist(), points, where, strict=True):
        fits = all(np.abs(at - other).max() >= page.points(_ROOM) for other in placed)
        fits &= basin < len(NAMED) or numbered
        if offset or not fits:
            bare.append(point)
        if fits:
            placed.append(at)
            _disc(page, ax, str(basin), point, page.points(offset))
    if bare:
        ax.plot(*np.array(bare).T, zorder=6, clip_on=False, **dot)
    if not offset:
        _clear_labels(page, ax, points)
    disc = Line2D([], [], marker="o", ms=page.points(9), mfc=PAPER, mec=INK, ls="none", label="minimum, by its number")
    more = Line2D([], [], label="minimum" if offset else "further minimum", **dot)
    return [disc, *([more] if bare and not offset else [])]


def _clear_labels(page: Sheet, ax: Axes, points: NDArray[np.float64]) -> None:
    """Move the labels of ticks away from discs that stand on the frame, as those of minima on bounds do."""
    for axis, ends, at in ((ax.yaxis, ax.get_xlim(), points[:, 0]), (ax.xaxis, ax.get_ylim(), points[:, 1])):
        if (np.abs(at - ends[0]) <= ON_FRAME * abs(ends[1] - ends[0])).any():
            axis.set_tick_params(pad=page.points(_RADIUS))


def _disc(page: Sheet, ax: Axes, text: str, point: NDArray[np.float64], offset: float) -> None:
    ax.annotate(
        text, tuple(point), xytext=(offset, offset), textcoords="offset points", ha="center", va="center",
        size=page.points(8), weight="bold", color=INK, zorder=7,
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": PAPER, "edgecolor": INK, "linewidth": 0.9},
    )  # fmt: skip


def critical_places(scene: Scene) -> dict[str, NDArray[np.float64]]:
    """The critical points in view, by kind; of minima those that no start reached."""
    if scene.critical_points is None:
        return {}
    rows, axes = minima_shown(_with_critical_points(scene)), list(scene.map.axes)
    places = {kind: rows.loc[rows["kind"] == kind, axes].to_numpy(dtype=float) for kind in SYMBOLS}
    reached = scene.basins[axes].to_numpy(dtype=float)
    away = np.abs(places["minimum"][:, None] - reached[None]) > SAME * scene.map.box.width
    return places | {"minimum": places["minimum"][away.any(axis=-1).all(axis=1)]}


def attraction_balls(ax: Axes, scene: Scene) -> list[Line2D]:
    """Thin circles around the minima in view: from inside, the method provably reaches the minimum."""
    shown = minima_shown(scene)
    if "attraction_radius" not in shown or scene.map.fixed:
        return []
    balls = shown[shown["attraction_radius"] > 0]
    for place, radius in zip(balls[list(scene.map.axes)].to_numpy(float), balls["attraction_radius"], strict=True):
        if np.linalg.norm(np.maximum(place - scene.map.box.low, scene.map.box.high - place)) <= radius:
            return [Line2D([], [], ls="none", label="all of it is proven to be attracted")]
        ax.add_patch(Circle((place[0], place[1]), radius, fill=False, lw=0.9, ec=PAPER, zorder=4))
        ax.add_patch(Circle((place[0], place[1]), radius, fill=False, lw=0.9, ec=INK, ls=(0, (4, 3)), zorder=4))
    dashes = Line2D([], [], color=INK, lw=0.9, ls=(0, (4, 3)), label="proven to be attracted")
    return [dashes] if len(balls) else []


def critical_marks(page: Sheet, ax: Axes, points: dict[str, NDArray[np.float64]]) -> list[Line2D]:
    """Draw saddles, maxima and degenerate points, ``(n, 2)`` by kind; returns the legend's handles."""
    handles = []
    for kind, (symbol, text) in SYMBOLS.items():
        if len(points.get(kind, ())) == 0:
            continue
        size = page.points(7.5 if len(points[kind]) <= 5 * NUMBERED else 4)
        style: dict[str, Any] = {"marker": symbol, "ms": size, "mfc": PAPER, "mec": INK, "mew": 0.9, "ls": "none"}
        ax.plot(*points[kind].T, zorder=5, clip_on=False, **style)
        handles.append(Line2D([], [], label=text if page.style.brief else f"{text} ({len(points[kind])})", **style))
    return handles


def _with_critical_points(scene: Scene) -> Scene:
    """The scene with its critical points in the place of the minima, to choose those in view by the same rule."""
    return replace(scene, basins=scene.critical_points)
