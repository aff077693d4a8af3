"""SciPy's optimisers as methods: they reach known minima, and what they say of themselves decides nothing."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from scipy.optimize import _cobyqa_py, _lbfgsb_py, _optimize, _slsqp_py, _tnc, _trustregion

from multistart.box import Box
from multistart.config import read_config
from multistart.descents import outside as running
from multistart.descents.blas import one_thread
from multistart.descents.descend import descend
from multistart.descents.outcomes import ENDINGS, Outcomes
from multistart.descents.trace import sketch, trace
from multistart.errors import ConfigError, InputError
from multistart.figures.classes import ENDING_TEXT
from multistart.figures.marks import MARKERS
from multistart.figures.palette import HATCHES, INKS, QUIET
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_evaluation
from multistart.methods import Method
from multistart.methods.listing import listed
from multistart.methods.outside import HESSIAN, LEFT_OUT, NOT_TAKEN, OPTIMISERS, VALUE
from multistart.minima import find_minima, label
from multistart.starts.designs import draw
from multistart.study import load_study, storage
from multistart.study.sentences import Summary

from . import staged

PEAKS, HIMMELBLAU = named("peaks"), named("himmelblau")
BOX = Box({"x": (-3.0, 3.0), "y": (-3.0, 3.0)})
ARENA = BOX.widened(1.0)
#: Starts on the outskirts of peaks from which SciPy's L-BFGS-B stops, and says that it has converged.
FALSE = np.array([[-2.7367958457944375, 2.1757918431586134], [-2.657393237751771, 2.132718539618815],
                  [2.9636200160939294, -2.152551399221072], [-2.8670247579555594, -1.8781563283779417]])  # fmt: skip


#: Those of `minimize`; `least_squares` is for fits.
MINIMIZERS = [name for name, each in OPTIMISERS.items() if not each.residuals]
LEAST_SQUARES = ["trf", "dogbox", "lm"]


def by(name: str, **given: Any) -> Method:
    return Method("scipy", method=name, **given)


@pytest.mark.parametrize("name", MINIMIZERS)
@pytest.mark.parametrize("objective", [PEAKS, HIMMELBLAU], ids=["peaks", "himmelblau"])
def test_each_method_reaches_the_known_minima(name: str, objective: Objective) -> None:
    """From starts beside each minimum of the catalogue it ends at one, and is labelled so, by place and value.

    SLSQP alone begins with a step as long as the gradient, and may leave the arena with it.
    """
    places = np.array([place for place, _ in objective.minima])
    box = objective.domain
    out = descend(objective, by(name), places + np.array([0.15, -0.1]), arena=box.widened(1.0))
    rest = np.isin(out.ending, ["converged", "stopped"])
    assert rest.all() or name == "SLSQP"
    assert rest.any()
    away = np.linalg.norm(out.end[rest, None] - places, axis=2)
    assert away.min(axis=1).max() < 1e-3
    minima = find_minima(objective, out.end[rest], box)
    labelled = minima.location[label(objective, out.end[rest], minima, box)]
    assert np.abs(labelled - places[away.argmin(axis=1)]).max() < 1e-6
    assert (out.evaluations[:, 0] > 0).all()
    assert (out.evaluations[:, 1:] > 0).any(axis=0).tolist() == [
        OPTIMISERS[name].needs > VALUE,
        OPTIMISERS[name].needs >= HESSIAN,
    ]


@pytest.mark.parametrize(
    ("name", "set_by_the_study"),
    [
        ("L-BFGS-B", {"gtol": 1e-8 / np.sqrt(2), "maxiter": 1000, "maxfun": 10**6}),
        ("BFGS", {"gtol": 1e-8 / np.sqrt(2), "maxiter": 1000}),
        ("trust-exact", {"gtol": 1e-8, "maxiter": 1000}),
        ("SLSQP", {"maxiter": 1000}),
        ("Powell", {"maxiter": 1000}),
    ],
)
def test_a_descent_is_a_call_of_minimize(name: str, set_by_the_study: dict[str, float]) -> None:
    """End, steps, evaluations, flag and words are those of a direct call with the options that the study sets."""
    starts = draw("uniform", BOX, count=6, seed=3)
    out, needs = descend(PEAKS, by(name), starts), OPTIMISERS[name].needs
    evaluate = compile_evaluation(PEAKS).evaluate
    for i, start in enumerate(starts):
        with one_thread(), np.errstate(all="ignore"):
            found = scipy.optimize.minimize(
                lambda x: evaluate(x[None])[0][0],
                start,
                jac=(lambda x: evaluate(x[None])[1][0]) if needs > VALUE else None,
                hess=(lambda x: evaluate(x[None])[2][0]) if needs >= HESSIAN else None,
                method=name,
                options=set_by_the_study,
            )
        assert out.end[i].tolist() == found.x.tolist()
        assert found.nit - out.steps[i] in (0, OPTIMISERS[name].tries)  # a last iteration may find no step
        asked = [found.nfev, found.get("njev", 0), found.get("nhev", 0)]
        assert out.evaluations[i, : needs + 1].tolist() == asked[: needs + 1]
        assert out.verdict[i].tolist() == [found.success, found.message, f"SciPy {scipy.__version__}"]


def test_a_false_success_is_caught() -> None:
    """SciPy calls these starts a success; their gradients are above 1e-4, so they are `stopped`, and at no minimum."""
    out = descend(PEAKS, by("L-BFGS-B", options={"gtol": 1e-5}), FALSE)
    assert out.verdict[:, 0].tolist() == [True] * len(FALSE)
    assert all("CONVERGENCE" in message for message in out.verdict[:, 1])
    assert (np.abs(PEAKS.gradient(out.end)).max(axis=1) > 1e-4).all()
    assert set(out.ending) == {"stopped"}
    minima = find_minima(PEAKS, np.array([place for place, _ in PEAKS.minima]), BOX)
    assert label(PEAKS, out.end, minima, BOX).tolist() == [-1] * len(FALSE)


def test_every_ending_in_one_batch() -> None:
    """Converged, out of steps, out of the arena, not finite, and stopped short: by the end, whatever SciPy says."""
    f = Objective.from_expression("x**4/4 - x**3", ["x"])  # a minimum at 3, and flat at 0
    starts = np.array([[2.9], [-1.4], [9.0], [np.nan]])
    out = descend(f, by("BFGS", max_steps=40), starts, arena=Box({"x": (-8.0, 8.0)}))
    assert out.ending.tolist() == ["converged", "converged", "left_arena", "nonfinite"]
    few = descend(f, by("BFGS", max_steps=2), starts, arena=Box({"x": (-8.0, 8.0)}))
    assert few.ending.tolist() == ["step_limit", "step_limit", "left_arena", "nonfinite"]
    assert few.steps.tolist() == [2, 2, 0, 0]
    assert few.verdict[2:, :2].tolist() == [[None, None]] * 2  # nothing was asked of SciPy
    short = descend(f, by("L-BFGS-B", options={"ftol": 0.1}), starts[:1])
    assert short.ending.tolist() == ["stopped"]
    assert short.verdict[0, 0] is True


def test_every_ending_has_a_colour_and_a_name() -> None:
    """So that a picture of starts that ended so at no minimum can be drawn."""
    for code, ending in enumerate(ENDINGS):
        assert ending in ENDING_TEXT
        assert all(-1 - code in look for look in (QUIET, INKS, HATCHES, MARKERS))


@pytest.mark.parametrize("name", MINIMIZERS)
def test_the_step_limit_is_kept_to(name: str) -> None:
    """With few steps none makes more, and what has not arrived ends as `step_limit`, however the method counts."""
    starts = np.array([[0.9, 0.8], [-0.2, -0.3]])
    out = descend(HIMMELBLAU, by(name, max_steps=2), starts)
    assert out.steps.max() <= 2
    assert (out.ending[out.steps == 2] != "stopped").all()
    assert "step_limit" in out.ending


def test_an_error_is_the_outcome_of_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """What SciPy raises is kept as its message; the other starts go on."""
    real = scipy.optimize.minimize

    def minimize(function: Any, start: np.ndarray, **given: Any) -> Any:
        if start[0] > 0:
            raise np.linalg.LinAlgError("Singular matrix")
        return real(function, start, **given)

    monkeypatch.setattr(scipy.optimize, "minimize", minimize)
    out = descend(PEAKS, by("BFGS"), np.array([[1.0, 1.0], [-1.3, 0.2]]))
    assert out.verdict[0, :2].tolist() == [None, "LinAlgError: Singular matrix"]
    assert out.end[0].tolist() == [1.0, 1.0]
    assert out.ending.tolist() == ["stopped", "converged"]


def same(one: Outcomes, other: Outcomes, rows: Any = slice(None)) -> bool:
    return all(np.array_equal(a[rows], b) for a, b in zip(vars(one).values(), vars(other).values(), strict=True))


@pytest.mark.parametrize("name", sorted(set(MINIMIZERS) - {"COBYQA"}))
def test_permuting_the_starts_permutes_the_outcomes(name: str) -> None:
    """Row by row, all columns: a start's outcome depends on it alone."""
    starts = draw("uniform", BOX, count=8, seed=5)
    order = np.random.default_rng(1).permutation(8)
    method = by(name, max_steps=60)
    assert same(descend(PEAKS, method, starts, arena=ARENA), descend(PEAKS, method, starts[order], arena=ARENA), order)


