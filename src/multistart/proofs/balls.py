"""Trusted: small linear algebra on balls, and the way from floats to balls and back, rounded outward.

Every test is written so that nan fails it: "certainly" means that FLINT answered true.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from flint import arb

from multistart.proofs.enclosures import ONE, ZERO

NOTHING = -(2**40)  # the binary exponent of 0
Interval = tuple[float, float]
Cell = tuple[Interval, ...]
Vector = Sequence[arb]
Matrix = Sequence[Sequence[arb]]


def ball(low: float, high: float) -> arb:
    """The ball around the exact interval ``[low, high]``, a few 1e-10 of its radius wider."""
    if low == high:
        return arb(low)
    middle = low + 0.5 * (high - low)
    return arb(middle, math.nextafter(max(high - middle, middle - low), math.inf))


def outward(a: arb) -> Interval:
    """Floats ``(low, high)`` with the ball between them; infinite where nothing is known.

    >>> outward(arb(0.5)), outward(arb(1) / 3)
    ((0.5, 0.5), (0.33333333333333326, 0.33333333333333337))
    """
    if not a.is_finite():
        return -math.inf, math.inf
    lower, upper = a.lower(), a.upper()
    low, high = float(lower), float(upper)
    while not arb(low) <= lower:
        low = math.nextafter(low, -math.inf)
    while not arb(high) >= upper:
        high = math.nextafter(high, math.inf)
    return low, high


def excludes_zero(a: arb) -> bool:
    """Whether the ball certainly does not contain 0."""
    return bool(a > ZERO or a < ZERO)


def finite(balls: Sequence[arb]) -> bool:
    """Whether all balls are bounded."""
    return all(map(arb.is_finite, balls))


def approximate_inverse(matrix: Matrix) -> list[list[arb]] | None:
    """Some matrix near the inverse of the midpoints, exact as it stands; none where that fails. Proves nothing."""
    middle = [[float(a) for a in row] for row in matrix]  # of their midpoints
    inverse = _inverse(middle)
    return _scaled_inverse(matrix) if inverse is None else inverse


def _scaled_inverse(matrix: Matrix) -> list[list[arb]] | None:
    """The same with rows and columns scaled by powers of two, for numbers that floats cannot hold or multiply."""
    if not all(finite(row) for row in matrix):
        return None
    sizes = [[_magnitude(a) for a in row] for row in matrix]
    rows = [max(row) for row in sizes]
    columns = [max(size - r for size, r in zip(column, rows, strict=True)) for column in zip(*sizes, strict=True)]
    if min(*rows, *columns) <= NOTHING // 2:
        return None
    scaled = [
        [float(a.mid() * arb(2) ** -(r + c)) for a, c in zip(row, columns, strict=True)]
        for row, r in zip(matrix, rows, strict=True)
    ]
    inverse = _inverse(scaled)
    if inverse is None:
        return None
    return [
        [v * arb(2) ** -(r + c) for v, r in zip(row, rows, strict=True)]
        for row, c in zip(inverse, columns, strict=True)
    ]


def _magnitude(a: arb) -> int:
    """The binary exponent of a midpoint."""
    mantissa, exponent = a.mid().man_exp()
    return int(mantissa).bit_length() + int(exponent) if mantissa else NOTHING


def _inverse(middle: list[list[float]]) -> list[list[arb]] | None:
    if not _all_finite(middle):
        return None
    if len(middle) == 1:
        inverse = [[1 / middle[0][0]]] if middle[0][0] else None
    elif len(middle) == 2:
        inverse = _inverse_2(middle)
    else:
        try:
            inverse = np.linalg.inv(middle).tolist()
        except np.linalg.LinAlgError:
            return None
    if inverse is None or not _all_finite(inverse):
        return None
    return [[arb(v) for v in row] for row in inverse]


def _all_finite(matrix: list[list[float]]) -> bool:
    return all(all(map(math.isfinite, row)) for row in matrix)


def _inverse_2(matrix: list[list[float]]) -> list[list[float]] | None:
    (a, b), (c, d) = matrix
    first, second = max(abs(a), abs(b)), max(abs(c), abs(d))
    if first == 0.0 or second == 0.0:
        return None
    a, b, c, d = a / first, b / first, c / second, d / second  # so that the determinant does not overflow
    determinant = a * d - b * c
    if determinant == 0.0:
        return None
    return [
        [d / determinant / first, -b / determinant / second],
        [-c / determinant / first, a / determinant / second],
    ]


def identity_minus(y: Matrix, jacobian: Matrix) -> list[list[arb]]:
    """``I - Y J``, the contraction of Newton's method with the fixed matrix ``Y``."""
    columns = list(zip(*jacobian, strict=True))
    return [
        [(ONE if i == j else ZERO) - _dot(row, column) for j, column in enumerate(columns)] for i, row in enumerate(y)
    ]


def contracts(matrix: Matrix, weights: Sequence[float | arb]) -> bool:
    """Whether the weighted maximum norm of the matrix is certainly below 1.

    With ``matrix = I - Y J`` over a convex set this makes ``Y g`` injective there, hence ``g``: at most one zero.
    """
    scale = [arb(w) for w in weights]
    return all(_dot([abs(a) for a in row], scale) < w for row, w in zip(matrix, scale, strict=True))


