"""Random functions whose critical points are known with their order, by construction and not by search.

In one dimension the derivative is written down as ``sign prod (x - r_i)**m_i`` and integrated exactly: at r_i there
is a minimum if m_i is odd and the sign goes from - to +, a maximum if from + to -, an inflection if m_i is even. Sums
of such functions, of coordinates that are turned or bent by an invertible map, have theirs where all parts have;
increasing functions of a function keep them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy

from multistart.box import Box
from multistart.functions.objective import Objective


@dataclass(frozen=True)
class Known:
    """An objective, a box, the critical points in it that are strict minima, and those that are none."""

    objective: Objective
    box: Box
    minima: np.ndarray
    others: np.ndarray


def line(rng: np.random.Generator, x: sympy.Symbol, most: int) -> tuple[sympy.Expr, list[tuple[sympy.Rational, bool]]]:
    """A polynomial with one to ``most`` critical points in [-1, 1], and which of them are minima."""
    n = int(rng.integers(1, most + 1))
    roots = sorted(rng.choice([-9, -5, -1, 3, 7], n, replace=False).tolist())
    orders = rng.choice([1, 1, 2, 2, 3, 4, 5] if most > 2 else [1, 1, 2, 3], n).tolist()
    sign = int(rng.choice([-1, 1]))
    slope = sign * sympy.prod([(x - sympy.Rational(r, 10)) ** m for r, m in zip(roots, orders, strict=True)])
    found = []
    for i, (r, m) in enumerate(zip(roots, orders, strict=True)):
        right = sign * (-1) ** sum(orders[i + 1 :])  # the sign of the slope just above r
        found.append((sympy.Rational(r, 10), m % 2 == 1 and right > 0))
    return sympy.Poly(slope, x).integrate(x).as_expr(), found


def _outer(rng: np.random.Generator, f: sympy.Expr) -> sympy.Expr:
    return [f, f, sympy.exp(f), sympy.atan(f), sympy.sinh(2 * f)][int(rng.integers(5))]


def known(seed: int, d: int, *, expanded: bool = True) -> Known:
    """A function of d coordinates, one or two, in a box of any size, place and aspect, times any factor."""
    rng = np.random.default_rng(seed)
    u = sympy.symbols(f"u:{d}")
    parts = [line(rng, s, 4 - d) for s in u]
    f = _outer(rng, sum(p for p, _ in parts))
    points = [[]]
    kinds = [True]
    for _, found in parts:
        points = [[*p, r] for p in points for r, _ in found]
        kinds = [k and m for k in kinds for _, m in found]
    # u as a function of t in [-1, 1]**d, and its inverse at the points
    t = sympy.symbols(f"t:{d}")
    bend = int(rng.integers(0, 3))
    if d == 2 and bend:
        inner = (t[0], t[1] + t[0] ** 2 / 2) if bend == 1 else ((3 * t[0] + 4 * t[1]) / 5, (3 * t[1] - 4 * t[0]) / 5)
        back = (
            (lambda p: [p[0], p[1] - p[0] ** 2 / 2])
            if bend == 1
            else (lambda p: [(3 * p[0] - 4 * p[1]) / 5, (4 * p[0] + 3 * p[1]) / 5])
        )
    else:
        inner, back = t, (lambda p: p)
    f = f.xreplace(dict(zip(u, inner, strict=True)))
    places = [back(p) for p in points]
    # t = (x - middle) / size
    exponents = rng.integers(-4, 5, d) if rng.random() < 0.7 else rng.integers(-20, 21, d)
    size = [sympy.Integer(10) ** int(e) for e in exponents]
    offset = [sympy.Rational(int(rng.integers(-30, 31)), 10) * s for s in size]
    x = sympy.symbols(f"x:{d}")
    f = f.xreplace({a: (b - o) / s for a, b, o, s in zip(t, x, offset, size, strict=True)})
    if expanded and rng.random() < 0.5:
        f = sympy.expand(f, power_exp=False)
    f = sympy.Integer(10) ** int(rng.integers(-60, 61) if rng.random() < 0.3 else 0) * f
    f += int(rng.choice([0, 0, 0, 1, 1000])) if rng.random() < 0.5 else 0
    wide = [sympy.Rational(5, 2) * s for s in size]
    box = Box({str(a): (float(o - w), float(o + w)) for a, o, w in zip(x, offset, wide, strict=True)})
    centers = np.array([[float(o + s * p) for o, s, p in zip(offset, size, q, strict=True)] for q in places])
    inside = np.array(kinds, dtype=bool)
    objective = Objective("expression", f, tuple(map(str, x)))
    return Known(objective, box, centers[inside], centers[~inside])


def ends_near(case: Known, rng: np.random.Generator, n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Ends of descents around every critical point, at distances of 1e-9 to 3e-3 of the box, and whose they are."""
    points = np.concatenate([case.minima, case.others])
    which = np.repeat(np.arange(len(points)), n)
    reach = 10.0 ** rng.uniform(-9, -2.5, (len(which), 1))
    away = rng.uniform(-1, 1, (len(which), points.shape[1])) * reach * case.box.width
    return points[which] + away, which