def test_trace_passes_through_the_points_of_the_descent() -> None:
    """From the start, a point for each step, to the end; a sketch is a part of it."""
    start = np.array([2.0, -2.5])
    for name in ("L-BFGS-B", "Nelder-Mead", "SLSQP"):
        out = descend(PEAKS, by(name), start[None], arena=ARENA)
        way = trace(PEAKS, by(name), start, arena=ARENA)
        assert len(way) == out.steps[0] + 1
        assert way[[0, -1]].tolist() == [start.tolist(), out.end[0].tolist()]
        (thin,) = sketch(PEAKS, by(name), start[None], arena=ARENA, points=4)
        assert thin[[0, -1]].tolist() == way[[0, -1]].tolist()
        assert {tuple(point) for point in thin} <= {tuple(point) for point in way}


@pytest.mark.parametrize("name", MINIMIZERS)
def test_no_step_goes_to_a_point_that_was_only_tried(name: str) -> None:
    """All of these methods take what is lower only, so along a way values never rise."""
    for start in draw("uniform", BOX, count=4, seed=8):
        values = PEAKS.value(trace(PEAKS, by(name), start))
        assert (np.diff(values) <= 1e-12 * np.abs(values[1:])).all()


def installed(name: str) -> dict[str, Any]:
    """The options of a method of the installed SciPy, with their defaults."""
    functions = {
        "Nelder-Mead": [_optimize._minimize_neldermead], "Powell": [_optimize._minimize_powell],
        "CG": [_optimize._minimize_cg], "BFGS": [_optimize._minimize_bfgs],
        "Newton-CG": [_optimize._minimize_newtoncg], "L-BFGS-B": [_lbfgsb_py._minimize_lbfgsb],
        "TNC": [_tnc._minimize_tnc], "SLSQP": [_slsqp_py._minimize_slsqp], "COBYQA": [_cobyqa_py._minimize_cobyqa],
        **dict.fromkeys(LEAST_SQUARES, (scipy.optimize.least_squares,)),
        "trust-exact": [_trustregion._minimize_trust_region], "trust-ncg": [_trustregion._minimize_trust_region],
    }  # fmt: skip
    found = {key: p.default for f in functions[name] for key, p in inspect.signature(f).parameters.items()}
    arguments = {
        "fun",
        "func",
        "x0",
        "args",
        "jac",
        "hess",
        "hessp",
        "callback",
        "constraints",
        "method",
        "kwargs",
        "subproblem",
        "unknown_options",
    }
    return {key: default for key, default in found.items() if key not in arguments}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_options_are_those_of_the_installed_scipy(name: str) -> None:
    """Each with its default; and each that SciPy has besides is left out with a reason."""
    theirs, ours = installed(name), OPTIMISERS[name].takes
    of_others = (
        {"inexact", "subproblem_maxiter"} if name.startswith("trust") else {"x_scale"} if name == "lm" else set()
    )
    assert theirs.keys() - ours.keys() <= LEFT_OUT.keys() | of_others
    assert ours.keys() <= theirs.keys()
    for key in ours.keys() - {"gtol", "maxfun", "maxfev", "max_nfev", "x_scale"}:
        assert theirs[key] == ours[key].default, key


