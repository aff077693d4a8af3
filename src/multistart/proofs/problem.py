"""Trusted: an objective's derivatives, and a field with the same zeros that is easier to enclose, as compiled code.

Sums of Gaussians are flat far out: every enclosure of their gradient contains 0 although it vanishes nowhere.
Multiplied by ``exp(-q)``, with ``q`` the widest decaying exponent, the gradient keeps its zeros and loses the flatness;
where the Gaussians share their quadratic part, the exponents that are left are affine.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol, TypeVar

import numpy as np
import sympy
from flint import arb

from multistart.functions.chain_rule import slope
from multistart.functions.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition, of_expression, singularities
from multistart.functions.piecewise import huber
from multistart.proofs.balls import Cell, finite
from multistart.proofs.enclosures import ZERO, OutsideDomain, enclosure_of, exact
from multistart.proofs.extended import Extended


class Code(Protocol):
    """Enclosures of some numbers over a box.

    Implementations: :class:`multistart.proofs.enclosures.Enclosure`, and :class:`multistart.proofs.row_sums.RowSums`
    for sums over rows of data. To add one, write both methods.
    """

    def __call__(self, box: Sequence[arb], /) -> Sequence[arb]:
        """By balls, which are nan where nothing is known."""

    def extended(self, box: Sequence[Extended], /) -> Sequence[Extended]:
        """Of the points where they are defined."""


AnyProblem = TypeVar("AnyProblem", bound="Problem")
KEPT = 64  # functions, with their derivatives and codes
MAX_SCALING = 40_000  # pairs of Gaussians times pairs of variables: so many derivatives


@dataclass(frozen=True)
class Problem:
    """A function of ``d`` variables, with enclosures of all that a certificate needs.

    It is undefined where one of its ``conditions`` fails, whatever SymPy made of the expression; by default they are
    what the expression asks for. On a box where a condition certainly fails enclosures raise `OutsideDomain`, and where
    it may fail they are nan, all but ``range``. So they are where the function's own enclosure is not finite: SymPy
    cancels what is singular out of a derivative.

    ``field`` is the gradient times a positive function, so it has the gradient's zeros, and the signs of its
    components are the gradient's.
    """

    expression: sympy.Expr
    symbols: tuple[sympy.Symbol, ...]
    conditions: tuple[Condition, ...] = None  # type: ignore[assignment] # filled in below

    def __post_init__(self) -> None:
        if self.conditions is None:
            object.__setattr__(self, "conditions", of_expression(self.expression))

    @cached_property
    def text(self) -> str:
        """The function as a certificate names it."""
        return str(self.expression)

    @property
    def rows(self) -> int:
        """How many terms an enclosure adds, which is what it costs; 1 of what is no sum over data."""
        return 1

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.symbols)

    @cached_property
    def _exact(self) -> sympy.Expr:
        return exact(self.expression)  # before differentiating: SymPy rounds floats as it goes

    @cached_property
    def _gradient(self) -> tuple[sympy.Expr, ...]:
        return tuple(slope(self._exact, s) for s in self.symbols)

    @cached_property
    def _field(self) -> tuple[sympy.Expr, ...]:
        return scaled_gradient(self._exact, self.symbols) or self._gradient

    @cached_property
    def jumps(self) -> bool:
        """Whether the second derivatives jump, so that the third ones say nothing of them."""
        return self.expression.has(huber)

    @property
    def term(self) -> sympy.Expr:
        """The expression with exact coefficients."""
        return self._exact

    @property
    def slopes(self) -> Sequence[sympy.Expr]:
        """Its derivatives, ``d``."""
        return self._gradient

    @property
    def bends(self) -> Sequence[sympy.Expr]:
        """Its second derivatives, row by row."""
        return self._second

    @property
    def scaled(self) -> bool:
        """Whether the field differs from the gradient."""
        return self._field is not self._gradient

    @cached_property
    def _guards(self) -> list[sympy.Expr]:
        """What is looked at, behind the conditions, before anything is believed: the function itself."""
        return [self._exact] if self.conditions or self.edges else []

    @cached_property
    def edges(self) -> list[Condition]:
        """Parts of the function that are not 0 (and positive, under a root or logarithm) where it is smooth."""
        strict = [Condition(NONZERO if c.kind == NONZERO else POSITIVE, exact(c.part)) for c in self.conditions]
        return list(dict.fromkeys([*strict, *singularities(self._exact)]))

    def code(self, expressions: Sequence[sympy.Expr], conditions: Sequence[Condition] = ()) -> Code:
        """Code for parts of conditions, and for expressions behind them."""
        return enclosure_of((*(exact(c.part) for c in conditions), *expressions), self.symbols)

    def _guarded(self, code: Code, box: Sequence[arb]) -> Sequence[arb]:
        """Trusted. What the code finds on a box; nan where the function is not certainly defined on all of it."""
        found, guards = code(box), len(self.conditions) + len(self._guards)
        if not guards:
            return found
        certain = [holds(c.kind, part) for c, part in zip(self.conditions, found, strict=False)]
        if False in certain:
            raise OutsideDomain
        if None in certain or not found[guards - 1].is_finite():
            return [arb.nan()] * (len(found) - guards)
        return found[guards:]

    def guarded(self, expressions: Sequence[sympy.Expr]) -> Callable[[Sequence[arb]], Sequence[arb]]:
        """Code for derivatives of the function; nan on a box on which it is not certainly defined."""
        code = self._guarded_code(expressions)
        return lambda box: self._guarded(code, box)

    def _guarded_code(self, expressions: Sequence[sympy.Expr]) -> Code:
        return self.code([*self._guards, *expressions], self.conditions)

    def value(self, box: Sequence[arb]) -> Sequence[arb]:
        """``f``, one ball; nan where the box is not certainly inside the function's domain."""
        return self._guarded(self._value, box)

    @cached_property
    def _value(self) -> Code:
        return self._guarded_code([self._exact])

    def good_points(self, bounds: Cell) -> list[list[float]]:
        """Points that a search should try first; none are known of a formula."""
        return []

    def check(self) -> None:
        """Raise `InputError` where the function, or a condition, has no enclosure."""
        self._value  # noqa: B018 - compiles it

    def range(self, box: Sequence[arb], cell: Cell | None = None) -> Extended:
        """Trusted. The values that ``f`` takes on a box, or on the cell inside it, where it is defined."""
        found = self.value(box)[0]
        if found.is_finite():
            return Extended.around(found)
        ends = exact_ends(cell) if cell is not None else [Extended.around(a) for a in box]
        if any(fails(c.kind, p) for c, p in zip(self.conditions, self.condition_code.extended(ends), strict=True)):
            raise OutsideDomain
        return self._value.extended(ends)[-1]

    def has_minimum(self, box: Sequence[arb]) -> bool:
        """Trusted. Whether the function has a minimum on a closed box: where it is defined is closed too.

        A function is continuous where it is defined; that is closed where only roots ask for it.
        """
        found, parts = self.range(box), self.condition_code(box)
        bounded = found.low.is_finite() and found.high.is_finite()
        return bounded and all(
            c.kind == NONNEGATIVE or holds(c.kind, part) is True for c, part in zip(self.conditions, parts, strict=True)
        )

    def field(self, box: Sequence[arb]) -> Sequence[arb]:
        """The ``d`` components of the field."""
        return self._guarded(self._field_code, box)

    @cached_property
    def _field_code(self) -> Code:
        return self._guarded_code(self._field)

    @cached_property
    def field_code(self) -> Code:
        """The field alone, whatever the conditions."""
        return self.code(self._field)

    @cached_property
    def condition_code(self) -> Code:
        """The parts of the conditions."""
        return self.code([], self.conditions)

    def field_jacobian(self, box: Sequence[arb]) -> Sequence[arb]:
        """Trusted. The field, then its Jacobian row by row; ``d + d*d`` balls.

        Where a component has no finite enclosure its row is nan: the derivative of sqrt(x**2)/x is 0 to SymPy, which
        cancels what is singular.
        """
        d, found = self.dimensions, self._guarded(self._field_jacobian, box)
        if finite(found[:d]):
            return found
        rows = [found[d + d * i + j] if found[i].is_finite() else arb.nan() for i in range(d) for j in range(d)]
        return [*found[:d], *rows]

    @cached_property
    def _field_jacobian(self) -> Code:
        rows = [slope(component, s) for component in self._field for s in self.symbols]
        return self._guarded_code([*self._field, *rows])

    def is_smooth(self, box: Sequence[arb]) -> bool:
        """Trusted. Whether the function, its gradient and its Hessian have finite enclosures on a box."""
        return finite(self._guarded(self._until_second, box)) and finite(self.hessian(box))

    def third_if_smooth(self, box: Sequence[arb]) -> Sequence[arb] | None:
        """Trusted. ``third`` on a box that ``is_smooth``, else none: by one code, whose parts have much in common."""
        d, found = self.dimensions, self._guarded(self._until_third, box)
        before = 1 + d + d * d
        return found[before:] if finite(found[:before]) else None

    @cached_property
    def _until_third(self) -> Code:
        parts = [self._exact, *self._gradient, *self._second, *self._third]
        return self._guarded_code(parts)

    @cached_property
    def _until_second(self) -> Code:
        return self._guarded_code([self._exact, *self._gradient])

    @cached_property
    def hessian(self) -> Code:
        """The Hessian of ``f`` row by row, ``d*d`` balls."""
        return self.code(self._second)

    @cached_property
    def _second(self) -> list[sympy.Expr]:
        d, gradient = self.dimensions, self._gradient
        upper = {(i, j): slope(gradient[i], self.symbols[j]) for i in range(d) for j in range(i, d)}
        return [upper[min(i, j), max(i, j)] for i in range(d) for j in range(d)]

    @cached_property
    def third(self) -> Code:
        """The third derivatives with indices ``i <= j <= k``, in lexicographic order."""
        return self.code(self._third)

    @cached_property
    def _third(self) -> list[sympy.Expr]:
        return [sympy.diff(self._exact, *(self.symbols[i] for i in key)) for key in self.triples]

    @cached_property
    def triples(self) -> list[tuple[int, ...]]:
        """The indices of ``third``."""
        return list(itertools.combinations_with_replacement(range(self.dimensions), 3))

    @cached_property
    def third_places(self) -> list[list[list[int]]]:
        """Where the derivative along ``i, j, k`` is in ``third``."""
        n, place = range(self.dimensions), {key: at for at, key in enumerate(self.triples)}
        return [[[place[tuple(sorted((i, j, k)))] for k in n] for j in n] for i in n]


