"""The tables of a page that has several methods: which starts go from which basin to which."""

from __future__ import annotations

import pandas as pd

from multistart.figures.palette import MUTED, NAMED, QUIET
from multistart.study.page_numbers import whole
from multistart.study.page_tables import Cell, PageTable

MORE, NONE = len(NAMED), len(NAMED) + 1  # the classes of all minima past the named ones, and of no minimum


def changes_tables(changes: pd.DataFrame) -> list[tuple[str, PageTable]]:
    """A table for each method beside the first one, below what it is called."""
    first = changes["first"].iloc[0]
    others = changes.loc[changes["first"] == first, "second"].drop_duplicates().tolist()
    return [(f"{first}, then {second}", changes_table(changes, first, second)) for second in others]


def changes_table(changes: pd.DataFrame, first: str, second: str) -> PageTable:
    """How many starts go from which basin, by rows, to which, by columns."""
    found = changes[(changes["first"] == first) & (changes["second"] == second)]
    before, after = (_classes(found[side]) for side in ("from", "to"))
    counts = pd.crosstab(before, after, found["count"], aggfunc="sum").fillna(0)
    rows = [
        [_cell(code), *(Cell(whole(number)) for number in line), Cell(whole(sum(line)))]
        for code, line in zip(counts.index.tolist(), counts.to_numpy().tolist(), strict=True)
    ]
    headings = ((f"with {first}", ""), *((f"to {_name(code)}", "") for code in counts.columns), ("all", ""))
    total = [Cell("all starts"), *(Cell(whole(n)) for n in counts.sum().tolist()), Cell(whole(found["count"].sum()))]
    return PageTable(headings, (False, *(True for _ in counts.columns), True), rows, total=total)


def _classes(basins: pd.Series) -> pd.Series:
    """Named minima, the others as one, and last the starts at none."""
    named = basins.where(basins < len(NAMED), MORE)
    return named.where(basins >= 0, NONE)


def _name(code: int) -> str:
    return {MORE: "more minima", NONE: "no minimum"}.get(code, f"minimum {code}")


def _cell(code: int) -> Cell:
    return Cell(_name(code), {MORE: MUTED[0], NONE: QUIET[-3]}.get(code, (*NAMED, "", "")[code]))
