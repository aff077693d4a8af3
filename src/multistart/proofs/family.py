"""Trusted: a function whose parameter is one more coordinate, the last, with enclosures of its derivatives.

A point of ``d + 1`` coordinates is written ``z = (x, p)``, and ``g`` is the gradient by ``x`` alone: the critical
points of all the family's functions are the curves ``g(z) = 0``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import sympy
from flint import arb, fmpq

from multistart.errors import ExpressionError, InputError
from multistart.functions.chain_rule import slope
from multistart.functions.formula import parse
from multistart.functions.objective import Objective
from multistart.proofs.balls import finite
from multistart.proofs.enclosures import exact
from multistart.proofs.problem import Problem, shared

Enclose = Callable[[Sequence[arb]], Sequence[arb]]


@dataclass(frozen=True)
class Family:
    """The functions of ``d`` variables that an objective is for the values of one of its parameters.

    Every enclosure raises `OutsideDomain` on a box where the function is nowhere defined, and is nan where it may be
    undefined somewhere. A derivative counts only where those it is the derivative of have finite enclosures: SymPy
    cancels what is singular.

    >>> f = Objective.from_expression("(x**2 - 1)**2/4 + a*x", ["x"], {"a": 0.1})
    >>> Family.of(f, "a").jet([arb(2), arb(1)])
    ([7.00000000000000], [[11.0000000000000, 1.00000000000000]])
    """

    objective: Objective
    parameter: str
    problem: Problem

    @classmethod
    def of(cls, objective: Objective, parameter: str) -> Family:
        """The family of an objective and a name among its parameters.

        Raises
        ------
        InputError
            No such parameter.
        ExpressionError
            The formula is none where the parameter is a variable, as ``(-2)**a``; or a fit, which has none.
        """
        if objective.fit is not None:
            raise ExpressionError("a fit is a sum over rows of data, whose minima are not followed with a proof")
        others = dict(objective.parameters)
        if parameter not in others or not objective.formula:
            known = f"it has {', '.join(others)}" if others else "it has none"
            raise InputError(f'"{parameter}" is no parameter of the objective; {known}')
        del others[parameter]
        formula = parse(objective.formula, (*objective.parameter_names, parameter), others, limited=False)
        formula, symbols = objective.put_in(formula), (*objective.symbols, sympy.Symbol(parameter))
        problem = shared(Problem(formula.expression, symbols, formula.conditions))
        problem.check()
        return cls(objective, parameter, problem)

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``, without the parameter."""
        return self.objective.dimensions

    def at(self, value: float) -> Objective:
        """The function at one value."""
        given = tuple((name, value if name == self.parameter else v) for name, v in self.objective.parameters)
        return replace(self.objective, parameters=given, evaluator=None)

    @cached_property
    def _gradient(self) -> tuple[sympy.Expr, ...]:
        written = exact(self.problem.expression)
        return tuple(slope(written, s) for s in self.problem.symbols[:-1])

    @cached_property
    def _second(self) -> dict[tuple[int, int], sympy.Expr]:
        """By ``x`` and ``z``, each pair once."""
        d, symbols = self.dimensions, self.problem.symbols
        return {(i, j): slope(self._gradient[i], symbols[j]) for i in range(d) for j in range(i, d + 1)}

    @cached_property
    def _jet(self) -> Enclose:
        return self.problem.guarded([*self._gradient, *self._second.values()])

    def jet(self, z: Sequence[arb]) -> tuple[list[arb], list[list[arb]]]:
        """``g`` and its derivatives by all coordinates, ``d`` rows of ``d + 1``; all nan where one is not finite."""
        d = self.dimensions
        found = self._jet(z)
        if not finite(found):
            return [arb.nan()] * d, [[arb.nan()] * (d + 1)] * d
        return list(found[:d]), [[found[k] for k in row] for row in self._places]

    @cached_property
    def _places(self) -> list[list[int]]:
        """Where second derivatives are in the jet, ``d`` rows of ``d + 1``."""
        d, place = self.dimensions, {pair: self.dimensions + n for n, pair in enumerate(self._second)}
        return [[place[min(i, j), max(i, j)] for j in range(d + 1)] for i in range(d)]

    @cached_property
    def _third(self) -> Enclose:
        """Each third derivative once, all but that by the parameter alone."""
        symbols = self.problem.symbols
        third = [slope(self._second[i, j], symbols[k]) for i, j, k in self._triples]
        return self.problem.guarded([*self._gradient, *self._second.values(), *third])

    @cached_property
    def _triples(self) -> list[tuple[int, int, int]]:
        return [(i, j, k) for i, j in self._second for k in range(j, self.dimensions + 1)]

    def third(self, z: Sequence[arb]) -> list[list[list[arb]]]:
        """The second derivatives of ``g``: ``d`` matrices of ``d + 1`` rows; nan where something is not finite."""
        d, found = self.dimensions, self._third(z)
        if not finite(found):
            return [[[arb.nan()] * (d + 1)] * (d + 1)] * d
        first = len(found) - len(self._triples)
        place = {triple: found[first + n] for n, triple in enumerate(self._triples)}
        n = range(d + 1)
        return [[[place[_in_order(i, j, k)] for k in n] for j in n] for i in range(d)]

    def value(self, z: Sequence[arb]) -> arb:
        """``f``; nan where the function may be undefined."""
        return self.problem.value(z)[0]


def exactly(value: float) -> arb:
    """A value of a parameter as a formula has it, a float being the shortest decimal that denotes it.

    The ball contains the decimal number itself; ``0.1`` as a float is a little larger.
    """
    ratio = Fraction(str(value))
    return arb(fmpq(ratio.numerator, ratio.denominator))


def _in_order(i: int, j: int, k: int) -> tuple[int, int, int]:
    a, b, c = sorted((i, j, k))
    return a, b, c