@lru_cache(maxsize=KEPT)
def shared(problem: AnyProblem) -> AnyProblem:
    """The first of equal problems, with all that was derived of it: a function is certified more than once."""
    return problem


def holds(kind: str, part: arb) -> bool | None:
    """Trusted. Whether a condition holds on all of a box (true), nowhere on it (false), or neither for certain.

    >>> holds("nonnegative", arb(0)), holds("positive", arb(0)), holds("positive", arb(0, 1))
    (True, False, None)
    """
    if kind == NONZERO:
        return True if part > ZERO or part < ZERO else False if part.is_zero() else None
    if kind == POSITIVE:
        return True if part > ZERO else False if part <= ZERO else None
    return True if part >= ZERO else False if part < ZERO else None


def exact_ends(cell: Cell) -> list[Extended]:
    """The closed cell as intervals."""
    return [Extended(arb(low), arb(high)) for low, high in cell]


def fails(kind: str, part: Extended) -> bool:
    """Trusted. Whether a condition holds nowhere on a box."""
    if kind == NONZERO:
        return part.is_zero
    return bool(part.high <= ZERO) if kind == POSITIVE else bool(part.high < ZERO)


def scaled_gradient(expression: sympy.Expr, symbols: Sequence[sympy.Symbol]) -> tuple[sympy.Expr, ...] | None:
    """The gradient of a sum of polynomials times Gaussians, times ``exp(-q)``; none for any other function.

    Exact algebra: with ``f = c + sum p_i exp(q_i)``, the k-th component is
    ``sum (dp_i/dx_k + p_i dq_i/dx_k) exp(q_i - q)``. Which ``q`` is taken decides only how tight it is.
    """
    arguments = [t for t in sympy.Add.make_args(expression) if t.free_symbols]
    if len(arguments) ** 2 * len(symbols) ** 2 > MAX_SCALING:
        return None
    terms = [_gaussian(t, symbols) for t in arguments]
    if not terms or any(t is None for t in terms):
        return None
    pairs = [t for t in terms if t is not None]
    q = _widest([exponent for _, exponent in pairs], symbols)
    if q is None:
        return None
    return tuple(
        sympy.Add(*((slope(p, s) + p * slope(e, s)) * sympy.exp(sympy.expand(e - q)) for p, e in pairs))
        for s in symbols
    )


