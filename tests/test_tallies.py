from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart.box import Box
from multistart.counts.tally import (
    NO_START,
    Grid,
    bin_edges,
    check_complete,
    map_image,
    merge,
    quantiles,
    tally,
    value_bins,
)
from multistart.errors import MultistartError

GRID = Grid(Box({"x": (0, 1), "y": (0, 1)}), (4, 4))


def rows(n, seed):
    """Random labelled rows as keyword arguments of tally()."""
    rng = np.random.default_rng(seed)
    ending = rng.choice([0, 2, 3, 4], n).astype(np.int8)
    return {
        "start": rng.random((n, 2)) * 1.2,
        "value": np.where(rng.random(n) < 0.1, np.nan, rng.standard_normal(n) * 10.0 ** rng.integers(-14, 9, n)),
        "gradient_norm": 10.0 ** rng.uniform(-9, 9, n),
        "steps": rng.integers(0, 50, n),
        "ending_code": ending,
        "basin": np.where(ending == 0, rng.integers(-1, 3, n), -1),
        "label_code": rng.integers(0, 3, n).astype(np.int8),
    }


def count(columns, which=slice(None)):
    """The tally of some of the rows."""
    part = {name: column[which] for name, column in columns.items()}
    return tally(**part, lowest=-1.0, learning_rate=0.01, max_steps=100, diagonal=1.4, grid=GRID)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200), st.integers(0, 1000), st.lists(st.integers(0, 200), max_size=4), st.randoms())
def test_merging_in_any_order_gives_the_whole(n, seed, cuts, random):
    """Tallies of any pieces, merged in any order and grouping, equal the tally of all rows exactly."""
    columns = rows(n, seed)
    ends = sorted({0, n, *(min(c, n) for c in cuts)})
    pieces = [count(columns, slice(a, b)) for a, b in pairwise(ends)]
    random.shuffle(pieces)
    merged = merge(pieces)
    nested = merge([merge(pieces[:1]), merge(pieces[1:])]) if len(pieces) > 1 else merged
    whole = merge([count(columns)])
    for name in vars(whole):
        pd.testing.assert_frame_equal(getattr(merged, name), getattr(whole, name))
        pd.testing.assert_frame_equal(getattr(nested, name), getattr(whole, name))


def test_counts_sum_to_the_number_of_starts():
    """Every row stands in the endings, steps and values counts once; a missing one is an error."""
    counted = count(rows(500, 3))
    check_complete(counted, 500)
    with pytest.raises(MultistartError, match="500 starts of 501"):
        check_complete(counted, 501)


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.floats(-1e3, 1e3))
def test_a_value_lies_in_its_bin(value, lowest):
    """Each finite value lies between the edges of its bin, up to the rounding of one addition."""
    bins = value_bins(np.array([value]), lowest)
    low, high = bin_edges(bins, lowest)
    slack = 1e-12 * (1 + abs(lowest)) + 1e-12 * abs(value)
    if np.isfinite(value - lowest):
        assert low[0] - slack <= value <= high[0] + slack or not np.isfinite(high[0])


def test_values_that_are_not_finite_have_their_own_bin():
    """nan and infinities are counted, in a bin without edges."""
    bins = value_bins(np.array([np.nan, np.inf, -np.inf, 1e308]), -1.0)
    low, high = bin_edges(bins, -1.0)
    assert bins[0] == bins[1] == bins[2] != bins[3]
    assert np.isnan(low[:3]).all()
    assert low[3] <= 1e308 <= high[3]


def test_bins_are_fine_near_the_lowest_value():
    """Bins grow with the distance from the lowest minimum, about 0.1 % of it."""
    low, high = bin_edges(value_bins(np.array([-0.9, 9.0]), -1.0), -1.0)
    assert ((high - low) / (np.array([0.1, 10.0]))).max() < 0.001


def test_the_map_shows_the_commonest_end_of_a_cell():
    """A cell shows the code of most of its starts, a tie the smaller code, an empty cell that no start was there."""
    start = np.array([[0.1, 0.1], [0.1, 0.2], [0.2, 0.1], [0.9, 0.1], [0.9, 0.2], [5.0, 5.0]])
    counted = tally(
        start, np.zeros(6), np.zeros(6), np.array([1, 2, 9, 4, 6, 1]), np.array([0, 0, 3, 0, 0, 0], dtype=np.int8),
        np.array([1, 1, -1, 0, 2, 0]), np.zeros(6, dtype=np.int8),
        lowest=0.0, learning_rate=1.0, max_steps=1, diagonal=1.0, grid=GRID,
    )  # fmt: skip
    code, steps = map_image(counted, GRID)
    assert code[0, 0] == 1
    assert steps[0, 0] == 1.5
    assert code[3, 0] == 0
    assert (code == NO_START).sum() == 14


def test_facts_tell_flat_from_diverged():
    """At the step limit, a gradient that moves nothing is flat; out of the arena in one huge step is diverged.

    So is what overflows, but not what comes to where the function is undefined.
    """
    columns = rows(6, 0) | {
        "ending_code": np.array([2, 2, 3, 4, 4, 4], dtype=np.int8),
        "gradient_norm": np.array([1e-6, 1.0, 1e9, np.inf, np.nan, 0.5]),
        "basin": np.full(6, -1),
        "label_code": np.array([0, 1, 1, 2, 2, 2], dtype=np.int8),
    }
    facts = count(columns).facts.set_index("fact")["count"]
    assert facts.to_dict() == {"diverged": 2, "flat": 1, "no_minimum": 0, "proven": 1, "numeric": 2}


def test_quantiles_are_counts_of_rows():
    """The median of 1, 1, 2, 9 is the smallest number that half the rows keep to."""
    frame = pd.DataFrame({"steps": [1, 2, 9], "count": [2, 1, 1]})
    assert quantiles(frame, (0.5, 0.75, 0.95, 1.0)) == [1, 2, 9, 9]
    assert np.isnan(quantiles(frame.iloc[:0], (0.5,))[0])
