"""Shares of basins with the interval that is right for the design they were sampled with.

Intervals: Clopper and Pearson's (``uniform``), Student's t from the variance within or between neighbouring cells
(``jittered_grid``), Student's t over replicates (``latin_hypercube``, ``sobol``, ``halton``), a bound (``grid``), none
(``file``). To add one, write how it follows from the counts of a tally in :mod:`multistart.estimates.intervals`, choose
it by its design in ``_interval``, say how it was made in the words that become the column ``note``, and simulate its
coverage in ``tests/test_estimates_coverage.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import NO_BASIN
from multistart.errors import InputError
from multistart.estimates.intervals import (
    NONE,
    Interval,
    clipped,
    clopper_pearson,
    counted,
    normal_quantile,
    replicated,
    simultaneous,
    t_quantile,
)
from multistart.estimates.variance import boundary, freedom, variance
from multistart.starts.designs import SEQUENCES
from multistart.starts.layout import Layout

EXACT = (
    "Clopper and Pearson: independent starts, coverage never below; low_all, high_all hold for all basins at once, "
    "those without a row included"
)
NEIGHBOURS = "Student's t from the variance counted over neighbouring cells, or Clopper and Pearson where narrower"
WITHIN_CELLS = "Student's t from the variance counted within cells, or Clopper and Pearson where narrower"
ONE_CELL = "Clopper and Pearson: a single cell has no neighbour to compare with"
REPLICATES = "Student's t over independent replicates"
#: Fewer replicates than this widen the interval so much that it is said.
FEW_REPLICATES = 5
WARNING = "warning:"
ONE_REPLICATE = (
    "none: one replicate of a design whose starts depend on each other does not show its own scatter; use two or more"
)
BOUNDARY = (
    "a bound, not an interval, as there is no sampling: from the cells whose neighbours all agree to these and every "
    "cell that touches the basin, one cell at least; it does not cover pieces that lie between cell centres"
)
FILE = "none: the starts of a file are no sample of the domain that is known here, so their fractions bound no volume"


@dataclass(frozen=True)
class Share:
    """A share of the domain's volume with its interval, nan where the design gives none, and how it was made."""

    count: int
    share: float
    low: float
    high: float
    method: str


def estimate_shares(
    basin: ArrayLike,
    design: str = "jittered_grid",
    per_axis: int | Sequence[int] | None = None,
    confidence: float = 0.95,
    *,
    per_cell: int = 1,
    basins: Iterable[int] = (),
) -> pd.DataFrame:
    """Give the share of every basin with an interval that holds for the design, in any dimension.

    Parameters
    ----------
    basin
        Labels in the design's row order, shape ``(n,)``, or ``(R, n)`` for ``R`` replicates. ``-1`` is "no minimum"
        and stays in every denominator.
    design
        ``uniform``, ``jittered_grid``, ``grid``, ``latin_hypercube``, ``sobol``, ``halton`` or ``file``.
    per_axis
        Cells on each axis of a grid; one number, or one for each axis.
    per_cell
        Consecutive starts in each cell of a jittered grid; two give an unbiased variance.
    basins
        Basins that get a row even if no start reached them.

    Returns
    -------
    DataFrame
        ``basin, count, share, low, high``, basins in order and ``-1`` last, always there; ``uniform`` adds
        ``low_all, high_all``, which hold for all basins at once, those that no start reached included.
        ``attrs["method"]`` says how the interval was made or why there is none.

    Raises
    ------
    InputError
        No labels, labels below -1, or a size that the design cannot have.

    >>> estimate_shares([0, 0, 0, 1, 1, -1], "uniform")[["basin", "count", "low", "high"]].round(3)
       basin  count    low   high
    0      0      3  0.118  0.882
    1      1      2  0.043  0.777
    2     -1      1  0.004  0.641
    """
    labels = np.asarray(basin)
    if labels.ndim not in (1, 2) or labels.size == 0:
        raise InputError(f"labels have shape (n,) or (R, n) with at least one start; got shape {labels.shape}")
    replicates = len(labels) if labels.ndim == 2 else 1
    layout = Layout.of(design, labels.size, per_axis=per_axis, per_cell=per_cell, replicates=replicates)
    return share_table(ShareTally.of(labels.ravel(), layout), confidence, basins=basins)


