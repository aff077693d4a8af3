"""Lines of the kernel's Python, printed as JavaScript: exact ones with the same bits, plain ones that are fast.

Only what lines are made of is printed (an allow-list on the syntax tree), and every operation stays where it is: no
sum is reassociated, no constant folded. Doubles and IEEE 754 operations are those of Python; a comparison with what is
not a number is false in both.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _SIGN, _ATOM = range(1, 8)  # how tightly operators bind; a choice is 0
_INFIX = {ast.Add: ("+", _SUM), ast.Sub: ("-", _SUM), ast.Mult: ("*", _PRODUCT), ast.Div: ("/", _PRODUCT)}
_LOGIC = {ast.And: ("&&", _AND), ast.Or: ("||", _OR), ast.BitAnd: ("&&", _AND), ast.BitOr: ("||", _OR)}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!=="}
_CONSTANTS = {"math.inf": "Infinity", "math.nan": "NaN", "np.inf": "Infinity", "math.sqrt": "Math.sqrt"}
#: Functions that are the same in both: exact by ECMAScript or, as the root, in every engine; or compared numbers.
_COMMON = {"abs": "Math.abs", "sqrt": "Math.sqrt", "pow": "Math.pow", "larger": "larger", "smaller": "smaller"}
_COMMON |= {name: name for name in ("clip", "huber", "inside")}  # of piecewise.js
Printed = tuple[str, int]  # text, and how tightly it binds


@dataclass(frozen=True)
class Dialect:
    """How a multiply-add and elementary functions are spelled."""

    name: str
    fused: bool
    function: Callable[[str], str]

    def expression(self, text: str) -> str:
        """An expression of the kernel's Python as JavaScript.

        >>> PLAIN.expression("fma(-t0, exp(v1), t2)"), EXACT.expression("select(t0 > 0.0, 1.0 / (t1 + t2), math.nan)")
        ('-t0 * Math.exp(v1) + t2', 't0 > 0 ? 1 / (t1 + t2) : NaN')
        """
        return self._printed(ast.parse(text, mode="eval").body)[0]

    def lines(self, lines: Sequence[str], given: Sequence[str] = ()) -> list[str]:
        """Assignments as JavaScript, each name declared where it is first assigned unless it is given."""
        trees = [_assignment(line) for line in lines]
        names = [name for name, _ in trees]
        declared, printed = set(given), []
        for name, value in trees:
            word = "" if name in declared else "const " if names.count(name) == 1 else "let "
            declared.add(name)
            printed.append(f"{word}{name} = {self._printed(value)[0]};")
        return printed

    def _printed(self, node: ast.expr) -> Printed:
        match node:
            case ast.Constant(value=int() | float() as value):
                return _number(value), _ATOM
            case ast.Name(id=name):
                return name, _ATOM
            case ast.Attribute() if (name := ast.unparse(node)) in _CONSTANTS:
                return _CONSTANTS[name], _ATOM
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int() as place)):
                return f"{name}[{place}]", _ATOM
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{self._within(operand, _ATOM)}", _SIGN
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _INFIX:
                sign, level = _INFIX[type(op)]
                return f"{self._within(left, level)} {sign} {self._within(right, level + 1)}", level
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _LOGIC:
                return self._joined(op, [left, right])
            case ast.BoolOp(op=op, values=values):
                return self._joined(op, values)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                sides = [self._within(side, _SUM) for side in (left, right)]
                return f" {_COMPARISONS[type(op)]} ".join(sides), _COMPARISON
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._choice(test, body, orelse)
            case ast.Call(func=function, args=arguments, keywords=[]):
                return self._call(ast.unparse(function), arguments)
        raise AssertionError(f"not of the kernel's lines: {ast.dump(node)}")

    def _within(self, node: ast.expr, level: int) -> str:
        text, binds = self._printed(node)
        return text if binds >= level else f"({text})"

    def _joined(self, op: ast.AST, parts: Sequence[ast.expr]) -> Printed:
        sign, level = _LOGIC[type(op)]
        return f" {sign} ".join(self._within(part, level + 1) for part in parts), level

    def _choice(self, *parts: ast.expr) -> Printed:
        condition, yes, no = (self._within(part, _OR) for part in parts)
        return f"{condition} ? {yes} : {no}", 0

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> Printed:
        if name == "select":
            return self._choice(*arguments)
        if name == "fma" and not self.fused:
            a, b, c = (self._within(x, level) for x, level in zip(arguments, (_PRODUCT, _SIGN, _SUM), strict=True))
            return f"{a} * {b} + {c}", _SUM
        spelled = _CONSTANTS.get(name) or _COMMON.get(name) or self.function(name)
        return f"{spelled}({', '.join(self._printed(x)[0] for x in arguments)})", _ATOM


def _assignment(line: str) -> tuple[str, ast.expr]:
    match ast.parse(line).body:
        case [ast.Assign(targets=[ast.Name(id=name)], value=value)]:
            return name, value
    raise AssertionError(f"not of the kernel's lines: {line}")


def _number(value: float) -> str:
    """The shortest digits that read back as the same double."""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)


EXACT = Dialect("exact", True, lambda name: name)
PLAIN = Dialect("plain", False, lambda name: f"Math.{name}")


def method(head: str, lines: Sequence[str]) -> str:
    """A method of an object literal."""
    return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}"])


def literal(parts: Sequence[str]) -> str:
    """An object literal of parts that stand on lines of their own."""
    inside = ",\n".join(parts).replace("\n", "\n  ")
    return f"{{\n  {inside}\n}}"
