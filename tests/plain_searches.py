"""Searches as loops of plain Python over lists of numbers, made from their textbooks and not from what is compiled.

Sums run from the first coordinate to the last, each product fused with the sum before it, as the package says it does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from multistart.methods import Method

from .plain_rules import exact_fma as fma
from .plain_rules import norm_of

Vector = list[float]
ULPS = 16 * 2.0**-52


@dataclass
class Formula:
    """A function that counts how often it is asked; ``extra`` gradients are those of trials that were refused."""

    value_of: Callable[[Vector], float]
    gradient: Callable[[Vector], Vector]
    hessian_of: Callable[[Vector], list[Vector]]
    values: int = 0
    extra: int = 0
    hessians: int = 0

    def value(self, x: Vector) -> float:
        self.values += 1
        return self.value_of(x)

    def hessian(self, x: Vector) -> list[Vector]:
        self.hessians += 1
        return self.hessian_of(x)


@dataclass
class FitFormula(Formula):
    """A fit, which also says its normal matrix with how much the value changes with the model, and how that bends."""

    slopes_of: Callable[[Vector], tuple[Vector, list[Vector], float]] = field(kw_only=True)
    bend_of: Callable[[Vector, Vector], Vector] = field(kw_only=True)

    def bend(self, x: Vector, p: Vector) -> Vector:
        self.hessians += 1
        return self.bend_of(x, p)


def dot(a: Vector, b: Vector) -> float:
    total = a[0] * b[0]
    for x, y in zip(a[1:], b[1:], strict=True):
        total = fma(x, y, total)
    return total


def plus(x: Vector, rate: float, p: Vector) -> Vector:
    return [fma(rate, b, a) for a, b in zip(x, p, strict=True)]


def quotient(a: float, b: float) -> float:
    return float(np.float64(a) / np.float64(b))


class Backtracking:
    """Armijo's search, by slopes where values are the same but for rounding; remembers the value of its point."""

    def __init__(self, f: Formula, shrink: float, decrease: float) -> None:
        self.f, self.shrink, self.decrease, self.value = f, shrink, decrease, math.nan

    def begin(self, x: Vector) -> None:
        if self.f.values == 0:
            self.value = self.f.value(x)

    def lower(self, x: Vector, g: Vector, p: Vector, rate: float) -> Vector | None:
        slope = dot(g, p)
        if not -math.inf < slope < 0:
            return None
        while (trial := plus(x, rate, p)) != x:
            new = self.f.value(trial)
            if self.accepts(new, rate, slope, trial, p):
                self.value = new
                return trial
            rate *= self.shrink
        return None

    def accepts(self, new: float, rate: float, slope: float, trial: Vector, p: Vector) -> bool:
        if not abs(new - self.value) <= ULPS * abs(self.value):
            return new <= fma(self.decrease * rate, slope, self.value)
        if dot(self.f.gradient(trial), p) <= (2 * self.decrease - 1) * slope:
            return True
        self.f.extra += 1
        return False


def minus(g: Vector) -> Vector:
    return [-a for a in g]


class Armijo(Backtracking):
    """Nocedal and Wright, algorithm 3.1, against the gradient."""

    def __init__(self, f: Formula, first_trial: float, shrink: float, decrease: float) -> None:
        super().__init__(f, shrink, decrease)
        self.first = first_trial

    def after(self, x: Vector, g: Vector) -> Vector | None:
        self.begin(x)
        return self.lower(x, g, minus(g), self.first)


class BarzilaiBorwein:
    """Equation 5 of 1988, and the first rate where it is not positive, too large, or moves nothing."""

    longer = True

    def __init__(self, f: Formula, first_rate: float, largest_rate: float) -> None:
        self.first, self.largest, self.last = first_rate, largest_rate, None

    def after(self, x: Vector, g: Vector) -> Vector | None:
        rate = self.rate(x, g)
        self.last = x, g
        for each in (rate, self.first):
            if 0 < each <= self.largest or each == self.first:
                after = plus(x, -each, g)
                if after != x:
                    return after
        return None

    def rate(self, x: Vector, g: Vector) -> float:
        if self.last is None:
            return self.first
        s, y = ([b - a for a, b in zip(*each, strict=True)] for each in zip(self.last, (x, g), strict=True))
        sums = [0.0, 0.0, 0.0]
        for a, b in zip(s, y, strict=True):
            sums = [fma(p, q, total) for (p, q), total in zip(((a, a), (a, b), (b, b)), sums, strict=True)]
        ss, sy, yy = sums
        if not sy > 0:
            return self.first
        return quotient(ss, sy) if self.longer else quotient(sy, yy)


