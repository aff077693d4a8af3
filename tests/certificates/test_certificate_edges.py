"""A function is what its text says: nothing is proven where a part of it is undefined, nothing is lost beside it."""

import itertools
import math

import numpy as np
import pytest
from flint import arb

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.proofs import certify
from multistart.proofs.certificate import Certificate
from multistart.proofs.extended import INFINITY, Extended

EDGE = "edge of the domain of definition"


def certificate(text: str, bounds: dict, **options) -> Certificate:
    return certify(Objective.from_expression(text, list(bounds)), Box(bounds), **options)


#: Formula, box, the lowest value where it is defined: SymPy cancels what is undefined for negative x.
CANCELLED = {
    "sin and cos of a root": (
        "sin(sqrt(x))**2 + cos(sqrt(x))**2 + 2*x**3 - 9*x**2 + 12*x", {"x": (-1, 3)}, 1.0,
    ),
    "cosh and sinh": ("cosh(sqrt(x))**2 - sinh(sqrt(x))**2 + (x + 1)**2", {"x": (-2, 3)}, 2.0),
    "a square of a root": ("sqrt(x)**2 + (x + 1)**2", {"x": (-3, 3)}, 1.0),
    "exp of a log": ("exp(2*log(x)) + x", {"x": (-3, 3)}, 0.0),
    "sin of asin": ("sin(asin(x)) + (x - 2)**2", {"x": (-3, 3)}, 2.0),
    "cos of acos": ("cos(acos(x)) + (x + 2)**2", {"x": (-3, 3)}, 0.0),
    "cosh of acosh": ("cosh(acosh(x)) + (x + 1)**2", {"x": (-3, 3)}, 5.0),
    "tanh of atanh": ("tanh(atanh(x)) + (x + 2)**2", {"x": (-0.75, 3)}, 0.8125),
    "tanh of atanh towards 1": ("tanh(atanh(x)) + (x - 3)**2", {"x": (-0.75, 3)}, 5.0),
    "a power of ten": ("0*log10(x) + (x + 1)**2", {"x": (-3, 3)}, 1.0),
    "a difference of roots": ("(sqrt(x) - sqrt(x))**2 + (x + 1)**2", {"x": (-2, 1)}, 1.0),
    "in the plane": (
        "sin(sqrt(x))**2 + cos(sqrt(x))**2 + 2*x**3 - 9*x**2 + 12*x + (y - 1)**2*(2 + x)/2",
        {"x": (-1, 3), "y": (0, 3)}, 1.0,
    ),
    "in parts": ("sqrt(x)**2 + (x + 1)**2 + sqrt(y)**2 + (y + 2)**2", {"x": (-3, 2), "y": (-3, 2)}, 5.0),
    "a condition that couples": ("sqrt(x + y)**2 - y + (x + 1)**2 + (y - 1)**2", {"x": (-3, 3), "y": (-2, 3)}, -1.125),
    "in space": ("sqrt(x)**2 + (x + 1)**2 + y**2 + z**2 + y*z/3", dict.fromkeys("xyz", (-1, 1)), 1.0),
}  # fmt: skip


@pytest.mark.parametrize("level", [None, "lowest", 20.0])
@pytest.mark.parametrize(("text", "bounds", "lowest"), list(CANCELLED.values()), ids=list(CANCELLED))
def test_the_lowest_value_counts_the_edge_that_sympy_cancels(text, bounds, lowest, level):
    """It is enclosed, and what is listed lies where the whole text is defined."""
    c = certificate(text, bounds, level=level, max_boxes=20_000)
    low, high = c.global_value
    assert low - 1e-12 <= lowest <= high + 1e-12
    assert low > lowest - 0.01
    f = Objective.from_expression(text, list(bounds))
    for p in (*c.points, *c.boundary):
        assert np.isfinite(f.value(np.array([p.center]))).all()


def test_no_minimum_is_proven_where_the_text_is_undefined():
    """sqrt(x)**2 + (x+1)**2 has slope 0 at -1.5, where there is no function; beside a quotient x = 0 is left out."""
    assert certificate("sqrt(x)**2 + (x+1)**2", {"x": (-3, 3)}).points == ()
    assert certificate("sqrt(x)**2 + (x+1)**2", {"x": (-3, -0.5)}).points == ()
    c = certificate("x**3/x + 1/x - 1/x", {"x": (-1, 2)})
    assert c.points == ()
    assert [u.reason for u in c.undecided] == [EDGE]


def test_no_ball_of_attraction_reaches_over_an_edge():
    """The ball around the minimum at 1 ends at 0, where the text ends and the parabola does not."""
    (minimum,) = certificate("sqrt(x)**2 - x + (x - 1)**2", {"x": (-5, 7)}).minima
    assert 0.5 < minimum.attraction.radius <= 1.0


