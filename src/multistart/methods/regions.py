"""Regions of point and state from which a rule with memory provably converges; derived in docs/regions.md.

With memory no ball of points will do: a point in it may have any speed. An energy, value plus a multiple of the
squared last step, does not rise; where it is below the lowest value on a sphere around the minimum, the descent cannot
pass that sphere. The energy is bounded by the distance from the minimum, so that no value of the function is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from multistart.methods.rule import Numbers

MARGIN = 1e-6  # relative, of energies and of rates: more than the rounding of a descent adds, see docs/regions.md
ROUNDING = 1e-9  # relative, of lengths: more than that of the formulas here and of the compiled test


@dataclass(frozen=True)
class Shell:
    """What is proven of the Hessian in a ball around a minimum: all its eigenvalues are in an interval."""

    radius: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Region:
    """Points ``x`` with state ``b`` for which ``|x + shift b - minimum|**2 + weight |b|**2 <= radius**2``.

    Attributes
    ----------
    radius
        Rounded down, for the minimum rounded to floats.
    shift, weight
        Of the state's first words, one for each coordinate.
    """

    radius: float
    shift: float
    weight: float


def rises(shells: Sequence[Shell]) -> list[float]:
    """By how much at least the function is above the minimum on the sphere of each shell.

    Along a ray ``f(r) - f(0)`` is the integral of ``(r - t) f''(t)``, and ``f''`` at least the lowest eigenvalue.
    """
    found, edges = [], [0.0, *(shell.radius for shell in shells)]
    for k, outer in enumerate(shells):
        parts = [
            shell.lowest * (high - low) * (outer.radius - high / 2 - low / 2)
            for shell, low, high in zip(shells[: k + 1], edges, edges[1:], strict=False)
        ]
        found.append((1 - ROUNDING) * sum(parts))
    return found


def of_the_heavy_ball(shells: Sequence[Shell], numbers: Numbers) -> Region | None:
    """The largest region of the heavy ball: ``f + momentum/(2 rate) |step|**2`` below the lowest value on a sphere."""
    rate, momentum = numbers["learning_rate"], numbers["momentum"]
    covered = [
        (rise, shell.highest)
        for rise, shell in zip(rises(shells), shells, strict=True)
        if rate * shell.highest < 2 * (1 - momentum) * (1 - MARGIN)
    ]
    return _largest(shells, covered, 0.0, momentum * rate)


def of_nesterov(shells: Sequence[Shell], numbers: Numbers) -> Region | None:
    """The largest region of constant momentum with the gradient ahead: ``f + |step|**2 / (2 rate)``.

    Below the lowest value on an inner sphere; the point ahead stays in an outer one.
    """
    rate, momentum = numbers["learning_rate"], numbers["momentum"]
    levels = list(zip(rises(shells), shells, strict=True))
    covered = [
        (min(rise, _kept(outer.radius - inner.radius, momentum, rate)), inner.highest)
        for outer in shells
        if rate * outer.highest < 1 - MARGIN
        for rise, inner in levels
        if inner.radius <= outer.radius
    ]
    return _largest(shells, covered, momentum * rate, rate)


def _kept(room: float, momentum: float, rate: float) -> float:
    """The energy up to which the point ahead is no further away than the room: steps are at most its root."""
    return (room / momentum) ** 2 / (2 * rate) if momentum > 0 else math.inf


def _largest(
    shells: Sequence[Shell], covered: Sequence[tuple[float, float]], shift: float, weight: float
) -> Region | None:
    """Of energies, each with the curvature that bounds the function below it, the region that reaches furthest."""
    regions = list(_regions(shells, covered, shift, weight))
    return max(regions, key=lambda region: region.radius, default=None)


def _regions(
    shells: Sequence[Shell], covered: Sequence[tuple[float, float]], shift: float, weight: float
) -> Iterator[Region]:
    for energy, curvature in covered:
        radius = math.sqrt(2 * (1 - MARGIN) * energy / curvature) if energy > 0 else 0.0
        radius = (1 - ROUNDING) * radius - ROUNDING * shells[-1].radius
        if radius > 0:
            yield Region(radius, shift, (1 + ROUNDING) * weight / curvature)
