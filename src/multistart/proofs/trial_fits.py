"""Fits by Levenberg and Marquardt's method from points all over a box, in floats: what a proof tries first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from multistart.proofs.batch import Cells, Look, looks_of
from multistart.proofs.fit_problem import FitProblem

Array = NDArray[np.float64]
POINTS = 32
STEPS = 100
KEPT = 4


def trial_fits(problem: FitProblem, bounds: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Where descents end that never leave the box, lowest first; at most :data:`KEPT`."""
    low, high = np.array(bounds, dtype=np.float64).T
    x = low + (high - low) * _spread(POINTS, len(bounds))
    code = looks_of(problem)
    with np.errstate(all="ignore"):
        found = code.look(Cells(x, x))
        damping = np.full(len(x), 1e-3)
        for _ in range(STEPS):
            new = np.clip(x + _steps(found, damping), low, high)
            tried = code.look(Cells(new, new))
            better = tried.value.middle < found.value.middle
            x = np.where(better[:, None], new, x)
            damping = np.clip(np.where(better, damping / 5, damping * 3), 1e-15, 1e15)
            found = code.look(Cells(x, x))
    values = np.where(np.isfinite(found.value.middle), found.value.middle, np.inf)
    return [x[k].tolist() for k in np.argsort(values, kind="stable")[:KEPT] if np.isfinite(values[k])]


def _spread(count: int, d: int) -> Array:
    """Points of the unit cube, by the square roots of primes (Richtmyer's sequence)."""
    primes = [n for n in range(2, 200) if all(n % k for k in range(2, n))][:d]
    return np.mod(np.outer(np.arange(1, count + 1), np.sqrt(primes)), 1.0)


def _steps(found: Look, damping: Array) -> Array:
    """Of all points: with the Gauss-Newton matrix of a sum of squares, else with the Hessian."""
    d = len(found.gradient)
    gradient = np.stack([g.middle for g in found.at_center], axis=1)
    if found.residuals is not None:
        slopes = np.stack([s.middle for s in found.residuals.slopes_at_center], axis=2)
        matrix = slopes.transpose(0, 2, 1) @ slopes
    else:
        matrix = np.stack([np.stack([h.middle for h in row], axis=1) for row in found.hessian], axis=1)
    diagonal = np.abs(np.einsum("bii->bi", matrix)) + np.finfo(float).tiny
    matrix = matrix + (damping[:, None] * diagonal)[:, :, None] * np.eye(d)
    good = np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1)
    scale = 1 / np.sqrt(diagonal)
    scaled = np.where(good[:, None, None], matrix * scale[:, :, None] * scale[:, None, :], np.eye(d))
    right = np.where(good[:, None], gradient * scale, 0.0)
    return -np.einsum("bij,bj->bi", np.linalg.pinv(scaled, hermitian=True), right) * scale
