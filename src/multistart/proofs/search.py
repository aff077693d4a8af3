"""Branch and bound for the zeros of the field on a face, with a proof for every cell that leaves the list.

The order of tests: the enclosure excludes 0; the mean-value form excludes 0; Krawczyk's operator misses the cell;
the field is injective on the hull of the cell and a verified zero. What passes none of them is split.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flint import arb

from multistart.proofs.balls import (
    approximate_inverse,
    contracts,
    excludes_zero,
    finite,
    identity_minus,
    inertia,
    krawczyk,
    mean_value,
)
from multistart.proofs.cut import Cut
from multistart.proofs.edges import EXCLUDED, FALLING, INSIDE, OPEN, UNDEFINED, Edges
from multistart.proofs.enclosures import ZERO, OutsideDomain, precision
from multistart.proofs.faces import Cell, Face, balls_of, halves, hull, middle
from multistart.proofs.fit_problem import FitProblem
from multistart.proofs.places import Places
from multistart.proofs.problem import Problem
from multistart.proofs.zeros import Zero, newton, verify

if TYPE_CHECKING:
    from multistart.proofs.branch_and_prune import Pruning

SPLIT_AT = 0.49  # not the middle, where symmetric functions have their zeros
LARGEST_ASPECT = 4.0
EDGE_TOLERANCES = {2: 2.0**-7, 3: 2.0**-4}  # of the face: how small a cell at the domain's edge becomes
COARSEST = 2.0**-3
LARGEST_AT_FACE = 0.125  # of the face: of larger cells at its ends balls may say more when they are split
SETTLED = (UNDEFINED, EXCLUDED, FALLING)


@dataclass
class Budget:
    """What a search may still spend; shared by the box and its faces."""

    max_boxes: int
    seconds: float | None = None
    share: float = 1.0  # of the whole that may be spent at present
    boxes: int = 0
    started: float = field(default_factory=time.perf_counter)

    def part(self, count: int) -> Budget:
        """One of ``count`` equal parts of what is left."""
        return Budget(self.left // count, None if self.seconds is None else (self.seconds - self.elapsed) / count)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    @property
    def left(self) -> int:
        """Boxes that are left of the whole."""
        return self.max_boxes - self.boxes

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        late = self.seconds is not None and self.elapsed >= self.share * self.seconds
        return late or self.boxes >= self.share * self.max_boxes


@dataclass(frozen=True)
class Open:
    """A cell that a search left undecided, in all ``d`` coordinates.

    ``unexamined``: the budget ended before its turn. ``flat``: a minimum along a face, across which the function
    may neither rise nor fall. ``edge``: the function may be undefined on a part of it. ``low``: what it is at least on
    it.
    """

    cell: Cell
    unexamined: bool = False
    flat: bool = False
    edge: bool = False
    low: float = -math.inf


@dataclass(frozen=True)
class Findings:
    """What the searches of a box and of its faces found.

    Attributes
    ----------
    zeros
        Verified zeros of the field that are, or may be, in the closed box.
    open
        Cells of the box that stayed undecided.
    minima
        Minima on the box's boundary: a face and the zero along it, none for a corner.
    open_edge
        Cells of faces that stayed undecided.
    undefined
        How many cells were settled because the function is not defined on them.
    """

    zeros: list[Zero]
    open: list[Open]
    minima: list[tuple[Face, Zero | None]]
    open_edge: list[Open]
    undefined: int


@dataclass
class Search:
    """All zeros of the field on one face.

    Attributes
    ----------
    zeros
        Verified ones, also those that turned out to lie outside the face.
    small, edge, unexamined
        Cells that stayed undecided: at the tolerance, at the domain's edge, and at the end of the budget (none before
        a run).
    undefined
        How many cells were settled because the function is not defined on all of them.
    low
        What the function is at least on cells that stayed undecided.
    """

    problem: Problem
    face: Face
    budget: Budget
    bits: int
    tolerance: float
    cut: Cut = field(default_factory=Cut)
    zeros: list[Zero] = field(default_factory=list)
    small: list[Cell] = field(default_factory=list)
    edge: list[Cell] = field(default_factory=list)
    unexamined: list[Cell] | None = None
    undefined: int = 0
    low: float = -math.inf
    _places: Places = field(init=False)
    _edges: Edges = field(init=False)
    _near_edge: bool = field(init=False, default=False)
    _nowhere: bool = field(init=False, default=False)
    _constant: bool = field(init=False, default=False)
    _waiting: list[Cell] = field(init=False, default_factory=list)
    _pruning: Pruning | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._places = Places(len(self.face.free))
        self._edges = Edges(self.problem)

    def seed(self, point: Sequence[float]) -> None:
        """Verify the zero near a point that somebody found, before any search."""
        around = tuple(
            (v - 1e-7 * (b - a), v + 1e-7 * (b - a)) for v, (a, b) in zip(point, self.face.cell, strict=True)
        )
        if not any(self.near(around)):
            self._find(list(point), tuple((low - (high - low), high + (high - low)) for low, high in self.face.cell))

    def run(self) -> None:
        """Examine cells, largest first, until none is left or the budget is spent; again, to go on from there.

        Each open cell costs a box at least: with more of them than boxes left the search cannot end complete, and
        stops. Not so with a level, which drops cells whole.
        """
        order = itertools.count()
        cells, later = self._cells()
        heap = [(-max(self._sizes(cell)), next(order), cell) for cell in cells]
        heapq.heapify(heap)
        while heap and not self.budget.spent and (self.cut.final is not None or len(heap) <= self.budget.left):
            size, _, cell = heapq.heappop(heap)
            self.budget.boxes += 1
            axis = self._examine(cell)
            if axis is None:
                continue
            if self._constant:  # on all of the cell, and splitting it shows no more
                self.small.append(cell)
                continue
            verdict = self._verdict(cell, -size)
            if verdict in SETTLED:
                self.undefined += verdict != EXCLUDED
                continue
            if self._nowhere and any(self.face.held):  # no derivative on the face: not on a part of it either
                self.edge.append(cell)
                continue
            if -size < (self._edge_tolerance if verdict == OPEN else self.tolerance):
                (self.edge if verdict == OPEN else self.small).append(cell)
                continue
            for part in halves(cell, axis, SPLIT_AT):
                heapq.heappush(heap, (-max(self._sizes(part)), next(order), part))
        self._waiting = [cell for _, _, cell in heap]
        self.unexamined = [*self._waiting, *later]

    def _cells(self) -> tuple[list[Cell], list[Cell]]:
        """What is to be examined, and what is not yet; of a fit, what many intervals at once do not settle."""
        if not isinstance(self.problem, FitProblem):
            return ([self.face.cell] if self.unexamined is None else self.unexamined), []
        self._pruning = self._pruning or self.problem.pruning(self)
        found = self._pruning.run()
        self.low = found.low
        return [*self._waiting, *found.cells], found.unexamined

    @property
    def finished(self) -> bool:
        """Whether a run has examined every cell."""
        return self.unexamined == []

    def _sizes(self, cell: Cell) -> list[float]:
        """Widths relative to the face's."""
        return [(b - a) / (high - low) for (a, b), (low, high) in zip(cell, self.face.cell, strict=True)]

    def _examine(self, cell: Cell) -> int | None:
        """Trusted. None if the cell is settled: it has no zero, or exactly one, which is in the list.

        Otherwise the coordinate to split.
        """
        x, sizes, d = balls_of(cell), self._sizes(cell), self.problem.dimensions
        everywhere = self.face.embed(x)
        widest = max(range(len(cell)), key=sizes.__getitem__)
        self._near_edge = self._nowhere = self._constant = False
        try:
            if self.cut.drops(self.problem, everywhere, self.face.full(cell)):
                return None
            derivatives = self.problem.field_jacobian(everywhere)
        except OutsideDomain:
            self._near_edge = self._nowhere = True
            return widest
        if self.face.excludes(derivatives[:d]):
            return None
        jacobian = self.face.block(derivatives[d:])
        if not all(finite(row) for row in jacobian):
            self._near_edge = True
            return widest
        if all(derivatives[i].is_zero() for i in self.face.free) and all(a.is_zero() for row in jacobian for a in row):
            self._constant = True
            return widest
        center = [arb(v) for v in middle(cell)]
        self.cut.lower(self.problem, self.face.embed(center))
        at_center = self.face.field(self.problem, center)
        offset = [a - c for a, c in zip(x, center, strict=True)]
        if any(excludes_zero(g) for g in mean_value(at_center, jacobian, offset)):
            return None
        inverse = approximate_inverse(jacobian)
        if inverse is not None:
            contraction = identity_minus(inverse, jacobian)
            image = krawczyk(center, at_center, inverse, contraction, offset)
            if not all(a.overlaps(b) for a, b in zip(image, x, strict=True)):
                return None
            weights = [high - low for low, high in cell]
            if contracts(contraction, weights) and self._only_zero_known(cell, inverse):
                return None
        return _steepest(jacobian, cell, sizes, widest)

    def _verdict(self, cell: Cell, size: float) -> str:
        """What the edges of the function and of the face say of a cell about which balls said nothing."""
        if not self._near_edge and (size > LARGEST_AT_FACE or not self._touches(cell)):
            return INSIDE
        with precision(53):
            return self._edges.verdict(self.face, cell)

    def _touches(self, cell: Cell) -> bool:
        """Whether the cell reaches to an end of the face."""
        return any(a <= low or b >= high for (a, b), (low, high) in zip(cell, self.face.cell, strict=True))

    @property
    def _edge_tolerance(self) -> float:
        """An edge is a surface, on which every cell stays open: the more dimensions, the coarser."""
        d = len(self.face.free)
        return self.tolerance**2 if d == 1 else max(self.tolerance, EDGE_TOLERANCES.get(d, COARSEST))

    def _only_zero_known(self, cell: Cell, inverse: list[list[arb]]) -> bool:
        """Trusted. Whether a verified zero is, on the hull of itself and the cell, the only one."""
        reach = tuple((low - (high - low), high + (high - low)) for low, high in cell)
        for zero in self.near(reach):
            if self._injective(hull(cell, zero.cell), inverse):
                return True
        found = self._find(middle(cell), reach)
        return found is not None and self._injective(hull(cell, found.cell), inverse)

    def zero_in(self, cell: Cell) -> Zero | None:
        """A verified zero near a cell, which is on the list then; none where that fails."""
        return self._find(middle(cell), tuple((low - (high - low), high + (high - low)) for low, high in cell))

    def keep(self, zero: Zero) -> None:
        """Put a verified zero on the list, which is not on it."""
        self.zeros.append(zero)
        self._places.add(zero.cell)

    def near(self, reach: Cell) -> list[Zero]:
        """Trusted. The zeros in the list whose enclosures meet a cell."""
        return [self.zeros[i] for i in self._places.meeting(reach)]

    def _injective(self, cell: Cell, inverse: list[list[arb]]) -> bool:
        try:
            _, jacobian = self.face.field_jacobian(self.problem, balls_of(cell))
        except OutsideDomain:
            return False
        contraction = identity_minus(inverse, jacobian)
        of_face = [high - low for low, high in self.face.cell]
        widths = [high - low for low, high in cell]
        if contracts(contraction, of_face) or (min(widths) > 0 and contracts(contraction, widths)):
            return True
        return isinstance(self.problem, FitProblem) and self.problem.is_injective(self.face, cell)

    def _find(self, start: list[float], reach: Cell) -> Zero | None:
        """A verified zero near ``start``; one already in the list is returned, not added again."""
        near = newton(self.problem, self.face, start, reach)
        zero = None if near is None else verify(self.problem, self.face, near, self.bits)
        if zero is None or not self.alone(zero.cell):
            return None
        for known in self.near(zero.cell):
            return known if self.alone(hull(known.cell, zero.cell)) else None
        self.keep(zero)
        if zero.is_inside:
            with precision(self.bits):
                self.cut.lower(self.problem, self.face.embed(zero.balls))
        return zero

    def alone(self, cell: Cell) -> bool:
        """Trusted. Whether at most one zero is in a cell: two enclosures in it are then of the same zero.

        A zero's own cell, rounded outward to floats, must have it alone: that is what a certificate prints.
        """
        with precision(self.bits):
            return self._alone(cell)

    def _alone(self, cell: Cell) -> bool:
        try:
            _, jacobian = self.face.field_jacobian(self.problem, balls_of(cell))
        except OutsideDomain:
            return False
        inverse = approximate_inverse(jacobian)
        return inverse is not None and self._injective(cell, inverse)

    def open_cells(self) -> list[Open]:
        """What stayed undecided, in all coordinates."""
        unexamined = [self.face.cell] if self.unexamined is None else self.unexamined
        full, low = self.face.full, self.low
        small = [Open(full(cell), low=low) for cell in self.small]
        small += [Open(full(cell), edge=True, low=low) for cell in self.edge]
        return small + [Open(full(cell), unexamined=True, low=low) for cell in unexamined]

    def inside_face(self) -> list[Zero]:
        """The zeros that are, or may be, on the closed face; but saddles and maxima on its own rim are none of it."""
        return [zero for zero in self.zeros if not zero.is_outside and (zero.is_inside or not self._on_rim(zero))]

    def _on_rim(self, zero: Zero) -> bool:
        """Trusted. Whether a zero is certainly no minimum, and certainly not on the open face."""
        inside = tuple(
            (max(a, low), min(b, high)) for (a, b), (low, high) in zip(zero.cell, self.face.cell, strict=True)
        )
        with precision(self.bits):
            try:
                signs = inertia(self.face.hessian(self.problem, zero.balls))
            except OutsideDomain:
                return False
            falls = signs is not None and any(s < ZERO for s in signs)
            return falls and self._edges.verdict(self.face, inside) == EXCLUDED


def _steepest(jacobian: list[list[arb]], cell: Cell, sizes: list[float], widest: int) -> int:
    """The smear rule: split where the field changes most across the cell, unless that makes needles."""
    change = [max(float(row[j].abs_upper()) for row in jacobian) * (high - low) for j, (low, high) in enumerate(cell)]
    axis = max(range(len(cell)), key=change.__getitem__)
    return widest if sizes[widest] > LARGEST_ASPECT * sizes[axis] else axis
