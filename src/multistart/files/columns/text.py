"""Columns of a CSV file: UTF-8, commas between fields, a header, and as many fields in each row as in the header.

RFC 4180, read strictly by the standard library; numbers are decimal, as in ``-1.5e-3``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.files.columns.wording import (
    COMMAS,
    MOST,
    SEPARATORS,
    Wanted,
    inexact,
    no_rows,
    shown,
    too_many,
    wrong_value,
)

NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"
WHOLE = r"^[-+]?[0-9]+$"
EXACT = 2.0**53  # up to here every whole number is a double
LONGEST = 1000  # characters of a number
LONGEST_LINE = 2**24  # characters


def read(path: Path, size: int, wanted: Wanted, first: int, last: int | None) -> Iterator[NDArray[np.float64]]:
    """Yield the rows from ``first`` to before ``last`` of a CSV file in arrays of shape ``(n, d)``, ``n <= size``.

    Rows before the first are checked for their number of fields alone.

    Raises
    ------
    InputError
        Not UTF-8, another separator, a row with too few or too many fields, a value that is no finite number.
    """
    with _opened(path) as stream:
        yield from _read(path, stream, wanted, first, last, size)


def header(path: Path) -> list[str]:
    """The names of the columns: the fields of the first line, without white space around them.

    Raises
    ------
    InputError
        As :func:`read`, of that line.
    """
    with _opened(path) as stream:
        return _names(_fields(path, stream))


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except UnicodeDecodeError:
        raise InputError(f'{shown(path)} is not a text in UTF-8; save it as "CSV UTF-8"') from None
    except (OSError, csv.Error) as error:
        raise InputError(f"{shown(path)} cannot be read: {shown(error)}") from None


def _fields(path: Path, stream: TextIO) -> Iterator[list[str]]:
    return csv.reader(_lines(path, stream), strict=True, skipinitialspace=True)


def _names(fields: Iterator[list[str]]) -> list[str]:
    return [name.strip() for name in next(fields, [])]


def _read(
    path: Path, stream: TextIO, wanted: Wanted, first: int, last: int | None, size: int
) -> Iterator[NDArray[np.float64]]:
    lines = _fields(path, stream)
    names = _names(lines)
    columns = wanted.chosen(path, names)
    rows = _rows(path, lines, names, columns, wanted)
    done = sum(1 for _ in islice(rows, first))
    asked = rows if last is None else islice(rows, last - first)
    while held := list(islice(asked, max(size // len(columns), 1))):
        fields = zip(*held, strict=True)
        yield np.column_stack([_numbers(path, names[i], f, done) for i, f in zip(columns, fields, strict=True)])
        done += len(held)
    if done == 0 and next(rows, None) is None:
        raise no_rows(path, wanted)


def _lines(path: Path, stream: TextIO) -> Iterator[str]:
    """The lines of a stream, none of them endless, and without zero bytes, which UTF-16 is full of."""
    while line := stream.readline(LONGEST_LINE):
        if "\0" in line:
            raise InputError(f'{shown(path)} is not a text in UTF-8; save it as "CSV UTF-8"')
        if len(line) == LONGEST_LINE:
            raise InputError(f"{shown(path)} has a line of more than {LONGEST_LINE:,} characters; give one row a line")
        yield line


def _rows(
    path: Path, lines: Iterator[list[str]], names: Sequence[str], columns: Sequence[int], wanted: Wanted
) -> Iterator[list[str]]:
    """The fields of some columns of each row; a row has one field a column, and blank lines are at the end alone."""
    blank = 0
    for row, fields in enumerate(lines, 1):
        if row > MOST:
            raise too_many(path, wanted)
        if len(fields) <= 1 and not "".join(fields).strip():
            blank = blank or row
            continue
        if blank:
            raise InputError(f"{shown(path)}, row {blank} is blank; remove it, or write its numbers")
        if len(fields) != len(names):
            raise _uneven(path, row, fields, len(names))
        yield [fields[i] for i in columns]


def _uneven(path: Path, row: int, fields: Sequence[str], columns: int) -> InputError:
    said = f"{shown(path)}, row {row} has {len(fields)} of {columns} fields"
    if len(fields) > columns:
        return InputError(f"{said}; a comma ends a field: write 0.5, not 0,5, and texts in quotes")
    separated = any(mark in field for field in fields for mark in SEPARATORS)
    return InputError(f"{said}; {COMMAS if separated else 'leave none out'}")


def _numbers(path: Path, column: str, fields: Sequence[str], done: int) -> NDArray[np.float64]:
    """The numbers that fields spell, each the double nearest to it."""
    text = pc.ascii_trim_whitespace(pa.array(fields, pa.string()))
    spelled = pc.and_(pc.match_substring_regex(text, NUMBER), pc.less_equal(pc.binary_length(text), LONGEST))
    _all(spelled.to_numpy(zero_copy_only=False), path, column, fields, done)
    numbers = _doubles(text)
    _all(np.isfinite(numbers), path, column, fields, done)
    odd = np.flatnonzero((np.abs(numbers) >= EXACT) | (np.abs(numbers) < np.finfo(float).tiny))
    for i in odd.tolist():
        if not _holds(fields[i].strip(), float(numbers[i])):
            raise inexact(path, column, done + i + 1, fields[i].strip())
    return numbers


def _doubles(text: pa.StringArray) -> NDArray[np.float64]:
    try:
        numbers: NDArray[np.float64] = pc.cast(pc.ascii_ltrim(text, "+"), pa.float64()).to_numpy()
    except pa.ArrowInvalid:  # beyond the range of a double
        numbers = np.array([float(number) for number in text.to_pylist()])
    return numbers


def _all(good: NDArray[np.bool_], path: Path, column: str, fields: Sequence[str], done: int) -> None:
    if not good.all():
        i = int(np.argmin(good))
        raise wrong_value(path, column, done + i + 1, fields[i])


def _holds(text: str, number: float) -> bool:
    """Whether a double is what was written: whole numbers to the last digit, and none but 0 is 0."""
    if number == 0:
        return not any(digit in "123456789" for digit in text.lower().split("e")[0])
    whole = text.lstrip("+-").isdigit()
    return not whole or int(text) == int(number)
