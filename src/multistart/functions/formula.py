"""The function that a formula spells: an expression of SymPy, built piece by piece, and where it is defined.

Nothing is evaluated that a user typed: :func:`multistart.functions.expressions.check` has looked at every node before.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from multistart.errors import ExpressionError
from multistart.functions.conditions import (
    NONNEGATIVE,
    POSITIVE,
    Condition,
    is_zero,
    needed,
    of_call,
    of_power,
    sign_of,
)
from multistart.functions.expressions import (
    MAX_BITS,
    MAX_CONSTANT,
    MAX_EXPONENT,
    PIECEWISE,
    check,
    check_names,
    one_line,
    quote,
    shorten,
)

if TYPE_CHECKING:
    import sympy

Given = tuple[tuple[str, str], ...]  # parameters with the texts of their numbers
KEPT = 64  # formulas that were read
TRIES = 3  # points at which a derivative must vanish before it is suspected to be 0


@dataclass(frozen=True)
class Formula:
    """What a text spells: an expression with exact coefficients, defined where all conditions hold.

    SymPy simplifies while it builds, so the conditions may ask for more than the expression does.

    Attributes
    ----------
    of_parameters
        What is asked of parameters that are open, whatever the point.
    constants
        Parts that are made of open parameters and numbers alone; each must be a finite number.
    """

    expression: sympy.Expr
    conditions: tuple[Condition, ...]
    of_parameters: tuple[Condition, ...] = ()
    constants: tuple[sympy.Expr, ...] = ()


def parse(
    text: str,
    variables: Sequence[str],
    parameters: Mapping[str, float | int | str] | None = None,
    *,
    limited: bool = True,
) -> Formula:
    """Return the function that a formula spells, with exact rational coefficients.

    Parameters
    ----------
    text, variables, limited
        As in :func:`check`.
    parameters
        Values put in for names; a float counts as the shortest decimal that denotes it.

    Raises
    ------
    ExpressionError
        The formula is not allowed, is not a finite real expression, or does not depend on one of its variables.

    >>> parse("a*x**2 + y**4", ["x", "y"], {"a": 1.5}).expression
    3*x**2/2 + y**4
    >>> parse("sqrt(x)**2", ["x"]).conditions
    (Condition(kind='nonnegative', part=x),)
    """
    given = tuple((name, str(value)) for name, value in (parameters or {}).items())
    if not isinstance(text, str):
        check(text, variables, tuple(name for name, _ in given), limited=limited)  # refuses it
    check_names([*variables, *dict(given)])
    return _parsed(text, tuple(variables), given, limited=limited)


@lru_cache(maxsize=KEPT)
def _parsed(text: str, variables: tuple[str, ...], parameters: Given, *, limited: bool) -> Formula:
    """The function that a formula spells, built once for all that have the same text."""
    import sympy  # about 0.3 s, which a workflow that only checks should not pay

    values = {name: _number(value, sympy) for name, value in parameters}
    tree = check(text, variables, tuple(values), limited=limited)
    names = {name: sympy.Symbol(name) for name in variables} | values | {"pi": sympy.pi, "e": sympy.E}
    builder = _Builder(one_line(text), names)
    expression = builder.build(tree)
    for name in variables:
        if _is_independent(expression, names[name], searched=limited):
            raise ExpressionError(f'variable "{name}" cancels out of the formula; remove it')
    conditions = needed(builder.conditions)
    for condition in conditions:
        if condition.never_holds or (limited and condition.kind != NONNEGATIVE and _vanishes(condition.part)):
            raise ExpressionError(f'"{quote(tree)}" is nowhere a real number: {condition} holds nowhere')
    return Formula(expression, conditions)


def parse_open(
    text: str,
    variables: Sequence[str],
    parameters: Mapping[str, float | int | str],
    arguments: Sequence[str],
    columns: Sequence[str] = (),
    *,
    limited: bool = True,
) -> Formula:
    """Return the functions that a formula spells for all numbers of some parameters, which stay symbols.

    Columns of data are such parameters too. It is not asked whether there is such a function: that is a question about
    numbers, see :func:`parse`.

    >>> parse_open("a*x**2/b", ["x"], {"b": 2}, ["a"])
    Formula(expression=a*x**2/2, conditions=(), of_parameters=(), constants=())
    """
    given = tuple((name, str(value)) for name, value in parameters.items())
    if not isinstance(text, str):
        check(text, variables, (*parameters, *arguments), columns, limited=limited)  # refuses it
    check_names([*variables, *parameters, *arguments])
    check_names(columns, what="column")
    return _parsed_open(text, tuple(variables), given, tuple(arguments), tuple(columns), limited=limited)


@lru_cache(maxsize=KEPT)
def _parsed_open(
    text: str,
    variables: tuple[str, ...],
    parameters: Given,
    arguments: tuple[str, ...],
    columns: tuple[str, ...],
    *,
    limited: bool,
) -> Formula:
    """The same with parameters that stay symbols, likewise once."""
    import sympy

    values = {name: _number(value, sympy) for name, value in parameters}
    tree = check(text, variables, (*values, *arguments), columns, limited=limited)
    symbols = {name: sympy.Symbol(name) for name in (*variables, *arguments, *columns)}
    builder = _Builder(one_line(text), symbols | values | {"pi": sympy.pi, "e": sympy.E})
    expression, free = builder.build(tree), {symbols[name] for name in (*arguments, *columns)}
    conditions = needed(builder.conditions)
    return Formula(
        expression,
        tuple(c for c in conditions if not c.part.free_symbols <= free),
        tuple(c for c in conditions if c.part.free_symbols <= free),
        tuple(part for part in dict.fromkeys(builder.parts) if part.free_symbols and part.free_symbols <= free),
    )


def symbolic(name: str) -> Callable[[sympy.Expr], sympy.Expr]:
    """SymPy's function of a name; log2 and log10 stay what they are, with derivatives of their own."""
    import sympy
    from sympy.codegen import cfunctions

    if name in PIECEWISE:
        from multistart.functions import piecewise

        return getattr(piecewise, name)
    return getattr(cfunctions if name in ("log2", "log10") else sympy, name)


