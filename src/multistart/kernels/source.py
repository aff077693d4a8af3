"""The text of a kernel: SymPy differentiates, :mod:`.formulas` writes lines, a template loops.

What keeps the loop vectorised, each point measured: functions return tuples (a list allocates); everything
called inside is ``forceinline`` (the inliner gives up after the second exponential); ``error_model="numpy"``
(a checked division is an early exit); coordinates stand in the rows of one array (several arrays need more
overlap checks than LLVM makes); stopping is a select, never a branch.

What makes it fast: a row is taken through several updates at once, in registers, and only then is asked whether
it was allowed to. The question is a cautious one, so it may say no to a row that need not stop; such a row is
put back and walked update by update under the exact stopping rule. So is a row whose arguments are so rare that
the functions for usual ones do not hold. So every update and every stop is that of the rule, whatever the
neighbours do, and the bits of a row do not depend on the block it stood in.

Proofs rest on this text: :mod:`multistart.reachability.rounding` analyses the ``gradient`` of :func:`write_parts`, each
operation of it, so descents must compute it by the same operations in the same order, bit for bit.

Also measured: short formulas take two rows side by side, since the updates of one are a chain, and four updates of
each: eight are no faster, and where a row stops in the middle, twice as many are walked again. Sums, minima and selects
go beside the products on ports of their own, comparisons do not, so margins are numbers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy

from multistart.functions.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition
from multistart.functions.objective import Objective
from multistart.kernels import vectormath
from multistart.kernels.coefficients import Coefficients
from multistart.kernels.formulas import Definitions, Lines, simplified
from multistart.kernels.sums import Summed
from multistart.kernels.template import DESCENT, EVALUATION, PARTS, VALUES
from multistart.kernels.updates import (
    block_update,
    count_of,
    free_update,
    hyperparameters,
    place,
    reach,
    rest_norm,
    rolls,
    single_update,
    update,
    words,
    work,
)
from multistart.methods.endings import ENDINGS
from multistart.methods.rule import Rule

BLOCK = 256  # rows; d + 1 arrays of 2 KiB stay in the first-level cache up to about d = 12
CHUNK = 16  # updates between two looks at which rows have stopped; LOOK of the rows
WORK = 160  # multiplications in one pass over rows, which is unrolled to reach it: up to four updates, of two rows
#: Up to so many multiplications of an update, and numbers of a row, two vectors of rows are taken at a time: chains of
#: functions overlap, and what is spilled costs less. Beyond (Adam, or Levy's function in 6 variables) it costs more.
CHAINS, HELD = 120, 6
_NAMES = re.compile(r"\b[A-Za-z_]\w*")
_NUMBER = re.compile(r"(?<![\w.])(?:(?<=[(=])-|(?<=[(=,] )-|)\d+\.\d+(?:e[-+]?\d+)?")
#: Whether a condition holds; nan never does.
HOLDS = {POSITIVE: "{} > 0.0", NONNEGATIVE: "{} >= 0.0", NONZERO: "abs({}) > 0.0"}
BUILT_IN = {"abs", "fma", "select", "smaller"}  # functions of a rule that every kernel has


@dataclass(frozen=True)
class Source:
    """The text of a kernel module.

    Attributes
    ----------
    text
        Python source.
    block
        Rows that are worked on together; any number gives the same bits.
    passes
        Passes over a block between two looks at it; any number gives the same bits.
    words
        Numbers in a row of the block that an update changes: coordinates, then the rule's state.
    unroll
        Updates in a pass.
    may_be_free
        Whether no point need be looked at where no rule but the number of steps stops a descent.
    autonomous
        Whether the rule is.
    platform_dependent
        Functions taken from the platform's libm, whose last bits differ from machine to machine; sorted.
    """

    text: str
    block: int = 0
    passes: int = 0
    words: int = 0
    unroll: int = 1
    may_be_free: bool = False
    autonomous: bool = False
    platform_dependent: tuple[str, ...] = ()


def write(objective: Objective, rule: Rule) -> Source:
    """Return the source of the descent of an objective under a rule.

    Coordinates are renamed v0, v1, ... and free parameters p0, p1, ..., so that the text, and with it the compiled
    code, is the same for the same formula in other letters, and for all numbers of those parameters. Where the gradient
    may be finite although the formula is not defined, as that of a logarithm is, the descent watches the conditions of
    its definition.
    """
    d = objective.dimensions
    if objective.fit is not None:
        return _write_fit(objective, rule)
    slope = slope_of(objective)
    plain = slope.exact.functions <= {"fma", "sqrt"}  # a function is a long chain of operations already
    load = slope.exact.work + work(rule, d)
    unroll = max(n for n in (1, 2, 4) if n == 1 or (plain and n * load <= WORK))
    lanes = 2 if plain and 2 * unroll * load <= WORK else 1
    chains = not plain and load <= CHAINS and len(words(rule, d)) <= HELD
    usual_text, numbers = (slope.usual_text, []) if plain else _with_numbers_loaded(slope.usual_text)
    given = [*hyperparameters(rule, d), *slope.coefficients.lines("hyper", count_of(rule, d))]
    functions = slope.exact.functions | slope.usual.functions | slope.coefficients.functions | (rule.calls - BUILT_IN)
    with_coefficients = "".join(f", {name}" for name in slope.coefficients.names)
    text = DESCENT.substitute(
        {
            "D": d,
            "WORDS": len(words(rule, d)),
            "UNROLL": unroll,
            "BALL": d + 3 if rule.region else d + 1,
            "coefficients": with_coefficients,
            "usual_box": "; ".join(_usual_box(slope.usual) or ["pass"]),
        },
        **_gradient_fields(d, len(slope.guards)),
        **_row_fields(rule, d),
        **_stopping_fields(rule, d, slope.guards),
        **_update_fields(rule, d, unroll, lanes, with_coefficients, slope, chains=chains),
        given="; ".join(given or ["pass"]),
        imports=_imports(functions),
        gradient=_lines([*slope.exact.text, f"return ({', '.join(slope.parts)},)"], 1),
        usual_gradient=_lines(usual_text, 1),
        numbers=", ".join(numbers),
        endings=f"{', '.join(name.upper() for name in ENDINGS)} = range({len(ENDINGS)})",
    )
    return Source(
        text, BLOCK, max(1, CHUNK // unroll), len(words(rule, d)), unroll, not slope.guards, rule.autonomous,
        tuple(sorted(of_the_platform(functions))),
    )  # fmt: skip


def _write_fit(objective: Objective, rule: Rule) -> Source:
    """Likewise, of a sum over rows of data."""
    d, slope = objective.dimensions, slope_of(objective)
    sums, functions = _summed(
        objective, slope.coefficients, slope.exact, slope.parts[:d], slope.guards, slope.parts[d:]
    )
    guards = [Condition(POSITIVE, sympy.Symbol("holds"))] if slope.guards else []
    slope = replace(slope, guards=guards, usual=Lines(usual=True))
    totals = _numbered("total", d)
    text = DESCENT.substitute(
        {
            "D": d,
            "WORDS": len(words(rule, d)),
            "UNROLL": 1,
            "BALL": d + 3 if rule.region else d + 1,
            "coefficients": ", data",
            "usual_box": "pass",
        },
        **_gradient_fields(d, len(guards)),
        **_row_fields(rule, d),
        **_stopping_fields(rule, d, guards),
        **_update_fields(rule, d, 1, 1, ", data", slope, chains=False),
        given="; ".join([*hyperparameters(rule, d), f"data = at(hyper, {count_of(rule, d)})"]),
        imports=_imports_of_fit(functions | (rule.calls - BUILT_IN), sums),
        gradient=_lines([*sums.text(), f"return ({', '.join([*totals, *['holds'] * len(guards)])},)"], 1),
        usual_gradient=_lines([*sums.text(), f"return {', '.join([*totals, 'holds', 'holds'])}"], 1),
        numbers="",
        endings=f"{', '.join(name.upper() for name in ENDINGS)} = range({len(ENDINGS)})",
    )
    return Source(
        text, BLOCK, CHUNK, len(words(rule, d)), 1, not guards, rule.autonomous,
        tuple(sorted(of_the_platform(functions))),
    )  # fmt: skip


def _summed(
    objective: Objective,
    coefficients: Coefficients,
    lines: Lines,
    parts: Sequence[str],
    conditions: Sequence[Condition],
    asked: Sequence[str],
) -> tuple[Summed, set[str]]:
    """Sums over rows of data, and the functions that they call."""
    assert objective.fit is not None
    given = [line for line in coefficients.lines("data") if "data[" not in line]
    holds = [HOLDS[c.kind].format(part) for c, part in zip(conditions, asked, strict=True)]
    mean = objective.fit.reduction == "mean"
    summed = Summed(len(objective.fit.columns), [*given, *lines.text], parts, holds, mean)
    return summed, lines.functions | coefficients.functions


def _imports_of_fit(functions: set[str], *sums: Summed) -> str:
    lines = ["from multistart.kernels.compiler import at, stack", _imports(functions), ""]
    names = ["held", *(f"held{k}" for k in range(1, len(sums)))]
    return "\n".join([*lines, *(f"{name} = stack({each.room})" for name, each in zip(names, sums, strict=True))])


def _evaluation_of_fit(objective: Objective) -> Source:
    d, whole = objective.dimensions, everything_of(objective)
    n = 1 + d + len(whole.pairs)
    sums, functions = _summed(
        objective, whole.coefficients, whole.lines, whole.values[:n], whole.conditions, whole.values[n:]
    )
    holds = [Condition(POSITIVE, sympy.Symbol("holds"))] if whole.conditions else []
    stores = _stores(d, whole.pairs, [*_numbered("total", n), *["holds"] * len(holds)], holds)
    text = EVALUATION.substitute(
        imports=_imports_of_fit(functions, sums),
        given="data = numbers",
        row="; ".join(f"v{j} = points[i, {j}]" for j in range(d)),
        everything=_lines([*sums.text(), *stores], 2),
    )
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


def _values_of_fit(objective: Objective) -> Source:
    d, formula = objective.dimensions, _Formula(objective.family)
    parts = [formula.coefficients.taken_out(part) for part in formula.parts(_second(formula.hessian))]
    lines = Lines()
    value, *others = lines.write(*simplified(parts))
    asked = others[len(others) - len(formula.conditions) :]
    lines.text = needed(lines.text, [value, *asked])
    sums, functions = _summed(objective, formula.coefficients, lines, [value], formula.conditions, asked)
    text = VALUES.substitute(
        imports=_imports_of_fit(functions, sums),
        given="data = at(numbers, 0)",
        v=", ".join([*_numbered("v", d), "data"]),
        load="; ".join(f"v{j} = {place(j)}" for j in range(d)),
        value=_lines([*sums.text(), "return total0 + select(holds > 0.0, 0.0, math.nan)"], 1),
        usual_value=_lines([*sums.text(), "return total0 + select(holds > 0.0, 0.0, math.nan), 1.0"], 1),
        numbers="",
    )
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


def _parts_of_fit(objective: Objective) -> Source:
    d, slope = objective.dimensions, slope_of(objective)
    of_value, of_hessian = _Formula(objective.family), _Formula(objective.family)
    value, hessian = Lines(), Lines()
    conditions = of_value.conditions
    asked_for = [of_value.value, *(c.part for c in conditions)]
    (f, *asked) = value.compute([of_value.coefficients.taken_out(part) for part in asked_for])
    cells = [(i, j) for i in range(d) for j in range(i + 1)]
    second = hessian.compute([of_hessian.coefficients.taken_out(of_hessian.hessian[i][j]) for i, j in cells])
    of, more = _summed(objective, of_value.coefficients, value, [f], conditions, asked)
    og, most = _summed(objective, slope.coefficients, slope.exact, slope.parts[:d], slope.guards, slope.parts[d:])
    oh, rest = _summed(objective, of_hessian.coefficients, hessian, second, [], [])
    holds = [Condition(POSITIVE, sympy.Symbol("holds"))]
    text = PARTS.substitute(
        imports=_imports_of_fit(more | most | rest, of, og, oh),
        point="data = at(numbers, 0); " + "; ".join(f"v{j} = point[{j}]" for j in range(d)),
        value=_lines([*of.text("held"), *_unless(holds, ["holds"], ["out[0] = total0"])], 1),
        gradient=_lines([*og.text("held1"), *_unless(holds, ["holds"], _numbers(_numbered("total", d)))], 1),
        hessian=_lines([*oh.text("held2"), *(f"out[{i * d + j}] = out[{j * d + i}] = total{k}"
                                             for k, (i, j) in enumerate(cells))], 1),
    )  # fmt: skip
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(more | most | rest))))


def write_evaluation(objective: Objective) -> Source:
    """Return the source of an objective's value, gradient and Hessian, which know of no rule."""
    if objective.fit is not None:
        return _evaluation_of_fit(objective)
    d, whole = objective.dimensions, everything_of(objective)
    given = whole.coefficients.lines("numbers")
    functions = whole.lines.functions | whole.coefficients.functions
    text = EVALUATION.substitute(
        imports=_imports(functions),
        given="; ".join(given or ["pass"]),
        row="; ".join(f"v{j} = points[i, {j}]" for j in range(d)),
        everything=_lines([*whole.lines.text, *_stores(d, whole.pairs, whole.values, whole.conditions)], 2),
    )
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


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
    formula = _Formula(objective.family)
    second, lines = _second(formula.hessian), Lines()
    values = lines.compute([formula.coefficients.taken_out(part) for part in formula.parts(second)])
    return Everything(lines, values, list(second), formula.conditions, formula.coefficients)


