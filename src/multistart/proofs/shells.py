"""Trusted: bounds of the Hessian's eigenvalues in balls within an attraction ball, for rules with memory.

From them follows how high the function rises on spheres around the minimum (:mod:`multistart.methods.regions`).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from multistart.methods.regions import Shell
from multistart.proofs.attraction import Point, cube, curvature_on, distance_to, split
from multistart.proofs.certificate import Attraction
from multistart.proofs.enclosures import precision
from multistart.proofs.faces import Cell
from multistart.proofs.problem import Problem

SHELLS = 12
COARSE = 256  # before those are split that bound a shell
FINEST = 64  # cells along a radius
SPREAD = 1e-9  # of the radius: balls are looked at so much wider, for the rounding of their centre and of distances


@dataclass(frozen=True)
class _Known:
    """A cell, what it is not nearer to the centre than, and bounds of the eigenvalues on its part of the ball."""

    cell: Cell
    near: float
    low: float
    high: float

    @property
    def size(self) -> float:
        return max(high - low for low, high in self.cell)


def shells_of(problem: Problem, center: Point, ball: Attraction, *, max_cells: int) -> tuple[Shell, ...]:
    """Balls of evenly spaced radii up to that of an attraction ball, with bounds of the eigenvalues in each.

    Eigenvalues in all of the ball are positive and at most its curvature: that is proven, and only made sharper here.

    Parameters
    ----------
    problem
        The function, or the part of a sum in which ``center`` is the minimum.
    max_cells
        How many cells cover the ball; more make sharper bounds.
    """
    reach = ball.radius * (1 + 4 * SPREAD)
    radii = [ball.radius * (k + 1) / SHELLS for k in range(SHELLS)]

    def looked_at(cells: Iterable[Cell]) -> list[_Known]:
        near = [(cell, distance_to(center, cell) * (1 - SPREAD)) for cell in cells]
        return [_known(problem, cell, distance, ball) for cell, distance in near if distance <= reach]

    with precision(53):
        cells = looked_at([cube(center, reach)])
        while 0 < len(cells) < max_cells:
            chosen = _largest(cells) if len(cells) < COARSE else _bounding(cells, radii)
            if not chosen:
                break
            parts, gone = looked_at(part for known in chosen for part in split(known.cell)), set(map(id, chosen))
            cells = [*(known for known in cells if id(known) not in gone), *parts]
    return tuple(_shell(cells, radius, ball) for radius in radii)


def joined(parts: Sequence[tuple[Shell, ...]]) -> tuple[Shell, ...]:
    """The shells of a sum of functions of different variables, from those of its parts, of the same radii."""
    return tuple(
        Shell(each[0].radius, min(s.lowest for s in each), max(s.highest for s in each))
        for each in zip(*parts, strict=True)
    )


def is_sharp(location: Cell, ball: Attraction) -> bool:
    """Whether the float centre is so near to the minimum that radii need no more than the spread."""
    rounding = math.ulp(max(map(abs, ball.center)) + ball.radius)
    error = math.hypot(*(high - low for low, high in location)) + 4 * len(location) * rounding
    return error <= 0.1 * SPREAD * ball.radius


def _known(problem: Problem, cell: Cell, near: float, ball: Attraction) -> _Known:
    low, high = curvature_on(problem, cell) or (0.0, math.inf)
    return _Known(cell, near, max(low, 0.0), min(high, ball.curvature))


def _inside(cells: Sequence[_Known], radius: float, ball_radius: float) -> list[_Known]:
    reached = _reached(radius, ball_radius)
    return [known for known in cells if known.near <= reached]


def _reached(radius: float, ball_radius: float) -> float:
    return radius + 2 * SPREAD * ball_radius


def _shell(cells: Sequence[_Known], radius: float, ball: Attraction) -> Shell:
    inside = _inside(cells, radius, ball.radius)
    return Shell(radius, min(known.low for known in inside), max(known.high for known in inside))


def _largest(cells: Sequence[_Known]) -> set[_Known]:
    largest = max(known.size for known in cells)
    return {known for known in cells if known.size > 0.75 * largest}


def _bounding(cells: Sequence[_Known], radii: Sequence[float]) -> set[_Known]:
    """The cells that the bounds of each shell come from, where they may be split; of those that tie the first."""
    reached = [_reached(radius, radii[-1]) for radius in radii]
    none = (math.inf, len(cells))
    lowest, highest = [none] * len(radii), [none] * len(radii)  # of cells that no smaller radius reaches
    for i, known in enumerate(cells):
        k = bisect_left(reached, known.near)
        if k < len(radii) and known.low < lowest[k][0]:
            lowest[k] = known.low, i
        if k < len(radii) and -known.high < highest[k][0]:
            highest[k] = -known.high, i
    chosen = set()
    for (_, low), (_, high) in zip(accumulate(lowest, min), accumulate(highest, min), strict=True):
        chosen |= {cells[low], cells[high]}
    return {known for known in chosen if known.size * FINEST > radii[-1]}
