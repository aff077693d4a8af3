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
from multistart.reachability.bounds import FINEST, _Looking, bounds_on, coarser
from multistart.reachability.jet import loaded_jet, written
from multistart.reachability.landing import _Ball, _ball, landing
from multistart.reachability.rounding import Rounded, Rounding, _fma, _function, _number, _sqrt
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


def test_a_hull_as_wide_as_a_box_is_looked_up_in_every_box_that_it_touches():
    """Also where rounding puts its ends two boxes apart: the bounds are those of the box between, or none are."""
    sets, _ = plain_sets(DOUBLE_WELL)
    sizes, starts = np.array([1, 1, 64]), np.array([0])
    first, last, found = np.zeros(1), np.zeros(1), np.zeros(sets.BOX)
    apart = 0
    for width in np.random.default_rng(2).uniform(0.1, 1, 4000).tolist():
        grid = np.array([-1000.0, -1000.0 + 64 * width, width])
        for k in (20, 41):
            boxes = np.zeros(64 * sets.BOX)
            boxes[k * sets.BOX] = 7.0  # a fourth derivative of one box alone
            piece, radius = np.array([-1000.0 + (k + 0.5) * width]), np.array([width / 2])
            if sets.known(piece, radius, grid, boxes, starts, sizes, 1, found, first, last):
                assert found[0] == 7.0
            else:
                apart += 1
    assert apart > 0


def test_the_grid_reaches_to_the_last_bit_of_the_arena():
    """Where its width is rounded as well: no double of the arena is beyond the last box."""
    f = Objective.from_expression("x**2", ["x"])
    for low in (-0.7, -0.1, 0.3):
        for high in np.random.default_rng(4).uniform(1, 2, 20).tolist():
            looking = _Looking(f, Rounding(f), np.array([low]), np.array([high]), 0.1, 10)
            found = looking._found
            assert Fraction(low) + len(found.update) * Fraction(found.width[0]) >= Fraction(high)


@pytest.mark.parametrize("formula", ["tanh(x)**2 + x**2", "tan(x/2)**2"])
def test_rounding_is_bounded_on_balls_around_zero(formula):
    """Where a minimum at 0 makes everything a ball around 0: starts near it are proven to arrive."""
    f = Objective.from_expression(formula, ["x"])
    shares, *_ = proven(f, {"x": (-0.5, 0.6)}, Method(learning_rate=0.1, max_steps=1000), 200)
    assert shares.bounds(0)[0] > 0.999


def updated(objective, piece, found, rate, tolerance=1e-8):
    """A set after one update by Python, from given bounds on its hull."""
    sets, jet = plain_sets(objective)
    d = objective.dimensions
    g, h, rest, work, room, radius = (np.zeros(n) for n in (d, d * d, d, sets.ROW, 100, d))
    after, options = np.array(piece), np.array([rate, 10, tolerance, 32.0, 0.05])
    sets.hull(after, radius)
    sets.bends(after, radius, found, _places(d), 0.05, [jet], g, h, rest, room)
    assert sets.update(after, radius, found, options, g, h, rest, work)
    return sets, after


