import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multistart.descents.outcomes import ENDINGS
from multistart.errors import DamagedError
from multistart.study import storage
from multistart.tables import TABLES
from tests.test_counts import OUTCOMES, rows


def batch(first, n):
    """A batch of rows with everything that is hard to write: nan, infinities, negative zero, subnormals."""
    hard = np.array([np.nan, np.inf, -0.0, 5e-324, 0.1])
    return {
        "start_x": np.arange(first, first + n, dtype=float),
        "value": np.resize(hard, n),
        "steps": np.arange(n),
        "ending": (np.arange(n) % len(ENDINGS)).astype(np.int8),
    }


def test_rows_come_back_in_batches_of_any_size(tmp_path):
    """Rows of several files come back whole and in order, whatever the batch size, to the bit."""
    sizes = [10, 1, 25]
    paths = [tmp_path / f"{i}.parquet" for i in range(3)]
    for i, path in enumerate(paths):
        storage.write_rows(path, [batch(100 * i, sizes[i])])
    for size in (1, 7, 36, 1000):
        batches = list(storage.read_rows(paths, size))
        assert [len(b["steps"]) for b in batches[:-1]] == [size] * (len(batches) - 1)
        for name in ("start_x", "value", "steps", "ending"):
            whole = np.concatenate([batch(100 * i, n)[name] for i, n in enumerate(sizes)])
            np.testing.assert_array_equal(np.concatenate([b[name] for b in batches]), whole)


def test_endings_are_words_in_the_file(tmp_path):
    """pandas reads the endings as words."""
    storage.write_rows(tmp_path / "a.parquet", [batch(0, len(ENDINGS))])
    assert pd.read_parquet(tmp_path / "a.parquet")["ending"].tolist() == list(ENDINGS)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    """Writing twice gives equal checksums, for rows and for tallies."""
    for name in ("a", "b"):
        storage.write_rows(tmp_path / f"{name}.parquet", [batch(0, 9), batch(9, 3)])
        storage.write_tally(tmp_path / f"{name}.tally", OUTCOMES.of(rows(50, 1)))
    assert storage.checksum(tmp_path / "a.parquet") == storage.checksum(tmp_path / "b.parquet")
    assert storage.checksum(tmp_path / "a.tally") == storage.checksum(tmp_path / "b.tally")


def test_a_tally_reads_back(tmp_path):
    """A tally from its file equals the tally that was written."""
    counted = OUTCOMES.of(rows(300, 2))
    storage.write_tally(tmp_path / "t.parquet", counted)
    assert storage.read_tally(tmp_path / "t.parquet") == counted


def test_csv_gives_each_number_back(tmp_path):
    """Doubles survive a CSV file to the last bit."""
    frame = pd.DataFrame({"a": [0.1, 1 / 3, 5e-324, -6.551133332835837], "kind": ["global", "local", "x", "y"]})
    storage.write_csv(tmp_path / "a.csv", frame)
    pd.testing.assert_frame_equal(storage.read_csv(tmp_path / "a.csv"), frame)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    """An error while writing leaves the old file as it was and nothing half written beside it."""
    path = tmp_path / "a.parquet"
    storage.write_rows(path, [batch(0, 5)])
    before = path.read_bytes()

    def breaks():
        yield batch(0, 5)
        raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError, match="power"):
        storage.write_rows(path, breaks())
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == [".a.parquet.sha256", "a.parquet"]


def test_reading_holds_a_few_batches_whatever_the_size_of_the_file(tmp_path):
    """Memory stays that of a few row groups: what was read is let go before the file is closed."""
    rng = np.random.default_rng(1)
    groups, size = 24, 2**17
    storage.write_rows(tmp_path / "rows.parquet", ({"value": rng.random(size)} for _ in range(groups)))
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in storage.read_rows([tmp_path / "rows.parquet"], rows=size)]
    assert len(held) == groups
    assert max(held) < 8 * 8 * size  # of 24 that the file holds


