"""All that is counted of a method's outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from multistart.counts.counter import Counter, LabelledRows
from multistart.counts.nested import NestedCounter, NestedCounts
from multistart.counts.shares import ShareCounter, ShareTally
from multistart.counts.tally import OutcomeCounter, Tally
from multistart.starts.layout import Layout

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

    def to_frame(self) -> pd.DataFrame:
        """All of it as one long table, to be stored; `from_frame` reads it."""
        shares = self.shares_frame().astype(dict.fromkeys(("i", "j", "value"), "Int64"))  # whole beside empty rows too
        return pd.concat([self.outcomes.to_frame(), shares], ignore_index=True)

    def shares_frame(self) -> pd.DataFrame:
        """All but the outcomes as a long table ``of, kind, i, j, value``: ``shares_tally.parquet``."""
        nested = self.nested.to_frame().set_axis(["i", "j", "value"], axis=1).assign(kind="count")
        frames = {"basin": self.basins.to_frame(), "ending": self.endings.to_frame(), "nested": nested}
        stacked = pd.concat([frame.assign(of=name) for name, frame in frames.items() if len(frame)], ignore_index=True)
        return stacked[["of", "kind", "i", "j", "value"]]

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, layout: Layout) -> MethodCounts:
        """What `to_frame` gave."""
        shares = frame[frame["of"].notna()]
        basins, endings = (ShareTally.from_frame(shares[shares["of"] == name], layout) for name in ("basin", "ending"))
        nested = shares.loc[shares["of"] == "nested", ["i", "j", "value"]].astype(np.int64)
        nested = nested.set_axis(["starts", "basin", "count"], axis=1)
        return cls(Tally.from_frame(frame), basins, endings, NestedCounts.from_frame(nested))


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
