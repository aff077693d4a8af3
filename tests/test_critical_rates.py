"""Critical rates against closed forms, published values, and plain orbits."""

from __future__ import annotations

import re
from functools import lru_cache

import mpmath
import numpy as np
import pytest
from mpmath import mp

from multistart import Box, Method, Objective, certify, descend, named
from multistart.dynamics.branches import branches, columns
from multistart.dynamics.cascade import SUBCRITICAL, Stage, cascade
from multistart.dynamics.crises import crises
from multistart.dynamics.crowds import Watch
from multistart.dynamics.doublings import doublings, events_of
from multistart.dynamics.family import Orbit, along, at_rate, corrected
from multistart.dynamics.map import RuleMap
from multistart.dynamics.over_rates import over_rates
from multistart.dynamics.stability import located
from multistart.dynamics.windows import windows
from multistart.events import EVENTS, Event
from multistart.minima import Minima, certify_minima
from tests.plain_kernel import plainly

GD = Method("gradient_descent", learning_rate=0.1)
WIDE = Box({"x": (-6, 6)})
WELL = Objective.from_expression("(x**2 - 1)**2/4", ["x"])
#: The map of f = (x^2 - 1)^2/4 is y -> (1 + a) y - y^3: May 1976, Nature 261; values by interval bisection.
WELL_DOUBLINGS = (1.0, 5**0.5 - 1, 1.288031754482842762, 1.2992279396502040942, 1.3016289140370811952)
PEAKS = {
    0: (0.0662641909819, 0.087097654226, 0.092289145944, 0.093367623543, 0.0936577),
    1: (0.1284403579938, 0.163874543945, 0.172227305346, 0.174001369469, 0.1744844),
    2: (0.1265965647558, 0.158774200398, 0.165583724607, 0.166988141841, 0.1673729),
}


def formula(text: str, **numbers: float) -> Objective:
    """A function of x; those that differ in their numbers alone have one kernel."""
    return Objective.from_expression(text, ["x"], parameters=numbers)


@lru_cache(maxsize=1)
def peaks() -> tuple[Objective, Box, Minima]:
    f = named("peaks")
    box = f.domain.widened(1.0)
    places = np.array([place for place, _ in f.minima])
    for _ in range(8):
        places = places - np.linalg.solve(f.hessian(places), f.gradient(places)[..., None])[..., 0]
    return f, box, Minima.at(f, places, box)


@lru_cache(maxsize=1)
def well_stages() -> list[Stage]:
    return cascade(RuleMap.of(WELL, GD), GD, np.array([1.0]), WIDE)


def plain_period(start: float, rate: float, updates: int = 20_000) -> int:
    """The least power of two after which a plain orbit of the double well is back, to 1e-9."""
    orbit = [start]
    for _ in range(updates + 32):
        orbit.append(orbit[-1] - rate * (orbit[-1] ** 3 - orbit[-1]))
    orbit, x = orbit[updates:], orbit[updates]
    return next((q for q in (1, 2, 4, 8, 16, 32) if abs(orbit[q] - x) < 1e-9), 0)


def test_an_event_is_one_of_those_that_are_named_and_has_a_bracket():
    """A word that is none, or a bracket the wrong way around, is refused; each word is taken."""
    for event in EVENTS:
        assert Event(0, event, 1.0, 2.0, proven=False).middle == 1.5
    with pytest.raises(ValueError, match="not one of"):
        Event(0, "explosion", 1.0, 2.0, proven=False)
    with pytest.raises(ValueError, match="lower"):
        Event(0, "fold", 2.0, 1.0, proven=False)


def test_doublings_of_the_double_well_are_those_of_the_cubic_map():
    """All five to 1e-12, inside their brackets, which are narrower than 1e-10."""
    events = [event for event in events_of(well_stages(), 0) if event.event == "doubling"]
    assert [event.note for event in events] == [f"period {q} to {2 * q}" for q in (1, 2, 4, 8, 16)]
    for event, rate in zip(events, WELL_DOUBLINGS, strict=True):
        assert event.low <= rate <= event.high
        assert event.high - event.low < 1e-10
        assert abs(event.middle - rate) < 1e-12


