"""Where in the domain the starts are that were still under way, from the counts of the map's cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from multistart.box import Box
from multistart.counts.tally import Grid, Tally, map_image
from multistart.descents.outcomes import STEP_LIMIT

SMALLEST = 0.01  # of all starts


@dataclass(frozen=True)
class Region:
    """A connected piece of the domain: the box around it, and the share of all starts that are in it."""

    share: float
    box: Box


@dataclass(frozen=True)
class UnderWay:
    """Where starts are mostly still under way.

    Attributes
    ----------
    regions
        The pieces with at least 1 % of all starts, largest share first.
    arrived
        The smallest box of cells from which mostly a minimum is reached; none where that is the domain, or there is
        no such cell.
    """

    regions: tuple[Region, ...]
    arrived: Box | None


def where_under_way(counted: Tally, grid: Grid | None) -> UnderWay | None:
    """The pieces of the domain whose starts are mostly still under way, connected along the axes of the map.

    None in more than two dimensions, which have no map, and where no piece holds 1 % of the starts.
    """
    if grid is None:
        return None
    code, _ = map_image(counted, grid)
    pieces, _ = label(code == -1 - STEP_LIMIT)
    starts = _starts(counted, grid, -1 - STEP_LIMIT)
    shares = np.bincount(pieces.ravel(), starts.ravel())[1:] / counted.starts
    found = [
        Region(s, _box(grid, cut))
        for s, cut in zip(shares.tolist(), find_objects(pieces), strict=True)
        if s >= SMALLEST
    ]
    if not found:
        return None
    return UnderWay(tuple(sorted(found, key=lambda region: -region.share)), _arrived(code, grid))


def _arrived(code: NDArray[np.int64], grid: Grid) -> Box | None:
    arrived = find_objects((code >= 0).astype(np.int64))
    if not arrived:
        return None
    cut: tuple[slice, ...] = arrived[0]
    if all(part == slice(0, n, None) for part, n in zip(cut, grid.shape, strict=True)):
        return None
    return _box(grid, cut)


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
        }
    )
