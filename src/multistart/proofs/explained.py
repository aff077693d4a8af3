"""What parameters explain of residuals near the centers of cells, in floats: good vectors for bounds; proves nothing.

Any vector makes a true bound in :mod:`multistart.proofs.contractors`; those of linear least squares make sharp ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.proofs.batch import Cells, Look, Residuals

Array = NDArray[np.float64]
ENUMERATED = 4  # coordinates up to which every set of active bounds is tried
SWEEPS = 30  # of coordinate descent beyond
LEAST = 1e-13  # of a diagonal, added to it: slopes that are all but dependent
SMALL, LARGE = 1e-100, 1e100  # what is beyond has squares that floats do not hold; smaller slopes count as 0


@dataclass(frozen=True)
class Gram:
    """The linearised residuals ``r + J d`` in units of the cells' reach, per cell.

    Attributes
    ----------
    residuals, slopes
        Shapes ``(B, n)`` and ``(B, n, d)``.
    units
        What a unit of ``d`` is, shape ``(B, d)``; 0 where a coordinate is held.
    matrix, vector
        ``J'J`` and ``J'r``.
    """

    residuals: Array
    slopes: Array
    units: Array
    matrix: Array
    vector: Array

    @classmethod
    def of(cls, parts: Residuals, cells: Cells) -> Gram:
        """At the centers of cells; residuals of one, and no slopes, where something is not finite."""
        r = parts.at_center.middle
        slopes = np.stack([s.middle for s in parts.slopes_at_center], axis=2) * cells.reach[:, None, :]
        good = np.isfinite(r).all(axis=1) & np.isfinite(slopes).all(axis=(1, 2))
        largest = np.where(good, np.maximum(np.abs(r).max(axis=1), np.abs(slopes).max(axis=(1, 2))), 1.0)
        good &= (largest < LARGE) & (largest > SMALL)
        seen = good[:, None] & (np.abs(slopes).max(axis=1) > SMALL)
        r, slopes = np.where(good[:, None], r, 1.0), np.where(seen[:, None, :], slopes, 0.0)
        matrix = slopes.transpose(0, 2, 1) @ slopes
        return cls(r, slopes, cells.reach, matrix, np.einsum("bkd,bk->bd", slopes, r))

    def unexplained(self) -> Array:
        """The part of the residuals across all slopes, twice, since once leaves rounding; shape ``(B, n)``."""
        rows, rest = self._explain(), self.residuals
        for _ in range(2):
            rest = rest - np.einsum("bkd,bd->bk", self.slopes, np.einsum("bdk,bk->bd", rows, rest))
        return np.where(np.abs(rest).max(axis=1, keepdims=True) > 0, rest, self.residuals)

    def pseudo_inverse(self) -> Array:
        """Vectors that each coordinate alone explains, in any unit; shape ``(B, d, n)``."""
        return self._explain()

    def _explain(self) -> Array:
        diagonal = np.einsum("bii->bi", self.matrix)
        scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        d = self.matrix.shape[1]
        scaled = self.matrix * scale[:, :, None] * scale[:, None, :]
        scaled += np.where(diagonal > 0, LEAST, 1.0)[:, :, None] * np.eye(d)
        return np.linalg.solve(scaled, self.slopes.transpose(0, 2, 1) * scale[:, :, None]) * scale[:, :, None]


def least_residual(gram: Gram) -> Array:
    """The residuals where their linearised sum of squares is least on the cell, shape ``(B, n)``."""
    d = gram.vector.shape[1]
    step = _by_sets(gram) if d <= ENUMERATED else _by_descent(gram)
    return gram.residuals + np.einsum("bkd,bd->bk", gram.slopes, step)


def equilibrated(found: Look, free: Sequence[int]) -> tuple[Array, Array]:
    """The middle of the Hessian along a face with ones on its diagonal, and what it was scaled by.

    Shapes ``(B, f, f)`` and ``(B, f)``; the identity where that is not finite.
    """
    middle = np.stack([np.stack([found.hessian[i][j].middle for j in free], axis=1) for i in free], axis=1)
    diagonal = np.abs(np.einsum("bii->bi", middle))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = middle * scale[:, :, None] * scale[:, None, :]
    good = np.asarray(np.isfinite(scaled).all(axis=(1, 2)) & np.isfinite(scale).all(axis=1))
    return np.where(good[:, None, None], scaled, np.eye(len(free))), np.where(good[:, None], scale, 1.0)


def _by_sets(gram: Gram) -> Array:
    """Least squares with each choice of coordinates that are at an end; the best of those that stay in the cell."""
    matrix, vector, moving = gram.matrix, gram.vector, gram.units > 0
    count, d = vector.shape
    best, least = np.zeros((count, d)), np.zeros(count)
    diagonal = np.einsum("bii->bi", matrix)
    for ends in itertools.product((0, -1, 1), repeat=d):
        step = np.tile(np.array(ends, dtype=np.float64), (count, 1))
        free = [i for i in range(d) if ends[i] == 0]
        if free:
            right = -(vector + np.einsum("bij,bj->bi", matrix, step))[:, free]
            held = LEAST * diagonal[:, free] + ~(diagonal[:, free] > 0)
            block = matrix[:, free][:, :, free] + held[:, :, None] * np.eye(len(free))
            step[:, free] = np.clip(np.linalg.solve(block, right[..., None])[..., 0], -1, 1)
        step *= moving
        sums = 2 * (vector * step).sum(axis=1) + np.einsum("bi,bij,bj->b", step, matrix, step)
        better = sums < least
        best[better], least[better] = step[better], sums[better]
    return best


def _by_descent(gram: Gram) -> Array:
    """Coordinate after coordinate."""
    matrix, vector = gram.matrix, gram.vector
    step = np.zeros_like(vector)
    for _ in range(SWEEPS):
        for i in range(vector.shape[1]):
            slope = vector[:, i] + (matrix[:, i] * step).sum(axis=1)
            diagonal = matrix[:, i, i]
            step[:, i] = np.clip(step[:, i] - slope / np.where(diagonal > 0, diagonal, np.inf), -1, 1)
    return step
