"""Cutting a path at the edges of a box, so that a descent that flies off is drawn up to where it leaves the view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box

Path = NDArray[np.float64]


def finite_part(path: Path) -> Path:
    """The path up to, not including, its first point that is not finite."""
    bad = ~np.isfinite(path).all(axis=1)
    return path[: int(bad.argmax())] if bad.any() else path


def pieces(path: Path, box: Box) -> list[Path]:
    """The connected parts of a polyline ``(n, d)`` inside a closed box, cut exactly at its faces.

    Liang and Barsky's clipping of every segment (ACM Trans. Graph. 3:1, 1984), joined where segments continue.

    >>> inside = pieces(np.array([[0.0], [2.0], [0.5]]), Box({"x": (-1, 1)}))
    >>> [p.ravel().tolist() for p in inside]
    [[0.0, 1.0], [1.0, 0.5]]
    """
    if len(path) < 2:
        return [path] if len(path) and box.contains(path).all() else []
    enter, leave = _crossings(path, box)
    start, step = path[:-1], np.diff(path, axis=0)
    seen = np.flatnonzero(enter <= leave)
    first, last = start + enter[:, None] * step, start + leave[:, None] * step
    parts: list[list[Path]] = []
    for i in seen.tolist():
        joined = bool(parts) and enter[i] == 0 and i > 0 and enter[i - 1] <= leave[i - 1] and leave[i - 1] == 1
        if not joined:
            parts.append([first[i]])
        parts[-1].append(path[i + 1] if leave[i] == 1 else last[i])
    return [np.array(part) for part in parts]


def _crossings(path: Path, box: Box) -> tuple[Path, Path]:
    """Fractions of each segment at which it enters and leaves the box; enter > leave where it misses it."""
    with np.errstate(all="ignore"):
        step = np.diff(path, axis=0)
        low, high = (box.low - path[:-1]) / step, (box.high - path[:-1]) / step
    still = step == 0
    outside = still & ((path[:-1] < box.low) | (path[:-1] > box.high))
    near = np.where(still, np.where(outside, np.inf, -np.inf), np.minimum(low, high))
    far = np.where(still, np.where(outside, -np.inf, np.inf), np.maximum(low, high))
    return np.maximum(near.max(axis=1), 0.0), np.minimum(far.min(axis=1), 1.0)
