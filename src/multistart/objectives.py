"""`Objective`: a function R^d -> R with exact derivatives, known minima and a source; `named` builds catalogue ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import sympy
from numpy.typing import NDArray

from multistart import catalogue
from multistart.box import Box
from multistart.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition, of_expression
from multistart.errors import InputError
from multistart.expressions import parse

Points = NDArray[np.float64]
#: Whether numbers are what a condition asks for; nan never is.
HOLDS: dict[str, Callable[[Points], NDArray[np.bool_]]] = {
    POSITIVE: lambda part: part > 0,
    NONNEGATIVE: lambda part: part >= 0,
    NONZERO: lambda part: np.abs(part) > 0,
}


@dataclass(frozen=True)
class Objective:
    """A real function given symbolically, undefined where a part of its formula is.

    Attributes
    ----------
    name
        A plain identifier, or ``"expression"`` for a user's own formula.
    expression
        SymPy expression with exact coefficients.
    variables
        Coordinate names in order, ``d`` of them.
    domain
        The usual box of a catalogue function; none for an expression.
    minima
        Known minima ``((x1, ..., xd), value)``, lowest first; may be incomplete.
    source
        Where function and minima come from.
    conditions
        Where the function is defined; by default what the expression asks for as it stands. A formula that SymPy
        simplified asks for more: ``sqrt(x)**2`` is ``x``, for ``x >= 0``.

    >>> f = Objective.from_expression("(x**2 - 1)**2 / 4", ["x"])
    >>> f.gradient(np.array([[2.0]]))
    array([[6.]])
    """

    name: str
    expression: sympy.Expr
    variables: tuple[str, ...]
    domain: Box | None = None
    minima: tuple[tuple[tuple[float, ...], float], ...] = ()
    source: str = ""
    formula: str = field(default="", compare=False)
    conditions: tuple[Condition, ...] = None  # type: ignore[assignment] # filled in below

    def __post_init__(self) -> None:
        if self.conditions is None:
            object.__setattr__(self, "conditions", of_expression(self.expression))

    @classmethod
    def from_expression(
        cls, text: str, variables: Sequence[str], parameters: Mapping[str, float | int | str] | None = None
    ) -> Objective:
        """Build an objective from a user's formula.

        Raises
        ------
        ExpressionError
            The formula is not allowed; see :mod:`multistart.expressions`.
        """
        read = parse(text, variables, parameters)
        return cls(
            name="expression",
            expression=read.expression,
            variables=tuple(variables),
            source="expression given by the user",
            formula=text,
            conditions=read.conditions,
        )

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.variables)

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The SymPy symbols of the variables, in order."""
        return tuple(sympy.Symbol(name) for name in self.variables)

    @cached_property
    def gradient_expressions(self) -> tuple[sympy.Expr, ...]:
        """The exact partial derivatives, ``d`` of them."""
        return tuple(sympy.diff(self.expression, s) for s in self.symbols)

    @cached_property
    def hessian_expressions(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """The exact second derivatives, ``d`` rows of ``d``; symmetric by construction."""
        d = self.dimensions
        upper = {
            (i, j): sympy.diff(self.gradient_expressions[i], self.symbols[j]) for i in range(d) for j in range(i, d)
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
        flat = {
            "value": (self.expression,),
            "gradient": self.gradient_expressions,
            "hessian": tuple(h for row in self.hessian_expressions for h in row),
            "conditions": tuple(condition.part for condition in self.conditions),
        }
        return {key: sympy.lambdify(self.symbols, parts, modules="numpy", cse=True) for key, parts in flat.items()}

    def _evaluate(self, what: str, points: Points) -> Points:
        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != self.dimensions:
            raise InputError(f"points have shape (n, {self.dimensions}); got {points.shape}")
        with np.errstate(all="ignore"):  # not finite is an answer here, see the endings
            parts = self._compiled[what](*points.T)
            asked = self._compiled["conditions"](*points.T)
        result = np.stack([np.broadcast_to(np.asarray(p, dtype=np.float64), len(points)) for p in parts], axis=1)
        for condition, part in zip(self.conditions, asked, strict=True):
            result[~HOLDS[condition.kind](np.broadcast_to(part, len(points)))] = np.nan
        return result


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
    formula = entry.formula(d)
    read = parse(formula, variables, limited=False)
    return Objective(
        name=name,
        expression=read.expression,
        conditions=read.conditions,
        variables=variables,
        domain=Box(dict(zip(variables, entry.domain(d), strict=True))),
        minima=entry.minima(d),
        source=entry.source,
        formula=formula,
    )
