"""What else than kernels and proofs meets a fit: stages, explorer, points, cycles, edges, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from multistart.box import Box
from multistart.cli import check, page
from multistart.counts.rests import RestPlaces
from multistart.dynamics import RuleMap, is_proven, polished
from multistart.errors import ConfigError, InputError
from multistart.explorer.data import page_data
from multistart.figures.surface import GRID, points_of, surface_text
from multistart.functions.objective import Objective
from multistart.functions.written import written
from multistart.kernels import compile_evaluation
from multistart.methods import Method
from multistart.minima.nature import critical_point
from multistart.proofs import Certificate, Follower
from multistart.reachability import prove_shares
from multistart.study import load_study
from multistart.study.explore import contents_of, write_explorer
from multistart.study.record import record
from tests.plain_kernel import plainly
from tests.staged import bound, files_of, run, summary

ROWS = [(-2.5, -1.3), (-1.5, -1.2), (-0.5, -0.6), (0.0, 0.1), (0.5, 0.5), (1.0, 1.1), (2.0, 1.2), (2.5, 1.4)]
NEURON: dict[str, Any] = {
    "study": "neuron",
    "objective": {"model": "a*tanh(b*x)", "response": "y", "variables": ["a", "b"]},
    "domain": {"a": [-3, 3], "b": [-3, 3]},
    "starts": {"design": "jittered_grid", "per_axis": 8, "seed": 1},
    "methods": {"damped": {"optimizer": "damped_newton", "max_steps": 100}},
    "certificate": {"max_boxes": 3000},
    "figures": {"formats": ["png"]},
}


def written_to(folder: Path, rows: int | None = None, **changes: Any) -> dict[str, Any]:
    """The config of a neuron with its data in a folder: eight rows, or so many."""
    given = ROWS if rows is None else [(k / rows, k % 7) for k in range(rows)]
    file = folder / "neuron.csv"
    file.write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in given), encoding="utf-8")
    objective: Mapping[str, Any] = {**NEURON["objective"], "data": str(file)}
    return {**NEURON, "objective": {**objective, **changes.pop("objective", {})}, **changes}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the study of a neuron has run, stage by stage."""
    folder = tmp_path_factory.mktemp("neuron")
    study = load_study(written_to(folder))
    run(study, folder)
    bound(study, folder, 40)
    return folder


def test_a_study_of_a_fit_runs_through_all_stages(folder: Path) -> None:
    """From the data to words: two symmetric optima, proven, and what is summed over how many rows of which file."""
    study = load_study(written_to(folder))
    said = summary(study, folder).markdown
    assert "least squares, the sum of `r**2` over 8 rows of `" in said
    assert "with `r = y - m` and `m = a*tanh(b*x)`" in said
    assert "2 minima" in said
    assert "formula" not in said
    assert "expression" not in said
    recorded = record(study, [folder / "minima.csv"], folder)
    assert recorded["formula"] == "Σ r**2, r = y - m, m = a*tanh(b*x), n = 8"


def test_the_explorer_of_a_fit_holds_its_rows(folder: Path) -> None:
    """Every number of the data, to the bit; no row is in the formula that is shown."""
    study = load_study(written_to(folder))
    data = page_data(contents_of(study, files_of(study, folder)))
    assert data["numbers"] == [8.0, *(number for row in ROWS for number in row)]
    assert data["formula"] == "Σ r**2, r = y - m, m = a*tanh(b*x), n = 8"
    assert [one["at"] for one in data["minima"]] == [[-x for x in one["at"]] for one in data["minima"][::-1]]


def test_many_rows_have_no_page(tmp_path: Path) -> None:
    """A page says why no ball rolls on it, and the command refuses; with as many rows as it may have there is one."""
    study = load_study(written_to(tmp_path, 1001))
    write_explorer(study, {}, tmp_path / "explore.html")
    text = (tmp_path / "explore.html").read_text(encoding="utf-8")
    assert "1,001 rows of data" in text
    assert "summary.html" in text
    assert "<script" not in text
    config = tmp_path / "study.json"
    config.write_text(str(written_to(tmp_path, 1001)).replace("'", '"'), encoding="utf-8")
    with pytest.raises(InputError, match="with more than 1,000 rows no ball rolls"):
        page(str(config))


def test_check_says_what_is_fitted(folder: Path) -> None:
    """What is summed over how many rows of which file."""
    config = folder / "study.json"
    config.write_text(str(written_to(folder)).replace("'", '"'), encoding="utf-8")
    said = check(str(config))
    assert "the sum of r**2, r = y - m, m = a*tanh(b*x), over 8 rows of " in said
    assert f"{folder / 'neuron.csv'} (columns x, y), 2 dimensions" in said


@pytest.mark.parametrize(("loss", "reduction", "weights", "said"), [
    ("squares", "sum", None, "Σ r**2, r = y - m, m = a*x, n = 2"),
    ("squares", "mean", "x + 1", "1/n Σ (x + 1)*r**2, r = y - m, m = a*x, n = 2"),
    ("log(1 + exp(-y*m))", "sum", "x", "Σ x*(log(1 + exp(-y*m))), m = a*x, n = 2"),
    ({"name": "welsch", "delta": 2}, "sum", None,
     "Σ delta**2*(1 - exp(-(r/delta)**2)), r = y - m, m = a*x, delta = 2, n = 2"),
    ("poisson_log", "sum", None, "Σ exp(m) - y*m, m = a*x, n = 2"),
])  # fmt: skip
def test_a_fit_is_written_in_symbols(loss: Any, reduction: Any, weights: str | None, said: str) -> None:
    """The loss of a row, and what its names mean."""
    data = {"x": [1.0, 2.0], "y": [3.0, 5.0]}
    fit = Objective.from_model("a*x", data, ["a"], response="y", loss=loss, reduction=reduction, weights=weights)
    assert written(fit) == said


