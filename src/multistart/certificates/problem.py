"""Trusted: an objective's derivatives, and a field with the same zeros that is easier to enclose, as compiled code.

Sums of Gaussians are flat far out: every enclosure of their gradient contains 0 although it vanishes nowhere.
Multiplied by ``exp(-q)``, with ``q`` the widest decaying exponent, the gradient keeps its zeros and loses the flatness;
where the Gaussians share their quadratic part, the exponents that are left are affine.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from flint import arb

from multistart.certificates.balls import finite
from multistart.certificates.enclosures import Enclosure, exact


@dataclass(frozen=True)
class Problem:
    """A function of ``d`` variables, with enclosures of all that a certificate needs.

    ``field`` is the gradient times a positive function, so it has the gradient's zeros, and the signs of its
    components are the gradient's.
    """

    expression: sympy.Expr
    symbols: tuple[sympy.Symbol, ...]

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.symbols)

    @cached_property
    def _exact(self) -> sympy.Expr:
        return exact(self.expression)  # before differentiating: SymPy rounds floats as it goes

    @cached_property
    def _gradient(self) -> tuple[sympy.Expr, ...]:
        return tuple(sympy.diff(self._exact, s) for s in self.symbols)

    @cached_property
    def _field(self) -> tuple[sympy.Expr, ...]:
        return scaled_gradient(self._exact, self.symbols) or self._gradient

    @property
    def scaled(self) -> bool:
        """Whether the field differs from the gradient."""
        return self._field is not self._gradient

    @cached_property
    def value(self) -> Enclosure:
        """``f``, one ball; nan where the box is not certainly inside the function's domain."""
        return Enclosure([self._exact], self.symbols)

    @cached_property
    def range(self) -> Enclosure:
        """``f`` on the part of the box where it is defined, if its domain is closed there; else nan."""
        return Enclosure([self._exact], self.symbols, closed=True)

    @cached_property
    def field(self) -> Enclosure:
        """The ``d`` components of the field."""
        return Enclosure(self._field, self.symbols)

    def field_jacobian(self, box: Sequence[arb]) -> Sequence[arb]:
        """Trusted. The field, then its Jacobian row by row; ``d + d*d`` balls.

        Where a component has no finite enclosure its row is nan: the derivative of sqrt(x**2)/x is 0 to SymPy, which
        cancels what is singular.
        """
        d, found = self.dimensions, self._field_jacobian(box)
        if finite(found[:d]):
            return found
        rows = [found[d + d * i + j] if found[i].is_finite() else arb.nan() for i in range(d) for j in range(d)]
        return [*found[:d], *rows]

    @cached_property
    def _field_jacobian(self) -> Enclosure:
        rows = [sympy.diff(component, s) for component in self._field for s in self.symbols]
        return Enclosure([*self._field, *rows], self.symbols)

    def is_smooth(self, box: Sequence[arb]) -> bool:
        """Trusted. Whether the function, its gradient and its Hessian have finite enclosures on a box."""
        return finite(self._until_second(box)) and finite(self.hessian(box))

    @cached_property
    def _until_second(self) -> Enclosure:
        return Enclosure([self._exact, *self._gradient], self.symbols)

    @cached_property
    def hessian(self) -> Enclosure:
        """The Hessian of ``f`` row by row, ``d*d`` balls."""
        d, gradient = self.dimensions, self._gradient
        upper = {(i, j): sympy.diff(gradient[i], self.symbols[j]) for i in range(d) for j in range(i, d)}
        return Enclosure([upper[min(i, j), max(i, j)] for i in range(d) for j in range(d)], self.symbols)

    @cached_property
    def third(self) -> Enclosure:
        """The third derivatives with indices ``i <= j <= k``, in lexicographic order."""
        return Enclosure(
            [sympy.diff(self._exact, *(self.symbols[i] for i in key)) for key in self.triples], self.symbols
        )

    @cached_property
    def triples(self) -> list[tuple[int, ...]]:
        """The indices of ``third``."""
        return list(itertools.combinations_with_replacement(range(self.dimensions), 3))

    @cached_property
    def third_places(self) -> list[list[list[int]]]:
        """Where the derivative along ``i, j, k`` is in ``third``."""
        n, place = range(self.dimensions), {key: at for at, key in enumerate(self.triples)}
        return [[[place[tuple(sorted((i, j, k)))] for k in n] for j in n] for i in n]


def scaled_gradient(expression: sympy.Expr, symbols: Sequence[sympy.Symbol]) -> tuple[sympy.Expr, ...] | None:
    """The gradient of a sum of polynomials times Gaussians, times ``exp(-q)``; none for any other function.

    Exact algebra: with ``f = c + sum p_i exp(q_i)``, the k-th component is
    ``sum (dp_i/dx_k + p_i dq_i/dx_k) exp(q_i - q)``. Which ``q`` is taken decides only how tight it is.
    """
    terms = [_gaussian(t, symbols) for t in sympy.Add.make_args(expression) if t.free_symbols]
    if not terms or any(t is None for t in terms):
        return None
    pairs = [t for t in terms if t is not None]
    q = _widest([exponent for _, exponent in pairs], symbols)
    if q is None:
        return None
    return tuple(
        sympy.Add(*((sympy.diff(p, s) + p * sympy.diff(e, s)) * sympy.exp(sympy.expand(e - q)) for p, e in pairs))
        for s in symbols
    )


def _gaussian(term: sympy.Expr, symbols: Sequence[sympy.Symbol]) -> tuple[sympy.Expr, sympy.Expr] | None:
    """``(p, q)`` with ``term = p exp(q)``, both polynomials and q of degree 2; none where it is not of that form."""
    factors = sympy.Mul.make_args(term)
    exponents = [f.exp for f in factors if isinstance(f, sympy.exp)]
    p, q = sympy.Mul(*(f for f in factors if not isinstance(f, sympy.exp))), sympy.Add(*exponents)
    if not exponents or not p.is_polynomial(*symbols) or not q.is_polynomial(*symbols):
        return None
    return (p, q) if sympy.Poly(q, *symbols).total_degree() == 2 else None


def _widest(exponents: Sequence[sympy.Expr], symbols: Sequence[sympy.Symbol]) -> sympy.Expr | None:
    """The exponent of the widest Gaussian (the most central, if several are as wide), if one is widest everywhere."""
    curvatures = [np.array(sympy.hessian(q, symbols), dtype=float) for q in exponents]
    widest = [
        (q, c) for q, c in zip(exponents, curvatures, strict=True)
        if np.linalg.eigvalsh(c).max() < 0  # it decays; dividing by a function that grows makes enclosures worse
        and all(np.linalg.eigvalsh(c - other).min() >= -1e-12 * np.abs(c).max() for other in curvatures)
    ]  # fmt: skip
    origin = dict.fromkeys(symbols, 0)

    def distance(q: sympy.Expr) -> float:
        """How far the exponents are from ``q``, by their linear terms."""
        slopes = [[float(sympy.diff(q - e, s).subs(origin)) for s in symbols] for e in exponents]
        return float(np.abs(slopes).sum())

    return min((q for q, _ in widest), key=distance, default=None)
