import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import ENDINGS, columns
from multistart.descents.trace import sketch, trace
from multistart.errors import InputError
from multistart.functions.objective import Objective, named
from multistart.methods.method import Method
from multistart.starts.designs import draw
from tests.plain_engine import descend_row
from tests.plain_kernel import plainly
from tests.test_kernels import RARE, TANH_SIN

PEAKS = named("peaks")
BOX = Box({"x": (-3, 3), "y": (-3, 3)})
ARENA = BOX.widened(1.0)
METHOD = Method(learning_rate=0.01, max_steps=1000)
FIELDS = ("end", "value", "gradient_norm", "curvature_min", "steps", "ending_code")


def starts(n=300, seed=1):
    return draw("uniform", BOX, count=n, seed=seed)


def assert_same_bits(a, b):
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field), strict=True)


@pytest.mark.parametrize(
    ("objective", "rate"),
    [
        (PEAKS, 0.01),
        (named("himmelblau"), 0.01),
        (named("double_well"), 0.1),
        (named("styblinski_tang", dimensions=4), 0.01),
        (RARE["overflow, a logarithm"], 0.1),
    ],
    ids=lambda o: getattr(o, "name", str(o)),
)
def test_compiled_and_textbook_descents_agree(objective, rate):
    """The compiled loop and a plain NumPy loop give the same ending, and the same end to rounding, for every start."""
    box = objective.domain or Box(dict.fromkeys(objective.variables, (-3, 3)))
    method = Method(learning_rate=rate, max_steps=200, gradient_tolerance=1e-6)
    points = draw("uniform", box, count=60, seed=4)
    out = descend(objective, method, points, arena=box.widened(1.0))
    for i, start in enumerate(points):
        with np.errstate(over="ignore"):
            end, steps, ending = descend_row(objective, method, start, box.widened(1.0))
        assert ENDINGS[ending] == out.ending[i]
        assert abs(int(out.steps[i]) - steps) <= 1  # at the tolerance the last bits decide
        if out.steps[i] == steps:
            np.testing.assert_allclose(out.end[i], end, rtol=1e-6, atol=1e-7)


def test_every_ending_in_one_batch():
    """Converged, step limit, left the arena and not finite each get their own row, none lost, none an exception."""
    objective = Objective.from_expression("log(x) + 2/x", ["x"])  # a minimum at 2, undefined from 0 down
    arena = Box({"x": (-5, 1000)})
    method = Method(learning_rate=0.5, max_steps=60, gradient_tolerance=1e-3)
    points = np.array([[2.5], [900.0], [1.5], [0.0101], [-1.0], [2000.0], [np.nan], [np.inf], [0.0], [2.0]])
    with plainly():
        out = descend(objective, method, points, arena=arena)
    assert out.ending.tolist() == [
        "converged", "step_limit", "converged", "left_arena", "nonfinite",
        "left_arena", "nonfinite", "nonfinite", "nonfinite", "converged",
    ]  # fmt: skip
    assert out.steps[[4, 5, 6, 7, 8, 9]].tolist() == [0] * 6
    assert out.steps[1] == 60


def test_a_start_on_a_saddle_stays_there_and_says_so():
    """A start where the gradient is zero converges in 0 steps, with a negative curvature that tells it is a saddle."""
    saddle = Objective.from_expression("x**2 - y**2", ["x", "y"])
    with plainly():
        out = descend(saddle, METHOD, np.zeros((1, 2)), arena=ARENA)
    assert out.ending[0] == "converged"
    assert out.steps[0] == 0
    assert out.curvature_min[0] == -2.0


def test_overflow_is_an_ending():
    """A gradient beyond the largest double ends the descent as nonfinite, at a finite point."""
    steep = Objective.from_expression("exp(x**4)", ["x"])
    with plainly():
        out = descend(steep, METHOD, np.array([[6.0], [0.5]]), arena=Box({"x": (-10, 10)}))
    assert out.ending.tolist()[0] == "nonfinite"
    assert np.isfinite(out.end).all()


