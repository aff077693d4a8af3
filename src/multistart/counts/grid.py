"""`Grid`: the cells of a map, and the code that each shows; without pandas, for jobs that need no frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box

NO_START = -99  # code of a map cell in which no descent started
Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """The cells over the domain that starts are counted in for maps: ``shape`` cells on each axis (1-D and 2-D)."""

    box: Box
    shape: tuple[int, ...]

    def cells(self, starts: Array) -> NDArray[np.int64]:
        """The cell of each start, last axis fastest; -1 outside the box; shape ``(n,)``."""
        shape = np.array(self.shape)
        inside = self.box.contains(starts)
        where = np.where(inside[:, None], (starts - self.box.low) / self.box.width * shape, 0)
        index = np.minimum(where.astype(np.int64), shape - 1)
        return np.where(inside, np.ravel_multi_index(tuple(index.T), self.shape), -1)

    def joined(self, cell: Whole, coarser: Grid) -> Whole:
        """The cells of a coarser grid that these lie in, -1 of -1: along each axis it joins the same number of them.

        >>> box = Box({"x": (0, 1), "y": (0, 1)})
        >>> Grid(box, (4, 4)).joined(np.array([0, 5, 6, 15, -1]), Grid(box, (2, 2))).tolist()
        [0, 0, 1, 3, -1]
        """
        places = np.unravel_index(np.maximum(cell, 0), self.shape)
        along = tuple(at // (fine // few) for at, fine, few in zip(places, self.shape, coarser.shape, strict=True))
        return np.where(cell < 0, -1, np.ravel_multi_index(along, coarser.shape))

    def codes(self, cell: Whole, code: Whole, count: Whole) -> Whole:
        """The commonest code of each cell, of this grid's shape; :data:`NO_START` where no start is."""
        rows = commonest(cell, code, count)
        found = np.full(int(np.prod(self.shape)), NO_START, dtype=np.int64)
        found[cell[rows]] = code[rows]
        return found.reshape(self.shape)


def commonest(cell: Whole, code: Whole, count: Whole) -> NDArray[np.intp]:
    """The row of the commonest code of each cell that has any, by cells; of two as common the smaller code's.

    >>> commonest(np.array([1, 0, 0, 0]), np.array([5, 3, 2, -3]), np.array([1, 4, 4, 1])).tolist()
    [2, 0]
    """
    order = np.lexsort((code, -count, cell))
    first = np.diff(cell[order], prepend=-1) != 0
    return np.asarray(order[first])
