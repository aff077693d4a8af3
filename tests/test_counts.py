"""Counts of parts, added up in any order, are those of the whole; and what each count counts."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart.box import Box
from multistart.counts.counter import LabelledRows, paid
from multistart.counts.frequencies import frequencies
from multistart.counts.method import MethodCounter, MethodCounts
from multistart.counts.nested import NestedCounter, NestedCounts
from multistart.counts.pairs import PairCounter, PairCounts, PairedRows, Reached
from multistart.counts.shares import ShareCounter, ShareTally
from multistart.counts.tally import (
    NO_START,
    Grid,
    OutcomeCounter,
    Tally,
    bin_edges,
    check_complete,
    map_image,
    quantiles,
    value_bins,
)
from multistart.descents.outcomes import EVALUATIONS
from multistart.errors import MultistartError
from multistart.methods import Method
from multistart.starts.layout import Layout

GRID = Grid(Box({"x": (0, 1), "y": (0, 1)}), (4, 4))
OUTCOMES = OutcomeCounter(lowest=-1.0, method=Method(learning_rate=0.01, max_steps=100), diagonal=1.4, grid=GRID)
#: Each counter for a design, and how its counts are read again from the frame that they are stored in.
COUNTERS = {
    "outcomes": (lambda layout: OUTCOMES, lambda frame, layout: Tally.from_frame(frame)),
    "basins": (ShareCounter, ShareTally.from_frame),
    "endings": (lambda layout: ShareCounter(layout, "ending"), ShareTally.from_frame),
    "nested": (lambda layout: NestedCounter(layout, 7), lambda frame, layout: NestedCounts.from_frame(frame)),
    "method": (lambda layout: MethodCounter(OUTCOMES, layout, 7), MethodCounts.from_frame),
    "pairs": (lambda layout: PairCounter(layout, frozenset([0, 2])), PairCounts.from_frame),
}


def rows(n, seed):
    """Random labelled rows."""
    rng = np.random.default_rng(seed)
    ending = rng.choice([0, 2, 3, 4], n).astype(np.int8)
    start = rng.random((n, 2)) * 1.2
    return LabelledRows(
        start=start,
        end=start,
        value=np.where(rng.random(n) < 0.1, np.nan, rng.standard_normal(n) * 10.0 ** rng.integers(-14, 9, n)),
        gradient_norm=10.0 ** rng.uniform(-9, 9, n),
        steps=rng.integers(0, 50, n),
        ending=ending,
        basin=np.where(ending == 0, rng.integers(-1, 3, n), -1),
        label=rng.integers(0, 3, n).astype(np.int8),
        evaluations=rng.integers(1, 99, n),
        success=rng.choice(np.array([True, False, None], dtype=object), n),
    )


def some(columns, first, last):
    """Some of the rows, of one method or of two."""
    if columns is None or isinstance(columns, np.ndarray):
        return None if columns is None else columns[first:last]
    return type(columns)(**{name: some(column, first, last) for name, column in vars(columns).items()})


def rows_for(name, n, seed):
    """Random rows such as a counter counts."""
    if name != "pairs":
        return rows(n, seed)
    return PairedRows(*(Reached.of(vars(rows(n, seed + k))) for k in (0, 1)))


@st.composite
def layouts(draw):
    """A small design of any kind."""
    design = draw(st.sampled_from(["jittered_grid", "grid", "sobol", "uniform", "latin_hypercube", "file"]))
    axes = draw(st.sampled_from([(1,), (7,), (40,), (9, 12), (15, 15), (1, 8), (4, 6, 4), (3, 3, 3, 3)]))
    per_cell = draw(st.integers(1, 3)) if design == "jittered_grid" else 1
    replicates = draw(st.integers(1, 3)) if design in ("sobol", "latin_hypercube") else 1
    n = math.prod(axes) * per_cell * replicates
    return Layout(design, n, axes if "grid" in design else (), per_cell, replicates)


CUT = (layouts(), st.integers(0, 1000), st.lists(st.floats(0, 1), max_size=5), st.randoms(use_true_random=False))


@pytest.mark.parametrize("name", COUNTERS)
@settings(max_examples=6)
@given(*CUT)
def test_counts_of_parts_add_up_to_those_of_the_whole(name, layout, seed, cuts, random):
    """For every counter and design: cut anywhere, stored, read, in any order and grouping, exactly."""
    check_sum(name, layout, seed, cuts, random)


@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTERS)
@settings(max_examples=400)
@given(*CUT)
def test_counts_of_parts_add_up_however_they_are_cut(name, layout, seed, cuts, random):
    """The same four hundred times."""
    check_sum(name, layout, seed, cuts, random)


def check_sum(name, layout, seed, cuts, random):
    """Counts of parts, stored and read, have the sum that the whole has."""
    make, read = COUNTERS[name]
    counter, whole = make(layout), rows_for(name, layout.starts, seed)
    ends = sorted({0, layout.starts, *(round(cut * layout.starts) for cut in cuts)})
    parts = [counter.of(some(whole, first, last), first) for first, last in pairwise(ends)]
    parts = [read(part.to_frame(), layout) for part in parts]
    random.shuffle(parts)
    while len(parts) > 1:
        i = random.randrange(len(parts) - 1)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    assert parts[0] == counter.of(whole, 0)


@pytest.mark.parametrize("size", [3, 1 << 40])
@settings(max_examples=50)
@given(st.integers(1, 60), st.integers(1, 3), st.integers(0, 99))
def test_frequencies_are_those_of_a_dictionary(size, n, keys, seed):
    """Few combinations or more than an integer has room for: the same as counting tuples, in order."""
    rng = np.random.default_rng(seed)
    columns, weight = rng.integers(-size, size, (keys, n)), rng.integers(0, 9, n)
    columns[:, : n // 2] = columns[:, n // 2 : 2 * (n // 2)]
    expected: dict[tuple, list] = {}
    for key, w in zip(map(tuple, columns.T.tolist()), weight.tolist(), strict=True):
        expected.setdefault(key, []).append(w)
    *found, counts, sums = frequencies(*columns, weight=weight)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == sorted(expected)
    assert counts.tolist() == [len(expected[key]) for key in sorted(expected)]
    assert sums.tolist() == [sum(expected[key]) for key in sorted(expected)]
    assert len(frequencies(*columns)) == keys + 1


@pytest.mark.parametrize("name", ["count", "steps", "i"])
def test_a_number_that_is_missing_is_not_read_as_another(name):
    """Of stored counts that lack one where their table has it, none are made: not in silence with a 0 in its place."""
    layout = Layout("jittered_grid", 400, (20, 20))
    frame = MethodCounter(OUTCOMES, layout, 7).of(rows(400, 4), 0).to_frame()
    assert MethodCounts.from_frame(frame, layout) == MethodCounter(OUTCOMES, layout, 7).of(rows(400, 4), 0)
    frame.loc[frame[name].first_valid_index(), name] = pd.NA
    with pytest.raises(ValueError, match=f"a number of the column {name} is missing"):
        MethodCounts.from_frame(frame, layout)


def test_many_counts_are_added_up_at_once():
    """The sum of more parts than are held in memory is that of all rows; that of one part is the part."""
    layout, whole = Layout("jittered_grid", 400, (20, 20)), rows(400, 4)
    counter = MethodCounter(OUTCOMES, layout, 7)
    parts = [counter.of(some(whole, i, i + 20), i) for i in range(0, 400, 20)]
    assert MethodCounts.sum(iter(parts)) == counter.of(whole, 0)
    assert MethodCounts.sum(parts[:1]) == parts[0]


def test_counts_sum_to_the_number_of_starts():
    """Every row stands in the endings, steps and values counts once; a missing one is an error."""
    counted = OUTCOMES.of(rows(500, 3))
    check_complete(counted, 500)
    with pytest.raises(MultistartError, match="500 starts of 501"):
        check_complete(counted, 501)


@settings(max_examples=200)
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
    counted = OUTCOMES.of(
        dataclasses.replace(
            rows(6, 0), start=start, steps=np.array([1, 2, 9, 4, 6, 1]), ending=np.array([0, 0, 3, 0, 0, 0], np.int8),
            basin=np.array([1, 1, -1, 0, 2, 0]),
        )
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
    six = dataclasses.replace(
        rows(6, 0),
        ending=np.array([2, 2, 3, 4, 4, 4], dtype=np.int8),
        gradient_norm=np.array([1e-6, 1.0, 1e9, np.inf, np.nan, 0.5]),
        basin=np.full(6, -1),
        label=np.array([0, 1, 1, 2, 2, 2], dtype=np.int8),
        success=None,
    )
    facts = OUTCOMES.of(six).facts.set_index("fact")["count"]
    assert facts.to_dict() == {"diverged": 2, "flat": 1, "no_minimum": 0, "proven": 1, "numeric": 2}


def test_starts_where_the_function_is_not_defined_are_counted():
    """Of rows that end where it is no finite number those are counted that took no step, if there are any."""
    three = dataclasses.replace(
        rows(3, 0), ending=np.array([4, 4, 0], dtype=np.int8), steps=np.array([0, 7, 0]), success=None
    )
    assert OUTCOMES.of(three).facts.set_index("fact")["count"]["undefined_start"] == 1
    moved = dataclasses.replace(three, steps=np.array([1, 7, 0]))
    assert "undefined_start" not in set(OUTCOMES.of(moved).facts["fact"])


def test_quantiles_are_counts_of_rows():
    """The median of 1, 1, 2, 9 is the smallest number that half the rows keep to."""
    frame = pd.DataFrame({"steps": [1, 2, 9], "count": [2, 1, 1]})
    assert quantiles(frame, (0.5, 0.75, 0.95, 1.0)) == [1, 2, 9, 9]
    assert np.isnan(quantiles(frame.iloc[:0], (0.5,))[0])


def test_bins_of_small_values_have_the_scale_of_the_values() -> None:
    """Values near 1e-20 lie in bins of their own, each between its edges; of ordinary functions no bin changes."""
    value = np.array([-2.5e-21, -2.4e-21, 0.0, 2.46e-21, 1e-19])
    bins = value_bins(value, value[0], unit=1e-21)
    low, high = bin_edges(bins, value[0], unit=1e-21)
    assert len(set(bins)) == len(value)
    assert ((low <= value) & (value <= high)).all()
    assert (high - low <= 2e-3 * np.abs(value - value[0]) + 1e-32).all()
    ordinary = np.random.default_rng(1).normal(size=100)
    assert (value_bins(ordinary, -3.0, unit=0.1) == value_bins(ordinary, -3.0)).all()


@pytest.mark.parametrize(
    ("optimizer", "column"),
    [("L-BFGS-B", "gradient_evaluations"), ("Nelder-Mead", "function_evaluations"), (None, None)],
)
def test_what_a_descent_paid_is_in_its_method_s_unit(optimizer, column):
    """Of a method that counts its own, the column of what it asks for, be that 0 in every row; else none."""
    columns = {name: np.full(3, k) for k, name in enumerate(EVALUATIONS, start=1)} | {
        "gradient_evaluations": np.zeros(3)
    }
    method = Method("scipy", method=optimizer) if optimizer else Method(learning_rate=0.01)
    counted = columns if optimizer else {"steps": np.ones(3)}
    found = paid(counted, method.paid_in)
    assert found is (columns[column] if column else None)
