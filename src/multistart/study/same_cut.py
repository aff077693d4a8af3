"""Into which pieces a study was cut that is given more starts: it is cut alike, since those are there.

Into how many jobs a study is cut decides how long pieces are, so with more starts as many jobs have longer ones. Their
files are other ones: rows that were kept are read for them, and those that were not are descended from again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from multistart.files.parts import MOST_JOBS, Part, cut, lengths, parts_of, pieces_of

There = Callable[[Part], bool]


def jobs_as_there(before: int, after: int, jobs: int, there: There) -> int:
    """How many jobs ``after`` starts are to be cut for, so that whole parts of those that were there stay as they are.

    Those that the config asks for, where these keep them, or nothing does.

    Parameters
    ----------
    there
        Whether a piece is: its starts have descended.
    """
    old, new = parts_of(before), parts_of(after)
    whole = [part for part in old if part in new]

    def keeps(length: int) -> bool:
        return all(map(there, cut(whole, length)))

    if not whole or keeps(_length(new, jobs)):
        return jobs
    found = next((length for length in lengths(new) if keeps(length)), None)
    wanted = jobs if found is None else len(cut(new, found))
    return wanted if wanted <= MOST_JOBS else jobs


def _length(parts: Sequence[Part], jobs: int) -> int:
    return max(map(len, pieces_of(parts, jobs)))


def not_as_there(before: int, after: int, jobs: int, there: There) -> list[Part]:
    """The parts of the old starts that are no parts any more, or not in the pieces that are there."""
    new = parts_of(after)
    pieces = pieces_of(new, jobs)
    missing = {piece.number for piece in pieces if not there(piece)}
    return [part for part in parts_of(before) if part not in new or part.number in missing]
