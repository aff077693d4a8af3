"""Trusted: SymPy expressions with exact coefficients -> straight-line code in FLINT's ball arithmetic.

What the emitted code returns for a box contains every value the expressions take on the part of that box
where they are defined, or is nan. Three things make that true, and all three are in this file: operations are
FLINT's (proven) or built from them here; constants are enclosed from exact rationals, never from floats;
and whatever is not on the allow-list is refused.

nan means "nothing is known" and is safe: FLINT answers every comparison with nan by false.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import RLock

import sympy
from flint import arb, ctx, fmpq

from multistart.errors import InputError
from multistart.functions.expressions import FUNCTIONS as ALLOWED
from multistart.proofs.extended import Extended, OutsideDomain

KEPT = 256  # codes; a function has up to ten
ZERO = arb(0)
ONE = arb(1)
#: SymPy's name -> FLINT's method. Each encloses the real function, and is nan where a ball leaves its domain.
FUNCTIONS = {
    "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos",
    "atan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "asinh",
    "cot": "cot", "coth": "coth", "sec": "sec", "csc": "csc",  # nobody may write these, but tan(x + pi/2) is -cot(x)
}  # fmt: skip
#: Those that are built of FLINT's here.
BUILT = ("log", "log2", "log10", "acosh", "atanh")
PIECEWISE = ("huber", "clip", "inside")  # of Huber's loss, which nobody may write either
_LOCK = RLock()  # the working precision belongs to the whole process


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work at ``bits`` bits; the precision before is restored whatever happens."""
    with _LOCK:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def exact(expression: sympy.Expr) -> sympy.Expr:
    """The expression with every float replaced by the rational number it is."""
    floats = expression.atoms(sympy.Float)
    return expression.xreplace({value: sympy.Rational(value) for value in floats})


@lru_cache(maxsize=KEPT)
def enclosure_of(expressions: tuple[sympy.Expr, ...], symbols: tuple[sympy.Symbol, ...]) -> Enclosure:
    """The code of some expressions, written once for all that ask for the same."""
    return Enclosure(expressions, symbols)


class Enclosure:
    """Code for several expressions of the same variables, compiled once for each precision it is asked for.

    Parameters
    ----------
    expressions, symbols
        The ``m`` expressions and the ``d`` variables they may contain.

    Raises
    ------
    InputError
        A function that is not on the allow-list.

    >>> x = sympy.Symbol("x")
    >>> Enclosure([x**2 / 4], [x])([arb(3)])
    (2.25000000000000,)
    """

    def __init__(self, expressions: Sequence[sympy.Expr], symbols: Sequence[sympy.Symbol]) -> None:
        parts = _distinct_parts(expressions)
        written: Sequence[sympy.Expr] = expressions
        if any(part.is_Float for part in parts):
            written = [exact(e) for e in expressions]
            parts = _distinct_parts(written)
        emitter = _Emitter(symbols, both=_sines_and_cosines(parts))
        results = [emitter.emit(e) for e in written]
        body = "".join(f"    {line}\n" for line in emitter.lines)
        arguments = "".join(f"{name}, " for name in emitter.arguments)
        source = (
            f"def enclose(box):\n    ({arguments}) = box\n{body}    return ({''.join(r + ', ' for r in results)})\n"
        )
        self._code = compile(source, "<enclosure>", "exec")
        self._constants = emitter.constants
        self._compiled: dict[int, Callable[[Sequence[arb]], tuple[arb, ...]]] = {}
        self._extended: dict[int, Callable[[Sequence[Extended]], tuple[Extended, ...]]] = {}

    def __call__(self, box: Sequence[arb]) -> tuple[arb, ...]:
        """The ``m`` enclosures over a box of ``d`` balls, at the current precision."""
        compiled = self._compiled.get(ctx.prec)
        if compiled is None:
            compiled = self._compiled[ctx.prec] = self.compiled(_ON_BALLS, lambda a: a)
        return compiled(box)

    def extended(self, box: Sequence[Extended]) -> tuple[Extended, ...]:
        """The values over a box of intervals at the points where they are defined; half-infinite where need be."""
        compiled = self._extended.get(ctx.prec)
        if compiled is None:
            compiled = self._extended[ctx.prec] = self.compiled(_ON_INTERVALS, Extended.around)
        return compiled(box)

    def compiled(self, operations: Mapping[str, object], number: Callable[[arb], object]) -> Callable:
        """The code for other numbers than balls: their operations, and what makes one of a ball."""
        names = {"__builtins__": {}, **operations}
        names |= {name: number(make(_ON_BALLS)) for name, make in self._constants.items()}
        exec(self._code, names)  # our own names and operations only: no text of a user's is in it
        return names["enclose"]  # type: ignore[return-value]


