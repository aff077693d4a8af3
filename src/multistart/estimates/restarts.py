"""What the best minimum costs: restarts, expected running time, success within a budget."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from multistart.errors import InputError
from multistart.estimates.steps import merged

#: Points at which the success of repeated descents is followed exactly; longer budgets are counted in coarser units.
BUDGET_POINTS = 50_000


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; infinite where no start succeeded."""

    value: float
    low: float
    high: float


def restarts(p: float, success: float) -> float:
    """The fewest independent starts of which one succeeds with probability ``success``: ``log(1-success)/log(1-p)``.

    Rounded up; 1 for ``p = 1``, infinite for ``p = 0``, nan for nan.

    >>> restarts(0.1, 0.99), restarts(0.9, 0.99)
    (44.0, 2.0)
    """
    if not 0 < success < 1:
        raise InputError(f"a success probability lies between 0 and 1; got {success}")
    if math.isnan(p) or p <= 0:
        return math.nan if math.isnan(p) else math.inf
    if p >= 1:
        return 1.0
    exact = math.log1p(-success) / math.log1p(-p)
    return float(max(math.ceil(exact * (1 - 1e-12)), 1))  # 2.0000000000000004 starts are 2


def restarts_between(p: float, low: float, high: float, success: float) -> Estimate:
    """`restarts` with the interval that follows from one of ``p``: the more probable, the fewer."""
    return Estimate(*(restarts(q, success) for q in (p, high, low)))


def success_after(p: float, starts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
    """The probability that one of so many independent starts succeeds, ``1 - (1-p)^k``."""
    k = np.asarray(starts, dtype=np.float64)
    return np.where(k > 0, 1.0, 0.0) if p >= 1 else -np.expm1(k * np.log1p(-p))


def expected_running_time(evaluations: Sequence[float], success: Sequence[bool]) -> float:
    """Evaluations spent by all runs over the number of runs that succeed; infinite if none does.

    COCO, Hansen et al., arXiv:1605.03560 ("average runtime").

    >>> round(expected_running_time([10, 20, 30, 100, 100], [True, True, True, False, False]), 4)
    86.6667
    """
    hits = int(np.count_nonzero(success))
    return float(np.sum(evaluations)) / hits if hits else math.inf


def running_time(
    tally: pd.DataFrame,
    basins: Collection[int],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    last_evaluation: int = 1,
) -> Estimate:
    """Expected gradient evaluations until a restarted descent reaches one of ``basins``, with a bootstrap interval.

    A descent of ``s`` steps costs ``s + last_evaluation`` gradients: one a step, and one that stopped it. Starts are
    resampled with replacement (Efron & Tibshirani 1993, ch. 13, percentile interval), as if independent: for
    stratified and low-discrepancy designs the interval is wider than needed. Resamples without success count as
    infinite.
    """
    tally = merged(tally)
    tally = tally.assign(hit=tally["basin"].isin(list(basins))).groupby(["hit", "steps"], as_index=False)["count"].sum()
    counts, hit = tally["count"].to_numpy(), tally["hit"].to_numpy()
    cost = tally["steps"].to_numpy(dtype=np.float64) + last_evaluation
    value = _ratio(float(counts @ cost), int(counts[hit].sum()))
    drawn = [_resampled(rng, counts, cost, hit) for _ in range(resamples)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return Estimate(value, float(low), float(high))


def _resampled(
    rng: np.random.Generator, counts: NDArray[np.int64], cost: NDArray[np.float64], hit: NDArray[np.bool_]
) -> float:
    drawn = rng.multinomial(counts.sum(), counts / counts.sum())
    return _ratio(float(drawn @ cost), int(drawn[hit].sum()))


def _ratio(spent: float, hits: int) -> float:
    return spent / hits if hits else math.inf


def success_within_budget(
    tally: pd.DataFrame, basins: Collection[int], budget: int, *, last_evaluation: int = 1, points: int = 200
) -> pd.DataFrame:
    """The probability that descents repeated from fresh starts reach one of ``basins`` within so many evaluations.

    Solves the renewal equation ``F(b) = S(b) + sum_s f(s) F(b-s)`` with ``S`` the chance that one descent succeeds
    within ``b`` and ``f(s)`` that it fails at a cost of ``s``; costs are rounded up to ``budget / BUDGET_POINTS``.

    Returns
    -------
    DataFrame
        ``evaluations, success``, at most ``points`` rows, spaced evenly on a logarithmic axis.
    """
    if budget < 1:
        raise InputError(f"a budget is at least one evaluation; got {budget}")
    tally = merged(tally)
    unit = math.ceil(budget / BUDGET_POINTS)
    size = budget // unit + 1
    cost = -(-(tally["steps"].to_numpy() + last_evaluation) // unit)
    chance = tally["count"].to_numpy() / tally["count"].sum()
    hit = tally["basin"].isin(list(basins)).to_numpy()
    hits, fails = (np.bincount(cost[m], chance[m], minlength=size)[:size] for m in (hit, ~hit))
    if fails[0]:
        raise InputError("a descent that fails must cost at least one evaluation, or restarts are free for ever")
    success = lfilter([1.0], np.concatenate(([1.0], -fails[1:])), np.cumsum(hits))
    at = np.unique(np.rint(np.geomspace(1, size - 1, points)).astype(np.int64))
    at = at if size > points else np.arange(1, size)
    return pd.DataFrame({"evaluations": at * unit, "success": np.clip(success[at], 0.0, 1.0)})
