"""Which of the followed minima is the lowest, and where another one takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flint import arb

from multistart.events import Event
from multistart.proofs.balls import Cell, outward
from multistart.proofs.courses import Course, joined
from multistart.proofs.crossings import swaps
from multistart.proofs.enclosures import OutsideDomain
from multistart.proofs.family import Family
from multistart.proofs.pairing import Place

LONGEST_TIE = 2  # stretches that are remembered while values cannot be told apart, as where they cross at a value


@dataclass
class Lowest:
    """The last minimum that was certainly the lowest, and the courses of all since then."""

    _number: int | None = None
    _since: arb | None = None
    _known: frozenset[int] = frozenset()
    _courses: dict[int, Course] = field(default_factory=dict)
    _stretches: int = 0

    def after(
        self,
        family: Family,
        parameter: arb,
        known: Mapping[int, Place],
        courses: Mapping[int, Course],
        cell: Cell,
    ) -> list[Event]:
        """Where the lowest minimum changed up to a value of the parameter, with the courses to it from the last one."""
        self._stretches += 1
        short = self._stretches <= LONGEST_TIE
        self._courses = _lengthened(self._courses, courses, first=self._stretches == 1) if short else {}
        now = _lowest(family, parameter, known)
        if now is None:
            return []
        found = [] if self._number in (None, now) else self._changes(family, parameter, now, known, cell)
        self._number, self._since, self._known = now, parameter, frozenset(known)
        self._courses, self._stretches = {}, 0
        return found

    def _changes(self, family: Family, parameter: arb, now: int, known: Mapping[int, Place], cell: Cell) -> list[Event]:
        assert self._number is not None
        assert self._since is not None
        certain = all(place.point is not None for place in known.values())
        found = swaps(family, self._courses, self._number, now, cell)
        if found:
            return [Event(s.after, "crossing", *s.bracket, certain, _lower_than(s.before)) for s in found]
        if self._number in known and now in self._known:
            bracket = outward(self._since)[0], outward(parameter)[1]
            return [Event(now, "crossing", *bracket, False, _lower_than(self._number))]
        return []  # it was lost, or the other one is lower from its beginning


def _lower_than(number: int) -> str:
    return f"lower than minimum {number} from here on"


def _lengthened(kept: Mapping[int, Course], more: Mapping[int, Course], *, first: bool) -> dict[int, Course]:
    """The courses, each behind the one that led to it; of those that begin or end on the way, what there is."""
    if first:
        return {key: c.upward() for key, c in more.items()}
    both = {key: joined(kept[key], c.upward()) for key, c in more.items() if key in kept}
    return {**kept, **{key: c.upward() for key, c in more.items()}, **both}


def _lowest(family: Family, parameter: arb, known: Mapping[int, Place]) -> int | None:
    """The minimum that is certainly the lowest; of one that is not proven, the value at its place counts."""
    values = {key: _value(family, place, parameter) for key, place in known.items()}
    for key, value in values.items():
        if all(value < other for k, other in values.items() if k != key) and value.is_finite():
            return key
    return None


def _value(family: Family, place: Place, parameter: arb) -> arb:
    z = place.point if place.point is not None else (*map(arb, place.at), parameter)
    try:
        return family.value(z)
    except OutsideDomain:
        return arb.nan()
