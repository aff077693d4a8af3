"""Newton's method in the free coordinates, its steps put back into the box: as it stands, and damped.

Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints", SIAM J. Control Optim.
20(2). A coordinate is held at its end of the box where the function falls out of the box there, and nowhere before.
"""

from __future__ import annotations

from multistart.kernels.compiler import at, function_at, inner, numbers_of
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import finite, opposite
from multistart.kernels.searches.backtracking import know_value
from multistart.kernels.searches.bounded import backtrack_inside, put_back, stepped_inside, taken_out
from multistart.kernels.searches.cholesky import shifted_factor, solve
from multistart.kernels.searches.elimination import eliminate
from multistart.kernels.searches.walking import HESSIANS
from multistart.kernels.signatures import PART

part_of = function_at(PART)
advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def pure_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """To the critical point of the parabola in the free coordinates, whatever its kind."""
    direction, hessian = room, at(room, d)
    part_of(formula[2], x, numbers_of(formula), hessian)
    counters[HESSIANS] += 1.0
    opposite(g, d, direction)
    free = taken_out(hessian, direction, x, g, low, high, d)
    if free > 0:
        eliminate(hessian, direction, free)
    put_back(direction, x, g, low, high, d, free)
    return stepped_inside(x, 1.0, direction, low, high, d, after)


@inner()
def damped_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """Down, by Newton's step with a shifted Hessian; against the gradient where no shift makes it positive definite."""
    direction, gradient = room, at(room, d)
    hessian, factor = at(room, 2 * d), at(room, 2 * d + d * d)
    know_value(x, formula, memory, counters, gradient)
    part_of(formula[2], x, numbers_of(formula), hessian)
    counters[HESSIANS] += 1.0
    opposite(g, d, direction)
    free = taken_out(hessian, direction, x, g, low, high, d)
    solved = free > 0 and shifted_factor(hessian, hyper[1], free, factor)
    if solved:
        solve(factor, free, direction)
        put_back(direction, x, g, low, high, d, free)
    if not solved or not finite(direction, d):
        opposite(g, d, direction)
    return backtrack_inside(
        x, g, direction, 1.0, hyper[2], hyper[3], formula, d, after, memory, counters, gradient, low, high
    )  # fmt: skip


pure, damped = walking.walking(pure_update, bounded=True), walking.walking(damped_update, bounded=True)
