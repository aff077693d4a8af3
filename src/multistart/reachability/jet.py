"""The text that computes gradient, Hessian and third derivatives at a point, all at once, for the sets' centres.

Each part stands once: the gradient, the Hessian's entries ``i <= j`` and the third derivatives ``i <= j <= k``, in
lexicographic order. What the text computes is trusted as far as :mod:`.rounding` bounds it, and not further.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import sympy

from multistart.functions.derivative import derivative
from multistart.functions.objective import Objective
from multistart.kernels.coefficients import Coefficients
from multistart.kernels.compiled import digest, kept_or_made
from multistart.kernels.formulas import Lines
from multistart.kernels.machine_code import NativeFunction

_TEXT = '''"""Gradient, Hessian and third derivatives of an objective at one point."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma
from multistart.kernels.vectormath import {functions}


@exported(PART)
def jet(point, numbers, out):
    {lines}
'''


def keys(d: int, order: int) -> list[tuple[int, ...]]:
    """The indices of the derivatives of an order, each once."""
    return list(itertools.combinations_with_replacement(range(d), order))


def written(objective: Objective) -> str:
    """The text, in the letters of kernels."""
    d, family = objective.dimensions, objective.family
    coefficients = Coefficients(len(family.arguments))
    letters = (*sympy.symbols(f"v:{d}"), *coefficients.parameters)
    renamed = dict(zip((*family.symbols, *family.open_symbols), letters, strict=True))
    hessian = family.hessian_expressions
    third = [derivative(hessian[i][j], family.symbols[k]) for i, j, k in keys(d, 3)]
    derivatives = [*family.gradient_expressions, *(hessian[i][j] for i, j in keys(d, 2)), *third]
    lines = Lines()
    values = lines.compute([coefficients.taken_out(part.xreplace(renamed)) for part in derivatives])
    given = [*coefficients.lines("numbers"), *(f"v{j} = point[{j}]" for j in range(d))]
    functions = sorted((lines.functions | coefficients.functions) - {"fma"})
    body = [*given, *lines.text, *(f"out[{i}] = {value}" for i, value in enumerate(values))]
    return _TEXT.format(functions=", ".join(functions) or "sqrt", lines="\n    ".join(body))


def loaded_jet(text: str, cache: Path | str | None = None) -> NativeFunction:
    """The compiled text, from the cache or from the compiler."""
    return kept_or_made("third derivatives", digest(text), lambda: text, ("jet",), cache)["jet"]
