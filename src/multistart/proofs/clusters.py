"""What stayed undecided: cells merged into clusters, with a reason, a value, and sometimes a minimum proven inside."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from flint import arb
from numpy.typing import NDArray

from multistart.proofs.balls import finite, inertia, outward
from multistart.proofs.certificate import EDGE, Cluster, Interval
from multistart.proofs.enclosures import OutsideDomain, precision
from multistart.proofs.faces import Cell, balls_of, halves, middle
from multistart.proofs.fit_problem import FitProblem
from multistart.proofs.problem import Problem
from multistart.proofs.search import Open

BUDGET, SINGULAR, NON_SMOOTH, FLAT = "budget", "singular Hessian", "non-smooth", "flat across the boundary"
UNRESOLVED = "not resolved at the tolerance"
SAMPLE = 200  # cells looked at for a cluster's reason, which is advice and not part of any proof
SMALL = 0.01  # of the box: only of cells below this size can a reason other than the budget be told
SURFACE_CELLS = 4000
REFINEMENTS = 500
CORNERED = 3  # dimensions up to which the corners of cells are looked at


def clusters(problem: Problem, bounds: Cell, cells: Sequence[Open]) -> list[Cluster]:
    """Merge cells that touch; lowest value first."""
    if not cells:
        return []
    ends = np.array([c.cell for c in cells])
    labels = components(ends[:, :, 0], ends[:, :, 1])
    groups: list[list[int]] = [[] for _ in range(labels.max() + 1)]
    for i, label in enumerate(labels):
        groups[label].append(i)
    with precision(53):
        found = [_cluster(problem, bounds, [cells[i] for i in group], ends[group]) for group in groups]
    return sorted(found, key=lambda c: (c.value, c.hull))


def refine(problem: Problem, cells: Sequence[Open]) -> list[Open]:
    """The cells, those at an edge split where the function may be lowest, so that its lowest value is tight."""
    rest = [c for c in cells if not c.edge]
    order = itertools.count()
    valued = [(values_on(problem, c.cell)[0], next(order), c) for c in cells if c.edge]
    heap = [item for item in valued if item[0] < math.inf]  # of the others no point has a value
    heapq.heapify(heap)
    for _ in range(REFINEMENTS if heap else 0):
        low, _, c = heapq.heappop(heap)
        axis = max(range(len(c.cell)), key=lambda i: c.cell[i][1] - c.cell[i][0])
        parts = [replace(c, cell=half) for half in halves(c.cell, axis, 0.5)]
        lows = [values_on(problem, part.cell)[0] for part in parts]
        if low == -math.inf or max(lows) == low or c in parts:  # nothing is gained
            heapq.heappush(heap, (low, next(order), c))
            break
        for part, value in zip(parts, lows, strict=True):
            if value < math.inf:
                heapq.heappush(heap, (value, next(order), part))
    return [*rest, *(c for _, _, c in heap)]


def components(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.int32]:
    """A label for each of ``n`` closed boxes, equal where a chain of touching boxes joins them; ``(n, d)`` ends."""
    from scipy.sparse import coo_array  # a quarter of a second, which complete certificates need not pay
    from scipy.sparse.csgraph import connected_components

    n = len(low)
    order = np.argsort(low[:, 0], kind="stable")
    lows, highs = np.ascontiguousarray(low[order].T), np.ascontiguousarray(high[order].T)
    last = np.searchsorted(lows[0], highs[0], side="right")
    pairs = []
    for i in range(n):
        touching = np.arange(i + 1, last[i])  # along the first coordinate; of these, along the next ones
        for start, end in zip(lows[1:], highs[1:], strict=True):
            touching = touching[(start[touching] <= end[i]) & (end[touching] >= start[i])]
        pairs.append(touching)
    rows = np.repeat(np.arange(n), [len(p) for p in pairs])
    columns = np.concatenate(pairs)
    labels = connected_components(coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)), directed=False)[1]
    result = np.empty(n, dtype=np.int32)
    result[order] = labels
    return result


def _cluster(problem: Problem, bounds: Cell, cells: list[Open], ends: NDArray[np.float64]) -> Cluster:
    hull = tuple(zip(ends[:, :, 0].min(axis=0).tolist(), ends[:, :, 1].max(axis=0).tolist(), strict=True))
    values = [values_on(problem, c.cell) for c in cells]
    value = min(max(c.low, low) for c, (low, _) in zip(cells, values, strict=True)), max(high for _, high in values)
    return Cluster(hull, _reason(problem, bounds, cells), value, len(cells), _low_point(problem, cells, hull))


def _low_point(problem: Problem, cells: list[Open], hull: Cell) -> tuple[float, ...]:
    """A point of the hull where the function is low, as far as some midpoints (and corners, at an edge) tell."""
    sample = cells[:: max(1, len(cells) // SAMPLE)]
    points = [tuple(middle(cell)) for cell in (hull, *(c.cell for c in sample))]
    for c in (c for c in sample if c.edge and len(hull) <= CORNERED):
        points += itertools.product(*c.cell)

    def height(point: tuple[float, ...]) -> float:
        """The value, infinite where the function may be undefined."""
        try:
            return outward(problem.value([arb(v) for v in point])[0])[1]
        except OutsideDomain:
            return math.inf

    return min(points, key=height)


def values_on(problem: Problem, cell: Cell) -> Interval:
    """The function's values on a cell, where it is defined."""
    try:
        found = problem.range(balls_of(cell), cell)
    except OutsideDomain:
        return math.inf, -math.inf
    low = outward(found.low)[0]
    return (max(low, problem.least(cell)) if isinstance(problem, FitProblem) else low), outward(found.high)[1]


