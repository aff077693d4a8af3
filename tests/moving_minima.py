"""Random polynomials with a parameter, and what becomes of their minima, by exact algebra and by 50 digits.

In one dimension the truth is Sturm's: minima keep their order, meet maxima only where the discriminant of the
derivative vanishes, and go through an end of the box only where the derivative vanishes there. In two, Newton's method
at 50 digits goes from parameter to parameter in steps that are halved until they are small.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from mpmath import mp, mpf

from multistart import Box, Objective

P = sympy.Symbol("p")
DIGITS = 50
END = 2


@dataclass(frozen=True)
class Moving:
    """A polynomial of ``d`` variables whose coefficients are polynomials of a parameter ``p``."""

    variables: tuple[str, ...]
    text: str

    @property
    def objective(self) -> Objective:
        return Objective.from_expression(self.text, self.variables, {"p": 0})

    @property
    def box(self) -> Box:
        return Box(dict.fromkeys(self.variables, (-END, END)))

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        return tuple(map(sympy.Symbol, self.variables))

    @cached_property
    def expression(self) -> sympy.Expr:
        return sympy.expand(sympy.sympify(self.text, rational=True))

    @cached_property
    def gradient(self) -> list[sympy.Expr]:
        return [sympy.diff(self.expression, s) for s in self.symbols]

    @cached_property
    def discriminant(self) -> sympy.Poly:
        """Of the slope in one dimension: 0 where two critical points meet, real ones or not."""
        return sympy.Poly(sympy.discriminant(self.gradient[0], self.symbols[0]), P)

    def passes_end(self, low: sympy.Rational, high: sympy.Rational) -> bool:
        """Whether a critical point goes through an end of the box."""
        slopes = (self.gradient[0].subs(self.symbols[0], end) for end in (-END, END))
        return any(sympy.Poly(s, P).count_roots(low, high) > 0 for s in slopes)

    def minima(self, value: float) -> np.ndarray:
        """In one dimension, in the box and from left to right, ``(n, 1)``; to the last digits of doubles."""
        slope = sympy.Poly(self.gradient[0].subs(P, exact(value)), self.symbols[0])
        roots = np.roots([float(c) for c in slope.all_coeffs()])
        ends = [self.newton([r], exact(value)) for r in roots.real[np.abs(roots.imag) < 1e-3]]
        found = {float(x[0]) for x in ends if x is not None and abs(x[0]) < END and self.bends_up(x, exact(value))}
        return np.array(sorted(found)).reshape(-1, 1)

    @cached_property
    def _code(self):
        hessian = [[sympy.diff(g, s) for s in self.symbols] for g in self.gradient]
        return sympy.lambdify((*self.symbols, P), (self.gradient, hessian, self.expression), modules="mpmath", cse=True)

    def newton(self, start, value: sympy.Rational) -> list[mpf] | None:
        """The critical point that Newton's method reaches, at 50 digits."""
        with mp.workdps(DIGITS):
            x, p = [mpf(float(v)) if not isinstance(v, mpf) else v for v in start], mpf(value.p) / value.q
            for _ in range(30):
                gradient, hessian, _ = self._code(*x, p)
                try:
                    step = mp.lu_solve(mp.matrix(hessian), mp.matrix(gradient))
                except ZeroDivisionError:
                    return None
                x = [a - b for a, b in zip(x, step, strict=True)]
                if max(map(abs, step)) < mpf(10) ** -25:  # the next one would be below the last digit
                    return x
                if max(map(abs, x)) > 100:
                    return None
        return None

    def bends_up(self, x, value: sympy.Rational) -> bool:
        """Whether all leading minors of the Hessian are positive."""
        with mp.workdps(DIGITS):
            hessian = mp.matrix(self._code(*x, mpf(value.p) / value.q)[1])
            return all(mp.det(hessian[:n, :n]) > 0 for n in range(1, len(x) + 1))

    def value(self, x, value: sympy.Rational) -> mpf:
        with mp.workdps(DIGITS):
            return self._code(*x, mpf(value.p) / value.q)[2]

    def track(self, start, low: sympy.Rational, high: sympy.Rational, nearest: float = 0.05) -> list[mpf] | None:
        """Where a minimum of ``low`` is at ``high``, in steps that move it by little; none if it ends."""
        x, p, step = self.newton(start, low), low, (high - low) / 4
        smallest = step / 2**14
        while x is not None and p < high:
            further = min(p + step, high)
            y = self.newton(x, further)
            near = y is not None and max(abs(a - b) for a, b in zip(x, y, strict=True)) < nearest
            if near and self.bends_up(y, further):
                x, p = y, further
                continue
            step /= 2
            if step < smallest:
                return None
        return x


def exact(value: float) -> sympy.Rational:
    """The decimal number that a float is written as."""
    return sympy.Rational(str(value))


def polynomial(seed: int, d: int) -> Moving:
    """Of degree four to six, growing to all sides whatever the parameter is."""
    rng = np.random.default_rng([seed, d])
    names = ("x", "y")[:d]
    degree = 2 * int(rng.integers(2, 4)) if d == 1 else 4
    terms = [f"{name}**{degree}" for name in names]
    for powers in itertools.product(range(degree), repeat=d):
        if 0 < sum(powers) < degree:
            a, b, c = (int(v) for v in rng.integers(-9, 10, 3))
            power = "*".join(f"{name}**{n}" for name, n in zip(names, powers, strict=True) if n)
            terms.append(f"({a}/4 + {b}*p/4 + {c}*p**2/8)*{power}")
    return Moving(names, " + ".join(terms))


def values(seed: int, count: int) -> list[float]:
    """Rising values in [-1, 1] with few digits."""
    rng = np.random.default_rng([seed, 7])
    return [round(n / 1000 - 1, 3) for n in sorted(rng.choice(2001, count, replace=False).tolist())]
