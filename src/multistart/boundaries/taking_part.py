"""Which labels take part: a curve along which only a limit cuts descents short is no boundary of a basin."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Codes
from multistart.methods.endings import ENDINGS

#: Endings that a limit or a tolerance has made: where their starts would have gone is not known.
CUT_SHORT = ("step_limit", "visited", "stopped", "bounded", "undecided")
_CODES = np.array([-1 - ENDINGS.index(ending) for ending in CUT_SHORT if ending in ENDINGS], dtype=np.int64)


def take_part(codes: Codes) -> NDArray[np.bool_]:
    """Which codes do: basins, and ways to end at none that no limit has made, as to leave the arena.

    >>> take_part(np.array([0, 7, -1 - ENDINGS.index("step_limit"), -1 - ENDINGS.index("left_arena")])).tolist()
    [True, True, False, True]
    """
    return ~np.isin(codes, _CODES)


def names(codes: Iterable[int]) -> str:
    """The labels in words, basins first.

    >>> names([-4, 1, 0])
    'basin 0, basin 1, left_arena'
    """
    found = sorted(set(map(int, codes)), key=lambda code: (code < 0, abs(code)))
    return ", ".join(f"basin {code}" if code >= 0 else ENDINGS[-1 - code] for code in found)
