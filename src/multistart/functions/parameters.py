"""Parameters of a formula: which of them are arguments of its kernel, and whether other numbers can be put in for them.

A parameter is *free*, an argument, unless it stands in an exponent. There its number decides what the formula is:
``x**a`` is a product for 2, a root for 0.5, and defined elsewhere for each. Such a one is put in before the formula is
read, as every number of the text is. A free one stays a symbol, as a variable does: what SymPy simplifies then holds
for all of its numbers, and where an operation asks something of it alone, as ``log(a)`` does, each number is asked.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError, one_of
from multistart.functions.conditions import NONZERO
from multistart.functions.expressions import MAX_CONSTANT, one_line
from multistart.functions.formula import Formula, decimal
from multistart.functions.in_numpy import in_numpy

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]
Value = float | int | str
TRIES = 12  # points at which it is looked whether anything vanishes
SURELY = 1e-9  # what is larger than this, relative to the largest, does not vanish
LARGE_POWER = 16  # of a parameter: up to here its exact value stays short


@lru_cache(maxsize=256)
def in_exponents(text: str) -> frozenset[str]:
    """The names that stand in an exponent of a formula.

    >>> sorted(in_exponents("a*x**(2*b) + c**x"))
    ['b', 'x']
    """
    powers = [node for node in ast.walk(ast.parse(one_line(text), mode="eval")) if isinstance(node, ast.BinOp)]
    exponents = [node.right for node in powers if isinstance(node.op, ast.Pow)]
    return frozenset(part.id for each in exponents for part in ast.walk(each) if isinstance(part, ast.Name))


def changed(parameters: Sequence[tuple[str, Value]], values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Parameters with other values.

    Raises
    ------
    InputError
        A name that is none of them, or a value that is not finite, or no number that a formula may have.
    """
    known = dict(parameters)
    for name, value in values.items():
        if name not in known:
            raise InputError(
                f"a parameter {one_of(name, known)}" if known else f'"{name}": the formula has no parameters'
            )
        if isinstance(value, bool) or not math.isfinite(as_double(value)):
            raise InputError(f"parameter {name} is a finite number; got {value}")
        decimal(str(value))
    return tuple((known | dict(values)).items())


def as_double(value: Value) -> float:
    """The double that is nearest to the decimal that a parameter is given as; nan where it is none.

    >>> as_double("0.1"), as_double(3), as_double("a third")
    (0.1, 3.0, nan)
    """
    try:
        return float(str(value))
    except ValueError:
        return math.nan


class Trial:
    """Whether a formula certainly is a function at some numbers of its open parameters, as a few points tell.

    So that other numbers need SymPy no more than once. Where points do not tell, the formula has to be read anew.
    """

    def __init__(
        self, formula: Formula, gradient: Sequence[sympy.Expr], symbols: Sequence[sympy.Symbol], d: int
    ) -> None:
        import sympy

        self._anywhere = [condition.kind for condition in formula.conditions]
        self._everywhere = [condition.kind for condition in formula.of_parameters]
        asked = [condition.part for condition in (*formula.conditions, *formula.of_parameters)]
        self._function = in_numpy(tuple(symbols), (*gradient, *asked, *formula.constants))
        self._points = [np.array([(7 * n + 3 * i + 2) / (11 + 2 * n + 5 * i) for n in range(TRIES)]) for i in range(d)]
        powers = {power for part in (formula.expression, *asked) for power in part.atoms(sympy.Pow)}
        large = [power for power in powers if power.exp.is_Integer and abs(power.exp) > LARGE_POWER]
        self._short = not any(power.free_symbols & set(symbols[d:]) for power in large)

    def holds(self, numbers: Array) -> bool:
        """Whether every variable counts, every condition holds somewhere, and all constants are finite numbers."""
        with np.errstate(all="ignore"):
            found = iter([np.broadcast_to(part, TRIES) for part in self._function(*self._points, *numbers)])
            slopes = np.array([np.nan_to_num(next(found), nan=0.0, posinf=0.0, neginf=0.0) for _ in self._points])
            steepest = np.abs(slopes).max(axis=1)
            return bool(
                self._short
                and (steepest > SURELY * steepest.max()).all()
                and all(_surely(kind, next(found)).any() for kind in self._anywhere)
                and all(_surely(kind, next(found)).all() for kind in self._everywhere)
                and all((np.abs(part) < MAX_CONSTANT).all() for part in found)
            )


def _surely(kind: str, part: Array) -> NDArray[np.bool_]:
    """Where a part is what a condition asks, whatever was rounded."""
    return np.abs(part) > SURELY if kind == NONZERO else part > SURELY
