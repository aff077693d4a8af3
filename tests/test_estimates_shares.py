"""Intervals for shares: worked values, edge cases, and the rules of each design."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from multistart.counts.shares import ShareTally
from multistart.errors import InputError
from multistart.estimates.intervals import clopper_pearson, counted, goodman, replicated, simultaneous, wilson
from multistart.estimates.shares import estimate_shares, share
from multistart.estimates.variance import freedom, variance
from multistart.starts.layout import Layout

REFERENCE = json.loads((Path(__file__).parent / "reference" / "multistart_statistics.json").read_text())
STATISTICS = REFERENCE["multistart_statistics"]


def row(table, basin):
    return table.set_index("basin").loc[basin]


def test_wilson_gives_the_worked_value():
    """18 of 20 at 95 %."""
    case = STATISTICS["wilson_95"]
    assert wilson(case["successes"], case["trials"]) == pytest.approx(case["interval"], abs=1e-6)


def test_goodman_gives_the_worked_value_and_agrees_with_statsmodels():
    """Two routes to the same simultaneous intervals."""
    from statsmodels.stats.proportion import multinomial_proportions_confint

    case = STATISTICS["goodman_95"]
    assert goodman(case["counts"])[0] == pytest.approx(case["first_interval"], abs=5e-4)
    assert np.array(goodman(case["counts"])) == pytest.approx(multinomial_proportions_confint(case["counts"]))


@pytest.mark.parametrize(("count", "n"), [(0, 10), (1, 10), (18, 20), (20, 20), (5, 1000)])
def test_clopper_and_pearson_agree_with_statsmodels(count, n):
    """Two routes to the exact interval."""
    from statsmodels.stats.proportion import proportion_confint

    assert clopper_pearson(count, n) == pytest.approx(proportion_confint(count, n, method="beta"), abs=1e-12)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_of_independent_starts_covers_every_share(confidence):
    """Summed over all counts, the coverage is nominal at least at a thousand shares; Wilson's falls to .84 of .95."""
    for n in (5, 40, 300):
        ends = np.array([clopper_pearson(k, n, confidence) for k in range(n + 1)])
        for p in np.concatenate([np.geomspace(1e-6, 0.5, 300), np.linspace(0.5, 1, 30)]):
            inside = (ends[:, 0] <= p) & (p <= ends[:, 1])
            assert binom.pmf(np.flatnonzero(inside), n, p).sum() >= confidence - 1e-12


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("count", "n"), [(0, 10), (1, 50), (2, 50), (18, 20), (20, 20), (3, 10**6), (2, 10**10)])
def test_simultaneous_intervals_end_where_the_error_is_the_shares_part(count, n, confidence):
    """At each end the count, or one farther off, has the probability ``(1 - confidence) p / 2``."""
    low, high = simultaneous(count, n, confidence)
    part = (1 - confidence) / 2
    if count > 1:
        assert binom.sf(count - 1, n, low) == pytest.approx(part * low, rel=1e-6)
    if count < n:
        assert binom.cdf(count, n, high) == pytest.approx(part * high, rel=1e-6)
    single = clopper_pearson(count, n, confidence)
    assert low <= single.low <= single.high <= high


DIVISIONS = {
    "few": np.array([0.5, 0.499, 0.001]),
    "one and a thousand": np.append(0.5, np.full(1000, 0.0005)),
    "all tiny": np.full(5000, 0.0002),
    "Zipf": (1 / np.arange(1, 301)) / (1 / np.arange(1, 301)).sum(),
    "geometric": np.append(0.5 ** np.arange(1, 40), 0.5**39),
}


@pytest.mark.parametrize("name", DIVISIONS)
def test_intervals_of_all_rows_hold_at_once_whatever_was_not_seen(name):
    """Rows are only the basins seen, of however many: in 95 % of studies none of them excludes its share."""
    p, rng, n, studies = DIVISIONS[name], np.random.default_rng(8), 500, 300
    ends, good = {k: simultaneous(k, n) for k in range(n + 1)}, 0
    for _ in range(studies):
        counts = rng.multinomial(n, p)
        good += all(ends[k].low <= q <= ends[k].high for k, q in set(zip(counts.tolist(), p.tolist(), strict=True)))
    assert good / studies >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / studies)


def test_uniform_has_an_interval_for_each_basin_and_for_all():
    """Columns low, high hold one by one; low_all, high_all together and are wider."""
    table = estimate_shares([0] * 18 + [-1, -1], "uniform")
    assert list(row(table, 0)[["low", "high"]]) == pytest.approx(list(clopper_pearson(18, 20)))
    assert list(row(table, 0)[["low_all", "high_all"]]) == pytest.approx(list(simultaneous(18, 20)))
    assert (table["low_all"] < table["low"]).all()
    assert (table["high_all"] > table["high"]).all()


