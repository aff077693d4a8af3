"""Descents that will not rest: the endings `cycle` and `bounded`, and what a study makes of them."""

import math
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest

from multistart import Method, Objective, descend, named
from multistart.box import Box
from multistart.descents.recurrence import _left as moves_left
from multistart.descents.recurrence import keeps_its_range, periods
from multistart.dynamics import RuleMap, lyapunov
from multistart.study import load_study, storage
from tests.plain_kernel import plainly
from tests.small_studies import CONFIG, of_design
from tests.staged import compare, run, summary
from tests.test_dynamics import plain_orbit

WELL = named("double_well")
PEAKS = named("peaks")
ARENA = Box({"x": (-9, 9), "y": (-9, 9)})
STARTS = np.random.default_rng(3).uniform(-3, 3, (400, 2))


def of_well(rate: float, steps: int = 2000) -> tuple[list[str], list[int]]:
    """Endings and periods from three starts."""
    out = descend(WELL, Method(learning_rate=rate, max_steps=steps), np.array([[0.3], [0.9], [-0.7]]))
    return out.ending.tolist(), out.period.tolist()


@pytest.mark.parametrize(("rate", "period"), [(1.1, 2), (1.25, 4), (1.29, 8), (1.45315558364575432, 3)])
def test_cycles_have_their_period(rate: float, period: int) -> None:
    """Above the critical rate descents end in cycles of the period that a plain orbit has."""
    assert of_well(rate) == (["cycle"] * 3, [period] * 3)
    orbit = plain_orbit(rate, 0.3, 4000)[-100:]
    assert np.abs(orbit[period:] - orbit[:-period]).max() < 1e-9
    assert all(np.abs(orbit[q:] - orbit[:-q]).max() > 1e-3 for q in range(1, period))


@pytest.mark.parametrize("rate", [1.31, 1.5, 1.9])
def test_chaos_is_bounded(rate: float) -> None:
    """Chaos, which in doubles is periodic too, after millions of updates, has no period and is bounded."""
    assert of_well(rate) == (["bounded"] * 3, [0] * 3)


@pytest.mark.parametrize("rate", [1.0, 5**0.5 - 1])
def test_at_a_doubling_descents_stay_under_way(rate: float) -> None:
    """Where convergence is algebraic nothing is decided: step_limit, and no period."""
    assert of_well(rate, 5000) == (["step_limit"] * 3, [0] * 3)


@pytest.mark.parametrize(("momentum", "near"), [(0.5, 0.999), (0.5, 1 + 1e-6), (0.9, 0.999), (0.99, 0.9), (0.999, 0.9)])
def test_a_heavy_ball_that_comes_to_rest_is_not_bounded(momentum: float, near: float) -> None:
    """Just below its critical rate, and at it, a heavy ball is under way to a minimum after few steps or many, however
    much its neighbours part at first.
    """
    for steps in (30, 100, 1000):
        method = Method("heavy_ball", learning_rate=near * (1 + momentum), momentum=momentum, max_steps=steps)
        out = descend(WELL, method, np.linspace(0.99, 1.01, 5)[:, None], arena=Box({"x": (-5, 5)}))
        assert set(out.ending) <= {"step_limit", "converged", "left_arena"}
        assert (out.ending != "left_arena").any()


def test_chaos_of_a_heavy_ball_is_bounded() -> None:
    """Where the exponent of a heavy ball is positive its descents are bounded."""
    method = Method("heavy_ball", learning_rate=1.6, momentum=0.1, max_steps=1000)
    rule_map = RuleMap.of(WELL, method)
    exponent, error = lyapunov(rule_map, rule_map.orbit(rule_map.first(np.array([[0.3], [0.9]])), 1000)[-1], 4096)
    assert (exponent > 0.1 + 3 * error).all()
    assert descend(WELL, method, np.array([[0.3], [0.9]])).ending.tolist() == ["bounded"] * 2


def test_a_fall_through_poles_is_under_way() -> None:
    """On tan(x) each update falls, by any length beside a pole: neighbours part, but there is no attractor."""
    with plainly():
        out = descend(
            Objective.from_expression("tan(x)", ["x"]), Method(learning_rate=0.5), np.linspace(-3, 3, 11)[:, None]
        )
    assert set(out.ending) == {"step_limit"}


def ranges(orbit: list[float]) -> bool:
    """Whether an orbit of 512 updates or more keeps its range, in one coordinate and beside others of it."""
    x = np.array(orbit)[:, None, None]
    (alone,) = keeps_its_range(x)
    beside = keeps_its_range(np.concatenate([x, 0 * x + 3, 1e-250 * x], axis=2))
    assert beside[0] == alone
    return bool(alone)


