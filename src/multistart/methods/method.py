"""A descent method: an update rule with its numbers, and when it stops."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from multistart.errors import InputError, one_of
from multistart.methods.gradient_descent import GRADIENT_DESCENT
from multistart.methods.rule import Array, Rule
from multistart.plurals import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The rules that a config file can name.
RULES = {rule.name: rule for rule in (GRADIENT_DESCENT,)}
OPTIMIZERS = tuple(RULES)
STOPPING = ("gradient", "certified")
MAX_STEPS = 10**9
LEARNING_RATE = 0.01  # where Python code gives none; config files always do


@dataclass(frozen=True, init=False)
class Method:
    """A descent method: it stops at the first point whose gradient norm is at most the tolerance, or at the limit.

    At the limit of ``max_steps`` updates a descent ends as ``stationary`` where further ones come back to the same
    bits, else as ``step_limit``.

    Parameters
    ----------
    optimizer
        The name of a rule, as ``"gradient_descent"``, or a :class:`~multistart.methods.rule.Rule`.
    max_steps
        Updates at most, from 1 to 10^9.
    gradient_tolerance
        0 to run all steps, or any positive finite number, in units of f / x.
    stopping
        ``"gradient"``; or ``"certified"``, which also ends a descent, as ``trapped``, at its first point inside a
        ball from which it provably converges to a certified minimum.
    hyperparameters
        Those of the rule, by name, as in ``Method("gradient_descent", learning_rate=0.01)``; all are attributes.

    Raises
    ------
    InputError
        A hyperparameter that the rule does not have, or a number outside its range.
    """

    optimizer: str | Rule
    hyperparameters: tuple[tuple[str, float | tuple[float, ...]], ...]
    max_steps: int
    gradient_tolerance: float
    stopping: str

    def __init__(
        self,
        optimizer: str | Rule = "gradient_descent",
        *,
        max_steps: int = 1000,
        gradient_tolerance: float = 1e-8,
        stopping: str = "gradient",
        hyperparameters: tuple[tuple[str, Any], ...] | Mapping[str, Any] = (),
        **given: Any,
    ) -> None:
        if not isinstance(optimizer, Rule) and optimizer not in OPTIMIZERS:
            raise InputError(f"optimizer {one_of(optimizer, OPTIMIZERS)}")
        if stopping not in STOPPING:
            raise InputError(f"stopping {one_of(stopping, STOPPING)}")
        if isinstance(max_steps, bool) or max_steps != int(max_steps) or not 1 <= max_steps <= MAX_STEPS:
            raise InputError(f"max_steps is a whole number from 1 to {MAX_STEPS:.0e}; got {max_steps}")
        if not (_is_number(gradient_tolerance) and 0 <= gradient_tolerance < math.inf):
            raise InputError(f"gradient_tolerance is 0 or a positive finite number; got {gradient_tolerance}")
        rule = optimizer if isinstance(optimizer, Rule) else RULES[optimizer]
        numbers = _checked(rule, {**dict(hyperparameters), **given})
        for name, value in (("optimizer", optimizer), ("hyperparameters", numbers), ("max_steps", max_steps)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "gradient_tolerance", gradient_tolerance)
        object.__setattr__(self, "stopping", stopping)

    def __getattr__(self, name: str) -> Any:
        """A hyperparameter of the rule."""
        numbers = dict(self.__dict__.get("hyperparameters", ()))
        if name not in numbers:
            raise AttributeError(f"a method has no attribute {name!r}")
        return numbers[name]

    @property
    def rule(self) -> Rule:
        """The update rule."""
        return self.optimizer if isinstance(self.optimizer, Rule) else RULES[self.optimizer]

    @property
    def numbers(self) -> dict[str, Any]:
        """The hyperparameters by name."""
        return dict(self.hyperparameters)

    @property
    def identity(self) -> dict[str, Any]:
        """All that tells methods apart, as plain data."""
        stopping = {"max_steps": self.max_steps, "tolerance": self.gradient_tolerance, "stopping": self.stopping}
        return {"rule": self.rule.identity, "numbers": list(map(list, self.hyperparameters)), **stopping}

    def critical_learning_rate(self, curvature: Array) -> Array:
        """Above which a minimum of this largest Hessian eigenvalue stops attracting; nan where that is not known."""
        import numpy as np

        rate = self.rule.critical_learning_rate
        return np.full(np.shape(curvature), np.nan) if rate is None else rate(curvature, self.numbers)

    def step_length(self, gradient_norm: Array) -> Array:
        """How long the next update is where the gradient has this norm; nan where that alone does not tell."""
        import numpy as np

        length = self.rule.step_length
        return np.full(np.shape(gradient_norm), np.nan) if length is None else length(gradient_norm, self.numbers)

    def attracted(self, curvature: Array) -> NDArray[np.bool_]:
        """Whether it provably stays in, and converges in, an attraction ball of this curvature; shape as given."""
        import numpy as np

        holds = self.rule.attracted
        return np.zeros(np.shape(curvature), dtype=bool) if holds is None else holds(curvature, self.numbers)

    def in_kernel(self, d: int) -> Array:
        """The numbers that a kernel takes: the step limit, then the hyperparameters, those of coordinates ``d`` each.

        Raises
        ------
        InputError
            A list of another length than ``d``.
        """
        import numpy as np

        parts = [np.array([float(self.max_steps)])]
        for hyperparameter, (name, value) in zip(self.rule.hyperparameters, self.hyperparameters, strict=True):
            count = d if hyperparameter.per_coordinate else 1
            if np.ndim(value) and len(value) != d:  # type: ignore[arg-type]
                raise InputError(f"{name} is one number, or {d}, one for each coordinate; got {len(value)}")  # type: ignore[arg-type]
            parts.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)))
        return np.concatenate(parts)

    def describe(self) -> str:
        """The method in words, as in "gradient descent, learning rate 0.01, at most 1000 steps"."""
        steps = f"{'at most' if self.gradient_tolerance else 'exactly'} {counted(self.max_steps, 'step')}"
        certified = ", stopped in attraction balls" if self.stopping == "certified" else ""
        return f"{self.rule.title}, {self.describe_numbers()}, {steps}{certified}"

    def describe_numbers(self) -> str:
        """The hyperparameters in words, as in "learning rate 0.01"."""
        return ", ".join(f"{name.replace('_', ' ')} {_spelled(value)}" for name, value in self.hyperparameters)


def _checked(rule: Rule, given: Mapping[str, Any]) -> tuple[tuple[str, float | tuple[float, ...]], ...]:
    """The hyperparameters of a rule in its order, where none is given its default."""
    names = tuple(h.name for h in rule.hyperparameters)
    for name in given:
        if name not in names:
            raise InputError(f"a hyperparameter of {rule.name} {one_of(name, names)}")
    python = {"learning_rate": LEARNING_RATE}
    return tuple((h.name, h.checked(given.get(h.name, python.get(h.name, h.default)))) for h in rule.hyperparameters)


def _spelled(value: float | tuple[float, ...]) -> str:
    return f"({', '.join(f'{x:g}' for x in value)})" if isinstance(value, tuple) else f"{value:g}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
