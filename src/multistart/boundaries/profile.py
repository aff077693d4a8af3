"""Radial profiles: from each minimum the share of directions in which a start at distance r is still in its basin.

In many dimensions a basin is most of a small sphere and a small part of a large one, with arms that reach far (Zhang &
Strogatz 2021, Phys. Rev. Lett. 127:194101: "octopuses"), of which a slice shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.points import spread_directions
from multistart.boundaries.taking_part import take_part
from multistart.box import Box
from multistart.estimates.intervals import Interval, clopper_pearson

RADII = 20
FEWEST = 60  # directions
EDGE = 1e-3  # of the region's largest width: minima nearer to its faces have no profile


@dataclass(frozen=True)
class Profile:
    """Counts over directions from minima at some distances, one row a minimum and radius, shape ``(n,)`` each.

    Attributes
    ----------
    inside
        Directions in which a start reaches the minimum.
    left_out
        Those in which it was cut short: counted as not inside.
    low, high
        Of the share: Clopper and Pearson's, which hold for directions in sectors too; in one dimension both directions
        are taken, and the share is known.
    """

    minimum: Codes
    radius: Array
    directions: Codes
    inside: Codes
    left_out: Codes
    low: Array
    high: Array

    @property
    def share(self) -> Array:
        """``inside / directions``."""
        return self.inside / np.maximum(self.directions, 1)


def profile(
    label: Labels,
    box: Box,
    region: Box,
    minima: Array,
    rng: np.random.Generator,
    budget: int,
    *,
    confidence: float = 0.95,
) -> Profile:
    """Profiles of as many minima as the budget allows, from the lowest on.

    Out to where a sphere would leave the region, or to half of the domain's diagonal.

    Each radius has directions of its own, one in each of equal sectors in two dimensions, else independent ones.

    Parameters
    ----------
    minima
        Shape ``(k, d)``; the code of minimum i is i.
    """
    d = minima.shape[1]
    reach = np.minimum(minima - region.low, region.high - minima).min(axis=1)
    farthest = float(np.linalg.norm(box.width)) / 2
    deep = np.flatnonzero(reach > EDGE * region.width.max())[: budget // (RADII * (FEWEST if d > 1 else 2))]
    taken = len(deep)
    each = budget // (RADII * max(taken, 1))
    radii = np.minimum(reach, farthest)[deep, None] * np.arange(1, RADII + 1) / RADII
    units = np.zeros((taken, RADII, each if d > 1 else 2, d))
    for place in np.ndindex(taken, RADII):
        units[place] = spread_directions(each, d, rng)
    starts = minima[deep, None, None] + radii[..., None, None] * units
    codes = label(np.clip(starts, region.low, region.high).reshape(-1, d)).reshape(units.shape[:-1])
    inside = (codes == deep[:, None, None]).sum(axis=2).ravel()
    n = np.full(len(inside), units.shape[2])
    ends = (
        _known(inside, n)
        if d == 1
        else [clopper_pearson(*pair, confidence) for pair in zip(inside.tolist(), n.tolist(), strict=True)]
    )
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    return Profile(np.repeat(deep, RADII), radii.ravel(), n, inside, (~take_part(codes)).sum(axis=2).ravel(), low, high)


def _known(inside: Codes, n: Codes) -> list[Interval]:
    return [Interval(share, share) for share in (inside / n).tolist()]
