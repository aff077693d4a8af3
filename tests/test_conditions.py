from __future__ import annotations

import math

import numpy as np
import pytest

from multistart import Method, Objective, descend, trace
from multistart.errors import ExpressionError
from multistart.functions.conditions import is_nonnegative, is_positive, needed
from multistart.functions.formula import parse
from multistart.kernels import compile_evaluation
from multistart.kernels.source import write
from tests.plain_kernel import plainly

#: A formula that SymPy simplifies, what it is where it is defined, and where that is: all by hand.
SIMPLIFIED = [
    ("sqrt(x)**2 + (x+1)**2", lambda x: x + (x + 1) ** 2, lambda x: x >= 0),
    ("exp(2*log(x)) + x", lambda x: x**2 + x, lambda x: x > 0),
    ("x**2/x + 1/x - 1/x", lambda x: x, lambda x: x != 0),
    ("sin(asin(x)) + x**2", lambda x: x + x**2, lambda x: abs(x) <= 1),
    ("cos(acos(x - 1)) + x**2", lambda x: x - 1 + x**2, lambda x: abs(x - 1) <= 1),
    ("(x**0.5)**4 + x", lambda x: x**2 + x, lambda x: x >= 0),
    ("x**1.5*x**0.5 + x", lambda x: x**2 + x, lambda x: x >= 0),
    ("x*log(x)/log(x) + x**2", lambda x: x + x**2, lambda x: (x > 0) & (x != 1)),
    ("sin(sqrt(x))**2 + cos(sqrt(x))**2 + x**2", lambda x: 1 + x**2, lambda x: x >= 0),
    ("(1/x)**(-2) + x", lambda x: x**2 + x, lambda x: x != 0),
    ("log(x**2) - log(x**2) + 1/(x - 1)**0 + x", lambda x: x + 1, lambda x: x != 0),
    ("exp(log(x)) - sqrt(2 - x)**2", lambda x: 2 * x - 2, lambda x: (x > 0) & (x <= 2)),
    ("(x + x)**(x/x) + x", lambda x: 3 * x, lambda x: x > 0),
]


@pytest.mark.parametrize(("text", "simple", "defined"), SIMPLIFIED, ids=[row[0] for row in SIMPLIFIED])
def test_a_function_is_undefined_where_a_part_of_its_text_is(text: str, simple, defined) -> None:
    """Value, gradient and Hessian are nan where any part of the text has no real value, and right elsewhere."""
    f = Objective.from_expression(text, ["x"])
    x = np.concatenate([np.linspace(-3, 3, 61), np.array([0.0, 1.0, -1.0, 2.0])])
    value, inside = f.value(x[:, None]), defined(x)
    assert np.isnan(value[~inside]).all()
    assert np.isnan(f.gradient(x[:, None])[~inside]).all()
    assert np.isnan(f.hessian(x[:, None])[~inside]).all()
    with np.errstate(all="ignore"):
        expected = simple(x)
    np.testing.assert_allclose(value[inside], expected[inside], rtol=1e-12, atol=1e-12)


def test_a_descent_that_leaves_the_domain_of_definition_is_not_finite() -> None:
    """From x > 0 steps of sqrt(x)**2 + (x + 1)**2 lead below 0, where nothing is: the last point above 0 is the end."""
    f = Objective.from_expression("sqrt(x)**2 + (x+1)**2", ["x"])
    starts = np.linspace(-1, 2, 301)[:, None]
    method = Method("gradient_descent", learning_rate=0.1, max_steps=100)
    with plainly():
        out, path = descend(f, method, starts), trace(f, method, starts[-1])
    assert (out.ending == "nonfinite").all()
    assert (out.steps[starts[:, 0] < 0] == 0).all()
    x, steps = 2.0, 0
    while x >= 0:
        x, steps = x - 0.1 * (1 + 2 * (x + 1)), steps + 1
    assert out.steps[-1] == steps
    assert len(path) == steps + 1
    value, gradient, hessian = compile_evaluation(f).evaluate(starts)
    for compiled, plain in ((value, f.value(starts)), (gradient, f.gradient(starts)), (hessian, f.hessian(starts))):
        np.testing.assert_allclose(compiled, plain, rtol=1e-14, equal_nan=True)


