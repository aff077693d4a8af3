"""Rules as maps: their Jacobians, periods, cycles, exponents and proofs, against closed forms and plain orbits.

The double well f = (x² - 1)²/4 has a cubic map, whose cycles are known in closed form; the rates at which those of
peaks double were measured to 1e-11 by another program.
"""

import math
from unittest import mock

import numpy as np
import pytest

from multistart import Box, Method, Objective, descend, named, trace
from multistart.descents.outcomes import BOUNDED, CYCLE, STEP_LIMIT
from multistart.descents.recurrence import LEAST
from multistart.dynamics import (
    RuleMap,
    find_attractors,
    is_proven,
    lyapunov,
    periods,
    polished,
    which_attractor,
)
from multistart.errors import InputError
from multistart.kernels import compile_evaluation
from multistart.methods import RULES
from multistart.minima import Minima
from tests.plain_kernel import plainly

DOUBLE_WELL = Objective.from_expression("(x**2 - 1)**2 / 4", ["x"])
PEAKS = named("peaks")
#: Rates at which minima of peaks go over to cycles of 2, and these to cycles of 4, 8 and 16.
DOUBLINGS = {
    (0.22827892, -1.62553496): (0.0662641909819, 0.087097654226, 0.092289145944, 0.093367623543),
    (-1.34739625, 0.20451886): (0.1284403579938, 0.163874543945, 0.172227305346, 0.174001369469),
    (0.29644557, 0.32019606): (0.1265965647558, 0.158774200398, 0.165583724607, 0.166988141841),
}
#: Rules whose updates have no kink, nor, as that of adadelta, a root of nearly 0.
SMOOTH = [
    name for name in RULES if name not in ("radam", "rprop", "sign", "signum", "lion", "amsgrad", "adamax", "adadelta")
]


def well(rate: float) -> RuleMap:
    """Gradient descent on the double well."""
    return RuleMap.of(DOUBLE_WELL, Method(learning_rate=rate))


def after(rule_map: RuleMap, points: np.ndarray, updates: int) -> np.ndarray:
    """The rows of descents from points after some updates."""
    rows = rule_map.first(points)
    for _ in range(updates):
        rows = rule_map.step(rows)
    return rows


def plain_orbit(rate: float, x: float, updates: int) -> np.ndarray:
    """The double well's orbit in plain Python."""
    found = [x]
    for _ in range(updates):
        found.append(found[-1] - rate * (found[-1] ** 2 - 1) * found[-1])
    return np.array(found)


@pytest.mark.parametrize(
    ("rate", "points", "multiplier", "exponent"),
    [
        (1.1, (0.81455162687454097512, 1.1160629714523045978), 0.18, -0.857399214045964),
        (1.2, (0.73129020146155383821, 1.1395384919254168546), -0.68, -0.192831240405992),
    ],
)
def test_cycles_of_the_double_well(rate: float, points: tuple, multiplier: float, exponent: float) -> None:
    """Above rate 1 the minimum gives way to the cycle of 2 in closed form, with its multiplier 9 - 2 (1 + rate)²."""
    rows = after(well(rate), np.array([[0.3]]), 1000)
    assert periods(well(rate), rows) == 2
    cycle = polished(well(rate), rows[0], 2)
    np.testing.assert_allclose(cycle.points.ravel(), points, rtol=1e-14)
    assert cycle.multipliers[0] == pytest.approx(multiplier, abs=1e-12)
    assert cycle.multiplier == pytest.approx(abs(9 - 2 * (1 + rate) ** 2), abs=1e-12)
    assert cycle.exponent == pytest.approx(exponent, abs=1e-12)
    orbit = plain_orbit(rate, 0.3, 2001)
    np.testing.assert_allclose(np.sort(orbit[-2:]), points, rtol=1e-12)


@pytest.mark.parametrize(("rate", "period"), [(1.12132034355964257, 2), (1.45315558364575432, 3)])
def test_superstable_cycles(rate: float, period: int) -> None:
    """Where a cycle has the multiplier 0 it is found so, and its exponent is far below 0."""
    rows = after(well(rate), np.array([[0.3]]), 1000)
    assert periods(well(rate), rows) == period
    cycle = polished(well(rate), rows[0], period)
    assert cycle.multiplier < 1e-12
    assert cycle.exponent < -8


