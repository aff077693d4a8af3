"""The text of a kernel of a fit: the lines of a row's term, in loops over rows of data that :mod:`.fit_template` has.

The text, and with it the time to compile it, is the same for any number of rows, which are an argument. It gives the
functions that kernels of formulas have, under the same signatures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from multistart.functions.fit import BLOCK as ROWS_OF_A_BLOCK
from multistart.functions.objective import Objective
from multistart.kernels import fit_template
from multistart.kernels.coefficients import Coefficients
from multistart.kernels.derivatives import (
    Formula,
    everything_of,
    hessian_of,
    holding,
    least,
    of_the_platform,
    slope_of,
    value_of,
    values_of,
)
from multistart.kernels.fields import (
    BUILT_IN,
    Source,
    gradient_fields,
    imports_of,
    indented,
    numbered,
    row_fields,
    stopping_fields,
    update_fields,
    with_numbers_loaded,
)
from multistart.kernels.formulas import Lines
from multistart.kernels.updates import count_of, hyperparameters, place, words
from multistart.methods.endings import ENDINGS
from multistart.methods.rule import Rule

BLOCK = 256  # points
TILE, SMALLEST, HELD = 128, 16, 512  # points whose sums are held at a time; fewer where there are more sums than that
ROWS, WORK = 4, 400  # rows of data in a pass over points, fewer where they take more multiplications than so many


@dataclass(frozen=True)
class Sums:
    """What is computed exactly of a row of data and summed, and what must hold in every row, as Python has it.

    ``besides`` are names of numbers that it takes besides the point.
    """

    objective: Objective
    name: str
    title: str
    lines: Sequence[str]
    functions: set[str]
    parts: Sequence[str]
    asked: Sequence[str]
    coefficients: Coefficients
    besides: Sequence[str] = ()

    @property
    def given(self) -> str:
        """What its function takes before the rows."""
        return ", ".join([*numbered("v", self.objective.dimensions), *self.besides])

    @property
    def called(self) -> set[str]:
        """The functions that the text calls, for the point and for what columns alone make."""
        self.coefficients.computed()
        return self.functions | self.coefficients.functions

    def text(self) -> str:
        """The text of the function ``sum_of_<name>``."""
        n = len(self.parts)
        keep = [f"{_of_block('terms', j)} = {part}" for j, part in enumerate(self.parts)]
        holds = " & ".join(f"({each})" for each in self.asked)
        keep += [f"{_of_block('terms', n)} = select({holds}, 1.0, -1.0)"] * bool(holds)
        return Template(fit_template.AT_POINT).substitute(
            common_fields(self.objective) | {"v": self.given},
            name=self.name,
            title=self.title,
            PARTS=n,
            row=_row(self.coefficients),
            lines=indented([*self.coefficients.computed(), *self.lines] or ["pass"], 3),
            keep=indented(keep, 3),
            watch=f"defined = least_of(at(terms, {n} * BLOCK), count, defined)" if holds else "pass",
        )


@dataclass(frozen=True)
class UsualSums:
    """What is computed of a row for usual arguments and summed, and the margins of those, none where all are usual."""

    objective: Objective
    name: str
    title: str
    lines: Lines
    parts: Sequence[str]
    watching: Sequence[str]
    coefficients: Coefficients

    @property
    def margins(self) -> list[str]:
        """What must not be negative."""
        return [*self.lines.margins, *self.watching]

    def text(self) -> tuple[str, list[str]]:
        """The text of the function ``sums_of_<name>``, and the numbers that it takes from ``numbers``."""
        d, names = self.objective.dimensions, self.coefficients.names
        rows = max(1, min(ROWS, WORK // max(1, self.lines.work)))
        places = {name: _of_lanes("points", j) for j, name in enumerate(numbered("v", d))}
        totals = {name: _of_lanes("totals", j) for j, name in enumerate(numbered("total", len(self.parts)))}
        totals |= {"margin": "margins[i]"} if self.margins else {}
        give = [f"{_of_block('given', j)} = {name}" for j, name in enumerate(names)]
        term = least("margin", self.margins) if self.margins else []
        term += [f"return ({', '.join([*self.parts, *['margin'] * bool(self.margins)])},)"]
        usual, numbers = with_numbers_loaded([*self.lines.text, *term])
        text = Template(fit_template.AT_POINTS).substitute(
            common_fields(self.objective),
            name=self.name,
            title=self.title,
            PARTS=len(self.parts),
            GIVEN=max(1, len(names)),
            ROWS=rows,
            v=", ".join([*places, *names]),
            usual=indented(usual, 1),
            row=_row(self.coefficients),
            give=indented([*self.coefficients.computed(), *give] or ["pass"], 3),
            load="; ".join(f"{name} = {slot}" for name, slot in (places | totals).items()),
            store="; ".join(f"{slot} = {name}" for name, slot in totals.items()),
            take_several=indented(self._taken(rows) or ["pass"], 3),
            take_one=indented(self._taken(1) or ["pass"], 3),
            add_several=indented(self._added(rows), 4),
            add_one=indented(self._added(1), 4),
        )
        return text, numbers

    def _taken(self, rows: int) -> list[str]:
        names = self.coefficients.names
        loads = [f"{name}_{r} = row[{j * ROWS_OF_A_BLOCK + r}]" for r in range(rows) for j, name in enumerate(names)]
        return ["row = at(given, k)", *loads] if names else []

    def _added(self, rows: int) -> list[str]:
        """Lines that add the terms of some rows, one after the other."""
        v, terms = numbered("v", self.objective.dimensions), numbered("term", len(self.parts))
        found = ", ".join([*terms, *["room"] * bool(self.margins)])
        lines = []
        for r in range(rows):
            given = ", ".join([*v, *(f"{name}_{r}" for name in self.coefficients.names)])
            lines += [f"({found},) = usual_term({given})"]
            lines += [f"total{j} = total{j} + {term}" for j, term in enumerate(terms)]
            lines += ["margin = smaller(room, margin)"] * bool(self.margins)
        return lines


def write(objective: Objective, rule: Rule, chunk: int) -> Source:
    """Return the source of the descent of a fit under a rule, in so many updates between two looks."""
    d, slope = objective.dimensions, slope_of(objective)
    alone = _gradient(objective)
    watching = [f"select({each}, 1.0, -1.0)" for each in holding(slope.guards, slope.usual_parts[d:])]
    usual = UsualSums(
        objective, "gradient", "the gradient", slope.usual, slope.usual_parts[:d], watching, slope.coefficients
    )
    together, numbers = usual.text()
    functions = alone.called | slope.usual.functions
    guards = ["holds"] * bool(slope.guards)
    text = fit_template.DESCENT.substitute(
        {
            "D": d,
            "WORDS": len(words(rule, d)),
            "UNROLL": 1,
            "BALL": d + 3 if rule.region else d + 1,
            "TILE": _tile(d),
            "coefficients": ", data",
        },
        **gradient_fields(d, len(guards)),
        **row_fields(rule, d),
        **stopping_fields(rule, d, ["u0 > 0.0"] * len(guards), chunk),
        **update_fields(
            rule,
            d,
            1,
            1,
            ", sums, lanes, i",
            conditional=bool(usual.margins),
            wild=bool(usual.margins),
            chains=False,
            depth=4,
        ),
        given="; ".join([*hyperparameters(rule, d), f"data = at(hyper, {count_of(rule, d)})"]),
        imports=imports_of_fit(functions | (rule.calls - BUILT_IN)),
        sums_over_rows=alone.text() + together,
        sums=", ".join([f"sums[{j}]" for j in range(d)] + ["defined"] * len(guards)),
        sums_of_lane=", ".join([_of_lanes("sums", j) for j in range(d)]),
        numbers=", ".join(numbers),
        endings=f"{', '.join(name.upper() for name in ENDINGS)} = range({len(ENDINGS)})",
    )
    return Source(
        text, BLOCK, chunk, len(words(rule, d)), 1, not guards, rule.autonomous, platform_of(functions)
    )  # fmt: skip


def write_evaluation(objective: Objective) -> Source:
    """Return the source of a fit's value, gradient and Hessian."""
    d, whole = objective.dimensions, everything_of(objective)
    n = 1 + d + len(whole.pairs)
    asked = holding(whole.conditions, whole.values[n:])
    sums = Sums(
        objective, "all", "value and derivatives", whole.lines.text, whole.lines.functions, whole.values[:n], asked,
        whole.coefficients,
    )  # fmt: skip
    places = ["value[i]", *(f"gradient_[i, {j}]" for j in range(d))]
    places += [" = ".join(sorted({f"hessian[i, {j}, {k}]", f"hessian[i, {k}, {j}]"})) for j, k in whole.pairs]
    undefined = " + select(defined > 0.0, 0.0, math.nan)" if asked else ""
    text = fit_template.EVALUATION.substitute(
        imports=imports_of_fit(sums.called),
        sums_over_rows=sums.text(),
        PARTS=n,
        point="; ".join(f"v{j} = points[i, {j}]" for j in range(d)),
        v=", ".join(numbered("v", d)),
        stores=indented([f"{each} = sums[{k}]{undefined}" for k, each in enumerate(places)], 2),
    )
    return Source(text, platform_dependent=platform_of(sums.called))


