"""Why starts reach no minimum: the cause is the right one, and following the advice has the effect that was claimed."""

import math
import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import binom

from multistart.box import Box
from multistart.descents.outcomes import CONVERGED, LEFT_ARENA, STEP_LIMIT, empty
from multistart.diagnoses import UNIT
from multistart.diagnoses.causes import rate_too_large, rate_too_large_far_out, units_uneven
from multistart.diagnoses.diagnose import diagnose
from multistart.diagnoses.probe import Probe, Setting
from multistart.diagnoses.rules import holds, steps_stay_long, understood
from multistart.diagnoses.scaled import norms_of
from multistart.methods import Method
from multistart.minima import Minima, Tolerances
from multistart.study import certify, load_study
from multistart.study.read_findings import read_diagnoses
from tests.plain_kernel import plainly
from tests.staged import files_of, run, summary

STUDIES = Path(__file__).parent / "studies"
CHANCE = 1e-6  # that a sample is as far off as a test allows


def diagnosed(config, folder):
    """The share of the starts that reached a minimum, the rows of diagnoses.csv, of each method."""
    study = load_study(config)
    run(study, folder, together=True)
    found = {}
    for method, files in files_of(study, folder).items():
        share = pd.read_csv(files.table("basins.csv"))["share"].sum()
        found[method] = share, read_diagnoses(pd.read_csv(files.table("diagnoses.csv")))
    return found


def followed(config, method, rows):
    """The config with the lines that help written into it, as the summary says."""
    config = deepcopy(config)
    numbers = config["methods"][method]
    config["methods"] = {method: numbers}
    for row in (row for row in rows if row.helps):
        value = yaml.safe_load(row.value)
        if row.key.startswith(UNIT):
            name = row.key.removeprefix(UNIT)
            objective = config["objective"]
            if f"unit_of_{name}" in objective.get("parameters", {}):
                objective["parameters"][f"unit_of_{name}"] *= value
            else:
                objective["expression"] = re.sub(rf"\b{name}\b", f"({row.value}*{name})", objective["expression"])
            config["domain"][name] = [end / value for end in config["domain"][name]]
        elif row.key == "arena.widen":
            config["arena"] = {"widen": value}
        elif row.key == "domain":
            config["domain"] = value
        elif row.key == "starts.design":
            config["starts"]["design"] = value
        else:
            assert str(yaml.safe_load(row.given)) == str(numbers.get(row.key, {"max_steps": 1000}.get(row.key, 1e-8)))
            numbers[row.key] = value
    return config


def assert_as_claimed(share, row, count):
    """A share of all starts is one of which the sample's count is an ordinary draw."""
    low, high = binom.ppf([CHANCE, 1 - CHANCE], row.tried, share)
    assert low <= count <= high, (share, row)


def one_dimensional(expression, domain, numbers, parameters=None, **sections):
    return {
        "study": "one",
        "objective": {"expression": expression, "variables": ["x"], "parameters": parameters or {}},
        "domain": {"x": domain},
        "starts": {"design": "jittered_grid", "per_axis": 300, "seed": 1},
        "methods": {"gd": {"optimizer": "gradient_descent", **numbers}},
        **sections,
    }


def wells(domain, numbers, scale=1.0, tilt=0.25, dip=0.0, **sections):
    """Two wells of different depth, or of one, or a dip alone: what differs in numbers alone is compiled once."""
    parameters = {"scale": scale, "tilt": tilt, "dip": dip}
    return one_dimensional("scale*((x**2 - 1)**2 + tilt*x) - dip/(1 + x**2)", domain, numbers, parameters, **sections)


def planar(domain, numbers, starts=None, **weights):
    """A sum of squares in the plane, each with its weight, or 0, and y in another unit if advised: likewise."""
    squares = {"valley": "(x + Y)**2", "across": "(x - Y - 1)**2", "ring": "(x**2 + Y**2 - 1)**2",
               "bowl": "((x - 0.3)**2 + (Y/50 + 0.2)**2)"}  # fmt: skip
    return one_dimensional("1", [0, 1], numbers) | {
        "objective": {
            "expression": " + ".join(f"{name}*{s}" for name, s in squares.items()).replace("Y", "(unit_of_y*y)"),
            "variables": ["x", "y"],
            "parameters": dict.fromkeys(squares, 0) | weights | {"unit_of_y": 1},
        },
        "domain": {"x": [-2, 2], "y": domain},
        "starts": starts or {"design": "uniform", "count": 300, "seed": 1},
    }


