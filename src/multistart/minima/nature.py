"""Whether a point is a minimum where doubles cannot tell: in 640 bits, where rounding plays no part.

At a critical point whose Hessian is singular the *splitting lemma* (Gromoll & Meyer 1969) leaves a function of few
variables. Let U span the singular directions and V the others, in which the Hessian is positive. For small u the
equation ``V^T grad f(p + U u + V v) = 0`` has one solution v(u), and p is a strict minimum of f if and only if 0 is one
of ``phi(u) = f(p + U u + V v(u))``. So a valley that curves is followed along its floor; and in one singular direction
two values of phi, one to each side, tell a minimum of any order from an inflection of any order, and both from a floor.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.minima.polish import ACCELERATED, MAX_STEP
from multistart.proofs.enclosures import OutsideDomain, precision
from multistart.proofs.fit_problem import problem_of
from multistart.proofs.problem import Code

BITS = 640  # a root of order 20 is found to 8 digits even where all digits cancel
STEPS = 300
CONVERGED = 1e-60  # of the box's width
CLOSE = 1e-9  # the last step is at most that long, or the point is none
SINGULAR = 1e-20  # of the curvature nearby: less is rounding, or the distance to the critical point
LOOSE = 1e-10  # of the largest curvature: directions that are looked at together with the singular ones
SIDES = (1e-6,)  # of the box's width: how far to both sides of a point with one singular direction
SPHERES = (1e-3, 1e-5)  # ... and around one with several, on spheres of these radii
LEVEL = 1e-24  # of the median rise on such a sphere: a floor this low is level
PROBES = 48  # directions
CHORDS = 60  # steps to the floor; each gains a factor of the radius
MOST_ROWS = 1000  # of data: a second or more for a point
ORIGIN = 1e-20  # of the box's width: a coordinate that small is 0
Array = NDArray[np.float64]
Point = list[arb]


@dataclass(frozen=True)
class Critical:
    """A critical point: its place rounded to doubles, and whether it is a strict minimum."""

    place: Array
    is_minimum: bool


class Exact:
    """An objective with its derivatives in 640 bits, coordinates measured in widths of a box from a point.

    A place is a list of exact numbers; what cannot be computed there is none.
    """

    def __init__(self, objective: Objective, width: Array) -> None:
        d = objective.dimensions
        self.dimensions, self.width = d, [arb(w) for w in width]
        self._pairs = [(i, j) for i in range(d) for j in range(i, d)]
        if objective.fit is not None and objective.fit.count > MOST_ROWS:
            raise InputError(f"{objective.fit.count:,} rows of data are too many for {BITS} bits")
        written, problem = objective if objective.fit is None else objective.term, problem_of(objective)
        first = [written.expression, *written.gradient_expressions]
        second = [written.hessian_expressions[i][j] for i, j in self._pairs]
        self._all, self._first = problem.code([*first, *second]), problem.code(first)

    def slope(self, x: Sequence[arb]) -> tuple[arb, Point] | None:
        """Value and scaled gradient."""
        return self._split(self._evaluate(self._first, x))

    def derivatives(self, x: Sequence[arb]) -> tuple[Point, list[Point], bool] | None:
        """Scaled gradient and Hessian, and whether the gradient is 0 as far as can be told."""
        found = self._evaluate(self._all, x)
        split = self._split(found)
        if found is None or split is None:
            return None
        hessian = [[arb(0)] * self.dimensions for _ in range(self.dimensions)]
        for (i, j), entry in zip(self._pairs, found[1 + self.dimensions :], strict=True):
            hessian[i][j] = hessian[j][i] = entry.mid() * self.width[i] * self.width[j]
        return split[1], hessian, not any(g > 0 or g < 0 for g in found[1 : 1 + self.dimensions])

    def _split(self, found: Sequence[arb] | None) -> tuple[arb, Point] | None:
        if found is None:
            return None
        return found[0], [g.mid() * w for g, w in zip(found[1:], self.width, strict=False)]

    def _evaluate(self, enclosure: Code, x: Sequence[arb]) -> Sequence[arb] | None:
        try:
            found = enclosure(x)
        except OutsideDomain:
            return None
        return found if all(a.is_finite() for a in found) else None


def critical_point(objective: Objective, start: Array, width: Array) -> Critical | None:
    """The critical point that Newton's method finds near a start, shape ``(d,)``; none where it finds none.

    A function that has no enclosure has none either, nor has a fit to many rows.
    """
    try:
        exact = Exact(objective, width)
    except InputError:
        return None
    with precision(BITS):
        x = [arb(v) for v in start.tolist()]
        error = _newton(exact, x, width)
        if error is None:
            return None
        place = np.array([float(v) for v in x])
        place[np.abs(place) <= ORIGIN * width] = 0.0
        return Critical(place, _is_minimum(exact, x, width, error))


def _newton(exact: Exact, x: Point, width: Array) -> float | None:
    """Take Newton's steps to the critical point, stretched as in :mod:`.polish`; the length of the last in widths.

    None where they leave the neighbourhood or do not come to rest.
    """
    away, error = np.zeros(len(x)), CONVERGED
    length = ratio = math.nan
    for _ in range(STEPS):
        found = exact.derivatives(x)
        if found is None:
            return None
        gradient, hessian, at_rest = found
        if at_rest:
            return error
        try:
            step = [-row[0].mid() for row in arb_mat(hessian).solve(arb_mat([[g] for g in gradient])).tolist()]
        except ZeroDivisionError:
            break
        new = math.hypot(*map(float, step))
        now = new / length if length > 0 else math.nan
        if ACCELERATED[0] < now < ACCELERATED[1] and abs(now - ratio) < 0.01:
            step, new, now = [s / (1 - arb(now)) for s in step], math.nan, math.nan
        away += [float(s) for s in step]
        if not np.abs(away).max() <= MAX_STEP:
            return None
        x[:] = [(v + s * arb(w)).mid() for v, s, w in zip(x, step, width.tolist(), strict=True)]
        length, ratio, error = new, now, max(abs(float(s)) for s in step)
        if error <= CONVERGED:
            break
    return error if error <= CLOSE else None


def _is_minimum(exact: Exact, x: Point, width: Array, error: float) -> bool:
    """Positive definite, or positive but for singular directions along which the floor of the valley rises."""
    hessian = _hessian(exact, x)
    if hessian is None:
        return False
    nearby = max(_size(_hessian(exact, _moved(x, width, s))) for s in _steps(len(x), max(1e-3, 100 * error)))
    scale = _size(hessian)
    if scale <= SINGULAR * nearby:
        values, vectors = np.zeros(len(x)), np.eye(len(x))
    else:
        values, vectors = np.linalg.eigh(np.array([[float(a / arb(scale)) for a in row] for row in hessian]))
    loose = np.abs(values) <= LOOSE * np.abs(values).max()
    if (values[~loose] < 0).any():
        return False
    if not loose.any():
        return True
    floor = _Floor(exact, x, vectors[:, loose], vectors[:, ~loose], scale * values[~loose])
    if loose.sum() == 1:
        return any(_rises_to_both_sides(floor, max(radius, 100 * error)) for radius in SIDES)
    return any(_rises_all_around(floor, max(radius, 100 * error)) for radius in SPHERES)


def _hessian(exact: Exact, x: Point) -> list[Point] | None:
    found = exact.derivatives(x)
    return None if found is None else found[1]


def _size(hessian: list[Point] | None) -> float:
    return 0.0 if hessian is None else max(abs(float(a)) for row in hessian for a in row)


def _steps(d: int, radius: float) -> Array:
    return radius * np.vstack([np.eye(d), -np.eye(d)])


def _moved(x: Sequence[arb], width: Array, step: Array) -> Point:
    return [v + arb(s) * arb(w) for v, s, w in zip(x, step.tolist(), width.tolist(), strict=True)]


class _Floor:
    """The function phi of the splitting lemma: how much the floor of the valley rises from its lowest point."""

    def __init__(self, exact: Exact, x: Point, along: Array, across: Array, curvature: Array) -> None:
        self.exact, self.x, self.along = exact, x, along
        self.across = [list(map(arb, direction)) for direction in across.T.tolist()]
        self.curvature = list(map(arb, curvature.tolist()))
        self.lowest, self.slack = self._height(np.zeros(along.shape[1]))

    def rise(self, u: Array) -> arb:
        """``phi(u) - phi(0)``, a ball; nan where it is not defined, or cannot be told from 0 so far from the floor."""
        height, slack = self._height(u)
        rise = height - self.lowest
        return rise if rise > slack + self.slack or rise < -slack - self.slack else arb.nan()

    def _height(self, u: Array) -> tuple[arb, arb]:
        """The value where steps across the valley come to rest, and how much higher than the floor that may be."""
        v, length = [arb(0)] * len(self.across), math.inf
        value = slack = arb.nan()
        for _ in range(CHORDS):
            found = self.exact.slope(self._place(u, v))
            if found is None:
                return arb.nan(), arb.nan()
            value, slopes = found
            steps = [_dot(slopes, direction) / c for direction, c in zip(self.across, self.curvature, strict=True)]
            slack = sum((s * s * c for s, c in zip(steps, self.curvature, strict=True)), arb(0))
            new = max((abs(float(s)) for s in steps), default=0.0)
            if not steps or not new < 0.5 * length:
                break
            v, length = [(a - s).mid() for a, s in zip(v, steps, strict=True)], new
        return value, slack

    def _place(self, u: Array, v: Point) -> Point:
        step = [arb(s) for s in (self.along @ u).tolist()]
        for a, direction in zip(v, self.across, strict=True):
            step = [s + a * c for s, c in zip(step, direction, strict=True)]
        return [(p + s * w).mid() for p, s, w in zip(self.x, step, self.exact.width, strict=True)]


def _dot(a: Point, b: Point) -> arb:
    return sum((x * y for x, y in zip(a, b, strict=True)), arb(0))


def _rises_to_both_sides(floor: _Floor, radius: float) -> bool:
    return all(bool(floor.rise(np.array([r])) > 0) for r in (radius, -radius))


def _rises_all_around(floor: _Floor, radius: float) -> bool:
    """Whether the lowest point of a sphere, found by descending along it from the lowest of many, is certainly higher.

    By the logarithm of the rise, so that a floor is told from one that rises with a higher power than its sides.
    """
    from scipy.optimize import OptimizeResult, minimize  # a second, for the few points that need it

    k = floor.along.shape[1]

    def height(u: Array) -> float:
        rise = floor.rise(radius * u / np.linalg.norm(u))
        return float(rise.log()) if rise > 0 else -math.inf

    directions = np.vstack([np.eye(k), -np.eye(k), np.random.default_rng(0).standard_normal((PROBES, k))])
    heights = np.array(list(itertools.takewhile(math.isfinite, map(height, directions))))
    if len(heights) < len(directions):  # one that does not rise is enough: floors have thousands of points
        return False
    level = float(np.median(heights)) + math.log(LEVEL)

    def stop_at_level(intermediate_result: OptimizeResult) -> None:
        if intermediate_result.fun <= level:
            raise StopIteration

    for start in directions[np.argsort(heights)[:2]]:
        if height(start) <= level:
            return False
        options = {"xatol": 1e-16, "fatol": 1e-3, "maxiter": 150 * k}
        if minimize(height, start, method="Nelder-Mead", options=options, callback=stop_at_level).fun <= level:
            return False
    return True
