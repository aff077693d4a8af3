"""Descents that are held in a box, by projection: against plain loops, SciPy, and what is proven of faces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares, minimize

from multistart.box import Box
from multistart.config import read_config
from multistart.descents.descend import descend
from multistart.descents.outcomes import RESTING
from multistart.descents.trace import trace
from multistart.errors import ConfigError, InputError
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_evaluation
from multistart.methods import RULES, SEARCHES, Method
from multistart.methods.gradient_descent import attracted
from multistart.methods.outside import OPTIMISERS
from multistart.minima import Minima, certify_minima, find_minima, label, settle, without_denied
from multistart.proofs import certify
from multistart.study import load_study

from .plain_bounds import HELD, projected
from .plain_kernel import plainly
from .plain_searches import descent
from .staged import run, summary
from .test_searches import compiled

PEAKS = named("peaks")
BOX = Box({"x": (-1, 3), "y": (-1, 2)})
STARTS = BOX.low + BOX.width * np.random.default_rng(3).random((400, 2))
DESCENT = Method(learning_rate=0.02, max_steps=20000)
IN_THE_SUITE = ("bfgs", "damped_newton")
BY_SEARCH = [pytest.param(name, marks=[] if name in IN_THE_SUITE else pytest.mark.slow, id=name) for name in HELD]
#: A bowl whose axes are turned, by its numbers: one kernel for all of them.
BOWL = Objective.from_expression(
    "(a*(x - p)**2 + b*(y - q)**2 + c*(z - r)**2)/2 + s*x*y + t*y*z",
    ["x", "y", "z"],
    dict.fromkeys("abcpqrst", 1.0),
)
UNIT = Box(dict.fromkeys("xyz", (0.0, 1.0)))


def bowls(count: int) -> list[Objective]:
    """Strictly convex ones, with minima in and around the unit cube."""
    rng, found = np.random.default_rng(11), []
    for _ in range(count):
        numbers = dict(
            zip("abcpqrst", [*rng.uniform(1, 6, 3), *rng.uniform(-1, 2, 3), *rng.uniform(-0.4, 0.4, 2)], strict=True)
        )
        found.append(BOWL.with_parameters(**{name: float(x) for name, x in numbers.items()}))
    return found


def norms(points: np.ndarray, box: Box, objective: Objective = PEAKS) -> np.ndarray:
    """Of the projected gradients."""
    gradients = zip(points.tolist(), objective.gradient(points).tolist(), strict=True)
    return np.array([np.linalg.norm(projected(box, x, g)) for x, g in gradients])


# --- one update after the other ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gradient_descent", "heavy_ball"])
def test_a_held_update_is_the_rule_and_then_the_nearest_point_of_the_box(name: str) -> None:
    """Against a loop by NumPy: the velocity is what the rule makes it, whatever the projection does."""
    method = Method(name, learning_rate=0.1, max_steps=15, gradient_tolerance=0)
    momentum = method.momentum if name == "heavy_ball" else 0.0
    for start in ([1.3, -0.8], [-0.9, 1.9]):
        with plainly():
            found = trace(PEAKS, method.held_in(BOX), np.array(start))
        x, v = np.array(start), np.zeros(2)
        for point in found:
            np.testing.assert_allclose(point, x, rtol=0, atol=1e-9)
            v = momentum * v + PEAKS.gradient(x[None])[0]
            x = np.clip(x - 0.1 * v, BOX.low, BOX.high)
        assert (found[-1] == BOX.low).any() or (found[-1] == BOX.high).any()


@pytest.mark.parametrize("name", BY_SEARCH)
def test_a_held_search_is_its_plain_loop(name: str) -> None:
    """Bits of every end, steps, ending and evaluations."""
    method = Method(name, max_steps=60)
    out, found = descend(PEAKS, method, STARTS[:60], bounds=BOX), compiled(PEAKS, method)
    assert out.evaluations is not None
    for i, start in enumerate(STARTS[:60]):
        for counter in ("values", "extra", "hessians"):
            setattr(found, counter, 0)
        plain = descent(method, found, start, BOX, held=(HELD[name], projected))
        assert out.ending[i] in ({plain.ending, "stationary"} if plain.ending == "step_limit" else {plain.ending})
        assert out.end[i].tobytes() == np.array(plain.points[-1]).tobytes()
        assert (out.steps[i], *out.evaluations[i]) == (len(plain.points) - 1, *plain.evaluations)


def test_the_bits_of_a_held_descent_depend_on_its_start_alone() -> None:
    """Neither on what it stands beside in a block, nor on threads; and a trace passes through the same points."""
    out = descend(PEAKS, DESCENT, STARTS, bounds=BOX)
    mixed = np.random.default_rng(0).permutation(len(STARTS))
    again = descend(PEAKS, DESCENT, STARTS[mixed], bounds=BOX, threads=2)
    assert again.end.tobytes() == out.end[mixed].tobytes()
    assert again.steps.tolist() == out.steps[mixed].tolist()
    for row in (row for row in range(0, 400, 40) if out.steps[row] < 1000):  # a step of a trace takes long
        way = trace(PEAKS, DESCENT, STARTS[row], bounds=BOX)
        assert BOX.contains(way).all()
        assert way[-1].tobytes() == out.end[row].tobytes()
        assert (norms(way[:-1], BOX) > DESCENT.gradient_tolerance).all()
    assert (norms(out.end, BOX) <= 1.01 * DESCENT.gradient_tolerance)[out.ending == "converged"].all()


def test_a_start_outside_the_box_is_not_put_into_it() -> None:
    """It ends at once, as one outside an arena does; so does one that is no point."""
    out = descend(PEAKS, DESCENT, np.array([[3.5, 0.0], [np.nan, 0.0], [3.0, 2.0]]), bounds=BOX)
    assert out.ending.tolist() == ["left_arena", "nonfinite", "converged"]
    assert out.steps.tolist() == [0, 0, 0]


def test_bounds_that_nothing_meets_change_no_bit() -> None:
    """In the whole plane but for a far box a descent is the one without bounds."""
    free = descend(PEAKS, DESCENT, STARTS[:100], arena=BOX.widened(30))
    held = descend(PEAKS, DESCENT, STARTS[:100], bounds=BOX.widened(30))
    inside = free.ending == "converged"
    assert inside.sum() > 20
    assert held.end[inside].tobytes() == free.end[inside].tobytes()


# --- what can be held ---------------------------------------------------------------------------------------------


def test_what_cannot_be_held_is_refused_with_what_can() -> None:
    """In a sentence; all rules, all searches and eight of SciPy's methods can."""
    able = {name for name in OPTIMISERS if not Method("scipy", method=name).not_held}
    assert able == {"L-BFGS-B", "TNC", "SLSQP", "Nelder-Mead", "Powell", "COBYQA", "trf", "dogbox"}
    with pytest.raises(InputError, match="SciPy's CG takes no bounds; those that do are L-BFGS-B, TNC"):
        descend(PEAKS, Method("scipy", method="CG"), STARTS[:2], bounds=BOX)
    with pytest.raises(InputError, match="the gradient flow cannot hold bounds"):
        descend(PEAKS, Method("gradient_flow"), STARTS[:2], bounds=BOX)
    with pytest.raises(InputError, match="have that as their arena"):
        descend(PEAKS, DESCENT, STARTS[:2], bounds=BOX, arena=BOX.widened(1))
    assert all(not Method(name).not_held for name in RULES)
    assert all(search.not_held == "" for search in SEARCHES.values())


