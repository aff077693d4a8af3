"""Crowds: orbits that follow the attractors of minima while the rate is raised, and whose attractor they are at.

An attractor, which may be chaotic, is known by points of the orbits that are on it. Moved to another rate, an orbit is
at the attractor that has the nearest of such points; it is away from its own only if that is said of it several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import LEFT_ARENA, NONFINITE, empty
from multistart.descents.prepared import prepare
from multistart.dynamics.family import RATE
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.minima import Minima
from multistart.minima.basin import unit_box
from multistart.minima.nearest import nearest_place

ORBITS, FEWEST, IN_ALL = 64, 8, 2048  # followed from each minimum; at least; and of all minima together
CHECKS, APART = 8, 16  # how often an orbit is asked where it is, and updates from one time to the next
MOST = 6  # of these times
#: How far orbits are pushed before they are followed, off what does not attract: of the box's width, and of the place.
#: So far at most is a crisis displaced, since a push may take an orbit over the edge of its basin.
ASIDE = 1e-12, 1e-15
GOLDEN = 0.5 * (np.sqrt(5.0) - 1)  # multiples of it, less their whole parts, are spread evenly
REACH, GROWTH = 0.05, 0.1  # of the box's width, and of the attractor's: what is farther from its points is not at it
LEFT, ELSEWHERE = -1, -2  # where an orbit is that has left the arena, or is at no attractor
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Crowd:
    """Orbits on one attractor.

    Attributes
    ----------
    members
        The minima whose attractor it is: several, where theirs have merged.
    end, state
        Where ``n`` orbits are, and what the rule remembers, shapes ``(n, d)`` and ``(n, s)``.
    sample
        Points of the attractor in the unit box, shape ``(m, d)``; those of orbits that stray from it are left out.
    """

    members: tuple[int, ...]
    end: Array
    state: Array
    sample: Array

    @property
    def reach(self) -> float:
        """How far from its points what is at the attractor may be: it may have grown since they were taken."""
        return REACH + GROWTH * float(np.ptp(self.sample, axis=0).max())


@dataclass(frozen=True)
class Watch:
    """What is descended, by what, and where.

    Attributes
    ----------
    method
        The learning rate and the stopping rule do not matter.
    box
        The arena.
    """

    objective: Objective
    method: Method
    box: Box
    cache: Path | str | None = None

    def gather(self, minima: Minima) -> list[Crowd]:
        """A crowd at each minimum."""
        n = max(FEWEST, min(ORBITS, IN_ALL // max(1, len(minima))))
        ends = [np.tile(place, (n, 1)) for place in minima.location]
        state = prepare(self.objective, self._at(1.0, 1), self.box, None, self.cache).first_state(n)
        return [Crowd((i,), end, state.copy(), unit_box(end[:1], self.box)) for i, end in enumerate(ends)]

    def at(
        self, crowds: Sequence[Crowd], rate: float, updates: int, among: Sequence[Crowd] | None = None
    ) -> tuple[list[Crowd], list[NDArray[np.int64]]]:
        """The crowds after so many updates at a rate, and at whose attractor each orbit is then.

        That is a place among crowds, by default these, as their samples were before; shape ``(CHECKS, n)``. It is
        :data:`LEFT` where an orbit has left, and :data:`ELSEWHERE` where it is near none.
        """
        state = np.concatenate([crowd.state for crowd in crowds])
        end = self._follow(np.concatenate([self._aside(crowd.end) for crowd in crowds]), state, rate, updates)[0]
        points, here = np.empty((CHECKS, *end.shape)), np.empty((CHECKS, len(end)), dtype=bool)
        for check in range(CHECKS):
            end, here[check] = self._follow(end, state, rate, APART)
            points[check] = unit_box(end, self.box)
        labels = np.full(here.shape, LEFT, dtype=np.int64)
        labels[here] = _whose(points[here], among or crowds)
        cuts = np.cumsum([len(crowd.end) for crowd in crowds])[:-1]
        parts = zip(crowds, *(np.split(each, cuts, axis=-2) for each in (end, state, points)), strict=True)
        told = np.split(labels, cuts, axis=1)
        places = [
            next(i for i, each in enumerate(among or crowds) if each.members == crowd.members) for crowd in crowds
        ]
        moved = [
            replace(crowd, end=e, state=s, sample=p[at == i] if (at == i).any() else crowd.sample)
            for (crowd, e, s, p), at, i in zip(parts, told, places, strict=True)
        ]
        return moved, told

    def _follow(self, start: Array, state: Array, rate: float, updates: int) -> tuple[Array, NDArray[np.bool_]]:
        """Where orbits are after so many updates, and which have not left; their state is changed in place."""
        out = empty(start)
        prepare(self.objective, self._at(rate, updates), self.box, None, self.cache).follow(out, state)
        return out.end, ~np.isin(out.ending_code, (LEFT_ARENA, NONFINITE))

    def _at(self, rate: float, updates: int) -> Method:
        settings = {**dict(self.method.hyperparameters), RATE: rate}
        return replace(
            self.method,
            hyperparameters=tuple(settings.items()),
            max_steps=updates,
            gradient_tolerance=0,
            stopping="gradient",
        )

    def _aside(self, points: Array) -> Array:
        """Points pushed a little, each in a direction of its own."""
        spread = np.modf(GOLDEN * np.arange(1, 1 + points.size))[0].reshape(points.shape) - 0.5
        of_box, of_place = ASIDE
        return np.asarray(points + np.maximum(of_box * self.box.width, of_place * np.abs(points)) * spread)


def _whose(points: Array, crowds: Sequence[Crowd]) -> NDArray[np.int64]:
    """The crowd that has the nearest point of an attractor, unless that is too far; shape ``(n,)``."""
    whose = np.repeat(np.arange(len(crowds)), [len(crowd.sample) for crowd in crowds])
    distance, nearest = nearest_place(points, np.concatenate([crowd.sample for crowd in crowds]))
    reach = np.array([crowd.reach for crowd in crowds])
    return np.where(distance <= reach[whose[nearest]], whose[nearest], ELSEWHERE)


def away(labels: NDArray[np.int64], own: int) -> NDArray[np.bool_]:
    """Which orbits were away from their own attractor each time, shapes ``(CHECKS, n) -> (n,)``."""
    return np.asarray((labels != own).all(axis=0))


def strays(labels: NDArray[np.int64], own: int) -> NDArray[np.bool_]:
    """Which orbits were at other attractors most times, shapes ``(CHECKS, n) -> (n,)``.

    Once is not enough: between attractors that nearly touch, a point may be nearer to a known one of the other's.
    """
    return np.asarray(((labels != own) & (labels >= 0)).sum(axis=0) >= MOST)


def places(labels: NDArray[np.int64]) -> set[int]:
    """Where some orbit was most times."""
    return {place for place in np.unique(labels).tolist() if ((labels == place).sum(axis=0) >= MOST).any()}
