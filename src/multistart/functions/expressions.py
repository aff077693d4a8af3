"""The language of formulas: an allow-list on Python's syntax tree. Nothing a user typed is ever evaluated.

Two passes: :func:`check` walks the tree and refuses whatever is not on the list (no SymPy needed, so a
workflow can call it while it starts), :func:`.formula.parse` then builds the expression piece by piece.
Decimal numbers become the exact rationals they spell, so ``0.1`` is 1/10.

Limits on what a user may write, and hence on time: ASCII only, at most ``MAX_LENGTH`` characters, ``MAX_NODES``
pieces nested ``MAX_DEPTH`` deep, ``MAX_VARIABLES`` variables, constant exponents up to ``MAX_EXPONENT``, numbers of
``MAX_BITS`` bits, constants up to ``MAX_CONSTANT``, and a Hessian of ``MAX_HESSIAN`` pieces as counted by
:mod:`.derivation`. The slowest formulas found within them take SymPy about 5 s to differentiate twice.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence

from multistart.errors import ExpressionError, did_you_mean
from multistart.functions.derivation import hessian_pieces
from multistart.functions.elsewhere import CALLED, OTHERWISE, hint, written_out
from multistart.functions.retyped import SIGNS, Retyped
from multistart.tables import reserved_names

FUNCTIONS = (
    "exp", "log", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh",
)  # fmt: skip
PIECEWISE = ("huber",)  # of :mod:`.piecewise`, for the package's own formulas alone
CONSTANTS = ("pi", "e")
#: What a column of data may not be called: of the formula's own language, or as a column of a fit's tables.
RESERVED_COLUMNS = frozenset((*FUNCTIONS, *CONSTANTS, "m", "row", "fitted", "residual"))
#: What a variable may not be called: of the formula's own language, or as a column that it would stand among.
RESERVED = frozenset((*FUNCTIONS, *CONSTANTS)) | reserved_names()

MAX_LENGTH = 4000  # characters of a formula
MAX_NODES = 1000  # numbers, names, operations and calls together
MAX_DEPTH = 40  # of nested brackets, calls and operations that are not chains of + or *
MAX_EXPONENT = 64  # absolute value of a constant exponent
MAX_BITS = 2048  # of a numerator or denominator, about 600 digits
MAX_CONSTANT = 1e300  # size of a part without variables, such as exp(20)
MAX_VARIABLES = 100
MAX_HESSIAN = 16_000  # pieces of the written-out upper triangle; 5 to 250 microseconds each


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
        reserved = RESERVED_COLUMNS if what == "column" else RESERVED
        if name in reserved or keyword.iskeyword(name):
            raise ExpressionError(f'{what} "{name}" is a reserved name; choose another, such as "{name}1"')
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise ExpressionError(f'{what} "{twice[0]}" is given twice')


def check(
    text: str,
    variables: Sequence[str],
    parameters: Sequence[str] = (),
    columns: Sequence[str] = (),
    *,
    limited: bool = True,
) -> ast.expr:
    """Return the syntax tree of a formula in which everything is on the allow-list.

    Parameters
    ----------
    text
        The formula, as in ``"a*x**2 + y**4"``.
    variables, parameters, columns
        Every name that may occur; each must occur.
    limited
        Whether the bounds on length and depth apply, and :data:`PIECEWISE` functions may not be called; false for the
        package's own formulas alone.

    Raises
    ------
    ExpressionError
        Quoting the piece that is not allowed.
    """
    check_names([*variables, *parameters])
    check_names(columns, what="column")
    numbers = (*parameters, *columns)
    try:
        return _checked(text, variables, numbers, limited=limited)
    except ExpressionError:
        if said := _retyped(text, variables, numbers):
            raise ExpressionError(said) from None
        raise


def _retyped(text: object, variables: Sequence[str], parameters: Sequence[str]) -> str:
    """What to write for a text that is a formula elsewhere: only what is one here, else nothing."""
    if not isinstance(text, str):
        return ""
    line = one_line(text)
    known = {*variables, *parameters, *CONSTANTS}
    retyped = Retyped(_without_bars(line), known, {*FUNCTIONS, *CALLED} - known)
    written = [written_out(each) for each in retyped.candidates]
    offered = [each for each, _ in written if each != line and _is_formula(each, variables, parameters)]
    calls = written[0][1] if written else ()
    if not offered or len(offered) < len(written) or not (retyped.reasons or len(calls) > 1):  # of one, its own hint
        return ""
    reasons = ", ".join(dict.fromkeys((*retyped.reasons, *calls)))
    write = " or ".join(f'"{_around(line, each)}"' for each in offered)
    return f'"{_around(offered[0], line)}" is not a formula: {reasons}; write {write}'


def _without_bars(line: str) -> str:
    """Two bars as the call that they mean; of more it is not clear which belong together."""
    return re.sub(r"\|([^|]+)\|", r"abs(\1)", line) if line.count("|") == 2 else line


def _is_formula(text: str, variables: Sequence[str], parameters: Sequence[str]) -> bool:
    try:
        _checked(text, variables, parameters, limited=True)
    except ExpressionError:
        return False
    return True


def _around(other: str, text: str, width: int = 60) -> str:
    """A text, or as much of it as fits a message from where it begins to differ from another one."""
    first = next((i for i, (a, b) in enumerate(zip(other, text, strict=False)) if a != b), 0)
    begin = max(0, min(first - 15, len(text) - width)) if len(text) > width else 0
    return ("..." if begin else "") + shorten(text[begin:], width)


def _checked(text: str, variables: Sequence[str], parameters: Sequence[str], *, limited: bool) -> ast.expr:
    if not isinstance(text, str) or not text.strip():
        raise ExpressionError(f"a formula is a text such as 'x**2 + y**2'; got {text!r}")
    if not text.isascii():
        raise ExpressionError(_foreign_message(text))
    if "#" in text:
        raise ExpressionError('"#" is not allowed: what stands behind it would be read as a comment, and dropped')
    if limited and len(text) > MAX_LENGTH:
        raise ExpressionError(f"the formula has {len(text)} characters; at most {MAX_LENGTH} are allowed")
    try:
        tree = ast.parse(one_line(text), mode="eval").body
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
                f'the formula is too large at "{quote(node)}": at most {MAX_NODES} pieces nested {MAX_DEPTH} deep'
            )
        if isinstance(node, ast.Name):
            used.add(_check_name(node.id, known))
        stack.extend((child, depth + _deepens(node, child)) for child in _children(node, limited=limited))
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
            f'"{quote(tree)}" is too large to differentiate twice: about {pieces} pieces, at most {MAX_HESSIAN} are '
            "allowed; fewer variables, shorter products or less nesting help"
        )


def _children(node: ast.expr, *, limited: bool) -> list[ast.expr]:
    """The parts of an allowed node; anything else is refused."""
    functions = FUNCTIONS if limited else (*FUNCTIONS, *PIECEWISE)
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
            raise ExpressionError(f'"{quote(node)}" is not allowed: write powers with **, as in x**2')
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in functions:
            return [argument]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            raise ExpressionError(f'"{quote(node)}" is not allowed: {_of_call(name, arguments)}')
    raise ExpressionError(f'"{quote(node)}" is not allowed{_instead(node)}')


def _of_call(name: str, arguments: Sequence[ast.expr]) -> str:
    if said := hint(name, arguments):
        return said
    if name in FUNCTIONS:
        return f"{name} takes exactly one argument"
    return f'no function "{name}"{did_you_mean(name, FUNCTIONS) or "; " + _ALLOWED}'


def _instead(node: ast.expr) -> str:
    """What to write for a piece of Python that is no formula."""
    match node:
        case ast.Compare() | ast.IfExp() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return f": {OTHERWISE['if']}"
        case ast.Tuple():
            return ": a formula is one number, without commas; a decimal number has a point, as in 1.5"
        case ast.Subscript(value=ast.Name(id=name)):
            return f": each coordinate has a name of its own, as {name}1, {name}2"
        case ast.BinOp(op=ast.Mod() | ast.FloorDiv()):
            return ": it jumps, where there is no gradient; a smooth wave is sin(2*pi*x)"
        case ast.Constant(value=complex()):
            return ": numbers are real"
        case ast.Constant(value=str()):
            return ": a formula has no quotes of its own"
    return f"; {_ALLOWED}"


def _deepens(node: ast.expr, child: ast.expr) -> bool:
    """A chain such as a + b + c + ... leans left without being deep to read or to differentiate."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return not (child is node.left and isinstance(child, ast.BinOp))
    return True


