"""The independent evaluator of formulas against what is known otherwise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mpmath import mp, mpf

from tests.random_formulas import formula
from tests.text_functions import Ambiguous, TextFunction, Undefined, newton

DEFINED = [
    ("sqrt(x)", 0.0, True), ("sqrt(x)", -1e-300, False), ("sqrt(x - 0.1)", 0.1, True), ("1/(x - 0.1)", 0.1, True),
    ("1/(x - 0.5)", 0.5, False), ("x**2/x", 0.0, False), ("sqrt(x)**2", -1.0, False), ("exp(2*log(x))", -1.0, False),
    ("0*log(x)", -1.0, False), ("log(x)**0", -1.0, False), ("asin(x)", 1.0, True),
    ("asin(x)", 1.0000000000000002, False), ("x**(1/3)", -8.0, False), ("x**(4/2)", -8.0, True),
    ("x**0.5", -8.0, False), ("x**sqrt(4)", -8.0, True), ("x**x", -0.5, False), ("0**x", 1.0, False),
    ("0**x", -1.0, False), ("x**-1", 0.0, False), ("x**0", 0.0, True),
    ("sin(sqrt(x))**2 + cos(sqrt(x))**2", -1.0, False), ("sqrt(x**2 - 2*x + 1)", 1.0, True),
    ("1/(x*(1/3) - x/3)", 1.0, False), ("log(-log(x))", 1.0, False), ("x**pi", 0.0, True),
    ("log10(x)", 0.0, False), ("log2(x)", -1.0, False), ("0*log10(x)", -1.0, False), ("acosh(x)", 1.0, True),
    ("acosh(x)", 0.9999999999999999, False), ("cosh(acosh(x))", 0.5, False), ("acosh(x)**2", -2.0, False),
    ("atanh(x)", 1.0, False), ("atanh(x)", -1.0, False), ("atanh(x)", 0.9999999999999999, True),
    ("tanh(atanh(x))", 1.5, False), ("1/log2(x - 1)", 2.0, False), ("acosh(10*x)", 0.1, True),
    ("sqrt(sin(x)**2 + cos(x)**2 - 1)", 0.3, None), ("x**x", -2.0, None), ("x**x", 0.0, False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "x", "defined"), DEFINED)
def test_a_function_is_undefined_where_any_part_of_its_text_is(text, x, defined):
    """Exact numbers decide at edges; what 50 digits cannot decide is ambiguous, never guessed."""
    f = TextFunction.of(text, ["x"])
    assert f.defined_at([x]) is defined
    if defined is not None:
        assert np.isfinite(f.values(np.array([[x]]))[0]) == defined or 0.1 in (
            x,
        )  # a double cannot tell x - 1/10 from 0


def derivative(f, x, i, j=None):
    """Central difference quotients at 50 digits."""
    h = mpf(10) ** -12

    def at(a, b):
        return f.value_at([v + a * h * (k == i) + b * h * (k == j) for k, v in enumerate(x)])

    if j is None:
        return (at(1, 0) - at(-1, 0)) / (2 * h)
    if i == j:
        return (at(1, 0) - 2 * at(0, 0) + at(-1, 0)) / h**2
    return (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h**2)


def test_jets_are_difference_quotients_and_doubles_agree_with_digits():
    """Thirty random formulas: derivatives to ten digits, and doubles within the bound that comes with the digits."""
    compared = 0
    for seed in range(30):
        made = formula(f"jets {seed}", cancelling=0.1)
        f = TextFunction.of(made.text, made.variables, made.parameters)
        points = np.random.default_rng(seed).uniform(0.2, 1.4, (4, f.dimensions))
        value, gradient, hessian = f.jets(points)
        for k, x in enumerate(points):
            try:
                truth = f.at(x)
                with mp.workdps(50):
                    slopes = [derivative(f, [mpf(v) for v in x], i) for i in range(len(x))]
                    bends = [derivative(f, [mpf(v) for v in x], i, j) for i in range(len(x)) for j in range(i, len(x))]
            except (Undefined, Ambiguous):
                continue
            if not np.isfinite(truth.hessian_error).all() or abs(truth.value) > 1e6:
                continue
            upper = [truth.hessian[i][j] for i in range(len(x)) for j in range(i, len(x))]
            for quotient, exact in zip([*slopes, *bends], [*truth.gradient, *upper], strict=True):
                assert abs(quotient - exact) < mpf(10) ** -8 * (1 + abs(exact)) ** 3, made
            assert abs(value[k] - truth.value) <= 8 * truth.value_error + 1e-300, made
            assert np.all(
                np.abs(gradient[k] - np.array(truth.gradient, float)) <= 16 * truth.gradient_error + 1e-300
            ), made
            assert np.all(np.abs(hessian[k] - np.array(truth.hessian, float)) <= 32 * truth.hessian_error + 1e-300), (
                made
            )
            compared += 1
    assert compared > 60


def test_known_values():
    """Ordinary numbers, from tables."""
    g = TextFunction.of("log10(x) + log2(x) + 7*acosh(x/8) + 11*atanh(1/x)", ["x"])
    assert float(g.value_at([16.0])) == pytest.approx(
        1.2041199826559248 + 4 + 7 * 1.3169578969248167 + 11 * 0.06258157147700301
    )
    f = TextFunction.of("exp(1) + sin(pi/6) + a*x**2", ["x"], {"a": 0.1})
    assert float(f.value_at([3.0])) == pytest.approx(math.e + 0.5 + 0.9, abs=1e-15)
    assert [float(v) for v in newton(TextFunction.of("(x**2 - 2)**2 + y**2", ["x", "y"]), [1.4, 0.1])] == [
        math.sqrt(2),
        0,
    ]
