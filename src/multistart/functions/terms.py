"""`Term`: what one row of data adds to a fit's objective, made of the fit's formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from multistart.errors import InputError
from multistart.functions.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition, needed
from multistart.functions.expressions import names_in
from multistart.functions.formula import Formula, parse_open
from multistart.functions.losses import LOSSES, is_formula
from multistart.functions.parameters import Value

if TYPE_CHECKING:
    import sympy

MODEL, RESIDUAL = "m", "r"
#: What these names mean in a loss.
MEANING = {MODEL: "the model's value", RESIDUAL: "the residual, response - m"}


class Formulas(Protocol):
    """What a fit is written in; see :class:`multistart.functions.fit.Fit`."""

    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def response(self) -> str: ...  # noqa: D102
    @property
    def columns(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def loss(self) -> str: ...  # noqa: D102
    @property
    def numbers(self) -> tuple[tuple[str, Value], ...]: ...  # noqa: D102
    @property
    def weights(self) -> str: ...  # noqa: D102
    @property
    def standard_deviations(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Term:
    """What one row adds, in the symbols of variables and columns.

    A power with an exponent that varies is written ``exp(exponent*log(base))``, for a base above 0: these functions are
    the package's own, the same bits everywhere, while ``pow`` is the machine's.

    Attributes
    ----------
    expression, conditions
        The term, and where it is defined.
    model, response
        The model's value and what it is to be.
    loss
        The term as a function of the symbol ``m``, the model's value.
    asked
        What must hold of the columns alone, each with the reason in words.
    constants
        Parts that are made of columns alone, each to be a finite number.
    """

    expression: sympy.Expr
    conditions: tuple[Condition, ...]
    model: sympy.Expr
    response: sympy.Expr
    loss: sympy.Expr
    asked: tuple[tuple[Condition, str], ...]
    constants: tuple[sympy.Expr, ...]


def term_of(formulas: Formulas, variables: Sequence[str], parameters: Mapping[str, Value]) -> Term:
    """The term of some formulas.

    Raises
    ------
    ExpressionError
        One that is not allowed.
    InputError
        A number of the loss that is not above 0, or a term that is nowhere defined.
    """
    return _Reading(formulas, variables, parameters).term()


def exponential(expression: sympy.Expr) -> sympy.Expr:
    """The same with each power whose exponent varies as an exponential.

    >>> import sympy
    >>> b, x = sympy.symbols("b x")
    >>> exponential(2 * x**b + x**2)
    x**2 + 2*exp(b*log(x))
    >>> exponential(3**b)
    exp(b*log(3))
    """
    import sympy

    def varies(part: sympy.Expr) -> bool:
        return bool(part.is_Pow and part.base is not sympy.E and not part.exp.is_number)

    return expression.replace(varies, lambda power: sympy.exp(power.exp * sympy.log(power.base)))


def _without_implied(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Without those that say a part is not 0 which another says is above 0."""
    positive = {c.part for c in conditions if c.kind == POSITIVE}
    return tuple(c for c in conditions if not (c.kind == NONZERO and c.part in positive))


class _Reading:
    """Reads the formulas of a fit, and gathers what they ask for."""

    def __init__(self, formulas: Formulas, variables: Sequence[str], parameters: Mapping[str, Value]) -> None:
        import sympy

        self._formulas, self._variables, self._parameters = formulas, variables, parameters
        self._m, self._r = sympy.Symbol(MODEL), sympy.Symbol(RESIDUAL)
        self._of_variables = {sympy.Symbol(name) for name in (*variables, MODEL)}
        self._conditions: list[Condition] = []
        self._asked: dict[Condition, str] = {}
        self._constants: list[sympy.Expr] = []

    def term(self) -> Term:
        """The term."""
        model, response = self._read(self._formulas.model), self._read(self._formulas.response)
        loss = self._loss(response, (response - self._m) / self._divisor()) * self._weight()
        put_in = {self._m: model}
        conditions = [Condition(c.kind, exponential(c.part.xreplace(put_in))) for c in self._conditions]
        for condition in conditions:
            if condition.never_holds:
                raise InputError(f"the fit is nowhere a real number: {condition} holds nowhere")
        return Term(
            exponential(loss.xreplace(put_in)),
            _without_implied(needed(conditions)),
            model=exponential(model),
            response=exponential(response),
            loss=exponential(loss),
            asked=tuple(self._asked.items()),
            constants=tuple(dict.fromkeys(self._constants)),
        )

    def _divisor(self) -> sympy.Expr:
        return self._positive(self._formulas.standard_deviations or "1", "a standard deviation is above 0")

    def _weight(self) -> sympy.Expr:
        return self._positive(self._formulas.weights or "1", "a weight is above 0")

    def _loss(self, response: sympy.Expr, residual: sympy.Expr) -> sympy.Expr:
        """The loss in the symbol m."""
        import sympy

        if is_formula(self._formulas.loss):
            return self._read(self._formulas.loss, (MODEL, RESIDUAL), {self._r: residual})
        loss = LOSSES[self._formulas.loss]
        values = {
            sympy.Symbol(name): self._positive(str(value), f"{name} of the loss {self._formulas.loss} is above 0")
            for name, value in self._formulas.numbers
        }
        values |= {self._r: residual, sympy.Symbol("response"): response}
        for asked in loss.asks:
            part = parse_open(asked, names_in(asked), {}, ()).expression.xreplace(values)
            self._ask(Condition(NONNEGATIVE, part), f"the loss {self._formulas.loss} asks for {asked} >= 0")
        found = parse_open(loss.formula, names_in(loss.formula), {}, (), limited=False)
        return self._kept(found, values)

    def _positive(self, text: str, said: str) -> sympy.Expr:
        found = self._read(text)
        self._ask(Condition(POSITIVE, found), said)
        return found

    def _read(
        self, text: str, own: Sequence[str] = (), put_in: Mapping[sympy.Symbol, sympy.Expr] | None = None
    ) -> sympy.Expr:
        """What a formula spells, of the names that it has."""
        named = names_in(text)
        given = {name: value for name, value in self._parameters.items() if name in named}
        variables = [name for name in (*own, *self._variables) if name in named]
        columns = [name for name in self._formulas.columns if name in named and name not in own]
        return self._kept(parse_open(text, variables, given, (), columns), put_in or {})

    def _kept(self, found: Formula, put_in: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
        """The expression of a formula, whose conditions are kept."""
        for condition in (*found.conditions, *found.of_parameters):
            condition = Condition(condition.kind, condition.part.xreplace(put_in))
            self._ask(condition, f"the formulas ask for {condition}")
        self._constants += found.constants
        return found.expression.xreplace(put_in)

    def _ask(self, condition: Condition, said: str) -> None:
        """Keep a condition on what varies with the variables, and one on columns alone; of a number, ask it now."""
        if condition.part.free_symbols & self._of_variables:
            self._conditions.append(condition)
        elif not condition.part.is_number:
            self._asked.setdefault(condition, said)
        elif not condition.holds_for(condition.part):
            raise InputError(f"{said}; got {condition.part}")
