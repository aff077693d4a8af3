"""A smaller domain around the minima, for starts that lie where the function is flat: looked for by trial."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.diagnoses.diagnosis import NOTICED
from multistart.diagnoses.probe import Trial

HALVINGS = 10
Array = NDArray[np.float64]
Ends = tuple[tuple[float, float], ...]


def nearer_domain(trial: Trial) -> Ends | None:
    """The largest domain from which nearly all starts reach a minimum, of those halved towards the minima.

    First towards all of them in the domain, then towards the lowest. Where nearly all reach one from none of these, the
    one from which most do; none where no more do than from the domain itself.
    """
    share, best = float(trial.reached.mean()), None
    for ends in _halved(trial):
        reached = float(trial.probe.trial(replace(trial.setting, domain=ends)).reached.mean())
        if reached >= share + NOTICED:
            share, best = reached, ends
        if share >= 1 - NOTICED:
            break
    return best


def _halved(trial: Trial) -> Iterator[Ends]:
    """Domains to try: their sides are those of the domain, each halved towards the outermost minimum on that side."""
    domain = trial.probe.domain
    places = trial.minima.location[domain.contains(trial.minima.location)]
    if len(places) == 0:
        return
    lowest = places[[int(np.argmin(trial.probe.objective.value(places)))]]
    for around in (places, lowest) if len(places) > 1 else (places,):
        for halving in range(1, HALVINGS + 1):
            yield _around(around, domain, 0.5**halving)


def _around(places: Array, domain: Box, part: float) -> Ends:
    """The box around places with a part of the room between them and the sides of the domain, in round numbers."""
    least, most = places.min(axis=0), places.max(axis=0)
    low, high = least - part * (least - domain.low), most + part * (domain.high - most)
    sides = zip(low.tolist(), high.tolist(), domain.bounds.values(), strict=True)
    return tuple(_rounded(least, most, given) for least, most, given in sides)


def _rounded(low: float, high: float, given: tuple[float, float]) -> tuple[float, float]:
    """An interval with ends of about two digits, outward but not beyond the given one.

    >>> _rounded(-2.174, 1.648, (-3.0, 3.0))
    (-2.2, 1.7)
    """
    digits = 1 - math.floor(math.log10(high - low))
    grid = 10.0**-digits
    ends = (round(math.floor(low / grid) * grid, digits), round(math.ceil(high / grid) * grid, digits))
    return max(ends[0], given[0]), min(ends[1], given[1])
