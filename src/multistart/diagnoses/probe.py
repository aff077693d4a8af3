"""A sample of a study's starts, and what becomes of it under other settings than the study's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import (
    IN_ORBITS,
    LEFT_ARENA,
    NO_BASIN,
    NONFINITE,
    RESTING,
    STATIONARY,
    STEP_LIMIT,
    TRAPPED,
    Outcomes,
)
from multistart.diagnoses.newton import minima_below
from multistart.diagnoses.scaled import descend_scaled, norms_of
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.minima import Minima, Tolerances, label, trapped_in
from multistart.minima.basin import nearest
from multistart.minima.polish import polish

SAMPLE = 500  # starts that are tried
WORK = 5e6  # steps that a trial of ten times the study's steps may take
FEWEST = 32
FOLLOWED = 64  # ends that Newton's method goes on from
APART = 1e-5  # widths of the domain: nearer points are one minimum
Array = NDArray[np.float64]
#: ``(method, starts, arena) -> outcomes``
Descend = Callable[[Method, Array, Box], Outcomes]


def sample_size(max_steps: int) -> int:
    """How many starts are tried: fewer where each may take very many steps."""
    return int(np.clip(WORK // (10 * max_steps), FEWEST, SAMPLE))


@dataclass(frozen=True)
class Setting:
    """What a line of the config can change.

    Attributes
    ----------
    widen
        Of the arena, in widths of the domain.
    units
        One for each variable, that the formula is written in anew; none for its own.
    random
        Whether the starts are random ones in place of the design's.
    domain
        The ends of a smaller domain, a pair for each variable; none for the study's own.
    """

    method: Method
    widen: float
    units: tuple[float, ...] | None = None
    random: bool = False
    domain: tuple[tuple[float, float], ...] | None = None

    def with_method(self, **changes: Any) -> Setting:
        """The setting with other numbers of the method."""
        method, numbers = self.method, dict(self.method.hyperparameters)
        given = {"max_steps": method.max_steps, "gradient_tolerance": method.gradient_tolerance}
        given |= {name: value for name, value in changes.items() if name in given}
        numbers |= {name: value for name, value in changes.items() if name not in given}
        given["max_steps"] = int(given["max_steps"])
        return replace(self, method=Method(method.optimizer, hyperparameters=numbers, **given))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Probe:
    """A sample of starts, with what descends from it.

    Attributes
    ----------
    objective
        With values and derivatives in doubles.
    starts, random
        Of the study's own, shape ``(n, d)``; and as many uniform random ones.
    known
        Minima that the study found or its certificate lists, with their attraction balls.
    descend
        Runs a method from starts in an arena, with gradient stopping alone.
    placed
        Whether the starts are a user's own, which another domain does not move.
    """

    objective: Objective
    domain: Box
    tolerances: Tolerances
    starts: Array
    random: Array
    known: Minima
    descend: Descend
    placed: bool = False
    _tried: dict[Setting, Trial] = field(default_factory=dict)

    def trial(self, setting: Setting) -> Trial:
        """What becomes of the sample under a setting; each is tried once."""
        if setting not in self._tried:
            self._tried[setting] = self._try(setting)
        return self._tried[setting]

    def _try(self, setting: Setting) -> Trial:
        probe = self if setting.domain is None else self._drawn_from(setting.domain)
        starts, arena = probe.random if setting.random else probe.starts, probe.domain.widened(setting.widen)
        if setting.units is None:
            out = self.descend(setting.method, starts, arena)
        else:
            out = descend_scaled(self.objective, setting.method, starts, arena, np.array(setting.units))
        return Trial(probe, setting, out)

    def _drawn_from(self, ends: tuple[tuple[float, float], ...]) -> Probe:
        """The same with the starts that the design has in another domain: each as far along its sides."""
        domain = Box(dict(zip(self.domain.names, ends, strict=True)), dict(self.domain.logs))
        starts, random = (
            domain.low + (one - self.domain.low) / self.domain.width * domain.width
            for one in (self.starts, self.random)
        )
        return replace(self, domain=domain, starts=starts, random=random, _tried={})


@dataclass(frozen=True, eq=False)
class Trial:
    """What became of a sample under a setting."""

    probe: Probe
    setting: Setting
    outcomes: Outcomes

    @property
    def method(self) -> Method:
        """The method that was tried."""
        return self.setting.method

    @cached_property
    def reached(self) -> NDArray[np.bool_]:
        """Which starts came to rest at a minimum, shape ``(n,)``."""
        rest = np.isin(self.outcomes.ending_code, (*RESTING, TRAPPED))
        found = np.full(len(rest), NO_BASIN)
        probe, ends = self.probe, self.outcomes.end[rest]
        found[rest] = label(probe.objective, ends, self.minima, probe.domain, probe.tolerances)
        if self.setting.units is None:  # for which a ball holds
            held = trapped_in(ends, probe.known, self.method)
            held[self.outcomes.ending_code[rest] == STATIONARY] = NO_BASIN  # what stands still goes nowhere
            found[rest] = np.maximum(found[rest], held)
        return np.asarray(found != NO_BASIN)

    @cached_property
    def minima(self) -> Minima:
        """The minima known before, those near the ends, and those below ends that may have been on their way."""
        probe, ends = self.probe, self.outcomes.end
        finite = np.flatnonzero(np.isfinite(ends).all(axis=1))
        polished = polish(probe.objective, ends[finite], probe.domain)
        elsewhere = np.zeros(len(ends), dtype=bool)
        elsewhere[finite] = ~polished.bowl
        points = np.concatenate([probe.known.location, polished.points[polished.bowl], self._below(elsewhere)])
        _, first = np.unique(np.round(points / probe.domain.width / APART), axis=0, return_index=True)
        return Minima.at(probe.objective, points[np.sort(first)], probe.domain)

    def _below(self, elsewhere: NDArray[np.bool_]) -> Array:
        """The minima downhill from some of the ends, from the starts of those that were thrown out.

        From those at rest as well, where they rest elsewhere than at a minimum: a tolerance may stop them anywhere.
        """
        probe, out = self.probe, self.outcomes
        arena = probe.domain.widened(self.setting.widen)
        inside = np.isin(out.ending_code, (STEP_LIMIT, *IN_ORBITS))
        inside |= elsewhere & np.isin(out.ending_code, RESTING)
        on_their_way = inside | np.isin(out.ending_code, (LEFT_ARENA, NONFINITE))
        from_ = np.where(inside[:, None], out.end, out.start)[on_their_way]
        return minima_below(probe.objective, from_[:FOLLOWED], probe.domain, arena)

    @cached_property
    def curvatures(self) -> Array:
        """Smallest and largest Hessian eigenvalue at each minimum near which descents can start, shape ``(k, 2)``.

        Those in the domain; where there are none, all of them.
        """
        minima = self.minima
        inside = self.probe.domain.contains(minima.location)
        rows = inside if inside.any() else np.ones(len(minima), dtype=bool)
        return np.stack([minima.curvature_min, minima.curvature_max], axis=1)[rows]

    def lost(self, *codes: int) -> NDArray[np.bool_]:
        """Starts that reached no minimum and ended so, shape ``(n,)``."""
        return ~self.reached & np.isin(self.outcomes.ending_code, codes)

    @cached_property
    def standing(self) -> NDArray[np.bool_]:
        """Which ends stand at a minimum by place and value, however the descent ended, shape ``(n,)``."""
        probe, ends = self.probe, self.outcomes.end
        found = nearest(ends, probe.objective, self.minima, probe.domain, probe.tolerances)
        return np.asarray(found != NO_BASIN)

    @cached_property
    def slope(self) -> float:
        """The gradient's size in the sample: the median of its norm at the starts; 0 where it is nowhere finite."""
        norms = norms_of(self.probe.objective.gradient(self.outcomes.start))
        norms = norms[np.isfinite(norms)]
        return float(np.median(norms)) if len(norms) else 0.0
