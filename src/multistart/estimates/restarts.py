"""What the best minimum costs: restarts, expected running time, success within a budget."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.counts.frequencies import added
from multistart.errors import InputError
from multistart.estimates.renewal import Trials, success_within
from multistart.estimates.steps import gradient_evaluations, merged

#: Failures that show what failures cost, where nothing else is known of it.
SHOWN = 30


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
    descents: pd.DataFrame,
    basins: Collection[int],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    longest: int | None = None,
) -> Estimate:
    """Expected gradient evaluations until a restarted descent reaches one of ``basins``, with an interval.

    The interval is that of Rubin's Bayesian bootstrap (1981, Ann. Statist. 9:130) over starts as if independent, with
    one start more that none has shown: for the upper end the dearest failure, for the lower end the cheapest success.
    This is Gaffke's bound for the mean of a bounded variable (Gaffke 2005, Statistics 39:1; Learned-Miller & Thomas
    2019, arXiv:1905.06208), applied to ``cost - time * hit``, whose mean is zero at the true time; where all costs are
    equal it is Clopper and Pearson's. So it has a width where all starts agree, and ends, but for the upper one, where
    no start succeeded.

    Parameters
    ----------
    longest
        The most that a descent can cost. Where it is not given, the dearest of ``SHOWN`` failures or more stands for
        it; of fewer failures nobody knows what the next one costs, and the upper end is infinite.
    """
    return time_of(_trials(descents, basins), rng, confidence=confidence, resamples=resamples, longest=longest)


def time_of(trials: Trials, rng: np.random.Generator, **options: Any) -> Estimate:
    """`running_time` from starts by what their descents cost and whether they succeeded; ``chance`` counts them."""
    (found,) = times_of(trials.cost, trials.chance, trials.hit[None], rng, **options)
    return found


def times_of(
    cost: NDArray,
    counts: NDArray[np.float64],
    hits: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    longest: int | None = None,
) -> list[Estimate]:
    """`running_time` to each of several targets, from starts by what their descents cost and which they succeeded at.

    Parameters
    ----------
    cost, counts
        What a descent of each kind costs, and how many starts are of it, shape ``(k,)``.
    hits
        Whether starts of a kind reach each target, shape ``(m, k)``.
    """
    cost = cost.astype(np.float64)
    weight = rng.standard_gamma(np.append(counts, 1.0), (resamples, len(counts) + 1))
    spent, more = weight[:, :-1] @ cost, weight[:, -1]
    tail, cheapest = (1 - confidence) / 2, min(float(cost.min()), 1.0)
    found = []
    for hit in hits:
        value = _ratio(float(counts @ cost), float(counts[hit].sum()))
        dearest = float(cost.max()) if longest is None else float(max(longest, cost.max()))
        if longest is None and counts[~hit].sum() < SHOWN:
            dearest = math.inf
        reached = weight[:, :-1] @ hit
        with np.errstate(divide="ignore", invalid="ignore"):
            most, least = (spent + more * dearest) / reached, (spent + more * cheapest) / (reached + more)
        low, high = np.quantile(least, tail, method="lower"), np.quantile(most, 1 - tail, method="higher")
        found.append(Estimate(value, float(min(low, value)), float(max(high, value))))
    return found


def _trials(descents: pd.DataFrame, basins: Collection[int]) -> Trials:
    """Starts by what their descents cost and whether they succeeded; ``chance`` still counts them."""
    descents = merged(descents)
    hit = np.isin(descents["basin"].to_numpy(), list(basins)).astype(np.int64)
    hit, cost, count = added([hit, gradient_evaluations(descents).to_numpy()], [descents["count"].to_numpy()])
    return Trials(cost, count.astype(np.float64), hit == 1)


def _ratio(spent: float, hits: float) -> float:
    return spent / hits if hits else math.inf


def success_within_budget(
    descents: pd.DataFrame, basins: Collection[int], budget: int, *, points: int = 200
) -> pd.DataFrame:
    """The probability that descents repeated from fresh starts reach one of ``basins`` within so many evaluations.

    Each restart is a draw from all starts of the table, independent of the others, and costs what that start's descent
    took (`gradient_evaluations`), whether it succeeds or not. Exact for this model, see `renewal.success_within`.

    Returns
    -------
    DataFrame
        ``evaluations, success``, at most ``points`` rows, spaced evenly on a logarithmic axis; the last is the budget.
    """
    if budget < 1:
        raise InputError(f"a budget is at least one evaluation; got {budget}")
    budgets = _budgets(int(budget), points)
    return pd.DataFrame({"evaluations": budgets, "success": success_within(_trials(descents, basins), budgets)})


def _budgets(budget: int, points: int) -> NDArray[np.int64]:
    """All budgets where they are few, or some below the largest with their halves, quarters, ..., down to 1."""
    if budget <= points:
        return np.arange(1, budget + 1)
    octave = max(points // budget.bit_length(), 1)
    top = np.rint(budget * 2.0 ** (-np.arange(octave) / octave)).astype(np.int64)
    chosen = np.unique(top[:, None] >> np.arange(budget.bit_length()))
    return chosen[chosen > 0]
