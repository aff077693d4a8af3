"""The remainder of a huge number by pi/2, in integers: the slow path of the trigonometric functions.

Payne and Hanek 1983, "Radian reduction for trigonometric functions", ACM SIGNUM Newsletter 18(1). Of 2/pi only
those bits matter that do not become a multiple of 4 once multiplied by the argument. 192 of them leave at least
75 good bits in the fraction, since no float64 is closer than about 2**-62 to a multiple of pi/2, in units of it.
"""

from __future__ import annotations

import math

import numpy as np

from multistart.kernels.vectormath.coefficients import HALF_PI, TWO_OVER_PI_WORDS
from multistart.kernels.vectormath.ieee import EXPONENT, bits, called, fma, multiply_high, power_of_two

_WORDS = np.array(TWO_OVER_PI_WORDS, dtype=np.uint64)
_ONE, _TOP = np.uint64(1), np.uint64(2**63)


@called
def _window(position):
    """64 bits of 2/pi from a position on."""
    word, offset = position >> 6, np.uint64(position & 63)
    return (_WORDS[word] << offset) | ((_WORDS[word + 1] >> _ONE) >> (np.uint64(63) - offset))


@called
def _turns(a):
    """``a * 2/pi`` modulo 4 as 192 bits, the highest two of which are the quadrant: three words, highest first."""
    n = bits(a)
    mantissa = np.uint64((n & (EXPONENT - 1)) | EXPONENT)
    start = (n >> 52) - 1075 + 62
    last, middle, first = _window(start + 128), _window(start + 64), _window(start)
    carry = multiply_high(mantissa, last)
    last *= mantissa
    upper = multiply_high(mantissa, middle)
    middle = middle * mantissa + carry
    upper += np.uint64(middle < carry)
    return first * mantissa + upper, middle, last


@called
def _negated(high, middle, low):
    """Two's complement of 192 bits."""
    low = ~low + _ONE
    middle = ~middle + np.uint64(low == 0)
    return ~high + np.uint64((low == 0) & (middle == 0)), middle, low


@called
def _as_floats(high, middle, low):
    """The sum of two floats that 192 bits with the point after the second one denote; not all bits are 0."""
    exponent = 2
    while high < _TOP:
        high = (high << _ONE) | (middle >> np.uint64(63))
        middle = (middle << _ONE) | (low >> np.uint64(63))
        low <<= _ONE
        exponent -= 1
    first = np.int64(high >> np.uint64(11))
    second = np.int64(((high & np.uint64(0x7FF)) << np.uint64(42)) | (middle >> np.uint64(22)))
    return float(first) * power_of_two(exponent - 53), float(second) * power_of_two(exponent - 106)


@called
def reduced_huge(a):
    """``(n, high, low)`` with ``a = n pi/2 + high + low`` up to multiples of 2 pi, for any ``a >= 2**16``.

    ``|high| <= pi/4``; all are nan where ``a`` is infinite.
    """
    if not a < math.inf:
        return np.int64(0), math.nan, math.nan
    high, middle, low = _turns(a)
    quadrant = (high + (_TOP >> np.uint64(2))) >> np.uint64(62)
    high -= quadrant << np.uint64(62)
    negative = high >= _TOP
    if negative:
        high, middle, low = _negated(high, middle, low)
    first, second = _as_floats(high, middle, low)
    product = first * HALF_PI[0]
    rest = fma(first, HALF_PI[0], -product) + (first * HALF_PI[1] + second * HALF_PI[0])
    total = product + rest
    rest = (product - total) + rest
    if negative:
        total, rest = -total, -rest
    return np.int64(quadrant), total, rest
