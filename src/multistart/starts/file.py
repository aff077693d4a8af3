"""The user's own starts: a CSV or Parquet file with one row a start and one column a variable.

It is read strictly and in batches, see :mod:`multistart.files.columns`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from multistart.errors import InputError
from multistart.files.columns import BATCH, Wanted, read_batches
from multistart.files.columns.wording import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BATCH", "batches", "count_starts", "pick_starts", "read_starts"]


def read_starts(path: str | Path, variables: Sequence[str], rows: tuple[int, int] | None = None) -> NDArray[np.float64]:
    """Return the starts of a file, shape ``(n, d)``, all finite.

    Parameters
    ----------
    path
        ``.csv`` with a header line, or ``.parquet``; other columns are ignored.
    variables
        The ``d`` coordinate names; each has a column of its own name, or ``start_<name>`` as in a table of results.
    rows
        ``(first, last + 1)``; all rows where it is not given. What lies behind the last is not read.

    Raises
    ------
    InputError
        Naming the file, and the column and first row (counted from 1 below the header) that is wrong; or the file has
        no rows.
    """
    import numpy as np  # a fraction of a second, which only this design pays

    first, last = rows if rows is not None else (0, None)
    starts = np.concatenate([np.empty((0, len(variables))), *_read(path, variables, first, last)])
    if last is not None and len(starts) < last - first:
        raise InputError(f"{shown(Path(path))} has {first + len(starts)} rows, fewer than the {last} that are needed")
    return starts


def batches(path: str | Path, variables: Sequence[str]) -> Iterator[NDArray[np.float64]]:
    """Yield all starts of a file in their order, in arrays of :data:`BATCH` rows; the last may be shorter.

    Raises
    ------
    InputError
        As :func:`read_starts`.
    """
    import numpy as np

    held: list[NDArray[np.float64]] = []
    size = 0
    for part in _read(path, variables):
        held, size = [*held, part], size + len(part)
        if size >= BATCH:
            joined = np.concatenate(held)
            whole = size - size % BATCH
            yield from np.split(joined[:whole], size // BATCH)
            held, size = [joined[whole:]], size % BATCH
    if size:
        yield np.concatenate(held)


def pick_starts(path: str | Path, variables: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return single starts of a file, shape ``(n, d)``, by the numbers of their rows from 0, ascending.

    Raises
    ------
    InputError
        As :func:`read_starts`.
    """
    import numpy as np

    found, first = [], 0
    for part in batches(path, variables):
        last = first + len(part)
        here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]
        found.append(part[here - first])
        first = last
    return np.concatenate(found)


def count_starts(path: str | Path, variables: Sequence[str], logged: Sequence[bool] = ()) -> int:
    """Return the number of starts of a file, every one of which was checked.

    Parameters
    ----------
    logged
        Which variables are to be on the logarithm, and so above 0.

    Raises
    ------
    InputError
        As :func:`read_starts`; or a number that has no logarithm.
    """
    count = 0
    for part in batches(path, variables):
        for name, column, is_logged in zip(variables, part.T, logged or [False] * len(variables), strict=True):
            if is_logged and not (column > 0).all():
                row = int((column > 0).argmin())
                raise InputError(
                    f"{shown(Path(path))}, row {count + row + 1}: {name} is {column[row]:g}, which has no logarithm; "
                    "with scale log give numbers above 0"
                )
        count += len(part)
    return count


def _read(
    path: str | Path, variables: Sequence[str], first: int = 0, last: int | None = None
) -> Iterator[NDArray[np.float64]]:
    return read_batches(Path(path), Wanted(tuple(variables), prefix="start_"), first, last, size=BATCH)
