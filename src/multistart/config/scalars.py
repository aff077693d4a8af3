"""What an unquoted word of YAML is: text, a number, true, false or nothing, and only where every reader agrees.

YAML 1.1 takes `010` for 8, `2:30` for 150 and `no` for false, YAML 1.2 (section 10.3, the core schema) does not, and a
person may think either. Such words are refused, with what to write instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from multistart.errors import ConfigError

MAX_DIGITS = 400  # of a number; a double ends at 309

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"([-+]?)(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_UNDERSCORES = re.compile(r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?")
_SEXAGESIMAL = re.compile(r"([-+]?)([0-9][0-9_]*(?::[0-5]?[0-9])+)(?:\.[0-9_]*)?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:.*)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_SWITCH = {word: value for value, words in ((True, ("yes", "on")), (False, ("no", "off"))) for word in words}
_CONSTANTS = {"": None, "null": None, "Null": None, "NULL": None} | {
    word: value for value in (True, False) for word in (str(value), str(value).lower(), str(value).upper())
}


def plain(word: str) -> str | int | float | bool | None:
    """Return the value of an unquoted word.

    Raises
    ------
    ConfigError
        Readers of YAML differ, or no finite double is near: how it would be read, and what to write.

    >>> plain("x"), plain("0.5"), plain("1e3"), plain("-12"), plain("true")
    ('x', 0.5, 1000.0, -12, True)
    >>> plain("010")
    Traceback (most recent call last):
    multistart.errors.ConfigError: 010 is 8 to some readers of YAML and 10 to others; write 10 or 8
    """
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    for ambiguous, refuse in _AMBIGUOUS:
        if ambiguous.fullmatch(word):
            raise ConfigError(refuse(word[:60]))
    return _number(word) if _NUMBER.fullmatch(word) else word


def _number(word: str) -> int | float:
    if len(word) > MAX_DIGITS:
        raise ConfigError(f"{word[:20]}... is a number of {len(word)} characters; at most {MAX_DIGITS} are read")
    value = float(word)
    if math.isinf(value):
        raise ConfigError(f"{word[:60]} is larger than any number that a computer's arithmetic holds")
    if value == 0 and re.search("[1-9]", re.split("[eE]", word)[0]):
        raise ConfigError(f"{word[:60]} is so small that it would be read as 0; write 0, or a larger number")
    return int(word) if _WHOLE.fullmatch(word) else value


def _leading_zero(word: str) -> str:
    decimal, sign = str(int(word)), "-" if word[0] == "-" else ""
    if set(word) & {"8", "9"}:
        return f"{word} is a text to some readers of YAML and {decimal} to others; write {decimal}"
    octal = f"{sign}{int(word.lstrip('+-'), 8)}"
    return f"{word} is {octal} to some readers of YAML and {decimal} to others; write {decimal}" + (
        f" or {octal}" if octal != decimal else ""
    )


def _other_base(word: str) -> str:
    return f"{word} is a number in another base to some readers of YAML; write {int(word.replace('_', ''), 0)}"


def _underscores(word: str) -> str:
    return (
        f'{word} is a number to some readers of YAML and a text to others; write {word.replace("_", "")}, or "{word}"'
    )


def _sexagesimal(word: str) -> str:
    seconds = 0.0
    for part in word.lstrip("+-").replace("_", "").split(":"):
        seconds = 60 * seconds + float(part)
    value = f"{'-' if word[0] == '-' else ''}{seconds:.15g}"
    return (
        f'{word} is {value} (to the base 60) to some readers of YAML and a text to others; write {value}, or "{word}"'
    )


def _switch(word: str) -> str:
    value = str(_SWITCH[word.lower()]).lower()
    return f'{word} is {value} to some readers of YAML and a text to others; write {value}, or "{word}" in quotes'


#: Words that readers of YAML differ about, each with the sentence that refuses it.
_AMBIGUOUS: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile("~"), lambda word: '~ alone is nothing in YAML; leave the key out, or write "~" in quotes'),
    (re.compile("yes|no|on|off|Yes|No|On|Off|YES|NO|ON|OFF"), _switch),
    (_LEADING_ZERO, _leading_zero),
    (_OTHER_BASE, _other_base),
    (re.compile("(?=.*_)(?:" + _UNDERSCORES.pattern + ")"), _underscores),
    (_SEXAGESIMAL, _sexagesimal),
    (_NOT_FINITE, lambda word: f"{word} is not a finite number, and nothing in a study can be infinite or undefined"),
    (_TIME, lambda word: f'{word} is a date to some readers of YAML; write "{word}" in quotes'),
    (re.compile("<<|="), lambda word: f'{word} has a meaning of its own to some readers of YAML; write "{word}"'),
)