#: A formula, a start and how many updates at rate 0.01 lead to where the text is undefined: by hand.
UNDEFINED_ON_THE_WAY = [
    ("log(sqrt(x))", [0.0325], 1),  # to -0.12, where the argument of the logarithm is itself undefined
    ("x**1.5/x**0.5 - y", [-0.1, 0.3], 0),
    ("x**0.5*x**2*x - (x/x)**2", [0.0], 0),  # the gradient has a root of x, which is finite at 0
    ("x/log(x)", [0.0], 0),  # 1/log(0) is 1/-inf, a number
    ("1/(1/y)*exp(x)", [0.0, 0.0], 0),
]


@pytest.mark.parametrize(("text", "start", "steps"), UNDEFINED_ON_THE_WAY)
@pytest.mark.parametrize("tolerance", [0.0, 1e-3])
def test_no_descent_walks_on_through_what_is_undefined(text, start, steps, tolerance) -> None:
    """The first point at which the text has no value ends a descent, whatever other parts come to there."""
    f = Objective.from_expression(text, ["x", "y"][: len(start)])
    method = Method("gradient_descent", learning_rate=0.01, max_steps=40, gradient_tolerance=tolerance)
    with plainly():
        out = descend(f, method, np.array([start]))
    assert (out.ending[0], out.steps[0]) == ("nonfinite", steps)


@pytest.mark.parametrize("tolerance", [0.0, 1e-3])
def test_nor_does_compiled_code(tolerance) -> None:
    """All of them in one sum, compiled: each part by itself ends the descent, and none does where all are defined."""
    text = "log(sqrt(x)) + y**1.5/y**0.5 + z**0.5*z**2*z - (z/z)**2 + u/log(u) + 1/(1/(x - 5))*exp(x - 5)"
    f = Objective.from_expression(text, ["x", "y", "z", "u"])
    method = Method("gradient_descent", learning_rate=0.01, max_steps=40, gradient_tolerance=tolerance)
    starts = np.tile([1.0, 1.0, 1.0, 3.0], (6, 1))
    starts[range(5), [0, 1, 2, 3, 0]] = [0.0325, -0.1, 0.0, 0.0, 5.0]
    out = descend(f, method, starts)
    assert out.ending.tolist() == ["nonfinite"] * 5 + ["step_limit"]
    assert out.steps.tolist() == [1, 0, 0, 0, 0, 40]


CONSTANT = [
    ("(-1)**x", "needs a base above 0"),
    ("0**x + x", "needs a base above 0"),
    ("(cos(1) - 1)**x", "needs a base above 0"),
    ("x/(cos(1)**2+sin(1)**2-1)", "not a finite real number"),
    ("log(cos(1)**2+sin(1)**2-1) + x", "not a finite real number"),
    ("(x-1)*(x+1)-x**2+1", 'variable "x" cancels out'),
    ("sin(x)**2 + cos(x)**2", 'variable "x" cancels out'),
    ("cosh(3*x)**2 - sinh(3*x)**2", 'variable "x" cancels out'),
    ("exp(x + 1)/exp(x)", 'variable "x" cancels out'),
    ("sqrt(x - 50)*0 + 1", 'variable "x" cancels out'),
    ("(1+x)**3 - 1 - 3*x - 3*x**2 - x**3", 'variable "x" cancels out'),
    ("tan(x)*cos(x) - sin(x)", 'variable "x" cancels out'),
    ("asin(2) + x", "not a finite real number"),
    ("1/(1/x)/x", 'variable "x" cancels out'),
    ("x + 1/(sin(x)**2 + cos(x)**2 - 1)", "nowhere a real number"),
    ("sqrt(-1 - x**2)", "nowhere a real number: -x\\*\\*2 - 1 >= 0 holds nowhere"),
    ("log(-x**2) + x", "nowhere a real number"),
    ("asin(2 + x**2)", "nowhere a real number"),
    ("asin(x) + acos(x)", 'variable "x" cancels out'),
    ("sin(2*x) - 2*sin(x)*cos(x)", 'variable "x" cancels out'),
    ("(x**2 - 1)/(x - 1) - x - 1", 'variable "x" cancels out'),
    ("x*(cos(1)**2 + sin(1)**2 - 1)", 'variable "x" cancels out'),
    ("log(exp(x)) - x", 'variable "x" cancels out'),
    ("(-e)**(2*x)", "needs a base above 0"),
]


