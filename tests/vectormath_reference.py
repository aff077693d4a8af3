"""Where the elementary functions are tested, and how far a result is from the truth: mpmath and Arb."""

from __future__ import annotations

import math
import re
import sys
from fractions import Fraction
from functools import cache

import flint
import mpmath
import numpy as np
from mpmath import mp

import multistart.kernels.vectormath as vm
from multistart.kernels.compiled import digest, kept_or_made
from multistart.kernels.machine_code import NativeFunction

NAMES = sorted(vm.NAMES)
TRIGONOMETRIC = ("cos", "sin", "tan")
ODD = ("asin", "asinh", "atan", "atanh", "sin", "sinh", "tan", "tanh")
POWERS = (-12, -5, -3, -2, -1, 2, 3, 4, 5, 6, 7, 10, 12, 64)
HALVES = (-7, -5, -3, -1, 1, 3, 5, 7)
SMALLEST, SMALLEST_NORMAL, LARGEST = 5e-324, 2.0**-1022, sys.float_info.max


EXPONENTS = [*((n, 1) for n in POWERS), *((n, 2) for n in HALVES)]  # over 1 or over 2

HEAD = """
from multistart.kernels import vectormath
from multistart.kernels.compiler import exported

"""
LOOP = """
{name} = vectormath.{name}

@exported("void({types})")
def over_{name}(arguments, {results}):
    for i in range(arguments.size):
        {stored} = {name}(arguments[i])
"""
POWER_LOOP = """
@exported("void(f8[::1], f8[::1])")
def {loop}(arguments, results):
    for i in range(arguments.size):
        results[i] = vectormath.{function}(arguments[i], {n})
"""
ONE = {"types": "f8[::1], f8[::1]", "results": "results", "stored": "results[i]"}
TWO = {"types": "f8[::1], f8[::1], f8[::1]", "results": "values, margins", "stored": "values[i], margins[i]"}
#: Loops over arrays, on a kernel's own way to machine code: compiled once for the tests of all workers.
LOOPS = HEAD + "".join(LOOP.format(name=name, **ONE) for name in NAMES)
USUAL_LOOPS = HEAD + "".join(LOOP.format(name=f"usual_{name}", **TWO) for name in sorted(vm.USUAL))


def name_of_loop(n: int, denominator: int) -> str:
    return f"over_{'minus_' * (n < 0)}{abs(n)}_{denominator}"


POWER_LOOPS = HEAD + "".join(
    POWER_LOOP.format(loop=name_of_loop(n, half), n=n, function="power" if half == 1 else "half_power")
    for n, half in EXPONENTS
)


@cache
def functions_of(text: str) -> dict[str, NativeFunction]:
    names = re.findall(r"def (\w+)", text)
    return kept_or_made("loops over elementary functions", digest(text), lambda: text, names, None)


def over(name: str, x: np.ndarray) -> np.ndarray:
    results = np.empty_like(x)
    functions_of(LOOPS)[f"over_{name}"](x, results)
    return results


