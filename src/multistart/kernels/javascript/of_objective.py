"""`objective_script`: value and gradient of an objective in JavaScript, from the lines of its kernels."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from multistart.files.cache_entries import read_entry, source_digest, write_entry
from multistart.functions.objective import Objective
from multistart.kernels.compiled import WRITTEN_BY
from multistart.kernels.javascript.printing import EXACT, PLAIN, Dialect, literal, method
from multistart.kernels.machine_code import version_of

KIND = "scripts"


def objective_script(objective: Objective, cache: Path | str | None = None) -> str:
    """Return the text of a JavaScript expression: an object with an objective's value and gradient.

    It reads ``{dimensions, platformDependent, exact, plain}``; each of the last two has ``gradient(x, numbers, out)``,
    which puts the gradient at x into ``out`` and says whether the point is one where the function is defined, as a
    descent asks; ``value(x, numbers)``, not a number where it is not defined; and ``norm(g)``. ``numbers`` are those of
    the free parameters, which the text does not depend on. ``platformDependent`` are functions that the kernel takes
    from the platform, as ``pow``, whose last bits are another's in a browser.

    Of a fit the term of a row is printed, ``rows.js`` sums it, and ``numbers`` are the data: no script depends on them.

    The text is kept in the cache, so that where it is kept SymPy is not loaded.

    Parameters
    ----------
    cache
        A folder as in :func:`multistart.kernels.compile_kernel`.
    """
    return _script(objective.family, cache)


@lru_cache(maxsize=16)
def _script(family: Objective, cache: Path | str | None) -> str:
    key = {**family.identity, "written by": source_digest(*WRITTEN_BY), "sympy": version_of("sympy")}
    kept = read_entry(cache, KIND, key)
    if isinstance(kept, str):
        return kept
    script = _written(family)
    write_entry(cache, KIND, key, script)
    return script


def _written(objective: Objective) -> str:
    if objective.fit is None:
        return literal(_parts(objective))
    mean = json.dumps(objective.fit.reduction == "mean")
    return f"overRows({literal([f'mean: {mean}', *_parts(objective.term, of_rows=True)])})"


def _parts(objective: Objective, *, of_rows: bool = False) -> list[str]:
    """The parts of the object; of a row's term what is made of the row alone has functions of its own."""
    from multistart.kernels import derivatives  # with SymPy, which a kept script does without

    d, slope, whole = objective.dimensions, derivatives.slope_of(objective), derivatives.everything_of(objective)
    array, coefficients = "row" if of_rows else "numbers", (slope.coefficients, whole.coefficients)
    computed = [each.lines(array) for each in coefficients]
    given = [_kept(each.names) for each in coefficients] if of_rows else computed
    functions = slope.exact.functions | whole.lines.functions
    functions |= slope.coefficients.functions | whole.coefficients.functions
    point, g = [f"v{j} = x[{j}]" for j in range(d)], [f"g{j}" for j in range(d)]
    guards = [derivatives.HOLDS[c.kind].format(part) for c, part in zip(slope.guards, slope.parts[d:], strict=True)]
    asked = whole.values[len(whole.values) - len(whole.conditions) :]
    holds = [derivatives.HOLDS[c.kind].format(part) for c, part in zip(whole.conditions, asked, strict=True)]
    value = f"{whole.values[0]} + (0.0 if {' and '.join(holds)} else math.nan)" if holds else whole.values[0]
    of_value = needed([*point, *given[1], *whole.lines.text], [value])

    def in_dialect(dialect: Dialect) -> str:
        gradient = dialect.lines(needed([*point, *given[0], *slope.exact.text], slope.parts))
        gradient += [f"out[{j}] = {dialect.expression(part)};" for j, part in enumerate(slope.parts[:d])]
        defined = dialect.expression(" and ".join(guards)) if guards else "true"
        parts = [
            method(f"gradient(x, {array}, out)", [*gradient, f"return {defined};"]),
            method(f"value(x, {array})", [*dialect.lines(of_value), f"return {dialect.expression(value)};"]),
            method("norm(g)", _norm(dialect, g, derivatives.square_of(g), *derivatives.scaled_of(g))),
        ]
        if of_rows:
            for head, lines, each in zip(("ofGradient(row)", "ofValue(row)"), computed, coefficients, strict=True):
                parts.append(method(head, [*dialect.lines(lines), f"return [{', '.join(each.names)}];"]))
        return f"{dialect.name}: {literal(parts)}"

    of_platform = json.dumps(sorted(derivatives.of_the_platform(functions)))
    return [f"dimensions: {d}", f"platformDependent: {of_platform}", in_dialect(EXACT), in_dialect(PLAIN)]


def _kept(names: Sequence[str]) -> list[str]:
    """Lines that take what was computed of a row once."""
    return [f"{name} = row[{k}]" for k, name in enumerate(names)]


def _norm(dialect: Dialect, g: Sequence[str], square: str, scale: str, scaled: str) -> list[str]:
    """The norm as a descent computes it, also where its square would be rounded away, or has no room."""
    return [
        *dialect.lines([*(f"{name} = g[{j}]" for j, name in enumerate(g)), f"square = {square}"]),
        "if (square > 1e-280 && square < 1e300) return Math.sqrt(square);",
        *dialect.lines([f"scale = {scale}"]),
        f"return scale > 0 && scale < Infinity ? scale * Math.sqrt({dialect.expression(scaled)}) : Math.sqrt(square);",
    ]


def needed(lines: Sequence[str], results: Sequence[str]) -> list[str]:
    """Of lines that assign every name once, those that results depend on.

    >>> needed(["a = x", "b = a + 1.0", "c = b * x"], ["b"])
    ['a = x', 'b = a + 1.0']
    """
    wanted = {name for text in results for name in _read(text)}
    kept = []
    for line in reversed(lines):
        name, _, value = line.partition(" = ")
        if name in wanted:
            wanted |= _read(value)
            kept.append(line)
    return kept[::-1]


def _read(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}
