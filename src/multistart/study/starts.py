"""The rule ``starts``: a checked copy of the user's own starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from multistart.errors import InputError
from multistart.scales import LOG, logarithms, on_scale
from multistart.starts.file import batches
from multistart.study import storage


def copy_starts(
    given: Path | str,
    variables: Sequence[str],
    path: Path | str,
    *,
    checksum: str,
    scale: Mapping[str, str] | None = None,
) -> None:
    """Copy the user's own starts, every one checked, into a table that each job reads its part of.

    Those of variables that are on the logarithm are its logarithms there, under its name.

    Raises
    ------
    InputError
        The file is not, or is no longer, the one with this checksum.
    """
    names = [on_scale(name, scale or {}) for name in variables]
    logged = [(scale or {}).get(name) == LOG for name in variables]

    def parts() -> Iterator[storage.Columns]:
        for starts in batches(given, variables):
            starts = logarithms(starts, logged) if any(logged) else starts
            yield {f"start_{name}": starts[:, j] for j, name in enumerate(names)}
        if storage.checksum(given) != checksum:
            raise InputError(f"{given} was changed while the study ran; run the study again.")

    storage.write_rows(path, parts())
