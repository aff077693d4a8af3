"""`follow`: the minima of a function while one of its parameters goes from value to value, recognised with a proof.

Between two neighbouring values a minimum is the same one where a chain of tubes joins it with itself
(:mod:`multistart.proofs.tubes`). Where the chain ends, what is there is named and located: a fold
(:mod:`~multistart.proofs.folds`), minima that merge or split (:mod:`~multistart.proofs.gatherings`), the boundary of
the box, a change of the lowest minimum (:mod:`~multistart.proofs.crossings`). What no proof joins is paired
(:mod:`~multistart.proofs.pairing`), and that is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from flint import arb
from numpy.typing import ArrayLike

from multistart.box import Box
from multistart.errors import ExpressionError, InputError
from multistart.events import Event
from multistart.functions.objective import Objective
from multistart.proofs.balls import Cell, ball
from multistart.proofs.certificate import UNIQUE, Certificate
from multistart.proofs.changes import beginning, ending, matching
from multistart.proofs.courses import Course
from multistart.proofs.enclosures import precision
from multistart.proofs.family import Family, exactly
from multistart.proofs.folds import is_minimum
from multistart.proofs.inputs import bounds_of
from multistart.proofs.lowest import Lowest
from multistart.proofs.pairing import Place, distance
from multistart.proofs.stretches import Stretch
from multistart.proofs.tubes import BITS, Point, locate, same

#: How a minimum is known to be the one of the value before.
NEW, PROVEN, MATCHED = "new", "proven", "matched"
NEARBY = 1e-4  # of the box: a point that is farther from the minimum it leads to is not that minimum


@dataclass(frozen=True)
class Followed:
    """A minimum at one value.

    Attributes
    ----------
    number
        The same at two values: the same minimum.
    place
        Its coordinates, rounded.
    listed
        Its place in the list that was given for the value; -1 where it is proven to be there, and no list has it.
    link
        ``"new"``: not there at the value before, or no value was before. ``"proven"``: it is the one of the same number
        there, with a proof. ``"matched"``: it is taken for that one.
    """

    number: int
    place: tuple[float, ...]
    listed: int
    link: str

    @property
    def proven(self) -> bool:
        """Whether it is proven to be the minimum of the same number at the value before."""
        return self.link == PROVEN


@dataclass(frozen=True)
class Step:
    """The minima at one value: those of its list in order, then those that no list has."""

    value: float
    minima: tuple[Followed, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The number of each minimum of the list."""
        return tuple(m.number for m in self.minima if m.listed >= 0)

    @property
    def proven(self) -> tuple[bool, ...]:
        """For each minimum of the list, whether its link to the value before is proven."""
        return tuple(m.proven for m in self.minima if m.listed >= 0)


@dataclass(frozen=True)
class Following:
    """The minima at all values, and what happens between, in order of the parameter."""

    parameter: str
    steps: tuple[Step, ...]
    events: tuple[Event, ...]


def follow(
    objective: Objective,
    parameter: str,
    values: Sequence[float],
    minima: Iterable[Certificate | ArrayLike],
    box: Box,
) -> Following:
    """The same number for the same minimum at all values of a parameter, and what happens in between.

    Parameters
    ----------
    objective, parameter
        A function given by a formula, and a name among its parameters.
    values
        Rising; a float is the shortest decimal that denotes it, as in a formula.
    minima
        For each value its certificate in the box, or points ``(n, d)``; one at a time, so a generator will do.
    box
        Where minima are looked for, mostly the arena; what goes out of it is gone.

    Raises
    ------
    InputError
        No such parameter, a box of other variables, values that do not rise, points of another shape.

    >>> from multistart.proofs import certify
    >>> values, box, formula = [0.3, 0.4], Box({"x": (-3, 3)}), "(x**2 - 1)**2/4 + a*x"
    >>> tilted = [Objective.from_expression(formula, ["x"], {"a": a}) for a in values]
    >>> found = follow(tilted[0], "a", values, (certify(f, box) for f in tilted), box)
    >>> [step.numbers for step in found.steps], found.steps[1].proven
    ([(0, 1), (0,)], (True,))
    >>> found.events
    (Event(attractor=1, event='fold', low=0.38490017945975047, high=0.3849001794597505, proven=True, \
note='meets a maximum and vanishes'),)
    """
    follower = Follower(objective, parameter, box)
    steps = tuple(follower.step(value, listed) for value, listed in zip(values, minima, strict=True))
    return Following(parameter, steps, follower.events)