@pytest.mark.parametrize("name", ["L-BFGS-B", pytest.param("SLSQP", marks=pytest.mark.slow)])
def test_scipy_is_given_the_bounds(name: str) -> None:
    """Its ends are in the box, most of them at rest by the projected gradient; an end inside a corner is none."""
    out = descend(PEAKS, Method("scipy", method=name), STARTS[:60], bounds=BOX)
    assert BOX.contains(out.end).all()
    assert ((out.end == BOX.low) | (out.end == BOX.high)).any(axis=1).sum() > 20
    assert ((norms(out.end, BOX) <= 1e-8) == (out.ending == "converged")).all()
    assert (out.ending == "converged").sum() > 10


# --- ends on faces ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method",
    [
        Method("damped_newton"),
        Method("bfgs"),
        pytest.param(Method(learning_rate=0.1, max_steps=5000), marks=pytest.mark.slow),
        pytest.param(Method("armijo"), marks=pytest.mark.slow),
        pytest.param(Method("barzilai_borwein_1"), marks=pytest.mark.slow),
        pytest.param(Method("barzilai_borwein_2"), marks=pytest.mark.slow),
    ],
)
def test_ends_are_those_of_l_bfgs_b(method: Method) -> None:
    """On strictly convex bowls: one place for all starts, and the same coordinates at the same bounds."""
    starts = np.random.default_rng(2).random((5, 3))
    held = set()
    for bowl in bowls(12):
        out = descend(bowl, method, starts, bounds=UNIT)
        f = lambda x, f=bowl: (float(f.value(x[None])[0]), f.gradient(x[None])[0])  # noqa: E731
        options = {"ftol": 0.0, "gtol": 1e-10}
        truth = minimize(f, starts[0], jac=True, method="L-BFGS-B", bounds=[(0, 1)] * 3, options=options).x
        assert (out.ending == "converged").all()
        np.testing.assert_allclose(out.end, np.tile(truth, (5, 1)), rtol=0, atol=1e-7)
        assert ((out.end == 0) == (truth == 0)).all()
        assert ((out.end == 1) == (truth == 1)).all()
        held.add(tuple(((truth == 0) | (truth == 1)).tolist()))
    assert len(held) > 3  # inside, on faces, on edges


