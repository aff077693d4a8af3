"""The exceptions of the package; each message says what was asked, what was seen and what to change."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

#: A disk, a quota, or the largest size of a file is used up.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def shown(text: str) -> str:
    r"""Return a text as it can be shown: what would not be printed, or would turn the line around, is spelled out.

    >>> print(shown("a\x1b[31mb"), shown("a\u202eb"), shown("Gipfel ä"))
    a\x1b[31mb a\u202eb Gipfel ä
    """
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text
    )


class MultistartError(Exception):
    """Base of everything the package raises on purpose; what a user wrote is quoted in a form that can be shown."""

    def __init__(self, message: str = "") -> None:
        super().__init__(shown(message))


class InputError(MultistartError, ValueError):
    """An argument or a configuration that no study can be made of."""


class ExpressionError(InputError):
    """A formula that is not allowed; the message quotes the offending piece."""


class ConfigError(InputError):
    """A study's configuration is wrong; the message names the key, the value and the fix."""


class TableError(MultistartError, ValueError):
    """A table has other columns or types than it is declared with; the message says which."""


class DamagedError(MultistartError, ValueError):
    """A file of a study does not hold what was written into it.

    Attributes
    ----------
    path
        The file; without it, the next run makes it anew.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged: {reason}.")
        self.path = path


class WriteError(MultistartError, OSError):
    """A file of a study cannot be written; the message says why and what to do."""

    def __init__(self, path: Path | str, reason: OSError) -> None:
        remedy = "Make room on its disk" if reason.errno in NO_ROOM else "Make its folder one that can be written"
        super().__init__(
            f"{path} cannot be written: {reason.strerror or reason}. {remedy}, then run the study again, "
            "which goes on from there."
        )


def did_you_mean(word: object, allowed: Iterable[str]) -> str:
    """Return ``'; did you mean "sobol"?'`` for a near miss of an allowed word, else an empty string.

    >>> did_you_mean("sobel", ["sobol", "halton"])
    '; did you mean "sobol"?'
    """
    near = get_close_matches(str(word).lower(), list(allowed), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def one_of(word: object, allowed: Iterable[str]) -> str:
    """Return the sentence that refuses a word outside a fixed list, with a suggestion."""
    names = list(allowed)
    return f'"{word}" is not one of {", ".join(names)}{did_you_mean(word, names)}'
