"""`Objective`: a function R^d -> R with exact derivatives, known minima and a source; `named` builds catalogue ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.errors import InputError
from multistart.functions import catalogue
from multistart.functions.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition, of_expression
from multistart.functions.derivative import gradient_of, hessian_of
from multistart.functions.expressions import check_names
from multistart.functions.fit import Fit, pairwise
from multistart.functions.formula import Formula, parse, parse_open
from multistart.functions.in_numpy import in_numpy
from multistart.functions.logarithms import in_logarithms
from multistart.functions.losses import SQUARES
from multistart.functions.measurements import Data, check_rows, with_rows
from multistart.functions.parameters import Trial, Value, as_double, changed, in_exponents
from multistart.functions.symbolic import formula_of
from multistart.functions.terms import Term
from multistart.scales import checked_scales, exponentials, logarithm, logarithms, on_scale

if TYPE_CHECKING:
    import sympy

Points = NDArray[np.float64]
PARTS = ("value", "gradient", "hessian")  # of an evaluation
HESSIANS = 2**20  # doubles of second derivatives that are held at a time
Evaluator = Callable[[Points, Points], tuple[Points, Points, Points]]
#: Whether numbers are what a condition asks for; nan never is.
HOLDS: dict[str, Callable[[Points], NDArray[np.bool_]]] = {
    POSITIVE: lambda part: part > 0,
    NONNEGATIVE: lambda part: part >= 0,
    NONZERO: lambda part: np.abs(part) > 0,
}


@dataclass(frozen=True)
class Objective:
    """A real function given symbolically, undefined where a part of its formula is.

    SymPy is loaded when an expression or a derivative is first asked for, and not by a descent whose kernel is kept.

    Attributes
    ----------
    name
        A plain identifier, or ``"expression"`` for a user's own formula.
    definition
        The formula as text, or a SymPy expression.
    variables
        Coordinate names in order, ``d`` of them.
    domain
        The usual box of a catalogue function; none for an expression.
    minima
        Known minima ``((x1, ..., xd), value)``, lowest first; may be incomplete.
    source
        Where function and minima come from.
    parameters
        Names in the formula that stand for numbers, with the numbers.
    arguments
        Names in the formula whose numbers are not known here, of a :attr:`family` of functions alone.
    fit
        Of a sum over rows of data: model, loss and rows. Its formula is that of a row, see :attr:`term`.
    scales
        The formula's variables that it is looked at by their logarithms, each with ``"log"``, see :meth:`on_scales`.
    of_catalogue
        Whether the formula is the package's own, which no limits hold for.
    evaluator
        What gives values, gradients and Hessians of points, and of the numbers of :attr:`free_parameters`: shapes
        ``(n, d), (p,) -> (n,), (n, d), (n, d, d)``, such as a kernel's ``evaluate``; by default NumPy does, by SymPy's
        ``lambdify``.

    >>> f = Objective.from_expression("(x**2 - 1)**2 / 4", ["x"])
    >>> f.gradient(np.array([[2.0]]))
    array([[6.]])
    """

    name: str
    definition: str | sympy.Expr
    variables: tuple[str, ...]
    domain: Box | None = None
    minima: tuple[tuple[tuple[float, ...], float], ...] = ()
    source: str = ""
    parameters: tuple[tuple[str, Value], ...] = ()
    arguments: tuple[str, ...] = ()
    fit: Fit | None = None
    scales: tuple[tuple[str, str], ...] = ()
    of_catalogue: bool = False
    evaluator: Evaluator | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_expression(
        cls, text: str, variables: Sequence[str], parameters: Mapping[str, Value] | None = None
    ) -> Objective:
        """Build an objective from a user's formula.

        Raises
        ------
        ExpressionError
            The formula is not allowed; see :mod:`multistart.functions.expressions`.
        """
        objective = cls.from_checked(text, variables, parameters)
        objective._read  # noqa: B018 - refuses the formula now
        return objective

    @classmethod
    def from_checked(
        cls, text: str, variables: Sequence[str], parameters: Mapping[str, Value] | None = None
    ) -> Objective:
        """The same of a formula that was checked before, which is read when it is needed."""
        return cls(
            name="expression",
            definition=text,
            variables=tuple(variables),
            source="expression given by the user",
            parameters=tuple((parameters or {}).items()),
        )

    @classmethod
    def from_sympy(cls, expression: sympy.Expr, symbols: Sequence[sympy.Symbol | str]) -> Objective:
        """Build an objective from an expression of SymPy, of which the same is allowed as in a formula.

        Parameters
        ----------
        expression
            Made of the symbols, numbers, ``+ - * / **``, pi, E and the functions of formulas. Floats become exact.
        symbols
            The variables in order, ``d`` symbols or names.

        Raises
        ------
        ExpressionError
            Quoting the piece that is not allowed.

        >>> import sympy
        >>> x, y = sympy.symbols("x y")
        >>> Objective.from_sympy((x - 1) ** 2 + 0.1 * y**2, (x, y)).gradient(np.array([[2.0, 5.0]]))
        array([[2., 1.]])
        """
        return cls.from_expression(*formula_of(expression, symbols))

    @classmethod
    def from_model(
        cls,
        model: str,
        data: Data,
        variables: Sequence[str],
        *,
        response: str,
        loss: str | Mapping[str, Value] = "squares",
        weights: str | None = None,
        standard_deviations: str | None = None,
        reduction: Literal["sum", "mean"] = "sum",
        parameters: Mapping[str, Value] | None = None,
    ) -> Objective:
        """Build the objective of a fit: the sum over rows of data of a loss of response and model.

        Parameters
        ----------
        model
            A formula in the variables, the parameters and the columns of the data.
        data
            The path of a ``.csv`` or ``.parquet`` file, a DataFrame, or a mapping of names to columns.
        variables
            What is to be found, ``d`` names.
        response
            A column, or a formula in columns.
        loss
            A name of :data:`multistart.functions.losses.LOSSES`, with its numbers as in ``{"name": "huber",
            "delta": 1.5}``; or a formula in the model's value ``m``, the residual ``r``, columns and variables.
        weights, standard_deviations
            What the loss of a row is multiplied with, or what its residual is divided by: columns, or formulas in
            them.
        reduction
            Whether the losses of the rows are summed, or their mean is taken.
        parameters
            Names in the formulas that stand for numbers.

        Raises
        ------
        InputError
            Data that the formulas are not defined on, naming file, column and row; or a loss that there is not.
        ExpressionError
            A formula that is not allowed.

        >>> data = {"x": [0, 1, 2, 3], "y": [1, 3, 5, 8]}
        >>> f = Objective.from_model("a + b*x", data, ["a", "b"], response="y")
        >>> f.value(np.array([[1.0, 2.0]])), f.gradient(np.array([[1.0, 2.0]]))
        (array([1.]), array([[-2., -6.]]))
        """
        values = dict(parameters or {})
        check_names([*variables], "variable")
        fit = Fit.of(
            model, response, variables, tuple(values), loss=loss, weights=weights,
            standard_deviations=standard_deviations, reduction=reduction,
        )  # fmt: skip
        objective = cls.of_fit(with_rows(fit, data, variables, tuple(values)), variables, values)
        objective._refuse_fit()
        return objective

    @classmethod
    def of_fit(cls, fit: Fit, variables: Sequence[str], parameters: Mapping[str, Value] | None = None) -> Objective:
        """The objective of a fit that was checked before, whose formulas are read when they are needed."""
        return cls(
            "fit", fit.model, tuple(variables), source="model given by the user",
            parameters=tuple((parameters or {}).items()), fit=fit,
        )  # fmt: skip

    def _refuse_fit(self) -> None:
        """Read the formulas of a fit, and ask whether they are defined on its rows."""
        assert self.fit is not None
        check_rows(self.fit, self.fitted, self.variables)

    @cached_property
    def fitted(self) -> Term:
        """Of a fit: what one row adds, with model, response and loss apart, in the user's own names of variables."""
        assert self.fit is not None
        return self.fit.term(self.parameter_names, dict(self.parameters))

    @cached_property
    def term(self) -> Objective:
        """Of a fit: what one row adds, as a family of functions whose :attr:`arguments` are the columns.

        Its formulas, derivatives and conditions are those that kernels and proofs go through the rows with.
        """
        assert self.fit is not None
        found = self.fitted
        term = replace(self, definition=found.expression, parameters=(), arguments=self.fit.columns, fit=None)
        vars(term)["_read"] = self.put_in(Formula(found.expression, found.conditions))
        return term

    def written_out(self) -> Objective:
        """Of a fit: the same function as a formula in which every row stands, for few rows."""
        assert self.fit is not None
        import sympy

        columns = self.term.open_symbols
        rows = [dict(zip(columns, map(sympy.Rational, row), strict=True)) for row in self.fit.rows.tolist()]
        total = sympy.Add(*(self.term.expression.xreplace(row) for row in rows))
        total = total / self.fit.count if self.fit.reduction == "mean" else total
        return Objective("expression", total, self.variables, source=self.source)

    def on_scales(self, scales: Mapping[str, str]) -> Objective:
        """The same function of the logarithms of some variables, which then are called ``log_b`` in place of b.

        ``b -> exp(log_b)`` is put in exactly, before anything is differentiated.

        Parameters
        ----------
        scales
            ``"log"`` or ``"linear"`` by variable; the others are linear.

        Raises
        ------
        InputError
            No variable, no scale, or a name that is taken.

        >>> f = Objective.from_expression("(log(b) - 1)**2", ["b"]).on_scales({"b": "log"})
        >>> f.variables, f.gradient(np.array([[0.0]])), f.in_users_units(np.array([[0.0]]))
        (('log_b',), array([[-2.]]), array([[1.]]))
        """
        try:
            columns = self.fit.columns if self.fit is not None else ()
            found = checked_scales(scales, self.parameter_names, {*dict(self.parameters), *self.arguments, *columns})
        except InputError as error:
            raise InputError(f"scale {error}") from None
        if not found or found == self.scales:
            return self
        if self.scales:
            raise InputError("the objective has scales already")
        logged = [name in dict(found) for name in self.variables]
        places = [(_logged_place(at, logged), value) for at, value in self.minima]
        usual = self.domain is not None and all(self.domain.bounds[name][0] > 0 for name, _ in found)
        return replace(
            self,
            variables=tuple(on_scale(name, dict(found)) for name in self.variables),
            scales=found,
            domain=self.domain.on_scales(dict(found)) if self.domain is not None and usual else None,
            minima=tuple((at, value) for at, value in places if at),
            evaluator=None,
        )

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The variables as the formula names them, in order: b where :attr:`variables` has ``log_b``."""
        named = {on_scale(name, dict(self.scales)): name for name, _ in self.scales}
        return tuple(named.get(variable, variable) for variable in self.variables)

    @property
    def value_name(self) -> str:
        """What a value is called: f; of a fit RSS where it is the sum of plain squares, else its loss."""
        if self.fit is None:
            return "f"
        plain = self.fit.loss == SQUARES and not self.fit.weights + self.fit.standard_deviations
        return "RSS" if plain and self.fit.reduction == "sum" else "loss"

    @property
    def logged(self) -> tuple[bool, ...]:
        """Which variables are logarithms, in order."""
        return tuple(name in dict(self.scales) for name in self.parameter_names)

    def in_users_units(self, points: Points) -> Points:
        """Points, shape ``(n, d)``, in the units of :attr:`parameter_names`: exponentials of what are logarithms."""
        return exponentials(points, self.logged) if self.scales else points

    def users_columns(self, points: Points) -> dict[str, Points]:
        """Of points, shape ``(n, d)``, the coordinates that have a name of the user's besides, in its units."""
        columns = self.in_users_units(points).T
        return {name: columns[j] for j, name in enumerate(self.parameter_names) if self.logged[j]}

    def in_variables(self, points: Points) -> Points:
        """Points in the user's units, shape ``(n, d)``, in :attr:`variables`; nan for what has no logarithm."""
        return logarithms(points, self.logged) if self.scales else points

    def put_in(self, formula: Formula) -> Formula:
        """A formula in :attr:`parameter_names` in terms of :attr:`variables`."""
        return in_logarithms(formula, [name for name, _ in self.scales]) if self.scales else formula

    def evaluated_by(self, evaluator: Evaluator) -> Objective:
        """The same function, with values and derivatives by another route."""
        return replace(self, evaluator=evaluator)

    def with_parameters(self, **values: Value) -> Objective:
        """The same formula with other numbers for some of its parameters.

        Where they are free it shares the family, and with it derivatives and kernels: nothing is derived or compiled.

        Raises
        ------
        InputError
            A parameter that the formula does not have, a value that is not finite, or one at which it is no function.

        >>> f = Objective.from_expression("a*x**2", ["x"], {"a": 1})
        >>> f.with_parameters(a=0.5).gradient(np.array([[2.0]]))
        array([[2.]])
        """
        other = replace(self, parameters=changed(self.parameters, values))
        if self.fit is not None:
            other = replace(other, evaluator=None)
            other._refuse_fit()
            return other
        if not set(values) <= set(self.free_parameters):
            other = replace(other, evaluator=None)
        else:
            vars(other)["family"] = self.family
            if self.family._trial.holds(other.numbers):
                return other
        other._read  # noqa: B018 - refuses numbers at which it is no function
        return other

    @cached_property
    def free_parameters(self) -> tuple[str, ...]:
        """The parameters that are arguments of kernels: those that stand in no exponent."""
        if not self.parameters or self.fit is not None:
            return ()
        return tuple(name for name, _ in self.parameters if name not in in_exponents(self.formula))

    @cached_property
    def numbers(self) -> Points:
        """The doubles nearest to the free parameters, in their order, shape ``(p,)``; with ``p`` 0 where none is.

        Of a fit the number of rows, and then the rows, one after the other: what its kernels take besides a point.

        Raises
        ------
        InputError
            A family, which is no function before it has numbers.
        """
        if self.arguments:
            raise InputError(f"a family of functions has no numbers for {', '.join(self.arguments)}")
        if self.fit is not None:
            return np.concatenate([[float(self.fit.count)], self.fit.rows.ravel()])
        given = dict(self.parameters)
        return np.array([as_double(given[name]) for name in self.free_parameters], dtype=np.float64)

    @cached_property
    def family(self) -> Objective:
        """The functions of this formula for all numbers of its free parameters, which are open; itself without any.

        What is computed in doubles is made of the family: the same operations whatever the numbers are.
        """
        if self.fit is not None:
            return replace(self, fit=self.fit.family, evaluator=None) if self.fit.digest else self
        free = self.free_parameters
        if not free:
            return self
        put_in = tuple((name, value) for name, value in self.parameters if name not in free)
        return replace(self, parameters=put_in, arguments=free, evaluator=None)

    @property
    def formula(self) -> str:
        """The formula as text; empty where the definition is an expression."""
        return self.definition if isinstance(self.definition, str) else ""

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Which function this is, as plain data; SymPy is not needed for a formula."""
        if self.fit is not None:
            spelled = {**self.fit.identity, "parameters": [[name, str(value)] for name, value in self.parameters]}
        elif self.formula:
            spelled = {"formula": self.formula, "parameters": [[name, str(value)] for name, value in self.parameters]}
            spelled |= {"arguments": list(self.arguments)} if self.arguments else {}
        else:
            import sympy

            spelled = {"expression": sympy.srepr(self.expression)}
        scales = {"scales": [list(each) for each in self.scales]} if self.scales else {}
        return {"variables": list(self.variables), **scales, **spelled}

    @cached_property
    def _read(self) -> Formula:
        limited = not self.of_catalogue
        if self.fit is not None:
            raise InputError("a fit is a sum over rows of data, which has no formula of its own; its term has one")
        names, given = self.parameter_names, dict(self.parameters)
        if self.arguments:
            return self.put_in(parse_open(self.formula, names, given, self.arguments, limited=limited))
        if isinstance(self.definition, str):
            return self.put_in(parse(self.definition, names, given, limited=limited))
        return self.put_in(Formula(self.definition, of_expression(self.definition)))

    @property
    def expression(self) -> sympy.Expr:
        """The SymPy expression, with exact coefficients; parameters count as the decimals that they are given as."""
        return self._read.expression

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Where the function is defined.

        A formula that SymPy simplified asks for more than the expression: ``sqrt(x)**2`` is ``x``, for ``x >= 0``.
        """
        return self._read.conditions

    @property
    def restricted(self) -> set[str]:
        """The variables on which it depends whether the function is defined; of a fit, in any row."""
        asked = self.conditions if self.fit is None else self.term.conditions
        return {str(symbol) for c in asked for symbol in c.part.free_symbols} & set(self.variables)

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.variables)

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The SymPy symbols of the variables, in order."""
        import sympy

        return tuple(sympy.Symbol(name) for name in self.variables)

    @cached_property
    def open_symbols(self) -> tuple[sympy.Symbol, ...]:
        """The SymPy symbols of what is open in a family, in order."""
        import sympy

        return tuple(sympy.Symbol(name) for name in self.arguments)

    @cached_property
    def gradient_expressions(self) -> tuple[sympy.Expr, ...]:
        """The exact partial derivatives, ``d`` of them."""
        return gradient_of(self.expression, self.symbols)

    @cached_property
    def hessian_expressions(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """The exact second derivatives, ``d`` rows of ``d``; symmetric by construction."""
        return hessian_of(self.expression, self.symbols)

    def value(self, points: Points) -> Points:
        """The values at ``points``, shape ``(n, d)`` -> ``(n,)``; nan or inf where the function is not finite.

        Nan for certain where a condition fails; so are the derivatives.
        """
        return self._evaluate("value", points)[:, 0]

    def gradient(self, points: Points) -> Points:
        """The gradients at ``points``, shape ``(n, d)`` -> ``(n, d)``."""
        return self._evaluate("gradient", points)

    def hessian(self, points: Points) -> Points:
        """The Hessians at ``points``, shape ``(n, d)`` -> ``(n, d, d)``."""
        d = self.dimensions
        return self._evaluate("hessian", points).reshape(-1, d, d)

    def gradient_and_hessian(self, points: Points) -> tuple[Points, Points]:
        """Both, shapes ``(n, d)`` and ``(n, d, d)``, which an evaluator finds in one."""
        if self.evaluator is None:
            return self.gradient(points), self.hessian(points)
        d = self.dimensions
        gradient, hessian = self._by_evaluator(("gradient", "hessian"), self._checked(points))
        return gradient, hessian.reshape(-1, d, d)

    def in_numpy(self, what: str) -> Callable[..., Sequence[Points]]:
        """The ``"value"``, ``"gradient"``, ``"hessian"`` or parts of ``"conditions"`` as a function of arrays.

        One a coordinate, then one for each of the :attr:`arguments`.
        """
        if what not in self._in_numpy:
            match what:
                case "value":
                    parts: tuple[sympy.Expr, ...] = (self.expression,)
                case "gradient":
                    parts = self.gradient_expressions
                case "hessian":
                    parts = tuple(h for row in self.hessian_expressions for h in row)
                case _:
                    parts = tuple(condition.part for condition in self.conditions)
            self._in_numpy[what] = in_numpy((*self.symbols, *self.open_symbols), parts)
        return self._in_numpy[what]

    @cached_property
    def _in_numpy(self) -> dict[str, Callable[..., Sequence[Points]]]:
        return {}

    @cached_property
    def _trial(self) -> Trial:
        return Trial(self._read, self.gradient_expressions, (*self.symbols, *self.open_symbols), self.dimensions)

    def _checked(self, points: Points) -> Points:
        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != self.dimensions:
            raise InputError(f"points have shape (n, {self.dimensions}); got {points.shape}")
        return points

    def _evaluate(self, what: str, points: Points) -> Points:
        points = self._checked(points)
        if self.evaluator is not None:
            return self._by_evaluator((what,), points)[0]
        if self.fit is not None:
            return self._summed(what, points)
        family, given = self.family, (*points.T, *self.numbers)
        with np.errstate(all="ignore"):  # not finite is an answer here, see the endings
            parts = family.in_numpy(what)(*given)
            asked = family.in_numpy("conditions")(*given) if family.conditions else ()
        result = np.empty((len(points), len(parts)))
        for i, part in enumerate(parts):
            result[:, i] = part
        for condition, part in zip(family.conditions, asked, strict=True):
            result[~HOLDS[condition.kind](np.broadcast_to(part, len(points)))] = np.nan
        return result

    def _summed(self, what: str, points: Points) -> Points:
        """Of a fit: the term at all rows and some points at a time, summed in the order of kernels."""
        assert self.fit is not None
        columns, n = self.fit.rows.T, self.fit.count
        written, conditions = self.term.in_numpy(what), self.term.in_numpy("conditions")
        found = []
        for point in points:
            with np.errstate(all="ignore"):
                parts, asked = written(*point, *columns), conditions(*point, *columns)
            terms = np.stack([np.broadcast_to(np.asarray(part, dtype=np.float64), n) for part in parts])
            total = pairwise(terms) / (n if self.fit.reduction == "mean" else 1)
            defined = all(HOLDS[c.kind](part).all() for c, part in zip(self.term.conditions, asked, strict=True))
            found.append(total if defined else total * np.nan)
        count = {"value": 1, "gradient": self.dimensions, "hessian": self.dimensions**2}[what]
        return np.array(found).reshape(len(points), count)

    def _by_evaluator(self, asked: Sequence[str], points: Points) -> list[Points]:
        """As many points at a time as their Hessians fit in a few megabytes."""
        assert self.evaluator is not None
        which, at_once = [PARTS.index(what) for what in asked], max(1, HESSIANS // self.dimensions**2)
        cuts = range(0, max(len(points), 1), at_once)
        parts = (self.evaluator(points[i : i + at_once], self.numbers) for i in cuts)
        joined = map(np.concatenate, zip(*([all_three[i] for i in which] for all_three in parts), strict=True))
        return [part.reshape(len(points), math.prod(part.shape[1:])) for part in joined]


def _logged_place(place: Sequence[float], logged: Sequence[bool]) -> tuple[float, ...]:
    """A place on the logarithm; empty where there is none."""
    if any(x <= 0 for x, is_logged in zip(place, logged, strict=True) if is_logged):
        return ()
    return tuple(logarithm(x) if is_logged else x for x, is_logged in zip(place, logged, strict=True))


def named(name: str, dimensions: int | None = None) -> Objective:
    """Return a function of the catalogue, as in ``named("rastrigin", dimensions=4)``.

    Parameters
    ----------
    name
        A name that ``multistart functions`` lists.
    dimensions
        For scalable functions, the number of coordinates; their default is 2.

    Raises
    ------
    InputError
        Unknown name, or a dimension that the function cannot have.
    """
    entry = catalogue.find(name)
    d = catalogue.dimensions_of(entry, dimensions)
    variables = entry.variables(d)
    return Objective(
        name=name,
        definition=entry.formula(d),
        variables=variables,
        domain=Box(dict(zip(variables, entry.domain(d), strict=True))),
        minima=entry.minima(d),
        source=entry.source,
        of_catalogue=True,
    )
