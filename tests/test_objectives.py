"""Objectives evaluate what their formula says, in the stated shapes, and never raise on a number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import sympy

from multistart import Box, Objective, named
from multistart.errors import ExpressionError, InputError
from multistart.functions import derivative, formula, piecewise
from multistart.functions.chain_rule import slope
from tests import random_formulas


def test_value_gradient_and_hessian_by_hand() -> None:
    """For a x**2 y + y**4 with a = 1.5 all derivatives equal those worked out by hand, in the stated shapes."""
    f = Objective.from_expression("a*x**2*y + y**4", ["x", "y"], {"a": 1.5})
    x, y = np.random.default_rng(0).normal(size=(2, 50))
    points = np.stack([x, y], axis=1)
    np.testing.assert_allclose(f.value(points), 1.5 * x**2 * y + y**4, rtol=1e-14)
    np.testing.assert_allclose(f.gradient(points), np.stack([3 * x * y, 1.5 * x**2 + 4 * y**3], axis=1), rtol=1e-13)
    by_hand = np.array([[3 * y, 3 * x], [3 * x, 12 * y**2]]).transpose(2, 0, 1)
    np.testing.assert_allclose(f.hessian(points), by_hand, rtol=1e-13)
    assert (f.dimensions, f.variables, f.domain) == (2, ("x", "y"), None)


def test_variables_keep_the_order_they_are_given_in() -> None:
    """The columns of points follow the list of variables, not the alphabet."""
    f = Objective.from_expression("y - 2*x", ["y", "x"])
    assert f.value(np.array([[5.0, 1.0]]))[0] == 3.0
    assert f.gradient(np.array([[5.0, 1.0]])).tolist() == [[1.0, -2.0]]


def test_constant_derivatives_fill_their_column() -> None:
    """A derivative that does not depend on the point still has a row for every point."""
    f = Objective.from_expression("3*x + y**2", ["x", "y"])
    points = np.zeros((7, 2))
    assert f.gradient(points).shape == (7, 2)
    assert f.hessian(points).shape == (7, 2, 2)
    assert (f.gradient(points)[:, 0] == 3).all()


@pytest.mark.parametrize("n", [0, 1, 5])
def test_any_number_of_points(n: int) -> None:
    """No points give empty arrays of the right shape."""
    f = named("rosenbrock", 3)
    points = np.zeros((n, 3))
    assert f.value(points).shape == (n,)
    assert f.gradient(points).shape == (n, 3)
    assert f.hessian(points).shape == (n, 3, 3)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (2, 2, 2), ()])
def test_points_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """The message says the shape wanted and the shape seen."""
    with pytest.raises(InputError, match=r"points have shape \(n, 2\); got "):
        named("peaks").value(np.zeros(shape))


def test_not_finite_is_an_answer() -> None:
    """Overflow, log of a negative number and 0/0 give inf or nan without a warning or an exception."""
    f = Objective.from_expression("log(x) + exp(x)/x", ["x"])
    value = f.value(np.array([[-1.0], [0.0], [1e3], [np.nan], [np.inf], [1.0]]))
    assert not np.isfinite(value[:5]).any()
    assert value[5] == np.e


def test_the_hessian_is_exact_and_symmetric() -> None:
    """Mixed derivatives are one and the same expression."""
    h = named("goldstein_price").hessian_expressions
    assert h[0][1] is h[1][0]
    x, y = named("goldstein_price").symbols
    assert sympy.expand(h[0][1] - sympy.diff(named("goldstein_price").expression, x, y)) == 0


def test_a_named_function_carries_what_its_entry_says() -> None:
    """`named` gives name, domain, minima, source and formula; dimension by default 2 for scalable ones."""
    f = named("rastrigin", dimensions=4)
    assert f.name == "rastrigin"
    assert f.variables == ("x1", "x2", "x3", "x4")
    assert f.domain == Box(dict.fromkeys(f.variables, (-5.12, 5.12)))
    assert f.minima == (((0.0,) * 4, 0.0),)
    assert "Rastrigin" in f.source
    assert "cos(2*pi*x4)" in f.formula
    assert named("rastrigin").dimensions == 2


def test_a_users_formula_has_no_minima_it_would_have_to_vouch_for() -> None:
    """An expression has no domain and no known minima, and keeps its text."""
    f = Objective.from_expression("x**2", ["x"])
    assert (f.name, f.domain, f.minima, f.formula) == ("expression", None, (), "x**2")


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"a": float("nan")}, "nan"),
        ({"a": float("inf")}, "inf"),
        ({"a": "2*x"}, r"2\*x"),
        ({"a": True}, "True"),
        ({"b": 1}, '"a" is not defined'),
        ({"a": 1, "b": 1}, '"b" does not occur'),
        ({"a": 1, "x": 1}, '"x" is given twice'),
        ({"a": 1, "exp": 1}, '"exp" is a reserved name'),
    ],
)
def test_parameters_are_plain_numbers_that_occur(parameters: dict, why: str) -> None:
    """A parameter that is no number, is missing, unused, a variable or reserved is refused, quoting it."""
    with pytest.raises(ExpressionError, match=why):
        Objective.from_expression("a*x**2", ["x"], parameters)


def test_a_parameter_is_the_decimal_it_spells() -> None:
    """0.1 given as a float is 1/10, as if it had been typed in the formula."""
    f = Objective.from_expression("a*x", ["x"], {"a": 0.1})
    assert f.expression == sympy.Rational(1, 10) * sympy.Symbol("x")


def test_a_number_past_the_largest_double_is_infinite():
    """SymPy multiplies out to 6e450 x: NumPy has a value, if not a finite one, and no traceback."""
    f = Objective.from_expression("(x*1e150 - 1/3)**3", ["x"])
    assert np.isinf(f.hessian(np.array([[1e-151]])))
    assert np.isfinite(f.value(np.array([[1e-151]])))


@pytest.mark.parametrize(
    ("formula", "slope"),
    [
        ("sqrt(y**4)", lambda y: 2 * y),
        ("sqrt(3*y**4)/sqrt(3)", lambda y: 2 * y),
        ("((y - 1)**8)**(1/4)", lambda y: 2 * (y - 1)),
        ("sqrt(y**6)", lambda y: 3 * y * np.abs(y)),
        ("((y**4)**(3/2))**(1/3)", lambda y: 2 * y),
    ],
)
def test_roots_of_even_powers_have_slopes_at_zero(formula: str, slope: Callable[[np.ndarray], np.ndarray]) -> None:
    """They are smooth where the power is 0: the slope there is a number, not 0/0, and so it is beside it."""
    y = np.array([0.0, -0.0, 1.0, -2.0, 1e-30])
    f = Objective.from_expression(formula, ["y"])
    np.testing.assert_allclose(f.gradient(y[:, None])[:, 0], slope(y), rtol=1e-12, atol=1e-60)
    assert np.isfinite(f.hessian(y[:, None])).all()


@pytest.mark.parametrize("cancelling", [0.0, 0.2])
def test_derivatives_are_written_as_sympy_writes_them(cancelling: float) -> None:
    """Of random formulas, once and twice, by variables and by parameters that are open."""
    written = 0
    for seed in range(12):
        drawn = random_formulas.formula(seed, cancelling=cancelling)
        try:
            read = formula.parse_open(drawn.text, drawn.variables, {}, tuple(drawn.parameters))
        except ExpressionError:  # of what cancels to nothing
            continue
        for symbol in sorted(read.expression.free_symbols, key=str)[:3]:
            first = slope(read.expression, symbol)
            assert sympy.srepr(first) == sympy.srepr(sympy.diff(read.expression, symbol)), drawn.text
            assert sympy.srepr(slope(first, symbol)) == sympy.srepr(sympy.diff(first, symbol)), drawn.text
            written += not first.is_number
    assert written > 10


def test_derivatives_of_what_has_rules_of_its_own_are_sympys() -> None:
    """Sizes, signs, and Huber's function with its slope that jumps; and where no symbol is, they are 0."""
    x, y = sympy.symbols("x y")
    u = x**2 * y - 1
    for part in (
        sympy.Abs(u),
        sympy.sign(u),
        sympy.Max(u, y),
        piecewise.huber(u),
        piecewise.clip(u),
        sympy.exp(y),
        x**y,
    ):
        assert slope(part, x) == sympy.diff(part, x)
    assert slope(sympy.exp(y) + 3, x) == 0


