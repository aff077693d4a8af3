"""Where rays first leave a basin: many rays side by side, each cut into pieces again and again.

`bisection.bisect` halves; here a bracket is cut into eight, since what is sought is the first exit along a ray, and
since some hundred descents in one call take little longer than one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.taking_part import take_part
from multistart.box import Box

PIECES = 8
ROUNDS = 400  # of cuts: far more than doubles between two numbers need


@dataclass(frozen=True)
class Rays:
    """Half-lines ``center + t direction``.

    Attributes
    ----------
    center, direction
        Shape ``(n, d)``; directions of any length.
    own
        The code of the basin that each begins in, shape ``(n,)``.
    """

    center: Array
    direction: Array
    own: Codes

    def __len__(self) -> int:
        return len(self.own)

    def at(self, t: Array) -> Array:
        """The points at ``t``, shape ``(n,)`` or ``(n, m)``; ``(n, d)`` or ``(n, m, d)``."""
        if t.ndim == 1:
            return self.center + t[:, None] * self.direction
        return self.center[:, None] + t[..., None] * self.direction[:, None]

    def rows(self, which: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Rays:
        """Some of them."""
        return Rays(self.center[which], self.direction[which], self.own[which])


@dataclass(frozen=True)
class Exits:
    """Where rays leave, shape ``(n,)`` each.

    Attributes
    ----------
    inside, outside
        The last place that is not out and the first that is; ``outside`` is infinite where none was found.
    lands_in
        The code at ``outside``; that of the ray's own basin where there is none.
    """

    inside: Array
    outside: Array
    lands_in: Codes

    def rows(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Exits:
        """Some of them."""
        return Exits(self.inside[which], self.outside[which], self.lands_in[which])


def first_exits(label: Labels, rays: Rays, region: Box, t: Array, width: float) -> Exits:
    """The first of the places ``t`` of each ray that is out, and the exit before it to a width.

    A place is out where a descent reaches another label than the ray's own: a label that takes part, since of a start
    that was cut short it is not known where it goes. Outside the region nothing descends, and nothing is out. Between
    two places an exit that comes back is not seen, so an exit is one, and may not be the first.

    Parameters
    ----------
    t
        Rising, shape ``(n, m)``; the first of each ray is known not to be out.
    width
        To which exits are told, in units of ``t``, or to the last double.
    """
    found = _first(label, rays, region, t)
    for _ in range(ROUNDS):
        middle = found.inside + 0.5 * (found.outside - found.inside)
        apart = (middle > found.inside) & (middle < found.outside)
        open_ = np.flatnonzero(np.isfinite(found.outside) & (found.outside - found.inside > width) & apart)
        if not len(open_):
            break
        found = _put(found, open_, _cut(label, rays.rows(open_), region, found.rows(open_)))
    return found


def _first(label: Labels, rays: Rays, region: Box, t: Array) -> Exits:
    n, d = rays.center.shape
    points = rays.at(t[:, 1:]).reshape(-1, d)
    codes = np.repeat(rays.own, t.shape[1] - 1)
    within = region.contains(points)
    codes[within] = label(points[within])
    by_ray = codes.reshape(n, t.shape[1] - 1)
    out = take_part(by_ray) & (by_ray != rays.own[:, None])
    place, rows = out.argmax(axis=1), np.arange(n)
    leaves = out[rows, place]
    inside = np.where(leaves, t[rows, place], t[:, -1])
    return Exits(inside, np.where(leaves, t[rows, place + 1], np.inf), np.where(leaves, by_ray[rows, place], rays.own))


def _cut(label: Labels, rays: Rays, region: Box, found: Exits) -> Exits:
    """Brackets cut into pieces; the far ends are known to be out."""
    part = np.arange(PIECES) / PIECES
    cut = _first(label, rays, region, found.inside[:, None] + (found.outside - found.inside)[:, None] * part)
    last = np.isinf(cut.outside)
    return Exits(cut.inside, np.where(last, found.outside, cut.outside), np.where(last, found.lands_in, cut.lands_in))


def _put(found: Exits, rows: NDArray[np.intp], new: Exits) -> Exits:
    columns = []
    for name, old in vars(found).items():
        column = old.copy()
        column[rows] = getattr(new, name)
        columns.append(column)
    return Exits(*columns)
