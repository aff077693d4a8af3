"""How starts are cut into parts, parts into jobs, and where the files of both are."""

import os
from itertools import chain

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistart.files import parts
from multistart.files.parts import part_named, parts_of, runs
from multistart.files.results import MethodFiles, timings
from multistart.functions.objective import named
from multistart.minima import find_minima
from multistart.minima.find import distinct
from multistart.study import storage


@pytest.fixture
def tens(monkeypatch):
    """Parts of ten starts."""
    monkeypatch.setattr(parts, "PART", 10)


@given(st.integers(1, 10**8), st.integers(1, 300))
def test_parts_in_runs_are_all_rows_once(starts, jobs):
    """In order, without a gap; all runs but the last have one length, a power of two, and are no more than wanted."""
    cut = parts_of(starts)
    ends = [0, *(part.last for part in cut)]
    assert [part.first for part in cut] == ends[:-1]
    assert ends[-1] == starts
    assert {len(part) for part in cut[:-1]} <= {parts.PART}
    assert [part_named(f"x/{part.name}.parquet") for part in cut] == cut
    taken = runs(cut, jobs)
    assert list(chain.from_iterable(taken)) == cut
    assert len(taken) <= min(jobs, len(cut))
    (length,) = {len(run) for run in taken[:-1]} or {1}
    assert length & (length - 1) == 0


@given(st.integers(1, 10**8), st.integers(1, 10**8), st.integers(1, 50), st.integers(1, 50))
def test_a_part_has_one_name_whatever_the_study(few, many, some, more):
    """Whole parts are those of a larger study; runs of another number of jobs are made of whole runs, or make them."""
    few, many = sorted((few, many))
    assert {p for p in parts_of(few) if len(p) == parts.PART} <= set(parts_of(many))
    short = parts_of(few)[-1]
    assert (short.name == parts_of(many)[short.number - 1].name) == (short == parts_of(many)[short.number - 1])
    cuts = [{run[0].number for run in runs(parts_of(many), jobs)} for jobs in (some, more)]
    assert cuts[0] <= cuts[1] or cuts[1] <= cuts[0]


def test_a_file_of_another_name_is_no_part():
    """What is not named by a part is refused."""
    with pytest.raises(ValueError, match=r"other\.parquet is not named by a part"):
        part_named("parts/other.parquet")


def test_a_folder_of_rows_holds_the_parts_of_its_study_alone(tmp_path, tens):
    """What other numbers of parts left goes, for a reader would count it; a user's own file stays."""
    files = MethodFiles(tmp_path / "gd", tmp_path)

    def write(starts):
        cut = parts_of(starts)
        files.clear_outcomes(cut)
        for part in cut:
            frame = pd.DataFrame({"steps": np.arange(part.first, part.last)})
            storage.write_bytes(files.labelled(part, cut), frame.to_parquet())
        assert pd.read_parquet(files.outcomes)["steps"].tolist() == list(range(starts))

    for starts in (25, 8, 45, 31, 10):
        write(starts)
    assert files.outcomes.is_file()
    assert sorted(os.listdir(files.folder)) == [".outcomes.parquet.sha256", "outcomes.parquet"]
    files.clear_outcomes(parts_of(20))
    (files.outcomes).mkdir()
    (files.outcomes / "own.txt").write_text("a note")
    files.clear_outcomes(parts_of(20))
    assert (files.outcomes / "own.txt").exists()


def test_the_time_of_the_descents_is_that_of_the_jobs_that_made_the_parts(tmp_path, tens):
    """Of timings of the same parts the newest counts; where a part has none, nothing is said."""
    cut = parts_of(40)
    for moment, name in enumerate(("gd_1_to_4", "gd_1_to_2", "gd_2_3_to_4", "gd_3_to_3")):
        file = tmp_path / f"descend_{name}.tsv"
        file.write_text("s\n1\n")
        os.utime(file, (moment, moment))
    assert timings(tmp_path, "gd", cut) == []
    (tmp_path / "descend_gd_4_to_4.tsv").write_text("s\n1\n")
    found = {file.name for file in timings(tmp_path, "gd", cut)}
    assert found == {f"descend_gd_{name}.tsv" for name in ("1_to_2", "3_to_3", "4_to_4")}


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
