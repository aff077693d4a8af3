"""`Lattice`: starts in rows and columns, up to the border of their box, with what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.box import Box


@dataclass(frozen=True)
class Lattice:
    """Starts of a box of one or two dimensions, one in each of ``n`` cells an axis, and others on its border.

    Attributes
    ----------
    points
        Shape ``(n + 2, d)`` or ``(n + 2, n + 2, d)``; the first and last ones along an axis are on the border.
    codes
        Their codes, of the shape of the points without the last axis.
    descents
        How many were made for it.
    """

    box: Box
    points: Array
    codes: Codes
    descents: int

    @property
    def cells(self) -> int:
        """The number of cells on an axis, ``n``."""
        return len(self.points) - 2


def around(label: Labels, box: Box, points: Array, codes: Codes) -> Lattice:
    """The lattice of starts in cells, ``(n, ..., d)``, whose codes are known; those on the border descend.

    These stand beside the outermost starts, and at the corners.
    """
    d = box.dimensions
    padded = np.pad(points, [(1, 1)] * d + [(0, 0)], mode="edge")
    for axis in range(d):
        along = np.moveaxis(padded, axis, 0)
        along[0, ..., axis], along[-1, ..., axis] = box.low[axis], box.high[axis]
    border = np.ones(padded.shape[:-1], dtype=bool)
    border[(slice(1, -1),) * d] = False
    known = np.pad(codes, 1)
    known[border] = label(padded[border])
    return Lattice(box, padded, known, int(np.count_nonzero(border)))


def centres(box: Box, cells: int) -> Array:
    """The middles of ``cells`` cells an axis, shape ``(cells, ..., d)``."""
    middle = (np.arange(cells) + 0.5) / cells
    unit = np.stack(np.meshgrid(*[middle] * box.dimensions, indexing="ij"), axis=-1)
    return np.asarray(box.low + box.width * unit)


def made(label: Labels, box: Box, cells: int) -> Lattice:
    """A lattice of middles of cells, all of which descend."""
    points = centres(box, cells)
    codes = label(points.reshape(-1, box.dimensions)).reshape(points.shape[:-1])
    lattice = around(label, box, points, codes)
    return Lattice(box, lattice.points, lattice.codes, lattice.descents + codes.size)


def thin(codes: Codes) -> NDArray[np.bool_]:
    """Which starts of a plane have another code than both neighbours along an axis, where that tells of a thin strip.

    Along a smooth edge, a random start in each cell has that too, with exactly one of the neighbours along the other
    axis on its own side: such are none.
    """
    same = np.zeros(codes.shape, dtype=bool)
    (left, right), (low, high) = (_differing(codes, axis) for axis in (0, 1))
    same |= left & right & (low == high)
    same |= low & high & (left == right)
    return same


def _differing(codes: Codes, axis: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each differs from its neighbour before and after along an axis; not where there is none."""
    differ = np.diff(codes, axis=axis) != 0
    before, after = [(0, 0)] * codes.ndim, [(0, 0)] * codes.ndim
    before[axis], after[axis] = (1, 0), (0, 1)
    return np.pad(differ, before), np.pad(differ, after)
