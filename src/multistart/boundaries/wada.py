"""Wada boundaries: whether each boundary point is one of all labels.

By merging (Daza, Wagemakers & Sanjuan 2018, Sci. Rep. 8:9954): for each label the boundary between it and all others
merged into one; Wada where these agree for all. A point is on the boundary of k and the rest if k and another label are
within any distance of it, so they agree where every boundary point has every label within any distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.crossings import Crossings
from multistart.boundaries.labels import Codes, Labels
from multistart.box import Box
from multistart.estimates.intervals import Interval, clopper_pearson

DISTANCES = (1e-2, 1e-5, 1e-8)  # widths of the domain
STARTS, LOOKS = 16, 6  # around a point, at a time; and how many times at most
FEWEST = 15  # boundary points
MOST_LABELS = 12  # that so many starts may be expected to show
OF_A_POINT = STARTS * LOOKS * len(DISTANCES)  # descents, at most


@dataclass(frozen=True)
class Wada:
    """How many boundary points have all labels within a distance.

    Attributes
    ----------
    labels
        Those that were seen and take part.
    points
        The number of boundary points.
    distance, complete
        In widths of the domain, and the points that have all labels within it; none where refused.
    reason
        Why there is nothing; empty where there is.
    """

    labels: tuple[int, ...]
    points: int
    distance: tuple[float, ...] = ()
    complete: tuple[int, ...] = ()
    reason: str = ""

    def intervals(self, confidence: float = 0.95) -> list[Interval]:
        """Of the share of points that have all labels within each distance."""
        return [clopper_pearson(k, self.points, confidence) for k in self.complete]


def wada(label: Labels, box: Box, found: Crossings, budget: int, rng: np.random.Generator) -> Wada:
    """Look around as many of the boundary points as the budget of descents allows.

    Around each, starts are drawn within a distance until all labels are seen, 96 at most. So a share is a lower bound
    of that of points with all labels so near.
    """
    labels, near = tuple(found.labels.tolist()), found.head(budget // OF_A_POINT)
    n = len(near.points)
    if not len(found.points):
        return Wada(labels, n, reason="lines at random found no boundary point")
    if not 3 <= len(labels) <= MOST_LABELS:
        asked = "Wada is said of three or more" if len(labels) < 3 else f"{MOST_LABELS} are the most that are asked of"
        return Wada(labels, n, reason=f"{len(labels)} labels were seen beside boundary points, and {asked}")
    if n < FEWEST:
        reason = f"{n} boundary points within the budget of descents, and {FEWEST} are needed"
        return Wada(labels, n, reason=reason)
    complete = np.stack([_complete(label, box, near, r, rng) for r in DISTANCES])
    within = np.logical_or.accumulate(complete[::-1])[::-1]  # what is within a distance is within larger ones
    return Wada(labels, n, DISTANCES, tuple(within.sum(axis=1).tolist()))


def _complete(label: Labels, box: Box, near: Crossings, r: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which points have all labels within ``r`` along each axis, as far as so many starts tell."""
    seen = (near.beside[:, :, None] == near.labels).any(axis=1)
    for _ in range(LOOKS):
        rows = np.flatnonzero(~seen.all(axis=1))
        if not len(rows):
            break
        step = r * (2 * rng.random((len(rows), STARTS, box.dimensions)) - 1)
        starts = np.clip(near.points[rows, None] + box.width * step, box.low, box.high)
        codes: Codes = label(starts.reshape(-1, box.dimensions)).reshape(len(rows), STARTS)
        seen[rows] |= (codes[:, :, None] == near.labels).any(axis=1)
    return np.asarray(seen.all(axis=1))
