"""Where SymPy cancels what is singular out of a derivative, nothing is proven by what is left."""

import numpy as np
import pytest

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.proofs import certify

KINKS = {
    "one": ("sqrt(x**2)", {"x": (-1, 2)}, 0.0),
    "three": ("sqrt(x**2) + y**2 + z**2 + x*y*z/10", dict.fromkeys("xyz", (-1, 2)), 0.0),
    "in parts": ("sqrt(x**2) + sqrt(y**2) + z**2", dict.fromkeys("xyz", (-1, 2)), 0.0),
}


@pytest.mark.parametrize("level", [None, "lowest"])
@pytest.mark.parametrize(("formula", "bounds", "lowest"), list(KINKS.values()), ids=list(KINKS))
def test_a_kink_is_never_proven_away(formula, bounds, lowest, level):
    """The derivative of sqrt(x**2)/x is 0 to SymPy; the kink stays undecided, and the lowest value is enclosed."""
    c = certify(Objective.from_expression(formula, list(bounds)), Box(bounds), level=level)
    assert not c.complete
    assert c.undecided
    assert c.global_value[0] <= lowest <= c.global_value[1]


def test_a_jump_leaves_the_lowest_value_open():
    """Beside a jump the function may be lower than at all its critical points; nothing is claimed below."""
    c = certify(Objective.from_expression("sqrt(x**2)/x + (x - 1/2)**2", ["x"]), Box({"x": (-1, 1)}))
    assert c.global_value[0] == -np.inf
    assert [p.kind for p in c.points] == ["minimum"]


def test_no_ball_reaches_over_a_kink():
    """Beside the minimum at 1/2 stands the kink at 0, where descent leaves any ball; the proven one ends before."""
    f = Objective.from_expression("sqrt(x**2) + (x - 1)**2 + y**2 + z**2", ["x", "y", "z"])
    (minimum,) = certify(f, Box(dict.fromkeys("xyz", (-3, 3)))).minima
    np.testing.assert_allclose(minimum.center, (0.5, 0, 0), atol=1e-15)
    assert 0.4 < minimum.attraction.radius < 0.5


UNDEFINED = {
    "an inverse sine": ("asin(x) + acos(x) + (x - 2)**2 + y", {"x": (-1, 4), "y": (-0.5, 2)}),
    "an inverse hyperbolic cosine": ("acosh(x)**2 - x + x + (x - 2)**2/9 + y", {"x": (-1, 4), "y": (-0.5, 2)}),
    "an inverse hyperbolic tangent": ("atanh(x/(x - 1)) + 3*(x - 1.6)**2 + y", {"x": (-0.5, 3), "y": (-0.5, 2)}),
    "a logarithm to base 10": ("log10(x*(x - 2)) + 9*(x - 1.3)**2 + y", {"x": (1.2, 4), "y": (-0.5, 2)}),
    "a logarithm": ("log(x*(x - 2)) + 9*(x - 1.3)**2 + y", {"x": (1.2, 4), "y": (-0.5, 2)}),
    "two logarithms": ("x**2 + log(x**2) - 2*log(x) + y", {"x": (-1, 1), "y": (0, 1)}),
    "nowhere": ("log(cos(x)) + 10*(x - 3)**2 + y", {"x": (2, 4), "y": (0, 1)}),
}


@pytest.mark.parametrize("level", [None, "lowest"])
@pytest.mark.parametrize(("formula", "bounds"), list(UNDEFINED.values()), ids=list(UNDEFINED))
def test_no_minimum_where_a_sum_is_not_defined(formula, bounds, level):
    """A part's gradient may exist, and vanish, where the part does not: that is no minimum of the sum."""
    f = Objective.from_expression(formula, list(bounds))
    c = certify(f, Box(bounds), level=level)
    for p in (*c.points, *c.boundary):
        assert np.isfinite(p.value).all()
        assert np.isfinite(f.value(np.array([p.center]))).all()


def test_a_corner_lowers_the_level():
    """x + y**3 has its lowest value, -9, at a corner, and its parts alone show it."""
    c = certify(Objective.from_expression("x + y**3", ["x", "y"]), Box({"x": (-1, 1), "y": (-2, 0.3)}), level="lowest")
    assert c.complete
    assert c.global_value == pytest.approx((-9, -9))
