"""Zeros of the field: found by Newton's method in floats, which proves nothing, then verified, which does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flint import arb

from multistart.proofs.balls import (
    apply,
    approximate_inverse,
    contracts,
    finite,
    identity_minus,
    krawczyk,
    outward,
)
from multistart.proofs.enclosures import OutsideDomain, precision
from multistart.proofs.faces import Cell, Face
from multistart.proofs.problem import Problem

NEWTON_STEPS = 20
BITS_A_STEP = 32  # that a refinement gains at least: its inverse is one of floats


class System(Protocol):
    """As many smooth functions as unknowns: the field along a face, or others beside it.

    Implementations: :class:`multistart.proofs.faces.Face`, :class:`multistart.proofs.tubes.Section`,
    :class:`multistart.proofs.folds.Singularity`.
    To add one, write ``cell``, bounds that say how large the unknowns are, and ``field_jacobian``, which encloses the
    functions and their Jacobian over a box.
    """

    @property
    def cell(self) -> Cell:
        """Bounds of the unknowns; only their size matters."""

    def field_jacobian(self, problem: Problem, running: Sequence[arb]) -> tuple[list[arb], list[list[arb]]]:
        """The functions, and row by row their derivatives by the unknowns."""


@dataclass(frozen=True)
class Zero:
    """Exactly one zero of the field along ``face`` lies in ``balls``, and it is nondegenerate.

    Attributes
    ----------
    balls
        One a coordinate that runs, at the precision of the proof.
    cell
        The same in floats, rounded outward.
    """

    face: Face
    balls: tuple[arb, ...]
    cell: Cell

    @property
    def is_outside(self) -> bool:
        """Whether the zero is certainly not on the closed face."""
        return any(a < low or a > high for a, (low, high) in zip(self.balls, self.face.cell, strict=True))

    @property
    def is_inside(self) -> bool:
        """Whether it is certainly on the open face."""
        return all(a > low and a < high for a, (low, high) in zip(self.balls, self.face.cell, strict=True))


def newton(problem: Problem, face: Face, start: Sequence[float], reach: Cell) -> list[float] | None:
    """A float point near a zero, or none if the iteration leaves ``reach`` or does not settle."""
    x = list(start)
    sizes = [high - low for low, high in reach]
    for _ in range(NEWTON_STEPS):
        try:
            field, jacobian = face.field_jacobian(problem, [arb(v) for v in x])
        except OutsideDomain:
            return None
        inverse = approximate_inverse(jacobian)
        if inverse is None:
            return None
        step = [float(s) for s in apply(inverse, field)]
        x = [v - s for v, s in zip(x, step, strict=True)]
        if not all(low <= v <= high for v, (low, high) in zip(x, reach, strict=True)):
            return None
        if all(abs(s) <= 1e-9 * size for s, size in zip(step, sizes, strict=True)):
            return x
    return None


def verify(problem: Problem, face: Face, near: Sequence[float], bits: int) -> Zero | None:
    """Trusted. The zero of the field along a face near a point, with its proof."""
    with precision(bits):
        balls = solution(problem, face, near, bits)
        return None if balls is None else Zero(face, balls, tuple(outward(a) for a in balls))


def solution(problem: Problem, system: System, near: Sequence[float | arb], bits: int) -> tuple[arb, ...] | None:
    """Trusted. Balls with exactly one zero, near a point: Krawczyk's operator maps a box into its own inside.

    The box is inflated until that works (Rump's epsilon-inflation), at most a few times.
    """
    with precision(bits):
        try:
            return _solution(problem, system, [arb(v) for v in near], bits)
        except OutsideDomain:
            return None


def _solution(problem: Problem, system: System, center: list[arb], bits: int) -> tuple[arb, ...] | None:
    size = [arb(max(abs(low), abs(high))) for low, high in system.cell]
    least = [arb(2) ** (16 - bits) * (s + abs(c)) for s, c in zip(size, center, strict=True)]
    step: list[arb] = []
    for _ in range(20 + bits // BITS_A_STEP):
        field, jacobian = system.field_jacobian(problem, center)
        inverse = approximate_inverse(jacobian)
        if inverse is None or not finite(field):
            return None
        last = center, field, inverse
        step = apply(inverse, field)
        if all(abs(s) < small for s, small in zip(step, least, strict=True)):
            break
        center = [(c - s).mid() for c, s in zip(center, step, strict=True)]
    center, field, inverse = last
    radius = [4 * s.abs_upper() + small for s, small in zip(step, least, strict=True)]
    for _ in range(6):
        box = [(c - r).union(c + r) for c, r in zip(center, radius, strict=True)]
        image = _maps_inside(problem, system, center, field, inverse, box)
        if image is not None:
            return tuple(image)
        radius = [16 * r for r in radius]
    return None


def _maps_inside(
    problem: Problem, system: System, center: list[arb], field: list[arb], inverse: list[list[arb]], box: list[arb]
) -> list[arb] | None:
    _, jacobian = system.field_jacobian(problem, box)
    contraction = identity_minus(inverse, jacobian)
    image = krawczyk(center, field, inverse, contraction, [b - c for b, c in zip(box, center, strict=True)])
    weights = [b.rad() for b in box]  # no floats, which 2**-2048 is too small for
    proven = all(b.contains_interior(k) for b, k in zip(box, image, strict=True))
    return image if proven and finite(image) and contracts(contraction, weights) else None
