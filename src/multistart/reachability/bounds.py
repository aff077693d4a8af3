"""Trusted: what is known of a function on the boxes of a grid over the arena, computed once, in ball arithmetic.

Of each box: bounds of the third derivatives' sizes, of each component of the gradient, of the error that an update adds
by rounding, and of the compiled Hessian's error. They hold on the box widened by :data:`MARGIN`, so that whoever looks a
box up may be off by rounding. A box of a coarser grid has the largest bounds of those in it.

Third derivatives and gradient are those of the box's middle and what the next derivative adds on the way to its
corners (mean value theorem). Where a box says enough its parts are not asked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from multistart.functions.objective import Objective
from multistart.proofs.balls import outward
from multistart.proofs.enclosures import OutsideDomain, exact, precision
from multistart.proofs.problem import Problem
from multistart.reachability.rounding import Rounding

Array = NDArray[np.float64]
FINEST = {1: 4096, 2: 256, 3: 32}  # boxes along an axis, by dimensions
COARSEST = 8
FIRST = 16  # boxes along an axis that are looked at first; rounding is bounded on these alone
MARGIN = 2.0**-20  # of a box's width
SHARP = 0.25  # a bound that is larger than the middle's by less is not refined
SMALL = 1e-5  # of the largest: what is below is not refined either
BITS = 64
UP = 1 + 2.0**-40  # more than all roundings of a bound


@dataclass(frozen=True)
class Bounds:
    """Bounds on the boxes of the finest grid.

    Attributes
    ----------
    low, width
        The arena's lower corner, and a box's widths.
    third
        Of the third derivatives ``i <= j <= k``, shape ``(*grid, t)``.
    gradient
        Of its components, shape ``(*grid, d)``.
    update
        Of an update's error, absolute in each coordinate, shape ``(*grid,)``.
    hessian
        Of the error of each entry of the compiled Hessian, shape ``(*grid,)``.
    """

    low: Array
    width: Array
    third: Array
    gradient: Array
    update: Array
    hessian: Array


def bounds_on(objective: Objective, low: Array, high: Array, rate: float, updates: int) -> Bounds:
    """The bounds on a grid over a box, for gradient descent at a rate; ``updates`` only says where to look closer."""
    return _Looking(objective, low, high, rate, updates).found()


class _Looking:
    """One pass over a grid: coarse boxes first, their parts where that pays."""

    def __init__(self, objective: Objective, low: Array, high: Array, rate: float, updates: int) -> None:
        self._d = d = objective.dimensions
        self._problem = Problem(objective.expression, objective.symbols, objective.conditions)
        self._fourth_code = self._problem.guarded(self._fourth_expressions)
        self._rounding = Rounding(objective)
        self._low, self._high, self._rate, self._updates = low, high, rate, updates
        n = FINEST[d]
        self._found = Bounds(
            low, (high - low) / n, np.full((*[n] * d, math.comb(d + 2, 3)), math.inf),
            np.full((*[n] * d, d), math.inf), np.full([n] * d, math.inf), np.full([n] * d, math.inf),
        )  # fmt: skip

    def found(self) -> Bounds:
        with precision(BITS):
            boxes = list(itertools.product(range(FIRST), repeat=self._d))
            looks = {box: self._look(box, FIRST) for box in boxes}
            largest = max((look[2] for look in looks.values() if look is not None), default=0.0)
            for box in boxes:
                self._round(box)
                self._fill(box, FIRST, largest * SMALL)
        return self._found

    # --- boxes ---------------------------------------------------------------------------------------------------

    def _ends(self, box: Sequence[int], n: int) -> tuple[list[float], list[float]]:
        """Middle and half widths of a box of ``n`` along an axis, widened."""
        width = (self._high - self._low) / n
        middle = [float(v) for v in self._low + (np.array(box) + 0.5) * width]
        return middle, [float(v) for v in width * (0.5 + MARGIN)]

    def _places(self, box: Sequence[int], n: int) -> tuple[slice, ...]:
        size = FINEST[self._d] // n
        return tuple(slice(i * size, (i + 1) * size) for i in box)

    def _fill(self, box: tuple[int, ...], n: int, small: float) -> None:
        """Bounds of a box, or of its parts."""
        look = self._look(box, n)
        if n < FINEST[self._d] and (look is None or self._blunt(look, n, small)):
            for part in itertools.product(*((2 * i, 2 * i + 1) for i in box)):
                self._fill(part, 2 * n, small)
            return
        if look is not None:
            places = self._places(box, n)
            self._found.third[places], self._found.gradient[places] = look[0], look[1]

    def _blunt(self, look: tuple[Array, Array, float, float, float], n: int, small: float) -> bool:
        """Whether the parts of a box would say more."""
        third, gradient, middle, added, slope = look
        if added > max(SHARP * middle, small):
            return True
        way = self._rate * self._updates * float(gradient.max())
        return way > float((self._high - self._low).min()) / n / 8 and float(gradient.max()) > (1 + SHARP) * slope

    # --- what is bounded -----------------------------------------------------------------------------------------

    @cached_property
    def _fourth_keys(self) -> list[tuple[int, ...]]:
        return list(itertools.combinations_with_replacement(range(self._d), 4))

    @cached_property
    def _fourth_expressions(self) -> list[sympy.Expr]:
        whole, symbols = exact(self._problem.expression), self._problem.symbols
        return [sympy.diff(whole, *(symbols[i] for i in key)) for key in self._fourth_keys]

    def _look(self, box: Sequence[int], n: int) -> tuple[Array, Array, float, float, float] | None:
        """Third derivatives and gradient on a box; the largest at the middle, what is added, the gradient there."""
        middle, half = self._ends(box, n)
        center, d = [arb(c) for c in middle], range(self._d)
        try:
            if not self._problem.is_smooth([arb(c, h) for c, h in zip(middle, half, strict=True)]):
                return None
            fourth = [_upper(a) for a in self._fourth_code([arb(c, h) for c, h in zip(middle, half, strict=True)])]
            third = [_upper(a) for a in self._problem.third(center)]
            hessian = [_upper(a) for a in self._problem.hessian(center)]
            slope = [_upper(a) for a in self._gradient_code(center)]
        except OutsideDomain:
            return None
        places = {key: at for at, key in enumerate(self._fourth_keys)}
        added = [sum(fourth[places[tuple(sorted((*key, i)))]] * half[i] for i in d) for key in self._problem.triples]
        bound = np.array([(t + a) * UP for t, a in zip(third, added, strict=True)])
        gradient = np.array([
            (slope[i] + sum(hessian[self._d * i + j] * half[j] for j in d)
             + sum(bound[self._problem.third_places[i][j][k]] * half[j] * half[k] for j in d for k in d) / 2) * UP
            for i in d
        ])  # fmt: skip
        if not (np.isfinite(bound).all() and np.isfinite(gradient).all()):
            return None
        return bound, gradient, max(third), max(added), max(slope)

    @cached_property
    def _gradient_code(self):  # type: ignore[no-untyped-def]
        whole = exact(self._problem.expression)
        return self._problem.guarded([sympy.diff(whole, s) for s in self._problem.symbols])

    def _round(self, box: Sequence[int]) -> None:
        """Bounds of what rounding does on a box: to the update ``x - rate*g``, however it is fused, and the Hessian."""
        middle, half = self._ends(box, FIRST)
        balls = [arb(c, h) for c, h in zip(middle, half, strict=True)]
        parts, gradient = self._rounding.gradient(balls)
        places = self._places(box, FIRST)
        if parts:
            size = max(abs(c) + h for c, h in zip(middle, half, strict=True))
            slope = max(_upper(r.exact) + gradient for r in parts)
            self._found.update[places] = UP * (self._rate * gradient + 2.0**-51 * (size + 2 * self._rate * slope))
        self._found.hessian[places] = self._rounding.hessian(balls)[1]





def _upper(a: arb) -> float:
    """A float that is at least as large as all of a ball; infinite where nothing is known."""
    low, high = outward(a)
    return max(abs(low), abs(high))


def coarser(table: Array, dimensions: int) -> Iterator[Array]:
    """The largest of a table on grids of half as many boxes along each axis, again and again, the table first."""
    yield table
    while table.shape[0] > COARSEST:
        for axis in range(dimensions):
            table = np.maximum(table.take(range(0, table.shape[axis], 2), axis), table.take(range(1, table.shape[axis], 2), axis))
        yield table
