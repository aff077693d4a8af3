"""A SymPy expression as a formula: a text in the language of formulas, which is then read as any other.

So the same allow-list holds, with the same limits. What SymPy simplified away before stays away: ``sqrt(x)**2`` is
``x`` by the time it is given, and is defined for every x.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from multistart.errors import ExpressionError, InputError

if TYPE_CHECKING:
    import sympy

DOUBLE = 53  # bits of a float that counts as the shortest decimal which denotes it


def formula_of(expression: sympy.Expr, symbols: Sequence[sympy.Symbol | str]) -> tuple[str, tuple[str, ...]]:
    """Return the formula of an expression, and the names of its variables.

    Floats become exact: one of double precision, or less, the shortest decimal that denotes it, as 1/10 for 0.1; a
    longer one the binary fraction that it is. Assumptions of symbols are dropped: a variable is a real number.

    Raises
    ------
    ExpressionError
        What is no real expression, has free symbols that are not named, or symbols of one name that are different.

    >>> import sympy
    >>> x = sympy.Symbol("x", positive=True)
    >>> formula_of(0.5 * x**2 + sympy.exp(-x) / 3, (x,))
    ('x**2/2 + exp(-x)/3', ('x',))
    """
    import sympy

    if not isinstance(expression, sympy.Expr):
        said = "; build a function of a text by from_expression" if isinstance(expression, str) else ""
        raise InputError(f"an expression is SymPy's, as x**2 + y**2; got {type(expression).__name__}{said}")
    names = tuple(_name(symbol) for symbol in symbols)
    free = sorted(expression.free_symbols, key=str)
    for one, other in pairwise(free):
        if str(one) == str(other):
            raise ExpressionError(f'two different symbols are called "{one}"; give them one set of assumptions')
    if unnamed := [str(symbol) for symbol in free if str(symbol) not in names]:
        raise ExpressionError(
            f'symbol "{unnamed[0]}" is not among the variables {", ".join(names)}; name it, or put in a number'
        )
    for part in (sympy.I, sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
        if expression.has(part):
            raise ExpressionError(f"the expression has {part} in it, and is no finite real number")
    put_in = {number: _exact(number) for number in expression.atoms(sympy.Float)} | {sympy.E: sympy.Symbol("e")}
    return sympy.sstr(expression.xreplace(put_in), full_prec=False), names


def _name(symbol: sympy.Symbol | str) -> str:
    import sympy

    if not isinstance(symbol, sympy.Symbol | str):
        raise InputError(f"variables are symbols or names; got {type(symbol).__name__}")
    return str(symbol)


def _exact(number: sympy.Float) -> sympy.Rational:
    import sympy

    if number._prec > DOUBLE:
        return sympy.Rational(number)
    return sympy.Rational(repr(float(number)) if number._prec == DOUBLE else str(number))
