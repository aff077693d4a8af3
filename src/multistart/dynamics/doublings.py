"""Where a minimum loses stability, and where the cycles around it do: the events of its cascade, to 1e-10.

A cycle's period doubles where one of its multipliers passes -1. Of gradient descent a minimum's does at 2/lambda_max,
which a certificate's enclosure of the eigenvalue proves. Far up, the distances of doublings in a row have Feigenbaum's
ratio, from which follows where they accumulate and chaos begins: an estimate.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.dynamics.cascade import DEGENERATE, SEVERAL, SUBCRITICAL, SUPERCRITICAL, UP_TO, Stage, cascade
from multistart.dynamics.map import RuleMap
from multistart.dynamics.stability import BRANCHING, FLIP, FOLD, TURNING
from multistart.events import Event
from multistart.functions.objective import Objective
from multistart.methods import Method

#: The ratio of the distances of doublings far up a cascade (Feigenbaum 1978, Journal of Statistical Physics 19).
FEIGENBAUM = 4.669201609102990
_NEXT = {
    "": "",
    SUPERCRITICAL: "",
    SUBCRITICAL: ", subcritical: no stable cycle of period {} begins here, an unstable one ends",
    SEVERAL: ", in several directions together: what begins here was not followed",
    DEGENERATE: ", with cycles of period {} here alone and at no other rate",
}
Array = NDArray[np.float64]


def doublings(
    objective: Objective, method: Method, minimum: Array, *, box: Box, number: int = 0, up_to: int = UP_TO
) -> list[Event]:
    """The doublings of the cascade that begins at a minimum, in the order of their periods, and what it comes to.

    The first is the minimum's own, where it stops attracting. Where a cycle loses stability in another way, or none
    that attracts is born, the cascade ends, and the last event says so.

    Parameters
    ----------
    minimum
        Shape ``(d,)``.
    box
        Gives the scale of each coordinate.
    number
        The minimum's, for the events.
    up_to
        The last period whose doubling is looked for.
    """
    return events_of(cascade(RuleMap.of(objective, method), method, minimum, box, up_to), number)


def events_of(stages: Sequence[Stage], number: int, enclosure: tuple[float, float] | None = None) -> list[Event]:
    """What happens in a cascade, in the order of its stages.

    Parameters
    ----------
    number
        The minimum's.
    enclosure
        Of the rate at which the minimum loses stability, where it is proven.
    """
    stable = [stage.end and stage.born != SUBCRITICAL for stage in stages]
    begins = [*(after.born == FOLD for after in stages[1:]), *([False] if stages else [])]
    found = [_event(stage, number) for stage, *told in zip(stages, stable, begins, strict=True) if any(told)]
    if found and enclosure is not None:
        found[0] = replace(found[0], low=enclosure[0], high=enclosure[1], proven=True)
    return [*found, *accumulation(stages, number)]


def _event(stage: Stage, number: int) -> Event:
    q = stage.period
    event, note = {
        FLIP: ("doubling", f"period {q} to {2 * q}{_NEXT[stage.next].format(2 * q)}"),
        FOLD: ("fold", f"{'from here on there is a stable' if stage.born == SUBCRITICAL else 'the end of the stable'} "
               f"cycle of period {q}"),
        BRANCHING: ("pitchfork", f"the cycle of period {q} gives way to others as long, as a multiplier passes 1"),
        TURNING: ("neimark_sacker", f"{_of_period(q)} gives way to motion around it, as a complex multiplier passes 1"),
    }[stage.end]  # fmt: skip
    return Event(number, event, stage.low, stage.high, proven=False, note=note)


def _of_period(q: int) -> str:
    return "the minimum" if q == 1 else f"the cycle of period {q}"


def accumulation(stages: Sequence[Stage], number: int) -> list[Event]:
    """Where doublings accumulate, by Feigenbaum's ratio from the last two: an estimate; none from fewer than three.

    Its bracket is as wide as the last doubling has moved it on both sides.
    """
    rates: list[float] = []
    for stage in stages:
        rates = [*rates, stage.orbits[-1].rate] if stage.end == FLIP and stage.born == SUPERCRITICAL else []
    if len(rates) < 3:
        return []
    before, now = ((b - a) / (FEIGENBAUM - 1) + b for a, b in itertools.pairwise(rates[-3:]))
    half, note = abs(now - before), "chaos: doublings accumulate here (an estimate, by Feigenbaum's ratio)"
    return [Event(number, "born", now - half, now + half, proven=False, note=note)]
