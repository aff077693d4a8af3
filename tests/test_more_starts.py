"""More starts of a study: what there is of the first ones stays, byte for byte."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart.box import Box
from multistart.counts import row_sample
from multistart.counts.grid import Grid
from multistart.counts.nested import LADDER, MOST, NestedCounter, members, sizes
from multistart.counts.row_sample import merge_rows, sample_rows
from multistart.counts.tally import OutcomeCounter, map_image
from multistart.files import parts
from multistart.methods import Method
from multistart.starts.layout import Layout
from multistart.study import keep, load_study
from multistart.study.compare import write_pairs
from multistart.study.descend import descend_parts
from multistart.study.label import write_counts
from tests.small_studies import CONFIG
from tests.staged import files_of, run
from tests.test_counts import rows

METHODS = CONFIG["methods"] | {"five": CONFIG["methods"]["gd"] | {"max_steps": 5}}
WAVES = {"objective": {"expression": "cos(4*x) + x**2/9", "variables": ["x"]}, "domain": {"x": [-3, 3]}}
KINDS = ("outcomes.parquet", "kept", "counts", "reached", "pairs")
THREE = {"objective": {"name": "styblinski_tang", "dimensions": 3}}


@pytest.mark.parametrize(
    ("design", "keep", "problem"),
    [
        ("sobol", {"sample": 20}, {}),
        pytest.param("uniform", "all", THREE, marks=pytest.mark.slow),
        pytest.param("halton", "none", WAVES, marks=pytest.mark.slow),
    ],
)
def test_what_is_counted_of_a_part_does_not_depend_on_how_many_there_are(
    design: str, keep: Any, problem: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first parts within studies of 100, 101 and 300 starts: labels, counts, pairs have the same bytes."""
    monkeypatch.setattr(parts, "PART", 41)
    config, folder, made = CONFIG | problem | {"methods": METHODS, "keep": keep}, Path(mkdtemp()), {}
    for count in (300, 100, 101):
        study = load_study(config | {"starts": {"design": design, "count": count}})
        files, first = files_of(study, folder), parts.parts_of(count)[:2]
        if not made:
            run(study, folder)
        for method in METHODS:
            descend_parts(study, method, study.parts, files[method], threads=1)
            for kind in KINDS:
                shutil.rmtree(folder / method / kind, ignore_errors=True)
            write_counts(study, method, files[method], first, reached=keep != "all")
        write_pairs(study, files, first)
        found = [path for kind in KINDS for path in folder.glob(f"*/{kind}/part*")]
        made[count] = {path.relative_to(folder): path.read_bytes() for path in found}
    assert len(made[300]) == (10 if keep == "all" else 14)
    assert made[100] == made[101] == made[300]


@settings(max_examples=80)
@given(
    st.integers(1, 30), st.integers(0, 99), st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 320)
)
def test_a_sample_of_more_starts_takes_no_row_that_is_gone(
    size: int, seed: int, lengths: list[int], hashed: int
) -> None:
    """After each part that is added, the sample of all starts is the smallest hashes of what was kept of each part
    when it was labelled, by however many starts before it; and a first part that is the whole study has its sample.
    """
    held = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keep, "HASHED", hashed)
        for number, (first, last) in enumerate(pairwise(np.cumsum([0, *lengths]).tolist()), start=1):
            held.append(keep.may_be_kept(parts.Part(number, first, last), size, seed))
            assert merge_rows(held, size, seed).tolist() == sample_rows(0, last, size, seed).tolist()
            assert number > 1 or held[0].tolist() == sample_rows(0, last, size, seed).tolist()


