"""Where descents came to rest that reached no minimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.minima.nearest import nearest_place
from multistart.proofs import Certificate

NEAR = 1e-4  # of the domain's widths: a descent that rests this close to a critical point rests at it
Array = NDArray[np.float64]


@dataclass(frozen=True)
class RestPlaces:
    """The critical points of a certificate, at which descents may rest.

    The number of a point is its row in ``critical_points.csv``. Where a certificate lists every critical point,
    whatever its value, a rest away from all of them is on a flat tail: the gradient is below the tolerance, but it is
    nowhere zero around. Beside a pole or the edge of where the function is defined there may be none to list: where
    the ``objective`` is given, such rests have a name of their own.
    """

    certificate: Certificate
    domain: Box
    arena: Box
    objective: Objective | None = None

    def facts(self, ends: Array) -> dict[str, int]:
        """Rests by where they are, as in ``{"rest at saddle 4": 2}``; ``ends`` of shape ``(n, d)``."""
        names, counts = np.unique(self._names()[self._places(ends)], return_counts=True)
        return dict(zip(names.tolist(), counts.tolist(), strict=True))

    def _names(self) -> NDArray[np.str_]:
        """The names of all points, of rests away from them, and of those that nothing is known of."""
        points = [f"rest at {p.kind} {i}" for i, p in enumerate(self.certificate.points)]
        away = "rest away from critical points" if self.certificate.lists_all() else "rest unexplained"
        return np.array([*points, away, "rest unexplained", "rest at the edge of the function"])

    def _places(self, ends: Array) -> NDArray[np.int64]:
        """The position of each rest's name."""
        points = np.array([p.center for p in self.certificate.points])
        if len(points):
            distance, index = nearest_place(ends / self.domain.width, points / self.domain.width)
            index = np.where(distance <= NEAR, index, len(points))
        else:
            index = np.zeros(len(ends), dtype=np.int64)
        index = np.where((index == len(points)) & self._at_boundary(ends), len(points) + 1, index)
        return np.where((index >= len(points)) & self._at_edge(ends), len(points) + 2, index)

    def _at_boundary(self, ends: Array) -> NDArray[np.bool_]:
        """Whether rests are at the boundary of the arena, where saddles are not listed."""
        margin = NEAR * self.domain.width
        return np.asarray(((ends - self.arena.low < margin) | (self.arena.high - ends < margin)).any(axis=1))

    def _at_edge(self, ends: Array) -> NDArray[np.bool_]:
        """Whether the function is not defined somewhere beside rests, along a coordinate."""
        if self.objective is None or not self.objective.restricted:
            return np.zeros(len(ends), dtype=bool)
        beside = NEAR * np.diag(self.domain.width)
        around = ends[:, None] + np.concatenate([beside, -beside])
        value = self.objective.value(around.reshape(-1, ends.shape[1])).reshape(len(ends), -1)
        return np.asarray(~np.isfinite(value).all(axis=1))
