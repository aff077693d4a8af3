"""The classes a picture tells apart: the lowest minima, the rest of the minima as one, and the endings at none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.figures.names import TOGETHER, value_text
from multistart.figures.palette import HATCHES, MUTED, NAMED, QUIET
from multistart.figures.scene import ENDINGS, Scene, codes_of

MORE = 1_000_000
"""The code that stands for all minima past the named ones."""

ENDING_TEXT = {
    "converged": "converged, no minimum",
    "trapped": "trapped, no minimum",
    "step_limit": "step limit reached",
    "left_arena": "left the arena",
    "nonfinite": "not finite",
    "stationary": "at rest, no minimum",
    "visited": "gradient small, no minimum",
    "stopped": "stopped by itself, no minimum",
    "cycle": "in a cycle",
    "bounded": "moving about, no cycle",
    "undecided": "undecided between two runs",
}


@dataclass(frozen=True)
class Class:
    """One entry of a legend.

    Attributes
    ----------
    code
        Basin number, ``MORE``, or the negative code of an ending.
    name, detail
        "0 lowest" and "f = −6.551"; detail is empty for endings.
    kind
        "global", "local", or "none" (no minimum), as in the tables; what is shown says ``WORDS`` of it.
    count, share
        Starts of the class, and their fraction of all starts.
    """

    code: int
    name: str
    detail: str
    kind: str
    count: int
    share: float
    colour: str
    hatch: str

    @property
    def label(self) -> str:
        """Name, value and share in one line."""
        return f"{', '.join(filter(None, (self.name, self.detail)))}: {percent(self.share)}".replace(
            " %", f"{TOGETHER}%"
        )


# The lowest of the minima that are numbered; that none is lower anywhere is for the certificate to say.
WORDS = {"global": "lowest", "local": "higher"}


def classes_of(scene: Scene) -> list[Class]:
    """Named minima by value, then the remaining minima as one, then each ending at no minimum that occurs."""
    return [*_named_minima(scene), *_more_minima(scene), *_endings(scene)]


def classes_on(scene: Scene, maps: Iterable[NDArray[np.int64]] = ()) -> list[Class]:
    """Those, and endings that a map has of no start: of descents at edges, on a slice, or on further ``maps``."""
    there = {code for code in codes_on(scene, maps) if -len(ENDINGS) <= code < 0}
    return [*_named_minima(scene), *_more_minima(scene), *_endings(scene, there)]


def codes_on(scene: Scene, maps: Iterable[NDArray[np.int64]] = ()) -> set[int]:
    """The codes that a map shows, grouped."""
    edges = () if scene.mosaic is None else (scene.mosaic["code"].to_numpy(),)
    return {int(code) for each in (scene.map.code, *edges, *maps) for code in np.unique(grouped(np.asarray(each)))}


def grouped(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The codes with every basin past the named ones replaced by ``MORE``."""
    return np.where(codes >= len(NAMED), MORE, codes)


def by_class(frame: pd.DataFrame, weight: str = "count") -> dict[int, pd.DataFrame]:
    """The rows of a frame with ``basin`` and ``ending`` that have starts, by grouped class code."""
    frame = frame[frame[weight] > 0]
    codes = grouped(codes_of(frame))
    return {int(code): frame[codes == code] for code in np.unique(codes)}


def percent(share: float) -> str:
    """A share in percent with one decimal, never rounded to 0 or 100 when it is neither.

    >>> [percent(s) for s in (0.0, 0.0002, 0.2634, 0.99999, 1.0)]
    ['0 %', '<0.1 %', '26.3 %', '>99.9 %', '100 %']
    """
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    if not 0.0005 <= share < 0.9995:
        return "<0.1 %" if share < 0.5 else ">99.9 %"
    return f"{100 * share:.1f} %"


def _named_minima(scene: Scene) -> list[Class]:
    rows = scene.basins.head(len(NAMED))
    columns = (rows[c].tolist() for c in ("basin", "kind", "value", "count"))
    return [
        Class(b, f"{b} {WORDS[kind]}", value_text(scene, v), kind, n, _share(n, scene), NAMED[b], "")
        for b, kind, v, n in zip(*columns, strict=True)
    ]


def _more_minima(scene: Scene) -> list[Class]:
    rows = scene.basins.iloc[len(NAMED) :]
    if rows.empty:
        return []
    ties = int((rows["kind"] == "global").sum())
    plural = "minimum" if len(rows) == 1 else "minima"
    name = f"{len(rows)} more {plural}" + (f", {ties} lowest" if ties else "")
    count = int(rows["count"].sum())
    kind = "global" if ties == len(rows) else "local"
    return [Class(MORE, name, "", kind, count, _share(count, scene), MUTED[0], "")]


def _endings(scene: Scene, there: Collection[int] = ()) -> list[Class]:
    counts = dict.fromkeys(there, 0)
    counts |= {code: int(rows["count"].sum()) for code, rows in by_class(scene.endings).items() if code < 0}
    return [
        Class(
            code, ENDING_TEXT[ENDINGS[-code - 1]], "", "none", counts[code], _share(counts[code], scene), *_quiet(code)
        )
        for code in sorted(counts, reverse=True)
    ]


def _quiet(code: int) -> tuple[str, str]:
    return QUIET[code], HATCHES[code]


def _share(count: int, scene: Scene) -> float:
    return count / scene.starts if scene.starts else 0.0
