"""Derive every constant of `multistart.kernels.vectormath` with mpmath and print, check or write its module.

    python benchmarks/derive_coefficients.py            # compare with the module; exit 1 where they differ
    python benchmarks/derive_coefficients.py --write    # write the module anew

Polynomials are Chebyshev interpolants of `mpmath.chebyfit` at 60 digits, which are within a small factor of
the minimax polynomial, rounded to float64 coefficient by coefficient. The error that mpmath finds for the
unrounded polynomial is printed beside each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mpmath
from mpmath import mp, mpf

DIGITS = 60
MODULE = Path(__file__).resolve().parent.parent / "src/multistart/kernels/vectormath/coefficients.py"


@dataclass(frozen=True)
class Fit:
    """A polynomial for ``function`` on ``[low, high]``; ``meaning`` says what it approximates."""

    meaning: str
    function: Callable[[mpf], mpf]
    low: str
    high: str
    count: int

    def coefficients(self) -> tuple[list[float], float]:
        """The coefficients, lowest power first, and the largest error before they are rounded."""
        with mp.workdps(DIGITS):
            interval = [_number(self.low), _number(self.high)]
            fitted, error = mpmath.chebyfit(self.function, interval, self.count, error=True)
            return [float(c) for c in reversed(fitted)], float(error)


def _number(text: str) -> mpf:
    """The endpoints below: a decimal, or one of the few closed forms they need."""
    closed = {
        "-ln(2)/2": lambda: -mp.log(2) / 2,
        "ln(2)/2": lambda: mp.log(2) / 2,
        "(pi/4)^2": lambda: (mp.pi / 4) ** 2,
        "(3-sqrt(8))^2": lambda: (3 - mp.sqrt(8)) ** 2,
        "(sqrt(2)-1)^2": lambda: (mp.sqrt(2) - 1) ** 2,
    }
    return closed[text]() if text in closed else mpf(text)


def _series(term: Callable[[int], mpf]) -> Callable[[mpf], mpf]:
    """The sum of ``term(n) x**n``: near 0 the closed forms below cancel, their series do not."""

    def value(x: mpf) -> mpf:
        total, n = mpf(0), 0
        while n < 2000:
            step = term(n) * mpf(x) ** n
            total += step
            if abs(step) <= mpf(10) ** (-DIGITS - 5) * abs(total):
                break
            n += 1
        return total

    return value


def _exp_term(n: int) -> mpf:
    return 1 / mp.factorial(n + 2)


def _asin_term(n: int) -> mpf:
    n += 1
    return mp.binomial(2 * n, n) / (mpf(4) ** n * (2 * n + 1))


FITS = {
    "EXP": Fit("(exp(r) - 1 - r) / r^2", _series(_exp_term), "-ln(2)/2", "ln(2)/2", 10),
    "EXPM1": Fit("(exp(r) - 1 - r) / r^2", _series(_exp_term), "-ln(2)/2", "ln(2)/2", 11),
    "LOG": Fit(
        "(log((1+s)/(1-s)) - 2s) / s^3 at s^2 = z",
        _series(lambda n: mpf(2) / (2 * n + 3)),
        "0",
        "(3-sqrt(8))^2",
        7,
    ),
    "SIN": Fit(
        "(sin(r)/r - 1) / r^2 at r^2 = z",
        _series(lambda n: mpf((-1) ** (n + 1)) / mp.factorial(2 * n + 3)),
        "0",
        "(pi/4)^2",
        7,
    ),
    "COS": Fit(
        "(cos(r) - 1) / r^2 at r^2 = z",
        _series(lambda n: mpf((-1) ** (n + 1)) / mp.factorial(2 * n + 2)),
        "0",
        "(pi/4)^2",
        7,
    ),
    "ATAN": Fit(
        "(atan(t)/t - 1) / t^2 at t^2 = z",
        _series(lambda n: mpf((-1) ** (n + 1)) / (2 * n + 3)),
        "0",
        "(sqrt(2)-1)^2",
        11,
    ),
    "ASIN": Fit("(asin(s)/s - 1) / s^2 at s^2 = z", _series(_asin_term), "0", "0.25", 13),
}


def split(value: mpf, *widths: int) -> list[float]:
    """A number as a sum of floats of at most the given widths in bits, each the nearest to what is left."""
    parts = []
    for width in widths:
        with mp.workprec(width):
            part = +value
        parts.append(float(part))
        value = value - part
    return parts


def constants() -> dict[str, tuple[str, list[float] | list[int]]]:
    """Name -> (meaning, values) of everything that is not a polynomial."""
    with mp.workprec(1400):
        two_over_pi = int(mp.floor(2 / mp.pi * mpf(2) ** 1216))
        words = [0] + [(two_over_pi >> (1216 - 64 * (i + 1))) & (2**64 - 1) for i in range(19)]
        return {
            "LN2": ("ln 2 = the sum; the first has 42 bits, so that k * LN2[0] is exact", split(mp.log(2), 42, 53)),
            "INVERSE_LN2": ("1 / ln 2", split(1 / mp.log(2), 53)),
            "INVERSE_LN2_PARTS": ("1 / ln 2 = the sum", split(1 / mp.log(2), 53, 53)),
            "INVERSE_LN10_PARTS": ("1 / ln 10 = the sum", split(1 / mp.log(10), 53, 53)),
            "HALF_PI": ("pi/2 = the sum", split(mp.pi / 2, 53, 53)),
            "HALF_PI_PARTS": (
                "pi/2 = the sum; the second has 33 bits, so that k * HALF_PI_PARTS[1] is exact",
                split(mp.pi / 2, 53, 33, 53),
            ),
            "TWO_OVER_PI": ("2/pi", split(2 / mp.pi, 53)),
            "TWO_OVER_PI_WORDS": ("64 zero bits, then the first 1216 bits of 2/pi, 64 a word", words),
        }


def source() -> str:
    """The text of the module."""
    lines = [
        '"""Constants of the elementary functions. Written by `benchmarks/derive_coefficients.py`; do not edit."""',
        "",
        "# fmt: off",
    ]
    for name, fit in FITS.items():
        values, error = fit.coefficients()
        meaning = f"{fit.meaning}, from {fit.low} to {fit.high}; error {error:.1e} before rounding"
        lines += ["", f"#: {meaning}", f"{name} = (", *(f"    {value!r}," for value in values), ")"]
    for name, (meaning, values) in constants().items():
        lines += ["", f"#: {meaning}"]
        if len(values) == 1:
            lines.append(f"{name} = {values[0]!r}")
            continue
        shown = (f"0x{value:016X}" if isinstance(value, int) else repr(value) for value in values)
        lines += [f"{name} = (", *(f"    {value}," for value in shown), ")"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the module or compare with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the module instead of comparing with it")
    if parser.parse_args().write:
        MODULE.write_text(source())
        return 0
    same = MODULE.read_text() == source()
    print(f"{MODULE.name} {'is' if same else 'is NOT'} what this script derives")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