def _reason(problem: Problem, bounds: Cell, cells: list[Open]) -> str:
    reasons = {BUDGET for c in cells if c.unexamined} | {FLAT for c in cells if c.flat}
    reasons |= {EDGE for c in cells if c.edge}
    others = [c for c in cells if not (c.flat or c.edge)]
    small = [c.cell for c in others if _size(c.cell, bounds) < SMALL]
    sample = small[:: max(1, len(small) // SAMPLE)] if len(small) == len(others) else []
    verdicts = [_obstacle(problem, cell) for cell in sample]
    for obstacle in (SINGULAR, NON_SMOOTH):
        if verdicts.count(obstacle) > 0.5 * len(verdicts) or (obstacle == NON_SMOOTH and obstacle in verdicts):
            reasons.add(obstacle)
    return ", ".join(sorted(reasons)) or (UNRESOLVED if verdicts and SINGULAR not in verdicts else SINGULAR)


def _size(cell: Cell, bounds: Cell) -> float:
    return max((b - a) / (high - low) for (a, b), (low, high) in zip(cell, bounds, strict=True))


def _obstacle(problem: Problem, cell: Cell) -> str:
    d = len(cell)
    try:
        flat = problem.hessian(balls_of(cell))
    except OutsideDomain:
        return NON_SMOOTH
    if not finite(flat):
        return NON_SMOOTH
    eigenvalues = inertia([flat[d * i : d * i + d] for i in range(d)])
    return SINGULAR if eigenvalues and any(e.contains(0) for e in eigenvalues) else ""


def surrounded_minimum(problem: Problem, cluster: Cluster, bounds: Cell, others: Sequence[Cell]) -> Interval | None:
    """Trusted. Whether a local minimum is certainly in the cluster; then an enclosure of its value, else none.

    On a closed box around the cluster the function is continuous where it is defined, and that is a closed set, so it
    takes its minimum there; if it is lower at one point of the box than on all of the box's surface, that
    minimum is inside, hence local. ``others`` are where the other critical points are that may be minima: if the
    box meets none of them, it is in the cluster.
    """
    if any(low == high for low, high in cluster.hull):
        return None
    for factor in (0.25, 1.0, 4.0, 16.0):
        box = tuple((low - factor * (high - low), high + factor * (high - low)) for low, high in cluster.hull)
        if not all(a > low and b < high for (a, b), (low, high) in zip(box, bounds, strict=True)):
            return None
        if any(all(a <= q and p <= b for (a, b), (p, q) in zip(box, other, strict=True)) for other in others):
            return None
        with precision(256):
            try:
                value = _lower_than_surface(problem, box, cluster.low_point)
            except OutsideDomain:
                continue
            if value is not None:
                return min(values_on(problem, box)[0], value), value
    return None


def _lower_than_surface(problem: Problem, box: Cell, point: Sequence[float]) -> float | None:
    """The value at the point, rounded up, if it is certainly below the function's on the surface."""
    at_point = problem.value([arb(v) for v in point])[0]
    if not (at_point.is_finite() and problem.has_minimum(balls_of(box))):
        return None
    budget = SURFACE_CELLS
    for side in _sides(box):
        pieces = [side]
        while pieces:
            budget -= 1
            piece = pieces.pop()
            if problem.value(balls_of(piece))[0] > at_point:
                continue
            if budget <= 0:
                return None
            pieces += _halves(piece, box)
    return outward(at_point)[1]


def _sides(box: Cell) -> Iterator[Cell]:
    for i, ends in enumerate(box):
        for end in ends:
            yield (*box[:i], (end, end), *box[i + 1 :])


def _halves(piece: Cell, box: Cell) -> list[Cell]:
    axis = max(range(len(piece)), key=lambda i: (piece[i][1] - piece[i][0]) / (box[i][1] - box[i][0]))
    low, high = piece[axis]
    at = low + 0.5 * (high - low)
    return [(*piece[:axis], part, *piece[axis + 1 :]) for part in ((low, at), (at, high))]
