"""The basin-of-attraction map: hue says which minimum, shade how many steps."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from multistart.figures.bands import curve, shaded_intervals
from multistart.figures.boxes import box_marks, letter
from multistart.figures.classes import MORE, Class, classes_on, grouped
from multistart.figures.edges import edge_marks
from multistart.figures.layout import Sheet, sheet, swatch
from multistart.figures.marks import (
    attraction_balls,
    contours,
    critical_marks,
    critical_places,
    map_axes,
    minima_shown,
    no_minimum,
    number_minima,
    right_of,
)
from multistart.figures.names import setting, slice_text
from multistart.figures.palette import INK, shades
from multistart.figures.picture import Picture
from multistart.figures.raster import raster, shade_of, unit
from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of

PICTURE = Picture(
    title="Which start reaches which minimum",
    place=10,
    alt="A map of the starts: the colour says at which minimum each descent ended, the shade how many steps it took.",
    caption=(
        "Each point is a start, its colour says at which minimum the descent ended, its shade how many steps that "
        "took (dark: many). Grey and patterned areas end at no minimum; the legend gives every share of all starts. "
        "Solid lines are the boundaries of basins, bisected by descents from both sides; dotted ones are none: beyond "
        "them the steps run out, or a tolerance ends descents. Where the method is the gradient flow, boundaries are "
        "the stable manifolds of its saddles. Frames with letters are the boxes of figures.zoom, which are drawn large."
    ),
    reads=(
        "<method>/basins.csv",
        "<method>/tally.parquet",
        "critical_points.csv",
        "<method>/slice.parquet",
        "<method>/boundary.parquet",
        "<method>/mosaic.parquet",
    ),
)

FEW = 60  # saddles, or maxima
_KEY_HEIGHT = (0.6, 1.1)  # inches, at least and at most


def draw(scene: Scene) -> Figure:
    """Where starts end, over the plane of starts, with contour lines and numbered minima."""
    page = sheet(scene, f"Basins of attraction {setting(scene)}", _notes(slice_text(scene), len(scene.map.code)))
    ax = map_axes(page, scene, scene.map.box)
    marks = (_draw_line if scene.map.box.dimensions == 1 else _draw_plane)(page, ax, scene)
    marks += box_marks(page, ax, {letter(i): box for i, box in enumerate(scene.boxes)})
    entries, left = classes_on(scene), right_of(page, ax)
    labels = [*(page.label(e) for e in entries), *(str(mark.get_label()) for mark in marks)]
    legend = page.legend([*(swatch(e) for e in entries), *marks], labels, "where starts end: share", left)
    on_map = set(grouped(scene.map.code).ravel().tolist())
    room = legend.get_window_extent().y0 / page.figure.dpi - page.bottom - 0.4
    if room > _KEY_HEIGHT[0]:
        shaded = [e for e in entries if e.kind != "none" and e.code in on_map]
        _shade_key(page, scene, shaded, left, min(room, _KEY_HEIGHT[1]))
    return page.figure


def _notes(cut: str, cells: int) -> list[str]:
    return [f"{cut}, {cells} x {cells} points; shares are of all starts, not of the slice"] if cut else []


def _draw_plane(page: Sheet, ax: Axes, scene: Scene) -> list[Line2D]:
    box = scene.map.box
    image = raster(scene, shade_of(scene)[0])
    extent = (box.low[0], box.high[0], box.low[1], box.high[1])
    # with alpha said, Matplotlib resamples in single precision, in half the time
    ax.imshow(unit(image), extent=extent, origin="lower", aspect="auto", alpha=1.0, zorder=0)
    lines = contours(ax, surface_of(scene), INK, 0.4, every=2)
    shown = minima_shown(scene)
    marks = critical_marks(page, ax, _few(critical_places(scene)))
    marks = [*edge_marks(page, ax, scene), *marks, *attraction_balls(ax, scene), *lines]
    places = shown[list(scene.map.axes)].to_numpy(dtype=float)
    return [*(number_minima(page, ax, shown["basin"].to_numpy(), places) or no_minimum(scene)), *marks]


def _few(places: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Without saddles and maxima of which there are so many that they would hide the map; its landscape has them."""
    return {kind: points for kind, points in places.items() if kind == "minimum" or len(points) <= FEW}


def _draw_line(page: Sheet, ax: Axes, scene: Scene) -> list[Line2D]:
    shaded_intervals(ax, scene)
    lines = edge_marks(page, ax, scene)
    return [*curve(page, ax, scene, {}), *lines]


def _shade_key(page: Sheet, scene: Scene, entries: list[Class], left: float, tall: float) -> None:
    """A small table of colours, so many inches high: a column a minimum, steps upwards."""
    _, (low, high) = shade_of(scene)
    if not entries or high - low < 1:
        return
    columns = [shades(e.colour) for e in entries]
    size = page.style.text
    key = page.axes(left + 0.5 * size, page.bottom, min(1.7, 0.22 * len(columns)), tall, label="shade key")
    key.imshow(np.stack(columns, axis=1), origin="lower", aspect="auto", extent=(-0.5, len(columns) - 0.5, 0, 1),
               interpolation="nearest")  # fmt: skip
    key.set_xticks(range(len(columns)), [e.name.split()[0] if e.code != MORE else "" for e in entries])
    middle = np.sqrt((low + 1) * (high + 1)) - 1
    key.set_yticks([0, 0.5, 1], [f"≤ {low:.0f}", f"{middle:.0f}", f"≥ {high:.0f}"])
    key.tick_params(length=0, labelsize=page.points(8))
    page.text(left, page.bottom + tall + 0.1, "shade: mean steps", 8.5, weight="bold")
