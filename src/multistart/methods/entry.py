"""`Entry`: an update rule as it stands in a textbook, with its hyperparameters and what is known of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from multistart.errors import ExpressionError, InputError, one_of
from multistart.functions.expressions import shorten
from multistart.methods import titles
from multistart.methods.arithmetic import Name, Operation, Term
from multistart.methods.critical import CriticalRate
from multistart.methods.language import Statement, starts, statements
from multistart.methods.rule import MAY_LEAVE, Array, Flag, Hyperparameter, Numbers, Rule, State
from multistart.methods.translation import RATE, Translation, names_in, translated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from multistart.methods.rate import Schedule
    from multistart.methods.regions import Region, Shell

LEARNING_RATE = Hyperparameter(RATE, "factor of the gradient in one step", unit="x² / f", example=0.01, above=0)
#: A rule of one's own, which has no other name.
OWN = "own rule"
_STEP = "x = fma(-{}, g, x)"
VARYING = ("x", "g", "gnorm", "t", "N")
_SMOOTH = frozenset(("+", "-", "*", "negative", "fma", "abs"))


@dataclass(frozen=True)
class Entry:
    """An update rule as in a textbook. To add a rule, add an entry to a module that :data:`.RULES` is made of.

    Attributes
    ----------
    name
        As in ``Method`` and config files.
    says
        What it does, in a line.
    source
        Who published it, and whose form it is where forms differ.
    update
        Its assignments, in the language of :mod:`multistart.methods.language`.
    state
        Names that it remembers, each with its start value: a number, or the name of a hyperparameter.
    own
        Its hyperparameters besides the learning rate, which it has where it reads ``lr``; by torch's names.
    flags
        Words that are true or false.
    order
        What holds of its numbers, as in ``"step_min <= step_max"``.
    differs
        How libraries differ from it, in a sentence.
    rest, step_length, attracted, region, unproven
        As in :class:`multistart.methods.rule.Rule`; what is not known is not claimed.
    critical_learning_rate
        Above which a minimum stops attracting: the formula of a :class:`multistart.methods.critical.CriticalRate`.
    critical_said
        How words say that formula, where they are not the formula itself.
    no_critical_rate
        Why there is no such formula, as a clause.
    effective_rate
        ``numbers -> rate``: what a step comes to, over the gradient, where that stays the same for long.
    """

    name: str
    says: str
    source: str
    update: tuple[str, ...]
    state: tuple[tuple[str, float | str], ...] = ()
    own: tuple[Hyperparameter, ...] = ()
    flags: tuple[Flag, ...] = ()
    order: tuple[str, ...] = ()
    differs: str = ""
    rest: Literal["gradient", "step", "never"] = "never"
    critical_learning_rate: str = ""
    critical_said: str = ""
    no_critical_rate: str = ""
    step_length: Callable[[Array, Numbers], Array] | None = None
    attracted: Callable[[Array, Numbers], NDArray[np.bool_]] | None = None
    region: Callable[[Sequence[Shell], Numbers], Region | None] | None = None
    unproven: str = MAY_LEAVE
    effective_rate: Callable[[Numbers], float] | None = None

    @cached_property
    def statements(self) -> list[Statement]:
        """Its assignments, checked.

        Raises
        ------
        ExpressionError
            What is not allowed, in a sentence.
        """
        names, flags = [h.name for h in self.own], [flag.name for flag in self.flags]
        return statements(self.update, state=dict(self.state), parameters=names, flags=flags)

    def check_variables(self, variables: tuple[str, ...]) -> None:
        """Refuse names of a rule of one's own that are variables: its lines speak of one coordinate, as ``x``.

        Raises
        ------
        InputError
            Naming the name.
        """
        own = [*dict(self.state), *(h.name for h in self.own), *(name for name, _ in self.statements)]
        for name in own if self.name == OWN else ():
            if name in variables and name != "x":
                raise InputError(
                    f'rule has the name "{name}", which is a variable of the function; its lines speak of one '
                    f'coordinate, which is x in them: choose another name, such as "{name}1"'
                )

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names that its lines read."""
        nodes = [node for _, value in self.statements for node in ast.walk(value)]
        return frozenset(node.id for node in nodes if isinstance(node, ast.Name))

    @cached_property
    def hyperparameters(self) -> tuple[Hyperparameter, ...]:
        """Its numbers: the learning rate where it reads one, then its own."""
        has_rate = "lr" in self.reads or "lr" in dict(self.state).values()
        return (LEARNING_RATE, *self.own) if has_rate else self.own

    @property
    def settings(self) -> dict[str, Hyperparameter | Flag]:
        """Hyperparameters and flags by name."""
        takes: tuple[Hyperparameter | Flag, ...] = (*self.hyperparameters, *self.flags)
        return {each.name: each for each in takes}

    @property
    def critical_words(self) -> str:
        """The formula of the critical rate, in words."""
        return self.critical_said or CriticalRate(self.critical_learning_rate).words

    @property
    def title(self) -> str:
        """The rule in words."""
        return titles.title(self.name)

    def rule(self, flags: Mapping[str, bool], schedule: Schedule | None = None, *, each: bool = False) -> Rule:
        """The rule with its flags, under a schedule or, where ``each``, with a rate for each coordinate."""
        return _rule(self, tuple((flag.name, flags[flag.name]) for flag in self.flags), schedule, each)


