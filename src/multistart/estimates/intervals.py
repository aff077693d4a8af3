"""Intervals of shares in closed form: score, exact, simultaneous, counted variance, t over replicates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from multistart.errors import InputError
from multistart.estimates import special


class Interval(NamedTuple):
    """Lower and upper end; nan where there is none."""

    low: float
    high: float


class Freedom(NamedTuple):
    """Degrees of freedom of an estimated variance: what it has where every cell is mixed, and where few are.

    ``excess`` is how many times too large it is where every cell is mixed.
    """

    most: float
    least: float
    excess: float = 1.0


NONE = Interval(math.nan, math.nan)
KNOWN = Freedom(math.inf, math.inf)
#: Degrees of freedom at which an exact binomial interval and one from an estimated variance share the error evenly.
EVEN = 5.0
STEPS = 60


def wilson(count: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of a binomial share (Wilson 1927; Brown, Cai & DasGupta 2001, eq. 4).

    Right on average over shares; for a few of them its coverage is lower, .84 near ``n p = 0.17`` where .95 is asked.

    >>> [round(end, 6) for end in wilson(18, 20)]
    [0.698966, 0.972134]
    """
    z = normal_quantile(confidence)
    centre = (count + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(count * (n - count) / n + z * z / 4)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == n else centre + half
    return clipped(low, high)


def clopper_pearson(count: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact interval of a binomial share: for no share is its coverage below ``confidence`` (Clopper & Pearson 1934).

    It holds for a sum of independent Bernoulli numbers of different means, too: such a sum is never more spread than
    the binomial of the same mean, at a distance of one from it and beyond (Hoeffding 1956, theorem 4).

    >>> [round(end, 6) for end in clopper_pearson(18, 20)]
    [0.683017, 0.987651]
    """
    tail = tail_of(confidence)
    return Interval(lower_end(count, n, tail), upper_end(count, n, tail))


def goodman(counts: Sequence[int], confidence: float = 0.95) -> list[Interval]:
    """Intervals that hold for all of ``k`` shares of a multinomial at once, if ``k`` was known before counting.

    Goodman 1965, Technometrics 7:247: Wilson's at ``1 - (1 - confidence) / k``, the error shared out among ``k``.
    Where rows are only the categories seen, `simultaneous` holds and this does not.

    >>> [round(end, 3) for end in goodman([56, 72, 73, 59, 62, 87, 58])[0]]
    [0.085, 0.166]
    """
    level = 1 - (1 - confidence) / len(counts)
    return [wilson(count, sum(counts), level) for count in counts]


def simultaneous(count: int, n: int, confidence: float = 0.95) -> Interval:
    """Interval of one category of a multinomial; those of all categories hold at once, however many, seen or not.

    The error is shared out among the categories in proportion to their shares, which sum to one: a share ``p`` is
    excluded where the count, or one farther off, has a probability of at most ``(1 - confidence) p / 2`` under it. By
    the union bound the probability that any true share is excluded is at most ``1 - confidence``.

    >>> [round(end, 6) for end in simultaneous(18, 20)]
    [0.664028, 0.987733]
    """
    normal_quantile(confidence)
    error = (1 - confidence) / 2
    low, high = count / n, 1.0
    for _ in range(STEPS):  # contractions, by 1/2 in the worst case
        low, high = lower_end(count, n, error * low), upper_end(count, n, error * high)
    return Interval(low if count > 1 else 0.0, high)


def lower_end(count: int, n: int, tail: float) -> float:
    """The share under which ``count`` or more of ``n`` have the probability ``tail``."""
    return float(special.betaincinv(count, n - count + 1, tail)) if count else 0.0


def upper_end(count: int, n: int, tail: float) -> float:
    """The share under which ``count`` or fewer of ``n`` have the probability ``tail``."""
    return float(special.betainccinv(count + 1, n - count, tail)) if count < n else 1.0


def counted(count: int, n: int, variance: float, confidence: float = 0.95, freedom: Freedom = KNOWN) -> Interval:
    """Interval of a share from the estimated variance of its count, widened by what a count cannot show.

    Student's t for an estimate of so many degrees of freedom. A number of rare events whose mean is ``-ln(1 -
    confidence)`` shows none at all in one study of twenty; this mean is its variance too, and is added. So nothing
    seen still gives at least the rule of three (Hanley & Lippman-Hand 1983), and no interval has width zero.

    The binomial variance bounds the stratified one from above (``sum p_i (1-p_i) <= n p (1-p)`` by Jensen), so an
    estimate beyond it by more than its own scatter is cut; and `clopper_pearson` holds whatever the variance, so the
    narrower of the two is taken. Each may fail with a part of the error, fixed beforehand by the degrees of freedom,
    and the parts add up to ``1 - confidence``; for many degrees of freedom nearly all is Student's.
    """
    binomial = count * (n - count) / max(n - 1, 1)
    return narrower(count, n, (variance, binomial), partial(clopper_pearson, count, n), confidence, freedom)


def narrower(
    count: int,
    n: int,
    variances: tuple[float, float],
    exact: Callable[[float], Interval],
    confidence: float,
    freedom: Freedom,
    least: float = 0.0,
) -> Interval:
    """Student's interval of ``count / n``, or one that is exact at any confidence where that is narrower (`counted`).

    Parameters
    ----------
    variances
        Of the count: the estimated one, and what it would be for independent starts.
    exact
        The other interval, from a confidence.
    least
        The least that ``count / n`` can be.
    """
    error, part = 1 - confidence, 1 / (1 + (freedom.most / EVEN) ** 2)
    narrow = exact(1 - error * part) if part > 0 else Interval(least, 1.0)
    estimated, independent = variances
    scatter = max((1 + 2 * math.sqrt(2 / freedom.most)) / freedom.excess, 1.0)
    t_least, t_most = (t_quantile(1 - error * (1 - part), df) for df in (freedom.least, freedom.most))
    half = math.sqrt(t_least**2 * min(estimated, independent * scatter) + t_most**2 * unseen_mean(confidence))
    wide = clipped((count - half) / n, (count + half) / n, least)
    return narrow if narrow.high - narrow.low < 2 * half / n else wide


def replicated(counts: Sequence[int], per_replicate: int, confidence: float = 0.95, least: float = 0.0) -> Interval:
    """Student's t interval over independent replicates, widened by what the count cannot show (`counted`).

    Parameters
    ----------
    counts
        Starts in the basin, one number for each of ``R >= 2`` replicates of equal size.
    least
        The least that the share can be: 0, or of a difference of shares -1.
    """
    r = len(counts)
    total = sum(counts)
    variance = r * float(np.var(counts, ddof=1))
    half = t_quantile(confidence, r - 1) * math.sqrt(variance + unseen_mean(confidence))
    return clipped((total - half) / (r * per_replicate), (total + half) / (r * per_replicate), least)


def normal_quantile(confidence: float) -> float:
    """The two-sided quantile ``z``: 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise InputError(f"a confidence lies between 0 and 1, as 0.95; got {confidence}")
    return float(special.ndtri((1 + confidence) / 2))


def t_quantile(confidence: float, freedom: float) -> float:
    """Student's two-sided quantile: 12.7 for 0.95 and one degree of freedom, `normal_quantile` for infinitely many."""
    z = normal_quantile(confidence)
    return z if math.isinf(freedom) else float(special.stdtrit(freedom, (1 + confidence) / 2))


def unseen_mean(confidence: float) -> float:
    """The largest mean of a Poisson number that is zero with probability ``1 - confidence``: 3.0 for 0.95."""
    return -math.log1p(-confidence)


def tail_of(confidence: float) -> float:
    """The error on each side: 0.025 for 0.95."""
    normal_quantile(confidence)
    return (1 - confidence) / 2


def clipped(low: float, high: float, least: float = 0.0) -> Interval:
    """The part between the least, which is 0 or of a difference -1, and 1."""
    return Interval(min(max(low, least), 1.0), min(max(high, least), 1.0))
