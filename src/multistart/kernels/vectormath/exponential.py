"""The exponential and the hyperbolic functions: ``exp(x) = 2**k * (1 + r + r**2 q(r))`` with ``|r| <= ln(2)/2``."""

from __future__ import annotations

import math

from multistart.kernels.vectormath.coefficients import EXP, EXPM1, INVERSE_LN2, LN2
from multistart.kernels.vectormath.ieee import (
    EXPONENT,
    SHIFT,
    bits,
    fma,
    from_bits,
    inlined,
    loaded,
    magnitude,
    polynomial,
    polynomial_by_halves,
    power_of_two,
    quotient,
    scaled,
    select,
    two_sum,
    with_sign,
)

_LARGEST = 709.782712893384  # exp of the next float is infinite
_LOWEST = -746.0  # exp is 0 from -745.13 on
_SUBNORMAL = -708.0  # results below this are computed 2**200 times too large and scaled last
_LARGEST_HYPERBOLIC = 710.4758600739439  # likewise for sinh and cosh
_MANY = 22.0  # from here on exp(-x) is nothing beside exp(x): less than 2**-63 of it
_TANH_IS_ONE = 22.0

_reduction = loaded(INVERSE_LN2, SHIFT, *LN2)
_usual_edges = loaded(_LOWEST, _SUBNORMAL**2)
_exp_tail, _expm1_tail = polynomial_by_halves(EXP), polynomial(EXPM1)


@inlined
def exp(x):
    """The exponential function; the worst error found is 0.939 ulp, at -485.5332169065873.

    Infinite from 709.7827128933841 on, 0 from -745.1332191019412 down.
    """
    clamped = select(x < _LOWEST, _LOWEST, x)
    t, mantissa = _mantissa(clamped)
    small = clamped < _SUBNORMAL
    raised = from_bits(bits(mantissa) + (bits(t) + select(small, 200, 0)) * EXPONENT)
    result = raised * select(small, 2.0**-200, 1.0)
    return select(x <= _LARGEST, result, x + math.inf)


@inlined
def usual_exp(x):
    """``(exp(x), margin)`` without a comparison; the bits are those of :func:`exp` where ``margin >= 0``."""
    return boxed_exp(x, False)


@inlined
def boxed_exp(x, boxed):
    """Likewise, and without a question where ``boxed`` says that ``|x| <= 708`` is known.

    Usual is where ``|x| <= 708`` or the result is 0 because ``x <= -746``, its exponent being below the smallest: where
    ``(708**2 - x**2) (x + 746)`` is not negative, each factor of which has its sign whatever is rounded. The second is
    0 at -746, where lower arguments are put.
    """
    lowest, square = _usual_edges()
    clamped = select(boxed, x, select(x < lowest, lowest, x))
    t, mantissa = _mantissa(clamped)
    result = from_bits(bits(mantissa) + bits(t) * EXPONENT)  # negative where the exponent is below 0
    margin = fma(-clamped, clamped, square) * (clamped - lowest)
    return select(boxed, result, select(result < 0.0, 0.0, result)), margin


@inlined
def _mantissa(x):
    """``(t, m)`` with ``exp(x) = 2**k m`` and ``k`` in the low bits of ``t``."""
    inverse, shift, ln2, ln2_low = _reduction()
    t = fma(x, inverse, shift)
    k = t - shift
    first = fma(-k, ln2, x)  # exact
    r = fma(-k, ln2_low, first)
    square = r * r
    return t, 1.0 + (first + fma(square, _exp_tail(r, square), -k * ln2_low))


@inlined
def _parts(x):
    """``(k, r, tail)`` with ``exp(x) = 2**k (1 + r + tail)``; the tail carries what rounding ``r`` lost."""
    t = fma(x, INVERSE_LN2, SHIFT)
    k = t - SHIFT
    first = fma(-k, LN2[0], x)
    r = fma(-k, LN2[1], first)
    lost = fma(-k, LN2[1], first - r)
    return bits(t) - bits(SHIFT), r, fma(r * r, _expm1_tail(r), lost)


@inlined
def _expm1(x):
    """``exp(x) - 1`` as an unevaluated sum of two floats, for ``0 <= x <= 44``."""
    k, r, tail = _parts(x)
    scale = power_of_two(k)
    whole, part, rest = scale - 1.0, scale * r, scale * tail
    total = whole + part
    rest = ((whole - total) + part) + rest
    high = total + rest
    return high, (total - high) + rest


@inlined
def tanh(x):
    """The hyperbolic tangent; the worst error found is 0.896 ulp, at -0.17392046804930833.

    ``t/(t + 2)`` with ``t = exp(2 |x|) - 1``, both as pairs.
    """
    a = magnitude(x)
    high, low = _expm1(2.0 * select(a > _TANH_IS_ONE, _TANH_IS_ONE, a))
    divisor, lost = two_sum(2.0, high)
    first, correction = quotient(high, low, divisor, lost + low)
    return with_sign(first + correction, x)


@inlined
def sinh(x):
    """The hyperbolic sine; the worst error found is 0.924 ulp, at 0.3592097099834497.

    ``(t + t/(t + 1))/2`` with ``t = exp(|x|) - 1``, both as pairs.
    """
    a = magnitude(x)
    high, low = _expm1(select(a > _MANY, _MANY, a))
    divisor, lost = two_sum(1.0, high)
    first, correction = quotient(high, low, divisor, lost + low)
    total = high + first
    small = 0.5 * (total + (((high - total) + first) + (low + correction)))
    return with_sign(select(a <= _MANY, small, _half_exp(a)), x)


@inlined
def cosh(x):
    """The hyperbolic cosine; the worst error found is 0.833 ulp, at -534.7727263972877.

    ``(e + 1/e)/2`` with ``e = exp(|x|)`` as a pair.
    """
    a = magnitude(x)
    high, low = _expm1(select(a > _MANY, _MANY, a))
    divisor, lost = two_sum(1.0, high)
    first, correction = quotient(1.0, 0.0, divisor, lost + low)
    total = divisor + first
    small = 0.5 * (total + (((divisor - total) + first) + (lost + low + correction)))
    return select(a <= _MANY, small, _half_exp(a))


@inlined
def _half_exp(a):
    """``exp(a) / 2`` for ``a > 22``, infinite only where that is."""
    k, r, tail = _parts(a)
    return select(a <= _LARGEST_HYPERBOLIC, scaled(1.0 + (r + tail), k - 1), a + math.inf)