CURVED = Objective.from_expression("x**4/24 - x**3/6 + x**2 + y**2/2 + x*y/4 + x*y**3/6 + x**2*y**2/5", ["x", "y"])
#: Fourth derivatives, errors of an update, a Hessian and third derivatives as large as the remainder.
LARGE = np.array([1.0, 0.0, 0.8, 1.0, 0.0, 1e-3, 2e-2, 3e-1, 0.0])


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0])
def test_what_is_added_to_a_set_at_an_update_is_every_term(scale):
    """The box's radii are ``|J| e + a (|R| + h sum(r)) + 2 eps + 2^-49 (I + a|H|) r``, within 1e-9 from above."""
    rate, c = Fraction(1, 8), (Fraction(3, 8), Fraction(-1, 4))
    shape = [[Fraction(1, 16), Fraction(1, 64)], [Fraction(-1, 32), Fraction(1, 8)]]
    e = [Fraction(1, 128), Fraction(1, 256)]
    found = LARGE * [*[scale] * 5, *[scale] * 3, 0]
    piece = np.array([*map(float, (*c, *shape[0], *shape[1], *e)), 0.0, 0.0, -1.0])
    _, after = updated(CURVED, piece, found, float(rate))
    x, y = c
    h = [[x**2 / 2 - x + 2 + 2 * y**2 / 5, Fraction(1, 4) + y**2 / 2 + 4 * x * y / 5]]
    h.append([h[0][1], 1 + x * y + 2 * x**2 / 5])
    t = [[x - 1, 4 * y / 5], [4 * y / 5, y + 4 * x / 5], [y + 4 * x / 5, x]]  # xxx xxy, xxy xyy, xyy yyy
    m = [Fraction(float(v)) for v in found[:5]]
    r = [abs(a) + abs(b) + k for (a, b), k in zip(shape, e, strict=True)]
    of_update, of_hessian, of_third = (Fraction(float(v)) for v in found[5:8])
    for i in range(2):
        rest = sum(
            (abs(t[i + j][k]) + of_third + (m[i + j + k] * r[0] + m[i + j + k + 1] * r[1]) / 3) * r[j] * r[k]
            for j in range(2) for k in range(2)
        ) / 2  # fmt: skip
        spread = sum(abs((i == j) - rate * h[i][j]) * e[j] for j in range(2))
        rounded = sum(((i == j) + rate * abs(h[i][j])) * r[j] for j in range(2)) / 2**49
        added = spread + rate * (rest + of_hessian * sum(r)) + 2 * of_update + rounded
        assert added <= Fraction(after[6 + i]) <= added * (1 + Fraction(1, 10**9))


def test_rounding_of_the_parallelepiped_is_in_the_box():
    """Of a linear update the sets of an exact cell and the rounded one differ by less than the box has grown."""
    f, rate = Objective.from_expression("0.3*x**2 + 0.7*x*y + 0.9*y**2", ["x", "y"]), 0.1
    jacobian = [
        [1 - Fraction(rate) * Fraction(6, 10), -Fraction(rate) * Fraction(7, 10)],
        [-Fraction(rate) * Fraction(7, 10), 1 - Fraction(rate) * Fraction(18, 10)],
    ]
    for shape in np.random.default_rng(6).uniform(-1, 1, (50, 2, 2)):
        piece = np.array([0.0, 0.0, *shape.ravel(), 0.0, 0.0, 0.0, 0.0, -1.0])
        _, after = updated(f, piece, np.array([0.0] * 6 + [1e-16, 0.0, 0.0]), rate)
        exact = [[sum(jacobian[i][k] * Fraction(shape[k, j]) for k in range(2)) for j in range(2)] for i in range(2)]
        for i in range(2):
            lost = sum(abs(exact[i][j] - Fraction(after[2 + 2 * i + j])) for j in range(2))
            assert lost <= Fraction(after[6 + i])


@pytest.mark.parametrize("term", ["column", "box", "remainder", "update", "hessian"])
def test_a_set_of_which_a_start_may_have_stopped_is_marked(term):
    """Where the gradient at the centre, less what it differs by over the set, is the tolerance or less; not above."""
    f, rate = Objective.from_expression("x**2/2 + x**3/6", ["x"]), 0.125
    c, size = 0.25, 0.0625
    bounds = dict.fromkeys(("fourth", "update", "hessian", "third", "wait"), 0.0)
    piece = dict.fromkeys(("column", "box"), 0.0)
    if term in piece:
        piece[term] = size
        spread = (1 + c) * size + size**2 / 2
    elif term == "remainder":
        piece["box"], bounds["fourth"] = size, 30.0
        spread = (1 + c) * size + (1 + 30 * size / 3) * size**2 / 2
    else:
        bounds[term], piece["box"] = 0.01, size
        spread = (1 + c) * size + size**2 / 2 + (0.01 * size if term == "hessian" else 2 * 0.01 / rate)
    slope = c + c**2 / 2
    for tolerance, marked in ((slope - spread + 1e-9, 1.0), (slope - spread - 1e-9, 0.0)):
        if tolerance > 0:
            sets, after = updated(
                f, [c, piece["column"], piece["box"], 0.0, 0.0, -1.0], np.array([*bounds.values()]), rate, tolerance
            )
            assert after[sets.FLAG] == marked


