"""The certificate in a study: labels, where descents rest, and the sentences."""

import json
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from multistart.counts.rests import RestPlaces
from multistart.files.cache_entries import write_entry
from multistart.functions.objective import Objective, named
from multistart.methods import Method
from multistart.minima import Minima, certify_minima, find_minima, trapped_in
from multistart.proofs import certify
from multistart.study import certify as certification
from multistart.study import load_study, storage
from multistart.study.certify import certify_arena
from multistart.study.estimate import minima_in_domain
from tests.plain_kernel import plainly
from tests.staged import proof_of, proof_of_peaks
from tests.staged import run as run_stages
from tests.staged import summary as summary_of

METHOD = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 3000}
BASE = {
    "study": "proof",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 20, "seed": 1},
    "methods": {"gd": METHOD},
    "execution": {"shards": 1},
}


def run(tmp_path, **changes):
    """The study's tables in a folder, and its summary."""
    study = load_study(BASE | changes)
    run_stages(study, tmp_path)
    return study, summary_of(study, tmp_path).markdown


def run_plainly(tmp_path, **changes):
    """The same of few updates, which take less than compiling them."""
    with plainly(), mock.patch.object(certification, "PILOT", 12):
        return run(tmp_path, **changes)


def test_every_converged_end_of_peaks_is_proven(tmp_path):
    """The labels of all converged starts are proven, the minima certified, and the summary says both."""
    _, summary = run(tmp_path)
    rows = next(storage.read_rows([tmp_path / "outcomes.parquet"]))
    np.testing.assert_array_equal(rows["label"] == 0, rows["basin"] >= 0)
    assert storage.read_csv(tmp_path / "minima.csv")["certified"].all()
    assert "9 critical points: 3 minima, 3 saddles and 3 maxima" in summary
    assert "The list is complete" in summary
    assert "Which minimum a start reached is proven" in summary
    assert storage.read_csv(tmp_path / "critical_points.csv")["kind"].value_counts()["saddle"] == 3


def test_where_lower_values_are_no_minima_the_summary_says_so(tmp_path):
    """1/x + x has one minimum, at 1, and no lowest value: the minimum is the lowest found."""
    changes = {
        "objective": {"expression": "1/x + x", "variables": ["x"]}, "domain": {"x": [-3, 3]},
        "starts": {"design": "uniform", "count": 20, "seed": 1},
        "methods": {"gd": METHOD | {"learning_rate": 0.1}},
    }  # fmt: skip
    _, summary = run_plainly(tmp_path, **changes)
    assert "But near x = 0 f falls below -" in summary
    assert "no lower bound of f is proven" in summary
    assert "reached the lowest minimum found**, f = 2 at x = 1." in summary
    assert "The arena has lower values than that of any minimum that a start reached." in summary


def test_certified_stopping_traps_and_labels_alike(tmp_path):
    """With stopping: certified the starts that reach a minimum are trapped, in the same basins and fewer steps."""
    run(tmp_path)
    before = next(storage.read_rows([tmp_path / "outcomes.parquet"]))
    run(tmp_path, methods={"gd": METHOD | {"stopping": "certified"}})
    after = next(storage.read_rows([tmp_path / "outcomes.parquet"]))
    reached = before["basin"] >= 0
    np.testing.assert_array_equal(before["basin"][reached], after["basin"][reached])
    assert set(after["ending"][reached]) == {1}
    assert after["steps"][reached].mean() < 0.5 * before["steps"][reached].mean()


def test_a_rest_on_a_saddle_is_named(tmp_path):
    """A descent that rests on a certified saddle is said to, with the row of the saddle in the table."""
    study = load_study(BASE)
    certificate = proof_of(study)
    saddle = next(i for i, p in enumerate(certificate.points) if p.kind == "saddle")
    ends = np.array([certificate.points[saddle].center, [2.9, 2.9]])
    facts = RestPlaces(certificate, study.domain, study.arena).facts(ends)
    assert facts == {f"rest at saddle {saddle}": 1, "rest away from critical points": 1}


def test_flat_rests_reach_the_summary(tmp_path):
    """With a coarse tolerance descents rest on the flat tail of peaks, and the summary says where and how many."""
    _, summary = run(tmp_path, methods={"gd": METHOD | {"gradient_tolerance": 1e-3}})
    assert "away from all critical points, where the gradient is below the tolerance" in summary