@pytest.fixture
def by_python(monkeypatch):
    """Few descents, run by Python itself: of a rule whose kernel no other test compiles."""
    monkeypatch.setattr(certify, "PILOT", 20)
    with plainly():
        yield


FEW = {"design": "jittered_grid", "per_axis": 20, "seed": 1}
CASES = {
    "tolerance_too_large": wells([-2, 2], {"learning_rate": 5e18, "max_steps": 500}, scale=1e-20),
    "tolerance_too_large, rate_too_small": wells([-2, 2], {"learning_rate": 0.01, "max_steps": 500}, scale=1e-20),
    "tolerance_too_small": wells([-2, 2], {"learning_rate": 1e-22, "max_steps": 500}, scale=1e20),
    "rate_too_large": wells([-1.5, 1.5], {"learning_rate": 0.26, "max_steps": 500}),
    "rate_too_large_far_out": wells([-10, 10], {"learning_rate": 0.08, "max_steps": 5000}, 0.25, 0.0),
    "rate_too_small": wells([-2, 2], {"learning_rate": 1e-5, "max_steps": 500}),
    "starts_in_a_flat_tail": wells([-1000, 1000], {"learning_rate": 0.5, "max_steps": 300}, 0.0, dip=1.0),
    "too_few_steps": planar([-2, 2], {"learning_rate": 0.009, "max_steps": 100}, valley=25, across=0.5),
    "units_uneven, units_uneven": planar([-100, 100], {"learning_rate": 0.1, "max_steps": 1000}, bowl=1),
    "arena_too_small": wells([1.5, 2.5], {"learning_rate": 0.02, "max_steps": 500}, arena={"widen": 0.25}),
    "starts_on_a_ridge": wells(
        [-2, 2], {"learning_rate": 0.08, "max_steps": 500}, 0.25, 0.0, starts={"design": "grid", "per_axis": 21}
    ),
}


@pytest.mark.parametrize("causes", CASES)
def test_each_cause_is_told_and_its_line_helps(causes, tmp_path):
    """One cause, or two, keep starts from a minimum: they are named and answered, and the answer holds.

    Of uneven units there are two lines: the unit of a variable, and the rate that suits then.
    """
    assert_told_and_helping(CASES[causes], causes, tmp_path)


def assert_told_and_helping(config, causes, tmp_path):
    share, rows = diagnosed(config, tmp_path / "before")["gd"]
    assert [row.cause for row in rows if row.helps] == causes.split(", ")
    assert_as_claimed(share, rows[0], rows[0].reached_before)
    after, left = diagnosed(followed(config, "gd", rows), tmp_path / "after")["gd"]
    helpful = [row for row in rows if row.helps]
    assert_as_claimed(after, helpful[-1], helpful[-1].reached_after)
    assert after > share
    assert after >= 0.99 or left


