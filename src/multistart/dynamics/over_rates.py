"""`over_rates`: what a sweep over a learning rate asks once, all events and the branches of a bifurcation picture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.dynamics.branches import Branch, branches, columns
from multistart.dynamics.cascade import Stage, cascade, critical_rate
from multistart.dynamics.crises import crises
from multistart.dynamics.crowds import Watch
from multistart.dynamics.doublings import events_of
from multistart.dynamics.map import RuleMap
from multistart.dynamics.stability import BRACKET
from multistart.dynamics.windows import windows
from multistart.events import ALL, Event
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.minima import Minima
from multistart.proofs import Certificate

FEW = 4  # minima, the lowest, in whose chaos windows are looked for: it takes as long as all the rest
MOST = 32  # minima, the lowest, whose cascades are followed; of the others only the first loss of stability is said
BELOW = 0.99  # of the smallest critical rate: there every minimum attracts
OUTWARD = 1e-15  # more than the rounding of a critical rate, as a part of it
Interval = tuple[float, float]


def over_rates(
    objective: Objective,
    method: Method,
    minima: Minima,
    certificate: Certificate | None,
    box: Box,
    low: float,
    high: float,
    cache: Path | str | None = None,
) -> tuple[list[Event], dict[str, NDArray[Any]]]:
    """What happens to minima and what they become where the learning rate is between two numbers, in its order; and
    the branches of their cycles as columns, see :func:`multistart.dynamics.branches.columns`.

    Doublings of each minimum's cascade, crises, and windows in chaos; none for a method that is no map at a constant
    rate, or of which it is not known at which rate minima lose stability. Minima say by themselves whether they are
    certified.

    Parameters
    ----------
    method
        Its own learning rate does not matter.
    certificate
        Where it has a minimum, the rate at which that loses stability is proven.
    box
        The arena.
    """
    if not _has_a_rate(method) or not len(minima):
        return [], columns([], objective)
    cascades = _cascades(objective, method, minima, box, high, cache)
    events = _events(objective, method, minima, certificate, cascades)
    critical = [critical_rate(objective, method, place) for place in minima.location]
    first = BELOW * min((rate for rate in critical if rate > 0), default=high)
    lost = crises(Watch(objective, method, box, cache), minima, first, high)
    events += lost + _windows(RuleMap.of(objective, method, cache), minima, box, events, lost, high)
    within = [event for event in events if event.high >= low and event.low <= high]
    found = _branches(objective, method, minima, cascades, box, (low, high), cache)
    return sorted(within, key=lambda event: (event.low, event.high, event.attractor)), columns(found, objective)


def branches_of_rate(
    objective: Objective, method: Method, minima: Minima, box: Box, low: float, high: float,
    cache: Path | str | None = None,
) -> dict[str, NDArray[Any]]:  # fmt: skip
    """The branches of :func:`over_rates` alone."""
    if not _has_a_rate(method):
        return columns([], objective)
    cascades = _cascades(objective, method, minima, box, high, cache)
    return columns(_branches(objective, method, minima, cascades, box, (low, high), cache), objective)


def _events(
    objective: Objective, method: Method, minima: Minima, certificate: Certificate | None, cascades: list[list[Stage]]
) -> list[Event]:
    """Where each minimum loses stability, and the doublings that follow."""
    found: list[Event] = []
    for i, (stages, place) in enumerate(zip(cascades, minima.location, strict=True)):
        enclosure = _enclosure(method, minima, certificate, i)
        critical = critical_rate(objective, method, place)
        found += events_of(stages, i, enclosure) if stages else _first_loss(i, critical, enclosure)
    return found


def _branches(
    objective: Objective, method: Method, minima: Minima, cascades: list[list[Stage]], box: Box, rates: Interval,
    cache: Path | str | None,
) -> list[Branch]:  # fmt: skip
    update = RuleMap.of(objective, method, cache)
    return [
        branch
        for i, stages in enumerate(cascades)
        for branch in branches(update, method, stages, minima, i, box, rates)
    ]


def _windows(
    update: RuleMap, minima: Minima, box: Box, cascades: list[Event], lost: list[Event], high: float
) -> list[Event]:
    """What happens in the windows of the lowest minima's chaos, from where that begins to where it is lost."""
    found: list[Event] = []
    for i, place in enumerate(minima.location[:FEW]):
        begins = [event.middle for event in cascades if event.attractor == i and event.note.startswith("chaos")]
        ends = [event.low for event in lost if event.attractor in (i, ALL) and event.event == "crisis"]
        for window in windows(update, place, box, begins[0], min([high, *ends])) if begins else []:
            found += window.events(i)
    return found


def _has_a_rate(method: Method) -> bool:
    return method.is_map and method.constant_rate is not None


def _cascades(
    objective: Objective, method: Method, minima: Minima, box: Box, high: float, cache: Path | str | None
) -> list[list[Stage]]:
    """The cascade of each minimum that has lost stability at the highest rate; of the others nothing."""
    update = RuleMap.of(objective, method, cache)
    lost = [i < MOST and critical_rate(objective, method, place) <= high for i, place in enumerate(minima.location)]
    return [
        cascade(update, method, place, box) if each else [] for place, each in zip(minima.location, lost, strict=True)
    ]


def _first_loss(number: int, rate: float, enclosure: Interval | None) -> list[Event]:
    """Where a minimum loses stability, of which no more is known."""
    if not 0 < rate < math.inf:
        return []
    low, high = enclosure or (rate * (1 - BRACKET), rate * (1 + BRACKET))
    return [Event(number, "doubling", low, high, proven=enclosure is not None, note="loses stability")]


def _enclosure(method: Method, minima: Minima, certificate: Certificate | None, i: int) -> Interval | None:
    """Between which rates a certified minimum provably loses stability; none where that is not proven."""
    exact = method.rule.critical_learning_rate is not None  # that of a rule of one's own is rounded
    if certificate is None or not minima.certified[i] or not certificate.minima or not exact:
        return None
    centers = np.array([point.center for point in certificate.minima])
    point = certificate.minima[int(np.abs(centers - minima.location[i]).max(axis=1).argmin())]
    low, high = method.critical_learning_rate(np.array([point.eigenvalues[-1][1], point.eigenvalues[-1][0]])).tolist()
    return (low * (1 - OUTWARD), high * (1 + OUTWARD)) if 0 < low <= high < math.inf else None