def test_few_rows_stay_besides_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a sample of n from p parts about n (1 + log p) rows stay in all, and n / 64 of each part after the 64th."""
    n, p, kept = 320, 192, []
    monkeypatch.setattr(keep, "HASHED", 64 * 1000)
    for number in range(1, p + 1):
        kept.append(len(keep.may_be_kept(parts.Part(number, (number - 1) * 1000, number * 1000), n, seed=5)))
    assert sum(kept[:64]) == pytest.approx(n * (1 + np.log(64)), rel=0.1)
    assert sum(kept[64:]) == pytest.approx((p - 64) * n / 64, rel=0.1)


def test_what_may_be_kept_of_a_part_takes_as_long_far_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job hashes as many starts for the ten thousandth part as for the hundredth, and none where no row stays."""
    hashed: list[int] = []
    plain = row_sample.row_hash
    monkeypatch.setattr(row_sample, "row_hash", lambda rows, seed: hashed.append(len(rows)) or plain(rows, seed))
    monkeypatch.setattr(keep, "HASHED", 2**18)
    for number in (100, 10_000):
        keep.may_be_kept(parts.Part(number, number * 2**16, (number + 1) * 2**16), 50, seed=1)
        assert 2**18 <= sum(hashed) < 1.5 * 2**18
        hashed.clear()
    assert len(keep.may_be_kept(parts.Part(1, 0, 2**16), 0, seed=1)) == 0
    assert not hashed


@pytest.mark.parametrize("design", ["uniform", "sobol"])
@pytest.mark.parametrize("replicates", [1, 3])
def test_first_starts_are_counted_by_numbers_that_do_not_depend_on_all(design: str, replicates: int) -> None:
    """The ladder has those that a study shows, and what is counted of each is the sum over its members."""
    replicates = replicates if design == "sobol" else 1
    layout = Layout(design, 600 * replicates, replicates=replicates)
    some = rows(layout.starts, 3)
    counted = NestedCounter(layout, 1).of(some, 0)
    for n in sizes(layout):
        assert n % replicates == 0
        assert n // replicates in LADDER
        inside = members(layout, n, 0, layout.starts, 1)
        assert len(inside) == n
        expected = dict(zip(*np.unique(some.basin[inside], return_counts=True), strict=True))
        assert {basin: k for (size, basin), k in counted.of([n]).numbers.items() if size == n} == expected
    whole = {basin: k for (size, basin), k in counted.of([LADDER[-1] * replicates]).numbers.items()}
    assert whole == dict(zip(*np.unique(some.basin, return_counts=True), strict=True))


@pytest.mark.parametrize("starts", [1, 31, 32, 33, 127, 128, 150, 10**4, 65536, 10**6, 10**8, 10**10])
def test_nested_studies_are_spread_evenly(starts: int) -> None:
    """On a logarithmic axis neighbours are equally far apart, the last is at most half of the study, at least an
    eighth, and there are at most eight.
    """
    found = sizes(Layout("uniform", starts))
    assert len(found) <= MOST
    assert {b // a for a, b in pairwise(found)} <= {4}
    assert (starts / 8 < found[-1] <= starts / 2) if starts >= 32 else not found


@pytest.mark.parametrize(("starts", "cells"), [(1, 1), (150, 6), (10**4, 48), (65536, 120), (10**6, 480), (10**9, 480)])
def test_cells_of_maps_have_four_starts_or_more(starts: int, cells: int) -> None:
    """The largest number of cells that the fine grid can be joined to, of at least four starts each in the mean."""
    study = load_study(CONFIG | {"starts": {"design": "uniform", "count": starts}})
    assert study.map_grid is not None
    assert study.map_grid.shape == (cells, cells)
    assert study.counted_grid == Grid(study.domain, (480, 480))


def test_cells_that_are_joined_count_what_the_coarse_cells_do() -> None:
    """A map counted in fine cells and joined is that of the coarse grid, with those outside of the box left out."""
    box = Box({"x": (0, 1), "y": (0, 1)})
    fine, coarse = Grid(box, (48, 48)), Grid(box, (6, 6))
    some = rows(3000, 5)
    tallies = {
        grid: OutcomeCounter(lowest=0, method=Method(learning_rate=0.1), diagonal=1.4, grid=grid).of(some)
        for grid in (fine, coarse)
    }
    joined = tallies[fine].on(coarse, fine)
    pd.testing.assert_frame_equal(joined.map, tallies[coarse].map)
    assert joined.map["count"].sum() == 3000
    assert (joined.map["cell"] == -1).any()
    for found, expected in zip(map_image(joined, coarse), map_image(tallies[coarse], coarse), strict=True):
        np.testing.assert_array_equal(found, expected)
