"""Which rows a study keeps: an unbiased sample that is the same however they are cut into parts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError

Rows = NDArray[np.int64]
GAMMA = np.uint64(0x9E3779B97F4A7C15)
BLOCK = 2**15  # rows that are hashed at a time, in the processor's cache


def sample_rows(first: int, last: int, keep: int, seed: int) -> Rows:
    """Return the ``keep`` rows of ``first .. last - 1`` with the smallest hashes, in order; all if there are fewer.

    A row's hash depends on (seed, row) alone and is as good as a random number, so the rows kept are a simple random
    sample without replacement (bottom-k sampling, Cohen & Kaplan 2007). Merge parts with `merge_rows`.

    >>> whole = sample_rows(0, 1000, 3, seed=7)
    >>> parts = [sample_rows(0, 400, 3, seed=7), sample_rows(400, 1000, 3, seed=7)]
    >>> (merge_rows(parts, 3, seed=7) == whole).all()
    np.True_
    """
    if keep < 0 or not 0 <= first <= last:
        raise InputError(f"cannot keep {keep} of the rows {first} to {last - 1}")
    blocks = (np.arange(start, min(start + BLOCK, last)) for start in range(first, last if keep else first, BLOCK))
    return merge_rows(blocks, keep, seed)


def merge_rows(parts: Iterable[Rows], keep: int, seed: int) -> Rows:
    """Of the samples of disjoint ranges, the sample of their union; ``keep`` and ``seed`` as in `sample_rows`.

    Of parts that come one by one about twice as many rows are held as are kept, and those of one part.
    """
    held, count, largest = [np.empty(0, dtype=np.int64)], 0, None
    for rows in parts:
        held.append(rows if largest is None else rows[row_hash(rows, seed) < largest])
        count += len(held[-1])
        if count > 2 * keep:
            held = [_smallest(np.concatenate(held), keep, seed)]
            count, largest = keep, row_hash(held[0], seed).max(initial=0)
    return _smallest(np.concatenate(held), keep, seed)


def row_hash(rows: Rows, seed: int) -> NDArray[np.uint64]:
    """Hash (seed, row) to 64 bits: two rounds of SplitMix64's finaliser (Steele, Lea & Flood 2014).

    The finaliser is a bijection, so rows of one seed never collide. It maps 0 to 0; what it is given is therefore
    offset by two words that NumPy's `SeedSequence` spreads the seed to, so that no seed, however large, is special.
    """
    first, second = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    return _mix(_mix(np.asarray(rows).astype(np.uint64) * GAMMA + first) + second)


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _smallest(rows: Rows, keep: int, seed: int) -> Rows:
    if len(rows) <= keep:
        return np.sort(rows)
    order = np.argpartition(row_hash(rows, seed), keep - 1)[:keep] if keep else np.empty(0, dtype=np.int64)
    return np.sort(rows[order])
