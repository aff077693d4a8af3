"""`RuleMap`: what a method's update is as a map, one step of (point, state), with its Jacobian.

Only where an update depends on point and state alone: a rate that follows a schedule, or a formula in ``t``, makes
another map each time, and has neither cycles nor multipliers; a search or an outside optimiser is no formula that
could be differentiated. For those there is no map, and their descents that have not arrived stay under way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.dynamics.lines import Dual, norm, run
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.kernels import Kernel, compile_evaluation, compile_kernel
from multistart.kernels.compiled import Evaluation
from multistart.kernels.recorded import record_orbits
from multistart.methods import Method, Rule, State
from multistart.methods.rule import WIDTH

Array = NDArray[np.float64]
AT_ONCE = 64  # updates that are held where only the last is asked for
_KINKED = {"abs", "select", "smaller"}


@dataclass(frozen=True)
class RuleMap:
    """The map F of a method on an objective: words of a row, point then state, to those after one update.

    Rows are independent, and each may have numbers of its own, see :meth:`at`.

    Attributes
    ----------
    objective, rule
        What is descended, and the lines of the update.
    evaluation
        Value, gradient and Hessian.
    kernel
        Gives the compiled updates, which are compiled when an orbit is first asked for: derivatives need none.
    numbers
        Hyperparameters: a number, or shape ``(1, d)`` of one for each coordinate, or ``(n, 1)`` of one for each row.
    """

    objective: Objective
    rule: Rule
    evaluation: Evaluation
    kernel: Callable[[], Kernel]
    numbers: dict[str, Any]

    @classmethod
    def of(cls, objective: Objective, method: Method, cache: Path | str | None = None) -> RuleMap:
        """The map of a method.

        Raises
        ------
        InputError
            No update of it is the same map as the one before, or it is no formula.
        """
        if not method.is_map:
            raise InputError(f"{method.rule.title} is no map of point and state: its updates are no formula of them")
        method = method.on(objective.parameter_names)
        numbers = {
            h.name: np.asarray(method.numbers[h.name], dtype=np.float64)[None]
            if np.ndim(method.numbers[h.name])
            else float(method.numbers[h.name])
            for h in method.rule.hyperparameters
        }
        kernel = once(lambda: compile_kernel(objective, method, cache))
        return cls(objective, method.rule, compile_evaluation(objective, cache), kernel, numbers)

    def at(self, **numbers: float | Array) -> RuleMap:
        """The same map at other numbers: each one for all rows, or shape ``(n,)``, one for each row."""
        for name in numbers:
            if name not in self.numbers:
                raise InputError(f"{self.rule.title} has no number {name}; it has {', '.join(self.numbers)}")
        given = {name: np.asarray(x)[:, None] if np.ndim(x) else float(x) for name, x in numbers.items()}
        return replace(self, numbers={**self.numbers, **given})

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return self.objective.dimensions

    @property
    def words(self) -> int:
        """The numbers ``w`` of a row: coordinates, then the state."""
        return self.dimensions + sum(1 if s.shared else self.dimensions for s in self.rule.state)

    @property
    def remembers(self) -> bool:
        """Whether an update depends on more than the point."""
        return self.words > self.dimensions

    @property
    def has_kinks(self) -> bool:
        """Whether the update chooses between formulas, so that no derivative holds where it changes its choice."""
        return bool(self.rule.calls & _KINKED)

    def first(self, points: Array) -> Array:
        """Rows of descents that start at points with the rule's first state: shapes ``(n, d) -> (n, w)``."""
        state = [np.broadcast_to(self._start(s), (len(points), size)) for s, (_, size) in self._states()]
        return np.hstack([points, *state])

    def step(self, rows: Array) -> Array:
        """F of each row, shape ``(n, w) -> (n, w)``; nan where the function is not defined."""
        _, gradient, _ = self.evaluation.evaluate(rows[:, : self.dimensions])
        with np.errstate(all="ignore"):
            return np.hstack(self._update(self._split(rows), gradient))

    def derivative(self, rows: Array) -> tuple[Array, Array]:
        """F and its Jacobian at each row, shapes ``(n, w) -> (n, w), (n, w, w)``."""
        _, gradient, hessian = self.evaluation.evaluate(rows[:, : self.dimensions])
        with np.errstate(all="ignore"):
            return self.differentiated(rows, gradient, hessian)

    def differentiated(self, rows: Any, gradient: Any, hessian: Any) -> tuple[Any, Any]:
        """F and its Jacobian from gradient and Hessian, of arrays of numbers of any kind: doubles, or balls."""
        n, d, w = len(rows), self.dimensions, self.words
        unit = np.broadcast_to(np.eye(w), (n, w, w))
        parts, units = self._split(rows), self._split(unit)
        no_state = np.zeros((n, d, w - d))
        held = {name: Dual(parts[name], units[name]) for name in parts}
        found = self._update(held, Dual(gradient, np.concatenate([hessian, no_state], axis=2)))
        return (
            np.concatenate([x.value for x in found], axis=1),
            np.concatenate([x.slope for x in found], axis=1),
        )

    def power(self, rows: Array, times: int) -> tuple[Array, Array]:
        """F applied so many times, and the Jacobian of that, shapes as of :meth:`derivative`."""
        jacobian = np.broadcast_to(np.eye(self.words), (len(rows), self.words, self.words))
        for _ in range(times):
            rows, once = self.derivative(rows)
            jacobian = once @ jacobian
        return rows, jacobian

    def orbit(self, rows: Array, length: int) -> Array:
        """Rows and what F makes of them, shape ``(n, w) -> (length + 1, n, w)``: the bits of descents.

        Those of :meth:`step` differ in last digits, since NumPy rounds products that the kernel does not.
        """
        if any(np.shape(x)[:1] not in ((), (1,)) for x in self.numbers.values()):
            each = [self._of_row(i).orbit(row[None], length) for i, row in enumerate(rows)]
            return np.concatenate([np.empty((length + 1, 0, self.words)), *each], axis=1)
        return record_orbits(self.kernel(), rows, length, self._in_kernel())

    def after(self, rows: Array, updates: int) -> Array:
        """Rows after so many updates, shape ``(n, w) -> (n, w)``, in little memory."""
        for done in range(0, updates, AT_ONCE):
            rows = self.orbit(rows, min(AT_ONCE, updates - done))[-1]
        return rows

    def _of_row(self, i: int) -> RuleMap:
        """The map of a row where rows have numbers of their own."""
        own = {name: x[i : i + 1] if len(np.shape(x)) and len(x) > 1 else x for name, x in self.numbers.items()}
        return replace(self, numbers=own)

    def _in_kernel(self) -> Array:
        """The numbers as the kernel takes them, the same for all rows; see :meth:`.Method.in_kernel`."""
        sizes = [self.dimensions if h.per_coordinate else 1 for h in self.rule.hyperparameters]
        numbers = [np.ravel(self.numbers[h.name]) for h in self.rule.hyperparameters]
        each = [np.broadcast_to(x, (size,)) for x, size in zip(numbers, sizes, strict=True)]
        return np.concatenate([np.ones(1), *each])  # a step limit first, which no map reads

    def _states(self) -> list[tuple[State, tuple[int, int]]]:
        """Each state with the place of its first word, and how many it has."""
        found, at = [], self.dimensions
        for s in self.rule.state:
            size = 1 if s.shared else self.dimensions
            found.append((s, (at, size)))
            at += size
        return found

    def _start(self, state: State) -> Any:
        return self.numbers[state.start] if isinstance(state.start, str) else state.start

    def _split(self, rows: Any) -> dict[str, Any]:
        """The point and the state of rows by name, as lines read them."""
        states = {s.name: rows[:, at : at + size] for s, (at, size) in self._states()}
        return {"x": rows[:, : self.dimensions], **states}

    def _update(self, held: dict[str, Any], gradient: Any) -> list[Any]:
        """The point, then each state, after an update."""
        given = {**self.numbers, **held, "g": gradient}
        if "gnorm" in self.rule.reads:
            given["gnorm"] = norm(self.numbers[WIDTH] * gradient if self.rule.in_widths else gradient)
        after = run(self.rule.update, run(self.rule.each_step, given))
        return [after["x"], *(after[s.name] for s in self.rule.state)]
