"""Distinct ends are the same however rows were cut, and in whatever tree pieces are merged; and so is what follows."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from multistart.descents.outcomes import BOUNDED, CONVERGED, CYCLE, STATIONARY, STEP_LIMIT, TRAPPED, Outcomes
from multistart.files import parts
from multistart.files.results import TABLES
from multistart.proofs import Certificate
from multistart.study import Study, certify, descend, load_study, storage
from multistart.study.certify import read_certificate
from multistart.study.descend import ANY_RATE, DOUBLED, DistinctEnds
from tests.small_studies import CONFIG, of_design
from tests.staged import compare, files_of, run, summary

SLOW = pytest.mark.slow
CODES = (CONVERGED, STATIONARY, TRAPPED, CYCLE, BOUNDED, STEP_LIMIT)
#: One method that comes to rest, one that stops in proven balls, and one that goes round.
METHODS = {
    "gd": CONFIG["methods"]["gd"],
    "trapped": CONFIG["methods"]["gd"] | {"stopping": "certified"},
    "wild": CONFIG["methods"]["gd"] | {"learning_rate": 0.12},
}


@cache
def peaks() -> tuple[Study, Certificate | None]:
    """The small study of peaks, and what is proven of it."""
    return load_study(CONFIG), read_certificate(of_design("jittered_grid") / "certificate.json")


def outcomes(seed: int, size: int) -> Outcomes:
    """Ends in few cells, some of which several share, of all endings; those that were trapped in balls of minima."""
    study, certificate = peaks()
    assert certificate is not None
    rng = np.random.default_rng(seed)
    cells = rng.integers(-4, 5, size=(size, 2)) + rng.uniform(-0.2, 0.2, size=(size, 2))
    ends = cells * study.domain.width * 1e-6
    codes = rng.choice(CODES, size=size).astype(np.int8)
    trapped = np.flatnonzero(codes == TRAPPED)
    centers = np.array([minimum.center for minimum in certificate.minima])
    ends[trapped] = centers[rng.integers(len(centers), size=len(trapped))] + rng.uniform(-1e-4, 1e-4, (len(trapped), 2))
    nothing = np.zeros(size)
    return Outcomes(
        start=rng.uniform(-3, 3, size=(size, 2)), end=ends, value=nothing, gradient_norm=nothing,
        curvature_min=nothing, steps=nothing.astype(np.int64), ending_code=codes,
        period=np.zeros(size, dtype=np.int64),
    )  # fmt: skip


def rows_of(out: Outcomes, first: int, last: int) -> Outcomes:
    """Some of the rows."""
    return Outcomes(**{name: column if column is None else column[first:last] for name, column in vars(out).items()})


@settings(max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(0, 90),
    st.lists(st.integers(0, 90), max_size=7),
    st.randoms(),
    st.sampled_from([2**20, 2, 6, 20]),
)
def test_ends_merged_in_any_tree_are_those_of_all_rows(seed, size, cuts, chance, most):
    """Cut anywhere, merged with neighbours in any order, by the columns of files: the ends of all rows, to the bit.

    Of both kinds of orbits the first few of all rows are kept, not of each piece; and of ends at rest so few cells that
    they are as large as those of all rows must be.
    """
    study, certificate = peaks()
    out = outcomes(seed, size)
    with mock.patch.multiple(descend, ORBITS=5, AT_REST=most):

        def ends(rows: Outcomes) -> dict[str, np.ndarray]:
            found = DistinctEnds(study, certificate)
            list(found.passing([storage.outcome_columns(rows, study.objective.variables)]))
            return found.columns()

        at = [0, *sorted(min(cut, size) for cut in cuts), size]
        pieces = [ends(rows_of(out, first, last)) for first, last in pairwise(at)]
        while len(pieces) > 1:
            i = chance.randrange(len(pieces) - 1)
            few = chance.randint(2, 4)
            merged = DistinctEnds(study)
            for columns in pieces[i : i + few]:
                merged.add(columns)
            pieces[i : i + few] = [merged.columns()]
        (found,), expected = pieces, ends(out)
    assert list(found) == list(expected)
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column)
    assert len(expected["x"]) <= size
    balls = certificate.proven_minimum(out.end[out.ending_code == TRAPPED], ANY_RATE)
    centers = np.array([minimum.center for minimum in certificate.minima])[balls[balls >= 0]]
    places = np.stack([expected["x"], expected["y"]], axis=1)
    doubled = int(expected.get(DOUBLED, np.zeros(1))[0])
    event(f"cells doubled {doubled} times")
    at_rest = ~np.isin(expected.get("ending", np.full(len(places), CONVERGED)), (CYCLE, BOUNDED))
    assert at_rest.sum() <= most
    assert doubled or all(
        (np.abs(places - center) <= 1e-6 * study.domain.width).all(axis=1).any() for center in centers
    )
    event(f"{min(len(centers), 3)} trapped in balls")
    if "ending" in expected:
        assert max(np.count_nonzero(expected["ending"] == code) for code in (CYCLE, BOUNDED)) <= 5


@cache
def cut(shards: int, fan: int, part: int) -> Path:
    """The tables of a study of three methods, of parts and pieces of some rows, merged so many at a time."""
    patches = {"PART": part, "FAN": fan, "FEWEST": 3}
    folder = Path(mkdtemp())
    with mock.patch.multiple(parts, **patches):
        study = load_study(CONFIG | {"methods": METHODS, "keep": "none", "execution": {"shards": shards}})
        compare(study, run(study, folder), together=parts.few(study.parts, study.pieces, study.config.keep))
    return folder


@pytest.mark.parametrize(
    ("shards", "fan", "part"), [*(pytest.param(*cut, marks=SLOW) for cut in ((3, 64, 2**20), (1, 2, 41))), (64, 3, 41)]
)
def test_no_table_depends_on_jobs_or_trees(shards, fan, part):
    """In 3 to 36 pieces a method, merged at once or two or three at a time, each table has the bytes of one job's."""
    whole, other = cut(1, 64, 2**20), cut(shards, fan, part)
    tables = ["minima.csv", *(f"{method}/{name}" for method in METHODS for name in TABLES)]
    tables += [f"{method}/{name}.csv" for method in ("trapped", "wild") for name in ("comparison", "changes")]
    for name in tables:
        assert storage.checksum(other / name) == storage.checksum(whole / name), name
    assert len(list((other / "gd/ends").glob("part-*.parquet"))) > 1
    assert (other / "gd/orbits.parquet").exists() == (part == 41)
    assert len(storage.read_columns(whole / "wild/cycles.csv")["x"]) > 0, "orbits were compared"