@pytest.mark.parametrize(
    ("rate", "period"),
    [(math.sqrt(5) - 1, 2), (1.288031754482842762, 4), (1.2992279396502040942, 8), (1.3016289140370811952, 16)],
)
def test_the_cascade_of_the_double_well(rate: float, period: int) -> None:
    """At each doubling the cycle's multiplier is -1; before it that cycle is found, after it one twice as long."""
    before, beyond = rate * (1 - 1e-3 / period), rate * (1 + 1e-3 / period)
    first, second = after(well(rate).at(learning_rate=np.array([before, beyond])), np.array([[0.3], [0.3]]), 10_000)
    assert periods(well(before), first[None]) == period
    assert polished(well(rate), first, period).multipliers[0] == pytest.approx(-1, abs=1e-9)
    assert periods(well(beyond), second[None]) == 2 * period


@pytest.mark.parametrize("minimum", DOUBLINGS)
def test_the_cascades_of_peaks(minimum: tuple) -> None:
    """At the measured rates, to eight digits, the multiplier of the minimum and of its cycles of 2, 4 and 8 is -1."""
    place = np.array([minimum]) + 0.01
    for period, rate in zip((1, 2, 4, 8), DOUBLINGS[minimum], strict=True):
        before, there = (RuleMap.of(PEAKS, Method(learning_rate=r)) for r in (rate * (1 - 1e-4), rate))
        cycle = polished(there, after(before, place, 2000)[0], period)
        assert cycle.multipliers[0] == pytest.approx(-1, abs=1e-7)
        slope = (polished(there.at(learning_rate=rate * (1 + 1e-6)), cycle.rows[0], period).multipliers[0] + 1).real
        assert abs((cycle.multipliers[0] + 1).real / slope) * 1e-6 < 1e-8  # of the rate


def test_exponent_at_rate_2() -> None:
    """At rate 2 the double well's map is conjugate to the tent of slope 3: the exponent is ln 3, within its error."""
    exponent, error = lyapunov(well(2.0), well(2.0).first(np.array([[0.3]])), 2**13)
    assert (np.abs(exponent - math.log(3)) < 4 * error).all()
    assert (error < 3e-3).all()


def test_exponent_of_a_cycle() -> None:
    """Followed along its orbit, the exponent of a stable cycle is that of its multipliers."""
    exponent, error = lyapunov(well(1.1), after(well(1.1), np.array([[0.3]]), 500), 1024)
    assert exponent == pytest.approx(-0.857399214045964, abs=1e-9)
    assert error < 1e-9


def test_orbits_are_those_of_the_kernel() -> None:
    """The map takes a descent where the compiled kernel takes it, with its memory too, bit for bit; NumPy nearly."""
    for objective, rule, start in ((PEAKS, "gradient_descent", [0.4, 1.1]), (DOUBLE_WELL, "heavy_ball", [0.4])):
        method, d = Method(rule, learning_rate=0.01, max_steps=50), len(start)
        rule_map = RuleMap.of(objective, method)
        rows = rule_map.orbit(rule_map.first(np.array([start])), 50)[:, 0]
        np.testing.assert_array_equal(rows[:, :d], trace(objective, method, np.array(start)))
        np.testing.assert_allclose(rule_map.step(rows[:-1]), rows[1:], rtol=1e-11, atol=1e-12)


def test_a_floor_has_no_slope() -> None:
    """Of what a rule rounds down the Jacobian has nothing, as differences have, between two whole numbers."""
    rule = {"state": {"v": 0}, "update": ["v = v/2 + g", "x = x - lr*(g + floor(3*v + 0.7))"]}
    update, step = RuleMap.of(DOUBLE_WELL, Method(rule=rule, learning_rate=0.1)), 1e-6
    rows = np.array([[0.4, 0.3], [1.3, -0.8]])
    _, jacobian = update.derivative(rows)
    sides = [(update.step(rows - step * unit), update.step(rows + step * unit)) for unit in np.eye(2)]
    differences = np.stack([(right - left) / (2 * step) for left, right in sides], axis=2)
    np.testing.assert_allclose(jacobian, differences, rtol=1e-4, atol=1e-6)


def test_derivatives_compile_no_update() -> None:
    """Where only derivatives are asked for, as along families of cycles, no kernel of the method is compiled."""
    with mock.patch("multistart.dynamics.map.compile_kernel", side_effect=InputError("asked for")):
        rule_map = well(1.1)
        rule_map.power(rule_map.step(rule_map.first(np.array([[0.3]]))), 2)
        with pytest.raises(InputError, match="asked for"):
            rule_map.orbit(rule_map.first(np.array([[0.3]])), 2)


