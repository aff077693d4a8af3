"""The rows that a value of a sweep has in each table: its counts, by the numbers that attractors have at all values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.counts.frequencies import frequencies
from multistart.counts.pairs import BY_FIRST, BY_SECOND
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import ENDINGS, NO_BASIN
from multistart.estimates.differences import difference
from multistart.estimates.shares import Share, share
from multistart.methods import Method
from multistart.study.storage import Columns
from multistart.study.study import Study
from multistart.study.sweep_attractors import NumberedAttractors
from multistart.study.sweep_counts import Counted
from multistart.study.sweep_minima import NumberedMinima

if TYPE_CHECKING:
    from multistart.dynamics import Attractor

MINIMUM = "minimum"
CLOUDS = 2**16  # points of orbits without a period over all values, of each attractor; more do not fit a picture
FEWEST = 4  # of them at a value
#: The columns of ``changes.csv`` that tell how many go, and those that are the same in all rows of a pair of values.
OF_A_CHANGE = ("share", "share_low", "share_high")
DIFFERENCE = ("difference", "low", "high", "low_all", "high_all")
STAYS = BY_FIRST + BY_SECOND + 1  # labels below are of starts that stay at an attractor
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class ValueCounts:
    """The counts of a value with numbers.

    Attributes
    ----------
    study
        That of the value.
    """

    study: Study
    method: str
    counted: Counted
    minima: NumberedMinima
    others: NumberedAttractors

    @cached_property
    def numbers(self) -> Whole:
        """The number at all values of each attractor, by its place."""
        return np.concatenate([self.minima.number, self.others.number])

    @cached_property
    def attractor(self) -> Whole:
        """The number of what each start reached, -1 for none; shape ``(n,)``."""
        reached = self.counted.reached
        return np.append(self.numbers, NO_BASIN)[np.where(reached < 0, NO_BASIN, reached)]

    @cached_property
    def best(self) -> NDArray[np.bool_]:
        """Whether each start reached a minimum that ties for the lowest value, shape ``(n,)``."""
        return np.isin(self.counted.reached, np.flatnonzero(self.minima.minima.is_global))

    def ended(self, ending: int) -> NDArray[np.bool_]:
        """Whether each start reached no attractor and ended in this way, shape ``(n,)``."""
        return self.counted.reached == -1 - ending

    def sweep_rows(self) -> Columns:
        """The rows of ``sweep.csv``: of minima and other attractors by their numbers, then of endings."""
        shares, k, others = self.counted.shares, len(self.minima.number), self.others.attractors
        place = shares["place"]
        number = np.append(self.numbers, NO_BASIN)[np.where(place < 0, NO_BASIN, place)]
        kinds = [MINIMUM] * k + [each.kind for each in others]
        periods = [1] * k + [each.period for each in others]
        order = np.lexsort((-place, np.where(number < 0, np.iinfo(np.int64).max, number)))
        columns: Columns = {
            "attractor": number,
            "kind": np.array([kinds[i] if i >= 0 else ENDINGS[-1 - i] for i in place.tolist()], dtype=object),
            "period": np.array([periods[i] if i >= 0 else 0 for i in place.tolist()], dtype=np.int64),
            "lowest": np.isin(place, np.flatnonzero(self.minima.minima.is_global)),
        }
        columns |= {name: column for name, column in shares.items() if name != "place"}
        return {name: column[order] for name, column in columns.items()}


def change_rows(before: ValueCounts, after: ValueCounts, pairs: int) -> Columns:
    """The rows of ``changes.csv`` of two neighbouring values, of so many pairs in all.

    A start that goes elsewhere has a label of its own, so its share has the interval that the share of a basin has.
    """
    came, went, count = frequencies(before.attractor, after.attractor)
    moves, labels, sides = _moves(before, after)
    confidence = after.study.config.estimates.confidence
    of_each = moves.of_each()
    found = {pair: share(of_each[label], {label}, confidence) for pair, label in labels.items()}
    ends = np.array([_ends(found.get(pair)) for pair in zip(came.tolist(), went.tolist(), strict=True)]).reshape(-1, 2)
    columns: Columns = {"attractor_from": came, "attractor_to": went, "count": count}
    columns |= dict(zip(OF_A_CHANGE, (count / after.study.count, *ends.T), strict=True))
    tally = moves.joined(sides)
    each, all_ = (difference(tally, {BY_SECOND}, {BY_FIRST}, c) for c in (confidence, 1 - (1 - confidence) / pairs))
    numbers = (each.share, each.low, each.high, all_.low, all_.high)
    return columns | {name: np.full(len(count), value) for name, value in zip(DIFFERENCE, numbers, strict=True)}


def _moves(before: ValueCounts, after: ValueCounts) -> tuple[ShareTally, dict[tuple[int, int], int], dict[int, int]]:
    """The starts by where they go, the label of each pair of attractors that any goes between, and at which of the two
    values the starts of each label reach the lowest minimum, :data:`BY_FIRST` and :data:`BY_SECOND`.
    """
    side = BY_SECOND * after.best + BY_FIRST * before.best
    moved = np.flatnonzero(before.attractor != after.attractor)
    came, went = (value.attractor[moved] - NO_BASIN for value in (before, after))
    span = int(went.max(initial=0)) + 1
    code, first, label = np.unique(came * span + went, return_index=True, return_inverse=True)
    of_all = side.copy()
    of_all[moved] = STAYS + label
    places = range(STAYS, STAYS + len(code))
    pairs = [(each // span + NO_BASIN, each % span + NO_BASIN) for each in code.tolist()]
    sides = dict(zip(places, side[moved[first]].tolist(), strict=True))
    return (
        ShareTally.of(of_all, after.study.layout),
        dict(zip(pairs, places, strict=True)),
        {each: each for each in range(STAYS)} | sides,
    )


def _ends(found: Share | None) -> tuple[float, float]:
    return (math.nan, math.nan) if found is None else (found.low, found.high)


def attractor_rows(counts: ValueCounts, values: int) -> Columns:
    """The rows of ``attractors.csv``: minima, then the points of other attractors, so many as a sweep of so many values
    has room for.
    """
    most = max(CLOUDS // values, FEWEST)
    minima, study = counts.minima.minima, counts.study
    multiplier = multipliers(study, counts.method, minima.location, minima.curvature_min, minima.curvature_max)
    with np.errstate(divide="ignore"):
        exponent = np.log(multiplier)
    stable = ~(multiplier >= 1) & ~_beyond(study.method(counts.method), minima.curvature_max)
    parts = [
        _of_points(counts.minima.number, [MINIMUM] * len(minima), 1, counts.minima.number, stable, minima.location,
                   minima.value, multiplier, exponent, np.where(np.isnan(exponent), np.nan, 0.0), counts.minima.proven,
                   study)
    ]  # fmt: skip
    for number, each in zip(counts.others.number.tolist(), counts.others.attractors, strict=True):
        parts.append(_of_attractor(number, each, study, counts.minima, most))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _of_attractor(number: int, each: Attractor, study: Study, minima: NumberedMinima, most: int) -> Columns:
    points = each.points if each.period else each.points[-most:]
    value = study.compiled.value(points)
    (around,) = minima.numbers_of(np.array([each.around]))
    ones = np.ones(len(value))
    return _of_points(
        np.full(len(value), number), [each.kind] * len(value), each.period, around, ones > 0, points, value,
        ones * each.multiplier, ones * each.exponent, ones * each.exponent_error, (ones > 0) & each.proven, study,
    )  # fmt: skip


def _of_points(
    number: Whole, kind: list[str], period: int, around: Whole, stable: np.ndarray, points: np.ndarray,
    value: np.ndarray, multiplier: np.ndarray, exponent: np.ndarray, error: np.ndarray, proven: np.ndarray,
    study: Study,
) -> Columns:  # fmt: skip
    return {
        "attractor": np.asarray(number, dtype=np.int64),
        "kind": np.array(kind, dtype=object),
        "period": np.full(len(points), period, dtype=np.int64),
        "around": np.full(len(points), around, dtype=np.int64),
        "stable": np.asarray(stable, dtype=bool),
        **{name: points[:, j] for j, name in enumerate(study.objective.variables)},
        "value": value,
        "multiplier": multiplier,
        "exponent": exponent,
        "exponent_error": error,
        "proven": np.asarray(proven, dtype=bool),
    }


def _beyond(method: Method, curvature: np.ndarray) -> np.ndarray:
    """Whether the rate is one at which minima of such largest curvatures attract no more; where that is not known, no.

    >>> method = Method("heavy_ball", learning_rate=0.0756, momentum=0.2)
    >>> _beyond(method, np.array([30.182, 40.0]))
    array([False,  True])
    """
    rate = method.constant_rate
    return np.zeros(len(curvature), dtype=bool) if rate is None else rate >= method.critical_learning_rate(curvature)


def multipliers(study: Study, method: str, place: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """How many times farther from each minimum one update of gradient descent takes a point beside it, at most; nan of
    other rules.
    """
    rate = study.method(method).constant_rate
    if study.method(method).optimizer != "gradient_descent" or rate is None:
        return np.full(len(place), np.nan)
    return np.maximum(np.abs(1 - rate * lowest), np.abs(1 - rate * highest))