def test_a_budget_of_ten_boxes_is_honest(tmp_path):
    """A search cut short claims nothing it has not shown, and still proves the minima that the pilot found."""
    _, summary = run(tmp_path, certificate={"max_boxes": 10})
    record = storage.read_json(tmp_path / "certificate.json")
    assert not record["complete"]
    assert record["claim"].startswith("incomplete: budget")
    assert "The list is not complete; undecided: budget" in summary
    assert sum(p["kind"] == "minimum" for p in record["points"]) >= 3


def test_complete_below_a_level_is_not_complete():
    """A list of what is below a level counts no minima, and a rest away from it is not called flat."""
    study = load_study(BASE)
    ends = np.array([[2.9, -2.9], [0.0, 2.0]])
    whole, low = proof_of(study), certify(study.objective, study.arena, level="lowest")
    assert low.complete
    assert low.lists_all(low.level)
    assert low.lists_all(-7.0)
    assert not low.lists_all()
    assert not low.lists_all(low.level + 1)
    assert whole.lists_all()
    assert minima_in_domain(study, low) is None
    assert minima_in_domain(study, whole) == 3
    assert "rest unexplained" in RestPlaces(low, study.domain, study.arena).facts(ends)
    assert "rest away from critical points" in RestPlaces(whole, study.domain, study.arena).facts(ends)


def test_a_rest_at_the_edge_of_the_function_is_told():
    """Beside a place where the function is not defined a rest is neither flat nor at a saddle; elsewhere it may be."""
    study = load_study(BASE)
    ends = np.array([[1e-9, 1.0], [2.9, -2.9]])
    edge = Objective.from_expression("x**2 + y**2 + a/sqrt(x)", ["x", "y"], {"a": 0})
    with plainly():
        found = RestPlaces(certify(study.objective, study.arena, level="lowest"), study.domain, study.arena, edge)
        assert found.facts(ends) == {"rest at the edge of the function": 1, "rest unexplained": 1}


def test_too_many_dimensions_are_not_attempted(tmp_path):
    """Beyond ten dimensions there is no certificate, and table, record and summary say so."""
    changes = {"objective": {"name": "sphere", "dimensions": 11}, "starts": {"design": "uniform", "count": 8}}
    with plainly():
        _, summary = run(tmp_path, **changes)
    assert "not attempted: 11 dimensions" in storage.read_json(tmp_path / "certificate.json")["claim"]
    assert storage.read_csv(tmp_path / "critical_points.csv").empty
    assert "not attempted" in summary
    assert not storage.read_csv(tmp_path / "minima.csv")["certified"].any()


def test_unreached_minima_are_counted(tmp_path):
    """Certified minima in the domain that no start reached are counted in a sentence."""
    starts = tmp_path / "starts.csv"
    starts.write_text("x,y\n0.2,-1.6\n")
    _, summary = run(tmp_path, starts={"design": "file", "path": str(starts)})
    assert "has 3 minima, 2 of which no start reached." in summary


def test_a_lower_certified_minimum_makes_the_lowest_reached_one_local(tmp_path):
    """Where the certificate knows a lower minimum that no start reached, none is called global."""
    objective = {"expression": "(x**2-1)**2 + 0.3*x", "variables": ["x"]}
    changes = {"domain": {"x": [0.5, 2]}, "arena": {"widen": 2}, "starts": {"design": "uniform", "count": 30}}
    _, summary = run_plainly(tmp_path, objective=objective, **changes)
    assert storage.read_csv(tmp_path / "basins.csv")["kind"].tolist() == ["local"]
    assert "**No start reached the lowest minimum**, f = -0.305428 at x = -1.03558, outside the domain." in summary
    assert "global minimum" not in summary


QUICK = {
    "study": "quick",
    "objective": {"expression": "(x**2-1)**2 + 0.3*x", "variables": ["x"]},
    "domain": {"x": [-2, 2]},
    "starts": {"design": "uniform", "count": 8, "seed": 1},
    "methods": {"gd": METHOD},
}


