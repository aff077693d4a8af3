"""What the descents at one value of a sweep say: the rows that it has in each table.

All of it follows from what each start reached and when, in one pass of counting: starts are labelled by the attractor
or the ending, those that reach the lowest minimum by the limit of steps within which they do besides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.counts.frequencies import frequencies
from multistart.counts.pairs import BY_FIRST, BY_SECOND, cost_bins
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import ENDINGS, NO_BASIN
from multistart.estimates.differences import difference
from multistart.estimates.growing import growing_shares
from multistart.estimates.restarts import Estimate, times_of
from multistart.estimates.shares import Share, no_interval, share
from multistart.methods import Method
from multistart.study.label import labels_of
from multistart.study.storage import Columns
from multistart.study.study import Study
from multistart.study.sweep_attractors import Came, NumberedAttractors, attractors_at
from multistart.study.sweep_minima import NumberedMinima
from multistart.study.sweep_values import ValueRows

if TYPE_CHECKING:
    from multistart.dynamics import Attractor

LIMITS = 40  # of steps that arrivals are given at
MINIMUM = "minimum"
#: The columns of ``changes.csv`` that are the same in all rows of a pair of values.
DIFFERENCE = ("difference", "low", "high", "low_all", "high_all")
NO_ENDS = (math.nan, math.nan)
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Labelled:
    """The descents at a value with what they reached, not numbered.

    Attributes
    ----------
    study
        That of the value.
    basin
        The place in ``minima`` of the minimum that each reached, or -1, shape ``(n,)``.
    came
        What those reached that reached no minimum.
    """

    study: Study
    method: str
    rows: ValueRows
    minima: NumberedMinima
    basin: Whole
    came: Came

    @classmethod
    def of(cls, study: Study, method: str, rows: ValueRows, minima: NumberedMinima) -> Labelled:
        """As the study at that value labels them."""
        basin, _ = labels_of(study, method, rows.end, rows.ending_code, minima.minima)
        return cls(study, method, rows, minima, basin, attractors_at(study, method, rows, minima))


@dataclass(frozen=True)
class ValueCounts:
    """The counts of a value, and what is estimated from them.

    Attributes
    ----------
    attractor
        The number at all values of what each start reached, -1 for none; shape ``(n,)``.
    """

    study: Study
    method: str
    rows: ValueRows
    minima: NumberedMinima
    others: NumberedAttractors
    attractor: Whole

    @classmethod
    def of(cls, labelled: Labelled, others: NumberedAttractors) -> ValueCounts:
        """Of descents that have numbers, too."""
        attractor = labelled.minima.numbers_of(labelled.basin)
        attractor = np.where(attractor >= 0, attractor, others.numbers_of(labelled.came.which))
        return cls(labelled.study, labelled.method, labelled.rows, labelled.minima, others, attractor)

    @cached_property
    def best(self) -> NDArray[np.bool_]:
        """Whether each start reached a minimum that ties for the lowest value, shape ``(n,)``."""
        return np.isin(self.attractor, self.minima.best)

    @cached_property
    def limits(self) -> Whole:
        """Limits of steps, see :func:`limits_up_to`, up to the method's own."""
        return limits_up_to(self.study.method(self.method).max_steps)

    @cached_property
    def _labels(self) -> tuple[ShareTally, list[tuple[int, int, int]]]:
        """The starts by attractor, ending where there is none, and limit where it is the best; what each label is."""
        ending = np.where(self.attractor < 0, self.rows.ending_code, 0).astype(np.int64)
        limit = np.where(self.best, np.searchsorted(self.limits, self.rows.steps), len(self.limits))
        (*found, _), label = _labelled([self.attractor, ending, limit])
        return ShareTally.of(label, self.study.layout), list(zip(*(each.tolist() for each in found), strict=True))

    def _tally(self, of: list[int]) -> ShareTally:
        """The starts by what their labels stand for."""
        return self._labels[0].joined(dict(enumerate(of)))

    @property
    def _confidence(self) -> float:
        return self.study.config.estimates.confidence

    def sweep_rows(self) -> Columns:
        """The rows of ``sweep.csv``: of minima, of other attractors, and of endings."""
        kinds = dict.fromkeys(self.minima.number.tolist(), (MINIMUM, 1))
        kinds |= {
            number: (each.kind, each.period)
            for number, each in zip(self.others.number.tolist(), self.others.attractors, strict=True)
        }
        over = max(kinds, default=-1) + 1
        tally = self._tally([a if a >= 0 else over + ending for a, ending, _ in self._labels[1]])
        rows, times, best = [], self._times_to_minima(), set(self.minima.best.tolist())
        for number in sorted(kinds):
            found = share(tally, [number], self._confidence)
            time = times.get(number, Estimate(math.nan, math.nan, math.nan))
            rows.append(
                (number, *kinds[number], number in best, *_of_share(found), *self._steps(number), *vars(time).values())
            )
        for ending in sorted({e for a, e, _ in self._labels[1] if a < 0}):
            found = share(tally, [over + ending], self._confidence)
            rows.append((NO_BASIN, ENDINGS[ending], 0, False, *_of_share(found), *[math.nan] * 5))
        names = ("attractor", "kind", "period", "lowest", "count", "share", "low", "high", "steps_median", "steps_p95")
        time_names = ("expected_running_time", "expected_running_time_low", "expected_running_time_high")
        return _columns((*names, *time_names), rows)

    def _steps(self, number: int) -> tuple[float, float]:
        """The steps within which a half and 95 % of the starts of an attractor were there."""
        steps = np.sort(self.rows.steps[self.attractor == number])
        if len(steps) == 0:
            return math.nan, math.nan
        at = [max(math.ceil(level * len(steps)) - 1, 0) for level in (0.5, 0.95)]
        return float(steps[at[0]]), float(steps[at[1]])

    def _times_to_minima(self) -> dict[int, Estimate]:
        """The expected running time to each minimum, to those that tie for the lowest as to one; the interval to the
        exactness of the bins of costs.
        """
        method, rows, numbers = self.study.method(self.method), self.rows, self.minima.number
        target = np.where(np.isin(self.attractor, numbers), self.attractor, NO_BASIN)
        of, _, counts, spent = frequencies(target, cost_bins(rows.cost), weight=rows.cost)
        hits = of[None] == numbers[:, None]
        hits[self.minima.minima.is_global] = np.isin(of, self.minima.best)
        longest = None if rows.counted else method.max_steps + 1
        rng = np.random.default_rng(self.study.config.starts.seed)
        found = times_of(
            spent / counts, counts.astype(np.float64), hits, rng, confidence=self._confidence, longest=longest
        )
        total, known = int(rows.cost.sum()), not no_interval(self.study.layout)
        return {
            number: _exactly(_ratio(total, int(counts[hit].sum())), each if known else Estimate(each.value, *NO_ENDS))
            for number, hit, each in zip(numbers.tolist(), hits, found, strict=True)
        }

    def arrival_rows(self) -> Columns:
        """The rows of ``arrivals.csv``."""
        limits = self.limits.tolist()
        label = [at if at < len(limits) else NO_BASIN for _, _, at in self._labels[1]]
        found = list(growing_shares(self._tally(label), range(len(limits)), self._confidence))
        rows = [
            (limit, each.share, each.low, each.high, time)
            for limit, each, time in zip(limits, found, self._times(), strict=True)
        ]
        return _columns(("steps", "share", "low", "high", "expected_running_time"), rows)

    def _times(self) -> list[float]:
        """The expected running time to the lowest minimum under each limit; of methods that count their own
        evaluations only that without one.
        """
        rows, best = self.rows, self.best
        if rows.counted:
            return [math.nan] * (len(self.limits) - 1) + [_ratio(int(rows.cost.sum()), int(best.sum()))]
        order = np.argsort(rows.steps, kind="stable")
        steps, cost = rows.steps[order], np.append(0, rows.cost[order].cumsum())
        hits = np.append(0, best[order].cumsum())
        done = np.searchsorted(steps, self.limits, side="right")
        spent = cost[done] + (len(steps) - done) * (self.limits + 1)
        return [_ratio(a, b) for a, b in zip(spent.tolist(), hits[done].tolist(), strict=True)]


