"""The text of what Levenberg and Marquardt's search asks of a fit: value, slopes and bend, sums over rows of data.

In the terms of a row: its loss l as a function of the model's value m, and of variables that stand in the loss itself,
as an unknown sigma does. Those have a diagonal of their own in the normal matrix, cut at 0 like l''; what links them
with the model is left out, as its mean is 0 in a likelihood whose location is the model (Fisher's scoring).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from multistart.functions.derivative import derivative
from multistart.functions.formula import Formula as Read
from multistart.functions.objective import Objective
from multistart.kernels import fit_template
from multistart.kernels.derivatives import Formula, apart, holding, value_of
from multistart.kernels.fields import Source, imports_of, indented, numbered
from multistart.kernels.fit_source import Sums, imports_of_fit, platform_of

CUT = "{0} = select({0} < 0.0, 0.0, {0})"


@dataclass(frozen=True)
class Row:
    """A row's loss and model, in the letters of a kernel.

    Attributes
    ----------
    slope, weight
        First and second derivative of the loss by the model's value.
    model, response, model_slopes
        The model's value, what it is to be, and its derivatives by the variables.
    own_slopes, own_weights
        First and second derivatives of the loss by the variables that stand in it, by their places.
    """

    formula: Formula
    slope: sympy.Expr
    weight: sympy.Expr
    model: sympy.Expr
    response: sympy.Expr
    model_slopes: Sequence[sympy.Expr]
    own_slopes: dict[int, sympy.Expr]
    own_weights: dict[int, sympy.Expr]

    @classmethod
    def of(cls, objective: Objective) -> Row:
        """That of a fit."""
        family, m = objective.family, sympy.Symbol("m")
        formula, term = Formula(family), family.fitted
        model, loss = (family.put_in(Read(each, ())).expression for each in (term.model, term.loss))
        own = {j: symbol for j, symbol in enumerate(family.symbols) if loss.has(symbol)}

        def in_letters(part: sympy.Expr) -> sympy.Expr:
            return formula.coefficients.taken_out(formula.in_letters(part.xreplace({m: model})))

        slope, slopes = derivative(loss, m), {j: derivative(loss, symbol) for j, symbol in own.items()}
        return cls(
            formula, in_letters(slope), in_letters(derivative(slope, m)), in_letters(model),
            in_letters(term.response),
            [in_letters(derivative(model, symbol)) for symbol in family.symbols],
            {j: in_letters(each) for j, each in slopes.items()},
            {j: in_letters(derivative(each, own[j])) for j, each in slopes.items()},
        )  # fmt: skip


def write_least_squares(objective: Objective) -> Source:
    """Return the source of a fit's value, slopes and bend; value and gradient are nan where it is not defined."""
    d = objective.dimensions
    cells = [(i, j) for i in range(d) for j in range(i + 1)]
    put = [f"out[{d + i * d + j}] = out[{d + j * d + i}] = sums[{d + k}]" for k, (i, j) in enumerate(cells)]
    sums = [_value(objective), _slopes(objective, cells), _bend(objective)]
    functions = set().union(*(each.called for each in sums))
    text = fit_template.LEAST_SQUARES.substitute(
        imports=imports_of_fit(functions),
        sums_over_rows="".join(each.text() for each in sums),
        D=d,
        SLOPES=d + len(cells) + 1,
        point="; ".join(f"v{j} = point[{j}]" for j in range(d)),
        direction="; ".join(f"u{j} = point[{d + j}]" for j in range(d)),
        v=", ".join(numbered("v", d)),
        u=", ".join(numbered("u", d)),
        put=indented([*put, f"out[{d + d * d}] = sums[{d + len(cells)}]"], 1),
    )
    return Source(text, platform_dependent=platform_of(functions))


