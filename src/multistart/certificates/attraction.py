"""Trusted: the ball around a minimum in which gradient descent provably converges to it.

Let all Hessian eigenvalues on the ball be in ``[mu, L]`` with ``mu > 0``, and the learning rate ``a`` in ``(0, 2/L)``.
A step from ``x`` in the ball gives ``x' - x* = (I - a H)(x - x*)`` with ``H`` the mean Hessian on the segment, which
is in the ball; so ``|x' - x*| <= max(|1 - a mu|, |1 - a L|) |x - x*|``, a contraction that never leaves the ball.
"""

from __future__ import annotations

import heapq
import itertools
import math

from multistart.certificates.balls import eigenvalue_bounds, outward
from multistart.certificates.certificate import Attraction
from multistart.certificates.enclosures import OutsideDomain, precision
from multistart.certificates.faces import Cell, balls_of
from multistart.certificates.problem import Problem

RESOLUTION = 24  # cells along a radius
SAFETY = 1 - 1e-9  # more than all roundings of distances below


def attraction_ball(
    problem: Problem, location: Cell, bounds: Cell, *, learning_rate: float | None = None, max_cells: int = 2000
) -> Attraction | None:
    """The largest such ball that a cover by cells can show, inside ``bounds``; none if there is none.

    Parameters
    ----------
    location
        The minimum's enclosure.
    learning_rate
        If given, the ball is one on which ``L < 2 / learning_rate`` too, so that it holds for this rate.
    """
    center = tuple(low + 0.5 * (high - low) for low, high in location)
    error = math.hypot(*(high - low for low, high in location))
    reach = min(min(c - low, high - c) for c, (low, high) in zip(center, bounds, strict=True))
    if not reach > 2 * error:
        return None
    with precision(53):
        radius, curvature = _cover(problem, center, reach, learning_rate, max_cells)
    radius = (radius - 2 * error) * SAFETY  # the ball is around the float center, the minimum within error of it
    return Attraction(center, radius, curvature) if radius > 0 else None


def _cover(
    problem: Problem, center: tuple[float, ...], reach: float, learning_rate: float | None, max_cells: int
) -> tuple[float, float]:
    """Accept cells outward from the center until the nearest one fails and is too small to split."""
    limit = math.inf if learning_rate is None else 2 / learning_rate * SAFETY
    order = itertools.count()
    heap = [(0.0, next(order), tuple((c - reach, c + reach) for c in center))]
    accepted: list[tuple[float, float]] = []
    radius = reach
    for _ in range(max_cells):
        distance, _, cell = heap[0]
        if distance >= reach:
            break
        heapq.heappop(heap)
        size = max(high - low for low, high in cell)
        bounds = _curvature(problem, cell)
        small = size * RESOLUTION <= max(distance, reach / 64)
        if bounds is not None and bounds[0] > 0 and bounds[1] < limit and (small or size * 4 <= distance + reach / 8):
            accepted.append((distance, bounds[1]))
        elif small:
            radius = distance
            break
        else:
            for part in _split(cell):
                heapq.heappush(heap, (_distance(center, part), next(order), part))
        if not heap:
            break
    else:
        radius = heap[0][0] if heap else reach
    return radius, max((high for distance, high in accepted if distance <= radius), default=math.inf)


def _curvature(problem: Problem, cell: Cell) -> tuple[float, float] | None:
    """Bounds of all eigenvalues on a cell."""
    d = len(cell)
    try:
        flat = problem.hessian(balls_of(cell))
    except OutsideDomain:
        return None
    bounds = eigenvalue_bounds([flat[d * i : d * i + d] for i in range(d)])
    return None if bounds is None else (outward(bounds[0])[0], outward(bounds[-1])[1])


def _distance(center: tuple[float, ...], cell: Cell) -> float:
    """From a point to the nearest of a cell, within a few units in the last place."""
    return math.hypot(*(max(0.0, low - c, c - high) for c, (low, high) in zip(center, cell, strict=True)))


def _split(cell: Cell) -> list[Cell]:
    axis = max(range(len(cell)), key=lambda i: cell[i][1] - cell[i][0])
    low, high = cell[axis]
    at = low + 0.5 * (high - low)
    return [(*cell[:axis], part, *cell[axis + 1 :]) for part in ((low, at), (at, high))]
