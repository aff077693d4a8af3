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

from multistart.counts import row_sample
from multistart.counts.shares import ShareTally
from multistart.errors import InputError
from multistart.estimates import renewal, restarts, steps
from multistart.estimates.intervals import clopper_pearson
from multistart.estimates.table import estimates_table
from multistart.starts.layout import Layout

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
LONGEST = 1001
#: What descents that hit cost, and those that fail: from a generator and a number of descents.
COSTS = {
    "equal": (lambda rng, n: np.full(n, 11), lambda rng, n: np.full(n, 11)),
    "dear failures": (lambda rng, n: np.full(n, 11), lambda rng, n: np.full(n, LONGEST)),
    "dear hits": (lambda rng, n: np.full(n, LONGEST), lambda rng, n: np.full(n, 11)),
    "spread": (
        lambda rng, n: rng.integers(50, 300, n),
        lambda rng, n: np.where(rng.random(n) < 0.5, LONGEST, rng.integers(20, 200, n)),
    ),
    "few dear failures": (
        lambda rng, n: np.full(n, 20),
        lambda rng, n: np.where(rng.random(n) < 0.1, LONGEST, 10),
    ),
}


def test_restarts_give_the_worked_value():
    """44 starts at p = 0.1."""
    case = STATISTICS["restarts_for_99_percent"]
    assert restarts.restarts(0.1, 0.99) == case["p=0.1"]


@settings(max_examples=50)
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
    """Two routes; one gradient more than steps, but where the place alone stopped the descent."""
    rows = TALLY.loc[TALLY.index.repeat(TALLY["count"])]
    last = ~rows["ending"].isin(["left_arena", "trapped"])
    by_rows = restarts.expected_running_time(rows["steps"] + last, rows["basin"] == 0)
    estimate = restarts.running_time(TALLY, [0], np.random.default_rng(0), resamples=200, longest=101)
    assert estimate.value == pytest.approx(by_rows)
    assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize(
    ("name", "n", "p"),
    [
        pytest.param(name, n, p, marks=[pytest.mark.slow] * (name in ("dear hits", "dear failures")))
        for name in COSTS
        for n, p in [(12, 0.3), (50, 0.02), (50, 0.97)]
    ],
)
def test_running_time_has_an_interval_that_covers(name, n, p):
    """With few hits, few failures or many of both, whatever they cost: 95 % nominal, within Monte Carlo error."""
    coverage(name, n, p, studies=50)


@pytest.mark.slow
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(
    ("name", "n", "p"),
    [(name, n, p) for name in COSTS for n in (10, 50, 300) for p in (0.01, 0.05, 0.3, 0.7, 0.95, 0.99)],
)
def test_running_time_has_an_interval_that_covers_everywhere(name, n, p, confidence):
    """The same for more cases, confidences and studies."""
    coverage(name, n, p, studies=400, confidence=confidence)


def coverage(name, n, p, studies, confidence=0.95):
    """Simulate studies and hold their intervals against the true running time."""
    hit_cost, fail_cost = COSTS[name]
    rng = np.random.default_rng([n, int(1000 * p), len(name)])
    exact = np.random.default_rng(0)
    truth = hit_cost(exact, 10**6).mean() + (1 - p) / p * fail_cost(exact, 10**6).mean()
    held = 0
    for _ in range(studies):
        k = int(rng.binomial(n, p))
        cost = np.concatenate([hit_cost(rng, k), fail_cost(rng, n - k)])
        tally = pd.DataFrame({"basin": np.where(np.arange(n) < k, 0, -1), "ending": "converged", "steps": cost - 1})
        interval = restarts.running_time(
            tally.assign(count=1), [0], rng, confidence=confidence, resamples=300, longest=LONGEST
        )
        held += interval.low <= truth <= interval.high
    # The ends are quantiles of 300 resamples: as good as confidence +- 0.01.
    assert held / studies >= confidence - 0.01 - 3 * math.sqrt(confidence * (1 - confidence) / studies)


def test_equal_costs_have_the_interval_of_the_probability():
    """About c / p with the exact binomial ends of p; the lower end lies lower, since the next hit may cost less."""
    for hits, n in ((0, 40), (1, 40), (20, 40), (39, 40), (40, 40)):
        tally = pd.DataFrame({"basin": [0, 1], "ending": "converged", "steps": 10, "count": [hits, n - hits]})
        found = restarts.running_time(tally, [0], np.random.default_rng(0), resamples=20_000, longest=11)
        p = clopper_pearson(hits, n)
        assert found.high == (pytest.approx(11 / p.low, rel=0.1) if hits else math.inf)
        assert 0.88 * 11 / p.high < found.low < 1.01 * 11 / p.high
        assert 0 < found.low < found.high


