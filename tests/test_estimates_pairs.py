"""Two methods from the same starts: the difference of their shares and the ratio of their running times."""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import pair_coverage as pairs  # noqa: E402  (a script beside the package, not part of it)
from interval_coverage import plans  # noqa: E402

from multistart.counts import pairs as counted_pairs  # noqa: E402
from multistart.counts.pairs import BY_FIRST, BY_SECOND, CHANGED, PairCounter, PairedRows, Reached  # noqa: E402
from multistart.counts.shares import ShareTally  # noqa: E402
from multistart.errors import InputError  # noqa: E402
from multistart.estimates import restarts  # noqa: E402
from multistart.estimates.comparison import DIFFERENCE, RATIO, comparison_rows  # noqa: E402
from multistart.estimates.differences import both_exact, difference, gaffke  # noqa: E402
from multistart.estimates.intervals import clopper_pearson  # noqa: E402
from multistart.estimates.ratios import running_time_ratio  # noqa: E402
from multistart.estimates.shares import share  # noqa: E402
from multistart.starts.layout import Layout  # noqa: E402

STUDIES = 60
ONLY_FIRST, ONLY_SECOND = pairs.ONLY_FIRST, pairs.ONLY_SECOND


def not_below(found, studies):
    """No coverage is below its confidence by more than four Monte Carlo standard errors."""
    c = found["confidence"]
    return bool((found["coverage"] >= c - 4 * np.sqrt(c * (1 - c) / studies)).all())


def of_starts(n, seed=0, design="uniform", spread=900):
    """The counts of random pairs, and their rows."""
    rng = np.random.default_rng(seed)
    one, two = (Reached(rng.integers(-1, 2, n), 1 + rng.integers(0, spread, n)) for _ in range(2))
    rows = PairedRows(one, two)
    return PairCounter(Layout.of(design, n), frozenset([0])).of(rows, 0), rows


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", [5, pytest.param(16, marks=pytest.mark.slow)])
def test_neither_end_of_the_interval_of_pairs_is_passed_oftener_than_half_the_error(n, confidence):
    """No simulation: the chances of all counts are added up, for probabilities all over the triangle and its edge."""
    counts = [(a, b) for a, b in itertools.product(range(n + 1), repeat=2) if a + b <= n]
    ends = np.array([gaffke(a, b, n, confidence) for a, b in counts])
    all_counts = np.array([(a, b, n - a - b) for a, b in counts])
    for p, q in itertools.product([1e-6, 0.01, 0.05, *np.linspace(0.1, 0.9, 9), 0.97], repeat=2):
        if p + q > 1:
            continue
        chance = scipy.stats.multinomial.pmf(all_counts, n, [p, q, max(1 - p - q, 0)])
        assert chance[ends[:, 0] > p - q + 1e-9].sum() <= (1 - confidence) / 2 + 1e-9
        assert chance[ends[:, 1] < p - q - 1e-9].sum() <= (1 - confidence) / 2 + 1e-9


def test_the_interval_of_pairs_is_that_of_resampled_weights():
    """The quadrature against Dirichlet's law by the million; one sided pairs have Clopper and Pearson's end."""
    rng = np.random.default_rng(1)
    for plus, minus, n in ((30, 10, 1000), (3, 1, 10), (400, 300, 2000)):
        weight = rng.standard_gamma([plus + 1, minus, n - plus - minus], (400_000, 3))
        end = np.quantile((weight[:, 0] - weight[:, 1]) / weight.sum(axis=1), 0.975)
        assert gaffke(plus, minus, n).high == pytest.approx(end, rel=0.01)
    assert gaffke(5, 0, 100).high == pytest.approx(clopper_pearson(5, 100).high, abs=1e-9)
    assert gaffke(0, 0, 100) == pytest.approx((-clopper_pearson(0, 100).high, clopper_pearson(0, 100).high), abs=1e-9)


@settings(max_examples=60)
@given(st.integers(1, 400), st.floats(0, 1), st.floats(0, 1))
def test_intervals_of_pairs_hold_the_estimate_and_turn_with_the_methods(n, some, more):
    """The other way round they change their sign; they are within -1 and 1."""
    plus = int(some * n)
    minus = int(more * (n - plus))
    for interval in (gaffke, both_exact):
        low, high = interval(plus, minus, n)
        assert -1 <= low <= (plus - minus) / n <= high <= 1
        assert interval(minus, plus, n) == pytest.approx((-high, -low), abs=1e-9)


