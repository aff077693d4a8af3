"""Integer counts over neighbouring cells of a grid, from which the intervals of grid designs are made.

Each function takes the labels of consecutive rows and counts only neighbourhoods that lie wholly within them,
so that counts of adjacent ranges add once what straddles their border is added (`pairs`).
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multistart.estimates.layout import Layout

Labels = NDArray[np.int32]
Key = tuple[str, int, int]


def border_rows(layout: Layout) -> int:
    """How many rows on each side of a cut the neighbourhoods that straddle it can reach; about one slab of cells."""
    if layout.design == "grid":
        return 2 * sum(layout.strides)
    if layout.design != "jittered_grid":
        return 0
    return layout.per_cell - 1 if layout.per_cell > 1 else sum(m for _, m in _split_axes(layout))


def count(labels: Labels, start: int, layout: Layout) -> Counter[Key]:
    """Count the neighbourhoods within rows ``start .. start + len(labels) - 1``; keys ``(kind, basin, basin)``.

    Kinds: ``product`` for a jittered grid, ``core`` and ``halo`` for a grid, nothing for other designs.
    """
    if layout.design == "grid":
        return _cores_and_halos(labels, start, layout)
    if layout.design != "jittered_grid":
        return Counter()
    if layout.per_cell > 1:
        return _within_cells(labels, start, layout)
    return _mixed_differences(labels, start, layout)


def variance(tally: Counter[Key], layout: Layout, group: frozenset[int]) -> float | None:
    """Estimated variance of the number of starts in a group of basins; none where no neighbourhood exists.

    One start a cell: never below the true variance in expectation. Several: unbiased.
    """
    total = sum(n for (kind, a, b), n in tally.items() if kind == "product" and a in group and b in group)
    if layout.per_cell > 1:
        return total / (layout.per_cell - 1)
    axes = len(_split_axes(layout))
    return total / 2**axes if axes else None


def _split_axes(layout: Layout) -> list[tuple[int, int]]:
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
    axes = _split_axes(layout)
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
    disjoint = np.prod([1 + 1 / n for n, _ in axes]) > 1.5
    weight = np.ones(len(anchor), dtype=np.int64)
    for n, m in axes:
        along = np.zeros(n, dtype=np.int64)  # the last cell is no block's lowest
        along[: n - 1] = 1
        if disjoint:
            along[1 : n - 1 : 2] = 0
        along[[0, n - 2]] = 2
        along[: n - 1][along[: n - 1] == 1] = 2 if disjoint else 1
        weight *= along[anchor // m % n]
    return weight


def _cores_and_halos(labels: Labels, start: int, layout: Layout) -> Counter[Key]:
    """Per basin: cells whose 3^d - 1 neighbours all share their label, and cells of others that touch the basin."""
    reach = sum(layout.strides)
    rows = np.arange(start, start + len(labels))
    whole = np.maximum(rows - reach, 0) >= start
    whole &= np.minimum(rows + reach, layout.starts - 1) < start + len(labels)
    steps = [
        _Step(m, rows // m % n > 0, rows // m % n < n - 1) for n, m in zip(layout.per_axis, layout.strides, strict=True)
    ]
    tally: Counter[Key] = Counter()
    for basin in np.unique(labels):
        inside = labels == basin
        core = inside & ~_dilated(~inside, steps) & whole
        halo = ~inside & _dilated(inside, steps) & whole
        tally["core", int(basin), 0] = int(np.count_nonzero(core))
        tally["halo", int(basin), 0] = int(np.count_nonzero(halo))
    return tally


class _Step(NamedTuple):
    stride: int
    has_lower: NDArray[np.bool_]
    has_upper: NDArray[np.bool_]


def _dilated(inside: NDArray[np.bool_], steps: list[_Step]) -> NDArray[np.bool_]:
    """Cells that are inside or have a neighbour inside, diagonals too: one axis after the other."""
    for m, has_lower, has_upper in steps:
        grown = inside.copy()
        grown[m:] |= inside[:-m] & has_lower[m:]
        grown[:-m] |= inside[m:] & has_upper[:-m]
        inside = grown
    return inside


def _as_counter(products: NDArray[np.float64], basins: NDArray[np.int32]) -> Counter[Key]:
    a, b = np.nonzero(products)
    keys = (("product", int(basins[i]), int(basins[j])) for i, j in zip(a, b, strict=True))
    return Counter(dict(zip(keys, (int(v) for v in products[a, b]), strict=True)))