def test_the_accumulation_is_an_estimate_whose_bracket_holds_it():
    """1.3022834627 of the double well, and the note says that it is estimated."""
    (event,) = [event for event in events_of(well_stages(), 0) if event.event == "born"]
    assert event.low < 1.3022834627 < event.high
    assert event.high - event.low < 2e-5
    assert "estimate" in event.note
    assert not event.proven


def test_doublings_of_peaks_are_the_published_ones():
    """Four of each minimum to 1e-11, and the accumulation within its bracket."""
    f, box, minima = peaks()
    for number, expected in PEAKS.items():
        *found, born = doublings(f, GD, minima.location[number], box=box, number=number)
        for event, rate in zip(found, expected[:-1], strict=False):
            assert abs(event.middle - rate) < 2e-12
        assert born.low < expected[-1] < born.high


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.03, 2.0), (40.0, -1.5)])
def test_a_stretched_double_well_has_stretched_doublings(scale: float, shift: float):
    """Of c (u^2 - 1)^2/4 with u = (x - s)/w the rates are those of the well times w^2/c."""
    width = 0.7
    f = formula("c*(((x - s)/w)**2 - 1)**2/4", c=scale, s=shift, w=width)
    box = Box({"x": (shift - 3, shift + 3)})
    found = doublings(f, GD, np.array([shift + width]), box=box, up_to=4)
    for event, rate in zip(found, WELL_DOUBLINGS[:3], strict=False):
        assert event.middle == pytest.approx(rate * width**2 / scale, rel=1e-10)


@pytest.mark.parametrize("q", [1, 2, 4])
def test_plain_orbits_have_the_period_on_either_side(q: int):
    """A part in a thousand below a doubling an orbit has period q, as much above it has 2 q."""
    rate = WELL_DOUBLINGS[(1, 2, 4).index(q)]
    assert plain_period(1.01, rate * (1 - 1e-3)) == q
    assert plain_period(1.01, rate * (1 + 1e-3)) == 2 * q


def superstable(first: Orbit, second: Orbit) -> float:
    """The rate between two cycles of the well at which their multiplier is 0, by bisection on its sign."""
    update, low, high = RuleMap.of(WELL, GD), first.rate, second.rate
    for _ in range(60):
        middle = 0.5 * (low + high)
        orbit = corrected(update, second.rows, middle, at_rate(second.rows, middle), np.array([12.0]))
        assert orbit is not None
        low, high = (middle, high) if orbit.monodromy[0, 0] * first.monodromy[0, 0] > 0 else (low, middle)
    return 0.5 * (low + high)


def test_superstable_cycles_of_the_double_well():
    """The 2-cycle at 1.12132034355964257 and the 3-cycle at 1.45315558364575432, on their families."""
    two = well_stages()[1].orbits
    place = next(i for i in range(len(two) - 1) if two[i].monodromy[0, 0] * two[i + 1].monodromy[0, 0] < 0)
    assert abs(superstable(two[place], two[place + 1]) - 1.12132034355964257) < 1e-9
    update, x = RuleMap.of(WELL, GD), np.array([[1.01]])
    for _ in range(5000):
        x = update.at(learning_rate=1.4532).step(x)
    rows = update.at(learning_rate=1.4532).orbit(x, 2)[:, 0]
    near = [corrected(update, rows, rate, at_rate(rows, rate), np.array([12.0])) for rate in (1.4529, 1.4534)]
    assert abs(superstable(*near) - 1.45315558364575432) < 1e-9


