"""What of a gradient, and of a Hessian, counts at a point on the faces of a box that a descent is held in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def pushed_out(points: Array, gradient: Array, low: Array | Sequence[float], high: Array | Sequence[float]) -> Mask:
    """Which coordinates are at a bound and would leave the box against the gradient, shape ``(n, d)``."""
    return np.asarray(((points <= low) & (gradient > 0)) | ((points >= high) & (gradient < 0)))


def projected(points: Array, gradient: Array, low: Array | Sequence[float], high: Array | Sequence[float]) -> Array:
    """Gradients without the components that point out of the box, shape ``(n, d)``."""
    return np.where(pushed_out(points, gradient, low, high), 0.0, gradient)


def along_the_face(hessian: Array, held: Mask) -> Array:
    """Hessians of the same smallest eigenvalue as in the coordinates that are not held; shape ``(n, d, d)``.

    Held coordinates have no part in any other, and each a curvature of its own that is above all of them.
    """
    if not held.any():
        return hessian
    d = hessian.shape[1]
    free = ~held
    along = np.where(free[:, :, None] & free[:, None, :], hessian, 0.0)
    above = np.abs(along).sum(axis=(1, 2)) + 1.0
    return np.asarray(along + np.eye(d) * np.where(held, above[:, None], 0.0)[:, :, None])
