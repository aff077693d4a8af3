"""The rows of ``comparison.csv``: what two methods make of the same starts, each number with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from multistart.counts.pairs import (
    BASINS,
    BY_FIRST,
    BY_SECOND,
    CHANGED,
    COUNTED,
    FUNCTIONS,
    HESSIANS,
    PairCounts,
    labels_with,
    moves_of,
)
from multistart.estimates.differences import difference
from multistart.estimates.ratios import running_time_ratio
from multistart.estimates.shares import Share, no_interval, share
from multistart.estimates.table import WIDER, Row

FIRST, SECOND = labels_with(BY_FIRST), labels_with(BY_SECOND)
#: The quantities, in the order of their rows.
CHANGING, BOTH, FIRST_ONLY, SECOND_ONLY, DIFFERENCE, RATIO = QUANTITIES = (
    "share_changing_basin",
    "share_global_by_both",
    "share_global_by_first_only",
    "share_global_by_second_only",
    "difference_of_global_shares",
    "ratio_of_expected_running_times",
)
LABELS = {
    CHANGING: labels_with(CHANGED),
    BOTH: FIRST & SECOND,
    FIRST_ONLY: FIRST - SECOND,
    SECOND_ONLY: SECOND - FIRST,
}
UNIT = "share of all starts"


def comparison_rows(
    counts: PairCounts,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    longest: tuple[int | None, int | None] = (None, None),
    resamples: int = 2000,
) -> pd.DataFrame:
    """Compare two methods by the counts of all starts.

    Parameters
    ----------
    longest
        The most gradient evaluations that a descent of either method can take, see `restarts.running_time`.

    Returns
    -------
    DataFrame
        ``quantity, value, low, high, unit, note``. The difference is the second method's share less the first's, the
        ratio the second's expected running time over the first's. Where a method counts its own evaluations, those of
        the function and of the Hessian follow.
    """
    tally = counts.shares
    rows = [_share(name, share(tally, group, confidence)) for name, group in LABELS.items()]
    rows.append(_share(DIFFERENCE, difference(tally, SECOND - FIRST, FIRST - SECOND, confidence)))
    rows.append(_ratio(counts, rng, confidence, longest, resamples))
    rows += _apart(counts)
    return pd.DataFrame([vars(row) for row in rows])


def change_rows(counts: PairCounts, confidence: float = 0.95) -> pd.DataFrame:
    """The changes as shares of all starts, those of a basin that is another one with the interval of the design.

    Returns
    -------
    DataFrame
        ``from, to, count, share, low, high``. A start that changes is a start with a label of its own, so its share
        has the interval that the share of a basin has.
    """
    changes, moves = counts.changes, counts.moves
    rows = np.full((len(changes), 2), np.nan)
    labels = moves_of(changes["from"].to_numpy(), changes["to"].to_numpy())
    alone = (labels > 0) & (changes[["from", "to"]].max(axis=1) < BASINS - 2)
    for i in np.flatnonzero(alone):
        found = share(moves, {int(labels[i])}, confidence)
        rows[i] = found.low, found.high
    total = changes["count"].sum()
    return changes.assign(share=changes["count"] / total, low=rows[:, 0], high=rows[:, 1])


def _share(name: str, found: Share) -> Row:
    return Row(name, found.share, found.low, found.high, UNIT, found.method)


def _apart(counts: PairCounts) -> list[Row]:
    """What descents of methods that count their own evaluations evaluate besides gradients, on average."""
    if not any(counts.evaluated(COUNTED)):
        return []
    n, note = counts.shares.layout.starts, "of a descent, on average"
    return [
        Row(f"{what}_evaluations_of_{side}", total / n, unit="evaluations a start", note=note)
        for what, code in (("function", FUNCTIONS), ("hessian", HESSIANS))
        for side, total in zip(("first", "second"), counts.evaluated(code), strict=True)
    ]


def _ratio(
    counts: PairCounts,
    rng: np.random.Generator,
    confidence: float,
    longest: tuple[int | None, int | None],
    resamples: int,
) -> Row:
    """Its interval needs starts that show their scatter, as those of shares do."""
    layout = counts.shares.layout
    found = running_time_ratio(counts.costs, rng, confidence=confidence, longest=longest, resamples=resamples)
    unit = "second over first"
    if reason := no_interval(layout):
        return Row(RATIO, found.value, unit=unit, note=reason)
    note = "Bayesian bootstrap over pairs as if independent, and one more pair at the worst"
    return Row(RATIO, found.value, found.low, found.high, unit, note + ("" if layout.design == "uniform" else WIDER))
