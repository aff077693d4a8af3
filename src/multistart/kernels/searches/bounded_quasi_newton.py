"""BFGS in the free coordinates, its steps put back into the box.

Kelley 1999, *Iterative Methods for Optimization*, section 5.5.3: where other coordinates are held than before, what was
learned is forgotten. On a face that shows no positive curvature nothing would be learned in its place.
"""

from __future__ import annotations

from multistart.kernels.compiler import at, inner
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import norm_of, opposite, remember
from multistart.kernels.searches.backtracking import know_value
from multistart.kernels.searches.bounded import backtrack_inside, is_held
from multistart.kernels.searches.quasi_newton import HAS_LAST, MATRICES, PAIRS, learn_from_step, times

advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def same_are_held(x, g, last, low, high, d):
    """Whether the coordinates that are held are those that were held at the last point."""
    same = True
    for j in range(d):
        same = same and is_held(x[j], g[j], low[j], high[j]) == is_held(last[j], last[d + j], low[j], high[j])
    return same


@inner()
def bfgs_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """Down by the matrix, or against the gradient where it has not learned, or leads to no lower point."""
    direction, gradient, s, y, u = room, at(room, d), at(room, 2 * d), at(room, 3 * d), at(room, 4 * d)
    know_value(x, formula, memory, counters, gradient)
    if memory[HAS_LAST] > 0.0:
        if same_are_held(x, g, at(memory, MATRICES), low, high, d):
            learn_from_step(x, g, memory, d, s, y, u)
        else:
            memory[PAIRS] = 0.0
    remember(x, g, d, at(memory, MATRICES))
    memory[HAS_LAST] = 1.0
    opposite(g, d, direction)
    if memory[PAIRS] > 0.0:
        times(at(memory, MATRICES + 2 * d), direction, d, u)
        for j in range(d):
            if is_held(x[j], g[j], low[j], high[j]):
                u[j] = 0.0
        if backtrack_inside(
            x, g, u, 1.0, hyper[2], hyper[3], formula, d, after, memory, counters, gradient, low, high
        ):  # fmt: skip
            return True
        memory[PAIRS] = 0.0
    norm = norm_of(g, d)
    return norm > 0.0 and backtrack_inside(
        x, g, direction, hyper[1] / norm, hyper[2], hyper[3], formula, d, after, memory, counters, gradient, low, high
    )  # fmt: skip


bfgs = walking.walking(bfgs_update, twice=True, bounded=True)