def test_labels_read_the_ends_of_orbits_alone():
    """What is merged of all pieces is what descents left, those at rest and those in orbits each in a file."""
    folder = cut(64, 3, 41)
    for method, files in files_of(load_study(CONFIG | {"methods": METHODS}), folder).items():
        rest, orbits = pd.read_parquet(files.at_rest), pd.read_parquet(files.orbits)
        assert list(rest.columns) == ["x", "y"]
        assert list(orbits.columns) == ["x", "y", "start.x", "start.y", "ending"]
        assert (len(orbits) > 0) == (method == "wild")
        assert len(rest) > 0
        assert set(orbits["ending"]) <= {"cycle", "bounded"}


#: A line of minima, and one that is alone.
LINE = {
    "objective": {"expression": "(x*y - 1)**2*((x + 2)**2 + (y - 2)**2)/10", "variables": ["x", "y"]},
    "domain": {"x": [-3, 3], "y": [-3, 3]},
    "starts": {"design": "uniform", "count": 70, "seed": 6},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.005, "max_steps": 4000}},
    "certificate": {"max_boxes": 100},
}


def test_of_too_many_ends_some_are_looked_at_everywhere_and_that_is_said(monkeypatch):
    """Where more descents than memory is meant for rest at places of their own, as on a line of minima, one end is
    looked at in each of larger cells: a minimum that is alone is found however late it is reached, estimates and
    summary say how large cells are, and no table depends on parts and trees.
    """
    monkeypatch.setattr(certify, "PILOT", 8)  # of a line each end is looked at in many digits
    study = load_study(CONFIG | LINE)
    usual = run(study, Path(mkdtemp()))
    monkeypatch.setattr(descend, "AT_REST", 16)
    few = run(study, Path(mkdtemp()), together=True)
    monkeypatch.setattr(parts, "PART", 11)
    monkeypatch.setattr(parts, "FAN", 3)
    cut_study = load_study(CONFIG | LINE)
    many = run(cut_study, Path(mkdtemp()))
    for name in ("minima.csv", *TABLES):
        assert storage.checksum(many / name) == storage.checksum(few / name), name
    minima = storage.read_columns(few / "minima.csv")
    assert np.stack([minima["x"], minima["y"]], axis=1) == pytest.approx(np.array([[-2, 2]]))
    first = pd.read_parquet(usual / "outcomes.parquet")["basin"].eq(0).to_numpy().argmax()
    ends = pd.read_parquet(usual / "ends/part-00001-70-rows.parquet")
    assert first > 16, "the first ends are on the line"
    assert (np.abs(ends - [-2, 2]).max(axis=1).to_numpy() < 1e-3).argmax() >= 16
    rows = {folder: storage.read_csv(folder / "estimates.csv").set_index("quantity") for folder in (usual, few)}
    assert "ends_apart" not in rows[usual].index
    apart = rows[few].loc["ends_apart", "value"]
    rest = pd.read_parquet(many / "ends.parquet")
    assert apart == pytest.approx(1e-6 * 2 ** rest[DOUBLED].max())
    assert len(rest) <= 16
    assert "one was looked at" in summary(study, few).markdown
    assert "one was looked at" not in summary(study, usual).markdown