def usual_over(name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values of the cheaper form, and where they are right: there margins are not negative."""
    values, margins = np.empty_like(x), np.empty_like(x)
    functions_of(USUAL_LOOPS)[f"over_usual_{name}"](x, values, margins)
    return values, margins


def raised(x: np.ndarray, n: int, denominator: int) -> np.ndarray:
    results = np.empty_like(x)
    functions_of(POWER_LOOPS)[name_of_loop(n, denominator)](x, results)
    return results


# ---------------------------------------------------------------- arguments


def any_float(rng: np.random.Generator, n: int) -> np.ndarray:
    """Finite floats with uniform bits: every binade, subnormal numbers and both signs."""
    x = rng.integers(0, 2**64, 2 * n, dtype=np.uint64).view(np.float64)
    return x[np.isfinite(x)][:n]


def hardest_of_every_binade() -> np.ndarray:
    """For each exponent the float64 closest to a multiple of pi/2 (Kahan; Muller 2016, section 11.2)."""
    found = []
    with mp.workprec(1400):
        two_over_pi = int(mp.floor(2 / mp.pi * mpmath.mpf(2) ** 1300))
    for exponent in range(-52, 972):
        ratio = Fraction(two_over_pi, 2 ** (1300 - exponent))
        before, last = 0, 1  # denominators of the convergents: the multiples m of 2**exponent with m*ratio near integer
        numerator, denominator = ratio.numerator % ratio.denominator, ratio.denominator
        while numerator:
            quotient, rest = divmod(denominator, numerator)
            before, last = last, quotient * last + before
            if last >= 2**53:
                break
            if last >= 2**52:
                found.append(math.ldexp(float(last), exponent))
            denominator, numerator = numerator, rest
    return np.array(found)


HARDEST = hardest_of_every_binade()


def sample(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """About ``n`` arguments: where the function is used, where its parts meet, and everywhere else."""
    uniform, quarter = rng.uniform, n // 4
    both = {
        "exp": [uniform(-746, 710, quarter), uniform(-2, 2, quarter), uniform(-40, 1, quarter)],
        "log": [uniform(0.5, 2, quarter), uniform(0.9, 1.1, quarter), np.exp2(uniform(-1074, 1024, quarter))],
        "sqrt": [uniform(0, 4, quarter), uniform(0, 1e6, quarter), np.exp2(uniform(-1074, 1024, quarter))],
        "tanh": [uniform(-1, 1, quarter), uniform(-22, 22, quarter), uniform(-0.4, 0.4, quarter)],
        "sinh": [uniform(-1, 1, quarter), uniform(-23, 23, quarter), uniform(-711, 711, quarter)],
        "atan": [uniform(-1, 1, quarter), uniform(-3, 3, quarter), np.exp2(uniform(-3, 3, quarter))],
        "asin": [uniform(-1, 1, quarter), uniform(-0.6, 0.6, quarter), 1 - np.exp2(uniform(-53, 0, quarter))],
        "sin": [
            uniform(-10, 10, quarter),
            uniform(-1e5, 1e5, quarter),
            np.rint(uniform(-6.3e5, 6.3e5, quarter)) * (np.pi / 2),
            HARDEST if len(HARDEST) < quarter else rng.choice(HARDEST, 100, replace=False),
        ],
    }
    both["acosh"] = [1 + np.exp2(uniform(-52, 0, quarter)), uniform(1, 2, quarter), np.exp2(uniform(0, 20, quarter))]
    like = {"cosh": "sinh", "cos": "sin", "tan": "sin", "acos": "asin", "asinh": "atan", "atanh": "asin"}
    like |= {"log2": "log", "log10": "log"}
    everywhere = any_float(rng, quarter)
    if name in ("log", "log2", "log10", "sqrt"):
        everywhere = np.abs(everywhere)
    if name == "acosh":
        everywhere = np.exp2(uniform(0, 1024, quarter))
    if name in ("asin", "acos", "atanh"):
        everywhere = np.copysign(np.exp2(uniform(-1074, 0, quarter)), everywhere)
    return np.concatenate([*both[like.get(name, name)], everywhere])


# ---------------------------------------------------------------- errors


def ulps(value: float, truth: mpmath.mpf) -> float:
    """The error in ulps of the true value; infinity and whatever is larger than 2**1024 count as 2**1024."""
    largest = mpmath.mpf(2) ** 1024
    value, truth = (max(min(number, largest), -largest) for number in (mpmath.mpf(value), truth))
    _, exponent = mpmath.frexp(truth)
    ulp = mpmath.mpf(2) ** (min(max(int(exponent) - 53, -1074), 971))
    return float(abs(value - truth) / ulp)


def clipped(name: str, x: float) -> float:
    """Arguments past all overflow are brought to where the references still compute."""
    return min(max(x, -1000.0), 1000.0) if name in ("exp", "sinh", "cosh") else x


#: Where mpmath and Arb have another name for a function, or none.
IN_MPMATH = {"log2": lambda x: mp.log(x, 2)}
IN_ARB = {
    "log2": lambda a: a.log() / flint.arb.const_log2(),
    "log10": lambda a: a.log() / flint.arb.const_log10(),
}


def mpmath_errors(name: str, x: np.ndarray, y: np.ndarray) -> list[float]:
    function = IN_MPMATH.get(name) or getattr(mp, name)
    with mp.workprec(120):
        return [ulps(b, function(mpmath.mpf(clipped(name, a)))) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def arb_errors(function, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same, from Arb's enclosures: ten times as fast, and never less than the true error."""
    errors = np.empty(x.size)
    for i, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        truth = function(flint.arb(a))
        size = abs(float(truth.mid()))
        if not 0 < size < LARGEST or not math.isfinite(b):
            errors[i] = ulps(b, mpmath.mpf(truth.mid().str(40, radius=False)))
            continue
        errors[i] = float(((flint.arb(b) - truth) / math.ulp(size)).abs_upper())
    return errors


def clip_all(name: str, x: np.ndarray) -> np.ndarray:
    return np.clip(x, -1000, 1000) if name in ("exp", "sinh", "cosh") else x
