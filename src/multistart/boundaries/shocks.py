"""Minimal critical shocks: from each minimum the smallest displacement that lands in another basin.

Klinshov, Nekorkin & Kurths 2016, New J. Phys. 18:013004. Between a proven lower bound, the radius of a ball that the
method is proven to attract, and an upper one, a displacement that was made and did land elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.metered import Metered
from multistart.boundaries.points import spread_directions
from multistart.boundaries.rays import Exits, Rays, first_exits
from multistart.box import Box

SHARP = 1e-10  # of the region's diagonal, to which exits are told
RADII = 24  # along a ray, by which its first exit is looked for
NEAREST = 16  # minima and saddles that rays go toward
ANGLE, LEAST_ANGLE = 0.1, 1e-4  # between rays by which the slope of the boundary is measured
STEPS = (0.3, 1.0, 3.0)  # of the descent over directions, in that to where a plane's nearest point would be
PATIENCE = 2  # rounds at an angle
OF_A_MINIMUM, OF_A_LINE = 1000, 300  # descents: for each dimension of two or more, and in one


@dataclass(frozen=True)
class Shock:
    """The smallest displacement found that leaves a basin.

    Attributes
    ----------
    minimum
        Its number.
    low
        No smaller one leaves: proven; 0 where nothing is.
    high
        The length of one that does; nan where none was found.
    direction
        Its unit vector, shape ``(d,)``.
    lands_in
        The code where it lands.
    inside, outside
        Two points beside each other at its end, the one still in the basin (or cut short), the other not; ``(d,)``.
    note
        Why there is none, or how well it is refined.
    """

    minimum: int
    low: float
    high: float
    direction: Array
    lands_in: int
    inside: Array
    outside: Array
    note: str


def shocks(
    label: Labels,
    region: Box,
    minima: Array,
    low: Array,
    rng: np.random.Generator,
    budget: int,
    *,
    toward: Array | None = None,
) -> list[Shock]:
    """The shocks of all minima side by side: rays, exits, and a descent over directions from the nearest exit.

    Parameters
    ----------
    region
        Where displaced starts may lie: the arena.
    minima
        Shape ``(k, d)``; the code of minimum i is i.
    low
        Proven lower bounds, shape ``(k,)``: of attraction balls the radii, 0 for none.
    budget
        Of descents, all minima together; see `affordable`.
    toward
        Points that rays go toward besides, as saddles, shape ``(m, d)``.
    """
    if not len(minima):
        return []
    counted, own = Metered(label), np.arange(len(minima))
    stays = counted(minima) == own
    low = np.where(np.isfinite(low), np.maximum(low, 0.0), 0.0)
    best = _nearest_exit(counted, region, minima, low, own, _rays(minima, toward, rng, budget // 3))
    finished = _descend(counted, region, best, low, rng, budget) if minima.shape[1] > 1 else LEAST_ANGLE
    return [_shock(i, best, low[i], bool(stays[i]), finished) for i in range(len(minima))]


def affordable(minima: int, dimensions: int, budget: int) -> int:
    """Of how many minima, from the lowest on, a budget of descents is enough for.

    >>> affordable(121, 2, 20_000)
    10
    """
    return min(minima, budget // (OF_A_MINIMUM * dimensions if dimensions > 1 else OF_A_LINE))


@dataclass
class _Best:
    """The nearest exit of each minimum so far: its ray, and where it leaves."""

    rays: Rays
    exits: Exits

    def improve(self, at: NDArray[np.intp], rays: Rays, exits: Exits) -> NDArray[np.bool_]:
        """Take what is nearer; ``at`` says whose ray each is. Which minima have a nearer exit now, shape ``(k,)``."""
        better = np.zeros(len(self.rays), dtype=bool)
        for row in np.argsort(exits.outside, kind="stable"):
            i = at[row]
            if exits.outside[row] < self.exits.outside[i] and not better[i]:
                better[i] = True
                self.rays.direction[i] = rays.direction[row]
                for name in ("inside", "outside", "lands_in"):
                    getattr(self.exits, name)[i] = getattr(exits, name)[row]
        return better


def _rays(minima: Array, toward: Array | None, rng: np.random.Generator, budget: int) -> list[Array]:
    """Unit vectors from each minimum: spread all around, and toward the nearest other minima and saddles."""
    k, d = minima.shape
    each = max(budget // max(k * RADII, 1) - NEAREST, 2 * d)
    places = minima if toward is None else np.concatenate([minima, toward.reshape(-1, d)])
    found = []
    for minimum in minima:
        away = places - minimum
        length = np.linalg.norm(away, axis=1)
        nearest = [i for i in np.argsort(length, kind="stable")[: NEAREST + 1] if length[i] > 0][:NEAREST]
        found.append(np.concatenate([away[nearest] / length[nearest, None], spread_directions(each, d, rng)]))
    return found


def _nearest_exit(label: Labels, region: Box, minima: Array, low: Array, own: Codes, directions: list[Array]) -> _Best:
    at = np.repeat(own, [len(each) for each in directions])
    rays = Rays(minima[at], np.concatenate(directions), at)
    reach = float(np.linalg.norm(region.width))
    first = np.maximum(low[at], 1e-4 * reach)
    t = first[:, None] * (reach / first[:, None]) ** (np.arange(RADII) / (RADII - 1))
    found = first_exits(label, rays, region, np.concatenate([low[at][:, None], t], axis=1), math.inf)
    best = _Best(
        Rays(minima.copy(), np.full_like(minima, np.nan), own),
        Exits(low.copy(), np.full(len(minima), np.inf), own.copy()),
    )
    near = _may_be_nearest(at, found, len(minima))
    exits = first_exits(label, rays.rows(near), region, _ends(found.rows(near)), SHARP * reach)
    best.improve(at[near], rays.rows(near), exits)
    return best


def _may_be_nearest(at: NDArray[np.intp], found: Exits, k: int) -> NDArray[np.intp]:
    """The rays whose exit may be the nearest one, as their brackets tell."""
    nearest = np.full(k, np.inf)
    np.minimum.at(nearest, at, found.outside)
    return np.flatnonzero(np.isfinite(found.outside) & (found.inside < nearest[at]))


def _ends(found: Exits) -> Array:
    return np.stack([found.inside, found.outside], axis=1)


def _descend(label: Metered, region: Box, best: _Best, low: Array, rng: np.random.Generator, budget: int) -> float:
    """Turn directions to where exits are nearer, until rays of the least angle show none; the angle reached.

    Were the boundary a plane of normal n at the exit, the slope of ``r`` over directions would be ``-r n_t/(n u)``, so
    the nearest point would be in the direction ``u - slope/r``. Steps toward it, longer and shorter ones, are tried
    together, and what is nearer is kept.
    """
    angle, spent = ANGLE, 0
    while angle >= LEAST_ANGLE:
        for _ in range(PATIENCE):
            before = label.spent
            better = _turn(label, region, best, low, angle, rng)
            spent = max(spent, label.spent - before)
            if label.spent + spent > budget:
                return angle
            if not better.any():
                break
        angle /= 3
    return angle


def _turn(
    label: Labels, region: Box, best: _Best, low: Array, angle: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """One round for all minima that have an exit."""
    has = np.flatnonzero(np.isfinite(best.exits.outside))
    k, d = len(has), best.rays.center.shape[1]
    if not k:
        return np.zeros(len(best.rays), dtype=bool)
    u, r = best.rays.direction[has], best.exits.outside[has]
    tangents = np.stack([_tangents(each, rng) for each in u])  # (k, d - 1, d)
    beside = np.stack([math.cos(angle) * u[:, None] + sign * math.sin(angle) * tangents for sign in (1, -1)], axis=1)
    better, exits = _try(label, region, best, low, has, beside.reshape(k, -1, d), r * (1 + 2 * angle))
    plus, minus = np.moveaxis(exits.reshape(k, 2, d - 1), 1, 0)
    # where a ray has no exit that near, the boundary is taken to be as far as was looked
    slope = ((plus - minus) / (2 * angle * r[:, None]))[:, :, None] * tangents
    steps = [u - step * slope.sum(axis=1) for step in STEPS]
    ahead = np.stack([each / np.linalg.norm(each, axis=1, keepdims=True) for each in steps], axis=1)
    return better | _try(label, region, best, low, has, ahead, best.exits.outside[has])[0]


def _try(
    label: Labels, region: Box, best: _Best, low: Array, has: NDArray[np.intp], u: Array, far: Array
) -> tuple[NDArray[np.bool_], Array]:
    """Look for exits nearer than ``far`` along further rays ``u``, shape ``(k, m, d)``; where these leave at most."""
    k, m, d = u.shape
    at = np.repeat(has, m)
    rays = Rays(best.rays.center[at], u.reshape(-1, d), best.rays.own[at])
    far_each = np.repeat(far, m)
    t = low[at][:, None] + (far_each - low[at])[:, None] * np.array([0.0, 0.5, 0.8, 0.95, 0.99, 0.999, 1.0])
    exits = first_exits(label, rays, region, t, SHARP * float(np.linalg.norm(region.width)))
    return best.improve(at, rays, exits), np.minimum(exits.outside, far_each).reshape(k, m)


def _tangents(u: Array, rng: np.random.Generator) -> Array:
    """An orthonormal basis of what is perpendicular to a unit vector, turned at random, shape ``(d - 1, d)``."""
    basis, _ = np.linalg.qr(np.column_stack([u, rng.standard_normal((len(u), len(u) - 1))]))
    return basis[:, 1:].T


def _shock(i: int, best: _Best, low: float, stays: bool, angle: float) -> Shock:
    high, lands = float(best.exits.outside[i]), int(best.exits.lands_in[i])
    inside, outside = (best.rays.rows(np.array([i])).at(t[[i]])[0] for t in (best.exits.inside, best.exits.outside))
    nothing = np.full_like(inside, np.nan)
    if not stays:
        return Shock(i, math.nan, math.nan, nothing, i, nothing, nothing, "descents from the minimum do not stay there")
    if math.isinf(high):
        note = "no displacement within the arena was found that leaves the basin"
        return Shock(i, low, math.nan, nothing, i, nothing, nothing, note)
    note = "" if angle <= LEAST_ANGLE else f"directions searched down to {math.degrees(angle):.2g} degrees only"
    return Shock(i, low, high, best.rays.direction[i], lands, inside, outside, note)
