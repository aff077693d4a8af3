"""Which of two methods reaches the best value for fewer gradient evaluations: the ratio of their running times."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.counts.pairs import BY_FIRST, BY_SECOND, bin_ends, coarsened
from multistart.estimates.intervals import tail_of
from multistart.estimates.restarts import SHOWN, Estimate

CELLS = 1000  # of the costs of both methods, beyond which they are joined: a quarter of a second of resamples
Array = NDArray[np.float64]


def running_time_ratio(
    costs: pd.DataFrame,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    longest: tuple[int | None, int | None] = (None, None),
) -> Estimate:
    """Expected gradient evaluations of restarts until the best value: the second method's over the first's.

    The interval is that of `restarts.running_time` made for pairs: the Bayesian bootstrap gives each start one weight
    for both methods, and one start more is at the worst for both at once, which for the upper end is a dearest failure
    of the second and a cheapest success of the first. Where costs are equal and no start succeeds under both, it is
    Clopper and Pearson's interval of the odds, given the successes (the two binomials of Przyborowski & Wilenski 1940,
    Biometrika 31:313). ASSUME: for a ratio of means this is a good construction, not a theorem; its coverage is
    simulated in tests/test_estimates_pairs.py, few successes and dependent methods included.

    Costs in a bin are spread to its two ends, against each other where both methods have some, with their sums kept:
    no law of costs in these bins makes the ratio scatter more.

    Parameters
    ----------
    costs
        As in :class:`.pairs.PairCounts`.
    longest
        The most that a descent of either method can cost, see `restarts.running_time`.

    Returns
    -------
    Estimate
        Infinite where only the first reached the value, 0 where only the second did, nan where neither.
    """
    cells = _spread(*coarsened(costs, CELLS))
    value = _ratio(costs)
    dearest = [_dearest(cells, method, most) for method, most in zip((BY_FIRST, BY_SECOND), longest, strict=True)]
    weight = rng.standard_gamma(np.append(cells["weight"], 1.0), (resamples, len(cells) + 1))
    seen, unseen = weight[:, :-1], weight[:, -1]
    spent = [seen @ cells[name].to_numpy() for name in ("first", "second")]
    hits = [seen @ _reached(cells, method) for method in (BY_FIRST, BY_SECOND)]
    cheapest = [min(float(cells[name].min()), 1.0) for name in ("first", "second")]
    with np.errstate(divide="ignore", invalid="ignore"):
        failing = [(spent[m] + unseen * dearest[m]) / hits[m] for m in (0, 1)]
        lucky = [(spent[m] + unseen * cheapest[m]) / (hits[m] + unseen) for m in (0, 1)]
    tail = tail_of(confidence)
    low = float(np.quantile(lucky[1] / failing[0], tail, method="lower"))
    high = float(np.quantile(failing[1] / lucky[0], 1 - tail, method="higher"))
    return Estimate(value, min(low, value) if value == value else low, max(high, value) if value == value else high)


def _ratio(costs: pd.DataFrame) -> float:
    """The second method's running time over the first's, from the exact sums."""
    times = []
    for name, method in (("first_evaluations", BY_FIRST), ("second_evaluations", BY_SECOND)):
        hits = int(costs.loc[_reached(costs, method), "count"].sum())
        times.append(int(costs[name].sum()) / hits if hits else math.inf)
    if math.isinf(times[0]):
        return math.nan if math.isinf(times[1]) else 0.0
    return times[1] / times[0] if times[0] else math.nan


def _reached(cells: pd.DataFrame, method: int) -> NDArray[np.bool_]:
    """Which cells are of starts from which a method reached the best value."""
    return cells["reached"].to_numpy() & method > 0


def _dearest(cells: pd.DataFrame, method: int, longest: int | None) -> float:
    """What a failure that no start has shown may cost."""
    cost = float(cells["first" if method == BY_FIRST else "second"].max())
    if longest is not None:
        return max(float(longest), cost)
    return cost if cells.loc[~_reached(cells, method), "weight"].sum() >= SHOWN else math.inf


def _spread(costs: pd.DataFrame, bits: int) -> pd.DataFrame:
    """Starts by what they reached and by costs at the ends of bins: ``reached, first, second, weight``.

    Of a cell's starts the parts ``u`` and ``v`` are at the upper ends, so that the sums are kept, and as few as can be
    at both upper or both lower ends.
    """
    ends = [bin_ends(costs[name].to_numpy(), bits) for name in ("first_bin", "second_bin")]
    u, v = (
        _part(costs[name] / costs["count"], *end)
        for name, end in zip(("first_evaluations", "second_evaluations"), ends, strict=True)
    )
    both = np.maximum(u + v - 1, 0.0)
    corners = {(0, 0): np.maximum(1 - u - v, 0.0), (0, 1): v - both, (1, 0): u - both, (1, 1): both}
    reached, count = costs["reached"].to_numpy(), costs["count"].to_numpy()
    columns = {
        "reached": np.tile(reached, len(corners)),
        "first": np.concatenate([ends[0][i] for i, _ in corners]),
        "second": np.concatenate([ends[1][j] for _, j in corners]),
        "weight": np.concatenate([part * count for part in corners.values()]),
    }
    some = columns["weight"] > 0
    return pd.DataFrame({name: column[some] for name, column in columns.items()})


def _part(mean: pd.Series, low: Array, high: Array) -> Array:
    """The part of a cell's starts at the upper end that keeps the mean."""
    width = high - low
    return np.clip(np.where(width > 0, (mean.to_numpy() - low) / np.where(width > 0, width, 1.0), 0.0), 0.0, 1.0)