@pytest.mark.slow
def test_fits_end_where_scipys_trf_ends() -> None:
    """Levenberg and Marquardt's method in boxes that cut the best fit off: place, value, and which bounds hold it."""
    rng = np.random.default_rng(0)
    x = np.linspace(0.1, 5, 30)
    y = 3 * np.exp(-0.5 * x) + 1 + 0.05 * rng.standard_normal(30)
    fit = Objective.from_model("a*exp(-b*x) + c", {"x": x, "y": y}, ["a", "b", "c"], response="y")
    held = set()
    for _ in range(8):
        low = [0.5, 0.05, -1] + rng.uniform(0, 1, 3) * [2, 0.3, 1.5]
        high = low + rng.uniform(0.3, 3, 3) * [2, 0.5, 1]
        box = Box(dict(zip("abc", zip(low.tolist(), high.tolist(), strict=True), strict=True)))
        starts = low + (high - low) * rng.random((50, 3))
        out = descend(fit, Method("levenberg_marquardt"), starts, bounds=box)
        options: Any = dict.fromkeys(("xtol", "ftol", "gtol"), 1e-15)
        residuals = lambda p: p[0] * np.exp(-p[1] * x) + p[2] - y  # noqa: E731
        truth = least_squares(residuals, starts[0], bounds=(low, high), **options)
        assert (out.ending == "converged").all()
        np.testing.assert_allclose(out.end, np.tile(truth.x, (50, 1)), rtol=0, atol=1e-6)
        np.testing.assert_allclose(out.value, 2 * truth.cost, rtol=1e-10)
        outside = descend(fit, Method("scipy", method="trf"), starts[:5], bounds=box)
        minima = find_minima(fit, out.end, box, held=True)
        assert len(minima) == 1
        assert (
            label(fit, np.concatenate([out.end, outside.end]), minima, box).tolist() == [0] * 55
        )  # it ends beside bounds
        held.add(tuple(((out.end[0] == low) | (out.end[0] == high)).tolist()))
    assert len(held) > 2


