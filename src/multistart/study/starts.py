"""The rule ``starts``: a checked copy of the user's own starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from multistart.errors import InputError
from multistart.starts.file import batches
from multistart.study import storage


def copy_starts(given: Path | str, variables: Sequence[str], path: Path | str, *, checksum: str) -> None:
    """Copy the user's own starts, every one checked, into a table that each job reads its part of.

    Raises
    ------
    InputError
        The file is not, or is no longer, the one with this checksum.
    """

    def parts() -> Iterator[storage.Columns]:
        for starts in batches(given, variables):
            yield {f"start_{name}": starts[:, j] for j, name in enumerate(variables)}
        if storage.checksum(given) != checksum:
            raise InputError(f"{given} was changed while the study ran; run the study again.")

    storage.write_rows(path, parts())
