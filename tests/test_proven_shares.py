"""Shares with proof: no start contradicts a proven cell, and each bound that they rest on is none too small."""

from __future__ import annotations

import builtins
import types
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from multistart import Box, Objective, named
from multistart.descents.descend import descend
from multistart.errors import InputError
from multistart.methods import Method
from multistart.proofs import certify
from multistart.proofs.enclosures import ZERO, precision
from multistart.proofs.problem import Problem
from multistart.reachability import prove_shares
from multistart.reachability.bounds import FINEST, bounds_on, coarser
from multistart.reachability.jet import loaded_jet, written
from multistart.reachability.landing import _Ball, landing
from multistart.reachability.rounding import Rounded, Rounding
from multistart.reachability.shares import _TEXT, _places
from multistart.reachability.waiting import least_updates
from tests.plain_kernel import _run as run_plainly

DOUBLE_WELL = Objective.from_expression("(x**2 - 1)**2 / 4", ["x"])
#: Where the labels of the double well change at a rate of .5, on x > 0: the images of 0 backwards.
EDGES = [0, 1.7320508075688773, 2.1477634564163589, 2.2212277154789160, 2.2335911724373397]


def random_wells(seed):
    """A bowl with a few Gaussian wells and hills, and a ripple on it."""
    rng = np.random.default_rng(seed)
    terms = ["(x**2 + y**2)/20", f"sin({rng.uniform(1, 2):.2f}*x + {rng.uniform(-1, 1):.2f}*y)/4"]
    for a, b, c, w in rng.uniform([-2, -2, -2, 0.7], [2, 2, 2, 2], (4, 4)).round(2).tolist():
        terms.append(f"({a})*exp(-(x - ({b}))**2*{w} - (y - ({c}))**2)")
    return Objective.from_expression(" + ".join(terms), ["x", "y"])


def proven(objective, domain, method, cells, arena=None, **options):
    """Shares of a box, and where the starts of that box come to rest by descending."""
    box = Box(domain)
    arena = Box(arena) if arena else box.widened(1.0)
    certificate = certify(objective, arena)
    return prove_shares(objective, method, box, arena, certificate, max_cells=cells, **options), certificate, arena


def contradictions(shares, objective, method, certificate, arena, n, seed=0):
    """How many of n random starts end elsewhere than their cell says; and the shares of where they end."""
    low, high = shares.low.min(axis=0), shares.high.max(axis=0)
    starts = low + np.random.default_rng(seed).random((n, len(low))) * (high - low)
    out = descend(objective, method, starts, arena=arena)
    label = np.full(n, -1)
    for k, minimum in enumerate(certificate.minima):
        near = np.linalg.norm(out.end - np.array(minimum.center), axis=1) < 1e-4
        label[near & np.isin(out.ending, ("converged", "stationary"))] = k
    verdict = shares.verdict_at(starts)
    return int(((verdict != -2) & (verdict != label)).sum()), label


def test_no_start_contradicts_a_proven_cell():
    """On Himmelblau's function, of 20,000 random starts; and the bounds hold what they sample."""
    f, method = named("himmelblau"), Method(learning_rate=0.01, max_steps=400)
    shares, certificate, arena = proven(f, {"x": (-5, 5), "y": (-5, 5)}, method, 4000)
    wrong, label = contradictions(shares, f, method, certificate, arena, 20_000)
    assert wrong == 0
    assert shares.undecided < 0.03
    for k in range(-1, 4):
        low, high = shares.bounds(k)
        assert low - 0.015 < np.mean(label == k) < high + 0.015


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_no_start_of_a_million_contradicts_a_proven_cell(seed):
    """On ten random functions, of a million random starts each."""
    f = random_wells(seed)
    method = Method(learning_rate=(0.02, 0.05, 0.1)[seed % 3], max_steps=(300, 1000)[seed % 2])
    shares, certificate, arena = proven(f, {"x": (-3, 3), "y": (-3, 3)}, method, 40_000, threads=2)
    wrong, _ = contradictions(shares, f, method, certificate, arena, 10**6, seed)
    assert wrong == 0
    assert shares.undecided < 0.9


def test_exact_edges_of_the_double_well_are_bracketed():
    """At a rate of .5 the share of each minimum on [-2, 2] is that of its exact intervals, within 1e-4."""
    method = Method(learning_rate=0.5, max_steps=1000)
    shares, certificate, _ = proven(DOUBLE_WELL, {"x": (-2.2, 2.2)}, method, 2000)
    for k in range(2):
        low, high = shares.bounds(k)
        assert low <= 0.5 <= high  # by symmetry
        assert high - low < 1e-4
    open_ = shares.verdict == -2
    for edge in EDGES[:3]:  # nothing is proven across an edge, and all is close to one
        assert (open_ & (shares.low[:, 0] <= edge) & (edge <= shares.high[:, 0])).any()
    k = [m.center[0] > 0 for m in certificate.minima].index(True)
    inside = shares.verdict_at(np.array([[1e-3], [1.73], [1.74], [2.14], [2.15], [2.19]]))
    assert inside.tolist() == [k, k, 1 - k, 1 - k, k, k]


