"""Linear equations by elimination."""

from __future__ import annotations

from multistart.kernels.compiler import inner
from multistart.kernels.vectormath.ieee import fma


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