def write_values(objective: Objective) -> Source:
    """Return the source of an objective's values at a block of points side by side: those of an evaluation, to the bit.

    So the lines are those of an evaluation that a value needs, which shares subexpressions with what else there is.
    """
    if objective.fit is not None:
        return _values_of_fit(objective)
    d, formula = objective.dimensions, _Formula(objective.family)
    parts = [formula.coefficients.taken_out(part) for part in formula.parts(_second(formula.hessian))]
    reduced, exact, usual = simplified(parts), Lines(), Lines(usual=True)
    exact_text, usual_text = (_value_lines(lines, reduced, formula.conditions) for lines in (exact, usual))
    margins = [name for name in usual.margins if any(name in _NAMES.findall(line) for line in usual_text)]
    usual_text, numbers = _with_numbers_loaded([*usual_text, *_least("margin", margins), "return f, margin"])
    given = formula.coefficients.lines("numbers")
    functions = exact.functions | usual.functions | formula.coefficients.functions
    text = VALUES.substitute(
        imports=_imports(functions),
        given="; ".join(given or ["pass"]),
        v=", ".join([*_numbered("v", d), *formula.coefficients.names]),
        load="; ".join(f"v{j} = {place(j)}" for j in range(d)),
        value=_lines([*exact_text, "return f"], 1),
        usual_value=_lines(usual_text, 1),
        numbers=", ".join(numbers),
    )
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


