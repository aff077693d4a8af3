"""Levenberg and Marquardt's method: against NIST's certified values, a plain loop of it, and what has to hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.optimize

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import Outcomes
from multistart.descents.trace import trace
from multistart.errors import InputError
from multistart.fits import statistics_of
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_kernel
from multistart.methods import Method
from multistart.starts.designs import draw

from .plain_searches import FitFormula, descent, falls

NIST = Path(__file__).parent / "reference/nist"
PROBLEMS = json.loads((NIST / "nist_strd.json").read_text())["problems"]
LM = Method("levenberg_marquardt")
#: The model of Misra1a and BoxBOD in any units of its parameters and of what is measured: one kernel for many tests.
SATURATING = "u*b1*(1 - exp(-v*b2*x))"
IN_THE_SUITE = ("Misra1a", "BoxBOD")  # of one kernel, see above
BY_PROBLEM = [pytest.param(name, marks=[] if name in IN_THE_SUITE else pytest.mark.slow) for name in PROBLEMS]
RANDOM = np.random.default_rng(11)


def rows_of(name: str) -> pd.DataFrame:
    return pd.read_csv(NIST / PROBLEMS[name]["file"])


def saturating(name: str = "Misra1a", *, b1: float = 1.0, b2: float = 1.0, y: float = 1.0) -> Objective:
    """The fit with parameters and measurements in other units: in which they are so many times as large."""
    rows = rows_of(name)
    data = {"x": rows["x"], "y": y * rows["y"], "u": np.full(len(rows), y / b1), "v": np.full(len(rows), 1 / b2)}
    return Objective.from_model(SATURATING, data, ["b1", "b2"], response="y")


def fit_of(name: str) -> Objective:
    problem = PROBLEMS[name]
    if problem["model"] == PROBLEMS["Misra1a"]["model"]:
        return saturating(name)
    return Objective.from_model(
        problem["model"], rows_of(name), [p["name"] for p in problem["parameters"]], response="y"
    )


def numbers_of(name: str, what: str) -> np.ndarray:
    return np.array([float(p[what]) for p in PROBLEMS[name]["parameters"]])


def starts_of(name: str) -> np.ndarray:
    return np.array([numbers_of(name, "start1"), numbers_of(name, "start2")])


def same_bits(one: Outcomes, other: Outcomes) -> bool:
    return all(
        a is b or a.tobytes() == b.tobytes() for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )


# --- certified values --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_PROBLEM)
def test_nist_is_reached_from_both_starts(name: str) -> None:
    """Parameters and sum of squares to ten certified digits, standard errors to six, and an ending that is true."""
    fit, certified = fit_of(name), PROBLEMS[name]
    out = descend(fit, LM, starts_of(name))
    np.testing.assert_allclose(out.end, [numbers_of(name, "value")] * 2, rtol=1e-10)
    np.testing.assert_allclose(out.value, float(certified["residual_sum_of_squares"]), rtol=1e-10)
    assert [norm <= 1e-8 for norm in out.gradient_norm] == [ending == "converged" for ending in out.ending]
    assert set(out.ending) <= {"converged", "stationary"}
    for end in out.end:
        errors = [p.standard_error for p in statistics_of(fit, end).parameters]
        np.testing.assert_allclose(errors, numbers_of(name, "standard_deviation"), rtol=1e-6)


OTHERS = json.loads((NIST / "nist_others.json").read_text())["problems"]
#: Residuals of Lanczos1 are 1e-13 beside measurements of 1, whose doubles have errors of 1e-16.
OF_ROUNDING = {"Lanczos1": (1e-2, 1e-3)}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_the_others_of_nist_are_reached_from_both_starts(name: str) -> None:
    """The 17 that are not above, with two predictors, a logarithm of the response, and far starts: the same digits."""
    problem = OTHERS[name]
    parts = {
        key: np.array([float(p[key]) for p in problem["parameters"]])
        for key in problem["parameters"][0]
        if key != "name"
    }
    rows = np.array([row.split() for row in problem["data"].split("; ")], dtype=np.float64)
    data = dict(zip(problem["columns"], rows.T, strict=True))
    names = [p["name"] for p in problem["parameters"]]
    fit = Objective.from_model(problem["model"], data, names, response=problem["response"])
    out = descend(fit, LM, np.array([parts["start1"], parts["start2"]]))
    of_value, of_errors = OF_ROUNDING.get(name, (1e-10, 1e-6))
    np.testing.assert_allclose(out.end, [parts["value"]] * 2, rtol=1e-10)
    np.testing.assert_allclose(out.value, float(problem["residual_sum_of_squares"]), rtol=of_value)
    assert set(out.ending) <= {"converged", "stationary"}
    for end in out.end:
        found = statistics_of(fit, end)
        errors = [p.standard_error for p in found.parameters]
        np.testing.assert_allclose(errors, parts["standard_deviation"], rtol=of_errors)
        np.testing.assert_allclose(
            found.residual_deviation, float(problem["residual_standard_deviation"]), rtol=of_errors
        )


# --- what is compiled, and plain Python --------------------------------------------------------------------------


def compiled(objective: Objective, method: Method) -> FitFormula:
    """A fit by what the search calls, so that bits can be compared."""
    parts, d, numbers = compile_kernel(objective, method).parts, objective.dimensions, objective.numbers

    def asked(name: str, size: int, *x: list[float]) -> list[float]:
        out = np.empty(size)
        parts[name](np.concatenate(x), numbers, out)
        return out.tolist()

    def slopes(x: list[float]) -> tuple[list[float], list[list[float]], float]:
        out = asked("slopes", d + d * d + 1, x)
        return out[:d], [out[d + i * d : d + (i + 1) * d] for i in range(d)], out[-1]

    return FitFormula(
        lambda x: asked("value", 1, x)[0],
        lambda x: slopes(x)[0],
        lambda x: [],
        slopes_of=slopes,
        bend_of=lambda x, p: asked("bend", d, x, p),
    )


def test_the_compiled_search_is_its_plain_loop() -> None:
    """Bits of every end, steps, ending and evaluations, in an arena that some leave, at a limit that some meet."""
    fit, arena = saturating("BoxBOD"), Box({"b1": (-400, 600), "b2": (-3, 9)})
    starts = np.column_stack([RANDOM.uniform(1, 400, 30), RANDOM.uniform(-0.5, 4, 30)])
    endings = set()
    for method in (
        LM,
        Method("levenberg_marquardt", max_steps=8, damping=1.0),
        Method(LM.optimizer, gradient_tolerance=0),
    ):
        out = descend(fit, method, starts, arena=arena)
        assert out.evaluations is not None
        for i, start in enumerate(starts):
            plain = descent(method, compiled(fit, method), start, arena)
            assert (out.ending[i], out.steps[i]) == (plain.ending, len(plain.points) - 1)
            assert out.end[i].tobytes() == np.array(plain.points[-1]).tobytes()
            assert out.evaluations[i].tolist() == list(plain.evaluations)
        endings |= set(out.ending)
    assert endings == {"converged", "stationary", "step_limit", "left_arena"}


def test_where_rows_have_slopes_and_no_curvature_it_goes_on() -> None:
    """Far outliers of Cauchy's loss: no descent rests before its gradient is 0, and its bits are those of the loop.

    The normal matrix has rows near the curve alone, with 1e-60 for the step's place where all others are far from it.
    """
    x = np.repeat(np.linspace(-4, 4, 9), 2)
    y = np.round(4 + 88 / (1 + np.exp(-1.3 * (x - 1))) + 3 * np.sin(37 * x), 2)
    y[[2, 11]] += 30, -30
    model, names = "bottom + (top - bottom)/(1 + exp(-h*(x - c)))", ["bottom", "top", "c", "h"]
    fit = Objective.from_model(model, {"x": x, "y": y}, names, response="y", loss={"name": "cauchy", "delta": 4})
    box = Box({"bottom": (-20, 40), "top": (50, 150), "c": (-5, 5), "h": (0.1, 10)})
    starts = draw("sobol", box, count=512, seed=4)
    held = descend(fit, LM, starts, bounds=box)
    assert held.gradient_norm[held.ending == "stationary"].max(initial=0.0) < 1e-5
    assert (held.ending == "converged").mean() > 0.9
    free = descend(fit, LM, starts[:40], arena=box.widened(0.5))
    for i, start in enumerate(starts[:40]):
        plain = descent(LM, compiled(fit, LM), start, box.widened(0.5))
        assert (free.ending[i], free.steps[i]) == (plain.ending, len(plain.points) - 1)
        assert free.end[i].tobytes() == np.array(plain.points[-1]).tobytes()


def test_normal_matrix_and_bend_are_those_of_the_rows() -> None:
    """2 J'J, the sum of |l'(m) m|, and 2 J'(p' H p), by NumPy from the model's own derivatives."""
    fit, x, p = saturating(), np.array([240.0, 5.4e-4]), np.array([3.0, 2e-5])
    t, y = rows_of("Misra1a")["x"].to_numpy(), rows_of("Misra1a")["y"].to_numpy()
    e = np.exp(-x[1] * t)
    model, slopes = x[0] * (1 - e), np.column_stack([1 - e, x[0] * t * e])
    bend = 2 * t * e * p[0] * p[1] - x[0] * t**2 * e * p[1] ** 2
    formula = compiled(fit, LM)
    gradient, normal, noise = formula.slopes_of(x.tolist())
    np.testing.assert_allclose(gradient, -2 * slopes.T @ (y - model), rtol=1e-12)
    np.testing.assert_allclose(normal, 2 * slopes.T @ slopes, rtol=1e-13)
    assert noise == pytest.approx(2 * np.abs(y - model) @ model, rel=1e-12)
    np.testing.assert_allclose(formula.bend_of(x.tolist(), p.tolist()), 2 * slopes.T @ bend, rtol=1e-12)


