"""Branch and prune for fits: many cells at once, by intervals; what is left is for the search by balls.

A cell leaves the list where the function is certainly above the level on it, certainly undefined, or has no critical
point along the face; contractors make the others smaller. One on which the gradient is injective, or that is as small
as the tolerance, is handed to the search, with all that the budget leaves.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from flint import arb
from numpy.typing import NDArray

from multistart.proofs.balls import Cell
from multistart.proofs.batch import Bools, Cells, Look, Squares
from multistart.proofs.contractors import lower_bound, of_gradient, of_level, of_rows
from multistart.proofs.fit_problem import FitProblem
from multistart.proofs.injectivity import injective_on
from multistart.proofs.trial_fits import polished

if TYPE_CHECKING:
    from multistart.proofs.search import Search

Array = NDArray[np.float64]
NUMBERS = 2**15  # cells times rows at a time, which fit a processor's cache
MOST = 256  # cells at a time
COARSE = 2.0**-5  # of the face: cells on which the function may be undefined are the search's business from there on
SPLIT_AT = 0.49
SMALLEST = 2.0**-45  # relative to coordinates: cells so small are the search's business too
NEAR = 0.1  # of the face: how far from a zero it may be asked whether it is the only one
DECADE = 4.0  # cells whose ends have such a ratio are split at the geometric middle
LEFT = 200  # hulls that what the budget leaves is gathered in


@dataclass(frozen=True)
class Candidates:
    """What is left of a face.

    Attributes
    ----------
    cells
        Those that a search has to examine.
    unexamined
        Hulls of those that the budget left.
    low
        What the function is at least on all of them.
    """

    cells: list[Cell]
    unexamined: list[Cell]
    low: float


@dataclass
class Pruning:
    """One face of one fit.

    ``low`` of a cell is a lower bound of the sum of the rows' terms on it, before the division for a mean.
    """

    problem: FitProblem
    search: Search
    _heap: list[tuple[float, int, Array, Array]] = field(default_factory=list)
    _kept: list[tuple[float, Array, Array]] = field(default_factory=list)
    _least: float = math.inf

    def __post_init__(self) -> None:
        self.face, self.cut, self.budget = self.search.face, self.search.cut, self.search.budget
        self._code = self.problem.looks
        self._order = itertools.count()
        low, high = np.array(self.face.full(self.face.cell), dtype=np.float64).T
        self._box = low, high
        self._width = np.where(high > low, high - low, 1.0)
        self._push(Cells(low[None], high[None]), np.array([-math.inf]))

    def run(self) -> Candidates:
        """Examine cells, those with the lowest bound first, until none or no budget is left; again, to go on."""
        at_once = max(1, min(MOST, NUMBERS // self.problem.rows))
        with np.errstate(all="ignore"):
            while self._heap and not self.budget.spent and self._may_end:
                count = min(at_once, len(self._heap), max(1, self.budget.left))
                lows, _, low, high = zip(*(heapq.heappop(self._heap) for _ in range(count)), strict=True)
                self.budget.boxes += count
                self._examine(Cells(np.stack(low), np.stack(high)), np.array(lows))
        return self._candidates()

    @property
    def _level(self) -> float:
        return self._code.level(self.cut.level)

    @property
    def _may_end(self) -> bool:
        """Each cell costs a box at least; but a level drops cells whole."""
        return self.cut.final is not None or len(self._heap) <= self.budget.left

    def _examine(self, cells: Cells, low: Array) -> None:
        smooth, nowhere = self._code.defined(cells)
        low = np.fmax(low, self._code.value(cells).low)
        alive = ~nowhere & ~self._above(low)
        self._split_coarse(cells.only(alive & ~smooth), low[alive & ~smooth])
        cells, low = cells.only(alive & smooth), low[alive & smooth]
        if len(cells) and isinstance(self._code, Squares):
            cells, low = self._contracted(cells, low)
        if len(cells):
            self._look(cells, low)

    def _contracted(self, cells: Cells, low: Array) -> tuple[Cells, Array]:
        assert isinstance(self._code, Squares)
        found = of_rows(self._code, cells, self._level, self.face.free)
        return _nonempty(found, low)

    def _look(self, cells: Cells, low: Array) -> None:
        """Trusted. Drop, contract, keep or split cells on which the function is smooth."""
        found = self._code.look(cells)
        low = np.fmax(low, lower_bound(found))
        self._lower(found)
        dropped, free = self._above(low) | self._falls_inward(found), self.face.free
        smaller = of_gradient(found, free)
        if found.residuals is not None and math.isfinite(self._level):
            smaller = _both(smaller, of_level(found, self._level, free))
        dropped |= (smaller.low > smaller.high).any(axis=1)
        inside = ((smaller.low > cells.low) & (smaller.high < cells.high))[:, free].all(axis=1)
        self._find(smaller.only(~dropped & inside))
        dropped |= self._settled(smaller, ~dropped)
        size = np.minimum(self._width, np.maximum(np.abs(smaller.low), np.abs(smaller.high)))
        small = ~dropped & (smaller.high - smaller.low <= SMALLEST * size).all(axis=1)
        self._kept += zip(low[small].tolist(), smaller.low[small], smaller.high[small], strict=True)
        left = ~dropped & ~small
        if left.any():
            self._split(smaller.only(left), low[left], _across(found, smaller)[left])

    def _above(self, low: Array) -> Bools:
        return np.asarray(low > self._level)

    def _find(self, cells: Cells) -> None:
        """Verify zeros in cells that Krawczyk's operator maps inside themselves, where none is known."""
        for low, high in zip(cells.low, cells.high, strict=True):
            cell = self._along(low, high)
            if not self.search.near(cell):
                self.search.zero_in(cell)

    def _settled(self, cells: Cells, asked: Bools) -> Bools:
        """Trusted. Where a verified zero is the only one on the hull of itself and the cell."""
        settled, zeros = np.zeros(len(cells), bool), self.search.zeros
        if not zeros or not asked.any():
            return settled
        ends = np.array([self.face.full(zero.cell) for zero in zeros], dtype=np.float64)
        away = np.abs(ends.mean(axis=2) - cells.center[:, None]) / self._width
        nearest = np.argmin(away.max(axis=2), axis=1)
        hulls = Cells(np.minimum(cells.low, ends[nearest, :, 0]), np.maximum(cells.high, ends[nearest, :, 1]))
        asked = asked & (away.max(axis=2).min(axis=1) < NEAR)
        if asked.any():
            settled[asked] = injective_on(self._code, hulls.only(asked), self.face.free)
        return settled

    def _along(self, low: Array, high: Array) -> Cell:
        """The ends along the face."""
        free = list(self.face.free)
        return tuple(zip(low[free].tolist(), high[free].tolist(), strict=True))

    def _falls_inward(self, found: Look) -> Bools:
        """Trusted. Where the function falls into the box across the face: there is no minimum of the box."""
        falls = np.zeros(len(found.cells), bool)
        for i, side in enumerate(self.face.held):
            if side:
                falls |= found.gradient[i].low > 0 if side > 0 else found.gradient[i].high < 0
        return falls

    def _lower(self, found: Look) -> None:
        """Let the level fall to the value at the best of the centers."""
        if not self.cut.falling or found.residuals is None:
            return
        sums = (found.residuals.at_center.middle**2).sum(axis=1)
        best = int(np.argmin(np.where(np.isfinite(sums), sums, np.inf)))
        if sums[best] < self._level:
            for point in polished(self.problem, found.cells.center[[best]], self._box):
                self.cut.lower(self.problem, [arb(v) for v in point])
                self.search.seed([point[i] for i in self.face.free])

    def _split_coarse(self, cells: Cells, low: Array) -> None:
        """Cells on which the function may be undefined: halved while they are large, then kept."""
        widths = (cells.high - cells.low) / self._width
        fine = widths.max(axis=1, initial=0.0) < COARSE
        self._kept += zip(low[fine].tolist(), cells.low[fine], cells.high[fine], strict=True)
        self._split(cells.only(~fine), low[~fine], widths[~fine])

    def _split(self, cells: Cells, low: Array, across: Array) -> None:
        """Halve each across the coordinate that ``across`` is largest for."""
        for k, i in enumerate(np.argmax(across, axis=1).tolist()):
            at = _split_point(cells.low[k, i], cells.high[k, i])
            first, last = cells.high[k].copy(), cells.low[k].copy()
            first[i] = last[i] = at
            self._push(Cells(np.stack([cells.low[k], last]), np.stack([first, cells.high[k]])), np.repeat(low[k], 2))

    def _push(self, cells: Cells, low: Array) -> None:
        for bound, first, last in zip(low.tolist(), cells.low, cells.high, strict=True):
            heapq.heappush(self._heap, (bound, next(self._order), first, last))

    def _candidates(self) -> Candidates:
        kept, left = self._kept, [(bound, low, high) for bound, _, low, high in self._heap]
        self._kept, self._least = [], min([self._least, *(bound for bound, _, _ in kept)])
        cells, rest = ([self._along(low, high) for _, low, high in some] for some in (kept, _gathered(left)))
        least = min([self._least, *(bound for bound, _, _ in left)])
        return Candidates(cells, rest, self._code.unscaled(least))


