"""The language of update rules: assignments as in a textbook, an allow-list on Python's syntax tree.

A rule is a list of assignments, made in order for each coordinate. They may read ``x``, the coordinate; ``g``, its
component of the gradient; ``lr``, the rate of this update; ``t``, the updates made before it (0, 1, ...); ``N``, the
step limit; ``gnorm``, the gradient's Euclidean norm; the rule's state and parameters; and names assigned before. They
must assign ``x``. A schedule is one assignment of ``lr`` in ``lr`` (the base rate), ``t``, ``N`` and its parameters.

Allowed are numbers, ``pi``, ``+ - * / **``, the functions of :data:`FUNCTIONS`, and ``where(condition, a, b)`` with
comparisons joined by ``and`` and ``or``. Nothing that a user typed is ever evaluated: :func:`statements` looks at every
node and refuses the rest, :mod:`multistart.methods.translation` writes the kernel's lines from what is left.

``sign(0)`` is 0; ``sign``, ``abs``, ``min`` and ``max`` of what is not a number are not a number; ``where`` takes ``b``
where its condition compares with what is not a number, and what it does not take does not matter. A power of what is
negative is that of its exponent where this is whole, by whatever lines, and else not a number.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from multistart.errors import ExpressionError, did_you_mean
from multistart.functions.expressions import quote, shorten
from multistart.methods.rule import WIDTH, is_finite

#: Functions and how many arguments they take, at least and at most.
FUNCTIONS = dict.fromkeys(("abs", "cos", "exp", "floor", "log", "sign", "sin", "sqrt", "tanh"), (1, 1))
FUNCTIONS |= {"max": (2, 8), "min": (2, 8), "pow": (2, 2), "where": (3, 3)}
OF_THE_UPDATE = ("x", "g", "lr", "t", "N", "gnorm")
OF_A_SCHEDULE = ("lr", "t", "N")
#: Names with a meaning of their own, here or in the lines that are made of a rule.
RESERVED = frozenset((*FUNCTIONS, *OF_THE_UPDATE, "pi", "fma", "learning_rate", "select", "smaller"))
RESERVED |= {WIDTH, f"place_in_{WIDTH}s", f"slope_in_{WIDTH}s"}

#: What names of a schedule begin with, once it stands in the lines of a rule.
PREFIX = "schedule_"

MAX_LINES = 40  # assignments of a rule
MAX_LENGTH = 400  # characters of one
MAX_PIECES = 200  # numbers, names, operations and calls of one
MAX_DEPTH = 25  # of nested brackets, calls and operations
MAX_NAMES = 20  # of state, and of parameters
MAX_NAME = 30  # characters
MAX_POWER = 64  # of an exponent that is a whole number

Statement = tuple[str, ast.expr]
_ALLOWED = f"allowed are names, numbers, + - * / **, comparisons in where, and {', '.join(FUNCTIONS)}"
_OPERATIONS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def statements(
    lines: Sequence[str],
    *,
    state: Mapping[str, object] = MappingProxyType({}),
    parameters: Collection[str] = (),
    flags: Collection[str] = (),
    given: Sequence[str] = OF_THE_UPDATE,
    result: str = "x",
    limited: bool = True,
) -> list[Statement]:
    """The names that lines assign, in order, each with the syntax tree of its value.

    Parameters
    ----------
    state
        Start values of the names that a descent remembers: numbers, or names of parameters.
    parameters, flags
        Names that lines may read besides; flags only as the condition of ``where``.
    given
        Names that the kernel gives.
    result
        What the lines are for, and must assign.
    limited
        Whether the bounds on length and number apply; not to what the package wrote itself.

    Raises
    ------
    ExpressionError
        Quoting the piece that is not allowed, in one sentence.
    """
    for names, what in ((state, "state"), (parameters, "parameter")):
        check_names(names, what, taken=state if what == "parameter" else ())
        if limited and len(names) > MAX_NAMES:
            raise ExpressionError(f"{len(names)} names of {what}; at most {MAX_NAMES} are possible")
    if isinstance(lines, str) or not lines or len(lines) > MAX_LINES:
        raise ExpressionError(f'update is a list of 1 to {MAX_LINES} assignments, as in ["x = x - lr*g"]')
    known = {*given, *state, *parameters, "pi"}
    found: list[Statement] = []
    for line in lines:
        name, value = _assignment(line, {*given, *parameters, *flags} - {result}, MAX_LENGTH if limited else 10**4)
        _check(value, known, frozenset(flags))
        known.add(name)
        found.append((name, value))
    assigned = {name for name, _ in found}
    if result not in assigned:
        raise ExpressionError(f'the rule assigns nothing to {result}; its last line is one such as "x = x - lr*g"')
    for name in state:
        if name not in assigned:
            raise ExpressionError(f'state "{name}" is never assigned; assign it in a line, or name it under parameters')
    read = {node.id for _, value in found for node in ast.walk(value) if isinstance(node, ast.Name)}
    read |= {start for start in state.values() if isinstance(start, str)}
    for name in parameters:
        if name not in read:
            raise ExpressionError(f'parameter "{name}" occurs in no line; remove it or use it')
    return found


def check_names(names: Collection[str], what: str, taken: Collection[str]) -> None:
    """Refuse names that are no plain names, have a meaning of their own, or are taken.

    Raises
    ------
    ExpressionError
        Naming the name and the reason.
    """
    for name in names:
        _check_name(name, what)
        if name in taken:
            raise ExpressionError(f'"{name}" is a state and a parameter; give one of them another name')


def _check_name(name: object, what: str) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name, re.ASCII):
        raise ExpressionError(f'{what} "{shorten(str(name))}" is not a plain name: a letter, then letters, digits or _')
    if len(name) > MAX_NAME:
        raise ExpressionError(f'{what} "{shorten(name)}" is longer than {MAX_NAME} characters')
    if name in RESERVED or keyword.iskeyword(name) or name.startswith(PREFIX):
        raise ExpressionError(f'{what} "{name}" is a reserved name; choose another, such as "{name}1"')


def _assignment(line: object, fixed: set[str], longest: int) -> Statement:
    """The name that a line assigns, which is not a fixed one, and its value."""
    if not isinstance(line, str) or not line.strip():
        raise ExpressionError(f'a line of a rule is a text such as "x = x - lr*g"; got {shorten(repr(line))}')
    text = " ".join(line.split())
    if not line.isascii() or "#" in line:
        raise ExpressionError(f'"{shorten(text)}" is not allowed: a line is plain ASCII without #')
    if len(line) > longest:
        raise ExpressionError(f"a line has {len(line)} characters; at most {longest} are allowed")
    try:
        (statement,) = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f'"{shorten(text)}" is not one assignment such as "x = x - lr*g"') from None
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case _:
            raise ExpressionError(f'"{shorten(text)}" is not one assignment such as "x = x - lr*g"')
    if name in fixed:
        raise ExpressionError(f'"{shorten(text)}" assigns {name}, which is given; choose another name')
    if name not in ("x", "lr"):
        _check_name(name, "assigned name")
    return name, value


def _check(value: ast.expr, known: set[str], flags: frozenset[str]) -> None:
    """Look at every node of a value."""
    stack: list[tuple[ast.expr, int]] = [(value, 0)]
    pieces = 0
    while stack:
        node, depth = stack.pop()
        pieces += 1
        if pieces > MAX_PIECES or depth > MAX_DEPTH:
            raise ExpressionError(
                f'"{quote(node)}" makes a line too large: at most {MAX_PIECES} pieces nested {MAX_DEPTH} deep; '
                "assign a part to a name of its own"
            )
        if isinstance(node, ast.Name):
            _check_read(node.id, known, flags)
        stack.extend((child, depth + 1) for child in _children(node, flags))


def _check_read(name: str, known: set[str], flags: frozenset[str]) -> None:
    if name in FUNCTIONS:
        raise ExpressionError(f'"{name}" is a function and needs an argument, as in {name}(g)')
    if name in flags:
        raise ExpressionError(f'"{name}" is true or false, and stands only as where({name}, a, b)')
    if name not in known:
        how = "name it under state or parameters, or assign it in a line before"
        if "x" not in known:  # a formula by itself, which declares nothing
            how = f"names here are {', '.join(sorted(known, key=str.lower))}"
        hint = "; Euler's number is exp(1)" if name == "e" else did_you_mean(name, known)
        raise ExpressionError(f'"{name}" is not defined; {how}{hint}')


def _children(node: ast.expr, flags: frozenset[str]) -> list[ast.expr]:
    """The parts of an allowed node; anything else is refused."""
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float()):
            return _finite(node)
        case ast.Name():
            return []
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATIONS):
            return [left, right]
        case ast.BinOp(op=ast.BitXor()):
            raise ExpressionError(f'"{quote(node)}" is not allowed: write powers with **, as in g**2')
        case ast.Call(func=ast.Name(id="where"), args=[condition, a, b], keywords=[]):
            return [*_conditions(condition, flags), a, b]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            least, most = FUNCTIONS[name]
            if least <= len(arguments) <= most and not any(isinstance(a, ast.Starred) for a in arguments):
                return list(arguments)
            count = str(least) if least == most else f"{least} to {most}"
            raise ExpressionError(f'"{quote(node)}" is not allowed: {name} takes {count} argument{"s" * (most > 1)}')
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            raise ExpressionError(f'"{quote(node)}" is not allowed: arguments of {name} stand in order, without names')
        case ast.Call(func=ast.Name(id=name)):
            hint = did_you_mean(name, FUNCTIONS)
            raise ExpressionError(f'"{quote(node)}" is not allowed: no function "{name}"{hint or "; " + _ALLOWED}')
    raise ExpressionError(f'"{quote(node)}" is not allowed; {_ALLOWED}')


def _finite(node: ast.Constant) -> list[ast.expr]:
    if not is_finite(node.value):
        raise ExpressionError(f'"{quote(node)}" is larger than any number that a computer\'s arithmetic holds')
    return []


def _conditions(node: ast.expr, flags: frozenset[str]) -> list[ast.expr]:
    """What the comparisons of a condition compare; a flag compares nothing."""
    match node:
        case ast.Name(id=name) if name in flags:
            return []
        case ast.BoolOp(values=values):
            return [part for value in values for part in _conditions(value, flags)]
        case ast.Compare(left=left, ops=ops, comparators=others) if all(isinstance(op, _COMPARISONS) for op in ops):
            return [left, *others]
    raise ExpressionError(f'"{quote(node)}" is no condition of where: write comparisons such as g > 0, with and, or')


def starts(state: Mapping[str, object], parameters: Collection[str]) -> dict[str, float | str]:
    """The start values of a state: finite numbers, or names of parameters, ``lr`` among them.

    Raises
    ------
    ExpressionError
        Any other value, naming the state.
    """
    found: dict[str, float | str] = {}
    for name, value in state.items():
        if isinstance(value, str) and value in {*parameters, "lr"}:
            found[name] = value
        elif is_finite(value):
            found[name] = float(value)  # type: ignore[arg-type]
        else:
            raise ExpressionError(
                f'state "{name}" starts at a finite number, a parameter or lr; got {shorten(repr(value))}'
            )
    return found