class Kept:
    """A study whose certificate is kept in a folder, and how often it was searched for."""

    def __init__(self, folder, monkeypatch, **changes):
        self.folder, self.searches = folder, 0
        self.study = load_study(QUICK | {"execution": {"shards": 1, "cache": str(folder / "cache")}} | changes)
        search = certification._search

        def counted(study):
            self.searches += 1
            return search(study)

        monkeypatch.setattr(certification, "_search", counted)
        monkeypatch.setattr(certification, "pilot", lambda study: np.array([[0.9]]))  # nothing to compile

    def certify(self):
        """The bytes of the study's certificate and of its table."""
        paths = [self.folder / "points.csv", self.folder / "certificate.json"]
        certify_arena(self.study, table_path=paths[0], certificate_path=paths[1])
        return [path.read_bytes() for path in paths]

    @property
    def file(self):
        """The entry of the cache."""
        (file,) = (self.folder / "cache/certificates").glob("*.json")
        return file


def test_a_certificate_is_kept(tmp_path, monkeypatch):
    """The second search for the same proof reads the first from the cache; a damaged one is made again."""
    kept = Kept(tmp_path, monkeypatch)
    first = kept.certify()
    assert kept.certify() == first  # "seconds" and all
    assert kept.searches == 1
    kept.file.write_text("{}")
    assert kept.certify()[0] == first[0]
    assert kept.searches == 2
    kept.certify()
    assert kept.searches == 2  # it was written anew


def test_four_hundred_flipped_bits_of_a_certificate(tmp_path, monkeypatch):
    """None is accepted: what was read from a damaged file would be called proven."""
    kept = Kept(tmp_path, monkeypatch)
    kept.certify()
    good = kept.file.read_bytes()
    key = certification._key(kept.study)
    for i in np.random.default_rng(5).integers(8 * len(good), size=400).tolist():
        bad = bytearray(good)
        bad[i // 8] ^= 1 << i % 8
        kept.file.write_bytes(bad)
        assert certification._read(kept.study.cache, key) is None


def test_a_point_dropped_by_hand_comes_back(tmp_path, monkeypatch):
    """An entry that somebody edited is no entry: the search is made again, and all points are listed and kept."""
    kept = Kept(tmp_path, monkeypatch)
    first = kept.certify()
    good = kept.file.read_bytes()
    entry = json.loads(good)
    del entry["entry"]["content"]["points"][0]
    kept.file.write_text(json.dumps(entry))
    assert kept.certify()[0] == first[0]
    assert kept.searches == 2
    assert len(json.loads(kept.file.read_bytes())["entry"]["content"]["points"]) == 3


def test_a_certificate_that_contradicts_itself_is_not_kept(tmp_path, monkeypatch):
    """Points that do not add up to the degree are shown as such, and searched for again the next time."""
    kept = Kept(tmp_path, monkeypatch)
    search = certification._search
    monkeypatch.setattr(certification, "_search", lambda study: replace(c := search(study), points=c.points[1:]))
    kept.certify()
    assert storage.read_json(tmp_path / "certificate.json")["claim"].startswith("contradicted")
    assert not list((tmp_path / "cache").glob("certificates/*"))


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": {"expression": "(x**2-1)**2 - 0.3*x", "variables": ["x"]}},
        {"objective": {"expression": "(y**2-1)**2 + 0.3*y", "variables": ["y"]}, "domain": {"y": [-2, 2]}},
        {"objective": {"expression": "(x**2-1)**2 + 0.3*x + 0*sqrt(x+9)", "variables": ["x"]}},
        {"domain": {"x": [-2, 2.5]}},
        {"arena": {"widen": 0.5}},
        {"certificate": {"max_boxes": 77}},
        {"starts": {"design": "uniform", "count": 8, "seed": 2}},
        {"basins": {"position_tolerance": 1e-5}},
        {"methods": {"gd": METHOD | {"learning_rate": 0.02}}},
    ],
)
def test_a_certificate_is_kept_for_its_question_alone(tmp_path, monkeypatch, changes):
    """Another function, box, budget or pilot has another key; the entry of one under the other's name is refused."""
    kept = Kept(tmp_path, monkeypatch)
    kept.certify()
    good = kept.file.read_bytes()
    kept.file.unlink()
    kept.study = load_study(QUICK | {"execution": {"shards": 1, "cache": str(tmp_path / "cache")}} | changes)
    write_entry(kept.study.cache, "certificates", certification._key(kept.study), {})
    kept.file.write_bytes(good)
    assert certification._read(kept.study.cache, certification._key(kept.study)) is None