def cases():
    """Each pair on the jittered grid, and one pair on each other design; the rest is slow."""
    for i, pair in enumerate(pairs.PAIRS):
        for plan in plans(pair[1].dimensions):
            other = plan.name in ("uniform", "grid") or plan.design == "latin_hypercube"
            slow = pair[1].dimensions == 3 or (plan.name != "jittered_grid" and not (other and i == 1))
            yield pytest.param(pair, plan, id=f"{pair[0]}: {plan.name}", marks=[pytest.mark.slow] * slow)


@pytest.mark.parametrize(("pair", "plan"), list(cases()))
def test_the_difference_is_covered_by_every_design(pair, plan):
    """Neighbouring, equal and disjoint basins: no coverage below 95 % by more than four Monte Carlo standard errors."""
    if plan.design == "grid" and pair[1].dimensions == 3:
        pytest.skip("the bound of a grid does not cover layers that lie between cell centres")
    assert not_below(pairs.of_designs(pair, plan, STUDIES, np.random.default_rng(3)), STUDIES)


@pytest.mark.parametrize(("axes", "per_cell"), [((20,), 1), ((4, 4), 1), ((8, 8), 2), ((2,) * 4, 1)])
def test_the_difference_is_covered_on_few_cells(axes, per_cell):
    """Jittered grids at 80, 95 and 99 %: mixed cells, layers thinner than a cell, opposite colours, nothing at all."""
    for name, parts in pairs.cell_cases(axes, np.random.default_rng(3)):
        found = pairs.of_cells(axes, per_cell, parts, STUDIES, np.random.default_rng(9))
        assert not_below(found, STUDIES), (name, found)


def ratios():
    """Each law of costs under one dependence, each dependence under one law at least; the rest is slow."""
    for i, costs in enumerate(pairs.COSTS):
        for j, dependence in enumerate(pairs.DEPENDENCE):
            yield pytest.param(dependence, costs, marks=[pytest.mark.slow] * ((i + j) % len(pairs.DEPENDENCE) != 0))


@pytest.mark.parametrize(("dependence", "costs"), list(ratios()))
def test_the_ratio_of_running_times_is_covered(dependence, costs):
    """Few successes and many, methods that are equal, nested or exclude each other, whatever descents cost."""
    n, p = {"equal": (12, 0.1), "dear failures": (12, 0.95), "together": (12, 0.1)}.get(costs, (60, 0.5))
    assert not_below(pairs.of_ratios(dependence, costs, n, p, STUDIES, np.random.default_rng(n)), STUDIES)


@pytest.mark.slow
def test_intervals_of_pairs_hold_everywhere():
    """All layouts, designs, dependences and costs."""
    found = pairs.run(200, 5)
    thin = (found["design"] == "grid") & found["case"].str.startswith("3-D")
    assert not_below(found[~thin], 200), found[found["coverage"] < found["confidence"]]


def test_pairs_make_the_interval_of_a_difference_narrow():
    """Two methods that differ from one start in a hundred: a tenth of what two separate samples would leave open."""
    labels = np.where(np.arange(10_000) % 100 == 0, 3, np.where(np.arange(10_000) % 2, 6, 0))
    found = difference(ShareTally.of(labels, Layout.of("uniform", 10_000)), ONLY_SECOND, ONLY_FIRST)
    separate = clopper_pearson(5000, 10_000)
    assert found.share == 0.01
    assert found.low > 0
    assert found.high - found.low < 0.25 * (separate.high - separate.low)


