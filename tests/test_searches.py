"""Line searches and second-order methods: against published values, plain loops of them, and what has to hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multistart.box import Box
from multistart.counts.counter import LabelledRows
from multistart.counts.tally import OutcomeCounter, Tally
from multistart.descents.descend import descend
from multistart.descents.trace import trace
from multistart.errors import InputError
from multistart.estimates.restarts import running_time
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_kernel
from multistart.methods import SEARCHES, Method
from multistart.methods.listing import listed
from multistart.methods.search import APART
from multistart.study import storage

from .plain_searches import PLAIN, Formula, descent, falls

REFERENCE = json.loads((Path(__file__).parent / "reference/methods.json").read_text())
PEAKS = named("peaks")
ARENA = Box({"x": (-6, 6), "y": (-6, 6)})
#: Of each search what has no default, and what is for `peaks`.
NUMBERS: dict[str, dict[str, float]] = {"polyak": {"f_star": -6.6}, "armijo": {"first_trial": 1.0}}
SMALL_STARTS = np.random.default_rng(5).uniform(-3, 3, (40, 2))
IN_THE_SUITE = ("bfgs", "damped_newton")
OF_ANY = [
    name for name, search in SEARCHES.items() if search.asks == APART
]  # those of fits alone have tests of their own
BY_SEARCH = [pytest.param(name, marks=[] if name in IN_THE_SUITE else pytest.mark.slow, id=name) for name in OF_ANY]


def method_of(name: str, **more: Any) -> Method:
    return Method(name, **NUMBERS.get(name, {}), **more)


def compiled(objective: Objective, method: Method) -> Formula:
    """A function by what searches call, so that bits can be compared."""
    parts, d = compile_kernel(objective, method).parts, objective.dimensions

    def part(name: str, size: int) -> Any:
        def asked(x: list[float]) -> list[float]:
            out = np.empty(size)
            parts[name](np.array(x), np.empty(0), out)
            return out.tolist()

        return asked

    hessian = part("hessian", d * d)
    return Formula(
        lambda x: part("value", 1)(x)[0],
        part("gradient", d),
        lambda x: [hessian(x)[i * d : (i + 1) * d] for i in range(d)],
    )


def in_numpy(objective: Objective) -> Formula:
    """A function by NumPy, which compiles nothing."""
    return Formula(
        lambda x: float(objective.value(np.array([x]))[0]),
        lambda x: objective.gradient(np.array([x]))[0].tolist(),
        lambda x: objective.hessian(np.array([x]))[0].tolist(),
    )


# --- published values ------------------------------------------------------------------------------------------

#: Steps up to which a double can have what 50 digits have: Barzilai and Borwein's rates double errors in each.
FAITHFUL = {"barzilai_borwein_1": 10}


@pytest.mark.parametrize("name", ["armijo", "barzilai_borwein_1", "barzilai_borwein_2", "newton", "polyak"])
def test_a_search_has_the_values_of_50_digits(name: str) -> None:
    """To 1e-12 at each step; optax's polyak stands still where the squared gradient is below 2.2e-16, ours goes on."""
    found = descent(method_of(name, max_steps=200, gradient_tolerance=0), in_numpy(PEAKS), REFERENCE["start"])
    stands = len(found.points) - 1
    if name == "polyak":
        stands = next(i for i, norm in enumerate(found.norms) if norm**2 <= np.finfo(float).eps)
    for entry in REFERENCE["rules"][name]:
        for step, point in entry["points"].items():
            k = min(int(step), stands)
            off = 1e-12 if int(step) <= FAITHFUL.get(name, 200) else 1e-10
            np.testing.assert_allclose(found.points[k], np.array(point, float), rtol=0, atol=off, err_msg=step)


# --- what is compiled, and plain Python --------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_SEARCH)
def test_a_compiled_search_is_its_plain_loop(name: str) -> None:
    """Bits of every end, steps, ending and evaluations, in an arena that some leave, at a limit that some meet."""
    assert len(endings_as_in_plain_python(method_of(name, max_steps=60), SMALL_STARTS)) > 1
    endings_as_in_plain_python(method_of(name, max_steps=60, gradient_tolerance=0), SMALL_STARTS[:12])


def endings_as_in_plain_python(method: Method, starts: np.ndarray) -> set[str]:
    """The endings of descents that are compared with the plain loop."""
    out = descend(PEAKS, method, starts, arena=ARENA)
    assert out.evaluations is not None
    for i, start in enumerate(starts):
        plain = descent(method, compiled(PEAKS, method), start, ARENA)
        assert out.ending[i] in ({plain.ending, "stationary"} if plain.ending == "step_limit" else {plain.ending})
        assert out.end[i].tobytes() == np.array(plain.points[-1]).tobytes()
        assert (out.steps[i], *out.evaluations[i]) == (len(plain.points) - 1, *plain.evaluations)
    return set(out.ending)