def test_no_surrounded_minimum_where_a_value_is_missing():
    """sqrt(x**2)/x*(...) jumps at 0 and its lower side is not reached: nothing is proven inside the cluster."""
    c = certificate("x**2/x + 3*sqrt(x**2)/x + (x - 1/2)**2", {"x": (-1, 1)})
    assert not any(u.contains_minimum for u in c.undecided)


#: Formula, box, places of all minima: complete though the slope is infinite or undefined at an end.
ONE_SIDED = {
    "sqrt": ("sqrt(x)", {"x": (0, 4)}, [0.0]),
    "x log x": ("x*log(x)", {"x": (0, 4)}, [math.exp(-1)]),
    "x**1.5 - x": ("x**1.5 - x", {"x": (0, 4)}, [4 / 9]),
    "x**x": ("x**x", {"x": (0, 4)}, [math.exp(-1)]),
    "a cube root": ("x**(1/3) + (x - 2)**2", {"x": (0, 4)}, [0.0, 1.8910101183013297]),
    "x - log x": ("x - log(x)", {"x": (0, 4)}, [1.0]),
    "1/x + x": ("1/x + x", {"x": (0, 3)}, [1.0]),
    "a root from above": ("-sqrt(3 - x) + x/9", {"x": (-1, 3)}, [-1.0]),
    "x**3": ("x**3", {"x": (0, 1)}, [0.0]),
    "asin": ("asin(x) - x/2", {"x": (-1, 1)}, [-1.0]),
    "acosh": ("acosh(x) + (x - 4)**2/20", {"x": (1, 9)}, [1.0]),
    "acosh from above": ("-acosh(x) + x", {"x": (1, 9)}, [math.sqrt(2)]),
    "atanh": ("atanh(x)**2 - 2*x**2", {"x": (-1, 1)}, [-0.6388522583901899, 0.6388522583901899]),
    "log2": ("x*log2(x)", {"x": (0, 4)}, [math.exp(-1)]),
    "log10": ("x - log10(x)", {"x": (0, 4)}, [1 / math.log(10)]),
    "from inside the box": ("x*log(x)", {"x": (-2, 4)}, [math.exp(-1)]),
}


@pytest.mark.parametrize(("text", "bounds", "minima"), list(ONE_SIDED.values()), ids=list(ONE_SIDED))
def test_an_end_with_an_infinite_slope_is_decided(text, bounds, minima):
    """Whether the function rises or falls beside the end says whether there is a minimum."""
    c = certificate(text, bounds)
    assert c.complete
    assert sorted(p.center[0] for p in (*c.minima, *c.boundary)) == pytest.approx(sorted(minima))
    assert c.boxes < 100


def test_a_face_with_an_infinite_slope_is_decided():
    """sqrt(x)*(1 + y**2) + (y - 1)**2 rises from the face x = 0, and is least there at y = 1."""
    c = certificate("sqrt(x)*(1 + y**2) + (y - 1)**2", {"x": (0, 1), "y": (-1, 3)})
    assert c.complete
    assert [p.center for p in c.boundary] == [(0.0, pytest.approx(1.0))]


def test_a_corner_from_which_the_function_falls_both_ways_is_decided():
    """x log x + y log y falls from both edges: one minimum, and nothing is open."""
    c = certificate("x*log(x) + y*log(y) + (1-x-y)**2", {"x": (0, 1), "y": (0, 1)})
    assert c.complete
    assert c.global_value == pytest.approx((-0.708657284479269,) * 2)


def test_towards_zero_to_a_negative_power_nothing_is_lost():
    """exp(-x**y) + y tends to -1 towards x = 0 at y = -1, and takes it nowhere."""
    c = certificate("exp(-x**y) + y", {"x": (0, 1), "y": (-1, -0.5)}, max_boxes=2000)
    assert c.global_value[0] <= -1 <= c.global_value[1] + 1e-6


def test_a_power_of_zero_counts_where_the_exponent_is_positive():
    """x**y is 0 on the face x = 0 for y from 1 to 2: its lowest value there is not lost."""
    c = certificate("x**y + (y - 1.5)**2", {"x": (0, 1), "y": (1, 2)})
    assert c.global_value[0] <= 0 <= c.global_value[1]


def test_zero_to_the_power_of_zero_is_left_open():
    """-x**x + 12*(x - 1/2)**2*x tends to -1 towards 0, which its minimum does not reach: nothing is claimed above."""
    c = certificate("-x**x + 12*(x - 1/2)**2*x", {"x": (0, 1)})
    assert c.global_value[0] <= -1
    assert [u.reason for u in c.undecided] == [EDGE]


def test_an_edge_inside_the_box_is_cheap_and_its_value_tight():
    """asin(x) + x**2 is least at the edge -1, and -1/sqrt(2) is an inflection: 1 - pi/2 is enclosed to 1e-5."""
    c = certificate("asin(x) + x**2", {"x": (-3, 3)})
    assert c.boxes < 500
    assert {u.reason for u in c.undecided} == {EDGE, "singular Hessian"}
    low, high = c.global_value
    assert low <= 1 - math.pi / 2 <= high < low + 1e-5