def test_what_is_no_number_has_one_sign():
    """Infinity less infinity is a nan whose sign processors choose; in outcomes it has that of every other nan."""
    points = np.array([[1e200, 1e200], [-1e160, 1e180], [np.nan, 0.5], [np.inf, -np.inf]])
    out = descend(named("himmelblau"), Method(learning_rate=0.1, max_steps=5), points)
    found = np.concatenate([getattr(out, name).ravel() for name in FIELDS[:4]])
    assert np.isnan(out.value).any()
    assert set(found[np.isnan(found)].view(np.uint64)) == {np.float64(np.nan).view(np.uint64)}


def test_contraction_on_a_quadratic_is_the_closed_form():
    """On x²/2 each step multiplies x by 1 - rate exactly as often as the step count says."""
    objective = Objective.from_expression("x**2/2", ["x"])
    with plainly():
        out = descend(objective, Method(learning_rate=0.25, max_steps=500, gradient_tolerance=1e-6), np.array([[1.0]]))
    steps = int(np.ceil(np.log(1e-6) / np.log(0.75)))
    assert out.steps[0] == steps
    assert out.end[0, 0] == pytest.approx(0.75**steps, rel=1e-13)


@pytest.mark.parametrize(("factor", "ending"), [(0.99, "converged"), (1.01, "left_arena")])
def test_the_critical_learning_rate_is_two_over_the_curvature(factor, ending):
    """Just below 2/lambda_max a quadratic minimum attracts, just above it repels."""
    objective = Objective.from_expression("3*x**2 + y**2", ["x", "y"])  # lambda_max = 6
    method = Method(learning_rate=factor * 2 / 6, max_steps=5000, gradient_tolerance=1e-8)
    with plainly():
        out = descend(objective, method, np.array([[0.1, 0.1]]), arena=ARENA)
    assert out.ending[0] == ending


def test_double_well_edges_at_a_large_learning_rate():
    """At learning rate 0.5 the basin of +1 changes sides at the exact edges derived in the reference values."""
    edges = np.array([0.0, 1.732050807568877, 2.147763, 2.221228, 2.233591])
    inside = (edges[:-1] + edges[1:]) / 2
    out = descend(named("double_well"), Method(learning_rate=0.5, max_steps=5000), inside[:, None])
    assert np.sign(out.end[:, 0]).tolist() == [1, -1, 1, -1]


def test_zero_tolerance_runs_all_steps():
    """With gradient_tolerance 0 every descent takes max_steps steps, even from a critical point."""
    method = Method(learning_rate=0.01, max_steps=37, gradient_tolerance=0)
    out = descend(PEAKS, method, np.vstack([starts(20), PEAKS.minima[0][0]]), arena=ARENA)
    assert set(out.steps) == {37}
    assert set(out.ending[:20]) == {"step_limit"}
    assert out.ending[20] in ("step_limit", "stationary")  # a step from the minimum may round to none


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 700))
def test_permuting_the_starts_permutes_the_outcomes(seed, n):
    """A row's bits depend on its start alone: any order, any neighbours, any batch size."""
    points = starts(n)
    order = np.random.default_rng(seed).permutation(n)
    whole = descend(PEAKS, METHOD, points, arena=ARENA)
    permuted = descend(PEAKS, METHOD, points[order], arena=ARENA)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(whole, field)[order], getattr(permuted, field))


def test_threads_and_batches_change_nothing():
    """One thread, three threads and rows one at a time give the same bits."""
    points = starts(20_000)
    one = descend(PEAKS, METHOD, points, arena=ARENA)
    assert_same_bits(one, descend(PEAKS, METHOD, points, arena=ARENA, threads=3))
    for i in (0, 7, 19_999):
        alone = descend(PEAKS, METHOD, points[i : i + 1], arena=ARENA)
        np.testing.assert_array_equal(alone.end[0], one.end[i])
        assert alone.steps[0] == one.steps[i]


