"""What a part of a study says of all of it, against the truth of the whole: exactly, and in simulated studies."""

from __future__ import annotations

import math
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import hypergeom

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import exact_wells

from multistart.box import Box
from multistart.counts.shares import ShareTally
from multistart.estimates.intervals import clopper_pearson
from multistart.estimates.partial import chernoff, detected, rows_of, so_far, ways, whole_replicates
from multistart.estimates.shares import estimate_shares, share_table
from multistart.starts.designs import draw
from multistart.starts.layout import Layout

PROBLEM = next(p for p in exact_wells.PROBLEMS if p.name == "2-D sum, lr 0.5")
BOX = Box({"x": (PROBLEM.low[0], PROBLEM.high[0]), "y": (PROBLEM.low[1], PROBLEM.high[1])})
EXACT = dict(PROBLEM.shares(BOX.low, BOX.high))
BASINS = [0, 1, 2, 3, -1]
DOMAIN = np.array([EXACT[b] for b in BASINS])
PIECES, PIECE = 16, 64
LOOKS = ("drawn", "first", "most of 0", "least of 0")
DESIGNS = {
    "uniform": {"count": PIECES * PIECE},
    "jittered_grid": {"per_axis": 32},
    "latin_hypercube": {"count": PIECES * PIECE},
    "sobol": {"count": PIECE, "replicates": PIECES},
    "halton": {"count": PIECE, "replicates": PIECES},
}


def layout_of(design):
    size = DESIGNS[design]
    cells = {"per_axis": (32, 32)} if design == "jittered_grid" else {}
    return Layout(design, PIECES * PIECE, **cells, replicates=size.get("replicates", 1))


def labels_of(design, seed):
    return PROBLEM.label(draw(design, BOX, seed=seed, **DESIGNS[design]))


def tallied(labels, layout, pieces, length=PIECE):
    """The tally of some pieces."""
    parts = (ShareTally.of(labels[i * length : (i + 1) * length], layout, i * length) for i in pieces)
    return sum(parts, ShareTally.empty(layout))


def looks(labels, rng):
    """Halves of a study: drawn, the first, and those that finished first if jobs in basin 0 were fast, or slow."""
    fast = np.argsort(-(labels == 0).reshape(PIECES, PIECE).sum(axis=1), kind="stable")
    half = PIECES // 2
    drawn = rng.permutation(PIECES)
    return dict(zip(LOOKS, (drawn[:half], range(half), fast[:half], fast[half:]), strict=True))


def covered(design, studies):
    """How often intervals of each look hold a truth, ``[look, interval, truth]`` by basin; what is certain, always."""
    rng, layout = np.random.default_rng(5), layout_of(design)
    hits = {}
    for seed in range(studies):
        labels = labels_of(design, seed)
        truths = {"domain": DOMAIN, "study": np.array([np.mean(labels == b) for b in BASINS])}
        for look, pieces in looks(labels, rng).items():
            table = so_far(tallied(labels, layout, pieces), basins=BASINS)
            ends = dict(zip(table.columns, table.to_numpy().T, strict=True))
            assert (ends["least"] <= truths["study"]).all()
            assert (truths["study"] <= ends["most"]).all()
            for truth, shares in truths.items():
                for low, high in (("low", "high"), ("low_any", "high_any")):
                    hits.setdefault((look, low, truth), []).append((ends[low] <= shares) & (shares <= ends[high]))
    return {key: np.mean(found, axis=0) for key, found in hits.items()}


#: What the intervals of each design are said to be of, and whether they hold whatever finished first.
CLAIMS = {
    "uniform": (("domain", "study"), True),
    "jittered_grid": (("domain",), True),
    "latin_hypercube": (("study",), True),
    "sobol": (("domain", "study"), False),
    "halton": (("domain", "study"), False),
}