def _split_point(low: float, high: float) -> float:
    if low > 0 and high > DECADE * low:
        return math.sqrt(low) * math.sqrt(high)
    if high < 0 and low < DECADE * high:
        return -math.sqrt(-low) * math.sqrt(-high)
    return low + SPLIT_AT * (high - low)


def _nonempty(cells: Cells, low: Array) -> tuple[Cells, Array]:
    some: Bools = np.asarray((cells.low <= cells.high).all(axis=1))
    return cells.only(some), low[some]


def _both(first: Cells, second: Cells) -> Cells:
    """What is in two cells."""
    return Cells(np.fmax(first.low, second.low), np.fmin(first.high, second.high))


def _across(found: Look, cells: Cells) -> Array:
    """How much of what is not known each coordinate's width brings: of residuals in second order, or of the gradient.

    As the smear rule does; by widths alone where that is not finite.
    """
    d, width = found.cells.low.shape[1], np.where(cells.high > cells.low, cells.high - cells.low, 0.0)
    total = np.zeros_like(width)
    for i in range(d):
        for j in range(d):
            total[:, i] += _unknown(found, i, j) * width[:, i] * (width[:, j] if found.residuals is not None else 1.0)
    relative = width / np.maximum(np.maximum(np.abs(cells.low), np.abs(cells.high)), np.finfo(float).tiny)
    good = np.isfinite(total).all(axis=1) & (total.max(axis=1) > 0)
    return np.where(good[:, None], total, relative)


