"""The function as a surface, with the descents on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.colors import LightSource, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from numpy.typing import NDArray

from multistart.box import Box
from multistart.figures.bands import curve
from multistart.figures.clipping import finite_part
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.marks import NUMBERED, minima_shown, right_of
from multistart.figures.names import function_name, function_text, named, setting, slice_text
from multistart.figures.palette import INK, INKS, PAPER, colours_of
from multistart.figures.paths import Strokes, Walk, end_legend, mark, paths_of, walk
from multistart.figures.picture import Picture
from multistart.figures.relief import ASPECT, ELEVATION, Relief, runs
from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of, surface_text
from multistart.figures.ticks import inner_ticks, power_in_name, value_ticks
from multistart.plurals import counted

PICTURE = Picture(
    title="The function as a surface",
    place=35,
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

CELLS = 48  # of the surface, on each axis
UNSEEN = 0.45  # how pale is what lies behind a hill


def draw(scene: Scene) -> Figure:
    """The surface with descents; over a slice, on which none stays, the surface alone; in one dimension a curve."""
    if scene.map.box.dimensions == 1:
        return _line_of(scene)
    cut, title, surface = slice_text(scene), f"The surface of {function_name(scene)}", surface_of(scene)
    if not cut and scene.trajectories:
        title = f"Descents on the surface of {named(scene)}"
    if not surface.finite:
        return sentence(scene, title, "The function is not finite anywhere here, so there is no surface to draw.")
    notes = [f"{cut}; no descent stays on it, so none is drawn" if cut else "", surface_text(scene)]
    page = sheet(scene, title, filter(None, notes))
    view = _View(page, _axes(page, scene, relief := Relief(surface)), scene, relief)
    view.ground()
    if not cut and scene.trajectories:
        handles, labels = end_legend(page, scene, view.descents())
        handles.append(Line2D([], [], color=INK, lw=0.8, alpha=UNSEEN))
        page.legend(handles, [*labels, "behind a hill"], "where descents end", page.beside)
    view.numbers()
    return page.figure


def _axes(page: Sheet, scene: Scene, relief: Relief) -> Axes3D:
    place = (0.02, 0.03, page.beside / page.width, page.top / page.height - 0.03)
    ax: Any = page.figure.add_axes(place, projection="3d", computed_zorder=False)
    ax.set_proj_type("ortho")
    ax.view_init(ELEVATION, relief.azimuth)
    ax.set_box_aspect(ASPECT, zoom=0.97)
    ax.tick_params(labelsize=page.points(8), pad=-1 if page.style.text == 1 else 1)
    low, high = relief.surface.box.low, relief.surface.box.high
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(relief.low, relief.high))
    for axis, name in zip((ax.xaxis, ax.yaxis, ax.zaxis), (*scene.map.axes, function_text(scene)), strict=True):
        axis.set_label_text(name, size=page.points(9))
        axis.labelpad = 4 * page.style.text
        (value_ticks if axis is ax.zaxis else inner_ticks)(axis, 6 if page.style.text == 1 else 5)
        axis.pane.set(facecolor="#F4F4F4", edgecolor="#C8C8C8")
        axis._axinfo["grid"].update(color="#DDDDDD", linewidth=0.6)
    _heights(page, ax)
    return ax


def _heights(page: Sheet, ax: Any) -> None:
    """Numbers beside the upright axis, farther from it the longer they are, as they stand about their middle."""
    power_in_name(ax.zaxis)
    formatter, places = ax.zaxis.get_major_formatter(), ax.zaxis.get_major_locator()()
    longest = max((len(formatter(place)) for place in places), default=0)
    ax.tick_params(axis="z", pad=ax.xaxis.get_tick_padding() + page.points(1.4) * max(longest - 3, 0))
    ax.zaxis.labelpad += page.points(2.8) * max(longest - 3, 0)


@dataclass(frozen=True)
class _View:
    """The axes of a surface, and what is drawn in them."""

    page: Sheet
    ax: Axes3D
    scene: Scene
    relief: Relief

    def ground(self) -> None:
        """The surface in colours of its height, shaded by its slope; holes where the function is not finite."""
        surface, low, high = self.relief.surface, self.relief.low, self.relief.high
        step = max((len(surface.x) - 1) // CELLS, 1)
        x, y = np.meshgrid(surface.x[::step], surface.y[::step])
        z = self.relief.height[::step, ::step]
        pale = ListedColormap(0.35 + 0.65 * np.array(sns.color_palette("mako", 256)))
        tint, across = pale(Normalize(low, high)(z))[..., :3], (high - low) * ASPECT[0] / ASPECT[2] / CELLS
        light = LightSource(azdeg=-60, altdeg=55)
        shaded = light.shade_rgb(tint, np.nan_to_num(z, nan=low), blend_mode="soft", dx=across, dy=across)
        faces, colours = _cells(np.stack([x, y, z], axis=-1), shaded)
        cells = Poly3DCollection(faces, facecolors=colours, antialiased=False, lw=0, rasterized=True)
        self.ax.add_collection3d(cells, autolim=False)

    def descents(self) -> list[Walk]:
        """The descents of the scene as they go down the surface, up to where they leave it; pale behind a hill."""
        colours, strokes = colours_of(len(self.scene.basins), self.scene.map.code) | INKS, Strokes()
        walks = [walk(path, self.scene.map.box) for path in paths_of(self.scene)]
        drawn = [
            (walked, code) for walked, code in zip(walks, self.scene.trajectory_basins, strict=True) if walked.parts
        ]
        ways = [[_dense(part, self.scene.map.box) for part in walked.parts] for walked, _ in drawn]
        ends = [walked.parts[-1][-1:] if walked.rest is None else walked.rest[-1:] for walked, _ in drawn]
        lengths = [len(way) for row in ways for way in row] + [1] * len(ends)
        if not drawn:
            return walks
        points = np.concatenate([*(way for row in ways for way in row), *ends])
        points = self.relief.on(points, self.scene.objective.value(points))
        cuts = np.cumsum(lengths)[:-1]
        pieces = list(zip(np.split(points, cuts), np.split(self.relief.visible(points), cuts), strict=True))
        for (walked, code), row in zip(drawn, ways, strict=True):
            for i in range(len(row)):
                place, seen = pieces.pop(0)
                self._line(strokes, place, seen, colours[code], walked.thin)
                if i == 0:
                    start = {"marker": "o", "ms": self.page.points(3.4), "mec": INK}
                    self._mark(strokes, place[:1], bool(seen[0]), colours[code], start)
        for (walked, code), (place, seen) in zip(drawn, pieces, strict=True):
            style = mark(self.page, code) | ({"marker": ">"} if walked.gone else {}) | {"ms": self.page.points(5)}
            self._mark(strokes, place, bool(seen[0]), colours[code], style)
        strokes.draw(self.ax)
        return walks

    def _line(
        self, strokes: Strokes, place: NDArray[np.float64], seen: NDArray[np.bool_], colour: str, thin: bool
    ) -> None:
        look = {"color": colour, "solid_capstyle": "round", "zorder": 3}
        for first, last, visible in runs(seen):
            width = 0.7 if thin or not visible else 1.4
            edge = visible and not thin
            strokes.add(place[first:last], lw=width, alpha=1.0 if visible else UNSEEN, edge=edge, **look)

    def _mark(
        self, strokes: Strokes, place: NDArray[np.float64], seen: bool, colour: str, style: dict[str, Any]
    ) -> None:
        """A mark, hollow and pale where a hill hides it."""
        look = {"mfc": colour, "mew": 0.7, "zorder": 5, "alpha": 1.0}
        hidden = {"mfc": "none", "mew": 0.5, "zorder": 3, "alpha": UNSEEN}
        strokes.add(place, ls="", **(style | (look if seen else hidden)))

    def numbers(self) -> None:
        """The numbers of minima above them, pale where a hill hides the minimum; none where they are many."""
        shown = minima_shown(self.scene)
        if not 0 < len(shown) <= NUMBERED:
            return
        points = self.relief.on(shown[list(self.scene.map.axes)].to_numpy(dtype=float), shown["value"].to_numpy(float))
        up = 0.06 * self.page.style.text * (self.relief.high - self.relief.low)
        for basin, (x, y, z), seen in zip(shown["basin"], points, self.relief.visible(points), strict=True):
            alpha = 1.0 if seen else UNSEEN
            disc = {"boxstyle": "circle,pad=0.2", "facecolor": PAPER, "edgecolor": INK, "lw": 0.8, "alpha": alpha}
            self.ax.text(x, y, z + up, str(basin), size=self.page.points(8), weight="bold", ha="center", va="center",
                         zorder=7 if seen else 6, bbox=disc)  # fmt: skip


def _cells(corners: NDArray[np.float64], colours: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Four corners ``(n, 4, 3)`` and the colour of each cell of a grid, but for those that are not finite.

    Matplotlib's ``plot_surface`` does the same cell by cell, which takes most of its time.
    """
    around = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2)
    whole = np.isfinite(around).all(axis=(2, 3))
    return around[whole], colours[:-1, :-1][whole]