@pytest.mark.parametrize("name", BY_SEARCH)
def test_a_row_knows_nothing_of_the_others(name: str) -> None:
    """Bits are the same alone, in another order and in other threads; a trace passes the same points."""
    method = method_of(name, max_steps=300)
    starts = np.random.default_rng(8).uniform(-3, 3, (300, 2))
    whole = descend(PEAKS, method, starts, arena=ARENA)
    order = np.random.default_rng(9).permutation(len(starts))
    other = descend(PEAKS, method, starts[order], arena=ARENA, threads=2)
    for field, values in vars(whole.rows(order)).items():
        if values is not None:  # as what an outside optimiser says of itself
            assert values.tobytes() == getattr(other, field).tobytes()
    for i in (0, 7, 50):
        path = trace(PEAKS, method, starts[i], arena=ARENA)
        assert len(path) == whole.steps[i] + 1
        assert path[-1].tobytes() == whole.end[i].tobytes()
        alone = descend(PEAKS, method, starts[i : i + 1], arena=ARENA)
        assert alone.evaluations[0].tolist() == whole.evaluations[i].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_ANY)
def test_in_three_dimensions_too(name: str) -> None:
    """The compiled search is its plain loop where matrices are larger than 2 by 2."""
    rosenbrock = named("rosenbrock", 3)
    method = Method(name, max_steps=80, **({"f_star": 0.0} if name == "polyak" else {}))
    starts = np.random.default_rng(3).uniform(-1.5, 1.5, (12, 3))
    out = descend(rosenbrock, method, starts)
    for i, start in enumerate(starts):
        plain = descent(method, compiled(rosenbrock, method), start)
        assert out.end[i].tobytes() == np.array(plain.points[-1]).tobytes()
        assert out.evaluations[i].tolist() == list(plain.evaluations)


# --- what has to hold --------------------------------------------------------------------------------------------


def parabola(a: float = 7.0, b: float = 2.0) -> Formula:
    """``(a x² + b y²)/2 + x y/4``."""
    return Formula(
        lambda x: (a * x[0] ** 2 + b * x[1] ** 2) / 2 + x[0] * x[1] / 4,
        lambda x: [a * x[0] + x[1] / 4, b * x[1] + x[0] / 4],
        lambda x: [[a, 0.25], [0.25, b]],
    )


@pytest.mark.parametrize("name", ["newton", "damped_newton"])
def test_newton_is_at_the_minimum_of_a_parabola_in_one_step(name: str) -> None:
    """From anywhere, as the parabola is its own model."""
    found = descent(method_of(name), parabola(), [40.0, -3.0])
    assert (found.ending, len(found.points)) == ("converged", 2)
    np.testing.assert_allclose(found.points[-1], 0, atol=1e-13)


def test_bfgs_learns_the_inverse_of_a_parabola_s_hessian() -> None:
    """Which is the same everywhere, so that it arrives in a few steps."""
    f, x = parabola(), [40.0, -3.0]
    search = PLAIN["bfgs"](f, 0.1, 0.5, 1e-4)
    while np.linalg.norm(f.gradient(x)) > 1e-6:
        x = search.after(x, f.gradient(x))
    np.testing.assert_allclose(search.inverse, np.linalg.inv(f.hessian(x)), atol=1e-3)
    assert len(descent(method_of("bfgs"), parabola(), [40.0, -3.0]).points) < 20


@pytest.mark.parametrize("name", ["armijo", "damped_newton", "bfgs"])
def test_values_fall_along_a_descent_that_searches(name: str) -> None:
    """But for rounding, at every step from every start."""
    for start in SMALL_STARTS[:15]:
        points = descent(method_of(name, max_steps=40), in_numpy(PEAKS), start).points
        assert falls(PEAKS.value(np.array(points)).tolist())


def test_damped_newton_goes_to_no_saddle_of_peaks() -> None:
    """Every end that came to rest near a critical point is a bowl; Newton's method as it stands goes to saddles."""
    starts = np.random.default_rng(2).uniform(-3, 3, (2000, 2))
    out = descend(PEAKS, Method("damped_newton"), starts, arena=ARENA)
    near = (out.ending == "converged") & (np.abs(out.end).max(axis=1) < 3)
    assert near.sum() > 1000
    assert out.curvature_min[near].min() > 0


@pytest.mark.slow
def test_newton_goes_to_critical_points_of_any_kind() -> None:
    """Saddles and maxima among them: its ends are labelled by what they are."""
    out = descend(PEAKS, Method("newton"), SMALL_STARTS, arena=ARENA)
    near = (out.ending == "converged") & (np.abs(out.end).max(axis=1) < 3)
    assert (out.curvature_min[near] < 0).any()
    assert (out.curvature_min[near] > 0).any()


