"""What is searched for: everything, what lies at or below a level, or what may be lowest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from flint import arb

from multistart.proofs.balls import Cell, outward
from multistart.proofs.enclosures import OutsideDomain
from multistart.proofs.problem import Problem


@dataclass
class Cut:
    """Boxes on which the function is certainly above the level are of no interest.

    Attributes
    ----------
    level
        Infinite to search for everything.
    falling
        Whether every lower value that the function takes in the box becomes the new level. What is at or below the
        last one includes all global minima.
    """

    level: float = math.inf
    falling: bool = False
    _ball: arb | None = field(init=False)

    def __post_init__(self) -> None:
        self._ball = arb(self.level) if math.isfinite(self.level) else None

    @property
    def is_open(self) -> bool:
        """Whether everything is searched for."""
        return not self.falling and self._ball is None

    @property
    def final(self) -> float | None:
        """The level; none if everything was searched for."""
        return self.level if math.isfinite(self.level) else None

    def drops(self, problem: Problem, box: Sequence[arb], cell: Cell | None = None) -> bool:
        """Trusted. Whether the function is certainly above the level wherever it is defined on a box.

        The box is given as balls, and, where it is known, as a cell with exact ends.
        """
        try:
            return self._ball is not None and bool(problem.range(box, cell).low > self._ball)
        except OutsideDomain:
            return True

    def lower(self, problem: Problem, point: Sequence[arb]) -> None:
        """Trusted. Let the level fall to the value at a point, which must be in the box."""
        if not self.falling:
            return
        try:
            high = outward(problem.value(point)[0])[1]
        except OutsideDomain:
            return
        self.fall(high)

    def fall(self, level: float) -> None:
        """Let the level fall to a number that the function is at or below somewhere in the box."""
        if self.falling and level < self.level:
            self.level, self._ball = level, arb(level)
