"""Certificates of sums over rows of data, against written-out sums, linear algebra, NIST and 50 digits."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest
from flint import arb

from multistart import Box, Objective
from multistart.proofs import Certificate, branch_and_prune, certify, contractors, trial_fits
from multistart.proofs.batch import Cells, Look, Squares, Terms
from multistart.proofs.contractors import lower_bound, of_gradient, of_level, of_rows
from multistart.proofs.enclosures import precision
from multistart.proofs.explained import equilibrated
from multistart.proofs.fit_problem import FitProblem, problem_of
from multistart.proofs.injectivity import injective_on
from multistart.proofs.intervals import Intervals

pytestmark = pytest.mark.usefixtures("no_balls", "few_trials")

NIST = Path(__file__).parent.parent / "reference" / "nist"
X = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
RNG = np.random.default_rng(16)


@pytest.fixture
def few_trials(request, monkeypatch):
    """Fewer fits in floats before a proof, where it is no slow one: they propose, and studies are tested with all."""
    if request.node.get_closest_marker("slow") is None:
        monkeypatch.setattr(trial_fits, "POINTS", 8)
        monkeypatch.setattr(trial_fits, "STEPS", 40)


def saturating(loss="squares", reduction="sum"):
    """A curve that saturates, to a dozen rows."""
    y = 3 * (1 - np.exp(-0.4 * X)) + np.round(np.random.default_rng(1).normal(0, 0.05, len(X)), 4)
    return Objective.from_model(
        "a*(1 - exp(-k*x))", {"x": X, "y": y}, ["a", "k"], response="y", loss=loss, reduction=reduction
    )


BOX = Box({"a": (1, 6), "k": (0.1, 2)})


def nist_problem(name):
    """A problem of NIST's, the box of both starts and the optimum, a tenth wider, and the certified values."""
    problem = json.loads((NIST / "nist_strd.json").read_text())["problems"][name]
    rows = np.genfromtxt(NIST / problem["file"], delimiter=",", names=True)
    ends = {p["name"]: [float(p[key]) for key in ("start1", "start2", "value")] for p in problem["parameters"]}
    box = Box({key: (min(e) - 0.1 * abs(min(e)), max(e) + 0.1 * abs(max(e))) for key, e in ends.items()})
    objective = Objective.from_model(
        problem["model"], {key: rows[key] for key in rows.dtype.names}, list(ends), response=problem["response"]
    )
    values = np.array([e[-1] for e in ends.values()])
    return objective, box, values, float(problem["residual_sum_of_squares"])


def test_fits_of_one_model_are_certified_each_by_its_own_rows():
    """Other numbers in as many rows, or their mean, are another function; the same again is one that is known."""
    x, box = np.array([1.0, 2.0, 3.0]), Box({"a": (-5, 5)})

    def lowest(y, reduction="sum"):
        fit = Objective.from_model("a*x", {"x": x, "y": y}, ["a"], response="y", reduction=reduction)
        return problem_of(fit), certify(fit, box).global_value

    known, value = lowest(np.array([2.0, 4.0, 7.0]))
    for y, reduction in (([2.0, 4.0, 7.0], "sum"), ([2.0, 4.0, 7.0], "mean"), ([2.0, 4.0, 8.0], "sum")):
        problem, (low, high) = lowest(np.array(y), reduction)
        slope = x @ y / (x @ x)
        rest = ((y - slope * x) ** 2).sum() / (len(x) if reduction == "mean" else 1)
        assert low - 1e-12 <= rest <= high + 1e-12
        assert high - low < 1e-12
        assert (problem is known) == ((low, high) == value)


@pytest.mark.parametrize("reduction", ["sum", pytest.param("mean", marks=pytest.mark.slow)])
def test_certificate_of_a_fit_is_that_of_the_sum_written_out(reduction):
    """The same points, types, values and minima of the boundary, by rows and by one formula of a dozen terms."""
    fit = saturating(reduction=reduction)
    by_rows, written = certify(fit, BOX), certify(fit.written_out(), BOX, level=10.0)
    assert by_rows.claim == "complete in this box"
    assert by_rows.degree_agrees is True
    low = [p for p in by_rows.points if p.value[1] <= 10]
    assert [p.kind for p in low] == [p.kind for p in written.points] == ["minimum"]
    for mine, theirs in zip(low, written.points, strict=True):
        np.testing.assert_allclose(mine.location, theirs.location, rtol=1e-14)
        np.testing.assert_allclose(mine.value, theirs.value, rtol=1e-14)
        np.testing.assert_allclose(mine.eigenvalues, theirs.eigenvalues, rtol=1e-9)
    assert Certificate.from_dict(json.loads(json.dumps(by_rows.as_dict()))) == by_rows