def fit_and_formula(model: str, names: list[str], **given: Any) -> tuple[Objective, Objective]:
    """A fit to four rows, and the formula in which they all stand."""
    data = {"x": [-1.0, -0.5, 0.25, 1.0], "y": [0.0, 0.0, 0.0, 0.0]}
    fit = Objective.from_model(model, data, names, response="y", **given)
    return fit, fit.written_out()


@pytest.mark.parametrize(("model", "given"), [
    ("a**2*x + b", {"reduction": "mean"}), ("a**2*x + b + a**3", {}), ("a**3*x + b", {"loss": "m*(1 + x) + m**2"}),
])  # fmt: skip
def test_a_flat_point_of_a_fit_is_what_it_is_of_the_written_out_sum(model: str, given: dict[str, Any]) -> None:
    """Whether a point with a singular Hessian is a minimum is decided in balls over the rows."""
    found = [
        critical_point(f, np.array([0.001, 0.002]), np.array([2.0, 2.0]))
        for f in fit_and_formula(model, ["a", "b"], **given)
    ]
    assert (found[0] is None) == (found[1] is None)
    if found[0] is not None and found[1] is not None:
        assert found[0].is_minimum == found[1].is_minimum
        assert found[0].place.tolist() == found[1].place.tolist()


def test_a_cycle_of_a_fit_is_proven() -> None:
    """Of (a**2 - 1)**2 as a mean over rows, with steps that are too long: the cycle of two points, and no false one."""
    f, _ = fit_and_formula("a**2 - 1", ["a"], reduction="mean")
    with plainly():
        rule_map = RuleMap.of(f, Method(learning_rate=0.3))
        rows = rule_map.first(np.array([[0.6]]))
        for _ in range(300):
            rows = rule_map.step(rows)
        cycle = polished(rule_map, rows[0], 2)
        assert cycle is not None
        x, y = cycle.points.ravel()
        assert y == pytest.approx(x - 0.3 * 4 * x * (x**2 - 1), abs=1e-12)
        assert is_proven(rule_map, cycle)
        assert not is_proven(RuleMap.of(f, Method(learning_rate=0.31)), cycle)


def test_a_rest_beside_where_a_row_is_not_defined_is_at_the_edge() -> None:
    """The logarithm in the model ends at a = 0: a rest there is not on a flat tail."""
    data = {"x": [1.0, 2.0], "y": [0.0, 1.0]}
    fit = Objective.from_model("log(a)*x + b", data, ["a", "b"], response="y")
    assert fit.restricted == {"a"}
    box = Box({"a": (0, 2), "b": (-1, 1)})
    listed = Certificate(
        "", fit.variables, ((-1.0, 3.0), (-2.0, 2.0)), (), (), (), (0.0, 1.0), True, True, None, None, 0, 0.0, {}
    )
    places = RestPlaces(listed, box, box.widened(1.0), fit.evaluated_by(compile_evaluation(fit).evaluate))
    ends = np.array([[1e-5, 0.0], [1.0, 0.0]])
    assert places.facts(ends) == {"rest at the edge of the function": 1, "rest away from critical points": 1}


def test_heights_of_many_rows_are_those_at_fewer_points() -> None:
    """So that a picture takes seconds, and says so; a formula, and a fit to few rows, has all points."""
    box = Box({"a": (0, 1), "b": (0, 1)})
    few, formula = fit_and_formula("a*x + b", ["a", "b"])
    assert points_of(few, box) == points_of(formula, box) == GRID
    data = {"x": np.arange(100_000.0), "y": np.zeros(100_000)}
    many = Objective.from_model("a*x + b", data, ["a", "b"], response="y")
    assert points_of(many, box) == 44
    scene: Any = SimpleNamespace(objective=many, map=SimpleNamespace(box=box))
    assert surface_text(scene) == "heights are those at 44 x 44 points: each is a sum over 100,000 rows"
    scene.objective = few
    assert surface_text(scene) == ""


def test_what_cannot_be_proven_of_a_fit_is_refused_in_a_sentence(folder: Path) -> None:
    """Shares with proof; and minima that move with a number of the model are told apart, but not followed."""
    gd = {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01}}
    with pytest.raises(ConfigError, match="proven_shares: shares are proven of formulas, not of fits"):
        load_study(written_to(folder, methods=gd, proven_shares={"max_cells": 100}))
    fit, _ = fit_and_formula("a*x + b", ["a", "b"])
    box = Box({"a": (0, 1), "b": (0, 1)})
    certificate: Any = SimpleNamespace(minima=())
    with pytest.raises(InputError, match="shares are proven of formulas, not of sums over rows of data"):
        prove_shares(fit, Method(learning_rate=0.01), box, box, certificate, max_cells=10)
    with_number, _ = fit_and_formula("k*a*x", ["a"], parameters={"k": 2})
    follower = Follower(with_number, "k", Box({"a": (-1, 1)}))
    assert follower.family is None