def _value_lines(lines: Lines, reduced: tuple[Definitions, list[sympy.Expr]], conditions: list[Condition]) -> list[str]:
    """Lines that compute ``f``, the first of the parts; nan where a condition, whose parts are the last, fails."""
    value, *others = lines.write(*reduced)
    asked = others[len(others) - len(conditions) :]
    text = [*needed(lines.text, [value, *asked]), f"f = {value}"]
    holds = [f"({HOLDS[c.kind].format(part)})" for c, part in zip(conditions, asked, strict=True)]
    return [*text, f"f = f + select({' & '.join(holds)}, 0.0, math.nan)"] if holds else text


def needed(lines: Sequence[str], results: Sequence[str]) -> list[str]:
    """Those of lines of assignments that results need."""
    live, kept = set(_NAMES.findall(" ".join(results))), []
    for line in reversed(lines):
        assigned, _, computed = line.partition(" = ")
        if live & set(_NAMES.findall(assigned)):
            live |= set(_NAMES.findall(computed))
            kept.append(line)
    return kept[::-1]


def write_parts(objective: Objective) -> Source:
    """Return the source of an objective's value, gradient and Hessian, each by itself, for the searches.

    The gradient is that of :func:`write`, to the bit. All are nan where the function is not defined.
    """
    if objective.fit is not None:
        return _parts_of_fit(objective)
    d, slope = objective.dimensions, slope_of(objective)
    of_value, of_hessian = _Formula(objective.family), _Formula(objective.family)
    value, hessian = Lines(), Lines()
    conditions = of_value.conditions
    asked_for = [of_value.value, *(c.part for c in conditions)]
    (f, *asked) = value.compute([of_value.coefficients.taken_out(part) for part in asked_for])
    cells = [(i, j) for i in range(d) for j in range(i + 1)]
    second = hessian.compute([of_hessian.coefficients.taken_out(of_hessian.hessian[i][j]) for i, j in cells])
    given = [each.lines("numbers") for each in (of_value.coefficients, slope.coefficients, of_hessian.coefficients)]
    functions = value.functions | slope.exact.functions | hessian.functions
    functions |= of_value.coefficients.functions | slope.coefficients.functions | of_hessian.coefficients.functions
    text = PARTS.substitute(
        imports=_imports(functions),
        point="; ".join(f"v{j} = point[{j}]" for j in range(d)),
        value=_lines([*given[0], *value.text, *_unless(conditions, asked, [f"out[0] = {f}"])], 1),
        gradient=_lines([*given[1], *slope.exact.text,
                         *_unless(slope.guards, slope.parts[d:], _numbers(slope.parts[:d]))], 1),
        hessian=_lines([*given[2], *hessian.text, *(f"out[{i * d + j}] = out[{j * d + i}] = {x}"
                                                    for (i, j), x in zip(cells, second, strict=True))], 1),
    )  # fmt: skip
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


