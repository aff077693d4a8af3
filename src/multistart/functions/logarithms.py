"""A formula in terms of logarithms of some of its variables: ``exp(log_b)`` in place of b."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from multistart.functions.conditions import Condition, needed
from multistart.functions.formula import Formula
from multistart.scales import PREFIX

if TYPE_CHECKING:
    import sympy


def in_logarithms(formula: Formula, logged: Sequence[str]) -> Formula:
    """A formula with ``exp(log_b)`` in place of each logged variable b.

    While it is put in, ``log_b`` is known to be real, so that ``log(b)`` becomes ``log_b``, and ``sqrt(b)`` becomes
    ``exp(log_b/2)``: equal for every real number. Conditions that hold for every b above 0 are gone.

    >>> from multistart.functions.formula import parse
    >>> in_logarithms(parse("b**2*log(b)", ["b"]), ["b"])
    Formula(expression=log_b*exp(2*log_b), conditions=(), of_parameters=(), constants=())
    """
    import sympy

    real = {name: sympy.Dummy(PREFIX + name, real=True) for name in logged}
    put_in = {sympy.Symbol(name): sympy.exp(exponent) for name, exponent in real.items()}
    plain = {exponent: sympy.Symbol(PREFIX + name) for name, exponent in real.items()}

    def replaced(part: sympy.Expr) -> sympy.Expr:
        return part.xreplace(put_in).xreplace(plain)

    conditions = needed(Condition(c.kind, replaced(c.part)) for c in formula.conditions)
    return replace(formula, expression=replaced(formula.expression), conditions=conditions)
