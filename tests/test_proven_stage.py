"""The job that proves shares: what it writes of a study, and that labels are held to it."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from multistart.box import Box
from multistart.counts.counter import coordinates
from multistart.descents.outcomes import LABELS
from multistart.errors import ConfigError, MultistartError
from multistart.figures.drawing import figure_of
from multistart.figures.pixels import pixels_on
from multistart.files.results import PROVEN_CELLS
from multistart.files.whole_files import checksum
from multistart.minima import Minima
from multistart.reachability import UNDECIDED
from multistart.reachability.forks import in_forks
from multistart.study import load_study, storage
from multistart.study.certify import read_certificate
from multistart.study.label import label_parts
from multistart.study.measure import measures_writer
from multistart.study.prove_shares import write_cells
from multistart.study.proven_cells import UNMAPPED, basins_of, check_labels, proven_radii, read_cells
from tests.figure_scenes import DOUBLE_WELL, make
from tests.staged import files_of, run, summary

GD = {"optimizer": "gradient_descent", "learning_rate": 0.5, "max_steps": 200}
WELL = {
    "study": "well", "objective": {"name": "double_well"}, "domain": {"x": [-2.2, 2.2]}, "arena": {"widen": 0.5},
    "starts": {"design": "jittered_grid", "per_axis": 500, "seed": 2},
    "methods": {"gd": GD, "adam": {"optimizer": "adam", "learning_rate": 0.1}}, "proven_shares": {"max_cells": 400},
}  # fmt: skip


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    """The double well under two methods, of one of which shares are proven."""
    study, folder = load_study(WELL), tmp_path_factory.mktemp("proven")
    run(study, folder, together=True)
    return study, folder


def test_shares_have_proven_bounds_around_what_is_sampled(well):
    """Of both minima and of none; 1 is between the sums of bounds, and a half between those of each minimum."""
    _, folder = well
    shares = storage.read_csv(folder / "gd/shares.csv").set_index("basin")
    low, high = shares["proven_low"], shares["proven_high"]
    assert low.sum() <= 1 <= high.sum()
    assert (high - low).max() < 1e-3
    assert (low[[0, 1]] <= 0.5).all()
    assert (high[[0, 1]] >= 0.5).all()
    assert ((shares["share"] - low).abs() < 2 / 500).all()
    assert storage.read_csv(folder / "adam/shares.csv")[["proven_low", "proven_high"]].isna().all(axis=None)
    assert not (folder / "adam" / PROVEN_CELLS).exists()


def test_cells_have_the_numbers_of_the_study(well):
    """Each minimum lies in a cell of its own basin, and every start in a proven cell has that basin."""
    _, folder = well
    cells, basins = read_cells(folder / "gd" / PROVEN_CELLS, ("x",)), storage.read_csv(folder / "gd/basins.csv")
    assert cells.verdict_at(basins[["x"]].to_numpy()).tolist() == basins["basin"].tolist()
    rows = pd.read_parquet(folder / "gd/outcomes.parquet")
    verdict = cells.verdict_at(rows[["start_x"]].to_numpy())
    assert (verdict >= 0).mean() > 0.95
    assert (rows["basin"][verdict >= 0] == verdict[verdict >= 0]).all()


def test_a_label_that_contradicts_a_proof_is_an_error_that_names_the_start(well, tmp_path):
    """With a cell's basin turned into the other one, and into none, no row is written."""
    study, folder = well
    files = files_of(study, folder)["gd"]
    frame = storage.read_frame(files.table(PROVEN_CELLS))
    row = int((frame["high_x"] - frame["low_x"]).where(frame["basin"] == 0).idxmax())
    for wrong in (1, -1, UNMAPPED):
        path = tmp_path / PROVEN_CELLS
        storage.write_frame(path, frame.assign(basin=frame["basin"].where(frame.index != row, wrong).astype("int32")))
        with pytest.raises(MultistartError, match="contradict each other") as error:
            list(label_parts(study, "gd", replace(files, folder=_copied(files, tmp_path)), study.parts, proven=path))
        place = float(re.search(r"from \((.*?)\)", str(error.value))[1])
        assert frame["low_x"][row] <= place <= frame["high_x"][row]
        assert "gd: " in str(error.value)
        assert f"is proven to have {wrong}" in str(error.value)
    assert not list(tmp_path.glob("outcomes*"))


