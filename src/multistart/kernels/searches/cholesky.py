"""Cholesky's factors of a Hessian, shifted, and what they solve (Golub & Van Loan, algorithm 4.2.2)."""

from __future__ import annotations

import math

from multistart.kernels.compiler import inner
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
