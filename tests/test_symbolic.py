"""Expressions of SymPy as objectives: what formulas allow, and nothing else."""

import numpy as np
import pytest
import sympy as sp

from multistart import Objective
from multistart.errors import ExpressionError, InputError

from .random_formulas import formula

x, y, z = sp.symbols("x y z")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (x**2 + y, "x**2 + y"),
        (0.1 * x + sp.E * sp.sqrt(y), "e*sqrt(y) + x/10"),
        (sp.exp(-x) * sp.log(y, 2), "exp(-x)*log(y)/log(2)"),
        (sp.Float("0.1", 3) * x + y, "x/10 + y"),
        (sp.Symbol("x", positive=True) ** sp.Rational(1, 3) * 2**y, "2**y*x**(1/3)"),
        (sp.pi * x - sp.cbrt(y) / 7, "pi*x - y**(1/3)/7"),
    ],
)
def test_an_expression_is_the_formula_that_spells_it(expression, text):
    """Floats are the decimals that denote them, assumptions are dropped."""
    f = Objective.from_sympy(expression, (x, y))
    assert f.formula == text
    assert f.identity == Objective.from_expression(text, ["x", "y"]).identity
    assert f.variables == Objective.from_sympy(expression, ["x", "y"]).variables


def test_a_float_of_more_digits_is_exact():
    """It is the binary fraction that it is, not a double near it."""
    third = sp.Float(1, 100) / 3
    found = Objective.from_sympy(sp.Float("0.1", 30) * x, (x,)).expression / x
    assert abs(found - sp.Rational(1, 10)) < sp.Rational(1, 10**29)
    with pytest.raises(ExpressionError, match="at most 60 characters"):
        Objective.from_sympy(third * x, (x,))


@pytest.mark.parametrize(
    ("expression", "piece"),
    [
        (sp.Abs(x) + y, "abs has a kink"),
        (sp.Piecewise((x, x > 0), (y, True)), "a formula has no cases"),
        (sp.I * x + y, "has I in it, and is no finite real number"),
        (x + y + sp.oo, "has oo in it"),
        (sp.sec(x) * y, "write 1/cos(x)"),
        (sp.Function("g")(x) + y, 'no function "g"'),
        (sp.Derivative(x * y, x, evaluate=False), 'no function "Derivative"'),
        (sp.Integral(x * y, (x, 0, y)), 'no function "Integral"'),
        (x + y + z, 'symbol "z" is not among the variables x, y'),
        (x + y + sp.Symbol("x", real=True), 'two different symbols are called "x"'),
        (x**100 + y, "a constant exponent is at most 64"),
        (x + 0 * y, 'variable "y" does not occur'),
        ("x + y", "build a function of a text by from_expression"),
        (sp.Eq(x, y), "an expression is SymPy's, as x**2 + y**2; got Equality"),
    ],
)
def test_what_formulas_do_not_allow_is_refused(expression, piece):
    """In one sentence, by the reader of formulas."""
    with pytest.raises(InputError) as caught:
        Objective.from_sympy(expression, (x, y))
    assert piece in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_symbols_are_symbols_or_names():
    """Anything else is told what it is."""
    with pytest.raises(InputError, match="variables are symbols or names; got int"):
        Objective.from_sympy(x + y, (1, 2))
    with pytest.raises(ExpressionError, match=r'variable "x_\{1\}" is not a plain name'):
        Objective.from_sympy(sp.Symbol("x_{1}") ** 2, (sp.Symbol("x_{1}"),))


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 6])
def test_random_expressions_keep_their_values(seed):
    """A formula, read, given as SymPy's expression and read again: the same numbers."""
    given = formula(seed)
    first = Objective.from_expression(given.text, given.variables, given.parameters)
    again = Objective.from_sympy(first.expression, first.symbols)
    at = np.random.default_rng(seed).uniform(0.2, 1.7, (20, first.dimensions))
    assert np.allclose(first.value(at), again.value(at), rtol=1e-11, atol=1e-11, equal_nan=True)