def _numbers(parts: Sequence[str]) -> list[str]:
    return [f"out[{j}] = {part}" for j, part in enumerate(parts)]


def _unless(conditions: Sequence[Condition], parts: Sequence[str], stores: list[str]) -> list[str]:
    """Lines that store numbers, nan where a condition fails."""
    if not conditions:
        return stores
    asked = " and ".join(HOLDS[c.kind].format(part) for c, part in zip(conditions, parts, strict=True))
    return [f"defined = 0.0 if {asked} else math.nan", *(f"{store} + defined" for store in stores)]


class _Formula:
    """A family of functions in the letters of a kernel, and the coefficients of what is asked of it."""

    def __init__(self, family: Objective) -> None:
        family = family.term if family.fit is not None else family
        self.coefficients = Coefficients(len(family.arguments))
        old, new = (*family.symbols, *family.open_symbols), sympy.symbols(f"v:{family.dimensions}")
        renamed = dict(zip(old, (*new, *self.coefficients.parameters), strict=True))
        self.value = family.expression.xreplace(renamed)
        self.gradient = [g.xreplace(renamed) for g in family.gradient_expressions]
        self.conditions = [Condition(c.kind, c.part.xreplace(renamed)) for c in family.conditions]
        self._family, self._renamed = family, renamed

    @property
    def hessian(self) -> list[list[sympy.Expr]]:
        """The second derivatives, which not all kernels have."""
        return [[h.xreplace(self._renamed) for h in row] for row in self._family.hessian_expressions]

    def parts(self, second: dict[tuple[int, int], sympy.Expr]) -> list[sympy.Expr]:
        """All that an evaluation computes, the value first and what its conditions ask for last."""
        return [self.value, *self.gradient, *second.values(), *(c.part for c in self.conditions)]


