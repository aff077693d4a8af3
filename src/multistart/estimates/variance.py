"""From join counts to the variance of a basin's count with its degrees of freedom, and to the cells at its edge."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from multistart.counts.join_counts import NEAR, Key, split_axes, weights_along
from multistart.estimates.intervals import Freedom
from multistart.starts.layout import Layout

#: Cells of a layer whose variance is at most one however they are mixed.
FEW = 4


def variance(tally: Counter[Key], layout: Layout, group: frozenset[int]) -> float | None:
    """Estimated variance of the number of starts in a group of basins; none where no neighbourhood exists.

    One start a cell: never below the true variance in expectation. Several: unbiased.
    """
    total = sum(n for (kind, a, b), n in tally.items() if kind == "product" and a in group and b in group)
    if layout.per_cell > 1:
        return total / (layout.per_cell - 1)
    axes = len(split_axes(layout))
    return total / 2**axes if axes else None


def freedom(layout: Layout, variance: float) -> Freedom:
    """Degrees of freedom of `variance`: ``most`` where all cells are mixed, ``least`` where few need be.

    Those of a weighted sum of squares of normal numbers are ``2 (mean)^2 / variance`` (Satterthwaite 1946); blocks
    that share half their cells along an axis have a correlation of -1/2. Fewer cells are mixed where a boundary lies
    within one layer of cells, but no fewer than four for each unit of the variance, since ``p (1 - p) <= 1/4``. A
    layer of four cells or fewer has a variance of at most one, which the unseen part of `counted` exceeds.
    """
    axes = split_axes(layout)
    if layout.per_cell > 1:
        along, excess = [float(n) for n, _ in axes], 1.0
        each, starts = layout.per_cell - 1.0, float(layout.per_cell)
    else:
        along, each, starts = [_freedom_along(n, axes) for n, _ in axes], 1.0, 2.0 ** len(axes)
        excess = math.prod(float(weights_along(n, axes).sum()) / n for n, _ in axes)
    most = each * math.prod(along)
    layers = [most / df for df, (n, _) in zip(along, axes, strict=True) if layout.starts // n > FEW]
    return Freedom(most, min(most, max(min(layers, default=most), each * 4 * variance / starts)), excess)


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
