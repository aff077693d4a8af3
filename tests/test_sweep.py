"""Sweeps: a number at several values from the same starts, against studies at one value and plain counting."""

import dataclasses
import math
import shutil

import numpy as np
import pytest

from multistart.box import Box
from multistart.counts.shares import ShareTally
from multistart.descents.descend import descend
from multistart.dynamics import find_attractors
from multistart.dynamics.partners import SAME, Curves
from multistart.estimates.growing import growing_shares
from multistart.estimates.shares import share
from multistart.files.results import SWEEP_TABLES
from multistart.functions.objective import Objective
from multistart.minima import Minima
from multistart.starts.layout import Layout
from multistart.study import Study, load_study, storage, sweep_values
from multistart.study.descend import descend_from
from multistart.study.label import labels_of
from multistart.study.settings import settings
from multistart.study.sweep import write_sweep
from multistart.study.sweep_attractors import Families
from multistart.study.sweep_counts import Counted
from multistart.study.sweep_minima import NumberedMinima, matched
from multistart.study.sweep_plan import Sweep
from multistart.study.sweep_values import Values, descend_share, descend_values
from multistart.study.sweep_words import SweepTables, sections
from tests.small_studies import CONFIG, DESIGNS
from tests.staged import files_of, run

RATE = "methods.gd.learning_rate"
RATES = [0.01, 0.03, 0.05, 0.08]
#: A minimum of the tilted well and its a, towards whose double it folds.
WELLS = ((0.8793852415718169, 0.19934045085478425), (-0.8793852415718169, -0.19934045085478425))
WELL = {
    "study": "well",
    "objective": {"expression": "(x**2 - 1)**2/4 + a*x", "variables": ["x"], "parameters": {"a": 0.1}},
    "domain": {"x": [-2.2, 2.2]},
    "starts": {"design": "uniform", "count": 60, "seed": 3},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.1, "max_steps": 500}},
}


def study_of(sweep, **changes):
    return load_study(CONFIG | {"sweep": sweep} | changes)


def swept(study, folder, base, **options):
    """The files of a sweep in a folder that has the minima and the certificate of a finished study."""
    for name in ("minima.csv", "certificate.json"):
        for file in (name, f".{name}.sha256"):
            folder.mkdir(exist_ok=True)
            (folder / file).write_bytes((base / file).read_bytes())
    files = files_of(study, folder)
    write_sweep(study, files, **options)
    return files["gd"]


def read(files, name):
    return storage.read_csv(files.swept(f"{name}.csv"))


def bytes_of_tables(files):
    return {name: files.swept(name).read_bytes() for name in SWEEP_TABLES}


