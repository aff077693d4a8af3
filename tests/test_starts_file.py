"""Files of starts: what is read is what a person meant, and the rest is refused with what to write instead."""

import datetime
import decimal
import os
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multistart.errors import InputError
from multistart.starts import file as starts_file
from multistart.starts.file import batches, count_starts, pick_starts, read_starts

XY = ["x", "y"]


def refusal(path, variables=XY):
    with pytest.raises(InputError) as caught:
        read_starts(path, variables)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()
    return str(caught.value)


def csv(tmp_path, content):
    path = tmp_path / "starts.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def parquet(tmp_path, **columns):
    path = tmp_path / "starts.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("x,y\n1,2\n", [[1, 2]]),
        ("y,note,x\n1,a,2\n", [[2, 1]]),
        ("start_y,start_x,end_x\n1,2,3\n", [[2, 1]]),
        ("\ufeffx,y\r\n1,2\r\n", [[1, 2]]),
        ("x,y\r1,2\r", [[1, 2]]),
        ('"x", "y"\n"1" , 2 \n'.replace('" ,', '",'), [[1, 2]]),
        ('x,y,note\n1,2,"a, b"\n3,4,"two\nlines"\n', [[1, 2], [3, 4]]),
        ("x,y\n-.5,+1.\n1e-3,0x\n".replace("0x", "-0"), [[-0.5, 1], [0.001, -0.0]]),
        ("x,y\n1,2\n\n  \n", [[1, 2]]),
        ("x,y\n9007199254740992,1e300\n", [[2.0**53, 1e300]]),
        ("x,y\n5e-324,0.000\n", [[5e-324, 0]]),
    ],
)
def test_what_is_read(tmp_path, text, starts):
    """Any order of columns, quotes, line ends, byte-order mark, blank lines at the end: the numbers that are there."""
    assert np.array_equal(read_starts(csv(tmp_path, text), XY), np.array(starts, dtype=float))


@pytest.mark.parametrize(
    ("content", "piece"),
    [
        ("x,y\n0,5,1,5\n", "row 1 has 4 of 2 fields; a comma ends a field: write 0.5, not 0,5"),
        ("x,y\n1,2\n1,2,3\n", "row 2 has 3 of 2 fields"),
        ("x,y\n1,2\n1\n", "row 2 has 1 of 2 fields; leave none out"),
        ("x,y\n1;2\n", 'separate fields with ","'),
        ('x,y\n"0,5","1"\n', 'column "x", row 1: "0,5" is not a finite number; write 0.5, not 0,5'),
        ("x,x,y\n1,2,3\n", 'two columns "x"'),
        ("x,y,start_x,start_y\n1,2,3,4\n", 'both columns "x" and "start_x"; leave one of them'),
        ("x;y\n1;2\n", 'separated by ";": separate fields with "," and write 0.5, not 0,5'),
        ("x\ty\n1\t2\n", 'separated by tabs: separate fields with ","'),
        ("x|y\n1|2\n", 'separated by "|": separate fields with ","'),
        ("sep=;\nx;y\n1;2\n", 'separated by ";"'),
        ("x,y\n1,2\n".encode("utf-16"), 'not a text in UTF-8; save it as "CSV UTF-8"'),
        ("x,y\n1,2\n".encode("utf-16-le"), 'not a text in UTF-8; save it as "CSV UTF-8"'),
        ("x,y,größe\n1,2,3\n".encode("cp1252"), 'not a text in UTF-8; save it as "CSV UTF-8"'),
        ("x,y\n1,2\n\n3,4\n", "row 2 is blank"),
        ("x,y\n1,2\n3,\n", 'column "y", row 2: a number is missing'),
        ("x,y\n1,2\n# done\n", "row 2 has 1 of 2 fields"),
        ("# starts\nx,y\n1,2\n", 'has no column "x" or "start_x"; its columns are # starts'),
        ("# starts\nx,y\n1,2\n", "remove the lines above the one that names the columns"),
        ("x,Y\n1,2\n", 'its columns are x, Y; rename "Y" to "y"'),
        ("x [m],y\n1,2\n", 'rename "x [m]" to "x"'),
        ("1,2\n3,4\n", "its columns are 1, 2; its first line names the columns, as in x,y"),
        ("x y\n1 2\n", 'it is separated by spaces: separate fields with ","'),
        ("x;y\n0,5;1,5\n", 'separated by ";": separate fields with "," and write 0.5, not 0,5'),
        ("xx\u202e,y\n1,2\n", 'its columns are xx\\u202e, y'),
        ("xvelocity,y\u202e\n1,2\n", "its columns are xvelocity, y\\u202e"),
        ("\nx,y\n1,2\n", "has no header"),
        ("x,y\n", "has no rows"),
        ("", "is empty"),
        ('x,y\n"1,2\n', "cannot be read: unexpected end of data"),
        ('x,y\n"1"0,2\n', "cannot be read: ',' expected after"),
        *((f"x,y\n1,2\n{word},1\n", f'column "x", row 2: "{word}" is not a finite number') for word in
          ("True", "two", "inf", "-Infinity", "nan", "NA", "0x10", "1_000", "1 000", "1'000", "1e999", "1d5", "1%", "-",
           ".", "e5", "1e", "--1", "2026-01-01", "12:30", "1/2", "1j", "#REF!")),
        ("x,y\n\u0661,2\n", '"\u0661" is not a finite number'),
        ("x,y\n1\u202e,2\n", '"1\\u202e" is not a finite number'),
        ("x,y\n1e-999,2\n", 'no double is "1e-999"; write 0'),
        ("x,y\n9007199254740993,2\n", 'no double is "9007199254740993"; round it'),
        ("x,y\n" + "1" * 400 + ",2\n", "is not a finite number"),
        ("x,y\n" + "0" * 5000 + ",2\n", "is not a finite number"),
        ("x,y\n" + "1" * 2**17 + "x,2\n", "cannot be read: field larger than field limit"),
        ("x,y\n1,\0" + "2\n", "not a text in UTF-8"),
        (b"PK\x03\x04\xff\xfe", "not a text in UTF-8"),
    ],
    ids=lambda value: repr(value)[:25],
)  # fmt: skip
def test_what_is_refused_in_text(tmp_path, content, piece):
    """All that could be read in two ways, or in none."""
    assert piece in refusal(csv(tmp_path, content))


