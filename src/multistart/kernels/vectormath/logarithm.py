"""Logarithms: ``log(2**k (1 + f)) = k ln 2 + log(1 + f)`` with ``1 + f`` between sqrt(1/2) and sqrt(2).

With ``s = f/(2 + f)``, ``log(1 + f) = f - f**2/2 + s (f**2/2 + R(s**2))``: the form of FreeBSD's ``e_log.c``, in which
the polynomial part is small against ``f``. What rounding ``k ln 2 + f`` loses is carried; for a logarithm that goes
into more arithmetic, what ``f - f**2/2`` loses is carried as well. So powers of a base have whole logarithms to it.
"""

from __future__ import annotations

import math

from multistart.kernels.vectormath.coefficients import INVERSE_LN2_PARTS, INVERSE_LN10_PARTS, LN2, LOG
from multistart.kernels.vectormath.ieee import EXPONENT, bits, fma, from_bits, inlined, polynomial, select

_SMALLEST_NORMAL = 2.0**-1022
_SQRT_HALF = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
_BIAS = 1023  # makes the exponent that is read below positive
_TWO_52 = 2.0**52

_log_tail = polynomial(LOG)


@inlined
def _reduced(x, shift):
    """``(k + shift, f)`` with ``x = 2**k (1 + f)``, for a positive normal ``x`` and a small integer."""
    n = bits(x) - _SQRT_HALF
    # The integer k as a float without a conversion, which AVX2 lacks: k + 1023 is or-ed into the bits of 2**52.
    k = from_bits(((n + _BIAS * EXPONENT) >> 52) | bits(_TWO_52)) - (_TWO_52 + _BIAS - shift)
    return k, from_bits((n & (EXPONENT - 1)) + _SQRT_HALF) - 1.0


@inlined
def log_of_normal(x, ratio, shift):
    """``log(x (1 + ratio)) + shift ln 2`` for a positive normal ``x``, a tiny ``ratio`` and a small integer."""
    k, f = _reduced(x, shift)
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    tail = (fma(k, LN2[1], s * fma(z, _log_tail(z), half_square)) - half_square) + ratio
    whole = k * LN2[0]
    total = whole + f
    return total + (((whole - total) + f) + tail)


@inlined
def log_as_pair(x, ratio, shift):
    """The same as a float and a small rest, which together are off by less than a quarter of its last bit."""
    k, f = _reduced(x, shift)
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    tail = fma(k, LN2[1], s * fma(z, _log_tail(z), half_square)) - fma(0.5 * f, f, -half_square)
    whole, bent = k * LN2[0], f - half_square
    total = whole + bent
    rest = ((whole - total) + bent) + (((f - bent) - half_square) + (tail + ratio))
    high = total + rest
    return high, (total - high) + rest


@inlined
def _at_the_edges(x, result):
    """``result`` for positive finite ``x``; minus infinity at zeros, infinity there, nan below."""
    result = select(x < math.inf, result, x)
    return select(x > 0.0, result, select(x == 0.0, -math.inf, x * math.nan))


@inlined
def log(x):
    """The natural logarithm; the worst error found is 0.840 ulp, at 0.7060329956481141.

    Minus infinity at zeros, nan below.
    """
    subnormal = x < _SMALLEST_NORMAL
    result = log_of_normal(x * select(subnormal, 2.0**54, 1.0), 0.0, select(subnormal, -54.0, 0.0))
    return _at_the_edges(x, result)


@inlined
def _log_over(x, factor, factor_low):
    """The logarithm times a constant that is a pair; whatever is dropped is small against the last bit."""
    subnormal = x < _SMALLEST_NORMAL
    high, low = log_as_pair(x * select(subnormal, 2.0**54, 1.0), 0.0, select(subnormal, -54.0, 0.0))
    product = high * factor
    return _at_the_edges(x, product + (fma(high, factor, -product) + fma(high, factor_low, low * factor)))


@inlined
def log2(x):
    """The logarithm to base 2, exact for powers of 2; the worst error found is 0.746 ulp, at 1.4009967177639615.

    Minus infinity at zeros, nan below.
    """
    return _log_over(x, INVERSE_LN2_PARTS[0], INVERSE_LN2_PARTS[1])


@inlined
def log10(x):
    """The logarithm to base 10, whole for powers of 10; the worst error found is 0.670 ulp, at 1.3264592372803767.

    Minus infinity at zeros, nan below.
    """
    return _log_over(x, INVERSE_LN10_PARTS[0], INVERSE_LN10_PARTS[1])
