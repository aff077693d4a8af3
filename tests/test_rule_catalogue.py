"""The built-in rules and schedules: values of the libraries, and of 50 digits, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multistart.methods import RULES, SCHEDULES, Method
from multistart.methods.rate import rates

from .plain_rules import run_lines

REFERENCE = json.loads((Path(__file__).parent / "reference/methods.json").read_text())
A = {"learning_rate": 0.01}
ADAM = {"learning_rate": 0.05}
LOOK_AHEAD = {"state": {"v": 0}, "parameters": {"momentum": 0.9}}
#: For each set of values the method that has them; a mapping stands for a rule of one's own.
METHODS: dict[str, tuple[Any, dict[str, Any]]] = {
    "gradient_descent": ("gradient_descent", A),
    "heavy_ball": ("heavy_ball", A),
    "heavy_ball_dampening": (
        {
            "state": {"b": 0},
            "update": ["b = momentum*b + where(t == 0, 1, 1 - dampening)*g", "x = x - lr*b"],
            "parameters": {"momentum": 0.9, "dampening": 0.9},
        },
        A,
    ),
    "nesterov": ("nesterov", A),
    "adagrad_torch": ("adagrad", {"learning_rate": 0.5}),
    "adagrad_torch_init_decay": (
        "adagrad",
        {
            "learning_rate": {"schedule": "inverse_time", "from": 0.5, "decay": 0.01},
            "eps": 1e-7,
            "initial_accumulator_value": 0.1,
        },
    ),
    "adagrad_optax": (
        "adagrad",
        {"learning_rate": 0.5, "eps": 1e-7, "initial_accumulator_value": 0.1, "eps_inside": True},
    ),
    "rmsprop_torch": ("rmsprop", A),
    "rmsprop_torch_centered": ("rmsprop", A | {"centered": True}),
    "rmsprop_torch_momentum": ("rmsprop", {"learning_rate": 0.002, "momentum": 0.9}),
    "rmsprop_optax": ("rmsprop", A | {"alpha": 0.9, "eps_inside": True}),
    "rmsprop_optax_momentum_nesterov_no": (
        "rmsprop",
        {"learning_rate": 0.002, "alpha": 0.9, "eps_inside": True, "momentum": 0.9},
    ),
    "rmsprop_keras": ("rmsprop", A | {"alpha": 0.9, "eps": 1e-7, "eps_inside": True}),
    "adam": ("adam", ADAM),
    "adam_keras": ("adam", ADAM | {"eps": 1e-7, "eps_hat": True}),
    "adam_large_eps": ("adam", ADAM | {"eps": 0.1}),
    "adam_beta2_09": ("adam", ADAM | {"beta2": 0.9}),
    "amsgrad_torch": ("amsgrad", ADAM | {"beta2": 0.99}),
    "amsgrad_optax": ("amsgrad", ADAM | {"beta2": 0.99, "max_corrected": True}),
    "amsgrad_keras": ("amsgrad", ADAM | {"beta2": 0.99, "eps": 1e-7, "eps_hat": True}),
    "nadam_torch": ("nadam", ADAM),
    "nadam_optax": (
        {
            "state": {"m": 0, "v": 0, "p": 1, "q": 1},
            "update": [
                "m = beta1*m + (1 - beta1)*g",
                "v = beta2*v + (1 - beta2)*g**2",
                "p = p*beta1",
                "q = q*beta2",
                "x = x - lr*(beta1*m/(1 - beta1*p) + (1 - beta1)*g/(1 - p))/(sqrt(v/(1 - q)) + eps)",
            ],
            "parameters": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        },
        ADAM,
    ),
    "radam": ("radam", ADAM),
    "adamax": ("adamax", ADAM),
    "adadelta": ("adadelta", {"learning_rate": 1.0}),
    "adabelief": ("adabelief", ADAM),
    "yogi": (
        {
            "state": {"m": 1e-6, "v": 1e-6, "p": 1, "q": 1},
            "update": [
                "m = 0.9*m + 0.1*g",
                "v = v - (1 - 0.999)*sign(v - g**2)*g**2",
                "p = 0.9*p",
                "q = 0.999*q",
                "x = x - lr*(m/(1 - p))/(sqrt(v/(1 - q)) + 1e-3)",
            ],
        },
        ADAM,
    ),
    "sign": ("sign", {"learning_rate": 0.013}),
    "signum": ("signum", {"learning_rate": 0.013}),
    "lion": ("lion", {"learning_rate": 0.013}),
    "rprop_torch": ("rprop", A),
    "clip_norm_torch": ("clipped", {"learning_rate": 0.1}),
    "clip_norm_optax": ("clipped", {"learning_rate": 0.1, "eps": 0.0}),
    "clip_value": ("clipped_by_value", {"learning_rate": 0.1, "clip_value": 0.5}),
    "normalized": ("normalized", A),
    "gradient_scaled": ("gradient_scaled", A),
    "gradient_scaled_norm": ("gradient_scaled_by_norm", A),
    "adamw": (
        {
            "state": {"m": 0, "v": 0, "p": 1, "q": 1},
            "update": [
                "y = x - lr*decay*x",
                "m = beta1*m + (1 - beta1)*g",
                "v = beta2*v + (1 - beta2)*g**2",
                "p = p*beta1",
                "q = q*beta2",
                "x = y - lr*(m/(1 - p))/(sqrt(v/(1 - q)) + eps)",
            ],
            "parameters": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "decay": 0.01},
        },
        ADAM,
    ),
}
#: Where a library departs from the form here: the entries of the file that are compared.
ONLY = {"radam": "torch"}
#: Those that bounce around a minimum, where a last bit decides what comes after.
BOUNCING = {"rmsprop_optax": 50, "rmsprop_keras": 50}
#: What is left: line searches and second derivatives are no rules of this language, and one library's mistake.
ELSEWHERE = {"polyak", "newton", "barzilai_borwein_1", "barzilai_borwein_2", "armijo", "rprop_optax"}
SCHEDULED: dict[str, dict[str, Any]] = {
    "constant": {"schedule": "constant"},
    "step": {"schedule": "step", "factor": 0.5, "every": 50},
    "multistep": {"schedule": "pieces", "factor": 0.1, "at": [30, 80]},
    "exponential": {"schedule": "exponential", "factor": 0.99},
    "inverse_time": {"schedule": "inverse_time", "decay": 0.05},
    "inverse_sqrt": {"schedule": "inverse_root"},
    "polynomial": {"schedule": "polynomial", "power": 2},
    "linear": {"schedule": "linear", "to": 0.002},
    "course_time": {"schedule": "time_based"},
    "cosine": {"schedule": "cosine", "to": 0.001},
    "warmup_cosine": {"schedule": "warmup_cosine", "warmup": 20},
    "warm_restarts": {"schedule": "warm_restarts", "every": 20, "longer": 2},
    "one_cycle": {"schedule": "one_cycle"},
}


def peaks_gradient(point: np.ndarray) -> np.ndarray:
    """By hand, in plain NumPy."""
    x, y = point
    a, b, c = np.exp(-(x**2) - (y + 1) ** 2), np.exp(-(x**2) - y**2), np.exp(-((x + 1) ** 2) - y**2)
    inner = x / 5 - x**3 - y**5
    by_x = -6 * (1 - x) * a - 6 * (1 - x) ** 2 * x * a - 10 * (1 / 5 - 3 * x**2) * b + 20 * x * inner * b
    by_y = -6 * (1 - x) ** 2 * (y + 1) * a + 50 * y**4 * b + 20 * y * inner * b
    return np.array([by_x + 2 * (x + 1) * c / 3, by_y + 2 * y * c / 3])


def method_of(name: str, **more: Any) -> Method:
    """The method of a set of values."""
    rule, numbers = METHODS[name]
    return Method(**({"rule": rule} if isinstance(rule, dict) else {"optimizer": rule}), **numbers, **more)


def rate_of_schedule(name: str) -> dict[str, Any]:
    """The learning rate of a set of rates."""
    given = SCHEDULED[name]
    return {**given, SCHEDULES[given["schedule"]].base: 0.02}


def tolerance(entry: dict[str, Any]) -> float:
    """How far a double may be from what an entry has."""
    return max(1e-12, 100 * (entry["diff"] or 0.0) if (entry["diff"] or 0.0) < 1e-6 else 0.0)


@pytest.mark.parametrize("name", METHODS)
def test_a_rule_has_the_values_of_the_libraries(name: str) -> None:
    """Points of the rule's lines are those of torch, optax and 50 digits, to a tolerance of their own rounding."""
    last = BOUNCING.get(name, 200)
    path = [held["x"] for held in run_lines(method_of(name, max_steps=last), peaks_gradient, REFERENCE["start"])]
    for entry in REFERENCE["rules"][name]:
        if ONLY.get(name, entry["library"]) == entry["library"]:
            for step, point in entry["points"].items():
                if int(step) <= last:
                    np.testing.assert_allclose(path[int(step) - 1], point, rtol=0, atol=tolerance(entry), err_msg=step)


