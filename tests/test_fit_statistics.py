import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from multistart.box import Box
from multistart.errors import InputError
from multistart.fits import Model, statistics_of
from multistart.fits.statistics import FROM_LIKELIHOOD, FROM_SANDWICH, FROM_SQUARES
from multistart.fits.triangle import of_matrix, of_rows
from multistart.functions.objective import Objective, named
from multistart.study.fit import fit_table

NIST = Path(__file__).parent / "reference/nist"
PROBLEMS = json.loads((NIST / "nist_strd.json").read_text())["problems"]
RANDOM = np.random.default_rng(5)
X = np.linspace(-1, 2, 30)
NOISY = pd.DataFrame({"x": X, "y": 1 + 2 * X + RANDOM.normal(0, 0.3, 30), "w": RANDOM.uniform(0.2, 3, 30)})
LOGISTIC = NOISY.assign(z=(NOISY["y"] + RANDOM.normal(0, 2, 30) > 2).astype(float))


def line(loss="squares", data=NOISY, **more):
    return Objective.from_model("a + b*x", data, ["a", "b"], response="y", loss=loss, **more)


def minimum_of(objective, start):
    """By Newton's method, to rounding."""
    point = np.array(start, dtype=float)
    for _ in range(60):
        point = point - np.linalg.solve(objective.hessian(point[None])[0], objective.gradient(point[None])[0])
    assert np.abs(objective.gradient(point[None])).max() < 1e-9
    return point


@pytest.mark.parametrize("name", PROBLEMS)
def test_standard_errors_of_nist(name):
    """At NIST's certified parameters, standard deviations agree with the certified ones to eight digits or more."""
    problem = PROBLEMS[name]
    parameters = problem["parameters"]
    fit = Objective.from_model(
        problem["model"], pd.read_csv(NIST / problem["file"]), [p["name"] for p in parameters], response="y"
    )
    found = statistics_of(fit, np.array([float(p["value"]) for p in parameters]))
    certified = [float(p["standard_deviation"]) for p in parameters]
    assert [p.standard_error for p in found.parameters] == pytest.approx(certified, rel=1e-8)
    assert found.rss == pytest.approx(float(problem["residual_sum_of_squares"]), rel=1e-9)
    assert found.residual_deviation == pytest.approx(float(problem["residual_standard_deviation"]), rel=1e-9)
    assert found.degrees_of_freedom == problem["degrees_of_freedom"]
    assert found.errors_from == FROM_SQUARES


@pytest.mark.parametrize("weighted", [False, True])
def test_linear_models_as_statsmodels(weighted):
    """Of a linear model, all statistics are those of ordinary or weighted least squares in statsmodels."""
    from statsmodels.regression.linear_model import WLS

    weight = NOISY["w"] if weighted else pd.Series(np.ones(30))
    expected = WLS(NOISY["y"], np.column_stack([np.ones(30), X]), weights=weight).fit()
    found = statistics_of(line("w*r**2" if weighted else "squares"), expected.params.to_numpy())
    assert [p.standard_error for p in found.parameters] == pytest.approx(expected.bse.to_numpy(), rel=1e-12)
    covariance = expected.cov_params().to_numpy()
    assert found.correlations[0, 1] == pytest.approx(covariance[0, 1] / np.prod(expected.bse), rel=1e-12)
    assert found.residual_deviation == pytest.approx(math.sqrt(expected.scale), rel=1e-12)
    assert found.r_squared == pytest.approx(expected.rsquared, rel=1e-12)
    assert found.has_constant
    assert found.residual == pytest.approx(expected.resid.to_numpy(), abs=1e-12)


def test_weights_count_relative_to_each_other():
    """Weights, or a mean in place of a sum, change no standard error by being multiplied by a number."""
    found, other, mean = (
        statistics_of(fit, np.array([1.0, 2.0]))
        for fit in (line("w*r**2"), line("7*w*r**2"), line("w*r**2", reduction="mean"))
    )
    errors = [p.standard_error for p in found.parameters]
    assert [p.standard_error for p in other.parameters] == pytest.approx(errors, rel=1e-13)
    assert [p.standard_error for p in mean.parameters] == errors
    assert (mean.rss, other.rss) == pytest.approx((found.rss, 7 * found.rss), rel=1e-13)
    assert mean.value == pytest.approx(found.value / 30, rel=1e-14)


