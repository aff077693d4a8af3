"""The gradient flow as a loop of plain Python over lists of numbers, made from the papers.

Tables are given as fractions and decimals of the papers once more; sums run in the order that the package says they do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from multistart.kernels.vectormath import exp, log

from .plain_rules import exact_fma as fma
from .plain_searches import Formula, Vector, cholesky, dot, solved

#: Dormand and Prince 1980, table 2, RK5(4)7M: rows of a, then b - b^.
A = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
B = (*A[-1], 0.0)
B_HAT = (5179 / 57600, 0.0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40)
ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
#: Steinebach 2023, table 3, in the form of Hairer and Wanner (IV.7.25).
GAMMA = 0.21193756319429014
POINTS = (
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
)
POINTS = (*POINTS, (*POINTS[-1], 1.0), (*POINTS[-1], 1.0, 1.0))
RIGHT = (
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
     -28.087943162872662),
    (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
     -54.66780262877968, -9.48861652309627),
)  # fmt: skip


def combined(x: Vector, h: float, vectors: Sequence[Vector], weights: Sequence[float]) -> Vector:
    """``x + h (w1 k1 + w2 k2 + ...)``."""
    found = []
    for j, start in enumerate(x):
        total = 0.0
        for weight, k in zip(weights, vectors, strict=True):
            total = fma(weight, k[j], total)
        found.append(fma(h, total, start))
    return found


def explicit_step(gradient: Callable[[Vector], Vector], x: Vector, g: Vector, h: float) -> tuple[list[Vector], Vector]:
    """The points of all stages, the last the next point; and the error."""
    slopes, stages = [g], [x]
    for row in A:
        stages.append(combined(x, -h, slopes, row))
        slopes.append(gradient(stages[-1]))
    return stages, combined([0.0] * len(x), h, slopes, ERROR)


def implicit_step(f: Formula, x: Vector, g: Vector, h: float, hessian: list[Vector]) -> tuple[Vector, Vector] | None:
    """The next point and the error; none where the step is too long."""
    factor = cholesky(hessian, 1.0 / (GAMMA * h))
    if factor is None:
        return None
    u, stage = [solved(factor, [-a for a in g])], x
    for point, right in zip(POINTS, RIGHT, strict=True):
        stage = combined(x, 1.0, u, point)
        slope = [-a for a in f.gradient(stage)]
        u.append(solved(factor, combined(slope, 1.0 / h, u, right)))
    return [a + b for a, b in zip(stage, u[-1], strict=True)], u[-1]


def distance(a: Vector, b: Vector) -> float:
    """Its square, as sums run."""
    total = 0.0
    for p, q in zip(a, b, strict=True):
        total = fma(p - q, p - q, total)
    return total


@dataclass
class Flow:
    """Steps of the flow in an arena of some widths; counts gradients besides those of its points."""

    f: Formula
    tolerance: float
    widths: Vector
    h: float = 0.0
    stiff: bool = False
    hints: int = 0
    used: list[bool] = field(default_factory=list)

    def scale(self, x: Vector) -> Vector:
        return [width if width < math.inf else 1.0 + abs(a) for a, width in zip(x, self.widths, strict=True)]

    def after(self, x: Vector, g: Vector) -> Vector | None:
        """The next point, none where that is the same one."""
        if self.h == 0.0:
            self.h = min(0.01 * s / abs(a) for s, a in zip(self.scale(x), g, strict=True) if a)
        hessian = self.f.hessian(x) if self.stiff else []
        stiff, most = self.stiff, 5.0
        while True:
            h = self.h
            if all(fma(-h, b, a) == a for a, b in zip(x, g, strict=True)):
                return None
            error, after = self.attempt(x, g, h, hessian, stiff)
            self.h = min(1e100, h * min(factor_of(error), most))
            if error <= 1.0:
                self.used.append(stiff)
                return after if after != x else None
            most = 1.0

    def attempt(self, x: Vector, g: Vector, h: float, hessian: list[Vector], stiff: bool) -> tuple[float, Vector]:
        if not stiff:
            slopes: list[Vector] = []
            stages, errors = explicit_step(lambda y: slopes.append(self.f.gradient(y)) or slopes[-1], x, g, h)
            error = self.largest(errors, x, stages[6])
            self.f.extra += 5 if error <= 1.0 else 6
            if error <= 1.0:
                far, change = distance(stages[6], stages[5]), distance(slopes[5], slopes[4])
                self.choose(h * (math.sqrt(change / far) if far > 0 else 0.0) > 2.5)
            return error, stages[6]
        found = implicit_step(self.f, x, g, h, hessian)
        if found is None:
            return math.inf, x
        error = self.largest(found[1], x, found[0])
        self.f.extra += 7
        if error <= 1.0:
            cells = [a for row in hessian for a in row]
            self.choose(h * math.sqrt(dot(cells, cells)) < 1.0)
        return error, found[0]

    def largest(self, errors: Vector, x: Vector, after: Vector) -> float:
        found = max(abs(e) / (self.tolerance * s) for e, s in zip(errors, self.scale(x), strict=True))
        length2, error2 = distance(after, x), distance(errors, [0.0] * len(x))
        if error2 > (0.1 * 0.1) * length2:
            return max(found, math.sqrt(error2 / length2) / 0.1 if length2 > 0 else math.inf)
        return found

    def choose(self, hint: bool) -> None:
        self.hints = self.hints + 1 if hint else max(self.hints - 1, 0)
        if self.hints == 6:
            self.hints, self.stiff = 0, not self.stiff


def factor_of(error: float) -> float:
    """Of the next step."""
    if error == 0.0:
        return 5.0
    return min(5.0, max(0.2, 0.9 * exp(-0.2 * log(error)))) if error < math.inf else 0.2