def _dense(part: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """A path with no step longer than a hundredth of the box, so that it bends with the surface."""
    step = np.linalg.norm(np.diff(part, axis=0) / box.width, axis=1)
    at = np.concatenate([[0.0], step.cumsum()])
    if len(part) < 2 or at[-1] == 0:
        return part
    every = np.linspace(0, at[-1], min(int(at[-1] * 100) + 2, 400))
    return np.column_stack([np.interp(every, at, part[:, j]) for j in range(2)])


def _line_of(scene: Scene) -> Figure:
    """In one dimension: the curve, with the starts of the descents on it, coloured by where they end."""
    page = sheet(scene, f"{counted(len(scene.trajectories), 'start')} {setting(scene)}")
    ax = page.chart()
    ax.set(xlabel=scene.map.axes[0], xlim=(scene.map.box.low[0], scene.map.box.high[0]))
    marks = curve(page, ax, scene, {})
    colours = colours_of(len(scene.basins), scene.map.code) | INKS
    for path, code in zip(scene.trajectories, scene.trajectory_basins, strict=True):
        if len(finite_part(path)):
            ax.plot(
                path[0],
                scene.objective.value(path[:1]),
                "o",
                ms=page.points(5),
                mfc=colours[code],
                mec=INK,
                mew=0.7,
                zorder=5,
            )
    handles, labels = end_legend(page, scene, [])
    handles, labels = [*handles, *marks], [*labels, *(str(m.get_label()) for m in marks)]
    page.legend(handles, labels, "where descents end", right_of(page, ax))
    return page.figure
