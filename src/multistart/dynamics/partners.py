"""Partners: the saddles and maxima that minima meet in folds, over a parameter of the function.

No descent shows them; but a minimum and its partner are one curve of critical points, which turns at the fold. It is
followed from the minimum around it by pseudo-arclength (Keller 1977) in doubles, which proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective

STEP, SHORTEST = 0.02, 1e-6  # along the curve, in widths of the box and of the interval: at most, and at least
STRAIGHT = 0.97  # least cosine between directions in a row
NEWTON_STEPS, SETTLED = 8, 1e-10
MOST = 2000  # points of a curve
SAME = 0.05  # folds that near each other are the two ends of one curve
SLOPE = 1e-6  # of the interval, for differences by the parameter
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """Critical points over a parameter.

    Points are ``(x, p)`` in widths of the box and of the interval, shape ``(d + 1,)``.
    """

    objective: Objective
    parameter: str
    box: Box
    low: float
    high: float

    def partner(self, place: Array, value: float, towards: float) -> Array:
        """The curve beyond its fold, in the function's units, shape ``(m, d + 1)``; none if it does not turn.

        Parameters
        ----------
        place, value
            A minimum, shape ``(d,)``, and the parameter there.
        towards
            The parameter of its fold.
        """
        start = self._scaled(np.append(place, value))
        way = np.sign(towards - value) or 1.0
        beyond: list[Array] = []
        turned, before = False, start[-1]
        for z in self._along(start, np.append(np.zeros(len(place)), way)):
            if turned and (z[-1] - before) * way > 0:
                break  # the next fold
            turned |= (z[-1] - before) * way < 0
            before = z[-1]
            if turned:
                beyond.append(z)
        return self._units(np.array(beyond)) if beyond else np.empty((0, len(start)))

    def apart(self, one: Array, other: Array) -> float:
        """How far two points are from each other, in widths."""
        return float(np.abs(self._scaled(one) - self._scaled(other)).max())

    def values(self, points: Array) -> tuple[Array, NDArray[np.bool_]]:
        """The function at each point, and whether that is a maximum; shapes ``(m,)``."""
        each = [(self._at(point[-1]), point[None, :-1]) for point in points]
        value = np.array([f.value(place)[0] for f, place in each])
        highest = np.array([np.linalg.eigvalsh(f.hessian(place)[0])[-1] for f, place in each])
        return value, highest < 0

    def _along(self, z: Array, way: Array) -> Iterator[Array]:
        """The points of a curve in turn, while they are in the box and the interval."""
        step, way = STEP / 4, self._direction(z, way)
        for _ in range(MOST):
            found = None
            while found is None and step > SHORTEST:
                found = self._next(z, way, step)
                step *= 0.5 if found is None else 1.5
            if found is None or not self._inside(found[0]):
                return
            z, way = found
            step = min(step, STEP)
            yield z

    def _next(self, z: Array, way: Array, step: float) -> tuple[Array, Array] | None:
        guess = z + step * way
        for _ in range(NEWTON_STEPS):
            slope, jacobian = self._jet(guess)
            matrix = np.vstack([jacobian, way])
            if not (np.isfinite(matrix).all() and np.isfinite(slope).all()):
                return None
            try:
                move = np.linalg.solve(matrix, np.append(-slope, (z + step * way - guess) @ way))
            except np.linalg.LinAlgError:
                return None
            guess = guess + move
            if np.abs(move).max() < SETTLED:
                ahead = self._direction(guess, way)
                return (guess, ahead) if ahead @ way > STRAIGHT else None
        return None

    def _direction(self, z: Array, way: Array) -> Array:
        """The direction of the curve at a point, of length 1, on the side that another points to."""
        tangent = np.linalg.svd(self._jet(z)[1])[2][-1]
        return np.asarray(tangent if tangent @ way >= 0 else -tangent)

    def _jet(self, z: Array) -> tuple[Array, Array]:
        """The gradient, and its derivatives by all coordinates, both scaled; shapes ``(d,), (d, d + 1)``."""
        width, (*_, value) = self.box.width, self._units(z[None])[0]
        place, half = self._units(z[None])[:, :-1], SLOPE * (self.high - self.low)
        here, below, above = (self._at(p) for p in (value, value - half, value + half))
        hessian = here.hessian(place)[0] * width[:, None] * width
        by_value = (above.gradient(place)[0] - below.gradient(place)[0]) * width / (2 * SLOPE)
        size = np.abs(hessian).max() or 1.0
        return here.gradient(place)[0] * width / size, np.column_stack([hessian, by_value]) / size

    def _at(self, value: float) -> Objective:
        return self.objective.with_parameters(**{self.parameter: float(value)})

    def _inside(self, z: Array) -> bool:
        return bool(self.box.contains(self._units(z[None])[:, :-1]).all() and 0 <= z[-1] <= 1)

    def _scaled(self, point: Array) -> Array:
        place = (point[:-1] - self.box.low) / self.box.width
        return np.append(place, (point[-1] - self.low) / (self.high - self.low))

    def _units(self, points: Array) -> Array:
        places = self.box.low + points[:, :-1] * self.box.width
        return np.column_stack([places, self.low + points[:, -1] * (self.high - self.low)])