def test_halves_of_a_set_cover_it():
    """Every corner and every middle of a side is in one of the two, in exact arithmetic."""
    sets, _ = plain_sets(CURVED)
    for values in np.random.default_rng(7).uniform(-3, 3, (50, 6)):
        piece, other = np.array([*values, 0.5, 0.25, 0.0, 0.0, -1.0]), np.zeros(sets.ROW)
        whole = [Fraction(v) for v in values]
        sets.cut(piece, other, 1)
        for u, v in ((-1, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (1, 1)):
            for half, sign in ((piece, 1), (other, -1)):
                if v != sign:  # column 1 is covered from -1 to 0 by the one, from 0 to 1 by the other
                    for i in range(2):
                        at = whole[i] + u * whole[2 + 2 * i] + v * whole[3 + 2 * i]
                        there = [Fraction(half[k]) for k in (i, 2 + 2 * i, 3 + 2 * i, 6 + i)]
                        beside = abs(at - there[0] - u * there[1] - (2 * v + sign) * there[2])
                        assert beside + Fraction((0.5, 0.25)[i]) <= there[3]


@pytest.mark.parametrize(
    ("center", "radius", "left", "flag", "verdict"),
    [
        (1.5, 0.4, 9, 0, -1), (1.5, 0.6, 9, 0, -2), (-0.99, 0.02, 9, 0, -2),  # outside, partly outside
        (0.05, 0.0499, 5, 0, 0), (0.05, 0.0499, 4, 0, -3), (0.05, 0.0501, 5, 0, -3),  # of a ball that takes 5 updates
        (0.01, 0.0099, 0, 0, 0), (0.01, 0.0101, 0, 0, -2),  # of one in which all rests, and a little beyond
        (0.05, 0.0499, 5, 1, -2), (0.01, 0.0099, 0, 1, -2),  # what may have stopped before
        (0.05, 0.0399, 0, 0, -1), (0.05, 0.0401, 0, 0, -2),  # further than delta at the limit, or nearer
        (0.8, 0.05, 10, 0, -3), (0.8, 0.05, 9, 0, -1), (0.52, 0.1, 9, 0, -3),  # 10 updates away, or in part
    ],
)  # fmt: skip
def test_verdicts_change_where_their_conditions_do(center, radius, left, flag, verdict):
    """Around a minimum at 0 with a ball of .1 that takes 5 updates, one of .02 at rest, and a delta of .01."""
    sets, _ = plain_sets(DOUBLE_WELL)
    piece, boxes = np.array([center, radius, 0.0, 0.0, flag, -1.0]), np.zeros((4, sets.BOX))
    boxes[[0, 3], sets.WAIT] = -10.0
    found = sets.verdict_of(
        piece, np.array([radius]), left, np.array([-1.0, 1.0, 0.5]), boxes.ravel(), np.array([0]), np.array([1, 1, 4]),
        1, np.array([0]), 1, 1, np.zeros(1), np.array([0.1, 0.01]), np.array([0.1, 0.02]), np.array([5.0, 0.0]), 2,
        np.zeros(sets.BOX), np.zeros(1), np.zeros(1),
    )  # fmt: skip
    assert found == verdict
    assert (piece[sets.INSIDE] == 0) == (abs(center) + radius <= 0.1)


def test_the_last_update_counts():
    """From 1 by halves to 2^-10 takes ten: with nine it is proven that nothing arrives, with ten it is not."""
    f = Objective.from_expression("x**2/2", ["x"])
    for steps, proven_not in ((9, True), (10, False)):
        method = Method(learning_rate=0.5, max_steps=steps, gradient_tolerance=2.0**-10 * (1 + 1e-6))
        shares, *_ = proven(f, {"x": (1 - 1e-8, 1 + 1e-8)}, method, 64, arena={"x": (-2, 2)})
        assert (shares.bounds(-1)[0] > 0.999) == proven_not


@pytest.mark.parametrize("rate", [0.2, 0.9])
def test_what_is_proven_of_a_ball_is_what_its_docstring_says(rate):
    """Of x^2 + y^2/2 with a minimum known to w and a gradient to G: contraction, drift, rest and delta, to 1e-6."""
    f, w, error, tolerance = Objective.from_expression("x**2 + y**2/2", ["x", "y"]), 5e-5, 1e-6, 1e-3
    minimum = types.SimpleNamespace(center=(0.0, 0.0), location=((-1.5e-5, 1.5e-5), (-2e-5, 2e-5)))
    rounding = types.SimpleNamespace(gradient=lambda _: ([], error))
    ball = _ball(Problem(f.expression, f.symbols, f.conditions), rounding, minimum, 0.5, rate, tolerance)
    norm = 2**0.5 * error
    assert 0.8 <= ball.q <= 0.8 * (1 + 1e-6)
    assert 1.8 * w + rate * norm <= ball.drift <= (1.8 * w + rate * norm) * (1 + 1e-6)
    rest, delta = (tolerance - norm) / 2 - w, tolerance + norm + w
    assert rest * (1 - 1e-6) <= ball.rest <= rest
    assert delta <= ball.delta <= delta * (1 + 1e-6)


@pytest.mark.parametrize(
    ("operation", "least"),
    [
        (lambda a, b: a * b, lambda a, b, e: abs((a + e) * (b + e) - a * b)),
        (lambda a, b: a / b, lambda a, b, e: abs((a + e) / (b - e) - a / b)),
        (lambda a, b: _fma(a, b, b), lambda a, b, e: abs((a + e) * (b + e) + b + e - a * b - b)),
        (lambda a, _: _sqrt(a), lambda a, _, e: abs((a - e).sqrt() - a.sqrt())),
        (lambda a, _: _function("exp")(a), lambda a, _, e: abs((a + e).exp() - a.exp()) + a.exp() * arb(2) ** -51),
        (lambda a, _: _function("log")(a), lambda a, _, e: abs((a - e).log() - a.log()) + a.log() * arb(2) ** -51),
        (lambda a, _: _function("tan")(a), lambda a, _, e: abs((a + e).tan() - a.tan())),
    ],
)
def test_errors_of_operands_are_carried_on(operation, least):
    """What is computed from operands at the ends of their errors is within the bound, which is at most twice that."""
    with precision(128):
        for size in (2.0**-20, 2.0**-50):
            a, b, e = arb(1.375), arb(1.25), arb(size)
            bound, worst = operation(Rounded(a, e), Rounded(b, e)).error, least(a, b, e)
            assert worst <= bound
            assert bound < worst * 2.1 + 64 * arb(2) ** -53


def test_a_number_of_the_text_is_as_far_from_the_exact_one_as_doubles_are():
    """A third is no double: the enclosure of the exact number contains it, and the error is at least the distance."""
    with precision(128):
        third = _number(1 / 3)
        assert third.exact.contains(arb(1) / 3)
        assert abs(arb(1 / 3) - arb(1) / 3) <= third.error


def test_an_update_of_a_float_descent_is_within_its_bound():
    """Of ``x - a x``, whose gradient is exact, products and differences round: by a fiftieth of the bound or more."""
    f, rate = Objective.from_expression("x**2/2", ["x"]), 0.1
    found = bounds_on(f, Rounding(f), np.array([1.0]), np.array([2.0]), rate, 10)
    x = np.random.default_rng(8).uniform(1, 2, 2000)
    bound = found.update[((x - 1) / found.width[0]).astype(int)]
    lost = [abs(Fraction(b) - (1 - Fraction(rate)) * Fraction(a)) for a, b in zip(x, x - rate * x, strict=True)]
    share = [float(error / Fraction(limit)) for error, limit in zip(lost, bound, strict=True)]
    assert 0.02 < max(share) <= 1