@dataclass
class Follower:
    """The same one value at a time: its memory does not grow with the values, but for the events."""

    objective: Objective
    parameter: str
    box: Box
    family: Family | None = field(init=False)
    _bounds: Cell = field(init=False)
    _value: float | None = field(init=False, default=None)
    _known: dict[int, Place] = field(init=False, default_factory=dict)
    _count: int = field(init=False, default=0)
    _events: list[Event] = field(init=False, default_factory=list)
    _lowest: Lowest = field(init=False, default_factory=Lowest)

    def __post_init__(self) -> None:
        self._bounds = bounds_of(self.objective, self.box)
        try:
            self.family = Family.of(self.objective, self.parameter)
        except ExpressionError:  # none with a variable for the number, or a fit: nothing can be proven
            self.family = None

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened up to the last value, in order of the parameter."""
        return tuple(sorted(self._events, key=lambda e: (e.low, e.high, e.attractor)))

    def step(self, value: float, minima: Certificate | ArrayLike) -> Step:
        """Recognise the minima of the next value."""
        value = float(value)
        if self._value is not None and not value > self._value:
            raise InputError(f"values of {self.parameter} rise; {value!r} comes after {self._value!r}")
        with precision(BITS):
            cell = (*self._bounds, self._extent(value))
            new = self._places(minima, exactly(value), cell)
            self._check_distinct(value, new)
            step = self._first(value, new, cell) if self._value is None else self._next(value, new, cell)
        self._value = value
        return step

    def _check_distinct(self, value: float, new: Sequence[Place]) -> None:
        for (i, a), (j, b) in itertools.combinations(enumerate(new), 2):
            if self.family is not None and a.point and b.point and same(self.family, a.point, b.point):
                raise InputError(f"places {i} and {j} at {self.parameter} = {value!r} are one minimum; list it once")

    def _extent(self, value: float) -> tuple[float, float]:
        """The values of a stretch, which say how large the parameter is."""
        before = value - max(1.0, abs(value)) if self._value is None else self._value
        return before, value

    def _first(self, value: float, new: Sequence[Place], cell: Cell) -> Step:
        found = [Followed(self._number(), place.at, n, NEW) for n, place in enumerate(new)]
        self._known = {m.number: place for m, place in zip(found, new, strict=True)}
        self._compare(value, {}, cell)
        return Step(value, tuple(found))

    def _number(self) -> int:
        self._count += 1
        return self._count - 1

    def _next(self, value: float, new: Sequence[Place], cell: Cell) -> Step:
        assert self._value is not None
        stretch = Stretch(self.family, cell, exactly(self._value), exactly(value), self._known, dict(enumerate(new)))
        stretch.run()
        old = {place: number for number, place in stretch.links.items()}
        matched = {pair.new: pair.old for pair in stretch.pairs}
        links = dict.fromkeys(old, PROVEN) | dict.fromkeys(matched, MATCHED)
        names = {n: old[n] if n in old else matched[n] if n in matched else self._number() for n in stretch.new}
        found = [Followed(names[n], place.at, n, links.get(n, NEW)) for n, place in enumerate(new)]
        for number, point in stretch.unlisted.items():
            found.append(Followed(number, _rounded(point), -1, PROVEN))
        self._put_down(stretch, names)
        self._known = {m.number: self._place(m, stretch) for m in found}
        self._compare(value, stretch.courses | {names[n]: c for n, c in stretch.backward.items()}, cell)
        return Step(value, tuple(found))

    def _compare(self, value: float, courses: Mapping[int, Course], cell: Cell) -> None:
        """Where the lowest minimum changed."""
        if self.family is not None:
            self._events += self._lowest.after(self.family, exactly(value), self._known, courses, cell)

    def _place(self, minimum: Followed, stretch: Stretch) -> Place:
        if minimum.listed >= 0:
            return stretch.new[minimum.listed]
        return Place(minimum.place, stretch.unlisted[minimum.number])

    def _put_down(self, stretch: Stretch, names: dict[int, int]) -> None:
        """The events of a stretch; a match without a proof that goes on is one event."""
        variables = self.objective.variables
        self._events += [ending(number, change, names, variables) for number, change in stretch.ends.items()]
        self._events += [beginning(names[n], change, names, variables) for n, change in stretch.begins.items()]
        for pair in stretch.pairs:
            event = matching(pair, stretch.cell[-1], stretch.singular_at(pair.old))
            before = next((e for e in self._events if _goes_on(e, event)), None)
            if before is None:
                self._events.append(event)
            else:
                self._events[self._events.index(before)] = Event(
                    event.attractor, event.event, before.low, event.high, event.proven, event.note
                )

    def _places(self, minima: Certificate | ArrayLike, value: arb, cell: Cell) -> list[Place]:
        """The minima of a list, each proven where it can be."""
        if isinstance(minima, Certificate):
            return [
                Place(p.center, self._proven(p.center, value, cell, p.location if p.proof == UNIQUE else None))
                for p in minima.minima
            ]
        points = np.asarray(minima, dtype=np.float64)
        points = points.reshape(0, len(self._bounds)) if points.size == 0 else points
        if points.ndim != 2 or points.shape[1] != len(self._bounds):
            raise InputError(f"minima have shape (n, {len(self._bounds)}); got {points.shape}")
        return [Place(tuple(p), self._proven(p, value, cell, None)) for p in points.tolist()]

    def _proven(self, near: Sequence[float], value: arb, cell: Cell, alone: Cell | None) -> Point | None:
        """The minimum next to a point, proven; ``alone`` is a cell that is known to hold one critical point."""
        if self.family is None:
            return None
        point = locate(self.family, [*map(arb, near), value], self.family.dimensions, cell)
        if point is None or distance(_rounded(point), tuple(near), cell) > NEARBY or not is_minimum(self.family, point):
            return None
        if alone is not None and not same(self.family, (*(ball(*ends) for ends in alone), value), point):
            return None
        return point


def _rounded(point: Point) -> tuple[float, ...]:
    return tuple(float(a) for a in point[:-1])


def _goes_on(before: Event, event: Event) -> bool:
    return (before.attractor, before.event, before.note, before.high) == (
        event.attractor, event.event, event.note, event.low,
    )  # fmt: skip