def _is_independent(expression: sympy.Expr, symbol: sympy.Symbol, *, searched: bool) -> bool:
    """Whether the derivative by a variable is 0, which is not asked where two values differ for certain."""
    if symbol not in expression.free_symbols:
        return True
    return searched and not _differs(expression, symbol) and _vanishes(expression.diff(symbol))


def _differs(expression: sympy.Expr, symbol: sympy.Symbol) -> bool:
    """Whether an expression has two values, beyond doubt, at points a millionth apart, where no step is expected."""
    import sympy

    point = _point(expression, 0)
    beside = point | {symbol: point[symbol] + sympy.Rational(1, 2**20)}
    values = _first_value(expression), expression.evalf(15, subs=beside)
    if any(not value.is_Float or is_zero(value) for value in values):
        return False
    first, second = map(float, values)
    return abs(first - second) > 1e-10 * max(abs(first), abs(second))


@lru_cache(maxsize=1)
def _first_value(expression: sympy.Expr) -> sympy.Expr:
    """The value at the first point, to 15 digits, which is asked for each variable."""
    return expression.evalf(15, subs=_point(expression, 0))


def _vanishes(expression: sympy.Expr) -> bool:
    """Whether an expression is 0 everywhere: at a few points as far as can be told, and then by its formula."""
    import sympy

    if expression.is_number:
        return sign_of(expression) == 0
    found = 0
    for n in range(4 * TRIES):  # more where it has no value
        value = expression.evalf(15, subs=_point(expression, n))
        if value.has(sympy.zoo, sympy.nan, sympy.oo) or value.free_symbols:
            continue
        found += 1
        if not is_zero(value):
            return False
        if found == TRIES:
            return bool(sympy.simplify(expression) == 0)  # slow, hence asked last
    return False


def _point(expression: sympy.Expr, n: int) -> dict[sympy.Symbol, sympy.Rational]:
    """The n-th point to try an expression at, none of whose coordinates is 0."""
    import sympy

    symbols = sorted(expression.free_symbols, key=str)
    return {s: sympy.Rational(7 * n + 3 * i + 2, 11 + 2 * n + 5 * i) for i, s in enumerate(symbols)}


