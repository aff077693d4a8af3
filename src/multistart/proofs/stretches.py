"""One stretch between two neighbouring values of the parameter: which minimum of one is which of the other, and why.

In this order: every old minimum is followed up; every new one that none was followed to is followed down; courses that
end in one singular point are gathered there; what is left is paired without a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flint import arb

from multistart.proofs.balls import Cell, outward
from multistart.proofs.courses import Course, course
from multistart.proofs.crossings import Bracket, Exit, exit_of
from multistart.proofs.family import Family
from multistart.proofs.gatherings import Gathering, gather
from multistart.proofs.pairing import Pair, Place, distance, pair_up
from multistart.proofs.tubes import Point, same

TOGETHER = 1e-5  # of the box and of the stretch: singular points that near each other are one
NEAR = 1e-4  # of the box: a minimum that is not proven belongs to a singular point that near


@dataclass(frozen=True)
class Change:
    """Why a minimum ends, or begins.

    ``kind``: ``"fold"``; ``"exit"``, through a face of the box; ``"merge"`` of several into one; ``"split"`` of one
    into several; ``"unlisted"``, it was there all along; ``"unknown"``. ``old`` and ``new`` are those that merge or
    split.
    """

    kind: str
    bracket: Bracket
    proven: bool
    exit: Exit | None = None
    old: tuple[int, ...] = ()
    new: tuple[int, ...] = ()


@dataclass
class Stretch:
    """The minima at the two ends, ``old`` by their numbers and ``new`` by their places in a list, and what joins them.

    Attributes
    ----------
    links
        Of old numbers to new places, proven.
    pairs
        The same, not proven.
    unlisted
        Old minima that are proven to be there at the new value, where no list has them.
    ends, begins
        What becomes of the old ones that are not there any more, and where the new ones come from.
    courses
        Of the old ones, and of the new ones that were followed down.
    """

    family: Family | None
    cell: Cell
    low: arb
    high: arb
    old: Mapping[int, Place]
    new: dict[int, Place]
    links: dict[int, int] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    unlisted: dict[int, Point] = field(default_factory=dict)
    ends: dict[int, Change] = field(default_factory=dict)
    begins: dict[int, Change] = field(default_factory=dict)
    courses: dict[int, Course] = field(default_factory=dict)
    backward: dict[int, Course] = field(default_factory=dict)

    def run(self) -> None:
        """Join what can be joined."""
        if self.family is not None:
            self._follow_up(self.family)
            self._follow_down(self.family)
            self._gather(self.family)
        self._pair()
        for key in self._open_old:
            self.ends[key] = Change("unknown", self._rest(self.courses.get(key)), proven=False)
        for place in self._open_new:
            self.begins[place] = Change("unknown", self._rest(self.backward.get(place)), proven=False)

    def singular_at(self, number: int) -> float | None:
        """The parameter of the singular point at which an old minimum's course ends."""
        found = self.courses.get(number)
        return None if found is None or found.singular is None else float(found.singular.z[-1])

    @property
    def _open_old(self) -> list[int]:
        done = {*self.links, *self.unlisted, *self.ends, *(pair.old for pair in self.pairs)}
        return [key for key in self.old if key not in done]

    @property
    def _open_new(self) -> list[int]:
        done = {*self.links.values(), *self.begins, *(pair.new for pair in self.pairs)}
        return [place for place in self.new if place not in done]

    def _rest(self, followed: Course | None) -> Bracket:
        """The part of the stretch that a course did not come through."""
        low, high = outward(self.low)[0], outward(self.high)[1]
        if followed is None:
            return low, high
        end = outward(followed.end[-1])
        return (end[0], high) if followed.points[0][-1].overlaps(self.low) else (low, end[1])

    def _follow_up(self, family: Family) -> None:
        for key, place in self.old.items():
            if place.point is None:
                continue
            found = self.courses[key] = course(family, place.point, self.high, self.cell)
            change = self._change(family, found)
            if change is not None:
                self.ends[key] = change
            elif found.complete:
                same_one = self._listed(family, found.end)
                if same_one is None:
                    self.unlisted[key] = found.end
                else:
                    self.links[key] = same_one

    def _listed(self, family: Family, point: Point) -> int | None:
        for place in self._open_new:
            known = self.new[place].point
            if known is not None and same(family, known, point):
                return place
        return None

    def _follow_down(self, family: Family) -> None:
        for place in self._open_new:
            start = self.new[place].point
            if start is None:
                continue
            found = self.backward[place] = course(family, start, self.low, self.cell)
            change = self._change(family, found)
            if change is not None:
                self.begins[place] = change
            elif found.complete:
                self._join_or_keep(family, place, found)

    def _join_or_keep(self, family: Family, place: int, found: Course) -> None:
        """A new minimum that was followed down all the way is an old one, or one that was not listed."""
        for key in self._open_old:
            known = self.old[key].point
            if known is not None and same(family, known, found.end):
                self.links[key] = place
                self.courses[key] = found.upward()
                del self.backward[place]
                return
        self.begins[place] = Change("unlisted", outward(self.low), proven=True)

    def _change(self, family: Family, found: Course) -> Change | None:
        """What proves that a minimum is not there at the other end."""
        gone = exit_of(family, found, self.cell)
        if gone is not None:
            return Change("exit", gone.bracket, gone.proven, exit=gone)
        if found.fold and found.singular is not None:
            return Change("fold", found.singular.bracket, proven=True)
        return None

    def _gather(self, family: Family) -> None:
        """Minima whose courses end in one singular point merge there, or split."""
        for center in self._singular_points():
            old = [key for key in self._open_old if self._is_at(center, self.old[key], self.courses.get(key), self.low)]
            new = [n for n in self._open_new if self._is_at(center, self.new[n], self.backward.get(n), self.high)]
            if max(len(old), len(new)) < 2:
                continue
            below = [self.courses[key] for key in old if key in self.courses]
            above = [self.backward[n] for n in new if n in self.backward]
            singular = next(c.singular for c in (*below, *above) if c.singular is not None)
            found = gather(family, singular, below, above, self.cell)
            self._file(found, old, new)

    def _file(self, found: Gathering | None, old: Sequence[int], new: Sequence[int]) -> None:
        kind = "merge" if len(old) > 1 and len(new) <= 1 else "split" if len(new) > 1 and len(old) <= 1 else ""
        counted = (found.before, found.after) if found else (len(old), len(new))
        expected = counted[1] == 1 < counted[0] if kind == "merge" else counted[0] == 1 < counted[1]
        if not kind or not expected:
            return
        bracket = (found.low, found.high) if found else self._between(old, new)
        change = Change(kind, bracket, found is not None, old=tuple(old), new=tuple(new))
        self.ends |= dict.fromkeys(old, change)
        self.begins |= dict.fromkeys(new, change)

    def _between(self, old: Sequence[int], new: Sequence[int]) -> Bracket:
        """Where none of the courses came through."""
        low = [self._rest(self.courses.get(key))[0] for key in old]
        high = [self._rest(self.backward.get(place))[1] for place in new]
        return min(low, default=outward(self.low)[0]), max(high, default=outward(self.high)[1])

    def _singular_points(self) -> list[tuple[arb, ...]]:
        """Those at which courses that are still open end, each once."""
        ends = [self.courses.get(key) for key in self._open_old] + [self.backward.get(n) for n in self._open_new]
        found: list[tuple[arb, ...]] = []
        for z in (c.singular.z for c in ends if c is not None and c.singular is not None):
            if all(self._apart(z, other) for other in found):
                found.append(z)
        return found

    def _apart(self, z: Sequence[arb], other: Sequence[arb]) -> bool:
        return distance(_floats(z), _floats(other), self.cell) > TOGETHER

    def _is_at(self, center: Sequence[arb], place: Place, followed: Course | None, value: arb) -> bool:
        """Whether a minimum's course ends in a singular point; of one that is not proven, whether it is there."""
        if followed is not None:
            return followed.singular is not None and not self._apart(followed.singular.z, center)
        near = distance(place.at, _floats(center[:-1]), self.cell) <= NEAR
        width = self.cell[-1][1] - self.cell[-1][0]
        return near and abs(float(value - center[-1])) <= TOGETHER * width

    def _pair(self) -> None:
        """What no proof joins; also a new place that is not proven, with a proven minimum that no list has."""
        old = {key: self.old[key] for key in self._open_old}
        new = {place: self.new[place] for place in self._open_new}
        here = {key: Place(_floats(point[:-1]), point) for key, point in self.unlisted.items()}
        rough = {place: p for place, p in new.items() if p.point is None}
        self.pairs = pair_up(None, here, rough, self.high, self.cell)
        for pair in self.pairs:
            self.new[pair.new] = Place(self.new[pair.new].at, self.unlisted.pop(pair.old))
            del new[pair.new]
        self.pairs += pair_up(self.family, old, new, self.high, self.cell)


def _floats(z: Sequence[arb]) -> tuple[float, ...]:
    return tuple(float(a) for a in z)
