"""The labels of a study, condensed as they come to what the intervals of shares need: ``shares_tally.parquet``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.descents.outcomes import NO_BASIN
from multistart.estimates import Layout, ShareTally, nested
from multistart.estimates.stencils import border_rows
from multistart.study import storage


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


class NestedCounter:
    """Starts by basin in the smaller studies within a study."""

    def __init__(self, layout: Layout, seed: int) -> None:
        self._layout, self._seed, self._rows = layout, seed, 0
        self._counts: dict[int, Counter[int]] = {n: Counter() for n in nested.sizes(layout)}

    def add(self, labels: NDArray[np.integer]) -> None:
        """Take the labels of the next rows, shape ``(n,)``."""
        last = self._rows + len(labels)
        for n, counts in self._counts.items():
            mine = labels[nested.members(self._layout, n, self._rows, last, self._seed)]
            basins, numbers = np.unique(mine, return_counts=True)
            counts.update(dict(zip(basins.tolist(), numbers.tolist(), strict=True)))
        self._rows = last

    def to_frame(self) -> pd.DataFrame:
        """``kind, i, j, value``: "count", starts of the nested study, basin, starts in it."""
        rows = [("count", n, b, counts[b]) for n, counts in self._counts.items() for b in sorted(counts)]
        return pd.DataFrame(rows, columns=["kind", "i", "j", "value"])


class ShareCounters:
    """What a study counts for its intervals: starts by basin, those in none by ending, and the nested studies."""

    def __init__(self, layout: Layout, seed: int) -> None:
        self._counters = {"basin": ShareCounter(layout), "ending": ShareCounter(layout)}
        self._nested = NestedCounter(layout, seed)

    def add(self, basin: NDArray[np.int64], ending_code: NDArray[np.int8]) -> None:
        """Take the next rows, shapes ``(n,)``."""
        self._counters["basin"].add(basin)
        self._nested.add(basin)
        self._counters["ending"].add(np.where(basin == NO_BASIN, ending_code, -1))

    def write(self, path: Path | str) -> None:
        """Write all of it, told apart by a first column ``of``."""
        frames = [counter.tally().to_frame().assign(of=name) for name, counter in self._counters.items()]
        frames += [self._nested.to_frame().assign(of="nested")]
        stacked = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
        storage.write_frame(path, stacked[["of", "kind", "i", "j", "value"]])


def read_share_tally(path: Path | str, layout: Layout, of: str = "basin") -> ShareTally:
    """One of the tallies of ``shares_tally.parquet``: starts by ``basin``, or starts in none by ``ending``."""
    frame = storage.read_frame(path)
    return ShareTally.from_frame(frame[frame["of"] == of].drop(columns="of"), layout)


def read_nested(path: Path | str) -> pd.DataFrame:
    """The counts of the nested studies: ``starts, basin, count``."""
    frame = storage.read_frame(path)
    rows = frame[frame["of"] == "nested"].rename(columns={"i": "starts", "j": "basin", "value": "count"})
    return rows[["starts", "basin", "count"]].reset_index(drop=True)
