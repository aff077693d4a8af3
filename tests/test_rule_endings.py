"""Endings that are true for rules with memory, and for rules whose steps do not get shorter near a minimum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.trace import trace
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.methods import RULES, Method
from multistart.methods.endings import RESTING, VISITED
from multistart.methods.rate import largest_rate
from multistart.methods.rule import MAY_LEAVE

from .plain_kernel import plainly
from .plain_rules import run_lines

WELL = Objective.from_expression("(x**2 - 1)**2/4", ["x"])  # minima at 1 and -1, which are doubles
QUARTIC = Objective.from_expression("x**4/4 - x**2/2 + x/10", ["x"])
ARENA = Box({"x": (-2.5, 2.5)})


def own(*update: str, **state: Any) -> dict[str, Any]:
    return {"update": list(update), "state": state}


def test_every_ending_of_a_rule_with_memory_in_one_batch() -> None:
    """A heavy ball converges, leaves the arena, is not finite, runs out of steps, and stands still, each in its way."""
    with plainly():
        starts = np.array([[0.5], [2.4], [-9.0], [np.inf], [1e-30], [-0.5], [1.0]])
        arena = Box({"x": (-2.5, 2.5)})
        method = Method("heavy_ball", learning_rate=0.1, momentum=0.8, max_steps=400, gradient_tolerance=1e-12)
        out = descend(WELL, method, starts, arena=arena)
        assert out.ending.tolist() == [
            "converged", "converged", "left_arena", "nonfinite", "converged", "converged", "converged",
        ]  # fmt: skip
        assert out.steps[-1] == 0
        fast = Method("heavy_ball", learning_rate=0.9, momentum=0.9, max_steps=400, gradient_tolerance=1e-12)
        assert "left_arena" in descend(WELL, fast, starts, arena=arena).ending
        short = descend(WELL, Method("heavy_ball", learning_rate=0.1, momentum=0.8, max_steps=9), starts, arena=arena)
        assert (short.ending[0], short.steps[0]) == ("step_limit", 9)
        still = Method("heavy_ball", learning_rate=0.1, momentum=0.8, max_steps=3000, gradient_tolerance=1e-300)
        assert descend(QUARTIC, still, starts[:1], arena=arena).ending[0] == "stationary"
        single = [descend(WELL, method, start[None], arena=arena) for start in starts]
        assert [one.ending[0] for one in single] == out.ending.tolist()
        assert np.concatenate([one.end for one in single]).tobytes() == out.end.tobytes()


def test_a_passage_through_the_bottom_is_no_rest() -> None:
    """A ball that stands exactly on the bottom while it rolls goes on, though the gradient there is 0."""
    method = Method("heavy_ball", learning_rate=1.0, momentum=0.5, max_steps=60, gradient_tolerance=1e-6)
    bowl = Objective.from_expression("x**2/2", ["x"])
    with plainly():
        path, out = trace(bowl, method, np.array([1.0])), descend(bowl, method, np.array([[1.0]]))
        plain = descend(bowl, Method(learning_rate=1.0, gradient_tolerance=1e-6), np.array([[1.0]]))
    assert path[1] == 0  # the first step ends at the minimum
    assert path[2] == -0.5
    assert (out.ending[0], out.steps[0]) == ("converged", len(path) - 1)
    assert out.steps[0] > 10
    assert (plain.ending[0], plain.steps[0]) == ("converged", 1)


def test_rules_that_never_rest_visit() -> None:
    """RMSprop bounces between two points half the rate from the minimum; what comes near in passing has visited it."""
    with plainly():
        tight = Method("rmsprop", learning_rate=0.01, max_steps=600, gradient_tolerance=1e-300, alpha=0.9)
        path = trace(QUARTIC, tight, np.array([-0.7]))
        np.testing.assert_allclose(np.abs(path[-1] - path[-2]), 0.01, rtol=1e-3)
        np.testing.assert_allclose(path[-1], path[-3], rtol=1e-9)
        assert descend(QUARTIC, tight, np.array([[-0.7]])).ending[0] == "cycle"
        loose = Method("rmsprop", learning_rate=0.01, max_steps=4000, gradient_tolerance=1e-2)
        out = descend(QUARTIC, loose, np.linspace(-2, 2, 12)[:, None], arena=ARENA)
        assert set(out.ending) == {"visited"}
        assert VISITED in RESTING
        exact = Method("rmsprop", learning_rate=0.01, gradient_tolerance=1e-8)
        assert descend(WELL, exact, np.array([[1.0]])).ending[0] == "visited"


@pytest.mark.parametrize(
    ("rule", "rest"),
    [
        (own("x = x - lr*g"), "gradient"),
        (own("x = x - lr*abs(g)*g"), "gradient"),
        (own("h = lr*gnorm", "x = x - h*g"), "gradient"),
        (own("x = x - lr*g + 0.1*lr"), "step"),
        (own("x = x - lr*(g + 1)"), "step"),
        (own("v = 0.9*v - lr*g", "x = x + v", v=0), "step"),
        (own("v = 0.9*v + g", "x = x - lr*v/2", v=0), "step"),
        (own("x = x - lr*sign(g)"), "never"),
        (own("x = x - lr*g/gnorm"), "never"),
        (own("v = 0.9*v + g**2", "x = x - lr*g/v", v=1), "never"),
        (own("w = v", "v = g", "x = x - lr*g/w", v=1), "never"),
        (own("x = x - lr*t*g"), "never"),
        (own("x = x - lr*where(g > 1, g, 0)"), "never"),
        (own("x = x - 0.1*g"), "gradient"),
        (own("v = 0.9*v + g", "x = x - 0.1*v", v=0), "never"),
    ],
)
def test_of_a_rule_of_ones_own_rest_is_claimed_only_where_its_lines_tell(rule: dict[str, Any], rest: str) -> None:
    """Sums and products rest where the next step is small; of divisions, signs and conditions that is not known."""
    reads = any("lr" in line for line in rule["update"])
    assert Method(rule=rule, **({"learning_rate": 0.1} if reads else {})).rule.rest == rest
    if reads:
        assert Method(rule=rule, learning_rate={"schedule": "cosine", "from": 0.1}).rule.rest == rest


def test_a_step_that_does_not_vanish_is_no_rest() -> None:
    """A rule that drifts where the gradient is 0 has not converged there, though it adds and multiplies only."""
    drifting = Method(rule=own("x = x - lr*(g + 1)"), learning_rate=0.1, max_steps=200, gradient_tolerance=1e-6)
    with plainly():
        out = descend(WELL, drifting, np.array([[1.0], [0.9]]))
    assert not set(out.ending) & {"converged", "visited"}


def test_a_rate_that_has_fallen_to_0_is_the_step_limit() -> None:
    """Where it has not arrived by then, a descent has neither converged nor come to rest."""
    falling = {"formula": "max(0, 0.05*(1 - t/20))"}
    with plainly():
        out = descend(QUARTIC, Method(learning_rate=falling, max_steps=500), np.array([[1.6], [0.3]]), arena=ARENA)
    assert set(out.ending) == {"step_limit"}
    assert (out.steps == 500).all()


UNPROVEN = sorted(set(RULES) - {"gradient_descent", "clipped", "heavy_ball", "nesterov"})


@pytest.mark.parametrize("name", UNPROVEN)
def test_certified_stopping_is_refused_where_nothing_is_proven(name: str) -> None:
    """In a sentence that says why; a rate of each variable leaves a ball as well."""
    assert RULES[name].unproven != MAY_LEAVE  # which is said of rules of one's own
    with pytest.raises(
        InputError, match=f"no attraction ball is proven for {RULES[name].title}, wh(ich|ose) [^;]*; use"
    ):
        Method(name, learning_rate=0.01, stopping="certified")
    with pytest.raises(InputError, match="no attraction ball is proven for a rate of each variable"):
        Method(learning_rate={"x": 0.01, "y": 0.02}, stopping="certified")


def test_balls_hold_for_schedules_whose_every_rate_is_small_enough() -> None:
    """The largest rate of all steps decides, whenever it comes; clipping shortens steps and changes nothing."""
    curvature = np.array([19.0, 21.0])
    for rate in (
        0.1,
        {"schedule": "cosine", "from": 0.1, "to": 0.01},
        {"schedule": "linear", "from": 0.01, "to": 0.1},
        {"schedule": "warmup_cosine", "peak": 0.1, "warmup": 10},
        {"formula": "0.1*(1 - abs(t - 30)/N)"},
    ):
        for name in ("gradient_descent", "clipped"):
            method = Method(name, learning_rate=rate, max_steps=100, stopping="certified")
            assert method.attracted(curvature).tolist() == [True, False]
    assert not Method("lion", learning_rate=0.01).attracted(curvature).any()


def test_critical_rates_are_those_of_the_recurrence() -> None:
    """On a parabola a rule falls to the minimum a little below its critical rate, and not a little above it."""
    for name, numbers in (
        ("gradient_descent", {}),
        ("heavy_ball", {"momentum": 0.7}),
        ("nesterov", {"momentum": 0.7}),
        ("rmsprop", {"eps": 0.1, "momentum": 0.4}),
        ("rmsprop", {"eps": 0.1, "eps_inside": True}),
        ("adam", {"eps": 0.1}),
        ("adam", {"eps": 0.1, "eps_hat": True, "beta2": 0.9}),
        ("clipped", {}),
        ("clipped_by_value", {}),
        ("nesterov_1983", {}),
        ("adamax", {"eps": 0.1, "beta2": 0.9}),
        ("nadam", {"eps": 0.1, "beta2": 0.9, "momentum_decay": 50}),
        ("nadam", {"eps": 0.1, "beta2": 0.9, "momentum_decay": 0}),
        ("radam", {"eps": 0.1, "beta2": 0.9}),
        ("radam", {"eps": 0.1, "beta2": 0.5}),
        ("adadelta", {"eps": 0.1}),
        ("adabelief", {"eps": 0.1, "eps_root": 0.001, "beta2": 0.9}),
    ):
        for factor, falls in ((0.97, True), (1.03, False)):
            method = Method(name, learning_rate=1.0, **numbers)
            critical = float(method.critical_learning_rate(np.array(4.0)))
            method = Method(name, learning_rate=factor * critical, max_steps=800, **numbers)
            path = [abs(held["x"][0]) for held in run_lines(method, lambda x: 4 * x, [1e-30])]
            assert (path[-1] < 1e-30 and max(path) < 1e-6) == falls, (name, numbers, factor, path[-1], max(path))


def test_rules_that_no_minimum_attracts_or_every_rate_and_those_of_which_it_depends() -> None:
    """Sign, signum, Lion and normalised steps are as long near a minimum: 0; gradient-scaled ones vanish: infinite."""
    unknown = []
    for name in RULES:
        critical = float(Method(name, learning_rate=1.0).critical_learning_rate(np.array(4.0)))
        if critical == 0:
            method = Method(name, learning_rate=1e-6, max_steps=400)
            away = [abs(held["x"][0]) for held in run_lines(method, lambda x: 4 * x, [1e-9])]
            assert max(away[-40:]) > 4e-7, name
        elif critical == np.inf:
            falls = [abs(held["x"][0]) for held in run_lines(Method(name, learning_rate=1e3), lambda x: 4 * x, [1e-6])]
            assert falls == sorted(falls, reverse=True), name
        elif np.isnan(critical):
            unknown.append(name)
    assert unknown == ["adagrad", "amsgrad", "rprop"]  # whose limits depend on the gradients before


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("adam", {"beta1": 1}, "beta1 is a finite number of at least 0 and below 1; got 1"),
    ("adam", {"eps": 0}, "eps is a finite number above 0; got 0"),
    ("adam", {"beta3": 0.5}, 'a hyperparameter of Adam "beta3" is not one of .*did you mean "beta2"'),
    ("rmsprop", {"centered": 1}, "centered is true or false; got 1"),
    ("admam", {}, 'optimizer "admam" is not one of .*did you mean "adam"'),
    ("adam", {"learning_rate": -1}, "learning_rate is a finite number above 0; got -1"),
    ("adam", {"learning_rate": {}}, "learning_rate is a number, one for each variable, a schedule or a formula"),
    ("adam", {"learning_rate": {"x": 0.1, "y": -1}}, "learning_rate.y is a finite number above 0; got -1$"),
    (
        "adam",
        {"learning_rate": {"x": {"schedule": "cosine", "from": 0.1}, "y": 0.1}},
        "learning_rate.x is .*; a schedule or a formula is for all variables at once$",
    ),
    ("adam", {"learning_rate": {"schedule": "cosin"}}, 'did you mean "cosine"'),
    ("adam", {"learning_rate": {"schedule": "cosine"}}, "learning_rate.from is missing"),
    ("adam", {"learning_rate": {"schedule": "step", "from": 1, "factor": 2}}, "learning_rate.factor is .* at most 1"),
    ("adam", {"learning_rate": {"schedule": "step", "from": 1, "every": 2}}, "learning_rate.factor is missing"),
    ("adam", {"learning_rate": {"schedule": "linear", "from": 1, "power": 2}}, "linear does not use it; it takes from"),
    ("adam", {"learning_rate": {"schedule": "pieces", "from": 1, "factor": 0.5, "at": [9, 3]}}, "at is ascending"),
    ("adam", {"learning_rate": {"schedule": "pieces", "from": 1, "factor": 0.5, "at": 3}}, "at is a list"),
    ("adam", {"learning_rate": {"schedule": "warmup_cosine", "peak": 1, "warmup": 1000}}, "warmup is below over"),
    ("adam", {"learning_rate": {"formula": "0.02*(1 - 2*t/N)"}}, "is -4e-05 at step 501"),
    ("adam", {"learning_rate": {"formula": "1/t"}}, "is inf at step 0"),
    ("adam", {"learning_rate": {"formula": "sqrt(3 - t)"}}, "is nan at step 4"),
    ("adam", {"learning_rate": {"formula": "0.1*gnorm"}}, 'formula: "gnorm" is not defined; names here are N, pi, t'),
    ("adam", {"learning_rate": {"formula": "0.1*e**(-t/N)"}}, "names here are N, pi, t; Euler's number is exp\\(1\\)$"),
    ("adam", {"learning_rate": {"formula": "lr"}}, '"lr" is not defined'),
    ("adam", {"learning_rate": {"formula": "open(1)"}}, 'no function "open"'),
    ("adam", {"learning_rate": {"formula": "0.1; x"}}, 'learning_rate.formula: "0.1; x" is not one formula such as'),
    ("adam", {"learning_rate": {"formula": "0.2*(1-t/N"}}, r'learning_rate.formula: "0.2\*\(1-t/N" is not one formula'),
    ("adam", {"learning_rate": {"formula": ""}}, 'learning_rate.formula: "" is not one formula'),
    ("adam", {"learning_rate": {"formula": "0*t"}}, "is 0 at every step"),
    ("adam", {"learning_rate": {"formula": 3}}, "a formula is a text"),
    ("adam", {"learning_rate": {"formula": "0.1", "from": 3}}, "a formula stands alone"),
    ("adam", {"learning_rate": {"formula": "0.1"}, "max_steps": 10**8}, "give max_steps of at most 10,000,000"),
    ("rprop", {"step_min": 1, "step_max": 0.1}, "step_min is at most step_max, 0.1; got 1$"),
    ("rprop", {"learning_rate": 100}, "learning_rate is at most step_max, 50; got 100$"),
    ("rprop", {"learning_rate": {"x": 0.1, "y": 1e-7}}, "step_min is at most learning_rate, 1e-07; got 1e-06$"),
    ("rprop", {"learning_rate": {"schedule": "cosine", "from": 1}}, "Rprop is read once, where its state"),
    ("barzilai_borwein_1", {"first_rate": 2, "largest_rate": 1}, "first_rate is at most largest_rate, 1; got 2$"),
    ("barzilai_borwein_2", {"first_rate": 2e10}, "first_rate is at most largest_rate, 1e\\+10; got 2e\\+10$"),
    (
        "adam",
        {"learning_rate": {"schedule": "step", "from": 1, "factor": 0.5, "every": 1000}},
        "every is below max_steps",
    ),
    (
        "adam",
        {"learning_rate": {"schedule": "pieces", "from": 1, "factor": 0.5, "at": [9, 2000]}},
        "at is below max_st",
    ),
    (
        "adam",
        {"learning_rate": {"schedule": "warm_restarts", "from": 1, "every": 2000}},
        "every is below max_steps, 100",
    ),
    (
        "adam",
        {"learning_rate": {"schedule": "warmup_cosine", "peak": 1, "warmup": 9, "to": 2}},
        "to is at most peak, 1",
    ),
    (
        "adam",
        {"learning_rate": {"schedule": "warmup_cosine", "peak": 1, "warmup": 2000, "over": 5000}},
        "learning_rate.warmup is below max_steps, 1000; got 2000$",
    ),
    (
        "adam",
        {"learning_rate": {"schedule": "one_cycle", "peak": 1, "over": 5000}},
        "at most max_steps, 1000; got 0.3$",
    ),
    ("adam", {"max_steps": float("nan")}, "max_steps is a whole number from 1 to .*; got nan"),
    ("adam", {"max_steps": float("inf")}, "max_steps is a whole number from 1 to .*; got inf"),
    ("adam", {"max_steps": "many"}, "max_steps is a whole number from 1 to .*; got many"),
    ("adam", {"max_steps": None}, "max_steps is a whole number from 1 to .*; got None"),
    ("adam", {"learning_rate": 10**400}, "learning_rate is a finite number above 0; got 1000"),
    ("adam", {"learning_rate": []}, "learning_rate is a finite number above 0; got"),
    ("adam", {"gradient_tolerance": 10**400}, "gradient_tolerance is 0 or a positive finite number; got 1000"),
    ("adam", {"rule": {"update": ["x = x - lr*g"]}}, "optimizer is given beside rule, adam; give one of them"),
]


@pytest.mark.parametrize(("name", "given", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_a_method_cannot_be_is_refused(name: str, given: dict[str, Any], says: str) -> None:
    """In one sentence that names the key, what was given, and what is allowed."""
    with pytest.raises(InputError, match=says) as caught:
        Method(name, **given)
    assert "\n" not in str(caught.value)


def test_numbers_of_a_formula_compile_nothing() -> None:
    """Formulas of a rate that differ in their numbers alone have one rule, whose numbers are arguments."""
    one, other = (Method(learning_rate={"formula": f"{a}*(1 - t/N)**2"}) for a in (0.02, 0.5))
    assert one.rule == other.rule
    assert one.in_kernel(1).tolist() != other.in_kernel(1).tolist()
    assert Method(learning_rate={"formula": "0.02*(1 - t/N)**3"}).rule != one.rule
    assert largest_rate(one.rate, 10) == 0.02


@pytest.mark.parametrize(("name", "where"), [("gradient_descent", "balls"), ("heavy_ball", "regions")])
def test_a_method_says_in_what_it_is_stopped(name: str, where: str) -> None:
    """Balls are of points alone; with momentum it is a region of point and last step."""
    method = Method(name, learning_rate=0.01, stopping="certified")
    assert method.describe().endswith(f", stopped in attraction {where}")