def _gaussian(term: sympy.Expr, symbols: Sequence[sympy.Symbol]) -> tuple[sympy.Expr, sympy.Expr] | None:
    """``(p, q)`` with ``term = p exp(q)``, both polynomials and q of degree 2; none where it is not of that form."""
    factors = sympy.Mul.make_args(term)
    exponents = [f.exp for f in factors if isinstance(f, sympy.exp)]
    p, q = sympy.Mul(*(f for f in factors if not isinstance(f, sympy.exp))), sympy.Add(*exponents)
    if not exponents or not p.is_polynomial(*symbols) or _degree(q) != 2:
        return None
    return (p, q) if sympy.Poly(q, *symbols).total_degree() == 2 else None


def _degree(q: sympy.Expr) -> float:
    """The degree of a polynomial as it is written, which bounds the cost to expand it; infinite for what is none."""
    if not q.free_symbols:
        return 0
    if q.is_Symbol:
        return 1
    if q.is_Add:
        return max(map(_degree, q.args))
    if q.is_Mul:
        return sum(map(_degree, q.args))
    return int(q.exp) * _degree(q.base) if q.is_Pow and q.exp.is_Integer and q.exp > 0 else math.inf


def _widest(exponents: Sequence[sympy.Expr], symbols: Sequence[sympy.Symbol]) -> sympy.Expr | None:
    """The exponent of the widest Gaussian (the most central, if several are as wide), if one is widest everywhere."""
    curvatures = [np.array([[slope(slope(q, s), t) for t in symbols] for s in symbols], dtype=float) for q in exponents]
    widest = [
        (q, c) for q, c in zip(exponents, curvatures, strict=True)
        if np.linalg.eigvalsh(c).max() < 0  # it decays; dividing by a function that grows makes enclosures worse
        and all(np.linalg.eigvalsh(c - other).min() >= -1e-12 * np.abs(c).max() for other in curvatures)
    ]  # fmt: skip
    origin = dict.fromkeys(symbols, 0)

    def distance(q: sympy.Expr) -> float:
        """How far the exponents are from ``q``, by their linear terms."""
        slopes = [[float(slope(q - e, s).subs(origin)) for s in symbols] for e in exponents]
        return float(np.abs(slopes).sum())

    return min((q for q, _ in widest), key=distance, default=None)