OTHER_RULES = {
    "nesterov": ("rate_too_large", {"learning_rate": 0.3, "momentum": 0.9, "max_steps": 500}),
    "gradient_descent": (
        "too_few_steps", {"learning_rate": {"schedule": "cosine", "from": 0.02, "to": 0.0}, "max_steps": 60}
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", OTHER_RULES)
def test_causes_of_other_rules_and_of_falling_rates_are_told(rule, tmp_path, by_python):
    """By the critical rate of that rule, and the steps of that schedule."""
    causes, numbers = OTHER_RULES[rule]
    assert_told_and_helping(wells([-2, 2], {"optimizer": rule, **numbers}, starts=FEW), causes, tmp_path)


def test_where_steps_stay_long_the_rate_is_to_fall(tmp_path, by_python):
    """As those of the sign of the gradient do, which end in cycles."""
    config = wells([-2, 2], {"optimizer": "sign", "learning_rate": 0.05, "max_steps": 200}, starts=FEW)
    assert_told_and_helping(config, "steps_stay_long", tmp_path)


@pytest.mark.slow
def test_where_many_short_steps_stay_as_they_are_the_rate_is_to_fall(tmp_path):
    """As do those of a thousand updates."""
    config = wells([-2, 2], {"optimizer": "sign", "learning_rate": 0.01, "max_steps": 1000})
    assert_told_and_helping(config, "steps_stay_long", tmp_path)


@pytest.mark.parametrize(
    ("numbers", "key"),
    [
        ({"optimizer": "rprop", "learning_rate": 0.1, "max_steps": 30}, "learning_rate"),
        ({"learning_rate": {"formula": "0.01*(1 - t/40)"}, "max_steps": 40}, "max_steps"),
    ],
    ids=["rprop", "formula"],
)
def test_a_line_that_the_method_does_not_take_is_not_tried(numbers, key, tmp_path, by_python):
    """No schedule for Rprop, and not so many steps that a formula of the rate is negative: the study ends as others."""
    share, rows = diagnosed(wells([-2, 2], numbers, starts=FEW), tmp_path)["gd"]
    assert share < 0.5
    assert rows
    assert key not in {row.key for row in rows}
    assert rows[-1].key == "step_limit"


@pytest.mark.parametrize("rule", ["nesterov", "sign", "adam"])
def test_what_holds_of_gradient_descent_alone_is_not_said_of_others(rule):
    """Lengths of steps far out and units are its own; nothing of critical rates is said of a rate that changes."""
    method = Method(rule, learning_rate=0.1)
    assert not holds(rate_too_large_far_out, method)
    assert not holds(units_uneven, method)
    assert holds(rate_too_large, method) == (rule == "nesterov")
    assert holds(steps_stay_long, method) == (rule != "nesterov")
    assert not holds(rate_too_large, Method(rule, learning_rate={"schedule": "cosine", "from": 0.2, "to": 0.1}))


ADVISED = [
    ("peaks", "gradient_descent", {"rate_too_small", "starts_in_a_flat_tail"}),
    ("peaks_fast", "gradient_descent", {"rate_too_large", "starts_in_a_flat_tail"}),
    ("large_values", "gradient_descent", {"tolerance_too_small"}),
    ("mixed_units", "gradient_descent", {"units_uneven"}),
    ("three_methods", "careful", {"rate_too_small"}),
    ("three_methods", "bold", {"rate_too_large"}),
]


#: Advice of two lines; that of the other studies, which the cases above give as well, is slow.
FAST = ("peaks",)


@pytest.mark.parametrize(
    ("name", "method", "causes"),
    [pytest.param(*each, id="-".join(each[:2]), marks=[pytest.mark.slow] * (each[0] not in FAST)) for each in ADVISED],
)
def test_following_the_advice_has_the_effect_that_was_claimed(name, method, causes, tmp_path):
    """The study run anew with the advised lines reaches a minimum from the share of starts that the sample promised."""
    config = yaml.safe_load((STUDIES / f"{name}.yaml").read_text(encoding="utf-8"))
    config["methods"] = {method: config["methods"][method]}
    share, rows = diagnosed(config, tmp_path / "before")[method]
    helpful = [row for row in rows if row.helps]
    assert {row.cause for row in helpful} == causes
    assert_as_claimed(share, helpful[0], helpful[0].reached_before)
    after, _ = diagnosed(followed(config, method, rows), tmp_path / "after")[method]
    assert_as_claimed(after, helpful[-1], helpful[-1].reached_after)
    assert after > share


def test_from_a_flat_tail_ten_times_the_steps_lead_nowhere(tmp_path):
    """As is said of it: hardly more starts arrive; and the domain advised holds the minimum, in round numbers."""
    config = CASES["starts_in_a_flat_tail"]
    share, (row, *_) = diagnosed(config, tmp_path / "before")["gd"]
    assert share < 0.02
    low, high = yaml.safe_load(row.value)["x"]
    assert -20 < low < 0 < high < 20
    assert f"{low:.2g} {high:.2g}" == f"{low:g} {high:g}"
    config = config | {"methods": {"gd": config["methods"]["gd"] | {"max_steps": 3000}}}
    assert diagnosed(config, tmp_path / "longer")["gd"][0] <= share + 0.01


@pytest.mark.parametrize("own", [True, False])
def test_a_domain_is_not_advised_for_starts_of_a_file(own, tmp_path):
    """Another domain does not move them; where starts are drawn, it does."""
    (tmp_path / "starts.csv").write_text("x\n" + "\n".join(str(x) for x in range(-300, 300, 20)))
    starts = {"design": "file", "path": str(tmp_path / "starts.csv")} if own else {"design": "grid", "per_axis": 30}
    config = CASES["starts_in_a_flat_tail"] | {"starts": starts, "domain": {"x": [-300, 300]}}
    ((_, rows),) = diagnosed(config, tmp_path).values()
    assert ("starts_in_a_flat_tail" in {row.cause for row in rows}) is not own


ALL_ARRIVE = {
    "a bowl": planar([-2, 2], {"learning_rate": 0.2}, valley=1, across=1),
    "small": wells([-2, 2], {"learning_rate": 5e18, "max_steps": 500, "gradient_tolerance": 1e-28}, scale=1e-20),
    "small_values": STUDIES / "small_values.yaml",
    "one_minimum": STUDIES / "one_minimum.yaml",
    "many_minima": STUDIES / "many_minima.yaml",
}
QUICK = ("a bowl", "small")  # whose kernels the cases have


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in QUICK)) for n in ALL_ARRIVE])
def test_where_all_starts_reach_a_minimum_there_is_no_advice(name, tmp_path):
    """Nothing is diagnosed, and nothing is tried."""
    ((share, rows),) = diagnosed(ALL_ARRIVE[name], tmp_path).values()
    assert share == pytest.approx(1)
    assert rows == ()