def test_a_row_knows_nothing_of_the_others() -> None:
    """Bits are the same in another order and in other threads; a trace passes the same points, and values fall."""
    fit = saturating("BoxBOD")
    starts = np.column_stack([RANDOM.uniform(1, 400, 200), RANDOM.uniform(0.05, 3, 200)])
    order = RANDOM.permutation(len(starts))
    whole, other = descend(fit, LM, starts), descend(fit, LM, starts[order], threads=2)
    assert same_bits(whole.rows(order), other)
    for i in (0, 7, 50):
        path = trace(fit, LM, starts[i])
        assert len(path) == whole.steps[i] + 1
        assert path[-1].tobytes() == whole.end[i].tobytes()
        assert falls(fit.value(path).tolist())


# --- what has to hold --------------------------------------------------------------------------------------------


def test_units_of_parameters_do_not_matter() -> None:
    """With parameters in units 2^30 and 2^-40 times as large, each step is the same, to the bit: so is each end."""
    units = np.array([2.0**30, 2.0**-40])
    plain = descend(saturating(), LM, starts_of("Misra1a"))
    other = descend(saturating(b1=units[0], b2=units[1]), LM, starts_of("Misra1a") * units)
    running = Method("levenberg_marquardt", gradient_tolerance=0, max_steps=12)
    limited = [
        descend(saturating(b1=b1, b2=b2), running, starts_of("Misra1a") * [b1, b2]).end / [b1, b2]
        for b1, b2 in ((1, 1), units)
    ]
    assert limited[0].tobytes() == limited[1].tobytes()
    np.testing.assert_allclose(plain.end, other.end / units, rtol=1e-11)