def limits_up_to(most: int) -> Whole:
    """Whole numbers from 1 to the largest, :data:`LIMITS` or as many as there are, with ratios as equal as they can be.

    >>> limits_up_to(1000)[[0, 1, 2, 9, 10, 11, -2, -1]].tolist(), len(limits_up_to(1000)), limits_up_to(3).tolist()
    ([1, 2, 3, 10, 12, 14, 860, 1000], 40, [1, 2, 3])
    """
    found, last = [1], min(LIMITS, most)
    while len(found) < last:
        before = found[-1]
        found.append(max(before + 1, round(before * (most / before) ** (1 / (last - len(found))))))
    return np.array(found, dtype=np.int64)


def change_rows(before: ValueCounts, after: ValueCounts, pairs: int) -> Columns:
    """The rows of ``changes.csv`` of two neighbouring values, of so many pairs in all."""
    came, went, count = frequencies(before.attractor, after.attractor)
    tally = ShareTally.of(BY_SECOND * after.best + BY_FIRST * before.best, after.study.layout)
    confidence = after.study.config.estimates.confidence
    each, all_ = (difference(tally, {BY_SECOND}, {BY_FIRST}, c) for c in (confidence, 1 - (1 - confidence) / pairs))
    n = len(count)
    columns: Columns = {"attractor_from": came, "attractor_to": went, "count": count}
    numbers = (each.share, each.low, each.high, all_.low, all_.high)
    return columns | {name: np.full(n, value) for name, value in zip(DIFFERENCE, numbers, strict=True)}


