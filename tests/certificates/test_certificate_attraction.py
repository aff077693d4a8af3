"""Claims about attraction balls: descents from them converge, and the Hessian is what the ball says."""

from __future__ import annotations

import numpy as np
import pytest

from multistart import Box, Objective, named
from multistart.proofs import attraction_for, certify
from multistart.proofs.attraction import attraction_ball
from multistart.proofs.problem import Problem

BOX = Box({"x": (-3, 3), "y": (-3, 3)})


@pytest.fixture(scope="module")
def peaks():
    return named("peaks"), certify(named("peaks"), BOX)


def points_of(ball, n, seed):
    """Random points of the ball, half of them on its surface."""
    rng = np.random.default_rng(seed)
    direction = rng.standard_normal((n, len(ball.center)))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    radius = np.where(np.arange(n) % 2, 1.0, rng.random(n)) * ball.radius
    return np.array(ball.center) + radius[:, None] * direction


def test_the_balls_of_peaks_are_nearly_as_large_as_they_can_be(peaks):
    """The Hessian is singular at distances 0.4787, 0.4587 and 0.2657, found on a polar grid; 90 % of it is proven."""
    _, c = peaks
    balls = [p.attraction for p in c.minima]
    assert all(0.9 * r < ball.radius < r for ball, r in zip(balls, (0.4788, 0.4588, 0.2658), strict=True))
    assert all(ball.curvature < most for ball, most in zip(balls, (54.0, 30.0, 30.0), strict=True))


def test_the_hessian_on_a_ball_is_positive_and_below_the_curvature(peaks):
    """NumPy's eigenvalues at random points of the balls, the other route to the same claim."""
    f, c = peaks
    for p in c.minima:
        eigenvalues = np.linalg.eigvalsh(f.hessian(points_of(p.attraction, 5000, seed=1)))
        assert eigenvalues.min() > 0
        assert eigenvalues.max() <= p.attraction.curvature


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.999])
def test_gradient_descent_from_a_ball_converges_to_its_minimum_without_leaving(peaks, fraction):
    """For learning rates up to 2/L the distance to the minimum falls at every step."""
    f, c = peaks
    for p in c.minima:
        ball = p.attraction
        learning_rate = fraction * 2 / ball.curvature
        assert ball.holds_for(learning_rate)
        x = points_of(ball, 400, seed=2)
        distance = np.linalg.norm(x - ball.center, axis=1)
        for _ in range(300):
            x = x - learning_rate * f.gradient(x)
            now = np.linalg.norm(x - ball.center, axis=1)
            assert np.all(now <= distance * (1 + 1e-12) + 1e-14)
            distance = now
        if fraction == 0.5:
            assert distance.max() < 1e-10
    assert not ball.holds_for(2 / ball.curvature)
    assert not ball.holds_for(0.0)


def test_points_in_balls_get_their_minimum_proven_and_no_others(peaks):
    """Descents that go on from a labelled point end at that minimum; a rate no ball holds for labels nothing."""
    f, c = peaks
    x = np.random.default_rng(6).uniform(-3, 3, (1500, 2))
    label = c.proven_minimum(x, 0.01)
    assert set(label) == {-1, 0, 1, 2}
    assert set(c.proven_minimum(x, 0.07)) == {-1, 1}
    assert np.all(c.proven_minimum(x, 0.2) == -1)
    assert np.all(c.proven_minimum(np.array([p.center for p in c.minima]), 0.01) == [0, 1, 2])
    inside, end = label >= 0, x
    for _ in range(1000):
        end = end - 0.01 * f.gradient(end)
    centers = np.array([p.center for p in c.minima])
    assert np.abs(end[inside] - centers[label[inside]]).max() < 1e-10
    reached = np.linalg.norm(f.gradient(end), axis=1) < 1e-8
    near = np.abs(end).max(axis=1) < 3
    assert np.all(c.proven_minimum(end[reached & near], 0.01) >= 0)


