"""Claims checked by a second route: random functions, certified and searched by Newton's method from many starts."""

from __future__ import annotations

import numpy as np
import pytest

from multistart import Box, Objective
from multistart.proofs import certify

pytestmark = pytest.mark.usefixtures("no_balls")

BOX = Box({"x": (-2, 2), "y": (-2, 2)})


def gaussians(seed: int) -> Objective:
    """Two to five Gaussians; for every second seed they share their width."""
    rng = np.random.default_rng([seed, 1])
    width, terms = rng.integers(5, 30) / 10, []
    for _ in range(rng.integers(2, 6)):
        width = width if seed % 2 else rng.integers(5, 30) / 10
        a, (x, y) = rng.integers(-40, 40) / 8 + 0.0625, rng.integers(-20, 20, 2) / 10
        terms.append(f"{a!s}*exp(-{width!s}*((x-({x!s}))**2+(y-({y!s}))**2))")
    return Objective.from_expression(" + ".join(terms), ["x", "y"])


def polynomial(seed: int) -> Objective:
    """All terms up to degree five, with random coefficients of two decimals."""
    rng = np.random.default_rng([seed, 2])
    terms = [f"({rng.integers(-300, 300) / 100!s})*x**{i}*y**{j}" for i in range(6) for j in range(6 - i) if i + j > 0]
    return Objective.from_expression(" + ".join(terms), ["x", "y"])


def newton(f: Objective, per_axis: int = 25, steps: int = 60) -> np.ndarray:
    """The ends ``(k, 2)`` of Newton's method from a grid that are zeros of the gradient well inside the box."""
    axis = np.linspace(-2, 2, per_axis)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    for _ in range(steps):
        step = np.einsum("nij,nj->ni", np.linalg.pinv(f.hessian(x)), f.gradient(x))
        step *= np.minimum(1, 0.5 / np.maximum(np.linalg.norm(step, axis=1), 1e-300))[:, None]
        x = x - step
        x = x[np.isfinite(x).all(axis=1) & (np.abs(x) < 4).all(axis=1)]
    hessian = f.hessian(x)
    regular = np.abs(np.linalg.det(hessian)) > 1e-6
    inside = (np.abs(x) < 2 - 1e-6).all(axis=1)
    return x[regular & inside & (np.linalg.norm(f.gradient(x), axis=1) < 1e-10)]


def check(f: Objective) -> bool:
    """Every end of Newton's method is in the certificate, every point of the certificate is a zero for NumPy.

    Returns whether the certificate was complete.
    """
    c = certify(f, BOX, max_boxes=20_000)
    ends, centers = newton(f), np.array([p.center for p in c.points]).reshape(-1, 2)
    for end in ends:
        listed = len(centers) > 0 and np.abs(centers - end).max(axis=1).min() < 1e-6
        hulls = [np.array(u.hull) for u in c.undecided]
        undecided = any(np.all((h[:, 0] - 1e-9 <= end) & (end <= h[:, 1] + 1e-9)) for h in hulls)
        assert listed or undecided, (f.formula, end, c.sentence)
    regular = [p for p in c.points if p.kind != "degenerate"]
    at = np.array([p.center for p in regular]).reshape(-1, 2)
    scale = 1 + np.abs(f.hessian(at)).max(initial=0)
    assert np.all(np.abs(f.gradient(at)) < 1e-12 * scale)
    negative = (np.linalg.eigvalsh(f.hessian(at)) < 0).sum(axis=1)
    assert [p.kind for p in regular] == [("minimum", "saddle", "maximum")[n] for n in negative]
    values = f.value(at)
    assert all(p.value[0] - 1e-12 <= v <= p.value[1] + 1e-12 for p, v in zip(regular, values, strict=True))
    assert c.degree_agrees is not False
    grid = f.value(np.random.default_rng(1).uniform(-2, 2, (2000, 2)))
    assert c.global_value[0] <= grid.min() + 1e-12
    return c.complete


@pytest.mark.parametrize("make", [gaussians, polynomial])
def test_random_functions_agree_with_newton_from_many_starts(make):
    """Four of each kind; all but rare near-degenerate ones are decided completely."""
    assert sum(check(make(seed)) for seed in range(4)) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("make", [gaussians, polynomial])
def test_a_hundred_random_functions_agree_with_newton_from_many_starts(make):
    """A hundred of each kind."""
    assert sum(check(make(seed)) for seed in range(100)) >= 95
