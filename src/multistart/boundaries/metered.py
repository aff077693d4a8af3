"""`Metered`: a label function that counts its descents, for whatever has a budget of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from multistart.boundaries.labels import Array, Codes, Labels


@dataclass
class Metered:
    """A label function with the number of descents that it has made so far, and of each code among them.

    >>> label = Metered(lambda points: np.zeros(len(points), dtype=np.int64))
    >>> _ = label(np.zeros((5, 2)))
    >>> label.spent, label.seen
    (5, {0: 5})
    """

    label: Labels
    spent: int = 0
    seen: dict[int, int] = field(default_factory=dict)

    def __call__(self, points: Array) -> Codes:
        """The codes of these points, ``(n,)``; of no points none, without asking."""
        if not len(points):
            return np.zeros(0, dtype=np.int64)
        codes = self.label(points)
        self.spent += len(points)
        for code, count in zip(*(each.tolist() for each in np.unique(codes, return_counts=True)), strict=True):
            self.seen[code] = self.seen.get(code, 0) + count
        return codes
