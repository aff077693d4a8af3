"""The job that measures boundaries: what it writes of a study, and that it depends on the study alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from multistart.errors import ConfigError
from multistart.files import parts
from multistart.files.results import BOUNDARIES
from multistart.files.whole_files import checksum
from multistart.minima import Minima
from multistart.study import load_study, settings, storage
from multistart.study.boundary import label_function
from multistart.study.boundary_words import paragraphs, read_boundary
from multistart.study.certify import read_certificate
from multistart.study.settings import boundary_descents
from multistart.study.slice import descend_slice
from tests.staged import bound, files_of, run

GD = {"optimizer": "gradient_descent", "learning_rate": 0.02, "max_steps": 400}
PEAKS = {
    "study": "bounded", "objective": {"name": "peaks"}, "domain": {"x": [-3, 3], "y": [-3, 3]},
    "starts": {"design": "jittered_grid", "per_axis": 24, "seed": 3}, "methods": {"gd": GD},
}  # fmt: skip
WELL = {
    "study": "well", "objective": {"name": "double_well"}, "domain": {"x": [-2, 2]},
    "starts": {"design": "grid", "per_axis": 41}, "methods": {"gd": GD | {"learning_rate": 0.5}},
}  # fmt: skip
TANG = PEAKS | {
    "objective": {"name": "styblinski_tang", "dimensions": 3}, "domain": {f"x{i}": [-5, 5] for i in (1, 2, 3)},
    "starts": {"design": "sobol", "count": 64, "seed": 1}, "figures": {"slice": {"at": {"x3": 1.0}}},
}  # fmt: skip
DESCENTS = 12_000


@pytest.fixture(scope="module")
def peaks(tmp_path_factory):
    """A small study of peaks with its boundaries."""
    study, folder = load_study(PEAKS), tmp_path_factory.mktemp("bounded")
    run(study, folder, together=True)
    bound(study, folder, DESCENTS)
    return study, folder


def test_boundaries_go_through_saddles(peaks):
    """Both saddles between two basins lie on a curve between just these, and on no other curve of basins."""
    _, folder = peaks
    edges = storage.read_frame(folder / "boundary.parquet")
    points = storage.read_csv(folder / "critical_points.csv")
    saddles = points.loc[points["kind"] == "saddle", ["x", "y"]].to_numpy()
    between = edges[(edges["first"] >= 0) & (edges["second"] >= 0)]
    places = between[["x", "y"]].to_numpy()
    cell = 6 / 24
    near = [np.hypot(*(places - saddle).T).min() < cell for saddle in saddles]
    assert sum(near) >= 2
    for saddle in saddles[near]:
        rows = between[np.hypot(*(places - saddle).T) < 1.5 * cell]
        assert len(set(rows["curve"])) == 1
        across = rows[["x", "y"]].to_numpy()
        middle, direction = across.mean(axis=0), np.linalg.svd(across - across.mean(axis=0))[2][0]
        away = (saddle - middle) - ((saddle - middle) @ direction) * direction
        assert np.hypot(*away) < 0.1 * cell  # the curve is straight there, as far as a tenth of a cell


def test_a_point_has_its_two_labels_beside_it(peaks):
    """Descents from a bracket's width away on each side have the labels of the row, whatever ran when it was made."""
    study, folder = peaks
    files = files_of(study, folder)["gd"]
    minima = Minima.from_table(storage.read_csv(files.minima), study.objective.variables)
    label = label_function(study, "gd", read_certificate(files.certificate), minima)
    edges = storage.read_frame(files.table("boundary.parquet"))
    sharp = edges[edges["width"] <= 1e-10]
    assert len(sharp) > 100
    places, width = sharp[["x", "y"]].to_numpy(), 6 * sharp["width"].to_numpy()[:, None]
    seen = [label(places + width * step) for step in np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])]
    both = [set(codes) for codes in zip(*(np.maximum(codes, -1).tolist() for codes in seen), strict=True)]
    rows = zip(both, sharp["first"], sharp["second"], strict=True)
    assert np.mean([{first, second} <= found for found, first, second in rows]) > 0.99
    assert ((sharp["first_ending"] == "") == (sharp["first"] >= 0)).all()