class BarzilaiBorwein2(BarzilaiBorwein):
    """Equation 6."""

    longer = False


class Polyak:
    """The rate that would reach the lowest value on a straight slope, capped."""

    def __init__(self, f: Formula, f_star: float, max_rate: float) -> None:
        self.f, self.lowest, self.largest = f, f_star, max_rate

    def after(self, x: Vector, g: Vector) -> Vector | None:
        gap, square = self.f.value(x) - self.lowest, dot(g, g)
        rate = gap / square if gap < self.largest * square else self.largest
        after = plus(x, -(rate if gap > 0 else 0.0), g)
        return after if after != x else None


class Newton:
    """To the critical point of the parabola."""

    def __init__(self, f: Formula) -> None:
        self.f = f

    def after(self, x: Vector, g: Vector) -> Vector | None:
        after = plus(x, 1.0, eliminated(self.f.hessian(x), minus(g)))
        return after if after != x else None


def eliminated(a: list[Vector], b: Vector) -> Vector:
    """Gauss, the row of the largest pivot first."""
    rows, n = [[*row, right] for row, right in zip(a, b, strict=True)], len(b)
    for k in range(n):
        top = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[top] = rows[top], rows[k]
        for i in range(k + 1, n):
            factor = quotient(rows[i][k], rows[k][k])
            rows[i] = rows[i][: k + 1] + [
                fma(-factor, p, q) for p, q in zip(rows[k][k + 1 :], rows[i][k + 1 :], strict=True)
            ]
    return back(lambda i, j: rows[i][j], [row[n] for row in rows])


def back(upper: Callable[[int, int], float], b: Vector) -> Vector:
    """Back substitution."""
    x = list(b)
    for i in reversed(range(len(b))):
        for j in range(i + 1, len(b)):
            x[i] = fma(-upper(i, j), x[j], x[i])
        x[i] = quotient(x[i], upper(i, i))
    return x


class DampedNewton(Backtracking):
    """Nocedal and Wright, algorithms 3.2 and 3.3."""

    def __init__(self, f: Formula, shift: float, shrink: float, decrease: float) -> None:
        super().__init__(f, shrink, decrease)
        self.part = shift

    def after(self, x: Vector, g: Vector) -> Vector | None:
        self.begin(x)
        h = self.f.hessian(x)
        cells = [cell for row in h for cell in row]
        first, least = self.part * math.sqrt(dot(cells, cells)), min(h[i][i] for i in range(len(x)))
        shift = 0.0 if least > 0 else first - least
        while (factor := cholesky(h, shift)) is None:
            shift = max(2 * shift, first)
        return self.lower(x, g, solved(factor, minus(g)), 1.0)


def cholesky(h: list[Vector], shift: float) -> list[Vector] | None:
    factor: list[Vector] = []
    for i in range(len(h)):
        row: Vector = []
        for j in range(i + 1):
            rest = h[i][j] + (shift if i == j else 0.0)
            for p, q in zip(row, row if i == j else factor[j], strict=False):
                rest = fma(-p, q, rest)
            if i == j and not 0 < rest < math.inf:
                return None
            row.append(math.sqrt(rest) if i == j else rest / factor[j][j])
        factor.append(row)
    return factor


def solved(factor: list[Vector], b: Vector) -> Vector:
    y: Vector = []
    for row, right in zip(factor, b, strict=True):
        for p, q in zip(row, y, strict=False):
            right = fma(-p, q, right)
        y.append(right / row[-1])
    return back(lambda i, j: factor[j][i], y)