def test_translating_the_problem_translates_the_ends():
    """Descents on f(x - 1/4, y + 1/2) from shifted starts end at the shifted ends."""
    f = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
    moved = "((x - 0.25)**2 - 1)**2/4 + (y + 0.5)**2 + (x - 0.25)*(y + 0.5)/10"
    g = Objective.from_expression(moved, ["x", "y"])
    shift = np.array([0.25, -0.5])
    points = draw("uniform", Box({"x": (-1.5, 1.5), "y": (-1.5, 1.5)}), count=40, seed=3)
    a = descend(f, Method(learning_rate=0.1), points)
    with plainly():
        b = descend(g, Method(learning_rate=0.1), points + shift)
    np.testing.assert_allclose(b.end, a.end + shift, atol=1e-7)


def test_what_stands_in_a_row_is_true_of_its_end():
    """Value, gradient norm and smallest curvature are those of the objective at the end, in 1, 2 and 4 dimensions."""
    for objective in (named("double_well"), PEAKS, named("styblinski_tang", dimensions=4)):
        points = draw("uniform", objective.domain, count=50, seed=9)
        out = descend(objective, Method(learning_rate=1e-3, max_steps=40), points)
        np.testing.assert_allclose(out.value, objective.value(out.end), rtol=1e-12, atol=1e-12)
        norm = np.linalg.norm(objective.gradient(out.end), axis=1)
        np.testing.assert_allclose(out.gradient_norm, norm, rtol=1e-9, atol=1e-12)
        smallest = np.linalg.eigvalsh(objective.hessian(out.end))[:, 0]
        np.testing.assert_allclose(out.curvature_min, smallest, rtol=1e-9, atol=1e-9)


def test_converged_rows_keep_to_the_tolerance_and_others_do_not():
    """A row is converged if and only if its gradient norm is at most the tolerance."""
    out = descend(PEAKS, METHOD, starts(2000), arena=ARENA)
    np.testing.assert_array_equal(out.ending == "converged", out.gradient_norm <= METHOD.gradient_tolerance)


def test_trace_passes_through_the_points_of_the_descent():
    """A trace has steps + 1 points from the start to exactly the end that descend reports."""
    points = starts(30)
    out = descend(PEAKS, METHOD, points, arena=ARENA)
    for i in range(0, 30, 3):
        path = trace(PEAKS, METHOD, points[i], arena=ARENA)
        assert path.shape == (out.steps[i] + 1, 2)
        np.testing.assert_array_equal(path[0], points[i])
        np.testing.assert_array_equal(path[-1], out.end[i])


def test_a_sketch_is_a_thinned_trace_with_the_same_end():
    """A sketch keeps start and end, and every point of it is a point of the trace."""
    points = starts(5)
    for i, path in enumerate(sketch(PEAKS, METHOD, points, arena=ARENA, points=50)):
        full = trace(PEAKS, METHOD, points[i], arena=ARENA)
        assert len(path) <= len(full)
        np.testing.assert_array_equal(path[-1], full[-1])
        assert {tuple(p) for p in path} <= {tuple(p) for p in full}


def test_no_start_gives_no_row():
    """An empty batch is an empty outcome."""
    assert len(descend(PEAKS, METHOD, np.empty((0, 2)), arena=ARENA)) == 0


@pytest.mark.parametrize(
    ("points", "arena", "piece"),
    [
        (np.zeros((3, 1)), ARENA, r"shape \(n, 2\); got \(3, 1\)"),
        (np.zeros(2), ARENA, r"shape \(n, 2\); got \(2,\)"),
        (np.zeros((1, 2)), Box({"a": (0, 1), "b": (0, 1)}), "arena names a, b"),
    ],
)
def test_wrong_shapes_are_refused(points, arena, piece):
    """Starts or an arena that do not fit the objective are refused with both sides named."""
    with pytest.raises(InputError, match=piece):
        descend(PEAKS, METHOD, points, arena=arena)


