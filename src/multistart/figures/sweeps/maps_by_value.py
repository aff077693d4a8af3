"""The basins at a dozen values, side by side; in one dimension all values in one image, each a row."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from multistart.figures.layout import LINE, Sheet, sentence, sheet
from multistart.figures.names import number, numbers, setting
from multistart.figures.picture import Picture
from multistart.figures.sweep_classes import Look, classes_of, legend_of
from multistart.figures.sweep_maps import painted
from multistart.figures.sweep_marks import levels_of, list_marks, marks_of, swept_up
from multistart.figures.sweep_scene import SweepMaps, SweepScene
from multistart.figures.ticks import inner_ticks

PICTURE = Picture(
    title="The basins, value by value",
    place=50,
    alt="Maps of the starts at some values of the swept number: the colour says what each start reaches.",
    caption=(
        "The same starts at each value. Colours are as in the bands of shares: a colour is a minimum with the cycles "
        "and chaos around it, patterns tell these apart, greys reach none. In one dimension every row of the image is "
        "a value, and every column a start."
    ),
    reads=("<method>/sweep/sweep.csv", "<method>/sweep/attractors.csv"),
    dimensions=(1, 2),
)

MOST, COLUMNS = 12, 4
GAP, HEAD = 0.12, 0.24  # inches between maps, and above each
LOWEST = 0.75  # of the usual height, with room for the legend
PIXELS = 360  # of a small map
BESIDE = 2  # rows of numbers that fit between a line's image and its legend
ROWS, WIDE = 500, 800  # of the image of one dimension, at least


def draw(scene: SweepScene) -> Figure:
    """Maps in rows, the legend beside them."""
    title = f"Basins over the {scene.number.words} {setting(scene)}"
    if len(scene.number.taken) < 2:
        return sentence(scene, title, f"There is one value, {number(scene.number.taken[0])}, and nothing to compare.")
    if scene.maps is None:
        return sentence(scene, title, "What the starts reached is not there to be drawn.")
    drawn = _line if scene.domain.dimensions == 1 else _tiles
    return drawn(scene, title, scene.maps, classes_of(scene)).figure


def _tiles(scene: SweepScene, title: str, maps: SweepMaps, looks: list[Look]) -> Sheet:
    """A dozen maps; numbers stand at the first column and below the last row's first map, since all are alike."""
    chosen = np.unique(np.linspace(0, len(maps.places) - 1, MOST).astype(np.int64))
    free, columns, box = sheet(scene, title), min(COLUMNS, len(chosen)), scene.domain
    rows, head = -(-len(chosen) // columns), HEAD * free.style.text
    across, up = free.wide / columns - GAP, free.tall / rows - head
    ratio = float(box.width[1] / box.width[0])
    if 0.4 <= ratio <= 2.5:
        across, up = min(across, up / ratio), min(up, across * ratio)
    page = sheet(scene, title, height=free.height - free.tall + max(rows * (up + head), LOWEST * free.tall))
    said = numbers(scene.number.taken[maps.places[chosen]].tolist())
    for i, (k, text) in enumerate(zip(chosen.tolist(), said, strict=True)):
        row, column = divmod(i, columns)
        bottom = page.top - (row + 1) * (up + head)
        ax = page.axes(page.left + column * (across + GAP), bottom, across, up, label=f"map {i}")
        _map(ax, scene, painted(maps.codes[k], looks, PIXELS))
        first, last = column == 0, column == 0 and row == rows - 1
        ax.set(xlabel=box.names[0] if last else "", ylabel=box.names[1] if first else "")
        for axis, length in ((ax.xaxis, across), (ax.yaxis, up)):
            inner_ticks(axis, max(2, min(4, int(2.0 * length / page.style.text))))
        ax.tick_params(labelbottom=last, labelleft=first)
        ax.text(0, 1 + 0.05 / up, text, transform=ax.transAxes, va="bottom", size=page.points(9), weight="bold")
    left = page.left + columns * (across + GAP) + 0.1
    page.legend(
        *legend_of(scene, looks), "where starts end", left, [f"Above each map stands the {scene.number.words}."]
    )
    return page


def _map(ax: Axes, scene: SweepScene, image: np.ndarray) -> None:
    box = scene.domain
    extent = (box.low[0], box.high[0], box.low[1], box.high[1])
    ax.imshow(image, extent=extent, origin="lower", aspect="auto", alpha=1.0, zorder=0)
    ax.spines[["top", "right"]].set_visible(True)


def _line(scene: SweepScene, title: str, maps: SweepMaps, looks: list[Look]) -> Sheet:
    """Values upwards, starts across: the rows stand where their values do."""
    page, marks = sheet(scene, title), marks_of(scene)
    ax, levels = page.chart(), levels_of(page, page.tall, scene, marks, apart=LINE * 8 / 72)
    edges = _edges(scene, maps)
    up = np.log(edges) if scene.number.scale == "log" else edges
    middles = up[0] + (np.arange(ROWS) + 0.5) / ROWS * (up[-1] - up[0])
    rows = maps.codes[np.clip(np.searchsorted(up, middles) - 1, 0, len(maps.codes) - 1)]
    image = painted(rows, looks, max(WIDE, rows.shape[1]), bordered=False)
    box = scene.domain
    ax.imshow(image, extent=(0, 1, 0, 1), transform=ax.transAxes, origin="lower", aspect="auto", alpha=1.0, zorder=0)
    ax.set(xlim=(box.low[0], box.high[0]), xlabel=box.names[0])
    swept_up(page, ax, scene.number)
    ax.set_ylim(edges[0], edges[-1])
    for i, mark in enumerate(marks):
        for low, high in mark.brackets:
            ax.axhline((low + high) / 2, color="#1F1F1F", lw=0.7, ls=(0, (4, 2)), zorder=2)
        if levels[i] >= BESIDE:
            continue
        place = 1.01 + 0.03 * levels[i], sum(mark.brackets[0]) / 2
        ax.text(*place, str(i + 1), transform=ax.get_yaxis_transform(), va="center", size=page.points(8), weight="bold")
    legend = page.legend(*legend_of(scene, looks), "what starts reach", page.beside + 0.1)
    list_marks(page, marks, page.beside + 0.1, legend.get_window_extent().y0 / page.figure.dpi - 0.12)
    return page


def _edges(scene: SweepScene, maps: SweepMaps) -> np.ndarray:
    """The edges of the rows on the axis: those of all values, where all have a row."""
    edges = scene.number.edges
    return np.append(edges[maps.places], edges[-1])