def test_certificate_names_the_data():
    """Its text has the number of rows and their digest."""
    fit = saturating()
    assert f"12 rows of data (SHA-256 {fit.fit.digest})" in certify(fit, BOX, level="lowest").expression


def test_linear_model_has_one_minimum_which_is_that_of_linear_least_squares():
    """A parabola through scattered points: one critical point in the box, equal to numpy.linalg.lstsq."""
    y = 1 - X + 0.3 * X**2 + RNG.normal(0, 0.3, len(X))
    fit = Objective.from_model("a + b*x + c*x**2", {"x": X, "y": y}, ["a", "b", "c"], response="y")
    found = certify(fit, Box({"a": (-50, 50), "b": (-50, 50), "c": (-50, 50)}))
    expected, squares, *_ = np.linalg.lstsq(np.vander(X, 3, increasing=True), y)
    assert found.lists_all()
    assert found.counts == {"minimum": 1, "saddle": 0, "maximum": 0, "degenerate": 0}
    np.testing.assert_allclose(found.points[0].center, expected, rtol=1e-11)
    assert found.points[0].value[0] == pytest.approx(squares[0], rel=1e-11)


def test_neuron_has_its_best_fit_twice():
    """tanh(-u) = -tanh(u): the two best fits are proven, mirror images of each other, as a tie."""
    x = np.linspace(-2, 2, 12)
    y = np.tanh(2 * x + 0.5) + 0.02 * np.cos(9 * x)
    fit = Objective.from_model("a*tanh(b*x + c)", {"x": x, "y": y}, ["a", "b", "c"], response="y", reduction="mean")
    found = certify(fit, Box({"a": (-3, 3), "b": (-6, 6), "c": (-6, 6)}), level="lowest")
    assert found.complete
    assert len(found.candidates) == 2
    np.testing.assert_allclose(found.points[0].center, -np.array(found.points[1].center), rtol=1e-12)


@pytest.mark.slow
def test_two_exponentials_have_their_best_fit_twice():
    """Two exponentials may change places, so both fits are listed in four parameters."""
    t = np.linspace(0, 6, 15)
    y = 3 * np.exp(-2 * t) + 5 * np.exp(-0.4 * t) + 0.01 * np.sin(11 * t)
    names = ["a1", "k1", "a2", "k2"]
    fit = Objective.from_model("a1*exp(-k1*t) + a2*exp(-k2*t)", {"t": t, "y": y}, names, response="y")
    box = Box({"a1": (0, 10), "k1": (0.1, 5), "a2": (0, 10), "k2": (0.1, 5)})
    found = certify(fit, box, level="lowest")
    assert found.complete
    first, second = (np.array(p.center) for p in found.candidates)
    np.testing.assert_allclose(first, second[[2, 3, 0, 1]], rtol=1e-10)


@pytest.mark.parametrize(
    "loss",
    [{"name": "huber", "delta": 0.05}, pytest.param({"name": "cauchy", "delta": 0.05}, marks=pytest.mark.slow)],
)
def test_robust_losses_are_certified(loss):
    """Proven, at a point where NumPy's gradient is 0 to rounding and from which no step of a thousandth goes lower."""
    fit = saturating(loss)
    found = certify(fit, BOX, level="lowest")
    assert found.complete
    best = np.array(found.candidates[0].center)
    assert abs(fit.gradient(best[None])).max() < 1e-12
    around = best + 1e-3 * RNG.normal(size=(50, 2))
    assert (fit.value(around) > found.global_value[1]).all()


def test_best_fit_on_a_face_is_proven_there():
    """In a box that ends below the best amplitude, the lowest value is on that face, and the interior has none."""
    found = certify(saturating(), Box({"a": (1, 2.5), "k": (0.1, 2)}), level="lowest")
    assert found.complete
    assert [p.place for p in found.candidates] == ["face"]
    assert found.candidates[0].center[0] == 2.5


