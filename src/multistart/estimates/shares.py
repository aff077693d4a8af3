"""Shares of basins with the interval that is right for the design they were sampled with."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from multistart.designs import SEQUENCES
from multistart.errors import InputError
from multistart.estimates import stencils
from multistart.estimates.intervals import (
    NONE,
    Interval,
    clipped,
    counted,
    goodman,
    normal_quantile,
    replicated,
    wilson,
)
from multistart.estimates.layout import Layout
from multistart.estimates.pairs import ShareTally
from multistart.outcomes import NO_BASIN

WILSON = "Wilson: independent starts; low_all, high_all (Goodman) hold for all rows at once"
NEIGHBOURS = "variance counted over neighbouring cells; above the true one on average, by less from two dimensions on"
WITHIN_CELLS = "unbiased variance counted within cells"
ONE_CELL = "Wilson: a single cell has no neighbour to compare with"
REPLICATES = "Student's t over independent replicates"
ONE_REPLICATE = (
    "none: one replicate of a design whose starts depend on each other does not show its own scatter; use two or more"
)
BOUNDARY = (
    "no sampling, so no sampling interval; bound of the boundary: from the cells whose neighbours all agree to these "
    "and every cell that touches the basin, one cell at least; it does not cover pieces that lie between cell centres"
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
        ``low_all, high_all``. ``attrs["method"]`` says how the interval was made or why there is none.

    Raises
    ------
    InputError
        No labels, labels below -1, or a size that the design cannot have.

    >>> estimate_shares([0, 0, 0, 1, 1, -1], "uniform")[["basin", "count", "low", "high"]].round(3)
       basin  count    low   high
    0      0      3  0.188  0.812
    1      1      2  0.097  0.700
    2     -1      1  0.030  0.564
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
    table = pd.DataFrame(
        {"basin": order, **{name: [getattr(r, name) for r in rows] for name in ("count", "share", "low", "high")}}
    )
    if tally.layout.design == "uniform":
        table[["low_all", "high_all"]] = goodman([r.count for r in rows], confidence)
    table.attrs = {"method": rows[0].method, "confidence": confidence}
    return table


def share(tally: ShareTally, group: Collection[int], confidence: float = 0.95) -> Share:
    """Give the share of a group of basins taken together, as of those that tie for the lowest value."""
    if not tally.complete:
        have = sum(s.stop - s.start for s in tally.segments)
        raise InputError(f"{have} of {tally.layout.starts} starts are tallied; merge all shards first")
    normal_quantile(confidence)
    count = tally.count(group)
    interval, method = _interval(tally, frozenset(group), count, confidence)
    return Share(count, count / tally.layout.starts, interval.low, interval.high, method)


def _interval(tally: ShareTally, group: frozenset[int], count: int, confidence: float) -> tuple[Interval, str]:
    layout, n = tally.layout, tally.layout.starts
    if layout.design == "uniform":
        return wilson(count, n, confidence), WILSON
    if layout.design == "jittered_grid":
        variance = stencils.variance(tally.numbers, layout, group)
        if variance is None:
            return wilson(count, n, confidence), ONE_CELL
        return counted(count, n, variance, confidence), WITHIN_CELLS if layout.per_cell > 1 else NEIGHBOURS
    if layout.design == "grid":
        return _boundary(tally, group, count), BOUNDARY
    if layout.design in SEQUENCES and layout.replicates > 1:
        counts = [sum(tally.numbers["count", b, r] for b in group) for r in range(layout.replicates)]
        return replicated(counts, layout.per_replicate, confidence), REPLICATES
    return NONE, FILE if layout.design == "file" else ONE_REPLICATE


def _boundary(tally: ShareTally, group: frozenset[int], count: int) -> Interval:
    """Bound a share on a grid; for several basins the sum of their bounds, which is no narrower than needed."""
    core = sum(tally.numbers["core", b, 0] for b in group)
    halo = sum(tally.numbers["halo", b, 0] for b in group)
    low, high = min(core, count - 1), max(count + halo, count + 1)
    return clipped(low / tally.layout.starts, high / tally.layout.starts)


def rate(layout: Layout) -> float:
    """The power of n with which the design's error shrinks: 1/2 for independent starts, 1/2 + 1/(2d) for jittered ones.

    For basins with smooth boundaries. nan where no rate holds for them in general (Sobol, Halton, Latin hypercube,
    which lie between; a file). A grid's error bound shrinks like 1/d.

    >>> rate(Layout.of("jittered_grid", 10_000, per_axis=100))
    0.75
    """
    if layout.design == "uniform":
        return 0.5
    if layout.design == "grid":
        return 1 / len(layout.per_axis)
    return 0.5 + 0.5 / len(layout.per_axis) if layout.design == "jittered_grid" else math.nan
