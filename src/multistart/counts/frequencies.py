"""How often each combination of whole numbers occurs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.integer]
DENSE = 2**22  # combinations that may occur, up to which they are counted in an array with a place for each


def frequencies(*keys: Whole, weight: Whole | None = None) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """The combinations of keys that occur, in order, and the number of rows that have each, or the sum of a weight.

    ``keys`` and ``weight`` have shape ``(n,)``; sums are exact below 2^53.

    >>> frequencies(np.array([1, 0, 1]), np.array([5, 9, 5]))
    ([array([0, 1]), array([9, 5])], array([1, 2]))
    """
    if len(keys[0]) == 0:
        return [np.empty(0, dtype=np.int64) for _ in keys], np.empty(0, dtype=np.int64)
    low = [int(key.min()) for key in keys]
    span = [int(key.max()) - least + 1 for key, least in zip(keys, low, strict=True)]
    if math.prod(span) >= 2**63:
        return _of_rows(np.stack(keys, axis=1), weight)
    code = np.ravel_multi_index([key - least for key, least in zip(keys, low, strict=True)], span)
    seen, count = _of_codes(code, math.prod(span), weight)
    return [found + least for found, least in zip(np.unravel_index(seen, span), low, strict=True)], count


def _of_codes(code: Whole, size: int, weight: Whole | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which codes below a size occur, and how often, or with what sum of weights."""
    if size <= max(DENSE, 2 * len(code)):
        count = np.bincount(code, minlength=size)
        seen = np.flatnonzero(count)
        return seen, count[seen] if weight is None else _sums(code, size, weight)[seen]
    seen, place, count = np.unique(code, return_inverse=True, return_counts=True)
    return seen, count if weight is None else _sums(place, len(seen), weight)


def _of_rows(rows: Whole, weight: Whole | None) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """The same for combinations of so many numbers that no whole number has room for them."""
    seen, place, count = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return list(seen.T), count if weight is None else _sums(place.ravel(), len(seen), weight)


def _sums(code: Whole, size: int, weight: Whole) -> NDArray[np.int64]:
    return np.bincount(code, weights=weight, minlength=size).astype(np.int64)
