"""What is counted of the descents at one value of a sweep: all that its tables need, with no number of an attractor.

Numbers depend on the other values; here an attractor is its place in the list of the value's minima, then of its
cycles and bounded motions. So the counts of a value are kept, and a value more costs its own alone. All follows from
what each start reached and when, in one pass of counting: starts are labelled by the attractor or the ending, those
that reach the lowest minimum by the limit of steps within which they do besides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.counts.frequencies import frequencies
from multistart.counts.pairs import cost_bins
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import NO_BASIN
from multistart.estimates.growing import growing_shares
from multistart.estimates.restarts import Estimate, times_of
from multistart.estimates.shares import Share, no_interval, share
from multistart.minima import Minima
from multistart.study.basin import labels_of
from multistart.study.storage import Columns
from multistart.study.study import Study
from multistart.study.sweep_attractors import attractors_at
from multistart.study.sweep_values import ValueRows

if TYPE_CHECKING:
    from multistart.dynamics import Attractor

LIMITS = 40  # of steps that arrivals are given at
NO_ENDS = (math.nan, math.nan)
OF_SHARES = (
    "place", "count", "share", "low", "high", "steps_median", "steps_p95", "expected_running_time",
    "expected_running_time_low", "expected_running_time_high",
)  # fmt: skip
OF_ARRIVALS = ("steps", "share", "low", "high", "expected_running_time")
#: Of an attractor that is no minimum, what its points have in common.
OF_ATTRACTOR = ("kind", "period", "around", "multiplier", "exponent", "exponent_error", "proven")
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """The counts of a value.

    Attributes
    ----------
    attractors
        Those that are no minima.
    reached
        The place of the attractor that each start reached, else ``-1 -`` its ending, shape ``(n,)``.
    shares
        A row an attractor, by its place, and a row an ending of starts that reached none, with its number as above.
    arrivals
        How many have reached the lowest minimum within so many steps.
    """

    attractors: list[Attractor]
    reached: Whole
    shares: Columns
    arrivals: Columns

    @classmethod
    def of(cls, study: Study, method: str, rows: ValueRows, ends: Columns, minima: Minima) -> Counted:
        """Of descents at a value, labelled as the study at that value labels them."""
        basin, _ = labels_of(study, method, rows.end, rows.ending_code, minima)
        came = attractors_at(study, method, rows, ends, minima)
        place = np.where((basin < 0) & (came.which >= 0), len(minima) + came.which, basin)
        reached = np.where(place >= 0, place, -1 - rows.ending_code.astype(np.int64))
        counts = _Counts(study, method, rows, minima, len(came.attractors), reached)
        return cls(came.attractors, reached, counts.share_rows(), counts.arrival_rows())

    @classmethod
    def from_tables(cls, tables: Mapping[str, Columns]) -> Counted:
        """Of the tables that it was kept as."""
        reached = tables["reached"]["place"].astype(np.int64)
        return cls(_attractors(tables["orbits"]), reached, tables["shares"], tables["arrivals"])

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Those of its tables."""
        return ("reached", "shares", "arrivals", "orbits")

    def to_tables(self, dimensions: int) -> dict[str, Columns]:
        """The tables to keep it as."""
        orbits = _orbits(self.attractors, dimensions)
        reached = {"place": self.reached.astype(np.int32)}
        return {"reached": reached, "shares": self.shares, "arrivals": self.arrivals, "orbits": orbits}


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


