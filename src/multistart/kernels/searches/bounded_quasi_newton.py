"""BFGS in the free coordinates, its steps put back into the box.

Kelley 1999, *Iterative Methods for Optimization*, section 5.5.3; but the matrix is not forgotten where other coordinates
become free: it stays positive definite, so its part in the free coordinates leads down.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import at, inner
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, norm_of, opposite
from multistart.kernels.searches.backtracking import know_value
from multistart.kernels.searches.bounded import backtrack_inside, is_held
from multistart.kernels.searches.quasi_newton import CURVED, HAS_LAST, MATRICES, PAIRS, learn, start_matrix, times

advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def learn_from_step(x, g, memory, d, s, y, u, low, high):
    """Learn from the step that led here, in the coordinates that it moved and that are free, if it shows curvature."""
    last, inverse = at(memory, MATRICES), at(memory, MATRICES + 2 * d)
    for j in range(d):
        free = x[j] != last[j] and not is_held(x[j], g[j], low[j], high[j])
        s[j], y[j] = (x[j] - last[j], g[j] - last[d + j]) if free else (0.0, 0.0)
    ss, sy, yy = dot(s, s, d), dot(s, y, d), dot(y, y, d)
    if sy > CURVED * (math.sqrt(ss) * math.sqrt(yy)) and sy < math.inf:
        if memory[PAIRS] == 0.0:
            start_matrix(inverse, sy / yy, d)
        learn(inverse, s, y, sy, u, d)
        memory[PAIRS] += 1.0


@inner()
def bfgs_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """Down by the matrix, or against the gradient where it has not learned, or leads to no lower point."""
    direction, gradient, s, y, u = room, at(room, d), at(room, 2 * d), at(room, 3 * d), at(room, 4 * d)
    know_value(x, formula, memory, counters, gradient)
    if memory[HAS_LAST] > 0.0:
        learn_from_step(x, g, memory, d, s, y, u, low, high)
    last = at(memory, MATRICES)
    for j in range(d):
        last[j], last[d + j] = x[j], g[j]
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
