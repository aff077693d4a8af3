"""Trajectories of a few dozen starts over the heat map, coloured by where they end."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from multistart.box import Box
from multistart.figures.classes import MORE, classes_of, grouped
from multistart.figures.clipping import finite_part, pieces
from multistart.figures.layout import BOTTOM, LEFT, TOP, WIDE, canvas, inches, legend, slice_text
from multistart.figures.marks import MARKERS, colourbar, contours, heat, map_axes, minima_shown, number_minima, right_of
from multistart.figures.palette import INK, INKS, MUTED, NAMED, PAPER, colours_of
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.surface import Surface, surface_of
from multistart.figures.ticks import step_ticks
from multistart.plurals import counted

PICTURE = Picture(
    kind="map",
    title="A few descents",
    place=30,
    alt="A few dozen descents from their starts to their ends, as lines over the function.",
    caption=(
        "A few dozen descents from their starts (dots) to their ends (marks), coloured by where they end. An "
        "arrowhead at the edge means that the descent left the picture there and did not come back."
    ),
    reads=(
        "<method>/basins.csv",
        "<method>/tally.parquet",
        "certificate.json",
        "starts.parquet",
        "<method>/slice.parquet",
    ),
)

MARGIN = 0.06  # of the map's width, shown around it
GREYS = LinearSegmentedColormap.from_list("greys", ["#AEB8C2", "#FBFBFA"])


def draw(scene: Scene) -> Figure:
    """Paths from their starts (dots) to their ends (marks), cut where they leave the picture."""
    title = f"Trajectories of {counted(len(scene.trajectories), 'start')} on {scene.study}".replace("_", " ")
    figure = canvas(scene, title, _notes(scene))
    ax = _plane(figure, scene) if scene.map.box.dimensions == 2 else _time(figure, scene)
    view = Box({"across": ax.get_xlim(), "up": ax.get_ylim()})
    colours = colours_of(len(scene.basins), scene.map.code) | INKS
    for path, code in zip(_paths(scene), scene.trajectory_basins, strict=True):
        _draw(ax, path, code, view, colours[code])
    _legend(figure, scene, right_of(ax) + 1.05)
    return figure


def _notes(scene: Scene) -> list[str]:
    cut = slice_text(scene)
    return [f"projected on {' and '.join(scene.map.axes)}; the shading is f on the {cut}"] if cut else []


def _paths(scene: Scene) -> list[NDArray[np.float64]]:
    """Each path in the picture's two axes; in one dimension, position against step."""
    columns = [scene.objective.variables.index(name) for name in scene.map.axes]
    if len(columns) == 2:
        return [path[:, columns] for path in scene.trajectories]
    return [np.column_stack([np.arange(len(path)), path[:, columns[0]]]) for path in scene.trajectories]


def _plane(figure: Figure, scene: Scene) -> Axes:
    view = scene.map.box.widened(MARGIN)
    ax, surface = map_axes(figure, view), surface_of(scene, view)
    heat(ax, surface, GREYS)
    contours(ax, surface, "#7C8894", 0.5)
    colourbar(figure, ax, scene, surface, GREYS)
    low, width = scene.map.box.low, scene.map.box.width
    ax.add_patch(Rectangle(tuple(low), *width, fill=False, ec=INK, lw=0.7, ls=(0, (6, 4)), zorder=2))
    shown = minima_shown(scene)
    number_minima(ax, shown["basin"].to_numpy(), shown[list(scene.map.axes)].to_numpy(dtype=float), offset=12)
    ax.set(xlim=(view.low[0], view.high[0]), ylim=(view.low[1], view.high[1]))
    return ax


def _time(figure: Figure, scene: Scene) -> Axes:
    line = surface_of(scene, scene.map.box.widened(MARGIN))
    last = max([len(finite_part(path)) - 1 for path in scene.trajectories] + [1]) * 1.05
    value = np.column_stack([line.value, line.value])
    surface = Surface(line.box, np.array([-0.3, last]), line.x, value, line.levels)
    ax = inches(figure, LEFT, BOTTOM, WIDE - 0.6, TOP - BOTTOM)
    heat(ax, surface, GREYS)
    colourbar(figure, ax, scene, surface, GREYS)
    ax.set_xscale("symlog", linthresh=1.0)
    step_ticks(ax.xaxis, 0, last)
    ax.set(xlabel="step", ylabel=scene.map.axes[0], xlim=(-0.3, last), ylim=(line.x[0], line.x[-1]))
    shown = minima_shown(scene)
    for where in shown[scene.map.axes[0]]:
        ax.axhline(where, color=INK, lw=0.7, ls=(0, (2, 3)), zorder=1)
    points = np.column_stack([np.full(len(shown), last), shown[scene.map.axes[0]]])
    number_minima(ax, shown["basin"].to_numpy(), points)
    return ax


def _draw(ax: Axes, path: NDArray[np.float64], code: int, view: Box, colour: str) -> None:
    whole = finite_part(path)
    parts = pieces(whole, view)
    outline = [Stroke(linewidth=2.3, foreground=INK), Normal()]
    for part in parts:
        ax.plot(*part.T, color=colour, lw=1.3, path_effects=outline, solid_capstyle="round", zorder=3)
    if len(whole) and view.contains(whole[:1]).all():
        ax.plot(*whole[0], "o", ms=3.6, mfc=colour, mec=INK, mew=0.7, zorder=4)
    if parts:
        _mark_end(ax, parts[-1], code, colour, gone=not view.contains(whole[-1:]).all())


def _mark_end(ax: Axes, part: NDArray[np.float64], code: int, colour: str, gone: bool) -> None:
    """A mark for the class at the end of a path, or an arrowhead where it left the picture for good."""
    marker: MarkerStyle | str = MARKERS.get(code, "D")
    if gone and code != -5:
        step = np.diff(ax.transData.transform(part[-2:]), axis=0)[0] if len(part) > 1 else np.array([1.0, 0.0])
        marker = MarkerStyle(">", transform=Affine2D().rotate(float(np.arctan2(step[1], step[0]))))
    ax.plot(*part[-1], marker=marker, ms=6, mfc=colour, mec=INK, mew=0.8, ls="none", zorder=5, clip_on=False)


def _legend(figure: Figure, scene: Scene, left: float) -> None:
    codes, counts = np.unique(grouped(np.array(scene.trajectory_basins, dtype=np.int64)), return_counts=True)
    names = {entry.code: entry.name for entry in classes_of(scene)}
    handles = [Line2D([], [], marker="o", ms=3.6, mfc=PAPER, mec=INK, ls="none")]
    labels = ["start"]
    order = np.lexsort((np.abs(codes), codes < 0))
    for code, count in zip(codes[order].tolist(), counts[order].tolist(), strict=True):
        colour = MUTED[0] if code == MORE else NAMED[code] if code >= 0 else INKS[code]
        outline = [Stroke(linewidth=3.2, foreground=INK), Normal()]
        style: dict[str, Any] = {
            "marker": MARKERS.get(code, "D"),
            "ms": 6,
            "mec": INK,
            "mew": 0.8,
            "lw": 2,
            "path_effects": outline,
        }
        handles.append(Line2D([], [], color=colour, **style))
        labels.append(f"{names.get(code, code)}: {count}")
    legend(figure, handles, labels, "where they end", left)
