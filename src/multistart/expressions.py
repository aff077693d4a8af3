"""Text to SymPy through an allow-list on Python's syntax tree. Nothing a user typed is ever evaluated.

Two passes: :func:`check` walks the tree and refuses whatever is not on the list (no SymPy needed, so a
workflow can call it while it starts), :func:`parse` then builds the expression piece by piece.
Decimal numbers become the exact rationals they spell, so ``0.1`` is 1/10.

Limits on what a user may write, and hence on time: ASCII only, at most ``MAX_LENGTH`` characters, ``MAX_NODES``
pieces nested ``MAX_DEPTH`` deep, ``MAX_VARIABLES`` variables, constant exponents up to ``MAX_EXPONENT``, numbers of
``MAX_BITS`` bits, constants up to ``MAX_CONSTANT``, and a Hessian of ``MAX_HESSIAN`` pieces as counted by
:mod:`multistart.derivation`. The slowest formulas found within them take SymPy about 5 s to differentiate twice.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from multistart.conditions import Condition, is_zero, needed, of_call, of_power, sign_of
from multistart.derivation import hessian_pieces
from multistart.errors import ExpressionError, did_you_mean

if TYPE_CHECKING:
    import sympy

FUNCTIONS = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh",
)  # fmt: skip
CONSTANTS = ("pi", "e")
#: Column names of the tables, which a variable would collide with.
COLUMNS = (
    "basin", "value", "kind", "count", "share", "steps", "ending", "label", "gradient_norm", "low", "high",
    "curvature_min", "curvature_max", "critical_learning_rate", "certified", "attraction_radius",
    "attraction_curvature", "steps_median", "steps_p95", "place", "value_low", "value_high", "eigenvalue_min",
    "eigenvalue_max", "touches_boundary", "proof",
)  # fmt: skip
RESERVED = (*FUNCTIONS, *CONSTANTS, *COLUMNS)

MAX_LENGTH = 4000  # characters of a formula
MAX_NODES = 1000  # numbers, names, operations and calls together
MAX_DEPTH = 40  # of nested brackets, calls and operations that are not chains of + or *
MAX_EXPONENT = 64  # absolute value of a constant exponent
MAX_BITS = 2048  # of a numerator or denominator, about 600 digits
MAX_CONSTANT = 1e300  # size of a part without variables, such as exp(20)
MAX_VARIABLES = 100
MAX_HESSIAN = 16_000  # pieces of the written-out upper triangle; 5 to 250 microseconds each

TRIES = 3  # points at which a derivative must vanish before it is suspected to be 0

_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_ALLOWED = f"allowed are the variables, numbers, + - * / **, pi, e and {', '.join(FUNCTIONS)}"


def check_names(names: Sequence[str], what: str = "variable") -> None:
    """Refuse names that are not plain identifiers, are reserved, or come twice.

    Raises
    ------
    ExpressionError
        Naming the name and the reason.
    """
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            raise ExpressionError(f'{what} "{name}" is not a plain name: a letter, then letters, digits or _')
        if name in RESERVED or keyword.iskeyword(name):
            raise ExpressionError(f'{what} "{name}" is a reserved name; choose another, such as "{name}1"')
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise ExpressionError(f'{what} "{twice[0]}" is given twice')


def check(text: str, variables: Sequence[str], parameters: Sequence[str] = (), *, limited: bool = True) -> ast.expr:
    """Return the syntax tree of a formula in which everything is on the allow-list.

    Parameters
    ----------
    text
        The formula, as in ``"a*x**2 + y**4"``.
    variables, parameters
        Every name that may occur; each must occur.
    limited
        Whether the bounds on length and depth apply; only the package's own catalogue sets it to false.

    Raises
    ------
    ExpressionError
        Quoting the piece that is not allowed.
    """
    check_names([*variables, *parameters])
    if not isinstance(text, str) or not text.strip():
        raise ExpressionError(f"a formula is a text such as 'x**2 + y**2'; got {text!r}")
    if not text.isascii():
        raise ExpressionError(_foreign_message(text))
    if "#" in text:
        raise ExpressionError('"#" is not allowed: what stands behind it would be read as a comment, and dropped')
    if limited and len(text) > MAX_LENGTH:
        raise ExpressionError(f"the formula has {len(text)} characters; at most {MAX_LENGTH} are allowed")
    try:
        tree = ast.parse(_one_line(text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(_syntax_message(text, error)) from None
    known = {*variables, *parameters, *CONSTANTS}
    used: set[str] = set()
    stack = [(tree, 0)]
    nodes = 0
    while stack:
        node, depth = stack.pop()
        nodes += 1
        if limited and (nodes > MAX_NODES or depth > MAX_DEPTH):
            raise ExpressionError(
                f'the formula is too large at "{_quote(node)}": at most {MAX_NODES} pieces nested {MAX_DEPTH} deep'
            )
        if isinstance(node, ast.Name):
            used.add(_check_name(node.id, known))
        stack.extend((child, depth + _deepens(node, child)) for child in _children(node))
    for what, names in (("variable", variables), ("parameter", parameters)):
        unused = [name for name in names if name not in used]
        if unused:
            raise ExpressionError(f'{what} "{unused[0]}" does not occur in the formula; remove it or use it')
    if limited:
        _check_hessian(tree, variables, parameters)
    return tree


def _check_hessian(tree: ast.expr, variables: Sequence[str], parameters: Sequence[str]) -> None:
    if len(variables) > MAX_VARIABLES:
        raise ExpressionError(
            f'"{variables[MAX_VARIABLES]}" is variable {MAX_VARIABLES + 1}; the most is {MAX_VARIABLES}'
        )
    pieces = hessian_pieces(tree, frozenset((*parameters, *CONSTANTS)))
    if pieces > MAX_HESSIAN:
        raise ExpressionError(
            f'"{_quote(tree)}" is too large to differentiate twice: about {pieces} pieces, at most {MAX_HESSIAN} are '
            "allowed; fewer variables, shorter products or less nesting help"
        )


@dataclass(frozen=True)
class Formula:
    """What a text spells: an expression with exact coefficients, defined where all conditions hold.

    SymPy simplifies while it builds, so the conditions may ask for more than the expression does.
    """

    expression: sympy.Expr
    conditions: tuple[Condition, ...]


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
    >>> parse("sqrt(x)**2", ["x"])
    Formula(expression=x, conditions=(Condition(kind='nonnegative', part=x),))
    """
    import sympy  # about 0.3 s, which a workflow that only checks should not pay

    values = {name: _number(str(value), sympy) for name, value in (parameters or {}).items()}
    tree = check(text, variables, tuple(values), limited=limited)
    names = {name: sympy.Symbol(name) for name in variables} | values | {"pi": sympy.pi, "e": sympy.E}
    builder = _Builder(_one_line(text), names)
    expression = builder.build(tree)
    for name in variables:
        if _is_independent(expression, names[name], searched=limited):
            raise ExpressionError(f'variable "{name}" cancels out of the formula; remove it')
    return Formula(expression, needed(builder.conditions))


