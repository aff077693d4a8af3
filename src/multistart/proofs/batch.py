"""Trusted: what is known of a fit on many cells at once, in arrays of intervals.

Implementations of :class:`Looks`: :class:`Squares`, for sums of squares, from the residuals and their derivatives;
:class:`Terms`, for any other loss, from the term and its derivatives. To add one, write ``look``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from numpy.typing import NDArray

from multistart.functions.chain_rule import slope
from multistart.functions.conditions import NONNEGATIVE, NONZERO
from multistart.proofs.enclosures import Enclosure
from multistart.proofs.fit_problem import FitProblem
from multistart.proofs.intervals import OPERATIONS, Intervals

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Matrix = list[list[Intervals]]


@dataclass(frozen=True)
class Cells:
    """``B`` cells by their ends, shape ``(B, d)``; coordinates that a face holds have both at one place."""

    low: Array
    high: Array

    def __len__(self) -> int:
        return len(self.low)

    @cached_property
    def center(self) -> Array:
        """A point of each, in floats."""
        return np.clip(0.5 * self.low + 0.5 * self.high, self.low, self.high)

    @cached_property
    def reach(self) -> Array:
        """At least how far each goes from its center."""
        far = np.maximum(self.high - self.center, self.center - self.low)
        return np.where(far > 0, np.nextafter(far, np.inf), 0.0)

    def only(self, which: Bools) -> Cells:
        """Some of them."""
        return Cells(self.low[which], self.high[which])

    def offset(self, i: int) -> Intervals:
        """What a point's coordinate may differ by from the center's."""
        return Intervals(-self.reach[:, i], self.reach[:, i])


@dataclass(frozen=True)
class Residuals:
    """Of a sum of squares, per cell and row, shape ``(B, n)`` each.

    Attributes
    ----------
    at_center, slopes_at_center
        The residuals and their ``d`` derivatives at the centers.
    slopes, bends
        Their first and second derivatives on the cells.
    """

    at_center: Intervals
    slopes_at_center: list[Intervals]
    slopes: list[Intervals]
    bends: Matrix


@dataclass(frozen=True)
class Look:
    """What is known of the function on cells, one number a cell: its value, gradient and Hessian.

    Of a sum of squares, all without the divisor of means.
    """

    cells: Cells
    value: Intervals
    gradient: list[Intervals]
    at_center: list[Intervals]
    hessian: Matrix
    residuals: Residuals | None = None


class Looks(ABC):
    """Code for one fit."""

    def __init__(self, problem: FitProblem) -> None:
        self.problem = problem
        self._columns = [Intervals.exactly(column) for column in problem.data.T.copy()]

    @abstractmethod
    def look(self, cells: Cells) -> Look:
        """What is known on cells on which the function is smooth."""

    @abstractmethod
    def value(self, cells: Cells) -> Intervals:
        """The values on cells, where it is defined; the quicker half of a look."""

    def level(self, level: float) -> float:
        """At least what the sum is at most where the function is at or below a level."""
        return float(np.nextafter(level * self.problem.divisor, np.inf)) if np.isfinite(level) else level

    def unscaled(self, value: float) -> float:
        """At most what the function is where the sum is at least this."""
        return float(np.nextafter(value / self.problem.divisor, -np.inf)) if self.problem.divisor > 1 else value

    def defined(self, cells: Cells) -> tuple[Bools, Bools]:
        """Where the function is certainly smooth on all of a cell, and where it is certainly defined nowhere."""
        smooth, nowhere = np.ones(len(cells), bool), np.zeros(len(cells), bool)
        for condition, part in zip(self.problem.edges, self._parts(cells), strict=True):
            nonzero = condition.kind == NONZERO
            smooth &= ((part.low > 0) | (nonzero & (part.high < 0))).all(axis=1)
        for condition, part in zip(self.problem.conditions, self._asked(cells), strict=True):
            fails = part.high < 0 if condition.kind == NONNEGATIVE else part.high <= 0
            fails = (part.low == 0) & (part.high == 0) if condition.kind == NONZERO else fails
            nowhere |= fails.any(axis=1)
        return smooth, nowhere

    @cached_property
    def _parts(self) -> Callable[[Cells], list[Intervals]]:
        return self._code([c.part for c in self.problem.edges])

    @cached_property
    def _asked(self) -> Callable[[Cells], list[Intervals]]:
        return self._code([c.part for c in self.problem.conditions])

    def _code(self, expressions: Sequence[sympy.Expr]) -> Callable[[Cells], list[Intervals]]:
        """Code whose results have shape ``(B, n)``."""
        symbols, n = self.problem.all_symbols, self.problem.rows
        code = Enclosure(expressions, symbols).compiled(OPERATIONS, Intervals.around)

        def on(cells: Cells) -> list[Intervals]:
            exact, d = cells.low is cells.high, cells.low.shape[1]
            low = [cells.low[:, i : i + 1] for i in range(d)]
            high = low if exact else [cells.high[:, i : i + 1] for i in range(d)]
            box = [Intervals(a, b) for a, b in zip(low, high, strict=True)]
            return [a.broadcast((len(cells), n)) for a in code([*box, *self._columns])]

        return on


class Squares(Looks):
    """Of a sum of squares of residuals: half of its gradient is ``J'r``, of its Hessian ``J'J + sum r_k S_k``.

    Attributes
    ----------
    residual, first
        Code for the residuals, and for them and their derivatives.
    linear
        The parameters that the model is linear in: those that the slope along them does not depend on.
    """

    def __init__(self, problem: FitProblem) -> None:
        super().__init__(problem)
        r, x, n = problem.residual, problem.symbols, range(problem.dimensions)
        slopes = [slope(r, s) for s in x]
        self.linear = [i for i in n if x[i] not in slopes[i].free_symbols]
        self._places = {(i, j): k for k, (i, j) in enumerate((i, j) for i in n for j in n if i <= j)}
        bends = [slope(slopes[i], x[j]) for i, j in self._places]
        self.residual = self._code([r])
        self.first = self._code([r, *slopes])
        self._second = self._code([r, *slopes, *bends])

    def value(self, cells: Cells) -> Intervals:
        """The sum of squares."""
        return self.residual(cells)[0].square().sum()

    def look(self, cells: Cells) -> Look:
        """Residuals and slopes by their own enclosures and by mean-value forms, whichever is tighter."""
        d = self.problem.dimensions
        n, offset = range(d), [cells.offset(i).column for i in range(d)]
        r0, *slopes0 = self.first(Cells(cells.center, cells.center))
        r, *rest = self._second(cells)
        bends = [[rest[d + self._places[min(i, j), max(i, j)]] for j in n] for i in n]
        slopes = [rest[i].meet(_mean_value(slopes0[i], bends[i], offset)) for i in n]
        r = r.meet(_mean_value(r0, slopes, offset))
        hessian = {
            (i, j): ((slopes[i].square() if i == j else slopes[i] * slopes[j]) + r * bends[i][j]).sum()
            for i, j in self._places
        }
        return Look(
            cells,
            r.square().sum(),
            [(r * slopes[i]).sum() for i in n],
            [(r0 * slopes0[i]).sum() for i in n],
            [[hessian[min(i, j), max(i, j)] for j in n] for i in n],
            Residuals(r0, slopes0, slopes, bends),
        )


class Terms(Looks):
    """Of any sum over rows, from the term's own derivatives."""

    def __init__(self, problem: FitProblem) -> None:
        super().__init__(problem)
        d = problem.dimensions
        self._value = self._code([problem.term])
        self._first = self._code([problem.term, *problem.slopes])
        self._second = self._code([problem.term, *problem.slopes, *problem.bends])
        self._n = range(d)

    def value(self, cells: Cells) -> Intervals:
        """The sum."""
        return self._value(cells)[0].sum()

    def look(self, cells: Cells) -> Look:
        """Value and gradient by their own enclosures and by mean-value forms, whichever is tighter."""
        d = len(self._n)
        offset = [cells.offset(i) for i in self._n]
        f0, *g0 = (a.sum() for a in self._first(Cells(cells.center, cells.center)))
        f, *rest = (a.sum() for a in self._second(cells))
        hessian = [rest[d + d * i : 2 * d + d * i] for i in self._n]
        gradient = [rest[i].meet(_mean_value(g0[i], hessian[i], offset)) for i in self._n]
        return Look(cells, f.meet(_mean_value(f0, gradient, offset)), gradient, g0, hessian)


def _mean_value(at_center: Intervals, slopes: Sequence[Intervals], offset: Sequence[Intervals]) -> Intervals:
    """``f(c) + f'(X)(X - c)``: contains every value on a cell."""
    total = at_center
    for each, along in zip(slopes, offset, strict=True):
        total = total + each * along
    return total


def looks_of(problem: FitProblem) -> Looks:
    """The code for a fit."""
    return Terms(problem) if problem.residual is None else Squares(problem)