def check_coverage(design, studies):
    """No basin's coverage is below 95 % by four standard errors, where the design claims it."""
    found, least = covered(design, studies), 0.95 - 4 * math.sqrt(0.95 * 0.05 / studies)
    truths, any_order = CLAIMS[design]
    for truth in truths:
        assert min(found[look, "low", truth].min() for look in ("drawn", "first")) >= least
        worst = [found[look, "low_any", truth].min() for look in LOOKS]
        assert min(worst) >= least if any_order else max(worst) == 0
    if design == "uniform":  # else the worst half would not show what the other interval is for
        assert found["most of 0", "low", "domain"][0] < 0.75


@pytest.mark.parametrize("design", ["uniform", "jittered_grid", "latin_hypercube", "sobol"])
def test_half_of_a_study_covers_the_truth_of_the_whole(design):
    """Drawn or first pieces by the interval of one look; those with the most or fewest starts in a basin by the other.

    That of one look fails for these, as it should.
    """
    check_coverage(design, 40)


@pytest.mark.slow
@pytest.mark.parametrize("design", CLAIMS)
def test_half_of_a_study_covers_the_truth_of_the_whole_in_a_thousand_studies(design):
    """The same, to 0.7 %."""
    check_coverage(design, 1000)


def test_all_looks_at_a_study_are_covered_at_once():
    """Pieces finish in the worst order, and one looks again and again: 95 % of studies have no look that fails."""
    layout, failed, studies = layout_of("uniform"), 0, 30
    for seed in range(studies):
        labels = labels_of("uniform", seed)
        order = np.argsort(-(labels == 1).reshape(PIECES, PIECE).sum(axis=1), kind="stable")
        for done in (1, 3, 6, 9, 12, 15):
            table = so_far(tallied(labels, layout, order[:done]), basins=[1]).set_index("basin")
            if not table.loc[1, "low_any"] <= EXACT[1] <= table.loc[1, "high_any"]:
                failed += 1
                break
    assert failed / studies <= 0.05 + 4 * math.sqrt(0.95 * 0.05 / studies)


@pytest.mark.parametrize("n", [1, 2, 7, 20])
def test_a_part_of_a_finite_study_is_covered_exactly(n):
    """Studies of up to 80 starts with every number in a basin, by adding up probabilities of their samples of n."""
    for confidence in (0.5, 0.8, 0.95):
        low, high = np.array([clopper_pearson(k, n, confidence) for k in range(n + 1)]).T[:, :, None]
        for starts in {n, n + 1, 2 * n, 40, 80}:
            inside = np.arange(starts + 1)
            law = hypergeom.pmf(np.arange(n + 1)[:, None], starts, inside, n)
            missed = np.where((inside / starts < low) | (inside / starts > high), law, 0).sum(axis=0)
            assert (missed <= 1 - confidence + 1e-9).all(), (starts, confidence)


@pytest.mark.parametrize("deviation", [0.7, 3.0, 8.0])
def test_the_bound_by_entropy_holds_for_samples_without_replacement(deviation):
    """Either side is passed with a probability of exp(-deviation) at most; exactly, for all studies of 30 starts."""
    n, starts = 12, 30
    ends = [chernoff(k, n, deviation) for k in range(n + 1)]
    for inside in range(starts + 1):
        law, p = hypergeom(starts, inside, n), inside / starts
        assert sum(law.pmf(k) for k, (low, _) in enumerate(ends) if p < low) <= math.exp(-deviation) + 1e-12
        assert sum(law.pmf(k) for k, (_, high) in enumerate(ends) if p > high) <= math.exp(-deviation) + 1e-12


@pytest.mark.parametrize("starts", [1, 2, 9, 10])
def test_the_errors_of_all_sets_of_rows_add_up_to_no_more_than_the_whole(starts):
    """All sets of up to ten rows, each by its ranges."""
    total = 0.0
    for size in range(1, starts + 1):
        for rows in combinations(range(starts), size):
            cuts = [i for i in range(1, size) if rows[i] != rows[i - 1] + 1]
            runs = np.split(np.array(rows), cuts)
            total += math.exp(-ways([(int(run[0]), int(run[-1]) + 1) for run in runs], starts))
    assert total <= 1 + 1e-9