def attractor_rows(counts: ValueCounts) -> Columns:
    """The rows of ``attractors.csv``: minima, then the points of other attractors."""
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
        parts.append(_of_attractor(number, each, study, counts.minima))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _of_attractor(number: int, each: Attractor, study: Study, minima: NumberedMinima) -> Columns:
    value = study.compiled.value(each.points)
    (around,) = minima.numbers_of(np.array([each.around]))
    ones = np.ones(len(value))
    return _of_points(
        np.full(len(value), number), [each.kind] * len(value), each.period, around, ones > 0, each.points, value,
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


def _labelled(keys: list[np.ndarray]) -> tuple[tuple[Whole, ...], Whole]:
    """The combinations of keys that occur, with counts, and the place of each row's among them."""
    spans = [(int(key.min()), int(key.max()) - int(key.min()) + 1) for key in keys]
    code = np.zeros(len(keys[0]), dtype=np.int64)
    for key, (low, span) in zip(keys, spans, strict=True):
        code = code * span + (key - low)
    found = frequencies(*keys)
    place = np.zeros(math.prod(span for _, span in spans), dtype=np.int64)
    first = np.zeros(len(found[0]), dtype=np.int64)
    for key, (low, span) in zip(found, spans, strict=False):
        first = first * span + (key - low)
    place[first] = np.arange(len(first))
    return found, place[code]


def _of_share(found: Share) -> tuple[int, float, float, float]:
    return found.count, found.share, found.low, found.high


def _exactly(value: float, found: Estimate) -> Estimate:
    """The interval of a number that costs in bins are too coarse for, with the number."""
    if math.isnan(found.low):
        return Estimate(value, *NO_ENDS)
    return Estimate(value, min(found.low, value), max(found.high, value))


def _ratio(spent: int, hits: int) -> float:
    return spent / hits if hits else math.inf


def _columns(names: tuple[str, ...], rows: list[tuple]) -> Columns:
    found: Columns = {}
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        found[name] = np.array(values, dtype=object if isinstance(values[0], str) else None)
    return found
