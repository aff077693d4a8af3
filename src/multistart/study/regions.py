"""Where in the domain the starts are that were still under way, from the counts of the map's cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.counts.tally import Grid, Tally, map_image
from multistart.descents.outcomes import STEP_LIMIT

SMALLEST = 0.01  # of all starts
LARGEST = 0.5  # of the domain's volume: a larger box says nothing of where


@dataclass(frozen=True)
class Region:
    """A connected piece of the domain: the box around it, and the share of all starts that are in the piece."""

    share: float
    box: Box


def where_under_way(counted: Tally, grid: Grid | None) -> tuple[Region, ...]:
    """The pieces of the domain whose starts are mostly still under way, connected along the axes of the map.

    Those with at least 1 % of all starts whose box is at most half of the domain, largest share first. None in more
    than two dimensions, which have no map.
    """
    if grid is None:
        return ()
    starts = _starts(counted, grid, -1 - STEP_LIMIT)
    if starts.sum() < SMALLEST * counted.starts:
        return ()
    from scipy.ndimage import find_objects, label  # a fifth of a second

    code, _ = map_image(counted, grid)
    pieces, _ = label(code == -1 - STEP_LIMIT)
    shares = np.bincount(pieces.ravel(), starts.ravel())[1:] / counted.starts
    found = [
        Region(s, _box(grid, cut))
        for s, cut in zip(shares.tolist(), find_objects(pieces), strict=True)
        if s >= SMALLEST and _part(grid, cut) <= LARGEST
    ]
    return tuple(sorted(found, key=lambda region: -region.share))


def _part(grid: Grid, cut: tuple[slice, ...]) -> float:
    """The part of the domain's volume that a block of cells has."""
    return float(np.prod([(part.stop - part.start) / cells for part, cells in zip(cut, grid.shape, strict=True)]))


def _starts(counted: Tally, grid: Grid, code: int) -> NDArray[np.float64]:
    """Starts with a code in each cell of the map."""
    rows = counted.map[(counted.map["cell"] >= 0) & (counted.map["code"] == code)]
    size = int(np.prod(grid.shape))
    counts = np.bincount(rows["cell"], rows["count"], minlength=size)
    return counts.astype(np.float64).reshape(grid.shape)


def _box(grid: Grid, cut: tuple[slice, ...]) -> Box:
    """The box of a block of cells."""
    return Box(
        {
            name: tuple(low + (high - low) * edge / cells for edge in (part.start, part.stop))
            for (name, (low, high)), part, cells in zip(grid.box.bounds.items(), cut, grid.shape, strict=True)
        },
        dict(grid.box.logs),
    )
