"""The minima at every value of a sweep, each with one number at all values.

Where a method's number is swept the function stays, and so do its minima: those of the study, and what descents at any
value reach besides. Where the function changes they move: from one value to the next each is followed by Newton's
method from where it was, what is left by distance, one to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import NO_BASIN
from multistart.files.results import MethodFiles
from multistart.minima import Minima, find_minima, label
from multistart.minima.basin import unit_box
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.descend import DistinctEnds
from multistart.study.minima import settled
from multistart.study.study import Study
from multistart.study.sweep_plan import Point, Sweep
from multistart.study.sweep_values import Values

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class NumberedMinima:
    """The minima at a value, and the number that each has at all values, shape ``(k,)``.

    ``uncertain`` are the numbers of those that were told by distance alone.
    """

    minima: Minima
    number: Whole
    uncertain: tuple[int, ...] = ()

    @property
    def best(self) -> Whole:
        """The numbers of those that tie for the lowest value."""
        return self.number[self.minima.is_global]

    def numbers_of(self, basin: Whole) -> Whole:
        """The numbers of minima by their places, -1 for -1."""
        return np.append(self.number, NO_BASIN)[basin]


def minima_of_values(sweep: Sweep, values: Sequence[Values], files: MethodFiles) -> list[NumberedMinima]:
    """The minima at every value of a sweep, in order, from the descents of all its methods."""
    variables = sweep.study.objective.variables
    base = Minima.from_table(storage.read_csv(files.minima), variables)
    if sweep.of_objective:
        return _moving(sweep, values, base)
    found = _at_rest(sweep, values, base, files)
    return [found] * len(sweep.points)


def _at_rest(sweep: Sweep, values: Sequence[Values], base: Minima, files: MethodFiles) -> NumberedMinima:
    """The minima of the study, and those that descents at any value reach besides."""
    study, certificate = sweep.study, read_certificate(files.certificate)
    minima = base
    for point in sweep.points:
        for of_method in values:
            ends = _distinct(of_method, study, point)
            minima = find_minima(study.compiled, ends, study.domain, study.tolerances, known=minima)
    if len(minima) > len(base):
        base = settled(study, minima, certificate)
    return NumberedMinima(base, np.arange(len(base)))


def _moving(sweep: Sweep, values: Sequence[Values], base: Minima) -> list[NumberedMinima]:
    """The minima at each value, numbered from the study's own outward."""
    found: dict[int, NumberedMinima] = {}
    own, total = NumberedMinima(base, np.arange(len(base))), len(base)
    for before, i in _outward(sweep):
        study = sweep.at(sweep.points[i])
        known = own if before is None else found[before]
        ends = [_distinct(of_method, study, sweep.points[i]) for of_method in values]
        minima = find_minima(
            study.compiled, np.concatenate([*ends, known.minima.location]), study.domain, study.tolerances
        )
        found[i] = matched(study, known, settled(study, minima, None), total)
        total = max(total, int(found[i].number.max(initial=-1)) + 1)
    return [found[i] for i in range(len(sweep.points))]


def _distinct(values: Values, study: Study, point: Point) -> NDArray[np.float64]:
    """Where descents at a value came to rest."""
    ends = DistinctEnds(study, values.certificate)
    for _ in ends.passing([values.read(point)]):  # type: ignore[list-item]
        pass
    columns = ends.columns()
    return np.stack([columns[name] for name in study.objective.variables], axis=1)


def _outward(sweep: Sweep) -> Iterator[tuple[int | None, int]]:
    """The places of all points, each with the one that it is followed from: the nearest to the study's own first."""
    if len(sweep.shape) > 1:
        for i in range(len(sweep.points)):
            yield (i - 1 if sweep.has_before(i) else i - sweep.shape[-1] if i else None), i
        return
    distance = np.abs(np.array(sweep.points)[:, 0] - np.nan_to_num(sweep.base[0]))
    first = int(distance.argmin())
    yield None, first
    yield from ((i - 1, i) for i in range(first + 1, len(sweep.points)))
    yield from ((i + 1, i) for i in range(first - 1, -1, -1))


def matched(study: Study, known: NumberedMinima, minima: Minima, total: int) -> NumberedMinima:
    """The minima at a value with the numbers that they had at a neighbouring one; new ones from ``total`` on.

    A minimum is the one that Newton's method finds from where it was; of those that claim one, the nearest. What is
    then left on both sides is told by distance, where each is the other's nearest, and said to be uncertain.
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
    uncertain = []
    for i in sorted(left):
        open_ = np.flatnonzero(number < 0)
        if len(open_) and landed[i] < 0:
            j = open_[distance[i, open_].argmin()]
            if distance[:, j].argmin() == i:
                number[j] = known.number[i]
                uncertain.append(int(known.number[i]))
    new = np.flatnonzero(number < 0)
    number[new] = total + np.arange(len(new))
    return NumberedMinima(minima, number, tuple(uncertain))
