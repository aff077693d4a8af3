"""What a study found, as numbers, and the sentences that say them and nothing else."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from multistart.box import Box
from multistart.counts.tally import Grid, Tally
from multistart.estimates.shares import BOUNDARY
from multistart.methods import Method
from multistart.proofs import certify
from multistart.study import headlines, load_study, outcome_words, proof_words, rule_words, sentences
from multistart.study.findings import Findings, Lowest, Number, ProofFindings, Unseen
from multistart.study.read_findings import MethodTables, find
from multistart.study.regions import Region, where_under_way
from tests.staged import proof_of

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
        "curvature_max": [30.184, 15.576, 15.798],
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
    return proof_of(STUDY)


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
    assert rule_words.critical([found])[-1] == "At 0.1, 1 of them attracts no more."
    other = replace(found, name="slow", method=replace(found.method, learning_rate=0.01))
    rates, above = rule_words.critical([found, other])  # once for both
    assert "0.06626 (minimum 0), 0.1284 (minimum 1), 0.1266 (minimum 2)" in rates
    assert above == "At 0.1, that of `gd`, 1 of them attracts no more."


def test_the_summary_says_of_each_rule_its_limit_or_why_there_is_none(found):
    """A number and its formula for a rule of one's own, a reason for AdaGrad; nothing of searches, without a rate."""
    own = Method(rule={"update": ["v = 0.5*v + g", "x = x - lr*v"], "state": {"v": 0}}, learning_rate=0.01)
    rates = own.critical_learning_rate(BASINS["curvature_max"].to_numpy())
    minima = [replace(m, critical_learning_rate=rate) for m, rate in zip(found.minima, rates, strict=True)]
    said, _ = rule_words.critical([replace(found, method=own, minima=minima)])
    assert said.startswith("A minimum stops attracting above the learning rate 3/lambda_max, where lambda_max is")
    assert "0.09939 (minimum 0)" in said
    minima = [replace(m, critical_learning_rate=math.nan) for m in found.minima]
    sums = replace(found, name="sums", method=Method("adagrad"), minima=minima)
    search = replace(found, name="search", method=Method("bfgs"), minima=minima)
    said, above = rule_words.critical([sums, search])
    assert said.startswith(
        "With `sums`, a minimum has no critical learning rate: its sum of squares never falls, so that"
    )
    assert not above
    away = replace(found, method=Method(rule={"update": ["x = x + lr*g"]}))
    away = replace(away, minima=[replace(m, critical_learning_rate=0.0) for m in found.minima])
    assert rule_words.critical([away])[0] == "A minimum attracts at no learning rate, as steps lead away from it."


@pytest.mark.parametrize(
    ("name", "numbers", "formula"),
    [
        ("rmsprop", {}, "2 (1 + momentum) eps/lambda_max"),
        ("rmsprop", {"eps_inside": True}, "2 (1 + momentum) sqrt(eps)/lambda_max"),
        ("nadam", {}, "2 eps (1 + beta1)/((1 + beta1 - 2 beta1 beta1) lambda_max)"),
        ("nadam", {"momentum_decay": 0.0}, "2 eps (1 + beta1)/((1 + beta1 - 2 beta1 (beta1/2)) lambda_max)"),
        ("radam", {}, "2 eps (1 + beta1)/((1 - beta1) lambda_max)"),
        ("radam", {"beta2": 0.5}, "2 (1 + beta1)/((1 - beta1) lambda_max)"),
    ],
)
def test_a_limit_is_said_by_the_formula_of_this_method_s_numbers(found, name, numbers, formula):
    """Without ``where``: of two formulas the summary says the one that holds."""
    (said, *_) = rule_words.critical([replace(found, method=Method(name, **numbers))])
    assert said.startswith(f"A minimum stops attracting above the learning rate {formula}, where lambda_max is")


def test_what_is_not_known_of_a_formula_of_the_rate_is_not_said_to_be_so(found):
    """A schedule that falls to 0 may stop short of the minimum; of a formula, which may rise, that is not known."""
    found = replace(found, facts={"proven": 0.5})
    falls = Method(learning_rate={"schedule": "linear", "from": 0.05})
    rises = Method(learning_rate={"formula": "where(t < 100, 0, 0.05)"})
    assert "the learning rate falls so fast that" in rule_words.not_arriving(replace(found, method=falls))
    said = rule_words.not_arriving(replace(found, method=rises))
    assert "falls" not in said
    assert "it is not known whether its rates add up without bound" in said
    assert rule_words.not_arriving(replace(found, method=Method(learning_rate=0.05))) == ""


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
    assert outcome_words.minima_missed(method) == ""


