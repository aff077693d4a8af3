"""Events of a sweep in words: where each happens, to what, and whether that is proven."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from multistart.plurals import listed

#: What an event says by itself.
BARE = {
    "born": "appears",
    "doubling": "doubles its period",
    "pitchfork": "gives way to two others",
    "neimark_sacker": "gives way to motion around it",
    "fold": "is gone",
    "merged": "is one with another from here on",
    "crossing": "is the lowest from here on",
    "crisis": "no longer holds what was in it",
    "left": "is lost",
    "matched": "is taken for the same without proof",
}
#: The words before a note that begins behind them.
VERBS = {"crossing": "is", "matched": "is", "merged": "merges", "crisis": "is lost: what was in it"}
BRACKETED = ("crisis", "merged")  # by what orbits, or starts, do
CASCADE = re.compile(r"period (\d+) to (\d+)")
MOST, LEAST = 6, 3  # digits
WINDOW = re.compile(r"a window of period (\d+)")
ZERO = 1e-9  # of the width of a sweep
NARROW = 1e-7  # of a number: a bracket whose ends need not be said
NAMED = 8  # minima that are named in one line
MINIMUM = "\0"  # stands for "minimum 3" in a line
Row = Mapping[str, Any]


def lines(name: str, events: pd.DataFrame, minima: Collection[int], width: float) -> list[str]:
    """A line an event, in order; doublings that follow one another are one, the windows of one chaos, and what happens
    to several minima.

    Parameters
    ----------
    name
        What the swept number is called.
    minima
        The numbers that are those of minima.
    width
        From the first to the last value: far below it a number is 0.
    """
    rows = [_rounded(row, width) for row in events.assign(note=events["note"].fillna("")).to_dict("records")]
    said: dict[str, list[int]] = {}
    for group in _grouped(rows):
        line = _windows(name, group) or _cascade(name, group) or _line(name, group[0], minima)
        said.setdefault(line, []).append(group[0]["attractor"])
    return [line.replace(MINIMUM, minima_of(numbers)) for line, numbers in said.items()]


def minima_of(numbers: Sequence[int]) -> str:
    """Some minima as the subject of a sentence.

    >>> minima_of([3]), minima_of([2, 0])
    ('minimum 3', 'each of minima 0 and 2')
    """
    if len(numbers) == 1:
        return f"minimum {numbers[0]}"
    few = len(numbers) <= NAMED
    return f"each of minima {listed(list(map(str, sorted(numbers))))}" if few else f"each of {len(numbers)} minima"


def _rounded(row: dict, width: float) -> dict:
    """An event around 0, nearer to it than numbers of a sweep are told apart, is at 0."""
    near = row["low"] <= 0 <= row["high"] and row["high"] - row["low"] < ZERO * width
    return row | {"low": 0.0, "high": 0.0} if near else row


def _grouped(rows: list[dict]) -> list[list[dict]]:
    """Each event alone, but doublings with those that go on from them, and what happens in windows."""
    groups: list[list[dict]] = []
    windows: dict[int, list[dict]] = {}
    going: dict[tuple[int, str], list[dict]] = {}
    for row in rows:
        if WINDOW.match(row["note"]):
            if row["attractor"] not in windows:
                groups.append(windows.setdefault(row["attractor"], []))
            windows[row["attractor"]].append(row)
            continue
        match = _doubling(row)
        group = going.pop((row["attractor"], match[1]), None) if match else None
        if group is None:
            groups.append(group := [])
        group.append(row)
        if match:
            going[row["attractor"], match[2]] = group
    return groups


def _windows(name: str, rows: list[dict]) -> str:
    """Between which numbers a cycle is stable, in chaos; the windows that begin one after the other."""
    if not WINDOW.match(rows[0]["note"]):
        return ""
    said: list[list[str]] = []  # period, from, to
    for row in rows:
        period = WINDOW.findall(row["note"])[0]
        if row["event"] == "born":
            said.append([period, _number(row), ""])
        elif said and said[-1][0] == period and not said[-1][2]:
            said[-1][2] = _number(row)
        else:
            said.append([period, "", _number(row)])
    ends = [f"{a} to {b} (period {q})" if a and b else f"from {a} on (period {q})" if a else f"up to {b} (period {q})"
            for q, a, b in said]  # fmt: skip
    return f"In the chaos around {MINIMUM} there are windows in which a cycle is stable: {name} = {listed(ends)}."


def _doubling(row: Row) -> re.Match[str] | None:
    """The two periods of a doubling of which nothing else is to be said."""
    return CASCADE.fullmatch(row["note"]) if row["event"] == "doubling" else None


def _cascade(name: str, rows: list[dict]) -> str:
    """Where a minimum, or a cycle around it, gives way to a cycle of twice its period, and that to the next."""
    first, *others = rows
    if not (match := _doubling(first)):
        return ""
    of = MINIMUM if match[1] == "1" else f"the cycle of period {match[1]} around {MINIMUM}"
    said = f"{_where(name, first)} {of} gives way to a cycle of period {match[2]}"
    if others:
        said += f", whose period doubles at {listed([_number(row) for row in others])}"
    return f"{said}."


def _line(name: str, row: Row, minima: Collection[int]) -> str:
    number, event, note = row["attractor"], row["event"], row["note"]
    what = "every attractor" if number < 0 else MINIMUM if number in minima else f"attractor {number}"
    at = _where(name, row)
    if note.startswith("the attractor "):
        return f"{at} {note}."
    if note.startswith(("the ", "from ", "chaos", "period ")):
        return f"{at}, around {what}: {note.replace(': ', ', ', 1)}."
    if number in minima and (event == "crisis" or note.startswith("merges ")):
        what = f"the attractor of {what}"
    verb = VERBS.get(event, "") if note and not note.startswith(("merges ", "loses ")) else ""
    return " ".join(filter(None, (at, what, verb, note or BARE[event]))) + "."


def _where(name: str, row: Row) -> str:
    low, high = row["low"], row["high"]
    proven = " (proven)" if row["proven"] else ""
    measured = row["event"] in BRACKETED and not row["proven"] and low < high
    wide = measured and high - low > NARROW * abs(high)
    if not wide and (number := _agreed(low, high)):
        return f"{'Near' if measured else 'At'} {name} = {number}{proven}"
    return f"Between {name} = {_ends(low, high)}{proven}"


def _number(row: Row) -> str:
    return _agreed(row["low"], row["high"]) or f"{row['low']:.{MOST}g}"


def _agreed(low: float, high: float) -> str:
    """A number to as many digits as its bracket tells; nothing where it tells few.

    >>> _agreed(0.1234561, 0.1234562), _agreed(0.123, 0.124), _agreed(-1e-13, 1e-13)
    ('0.123456', '', '')
    """
    for digits in range(MOST, LEAST - 1, -1):
        if f"{low:.{digits}g}" == f"{high:.{digits}g}":
            return f"{low:.{digits}g}"
    return ""


def _ends(low: float, high: float) -> str:
    """Both ends, to as many digits as tell one from the other.

    >>> _ends(0.1, 0.2), _ends(1.59807185, 1.59807461), _ends(-1.1368683772161603e-13, 0.0)
    ('0.1 and 0.2', '1.598072 and 1.598075', '-1.13687e-13 and 0')
    """
    digits = next((d for d in range(MOST, 17) if f"{low:.{d}g}" != f"{high:.{d}g}"), 17)
    return f"{low:.{digits}g} and {high:.{digits}g}"
