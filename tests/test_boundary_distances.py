"""How far minima are from the edges of their basins: shocks, profiles, edge tracking; and all measures in one call."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from multistart.boundaries.edge_tracking import track
from multistart.boundaries.labels import Array, Codes
from multistart.boundaries.measure import Measures, measure
from multistart.boundaries.metered import Metered
from multistart.boundaries.profile import profile
from multistart.boundaries.shocks import affordable, shocks
from multistart.box import Box
from multistart.descents.outcomes import LEFT_ARENA, STEP_LIMIT
from multistart.figures.gallery import profile as profile_picture
from multistart.figures.gallery import roughness as roughness_picture
from multistart.study import storage
from tests import figure_scenes
from tests.label_functions import EDGES, PLANE, UNIT, WELL, double_well, half, newton

SIX = Box({f"x{i}": (-1, 1) for i in range(6)})
WELLS = np.array([[-1.0], [1.0]])
ROOTS = np.array([[1.0, 0.0], [-0.5, 0.75**0.5], [-0.5, -(0.75**0.5)]])


def test_the_shock_of_the_double_well_is_to_its_nearest_edge():
    """At rate .5 from 1: sqrt 3 - 1 upward, not 1 downward, to 1e-9; and the other way from -1."""
    found = shocks(double_well, WELL, WELLS, np.array([0.2, 0.2]), np.random.default_rng(0), 3000)
    for i, shock in enumerate(found):
        assert shock.high == pytest.approx(3**0.5 - 1, abs=1e-9)
        assert shock.direction[0] == WELLS[i, 0]
        assert shock.low == 0.2
        assert shock.lands_in == 1 - i
        assert double_well(np.stack([shock.inside, shock.outside])).tolist() == [i, 1 - i]


def test_the_shock_of_a_quadratic_well_in_a_tilted_double_well_is_that_by_hand():
    """f = (x² - 1)²/4 + x/8 + y²: the basins of its flow meet where x is the middle root of x³ - x + 1/8.

    The well in y turns no start from that line, so the shock is straight to it.
    """
    left, middle, right = np.sort(np.roots([1, 0, -1, 1 / 8]).real)
    box = Box({"x": (-2, 2), "y": (-1, 1)})

    def label(points: Array) -> Codes:
        return (points[:, 0] < middle).astype(np.int64)  # the lower minimum is the left one: f tilts up to the right

    minima = np.array([[right, 0.0], [left, 0.0]])
    found = shocks(label, box, minima, np.zeros(2), np.random.default_rng(1), 12_000)
    by_hand = [right - middle, middle - left]
    assert [shock.high for shock in found] == pytest.approx(by_hand, abs=1e-8)
    assert abs(found[0].direction - [-1, 0]).max() < 2e-4
    assert abs(found[1].direction - [1, 0]).max() < 2e-4


def test_shocks_are_refined_to_1e_8_in_any_direction():
    """Of a tilted straight boundary in two dimensions: distance and normal by hand; and no longer than the budget."""
    minima, budget = np.array([[-0.5, -0.4], [0.5, 0.4]]), 12_000
    label = Metered(half)
    found = shocks(label, PLANE, minima, np.zeros(2), np.random.default_rng(2), budget)
    assert label.spent <= budget
    assert [shock.high for shock in found] == pytest.approx([0.13 + 0.64, 0.64 - 0.13], abs=1e-8)
    assert abs(found[0].direction - [0.8, 0.6]).max() < 1e-3
    assert [shock.note for shock in found] == ["", ""]


def test_shocks_are_refined_in_six_dimensions():
    """To the surface of an ellipsoid, as near as a constrained minimiser finds it."""
    scale, center = np.array([1, 2, 0.5, 1, 1, 1.3]), np.array([1.5, 0, 0, 0, 0, 0])
    minimum = np.array([0.0, 0.05, -0.1, 0.2, 0.0, 0.0])

    def label(points: Array) -> Codes:
        return (np.linalg.norm((points - center) * scale, axis=1) < 1.2).astype(np.int64)

    inside = {"type": "ineq", "fun": lambda p: 1.2 - np.linalg.norm((p - center) * scale)}
    nearest = minimize(lambda p: ((p - minimum) ** 2).sum(), minimum + 0.3, constraints=inside, tol=1e-14).fun ** 0.5
    (found,) = shocks(label, SIX, minimum[None], np.array([0.1]), np.random.default_rng(3), 20_000)
    assert found.high == pytest.approx(nearest, abs=1e-6)
    assert found.low == 0.1
    assert label((minimum + found.high * found.direction)[None])[0] == 1


def test_no_shock_is_shorter_than_what_is_found_to_be_the_distance():
    """Of Newton's fractal basins: all points of a disc a thousandth smaller than the shock are the root's own."""
    found = shocks(newton, PLANE, ROOTS, np.zeros(3), np.random.default_rng(4), 20_000)
    rng = np.random.default_rng(5)
    angle, radius = rng.uniform(0, 2 * np.pi, 20_000), rng.uniform(0, 1, 20_000) ** 0.5
    own = newton(np.array([[1.0, 0.0]]))[0]
    assert own == 0
    disc = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (radius * found[0].high * 0.99)[:, None]
    assert (newton(ROOTS[0] + disc) == 0).mean() > 0.999
    assert newton(found[0].outside[None])[0] == found[0].lands_in != 0


def test_the_step_limit_is_no_basin_to_be_shocked_into():
    """A boundary of the step limit is passed over; where nothing else is found there is no shock, with the reason."""

    def label(points: Array) -> Codes:
        x = points[:, 0]
        return np.where(x < 0.3, 0, np.where(x < 0.6, -1 - STEP_LIMIT, -1 - LEFT_ARENA))

    (found,) = shocks(label, PLANE, np.zeros((1, 2)), np.zeros(1), np.random.default_rng(6), 8000)
    assert found.high == pytest.approx(0.6, abs=1e-8)
    assert found.lands_in == -1 - LEFT_ARENA
    (none,) = shocks(lambda x: np.where(x[:, 0] < 0.3, 0, -1 - STEP_LIMIT), PLANE, np.zeros((1, 2)), np.zeros(1),
                     np.random.default_rng(6), 8000)  # fmt: skip
    assert math.isnan(none.high)
    assert "no displacement" in none.note
    (away,) = shocks(lambda x: np.ones(len(x), dtype=np.int64), PLANE, np.zeros((1, 2)), np.ones(1),
                     np.random.default_rng(6), 8000)  # fmt: skip
    assert math.isnan(away.low)
    assert away.note == "descents from the minimum do not stay there"


def test_a_small_budget_is_for_the_lowest_minima():
    """Of 121 minima in two dimensions 20,000 descents are enough for ten."""
    assert affordable(121, 2, 20_000) == 10
    assert affordable(3, 1, 20_000) == 3
    assert affordable(3, 2, 100) == 0


def test_edges_lead_to_the_saddle_between():
    """Of the double well each edge is a preimage of 0; of a plane map the saddle is reached along its stable line."""

    def well(points: Array, updates: int) -> Array:
        for _ in range(updates):
            points = points - 0.5 * (points**3 - points)
        return points

    edges = EDGES[1:4, None]
    beside = 1e-7 * np.ones_like(edges)
    own = double_well(edges - beside)
    found = track(double_well, well, edges - beside, edges + beside, own, WELL, np.array([[1.0], [0.0]]), 100_000)
    assert found.saddle.tolist() == [1, 1, 1]
    assert found.arrived.all()
    assert np.abs(found.place).max() < 1e-6

    saddle = np.array([0.3, -0.2])

    def step(points: Array, updates: int) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return saddle + (points - saddle) * np.array([1.3, 0.7]) ** updates

    label = partial(half, direction=(1.0, 0.0), offset=0.3)
    inside, outside = np.array([[0.2, 0.9]]), np.array([[0.5, 0.8]])
    found = track(label, step, inside, outside, np.array([0]), PLANE, saddle[None], 100_000)
    assert found.saddle.tolist() == [0]
    assert np.abs(found.place - saddle).max() < 1e-5
    short = track(label, step, inside, outside, np.array([0]), PLANE, saddle[None], 100)
    assert not short.arrived.any()


def test_intervals_of_profiles_cover_the_share_of_directions():
    """Of a straight boundary at distance a: acos(a/r)/pi of directions leave at r, in two dimensions; in 200 studies.

    In three a cap of (1 - a/r)/2. Sectors make intervals wider than needed, so nearly all cover.
    """
    minimum = np.array([[0.13 * 0.8 - 0.4 * 0.8, 0.13 * 0.6 - 0.4 * 0.6]])  # 0.4 before the line
    covered, n = 0, 0
    for i in range(40):
        rows = profile(half, PLANE, PLANE.widened(1.0), minimum, np.random.default_rng(i), 2000)
        cap = np.arccos(np.clip(0.4 / rows.radius, -1, 1)) / np.pi
        covered += int(((rows.low <= 1 - cap) & (1 - cap <= rows.high)).sum())
        n += len(cap)
    assert covered / n > 0.97
    cube = Box({"x": (-1, 1), "y": (-1, 1), "z": (-1, 1)})
    label = partial(half, direction=(0.6, 0.0, 0.8), offset=0.3)
    covered, n = 0, 0
    for i in range(40):
        rows = profile(label, cube, cube, np.zeros((1, 3)), np.random.default_rng(i), 2000)
        cap = np.maximum(1 - 0.3 / rows.radius, 0) / 2
        covered += int(((rows.low <= 1 - cap) & (1 - cap <= rows.high)).sum())
        n += len(cap)
    assert covered / n > 0.95


def test_a_profile_in_one_dimension_is_exact():
    """Both directions: from 1 the basin ends at 0 and at sqrt 3, and goes on beyond."""
    rows = profile(double_well, WELL, WELL, WELLS, np.random.default_rng(7), 1000)
    of_one = rows.minimum == 1
    assert set(rows.directions) == {2}
    inside = [double_well(np.array([[1 + r], [1 - r]])).sum() for r in rows.radius[of_one]]
    assert rows.inside[of_one].tolist() == inside
    assert (rows.low == rows.share).all()


def all_measures(budget: int) -> Measures:
    """Of Newton's map, whose roots are numbered as `newton` does."""
    return measure(newton, PLANE, ROOTS[:1], np.zeros(1), np.empty((0, 2)), 1, budget)


