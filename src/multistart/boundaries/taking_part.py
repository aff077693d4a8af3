"""Which labels take part: a curve along which only a limit or a tolerance ends descents is no boundary of a basin."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Codes
from multistart.methods.endings import ENDINGS

#: Endings without a basin that tell where a start goes: beyond the arena, to where f is undefined, into a cycle. All
#: others are cut short, by the limit of steps, or by the tolerance beside a saddle: where they would go is not known.
STEP_LIMIT = "step_limit"
ELSEWHERE = ("left_arena", "nonfinite", "cycle")
_CODES = np.array([-1 - ENDINGS.index(ending) for ending in ELSEWHERE], dtype=np.int64)


def take_part(codes: Codes) -> NDArray[np.bool_]:
    """Which codes do: basins, and endings that are no matter of a limit or a tolerance.

    >>> take_part(np.array([0, 7, -1 - ENDINGS.index("step_limit"), -1 - ENDINGS.index("left_arena")])).tolist()
    [True, True, False, True]
    """
    return (codes >= 0) | np.isin(codes, _CODES)


def are_cut_short(endings: Iterable[str]) -> NDArray[np.bool_]:
    """Which endings, as words and empty for basins, are those of descents that were cut short.

    >>> are_cut_short(["", "step_limit", "converged", "left_arena"]).tolist()
    [False, True, True, False]
    """
    return ~np.isin(np.array([*endings], dtype=object).astype(str), ["", *ELSEWHERE])


def names(codes: Iterable[int]) -> str:
    """The labels in words, basins first.

    >>> names([-4, 3, 1, 0]), names([2, 0, 1])
    ('basins 0, 1, 3, left_arena', 'basins 0 to 2')
    """
    found = sorted(set(map(int, codes)))
    basins = [code for code in found if code >= 0]
    in_row = len(basins) > 2 and basins[-1] - basins[0] == len(basins) - 1
    listed = f"{basins[0]} to {basins[-1]}" if in_row else ", ".join(map(str, basins))
    said = [f"basin{'s' if len(basins) > 1 else ''} {listed}"] if basins else []
    return ", ".join([*said, *(ENDINGS[-1 - code] for code in reversed(found) if code < 0)])
