"""Expressions as functions of arrays, in doubles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy

KEPT = 128  # functions that are kept; an objective has up to four


@lru_cache(maxsize=KEPT)
def in_numpy(symbols: tuple[sympy.Symbol, ...], parts: tuple[sympy.Expr, ...]) -> Callable[..., Sequence[Any]]:
    """The function of arrays, one a symbol, that gives the expressions, by SymPy's ``lambdify``.

    Made once for all functions that have the same expressions.

    >>> import sympy
    >>> x, y = sympy.symbols("x y")
    >>> in_numpy((x, y), (x + y, x * y))(2.0, 3.0)
    (5.0, 6.0)
    """
    import sympy

    return sympy.lambdify(symbols, tuple(map(_in_doubles, parts)), modules="numpy", cse=True, docstring_limit=0)


def _in_doubles(part: sympy.Expr) -> sympy.Expr:
    """An expression without whole numbers past the largest double, which NumPy cannot take: they are infinite."""
    import sympy

    huge = [n for n in part.atoms(sympy.Integer) if abs(n) > sys.float_info.max]
    return part.xreplace({n: sympy.Float(n) for n in huge}) if huge else part
