"""Losses by name and of one's own: the numbers of SciPy and statsmodels, and derivatives of what is summed."""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
import sympy

from multistart import Objective
from multistart.functions import piecewise
from multistart.functions.expressions import names_in
from multistart.functions.fit import BLOCK, pairwise
from multistart.functions.losses import LOSSES, is_formula, read_loss
from multistart.kernels import vectormath

ROWS = 13
RNG = np.random.default_rng(2026)
DATA = {
    "x": np.round(RNG.uniform(0.25, 4, ROWS), 3),
    "y": np.round(RNG.normal(3, 2, ROWS), 3),
    "count": RNG.integers(0, 9, ROWS),
    "trials": RNG.integers(9, 12, ROWS),
    "label": RNG.integers(0, 2, ROWS),
    "w": np.round(RNG.uniform(0.5, 2, ROWS), 3),
    "s": np.round(RNG.uniform(0.5, 2, ROWS), 3),
}
PROBABILITY = "1/(1 + exp(-a - b*x/4))"
#: model, response, and what else a fit is given.
CASES = {
    "squares": ("a + b*x", "y", {}),
    "weighted": ("a*exp(-b*x)", "y", {"weights": "w"}),
    "deviations": ("a*exp(-b*x)", "log(3 + y**2)", {"standard_deviations": "s"}),
    "mean": ("a + b*x", "y", {"reduction": "mean"}),
    "varying power": ("a*x**b", "y", {}),
    "huber": ("a + b*x", "y", {"loss": {"name": "huber", "delta": 1.5}, "weights": "w"}),
    "huber by deviations": ("a + b*x", "y", {"loss": {"name": "huber", "delta": 1.345}, "standard_deviations": "s"}),
    "pseudo_huber": ("a + b*x", "y", {"loss": {"name": "pseudo_huber", "delta": 1.5}}),
    "cauchy": ("a + b*x", "y", {"loss": {"name": "cauchy", "delta": 1.5}}),
    "arctan": ("a + b*x", "y", {"loss": {"name": "arctan", "delta": 1.5}}),
    "welsch": ("a + b*x", "y", {"loss": {"name": "welsch", "delta": 1.5}}),
    "normal": ("a + b*x", "y", {"loss": {"name": "normal", "sigma": "sigma"}}),
    "normal growing": ("a + b*x", "y", {"loss": {"name": "normal", "sigma": "sigma*(1 + x)"}}),
    "poisson": ("exp(a + b*x/4)", "count", {"loss": "poisson"}),
    "poisson_log": ("a + b*x/4", "count", {"loss": "poisson_log"}),
    "binomial": (PROBABILITY, "label", {"loss": "binomial"}),
    "binomial in trials": (PROBABILITY, "count", {"loss": {"name": "binomial", "trials": "trials"}}),
    "logistic": ("a + b*x/4", "label", {"loss": "logistic"}),
    "own": ("a + b*x", "2*label - 1", {"loss": "log(1 + exp(-(2*label - 1)*m)) + w*a**2/100"}),
    "own residual": ("a + b*x", "y", {"loss": "k*r**4", "standard_deviations": "s", "parameters": {"k": 0.1}}),
}
POINTS = np.array([[0.7, -0.3, 1.25], [-0.2, 0.9, 0.75]])


#: What a sum is compared with written out in the suite; the others take seconds each.
WRITTEN_OUT = ("varying power", "huber", "normal")
PERMUTED = ("weighted", "huber by deviations", "own")


def slow_but(*quick: str) -> list:
    return [pytest.param(case, marks=[pytest.mark.slow] * (case not in quick)) for case in CASES]


@cache
def fit(case: str) -> Objective:
    model, response, more = CASES[case]
    variables = ["a", "b", *(["sigma"] if "normal" in case else [])]
    return Objective.from_model(model, DATA, variables, response=response, **more)


def points(f: Objective) -> np.ndarray:
    return POINTS[:, : f.dimensions]


def residuals(f: Objective, point: np.ndarray) -> np.ndarray:
    return DATA["y"] - point[0] - point[1] * DATA["x"]


@pytest.mark.parametrize("case", CASES)
def test_derivatives_are_those_of_the_values(case):
    """Gradient and Hessian are central differences of value and gradient, to what differences can tell."""
    f, step = fit(case), 1e-6
    for at in points(f):
        around = [at + sign * step * axis for axis in np.eye(f.dimensions) for sign in (1, -1)]
        value, gradient = f.value(np.array(around)), f.gradient(np.array(around))
        scale = 1 + abs(f.value(at[None])[0])
        assert np.allclose(f.gradient(at[None])[0], (value[::2] - value[1::2]) / (2 * step), atol=1e-8 * scale)
        if "huber" not in case or case == "pseudo_huber" or not _near_a_kink(f, at):
            found = (gradient[::2] - gradient[1::2]) / (2 * step)
            assert np.allclose(f.hessian(at[None])[0], found, rtol=1e-7, atol=1e-7 * scale)


