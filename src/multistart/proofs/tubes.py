"""Trusted: a curve of critical points, enclosed piece by piece in tubes, each with a proof that it holds one curve.

A tube stands around a straight line that is run through by one coordinate ``z_k``, mostly the parameter. Krawczyk's
operator with all values of ``z_k`` at once maps the tube's cross-section into its own inside: so to each value of
``z_k`` belongs exactly one zero of ``g`` in the tube, and it depends on ``z_k`` smoothly, since the derivatives of
``g`` by the other coordinates are nonsingular on all of the tube: the implicit function theorem, in the large
(Krawczyk 1969; Neumaier 1990, chapter 5; Kearfott and Xing 1994 for steps along a curve).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb

from multistart.proofs.balls import Cell, apply, approximate_inverse, contracts, finite, identity_minus
from multistart.proofs.enclosures import ONE, ZERO, OutsideDomain
from multistart.proofs.family import Family
from multistart.proofs.problem import Problem
from multistart.proofs.zeros import solution

BITS = 128
INFLATIONS = 8
GUESS = 6  # times how far the curve is from the line in the middle, measured to be enough for a bent one
Point = tuple[arb, ...]  # d + 1 balls with exactly one zero of g for each value of the coordinate that was held


@dataclass(frozen=True)
class Section:
    """``g`` as a function of all coordinates but one, which is held."""

    family: Family
    along: int
    at: arb
    cell: Cell

    def whole(self, running: Sequence[arb]) -> list[arb]:
        """All coordinates, from those that run."""
        return [*running[: self.along], self.at, *running[self.along :]]

    def field_jacobian(self, problem: Problem, running: Sequence[arb]) -> tuple[list[arb], list[list[arb]]]:
        """``g``, and its derivatives by the coordinates that run."""
        gradient, rows = self.family.jet(self.whole(running))
        return gradient, [_without(row, self.along) for row in rows]


def locate(family: Family, near: Sequence[arb], along: int, cell: Cell) -> Point | None:
    """The critical point near a place, with one coordinate held; none if none is found, or it is singular.

    ``cell`` says how large the ``d + 1`` coordinates are.
    """
    sizes = (*cell[:along], *cell[along + 1 :])
    section = Section(family, along, near[along], sizes)
    found = solution(family.problem, section, _without(near, along), BITS)
    return None if found is None else tuple(section.whole(found))


@dataclass(frozen=True)
class Tube:
    """Exactly one zero of ``g`` for each value of ``z_k`` in ``extent``, in a cross-section around a straight line.

    Attributes
    ----------
    along
        The coordinate ``k``.
    origin, slope
        The line: ``origin + slope * (z_k - origin_k)``; exact numbers.
    extent
        The values of ``z_k``.
    width
        For each coordinate, a ball around 0: how far the cross-section reaches; nothing along ``k``.
    """

    along: int
    origin: tuple[arb, ...]
    slope: tuple[arb, ...]
    extent: arb
    width: tuple[arb, ...]

    def center(self, at: arb) -> list[arb]:
        """The point of the line where ``z_k`` has a value."""
        k = self.along
        return [
            at if i == k else o + s * (at - self.origin[k])
            for i, (o, s) in enumerate(zip(self.origin, self.slope, strict=True))
        ]

    def box(self) -> list[arb]:
        """Balls around the whole tube."""
        return [c + w for c, w in zip(self.center(self.extent), self.width, strict=True)]

    def holds(self, point: Sequence[arb]) -> bool:
        """Whether all of a point's balls are in the tube: then its zero is the tube's."""
        k = self.along
        away = [p - c for p, c in zip(point, self.center(point[k]), strict=True)]
        inside = (w.contains_interior(a) for i, (w, a) in enumerate(zip(self.width, away, strict=True)) if i != k)
        return bool(self.extent.contains(point[k])) and all(inside)


@dataclass(frozen=True)
class Bend:
    """What is known of ``g`` on all of a tube: the derivatives by the coordinates that run, as ``I - Y J``.

    ``inverse`` is ``Y``, ``across`` are the derivatives along ``k``.
    """

    inverse: list[list[arb]]
    contraction: list[list[arb]]
    across: list[arb]


def connect(family: Family, first: Point, second: Point, along: int) -> Tube | None:
    """The tube around the line from one critical point to another, if it is proven that one curve joins them."""
    found = enclose(family, first, second, along)
    return None if found is None else found[0]


def enclose(family: Family, first: Point, second: Point, along: int) -> tuple[Tube, Bend] | None:
    """The same with what was found on it."""
    try:
        return _enclose(family, first, second, along)
    except OutsideDomain:
        return None


def _enclose(family: Family, first: Point, second: Point, along: int) -> tuple[Tube, Bend] | None:
    line = _line(first, second, along)
    if line is None:
        return None
    middle = line.center(line.extent.mid())
    gradient, rows = family.jet(middle)
    inverse = approximate_inverse([_without(row, along) for row in rows])
    if inverse is None or not finite(gradient):
        return None
    off = apply(inverse, gradient)
    ends = [4 * (a.rad() + b.rad()) for a, b in zip(_without(first, along), _without(second, along), strict=True)]
    radius = [GUESS * abs(o).abs_upper() + e for o, e in zip(off, ends, strict=True)]
    size = max((abs(a).abs_upper() for a in (*first, *second)), key=float)
    least = (max(radius, key=float) * arb(2) ** -20).max(size * arb(2) ** -64)
    radius = [r.max(least).mid() for r in radius]
    for _ in range(INFLATIONS):
        if not all(r > ZERO for r in radius):
            return None
        tube = _widened(line, radius)
        image, bend = _image(family, tube, off, inverse)
        if not finite(image):
            return None
        if _proven(tube, image, bend, radius):
            return (tube, bend) if tube.holds(first) and tube.holds(second) else None
        if not all(abs(row[i]) < ONE for i, row in enumerate(bend.contraction)):
            return None  # no weights will do
        radius = [r.max(arb(1.5) * abs(a).abs_upper()).mid() for r, a in zip(radius, image, strict=True)]
    return None


def _line(first: Point, second: Point, along: int) -> Tube | None:
    """The tube of no width between two points."""
    origin, end = [a.mid() for a in first], [a.mid() for a in second]
    length = end[along] - origin[along]
    if length.contains(ZERO):
        return None
    slope = [ONE if i == along else ((e - o) / length).mid() for i, (o, e) in enumerate(zip(origin, end, strict=True))]
    extent = first[along].union(second[along])
    return Tube(along, tuple(origin), tuple(slope), extent, (ZERO,) * len(origin))


def _widened(line: Tube, radius: Sequence[arb]) -> Tube:
    wide = [(-r).union(r) for r in radius]
    wide.insert(line.along, ZERO)
    return Tube(line.along, line.origin, line.slope, line.extent, tuple(wide))


def _image(family: Family, tube: Tube, off: Sequence[arb], inverse: list[list[arb]]) -> tuple[list[arb], Bend]:
    """Krawczyk's operator for all cross-sections at once, as the distance from the line.

    ``-Y g(m) - Y (J t + g_k)(Z) (z_k - m_k) + (I - Y J(Z)) U``, with ``m`` the middle of the line, ``t`` its slope.
    """
    k = tube.along
    _, rows = family.jet(tube.box())
    jacobian, across = [_without(row, k) for row in rows], [row[k] for row in rows]
    contraction = identity_minus(inverse, jacobian)
    slope, width = _without(tube.slope, k), _without(tube.width, k)
    change = apply(inverse, [a + b for a, b in zip(apply(jacobian, slope), across, strict=True)])
    along = tube.extent - tube.extent.mid()
    shrunk = apply(contraction, width)
    return [s - o - c * along for s, o, c in zip(shrunk, off, change, strict=True)], Bend(inverse, contraction, across)


def _proven(tube: Tube, image: Sequence[arb], bend: Bend, radius: Sequence[arb]) -> bool:
    """Whether every cross-section is mapped into its own inside, and ``g`` is injective on it."""
    width = _without(tube.width, tube.along)
    inside = all(w.contains_interior(a) for w, a in zip(width, image, strict=True))
    return inside and contracts(bend.contraction, radius)


def same(family: Family, first: Point, second: Point) -> bool:
    """Whether two critical points of one parameter, each alone in its balls, are one.

    They are if ``g`` takes no value twice on the hull of both.
    """
    if not all(a.overlaps(b) for a, b in zip(first, second, strict=True)):
        return False
    hull = [a.union(b) for a, b in zip(first, second, strict=True)]
    try:
        jacobian = [row[:-1] for row in family.jet(hull)[1]]
    except OutsideDomain:
        return False
    inverse = approximate_inverse(jacobian)
    if inverse is None:
        return False
    sizes = [a.rad() for a in hull[:-1]]
    least = max(sizes, key=float) * arb(2) ** -10 + arb(2) ** -200
    return contracts(identity_minus(inverse, jacobian), [s.max(least) for s in sizes])


def _without(vector: Sequence, k: int) -> list:
    return [*vector[:k], *vector[k + 1 :]]