def orbit_of(step: Callable[[float], float], x: float, updates: int = 512) -> list[float]:
    """The next points of a map of one number."""
    return list(accumulate(range(updates), lambda x, _: step(x), initial=x))[1:]


def test_what_ranges_ever_wider_keeps_no_range() -> None:
    """What drifts, wanders from well to well, is thrown by a pole, or comes to rest after all keeps no range; chaos of
    one band, of two and of two wells in turn does.
    """
    for x in np.linspace(0.1, 0.9, 9):
        assert not ranges(orbit_of(lambda x: x - 0.01 + 0.001 * math.sin(x), x)), "drifts"
        assert not ranges(orbit_of(lambda x: x + 7 * math.sin(x), x)), "diffuses (cos(x) at rate 7)"
        assert not ranges(orbit_of(lambda x: x - 0.2 / x, x)), "is thrown (log(x**2) at rate 0.1)"
        assert not ranges(orbit_of(lambda x: 0.8 * x - 0.2 / x**3, x)), "is thrown (x**2 - 1/x**2 at rate 0.1)"
        assert not ranges(orbit_of(lambda x: 0.97 * x, x)), "comes to rest"
        for rate, updates in ((1.31, 512), (1.5, 512), (1.6, 8192), (1.9, 512)):
            assert ranges(plain_orbit(rate, x, 1000 + updates)[-updates:].tolist()), rate
    assert not ranges([*orbit_of(lambda x: 3.9 * x * (1 - x), 0.3)[:-1], math.nan]), "leaves"


def test_flicker_is_at_rest_and_no_cycle() -> None:
    """With the tolerance 0 descents at a minimum flicker in last bits: none of them ends in a cycle."""
    points = np.array([0.228, -1.6]) + np.random.default_rng(0).uniform(-0.3, 0.3, (200, 2))
    out, later = (
        descend(PEAKS, Method(learning_rate=0.06, max_steps=steps, gradient_tolerance=0), points)
        for steps in (3000, 3001)
    )
    assert (out.end != later.end).any(), "no row flickers"
    assert set(out.ending) <= {"stationary", "step_limit"}


def test_a_flat_tail_is_under_way() -> None:
    """On the outskirts of peaks descents creep, whatever the rate: they are under way."""
    far = np.array([[-3.0, 3.0], [3.0, 3.0], [3.0, -3.0]])
    for rate in (0.01, 0.08, 0.2):
        out = descend(PEAKS, Method(learning_rate=rate), far, arena=ARENA)
        assert out.ending.tolist() == ["step_limit"] * 3


def test_what_swings_in_on_its_way_is_no_cycle() -> None:
    """Just below its critical rate a minimum is approached from side to side for very long: under way."""
    out = descend(PEAKS, Method(learning_rate=0.06626), STARTS, arena=ARENA)
    assert set(out.ending) == {"converged", "step_limit"}


def test_ends_are_those_of_the_limit() -> None:
    """Ends, steps and values of rows in cycles are those after max_steps: looking further moves nothing."""
    out = descend(PEAKS, Method(learning_rate=0.08, max_steps=500), STARTS, arena=ARENA)
    there = out.ending == "cycle"
    assert there.sum() > 50
    assert (out.steps[there] == 500).all()
    longer = descend(PEAKS, Method(learning_rate=0.08, max_steps=501), STARTS[there], arena=ARENA)
    after = out.end[there] - 0.08 * PEAKS.gradient(out.end[there])
    np.testing.assert_allclose(longer.end, after, atol=1e-13)
    assert (out.period[there] == 2).all()
    assert (out.period[~there] == 0).all()


@pytest.mark.parametrize(("rate", "ending"), [(1.25, "cycle"), (1.6, "bounded")])
def test_a_heavy_ball_alone_ends_as_among_others(rate: float, ending: str) -> None:
    """What a rule remembers is left as it was by the updates that judge a row, if there is one row or many."""
    method, starts = Method("heavy_ball", learning_rate=rate, momentum=0.1), np.linspace(0.1, 0.9, 9)[:, None]
    out = descend(WELL, method, starts)
    assert set(out.ending) == {ending}
    for i in range(9):
        alone = descend(WELL, method, starts[i : i + 1])
        assert (alone.ending[0], alone.period[0]) == (ending, out.period[i])


@pytest.mark.parametrize("rate", [0.08, 0.135])
def test_an_ending_depends_on_its_row_alone(rate: float) -> None:
    """A row by itself, in another order or on two threads gets the same ending and period."""
    method = Method(learning_rate=rate)
    out = descend(PEAKS, method, STARTS, arena=ARENA)
    assert len(set(out.ending)) >= 3
    again = descend(PEAKS, method, STARTS[::-1], arena=ARENA, threads=2)
    assert again.ending[::-1].tolist() == out.ending.tolist()
    for i in range(0, 400, 37):
        alone = descend(PEAKS, method, STARTS[i : i + 1], arena=ARENA)
        assert (alone.ending[0], alone.period[0]) == (out.ending[i], out.period[i])


