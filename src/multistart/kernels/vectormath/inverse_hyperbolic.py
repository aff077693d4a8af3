"""The inverse hyperbolic functions: logarithms of sums and quotients that are kept as pairs."""

from __future__ import annotations

import math

from multistart.kernels.vectormath.ieee import fma, inlined, magnitude, quotient, select, sqrt, two_sum, with_sign
from multistart.kernels.vectormath.logarithm import log_as_pair, log_of_normal

_LARGE = 2.0**30  # above, asinh(x) and acosh(x) are log(2 x) to 2**-60
_TINY = 2.0**-27  # below, asinh(x) and atanh(x) are x to 0.2 ulp


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
    result = log_of_normal(select(large, a, total), select(large, 0.0, rest / total), select(large, 1.0, 0.0))
    return with_sign(select((a > _TINY) & (a < math.inf), result, a), x)


@inlined
def acosh(x):
    """The inverse hyperbolic cosine; the worst error found is 0.702 ulp, at 1.0588468546704737.

    Nan below 1. ``log(x + sqrt(t (t + 2)))`` with ``t = x - 1``, which is exact, and the sums and the root as pairs.
    """
    large = x > _LARGE
    b = select(large | (x < 1.0), 1.0, x)
    t = b - 1.0
    square = t * t
    radicand, lost = two_sum(2.0 * t, square)
    root = sqrt(radicand)
    root_low = (fma(-root, root, radicand) + (lost + fma(t, t, -square))) / select(root > 0.0, 2.0 * root, 1.0)
    total, rest = two_sum(b, root)
    ratio = (rest + root_low) / total
    high, low = log_as_pair(select(large, x, total), select(large, 0.0, ratio), select(large, 1.0, 0.0))
    return select(x < math.inf, select(x >= 1.0, high + low, math.nan), x)


@inlined
def atanh(x):
    """The inverse hyperbolic tangent; the worst error found is 0.712 ulp, at 0.1663947595880554.

    Infinite at -1 and 1, nan beyond. ``log((1 + |x|) / (1 - |x|)) / 2`` with sum, difference and quotient as pairs.
    """
    a = magnitude(x)
    b = select(a < 1.0, a, 0.0)
    above, above_low = two_sum(1.0, b)
    below = 1.0 - b
    ratio, correction = quotient(above, above_low, below, (1.0 - below) - b)
    high, low = log_as_pair(ratio, correction / ratio, 0.0)
    edge = select(a == 1.0, math.inf, a * math.nan)
    return with_sign(select(a > _TINY, select(a < 1.0, 0.5 * (high + low), edge), a), x)
