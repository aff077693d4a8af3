"""The edges of the explorer's maps: polylines with no more points than can be seen, or single points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.taking_part import are_cut_short
from multistart.box import Box
from multistart.explorer.contents import Array, Columns

SEEN = 1e-4  # widths of the map, by which a simplified curve is off at most: a tenth of a pixel of a large picture
POINTS = 5000  # of a map that are on no curve, at most


def curves_data(drawn: Box, edges: Columns | None) -> list[dict[str, Any]]:
    """Curves ``{points: [x0, y0, x1, y1, ...], limited}``; none where no edges were measured.

    Limited ones are no edges between basins, but where only so many steps or such a tolerance tell descents apart. A
    point that is on no curve is a curve of its own, and so is each in one dimension.
    """
    if edges is None:
        return []
    limited = are_cut_short(edges["first_ending"]) | are_cut_short(edges["second_ending"])
    points = np.stack([edges[name] for name in drawn.names], axis=1)
    return [
        {"points": _plain(drawn, line), "limited": which}
        for which in (False, True)
        for line in _lines(drawn, points[limited == which], edges["curve"][limited == which])
    ]


def _lines(drawn: Box, points: Array, curve: NDArray[np.int64]) -> Iterator[Array]:
    """The curves of some points, of which the rows of one follow each other; -1 is a point that is on none."""
    if drawn.dimensions == 1:
        yield from points[:, None]
        return
    order = np.argsort(curve, kind="stable")
    points, curve = points[order], curve[order]
    alone = points[curve < 0]
    points, curve = points[curve >= 0], curve[curve >= 0]
    lines = np.split(points, np.flatnonzero(np.diff(curve)) + 1)
    yield from (simplified(line, drawn.width * SEEN) for line in lines if len(line))
    yield from alone[:: max(1, -(-len(alone) // POINTS)), None]


def _plain(drawn: Box, points: Array) -> list[float]:
    """Coordinates to a hundredth of what is seen."""
    digits = [max(0, math.ceil(-math.log10(0.01 * SEEN * width))) for width in drawn.width.tolist()]
    return [round(x, n) for point in points.tolist() for x, n in zip(point, digits, strict=True)]


def simplified(line: Array, reach: Array) -> Array:
    """The points of a line without which it would be off by more than ``reach``, shape ``(2,)``, along an axis.

    Douglas and Peucker 1973, Cartographica 10(2).

    >>> simplified(np.array([[0.0, 0.0], [1.0, 0.001], [2.0, 0.0], [2.0, 1.0]]), np.full(2, 0.01)).tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0]]
    """
    kept = np.zeros(len(line), dtype=bool)
    kept[[0, -1]] = True
    scaled, open_ = line / reach, [(0, len(line) - 1)]
    while open_:
        first, last = open_.pop()
        if last - first < 2:
            continue
        off = _distances(scaled[first + 1 : last], scaled[first], scaled[last])
        if off.max() > 1:
            middle = first + 1 + int(off.argmax())
            kept[middle] = True
            open_ += [(first, middle), (middle, last)]
    return line[kept]


def _distances(points: Array, a: Array, b: Array) -> Array:
    """How far points are from the straight line between two."""
    way = b - a
    length = float(way @ way)
    along = np.clip((points - a) @ way / length, 0, 1) if length else np.zeros(len(points))
    return np.asarray(np.linalg.norm(points - a - along[:, None] * way, axis=1))