def _is_independent(expression: sympy.Expr, symbol: sympy.Symbol, *, searched: bool) -> bool:
    """Whether the derivative by a variable is 0: at a few points as far as can be told, and then by its formula."""
    import sympy

    if symbol not in expression.free_symbols:
        return True
    if not searched:
        return False
    slope = expression.diff(symbol)
    if slope.is_number:
        return sign_of(slope) == 0
    found = 0
    for n in range(4 * TRIES):  # more where the derivative has no value
        point = {s: sympy.Rational(7 * n + 3 * i + 2, 11 + 2 * n + 5 * i) for i, s in enumerate(_sorted(slope))}
        value = slope.evalf(15, subs=point)
        if value.has(sympy.zoo, sympy.nan, sympy.oo) or value.free_symbols:
            continue
        found += 1
        if not is_zero(value):
            return False
        if found == TRIES:
            return bool(sympy.simplify(slope) == 0)  # slow, hence asked last
    return False


def _sorted(expression: sympy.Expr) -> list[sympy.Symbol]:
    return sorted(expression.free_symbols, key=str)


def _children(node: ast.expr) -> list[ast.expr]:
    """The parts of an allowed node; anything else is refused."""
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float()) | ast.Name():
            return []
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return [left, right]
        case ast.BinOp(op=ast.BitXor()):
            raise ExpressionError(f'"{_quote(node)}" is not allowed: write powers with **, as in x**2')
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return [argument]
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            raise ExpressionError(f'"{_quote(node)}" is not allowed: {name} takes exactly one argument')
        case ast.Call(func=ast.Name(id=name)):
            hint = did_you_mean(name, FUNCTIONS)
            raise ExpressionError(f'"{_quote(node)}" is not allowed: no function "{name}"{hint or "; " + _ALLOWED}')
    raise ExpressionError(f'"{_quote(node)}" is not allowed; {_ALLOWED}')


