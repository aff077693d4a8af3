"""Reading and writing the files of a study. Every file appears whole under its name or not at all.

What is written has the same bytes for the same content: no time stamps, fixed row groups. What is read was verified
against the checksum that was recorded when it was written, and raises :class:`DamagedError` where it differs. Tables
have the columns that :mod:`multistart.tables` declares, when they are written and when they are read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from multistart.descents.outcomes import CYCLE, ENDINGS, EVALUATIONS, LABELS, VERDICT, Outcomes
from multistart.files.whole_files import HashingFile, verify, whole
from multistart.files.whole_files import checksum as checksum
from multistart.study.schema import (
    arrow_types,
    check_read,
    check_written,
    column_types,
    declared_types,
    frame_types,
    parsed,
)

if TYPE_CHECKING:  # which takes a job that descends longer to load than its work takes
    import pandas as pd

    from multistart.counts.tally import Tally

ROWS = 2**18  # rows that are held in memory at once, and the row group of a Parquet file
#: Columns that are codes in memory and words in a file.
WORDS = {"ending": ENDINGS, "label": LABELS}
COMMON = CYCLE  # endings that every file has as words; it has later ones where a row needs them
#: Columns that are objects in memory, None where there is none: a flag, then texts.
OBJECTS = dict(zip(VERDICT, (pa.bool_(), *[pa.dictionary(pa.int32(), pa.string())] * 2), strict=True))
Columns = dict[str, np.ndarray]
#: The columns of labelled outcomes by which methods are compared; evaluations of methods that count their own.
REACHED = ("basin", "steps", "function_evaluations", "gradient_evaluations", "hessian_evaluations", "ending")


def write_text(path: Path | str, text: str) -> None:
    """Write a text file."""
    write_bytes(path, text.encode())


def write_json(path: Path | str, content: Mapping[str, Any]) -> None:
    """Write a JSON file with its keys in the given order."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def read_json(path: Path | str) -> dict[str, Any]:
    """Read a JSON file."""
    verify(path)
    return json.loads(Path(path).read_text())


def write_csv(path: Path | str, frame: pd.DataFrame) -> None:
    """Write a table with the shortest decimals that give each number back."""
    check_written(path, frame_types(frame))
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def write_columns(path: Path | str, columns: Mapping[str, np.ndarray]) -> None:
    """Write a table as :func:`write_csv` does, the same bytes, of columns that are no frame; nan and None are empty."""
    with csv_batches(path) as write:
        write(columns)


@contextmanager
def csv_batches(path: Path | str) -> Iterator[Callable[[Mapping[str, np.ndarray]], None]]:
    """A table of columns to write some rows at a time: the block is given what writes them; one batch at least."""
    with whole(path) as file:
        checked: dict[str, str] = {}

        def write(columns: Mapping[str, np.ndarray]) -> None:
            nonlocal checked
            if (types := column_types(columns)) != checked:
                check_written(path, types)
                checked = types
            text = io.StringIO()
            table = csv.writer(text, lineterminator="\n")
            if file.tell() == 0:
                table.writerow(columns)
            lists = [[None if value != value else value for value in column.tolist()] for column in columns.values()]
            table.writerows(zip(*lists, strict=True))
            file.write(text.getvalue().encode())

        yield write


def read_csv(path: Path | str) -> pd.DataFrame:
    """Read a table, each number to the bit that was written."""
    import pandas as pd

    verify(path)
    frame = pd.read_csv(path, keep_default_na=False, na_values=["", "nan"])
    check_read(path, frame_types(frame))
    return frame


def read_columns(path: Path | str) -> Columns:
    """Read a declared table as :func:`read_csv` does, without pandas; what is empty is nan, or None in a text."""
    verify(path)
    header, *rows = csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8"), newline=""))
    check_read(path, dict.fromkeys(header, ""))
    types = declared_types(path, header)
    texts = zip(*rows, strict=True) if rows else repeat(())
    return {name: parsed(path, name, types[name], column) for name, column in zip(header, texts, strict=False)}


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file as it is."""
    with whole(path) as file:
        file.write(content)


def write_tally(path: Path | str, tally: Tally) -> None:
    """Write the frames of a tally into one Parquet file, marked by a column ``table``."""
    table = pa.Table.from_pandas(tally.to_frame(), preserve_index=False).replace_schema_metadata(None)
    check_written(path, arrow_types(table.schema))
    with whole(path) as file:
        pq.write_table(table, file, use_dictionary=_worded(table.schema), write_page_checksum=True)


def read_tally(path: Path | str) -> Tally:
    """Read what :func:`write_tally` wrote."""
    from multistart.counts.tally import Tally

    return Tally.from_frame(read_frame(path))


def write_frame(path: Path | str, frame: pd.DataFrame) -> None:
    """Write a table as one Parquet file."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    check_written(path, arrow_types(table.schema))
    with whole(path) as file:
        pq.write_table(table, file, compression="zstd", use_dictionary=_worded(table.schema), write_page_checksum=True)


def read_frame(path: Path | str) -> pd.DataFrame:
    """Read a table that :func:`write_frame` wrote."""
    verify(path)
    table = pq.read_table(path, page_checksum_verification=True)
    check_read(path, arrow_types(table.schema))
    return table.to_pandas()


