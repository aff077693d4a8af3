"""Terms: the arithmetic of a rule's line as the kernel runs it, one operation a node.

How a text becomes operations, the same on every machine:

- a sum of a product and something is one fused multiply-add: ``a*b + c`` is ``fma(a, b, c)``, ``x - lr*g`` is
  ``fma(-lr, g, x)``, ``a*b - c`` is ``fma(a, b, -c)``; of two products the left one is fused, after the right one was
  rounded. Brackets around a product change nothing, a chain ``a*b*c`` is ``(a*b)*c``;
- a whole power up to 64 is products, by squares from the highest bit of the exponent: ``g**2`` is ``g*g`` and fused as
  such, ``g**-2`` is ``1/(g*g)``, ``g**0`` is 1; a power 0.5 or -0.5 is a root. Any other is ``exp(b*log(abs(a)))``,
  1 where ``b`` is 0; where ``a`` is negative, with the sign of a whole ``b``, else not a number;
- all else is run as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from multistart.methods.language import MAX_POWER

SHIFT = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds to a whole number
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_INFIX = {"+": 1, "-": 1, "*": 2, "/": 2}


@dataclass(frozen=True)
class Number:
    """A number of the text."""

    value: float


@dataclass(frozen=True)
class Name:
    """What a name holds after it was assigned ``version`` times; version 0 is what it held before the update."""

    base: str
    version: int = 0


@dataclass(frozen=True)
class Operation:
    """An operation of the kernel's arithmetic: ``+ - * /``, ``negative``, a comparison, ``&``, ``|``, a function."""

    function: str
    operands: tuple[Term, ...]


Term: TypeAlias = Number | Name | Operation
ONE = Number(1.0)


def negative(a: Term) -> Term:
    """``-a``, exactly."""
    match a:
        case Number(value):
            return Number(-value)
        case Operation("negative", (inner,)):
            return inner
    return Operation("negative", (a,))


def add(a: Term, b: Term) -> Term:
    """``a + b``, in one rounding where one of them is a product."""
    if factors := _factors(a):
        return Operation("fma", (*factors, b))
    if factors := _factors(b):
        return Operation("fma", (*factors, a))
    return Operation("+", (a, b))


def subtract(a: Term, b: Term) -> Term:
    """``a - b``, in one rounding where one of them is a product."""
    if factors := _factors(a):
        return Operation("fma", (*factors, negative(b)))
    if factors := _factors(b):
        return Operation("fma", (negative(factors[0]), factors[1], a))
    return Operation("-", (a, b))


def multiply(a: Term, b: Term) -> Term:
    """``a * b``."""
    return Operation("*", (a, b))


def divide(a: Term, b: Term) -> Term:
    """``a / b``."""
    return Operation("/", (a, b))


def call(function: str, *operands: Term) -> Term:
    """A function of the kernel's arithmetic, or a comparison."""
    return Operation(function, operands)


def power(a: Term, b: Term, named: Callable[[Term], Term], *, negative_too: bool = True) -> Term:
    """``a**b``, of an ``a`` and ``b`` that are cheap to write more than once; ``named`` makes other terms so."""
    match b:
        case Number(value) if value == int(value) and abs(value) <= MAX_POWER:
            raised = _whole_power(a, abs(int(value)))
            return raised if value >= 0 else divide(ONE, raised)
        case Number(0.5):
            return call("sqrt", a)
        case Number(-0.5):
            return divide(ONE, call("sqrt", a))
    if not negative_too or (isinstance(b, Number) and b.value % 1):
        raised = call("exp", multiply(b, call("log", a)))  # not a number of what is negative
        return raised if isinstance(b, Number) else _one_at_0(b, raised)
    size = call("exp", multiply(b, call("log", call("abs", a))))
    if isinstance(b, Number):
        return call("select", call("<", a, Number(0.0)), negative(size), size) if b.value % 2 else size
    size = named(size)
    half = named(divide(b, Number(2.0)))
    signed = call("select", call("==", floor(half), half), size, negative(size))
    of_negative = call("select", call("==", floor(b), b), signed, call("sqrt", a))  # not a number
    return _one_at_0(b, call("select", call("<", a, Number(0.0)), of_negative, size))


def _one_at_0(b: Term, raised: Term) -> Term:
    return call("select", call("==", b, Number(0.0)), ONE, raised)


def sign(a: Term) -> Term:
    """1, 0 or -1; not a number where ``a`` is not."""
    negative_or_zero = call("select", call("<", a, Number(0.0)), Number(-1.0), a)
    return call("select", call(">", a, Number(0.0)), ONE, negative_or_zero)


def floor(a: Term) -> Term:
    """The largest whole number not above ``a``, for sizes up to 2**51."""
    near = Operation("-", (Operation("+", (a, Number(SHIFT))), Number(SHIFT)))
    return Operation("-", (near, call("select", call(">", near, a), ONE, Number(0.0))))


def extreme(comparison: str, a: Term, b: Term) -> Term:
    """The smaller (``<``) or larger (``>``) of two; not a number where one of them is not."""
    if isinstance(a, Number):
        return call("select", call(comparison, a, b), a, b)
    if isinstance(b, Number):
        return call("select", call(comparison, b, a), b, a)
    return call("select", call("|", call(comparison, a, b), call("!=", a, a)), a, b)


def _whole_power(a: Term, n: int) -> Term:
    if n == 0:
        return ONE
    result = a
    for bit in f"{n:b}"[1:]:
        result = multiply(result, result)
        if bit == "1":
            result = multiply(result, a)
    return result


def _factors(a: Term) -> tuple[Term, Term] | None:
    match a:
        case Operation("*", (left, right)):
            return left, right
        case Operation("negative", (Operation("*", (left, right)),)):
            return negative(left), right
    return None


def spelled(term: Term, names: dict[Name, str], above: int = 0) -> str:
    """A term as the right side of a line.

    >>> x, g, lr = Name("x"), Name("g"), Name("lr")
    >>> spelled(subtract(x, multiply(lr, g)), {x: "x", g: "g", lr: "learning_rate"})
    'fma(-learning_rate, g, x)'
    """
    match term:
        case Number(value):
            text = repr(value)
            return f"({text})" if value < 0 and above else text
        case Name():
            return names[term]
        case Operation("negative", (a,)):
            text = f"-{spelled(a, names, 3)}"
            return f"({text})" if above else text
        case Operation(function, (a, b)) if function in (*COMPARISONS, "&", "|"):
            return f"({spelled(a, names, 0)} {function} {spelled(b, names, 0)})"
        case Operation(function, (a, b)) if function in _INFIX:
            level = _INFIX[function]
            right = level + 1
            text = f"{spelled(a, names, level)} {function} {spelled(b, names, right)}"
            return f"({text})" if above > level else text
    return f"{term.function}({', '.join(spelled(a, names) for a in term.operands)})"
