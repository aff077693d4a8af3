"""`Model`: what a fit computes of each row of its data, by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.functions.derivative import gradient_of
from multistart.functions.expressions import names_in
from multistart.functions.formula import parse_open
from multistart.functions.in_numpy import in_numpy
from multistart.functions.objective import Objective
from multistart.functions.terms import Term

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]
#: What a model means for the response, of losses for which it is not the model's value ``m`` itself.
MEANS = {"poisson_log": "exp(m)", "binomial": "trials*m", "logistic": "trials/(1 + exp(-m))"}


@dataclass(frozen=True)
class Model:
    """The model of a fit, at rows of its own data or at others with the same columns.

    Attributes
    ----------
    objective
        That of the fit.

    Raises
    ------
    InputError
        The objective is no fit.

    >>> line = Objective.from_model("a + b*x", {"x": [0.0, 1.0], "y": [1.0, 3.0]}, ["a", "b"], response="y")
    >>> Model(line).value(np.array([1.0, 2.0])), Model(line).predictors
    (array([1., 3.]), ('x',))
    """

    objective: Objective

    def __post_init__(self) -> None:
        if self.objective.fit is None:
            raise InputError("statistics of a fit are asked of a function that is no fit: build it with from_model")

    @property
    def rows(self) -> Array:
        """The fit's own data, shape ``(n, c)``."""
        assert self.objective.fit is not None
        return self.objective.fit.rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, ``c`` of them."""
        return self.objective.term.arguments

    @cached_property
    def predictors(self) -> tuple[str, ...]:
        """The columns that :meth:`value` reads."""
        read = {str(symbol) for symbol in self._mean.free_symbols}
        return tuple(name for name in self.columns if name in read)

    @cached_property
    def _parameters(self) -> tuple[sympy.Symbol, ...]:
        """The variables as the model names them."""
        import sympy

        return tuple(map(sympy.Symbol, self.objective.parameter_names))

    @cached_property
    def has_constant(self) -> bool:
        """Whether a parameter adds the same to every row."""
        slopes = gradient_of(self._term.model, self._parameters)
        return any(slope.is_number and not slope.is_zero for slope in slopes)

    @cached_property
    def of_squares(self) -> bool:
        """Whether the loss of a row is a weight, which the data alone make, times a square that can vanish.

        No weight is below 0, as a factor in a loss of the user's own may be, and some are above.
        """
        weight = self.weight() if self._of_squares else np.zeros(1)
        return bool((weight >= 0).all() and (weight > 0).any())

    @cached_property
    def _of_squares(self) -> bool:
        """The same as far as the loss's formula tells."""
        import sympy

        m, weight = sympy.Symbol("m"), self._weight
        if weight.free_symbols & {m, *self._parameters}:
            return False
        there = {m: self._term.response}
        return all(sympy.expand(part.xreplace(there)) == 0 for part in (self._term.loss, self._term.loss.diff(m)))

    def value(self, point: Array, rows: Array | None = None) -> Array:
        """What the response is to be at a point, shape ``(n,)``: the model's values, or the means they stand for."""
        return self._at("value", point, rows)[:, 0]

    def response(self, rows: Array | None = None) -> Array:
        """What they are to be, shape ``(n,)``."""
        return self._at("response", np.zeros(self.objective.dimensions), rows)[:, 0]

    def weight(self) -> Array:
        """Of squares: the weight of each row, shape ``(n,)``."""
        return self._at("weight", np.zeros(self.objective.dimensions), None)[:, 0]

    def jacobian(self, point: Array) -> Array:
        """The derivatives of the model's values by the objective's variables, shape ``(n, d)``."""
        chain = np.where(self.objective.logged, self.objective.in_users_units(point[None])[0], 1.0)
        return chain * self._at("jacobian", point, None)

    def scores(self, point: Array) -> Array:
        """The derivatives of each row's loss by the objective's variables, shape ``(n, d)``."""
        return self._at("scores", point, None)

    @cached_property
    def _term(self) -> Term:
        return self.objective.fitted

    @cached_property
    def _mean(self) -> sympy.Expr:
        """What the response is to be, in terms of variables and columns."""
        import sympy

        fit = self.objective.fit
        assert fit is not None
        put_in = {sympy.Symbol("m"): self._term.model}
        if fit.loss not in MEANS:
            return self._term.model
        for name, value in fit.numbers:
            columns = [column for column in names_in(str(value)) if column in self.columns]
            put_in[sympy.Symbol(name)] = parse_open(str(value), (), dict(self.objective.parameters), columns).expression
        return parse_open(MEANS[fit.loss], names_in(MEANS[fit.loss]), {}, ()).expression.xreplace(put_in)

    @cached_property
    def _weight(self) -> sympy.Expr:
        """Half the second derivative of a row's loss by the model's value."""
        import sympy

        return sympy.expand(sympy.diff(self._term.loss, sympy.Symbol("m"), 2) / 2)

    @cached_property
    def _functions(self) -> dict[str, Callable[..., Sequence[Array]]]:
        parts = {
            "value": (self._mean,),
            "response": (self._term.response,),
            "jacobian": gradient_of(self._term.model, self._parameters),
        }
        parts |= {"weight": (self._weight,)} if self._of_squares else {}
        columns = self.objective.term.open_symbols
        read = {name: ((*self._parameters, *columns), each) for name, each in parts.items()}
        read["scores"] = ((*self.objective.symbols, *columns), self.objective.term.gradient_expressions)
        return {name: in_numpy(given, each) for name, (given, each) in read.items()}

    def _at(self, what: str, point: Array, rows: Array | None) -> Array:
        rows = self.rows if rows is None else rows
        point = point if what == "scores" else self.objective.in_users_units(point[None])[0]
        with np.errstate(all="ignore"):
            parts = self._functions[what](*point, *rows.T)
        return np.stack([np.broadcast_to(np.asarray(part, dtype=np.float64), len(rows)) for part in parts], axis=1)
