"""Trusted: balls around a minimum from which float descents provably come to rest there, and in how many updates.

Let all Hessian eigenvalues on the ball of radius ``R`` around ``m`` be in ``[mu, L]``, the minimum within ``w`` of m,
and each float update within ``s`` of the exact one. With ``q = max(|1 - a mu|, |1 - a L|) < 1``, ``t = (1 + q) w + s``,

    |x' - m| <= q |x - m| + t        (the contraction of :mod:`multistart.proofs.attraction`, seen from m),

so the ball is never left if ``q R + t <= R``, and after n updates ``|x - m| <= q^n R + t/(1 - q)``. The computed
gradient is at most ``L (|x - m| + w) + G``, with ``G`` the error of its norm: where that is the tolerance or less, the
descent is at rest. Further than ``delta`` from m, inside the ball, ``|g| >= mu (|x - m| - w)`` is more than whatever
could end it, and the ball of radius delta is never left either: who is outside after the last update has never been at
rest.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from flint import arb

from multistart.proofs.attraction import curvature_on
from multistart.proofs.certificate import Cell, CriticalPoint
from multistart.proofs.enclosures import precision
from multistart.proofs.problem import Problem
from multistart.reachability.rounding import Rounding

RATIO = 0.75  # of the radii of two balls in sequence
PARTS = 8  # cells along an axis on which curvature is enclosed
UP = 1 + 2.0**-40
NEVER = 10**12  # updates


@dataclass(frozen=True)
class Landing:
    """What is proven around one minimum.

    Attributes
    ----------
    center
        The minimum, rounded.
    radius
        A descent that has been so near rests inside this ball, or goes on for ever there; 0 where nothing is proven.
    delta
        A descent that is further away after its last update does not rest in the ball.
    shells
        Radii, falling from ``radius``, and the updates after which a descent from inside is certainly at rest.
    """

    center: tuple[float, ...]
    radius: float
    delta: float
    shells: tuple[tuple[float, int], ...]


def landing(
    problem: Problem, rounding: Rounding, minimum: CriticalPoint, arena: Cell, rate: float, tolerance: float
) -> Landing:
    """The balls around a minimum, inside the arena, for a rate; of radius 0 where none is proven."""
    nowhere = Landing(minimum.center, 0.0, math.inf, ())
    if minimum.attraction is None:
        return nowhere
    inside = min(min(c - low, high - c) for c, (low, high) in zip(minimum.center, arena, strict=True))
    reach = first = min(minimum.attraction.radius, inside * (1 - 1e-9))
    balls: list[_Ball] = []
    while len(balls) < 200 and reach > 0:
        found = _ball(problem, rounding, minimum, reach, rate, tolerance)
        if found is not None and found.keeps:
            balls.append(found)
            if found.rests:
                return _landing(minimum.center, balls)
        reach *= RATIO
        if balls and found is None:
            break
        if reach < 1e-14 * first:
            break
    return nowhere


@dataclass(frozen=True)
class _Ball:
    """One ball: its radius, contraction, drift, and where in it the gradient is small enough, or too large."""

    radius: float
    q: float
    drift: float
    rest: float
    delta: float

    @property
    def keeps(self) -> bool:
        return self.q < 1 and self.q * self.radius + self.drift <= self.radius * (1 - 1e-9)

    @property
    def rests(self) -> bool:
        """Whether all points inside are at rest."""
        return self.radius <= self.rest

    def updates_to(self, radius: float) -> int:
        """Updates after which a descent from inside is within a smaller radius."""
        left = radius - self.drift / (1 - self.q) * UP
        if not left > 0:
            return NEVER
        if self.q == 0:
            return 1
        return max(1, math.ceil(math.log(left / self.radius) / math.log(self.q) * UP) + 1)


def _landing(center: tuple[float, ...], balls: list[_Ball]) -> Landing:
    needed, shells = 0, [(balls[-1].radius, 0)]
    for outer, inner in zip(balls[-2::-1], balls[:0:-1], strict=True):
        needed = min(NEVER, needed + outer.updates_to(inner.radius))
        shells.append((outer.radius, needed))
    delta = balls[0].delta
    for ball in balls:  # the innermost that says it, since its curvature is the sharpest
        if ball.delta < ball.radius:
            delta = ball.delta
    if needed >= NEVER or not delta < balls[0].radius:
        return Landing(center, 0.0, math.inf, ())
    return Landing(center, balls[0].radius, delta, tuple(reversed(shells)))


def _ball(
    problem: Problem, rounding: Rounding, minimum: CriticalPoint, radius: float, rate: float, tolerance: float
) -> _Ball | None:
    """The ball of a radius, if the curvature is positive on it and the rate small enough."""
    center, d = minimum.center, len(minimum.center)
    with precision(64):
        curvature = _curvature(problem, center, radius)
        if curvature is None or not (curvature[0] > 0 and rate * curvature[1] < 2 * (1 - 1e-12)):
            return None
        _, error = rounding.gradient([arb(c, radius * UP) for c in center])
    least, most = curvature
    away = math.hypot(*(high - low for low, high in minimum.location)) * UP  # of the minimum from its rounded place
    size = max(map(abs, center)) + radius
    slope = most * (radius + away)
    step = math.sqrt(d) * (rate * error + 2.0**-51 * (size + 2 * rate * (slope + error)))
    q = max(abs(1 - rate * least), abs(1 - rate * most)) + 2.0**-50
    drift = ((1 + q) * away + step) * UP
    of_norm = math.sqrt(d) * error * UP
    rest = ((tolerance * (1 - 1e-12) - of_norm) / most - away) * (1 - 1e-12)
    # at rest in floating point is who moves by a few last bits at most: descents compare their last updates
    still = math.sqrt(d) * 2.0**-49 * size / rate
    delta = ((max(tolerance * (1 + 1e-12), still) + of_norm) / least + away) * UP
    delta = max(delta, drift / (1 - q) * (1 + 1e-6)) if q < 1 else math.inf
    return _Ball(radius, q, drift, rest, delta)


def _curvature(problem: Problem, center: tuple[float, ...], radius: float) -> tuple[float, float] | None:
    """Bounds of all eigenvalues of the Hessian on a ball, cell by cell of the cube around it."""
    whole = tuple((c - radius * UP, c + radius * UP) for c in center)
    found = curvature_on(problem, whole)
    if found is not None and found[0] > 0 and found[1] < 2 * found[0]:
        return found
    edges = [np.linspace(low, high, PARTS + 1).tolist() for low, high in whole]
    for line, (low, high) in zip(edges, whole, strict=True):
        line[0], line[-1] = low, high
    bounds = []
    for place in itertools.product(range(PARTS), repeat=len(center)):
        cell = tuple((edges[i][k], edges[i][k + 1]) for i, k in enumerate(place))
        away = math.hypot(*(max(0.0, low - c, c - high) for c, (low, high) in zip(center, cell, strict=True)))
        if away > radius * UP:
            continue
        found = curvature_on(problem, cell)
        if found is None or not found[0] > 0:
            return None
        bounds.append(found)
    return min(low for low, _ in bounds), max(high for _, high in bounds)