def test_logarithmic_scale_certifies_the_same_fit():
    """On the logarithm of k the minimum has the same value, at the logarithm of the same place."""
    plain, logged = saturating(), saturating().on_scales({"k": "log"})
    box = Box({"a": (1, 6), logged.variables[1]: (np.log(0.1), np.log(2))})
    one, other = certify(plain, BOX, level="lowest"), certify(logged, box, level="lowest")
    assert other.complete
    assert np.exp(other.points[0].center[1]) == pytest.approx(one.points[0].center[1], rel=1e-14)
    assert other.global_value == pytest.approx(one.global_value, rel=1e-14)


def test_budget_leaves_a_true_lower_bound():
    """Cut short after a few boxes, the lowest value is still between the bounds that are given."""
    fit, box, _, squares = nist_problem("Rat42")
    found = certify(fit, box, level="lowest", max_boxes=20)
    assert not found.complete
    assert found.global_value[0] <= squares
    assert found.global_value[1] >= squares * (1 - 1e-10)
    assert "incomplete: budget" in found.claim


def test_condition_that_fails_in_one_row_is_heeded():
    """log(a + x) is undefined below -0.5 for the least x alone: nothing is listed or believed there."""
    fit = Objective.from_model("b*log(a + x)", {"x": X, "y": np.log(X + 0.5)}, ["a", "b"], response="y")
    found = certify(fit, Box({"a": (-3, 3), "b": (0.5, 2)}), level="lowest")
    best = min(found.points, key=lambda p: p.value)
    np.testing.assert_allclose(best.center, [0.5, 1], atol=1e-9)
    assert all(p.location[0][0] > -0.5 for p in found.points)


@pytest.mark.parametrize("name", ["Misra1a", "BoxBOD", pytest.param("Rat42", marks=pytest.mark.slow)])
def test_fits_of_nist_are_proven_the_best_in_their_box(name):
    """Complete, with NIST's certified parameters and sum of squares to all eleven digits."""
    fit, box, values, squares = nist_problem(name)
    found = certify(fit, box, level="lowest")
    assert found.complete
    np.testing.assert_allclose(found.candidates[0].center, values, rtol=1e-10)
    assert found.global_value[0] == pytest.approx(squares, rel=2e-10)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["DanWood", "Chwirut2", "MGH09", "MGH10"])
def test_hard_fits_of_nist_are_proven_too(name):
    """The same of three and four parameters, valleys and overflow included."""
    test_fits_of_nist_are_proven_the_best_in_their_box(name)


@pytest.mark.parametrize("name", ["Misra1a", "DanWood"])
def test_fits_of_nist_of_two_parameters_have_no_other_critical_point(name):
    """Complete without a level: by the elimination of the linear parameter."""
    fit, box, *_ = nist_problem(name)
    found = certify(fit, box)
    assert found.lists_all()
    assert len(found.points) == 1
    assert found.degree_agrees is True


# --- contractors --------------------------------------------------------------------------------------------------

MODELS = {
    "a*(1 - exp(-k*x))": "squares",
    "a*x**k": "squares",
    "a*cos(k*x) + k": "squares",
    "a*tanh(k*x)/sqrt(1 + a*a)": "squares",
    "a + log(k + x)": {"name": "cauchy", "delta": 1},
    "a + k*x": {"name": "huber", "delta": 1},
}


def random_cells(count):
    low = np.stack([RNG.uniform(0.5, 3, count), RNG.uniform(0.2, 1.5, count)], axis=1)
    return Cells(low, low + 10 ** RNG.uniform(-5, 0, (count, 1)) * RNG.uniform(0.1, 1, (count, 2)))