def test_a_start_in_a_proven_cell_counts_as_proven(well):
    """Whether or not its end lies in an attraction ball; a start in an undecided cell keeps the label that it has."""
    study, folder = well
    files, variables = files_of(study, folder)["gd"], study.objective.variables
    cells = read_cells(files.table(PROVEN_CELLS), variables)
    minima = Minima.from_table(storage.read_columns(files.minima), variables)
    (rows,) = storage.read_rows([files.outcomes])
    largest = np.argmax((cells.high - cells.low)[:, 0])
    cells = replace(cells, verdict=np.where(np.arange(len(cells.verdict)) == largest, UNDECIDED, cells.verdict))
    verdict = cells.verdict_at(coordinates(rows, "start", variables))
    assert {UNDECIDED, 0, 1} <= set(verdict.tolist())
    rows["label"] = np.full_like(rows["label"], LABELS.index("numeric"))
    check_labels(cells, rows, variables, minima, study.domain, "gd")
    assert (rows["label"] == np.where(verdict >= 0, LABELS.index("proven"), LABELS.index("numeric"))).all()


def _copied_ends(made, folder):
    """A folder with all that a method's boundaries are measured by."""
    for name in ("ends", "cycles.csv"):
        (folder / name).symlink_to(made / name)
    return folder


def _copied(files, folder):
    """A folder with the descents of a method, to label again."""
    if not (folder / "parts").exists():
        (folder / "parts").symlink_to(files.folder / "parts")
        (folder / "ends").symlink_to(files.folder / "ends")
    return folder


def test_cells_are_the_same_bytes_for_any_threads(well, tmp_path):
    """With one thread and with three."""
    study, folder = well
    files = files_of(study, folder)["gd"]
    made = replace(files, folder=tmp_path)
    write_cells(study, "gd", made, threads=1)
    one = checksum(made.table(PROVEN_CELLS))
    write_cells(study, "gd", made, threads=3)
    assert checksum(made.table(PROVEN_CELLS)) == one == checksum(files.table(PROVEN_CELLS))


def test_work_in_forks_is_given_back_in_order_or_is_an_error():
    """More than a pipe holds, from each; and a fork that ends by itself is no result."""
    assert [len(part) for part in in_forks(lambda number: bytes(10**6 * number), 3)] == [0, 10**6, 2 * 10**6]
    with pytest.raises(MultistartError, match="without a result"):
        in_forks(lambda number: bytes(10**6) if number != 1 else os._exit(3), 3)


def test_minima_are_mapped_by_enclosure(well):
    """In any order of the study, and to none where no start reached them; two in one enclosure are an error."""
    _, folder = well
    certificate, table = read_certificate(folder / "certificate.json"), storage.read_csv(folder / "minima.csv")
    minima = Minima.from_table(table, ("x",))
    own = basins_of(certificate, minima)
    assert sorted(own) == [0, 1]
    columns = {name: column for name, column in vars(minima).items() if column is not None}
    turned = Minima(**{name: column[::-1] for name, column in columns.items()})
    assert basins_of(certificate, turned) == own[::-1]
    one = Minima(**{name: column[:1] for name, column in columns.items()})
    assert sorted(basins_of(certificate, one)) == [UNMAPPED, 0]
    twice = Minima(**{name: column[[0, 0]] for name, column in columns.items()})
    with pytest.raises(MultistartError, match="position_tolerance"):
        basins_of(certificate, twice)


def test_the_summary_says_between_what_shares_are(well):
    """The words of the tables' bounds, rounded outward; and of which method nothing is proven."""
    study, folder = well
    text = summary(study, folder).markdown
    shares = storage.read_csv(folder / "gd/shares.csv").set_index("basin")
    said = re.findall(r"- at minimum (\d) between ([\d.]+) % and ([\d.]+) % of the domain, proven; sampled", text)
    assert [int(basin) for basin, *_ in said] == [0, 1]
    for basin, low, high in said:
        assert float(low) / 100 <= shares["proven_low"][int(basin)] <= shares["proven_high"][int(basin)]
        assert shares["proven_high"][int(basin)] <= float(high) / 100
    assert "- at no minimum between 0 % and" in text
    assert "No share is proven of this method, which has optimizer: adam" in text