class Bfgs(Backtracking):
    """Nocedal and Wright, equations 6.17 and 6.20, where a step shows positive curvature."""

    def __init__(self, f: Formula, first_step: float, shrink: float, decrease: float) -> None:
        super().__init__(f, shrink, decrease)
        self.first_step, self.last, self.inverse = first_step, None, None

    def after(self, x: Vector, g: Vector) -> Vector | None:
        self.begin(x)
        if self.last is not None:
            self.learn(*([b - a for a, b in zip(*each, strict=True)] for each in zip(self.last, (x, g), strict=True)))
        self.last = x, g
        if self.inverse is not None:
            found = self.lower(x, g, [dot(row, minus(g)) for row in self.inverse], 1.0)
            if found is not None:
                return found
            self.inverse = None
        return self.lower(x, g, minus(g), self.first_step / norm_of(np.array(g)))

    def learn(self, s: Vector, y: Vector) -> None:
        ss, sy, yy, n = dot(s, s), dot(s, y), dot(y, y), len(s)
        if not sy > 1e-8 * (math.sqrt(ss) * math.sqrt(yy)):
            return
        b = self.inverse or [[sy / yy if i == j else 0.0 for j in range(n)] for i in range(n)]
        u = [dot(row, y) for row in b]
        scale = (1 + dot(y, u) / sy) / sy
        for i in range(n):
            for j in range(i + 1):
                cross = fma(u[i], s[j], s[i] * u[j]) / sy
                b[i][j] = b[j][i] = b[i][j] + fma(scale, s[i] * s[j], -cross)
        self.inverse = b


class LevenbergMarquardt:
    """Madsen, Nielsen and Tingleff, algorithm 3.16, in coordinates of Marquardt's, with half of the acceleration."""

    def __init__(self, f: FitFormula, damping: float, acceleration: float) -> None:
        self.f, self.mu, self.nu, self.most = f, damping, 2.0, acceleration
        self.squares: Vector = []
        self.calm, self.value = False, math.nan

    def after(self, x: Vector, g: Vector) -> Vector | None:
        if self.f.values == 0:
            self.value = self.f.value(x)
        _, normal, noise = self.f.slopes_of(x)
        diagonal = [row[i] for i, row in enumerate(normal)]
        self.squares = [max(0.5 * a, b) for a, b in zip(self.squares or diagonal, diagonal, strict=True)]
        size = abs(self.value) + noise
        self.squares = [max(a, 0.5 * b * (b / size)) for a, b in zip(self.squares, g, strict=True)]
        scale = [1 / math.sqrt(a) if a > 0 else 1.0 for a in self.squares]
        scaled = [[normal[i][j] * (a * b) for j, b in enumerate(scale)] for i, a in enumerate(scale)]
        return self.lower(x, [a * b for a, b in zip(g, scale, strict=True)], scaled, scale, noise)

    def lower(self, x: Vector, g: Vector, normal: list[Vector], scale: Vector, noise: float) -> Vector | None:
        while True:
            factor = cholesky(normal, self.mu)
            if factor is not None:
                step = solved(factor, minus(g))
                drop = -dot(g, step)
                promise = 0.5 * fma(self.mu, dot(step, step), drop)
                step = self.bent(x, step, scale, factor) if promise > 1e-6 * abs(self.value) else step
                if step is not None:
                    trial = [fma(s, p, a) for s, p, a in zip(scale, step, x, strict=True)]
                    if trial == x:
                        return None
                    new = self.f.value(trial)
                    gain = self.gain(new, g, step, promise, drop, factor, scale, trial, noise)
                    if gain > 0:
                        return self.accepted(trial, new, promise, gain)
            self.mu, self.nu = self.mu * self.nu, 2 * self.nu

    def bent(self, x: Vector, step: Vector, scale: Vector, factor: list[Vector]) -> Vector | None:
        bend = self.f.bend(x, [s * p for s, p in zip(scale, step, strict=True)])
        a = solved(factor, [-s * b for s, b in zip(scale, bend, strict=True)])
        if not 2 * math.sqrt(dot(a, a)) <= self.most * math.sqrt(dot(step, step)):
            return None
        return [fma(0.5, b, p) for b, p in zip(a, step, strict=True)]

    def gain(
        self, new: float, g: Vector, step: Vector, promise: float, drop: float, factor: list[Vector],
        scale: Vector, trial: Vector, noise: float,
    ) -> float:  # fmt: skip
        if not abs(new - self.value) <= ULPS * (abs(self.value) + noise):
            return (self.value - new) / promise
        there = [a * s for a, s in zip(self.f.gradient(trial), scale, strict=True)]
        gain = -0.5 * (dot(g, step) + dot(there, step)) / promise
        half: Vector = []
        for row, right in zip(factor, there, strict=True):
            for p, q in zip(row, half, strict=False):
                right = fma(-p, q, right)
            half.append(right / row[-1])
        if gain > 0 and dot(half, half) < drop:
            return gain
        self.f.extra += 1
        return 0.0

    def accepted(self, trial: Vector, new: float, promise: float, gain: float) -> Vector:
        error = 2 * gain - 1
        self.mu, self.nu = max(self.mu * max(1 / 3, 1 - error * error * error), 2.0**-52), 2.0
        self.value, self.calm = new, promise <= 1e-24 * abs(new)
        return trial