def test_a_line_without_end_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """A file that is one line of gigabytes takes no gigabytes."""
    from multistart.files.columns import text

    monkeypatch.setattr(text, "LONGEST_LINE", 1000)
    assert "a line of more than 1,000 characters" in refusal(csv(tmp_path, "x,y\n" + "1" * 2000))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([datetime.datetime(2026, 1, 1)]),
        pa.array([datetime.date(2026, 1, 1)]),
        pa.array([datetime.time(12)]),
        pa.array([datetime.timedelta(1)]),
        pa.array([b"12345678"]),
        pa.array([b"12345678"], pa.binary(8)),
        pa.array(["1.5"]),
        pa.array([True]),
        pa.array([decimal.Decimal("1.5")]),
        pa.array([None]),
        pa.array(["1.5"]).dictionary_encode(),
        pa.array([[1.5]]),
        pa.array([{"x": 1.5}]),
    ],
    ids=lambda column: str(column.type)[:20],
)
def test_what_is_no_number_in_parquet_is_refused(tmp_path, column):
    """Times, texts, bytes, truth values, decimals, categories and nested values are never taken as numbers."""
    assert 'column "x" holds' in refusal(parquet(tmp_path, x=column, y=pa.array([1.0])))


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32()])
def test_numbers_in_parquet_are_read_exactly(tmp_path, kind):
    """Integers and floats of every width."""
    column = pa.array(np.array([1, 3, 100]).astype(kind.to_pandas_dtype()), kind)
    assert read_starts(parquet(tmp_path, x=column, y=[1.0, 2.0, 3.0]), XY)[:, 0].tolist() == [1, 3, 100]


@pytest.mark.parametrize(
    ("column", "piece"),
    [
        (pa.array([2**53, 2**53 + 1]), f'row 2: no double is "{2**53 + 1}"'),
        (pa.array([0, 2**64 - 1], pa.uint64()), f'row 2: no double is "{2**64 - 1}"'),
        (pa.array([0, -(2**63) + 1]), f'row 2: no double is "{-(2**63) + 1}"'),
        (pa.array([0.0, None]), "row 2: a number is missing"),
        (pa.array([0.0, np.nan]), 'row 2: "nan" is not a finite number'),
        (pa.array([0.0, -np.inf], pa.float32()), 'row 2: "-inf" is not a finite number'),
    ],
)
def test_values_that_no_double_is_are_refused_in_parquet(tmp_path, column, piece):
    """Missing values, nan, infinities, and integers that a double would round."""
    assert f'column "x", {piece}' in refusal(parquet(tmp_path, x=column, y=[1.0, 2.0]))


