"""Columns of a Parquet file: columns of floats or integers, a batch at a time; other row groups are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.files.columns.wording import MOST, Wanted, inexact, no_rows, shown, too_many, wrong_value


def read(path: Path, size: int, wanted: Wanted, first: int, last: int | None) -> Iterator[NDArray[np.float64]]:
    """Yield the rows from ``first`` to before ``last`` of a Parquet file in arrays of shape ``(n, d)``, ``n <= size``.

    Raises
    ------
    InputError
        No Parquet, a column that holds no plain numbers, a value that is missing, not finite, or no double.
    """
    with _opened(path) as file:
        yield from _read(path, file, wanted, first, last, size)


def header(path: Path) -> list[str]:
    """The names of the columns.

    Raises
    ------
    InputError
        No Parquet.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        yield pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True)
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{shown(path)} cannot be read: {shown(reason)}") from None


def _read(
    path: Path, file: pq.ParquetFile, wanted: Wanted, first: int, last: int | None, size: int
) -> Iterator[NDArray[np.float64]]:
    schema, total = file.schema_arrow, file.metadata.num_rows
    columns = [schema.names[i] for i in wanted.chosen(path, schema.names)]
    for name in columns:
        _check_type(path, name, schema.field(name).type)
    if total == 0:
        raise no_rows(path, wanted)
    if total != sum(file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)):
        raise InputError(f"{shown(path)} cannot be read: its parts do not have the {total} rows that it names")
    if total > MOST:
        raise too_many(path, wanted)
    last = total if last is None else min(last, total)
    done, groups = _groups(file.metadata, first, last)
    for batch in file.iter_batches(batch_size=size, row_groups=groups, columns=columns, use_threads=False):
        before, done = done, done + len(batch)
        part = batch.slice(max(first - before, 0), max(min(last, done) - max(first, before), 0))
        if len(part):
            numbers = [_numbers(path, name, part.column(name), max(first, before)) for name in columns]
            yield np.column_stack(numbers)
    if done < last:
        raise InputError(f"{shown(path)} cannot be read: it has {done} of {total} rows")


def _groups(metadata: pq.FileMetaData, first: int, last: int) -> tuple[int, list[int]]:
    """The row groups that hold some of the rows, and how many rows lie before them."""
    ends = np.cumsum([metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)])
    begins = np.concatenate([[0], ends[:-1]])
    groups = np.flatnonzero((ends > first) & (begins < last)).tolist()
    return (int(begins[groups[0]]) if groups else last), groups


def _check_type(path: Path, name: str, kind: pa.DataType) -> None:
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise InputError(f'{shown(path)}, column "{name}" holds {shown(kind)}, no plain numbers; convert it to double')


def _numbers(path: Path, column: str, values: pa.Array, done: int) -> NDArray[np.float64]:
    """The values as doubles, each exactly."""
    if values.null_count:
        raise wrong_value(path, column, done + int(np.argmax(values.is_null().to_numpy(False))) + 1, "")
    given = values.to_numpy(zero_copy_only=False)
    numbers: NDArray[np.float64] = given.astype(np.float64)
    finite = np.isfinite(numbers)
    if not finite.all():
        i = int(np.argmin(finite))
        raise wrong_value(path, column, done + i + 1, given[i])
    if pa.types.is_integer(values.type):
        _check_exact(path, column, given, numbers, done)
    return numbers


def _check_exact(path: Path, column: str, given: NDArray[np.integer], numbers: NDArray[np.float64], done: int) -> None:
    for i in np.flatnonzero(np.abs(numbers) >= 2.0**53).tolist():
        if int(numbers[i]) != int(given[i]):
            raise inexact(path, column, done + i + 1, given[i])