@settings(max_examples=50)
@given(st.lists(st.integers(-1, 4), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_permuting_uniform_rows_changes_nothing(labels, random):
    """Independent starts have no order."""
    other = random.sample(labels, len(labels))
    assert estimate_shares(labels, "uniform").equals(estimate_shares(other, "uniform"))


@pytest.mark.parametrize(
    ("design", "options"),
    [
        ("uniform", {}),
        ("jittered_grid", {"per_axis": 8}),
        ("grid", {"per_axis": 8}),
        ("jittered_grid", {"per_axis": 4, "per_cell": 4}),
    ],
)
def test_a_basin_of_all_starts_and_one_of_none_have_intervals_of_width(design, options):
    """Share 1 is not certain, share 0 neither; both end at the end of the scale."""
    table = estimate_shares(np.zeros(64, dtype=int), design, basins=[7], **options)
    full, empty, none = row(table, 0), row(table, 7), row(table, -1)
    assert full["share"] == full["high"] == 1
    assert 0 < full["low"] < 1
    for part in (empty, none):
        assert part["share"] == part["low"] == 0
        assert 0 < part["high"] < 1


@pytest.mark.parametrize("design", ["uniform", "jittered_grid"])
def test_nothing_seen_gives_at_least_the_rule_of_three(design):
    """With n starts of which none hit, shares below 1 - 0.05^(1/n) are not excluded, and the interval holds them."""
    options = {"per_axis": 100} if design == "jittered_grid" else {}
    table = estimate_shares(np.zeros(10_000, dtype=int), design, **options)
    assert 1 - 0.05 ** (1 / 10_000) <= row(table, -1)["high"] < 5 / 10_000


@pytest.mark.parametrize("design", ["uniform", "jittered_grid", "grid", "sobol", "file"])
def test_one_start_is_a_study(design):
    """A single start gives a row and says what can be said."""
    table = estimate_shares([0], design, **({"per_axis": 1} if "grid" in design else {}))
    assert row(table, 0)["share"] == 1
    if design in ("uniform", "jittered_grid"):
        assert list(row(table, 0)[["low", "high"]]) == pytest.approx(list(clopper_pearson(1, 1)))


@pytest.mark.parametrize("design", ["uniform", "jittered_grid", "grid", "file"])
def test_all_starts_without_a_basin_are_one_row(design):
    """The row -1 has everything; nothing is dropped."""
    table = estimate_shares([-1] * 9, design, **({"per_axis": 3} if "grid" in design else {}))
    assert table[["basin", "count", "share"]].to_numpy().tolist() == [[-1, 9, 1]]


def test_minus_one_is_last_and_stays_in_the_denominator():
    """Basins in order, no minimum last, shares adding to one."""
    table = estimate_shares([3, -1, 0, -1], "uniform")
    assert table["basin"].tolist() == [0, 3, -1]
    assert table["share"].tolist() == [0.25, 0.25, 0.5]


def test_a_file_has_no_interval_and_says_why():
    """Nan ends, and a reason."""
    table = estimate_shares([0, 1, 1], "file")
    assert table[["low", "high"]].isna().all(axis=None)
    assert "no sample" in table.attrs["method"]


def test_one_replicate_has_no_interval_and_says_why():
    """One scrambled sequence does not show its own scatter."""
    table = estimate_shares([0, 1, 1, 0], "sobol")
    assert table[["low", "high"]].isna().all(axis=None)
    assert "one replicate" in table.attrs["method"]


def test_replicates_have_students_interval_over_their_shares():
    """With many starts a replicate it is the textbook interval of R means, but for the mean of what counts miss."""
    from scipy import stats

    rng = np.random.default_rng(1)
    shares = rng.normal(0.4, 0.02, size=8)
    labels = (np.arange(100_000)[None, :] >= 100_000 * shares[:, None]).astype(int)
    low, high = row(estimate_shares(labels, "halton"), 0)[["low", "high"]]
    textbook = stats.t.interval(0.95, 7, loc=shares.mean(), scale=stats.sem(shares))
    assert (low, high) == pytest.approx(textbook, abs=2e-5)


def test_replicates_that_all_agree_are_no_proof():
    """The interval keeps the width that R n starts leave open."""
    low, high = row(estimate_shares(np.zeros((16, 64), dtype=int), "sobol"), 0)[["low", "high"]]
    assert low < 1 - 3 / (16 * 64)
    assert high == 1
    assert replicated([32, 32], 64).high > 0.5


def test_two_replicates_come_with_a_warning_and_advice():
    """Student's t of one degree of freedom is 6.5 times the normal quantile: the note says so, and what to do."""
    few, many = (estimate_shares(np.zeros((r, 64), dtype=int), "sobol").attrs["method"] for r in (2, 5))
    assert "warning: 2 replicates" in few
    assert "6.5 times as wide" in few
    assert "give 10 or more replicates" in few
    assert "warning" not in many


@pytest.mark.parametrize("per_cell", [2, 3, 5])
def test_several_starts_a_cell_give_the_unbiased_variance(per_cell):
    """Two routes: NumPy's variances within cells, for one basin and for a union; and the interval made from it."""
    cells = np.random.default_rng(per_cell).integers(0, 3, (200, per_cell))
    tally = ShareTally.of(cells.ravel(), Layout.of("jittered_grid", cells.size, per_axis=200, per_cell=per_cell))
    for group in ({1}, {0, 2}, {0, 1}):
        inside = np.isin(cells, list(group))
        expected = per_cell * inside.var(axis=1, ddof=1).sum()
        assert variance(tally.numbers, tally.layout, frozenset(group)) == pytest.approx(expected)
        found = share(tally, group)
        degrees = freedom(tally.layout, expected)
        assert degrees.most == 200 * (per_cell - 1)
        assert (found.low, found.high) == pytest.approx(
            counted(int(inside.sum()), cells.size, expected, freedom=degrees)
        )


def test_a_straight_boundary_along_an_axis_is_counted_without_excess():
    """One row of mixed cells of m: the estimate is that of the row's own variance, on average m p (1 - p)."""
    rng = np.random.default_rng(4)
    m, p, layout = 40, 0.3, Layout.of("jittered_grid", 1600, per_axis=40)
    variances = []
    for _ in range(400):
        labels = np.zeros((m, m), dtype=int)
        labels[:17], labels[17] = 1, rng.random(m) < p
        tally = ShareTally.of(labels.ravel(), layout)
        variances.append(variance(tally.numbers, layout, frozenset([1])))
    error = np.std(variances) / math.sqrt(len(variances))
    assert np.mean(variances) == pytest.approx(m * p * (1 - p) * (1 + 1 / m), abs=4 * error)


def test_a_grid_bounds_the_share_by_the_cells_at_the_boundary():
    """A half plane: between the rows whose neighbours agree and one row more."""
    labels = np.zeros((10, 10), dtype=int)
    labels[:4] = 1
    table = estimate_shares(labels.ravel(), "grid", per_axis=10)
    assert row(table, 1)[["low", "share", "high"]].tolist() == pytest.approx([0.3, 0.4, 0.5])
    assert table.attrs["method"].startswith("a bound, not an interval, as there is no sampling")


def test_tied_basins_side_by_side_on_a_grid_have_the_bound_of_one_basin():
    """Two quarters that are one half: the line between them is inside, as if they had one label."""
    layout = Layout("grid", 64, (8, 8))
    both = share(ShareTally.of(np.repeat([0, 1, 2], [16, 16, 32]), layout), [0, 1])
    one = share(ShareTally.of(np.repeat([0, 2], [32, 32]), layout), [0])
    assert (both.low, both.share, both.high) == (one.low, one.share, one.high) == (0.375, 0.5, 0.625)


def test_basins_that_tie_are_one_share_with_one_interval():
    """Boundaries between tied basins add nothing: their union of all starts has the interval of a full basin."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    tally = ShareTally.of(labels, Layout.of("jittered_grid", 400, per_axis=20))
    both, one = share(tally, [0, 1]), share(tally, [0])
    assert both.share == 1
    assert both.high - both.low < 0.2 * (one.high - one.low)
    full = ShareTally.of(np.zeros(400, dtype=int), tally.layout)
    assert (both.low, both.high) == (share(full, [0]).low, share(full, [0]).high)


def test_the_interval_never_exceeds_that_of_independent_starts_by_much():
    """A riddled domain, each cell a coin toss: stratification gains nothing, and loses little."""
    labels = np.random.default_rng(3).integers(0, 2, 2500)
    jittered, uniform = (
        estimate_shares(labels, d, **o) for d, o in (("jittered_grid", {"per_axis": 50}), ("uniform", {}))
    )
    ratio = (jittered["high"] - jittered["low"]) / (uniform["high"] - uniform["low"])
    assert 0.9 < row(jittered.assign(ratio=ratio), 0)["ratio"] < 1.05


@pytest.mark.parametrize(
    ("labels", "design", "options", "words"),
    [
        ([], "uniform", {}, "at least one start"),
        ([0, 1, 2], "jittered_grid", {"per_axis": 2}, "whole power"),
        ([0, 1], "jittered_grid", {}, "need per_axis"),
        ([0, 1], "sobel", {}, 'did you mean "sobol"'),
        ([0, -2], "uniform", {}, "-1"),
        ([0.5, 1.0], "uniform", {}, "whole numbers"),
        ([0, 1], "uniform", {"confidence": 95}, "0.95"),
        ([0, 1], "uniform", {"per_cell": 2}, "several starts in a cell"),
        ([[0, 1], [1, 0]], "uniform", {}, "replicates belong to"),
    ],
)
def test_malformed_questions_are_refused_with_the_fix(labels, design, options, words):
    """Each message says what is allowed."""
    with pytest.raises(InputError, match=words):
        estimate_shares(labels, design, **options)
