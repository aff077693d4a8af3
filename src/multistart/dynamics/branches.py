"""Branches: what a bifurcation picture is drawn from, cycles over the rate, stable and unstable.

A minimum is a point of the picture at every rate, stable up to the rate at which it loses stability. From there its
cycle of period 2 goes on, and so on: each family of the cascade is followed over the whole interval, beyond where it is
stable too, since no descent ever shows what it left behind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.dynamics.doublings import Stage, cascade, critical_rate, units
from multistart.dynamics.family import Orbit, along
from multistart.dynamics.map import RuleMap
from multistart.functions.objective import Objective
from multistart.methods import Method

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Branch:
    """A family of cycles over an interval of the rate, in ``m`` rates, which fall and rise along it where it folds.

    Attributes
    ----------
    around
        The minimum whose cascade it belongs to.
    rates
        Shape ``(m,)``.
    points
        The cycles, shape ``(m, q, d)``: point i of one follows from point i of the one before without a jump.
    multipliers
        The largest modulus of each, shape ``(m,)``; the stable ones are below 1.
    """

    around: int
    rates: Array
    points: Array
    multipliers: Array

    @property
    def period(self) -> int:
        """Of its cycles."""
        return self.points.shape[1]

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Which cycles attract, shape ``(m,)``; where it loses stability is a cycle that does not."""
        return self.multipliers < 1
