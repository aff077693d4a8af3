"""A surface in three dimensions: heights within its levels, and what of it hides a path from the viewer.

Matplotlib sorts whole artists by depth, so a line on the far side of a hill would be drawn over it. Here every point of
a path looks along the line to the viewer, and is hidden where that passes below the surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.figures.surface import Surface

Array = NDArray[np.float64]

ASPECT = (4.0, 4.0, 2.6)  # of the drawn box: across, deep, high
ELEVATION, AZIMUTH = 40.0, -127.5  # degrees; MATLAB looks at its surfaces from the same side
LIFT = 0.012  # of the height, by which paths lie above the surface
_LOOKS = 160  # points of a line of sight


@dataclass(frozen=True)
class Relief:
    """A surface as it is drawn: in coordinates of a box of sides :data:`ASPECT`."""

    surface: Surface

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

    def visible(self, points: Array) -> NDArray[np.bool_]:
        """Whether each of the points ``(n, 3)`` is seen by the viewer, who is infinitely far away."""
        corner, side = np.array([*self.surface.box.low, self.low]), np.array([*self.surface.box.width, self.high - self.low])
        unit = (points - corner) / side
        elevation, azimuth = np.radians(ELEVATION), np.radians(AZIMUTH)
        to_viewer = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
        step = to_viewer / np.array(ASPECT)
        far = np.linspace(0.01, 1.0, _LOOKS)[:, None, None] * (ASPECT[2] / to_viewer[2])
        look = unit + far * step
        inside = ((look[..., :2] >= 0) & (look[..., :2] <= 1)).all(axis=-1)
        rows, columns = self.surface.value.shape
        place = np.clip(look[..., :2], 0, 1)
        ground = self.height[np.rint(place[..., 1] * (rows - 1)).astype(int), np.rint(place[..., 0] * (columns - 1)).astype(int)]
        below = inside & (look[..., 2] < (ground - self.low) / (self.high - self.low))
        return ~below.any(axis=0)


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """Stretches of equal flags as first, past the last, flag; each reaches to the first of the next, so lines join.

    >>> runs(np.array([True, True, False]))
    [(0, 3, True), (2, 3, False)]
    """
    if not len(flags):
        return []
    cuts = [0, *(np.flatnonzero(np.diff(flags.astype(int))) + 1).tolist(), len(flags)]
    return [(a, min(b + 1, len(flags)), bool(flags[a])) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