# --- endings -----------------------------------------------------------------------------------------------------


def test_every_ending_of_a_search_occurs_and_is_true() -> None:
    """At rest, out of steps, out of the arena, no number, and at rest in floating point; with what each has cost."""
    starts = np.array([[0.3, -1.2], [np.nan, 0.0], [6.5, 0.0], [0.0, 1.4]])
    out = descend(PEAKS, Method("bfgs", max_steps=3), starts, arena=ARENA)
    assert out.ending.tolist() == ["step_limit", "nonfinite", "left_arena", "step_limit"]
    assert out.evaluations is not None
    assert out.evaluations[:, 1].tolist() == [4, 0, 0, 4]
    assert out.steps.tolist() == [3, 0, 0, 3]
    out = descend(PEAKS, Method("bfgs"), starts[:1], arena=ARENA)
    assert out.ending.tolist() == ["converged"]
    assert out.gradient_norm[0] <= 1e-8
    out = descend(PEAKS, Method("bfgs", max_steps=300, gradient_tolerance=0), starts[:1], arena=ARENA)
    assert out.ending.tolist() == ["stationary"]  # it comes back to the same bits, whatever it has counted meanwhile
    assert out.gradient_norm[0] < 1e-12
    plateau = descent(Method("armijo", gradient_tolerance=0), in_numpy(PEAKS), REFERENCE["start"])
    assert (plateau.ending, len(plateau.points)) == ("stationary", 2)  # at once where no trial is another point


def test_a_gradient_that_is_small_once_is_no_rest() -> None:
    """BFGS and Barzilai-Borwein converge where two gradients in sequence are small, or where they cannot move on."""
    for name in ("bfgs", "barzilai_borwein_1", "barzilai_borwein_2"):
        f = parabola()
        found = descent(method_of(name), f, [0.3, 0.2])
        assert found.ending == "converged"
        assert max(found.norms[-2:]) <= 1e-8 or found.points[-1] == [0.0, 0.0]
        assert sum(norm <= 1e-8 for norm in found.norms) <= 2


def test_polyak_below_its_lowest_value_stands_still() -> None:
    """An ``f_star`` that is no lower bound ends a descent as stationary, where the value is below it."""
    found = descent(Method("polyak", f_star=-1.0), in_numpy(PEAKS), [0.3, -1.2])
    assert found.ending == "stationary"
    assert PEAKS.value(np.array(found.points[-1:]))[0] <= -1.0


# --- what it costs -----------------------------------------------------------------------------------------------


def test_running_times_count_the_gradients_of_refused_trials_too() -> None:
    """The expected running time is all gradient evaluations of the outcomes over the starts that arrived."""
    starts = np.random.default_rng(4).uniform(-3, 3, (400, 2))
    out = descend(PEAKS, Method("damped_newton"), starts, arena=ARENA)
    columns = storage.outcome_columns(out, PEAKS.variables)
    columns["basin"] = np.where(out.value < -6.5, 0, -1)
    columns["label"] = np.zeros(len(out), np.int8)
    columns["gradient_evaluations"] = columns["gradient_evaluations"] + np.arange(len(out)) % 4  # as if refused
    counter = OutcomeCounter(lowest=-6.55, method=Method("damped_newton"), diagonal=8.5, grid=None)
    tally = Tally.sum([counter.of(LabelledRows.of(columns, PEAKS.variables))] * 2)
    tally = Tally.from_frame(tally.to_frame())
    time = running_time(tally.steps_paid, [0], np.random.default_rng(1), resamples=20)
    spent, hits = columns["gradient_evaluations"], (out.value < -6.5).sum()
    assert time.value == pytest.approx(spent.sum() / hits, rel=1e-12)


# --- what is refused, and shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_says_what_it_does(name: str) -> None:
    """Formula, hyperparameters with limits, endings, source; and it is refused where no region is proven."""
    text = listed(name)
    for word in (
        *SEARCHES[name].settings,
        SEARCHES[name].pseudocode[0],
        "ends: `converged`",
        "source: ",
        "libraries: ",
    ):
        assert word in text
    with pytest.raises(InputError, match=f"no attraction ball is proven for {SEARCHES[name].title}"):
        method_of(name, stopping="certified")
    with pytest.raises(InputError, match="has no learning_rate: it finds its own"):
        method_of(name, learning_rate=0.1)


def test_numbers_outside_their_range_are_refused() -> None:
    """In a sentence that names the number and its range."""
    with pytest.raises(InputError, match=r"shrink is a finite number above 0 and at most 0.9; got 1"):
        Method("armijo", shrink=1)
    with pytest.raises(InputError, match="f_star is a finite number"):
        Method("polyak")
    with pytest.raises(InputError, match="a hyperparameter of BFGS"):
        Method("bfgs", momentum=0.9)