def test_cells_cover_the_box_and_bounds_bracket_1():
    """Cells add up to the box exactly, and lower and upper bounds bracket 1; any number of threads gives the same."""
    method = Method(learning_rate=0.5, max_steps=100)
    shares, certificate, arena = proven(DOUBLE_WELL, {"x": (-3, 3)}, method, 500)
    order = np.argsort(shares.low[:, 0])
    assert (shares.low[order[1:]] == shares.high[order[:-1]]).all()
    assert sum(Fraction(h) - Fraction(low) for low, h in zip(shares.low[:, 0], shares.high[:, 0], strict=True)) == 6
    bounds = [shares.bounds(k) for k in (-1, 0, 1)]
    assert sum(low for low, _ in bounds) <= 1 <= sum(high for _, high in bounds)
    again = prove_shares(DOUBLE_WELL, method, Box({"x": (-3, 3)}), arena, certificate, max_cells=500, threads=3)
    assert all(np.array_equal(getattr(shares, a), getattr(again, a)) for a in ("low", "high", "verdict"))


def test_the_step_limit_decides():
    """With few steps nothing arrives, and that is proven, also inside the ball around a minimum."""
    shares, *_ = proven(DOUBLE_WELL, {"x": (0.9, 1.1)}, Method(learning_rate=0.01, max_steps=100), 100)
    assert shares.bounds(-1)[0] > 0.9999
    shares, *_ = proven(DOUBLE_WELL, {"x": (0.9, 1.1)}, Method(learning_rate=0.01, max_steps=2000), 100)
    assert max(shares.bounds(k)[0] for k in (0, 1)) > 0.9999


def test_width_ends_the_search():
    """Cells are no longer halved once bounds are as near as is asked for."""
    method = Method(learning_rate=0.5, max_steps=100)
    shares, *_ = proven(DOUBLE_WELL, {"x": (-2, 2)}, method, 10**6, width=0.01)
    assert shares.undecided <= 0.01 * (1 + 1e-9)
    assert shares.cells < 1000


# --- each bound --------------------------------------------------------------------------------------------------


def plain_sets(objective):
    """The functions that carry a set, run by Python; and the derivatives that they call."""
    compiler = types.SimpleNamespace(
        exported=lambda _: lambda f: f, inner=lambda: lambda f: f, at=lambda a, k: a[k:], numbers_of=lambda _: None,
        function_at=lambda _: lambda f, *given: f(*given),
    )  # fmt: skip

    def imported(name: str, *rest: Any) -> Any:
        return compiler if name == "multistart.kernels.compiler" else builtins.__import__(name, *rest)

    names: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": imported}}
    text = _TEXT.read_text().replace("\nD = 2\n", f"\nD = {objective.dimensions}\n")
    exec(compile(text, "carry", "exec"), names)
    return types.SimpleNamespace(**names), run_plainly(written(objective), ["jet"])["jet"].address


def carried(objective, low, high, rate, updates, box_bounds):
    """Hulls of a cell's set after each update: centre and radii."""
    sets, jet = plain_sets(objective)
    d = objective.dimensions
    piece, radius = np.zeros(sets.ROW), np.zeros(d)
    g, h, rest, work, room = np.zeros(d), np.zeros(d * d), np.zeros(d), np.zeros(sets.ROW), np.zeros(100)
    sets.start(piece, np.array(low, float), np.array(high, float))
    options = np.array([rate, updates, 1e-8, 32.0, 0.05])
    for _ in range(updates):
        sets.hull(piece, radius)
        sets.bends(piece, radius, np.array(box_bounds), _places(d), 0.05, [jet], g, h, rest, room)
        assert sets.update(piece, radius, np.array(box_bounds), options, g, h, rest, work)
        sets.hull(piece, radius)
        yield piece[:d].copy(), radius.copy(), piece.copy()


def test_a_set_holds_every_descent_at_each_step():
    """The parallelepiped with its box, at each of 60 updates, of 1000 random starts of the cell."""
    f = Objective.from_expression("x**4/4 - x**2/2 + y**2/2 + x*y/4 + y**3/10", ["x", "y"])
    low, high, rate = [0.35, -0.5], [0.45, -0.4], 0.05
    bounds = [6.0, 0.0, 0.0, 0.0, 0.0, 1e-15, 1e-14, 1e-14, 0.0]  # fourth derivatives, then what is rounded
    x = np.array(low) + np.random.default_rng(1).random((1000, 2)) * 0.1
    for center, radius, piece in carried(f, low, high, rate, 60, bounds):
        x = x - rate * f.gradient(x)
        assert (np.abs(x - center) <= radius).all()
        a, e = piece[2:6].reshape(2, 2), piece[6:8]
        u = (x - center) @ np.linalg.inv(a).T  # in the coordinates of the parallelepiped, the box apart
        assert (np.abs(u) <= 1 + np.abs(np.linalg.inv(a)) @ e + 1e-9).all()
    assert radius.max() < 0.2


