"""The learning rate of a method: a number, one for each variable, a schedule by name, or a formula of one's own."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from multistart.errors import ExpressionError, InputError, did_you_mean, one_of
from multistart.functions.expressions import shorten
from multistart.methods.language import MAX_LENGTH, OF_A_SCHEDULE, PREFIX, Statement, statements
from multistart.methods.rule import Hyperparameter, check_order
from multistart.methods.schedules import OVER, SCHEDULES, NamedSchedule
from multistart.methods.translation import RATE, translated

MAX_CHECKED = 10**7  # steps at which a formula is looked at, a second or two
_CHUNK = 2**16


@dataclass(frozen=True)
class RateOfEach:
    """A rate for each variable, by name."""

    rates: tuple[tuple[str, float], ...]

    def in_order(self, variables: tuple[str, ...]) -> tuple[float, ...]:
        """The rates in the order of the variables.

        Raises
        ------
        InputError
            A variable without a rate, or a rate of what is no variable.
        """
        rates = dict(self.rates)
        for name in variables:
            if name not in rates:
                raise InputError(
                    f"{RATE} has none for the variable {name}; give one for each of {', '.join(variables)}"
                )
        for name in rates:
            if name not in variables:
                raise InputError(f'{RATE} has one for "{name}", which is no variable{did_you_mean(name, variables)}')
        return tuple(rates[name] for name in variables)


@dataclass(frozen=True)
class Schedule:
    """Lines that assign ``lr``, and the hyperparameters that they read, under names that no rule has.

    Attributes
    ----------
    update
        Assignments in ``lr``, ``t``, ``N``, hyperparameters and names assigned before.
    own
        Hyperparameters besides the base rate.
    has_base
        Whether it reads ``lr``, the base rate.
    largest
        What no rate is above: an expression in the kernel's numbers; none where that is not known.
    """

    update: tuple[str, ...]
    own: tuple[Hyperparameter, ...]
    has_base: bool = True
    largest: str | None = None

    @cached_property
    def statements(self) -> list[Statement]:
        """Its assignments, with names of its own."""
        given = tuple(name for name in OF_A_SCHEDULE if name != "lr" or self.has_base)
        names = [h.name for h in self.own]
        found = statements(self.update, parameters=names, given=given, result="lr", limited=False)
        return [(_prefixed(name), _Prefixed().visit(value)) for name, value in found]

    @cached_property
    def numbers(self) -> tuple[Hyperparameter, ...]:
        """Its hyperparameters as the kernel calls them."""
        return tuple(Hyperparameter(**{**vars(h), "name": _prefixed(h.name)}) for h in self.own)


class _Prefixed(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(_prefixed(node.id), node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])


def _prefixed(name: str) -> str:
    return name if name in (*OF_A_SCHEDULE, "pi") else PREFIX + name


@dataclass(frozen=True)
class Scheduled:
    """A schedule by name, with its numbers as they were given."""

    name: str
    given: tuple[tuple[str, float | tuple[float, ...]], ...]

    @property
    def named(self) -> NamedSchedule:
        """The entry of the schedule."""
        return SCHEDULES[self.name]

    @property
    def at(self) -> tuple[float, ...]:
        """The updates at which pieces begin."""
        return dict(self.given).get("at", ())  # type: ignore[return-value]

    @cached_property
    def schedule(self) -> Schedule:
        """Its lines. Of pieces there is one for each update at which the rate changes."""
        update, own = self.named.update, self.named.own
        if self.name == "pieces":
            own = own[:1] + tuple(Hyperparameter(f"at{i}", "", 0.0) for i in range(len(self.at)))
            update = tuple(f"lr = lr*where(t >= at{i}, factor, 1)" for i in range(len(self.at)))
        reaches = any(h.name == "to" for h in own)
        return Schedule(update, own, largest=f"max({RATE}, {PREFIX}to)" if reaches else RATE)

    @property
    def fades(self) -> bool:
        """Whether its rates add up to a finite number."""
        numbers: Any = {h.name: h.default for h in self.schedule.own} | dict(self.given)
        return self.named.fades(numbers)

    def numbers(self, max_steps: int) -> dict[str, float]:
        """What the kernel is given, the base rate among it."""
        given: dict[str, Any] = {"over": float(max_steps), **dict(self.given)}
        given |= {f"at{i}": update for i, update in enumerate(self.at)}
        values = {h.name: given.get(h.name, h.default) for h in self.schedule.own}
        return {RATE: given[self.named.base], **{PREFIX + name: value for name, value in values.items()}}

    def describe(self) -> str:
        """As in "cosine from 0.02 to 0.0001"."""
        words = [f"{name.replace('_', ' ')} {_spelled(value)}" for name, value in self.given]
        return f"{self.name.replace('_', ' ')} {' '.join(words)}"


@dataclass(frozen=True)
class RateFormula:
    """A formula of the rate in ``t`` and ``N``. Its numbers are the kernel's, so that others compile nothing."""

    formula: str

    @cached_property
    def _parts(self) -> tuple[Schedule, dict[str, float]]:
        found = _statements(self.formula)
        loose = _Loose()
        tree = loose.visit(found[0][1])
        own = tuple(Hyperparameter(name, "", 0.0, least=0) for name in loose.numbers)  # a minus is an operation
        return Schedule((f"lr = {ast.unparse(tree)}",), own, has_base=False), loose.numbers

    @property
    def fades(self) -> bool:
        """Whether its rates may add up to a finite number: of what changes with t, that is not known."""
        return any(isinstance(node, ast.Name) and node.id == "t" for node in ast.walk(ast.parse(self.formula)))

    @property
    def schedule(self) -> Schedule:
        """Its line."""
        return self._parts[0]

    def numbers(self, max_steps: int) -> dict[str, float]:
        """What the kernel is given."""
        return {PREFIX + name: value for name, value in self._parts[1].items()}

    def describe(self) -> str:
        """The formula as it was given."""
        return f"`{self.formula}`"