@lru_cache(maxsize=256)
def _rule(entry: Entry, flags: tuple[tuple[str, bool], ...], schedule: Schedule | None, each: bool) -> Rule:
    start = dict(entry.state)
    own = ["lr", *(name for name, value in start.items() if value == "lr")] if each else []
    before = schedule.statements if schedule else []
    given = (*entry.hyperparameters, *(schedule.numbers if schedule else ()))
    lines = translated(
        [*before, *entry.statements], state=tuple(start), flags=dict(flags), of_a_coordinate=own,
        not_negative=[h.name for h in given if h.is_not_negative],
    )  # fmt: skip
    numbers, critical = [*entry.hyperparameters], entry.critical_learning_rate
    if numbers[:1] == [LEARNING_RATE]:
        numbers[:1] = _rate(schedule, each)
    return Rule(
        entry.name,
        entry.source,
        (*numbers, *(schedule.numbers if schedule else ())),
        update=lines.update,
        state=tuple(State(kernel, _start(start[name], schedule), shared) for name, kernel, shared in lines.state),
        each_step=lines.each_step,
        rest=entry.rest
        if entry.name != OWN
        else rest_of(translated(entry.statements, state=tuple(start)), tuple(start)),
        critical_learning_rate=None if each or not critical else CriticalRate(critical, flags),
        critical_words=entry.critical_words,
        step_length=None if each or schedule else entry.step_length,
        attracted=None if each else entry.attracted,
        region=None if each or schedule else entry.region,
        unproven=entry.unproven,
        **_bounds(lines.update, schedule),
    )


def _rate(schedule: Schedule | None, each: bool) -> list[Hyperparameter]:
    if schedule is not None and not schedule.has_base:
        return []
    return [Hyperparameter(**{**vars(LEARNING_RATE), "per_coordinate": each})]


def _start(start: float | str, schedule: Schedule | None) -> float | str:
    if start == "lr" and schedule is not None and not schedule.has_base:
        raise InputError("the rule has state that starts at lr, which a formula of the rate does not tell")
    return RATE if start == "lr" else start


def _bounds(update: tuple[str, ...], schedule: Schedule | None) -> dict[str, Any]:
    """What holds of steps that are a rate, below a known one, times the gradient."""
    if update != (_STEP.format("lr" if schedule else RATE),):
        return {}
    return {"reach": schedule.largest if schedule else RATE, "keeps_nonfinite": True}


