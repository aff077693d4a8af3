"""The box, its faces and its corners as one thing: some coordinates run, the others are held at an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import arb

from multistart.proofs.balls import Cell, ball
from multistart.proofs.enclosures import ZERO, OutsideDomain
from multistart.proofs.problem import Problem


@dataclass(frozen=True)
class Face:
    """A face of a box: the box itself if nothing is held, a corner if everything is.

    Attributes
    ----------
    bounds
        The box, ``d`` intervals whose float ends are exact.
    held
        For each coordinate: -1 at its lower end, +1 at its upper end, 0 if it runs.
    """

    bounds: Cell
    held: tuple[int, ...]

    @cached_property
    def free(self) -> tuple[int, ...]:
        """The coordinates that run."""
        return tuple(i for i, side in enumerate(self.held) if side == 0)

    @cached_property
    def cell(self) -> Cell:
        """The face's own bounds, in the coordinates that run."""
        return tuple(self.bounds[i] for i in self.free)

    @property
    def place(self) -> str:
        """``"interior"``, ``"face"`` or ``"corner"``."""
        return "interior" if not any(self.held) else "face" if self.free else "corner"

    def full(self, cell: Cell) -> Cell:
        """A cell of the face in all ``d`` coordinates."""
        ends = iter(cell)
        return tuple(
            next(ends) if side == 0 else (b[side > 0], b[side > 0])
            for b, side in zip(self.bounds, self.held, strict=True)
        )

    def embed(self, running: Sequence[arb]) -> list[arb]:
        """Balls for all ``d`` coordinates from balls for those that run."""
        if len(running) == len(self.held):
            return list(running)
        balls = iter(running)
        return [next(balls) if side == 0 else end for end, side in zip(self._ends, self.held, strict=True)]

    @cached_property
    def _ends(self) -> list[arb]:
        return [arb(b[side > 0]) for b, side in zip(self.bounds, self.held, strict=True)]

    def restrict(self, vector: Sequence[arb]) -> list[arb]:
        """The components along the face."""
        return [vector[i] for i in self.free]

    def inward(self, vector: Sequence[arb]) -> list[arb]:
        """The components across the face, positive into the box."""
        return [-vector[i] if side > 0 else vector[i] for i, side in enumerate(self.held) if side != 0]

    def field(self, problem: Problem, running: Sequence[arb]) -> list[arb]:
        """The field along the face."""
        return self.restrict(problem.field(self.embed(running)))

    def field_jacobian(self, problem: Problem, running: Sequence[arb]) -> tuple[list[arb], list[list[arb]]]:
        """The field along the face and its Jacobian in the coordinates that run."""
        balls, d = problem.field_jacobian(self.embed(running)), problem.dimensions
        return self.restrict(balls[:d]), self.block(balls[d:])

    def hessian(self, problem: Problem, running: Sequence[arb]) -> list[list[arb]]:
        """The Hessian of the function restricted to the face."""
        return self.block(problem.hessian(self.embed(running)))

    def block(self, matrix: Sequence[arb]) -> list[list[arb]]:
        """The rows and columns along the face, from the ``d*d`` entries of a matrix."""
        d = len(self.held)
        return [[matrix[d * i + j] for j in self.free] for i in self.free]

    def excludes(self, field: Sequence[arb]) -> bool:
        """Trusted. Whether the field on a cell shows that no minimum of the box, nor any other zero, can be on it.

        Along the face it does not vanish there, or across the face the function falls into the box.
        """
        return any(
            bool(a > ZERO or a < ZERO) if side == 0 else bool(a > ZERO if side > 0 else a < ZERO)
            for a, side in zip(field, self.held, strict=True)
        )

    def descends_inward(self, problem: Problem, running: Sequence[arb]) -> bool:
        """Whether the function certainly falls into the box everywhere here, so that no minimum is here."""
        try:
            return any(a < ZERO for a in self.inward(problem.field(self.embed(running))))
        except OutsideDomain:
            return False


def interior(bounds: Cell) -> Face:
    """The whole box."""
    return Face(bounds, (0,) * len(bounds))


def balls_of(cell: Cell) -> list[arb]:
    """One ball a coordinate."""
    return [ball(low, high) for low, high in cell]


def hull(first: Cell, second: Cell) -> Cell:
    """The smallest cell that contains both."""
    return tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(first, second, strict=True))


def halves(cell: Cell, axis: int, at: float) -> tuple[Cell, Cell]:
    """Two closed cells that share the plane across a coordinate at a part ``at`` of its width."""
    low, high = cell[axis]
    cut = low + at * (high - low)
    return (*cell[:axis], (low, cut), *cell[axis + 1 :]), (*cell[:axis], (cut, high), *cell[axis + 1 :])


def middle(cell: Cell) -> list[float]:
    """The midpoint, rounded."""
    return [low + 0.5 * (high - low) for low, high in cell]
