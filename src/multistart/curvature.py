"""Smallest eigenvalue of a symmetric matrix, compiled and in IEEE arithmetic alone.

LAPACK's bits differ from build to build, these do not: the cyclic Jacobi method (Golub & Van Loan,
*Matrix Computations*, 4th ed., algorithms 8.5.1 and 8.5.3) uses + - * / and sqrt only.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

SWEEPS = 30  # convergence is quadratic; matrices of 100 rows needed 9


@njit(error_model="numpy", nogil=True, cache=True)
def smallest_eigenvalues(matrices: np.ndarray) -> np.ndarray:
    """Return the smallest eigenvalues of symmetric matrices, shape ``(n, d, d)``, which are overwritten."""
    smallest = np.empty(matrices.shape[0])
    for i in range(matrices.shape[0]):
        smallest[i] = smallest_eigenvalue(matrices[i])
    return smallest


@njit(error_model="numpy", nogil=True, cache=True)
def smallest_eigenvalue(matrix: np.ndarray) -> float:
    """Return the smallest eigenvalue of a symmetric matrix, shape ``(d, d)``, which is overwritten; nan stays nan."""
    d = matrix.shape[0]
    if d == 2:
        half = 0.5 * (matrix[0, 0] - matrix[1, 1])
        return 0.5 * (matrix[0, 0] + matrix[1, 1]) - math.sqrt(half * half + matrix[0, 1] * matrix[0, 1])
    for _ in range(SWEEPS):
        off = 0.0
        diagonal = 0.0
        for p in range(d):
            diagonal += matrix[p, p] * matrix[p, p]
            for q in range(p + 1, d):
                off += matrix[p, q] * matrix[p, q]
        if math.isnan(off + diagonal):
            return math.nan
        if not off > 1e-34 * diagonal:
            break
        for p in range(d - 1):
            for q in range(p + 1, d):
                if matrix[p, q] != 0.0:
                    _rotate(matrix, p, q)
    smallest = matrix[0, 0]
    for p in range(d):
        smallest = min(smallest, matrix[p, p])
    return smallest


@njit(error_model="numpy", nogil=True, cache=True)
def _rotate(matrix: np.ndarray, p: int, q: int) -> None:
    """Annihilate the pair (p, q) by a rotation from both sides."""
    tau = (matrix[q, q] - matrix[p, p]) / (2.0 * matrix[p, q])
    root = math.sqrt(1.0 + tau * tau)
    t = 1.0 / (tau + root) if tau >= 0.0 else 1.0 / (tau - root)
    c = 1.0 / math.sqrt(1.0 + t * t)
    s = t * c
    for k in range(matrix.shape[0]):
        left, right = matrix[k, p], matrix[k, q]
        matrix[k, p] = c * left - s * right
        matrix[k, q] = s * left + c * right
    for k in range(matrix.shape[0]):
        left, right = matrix[p, k], matrix[q, k]
        matrix[p, k] = c * left - s * right
        matrix[q, k] = s * left + c * right