def box_bod() -> Objective:
    """NIST's BoxBOD."""
    data = {"x": [1, 2, 3, 5, 7, 10], "y": [109, 149, 149, 191, 213, 224], "w": [1, 1, 2, 1, 1, 3]}
    return Objective.from_model("b1*(1 - exp(-b2*x))", data, ["b1", "b2"], response="y", weights="w", reduction="mean")


@pytest.mark.parametrize("name", LEAST_SQUARES)
def test_a_descent_is_a_call_of_least_squares(name: str) -> None:
    """End, evaluations and words are those of a direct call, residuals and Jacobian by NumPy, with weights and mean.

    MINPACK calls an end a success that is on a plateau, where all measurements but the mean are left out.
    """
    x, y, w = (
        np.array(column, float) for column in ([1, 2, 3, 5, 7, 10], [109, 149, 149, 191, 213, 224], [1, 1, 2, 1, 1, 3])
    )
    root = np.sqrt(2 * w / 6)
    options = {} if name == "lm" else {"x_scale": "jac"}
    starts = np.array([[100, 0.75], [1, 1]])
    out = descend(box_bod(), by(name, options=options), starts, arena=Box({"b1": (-1e4, 1e4), "b2": (-1e4, 1e4)}))
    for i, start in enumerate(starts):
        with np.errstate(over="ignore"):
            found = scipy.optimize.least_squares(
                lambda b: root * (y - b[0] * (1 - np.exp(-b[1] * x))), start,
                jac=lambda b: -root[:, None] * np.column_stack([1 - np.exp(-b[1] * x), b[0] * x * np.exp(-b[1] * x)]),
                method=name, **options, **({} if name == "lm" else {"gtol": 1e-8 / np.sqrt(2)}),
        )  # fmt: skip
        np.testing.assert_allclose(out.end[i], found.x, rtol=1e-5)
        assert out.value[i] == pytest.approx(found.cost, rel=1e-9)
        assert abs(out.evaluations[i, 0] - found.nfev) <= 1
        assert out.verdict[i, :2].tolist() == [found.success, found.message]
    best = out.value.min()
    assert (out.value[1] > 2 * best) == (name == "lm")
    assert out.verdict[1, 0] is True