def _near_a_kink(f: Objective, at: np.ndarray) -> bool:
    assert f.fit is not None
    scaled = residuals(f, at) / (DATA["s"] if f.fit.standard_deviations else 1) / dict(f.fit.numbers)["delta"]
    return bool((np.abs(np.abs(scaled) - 1) < 1e-4).any())


@pytest.mark.parametrize("case", slow_but(*WRITTEN_OUT))
def test_a_sum_over_rows_is_the_written_out_formula(case):
    """Value, gradient and Hessian of the rows are those of the formula in which every row stands, to rounding."""
    f = fit(case)
    written = f.written_out()
    for what in ("value", "gradient", "hessian"):
        found, expected = getattr(f, what)(points(f)), getattr(written, what)(points(f))
        assert np.allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("case", slow_but(*PERMUTED))
def test_the_order_of_rows_changes_results_by_rounding_alone(case):
    """Rows permuted make another digest, and the same sum to some units in the last place."""
    f, order = fit(case), np.random.default_rng(1).permutation(ROWS)
    model, response, more = CASES[case]
    shuffled = {name: column[order] for name, column in DATA.items()}
    other = Objective.from_model(model, shuffled, f.variables, response=response, **more)
    assert other.fit.digest != f.fit.digest
    assert other.family.identity == f.family.identity
    assert np.allclose(f.value(points(f)), other.value(points(f)), rtol=1e-13)
    assert np.allclose(f.gradient(points(f)), other.gradient(points(f)), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("case", ["huber", "pseudo_huber", "cauchy", "arctan"])
def test_robust_losses_are_twice_the_cost_of_scipy(case):
    """Of ``least_squares`` with ``f_scale`` for delta, at any point; pseudo_huber is soft_l1."""
    model, response, more = CASES[case]
    f = Objective.from_model(model, DATA, ["a", "b"], response=response, loss=more["loss"])
    for at in points(f):
        name = {"pseudo_huber": "soft_l1"}.get(case, case)
        found = scipy.optimize.least_squares(lambda p: residuals(f, p), at, loss=name, f_scale=1.5, max_nfev=3)
        assert math.isclose(f.value(found.x[None])[0], 2 * found.cost, rel_tol=1e-12)


def test_huber_is_that_of_statsmodels_and_welsch_its_formula():
    """Twice statsmodels' HuberT; and 1 - exp(-(r/delta)**2) times delta**2."""
    norms = pytest.importorskip("statsmodels.robust.norms")
    f = Objective.from_model("a + b*x", DATA, ["a", "b"], response="y", loss={"name": "huber", "delta": 1.5})
    g = fit("welsch")
    for at in points(f):
        r = residuals(f, at)
        assert math.isclose(f.value(at[None])[0], 2 * norms.HuberT(1.5).rho(r).sum(), rel_tol=1e-12)
        assert math.isclose(g.value(at[None])[0], (2.25 * -np.expm1(-((r / 1.5) ** 2))).sum(), rel_tol=1e-12)


def test_likelihoods_are_those_of_the_distributions():
    """With the constants that are said to be left out, they are SciPy's log-densities of all rows."""
    for at in POINTS:
        x, line = DATA["x"], at[0] + at[1] * DATA["x"]
        odds = at[0] + at[1] * x / 4
        p, count, trials = scipy.special.expit(odds), DATA["count"], DATA["trials"]
        of_binomial = scipy.special.gammaln([trials + 1, count + 1, trials - count + 1])
        expected = {
            "normal": -scipy.stats.norm.logpdf(DATA["y"], line, at[2]).sum() - ROWS * math.log(2 * math.pi) / 2,
            "normal growing": -scipy.stats.norm.logpdf(DATA["y"], line, at[2] * (1 + x)).sum()
            - ROWS * math.log(2 * math.pi) / 2,
            "poisson": -scipy.stats.poisson.logpmf(count, np.exp(odds)).sum() - scipy.special.gammaln(count + 1).sum(),
            "poisson_log": -scipy.stats.poisson.logpmf(count, np.exp(odds)).sum()
            - scipy.special.gammaln(count + 1).sum(),
            "binomial": -scipy.stats.bernoulli.logpmf(DATA["label"], p).sum(),
            "logistic": -scipy.stats.bernoulli.logpmf(DATA["label"], p).sum(),
            "binomial in trials": -scipy.stats.binom.logpmf(count, trials, p).sum()
            + (of_binomial[0] - of_binomial[1] - of_binomial[2]).sum(),
        }
        for case, value in expected.items():
            f = fit(case)
            assert math.isclose(f.value(at[None, : f.dimensions])[0], value, rel_tol=1e-12), case


def test_a_model_linear_in_its_variables_is_solved_by_one_step_of_newton():
    """Where it ends is ``numpy.linalg.lstsq``'s solution, weights and all, whatever the point it begins at."""
    f = Objective.from_model("a + b*x + c*x**2", DATA, ["a", "b", "c"], response="y", weights="w")
    start = np.array([[5.0, -7.0, 3.0]])
    step = np.linalg.solve(f.hessian(start)[0], f.gradient(start)[0])
    root = np.sqrt(DATA["w"])
    design = np.stack([np.ones(ROWS), DATA["x"], DATA["x"] ** 2], axis=1) * root[:, None]
    assert np.allclose(start[0] - step, np.linalg.lstsq(design, DATA["y"] * root)[0], rtol=1e-10)


def test_a_varying_power_is_an_exponential_of_the_kernels_own():
    """``a*x**b`` calls nothing of the platform, and is off by at most 4 + 2 |b ln x| units of 2**-53."""
    powers = fit("varying power").term.expression.atoms(sympy.Pow)
    assert [power.exp for power in powers] == [2]
    for x, b in np.random.default_rng(3).uniform([0.01, -6], [100, 6], (300, 2)):
        found = vectormath.exp(b * vectormath.log(x))
        exact = mpmath.mpf(float(x)) ** mpmath.mpf(float(b))
        assert abs(found - exact) / exact < (4 + 2 * abs(b * math.log(x))) * 2**-53


@pytest.mark.parametrize(
    ("u", "huber", "clip", "inside"),
    [(0.5, 0.125, 0.5, 1.0), (-1.0, 0.5, -1.0, 1.0), (1.0, 0.5, 1.0, 1.0), (-3.0, 2.5, -1.0, 0.0), (0.0, 0.0, 0.0, 1.0),
     (math.inf, math.inf, 1.0, 0.0), (math.nan, math.nan, math.nan, 0.0)],
)  # fmt: skip
def test_hubers_functions_are_the_same_everywhere(u, huber, clip, inside):
    """In kernels, in SymPy with numbers, and as NumPy prints them; each is the slope of the one before."""
    x = sympy.Symbol("x")
    for name, expected in (("huber", huber), ("clip", clip), ("inside", inside)):
        function = getattr(piecewise, name)
        printed = sympy.lambdify([x], function(x), modules="numpy")
        assert np.array_equal(printed(u), expected, equal_nan=True)
        assert np.array_equal(printed(np.array([u, u])), [expected] * 2, equal_nan=True)
        assert np.array_equal(getattr(vectormath, name)(u), expected, equal_nan=True)
        if math.isfinite(u):
            assert float(function(sympy.Rational(u))) == expected
    assert piecewise.huber(x).diff(x) == piecewise.clip(x)
    assert piecewise.clip(x).diff(x) == piecewise.inside(x)
    assert piecewise.inside(x).diff(x) == 0


def test_every_loss_is_tried_and_says_what_it_is():
    """Each entry has a case above, a source, and a formula in the names that it declares."""
    tried = {read_loss(more.get("loss", "squares"))[0] for _, _, more in CASES.values()}
    assert set(LOSSES) == {name for name in tried if not is_formula(name)}
    for name, loss in LOSSES.items():
        assert set(names_in(loss.formula)) <= {"m", "r", "response", *loss.numbers}, name
        assert ("m" in names_in(loss.formula)) != ("r" in names_in(loss.formula)), name
        assert loss.about
        assert loss.source


@pytest.mark.parametrize("rows", [1, 2, 15, 16, 17, 33, 48, 49, 112, 113, 1000])
def test_sums_are_added_as_a_binary_counter_carries(rows):
    """Level by level is, to the bit, what kernels do: a block at a time, equal ones merged as they come."""
    terms = np.random.default_rng(rows).normal(size=rows) * 10.0 ** np.random.default_rng(1).integers(-8, 8, rows)
    held: list[float] = []
    for number, first in enumerate(range(0, rows, BLOCK), start=1):
        total, k = 0.0 + terms[first], number
        for term in terms[first + 1 : first + BLOCK]:
            total += term
        while k % 2 == 0:
            total, k = held.pop() + total, k // 2
        held.append(total)
    total = held.pop()
    while held:
        total = held.pop() + total
    assert pairwise(terms) == total
