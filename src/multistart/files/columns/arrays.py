"""Columns in memory: a DataFrame, or a mapping of names to lists or arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.files.columns.wording import Wanted, inexact, no_rows, wrong_value

EXACT = 2.0**53  # up to here every whole number is a double


def read(name: str, table: Mapping[str, Any], wanted: Wanted) -> NDArray[np.float64]:
    """Return columns of a table, shape ``(n, c)``, all finite.

    Parameters
    ----------
    name
        What messages call the table.
    table
        Names to columns, such as a DataFrame has them; columns hold integers or floats.

    Raises
    ------
    InputError
        A column is missing, holds no numbers, or one that is not finite; or columns have different lengths.
    """
    names = [str(column) for column in table]
    columns = [_numbers(name, names[i], table[names[i]]) for i in wanted.chosen(name, names)]
    lengths = {column: len(values) for column, values in zip(wanted.columns, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{column} {length}" for column, length in lengths.items())
        raise InputError(f"the columns of {name} have different lengths: {said}")
    if not len(columns[0]):
        raise no_rows(name, wanted)
    return np.stack(columns, axis=1)


def _numbers(name: str, column: str, given: Any) -> NDArray[np.float64]:
    values = np.asarray(given)
    if values.ndim != 1:
        raise InputError(f'{name}, column "{column}" has shape {values.shape}; a column has one number a row')
    if values.dtype.kind not in "iuf":
        raise InputError(f'{name}, column "{column}" holds {values.dtype}, no plain numbers; convert it to float')
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        i = int(np.argmin(np.isfinite(numbers)))
        raise wrong_value(name, column, i + 1, values[i])
    if values.dtype.kind in "iu" and (rounded := _rounded(values, numbers)).size:
        raise inexact(name, column, int(rounded[0]) + 1, values[rounded[0]])
    return numbers


def _rounded(values: NDArray[np.integer], numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where a whole number is another one as a double, as only those beyond 2**53 may be."""
    large = np.flatnonzero(np.abs(numbers) >= EXACT)
    return np.array([i for i in large.tolist() if int(values[i]) != int(numbers[i])], dtype=np.int64)
