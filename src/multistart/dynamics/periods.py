"""The period of a map's orbits: Brent's algorithm of :mod:`multistart.descents.recurrence` on a :class:`.RuleMap`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.descents import recurrence
from multistart.dynamics.map import RuleMap

Array = NDArray[np.float64]


def periods(rule_map: RuleMap, rows: Array, longest: int = recurrence.LONGEST) -> NDArray[np.int64]:
    """The period of each row's orbit, shape ``(n, w) -> (n,)``: 1 at rest, 0 where it has none up to the longest.

    Nothing is burnt in: an orbit that has not come near its cycle has none yet. Numbers are the same for all rows.
    """
    return recurrence.periods(rule_map.orbit, rows, rule_map.dimensions, longest)
