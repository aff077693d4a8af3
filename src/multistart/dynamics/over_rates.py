"""What a sweep over a learning rate asks once: all events of the rate, and the branches of a bifurcation picture."""

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


def events_of_rate(
    objective: Objective,
    method: Method,
    minima: Minima,
    certificate: Certificate | None,
    box: Box,
    low: float,
    high: float,
    cache: Path | str | None = None,
) -> list[Event]:
    """What happens to minima and what they become where the learning rate is between two numbers, in its order.

    Doublings of each minimum's cascade, crises, and windows in chaos; none for a method that is no map at a constant
    rate, or of which it is not known at which rate minima lose stability.

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
        return []
    criticals = [critical_rate(objective, method, place) for place in minima.location]
    found: list[Event] = []
    for i, stages in enumerate(_cascades(objective, method, minima, box, high, cache)):
        enclosure = _enclosure(method, minima, certificate, i)
        found += events_of(stages, i, enclosure) if stages else _first_loss(i, criticals[i], enclosure)
    first = BELOW * min((rate for rate in criticals if rate > 0), default=high)
    lost = crises(Watch(objective, method, box, cache), minima, first, high)
    found += lost + _windows(RuleMap.of(objective, method, cache), minima, box, found, lost, high)
    within = [event for event in found if event.high >= low and event.low <= high]
    return sorted(within, key=lambda event: (event.low, event.high, event.attractor))


def branches_of_rate(
    objective: Objective,
    method: Method,
    minima: Minima,
    certificate: Certificate | None,
    box: Box,
    low: float,
    high: float,
    cache: Path | str | None = None,
) -> dict[str, NDArray[Any]]:
    """Branches of cycles over the learning rate as columns, see :func:`multistart.dynamics.branches.columns`.

    Parameters are those of :func:`events_of_rate`; minima say by themselves whether they are certified.
    """
    found: list[Branch] = []
    if _has_a_rate(method):
        update = RuleMap.of(objective, method, cache)
        for i, stages in enumerate(_cascades(objective, method, minima, box, high, cache)):
            found += branches(update, method, stages, minima, i, box, (low, high))
    return columns(found, objective)


def _windows(
    update: RuleMap, minima: Minima, box: Box, cascades: list[Event], lost: list[Event], high: float
) -> list[Event]:
    """What happens in the windows of the lowest minima's chaos, from where that begins to where it is lost."""
    found: list[Event] = []
    for i, place in enumerate(minima.location[:FEW]):
        begins = [event.middle for event in cascades if event.attractor == i and event.note.startswith("chaos")]
        ends = [event.low for event in lost if event.attractor in (i, ALL) and event.event == "crisis"]
        for window in windows(update, place, box, *begins[:1], min([high, *ends])) if begins else []:
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
    if certificate is None or not minima.certified[i] or not certificate.minima:
        return None
    centers = np.array([point.center for point in certificate.minima])
    point = certificate.minima[int(np.abs(centers - minima.location[i]).max(axis=1).argmin())]
    low, high = method.critical_learning_rate(np.array([point.eigenvalues[-1][1], point.eigenvalues[-1][0]])).tolist()
    return (low * (1 - OUTWARD), high * (1 + OUTWARD)) if 0 < low <= high < math.inf else None