def test_the_number_of_threads_changes_no_byte(peaks, tmp_path):
    """All tables of a method, descended by one thread and by two."""
    study, folder = peaks
    before = {name: checksum(folder / name) for name in BOUNDARIES}
    bound(study, folder, DESCENTS, threads=2)
    assert {name: checksum(folder / name) for name in BOUNDARIES} == before


def test_the_words_tell_basins_from_where_the_steps_run_out(peaks):
    """Numbers of points are those of the table; the step limit draws no boundary of a basin."""
    study, folder = peaks
    files = files_of(study, folder)["gd"]
    edges = storage.read_frame(files.table("boundary.parquet"))
    limited = int(((edges["first_ending"] == "step_limit") | (edges["second_ending"] == "step_limit")).sum())
    (said, *_) = paragraphs(read_boundary(files, study.domain), ("x", "y"))
    assert f"both sides: {len(edges) - limited:,} points" in said
    assert f"At {limited:,} further points only the steps run out" in said
    assert limited > 50


def test_in_one_dimension_the_ends_are_said(tmp_path):
    """The double well at rate 0.5: 0, and on both sides the root of 3, below which the first basins end."""
    study = load_study(WELL)
    run(study, tmp_path, together=True)
    bound(study, tmp_path, 2000)
    edges = storage.read_frame(tmp_path / "boundary.parquet")
    np.testing.assert_allclose(edges["x"], [-np.sqrt(3), 0, np.sqrt(3)], atol=1e-9, rtol=0)
    assert edges[["first", "second"]].to_numpy().tolist() == [[0, 1]] * 3
    (said, *_) = paragraphs(read_boundary(files_of(study, tmp_path)["gd"], study.domain), ("x",))
    assert "Basins end at `x` = -1.73205081, 0 and 1.73205081," in said


@pytest.mark.parametrize("keep", ["all", "none"])
def test_edges_of_parts_that_jobs_label_are_those_of_one_part(keep, tmp_path, monkeypatch):
    """Whatever rows stay: the labels that are there give the bytes that the ends of all rows give."""
    study = load_study(WELL)
    run(study, tmp_path / "whole", together=True)
    bound(study, tmp_path / "whole", 400)
    monkeypatch.setattr(parts, "PART", 8)
    study = load_study(WELL | {"keep": keep})
    assert len(study.parts) == 6
    run(study, tmp_path / "cut")
    for piece in study.pieces:
        files_of(study, tmp_path / "cut")["gd"].descended(piece).unlink()
    bound(study, tmp_path / "cut", 400)
    for name in BOUNDARIES:
        assert checksum(tmp_path / "cut" / name) == checksum(tmp_path / "whole" / name), name


def test_a_design_without_cells_has_a_lattice_of_its_own(tmp_path):
    """Uniform starts show the same circle of points, on a lattice that the budget pays for."""
    study = load_study(PEAKS | {"starts": {"design": "uniform", "count": 300, "seed": 1}})
    run(study, tmp_path, together=True)
    bound(study, tmp_path, DESCENTS)
    edges, cells = (storage.read_frame(tmp_path / f"{name}.parquet") for name in ("boundary", "mosaic"))
    assert len(edges) > 100
    assert (edges["curve"] >= 0).mean() > 0.8
    lattice = (cells["cells"] / 2 ** cells["level"]).unique()
    assert len(lattice) == 1
    assert lattice[0] ** 2 <= DESCENTS / 2 / 4


@pytest.fixture(scope="module")
def tang(tmp_path_factory):
    """The folder of a small study in three dimensions."""
    return run(load_study(TANG), tmp_path_factory.mktemp("tang"), together=True)


