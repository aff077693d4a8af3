"""Local minima of the function on the closed box that lie on its faces and corners.

A point of a face is one if it is a minimum along the face and the function strictly rises into the box across it.
If it falls into the box somewhere on a cell of the face, no minimum is in that cell.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flint import arb

from multistart.proofs.balls import inertia
from multistart.proofs.cut import Cut
from multistart.proofs.edges import Edges
from multistart.proofs.enclosures import ZERO, OutsideDomain, precision
from multistart.proofs.faces import Cell, Face, balls_of, hull
from multistart.proofs.problem import Problem
from multistart.proofs.search import Budget, Open, Search
from multistart.proofs.zeros import Zero


@dataclass
class Boundary:
    """The search over all faces.

    Attributes
    ----------
    parents
        Finished searches whose faces contain the ones to come; the box itself first.
    minima
        ``(search, zero)``, or for a corner ``(its face, none)``.
    undecided
        Cells about which nothing is proven.
    """

    problem: Problem
    bounds: Cell
    budget: Budget
    bits: int
    tolerance: float
    cut: Cut
    parents: list[Search]
    minima: list[tuple[Face, Zero | None]] = field(default_factory=list)
    undecided: list[Open] = field(default_factory=list)
    _filed: list[Zero] = field(default_factory=list)
    _edges: Edges = field(init=False)

    def __post_init__(self) -> None:
        self._edges = Edges(self.problem)

    def run(self) -> None:
        """Search face after face, those of many coordinates first; what the budget leaves is undecided."""
        for face in self._faces():
            if self.budget.spent:
                self._give_up()
                return
            if face.free:
                self._search(face)
            else:
                self._corner(face)

    def _give_up(self) -> None:
        """All sides that were not settled whole are undecided, with the faces and corners on them."""
        self.undecided += [Open(side.full(side.cell), unexamined=True) for side in self._sides()]

    def _faces(self) -> Iterator[Face]:
        """The faces that may hold a minimum: none of a side on all of which the function falls into the box."""
        d, sides = len(self.bounds), self._sides()
        ends = [[sum(side.held) for side in sides if side.held[i]] for i in range(d)]
        for count in range(1, d + 1):
            for held in itertools.combinations([i for i in range(d) if ends[i]], count):
                for choice in itertools.product(*(ends[i] for i in held)):
                    chosen = dict(zip(held, choice, strict=True))
                    yield Face(self.bounds, tuple(chosen.get(i, 0) for i in range(d)))

    def _sides(self) -> list[Face]:
        """The sides of the box into which the function does not fall everywhere."""
        d = len(self.bounds)
        sides = [Face(self.bounds, (0,) * i + (s,) + (0,) * (d - i - 1)) for i in range(d) for s in (-1, 1)]
        return [side for side in sides if not self._falls(side)]

    def _falls(self, face: Face) -> bool:
        with precision(53):
            return face.descends_inward(self.problem, balls_of(face.cell))

    def _search(self, face: Face) -> None:
        search = Search(self.problem, face, self.budget, self.bits, self.tolerance, self.cut)
        with precision(53):
            search.run()
        self.undecided += search.open_cells()
        for zero in search.inside_face():
            self._judge(face, zero.balls, zero.cell, zero)
        self.parents.append(search)

    def _corner(self, face: Face) -> None:
        self.budget.boxes += 1
        with precision(53):
            self.cut.lower(self.problem, face.embed(()))
        self._judge(face, (), (), None)

    def _judge(self, face: Face, balls: Sequence[arb], cell: Cell, zero: Zero | None) -> None:
        """Trusted. File a critical point of the function along a face: a minimum, none, or undecided."""
        alone = zero is None or zero.is_inside  # else it may be on a smaller face, which has its turn
        with precision(self.bits):
            verdict = self._is_minimum(face, balls, cell if alone else None)
        if verdict is None and not self._known(face, cell):
            verdict = self._rises_around(face, balls, cell) if alone else None
            if verdict is None:
                self.undecided.append(Open(face.full(cell), flat=True))
        if verdict:
            self.minima.append((face, zero))
        if zero is not None and verdict is not False:
            self._filed.append(zero)

    def _is_minimum(self, face: Face, balls: Sequence[arb], cell: Cell | None) -> bool | None:
        """Trusted. Whether the function rises along the face and into the box; none if that cannot be said."""
        where = face.embed(balls)
        try:
            if not self.problem.value(where)[0].is_finite():
                return None
        except OutsideDomain:
            return False
        try:
            signs = (inertia(face.hessian(self.problem, balls)) if balls else []) or [arb.nan()] * len(balls)
        except OutsideDomain:
            return None
        across = self._across(face, where, cell)
        falls = any(a < ZERO for a in signs) or False in across
        if falls or (not balls and self._bends_down(where)):
            return False
        return True if all(a > ZERO for a in signs) and all(across) else None

    def _across(self, face: Face, where: Sequence[arb], cell: Cell | None) -> list[bool | None]:
        """Whether the function rises (true) or falls across the face, for each coordinate that is held.

        Where the slope is infinite or nothing is known of it on the face, as that of a root at 0, beside it.
        """
        try:
            slopes = face.inward(self.problem.field(where))
        except OutsideDomain:
            slopes = [arb.nan()] * sum(side != 0 for side in face.held)
        signs = [True if a > ZERO else False if a < ZERO else None for a in slopes]
        if cell is None or all(a.is_finite() for a in slopes):
            return signs
        beside = self._edges.rises_inward(face, cell)
        return [b if s is None else s for s, b in zip(signs, beside, strict=True)]

    def _rises_around(self, face: Face, balls: Sequence[arb], cell: Cell) -> bool | None:
        """Trusted. The same, of a critical point, which is not on file for a larger face.

        It is a minimum where the function rises along the face, and across it but for the face itself; or where the
        slope across the face is certainly not negative and the whole Hessian positive.
        """
        d, where = self.problem.dimensions, face.embed(balls)
        with precision(self.bits):
            across = self._edges.rises_inward(face, cell)
            try:
                along = inertia(face.hessian(self.problem, balls)) if balls else []
                if along is not None and all(s > ZERO for s in along) and None not in across:
                    return all(across)
                level = all(a >= ZERO for a in face.inward(self.problem.field(where)))
                flat = self.problem.hessian(where)
            except OutsideDomain:
                return None
            signs = inertia([flat[d * i : d * i + d] for i in range(d)])
        return True if level and signs is not None and all(s > ZERO for s in signs) else None

    def _bends_down(self, corner: Sequence[arb]) -> bool:
        """Trusted. Whether along some edge the slope is exactly 0 and the second derivative negative."""
        d = self.problem.dimensions
        try:
            slopes = self.problem.field(corner)
        except OutsideDomain:
            return False
        return any(a.is_zero() and self.problem.hessian(corner)[d * i + i] < ZERO for i, a in enumerate(slopes))

    def _known(self, face: Face, cell: Cell) -> bool:
        """Trusted. Whether this is a zero of a larger face that is on file, as a minimum or as undecided.

        It is, if no other zero of the larger face is near. A saddle of the larger face may well be a minimum of the
        box where it touches its boundary, so it is not enough.
        """
        here = face.full(cell)
        for parent in self.parents:
            if all(p in (0, h) for p, h in zip(parent.face.held, face.held, strict=True)):
                projected = tuple(here[i] for i in parent.face.free)
                near = [z for z in parent.near(projected) if self._is_filed(z)]
                with precision(53):
                    if any(parent.alone(hull(z.cell, projected)) for z in near):
                        return True
        return False

    def _is_filed(self, zero: Zero) -> bool:
        if zero.is_outside:
            return False
        if any(zero.face.held):
            return any(zero is z for z in self._filed)
        with precision(self.bits):
            try:
                eigenvalues = inertia(zero.face.hessian(self.problem, zero.balls))
            except OutsideDomain:
                return False
        return eigenvalues is not None and all(e > ZERO for e in eigenvalues)
