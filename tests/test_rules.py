"""Rules with state, schedules and rates of each coordinate: what a rule says is what a compiled descent does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.trace import sketch, trace, trace_states
from multistart.errors import InputError
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_kernel
from multistart.kernels.compiled import outline_of
from multistart.methods import Method, Rule, State
from multistart.methods.entry import LEARNING_RATE

from .plain_kernel import plain_kernel, plainly
from .plain_rules import descent, run_lines

FALLING = Rule(
    "falling",
    "a test",
    (LEARNING_RATE,),
    state=(State("p", start=1.0, shared=True),),
    each_step=("p = 0.99*p", "rate = p*learning_rate*(1.0 - (t + 1.0)/N)", "c = smaller(1.0, 5.0/gnorm)"),
    update=("x = x - rate*c*g",),
    rest="gradient",
)
BOWLS = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
KEPT = {"max_steps": 2000, "gradient_tolerance": 5e-2}
ARENA = Box({"x": (-2.5, 2.5), "y": (-2.5, 2.5)})


def starts(n: int = 400) -> np.ndarray:
    return np.random.default_rng(3).uniform(-2.6, 2.6, (n, 2))


@pytest.mark.parametrize(
    "method",
    [
        Method("heavy_ball", learning_rate=0.05, momentum=0.8, max_steps=150, gradient_tolerance=1e-3),
        Method("heavy_ball", learning_rate=0.3, momentum=0.5, max_steps=77, gradient_tolerance=0.0),
        *(
            pytest.param(Method(FALLING, **numbers, learning_rate=0.3), marks=pytest.mark.slow)
            for numbers in ({"max_steps": 60, "gradient_tolerance": 1e-4}, {"max_steps": 77, "gradient_tolerance": 0.0})
        ),
    ],
    ids=lambda m: f"{m.rule.name} {m.gradient_tolerance}",
)
@pytest.mark.parametrize("arena", [ARENA, None], ids=["arena", "everywhere"])
def test_a_rule_with_state_descends_as_a_plain_loop_does(method: Method, arena: Box | None) -> None:
    """Bits of ends, steps and endings are those of the rule in plain Python; a trace passes through all its points."""
    points, evaluate = starts(60), compile_kernel(BOWLS, method).evaluate

    def gradient(x: np.ndarray) -> np.ndarray:
        return evaluate(x[None])[1][0]

    out = descend(BOWLS, method, points, arena=arena, threads=2)
    for i, start in enumerate(points):
        with np.errstate(all="ignore"):
            path, ending = descent(method, gradient, start, arena)
        assert (out.steps[i], out.end[i].tobytes()) == (len(path) - 1, path[-1].tobytes())
        assert out.ending[i] in ({ending, "stationary"} if ending == "step_limit" else {ending})
        if i < 4:
            assert trace(BOWLS, method, start, arena=arena).tobytes() == np.array(path).tobytes()
    (thinned,) = sketch(BOWLS, method, points[:1], arena=arena, points=20)
    assert thinned[-1].tobytes() == out.end[0].tobytes()


def test_what_rolls_through_a_minimum_has_not_converged() -> None:
    """With a small gradient and a long step a descent goes on; without the second condition it would have ended."""
    method = Method("heavy_ball", learning_rate=0.1, momentum=0.9, max_steps=2000, gradient_tolerance=5e-2)
    careless = Method(replace(method.rule, rest="gradient"), **{**KEPT, "learning_rate": 0.1, "momentum": 0.9})
    patient = descend(BOWLS, method, starts(30), arena=ARENA.widened(2))
    with plainly():
        hasty = descend(BOWLS, careless, starts(30), arena=ARENA.widened(2))
    assert (patient.steps >= hasty.steps).all()
    assert (patient.steps > hasty.steps).any()
    assert (patient.ending == "converged").all()
    steps = np.array([trace(BOWLS, method, start, arena=ARENA.widened(2))[-2:] for start in starts(20)])
    assert (np.abs(steps[:, 1] - steps[:, 0]) <= 0.1 * 5e-2 / 0.9 + 0.1 * 5e-2).all()


def test_numbers_compile_nothing_and_rules_do() -> None:
    """Methods that differ in numbers alone have one kernel; two rules have two, and one evaluation between them."""
    one = compile_kernel(BOWLS, Method("heavy_ball", learning_rate=0.1))
    assert compile_kernel(BOWLS, Method("heavy_ball", learning_rate=0.2, momentum=0.1, max_steps=7)) is one
    other = compile_kernel(BOWLS, Method())
    assert other.outline.text != one.outline.text
    assert other.evaluation is one.evaluation
    texts = {outline_of(BOWLS, rule).text for rule in (None, Method("heavy_ball").rule, Method().rule, FALLING)}
    assert len(texts) == 4


def test_a_rate_for_each_coordinate() -> None:
    """With the same rate for each the bits are those of one rate, in any order of names; other names are refused."""
    common: dict[str, Any] = {"max_steps": 50, "gradient_tolerance": 1e-6}
    one = descend(BOWLS, Method(learning_rate=0.05, **common), starts(), arena=ARENA)
    same = descend(BOWLS, Method(learning_rate={"y": 0.05, "x": 0.05}, **common), starts(), arena=ARENA)
    assert one.end.tobytes() == same.end.tobytes()
    still = descend(BOWLS, Method(learning_rate={"y": 1e-300, "x": 0.05}, **common), starts(), arena=ARENA)
    np.testing.assert_array_equal(still.end[:, 1], starts()[:, 1])
    assert (still.end[:, 0] != starts()[:, 0]).mean() > 0.8  # the others start outside the arena
    with pytest.raises(InputError, match="2, one for each coordinate; got 3"):
        descend(BOWLS, Method(learning_rate=[0.1] * 3), starts())
    with pytest.raises(InputError, match="learning_rate has none for the variable y"):
        descend(BOWLS, Method(learning_rate={"x": 0.1}), starts())
    with pytest.raises(InputError, match='learning_rate has one for "z", which is no variable'):
        descend(BOWLS, Method(learning_rate={"x": 0.1, "y": 0.1, "z": 0.1}), starts())


@pytest.mark.parametrize(
    "lines", [("x = x - rate*g",), ("x = x.real",), ("x = open(g)",), ("import os",), ("x = [g][0]",)]
)
def test_lines_of_other_names_or_of_no_arithmetic_are_refused(lines: tuple[str, ...]) -> None:
    """A rule is made of assignments of its own names: anything else is named and refused."""
    with pytest.raises(InputError, match="a line that is not of its names and numbers"):
        Rule("wrong", "a test", (LEARNING_RATE,), update=lines)


def test_what_is_not_known_is_not_claimed() -> None:
    """No ball stops it, no critical rate and no length of a step is given, where none is known."""
    silent = Rule("silent", "a test", (LEARNING_RATE,), update=("x = x - learning_rate*g",))
    methods = [Method(silent), Method("rprop"), Method(rule={"update": ["x = x - lr*g*g*g"]})]
    for method in methods:
        assert not method.attracted(np.array([1.0])).any()
        assert np.isnan(method.critical_learning_rate(np.array([1.0]))).all()
        assert np.isnan(method.step_length(np.array([1.0]))).all()
    each = Method(learning_rate={"x": 0.1, "y": 0.2})
    assert not each.attracted(np.array([1.0])).any()
    assert np.isnan(each.critical_learning_rate(np.array([1.0]))).all()


def test_what_gradient_descent_says_of_a_step_is_so() -> None:
    """One update moves no coordinate further than reach and length say, on peaks."""
    f, points = named("peaks"), starts()
    method = Method(max_steps=1, gradient_tolerance=0.0)
    out = descend(f, method, points)
    norm = np.linalg.norm(f.gradient(points), axis=1)
    moved = np.abs(out.end - points).max(axis=1)
    assert method.rule.reach == "learning_rate"
    assert (moved <= method.learning_rate * norm * (1 + 1e-12) + 1e-15).all()
    np.testing.assert_allclose(np.linalg.norm(out.end - points, axis=1), method.step_length(norm), rtol=1e-6)


@plainly()
def test_a_trace_gives_the_state_as_well_as_the_points() -> None:
    """Point and state after every update are those of the rule's lines in plain Python, each under its name."""
    for method, start in (
        (Method("heavy_ball", learning_rate=0.05, momentum=0.8, max_steps=40), [1.5, -0.5]),
        (Method(FALLING, learning_rate=0.2, max_steps=25, gradient_tolerance=0.0), [0.3, 0.7]),
    ):
        evaluate = plain_kernel(BOWLS, method).evaluate
        points, state = trace_states(BOWLS, method, np.array(start))
        assert set(state) == {s.name for s in method.rule.state}
        held = list(run_lines(method, lambda x, evaluate=evaluate: evaluate(x[None])[1][0], start))
        assert len(held) == len(points) - 1 == method.max_steps
        for name, values in state.items():
            expected = np.array([after[name] for after in held])
            assert values[1:].tobytes() == expected.tobytes()
            first = method.rule.first_state(1, 2, method.numbers)[0]
            np.testing.assert_array_equal(values[0], first if values.ndim > 1 else first[0])
        assert points.tobytes() == trace(BOWLS, method, np.array(start)).tobytes()
    points, state = trace_states(BOWLS, Method(max_steps=3), np.array([0.5, 0.5]))
    assert state == {}
    assert points.shape == (4, 2)
