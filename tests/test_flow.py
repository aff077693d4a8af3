"""The gradient flow: what is compiled is its plain loop, and both are the curve x' = -grad f as SciPy follows it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from multistart import Box, Method, Objective, descend, named, trace
from multistart.descents.outcomes import Outcomes, empty
from multistart.descents.prepared import Prepared, prepare
from multistart.descents.trace import _paths
from multistart.errors import InputError
from multistart.methods.flow import IMPLICIT, STEP
from multistart.methods.listing import listed
from multistart.methods.search import SHARED

from . import plain_flow
from .plain_flow import Flow
from .plain_searches import Formula
from .staged import proof_of_peaks
from .test_searches import compiled

Array = NDArray[np.float64]
PEAKS = named("peaks")
ARENA = Box({"x": (-9, 9), "y": (-9, 9)})


@pytest.fixture(scope="module")
def certificate() -> Any:
    """Of peaks."""
    return proof_of_peaks(1)


CERTIFIED = Method("gradient_flow", stopping="certified")
#: A narrow valley along a parabola, with a minimum at each side: stiff by 10^4.
VALLEY = Objective.from_expression("1e4*(y - x**2)**2/2 + (x**2 - 1)**2/4 + x/20", ["x", "y"])
LONG_VALLEY = Objective.from_expression("1e4*(y - x**2)**2/2 + (x - 0.3)**2/2", ["x", "y"])
AROUND = Box({"x": (-6, 6), "y": (-6, 6)})


def starts_on_peaks(n: int, seed: int = 4) -> Array:
    return np.random.default_rng(seed).uniform(-3, 3, (n, 2))


def one_run(prepared: Prepared, starts: Array) -> tuple[Outcomes, Array]:
    """The first run alone, and the state that it leaves rows in."""
    out = empty(starts, counted=True)
    state = prepared.first_state(len(starts))
    prepared.follow(out, state)
    return out, state


def path(objective: Objective, start: Any, tolerance: float, arena: Box, **more: Any) -> Array:
    """Points with the state there, of a first run."""
    method = Method("gradient_flow", tolerance=tolerance, **more)
    prepared = prepare(objective, method, arena, None, None)
    return _paths(prepared, np.array([start], dtype=float), points=method.max_steps + 1)[0]


def followed(objective: Objective, starts: Array, time: float, tolerance: float = 1e-12) -> Array:
    """Where SciPy's DOP853 takes all starts as one system by a time."""
    n, d = starts.shape

    def slope(_: float, flat: Array) -> Array:
        return -objective.gradient(flat.reshape(n, d)).ravel()

    found = solve_ivp(slope, (0, time), starts.ravel(), method="DOP853", rtol=tolerance, atol=tolerance)
    ends: Array = found.y[:, -1].reshape(n, d)
    return ends


def nearest(ends: Array, centers: Array, within: float) -> NDArray[np.int64]:
    """The centre that each end is near to, -1 where there is none."""
    distance = np.linalg.norm(ends[:, None] - centers, axis=2)
    return np.where(distance.min(axis=1) <= within, distance.argmin(axis=1), -1)


# --- what is compiled, and plain Python --------------------------------------------------------------------------


def test_the_error_is_the_difference_of_two_orders() -> None:
    """Of Dormand and Prince's table: the weights of order 5 less those of order 4; each sums to 1."""
    for b, hat, error in zip(plain_flow.B, plain_flow.B_HAT, plain_flow.ERROR, strict=True):
        assert b - hat == pytest.approx(error, abs=1e-16)
    assert sum(plain_flow.B) == pytest.approx(1)
    assert sum(plain_flow.B_HAT) == pytest.approx(1)


@pytest.mark.parametrize(
    ("objective", "arena", "start", "tolerance"),
    [(PEAKS, ARENA, (0.3, -1.2), 1e-8), (PEAKS, None, (-0.4, 0.7), 1e-5), (VALLEY, AROUND, (-1.5, 1.0), 1e-5)],
    ids=["peaks", "no arena", "stiff"],
)
def test_a_compiled_flow_is_its_plain_loop(
    objective: Objective, arena: Box | None, start: tuple[float, float], tolerance: float
) -> None:
    """Bits of every point, and all that was evaluated, by both pairs, in an arena and in none."""
    method = Method("gradient_flow", tolerance=tolerance, max_steps=25, gradient_tolerance=0)
    prepared = prepare(objective, method, arena, None, None)
    points = _paths(prepared, np.array([start]), points=100)[0]
    f = compiled(objective, method)
    flow = Flow(f, tolerance, [math.inf] * 2 if arena is None else arena.width.tolist())
    x = list(start)
    for row in points[1:]:
        x = flow.after(x, f.gradient(x)) or x
        assert np.array(x).tobytes() == row[:2].tobytes()
        assert flow.h == row[2 + SHARED + STEP]
    assert any(flow.used) or objective is PEAKS
    out, _ = one_run(prepared, np.array([start]))
    assert out.steps.tolist() == [25]
    assert out.evaluations is not None
    assert out.evaluations[0].tolist() == [0, 26 + f.extra, f.hessians]


