"""What a formula has of its parameters alone, as ``2*a``: computed once in a call of a kernel, and not at every point.

So a formula with parameters takes as many operations as the same with numbers in their place.
"""

from __future__ import annotations

import sympy

from multistart.kernels.formulas import Lines


class Coefficients:
    """The coefficients of a formula, by the symbols ``c0``, ``c1``, ... that stand for them in its expressions.

    Attributes
    ----------
    parameters
        The symbols ``p0``, ``p1``, ... of the parameters, in their order.
    functions
        Names of the functions that the lines of :meth:`lines` call.
    """

    def __init__(self, count: int) -> None:
        self.parameters: tuple[sympy.Symbol, ...] = sympy.symbols(f"p:{count}")
        self.functions: set[str] = set()
        self._meaning: dict[sympy.Expr, sympy.Symbol] = {}
        self._used: set[sympy.Symbol] = set()

    def taken_out(self, expr: sympy.Expr) -> sympy.Expr:
        """The expression with symbols in place of what is made of parameters alone.

        >>> p0, v0 = sympy.symbols("p0 v0")
        >>> Coefficients(1).taken_out(sympy.exp(v0 * (1 - p0)) + 2 * p0 * v0)
        c0*v0 + exp(-c1*v0)
        """
        open_ones = expr.free_symbols & set(self.parameters)
        if not open_ones:
            return expr
        if open_ones == expr.free_symbols:
            return self._coefficient(expr)
        if expr.is_Add or expr.is_Mul:
            fixed = expr.func(*(part for part in expr.args if part.free_symbols <= open_ones))
            varying = [self.taken_out(part) for part in expr.args if not part.free_symbols <= open_ones]
            return expr.func(self.taken_out(fixed), *varying)
        return expr.func(*map(self.taken_out, expr.args))

    def _coefficient(self, expr: sympy.Expr) -> sympy.Expr:
        if expr.is_Symbol:
            self._used.add(expr)
            return expr
        if expr.could_extract_minus_sign():
            return -self._coefficient(-expr)
        return self._meaning.setdefault(expr, sympy.Symbol(f"c{len(self._meaning)}"))

    @property
    def names(self) -> list[str]:
        """What lines for a point read, all of it a number in a call."""
        return [str(p) for p in self.parameters if p in self._used] + [str(c) for c in self._meaning.values()]

    def lines(self, array: str, first: int = 0) -> list[str]:
        """Lines that take the parameters from an array, where they stand from a place on, and compute the others."""
        return [*(f"{p} = {array}[{first + k}]" for k, p in self.read()), *self.computed()]

    def read(self) -> list[tuple[int, sympy.Symbol]]:
        """Places and symbols of the parameters that are needed."""
        read = {p for part in self._meaning for p in part.free_symbols} | self._used
        return [(k, p) for k, p in enumerate(self.parameters) if p in read]

    def computed(self) -> list[str]:
        """Lines that compute what is made of several, or by an operation."""
        lines = Lines()
        values = lines.compute(list(self._meaning))
        self.functions |= lines.functions
        return [*lines.text, *(f"{c} = {x}" for c, x in zip(self._meaning.values(), values, strict=True))]
