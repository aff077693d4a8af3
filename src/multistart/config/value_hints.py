"""What to write for a value that is nearly right: a decimal comma, a number in quotes, a sum in words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from multistart.config.scalars import plain
from multistart.errors import ConfigError

_LONGEST = 40  # characters of a text that is put right
_PLAIN = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_COMMA = re.compile(r"([-+]?\d+),(\d+)", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}([,' ]\d{3})+", re.ASCII)
_PERCENT = re.compile(r"(\d+\.?\d*) ?%", re.ASCII)
_RATIO = re.compile(r"(\d+\.?\d*) ?/ ?(\d+\.?\d*)", re.ASCII)
_POWER = re.compile(r"(\d{1,4}) ?(?:\^|\*\*) ?\(?([-+]?\d{1,3})\)?", re.ASCII)
_TIMES = re.compile(r"(\d+) ?[kKM]", re.ASCII)
_PI = re.compile(r"([-+]?)(\d*\.?\d*) ?\*? ?pi(?: ?/ ?(\d+))?", re.ASCII)


def number_hint(value: object, wanted: str) -> str:
    """``'; a decimal number has a point: 0.1'`` and the like; nothing where no number is meant.

    >>> number_hint("0,1", "a number"), number_hint("0.01", "a number"), number_hint(1e5, "a whole number")
    ('; a decimal number has a point: 0.1', '; leave out the quotes: 0.01', '; write 100000')
    """
    whole = "whole number" in wanted
    if isinstance(value, bool):
        return ""
    if "below 1" in wanted and isinstance(value, int | float) and 1 < value < 100:
        return f"; write {value / 100:.15g}"
    if whole and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"; write {int(value)}"
    if isinstance(value, list | tuple):
        return _of_list(value)
    return _of_text(value.strip(), whole=whole) if isinstance(value, str) else ""


def _of_list(value: list[Any] | tuple[Any, ...]) -> str:
    if len(value) == 1 and isinstance(value[0], int | float):
        return f"; leave out the brackets: {value[0]!r}"
    return "; it takes one number, not a list" if value else ""


def _of_text(text: str, *, whole: bool) -> str:
    if (match := _COMMA.fullmatch(text)) and not whole:
        return f"; a decimal number has a point: {match[1]}.{match[2]}"
    if _GROUPED.fullmatch(text):
        return f"; without separators: {re.sub('[^0-9]', '', text)}"
    if _is_number(text):
        return f"; leave out the quotes: {text}"
    found = _reckoned(text)
    if found is None or not math.isfinite(found):
        return ""
    return f"; write {found:.15g}".replace("e-0", "e-") if not whole or found.is_integer() else ""


def _is_number(text: str) -> bool:
    try:
        return isinstance(plain(text), int | float) and not isinstance(plain(text), bool)
    except ConfigError:
        return False


def _reckoned(text: str) -> float | None:
    """The number that a short text spells as a person would: 1%, 1/100, 10^-2, 10k, 2*pi."""
    if match := _PERCENT.fullmatch(text):
        return float(match[1]) / 100
    if (match := _RATIO.fullmatch(text)) and float(match[2]):
        return float(match[1]) / float(match[2])
    if (match := _POWER.fullmatch(text)) and int(match[1]):
        return float(match[1]) ** int(match[2]) if abs(int(match[2])) <= 75 else None
    if match := _TIMES.fullmatch(text):
        return float(match[1]) * (1e3 if text[-1] in "kK" else 1e6)
    if (match := _PI.fullmatch(text)) and match[2] != ".":
        return float(f"{match[1]}1") * float(match[2] or 1) * math.pi / float(match[3] or 1)
    return None


def words_hint(value: object, wanted: str) -> str:
    """The same where words are taken: a list of names, or a name that becomes a folder.

    >>> words_hint("x, y", "a list of names"), words_hint("my study", "a name: a letter, ...")
    ('; write [x, y]', '; write my_study')
    >>> words_hint("svg", "a list of some of png, svg"), words_hint("jpg", "a list of some of png, svg")
    ('; write [svg]', '')
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ""
    if wanted.startswith("a list"):
        words = re.findall(r"[A-Za-z]\w*", value, re.ASCII)
        if wanted.startswith("a list of some of") and not {*words} <= {*re.findall(r"\w+", wanted)}:
            return ""
        return f"; write [{', '.join(words)}]" if words and not re.sub(r"[\w,; ]", "", value) else ""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", value.strip()).strip("_")
    return f"; write {name}" if name and name[0].isalpha() and wanted.startswith("a name:") and value.isascii() else ""


def bounds_hint(value: object) -> str:
    """The same for two ends of an interval.

    >>> bounds_hint(["-pi", "pi"]), bounds_hint({"min": -1, "max": 1}), bounds_hint([-1, 5, 1, 5])
    ('; write [-3.14159265358979, 3.14159265358979]', '; write [-1, 1]', '; a decimal number has a point: [-1.5, 1.5]')
    """
    if isinstance(value, Mapping) and len(value) == 2 and all(_plain_number(end) for end in value.values()):
        return _written(sorted(value.values()))
    if isinstance(value, str) and (ends := re.findall(_PLAIN, value)) and len(ends) == 2:
        separated = re.sub(_PLAIN, "", value).strip(" []()")
        return f"; write [{ends[0]}, {ends[1]}]" if separated in (",", ";", "..", "to", ":", "") else ""
    if not isinstance(value, list | tuple):
        return ""
    if len(value) == 4 and all(isinstance(part, int) and not isinstance(part, bool) for part in value):
        return _with_points(*value)
    if len(value) == 1 and isinstance(value[0], str):
        return bounds_hint(value[0])
    if len(value) != 2:
        return ""
    if all(map(_plain_number, value)):
        return _written(sorted(value)) if value[0] > value[1] else ""
    ends = [_end(part) for part in value]
    return f"; write [{ends[0]}, {ends[1]}]" if all(ends) else ""


def _with_points(a: int, b: int, c: int, d: int) -> str:
    """Of [-1,5, 1,5], which is a list of four; the sign of a -0 is lost by then, so 0 is not spelled."""
    if a == 0 or c == 0 or min(b, d) < 0:
        return "; a decimal number has a point, as in [-0.5, 0.5]"
    return f"; a decimal number has a point: [{a}.{b}, {c}.{d}]"


def _end(part: object) -> str:
    """An end as a number: one in quotes without them, one in words reckoned."""
    if _plain_number(part):
        return f"{part:.15g}"
    text = part.strip() if isinstance(part, str) else ""
    if _is_number(text):
        return text
    found = _reckoned(text)
    return "" if found is None else f"{found:.15g}"


def _plain_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _written(ends: list[Any]) -> str:
    return f"; write [{ends[0]:.15g}, {ends[1]:.15g}]" if ends[0] < ends[1] else ""