def test_large_studies_lose_little_by_worst_cases():
    """Fifty of a hundred parts, in the number of runs that costs most: still within a per mille."""
    part = 2**20
    sets = [[(i * 100 // r * part, (i * 100 // r + 50 // r) * part) for i in range(r)] for r in (1, 5, 10, 25, 50)]
    costs = [ways(ranges, 100 * part) for ranges in sets]
    assert max(costs) == costs[3]
    low, high = chernoff(25 * part, 50 * part, math.log(40) + costs[3])
    assert 0.499 < low < 0.5 < high < 0.501


def test_the_bound_of_a_grid_holds_the_one_of_all_its_cells():
    """Any finished rows of a grid: between the ends is the bound of the finished study, always."""
    rng = np.random.default_rng(0)
    layout = Layout("grid", 400, (20, 20))
    for _ in range(60):
        x, y = np.divmod(np.arange(400), 20)
        labels = np.where(
            (x - rng.integers(20)) ** 2 + (y - rng.integers(20)) ** 2 < rng.integers(4, 80), 0, rng.integers(-1, 2)
        )
        whole = share_table(ShareTally.of(labels, layout), basins=[0, 1]).set_index("basin")
        part = so_far(tallied(labels, layout, rng.permutation(8)[: rng.integers(1, 8)], 50), basins=[0, 1]).set_index(
            "basin"
        )
        assert (part["low"] <= whole.loc[part.index, "low"] + 1e-12).all()
        assert (whole.loc[part.index, "high"] <= part["high"] + 1e-12).all()
        assert part["low_any"].isna().all()


def test_a_finished_study_has_its_own_intervals():
    """All rows: the table is that of the study, and nothing is left open."""
    labels = labels_of("jittered_grid", 3)
    found = so_far(ShareTally.of(labels, layout_of("jittered_grid")))
    expected = estimate_shares(labels, "jittered_grid", per_axis=32)
    for name in ("basin", "count", "share", "low", "high"):
        assert found[name].tolist() == expected[name].tolist()
    assert found["least"].tolist() == found["most"].tolist() == expected["share"].tolist()


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        (Layout("file", 8), "no sample of the domain"),
        (Layout("sobol", 8), "one replicate"),
        (Layout("halton", 8, replicates=2), "fewer than two replicates"),
        (Layout("latin_hypercube", 8, replicates=2), "fewer than two replicates"),
    ],
)
def test_what_cannot_be_said_is_not_said(layout, why):
    """Starts of a file, of one sequence, of replicates that are not whole: no interval, but what is certain."""
    table = so_far(ShareTally.of([0, 0, 0, 1, 1], layout))
    assert table[["low", "high", "low_any", "high_any"]].isna().all(axis=None)
    assert why in table.attrs["of"]
    assert table["least"].tolist() == [3 / 8, 2 / 8, 0]
    assert table["most"].tolist() == [6 / 8, 5 / 8, 3 / 8]


def test_whole_replicates_are_those_without_a_missing_row():
    """Ranges that begin or end within a replicate do not make it whole."""
    layout = Layout("sobol", 40, replicates=5)
    tally = ShareTally.of([0] * 20, layout, 3) + ShareTally.of([0] * 8, layout, 32)
    assert whole_replicates(tally) == [1, 4]
    assert rows_of(tally) == 28


def test_a_basin_that_nothing_reached_is_small_or_elsewhere():
    """The rule of three for uniform starts; nothing for a part of a grid, whose other places may hold it."""
    assert detected(ShareTally.of([0] * 300, Layout("uniform", 1000))) == pytest.approx(0.00994, abs=1e-5)
    part = ShareTally.of([0] * 300, Layout("jittered_grid", 900, (30, 30)))
    assert math.isnan(detected(part))
    assert so_far(part).iloc[-1]["high"] == pytest.approx(2 / 3 + 0.0122 / 3, abs=1e-4)
