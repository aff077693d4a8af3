"""Smaller studies within a study: which of its starts make a design of the same kind with fewer of them.

Shares estimated from them show how the error shrinks with n, from one study and without a further descent.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.counts.counter import Counter, LabelledRows
from multistart.counts.frequencies import frequencies
from multistart.counts.row_sample import row_hash
from multistart.starts.designs import MAX_STARTS
from multistart.starts.layout import Layout

#: Fewest starts of a nested study, and most nested studies.
FEWEST, MOST = 16, 8
#: First starts that are a nested study: numbers that do not depend on how many starts there are in all.
LADDER = tuple(4**k for k in range(math.ceil(math.log(MAX_STARTS, 4))))
COLUMNS = ("starts", "basin", "count")
PREFIXES = ("uniform", "sobol", "halton")


@dataclass(frozen=True)
class NestedCounts:
    """Starts by basin in the nested studies: ``numbers[starts of the study, basin]``."""

    numbers: collections.Counter[tuple[int, int]]

    def __add__(self, other: NestedCounts) -> NestedCounts:
        """The counts of the rows of both."""
        return NestedCounts(self.numbers + other.numbers)

    def columns(self) -> dict[str, NDArray[np.int64]]:
        """``starts, basin, count``, in order."""
        rows = [(*key, n) for key, n in sorted(self.numbers.items())]
        return dict(zip(COLUMNS, np.array(rows, dtype=np.int64).reshape(-1, 3).T, strict=True))

    @classmethod
    def of_columns(cls, starts: NDArray[np.int64], basin: NDArray[np.int64], count: NDArray[np.int64]) -> NestedCounts:
        """What `columns` gave."""
        keys = zip(starts.tolist(), basin.tolist(), strict=True)
        return cls(collections.Counter(dict(zip(keys, count.tolist(), strict=True))))

    def to_frame(self) -> pd.DataFrame:
        """The same as a frame; `from_frame` reads it."""
        return pd.DataFrame(self.columns())

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> NestedCounts:
        """What `to_frame` gave."""
        return cls.of_columns(*(frame[name].to_numpy() for name in COLUMNS))

    def of(self, wanted: Collection[int]) -> NestedCounts:
        """Those of the nested studies with these numbers of starts."""
        return NestedCounts(collections.Counter({key: n for key, n in self.numbers.items() if key[0] in wanted}))


@dataclass(frozen=True)
class NestedCounter(Counter[LabelledRows, NestedCounts]):
    """Counts the starts of the nested studies.

    Of first starts those of all of :data:`LADDER` are counted, be they more than there are, so that the counts of some
    rows are the same in a larger study; :func:`sizes` says which are of use.
    """

    layout: Layout
    seed: int

    def of(self, rows: LabelledRows, first: int) -> NestedCounts:
        """The nested counts of rows ``first, first + 1, ...``."""
        numbers: collections.Counter[tuple[int, int]] = collections.Counter()
        if self.layout.design in PREFIXES:
            place = np.arange(first, first + len(rows), dtype=np.int64) % self.layout.per_replicate
            smallest = np.searchsorted(LADDER, place, side="right")
            for rung, basin, count in zip(*(c.tolist() for c in frequencies(smallest, rows.basin)), strict=True):
                numbers.update({(m * self.layout.replicates, basin): count for m in LADDER[rung:]})
            return NestedCounts(numbers)
        for n in sizes(self.layout):
            mine = rows.basin[members(self.layout, n, first, first + len(rows), self.seed) - first]
            basins, counts = np.unique(mine, return_counts=True)
            numbers.update({(n, b): k for b, k in zip(basins.tolist(), counts.tolist(), strict=True)})
        return NestedCounts(numbers)


def sizes(layout: Layout) -> list[int]:
    """Starts of the nested studies, in ascending order, without the study itself; empty where there are none.

    The first ``n`` of uniform starts are uniform starts, and the first of each replicate of a Sobol or Halton sequence
    are a shorter sequence: the largest numbers of :data:`LADDER` up to half of all. Where the cells of a grid are
    joined to coarser ones (``m`` along each axis), one start of each, chosen at random, is a jittered grid; the middle
    one, for odd ``m``, is a grid. Part of a Latin hypercube is none, and of a file nothing is known.

    >>> sizes(Layout.of("jittered_grid", 400, per_axis=20)), sizes(Layout.of("uniform", 400))
    ([16, 25, 100], [16, 64])
    """
    if layout.design in PREFIXES:
        found = [m * layout.replicates for m in LADDER if 2 * m <= layout.per_replicate]
        return [n for n in found if n >= FEWEST][-MOST:]
    return _spread(sorted(n for m in _joins(layout) if (n := _starts(layout, m)) >= FEWEST))


def members(layout: Layout, n: int, first: int, last: int, seed: int) -> NDArray[np.int64]:
    """Those of the rows ``first .. last - 1`` that are in the nested study of ``n`` starts, ascending."""
    if layout.design in PREFIXES:
        rows = np.arange(first, last, dtype=np.int64)
        return rows[rows % layout.per_replicate < n // layout.replicates]
    (m,) = (m for m in _joins(layout) if _starts(layout, m) == n)
    rows = _drawn(layout, m, first, last, seed)
    return np.sort(rows[(first <= rows) & (rows < last)])


def _drawn(layout: Layout, m: int, first: int, last: int, seed: int) -> NDArray[np.int64]:
    """The start that is drawn of each coarse cell, of all coarse cells that have rows from ``first`` to ``last``."""
    joined = [axis // m for axis in layout.per_axis]
    layer, coarse_layer = (math.prod(axes[1:]) * layout.per_cell for axes in (layout.per_axis, joined))
    low, high = first // layer // m, min(last // layer // m + 1, joined[0])
    index = np.arange(low * coarse_layer, high * coarse_layer, dtype=np.int64)
    coarse, within = np.divmod(index, layout.per_cell)
    children = m ** len(joined)
    if layout.design == "grid":
        child = np.full(len(index), children // 2)
    else:
        child = (row_hash(index, seed + m) % np.uint64(children)).astype(np.int64)
    places = np.unravel_index(coarse, joined), np.unravel_index(child, (m,) * len(joined))
    cell = sum((at * m + of) * stride for at, of, stride in zip(*places, layout.strides, strict=True))
    return np.asarray(cell * layout.per_cell + within)


def _joins(layout: Layout) -> list[int]:
    """How many cells along each axis can be joined to one; for a grid odd numbers, whose middle is a centre."""
    common = math.gcd(*layout.per_axis) if layout.per_axis else 1
    odd = layout.design == "grid"
    return [m for m in range(2, common + 1) if common % m == 0 and (m % 2 == 1 or not odd)]


def _starts(layout: Layout, m: int) -> int:
    return math.prod(axis // m for axis in layout.per_axis) * layout.per_cell


def _spread(found: list[int]) -> list[int]:
    """At most ``MOST`` of them, spread evenly."""
    at = np.unique(np.rint(np.linspace(0, len(found) - 1, min(len(found), MOST))).astype(int))
    return [found[i] for i in at] if found else []
