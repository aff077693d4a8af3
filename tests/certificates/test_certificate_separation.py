"""Sums of functions of different variables: what is found in the parts is what a search of the whole finds."""

import numpy as np
import pytest

from multistart import Box, Objective, named
from multistart.proofs import certify
from multistart.proofs.problem import Problem
from multistart.proofs.search import Search
from multistart.proofs.separation import Part, parts_of

pytestmark = pytest.mark.usefixtures("no_balls")


def objective(text, names="x y"):
    return Objective.from_expression(text, names.split())


def square(half, names="x y"):
    return Box(dict.fromkeys(names.split(), (-half, half)))


@pytest.fixture
def as_a_whole(monkeypatch):
    """Certify without looking for parts."""

    def run(f, box, **options):
        with monkeypatch.context() as patch:
            module = "multistart.proofs.certification.parts_of"
            patch.setattr(module, lambda p: [Part(p, tuple(range(p.dimensions)))])
            return certify(f, box, **options)

    return run


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("x**2 + sin(y)", "x y", [(0,), (1,)]),
        ("(x**4 + y**2 + 3)/2 + z*x", "x y z", [(0, 2), (1,)]),
        ("a*b + b*c + d**2 + 1", "a b c d", [(0, 1, 2), (3,)]),
        ("x*y + y + x", "x y", [(0, 1)]),
        ("(x + y)**2", "x y", [(0, 1)]),
    ],
)
def test_parts_are_the_terms_that_share_variables(text, names, expected):
    """Terms are in one part if a chain of shared variables joins them."""
    f = objective(text, names)
    assert sorted(part.axes for part in parts_of(Problem(f.expression, f.symbols))) == expected


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("x**2 + y**2 + 25*(sin(x)**2 + sin(y)**2)", square(5)),
        ("cos(x)**2 + sin(y)**2", square(5)),
        ("x**3 - x + y", square(2)),
        ("-x**2 + cos(3*y)", square(2)),
        ("x - y", square(1)),
        ("x**2*(x - 1)**2 + sin(y)", Box({"x": (0, 2), "y": (-6, 6)})),
        ("log(x) + (x - 2)**2 + y**4 - y**2", Box({"x": (-1, 3), "y": (-2, 2)})),
        ("sqrt(x + 2) + y**2", Box({"x": (-1, 3), "y": (-2, 2)})),
    ],
)
def test_parts_and_the_whole_give_the_same_certificate(text, box, as_a_whole):
    """Points, kinds, minima on faces and corners, claim and degree do not depend on the way."""
    f = objective(text)
    parts, whole = certify(f, box), as_a_whole(f, box)
    assert (parts.claim, parts.degree, parts.counts) == (whole.claim, whole.degree, whole.counts)
    for found, expected in ((parts.points, whole.points), (parts.boundary, whole.boundary)):
        assert len(found) == len(expected)
        for p, q in zip(sorted(found, key=by_place), sorted(expected, key=by_place), strict=True):
            assert (p.kind, p.place, p.proof) == (q.kind, q.place, q.proof)
            np.testing.assert_allclose(p.center, q.center, rtol=1e-14, atol=1e-25)
            np.testing.assert_allclose([p.value[0], q.value[0]], [p.value[1], q.value[1]], rtol=1e-14, atol=1e-25)
            np.testing.assert_allclose(p.eigenvalues, q.eigenvalues, rtol=1e-10, atol=1e-20)


def by_place(p):
    return tuple(round(v, 9) for v in p.center)


def test_a_part_of_two_variables_and_one_of_one():
    """Himmelblau's nine points times the double well's three."""
    f = objective("(x**2+y-11)**2 + (x+y**2-7)**2 + (z**2-1)**2", "x y z")
    c = certify(f, Box({"x": (-5, 5), "y": (-5, 5), "z": (-2, 2)}))
    assert c.complete
    assert c.counts == {"minimum": 8, "saddle": 18, "maximum": 1, "degenerate": 0}
    for p in c.minima:
        assert np.abs(f.gradient(np.array([p.center]))).max() < 1e-12


@pytest.mark.parametrize(("dimensions", "minima"), [pytest.param(3, 11**3, marks=pytest.mark.slow), (2, 11**2)])
def test_rastrigin_is_complete_on_its_domain(dimensions, minima):
    """21 critical points a coordinate, 11 of them minima."""
    f = named("rastrigin", dimensions=dimensions)
    c = certify(f, f.domain)
    assert c.complete
    assert c.counts["minimum"] == minima
    assert c.counts["maximum"] == 10**dimensions
    assert sum(c.counts.values()) == 21**dimensions
    assert c.global_value[0] <= 0 <= c.global_value[1]


