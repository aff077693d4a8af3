"""Trusted: at least so many updates does a descent need from a box of the grid to any minimum.

Around a box lie its neighbours, :data:`AROUND` to each side. Who leaves them has gone ``AROUND`` widths along an axis,
and no update there is longer than the rate times the largest gradient (and what is rounded): that takes ``n`` updates
at least. Where no update is longer than a width, the descent is then in a box of the next ring, or outside the arena
for good. So ``T(box) >= n(box) + min over the ring of T``, with 0 for boxes that have a minimum around them or of which
nothing is known: the shortest path over the grid is a bound.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from multistart.reachability.bounds import Bounds
from multistart.reachability.landing import Landing

Array = NDArray[np.float64]
AROUND = 3  # boxes to each side
SAFETY = 1 - 1e-9
UNREACHED = 1e15


def least_updates(bounds: Bounds, landings: list[Landing], rate: float) -> Array:
    """A lower bound of the updates from anywhere in a box to within ``delta`` of any minimum, shape of the grid."""
    d = bounds.gradient.shape[-1]
    reach = rate * bounds.gradient + bounds.update[..., None]
    reach = maximum_filter(reach, size=(*[2 * AROUND + 1] * d, 1), mode="constant", cval=0.0)
    short = (reach <= bounds.width * SAFETY).all(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        way = np.floor((AROUND * bounds.width / reach * SAFETY).min(axis=-1))
    way = np.where(short, np.minimum(way, UNREACHED), 0.0)
    open_ = short & ~_near_minima(bounds, landings)
    steps = np.where(open_, UNREACHED, 0.0)
    while True:
        found = np.where(open_, np.minimum(way + _least_of_ring(steps), UNREACHED), 0.0)
        found = np.minimum(found, steps)
        if np.array_equal(found, steps):
            return steps
        steps = found


def _near_minima(bounds: Bounds, landings: list[Landing]) -> NDArray[np.bool_]:
    """The boxes that have a part of a minimum's ball of radius delta around them."""
    shape = bounds.update.shape
    found = np.zeros(shape, dtype=bool)
    for each in landings:
        delta = each.delta if np.isfinite(each.delta) else np.inf
        places = []
        for i, n in enumerate(shape):
            ends = np.array([each.center[i] - delta, each.center[i] + delta])
            low, high = np.floor((ends - bounds.low[i]) / bounds.width[i]).clip(-1e6, 1e6)
            places.append(slice(max(int(low) - AROUND - 1, 0), max(min(int(high) + AROUND + 2, n), 0)))
        found[tuple(places)] = True
    return found


def _least_of_ring(steps: Array) -> Array:
    """The least of the boxes ``AROUND + 1`` away; outside the arena nothing comes back."""
    d, far = steps.ndim, AROUND + 1
    wide = np.pad(steps, far, constant_values=UNREACHED)
    least = np.full_like(steps, UNREACHED)
    for offset in itertools.product(range(-far, far + 1), repeat=d):
        if max(map(abs, offset)) == far:
            window = tuple(slice(far + o, far + o + n) for o, n in zip(offset, steps.shape, strict=True))
            np.minimum(least, wide[window], out=least)
    return least
