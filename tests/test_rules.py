"""Rules with state, schedules and rates of each coordinate: what a rule says is what a compiled descent does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.trace import sketch, trace
from multistart.errors import InputError
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_kernel
from multistart.kernels.compiled import outline_of
from multistart.methods import RULES, Hyperparameter, Method, Rule, State
from multistart.methods.gradient_descent import GRADIENT_DESCENT, LEARNING_RATE

MOMENTUM = Hyperparameter("momentum", "what is kept of the last direction", example=0.9, default=0.9, least=0, below=1)
HEAVY_BALL = Rule(
    "heavy_ball",
    "Polyak 1964",
    (LEARNING_RATE, MOMENTUM),
    state=(State("b"),),
    update=("b = momentum*b + g", "x = x - learning_rate*b"),
    at_rest=("b",),
)
FALLING = Rule(
    "falling",
    "a test",
    (LEARNING_RATE,),
    state=(State("p", start=1.0, shared=True),),
    each_step=("p = 0.99*p", "rate = p*learning_rate*(1.0 - (t + 1.0)/N)", "c = smaller(1.0, 5.0/gnorm)"),
    update=("x = x - rate*c*g",),
)
BOWLS = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
ARENA = Box({"x": (-2.5, 2.5), "y": (-2.5, 2.5)})


def starts(n: int = 400) -> np.ndarray:
    return np.random.default_rng(3).uniform(-2.6, 2.6, (n, 2))


def plain(method: Method, start: np.ndarray, arena: Box | None) -> tuple[list[np.ndarray], str]:
    """The points of a descent and its ending, in plain Python, by the kernel's gradient."""
    gradient, heavy = compile_kernel(BOWLS, method).evaluate, method.rule is HEAVY_BALL
    x, state, points = start.copy(), np.zeros(2 if heavy else 1), [start.copy()]
    state += 0.0 if heavy else 1.0
    while True:
        g = gradient(x[None])[1][0]
        if not np.isfinite(x).all():
            return points, "nonfinite"
        norm, speed = np.sqrt(_square(g)), np.sqrt(np.sum(state * state)) if heavy else 0.0
        if arena is not None and not ((arena.low <= x) & (x <= arena.high)).all():
            return points, "left_arena"
        if not np.isfinite(g).all():
            return points, "nonfinite"
        if norm <= (method.gradient_tolerance or -1.0) and speed <= method.gradient_tolerance:
            return points, "converged"
        t = len(points) - 1
        if t == method.max_steps:
            return points, "step_limit"
        if heavy:
            state = method.momentum * state + g
            x = x - method.learning_rate * state
        else:
            state = 0.99 * state
            rate = state * method.learning_rate * (1.0 - (t + 1.0) / method.max_steps)
            x = x - rate * min(1.0, 5.0 / norm) * g
        points.append(x.copy())


def _square(g: np.ndarray) -> float:
    return float(np.longdouble(g[1]) * g[1] + np.longdouble(g[0] * g[0]))  # one rounding, as fma has


@pytest.mark.parametrize(
    "method",
    [
        Method(HEAVY_BALL, learning_rate=0.05, momentum=0.8, max_steps=150, gradient_tolerance=1e-3),
        Method(HEAVY_BALL, learning_rate=0.3, momentum=0.5, max_steps=77, gradient_tolerance=0.0),
        Method(FALLING, learning_rate=0.3, max_steps=60, gradient_tolerance=1e-4),
        Method(FALLING, learning_rate=0.2, max_steps=77, gradient_tolerance=0.0),
    ],
    ids=lambda m: f"{m.rule.name} {m.gradient_tolerance}",
)
@pytest.mark.parametrize("arena", [ARENA, None], ids=["arena", "everywhere"])
def test_a_rule_with_state_descends_as_a_plain_loop_does(method: Method, arena: Box | None) -> None:
    """Bits of ends, steps and endings are those of the rule in plain Python; a trace passes through all its points."""
    points = starts(120)
    out = descend(BOWLS, method, points, arena=arena, threads=2)
    for i, start in enumerate(points):
        with np.errstate(all="ignore"):
            path, ending = plain(method, start, arena)
        assert (out.steps[i], out.end[i].tobytes()) == (len(path) - 1, path[-1].tobytes())
        assert out.ending[i] in ({ending, "stationary"} if ending == "step_limit" else {ending})
        if i < 4:
            assert trace(BOWLS, method, start, arena=arena).tobytes() == np.array(path).tobytes()
    (thinned,) = sketch(BOWLS, method, points[:1], arena=arena, points=20)
    assert thinned[-1].tobytes() == out.end[0].tobytes()