def outcome_columns(outcomes: Outcomes, variables: Iterable[str]) -> Columns:
    """The columns of the outcome table, in their order."""
    names = list(variables)
    columns: Columns = {f"start_{name}": outcomes.start[:, j] for j, name in enumerate(names)}
    columns |= {f"end_{name}": outcomes.end[:, j] for j, name in enumerate(names)}
    columns |= {"value": outcomes.value, "gradient_norm": outcomes.gradient_norm}
    columns |= {"curvature_min": outcomes.curvature_min, "steps": outcomes.steps}
    if outcomes.evaluations is not None:
        columns |= {name: outcomes.evaluations[:, k] for k, name in enumerate(EVALUATIONS)}
    columns |= {"ending": outcomes.ending_code}
    if outcomes.verdict is not None:
        columns |= {name: outcomes.verdict[:, k] for k, name in enumerate(VERDICT)}
    return columns


def write_rows(path: Path | str, batches: Iterable[Columns], note: str = "") -> None:
    """Write batches of columns as the row groups of one Parquet file; ``ending`` and ``label`` are written as words.

    A note is recorded with the file's checksum.
    """
    with whole(path, note=note) as file, ExitStack() as stack:
        writer = None
        for batch in batches:
            table = pa.table({name: _arrow(name, values) for name, values in batch.items()})
            check_written(path, arrow_types(table.schema))
            writer = writer or stack.enter_context(_writer(file, table.schema))
            writer.write_table(table, row_group_size=ROWS)


@contextmanager
def _writer(file: HashingFile, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    writer = pq.ParquetWriter(
        file, schema, compression="zstd", use_dictionary=_worded(schema), write_page_checksum=True
    )
    try:
        yield writer
        writer.close()
    finally:
        writer.is_open = False  # else it would be closed once more, into a file that is closed or full


def _worded(schema: pa.Schema) -> list[str]:
    """The columns of words, of which a file has each word once.

    To look for numbers that come again takes longer than all else that it takes to write rows, and few do.
    """
    numbers = (pa.types.is_integer, pa.types.is_floating)
    return [field.name for field in schema if not any(of(field.type) for of in numbers)]


def read_rows(paths: Iterable[Path | str], rows: int = ROWS, columns: Sequence[str] | None = None) -> Iterator[Columns]:
    """Rows of several files, one after the other, in batches of exactly ``rows`` (the last may be shorter).

    Where columns are named, those of them are read that the files have.
    """
    held: list[pa.RecordBatch] = []
    count = 0
    for path in paths:
        # pyarrow's default would hold all that was read until the file is closed
        verify(path)
        file = pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True)
        check_read(path, arrow_types(file.schema_arrow))
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            held.append(batch)
            count += len(batch)
            while count >= rows:
                table = pa.Table.from_batches(held)
                yield _columns(table.slice(0, rows))
                held = table.slice(rows).to_batches()
                count -= rows
    if count:
        yield _columns(pa.Table.from_batches(held))


def read_between(path: Path | str, first: int, last: int) -> Columns:
    """Rows ``first .. last - 1`` of one file, of which no more is read than the row groups that they stand in."""
    verify(path)
    file = pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True)
    check_read(path, arrow_types(file.schema_arrow))
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    ends = np.cumsum(sizes)
    groups = np.flatnonzero((ends > first) & (ends - sizes < last)).tolist()
    before = ends[groups[0]] - sizes[groups[0]] if groups else 0
    return _columns(file.read_row_groups(groups, use_threads=False).slice(first - before, last - first))


def _arrow(name: str, values: np.ndarray) -> pa.Array:
    """A column as Arrow has it, over the same memory.

    ``pa.array`` would load pandas, to ask whether it was given a series.
    """
    if name in WORDS:
        words = WORDS[name][: max(COMMON, int(values.max(initial=0)) + 1)]
        return pa.DictionaryArray.from_arrays(_numbers(values.astype(np.int8)), _text(words))
    if name in OBJECTS:
        return pa.array(values.tolist(), type=OBJECTS[name])
    if values.dtype == object:
        return _text(values.tolist())
    return _numbers(values.astype(np.int32) if name == "basin" else values)


def _numbers(values: np.ndarray) -> pa.Array:
    values = np.ascontiguousarray(values)
    assert values.dtype.kind in "fi", "other types have other layouts in Arrow"
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def _text(words: Sequence[str]) -> pa.Array:
    """Words of one byte a letter."""
    ends = np.cumsum([0, *map(len, words)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(ends), pa.py_buffer("".join(words).encode("ascii")))


def _columns(table: pa.Table) -> Columns:
    """The columns of a table without empty places; numbers over the same memory, as :func:`_arrow`."""
    return {name: _values(name, table.column(name).combine_chunks()) for name in table.column_names}


def _values(name: str, column: pa.Array) -> np.ndarray:
    if name in OBJECTS:
        return np.array(column.to_pylist(), dtype=object)
    if name not in WORDS:
        text = pa.types.is_string(column.type)
        return np.array(column.to_pylist(), dtype=object) if text else np.from_dlpack(column)
    # pyarrow.compute has this too, and takes as long to load as a small job works
    place = np.array([WORDS[name].index(word.as_py()) for word in column.dictionary], dtype=np.int8)
    return place[np.from_dlpack(column.indices)]