def test_methods_that_are_no_map_keep_their_endings() -> None:
    """Under a rate that changes nothing is said to be in a cycle, though the same rate held constant would be."""
    changing, constant = Method(learning_rate={"formula": "1.1 + 0*t"}), Method(learning_rate=1.1)
    assert not changing.is_map
    assert constant.is_map
    starts = np.array([[0.3], [0.9], [-0.7]])
    assert set(descend(WELL, constant, starts).ending) == {"cycle"}
    with plainly():
        assert set(descend(WELL, changing, starts).ending) == {"step_limit"}
    assert not Method("armijo").is_map
    assert not Method("scipy", method="BFGS").is_map


# --- a study ---------------------------------------------------------------------------------------------------


METHODS = {
    "fast": {"optimizer": "gradient_descent", "learning_rate": 0.08, "max_steps": 600},
    "slow": {"optimizer": "gradient_descent", "learning_rate": 0.03, "max_steps": 600},
}
SMALL = CONFIG | {
    "starts": {"design": "jittered_grid", "per_axis": 30, "seed": 1},
    "certificate": {"max_boxes": 40},
}


@cache
def study_at(rate: float) -> Path:
    """The tables of a study of peaks at one rate."""
    methods = {"gd": METHODS["fast"] | {"learning_rate": rate}}
    return run(load_study(SMALL | {"methods": methods}), Path(mkdtemp()))


def test_a_study_says_which_cycle_starts_went_into() -> None:
    """At rate 0.08 peaks has a cycle of period 2 around minimum 0, and so says the summary, at its head too."""
    folder = study_at(0.08)
    said = summary(load_study(SMALL | {"methods": {"gd": METHODS["fast"]}}), folder)
    assert "went into a cycle of period 2 around minimum 0" in said.sentences[2]
    assert "went into a cycle of period 2 around minimum 0, which is proven to attract" in said.markdown
    assert "another method did" not in said.markdown


def test_cycles_are_attractors_after_the_minima() -> None:
    """The cycle is number 3, beside three minima of which none counts its starts; all counts add up."""
    folder = study_at(0.08)
    cycles, minima, shares, endings, rows = (
        storage.read_csv(folder / "cycles.csv"),
        storage.read_csv(folder / "minima.csv"),
        storage.read_csv(folder / "shares.csv").set_index("basin")["count"],
        storage.read_csv(folder / "endings.csv"),
        pd.read_parquet(folder / "outcomes.parquet"),
    )
    assert len(minima) == 3
    assert cycles["attractor"].tolist() == [3, 3]
    assert cycles[["kind", "period", "around", "proven"]].to_numpy().tolist() == [["cycle", 2, 0, True]] * 2
    assert cycles["multiplier"].tolist() == pytest.approx([0.3708144043804] * 2)
    assert (rows["basin"] == 3).sum() == shares[3] == endings.loc[endings["ending"] == "cycle", "count"].sum() > 0
    assert shares.sum() == 900
    assert shares[0] == 0
    ends = rows.loc[rows["basin"] == 3, ["end_x", "end_y"]].to_numpy()
    places = cycles[["x", "y"]].to_numpy()
    assert np.abs(ends[:, None] - places).max(axis=2).min(axis=1).max() < 6e-6


def test_what_counts_minima_leaves_cycles_out() -> None:
    """Minima found, starts without a minimum and the share of the lowest know of no cycle, whose share has a row."""
    folder = study_at(0.08)
    estimates = storage.read_csv(folder / "estimates.csv").set_index("quantity")["value"]
    shares = storage.read_csv(folder / "shares.csv").set_index("basin")
    assert estimates["minima_found"] == 2
    assert estimates["starts_without_minimum"] == shares.loc[[3, -1], "count"].sum()
    assert estimates["probability_of_global_basin"] == 0
    assert estimates["share_in_cycles"] == shares.loc[3, "share"]
    assert "share_bounded" not in estimates
    basins = storage.read_csv(folder / "basins.csv")
    assert basins["count"].tolist() == shares.loc[[0, 1, 2], "count"].tolist()


