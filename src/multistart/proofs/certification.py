"""`certify`: from an objective and a box to the proven list of critical points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import Literal

import flint
import sympy
from flint import arb
from numpy.typing import ArrayLike

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.proofs.balls import Interval, outward
from multistart.proofs.boundary import Boundary
from multistart.proofs.certificate import (
    SURROUNDED,
    Certificate,
    Cluster,
    CriticalPoint,
)
from multistart.proofs.clusters import BUDGET, clusters, refine, surrounded_minimum
from multistart.proofs.cut import Cut
from multistart.proofs.degree import degree
from multistart.proofs.enclosures import OutsideDomain, precision
from multistart.proofs.faces import Cell, balls_of, interior, middle
from multistart.proofs.fit_problem import problem_of
from multistart.proofs.inputs import bounds_of, check_options, seeds_of
from multistart.proofs.points import add_attraction, point_of, sort_points
from multistart.proofs.problem import Problem
from multistart.proofs.search import Budget, Findings, Open, Search
from multistart.proofs.separation import combine, drop_above, levels, parts_of
from multistart.proofs.zeros import Zero

MAX_BOXES = 150_000
TOLERANCE = 2.0**-20
INTERIOR_SHARE = 0.8  # of the budget, before the boundary's turn; the interior gets what that leaves
BOXES_A_POINT = 5  # of a sum of functions of different variables; with more points they are not listed
FEW_BOXES = 1000  # for such a sum then
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
    shells: bool = False,
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
    shells
        Whether attraction balls get shells as well, from which the regions of rules with memory follow.

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
    bounds = bounds_of(objective, box)
    points = seeds_of(seeds, bounds)
    check_options(max_boxes, seconds, level, precision_bits, tolerance)
    problem = problem_of(objective)
    problem.check()  # refuses the function itself before its derivatives, which nobody wrote
    budget = Budget(max_boxes, seconds)
    cut = Cut(falling=True) if level == "lowest" else Cut(math.inf if level is None else float(level))
    options = _Options(precision_bits, tolerance, shells)
    found = _search_parts(problem, bounds, budget, options, cut, points)
    if found is None:
        found = _search(problem, bounds, budget, options, cut, points)
    return _certificate(problem, bounds, budget, options, cut, found, points)


@dataclass(frozen=True)
class _Options:
    """How precise points and values are, how small a cell may become, and whether balls get shells."""

    bits: int
    tolerance: float
    shells: bool


def _search(
    problem: Problem, bounds: Cell, budget: Budget, options: _Options, cut: Cut, seeds: Sequence[list[float]]
) -> Findings:
    """Search a box, then its faces, then the box again with what is left of the budget."""
    search = Search(problem, interior(bounds), budget, options.bits, options.tolerance, cut)
    with precision(53):
        cut.lower(problem, [arb(v) for v in middle(bounds)])
        for point in [*seeds, *problem.good_points(bounds)]:
            search.seed(point)
            cut.lower(problem, [arb(v) for v in point])
        budget.share = INTERIOR_SHARE
        search.run()
        budget.share = 1.0 if search.finished else min(1.0, budget.boxes / budget.max_boxes + 1 - INTERIOR_SHARE)
        boundary = Boundary(problem, bounds, budget, options.bits, options.tolerance, cut, [search])
        boundary.run()
        budget.share = 1.0
        search.run()
    return Findings(search.inside_face(), search.open_cells(), boundary.minima, boundary.undecided, search.undefined)


def _search_parts(
    problem: Problem, bounds: Cell, budget: Budget, options: _Options, cut: Cut, seeds: Sequence[list[float]]
) -> Findings | None:
    """The same for a sum of functions of different variables, from its parts; none where that does not work.

    With a level there are two searches of each part: for its lowest value, then for what is low enough.
    """
    parts = parts_of(problem)
    searches = len(parts) if cut.is_open else 2 * len(parts)
    if len(parts) == 1 or budget.max_boxes < searches:
        return None

    turns = iter(range(searches, 0, -1))  # what one search leaves of the budget is for those to come

    def found(cuts: Sequence[Cut]) -> list[Findings]:
        results = []
        for part, own in zip(parts, cuts, strict=True):
            share = budget.part(next(turns))
            near = [[point[i] for i in part.axes] for point in seeds]
            all_of_it = _search(part.problem, part.cell(bounds), share, options, own, near)
            results.append(drop_above(part.problem, all_of_it, own))
            budget.boxes += share.boxes
        return results

    cuts = [Cut() for _ in parts]
    if not cut.is_open:
        falling = [Cut(falling=True) for _ in parts]
        cuts = [Cut(level) for level in levels(parts, found(falling), falling, cut)]
    most = budget.max_boxes // BOXES_A_POINT
    result = combine(parts, found(cuts), bounds, bits=options.bits, most=most)
    if result is None:  # a search of the whole, for the seeds and the lowest values, would not list them all either
        budget.max_boxes = min(budget.max_boxes, budget.boxes + FEW_BOXES)
    elif not cut.is_open:
        result = replace(result, zeros=_add_seeds(problem, bounds, budget, options, cut, result.zeros, seeds))
    return result


def _add_seeds(
    problem: Problem,
    bounds: Cell,
    budget: Budget,
    options: _Options,
    cut: Cut,
    zeros: Sequence[Zero],
    seeds: Sequence[list[float]],
) -> list[Zero]:
    """The zeros, and those near seeds that are above the level, where the parts were not searched."""
    search = Search(problem, interior(bounds), budget, options.bits, options.tolerance, cut)
    with precision(53):
        for zero in zeros:
            search.keep(zero)
        for point in seeds:
            search.seed(point)
    return search.inside_face()


def _certificate(
    problem: Problem,
    bounds: Cell,
    budget: Budget,
    options: _Options,
    cut: Cut,
    found: Findings,
    seeds: Sequence[list[float]],
) -> Certificate:
    whole, level = interior(bounds), cut.final
    inner = _drop_above(problem, cut, found.open)
    points = [point_of(problem, whole, z, options.bits) for z in found.zeros]
    undefined = [Open(p.location) for p in points if not math.isfinite(p.value[1])]
    points = [p for p in points if math.isfinite(p.value[1])]
    with precision(53):
        cells = refine(problem, [*inner, *undefined, *_drop_above(problem, cut, found.open_edge)])
    undecided = clusters(problem, bounds, cells)
    minima = [p.location for p in points if p.kind in LOW]
    undecided, extra = _list_surrounded(problem, bounds, undecided, minima, level)
    edge = [point_of(problem, face, zero, options.bits) for face, zero in found.minima]
    lowest = [p for p in (*points, *extra, *edge) if p.kind in LOW]
    certificate = Certificate(
        expression=problem.text,
        variables=tuple(str(s) for s in problem.symbols),
        box=bounds,
        points=sort_points([*add_attraction(parts_of(problem), bounds, points, shells=options.shells), *extra]),
        boundary=sort_points(edge),
        undecided=tuple(undecided),
        global_value=_global_value(problem, bounds, lowest, undecided, seeds, level),
        complete=not undecided,
        interior_complete=not (inner or undefined),
        level=level,
        degree=None if found.undefined else degree(problem, bounds),
        boxes=budget.boxes,
        seconds=budget.elapsed,
        versions=_versions(),
    )
    return _heed_degree(certificate)


def _drop_above(problem: Problem, cut: Cut, cells: Sequence[Open]) -> list[Open]:
    """The cells that are not above the level, which may have fallen since they were put aside."""
    with precision(53):
        return [c for c in cells if not cut.drops(problem, balls_of(c.cell), c.cell)]


def _heed_degree(certificate: Certificate) -> Certificate:
    """Nothing is complete if the independent check along the boundary says otherwise."""
    return replace(certificate, complete=False) if certificate.degree_agrees is False else certificate


def _list_surrounded(
    problem: Problem, bounds: Cell, undecided: Sequence[Cluster], others: Sequence[Cell], level: float | None
) -> tuple[list[Cluster], list[CriticalPoint]]:
    """Mark the clusters that certainly hold a minimum, and list the small ones as points too.

    ``others`` has no minima above the level, so only a cluster with a value that is not above it can be told from them.
    """
    marked, points = [], []
    for i, cluster in enumerate(undecided):
        neighbours = [*others, *(u.hull for j, u in enumerate(undecided) if j != i)]
        low = level is None or _value(problem, cluster.low_point)[1] <= level
        tried = i < SURROUNDED_CLUSTERS and cluster.reason != BUDGET and low
        value = surrounded_minimum(problem, cluster, bounds, neighbours) if tried else None
        marked.append(cluster if value is None else replace(cluster, contains_minimum=True))
        sizes = [(b - a) / (high - low) for (a, b), (low, high) in zip(cluster.hull, bounds, strict=True)]
        if value is not None and max(sizes) < SMALL_CLUSTER:
            points.append(CriticalPoint("degenerate", cluster.hull, value, proof=SURROUNDED))
    return marked, points


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
        *(_clamp(p.center, bounds) for p in lowest if p.touches_boundary),
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


def _clamp(point: Sequence[float], bounds: Cell) -> list[float]:
    return [min(max(v, low), high) for v, (low, high) in zip(point, bounds, strict=True)]


def _versions() -> dict[str, str]:
    return {"multistart": _own_version(), "python-flint": flint.__version__, "sympy": sympy.__version__}


@cache
def _own_version() -> str:
    """Looked up among the installed packages once."""
    return version("multistart")
