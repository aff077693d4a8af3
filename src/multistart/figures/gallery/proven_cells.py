"""What is proven of every start: cells in the colour of their minimum, undecided ones hatched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from multistart.figures.bands import curve
from multistart.figures.classes import Class, classes_of
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.marks import contours, map_axes, minima_shown, no_minimum, number_minima, right_of
from multistart.figures.names import TOGETHER, setting
from multistart.figures.palette import INK, PAPER, colours_of, mixed
from multistart.figures.picture import Picture
from multistart.figures.pixels import pixels_on
from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of
from multistart.reachability.cells import NOTHING, UNDECIDED, ProvenShares, in_percent

PICTURE = Picture(
    title="What is proven of every start",
    place=15,
    alt="A map of the domain in cells: the colour says at which minimum each start in a cell is proven to arrive.",
    caption=(
        "Each coloured cell was carried through the descent as a set: from every point in it the descent comes to rest "
        "at the minimum of its colour within the step limit, proven; from grey ones at no proven minimum. Of hatched "
        "cells, most of them along the boundaries of basins and where the steps run out, nothing is proven. The legend "
        "says between which two numbers each share lies."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/shares.csv", "<method>/proven_cells.parquet"),
    of_proven=True,
    dimensions=(1, 2),
)

PIXELS = 1536  # of an image's side: those of the largest cells are whole
MOST_NAMED = 8  # verdicts that the legend has, besides those of no minimum
HATCH = 8  # pixels from line to line
ELSEWHERE = -3  # proven minima that no start reached
GREYS = {NOTHING: "#B4B4B4", ELSEWHERE: "#6E6259"}
OPEN: dict[str, Any] = {"fc": PAPER, "ec": INK, "hatch": "/////", "lw": 0.8}
SAID = {NOTHING: "at no proven minimum", ELSEWHERE: "a proven minimum that no start reached", UNDECIDED: "undecided"}


def draw(scene: Scene) -> Figure:
    """The cells over the domain, with contour lines and numbered minima; in one dimension, intervals and the curve."""
    title = f"Where descents are proven to end {setting(scene)}"
    if scene.proven is None or scene.bounds is None or scene.domain.dimensions > 2:
        return sentence(scene, title, "No share is proven: see proven_shares in the config.")
    page = sheet(scene, title, [f"{scene.method_text}; {len(scene.proven):,} cells"], done=False)
    ax = map_axes(page, scene, scene.domain)
    colours = colours_of(len(scene.basins), np.arange(len(scene.basins))[None]) | GREYS
    flat = scene.domain.dimensions == 1
    marks = (_line if flat else _plane)(page, ax, scene, scene.proven, colours)
    handles, labels = _legend(scene, scene.proven, scene.bounds, colours)
    labels += [str(mark.get_label()) for mark in marks]
    page.legend([*handles, *marks], labels, "proven shares of the domain", right_of(page, ax))
    return page.figure


def _plane(page: Sheet, ax: Axes, scene: Scene, cells: pd.DataFrame, colours: dict[int, str]) -> list:
    box = scene.domain
    basin, image = cells["basin"].to_numpy(), np.ones((PIXELS, PIXELS, 3))
    ends = [
        tuple((cells[f"{end}_{name}"].to_numpy() - low) / (high - low) for end in ("low", "high"))
        for name, (low, high) in box.bounds.items()
    ]
    rows, columns, cell = pixels_on((PIXELS, PIXELS), ends[0], ends[1])
    for code in np.unique(basin).tolist():
        there = basin[cell] == code
        i, j = rows[there], columns[there]
        image[i, j] = mixed(colours[code], PAPER, 0.0) if code != UNDECIDED else _hatched(i, j)
    extent = (box.low[0], box.high[0], box.low[1], box.high[1])
    ax.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="antialiased", zorder=0)
    lines = contours(ax, surface_of(scene), INK, 0.4, every=2)
    shown = minima_shown(scene)
    places = shown[list(box.names)].to_numpy(dtype=float)
    return [*(number_minima(page, ax, shown["basin"].to_numpy(), places) or no_minimum(scene)), *lines]


def _hatched(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lines from the lower left to the upper right, on paper."""
    return np.where(((j - i) % HATCH < HATCH // 2)[:, None], mixed(INK, INK, 0.0), mixed(PAPER, PAPER, 0.0))


def _line(page: Sheet, ax: Axes, scene: Scene, cells: pd.DataFrame, colours: dict[int, str]) -> list:
    """Intervals, those side by side with one verdict as one; an undecided one is a line at least."""
    (name,) = scene.domain.names
    rows = cells.sort_values(f"low_{name}")
    run = (rows["basin"] != rows["basin"].shift()).cumsum().rename("run")
    ends = {"low": (f"low_{name}", "first"), "high": (f"high_{name}", "last"), "basin": ("basin", "first")}
    runs, where = rows.groupby(run).agg(**ends), ax.get_xaxis_transform()
    for code, of_code in runs.groupby("basin"):
        patches = [Rectangle((row.low, 0), row.high - row.low, 1) for row in of_code.itertuples()]
        how = OPEN | {"zorder": 1} if code == UNDECIDED else {"fc": colours[code], "lw": 0, "zorder": 0}
        ax.add_collection(PatchCollection(patches, transform=where, **how))
    return curve(page, ax, scene, {})


def _legend(
    scene: Scene, cells: pd.DataFrame, bounds: pd.DataFrame, colours: dict[int, str]
) -> tuple[list[Patch], list[str]]:
    """A patch for each verdict that cells have, with the bounds of its share."""
    ends = {row.basin: (row.proven_low, row.proven_high) for row in bounds.itertuples()}
    names: dict[int, Class] = {entry.code: entry for entry in classes_of(scene)}
    low, high = (cells[[f"{end}_{name}" for name in scene.domain.names]].to_numpy() for end in ("low", "high"))
    whole = ProvenShares(low, high, cells["basin"].to_numpy(), len(scene.basins), 0, 0)
    ends |= {ELSEWHERE: whole.bounds(ELSEWHERE), UNDECIDED: (0.0, whole.undecided)}
    present = set(cells["basin"])
    codes = [*sorted(code for code in present if code >= 0), *(code for code in SAID if code in present)]
    handles, labels = [], []
    for code in codes[:MOST_NAMED] + [code for code in codes[MOST_NAMED:] if code < 0]:
        entry = names.get(code)
        name = ", ".join(filter(None, (entry.name, entry.detail))) if entry and code >= 0 else SAID.get(code, f"{code}")
        least, most = in_percent(*ends[code])
        said = f"{least} to {most}{TOGETHER}%" if code != UNDECIDED else f"{most}{TOGETHER}%"
        handles.append(Patch(**(OPEN if code == UNDECIDED else {"fc": colours[code], "ec": INK, "lw": 0.8})))
        labels.append(f"{name}: {said}")
    return handles, labels