def test_a_ball_is_not_much_too_small():
    """The double well's Hessian 3 x**2 - 1 is positive for x > 1/sqrt(3), at distance 0.4226 from the minimum."""
    c = certify(Objective.from_expression("(x**2-1)**2/4", ["x"]), Box({"x": (-3, 3)}))
    true_radius = 1 - 1 / np.sqrt(3)
    for p in c.minima:
        assert 0.95 * true_radius < p.attraction.radius < true_radius
        assert p.attraction.curvature >= 3 * (1 + p.attraction.radius) ** 2 - 1


def test_a_bowls_ball_is_bounded_by_the_box_alone():
    """Where the Hessian is constant, the ball reaches the nearest side, and L is the larger eigenvalue."""
    c = certify(Objective.from_expression("x**2 + 3*y**2", ["x", "y"]), Box({"x": (-2, 1), "y": (-5, 5)}))
    ball = c.points[0].attraction
    assert ball.radius == pytest.approx(1.0, abs=1e-8)
    assert ball.radius < 1.0
    assert ball.curvature == pytest.approx(6.0, abs=1e-6)


def test_a_ball_for_a_given_learning_rate(peaks):
    """A rate above 2/L but below the critical one has a smaller ball; one above the critical rate has none."""
    f, c = peaks
    p = c.points[0]
    rate = 0.06  # 2/L is about 0.047, the critical rate 0.0663
    assert not p.attraction.holds_for(rate)
    ball = attraction_for(f, p, BOX, learning_rate=rate)
    assert 0 < ball.radius < p.attraction.radius
    assert ball.holds_for(rate)
    eigenvalues = np.linalg.eigvalsh(f.hessian(points_of(ball, 2000, seed=3)))
    assert eigenvalues.min() > 0
    assert eigenvalues.max() < 2 / rate
    assert attraction_for(f, p, BOX, learning_rate=0.07) is None
    assert (
        attraction_for(f, c.points[1 + next(i for i, q in enumerate(c.points[1:]) if q.kind == "saddle")], BOX) is None
    )


def test_a_saddle_mistaken_for_a_minimum_gets_no_ball(peaks):
    """The cover looks at the Hessian, not at the label."""
    f, c = peaks
    saddle = next(p for p in c.points if p.kind == "saddle")
    assert attraction_ball(Problem(f.expression, f.symbols), saddle.location, ((-3.0, 3.0), (-3.0, 3.0))) is None


def test_balls_in_three_dimensions_hold():
    """The same claims for a coupled function of three variables."""
    f = Objective.from_expression("x**2 + y**2 + 2*z**2 + x*y*z + sin(3*x)/2 + y**4", ["x", "y", "z"])
    c = certify(f, Box(dict.fromkeys("xyz", (-1.0, 1.0))))
    assert c.complete
    for p in c.minima:
        eigenvalues = np.linalg.eigvalsh(f.hessian(points_of(p.attraction, 3000, seed=4)))
        assert eigenvalues.min() > 0
        assert eigenvalues.max() <= p.attraction.curvature
        assert p.attraction.radius > 0.05


def test_descents_from_the_balls_of_a_sum_of_parts_converge():
    """The ball of a combination is the smallest of the parts', and holds for the rates that hold for all."""
    f = Objective.from_expression("(x**2 - 1)**2/4 + 3*(y**2 - 1)**2 + z**2 + z*w + w**2", list("xyzw"))
    c = certify(f, Box(dict.fromkeys("xyzw", (-2, 2))))
    rng = np.random.default_rng(5)
    assert c.complete
    assert len(c.minima) == 4
    for p in c.minima:
        ball = p.attraction
        assert ball.radius > 0.15
        assert ball.curvature >= p.eigenvalues[-1][1]
        direction = rng.normal(size=(100, 4))
        x = np.array(ball.center) + 0.999 * ball.radius * direction / np.linalg.norm(direction, axis=1)[:, None]
        for _ in range(2000):
            x = x - 1.99 / ball.curvature * f.gradient(x)
        np.testing.assert_allclose(x, np.tile(p.center, (100, 1)), atol=1e-6)
