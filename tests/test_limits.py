"""Critical rates of rules from their lines: against the catalogue's formulas, closed forms, and descents.

Descents start at 1e-6 from a minimum, at 0.99 and at 1.01 times the rate: they come nearer, or go away.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from multistart import Method, Objective, descend
from multistart.methods import CATALOGUE, RULES, SCHEDULES, SEARCHES
from multistart.methods import linearised as why
from multistart.methods.linearised import of_lines
from multistart.methods.listing import listed
from multistart.methods.outside import OPTIMISERS

from .plain_rules import run_lines

#: Eigenvalues 1 and 25, along no axis.
BOWL = Objective.from_expression("a*x**2 + b*x*y + c*y**2", ["x", "y"], parameters={"a": 4.82, "b": 11.52, "c": 8.18})
LARGEST = 25.0


def own(*update: str, state: dict[str, Any] | None = None, **parameters: float) -> dict[str, Any]:
    return {"state": state or {}, "update": list(update), "parameters": parameters}


def limit(rule: dict[str, Any], curvature: float = 1.0, **given: Any) -> float:
    return float(Method(rule=rule, learning_rate=1.0, **given).critical_learning_rate(np.array(curvature)))


#: Rules of which the lines tell the limit; of others they tell why not.
TOLD: list[tuple[str, dict[str, Any]]] = [
    ("gradient_descent", {}),
    ("clipped", {}),
    ("clipped", {"eps": 0.0}),
    ("clipped_by_value", {}),
    ("heavy_ball", {}),
    ("heavy_ball", {"momentum": 0.0}),
    ("heavy_ball", {"momentum": 0.99}),
    ("nesterov", {"momentum": 0.7}),
    ("rmsprop", {}),
    ("rmsprop", {"momentum": 0.4, "alpha": 0.0}),
    ("rmsprop", {"centered": True, "momentum": 0.9}),
    ("rmsprop", {"centered": True, "eps_inside": True}),
    ("adam", {}),
    ("adam", {"eps_hat": True, "eps": 0.1, "beta2": 0.9}),
    ("nadam", {"eps": 1e-3}),
    ("adamax", {"eps": 0.1}),
    ("adadelta", {}),
    ("adabelief", {}),
    ("adabelief", {"eps_root": 1e-3, "eps": 0.1, "beta2": 0.9}),
]
SILENT = {
    "normalized": why.NOT_SMOOTH,
    "sign": why.NOT_SMOOTH,
    "signum": why.NOT_SMOOTH,
    "lion": why.NOT_SMOOTH,
    "rprop": why.NOT_SMOOTH,
    "gradient_scaled": why.NOT_LINEAR,
    "gradient_scaled_by_norm": why.NOT_LINEAR,
    "nesterov_1983": why.OF_THE_PAST,
    "adagrad": why.OF_THE_PAST,
    "amsgrad": why.OF_THE_PAST,
    "radam": why.OF_TIME,
}


def from_lines(name: str, given: dict[str, Any]) -> Any:
    """What the lines of a rule of the catalogue tell of its limit."""
    entry, set_ = RULES[name], dict(Method(name, learning_rate=1.0, **given).hyperparameters)
    numbers = tuple((h.name, float(set_[h.name])) for h in entry.own)
    return of_lines(entry, numbers, tuple((flag.name, set_[flag.name]) for flag in entry.flags))


def test_the_lines_of_every_rule_tell_the_formula_that_the_catalogue_has() -> None:
    """To 1e-11, of each whose map is smooth at a minimum and does not change; of the others they say why not."""
    assert {name for name, _ in TOLD} | set(SILENT) == set(RULES)
    for name, given_ in TOLD:
        formula = float(Method(name, learning_rate=1.0, **given_).critical_learning_rate(np.array(4.0)))
        found = from_lines(name, given_)
        assert not isinstance(found, str), (name, found)
        assert float(found(np.array(4.0), {})) == pytest.approx(formula, rel=1e-11), (name, given_)
    assert {name: from_lines(name, {}) for name in SILENT} == SILENT


OWN: list[tuple[dict[str, Any], float]] = [
    # Keras' momentum; two momenta; Polyak's form by the place before; a lookahead of two steps
    (own("v = b*v - lr*g", "x = x + v", state={"v": 0}, b=0.8), 2 * 1.8),
    (own("p = x", "x = x - lr*g + b*(x - last)", "last = p", state={"last": 0}, b=0.5), 2 * 1.5),
    (own("x = x - lr*g/(1 + gnorm**2)"), 2.0),
    (own("x = x - lr*min(1, c/gnorm)*g", c=0.5), 2.0),
    (own("x = x - lr*min(1, gnorm**p)*g - lr*g/4", p=1.5), 8.0),
    (own("v = b*v + (1 - b)*abs(g)", "x = x - lr*g/(v + e)", state={"v": 0}, b=0.9, e=0.1), 0.2),
    (own("v = max(b*v, abs(g) + e)", "x = x - lr*g/v", state={"v": 0}, b=0.9, e=0.5), 1.0),
    (own("x = x - lr*(g + floor(g + 0.25))"), 2.0),
    (own("m = b*m + (1 - b)*g", "x = x - lr*tanh(m/s)*s", state={"m": 0}, b=0.9, s=2.0), 2 * 1.9 / 0.1),
    (own("s = 0.9*s + 0.1*c", "x = x - lr*exp(-s)*g", state={"s": 3}, c=1.0), 2 * np.e),
    (own("x = x + lr*g"), 0.0),
]


@pytest.mark.parametrize(("rule", "expected"), OWN, ids=range(len(OWN)))
def test_limits_of_rules_of_ones_own_are_those_of_their_descents(rule: dict[str, Any], expected: float) -> None:
    """The number in closed form, and descents beside the minimum, by the lines of the kernel, come nearer or leave."""
    assert limit(rule) == pytest.approx(expected, rel=1e-11)
    h = np.array([[9.64, 11.52], [11.52, 16.36]])
    assert np.linalg.eigvalsh(h) == pytest.approx([1, LARGEST])
    start = {"last": 1e-6} if "last" in rule["state"] else {}
    for factor, comes in ((0.99, True), (1.01, False)):
        rate = factor * expected / LARGEST or 1e-3
        method = Method(rule=rule | {"state": rule["state"] | start}, learning_rate=rate, max_steps=1800)
        with np.errstate(all="ignore"):
            *_, end = run_lines(method, lambda x: h @ x, [1e-6, 1e-6])
        moved = np.abs(end["x"]).max()
        assert moved < 1e-8 if comes and expected else not moved < 1e-5, (factor, moved)


def of_two(a: float, b: float, c: float, d: float) -> float:
    """The limit of ``m = a*m + b*g, x = x - lr*(c*m + d*g)`` by Jury's conditions on ``z**2 - trace z + det``.

    With k for rate times curvature, trace = 1 - k (c b + d) + a and det = a - k a d.
    """
    at_minus_1 = 2 * (1 + a) / (c * b + d * (1 + a))  # 1 + trace + det = 0
    turning = (1 - a) / (-a * d) if a * d < 0 else np.inf  # det = 1
    folded = (1 + a) / (a * d) if a * d > 0 else np.inf  # det = -1
    return min(at_minus_1 if at_minus_1 > 0 else np.inf, turning, folded)


@given(
    st.floats(-0.95, 0.95),
    st.floats(0.1, 3.0),
    st.floats(0.1, 3.0),
    st.floats(-0.9, 3.0),
    st.floats(1e-6, 1e6),
)
@settings(max_examples=60)
def test_the_limit_of_any_linear_rule_with_one_memory_is_that_of_jurys_conditions(
    a: float, b: float, c: float, d: float, curvature: float
) -> None:
    """To 1e-9, wherever small rates attract, which asks for ``c b + d (1 - a) > 0``; else no rate does from 0 on."""
    rule = own("m = a*m + b*g", "x = x - lr*(c*m + d*g)", state={"m": 0}, a=a, b=b, c=c, d=d)
    slope = c * b + d * (1 - a)
    if abs(slope) < 1e-3:
        return
    found = Method(rule=rule, learning_rate=1.0).critical_rate
    if slope < 0:
        assert found in (why.NOT_FROM_0, why.UNDECIDED) or float(found(np.array(1.0), {})) == 0  # type: ignore[operator]
    else:
        assert limit(rule, curvature) == pytest.approx(of_two(a, b, c, d) / curvature, rel=1e-9)


def test_twenty_memories_in_a_row_have_the_limit_of_their_transfer_function() -> None:
    """Of ``z - 1 + k (z/(z - 1/2))**20 = 0``, its least k > 0 with z on the unit circle, to 1e-10."""
    chain = [f"s{i} = s{i}/2 + {f's{i - 1}' if i else 'g'}" for i in range(20)]
    angle = np.linspace(1e-4, np.pi, 200_001)

    def scale(angle: Any) -> Any:
        z = np.exp(1j * angle)
        return -(z - 1) * (1 - 1 / (2 * z)) ** 20

    turns = np.flatnonzero(np.diff(np.sign(scale(angle).imag)))
    roots = [scale(brentq(lambda a: scale(a).imag, *angle[i : i + 2], xtol=1e-15)).real for i in turns]
    found = limit(own(*chain, "x = x - lr*s19", state={f"s{i}": 0 for i in range(20)}))
    assert found == pytest.approx(min(k for k in roots if k > 0), rel=1e-10)


def test_compiled_descents_beside_the_minimum_come_nearer_below_the_limit_and_leave_above_it() -> None:
    """A rule of one's own with momentum and a mean of squares, from 100 starts at 1e-6: all of them."""
    rule = own(
        "m = b*m + g", "v = r*v + (1 - r)*g**2", "x = x - lr*(g/2 + m/(sqrt(v) + e))",
        state={"m": 0, "v": 0}, b=0.6, r=0.9, e=0.25,
    )  # fmt: skip
    critical = limit(rule, LARGEST)
    assert critical == pytest.approx(of_two(0.6, 1.0, 1 / 0.25, 0.5) / LARGEST, rel=1e-11)
    angle = np.linspace(0, 2 * np.pi, 100)
    starts = 1e-6 * np.column_stack([np.cos(angle), np.sin(angle)])
    for factor, comes in ((0.99, True), (1.01, False)):
        method = Method(rule=rule, learning_rate=factor * critical, max_steps=3000, gradient_tolerance=0)
        away = np.linalg.norm(descend(BOWL, method, starts).end, axis=1)
        assert (away < 1e-8).all() if comes else (away > 1e-4).all()