def test_all_measures_keep_to_the_budget_and_to_the_seed():
    """No descent more, nearly all of them used, and the same numbers again."""
    for budget in (0, 500, 20_000):
        label = Metered(newton)
        found = measure(label, PLANE, ROOTS, np.zeros(3), np.empty((0, 2)), 1, budget)
        assert label.spent == found.spent <= budget
    assert found.spent > 0.95 * 20_000
    again = measure(newton, PLANE, ROOTS, np.zeros(3), np.empty((0, 2)), 1, 20_000)
    for one, two in ((found.boundary_rows(), again.boundary_rows()), (found.profile_rows(), again.profile_rows())):
        assert all(pd.Series(one[name]).equals(pd.Series(two[name])) for name in one)


def test_tables_are_as_they_are_declared(tmp_path):
    """What is written is checked against the declaration, of a study with boundaries, of few descents and of none."""
    nowhere = measure(lambda x: np.zeros(len(x), dtype=np.int64), UNIT, np.array([[0.5]]), np.zeros(1),
                      np.empty((0, 1)), 1, 5000)  # fmt: skip
    few = [(all_measures(budget), ("x", "y")) for budget in (0, 1, 30, 144)]
    for found, names in ((all_measures(20_000), ("x", "y")), *few, (nowhere, ("x",))):
        storage.write_columns(tmp_path / "boundary.csv", found.boundary_rows())
        storage.write_columns(tmp_path / "uncertainty.csv", found.uncertainty_rows())
        storage.write_columns(tmp_path / "shocks.csv", found.shock_rows(names))
        storage.write_columns(tmp_path / "profile.csv", found.profile_rows())
    rows = pd.read_csv(tmp_path / "boundary.csv").set_index("quantity")
    assert rows.loc["labels", "note"] == "take part: basin 0"
    assert rows.loc["verdict_roughness", "note"] == "There is no boundary to measure: one label takes part at most."
    assert "30 are needed" in rows.loc["boundary_basin_entropy", "note"]


