"""What steps make of the basins: where starts go to another minimum than the gradient flow takes them to."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from multistart.figures.classes import grouped
from multistart.figures.edges import edge_marks
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.marks import minima_shown, number_minima
from multistart.figures.names import function_name, slice_text
from multistart.figures.palette import INK, PAPER, QUIET, colours_of, mixed
from multistart.figures.picture import Picture
from multistart.figures.raster import PIXELS, filled, raster, unit
from multistart.figures.scene import EMPTY, Comparison, Scene
from multistart.figures.tiles import Tiles, beside

PICTURE = Picture(
    title="What steps make of the basins",
    place=15,
    alt=(
        "A map of the starts for each method, over the pale basins of the gradient flow: dots are starts that the "
        "method takes to another minimum, in the colour of that minimum."
    ),
    caption=(
        "Pale: the basins of the gradient flow, which are those of the function itself. A dot is a start that the "
        "method takes to another minimum than the flow, in the colour of that minimum; grey are starts that only one "
        "of the two brings to a minimum. Above each map stands which part of all starts goes to another minimum, with "
        "its interval."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/slice.parquet", "<method>/distortion.csv"),
    of_flow=True,
)

MOST = 6  # maps on a sheet
THIN = 0.4  # of the lines of a large map
PALE = 0.62  # of paper in the flow's colours
DOTS = (5.0, 1.2)  # points across: of few dots, and of many
MANY = 3000  # dots from which on they are small
FEW, RIM = 150, 0.4  # dots up to which they have a rim, in points
LINE = 0.2  # inches of a line of the legend
GREY = "#8C8C8C"  # of starts that only one brings to a minimum
SHARE = 25  # letters of a share with its interval
WIDE = 1.15  # digits and spaces to a letter of bold text
Places = NDArray[np.float64]


def draw(comparison: Comparison) -> Figure:
    """A map for each method beside the flow, in the order of the config."""
    title = "What steps make of the basins"
    found = comparison.distortion
    scenes = {scene.method: scene for scene in comparison.methods}
    if found is None or found.empty or found["flow"].iloc[0] not in scenes:
        return sentence(comparison, title, "No method of this study is the gradient flow.")
    flow = scenes[found["flow"].iloc[0]]
    others = [scenes[name] for name in found["method"].drop_duplicates() if name in scenes]
    shown, box = others[:MOST], flow.map.box
    title = f"{title} of {function_name(flow)}"
    free = sheet(comparison, title, _notes(flow, len(others)))
    # so that each share has a line of its own below the name
    names = [scene.method.ljust(SHARE * 4) for scene in shown]
    rows = -(-(len(_reached(flow, shown)) + 2) // 2)
    tiles = Tiles.of(free, box, names, free.style.text * LINE * (2.0 + 1.15 * rows))
    height = free.height if beside(box, len(shown)) else free.height - free.top + tiles.tall(free)
    page = sheet(comparison, title, _notes(flow, len(others)), height=height)
    for i, scene in enumerate(shown):
        ax = tiles.axes(page, i)
        _map(page, ax, flow, scene)
        share = share_text(found, scene.method)
        fits = len(share) <= tiles.letters(page) * WIDE
        tiles.heading(page, ax, scene.method, share if fits else share.partition(" (")[0])
    _legend(page, tiles, flow, shown)
    return page.figure


def share_text(distortion: pd.DataFrame, method: str) -> str:
    """The share that goes from a minimum to another one, with its interval, as in "0.020 % (0.011 to 0.032)"."""
    rows = distortion[(distortion["method"] == method) & (distortion["basin_flow"] == "minimum")]
    share, low, high = (100 * float(rows[name].iloc[0]) for name in ("share", "low", "high"))
    if not share and np.isnan(low):
        return "none"
    decimals = next((n for n in (2, 3, 4) if share == 0 or share >= 10.0 ** (1 - n)), 5)
    text = f"{share:.{decimals}f} %"
    return text if np.isnan(low) else f"{text} ({low:.{decimals}f} to {high:.{decimals}f})"


def _notes(flow: Scene, methods: int) -> list[str]:
    cut = slice_text(flow)
    many = f"the first {MOST} of them" if methods > MOST else ""
    of_slice = f"{cut}; shares are of all starts, not of the slice" if cut else ""
    notes = [f"beside `{flow.method}`, the curves x' = -grad f from the same starts".replace("`", ""), many, of_slice]
    return ["; ".join(filter(None, notes))]


def _codes(scene: Scene) -> NDArray[np.int64]:
    return np.atleast_2d(scene.map.code)


def _changed(flow: Scene, scene: Scene) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where starts go to another minimum than the flow's, and where only one of the two comes to a minimum."""
    one, two = _codes(flow), _codes(scene)
    seen = (one != EMPTY) & (two != EMPTY) & (one != two)
    return seen & (one >= 0) & (two >= 0), seen & ((one >= 0) != (two >= 0))