NONE: list[tuple[dict[str, Any], str]] = [
    (own("x = x - 0.1*g"), why.NO_RATE),
    (own("x = x - lr*g/(t + 1)"), why.OF_TIME),
    (own("x = x - lr*sign(g)"), why.NOT_SMOOTH),
    (own("x = x - lr*g/gnorm"), why.NOT_SMOOTH),
    (own("x = x - lr*g*abs(g)**-0.5"), why.NOT_SMOOTH),
    (own("x = x - lr*(g + abs(g))"), why.NOT_SMOOTH),
    (own("x = x - lr*sqrt(g)"), why.NOT_SMOOTH),
    (own("x = x - lr*where(g > 0, g, 2*g)"), why.NOT_SMOOTH),
    (own("x = x - lr*(g + floor(g))"), why.NOT_SMOOTH),
    (own("v = max(b*v, abs(g))", "x = x - lr*g/max(v, e)", state={"v": 0}, b=0.9, e=0.5), why.NOT_SMOOTH),
    (own("v = v + g**2", "x = x - lr*g/(sqrt(v) + e)", state={"v": 0}, e=0.1), why.OF_THE_PAST),
    (own("v = b*v + g", "x = x - lr*g/(sqrt(v) + e)", state={"v": 0}, b=0.9, e=0.1), why.NOT_SMOOTH),
    (own("x = x - lr*g/(sqrt(v) + e)", "v = b*v + g", state={"v": 0}, b=0.9, e=0.1), why.NOT_SMOOTH),
    (own("x = x - lr*(g + sqrt(abs(g))*sqrt(abs(g)))"), why.NOT_SMOOTH),
    (own("x = x - lr*min(1, c/g)*g", c=0.5), why.NOT_SMOOTH),
    (own("k = k + 1", "x = x - lr*g/k", state={"k": 0}), why.OF_THE_PAST),
    (own("h = h*where(g*g > 1, 2, 1)", "x = x - h*g", state={"h": "lr"}), why.OF_THE_PAST),
    (own("v = 1.5*v + g**2", "x = x - lr*g/(1 + v)", state={"v": 0}), why.OF_THE_PAST),
    (own("s = 0.5*s + s**2", "x = x - lr*g*(1 + s)", state={"s": 0}), why.OF_THE_PAST),
    (own("x = 0.9*x - lr*g"), why.MOVES_ON),
    (own("x = x - lr*(g + 0.01*x)"), why.MOVES_ON),
    (own("x = x - lr*g*(1 + x**2)"), why.OF_THE_PLACE),
    (own("x = x - lr*where(x > 0, g, g/2)"), why.OF_THE_PLACE),
    (own("x = x - min(lr, 0.05)*g"), why.NO_FACTOR),
    (own("x = x - lr**2*g"), why.NO_FACTOR),
    (own("x = x - lr/(1 + 1e-9*lr)*g"), why.NO_FACTOR),
    (own("x = x - where(lr > 1e5, 0, lr)*g"), why.NO_FACTOR),
    (own("x = x - lr*g - 0.1*g"), why.NO_FACTOR),
    (own("x = x - lr*g**3"), why.NOT_LINEAR),
    (own("x = x - lr*gnorm*g"), why.NOT_LINEAR),
    (own("v = v + g", "x = x - lr*v", state={"v": 0}), why.OF_THE_PAST),
    (own("v = 1.6*v", "x = x - lr*(v + g)", state={"v": 0}), why.GROWS),
    (own("p = x", "x = x - lr*g + (x - last)", "last = p", state={"last": 0}), why.UNDECIDED),
]


