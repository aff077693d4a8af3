"""The difference of two methods' shares from the same starts, with the interval that is right for design and pairs.

Only starts that one method brings to the group and the other does not tell them apart: ``plus`` by the second alone,
``minus`` by the first alone (McNemar 1947, Psychometrika 12:153). Intervals: Gaffke's (``uniform``), Student's t from
the counted variance of ``plus - minus`` (``jittered_grid``) or over replicates (``latin_hypercube``, ``sobol``,
``halton``), a bound (``grid``), none (``file``). To add one for a design, choose it in ``_interval`` as :mod:`.shares`
does, and simulate its coverage in ``tests/test_estimates_pairs.py``.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import numpy as np
import scipy  # whose parts load when they are first used
from numpy.typing import NDArray

from multistart.counts.shares import ShareTally
from multistart.errors import InputError
from multistart.estimates.intervals import (
    NONE,
    Freedom,
    Interval,
    clipped,
    clopper_pearson,
    lower_end,
    narrower,
    replicated,
    tail_of,
)
from multistart.estimates.shares import (
    BOUNDARY,
    Share,
    check_complete,
    grid_bound,
    no_interval,
    replicates_in_words,
)
from multistart.estimates.variance import OF_A_PAIR, contrast_variance, freedom
from multistart.starts.designs import SEQUENCES

GAFFKE = "Gaffke's interval for pairs of independent starts"
EXACT = "Clopper and Pearson's ends of its two sides"
COUNTED = f"Student's t from the variance of the pairs counted {{}} cells, or {EXACT} where narrower"
ONE_CELL = f"{EXACT}: a single cell has no neighbour to compare with"
NODES = 64  # of the quadrature over how many starts tell the methods apart
HALVINGS = 40  # of an interval of length 2


def difference(tally: ShareTally, plus: Collection[int], minus: Collection[int], confidence: float = 0.95) -> Share:
    """The share of the labels ``plus`` less that of the labels ``minus``; ``count`` is the difference of the counts.

    Raises
    ------
    InputError
        A label on both sides, or a tally in which rows of the design are missing.
    """
    if set(plus) & set(minus):
        raise InputError(f"no label can be on both sides of a difference; got {sorted(set(plus) & set(minus))}")
    check_complete(tally)
    count = tally.count(plus) - tally.count(minus)
    interval, method = _interval(tally, frozenset(plus), frozenset(minus), confidence)
    return Share(count, count / tally.layout.starts, interval.low, interval.high, method)


def _interval(
    tally: ShareTally, plus: frozenset[int], minus: frozenset[int], confidence: float
) -> tuple[Interval, str]:
    layout = tally.layout
    counts = tally.count(plus), tally.count(minus), layout.starts
    if layout.design == "uniform":
        return gaffke(*counts, confidence), GAFFKE
    if layout.design == "jittered_grid":
        spread = contrast_variance(tally.numbers, layout, dict.fromkeys(plus, 1) | dict.fromkeys(minus, -1))
        if spread is None:
            return both_exact(*counts, confidence), ONE_CELL
        interval = counted_difference(*counts, spread, confidence, freedom(layout, spread, OF_A_PAIR))
        return interval, COUNTED.format("within" if layout.per_cell > 1 else "over neighbouring")
    if layout.design == "grid":
        above, below = grid_bound(tally, plus), grid_bound(tally, minus)
        return Interval(above.low - below.high, above.high - below.low), BOUNDARY
    if layout.design in SEQUENCES and layout.replicates > 1:
        more = _by_replicate(tally, plus) - _by_replicate(tally, minus)
        interval = replicated(more.tolist(), layout.per_replicate, confidence, -1.0)
        return interval, replicates_in_words(layout, confidence)
    return NONE, no_interval(layout)


def _by_replicate(tally: ShareTally, group: frozenset[int]) -> NDArray[np.int64]:
    counts = [sum(tally.numbers["count", b, r] for b in group) for r in range(tally.layout.replicates)]
    return np.array(counts, dtype=np.int64)


def gaffke(plus: int, minus: int, n: int, confidence: float = 0.95) -> Interval:
    """Interval of the mean of ``n`` independent numbers of which so many are 1 and -1, the rest 0.

    The upper end is the quantile of ``x - y`` where ``x``, ``y`` and the rest follow Dirichlet's law of the counts with
    one start more, a 1; the lower end likewise with one more that is a -1 (Gaffke 2005, Statistics 39:1; Learned-Miller
    & Thomas 2019, arXiv:1905.06208). Without a -1 the upper end is Clopper and Pearson's. ASSUME: that it holds for any
    law is conjectured, not proven; for these three numbers the tests add up the chances of all counts, and no end is
    passed oftener than half the error.

    >>> [round(end, 4) for end in gaffke(30, 10, 1000)]
    [0.0069, 0.0339]
    """
    tail, rest = tail_of(confidence), n - plus - minus
    return clipped(-_quantile(1 - tail, minus + 1, plus, rest), _quantile(1 - tail, plus + 1, minus, rest), -1.0)


def _quantile(level: float, plus: int, minus: int, rest: int) -> float:
    """Of ``x - y`` under Dirichlet's law with these parameters: a Beta law shares ``x + y`` out between the two."""
    if minus == 0:
        return lower_end(plus, plus + rest - 1, level) if rest else 1.0
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    apart = scipy.special.betaincinv(plus + minus, rest, (nodes + 1) / 2) if rest else np.ones(NODES)
    low, high = -1.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = scipy.special.betainc(plus, minus, np.clip((1 + middle / apart) / 2, 0, 1)) @ weights / 2
        low, high = (middle, high) if below < level else (low, middle)
    return high


def both_exact(plus: int, minus: int, n: int, confidence: float = 0.95) -> Interval:
    """From Clopper and Pearson's ends of both shares, half of the error for each.

    It holds for sums of independent numbers of different laws too, as those ends do.
    """
    more, less = (clopper_pearson(count, n, (1 + confidence) / 2) for count in (plus, minus))
    return Interval(more.low - less.high, more.high - less.low)


def counted_difference(plus: int, minus: int, n: int, variance: float, confidence: float, freedom: Freedom) -> Interval:
    """`intervals.counted` for ``plus - minus``, or `both_exact` where that is narrower.

    The mean of pairs that differ and that no start shows is their largest variance, as it is of starts of a basin.
    """
    independent = (plus + minus - (plus - minus) ** 2 / n) * n / max(n - 1, 1)
    exact = partial(both_exact, plus, minus, n)
    return narrower(plus - minus, n, (variance, independent), exact, confidence, freedom, -1.0)