@pytest.mark.parametrize("rule", SMOOTH)
def test_jacobian(rule: str) -> None:
    """The Jacobian of every smooth rule is that of differences of the map, in point and state."""
    method = Method(rule, learning_rate=0.02) if "learning_rate" in numbers(rule) else Method(rule)
    rule_map = RuleMap.of(PEAKS, method)
    rows = after(rule_map, np.array([[0.3, 1.2], [-1.0, 0.2]]), 4)
    image, jacobian = rule_map.derivative(rows)
    np.testing.assert_array_equal(image, rule_map.step(rows))
    step = 1e-6
    sides = [(rule_map.step(rows + step * e), rule_map.step(rows - step * e)) for e in np.eye(rule_map.words)]
    differences = np.stack([(right - left) / (2 * step) for right, left in sides], axis=2)
    np.testing.assert_allclose(jacobian, differences, rtol=1e-4, atol=1e-6)


def numbers(rule: str) -> list[str]:
    """The names of a rule's hyperparameters."""
    return [h.name for h in RULES[rule].hyperparameters]


def test_rows_with_rates_of_their_own() -> None:
    """With a rate for each row, rows are those of maps with one rate each, bit for bit."""
    rates = np.array([1.1, 1.2])
    together = well(1.0).at(learning_rate=rates).orbit(np.array([[0.3], [0.4]]), 20)
    apart = [well(rate).orbit(np.array([[x]]), 20)[:, 0] for rate, x in zip(rates, (0.3, 0.4), strict=True)]
    np.testing.assert_array_equal(together, np.stack(apart, axis=1))
    with pytest.raises(InputError, match="has no number momentum; it has learning_rate"):
        well(1.0).at(momentum=0.5)


def test_what_is_no_map() -> None:
    """A rate that changes, a search and an outside optimiser make no map, and say so."""
    for method in (Method(learning_rate={"formula": "0.1/(1 + t)"}), Method("armijo"), Method("scipy", method="BFGS")):
        with pytest.raises(InputError, match="no map of point and state"):
            RuleMap.of(PEAKS, method)


# --- traps -----------------------------------------------------------------------------------------------------


def test_flicker_is_no_cycle() -> None:
    """A descent at rest flickers in its last bits, which come back exactly after 2 updates or more: it is at rest."""
    rule_map = RuleMap.of(PEAKS, Method(learning_rate=0.06))
    rows = after(rule_map, np.random.default_rng(0).uniform(-1, 1, (200, 2)) * 0.3 + [0.228, -1.6], 3000)
    orbit = rule_map.orbit(rows, 8)
    flickers = (orbit[0] != orbit[1]).any(axis=1)
    comes_back = np.stack([(orbit[q] == orbit[0]).all(axis=1) for q in (2, 4, 6, 8)]).any(axis=0)
    assert (flickers & comes_back).any(), "no row shows what this test is about"
    assert (periods(rule_map, rows) <= 1).all()


@pytest.mark.parametrize("rate", [1.0, math.sqrt(5) - 1])
def test_at_a_doubling_nothing_is_decided(rate: float) -> None:
    """At a doubling convergence is algebraic: after 5000 updates there is neither a cycle nor rest."""
    assert periods(well(rate), after(well(rate), np.array([[0.3], [0.9]]), 5000)).tolist() == [0, 0]


@pytest.mark.parametrize("near", [-1e-3, -1e-5, 1e-6])
def test_beside_a_doubling_no_longer_period_is_seen(near: float) -> None:
    """Beside the doubling of 2 to 4, in any number of updates, a cycle of 4 is never seen where there is one of 2."""
    rule_map = well((math.sqrt(5) - 1) * (1 + near))
    orbit = rule_map.orbit(rule_map.first(np.array([[0.3], [0.9]])), 5000)
    for updates in (100, 1000, 5000):
        assert set(periods(rule_map, orbit[updates]).tolist()) <= ({0, 2} if near < 0 else {0, 4})


def test_chaos_has_no_period() -> None:
    """At rate 1.31 orbits come back in doubles only after millions of updates: no period, and a positive exponent."""
    rows = after(well(1.31), np.array([[0.3], [0.9]]), 2000)
    assert periods(well(1.31), rows).tolist() == [0, 0]
    exponent, error = lyapunov(well(1.31), rows, 2**12)
    assert (exponent > 3 * error).all()


