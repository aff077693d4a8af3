"""A study's estimates: the same from any shards and whatever is kept, right for each design, and said in words."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from multistart.counts import nested
from multistart.counts.row_sample import sample_rows
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import RARE, WITHOUT_MINIMUM
from multistart.estimates.shares import estimate_shares, share
from multistart.files import parts
from multistart.files.results import TABLES
from multistart.starts.designs import draw
from multistart.starts.layout import Layout
from multistart.study import load_study, storage
from multistart.study.read_findings import numbers_of
from multistart.study.spelled import percent_between
from tests.small_studies import CONFIG, DESIGNS, KEPT, finished, in_parts, of_design, of_kept, told
from tests.staged import run

#: All but one that counts as another does, with fewer replicates.
BY_PARTS = [pytest.param(name, marks=[pytest.mark.slow] * (name == "one sobol")) for name in DESIGNS]


@pytest.mark.parametrize("name", BY_PARTS)
def test_parts_and_jobs_do_not_change_a_byte(name: str) -> None:
    """Three to six parts in two jobs give the tables and the rows of one, to the byte, for every design."""
    whole, two = of_design(name), in_parts(name, 2)
    for table in TABLES:
        assert storage.checksum(two / table) == storage.checksum(whole / table), table
    rows = pd.read_parquet(two / "outcomes.parquet")
    pd.testing.assert_frame_equal(rows, pd.read_parquet(whole / "outcomes.parquet"))


def test_jobs_do_not_change_a_byte() -> None:
    """The same parts in one job, in two, or in one each leave the same files: a job takes whole parts alone."""
    one, two, four = (contents(in_parts("two a cell", shards)) for shards in (1, 2, 4))
    assert one == two == four


def contents(folder: Path) -> dict[str, bytes]:
    """All files in the folders of a method and of its study."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@pytest.mark.parametrize("name", DESIGNS)
def test_shares_are_those_of_the_rows(name: str) -> None:
    """shares.csv is what `estimate_shares` makes of the labels of all rows at once, read from outcomes.parquet."""
    given = DESIGNS[name]
    labels = pd.read_parquet(of_design(name) / "outcomes.parquet")["basin"].to_numpy()
    replicates = given.get("replicates", 1)
    grid = {key: given[key] for key in ("per_axis", "per_cell") if key in given}
    expected = estimate_shares(labels.reshape(replicates, -1), given["design"], **grid, basins=range(3))
    found = storage.read_csv(of_design(name) / "shares.csv")
    pd.testing.assert_frame_equal(found.drop(columns=["note", "proven_low", "proven_high"]), expected, check_exact=True)
    assert found[["proven_low", "proven_high"]].isna().all(axis=None)  # which are not asked for
    assert (found["note"] == expected.attrs["method"]).all()


def test_which_designs_have_intervals() -> None:
    """Every design but one that shows no scatter of its own has an interval around each share."""
    for name in DESIGNS:
        table = storage.read_csv(of_design(name) / "shares.csv")
        if name == "one sobol":
            assert table[["low", "high"]].isna().all(axis=None)
        else:
            assert (table["low"] <= table["share"]).all()
            assert (table["share"] <= table["high"]).all()
            assert (table["low"] < table["high"]).all()


def test_a_confidence_widens_the_intervals() -> None:
    """Intervals of 99 % contain those of 95 %, which is what is recorded."""
    wide = finished(estimates={"confidence": 0.99})
    usual = storage.read_csv(of_design("jittered_grid") / "shares.csv")
    wider = storage.read_csv(wide / "shares.csv")
    assert (wider["high"] - wider["low"] > usual["high"] - usual["low"]).all()
    assert storage.read_csv(wide / "estimates.csv").set_index("quantity").loc["confidence", "value"] == 0.99


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_changes_outcomes_alone(name: str) -> None:
    """Rows that are not kept are counted all the same; those kept are the table's own, each with its number."""
    folder, whole = of_kept(name), of_design("jittered_grid")
    for table in TABLES:
        assert storage.checksum(folder / table) == storage.checksum(whole / table), table
    rows, every = pd.read_parquet(folder / "outcomes.parquet"), pd.read_parquet(whole / "outcomes.parquet")
    size = {"none": 0, "sample": 30, "more than there are": 144}[name]
    assert list(rows.columns) == ["row", *every.columns]
    assert rows["row"].tolist() == sample_rows(0, 144, size, 1).tolist()
    words = {"ending": str, "label": str}  # an empty table has no categories
    expected = every.iloc[rows["row"]].reset_index(drop=True).astype(words)
    pd.testing.assert_frame_equal(rows.drop(columns="row").astype(words), expected)


