"""Join counts: how often neighbouring cells of a grid have which labels (Moran 1948; Cliff & Ord 1973).

The intervals of grid designs are made from them. Each function takes the labels of consecutive rows and counts only
neighbourhoods that lie wholly within them, so that counts of adjacent ranges add once what straddles their border is
added, as :class:`.shares.ShareTally` does.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multistart.starts.layout import Layout

Labels = NDArray[np.int32]
Key = tuple[str, int, int]
#: Kind of the counts of a grid, followed by the labels of a cell's neighbourhood.
NEAR = "near "
BITS = 62


def border_rows(layout: Layout) -> int:
    """How many rows on each side of a cut the neighbourhoods that straddle it can reach; about one slab of cells."""
    if layout.design == "grid":
        return 2 * sum(layout.strides)
    if layout.design != "jittered_grid":
        return 0
    return layout.per_cell - 1 if layout.per_cell > 1 else sum(m for _, m in split_axes(layout))


def join_counts(labels: Labels, start: int, layout: Layout) -> Counter[Key]:
    """Count the neighbourhoods within rows ``start .. start + len(labels) - 1``; keys ``(kind, basin, basin)``.

    Kinds: ``product`` for a jittered grid, ``near ...`` for a grid, nothing for other designs.
    """
    if layout.design == "grid":
        return _neighbourhoods(labels, start, layout)
    if layout.design != "jittered_grid":
        return Counter()
    if layout.per_cell > 1:
        return _within_cells(labels, start, layout)
    return _mixed_differences(labels, start, layout)


def split_axes(layout: Layout) -> list[tuple[int, int]]:
    """``(cells, stride)`` of the axes that have at least two cells."""
    return [(n, m) for n, m in zip(layout.per_axis, layout.strides, strict=True) if n > 1]


def _within_cells(labels: Labels, start: int, layout: Layout) -> Counter[Key]:
    """Sum over cells of ``r n_a [a = b] - n_a n_b`` with ``n_a`` of the cell's ``r`` starts in basin ``a``.

    Over ``r - 1`` it is ``r^2`` times the unbiased estimate of the variance of the cell's mean, summed
    (Cochran 1977, Sampling Techniques, ch. 5, equal strata).
    """
    r = layout.per_cell
    first = -start % r
    cells = labels[first : first + (len(labels) - first) // r * r].reshape(-1, r)
    cells = cells[(cells != cells[:, :1]).any(axis=1)]
    basins, codes = np.unique(cells, return_inverse=True)
    inside = np.zeros((len(basins), len(cells)))
    for column in codes.reshape(cells.shape).T:
        inside[column, np.arange(len(cells))] += 1
    return _as_counter(np.diag(r * inside.sum(axis=1)) - inside @ inside.T, basins)


def _mixed_differences(labels: Labels, start: int, layout: Layout) -> Counter[Key]:
    """Sum over blocks of 2^d cells of ``w s_a s_b``, ``s`` being a basin's alternating sum of its indicator.

    With ``w`` the weights below, over ``2^d``, the sum estimates the variance of the basin's count: every cell
    adds its own variance at least once, and a boundary adds more only as far as its indicator has a mixed
    difference in all coordinates at once, which a boundary along an axis has not (Hall, Kay & Titterington 1990
    for differences as estimates of variance; collapsed strata are the case d = 1, Cochran 1977, 5A.12).
    """
    axes = split_axes(layout)
    anchors = len(labels) - sum(m for _, m in axes)
    if anchors <= 0 or not axes:
        return Counter()
    low = high = labels
    for _, m in axes:
        low, high = np.minimum(low[m:], low[:-m]), np.maximum(high[m:], high[:-m])
    mixed = np.flatnonzero(low < high)
    weight = _block_weights(mixed + start, axes)
    mixed, weight = mixed[weight > 0], weight[weight > 0]
    basins = np.unique(labels)
    sums = np.zeros((len(basins), len(mixed)))  # whole numbers far below 2^53: the products are exact
    for row, basin in zip(sums, basins if len(mixed) else (), strict=False):
        part = (labels == basin).astype(np.int16)
        for _, m in axes:
            part = part[m:] - part[:-m]
        row[:] = part[mixed]
    return _as_counter((sums * weight) @ sums.T, basins)


def _block_weights(anchor: NDArray[np.int64], axes: list[tuple[int, int]]) -> NDArray[np.int64]:
    """How often the block with this lowest cell counts: so that along each axis every cell is in two blocks or more.

    Overlapping blocks with the outermost counted twice weigh the cells 1 + 1/n a coordinate on average; where that
    would inflate the variance by half (many coordinates, few cells), disjoint blocks are counted twice instead.
    """
    weight = np.ones(len(anchor), dtype=np.int64)
    for n, m in axes:
        along = np.append(weights_along(n, axes), 0)  # the last cell is no block's lowest
        weight *= along[anchor // m % n]
    return weight


def weights_along(n: int, axes: list[tuple[int, int]]) -> NDArray[np.int64]:
    """The weights of an axis of ``n`` cells, shape ``(n - 1,)``; a block's weight is the product over its axes."""
    disjoint = np.prod([1 + 1 / n for n, _ in axes]) > 1.5
    along = np.full(n - 1, 2 if disjoint else 1, dtype=np.int64)
    if disjoint:
        along[1 : n - 2 : 2] = 0
    along[[0, n - 2]] = 2
    return along


