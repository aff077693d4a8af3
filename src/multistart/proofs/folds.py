"""Folds: where a minimum and a saddle meet and vanish, found by Newton's method and proven by Krawczyk's operator.

At a fold ``g = 0`` and ``H v = 0`` for some ``v``. These ``2 d`` equations in ``(x, p, v)`` have a nonsingular Jacobian
exactly where the fold is a simple one (Moore and Spence 1980; Kuznetsov 2004, section 10.3), so Krawczyk's operator
proves it and bounds its parameter. A tube along a coordinate that ``v`` has much of runs through minimum, fold and
saddle; where ``p`` has a second derivative of one sign on all of it, the fold is the only one there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb

from multistart.proofs.balls import Cell, apply, approximate_inverse, excludes_zero, finite, inertia, outward
from multistart.proofs.enclosures import ONE, ZERO, OutsideDomain
from multistart.proofs.family import Family
from multistart.proofs.problem import Problem
from multistart.proofs.tubes import BITS, Bend, Point, Tube, enclose, locate
from multistart.proofs.zeros import solution

STEPS = 100  # where the Jacobian is singular too Newton's method gains half a bit a step
CLOSE = 2.0**-44  # of the sizes: a last step that small has arrived
FAR = 2.0  # sizes away from the start a step has gone astray


@dataclass(frozen=True)
class Singular:
    """A critical point whose Hessian is singular, in balls ``z``; ``free`` is a coordinate its null vector has most of.

    Attributes
    ----------
    proven
        Whether a simple fold is proven in the balls. Else they are where Newton's method came to rest.
    """

    z: tuple[arb, ...]
    free: int
    proven: bool

    @property
    def bracket(self) -> tuple[float, float]:
        """The parameter, rounded outward."""
        return outward(self.z[-1])


@dataclass(frozen=True)
class Singularity:
    """``g = 0, H v = 0`` with ``v_m = 1``, for the unknowns ``x``, ``p`` and the other components of ``v``."""

    family: Family
    free: int
    cell: Cell

    def field_jacobian(self, problem: Problem, running: Sequence[arb]) -> tuple[list[arb], list[list[arb]]]:
        """Both equations and their derivatives."""
        d, m = self.family.dimensions, self.free
        z, v = running[: d + 1], [*running[d + 1 : d + 1 + m], ONE, *running[d + 1 + m :]]
        gradient, rows = self.family.jet(z)
        third = self.family.third(z)
        hessian = [row[:d] for row in rows]
        bent = [apply(matrix, [*v, ZERO]) for matrix in third]
        above = [[*row, *([ZERO] * (d - 1))] for row in rows]
        below = [[*turned, *row[:m], *row[m + 1 :]] for turned, row in zip(bent, hessian, strict=True)]
        return [*gradient, *apply(hessian, v)], [*above, *below]


def find_singular(family: Family, start: Point, cell: Cell) -> Singular | None:
    """A critical point with a singular Hessian that Newton's method reaches from a critical point; proven if it can be.

    None where it goes astray. ``cell`` says how large the ``d + 1`` coordinates are.
    """
    try:
        return _find(family, start, cell)
    except OutsideDomain:
        return None


def _find(family: Family, start: Point, cell: Cell) -> Singular | None:
    d = family.dimensions
    z = [a.mid() for a in start]
    vector = _null_vector(family, z)
    if vector is None:
        return None
    m = int(np.argmax(np.abs(vector)))
    rest = [arb(float(v)) for i, v in enumerate(vector / vector[m]) if i != m]
    system = Singularity(family, m, (*cell, *([(-1.0, 1.0)] * (d - 1))))
    near = _newton(family.problem, system, [*z, *rest])
    if near is None:
        return None
    found = solution(family.problem, system, near, BITS)
    if found is None:
        return Singular(tuple(near[: d + 1]), m, proven=False)
    return Singular(tuple(found[: d + 1]), m, proven=True)


def _null_vector(family: Family, z: Sequence[arb]) -> np.ndarray | None:
    """In floats, the eigenvector of the smallest eigenvalue, whatever its sign."""
    found = eigenvectors(family, z)
    return None if found is None else found[1][:, np.argmin(np.abs(found[0]))]


def eigenvectors(family: Family, z: Sequence[arb]) -> tuple[np.ndarray, np.ndarray] | None:
    """In floats, eigenvalues and eigenvectors of the Hessian by ``x``; proves nothing."""
    _, rows = family.jet(z)
    hessian = np.array([[float(a) for a in row[:-1]] for row in rows])
    return np.linalg.eigh(hessian) if np.isfinite(hessian).all() else None


def _newton(problem: Problem, system: Singularity, start: Sequence[arb]) -> list[arb] | None:
    """Where Newton's method comes to rest, also where the Jacobian is singular there: at a pitchfork."""
    sizes = [high - low for low, high in system.cell]
    x = list(start)
    for _ in range(STEPS):
        values, jacobian = system.field_jacobian(problem, x)
        inverse = approximate_inverse(jacobian)
        if inverse is None and all(abs(v) < CLOSE for v in values):
            return x
        if inverse is None or not finite(values):
            return None
        step = apply(inverse, values)
        x = [(a - s).mid() for a, s in zip(x, step, strict=True)]
        if any(abs(float(a - b)) > FAR * size for a, b, size in zip(x, start, sizes, strict=True)):
            return None
        if all(abs(float(s)) <= CLOSE * size for s, size in zip(step, sizes, strict=True)):
            return x
    return None


