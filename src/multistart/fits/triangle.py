"""`Triangle`: a matrix of information M = R'R by its triangular factor, with its columns ordered and scaled.

Covariances are made from R and never from R'R, whose condition is the square of R's. Sums are correctly rounded
(``math.fsum``), so that no bit depends on the order of the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DEPENDENT = 1e-12  # of a column's length: what is left of one that depends on others, by rounding
INVOLVED = 1e-6  # of a dependence between scaled columns: a coefficient that is none


@dataclass(frozen=True)
class Triangle:
    """The factor R of a matrix M = S R'R S, with columns in the order in which they were taken.

    Attributes
    ----------
    upper
        R, shape ``(rank, p)``; its first ``rank`` columns are a triangle.
    order
        Which column of M each column of R is, shape ``(p,)``.
    scale
        The diagonal of S, shape ``(p,)``, in the order of M; 0 for a column without any information.
    """

    upper: Array
    order: NDArray[np.int64]
    scale: Array

    @property
    def rank(self) -> int:
        """How many columns are independent."""
        return len(self.upper)

    def unresolved(self) -> list[NDArray[np.int64]]:
        """The groups of columns that depend on each other, or one alone that is zero."""
        among = _inverse(self.upper[:, : self.rank]) @ self.upper[:, self.rank :]
        dependent = self.order[self.rank :].tolist()
        return [
            np.sort([last, *self.order[: self.rank][np.abs(coefficients) > INVOLVED]]).astype(np.int64)
            for last, coefficients in zip(dependent, among.T, strict=True)
        ]

    def root(self) -> Array:
        """A matrix W with W W' the inverse of M, shape ``(p, rank)``; nan in the rows of what is unresolved.

        Where some columns depend on each other, the rows of all others are the same for every generalised inverse.
        """
        root = np.full((len(self.order), self.rank), np.nan)
        leading = self.order[: self.rank]
        root[leading] = _inverse(self.upper[:, : self.rank]) / self.scale[leading, None]
        for group in self.unresolved():
            root[group] = np.nan
        return root


def of_rows(rows: Array) -> Triangle:
    """The triangle of J'J, from J, shape ``(n, p)``, by modified Gram-Schmidt with column pivoting.

    As stable as Householder's method for R (Björck and Paige 1992, SIAM J. Matrix Anal. Appl. 13(1)).
    """
    scale = np.array([_length(column) for column in rows.T])
    left = rows / np.where(scale > 0, scale, 1.0)
    n, p = rows.shape
    order, upper = np.arange(p), np.zeros((min(n, p), p))
    for k in range(min(n, p)):
        lengths = [_length(left[:, j]) for j in range(k, p)]
        pivot = k + int(np.argmax(lengths))
        if not max(lengths) > DEPENDENT:
            return Triangle(upper[:k], order, scale)
        for table in (left, upper):
            table[:, [k, pivot]] = table[:, [pivot, k]]
        order[[k, pivot]] = order[[pivot, k]]
        upper[k, k] = max(lengths)
        unit = left[:, k] / upper[k, k]
        for j in range(k + 1, p):
            upper[k, j] = _dot(unit, left[:, j])
            left[:, j] -= upper[k, j] * unit
    return Triangle(upper, order, scale)


def of_matrix(matrix: Array) -> Triangle | None:
    """The triangle of a symmetric matrix, shape ``(p, p)``, by Cholesky's method with pivoting; none where it is not
    positive semidefinite.
    """
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    safe = np.where(scale > 0, scale, 1.0)
    left, p = matrix / safe / safe[:, None], len(matrix)
    order, upper = np.arange(p), np.zeros((p, p))
    for k in range(p):
        diagonal = np.diag(left)[k:]
        pivot = k + int(np.argmax(diagonal))
        if not diagonal.max() > DEPENDENT:
            return None if np.abs(left[k:, k:]).max() > math.sqrt(DEPENDENT) else Triangle(upper[:k], order, scale)
        left[[k, pivot]] = left[[pivot, k]]
        for table in (left, upper):
            table[:, [k, pivot]] = table[:, [pivot, k]]
        order[[k, pivot]] = order[[pivot, k]]
        upper[k, k:] = left[k, k:] / math.sqrt(left[k, k])
        left[k:, k:] -= np.outer(upper[k, k:], upper[k, k:])
    return Triangle(upper, order, scale)


def _inverse(upper: Array) -> Array:
    """The inverse of a triangle, column by column from its diagonal upwards."""
    p = len(upper)
    inverse = np.zeros((p, p))
    for j in range(p):
        inverse[j, j] = 1.0 / upper[j, j]
        for i in range(j - 1, -1, -1):
            inverse[i, j] = -_dot(upper[i, i + 1 : j + 1], inverse[i + 1 : j + 1, j]) / upper[i, i]
    return inverse


def _dot(one: Array, other: Array) -> float:
    return math.fsum((one * other).tolist())


def _length(column: Array) -> float:
    """The length, by a scale that keeps squares from overflow and underflow; nan or inf where something is."""
    largest = float(np.abs(column).max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    scaled = column / largest
    return largest * math.sqrt(_dot(scaled, scaled))