@pytest.mark.parametrize(
    ("formula", "fourth", "image"),
    [("x**3/6", 0.0, lambda r, a: -r - a * r**2 / 2), ("-x**4/24", 1.0, lambda r, a: r + a * r**3 / 6)],
)
def test_what_taylor_leaves_is_bounded_as_sharply_as_can_be(formula, fourth, image):
    """The end of the set is where an end of the cell goes, within 1e-9: a remainder 1 % smaller would lose it."""
    r, rate = Fraction(1, 2), Fraction(1, 8)
    f = Objective.from_expression(formula, ["x"])
    (center, radius, _), *_ = carried(f, [-0.5], [0.5], 0.125, 1, [fourth, 0.0, 0.0, 0.0, 0.0])
    end = abs(image(r, rate))
    assert end <= Fraction(radius[0]) - abs(Fraction(center[0])) <= end * (1 + Fraction(1, 10**9))


def test_bounds_on_boxes_are_suprema():
    """Of x**4 the fourth derivative is 24, and of x**2 the gradient is largest at a box's end: no bound is below."""
    f = Objective.from_expression("x**4 - 3*x**2", ["x"])
    found = bounds_on(f, Rounding(f), np.array([-4.0]), np.array([4.0]), 0.01, 100)
    n = len(found.fourth)
    assert (found.fourth >= 24).all()
    assert (found.fourth <= 24 * (1 + 1e-9)).all()
    ends = -4 + np.arange(n + 1) * found.width[0]
    slope = np.abs(4 * ends**3 - 6 * ends)
    assert (found.gradient[:, 0] >= np.maximum(slope[1:], slope[:-1])).all()
    assert found.gradient[-1, 0] <= 232 * 1.01
    for coarse, size in zip(coarser(found.gradient, 1), (1, 2, 4), strict=False):
        assert (coarse[:, 0] == found.gradient[:, 0].reshape(-1, size).max(axis=1)).all()


def test_fourth_derivatives_are_bounded_where_they_are_sampled():
    """Of a sine and a Gaussian no sampled fourth derivative is above its box's bound, and the largest is near it."""
    f = Objective.from_expression("sin(2*x)", ["x"])
    found = bounds_on(f, Rounding(f), np.array([-2.0]), np.array([2.0]), 0.01, 100)
    x = np.linspace(-2, 2, 20_001)[:-1]
    box = ((x + 2) / found.width[0]).astype(int)
    assert (np.abs(16 * np.sin(2 * x)) <= found.fourth[box, 0]).all()
    assert found.fourth.min() < 10
    assert found.fourth.max() >= 16


def test_rounding_bounds_are_reached():
    """A sum that rounds by half a unit, and products of random doubles, lose as much as is bounded, within 1 %."""
    with precision(128):
        tie = Rounded(arb(1), ZERO) + Rounded(arb(2) ** -53, ZERO)
        assert tie.error >= arb(2) ** -53
        assert tie.error < arb(2) ** -53 * 1.01
        rng, largest = np.random.default_rng(0), 0.0
        for a, b in rng.uniform(1, 1.003, (3000, 2)).tolist():
            bound = (Rounded(arb(a), ZERO) * Rounded(arb(b), ZERO)).error
            lost = abs(arb(a) * arb(b) - arb(a * b))
            assert lost <= bound
            largest = max(largest, float(lost / bound))
    assert largest > 0.99


def test_errors_of_the_compiled_derivatives_are_within_their_bounds():
    """At 100 points of a box, gradient, Hessian and third derivatives against 200 bits."""
    f = Objective.from_expression("a*exp(-x**2 - y)*sin(3*y) + x**3/7 + tanh(x*y)", ["x", "y"], {"a": "0.3"})
    rounding, jet = Rounding(f), loaded_jet(written(f))
    problem = Problem(f.expression, f.symbols, f.conditions)
    gradient = problem.guarded([f.expression.diff(s) for s in f.symbols])
    out, worst = np.empty(9), 0.0
    with precision(200):
        bounds = rounding.jet([arb(0.5, 0.25), arb(-0.25, 0.25)])
        for point in np.random.default_rng(3).uniform([0.25, -0.5], [0.75, 0], (100, 2)):
            jet(point.copy(), f.numbers, out)
            box = [arb(v) for v in point.tolist()]
            h = problem.hessian(box)
            truth = [*gradient(box), h[0], h[1], h[3], *problem.third(box)]
            errors = [float(abs(arb(o) - t).upper()) for o, t in zip(out.tolist(), truth, strict=True)]
            for part, bound in zip((errors[:2], errors[2:5], errors[5:]), bounds, strict=True):
                assert max(part) <= bound
                worst = max(worst, max(part) / bound)
    assert worst > 0.01


