"""Newton's method: as it stands, by elimination; and damped, with a shifted Hessian and backtracking.

Nocedal & Wright, *Numerical Optimization*, 2nd ed., equation 2.15; algorithms 3.2 and 3.3.
"""

from __future__ import annotations

from multistart.kernels.compiler import at, function_at, inner, numbers_of
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import finite, opposite, stepped
from multistart.kernels.searches.backtracking import backtrack, know_value
from multistart.kernels.searches.cholesky import shifted_factor, solve
from multistart.kernels.searches.elimination import eliminate
from multistart.kernels.searches.walking import HESSIANS
from multistart.kernels.signatures import PART

part_of = function_at(PART)
advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def pure_update(x, g, hyper, formula, d, after, memory, counters, room):
    """To the critical point of the parabola, whatever its kind."""
    direction, hessian = room, at(room, d)
    part_of(formula[2], x, numbers_of(formula), hessian)
    counters[HESSIANS] += 1.0
    opposite(g, d, direction)
    eliminate(hessian, direction, d)
    return stepped(x, 1.0, direction, d, after)


@inner()
def damped_update(x, g, hyper, formula, d, after, memory, counters, room):
    """Down, by Newton's step with a shifted Hessian; against the gradient where no shift makes it positive definite."""
    direction, gradient = room, at(room, d)
    hessian, factor = at(room, 2 * d), at(room, 2 * d + d * d)
    know_value(x, formula, memory, counters, gradient)
    part_of(formula[2], x, numbers_of(formula), hessian)
    counters[HESSIANS] += 1.0
    opposite(g, d, direction)
    if shifted_factor(hessian, hyper[1], d, factor):
        solve(factor, d, direction)
        if not finite(direction, d):
            opposite(g, d, direction)
    return backtrack(x, g, direction, 1.0, hyper[2], hyper[3], formula, d, after, memory, counters, gradient)


pure, damped = walking.walking(pure_update), walking.walking(damped_update)
