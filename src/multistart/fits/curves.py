"""Where a model of one predictor is drawn: values spread over those of the data, as these are spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
POINTS = 401
DECADES = 2.0  # that positive values span before their logarithms are spread evenly


def by_logarithm(x: Array) -> bool:
    """Whether positive values span so much that an axis of their logarithm shows them better: half of them lie low.

    >>> by_logarithm(np.array([0.01, 1.0, 100.0])), by_logarithm(np.array([0.0, 100.0]))
    (True, False)
    >>> by_logarithm(np.linspace(0.01, 100.0, 50))
    False
    """
    low, high = float(x.min()), float(x.max())
    if not (low > 0 and np.log10(high) - np.log10(low) > DECADES):
        return False
    geometric, even = np.sqrt(low) * np.sqrt(high), (low + high) / 2
    return bool(np.median(x) < np.sqrt(geometric) * np.sqrt(even))


def spread(x: Array) -> Array:
    """Increasing values from the smallest of ``x`` to the largest, shape ``(POINTS,)``; one where all are the same.

    >>> spread(np.array([3.0, 1.0]))[[0, 200, 400]]
    array([1., 2., 3.])
    """
    low, high = float(x.min()), float(x.max())
    if low == high:
        return np.array([low])
    values = np.geomspace(low, high, POINTS) if by_logarithm(x) else np.linspace(low, high, POINTS)
    values[[0, -1]] = low, high
    return values