@pytest.mark.parametrize(("rule", "reason"), NONE, ids=range(len(NONE)))
def test_where_no_number_is_known_none_is_claimed_and_the_reason_is_said(rule: dict[str, Any], reason: str) -> None:
    """A clause in place of a number, and nan in tables."""
    given_ = {} if reason == why.NO_RATE else {"learning_rate": 0.01}
    method = Method(rule=rule, **given_)
    assert method.critical_rate == reason
    assert np.isnan(method.critical_learning_rate(np.array([1.0]))).all()


PARTS = (
    "({}) + ({})", "({}) - ({})", "({})*({})", "({})/(1 + abs({}))", "({})/(sqrt(abs({})) + 0.2)", "min({}, {})",
    "max({}, {})", "where(({}) < ({}), g, 2*g)", "0.5*({}) + 0.3*({})", "pow(abs({}), 1.5) + ({})",
    "sqrt({}) + ({})", "sign({})*({})", "tanh({}) + sin({})", "floor({} + 0.3) + ({})", "exp(-abs({}))*({})",
)  # fmt: skip


def random_rule(draw: Random) -> dict[str, Any]:
    """A rule with two memories, of formulas two deep, kinks and roots among them."""

    def formula(names: tuple[str, ...], depth: int = 2) -> str:
        if depth == 0 or draw.random() < 0.25:
            return draw.choice(names)
        return draw.choice(PARTS).format(formula(names, depth - 1), formula(names, depth - 1))

    every = ("g", "g", "v", "s", "k", "gnorm", "0.3")
    lines = [
        f"v = 0.6*v + {draw.choice(['0.4*', '', '-0.3*'])}({formula(every)})",
        f"s = {draw.choice(['0.5*s + ', ''])}0.3*({formula(every)})",
        f"x = x + 0*k*g - lr*({formula(('g', 'g', 'v', 's', 'k'))})",
    ]
    return own(*draw.sample(lines, 3), state={"v": 0, "s": draw.choice([0, 0.5])}, k=0.75)


