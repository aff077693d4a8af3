"""The user's own starts: a CSV or Parquet file with one row a start and one column a variable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from multistart.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SUFFIXES = (".csv", ".parquet")


def read_starts(path: str | Path, variables: Sequence[str]) -> NDArray[np.float64]:
    """Return the starts of a file, shape ``(n, d)``, ``n`` at least 1, all finite.

    Parameters
    ----------
    path
        ``.csv`` with a header line, or ``.parquet``; other columns are ignored.
    variables
        The ``d`` coordinate names; each has a column of its own name, or ``start_<name>`` as in a table of results.

    Raises
    ------
    InputError
        Naming the file, and the column and first row (counted from 1 below the header) that is wrong.
    """
    import numpy as np  # with pandas about a second, which only this design pays

    path = Path(path)
    table = _read(path, variables)
    columns = [_column_of(path, name, list(table.columns)) for name in variables]
    if len(table) == 0:
        raise InputError(f"{path} has no rows; it needs one row a start")
    return np.column_stack([_numbers(path, column, table[column]) for column in columns])


def _read(path: Path, variables: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} is neither .csv nor .parquet")
    if not path.is_file():
        raise InputError(f"there is no file {path} (paths start at the folder that the study is run from)")
    wanted = {*variables, *(f"start_{name}" for name in variables)}
    try:
        if path.suffix.lower() == ".parquet":
            import pyarrow.parquet as pq

            names = pq.read_schema(path).names
            if not wanted & set(names):
                return pd.DataFrame(columns=names)
            return pd.read_parquet(path, columns=[name for name in names if name in wanted])
        table = pd.read_csv(path, skipinitialspace=True, float_precision="round_trip", low_memory=False)
        return table.rename(columns=lambda name: str(name).strip())
    except (OSError, ValueError) as error:  # the readers' own errors are ValueErrors
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path} cannot be read: {reason[:120]}") from None


def _column_of(path: Path, name: str, columns: list[str]) -> str:
    for column in (f"start_{name}", name):
        if columns.count(column) == 1:
            return column
        if columns.count(column) > 1:
            raise InputError(f'{path} has two columns "{column}"')
    shown = ", ".join(columns[:8]) + (", ..." if len(columns) > 8 else "")
    raise InputError(
        f'{path} has no column "{name}" or "start_{name}"; its columns are {shown}{did_you_mean(name, columns)}'
    )


def _numbers(path: Path, column: str, values: pd.Series) -> NDArray[np.float64]:
    import numpy as np
    import pandas as pd

    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    numbers = values if numeric else pd.to_numeric(values.mask(values.map(type) == bool), errors="coerce")  # noqa: E721
    array = np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
    finite = np.isfinite(array)
    if not finite.all():
        row = int(np.argmin(finite))
        raise InputError(f'{path}, column "{column}", row {row + 1}: "{values.iloc[row]}" is not a finite number')
    return array