@pytest.mark.parametrize("model", MODELS)
def test_arrays_of_intervals_contain_what_fifty_digits_give(model):
    """Sums, gradients and Hessians at random points of random cells, and the bounds below."""
    fit = Objective.from_model(
        model, {"x": X[:5], "y": RNG.normal(size=5)}, ["a", "k"], response="y", loss=MODELS[model]
    )
    problem = problem_of(fit)
    assert isinstance(problem.looks, Squares if MODELS[model] == "squares" else Terms)
    cells = random_cells(40)
    with np.errstate(all="ignore"):
        found = problem.looks.look(cells)
        bound = lower_bound(found)
    scale = 2 if found.residuals is not None else 1
    with precision(180):
        for k in range(40):
            point = [arb(v) for v in RNG.uniform(cells.low[k], cells.high[k])]
            value, gradient, hessian = problem.value(point)[0], problem.field(point), problem.hessian(point)
            assert bound[k] <= float(value.upper()) * (1 + 1e-15)
            given = [(found.value, value, 1)]
            given += [(found.gradient[i], gradient[i], scale) for i in range(2)]
            given += [(found.hessian[i][j], hessian[2 * i + j], scale) for i in range(2) for j in range(2)]
            for interval, truth, factor in given:
                assert not (arb(float(interval.low[k])) * factor > truth)
                assert not (arb(float(interval.high[k])) * factor < truth)


@pytest.mark.parametrize("name", ["exp", "log", "cos", "sin", "tanh", "cosh", "sinh", "root", "huber"])
def test_functions_of_intervals_contain_what_fifty_digits_give(name):
    """At random floats of all sizes."""
    x = np.concatenate([RNG.uniform(-3, 3, 300), RNG.uniform(-600, 600, 300), np.exp(RNG.uniform(-600, 600, 300))])
    with np.errstate(all="ignore"):
        found = getattr(Intervals.exactly(x), name)()
    with mpmath.workdps(50):
        own = {"root": mpmath.sqrt, "huber": lambda u: u * u / 2 if abs(u) <= 1 else abs(u) - 0.5}
        exactly = own.get(name) or getattr(mpmath, name)
        for number, low, high in zip(x, found.low, found.high, strict=True):
            if np.isnan(low) or np.isnan(high):
                continue
            truth = exactly(mpmath.mpf(number))
            assert low <= truth <= high
    assert np.isfinite(found.low[:300]).sum() >= 140


def test_sum_of_what_overflows_bounds_from_below():
    """A sum of squares beyond all floats is above every level, not unknown."""
    with np.errstate(over="ignore"):
        assert Intervals.exactly(np.full((1, 5), 1e200)).square().sum().low[0] > 1e307


def test_contractors_keep_the_minimum_and_drop_the_rest():
    """In five hundred random cells around it no contractor cuts the minimum off, and most become smaller."""
    fit = saturating()
    problem = problem_of(fit)
    minimum = certify(fit, BOX, level="lowest").points[0]
    best, code = np.array(minimum.center), problem.looks
    size = 10 ** RNG.uniform(-6, 0, (500, 1)) * RNG.uniform(0.05, 1, (500, 2))
    cells = Cells(best - size * RNG.uniform(0, 1, (500, 2)), best + size * RNG.uniform(0, 1, (500, 2)))
    smaller = np.zeros(500)
    with np.errstate(all="ignore"):
        level = minimum.value[1]
        found = code.look(cells)
        results = [of_rows(code, cells, level, (0, 1)), of_level(found, level, (0, 1)), of_gradient(found, (0, 1))]
        assert (lower_bound(found) <= level).all()
    for cut in results:
        kept_low, kept_high = np.fmax(cells.low, cut.low), np.fmin(cells.high, cut.high)
        assert (kept_low <= best + 1e-15).all()
        assert (kept_high >= best - 1e-15).all()
        smaller += (kept_high - kept_low < 0.9 * (cells.high - cells.low)).any(axis=1)
    assert (smaller > 0).mean() > 0.5


def test_linear_parameters_are_eliminated_exactly():
    """With the rate known to a millionth, the amplitude at a critical point is known to some millionths."""
    code = problem_of(saturating()).looks
    assert code.linear == [0]
    cells = Cells(np.array([[0.0, 0.4]]), np.array([[100.0, 0.4000004]]))
    found = of_rows(code, cells, np.inf, (0, 1))
    assert found.high[0, 0] - found.low[0, 0] < 1e-4
    phi = 1 - np.exp(-0.4 * X)
    y = code.problem.data[:, [str(s) for s in code.problem.columns].index("y")]
    assert found.low[0, 0] <= phi @ y / (phi @ phi) <= found.high[0, 0]


