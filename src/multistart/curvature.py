"""Smallest eigenvalues of symmetric matrices, and Newton steps, compiled and in IEEE arithmetic alone.

LAPACK's bits differ from build to build, these do not: the cyclic Jacobi method (Golub & Van Loan,
*Matrix Computations*, 4th ed., algorithms 8.5.1 and 8.5.3) uses + - * / and sqrt only. Many matrices go through
each rotation together, in packed arithmetic; one that has converged is left alone, so its bits are its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba import njit

SWEEPS = 30  # convergence is quadratic; matrices of 100 rows needed 9
LANES = 64  # matrices at a time
_OFF = 1e-34  # squares of what is off the diagonal, as a part of those on it, that no double would notice


def _compiled(function: Callable) -> Callable:
    """Compile at the first call; keep the machine code where numba finds a folder for it, else do without."""
    try:
        return njit(error_model="numpy", nogil=True, cache=True)(function)
    except RuntimeError:  # package and home are read-only
        return njit(error_model="numpy", nogil=True)(function)


@_compiled
def smallest_eigenvalues(matrices: np.ndarray) -> np.ndarray:
    """Return the smallest eigenvalues of symmetric matrices, shape ``(n, d, d)`` -> ``(n,)``; nan stays nan."""
    n, d, _ = matrices.shape
    smallest = np.empty(n)
    a = np.zeros((d, d, LANES))
    active = np.zeros(LANES, np.bool_)
    c = np.empty(LANES)
    s = np.empty(LANES)
    for first in range(0, n, LANES):
        rows = min(LANES, n - first)
        for i in range(rows):
            a[:, :, i] = matrices[first + i]
        if d == 2:
            for i in range(rows):
                half = 0.5 * (a[0, 0, i] - a[1, 1, i])
                smallest[first + i] = 0.5 * (a[0, 0, i] + a[1, 1, i]) - math.sqrt(half * half + a[0, 1, i] * a[0, 1, i])
            continue
        active[:] = True
        for _ in range(SWEEPS):
            _still_active(a, active)
            if not active.any():
                break
            for p in range(d - 1):
                for q in range(p + 1, d):
                    _rotation(a[p, p], a[q, q], a[p, q], active, c, s)
                    for k in range(d):
                        if k not in (p, q):
                            _turn(a[min(k, p), max(k, p)], a[min(k, q), max(k, q)], c, s)
        for i in range(rows):
            least = a[0, 0, i]
            for p in range(1, d):
                if not a[p, p, i] >= least:  # a nan stays, since nothing compares with it
                    least = a[p, p, i] if least == least else least
            smallest[first + i] = least
    return smallest


@_compiled
def newton_steps(gradients: np.ndarray, hessians: np.ndarray) -> np.ndarray:
    """Return ``-H^-1 g`` of each row by Cholesky's factors, shapes ``(n, d), (n, d, d) -> (n, d)``.

    Nan where a Hessian is not positive definite (Golub & Van Loan, section 4.2.5).
    """
    n, d = gradients.shape
    steps = np.empty((n, d))
    factor = np.empty((d, d))
    for row in range(n):
        x = steps[row]
        for i in range(d):
            total = -gradients[row, i]
            for j in range(i + 1):
                rest = hessians[row, i, j]
                for k in range(j):
                    rest -= factor[i, k] * factor[j, k]
                if j < i:
                    factor[i, j] = rest / factor[j, j]
                    total -= factor[i, j] * x[j]
                else:
                    factor[i, i] = math.sqrt(rest)  # nan, and so is all that follows, below 0
                    x[i] = total / factor[i, i]
        for i in range(d - 1, -1, -1):
            for k in range(i + 1, d):
                x[i] -= factor[k, i] * x[k]
            x[i] /= factor[i, i]
    return steps


@_compiled
def _still_active(a: np.ndarray, active: np.ndarray) -> None:
    """Whether the upper triangles are not yet diagonal; a nan spreads over its whole diagonal and ends it."""
    d = a.shape[0]
    for i in range(LANES):
        off = 0.0
        diagonal = 0.0
        for p in range(d):
            diagonal += a[p, p, i] * a[p, p, i]
            for q in range(p + 1, d):
                off += a[p, q, i] * a[p, q, i]
        active[i] = off > _OFF * diagonal
        if math.isnan(off + diagonal):
            a[0, 0, i] = math.nan


@_compiled
def _rotation(pp: np.ndarray, qq: np.ndarray, pq: np.ndarray, active: np.ndarray, c: np.ndarray, s: np.ndarray) -> None:
    """Annihilate the pair (p, q); give cosine and sine for the other rows, 1 and 0 where there is nothing to do."""
    for i in range(LANES):
        turn = active[i] & (pq[i] != 0.0)
        tau = (qq[i] - pp[i]) / (2.0 * pq[i])
        root = math.sqrt(1.0 + tau * tau)
        t = 1.0 / (tau + (root if tau >= 0.0 else -root))
        cosine = 1.0 / math.sqrt(1.0 + t * t)
        c[i] = cosine if turn else 1.0
        s[i] = t * cosine if turn else 0.0
        pp[i] = pp[i] - t * pq[i] if turn else pp[i]
        qq[i] = qq[i] + t * pq[i] if turn else qq[i]
        pq[i] = 0.0 if turn else pq[i]


@_compiled
def _turn(left: np.ndarray, right: np.ndarray, c: np.ndarray, s: np.ndarray) -> None:
    """Turn one row of the two columns; where the sine is 0 it stays as it is."""
    for i in range(LANES):
        x, y = left[i], right[i]
        left[i] = c[i] * x - s[i] * y if s[i] != 0.0 else x
        right[i] = s[i] * x + c[i] * y if s[i] != 0.0 else y