def share_table(tally: ShareTally, confidence: float = 0.95, *, basins: Iterable[int] = ()) -> pd.DataFrame:
    """Make the table of `estimate_shares` from a merged tally.

    Raises
    ------
    InputError
        A tally in which rows of the design are missing.
    """
    order = [*sorted({*tally.basins, *basins} - {NO_BASIN}), NO_BASIN]
    rows = [share(tally, [b], confidence) for b in order]
    columns: dict[str, list] = {"basin": order}
    columns |= {name: [getattr(row, name) for row in rows] for name in ("count", "share", "low", "high")}
    if tally.layout.design == "uniform":
        of_all = [simultaneous(row.count, tally.layout.starts, confidence) for row in rows]
        columns |= dict(zip(("low_all", "high_all"), map(list, zip(*of_all, strict=True)), strict=True))
    table = pd.DataFrame(columns)
    table.attrs = {"method": rows[0].method, "confidence": confidence}
    return table


def share(tally: ShareTally, group: Collection[int], confidence: float = 0.95) -> Share:
    """Give the share of a group of basins taken together, as of those that tie for the lowest value."""
    check_complete(tally)
    normal_quantile(confidence)
    count = tally.count(group)
    interval, method = _interval(tally, frozenset(group), count, confidence)
    return Share(count, count / tally.layout.starts, interval.low, interval.high, method)


def check_complete(tally: ShareTally) -> None:
    """Refuse a tally in which rows of the design are missing."""
    if not tally.complete:
        have = sum(s.stop - s.start for s in tally.segments)
        raise InputError(f"{have} of {tally.layout.starts} starts are tallied; merge all parts first")


def no_interval(layout: Layout) -> str:
    """Why a design gives no interval, empty where it does: its starts show nothing of their own scatter."""
    if layout.design == "grid":
        return "no interval: the cell centres of a grid are no sample of the domain"
    if layout.design == "file":
        return FILE
    return ONE_REPLICATE if layout.design in SEQUENCES and layout.replicates == 1 else ""


def _interval(tally: ShareTally, group: frozenset[int], count: int, confidence: float) -> tuple[Interval, str]:
    layout, n = tally.layout, tally.layout.starts
    if layout.design == "uniform":
        return clopper_pearson(count, n, confidence), EXACT
    if layout.design == "jittered_grid":
        spread = variance(tally.numbers, layout, group)
        if spread is None:
            return clopper_pearson(count, n, confidence), ONE_CELL
        interval = counted(count, n, spread, confidence, freedom(layout, spread))
        return interval, WITHIN_CELLS if layout.per_cell > 1 else NEIGHBOURS
    if layout.design == "grid":
        return grid_bound(tally, group), BOUNDARY
    if layout.design in SEQUENCES and layout.replicates > 1:
        counts = [sum(tally.numbers["count", b, r] for b in group) for r in range(layout.replicates)]
        return replicated(counts, layout.per_replicate, confidence), replicates_in_words(layout, confidence)
    return NONE, no_interval(layout)


def grid_bound(tally: ShareTally, group: frozenset[int]) -> Interval:
    """Bound a share on a grid; several basins are one, so that boundaries between them do not count."""
    core, halo = boundary(tally.numbers, group)
    count = tally.count(group)
    low, high = min(core, count - 1), max(count + halo, count + 1)
    return clipped(low / tally.layout.starts, high / tally.layout.starts)


def replicates_in_words(layout: Layout, confidence: float) -> str:
    """How the interval of replicates was made, and what to do about few of them."""
    r = layout.replicates
    if r >= FEW_REPLICATES:
        return REPLICATES
    times = t_quantile(confidence, r - 1) / normal_quantile(confidence)
    return (
        f"{REPLICATES}; {WARNING} {r} replicates show so little of their scatter that the interval is {times:.2g} "
        f"times as wide as with many: give {2 * FEW_REPLICATES} or more replicates of fewer starts"
    )
