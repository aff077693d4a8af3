"""Trusted: whether the gradient of a fit along a face takes no value twice on a cell.

Let ``T' H T`` be near a diagonal ``D`` of signs at the center. If ``|T' H T - D| < 1`` in the maximum norm for all
``H`` of the Hessian's enclosure on a cell, then each is regular, so the gradient is injective on the cell (it is
convex). In the coordinates of ``T`` a narrow valley is as wide as it is long: a cell may be so large as the curvature
along it allows, however the parameters are correlated.

Of a sum of squares, ``H = sum J_k J_k' + r_k S_k`` (rows ``k``) is put together from ``J_k T`` and ``T' S_k T``: along
a valley the slopes all but cancel in each row, and would not in the sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from multistart.proofs.batch import Cells, Look, Looks, Matrix
from multistart.proofs.explained import equilibrated
from multistart.proofs.intervals import Intervals

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


def injective_on(code: Looks, cells: Cells, free: Sequence[int]) -> Bools:
    """Where the gradient along a face is certainly injective on a cell."""
    center = code.look(Cells(cells.center, cells.center))
    transform, signs = _transform(center, free)
    found = code.look(cells)
    within = _by_rows(found, transform, free) if found.residuals is not None else _transformed(found, transform, free)
    total: Array = np.zeros(signs.shape)
    for a in range(len(free)):
        for b in range(len(free)):
            entry = within[a][b]
            total[:, a] += (entry - Intervals.exactly(signs[:, a])).size if a == b else entry.size
    return np.asarray(code.defined(cells)[0] & (total < 1 - 2.0**-20).all(axis=1))


def _transform(center: Look, free: Sequence[int]) -> tuple[Array, Array]:
    """In floats: ``T``, shape ``(B, f, f)``, and the signs of eigenvalues; any would serve."""
    scaled, scale = equilibrated(center, free)
    values, vectors = np.linalg.eigh(scaled)
    sizes = np.sqrt(np.maximum(np.abs(values), np.finfo(float).tiny))
    return vectors / sizes[:, None, :] * scale[:, :, None], np.where(values < 0, -1.0, 1.0)


def _transformed(found: Look, transform: Array, free: Sequence[int]) -> Matrix:
    """``T' H T``, of the enclosure of the whole Hessian."""
    n = range(len(free))
    right = [[_combined(transform[:, :, b], [found.hessian[i][j] for j in free]) for b in n] for i in free]
    return [[_combined(transform[:, :, a], [right[i][b] for i in n]) for b in n] for a in n]


def _by_rows(found: Look, transform: Array, free: Sequence[int]) -> Matrix:
    """The same row by row."""
    parts, n = found.residuals, range(len(free))
    assert parts is not None
    offset = [found.cells.offset(i).column for i in free]
    half = [[_combined(transform[:, :, a], [parts.bends[i][j] for i in free]) for j in free] for a in n]
    slopes = [_combined(transform[:, :, a], [parts.slopes_at_center[i] for i in free]) for a in n]
    for a in n:
        for j in n:
            slopes[a] = slopes[a] + half[a][j] * offset[j]
    residual = parts.at_center
    for i, along in zip(free, offset, strict=True):
        residual = residual + parts.slopes[i] * along

    def entry(a: int, b: int) -> Intervals:
        bend = _combined(transform[:, :, b], half[a])
        return ((slopes[a].square() if a == b else slopes[a] * slopes[b]) + residual * bend).sum()

    return [[entry(a, b) for b in n] for a in n]


def _combined(weights: Array, numbers: Sequence[Intervals]) -> Intervals:
    """The sum of numbers with weights ``(B, f)``, one a cell."""
    total = None
    for k, each in enumerate(numbers):
        weight = weights[:, k] if each.low.ndim == 1 else weights[:, k, None]
        term = Intervals.exactly(weight) * each
        total = term if total is None else total + term
    assert total is not None
    return total
