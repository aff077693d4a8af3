"""Short descents that stop in proven balls: the compiled block against a plain loop, row by row."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from multistart import Box, Method, Objective, certify
from multistart.descents.descend import descend
from multistart.descents.prepared import attraction_balls
from multistart.proofs import Certificate

WELLS = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
ARENA = Box({"x": (-2, 2), "y": (-2, 2)})


@cache
def certificate() -> Certificate:
    return certify(WELLS, ARENA)


def mixed_starts(seed: int, n: int) -> np.ndarray:
    """Starts inside the balls, just outside of them and far off, in any order: descents of no, few and many updates."""
    rng = np.random.default_rng(seed)
    near = np.array([1.0, 0.0]) + rng.normal(size=(n, 2)) * 10.0 ** rng.uniform(-3, 0, (n, 1))
    return rng.permutation(np.vstack([near, near * [-1, 1], rng.uniform(-2, 2, (n, 2))]))


def plain_descent(x: np.ndarray, rate: float, limit: int, balls: np.ndarray) -> tuple[str, int]:
    """Why and after how many updates a descent ends, asked after each of them."""
    for steps in range(limit + 1):
        if (np.abs(x) > 2).any():
            return "left_arena", steps
        if (((x - balls[:, :2]) ** 2).sum(axis=1) <= balls[:, 2] ** 2).any():
            return "trapped", steps
        if steps < limit:
            x = x - rate * np.array([(x[0] ** 2 - 1) * x[0] + x[1] / 10, 2 * x[1] + x[0] / 10])
    return "step_limit", limit


@pytest.mark.parametrize("limit", [3, 60])
def test_short_certified_descents_are_those_of_a_plain_loop(limit: int) -> None:
    """Each row is trapped after as many updates as in a loop of NumPy that looks after each, be there few or many."""
    method, starts = Method(learning_rate=0.1, max_steps=limit, stopping="certified"), mixed_starts(limit, 100)
    balls = attraction_balls(WELLS, method, certificate())
    out = descend(WELLS, method, starts, arena=ARENA, certificate=certificate())
    assert (out.ending == "trapped").sum() > 100
    plain = [plain_descent(start, 0.1, limit, balls) for start in starts]
    assert list(zip(out.ending.tolist(), out.steps.tolist(), strict=True)) == plain
