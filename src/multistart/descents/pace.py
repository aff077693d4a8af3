"""How many starts a thread takes at a time: many of quick ones, few of slow ones, as it is measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

LONGEST = 10.0  # seconds of work that a thread takes at a time
SHORTEST = 0.2  # seconds of work that is worth handing to a thread


class Pace:
    """The speed of descents so far: starts a second of a thread.

    >>> pace = Pace()
    >>> pace.starts(LONGEST), pace.take(100, 2.0), pace.starts(LONGEST)
    (0, None, 500)
    """

    def __init__(self) -> None:
        self._starts, self._seconds = 0, 0.0

    def take(self, starts: int, seconds: float) -> None:
        """Take into account that some starts took a thread so long."""
        self._starts += starts
        self._seconds += seconds

    @property
    def seconds(self) -> float:
        """How long threads have worked so far, in sum."""
        return self._seconds

    def starts(self, seconds: float) -> int:
        """How many a thread is likely to finish in so many seconds; 0 where nothing is known."""
        return int(self._starts * seconds / max(self._seconds, 1e-9))


def slices(n: int, most: int, threads: int, pace: Pace | None = None, fewest: int = 1) -> Iterator[slice]:
    """Rows cut into slices of at most so many, where there are several threads small ones last: they finish together.

    With a pace, a slice is of :data:`LONGEST` seconds' work at most, of ``fewest`` rows where that is more or no speed
    is known yet, and the last ones are as much smaller as keeps all threads at work.
    """
    first, size, least = 0, most, -(-most // 4)
    while first < n:
        if pace is not None:
            size = min(most, max(fewest, pace.starts(LONGEST)))
            least = min(-(-most // 4), max(fewest, pace.starts(SHORTEST)))
        left = n - first
        taken = size if threads == 1 or left > threads * size else min(size, max(least, -(-left // (4 * threads))))
        yield slice(first, min(n, first + taken))
        first += taken


def timed(work: Callable[[slice], object], rows: slice) -> tuple[slice, float]:
    """Do some rows; which they were, and the seconds that they took."""
    began = time.perf_counter()
    work(rows)
    return rows, time.perf_counter() - began
