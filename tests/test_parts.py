"""How starts are cut into parts and pieces, in which order these are merged, and where the files of all are."""

import os
from collections import Counter
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistart.files import parts, results
from multistart.files.parts import Rows, part_named, parts_of, pieces_of, tree
from multistart.files.results import MethodFiles, timing, timings
from multistart.functions.objective import named
from multistart.minima import find_minima
from multistart.minima.find import distinct
from multistart.study import storage, summarize


@pytest.fixture
def tens(monkeypatch):
    """Parts of ten starts."""
    monkeypatch.setattr(parts, "PART", 10)


@given(st.integers(1, 10**7), st.integers(1, 3000))
def test_pieces_are_all_rows_once(starts, jobs):
    """In order, without a gap, each in a part: as many as are asked for, unless they would be too short or many."""
    cut = parts_of(starts)
    assert {len(part) for part in cut[:-1]} <= {parts.PART}
    pieces = pieces_of(cut, jobs)
    for rows in (cut, pieces):
        ends = [0, *(each.last for each in rows)]
        assert [each.first for each in rows] == ends[:-1]
        assert ends[-1] == starts
        assert [part_named(f"x/{each.name}.parquet") for each in rows] == rows
    assert all(
        cut[piece.number - 1].first <= piece.first < piece.last <= cut[piece.number - 1].last for piece in pieces
    )
    length, most = max(map(len, pieces)), max(Counter(piece.number for piece in pieces).values())
    assert most <= parts.MOST
    assert len(pieces) >= jobs or length < 2 * parts.FEWEST or 2 * most > parts.MOST
    assert (len(pieces) == len(cut)) == (jobs <= len(cut) or starts <= parts.FEWEST)


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(1, 3000), st.integers(1, 3000))
def test_a_part_has_one_name_whatever_the_study(few, many, some, more):
    """Whole parts are those of a larger study; more jobs cut what fewer do. A name never means two things."""
    few, many = sorted((few, many))
    assert {p for p in parts_of(few) if len(p) == parts.PART} <= set(parts_of(many))
    short = parts_of(few)[-1]
    assert (short.name == parts_of(many)[short.number - 1].name) == (short == parts_of(many)[short.number - 1])
    fewer, finer = (pieces_of(parts_of(many), jobs) for jobs in sorted((some, more)))
    assert {piece.first for piece in fewer} <= {piece.first for piece in finer}
    rows = {piece.name: piece for piece in pieces_of(parts_of(few), some)}
    assert all(rows.get(piece.name, piece) == piece for piece in (*fewer, *finer))


@given(st.integers(1, 500), st.integers(1, 500), st.integers(2, 9))
def test_a_tree_merges_all_in_order(few, many, fan):
    """What is left is at most the fan, and so is what any file is merged of: put back, it is all parts, in their order.

    Files that are full have the name and the contents of those of a larger study.
    """
    few, many = sorted((few, many))
    with mock.patch.object(parts, "FAN", fan), mock.patch.object(parts, "PART", 10):
        cut = parts_of(10 * few)
        (left, of), (_, larger) = tree(cut), tree(parts_of(10 * many))
    assert max(len(left), *map(len, of.values()), 2) <= fan
    assert len({rows.name for rows in of}) == len(of)

    def put_back(rows):
        return [part for each in of[rows] for part in put_back(each)] if rows in of else [rows]

    assert [part for rows in left for part in put_back(rows)] == cut
    assert all((put_back(rows)[0].first, put_back(rows)[-1].last) == (rows.first, rows.last) for rows in of)
    assert all(larger[rows] == merged for rows, merged in of.items() if rows in larger)


def test_a_file_of_another_name_is_no_part():
    """What is not named by a part is refused."""
    with pytest.raises(ValueError, match=r"other\.parquet is not named by a part"):
        part_named("parts/other.parquet")


