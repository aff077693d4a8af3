"""The function as a surface, with the descents on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.colors import LightSource, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D
from numpy.typing import NDArray

from multistart.box import Box
from multistart.figures.bands import curve
from multistart.figures.clipping import finite_part
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.marks import NUMBERED, minima_shown, right_of
from multistart.figures.names import function_name, function_text, slice_text
from multistart.figures.palette import INK, INKS, PAPER, colours_of
from multistart.figures.paths import Walk, end_legend, mark, outline, paths_of, walk
from multistart.figures.picture import Picture
from multistart.figures.relief import ASPECT, AZIMUTH, ELEVATION, Relief, runs
from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of
from multistart.figures.ticks import value_ticks

PICTURE = Picture(
    kind="map",
    alt="The function as a surface in three dimensions, with a few dozen descents that run down on it.",
    caption=(
        "The function as a surface over the domain, as high as its value, and the descents of the picture of "
        "trajectories on it, from their starts (dots) to their ends (marks). What lies behind a hill is thin and pale. "
        "Near a pole or a steep wall the surface is cut off where most values end."
    ),
    reads=(
        "<method>/basins.csv",
        "<method>/tally.parquet",
        "certificate.json",
        "starts.parquet",
        "<method>/slice.parquet",
    ),
)

CELLS = 60  # of the surface, on each axis


def draw(scene: Scene) -> Figure:
    """The surface with descents; over a slice, on which no descent stays, the surface alone; in one dimension a curve."""
    cut, title = slice_text(scene), f"The surface of {function_name(scene)}"
    if scene.map.box.dimensions == 1:
        return _curve(scene)
    surface = surface_of(scene)
    if not surface.finite:
        return sentence(scene, title, "The function is not finite anywhere here, so there is no surface to draw.")
    notes = [f"{cut}; no descent stays on it, so none is drawn"] if cut else []
    page, relief = sheet(scene, title, notes), Relief(surface)
    ax = _axes(page, scene, relief)
    _ground(ax, relief)
    walks = [] if cut else _descents(page, ax, scene, relief)
    _numbers(page, ax, scene, relief)
    if walks:
        handles, labels = end_legend(page, scene, walks)
        handles.append(Line2D([], [], color=INK, lw=0.8, alpha=0.5))
        page.legend(handles, [*labels, "behind a hill"], "where descents end", page.beside)
    return page.figure


def _axes(page: Sheet, scene: Scene, relief: Relief) -> Axes3D:
    place = (0.0, 0.03, page.beside / page.width, page.top / page.height - 0.03)
    ax: Any = page.figure.add_axes(place, projection="3d", computed_zorder=False)
    ax.set_proj_type("ortho")
    ax.view_init(ELEVATION, AZIMUTH)
    ax.set_box_aspect(ASPECT, zoom=0.97)
    ax.tick_params(labelsize=page.points(8), pad=-1 if page.style.text == 1 else 1)
    low, high = relief.surface.box.low, relief.surface.box.high
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(relief.low, relief.high))
    ax.set_xlabel(scene.map.axes[0], size=page.points(9), labelpad=4 * page.style.text)
    ax.set_ylabel(scene.map.axes[1], size=page.points(9), labelpad=4 * page.style.text)
    ax.set_zlabel(function_text(scene), size=page.points(9), labelpad=4 * page.style.text)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        value_ticks(axis, 6 if page.style.text == 1 else 4)
        axis.pane.set(facecolor="#F4F4F4", edgecolor="#C8C8C8")
        axis._axinfo["grid"].update(color="#DDDDDD", linewidth=0.6)
    return ax


def _ground(ax: Axes3D, relief: Relief) -> None:
    """The surface in colours of its height, shaded by its slope; holes where the function is not finite."""
    surface, step = relief.surface, max((len(relief.surface.x) - 1) // CELLS, 1)
    x, y = np.meshgrid(surface.x[::step], surface.y[::step])
    z = relief.height[::step, ::step]
    pale = ListedColormap(0.35 + 0.65 * np.array(sns.color_palette("mako", 256)))
    light = LightSource(azdeg=-60, altdeg=55)
    tint = pale(Normalize(relief.low, relief.high)(z))[..., :3]
    across = (relief.high - relief.low) * ASPECT[0] / ASPECT[2] / CELLS
    shaded = light.shade_rgb(tint, np.nan_to_num(z, nan=relief.low), blend_mode="soft", dx=across, dy=across, vert_exag=1)
    drawn = ax.plot_surface(x, y, z, rstride=1, cstride=1, facecolors=shaded, shade=False, antialiased=False, lw=0)
    drawn.set_rasterized(True)


def _descents(page: Sheet, ax: Axes3D, scene: Scene, relief: Relief) -> list[Walk]:
    colours = colours_of(len(scene.basins), scene.map.code) | INKS
    walks = [walk(path, scene.map.box) for path in paths_of(scene)]
    for walked, code in zip(walks, scene.trajectory_basins, strict=True):
        for part in walked.parts:
            _line(page, ax, scene, relief, part, colours[code], zigzag=walked.rest is not None)
        if walked.parts:
            _mark(page, ax, scene, relief, walked.parts[0][:1], {"marker": "o", "ms": page.points(3.4), "mec": INK}, colours[code])
            end = walked.parts[-1][-1:] if walked.rest is None else walked.rest[-1:]
            style = mark(page, code) | ({"marker": ">"} if walked.gone else {})
            _mark(page, ax, scene, relief, end, style | {"ms": page.points(5)}, colours[code])
    return walks


def _line(page: Sheet, ax: Axes3D, scene: Scene, relief: Relief, part: NDArray[np.float64], colour: str, zigzag: bool) -> None:
    way = _dense(part, scene.map.box)
    points = relief.on(way, scene.objective.value(way))
    for first, last, seen in runs(relief.visible(points)):
        width = 0.7 if zigzag or not seen else 1.4
        effects = outline(page, width) if seen and not zigzag else None
        ax.plot(*points[first:last].T, color=colour, lw=width, alpha=1.0 if seen else 0.45, path_effects=effects,
                solid_capstyle="round", zorder=3)  # fmt: skip


def _dense(part: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """A path with no step longer than a hundredth of the box, so that it bends with the surface."""
    step = np.linalg.norm(np.diff(part, axis=0) / box.width, axis=1)
    at = np.concatenate([[0.0], step.cumsum()])
    if len(part) < 2 or at[-1] == 0:
        return part
    every = np.linspace(0, at[-1], min(int(at[-1] * 100) + 2, 400))
    return np.column_stack([np.interp(every, at, part[:, j]) for j in range(2)])


def _mark(
    page: Sheet, ax: Axes3D, scene: Scene, relief: Relief, point: NDArray[np.float64], style: dict[str, Any], colour: str
) -> None:
    place = relief.on(point, scene.objective.value(point))
    seen = bool(relief.visible(place)[0])
    look = {"mfc": colour, "mew": 0.7, **style} if seen else {"mfc": "none", "mew": 0.5, **style}
    ax.plot(*place.T, ls="none", zorder=5 if seen else 3, alpha=1.0 if seen else 0.45, **look)


def _numbers(page: Sheet, ax: Axes3D, scene: Scene, relief: Relief) -> None:
    """The numbers of minima that are in sight, up and right of them."""
    shown = minima_shown(scene)
    if len(shown) > NUMBERED:
        return
    places = shown[list(scene.map.axes)].to_numpy(dtype=float).reshape(-1, 2)
    points = relief.on(places, shown["value"].to_numpy(dtype=float))
    for basin, point, seen in zip(shown["basin"], points, relief.visible(points) if len(points) else (), strict=True):
        if seen:
            raised = point[2] + 0.06 * page.style.text * (relief.high - relief.low)
            ax.text(point[0], point[1], raised, str(basin), size=page.points(8), weight="bold", ha="center", va="center",
                    zorder=7, bbox={"boxstyle": "circle,pad=0.2", "facecolor": PAPER, "edgecolor": INK, "lw": 0.8})  # fmt: skip


def _curve(scene: Scene) -> Figure:
    """In one dimension: the curve, with the starts of the descents on it, coloured by where they end."""
    page = sheet(scene, f"{function_name(scene)} with {len(scene.trajectories)} starts on it")
    ax = page.chart()
    ax.set(xlabel=scene.map.axes[0], xlim=(scene.map.box.low[0], scene.map.box.high[0]))
    marks = curve(page, ax, scene, {})
    colours = colours_of(len(scene.basins), scene.map.code) | INKS
    for path, code in zip(scene.trajectories, scene.trajectory_basins, strict=True):
        if len(finite_part(path)):
            ax.plot(path[0], scene.objective.value(path[:1]), "o", ms=page.points(5), mfc=colours[code], mec=INK, mew=0.7, zorder=5)
    handles, labels = end_legend(page, scene, [])
    handles, labels = [*handles, *marks], [*labels, *(str(m.get_label()) for m in marks)]
    page.legend(handles, labels, "where descents end", right_of(page, ax))
    return page.figure