def _check_name(name: str, known: set[str]) -> str:
    if name in FUNCTIONS:
        raise ExpressionError(f'"{name}" is a function and needs an argument, as in {name}(x)')
    if name not in known:
        meant = did_you_mean(name, sorted(known)) or did_you_mean(name, FUNCTIONS)
        raise ExpressionError(
            f'"{name}" is not defined; name it under variables, or with its value under parameters{meant}'
        )
    return name


def _foreign_message(text: str) -> str:
    """Look-alikes are refused, not folded: Python itself would read a full-width x as x."""
    piece = next(c for c in text if not c.isascii())
    meant = f"; write {SIGNS[piece]}" if piece in SIGNS else "; quotes are straight" if piece in "“”„‘’«»" else ""
    return f'"{piece}" ({ascii(piece)[1:-1]}) is not allowed: a formula is plain ASCII{meant}'


def _syntax_message(text: str, error: BaseException) -> str:
    text = one_line(text)
    if not isinstance(error, SyntaxError) or error.text is None or error.offset is None:
        return f'"{shorten(text)}" is not a formula'
    opened, closed = text.count("("), text.count(")")
    if opened != closed:
        missing = f"{opened} brackets are opened and {closed} closed"
        return f'"{shorten(text)}" is not a formula: {missing.replace("1 brackets are", "1 bracket is")}'
    if text[-1] in "+-*/^":
        return f'"{shorten(text)}" is not a formula: nothing stands behind the last {text[-1]}'
    if text.count("|") > 1:
        return f'"{shorten(text)}" is not a formula: |x| {hint("abs", []).removeprefix("abs ")}'
    if "=" in text:
        return f'"{shorten(text)}" is not a formula: it stands alone, without an equals sign, as in x**2 + y**2'
    if re.search(r"\b(if|else)\b", text):
        return f'"{shorten(text)}" is not a formula: {OTHERWISE["if"]}'
    near = text[max(error.offset - 1, 0) :] or text[-20:]
    return (
        f'"{shorten(text)}" is not a formula: unexpected "{shorten(near, 20)}"; a product is written *, a power **, '
        "an argument stands in brackets"
    )