def test_a_folder_of_rows_holds_the_parts_of_its_study_alone(tmp_path, tens):
    """What other numbers of parts left goes, for a reader would count it; a user's own file stays.

    All counts of rows go with them, else no job would make these again for a table that is made of counts.
    """
    files = MethodFiles(tmp_path / "gd", tmp_path)

    def write(starts):
        cut = parts_of(starts)
        files.clear_outcomes(cut)
        for part in cut:
            frame = pd.DataFrame({"steps": np.arange(part.first, part.last)})
            storage.write_bytes(files.labelled(part, cut), frame.to_parquet())
            if len(cut) > 1:
                storage.write_text(files.counts(part), "counts")
                storage.write_text(files.counts(Rows(0, part.last)), "counts of all so far")
        counted = [files.counts(rows) for part in cut for rows in (part, Rows(0, part.last)) if len(cut) > 1]
        assert set((files.folder / "counts").glob("*.parquet")) == set(counted)
        assert pd.read_parquet(files.outcomes)["steps"].tolist() == list(range(starts))

    for starts in (25, 8, 45, 31, 10):
        write(starts)
    assert files.outcomes.is_file()
    assert sorted(os.listdir(files.folder)) == [".outcomes.parquet.sha256", "counts", "outcomes.parquet"]
    assert os.listdir(files.folder / "counts") == []
    files.clear_outcomes(parts_of(20))
    (files.outcomes).mkdir()
    (files.outcomes / "own.txt").write_text("a note")
    files.clear_outcomes(parts_of(20))
    assert (files.outcomes / "own.txt").exists()


def test_the_time_of_the_descents_is_that_of_the_jobs_that_made_the_pieces(tmp_path, tens):
    """Those of other pieces do not count, nor those of another method; where a piece has none, nothing is said."""
    cut = parts_of(34)
    for method, piece in (*(("gd", piece) for piece in cut[:3]), ("gd", parts_of(40)[3]), ("slow", cut[3])):
        timing(tmp_path, method, piece).write_text("s\n1\n")
    assert timings(tmp_path, "gd", cut) == []
    timing(tmp_path, "gd", cut[3]).write_text("s\n1\n")
    names = {"part-00001", "part-00002", "part-00003", "part-00004-4-rows"}
    assert {file.name for file in timings(tmp_path, "gd", cut)} == {f"descend-gd-{name}.tsv" for name in names}


def test_of_many_jobs_some_are_timed_for_all(tmp_path, monkeypatch):
    """So many files are read at most, spread over all pieces, and their mean counts for each piece."""
    monkeypatch.setattr(results, "TIMED", 3)
    cut = pieces_of(parts_of(100_000), 10)
    for number, piece in enumerate(cut):
        timing(tmp_path, "gd", piece).write_text(f"s\n{number}\n")
    found = timings(tmp_path, "gd", cut)
    assert len(cut) == 13
    assert found == [timing(tmp_path, "gd", cut[i]) for i in (0, 5, 10)]
    assert summarize._of_all(summarize._seconds(found), len(found), len(cut)) == pytest.approx(5 * 13)
    assert summarize._of_all(None, 3, len(cut)) is None


@pytest.mark.parametrize("function", ["peaks", "himmelblau"])
def test_minima_are_those_of_the_distinct_ends(function):
    """Near the distinct ends of parts of any size the same minima are found as near all ends, bit for bit."""
    f = named(function)
    rng = np.random.default_rng(3)
    at = np.array([place for place, _ in f.minima])
    ends = at[rng.integers(len(at), size=900)] + rng.normal(scale=3e-6, size=(900, 2))
    ends[::7] = rng.uniform(f.domain.low, f.domain.high, size=ends[::7].shape)
    kept = distinct(ends, f.domain)
    assert len(kept) < len(ends)
    for size in (1, 13, 400):
        one_by_one = np.empty((0, 2))
        for first in range(0, len(ends), size):
            one_by_one = distinct(np.concatenate([one_by_one, ends[first : first + size]]), f.domain)
        np.testing.assert_array_equal(one_by_one, kept)
    every, few = (find_minima(f, points, f.domain) for points in (ends, kept))
    for name, column in vars(every).items():
        np.testing.assert_array_equal(getattr(few, name), column)


def test_cells_on_both_sides_of_zero_are_one():
    """Negative zero is zero: the cell around the corner of the box is one cell."""
    f = named("peaks")
    corner = f.domain.low + f.domain.width * np.array([[1e-8, 0.0], [-1e-8, 0.0], [1e-8, -1e-8]])
    assert len(distinct(corner, f.domain)) == 1
