"""Gradient descent at rates of its own: those of Barzilai and Borwein, and Polyak's."""

from __future__ import annotations

from multistart.kernels.compiler import at, inner
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, remember
from multistart.kernels.searches.backtracking import value_at
from multistart.kernels.vectormath.ieee import fma

advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly
HAS_LAST = 0  # where it is remembered that there is a last point


@inner()
def against(x, rate, g, d, after):
    """Write ``x - rate*g``, and say whether it is another point."""
    moved = False
    for j in range(d):
        after[j] = fma(-rate, g[j], x[j])
        moved = moved or after[j] != x[j]
    return moved


@inner()
def products(x, g, last, d):
    """``s.s``, ``s.y`` and ``y.y`` of the last step: point and gradient stand in ``last``."""
    ss, sy, yy = 0.0, 0.0, 0.0
    for j in range(d):
        s, y = x[j] - last[j], g[j] - last[d + j]
        ss, sy, yy = fma(s, s, ss), fma(s, y, sy), fma(y, y, yy)
    return ss, sy, yy


@inner()
def spectral(x, g, hyper, d, after, memory, rate):
    """A step at a rate, or at the first one where it is not positive, too large, or moves nothing."""
    first, largest = hyper[1], hyper[2]
    remember(x, g, d, at(memory, 1))
    memory[HAS_LAST] = 1.0
    if rate > 0.0 and rate <= largest and against(x, rate, g, d, after):
        return True
    return against(x, first, g, d, after)


@inner()
def longer_update(x, g, hyper, formula, d, after, memory, counters, room):
    """By ``s.s / s.y``."""
    ss, sy, _ = products(x, g, at(memory, 1), d)
    rate = ss / sy if memory[HAS_LAST] > 0.0 and sy > 0.0 else 0.0
    return spectral(x, g, hyper, d, after, memory, rate)


@inner()
def shorter_update(x, g, hyper, formula, d, after, memory, counters, room):
    """By ``s.y / y.y``."""
    _, sy, yy = products(x, g, at(memory, 1), d)
    rate = sy / yy if memory[HAS_LAST] > 0.0 and sy > 0.0 else 0.0
    return spectral(x, g, hyper, d, after, memory, rate)


@inner()
def polyak_update(x, g, hyper, formula, d, after, memory, counters, room):
    """By the distance to the lowest value, which a straight slope would reach."""
    lowest, largest = hyper[1], hyper[2]
    gap = value_at(x, formula, counters, room) - lowest
    square = dot(g, g, d)
    rate = largest
    if gap < largest * square:
        rate = gap / square
    if not gap > 0.0:
        rate = 0.0
    return against(x, rate, g, d, after)


longer, shorter = walking.walking(longer_update, twice=True), walking.walking(shorter_update, twice=True)
polyak = walking.walking(polyak_update)
