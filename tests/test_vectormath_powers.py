"""Constant powers: within 1 ulp, and as C's `pow` at 0, infinity and nan."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest
from numba import njit

import multistart.kernels.vectormath as vm
from tests.vectormath_reference import EXPONENTS, arb_errors, raised


def power_errors(n: int, denominator: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    edge = min(1100 * denominator / abs(n), 1022)
    x = np.concatenate([rng.uniform(0.5, 2, count // 2), np.exp2(rng.uniform(-edge, edge, count // 2))])
    if denominator == 1:
        x *= rng.choice([-1.0, 1.0], x.size)
    y = raised(x, n, denominator)

    def truth(a: flint.arb) -> flint.arb:
        return a**n if denominator == 1 else a.sqrt() ** n

    with flint.ctx.workprec(200):
        return x, arb_errors(truth, x, y)


@pytest.mark.parametrize(("n", "denominator"), EXPONENTS)
def test_powers_within_one_ulp(n, denominator):
    """Compensated products are within 1 ulp for every exponent, also where the result is subnormal or overflows."""
    x, errors = power_errors(n, denominator, 2000, np.random.default_rng(11))
    assert errors.max() < 0.8, x[errors.argmax()]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "denominator"), EXPONENTS)
def test_powers_of_a_million(n, denominator):
    """The bound in the docstrings holds for a million arguments of each exponent."""
    x, errors = power_errors(n, denominator, 1_000_000, np.random.default_rng(12))
    print(f"({n}, {denominator}): {errors.max():.4f} at {x[errors.argmax()]!r}")
    assert errors.max() < 0.76


@pytest.mark.parametrize(("n", "denominator"), EXPONENTS)
def test_powers_of_zero_infinity_and_nan(n, denominator):
    """Powers of 0, infinity and nan are those of C's `pow`; a half power of a negative number is nan."""
    x = np.array([0.0, -0.0, math.inf, math.nan, 1.0, -math.inf, -1.0])
    y = raised(x, n, denominator)
    with np.errstate(all="ignore"):
        expected = np.power(x, n / denominator)
    if denominator == 2:
        expected[5:] = math.nan
    if (n, denominator) == (1, 2):
        expected[1] = 0.0
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(np.signbit(y[[0, 1, 2]]), np.signbit(expected[[0, 1, 2]]))


def test_powers_called_from_python():
    """From Python the bits are those of compiled code; an exponent that is no constant is refused when compiled."""
    assert vm.power(1.1, 5) == njit(lambda x: vm.power(x, 5))(1.1)
    assert vm.half_power(2.0, 1) == math.sqrt(2.0)
    assert vm.power(3.0, 0) == 1.0
    assert vm.power(3.0, 1) == 3.0
    with pytest.raises(Exception, match="No implementation of function"):
        njit(lambda x, n: vm.power(x, n))(1.1, 5)