@pytest.mark.parametrize("name", ["none", "sample"])
def test_a_sample_is_the_same_for_any_parts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kept rows are chosen by their numbers among all, so parts do not move them."""
    whole = pd.read_parquet(of_kept(name) / "outcomes.parquet")
    monkeypatch.setattr(parts, "PART", 25)
    cut = finished(keep=KEPT[name])
    assert len(list((cut / "kept").glob("*.parquet"))) == 6
    assert (cut / "outcomes.parquet").is_file()
    pd.testing.assert_frame_equal(pd.read_parquet(cut / "outcomes.parquet"), whole)


def test_counts_added_up_are_those_of_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts of parts read from files give the tables that one process gives, which holds them in memory."""
    apart = in_parts("jittered_grid", 2)
    monkeypatch.setattr(parts, "PART", 41)
    together = run(load_study(CONFIG), Path(mkdtemp()), together=True)
    for table in TABLES:
        assert storage.checksum(apart / table) == storage.checksum(together / table), table


def test_ties_are_one_probability() -> None:
    """The four minima of Himmelblau's function tie: the interval is that of their union, not of the sum of ends."""
    objective = {"name": "himmelblau"}
    methods = {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.005}}
    study = load_study(CONFIG | {"objective": objective, "methods": methods})
    folder = run(study, Path(mkdtemp()))
    labels = pd.read_parquet(folder / "outcomes.parquet")["basin"].to_numpy()
    tally = ShareTally.of(labels, study.layout)
    expected = share(tally, [0, 1, 2, 3])
    found = storage.read_csv(folder / "estimates.csv").set_index("quantity").loc["probability_of_global_basin"]
    assert (found["value"], found["low"], found["high"]) == (expected.share, expected.low, expected.high)
    apart = storage.read_csv(folder / "shares.csv").iloc[:4]
    assert expected.high - expected.low < (apart["high"] - apart["low"]).sum() / 2
    assert "4 basins tie" in found["note"]


def test_no_start_without_a_minimum_is_lost() -> None:
    """The shares of the endings at no minimum sum to that of basin -1, whose starts they divide."""
    for name in DESIGNS:
        estimates = storage.read_csv(of_design(name) / "estimates.csv").set_index("quantity")
        shares = storage.read_csv(of_design(name) / "shares.csv").set_index("basin")
        usual = [quantity for quantity in WITHOUT_MINIMUM if quantity not in RARE]
        assert estimates.loc[usual, "value"].sum() == pytest.approx(shares.loc[-1, "share"])


def test_the_certificate_stands_beside_the_estimates() -> None:
    """Three minima of peaks are certified in the domain, and so says the table."""
    for name in ("uniform", "grid"):
        estimates = storage.read_csv(of_design(name) / "estimates.csv").set_index("quantity")
        assert estimates.loc["minima_certified", "value"] == 3


def test_the_summary_gives_intervals_and_costs() -> None:
    """The share of the global minimum is printed with the ends that shares.csv has, and restarts with theirs."""
    said = told(of_design("jittered_grid"))
    row = storage.read_csv(of_design("jittered_grid") / "shares.csv").iloc[0]
    text = f"{100 * row['share']:.2f} % ({100 * row['low']:.2f} to {100 * row['high']:.2f} %)"
    assert f"- {text} reached the lowest minimum: minimum 0" in said
    costs = storage.read_csv(of_design("jittered_grid") / "estimates.csv").set_index("quantity")
    value, low, high = costs.loc["restarts_for_99_percent", ["value", "low", "high"]]
    assert f"{value:.0f} ({low:.0f} to {high:.0f}) descents from uniform random starts" in said
    value, low, high = costs.loc["expected_running_time", ["value", "low", "high"]]
    assert f"{value:,.0f} ({low:,.0f} to {high:,.0f}) gradient evaluations" in said
    still = storage.read_csv(of_design("jittered_grid") / "estimates.csv")
    share = numbers_of(still)["share_still_under_way"]
    assert f"{percent_between(share, load_study(CONFIG).count)} were still under way" in said


