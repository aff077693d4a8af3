"""Tables of counts one below the other in one long table, and apart again; in one step, where pandas takes dozens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: A table, by its columns: texts and whole numbers of shape ``(n,)``, at least one, and texts that all rows have.
Piece = dict[str, Any]


def long_table(pieces: Sequence[Piece], columns: Sequence[str], texts: Collection[str]) -> pd.DataFrame:
    """Tables one below the other; what a table has no column for is missing in its rows.

    Returns
    -------
    DataFrame
        These columns, ``str`` those of ``texts``, the others ``Int64``.

    >>> long_table([{"of": "a", "n": np.array([1, 2])}, {"of": "b", "m": np.array([3])}], ["of", "n", "m"], {"of"})
      of     n     m
    0  a     1  <NA>
    1  a     2  <NA>
    2  b  <NA>     3
    """
    sizes = [next(len(column) for column in piece.values() if not isinstance(column, str)) for piece in pieces]
    ends = np.cumsum([0, *sizes])
    placed = [(slice(a, b), piece) for a, b, piece in zip(ends[:-1], ends[1:], pieces, strict=True)]
    made = {name: (_text if name in texts else _whole)(name, placed, int(ends[-1])) for name in columns}
    return pd.DataFrame(made, copy=False)


def pieces_of(table: pd.DataFrame, by: str) -> dict[str, NDArray[np.int64]]:
    """The rows of each table in a long one, by its name in the column ``by``; rows without one are of none.

    >>> pieces_of(pd.DataFrame({"of": ["b", "a", None, "b"]}), "of")
    {'b': array([0, 3]), 'a': array([1])}
    """
    number, names = pd.factorize(table[by])
    return {str(name): np.flatnonzero(number == i) for i, name in enumerate(names)}


def columns_of(table: pd.DataFrame, rows: NDArray[np.int64], names: Sequence[str]) -> dict[str, NDArray]:
    """Some rows of some columns: texts as objects, the others as whole numbers, of which none may be missing."""
    columns = {name: table[name] for name in names}
    return {
        name: whole(column, rows) if column.dtype.kind in "fi" else column.array[rows].to_numpy(dtype=object)
        for name, column in columns.items()
    }


def whole(column: pd.Series, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers of some rows.

    Raises
    ------
    ValueError
        One is missing.
    """
    found = column.array[rows]
    if found.isna().any():
        raise ValueError(f"a number of the column {column.name} is missing")
    return found.to_numpy(dtype=np.int64)


Placed = list[tuple[slice, Piece]]


def _whole(name: str, placed: Placed, rows: int) -> pd.arrays.IntegerArray:
    values, missing = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
    for at, piece in placed:
        if name in piece:
            values[at], missing[at] = piece[name], False
    return pd.arrays.IntegerArray(values, missing)


def _text(name: str, placed: Placed, rows: int) -> pd.api.extensions.ExtensionArray:
    values = np.full(rows, None, dtype=object)
    for at, piece in placed:
        if name in piece:
            values[at] = piece[name]
    return pd.array(values, dtype="str")