def at_rest(rule: dict[str, Any]) -> dict[str, Any] | None:
    """The rule with its memory where it rests, which it is near after a while; none where x moves with it there."""
    with np.errstate(all="ignore"):
        *_, held = run_lines(Method(rule=rule, learning_rate=1.0, max_steps=300), lambda x: 0 * x, [0.0])
        rule = rule | {"state": {name: float(np.ravel(held.get(name, 0.0))[0]) for name in rule["state"]}}
        *_, held = run_lines(Method(rule=rule, learning_rate=1.0, max_steps=3), lambda x: 0 * x, [0.0])
    return rule if held["x"][0] == 0 else None


def hunt(seed: int, rules: int) -> int:
    """How many limits of random rules were claimed; each is looked for in descents from 1e-9 on both sides of it."""
    draw, claimed = Random(seed), 0
    for _ in range(rules):
        rule = random_rule(draw)
        critical = limit(rule, 4.0)
        resting = at_rest(rule) if critical > 0 else None
        if resting is None:
            continue
        claimed += 1
        for factor, comes in ((0.95, True), (1.05, False)):
            method = Method(rule=resting, learning_rate=factor * critical, max_steps=1200)
            with np.errstate(all="ignore"):
                path = run_lines(method, lambda x: np.array([1.0, 4.0]) * x, [1e-9, -1e-9])
                sizes = np.array([np.abs(held["x"]).max() for held in path])
            early, late = sizes[500:600].max(), sizes[-100:].max()
            near, far = early < 1e-14, not sizes.max() < 1e-6  # as near as rounding lets it; has been away
            assert (near or (late < early and not far)) if comes else (far or not late <= early), rule
    return claimed


