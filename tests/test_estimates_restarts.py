"""Steps, restarts, running time and the retained sample, from tallies in any order."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart.errors import InputError
from multistart.estimates import Layout, ShareTally, estimates_table, restarts, retention, steps

REFERENCE = json.loads((Path(__file__).parent / "reference" / "multistart_statistics.json").read_text())
STATISTICS = REFERENCE["multistart_statistics"]

TALLY = pd.DataFrame(
    [
        (0, "converged", 5, 30),
        (0, "converged", 40, 10),
        (1, "trapped", 20, 20),
        (-1, "left_arena", 2, 15),
        (-1, "step_limit", 100, 25),
    ],
    columns=steps.COLUMNS,
)


def test_restarts_give_the_worked_value():
    """44 starts at p = 0.1."""
    case = STATISTICS["restarts_for_99_percent"]
    assert restarts.restarts(0.1, 0.99) == case["p=0.1"]


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-9, 0.999), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_restarts_are_the_fewest_that_suffice(p, success):
    """So many reach the probability (to rounding), one fewer does not."""
    k = restarts.restarts(p, success)
    assert restarts.success_after(p, [k])[0] >= success * (1 - 1e-9)
    assert k == 1 or restarts.success_after(p, [k - 1])[0] < success


def test_restarts_at_the_ends_and_their_interval():
    """A sure basin takes one start, an impossible one for ever; high probability is the low end."""
    assert restarts.restarts(1.0, 0.99) == 1
    assert restarts.restarts(0.0, 0.99) == math.inf
    assert math.isnan(restarts.restarts(math.nan, 0.99))
    assert restarts.restarts_between(0.1, 0.0, 0.9, 0.99) == restarts.Estimate(44, 2, math.inf)
    assert restarts.success_after(1.0, [0, 1]).tolist() == [0, 1]


def test_expected_running_time_gives_the_worked_value():
    """Runs that fail are paid for."""
    case = STATISTICS["expected_running_time"]
    assert restarts.expected_running_time(case["evaluations"], case["success"]) == pytest.approx(case["value"])
    assert restarts.expected_running_time([10], [False]) == math.inf


def test_running_time_from_a_tally_is_that_of_its_rows():
    """Two routes; steps and one gradient more a descent."""
    rows = TALLY.loc[TALLY.index.repeat(TALLY["count"])]
    by_rows = restarts.expected_running_time(rows["steps"] + 1, rows["basin"] == 0)
    estimate = restarts.running_time(TALLY, [0], np.random.default_rng(0), resamples=200)
    assert estimate.value == pytest.approx(by_rows)
    assert estimate.low < estimate.value < estimate.high


def test_running_time_has_an_interval_that_covers():
    """Geometric number of unit-cost failures: the truth is 1/p; 95 % nominal, 200 starts, within Monte Carlo error."""
    rng, hits, studies = np.random.default_rng(3), 0, 100
    for _ in range(studies):
        successes = int(rng.binomial(200, 0.3))
        rows = [(0, "converged", 9, successes), (-1, "left_arena", 9, 200 - successes)]
        interval = restarts.running_time(pd.DataFrame(rows, columns=steps.COLUMNS), [0], rng, resamples=200)
        hits += interval.low <= 10 / 0.3 <= interval.high
    # ASSUME: the percentile bootstrap of a ratio is good to one percent at 200 starts.
    assert hits / studies >= 0.94 - 3 * math.sqrt(0.95 * 0.05 / studies)


def test_a_basin_that_no_start_reached_takes_for_ever():
    """Infinite, with an infinite interval and no exception."""
    estimate = restarts.running_time(TALLY, [], np.random.default_rng(0), resamples=20)
    assert estimate == restarts.Estimate(math.inf, math.inf, math.inf)


def test_success_within_a_budget_agrees_with_simulated_restarts():
    """The renewal equation against 20,000 sequences of descents."""
    curve = restarts.success_within_budget(TALLY, [0], 300, points=400).set_index("evaluations")["success"]
    rng = np.random.default_rng(5)
    picks = rng.choice(len(TALLY), size=(20_000, 60), p=TALLY["count"] / TALLY["count"].sum())
    cost = np.cumsum(TALLY["steps"].to_numpy()[picks] + 1, axis=1)
    first = np.argmax(TALLY["basin"].to_numpy()[picks] == 0, axis=1)
    time = cost[np.arange(20_000), first]
    for budget in (5, 6, 50, 150, 300):
        p = curve[budget]
        assert (time <= budget).mean() == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 20_000) + 1e-12)


def test_success_within_a_long_budget_rounds_costs_up(monkeypatch):
    """Coarser units never promise more."""
    exact = restarts.success_within_budget(TALLY, [0], 200, points=300).set_index("evaluations")["success"]
    monkeypatch.setattr(restarts, "BUDGET_POINTS", 50)
    coarse = restarts.success_within_budget(TALLY, [0], 200, points=300).set_index("evaluations")["success"]
    assert (coarse <= exact.reindex(coarse.index) + 1e-12).all()
    assert coarse.iloc[-1] > 0.9 * exact.iloc[-1]


def test_ecdf_rises_to_the_share():
    """Cumulated over all starts, and over those of the basin."""
    curve = steps.ecdf(TALLY, [0])
    assert curve["steps"].tolist() == [5, 40]
    assert curve["of_all"].tolist() == [0.3, 0.4]
    assert curve["of_basin"].tolist() == [0.75, 1.0]
    assert steps.ecdf(TALLY)["of_all"].iloc[-1] == 0.6
    assert set(steps.ecdf_by_basin(TALLY)["basin"]) == {0, 1}
    assert steps.quantile_steps(TALLY, [0]) == [5, 40]


def test_shares_at_limits_follow_from_the_same_descents():
    """A start counts in its basin from its last step on; every limit's shares add to one."""
    table = steps.shares_at_limits(TALLY, [1, 5, 30, 100, 1000]).set_index(["limit", "basin", "ending"])["share"]
    assert table.groupby("limit").sum().tolist() == pytest.approx([1, 1, 1, 1])  # beyond 100 nothing is known
    assert table[1, -1, "under_way"] == 1
    assert (table[5, 0, "converged"], table[5, -1, "under_way"], table[5, -1, "left_arena"]) == (0.3, 0.55, 0.15)
    assert table[100, 0, "converged"] == 0.4
    assert table[100, -1, "under_way"] == 0.25


