"""`ProvenShares`: cells that cover a box, with what is proven of the starts in each; read without any heavy library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
NOTHING, UNDECIDED = -1, -2  # verdicts, as in the compiled text
APART = 3  # units of the last decimal that bounds in words are apart at least
MOST_DECIMALS = 8
AREA = 1e-12  # relative: more than the rounding of areas and their sums


@dataclass(frozen=True)
class ProvenShares:
    """Cells that cover a box, without gaps or overlaps, and what is proven of the starts in each.

    Attributes
    ----------
    low, high
        Corners, shape ``(n, d)``; exact floats.
    verdict
        Of each cell, shape ``(n,)``: the number of the minimum, in the order of ``certificate.minima``, at which the
        float descent from every start in it comes to rest; -1 where none does within the step limit; -2 undecided.
    minima
        How many minima there are.
    cells, updates
        What it cost: cells that were carried, and updates of sets.
    """

    low: Array
    high: Array
    verdict: Whole
    minima: int
    cells: int
    updates: int

    def bounds(self, k: int) -> tuple[float, float]:
        """The share of the box that verdict ``k`` has: at least and at most, rounded outward; for -2 what is open."""
        total, own = self._area(slice(None)), self._area(self.verdict == k)
        open_ = self._area(self.verdict == UNDECIDED)
        above = own if k == UNDECIDED else own + open_
        return max(0.0, own / total * (1 - AREA)), min(1.0, above / total * (1 + AREA))

    @property
    def undecided(self) -> float:
        """The share of the box that is undecided, at most."""
        return self.bounds(UNDECIDED)[1]

    def verdict_at(self, points: Array) -> Whole:
        """The verdict of a cell that each point is in, shape ``(n, d) -> (n,)``; -2 for a point in none."""
        found = np.full(len(points), UNDECIDED)
        corner, whole = self.low.min(axis=0), self.high.max(axis=0) - self.low.min(axis=0)
        halvings = np.rint(np.log2(whole / (self.high - self.low)))  # cells of one shape are those of one grid
        for shape in np.unique(halvings, axis=0):
            rows = np.flatnonzero((halvings == shape).all(axis=1))
            size = whole * 2.0**-shape
            keys = _grid_place((self.low[rows] + self.high[rows]) / 2, corner, size, shape)
            order = np.argsort(keys)
            rows, keys = rows[order], keys[order]
            at = np.minimum(np.searchsorted(keys, _grid_place(points, corner, size, shape)), len(keys) - 1)
            inside = ((self.low[rows[at]] <= points) & (points <= self.high[rows[at]])).all(axis=1)
            found[inside] = self.verdict[rows[at[inside]]]
        return found

    def _area(self, which: NDArray[np.bool_] | slice) -> float:
        return math.fsum(np.prod(self.high[which] - self.low[which], axis=1).tolist())


def in_percent(low: float, high: float) -> tuple[str, str]:
    """Bounds of a share in percent, rounded outward, so that the words hold too.

    >>> in_percent(0.2561234, 0.2587001), in_percent(0.0, 1.0), in_percent(0.49999999912, 0.500000001)
    (('25.61', '25.88'), ('0', '100'), ('49.99999991', '50.00000010'))
    """
    width = max(100 * (high - low), 10.0**-MOST_DECIMALS)
    unit = Decimal(1).scaleb(-min(max(2, math.ceil(math.log10(APART / width))), MOST_DECIMALS))
    ends = ((low, ROUND_FLOOR), (high, ROUND_CEILING))
    shown = [(100 * Decimal(share)).quantize(unit, rounding) for share, rounding in ends]
    return tuple(f"{number:f}" if number not in (0, 100) else f"{number:.0f}" for number in shown)  # type: ignore[return-value]


def _grid_place(points: Array, corner: Array, size: Array, halvings: Array) -> Whole:
    """One number for each cell of a grid, of the cell that a point is in."""
    place = np.zeros(len(points), dtype=np.int64)
    for i, n in enumerate(2 ** halvings.astype(np.int64)):
        place = place * n + np.clip(np.floor((points[:, i] - corner[i]) / size[i]), 0, n - 1).astype(np.int64)
    return place
