"""The functions that the benchmarks descend on, with learning rates at which every start stays finite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistart.box import Box
from multistart.functions.objective import Objective, named


@dataclass(frozen=True)
class Case:
    """A function, a learning rate, and the ratio to C that is aimed for."""

    title: str
    objective: Objective
    learning_rate: float
    goal: float = 1.2

    @property
    def domain(self) -> Box:
        """The box that starts are drawn from."""
        return self.objective.domain or Box(dict.fromkeys(self.objective.variables, (-3, 3)))

    def starts(self, n: int, seed: int = 0) -> np.ndarray:
        """Uniform starts in the domain, shape ``(n, d)``."""
        box = self.domain
        return np.random.default_rng(seed).uniform(box.low, box.high, (n, self.objective.dimensions))


TANH_SIN = "tanh(x - 1)*y + sin(2*x) + tanh(y)*sin(x*y) + (x**2 + y**2)/10"
PEAKS = Case("peaks", named("peaks"), 0.01, goal=1.0)
CASES = (
    PEAKS,
    Case("Himmelblau", named("himmelblau"), 0.001),
    Case("Rastrigin, 2-D", named("rastrigin", 2), 1e-4),
    Case("Styblinski-Tang, 4-D", named("styblinski_tang", 4), 0.001),
    Case("tanh and sin, 2-D", Objective.from_expression(TANH_SIN, ["x", "y"]), 0.01),
    Case("Rosenbrock, 6-D", named("rosenbrock", 6), 1e-5),
    Case("Levy, 6-D", named("levy", 6), 1e-4),
)