def test_least_squares_in_a_box() -> None:
    """`trf` and `dogbox` are held in bounds that the best fit is outside of, and end on the face; MINPACK cannot be."""
    box = Box({"b1": (50, 200), "b2": (0.1, 3)})
    for name in ("trf", "dogbox"):
        out = descend(
            box_bod(), by(name, options={"x_scale": "jac"}), np.array([[60.0, 2.5], [150.0, 1.0]]), bounds=box
        )
        np.testing.assert_allclose(out.end[:, 0], 200, rtol=1e-9)
        assert box.contains(out.end).all()
    with pytest.raises(InputError, match=r"SciPy's lm takes no bounds; those that do are .*trf, dogbox"):
        descend(box_bod(), by("lm"), np.array([[60.0, 2.5]]), bounds=box)


def test_what_has_no_residuals_is_refused() -> None:
    """A function that is no fit, and a fit of another loss, in a sentence that says what to take in its place."""
    with pytest.raises(InputError, match=r"asks for residuals.*no fit.*trust-exact"):
        descend(PEAKS, by("trf"), np.zeros((1, 2)))
    huber = Objective.from_model(
        "a*x", {"x": [1, 2], "y": [1, 3]}, ["a"], response="y", loss={"name": "huber", "delta": 1}
    )
    for given, says in (({"optimizer": "scipy", "method": "trf"}, "SciPy's trf asks for residuals"),
                        ({"optimizer": "levenberg_marquardt"}, "levenberg_marquardt is for fits")):  # fmt: skip
        with pytest.raises(ConfigError, match=f"methods.m: {says}"):
            read_config(CONFIG | {"methods": {"m": given}})
    for run in (descend, sketch):
        with pytest.raises(InputError, match=r"asks for residuals.*this one is huber: take levenberg_marquardt"):
            run(huber, by("dogbox"), np.zeros((1, 1)))