@pytest.mark.parametrize("own", [True, False])
def test_other_units_are_said_of_the_file_of_starts_too(own, tmp_path):
    """Starts of a file are in the units of the variables: whoever changes those is told to change the file."""
    config = CASES["units_uneven, units_uneven"]
    rng, box = np.random.default_rng(1), np.array(list(config["domain"].values()), dtype=float)
    starts = pd.DataFrame(rng.uniform(*box.T, size=(40, 2)), columns=list(config["domain"]))
    path = tmp_path / "mine.csv"
    starts.to_csv(path, index=False)
    text = written(config | ({"starts": {"design": "file", "path": str(path)}} if own else {}), tmp_path)
    assert "*y)` for y" in text
    assert (f"divide these columns of {path} too" in text) is own


@pytest.mark.parametrize(
    "saddle",
    [
        planar([-2, 2], {"learning_rate": 0.01}, valley=1, across=-1),
        pytest.param(STUDIES / "no_minimum.yaml", marks=pytest.mark.slow),
    ],
    ids=["two ways down", "three ways down"],
)
def test_what_no_line_changes_is_said(saddle, tmp_path):
    """A function without a minimum: no line helps, what was tried is told, and how the starts end."""
    ((share, rows),) = diagnosed(saddle, tmp_path).values()
    assert share == 0
    assert not any(row.helps for row in rows)
    assert [(row.cause, row.key) for row in rows] == [("arena_too_small", "arena.widen"), ("unanswered", "left_arena")]


def test_steps_made_at_rest_are_saved(tmp_path):
    """All starts stand at the minimum on the same bits and run all steps: a tolerance above rounding ends them."""
    config = wells([-2, 2], {"learning_rate": 1e-21, "max_steps": 1000}, scale=1e20)
    share, rows = diagnosed(config, tmp_path / "before")["gd"]
    assert share == 1
    assert [row.cause for row in rows] == ["tolerance_too_small"]
    assert rows[0].steps_before == 1000
    after = followed(config, "gd", rows)
    share, rows = diagnosed(after, tmp_path / "after")["gd"]
    assert (share, rows) == (1, ())
    steps = pd.read_parquet(tmp_path / "after" / "outcomes.parquet")["steps"]
    assert steps.max() < 500


def test_gradients_whose_squares_have_no_room_are_diagnosed(tmp_path):
    """Norms of 1e200 and of 1e-200 are numbers, and a study in such units gets its advice."""
    np.testing.assert_allclose(norms_of(np.array([[3e200, 4e200], [3e-200, 4e-200], [0, 0]])), [5e200, 5e-200, 0])
    config = wells([-2, 2], {"learning_rate": 2e-202, "max_steps": 500}, scale=1e200)
    ((_, rows),) = diagnosed(config, tmp_path).values()
    assert [row.key for row in rows if row.helps] == ["gradient_tolerance"]


def written(config, folder):
    study = load_study(config)
    return summary(study, run(study, folder, together=True)).markdown


def test_starts_at_a_minimum_that_run_all_steps_are_told_so(tmp_path, by_python):
    """No tolerance is too small, and none is waited for, where all steps are asked for: also with a gradient of 0."""
    (tmp_path / "starts.csv").write_text("x\n0\n0\n")
    starts = {"design": "file", "path": str(tmp_path / "starts.csv")}
    numbers = {"learning_rate": 0.1, "max_steps": 50, "gradient_tolerance": 0}
    said = written(one_dimensional("x**2", [-2, 2], numbers, starts=starts), tmp_path / "all")
    assert "the tolerance of 0 asks for all steps" in said
    assert "too small" not in said
    assert "before the gradient fell" not in said


