"""Fits by Levenberg and Marquardt's method in floats: what a proof tries first, and what its level falls by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.proofs.batch import Cells
from multistart.proofs.fit_problem import FitProblem

Array = NDArray[np.float64]
POINTS = 32
STEPS = 100
KEPT = 4
DECADE = 4.0  # beyond such a ratio of its ends a side of the box is gone through on the logarithm


def trial_fits(problem: FitProblem, bounds: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Where descents from all over a box end that never leave it, lowest first; at most :data:`KEPT`."""
    low, high = np.array(bounds, dtype=np.float64).T
    return polished(problem, _spread(low, high), (low, high))[:KEPT]


def polished(problem: FitProblem, x: Array, box: tuple[Array, Array]) -> list[list[float]]:
    """Where descents from points end, shape ``(k, d)``; Levenberg's damping, in units of the diagonal."""
    damping = np.full(len(x), 1e-3)
    with np.errstate(all="ignore"):
        here = _At.points(problem, x)
        for _ in range(STEPS):
            there = _At.points(problem, np.clip(here.x + _steps(here, damping), *box))
            better = there.value < here.value
            if not better.any() and (damping > 1e8).all():
                break
            here = here.but(better, there)
            damping = np.clip(np.where(better, damping / 5, damping * 2), 1e-15, 1e15)
    values = np.where(np.isfinite(here.value), here.value, np.inf)
    return [here.x[k].tolist() for k in np.argsort(values, kind="stable") if np.isfinite(values[k])]


@dataclass(frozen=True)
class _At:
    """Points, shape ``(k, d)``, with values, gradients and Gauss-Newton matrices, or Hessians of other sums."""

    x: Array
    value: Array
    gradient: Array
    matrix: Array

    @classmethod
    def points(cls, problem: FitProblem, x: Array) -> _At:
        """What is known at points."""
        found = problem.looks.look(Cells(x, x))
        if found.residuals is not None:
            slopes = np.stack([s.middle for s in found.residuals.slopes_at_center], axis=2)
            matrix = slopes.transpose(0, 2, 1) @ slopes
        else:
            matrix = np.stack([np.stack([h.middle for h in row], axis=1) for row in found.hessian], axis=1)
        return cls(x, found.value.middle, np.stack([g.middle for g in found.at_center], axis=1), matrix)

    def but(self, which: NDArray[np.bool_], others: _At) -> _At:
        """These, but some of them in the place of which others stand."""
        pairs = zip(vars(others).values(), vars(self).values(), strict=True)
        return _At(*(np.where(which.reshape(-1, *[1] * (own.ndim - 1)), other, own) for other, own in pairs))


def _spread(low: Array, high: Array) -> Array:
    """Points all over a box, by the square roots of primes (Richtmyer's sequence)."""
    primes = [n for n in range(2, 200) if all(n % k for k in range(2, n))][: len(low)]
    part = np.mod(np.outer(np.arange(1, POINTS + 1), np.sqrt(primes)), 1.0)
    one_sign = (low > 0) | (high < 0)
    with np.errstate(all="ignore"):
        ratio = np.where(one_sign, high / low, 1.0)
        wide = one_sign & (np.maximum(ratio, 1 / ratio) > DECADE) & np.isfinite(ratio)
        return np.clip(np.where(wide, low * ratio**part, low + part * (high - low)), low, high)


def _steps(found: _At, damping: Array) -> Array:
    """Of Levenberg's method, with that matrix."""
    gradient, matrix, d = found.gradient, found.matrix, found.x.shape[1]
    diagonal = np.abs(np.einsum("bii->bi", matrix)) + np.finfo(float).tiny
    scale = 1 / np.sqrt(diagonal)
    scaled = matrix * scale[:, :, None] * scale[:, None, :] + damping[:, None, None] * np.eye(d)
    good = np.isfinite(scaled).all(axis=(1, 2)) & np.isfinite(gradient * scale).all(axis=1)
    scaled, right = np.where(good[:, None, None], scaled, np.eye(d)), np.where(good[:, None], gradient * scale, 0.0)
    return -np.einsum("bij,bj->bi", np.linalg.pinv(scaled, rcond=1e-15, hermitian=True), right) * scale