def test_regions_are_told_apart_by_their_sides(found):
    """Pieces of the map that touch at corners only are two; one whose box is most of the domain is not named."""
    grid = Grid(Box({"x": (0, 4), "y": (0, 3)}), (4, 3))
    code = np.array([[-3, 0, 0], [-3, 0, -3], [0, 1, -3], [0, -4, -4]])

    def under_way(code, grid=grid):
        cells = pd.DataFrame({"cell": range(12), "code": code.ravel(), "count": 1, "steps": 9})
        rest = pd.DataFrame({"ending": ["step_limit"], "basin": [-1], "count": [12]})
        return where_under_way(Tally(rest, rest, rest, cells, rest), grid)

    first, second = Box({"x": (0, 2), "y": (0, 1)}), Box({"x": (1, 3), "y": (2, 3)})
    assert under_way(code) == (Region(1 / 6, first), Region(1 / 6, second))
    assert under_way(code, None) == ()
    assert under_way(np.zeros((4, 3), dtype=int)) == ()
    assert under_way(np.full((4, 3), -3)) == ()
    few = replace(found, regions=under_way(code))
    assert few.endings["step_limit"] == 0.4
    assert outcome_words.under_way(few)  # 33 of 40 %
    assert outcome_words.under_way(replace(few, endings={"step_limit": 0.5})) == ""  # the rest is elsewhere
    said = outcome_words.under_way(few)
    assert "x in [0, 2], y in [0, 1] (16.67 % of the starts); x in [1, 3], y in [2, 3] (16.67 % of" in said


def test_one_descent_is_not_spelled_as_several(found):
    """Nothing is said of "1 descents", and a bound is not called an interval."""
    one = Number(1.0, 1.0, 1.0)
    single = replace(found, global_share=one, restarts=one, running_time=one)
    assert outcome_words.restarts_needed(Findings(None, (single,)), single) == (
        "1 uniform random start is enough to reach the lowest minimum found with a probability of 99 %. Restarted "
        "until one does, descents take 1 gradient evaluation on average."
    )
    bound = replace(found, global_share=Number(0.3, 0.2, 0.4, BOUNDARY))
    assert "(bound: 10 to 20)" in outcome_words.restarts_needed(Findings(None, (bound,)), bound)
    assert "(bound" not in outcome_words.restarts_needed(Findings(None, (found,)), found)


def test_how_long_descents_took_is_about_where_not_all_jobs_were_timed(monkeypatch):
    """The sum of all timings is said as it is, and what was taken from some for all is called about so much."""
    timed = find(STUDY, [tables(seconds=12.34)], None)
    assert "compilation, took 12.3 s." in sentences.summary(STUDY, timed).markdown
    monkeypatch.setattr(sentences, "TIMED", 0)
    assert "compilation, took about 12.3 s." in sentences.summary(STUDY, timed).markdown


def test_sentences_say_the_findings(found):
    """A number that is changed in the findings is changed in the summary: sentences compute nothing."""
    words = sentences.summary(STUDY, find(STUDY, [tables()], None))
    said = words.markdown
    for text in (
        "**30.00 % of the starts reached the lowest minimum found**, f = -6.55113 at (0.228279, -1.62553).",
        "15.00 % of the starts reached one of 2 higher minima, 40.00 % were still on their way when the steps ran out, "
        "9.00 % left the arena, 1 start came to where the gradient is no finite number and "
        "5.00 % came to rest at no isolated minimum.",
        "No list of minima was proven, so there may be others.",
        "- 30.00 % (21.00 to 40.00 %) reached the lowest minimum found: minimum 0, f = -6.55113 at (0.228279",
        "- 10.00 % reached minimum 1, f = -3.04985 at (-1.3474, 0.204519)",
        "13 (10 to 20) descents",
        "has reached with a probability of about 2.00 % (Good and Turing)",
        "estimated as 3.5 (Chao1, a lower bound on average). A basin of 3.00 % of the domain",
        "1,234 (at least 1,000) gradient evaluations",
        "- 40.00 % (30.00 to 50.00 %) were still under way after 50 steps\n",
        "15.00 % of the starts hardly move by then: as many steps again, each as short as the next one, would take",
        "- 9.00 % left the arena, x in [-9, 9], y in [-9, 9]",
        "- 1 start came to where the gradient is no finite number",
        "- 5.00 % came to rest at no isolated minimum: 4.00 % at saddle 3, 1 start where it is flat, as along a line",
        "4.00 % of the starts diverged",
        "For 40.00 % of the starts it is proven which minimum they reached, as they ended in an attraction ball; for "
        "5.00 % of the starts it was checked by Newton's method.",
        "The descents took 2,475 steps.",
    ):
        assert text in said, text
    assert words.short == said.partition("\n## ")[0]
    assert "20.00 % of the starts diverged" in rule_words.diverged(
        replace(found, facts=found.facts | {"diverged": 0.2})
    )
    nothing = Findings(None, (replace(found, minima=(), endings={"left_arena": 1.0}, lost={"left_arena": 1.0}),))
    assert headlines.sentences(STUDY, nothing)[1:3] == [
        "**No start reached a minimum.**",
        "All 100 starts left the arena.",
    ]


