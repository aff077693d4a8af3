from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart.box import Box
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_evaluation
from multistart.minima import Minima, Tolerances, find_minima, label, settle
from multistart.minima.find import _first_of_each
from multistart.minima.polish import polish

BOX = Box({"x": (-3, 3), "y": (-3, 3)})
RNG = np.random.default_rng(0)


def near(points, n=20, spread=1e-6):
    """A cloud of ends around each of some points."""
    points = np.asarray(points, dtype=float)
    return np.repeat(points, n, axis=0) + spread * RNG.standard_normal((n * len(points), points.shape[1]))


def test_peaks_minima_as_published():
    """Ends near the three minima of peaks become exactly those, lowest first, one global and two local."""
    f = named("peaks")
    minima = find_minima(f, near([p for p, _ in f.minima]), BOX)
    np.testing.assert_allclose(minima.location, [p for p, _ in f.minima], atol=1e-6)
    np.testing.assert_allclose(minima.value, [-6.55113333283583694, -3.04984940280, -0.0649358682555], rtol=1e-11)
    assert minima.kind.tolist() == ["global", "local", "local"]
    # eigenvalues from 40-digit arithmetic; reference/values.json agrees to 5 digits only
    curvatures = minima.curvature_min[0], minima.curvature_max[0]
    np.testing.assert_allclose(curvatures, [17.91970516963489, 30.18221410936227], rtol=1e-12)


def test_value_alone_never_merges():
    """Himmelblau's four minima of equal value are four basins, all reported as global ties."""
    f = named("himmelblau")
    minima = find_minima(f, near([p for p, _ in f.minima]), f.domain)
    assert len(minima) == 4
    assert set(minima.kind) == {"global"}


def test_position_alone_never_merges():
    """Two minima closer than the position tolerance stay apart where their values differ."""
    f = Objective.from_expression("1e12*((x**2 - 1e-8)**2) + 1e-3*x", ["x"])
    box = Box({"x": (-3, 3)})
    ends = np.array([[1e-4], [-1e-4]])
    assert len(find_minima(f, ends, box, Tolerances(position=1e-2, value=1e-9))) == 2
    assert len(find_minima(f, ends, box, Tolerances(position=1e-2, value=1e-2))) == 1


@pytest.mark.parametrize(
    ("formula", "end"),
    [
        ("x**2 - y**2", (0, 0)),  # saddle
        ("-x**2 - y**2", (0, 0)),  # maximum
        ("exp(-x**2 - y**2)", (2.9, 2.9)),  # flat tail
        ("x**3 + y**2", (1e-5, 0)),  # inflection: zero curvature, lower on one side
        ("x**2 + 0*x + (y - y)*y + y*0.0 + 0.0*y + 1e-300*y", (0, 0)),  # valley floor
    ],
)
def test_what_is_no_minimum_is_none(formula, end):
    """A saddle, a maximum, a flat tail, an inflection and a valley floor are no minima, whatever converged there."""
    f = Objective.from_expression(formula, ["x", "y"])
    assert len(find_minima(f, near([end], spread=1e-9), BOX)) == 0


def test_a_degenerate_minimum_is_found():
    """The quartic minimum of 1.5 x² + y⁴, whose Hessian is singular, is one minimum however far off the ends are."""
    f = Objective.from_expression("a*x**2 + y**4", ["x", "y"], {"a": 1.5})
    ends = np.column_stack([np.zeros(50), RNG.uniform(-2e-3, 2e-3, 50)])
    minima = find_minima(f, ends, BOX)
    np.testing.assert_allclose(minima.location, [[0, 0]], atol=1e-6)
    assert (label(f, ends, minima, BOX) == 0).all()


@pytest.mark.parametrize("formula", ["x**2 + y**6", "x**2 + y**8", "x**4 + y**6"])
def test_minima_of_high_order_keep_their_starts(formula):
    """At minima so flat that Newton's method gains little a step, all ends nearby are still one basin."""
    f = Objective.from_expression(formula, ["x", "y"])
    ends = RNG.uniform(-0.02, 0.02, (200, 2))
    minima = find_minima(f, ends, BOX)
    assert len(minima) == 1
    assert (label(f, ends, minima, BOX) == 0).all()


@pytest.mark.parametrize("scale", ["1e-13", "1", "1e9"])
def test_the_scale_of_the_values_changes_no_basin(scale):
    """The three minima of peaks are one global and two local ones in any unit of the values."""
    peaks = named("peaks")
    f = Objective.from_expression(f"{scale}*({peaks.formula})", ["x", "y"])
    minima = find_minima(f, near([p for p, _ in peaks.minima], n=3), BOX)
    assert minima.kind.tolist() == ["global", "local", "local"]


def test_labels_of_a_ring_are_none():
    """On a ring of minima no point is lower than its surroundings, so no start is credited to a made-up minimum."""
    f = Objective.from_expression("(x**2 + y**2 - 1)**2", ["x", "y"])
    angle = RNG.uniform(0, 6, 30)
    assert len(find_minima(f, np.column_stack([np.cos(angle), np.sin(angle)]), BOX)) == 0


