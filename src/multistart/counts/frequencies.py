"""How often each combination of whole numbers occurs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.integer]
DENSE = 2**21  # combinations that may occur, up to which they are counted in an array with a place for each


def frequencies(*keys: Whole, weight: Whole | None = None) -> tuple[NDArray[np.int64], ...]:
    """The combinations of keys that occur, in order, and the number of rows that have each; last, their sum of weights.

    Keys and weight have shape ``(n,)``, what is returned has shape ``(m,)``; sums are exact below 2^53.

    >>> frequencies(np.array([1, 0, 1]), np.array([5, 9, 5]), weight=np.array([7, 1, 2]))
    (array([0, 1]), array([9, 5]), array([1, 2]), array([1, 9]))
    """
    if len(keys[0]) == 0:
        return tuple(np.empty(0, dtype=np.int64) for _ in range(len(keys) + 1 + (weight is not None)))
    low = [int(key.min()) for key in keys]
    span = [int(key.max()) - least + 1 for key, least in zip(keys, low, strict=True)]
    if math.prod(span) >= 2**63:
        return _of_rows(np.stack(keys, axis=1), weight)
    code = np.ravel_multi_index([key - least for key, least in zip(keys, low, strict=True)], span)
    seen, *counts = _of_codes(code, math.prod(span), weight)
    return *(found + least for found, least in zip(np.unravel_index(seen, span), low, strict=True)), *counts


def _of_codes(code: NDArray[np.int64], size: int, weight: Whole | None) -> tuple[NDArray[np.int64], ...]:
    """Which codes below a size occur, and how often, with the sum of their weights."""
    if size > max(DENSE, 2 * len(code)):
        if weight is None:
            return np.unique(code, return_counts=True)
        seen, place, count = np.unique(code, return_inverse=True, return_counts=True)
        return seen, count, *_sums(place, len(seen), weight)
    count = np.bincount(code, minlength=size)
    seen = np.flatnonzero(count)
    return seen, count[seen], *(sums[seen] for sums in _sums(code, size, weight))


def _of_rows(rows: Whole, weight: Whole | None) -> tuple[NDArray[np.int64], ...]:
    """The same for combinations of so many numbers that no whole number has room for them."""
    seen, place, count = np.unique(rows.astype(np.int64), axis=0, return_inverse=True, return_counts=True)
    return *list(seen.T), count, *_sums(place.ravel(), len(seen), weight)


def _sums(code: Whole, size: int, weight: Whole | None) -> list[NDArray[np.int64]]:
    return [] if weight is None else [np.bincount(code, weights=weight, minlength=size).astype(np.int64)]
