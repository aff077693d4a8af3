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
go beside the products on ports of their own, comparisons do not, so margins are numbers. Other sizes of a block or of a
chunk are no faster, and a block that is no multiple of two vectors is slower: its last rows go one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

from multistart.functions.conditions import Condition
from multistart.functions.objective import Objective
from multistart.kernels import fit_source, vectormath
from multistart.kernels.derivatives import (
    Formula,
    Slope,
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
from multistart.kernels.template import DESCENT, EVALUATION, PARTS, VALUES
from multistart.kernels.updates import count_of, hyperparameters, place, words, work
from multistart.methods.endings import ENDINGS
from multistart.methods.rule import Rule

BLOCK = 256  # rows; d + 1 arrays of 2 KiB stay in the first-level cache up to about d = 12
CHUNK = 16  # updates between two looks at which rows have stopped; LOOK of the rows
WORK = 160  # multiplications in one pass over rows, which is unrolled to reach it: up to four updates, of two rows
#: Up to so many multiplications of an update, and numbers of a row, two vectors of rows are taken at a time: chains of
#: functions overlap, and what is spilled costs less. Beyond (Adam, or Levy's function in 6 variables) it costs more,
#: and on some processors where an update divides by roots, see :mod:`.compiler`.
CHAINS, HELD = 120, 6


def write(objective: Objective, rule: Rule) -> Source:
    """Return the source of the descent of an objective under a rule.

    Coordinates are renamed v0, v1, ... and free parameters p0, p1, ..., so that the text, and with it the compiled
    code, is the same for the same formula in other letters, and for all numbers of those parameters. Where the gradient
    may be finite although the formula is not defined, as that of a logarithm is, the descent watches the conditions of
    its definition.
    """
    if objective.fit is not None:
        return fit_source.write(objective, rule, CHUNK)
    d = objective.dimensions
    slope = slope_of(objective)
    plain = slope.exact.functions <= {"fma", "sqrt"}  # a function is a long chain of operations already
    load = slope.exact.work + work(rule, d)
    unroll = max(n for n in (1, 2, 4) if n == 1 or (plain and n * load <= WORK))
    lanes = 2 if plain and 2 * unroll * load <= WORK else 1
    chains = not plain and load <= CHAINS and len(words(rule, d)) <= HELD
    usual_text, numbers = (slope.usual_text, []) if plain else with_numbers_loaded(slope.usual_text)
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
            "usual_box": "; ".join(_usual_box(slope) or ["pass"]),
            "boxed": ", boxed" if slope.box.margins else "",
        },
        **gradient_fields(d, len(slope.guards)),
        **row_fields(rule, d),
        **stopping_fields(rule, d, holding(slope.guards, numbered("u", len(slope.guards))), CHUNK),
        **update_fields(
            rule,
            d,
            unroll,
            lanes,
            with_coefficients,
            chains=chains,
            conditional=bool(slope.usual.margins),
            wild=slope.wild,
            boxed=bool(slope.box.margins),
        ),
        given="; ".join(given or ["pass"]),
        imports=imports_of(functions),
        gradient=indented([*slope.exact.text, f"return ({', '.join(slope.parts)},)"], 1),
        usual_gradient=indented(usual_text, 1),
        numbers=", ".join(numbers),
        endings=f"{', '.join(name.upper() for name in ENDINGS)} = range({len(ENDINGS)})",
    )
    return Source(
        text, BLOCK, max(1, CHUNK // unroll), len(words(rule, d)), unroll, not slope.guards, rule.autonomous,
        tuple(sorted(of_the_platform(functions))),
    )  # fmt: skip


def write_evaluation(objective: Objective) -> Source:
    """Return the source of an objective's value, gradient and Hessian, which know of no rule."""
    if objective.fit is not None:
        return fit_source.write_evaluation(objective)
    d, whole = objective.dimensions, everything_of(objective)
    given = whole.coefficients.lines("numbers")
    functions = whole.lines.functions | whole.coefficients.functions
    text = EVALUATION.substitute(
        imports=imports_of(functions),
        given="; ".join(given or ["pass"]),
        row="; ".join(f"v{j} = points[i, {j}]" for j in range(d)),
        everything=indented([*whole.lines.text, *_stores(d, whole.pairs, whole.values, whole.conditions)], 2),
    )
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


def write_values(objective: Objective) -> Source:
    """Return the source of an objective's values at a block of points side by side: those of an evaluation, to the bit.

    So the lines are those of an evaluation that a value needs, which shares subexpressions with what else there is.
    """
    if objective.fit is not None:
        return fit_source.write_values(objective)
    d, of = objective.dimensions, values_of(objective)
    exact_text = _value_lines(of.exact.text, of.conditions, of.found)
    usual_text = _value_lines(of.usual.text, of.conditions, of.usual_found)
    usual_text, numbers = with_numbers_loaded([*usual_text, *least("margin", of.usual.margins), "return f, margin"])
    given = of.coefficients.lines("numbers")
    functions = of.exact.functions | of.usual.functions | of.coefficients.functions
    text = VALUES.substitute(
        imports=imports_of(functions),
        given="; ".join(given or ["pass"]),
        v=", ".join([*numbered("v", d), *of.coefficients.names]),
        load="; ".join(f"v{j} = {place(j)}" for j in range(d)),
        value=indented([*exact_text, "return f"], 1),
        usual_value=indented(usual_text, 1),
        numbers=", ".join(numbers),
    )
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


def _value_lines(lines: list[str], conditions: Sequence[Condition], found: list[str]) -> list[str]:
    """Lines that compute ``f``, nan where a condition fails."""
    value, *asked = found
    holds = [f"({each})" for each in holding(conditions, asked)]
    lines = [*lines, f"f = {value}"]
    return [*lines, f"f = f + select({' & '.join(holds)}, 0.0, math.nan)"] if holds else lines


def write_parts(objective: Objective) -> Source:
    """Return the source of an objective's value, gradient and Hessian, each by itself, for the searches.

    The gradient is that of :func:`write`, to the bit. All are nan where the function is not defined.
    """
    if objective.fit is not None:
        return fit_source.write_parts(objective)
    d, slope, conditions = objective.dimensions, slope_of(objective), Formula(objective.family).conditions
    value, hessian = value_of(objective), hessian_of(objective)
    f, *asked = value.found
    cells = [(i, j) for i in range(d) for j in range(i + 1)]
    given = [each.coefficients.lines("numbers") for each in (value, slope, hessian)]
    functions = value.lines.functions | slope.exact.functions | hessian.lines.functions
    functions |= value.coefficients.functions | slope.coefficients.functions | hessian.coefficients.functions
    text = PARTS.substitute(
        imports=imports_of(functions),
        point="; ".join(f"v{j} = point[{j}]" for j in range(d)),
        value=indented([*given[0], *value.lines.text, *_unless(conditions, asked, [f"out[0] = {f}"])], 1),
        gradient=indented([*given[1], *slope.exact.text,
                         *_unless(slope.guards, slope.parts[d:], _numbers(slope.parts[:d]))], 1),
        hessian=indented([*given[2], *hessian.lines.text, *(f"out[{i * d + j}] = out[{j * d + i}] = {x}"
                                                    for (i, j), x in zip(cells, hessian.found, strict=True))], 1),
    )  # fmt: skip
    return Source(text, platform_dependent=tuple(sorted(of_the_platform(functions))))


def _numbers(parts: Sequence[str]) -> list[str]:
    return [f"out[{j}] = {part}" for j, part in enumerate(parts)]


def _unless(conditions: Sequence[Condition], parts: Sequence[str], stores: list[str]) -> list[str]:
    """Lines that store numbers, nan where a condition fails."""
    if not conditions:
        return stores
    asked = " and ".join(holding(conditions, parts))
    return [f"defined = 0.0 if {asked} else math.nan", *(f"{store} + defined" for store in stores)]


def _stores(d: int, pairs: list[tuple[int, int]], values: list[str], conditions: Sequence[Condition]) -> list[str]:
    """Lines that store value, gradient and Hessian, all nan where the function is not defined."""
    parts = values[1 + d + len(pairs) :]
    asked = " and ".join(holding(conditions, parts))
    lines = [f"defined = 0.0 if {asked} else math.nan"] if asked else []
    undefined = " + defined" if asked else ""
    lines += [f"value[i] = {values[0]}{undefined}"]
    lines += [f"gradient_[i, {j}] = {values[1 + j]}{undefined}" for j in range(d)]
    for (row, column), operand in zip(pairs, values[1 + d : 1 + d + len(pairs)], strict=True):
        lines.append(f"hessian[i, {row}, {column}] = {operand}{undefined}")
        if row != column:
            lines.append(f"hessian[i, {column}, {row}] = {operand}{undefined}")
    return lines


def _usual_box(of: Slope) -> list[str]:
    """Lines that make the arena so small that arguments which are straight lines in a coordinate are usual in it.

    And those of exponentials in a box. Then their margins need not be asked for at every point.
    """
    lines = [f"half{v[1:]} = smaller(half{v[1:]}, {of.box.reach!r} - abs(center{v[1:]}))" for v in of.box.coordinates]
    for name, slope, coordinate, offset in sorted(set(of.usual.slanted.values())):
        j, limit = coordinate[1:], f"{1 - 1e-9} * {vectormath.USUAL_TO[name]}"
        far = f"({limit} - abs({offset})) / abs({slope})"
        lines.append(f"half{j} = smaller(half{j}, {far} - abs(center{j}))")
    return lines
