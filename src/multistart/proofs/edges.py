"""Trusted: cells at an edge of the function's domain, or of the box, where enclosures by balls say nothing.

Three things may be shown of such a cell, by intervals with exact ends that may be open and half-infinite:

- the function is defined nowhere on it;
- the gradient has a component of one sign wherever the cell is inside the box, and the function is smooth there: its
  critical points, if any, are on the faces of the box, which are searched by themselves;
- the function falls from its edge: for each part that must be positive and may be 0 there is a coordinate along which
  it grows, no other such part shrinks, and the function falls. So from every point of the cell where it is defined a
  way stays in the domain and leads strictly down. Then no minimum is there, and if the edge does not belong to the
  domain, the function is not lowest towards it either.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from flint import arb

from multistart.functions.chain_rule import slope
from multistart.functions.conditions import NONNEGATIVE, NONZERO
from multistart.proofs.enclosures import ZERO, Enclosure, OutsideDomain, enclosure_of
from multistart.proofs.extended import Extended
from multistart.proofs.faces import Cell, Face
from multistart.proofs.problem import Problem, exact_ends, fails

UNDEFINED, EXCLUDED, FALLING, OPEN, INSIDE = "undefined", "excluded", "falling", "open", "inside"


class Edges:
    """What the edges of one function say; compiled once."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._parts = problem.code([], problem.edges)
        self._kinds = [c.kind for c in problem.edges]

    @cached_property
    def _slopes(self) -> Enclosure:
        """The derivatives of the parts, part by part."""
        symbols = self._problem.symbols
        return enclosure_of(tuple(slope(c.part, s) for c in self._problem.edges for s in symbols), symbols)

    def verdict(self, face: Face, cell: Cell) -> str:
        """Of a cell in the coordinates of a face: undefined, excluded, falling; or open, at an edge; or inside."""
        problem, full = self._problem, face.full(cell)
        closed = exact_ends(full)
        try:
            undecided = self._undecided(closed)
        except OutsideDomain:
            return UNDEFINED
        otherwise, inside = OPEN if undecided else INSIDE, open_ends(full, face)
        try:
            field = problem.field_code.extended(inside)
        except OutsideDomain:
            return otherwise
        signed = any(field[i].is_positive or field[i].is_negative for i in face.free)
        if signed and not undecided and self._is_smooth(inside, face):
            return EXCLUDED
        return FALLING if signed and self._falls(face, closed, field) else otherwise

    def _undecided(self, box: Sequence[Extended]) -> bool:
        """Whether the function may be undefined somewhere on a closed cell."""
        parts = self._problem.condition_code.extended(box)
        kinds = [c.kind for c in self._problem.conditions]
        if any(fails(kind, part) for kind, part in zip(kinds, parts, strict=True)):
            raise OutsideDomain
        return not all(_holds(kind, part) for kind, part in zip(kinds, parts, strict=True))

    def _is_smooth(self, box: Sequence[Extended], face: Face) -> bool:
        """Whether the function is smooth wherever the cell is inside the face.

        A root of what is 0 on all of the face is constant along it.
        """
        try:
            parts = self._parts.extended(box)
        except OutsideDomain:
            return False
        return all(
            part.is_positive or (kind == NONZERO and part.is_negative) or (any(face.held) and part.is_zero)
            for kind, part in zip(self._kinds, parts, strict=True)
        )

    def _falls(self, face: Face, box: Sequence[Extended], field: Sequence[Extended]) -> bool:
        """Whether from every part that may be 0 a coordinate leads away along which the function falls."""
        d = self._problem.dimensions
        if self._problem.rows > 1:  # the part of the least row has no slope
            return False
        try:
            parts, slopes = self._parts.extended(box), self._slopes.extended(box)
        except OutsideDomain:
            return False
        near = []
        for k, (kind, part) in enumerate(zip(self._kinds, parts, strict=True)):
            if part.low > ZERO or (kind == NONZERO and part.high < ZERO):
                continue
            if kind == NONZERO and not part.low >= ZERO:
                return False
            near.append(slopes[d * k : d * k + d])
        return bool(near) and all(any(_leads_inside(part, near, field, i) for i in face.free) for part in near)

    def rises_inward(self, face: Face, cell: Cell) -> list[bool | None]:
        """For each held coordinate: whether beside the face the function rises into the box (true), or falls.

        It must be continuous on that cell, and smooth where that is inside the box.
        """
        beside = [self._beside(face, cell, depth) for depth in DEPTHS]
        return [next((v for v in found if v is not None), None) for found in zip(*beside, strict=True)]

    def _beside(self, face: Face, cell: Cell, depth: float) -> list[bool | None]:
        whole = Face(face.bounds, (0,) * len(face.held))
        full = tuple(
            _widen(ends, bounds) if side == 0 else _layer(bounds, side, depth)
            for ends, bounds, side in zip(face.full(cell), face.bounds, face.held, strict=True)
        )
        unknown: list[bool | None] = [None] * sum(side != 0 for side in face.held)
        box = open_ends(full, whole)
        try:
            if self._undecided(exact_ends(full)) or not self._is_smooth(box, whole):
                return unknown
            field = self._problem.field_code.extended(box)
        except OutsideDomain:
            return unknown
        inward = [-field[i] if side > 0 else field[i] for i, side in enumerate(face.held) if side != 0]
        if len(inward) == 1:  # no slope on the face itself is asked for, only beside it
            return [True if a.is_positive else False if a.is_negative else None for a in inward]
        return [True if a.low > ZERO else False if a.high < ZERO else None for a in inward]


def _leads_inside(
    part: Sequence[Extended], near: Sequence[Sequence[Extended]], field: Sequence[Extended], i: int
) -> bool:
    """Whether along a coordinate, in one direction, a part grows, no other shrinks, and the function falls."""
    up = part[i].low > ZERO and all(s[i].low >= ZERO for s in near) and field[i].is_negative
    down = part[i].high < ZERO and all(s[i].high <= ZERO for s in near) and field[i].is_positive
    return bool(up or down)


DEPTHS = (2.0**-8, 2.0**-16, 2.0**-30)  # of the box: layers beside a face that are tried


def _holds(kind: str, part: Extended) -> bool:
    if kind == NONNEGATIVE:
        return bool(part.low >= ZERO)
    return bool(part.low > ZERO) or (kind == NONZERO and bool(part.high < ZERO))


def open_ends(cell: Cell, face: Face) -> list[Extended]:
    """The cell without the ends of the face's running coordinates."""
    return [
        Extended(arb(low), arb(high), side == 0 and low <= bounds[0], side == 0 and high >= bounds[1])
        for (low, high), bounds, side in zip(cell, face.bounds, face.held, strict=True)
    ]


def _widen(ends: tuple[float, float], bounds: tuple[float, float]) -> tuple[float, float]:
    """With a little around, within the box."""
    little = 2.0**-40 * (bounds[1] - bounds[0])
    return max(bounds[0], ends[0] - little), min(bounds[1], ends[1] + little)


def _layer(bounds: tuple[float, float], side: int, depth: float) -> tuple[float, float]:
    low, high = bounds
    return (low, low + depth * (high - low)) if side < 0 else (high - depth * (high - low), high)
