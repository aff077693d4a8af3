"""BFGS: Newton's method with an inverse Hessian that is learned on the way.

Nocedal & Wright, *Numerical Optimization*, 2nd ed., equations 6.17 and 6.20; a pair without positive curvature is left
out (Li and Fukushima 2001, SIAM J. Optim. 11(4), with an angle in place of their units).
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import at, inner
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, norm_of, opposite, remember
from multistart.kernels.searches.backtracking import backtrack, know_value
from multistart.kernels.vectormath.ieee import fma

advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly
PAIRS, HAS_LAST = 1, 2  # where it is remembered from how many steps the matrix was learned, and that there is a last
MATRICES = 3  # from where on last point, last gradient and the matrix are remembered
CURVED = 1e-8  # the least cosine between step and change of the gradient


@inner()
def start_matrix(inverse, scale, d):
    """A multiple of the identity."""
    for i in range(d):
        for j in range(d):
            inverse[i * d + j] = scale if i == j else 0.0


@inner()
def times(inverse, a, d, out):
    """Matrix times vector."""
    for i in range(d):
        out[i] = dot(at(inverse, i * d), a, d)


@inner()
def learn(inverse, s, y, sy, u, d):
    """``(I - s y'/sy) B (I - y s'/sy) + s s'/sy``, written out; it stays symmetric to the bit."""
    times(inverse, y, d, u)
    scale = (1.0 + dot(y, u, d) / sy) / sy
    for i in range(d):
        for j in range(i + 1):
            cross = fma(u[i], s[j], s[i] * u[j]) / sy
            changed = inverse[i * d + j] + fma(scale, s[i] * s[j], -cross)
            inverse[i * d + j] = changed
            inverse[j * d + i] = changed


@inner()
def learn_from_step(x, g, memory, d, s, y, u):
    """Learn from the step that led here, if it shows positive curvature."""
    last, inverse = at(memory, MATRICES), at(memory, MATRICES + 2 * d)
    for j in range(d):
        s[j], y[j] = x[j] - last[j], g[j] - last[d + j]
    ss, sy, yy = dot(s, s, d), dot(s, y, d), dot(y, y, d)
    if sy > CURVED * (math.sqrt(ss) * math.sqrt(yy)) and sy < math.inf:
        if memory[PAIRS] == 0.0:
            start_matrix(inverse, sy / yy, d)
        learn(inverse, s, y, sy, u, d)
        memory[PAIRS] += 1.0


@inner()
def bfgs_update(x, g, hyper, formula, d, after, memory, counters, room):
    """Down by the matrix, or against the gradient where it has not learned, or leads to no lower point."""
    direction, gradient, s, y, u = room, at(room, d), at(room, 2 * d), at(room, 3 * d), at(room, 4 * d)
    know_value(x, formula, memory, counters, gradient)
    if memory[HAS_LAST] > 0.0:
        learn_from_step(x, g, memory, d, s, y, u)
    remember(x, g, d, at(memory, MATRICES))
    memory[HAS_LAST] = 1.0
    opposite(g, d, direction)
    if memory[PAIRS] > 0.0:
        times(at(memory, MATRICES + 2 * d), direction, d, u)
        if backtrack(x, g, u, 1.0, hyper[2], hyper[3], formula, d, after, memory, counters, gradient):
            return True
        memory[PAIRS] = 0.0
    first = hyper[1] / norm_of(g, d)
    return backtrack(x, g, direction, first, hyper[2], hyper[3], formula, d, after, memory, counters, gradient)


bfgs = walking.walking(bfgs_update, twice=True)
