"""Trusted: the degree of the gradient along the boundary, from enclosures on the boundary alone.

In two dimensions it is the number of turns the gradient makes while its foot goes around the box once. The
boundary is cut into pieces on each of which one component has one sign, so the gradient stays in a half-plane;
neighbouring pieces share a point, so their half-planes differ by a quarter turn at most.
It equals minima + maxima - saddles inside, whatever a search found: an independent check of its list.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from flint import arb

from multistart.proofs.balls import ball
from multistart.proofs.enclosures import ZERO, OutsideDomain, precision
from multistart.proofs.faces import Cell
from multistart.proofs.problem import Problem

MAX_PIECES = 50_000


class _Unknown(Exception):
    """A piece of the boundary on which no sign is certain."""


def degree(problem: Problem, bounds: Cell) -> int | None:
    """The degree in one or two dimensions; none in more, or where the gradient may vanish on the boundary."""
    with precision(53):
        try:
            if len(bounds) == 1:
                return _degree_1(problem, bounds)
            return _turns(list(_half_planes(problem, bounds))) if len(bounds) == 2 else None
        except (_Unknown, OutsideDomain):
            return None


def _degree_1(problem: Problem, bounds: Cell) -> int:
    """+1 if the slope goes from negative to positive, -1 for the reverse, else 0."""
    low, high = (problem.field([arb(end)])[0] for end in bounds[0])
    if not all(slope > ZERO or slope < ZERO for slope in (low, high)):
        raise _Unknown
    return bool(high > ZERO) - bool(low > ZERO)


def _half_planes(problem: Problem, bounds: Cell) -> Iterator[int]:
    """Counterclockwise, quarter turns of the half-plane the gradient is in: right 0, up 1, left 2, down 3."""
    (left, right), (bottom, top) = bounds
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    evaluations = 0
    for start, end in itertools.pairwise(corners):
        pieces = [(start, end)]
        while pieces:
            evaluations += 1
            a, b = pieces.pop()
            side = _half_plane(problem.field([_span(a[0], b[0]), _span(a[1], b[1])]))
            if side is not None:
                yield side
                continue
            middle = a[0] + 0.5 * (b[0] - a[0]), a[1] + 0.5 * (b[1] - a[1])
            if evaluations > MAX_PIECES or middle in (a, b):
                raise _Unknown
            pieces += [(middle, b), (a, middle)]


def _span(a: float, b: float) -> arb:
    return ball(min(a, b), max(a, b))


def _half_plane(gradient: Sequence[arb]) -> int | None:
    gx, gy = gradient
    for side, certain in enumerate((gx > ZERO, gy > ZERO, gx < ZERO, gy < ZERO)):
        if certain:
            return side
    return None


def _turns(sides: list[int]) -> int:
    quarters = [(b - a + 1) % 4 - 1 for a, b in zip(sides, sides[1:] + sides[:1], strict=True)]
    if max(quarters) > 1:  # opposite half-planes cannot share a point
        raise ArithmeticError("the enclosures of the gradient along the boundary contradict each other")
    return sum(quarters) // 4
