"""What is derived from a formula, in lines: value, gradient and Hessian, and where they are defined.

In terms of a point v0, v1, ... and of coefficients; :mod:`.source` puts the lines into kernels, :mod:`.javascript` into
scripts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from multistart.functions.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition
from multistart.functions.objective import Objective
from multistart.kernels import vectormath
from multistart.kernels.boxes import UsualBox, box_of
from multistart.kernels.coefficients import Coefficients
from multistart.kernels.formulas import Definitions, Lines, simplified

#: Whether a condition holds; nan never does.
HOLDS = {POSITIVE: "{} > 0.0", NONNEGATIVE: "{} >= 0.0", NONZERO: "abs({}) > 0.0"}
BOXED = "boxed_exp"
_NAMES = re.compile(r"\b[A-Za-z_]\w*")


class Formula:
    """A family of functions in the letters of a kernel, and the coefficients of what is asked of it.

    Of a fit the term of a row of data, whose numbers are the parameters.
    """

    def __init__(self, family: Objective) -> None:
        family = family if family.fit is None else family.term
        self.coefficients = Coefficients(len(family.arguments))
        old, new = (*family.symbols, *family.open_symbols), sympy.symbols(f"v:{family.dimensions}")
        renamed = dict(zip(old, (*new, *self.coefficients.parameters), strict=True))
        self.value = family.expression.xreplace(renamed)
        self.gradient = [g.xreplace(renamed) for g in family.gradient_expressions]
        self.conditions = [Condition(c.kind, c.part.xreplace(renamed)) for c in family.conditions]
        self._family, self._renamed = family, renamed

    def in_letters(self, expression: sympy.Expr) -> sympy.Expr:
        """An expression in the letters of the family in those of the kernel."""
        return expression.xreplace(self._renamed)

    @property
    def hessian(self) -> list[list[sympy.Expr]]:
        """The second derivatives, which not all kernels have."""
        return [[h.xreplace(self._renamed) for h in row] for row in self._family.hessian_expressions]

    def parts(self, second: dict[tuple[int, int], sympy.Expr]) -> list[sympy.Expr]:
        """All that an evaluation computes, the value first and what its conditions ask for last."""
        return [self.value, *self.gradient, *second.values(), *(c.part for c in self.conditions)]


def second_derivatives(hessian: list[list[sympy.Expr]]) -> dict[tuple[int, int], sympy.Expr]:
    """The second derivatives that are not 0, by their places in the upper half."""
    d = len(hessian)
    return {(i, j): hessian[i][j] for i in range(d) for j in range(i, d) if hessian[i][j] != 0}


@dataclass(frozen=True)
class Everything:
    """Value, gradient, Hessian and conditions in lines: ``values`` are what stands for them, in this order.

    Attributes
    ----------
    pairs
        Row and column of the second derivatives that are not 0, of the upper triangle.
    """

    lines: Lines
    values: list[str]
    pairs: list[tuple[int, int]]
    conditions: Sequence[Condition]
    coefficients: Coefficients


def everything_of(objective: Objective) -> Everything:
    """All of an objective that is computed at once at a point, in terms of v0, v1, ... and its coefficients."""
    formula = Formula(objective.family)
    second, lines = second_derivatives(formula.hessian), Lines()
    values = lines.compute([formula.coefficients.taken_out(part) for part in formula.parts(second)])
    return Everything(lines, values, list(second), formula.conditions, formula.coefficients)


@dataclass(frozen=True)
class Values:
    """The value in the lines of an evaluation that it needs: exact ones, and ones for usual arguments with margins.

    Attributes
    ----------
    found
        What stands for the value, and then for what the conditions ask for.
    """

    conditions: list[Condition]
    exact: Lines
    found: list[str]
    usual: Lines
    usual_found: list[str]
    coefficients: Coefficients


def values_of(objective: Objective) -> Values:
    """The value of an objective as an evaluation computes it, which shares subexpressions with what else there is."""
    formula = Formula(objective.family)
    parts = [formula.coefficients.taken_out(part) for part in formula.parts(second_derivatives(formula.hessian))]
    reduced, exact, usual = simplified(parts), Lines(), Lines(usual=True)
    found = [_value_alone(lines, reduced, len(formula.conditions)) for lines in (exact, usual)]
    return Values(formula.conditions, exact, found[0], usual, found[1], formula.coefficients)


def _value_alone(lines: Lines, reduced: tuple[Definitions, list[sympy.Expr]], conditions: int) -> list[str]:
    """Write what the first of the parts and the last, its conditions, need of all lines: what stands for those."""
    value, *others = lines.write(*reduced)
    found = [value, *others[len(others) - conditions :]]
    lines.text = needed(lines.text, found)
    lines.margins = [name for name in lines.margins if any(name in _NAMES.findall(line) for line in lines.text)]
    return found


@dataclass(frozen=True)
class Apart:
    """An expression or several in lines of their own."""

    lines: Lines
    found: list[str]
    coefficients: Coefficients


def value_of(objective: Objective) -> Apart:
    """The value of an objective and what its conditions ask for, without derivatives."""
    formula = Formula(objective.family)
    return apart(formula, [formula.value, *(c.part for c in formula.conditions)])


def hessian_of(objective: Objective) -> Apart:
    """The second derivatives of an objective, those of the lower triangle row by row."""
    formula = Formula(objective.family)
    hessian = formula.hessian
    return apart(formula, [hessian[i][j] for i in range(len(hessian)) for j in range(i + 1)])


def apart(formula: Formula, parts: Sequence[sympy.Expr]) -> Apart:
    """Expressions in the letters of a formula in lines of their own."""
    lines = Lines()
    found = lines.compute([formula.coefficients.taken_out(part) for part in parts])
    return Apart(lines, found, formula.coefficients)


def holding(conditions: Sequence[Condition], parts: Sequence[str]) -> list[str]:
    """That conditions hold of parts, in Python."""
    return [HOLDS[c.kind].format(part) for c, part in zip(conditions, parts, strict=True)]


def needed(lines: Sequence[str], results: Sequence[str]) -> list[str]:
    """Those of lines of assignments that results need."""
    live, kept = set(_NAMES.findall(" ".join(results))), []
    for line in reversed(lines):
        assigned, _, computed = line.partition(" = ")
        if live & set(_NAMES.findall(assigned)):
            live |= set(_NAMES.findall(computed))
            kept.append(line)
    return kept[::-1]


@dataclass(frozen=True)
class Slope:
    """The gradient in lines: exact ones, whose results are the parts, and ones for usual arguments with a margin.

    Attributes
    ----------
    box
        Where exponentials need not be asked; the lines for usual arguments ask ``boxed`` whether a point is there.
    """

    guards: list[Condition]
    exact: Lines
    parts: list[str]
    usual: Lines
    usual_parts: list[str]
    usual_text: list[str]
    coefficients: Coefficients
    box: UsualBox

    @property
    def wild(self) -> bool:
        """Whether an argument may be rare inside the arena and the box of usual arguments."""
        return bool(self.guards) or len(self.usual.slanted) + len(self.box.margins) < len(self.usual.margins)


def slope_of(objective: Objective) -> Slope:
    """The gradient of an objective, as descents compute it."""
    d, formula = objective.dimensions, Formula(objective.family)
    guards = watched(formula.conditions, formula.gradient)  # as renamed: in other letters SymPy may cancel more
    coefficients = formula.coefficients
    guarded = [coefficients.taken_out(part) for part in (*formula.gradient, *(guard.part for guard in guards))]
    exact, usual, reduced = Lines(), Lines(usual=True), simplified(guarded)
    parts, usual_parts = exact.write(*reduced), usual.write(*reduced)
    watching = [f"select({each}, 1.0, -1.0)" for each in holding(guards, usual_parts[d:])]
    box = box_of(usual.exponents, usual.definitions)
    usual.functions |= {BOXED} if box.margins else set()
    wild = [name for name in usual.margins if name not in {*usual.slanted, *box.margins}] + watching
    usual_text = [_boxed(line) if box.margins & set(_NAMES.findall(line)) else line for line in usual.text]
    usual_text = [*usual_text, *least("margin", usual.margins + watching), *least("wild", wild)]
    usual_text += [f"return {', '.join(usual_parts[:d])}, margin, wild"]
    return Slope(guards, exact, parts, usual, usual_parts, usual_text, coefficients, box)


def _boxed(line: str) -> str:
    """The line of an exponential that is told whether its argument is known to be usual."""
    return re.sub(r"usual_exp\((.*)\)", rf"{BOXED}(\1, boxed)", line)


def watched(conditions: Sequence[Condition], gradient: Sequence[sympy.Expr]) -> list[Condition]:
    """The conditions that a gradient does not show by being nan where they fail.

    A root or a logarithm of a negative number is nan, and so is all that is made of it; at 0 both are numbers, or
    infinite, of which a quotient makes a number again. The cosine of no double is 0, the sine of 0 is.
    """
    shown = {power.base for g in gradient for power in g.atoms(sympy.Pow) if power.exp.is_Rational and power.exp.q > 1}
    spelled = [sympy.expand(base) for base in shown]  # spelled in two ways, they may cancel: asin(1 - x) + acos(1 - x)
    shown = {base for base in shown if spelled.count(sympy.expand(base)) == 1}
    shown |= {log.args[0] for g in gradient for log in g.atoms(sympy.log)}
    return [
        c
        for c in conditions
        if not (c.kind == NONNEGATIVE and c.part in shown) and not (c.kind == NONZERO and isinstance(c.part, sympy.cos))
    ]


def of_the_platform(functions: set[str]) -> set[str]:
    """Of functions that lines call, those of the platform, whose last bits differ from machine to machine."""
    usual = {f"usual_{name}" for name in vectormath.USUAL}
    return functions - vectormath.NAMES - vectormath.PIECEWISE - usual - {BOXED, "fma"}


def square_of(g: list[str]) -> str:
    """The squared norm of a gradient, in the same operations wherever it is asked for."""
    square = f"{g[0]} * {g[0]}"
    for x in g[1:]:
        square = f"fma({x}, {x}, {square})" if len(g) <= 16 else f"{square} + {x} * {x}"
    return square


def scaled_of(g: list[str]) -> tuple[str, str]:
    """The largest component of a gradient, and the squared norm of the gradient in terms of it, called scale."""
    largest = functools.reduce(lambda most, x: f"larger(abs({x}), {most})", g, "0.0")
    return largest, " + ".join(f"({x} / scale) * ({x} / scale)" for x in g)


def least(name: str, margins: list[str]) -> list[str]:
    """The least of the margins, any positive number where there are none."""
    first, *others = margins or ["1.0"]
    return [f"{name} = {first}", *(f"{name} = smaller({x}, {name})" for x in others)]