def _unknown(found: Look, i: int, j: int) -> Array:
    if found.residuals is not None:
        return np.sqrt((found.residuals.bends[i][j].size ** 2).sum(axis=1))
    scale = np.sqrt(np.maximum(found.hessian[j][j].size, np.finfo(float).tiny))
    return found.hessian[i][j].size / scale


def _gathered(cells: Sequence[tuple[float, Array, Array]]) -> list[tuple[float, Array, Array]]:
    """Hulls of neighbours, at most :data:`LEFT`, of many cells, each with the least bound."""
    if len(cells) <= LEFT:
        return list(cells)
    ends = np.array([(low + high) / 2 for _, low, high in cells])
    groups = [np.arange(len(cells))]
    while len(groups) < LEFT:
        largest = max(range(len(groups)), key=lambda k: len(groups[k]))
        group = groups.pop(largest)
        spread = np.ptp(ends[group], axis=0) / (np.ptp(ends, axis=0) + np.finfo(float).tiny)
        order = group[np.argsort(ends[group, int(np.argmax(spread))], kind="stable")]
        groups += [order[: len(order) // 2], order[len(order) // 2 :]]
    low, high = np.array([c[1] for c in cells]), np.array([c[2] for c in cells])
    bounds = np.array([c[0] for c in cells])
    return [(float(bounds[g].min()), low[g].min(axis=0), high[g].max(axis=0)) for g in groups]
