"""Trusted: what is known of a function on the boxes of a grid over the arena, computed once, in ball arithmetic.

Of each box: bounds of the fourth derivatives' sizes, of each component of the gradient, of the error that an update
adds by rounding, and of the errors of computed Hessians and third derivatives. They hold on the box widened by
:data:`MARGIN`, so that whoever looks a box up may be off by rounding. A box of a coarser grid has the largest bounds of
those in it.

The gradient is that of the box's middle and what the next derivatives add on the way to its corners (Taylor's theorem).
Where a box says enough its parts are not asked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from multistart.functions.chain_rule import slope
from multistart.functions.objective import Objective
from multistart.proofs.balls import outward
from multistart.proofs.enclosures import OutsideDomain, exact, precision
from multistart.proofs.fit_problem import problem_of
from multistart.reachability.forks import in_forks
from multistart.reachability.jet import keys
from multistart.reachability.rounding import Rounding

Array = NDArray[np.float64]
FINEST = {1: 4096, 2: 256, 3: 32}  # boxes along an axis, by dimensions
COARSEST = 8
FIRST = 16  # boxes along an axis that are looked at first
MARGIN = 2.0**-20  # of a box's width
SHARP = 1.0  # a bound that is larger than the middle's by less is not refined
SMALL = 1e-3  # of the largest: what is below is not refined either
BITS = 64
UP = 1 + 2.0**-40  # more than all roundings of a bound


@dataclass(frozen=True)
class Bounds:
    """Bounds on the boxes of the finest grid.

    Attributes
    ----------
    low, width
        The arena's lower corner, and a box's widths.
    fourth
        Of the fourth derivatives ``i <= j <= k <= l``, shape ``(*grid, t)``.
    gradient
        Of its components, shape ``(*grid, d)``.
    update
        Of an update's error, absolute in each coordinate, shape ``(*grid,)``.
    hessian, third
        Of the error of each entry of the computed ones, shape ``(*grid,)``.
    """

    low: Array
    width: Array
    fourth: Array
    gradient: Array
    update: Array
    hessian: Array
    third: Array


def bounds_on(
    objective: Objective, rounding: Rounding, low: Array, high: Array, rate: float, updates: int, processes: int = 1
) -> Bounds:
    """The bounds on a grid over a box, for gradient descent at a rate; ``updates`` only says where to look closer.

    They are the same whatever the number of processes that boxes are shared out among.
    """
    return _Looking(objective, rounding, low, high, rate, updates).found(processes)


class _Looking:
    """One pass over a grid: coarse boxes first, their parts where that pays."""

    def __init__(
        self, objective: Objective, rounding: Rounding, low: Array, high: Array, rate: float, updates: int
    ) -> None:
        self._d = d = objective.dimensions
        self._problem = problem_of(objective)
        self._fourth_code = self._problem.guarded(self._fourth_expressions)
        self._rounding = rounding
        self._low, self._high, self._rate, self._updates = low, high, rate, updates
        n = FINEST[d]
        width = np.nextafter((high - low) / n, np.inf)  # so that no last bit of the arena is beyond the grid
        self._found = Bounds(
            low, width, np.full((*[n] * d, math.comb(d + 3, 4)), math.inf),
            np.full((*[n] * d, d), math.inf), *(np.full([n] * d, math.inf) for _ in range(3)),
        )  # fmt: skip

    def found(self, processes: int) -> Bounds:
        with precision(BITS), np.errstate(over="ignore"):  # an infinite bound says that nothing is known
            boxes = list(itertools.product(range(FIRST), repeat=self._d))
            looks = [self._look(box, FIRST) for box in boxes]
            largest = max((look.middle for look in looks if look is not None), default=0.0)
            shared = [boxes[first::processes] for first in range(processes)]
            parts = in_forks(lambda number: self._bounds_of(shared[number], largest * SMALL), processes)
        for box, part in itertools.chain.from_iterable(map(zip, shared, parts)):
            self._put(box, part)
        return self._found

    def _bounds_of(self, boxes: Sequence[tuple[int, ...]], small: float) -> list[list[Array]]:
        """All bounds of the boxes of the finest grid that are in some of the first one."""
        for box in boxes:
            self._round(box, FIRST)
            self._fill(box, FIRST, small)
        return [[table[self._places(box, FIRST)] for table in self._tables] for box in boxes]

    def _put(self, box: tuple[int, ...], bounds: Sequence[Array]) -> None:
        for table, part in zip(self._tables, bounds, strict=True):
            table[self._places(box, FIRST)] = part

    @property
    def _tables(self) -> list[Array]:
        found = self._found
        return [found.fourth, found.gradient, found.update, found.hessian, found.third]

    # --- boxes ---------------------------------------------------------------------------------------------------

    def _ends(self, box: Sequence[int], n: int) -> tuple[list[float], list[float]]:
        """Middle and half widths of a box of ``n`` along an axis, widened."""
        width = (self._high - self._low) / n
        middle = [float(v) for v in self._low + (np.array(box) + 0.5) * width]
        last_bits = 2.0**-48 * np.maximum(abs(self._low), abs(self._high))
        return middle, [float(v) for v in width * (0.5 + MARGIN) + last_bits]

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
            self._found.fourth[places], self._found.gradient[places] = look.fourth, look.gradient

    def _blunt(self, look: _Look, n: int, small: float) -> bool:
        """Whether the parts of a box would say more."""
        if look.fourth.max() > max((1 + SHARP) * look.middle, small):
            return True
        way = self._rate * self._updates * float(look.gradient.max())
        return way > float((self._high - self._low).min()) / n / 8 and look.gradient.max() > (1 + SHARP) * look.slope

    # --- what is bounded -----------------------------------------------------------------------------------------

    @cached_property
    def _fourth_expressions(self) -> list[sympy.Expr]:
        whole, symbols = exact(self._problem.expression), self._problem.symbols
        return [sympy.diff(whole, *(symbols[i] for i in key)) for key in keys(self._d, 4)]

    def _look(self, box: Sequence[int], n: int) -> _Look | None:
        """What is known of a box by itself; nothing where the function may not be smooth."""
        middle, half = self._ends(box, n)
        center, d = [arb(c) for c in middle], range(self._d)
        whole = [arb(c, h) for c, h in zip(middle, half, strict=True)]
        try:
            if not self._problem.is_smooth(whole):
                return None
            fourth = np.array([_upper(a) for a in self._fourth_code(whole)]) * UP
            at_middle = max(_upper(a) for a in self._fourth_code(center))
            third = [_upper(a) for a in self._problem.third(center)]
            hessian = [_upper(a) for a in self._problem.hessian(center)]
            slope = [_upper(a) for a in self._gradient_code(center)]
        except OutsideDomain:
            return None
        cube = {k: half[k[0]] * half[k[1]] * half[k[2]] for k in itertools.product(d, repeat=3)}
        places = {key: at for at, key in enumerate(keys(self._d, 4))}
        gradient = np.array([
            (slope[i] + sum(hessian[self._d * i + j] * half[j] for j in d)
             + sum(third[self._problem.third_places[i][j][k]] * half[j] * half[k] for j in d for k in d) / 2
             + sum(fourth[places[tuple(sorted((i, *key)))]] * size for key, size in cube.items()) / 6) * UP
            for i in d
        ])  # fmt: skip
        if not (np.isfinite(fourth).all() and np.isfinite(gradient).all()):
            return None
        return _Look(fourth, gradient, at_middle, max(slope))

    @cached_property
    def _gradient_code(self) -> Callable[[Sequence[arb]], Sequence[arb]]:
        whole = exact(self._problem.expression)
        return self._problem.guarded([slope(whole, s) for s in self._problem.symbols])

    def _round(self, box: tuple[int, ...], n: int) -> None:
        """Bounds of what rounding does on a box, or on its parts where nothing can be said of all of it.

        To an update ``x - rate*g``, however it is fused, the descent's own and that of a set's centre; to derivatives.
        """
        middle, half = self._ends(box, n)
        balls = [arb(c, h) for c, h in zip(middle, half, strict=True)]
        parts, error = self._rounding.gradient(balls)
        of_center, hessian, third = self._rounding.jet(balls)
        places = self._places(box, n)
        if parts and math.isfinite(of_center):
            error = max(error, of_center)
            size = max(abs(c) + h for c, h in zip(middle, half, strict=True))
            slope = max(_upper(r.exact) + error for r in parts)
            self._found.update[places] = UP * (self._rate * error + 2.0**-51 * (size + 2 * self._rate * slope))
            self._found.hessian[places], self._found.third[places] = hessian, third
        elif n < FINEST[self._d]:
            for part in itertools.product(*((2 * i, 2 * i + 1) for i in box)):
                self._round(part, 2 * n)


@dataclass(frozen=True)
class _Look:
    """Bounds of a box, and what says whether its parts would be sharper: the same at its middle."""

    fourth: Array
    gradient: Array
    middle: float
    slope: float


def _upper(a: arb) -> float:
    """A float that is at least as large as all of a ball; infinite where nothing is known."""
    low, high = outward(a)
    return max(abs(low), abs(high))


def coarser(table: Array, dimensions: int) -> Iterator[Array]:
    """The largest of a table on grids of half as many boxes along each axis, again and again, the table first."""
    yield table
    while table.shape[0] > COARSEST:
        for axis in range(dimensions):
            halves = (table.take(range(start, table.shape[axis], 2), axis) for start in (0, 1))
            table = np.maximum(*halves)
        yield table
