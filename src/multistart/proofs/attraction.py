"""Trusted: the ball around a minimum in which gradient descent provably converges to it.

Let all Hessian eigenvalues on the ball be in ``[mu, L]`` with ``mu > 0``, and the learning rate ``a`` in ``(0, 2/L)``.
A step from ``x`` in the ball gives ``x' - x* = (I - a H)(x - x*)`` with ``H`` the mean Hessian on the segment, which
is in the ball; so ``|x' - x*| <= max(|1 - a mu|, |1 - a L|) |x - x*|``, a contraction that never leaves the ball.
"""

from __future__ import annotations

import heapq
import itertools
import math

from flint import arb

from multistart.proofs.balls import eigenvalue_bounds, mean_value, outward
from multistart.proofs.certificate import Attraction
from multistart.proofs.enclosures import ZERO, OutsideDomain, precision
from multistart.proofs.faces import Cell, balls_of, halves, middle
from multistart.proofs.problem import Problem

Point = tuple[float, ...]

RESOLUTION = 24  # cells along a radius
MEAN_VALUE_DIMENSIONS = 3  # beyond, third derivatives are too many
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
    max_cells
        How many cells the cover may have; more make a larger ball.
    """
    center = tuple(low + 0.5 * (high - low) for low, high in location)
    reach = min(min(c - low, high - c) for c, (low, high) in zip(center, bounds, strict=True))
    rounding = math.ulp(max(map(abs, center)) + abs(reach))  # of a cell's ends
    error = math.hypot(*(high - low for low, high in location)) + 4 * len(center) * rounding
    limit = math.inf if learning_rate is None else 2 / learning_rate * SAFETY
    with precision(53):
        radius, curvature = _largest(problem, center, reach, limit, max_cells, 4 * error)
    radius = (radius - 2 * error) * SAFETY  # the ball is around the float center, the minimum within error of it
    return Attraction(center, radius, curvature) if radius > 0 else None


def _largest(
    problem: Problem, center: Point, reach: float, limit: float, max_cells: int, least: float
) -> tuple[float, float]:
    """A cube that is one good cell, then covers of larger ones while the whole cube was good."""
    size = reach
    while size > least and not _good(whole := curvature_on(problem, cube(center, size)), limit):
        size /= 2
    if not size > least or whole is None:
        return 0.0, math.inf
    best = size, whole[1]
    while size < reach:
        size = min(reach, 4 * size)
        found = _cover(problem, center, size, limit, max_cells)
        best = max(best, found)
        if found[0] < size:
            break
    return best


def _cover(problem: Problem, center: Point, reach: float, limit: float, max_cells: int) -> tuple[float, float]:
    """Accept cells outward from the center until the nearest one fails and is too small to split."""
    order = itertools.count()
    heap = [(0.0, next(order), cube(center, reach))]
    accepted: list[tuple[float, float]] = []
    radius = reach
    for _ in range(max_cells):
        if not heap or heap[0][0] >= reach:
            break
        distance, _, cell = heapq.heappop(heap)
        size = max(high - low for low, high in cell)
        large = size > 0.25 * (distance + reach)  # when its curvature is an overestimate
        bounds = None if large else curvature_on(problem, cell)
        if bounds is not None and _good(bounds, limit):
            accepted.append((distance, bounds[1]))
        elif size * RESOLUTION <= max(distance, reach / 16):
            radius = distance
            break
        else:
            for part in split(cell):
                heapq.heappush(heap, (distance_to(center, part), next(order), part))
    else:
        radius = min(reach, heap[0][0]) if heap else reach
    return radius, max((high for distance, high in accepted if distance <= radius), default=math.inf)


def _good(curvature: tuple[float, float] | None, limit: float) -> bool:
    return curvature is not None and curvature[0] > 0 and curvature[1] < limit


def cube(center: Point, size: float) -> Cell:
    """The cell that reaches so far from a point in each coordinate."""
    return tuple((c - size, c + size) for c in center)


def curvature_on(problem: Problem, cell: Cell) -> tuple[float, float] | None:
    """Bounds of all eigenvalues on a cell, on which the function must be smooth."""
    try:
        hessian = _hessian(problem, cell)
        bounds = None if hessian is None else eigenvalue_bounds(hessian)
    except OutsideDomain:
        return None
    return None if bounds is None else (outward(bounds[0])[0], outward(bounds[-1])[1])


def _hessian(problem: Problem, cell: Cell) -> list[list[arb]] | None:
    """The Hessian on a cell, none where the function is not smooth on all of it.

    In few dimensions by its mean-value form, which is much sharper on small cells.
    """
    d, box = len(cell), balls_of(cell)
    if d > MEAN_VALUE_DIMENSIONS or problem.jumps:
        flat = problem.hessian(box) if problem.is_smooth(box) else ()
        return [list(flat[d * i : d * i + d]) for i in range(d)] if flat else None
    third = problem.third_if_smooth(box)
    if third is None:
        return None
    center = [arb(v) for v in middle(cell)]
    offset = [x - c for x, c in zip(box, center, strict=True)]
    flat, hessian = problem.hessian(center), [[ZERO] * d for _ in range(d)]
    for i, rows in enumerate(problem.third_places):
        upper = mean_value(flat[d * i + i : d * i + d], [[third[k] for k in places] for places in rows[i:]], offset)
        for j, entry in enumerate(upper, start=i):
            hessian[i][j] = hessian[j][i] = entry
    return hessian


def distance_to(center: Point, cell: Cell) -> float:
    """From a point to the nearest of a cell, within a few units in the last place."""
    return math.hypot(*(max(0.0, low - c, c - high) for c, (low, high) in zip(center, cell, strict=True)))


def split(cell: Cell) -> list[Cell]:
    """The halves of a cell across its longest side."""
    return list(halves(cell, max(range(len(cell)), key=lambda i: cell[i][1] - cell[i][0]), 0.5))
