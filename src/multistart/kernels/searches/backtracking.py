"""Backtracking: the first of falling rates at which the value decreases as Armijo asks (1966); and gradient descent so.

Nocedal & Wright, *Numerical Optimization*, 2nd ed., algorithm 3.1; and where values tell nothing, the slope at the
trial (Hager and Zhang 2005, "A new conjugate gradient method with guaranteed descent", SIAM J. Optim. 16, eq. 2.4).
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import at, function_at, inner, numbers_of
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, opposite, stepped
from multistart.kernels.searches.walking import GRADIENTS, VALUES
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma

part_of = function_at(PART)
advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly
ROUNDING = 16.0 * 2.0**-52  # of values, relative: below, their difference is no sign of a lower point
VALUE = 0  # where a search that looks at values remembers that of its point


@inner()
def value_at(x, formula, counters, out):
    """The value at a point, and one more counted."""
    part_of(formula[0], x, numbers_of(formula), out)
    counters[VALUES] += 1.0
    return out[0]


@inner()
def accepted(new, value, rate, slope, decrease, formula, trial, direction, d, counters, gradient):
    """Whether a trial decreases the value as Armijo asks; by slopes where values are the same but for rounding."""
    if not abs(new - value) <= ROUNDING * abs(value):
        return new <= fma(decrease * rate, slope, value)
    part_of(formula[1], trial, numbers_of(formula), gradient)
    if dot(gradient, direction, d) <= (2.0 * decrease - 1.0) * slope:
        return True  # and the gradient is that of the next point
    counters[GRADIENTS] += 1.0
    return False


@inner()
def backtrack(x, g, direction, first, shrink, decrease, formula, d, after, memory, counters, gradient):
    """Write the first trial that is accepted, and remember its value; false if there is none but the point itself."""
    slope = dot(g, direction, d)
    if not (slope < 0.0 and slope > -math.inf):
        return False
    value, rate = memory[VALUE], first
    while stepped(x, rate, direction, d, after):
        new = value_at(after, formula, counters, gradient)
        if accepted(new, value, rate, slope, decrease, formula, after, direction, d, counters, gradient):
            memory[VALUE] = new
            return True
        rate *= shrink
    return False


@inner()
def know_value(x, formula, memory, counters, out):
    """The value at the start, before the first search."""
    if counters[VALUES] == 0.0:
        memory[VALUE] = value_at(x, formula, counters, out)


@inner()
def armijo_update(x, g, hyper, formula, d, after, memory, counters, room):
    """Against the gradient."""
    direction, gradient = room, at(room, d)
    know_value(x, formula, memory, counters, gradient)
    opposite(g, d, direction)
    return backtrack(
        x, g, direction, hyper[1], hyper[2], hyper[3], formula, d, after, memory, counters, gradient
    )  # fmt: skip


armijo = walking.walking(armijo_update)