def test_a_row_knows_nothing_of_the_others(certificate: Any) -> None:
    """Bits are the same in another order and in other threads, in balls as without; a trace passes the same points."""
    starts = starts_on_peaks(100)
    order = np.random.default_rng(9).permutation(len(starts))
    for method in (CERTIFIED, Method("gradient_flow", tolerance=1e-6)):
        given = {"arena": ARENA, "certificate": certificate}
        whole = descend(PEAKS, method, starts, **given)
        other = descend(PEAKS, method, starts[order], threads=2, **given)
        for field, values in vars(whole.rows(order)).items():
            if values is not None:
                assert values.tobytes() == getattr(other, field).tobytes()
        for i in (0, 7):
            points = trace(PEAKS, method, starts[i], **given)
            assert len(points) == whole.steps[i] + 1
            assert points[-1].tobytes() == whole.end[i].tobytes()


# --- the curve ---------------------------------------------------------------------------------------------------


def test_in_a_bowl_all_points_are_on_the_curve() -> None:
    """Of (a x² + b y²)/2 it is x(t) = x(0) exp(-a t), y(t) = y(0) exp(-b t): of each point x tells t, and t tells y."""
    bowl = Objective.from_expression("(a*x**2 + b*y**2)/2", ["x", "y"], parameters={"a": 1.0, "b": 3.0})
    box = Box({"x": (-2, 2), "y": (-2, 2)})
    off = []
    for tolerance in (1e-5, 1e-7, 1e-9, 1e-11):
        points = path(bowl, (1.5, -1.0), tolerance, box)
        points = points[points[:, 0] > 1e-3]
        t = -np.log(points[:, 0] / 1.5)
        assert (np.diff(t) > 0).all()
        off.append(np.abs(points[:, 1] + np.exp(-3 * t)).max())
        assert off[-1] < 20 * tolerance
    assert 0.4 < np.log10(off[0] / off[-1]) / 6 < 1.2  # errors fall with the tolerance


def test_steps_grow_as_a_method_of_order_five_needs_them() -> None:
    """From a tolerance to a hundred-thousandth of it ten times as many, where errors and not stability limit them."""
    long = Objective.from_expression("sin(3*x) - 5*x + 0.5*(y - sin(2*x))**2", ["x", "y"])
    box = Box({"x": (-20, 20), "y": (-20, 20)})
    few, many = (len(path(long, (-19.0, 0.0), tolerance, box, max_steps=4000)) for tolerance in (1e-5, 1e-10))
    assert 7 < many / few < 14


@pytest.mark.parametrize("pair", ["explicit", "implicit"])
def test_each_pair_has_its_order(pair: str) -> None:
    """A step half as long errs 2**6 times less, by its own estimate 2**5 times: orders 5 and 4."""
    f = Formula(
        lambda x: float(PEAKS.value(np.array([x]))[0]),
        lambda x: PEAKS.gradient(np.array([x]))[0].tolist(),
        lambda x: PEAKS.hessian(np.array([x]))[0].tolist(),
    )
    x, errors, estimates = [0.3, -0.9], [], []
    for h in (0.01, 0.005):
        g = f.gradient(x)
        if pair == "explicit":
            stages, error = plain_flow.explicit_step(f.gradient, x, g, h)
            after = stages[-1]
        else:
            found = plain_flow.implicit_step(f, x, g, h, f.hessian(x))
            assert found is not None
            after, error = found
        errors.append(np.linalg.norm(np.array(after) - followed(PEAKS, np.array([x]), h, 1e-13)[0]))
        estimates.append(np.linalg.norm(error))
    assert 5 < math.log2(errors[0] / errors[1]) < 7
    assert 4 < math.log2(estimates[0] / estimates[1]) < 6