def _reached(flow: Scene, shown: Iterable[Scene]) -> list[int]:
    """The minima that starts go to in place of the flow's."""
    return sorted({int(code) for scene in shown for code in np.unique(_codes(scene)[_changed(flow, scene)[0]])})


def _map(page: Sheet, ax: Axes, flow: Scene, scene: Scene) -> None:
    """The flow's basins, pale, what changes as dots, and the numbered minima."""
    box, flat = flow.map.box, flow.map.box.dimensions == 1
    extent = (box.low[0], box.high[0], 0.0 if flat else box.low[1], 1.0 if flat else box.high[1])
    wide = float(ax.get_position().width) * page.width
    colours = colours_of(len(flow.basins), flow.map.code)
    shade = np.full(filled(flow)[0].shape, 0.5)
    image = raster(flow, shade, colours, pixels=int(PIXELS * wide / page.style.height))
    pale = np.round(PALE * 255 + (1 - PALE) * image).astype(np.uint8)
    ax.imshow(unit(pale), extent=extent, origin="lower", aspect="auto", zorder=0)
    edge_marks(page, ax, flow, THIN)
    another, one_alone = _changed(flow, scene)
    places = _places(flow, one_alone)
    ax.plot(*places.T, ls="none", marker="s", ms=_size(page, len(places)) * 0.8, color=GREY, mew=0, zorder=2)
    for code in np.unique(_codes(scene)[another]):
        dots = _places(flow, another & (_codes(scene) == code))
        size = _size(page, int(another.sum()))
        edge = RIM if another.sum() <= FEW else 0.0  # rims of dots that cover each other would hide their colours
        ax.plot(*dots.T, ls="none", marker="o", ms=size, mfc=colours[int(code)], mec=INK, mew=edge, zorder=3)
    ax.set(xlim=extent[:2], ylim=extent[2:])
    minima = minima_shown(flow)
    at = minima[list(flow.map.axes)].to_numpy(dtype=float)
    if flat:
        ax.set_yticks([])
        at = np.column_stack([at, np.full(len(at), 0.5)])
    number_minima(page, ax, minima["basin"].to_numpy(), at)


def _size(page: Sheet, dots: int) -> float:
    few, many = DOTS
    return page.points(few + (many - few) * min(1.0, dots / MANY) ** 0.5)


def _places(scene: Scene, there: NDArray[np.bool_]) -> Places:
    """The middles of pixels, shape ``(n, 2)``; in one dimension at the middle of the strip."""
    box, (rows, columns) = scene.map.box, np.nonzero(there)
    x = box.low[0] + (columns + 0.5) / there.shape[1] * box.width[0]
    if box.dimensions == 1:
        return np.column_stack([x, np.full(len(x), 0.5)])
    return np.column_stack([x, box.low[1] + (rows + 0.5) / there.shape[0] * box.width[1]])


def _legend(page: Sheet, tiles: Tiles, flow: Scene, shown: list[Scene]) -> None:
    colours = colours_of(len(flow.basins), flow.map.code)
    handles: list = [
        Line2D([], [], ls="none", marker="o", ms=page.points(5), mfc=colours[code], mec=INK, mew=0.4)
        for code in _reached(flow, shown)
        if code < int(grouped(np.array([code]))[0]) + 1
    ]
    labels = [f"goes to minimum {code} instead" for code in _reached(flow, shown)]
    basin = tuple(mixed(colours.get(0, QUIET[-1]), PAPER, PALE).tolist())
    handles += [Line2D([], [], ls="none", marker="s", ms=page.points(4), color=GREY, mew=0), Patch(facecolor=basin)]
    labels += ["at a minimum with one of the two alone", "pale: basins of the flow"]
    title = "starts that a method takes elsewhere"
    if not tiles.legend:
        page.legend(handles, labels, title, tiles.right(page) + 0.05)
        return
    drawn = page.figure.legend(
        handles, labels, ncols=2, loc="upper left", title=title, alignment="left",
        bbox_to_anchor=(0.25 / page.width, (tiles.legend - 0.05) / page.height), borderaxespad=0, borderpad=0,
        handlelength=1.6, handleheight=1.1, columnspacing=1.2,
        fontsize=page.points(8.5), title_fontsize=page.points(8.5),
    )  # fmt: skip
    drawn.get_title().set_fontweight("bold")
