"""`Objective`: a function R^d -> R with exact derivatives, known minima and a source; `named` builds catalogue ones."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.errors import InputError
from multistart.functions import catalogue
from multistart.functions.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition, of_expression
from multistart.functions.derivative import derivative
from multistart.functions.formula import Formula, parse

if TYPE_CHECKING:
    import sympy

Points = NDArray[np.float64]
HESSIANS = 2**20  # doubles of second derivatives that are held at a time
Evaluator = Callable[[Points], tuple[Points, Points, Points]]
#: Whether numbers are what a condition asks for; nan never is.
HOLDS: dict[str, Callable[[Points], NDArray[np.bool_]]] = {
    POSITIVE: lambda part: part > 0,
    NONNEGATIVE: lambda part: part >= 0,
    NONZERO: lambda part: np.abs(part) > 0,
}


@dataclass(frozen=True)
class Objective:
    """A real function given symbolically, undefined where a part of its formula is.

    SymPy is loaded when an expression or a derivative is first asked for, and not by a descent whose kernel is kept.

    Attributes
    ----------
    name
        A plain identifier, or ``"expression"`` for a user's own formula.
    definition
        The formula as text, or a SymPy expression.
    variables
        Coordinate names in order, ``d`` of them.
    domain
        The usual box of a catalogue function; none for an expression.
    minima
        Known minima ``((x1, ..., xd), value)``, lowest first; may be incomplete.
    source
        Where function and minima come from.
    parameters
        Names in the formula that stand for numbers, with the numbers.
    of_catalogue
        Whether the formula is the package's own, which no limits hold for.
    evaluator
        What gives values, gradients and Hessians, shapes ``(n, d) -> (n,), (n, d), (n, d, d)``, such as a kernel's
        ``evaluate``; by default NumPy does, by SymPy's ``lambdify``.

    >>> f = Objective.from_expression("(x**2 - 1)**2 / 4", ["x"])
    >>> f.gradient(np.array([[2.0]]))
    array([[6.]])
    """

    name: str
    definition: str | sympy.Expr
    variables: tuple[str, ...]
    domain: Box | None = None
    minima: tuple[tuple[tuple[float, ...], float], ...] = ()
    source: str = ""
    parameters: tuple[tuple[str, float | int | str], ...] = ()
    of_catalogue: bool = False
    evaluator: Evaluator | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_expression(
        cls, text: str, variables: Sequence[str], parameters: Mapping[str, float | int | str] | None = None
    ) -> Objective:
        """Build an objective from a user's formula.

        Raises
        ------
        ExpressionError
            The formula is not allowed; see :mod:`multistart.functions.expressions`.
        """
        objective = cls.from_checked(text, variables, parameters)
        objective._read  # noqa: B018 - refuses the formula now
        return objective

    @classmethod
    def from_checked(
        cls, text: str, variables: Sequence[str], parameters: Mapping[str, float | int | str] | None = None
    ) -> Objective:
        """The same of a formula that was checked before, which is read when it is needed."""
        return cls(
            name="expression",
            definition=text,
            variables=tuple(variables),
            source="expression given by the user",
            parameters=tuple((parameters or {}).items()),
        )

    def evaluated_by(self, evaluator: Evaluator) -> Objective:
        """The same function, with values and derivatives by another route."""
        return replace(self, evaluator=evaluator)

    @property
    def formula(self) -> str:
        """The formula as text; empty where the definition is an expression."""
        return self.definition if isinstance(self.definition, str) else ""

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Which function this is, as plain data; SymPy is not needed for a formula."""
        if self.formula:
            spelled = {"formula": self.formula, "parameters": [[name, str(value)] for name, value in self.parameters]}
        else:
            import sympy

            spelled = {"expression": sympy.srepr(self.expression)}
        return {"variables": list(self.variables), **spelled}

    @cached_property
    def _read(self) -> Formula:
        if isinstance(self.definition, str):
            return parse(self.definition, self.variables, dict(self.parameters), limited=not self.of_catalogue)
        return Formula(self.definition, of_expression(self.definition))

    @property
    def expression(self) -> sympy.Expr:
        """The SymPy expression, with exact coefficients."""
        return self._read.expression

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Where the function is defined.

        A formula that SymPy simplified asks for more than the expression: ``sqrt(x)**2`` is ``x``, for ``x >= 0``.
        """
        return self._read.conditions

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.variables)

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The SymPy symbols of the variables, in order."""
        import sympy

        return tuple(sympy.Symbol(name) for name in self.variables)

    @cached_property
    def gradient_expressions(self) -> tuple[sympy.Expr, ...]:
        """The exact partial derivatives, ``d`` of them."""
        return tuple(derivative(self.expression, s) for s in self.symbols)

    @cached_property
    def hessian_expressions(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """The exact second derivatives, ``d`` rows of ``d``; symmetric by construction."""
        d = self.dimensions
        upper = {
            (i, j): derivative(self.gradient_expressions[i], self.symbols[j]) for i in range(d) for j in range(i, d)
        }
        return tuple(tuple(upper[min(i, j), max(i, j)] for j in range(d)) for i in range(d))

    def value(self, points: Points) -> Points:
        """The values at ``points``, shape ``(n, d)`` -> ``(n,)``; nan or inf where the function is not finite.

        Nan for certain where a condition fails; so are the derivatives.
        """
        return self._evaluate("value", points)[:, 0]

    def gradient(self, points: Points) -> Points:
        """The gradients at ``points``, shape ``(n, d)`` -> ``(n, d)``."""
        return self._evaluate("gradient", points)

    def hessian(self, points: Points) -> Points:
        """The Hessians at ``points``, shape ``(n, d)`` -> ``(n, d, d)``."""
        d = self.dimensions
        return self._evaluate("hessian", points).reshape(-1, d, d)

    @cached_property
    def _compiled(self) -> dict[str, Callable[..., Sequence[Points]]]:
        import sympy

        flat = {
            "value": (self.expression,),
            "gradient": self.gradient_expressions,
            "hessian": tuple(h for row in self.hessian_expressions for h in row),
            "conditions": tuple(condition.part for condition in self.conditions),
        }
        flat = {key: tuple(map(_in_doubles, parts)) for key, parts in flat.items()}
        return {key: sympy.lambdify(self.symbols, parts, modules="numpy", cse=True) for key, parts in flat.items()}

    def _evaluate(self, what: str, points: Points) -> Points:
        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != self.dimensions:
            raise InputError(f"points have shape (n, {self.dimensions}); got {points.shape}")
        if self.evaluator is not None:
            return self._by_evaluator(("value", "gradient", "hessian").index(what), points)
        with np.errstate(all="ignore"):  # not finite is an answer here, see the endings
            parts = self._compiled[what](*points.T)
            asked = self._compiled["conditions"](*points.T)
        result = np.stack([np.broadcast_to(np.asarray(p, dtype=np.float64), len(points)) for p in parts], axis=1)
        for condition, part in zip(self.conditions, asked, strict=True):
            result[~HOLDS[condition.kind](np.broadcast_to(part, len(points)))] = np.nan
        return result

    def _by_evaluator(self, which: int, points: Points) -> Points:
        """As many points at a time as their Hessians fit in a few megabytes."""
        assert self.evaluator is not None
        at_once = max(1, HESSIANS // self.dimensions**2)
        cuts = range(0, max(len(points), 1), at_once)
        found = np.concatenate([self.evaluator(points[i : i + at_once])[which] for i in cuts])
        return found.reshape(len(points), math.prod(found.shape[1:]))


def named(name: str, dimensions: int | None = None) -> Objective:
    """Return a function of the catalogue, as in ``named("rastrigin", dimensions=4)``.

    Parameters
    ----------
    name
        A name that ``multistart functions`` lists.
    dimensions
        For scalable functions, the number of coordinates; their default is 2.

    Raises
    ------
    InputError
        Unknown name, or a dimension that the function cannot have.
    """
    entry = catalogue.find(name)
    d = catalogue.dimensions_of(entry, dimensions)
    variables = entry.variables(d)
    return Objective(
        name=name,
        definition=entry.formula(d),
        variables=variables,
        domain=Box(dict(zip(variables, entry.domain(d), strict=True))),
        minima=entry.minima(d),
        source=entry.source,
        of_catalogue=True,
    )


def _in_doubles(part: sympy.Expr) -> sympy.Expr:
    """An expression without whole numbers past the largest double, which NumPy cannot take: they are infinite."""
    import sympy

    huge = [n for n in part.atoms(sympy.Integer) if abs(n) > sys.float_info.max]
    return part.xreplace({n: sympy.Float(n) for n in huge})
