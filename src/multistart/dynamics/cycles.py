"""`Cycle`: a periodic orbit of a map, polished by Newton's method on F^q(z) - z, with its multipliers.

The multipliers are the eigenvalues of the Jacobian of F^q, the same at every point of the cycle; it is stable where all
are inside the unit circle. Its Lyapunov exponent then is exact: the logarithm of the largest, by q.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from multistart.dynamics.map import RuleMap

Array = NDArray[np.float64]
NEWTON_STEPS = 40
SAME = 1e-9  # of the size of a row: points of a cycle that are nearer are one, and its period is shorter
SETTLED = 1e-10  # likewise: a last Newton step that is longer has not settled


@dataclass(frozen=True)
class Cycle:
    """A cycle of period q of a map of w words.

    Attributes
    ----------
    rows
        Its points with their states in the order of the map, from the smallest point on; shape ``(q, w)``.
    dimensions
        Coordinates ``d`` of a point.
    multipliers
        Eigenvalues of the Jacobian of F^q, largest modulus first; shape ``(w,)``, complex.
    proven
        Whether it is proven that there is exactly one such cycle there, and that it is stable.
    """

    rows: Array
    dimensions: int
    multipliers: NDArray[np.complex128]
    proven: bool = False

    @property
    def period(self) -> int:
        """The number of its points."""
        return len(self.rows)

    @property
    def points(self) -> Array:
        """Its points, shape ``(q, d)``."""
        return self.rows[:, : self.dimensions]

    @property
    def multiplier(self) -> float:
        """The largest modulus of a multiplier."""
        return float(np.abs(self.multipliers[0]))

    @property
    def stable(self) -> bool:
        """Whether nearby orbits converge to it."""
        return self.multiplier < 1

    @property
    def exponent(self) -> float:
        """The Lyapunov exponent per update; minus infinity where it is superstable."""
        return math.log(self.multiplier) / self.period if self.multiplier > 0 else -math.inf

    def marked_proven(self) -> Cycle:
        """The same, proven."""
        return replace(self, proven=True)


def polished(rule_map: RuleMap, row: Array, period: int) -> Cycle | None:
    """The cycle of this least period to which Newton's method comes from a row, shape ``(w,)``, stable or not.

    None where it does not settle or stay finite, comes to a cycle of a smaller period, or where cycles are not
    isolated, as those of steps of one length (`sign`) are.
    """
    row = np.asarray(row, dtype=np.float64)[None]
    step = np.full(row.shape, np.inf)
    for _ in range(NEWTON_STEPS):
        image, jacobian = rule_map.power(row, period)
        matrix = jacobian[0] - np.eye(rule_map.words)
        if not (np.isfinite(image).all() and np.isfinite(matrix).all()) or np.linalg.cond(matrix) > 1e14:
            return None
        last, step = step, np.linalg.solve(matrix, (row - image)[0])[None]
        row = row + step
        size = np.abs(row).max()
        if np.abs(step).max() <= 1e-15 * size or (_small(step, size) and np.abs(step).max() >= np.abs(last).max()):
            break
    return _cycle(rule_map, row, period) if _small(step, size) else None


def _small(step: Array, size: float) -> bool:
    return bool(np.abs(step).max() <= SETTLED * size)


def _cycle(rule_map: RuleMap, row: Array, period: int) -> Cycle | None:
    rows = rule_map.orbit(row, period - 1)[:, 0]
    points = rows[:, : rule_map.dimensions]
    shorter = [q for q in range(1, period) if period % q == 0]
    if any(np.abs(points - np.roll(points, q, axis=0)).max() <= SAME * np.abs(points).max() for q in shorter):
        return None
    first = min(range(period), key=lambda t: tuple(points[t]))
    rows = np.roll(rows, -first, axis=0)
    _, jacobian = rule_map.power(rows[:1], period)
    if not (np.isfinite(rows).all() and np.isfinite(jacobian).all()):
        return None
    multipliers = np.linalg.eigvals(jacobian[0]).astype(np.complex128)
    order = np.argsort(-np.abs(multipliers), kind="stable")
    return Cycle(rows, rule_map.dimensions, multipliers[order])