def test_the_number_of_starts_and_what_is_drawn_shape_no_certificate(tmp_path, monkeypatch):
    """What cannot change a proof does not ask for a new one."""
    kept = Kept(tmp_path, monkeypatch)
    kept.certify()
    changes = {"starts": QUICK["starts"] | {"count": 99}, "figures": {"dpi": 70}, "study": "other"}
    kept.study = load_study(QUICK | {"execution": {"shards": 2, "cache": str(tmp_path / "cache")}} | changes)
    kept.certify()
    assert kept.searches == 1


def test_a_certificate_marks_what_is_its_own():
    """Of two minima one is moved to its enclosure and marked; one that is not in the certificate stays as it was."""
    f = named("peaks")
    found = find_minima(f, np.array([p for p, _ in f.minima]), f.domain)
    moved = Minima(**(vars(found) | {"location": found.location + np.array([[0.0, 0.0], [1e-8, 0.0], [0.1, 0.0]])}))
    marked = certify_minima(f, moved, proof_of_peaks(0), f.domain)
    assert marked.certified.tolist() == [True, True, False]
    np.testing.assert_array_equal(marked.location[2], moved.location[2])
    np.testing.assert_allclose(marked.location[1], f.minima[1][0], atol=1e-12)


@pytest.mark.parametrize(("rate", "inside"), [(0.01, 0), (0.2, -1)])
def test_a_ball_holds_for_its_learning_rates_only(rate, inside):
    """A point in a ball is proven for a small learning rate and not for one beyond the promise."""
    f = named("peaks")
    minima = certify_minima(f, find_minima(f, np.array([f.minima[0][0]]), f.domain), proof_of_peaks(0), f.domain)
    assert trapped_in(minima.location + 0.01, minima, Method(learning_rate=rate)).tolist() == [inside]


def one_line(run_it, tmp_path, expression, bounds, per_axis, **method):
    """A study of a function of one variable: its basins, and its summary."""
    (variable,) = bounds
    _, summary = run_it(
        tmp_path,
        objective={"expression": expression, "variables": [variable]},
        domain=bounds,
        starts={"design": "jittered_grid", "per_axis": per_axis, "seed": 1},
        methods={"gd": METHOD | method},
    )
    return storage.read_csv(tmp_path / "basins.csv"), summary


def test_study_and_certificate_agree_on_an_inflection(tmp_path):
    """Descents that rest at an inflection reached no minimum, as the certificate beside it says."""
    basins, summary = one_line(
        run,
        tmp_path,
        "log(x) + x**2/(2*e) - 2*x/sqrt(e) + 1",
        {"x": [1, 3.4]},
        50,
        learning_rate=0.5,
        max_steps=100_000,
    )
    endings = storage.read_csv(tmp_path / "endings.csv")
    assert basins.empty
    assert endings.loc[endings["ending"] == "converged", "count"].sum() > 10
    assert "**No start reached an isolated minimum.**" in summary
    assert "lowest minimum" not in summary


def test_a_study_at_rest_in_floating_point_asks_for_no_more_steps(tmp_path):
    """Where every descent stands within a last place of the minimum, all reached it, and no advice is given."""
    bounds = {"t": [2458765.42, 2458765.45]}
    basins, summary = one_line(
        run_plainly, tmp_path, "-exp(-((t - 2458765.4321)/0.01)**2)", bounds, 10, learning_rate=2e-5
    )
    assert storage.read_csv(tmp_path / "endings.csv")["ending"].tolist() == ["stationary"]
    assert basins["count"].tolist() == [10]
    assert "**All 10 starts reached the only minimum**" in summary
    assert "stood still in floating point" in summary
    assert "still under way" not in summary
    assert "raise max_steps" not in summary


def test_a_summary_counts_in_words_that_fit(tmp_path):
    """A value enclosed around 0 is 0, not 2.7e-77, and nothing is said of "1 descents"."""
    changes = {"starts": {"design": "jittered_grid", "per_axis": 40, "seed": 1}, "arena": {"widen": 1}}
    _, summary = run_plainly(
        tmp_path, objective={"name": "double_well"}, methods={"gd": METHOD | {"learning_rate": 0.1}}, **changes
    )
    assert "reached one of the 2 lowest minima**, all with f = 0." in summary
    for wrong in ("1 descents", "1 starts", "1 steps", "1 minima", "e-7", "e-8"):
        assert f" {wrong}" not in summary