def test_what_rolls_through_a_minimum_has_not_converged() -> None:
    """With a small gradient and a large state a descent goes on; without the second condition it would have ended."""
    method = Method(HEAVY_BALL, learning_rate=0.1, momentum=0.9, max_steps=2000, gradient_tolerance=5e-2)
    careless = replace(method, optimizer=replace(HEAVY_BALL, at_rest=()))
    patient, hasty = (descend(BOWLS, m, starts(), arena=ARENA.widened(2)) for m in (method, careless))
    assert (patient.steps >= hasty.steps).all()
    assert (patient.steps > hasty.steps).any()


def test_numbers_compile_nothing_and_rules_do() -> None:
    """Methods that differ in numbers alone have one kernel; two rules have two, and one evaluation between them."""
    one = compile_kernel(BOWLS, Method(HEAVY_BALL, learning_rate=0.1))
    assert compile_kernel(BOWLS, Method(HEAVY_BALL, learning_rate=0.2, momentum=0.1, max_steps=7)) is one
    other = compile_kernel(BOWLS, Method())
    assert other.outline.text != one.outline.text
    assert other.evaluation is one.evaluation
    texts = {outline_of(BOWLS, rule).text for rule in (None, HEAVY_BALL, GRADIENT_DESCENT, FALLING)}
    assert len(texts) == 4


def test_a_rate_for_each_coordinate() -> None:
    """With the same rate for each the bits are those of one rate; a list of another length is refused."""
    each = replace(GRADIENT_DESCENT, hyperparameters=(replace(LEARNING_RATE, per_coordinate=True),))
    common = {"max_steps": 50, "gradient_tolerance": 1e-6}
    one = descend(BOWLS, Method(learning_rate=0.05, **common), starts(), arena=ARENA)
    same = descend(BOWLS, Method(each, learning_rate=[0.05, 0.05], **common), starts(), arena=ARENA)
    assert one.end.tobytes() == same.end.tobytes()
    still = descend(BOWLS, Method(each, learning_rate=[0.05, 1e-300], **common), starts(), arena=ARENA)
    np.testing.assert_array_equal(still.end[:, 1], starts()[:, 1])
    with pytest.raises(InputError, match="2, one for each coordinate; got 3"):
        descend(BOWLS, Method(each, learning_rate=[0.1] * 3), starts())


@pytest.mark.parametrize(
    "lines", [("x = x - rate*g",), ("x = x.real",), ("x = open(g)",), ("import os",), ("x = [g][0]",)]
)
def test_lines_of_other_names_or_of_no_arithmetic_are_refused(lines: tuple[str, ...]) -> None:
    """A rule is made of assignments of its own names: anything else is named and refused."""
    with pytest.raises(InputError, match="a line that is not of its names and numbers"):
        Rule("wrong", "a test", (LEARNING_RATE,), update=lines)


def test_what_a_rule_does_not_say_is_not_claimed() -> None:
    """No ball stops it, no critical rate and no length of a step is given, where a rule is silent."""
    method = Method(HEAVY_BALL, learning_rate=1e-9)
    assert not method.attracted(np.array([1.0])).any()
    assert np.isnan(method.critical_learning_rate(np.array([1.0]))).all()
    assert np.isnan(method.step_length(np.array([1.0]))).all()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_what_a_rule_says_of_a_step_is_so(rule: Rule) -> None:
    """One update moves no coordinate further than reach and length say, on peaks."""
    method = Method(rule.name)
    if rule.reach is None:
        pytest.skip("a rule without a reach says nothing")
    f, points = named("peaks"), starts()
    out = descend(f, replace(method, max_steps=1, gradient_tolerance=0.0), points)
    norm = np.linalg.norm(f.gradient(points), axis=1)
    moved = np.abs(out.end - points).max(axis=1)
    assert (moved <= eval(rule.reach, method.numbers) * norm * (1 + 1e-12) + 1e-15).all()
    np.testing.assert_allclose(np.linalg.norm(out.end - points, axis=1), method.step_length(norm), rtol=1e-6)
