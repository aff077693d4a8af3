"""What happens to minima and what they become where a number is swept: exactly where that is known, else bracketed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import ENDINGS, NO_BASIN
from multistart.events import Event
from multistart.minima import Minima
from multistart.proofs import Certificate
from multistart.study.storage import Columns
from multistart.study.sweep_minima import MinimaOfSweep
from multistart.study.sweep_plan import Sweep
from multistart.study.sweep_tables import ValueCounts

#: Fewer starts than this of all are no sign that an attractor holds a region.
FEW = 1
LEFT_ARENA = ENDINGS.index("left_arena")
#: Events after which an attractor is not there.
LAST = {"fold", "merged", "left", "crisis"}
MOST = 16  # minima, the lowest, whose cycles are followed


@dataclass
class Lives:
    """How many starts each minimum, with what it becomes, has at every value, and where they go when it has none.

    Attributes
    ----------
    minima
        How many minima there are: the first number that is none's.
    family
        The minimum that a cycle or bounded motion is around, by its number.
    """

    minima: int
    family: dict[int, int] = field(default_factory=dict)
    counts: list[dict[int, int]] = field(default_factory=list)
    going: list[Counter[tuple[int, int]]] = field(default_factory=list)
    leaving: list[Counter[int]] = field(default_factory=list)
    _before: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def add(self, value: ValueCounts, changes: Columns | None) -> None:
        """The next value, with the rows of its changes from the one before."""
        others = value.others
        for number, each in zip(others.number.tolist(), others.attractors, strict=True):
            if each.around >= 0:
                self.family[number] = int(value.minima.number[each.around])
        numbers, count = np.unique(value.attractor, return_counts=True)
        held: Counter[int] = Counter()
        for number, n in zip(numbers.tolist(), count.tolist(), strict=True):
            held[self.of(number)] += n
        self.counts.append(dict(held))
        going: Counter[tuple[int, int]] = Counter()
        if changes is not None:
            names = ("attractor_from", "attractor_to", "count")
            for one, two, n in zip(*(changes[name].tolist() for name in names), strict=True):
                going[self.of(one), self.of(two)] += n
        self.going.append(going)
        leaves = value.ended(LEFT_ARENA)
        came_from = self._before[leaves] if changes is not None else self._before[:0]
        self.leaving.append(Counter(map(self.of, came_from.tolist())))
        self._before = value.attractor

    def of(self, number: int) -> int:
        """The minimum whose family a number is of, else the number."""
        return self.family.get(number, number)

    def lost(self) -> list[tuple[int, int]]:
        """Each number that holds starts at a value and none at the next, with the place of the first value."""
        found = []
        for i in range(len(self.counts) - 1):
            if self.going[i + 1]:
                here, there = self.counts[i], self.counts[i + 1]
                found += [(number, i) for number in sorted(here) if number != NO_BASIN and number not in there]
        return found

    def heir(self, number: int, i: int) -> int:
        """What most starts of a number go to after a value."""
        going = {to: n for (of, to), n in self.going[i + 1].items() if of == number}
        return max(sorted(going), key=going.__getitem__, default=NO_BASIN)


def events_of(sweep: Sweep, lives: Lives, known: Sequence[Event]) -> list[Event]:
    """All events of a sweep of one number, in order of where they are, those known and those seen; none of a plane."""
    if len(sweep.shape) > 1 or len(sweep.points) < 2:
        return []
    found = [*known, *_lost(sweep, lives, list(known))]
    return sorted(found, key=lambda event: (event.low, event.high, event.attractor))


@dataclass(frozen=True)
class Known:
    """What is known of a sweep without its counts.

    Attributes
    ----------
    events
        What happens to minima and what they become; none of a plane.
    branches
        The rows of ``attractors.csv`` of what does not attract, at rates of its own, or of what minima of a function
        that changes meet in folds.
    """

    events: list[Event] = field(default_factory=list)
    branches: Columns = field(default_factory=dict)


def known_of(sweep: Sweep, method: str, minima: MinimaOfSweep, certificate: Certificate | None) -> Known:
    """What happens over the learning rate of a rule that is a map, or to the minima of a function that changes."""
    if len(sweep.shape) > 1 or len(sweep.points) < 2:
        return Known()
    if not over_a_rate(sweep, method):
        if not any(event.event in ("fold", "born") for event in minima.events):
            return Known(list(minima.events))
        from multistart.study.sweep_partners import partner_rows  # with SymPy and FLINT

        return Known(list(minima.events), partner_rows(sweep, minima))
    from multistart.dynamics.over_rates import over_rates  # with SymPy and FLINT, which other sweeps do without

    study, (low,), (high,) = sweep.study, sweep.points[0], sweep.points[-1]
    lowest = first_of(minima.at[0].minima, MOST)
    events, branches = over_rates(
        study.compiled, study.method(method), lowest, certificate, study.arena, low, high, study.cache
    )
    return Known(events, _unstable(branches, low, high))


def _unstable(branches: Columns, low: float, high: float) -> Columns:
    """The rows of branches between two rates that do not attract, as ``attractors.csv`` has them."""
    rate = branches["learning_rate"]
    rows = ~branches["stable"] & (rate >= low) & (rate <= high)
    first, *rest = (name for name in branches if name not in ("branch", "attractor", "kind", "period"))
    found = {name: branches[name] for name in (first, "attractor", "kind", "period")} | {
        "around": branches["attractor"], **{name: branches[name] for name in rest}
    }  # fmt: skip
    return {name: column[rows] for name, column in found.items()} if rows.any() else {}


def over_a_rate(sweep: Sweep, method: str) -> bool:
    """Whether it is the learning rate of a rule whose updates are one map that is swept, and nothing else."""
    made = sweep.study.method(method)
    rate = list(sweep.values) == [f"methods.{method}.learning_rate"]
    return rate and made.is_map and made.constant_rate is not None


def first_of(minima: Minima, most: int) -> Minima:
    """The lowest of the minima."""
    return minima.rows(slice(most))


def _lost(sweep: Sweep, lives: Lives, known: list[Event]) -> list[Event]:
    """Attractors that hold starts at a value and none at the next, where no event says so yet.

    Starts that are at no attractor there, and in the arena, tell nothing: descents may be slow.
    """
    values = [point[0] for point in sweep.points]
    lost = [(number, i, lives.heir(number, i)) for number, i in lives.lost() if lives.counts[i][number] > FEW]
    found = []
    for number, i, heir in lost:
        (low, high), count = values[i : i + 2], lives.counts[i][number]
        within = [event for event in known if event.low <= high and event.high >= low]
        if any(event.attractor == number and event.event in LAST for event in within):
            continue
        if heir == NO_BASIN:
            if 2 * (leaving := lives.leaving[i + 1][number]) > count:
                found.append(Event(number, "left", low, high, False, f"loses its starts: {leaving} leave the arena"))
            continue
        new = heir >= lives.minima
        if new and any(event.event == "merged" for event in within):
            continue  # said of the other
        together = [other for other, j, to in lost if (j, to) == (i, heir)]
        event = "merged" if len(together) > 1 and new else "crisis"
        found.append(Event(number, event, low, high, False, f"loses its starts: {count} go {spelled(lives, heir)}"))
    return found


def spelled(lives: Lives, number: int) -> str:
    """Where starts go, as in "over to the attractor of minimum 1"."""
    if number == NO_BASIN:
        return "to no attractor"
    return f"over to {'the attractor of minimum' if number < lives.minima else 'attractor'} {number}"


def event_columns(events: Sequence[Event]) -> Columns:
    """The rows of ``events.csv``."""
    return {
        "attractor": np.array([event.attractor for event in events], dtype=np.int64),
        "event": np.array([event.event for event in events], dtype=object),
        "low": np.array([event.low for event in events], dtype=np.float64),
        "high": np.array([event.high for event in events], dtype=np.float64),
        "proven": np.array([event.proven for event in events], dtype=bool),
        "note": np.array([event.note for event in events], dtype=object),
    }


def events_from(columns: Columns) -> list[Event]:
    """The events of such rows."""
    names = ("attractor", "event", "low", "high", "proven", "note")
    return [Event(*row) for row in zip(*(columns[name].tolist() for name in names), strict=True)]
