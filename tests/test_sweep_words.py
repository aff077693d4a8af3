"""What is said of a sweep, against tables whose truth is known."""

import pandas as pd
import pytest

from multistart.events import EVENTS
from multistart.study import load_study
from multistart.study.event_words import lines
from multistart.study.sweep_plan import Sweep
from multistart.study.sweep_words import TIME, SweepTables, best_value, headlines, paragraphs, sections

CHAOS = "chaos: doublings accumulate here (an estimate, by Feigenbaum's ratio)"


def events(*rows):
    return pd.DataFrame(rows, columns=["attractor", "event", "low", "high", "proven", "note"])


def swept(values, **changes):
    return load_study(
        {
            "study": "words",
            "objective": {"name": "peaks"},
            "starts": {"design": "uniform", "count": 20, "seed": 1},
            "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01}},
            "sweep": {"methods.gd.learning_rate": values},
        }
        | changes
    )


def costs(values, times):
    """The rows of the lowest minimum, at values, with its time and the interval of that."""
    rows = [(value, 0, "minimum", True, 5, *time) for value, time in zip(values, times, strict=True)]
    return pd.DataFrame(
        rows, columns=["learning_rate", "attractor", "kind", "lowest", "count", TIME, f"{TIME}_low", f"{TIME}_high"]
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((1, "fold", 0.25, 0.25, True, "meets a saddle and vanishes"),
         "At a = 0.25 (proven) minimum 1 meets a saddle and vanishes."),
        ((1, "fold", 0.25, 0.25, False, "from here on there is a stable cycle of period 2"),
         "At a = 0.25, around minimum 1: from here on there is a stable cycle of period 2."),
        ((1, "fold", 0.25, 0.25, False, "the end of the stable cycle of period 4"),
         "At a = 0.25, around minimum 1: the end of the stable cycle of period 4."),
        ((0, "doubling", 0.25, 0.25, False, "period 2 to 4, subcritical: an unstable one ends"),
         "At a = 0.25, around minimum 0: period 2 to 4, subcritical, an unstable one ends."),
        ((0, "doubling", 0.25, 0.25, True, "loses stability"), "At a = 0.25 (proven) minimum 0 loses stability."),
        ((0, "born", 0.2501, 0.2502, False, CHAOS),
         "At a = 0.25, around minimum 0: chaos, doublings accumulate here (an estimate, by Feigenbaum's ratio)."),
        ((1, "born", 0.1, 0.2, False, "is found from here on; how it begins is not known"),
         "Between a = 0.1 and 0.2 minimum 1 is found from here on; how it begins is not known."),
        ((1, "left", 0.1, 0.1, True, "goes out of the box through x = 2"),
         "At a = 0.1 (proven) minimum 1 goes out of the box through x = 2."),
        ((1, "crossing", -8e-29, 4e-29, True, "lower than minimum 0 from here on"),
         "At a = 0 (proven) minimum 1 is lower than minimum 0 from here on."),
        ((1, "matched", 0.1, 0.2, False, "taken for the same minimum without proof: two are near"),
         "Between a = 0.1 and 0.2 minimum 1 is taken for the same minimum without proof: two are near."),
        ((0, "merged", 0.5, 0.5, True, "with minimum 1 into minimum 2"),
         "At a = 0.5 (proven) minimum 0 merges with minimum 1 into minimum 2."),
        ((0, "merged", 1.59807185, 1.59807461, False, "merges with that of minimum 1; none did"),
         "Between a = 1.598072 and 1.598075 the attractor of minimum 0 merges with that of minimum 1; none did."),
        ((0, "merged", 0.386211553, 0.386211555, False, "merges with that of minimum 1; none did"),
         "Near a = 0.386212 the attractor of minimum 0 merges with that of minimum 1; none did."),
        ((1, "crisis", 0.1, 0.2, False, "goes over to the attractor of minimum 0"),
         "Between a = 0.1 and 0.2 the attractor of minimum 1 is lost: what was in it goes over to the attractor of "
         "minimum 0."),
        ((4, "crisis", 0.1, 0.2, False, "loses its starts: 9 go over to attractor 5"),
         "Between a = 0.1 and 0.2 attractor 4 loses its starts: 9 go over to attractor 5."),
        ((-1, "crisis", 0.1, 0.2, False, "the attractor of minima 0 and 1 leaves the arena; none did before"),
         "Between a = 0.1 and 0.2 the attractor of minima 0 and 1 leaves the arena; none did before."),
    ],
)  # fmt: skip
def test_an_event_is_a_sentence(row, said):
    """What happens stands in one sentence: where, whether proven, to what; nothing is said to be gone that is not."""
    assert lines("a", events(row), {0, 1, 2}, 1.0) == [said]


def test_every_event_has_words():
    """Each kind of event is said, also one without a note."""
    for event in EVENTS:
        (line,) = lines("a", events((0, event, 0.1, 0.1, False, None)), {0}, 1.0)
        assert line.startswith("At a = 0.1 ")
        assert "minimum 0 " in line


