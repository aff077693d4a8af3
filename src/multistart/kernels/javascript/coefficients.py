"""The constants of the elementary functions as a module of JavaScript."""

from __future__ import annotations

from pathlib import Path

from multistart.kernels.vectormath import coefficients

#: The module that :func:`coefficients_script` gives.
SCRIPT = Path(__file__).with_name("coefficients.js")
_HEAD = "/** Constants of the elementary functions, by `python -m multistart.kernels.javascript`; do not edit. */\n"


def coefficients_script() -> str:
    """Every constant of :mod:`..vectormath.coefficients`, with all its bits; the words of 2/pi are one integer."""
    constants = {name: value for name, value in vars(coefficients).items() if name.isupper()}
    words = constants.pop("TWO_OVER_PI_WORDS")
    lines = [f"export const {name} = {_literal(value)};\n" for name, value in constants.items()]
    bits = "".join(f"{word:016x}" for word in words)
    pieces = [f'    "{bits[i : i + 80]}"' for i in range(0, len(bits), 80)]
    integer = 'export const TWO_OVER_PI_BITS = BigInt(\n  "0x" +\n' + " +\n".join(pieces) + ",\n);\n"
    return "\n".join([_HEAD, *lines, integer])


def _literal(value: float | tuple[float, ...]) -> str:
    """A number, or one to a line of an array; Python's shortest digits are JavaScript's."""
    if isinstance(value, float):
        return repr(value)
    return "[\n" + "".join(f"  {number!r},\n" for number in value) + "]"