def minima_of(objective: Objective, ends: np.ndarray, box: Box) -> tuple[Minima, Minima, Any]:
    """The minima near ends, with what is proven of them; those before a proof denied some; and the proof."""
    evaluation = compile_evaluation(objective)
    function = objective.evaluated_by(evaluation.evaluate)
    found = settle(find_minima(function, ends, box, held=True), evaluation, box)
    proof = certify(objective, box)
    kept = without_denied(function, found, proof, box)
    return certify_minima(function, kept, proof, box), found, proof


def test_every_end_is_at_a_proven_minimum_of_the_box() -> None:
    """2,000 projected descents on peaks: inside, on faces and in corners, and each has its label."""
    starts = BOX.low + BOX.width * np.random.default_rng(7).random((2000, 2))
    out = descend(PEAKS, Method("damped_newton"), starts, bounds=BOX)
    minima, before, proof = minima_of(PEAKS, out.end, BOX)
    assert proof.lists_all()
    assert len(before) == len(minima) == len(proof.minima) + len(proof.boundary) == 7
    assert minima.certified.all()
    columns = minima.columns(("x", "y"))
    assert columns["at_bound"].tolist() == [
        "y low", "x low", "", "x high, y high", "x high, y low", "x low, y low", "x low, y high",
    ]  # fmt: skip
    assert columns["kind"].tolist() == ["global"] + ["local"] * 6
    basin = label(PEAKS, out.end, minima, BOX)
    assert (basin >= 0).all()
    assert (np.abs(out.end - minima.location[basin]) < 1e-7).all()


def test_the_curvature_of_a_minimum_on_a_face_is_that_along_it() -> None:
    """One free coordinate has its second derivative, a corner none; rows of outcomes likewise."""
    out = descend(PEAKS, Method("damped_newton"), STARTS, bounds=BOX)
    minima, _, _ = minima_of(PEAKS, out.end, BOX)
    second = PEAKS.hessian(minima.location)
    np.testing.assert_allclose(minima.curvature_min[:2], [second[0, 0, 0], second[1, 1, 1]], rtol=1e-9)
    np.testing.assert_allclose(minima.curvature_max[2], np.linalg.eigvalsh(second[2])[1], rtol=1e-9)
    assert np.isnan(minima.curvature_min[3:]).all()
    rates = minima.columns(("x", "y"))["critical_learning_rate"]
    assert np.isfinite(rates[:3]).all()
    assert np.isinf(rates[3:]).all()
    basin = label(PEAKS, out.end, minima, BOX)
    np.testing.assert_allclose(out.curvature_min[basin == 0], minima.curvature_min[0], rtol=1e-5)
    assert np.isnan(out.curvature_min[basin == 3]).all()


def test_minima_of_the_box_are_told_from_what_only_looks_so() -> None:
    """x^2 has its minimum at the bound 0, with an inward derivative of 0; -x^2 has none there, nor has x - y^2."""
    box = Box({"x": (0, 1), "y": (-1, 1)})
    ends = np.array([[0.0, 0.0]])
    bowl = Objective.from_expression("x**2 + y**2", ["x", "y"])
    found = find_minima(bowl, ends, box, held=True)
    assert found.location.tolist() == [[0.0, 0.0]]
    assert found.columns(("x", "y"))["at_bound"].tolist() == [""]
    for formula in ("-x**2 + y**2", "x - y**2", "x + y**3", "x**3 + y**2"):
        none = Objective.from_expression(formula, ["x", "y"])
        assert len(find_minima(none, ends, box, held=True)) == 0, formula
    quartic = find_minima(Objective.from_expression("x + y**4", ["x", "y"]), np.array([[0.0, 1e-3]]), box, held=True)
    np.testing.assert_allclose(quartic.location, [[0.0, 0.0]], atol=1e-9)
    outside = Objective.from_expression("(x + 0.01)**2 + y**2", ["x", "y"])
    assert find_minima(outside, ends, box).location.tolist() == [[-0.01, 0.0]]
    held = find_minima(outside, ends, box, held=True)
    assert held.columns(("x", "y"))["at_bound"].tolist() == ["x low"]