def names_in(text: str) -> tuple[str, ...]:
    """The names in a formula, without those of functions and constants, each once, in the order of the text.

    Of a text that is no formula, everything that looks like one.

    >>> names_in("b1*(1 - exp(-b2*x)) + pi")
    ('b1', 'b2', 'x')
    """
    return tuple(name for name in _named(text) if name not in (*FUNCTIONS, *CONSTANTS))


def constants_in(text: str) -> tuple[str, ...]:
    """The names of constants in a formula.

    >>> constants_in("a*e**(-x)")
    ('e',)
    """
    return tuple(name for name in _named(text) if name in CONSTANTS)


def _named(text: str) -> tuple[str, ...]:
    """The names in a formula that are not called."""
    try:
        nodes = list(ast.walk(ast.parse(one_line(text), mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = re.findall(r"(?<![\w.])[A-Za-z]\w*", text, re.ASCII)
    else:
        called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        names = [node for node in nodes if isinstance(node, ast.Name) and node.id not in called]
        found = [node.id for node in sorted(names, key=lambda node: node.col_offset)]
    return tuple(dict.fromkeys(found))


def one_line(text: str) -> str:
    """A formula folded over several lines of a configuration is one formula."""
    return " ".join(text.split())


def quote(node: ast.expr) -> str:
    """A piece of a formula as a message shows it."""
    try:
        return shorten(ast.unparse(node))
    except (RecursionError, ValueError):
        return type(node).__name__


def shorten(text: str, width: int = 60) -> str:
    """A text, or as much of it as fits a message."""
    return text if len(text) <= width else text[: width - 3] + "..."