def write_values(objective: Objective) -> Source:
    """Return the source of a fit's values at a block of points."""
    d, of = objective.dimensions, values_of(objective)
    f, *asked = of.found
    usual_f, *usual_asked = of.usual_found
    alone = Sums(
        objective, "value", "the value", of.exact.text, of.exact.functions, [f], holding(of.conditions, asked),
        of.coefficients,
    )  # fmt: skip
    watching = [f"select({each}, 1.0, -1.0)" for each in holding(of.conditions, usual_asked)]
    together, numbers = UsualSums(
        objective, "value", "the value", of.usual, [usual_f], watching, of.coefficients
    ).text()
    functions = alone.called | of.usual.functions
    text = fit_template.VALUES.substitute(
        imports=imports_of_fit(functions),
        numbers=", ".join(numbers),
        TILE=_tile(d),
        sums_over_rows=alone.text() + together,
        v=", ".join(numbered("v", d)),
        load="; ".join(f"v{j} = {place(j)}" for j in range(d)),
    )
    return Source(text, platform_dependent=platform_of(functions))


def write_parts(objective: Objective) -> Source:
    """Return the source of a fit's value, gradient and Hessian, each by itself, for the searches.

    The gradient is that of :func:`write`, to the bit. Value and gradient are nan where the function is not defined.
    """
    d = objective.dimensions
    cells = [(i, j) for i in range(d) for j in range(i + 1)]
    put = [f"out[{i * d + j}] = out[{j * d + i}] = sums[{k}]" for k, (i, j) in enumerate(cells)]
    of_value, of_hessian = value_of(objective), hessian_of(objective)
    f, *asked = of_value.found
    sums = [
        Sums(objective, "value", "the value", of_value.lines.text, of_value.lines.functions, [f],
             holding(Formula(objective.family).conditions, asked), of_value.coefficients),
        _gradient(objective),
        Sums(objective, "hessian", "the Hessian", of_hessian.lines.text, of_hessian.lines.functions,
             of_hessian.found, [], of_hessian.coefficients),
    ]  # fmt: skip
    functions = set().union(*(each.called for each in sums))
    text = fit_template.PARTS.substitute(
        imports=imports_of_fit(functions),
        sums_over_rows="".join(each.text() for each in sums),
        D=d,
        CELLS=len(cells),
        point="; ".join(f"v{j} = point[{j}]" for j in range(d)),
        v=", ".join(numbered("v", d)),
        put=indented(put, 1),
    )
    return Source(text, platform_dependent=platform_of(functions))