def test_a_flat_minimum_of_a_fit_on_a_face_is_found() -> None:
    """Where only 640 bits can tell: along the bound the sum of squares grows with the fourth power."""
    data = {"x": [1.0, 2.0], "y": [0.0, 0.0]}
    fit = Objective.from_model("x*b**2 + a", data, ["a", "b"], response="y")
    box = Box({"a": (0.0, 1.0), "b": (-1.0, 1.0)})
    found = find_minima(fit, np.array([[0.0, 0.0], [0.5, 0.5]]), box, held=True)
    assert found.location.tolist() == [[0.0, 0.0]]
    shifted = Objective.from_model("x*b**2 + a + 1", data, ["a", "b"], response="y")
    held = find_minima(shifted, np.array([[0.0, 1e-9]]), box, held=True)
    np.testing.assert_allclose(held.location, [[0.0, 0.0]], atol=1e-12)
    assert held.columns(("a", "b"))["at_bound"].tolist() == ["a low"]
    steep = Objective.from_model("x*b**4 + a + 1", data, ["a", "b"], response="y")
    assert len(find_minima(steep, np.array([[0.0, 1e-3]]), box, held=True)) == 1


def test_an_end_beside_a_face_is_labelled_with_the_minimum_on_it() -> None:
    """As methods leave that stop short of bounds; but a minimum inside that is near a face is one inside."""
    minima = Minima.at(PEAKS, np.array([[3.0, 2.0]]), BOX, held=True)
    assert label(PEAKS, np.array([[2.9999, 1.9998], [2.9, 1.9]]), minima, BOX).tolist() == [0, -1]
    box = Box({"x": (0, 1), "y": (-1, 1)})
    inside = Objective.from_expression("(x - 1e-4)**2 + y**2", ["x", "y"])
    found = find_minima(inside, np.array([[1e-4 + 1e-9, 0.0]]), box, held=True)
    assert found.columns(("x", "y"))["at_bound"].tolist() == [""]
    np.testing.assert_allclose(found.location, [[1e-4, 0.0]], atol=1e-12)


# --- proven stopping ----------------------------------------------------------------------------------------------


def test_attraction_balls_hold_for_held_descents() -> None:
    """A trapped descent goes to the minimum of its ball when it is let go on; balls lie in the box."""
    proof = certify(PEAKS, BOX)
    stopped = descend(PEAKS, Method(learning_rate=0.02, stopping="certified"), STARTS, bounds=BOX, certificate=proof)
    trapped = stopped.ending == "trapped"
    assert trapped.sum() > 50
    (minimum,) = proof.minima
    assert minimum.attraction is not None
    assert attracted(np.array(minimum.attraction.curvature), {"learning_rate": 0.02})
    radius, center = minimum.attraction.radius, np.array(minimum.attraction.center)
    assert (center - radius >= BOX.low).all() and (center + radius <= BOX.high).all()  # noqa: PT018
    to_the_end = descend(PEAKS, DESCENT, STARTS[trapped], bounds=BOX)
    np.testing.assert_allclose(to_the_end.end, np.tile(center, (trapped.sum(), 1)), atol=1e-8)


def test_a_ball_that_reaches_out_of_the_box_holds_nothing() -> None:
    """Whatever certificate a caller gives: that of a larger box has balls across this one's faces."""
    wide = certify(PEAKS, BOX.widened(1))
    narrow = Box({"x": (0.25, 3), "y": (-1, 2)})
    starts = narrow.low + narrow.width * np.random.default_rng(0).random((200, 2))
    method = Method(learning_rate=0.02, stopping="certified")
    assert (descend(PEAKS, method, starts, bounds=narrow, certificate=wide).ending != "trapped").all()
    assert (descend(PEAKS, method, starts, arena=BOX.widened(1), certificate=wide).ending == "trapped").any()


