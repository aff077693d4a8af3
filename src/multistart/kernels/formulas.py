"""Formulas as straight-line arithmetic: SymPy expressions -> lines of Python, one operation each.

A compiler that may not reassociate cannot factor, and one that may not contract leaves ``a*b + c`` two roundings.
Both are done here, in symbols, so that the text says which operations are run: the same on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import sympy

from multistart.kernels import vectormath

_FIXED = "pc"  # what symbols begin with that stand for a free parameter, or for a coefficient made of some
FUNCTION = 20  # multiplications that take as long as an elementary function, about
Definitions = list[tuple[sympy.Symbol, sympy.Expr]]
_Reduced = tuple[tuple[tuple[sympy.Symbol, sympy.Expr], ...], tuple[sympy.Expr, ...]]
_Term = tuple[sympy.Expr, dict[sympy.Expr, int]]  # a number, and bases with their exponents


def simplified(parts: Sequence[sympy.Expr]) -> tuple[Definitions, list[sympy.Expr]]:
    """Return definitions of common subexpressions x0, x1, ... and the parts in terms of them.

    Of the formulas as SymPy gives them, as :func:`factored` leaves them and as :func:`multiplied` does after that, with
    multiples of a symbol as common subexpressions and without, those that take fewer lines.
    """
    definitions, reduced = _shortest(tuple(parts))
    return list(definitions), list(reduced)


@lru_cache(maxsize=64)  # each rule's kernel asks for the same gradient
def _shortest(parts: tuple[sympy.Expr, ...]) -> _Reduced:
    factored_parts = tuple(factored(part) for part in parts)
    forms = dict.fromkeys((tuple(multiplied(part) for part in factored_parts), factored_parts, parts))
    found = [sympy.cse(form, symbols=sympy.numbered_symbols("x"), list=True) for form in forms]
    ways = (_without_multiples, lambda *same: same)
    different = dict.fromkeys((tuple(d), tuple(p)) for way in ways for d, p in (way(*reduced) for reduced in found))
    return min(different, key=_length)


def _without_multiples(definitions: Definitions, parts: list[sympy.Expr]) -> tuple[Definitions, list[sympy.Expr]]:
    """Put number times symbol back where it is used: its number may merge with others there."""
    multiples: dict[sympy.Symbol, sympy.Expr] = {}
    kept = []
    for symbol, expr in definitions:
        expr = expr.xreplace(multiples)
        if expr.is_Mul and expr.as_coeff_Mul()[1].is_Symbol:
            multiples[symbol] = expr
        else:
            kept.append((symbol, expr))
    return kept, [part.xreplace(multiples) for part in parts]


def _length(reduced: _Reduced) -> int:
    lines = Lines()
    lines.write(*reduced)
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


def multiplied(expr: sympy.Expr) -> sympy.Expr:
    """Multiply numbers before a sum into it, where all its terms but one have numbers anyway: the same real function.

    >>> x, y = sympy.symbols("x y")
    >>> multiplied(sympy.Mul(3, y, 2 * x + 1))
    y*(6*x + 3)
    """
    if expr.is_Atom or not expr.free_symbols:
        return expr
    arguments = [multiplied(argument) for argument in expr.args]
    if expr.is_Mul and arguments[0].is_Number:
        for i, argument in enumerate(arguments):
            if argument.is_Add and sum(abs(t.as_coeff_Mul()[0]) == 1 for t in argument.args if t.free_symbols) < 2:
                inside = sympy.Add(*(multiplied(arguments[0] * term) for term in argument.args))
                return sympy.Mul(inside, *arguments[1:i], *arguments[i + 1 :])
    return expr.func(*arguments)


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
    margins
        Names of numbers that must not be negative, or what was computed is wrong; only in lines for usual arguments.
    slanted
        Of those margins whose function has an argument ``slope * coordinate + offset`` its name, slope, coordinate and
        offset.
    work
        How much there is to do, in multiplications.
    """

    def __init__(self, *, usual: bool = False) -> None:
        self.text: list[str] = []
        self.functions: set[str] = set()
        self.margins: list[str] = []
        self.slanted: dict[str, tuple[str, str, str, str]] = {}
        self.work = 0
        self._for_usual = usual
        self._known: dict[object, str] = {}
        self._depth: dict[str, int] = {}
        self._powers: dict[sympy.Expr, set[int]] = {}  # which are asked for, of each base
        self._lines: dict[sympy.Expr, sympy.Expr] = {}  # what symbols mean that are straight lines in one coordinate

    def compute(self, parts: Sequence[sympy.Expr]) -> list[str]:
        """Return the names or numbers that stand for expressions, after the lines that compute them all."""
        return self.write(*simplified(parts))

    def write(self, definitions: Sequence[tuple[sympy.Symbol, sympy.Expr]], parts: Sequence[sympy.Expr]) -> list[str]:
        """Return what stands for parts in terms of common subexpressions, which are computed first."""
        for expr in [*(expr for _, expr in definitions), *parts]:
            for power in expr.atoms(sympy.Pow):
                if power.exp.is_Integer and power.exp > 1:
                    self._powers.setdefault(power.base, set()).add(int(power.exp))
        for symbol, expr in definitions:
            self._known[symbol] = self.operand(expr)
            if self._for_usual and _straight(meaning := expr.xreplace(self._lines)):
                self._lines[symbol] = meaning
        return [self.operand(part) for part in parts]

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
        name = "exp" if expr.is_Pow else type(expr).__name__
        value = self._call(name, *(self.operand(a) for a in arguments))
        line = _straight(arguments[0].xreplace(self._lines)) if self._for_usual else None
        if line is not None and name in vectormath.USUAL & vectormath.USUAL_TO.keys():
            self.slanted[value.replace("t", "m")] = (name, *line)
        return value

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
            doubled = total == "2.0"  # exact either way, and an addition often finds a free port
            total = self._assign(f"{factor} + {factor}" if doubled else f"{total} * {factor}", total, factor)
        return total

    def _pow(self, base: sympy.Expr, exponent: sympy.Expr) -> str:
        x = self.operand(base)
        if not (exponent.is_Rational and exponent.q in (1, 2)):
            return self._call("pow", x, self.operand(exponent))
        whole, half = divmod(abs(exponent.p), exponent.q)
        factors = [self._power(x, whole, self._powers.get(base, set()))] if whole else []
        factors += [self._call("sqrt", x)] if half else []
        product = self._product(factors)
        return product if exponent.p > 0 else self._assign(f"1.0 / {product}", product)

    def _power(self, x: str, n: int, wanted: set[int]) -> str:
        """A product of two lower powers that are wanted as well, or of two halves (Knuth, TAOCP 2, section 4.6.3)."""
        if n == 1:
            return x
        lower = {1} | {m for m in wanted if m < n}
        larger = max((m for m in lower if n - m in lower), default=None)
        if larger is not None:
            a, b = self._power(x, larger, wanted), self._power(x, n - larger, wanted)
            return self._assign(f"{a} * {b}", a, b)
        root = self._power(x, n // 2, wanted)
        square = self._assign(f"{root} * {root}", root)
        return self._assign(f"{square} * {x}", square, x) if n % 2 else square

    def _call(self, function: str, *arguments: str) -> str:
        conditional = self._for_usual and function in vectormath.USUAL
        name = f"usual_{function}" if conditional else function
        self.functions.add(name)
        text, cost = f"{name}({', '.join(arguments)})", 1 if function in {"fma", *vectormath.PIECEWISE} else FUNCTION
        return self._assign(text, *arguments, cost=cost, conditional=conditional)

    def _assign(self, text: str, *operands: str, cost: int = 1, conditional: bool = False) -> str:
        if text not in self._known:
            n = len(self.text)
            name = self._known[text] = f"t{n}"
            self._depth[name] = max(map(self._ready, operands)) + cost
            self.margins += [f"m{n}"] * conditional
            self.text.append(f"{name}{f', m{n}' * conditional} = {text}")
            self.work += cost
        return self._known[text]


def _straight(expr: sympy.Expr) -> tuple[str, str, str] | None:
    """Slope, coordinate and offset of a straight line in one coordinate, without their signs; none of anything else.

    What is no coordinate is a number, or the name of one that is the same at all points.

    >>> v0, v1, c1 = sympy.symbols("v0 v1 c1")
    >>> _straight(3 * v0 - c1), _straight(c1 * v0), _straight(v0**2), _straight(v0 + v1)
    (('3.0', 'v0', 'c1'), ('c1', 'v0', '0.0'), None, None)
    """
    varying = [s for s in expr.free_symbols if str(s)[0] not in _FIXED]
    if len(varying) != 1 or not str(varying[0]).startswith("v"):
        return None
    (v,) = varying
    expanded = sympy.expand(expr)
    slope, offset = expanded.coeff(v, 1), expanded.coeff(v, 0)
    numbers = [-part if part.could_extract_minus_sign() else part for part in (slope, offset)]
    if expanded != slope * v + offset or not all(part.is_Symbol or not part.free_symbols for part in numbers):
        return None
    a, b = (str(part) if part.is_Symbol else _literal(part) for part in numbers)
    return a, str(v), b


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
