"""Elementary functions that vectorise and give the same bits on every machine.

Numba functions of one float64, to be called from other compiled code (or from Python): ``exp log log2 log10 sqrt sin
cos tan asin acos atan sinh cosh tanh asinh acosh atanh``, and :func:`power` and :func:`half_power` with a constant
exponent.
A loop that calls them becomes packed instructions, as wide as the processor has them.

**Exact or correctly rounded** is each operation they are made of: IEEE 754 addition, multiplication, division and
square root, fused multiply-add, comparisons, selects, and integer operations on the bits. Nothing is reassociated
(fast-math is off) and no libm is called; where a processor lacks fused multiply-add, LLVM calls libm's ``fma``, which
has to round once as well. So the bits of a result depend on the argument alone: not on vector width, position
in an array, compiler, libm or platform. The sign and payload of a nan are not part of this promise.

**Rounded** is the result: within 1 ulp of the true value over the whole range, where an ulp is the spacing of
float64 at the true value. This is *observed, not proven*: each docstring names the worst case found in more than
10^7 arguments against long double and, for the worst of them, Arb's enclosures. `make test-all` compares 10^6
arguments of each function with Arb, among them, for the trigonometric ones, the hardest of every binade.

**Right** are the edges: zeros keep their sign where the function is odd, infinities, nan, subnormal arguments and
results, and results that overflow.

Polynomials come from `benchmarks/derive_coefficients.py`. `benchmarks/vectormath.py` measures speed.
"""

from __future__ import annotations

from multistart.kernels.vectormath.exponential import boxed_exp, cosh, exp, sinh, tanh, usual_exp
from multistart.kernels.vectormath.inverse import acos, asin, atan
from multistart.kernels.vectormath.inverse_hyperbolic import acosh, asinh, atanh
from multistart.kernels.vectormath.logarithm import log, log2, log10
from multistart.kernels.vectormath.piecewise import clip, huber, inside
from multistart.kernels.vectormath.powers import half_power, power, sqrt
from multistart.kernels.vectormath.trigonometric import LIMIT, cos, sin, tan, usual_cos, usual_sin

#: Functions of one argument that have a deterministic version here; any other makes a result platform-dependent.
NAMES: frozenset[str] = frozenset(
    {
        *("exp", "log", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan"),
        *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
    }
)
#: Functions of one argument that are selects: exact, but for one rounding of a square.
PIECEWISE: frozenset[str] = frozenset({"clip", "huber", "inside"})
#: Those with a cheaper form ``usual_<name>(x) -> (value, margin)``, right where the margin is not negative, for loops
#: that can put rare arguments aside.
USUAL: frozenset[str] = frozenset({"cos", "exp", "sin"})
#: Those whose margin is this number less the argument's magnitude.
USUAL_TO: dict[str, float] = {"cos": LIMIT, "sin": LIMIT}

__all__ = [
    "NAMES",
    "PIECEWISE",
    "USUAL",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "boxed_exp",
    "clip",
    "cos",
    "cosh",
    "exp",
    "half_power",
    "huber",
    "inside",
    "log",
    "log2",
    "log10",
    "power",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "usual_cos",
    "usual_exp",
    "usual_sin",
]
