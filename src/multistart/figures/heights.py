"""Between which values a picture shows a function: steep walls and poles are cut off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOTHING = np.empty(0)


@dataclass(frozen=True)
class Heights:
    """The lowest and highest values that are shown, and the power by which levels between them are spaced.

    Where there is no more than one value, what is shown around it is ``flat``.

    >>> heights_of(np.array([2.0, 2.0]))
    Heights(low=1.5, high=2.5, power=1.0, flat=True)
    """

    low: float
    high: float
    power: float
    flat: bool = False

    @property
    def even(self) -> bool:
        """Whether levels are about evenly spaced, so that they may as well be so."""
        return 0.75 <= self.power <= 1.35


def heights_of(value: NDArray[np.float64], known: NDArray[np.float64] = NOTHING) -> Heights:
    """From the lowest value to the 99th percentile, with a power that puts the median near the middle.

    To the highest value, where levels are even and it is not far above. Where the function falls without end, from the
    1st percentile less the range of the central 98 %, or from the lowest of the ``known`` minima where that is lower.
    """
    finite = value[np.isfinite(value)]
    if finite.size == 0:
        return Heights(0.0, 1.0, 1.0, flat=True)
    lowest, least, median, high = np.quantile(finite, [0.0, 0.01, 0.5, 0.99]).tolist()
    low = max(lowest, min(2 * least - high, float(known.min(initial=np.inf))))
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        pad = max(0.5, 0.05 * abs(low))
        return Heights(low - pad, low + pad, 1.0, flat=True)
    middle = float(np.clip((median - low) / (high - low), 1e-9, 1 - 1e-9))
    found = Heights(low, high, float(np.clip(np.log(middle) / np.log(0.5), 0.4, 3.0)))
    top = float(finite.max())
    return Heights(low, top, found.power) if found.even and top - high < 0.4 * (high - low) else found