def test_windows_of_a_chaos_are_one_line():
    """All windows of one chaos are one line, with both ends where the sweep has both."""
    said = [("doubling", 0.1, 3), ("born", 0.2, 5), ("doubling", 0.3, 5), ("born", 0.4, 4)]
    rows = [(0, event, at, at, False, f"a window of period {q}: and so on") for event, at, q in said]
    assert lines("a", events(*rows), {0}, 1.0) == [
        "In the chaos around minimum 0 there are windows in which a cycle is stable: a = up to 0.1 (period 3), 0.2 to "
        "0.3 (period 5) and from 0.4 on (period 4)."
    ]


def test_doublings_that_follow_are_one_line():
    """A cascade is one line from where the sweep meets it; minima to which the same happens are one line; what is
    subcritical stands alone.
    """
    rows = [(k, "doubling", 0.5, 0.5, False, "period 2 to 4") for k in (0, 1)]
    rows += [(k, "doubling", 0.6, 0.6, False, "period 4 to 8") for k in (0, 1)]
    rows += [(0, "doubling", 0.7, 0.7, False, "period 8 to 16, subcritical")]
    first, second = lines("a", events(*rows), {0, 1}, 1.0)
    assert first == (
        "At a = 0.5 the cycle of period 2 around each of minima 0 and 1 gives way to a cycle of period 4, whose period "
        "doubles at 0.6."
    )
    assert second == "At a = 0.7, around minimum 0: period 8 to 16, subcritical."


def test_values_between_that_are_no_better_are_not_said_to_be():
    """As good may be the values whose intervals reach the best one's; where others lie between, they are counted."""
    values = [0.01, 0.02, 0.03, 0.04]
    sweep = Sweep(swept(values))
    together = costs(values, [(99, 90, 110), (50, 40, 60), (55, 45, 65), (99, 90, 110)])
    said = " ".join(best_value(sweep, together, "step", "it"))
    assert "soonest at learning_rate = 0.02**: 50 (40 to 60) steps" in said
    assert "values from 0.02 to 0.03 may be as good" in said
    assert "of the sweep" not in said
    apart = costs(values, [(50, 40, 60), (99, 90, 110), (55, 45, 65), (99, 90, 110)])
    said = " ".join(best_value(sweep, apart, "step", "it"))
    assert "2 of the values from 0.01 to 0.03 may be as good" in said
    assert "It is the smallest value of the sweep" in said


def test_a_minimum_that_descents_are_slow_to_is_not_said_to_be_lost():
    """Where no event is known, what is said is at which values starts reach a minimum, and why they may not."""
    study = swept([0.01, 0.02])
    table = costs([0.01, 0.02, 0.01, 0.02], [(50, 40, 60)] * 4).assign(attractor=[0, 0, 1, 1], count=[5, 5, 0, 5])
    table["lowest"] = table["attractor"] == 0
    names = ["learning_rate_from", "learning_rate_to", "difference", "low_all", "high_all"]
    changes = pd.DataFrame([(0.01, 0.02, 0.0, -0.1, 0.1)], columns=names)
    asked, _, reached, changed = paragraphs(study, SweepTables("gd", table, events(), changes))
    assert asked.startswith("`methods.gd.learning_rate` took the values 0.01 and 0.02, each from the same 20 starts.")
    assert reached.startswith("Starts reach minimum 1 only at learning_rate = 0.02. At the other values")
    assert changed.startswith("Between no two neighbouring values")


def test_what_happens_to_minima_is_said_once():
    """Of several methods on a function that changes, the first says what happens to minima, the others what is theirs
    alone; the head of the summary has a line for each.
    """
    study = swept(
        [0.1, 0.2],
        objective={"expression": "(x**2 - 1)**2/4 + a*x", "variables": ["x"], "parameters": {"a": 0.1}},
        domain={"x": [-2, 2]},
        methods={name: {"optimizer": "gradient_descent", "learning_rate": rate} for name, rate in WELLS.items()},
        sweep={"objective.parameters.a": [0.1, 0.2]},
    )
    fold = (1, "fold", 0.15, 0.15, True, "meets a maximum and vanishes")
    left = (0, "left", 0.1, 0.2, False, "loses its starts: 9 leave the arena")
    table = costs([0.1, 0.2, 0.1], [(50, 40, 60)] * 3).rename(columns={"learning_rate": "a"})
    table["attractor"] = [0, 0, 1]
    names = ["a_from", "a_to", "difference", "low_all", "high_all"]
    changes = pd.DataFrame([(0.1, 0.2, 0.0, -0.1, 0.1)], columns=names)
    tables = [SweepTables("one", table, events(fold), changes), SweepTables("two", table, events(fold, left), changes)]
    (_, first), (_, second) = sections(study, tables)
    assert "minimum 1 meets a maximum and vanishes" in first[1]
    assert "meets a maximum" not in second[1]
    assert "minimum 0 loses its starts: 9 leave the arena" in second[1]
    assert second[1].endswith("What happens to minima is said under one.")
    assert [line.partition(":")[0] for line in headlines(study, tables)] == ["`one`", "`two`"]


WELLS = {"one": 0.1, "two": 0.2}