# --- what is derived once ----------------------------------------------------------------------------------------


def test_functions_of_one_text_are_read_and_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another objective of the same text reads, derives and writes nothing anew, and has the same bits."""
    text, points = "exp(-x)*sin(3*y) + a*x**2", np.random.default_rng(3).normal(size=(20, 2))
    first = Objective.from_expression(text, ["x", "y"], {"a": 0.1})
    bits = [part(points).tobytes() for part in (first.value, first.gradient, first.hessian)]
    for module, name in ((formula, "_Builder"), (derivative, "derivative"), (sympy, "lambdify")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("asked again"))
    second = Objective.from_expression(text, ["x", "y"], {"a": "0.1"})
    assert second is not first
    assert [part(points).tobytes() for part in (second.value, second.gradient, second.hessian)] == bits


def test_functions_that_share_an_expression_keep_what_is_their_own() -> None:
    """Another order of variables, domain or number, and texts that SymPy takes for the same, are other functions."""
    at = np.array([[2.0, 5.0]])
    assert Objective.from_expression("x**2*y", ["x", "y"]).gradient(at).tolist() == [[20.0, 4.0]]
    assert Objective.from_expression("x**2*y", ["y", "x"]).gradient(at).tolist() == [[25.0, 20.0]]
    below = np.array([[-1.0]])
    for text in ("x", "sqrt(x)**2", "x", "log(exp(x))", "x**2/x"):
        values = [Objective.from_expression(text, ["x"]).value(np.array([[v]]))[0] for v in (-1.0, 0.0)]
        assert np.isnan(values).tolist() == [text == "sqrt(x)**2", text == "x**2/x"], text
    for a in (1, "2", 3.0):
        f = Objective.from_expression("x**a + a*x", ["x"], {"a": a})
        assert f.gradient(below)[0, 0] == float(a) * (-1.0) ** (float(a) - 1) + float(a)


def test_a_text_that_was_refused_is_refused_again() -> None:
    """Also after the same text was read for other variables, or as one of the package's own."""
    assert Objective.from_expression("x*y", ["x", "y"]).dimensions == 2
    for _ in range(2):
        with pytest.raises(ExpressionError, match='"y" is not defined'):
            Objective.from_expression("x*y", ["x"])
    long = " + ".join(["x"] * 600)
    formula.parse(long, ["x"], limited=False)
    with pytest.raises(ExpressionError, match="too large"):
        formula.parse(long, ["x"])
    with pytest.raises(ExpressionError, match="a formula is a text"):
        formula.parse(["x"], ["x"])  # type: ignore[arg-type]