def _square(a: arb) -> arb:
    """Tighter than a product: the lower end of a square is never below 0."""
    product = a * a
    return product if product > ZERO else product.nonnegative_part()


def _root(a: arb) -> arb:
    if a < ZERO:
        raise OutsideDomain
    return a.sqrt()


def _log(a: arb) -> arb:
    if a <= ZERO:
        raise OutsideDomain
    return a.log()


def _log2(a: arb) -> arb:
    return _log(a) / arb.const_log2()


def _log10(a: arb) -> arb:
    return _log(a) / arb.const_log10()


def _by_ends(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """An increasing function by the ends of a ball: FLINT's acosh and atanh lose a wide one in their own formulas."""
    return lambda a: function(a) if a.is_exact() else function(a.lower()).union(function(a.upper()))


def _clip(a: arb) -> arb:
    return a.max(-ONE).min(ONE)


def _huber(a: arb) -> arb:
    """Even, and grows away from 0."""
    low, high = abs(a).lower(), abs(a).upper()
    return _huber_at(low if _is_away(a) else ZERO).union(_huber_at(high))


def _huber_at(u: arb) -> arb:
    """At an exact number from 0 on."""
    return u * u / 2 if u <= ONE else u - ONE / 2


def _is_away(a: arb) -> bool:
    """Whether 0 is certainly not in a ball."""
    return bool(a > ZERO or a < ZERO)


def _inside(a: arb) -> arb:
    """1 and 0 where it is continuous; all between at -1 and 1, where the slope of the slope jumps."""
    if abs(a) < ONE:
        return ONE
    return ZERO if abs(a) > ONE else ZERO.union(ONE)


def _power(base: arb, exponent: arb) -> arb:
    """``exp(v log u)``, and ``0**v = 0`` for positive ``v``."""
    if base.is_zero():
        if exponent <= ZERO:
            raise OutsideDomain
        return ZERO if exponent > ZERO else arb.nan()
    if base < ZERO:
        raise OutsideDomain
    return (exponent * base.log()).exp()


_ON_BALLS = {
    "square": _square, "root": _root, "log": _log, "log2": _log2, "log10": _log10, "acosh": _by_ends(arb.acosh),
    "atanh": _by_ends(arb.atanh), "power": _power, "ONE": ONE,
    "huber": _huber, "clip": _by_ends(_clip), "inside": _inside,
}  # fmt: skip
_ON_INTERVALS = {name: getattr(Extended, name) for name in ("square", "root", "power", *BUILT, *PIECEWISE)} | {
    "ONE": Extended(ONE, ONE)
}


def _distinct_parts(expressions: Sequence[sympy.Expr]) -> set[sympy.Expr]:
    """All subexpressions, each once: what derivatives have in common is walked through once."""
    found: set[sympy.Expr] = set()
    left = list(expressions)
    while left:
        part = left.pop()
        if part not in found:
            found.add(part)
            left.extend(part.args)
    return found


def _sines_and_cosines(parts: Collection[sympy.Expr]) -> set[sympy.Expr]:
    """What both the sine and the cosine are taken of."""
    taken = [{part.args[0] for part in parts if isinstance(part, function)} for function in (sympy.sin, sympy.cos)]
    return taken[0] & taken[1]


class _Emitter:
    """Walks expressions, giving each distinct subexpression one variable (v0, v1, ...) of the code."""

    def __init__(
        self, symbols: Sequence[sympy.Symbol], *, inline: bool = False, both: Collection[sympy.Expr] = ()
    ) -> None:
        self._both = both  # arguments of which sine and cosine are wanted, which FLINT computes in one
        self._inline = inline  # whether numbers are written out or made constants
        self.arguments = [f"x{i}" for i in range(len(symbols))]
        self.lines: list[str] = []
        self.constants: dict[str, Callable[[Mapping], arb]] = {}
        self._names: dict[sympy.Basic, str] = dict(zip(symbols, self.arguments, strict=True))
        self._texts: dict[str, str] = {}

    def emit(self, e: sympy.Expr) -> str:
        """The name under which the value of ``e`` is found."""
        if e not in self._names:
            self._names[e] = self._emit(e)
        return self._names[e]

    def _emit(self, e: sympy.Expr) -> str:
        if e.is_Rational:
            ratio = fmpq(int(e.p), int(e.q))
            return self._constant(lambda _: arb(ratio))
        if e is sympy.pi:
            return self._constant(lambda _: arb.pi())
        if e is sympy.E:
            return self._constant(lambda _: ONE.exp())
        if e.is_number and not self._inline:
            return self._number(e)
        if e.is_Add:
            return self._sum(e.args)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow or e.func is sympy.exp:
            return self._power(*e.as_base_exp())
        if e.func in (sympy.sin, sympy.cos) and e.args[0] in self._both:
            pair = self._line(f"{self.emit(e.args[0])}.sin_cos()")
            return self._line(f"{pair}[{int(e.func is sympy.cos)}]")
        if e.is_Function and e.func.__name__ in (*FUNCTIONS, *BUILT, *PIECEWISE):
            return self._call(e.func.__name__, self.emit(e.args[0]))
        what = str(e.func.__name__ if e.args else e)
        raise InputError(
            f'no rigorous enclosure of "{what}", so nothing can be certified; '
            f"allowed are + - * / **, pi, e, {', '.join(ALLOWED)}"
        )

    def _line(self, text: str) -> str:
        if text not in self._texts:
            self._texts[text] = f"v{len(self.lines)}"
            self.lines.append(f"{self._texts[text]} = {text}")
        return self._texts[text]

    def _constant(self, make: Callable[[Mapping], arb]) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = make
        return name

    def _number(self, e: sympy.Expr) -> str:
        """A number such as ``sqrt(2)``: enclosed once a precision, not once a box."""
        inner = _Emitter((), inline=True)
        result = inner.emit(e)
        body = "".join(f"    {line}\n" for line in inner.lines)
        code = compile(f"def number():\n{body}    return {result}\n", "<number>", "exec")

        def make(names: Mapping) -> arb:
            local = {"__builtins__": {}, **names} | {name: part(names) for name, part in inner.constants.items()}
            exec(code, local)
            return local["number"]()

        return self._constant(make)

    def _sum(self, terms: Sequence[sympy.Expr]) -> str:
        signed = [(t, t.could_extract_minus_sign()) for t in terms]
        positive, negative = ([t for t, has_sign in signed if has_sign is wanted] for wanted in (False, True))
        text = " + ".join(self.emit(t) for t in positive)
        if not positive:
            return self._line(f"-({' + '.join(self.emit(-t) for t in negative)})")
        return self._line(text + "".join(f" - {self.emit(-t)}" for t in negative))

    def _product(self, e: sympy.Expr) -> str:
        if e.args[0] is sympy.S.NegativeOne:
            return self._line(f"-{self.emit(sympy.Mul(*e.args[1:]))}")
        above: list[sympy.Expr] = []
        below: list[sympy.Expr] = []
        for factor in e.args:
            base, exponent = factor.as_base_exp()
            reciprocal = factor.is_Pow and exponent.is_Rational and exponent < 0
            (below if reciprocal else above).append(base**-exponent if reciprocal else factor)
        text = " * ".join(self.emit(f) for f in above) or "ONE"
        return self._line(text + "".join(f" / {self.emit(f)}" for f in below))

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> str:
        if base is sympy.E:
            return self._call("exp", self.emit(exponent))
        if exponent.is_Integer:
            return self._integer_power(self.emit(base), int(exponent))
        if exponent.is_Rational and exponent.q == 2:
            return self._integer_power(self._line(f"root({self.emit(base)})"), int(exponent.p))
        return self._line(f"power({self.emit(base)}, {self.emit(exponent)})")

    def _integer_power(self, name: str, n: int) -> str:
        """By squaring; FLINT's own power is nan for a ball around 0, and its even powers reach below 0."""
        if n < 0:
            return self._line(f"ONE / {self._integer_power(name, -n)}")
        if n == 1:
            return name
        half = self._line(f"square({self._integer_power(name, n // 2)})")
        return half if n % 2 == 0 else self._line(f"{half} * {name}")

    def _call(self, function: str, argument: str) -> str:
        return self._line(
            f"{function}({argument})" if function in (*BUILT, *PIECEWISE) else f"{argument}.{FUNCTIONS[function]}()"
        )