def test_a_flat_tail_is_not_at_rest() -> None:
    """A descent that creeps on a flat tail has no period, however small its steps."""
    rule_map = RuleMap.of(PEAKS, Method(learning_rate=0.01))
    rows = after(rule_map, np.array([[-3.0, 3.0], [3.0, -3.0]]), 1000)
    steps = np.abs(rule_map.step(rows) - rows).max(axis=1)
    assert (steps < 1e-3 * LEAST * 1e6).all()
    assert periods(rule_map, rows).tolist() == [0, 0]


# --- proofs ----------------------------------------------------------------------------------------------------


def test_stable_cycles_are_proven_and_others_are_not() -> None:
    """The cycle of 2 at rate 1.2 and one of 16 are proven; the same beyond its doubling is not, nor a false one."""
    cycle = polished(well(1.2), after(well(1.2), np.array([[0.3]]), 1000)[0], 2)
    assert is_proven(well(1.2), cycle)
    assert not is_proven(well(1.25), cycle), "a cycle of another map"
    unstable = polished(well(1.25), cycle.rows[0], 2)
    assert not unstable.stable
    assert not is_proven(well(1.25), unstable)
    long = polished(well(1.2999), after(well(1.2999), np.array([[0.3]]), 20_000)[0], 16)
    assert is_proven(well(1.2999), long)


def test_a_proof_sees_the_least_period() -> None:
    """Twice the cycle of 2 is a zero of F⁴(z) - z, too, but no cycle of 4."""
    cycle = polished(well(1.2), after(well(1.2), np.array([[0.3]]), 1000)[0], 2)
    doubled = type(cycle)(np.vstack([cycle.rows, cycle.rows]), 1, cycle.multipliers**2)
    assert not is_proven(well(1.2), doubled)
    assert polished(well(1.2), cycle.rows[0], 4) is None


def test_a_cycle_of_a_rule_that_remembers_is_proven() -> None:
    """Of the heavy ball a cycle lives in point and momentum: its points satisfy the recurrence, and it is proven."""
    rule_map = RuleMap.of(DOUBLE_WELL, Method("heavy_ball", learning_rate=1.35, momentum=0.2))
    rows = after(rule_map, np.array([[0.9]]), 3000)
    (period,) = periods(rule_map, rows)
    assert period == 2
    cycle = polished(rule_map, rows[0], 2)
    x, y = cycle.points.ravel()
    assert y == pytest.approx(x - 1.35 * (x**2 - 1) * x + 0.2 * (x - y), abs=1e-13)
    assert is_proven(rule_map, cycle)


# --- attractors ------------------------------------------------------------------------------------------------


def minima_of_peaks() -> Minima:
    """The three minima of peaks, by their places."""
    return Minima.at(PEAKS.evaluated_by(compile_evaluation(PEAKS).evaluate), np.array(list(DOUBLINGS)), PEAKS.domain)


def test_attractors_of_peaks() -> None:
    """At rate 0.135 peaks has chaos around minimum 0 and cycles of 2 around the others; ends are told to their own."""
    method = Method(learning_rate=0.135)
    rule_map = RuleMap.of(PEAKS, method)
    ends = after(rule_map, np.random.default_rng(1).uniform(-1.5, 1.5, (200, 2)), 2000)
    period = periods(rule_map, ends)
    code = np.select([period > 1, period == 0], [CYCLE, BOUNDED], STEP_LIMIT).astype(np.int8)
    code[np.abs(rule_map.step(ends) - ends).max(axis=1) < 1e-3] = STEP_LIMIT  # on a flat tail
    code[period > 1] = CYCLE
    found = find_attractors(PEAKS, method, ends, code, minima_of_peaks(), PEAKS.domain)
    assert [(a.kind, a.period, a.around) for a in found] == [("cycle", 2, 1), ("cycle", 2, 2), ("chaotic", 0, 0)]
    assert [a.proven for a in found] == [True, True, False]
    assert found[2].exponent > 0.2
    which = which_attractor(PEAKS, method, ends, code, found, PEAKS.domain)
    assert (which[code == STEP_LIMIT] == -1).all()
    nearest = np.abs(ends[:, None] - np.array(list(DOUBLINGS))).max(axis=2).argmin(axis=1)
    for number, minimum in ((0, 1), (1, 2)):
        assert (nearest[which == number] == minimum).all()
        assert (which == number).sum() > 5
    assert ((which == -1) & (code == BOUNDED)).mean() < 0.05
    alone = [which_attractor(PEAKS, method, ends[i : i + 1], code[i : i + 1], found, PEAKS.domain)[0] for i in range(9)]
    assert alone == which[:9].tolist()