@pytest.mark.parametrize(("unit", "ending"), [(2.0**-40, "converged"), (2.0**40, "stationary")])
def test_units_of_measurements_do_not_spoil_the_digits(unit: float, ending: str) -> None:
    """A sum of squares of 1e-25 is not at rest as its gradients are, nor one of 1e23 on its way as its gradients are.

    The tolerance of 1e-8 is far above all gradients of the one, and far below the rounding of the other's.
    """
    fit = saturating(y=unit)
    far = np.abs(fit.gradient(starts_of("Misra1a"))).max()
    out = descend(fit, LM, starts_of("Misra1a"))
    assert (far < 1e-8) == (unit < 1)
    assert out.ending.tolist() == [ending] * 2
    assert out.steps.max() < 40
    np.testing.assert_allclose(out.end, [numbers_of("Misra1a", "value")] * 2, rtol=1e-10)
    np.testing.assert_allclose(out.value / unit**2, 1.2455138894e-01, rtol=1e-10)


def test_an_exact_fit_is_reached_to_rounding() -> None:
    """Data that the model fits exactly: values go to 0, where no part of them is next to nothing."""
    x = np.linspace(50, 800, 14)
    data = {"x": x, "y": 300 * (1 - np.exp(-4e-4 * x)), "u": np.ones(14), "v": np.ones(14)}
    out = descend(Objective.from_model(SATURATING, data, ["b1", "b2"], response="y"), LM, starts_of("Misra1a"))
    np.testing.assert_allclose(out.end, [[300, 4e-4]] * 2, rtol=1e-12)
    assert out.value.max() < 1e-24
    assert out.steps.max() < 40


