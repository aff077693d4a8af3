"""`certify`: from an objective and a box to the proven list of critical points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Literal

import numpy as np
from flint import arb
from numpy.typing import ArrayLike

import multistart
from multistart.box import Box
from multistart.certificates.attraction import attraction_ball
from multistart.certificates.balls import Interval, eigenvalue_bounds, excludes_zero, outward
from multistart.certificates.boundary import Boundary
from multistart.certificates.certificate import (
    LOWEST_AROUND,
    SURROUNDED,
    UNIQUE,
    Attraction,
    Certificate,
    Cluster,
    CriticalPoint,
)
from multistart.certificates.clusters import BUDGET, clusters, surrounded_minimum
from multistart.certificates.cut import Cut
from multistart.certificates.degree import degree
from multistart.certificates.enclosures import ZERO, OutsideDomain, precision
from multistart.certificates.faces import Cell, Face, balls_of, interior, middle
from multistart.certificates.problem import Problem
from multistart.certificates.search import Budget, Open, Search
from multistart.certificates.zeros import Zero
from multistart.errors import InputError
from multistart.objectives import Objective

MAX_BOXES = 50_000
TOLERANCE = 2.0**-20
INTERIOR_SHARE = 0.8  # of the budget, before the boundary's turn; the interior gets what that leaves
ATTRACTION_CELLS = 30_000  # over all minima, divided by d
SURROUNDED_CLUSTERS = 20  # the lowest ones are tried
LOW = ("minimum", "degenerate")  # the kinds of points that may be minima
SMALL_CLUSTER = 1e-4  # of the box: a proven minimum in a cluster this small is listed as a point


def certify(
    objective: Objective,
    box: Box,
    *,
    max_boxes: int = MAX_BOXES,
    seconds: float | None = None,
    seeds: ArrayLike | None = None,
    level: float | Literal["lowest"] | None = None,
    precision_bits: int = 128,
    tolerance: float = TOLERANCE,
) -> Certificate:
    """Every critical point in a box, proven, with what stayed undecided.

    Parameters
    ----------
    objective, box
        The function, and bounds for exactly its variables; their float ends are exact.
    max_boxes, seconds
        The budget. At its end the certificate says "incomplete: budget", and still lists what it has proven.
    seeds
        Points ``(n, d)`` that are tried first, such as ends of descents.
    level
        Search only for what has a value at or below this one; cheaper, and then the claim is only of that.
        ``"lowest"`` is the lowest value that the search or a seed has met: all global minima are at or below it.
    precision_bits
        Of the enclosures of points and values.
    tolerance
        Relative to the box: cells below this width are undecided.

    Raises
    ------
    InputError
        Variables that differ from the objective's, options out of range, or a function without enclosures.

    >>> f = Objective.from_expression("(x**2 - 1)**2 / 4", ["x"])
    >>> c = certify(f, Box({"x": (-3, 3)}))
    >>> [(p.kind, [round(v, 12) for v in p.center]) for p in c.points]
    [('minimum', [-1.0]), ('minimum', [1.0]), ('maximum', [0.0])]
    >>> c.claim
    'complete in this box'
    """
    bounds = _bounds(objective, box)
    points = _seeds(seeds, bounds)
    _check_options(max_boxes, seconds, level, precision_bits, tolerance)
    problem = Problem(objective.expression, objective.symbols)
    problem.range  # noqa: B018 - refuses the function itself before its derivatives, which nobody wrote
    budget = Budget(max_boxes, seconds)
    cut = Cut(falling=True) if level == "lowest" else Cut(math.inf if level is None else float(level))
    search = Search(problem, interior(bounds), budget, precision_bits, tolerance, cut)
    with precision(53):
        cut.lower(problem, [arb(v) for v in middle(bounds)])
        for point in points:
            search.seed(point)
            cut.lower(problem, [arb(v) for v in point])
        budget.share = INTERIOR_SHARE
        search.run()
        budget.share = 1.0
        boundary = Boundary(problem, bounds, budget, precision_bits, tolerance, cut, [search])
        boundary.run()
        search.run()
    return _certificate(problem, bounds, search, boundary, points)


def _certificate(
    problem: Problem,
    bounds: Cell,
    search: Search,
    boundary: Boundary,
    seeds: Sequence[list[float]],
) -> Certificate:
    level = search.cut.final
    inner = _below(search, search.open_cells())
    found = [_point(problem, search.face, z, search.bits) for z in search.inside_face()]
    undefined = [Open(p.location) for p in found if not math.isfinite(p.value[1])]
    found = [p for p in found if math.isfinite(p.value[1])]
    undecided = clusters(problem, bounds, [*inner, *undefined, *_below(search, boundary.undecided)])
    undecided, extra = _surrounded(problem, bounds, undecided, [p.location for p in found if p.kind in LOW])
    edge = [_point(problem, face, zero, search.bits) for face, zero in boundary.minima]
    lowest = [p for p in (*found, *extra, *edge) if p.kind in LOW]
    certificate = Certificate(
        expression=str(problem.expression),
        variables=tuple(str(s) for s in problem.symbols),
        box=bounds,
        points=_ordered([*_with_attraction(problem, bounds, found), *extra]),
        boundary=_ordered(edge),
        undecided=tuple(undecided),
        global_value=_global_value(problem, bounds, lowest, undecided, seeds, level),
        complete=not undecided,
        interior_complete=not (inner or undefined),
        level=level,
        degree=None if search.undefined else degree(problem, bounds),
        boxes=search.budget.boxes,
        seconds=search.budget.elapsed,
        versions=_versions(),
    )
    return _uncontradicted(certificate)


def _below(search: Search, cells: Sequence[Open]) -> list[Open]:
    """The cells that are not above the level, which may have fallen since they were put aside."""
    with precision(53):
        return [c for c in cells if not search.cut.drops(search.problem, balls_of(c.cell))]


def _uncontradicted(certificate: Certificate) -> Certificate:
    """Nothing is complete if the independent check along the boundary says otherwise."""
    return replace(certificate, complete=False) if certificate.degree_agrees is False else certificate


def _point(problem: Problem, face: Face, zero: Zero | None, bits: int) -> CriticalPoint:
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
            touches_boundary=zero is not None and not _strictly_inside(zero.cell, face.cell),
            digits=value.str(bits // 4, radius=True),
        )


def _kind(eigenvalues: Sequence[arb] | None) -> str:
    if eigenvalues is None or not all(excludes_zero(e) for e in eigenvalues):
        return "degenerate"
    if all(e > ZERO for e in eigenvalues):
        return "minimum"
    return "maximum" if all(e < ZERO for e in eigenvalues) else "saddle"


def _strictly_inside(cell: Cell, outer: Cell) -> bool:
    return all(low < a and b < high for (a, b), (low, high) in zip(cell, outer, strict=True))


def _surrounded(
    problem: Problem, bounds: Cell, undecided: Sequence[Cluster], others: Sequence[Cell]
) -> tuple[list[Cluster], list[CriticalPoint]]:
    """Mark the clusters that certainly hold a minimum, and list the small ones as points too."""
    marked, points = [], []
    for i, cluster in enumerate(undecided):
        neighbours = [*others, *(u.hull for j, u in enumerate(undecided) if j != i)]
        tried = i < SURROUNDED_CLUSTERS and cluster.reason != BUDGET
        value = surrounded_minimum(problem, cluster, bounds, neighbours) if tried else None
        marked.append(cluster if value is None else replace(cluster, contains_minimum=True))
        sizes = [(b - a) / (high - low) for (a, b), (low, high) in zip(cluster.hull, bounds, strict=True)]
        if value is not None and max(sizes) < SMALL_CLUSTER:
            points.append(CriticalPoint("degenerate", cluster.hull, value, proof=SURROUNDED))
    return marked, points


def _with_attraction(problem: Problem, bounds: Cell, points: Sequence[CriticalPoint]) -> list[CriticalPoint]:
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
    return attraction_ball(problem, point.location, _bounds(objective, box), learning_rate=learning_rate)


def _global_value(
    problem: Problem,
    bounds: Cell,
    lowest: Sequence[CriticalPoint],
    undecided: Sequence[Cluster],
    seeds: Sequence[list[float]],
    level: float | None,
) -> Interval:
    """Trusted. The lowest value is at one of the points or in a cluster (or above the level); and at most any value.

    A point that may lie outside the box gives no upper bound, but the point of the box next to it does.
    """
    feasible = [
        middle(bounds),
        *seeds,
        *(list(u.low_point) for u in undecided),
        *(_clamped(p.center, bounds) for p in lowest if p.touches_boundary),
    ]
    upper = [p.value[1] for p in lowest if not p.touches_boundary] + [_value(problem, x)[1] for x in feasible]
    lower = [p.value[0] for p in lowest] + [u.value[0] for u in undecided] + ([] if level is None else [level])
    return min(lower, default=-math.inf), min(upper)


def _value(problem: Problem, point: Sequence[float]) -> Interval:
    with precision(128):
        try:
            return outward(problem.value([arb(v) for v in point])[0])
        except OutsideDomain:
            return -math.inf, math.inf


def _clamped(point: Sequence[float], bounds: Cell) -> list[float]:
    return [min(max(v, low), high) for v, (low, high) in zip(point, bounds, strict=True)]


def _ordered(points: Sequence[CriticalPoint]) -> tuple[CriticalPoint, ...]:
    """Lowest first; points whose values cannot be told apart, by their coordinates."""
    tied: list[list[CriticalPoint]] = []
    for p in sorted(points, key=lambda p: p.value):
        if tied and p.value[0] <= max(q.value[1] for q in tied[-1]):
            tied[-1].append(p)
        else:
            tied.append([p])
    return tuple(p for group in tied for p in sorted(group, key=lambda p: p.center))


def _bounds(objective: Objective, box: Box) -> Cell:
    if set(box.names) != set(objective.variables):
        raise InputError(f"the box bounds {', '.join(box.names)}; the objective has {', '.join(objective.variables)}")
    return tuple(box.bounds[name] for name in objective.variables)


def _seeds(seeds: ArrayLike | None, bounds: Cell) -> list[list[float]]:
    """The seeds that are in the box; others cannot help."""
    if seeds is None:
        return []
    array = np.asarray(seeds, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != len(bounds):
        raise InputError(f"seeds have shape (n, {len(bounds)}); got {array.shape}")
    low, high = np.array(bounds).T
    return array[((array >= low) & (array <= high)).all(axis=1)].tolist()


def _check_options(
    max_boxes: int, seconds: float | None, level: float | str | None, bits: int, tolerance: float
) -> None:
    if isinstance(max_boxes, bool) or not isinstance(max_boxes, int) or max_boxes < 1:
        raise InputError(f"max_boxes is a whole number from 1; got {max_boxes!r}")
    if seconds is not None and not seconds > 0:
        raise InputError(f"seconds is a positive number or none; got {seconds!r}")
    if level not in (None, "lowest") and (isinstance(level, str) or not math.isfinite(level)):
        raise InputError(f'level is a finite number, "lowest" or none; got {level!r}')
    if isinstance(bits, bool) or not isinstance(bits, int) or not 64 <= bits <= 4096:
        raise InputError(f"precision_bits is a whole number from 64 to 4096; got {bits!r}")
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance is a number between 0 and 1; got {tolerance!r}")


def _versions() -> dict[str, str]:
    return {"multistart": multistart.__version__, "python-flint": version("python-flint"), "sympy": version("sympy")}