def plain_heavy_ball(rate: float, momentum: float, x: float, updates: int) -> list[float]:
    """The double well's orbit under the heavy ball in plain Python."""
    found = [x, x - rate * (x**2 - 1) * x]
    for _ in range(updates - 1):
        before, x = found[-2:]
        found.append(x - rate * (x**2 - 1) * x + momentum * (x - before))
    return found


@pytest.mark.parametrize(
    ("rate", "momentum", "kind", "anew"), [(2.0272727, 0.9, "cycle", 0), (1.7454545, 0.5, "chaotic", 2)]
)
def test_what_a_rule_remembers_leads_to_where_it_went(rate: float, momentum: float, kind: str, anew: int) -> None:
    """A descent of a heavy ball that is in a cycle has its attractor, of those that are bounded nearly all have: where
    its own plain orbit goes; started anew at their ends, with no momentum, those in cycles would have gone elsewhere.
    """
    method, box = Method("heavy_ball", learning_rate=rate, momentum=momentum, max_steps=3000), Box({"x": (-1.2, 1.2)})
    arena, minima = Box({"x": (-9, 9)}), Minima.at(DOUBLE_WELL, np.array([[-1.0], [1.0]]), box)
    out = descend(DOUBLE_WELL, method, np.linspace(-1.2, 1.2, 200)[:, None], arena=arena)
    moving = np.isin(out.ending_code, (CYCLE, BOUNDED))
    given = DOUBLE_WELL, method, out.end, out.ending_code
    found = find_attractors(*given, minima, box, arena=arena, starts=out.start)
    assert [each.kind for each in found] == [kind] * 2
    which = which_attractor(*given, found, box)
    assert moving.sum() > 5
    assert (which[~moving] < 0).all()
    assert (which[moving] >= 0).mean() > (0.95 if kind == "chaotic" else 0.9999)  # of chaos few points are known
    for row in np.flatnonzero(which >= 0)[:5]:
        ends = plain_heavy_ball(rate, momentum, float(out.start[row, 0]), 6000)[-64:]
        nearest = np.abs(np.array(ends)[:, None] - found[which[row]].points.ravel()).min(axis=1)
        assert nearest.max() < (1e-9 if kind == "cycle" else 0.1)
    assert len(find_attractors(*given, minima, box, arena=arena)) == anew


@pytest.mark.parametrize(("rate", "inside", "kinds"), [(2.02, 9, []), (1.9, 9, ["chaotic"]), (1.9, 1.2, [])])
def test_what_leaves_later_is_no_attractor(rate: float, inside: float, kinds: list[str]) -> None:
    """Above rate 2 all of the double well's orbits escape in the end, however long they moved about before; and what
    leaves the arena, if only to come back, has left.
    """
    method, box = Method(learning_rate=rate), Box({"x": (-2, 2)})
    minima = Minima.at(DOUBLE_WELL, np.array([[1.0]]), box)
    ends, code = np.array([[0.3], [-0.45]]), np.array([BOUNDED, BOUNDED], dtype=np.int8)
    arena = Box({"x": (-inside, inside)})
    found = find_attractors(DOUBLE_WELL, method, ends, code, minima, box, arena=arena)
    assert [each.kind for each in found] == kinds


def test_cycles_that_are_not_isolated_are_no_attractors() -> None:
    """Steps of one length swing about a minimum from wherever they came: cycles, but none of them attracts."""
    with plainly():
        method = Method("sign", learning_rate=0.1)
        rule_map = RuleMap.of(DOUBLE_WELL, method)
        ends = after(rule_map, np.array([[0.33], [0.77]]), 100)
        assert periods(rule_map, ends).tolist() == [2, 2]
        code = np.array([CYCLE, CYCLE], dtype=np.int8)
        box = Box({"x": (-2, 2)})
        minima = Minima.at(DOUBLE_WELL, np.array([[1.0]]), box)
        assert find_attractors(DOUBLE_WELL, method, ends, code, minima, box) == []