def test_what_unseen_failures_cost_is_not_guessed():
    """All starts hit at a cost of 11: the time has an upper end where the cost of a descent has one."""
    tally = pd.DataFrame({"basin": [0], "ending": ["converged"], "steps": [10], "count": [50]})
    unknown, known = (
        restarts.running_time(tally, [0], np.random.default_rng(0), longest=longest) for longest in (None, 1001)
    )
    assert unknown.value == known.value == 11
    assert unknown.high == math.inf
    assert 11 + 0.05 * 1001 < known.high < 11 + 0.2 * 1001


def test_a_basin_that_no_start_reached_takes_for_ever():
    """Or at least as long as what so many starts leave open: the lower end is finite and positive."""
    estimate = restarts.running_time(TALLY, [], np.random.default_rng(0), resamples=2000)
    assert (estimate.value, estimate.high) == (math.inf, math.inf)
    spent = 3630 / 100  # evaluations a start; a hit has at most the probability 0.036, with 97.5 %
    assert 0.6 * spent / 0.036 < estimate.low < spent / 0.036


def test_success_within_a_budget_agrees_with_simulated_restarts():
    """The renewal equation against 20,000 sequences of descents."""
    curve = restarts.success_within_budget(TALLY, [0], 300, points=400).set_index("evaluations")["success"]
    rng = np.random.default_rng(5)
    picks = rng.choice(len(TALLY), size=(20_000, 60), p=TALLY["count"] / TALLY["count"].sum())
    cost = np.cumsum(steps.gradient_evaluations(TALLY).to_numpy()[picks], axis=1)
    first = np.argmax(TALLY["basin"].to_numpy()[picks] == 0, axis=1)
    time = cost[np.arange(20_000), first]
    for budget in (5, 6, 50, 150, 300):
        p = curve[budget]
        assert (time <= budget).mean() == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 20_000) + 1e-12)


def test_success_within_a_long_budget_is_exact():
    """One start in ten thousand at eleven evaluations each: 14,124 descents fit into 155,364."""
    tally = pd.DataFrame({"basin": [0, 1], "ending": "converged", "steps": 10, "count": [1, 9999]})
    curve = restarts.success_within_budget(tally, [0], 155_364)
    fit = curve["evaluations"] // 11
    np.testing.assert_allclose(curve["success"], 1 - (1 - 1e-4) ** fit, atol=1e-12)
    assert curve["evaluations"].iloc[-1] == 155_364
    assert curve["success"].iloc[-1] == pytest.approx(0.756459, abs=1e-6)
    assert 100 < len(curve) <= 200


def test_the_curve_agrees_with_the_expected_running_time():
    """The mean of the time to success is the area above the curve: two routes to one number, for rare and dear hits."""
    law = {"basin": [0, -1, -1, 1], "ending": "converged", "steps": [700, 3, 999, 120], "count": [3, 5000, 800, 1200]}
    tally = pd.DataFrame(law)
    time = restarts.running_time(tally, [0], np.random.default_rng(0), resamples=10).value
    curve = restarts.success_within_budget(tally, [0], int(12 * time), points=400)
    area = np.trapezoid(1 - curve["success"], curve["evaluations"]) + curve["evaluations"].iloc[0]
    assert area == pytest.approx(time, rel=0.02)


def plainly(trials, most):
    """``F(b)`` for all ``b`` up to ``most``, straight from the equation; failures at no cost repeat at once."""
    hits, fails = (
        np.bincount(trials.cost[m], trials.chance[m], minlength=most + 1)[: most + 1]
        for m in (trials.hit & (trials.cost <= most), ~trials.hit & (trials.cost <= most))
    )
    success = np.zeros(most + 1)
    for b in range(most + 1):
        success[b] = (hits[: b + 1].sum() + fails[1 : b + 1] @ success[b - 1 :: -1][:b]) / (1 - fails[0])
    return success


