"""Trusted: what of a cell may hold a critical point, or a value at or below a level, from what is known on the cell.

Each contractor gives new ends of cells, ``(low, high)``; no point that is looked for lies between an old end and a new
one, and a cell whose ends cross has none. Where nothing is known (nan) ends stay. ``free`` are the coordinates that run
along the face; of the others nothing is said.

- :func:`of_rows`: no residual is above the square root of the level.
- :func:`of_linear`: where the model is linear in a parameter, that parameter is a quotient of sums at a critical point.
- :func:`of_level`: the level less what no parameter explains bounds what each may explain.
- :func:`of_gradient`: Krawczyk's operator.

To add one: a function of a :class:`Look`, here, and its line in ``branch_and_prune``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.proofs.batch import Cells, Look, Residuals, Squares
from multistart.proofs.explained import Gram, equilibrated, least_residual
from multistart.proofs.intervals import Intervals

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


def of_rows(code: Squares, cells: Cells, level: float, free: Sequence[int]) -> Cells:
    """Each coordinate by each row alone, and the linear ones by all rows.

    With ``c`` in place of ``b_i`` the residual is ``r_k(b) = r_k(b|c) + s (b_i - c)`` for a slope ``s`` of the cell
    (mean value theorem), and ``r_k(b)**2`` is at most the level. So ``b_i - c`` is in
    ``([-sqrt(level), sqrt(level)] - r_k(X|c))/J_ki(X)``, for all rows ``k``.

    Where ``r`` is linear in ``b_i``, its slope ``p`` does not depend on ``b_i``, and where the derivative along ``b_i``
    is 0, ``0 = sum p_k (r_k(b|c) + p_k (b_i - c))``: then ``b_i - c`` is in ``-sum p_k r_k(X|c) / sum p_k**2``. All
    critical points along a face on which ``b_i`` runs are kept so; on a face that holds it the equation is not used
    (Golub and Pereyra 1973, SIAM J. Numer. Anal. 10(2), eliminate linear parameters so; here they are enclosed).
    """
    _, *slopes = code.first(cells)
    most = np.sqrt(level) * UP
    within = Intervals(np.array(-most), np.array(most))
    low, high = cells.low.copy(), cells.high.copy()
    for i in free:
        at = cells.center[:, i]
        there = code.residual(_with(cells, i, at))[0]
        steps = [(within - there) / slopes[i]] if np.isfinite(level) else []
        ends = [(np.fmax.reduce(s.low, axis=1), np.fmin.reduce(s.high, axis=1)) for s in steps]
        if i in code.linear:
            step = -((slopes[i] * there).sum() / slopes[i].square().sum())
            ends.append((step.low, step.high))
        for first, last in ends:
            _cut(low, high, i, Intervals(first, last) + Intervals.exactly(at))
    return Cells(low, high)


def of_level(found: Look, level: float, free: Sequence[int]) -> Cells:
    """Each coordinate by a direction of residuals that it alone explains.

    Let ``u`` be what no parameter explains of the residuals at the center (their part across all slopes) and ``q`` the
    row of the pseudo-inverse of the slopes for ``b_i``; as unit vectors. The Gram matrix of two unit vectors has
    eigenvalues of at most ``1 + |u'q|``, so ``(u'r)**2 + (q'r)**2 <= (1 + |u'q|) level``. Taylor's theorem bounds
    ``u'r`` from below and makes ``q'r`` a linear function of ``b`` with a remainder of second order.
    """
    parts = found.residuals
    assert parts is not None
    low, high = found.cells.low.copy(), found.cells.high.copy()
    gram = Gram.of(parts, found.cells)
    rest, rows = gram.unexplained(), gram.pseudo_inverse()
    of_rest = Along.of(rest, found.cells, parts)
    unexplained = np.fmax(of_rest.on_cell.low, 0.0)
    taken = Intervals.exactly(unexplained).square() / of_rest.size
    for i in free:
        along = Along.of(rows[:, i], found.cells, parts)
        overlap = np.sqrt((dots(rest, rows[:, i]).square() / (of_rest.size * along.size)).high) * UP
        left = along.size * ((Intervals.exactly(overlap) + ONE) * Intervals.exactly(np.array(level)) - taken)
        most = np.sqrt(np.maximum(left.high, 0.0)) * UP  # nan where nothing is known
        others = along.without(i)
        step = (Intervals(-most, most) - others) / along.slopes[i]
        _cut(low, high, i, step + Intervals.exactly(found.cells.center[:, i]))
    return Cells(low, high)


def lower_bound(found: Look) -> Array:
    """A lower bound of the sum of squares on each cell.

    For every vector ``v``: ``|r|**2 >= (v'r)**2 / |v|**2`` (Cauchy and Schwarz). The best is ``r`` where the linearised
    sum is least on the cell; then Taylor's theorem bounds ``v'r`` from below, up to second order.
    """
    parts = found.residuals
    if parts is None:
        return found.value.low
    v = least_residual(Gram.of(parts, found.cells))
    along = Along.of(v, found.cells, parts)
    least = Intervals.exactly(np.fmax(along.on_cell.low, 0.0))
    return np.fmax((least.square() / along.size).low, found.value.low)


def of_gradient(found: Look, free: Sequence[int]) -> Cells:
    """Krawczyk's ``c - Y g(c) + (I - Y H(X))(X - c)``.

    Cells on which a component of the gradient is not 0 are given crossing ends.
    """
    cells = found.cells
    low, high = cells.low.copy(), cells.high.copy()
    inverse = _inverse(found, free)
    for a, i in enumerate(free):
        row = [Intervals.exactly(inverse[:, a, b]) for b in range(len(free))]
        image = Intervals.exactly(cells.center[:, i])
        for each, j in zip(row, free, strict=True):
            image = image - each * found.at_center[j]
        for j in free:
            entry = Intervals.exactly(np.full(len(cells), float(i == j)))
            for each, k in zip(row, free, strict=True):
                entry = entry - each * found.hessian[k][j]
            image = image + entry * cells.offset(j)
        _cut(low, high, i, image)
    none = np.zeros(len(cells), bool)
    for i in free:
        none |= ~found.gradient[i].has_zero
    low[none], high[none] = np.inf, -np.inf
    return Cells(low, high)


@dataclass(frozen=True)
class Along:
    """``v'r`` on cells, for a vector of floats ``v`` a cell, by Taylor's theorem.

    Attributes
    ----------
    size
        ``v'v``.
    at_center, slopes
        ``v'r`` and its derivatives there.
    remainder
        What terms of second order add.
    """

    cells: Cells
    size: Intervals
    at_center: Intervals
    slopes: list[Intervals]
    remainder: Intervals

    @classmethod
    def of(cls, v: Array, cells: Cells, parts: Residuals) -> Along:
        """Of vectors, shape ``(B, n)``; each row's second derivatives may be those of another point of the cell."""
        d = len(parts.slopes)
        moving = [i for i in range(d) if cells.reach[:, i].any()]
        remainder = Intervals.exactly(np.zeros(len(cells)))
        for i in moving:
            half = HALF * cells.offset(i).square()
            remainder = remainder + _dot(v, parts.bends[i][i]) * half
            for j in (j for j in moving if j > i):
                remainder = remainder + _dot(v, parts.bends[i][j]) * (cells.offset(i) * cells.offset(j))
        slopes = [_dot(v, parts.slopes_at_center[i]) for i in range(d)]
        return cls(cells, dots(v, v), _dot(v, parts.at_center), slopes, remainder)

    @property
    def on_cell(self) -> Intervals:
        """All its values."""
        return self.without(None)

    def without(self, i: int | None) -> Intervals:
        """The same without what coordinate ``i`` adds in first order."""
        total = self.at_center + self.remainder
        for j, slope in enumerate(self.slopes):
            if j != i:
                total = total + slope * self.cells.offset(j)
        return total


UP = 1 + 2.0**-50  # more than the rounding of a root, and of a product
ONE, HALF = (Intervals.exactly(np.array(v)) for v in (1.0, 0.5))


def dots(u: Array, v: Array) -> Intervals:
    """``u'v`` a cell, of floats."""
    return (Intervals.exactly(u) * Intervals.exactly(v)).sum()


def _dot(v: Array, numbers: Intervals) -> Intervals:
    return (Intervals.exactly(v) * numbers).sum()


def _with(cells: Cells, i: int, at: Array) -> Cells:
    """The cells with one coordinate held."""
    low, high = cells.low.copy(), cells.high.copy()
    low[:, i] = high[:, i] = at
    return Cells(low, high)


def _cut(low: Array, high: Array, i: int, to: Intervals) -> None:
    """Ends of a coordinate that are inside what it is known to be in; nan says nothing."""
    low[:, i] = np.fmax(low[:, i], to.low)
    high[:, i] = np.fmin(high[:, i], to.high)


def _inverse(found: Look, free: Sequence[int]) -> Array:
    """Near the inverse of the Hessian's middle along a face; any matrix serves."""
    scaled, scale = equilibrated(found, free)
    inverse = np.nan_to_num(np.linalg.pinv(scaled, rcond=1e-14, hermitian=True))
    return inverse * scale[:, :, None] * scale[:, None, :]