def test_both_forms_of_nesterov_pass_through_the_points_of_the_textbook() -> None:
    """Where gradients are taken is the point ahead; the textbook's iterate follows from it and the state."""
    points = {name: REFERENCE["rules"][name][0]["points"] for name in ("nesterov_lookahead", "nesterov_1983")}
    method = Method("nesterov", max_steps=200, **A)
    for step, held in enumerate(run_lines(method, peaks_gradient, REFERENCE["start"]), 1):
        if str(step) in points["nesterov_lookahead"]:
            iterate = held["x"] + 0.01 * 0.9 * held["b"]
            np.testing.assert_allclose(iterate, points["nesterov_lookahead"][str(step)], rtol=0, atol=1e-12)
    method = Method("nesterov_1983", max_steps=200, **A)
    for step, held in enumerate(run_lines(method, peaks_gradient, REFERENCE["start"]), 1):
        if str(step) in points["nesterov_1983"]:
            iterate = held["x"] - held["c"] * held["v"]
            np.testing.assert_allclose(iterate, points["nesterov_1983"][str(step)], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_schedule_has_the_rates_of_the_libraries(name: str) -> None:
    """Rates, and gradient descent at them, are those of torch and of 50 digits."""
    method, values = Method(learning_rate=rate_of_schedule(name), max_steps=200), REFERENCE["schedules"][name]
    if method.constant_rate is None:
        steps = [int(step) for step in values["rates"]]
        np.testing.assert_allclose(
            rates(method.rate, 200, steps), list(values["rates"].values()), rtol=1e-12, atol=1e-17
        )
    path = [held["x"] for held in run_lines(method, peaks_gradient, REFERENCE["start"])]
    for step, point in values["points"].items():
        np.testing.assert_allclose(path[int(step) - 1], point, rtol=0, atol=1e-12, err_msg=step)


def test_all_values_are_compared_with_a_rule() -> None:
    """Every rule and schedule of the file is looked at, every built-in one occurs."""
    covered = {*METHODS, "nesterov_lookahead", "nesterov_1983"}
    assert covered | ELSEWHERE == set(REFERENCE["rules"])
    assert {rule for rule, _ in METHODS.values() if isinstance(rule, str)} | {"nesterov_1983"} == set(RULES)
    assert {given["schedule"] for given in SCHEDULED.values()} == set(SCHEDULES)
    assert set(SCHEDULED) == set(REFERENCE["schedules"])
