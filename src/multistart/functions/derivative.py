"""The derivative by a variable, as SymPy writes it, but of a power of a power as it can be evaluated.

SymPy writes the derivative of ``(y**2)**(3/2)`` as ``3*(y**2)**(3/2)/y``, which is 0/0 at 0, where the function is
``|y|**3`` and its slope 0. By the power rule it is ``3*y*(y**2)**(1/2)``: the same function, and a number there. A root
of ``y**4`` is ``y**2`` for every real y, and has the slope of that, ``2*y``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from multistart.functions.chain_rule import slope

if TYPE_CHECKING:
    import sympy

KEPT = 32  # expressions whose derivatives are kept


@lru_cache(maxsize=KEPT)
def gradient_of(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> tuple[sympy.Expr, ...]:
    """The derivatives by ``d`` symbols, found once for all functions of the same expression."""
    return tuple(derivative(expression, s) for s in symbols)


@lru_cache(maxsize=KEPT)
def hessian_of(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> tuple[tuple[sympy.Expr, ...], ...]:
    """Those of the gradient, ``d`` rows of ``d``; symmetric by construction."""
    gradient, d = gradient_of(expression, symbols), len(symbols)
    upper = {(i, j): derivative(gradient[i], symbols[j]) for i in range(d) for j in range(i, d)}
    return tuple(tuple(upper[min(i, j), max(i, j)] for j in range(d)) for i in range(d))


def derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """The derivative of an expression by a symbol.

    >>> import sympy
    >>> y = sympy.Symbol("y")
    >>> derivative((y**2) ** sympy.Rational(3, 2), y), derivative(y**3, y)
    (3*y*sqrt(y**2), 3*y**2)
    >>> derivative(sympy.sqrt(y**4), y), derivative(sympy.sqrt(y**6), y)
    (2*y, 3*y*sqrt(y**2))
    """
    import sympy

    expression = expression.replace(_is_even_root, _by_square)
    powers = [power for power in expression.atoms(sympy.Pow) if _is_split(power)]
    if not powers:
        return slope(expression, symbol)
    # Innermost first: the names of those inside stand in those around them.
    powers.sort(key=lambda power: (power.count_ops(), sympy.default_sort_key(power)))
    meaning: dict[sympy.Dummy, sympy.Expr] = {}
    for power in powers:
        written = power.xreplace({p: name for name, p in meaning.items()})
        meaning[sympy.Dummy(f"power{len(meaning)}")] = written
    named = expression.xreplace(dict(zip(powers, meaning, strict=True)))
    slopes: dict[sympy.Dummy, sympy.Expr] = {}
    for name, power in meaning.items():
        inner = _total(power.base, symbol, slopes)
        slopes[name] = power.exp * power.base ** (power.exp - 1) * inner
    found = _total(named, symbol, slopes)
    for name in reversed(meaning):
        found = found.xreplace({name: meaning[name]})
    return found


def _total(expression: sympy.Expr, symbol: sympy.Symbol, slopes: dict[sympy.Dummy, sympy.Expr]) -> sympy.Expr:
    """The chain rule: an expression in a symbol and in names that depend on it."""
    import sympy

    parts = [slope(expression, name) * inner for name, inner in slopes.items() if expression.has(name)]
    return sympy.Add(slope(expression, symbol), *parts)


def _is_split(power: sympy.Pow) -> bool:
    """Whether SymPy divides by a factor of the base: the exponent is no whole number, and a derivative remains."""
    return bool(
        power.exp.is_Rational and power.exp.q > 1 and power.exp > 1 and (power.base.is_Pow or power.base.is_Mul)
    )


def _is_even_root(power: sympy.Expr) -> bool:
    """Whether it is a root of an even power above the second whose slope has no pole, as ``sqrt(y**4)``."""
    if not (power.is_Pow and power.exp.is_Rational and power.exp.q > 1 and power.base.is_Pow):
        return False
    inner = power.base.exp
    return bool(inner.is_Integer and inner > 2 and inner % 2 == 0 and inner * power.exp >= 2)


def _by_square(power: sympy.Pow) -> sympy.Expr:
    """The same as a power of the square, which for real numbers are not negative: ``y**2``, ``(y**2)**(3/2)``."""
    square: sympy.Expr = (power.base.base**2) ** (power.base.exp * power.exp / 2)
    return square