def test_the_expected_running_time_has_an_interval_where_the_design_has_one() -> None:
    """Of a grid and of one replicate the table gives the number alone, and the reason; elsewhere the ends are apart."""
    for name in DESIGNS:
        time = storage.read_csv(of_design(name) / "estimates.csv").set_index("quantity").loc["expected_running_time"]
        if name in ("grid", "one sobol"):
            assert np.isnan(time["low"])
            assert np.isnan(time["high"])
            assert "one replicate" in time["note"] or "no sample" in time["note"]
        else:
            assert time["low"] < time["value"] < time["high"]


def test_the_curve_of_success_agrees_with_the_probability() -> None:
    """The chance within ten expected running times is nearly one, and what one start costs gives one start's share."""
    for name in ("uniform", "grid"):
        curve = storage.read_csv(of_design(name) / "success.csv")
        assert 0.999 < curve["success"].iloc[-1] <= 1
        assert (np.diff(curve["success"]) >= -1e-12).all()


def test_a_grids_bound_is_called_a_bound() -> None:
    """The summary of a grid says that what stands beside a share is no interval, and so does the table."""
    said = told(of_design("grid"), starts=DESIGNS["grid"])
    row = storage.read_csv(of_design("grid") / "estimates.csv").set_index("quantity").loc["probability_of_global_basin"]
    ends = f"{100 * row['low']:.2f} to {100 * row['high']:.2f} %"
    assert "bounds of the share of the domain from the cells at its boundary, and no interval" in said
    assert f"({ends}) reached the lowest minimum" in said
    assert row["note"].startswith("a bound, not an interval")
    assert "(bound: " in said
    assert "and no interval" not in told(of_design("uniform"), starts=DESIGNS["uniform"])


def test_two_replicates_are_warned_of() -> None:
    """The note says how much wider two replicates make the interval; the summary passes the advice on."""
    starts = {"design": "halton", "count": 64, "replicates": 2}
    folder = finished(starts=starts)
    note = storage.read_csv(folder / "shares.csv")["note"].iloc[0]
    assert "warning: 2 replicates" in note
    assert "give 10 or more replicates" in told(folder, starts=starts)
    assert "replicates" not in told(of_design("sobol"), starts=DESIGNS["sobol"]).partition("## What was run")[0]


def test_the_summary_claims_of_unseen_minima_what_holds_for_any_basins() -> None:
    """Good and Turing's estimate stands in words; a posterior probability stands in the table alone, with its prior."""
    said = told(of_design("uniform"), starts=DESIGNS["uniform"])
    table = storage.read_csv(of_design("uniform") / "estimates.csv").set_index("quantity")
    assert "Boender" not in said
    assert "none is missing" not in said
    assert "Good and Turing" in said
    assert "a lower bound on average" in said
    for name in ("minima_boender_rinnooy_kan", "unseen_volume_boender_rinnooy_kan", "all_found_boender_rinnooy_kan"):
        assert "equally likely" in table.loc[name, "note"]
    assert "not of their number" in table.loc["minima_chao1", "note"]


def test_unseen_minima_are_estimated_for_uniform_starts_alone() -> None:
    """The sentence is in the summary of uniform starts; elsewhere the table says why there is none."""
    assert "estimated as 3 (Chao1" in told(of_design("uniform"), starts=DESIGNS["uniform"])
    for name in set(DESIGNS) - {"uniform"}:
        assert "Chao1" not in told(of_design(name), starts=DESIGNS[name])
        row = storage.read_csv(of_design(name) / "estimates.csv").set_index("quantity").loc["minima_chao1"]
        assert np.isnan(row["value"])
        assert row["note"].startswith("refused")


