"""Where a formula is defined: what must hold of its parts, kept beside the expression that SymPy simplifies.

SymPy enlarges a function's domain as it builds: ``sqrt(x)**2`` becomes ``x``, ``x**2/x`` too. The function is what
the text says, so each operation that is not defined everywhere leaves a condition on its operand, and the function
is undefined where any of them fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

#: What may be asked of a part ``u``: ``u > 0``, ``u >= 0``, ``u != 0``.
POSITIVE, NONNEGATIVE, NONZERO = "positive", "nonnegative", "nonzero"
_SIGNS = {POSITIVE: ">", NONNEGATIVE: ">=", NONZERO: "!="}


@dataclass(frozen=True)
class Condition:
    """What must hold of a part of a formula: ``kind`` of ``part``."""

    kind: str
    part: sympy.Expr

    def __str__(self) -> str:
        return f"{self.part} {_SIGNS[self.kind]} 0"

    @property
    def never_holds(self) -> bool:
        """Whether the form of the part shows that the condition holds nowhere."""
        opposite = (-self.part).expand()
        if self.kind == POSITIVE:
            return is_nonnegative(opposite)
        return self.kind == NONNEGATIVE and is_positive(opposite)

    def holds_for(self, number: sympy.Expr) -> bool:
        """Whether a number is what the condition asks for."""
        sign = sign_of(number)
        return {POSITIVE: sign > 0, NONNEGATIVE: sign >= 0, NONZERO: sign != 0}[self.kind]


def of_call(name: str, argument: sympy.Expr) -> list[Condition]:
    """What a function asks of its argument; tan has its poles where the cosine is 0."""
    import sympy

    match name:
        case "log" | "log2" | "log10":
            return [Condition(POSITIVE, argument)]
        case "sqrt":
            return [Condition(NONNEGATIVE, argument)]
        case "asin" | "acos":
            return [Condition(NONNEGATIVE, 1 - argument**2)]
        case "acosh":
            return [Condition(NONNEGATIVE, argument - 1)]
        case "atanh":
            return [Condition(POSITIVE, 1 - argument**2)]
        case "tan" | "sec":
            return [Condition(NONZERO, sympy.cos(argument))]
        case "cot" | "csc":  # nobody may write these, but tan(x + pi/2) is -cot(x)
            return [Condition(NONZERO, sympy.sin(argument))]
        case "coth":
            return [Condition(NONZERO, argument)]
    return []


def of_power(base: sympy.Expr, exponent: sympy.Expr) -> list[Condition]:
    """What a power asks of its base: not to be negative under a root, not to be 0 in a quotient.

    With a variable exponent it is ``exp(v log u)``, as in complex analysis: for positive ``u`` alone. ``0**v`` would be
    0, 1 or infinite by the sign of ``v``, and SymPy drops it from ``u**v * u**(-v)``.
    """
    if exponent.is_Integer:
        return [Condition(NONZERO, base)] if exponent < 0 else []
    root = exponent.is_number and exponent.evalf(15) > 0
    return [Condition(NONNEGATIVE if root else POSITIVE, base)]


def of_expression(expression: sympy.Expr) -> tuple[Condition, ...]:
    """The conditions that an expression asks for as it stands."""
    return needed(_asked(expression))


def _asked(expression: sympy.Expr) -> list[Condition]:
    """What the operations of an expression ask for, one after the other."""
    import sympy

    found: list[Condition] = []
    for node in sympy.preorder_traversal(expression):
        if node.is_Pow and node.base is not sympy.E:
            found += of_power(node.base, node.exp)
        elif node.is_Function:
            found += of_call(type(node).__name__, node.args[0])
    return found


def singularities(expression: sympy.Expr) -> list[Condition]:
    """Where an expression may not be smooth: its conditions made strict, also of parts that are never negative.

    ``sqrt(x**2)`` is defined everywhere, and not smooth where ``x**2`` is 0.
    """
    strict = [Condition(NONZERO if c.kind == NONZERO else POSITIVE, c.part) for c in _asked(expression)]
    return [c for c in dict.fromkeys(strict) if not _always(c.kind, c.part)]


def needed(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The conditions without repetitions and without those that always hold, in a fixed order."""
    import sympy

    kept = {}
    for condition in conditions:
        number, rest = condition.part.as_coeff_Mul()
        part = rest if number > 0 else condition.part
        if not _always(condition.kind, part):
            kept[condition.kind, part] = Condition(condition.kind, part)
    return tuple(kept[key] for key in sorted(kept, key=lambda key: (key[0], sympy.default_sort_key(key[1]))))


def _always(kind: str, part: sympy.Expr) -> bool:
    """Whether the form of a part shows that a condition holds wherever the part is defined."""
    if kind == NONZERO:
        return is_positive(part) or is_positive(-part)
    return is_nonnegative(part) if kind == NONNEGATIVE else is_positive(part)


def is_positive(part: sympy.Expr) -> bool:
    """Whether the form of an expression shows that it is above 0: ``1 + x**2``, ``exp(x)``."""
    import sympy

    if part.is_number:
        return sign_of(part) > 0
    if part.is_Add:
        return all(map(is_nonnegative, part.args)) and any(map(is_positive, part.args))
    if part.is_Mul:
        return all(map(is_positive, part.args))
    if part.is_Pow and part.base is not sympy.E:
        return is_positive(part.base) or not part.exp.is_number
    return part.func in (sympy.exp, sympy.cosh) or (part.is_Pow and part.base is sympy.E)


def is_nonnegative(part: sympy.Expr) -> bool:
    """Whether the form of an expression shows that it is nowhere below 0: ``x**2``, ``sqrt(x)``."""
    import sympy

    if part.is_number:
        return sign_of(part) >= 0
    if part.is_Add or part.is_Mul:
        return all(map(is_nonnegative, part.args))
    if part.is_Pow and part.base is not sympy.E:
        even_or_root = part.exp.is_Rational and (part.exp.p % 2 == 0 or part.exp.q > 1)
        return bool(even_or_root) or is_nonnegative(part.base)
    return is_positive(part)


def sign_of(number: sympy.Expr) -> int:
    """The sign of a real number that SymPy spells, 0 also where only digits show it: ``cos(1)**2 + sin(1)**2 - 1``."""
    value = number.evalf(30)
    return 0 if is_zero(value) else 1 if value > 0 else -1


def is_zero(value: sympy.Expr) -> bool:
    """Whether a result of ``evalf`` is 0: it has one bit where a sum cancelled at every precision that was tried."""
    import sympy

    return value == 0 or all(part == 0 or part._prec == 1 for part in value.atoms(sympy.Float))