def rest_of(lines: Translation, state: tuple[str, ...]) -> Literal["gradient", "step", "never"]:
    """When a rule of one's own rests, as far as its lines tell: they add and multiply only, or it is not known.

    Without state, a step that has the gradient as a factor is as small as the gradient; else the step is asked for,
    which is measured by the rate.
    """
    terms = dict(lines.definitions)
    if not all(_is_smooth(term, state) for term in terms.values()):
        return "never"
    match [term for name, term in terms.items() if name.base == "x"]:
        case [Operation("fma", (a, b, Name("x", 0)))] if not state and (_vanishes(a, terms) or _vanishes(b, terms)):
            return "gradient"
    reads_rate = any(Name("lr") in names_in(term) for term in terms.values())
    return "step" if reads_rate else "never"


def _is_smooth(term: Term, state: tuple[str, ...]) -> bool:
    """Whether a term is made of sums and products, quotients by parameters, and of no time but the rate's."""
    match term:
        case Operation("/", (a, b)):
            fixed = all(name.version == 0 and name.base not in (*VARYING, *state) for name in names_in(b))
            return fixed and _is_smooth(a, state)
        case Operation(function, operands):
            return function in _SMOOTH and all(_is_smooth(operand, state) for operand in operands)
        case Name(base):
            return base not in ("t", "N")
    return True


def _vanishes(term: Term, terms: Mapping[Name, Term]) -> bool:
    """Whether a smooth term is 0 where the gradient is."""
    match term:
        case Name("g" | "gnorm", 0):
            return True
        case Name() if term in terms:
            return _vanishes(terms[term], terms)
        case Operation("*", (a, b)):
            return _vanishes(a, terms) or _vanishes(b, terms)
        case Operation("fma", (a, b, c)):
            return (_vanishes(a, terms) or _vanishes(b, terms)) and _vanishes(c, terms)
        case Operation("+" | "-" | "negative" | "abs", operands):
            return all(_vanishes(operand, terms) for operand in operands)
        case Operation("/", (a, _)):
            return _vanishes(a, terms)
    return False


def own_rule(given: object) -> Entry:
    """A rule of one's own, from a mapping with ``update``, and ``state`` and ``parameters`` where it has them.

    Raises
    ------
    InputError
        Another key, or what the language does not allow, in a sentence.
    """
    if not isinstance(given, Mapping):
        raise InputError(f'rule is a mapping such as {{"update": ["x = x - lr*g"]}}; got {given!r}')
    for key in given:
        if key not in ("state", "update", "parameters"):
            raise InputError(f"a key of rule {one_of(key, ('state', 'update', 'parameters'))}")
    state, parameters, update = given.get("state") or {}, given.get("parameters") or {}, given.get("update")
    if not isinstance(state, Mapping) or not isinstance(parameters, Mapping):
        raise InputError("state and parameters of a rule are mappings such as {v: 0}")
    if not isinstance(update, list | tuple):
        raise InputError('update of a rule is a list of assignments, as in ["x = x - lr*g"]')
    own = tuple(Hyperparameter(name, "", 0.0, default=_parameter(name, x)) for name, x in parameters.items())
    entry = Entry(OWN, "a rule of one's own", "", tuple(update), tuple(starts(state, parameters).items()), own)
    lines = translated(entry.statements, state=tuple(dict(entry.state)))  # checked here, before any work
    if not {Name("g"), Name("gnorm")} & {name for _, term in lines.definitions for name in names_in(term)}:
        raise ExpressionError(
            "x depends on neither g nor gnorm, so that the function plays no part in the rule; "
            'its last line is one such as "x = x - lr*g"'
        )
    return entry


def _parameter(name: str, value: Any) -> float:
    try:
        return float(Hyperparameter(name, "", 0.0).checked(value))  # type: ignore[arg-type]
    except InputError:
        raise ExpressionError(f'parameter "{name}" is a finite number; got {shorten(repr(value))}') from None