PLAIN: dict[str, Any] = {
    "armijo": Armijo,
    "barzilai_borwein_1": BarzilaiBorwein,
    "barzilai_borwein_2": BarzilaiBorwein2,
    "polyak": Polyak,
    "newton": Newton,
    "damped_newton": DampedNewton,
    "bfgs": Bfgs,
    "levenberg_marquardt": LevenbergMarquardt,
}
REMEMBERS = {"bfgs", "barzilai_borwein_1", "barzilai_borwein_2"}


@dataclass
class Descent:
    """Points of a descent, why it ended, and its values, gradients and Hessians."""

    points: list[Vector]
    ending: str = ""
    evaluations: tuple[int, int, int] = (0, 0, 0)
    norms: list[float] = field(default_factory=list)


def descent(method: Method, f: Formula, start: Any, arena: Any = None, held: Any = None) -> Descent:
    """The stopping rule as it is said, an update at a time.

    ``held`` is a search in its place, whose ``box`` is the arena, and what of a gradient is left there.
    """
    of, left = held if held is not None else (PLAIN[method.rule.name], lambda box, x, g: g)
    search = of(f, **{h.name: method.numbers[h.name] for h in method.rule.hyperparameters})
    search.box = arena
    found = Descent([[float(x) for x in start]])
    with np.errstate(all="ignore"):
        found.ending = next(ending for ending in _endings(method, f, search, found, arena, left) if ending)
    placed = found.ending == "left_arena" or not all(map(math.isfinite, found.points[-1]))
    found.evaluations = (f.values, len(found.points) - placed + f.extra, f.hessians)
    return found


def _endings(method: Method, f: Formula, search: Any, found: Descent, arena: Any, left: Any) -> Iterator[str]:
    tolerance, steps = method.gradient_tolerance or -1.0, 0
    while True:
        x = found.points[-1]
        if not all(map(math.isfinite, x)):
            yield "nonfinite"
        if arena is not None and not all(a <= b <= c for a, b, c in zip(arena.low, x, arena.high, strict=True)):
            yield "left_arena"
        g = f.gradient(x)
        if not all(map(math.isfinite, g)):
            yield "nonfinite"
        g = left(arena, x, g)
        found.norms.append(norm_of(np.array(g)))
        before = found.norms[-2] if len(found.norms) > 1 and method.rule.name in REMEMBERS else 0.0
        if max(found.norms[-1], before) <= tolerance and getattr(search, "calm", True):
            yield "converged"
        if steps == method.max_steps:
            yield "step_limit"
        after = search.after(x, g)
        if after is None:
            yield "converged" if found.norms[-1] <= tolerance else "stationary"
        found.points.append(after)
        steps += 1


def falls(values: list[float]) -> bool:
    """Whether each value is at most the one before, but for rounding."""
    return all(b <= a + ULPS * abs(a) for a, b in pairwise(values))
