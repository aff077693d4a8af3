"""Trusted: many small cells, and which of them meet a given one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class Places:
    """A growing list of closed cells of ``d`` coordinates.

    Comparisons of floats are exact, so what is answered is what testing one cell after the other would answer.

    >>> places = Places(2)
    >>> places.add([(0.0, 1.0), (0.0, 1.0)]), places.add([(3.0, 4.0), (0.0, 1.0)])
    (None, None)
    >>> places.meeting([(1.0, 2.0), (0.5, 0.6)])
    [0]
    """

    dimensions: int
    count: int = field(default=0, init=False)
    _ends: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self._ends = np.empty((2, self.dimensions, 16))

    def add(self, cell: Sequence[tuple[float, float]]) -> None:
        """Append a cell; its number is how many there were before."""
        if self.count == self._ends.shape[2]:
            self._ends = np.concatenate([self._ends, np.empty_like(self._ends)], axis=2)
        self._ends[:, :, self.count] = np.array(cell).T
        self.count += 1

    def meeting(self, cell: Sequence[tuple[float, float]]) -> list[int]:
        """The numbers of the cells that have a point in common with this one, ascending."""
        low, high = self._ends[:, :, : self.count]
        meets = np.ones(self.count, dtype=bool)
        for i, (a, b) in enumerate(cell):
            meets &= (low[i] <= b) & (high[i] >= a)
        return np.flatnonzero(meets).tolist()