def test_proven_cells_say_how_far_no_displacement_leaves_a_basin(well, tmp_path):
    """Of the double well at a rate of .5 the nearest edges are exact: sqrt 3 - 1 from each minimum, and no further."""
    study, folder = well
    minima = Minima.from_table(storage.read_csv(folder / "minima.csv"), ("x",))
    cells = read_cells(folder / "gd" / PROVEN_CELLS, ("x",))
    exact = 3**0.5 - 1
    radii = proven_radii(cells, minima, study.domain)
    assert (radii <= exact).all()
    assert (radii > exact - 1e-6).all()
    assert proven_radii(cells, minima, Box({"x": (-1.5, 2.2)})).min() == pytest.approx(0.5, abs=1e-9)
    files = replace(files_of(study, folder)["gd"], folder=_copied_ends(folder / "gd", tmp_path))
    measures_writer(study, "gd", files, descents=2000, threads=2, proven=folder / "gd" / PROVEN_CELLS)()
    shocks = storage.read_csv(tmp_path / "shocks.csv")
    assert (shocks["low"] == radii).all()
    assert (shocks["low"] <= shocks["high"]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"proven_shares": {}}, "proven_shares.max_cells: is missing"),
        ({"proven_shares": {"max_cells": 0}}, "proven_shares.max_cells: got 0"),
        ({"proven_shares": {"max_cells": 10, "width": 1.5}}, "proven_shares.width: got 1.5"),
        ({"methods": {"adam": {"optimizer": "adam", "learning_rate": 0.1}}}, "adam has optimizer: adam"),
        ({"methods": {"a": GD | {"stopping": "certified"}}}, "a has stopping: certified"),
        ({"methods": {"a": GD | {"learning_rate": {"x": 0.1}}}}, "not one constant number"),
        ({"methods": {"a": GD | {"gradient_tolerance": 0}}}, "gradient_tolerance: 0"),
        (
            {"objective": {"name": "sphere", "dimensions": 4}, "domain": {f"x{i}": [-1, 1] for i in range(1, 5)},
             "starts": {"design": "uniform", "count": 10}},
            "1 to 3 dimensions, and the function has 4",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_proven_is_refused_before_any_work(change, said):
    """With the key, what was given, and what to do."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_study(WELL | change)


def test_pixels_are_those_of_the_cell_that_their_middle_is_in():
    """Of cells of two sizes each pixel is in one, and the small one has its own."""
    across = np.array([0.0, 0.5, 0.5, 0.75]), np.array([0.5, 1.0, 0.75, 1.0])
    up = np.array([0.0, 0.5, 0.0, 0.0]), np.array([1.0, 1.0, 0.5, 0.5])
    image = np.full((8, 8), -1)
    rows, columns, cell = pixels_on((8, 8), across, up)
    assert len(rows) == 64
    image[rows, columns] = cell
    assert image[0].tolist() == [0, 0, 0, 0, 2, 2, 3, 3]
    assert image[7].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_the_picture_shows_each_verdict_with_its_bounds():
    """In two dimensions each quarter has the colour of its verdict, and the legend its share."""
    from multistart.functions.objective import Objective

    f = Objective.from_expression(f"{DOUBLE_WELL} + y**2", ["x", "y"])
    scene = make(f, Box({"x": (-2, 2), "y": (-2, 2)}), [(-1, 0), (1, 0)], 8)
    cells = pd.DataFrame({
        "low_x": [-2.0, -2.0, 0.0, 0.0], "low_y": [-2.0, 0.0, -2.0, 0.0],
        "high_x": [0.0, 0.0, 2.0, 2.0], "high_y": [0.0, 2.0, 0.0, 2.0], "basin": [0, -1, 1, -2],
    })  # fmt: skip
    bounds = pd.DataFrame({"basin": [0, 1, -1], "proven_low": 0.25, "proven_high": 0.5})
    figure = figure_of("proven_cells", replace(scene, proven=cells, bounds=bounds))
    image = figure.axes[0].get_images()[0].get_array()
    size = len(image)
    middles = [image[size // 4 + i, size // 4 + j] for i, j in ((0, 0), (size // 2, 0), (0, size // 2))]
    assert len({tuple(np.round(colour, 3)) for colour in middles}) == 3
    quarter = image[size // 2 :, size // 2 :]
    assert 0.3 < (quarter > 0.9).all(axis=2).mean() < 0.7  # lines on paper
    said = [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]
    assert any("25.00 to 50.00" in text and text.startswith("0 lowest") for text in said)
    assert any(text.startswith("at no proven minimum") for text in said)
    assert any(text.startswith("undecided: 25.01") or text.startswith("undecided: 25.00") for text in said)


def test_the_picture_of_one_dimension_has_intervals(well):
    """Those side by side with one verdict are one, and an undecided one can be seen however narrow it is."""
    from multistart.study.draw import scene

    study, folder = well
    names = ("basins.csv", "tally.parquet", "shares.csv", "estimates.csv", PROVEN_CELLS)
    drawn = scene(study, "gd", [folder / "gd" / name for name in names])
    figure = figure_of("proven_cells", drawn)
    verdicts = drawn.proven.sort_values("low_x")["basin"]
    runs = int((verdicts != verdicts.shift()).sum())
    collections = figure.axes[0].collections
    assert sum(len(c.get_paths()) for c in collections) == runs
    assert any(c.get_linewidth()[0] > 0.5 and c.get_hatch() for c in collections)