def test_a_ball_is_entered_after_the_updates_that_are_proven():
    """``q^n R`` is within the smaller radius after n updates, and not after 1 % fewer."""
    ball = _Ball(radius=1.0, q=0.999, drift=1e-12, rest=0.0, delta=0.0)
    n = ball.updates_to(0.5)
    assert ball.q**n + ball.drift / (1 - ball.q) <= 0.5
    assert ball.q ** int(0.99 * n) > 0.5


def test_descents_rest_within_the_updates_that_are_proven():
    """From every shell of a bowl, as from within delta; further away than delta no gradient is below the tolerance."""
    f, rate, tolerance = Objective.from_expression("x**2/2 + y**2", ["x", "y"]), 0.01, 1e-8
    (minimum,) = certify(f, Box({"x": (-2, 3), "y": (-2, 3)})).minima
    found = landing(
        Problem(f.expression, f.symbols, f.conditions), Rounding(f), minimum, ((-2, 3), (-2, 3)), rate, tolerance
    )
    assert tolerance <= found.delta < tolerance * 1.01
    for radius, needed in found.shells[::6]:
        x, taken = radius, 0
        while abs(x) > tolerance:
            x, taken = x - rate * x, taken + 1
        assert taken <= needed <= 1.05 * taken + 100


def test_no_descent_needs_fewer_updates_than_is_proven(monkeypatch):
    """From 500 starts on a bowl with flat outskirts, to within delta of its minimum; and the bound says something."""
    f, rate = Objective.from_expression("-exp(-x**2 - y**2)", ["x", "y"]), 0.05
    low, high = np.array([-4.0, -4.0]), np.array([4.0, 4.0])
    monkeypatch.setitem(FINEST, 2, 64)
    rounding = Rounding(f)
    bounds = bounds_on(f, rounding, low, high, rate, 1000)
    (minimum,) = certify(f, Box({"x": (-4, 4), "y": (-4, 4)})).minima
    there = landing(Problem(f.expression, f.symbols, f.conditions), rounding, minimum, ((-4, 4), (-4, 4)), rate, 1e-8)
    least = least_updates(bounds, [there], rate)
    starts = np.random.default_rng(5).uniform(-2.5, 2.5, (500, 2))
    place = tuple(((starts - low) / bounds.width).astype(int).T)
    x, needed = starts.copy(), np.full(500, 3000)
    for k in range(3000):
        needed = np.where((np.linalg.norm(x, axis=1) <= there.delta) & (needed == 3000), k, needed)
        x = x - rate * f.gradient(x)
    needed[needed == 3000] = 10**16  # not met
    assert (least[place] <= needed).all()
    assert (least[place] > 100).mean() > 0.1


def test_balls_end_at_the_arena():
    """A certificate of a larger box does not make a descent that leaves the arena arrive."""
    f, (low, high) = Objective.from_expression("x**2/2 + y**2", ["x", "y"]), (-0.5, 2.0)
    (minimum,) = certify(f, Box({"x": (-2, 3), "y": (-2, 3)})).minima
    problem = Problem(f.expression, f.symbols, f.conditions)
    assert landing(problem, Rounding(f), minimum, ((low, high), (-2, 3)), 0.01, 1e-8).radius < 0.5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": Method("heavy_ball", learning_rate=0.1, momentum=0.5)}, "constant learning_rate"),
        (
            {"method": Method(learning_rate={"schedule": "step", "from": 0.1, "every": 5, "factor": 0.5})},
            "constant learning",
        ),
        ({"method": Method(learning_rate=0.1, gradient_tolerance=0)}, "gradient_tolerance"),
        ({"objective": named("sphere", 4)}, "1 to 3 dimensions"),
        ({"max_cells": 0}, "max_cells"),
        ({"box": Box({"x": (-4, 1)})}, "inside the arena"),
    ],
)
def test_what_cannot_be_proven_is_refused(given, said):
    """In a sentence that names what was given."""
    usual = {
        "objective": DOUBLE_WELL, "method": Method(learning_rate=0.1), "box": Box({"x": (-1, 1)}),
        "arena": Box({"x": (-3, 3)}), "certificate": None, "max_cells": 10,
    }  # fmt: skip
    if "objective" in given:
        given = given | {"box": Box(dict.fromkeys(given["objective"].variables, (-1, 1)))}
        given["arena"] = given["box"]
    with pytest.raises(InputError, match=said):
        prove_shares(**(usual | given))