def test_a_rule_of_ones_own_has_the_doublings_of_the_same_rule_by_name_and_a_kinked_one_has_none():
    """Momentum typed as lines doubles where the built-in one does; where no multiplier is known no event is told."""
    typed = {"state": {"b": 0}, "update": ["b = c*b + g", "x = x - lr*b"], "parameters": {"c": 0.3}}
    own, built = (Method(rule=typed, learning_rate=0.1), Method("heavy_ball", learning_rate=0.1, momentum=0.3))
    found, expected = (doublings(WELL, m, np.array([1.0]), box=WIDE, up_to=2) for m in (own, built))
    assert [event.note for event in found] == [event.note for event in expected] == ["period 1 to 2", "period 2 to 4"]
    np.testing.assert_allclose([e.middle for e in found], [e.middle for e in expected], rtol=1e-11)
    kinked = Method(rule={"update": ["x = x - lr*g/(1 + gnorm)"]}, learning_rate=0.1)
    assert kinked.critical_learning_rate(np.array(2.0)) == 1
    assert doublings(WELL, kinked, np.array([1.0]), box=WIDE) == []


def test_a_window_ends_in_a_fold_below():
    """The 3-cycle followed downwards meets an unstable one; there the plain orbit loses its period 3."""
    update, unit, x = RuleMap.of(WELL, GD), np.array([12.0]), np.array([[1.01]])
    for _ in range(5000):
        x = update.at(learning_rate=1.4532).step(x)
    rows = update.at(learning_rate=1.4532).orbit(x, 2)[:, 0]
    first, second = (corrected(update, rows, rate, at_rate(rows, rate), unit) for rate in (1.4532, 1.4531))
    family = [second]
    for orbit in along(update, first, second, unit):
        family.append(orbit)
        if orbit.fold < 0:
            break
    fold = located(update, *family[-2:], "fold", unit)[0].rate

    def back_in_three(rate: float) -> bool:
        x = float(first.rows[0, 0])
        for _ in range(20_000):
            x -= rate * (x**3 - x)
        y = x
        for _ in range(3):
            y -= rate * (y**3 - y)
        return abs(y - x) < 1e-6

    assert back_in_three(fold + 1e-5)
    assert not back_in_three(fold - 1e-5)


def tangency(rate: float) -> float:
    """Where cycles of 3 begin, a little below a rate: F^3(x) = x with the slope 1, by Newton's method at 40 digits."""
    x = 0.3
    for _ in range(20_000):
        x -= rate * (x**3 - x)
    with mp.workdps(40):

        def defect(rate: mp.mpf, x: mp.mpf) -> tuple[mp.mpf, mp.mpf]:
            y, slope = x, mp.mpf(1)
            for _ in range(3):
                y, slope = y - rate * (y**3 - y), slope * (1 - rate * (3 * y**2 - 1))
            return y - x, slope - 1

        return float(mp.findroot(defect, (mp.mpf(rate), mp.mpf(x)))[0])


def test_windows_of_the_double_well_begin_where_they_are_known_to() -> None:
    """The windows of period 3 and 4 open at the tangency of F^3 and at 2 sqrt(2) - 1, and a plain orbit agrees on both
    sides.
    """
    update, found = RuleMap.of(WELL, GD), []
    for low, high in ((1.44, 1.47), (1.82, 1.835)):
        found += windows(update, np.array([1.0]), WIDE, low, high)
    assert [window.period for window in found] == [3, 4]
    for window, rate in zip(found, (tangency(1.4505), 8**0.5 - 1), strict=True):
        opens, closes = window.changes
        assert opens.low <= rate <= opens.high < opens.low + 1e-10
        assert abs(opens.orbit.fold) < 1e-9
        assert (opens.how, closes.how) == ("fold", {3: "flip", 4: "branching"}[window.period])
        for side, there in ((-1e-3, False), (1e-3, True)):
            x = [0.3]
            for _ in range(20_000 + window.period):
                x.append(x[-1] - (rate + side) * (x[-1] ** 3 - x[-1]))
            assert (abs(x[-1] - x[-1 - window.period]) < 1e-9) == there


