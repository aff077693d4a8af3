"""Newton's method: as it stands, by elimination; and damped, with a shifted Hessian and backtracking.

Nocedal & Wright, *Numerical Optimization*, 2nd ed., equation 2.15; algorithms 3.2 and 3.3.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import at, function_at, inner, numbers_of
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, finite, opposite, stepped
from multistart.kernels.searches.backtracking import backtrack, know_value
from multistart.kernels.searches.cholesky import factored, solve
from multistart.kernels.searches.walking import HESSIANS
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma

part_of = function_at(PART)
advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def exchange_rows(a, b, d, p, q):
    """Exchange two rows of the equations ``a x = b``."""
    for j in range(d):
        a[p * d + j], a[q * d + j] = a[q * d + j], a[p * d + j]
    b[p], b[q] = b[q], b[p]


@inner()
def eliminate(a, b, d):
    """Put the solution of ``a x = b`` in place of b, by elimination with partial pivoting (Golub & Van Loan, 3.4.1)."""
    for k in range(d):
        largest = k
        for i in range(k + 1, d):
            if abs(a[i * d + k]) > abs(a[largest * d + k]):
                largest = i
        if largest != k:
            exchange_rows(a, b, d, k, largest)
        for i in range(k + 1, d):
            factor = a[i * d + k] / a[k * d + k]
            for j in range(k + 1, d):
                a[i * d + j] = fma(-factor, a[k * d + j], a[i * d + j])
            b[i] = fma(-factor, b[k], b[i])
    for i in range(d - 1, -1, -1):
        for j in range(i + 1, d):
            b[i] = fma(-a[i * d + j], b[j], b[i])
        b[i] = b[i] / a[i * d + i]


@inner()
def shifted_factor(hessian, part, d, factor):
    """Write the factor of the Hessian under the first of growing shifts that make it positive definite.

    The least shift is a part of the Hessian's Frobenius norm, so that it has no unit.
    """
    first = part * math.sqrt(dot(hessian, hessian, d * d))
    if not first > 0.0:
        return False
    least = hessian[0]
    for i in range(1, d):
        least = min(least, hessian[i * d + i])
    shift = 0.0 if least > 0.0 else first - least
    while shift < math.inf:
        if factored(hessian, shift, d, factor):
            return True
        shift = max(2.0 * shift, first)
    return False


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