@pytest.mark.parametrize("pair", ["explicit", "implicit"])
@pytest.mark.parametrize("h", [0.002, 0.01])
def test_a_step_of_each_pair_is_on_the_exact_curve(pair: str, h: float) -> None:
    """Of x' = -x^3, to h^6 and a few last bits, by its estimate to h^5: a sixth digit that is wrong shows."""
    f = Formula(lambda x: x[0] ** 4 / 4, lambda x: [x[0] ** 3], lambda x: [[3 * x[0] ** 2]])
    x = [1.0]
    if pair == "explicit":
        stages, error = plain_flow.explicit_step(f.gradient, x, f.gradient(x), h)
        after = stages[-1]
    else:
        found = plain_flow.implicit_step(f, x, f.gradient(x), h, f.hessian(x))
        assert found is not None
        after, error = found
    assert abs(after[0] - (1 + 2 * h) ** -0.5) < 2 * h**6 + 1e-15
    assert abs(error[0]) < 10 * h**5 + 1e-15


def test_labels_are_those_of_scipy_from_500_starts(certificate: Any) -> None:
    """DOP853 at 1e-12 comes to the minimum in whose ball each start was trapped, and to none from the others."""
    starts = starts_on_peaks(500)
    centers = np.array([p.attraction.center for p in certificate.minima])
    out = descend(PEAKS, CERTIFIED, starts, arena=ARENA, certificate=certificate)
    ends = followed(PEAKS, starts, 40.0, 1e-10)
    reached = nearest(ends, centers, 1e-3)
    slow = (np.linalg.norm(PEAKS.gradient(ends), axis=1) > 1e-5) & (reached < 0)  # on its way when the time is over
    assert slow.mean() < 0.6
    label = np.where(out.ending == "trapped", nearest(out.end, centers, 1.0), -1)
    assert set(out.ending) == {"trapped", "converged"}
    np.testing.assert_array_equal(label[~slow], reached[~slow])


def test_no_ball_traps_a_flow_that_goes_elsewhere(certificate: Any) -> None:
    """From each point at which a start was trapped, SciPy comes to the centre of its ball, never further from it."""
    starts = starts_on_peaks(2000, seed=5)
    out = descend(PEAKS, CERTIFIED, starts, arena=ARENA, certificate=certificate)
    centers = np.array([p.attraction.center for p in certificate.minima])
    radii = np.array([p.attraction.radius for p in certificate.minima])
    trapped = out.end[out.ending == "trapped"]
    inside = nearest(trapped, centers, radii.max())
    assert len(trapped) > 1000
    assert (np.linalg.norm(trapped - centers[inside], axis=1) <= radii[inside]).all()
    soon, late = followed(PEAKS, trapped, 0.02), followed(PEAKS, trapped, 20.0)
    closer = [np.linalg.norm(x - centers[inside], axis=1) for x in (trapped, soon)]
    assert (closer[1] < closer[0]).all()
    np.testing.assert_allclose(late, centers[inside], atol=1e-7)


def test_a_tighter_run_has_the_same_labels() -> None:
    """At a ten-thousandth of the tolerance, but for the starts that are undecided."""
    starts = starts_on_peaks(3000, seed=6)
    out, tight = (descend(PEAKS, Method("gradient_flow", tolerance=t), starts, arena=ARENA) for t in (1e-6, 1e-10))
    both = (out.ending != "undecided") & (tight.ending != "undecided")
    assert both.mean() > 0.999
    at_minimum = np.abs(tight.end).max(axis=1) < 2
    np.testing.assert_allclose(out.end[both & at_minimum], tight.end[both & at_minimum], atol=1e-7)
    assert ((np.abs(out.end).max(axis=1) < 2) == at_minimum)[both].all()


@pytest.mark.slow
def test_labels_are_those_of_lsoda(certificate: Any) -> None:
    """Start by start, at a relative tolerance of 1e-11, each to where its gradient has fallen to the tolerance.

    The tails are flat and turn: some starts are out there for more than 10^5 before they come back to a minimum.
    """
    starts = starts_on_peaks(500, seed=11)
    centers = np.array([p.attraction.center for p in certificate.minima])
    out = descend(PEAKS, CERTIFIED, starts, arena=ARENA, certificate=certificate)

    def rests(_: float, x: Any) -> float:
        return float(np.linalg.norm(PEAKS.gradient(x[None]))) - CERTIFIED.gradient_tolerance

    rests.terminal = True  # type: ignore[attr-defined]
    late = 0
    for start, ending, end in zip(starts, out.ending, out.end, strict=True):
        found = solve_ivp(
            lambda _, x: -PEAKS.gradient(x[None])[0], (0, 1e9), start, method="LSODA", rtol=1e-11, atol=1e-11,
            jac=lambda _, x: -PEAKS.hessian(x[None])[0], events=rests,
        )  # fmt: skip
        assert found.status == 1, "it has come to rest"
        reached = nearest(found.y[:, -1:].T, centers, 1e-3)[0]
        assert (nearest(end[None], centers, 1.0)[0] if ending == "trapped" else -1) == reached
        late += reached >= 0 and found.t[-1] > 1e5
    assert late > 0


