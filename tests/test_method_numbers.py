"""Numbers of methods are arguments of kernels: another one is another array, and never another text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from multistart.config.numbers import Number
from multistart.descents.descend import descend
from multistart.functions.objective import Objective
from multistart.kernels import compiled, compiler
from multistart.kernels.source import write
from multistart.methods import CATALOGUE, RULES, SCHEDULES, Hyperparameter, Method

BOWLS = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
OWN = {"state": {"v": 0}, "update": ["v = beta*v + sign(g)*abs(g)**power", "x = x - lr*v"]}
#: Of each rule what has no default.
GIVEN = {name: {h.name: h.example for h in e.hyperparameters if h.default is None} for name, e in CATALOGUE.items()}


def methods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every rule and search, every schedule, and a rule of one's own, as in a config."""
    for name in CATALOGUE:
        yield name, {"optimizer": name, **GIVEN[name]}
    for name, schedule in SCHEDULES.items():
        needed = {h.name: h.example for h in schedule.own if h.default is None and h.name not in ("at", "over")}
        at = {"at": [30, 80]} if name == "pieces" else {}
        rate = {"schedule": name, schedule.base: 0.1, **needed, **at}
        yield f"schedule {name}", {"optimizer": "heavy_ball", "momentum": 0.9, "learning_rate": rate}
    parameters = {"beta": 0.9, "power": 1.5}
    yield "each", {"optimizer": "gradient_descent", "learning_rate": {"x": 0.1, "y": 0.2}}
    yield "own", {"rule": OWN | {"parameters": parameters}, "learning_rate": 0.1}


def others(limits: Hyperparameter, value: Any) -> list[float]:
    """Values within the limits of a number, but the one it has: its ends, and numbers of several sizes."""
    candidates = [limits.least, limits.most, 0, 1, 2, 0.3, 0.75, -1.5, 60, 1e-3]
    return [x for x in candidates if x is not None and x != value and _is_allowed(limits, x)]


def _is_allowed(limits: Hyperparameter, value: float) -> bool:
    try:
        limits.checked(value)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("method", [method for _, method in methods()], ids=[name for name, _ in methods()])
def test_no_number_of_a_method_shapes_its_kernel(method: dict[str, Any]) -> None:
    """Whatever a key names, zero and the limits among its values, the rule of the kernel is the same to the last line.

    And the number is one of those that the kernel is given, of the stopping rule, or of the state at the start.
    """
    config = {"methods": {"m": method}}
    keys = [key for key in _keys(config) if not key.startswith("objective")]
    assert len(keys) >= 2
    one = Method(**method).on(("x", "y"))
    for key in keys:
        number = Number.of(config, key)
        changed = 0
        for value in others(number.limits, number.value):
            try:
                other = Method(**number.at(value)["methods"]["m"]).on(("x", "y"))
            except ValueError:  # other numbers of the method do not allow it
                continue
            assert other.rule.identity == one.rule.identity, (key, value)
            changed += _numbers(other) != _numbers(one)
        assert changed, key


def _keys(config: dict[str, Any]) -> list[str]:
    from multistart.config.numbers import _numbers

    return [".".join(path) for path, _ in _numbers(config)]


def _numbers(method: Method) -> list[Any]:
    state = method.rule.first_state(1, 2, method.numbers).tolist()
    return [method.in_kernel(2).tolist(), method.max_steps, method.gradient_tolerance, state]


@pytest.mark.slow
def test_another_number_of_a_rule_of_ones_own_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler is asked once for all numbers of a typed rule under a schedule, and each moves the ends."""
    calls: list[str] = []
    compile_functions = compiler.compile_functions
    monkeypatch.setattr(compiler, "compile_functions", lambda *a: calls.append(a[0]) or compile_functions(*a))
    config = {
        "methods": {
            "m": {
                "rule": OWN | {"parameters": {"beta": 0.5, "power": 1.0}},
                "learning_rate": {"schedule": "cosine", "from": 0.1},
                "max_steps": 20,
            }
        }
    }
    starts = np.random.default_rng(2).uniform(-1, 1, (5, 2))
    ends = [descend(BOWLS, Method(**config["methods"]["m"]), starts).end.tobytes()]
    calls.clear()
    compiled.forget()
    monkeypatch.setattr(compiled, "_written", lambda *_: pytest.fail("written again"))
    for key, value in (
        ("rule.parameters.beta", 0.25), ("rule.parameters.power", 1.5), ("rule.state.v", 1), ("max_steps", 25),
        ("learning_rate.from", 0.2), ("learning_rate.to", 0.05), ("learning_rate.over", 10),
    ):  # fmt: skip
        changed = Number.of(config, f"methods.m.{key}").at(value)
        ends.append(descend(BOWLS, Method(**changed["methods"]["m"]), starts).end.tobytes())
    assert len(set(ends)) == 8
    assert not calls


def test_what_is_no_number_is_another_kernel() -> None:
    """A flag, how many pieces a schedule has, a rate for each variable, and an exponent in a formula of the rate."""
    texts = [
        write(BOWLS, Method("adam", learning_rate=rate).on(("x", "y")).rule).text
        for rate in (
            0.1,
            {"x": 0.1, "y": 0.1},
            {"schedule": "pieces", "from": 0.1, "factor": 0.5, "at": [3]},
            {"schedule": "pieces", "from": 0.1, "factor": 0.5, "at": [3, 9]},
            {"formula": "0.1/(1 + t)**2"},
            {"formula": "0.1/(1 + t)**3"},
        )
    ]
    flags = [(name, flag.name) for name, entry in RULES.items() for flag in entry.flags]
    assert flags
    assert len(set(texts)) == len(texts)
    for name, flag in flags:
        without, with_it = (write(BOWLS, Method(name, **GIVEN[name], **{flag: on}).rule).text for on in (False, True))
        assert without != with_it, (name, flag)
    same = [Method("adam", learning_rate={"formula": f"{a}/({b} + t)**2"}).rule.identity for a, b in ((0.1, 1), (2, 3))]
    assert same[0] == same[1]