def test_any_optimisers_ends_can_be_labelled():
    """Ends that are off by 1e-4 find their minimum by polishing; ends elsewhere, infinite or nan find none."""
    f = named("peaks")
    minima = find_minima(f, np.array([p for p, _ in f.minima]), BOX)
    ends = np.array(
        [*(np.array(p) + 1e-4 for p, _ in f.minima), [0.4163, -0.3941], [2.9, 2.9], [np.inf, 0], [0, np.nan]]
    )
    assert label(f, ends, minima, BOX).tolist() == [0, 1, 2, -1, -1, -1, -1]


def test_a_minimum_that_is_not_in_the_list_is_none():
    """An end at a minimum that is missing from the list keeps -1 rather than going to the next best."""
    f = named("peaks")
    minima = find_minima(f, np.array([f.minima[0][0]]), BOX)
    assert label(f, np.array([p for p, _ in f.minima]), minima, BOX).tolist() == [0, -1, -1]


@settings(max_examples=20)
@given(st.permutations(range(8)))
def test_the_order_of_ends_changes_no_minimum(order):
    """Minima come out in the order of value and coordinates, whatever order the ends are in."""
    f = named("himmelblau")
    ends = near([p for p, _ in f.minima], n=2)
    a, b = find_minima(f, ends, f.domain), find_minima(f, ends[list(order)], f.domain)
    np.testing.assert_allclose(a.location, b.location, rtol=0, atol=1e-12)


def test_no_ends_no_minima():
    """A study in which nothing converged has an empty list, and every label is -1."""
    f = named("peaks")
    minima = find_minima(f, np.empty((0, 2)), BOX)
    assert len(minima) == 0
    assert len(minima.columns(f.variables)["value"]) == 0
    assert label(f, np.zeros((3, 2)), minima, BOX).tolist() == [-1, -1, -1]


def test_a_table_of_minima_reads_back():
    """Minima from their own table are the same minima."""
    f = named("peaks")
    minima = find_minima(f, np.array([p for p, _ in f.minima]), BOX)
    again = Minima.from_table(pd.DataFrame(minima.columns(f.variables)), f.variables)
    for name, column in vars(minima).items():
        np.testing.assert_array_equal(getattr(again, name), column)


def test_polish_reaches_the_last_digits():
    """Newton's method brings ends off by 1e-5 to within 1e-14 of the enclosed minimum."""
    f = named("peaks")
    polished = polish(f, np.array([[0.22829, -1.62552]]), BOX)
    assert polished.bowl[0]
    np.testing.assert_allclose(polished.points[0], [0.228278920556369, -1.625534957499997], atol=1e-14)


def test_settled_minima_forget_the_last_digits_they_came_with():
    """From places that differ as platforms differ, the same bits: of place, value and curvatures."""
    f = named("peaks")
    kernel = compile_evaluation(f)
    minima = find_minima(f, near([p for p, _ in f.minima]), BOX)
    settled = settle(minima, kernel, BOX)
    np.testing.assert_allclose(settled.location, minima.location, rtol=0, atol=1e-14)
    np.testing.assert_allclose(settled.curvature_min, minima.curvature_min, rtol=1e-12)
    np.testing.assert_allclose(settled.curvature_max, minima.curvature_max, rtol=1e-12)
    for noise in (1e-13, -3e-12, 1e-11):
        again = settle(replace(minima, location=minima.location + noise), kernel, BOX)
        assert settled.sides is again.sides is None  # of descents that nothing holds
        for name in vars(settled).keys() - {"sides"}:
            assert getattr(settled, name).tobytes() == getattr(again, name).tobytes(), name


def test_a_degenerate_minimum_settles_where_it_is():
    """Where the Hessian is singular Newton's method proves nothing, and the place stays."""
    f = Objective.from_expression("x**4 + y**2", ["x", "y"])
    minima = Minima.at(f, np.array([[0.0, 0.0]]), BOX)
    settled = settle(minima, compile_evaluation(f), BOX)
    assert settled.location.tolist() == [[0.0, 0.0]]
    assert (settled.value[0], settled.curvature_min[0], settled.curvature_max[0]) == (0.0, 0.0, 2.0)


def test_no_minima_settle():
    """An empty list stays one."""
    f = named("peaks")
    empty = find_minima(f, np.empty((0, 2)), BOX)
    assert len(settle(empty, compile_evaluation(f), BOX)) == 0


@pytest.mark.parametrize("scale", [1.0, 1e30])
def test_distinct_ends_are_the_first_of_their_cells(scale):
    """As rows compared one by one, also where they are too large to be told apart by one whole number each."""
    points = scale * np.random.default_rng(3).integers(-3, 4, size=(400, 3)).astype(float)
    seen, expected = set(), []
    for i, row in enumerate(points.tolist()):
        if tuple(row) not in seen:
            seen.add(tuple(row))
            expected.append(i)
    assert 100 < len(expected) < 343
    assert _first_of_each(points).tolist() == expected
