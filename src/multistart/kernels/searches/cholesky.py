"""Cholesky's factors of a Hessian, shifted, and what they solve (Golub & Van Loan, algorithm 4.2.2)."""

from __future__ import annotations

import math

from multistart.kernels.compiler import inner
from multistart.kernels.searches.algebra import dot
from multistart.kernels.vectormath.ieee import fma


@inner()
def factored(hessian, shift, d, factor):
    """Write the Cholesky factor of the shifted Hessian; false where it is not positive definite."""
    for i in range(d):
        for j in range(i + 1):
            rest = hessian[i * d + j] + (shift if i == j else 0.0)
            for k in range(j):
                rest = fma(-factor[i * d + k], factor[j * d + k], rest)
            if j < i:
                factor[i * d + j] = rest / factor[j * d + j]
            elif rest > 0.0 and rest < math.inf:
                factor[i * d + i] = math.sqrt(rest)
            else:
                return False
    return True


@inner()
def solve(factor, d, b):
    """Put the solution of ``L L' x = b`` in place of b."""
    for i in range(d):
        for k in range(i):
            b[i] = fma(-factor[i * d + k], b[k], b[i])
        b[i] = b[i] / factor[i * d + i]
    for i in range(d - 1, -1, -1):
        for k in range(i + 1, d):
            b[i] = fma(-factor[k * d + i], b[k], b[i])
        b[i] = b[i] / factor[i * d + i]


@inner()
def solve_half(factor, d, b):
    """Put the solution of ``L x = b`` in place of b."""
    for i in range(d):
        for k in range(i):
            b[i] = fma(-factor[i * d + k], b[k], b[i])
        b[i] = b[i] / factor[i * d + i]


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
