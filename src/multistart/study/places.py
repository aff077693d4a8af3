"""Where in the domain the starts are that were still under way, in words, from the counts of the map's cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from multistart.box import Box
from multistart.counts.tally import Grid, Tally, map_image
from multistart.descents.outcomes import STEP_LIMIT
from multistart.study.answers import percent

NAMED = 3  # pieces that are described
SMALLEST = 0.01  # of all starts


def under_way(counted: Tally, grid: Grid | None) -> str:
    """The pieces of the domain whose starts are mostly still under way, and the box beyond which none arrived.

    Pieces are connected along the axes of the map; empty in more than two dimensions, and where no piece holds 1 % of
    the starts.
    """
    if grid is None:
        return ""
    code, _ = map_image(counted, grid)
    pieces, _ = label(code == -1 - STEP_LIMIT)
    starts = _starts(counted, grid, -1 - STEP_LIMIT)
    shares = np.bincount(pieces.ravel(), starts.ravel())[1:] / counted.starts
    found = [(s, cut) for s, cut in zip(shares.tolist(), find_objects(pieces), strict=True) if s >= SMALLEST]
    if not found:
        return ""
    largest = sorted(found, key=lambda piece: -piece[0])[:NAMED]
    listed = "; ".join(f"{percent(share)} within {_within(grid, cut)}" for share, cut in largest)
    number = "one piece" if len(found) == 1 else f"{len(found)} pieces"
    text = f"Those still under way start mostly in {number} of the domain: {listed}."
    return f"{text} {_arrived(code, grid)}".strip()


def _arrived(code: NDArray[np.int64], grid: Grid) -> str:
    """The smallest box of cells from which a minimum is reached, where it is not the whole domain."""
    arrived = find_objects((code >= 0).astype(np.int64))
    if not arrived:
        return ""
    cut: tuple[slice, ...] = arrived[0]
    if all(part == slice(0, n, None) for part, n in zip(cut, grid.shape, strict=True)):
        return ""
    return f"Those that reached a minimum start within {_within(grid, cut)}, but for single ones."


def _starts(counted: Tally, grid: Grid, code: int) -> NDArray[np.float64]:
    """Starts with a code in each cell of the map."""
    rows = counted.map[(counted.map["cell"] >= 0) & (counted.map["code"] == code)]
    size = int(np.prod(grid.shape))
    counts = np.bincount(rows["cell"], rows["count"], minlength=size)
    return counts.astype(np.float64).reshape(grid.shape)


def _within(grid: Grid, cut: tuple[slice, ...]) -> str:
    box: Box = grid.box
    ends = [
        (name, *(low + (high - low) * edge / cells for edge in (part.start, part.stop)))
        for (name, (low, high)), part, cells in zip(box.bounds.items(), cut, grid.shape, strict=True)
    ]
    return ", ".join(f"{name} in [{low:.4g}, {high:.4g}]" for name, low, high in ends)