def _deepens(node: ast.expr, child: ast.expr) -> bool:
    """A chain such as a + b + c + ... leans left without being deep to read or to differentiate."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return not (child is node.left and isinstance(child, ast.BinOp))
    return True


def _check_name(name: str, known: set[str]) -> str:
    if name in FUNCTIONS:
        raise ExpressionError(f'"{name}" is a function and needs an argument, as in {name}(x)')
    if name not in known:
        raise ExpressionError(
            f'"{name}" is not defined; name it under variables or parameters{did_you_mean(name, known)}'
        )
    return name


class _Builder:
    """Builds SymPy's expression from an allowed tree, and gathers what the operations ask of their operands."""

    def __init__(self, text: str, names: Mapping[str, sympy.Expr]) -> None:
        import sympy

        self.conditions: list[Condition] = []
        self._text, self._names, self._sympy = text, names, sympy

    def build(self, node: ast.expr) -> sympy.Expr:
        """The expression of a node and of all below it."""
        sp = self._sympy
        match node:
            case ast.Constant():
                return _number(ast.get_source_segment(self._text, node) or repr(node.value), sp)
            case ast.Name(id=name):
                return self._names[name]
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.build(operand)
                return -inner if isinstance(op, ast.USub) else inner
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                inner = self.build(argument)
                self._ask(node, of_call(name, inner))
                result = getattr(sp, name)(inner)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                result = sp.Add(*self._terms(node))
            case ast.BinOp(left=left, op=op, right=right):
                result = self._combined(node, op, self.build(left), self.build(right))
        self._check(node, result)
        return result

    def _combined(self, node: ast.expr, op: ast.operator, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
        match op:
            case ast.Mult():
                return a * b
            case ast.Div():
                self._ask(node, of_power(b, self._sympy.S.NegativeOne))
                return a / b
        _check_power(node, a, b)
        self._ask(node, of_power(a, b))
        return a**b

    def _ask(self, node: ast.expr, conditions: Sequence[Condition]) -> None:
        """Keep the conditions on what varies; a number that fails one is refused."""
        for condition in conditions:
            if not condition.part.is_number:
                self.conditions.append(condition)
            elif not condition.holds_for(condition.part):
                raise ExpressionError(f'"{_quote(node)}" is not a finite real number')

    def _check(self, node: ast.expr, result: sympy.Expr) -> None:
        sp = self._sympy
        if result.is_number and not result.is_Rational:
            _check_constant(node, result)
        if any(p.exp.is_Rational and abs(p.exp) > MAX_EXPONENT for p in result.atoms(sp.Pow)):
            raise ExpressionError(f'"{_quote(node)}" makes an exponent of more than {MAX_EXPONENT}')
        if result.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
            raise ExpressionError(f'"{_quote(node)}" is not a finite real number')
        if any(max(abs(n.p), n.q).bit_length() > MAX_BITS for n in result.atoms(sp.Rational)):
            raise ExpressionError(f'"{_quote(node)}" makes a number of more than {MAX_BITS} bits')

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
        raise ExpressionError(f'"{_quote(node)}" is not a finite real number up to {MAX_CONSTANT:g}')


def _check_power(node: ast.expr, base: sympy.Expr, exponent: sympy.Expr) -> None:
    if exponent.is_number and not abs(float(exponent)) <= MAX_EXPONENT:
        raise ExpressionError(f'"{_quote(node)}": a constant exponent is at most {MAX_EXPONENT} in size')
    if base.is_number and not exponent.is_number and sign_of(base) <= 0:
        raise ExpressionError(
            f'"{_quote(node)}": a power with an exponent that varies needs a base above 0; this one is {base}'
        )
    if base.is_Rational and exponent.is_Integer:
        bits = max(abs(base.p), base.q).bit_length() * abs(int(exponent))
        if bits > MAX_BITS:
            raise ExpressionError(f'"{_quote(node)}" makes a number of more than {MAX_BITS} bits')


def _number(literal: str, sp) -> sympy.Expr:
    """The exact rational that a decimal literal spells."""
    plain = literal.replace("_", "").lower()
    match = re.fullmatch(r"([+-]?)(?:\d+\.?\d*|\.\d+)(?:e([+-]?\d+))?", plain)
    if not match:
        raise ExpressionError(f'"{_shorten(literal)}" is not a plain decimal number')
    if len(plain) > 60 or abs(int(match[2] or 0)) > 300:
        raise ExpressionError(f'"{_shorten(literal)}" is not between 1e-300 and 1e300 in at most 60 characters')
    return sp.Rational(plain)


def _foreign_message(text: str) -> str:
    """Look-alikes are refused, not folded: Python itself would read a full-width x as x."""
    piece = next(c for c in text if not c.isascii())
    meant = {"×": "*", "·": "*", "−": "-", "–": "-", "÷": "/", "²": "**2", "³": "**3", "π": "pi", "√": "sqrt"}
    hint = f"; write {meant[piece]}" if piece in meant else ""
    return f'"{piece}" ({ascii(piece)[1:-1]}) is not allowed: a formula is plain ASCII{hint}'


def _syntax_message(text: str, error: BaseException) -> str:
    text = _one_line(text)
    if not isinstance(error, SyntaxError) or error.text is None or error.offset is None:
        return f'"{_shorten(text)}" is not a formula'
    near = text[max(error.offset - 1, 0) :] or text[-20:]
    return f'"{_shorten(text)}" is not a formula: unexpected "{_shorten(near, 20)}" (products are written with *)'


def _one_line(text: str) -> str:
    """A formula folded over several lines of a configuration is one formula."""
    return " ".join(text.split())


def _quote(node: ast.expr) -> str:
    try:
        return _shorten(ast.unparse(node))
    except (RecursionError, ValueError):
        return type(node).__name__


def _shorten(text: str, width: int = 60) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