def test_windows_of_peaks_are_the_published_ones() -> None:
    """The chaos around minimum 0 has windows of 3 at 0.108 and of 4 from 0.127 to 0.134; events say what they do."""
    f, box, minima = peaks()
    update = RuleMap.of(f, GD)
    three, four = (windows(update, minima.location[0], box, *each)[0] for each in ((0.107, 0.1085), (0.1262, 0.128)))
    assert (three.period, four.period) == (3, 4)
    assert three.folds[0] < 0.108 < three.changes[1].low
    assert np.round([four.folds[0], four.changes[1].low], 3).tolist() == [0.127, 0.134]
    opens, closes = four.events(0)
    assert (opens.event, opens.note) == ("born", "a window of period 4 opens: a stable cycle begins in a fold")
    assert (closes.event, closes.note) == ("doubling", "a window of period 4: its cycle gives way to one of period 8")


@pytest.mark.parametrize(
    ("b", "c", "born"),
    [
        (0, 0.25, "subcritical"),  # 3 f'''^2 < f'' f''''
        (0, -0.25, "supercritical"),
        (1, 0, "supercritical"),
        (1, 0.48, "supercritical"),
        (1, 0.52, "subcritical"),
        (0, 0, "degenerate"),
    ],
)
def test_which_way_a_doubling_goes_is_that_of_the_normal_form(b: float, c: float, born: str):
    """Gradient descent in one dimension: supercritical where 3 f'''^2 > f'' f'''' (3*4 b^2 > 24 c)."""
    f = formula("x**2/2 + b*x**3/3 + c*x**4", b=b, c=c)
    (first, *_) = cascade(RuleMap.of(f, GD), GD, np.zeros(1), WIDE, up_to=1)
    assert first.next == born


def test_directions_that_double_together_are_followed_together():
    """Of a separable function both coordinates flip at once, and the cascade is that of one coordinate."""
    f = named("double_wells")
    events = doublings(f, GD, np.array([-1.0, -1.0]), box=f.domain, up_to=4)
    np.testing.assert_allclose([event.middle for event in events[:3]], WELL_DOUBLINGS[:3], rtol=1e-10)


def test_a_symmetric_cycle_gives_way_to_two():
    """Of 1 - cos(x) the 2-cycle at +-x loses stability at pi, to cycles that double as plain orbits do."""
    f = formula("1 - cos(x)")
    stages = cascade(RuleMap.of(f, GD), GD, np.zeros(1), Box({"x": (-10, 10)}), up_to=2)
    assert [stage.end for stage in stages] == ["flip", "branching", "flip"]
    assert abs(stages[1].orbits[-1].rate - np.pi) < 1e-9
    assert [event.event for event in events_of(stages, 0)] == ["doubling", "pitchfork", "doubling"]
    for side, q in ((-1e-3, 2), (1e-3, 4)):
        x = [0.3]
        for _ in range(20_004):
            x.append(x[-1] - (stages[2].orbits[-1].rate + side) * np.sin(x[-1]))
        assert [abs(x[-1] - x[-1 - p]) < 1e-9 for p in (2, 4)] == [q == 2, True]


@pytest.mark.parametrize("name", ["heavy_ball", "nesterov"])
def test_rules_with_momentum_lose_stability_at_their_formula(name: str):
    """A multiplier of the map is -1 at the rate that the rule's formula gives, and the cycle that begins is a cycle."""
    method = Method(name, learning_rate=0.1, momentum=0.5)
    first, second = cascade(RuleMap.of(WELL, method), method, np.array([1.0]), WIDE, up_to=2)
    assert abs(first.orbits[-1].flip) < 1e-12
    assert first.orbits[-1].rate == pytest.approx({"heavy_ball": 1.5, "nesterov": 0.75}[name], rel=1e-14)
    orbit = second.orbits[-1]
    after = RuleMap.of(WELL, method).at(learning_rate=orbit.rate).step(orbit.rows)
    np.testing.assert_allclose(after, orbit.rows[::-1], atol=1e-12)
    assert abs(orbit.flip) < 1e-10


def test_crises_of_the_double_well_are_where_they_are_known():
    """Both attractors merge at 3 sqrt(3)/2 - 1, and the one that is left lets all go at 2; brackets to 1e-5."""
    minima = Minima.at(WELL, np.array([[-1.0], [1.0]]), WIDE)
    merged, gone = crises(Watch(WELL, GD, WIDE), minima, 1.55, 2.01)
    assert (merged.attractor, merged.event) == (0, "merged")
    assert merged.low <= 3 * 3**0.5 / 2 - 1 <= merged.high < merged.low + 1e-5
    assert (gone.attractor, gone.event) == (-1, "crisis")
    assert gone.low <= 2 <= gone.high < gone.low + 1e-5
    assert "leaves the arena" in gone.note