@pytest.mark.parametrize(("text", "sentence"), CONSTANT, ids=[row[0] for row in CONSTANT])
def test_a_formula_that_is_constant_or_nowhere_real_is_refused(text: str, sentence: str) -> None:
    """However the constant is disguised, one sentence says so."""
    with pytest.raises(ExpressionError, match=sentence):
        parse(text, ["x"])


def test_one_of_two_variables_may_not_cancel() -> None:
    """The variable that has no influence is named."""
    with pytest.raises(ExpressionError, match='variable "y" cancels out'):
        parse("x**2 + (y - 1)*(y + 1) - y**2", ["x", "y"])


@pytest.mark.parametrize(
    "text",
    [
        "1 - exp(-((x - 2458765.4321)/0.01)**2)",
        "tanh(1000*x)",
        "exp(-x**64)",
        "1e-200*x**2",
        "1e200 + x",
        "atan(1e9*x)",
        "log(x - 1000)",
        "sin(x)**2 + cos(x)**2 + 1e-30*x",
        "x**x",
    ],
)
def test_a_flat_function_is_no_constant(text: str) -> None:
    """A derivative that is tiny, or whose formula is not real near 0, is not taken for 0."""
    assert parse(text, ["x"]).expression.free_symbols


def test_a_power_with_an_exponent_that_varies_is_defined_for_positive_bases_alone() -> None:
    """Also where SymPy drops the power; a constant exponent asks for less."""
    for text in ("x**y*x**(-y) + x + y", "asinh((x**y)**(x*e))", "x**(y + 2)"):
        f = Objective.from_expression(text, ["x", "y"])
        assert np.isnan(f.value(np.array([[0.0, -1.0], [0.0, 1.0]]))).all(), text
        assert np.isfinite(f.value(np.array([[0.5, -1.0]]))).all(), text
    assert Objective.from_expression("x**1.5 + x**0", ["x"]).value(np.zeros((1, 1))) == 1
    assert parse("(2 + x**2)**x", ["x"]).conditions == ()


def test_what_always_holds_is_not_asked() -> None:
    """Conditions that the form of a part shows are left out, so that common formulas cost nothing."""
    for text in ("sqrt(1 + x**2)", "1/(1 + exp(x))", "log(2 + x**4)", "sqrt(x**2)", "1/(-1 - x**2)", "x**2/cosh(x)"):
        assert parse(text, ["x"]).conditions == (), text
    x = parse("x", ["x"]).expression
    assert not is_positive(x**2)
    assert is_nonnegative(x**2)
    assert not is_nonnegative(x**3)
    assert needed(parse("sqrt(3*x) + sqrt(x) + log(x)", ["x"]).conditions) == parse("sqrt(x)*log(x)", ["x"]).conditions


def test_conditions_that_the_gradient_shows_are_not_watched() -> None:
    """A root of the same part is nan where the part is negative; a pole of tan is no double."""
    for text in ("sqrt(x) + x**2", "tan(x) + x**2", "x**1.5"):
        f = Objective.from_expression(text, ["x"])
        assert f.conditions
        assert " and u0" not in write(f, Method().rule).text


def test_a_formula_without_numbers_compiles() -> None:
    """sin(x)*sin(y) has nothing to load; its kernel gives what NumPy gives."""
    f = Objective.from_expression("sin(x)*sin(y)", ["x", "y"])
    points = np.random.default_rng(0).uniform(-3, 3, (50, 2))
    value, gradient, _ = compile_evaluation(f).evaluate(points)
    np.testing.assert_allclose(value, f.value(points), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(gradient, f.gradient(points), rtol=1e-14, atol=1e-15)
    out = descend(f, Method("gradient_descent", learning_rate=0.5, max_steps=2000), points)
    assert np.isin(np.round(out.value[out.ending == "converged"], 9), (-1.0, 0.0)).all()
    assert math.isclose(out.value.min(), -1.0)


@pytest.mark.parametrize("text", ["exp(-x)", "sin(x)+y**2", "exp(-x)+y**2", "sin(x)*cos(y)", "tanh(x)", "atan(x)*y"])
def test_text_is_written_for_formulas_without_numbers(text: str) -> None:
    """No line of the kernel's text unpacks nothing."""
    f = Objective.from_expression(text, [v for v in ("x", "y") if v in text.replace("exp", "")])
    source = write(f, Method().rule).text
    compile(source, "<kernel>", "exec")
    assert "(,)" not in source