def test_pictures_show_what_was_measured():
    """Points, the fitted line and words of the one; curves, bars and triangles of the other; a sentence without."""
    scene = figure_scenes.double_well()
    for draw in (roughness_picture.draw, profile_picture.draw):
        assert any("descents is 0" in text.get_text().replace("\n", " ") for text in draw(scene).texts)
    found = measure(double_well, WELL, WELLS, np.array([0.2, 0.2]), np.array([[0.0]]), 1, 40_000)
    measured, uncertainty, shocked, profiles = (
        pd.DataFrame(rows)
        for rows in (found.boundary_rows(), found.uncertainty_rows(), found.shock_rows(("x",)), found.profile_rows())
    )
    scene = replace(scene, measured=measured, uncertainty=uncertainty, shocks=shocked, profile=profiles)
    figure = roughness_picture.draw(scene)
    fitted = next(line for line in figure.axes[0].lines if line.get_label() == "the power that fits best")
    assert fitted.get_ydata() == pytest.approx(uncertainty["fitted"].dropna().to_numpy())
    words = " ".join(text.get_text() for text in figure.texts).replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert found.boundary_rows()["note"][-3] in words
    chart = profile_picture.draw(scene).axes[0]
    ways = [line.get_xdata()[0] for line in chart.lines if line.get_marker() == "v" and len(line.get_xdata()) == 1]
    assert ways == pytest.approx([3**0.5 - 1] * 2, abs=1e-8)
