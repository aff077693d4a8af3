"""Whether a table has the columns and types that it is declared with, when it is written and when it is read.

A file is the table of its name, see :func:`multistart.tables.table_of`; a file of another name is nobody's table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from multistart.errors import DamagedError, TableError
from multistart.tables import table_of

if TYPE_CHECKING:
    import pandas as pd

Types = dict[str, str]
#: How a text file's columns are read, by their declared types: what of a text, and into an array of what.
_PARSED: dict[str, tuple[Callable[[str], Any], type]] = {
    "float64": (lambda text: float(text or "nan"), np.float64),
    "int64": (int, np.int64),
    "bool": (["False", "True"].index, np.bool_),
    "text": (lambda text: text or None, np.object_),
}


def frame_types(frame: pd.DataFrame) -> Types:
    """The type of each column in the words of :data:`multistart.tables.TYPES`; empty where no value shows one."""
    return {name: _frame_type(column) for name, column in frame.items()}


def column_types(columns: Mapping[str, np.ndarray]) -> Types:
    """The same of columns that are no frame."""
    return {name: _column_type(column) for name, column in columns.items()}


def arrow_types(schema: pa.Schema) -> Types:
    """The same of a Parquet file, whose columns have types whatever is in them."""
    return {field.name: _arrow_type(field.type) for field in schema}


def declared_types(path: Path | str, names: Sequence[str]) -> Types:
    """The types that a table's columns are declared with; the file is that of a declared table."""
    table = table_of(path, names)
    assert table is not None, f"{path} is nobody's table"
    return table.types(names)


def parsed(path: Path | str, name: str, type_: str, texts: Sequence[str]) -> np.ndarray:
    """A column of a text file.

    Raises
    ------
    DamagedError
        What it holds is not of that type.
    """
    parse, dtype = _PARSED[type_]
    try:
        return np.array([parse(text) for text in texts], dtype=dtype)
    except ValueError:
        raise DamagedError(Path(path), f"its column {name} is declared as {type_}, and holds something else") from None


def check_written(path: Path | str, types: Types) -> None:
    """Raise where a table is about to be written otherwise than it is declared.

    Raises
    ------
    TableError
        Naming the file, and the columns or the type.
    """
    if (table := table_of(path, list(types))) and (said := table.mismatch(types)):
        raise TableError(f"{path} is not written: {said}. Declare it in multistart.tables as it is computed.")


def check_read(path: Path | str, types: Types) -> None:
    """Raise where a table was read that is not the declared one, as that of another version of the program.

    Raises
    ------
    DamagedError
        Naming the file, and the columns or the type.
    """
    if (table := table_of(path, list(types))) and (said := table.mismatch(types)):
        raise DamagedError(Path(path), said)


def _frame_type(column: pd.Series) -> str:
    if column.array.isna().all():
        return ""
    return _name(column.dtype) if column.dtype.kind in "fib" else "text"


def _column_type(column: np.ndarray) -> str:
    if column.dtype.kind in "fib":
        return _name(column.dtype) if len(column) else ""
    return "" if all(value is None for value in column.tolist()) else "text"


@cache
def _name(dtype: Any) -> str:
    """The name of a type of NumPy or pandas, which spell it anew each time."""
    return dtype.name


def _arrow_type(kind: pa.DataType) -> str:
    if pa.types.is_null(kind):
        return ""
    if pa.types.is_dictionary(kind):
        return "category"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return {"double": "float64"}.get(str(kind), str(kind))
