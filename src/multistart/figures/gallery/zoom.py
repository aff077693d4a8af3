"""Parts of the basin map drawn large, each from descents of its own, with the edges bisected in it."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from multistart.box import Box
from multistart.figures.boxes import box_marks, inside, letter
from multistart.figures.classes import classes_on
from multistart.figures.edges import edge_marks
from multistart.figures.layout import Sheet, sheet, swatch
from multistart.figures.marks import critical_marks, critical_places, map_axes, minima_shown, number_minima
from multistart.figures.names import number, setting, slice_text
from multistart.figures.picture import Picture
from multistart.figures.raster import PIXELS, raster, shade_of, unit
from multistart.figures.scene import Scene
from multistart.figures.ticks import value_ticks

PICTURE = Picture(
    title="Parts of the map, drawn large",
    place=12,
    alt="Parts of the basin map drawn large: the colour says at which minimum each descent ended.",
    caption=(
        "The boxes of figures.zoom, by their letters on the basin map, from descents that start in each of them alone, "
        "which count in no share. Solid lines are the boundaries of basins, bisected by descents from both sides; "
        "dotted ones are none: beyond them the steps run out, or a tolerance ends descents."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "critical_points.csv", "<method>/slice.parquet"),
    of_zooms=True,
)

GAP, BELOW, HEAD = 0.75, 0.65, 0.2  # inches left of a map, below it, and above it
STRIP = 1.6  # inches of a map of one dimension
TICKS = 1.7  # to an inch across


def draw(scene: Scene) -> Figure:
    """Each box with its starts, shades by the steps in it, minima and edges."""
    scenes = [replace(scene, map=zoom.map, edges=zoom.edges, mosaic=None) for zoom in scene.zooms]
    boxes = {letter(i): zoom.map.box for i, zoom in enumerate(scene.zooms)}
    title, notes = f"Basins of attraction {setting(scene)}, drawn large", _notes(slice_text(scene))
    page = sheet(scene, title, notes)
    if len(scenes) != 1:
        sizes = [_size(page, each.map.box) for each in scenes]
        rows = [max(up for _, up in sizes[i : i + 2]) + BELOW + HEAD for i in range(0, len(sizes), 2)]
        page = sheet(scene, title, notes, height=page.height - page.top + max(sum(rows), 2.0))
        axes = [_panel(page, each.map.box, i, rows, sizes[i]) for i, each in enumerate(scenes)]
    else:
        axes = [map_axes(page, scenes[0], scenes[0].map.box)]
    found: dict[str, Line2D] = {}
    for each, ax in zip(scenes, axes, strict=True):
        marks = [*_map(page, ax, each), *box_marks(page, ax, inside(boxes, each.map.box))]
        found |= {str(mark.get_label()): mark for mark in marks}
    entries = classes_on(scene, [each.map.code for each in scenes])
    left = page.width - page.style.column
    labels = [*(page.label(entry) for entry in entries), *found]
    page.legend([*(swatch(e) for e in entries), *found.values()], labels, "where starts end: share of all", left)
    return page.figure


def _notes(cut: str) -> list[str]:
    return [f"{cut}; shares are of all starts, not of a box" if cut else "shares are of all starts, not of a box"]


def _size(page: Sheet, box: Box) -> tuple[float, float]:
    """Width and height of one of two maps side by side, in inches: true to scale where its sides are comparable."""
    side = (page.width - page.style.column - 0.2) / 2 - GAP
    if box.dimensions == 1:
        return side, STRIP
    ratio = float(box.width[1] / box.width[0])
    return (side, side) if not 0.4 <= ratio <= 2.5 else (side * min(1.0, 1 / ratio), side * min(1.0, ratio))


def _panel(page: Sheet, box: Box, i: int, rows: list[float], size: tuple[float, float]) -> Axes:
    row, column = divmod(i, 2)
    half = (page.width - page.style.column - 0.2) / 2
    left, top = column * half + GAP, page.top - sum(rows[:row]) - HEAD
    ax = page.axes(left, top - size[1], *size, label=f"zoom {i + 1}")
    ax.set_xlim(box.low[0], box.high[0])
    ax.set_xlabel(box.names[0])
    value_ticks(ax.xaxis, most=max(2, min(4, int(TICKS * size[0]))))
    if box.dimensions == 2:
        ax.set_ylim(box.low[1], box.high[1])
        value_ticks(ax.yaxis, most=4)
        ax.yaxis.set_label_coords(-0.55 / size[0], 0.5)
        ax.set_ylabel(box.names[1])
    ax.spines[["top", "right"]].set_visible(True)
    ends = ", ".join(f"{name} {number(low)} to {number(high)}" for name, (low, high) in box.users.bounds.items())
    ax.set_title(f"{letter(i)}: {ends}", size=page.points(8), loc="left", pad=page.points(3))
    return ax


def _map(page: Sheet, ax: Axes, scene: Scene) -> list[Line2D]:
    box, flat = scene.map.box, scene.map.box.dimensions == 1
    extent = (box.low[0], box.high[0], 0.0 if flat else box.low[1], 1.0 if flat else box.high[1])
    wide = float(ax.get_position().width) * page.width
    image = raster(scene, shade_of(scene)[0], pixels=int(PIXELS * wide / page.style.height))
    ax.imshow(unit(image), extent=extent, origin="lower", aspect="auto", alpha=1.0, zorder=0)
    lines = edge_marks(page, ax, scene)
    if flat:
        ax.set_yticks([])
        return lines
    shown = minima_shown(scene)
    places = shown[list(scene.map.axes)].to_numpy(dtype=float)
    marks = critical_marks(page, ax, critical_places(scene))
    return [*number_minima(page, ax, shown["basin"].to_numpy(), places), *marks, *lines]
