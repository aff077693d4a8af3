"""Trajectories of a few dozen starts over the heat map, coloured by where they end."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from multistart.box import Box
from multistart.figures.clipping import finite_part
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.marks import (
    beside_bar,
    colourbar,
    contours,
    critical_marks,
    critical_places,
    heat,
    map_axes,
    minima_shown,
    no_minimum,
    number_minima,
    right_of,
)
from multistart.figures.names import as_users, setting, slice_text
from multistart.figures.palette import INK, INKS, colours_of
from multistart.figures.paths import Strokes, Walk, end_legend, mark, paths_of, walk
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.surface import Surface, surface_of
from multistart.figures.ticks import step_ticks
from multistart.plurals import counted

PICTURE = Picture(
    title="A few descents",
    place=30,
    alt="A few dozen descents from their starts to their ends, as lines over the function.",
    caption=(
        "A few dozen descents from their starts (dots) to their ends (marks), coloured by where they end. The "
        "dashed box is the domain; an arrowhead at the edge means that the descent left the picture there and did not "
        "come back. A long zigzag is drawn at its beginning only."
    ),
    reads=(
        "<method>/basins.csv",
        "<method>/tally.parquet",
        "certificate.json",
        "critical_points.csv",
        "starts.parquet",
        "<method>/slice.parquet",
    ),
)

MARGIN = 0.06  # of the map's width, shown around it
GREYS = LinearSegmentedColormap.from_list("greys", ["#AEB8C2", "#FBFBFA"])


def draw(scene: Scene) -> Figure:
    """Paths from their starts (dots) to their ends (marks), cut where they leave the picture."""
    title = f"{counted(len(scene.trajectories), 'descent')} {setting(scene)}"
    if not scene.trajectories:
        return sentence(scene, title, "No descent was started.")
    page = sheet(scene, title, _notes(scene))
    ax, marks = (_plane if scene.map.box.dimensions == 2 else _time)(page, scene)
    view = Box({"across": ax.get_xlim(), "up": ax.get_ylim()})
    colours = colours_of(len(scene.basins), scene.map.code) | INKS
    walks = [walk(path, view) for path in paths_of(scene)]
    strokes = Strokes()
    for path, walked, code in zip(paths_of(scene), walks, scene.trajectory_basins, strict=True):
        if view.contains(path[:1]).all():
            strokes.add(path[:1], marker="o", ms=page.points(3.6), mfc=colours[code], mec=INK, mew=0.7, ls="", zorder=4)
        _add(strokes, page, ax, walked, code, colours[code])
    strokes.draw(ax)
    handles, labels = end_legend(page, scene, walks)
    labels += [str(m.get_label()) for m in marks]
    left = right_of(page, ax) if page.style.brief and scene.map.box.dimensions == 2 else beside_bar(page, ax)
    page.legend([*handles, *marks], labels, "where they end", left)
    return page.figure


def _notes(scene: Scene) -> list[str]:
    cut = slice_text(scene)
    axes = [as_users(scene.objective, name, 0.0)[0] for name in scene.map.axes]
    return (
        [f"projected on {' and '.join(axes)}; the shading is {scene.objective.value_name} on the {cut}"] if cut else []
    )


def _plane(page: Sheet, scene: Scene) -> tuple[Axes, list[Line2D]]:
    view = scene.map.box.widened(MARGIN)
    ax, surface = map_axes(page, scene, view), surface_of(scene, view)
    heat(ax, surface, GREYS)
    contours(ax, surface, "#7C8894", 0.5)
    if not page.style.brief:
        colourbar(page, ax, scene, surface, GREYS)
    low, width = scene.map.box.low, scene.map.box.width
    dashes = (0, (6, 4))
    ax.add_patch(Rectangle(tuple(low), *width, fill=False, ec=INK, lw=0.7, ls=dashes, zorder=2))
    shown = minima_shown(scene)
    places = shown[list(scene.map.axes)].to_numpy(dtype=float)
    minima = number_minima(page, ax, shown["basin"].to_numpy(), places, offset=12) or no_minimum(scene)
    minima += critical_marks(page, ax, {"minimum": critical_places(scene).get("minimum", places[:0])})
    ax.set(xlim=(view.low[0], view.high[0]), ylim=(view.low[1], view.high[1]))
    return ax, [*minima, Line2D([], [], color=INK, lw=0.8, ls=dashes, label="domain of the starts")]


def _time(page: Sheet, scene: Scene) -> tuple[Axes, list[Line2D]]:
    line = surface_of(scene, scene.map.box.widened(MARGIN))
    last = max([len(finite_part(path)) - 1 for path in scene.trajectories] + [1]) * 1.05
    value = np.column_stack([line.value, line.value])
    surface = Surface(line.box, np.array([-0.3, last]), line.x, value, line.levels)
    ax = page.axes(page.left, page.bottom, page.wide - 0.4, page.tall)
    heat(ax, surface, GREYS)
    colourbar(page, ax, scene, surface, GREYS)
    ax.set_xscale("symlog", linthresh=1.0)
    step_ticks(ax.xaxis, 0, last)
    ax.set(xlabel="step (logarithmic)", ylabel=scene.map.axes[0], xlim=(-0.3, last), ylim=(line.x[0], line.x[-1]))
    shown = minima_shown(scene)
    for where in shown[scene.map.axes[0]]:
        ax.axhline(where, color=INK, lw=0.7, ls=(0, (2, 3)), zorder=1)
    points = np.column_stack([np.full(len(shown), last), shown[scene.map.axes[0]]])
    return ax, number_minima(page, ax, shown["basin"].to_numpy(), points) or no_minimum(scene)


def _add(strokes: Strokes, page: Sheet, ax: Axes, walked: Walk, code: int, colour: str) -> None:
    width, look = (0.7 if walked.thin else 1.3), {"color": colour, "zorder": 3, "solid_capstyle": "round"}
    for part in walked.parts:
        strokes.add(part, lw=width, edge=not walked.thin, **look)
    if walked.rest is not None:
        strokes.add(walked.rest, color=colour, lw=0.8, ls=(0, (1, 1.5)), zorder=3)
    if walked.parts:
        last = walked.parts[-1] if walked.rest is None else walked.rest
        _add_end(strokes, page, ax, last, code, colour, walked.gone)


def _add_end(
    strokes: Strokes, page: Sheet, ax: Axes, part: NDArray[np.float64], code: int, colour: str, gone: bool
) -> None:
    """A mark for the class at the end of a path, or an arrowhead where it left the picture for good."""
    style = mark(page, code)
    if gone and code != -5:
        step = np.diff(ax.transData.transform(part[-2:]), axis=0)[0] if len(part) > 1 else np.array([1.0, 0.0])
        style["marker"] = MarkerStyle(">", transform=Affine2D().rotate(float(np.arctan2(step[1], step[0]))))
    strokes.add(part[-1:], mfc=colour, ls="", zorder=5, clip_on=False, **style)
