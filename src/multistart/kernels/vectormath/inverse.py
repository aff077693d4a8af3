"""The inverse trigonometric functions."""

from __future__ import annotations

from multistart.kernels.vectormath.coefficients import ASIN, ATAN, HALF_PI
from multistart.kernels.vectormath.ieee import (
    fma,
    inlined,
    magnitude,
    polynomial,
    quotient,
    select,
    sqrt,
    with_sign,
)

_INNER = 0.41421356237309503  # tan(pi/8)
_OUTER = 2.414213562373095  # tan(3 pi/8)
_ATAN_IS_HALF_PI = 2.0**64

_atan_tail, _asin_tail = polynomial(ATAN), polynomial(ASIN)


@inlined
def atan(x):
    """The inverse tangent; the worst error found is 0.850 ulp, at 0.4290193791782935.

    0, pi/4 or pi/2 plus that of ``a``, ``(a - 1)/(a + 1)`` or ``-1/a``, below tan(pi/8).
    """
    a = magnitude(x)
    a = select(a > _ATAN_IS_HALF_PI, _ATAN_IS_HALF_PI, a)
    inner, outer = a < _INNER, a > _OUTER
    less, more = a - 1.0, a + 1.0
    less_low = a - (less + 1.0)
    more_low = select(a > 1.0, (a - more) + 1.0, (1.0 - more) + a)
    t, correction = quotient(
        select(inner, a, select(outer, -1.0, less)),
        select(inner | outer, 0.0, less_low),
        select(inner, 1.0, select(outer, a, more)),
        select(inner | outer, 0.0, more_low),
    )
    z = t * t
    base = select(inner, 0.0, select(outer, HALF_PI[0], 0.5 * HALF_PI[0]))
    base_low = select(inner, 0.0, select(outer, HALF_PI[1], 0.5 * HALF_PI[1]))
    total = base + t
    rest = fma(t * z, _atan_tail(z), correction + base_low)
    return with_sign(total + (((base - total) + t) + rest), x)


@inlined
def _asin_parts(a):
    """``(far, s, rest)``: ``asin(a) = s + rest``, or ``pi/2 - 2 (s + rest)`` where ``far``."""
    far = a > 0.5
    z = select(far, 0.5 * (1.0 - a), a * a)
    root = sqrt(z)
    s = select(far, root, a)
    lost = select(far & (root > 0.0), fma(-root, root, z) / (2.0 * root), 0.0)
    return far, s, fma(s * z, _asin_tail(z), lost)


@inlined
def asin(x):
    """The inverse sine; the worst error found is 0.625 ulp, at -0.4654123586688096.

    Nan outside [-1, 1]; past 1/2 it is pi/2 - 2 asin(sqrt((1 - x)/2)).
    """
    far, s, rest = _asin_parts(magnitude(x))
    base = fma(-2.0, s, HALF_PI[0])
    other = base + (fma(-2.0, s, HALF_PI[0] - base) + fma(-2.0, rest, HALF_PI[1]))
    return with_sign(select(far, other, s + rest), x)


@inlined
def acos(x):
    """The inverse cosine; the worst error found is 0.629 ulp, at 0.5689508472925927.

    Nan outside [-1, 1]; built on the parts of the inverse sine.
    """
    far, s, rest = _asin_parts(magnitude(x))
    negative = x < 0.0
    start = select(negative, 2.0 * HALF_PI[0], 0.0)
    signed = select(negative, -2.0, 2.0)
    outer = fma(signed, s, start)
    outer += fma(signed, s, start - outer) + fma(signed, rest, select(negative, 2.0 * HALF_PI[1], 0.0))
    towards = select(negative, 1.0, -1.0)
    inner = fma(towards, s, HALF_PI[0])
    inner += fma(towards, s, HALF_PI[0] - inner) + fma(towards, rest, HALF_PI[1])
    return select(far, outer, inner)