def _second(hessian: list[list[sympy.Expr]]) -> dict[tuple[int, int], sympy.Expr]:
    """The second derivatives that are not 0, by their places in the upper half."""
    d = len(hessian)
    return {(i, j): hessian[i][j] for i in range(d) for j in range(i, d) if hessian[i][j] != 0}


@dataclass(frozen=True)
class Slope:
    """The gradient in lines: exact ones, whose results are the parts, and ones for usual arguments with a margin."""

    guards: list[Condition]
    exact: Lines
    parts: list[str]
    usual: Lines
    usual_text: list[str]
    coefficients: Coefficients

    @property
    def wild(self) -> bool:
        """Whether an argument may be rare inside the arena and the box of usual arguments."""
        return bool(self.guards) or len(self.usual.slanted) < len(self.usual.margins)


def slope_of(objective: Objective) -> Slope:
    """The gradient of an objective, as descents compute it."""
    d, formula = objective.dimensions, _Formula(objective.family)
    guards = watched(formula.conditions, formula.gradient)  # as renamed: in other letters SymPy may cancel more
    coefficients = formula.coefficients
    guarded = [coefficients.taken_out(part) for part in (*formula.gradient, *(guard.part for guard in guards))]
    exact, usual, reduced = Lines(), Lines(usual=True), simplified(guarded)
    parts, usual_parts = exact.write(*reduced), usual.write(*reduced)
    holds = [HOLDS[guard.kind].format(x) for guard, x in zip(guards, usual_parts[d:], strict=True)]
    watching = [f"select({each}, 1.0, -1.0)" for each in holds]
    wild = [name for name in usual.margins if name not in usual.slanted] + watching
    usual_text = [*usual.text, *_least("margin", usual.margins + watching), *_least("wild", wild)]
    usual_text += [f"return {', '.join(usual_parts[:d])}, margin, wild"]
    return Slope(guards, exact, parts, usual, usual_text, coefficients)


