"""The basins of up to six methods side by side: the same colours, and one scale of shades."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from multistart.figures.classes import MORE, Class, classes_on, codes_on, percent
from multistart.figures.edges import edge_marks, edges_said
from multistart.figures.layout import Sheet, sheet, swatch
from multistart.figures.marks import minima_shown, number_minima
from multistart.figures.names import function_name, slice_text
from multistart.figures.palette import MUTED, colours_of, shades
from multistart.figures.picture import Picture
from multistart.figures.raster import PIXELS, raster, shade_ends, shade_of, unit
from multistart.figures.scene import Comparison, Scene
from multistart.figures.tiles import Tiles, beside

PICTURE = Picture(
    title="The basins of all methods",
    place=10,
    alt="A map of the starts for each method, side by side: the colour says at which minimum each descent ended.",
    caption=(
        "The same starts under each method. Colours and shades mean the same on all maps: dark is slow, by one scale. "
        "Above each map stands which part of all starts reached the lowest minimum found. Solid lines are the "
        "boundaries of basins, dotted ones are none: beyond them the steps run out, or a tolerance ends descents."
    ),
    reads=(
        "<method>/basins.csv",
        "<method>/tally.parquet",
        "<method>/slice.parquet",
        "<method>/boundary.parquet",
        "<method>/mosaic.parquet",
    ),
)

MOST = 6  # maps on a sheet
LINE = 0.2  # inches of a line of the legend
KEY, KEY_HEIGHT = 1.9, 0.7  # inches that the key of shades takes
RAMPS = 4  # minima in the key of shades
THIN = 0.7  # of the lines of a large map


def draw(comparison: Comparison) -> Figure:
    """Where the starts end under each method, in the order of the config."""
    scenes, entries = comparison.methods[:MOST], _entries(comparison)
    box, title = scenes[0].map.box, f"Basins of attraction on {function_name(scenes[0])} by method"
    free = sheet(comparison, title, _notes(comparison))
    drawn = edges_said(scenes)
    lines = 1.3 + -(-(len(entries) + len(drawn)) // _across(free))
    tiles = Tiles.of(free, box, [s.method for s in scenes], free.style.text * max(LINE * lines, KEY_HEIGHT))
    height = free.height if beside(box, len(scenes)) else free.height - free.top + tiles.tall(free)
    page = sheet(comparison, title, _notes(comparison), height=height)
    ends = shade_ends(scenes)
    colours = colours_of(len(scenes[0].basins), np.concatenate([np.atleast_2d(scene.map.code) for scene in scenes]))
    for i, scene in enumerate(scenes):
        ax = tiles.axes(page, i)
        _map(page, ax, scene, ends, colours)
        tiles.heading(page, ax, scene.method, _share(scene))
    _legend(page, tiles, entries, drawn, ends)
    return page.figure


def _notes(comparison: Comparison) -> list[str]:
    cut = slice_text(comparison.methods[0])
    many = f"the first {MOST} of them" if len(comparison.methods) > MOST else ""
    notes = [many, f"{cut}; shares are of all starts, not of the slice" if cut else ""]
    return ["; ".join(filter(None, notes))] if any(notes) else []


def _entries(comparison: Comparison) -> list[Class]:
    """What any of the maps shows: minima that any method reached, and any ending at none; of those alike, one.

    Converged and visited look alike, and "gradient small" is true of both.
    """
    found: dict[int, Class] = {}
    for scene in comparison.methods[:MOST]:
        shown = codes_on(scene)
        found |= {entry.code: entry for entry in classes_on(scene) if entry.count or entry.code in shown}
    ordered = sorted(found.values(), key=lambda entry: (entry.code < 0, abs(entry.code)))
    return list({(entry.colour, entry.hatch): entry for entry in ordered}.values())


def _share(scene: Scene) -> str:
    """Which part of the starts reaches the lowest minimum."""
    hits = int(scene.basins.loc[scene.basins["kind"] == "global", "count"].sum())
    return percent(hits / scene.starts if scene.starts else 0.0)


def _map(page: Sheet, ax: Axes, scene: Scene, ends: tuple[float, float], colours: dict[int, str]) -> None:
    """The map of a method, in one dimension as a strip, with its numbered minima."""
    box, flat = scene.map.box, scene.map.box.dimensions == 1
    extent = (box.low[0], box.high[0], 0.0 if flat else box.low[1], 1.0 if flat else box.high[1])
    wide = float(ax.get_position().width) * page.width
    image = raster(scene, shade_of(scene, ends)[0], colours, pixels=int(PIXELS * wide / page.style.height))
    ax.imshow(unit(image), extent=extent, origin="lower", aspect="auto", alpha=1.0, zorder=0)
    shown = minima_shown(scene)
    places = shown[list(scene.map.axes)].to_numpy(dtype=float)
    if flat:
        ax.set_yticks([])
        places = np.column_stack([places, np.full(len(places), 0.5)])
    edge_marks(page, ax, scene, THIN)
    number_minima(page, ax, shown["basin"].to_numpy(), places)


def _across(page: Sheet) -> int:
    """How many entries of a legend below the maps stand side by side, beside the key of shades."""
    return max(2, int((page.width - KEY * page.style.text - 0.4) / (1.95 * page.style.text)))


def _legend(page: Sheet, tiles: Tiles, entries: list[Class], drawn: list[Line2D], ends: tuple[float, float]) -> None:
    labels = [", ".join(filter(None, (e.name, "" if page.style.brief else e.detail))) for e in entries]
    labels += [str(line.get_label()) for line in drawn]
    handles: list = [*(swatch(entry) for entry in entries), *drawn]
    title = "where starts end"
    if not tiles.legend:
        left = tiles.right(page) + 0.05
        low = page.legend(handles, labels, title, left).get_window_extent().y0 / page.figure.dpi
        _key(page, entries, left, min(low - 0.2, page.bottom + KEY_HEIGHT), ends)
        return
    legend = page.figure.legend(
        handles, labels, ncols=_across(page), loc="upper left", title=title, alignment="left",
        bbox_to_anchor=(0.25 / page.width, (tiles.legend - 0.05) / page.height), borderaxespad=0, borderpad=0,
        handlelength=1.6, handleheight=1.1, columnspacing=1.2,
        fontsize=page.points(8.5), title_fontsize=page.points(8.5),
    )  # fmt: skip
    legend.get_title().set_fontweight("bold")
    _key(page, entries, page.width - (KEY - 0.15) * page.style.text, tiles.legend - 0.05, ends)


def _key(page: Sheet, entries: list[Class], left: float, top: float, ends: tuple[float, float]) -> None:
    """The scale of shades in a few colours, from light on; where there is no room, or one shade, none."""
    (low, high), size = ends, page.style.text
    minima = [entry for entry in entries if entry.kind != "none"][:RAMPS]
    if not minima or high - low < 1 or top < 0.6 * size:
        return
    page.text(left, top, "shade: mean steps", 8.5, weight="bold", va="top")
    ax = page.axes(left + 0.1, top - 0.37 * size, (KEY - 0.55) * size, 0.17 * size, label="shade key")
    ramps = [shades(MUTED[0] if entry.code == MORE else entry.colour) for entry in minima]
    ax.imshow(np.stack(ramps, axis=0), aspect="auto", extent=(0, 1, 0, 1), interpolation="nearest")
    middle = np.sqrt((low + 1) * (high + 1)) - 1
    ax.set_xticks([0, 0.5, 1], [f"≤ {low:,.0f}", f"{middle:,.0f}", f"≥ {high:,.0f}"])
    ax.set_yticks([])
    ax.tick_params(length=0, labelsize=page.points(8))
