"""How often each combination of whole numbers occurs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.integer]
DENSE = 2**21  # combinations that may occur, up to which they are counted in an array with a place for each,
PLACES = 32  # where there are no more of them for each row: to sort a few rows takes less than to fill such an array


def frequencies(*keys: Whole, weight: Whole | None = None) -> tuple[NDArray[np.int64], ...]:
    """The combinations of keys that occur, in order, and the number of rows that have each; last, their sum of weights.

    Keys and weight have shape ``(n,)``, what is returned has shape ``(m,)``; sums are exact below 2^53.

    >>> frequencies(np.array([1, 0, 1]), np.array([5, 9, 5]), weight=np.array([7, 1, 2]))
    (array([0, 1]), array([9, 5]), array([1, 2]), array([1, 9]))
    """
    return _grouped(keys, [] if weight is None else [weight])


def added(keys: Sequence[Whole], numbers: Sequence[Whole]) -> tuple[NDArray[np.int64], ...]:
    """The combinations of keys that occur, in order, and the sums of some numbers over the rows that have each.

    Shapes and limits as of :func:`frequencies`.

    >>> added([np.array([1, 0, 1])], [np.array([7, 1, 2]), np.array([1, 1, 1])])
    (array([0, 1]), array([1, 9]), array([1, 2]))
    """
    found = _grouped(keys, numbers)
    return *found[: len(keys)], *found[len(keys) + 1 :]


def _grouped(keys: Sequence[Whole], weights: Sequence[Whole]) -> tuple[NDArray[np.int64], ...]:
    """Combinations of keys, how often each occurs, and their sums of each of the weights."""
    if len(keys[0]) == 0:
        return tuple(np.empty(0, dtype=np.int64) for _ in range(len(keys) + 1 + len(weights)))
    low = [int(key.min()) for key in keys]
    span = [int(key.max()) - least + 1 for key, least in zip(keys, low, strict=True)]
    if math.prod(span) >= 2**63:
        return _of_rows(np.stack(keys, axis=1), weights)
    code = np.ravel_multi_index([key - least for key, least in zip(keys, low, strict=True)], span)
    seen, *counts = _of_codes(code, math.prod(span), weights)
    return *(found + least for found, least in zip(np.unravel_index(seen, span), low, strict=True)), *counts


def _of_codes(code: NDArray[np.int64], size: int, weights: Sequence[Whole]) -> tuple[NDArray[np.int64], ...]:
    """Which codes below a size occur, and how often, with the sums of their weights."""
    if size > max(min(DENSE, PLACES * len(code)), 2 * len(code)):
        if not weights:
            return np.unique(code, return_counts=True)
        seen, place, count = np.unique(code, return_inverse=True, return_counts=True)
        return seen, count, *_sums(place, len(seen), weights)
    count = np.bincount(code, minlength=size)
    seen = np.flatnonzero(count)
    return seen, count[seen], *(sums[seen] for sums in _sums(code, size, weights))


def _of_rows(rows: Whole, weights: Sequence[Whole]) -> tuple[NDArray[np.int64], ...]:
    """The same for combinations of so many numbers that no whole number has room for them."""
    seen, place, count = np.unique(rows.astype(np.int64), axis=0, return_inverse=True, return_counts=True)
    return *list(seen.T), count, *_sums(place.ravel(), len(seen), weights)


def _sums(code: Whole, size: int, weights: Sequence[Whole]) -> list[NDArray[np.int64]]:
    return [np.bincount(code, weights=weight, minlength=size).astype(np.int64) for weight in weights]
