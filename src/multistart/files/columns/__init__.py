"""Columns of numbers from a user's own CSV or Parquet file: starts, or data of a fit.

A file is read strictly: what a person could have meant in two ways is refused with what to write instead. It is read
in batches, so its size does not matter to memory; :mod:`.text` reads CSV, :mod:`.parquet` the other, :mod:`.arrays`
what is in memory already.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from multistart.errors import InputError
from multistart.files.columns.wording import Wanted, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BATCH", "Wanted", "header_of", "read_batches"]

BATCH = 2**18  # rows that are held in memory at once


def read_batches(
    path: Path, wanted: Wanted, first: int = 0, last: int | None = None, *, size: int = BATCH
) -> Iterator[NDArray[np.float64]]:
    """Yield the rows from ``first`` to before ``last`` in arrays of shape ``(n, c)``, ``n <= size``, all finite.

    Raises
    ------
    InputError
        Naming the file, and the column and first row (counted from 1 below the header) that is wrong; or the file has
        no rows.
    """
    if _is_text(path, wanted):
        from multistart.files.columns import text

        yield from text.read(path, size, wanted, first, last)
    else:
        from multistart.files.columns import parquet

        yield from parquet.read(path, size, wanted, first, last)


def header_of(path: Path, wanted: Wanted) -> list[str]:
    """Return the names of all columns of a file, in order.

    Raises
    ------
    InputError
        As :func:`read_batches`, of what stands before the first row.
    """
    if _is_text(path, wanted):
        from multistart.files.columns import text

        return text.header(path)
    from multistart.files.columns import parquet

    return parquet.header(path)


def _is_text(path: Path, wanted: Wanted) -> bool:
    """Whether a file is CSV and not Parquet; it is there, and has something in it."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise InputError(f"{shown(path)} is neither .csv nor .parquet; save the table as CSV")
    try:
        status = os.stat(path)
    except FileNotFoundError:
        said = f"there is no file {shown(path)} (paths start at the folder that the study is run from)"
        raise InputError(said) from None
    except (OSError, ValueError) as error:  # too long a name, no permission, a zero byte
        raise InputError(f"{shown(path)} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{shown(path)} is no file but a folder, a pipe or a device; give a file")
    if status.st_size == 0:
        raise InputError(f"{shown(path)} is empty; it needs a header and one row a {wanted.row}")
    return suffix == ".csv"