def krawczyk(center: Vector, at_center: Vector, y: Matrix, contraction: Matrix, offset: Vector) -> list[arb]:
    """``c - Y g(c) + (I - Y J(X)) (X - c)``: contains every zero in ``X``; inside ``X`` it proves one.

    ``offset`` is ``X - c``.
    """
    return [
        c - _dot(row, at_center) + _dot(shrink, offset) for c, row, shrink in zip(center, y, contraction, strict=True)
    ]


def apply(matrix: Matrix, vector: Vector) -> list[arb]:
    """The product of a matrix and a vector."""
    return [_dot(row, vector) for row in matrix]


def mean_value(at_center: Vector, jacobian: Matrix, offset: Vector) -> list[arb]:
    """``g(c) + J(X) (X - c)``: contains every value of ``g`` on ``X``."""
    return [g + _dot(row, offset) for g, row in zip(at_center, jacobian, strict=True)]


def eigenvalue_bounds(hessian: Matrix) -> list[arb] | None:
    """Enclosures of the eigenvalues, ascending, of every symmetric matrix in ``hessian``; none where not finite.

    Weyl: they differ from those of the midpoint matrix ``M`` by at most ``|H - M|``, the largest sum of a row.
    """
    for row in hessian:
        if not finite(row):
            return None
    if len(hessian) == 1:
        return list(hessian[0])
    middle = [[float(a) for a in row] for row in hessian]
    if not _all_finite(middle):
        return None
    if len(middle) == 2:
        (low, across), (_, high) = middle
        between = arb(across)
        symmetric = [[arb(low), between], [between, arb(high)]]
    else:
        n = range(len(middle))
        symmetric = [[arb(middle[min(i, j)][max(i, j)]) for j in n] for i in n]
    pairs = zip(hessian, symmetric, strict=True)
    error = _symmetric(_max_row_sum([[a - m for a, m in zip(row, of, strict=True)] for row, of in pairs]))
    around = _eigenvalues_2(symmetric) if len(middle) == 2 else _eigenvalues(symmetric, middle)
    return [a + error for a in around]


def inertia(hessian: Matrix) -> list[arb] | None:
    """Balls with the signs of the eigenvalues, as many of each; none where not finite.

    Sylvester: scaling coordinates leaves the signs, and makes them certain where the eigenvalues are of very different
    size.
    """
    found = eigenvalue_bounds(hessian)
    if found is None and not all(finite(row) for row in hessian):
        return None
    if found is not None and all(excludes_zero(e) for e in found):
        return found
    halves = [-(m // 2) if (m := _magnitude(row[i])) > NOTHING else 0 for i, row in enumerate(hessian)]
    scales = [arb(2) ** h for h in halves]
    return eigenvalue_bounds(
        [[a * s * t for a, t in zip(row, scales, strict=True)] for row, s in zip(hessian, scales, strict=True)]
    )


def _eigenvalues_2(matrix: Matrix) -> list[arb]:
    """Of one symmetric matrix of two rows: the quadratic formula."""
    (a, b), (_, c) = matrix
    half = (a - c) / 2
    radicand = half * half + b * b
    root = ZERO.union(radicand.upper().sqrt()) if radicand.contains(ZERO) else radicand.sqrt()
    center = (a + c) / 2
    return [center - root, center + root]


def _eigenvalues(matrix: Matrix, middle: list[list[float]]) -> list[arb]:
    """Of one symmetric matrix: with ``V`` its eigenvectors in floats, ``A = V' M V`` is nearly diagonal.

    Weyl: the k-th eigenvalue of ``A`` is within ``|A - D|`` of the k-th diagonal entry. Ostrowski: it is ``theta``
    times the k-th of ``M``, with ``theta`` an eigenvalue of ``V' V`` or between, so within ``|V'V - I|`` of 1.
    """
    n = range(len(matrix))
    vectors = [[arb(v) for v in column] for column in np.linalg.eigh(np.array(middle), UPLO="U")[1].T.tolist()]
    images = [[_dot(row, v) for row in matrix] for v in vectors]
    diagonal = [arb(float(_dot(vectors[i], images[i]).mid())) for i in n]
    off = [[_dot(vectors[i], images[j]) - (diagonal[i] if i == j else ZERO) for j in n] for i in n]
    gram = [[_dot(vectors[i], vectors[j]) - (ONE if i == j else ZERO) for j in n] for i in n]
    error, theta = _symmetric(_max_row_sum(off)), ONE + _symmetric(_max_row_sum(gram))
    return [(d + error) / theta for d in sorted(diagonal, key=float)]


def _symmetric(radius: arb) -> arb:
    """The ball of that radius around 0; radius is an upper bound."""
    return (-radius).union(radius)


def _max_row_sum(matrix: Matrix) -> arb:
    largest = ZERO
    for row in matrix:
        total = ZERO
        for a in row:
            total = total + abs(a)
        largest = largest.max(total.abs_upper())
    return largest


def _dot(a: Vector, b: Vector) -> arb:
    if len(a) == 2:  # most functions are of the plane
        return a[0] * b[0] + a[1] * b[1]
    total = a[0] * b[0]
    for i in range(1, len(a)):
        total = total + a[i] * b[i]
    return total
