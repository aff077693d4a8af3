"""Cycles and bounded motions at the values of a sweep, each with one number at all values, after those of the minima.

Those around one minimum are its family: what a minimum becomes where it no longer attracts has one number, whatever
its period. Others are told by enclosure, where the motion at one value leads at the next, then by distance, one to one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.descents.descend import descend
from multistart.descents.outcomes import NO_BASIN
from multistart.minima import Minima
from multistart.minima.basin import unit_box
from multistart.study.cycles import attractors_from, label_orbits
from multistart.study.descend import OrbitEnds
from multistart.study.storage import Columns
from multistart.study.study import Study
from multistart.study.sweep_minima import NumberedMinima
from multistart.study.sweep_values import ValueRows

if TYPE_CHECKING:
    from multistart.dynamics import Attractor

Whole = NDArray[np.int64]
MOST = 8  # attractors around no minimum alone, those with the lowest numbers, that are known again when they come back


@dataclass(frozen=True)
class NumberedAttractors:
    """What attracts at a value and is no minimum, with the number that each has at all values, shape ``(m,)``."""

    attractors: list[Attractor]
    number: Whole

    def numbers_of(self, which: Whole) -> Whole:
        """The numbers of attractors by their places, -1 for -1."""
        return np.append(self.number, NO_BASIN)[which]


@dataclass(frozen=True)
class Came:
    """What descents at a value came to that is no minimum, and the place in the list of each one's, -1 where none."""

    attractors: list[Attractor]
    which: Whole


def attractors_at(study: Study, method: str, rows: ValueRows, ends: Columns, minima: Minima) -> Came:
    """The attractors at a value that are no minima, and which of the descents came to which, of these distinct ends."""
    orbits = OrbitEnds.of(ends, study.objective.variables)
    if len(orbits.end) == 0:
        return Came([], np.full(len(rows.end), NO_BASIN, dtype=np.int64))
    attractors = attractors_from(study, method, orbits, minima)
    return Came(attractors, label_orbits(study, method, rows.end, rows.ending_code, attractors, 0))


@dataclass
class Families:
    """Gives numbers to attractors, value by value in order."""

    method: str
    first: int
    _of_minimum: dict[tuple[int, int], int] = field(default_factory=dict)
    _before: NumberedAttractors = field(default_factory=lambda: NumberedAttractors([], np.empty(0, np.int64)))
    _alone: dict[int, Attractor] = field(default_factory=dict)
    _given: int = 0

    def numbered(self, study: Study, attractors: list[Attractor], minima: NumberedMinima) -> NumberedAttractors:
        """The attractors at the next value with their numbers."""
        number = np.full(len(attractors), NO_BASIN, dtype=np.int64)
        seen: dict[int, int] = {}
        for j, each in enumerate(attractors):
            if each.around >= 0:
                around = int(minima.number[each.around])
                seen[around] = seen.get(around, -1) + 1
                number[j] = self._family(around, seen[around])
        free = np.flatnonzero(number < 0)
        if len(free):
            number[free] = self._told(study, [attractors[j] for j in free], set(number.tolist()))
        self._before = NumberedAttractors(attractors, number)
        seen_alone = {int(n): each for n, each in zip(number, attractors, strict=True) if each.around < 0}
        self._alone = dict(sorted({**self._alone, **seen_alone}.items())[:MOST])
        return self._before

    def _family(self, around: int, rank: int) -> int:
        key = around, rank
        if key not in self._of_minimum:
            self._of_minimum[key] = self._next()
        return self._of_minimum[key]

    def _next(self) -> int:
        self._given += 1
        return self.first + self._given - 1

    def _told(self, study: Study, attractors: list[Attractor], taken: set[int]) -> list[int]:
        """The numbers of attractors around no minimum alone.

        What several lead to is what the first of them was; one that was gone, as chaos is in a window, may come back.
        """
        leads = [(n, self._leads(study, old, attractors)) for n, old in self._alone.items() if n not in taken]
        claims = [(0.0, n, j) for n, j in leads if j >= 0]
        before = zip(self._before.number.tolist(), self._before.attractors, strict=True)
        known = [(n, old) for n, old in before if n not in taken and old.around < 0]
        claims += [(1.0 + _apart(study, old, new), n, j) for n, old in known for j, new in enumerate(attractors)]
        number = [NO_BASIN] * len(attractors)
        for _, n, j in sorted(claims):
            if number[j] < 0 and n not in number:
                number[j] = n
        return [n if n >= 0 else self._next() for n in number]

    def _leads(self, study: Study, old: Attractor, attractors: list[Attractor]) -> int:
        """Which attractor the motion of another value leads to at this one."""
        point = old.points[-1:]
        out = descend(study.objective, study.method(self.method), point, arena=study.arena, cache=study.cache)
        rows = ValueRows(out.end, out.steps, out.steps, out.ending_code)
        return int(label_orbits(study, self.method, rows.end, rows.ending_code, attractors, 0)[0])


def _apart(study: Study, one: Attractor, other: Attractor) -> float:
    """How far the middles of two attractors are from each other, in widths of the domain; below 1."""
    middles = [unit_box(each.points.mean(axis=0)[None], study.domain) for each in (one, other)]
    return float(np.tanh(np.abs(middles[0] - middles[1]).max()))
