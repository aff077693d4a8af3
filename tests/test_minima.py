"""What is a minimum and what is none, against functions whose critical points are known by construction."""

from dataclasses import replace

import numpy as np
import pytest
import sympy

from multistart.box import Box
from multistart.functions.objective import Objective, named
from multistart.minima import Minima, Tolerances, certify_minima, find, find_minima, label, without_denied
from multistart.minima.proven import denied
from multistart.proofs import certify
from tests.known_minima import ends_near, known


def multiplied_out(text):
    """The formula with all products carried out."""
    return str(sympy.expand(sympy.sympify(text)))


def around(point, box, spread, n=12):
    """Ends spread evenly over a small box around a point; ``spread`` in widths of the box."""
    away = np.random.default_rng(0).uniform(-spread, spread, (n, box.dimensions))
    return np.broadcast_to(np.asarray(point, dtype=float), away.shape) + away * box.width


def found_at(text, bounds, point, spread):
    """The minima found from ends around a point, and the labels of the ends."""
    box = Box(bounds)
    f = Objective.from_expression(text, list(bounds))
    ends = around(point, box, spread)
    minima = find_minima(f, ends, box)
    return minima, label(f, ends, minima, box)


PLANE = {"x": (-2, 2), "y": (-2, 2)}
SLIM = {"x": (-1e-3, 1e-3), "y": (-1e3, 1e3)}
NONE = {
    "inflection with irrational coefficients": ("log(x) + x**2/(2*e) - 2*x/sqrt(e) + 1", {"x": (1, 3.4)}, np.exp(0.5)),
    "cubic inflection": ("x**3 - 3*x**2 + 3*x", {"x": (0.5, 2)}, 1),
    "inflection of order 5 on a height": ("x**5 + 1e8", {"x": (-1, 3)}, 0),
    "inflection of order 7, multiplied out": (multiplied_out("(x - 1)**7"), {"x": (-1, 3)}, 1),
    "inflection beside a bowl": ("x**3 + 1e6*y**2", PLANE, 0),
    "maximum of order 4": ("-x**4", {"x": (-1, 3)}, 0),
    "monkey saddle": ("x**3 - 3*x*y**2", PLANE, 0),
    "saddle of order 4": ("x**4 - y**4", PLANE, 0),
    "a valley that curves": ("(y - x**2)**2", PLANE, (0.6, 0.36)),
    "a valley that curves, flat across": ("(y - x**2)**4", PLANE, (0.6, 0.36)),
    "a ring": ("(x**2 + y**2 - 1)**2", PLANE, (0.6, 0.8)),
    "a cross of valleys": ("x**2*y**2", PLANE, 0),
    "a turned cross of valleys": ("(x + y)**2*(x - 2*y)**2", PLANE, 0),
    "a valley that falls after all": ("(y - x**2)**2 + x**5", PLANE, 0),
    "inflection in tiny units": ("1e-200*x**3", {"x": (-1, 3)}, 0),
    "inflection in a slim box": ("x**2 + y**3", SLIM, 0),
}  # fmt: skip
ONE = {
    "order 6, multiplied out": (multiplied_out("(x - 1)**6"), {"x": (-1, 3)}, 1),
    "order 10, multiplied out": (multiplied_out("(x - 1)**10"), {"x": (-1, 3)}, 1),
    "order 6 in the plane": (multiplied_out("((x-1)**2 + (y-1)**2)**3"), {"x": (-1, 3), "y": (-1, 3)}, 1),
    "order 20": ("x**20", {"x": (-1, 3)}, 0),
    "order 4 in a slim box": ("x**2 + y**4", SLIM, 0),
    "order 4 in a slim box, turned": ("y**2 + x**4", SLIM, 0),
    "two orders": ("x**4 + y**8", PLANE, 0),
    "nearly a cross of valleys": ("x**2*y**2 + x**6 + y**6", PLANE, 0),
    "large values": ("1e200*(x**4 + y**2)", PLANE, 0),
    "small values": ("1e-200*(x**4 + y**2)", PLANE, 0),
    "a large box": ("x**2 + y**4", {"x": (-1e150, 1e150), "y": (-1e70, 1e70)}, 0),
    "a small box": ("x**2 + y**4", {"x": (-1e-150, 1e-150), "y": (-1e-70, 1e-70)}, 0),
}  # fmt: skip


def test_the_edge_of_a_function_is_no_minimum():
    """Where Newton's method leads to where the function is not defined there is no minimum, and no number."""
    f, box = Objective.from_expression("x**2 + 0/sqrt(x)", ["x"]), Box({"x": (-3, 3)})
    ends = np.geomspace(1e-9, 1e-8, 20)[:, None]
    minima = find_minima(f, ends, box)
    assert len(minima) == 0
    assert set(label(f, ends, minima, box)) == {-1}


