"""How far from the origin the arguments of exponentials are usual wherever a point is: there they need not be asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import sympy

LARGEST = 700.0  # of the magnitudes of arguments, an hundredth below where results are subnormal or overflow
#: Coordinates up to which arguments have to be usual, or points would be put aside that are merely far from a narrow
#: well: three times the domains that most functions are looked at in.
WIDE = 15.0
_FARTHEST = 2.0**20
_POWER, _HUGE = 16, 2.0**60
Definitions = Mapping[sympy.Expr, sympy.Expr]


@dataclass(frozen=True)
class UsualBox:
    """Where arguments of exponentials are usual: no coordinate that they depend on is farther from 0 than ``reach``.

    Attributes
    ----------
    margins
        What their margins are called; none where the reach would be less than :data:`WIDE`.
    coordinates
        What they depend on, of v0, v1, ..., sorted.
    """

    margins: frozenset[str]
    coordinates: list[str]
    reach: float


def box_of(arguments: Mapping[str, sympy.Expr], definitions: Definitions) -> UsualBox:
    """The box of arguments, by what their margins are called, in terms of coordinates and of symbols that are defined.

    >>> x, y = sympy.symbols("v0 v1")
    >>> box = box_of({"m1": -(x**2) - (y + 1) ** 2, "m2": -(8 * x**2), "m3": y}, {})
    >>> sorted(box.margins), box.coordinates, round(box.reach, 3)
    (['m1', 'm3'], ['v0', 'v1'], 18.202)
    """

    def usual(expr: sympy.Expr, reach: float) -> bool:
        return magnitude(expr, reach, definitions) <= LARGEST

    boxed = {margin: expr for margin, expr in arguments.items() if usual(expr, WIDE)}
    low, high = WIDE, _FARTHEST
    for _ in range(40 if boxed else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if all(usual(expr, middle) for expr in boxed.values()) else (low, middle)
    names = {name for expr in boxed.values() for name in coordinates(expr, definitions)}
    return UsualBox(frozenset(boxed), sorted(names), low)


def magnitude(expr: sympy.Expr, reach: float, definitions: Definitions) -> float:
    """A bound of an expression where no coordinate is farther from 0 than a reach: of sums the sum, and so on.

    For rounding there is room: each operation of :mod:`.formulas` loses less than 1e-15 of what is bounded here.
    Infinite where no bound is known, or where the expression may be no number.

    >>> x = sympy.Symbol("v0")
    >>> magnitude(x * (3 - x), 2.0, {}), magnitude(sympy.log(x), 2.0, {})
    (10.0, inf)
    """
    if expr in definitions:
        return magnitude(definitions[expr], reach, definitions)
    if not expr.free_symbols:
        return abs(complex(expr)) if expr.is_number else math.inf
    if expr.is_Symbol:
        return reach if str(expr).startswith("v") else math.inf  # a free parameter may be any number
    if not (expr.is_Add or expr.is_Mul or _is_power(expr) or isinstance(expr, sympy.sin | sympy.cos | sympy.tanh)):
        return math.inf
    parts = [magnitude(part, reach, definitions) for part in expr.args]
    if expr.is_Add:
        return math.fsum(parts)
    if expr.is_Mul:
        return math.prod(parts)
    if expr.is_Pow:
        return parts[0] ** int(expr.exp) if parts[0] < _HUGE else math.inf
    return 1.0 if parts[0] < _HUGE else math.inf


def coordinates(expr: sympy.Expr, definitions: Definitions) -> set[str]:
    """The coordinates that an expression depends on."""
    names = [coordinates(definitions[s], definitions) if s in definitions else {str(s)} for s in expr.free_symbols]
    return {name for each in names for name in each if name.startswith("v")}


def _is_power(expr: sympy.Expr) -> bool:
    """Whether it is a whole power, which is a number wherever its base is one."""
    return bool(expr.is_Pow and expr.exp.is_Integer and 0 < expr.exp <= _POWER)
