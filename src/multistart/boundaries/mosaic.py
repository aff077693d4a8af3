"""`Mosaic`: the cells along edges cut in four, and these again, until each has one label, to a 16th at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.curves import Crossing, Traced
from multistart.boundaries.labels import Array, Codes
from multistart.boundaries.lattice import Lattice
from multistart.boundaries.mesh import PARTS

LEVELS = 4  # of cells, each half as wide as those of the level before
assert PARTS == 2**LEVELS
WINDOW = 4  # parts of a cell, to whose multiples the windows that shapes are painted in are widened


@dataclass(frozen=True)
class Mosaic:
    """Cells of an adaptive map, along the edges alone; all other cells of the lattice have the label of their start.

    Attributes
    ----------
    level
        A cell has the ``2**level``-th part of the width of the lattice's cells, shape ``(n,)``.
    index
        Its place among the cells of its level, on each axis from 0, shape ``(n, d)``.
    code
        The label on its side of the edge, or the one in its middle where an edge still crosses it, shape ``(n,)``.
    """

    level: NDArray[np.int64]
    index: NDArray[np.int64]
    code: Codes


def plane(lattice: Lattice, traced: Traced) -> Mosaic:
    """The mosaic of a plane: each quad is painted on both sides of its edge, a straight line between two brackets."""
    inner = lattice.codes[1:-1, 1:-1]
    cells = _beside([quad[:2] for quad in traced.mesh.quads], lattice.cells)
    where = np.full(inner.shape, -1, dtype=np.int64)
    where[tuple(cells.T)] = np.arange(len(cells))
    blocks = np.repeat(inner[tuple(cells.T)], PARTS**2).reshape(-1, PARTS, PARTS)
    corners, shapes = traced.corners, [shape for n in range(len(traced.mesh.quads)) for shape in _shapes(traced, n)]
    if shapes:
        points = np.concatenate([corners, traced.brackets.points])
        places = points[[places for places, _ in shapes]]
        _paint(blocks, where, PARTS * lattice.cells * _unit(lattice, places), np.array([code for _, code in shapes]))
    return quadtree(cells, blocks)


def quadtree(cells: NDArray[np.int64], blocks: Codes) -> Mosaic:
    """Cells with 16 parts an axis, shape ``(k, 16, ...)``, cut into the fewest cells of one label each."""
    d = cells.shape[1]
    level, index, code = [], [], []
    open_ = np.ones((len(cells),) + (1,) * d, dtype=bool)
    for number, (low, high) in enumerate(_ranges(blocks)):
        whole = open_ & (low == high)
        at = np.argwhere(whole)
        level.append(np.full(len(at), number, dtype=np.int64))
        index.append(cells[at[:, 0]] * 2**number + at[:, 1:])
        code.append(low[whole])
        open_ &= ~whole
        for axis in range(1, d + 1):
            open_ = open_.repeat(2, axis=axis)
    return Mosaic(np.concatenate(level), np.concatenate(index).reshape(-1, d), np.concatenate(code))


def _ranges(blocks: Codes) -> list[tuple[Codes, Codes]]:
    """The least and the largest code in each cell of each level, from whole cells to parts."""
    found = [(blocks, blocks)]
    for _ in range(LEVELS):
        low, high = found[-1]
        for axis in range(1, blocks.ndim):
            even, odd = ((slice(None),) * axis + (slice(k, None, 2),) for k in (0, 1))
            low, high = np.minimum(low[even], low[odd]), np.maximum(high[even], high[odd])
        found.append((low, high))
    return found[::-1]


def _beside(quads: list[tuple[int, int]], cells: int) -> NDArray[np.int64]:
    """The cells of the starts at the corners of quads, each once, shape ``(k, 2)``; starts of the border have none."""
    low = np.unique(np.array(quads, dtype=np.int64).reshape(-1, 2) // PARTS, axis=0) - 1
    found = (low[:, None] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2)
    found = found[((found >= 0) & (found < cells)).all(axis=1)]
    return np.unique(found, axis=0)


def _unit(lattice: Lattice, points: Array) -> Array:
    """Coordinates in which the box is the unit square."""
    return np.asarray((points - lattice.box.low) / lattice.box.width)


def _shapes(traced: Traced, number: int) -> Iterator[tuple[list[int], int]]:
    """What a quad shows, as polygons of six corners, some of which are equal, and their codes.

    Points are numbered: four corners a quad, then brackets. All of a quad has its first node's label where no edge is
    known to go through it; of a quad of the lattice then nothing.
    """
    i, j, s = quad = traced.mesh.quads[number]
    crossings = traced.crossings.get(quad)
    if crossings is not None and len(crossings) == 2 and crossings[0].side != crossings[1].side:
        first, second = crossings
        a, b = (4 * len(traced.mesh.quads) + crossing.bracket for crossing in crossings)
        yield _six([a, *(4 * number + k for k in _corners(first, second)), b]), first.after
        yield _six([b, *(4 * number + k for k in _corners(second, first)), a]), second.after
    elif s < PARTS:
        code = traced.mesh.code((i, j))
        assert code is not None, "a quad's corner has a code"
        yield _six([4 * number + k for k in range(4)]), code


def _corners(first: Crossing, second: Crossing) -> list[int]:
    """The corners between two crossings, counterclockwise; corner k is where side k begins."""
    sides = (second.side - first.side) % 4
    return [(first.side + 1 + k) % 4 for k in range(sides)]


def _six(corners: list[int]) -> list[int]:
    """Six of them, the last one as often as that takes."""
    return corners + corners[-1:] * (6 - len(corners))


def _paint(blocks: Codes, where: NDArray[np.int64], corners: Array, codes: Codes) -> None:
    """Give the parts of cells whose middles lie in polygons, shape ``(n, 6, 2)`` in parts, their codes, in place."""
    low = np.floor(corners.min(axis=1)).astype(np.int64)
    size = (np.ceil(corners.max(axis=1)).astype(np.int64) - low).max(axis=1)
    size = -(-size // WINDOW) * WINDOW
    last = PARTS * len(where)
    for window in np.unique(size).tolist():
        rows = np.flatnonzero(size == window)
        x, y = (low[rows, axis, None] + np.arange(window) for axis in (0, 1))
        inside = _inside(x + 0.5, y + 0.5, corners[rows])
        inside &= ((x >= 0) & (x < last))[:, :, None] & ((y >= 0) & (y < last))[:, None]
        which, across, up = inside.nonzero()
        i, j = x[which, across], y[which, up]
        block = where[i // PARTS, j // PARTS]
        known = block >= 0
        blocks[block[known], i[known] % PARTS, j[known] % PARTS] = codes[rows[which[known]]]


def _inside(x: Array, y: Array, corners: Array) -> NDArray[np.bool_]:
    """Which points of windows lie in the polygon of their row: the even-odd rule.

    Windows have coordinates of shape ``(n, w)`` each and polygons ``(n, 6, 2)``; the answer has shape ``(n, w, w)``.
    """
    odd = np.zeros((*x.shape, y.shape[1]), dtype=bool)
    for k in range(corners.shape[1]):
        (ax, ay), (bx, by) = (corners[:, e, :, None].transpose(1, 0, 2) for e in (k - 1, k))
        rise = np.where(by == ay, 1.0, by - ay)
        crosses = (ay > y) != (by > y)
        at = np.where(crosses, ax + (y - ay) * ((bx - ax) / rise), -np.inf)
        odd ^= x[:, :, None] < at[:, None]
    return odd