def test_columns_are_read_as_a_frame_is(tmp_path):
    """Numbers to the last bit, nothing as nan or None; what is not of its declared type is a damaged table."""
    table = next(table for table in TABLES if table.name == "critical_points.csv")
    of_type = {
        "text": np.array(["saddle", None, 'a, "b"'], dtype=object),
        "float64": np.array([0.1 + 0.2, np.nan, 5e-324]),
        "bool": np.array([True, False, True]),
    }
    path = tmp_path / "critical_points.csv"
    storage.write_columns(path, {name: of_type[kind] for name, kind in table.types(["x", "y"]).items()})
    read, frame = storage.read_columns(path), storage.read_csv(path)
    assert list(read) == list(frame)
    for name, column in read.items():
        assert column.dtype == (object if frame[name].dtype == "str" else frame[name].dtype)
        assert all(a == b or (pd.isna(a) and pd.isna(b)) for a, b in zip(column, frame[name], strict=True))
    damaged = path.read_text().replace("True", "perhaps")
    storage.write_text(path, damaged)
    with pytest.raises(DamagedError, match="touches_boundary is declared as bool"):
        storage.read_columns(path)
    storage.write_text(path, path.read_text().partition("\n")[0] + "\n")
    assert {name: len(column) for name, column in storage.read_columns(path).items()} == dict.fromkeys(read, 0)


def test_columns_are_written_as_a_frame_is(tmp_path):
    """The same bytes as pandas writes: shortest decimals, nothing for nan and None, words quoted where they must be."""
    columns = {
        "whole": np.array([0, -1, 2**60]),
        "number": np.array([np.nan, -0.0, 1e22]),
        "small": np.array([5e-324, 1e-5, np.inf]),
        "yes": np.array([True, False, True]),
        "word": np.array(["a, b", 'say "c"', ""]),
        "nothing": np.array([None, "x", None]),
    }
    storage.write_columns(tmp_path / "columns.csv", columns)
    storage.write_csv(tmp_path / "frame.csv", pd.DataFrame(columns))
    assert (tmp_path / "columns.csv").read_bytes() == (tmp_path / "frame.csv").read_bytes()
    storage.write_columns(tmp_path / "columns.csv", {name: column[:0] for name, column in columns.items()})
    assert (tmp_path / "columns.csv").read_text() == "whole,number,small,yes,word,nothing\n"


WITHOUT_FRAMES = """
import sys
import numpy as np
from multistart.study import storage
numbers = {"x": np.arange(3.0), "n": np.arange(3)}
storage.write_rows("numbers.parquet", [numbers])
(read,) = storage.read_rows(["numbers.parquet"])
assert all((read[name] == numbers[name]).all() for name in numbers)
words = {"ending": np.array([0, 2, 0], dtype=np.int8), "first_ending": np.array(["", "cycle", ""], dtype=object)}
storage.write_rows("words.parquet", [numbers | words])
storage.write_columns("columns.csv", numbers | {"word": np.array(["a", "b", "c"])})
(read,) = storage.read_rows(["words.parquet"], columns=["n", "ending"])
assert (read["ending"] == words["ending"]).all()
print(*({"pandas", "pyarrow.compute"} & set(sys.modules)))
"""


def test_rows_are_written_and_read_without_pandas(tmp_path):
    """Arrow loads it where it is given an array, even if that is none of pandas."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_FRAMES], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("\n", 0), done.stderr


@pytest.mark.parametrize("count", [50, 0])
def test_rows_are_those_that_arrow_itself_would_make(tmp_path, count):
    """Of the same types and words, from columns that lie apart in memory, and from none."""
    number, code = np.random.default_rng(1).random((50, 2))[:count, 0], (np.arange(50) % 3)[:count]
    given = {"x": number, "n": code, "basin": code, "ending": code, "label": code}
    storage.write_rows(tmp_path / "rows.parquet", [given])
    words = {
        name: pa.DictionaryArray.from_arrays(pa.array(code, type=pa.int8()), pa.array(words[: storage.COMMON]))
        for name, words in storage.WORDS.items()
    }
    made = pa.table({"x": pa.array(number), "n": pa.array(code), "basin": pa.array(code, type=pa.int32())} | words)
    assert pq.read_table(tmp_path / "rows.parquet").equals(made)
    for read in storage.read_rows([tmp_path / "rows.parquet"]):
        for name, column in given.items():
            np.testing.assert_array_equal(read[name], column)
