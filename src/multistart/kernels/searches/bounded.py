"""Trials that are put back into a box, and the coordinates that are free there; what bounded searches share.

The gradient is the projected one, so a coordinate is held where it is at an end of the box and has a gradient of 0:
there the function falls out of the box, or nowhere. Decrease is measured along the step that is left of a trial by the
projection (Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints", SIAM J.
Control Optim. 20(2), whose proposition 1 says that a matrix which does not mix free and held coordinates leads down).
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import function_at, inner, numbers_of
from multistart.kernels.searches.algebra import finite
from multistart.kernels.searches.backtracking import ROUNDING, VALUE, value_at
from multistart.kernels.searches.walking import GRADIENTS
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma

part_of = function_at(PART)


@inner()
def placed(x, low, high):
    """The nearest number between the ends; what is no number stays none."""
    return low if x < low else high if x > high else x


@inner()
def stepped_inside(x, rate, direction, low, high, d, after):
    """Write ``x + rate*direction``, put back into the box, and say whether it is another point."""
    moved = False
    for j in range(d):
        after[j] = placed(fma(rate, direction[j], x[j]), low[j], high[j])
        moved = moved or after[j] != x[j]
    return moved


@inner()
def is_held(x, g, low, high):
    """Whether a coordinate stays at its end of the box, by its projected gradient."""
    return g == 0.0 and (x <= low or x >= high)


@inner()
def along_step(g, x, after, d):
    """The scalar product of a gradient and the step that was made."""
    total = g[0] * (after[0] - x[0])
    for j in range(1, d):
        total = fma(g[j], after[j] - x[j], total)
    return total


@inner()
def accepted_inside(new, value, slope, decrease, formula, x, trial, d, counters, gradient):
    """Whether a trial decreases the value as Armijo asks, as without bounds; the slope is that along the step made."""
    if not abs(new - value) <= ROUNDING * abs(value):
        return new <= fma(decrease, slope, value)
    part_of(formula[1], trial, numbers_of(formula), gradient)
    if along_step(gradient, x, trial, d) <= (2.0 * decrease - 1.0) * slope:
        return True
    counters[GRADIENTS] += 1.0
    return False


@inner()
def backtrack_inside(
    x, g, direction, first, shrink, decrease, formula, d, after, memory, counters, gradient, low, high
):  # fmt: skip
    """Write the first trial that is accepted, and remember its value; false if there is none but the point itself.

    A trial whose step leads up, since the box cut off what led down, is refused unasked.
    """
    if not finite(direction, d):
        return False
    value, rate = memory[VALUE], first
    while stepped_inside(x, rate, direction, low, high, d, after):
        slope = along_step(g, x, after, d)
        if slope < 0.0 and slope > -math.inf:
            new = value_at(after, formula, counters, gradient)
            if accepted_inside(new, value, slope, decrease, formula, x, after, d, counters, gradient):
                memory[VALUE] = new
                return True
        rate *= shrink
    return False


@inner()
def taken_out(hessian, direction, x, g, low, high, d):
    """Leave of a matrix and a vector what is of free coordinates, in their first places; how many there are."""
    free = 0
    for i in range(d):
        if not is_held(x[i], g[i], low[i], high[i]):
            direction[free] = direction[i]
            free += 1
    rows = 0
    for i in range(d):
        if not is_held(x[i], g[i], low[i], high[i]):
            columns = 0
            for j in range(d):
                if not is_held(x[j], g[j], low[j], high[j]):
                    hessian[rows * free + columns] = hessian[i * d + j]
                    columns += 1
            rows += 1
    return free


@inner()
def put_back(direction, x, g, low, high, d, free):
    """Give the first places of a vector to the free coordinates again, 0 to the others."""
    for i in range(d - 1, -1, -1):
        if is_held(x[i], g[i], low[i], high[i]):
            direction[i] = 0.0
        else:
            free -= 1
            direction[i] = direction[free]
