"""The labels of a study, condensed as they come to what the intervals of shares need: ``shares_tally.parquet``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart import storage
from multistart.estimates import Layout, ShareTally
from multistart.estimates.stencils import border_rows
from multistart.outcomes import NO_BASIN


class ShareCounter:
    """Labels of consecutive rows, condensed as they come.

    Rows wait until there are enough of them for the slab of cells between two ranges to matter little; so memory
    grows with that slab, and not with the number of starts.
    """

    def __init__(self, layout: Layout) -> None:
        self._tally = ShareTally.empty(layout)
        self._enough = max(storage.ROWS, 4 * border_rows(layout))
        self._held: list[NDArray[np.int32]] = []
        self._rows = 0

    def add(self, labels: NDArray[np.integer]) -> None:
        """Take the labels of the next rows, shape ``(n,)``."""
        self._held.append(labels.astype(np.int32))
        if sum(map(len, self._held)) >= self._enough:
            self._condense()

    def tally(self) -> ShareTally:
        """The tally of all rows so far."""
        self._condense()
        return self._tally

    def _condense(self) -> None:
        if self._held:
            labels = np.concatenate(self._held)
            self._tally += ShareTally.of(labels, self._tally.layout, self._rows)
            self._rows, self._held = self._rows + len(labels), []


class ShareCounters:
    """What a study counts for its intervals: starts by basin, and those in none by ending."""

    def __init__(self, layout: Layout) -> None:
        self._counters = {"basin": ShareCounter(layout), "ending": ShareCounter(layout)}

    def add(self, basin: NDArray[np.int64], ending_code: NDArray[np.int8]) -> None:
        """Take the next rows, shapes ``(n,)``."""
        self._counters["basin"].add(basin)
        self._counters["ending"].add(np.where(basin == NO_BASIN, ending_code, -1))

    def write(self, path: Path | str) -> None:
        """Write both tallies, told apart by a first column ``of``."""
        frames = [counter.tally().to_frame().assign(of=name) for name, counter in self._counters.items()]
        storage.write_frame(path, pd.concat(frames, ignore_index=True)[["of", "kind", "i", "j", "value"]])


def read_share_tally(path: Path | str, layout: Layout, of: str = "basin") -> ShareTally:
    """One of the tallies of ``shares_tally.parquet``: starts by ``basin``, or starts in none by ``ending``."""
    frame = storage.read_frame(path)
    return ShareTally.from_frame(frame[frame["of"] == of].drop(columns="of"), layout)