def test_starts_of_a_file_tell_nothing_of_random_ones(tmp_path):
    """What a user picked by hand is no sample of the domain: restarts are from the file."""
    (tmp_path / "starts.csv").write_text("x\n0.7\n-0.7\n0.1\n")
    starts = {"design": "file", "path": str(tmp_path / "starts.csv")}
    said = written(wells([-2, 2], {"learning_rate": 0.05, "max_steps": 500}, starts=starts), tmp_path / "of_file")
    assert "descents from starts drawn at random from the file reach the lowest minimum" in said
    assert "random starts" not in said


def test_the_name_of_a_file_is_shown_as_it_is(tmp_path):
    """No letter of it is taken for Markdown: neither emphasis, nor a link, nor the end of code."""
    name = "*a* __b__ [c](d).csv"
    (tmp_path / name).write_text("x\n0.7\n")
    starts = {"design": "file", "path": str(tmp_path / name)}
    said = written(wells([-2, 2], {"learning_rate": 0.05, "max_steps": 500}, starts=starts), tmp_path / "of_file")
    assert said.count(f"`{tmp_path / name}`") == said.count(name) == 2


def test_one_start_does_not_tell_how_many_are_enough(tmp_path):
    """Where from 1 to 182 restarts may be needed, the sentences at the head say no number; the section says both."""
    starts = {"design": "uniform", "count": 1, "seed": 1}
    said = written(wells([-2, 2], {"learning_rate": 0.05, "max_steps": 500}, starts=starts), tmp_path)
    assert "enough to reach" not in said
    assert "1 (1 to 182) descents" in said


def test_a_ring_of_minima_is_no_ridge(tmp_path, monkeypatch, no_balls):
    """A flat direction whose curvature is rounded below 0 is no saddle; random starts are not to be made random."""
    monkeypatch.setattr(certify, "PILOT", 30)  # of a ring each end is looked at in many digits
    starts = {"design": "grid", "per_axis": 4}  # none at the maximum in the middle
    config = planar([-2, 2], {"learning_rate": 0.02}, starts, ring=1)
    for design in (starts, {"design": "jittered_grid", "per_axis": 4}):  # of one seed: one certificate is searched
        ((_, rows),) = diagnosed(config | {"starts": design, "certificate": {"max_boxes": 100}}, tmp_path).values()
        assert "starts_on_a_ridge" not in {row.cause for row in rows}


class Bowl:
    """``f = (x - c)' H (x - c) / 2``, whose descents are known in closed form."""

    def __init__(self, hessian, center):
        self._hessian, self._center = hessian, center
        self.dimensions = len(center)
        self.eigenvalues, self.vectors = np.linalg.eigh(hessian)

    def value(self, points):
        away = points - self._center
        return 0.5 * np.einsum("ni,ij,nj->n", away, self._hessian, away)

    def gradient(self, points):
        return (points - self._center) @ self._hessian

    def hessian(self, points):
        return np.broadcast_to(self._hessian, (len(points), *self._hessian.shape))

    def gradient_and_hessian(self, points):
        return self.gradient(points), self.hessian(points)

    def rounding(self):
        """How large a gradient is at the nearest double to the minimum, about."""
        return 0.5 * np.spacing(np.abs(self._center)).max() * self.eigenvalues.max()

    def descend(self, method, starts, arena):
        """After k steps the distance along each eigenvector is ``(1 - a lambda)^k`` times the first one."""
        out = empty(starts)
        first = (starts - self._center) @ self.vectors
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            left = (1 - method.learning_rate * self.eigenvalues) ** np.arange(method.max_steps + 1)[:, None]
            for i, y in enumerate(first):
                along = y * left
                norms = np.maximum(np.linalg.norm(along * self.eigenvalues, axis=1), self.rounding())
                points = self._center + along @ self.vectors.T
                inside = arena.contains(np.nan_to_num(points, nan=np.inf))
                ends = (norms <= method.gradient_tolerance) | ~inside
                last = int(ends.argmax()) if ends.any() else method.max_steps
                ending = STEP_LIMIT if not ends.any() else CONVERGED if inside[last] else LEFT_ARENA
                out.end[i], out.steps[i], out.ending_code[i] = points[last], last, ending
                out.gradient_norm[i] = norms[last]
        return out


