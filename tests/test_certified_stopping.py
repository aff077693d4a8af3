"""Stopping in an attraction ball and stopping by the gradient give the same basins."""

import numpy as np
import pytest

from multistart.descents.descend import descend
from multistart.descents.trace import trace
from multistart.errors import InputError
from multistart.functions.objective import named
from multistart.methods.method import Method
from multistart.proofs import certify
from multistart.starts.designs import draw
from tests.staged import proof_of_peaks

CASES = [
    ("peaks", None, 0.01, 20_000),
    ("himmelblau", None, 0.01, 10_000),
    ("styblinski_tang", 4, 0.005, 10_000),
    ("double_well", None, 0.1, 10_000),
]
MANY = [
    ("peaks", None, 0.01, 1_000_000),
    ("himmelblau", None, 0.01, 50_000),
    ("six_hump_camel", None, 0.01, 50_000),
    ("styblinski_tang", 4, 0.005, 50_000),
    ("double_well", None, 0.1, 50_000),
    ("muller_brown", None, 1e-4, 50_000),
]


@pytest.mark.parametrize(
    ("name", "dimensions", "rate", "count"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in MANY)],
)
def test_both_ways_of_stopping_give_the_same_basins(name, dimensions, rate, count):
    """Every start that converges to a certified minimum is trapped by the same one.

    The only difference there may be: a descent inside a ball that the step limit ends before its gradient is
    below the tolerance. Its end lies in the ball in which the other way of stopping left it.
    """
    f = named(name, dimensions)
    arena = f.domain.widened(1.0)
    certificate = proof_of_peaks(1) if name == "peaks" else certify(f, arena)
    starts = draw("uniform", f.domain, count=count, seed=3)
    by_gradient = descend(f, Method(learning_rate=rate), starts, arena=arena, threads=2)
    by_ball = descend(
        f, Method(learning_rate=rate, stopping="certified"), starts, arena=arena, certificate=certificate, threads=2
    )
    a, b = certificate.proven_minimum(by_gradient.end, rate), certificate.proven_minimum(by_ball.end, rate)
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(by_ball.ending == "trapped", b >= 0)
    inside = a >= 0
    assert set(by_gradient.ending[inside]) <= {"converged", "step_limit"}
    np.testing.assert_array_equal(by_gradient.ending[~inside], by_ball.ending[~inside])
    assert (by_ball.steps <= by_gradient.steps).all()


@pytest.mark.parametrize("name", ["peaks", "rastrigin"])
def test_a_descent_ends_at_its_first_point_inside(name):
    """No point of a trapped descent but the last lies in a ball, also where there are hundreds of balls."""
    f = named(name)
    certificate = proof_of_peaks(0) if name == "peaks" else certify(f, f.domain)
    method = Method(learning_rate=0.002, max_steps=3000, stopping="certified")
    starts = draw("uniform", f.domain, count=3000, seed=8)
    out = descend(f, method, starts, certificate=certificate)
    for i in range(0, 3000, 300):
        path = trace(f, method, starts[i], certificate=certificate)
        np.testing.assert_array_equal(path[-1], out.end[i])
        assert len(path) == out.steps[i] + 1
        if out.ending[i] == "trapped":
            assert (certificate.proven_minimum(path[:-1], 0.002) == -1).all()
            assert certificate.proven_minimum(path[-1:], 0.002)[0] >= 0


def test_a_start_inside_a_ball_takes_no_step():
    """A start at a minimum is trapped at once."""
    f = named("peaks")
    certificate = proof_of_peaks(0)
    start = np.array([certificate.minima[0].center]) + 0.01
    out = descend(f, Method(stopping="certified"), start, certificate=certificate)
    assert (out.ending[0], out.steps[0]) == ("trapped", 0)


def test_a_learning_rate_beyond_the_promise_uses_no_ball():
    """At a learning rate above 2/L no ball holds, and the descent stops by its gradient or not at all."""
    f = named("peaks")
    certificate = proof_of_peaks(0)
    starts = draw("uniform", f.domain, count=200, seed=1)
    out = descend(f, Method(learning_rate=0.2, stopping="certified"), starts, certificate=certificate)
    assert "trapped" not in out.ending


def test_certified_stopping_needs_a_certificate():
    """Without a certificate the method is refused, with the call that would do."""
    f = named("peaks")
    with pytest.raises(InputError, match="certificate=certify"):
        descend(f, Method(stopping="certified"), np.zeros((1, 2)))