# --- brute truth --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["peaks", "himmelblau"])
@pytest.mark.parametrize("seed", range(4))
def test_every_end_in_a_random_box_is_at_a_proven_minimum(name: str, seed: int) -> None:
    """2,000 starts, five methods: what rests is labelled, and all that is found is certified.

    In the usual box, since outside of it peaks is flat: there slopes are below the tolerance away from minima, too.
    """
    objective, rng = named(name), np.random.default_rng(seed)
    assert objective.domain is not None
    middle = objective.domain.low + objective.domain.width * rng.random(2)
    half = objective.domain.width * rng.uniform(0.05, 0.4, 2)
    low, high = np.maximum(middle - half, objective.domain.low), np.minimum(middle + half, objective.domain.high)
    ends = zip(low.tolist(), high.tolist(), strict=True)
    box = Box(dict(zip(objective.variables, ends, strict=True)))
    starts = box.low + box.width * rng.random((2000, 2))
    for method in (DESCENT_SLOWLY, Method("adam", learning_rate=0.01, max_steps=5000), *map(Method, SEARCHED)):
        out = descend(objective, method, starts, bounds=box)
        rest = np.isin(out.ending_code, RESTING)
        minima, before, proof = minima_of(objective, out.end[rest], box)
        assert proof.lists_all()
        assert minima.certified.all() and len(before) == len(minima)  # noqa: PT018
        assert (label(objective, out.end[rest], minima, box) >= 0).all()


DESCENT_SLOWLY = Method(learning_rate=0.003, max_steps=20000)
SEARCHED = ("armijo", "bfgs", "damped_newton")


# --- a study ------------------------------------------------------------------------------------------------------

CONFIG: dict[str, Any] = {
    "study": "held",
    "objective": {"name": "peaks"},
    "domain": {"x": [-1, 3], "y": [-1, 2]},
    "bounds": "hold",
    "starts": {"design": "jittered_grid", "per_axis": 16, "seed": 1},
    "methods": {"newton": {"optimizer": "damped_newton", "max_steps": 200}},
    "boundary": {"descents": 0},
}


def test_a_held_study_says_which_bounds_its_minima_are_on(tmp_path: Path) -> None:
    """In tables and words; the proof knows of all seven, and all starts are labelled."""
    study = load_study(CONFIG)
    assert study.arena == study.domain
    folder = run(study, tmp_path)
    basins = pd.read_csv(folder / "basins.csv", keep_default_na=False)
    assert basins["at_bound"].tolist()[:4] == ["y low", "x low", "", "x high, y high"]
    assert basins["certified"].all()
    assert basins["count"].sum() == 256
    text = summary(study, folder).markdown
    assert "x in [-1, 3], y in [-1, 2], and was held there, with " in text
    assert "(0.417357, -1), on the bound y = -1" in text
    assert "at (3, 2), on the bounds x = 3 and y = 2" in text
    assert "It is proven that these 7 minima are all there are" in text
    assert "descents are held in it" in text


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("arena", {"widen": 0.5}, "with bounds: hold the arena is the domain, give 0, or leave it out"),
        ("bounds", "keep", "free or hold"),
        ("bounds", {"x": [0, 1]}, "give the box as domain"),
        ("proven_shares", {"max_cells": 10}, "leave proven_shares out, or bounds"),
        ("sweep", {"methods.newton.max_steps": [1, 2]}, "leave sweep out, or bounds"),
        ("methods", {"flow": {"optimizer": "gradient_flow"}}, "cannot hold bounds"),
        ("methods", {"cg": {"optimizer": "scipy", "method": "CG"}}, "those that do are L-BFGS-B"),
    ],
)
def test_what_bounds_do_not_go_with_is_refused(key: str, value: Any, said: str) -> None:
    """In a sentence, before anything runs."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        read_config({**CONFIG, key: value})
    assert "bounds" not in read_config({**CONFIG, "bounds": "free"}).resolved()
