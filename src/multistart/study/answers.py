"""The numbers of ``estimates.csv`` in words: a share with its interval, what restarts cost, what may be missing."""

from __future__ import annotations

import math

import pandas as pd

from multistart.estimates.shares import BOUNDARY, WARNING
from multistart.plurals import counted

ENDS_APART = 3  # units of the last decimal that the ends of an interval are apart at least
MOST_DECIMALS = 7


def restarts_needed(estimates: pd.DataFrame) -> str:
    """What it costs to reach the global minimum by restarting, as a sentence; empty where no start reached it."""
    share, restarts = row(estimates, "probability_of_global_basin"), row(estimates, "restarts_for_99_percent")
    if not share.value > 0:
        return ""
    number = _between(restarts, "{:,.0f}", bound=_is_bound(share))
    evaluations = _between(row(estimates, "expected_running_time"), "{:,.0f}")
    text = (
        f"{counted(number, 'descent')} from uniform random starts {'reaches' if number == '1' else 'reach'} the global "
        f"minimum at least once with a probability of 99 %; the expected running time of restarts until one does is "
        f"{counted(evaluations, 'gradient evaluation')}."
    )
    if not math.isfinite(share.low):
        text += " This design gives no interval; estimates.csv says why."
    _, warned, advice = str(share.get("note", "")).partition(WARNING)
    return f"{text} The interval of that probability is wide:{advice}." if warned else text


def minima_missed(estimates: pd.DataFrame) -> str:
    """What the starts may not have shown, as a sentence; empty for designs that cannot tell."""
    found, coverage = row(estimates, "minima_found"), row(estimates, "good_turing_coverage")
    if math.isnan(coverage.value) or not found.value:
        return ""
    chao = row(estimates, "minima_chao1")
    (smallest,) = estimates[estimates["quantity"].str.startswith("smallest_basin_detected")].itertuples()
    level = smallest.quantity.removeprefix("smallest_basin_detected_at_").removesuffix("_percent")
    return (
        f"These starts reached {counted(int(found.value), 'minimum')}. The probability that "
        f"one more start would end at a minimum that none has reached is estimated as {percent(1 - coverage.value)} "
        f"(Good and Turing, for any basins), and the number of minima from below as Chao1 {chao.value:,.1f}, a lower "
        f"bound on average. A basin of {percent(smallest.value)} of the domain would have been met with a probability "
        f"of {level} %; of smaller ones there may be any number."
    )


def row(estimates: pd.DataFrame, quantity: str) -> pd.Series:
    """The row of a quantity."""
    return estimates.set_index("quantity").loc[quantity]


def percent_between(estimates: pd.DataFrame, quantity: str) -> str:
    """A share in percent with its interval, to as many decimals as the interval's width asks for.

    >>> table = pd.DataFrame([{"quantity": "p", "value": 0.25752, "low": 0.25711, "high": 0.25797}])
    >>> percent_between(table, "p")
    '25.75 % (25.71 to 25.80 %)'
    """
    share = row(estimates, quantity)
    if not math.isfinite(share.low):
        return percent(share.value)
    width = 100 * (share.high - share.low)
    decimals = min(max(2, math.ceil(math.log10(ENDS_APART / width))), MOST_DECIMALS) if width > 0 else 2
    value, low, high = (f"{100 * number:.{decimals}f}" for number in (share.value, share.low, share.high))
    if _is_bound(share):
        return f"{value} % (a bound from the cells at its boundary, not an interval: {low} to {high} %)"
    return f"{value} % ({low} to {high} %)"


def percent(share: float) -> str:
    """A share in percent with two decimals, or as much as a small one needs.

    >>> percent(0.257528), percent(0.00000123), percent(0.0)
    ('25.75 %', '0.00012 %', '0 %')
    """
    number = 100 * share
    return f"{number:.2f} %" if number >= 0.01 else f"{number:.2g} %"


def _between(number: pd.Series, spelled: str, *, bound: bool = False) -> str:
    value, low, high = (spelled.format(x) if math.isfinite(x) else "infinity" for x in _ends(number))
    if math.isnan(number.low) or low == value == high:
        return value
    return f"{value} ({'bound: ' if bound else ''}{low} to {high})"


def _is_bound(share: pd.Series) -> bool:
    """Whether the ends beside a share are a bound and no interval, as its note says."""
    return BOUNDARY in str(share.get("note", ""))


def _ends(number: pd.Series) -> tuple[float, float, float]:
    return float(number.value), float(number.low), float(number.high)