def _neighbourhoods(labels: Labels, start: int, layout: Layout) -> Counter[Key]:
    """Cells by their label and the labels within their 3^d - 1 neighbours and themselves, as ``("near 0 3", 3, 0)``."""
    reach = sum(layout.strides)
    rows = np.arange(start, start + len(labels))
    whole = np.maximum(rows - reach, 0) >= start
    whole &= np.minimum(rows + reach, layout.starts - 1) < start + len(labels)
    steps = [
        _Step(m, rows // m % n > 0, rows // m % n < n - 1) for n, m in zip(layout.per_axis, layout.strides, strict=True)
    ]
    basins, place = np.unique(labels, return_inverse=True)
    words = [_neighbours(place - first, steps)[whole] for first in range(0, len(basins), BITS)]
    own = place[whole]
    pattern = own  # cells with the same neighbourhood and label share a number
    for word in words:
        values, code = np.unique(word, return_inverse=True)
        pattern = np.unique(pattern * len(values) + code, return_inverse=True)[1]
    _, example, counts = np.unique(pattern, return_index=True, return_counts=True)
    tally: Counter[Key] = Counter()
    for cell, n in zip(example.tolist(), counts.tolist(), strict=True):
        near = [w * BITS + b for w, word in enumerate(words) for b in range(BITS) if word[cell] >> b & 1]
        tally[NEAR + " ".join(str(basins[k]) for k in near), int(basins[own[cell]]), 0] = n
    return tally


def _neighbours(place: NDArray[np.int64], steps: list[_Step]) -> NDArray[np.int64]:
    """Which of ``BITS`` labels, numbered from 0, a cell and its neighbours have, diagonals too: a bit for each."""
    seen = np.where((place >= 0) & (place < BITS), np.int64(1) << np.clip(place, 0, BITS - 1), 0)
    for m, has_lower, has_upper in steps:  # one axis after the other
        grown = seen.copy()
        grown[m:] |= np.where(has_lower[m:], seen[:-m], 0)
        grown[:-m] |= np.where(has_upper[:-m], seen[m:], 0)
        seen = grown
    return seen


class _Step(NamedTuple):
    stride: int
    has_lower: NDArray[np.bool_]
    has_upper: NDArray[np.bool_]


def _as_counter(products: NDArray[np.float64], basins: NDArray[np.int32]) -> Counter[Key]:
    a, b = np.nonzero(products)
    keys = (("product", int(basins[i]), int(basins[j])) for i, j in zip(a, b, strict=True))
    return Counter(dict(zip(keys, (int(v) for v in products[a, b]), strict=True)))
