"""Sine, cosine and tangent: ``x = k pi/2 + high + low``, then one of two polynomials on ``|high| <= pi/4``."""

from __future__ import annotations

from multistart.kernels.vectormath.coefficients import COS, HALF_PI_PARTS, SIN, TWO_OVER_PI
from multistart.kernels.vectormath.ieee import (
    SHIFT,
    SIGN,
    bits,
    fma,
    from_bits,
    inlined,
    magnitude,
    polynomial,
    polynomial_of,
    quotient,
    select,
)
from multistart.kernels.vectormath.payne_hanek import reduced_huge
from multistart.kernels.vectormath.rare import rare

#: Up to here ``k`` has at most 20 bits, so that its product with the 33 bits of HALF_PI_PARTS[1] is exact.
LIMIT = 1.0e6

_sin_tail = polynomial(SIN)
_cos_tail = polynomial(COS[1:])  # COS[0] is -1/2 exactly, and tan keeps that term apart
_sin_or_cos_tail = polynomial_of(SIN, COS)


@inlined
def _reduced(a):
    """``(n, high, low)`` for ``0 <= a <= LIMIT``; the quadrant is in the low two bits of ``n``.

    Cody and Waite's reduction with fused multiply-add (Boldo, Daumas and Li 2009, "Formally verified argument
    reduction with a fused multiply-add", IEEE Trans. Comput. 58): the first step is exact, and so is
    ``first - high``, hence ``low`` is what rounding ``high`` lost, to about 2**-121.
    """
    coarse, fine, finest = HALF_PI_PARTS
    t = fma(a, TWO_OVER_PI, SHIFT)
    k = t - SHIFT
    first = fma(-k, coarse, a)
    high = fma(-k, fine, first)
    low = fma(-k, finest, fma(-k, fine, first - high))
    return bits(t), high, low


@inlined
def _lost(high, low, z):
    """What rounding the argument and its square to ``z`` adds to the cosine of ``high + low``."""
    return fma(-high, low, -0.5 * fma(high, high, -z))


@inlined
def _sin_or_cos(n, high, low):
    """The sine of ``n pi/2 + high + low``: ``high + high z S(z) + low`` or ``1 + z C(z) + lost``."""
    even = (n & 1) == 0
    z = high * high
    first = select(even, high, 1.0)
    rest = select(even, low, _lost(high, low, z))
    value = first + fma(first * z, _sin_or_cos_tail(even, z), rest)
    return from_bits(bits(value) ^ ((n << 62) & SIGN))


@inlined
def _tan(n, high, low):
    """The tangent of ``n pi/2 + high + low``: sine over cosine, or minus cosine over sine, both as pairs."""
    z = high * high
    half = 0.5 * z
    start = 1.0 - half
    s = fma(high * z, _sin_tail(z), low * start)
    c = fma(z * z, _cos_tail(z), _lost(high, low, z))
    sine, cosine = high + s, start + c
    sine_low, cosine_low = (high - sine) + s, ((1.0 - start) - half) + ((start - cosine) + c)
    even = (n & 1) == 0
    first, correction = quotient(
        select(even, sine, cosine),
        select(even, sine_low, cosine_low),
        select(even, cosine, sine),
        select(even, cosine_low, sine_low),
    )
    return from_bits(bits(first + correction) ^ (n << 63))


def _sin_huge(x):
    n, high, low = reduced_huge(magnitude(x))
    return from_bits(bits(_sin_or_cos(n, high, low)) ^ (bits(x) & SIGN))


def _cos_huge(x):
    n, high, low = reduced_huge(magnitude(x))
    return _sin_or_cos(n + 1, high, low)


def _tan_huge(x):
    n, high, low = reduced_huge(magnitude(x))
    return from_bits(bits(_tan(n, high, low)) ^ (bits(x) & SIGN))


_rare_sin, _rare_cos, _rare_tan = rare(_sin_huge), rare(_cos_huge), rare(_tan_huge)


@inlined
def sin(x):
    """The sine; the worst error found is 0.947 ulp, at -43406.5914262745.

    No worse past 1e5, where a slow path takes over from 1e6 on; nan at infinities.
    """
    value, _ = usual_sin(x)
    return _rare_sin(x) if magnitude(x) > LIMIT else value


@inlined
def usual_sin(x):
    """``(sin(x), margin)``; the bits are those of :func:`sin` where ``margin >= 0``, that is to ``|x| = 1e6``."""
    a = magnitude(x)
    n, high, low = _reduced(a)
    return from_bits(bits(_sin_or_cos(n, high, low)) ^ (bits(x) & SIGN)), LIMIT - a


@inlined
def cos(x):
    """The cosine; the worst error found is 0.945 ulp, at 49705.50199831702.

    No worse past 1e5, where a slow path takes over from 1e6 on; nan at infinities.
    """
    value, _ = usual_cos(x)
    return _rare_cos(x) if magnitude(x) > LIMIT else value


@inlined
def usual_cos(x):
    """``(cos(x), margin)``; the bits are those of :func:`cos` where ``margin >= 0``, that is to ``|x| = 1e6``."""
    a = magnitude(x)
    n, high, low = _reduced(a)
    return _sin_or_cos(n + 1, high, low), LIMIT - a


@inlined
def tan(x):
    """The tangent; the worst error found is 0.839 ulp, at 77199.11604844179.

    No worse past 1e5, where a slow path takes over from 1e6 on; nan at infinities.
    """
    a = magnitude(x)
    if a > LIMIT:
        return _rare_tan(x)
    n, high, low = _reduced(a)
    return from_bits(bits(_tan(n, high, low)) ^ (bits(x) & SIGN))
