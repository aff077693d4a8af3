"""Projected gradient descent at rates of its own: Barzilai and Borwein's, of projected gradients, and Polyak's.

Dai and Fletcher 2005, "Projected Barzilai-Borwein methods for large-scale box-constrained quadratic programming",
Numer. Math. 100; Polyak 1969, who has a projection from the beginning.
"""

from __future__ import annotations

from multistart.kernels.compiler import at, inner
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, remember
from multistart.kernels.searches.backtracking import value_at
from multistart.kernels.searches.bounded import placed
from multistart.kernels.vectormath.ieee import fma

advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly
HAS_LAST = 0  # where it is remembered that there is a last point


@inner()
def against_inside(x, rate, g, d, after, low, high):
    """Write ``x - rate*g``, put back into the box, and say whether it is another point."""
    moved = False
    for j in range(d):
        after[j] = placed(fma(-rate, g[j], x[j]), low[j], high[j])
        moved = moved or after[j] != x[j]
    return moved


@inner()
def products_free(x, g, last, d):
    """``s.s``, ``s.y`` and ``y.y`` of the last step, in the coordinates that it moved."""
    ss, sy, yy = 0.0, 0.0, 0.0
    for j in range(d):
        s = x[j] - last[j]
        y = g[j] - last[d + j] if s != 0.0 else 0.0
        ss, sy, yy = fma(s, s, ss), fma(s, y, sy), fma(y, y, yy)
    return ss, sy, yy


@inner()
def spectral(x, g, hyper, d, after, memory, rate, low, high):
    """A step at a rate, or at the first one where it is not positive, too large, or moves nothing."""
    first, largest = hyper[1], hyper[2]
    remember(x, g, d, at(memory, 1))
    memory[HAS_LAST] = 1.0
    if rate > 0.0 and rate <= largest and against_inside(x, rate, g, d, after, low, high):
        return True
    return against_inside(x, first, g, d, after, low, high)


@inner()
def longer_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """By ``s.s / s.y``."""
    ss, sy, _ = products_free(x, g, at(memory, 1), d)
    rate = ss / sy if memory[HAS_LAST] > 0.0 and sy > 0.0 else 0.0
    return spectral(x, g, hyper, d, after, memory, rate, low, high)


@inner()
def shorter_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """By ``s.y / y.y``."""
    _, sy, yy = products_free(x, g, at(memory, 1), d)
    rate = sy / yy if memory[HAS_LAST] > 0.0 and sy > 0.0 else 0.0
    return spectral(x, g, hyper, d, after, memory, rate, low, high)


@inner()
def polyak_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """By the distance to the lowest value, which a straight slope would reach."""
    lowest, largest = hyper[1], hyper[2]
    gap = value_at(x, formula, counters, room) - lowest
    square = dot(g, g, d)
    rate = largest
    if gap < largest * square:
        rate = gap / square
    if not gap > 0.0:
        rate = 0.0
    return against_inside(x, rate, g, d, after, low, high)


longer = walking.walking(longer_update, twice=True, bounded=True)
shorter = walking.walking(shorter_update, twice=True, bounded=True)
polyak = walking.walking(polyak_update, bounded=True)
