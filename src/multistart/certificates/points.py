"""From verified zeros to critical points: type, value, attraction ball, order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flint import arb

from multistart.box import Box
from multistart.certificates.attraction import attraction_ball
from multistart.certificates.balls import eigenvalue_bounds, excludes_zero, outward
from multistart.certificates.certificate import LOWEST_AROUND, UNIQUE, Attraction, CriticalPoint
from multistart.certificates.enclosures import ZERO, OutsideDomain, precision
from multistart.certificates.faces import Cell, Face
from multistart.certificates.inputs import bounds_of
from multistart.certificates.problem import Problem
from multistart.certificates.zeros import Zero
from multistart.objectives import Objective

ATTRACTION_CELLS = 30_000  # over all minima, divided by d


def point_of(problem: Problem, face: Face, zero: Zero | None, bits: int) -> CriticalPoint:
    """The type and value of a verified zero of the field along a face; of a corner if there is none."""
    balls = () if zero is None else zero.balls
    with precision(bits):
        try:
            value = problem.value(face.embed(balls))[0]
            eigenvalues = eigenvalue_bounds(face.hessian(problem, balls)) if balls else []
        except OutsideDomain:
            value, eigenvalues = arb("nan"), None
        return CriticalPoint(
            kind=_kind(eigenvalues),
            location=face.full(() if zero is None else zero.cell),
            value=outward(value),
            eigenvalues=tuple(outward(e) for e in eigenvalues or ()),
            place=face.place,
            proof=LOWEST_AROUND if any(face.held) else UNIQUE,
            touches_boundary=zero is not None and not zero.is_inside,
            digits=value.str(bits // 4, radius=True),
        )


def _kind(eigenvalues: Sequence[arb] | None) -> str:
    if eigenvalues is None or not all(excludes_zero(e) for e in eigenvalues):
        return "degenerate"
    if all(e > ZERO for e in eigenvalues):
        return "minimum"
    return "maximum" if all(e < ZERO for e in eigenvalues) else "saddle"


def with_attraction(problem: Problem, bounds: Cell, points: Sequence[CriticalPoint]) -> list[CriticalPoint]:
    """The points, each minimum with its ball; the more minima, the coarser the covers."""
    minima = sum(p.kind == "minimum" for p in points)
    cells = max(60, min(2000, ATTRACTION_CELLS // (len(bounds) * max(1, minima))))
    return [
        replace(p, attraction=attraction_ball(problem, p.location, bounds, max_cells=cells))
        if p.kind == "minimum"
        else p
        for p in points
    ]


def attraction_for(
    objective: Objective, point: CriticalPoint, box: Box, *, learning_rate: float | None = None
) -> Attraction | None:
    """The ball around a certified minimum that holds for one learning rate, or none if there is none.

    The ball of a certificate is the largest for some rate; a rate at or above its ``2 / curvature``, but below the
    minimum's critical learning rate, has a smaller one.
    """
    if point.kind != "minimum" or point.place != "interior":
        return None
    problem = Problem(objective.expression, objective.symbols)
    return attraction_ball(problem, point.location, bounds_of(objective, box), learning_rate=learning_rate)


def ordered(points: Sequence[CriticalPoint]) -> tuple[CriticalPoint, ...]:
    """Lowest first; points whose values cannot be told apart, by their coordinates."""
    tied: list[list[CriticalPoint]] = []
    for p in sorted(points, key=lambda p: p.value):
        if tied and p.value[0] <= max(q.value[1] for q in tied[-1]):
            tied[-1].append(p)
        else:
            tied.append([p])
    return tuple(p for group in tied for p in sorted(group, key=lambda p: p.center))
