"""Minima of a box on its faces and in its corners: polished in the coordinates that are free there.

A point of a face is a strict minimum of the box where the function along the face has one and rises from the face into
the box: where the inward derivatives are positive, by more than their rounding. Then the critical point along the face
is polished, and looked at, as any other is, in fewer coordinates. Where an inward derivative is 0 this says nothing:
the point counts only if it is a minimum in all coordinates, or a certificate has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.conditions import Condition
from multistart.functions.formula import Formula
from multistart.functions.objective import Objective
from multistart.minima.polish import MAX_STEP, ROUNDINGS, Polished, polish
from multistart.minima.scales import LAST_DIGITS, neighbours

if TYPE_CHECKING:
    import sympy

    from multistart.functions.fit import Fit, Term

NEAR = 1e-3  # of the box's width: an end so near a face, from which the function falls to it, may be on its way there
Array = NDArray[np.float64]
Sides = NDArray[np.int8]  # for each coordinate -1 at the low end, +1 at the high end, 0 where it is free


@dataclass(frozen=True, eq=False)
class OnFace:
    """An objective in the free coordinates of a face, as far as minima are looked for by it.

    Attributes
    ----------
    sides
        Of the face, shape ``(d,)``.
    """

    objective: Objective
    box: Box
    sides: Sides

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """The coordinates that are free, shape ``(d,)``."""
        return np.asarray(self.sides == 0)

    @cached_property
    def ends(self) -> Array:
        """Where the others are held, shape ``(d,)``."""
        return np.where(self.sides < 0, self.box.low, self.box.high)

    @cached_property
    def own_box(self) -> Box:
        """The face as a box of its own."""
        return Box({name: self.box.bounds[name] for name in self.variables})

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the free coordinates."""
        return tuple(np.array(self.objective.variables)[self.free].tolist())

    @property
    def dimensions(self) -> int:
        """How many are free."""
        return int(self.free.sum())

    @property
    def along(self) -> Objective:
        """The function along the face: the objective itself where nothing is held."""
        return self if self.sides.any() else self.objective  # type: ignore[return-value]

    def holds(self, points: Array) -> NDArray[np.bool_]:
        """Whether the function falls out of the box across the face at points of it, shape ``(n,)``."""
        return np.asarray((falls_out(self.objective, points, self.box) == self.sides)[:, ~self.free].all(axis=1))

    def full(self, points: Array) -> Array:
        """Points in all coordinates, shape ``(n, k) -> (n, d)``."""
        found = np.tile(self.ends, (len(points), 1))
        found[:, self.free] = points
        return found

    def value(self, points: Array) -> Array:
        """As an objective has it."""
        return self.objective.value(self.full(points))

    def gradient(self, points: Array) -> Array:
        """The part along the face, shape ``(n, k)``."""
        return self.objective.gradient(self.full(points))[:, self.free]

    def hessian(self, points: Array) -> Array:
        """Likewise, shape ``(n, k, k)``."""
        return self.objective.hessian(self.full(points))[:, self.free][:, :, self.free]

    def gradient_and_hessian(self, points: Array) -> tuple[Array, Array]:
        """Both."""
        gradient, hessian = self.objective.gradient_and_hessian(self.full(points))
        return gradient[:, self.free], hessian[:, self.free][:, :, self.free]

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """Of the free coordinates."""
        return tuple(s for s, free in zip(self.objective.symbols, self.free, strict=True) if free)

    @property
    def fit(self) -> Fit | None:
        """The rows of a fit, whose term is restricted likewise."""
        return self.objective.fit

    @cached_property
    def term(self) -> OnFace:
        """What one row of a fit adds, on the face."""
        return OnFace(self.objective.term, self.box, self.sides)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The columns of a fit's rows, of its term."""
        return self.objective.arguments

    @property
    def fitted(self) -> Term:
        """Of a fit: what one row adds, in the user's own names."""
        return self.objective.fitted

    def put_in(self, formula: Formula) -> Formula:
        """A formula in the user's own names as the objective has it, on the face."""
        found = self.objective.put_in(formula)
        return Formula(self._on_face(found.expression), found.conditions)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Where the function is defined, on the face."""
        return tuple(Condition(c.kind, self._on_face(c.part)) for c in self.objective.conditions)

    @property
    def open_symbols(self) -> tuple[sympy.Symbol, ...]:
        """Of the columns of a fit's rows."""
        return self.objective.open_symbols

    @property
    def expression(self) -> sympy.Expr:
        """The formula on the face; the ends of the box are doubles, and exact."""
        return self._on_face(self.objective.expression)

    @property
    def gradient_expressions(self) -> tuple[sympy.Expr, ...]:
        """Of the free coordinates."""
        return tuple(map(self._on_face, self._along(self.objective.gradient_expressions)))

    @property
    def hessian_expressions(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """Likewise."""
        rows = self._along(self.objective.hessian_expressions)
        return tuple(tuple(map(self._on_face, self._along(row))) for row in rows)

    def _along(self, parts: tuple) -> tuple:
        return tuple(part for part, free in zip(parts, self.free, strict=True) if free)

    def _on_face(self, expression: sympy.Expr) -> sympy.Expr:
        import sympy

        ends = zip(self.objective.symbols, self.ends.tolist(), self.free, strict=True)
        return expression.xreplace({s: sympy.Rational(end) for s, end, free in ends if not free})


def falls_out(objective: Objective, points: Array, box: Box, reach: float = 0.0) -> Sides:
    """At which ends of the box the function falls out of it at points, by more than rounding; shape ``(n, d)``.

    Of ends that a point is within ``reach`` of, in widths of the box.
    """
    gradient = objective.gradient(points)
    sides = np.where(points - box.low <= reach * box.width, -1, 0) + np.where(
        box.high - points <= reach * box.width, 1, 0
    )
    which = (-sides * gradient > 0).any(axis=1)
    around = neighbours(points[which], box.width)
    changes = objective.gradient(around.reshape(-1, points.shape[1])).reshape(around.shape) - gradient[which][:, None]
    rounding = np.zeros(points.shape)
    rounding[which] = ROUNDINGS * np.abs(np.nan_to_num(changes, nan=0.0, posinf=0.0, neginf=0.0)).max(axis=1)
    return np.where(-sides * gradient > rounding, sides, 0).astype(np.int8)


def faces_of(objective: Objective, ends: Array, box: Box) -> Sides:
    """On which face each end is polished, shape ``(n, d)``: of those that it is near, or on, the first that holds.

    A face holds where Newton's method along it stays in the box, and the function falls out of the box from there.
    """
    chosen = np.zeros(ends.shape, dtype=np.int8)
    open_: NDArray[np.bool_] = np.asarray(np.isfinite(ends).all(axis=1))
    for reach in (NEAR, 0.0):
        tried = np.zeros(ends.shape, dtype=np.int8)
        tried[open_] = falls_out(objective, ends[open_], box, reach)
        for sides, which in by_face(tried):
            if not sides.any():
                continue
            holds = polish_on(OnFace(objective, box, sides), ends[which]).near
            chosen[which[holds]] = sides
            open_[which[holds]] = False
    return chosen


def by_face(sides: Sides) -> Iterator[tuple[Sides, NDArray[np.int64]]]:
    """Each face with the rows that are on it."""
    faces, group = np.unique(sides, axis=0, return_inverse=True)
    for i, face in enumerate(faces):
        yield face, np.flatnonzero(group.ravel() == i)


def polish_on(face: OnFace, ends: Array) -> Polished:
    """Newton's method along a face, ends and points in all coordinates; near are critical points of the box alone."""
    if face.free.any():
        found = polish(face.along, ends[:, face.free], face.own_box, bowls=False)
        points, near = face.full(found.points), found.near
    else:
        points, near = np.tile(face.ends, (len(ends), 1)), np.ones(len(ends), dtype=bool)
    points, inside = put_inside(points, face.box)
    close = (np.abs(points - ends) <= MAX_STEP * face.box.width).all(axis=1)
    which = np.flatnonzero(near & inside & close)
    holds = np.zeros(len(ends), dtype=bool)
    holds[which] = face.holds(points[which])
    return Polished(points, holds, np.zeros(len(ends), dtype=bool))


def polish_inside(objective: Objective, ends: Array, box: Box) -> Polished:
    """Newton's method from each end along the face that it is on, in the box where it is on none; shape ``(n, d)``."""
    points, near = ends.copy(), np.zeros(len(ends), dtype=bool)
    for sides, which in by_face(faces_of(objective, ends, box)):
        found = polish_on(OnFace(objective, box, sides), ends[which])
        points[which], near[which] = found.points, found.near
    return Polished(points, near, np.zeros(len(ends), dtype=bool))


def put_inside(points: Array, box: Box) -> tuple[Array, NDArray[np.bool_]]:
    """Points that are outside a box by their last digits put back, and whether they then are inside, shape ``(n,)``."""
    last = np.maximum(LAST_DIGITS * np.maximum(np.abs(box.low), np.abs(box.high)), 1e-15 * box.width)
    placed = np.clip(points, box.low, box.high)
    near = np.abs(placed - points) <= last
    return np.where(near, placed, points), np.asarray(near.all(axis=1))


def curvature_on(hessian: Array, sides: Sides) -> tuple[Array, Array]:
    """The smallest and largest eigenvalues in the free coordinates, shapes ``(n,)``; nan where none is free."""
    found = np.full((len(hessian), 2), np.nan)
    for face, which in by_face(sides):
        if (free := face == 0).any():
            values = np.linalg.eigvalsh(hessian[which][:, free][:, :, free])
            found[which] = values[:, [0, -1]]
    return found[:, 0], found[:, 1]


def spelled(sides: Sides, variables: tuple[str, ...]) -> list[str]:
    """On which bounds points are, as in ``"x low, y high"``; empty inside.

    >>> spelled(np.array([[-1, 1], [0, 0]], dtype=np.int8), ("x", "y"))
    ['x low, y high', '']
    """
    words = {-1: "low", 1: "high"}
    return [
        ", ".join(f"{name} {words[side]}" for name, side in zip(variables, row, strict=True) if side)
        for row in sides.tolist()
    ]


def sides_of(texts: list[str], variables: tuple[str, ...]) -> Sides:
    """What :func:`spelled` spelled.

    >>> sides_of(["x low, y high", ""], ("x", "y")).tolist()
    [[-1, 1], [0, 0]]
    """
    found = np.zeros((len(texts), len(variables)), dtype=np.int8)
    for row, text in zip(found, texts, strict=True):
        for name, end in (part.rsplit(" ", 1) for part in filter(None, text.split(", "))):
            row[variables.index(name)] = -1 if end == "low" else 1
    return found
