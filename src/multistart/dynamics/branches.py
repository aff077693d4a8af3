"""Branches: what a bifurcation picture is drawn from, cycles over the rate, stable and unstable.

A minimum is a point of the picture at every rate, stable up to the rate at which it loses stability. From there its
cycle of period 2 goes on, and so on: each family of the cascade is followed over the whole interval, beyond where it is
stable too, since no descent ever shows what it left behind.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.dynamics.cascade import SUBCRITICAL, Stage, critical_rate, units
from multistart.dynamics.family import RATE, Orbit, along, at_rate, corrected
from multistart.dynamics.map import RuleMap
from multistart.dynamics.stability import FOLD
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.minima import Minima

LONGEST_UNSTABLE = 4  # period: beyond it unstable cycles crowd, and each takes long to follow
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Branch:
    """A stretch of a family of cycles that are all stable, or all unstable, at ``m`` rates along it.

    Where a stretch ends and another goes on, both have the cycle there.

    Attributes
    ----------
    around
        The minimum whose cascade it belongs to.
    stable
        Whether its cycles attract.
    rates
        Shape ``(m,)``; they rise or fall along it, or turn where it folds.
    points
        The cycles, shape ``(m, q, d)``; point i of one goes over into point i of the next.
    multipliers
        The largest modulus of each one's, shape ``(m,)``.
    proven
        Whether it is proven that they are there: of a certified minimum.
    """

    around: int
    stable: bool
    rates: Array
    points: Array
    multipliers: Array
    proven: bool = False

    @property
    def period(self) -> int:
        """Of its cycles."""
        return self.points.shape[1]


def branches(
    update: RuleMap,
    method: Method,
    stages: Sequence[Stage],
    minima: Minima,
    number: int,
    box: Box,
    interval: tuple[float, float],
) -> list[Branch]:
    """The branches of a minimum's cascade within an interval of the rate, its own first.

    Beyond where it is stable a family is followed up to period :data:`LONGEST_UNSTABLE`, and while its cycles are in
    the box. Nothing is said of a minimum of which it is not known at which rate it loses stability.
    """
    low, high = interval
    critical = critical_rate(update.objective, method, minima.location[number])
    row = update.first(minima.location[number][None])
    unit = units(box, row.shape[1], min(critical, high))
    own = [
        _branch(update, number, stable, [_minimum(update, row, rate) for rate in ends], bool(minima.certified[number]))
        for stable, *ends in ((True, low, min(high, critical)), (False, max(low, critical), high))
        if ends[0] < ends[1]
    ]
    own = [branch for branch in own if np.isfinite(branch.multipliers).all()]
    return own + [
        _branch(update, number, stable, part)
        for i in range(1, len(stages))
        for stable, stretch in _stretches(update, stages, i, box, unit, interval)
        for part in _within(update, stretch, unit, interval)
    ]


def _minimum(update: RuleMap, row: Array, rate: float) -> Orbit:
    return Orbit(rate, row, update.at(**{RATE: rate}).derivative(row)[1][0])


def _stretches(
    update: RuleMap, stages: Sequence[Stage], i: int, box: Box, unit: Array, interval: tuple[float, float]
) -> Iterator[tuple[bool, list[Orbit]]]:
    """A stage as far as its stability is known, then the same family beyond, unless the next stage is that."""
    stage = stages[i]
    yield stage.born != SUBCRITICAL, list(stage.orbits)
    goes_on = i + 1 < len(stages) and stages[i + 1].born == FOLD
    if not stage.end or goes_on or stage.period > LONGEST_UNSTABLE or len(stage.orbits) < 2:
        return
    last = stage.orbits[-1]
    beyond = _beyond(along(update, stage.orbits[-2], last, unit), box, interval)
    for stable, orbits in itertools.groupby(beyond, lambda orbit: orbit.stable):
        part = [last, *orbits]
        last = part[-1]
        yield stable, part


def _beyond(orbits: Iterator[Orbit], box: Box, interval: tuple[float, float]) -> Iterator[Orbit]:
    """The cycles in the box, and the first one whose rate is not in the interval."""
    for orbit in orbits:
        if not box.contains(orbit.rows[:, : box.dimensions]).all():
            return
        yield orbit
        if not interval[0] <= orbit.rate <= interval[1]:
            return


def _within(
    update: RuleMap, orbits: Sequence[Orbit], unit: Array, interval: tuple[float, float]
) -> Iterator[list[Orbit]]:
    """The parts of a stretch whose rates are in the interval, up to its ends."""
    low, high = interval
    part: list[Orbit] = []
    for one, two in itertools.zip_longest(orbits, orbits[1:]):
        if low <= one.rate <= high:
            part.append(one)
        if two is None:
            break
        first, last = sorted((one.rate, two.rate))
        crossed = [rate for rate in (low, high) if first < rate < last]
        for rate in crossed if one.rate < two.rate else crossed[::-1]:
            share = (rate - one.rate) / (two.rate - one.rate)
            rows = one.rows + share * (two.rows - one.rows)
            if found := corrected(update, rows, rate, at_rate(rows, rate), unit):
                part.append(found)
            if not low <= two.rate <= high and len(part) > 1:
                yield part
                part = []
    if len(part) > 1:
        yield part


def _branch(update: RuleMap, around: int, stable: bool, orbits: Sequence[Orbit], proven: bool = False) -> Branch:
    points = np.stack([orbit.rows[:, : update.dimensions] for orbit in orbits])
    rates, multipliers = (np.array([getattr(orbit, name) for orbit in orbits]) for name in ("rate", "multiplier"))
    return Branch(around, stable, rates, points, multipliers, proven)


def columns(found: Sequence[Branch], objective: Objective, swept: str = RATE) -> dict[str, NDArray[Any]]:
    """Branches as rows, one a point of a cycle at a rate, with the columns of ``attractors.csv`` and ``branch`` first.

    ``branch`` numbers the stretches; ``attractor`` is the minimum that a cycle's cascade begins at. In a stretch rates
    are in the order of its curve, and cycles in that of the updates: the i-th point of each is on one curve.
    """
    periods = [branch.period for branch in found]
    rows = [branch.period * len(branch.rates) for branch in found]
    points = np.concatenate(
        [np.empty((0, objective.dimensions)), *(b.points.reshape(-1, b.points.shape[2]) for b in found)]
    )
    multiplier = _joined([np.repeat(branch.multipliers, branch.period) for branch in found])
    period = np.repeat(np.array(periods, dtype=np.int64), rows)
    with np.errstate(divide="ignore"):
        exponent = np.log(multiplier) / period
    return {
        "branch": np.repeat(np.arange(len(found)), rows),
        swept: _joined([np.repeat(branch.rates, branch.period) for branch in found]),
        "attractor": np.repeat(np.array([branch.around for branch in found], dtype=np.int64), rows),
        "kind": np.where(period == 1, "minimum", "cycle").astype(object),
        "period": period,
        "stable": np.repeat(np.array([branch.stable for branch in found], dtype=bool), rows),
        **dict(zip(objective.variables, points.T, strict=True)),
        "value": objective.value(points),
        "multiplier": multiplier,
        "exponent": exponent,
        "exponent_error": np.zeros(len(points)),
        "proven": np.repeat(np.array([branch.proven for branch in found], dtype=bool), rows),
    }


def _joined(parts: Sequence[Array]) -> Array:
    return np.concatenate([np.empty(0), *parts])