def of_the_platform(functions: set[str]) -> set[str]:
    """Of functions that lines call, those of the platform, whose last bits differ from machine to machine."""
    return functions - vectormath.NAMES - {f"usual_{name}" for name in vectormath.USUAL} - {"fma"}


def _imports(functions: set[str]) -> str:
    foreign = sorted(of_the_platform(functions))
    own = sorted(functions - set(foreign) - {"fma"})
    lines = [f"from multistart.kernels.vectormath import {', '.join(own)}"] if own else []
    lines += [f"from math import {', '.join(foreign)}"] if foreign else []
    return "\n".join(lines)


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


def _stores(d: int, pairs: list[tuple[int, int]], values: list[str], conditions: Sequence[Condition]) -> list[str]:
    """Lines that store value, gradient and Hessian, all nan where the function is not defined."""
    parts = values[1 + d + len(pairs) :]
    asked = " and ".join(HOLDS[c.kind].format(part) for c, part in zip(conditions, parts, strict=True))
    lines = [f"defined = 0.0 if {asked} else math.nan"] if asked else []
    undefined = " + defined" if asked else ""
    lines += [f"value[i] = {values[0]}{undefined}"]
    lines += [f"gradient_[i, {j}] = {values[1 + j]}{undefined}" for j in range(d)]
    for (row, column), operand in zip(pairs, values[1 + d : 1 + d + len(pairs)], strict=True):
        lines.append(f"hessian[i, {row}, {column}] = {operand}{undefined}")
        if row != column:
            lines.append(f"hessian[i, {column}, {row}] = {operand}{undefined}")
    return lines


def _gradient_fields(d: int, guards: int) -> dict[str, str]:
    """The names of a point, of its gradient, and of what is watched beside it; the gradient's norm."""
    v, g, u = (_numbered(name, n) for name, n in (("v", d), ("g", d), ("u", guards)))
    return {
        "v": ", ".join(v),
        "g": ", ".join(g),
        "gu": ", ".join([*g, *u]) + "," * (d + guards == 1),
        "square": square_of(g),
        **dict(zip(("scale", "scaled"), scaled_of(g), strict=True)),
    }


def _row_fields(rule: Rule, d: int) -> dict[str, str]:
    """Lines that take a row's words from the block, and from where a single one is walked, and put them back."""
    names = words(rule, d)
    return {
        "load": "; ".join(f"{name} = {place(k)}" for k, name in enumerate(names)),
        "load_point": "; ".join(f"{name} = point[{k}]" for k, name in enumerate(names)),
        "store_point": "; ".join(f"point[{k}] = {name}" for k, name in enumerate(names)),
        "store_next": "; ".join(f"result[{k + 3}] = {name}" for k, name in enumerate(names)),
    }


