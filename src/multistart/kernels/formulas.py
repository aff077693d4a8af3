"""Formulas as straight-line arithmetic: SymPy expressions -> lines of Python, one operation each.

A compiler that may not reassociate cannot factor, and one that may not contract leaves ``a*b + c`` two roundings.
Both are done here, in symbols, so that the text says which operations are run: the same on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import sympy

FUNCTION = 20  # multiplications that take as long as an elementary function, about
Definitions = list[tuple[sympy.Symbol, sympy.Expr]]
_Term = tuple[sympy.Expr, dict[sympy.Expr, int]]  # a number, and bases with their exponents


def simplified(parts: Sequence[sympy.Expr]) -> tuple[Definitions, list[sympy.Expr]]:
    """Return definitions of common subexpressions x0, x1, ... and the parts in terms of them.

    Of the formulas as SymPy gives them and as :func:`factored` leaves them, those that take fewer lines.
    """
    candidates = [list(parts), [factored(part) for part in parts]]
    return min((sympy.cse(c, symbols=sympy.numbered_symbols("x"), list=True) for c in candidates), key=_length)


def _length(reduced: tuple[Definitions, list[sympy.Expr]]) -> int:
    lines = Lines()
    lines.define(reduced[0])
    for part in reduced[1]:
        lines.operand(part)
    return lines.work


def factored(expr: sympy.Expr) -> sympy.Expr:
    """Put the factor that most terms of a sum share before a bracket, and so on inwards: the same real function.

    For a polynomial in one variable this is Horner's scheme; in several, the greedy one of Ceberio and Kreinovich
    (2004, "Greedy algorithms for optimizing multivariate Horner schemes", ACM SIGSAM Bull. 38).

    >>> x = sympy.Symbol("x")
    >>> factored(2 * x**3 - 16 * x + 5)
    x*(2*x**2 - 16) + 5
    """
    if expr.is_Atom or not expr.free_symbols:
        return expr
    if expr.is_Add:
        return _bracketed([_term(argument) for argument in expr.args])
    return expr.func(*(factored(argument) for argument in expr.args))


def _term(expr: sympy.Expr) -> _Term:
    number, rest = expr.as_coeff_Mul()
    powers: Counter[sympy.Expr] = Counter()
    for factor in sympy.Mul.make_args(rest):
        if factor.is_Pow and factor.exp.is_Integer and factor.exp > 0:
            powers[factored(factor.base)] += int(factor.exp)
        elif factor != 1:
            powers[factored(factor)] += 1
    return number, dict(powers)


def _bracketed(terms: list[_Term]) -> sympy.Expr:
    shared = Counter(base for _, powers in terms for base in powers)
    often = [base for base, count in shared.items() if count > 1]
    if not often:
        return sympy.Add(*(sympy.Mul(number, *(b**n for b, n in powers.items())) for number, powers in terms))
    # What is dear to compute goes out first, so that the brackets become polynomials.
    base = min(often, key=lambda b: (not b.has(sympy.Function), -shared[b], sympy.default_sort_key(b)))
    least = min(powers[base] for _, powers in terms if base in powers)
    inner = [(number, _divided(powers, base, least)) for number, powers in terms if base in powers]
    outer = [(number, powers) for number, powers in terms if base not in powers]
    product = sympy.Mul(base**least, _bracketed(inner))
    return sympy.Add(product, _bracketed(outer)) if outer else product


def _divided(powers: dict[sympy.Expr, int], base: sympy.Expr, n: int) -> dict[sympy.Expr, int]:
    return {b: m - n * (b == base) for b, m in powers.items() if b != base or m > n}


class Lines:
    """Lines of Python that compute expressions; a subexpression that was computed before is not again.

    Attributes
    ----------
    text
        Assignments, in order.
    functions
        Names of the functions they call, ``fma`` among them.
    work
        How much there is to do, in multiplications.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self.functions: set[str] = set()
        self.work = 0
        self._known: dict[object, str] = {}
        self._depth: dict[str, int] = {}

    def define(self, definitions: Definitions) -> None:
        """Compute common subexpressions, to be used by their symbols."""
        for symbol, expr in definitions:
            self._known[symbol] = self.operand(expr)

    def compute(self, parts: Sequence[sympy.Expr]) -> list[str]:
        """Return the names or numbers that stand for expressions, after the lines that compute them all."""
        definitions, reduced = simplified(parts)
        self.define(definitions)
        return [self.operand(part) for part in reduced]

    def operand(self, expr: sympy.Expr) -> str:
        """Return the name or number that stands for an expression, after the lines that compute it."""
        if not expr.free_symbols:
            return _literal(expr)
        if expr not in self._known:
            self._known[expr] = str(expr) if expr.is_Symbol else self._compute(expr)
        return self._known[expr]

    def _compute(self, expr: sympy.Expr) -> str:
        if expr.is_Add:
            return self._sum(expr)
        if expr.is_Mul:
            sign, factors = self._factors(expr)
            return sign + self._product(factors)
        if expr.is_Pow and expr.base is not sympy.E:
            return self._pow(expr.base, expr.exp)
        arguments = [expr.exp] if expr.is_Pow else expr.args
        return self._call("exp" if expr.is_Pow else type(expr).__name__, *(self.operand(a) for a in arguments))

    def _sum(self, expr: sympy.Expr) -> str:
        """Terms with one number in common are added first; then fused multiply-adds, what is ready first inmost."""
        groups: dict[sympy.Expr, list[tuple[str, list[str]]]] = {}
        for term in expr.as_ordered_terms():
            number, rest = term.as_coeff_Mul() if term.free_symbols else (sympy.S.One, term)
            sign, factors = self._factors(rest)
            negative = (number < 0) != (sign == "-")
            groups.setdefault(abs(number), []).append(("-" if negative else "", factors))
        plain = groups.pop(sympy.S.One, [])
        for number, terms in groups.items():
            alike = all(sign for sign, _ in terms)
            flipped = [("", factors) for _, factors in terms] if alike else terms
            inner = flipped[0][1] if len(flipped) == 1 else [self._chain(flipped)]
            plain.append(("-" if alike else "", [_literal(number), *inner]))
        return self._chain(plain)

    def _chain(self, terms: list[tuple[str, list[str]]]) -> str:
        terms = sorted(terms, key=lambda term: (max(self._ready(f) for f in term[1]), len(term[1]) > 1))
        sign, factors = terms[0]
        total = sign + self._product(factors)
        for sign, factors in terms[1:]:
            if len(factors) > 1:
                total = self._call("fma", sign + self._product(factors[:-1]), factors[-1], total)
            else:
                total = self._assign(f"{total} {sign or '+'} {factors[0]}", factors[0], total)
        return total

    def _ready(self, operand: str) -> int:
        """How many operations after the load of the coordinates an operand is there."""
        return self._depth.get(operand.lstrip("-"), 0)

    def _factors(self, term: sympy.Expr) -> tuple[str, list[str]]:
        """The sign of a product, and its factors, of which a number is the first."""
        factors = sympy.Mul.make_args(term)
        number = sympy.Mul(*(f for f in factors if not f.free_symbols))
        below = [1 / f for f in factors if f.is_Pow and f.free_symbols and f.exp.is_Rational and f.exp < 0]
        above = [f for f in factors if f.free_symbols and not (f.is_Pow and f.exp.is_Rational and f.exp < 0)]
        sign, operands = (
            ("-", []) if number == -1 and factors != (number,) else ("", [_literal(number)] * (number != 1))
        )
        operands += sorted((self.operand(f) for f in above), key=self._ready)
        if below:
            over, under = self._product(operands or ["1.0"]), self._product([self.operand(f) for f in below])
            operands = [self._assign(f"{over} / {under}", over, under)]
        return sign, operands or ["1.0"]

    def _product(self, factors: list[str]) -> str:
        total = factors[0]
        for factor in factors[1:]:
            total = self._assign(f"{total} * {factor}", total, factor)
        return total

    def _pow(self, base: sympy.Expr, exponent: sympy.Expr) -> str:
        x = self.operand(base)
        if not (exponent.is_Rational and exponent.q in (1, 2)):
            return self._call("pow", x, self.operand(exponent))
        whole, half = divmod(abs(exponent.p), exponent.q)
        factors = [self._power(x, whole)] if whole else []
        factors += [self._call("sqrt", x)] if half else []
        product = self._product(factors)
        return product if exponent.p > 0 else self._assign(f"1.0 / {product}", product)

    def _power(self, x: str, n: int) -> str:
        """Squares and products, from the highest bit of ``n`` (Knuth, TAOCP 2, section 4.6.3)."""
        if n == 1:
            return x
        root = self._power(x, n // 2)
        square = self._assign(f"{root} * {root}", root)
        return self._assign(f"{square} * {x}", square, x) if n % 2 else square

    def _call(self, function: str, *arguments: str) -> str:
        self.functions.add(function)
        return self._assign(
            f"{function}({', '.join(arguments)})", *arguments, cost=1 if function == "fma" else FUNCTION
        )

    def _assign(self, text: str, *operands: str, cost: int = 1) -> str:
        if text not in self._known:
            name = self._known[text] = f"t{len(self.text)}"
            self._depth[name] = max(map(self._ready, operands)) + cost
            self.text.append(f"{name} = {text}")
            self.work += cost
        return self._known[text]


def _literal(number: sympy.Expr) -> str:
    """A number as the nearest double, in digits that read back as the same double."""
    if number.is_Rational:
        try:
            return repr(number.p / number.q)  # integer division rounds once
        except OverflowError:
            return "math.inf" if number > 0 else "-math.inf"
    value = complex(number.evalf(30))
    if value.imag or math.isnan(value.real):
        return "math.nan"
    return repr(value.real) if math.isfinite(value.real) else ("math.inf" if value.real > 0 else "-math.inf")
