"""What becomes of starts, as one number each: all that a boundary is made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Points ``(n, d)`` to their codes ``(n,)``, descending afresh: a basin >= 0, or -1 - (position of the ending in
#: `descents.outcomes.ENDINGS`) where a descent reaches none, as `counts.tally.codes` gives it. The same point has the
#: same code in every call. Many points in one call cost less than many calls.
#: A study's is made in `study.boundary`; tests and notebooks pass any function, as ``lambda x: (x[:, 0] > 0) * 1``.
Labels = Callable[[Array], Codes]


def reaches(codes: Codes) -> NDArray[np.bool_]:
    """Which codes are basins, and not endings without one."""
    return codes >= 0
