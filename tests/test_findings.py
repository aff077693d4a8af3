"""What a study found, as numbers, and the sentences that say them and nothing else."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from multistart.box import Box
from multistart.counts.tally import Grid, Tally
from multistart.proofs import certify
from multistart.study import load_study, rule_words, sentences
from multistart.study.findings import Number, Unseen
from multistart.study.read_findings import MethodTables, find
from multistart.study.regions import Region, where_under_way

STUDY = load_study(
    {
        "study": "small",
        "objective": {"name": "peaks"},
        "starts": {"design": "uniform", "count": 100, "seed": 1},
        "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.1, "max_steps": 50}},
    }
)
BASINS = pd.DataFrame(
    {
        "basin": [0, 1, 2],
        "x": [0.228279, -1.3474, 0.296446],
        "y": [-1.62553, 0.204519, 0.320196],
        "value": [-6.551133332835836, -3.04985, -0.0649359],
        "kind": ["global", "local", "local"],
        "critical_learning_rate": [0.06626, 0.1284, 0.1266],
        "certified": [True, True, False],
        "count": [30, 10, 5],
        "share": [0.30, 0.10, 0.05],
    }
)
ENDINGS = [
    ("converged", 0, 30, 9), ("converged", 1, 10, 5), ("converged", 2, 5, 3), ("converged", -1, 3, 7),
    ("stationary", -1, 2, 50), ("step_limit", -1, 40, 50), ("left_arena", -1, 9, 2), ("nonfinite", -1, 1, 1),
]  # fmt: skip
FACTS = {"diverged": 4, "flat": 15, "proven": 40, "numeric": 5, "rest at saddle 3": 4, "rest unexplained": 1}
NUMBERS = [
    ("minima_found", 3, math.nan, math.nan, ""),
    ("good_turing_coverage", 0.98, math.nan, math.nan, ""),
    ("minima_chao1", 3.5, 3.0, 9.0, ""),
    ("smallest_basin_detected_at_95_percent", 0.03, math.nan, math.nan, ""),
    ("probability_of_global_basin", 0.3, 0.21, 0.4, "Clopper and Pearson"),
    ("restarts_for_99_percent", 13, 10, 20, ""),
    ("expected_running_time", 1234.4, 1000, math.inf, ""),
    ("share_still_under_way", 0.4, 0.3, 0.5, ""),
]
EMPTY = pd.DataFrame({"cell": [], "code": [], "count": [], "steps": []}, dtype=np.int64)


def tables(**changes):
    """The tables of a hundred starts with every ending, some of them replaced."""
    steps = pd.DataFrame(ENDINGS, columns=["ending", "basin", "count", "steps"])
    facts = pd.DataFrame(FACTS.items(), columns=["fact", "count"])
    tally = Tally(steps.drop(columns="steps"), steps, steps, EMPTY, facts)
    estimates = pd.DataFrame(NUMBERS, columns=["quantity", "value", "low", "high", "note"])
    return MethodTables(**{"name": "gd", "basins": BASINS, "tally": tally, "estimates": estimates} | changes)


@pytest.fixture(scope="module")
def certificate():
    return certify(STUDY.objective, STUDY.arena)


@pytest.fixture
def found():
    (method,) = find(STUDY, [tables()], None).methods
    return method


def test_findings_are_the_numbers_of_the_tables(found):
    """Each number is that of its table: shares of all starts, intervals, rates, steps; nothing is rounded."""
    assert (found.starts, found.steps, found.reached) == (100, 2475, 45)
    assert [m.share for m in found.best] == [0.3]
    assert [(m.basin, m.share) for m in found.local] == [(1, 0.1), (2, 0.05)]
    assert found.minima[1].location == (-1.3474, 0.204519)
    assert found.global_share == Number(0.3, 0.21, 0.4, "Clopper and Pearson")
    assert found.restarts.ends == (13, 10, 20)
    assert found.running_time.high == math.inf
    assert found.unseen == Unseen(3, 0.98, 3.5, 0.03, "95")
    assert found.endings == {
        "converged": 0.48, "left_arena": 0.09, "nonfinite": 0.01, "stationary": 0.02, "step_limit": 0.4,
    }  # fmt: skip
    assert found.lost["converged"] == 0.03
    assert found.at_rest_at_no_minimum == 0.05
    assert found.facts["diverged"] == 0.04
    assert found.rests == [("at saddle 3", 0.04), ("unexplained", 0.01)]
    assert found.commonest_ending == "converged"
    assert found.seconds is None


def test_endings_sum_to_all_starts(found):
    """No start is lost between the tables and the findings."""
    assert sum(found.endings.values()) == pytest.approx(1, abs=1e-15)
    assert sum(found.lost.values()) + found.reached / found.starts == pytest.approx(1, abs=1e-15)


def test_a_minimum_is_unstable_from_its_critical_rate_on(found):
    """At the learning rate 0.1 one of the three minima attracts no more; at a rate equal to a critical one neither."""
    assert found.critical_rates == [0.06626, 0.1284, 0.1266]
    assert found.unstable == 1
    assert replace(found, method=replace(found.method, learning_rate=0.1266)).unstable == 2
    assert rule_words.critical(found).endswith("At 0.1, 1 of them attracts no more.")


def test_proof_and_descents_are_compared(certificate):
    """Reached minima that are not certified, and certified ones in the domain that none reached, are counted."""
    every = tables(basins=BASINS.assign(certified=True))
    proof = find(STUDY, [every], certificate).proof
    assert (proof.uncertified, proof.in_domain, proof.missed, proof.lower_elsewhere) == (0, 3, 0, False)
    assert find(STUDY, [tables()], certificate).proof.uncertified == 1
    assert find(STUDY, [tables()], certificate).proof.missed == 1
    none = tables(basins=BASINS.assign(certified=True, count=[30, 0, 0]))
    assert find(STUDY, [none], certificate).proof.missed == 2
    assert find(STUDY, [none, every], certificate).proof.missed == 0  # what one method reached is reached
    higher = tables(basins=BASINS.assign(value=BASINS["value"] + 1, certified=True))
    assert find(STUDY, [higher], certificate).proof.lower_elsewhere
    assert find(STUDY, [tables()], None).proof is None


def test_designs_that_cannot_tell_have_nothing_unseen():
    """Where the estimate of unseen minima is refused there is none, and no sentence about it."""
    refused = pd.DataFrame(NUMBERS, columns=["quantity", "value", "low", "high", "note"])
    refused.loc[refused["quantity"] == "good_turing_coverage", "value"] = math.nan
    (method,) = find(STUDY, [tables(estimates=refused)], None).methods
    assert method.unseen is None
    assert sentences.minima_missed(method) == ""


def test_regions_are_told_apart_by_their_sides():
    """Pieces of the map that touch at corners only are two, each with its part of the starts and its box."""
    grid = Grid(Box({"x": (0, 4), "y": (0, 3)}), (4, 3))
    code = np.array([[-3, 0, 0], [-3, 0, -3], [0, 1, -3], [0, -4, -4]])

    def under_way(code, grid=grid):
        cells = pd.DataFrame({"cell": range(12), "code": code.ravel(), "count": 1, "steps": 9})
        rest = pd.DataFrame({"ending": ["step_limit"], "basin": [-1], "count": [12]})
        return where_under_way(Tally(rest, rest, rest, cells, rest), grid)

    found = under_way(code)
    assert found.regions == (
        Region(1 / 6, Box({"x": (0, 2), "y": (0, 1)})),
        Region(1 / 6, Box({"x": (1, 3), "y": (1, 3)}))
        if code[1, 1] == -3
        else Region(1 / 6, Box({"x": (1, 3), "y": (2, 3)})),
    )
    assert found.arrived is None  # from all over the box
    code[3, 0] = -4
    assert under_way(code).arrived == Box({"x": (0, 3), "y": (0, 3)})
    assert under_way(code, None) is None
    assert under_way(np.zeros((4, 3), dtype=int)) is None
    text = sentences.under_way(under_way(code))
    assert "in 2 pieces of the domain: 16.67 % within x in [0, 2], y in [0, 1]; 16.67 % within x in [1, 3]" in text
    assert text.endswith("Those that reached a minimum start within x in [0, 3], y in [0, 3], but for single ones.")


def test_one_descent_is_not_spelled_as_several(found):
    """Nothing is said of "1 descents", and a bound is not called an interval."""
    one = Number(1.0, 1.0, 1.0)
    single = replace(found, global_share=one, restarts=one, running_time=one)
    assert sentences.restarts_needed(single) == (
        "1 descent from uniform random starts reaches the global minimum at least once with a probability of 99 %; "
        "the expected running time of restarts until one does is 1 gradient evaluation."
    )
    bound = replace(found, global_share=Number(0.3, 0.2, 0.4, "a bound, not an interval"))
    assert bound.global_share.is_bound == ("(bound: 10 to 20)" in sentences.restarts_needed(bound))


def test_sentences_say_the_findings(found):
    """A number that is changed in the findings is changed in the summary: sentences compute nothing."""
    said = sentences.summary(STUDY, find(STUDY, [tables()], None))
    for text in (
        "30.00 % (21.00 to 40.00 %) reached the global minimum**, f = -6.55113 at (0.228279, -1.62553)",
        "15.00 % ended in 2 local minima: 10.00 % f = -3.04985",
        "13 (10 to 20) descents",
        "has reached is estimated as 2.00 % (Good and Turing, for any basins)",
        "as Chao1 3.5, a lower bound on average. A basin of 3.00 % of the domain",
        "1,234 (1,000 to infinity) gradient evaluations",
        "40.00 % (30.00 to 50.00 %) were still under way after 50 steps (15.00 % where it is so flat",
        "9.00 % left the arena, 1 width around the domain",
        "1.00 % came to where the gradient is not finite",
        "5.00 % came to rest at no minimum (4.00 % at saddle 3, 1.00 % on a saddle or a flat tail)",
        "4.00 % diverged",
        "The basin of 40.00 % of all starts is proven by an attraction ball, of 5.00 % numeric.",
        "The descents took 2,475 steps.",
    ):
        assert text in said, text
    assert "20.00 % diverged" in sentences.not_reached(STUDY, replace(found, facts=found.facts | {"diverged": 0.2}))
    nothing = replace(found, minima=(), endings={"left_arena": 1.0})
    assert sentences.reached(STUDY, nothing).endswith("lower the learning rate, or widen the arena.")