def write_residuals(objective: Objective) -> Source:
    """Return the source of the residuals of a fit of squares, each times the root of l'', and of their Jacobian."""
    assert objective.fit is not None
    row, d, columns = Row.of(objective), objective.dimensions, len(objective.fit.columns)
    coefficients = row.formula.coefficients
    asked = [coefficients.taken_out(c.part) for c in row.formula.conditions]
    of = apart(row.formula, [row.weight, row.response, row.model, *row.model_slopes, *asked])
    weight, response, m = of.found[:3]
    holds = " & ".join(f"({each})" for each in holding(row.formula.conditions, of.found[3 + d :])) or "True"
    mean = " / float(r.shape[0])" if objective.fit.reduction == "mean" else ""
    lines = [*coefficients.computed(), *of.lines.text, f"root = math.sqrt({weight}{mean})"]
    lines += [f"r[k] = root * ({response} - {m}) + select({holds}, 0.0, math.nan)"]
    lines += [f"jacobian[k, {j}] = -root * {each}" for j, each in enumerate(of.found[3 : 3 + d])]
    functions = of.lines.functions | coefficients.functions
    text = fit_template.RESIDUALS.substitute(
        imports=imports_of(functions),
        point="; ".join(f"v{j} = point[{j}]" for j in range(d)),
        row="; ".join(f"{p} = numbers[1 + k * {columns} + {j}]" for j, p in coefficients.read()) or "pass",
        lines=indented(lines, 2),
    )
    return Source(text, platform_dependent=platform_of(functions))


def _value(objective: Objective) -> Sums:
    of = value_of(objective)
    f, *asked = of.found
    conditions = Formula(objective.family).conditions
    return Sums(
        objective, "value", "the value", of.lines.text, of.lines.functions, [f], holding(conditions, asked),
        of.coefficients,
    )  # fmt: skip


def _slopes(objective: Objective, cells: Sequence[tuple[int, int]]) -> Sums:
    """Gradient, lower triangle of the normal matrix, and the sum of ``|l'(m) m|``."""
    row, d = Row.of(objective), objective.dimensions
    asked = [row.formula.coefficients.taken_out(c.part) for c in row.formula.conditions]
    own = [*row.own_slopes.values(), *row.own_weights.values()]
    of = apart(row.formula, [row.slope, row.weight, row.model, *row.model_slopes, *own, *asked])
    slope, weight, m = of.found[:3]
    dm, rest = of.found[3 : 3 + d], of.found[3 + d :]
    own_slopes = dict(zip(row.own_slopes, rest, strict=False))
    own_weights = dict(zip(row.own_weights, rest[len(own_slopes) :], strict=False))
    lines = [f"slope = {slope}", f"weight = {weight}", CUT.format("weight")]
    lines += [f"own{j} = {each}" for j, each in own_weights.items()] + [CUT.format(f"own{j}") for j in own_weights]
    lines += [f"w{i} = weight * {each}" for i, each in enumerate(dm)]
    gradient = [f"slope * {dm[j]}" + (f" + {own_slopes[j]}" if j in own_slopes else "") for j in range(d)]
    normal = [f"w{i} * {dm[j]}" + (f" + own{i}" if i == j and i in own_weights else "") for i, j in cells]
    return Sums(
        objective, "slopes", "slopes", [*of.lines.text, *lines], of.lines.functions,
        [*gradient, *normal, f"abs(slope * {m})"], holding(row.formula.conditions, rest[len(own) :]), of.coefficients,
    )  # fmt: skip


def _bend(objective: Objective) -> Sums:
    """The sum of ``l''(m) dm`` times the second derivative of the model along ``u0, u1, ...``."""
    row, d = Row.of(objective), objective.dimensions
    point, along = (sympy.symbols(f"{letter}:{d}") for letter in "vu")
    bent = sympy.Add(*(
        derivative(slope, point[j]) * along[i] * along[j]
        for i, slope in enumerate(row.model_slopes) for j in range(d)
    ))  # fmt: skip
    of = apart(row.formula, [row.weight, bent, *row.model_slopes])
    weight, bent, *dm = of.found
    lines = [f"weight = {weight}", CUT.format("weight"), f"bent = weight * {bent}"]
    return Sums(
        objective, "bend", "the bend", [*of.lines.text, *lines], of.lines.functions, [f"bent * {each}" for each in dm],
        [], of.coefficients, numbered("u", d),
    )  # fmt: skip