@st.composite
def trials(draw):
    """A few outcomes with costs that share a divisor or none, some free, some dearer than the budget."""
    unit = draw(st.sampled_from([1, 2, 7]))
    rows = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 50), st.booleans()), min_size=1, max_size=6))
    cost, weight, hit = (np.array(column) for column in zip(*rows, strict=True))
    cost = cost * unit + hit * draw(st.integers(0, 3))
    if (~hit & (cost == 0)).all():
        cost = cost + 1
    return renewal.Trials(cost.astype(np.int64), weight / weight.sum(), hit.astype(bool))


@settings(max_examples=60)
@given(trials(), st.sampled_from([1, 10, 100, 1500]), st.integers(0, 2**32))
def test_success_solves_the_renewal_equation(law, most, seed):
    """At any budgets, near and far: within 1e-10 of a plain loop over the equation."""
    budgets = np.random.default_rng(seed).integers(1, most + 1, 12)
    np.testing.assert_allclose(renewal.success_within(law, budgets), plainly(law, most)[budgets], atol=1e-10)


def test_costs_on_a_coarser_lattice_change_success_little(monkeypatch):
    """A hundredth of the points, the mean of each cost kept: within a thousandth of the exact chance."""
    rng = np.random.default_rng(4)
    cost, hit = rng.integers(3, 5000, 60), np.arange(60) < 4
    law = renewal.Trials(cost, rng.dirichlet(np.ones(60)), hit)
    budgets = np.unique(np.geomspace(100, 200_000, 60).astype(np.int64))
    exact = renewal.success_within(law, budgets)
    monkeypatch.setattr(renewal, "WINDOW", 50)
    coarse = renewal.success_within(law, budgets)
    assert 0 < np.abs(coarse - exact).max() < 0.02
    assert np.abs(coarse - exact)[budgets > 20_000].max() < 1e-3


def test_gradients_are_counted_where_one_was_needed():
    """A descent that is stopped by where it is needs none at its last point; free ones that fail do no harm."""
    tally = pd.DataFrame(
        {"basin": [0, -1, -1], "ending": ["trapped", "left_arena", "nonfinite"], "steps": [4, 0, 2], "count": [1, 2, 1]}
    )
    assert steps.gradient_evaluations(tally).tolist() == [4, 0, 3]
    curve = restarts.success_within_budget(tally, [0], 20).set_index("evaluations")["success"]
    assert curve[3] == 0
    assert curve[4] == pytest.approx(0.5)  # starts outside the arena cost nothing and are drawn again
    assert curve[7] == pytest.approx(0.75)
    assert restarts.success_within_budget(tally, [], 20)["success"].max() == 0


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


@settings(max_examples=10)
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


@settings(max_examples=50)
@given(st.integers(0, 300), st.integers(0, 20), st.integers(0, 2**32), st.sets(st.integers(0, 300), max_size=4))
def test_the_retained_sample_is_the_same_for_any_sharding(n, keep, seed, cuts):
    """Every shard keeps its own; merged in reverse they are the sample of the whole."""
    edges = sorted({0, n} | {c for c in cuts if c < n})
    parts = [row_sample.sample_rows(a, b, keep, seed) for a, b in itertools.pairwise(edges)]
    merged = row_sample.merge_rows(parts[::-1], keep, seed)
    assert merged.tolist() == row_sample.sample_rows(0, n, keep, seed).tolist()
    assert len(merged) == min(n, keep)


def test_no_seed_prefers_a_row():
    """Of a thousand rows one is kept; the seeds at the ends of 64 bits, and beyond, keep different ones."""
    seeds = [0, 1, 2**63 - 1, 2**64 - 2, 2**64 - 1, 2**64, 2**64 + 1, 2**100]
    kept = [row_sample.sample_rows(0, 1000, 1, seed).item() for seed in seeds]
    assert len(set(kept)) == len(seeds)
    first = [0 in row_sample.sample_rows(0, 1000, 500, seed) for seed in range(2**64 - 300, 2**64 + 300)]
    assert np.mean(first) == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(600))
    assert row_sample.row_hash(np.array([0]), 2**64 - 1)[0] != 0


def test_the_retained_sample_is_unbiased():
    """Over seeds every row is kept equally often, and pairs of neighbours as often as chance has it (chi-square)."""
    from scipy.stats import chi2

    kept = np.zeros((3000, 40))
    for seed in range(3000):
        kept[seed, row_sample.sample_rows(0, 40, 10, seed)] = 1
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