def test_rows_in_another_order():
    """The order of the rows changes no bit of what is said of the parameters."""
    at = np.array([1.1, 1.9])
    found, other = (statistics_of(line(data=data), at) for data in (NOISY, NOISY.sample(frac=1, random_state=3)))
    assert (found.parameters, found.rss) == (other.parameters, other.rss)


def test_own_loss_has_the_sandwich():
    """Of an own formula errors are the sandwich, as statsmodels has it, and do not depend on the formula's factor."""
    from statsmodels.discrete.discrete_model import Logit

    expected = Logit(LOGISTIC["z"], np.column_stack([np.ones(30), X])).fit(disp=0, cov_type="HC0", tol=1e-12)
    fits = [
        Objective.from_model("a + b*x", LOGISTIC, ["a", "b"], response="z", loss=f"{k}*(log(1 + exp(m)) - z*m)")
        for k in (1, 5)
    ]
    at = minimum_of(fits[0], expected.params.to_numpy())
    found, other = (statistics_of(fit, at) for fit in fits)
    assert found.errors_from == FROM_SANDWICH
    assert [p.standard_error for p in found.parameters] == pytest.approx(expected.bse.to_numpy(), rel=1e-9)
    assert [p.standard_error for p in other.parameters] == pytest.approx([p.standard_error for p in found.parameters])
    assert math.isnan(found.rss + found.r_squared + found.residual_deviation)


def test_parameters_that_are_not_told_apart():
    """Where two parameters stand in a product alone they are named, have no error, and the third has the right one."""
    fit = Objective.from_model("c + a*b*x", NOISY, ["a", "b", "c"], response="y")
    alone = statistics_of(line(), at := np.linalg.lstsq(np.column_stack([np.ones(30), X]), NOISY["y"], rcond=None)[0])
    found = statistics_of(fit, np.array([0.5, 2 * at[1], at[0]]))
    first, second, third = found.parameters
    assert first.indistinct == second.indistinct == ("a", "b")
    assert math.isnan(first.standard_error)
    assert math.isnan(second.standard_error)
    assert third.indistinct == ()
    assert third.standard_error == pytest.approx(alone.parameters[0].standard_error, rel=1e-12)
    assert found.degrees_of_freedom == 28


def test_parameter_without_effect():
    """A parameter that no row depends on at the optimum is named alone."""
    found = statistics_of(
        Objective.from_model("a + b*tanh(c*x)", NOISY, ["a", "b", "c"], response="y"), np.array([1.0, 0.0, 3.0])
    )
    assert [p.indistinct for p in found.parameters] == [(), (), ("c",)]


def test_parameter_at_its_bound():
    """A parameter at a bound that it is pressed against has no error; the others are as if it were known."""
    box = Box({"a": (-5, 5), "b": (-5, 1.5)})
    best = float((NOISY["y"] - 1.5 * X).mean())
    found = statistics_of(line(), np.array([best, 1.5]), bounds=box)
    assert [p.at_bound for p in found.parameters] == ["", "high"]
    assert math.isnan(found.parameters[1].standard_error)
    left = NOISY["y"] - 1.5 * X - best
    assert found.parameters[0].standard_error == pytest.approx(math.sqrt((left**2).sum() / 29 / 30), rel=1e-12)
    assert found.degrees_of_freedom == 29
    assert np.isnan(found.correlations[0, 1])
    inside = statistics_of(line(), np.array([best, 1.4]), bounds=box)
    assert [p.at_bound for p in inside.parameters] == ["", ""]


def test_an_optimum_that_is_on_a_bound_by_itself_is_not_held():
    """The line through its points at the bound of b: its slope there is rounding, and b has a standard error."""
    x = np.random.default_rng(24).uniform(0, 3, 8)
    held = []
    for b in np.linspace(0.11, 0.99, 23):
        fit = Objective.from_model("a + b*x", {"x": x, "y": 0.3 + b * x}, ["a", "b"], response="y")
        best = np.array([np.nextafter(0.3, 1), b])
        found = statistics_of(fit, best, bounds=Box({"a": (-1, 2), "b": (b, 2)}))
        held += [p.at_bound for p in found.parameters]
    assert set(held) == {""}