def test_no_random_rule_does_other_than_what_is_claimed_of_it() -> None:
    """Of sixty rules with kinks, roots and jumps, some have a limit, and their descents keep to it."""
    assert hunt(1, 60) >= 5


@pytest.mark.slow
def test_no_rule_of_thousands_does_other_than_what_is_claimed_of_it() -> None:
    """The same of three thousand."""
    assert hunt(2, 3000) >= 300


def test_what_is_listed_of_every_method_is_all_that_there_is_to_know_of_it() -> None:
    """Formula, hyperparameters with their limits, source, libraries, and the critical rate or why there is none."""
    for name in (*RULES, *SEARCHES, "gradient_flow", *OPTIMISERS, *SCHEDULES):
        shown = listed(name).splitlines()
        starts = [line.partition(": ")[0] for line in shown if not line.startswith("  ")]
        told = {"a minimum attracts up to the learning rate", "no critical learning rate", "critical learning rate"}
        assert len(told & set(starts)) == 1, name
        assert {"source", "libraries"} <= {line.partition(": ")[0] for line in shown if line.partition(": ")[2]}, name
        entry: Any = {**CATALOGUE, **SCHEDULES, **OPTIMISERS}[name]
        for each in (
            entry.options if name in OPTIMISERS else entry.own if name in SCHEDULES else entry.settings.values()
        ):
            (line,) = [line for line in shown if line.startswith(f"  {each.name}: ")]
            assert each.meaning in line
            assert getattr(each, "allowed", "true or false") in line
            assert "default" in line or "required" in line or "as SciPy has it" in line
    for name, rule in RULES.items():
        assert bool(rule.critical_learning_rate) != bool(rule.no_critical_rate), name
        assert isinstance(Method(name).critical_rate, str) == bool(rule.no_critical_rate)
        assert all(library in listed(name) for library in ("torch", "optax", "Keras")), name
