"""From verified zeros to critical points: type, value, attraction ball, order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from flint import arb

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.proofs.attraction import attraction_ball
from multistart.proofs.balls import Interval, eigenvalue_bounds, excludes_zero, inertia, outward
from multistart.proofs.certificate import LOWEST_AROUND, UNIQUE, Attraction, CriticalPoint
from multistart.proofs.enclosures import ZERO, OutsideDomain, precision
from multistart.proofs.faces import Cell, Face
from multistart.proofs.fit_problem import problem_of
from multistart.proofs.inputs import bounds_of
from multistart.proofs.problem import Problem
from multistart.proofs.separation import Part
from multistart.proofs.shells import is_sharp, joined, shells_of
from multistart.proofs.zeros import Zero

LEAST_FLOAT = 5e-324
ATTRACTION_CELLS = 30_000  # over all minima, divided by d
ATTRACTION_ROWS = 1000  # of data: with more, no balls are looked for
SHELL_CELLS = 4000  # over all minima, for shells; and so many for each
MIN_SHELL_CELLS = 60


def point_of(problem: Problem, face: Face, zero: Zero | None, bits: int) -> CriticalPoint:
    """The type and value of a verified zero of the field along a face; of a corner if there is none."""
    balls = () if zero is None else zero.balls
    with precision(bits):
        try:
            value = problem.value(face.embed(balls))[0]
            hessian = face.hessian(problem, balls) if balls else []
            eigenvalues, signs = (eigenvalue_bounds(hessian), inertia(hessian)) if balls else ([], [])
        except OutsideDomain:
            value, eigenvalues, signs = arb("nan"), None, None
        return CriticalPoint(
            kind=_kind(signs),
            location=face.full(() if zero is None else zero.cell),
            value=outward(value),
            eigenvalues=_signed([outward(e) for e in eigenvalues or ()], signs),
            place=face.place,
            proof=LOWEST_AROUND if any(face.held) else UNIQUE,
            touches_boundary=zero is not None and not zero.is_inside,
            digits=value.str(bits // 4, radius=True),
        )


def _signed(eigenvalues: Sequence[Interval], signs: Sequence[arb] | None) -> tuple[Interval, ...]:
    """Trusted. The enclosures, ascending, cut at 0 where signs are certain: a lower end below 0 is a negative one."""
    if signs is None or not all(excludes_zero(s) for s in signs):
        return tuple(eigenvalues)
    negative = sum(bool(s < ZERO) for s in signs)
    eigenvalues = eigenvalues or [(-math.inf, math.inf)] * len(signs)
    return tuple(
        (min(low, -LEAST_FLOAT), min(high, 0.0)) if i < negative else (max(low, 0.0), high)
        for i, (low, high) in enumerate(eigenvalues)
    )


def _kind(eigenvalues: Sequence[arb] | None) -> str:
    if eigenvalues is None or not all(excludes_zero(e) for e in eigenvalues):
        return "degenerate"
    if all(e > ZERO for e in eigenvalues):
        return "minimum"
    return "maximum" if all(e < ZERO for e in eigenvalues) else "saddle"


def add_attraction(
    parts: Sequence[Part], bounds: Cell, points: Sequence[CriticalPoint], *, shells: bool = False
) -> list[CriticalPoint]:
    """The points, each minimum with its ball, and with shells in it if asked; the more minima, the coarser the covers.

    A descent on a sum of functions of different variables is one descent for each part, so the smallest of the parts'
    balls is one of the whole, for the rates that hold for all.
    """
    minima = [p for p in points if p.kind == "minimum"]
    balls = [_balls(part, bounds, {part.cell(p.location) for p in minima}) for part in parts]
    found = [
        replace(p, attraction=_join([b[part.cell(p.location)] for part, b in zip(parts, balls, strict=True)], p))
        if p.kind == "minimum"
        else p
        for p in points
    ]
    cells = MIN_SHELL_CELLS + SHELL_CELLS // max(1, len(minima))
    return [_with_shells(parts, p, cells) for p in found] if shells else found


def _with_shells(parts: Sequence[Part], point: CriticalPoint, cells: int) -> CriticalPoint:
    """A point whose ball has shells, where its centre is known well enough."""
    ball = point.attraction
    if ball is None or not is_sharp(point.location, ball):
        return point
    found = [shells_of(part.problem, tuple(ball.center[i] for i in part.axes), ball, max_cells=cells) for part in parts]
    return replace(point, attraction=replace(ball, shells=joined(found)))


def _balls(part: Part, bounds: Cell, minima: set[Cell]) -> dict[Cell, Attraction | None]:
    """The balls around the minima of one part."""
    rows = part.problem.rows
    if rows > ATTRACTION_ROWS:
        return dict.fromkeys(minima)
    per_cell = len(part.axes) * (1 if rows == 1 else 4 * rows)
    cells = max(60, min(2000, ATTRACTION_CELLS // (per_cell * max(1, len(minima)))))
    return {m: attraction_ball(part.problem, m, part.cell(bounds), max_cells=cells) for m in minima}


def _join(balls: Sequence[Attraction | None], point: CriticalPoint) -> Attraction | None:
    """Trusted. The ball of the whole from those of the parts."""
    known = [b for b in balls if b is not None]
    if len(known) < len(balls):
        return None
    return Attraction(point.center, min(b.radius for b in known), max(b.curvature for b in known))


def attraction_for(
    objective: Objective, point: CriticalPoint, box: Box, *, learning_rate: float | None = None
) -> Attraction | None:
    """The ball around a certified minimum that holds for one learning rate, or none if there is none.

    The ball of a certificate is the largest for some rate; a rate at or above its ``2 / curvature``, but below the
    minimum's critical learning rate, has a smaller one.
    """
    if point.kind != "minimum" or point.place != "interior":
        return None
    problem = problem_of(objective)
    return attraction_ball(problem, point.location, bounds_of(objective, box), learning_rate=learning_rate)


def sort_points(points: Sequence[CriticalPoint]) -> tuple[CriticalPoint, ...]:
    """Lowest first; points whose values cannot be told apart, by their coordinates."""
    tied: list[list[CriticalPoint]] = []
    for p in sorted(points, key=lambda p: p.value):
        if tied and p.value[0] <= max(q.value[1] for q in tied[-1]):
            tied[-1].append(p)
        else:
            tied.append([p])
    return tuple(p for group in tied for p in sorted(group, key=lambda p: p.center))
