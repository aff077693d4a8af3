"""Methods: an update rule with its hyperparameters and its stopping rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

from multistart.errors import InputError, one_of
from multistart.plurals import counted

OPTIMIZERS = ("gradient_descent",)
STOPPING = ("gradient", "certified")
MAX_STEPS = 10**9


@dataclass(frozen=True)
class Method:
    """A descent method.

    ``gradient_descent`` is ``x <- x - learning_rate * gradient(x)`` (Cauchy 1847), stopped at the first point
    whose Euclidean gradient norm is at most ``gradient_tolerance``, or after ``max_steps`` updates: ``stationary``
    where further ones come back to the same bits, else ``step_limit``.

    Parameters
    ----------
    optimizer
        ``"gradient_descent"``.
    learning_rate
        Positive and finite, in units of x² / f.
    max_steps
        Updates at most, from 1 to 10^9.
    gradient_tolerance
        0 to run all steps, or any positive finite number, in units of f / x.
    stopping
        ``"gradient"``; or ``"certified"``, which also ends a descent, as ``trapped``, at its first point inside a
        ball from which it provably converges to a certified minimum.

    Raises
    ------
    InputError
        A hyperparameter outside its range.
    """

    optimizer: str = "gradient_descent"
    learning_rate: float = 0.01
    max_steps: int = 1000
    gradient_tolerance: float = 1e-8
    stopping: str = "gradient"

    def __post_init__(self) -> None:
        for name, word, allowed in (("optimizer", self.optimizer, OPTIMIZERS), ("stopping", self.stopping, STOPPING)):
            if word not in allowed:
                raise InputError(f"{name} {one_of(word, allowed)}")
        if not (_is_number(self.learning_rate) and 0 < self.learning_rate < math.inf):
            raise InputError(f"learning_rate is a positive finite number; got {self.learning_rate}")
        if (
            isinstance(self.max_steps, bool)
            or self.max_steps != int(self.max_steps)
            or not 1 <= self.max_steps <= MAX_STEPS
        ):
            raise InputError(f"max_steps is a whole number from 1 to {MAX_STEPS:.0e}; got {self.max_steps}")
        tolerance = self.gradient_tolerance
        if not (_is_number(tolerance) and 0 <= tolerance < math.inf):
            raise InputError(f"gradient_tolerance is 0 or a positive finite number; got {tolerance}")

    def describe(self) -> str:
        """The method in words, as in "gradient descent, learning rate 0.01, at most 1000 steps"."""
        name = self.optimizer.replace("_", " ")
        steps = f"{'at most' if self.gradient_tolerance else 'exactly'} {counted(self.max_steps, 'step')}"
        certified = ", stopped in attraction balls" if self.stopping == "certified" else ""
        return f"{name}, learning rate {self.learning_rate:g}, {steps}{certified}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
