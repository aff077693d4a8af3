"""Where minima leave the box, and where another one becomes the lowest: proven brackets, narrowed by bisection.

Both are changes of the sign of a number that varies continuously along proven courses: of a coordinate less the box's
end, or of one value less another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flint import arb

from multistart.proofs.balls import Cell, outward
from multistart.proofs.courses import Course, course
from multistart.proofs.enclosures import ZERO
from multistart.proofs.family import Family

BISECTIONS = 120
SHARPEST = 2.0**-90  # of the first bracket
RUN_UP = 2.0**-40  # of a step: so far before a value it is looked at what comes from the face there
PARTS = (0.5, 0.375, 0.6875)  # where a bracket is cut; not always in the middle, where the number may be 0 exactly
Bracket = tuple[float, float]


def sign_change(number: Callable[[arb], arb | None], low: arb, high: arb) -> Bracket | None:
    """Trusted. Floats between which a continuous number changes its sign; none where its signs at the ends do not.

    The number is none, or a ball around 0, where its sign is not known, as it is not next to its change.
    """
    first, width = _sign(number(low)), high - low
    if first * _sign(number(high)) >= 0:
        return None
    for _ in range(BISECTIONS):
        cut = None if abs(high - low) < abs(width) * SHARPEST else _cut(number, low, high)
        if cut is None:
            break
        middle, sign = cut
        low, high = (middle, high) if sign == first else (low, middle)
    low, high = (low, high) if low < high else (high, low)
    return outward(low)[0], outward(high)[1]


def _cut(number: Callable[[arb], arb | None], low: arb, high: arb) -> tuple[arb, int] | None:
    """A place between where the sign is known, and the sign."""
    for part in PARTS:
        middle = (low + part * (high - low)).mid()
        sign = _sign(number(middle))
        if sign:
            return middle, sign
    return None


def _sign(ball: arb | None) -> int:
    """1 or -1 where that is certain, else 0."""
    return 0 if ball is None else int(ball > ZERO) - int(ball < ZERO)


@dataclass(frozen=True)
class Exit:
    """A minimum goes through the box's face where a coordinate has a value, at a parameter in the bracket."""

    axis: int
    end: float
    bracket: Bracket
    proven: bool


def exit_of(family: Family, done: Course, cell: Cell) -> Exit | None:
    """Where a course certainly goes out of the box for good; none if its end may be inside."""
    found: list[tuple[int, int, float]] = []
    for axis, pair in enumerate(cell[:-1]):
        for end in pair:
            outside = [_beyond(point[axis], end, pair) for point in done.points]
            if outside[-1]:
                found.append((max((n for n, out in enumerate(outside) if not out), default=0), axis, end))
    return _exit(family, done, *min(found), cell) if found and len(done.points) > 1 else None


def _beyond(coordinate: arb, end: float, pair: tuple[float, float]) -> bool:
    return bool(coordinate < arb(end) if end == pair[0] else coordinate > arb(end))


def _exit(family: Family, done: Course, last: int, axis: int, end: float, cell: Cell) -> Exit:
    """The exit between the course's last point that is not outside and the next one."""
    before, after = done.points[last][-1].mid(), done.points[last + 1][-1].mid()
    if last == 0 and done.points[0][axis].contains(arb(end)):  # it begins on the face, and comes from inside
        done, before = _with_run_up(family, done, cell)

    def over(parameter: arb) -> arb | None:
        point = done.at(family, parameter, cell)
        return None if point is None else point[axis] - arb(end)

    found = sign_change(over, before, after)
    low, high = (before, after) if before < after else (after, before)
    return Exit(axis, end, found or (outward(low)[0], outward(high)[1]), found is not None)


def _with_run_up(family: Family, done: Course, cell: Cell) -> tuple[Course, arb]:
    """The course with a little of it before its beginning, and where it begins then."""
    first, second = done.points[0], done.points[1]
    before = (first[-1] - (second[-1] - first[-1]) * RUN_UP).mid()
    back = course(family, first, before, cell)
    return Course([*back.points[:0:-1], *done.points], [*back.tubes[::-1], *done.tubes]), before


@dataclass(frozen=True)
class Swap:
    """Another minimum is the lowest from the bracket on."""

    before: int
    after: int
    bracket: Bracket


def swaps(family: Family, courses: Mapping[int, Course], first: int, last: int, cell: Cell) -> list[Swap]:
    """Where the lowest minimum changes, from the first to the last one, in order, each proven.

    Nothing where one of them is not followed, or where their values do not cross while both are there. Where they
    cross, a third minimum may be lower than both: then it takes its turn between.
    """
    if first not in courses or last not in courses:
        return []
    found = _crossing(family, courses[first], courses[last], cell)
    if found is None:
        return []
    between = _lowest_at(family, courses, (first, last), found[0], cell)
    if between is None:
        return [Swap(first, last, found)]
    without_last = {key: c for key, c in courses.items() if key != last}
    without_first = {key: c for key, c in courses.items() if key != first}
    return swaps(family, without_last, first, between, cell) + swaps(family, without_first, between, last, cell)


def _crossing(family: Family, a: Course, b: Course, cell: Cell) -> Bracket | None:
    """Where the value along one course, lower at first, becomes the higher one."""
    low, high = a.reach[0].max(b.reach[0]).mid(), a.reach[1].min(b.reach[1]).mid()

    def difference(parameter: arb) -> arb | None:
        value, other = value_at(family, a, parameter, cell), value_at(family, b, parameter, cell)
        return None if value is None or other is None else value - other

    return sign_change(difference, low, high) if low < high and _sign(difference(low)) < 0 else None


def value_at(family: Family, done: Course, parameter: arb, cell: Cell) -> arb | None:
    """Trusted. The minimum's value at a parameter on its course."""
    point = done.at(family, parameter, cell)
    return None if point is None else family.value(point)


def _lowest_at(
    family: Family, courses: Mapping[int, Course], pair: tuple[int, int], parameter: float, cell: Cell
) -> int | None:
    """The lowest of the other minima that are certainly lower than a pair that is about as low."""
    found = {key: value_at(family, done, arb(parameter), cell) for key, done in courses.items()}
    values = {key: value for key, value in found.items() if value is not None}
    if not all(key in values for key in pair):
        return None
    lower = [(float(v), key) for key, v in values.items() if all(v < values[other] for other in pair)]
    return min(lower)[1] if lower else None