# --- where it is stiff --------------------------------------------------------------------------------------------


def test_a_stiff_valley_is_followed_in_few_steps_to_where_radau_comes() -> None:
    """The explicit pair would need steps below 3.3/L, 10^5 of them; points on the way are on Radau's curve."""
    f, start = LONG_VALLEY, np.array([-1.5, 1.0])
    points = path(f, start, 1e-8, AROUND, max_steps=5000)
    implicit = points[:, 2 + SHARED + IMPLICIT] > 0
    assert len(points) < 1000
    assert implicit.sum() > 0.8 * len(points)
    radau = solve_ivp(
        lambda _, x: -f.gradient(x[None])[0], (0, 60), start, method="Radau", rtol=1e-9, atol=1e-10,
        jac=lambda _, x: -f.hessian(x[None])[0], dense_output=True,
    )  # fmt: skip
    np.testing.assert_allclose(points[-1, :2], radau.y[:, -1], atol=1e-6)
    dense = radau.sol(np.concatenate([np.geomspace(1e-7, 1e-2, 20000), np.linspace(1e-2, 20, 40000)])).T
    for point in points[60:-1:40, :2]:
        assert np.linalg.norm(dense - point, axis=1).min() < 3e-4
    f, starts = VALLEY, np.random.default_rng(2).uniform(-2, 2, (6, 2))
    out = descend(f, Method("gradient_flow", max_steps=5000), starts, arena=AROUND)
    assert set(out.ending) == {"converged"}
    for x, end in zip(starts, out.end, strict=True):
        found = solve_ivp(
            lambda _, x: -f.gradient(x[None])[0], (0, 30), x, method="BDF", rtol=1e-7, atol=1e-8,
            jac=lambda _, x: -f.hessian(x[None])[0],
        )  # fmt: skip
        np.testing.assert_allclose(end, found.y[:, -1], atol=1e-4)


def test_a_saddle_s_stable_manifold_does_not_keep_steps_short() -> None:
    """From exactly there a flow comes to the saddle, as it should, and ends as converged at no minimum."""
    wells = Objective.from_expression("(x**2 - 1)**2/4 + 50*y**2", ["x", "y"])
    out = descend(wells, Method("gradient_flow"), np.array([[0.0, 1.0], [0.4, 1.0]]), arena=AROUND)
    assert out.ending.tolist() == ["converged", "converged"]
    np.testing.assert_allclose(out.end, [[0, 0], [1, 0]], atol=1e-7)
    assert out.curvature_min[0] < 0


# --- two runs ----------------------------------------------------------------------------------------------------


def test_a_start_whose_two_runs_disagree_is_undecided() -> None:
    """Starts on both sides of an edge of the loose run, which is none of the tighter one: one at least is undecided."""
    method = Method("gradient_flow", tolerance=1e-3)
    prepared = prepare(PEAKS, method, ARENA, None, None)
    left, right = np.array([-1.2, 0.3]), np.array([0.3, 0.5])

    def minimum(x: Array) -> int:
        return int(one_run(prepared, x[None])[0].end[0, 0] > -0.5)

    assert minimum(left) != minimum(right)
    while np.linalg.norm(right - left) > 1e-12:
        middle = (left + right) / 2
        left, right = (middle, right) if minimum(middle) == 0 else (left, middle)
    out = descend(PEAKS, method, np.array([left, right]), arena=ARENA)
    assert "undecided" in out.ending
    fine = descend(PEAKS, Method("gradient_flow", tolerance=1e-9), np.array([left, right]), arena=ARENA)
    assert fine.ending.tolist() == ["converged", "converged"]
    same = np.linalg.norm(out.end - fine.end, axis=1) < 1e-6
    np.testing.assert_array_equal(out.ending == "undecided", ~same)
    assert out.evaluations is not None
    alone = one_run(prepared, np.array([left, right]))[0].evaluations
    assert (out.evaluations[:, 1] > alone[:, 1]).all()  # what the second run evaluates is counted


def test_ends_in_flat_places_are_not_undecided() -> None:
    """Not at a minimum of fourth or eighth order, nor in a tail that falls for ever."""
    for formula in ("x**8 + y**4", "exp(-x) + y**2"):
        f = Objective.from_expression(formula, ["x", "y"])
        starts = np.random.default_rng(1).uniform(0.5, 2.0, (40, 2))
        out = descend(f, Method("gradient_flow"), starts)
        assert set(out.ending) == {"converged"}, formula