@pytest.mark.parametrize("case", NONE)
def test_what_is_not_lower_than_all_around_is_no_minimum(case):
    """Inflections of any order, saddles and floors of valleys are none, in any unit and box."""
    text, bounds, point = NONE[case]
    for spread in (1e-6, 1e-3):
        minima, labels = found_at(text, bounds, point, spread)
        assert len(minima) == 0
        assert (labels == -1).all()


@pytest.mark.parametrize("case", ONE)
def test_a_strict_minimum_of_any_order_is_one(case):
    """All ends around are at it, though no tolerance joins them and the gradient there is rounding."""
    text, bounds, point = ONE[case]
    for spread in (1e-4, 4e-3):
        minima, labels = found_at(text, bounds, point, spread)
        np.testing.assert_allclose(minima.location, np.full((1, len(bounds)), point, dtype=float), atol=1e-12)
        assert (labels == 0).all()


BESIDE = [
    ("(x + 1/7)**3*(x + 9/70)", -1 / 7, 1e-6), ("(x + 1/7)**5*(x - 3/70)", -1 / 7, 3e-4),
    ("(x + 1/5)**2*(x + 4/25)**3", -1 / 5, 1e-3), ("(x + 1/5)**4*(x + 4/25)", -1 / 5, 1e-6),
]  # fmt: skip


@pytest.mark.parametrize(("slope", "other", "spread"), BESIDE)
def test_ends_beside_a_flat_point_near_a_minimum_are_not_at_that_minimum(slope, other, spread):
    """Lost in rounding, Newton's method goes from an inflection or a flat maximum to a minimum 0.01 widths away."""
    x = sympy.Symbol("x")
    f = Objective("expression", sympy.expand(sympy.integrate(sympy.expand(sympy.sympify(slope)), x)), ("x",))
    box = Box({"x": (-2.5, 2.5)})
    place = [float(p) for p in sympy.roots(sympy.sympify(slope)) if abs(float(p) - other) > 1e-9]
    ends = np.vstack([around(place, box, 1e-6, 20), other + np.linspace(0.1, 1, 40)[:, None] * [[spread]]])
    minima = find_minima(f, ends, box)
    np.testing.assert_allclose(minima.location, [place], atol=1e-6)
    labels = label(f, ends, minima, box)
    assert (labels[:20] == 0).all()
    assert (labels[20:] == -1).all()


def test_of_a_floor_few_points_are_looked_at_and_no_minimum_is_lost(monkeypatch):
    """Beside a sphere that is a floor is a minimum of order 4 as low; hundreds of ends cost a few looks."""
    looks, look = [], find._critical
    monkeypatch.setattr(find, "_critical", lambda *given: looks.append(given) or look(*given))
    monkeypatch.setattr(find, "PATIENCE", 8)
    space = Box({"x": (-2, 2), "y": (-2, 2), "z": (-2, 2)})
    away = np.random.default_rng(0).normal(size=(300, 3))
    floor = away / np.linalg.norm(away, axis=1)[:, None]
    ends = np.vstack([floor, (1.5, 0, 0) + 1e-3 * away[:20]])
    f = Objective.from_expression("(x**2 + y**2 + z**2 - 1)**2 * ((x - 3/2)**4 + y**4 + z**4)", list("xyz"))
    assert len(find_minima(f, floor, space)) == 0
    assert len(looks) == 16
    np.testing.assert_allclose(find_minima(f, ends, space).location, [[1.5, 0, 0]], atol=1e-6)


def test_a_valley_that_curves_and_rises_has_a_minimum():
    """Ends on the floor of (y - x²)² + x⁶, where no straight line rises and falls as the floor does, are at its end."""
    f, box = Objective.from_expression("(y - x**2)**2 + x**6", ["x", "y"]), Box(PLANE)
    x = np.linspace(-1e-2, 1e-2, 21)
    ends = np.column_stack([x, x**2])
    minima = find_minima(f, ends, box)
    np.testing.assert_allclose(minima.location, [[0, 0]], atol=1e-12)
    assert (label(f, ends, minima, box) == 0).all()


@pytest.mark.parametrize("width", [1e-8, 1e-10, 1e-12])
def test_a_zoom_finds_its_minimum(width):
    """In a box so narrow that its width has a few digits only, the minimum of peaks is found and keeps its ends."""
    f = named("peaks")
    x, y = f.minima[0][0]
    box = Box({"x": (x - width / 3, x + width), "y": (y - width / 2, y + width)})
    ends = around((x, y), box, 1e-3)
    minima = find_minima(f, ends, box)
    assert len(minima) == 1
    assert (label(f, ends, minima, box) == 0).all()


