"""All that is counted of a method's outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from multistart.counts.counter import Counter, LabelledRows
from multistart.counts.long_table import Piece, columns_of, long_table, pieces_of
from multistart.counts.nested import NestedCounter, NestedCounts
from multistart.counts.shares import FRAME_COLUMNS, ShareCounter, ShareTally
from multistart.counts.tally import COLUMNS, TEXTS, OutcomeCounter, Tally
from multistart.starts.layout import Layout

#: The columns of the long table of all counts: those of the outcomes, and those of the shares.
NUMBERS = FRAME_COLUMNS[1:]
SHARES = ["of", *FRAME_COLUMNS]
LONG = [*COLUMNS, *SHARES]
LONG_TEXTS = TEXTS | {"of", "kind"}
AT_ONCE = 8  # counts that are held in memory and added up at a time


@dataclass(frozen=True)
class MethodCounts:
    """What became of some starts, their shares by basin and by ending, and the nested studies."""

    outcomes: Tally
    basins: ShareTally
    endings: ShareTally
    nested: NestedCounts

    @classmethod
    def sum(cls, parts: Iterable[MethodCounts]) -> MethodCounts:
        """The counts of all parts, of one at least; in any order, and exactly."""
        held: list[MethodCounts] = []
        for part in parts:
            held.append(part)
            if len(held) == AT_ONCE:
                held = [_sum(held)]
        return _sum(held)

    def __add__(self, other: MethodCounts) -> MethodCounts:
        """The counts of the rows of both."""
        return _sum([self, other])

    def pieces(self) -> list[Piece]:
        """All of it in pieces, of which `long_table` makes one table with the columns `LONG`."""
        return [*self.outcomes.pieces(), *self._shares()]

    def to_frame(self) -> pd.DataFrame:
        """All of it as one long table, to be stored; `from_frame` reads it."""
        return long_table(self.pieces(), LONG, LONG_TEXTS)

    def shares_frame(self) -> pd.DataFrame:
        """All but the outcomes as a long table ``of, kind, i, j, value``: ``shares_tally.parquet``."""
        return long_table(self._shares(), SHARES, LONG_TEXTS).astype(dict.fromkeys(NUMBERS, np.int64))

    def _shares(self) -> list[Piece]:
        nested = dict(zip(NUMBERS, self.nested.columns().values(), strict=True))
        return [
            {"of": "basin", **self.basins.piece()},
            {"of": "ending", **self.endings.piece()},
            {"of": "nested", "kind": "count", **nested},
        ]

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, layout: Layout) -> MethodCounts:
        """What `to_frame` gave."""
        rows, none = pieces_of(frame, "of"), np.empty(0, dtype=np.int64)
        basins, endings = (
            ShareTally.from_piece(columns_of(frame, rows.get(of, none), FRAME_COLUMNS), layout)
            for of in ("basin", "ending")
        )
        nested = NestedCounts.of_columns(*columns_of(frame, rows.get("nested", none), NUMBERS).values())
        return cls(Tally.from_frame(frame), basins, endings, nested)


def _sum(parts: list[MethodCounts]) -> MethodCounts:
    basins, endings, nested = (
        reduce(lambda one, other: one + other, [getattr(part, name) for part in parts])
        for name in ("basins", "endings", "nested")
    )
    return MethodCounts(Tally.sum([part.outcomes for part in parts]), basins, endings, nested)


@dataclass(frozen=True)
class MethodCounter(Counter[LabelledRows, MethodCounts]):
    """Counts all of it."""

    outcomes: OutcomeCounter
    layout: Layout
    seed: int

    def of(self, rows: LabelledRows, first: int) -> MethodCounts:
        """The counts of rows ``first, first + 1, ...``."""
        basins, endings = (ShareCounter(self.layout, by).of(rows, first) for by in ("basin", "ending"))
        nested = NestedCounter(self.layout, self.seed).of(rows, first)
        return MethodCounts(self.outcomes.of(rows, first), basins, endings, nested)