class _Builder:
    """Builds SymPy's expression from an allowed tree, and gathers what the operations ask of their operands.

    Attributes
    ----------
    conditions, parts
        What operations ask, and what they give, in the order of the text.
    """

    def __init__(self, text: str, names: Mapping[str, sympy.Expr]) -> None:
        import sympy

        self.conditions: list[Condition] = []
        self.parts: list[sympy.Expr] = []
        self._text, self._names, self._sympy = text, names, sympy

    def build(self, node: ast.expr) -> sympy.Expr:
        """The expression of a node and of all below it."""
        sp = self._sympy
        match node:
            case ast.Constant():
                return _number(self._text[node.col_offset : node.end_col_offset], sp)
            case ast.Name(id=name):
                return self._names[name]
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.build(operand)
                return -inner if isinstance(op, ast.USub) else inner
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                inner = self.build(argument)
                self._ask(node, of_call(name, inner))
                result = symbolic(name)(inner)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                result = sp.Add(*self._terms(node))
            case ast.BinOp(left=left, op=op, right=right):
                result = self._combined(node, op, self.build(left), self.build(right), right)
        self._check(node, result)
        return result

    def _combined(
        self, node: ast.expr, op: ast.operator, a: sympy.Expr, b: sympy.Expr, exponent: ast.expr
    ) -> sympy.Expr:
        match op:
            case ast.Mult():
                return a * b
            case ast.Div():
                self._ask(node, of_power(b, self._sympy.S.NegativeOne))
                return a / b
        _check_power(node, a, b)
        self._ask(node, [Condition(POSITIVE, a)] if self._varies(exponent) else of_power(a, b))
        return a**b

    def _varies(self, node: ast.expr) -> bool:
        """Whether a variable stands in a part of the text, though it may cancel: x/x varies, and is undefined at 0."""
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        return any(self._names[name].is_Symbol for name in names & set(self._names))

    def _ask(self, node: ast.expr, conditions: Sequence[Condition]) -> None:
        """Keep the conditions on what varies; a number that fails one is refused."""
        for condition in conditions:
            if not condition.part.is_number:
                self.conditions.append(condition)
            elif not condition.holds_for(condition.part):
                raise ExpressionError(f'"{quote(node)}" is not a finite real number')

    def _check(self, node: ast.expr, result: sympy.Expr) -> None:
        sp = self._sympy
        self.parts.append(result)
        if result.is_number and not result.is_Rational:
            _check_constant(node, result)
        if any(p.exp.is_Rational and abs(p.exp) > MAX_EXPONENT for p in result.atoms(sp.Pow)):
            raise ExpressionError(f'"{quote(node)}" makes an exponent of more than {MAX_EXPONENT}')
        if result.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
            raise ExpressionError(f'"{quote(node)}" is not a finite real number')
        if any(max(abs(n.p), n.q).bit_length() > MAX_BITS for n in result.atoms(sp.Rational)):
            raise ExpressionError(f'"{quote(node)}" makes a number of more than {MAX_BITS} bits')

    def _terms(self, node: ast.expr) -> list[sympy.Expr]:
        """The summands of a chain of + and -, without recursion along the chain."""
        terms = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            right = self.build(node.right)
            terms.append(right if isinstance(node.op, ast.Add) else -right)
            node = node.left
        return [self.build(node), *reversed(terms)]


def _check_constant(node: ast.expr, constant: sympy.Expr) -> None:
    """Refuse a constant before a larger one is built of it: exp(exp(exp(100))) has no digits SymPy could find."""
    try:
        value = complex(constant.evalf(15))
    except (TypeError, OverflowError):  # zoo, nan, past the largest double
        value = complex(math.nan)
    if value.imag or not abs(value.real) <= MAX_CONSTANT:
        raise ExpressionError(f'"{quote(node)}" is not a finite real number up to {MAX_CONSTANT:g}')


def _check_power(node: ast.expr, base: sympy.Expr, exponent: sympy.Expr) -> None:
    if exponent.is_number and not abs(float(exponent)) <= MAX_EXPONENT:
        raise ExpressionError(f'"{quote(node)}": a constant exponent is at most {MAX_EXPONENT} in size')
    if base.is_number and not exponent.is_number and sign_of(base) <= 0:
        raise ExpressionError(
            f'"{quote(node)}": a power with an exponent that varies needs a base above 0; this one is {base}'
        )
    if base.is_Rational and exponent.is_Integer:
        bits = max(abs(base.p), base.q).bit_length() * abs(int(exponent))
        if bits > MAX_BITS:
            raise ExpressionError(f'"{quote(node)}" makes a number of more than {MAX_BITS} bits')


def _number(literal: str, sp) -> sympy.Expr:
    """The exact rational that a decimal literal spells."""
    return sp.Rational(decimal(literal))


def decimal(literal: str) -> str:
    """A decimal literal without underscores.

    Raises
    ------
    ExpressionError
        No plain decimal number, or one outside the range of those that a formula may have.
    """
    plain = literal.replace("_", "").lower()
    match = re.fullmatch(r"([+-]?)(?:\d+\.?\d*|\.\d+)(?:e([+-]?\d+))?", plain)
    if not match:
        raise ExpressionError(f'"{shorten(literal)}" is not a plain decimal number')
    if len(plain) > 60 or abs(int(match[2] or 0)) > 300:
        raise ExpressionError(f'"{shorten(literal)}" is not between 1e-300 and 1e300 in at most 60 characters')
    return plain
