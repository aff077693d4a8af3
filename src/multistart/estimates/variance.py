"""From join counts to the variance of a basin's count with its degrees of freedom, and to the cells at its edge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from multistart.counts.join_counts import NEAR, Key, split_axes, weights_along
from multistart.estimates.intervals import Freedom
from multistart.starts.layout import Layout

#: The largest variance of what a start adds to a count, one or nothing; and to a difference of two counts.
OF_A_START, OF_A_PAIR = 0.25, 1.0


def variance(tally: Counter[Key], layout: Layout, group: frozenset[int]) -> float | None:
    """Estimated variance of the number of starts in a group of basins; none where no neighbourhood exists."""
    return contrast_variance(tally, layout, dict.fromkeys(group, 1))


def contrast_variance(tally: Counter[Key], layout: Layout, weights: Mapping[int, int]) -> float | None:
    """Estimated variance of a weighted sum of the counts of labels; labels without a weight do not count.

    One start a cell: never below the true variance in expectation. Several: unbiased. What holds for the indicator of a
    group holds for any number that a label stands for (docs/intervals.md).
    """
    total = sum(
        n * weights[a] * weights[b]
        for (kind, a, b), n in tally.items()
        if kind == "product" and a in weights and b in weights
    )
    if layout.per_cell > 1:
        return total / (layout.per_cell - 1)
    axes = len(split_axes(layout))
    return total / 2**axes if axes else None


def freedom(layout: Layout, variance: float, largest: float = OF_A_START) -> Freedom:
    """Degrees of freedom of `variance`: ``most`` where all cells are mixed, ``least`` where few need be.

    Those of a weighted sum of squares of normal numbers are ``2 (mean)^2 / variance`` (Satterthwaite 1946); blocks
    that share half their cells along an axis have a correlation of -1/2. Fewer cells are mixed where a boundary lies
    within one layer of cells, but no fewer than the variance over the ``largest`` one of a start. The unseen part
    of `counted` exceeds that of a layer whose variance is at most one however its cells are mixed.
    """
    most, of_a_layer, each, starts, excess = _of_layout(layout, largest)
    return Freedom(most, min(most, max(of_a_layer, each * variance / largest / starts)), excess)


@lru_cache(maxsize=64)
def _of_layout(layout: Layout, largest: float) -> tuple[float, float, float, float, float]:
    """The most degrees of freedom, those of a layer of cells, those that a cell or block has, its starts, and the
    excess.
    """
    axes = split_axes(layout)
    if layout.per_cell > 1:
        along, excess = [float(n) for n, _ in axes], 1.0
        each, starts = layout.per_cell - 1.0, float(layout.per_cell)
    else:
        along, each, starts = [_freedom_along(n, axes) for n, _ in axes], 1.0, 2.0 ** len(axes)
        excess = math.prod(float(weights_along(n, axes).sum()) / n for n, _ in axes)
    most = each * math.prod(along)
    layers = [most / df for df, (n, _) in zip(along, axes, strict=True) if layout.starts // n * largest > 1]
    return most, min(layers, default=most), each, starts, excess


def _freedom_along(n: int, axes: list[tuple[int, int]]) -> float:
    w = weights_along(n, axes).astype(np.float64)
    return float(w.sum() ** 2 / (w @ w + 2 * (w[1:] @ w[:-1]) / 4))


def boundary(tally: Counter[Key], group: frozenset[int]) -> tuple[int, int]:
    """Cells of a group of basins whose neighbours are all of the group, and cells of others that touch it."""
    core = halo = 0
    for (kind, own, _), n in tally.items():
        if kind.startswith(NEAR):
            near = set(map(int, kind.removeprefix(NEAR).split()))
            core += n * (near <= group)
            halo += n * (own not in group and not near.isdisjoint(group))
    return core, halo