def tables_of(folder):
    return {file.name: file.read_bytes() for file in sorted((folder / "sweep").glob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def small(made_once):
    """The small study with a sweep over four rates, at the last of which the lowest minimum is a cycle."""
    folder = made_once("sweep", lambda folder: _finished(folder))
    return study_of({RATE: RATES}), folder, files_of(study_of({RATE: RATES}), folder)["gd"]


def _finished(folder):
    study = study_of({RATE: RATES})
    run(study, folder)
    write_sweep(study, files_of(study, folder))


def test_shares_are_those_of_a_study_at_that_value(small, tmp_path):
    """At a value the counts, shares and intervals are to the bit those of the study without a sweep, a cycle's too."""
    _, _, files = small
    table = read(files, "sweep")
    for rate in (0.03, 0.08):
        method = CONFIG["methods"]["gd"] | {"learning_rate": rate}
        alone = run(load_study(CONFIG | {"methods": {"gd": method}}), tmp_path / f"{rate}")
        shares, rows = storage.read_csv(alone / "shares.csv"), table[table["learning_rate"] == rate]
        for one in shares[shares["basin"] >= 0].to_dict("records"):
            (mine,) = rows[rows["attractor"] == one["basin"]].to_dict("records")
            assert {name: mine[name] for name in ("count", "share", "low", "high")} == {
                name: one[name] for name in ("count", "share", "low", "high")
            }
        time = storage.read_csv(alone / "estimates.csv").set_index("quantity").loc["expected_running_time"]
        (best,) = rows[rows["lowest"]].to_dict("records")
        assert best["expected_running_time"] == time["value"]
        assert rows.loc[rows["attractor"] < 0, "count"].sum() == shares.loc[shares["basin"] == -1, "count"].sum()


def test_every_start_is_counted_at_every_value(small):
    """The counts of a value, and of a pair of values, add up to the starts; what is gained is counted both ways."""
    study, _, files = small
    table, changes = read(files, "sweep"), read(files, "changes")
    assert (table.groupby("learning_rate")["count"].sum() == study.count).all()
    assert (changes.groupby(["learning_rate_from", "learning_rate_to"])["count"].sum() == study.count).all()
    held = table[table["lowest"]].set_index("learning_rate")["share"]
    for row in changes.to_dict("records"):
        expected = held[row["learning_rate_to"]] - held[row["learning_rate_from"]]
        assert row["difference"] == pytest.approx(expected, abs=1e-12)
        assert row["low_all"] <= row["low"] <= row["difference"] <= row["high"] <= row["high_all"]


def test_what_changes_has_a_share_with_the_interval_of_the_design(small):
    """Of each pair of attractors between which starts go, as of a basin that these starts were; of others no ends."""
    study, _, files = small
    changes = read(files, "changes")
    stay = changes["attractor_from"] == changes["attractor_to"]
    assert changes.loc[stay, ["share_low", "share_high"]].isna().all(axis=None)
    np.testing.assert_array_equal(changes["share"], changes["count"] / study.count)
    moved = changes[~stay]
    assert len(moved) > 2
    assert ((moved["share_low"] <= moved["share"]) & (moved["share"] <= moved["share_high"])).all()
    row = moved[moved["learning_rate_to"] == 0.03].sort_values("count").iloc[-1]
    minima = Minima.from_table(storage.read_csv(files.minima), ("x", "y"))
    here, there = (_reached(study, row[f"learning_rate_{side}"], minima) for side in ("from", "to"))
    goes = (here == row["attractor_from"]) & (there == row["attractor_to"])
    assert goes.sum() == row["count"]
    found = share(ShareTally.of(goes.astype(int), study.layout), [1])
    assert (row["share_low"], row["share_high"]) == (found.low, found.high)


def _reached(study, rate, minima):
    method = dataclasses.replace(study.method("gd"), learning_rate=rate)
    out = descend(study.objective, method, study.starts(slice(0, study.count)), arena=study.arena)
    return labels_of(study, "gd", out.end, out.ending_code, minima)[0]


def test_arrivals_are_those_of_studies_with_that_limit(small):
    """The share and the cost under a limit of steps are those of descents that stop there, from one descent a value."""
    study, _, files = small
    arrivals = read(files, "arrivals")
    assert (arrivals.groupby("learning_rate")["steps"].nunique() == 40).all()
    starts = study.starts(slice(0, study.count))
    lowest = Minima.from_table(storage.read_csv(files.minima), ("x", "y")).location[0]
    for row in arrivals[arrivals["learning_rate"] == 0.03].iloc[::9].to_dict("records"):
        method = dataclasses.replace(
            study.method("gd"), hyperparameters={"learning_rate": 0.03}, max_steps=row["steps"]
        )
        out = descend(study.objective, method, starts, arena=study.arena)
        there = (out.ending == "converged") & (np.abs(out.end - lowest).max(axis=1) < 1e-5)
        assert row["share"] == there.mean()
        cost = (out.steps + (out.ending != "left_arena")).sum()
        assert row["expected_running_time"] == (cost / there.sum() if there.any() else math.inf)


def test_any_jobs_and_threads_give_the_same_bytes(small, tmp_path):
    """Values cut into three jobs, and two threads, leave the tables that one job with one thread leaves."""
    study, folder, _ = small
    files = files_of(study, tmp_path)
    for job in range(3):
        assert 1 <= len(descend_share(study, files, job, 3, threads=2)) <= 2
    assert len(list(files["gd"].values.glob("*.npz"))) == 3
    swept(study, tmp_path, folder, threads=2)
    assert tables_of(tmp_path) == tables_of(folder)


def test_a_value_more_is_descended_at_and_counted_alone(small, tmp_path, monkeypatch):
    """A list with a value more has the tables that it has when made whole, from that value's descents and counts."""
    _, folder, _ = small
    study = study_of({RATE: [0.01, 0.02, 0.03, 0.05, 0.08]})
    shutil.copytree(folder / "sweep", tmp_path / "more/sweep")
    whole = swept(study, tmp_path / "whole", folder)
    descended, counted = spied(monkeypatch)
    assert bytes_of_tables(swept(study, tmp_path / "more", folder)) == bytes_of_tables(whole)
    assert (descended, counted) == ([0.02], [0.02])
    swept(study, tmp_path / "more", folder)
    assert (descended, counted) == ([0.02], [0.02])


def test_what_is_damaged_is_made_anew(small, tmp_path, monkeypatch, caplog):
    """Of a file of kept rows that was cut short nothing is believed, and it is said; counts are kept apart."""
    study, folder, files = small
    shutil.copytree(folder / "sweep", tmp_path / "sweep")
    (broken,) = (tmp_path / "sweep/values").glob("*.npz")
    broken.write_bytes(broken.read_bytes()[:-9])
    descended, counted = spied(monkeypatch)
    assert bytes_of_tables(swept(study, tmp_path, folder)) == bytes_of_tables(files)
    assert (descended, counted) == (RATES, [])
    assert "its bytes are not those that were written. It is made anew." in caplog.text


def spied(monkeypatch):
    """The rates that are descended at and counted at from now on, in lists that grow."""
    descended, counted = [], []

    def descend_at(study, method, *rest):
        descended.append(study.method(method).learning_rate)
        return descend_from(study, method, *rest)

    def count_at(study, method, *rest):
        counted.append(study.method(method).learning_rate)
        return count(study, method, *rest)

    count = Counted.of
    monkeypatch.setattr(sweep_values, "descend_from", descend_at)
    monkeypatch.setattr(Counted, "of", count_at)
    return descended, counted


def test_what_shapes_rows_is_in_their_key(small):
    """Another tolerance, function, seed or number of starts is another key; another base rate or confidence is not."""
    study, folder, _ = small
    key = Values.of(Sweep(study), "gd", files_of(study, folder)["gd"]).key((0.03,))
    method = CONFIG["methods"]["gd"]

    def key_of(**changes):
        other = study_of({RATE: [0.03, 0.2]}, **changes)
        return Values.of(Sweep(other), "gd", files_of(other, folder)["gd"]).key((0.03,))

    same = [{}, {"methods": {"gd": method | {"learning_rate": 0.5}}}, {"estimates": {"confidence": 0.8}}]
    others = [
        {"methods": {"gd": method | {"gradient_tolerance": 1e-7}}},
        {"methods": {"gd": method | {"max_steps": 301}}},
        {"starts": CONFIG["starts"] | {"seed": 2}},
        {"arena": {"widen": 0.5}},
        {"basins": {"position_tolerance": 1e-7}},
        {"objective": {"name": "himmelblau"}},
    ]
    assert {key_of(**changes) for changes in same} == {key}
    assert len({key_of(**changes) for changes in others} | {key}) == 1 + len(others)


def test_other_minima_confidence_or_tolerance_is_counted_anew(small, tmp_path, monkeypatch):
    """No rows are descended for again where only what is counted of them changes; what is then of no use is removed."""
    _, folder, _ = small
    for number, changes in enumerate([{"estimates": {"confidence": 0.8}}, {"basins": {"value_tolerance": 1e-7}}]):
        shutil.copytree(folder / "sweep", tmp_path / f"{number}/sweep")
        before = set((tmp_path / f"{number}/sweep/counts").glob("*.npz"))
        descended, counted = spied(monkeypatch)
        files = swept(study_of({RATE: RATES}, **changes), tmp_path / f"{number}", folder)
        assert (descended, counted) == ([], RATES)
        assert len(before & set(files.value_counts.glob("*.npz"))) == 1  # the events, that no count shapes
        monkeypatch.undo()


def test_critical_rates_of_peaks(small):
    """Where minimum 0 loses stability is known to 1e-8 and proven; below it attracts, above its cycle does."""
    _, _, files = small
    events = read(files, "events")
    (first,) = events[(events["attractor"] == 0) & (events["event"] == "doubling")].to_dict("records")
    assert first["low"] <= 0.0662641909819 + 1e-12
    assert first["high"] >= 0.0662641909819 - 1e-12
    assert first["high"] - first["low"] < 1e-8
    assert first["proven"]
    every = read(files, "attractors")
    table = every[every["learning_rate"].isin(RATES)].drop_duplicates(["learning_rate", "attractor", "kind", "x", "y"])
    stable = table[(table["attractor"] == 0) & (table["kind"] == "minimum")].groupby("learning_rate")["stable"].first()
    assert stable.tolist() == [True, True, True, False]
    cycle = table[(table["learning_rate"] == 0.08) & (table["kind"] == "cycle")]
    assert len(cycle) == 2 == cycle["period"].iloc[0]
    between = every[~every["learning_rate"].isin(RATES)]
    assert len(between)
    assert not between["stable"].any()


def test_a_plane_has_every_pair(tmp_path, small):
    """Two keys are a plane: each pair of values has its rows, changes go along rows, and nothing is an event."""
    _, folder, _ = small
    study = study_of({RATE: [0.03, 0.05], "methods.gd.max_steps": [100, 300]})
    files = swept(study, tmp_path, folder)
    table, changes = read(files, "sweep"), read(files, "changes")
    pairs = table[["learning_rate", "max_steps"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [[0.03, 100], [0.03, 300], [0.05, 100], [0.05, 300]]
    assert (changes["learning_rate_from"] == changes["learning_rate_to"]).all()
    assert len(read(files, "events")) == 0
    assert read(files, "arrivals").groupby("max_steps")["steps"].max().tolist() == [100, 300]
    ((heading, words),) = sections(study, [SweepTables.read("gd", files)])
    assert heading == "What changes with learning_rate and max_steps"
    assert "4 pairs in all, each from the same 144 starts" in words[0]


def test_the_fold_of_the_tilted_well(tmp_path):
    """A minimum is one at all values and is gone at 2/(3 sqrt 3), which is proven; the words say so."""
    study = load_study(WELL | {"sweep": {"objective.parameters.a": [0.1, 0.3, 0.37, 0.4]}})
    run(study, tmp_path)
    write_sweep(study, files_of(study, tmp_path))
    files = files_of(study, tmp_path)["gd"]
    (fold,) = read(files, "events").to_dict("records")
    assert (fold["attractor"], fold["event"], fold["proven"]) == (1, "fold", True)
    assert fold["low"] <= 2 / (3 * math.sqrt(3)) <= fold["high"]
    assert fold["high"] - fold["low"] < 1e-9
    partners = read(files, "attractors").query("kind == 'maximum'")
    assert len(partners) > 9
    assert not partners["stable"].any()
    np.testing.assert_allclose(partners["x"] - partners["x"] ** 3, partners["a"], atol=1e-12)
    assert partners["a"].between(0.1, fold["low"]).all()
    there = read(files, "sweep")
    there = there[there["kind"] == "minimum"].groupby("a")["attractor"].apply(list)
    assert there.tolist() == [[0, 1], [0, 1], [0, 1], [0]]
    ((_, words),) = sections(study, [SweepTables.read("gd", files)])
    assert "those by their values at a = 0.1, where 0 is the lowest" in words[0]
    assert "- At a = 0.3849 (proven) minimum 1 meets a maximum and vanishes.\n" in f"{words[1]}\n"


def test_partners_of_folds_are_critical_points_to_the_next_fold():
    """The maximum between two wells is one curve, from the fold of one minimum to that of the other: x - x**3 = a."""
    well = Objective.from_expression("(x**2 - 1)**2/4 + a*x", ["x"], {"a": 0.1})
    curves, fold = Curves(well, "a", Box({"x": (-6, 6)}), -0.6, 0.6), 2 / 27**0.5
    (x, a), (ends_x, ends_a) = (curves.partner(np.array([place]), at, 2 * at).T for place, at in WELLS)
    for curve_x, curve_a in ((x, a), (ends_x, ends_a)):
        np.testing.assert_allclose(curve_x - curve_x**3, curve_a, atol=1e-12)
        assert np.abs(curve_x).max() < 3**-0.5
        assert sorted(np.round(curve_a[[0, -1]] / fold, 2).tolist()) == [-1, 1]
    assert curves.apart(np.array([x[0], a[0]]), np.array([ends_x[-1], ends_a[-1]])) < SAME
    values, is_maximum = curves.values(np.column_stack([x, a]))
    np.testing.assert_allclose(values, (x**2 - 1) ** 2 / 4 + a * x, atol=1e-14)
    assert is_maximum.all()


def test_a_value_of_the_function_is_the_study_with_that_number(tmp_path):
    """Ends and steps at a value of a parameter are those of the study that has it in its config, to the bit."""
    study = load_study(WELL | {"sweep": {"objective.parameters.a": [0.25, 0.3]}})
    values = Values.of(Sweep(study), "gd", files_of(study, tmp_path)["gd"])
    descend_values(values, values.sweep.points, threads=1)
    objective = WELL["objective"] | {"parameters": {"a": 0.3}}
    other = load_study(WELL | {"objective": objective})
    starts = other.starts(slice(0, other.count))
    out = descend(other.objective, other.method("gd"), starts, arena=other.arena)
    rows = values.read((0.3,))
    assert rows.end.tobytes() == out.end.tobytes()
    assert rows.steps.tobytes() == out.steps.tobytes()


@pytest.mark.parametrize("name", DESIGNS)
def test_labels_are_joined_without_the_rows(name):
    """A tally whose labels are joined is the tally of joined labels, for every design; growing shares are shares."""
    starts = DESIGNS[name]
    study = load_study(CONFIG | {"starts": starts})
    layout: Layout = study.layout
    labels = np.random.default_rng(5).integers(0, 5, size=layout.starts)
    labels[: layout.starts // 2] = np.sort(labels[: layout.starts // 2])
    tally, into = ShareTally.of(labels, layout), {0: 0, 1: 0, 2: -1, 3: 1, 4: -1}
    assert tally.joined(into) == ShareTally.of(np.array([into[each] for each in labels.tolist()]), layout)
    order = [3, 0, 4, 7, 1]  # 7 occurs nowhere
    expected = [share(tally, order[: i + 1]) for i in range(len(order))]
    np.testing.assert_equal(list(map(vars, growing_shares(tally, order))), list(map(vars, expected)))


def test_minima_are_matched_one_to_one():
    """What Newton's method leads to is the same minimum; a new one has a new number, and none is given twice."""
    study = load_study(WELL)
    study = Study(settings(study.config.resolved()))

    def at(*places):
        return Minima.at(study.compiled, np.array(places).reshape(-1, 1), study.domain)

    known = NumberedMinima(at(-1.0, 0.9), np.array([4, 2]), np.zeros(2, dtype=bool))
    now = at(-1.0466805318, 0.9456492740)
    assert matched(study, known, now, 9).number.tolist() == [4, 2]
    assert matched(study, NumberedMinima.none(now), now, 9).number.tolist() == [9, 10]
    alone = NumberedMinima(at(0.9), np.array([2]), np.zeros(1, dtype=bool))
    assert matched(study, alone, now, 9).number.tolist() == [9, 2]


def test_chaos_keeps_its_number_through_windows():
    """The double well's chaos, which fills both wells beyond 1.598, has one number before, in and after a window with
    a cycle, or two bands of chaos, in its place; also where there was none at a value between.
    """
    config = WELL | {"objective": {"expression": "(x**2 - 1)**2/4", "variables": ["x"]}}
    sweep = Sweep(load_study(config | {"sweep": {RATE: [1.62, 1.83, 1.8445, 1.87]}}))
    families, numbers = Families("gd", 2), []
    for rate in (1.62, 1.83, 1.8445, 1.87, None, 1.62):
        study, attractors = sweep.at((rate or 1.62,)), []
        minima = Minima.at(study.compiled, np.array([[-1.0], [1.0]]), study.domain)
        if rate is not None:
            out = descend(study.objective, study.method("gd"), np.linspace(-0.9, 0.9, 30)[:, None])
            attractors = find_attractors(
                study.compiled, study.method("gd"), out.end, out.ending_code, minima, study.domain
            )
        given = NumberedMinima(minima, np.arange(2), np.zeros(2, dtype=bool))
        numbers.append(sorted(families.numbered(study, attractors, given).number.tolist()))
    assert numbers == [[2], [2], [2, 3], [2], [], [2]]


def test_a_huge_number_of_the_function_is_a_value_like_others():
    """A whole number above 2**53 is no count: it is taken as it is, not with a hundred digits of a double."""
    study = load_study(
        WELL
        | {"objective": WELL["objective"] | {"parameters": {"a": 1}}, "sweep": {"objective.parameters.a": [1, 1e100]}}
    )
    sweep = Sweep(study)
    assert [dict(sweep.at(point).objective.parameters)["a"] for point in sweep.points] == [1, 1e100]


def test_what_a_tiny_rate_leaves_where_it_was_has_reached_no_minimum(tmp_path):
    """At rate 1e-300 no start moves: though exact descents from them provably converge, none is at a minimum."""
    study = load_study(WELL | {"methods": {"gd": WELL["methods"]["gd"] | {"learning_rate": 1e-300}}})
    folder = run(study, tmp_path)
    rows = storage.read_frame(folder / "outcomes.parquet")
    still = rows["end_x"] == rows["start_x"]
    minima = storage.read_csv(folder / "minima.csv")["x"].to_numpy()
    far = np.abs(rows["end_x"].to_numpy()[:, None] - minima).min(axis=1, initial=9) > 0.1
    assert still.all()
    assert far.sum() > 40
    assert set(rows["basin"][far]) == {-1}
    assert set(rows["label"][far]) == {"none"}