def folds_into(family: Family, minimum: Point, fold: Singular, cell: Cell) -> bool:
    """Trusted. Whether the curve through a minimum runs into the fold and turns there, and has no other fold before it.

    The tube from the minimum to the critical point of the same parameter beyond the fold holds the fold; on all of
    it ``p`` is a function of the coordinate that is run through, with a second derivative of one sign.
    """
    if not fold.proven:
        return False
    k = fold.free
    beyond = [2 * a - b for a, b in zip(fold.z, minimum, strict=True)]
    try:
        other = locate(family, [a.mid() for a in beyond[:-1]] + [minimum[-1]], family.dimensions, cell)
        if other is None or other[k].overlaps(minimum[k]):
            return False
        found = enclose(family, minimum, other, k)
        return found is not None and found[0].holds(fold.z) and _turns_once(family, *found)
    except OutsideDomain:
        return False


def _turns_once(family: Family, tube: Tube, bend: Bend) -> bool:
    """Trusted. Whether the second derivative of ``p`` along the tube has one sign on all of it.

    ``J w + g_k = 0`` for the first derivatives ``w`` of the other coordinates, ``J w' + D^2 g (w, 1)^2 = 0`` for the
    second ones.
    """
    k, radius = tube.along, [w.rad() for i, w in enumerate(tube.width) if i != tube.along]
    first = _solved(bend, [-a for a in bend.across], radius)
    if first is None:
        return False
    along = [*first[:k], ONE, *first[k:]]
    curved = [_form(matrix, along) for matrix in family.third(tube.box())]
    second = _solved(bend, [-a for a in curved], radius)
    return second is not None and excludes_zero(second[-1])


def _solved(bend: Bend, right: Sequence[arb], weights: Sequence[arb]) -> list[arb] | None:
    """Trusted. The solutions of ``J w = r`` for all ``J`` on the tube and all ``r``, from ``w = Y r + (I - Y J) w``.

    With ``q < 1`` the weighted norm of ``I - Y J``, ``w`` is within ``q / (1 - q)`` of the size of ``Y r``.
    """
    near = apply(bend.inverse, right)
    if not finite(near):
        return None
    norm, size = ZERO, ZERO
    for row, a, weight in zip(bend.contraction, near, weights, strict=True):
        total = sum((abs(e) * w for e, w in zip(row, weights, strict=True)), ZERO)
        norm, size = norm.max((total / weight).abs_upper()), size.max((a / weight).abs_upper())
    if not norm < ONE:
        return None
    reach = (norm / (ONE - norm) * size).abs_upper()
    return [a + (-(reach * w)).union(reach * w) for a, w in zip(near, weights, strict=True)]


def _form(matrix: Sequence[Sequence[arb]], vector: Sequence[arb]) -> arb:
    return sum((a * b for a, b in zip(apply(matrix, vector), vector, strict=True)), ZERO)


def is_minimum(family: Family, point: Sequence[arb]) -> bool:
    """Trusted. Whether the Hessian by ``x`` is certainly positive definite."""
    try:
        signs = inertia([row[:-1] for row in family.jet(point)[1]])
    except OutsideDomain:
        return False
    return signs is not None and all(s > ZERO for s in signs)