def test_what_is_undecided_in_a_part_is_undecided_with_every_point_of_the_other():
    """x⁴ has a singular point, y³ - y two good ones and a minimum at the lower end."""
    c = certify(objective("x**4 + y**3 - y"), square(2))
    assert not c.complete
    assert not c.interior_complete
    assert {round(u.low_point[1], 3) for u in c.undecided} == {-2.0, -0.577, 0.577}
    assert all(u.hull[0][0] <= 0 <= u.hull[0][1] for u in c.undecided)
    assert "singular Hessian" in c.claim
    assert c.global_value[0] <= -6 <= c.global_value[1]


def test_too_many_combinations_are_not_listed():
    """Then the certificate names the budget, and has proven the seeds; with a larger one there are all."""
    f = named("rastrigin")
    few = certify(f, f.domain, max_boxes=2000, seeds=[(0.99, 1e-3), (0, 0)])
    assert few.claim.startswith("incomplete: budget")
    assert few.boxes <= 2000
    assert sorted(tuple(np.round(p.center, 1).tolist()) for p in few.minima)[-1] == (1.0, 0.0)
    assert len(certify(f, f.domain, max_boxes=5 * (21**2 + 11**2)).points) == 21**2


@pytest.mark.parametrize(("name", "dimensions"), [("rastrigin", 10), ("levy", 6), ("michalewicz", 5)])
def test_the_lowest_value_of_a_sum_in_many_dimensions(name, dimensions):
    """The lowest values of the parts add up, whatever the number of coordinates."""
    f = named(name, dimensions=dimensions)
    c = certify(f, f.domain, level="lowest")
    (point, value), *_ = f.minima
    assert c.claim.startswith("complete below level")
    np.testing.assert_allclose(c.global_value, value, atol=1e-15)
    (best,) = c.candidates
    np.testing.assert_allclose(best.center, point, atol=1e-12)


def test_seeds_above_the_level_are_proven_too():
    """As in a search of the whole."""
    f = named("rastrigin", dimensions=6)
    c = certify(f, f.domain, level="lowest", seeds=[(1,) * 6, (0,) * 6, (2, 0, 0, 0, 0, 1)])
    assert c.complete
    assert len(c.minima) == 3


@pytest.mark.parametrize("level", [-1.0, 0.0, 9.6, 12.0, 25.0, 1e6, "lowest"])
def test_a_level_of_the_sum(level, as_a_whole):
    """At or below the level the parts and the whole find the same; nothing else is said."""
    f = named("egg_crate")
    parts, whole = certify(f, f.domain, level=level), as_a_whole(f, f.domain, level=level)
    assert parts.complete
    assert whole.complete
    top = whole.level if level == "lowest" else level
    for found, expected in ((parts.points, whole.points), (parts.boundary, whole.boundary)):
        low, same = ({by_place(p) for p in points if p.value[0] <= top} for points in (found, expected))
        assert low == same
    if level != -1.0:
        np.testing.assert_allclose(parts.global_value, 0, atol=1e-30)


@pytest.mark.parametrize(
    ("text", "lowest"),
    [
        ("x - y + 3", 1),
        ("-x**2 + cos(4*y) + 1/2", -1.5),
        ("x**2 + (y**2 - 1)**2 - 7", -7),
        ("(x**2 - y)**2 + 3 + cos(pi*z)", 2),
    ],
)
def test_constants_and_edges_in_the_lowest_value(text, lowest):
    """A constant belongs to one part; a part may be lowest on its boundary, or along a curve."""
    names = "x y z" if "z" in text else "x y"
    c = certify(objective(text, names), square(1, names), level="lowest", max_boxes=5_000)
    assert c.global_value[0] <= lowest <= c.global_value[1]
    assert c.complete == ("z" not in text)
    assert c.global_value[1] - c.global_value[0] < (1e-12 if c.complete else 0.1)


def test_a_point_lost_in_a_part_contradicts_the_degree(monkeypatch):
    """The degree is that of the whole function, so it checks the combination too."""
    inside_face = Search.inside_face
    monkeypatch.setattr(Search, "inside_face", lambda self: inside_face(self)[1:])
    c = certify(objective("x**2 + y**4 - y**2"), square(2))
    assert c.claim.startswith("contradicted")
    assert not c.complete


@pytest.mark.parametrize("budget", [1, 2, 3, 10, 40])
def test_the_budget_is_kept_and_its_end_is_told(budget):
    """The parts share the boxes."""
    c = certify(named("egg_crate"), named("egg_crate").domain, max_boxes=budget)
    assert c.boxes <= budget
    assert not c.complete
    assert "budget" in c.claim


def test_a_cheap_part_leaves_its_boxes_to_the_others():
    """Peaks takes 1235 boxes, a parabola one."""
    text = f"{named('peaks').formula} + z**2"
    c = certify(objective(text, "x y z"), square(3, "x y z"), max_boxes=1700)
    assert c.claim == "complete in this box"
    assert c.boxes < 1300