PROOF = ProofFindings(
    complete=True,
    level=None,
    contradicted=False,
    counts={"minimum": 3, "saddle": 3, "maximum": 3, "degenerate": 0},
    undecided=(),
    bound=(-6.5512, -6.5511),
    lowest=(Lowest((0.228279, -1.62553), -6.55113, interior=True),),
    falls=(),
    in_domain=3,
    missed=0,
    uncertified=0,
    lowest_reached=True,
    lower_elsewhere=False,
)
ARENA = "the arena, x in [-9, 9], y in [-9, 9]"
PROVEN = {
    f"It is proven that these 3 minima are all there are in {ARENA}.": {},
    f"It is proven that {ARENA}, has 3 minima, 1 of which no start reached.": {"missed": 1},
    f"It is proven that {ARENA}, has 3 minima, and no start reached any of them.": {"missed": 3},
    "It is proven that the domain has 2 minima, and each was reached; 1 more lies in the arena around it.": {
        "in_domain": 2,
    },
    f"It is proven that there is no other minimum in {ARENA}.": {"counts": {"minimum": 1}, "in_domain": 1},
    f"It is proven that there is no minimum in {ARENA}.": {
        "counts": {"saddle": 1}, "in_domain": 0, "lowest": (), "lowest_reached": False,
    },
    "The lowest minimum is proven: f = -6.55113 at (0.228279, -1.62553); no start reached it; what lies above f = -6 "
    "was not searched for.": {"complete": False, "level": -6.0, "lowest_reached": False},
    "The lowest minimum is proven: f = -6.55113 at (0.228279, -1.62553); what lies above f = -6 was not searched "
    "for.": {
        "complete": False, "level": -6.0,
    },
    "The lowest minimum is proven: f = -6.55113 at (0.228279, -1.62553).": {"counts": {"minimum": 3, "degenerate": 1}},
    "Near x = -0.5 f falls below -1.7e+11, and no lower bound of f is proven.": {  # -1.8e+11 is more than is known
        "complete": False, "bound": (-math.inf, -1.78e11), "lowest": (), "falls": (("x", -0.5),),
        "lower_elsewhere": True,
    },
    "In the arena f falls below -110, and no lower bound of f is proven.": {
        "complete": False, "bound": (-math.inf, -111.0), "lowest": (), "counts": {"maximum": 1},
    },
    "No lower bound of f is proven near x = 0.": {  # the bound is that of the minimum, which is not there
        "complete": False, "bound": (-math.inf, -6.55), "lowest": (), "falls": (("x", 0.0),),
    },
    "No lower bound of f is proven in the arena.": {"complete": False, "bound": (-math.inf, math.inf), "lowest": ()},
    "The lowest value in the arena is on its edge: f = -8 at (9, 9).": {
        "lowest": (Lowest((9, 9), -8.0, interior=False),),
    },
    "Whether there are other minima, or lower ones, was not decided.": {"complete": False, "lowest": ()},
    "Whether there are minima was not decided.": {"complete": False, "lowest": (), "counts": {}},
    "The proof of all minima contradicts itself and is not to be believed.": {"contradicted": True},
}  # fmt: skip


@pytest.mark.parametrize("sentence", PROVEN)
def test_a_proof_is_said_as_far_as_it_reaches(sentence):
    """Complete, partial, without a lower bound, at the edge, undecided, contradicted: each has its own sentence."""
    proof = replace(PROOF, **PROVEN[sentence])
    assert proof_words.headline(STUDY, Findings(proof, ())) == sentence


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "the lowest minimum"),
        ({"lowest": ()}, "the lowest minimum found"),
        ({"lowest": (), "bound": (-math.inf, -1.0)}, "the lowest minimum found"),
        ({"lowest": (Lowest((9, 9), -8.0, interior=False),)}, "the lowest minimum found"),
    ],
)
def test_a_minimum_is_called_the_lowest_only_where_that_is_proven(changes, name):
    """Undecided, without a lower bound, or lower at the edge of the arena, it is the lowest that was found."""
    assert outcome_words.lowest_name(Findings(replace(PROOF, **changes), ())) == name
    assert outcome_words.lowest_name(Findings(None, ())) == "the lowest minimum found"


def test_an_edge_without_a_lower_bound_is_found_where_it_is():
    """1/(x + 0.5) falls beside x = -0.5, whatever y is; the certificate cuts y down too, and y is not named."""
    study = load_study(
        {
            "study": "pole",
            "objective": {"expression": "x**2 + y**2 + 0.1/(x + 0.5)", "variables": ["x", "y"]},
            "domain": {"x": [-2, 2], "y": [-2, 2]},
            "starts": {"design": "uniform", "count": 100, "seed": 1},
            "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.1}},
        }
    )
    ((name, where),) = find(study, [tables()], certify(study.objective, study.arena)).proof.falls
    assert name == "x"
    assert where == pytest.approx(-0.5, abs=1e-6)
