"""The minima at every value of a sweep, each with one number at all values.

Where a method's number is swept the function stays, and so do its minima: those of the study, and what descents at any
value reach besides. Where the function changes they move, and are followed with a proof
(:mod:`multistart.proofs.continuation`); over a plane by Newton's method from where they were, then by distance. Their
numbers are then those of the first value, where the lowest is 0, and go on as minima appear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import NO_BASIN
from multistart.events import Event
from multistart.files.results import MethodFiles
from multistart.minima import Minima, find_minima, label
from multistart.minima.basin import unit_box
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.descend import OrbitEnds, at_rest
from multistart.study.minima import AROUND, below, settled
from multistart.study.study import Study
from multistart.study.sweep_plan import Sweep
from multistart.study.sweep_values import Values

ORBITS = 16  # points of orbits, of a value, that minima are looked for below
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class NumberedMinima:
    """The minima at a value, the number that each has at all values, and whether it is proven, shapes ``(k,)``."""

    minima: Minima
    number: Whole
    proven: NDArray[np.bool_]

    @classmethod
    def none(cls, minima: Minima) -> NumberedMinima:
        """None of some minima."""
        return cls(minima.rows(slice(0)), np.empty(0, dtype=np.int64), np.empty(0, dtype=bool))

    @property
    def best(self) -> Whole:
        """The numbers of those that tie for the lowest value."""
        return self.number[self.minima.is_global]

    def numbers_of(self, basin: Whole) -> Whole:
        """The numbers of minima by their places, -1 for -1."""
        return np.append(self.number, NO_BASIN)[basin]


@dataclass(frozen=True)
class MinimaOfSweep:
    """The minima at every value, in order, and what happens to them where the function changes."""

    at: list[NumberedMinima]
    events: tuple[Event, ...] = ()

    @property
    def total(self) -> int:
        """One more than the largest number."""
        return 1 + max((int(each.number.max(initial=-1)) for each in self.at), default=-1)


def minima_of_values(sweep: Sweep, values: Sequence[Values], files: MethodFiles) -> MinimaOfSweep:
    """The minima at every value of a sweep, from the descents of all its methods."""
    if not sweep.of_objective:
        return MinimaOfSweep([_at_rest(sweep, values, files)] * len(sweep.points))
    if len(sweep.shape) > 1:
        return MinimaOfSweep(_matched_in_turn(sweep, _moving(sweep, values)))
    return _followed(sweep, _moving(sweep, values))


def _at_rest(sweep: Sweep, values: Sequence[Values], files: MethodFiles) -> NumberedMinima:
    """The minima of the study, and those that descents at any value reach besides, in order of their values."""
    study, certificate = sweep.study, read_certificate(files.certificate)
    minima = base = Minima.from_table(storage.read_csv(files.minima), study.objective.variables)
    orbits = [np.empty((0, study.objective.dimensions))]
    for point in sweep.points:
        for of_method in values:
            ends = of_method.ends(point)
            places = at_rest(ends, study.objective.variables)
            minima = find_minima(study.compiled, places, study.domain, study.tolerances, known=minima)
            orbits.append(OrbitEnds.of(ends, study.objective.variables).end[:ORBITS])
    if len(places := np.concatenate(orbits)):
        places = below(study, places[:: -(-len(places) // AROUND)])
        minima = find_minima(study.compiled, places, study.domain, study.tolerances, known=minima)
    found = settled(study, minima, certificate) if len(minima) > len(base) else base
    return NumberedMinima(found, np.arange(len(found)), found.certified)


def _moving(sweep: Sweep, values: Sequence[Values]) -> list[tuple[Study, Minima]]:
    """The minima at each value: those that descents reach, and those of the value before, by Newton's method."""
    found: list[tuple[Study, Minima]] = []
    for i, point in enumerate(sweep.points):
        study = sweep.at(point)
        ends = [at_rest(of_method.ends(point), study.objective.variables) for of_method in values]
        ends += [found[_before(sweep, i)][1].location] if found else []
        minima = find_minima(study.compiled, np.concatenate(ends), study.domain, study.tolerances)
        found.append((study, settled(study, minima, None)))
    return found


def _before(sweep: Sweep, i: int) -> int:
    """The place of the neighbour from which minima are followed to a point: along its row, else the row before."""
    return i - 1 if sweep.has_before(i) else i - sweep.shape[-1]


def _followed(sweep: Sweep, found: Sequence[tuple[Study, Minima]]) -> MinimaOfSweep:
    """Numbers by continuation with a proof, where there can be one."""
    from multistart.proofs.continuation import follow  # with FLINT and SymPy, which other sweeps do without

    study, ((key, values),) = sweep.study, sweep.values.items()
    places = (minima.location for _, minima in found)
    following = follow(study.objective, key.rpartition(".")[2], values, places, study.arena)
    at = [
        NumberedMinima(minima, np.array(step.numbers, dtype=np.int64), np.array(step.proven, dtype=bool))
        for (_, minima), step in zip(found, following.steps, strict=True)
    ]
    return MinimaOfSweep(at, following.events)


def _matched_in_turn(sweep: Sweep, found: Sequence[tuple[Study, Minima]]) -> list[NumberedMinima]:
    """Numbers from neighbour to neighbour of a plane, where nothing is proven."""
    at: list[NumberedMinima] = []
    total = 0
    for i, (study, minima) in enumerate(found):
        known = at[_before(sweep, i)] if at else NumberedMinima.none(minima)
        at.append(matched(study, known, minima, total))
        total = max(total, int(at[-1].number.max(initial=-1)) + 1)
    return at


def matched(study: Study, known: NumberedMinima, minima: Minima, total: int) -> NumberedMinima:
    """The minima at a value with the numbers that they had at a neighbouring one; new ones from ``total`` on.

    A minimum is the one that Newton's method finds from where it was; of those that claim one, the nearest. What is
    then left on both sides is told by distance, where each is the other's nearest.
    """
    before, after = unit_box(known.minima.location, study.domain), unit_box(minima.location, study.domain)
    distance = np.linalg.norm(before[:, None] - after[None], axis=2)
    number = np.full(len(minima), NO_BASIN, dtype=np.int64)
    landed = label(study.compiled, known.minima.location, minima, study.domain, study.tolerances)
    claims = [(distance[i, j], i, int(j)) for i, j in enumerate(landed) if j >= 0]
    left = set(range(len(before)))
    for _, i, j in sorted(claims):
        if number[j] < 0:
            number[j] = known.number[i]
            left.discard(i)
    for i in sorted(left):
        open_ = np.flatnonzero(number < 0)
        if len(open_) and landed[i] < 0:
            j = open_[distance[i, open_].argmin()]
            if distance[:, j].argmin() == i:
                number[j] = known.number[i]
    new = np.flatnonzero(number < 0)
    number[new] = total + np.arange(len(new))
    return NumberedMinima(minima, number, np.zeros(len(minima), dtype=bool))
