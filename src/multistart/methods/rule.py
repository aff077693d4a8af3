"""The contract of an update rule: what a rule says of itself, so that no other module need know which rule it is."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from multistart.errors import InputError
from multistart.functions.expressions import shorten
from multistart.methods import titles

if TYPE_CHECKING:  # a config is read without NumPy
    import numpy as np
    from numpy.typing import NDArray

    from multistart.methods.critical import CriticalRate
    from multistart.methods.regions import Region, Shell

Array: TypeAlias = "NDArray[np.float64]"
Numbers = Mapping[str, Any]
#: Functions of the kernel's arithmetic that lines may call; ``select(condition, yes, no)``, ``smaller(a, b)``.
FUNCTIONS = frozenset({"abs", "cos", "exp", "fma", "log", "pow", "select", "sin", "smaller", "sqrt", "tanh"})
OF_A_COORDINATE = ("x", "g")
OF_A_ROW = ("t", "N", "gnorm")
#: What lines call the unit of a coordinate that they make steps in, of a rule that is preconditioned.
WIDTH = "domain_width"
#: Why nothing is proven of a rule that says no better reason.
MAY_LEAVE = "which may leave one that it has entered"
_ARITHMETIC = (
    ast.Assign, ast.BinOp, ast.UnaryOp, ast.Call, ast.Compare, ast.Name, ast.Constant, ast.Module,
    ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip


@dataclass(frozen=True)
class Hyperparameter:
    """A number of a rule: an argument of the compiled kernel, so that no value of it compiles anything.

    Attributes
    ----------
    name
        As in lines, ``Method`` and config files.
    meaning, unit
        For the config's reference; no unit is a pure number.
    example, default
        A value to show, and the one that a config file may leave out; with no default it must be given there.
    above, least, below, most
        The range: above, at least, below, at most these.
    per_coordinate
        Whether there is one for each coordinate, as a list; lines then mean that of their coordinate.
    whole
        Whether it is a whole number.
    """

    name: str
    meaning: str
    example: float
    default: float | None = None
    unit: str | None = None
    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None
    per_coordinate: bool = False
    whole: bool = False

    @property
    def allowed(self) -> str:
        """The range in words.

        >>> Hyperparameter("momentum", "", 0.9, least=0, below=1).allowed
        'a finite number of at least 0 and below 1'
        """
        bounds = (("above", self.above), ("of at least", self.least), ("below", self.below), ("at most", self.most))
        words = " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
        return f"a {'whole' if self.whole else 'finite'} number {words}".strip()

    @property
    def is_not_negative(self) -> bool:
        """Whether its range has no number below 0."""
        return any(bound is not None and bound >= 0 for bound in (self.above, self.least))

    def checked(self, value: object) -> float | tuple[float, ...]:
        """The value, or one for each coordinate.

        Raises
        ------
        InputError
            Not in the range.
        """
        if self.per_coordinate and isinstance(value, Iterable) and not isinstance(value, str):
            return tuple(self._checked(each) for each in value)
        return self._checked(value)

    def _checked(self, value: object) -> float:
        number = is_finite(value)
        whole = not self.whole or (number and value == int(value))  # type: ignore[call-overload]
        if not (number and whole and self._in_range(float(value))):  # type: ignore[arg-type]
            raise InputError(f"{self.name} is {self.allowed}; got {shorten(str(value))}")
        return int(value) if self.whole else float(value)  # type: ignore[call-overload, arg-type]

    def _in_range(self, value: float) -> bool:
        above = self.above is None or value > self.above
        least = self.least is None or value >= self.least
        below = self.below is None or value < self.below
        return above and least and below and (self.most is None or value <= self.most)


def is_finite(value: object) -> bool:
    """Whether it is a number, neither true nor false, that a double holds.

    >>> is_finite(0.1), is_finite(10**400), is_finite(True), is_finite("1")
    (True, False, False, False)
    """
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def check_order(order: Iterable[str], values: Mapping[str, Any]) -> None:
    """Refuse numbers that contradict each other: ``order`` has what holds of them, as ``"step_min <= step_max"``.

    A name may have several numbers, as a rate of each variable; what is no number is not asked.

    Raises
    ------
    InputError
        Naming both, and their values.

    >>> check_order(["c1 < c2"], {"c1": 0.5, "c2": 0.4})
    Traceback (most recent call last):
    multistart.errors.InputError: c1 is below c2, 0.4; got 0.5
    """
    for line in order:
        names = line.split()
        for low, sign, high in zip(names[::2], names[1::2], names[2::2], strict=False):
            for a, b in itertools.product(_numbers(values.get(low)), _numbers(values.get(high))):
                if not (a < b if sign == "<" else a <= b):
                    raise InputError(f"{low} is {'below' if sign == '<' else 'at most'} {high}, {b:g}; got {a:g}")


def _numbers(value: object) -> tuple[float, ...]:
    found = value if isinstance(value, tuple) else (value,)
    return tuple(x for x in found if isinstance(x, int | float) and not isinstance(x, bool))


@dataclass(frozen=True)
class Flag:
    """A word of a rule that is true or false and picks one of two formulas, in ``where(flag, a, b)``.

    It is compiled in: the other formula, and state that only it needs, are not in the kernel.
    """

    name: str
    meaning: str
    default: bool = False

    def checked(self, value: object) -> bool:
        """The value.

        Raises
        ------
        InputError
            Neither true nor false.
        """
        if not isinstance(value, bool):
            raise InputError(f"{self.name} is true or false; got {value}")
        return value


@dataclass(frozen=True)
class State:
    """A variable that a descent remembers from update to update.

    Attributes
    ----------
    name
        As in lines.
    start
        Its value before the first update: a number, or the name of a hyperparameter.
    shared
        Whether a descent has one; otherwise it has one for each coordinate.
    """

    name: str
    start: float | str = 0.0
    shared: bool = False


@dataclass(frozen=True)
class Rule:
    """An update rule: lines of arithmetic that a kernel runs, and what is known of them.

    Made of an :class:`multistart.methods.entry.Entry`, which has the rule as in a textbook: to add one, add an entry.
    What a rule leaves at its default is not known of it, and then nothing is claimed.

    Lines are assignments such as ``x = fma(-learning_rate, g, x)``: sums, products, quotients and :data:`FUNCTIONS`,
    run as they are written. They may read ``t``, the updates made before this one (0, 1, ...); ``N``, the step limit;
    ``gnorm``, the gradient's Euclidean norm; hyperparameters, state, and names that earlier lines assigned.

    Attributes
    ----------
    name, source
        As in config files; who published it.
    hyperparameters, state
        Its numbers, and what it remembers.
    update
        Lines for each coordinate, which also read ``g`` and ``x``, and assign ``x`` and the state.
    each_step
        Lines before them, once an update: a schedule, or shared state.
    rest
        When a descent has converged: ``"gradient"``, where the gradient is at most the tolerance, since what follows is
        as small; ``"step"``, where besides the next update moves no coordinate by more than its rate times the
        tolerance: what rolls through a minimum is not at rest there; ``"twice"``, where the gradients of two points in
        sequence are at most the tolerance, or the next is the same point; ``"last_step"``, where besides the step
        before promised next to nothing; ``"never"``, since the rule need not stay where the gradient is small: then a
        descent ends as ``visited`` there.
    reach
        How far one update can move: a number in hyperparameters, such that it moves no coordinate further than this
        times the gradient norm. A kernel then takes several updates between two looks at the arena; with none it
        looks at each.
    keeps_nonfinite
        Whether a coordinate that is not finite stays so, and becomes so where its gradient is not.
    critical_learning_rate
        ``(lambda_max, numbers) -> rates``: above which a minimum with this largest Hessian eigenvalue stops attracting.
    critical_words
        The formula of that rate, in words.
    step_length
        ``(gradient norms, numbers) -> lengths``: how long the next update is.
    attracted
        ``(curvature, numbers) -> bool``: whether from a ball around a minimum, on which Hessian eigenvalues are
        positive and at most ``curvature``, the rule provably converges to it and never leaves the ball.
    region
        ``(shells, numbers) -> region``: of a rule with memory, at one constant rate, the region of points and state
        around a minimum from which it provably converges to it, see :mod:`multistart.methods.regions`; its state
        begins with one word for each coordinate.
    unproven
        Why there is none, as the end of a sentence that begins with its name.
    bounds
        Of a rule that is :meth:`held` in a box: the names of the ends of each coordinate, its last hyperparameters.
    """

    name: str
    source: str
    hyperparameters: tuple[Hyperparameter, ...]
    update: tuple[str, ...]
    state: tuple[State, ...] = ()
    each_step: tuple[str, ...] = ()
    rest: Literal["gradient", "step", "twice", "last_step", "never"] = "never"
    reach: str | None = None
    keeps_nonfinite: bool = False
    critical_learning_rate: CriticalRate | None = None
    critical_words: str = ""
    step_length: Callable[[Array, Numbers], Array] | None = None
    attracted: Callable[[Array, Numbers], NDArray[np.bool_]] | None = None
    region: Callable[[Sequence[Shell], Numbers], Region | None] | None = None
    unproven: str = MAY_LEAVE
    bounds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {*OF_A_ROW, *(h.name for h in self.hyperparameters), *(s.name for s in self.state if s.shared)}
        known |= self._check(self.each_step, known)
        self._check(self.update, known | {*OF_A_COORDINATE, *(s.name for s in self.state)})

    @property
    def title(self) -> str:
        """The rule in words."""
        return titles.title(self.name)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names that its lines read."""
        nodes = [node for line in (*self.each_step, *self.update) for node in ast.walk(ast.parse(line))]
        return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))

    @property
    def calls(self) -> frozenset[str]:
        """The functions that its lines call."""
        return self.reads & FUNCTIONS

    @property
    def rate(self) -> str | None:
        """What lines call the rate of an update; none where they have none."""
        names = {*(h.name for h in self.hyperparameters), *(line.partition(" = ")[0] for line in self.each_step)}
        return next((name for name in ("lr", "learning_rate") if name in names), None)

    @property
    def in_widths(self) -> bool:
        """Whether it makes steps in units of widths, see :mod:`multistart.methods.precondition`."""
        return any(h.name == WIDTH for h in self.hyperparameters)

    @property
    def autonomous(self) -> bool:
        """Whether an update depends on point and state alone, so that what comes back once comes back for ever."""
        return not self.reads & {"t", "N"}

    def held(self) -> Rule:
        """The rule with a projection: after each update every coordinate is put to the nearest point of a box.

        What the rule remembers stays as its own lines leave it. The gradient by which a descent rests is the projected
        one, and the step, where it is asked for, that after the projection.
        """
        low, high = (self._unused(name) for name in ("lower_bound", "upper_bound"))
        ends = tuple(Hyperparameter(name, "an end of the box", 0.0, per_coordinate=True) for name in (low, high))
        onto = f"x = select(x < {low}, {low}, select(x > {high}, {high}, x))"  # what is no number stays none
        return replace(
            self, hyperparameters=(*self.hyperparameters, *ends), update=(*self.update, onto), bounds=(low, high),
            reach=None, keeps_nonfinite=False,
        )  # fmt: skip

    def _unused(self, name: str) -> str:
        lines = "\n".join((*self.each_step, *self.update, *(s.name for s in self.state)))
        lines += "\n".join(h.name for h in self.hyperparameters)
        while name in lines:
            name += "_"
        return name

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that shapes a kernel's text, as plain data."""
        bounds = {"bounds": list(self.bounds)} if self.bounds else {}
        return bounds | {
            "hyperparameters": [[h.name, h.per_coordinate] for h in self.hyperparameters],
            "state": [[s.name, s.shared] for s in self.state],
            "each step": list(self.each_step),
            "update": list(self.update),
            "rest": self.rest,
            "reach": self.reach,
            "keeps nonfinite": self.keeps_nonfinite,
        }

    def first_state(self, n: int, d: int, numbers: Numbers) -> Array:
        """The state of ``n`` descents before their first updates, in the order of the block's words."""
        import numpy as np

        columns = [_start(s, d, numbers) for s in self.state]
        return np.tile(np.concatenate([np.empty(0), *columns]), (n, 1))

    def _check(self, lines: tuple[str, ...], known: set[str]) -> set[str]:
        """The names that lines assign.

        Raises
        ------
        InputError
            A line that is no assignment of arithmetic, or reads what nothing assigns.
        """
        assigned: set[str] = set()
        for line in lines:
            tree = ast.parse(line)
            for node in ast.walk(tree):
                unknown = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
                unknown = unknown and node.id not in known | assigned | FUNCTIONS  # type: ignore[attr-defined]
                if unknown or not isinstance(node, _ARITHMETIC):
                    raise InputError(f"the rule {self.name} has a line that is not of its names and numbers: {line}")
            (statement,) = tree.body
            assigned |= {ast.unparse(target) for target in getattr(statement, "targets", [])}
        return assigned


def _start(state: State, d: int, numbers: Numbers) -> Array:
    import numpy as np

    value = numbers[state.start] if isinstance(state.start, str) else state.start
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (1 if state.shared else d,))