def test_as_many_rows_as_parameters():
    """A line through two points has no residual variance, which is said in place of errors."""
    found = statistics_of(line(data=NOISY[:2]), np.array([1.0, 2.0]))
    assert found.degrees_of_freedom == 0
    assert "no more rows than parameters" in found.why_none
    assert all(math.isnan(p.standard_error) for p in found.parameters)


def test_point_that_is_no_minimum():
    """At a saddle of a loss that is none of squares there are no errors, and it is said why."""
    fit = Objective.from_model("a*x + b", NOISY, ["a", "b"], response="y", loss="m**2 - a**4 - b**2*9")
    found = statistics_of(fit, np.array([1.0, 1.0]))
    assert found.why_none == "the Hessian there is not that of a minimum"
    assert all(math.isnan(p.standard_error) for p in found.parameters)


def test_function_that_is_no_fit():
    """Statistics of a function without data are refused, and those of a point that is none of the fit's."""
    with pytest.raises(InputError, match="no fit"):
        statistics_of(named("peaks"), np.zeros(2))
    fit = Objective.from_model("a*x + b", NOISY, ["a", "b"], response="y")
    with pytest.raises(InputError, match=r"shape \(3,\); give one number for each of a, b"):
        statistics_of(fit, np.zeros(3))


def test_triangles_agree():
    """From rows or from their products, the same inverse; badly scaled columns cost no digit."""
    rows = RANDOM.normal(size=(40, 4)) * [1e-9, 1.0, 1e7, 30.0]
    inverses = [(root := triangle.root()) @ root.T for triangle in (of_rows(rows), of_matrix(rows.T @ rows))]
    scale = np.array([1e-9, 1.0, 1e7, 30.0])
    product = (rows / scale).T @ (rows / scale)
    for inverse in inverses:
        assert inverse * np.outer(scale, scale) == pytest.approx(np.linalg.inv(product), rel=1e-10)


@pytest.mark.parametrize("loss", ["squares", "log(1 + r**2/4)"])
def test_parameter_on_its_logarithm(loss):
    """With a parameter on its logarithm the same errors come out, and that of the logarithm is relative."""
    data = pd.DataFrame({"x": X, "y": 5 * np.exp(-0.7 * X) + RANDOM.normal(0, 0.2, 30)})
    plain = Objective.from_model("a*exp(-b*x)", data, ["a", "b"], response="y", loss=loss)
    best = minimum_of(plain, [5.0, 0.7])
    logged = plain.on_scales({"b": "log"})
    expected, found = statistics_of(plain, best), statistics_of(logged, logged.in_variables(best[None])[0])
    assert [p.name for p in found.parameters] == ["a", "b"]
    errors = [p.standard_error for p in found.parameters]
    assert errors == pytest.approx([p.standard_error for p in expected.parameters], rel=1e-7)
    assert found.parameters[1].log_standard_error == pytest.approx(errors[1] / best[1], rel=1e-12)
    assert math.isnan(found.parameters[0].log_standard_error)
    assert found.correlations[0, 1] == pytest.approx(expected.correlations[0, 1], rel=1e-7)
    assert found.fitted == pytest.approx(expected.fitted, rel=1e-13)


COUNTS = pd.DataFrame({"x": X, "k": RANDOM.poisson(np.exp(0.5 + 0.8 * X)), "n": RANDOM.integers(3, 9, 30)})
COUNTS["s"] = RANDOM.binomial(COUNTS["n"], 1 / (1 + np.exp(-X)))