def test_of_three_dimensions_edges_lie_in_the_plane_of_the_maps(tang):
    """All points have the third coordinate of the slice; a zoom into the plane has it too."""
    study = load_study(TANG)
    descend_slice(study, "gd", tang / "minima.csv", tang / "certificate.json", tang / "slice.parquet",
                  cells=20, threads=1)  # fmt: skip
    bound(study, tang, 6000)
    edges = storage.read_frame(tang / "boundary.parquet")
    assert len(edges) > 50
    assert (edges["x3"] == 1.0).all()
    cross = np.abs(edges[["x1", "x2"]] - 0.156)  # where each coordinate has its maximum
    assert cross.min(axis=1).max() < 0.02


def test_the_budget_is_that_of_the_config_or_follows_from_the_starts():
    """Ten descents a start, 200,000 at most; one of SciPy's methods, 2000 at most; what is given counts."""
    config = PEAKS | {"methods": {"gd": GD, "bfgs": {"optimizer": "scipy", "method": "BFGS", "max_steps": 10}}}
    study = load_study(config)
    assert boundary_descents(study.config, "gd", 576) == 5760
    assert boundary_descents(study.config, "gd", 10**6) == 200_000
    assert boundary_descents(study.config, "bfgs", 10**6) == 2000
    given = load_study(config | {"boundary": {"descents": 0}})
    assert boundary_descents(given.config, "gd", 10**6) == 0


def test_the_plane_beside_scipys_methods_has_fewer_points(tang, tmp_path, monkeypatch):
    """Their descents take a millisecond and more: 64 x 64 of each method, as maps are compared, for 200 x 200."""
    config = TANG | {"methods": {"gd": GD, "bfgs": {"optimizer": "scipy", "method": "BFGS", "max_steps": 10}}}
    study = load_study(config)
    announced = {name: settings.descents_beside(study.config, name, 64, 1)["slice"] for name in study.config.methods}
    assert announced == {"gd": 4096, "bfgs": 4096}
    assert settings.descents_beside(load_study(TANG).config, "gd", 64, 1)["slice"] == 40_000
    monkeypatch.setattr(settings, "OUTSIDE_SLICE_CELLS", 5)
    for name in ("gd", "bfgs"):
        descend_slice(study, name, tang / "minima.csv", tang / "certificate.json", tmp_path / "slice.parquet",
                      cells=7, threads=1)  # fmt: skip
        assert len(storage.read_frame(tmp_path / "slice.parquet")) == 5**2


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"boundary": {"descents": -1}}, "boundary.descents: got -1; give a whole number from 0 to 10^8"),
        ({"boundary": {"budget": 5}}, "boundary.budget: unknown key; allowed here: descents"),
        (
            {"figures": {"zoom": [{"x": [0, 1]}]}},
            "figures.zoom.0: has x; give two numbers [low, high] for each of x, y",
        ),
        ({"figures": {"zoom": [{"x": [0, 1], "y": [1, 40]}]}}, "got [1, 40]; give a part of the domain [-3, 3]"),
        ({"figures": {"zoom": [{"x": [0, 1], "y": [1, 1 + 2**-52]}]}}, "too narrow for starts beside each other"),
        ({"figures": {"zoom": {"x": [0, 1], "y": [0, 1]}}}, "got one box; give a list of boxes"),
        ({"figures": {"zoom": [{"x": [0, 1], "y": [0, 1]}] * 9}}, "has 9 boxes; at most 8 are drawn"),
    ],
)
def test_a_wrong_budget_or_box_is_refused(section, said):
    """In one sentence that names the key, what was given and what to give."""
    with pytest.raises(ConfigError) as refused:
        load_study(PEAKS | section)
    assert said in str(refused.value)


def test_a_table_without_rows_has_its_types(tmp_path):
    """A study with one basin has no edge; its tables are read as they are declared."""
    study = load_study(WELL | {"domain": {"x": [0.5, 1.5]}})
    run(study, tmp_path, together=True)
    bound(study, tmp_path, 400)
    edges = pd.read_parquet(tmp_path / "boundary.parquet")
    assert len(edges) == 0
    (said, *_) = paragraphs(read_boundary(files_of(study, tmp_path)["gd"], study.domain), ("x",))
    assert said.startswith("No edge between two basins was found")