def test_what_is_no_number_at_a_trial_is_survived() -> None:
    """From a rate below 0 the model overflows at trials, and at starts further out it is no number: both are said."""
    out = descend(saturating(), LM, np.array([[500, -0.05], [500, -2.0], [np.nan, 1e-4]]))
    assert out.ending.tolist()[1:] == ["nonfinite", "nonfinite"]
    assert out.ending[0] in ("converged", "stationary", "step_limit")
    assert np.isfinite(out.value[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "variables", "start"),
    [
        ({"name": "huber", "delta": 0.3}, ["a", "b"], [0, 0]),
        ({"name": "pseudo_huber", "delta": 0.3}, ["a", "b"], [0, 0]),
        ({"name": "cauchy", "delta": 0.3}, ["a", "b"], [0, 0]),
        ({"name": "normal", "sigma": "s"}, ["a", "b", "s"], [0, 0, 2]),
        ("poisson_log", ["a", "b"], [0, 0]),
        ("exp(r/2) + exp(-r)", ["a", "b"], [0, 0]),
    ],
)
def test_other_losses_are_minimised_as_well(loss: Any, variables: list[str], start: list[float]) -> None:
    """The end is the minimum that SciPy's trust-exact finds with the Hessian; an unknown sigma is a variable, too."""
    x = np.linspace(-1, 2, 40)
    data = {"x": x, "y": np.round(np.exp(0.4 + 0.8 * x) + RANDOM.normal(0, 0.5, 40) ** 2)}
    fit = Objective.from_model(
        "a + b*x" if len(variables) < 3 else "exp(a + b*x)", data, variables, response="y", loss=loss
    )
    out = descend(fit, LM, np.array([start], dtype=float))
    found = scipy.optimize.minimize(
        lambda p: fit.value(p[None])[0], 1.001 * out.end[0], jac=lambda p: fit.gradient(p[None])[0],
        hess=lambda p: fit.hessian(p[None])[0], method="trust-exact", options={"gtol": 1e-9},
    )  # fmt: skip
    assert out.gradient_norm[0] < 1e-6
    np.testing.assert_allclose(out.end[0], found.x, rtol=1e-7)


def test_in_a_box_as_scipy_s_trust_region() -> None:
    """Held in a box that the best fit is outside of, it ends where SciPy's bounded least squares does, on a face."""
    fit, rows = saturating("BoxBOD"), rows_of("BoxBOD")
    box = Box({"b1": (50, 200), "b2": (0.1, 3)})
    out = descend(fit, LM, np.array([[60.0, 2.9], [200.0, 0.1], [150.0, 1.0]]), bounds=box)
    found = scipy.optimize.least_squares(
        lambda p: p[0] * (1 - np.exp(-p[1] * rows["x"].to_numpy())) - rows["y"].to_numpy(), [150, 1],
        bounds=([50, 0.1], [200, 3]), xtol=1e-15, ftol=1e-15, gtol=1e-15,
    )  # fmt: skip
    assert out.end[:, 0].tolist() == [200.0] * 3
    np.testing.assert_allclose(out.end[:, 1], found.x[1], rtol=1e-6)
    np.testing.assert_allclose(out.value, 2 * found.cost, rtol=1e-10)
    assert set(out.ending) <= {"converged", "stationary"}


# --- what is refused ---------------------------------------------------------------------------------------------


def test_a_function_that_is_no_fit_is_refused() -> None:
    """In a sentence that says what to take in its place, before anything is compiled."""
    with pytest.raises(InputError, match=r"levenberg_marquardt is for fits.*damped_newton"):
        descend(named("peaks"), LM, np.zeros((1, 2)))
    with pytest.raises(InputError, match=r"levenberg_marquardt is for fits"):
        trace(named("peaks"), LM, np.zeros(2))