@pytest.mark.parametrize("loss", ["poisson_log", "logistic", "normal"])
def test_likelihoods_as_statsmodels(loss):
    """Of a likelihood errors are those of the observed information, and fitted is the mean, as in statsmodels."""
    from statsmodels.discrete.discrete_model import Poisson
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    design, variables, given = np.column_stack([np.ones(30), X]), ["a", "b"], loss
    if loss == "poisson_log":
        expected, data, response = Poisson(COUNTS["k"], design).fit(disp=0, tol=1e-12), COUNTS, "k"
    elif loss == "logistic":
        failures = COUNTS["n"] - COUNTS["s"]
        expected = GLM(np.column_stack([COUNTS["s"], failures]), design, Binomial()).fit(tol=1e-12)
        data, response, given = COUNTS, "s", {"name": loss, "trials": "n"}
    else:
        variables, data, response, given = ["a", "b", "sigma"], NOISY, "y", {"name": loss, "sigma": "sigma"}
    fit = Objective.from_model("a + b*x", data, variables, response=response, loss=given)
    start = [1.0, 2.0, 0.3] if loss == "normal" else np.asarray(expected.params)
    found = statistics_of(fit, minimum_of(fit, start))
    assert found.errors_from == FROM_LIKELIHOOD
    errors = [p.standard_error for p in found.parameters]
    if loss == "normal":  # whose variance is divided by n
        least = statistics_of(line(), minimum_of(line(), start[:2]))
        assert errors[:2] == pytest.approx([p.standard_error * math.sqrt(28 / 30) for p in least.parameters], rel=1e-9)
        assert errors[2] == pytest.approx(found.parameters[2].value / math.sqrt(60), rel=1e-9)
    else:
        assert errors == pytest.approx(np.asarray(expected.bse), rel=1e-8)
        trials = COUNTS["n"] if loss == "logistic" else 1
        assert found.fitted == pytest.approx(trials * np.asarray(expected.predict(design)), rel=1e-9)


@pytest.mark.parametrize(
    ("loss", "squares"),
    [("squares", True), ("y**2 - 2*y*m + m**2", True), ("r**2/2", True), ({"name": "huber", "delta": 1.0}, False),
     ({"name": "cauchy", "delta": 1.0}, False), ("poisson_log", False), ("(y - 2*m)**2", False), ("r**2 + 1", False),
     ("(w - 1)*r**2", False)],
)  # fmt: skip
def test_what_counts_as_squares(loss, squares):
    """A loss is one of squares where it is a weight times a squared residual, however it is written; else none."""
    data = NOISY.assign(y=NOISY["y"].abs())
    found = statistics_of(line(loss, data), np.array([1.0, 2.0]))
    assert math.isfinite(found.rss) == squares


def test_standard_deviations_count_relative_to_each_other():
    """Standard deviations are as weights of one over their square; errors are curve_fit's without absolute_sigma."""
    from scipy.optimize import curve_fit

    data = NOISY.assign(s=1 / np.sqrt(NOISY["w"]))
    best, covariance = curve_fit(lambda x, a, b: a + b * x, X, data["y"], sigma=data["s"], absolute_sigma=False)
    found = statistics_of(line(data=data, standard_deviations="s"), best)
    errors = [p.standard_error for p in found.parameters]
    assert errors == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-6)
    assert errors == pytest.approx([p.standard_error for p in statistics_of(line(weights="w"), best).parameters])


def test_columns_that_a_table_has_itself():
    """A column of the data that would stand twice in fitted.csv is refused in a sentence that names it."""
    with pytest.raises(InputError, match=r'column "residual": fitted.csv has a column of its own called so'):
        Objective.from_model("a*x", {"x": [1.0, 2.0], "residual": [1.0, 2.0]}, ["a"], response="residual")


def test_a_factor_of_the_loss_is_told():
    """Where squares are counted half, the sum is called weighted, and so is the deviation of a row."""
    model = Model(line("r**2/2"))
    best = statistics_of(model, np.array([1.0, 2.0]))
    quantities, notes = fit_table(best, model)["quantity"].tolist(), fit_table(best, model)["note"].tolist()
    assert best.rss == pytest.approx(statistics_of(line(), np.array([1.0, 2.0])).rss / 2)
    assert notes[quantities.index("rss")] == "the sum of weighted squares of residuals"
    assert notes[quantities.index("residual_deviation")] == "of a row of weight 1"
