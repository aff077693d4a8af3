"""What the finished starts of a study say of its shares while others are still under way.

Three statements for each basin, each with fewer assumptions than the one before it; ``docs/intervals.md`` derives them.
``low, high``: as if it had been fixed beforehand which starts are looked at. ``low_any, high_any``: whatever made these
finish first, and however often one looks. ``least, most``: what the share of starts of the finished study can still be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import NO_BASIN
from multistart.estimates.intervals import NONE, Interval, clipped, clopper_pearson, normal_quantile, replicated
from multistart.estimates.shares import FILE, ONE_REPLICATE, share_table
from multistart.estimates.unseen import smallest_detectable
from multistart.estimates.variance import boundary
from multistart.files.parts import PART
from multistart.starts.designs import SEQUENCES
from multistart.starts.layout import Layout

Range = tuple[int, int]
UNIFORM = "the share of the domain, and the share of all starts of this study"
JITTERED = "the share of the domain; of the places of the other starts nothing is known"
EXCHANGEABLE = "the share of all starts of this study: part of a Latin hypercube is no sample of the domain"
WHOLE_REPLICATES = "the share of the domain and of all starts of this study, from {} of {} replicates that are whole"
GRID = "what the bound of the whole grid can still be; no sampling"
NONE_YET = "none: fewer than two replicates are whole, and starts of one depend on each other"
STEPS = 80  # halvings of an interval


def so_far(tally: ShareTally, confidence: float = 0.95, *, basins: Iterable[int] = ()) -> pd.DataFrame:
    """The shares of a study of which some rows are tallied, one at least; all of them give those of the study.

    Returns
    -------
    DataFrame
        ``basin, count, share, low, high, low_any, high_any, least, most``, the basins in order and -1 last; ``share``
        is that of the rows tallied. Each interval holds for one basin at a time; nan where the design gives none.
        ``attrs["of"]`` says what ``low, high`` are intervals of, or why there are none.

    >>> half = ShareTally.of([0, 0, 1], Layout.of("uniform", 6))
    >>> so_far(half)[["basin", "count", "low", "high", "least", "most"]].round(3)
       basin  count    low   high  least   most
    0      0      2  0.094  0.992  0.333  0.833
    1      1      1  0.008  0.906  0.167  0.667
    2     -1      0  0.000  0.708  0.000  0.500
    """
    layout, order = tally.layout, [*sorted({*tally.basins, *basins} - {NO_BASIN}), NO_BASIN]
    seen = rows_of(tally)
    counts = [tally.count([basin]) for basin in order]
    if tally.complete:
        whole = share_table(tally, confidence, basins=basins)
        one = any_ = whole[["low", "high"]].to_numpy()
        of, _, _ = whole.attrs["method"].partition("; low_all")  # which are columns of that table alone
    else:
        one = np.array([_one_look(tally, *each, confidence) for each in zip(order, counts, strict=True)])
        any_ = np.array([_any_look(tally, count, confidence) for count in counts])
        of = _meaning(tally)
    count, left = np.array(counts), layout.starts - seen
    ends = {"low": one[:, 0], "high": one[:, 1], "low_any": any_[:, 0], "high_any": any_[:, 1]}
    most = {"least": count / layout.starts, "most": (count + left) / layout.starts}
    table = pd.DataFrame({"basin": order, "count": count, "share": count / seen} | ends | most)
    table.attrs = {"of": of, "confidence": confidence}
    return table


def rows_of(tally: ShareTally) -> int:
    """How many rows are tallied."""
    return sum(segment.stop - segment.start for segment in tally.segments)


def detected(tally: ShareTally, confidence: float = 0.95) -> float:
    """The smallest share that a basin can have which these rows had hit with this probability; nan where not known.

    A part of a jittered grid leaves places out, in which a basin may lie whole.
    """
    known = tally.layout.design == "uniform" or (tally.layout.design == "jittered_grid" and tally.complete)
    return smallest_detectable(rows_of(tally), confidence) if known else math.nan


def _one_look(tally: ShareTally, basin: int, count: int, confidence: float) -> Interval:
    layout, seen = tally.layout, rows_of(tally)
    if layout.design in SEQUENCES and layout.replicates > 1:
        whole = whole_replicates(tally)
        if len(whole) < 2:
            return NONE
        return replicated([tally.numbers["count", basin, r] for r in whole], layout.per_replicate, confidence)
    if layout.design == "grid":
        return _still_bound(tally, basin, count)
    if not _independent(layout):
        return NONE
    return _of_all(clopper_pearson(count, seen, confidence), seen, layout)


def _any_look(tally: ShareTally, count: int, confidence: float) -> Interval:
    layout, seen = tally.layout, rows_of(tally)
    if not _independent(layout):
        return NONE
    normal_quantile(confidence)
    ranges = [(segment.start, segment.stop) for segment in tally.segments]
    deviation = math.log(2 / (1 - confidence)) + ways(ranges, layout.starts)
    return _of_all(chernoff(count, seen, deviation), seen, layout)


def _independent(layout: Layout) -> bool:
    """Whether a count of any rows fixed beforehand spreads no more than a binomial one."""
    alone = layout.design == "latin_hypercube" and layout.replicates == 1
    return layout.design in ("uniform", "jittered_grid") or alone


def _of_all(seen: Interval, rows: int, layout: Layout) -> Interval:
    """From the mean share of some rows to that of all: of a jittered grid the others may have any."""
    if layout.design != "jittered_grid":
        return seen
    part = rows / layout.starts
    return clipped(seen.low * part, seen.high * part + 1 - part)


def _still_bound(tally: ShareTally, basin: int, count: int) -> Interval:
    """Between which numbers the bound of the whole grid will be, `shares.grid_bound`."""
    core, halo = boundary(tally.numbers, frozenset([basin]))
    rows, starts = rows_of(tally), tally.layout.starts
    judged = sum(n for (kind, _, _), n in tally.numbers.items() if kind.startswith("near"))
    own_judged = sum(n for (kind, own, _), n in tally.numbers.items() if kind.startswith("near") and own == basin)
    at_the_edge = rows - judged - (count - own_judged)  # of others, with a neighbour of which nothing is known
    low, high = min(core, count - 1), max(count + halo + at_the_edge, count + 1) + starts - rows
    return clipped(low / starts, high / starts)


def whole_replicates(tally: ShareTally) -> list[int]:
    """The replicates of which all rows are tallied."""
    size = tally.layout.per_replicate
    return [r for s in tally.segments for r in range(-(-s.start // size), s.stop // size)]


def _meaning(tally: ShareTally) -> str:
    layout = tally.layout
    if layout.design in SEQUENCES and layout.replicates > 1:
        whole = len(whole_replicates(tally))
        return WHOLE_REPLICATES.format(whole, layout.replicates) if whole > 1 else NONE_YET
    said = {"uniform": UNIFORM, "jittered_grid": JITTERED, "latin_hypercube": EXCHANGEABLE, "grid": GRID, "file": FILE}
    return said.get(layout.design, ONE_REPLICATE)


def chernoff(count: int, n: int, deviation: float) -> Interval:
    """The shares under which a count as far off, to one side, has a probability above ``exp(-deviation)``, or may have.

    For the mean share of any independent Bernoulli numbers, and for a sample without replacement: ``n`` times the
    relative entropy of the count's share and the true one is at most the deviation (Hoeffding 1963, theorem 1).

    >>> [round(end, 4) for end in chernoff(0, 100, 3.0)]
    [0.0, 0.0296]
    """
    share, most = count / n, deviation / n

    def end(outer: float) -> float:
        inner = share
        for _ in range(STEPS):
            middle = (inner + outer) / 2
            inner, outer = (middle, outer) if _entropy(share, middle) < most else (inner, middle)
        return outer

    return Interval(end(0.0) if count else 0.0, end(1.0) if count < n else 1.0)


def _entropy(a: float, b: float) -> float:
    """The relative entropy of two Bernoulli numbers."""
    if b in (0.0, 1.0):
        return 0.0 if a == b else math.inf
    first = a * math.log(a / b) if a else 0.0
    return first + ((1 - a) * math.log((1 - a) / (1 - b)) if a < 1 else 0.0)


def ways(ranges: Sequence[Range], starts: int) -> float:
    """The logarithm of how many sets of rows these might have been: over all sets, ``exp(-ways)`` sums to 1 at most.

    So an error of ``(1 - confidence) exp(-ways)`` for each set is one of at most ``1 - confidence`` for all together.

    Sets are told by the largest unit, ``PART / 2^j`` rows, that all their ranges begin and end at, the end of all rows
    apart; by how many ranges there are, ``r``; and by where these ``2 r`` ends are among the ``T + 1`` of ``T`` units.

    >>> round(math.exp(ways([(0, PART)], 2 * PART)))  # the unit: 2; one range: 1; its ends: 3
    6
    """
    inner = [end for ends in ranges for end in ends if end != starts]
    j = next(j for j in range(PART.bit_length()) if all(end % (PART >> j) == 0 for end in inner))
    units, r = -(-starts // (PART >> j)), len(ranges)
    return math.log((j + 1) * (j + 2)) + math.log((units + 1) // 2) + _log_choose(units + 1, 2 * r)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
