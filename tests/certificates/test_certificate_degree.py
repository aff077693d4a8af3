"""Claims about the degree: it is the number of turns of the gradient, found on the boundary alone."""

from __future__ import annotations

import numpy as np
import pytest

from multistart import Objective, named
from multistart.proofs.degree import degree
from multistart.proofs.problem import Problem


def problem(formula: str, names="xy") -> Problem:
    f = Objective.from_expression(formula, list(names))
    return Problem(f.expression, f.symbols)


def turns(f: Objective, bounds, n=20_000) -> int:
    """The other route: unwrap the gradient's angle at many points of the boundary."""
    (a, b), (c, d) = bounds
    t = np.linspace(0, 1, n, endpoint=False)
    x = np.concatenate([a + t * (b - a), np.full(n, b), b + t * (a - b), np.full(n, a)])
    y = np.concatenate([np.full(n, c), c + t * (d - c), np.full(n, d), d + t * (c - d)])
    g = f.gradient(np.stack([x, y], axis=1))
    angle = np.unwrap(np.append(np.arctan2(g[:, 1], g[:, 0]), np.arctan2(g[0, 1], g[0, 0])))
    return round((angle[-1] - angle[0]) / (2 * np.pi))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [("x**2 + y**2", 1), ("-x**2 - y**2", 1), ("x**2 - y**2", -1), ("x**3 - 3*x*y**2", -2), ("x + y", 0)],
)
def test_the_degree_of_normal_forms(formula, expected):
    """A minimum and a maximum turn once, a saddle once backwards, the monkey saddle twice backwards."""
    assert degree(problem(formula), ((-1.0, 1.1), (-1.2, 1.0))) == expected


def test_the_degree_agrees_with_the_unwrapped_angle():
    """On random boxes of peaks and of a trigonometric function, whatever lies inside."""
    rng = np.random.default_rng(5)
    functions = [named("peaks"), Objective.from_expression("sin(3*x)*cos(2*y) + x*y/3", ["x", "y"])]
    seen = set()
    for f in functions:
        p = Problem(f.expression, f.symbols)
        for _ in range(15):
            low, width = rng.uniform(-3, 1, 2), rng.uniform(0.5, 2.5, 2)
            bounds = tuple((float(a), float(a + w)) for a, w in zip(low, width, strict=True))
            found = degree(p, bounds)
            assert found == turns(f, bounds)
            seen.add(found)
    assert len(seen) > 2


def test_the_degree_is_unknown_where_the_gradient_vanishes_on_the_boundary():
    """A critical point on a side, on a corner, or a whole line of them."""
    assert degree(problem("x**2 + y**2"), ((0.0, 1.0), (-1.0, 1.0))) is None
    assert degree(problem("x**2 + y**2"), ((0.0, 1.0), (0.0, 1.0))) is None
    assert degree(problem("x**2*y**2"), ((-1.0, 1.0), (-1.0, 1.0))) is None


def test_the_degree_in_one_dimension_and_in_three():
    """The slope's change of sign; beyond two dimensions it is not computed."""
    assert degree(problem("(x**2-1)**2", "x"), ((-3.0, 3.0),)) == 1
    assert degree(problem("x**3", "x"), ((-1.0, 1.0),)) == 0
    assert degree(problem("-x**2", "x"), ((-1.0, 1.0),)) == -1
    assert degree(problem("x**2", "x"), ((0.0, 1.0),)) is None
    assert degree(problem("x**2+y**2+z**2", "xyz"), ((-1.0, 1.0),) * 3) is None


def test_a_domain_that_ends_inside_the_boundary_gives_no_degree():
    """The gradient of log is not defined left of 0."""
    assert degree(problem("log(x) + x*y"), ((-1.0, 1.0), (0.5, 1.0))) is None