@pytest.mark.parametrize(
    ("options", "piece"),
    [
        ({"learning_rate": 0}, "a finite number above 0; got 0"),
        ({"learning_rate": -0.1}, "got -0.1"),
        ({"learning_rate": float("nan")}, "got nan"),
        ({"learning_rate": True}, "got True"),
        ({"max_steps": 0}, "from 1 to"),
        ({"max_steps": 2.5}, "whole number"),
        ({"gradient_tolerance": -1e-8}, "gradient_tolerance"),
        ({"gradient_tolerance": float("inf")}, "positive finite number; got inf"),
        ({"optimizer": "gradient_decent"}, 'did you mean "gradient_descent"'),
    ],
)
def test_methods_outside_their_range_are_refused(options, piece):
    """Each hyperparameter says its range and what it got."""
    with pytest.raises(InputError, match=piece):
        Method(**options)


PEAK = Objective.from_expression("-exp(-((t - 2458765.4321)/0.01)**2)", ["t"])  # a time in days, a peak of minutes


@pytest.mark.parametrize("tolerance", [0.0, 1e-8])
def test_a_descent_at_rest_in_floating_point_is_stationary(tolerance):
    """Within one last place of the minimum steps are too short to count: more would change nothing, and it says so."""
    points = np.linspace(2458765.421, 2458765.449, 40)[:, None]
    method = Method(learning_rate=2e-5, max_steps=5000, gradient_tolerance=tolerance)
    out = descend(PEAK, method, points)
    assert set(out.ending) == {"stationary"}
    assert (out.steps == 5000).all()
    assert np.abs(out.end - 2458765.4321).max() <= np.spacing(2458765.4321)
    further = descend(PEAK, Method(learning_rate=2e-5, max_steps=5016, gradient_tolerance=tolerance), points)
    assert np.abs(further.end - out.end).max() <= 4 * np.spacing(2458765.4321)
    alone = descend(PEAK, method, points[7:8])
    assert alone.ending_code[0] == out.ending_code[7]  # a verdict on the row, not on its block
    assert len(trace(PEAK, method, points[0])) == 5001  # and no step is left out


def test_what_is_under_way_or_leaps_to_and_fro_is_not_stationary():
    """A slow descent is under way at the step limit, and a cycle of two places far apart is a cycle."""
    square = Objective.from_expression("x**2/2", ["x"])
    exact = {"max_steps": 100, "gradient_tolerance": 0.0}
    leaping = descend(square, Method(learning_rate=2.0, **exact), np.array([[1.0], [0.3]]))
    assert set(leaping.ending) == {"cycle"}
    slow = descend(square, Method(learning_rate=1e-9, **exact), np.array([[1.0]]))
    assert slow.ending[0] == "step_limit"


def test_last_bits_that_take_turns_are_at_rest():
    """Where coordinates take turns in their last bits, the descent is stationary in every row."""
    out, further = (
        descend(TANH_SIN, Method(learning_rate=0.1, max_steps=n, gradient_tolerance=0.0), starts(100))
        for n in (2000, 2001)
    )
    assert set(out.ending) == {"stationary"}
    assert (out.end != further.end).any(axis=1).sum() > 20  # of 100 whose last update still changed a bit
    assert np.abs(out.end - further.end).max() < 1e-14


@pytest.mark.parametrize("tolerance", [1e190, 1e160, 1e-160, 1e-300])
def test_tolerances_of_any_size_are_kept(tolerance):
    """A row is converged if and only if its norm is at most the tolerance, though its square has no room."""
    square = Objective.from_expression("x**2/2", ["x"])
    points = tolerance * np.array([[3e10], [0.1], [1.0], [-0.99], [1.01]])
    out = descend(square, Method(learning_rate=0.1, max_steps=1, gradient_tolerance=tolerance), points)
    assert out.steps.tolist() == [1, 0, 0, 0, 1]
    assert out.ending.tolist() == ["step_limit", "converged", "converged", "converged", "converged"]


def test_columns_follow_the_variables():
    """The outcome table names its columns after the variables."""
    assert columns(["a", "b"])[:4] == ["start_a", "start_b", "end_a", "end_b"]