def test_a_difference_has_the_variance_of_the_group_where_only_one_side_occurs():
    """With no label on the other side it is the share, by the same counted variance."""
    layout = Layout.of("jittered_grid", 900, per_axis=30)
    cell = np.arange(900)
    labels = np.where((cell // 30 + cell % 30 * 0.7 < 20) ^ (cell % 7 == 0), 3, 0)
    tally = ShareTally.of(labels, layout)
    alone, paired = share(tally, [3]), difference(tally, [3], [5])
    assert paired.share == alone.share
    assert paired.high - paired.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_designs_that_show_no_scatter_have_no_interval():
    """A file, and one replicate: the reason stands in the note, the value stays."""
    for layout in (Layout.of("file", 100), Layout.of("sobol", 100)):
        counts = PairCounter(layout, frozenset([0])).of(of_starts(100)[1], 0)
        table = comparison_rows(counts, np.random.default_rng(0), resamples=50).set_index("quantity")
        assert table[["low", "high"]].isna().all(axis=None)
        assert table["note"].str.startswith("none:").all()
        assert table["value"].notna().all()


def test_labels_on_both_sides_and_missing_rows_are_refused():
    """Each in a sentence."""
    layout = Layout.of("uniform", 10)
    with pytest.raises(InputError, match="both sides"):
        difference(ShareTally.of([0] * 10, layout), [1, 2], [2])
    with pytest.raises(InputError, match="5 of 10"):
        difference(ShareTally.of([0] * 5, layout), [1], [2])


def test_the_ratio_is_that_of_the_rows():
    """Two routes: COCO's running time of each method's rows, one over the other; and the interval holds it."""
    counts, rows = of_starts(500)
    times = [restarts.expected_running_time(one.evaluations, one.basin == 0) for one in (rows.first, rows.second)]
    found = running_time_ratio(counts.costs, np.random.default_rng(0))
    assert found.value == pytest.approx(times[1] / times[0], rel=1e-12)
    assert found.low < found.value < found.high


def test_the_ratio_of_equal_methods_is_one_and_nearly_certain():
    """Pairs: what scatters alike cancels; an interval of unpaired costs is fifty times as wide."""
    rng = np.random.default_rng(0)
    one = Reached(rng.integers(0, 2, 1000), rng.integers(1, 60, 1000))
    costs = PairCounter(Layout.of("uniform", 1000), frozenset([0])).of(PairedRows(one, one), 0).costs
    found = running_time_ratio(costs, np.random.default_rng(0), longest=(60, 60))
    assert found.value == 1
    assert 0.98 < found.low < 1 < found.high < 1.02


def test_bins_make_the_interval_of_a_ratio_hardly_wider_and_never_narrower():
    """Costs in coarse bins at both ends of them, against every cost in a bin of its own."""
    counts, _ = of_starts(1000, seed=3, spread=900)
    fine = running_time_ratio(counts.costs, np.random.default_rng(0), resamples=2000)
    rows = of_starts(1000, seed=3, spread=900)[1]
    pair = np.stack([rows.first.evaluations, rows.second.evaluations], axis=1)
    weight = np.random.default_rng(1).standard_gamma(1.0, (2000, 1000))
    spent, hits = weight @ pair, [weight @ (one.basin == 0) for one in (rows.first, rows.second)]
    plain = np.quantile(spent[:, 1] / hits[1] * hits[0] / spent[:, 0], [0.025, 0.975])
    assert found_width(fine) == pytest.approx(plain[1] - plain[0], rel=0.1)


def found_width(estimate):
    """How wide an interval is."""
    return estimate.high - estimate.low


@pytest.mark.parametrize(
    ("first", "second", "value", "ends"),
    [(0, 9, 0, (0, 1)), (9, 0, math.inf, (1, math.inf)), (0, 0, math.nan, (0, math.inf))],
)
def test_a_method_that_never_succeeds_has_a_ratio_without_an_end(first, second, value, ends):
    """Infinite, nothing, or unknown; the other end still says something."""
    basin = [np.where(np.arange(50) < hits, 0, 1) for hits in (first, second)]
    rows = PairedRows(*(Reached(b, np.full(50, 10)) for b in basin))
    costs = PairCounter(Layout.of("uniform", 50), frozenset([0])).of(rows, 0).costs
    found = running_time_ratio(costs, np.random.default_rng(0), longest=(11, 11))
    assert found.value == pytest.approx(value, nan_ok=True)
    if math.isnan(value):
        assert (found.low, found.high) == ends
    else:
        assert found.low >= ends[0]
        assert (found.high < ends[1]) if value == 0 else (found.low > ends[0] and found.high == math.inf)


def test_successes_of_equal_cost_have_the_exact_interval_of_their_odds():
    """8 and 20 successes of which none is shared: Clopper and Pearson's ends of 8 in 28, as odds."""
    basin = np.arange(4000)
    rows = PairedRows(
        Reached(np.where(basin < 8, 0, 1), np.full(4000, 10)),
        Reached(np.where((basin >= 8) & (basin < 28), 0, 1), np.full(4000, 10)),
    )
    costs = PairCounter(Layout.of("uniform", 4000), frozenset([0])).of(rows, 0).costs
    found = running_time_ratio(costs, np.random.default_rng(0), longest=(10, 10), resamples=40_000)
    p = clopper_pearson(8, 28)
    assert (found.low, found.high) == pytest.approx((p.low / (1 - p.low), p.high / (1 - p.high)), rel=0.03)


def test_the_rows_of_a_comparison_are_those_of_its_starts():
    """Each share against counting rows; the difference is that of the methods' own shares."""
    counts, rows = of_starts(300, seed=5)
    table = comparison_rows(counts, np.random.default_rng(0), resamples=100).set_index("quantity")
    a, b = rows.first.basin, rows.second.basin
    expected = [(a != b), (a == 0) & (b == 0), (a == 0) & (b != 0), (a != 0) & (b == 0)]
    assert table["value"].tolist()[:4] == [mask.mean() for mask in expected]
    assert table.loc[DIFFERENCE, "value"] == pytest.approx((b == 0).mean() - (a == 0).mean())
    assert table.loc[RATIO, "unit"] == "second over first"
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


@settings(max_examples=100)
@given(st.integers(0, 2**40), st.integers(0, counted_pairs.COST_BITS))
def test_a_cost_lies_between_the_ends_of_its_bin(cost, dropped):
    """Whole numbers as both ends, and bins grow with costs, however coarse they are."""
    bins = counted_pairs.cost_bins(np.array([cost, cost + 1])) >> dropped
    low, high = counted_pairs.bin_ends(bins, counted_pairs.COST_BITS - dropped)
    assert low[0] <= cost <= high[0]
    assert low[0] == int(low[0])
    assert bins[0] <= bins[1]
    assert dropped or cost > 62 or low[0] == high[0] == cost


def test_coarser_cells_keep_every_start_and_every_evaluation():
    """As few as wanted, and the sums are the same."""
    counts, _ = of_starts(3000, seed=2, spread=100_000)
    costs, bits = counted_pairs.coarsened(counts.costs, 500)
    assert len(costs) <= 500 < len(counts.costs)
    assert 0 <= bits < counted_pairs.COST_BITS
    sums = counted_pairs.SUMS["costs"]
    pd.testing.assert_series_equal(costs[sums].sum(), counts.costs[sums].sum())
    low, high = counted_pairs.bin_ends(costs["first_bin"].to_numpy(), bits)
    mean = costs["first_evaluations"] / costs["count"]
    assert ((low <= mean) & (mean <= high)).all()


def test_labels_say_what_holds_of_a_start():
    """Their parts add up, and two methods that reach different best minima change the basin."""
    rows = PairedRows(
        Reached(np.array([0, 0, 1, -1, 2]), np.ones(5, int)), Reached(np.array([0, 1, 2, -1, 0]), np.ones(5, int))
    )
    tally = PairCounter(Layout.of("uniform", 5), frozenset([0, 1])).of(rows, 0).shares
    assert {label: tally.count([label]) for label in tally.basins} == {
        0: 1, BY_FIRST + CHANGED: 1, BY_SECOND + CHANGED: 1, BY_FIRST + BY_SECOND: 1, BY_FIRST + BY_SECOND + CHANGED: 1,
    }  # fmt: skip


def test_evaluations_that_a_method_counts_are_its_costs_and_the_others_stand_apart():
    """Gradients by the method's own count, whatever its steps; function and Hessian in rows of their own, added up."""
    n = 40
    rng = np.random.default_rng(4)
    plain = {"basin": rng.integers(-1, 2, n), "steps": rng.integers(1, 9, n), "ending": np.zeros(n, int)}
    own = plain | {f"{what}_evaluations": rng.integers(1, 90, n) for what in ("function", "gradient", "hessian")}
    rows = PairedRows(Reached.of(plain), Reached.of(own))
    counter = PairCounter(Layout.of("uniform", n), frozenset([0]))
    counts = counter.of(rows, 0)
    assert counts.costs["first_evaluations"].sum() == plain["steps"].sum() + n
    assert counts.costs["second_evaluations"].sum() == own["gradient_evaluations"].sum()
    table = comparison_rows(counts, np.random.default_rng(0), resamples=50).set_index("quantity")["value"]
    assert table["function_evaluations_of_second"] == own["function_evaluations"].mean()
    assert table["hessian_evaluations_of_second"] == own["hessian_evaluations"].mean()
    assert table["function_evaluations_of_first"] == table["hessian_evaluations_of_first"] == 0
    parts = [
        counter.of(PairedRows(*(Reached.of({k: v[at] for k, v in c.items()}) for c in (plain, own))), at.start)
        for at in (slice(0, 15), slice(15, n))
    ]
    assert counted_pairs.PairCounts.sum(parts) == counts
    assert counted_pairs.PairCounts.from_frame(counts.to_frame(), counter.layout) == counts
    assert counter.of(PairedRows(rows.first, rows.first), 0).apart.empty
