"""Closed-form intervals: Wilson, Goodman, counted variance, t over replicates. Shares are clipped to [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from multistart.errors import InputError


class Interval(NamedTuple):
    """Lower and upper end; nan where there is none."""

    low: float
    high: float


NONE = Interval(math.nan, math.nan)


def wilson(count: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of a binomial share (Wilson 1927; Brown, Cai & DasGupta 2001, eq. 4).

    >>> [round(end, 6) for end in wilson(18, 20)]
    [0.698966, 0.972134]
    """
    z = normal_quantile(confidence)
    centre = (count + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(count * (n - count) / n + z * z / 4)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == n else centre + half
    return clipped(low, high)


def goodman(counts: Sequence[int], confidence: float = 0.95) -> list[Interval]:
    """Intervals that hold for all shares of a multinomial at once.

    Goodman 1965, Technometrics 7:247: Wilson's at ``1 - (1 - confidence) / k``, the error shared out among ``k``.

    >>> [round(end, 3) for end in goodman([56, 72, 73, 59, 62, 87, 58])[0]]
    [0.085, 0.166]
    """
    level = 1 - (1 - confidence) / len(counts)
    return [wilson(count, sum(counts), level) for count in counts]


def counted(count: int, n: int, variance: float, confidence: float = 0.95) -> Interval:
    """Normal interval of a share from the estimated variance of its count, widened by what a count cannot show.

    A number of rare events whose mean is ``-ln(1 - confidence)`` shows none at all in one study of twenty; this
    mean is its variance too, and is added. So nothing seen still gives at least the rule of three
    (Hanley & Lippman-Hand 1983), and no interval has width zero. The binomial variance bounds the stratified one
    from above (``sum p_i (1-p_i) <= n p (1-p)`` by Jensen), so an estimate beyond it is cut to it.
    """
    binomial = count * (n - count) / max(n - 1, 1)
    half = normal_quantile(confidence) * math.sqrt(min(variance, binomial) + unseen_mean(confidence))
    return clipped((count - half) / n, (count + half) / n)


def replicated(counts: Sequence[int], per_replicate: int, confidence: float = 0.95) -> Interval:
    """Student's t interval over independent replicates, widened by what the count cannot show (`counted`).

    Parameters
    ----------
    counts
        Starts in the basin, one number for each of ``R >= 2`` replicates of equal size.
    """
    r = len(counts)
    total = sum(counts)
    variance = r * float(np.var(counts, ddof=1))
    half = float(stdtrit(r - 1, (1 + confidence) / 2)) * math.sqrt(variance + unseen_mean(confidence))
    return clipped((total - half) / (r * per_replicate), (total + half) / (r * per_replicate))


def normal_quantile(confidence: float) -> float:
    """The two-sided quantile ``z``: 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise InputError(f"a confidence lies between 0 and 1, as 0.95; got {confidence}")
    return float(ndtri((1 + confidence) / 2))


def unseen_mean(confidence: float) -> float:
    """The largest mean of a Poisson number that is zero with probability ``1 - confidence``: 3.0 for 0.95."""
    return -math.log1p(-confidence)


def clipped(low: float, high: float) -> Interval:
    """The part within [0, 1]."""
    return Interval(min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0))
