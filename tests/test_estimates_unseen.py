"""Unseen minima: worked values from outside, edge cases, and one simulation of what they claim."""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path

import numpy as np
import pytest

from multistart.errors import InputError
from multistart.estimates import unseen

REFERENCE = json.loads((Path(__file__).parent / "reference" / "multistart_statistics.json").read_text())
STATISTICS = REFERENCE["multistart_statistics"]


def worked(name):
    """Cases like ``"(n=50,w=3)": 3.27`` as ``(n, w, value)``."""
    for key, value in STATISTICS[name].items():
        if key != "source":
            call = ast.parse(f"f{key}", mode="eval").body
            arguments = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
            yield arguments["n"], arguments["w"], value


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (unseen.expected_minima, "boender_rinnooy_kan_expected_minima"),
        (unseen.unseen_volume, "boender_rinnooy_kan_unseen_volume"),
        (unseen.all_found, "boender_rinnooy_kan_all_found"),
    ],
)
def test_boender_and_rinnooy_kan_give_the_worked_values(function, name):
    """Two cases each."""
    cases = list(worked(name))
    assert len(cases) == 2
    for n, w, value in cases:
        assert function(n, w) == pytest.approx(value, rel=5e-6)


def test_boender_and_rinnooy_kan_say_so_where_the_posterior_has_no_mean():
    """Too few starts for the minima found: infinite or nan, never negative."""
    assert unseen.expected_minima(5, 3) == math.inf
    assert math.isnan(unseen.all_found(4, 3))
    assert math.isnan(unseen.unseen_volume(1, 1))
    assert math.isnan(unseen.expected_minima(10, 0))
    with pytest.raises(InputError, match="cannot have found"):
        unseen.expected_minima(2, 3)


def test_good_turing_gives_the_worked_value():
    """75 minima seen once and nine more often."""
    counts = [1] * 75 + [2, 2, 2, 2, 2, 2, 3, 4, 4]
    assert unseen.good_turing_coverage(counts) == pytest.approx(STATISTICS["good_turing_coverage"]["value"])


def test_starts_without_a_minimum_are_trials_of_good_turing():
    """They lower the chance that the next start shows something new."""
    assert unseen.good_turing_coverage([1, 4], no_minimum=5) == 0.9
    assert math.isnan(unseen.good_turing_coverage([]))


def test_chao1_gives_the_worked_values_and_intervals():
    """Values from scikit-bio; the interval by hand from EstimateS eqs. 6 and 13 with f1 = f2 = 3."""
    case = STATISTICS["chao1"]
    corrected = unseen.chao1(case["counts"])
    classic = unseen.chao1(case["counts"], bias_corrected=False)
    assert (corrected.value, classic.value) == (case["bias_corrected"], case["classic"])
    variance = 6 / 8 + 75 / 64 + 108 / 1024
    k = math.exp(1.959964 * math.sqrt(math.log(1 + variance / 0.75**2)))
    assert (corrected.low, corrected.high) == pytest.approx((9 + 0.75 / k, 9 + 0.75 * k), rel=1e-6)
    k = math.exp(1.959964 * math.sqrt(math.log(1 + 3 * 1.75 / 1.5**2)))
    assert (classic.low, classic.high) == pytest.approx((9 + 1.5 / k, 9 + 1.5 * k), rel=1e-6)


def test_chao1_without_singletons_doubletons_or_minima():
    """All seen often: the number seen. One singleton alone: no upper end. Nothing seen: nothing known."""
    assert unseen.chao1([50, 60, 70]).value == 3
    assert unseen.chao1([50, 60, 70]).high == pytest.approx(3, abs=1e-6)
    assert unseen.chao1([50, 1]).high == math.inf
    assert unseen.chao1([1, 1, 1, 5]).value == 7
    assert unseen.chao1([0, 0]) == unseen.Richness(0.0, 0.0, math.inf)


def test_zero_counts_and_order_do_not_matter_and_negative_ones_are_refused():
    """A certified minimum that no start reached does not change what the starts showed."""
    assert unseen.chao1([3, 1, 0, 2, 1]) == unseen.chao1([1, 1, 2, 3])
    with pytest.raises(InputError, match="not negative"):
        unseen.chao1([-1, 2])


def test_the_smallest_detectable_basin_is_hit_with_the_stated_probability():
    """And 95 % of simulated studies hit it."""
    p = unseen.smallest_detectable(200)
    assert 1 - (1 - p) ** 200 == pytest.approx(0.95)
    hits = np.random.default_rng(0).binomial(200, p, size=20_000) > 0
    assert hits.mean() == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 20_000))


def test_good_turing_is_right_on_average():
    """Zipf-like basins: the mean estimate is the mean probability of ending where one ended before."""
    rng = np.random.default_rng(1)
    p = 1 / np.arange(1, 101)
    p /= p.sum()
    counts = rng.multinomial(80, p, size=4000)
    estimates = [unseen.good_turing_coverage(c) for c in counts]
    truth = (p * (counts > 0)).sum(axis=1)
    assert np.mean(estimates) == pytest.approx(truth.mean(), abs=4 * np.std(estimates) / math.sqrt(4000) + 1 / 80 / 10)


@pytest.mark.parametrize("design", ["jittered_grid", "grid", "sobol", "halton", "latin_hypercube", "file"])
def test_other_designs_are_refused_with_a_reason(design):
    """Only independent uniform starts have these formulas."""
    assert unseen.refusal("uniform") == ""
    assert design in unseen.refusal(design)
    assert "unknown" not in unseen.refusal(design)