def test_two_wells_that_pull_at_each_other_come_to_turn():
    """Two double wells with -c x y between them: the cycle of 2 that swaps x and y has the multipliers
    ``AB + e² ± 2 e sqrt(AB)``, with A, B = 1 - r f'' at its points and e = r c. They leave the unit circle together
    where e² - AB = 1, at 8/13 for c = 1/2; there, and not before, plain orbits begin to turn around it.
    """
    pull, exact = 0.5, 8 / 13
    f = Objective.from_expression(f"(x**2 - 1)**2/4 + (y**2 - 1)**2/4 - {pull}*x*y", ["x", "y"])
    box, start = Box({"x": (-3, 3), "y": (-3, 3)}), (1 + pull) ** 0.5
    flip, turning = doublings(f, GD, np.array([start, start]), box=box)
    assert flip.low <= 2 / (2 + 4 * pull) <= flip.high
    assert turning.event == "neimark_sacker"
    assert turning.low <= exact <= turning.high < turning.low + 1e-10
    comes_back = []
    for rate in (0.99 * exact, 1.01 * exact):
        x = np.array([start + 0.2, start - 0.2])
        orbit = [x := x - rate * (x**3 - x - pull * x[::-1]) for _ in range(5000)][-200:]
        comes_back.append(bool(np.abs(np.array(orbit)[2:] - np.array(orbit)[:-2]).max() < 1e-6))
    assert comes_back == [True, False]
    with plainly():
        out = descend(f, Method(learning_rate=1.01 * exact, max_steps=5000), np.array([[start + 0.2, start - 0.2]]))
    assert out.ending.tolist() == ["step_limit"]  # neither in a cycle nor chaotic, and not told from under way


@pytest.mark.parametrize(("tilt", "wide"), [(0.0, 9.0), (0.1, 2.3)])
def test_brackets_of_crises_hold_the_exact_rate(tilt, wide):
    """A tilted well's attractor is lost where the orbit of its critical point lands on the maximum, which is solved
    for with 30 digits: the bracket has that rate in it, whatever the arena, and says what it rests on.
    """
    f = Objective.from_expression("(x**2 - 1)**2/4 + a*x", ["x"], {"a": tilt})
    box = Box({"x": (-wide, wide)})
    places = np.sort(np.roots([1, 0, -1, tilt]).real)[[0, 2], None]
    with mpmath.workdps(30):
        highest = mpmath.findroot(lambda x: x**3 - x + mpmath.mpf(str(tilt)), 0)

        def missed(rate):
            x = -mpmath.sqrt((1 + rate) / (3 * rate))
            for _ in range(2):
                x -= rate * (x**3 - x + mpmath.mpf(str(tilt)))
            return x - highest

        exact = float(mpmath.findroot(missed, 1.5))
    first = 0.99 * 2 / (3 * places**2 - 1).max()
    event = crises(Watch(f, GD, box), Minima.at(f, places, box), first, exact + 0.05)[0]
    assert (event.attractor, event.event) == (0, "crisis" if tilt else "merged")
    assert event.low <= exact <= event.high < event.low + 1e-7
    found = re.search(
        r"none of 64 orbits did within 160,000 updates at the lower rate, (\d+) at the higher", event.note
    )
    assert 0 < int(found[1]) <= 64


