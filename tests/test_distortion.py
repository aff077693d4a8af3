"""What methods make of the flow's basins: the table is a count of rows, whichever comes first in the config."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from multistart import Box, Method, certify, descend, draw, named
from multistart.counts.pairs import PairCounter, PairedRows, Reached
from multistart.estimates.distortion import distortion_rows
from multistart.figures.comparisons.distortion import share_text
from multistart.figures.drawing import figure_of, render
from multistart.starts.layout import Layout
from multistart.study import load_study
from multistart.study.draw import comparison
from tests.staged import compare, files_of, run, summary

METHODS = {
    "flow": {"optimizer": "gradient_flow", "stopping": "certified"},
    "jumps": {"optimizer": "gradient_descent", "learning_rate": 0.06, "max_steps": 300},
}


def reached(basin: np.ndarray) -> Reached:
    return Reached(basin, np.ones(len(basin), np.int64))


def test_rows_are_a_count_of_the_starts_that_change() -> None:
    """With the flow first and second; totals are those of all, and of changes between two minima; -1 is a basin."""
    rng = np.random.default_rng(3)
    flow, method = rng.integers(-1, 3, (2, 400))
    layout, found = Layout.of("uniform", 400), {}
    for first in (True, False):
        pair = (flow, method) if first else (method, flow)
        counts = PairCounter(layout, frozenset([0])).of(PairedRows(*map(reached, pair)), 0)
        assert counts.moves is not None
        found[first] = distortion_rows(counts.moves, flow_first=first)
    pd.testing.assert_frame_equal(found[True], found[False])
    rows = found[True].set_index(["basin_flow", "basin"])["count"]
    for i in range(-1, 3):
        for j in range(-1, 3):
            assert rows.get((str(i), str(j)), 0) == (((flow == i) & (method == j)).sum() if i != j else 0)
    assert rows["any", "any"] == (flow != method).sum()
    assert rows["minimum", "minimum"] == ((flow != method) & (flow >= 0) & (method >= 0)).sum()
    assert (found[True]["share"] * 400).round(9).tolist() == found[True]["count"].tolist()
    assert (found[True]["low"] <= found[True]["share"]).all()


@pytest.mark.parametrize("order", [("jumps", "flow"), pytest.param(("flow", "jumps"), marks=pytest.mark.slow)])
def test_a_study_has_its_distortion_in_table_words_and_picture(order: tuple[str, str], tmp_path: Path) -> None:
    """The counts are those of changes.csv, in either order; the words and the picture say the share of the table."""
    study = load_study(
        {
            "study": "two",
            "objective": {"name": "peaks"},
            "domain": {"x": [-1.5, 1.5], "y": [-1.5, 1.5]},
            "starts": {"design": "jittered_grid", "per_axis": 40, "seed": 1},
            "methods": {name: METHODS[name] for name in order},
        }
    )
    folder = compare(study, run(study, tmp_path, together=True))
    last = files_of(study, folder)[order[1]]
    table, changes = (pd.read_csv(last.table(name)) for name in ("distortion.csv", "changes.csv"))
    assert set(table["method"]) == {"jumps"}
    one, other = ("from", "to") if order[0] == "flow" else ("to", "from")
    moved = changes[changes["from"] != changes["to"]]
    wanted = {(str(row[one]), str(row[other])): row["count"] for row in moved.to_dict("records")}
    rows = table.set_index(["basin_flow", "basin"])["count"].to_dict()
    assert rows.pop(("any", "any")) == moved["count"].sum()
    between = moved[(moved["from"] >= 0) & (moved["to"] >= 0)]["count"].sum()
    assert rows.pop(("minimum", "minimum")) == between
    assert rows == wanted
    text = summary(study, folder).markdown
    assert "## What steps make of the basins" in text
    assert "to another minimum than with the flow" in text
    assert "is not proven: its curve was followed with errors" in text
    outcomes = pd.read_parquet(files_of(study, folder)["flow"].outcomes)
    assert set(outcomes["label"]) <= {"numeric", "none"}
    files = [f for m in files_of(study, folder).values() for f in m.folder.iterdir() if f.is_file()]
    shown = comparison(study, files)
    figure = figure_of("distortion", shown)
    said = " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize")))
    assert share_text(table, "jumps").partition(" (")[0] in said
    assert len(render(figure, "png", 60)) > 5000


@pytest.mark.slow
def test_gradient_descent_distorts_peaks_as_was_measured() -> None:
    """From 102,400 starts .02 % go to another minimum at the rate .01, .12 % at .06; with a band."""
    f, box, arena = named("peaks"), Box({"x": (-3, 3), "y": (-3, 3)}), Box({"x": (-9, 9), "y": (-9, 9)})
    starts, certificate = draw("jittered_grid", box, per_axis=320, seed=2026), certify(f, arena)
    centers = np.array([p.attraction.center for p in certificate.minima])

    def basins(method: Method) -> np.ndarray:
        out = descend(f, method, starts, arena=arena, certificate=certificate, threads=2)
        distance = np.linalg.norm(out.end[:, None] - centers, axis=2)
        arrived = np.isin(out.ending, ("trapped", "converged")) & (distance.min(axis=1) < 1.0)
        return np.where(arrived, distance.argmin(axis=1), -1)

    flow = basins(Method("gradient_flow", stopping="certified"))
    for rate, steps, low, high in ((0.01, 12000, 0.0001, 0.0003), (0.06, 2000, 0.0007, 0.0016)):
        found = basins(Method("gradient_descent", learning_rate=rate, max_steps=steps))
        assert low < ((flow != found) & (flow >= 0) & (found >= 0)).mean() < high