@dataclass(frozen=True)
class _Counts:
    """Counting at a value that has so many attractors besides its minima."""

    study: Study
    method: str
    rows: ValueRows
    minima: Minima
    others: int
    reached: Whole

    @cached_property
    def best(self) -> NDArray[np.bool_]:
        """Whether each start reached a minimum that ties for the lowest value, shape ``(n,)``."""
        return np.isin(self.reached, np.flatnonzero(self.minima.is_global))

    @cached_property
    def limits(self) -> Whole:
        """Limits of steps, see :func:`limits_up_to`, up to the method's own."""
        return limits_up_to(self.study.method(self.method).max_steps)

    @cached_property
    def _labels(self) -> tuple[ShareTally, list[tuple[int, int]]]:
        """The starts by what they reached, and limit where it is the best; what each label is."""
        limit = np.where(self.best, np.searchsorted(self.limits, self.rows.steps), len(self.limits))
        (*found, _), label = _labelled([self.reached, limit])
        return ShareTally.of(label, self.study.layout), list(zip(*(each.tolist() for each in found), strict=True))

    def _tally(self, of: list[int]) -> ShareTally:
        """The starts by what their labels stand for."""
        return self._labels[0].joined(dict(enumerate(of)))

    @property
    def _confidence(self) -> float:
        return self.study.config.estimates.confidence

    def share_rows(self) -> Columns:
        """Rows of minima, of other attractors, and of endings."""
        listed = len(self.minima) + self.others
        tally = self._tally([_label(place, listed) for place, _ in self._labels[1]])
        unknown, rows, times = Estimate(math.nan, *NO_ENDS), [], self._times_to_minima()
        for place in range(listed):
            time = times[place] if place < len(times) else unknown
            found = share(tally, [place], self._confidence)
            rows.append((place, *_of_share(found), *self._steps(place), *vars(time).values()))
        for place in sorted({place for place, _ in self._labels[1] if place < 0}, reverse=True):
            found = share(tally, [_label(place, listed)], self._confidence)
            rows.append((place, *_of_share(found), *NO_ENDS, *vars(unknown).values()))
        return _columns(OF_SHARES, rows)

    def _steps(self, place: int) -> tuple[float, float]:
        """The steps within which a half and 95 % of the starts of an attractor were there."""
        steps = np.sort(self.rows.steps[self.reached == place])
        if len(steps) == 0:
            return NO_ENDS
        at = [max(math.ceil(level * len(steps)) - 1, 0) for level in (0.5, 0.95)]
        return float(steps[at[0]]), float(steps[at[1]])

    def _times_to_minima(self) -> list[Estimate]:
        """The expected running time to each minimum, to those that tie for the lowest as to one; the interval to the
        exactness of the bins of costs.
        """
        method, rows, k = self.study.method(self.method), self.rows, len(self.minima)
        target = np.where((self.reached >= 0) & (self.reached < k), self.reached, NO_BASIN)
        of, _, counts, spent = frequencies(target, cost_bins(rows.cost), weight=rows.cost)
        hits = of[None] == np.arange(k)[:, None]
        hits[self.minima.is_global] = np.isin(of, np.flatnonzero(self.minima.is_global))
        longest = None if rows.counted else method.max_steps + 1
        rng = np.random.default_rng(self.study.config.starts.seed)
        found = times_of(
            spent / counts, counts.astype(np.float64), hits, rng, confidence=self._confidence, longest=longest
        )
        total, known = int(rows.cost.sum()), not no_interval(self.study.layout)
        return [
            _exactly(_ratio(total, int(counts[hit].sum())), each if known else Estimate(each.value, *NO_ENDS))
            for hit, each in zip(hits, found, strict=True)
        ]

    def arrival_rows(self) -> Columns:
        """A row a limit of steps."""
        limits = self.limits.tolist()
        label = [at if at < len(limits) else NO_BASIN for _, at in self._labels[1]]
        found = list(growing_shares(self._tally(label), range(len(limits)), self._confidence))
        rows = [
            (limit, each.share, each.low, each.high, time)
            for limit, each, time in zip(limits, found, self._times(), strict=True)
        ]
        return _columns(OF_ARRIVALS, rows)

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


def _of_share(found: Share) -> tuple[int, float, float, float]:
    return found.count, found.share, found.low, found.high


def _label(place: int, listed: int) -> int:
    """A label of its own for each ending, after those of the attractors listed."""
    return place if place >= 0 else listed - 1 - place


def _orbits(attractors: list[Attractor], dimensions: int) -> Columns:
    """A row a point of each attractor; ``of`` says which."""
    sizes = [len(each.points) for each in attractors]
    points = np.concatenate([np.empty((0, dimensions)), *(each.points for each in attractors)])
    columns: Columns = {"of": np.repeat(np.arange(len(attractors)), sizes)}
    columns |= {f"x{j}": points[:, j] for j in range(dimensions)}
    kinds = {"kind": "U16", "period": "i8", "around": "i8", "proven": "?"}
    return columns | {
        name: np.repeat(np.array([getattr(each, name) for each in attractors], dtype=kinds.get(name, "f8")), sizes)
        for name in OF_ATTRACTOR
    }


def _attractors(orbits: Columns) -> list[Attractor]:
    if len(orbits["of"]) == 0:
        return []
    from multistart.dynamics import Attractor  # with SymPy and FLINT, which a sweep without cycles does without

    points = np.stack([orbits[f"x{j}"] for j in range(sum(name.startswith("x") for name in orbits))], axis=1)
    firsts = np.flatnonzero(np.diff(orbits["of"], prepend=-1))
    found = []
    for rows in (slice(a, b) for a, b in zip(firsts, [*firsts[1:], len(points)], strict=True)):
        common = {name: orbits[name][rows.start].item() for name in OF_ATTRACTOR if name != "kind"}
        found.append(Attractor(kind=str(orbits["kind"][rows.start]), points=points[rows], **common))
    return found


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


def _exactly(value: float, found: Estimate) -> Estimate:
    """The interval of a number that costs in bins are too coarse for, with the number."""
    if math.isnan(found.low):
        return Estimate(value, *NO_ENDS)
    return Estimate(value, min(found.low, value), max(found.high, value))


def _ratio(spent: int, hits: int) -> float:
    return spent / hits if hits else math.inf


def _columns(names: tuple[str, ...], rows: list[tuple]) -> Columns:
    return {name: np.array(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