def test_pictures_and_words_count_cycles_as_no_minimum() -> None:
    """The tally that pictures and summary read has cycles by their ending, and as many starts."""
    tally = storage.read_tally(study_at(0.135) / "tally.parquet")
    seen = tally.at_minima()
    assert tally.endings["basin"].max() >= 3
    assert seen.endings["basin"].max() < 3
    assert seen.starts == tally.starts == 900
    assert {"cycle", "bounded"} <= set(seen.endings.loc[seen.endings["basin"] == -1, "ending"])
    assert seen.map["count"].sum() == 900
    assert {-9, -10} <= set(seen.map["code"])
    assert seen.map["code"].max() < 3


def test_cycles_of_a_rule_that_remembers_have_their_starts(tmp_path: Path) -> None:
    """In a study, too, every start of a heavy ball that goes round a cycle is counted at it."""
    config = {
        "study": "s",
        "objective": {"name": "double_well"},
        "domain": {"x": [-1.2, 1.2]},
        "arena": {"widen": 3.0},
        "starts": {"design": "jittered_grid", "per_axis": 200, "seed": 1},
        "methods": {"hb": {"optimizer": "heavy_ball", "learning_rate": 2.0272727, "momentum": 0.9, "max_steps": 3000}},
    }
    rows = pd.read_parquet(run(load_study(config), tmp_path) / "outcomes.parquet")
    in_cycles = rows["ending"] == "cycle"
    assert in_cycles.sum() > 5
    assert (rows.loc[in_cycles, "basin"] >= 0).all()


def test_chaos_has_its_exponent() -> None:
    """At rate 0.135 peaks has chaos around minimum 0 and cycles around the others, and the summary names them."""
    cycles = storage.read_csv(study_at(0.135) / "cycles.csv").drop_duplicates("attractor")
    assert cycles["kind"].tolist() == ["cycle", "cycle", "chaotic"]
    assert cycles["around"].tolist() == [1, 2, 0]
    chaos = cycles.iloc[2]
    assert chaos["exponent"] > 3 * chaos["exponent_error"] > 0
    said = summary(load_study(SMALL | {"methods": {"gd": METHODS["fast"] | {"learning_rate": 0.135}}}), study_at(0.135))
    assert "went into chaos around minimum 0 (Lyapunov exponent" in said.markdown
    assert "went into a cycle of period 2 around minimum 2, which is proven to attract" in said.markdown


def test_a_pair_takes_cycles_for_no_minimum(tmp_path: Path) -> None:
    """Beside a slower method, the starts in the cycle change from no minimum to minimum 0, none from a number 3."""
    study = load_study(SMALL | {"methods": METHODS})
    folder = compare(study, run(study, tmp_path))
    changes = storage.read_csv(folder / "slow/changes.csv")
    assert changes["from"].max() <= 2
    moved = changes[(changes["from"] == -1) & (changes["to"] == 0)]["count"].sum()
    assert moved > 100


def test_a_study_at_rest_has_an_empty_table() -> None:
    """Where all rests or is under way, cycles.csv has its columns and no row."""
    cycles = storage.read_csv(of_design("jittered_grid") / "cycles.csv")
    assert len(cycles) == 0
    assert cycles.columns[0] == "attractor"


@pytest.mark.parametrize("d", [1, 2, 20])
def test_moves_are_summed_alike_for_one_orbit_and_for_many(d: int) -> None:
    """How far an orbit is from its cycle is the same number, bit for bit, whatever orbits are asked with it."""
    first, second = np.random.default_rng(d).normal(size=(2, 40, 50, d))
    together = moves_left(first, second, np.ones(50))
    assert [
        moves_left(first[:, i : i + 1], second[:, i : i + 1], np.ones(1))[0] for i in range(50)
    ] == together.tolist()


@pytest.mark.parametrize("q", [1, 2, 65, 512, 1000, 1023, 1024, 1025, 2048])
def test_periods_are_found_up_to_1024(q: int) -> None:
    """A turn by 1/q of a circle comes back after q updates, at any phase; beyond 1024 no period is looked for."""

    def follow(rows: np.ndarray, updates: int) -> np.ndarray:
        at = (rows[:, 2] + np.arange(updates + 1)[:, None]) % q
        angle = 2 * np.pi * at / q
        return np.stack([3 + np.cos(angle), np.sin(angle), at], axis=2)

    found = periods(follow, follow(np.array([[0, 0, 0.0], [0, 0, 7.0]]), 0)[0], 2)
    assert found.tolist() == [q if q <= 1024 else 0] * 2


def test_a_study_of_which_no_descent_ends_has_no_cycle(tmp_path: Path) -> None:
    """One step brings no start of it to rest: the files of ends have no row, and neither has the table of cycles."""
    method = CONFIG["methods"]["gd"] | {"max_steps": 1, "learning_rate": 1e-6}
    folder = run(load_study(CONFIG | {"methods": {"gd": method}}), tmp_path, together=True)
    assert storage.read_csv(folder / "cycles.csv").empty
