"""Which starts a method takes to another basin than the gradient flow does, each share with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from multistart.counts.pairs import moved
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import NO_BASIN
from multistart.estimates.shares import share

#: What stands in place of basins in the rows of the totals: all changes, and those from a minimum to another one.
ANY, MINIMUM = "any", "minimum"
COLUMNS = ("basin_flow", "basin", "count", "share", "low", "high", "note")


def distortion_rows(moves: ShareTally, *, flow_first: bool, confidence: float = 0.95) -> pd.DataFrame:
    """Return the totals, then a row for each basin of the flow and other basin of the method that any start went to.

    Parameters
    ----------
    moves
        Starts by :func:`multistart.counts.pairs.moves_of`, of the flow and the method or the other way round.
    flow_first
        Whether the flow stands first in the pair.

    Returns
    -------
    DataFrame
        ``basin_flow, basin, count, share, low, high, note``; basins as texts, beside :data:`ANY` and :data:`MINIMUM`.
    """
    labels = [label for label in moves.basins if label > 0]
    ends = [moved(label) if flow_first else moved(label)[::-1] for label in labels]
    of_minima = [label for label, pair in zip(labels, ends, strict=True) if NO_BASIN not in pair]
    groups = {(ANY, ANY): labels, (MINIMUM, MINIMUM): of_minima}
    order = sorted(range(len(labels)), key=ends.__getitem__)
    groups |= {(str(ends[i][0]), str(ends[i][1])): [labels[i]] for i in order}
    rows = [(*pair, *_numbers(moves, group, confidence)) for pair, group in groups.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"count": np.int64})


def _numbers(moves: ShareTally, group: list[int], confidence: float) -> tuple[int, float, float, float, str]:
    found = share(moves, frozenset(group), confidence)
    return found.count, found.share, found.low, found.high, found.method
