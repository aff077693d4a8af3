"""The functions of :mod:`multistart.kernels.curvature` that are compiled; imported where something must be compiled.

The cyclic Jacobi method (Golub & Van Loan, *Matrix Computations*, 4th ed., algorithms 8.5.1 and 8.5.3) uses + - * /
and sqrt only. Many matrices go through each rotation together, in packed arithmetic; one that has converged is left
alone, so its bits are its own. Cholesky's factors give Newton steps.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from multistart.kernels.compiler import exported
from multistart.kernels.curvature import LANES

SWEEPS = 30  # convergence is quadratic; matrices of 100 rows needed 9
_OFF = 1e-34  # squares of what is off the diagonal, as a part of those on it, that no double would notice


@njit(error_model="numpy")
def _any_active(a: np.ndarray, active: np.ndarray) -> bool:
    """Mark upper triangles that are not yet diagonal; a nan spreads over its whole diagonal and ends it."""
    d = a.shape[0]
    found = False
    for i in range(LANES):
        off = 0.0
        diagonal = 0.0
        for p in range(d):
            diagonal += a[p, p, i] * a[p, p, i]
            for q in range(p + 1, d):
                off += a[p, q, i] * a[p, q, i]
        active[i] = off > _OFF * diagonal
        found |= active[i]
        if math.isnan(off + diagonal):
            a[0, 0, i] = math.nan
    return found


@njit(error_model="numpy")
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


@njit(error_model="numpy")
def _turn(left: np.ndarray, right: np.ndarray, c: np.ndarray, s: np.ndarray) -> None:
    """Turn one row of the two columns; where the sine is 0 it stays as it is."""
    for i in range(LANES):
        x, y = left[i], right[i]
        left[i] = c[i] * x - s[i] * y if s[i] != 0.0 else x
        right[i] = s[i] * x + c[i] * y if s[i] != 0.0 else y


@exported("void(f8[:, :, ::1], f8[::1], f8[:, :, ::1], b1[::1], f8[::1], f8[::1])")
def smallest_eigenvalues(
    matrices: np.ndarray, smallest: np.ndarray, a: np.ndarray, active: np.ndarray, c: np.ndarray, s: np.ndarray
) -> None:
    """Fill in the smallest eigenvalues; from a on it is room to work in, zeros at first."""
    n, d, _ = matrices.shape
    for first in range(0, n, LANES):
        rows = min(LANES, n - first)
        for i in range(rows):
            for p in range(d):
                for q in range(d):
                    a[p, q, i] = matrices[first + i, p, q]
        if d == 2:
            for i in range(rows):
                half = 0.5 * (a[0, 0, i] - a[1, 1, i])
                smallest[first + i] = 0.5 * (a[0, 0, i] + a[1, 1, i]) - math.sqrt(half * half + a[0, 1, i] * a[0, 1, i])
            continue
        for _ in range(SWEEPS):
            if not _any_active(a, active):
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


@exported("void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1])")
def newton_steps(gradients: np.ndarray, hessians: np.ndarray, steps: np.ndarray, factor: np.ndarray) -> None:
    """Fill in Newton steps; the factor is room to work in."""
    n, d = gradients.shape
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