def test_injectivity_follows_a_narrow_valley():
    """Of NIST's Rat42 a cell of a hundredth around the optimum is injective, one of all the box is not."""
    fit, box, values, _ = nist_problem("Rat42")
    code = problem_of(fit).looks
    cells = Cells(
        np.array([values * (1 - 1e-3), [b[0] for b in box.bounds.values()]]),
        np.array([values * (1 + 1e-3), [b[1] for b in box.bounds.values()]]),
    )
    with np.errstate(all="ignore"):
        assert injective_on(code, cells, (0, 1, 2)).tolist() == [True, False]


def test_contraction_that_cuts_too_much_is_noticed(monkeypatch):
    """With a broken contractor the minimum is lost, and the degree along the boundary contradicts the list."""

    def broken(code, cells, level, free):
        found = contractors.of_rows(code, cells, level, free)
        return Cells(found.low + 0.3 * (found.high - found.low), found.high)

    monkeypatch.setattr(branch_and_prune, "of_rows", broken)
    monkeypatch.setattr(FitProblem, "good_points", lambda self, bounds: [])
    found = certify(saturating(), BOX)
    assert not found.lists_all() or len(found.points) != 1
    assert found.degree_agrees is not True


def test_rows_that_count_negative_make_no_sum_of_squares():
    """A loss of the user's own may fall with a row's residual: what lies below 0 is in the bound, and is the lowest."""
    data = {"x": [0, 1, 2, 3, 4], "y": [1, 2, 4, 4, 5], "w": [1, 1, -0.9, 1, 1]}
    fit = Objective.from_model("a + b*x", data, ["a", "b"], response="y", loss="w*(y - m)**2")
    found = certify(fit, Box({"a": (-3, 3), "b": (-3, 3)}), level="lowest")
    assert found.global_value[0] <= fit.value([[0.7, 1.0]])[0] < -1
    falling = Objective.from_model("a + b*x", data | {"w": X[:5]}, ["a", "b"], response="y", loss="-w*(y - m)**2")
    assert certify(falling, Box({"a": (-3, 3), "b": (-3, 3)}), level="lowest").complete


def test_huber_has_enclosures_where_the_model_is_not_defined():
    """A logarithm of what is negative in a part of the box: there are Huber's pieces for half-infinite ends."""
    data = {"x": [0, 1, 2, 3], "y": [1, 2.2, 2.9, 4.1]}
    loss = {"name": "huber", "delta": 0.5}
    fit = Objective.from_model("log(a*x + b)", data, ["a", "b"], response="y", loss=loss)
    found = certify(fit, Box({"a": (-3, 3), "b": (-3, 3)}), level="lowest", max_boxes=2000)
    assert found.global_value[0] <= fit.value([[3.0, 3.0]])[0] < found.global_value[0] + 0.1


def test_a_box_as_wide_as_doubles_has_a_bound():
    """A line in a box of 2e300: nothing overflows aloud, and the lowest sum of squares is in the enclosure."""
    data = {"x": [0, 1, 2, 3, 4], "y": [1, 2.2, 2.9, 4.1, 5]}
    fit = Objective.from_model("a + b*x", data, ["a", "b"], response="y")
    low, high = certify(fit, Box(dict.fromkeys("ab", (-1e300, 1e300))), level="lowest", max_boxes=300).global_value
    assert low <= 0.051 <= high


def test_slopes_beyond_doubles_are_slopes_of_zero():
    """An exponential of -300, whose slopes have squares that are no doubles: it is proven as one that is 0."""
    data = {"x": [355.6, 491.7, 901.0, 2473.0], "y": [0.1, 0.2, 0.1, 0.3]}
    fit = Objective.from_model("exp(a*x)/(b + x)", data, ["a", "b"], response="y")
    found = certify(fit, Box({"a": (-1.04, -0.9), "b": (-0.3, 0.3)}), level="lowest", max_boxes=200)
    assert found.global_value == pytest.approx((0.15, 0.15), rel=1e-14)


def test_hessians_with_a_diagonal_next_to_zero_are_not_scaled():
    """Where scaling a Hessian would overflow, the identity stands for it; the search only becomes slower."""
    small, large = (Intervals.exactly(np.array([v])) for v in (5e-324, 1e300))
    look = Look(Cells(X[None, :2], X[None, :2]), small, [], [], [[small, large], [large, small]])
    with np.errstate(over="ignore"):
        scaled, scale = equilibrated(look, (0, 1))
    np.testing.assert_array_equal(scaled, np.eye(2)[None])
    np.testing.assert_array_equal(scale, [[1, 1]])