def _stopping_fields(rule: Rule, d: int, guards: Sequence[Condition]) -> dict[str, str]:
    """What is asked of a point: whether it is finite, in the arena, in a ball, where the function is defined."""
    asked = [HOLDS[guard.kind].format(f"u{k}") for k, guard in enumerate(guards)]
    return {
        "bounds": "; ".join(f"low{j} = low[{j}]; high{j} = high[{j}]" for j in range(d)),
        "faces": "; ".join(
            f"low{j} = larger(low[{j}], -LARGEST); high{j} = smaller(high[{j}], LARGEST)" for j in range(d)
        ),
        "box": "; ".join(f"center{j} = center[{j}]; half{j} = half[{j}]" for j in range(d)),
        "finite": " and ".join(f"abs(v{j}) < np.inf" for j in range(d)),
        "inside": " and ".join(f"low{j} <= v{j} <= high{j}" for j in range(d)),
        "steep": " and ".join(f"abs(g{j}) < np.inf" for j in range(d)),
        "guarded": "".join(f" and {each}" for each in asked),
        "arrived": "VISITED" if rule.rest == "never" else "CONVERGED",
        "rest_norm": _lines(rest_norm(rule, d), 2),
        "rolls": rolls(rule, d),
        "looks": f" and taken == {CHUNK}.0 * math.floor(taken / {CHUNK}.0)" if rule.region else "",
    }


def _usual_box(usual: Lines) -> list[str]:
    """Lines that make the arena so small that arguments which are straight lines in a coordinate are usual in it.

    Then their margins need not be asked for at every point.
    """
    lines = []
    for name, slope, coordinate, offset in sorted(set(usual.slanted.values())):
        j, limit = coordinate[1:], f"{1 - 1e-9} * {vectormath.USUAL_TO[name]}"
        far = f"({limit} - abs({offset})) / abs({slope})"
        lines.append(f"half{j} = smaller(half{j}, {far} - abs(center{j}))")
    return lines


def _update_fields(
    rule: Rule, d: int, unroll: int, lanes: int, coefficients: str, slope: Slope, *, chains: bool
) -> dict[str, str]:
    """The rule's update: of a block under the stopping rule, of a block without one, and of a single row."""
    square, in_block = square_of(_numbered("g", d)), square_of(_numbered("g", d, "@"))
    conditional = bool(slope.usual.margins)
    return {
        "reach": reach(rule, d),
        "rows": "m" if lanes == 1 else "(m + 1) // 2",
        "interleaved": "interleaved()" if chains else "pass",
        "advance": _lines(block_update(rule, d, unroll, lanes, in_block, coefficients, wild=slope.wild), 3),
        "advance_freely": _lines(free_update(rule, d, square, coefficients, conditional=conditional), 3),
        "advance_singly": _lines(single_update(rule, d, square, coefficients), 3),
        "update": _lines(update(rule, d, taken="taken", norm="slope" if rule.bounds else "norm"), 2),
    }


def _numbered(name: str, n: int, lane: str = "") -> list[str]:
    return [f"{name}{j}{lane}" for j in range(n)]


def _lines(lines: Sequence[str], depth: int) -> str:
    return ("\n" + "    " * depth).join(lines)


def _with_numbers_loaded(lines: list[str]) -> tuple[list[str], list[str]]:
    """Lines with names n0, n1, ... in place of the numbers, after a line that loads them; and the numbers."""
    text = "\n".join(lines)
    numbers = sorted(set(_NUMBER.findall(text)))
    if not numbers:
        return lines, []
    names = {number: f"n{i}" for i, number in enumerate(numbers)}
    lines = _NUMBER.sub(lambda match: names[match.group()], text).splitlines()
    return [f"({', '.join(names.values())},) = numbers()", *lines], numbers


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


def _least(name: str, margins: list[str]) -> list[str]:
    """The least of the margins, any positive number where there are none."""
    first, *others = margins or ["1.0"]
    return [f"{name} = {first}", *(f"{name} = smaller({x}, {name})" for x in others)]
