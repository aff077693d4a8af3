"""How many starts a study has, and whether it can have them."""

from __future__ import annotations

from collections.abc import Mapping

from multistart.config.problems import problem
from multistart.config.starts_section import MAX_STARTS, FileStarts, GridStarts, StartsSection
from multistart.config.values import power
from multistart.errors import InputError
from multistart.scales import LOG
from multistart.starts.file import count_starts


def count_of(starts: StartsSection, dimensions: int) -> int:
    """The number of starts."""
    if isinstance(starts, GridStarts):
        return int(starts.per_axis**dimensions * starts.per_cell)
    return int(starts._rows if isinstance(starts, FileStarts) else starts.count * starts.replicates)


def check_count(starts: StartsSection, dimensions: int) -> None:
    """Refuse more starts than a study takes, or a number that the design cannot have."""
    if isinstance(starts, FileStarts):
        return
    too_many = count_of(starts, dimensions) > MAX_STARTS
    if isinstance(starts, GridStarts):
        if too_many:
            most = int((MAX_STARTS / starts.per_cell) ** (1 / dimensions) + 1e-9)
            raise problem(
                f"{starts.per_axis} cells on each of {dimensions} axes are too many starts: at most "
                f"{power(MAX_STARTS)}, so at most {most} on each axis; or use a design without a grid",
                at="per_axis",
            )
        return
    if too_many:
        most = MAX_STARTS // starts.replicates
        raise problem(f"got {starts.count}; {starts.replicates} replicates leave at most {most} each", at="count")
    if starts.design in ("latin_hypercube", "sobol", "halton"):
        from multistart.starts.designs import size  # loads NumPy, which a config of another design need not

        try:
            size(starts.design, dimensions, count=starts.count, replicates=starts.replicates)
        except InputError as error:
            raise problem(f"got {starts.count}; {error}", at="count") from None


def rows_of(starts: FileStarts, names: tuple[str, ...], scale: Mapping[str, str]) -> int:
    """The number of starts in a file, all of them read."""
    try:
        return count_starts(starts.path, names, [scale.get(name) == LOG for name in names])
    except InputError as error:
        raise problem(str(error), at="path") from None