def test_all_methods_of_scipy_are_taken_or_left_out_with_a_reason() -> None:
    """Those that the installed SciPy's minimize names."""
    from scipy.optimize._minimize import MINIMIZE_METHODS

    assert set(MINIMIZE_METHODS) <= {name.lower() for name in (*OPTIMISERS, *NOT_TAKEN)}


CONFIG = {
    "study": "a",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "method: is missing; give one of L-BFGS-B, BFGS"),
        ({"method": "lbfgs"}, '"lbfgs" is not one of L-BFGS-B, BFGS'),
        ({"method": "nelder_mead"}, 'did you mean "Nelder-Mead"?'),
        ({"method": "trust-constr"}, "trust-constr is left out: it is for constraints, and a study has none"),
        ({"method": "dual annealing"}, "dual_annealing is left out: it searches a whole box"),
        ({"method": "trust-krylov"}, "it ends elsewhere from run to run"),
        ({"method": "BFGS", "options": {"maxcor": 5}}, "maxcor: is none of SciPy's BFGS, which takes gtol, norm"),
        ({"method": "L-BFGS-B", "options": {"maxiter": 5}}, "options.maxiter: is left out: max_steps says it"),
        ({"method": "L-BFGS-B", "options": {"maxcor": 2.5}}, "maxcor: got 2.5; give a whole number of at least 1"),
        ({"method": "L-BFGS-B", "options": {"bounds": 1}}, "it is for bounds or constraints, and a study has none"),
        ({"method": "Nelder-Mead", "options": {"adaptive": 1}}, "options.adaptive: got 1.0; give true or false"),
        ({"method": "trf", "options": {"x_scale": "jca"}}, "x_scale"),
        ({"method": "trf", "options": {"loss": 1}}, "loss: is left out: the objective has a loss of its own"),
        ({"method": "BFGS", "learning_rate": 0.1}, "learning_rate: is not used: SciPy's methods choose the lengths"),
        ({"method": "BFGS", "momentum": 0.5}, "momentum: is not used: scipy takes method and options"),
        ({"method": "BFGS", "gradient_tolerance": 0}, "gradient_tolerance: got 0, which runs all steps"),
        ({"method": "BFGS", "stopping": "certified"}, "no attraction ball is proven for SciPy's BFGS"),
        ({"optimizer": "adam", "learning_rate": 0.1, "method": "BFGS"}, "method: is for optimizer: scipy alone"),
        ({"method": "CG", "options": {"c1": 0.4}}, "c1 is below c2, 0.4; got 0.4"),
        ({"method": "BFGS", "options": {"c1": 0.9, "c2": 0.1}}, "c1 is below c2, 0.1; got 0.9"),
        ({"method": "Newton-CG", "options": {"c1": 0.95}}, "c1 is below c2, 0.9; got 0.95"),
        ({"method": "trust-ncg", "options": {"max_trust_radius": 1}}, "initial_trust_radius is below max_trust_radius"),
        ({"method": "COBYQA", "options": {"final_tr_radius": 2}}, "final_tr_radius is at most initial_tr_radius, 1"),
        ({"method": "lm", "options": {"ftol": 0}}, "ftol: got 0.0; give a finite number of at least 2.22045e-16"),
        ({"optimizer": "l-bfgs-b"}, 'did you mean "scipy"?'),
    ],
)  # fmt: skip
def test_what_scipy_does_not_take_is_refused(given: dict[str, Any], says: str) -> None:
    """In one sentence that names the key, before anything runs; and by `Method` as well."""
    with pytest.raises(ConfigError) as caught:
        read_config(CONFIG | {"methods": {"m": {"optimizer": "scipy"} | given}})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        Method(**({"optimizer": "scipy"} | given))


