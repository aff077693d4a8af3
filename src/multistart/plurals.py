"""Numbers with their nouns, as in "1 descent" and "16 descents", for whatever is printed."""

from __future__ import annotations

from collections.abc import Sequence

IRREGULAR = {"minimum": "minima", "maximum": "maxima"}  # the last word of a noun


def plural(word: str, number: float | str) -> str:
    """A noun, in the form that goes with a number or with how it is spelled.

    >>> plural("descent", 1), plural("minimum", 3), plural("step", "1"), plural("start", "1 (1 to 2)")
    ('descent', 'minima', 'step', 'starts')
    """
    if number in (1, "1"):
        return word
    *first, last = word.split(" ")
    return " ".join([*first, IRREGULAR.get(last, f"{last}s")])


def counted(number: float | str, word: str) -> str:
    """A number and its noun.

    >>> counted(1, "start"), counted(0, "start"), counted(250000, "start"), counted("16 (15 to 17)", "descent")
    ('1 start', '0 starts', '250,000 starts', '16 (15 to 17) descents')
    """
    spelled = number if isinstance(number, str) else f"{number:,}"
    return f"{spelled} {plural(word, number)}"


def listed(said: Sequence[str]) -> str:
    """Words with commas, and "and" before the last.

    >>> listed(["x"]), listed(["x", "y"]), listed(["x", "y", "z"])
    ('x', 'x and y', 'x, y and z')
    """
    return f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else "".join(said)
