"""A surface in three dimensions: heights within its levels, and what of it hides a path from the viewer.

Matplotlib sorts whole artists by depth, so a line on the far side of a hill would be drawn over it. Here every point of
a path looks along the line to the viewer, and is hidden where that passes below the surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from multistart.figures.surface import Surface

Array = NDArray[np.float64]

ASPECT = (4.0, 4.0, 2.9)  # of the drawn box: across, deep, high
ELEVATION = 40.0  # degrees
AZIMUTHS = (-127.5, -52.5, 52.5, 127.5)  # MATLAB looks at its surfaces from the first
CLEARER = 0.05  # by how much more must be seen from another side
LIFT = 0.012  # of the height, by which paths lie above the surface
LOOKS = 100  # points of a line of sight


@dataclass(frozen=True)
class Relief:
    """A surface as it is drawn: in coordinates of a box of sides :data:`ASPECT`."""

    surface: Surface

    @cached_property
    def azimuth(self) -> float:
        """The side to look from, degrees: the usual one, unless much more is seen from another."""
        rows, columns = (np.linspace(0, n - 1, 25).astype(int) for n in self.surface.value.shape)
        x, y = np.meshgrid(self.surface.x[columns], self.surface.y[rows])
        points = self.on(np.column_stack([x.ravel(), y.ravel()]), self.surface.value[np.ix_(rows, columns)].ravel())
        points = points[np.isfinite(points).all(axis=1)]
        seen = [float(self.visible(points, side).mean()) for side in AZIMUTHS]
        return AZIMUTHS[int(np.argmax(seen))] if max(seen) > seen[0] + CLEARER else AZIMUTHS[0]

    @property
    def low(self) -> float:
        """The height of the floor."""
        return float(self.surface.levels[0])

    @property
    def high(self) -> float:
        """The height of the lid."""
        return float(self.surface.levels[-1])

    @property
    def height(self) -> Array:
        """Values ``(ny, nx)`` cut at floor and lid; nan where not finite."""
        return np.clip(self.surface.value, self.low, self.high)

    def on(self, points: Array, value: Array) -> Array:
        """Points ``(n, 2)`` with the values there, as points a little above the surface, ``(n, 3)``."""
        lifted = np.clip(value, self.low, self.high) + LIFT * (self.high - self.low)
        return np.column_stack([points, lifted])

    def visible(self, points: Array, azimuth: float | None = None) -> NDArray[np.bool_]:
        """Whether each of the points ``(n, 3)`` is seen from a side, by default :attr:`azimuth`, and far away."""
        corner = np.array([*self.surface.box.low, self.low])
        unit = (points - corner) / np.array([*self.surface.box.width, self.high - self.low])
        to_viewer = _direction(self.azimuth if azimuth is None else azimuth)
        way = np.linspace(0.01, 1.0, LOOKS)[:, None, None] * (ASPECT[2] / to_viewer[2])  # up to the height of the lid
        look = unit + way * (to_viewer / np.array(ASPECT))
        inside = ((look[..., :2] >= 0) & (look[..., :2] <= 1)).all(axis=-1)
        rows, columns = self.surface.value.shape
        column, row = (
            np.rint(np.clip(look[..., :2], 0, 1) * [columns - 1, rows - 1]).astype(int)[..., j] for j in (0, 1)
        )
        ground = (self.height[row, column] - self.low) / (self.high - self.low)
        return ~(inside & (look[..., 2] < ground)).any(axis=0)


def _direction(azimuth: float) -> Array:
    """The unit vector to the viewer."""
    up, around = np.radians(ELEVATION), np.radians(azimuth)
    return np.array([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """Stretches of equal flags as first, past the last, flag; each reaches to the first of the next, so lines join.

    >>> runs(np.array([True, True, False]))
    [(0, 3, True), (2, 3, False)]
    """
    if not len(flags):
        return []
    cuts = [0, *(np.flatnonzero(np.diff(flags.astype(int))) + 1).tolist(), len(flags)]
    return [(a, min(b + 1, len(flags)), bool(flags[a])) for a, b in pairwise(cuts)]