def _gradient(objective: Objective) -> Sums:
    d, slope = objective.dimensions, slope_of(objective)
    asked = holding(slope.guards, slope.parts[d:])
    return Sums(
        objective, "gradient", "the gradient", slope.exact.text, slope.exact.functions, slope.parts[:d], asked,
        slope.coefficients,
    )  # fmt: skip


def common_fields(objective: Objective) -> dict[str, Any]:
    """Fields of all sums."""
    assert objective.fit is not None
    mean = objective.fit.reduction == "mean"
    return {
        "D": objective.dimensions,
        "COLUMNS": len(objective.fit.columns),
        "MEAN": mean,
        "write": f"write{'_means' * mean}(held, size, n, {'' if mean else 'False, '}sums)",
        "v": ", ".join(numbered("v", objective.dimensions)),
    }


def _row(coefficients: Coefficients) -> str:
    """Lines that take what is needed of the k-th row of a block."""
    return "; ".join(f"{p} = {_of_block('columns', j)}" for j, p in coefficients.read()) or "pass"


def _of_block(array: str, j: int) -> str:
    """Where the j-th number of the k-th row of a block stands."""
    return f"{array}[{j * ROWS_OF_A_BLOCK} + k]" if j else f"{array}[k]"


def _of_lanes(array: str, j: int) -> str:
    """Where the j-th number of the i-th point stands."""
    return f"{array}[{j} * lanes + i]" if j else f"{array}[i]"


def _tile(d: int) -> int:
    tile = TILE
    while tile > SMALLEST and tile * d > HELD:
        tile //= 2
    return tile


def imports_of_fit(functions: set[str]) -> str:
    """Lines that import the sums, and functions."""
    return fit_template.IMPORTS + imports_of(functions) + "\n"


def platform_of(functions: set[str]) -> tuple[str, ...]:
    """Of functions those of the platform, sorted."""
    return tuple(sorted(of_the_platform(functions)))
