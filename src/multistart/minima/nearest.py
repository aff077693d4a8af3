"""The nearest of some places to each of many points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FEW = 64  # places up to which each is asked, which takes less than the 0.7 s in which a tree's library loads
FEW_POINTS = 4096
Array = NDArray[np.float64]


def nearest_place(points: Array, places: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return distance and number of the nearest place by the largest difference of a coordinate, shapes ``(n,)``.

    ``points`` and ``places`` have shapes ``(n, d)`` and ``(k, d)``, ``k`` at least 1, and are finite.
    """
    if len(places) > FEW:
        from scipy.spatial import cKDTree

        distance, index = cKDTree(places).query(points, p=np.inf)
        return distance, index.astype(np.int64)
    distance, index = np.full(len(points), np.inf), np.zeros(len(points), dtype=np.int64)
    for i, place in enumerate(places):
        here = np.abs(points - place).max(axis=1)
        nearer = here < distance
        distance[nearer], index[nearer] = here[nearer], i
    return distance, index


def neighbourhoods(points: Array, reach: float) -> Callable[[int], NDArray[np.int64]]:
    """Return what gives the numbers of the points within ``reach`` of the i-th, by the largest difference."""
    if len(points) > FEW_POINTS:
        from scipy.spatial import cKDTree

        tree = cKDTree(points)
        return lambda i: np.array(tree.query_ball_point(points[i], reach, p=np.inf), dtype=np.int64)
    return lambda i: np.flatnonzero(np.abs(points - points[i]).max(axis=1) <= reach)
