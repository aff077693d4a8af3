"""The natural logarithm: ``log(2**k (1 + f)) = k ln 2 + log(1 + f)`` with ``1 + f`` between sqrt(1/2) and sqrt(2).

With ``s = f/(2 + f)``, ``log(1 + f) = f - f**2/2 + s (f**2/2 + R(s**2))``: the form of FreeBSD's ``e_log.c``, in which
the polynomial part is small against ``f``. What rounding ``k ln 2 + f`` loses is carried.
"""

from __future__ import annotations

import math

from multistart.kernels.vectormath.coefficients import LN2, LOG
from multistart.kernels.vectormath.ieee import (
    EXPONENT,
    bits,
    fma,
    from_bits,
    inlined,
    magnitude,
    polynomial,
    select,
    sqrt,
    two_sum,
    with_sign,
)

_SMALLEST_NORMAL = 2.0**-1022
_SQRT_HALF = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
_BIAS = 1023  # makes the exponent that is read below positive
_TWO_52 = 2.0**52
_LARGE = 2.0**30  # above, asinh(x) is log(2 x) to 2**-60
_TINY = 2.0**-27  # below, asinh(x) is x to 0.1 ulp

_log_tail = polynomial(LOG)


@inlined
def _log(x, ratio, shift):
    """``log(x (1 + ratio)) + shift ln 2`` for a positive normal ``x``, a tiny ``ratio`` and a small integer."""
    n = bits(x) - _SQRT_HALF
    # The integer k as a float without a conversion, which AVX2 lacks: k + 1023 is or-ed into the bits of 2**52.
    k = from_bits(((n + _BIAS * EXPONENT) >> 52) | bits(_TWO_52)) - (_TWO_52 + _BIAS - shift)
    f = from_bits((n & (EXPONENT - 1)) + _SQRT_HALF) - 1.0
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    tail = (fma(k, LN2[1], s * fma(z, _log_tail(z), half_square)) - half_square) + ratio
    whole = k * LN2[0]
    total = whole + f
    return total + (((whole - total) + f) + tail)


@inlined
def log(x):
    """The natural logarithm; the worst error found is 0.840 ulp, at 0.7060329956481141.

    Minus infinity at zeros, nan below.
    """
    subnormal = x < _SMALLEST_NORMAL
    result = _log(x * select(subnormal, 2.0**54, 1.0), 0.0, select(subnormal, -54.0, 0.0))
    result = select(x < math.inf, result, x)
    return select(x > 0.0, result, select(x == 0.0, -math.inf, x * math.nan))


@inlined
def asinh(x):
    """The inverse hyperbolic sine; the worst error found is 0.915 ulp, at 0.34336821992058836.

    ``log(|x| + sqrt(1 + x**2))`` with the sum and the root as pairs.
    """
    a = magnitude(x)
    large = a > _LARGE
    b = select(large, 1.0, a)
    square = b * b
    radicand, lost = two_sum(1.0, square)
    root = sqrt(radicand)
    root_low = (fma(-root, root, radicand) + (lost + fma(b, b, -square))) / (2.0 * root)
    total = root + b
    rest = ((root - total) + b) + root_low
    result = _log(select(large, a, total), select(large, 0.0, rest / total), select(large, 1.0, 0.0))
    return with_sign(select((a > _TINY) & (a < math.inf), result, a), x)