def _statements(formula: str) -> list[Statement]:
    try:
        if len(formula) <= MAX_LENGTH:
            ast.parse(formula, mode="eval")  # which an assignment to lr with more behind it is not
        return statements((f"lr = {formula}",), given=("t", "N"), result="lr")
    except ExpressionError as error:
        said = str(error)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        said = f'"{shorten(formula)}" is not one formula such as "0.02*(1 - t/N)"'
    raise ExpressionError(f"{RATE}.formula: {said}")


class _Loose(ast.NodeTransformer):
    """Names in place of numbers, but for exponents."""

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}

    def visit_Constant(self, node: ast.Constant) -> ast.Name:
        name = f"number{len(self.numbers) + 1}"
        self.numbers[name] = float(node.value)  # type: ignore[arg-type]
        return ast.Name(name, ast.Load())

    def visit_BinOp(self, node: ast.BinOp) -> ast.BinOp:
        right = node.right if isinstance(node.op, ast.Pow) else self.visit(node.right)
        return ast.BinOp(self.visit(node.left), node.op, right)


#: What a method's learning rate may be; a tuple has one for each coordinate, in their order.
Rate = float | tuple[float, ...] | RateOfEach | Scheduled | RateFormula


def rate_of(value: object, allowed: Hyperparameter, max_steps: int) -> Rate:
    """The learning rate that a value spells.

    Raises
    ------
    InputError
        A number outside its range; an unknown schedule, or one with other numbers than it takes; a formula that is not
        allowed, or negative or not finite at some step; in one sentence.
    """
    if isinstance(value, RateOfEach | Scheduled | RateFormula):
        return _looked_at(value, max_steps)
    if isinstance(value, list | tuple) and value:
        return tuple(float(allowed.checked(each)) for each in value)  # type: ignore[arg-type]
    if not isinstance(value, Mapping):
        return float(allowed.checked(value))  # type: ignore[arg-type]
    if "schedule" in value:
        return _looked_at(_scheduled(value), max_steps)
    if "formula" in value:
        if set(value) != {"formula"}:
            raise InputError(f"{RATE}: a formula stands alone; got {', '.join(map(str, value))}")
        return _looked_at(RateFormula(_text(value["formula"])), max_steps)
    if not value:
        raise InputError(f"{RATE} is a number, one for each variable, a schedule or a formula; got nothing")
    return RateOfEach(tuple((str(name), _rate_in(name, each, allowed)) for name, each in value.items()))


def _rate_in(variable: object, value: object, allowed: Hyperparameter) -> float:
    """The rate of one variable."""
    try:
        return float(allowed.checked(value))  # type: ignore[arg-type]
    except InputError:
        for_all = "; a schedule or a formula is for all variables at once" if isinstance(value, Mapping) else ""
        said = f"{RATE}.{variable} is {allowed.allowed}; got {shorten(str(value))}{for_all}"
        raise InputError(said) from None


def _text(formula: object) -> str:
    if not isinstance(formula, str):
        raise InputError(f'{RATE}: a formula is a text such as "0.02*(1 - t/N)"; got {formula}')
    return " ".join(formula.split())