def test_columns_of_parquet_are_chosen_as_those_of_text(tmp_path):
    """Two that could be meant, none, no rows, and bytes that are no Parquet."""
    assert 'both columns "x" and "start_x"' in refusal(parquet(tmp_path, x=[1.0], start_x=[2.0], y=[3.0]))
    pq.write_table(pa.table([pa.array([1.0])] * 3, names=["x", "x", "y"]), tmp_path / "starts.parquet")
    assert 'two columns "x"' in refusal(tmp_path / "starts.parquet")
    assert 'has no column "x"' in refusal(parquet(tmp_path, a=[1.0]))
    assert "has no rows" in refusal(parquet(tmp_path, x=pa.array([], pa.float64()), y=pa.array([], pa.float64())))
    (tmp_path / "starts.parquet").write_bytes(b"no parquet")
    assert "cannot be read" in refusal(tmp_path / "starts.parquet")


def test_a_parquet_file_whose_counts_disagree_is_refused(tmp_path):
    """A damaged number of rows, negative even, is never taken as a file without starts."""
    path = parquet(tmp_path, x=np.arange(300.0), y=np.arange(300.0))
    footer = path.read_bytes()
    number = b"\x16\xd8\x04"  # 300 in Thrift's compact protocol, an int64 of the next field
    assert footer.count(number) >= 2
    last = footer.index(number, footer.index(b"schema"))
    path.write_bytes(footer[: last + 1] + b"\xd9" + footer[last + 2 :])  # -301
    assert "its parts do not have the -301 rows" in refusal(path)


def test_a_variable_named_as_the_column_of_another(tmp_path):
    """With variables x and start_x, the column start_x is that of start_x."""
    assert read_starts(csv(tmp_path, "x,start_x\n1,2\n"), ["x", "start_x"]).tolist() == [[1, 2]]
    assert "has no column" in refusal(csv(tmp_path, "start_x,b\n1,2\n"), ["x", "start_x"])


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("a" * 5000 + ".csv", "cannot be read: File name too long"),
        ("a\0b.csv", "a\\x00b.csv cannot be read"),
        ("no/such.csv", "there is no file no/such.csv"),
        ("starts.txt", "neither .csv nor .parquet"),
        ("a\u202e.csv", "there is no file a\\u202e.csv"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_paths_that_are_no_file(path, piece):
    """Too long, with a zero byte, missing, of another kind."""
    assert piece in refusal(path)


def test_what_is_no_regular_file_is_refused(tmp_path):
    """A pipe would wait for ever, a folder has no rows."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.parquet").mkdir()
    for name in ("pipe.csv", "folder.parquet"):
        assert "is no file but a folder, a pipe or a device" in refusal(tmp_path / name)


def test_numbers_in_a_file_are_read_exactly(tmp_path):
    """A start that was written with 17 digits is the same start when it is read."""
    rng = np.random.default_rng(2026)
    points = rng.normal(size=(5000, 2)) * 10.0 ** rng.integers(-300, 300, size=(5000, 2))
    text = "y,x\n" + "".join(f"{y!r},{x!r}\n" for x, y in points.tolist())
    assert np.array_equal(read_starts(csv(tmp_path, text), XY), points)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_any_rows_are_those_of_the_whole(tmp_path, suffix, monkeypatch):
    """A slice, a few picked rows and the batches are the whole, however the file is cut."""
    monkeypatch.setattr(starts_file, "BATCH", 16)
    points = np.random.default_rng(1).random((100, 2))
    path = tmp_path / f"starts.{suffix}"
    table = pd.DataFrame(points, columns=XY)
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path, row_group_size=7)
    assert count_starts(path, XY) == 100
    for first, last in ((0, 100), (0, 1), (99, 100), (15, 17), (40, 40), (6, 21)):
        assert np.array_equal(read_starts(path, XY, (first, last)), points[first:last])
    assert [len(part) for part in batches(path, XY)] == [16] * 6 + [4]
    assert np.array_equal(np.concatenate(list(batches(path, XY))), points)
    assert np.array_equal(pick_starts(path, XY, np.array([0, 3, 50, 99])), points[[0, 3, 50, 99]])
    with pytest.raises(InputError, match="has 100 rows, fewer than the 101"):
        read_starts(path, XY, (90, 101))


def test_a_few_rows_of_many_take_little_memory(tmp_path, monkeypatch):
    """Of ten million rows in a file of 100 kB, ten are read in a few batches' memory, not in 160 MB."""
    from multistart.files.columns import parquet as reader

    def watched(*given):
        held.append(pa.total_allocated_bytes() - before)
        return numbers(*given)

    numbers, held = reader._numbers, []
    monkeypatch.setattr(reader, "_numbers", watched)
    many = pa.array(np.zeros(10**7))
    path = parquet(tmp_path, x=many, y=many)
    del many
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    starts = read_starts(path, XY, (5 * 10**6, 5 * 10**6 + 10))
    _, peak = tracemalloc.get_traced_memory()  # NumPy's part
    tracemalloc.stop()
    assert len(starts) == 10
    assert peak < 20e6
    assert len(held) == 2
    assert max(held) < 20e6
