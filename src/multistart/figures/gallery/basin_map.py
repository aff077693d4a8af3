"""The basin-of-attraction map: hue says which minimum, shade how many steps."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from multistart.figures.bands import curve, shaded_intervals
from multistart.figures.classes import Class, classes_of, grouped
from multistart.figures.layout import BOTTOM, HEIGHT, WIDTH, canvas, inches, legend, slice_text, swatch
from multistart.figures.marks import (
    attraction_balls,
    contours,
    critical_marks,
    critical_places,
    map_axes,
    minima_shown,
    number_minima,
    right_of,
)
from multistart.figures.palette import INK, MUTED, shades
from multistart.figures.picture import Picture
from multistart.figures.raster import raster, shade_of
from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of

PICTURE = Picture(
    kind="map",
    title="Which start reaches which minimum",
    place=10,
    alt="A map of the starts: the colour says at which minimum each descent ended, the shade how many steps it took.",
    caption=(
        "Each point is a start, its colour says at which minimum the descent ended, its shade how many steps that "
        "took (dark: many). Grey and patterned areas end at no minimum; the legend gives every share of all starts."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "critical_points.csv", "<method>/slice.parquet"),
)

_KEY_HEIGHT = 1.25  # inches


def draw(scene: Scene) -> Figure:
    """Where starts end, over the plane of starts, with contour lines and numbered minima."""
    cut = slice_text(scene)
    title = f"Basins of attraction: {scene.method} on {scene.study}".replace("_", " ")
    figure = canvas(scene, f"{title}{f', {cut}' if cut and len(cut) < 30 else ''}", _notes(cut))
    ax = map_axes(figure, scene.map.box)
    marks = _draw_line(ax, scene) if scene.map.box.dimensions == 1 else _draw_plane(ax, scene)
    entries = classes_of(scene)
    labels = [*(e.label for e in entries), *(str(mark.get_label()) for mark in marks)]
    legend(figure, [*(swatch(e) for e in entries), *marks], labels, "where starts end: share", right_of(ax))
    on_map = set(grouped(scene.map.code).ravel().tolist())
    _shade_key(figure, scene, [e for e in entries if e.kind != "none" and e.code in on_map], right_of(ax))
    return figure


def _notes(cut: str) -> list[str]:
    return [f"{cut}; shares are of all starts, not of the slice"] if cut else []


def _draw_plane(ax: Axes, scene: Scene) -> list[Line2D]:
    box = scene.map.box
    image = raster(scene, shade_of(scene)[0])
    extent = (box.low[0], box.high[0], box.low[1], box.high[1])
    # with alpha said, Matplotlib resamples in single precision, in half the time
    ax.imshow(image, extent=extent, origin="lower", aspect="auto", alpha=1.0, zorder=0)
    contours(ax, surface_of(scene), INK, 0.4, every=2)
    shown = minima_shown(scene)
    marks = [*critical_marks(ax, scene, critical_places(scene)), *attraction_balls(ax, scene)]
    number_minima(ax, shown["basin"].to_numpy(), shown[list(scene.map.axes)].to_numpy(dtype=float))
    return marks


def _draw_line(ax: Axes, scene: Scene) -> list[Line2D]:
    shaded_intervals(ax, scene)
    curve(ax, scene, {})
    return []


def _shade_key(figure: Figure, scene: Scene, entries: list[Class], left: float) -> None:
    """A small table of colours: a column a minimum, steps upwards."""
    _, (low, high) = shade_of(scene)
    if not entries or high - low < 1:
        return
    columns = [shades(MUTED[0] if len(str(e.code)) > 3 else e.colour) for e in entries]
    key = inches(figure, left + 0.55, BOTTOM, min(1.9, 0.22 * len(columns)), _KEY_HEIGHT, label="shade key")
    key.imshow(np.stack(columns, axis=1), origin="lower", aspect="auto", extent=(-0.5, len(columns) - 0.5, 0, 1),
               interpolation="nearest")  # fmt: skip
    key.set_xticks(range(len(columns)), [e.name.split()[0] if e.code < 100 else "+" for e in entries])
    middle = np.sqrt((low + 1) * (high + 1)) - 1
    key.set_yticks([0, 0.5, 1], [f"≤ {low:.0f}", f"{middle:.0f}", f"≥ {high:.0f}"])
    key.tick_params(length=0, labelsize=8)
    title = "shade: mean steps to the end"
    figure.text(left / WIDTH, (BOTTOM + _KEY_HEIGHT + 0.14) / HEIGHT, title, size=8.5, weight="bold")