def _scheduled(given: Mapping[str, Any]) -> Scheduled:
    name = given["schedule"]
    if not isinstance(name, str) or name not in SCHEDULES:
        raise InputError(f"{RATE}.schedule {one_of(name, SCHEDULES)}")
    named = SCHEDULES[name]
    base = Hyperparameter(named.base, "the base rate", 0.02, above=0)
    takes = {h.name: h for h in (base, *named.own)}
    for key in given:
        if key != "schedule" and key not in takes:
            raise InputError(f"{RATE}.{key}: {name} does not use it; it takes {', '.join(takes)}")
    values: list[tuple[str, float | tuple[float, ...]]] = []
    for key, h in takes.items():
        if key in given:
            values.append((key, _updates(given[key]) if key == "at" else _number(h, given[key])))
        elif h.default is None and h is not OVER:
            raise InputError(f"{RATE}.{key} is missing; {name} takes {h.allowed}")
    return Scheduled(name, tuple(values))


def _number(h: Hyperparameter, value: object) -> float:
    try:
        return float(h.checked(value))  # type: ignore[arg-type]
    except InputError as error:
        raise InputError(f"{RATE}.{error}") from None


def _updates(value: object) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= 20:
        raise InputError(f"{RATE}.at is a list of 1 to 20 numbers of updates, as in [300, 800]; got {value}")
    found = tuple(float(AT_UPDATE.checked(each)) for each in value)  # type: ignore[arg-type]
    if list(found) != sorted(set(found)):
        raise InputError(f"{RATE}.at is ascending; got {value}")
    return found


AT_UPDATE = Hyperparameter(f"{RATE}.at", "", 0.0, least=0)


def _looked_at(rate: RateOfEach | Scheduled | RateFormula, max_steps: int) -> Rate:
    """A rate that is neither negative nor not finite at any step; a schedule by name only where its numbers fit."""
    if isinstance(rate, RateFormula):
        if max_steps > MAX_CHECKED:
            raise InputError(
                f"{RATE}: a formula is looked at in every step; give max_steps of at most {MAX_CHECKED:,}; "
                f"got {max_steps:,}"
            )
        if not largest_rate(rate, max_steps):
            raise InputError(f"{RATE}: {rate.describe()} is 0 at every step, and nothing would move; give larger rates")
    if isinstance(rate, Scheduled):
        if rate.name == "constant":
            return rate.numbers(max_steps)[RATE]
        numbers = {name.removeprefix(PREFIX): x for name, x in rate.numbers(max_steps).items()}
        given = {rate.named.base: numbers[RATE], "max_steps": max_steps, "at": rate.at}
        try:
            check_order(rate.named.order, numbers | given)
        except InputError as error:
            raise InputError(f"{RATE}.{error}") from None
        if rate.name == "one_cycle" and not 1 < numbers["part"] * numbers["over"] <= max_steps:
            raise InputError(
                f"{RATE}.part of over, {numbers['over']:g} steps, is above 1 and at most max_steps, {max_steps}; "
                f"got {numbers['part']:g}"
            )
    return rate


def each_of(rate: Rate | None) -> object:
    """The numbers of a rate that is one, or one for each variable; else what it is."""
    return tuple(each for _, each in rate.rates) if isinstance(rate, RateOfEach) else rate


def changes(rate: object) -> bool:
    """Whether a learning rate, as a config has it or a method, is another at other steps.

    >>> changes(0.1), changes({"schedule": "cosine", "from": 0.1}), changes({"x": 0.1, "y": 1.0})
    (False, True, False)
    """
    if isinstance(rate, Mapping):
        return "formula" in rate or rate.get("schedule", "constant") != "constant"
    return isinstance(rate, Scheduled | RateFormula)


def rates(rate: Scheduled | RateFormula, max_steps: int, steps: Any) -> Any:
    """The rate at some steps, an array; off the kernel's by last bits at most."""
    import numpy as np

    from multistart.methods.evaluation import assigned  # with NumPy, which a config without a formula does without

    definitions = translated(rate.schedule.statements, result="lr").definitions
    numbers = rate.numbers(max_steps)
    given = {"lr" if name == RATE else name: value for name, value in numbers.items()}
    found = assigned(definitions, {**given, "t": np.asarray(steps, dtype=np.float64), "N": float(max_steps)})["lr"]
    return np.broadcast_to(found, np.shape(steps))


def largest_rate(rate: Scheduled | RateFormula, max_steps: int) -> float:
    """The largest rate of all steps.

    Raises
    ------
    InputError
        It is negative or not finite at some step: at which first, and what it is there.
    """
    import numpy as np

    largest = 0.0
    for first in range(0, max_steps, _CHUNK):
        steps = np.arange(first, min(first + _CHUNK, max_steps))
        found = rates(rate, max_steps, steps)
        wrong = ~(found >= 0) | ~np.isfinite(found)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise InputError(
                f"{RATE}: {rate.describe()} is {found[at]:.4g} at step {steps[at]}; a rate is finite and not negative"
            )
        largest = max(largest, float(found.max()))
    return largest


def _spelled(value: float | tuple[float, ...]) -> str:
    return f"{value:g}" if isinstance(value, float) else f"({', '.join(f'{x:g}' for x in value)})"