def test_limits_beyond_the_last_step_are_known_once_every_descent_has_stopped():
    """The table ends where the last descent stopped: nothing changes after it."""
    table = steps.shares_at_limits(TALLY[TALLY["ending"] != "step_limit"], [10, 1000])
    assert table["limit"].unique().tolist() == [10, 40]


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(8)))
def test_order_and_splitting_of_tallies_change_nothing(order):
    """A row split in two and rows shuffled give the same curves, costs and shares."""
    split = pd.concat([TALLY.assign(count=TALLY["count"] - 1), TALLY.assign(count=1)])
    shuffled = split.iloc[[*order, *range(8, len(split))]]
    assert steps.shares_at_limits(shuffled).equals(steps.shares_at_limits(TALLY))
    assert steps.ecdf_by_basin(shuffled).equals(steps.ecdf_by_basin(TALLY))
    one, two = (restarts.running_time(t, [0], np.random.default_rng(1), resamples=10) for t in (shuffled, TALLY))
    assert one == two


def test_a_study_in_which_nothing_converged_still_has_tables():
    """Empty curves with their columns, shares that are all under way."""
    tally = TALLY[TALLY["basin"] < 0]
    assert steps.ecdf(tally).empty
    assert list(steps.ecdf_by_basin(tally).columns) == ["basin", "steps", "count", "of_basin", "of_all"]
    assert math.isnan(steps.quantile_steps(tally, [0])[0])
    assert steps.shares_at_limits(tally, [10])["share"].sum() == pytest.approx(2)