# --- endings, and what is refused ---------------------------------------------------------------------------------


def test_a_loose_tolerance_comes_to_rest_too() -> None:
    """A step may err a tenth of its length at most, so that none rolls about a minimum within what it may err."""
    starts = starts_on_peaks(500)
    out = descend(PEAKS, Method("gradient_flow", tolerance=1e-2), starts, arena=ARENA)
    assert "step_limit" not in out.ending
    assert (out.gradient_norm[out.ending == "converged"] <= 1e-8).all()


def test_every_ending_of_a_flow_occurs_and_is_true(certificate: Any) -> None:
    """Converged, trapped, out of steps, out of the arena, no number, and at rest in floating point."""
    starts = np.array([[0.3, -1.2], [np.nan, 0.0], [9.5, 0.0], [-0.2, 0.9], [np.inf, 0.0], [0.0, -np.inf]])
    out = descend(PEAKS, Method("gradient_flow", max_steps=2), starts, arena=ARENA)
    assert out.ending.tolist() == ["step_limit", "nonfinite", "left_arena", "step_limit", "nonfinite", "nonfinite"]
    assert out.steps.tolist() == [2, 0, 0, 2, 0, 0]
    out = descend(PEAKS, CERTIFIED, starts[[0, 3]], arena=ARENA, certificate=certificate)
    assert out.ending.tolist() == ["trapped", "trapped"]
    out = descend(PEAKS, CERTIFIED, out.end, arena=ARENA, certificate=certificate)
    assert out.ending.tolist() == ["trapped", "trapped"]
    assert out.steps.tolist() == [0, 0]
    rest = descend(PEAKS, Method("gradient_flow", gradient_tolerance=0, max_steps=3000), starts[:1], arena=ARENA)
    assert rest.ending[0] in ("stationary", "step_limit")
    assert rest.gradient_norm[0] < 1e-10
    fall = Objective.from_expression("-x**4 + y**2", ["x", "y"])
    out = descend(fall, Method("gradient_flow"), np.array([[0.5, 0.1]]), arena=AROUND)
    assert out.ending.tolist() == ["left_arena"]
    assert out.end[0, 0] > 6
    edge = Objective.from_expression("x + log(x)*0 + sqrt(x) + y**2", ["x", "y"])
    out = descend(edge, Method("gradient_flow"), np.array([[0.5, 0.1], [-0.1, 0.0]]))
    assert out.ending[1] == "nonfinite"


def test_units_and_origin_of_a_coordinate_do_not_matter() -> None:
    """A function that is stretched by a power of two, with its arena, has the same flow to the bit; a moved one too."""
    box, start = Box({"x": (-2, 2), "y": (-2, 2)}), np.array([[-1.5, 0.75]])
    f = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/4", ["x", "y"])
    stretched = Objective.from_expression("((x/1024)**2 - 1)**2/4 + (y/1024)**2 + (x/1024)*(y/1024)/4", ["x", "y"])
    wide = Box({"x": (-2048, 2048), "y": (-2048, 2048)})
    method = Method("gradient_flow", max_steps=40, gradient_tolerance=0)
    one, other = descend(f, method, start, arena=box), descend(stretched, method, 1024 * start, arena=wide)
    np.testing.assert_allclose(other.end / 1024, one.end, rtol=1e-12)
    assert one.steps.tolist() == other.steps.tolist()


def test_a_flow_says_what_it_does_and_refuses_what_it_has_not() -> None:
    """Formula, tolerance with limits, endings, source; a learning rate and a tolerance out of range are refused."""
    text = listed("gradient_flow")
    for word in ("Rodas5P", "tolerance: error of a step", "ends: `converged`", "undecided", "source: ", "libraries: "):
        assert word in text
    assert "gradient_flow" in listed()
    with pytest.raises(InputError, match="has no learning_rate: its tolerance sets its steps"):
        Method("gradient_flow", learning_rate=0.1)
    with pytest.raises(InputError, match=r"tolerance is a finite number of at least 1e-12 and at most 0.01; got 0.5"):
        Method("gradient_flow", tolerance=0.5)
    method = Method("gradient_flow", tolerance=1e-12, max_steps=10**9)
    assert (method.tighter.tolerance, method.tighter.max_steps) == (1e-14, 10**9)
    assert method.tighter.tighter is not None
    assert Method("bfgs").tighter is None
    assert not method.is_map