def test_what_is_listed_is_what_is_taken() -> None:
    """`multistart methods` names each; one alone is shown with its options, and how it ends."""
    for name, each in OPTIMISERS.items():
        assert name in listed()
        shown = listed(name)
        assert all(f"  {option}: " in shown for option in each.takes)
        assert "whatever it says itself" in shown


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, Summary]:
    methods = {
        "descent": {"optimizer": "gradient_descent", "learning_rate": 0.01},
        "outside": {"optimizer": "scipy", "method": "L-BFGS-B", "options": {"gtol": 1e-5}},
        "simplex": {"optimizer": "scipy", "method": "Nelder-Mead"},
    }
    study = load_study(CONFIG | {"methods": methods})
    folder = staged.run(study, tmp_path_factory.mktemp("outside"))
    return study, folder, staged.summary(study, folder)


def test_a_study_beside_gradient_descent(told: tuple[Any, Path, Summary]) -> None:
    """Two processes give the bits of one; the table keeps flag, words, version; the summary counts what was false."""
    study, folder, summary = told
    (rows,) = storage.read_rows([folder / "outside/outcomes.parquet"])
    out = descend(study.objective, study.method("outside"), study.starts(slice(0, 144)), arena=study.arena)
    assert storage.outcome_columns(out, ["x", "y"]).keys() == rows.keys() - {"basin", "label"}
    for name, column in storage.outcome_columns(out, ["x", "y"]).items():
        assert np.array_equal(rows[name], column), name
    called = rows["optimizer_success"] == True  # noqa: E712
    false = int((called & (rows["basin"] == -1)).sum())
    assert 0 < false < called.sum()
    text = summary.markdown
    right, wrong = (f"{100 * part / 144:.2f} % of the starts" for part in (called.sum() - false, false))
    assert f"a success: {right} at a minimum, and {wrong} at none." in text
    assert f"{100 * (rows['ending'] == 7).mean():.2f} % of the starts ended where it stopped by itself" in text
    assert "SciPy's L-BFGS-B, gtol 1e-05, at most 1,000 steps" in text
    assert "function evaluations and no gradient, on average" in text
    for name, column in {"outside": "gradient_evaluations", "simplex": "function_evaluations"}.items():
        (rows,) = storage.read_rows([folder / name / "outcomes.parquet"])
        time = storage.read_csv(folder / name / "estimates.csv").set_index("quantity").loc["expected_running_time"]
        assert time["unit"] == column.replace("_", " ")
        assert time["value"] == pytest.approx(rows[column].sum() / (rows["basin"] == 0).sum())
    assert not any("A minimum stops" in line and "L-BFGS-B" in line for line in text.splitlines())


def test_memory_of_a_point_is_no_other_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Value, gradient and Hessian are those of the point that is asked, in whatever order points come."""
    function = running._Function(compile_evaluation(PEAKS).function, np.empty(0), 2, calls := [0, 0, 0])
    points = np.array([[0.1, 0.2], [0.1, 0.2], [-1.0, 2.0], [0.1, 0.2]])
    value, gradient, hessian = compile_evaluation(PEAKS).evaluate(points)
    for i in (0, 2, 1, 3):
        assert function.hessian(points[i]).tolist() == hessian[i].tolist()
        assert function.value(points[i]) == value[i]
        assert function.gradient(points[i]).tolist() == gradient[i].tolist()
    assert calls == [4, 4, 4]