@pytest.mark.parametrize(
    ("tally", "words"),
    [(TALLY.drop(columns="steps"), "steps missing"), (TALLY.head(0), "at least one start")],
)
def test_malformed_tallies_are_refused(tally, words):
    """The message names what is missing."""
    with pytest.raises(InputError, match=words):
        steps.merged(tally)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 300), st.integers(0, 20), st.integers(0, 2**32), st.sets(st.integers(0, 300), max_size=4))
def test_the_retained_sample_is_the_same_for_any_sharding(n, keep, seed, cuts):
    """Every shard keeps its own; merged in reverse they are the sample of the whole."""
    edges = sorted({0, n} | {c for c in cuts if c < n})
    parts = [retention.sample_rows(a, b, keep, seed) for a, b in itertools.pairwise(edges)]
    merged = retention.merge_rows(parts[::-1], keep, seed)
    assert merged.tolist() == retention.sample_rows(0, n, keep, seed).tolist()
    assert len(merged) == min(n, keep)


def test_the_retained_sample_is_unbiased():
    """Over seeds every row is kept equally often, and pairs of neighbours as often as chance has it (chi-square)."""
    from scipy.stats import chi2

    kept = np.zeros((3000, 40))
    for seed in range(3000):
        kept[seed, retention.sample_rows(0, 40, 10, seed)] = 1
    statistic = ((kept.sum(axis=0) - 750) ** 2 / (750 * 0.75)).sum() * 39 / 40
    assert chi2.cdf(statistic, 39) < 0.9999
    pairs = (kept[:, ::2] * kept[:, 1::2]).sum(axis=0)
    expected = 3000 * 10 * 9 / (40 * 39)
    assert abs(pairs.mean() - expected) < 4 * math.sqrt(expected / 20)


def table_of(design, labels, tally, best, **options):
    layout = Layout.of(design, len(labels), **options)
    table = estimates_table(ShareTally.of(labels, layout), tally, best, np.random.default_rng(0), resamples=50)
    return table.set_index("quantity")


def test_the_estimates_of_a_uniform_study_are_all_there():
    """Every quantity has a value, and restarts follow from the probability."""
    labels = np.repeat([0, 1, -1], [40, 20, 40])
    table = table_of("uniform", labels, TALLY, [0])
    assert list(table.columns) == ["value", "low", "high", "unit", "note"]
    assert table["value"].drop("minima_certified").notna().all()
    assert table.loc["probability_of_global_basin", "value"] == 0.4
    assert table.loc["restarts_for_99_percent", "value"] == restarts.restarts(0.4, 0.99)
    assert table.loc["minima_found", "value"] == 2


def test_the_estimates_of_other_designs_are_refused_with_a_reason():
    """Nan and a sentence, but the smallest basin a jittered grid detects, which is proven."""
    labels = np.repeat([0, 1, -1], [40, 20, 40])
    table = table_of("jittered_grid", labels, TALLY, [0], per_axis=10)
    for quantity in ("good_turing_coverage", "minima_chao1", "all_found_boender_rinnooy_kan"):
        assert math.isnan(table.loc[quantity, "value"])
        assert table.loc[quantity, "note"].startswith("refused")
    assert 0.029 < table.loc["smallest_basin_detected_at_95_percent", "value"] < 0.03
    assert math.isnan(table_of("file", labels, TALLY, [0]).loc["smallest_basin_detected_at_95_percent", "value"])


def test_the_estimates_of_a_study_without_a_minimum_are_a_table_too():
    """Probability zero with its interval, restarts without end."""
    table = table_of("uniform", np.full(40, -1), TALLY[TALLY["basin"] < 0], [])
    assert table.loc["probability_of_global_basin", ["value", "low"]].tolist() == [0, 0]
    assert table.loc["restarts_for_90_percent", "value"] == math.inf
    assert table.loc["restarts_for_90_percent", "low"] < 40