def test_events_of_the_double_well_with_a_certificate():
    """Both minima lose stability where that is proven, and what is outside of the interval is not said."""
    certificate = certify(WELL, WIDE)
    minima = certify_minima(WELL, Minima.at(WELL, np.array([[-1.0], [1.0]]), WIDE), certificate, WIDE)
    events, _ = over_rates(WELL, GD, minima, certificate, WIDE, 0.9, 1.25)
    assert [(event.attractor, event.proven) for event in events[:2]] == [(0, True), (1, True)]
    assert sorted((event.attractor, event.proven) for event in events[2:]) == [(0, False), (1, False)]
    assert all(event.low <= 1 <= event.high < event.low + 1e-14 for event in events[:2])
    assert [event.note for event in events[2:]] == ["period 2 to 4"] * 2


@pytest.mark.slow
def test_all_events_of_peaks_between_two_rates():
    """2/lambda_max is proven of certified minima; minimum 2's attractor goes over to minimum 1's below 0.183."""
    f, box, minima = peaks()
    certificate = certify(f, box)
    minima = certify_minima(f, minima, certificate, box)
    events, _ = over_rates(f, GD, minima, certificate, box, 0.1, 0.19)
    proven = [event for event in events if event.proven]
    assert [event.attractor for event in proven] == [2, 1]
    for event in proven:
        assert event.low <= 2 / minima.curvature_max[event.attractor] <= event.high < event.low + 1e-14
    assert all(event.high >= 0.1 and event.low <= 0.19 for event in events)
    (crisis,) = [event for event in events if event.event == "crisis"]
    assert crisis.attractor == 2
    assert 0.18 < crisis.low < 0.1829 < crisis.high + 2e-4
    assert "attractor of minimum 1" in crisis.note


def test_rates_that_change_and_rules_that_are_no_map_have_no_events():
    """A schedule, a search and a rule whose minima always attract."""
    box, minima = WIDE, Minima.at(WELL, np.array([[1.0]]), WIDE)
    falling = Method(learning_rate={"schedule": "cosine", "from": 0.2, "to": 0.001}, max_steps=100)
    with plainly():
        for method in (falling, Method("damped_newton"), Method("gradient_scaled", learning_rate=0.1)):
            assert over_rates(WELL, method, minima, None, box, 0.1, 3.0)[0] == []


def test_branches_are_cycles_stable_then_unstable():
    """Each row is a fixed point of two updates of a 2-cycle; the closed form of its points and multiplier holds."""
    update, minima = RuleMap.of(WELL, GD), Minima.at(WELL, np.array([[-1.0], [1.0]]), WIDE)
    found = branches(update, GD, well_stages(), minima, 1, WIDE, (0.8, 1.4))
    assert [(b.period, b.stable) for b in found[:4]] == [(1, True), (1, False), (2, True), (2, False)]
    assert found[0].rates.tolist() == [0.8, found[1].rates[0]]
    for branch in found[2:4]:
        p = 1 + branch.rates
        points = (np.sqrt(p + 2)[:, None] + [[-1, 1]] * np.sqrt(np.maximum(p - 2, 0))[:, None]) / 2
        np.testing.assert_allclose(np.sort(branch.points[:, :, 0], axis=1), points / np.sqrt(p - 1)[:, None], atol=1e-9)
        np.testing.assert_allclose(branch.multipliers, np.abs(9 - 2 * p**2), atol=1e-7)
    assert found[3].rates[0] == found[2].rates[-1] == pytest.approx(WELL_DOUBLINGS[1], abs=1e-12)
    assert found[3].rates[-1] == pytest.approx(1.4, abs=1e-12)
    rows = columns(found, WELL)
    assert len({len(column) for column in rows.values()}) == 1
    assert rows["kind"].tolist() == ["minimum" if q == 1 else "cycle" for q in rows["period"]]


def test_an_unstable_cycle_of_a_subcritical_doubling_bounds_the_basin():
    """Of x^2/2 + x^4/4 it is at +-sqrt(2/a - 1) at the rate a."""
    f = formula("x**2/2 + x**4/4")
    stage = cascade(RuleMap.of(f, GD), GD, np.zeros(1), WIDE, up_to=2)[1]
    assert stage.born == SUBCRITICAL
    for orbit in stage.orbits[::8]:
        np.testing.assert_allclose(np.abs(orbit.rows[:, 0]), np.sqrt(2 / orbit.rate - 1), rtol=1e-9)