def test_a_study_without_a_minimum_has_its_tables() -> None:
    """Five steps reach nothing: the only share is that of basin -1, restarts are infinite, the summary says so."""
    methods = {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 5}}
    folder = finished(methods=methods)
    shares = storage.read_csv(folder / "shares.csv")
    assert shares["basin"].tolist() == [-1]
    assert (shares["share"].item(), shares["high"].item()) == (1, 1)
    estimates = storage.read_csv(folder / "estimates.csv").set_index("quantity")
    assert np.isinf(estimates.loc["restarts_for_99_percent", "value"])
    assert storage.read_csv(folder / "success.csv")["success"].max() == 0
    assert "**No start reached a minimum.**" in told(folder, methods=methods)


def test_shares_at_limits_end_at_the_study() -> None:
    """At the last limit limits.csv has the shares of shares.csv; at each the shares of all rows make one."""
    limits = storage.read_csv(of_design("uniform") / "limits.csv")
    assert limits["limit"].unique().tolist() == [10, 30, 100, 300]
    assert limits.groupby("limit")["count"].sum().eq(150).all()
    last = limits[limits["limit"] == 300].groupby("basin")["count"].sum()
    shares = storage.read_csv(of_design("uniform") / "shares.csv").set_index("basin")["count"]
    assert last.to_dict() == shares[shares > 0].to_dict()


def test_a_nested_jittered_grid_has_one_start_in_each_coarse_cell() -> None:
    """For every size, and as many as per_cell where there are several."""
    for layout in (Layout("jittered_grid", 3600, (60, 60)), Layout("jittered_grid", 2 * 12**3, (12, 12, 12), 2)):
        cells = np.stack(np.unravel_index(np.arange(layout.starts) // layout.per_cell, layout.per_axis))
        for n in nested.sizes(layout):
            inside = nested.members(layout, n, 0, layout.starts, seed=7)
            axis = round((n / layout.per_cell) ** (1 / len(layout.per_axis)))
            coarse = cells[:, inside] // (layout.per_axis[0] // axis)
            counts = np.unique(coarse, axis=1, return_counts=True)[1]
            assert (counts == layout.per_cell).all()
            assert counts.size == axis ** len(layout.per_axis)


def test_a_nested_jittered_grid_is_drawn_evenly() -> None:
    """Of the cells that are joined each is chosen equally often, so its start is uniform in the coarse cell."""
    layout = Layout("jittered_grid", 400**2, (400, 400))
    inside = nested.members(layout, 200**2, 0, layout.starts, seed=3)
    child = inside // 400 % 2 * 2 + inside % 2
    assert chisquare(np.bincount(child)).pvalue > 1e-4


def test_a_nested_sequence_is_a_shorter_sequence() -> None:
    """The members are the starts of a smaller design of the same seed, replicate by replicate."""
    box = load_study(CONFIG).domain
    for design in ("sobol", "halton"):
        layout = Layout(design, 3 * 64, replicates=3)
        inside = nested.members(layout, 3 * 16, 0, layout.starts, seed=1)
        whole = draw(design, box, count=64, replicates=3, seed=5)
        assert np.array_equal(whole[inside], draw(design, box, count=16, replicates=3, seed=5))
    assert nested.sizes(Layout("latin_hypercube", 256, replicates=4)) == nested.sizes(Layout("file", 256)) == []


def test_a_nested_grid_is_the_grid_of_coarse_centres() -> None:
    """Its points are those of a grid with a third of the cells on each axis."""
    box = load_study(CONFIG).domain
    layout = Layout("grid", 15**2, (15, 15))
    inside = nested.members(layout, 25, 0, 225, seed=1)
    np.testing.assert_allclose(draw("grid", box, per_axis=15)[inside], draw("grid", box, per_axis=5), atol=1e-15)


def test_convergence_ends_at_the_study() -> None:
    """The last rows of convergence.csv are the shares; the first 64 uniform starts are counted as they are labelled."""
    folder = of_design("uniform")
    table, shares = storage.read_csv(folder / "convergence.csv"), storage.read_csv(folder / "shares.csv")
    pd.testing.assert_frame_equal(
        table[table["starts"] == 150].drop(columns="starts").reset_index(drop=True), shares[["basin", "count", "share"]]
    )
    labels = pd.read_parquet(folder / "outcomes.parquet")["basin"].to_numpy()[:64]
    few = table[table["starts"] == 64]
    assert len(few)
    assert few["count"].tolist() == [int((labels == b).sum()) for b in few["basin"]]
