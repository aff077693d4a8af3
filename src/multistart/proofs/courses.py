"""The course of a minimum over an interval of the parameter: tubes joined end to end, as far as that can be proven.

Which step is tried next, and when a singular point is looked for, decides how much is proven and never whether what is
said is true.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flint import arb

from multistart.proofs.balls import Cell, apply, approximate_inverse
from multistart.proofs.enclosures import ZERO, OutsideDomain
from multistart.proofs.family import Family
from multistart.proofs.folds import Singular, find_singular, folds_into
from multistart.proofs.tubes import Point, Tube, connect, locate

MOST_TUBES = 600
SMALLEST = 45  # halvings of the whole, after which a course is given up
LOOK_AFTER = (2, 5, 8, 12, 20, 30)  # halvings after which a singular point ahead is looked for
GIVEN_UP = 12  # halvings after which one that is no proven fold ends the course
APPROACHES = 60  # steps towards a fold, of half the distance or less, until a tube around it is proven


@dataclass
class Course:
    """One minimum, proven from its first point to its last.

    Attributes
    ----------
    points
        Critical points at rising (or falling) parameters, each on the curve; at least the first.
    tubes
        One between each two: they hold the same curve, and its Hessian is positive definite all along.
    complete
        Whether the last point is at the parameter that was asked for.
    singular
        What ended it, if that was found.
    fold
        Whether that is proven to be a fold at which this very minimum vanishes.
    """

    points: list[Point]
    tubes: list[Tube] = field(default_factory=list)
    complete: bool = False
    singular: Singular | None = None
    fold: bool = False

    @property
    def end(self) -> Point:
        """The last point that is proven."""
        return self.points[-1]

    def upward(self) -> Course:
        """The same with rising parameters."""
        if self.points[0][-1] < self.end[-1]:
            return self
        return Course(self.points[::-1], self.tubes[::-1])

    @property
    def reach(self) -> tuple[arb, arb]:
        """The lowest and the highest parameter of the course."""
        first, last = self.points[0][-1], self.points[-1][-1]
        return (last, first) if last < first else (first, last)

    def at(self, family: Family, parameter: arb, cell: Cell) -> Point | None:
        """Trusted. The minimum at a parameter on the way; none where it is not found to be on this curve."""
        for tube in self.tubes:
            if tube.extent.contains(parameter):
                point = locate(family, tube.center(parameter), family.dimensions, cell)
                return point if point is not None and tube.holds(point) else None
        return None


def joined(first: Course, second: Course) -> Course:
    """A course and the one that goes on from its end."""
    return Course([*first.points, *second.points[1:]], [*first.tubes, *second.tubes], second.complete)


def course(family: Family, start: Point, target: arb, cell: Cell) -> Course:
    """Follow a minimum to a parameter as far as that can be proven.

    ``cell`` says how large the ``d + 1`` coordinates are.
    """
    found = Course([start])
    whole = (target - start[-1]).mid()
    if whole == 0:
        found.complete = True
        return found
    step, halvings, looked = whole, 0, 0
    while len(found.tubes) < MOST_TUBES and halvings <= SMALLEST:
        here = found.end
        left = (target - here[-1]).mid()
        last = bool(abs(step) >= abs(left))
        tube_end = _next(family, here, target if last else (here[-1] + step).mid(), cell)
        tube = None if tube_end is None else connect(family, here, tube_end, family.dimensions)
        if tube is not None and tube_end is not None:
            found.points.append(tube_end)
            found.tubes.append(tube)
            if last:
                found.complete = True
                return found
            step, halvings = 2 * step, halvings - 1
            continue
        step, halvings = (left if last else step) / 2, _halvings(whole, left if last else step) + 1
        if looked < len(LOOK_AFTER) and halvings >= LOOK_AFTER[looked]:
            looked += 1
            if _ends_ahead(family, found, target, cell, given_up=halvings >= GIVEN_UP):
                return found
    return found


def _halvings(whole: arb, step: arb) -> int:
    return max(0, round(-_log2(abs(step / whole))))


def _log2(a: arb) -> float:
    return float(a.log() / arb.const_log2())


def _next(family: Family, here: Point, parameter: arb, cell: Cell) -> Point | None:
    """The critical point at another parameter, near where the tangent of the curve leads."""
    try:
        _, rows = family.jet([a.mid() for a in here])
    except OutsideDomain:
        return None
    inverse = approximate_inverse([row[:-1] for row in rows])
    if inverse is None:
        return None
    far = (parameter - here[-1]).mid()
    change = apply(inverse, [row[-1] for row in rows])
    near = [(a - far * c).mid() for a, c in zip(here[:-1], change, strict=True)]
    return locate(family, [*near, parameter], family.dimensions, cell)


def _ends_ahead(family: Family, found: Course, target: arb, cell: Cell, *, given_up: bool) -> bool:
    """Whether there is a singular point up to the target that ends the course; it is put down with the course."""
    singular = find_singular(family, found.end, cell)
    if singular is None or not _ahead(found.end[-1], singular, target):
        return False
    if singular.proven and _approach(family, found, singular, cell):
        found.singular, found.fold = singular, True
        return True
    if given_up and not singular.proven:
        found.singular = singular
    return found.singular is not None


def _ahead(here: arb, singular: Singular, target: arb) -> bool:
    """Whether a singular point is ahead, and not certainly beyond the target, by more than it is known to."""
    way = target - here
    slack = ZERO if singular.proven else abs(way) * arb(2) ** -30
    return not ((singular.z[-1] - here) * way < 0 or (singular.z[-1] - target) * way.sgn() > slack)


def _approach(family: Family, found: Course, fold: Singular, cell: Cell) -> bool:
    """Go on towards a fold until a tube runs from the course's end through it; the course grows on the way."""
    part = 0.5
    for _ in range(APPROACHES):
        here = found.end
        if folds_into(family, here, fold, cell):
            return True
        point = _next(family, here, (here[-1] + part * (fold.z[-1] - here[-1])).mid(), cell)
        tube = None if point is None else connect(family, here, point, family.dimensions)
        if tube is None or point is None:
            part /= 2
            continue
        found.points.append(point)
        found.tubes.append(tube)
    return False
