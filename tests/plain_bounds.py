"""Searches that are held in a box as loops of plain Python, made from their textbooks and not from what is compiled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from multistart.box import Box

from .plain_searches import (
    PLAIN,
    Armijo,
    BarzilaiBorwein,
    BarzilaiBorwein2,
    Bfgs,
    DampedNewton,
    Formula,
    Newton,
    Vector,
    cholesky,
    dot,
    eliminated,
    fma,
    minus,
    norm_of,
    plus,
    quotient,
    solved,
)


def put_in(box: Box, x: Vector) -> Vector:
    """The nearest point of the box."""
    return [min(max(c, a), b) for a, c, b in zip(box.low.tolist(), x, box.high.tolist(), strict=True)]


def projected(box: Box, x: Vector, g: Vector) -> Vector:
    """The gradient without what points out of the box."""
    ends = zip(box.low.tolist(), x, box.high.tolist(), g, strict=True)
    return [0.0 if (c <= a and s > 0) or (c >= b and s < 0) else s for a, c, b, s in ends]


def free(box: Box, x: Vector, g: Vector) -> list[int]:
    """The coordinates that are not held, by the projected gradient."""
    ends = zip(box.low.tolist(), x, box.high.tolist(), g, strict=True)
    return [j for j, (a, c, b, s) in enumerate(ends) if s != 0 or a < c < b]


class Held:
    """Backtracking along what the projection leaves of a trial."""

    box: Box
    f: Formula
    value: float
    shrink: float
    decrease: float

    def lower(self, x: Vector, g: Vector, p: Vector, rate: float) -> Vector | None:
        while (trial := put_in(self.box, plus(x, rate, p))) != x:
            step = [b - a for a, b in zip(x, trial, strict=True)]
            slope = dot(g, step)
            if slope < 0:
                new = self.f.value(trial)
                if self.accepted(new, slope, trial, step):
                    self.value = new
                    return trial
            rate *= self.shrink
        return None

    def accepted(self, new: float, slope: float, trial: Vector, step: Vector) -> bool:
        if not abs(new - self.value) <= 16 * 2.0**-52 * abs(self.value):
            return new <= fma(self.decrease, slope, self.value)
        if dot(self.f.gradient(trial), step) <= (2 * self.decrease - 1) * slope:
            return True
        self.f.extra += 1
        return False


class HeldArmijo(Held, Armijo):
    """Bertsekas 1976."""


class _HeldBarzilaiBorwein:
    """Sums over the coordinates that the last step moved."""

    box: Box
    longer: bool
    first: float
    largest: float
    last: Any

    def after(self, x: Vector, g: Vector) -> Vector | None:
        rate = self.rate(x, g)
        self.last = x, g
        for each in (rate, self.first):
            if 0 < each <= self.largest or each == self.first:
                after = put_in(self.box, plus(x, -each, g))
                if after != x:
                    return after
        return None

    def rate(self, x: Vector, g: Vector) -> float:
        if self.last is None:
            return self.first
        s = [b - a for a, b in zip(self.last[0], x, strict=True)]
        y = [b - a if moved else 0.0 for a, b, moved in zip(self.last[1], g, s, strict=True)]
        ss, sy, yy = (self.sum(*pair) for pair in ((s, s), (s, y), (y, y)))
        if not sy > 0:
            return self.first
        return quotient(ss, sy) if self.longer else quotient(sy, yy)

    @staticmethod
    def sum(a: Vector, b: Vector) -> float:
        total = 0.0
        for p, q in zip(a, b, strict=True):
            total = fma(p, q, total)
        return total


class HeldBarzilaiBorwein(_HeldBarzilaiBorwein, BarzilaiBorwein):
    """The longer rate."""


class HeldBarzilaiBorwein2(_HeldBarzilaiBorwein, BarzilaiBorwein2):
    """The shorter rate."""


class HeldNewton(Newton):
    """In the free coordinates."""

    box: Box

    def after(self, x: Vector, g: Vector) -> Vector | None:
        h, where, step = self.f.hessian(x), free(self.box, x, g), [0.0] * len(x)
        found = eliminated([[h[i][j] for j in where] for i in where], [-g[i] for i in where])
        for i, s in zip(where, found, strict=True):
            step[i] = s
        after = put_in(self.box, plus(x, 1.0, step))
        return after if after != x else None


class HeldDampedNewton(Held, DampedNewton):
    """Bertsekas 1982."""

    def after(self, x: Vector, g: Vector) -> Vector | None:
        self.begin(x)
        h, where, step = self.f.hessian(x), free(self.box, x, g), minus(g)
        h = [[h[i][j] for j in where] for i in where]
        cells = [cell for row in h for cell in row]
        if where and math.sqrt(dot(cells, cells)) > 0:
            first, least = self.part * math.sqrt(dot(cells, cells)), min(row[i] for i, row in enumerate(h))
            shift = 0.0 if least > 0 else first - least
            while (factor := cholesky(h, shift)) is None:
                shift = max(2 * shift, first)
            step = [0.0] * len(x)
            for i, s in zip(where, solved(factor, [-g[i] for i in where]), strict=True):
                step[i] = s
        return self.lower(x, g, step, 1.0)


class HeldBfgs(Held, Bfgs):
    """Kelley 1999, section 5.5.3: what was learned holds as long as the same coordinates are free."""

    def after(self, x: Vector, g: Vector) -> Vector | None:
        self.begin(x)
        where = free(self.box, x, g)
        if self.last is not None and where == free(self.box, *self.last):
            self.learn(*([b - a for a, b in zip(*each, strict=True)] for each in zip(self.last, (x, g), strict=True)))
        elif self.last is not None:
            self.inverse = None
        self.last = x, g
        if self.inverse is not None:
            step = [dot(row, minus(g)) if i in where else 0.0 for i, row in enumerate(self.inverse)]
            if (found := self.lower(x, g, step, 1.0)) is not None:
                return found
            self.inverse = None
        return self.lower(x, g, minus(g), self.first_step / norm_of(np.array(g))) if any(g) else None


HELD = {
    "armijo": HeldArmijo,
    "barzilai_borwein_1": HeldBarzilaiBorwein,
    "barzilai_borwein_2": HeldBarzilaiBorwein2,
    "newton": HeldNewton,
    "damped_newton": HeldDampedNewton,
    "bfgs": HeldBfgs,
}
assert set(HELD) | {"polyak", "levenberg_marquardt"} == set(PLAIN)