@pytest.mark.parametrize("text", ["(x-2)**4 + x*0", "(x-2)**3", "(x**2-4)**2*(1+x/9)"])
@pytest.mark.parametrize("factor", ["1e-120", "1e90"])
@pytest.mark.parametrize("constant", [0, 1])
@pytest.mark.parametrize(("size", "shift"), [("1e-30", "0"), ("1e40", "3e40")])
def test_units_change_no_verdict(text, factor, constant, size, shift):
    """With c f + const for the function and s x + t for the coordinate, the same minima at the same places."""
    plain = find_minima(
        Objective.from_expression(text, ["x"]), around(2, Box({"x": (-3, 3)}), 1e-3), Box({"x": (-3, 3)})
    )
    moved = text.replace("x", f"((x - {shift})/{size})")
    f = Objective.from_expression(f"{factor}*({moved}) + {constant}*{factor}", ["x"])
    s, t = float(size), float(shift)
    box = Box({"x": (-3 * s + t, 3 * s + t)})
    minima = find_minima(f, around(2 * s + t, box, 1e-3), box)
    np.testing.assert_allclose((minima.location - t) / s, plain.location, atol=1e-9)


def check(case, seed):
    """Minima and labels are those that are known."""
    ends, which = ends_near(case, np.random.default_rng(seed))
    minima = find_minima(case.objective, ends, case.box)
    away = np.abs((minima.location[:, None] - case.minima) / case.box.width).max(axis=2)
    assert len(minima) == len(case.minima)
    assert (away.min(axis=1, initial=np.inf) <= 1e-6).all()
    number = dict(enumerate(away.argmin(axis=0))) if len(minima) else {}
    expected = [number.get(w, -1) for w in which]
    assert label(case.objective, ends, minima, case.box).tolist() == expected


@pytest.mark.parametrize("seed", range(24))
def test_known_minima_on_a_line(seed):
    """Of polynomials with critical points of orders 2 to 6, and functions of them, the minima and no others."""
    check(known(seed, 1), seed)


@pytest.mark.parametrize("seed", range(6))
def test_known_minima_in_the_plane(seed):
    """The same of sums of two, of coordinates that are turned or bent."""
    check(known(seed, 2), seed)


@pytest.mark.slow
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("first", range(100, 1600, 100))
def test_known_minima_by_the_hundred(first, d):
    """Fifteen hundred functions on the line, and as many in the plane."""
    for seed in range(first, first + 100):
        check(known(seed, d), seed)


# --- study and certificate ----------------------------------------------------------------------------------------

WELLS = Objective.from_expression("(x**2 - 1)**2 + x/4", ["x"])
LINE = Box({"x": (-2, 2)})


def pretended(*points):
    """Minima as if descents had found them at points."""
    return Minima.at(WELLS, np.array(points, dtype=float).reshape(-1, 1), LINE)


def test_a_minimum_that_a_proof_denies_is_none():
    """Where a complete certificate lists no minimum, one that descents found is left out; a listed one stays."""
    proof = certify(WELLS, LINE)
    right = max(p.center[0] for p in proof.minima)
    minima = certify_minima(WELLS, without_denied(WELLS, pretended(0.4, right), proof, LINE), proof, LINE)
    np.testing.assert_allclose(minima.location, [[right]])
    assert minima.certified.all()


def test_a_certificate_denies_nothing_beyond_its_claim():
    """Above its level, near what it left undecided, on its boundary, and where it is contradicted, both may stand."""
    proof = certify(WELLS, LINE)
    minima = pretended(0.4)

    def denies(certificate, found=minima):
        return denied(WELLS, certificate, found, LINE, Tolerances()).tolist()

    assert denies(proof) == [True]
    assert denies(replace(proof, level=float(minima.value[0]) - 0.1)) == [False]
    assert denies(replace(proof, level=float(minima.value[0]) + 0.1)) == [True]
    assert denies(replace(proof, interior_complete=False, complete=False)) == [False]
    assert denies(replace(proof, degree=5)) == [False]  # contradicted
    assert denies(proof, pretended(2.0)) == [False]
    assert proof.lists_all(0.4, interior=True)
    assert not replace(proof, level=0.3).lists_all(0.4, interior=True)


def test_a_degenerate_point_of_a_certificate_may_be_a_minimum():
    """A cluster that a certificate leaves undecided denies no minimum inside it."""
    f = Objective.from_expression("x**4", ["x"])
    proof = certify(f, LINE)
    minima = find_minima(f, around(0, LINE, 1e-3), LINE)
    assert len(without_denied(f, minima, proof, LINE)) == 1


def test_a_certified_zero_is_zero():
    """A value that is enclosed around 0 is printed as 0, not as the midpoint of the enclosure."""
    f = named("double_well")
    minima = find_minima(f, np.array([[-1.0], [1.0]]) + 1e-6, f.domain)
    certified = certify_minima(f, minima, certify(f, f.domain.widened(1.0)), f.domain)
    assert certified.value.tolist() == [0.0, 0.0]
    assert certified.location.tolist() == [[-1.0], [1.0]]