def test_an_edge_that_is_a_curve_takes_no_budget():
    """The function ends at the unit circle; cells there are put aside while they are coarse."""
    c = certificate("sqrt(1 - x**2 - y**2)**2 + x", {"x": (-2, 2), "y": (-2, 2)})
    assert c.boxes < 20_000
    assert [p.kind for p in c.points] == ["maximum"]
    assert c.global_value[0] <= -1 <= c.global_value[1]


FLAT = {
    "x*y": ("x*y", (0, 1), 0.0),
    "x**2*y": ("x**2*y", (0, 1), 0.0),
    "x*y*(3 - x)": ("x*y*(3 - x)", (0, 1), 0.0),
    "edges of waves": ("sin(x)*sin(y)", (0, 12.566370614359172), -1.0),
}


@pytest.mark.parametrize(("text", "ends", "lowest"), list(FLAT.values()), ids=list(FLAT))
def test_a_face_on_which_the_function_is_constant_is_put_aside_whole(text, ends, lowest):
    """All its points are critical along it; nothing of the interior is left open, and no point of an edge is in it."""
    c = certificate(text, {"x": ends, "y": ends})
    assert c.boxes < 1000
    assert c.interior_complete
    assert not any(p.touches_boundary for p in c.points)
    assert c.global_value == pytest.approx((lowest, lowest))


@pytest.mark.parametrize(
    "text", ["x**2 + 3*x*y + y**2", "x**2 + y**2 + x*y/2", "sqrt(x)*(1 + y) + y**2", "x + y + x*y"]
)
def test_a_minimum_in_a_corner_is_listed_at_most_once(text):
    """The two faces that meet there have a critical point in the same corner: that is one minimum, or undecided."""
    c = certificate(text, {"x": (0, 1), "y": (0, 1)})
    assert len(c.minima) + len(c.boundary) <= 1
    assert c.global_value == pytest.approx((0, 0), abs=1e-12)


def test_the_sentence_never_says_more_than_the_fields():
    """A logarithm falls without end beside the only minimum: the sentence names no lowest value."""
    for text, bounds in (
        ("(x-2)**2 + log(x)/50", {"x": (0, 4)}),
        ("sqrt(x**2)/x + (x - 1/2)**2", {"x": (-1, 1)}),
        ("-log(sin(z))**2 + cos(3*x) + z**2/5 + (y - 1/3)**2", {"x": (-2, 1), "y": (0.76, 2.21), "z": (0.27, 4.58)}),
    ):
        for level in (None, "lowest"):
            c = certificate(text, bounds, level=level, max_boxes=5000)
            assert c.global_value[0] == -math.inf
            assert "not bounded below as far as is proven" in c.sentence


def test_digits_are_printed_only_of_a_value_that_is_the_lowest():
    """Where an undecided edge may be lower, the sentence gives the two ends of the field."""
    c = certificate("sin(sqrt(x))**2 + cos(sqrt(x))**2 + 2*x**3 - 9*x**2 + 12*x", {"x": (-1, 3)})
    assert f"lowest value between {c.global_value[0]!r} and {c.global_value[1]!r}" in c.sentence


def test_intervals_with_open_ends_keep_signs():
    """Inside (0, 1) a product is not 0, a reciprocal above 1, a logarithm below 0; at a closed end all differ."""
    inside, closed = Extended(arb(0), arb(1), True, True), Extended(arb(0), arb(1))
    assert (inside * inside).is_positive
    assert not (inside * closed).is_positive
    assert (inside * -inside).is_negative
    assert inside.square().is_positive
    assert inside.sin().is_positive
    assert inside.log().is_negative
    assert not closed.log().is_negative
    assert inside.reciprocal().low == arb(1)
    assert closed.log().low == -INFINITY
    assert (inside - Extended(arb(1), arb(1))).is_negative
    assert not (closed - Extended(arb(1), arb(1))).is_negative


def test_products_of_intervals_contain_all_products():
    """Every end times every end, infinite ones too: 0 times an infinite interval is 0."""
    ends = [-INFINITY, arb(-2), arb(0), arb(3), INFINITY]
    pairs = [(a, b) for a, b in itertools.combinations(ends, 2)]
    for (a, b), (c, d) in itertools.product(pairs, pairs):
        product = Extended(a, b) * Extended(c, d)
        for u, v in itertools.product((-2.0, -1.0, 0.0, 1.0, 3.0), repeat=2):
            if a <= u <= b and c <= v <= d:
                assert product.low <= u * v <= product.high
    zero = Extended(arb(0), arb(0)) * Extended(-INFINITY, INFINITY)
    assert zero.is_zero
