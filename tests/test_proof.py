"""The certificate in a study: labels, where descents rest, and the sentences."""

import numpy as np
import pytest

from multistart import storage
from multistart.basins import Minima, certify_minima, find_minima, trapped_in
from multistart.certificates import certify
from multistart.objectives import named
from multistart.study import load_study
from multistart.study.estimation import minima_in_domain
from multistart.study.proof import certify_arena, read_certificate
from multistart.study.stages import rest_places
from multistart.study.summary import read_results, summarize
from tests.staged import run as run_stages

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
    study = load_study(BASE | {"execution": {"shards": 1, "cache": str(tmp_path / "cache")}} | changes)
    run_stages(study, tmp_path)
    tables = [[tmp_path / name] for name in ("basins.csv", "tally.parquet", "estimates.csv")]
    return study, summarize(study, read_results(study, *tables, [[]]), read_certificate(tmp_path / "certificate.json"))


def test_every_converged_end_of_peaks_is_proven(tmp_path):
    """The labels of all converged starts are proven, the minima certified, and the summary says both."""
    _, summary = run(tmp_path)
    rows = next(storage.read_rows([tmp_path / "outcomes.parquet"]))
    np.testing.assert_array_equal(rows["label"] == 0, rows["basin"] >= 0)
    assert storage.read_csv(tmp_path / "minima.csv")["certified"].all()
    assert "9 critical points in the interior (3 minima, 3 saddles, 3 maxima)" in summary
    assert "complete in this box" in summary
    assert "Every label of a start that reached a minimum is proven" in summary
    assert storage.read_csv(tmp_path / "critical_points.csv")["kind"].value_counts()["saddle"] == 3


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
    certificate = certify(study.objective, study.arena)
    saddle = next(i for i, p in enumerate(certificate.points) if p.kind == "saddle")
    ends = np.array([certificate.points[saddle].center, [2.9, 2.9]])
    facts = rest_places(study, ends, certificate).set_index("fact")["count"].to_dict()
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
    assert "incomplete: budget" in summary
    assert sum(p["kind"] == "minimum" for p in record["points"]) >= 3


def test_complete_below_a_level_is_not_complete():
    """A list of what is below a level counts no minima, and a rest away from it is not called flat."""
    study = load_study(BASE)
    ends = np.array([[2.9, -2.9], [0.0, 2.0]])
    whole, low = (certify(study.objective, study.arena, level=level) for level in (None, "lowest"))
    assert low.complete
    assert low.lists_all(low.level)
    assert low.lists_all(-7.0)
    assert not low.lists_all()
    assert not low.lists_all(low.level + 1)
    assert whole.lists_all()
    assert minima_in_domain(study, low) is None
    assert minima_in_domain(study, whole) == 3
    assert "rest unexplained" in set(rest_places(study, ends, low)["fact"])
    assert "rest away from critical points" in set(rest_places(study, ends, whole)["fact"])


def test_too_many_dimensions_are_not_attempted(tmp_path):
    """Beyond ten dimensions there is no certificate, and table, record and summary say so."""
    changes = {"objective": {"name": "sphere", "dimensions": 11}, "starts": {"design": "uniform", "count": 8}}
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
    assert "No start reached 2 of the 3 certified minima in the domain" in summary


def test_a_lower_certified_minimum_makes_the_lowest_reached_one_local(tmp_path):
    """Where the certificate knows a lower minimum that no start reached, none is called global."""
    objective = {"expression": "(x**2-1)**2 + 0.3*x", "variables": ["x"]}
    changes = {"domain": {"x": [0.5, 2]}, "arena": {"widen": 2}, "starts": {"design": "uniform", "count": 30}}
    _, summary = run(tmp_path, objective=objective, **changes)
    assert storage.read_csv(tmp_path / "basins.csv")["kind"].tolist() == ["local"]
    assert "no start reached the global minimum" in summary


def test_a_certificate_is_kept(tmp_path):
    """The second search for the same proof reads the first from the cache, to the same bytes."""
    study = load_study(BASE | {"execution": {"shards": 1, "cache": str(tmp_path / "cache")}})
    for name in ("a", "b"):
        certify_arena(study, table_path=tmp_path / f"{name}.csv", certificate_path=tmp_path / f"{name}.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()  # "seconds" and all
    (kept,) = (tmp_path / "cache/certificates").glob("*.json")
    kept.write_text("{}")
    certify_arena(study, table_path=tmp_path / "c.csv", certificate_path=tmp_path / "c.json")
    assert storage.checksum(tmp_path / "c.csv") == storage.checksum(tmp_path / "a.csv")


def test_a_certificate_marks_what_is_its_own():
    """Of two minima one is moved to its enclosure and marked; one that is not in the certificate stays as it was."""
    f = named("peaks")
    found = find_minima(f, np.array([p for p, _ in f.minima]), f.domain)
    moved = Minima(**(vars(found) | {"location": found.location + np.array([[0.0, 0.0], [1e-8, 0.0], [0.1, 0.0]])}))
    marked = certify_minima(f, moved, certify(f, f.domain), f.domain)
    assert marked.certified.tolist() == [True, True, False]
    np.testing.assert_array_equal(marked.location[2], moved.location[2])
    np.testing.assert_allclose(marked.location[1], f.minima[1][0], atol=1e-12)


@pytest.mark.parametrize(("rate", "inside"), [(0.01, 0), (0.2, -1)])
def test_a_ball_holds_for_its_learning_rates_only(rate, inside):
    """A point in a ball is proven for a small learning rate and not for one beyond the promise."""
    f = named("peaks")
    minima = certify_minima(f, find_minima(f, np.array([f.minima[0][0]]), f.domain), certify(f, f.domain), f.domain)
    assert trapped_in(minima.location + 0.01, minima, rate).tolist() == [inside]