def random_bowl(rng):
    """A bowl of any scale, conditioning and units, in a box around its minimum, and a method that may not suit it."""
    d = int(rng.integers(1, 5))
    values = 10.0 ** rng.uniform(-12, 12) * 10.0 ** rng.uniform(0, 1, d)
    hessian = np.diag(values) if rng.random() < 0.5 else _turned(rng, values)
    units = 10.0 ** rng.uniform(-2, 2, d) if rng.random() < 0.4 else np.ones(d)
    hessian = hessian / units / units[:, None]
    center = units * rng.uniform(-1, 1, d)
    box = Box({f"x{i}": (c - u * a, c + u * b) for i, (c, u, a, b) in
               enumerate(zip(center, units, rng.uniform(1, 3, d), rng.uniform(1, 3, d), strict=True))})  # fmt: skip
    bowl = Bowl(hessian, center)
    rate = 2 / bowl.eigenvalues.max() * 10.0 ** rng.uniform(-3, 0.5)
    tolerance = 1e-8 if rng.random() < 0.5 else 1e-8 * float(np.median(np.abs(bowl.gradient(np.array([box.low])))))
    method = Method(learning_rate=rate, max_steps=int(rng.choice([100, 300, 1000])), gradient_tolerance=tolerance)
    return bowl, box, method


def _turned(rng, values):
    q, _ = np.linalg.qr(rng.normal(size=(len(values), len(values))))
    return q * values @ q.T


def nothing(bowl, box):
    return Minima.at(bowl, np.empty((0, box.dimensions)), box)


def probe_of(bowl, box, rng, n=60):
    starts = box.low + box.width * rng.random((n, box.dimensions))
    return Probe(bowl, box, Tolerances(), starts, starts, nothing(bowl, box), bowl.descend)


def hunted(seed):
    """The problem, what the method does, and the diagnoses."""
    rng = np.random.default_rng(seed)
    bowl, box, method = random_bowl(rng)
    probe = probe_of(bowl, box, rng)
    setting = Setting(method, 1.0)
    return bowl, method, probe.trial(setting), diagnose(probe, setting)


def test_random_bowls_get_the_right_diagnosis():
    """Of random scale, conditioning, units, rate, tolerance and steps: what is said is true, and it is enough.

    Of the last, the rate hides that the tolerance stops descents all along a valley, far from its minimum.
    """
    for seed in (*range(60), 2339):
        check_bowl(seed)


@pytest.mark.slow
def test_very_many_random_bowls_get_the_right_diagnosis():
    """As above."""
    for seed in range(60, 3000):
        check_bowl(seed)


def check_bowl(seed):
    bowl, method, trial, rows = hunted(seed)
    helpful = [row for row in rows if row.helps]
    said = {row.cause: row for row in helpful}
    critical = 2 / bowl.eigenvalues.max()
    if trial.reached.mean() >= 0.99:
        assert not helpful
        return
    assert helpful, (seed, rows)
    assert helpful[-1].reached_after >= 0.99 * len(trial.reached), (seed, rows)
    too_large = method.learning_rate >= critical and not too_coarse(bowl, method, trial)
    assert ("rate_too_large" in said or "units_uneven" in said) or not too_large, (seed, rows)
    if "rate_too_large" in said:
        assert method.learning_rate >= 0.9 * critical
        assert said["rate_too_large"].number == pytest.approx(critical, rel=1e-3)
    if "rate_too_small" in said:
        assert method.learning_rate < critical
    if "units_uneven" in said:
        assert said["units_uneven"].number == pytest.approx(bowl.eigenvalues[-1] / bowl.eigenvalues[0], rel=1e-3)
    if "tolerance_too_large" in said:
        begins = (trial.outcomes.ending_code == CONVERGED).any()
        assert begins or method.learning_rate >= critical or "rate_too_small" in said  # which hid it
    if trial.standing.mean() > 0.5:
        assert said.keys() & {"tolerance_too_small", "units_uneven", "rate_too_small"}, (seed, rows)
    assert not math.isnan(helpful[0].number)


def too_coarse(bowl, method, trial):
    """Whether the tolerance is met far from the minimum."""
    return method.gradient_tolerance > 1e-3 * np.median(np.linalg.norm(bowl.gradient(trial.outcomes.start), axis=1))


def test_no_advice_is_given_for_what_the_causes_do_not_describe():
    """The causes are of the catalogue's rules: other methods, rules of one's own and rates by variable get none."""
    assert understood(Method("adam", learning_rate={"schedule": "cosine", "from": 0.2, "to": 0.1}))
    assert not understood(Method("gradient_descent", learning_rate=(0.1, 0.2)))
    assert not understood(Method("damped_newton"))
    assert not understood(Method("scipy", method="L-BFGS-B"))
    assert not understood(Method(rule={"update": ["x = x - lr*g"]}, learning_rate=0.1))
