"""Numbers that floats hardly hold, or not at all: what is printed stays true, and what can be proven is."""

import math

import numpy as np
import pytest
from flint import arb

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.proofs import certify
from multistart.proofs.balls import approximate_inverse, identity_minus, inertia
from multistart.proofs.certificate import Certificate


def certificate(text: str, bounds: dict, **options) -> Certificate:
    return certify(Objective.from_expression(text, list(bounds)), Box(bounds), **options)


TWIN = "(x-1-2/10**17)**3/3 - (x-1-2/10**17)/10**34"
TWINS = {
    "one": (TWIN, {"x": (0, 3)}, [[1 + 2e-16], [1.0001]]),
    "plane": (f"{TWIN} + y**2 + x*y/10**40", {"x": (0, 3), "y": (-1, 2)}, [[1 + 2e-16, 0], [1.0001, 0]]),
    "parts": (f"{TWIN} + y**2", {"x": (0, 3), "y": (-1, 2)}, [[1 + 2e-16, 0], [1.0001, 0]]),
}


@pytest.mark.parametrize(("text", "bounds", "seeds"), list(TWINS.values()), ids=list(TWINS))
def test_no_cell_with_two_zeros_is_printed_as_one(text, bounds, seeds):
    """Two critical points 2e-17 apart are in one cell of floats: they are undecided, not "exactly one"."""
    c = certificate(text, bounds, seeds=seeds, max_boxes=3000)
    assert c.points == ()
    assert not c.complete


def test_eigenvalues_below_all_floats_have_signs():
    """At 28 the second derivative of (x - 28)*exp(-x**2) is about -1e-338: a maximum, and no contradiction."""
    c = certificate("(x-28)*exp(-x**2)", {"x": (-4, 29)})
    assert c.claim == "complete in this box"
    assert c.degree_agrees
    assert [p.kind for p in c.points] == ["minimum", "maximum"]


def test_a_learning_rate_above_all_floats_is_a_row_of_the_table():
    """2/lambda is infinite to floats at the minimum of (x - 30)**2*exp(-x**2)."""
    c = certificate("(x-30)**2*exp(-x**2)", {"x": (20, 40)})
    (minimum,) = c.minima
    low, high = minimum.critical_learning_rate
    assert low == np.finfo(float).max
    assert high == math.inf
    assert len(c.columns()["kind"]) == len(c.points) + len(c.boundary)
    assert Certificate.from_dict(c.as_dict()) == c


@pytest.mark.parametrize("bits", [64, 700, 2048, 4096])
def test_every_precision_proves_the_same(bits):
    """Three points at 64 bits and at 4096, where a radius is below all floats."""
    for text, bounds in (
        ("(x**2-1)**2/4 + x/3", {"x": (-3, 3)}),
        ("(x**2-1)**2/4 + x*y/3 + y**2 + y/7", {"x": (-3, 3), "y": (-2, 2)}),
    ):
        c = certificate(text, bounds, precision_bits=bits)
        assert c.complete
        assert len(c.points) == 3


@pytest.mark.parametrize("terms", ["a+b+c+d+f+g", "1+a+b+c+d+f+g+a*b*c"])
def test_a_power_of_a_sum_is_not_written_out(terms):
    """exp of minus the 64th power has no Gaussian in it, and that is seen without its millions of terms."""
    c = certificate(f"exp(-({terms})**64)", dict.fromkeys("abcdfg", (-1, 1)), max_boxes=20)
    assert "budget" in c.claim


SCALES = {
    "tiny": ("1e-300*((x-1/3)**2 + 3*(y-1/7)**2 + x*y)", 1),
    "huge": ("1e300*((x-1/3)**2 + 3*(y-1/7)**2 + x*y)", 1),
    "both": ("1e300*(x-1/3)**2 + 1e-300*(y-1/7)**2 + x*y", 1),
    "valley": ("1e33*(x-1/3)**2 + 1e38*(y-1/7)**2 + x*y", 1),
    "three": ("1e300*(x-1/3)**2 + 1e-300*(y-1/7)**2 + (z-1/9)**2 + x*y*z/1000", 1),
}


@pytest.mark.parametrize(("text", "points"), list(SCALES.values()), ids=list(SCALES))
def test_a_quadratic_of_any_scale_is_decided(text, points):
    """Its point has the kind of the signs, which scaled coordinates show."""
    names = "xyz" if "z" in text else "xy"
    c = certificate(text, dict.fromkeys(names, (-1, 1)))
    assert c.complete
    assert "singular" not in c.claim
    assert len(c.points) + len(c.boundary) >= points
    assert all(p.kind != "degenerate" for p in c.points)


def test_the_inverse_and_the_signs_of_a_badly_scaled_matrix():
    """Entries from 1e-400 to 1e400, beyond floats."""
    tiny, huge = arb(10) ** -400, arb(10) ** 400
    matrix = [[huge, arb(1) / 3], [arb(1) / 3, tiny]]
    inverse = approximate_inverse(matrix)
    assert inverse is not None
    assert all(abs(row[i]) < 1e-9 for i, row in enumerate(identity_minus(inverse, matrix)))
    assert [bool(e > 0) for e in inertia(matrix)] == [True, True]
    assert sorted(bool(e > 0) for e in inertia([[huge, arb(0)], [arb(0), -tiny]])) == [False, True]


def test_singular_is_said_of_singular_hessians_only():
    """A double zero has one; what a tolerance leaves is called that."""
    assert "singular Hessian" in certificate("x**4 + y**4", {"x": (-1, 2), "y": (-1, 2)}).claim
    c = certificate("(x-1/3)**2", {"x": (-1e-300, 1e300)})
    assert "singular" not in c.claim
