"""Tallies of shares count what a plain loop over cells counts, and what one block or many give."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from multistart.counts import shares
from multistart.counts.shares import ShareTally
from multistart.errors import InputError
from multistart.estimates.shares import share
from multistart.estimates.variance import boundary, variance
from multistart.starts.layout import Layout


@pytest.mark.parametrize("axes", [(7,), (3, 4), (3, 2, 3)])
@pytest.mark.parametrize("design", ["grid", "jittered_grid"])
def test_every_pair_of_cuts_merges_to_the_whole(design, axes):
    """Shards as short as one row, cut anywhere."""
    layout = Layout(design, math.prod(axes), axes)
    labels = np.random.default_rng(8).integers(0, 2, layout.starts)
    whole = ShareTally.of(labels, layout)
    for a, b in itertools.combinations(range(1, layout.starts), 2):
        left, middle, right = (
            ShareTally.of(labels[i:j], layout, i) for i, j in itertools.pairwise((0, a, b, layout.starts))
        )
        assert (right + left) + middle == whole


def test_blocks_of_labels_do_not_change_the_tally(monkeypatch):
    """A long range is condensed block by block."""
    labels, layout = np.random.default_rng(0).integers(-1, 3, 900), Layout.of("jittered_grid", 900, per_axis=30)
    whole = ShareTally.of(labels, layout)
    monkeypatch.setattr(shares, "BLOCK", 130)
    assert ShareTally.of(labels, layout) == whole


def plain_variance(labels, layout, basin):
    """The mixed differences by a loop over blocks, straight from the definition (overlapping blocks)."""
    inside = (labels.reshape(layout.per_axis) == basin).astype(int)
    total = 0
    for anchor in itertools.product(*(range(n - 1) for n in layout.per_axis)):
        weight = math.prod(2 if i in (0, n - 2) else 1 for i, n in zip(anchor, layout.per_axis, strict=True))
        s = sum(
            (-1) ** sum(step) * inside[tuple(np.add(anchor, step))]
            for step in itertools.product((0, 1), repeat=len(anchor))
        )
        total += weight * s * s
    return total / 2 ** len(layout.per_axis)


@pytest.mark.parametrize("axes", [(30,), (9, 8), (8, 9, 8)])
def test_neighbour_counts_agree_with_a_plain_loop(axes):
    """Two routes to the variance of a jittered grid."""
    layout = Layout("jittered_grid", math.prod(axes), axes)
    labels = np.random.default_rng(2).integers(-1, 2, layout.starts)
    tally = ShareTally.of(labels, layout)
    for basin in (-1, 0, 1):
        assert variance(tally.numbers, layout, frozenset([basin])) == plain_variance(labels, layout, basin)


@pytest.mark.parametrize("axes", [(2,), (3,), (7,), (2, 2), (4, 3), (6, 5, 4), (4, 4, 4, 4), (3, 1, 4)])
def test_every_cell_counts_at_least_once(axes):
    """A single start in a basin has estimated variance one or more, wherever its cell lies: no mixed cell is missed."""
    layout = Layout("jittered_grid", math.prod(axes), axes)
    for cell in range(layout.starts):
        labels = np.zeros(layout.starts, dtype=int)
        labels[cell] = 1
        assert variance(ShareTally.of(labels, layout).numbers, layout, frozenset([1])) >= 1


@pytest.mark.parametrize("axes", [(12,), (6, 5), (3, 4, 3), (4, 1)])
def test_cores_and_halos_agree_with_a_plain_loop(axes):
    """Two routes to the boundary cells of a grid."""
    for seed in range(20):
        labels = (np.random.default_rng(seed).random(math.prod(axes)) < 0.15).astype(int)
        compare_cores_and_halos(labels, axes)


def compare_cores_and_halos(labels, axes):
    cells = labels.reshape(axes)
    core, halo = np.zeros(2, int), np.zeros(2, int)
    for cell in np.ndindex(*axes):
        near = set(cells[tuple(slice(max(i - 1, 0), i + 2) for i in cell)].ravel().tolist())
        own = cells[cell]
        core[own] += near == {own}
        for other in near - {own}:
            halo[other] += 1
    numbers = ShareTally.of(labels, Layout("grid", labels.size, axes)).numbers
    for basin in (0, 1):
        assert boundary(numbers, frozenset([basin])) == (core[basin], halo[basin])


@pytest.mark.parametrize(("axes", "basins"), [((12,), 4), ((7, 6), 5), ((3, 4, 3), 4), ((40, 40), 150)])
def test_basins_taken_together_have_the_boundary_of_their_union(axes, basins):
    """As if they had one label: what lies between them is inside. Also for more labels than an integer has bits."""
    rng = np.random.default_rng(len(axes))
    labels = rng.integers(-1, basins, math.prod(axes))
    labels[: labels.size // 2] = np.minimum(labels[: labels.size // 2], 1)
    layout = Layout("grid", labels.size, axes)
    for group in ({0, 1}, {1, 2, 3}, set(range(basins // 2))):
        merged = np.where(np.isin(labels, list(group)), 7000, labels)
        whole, one = ShareTally.of(labels, layout), ShareTally.of(merged, layout)
        assert boundary(whole.numbers, frozenset(group)) == boundary(one.numbers, frozenset([7000]))
        assert share(whole, group) == share(one, [7000])


def test_a_tally_does_not_grow_with_the_starts():
    """Ten times the starts on the slow axis, the same slab at the borders, the same keys."""
    sizes = []
    for m in (50, 500):
        layout = Layout("jittered_grid", m * 20, (m, 20))
        labels = np.repeat([0, 1, 0, 1, 0], m * 4)
        sizes.append(len(ShareTally.of(labels, layout).to_frame()))
    assert sizes[0] == sizes[1]


def test_rows_tallied_twice_and_foreign_designs_are_refused():
    """No start counts twice, and incomplete tallies give no share."""
    layout = Layout.of("jittered_grid", 4, per_axis=4)
    part = ShareTally.of([0, 0], layout)
    with pytest.raises(InputError, match="tallied twice"):
        part + ShareTally.of([1, 1], layout, start=1)
    with pytest.raises(InputError, match="do not merge"):
        part + ShareTally.of([1, 1], Layout.of("uniform", 4), start=2)
    with pytest.raises(InputError, match="not in a design"):
        ShareTally.of([1, 1], layout, start=3)
    from multistart.estimates.shares import share_table

    with pytest.raises(InputError, match="2 of 4 starts"):
        share_table(part)
