"""Label functions whose boundaries are known: closed forms and maps, vectorised, without a descent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

UNIT = Box({"x": (0, 1)})
PLANE = Box({"x": (-1, 1), "y": (-1, 1)})
ROOT_5 = 5**0.5
WELL = Box({"x": (-ROOT_5, ROOT_5)})
GRAZING = Box({"t": (0, 2 * np.pi), "x": (-1, 1)})  # of the map by Grebogi, McDonald, Ott and Yorke


def cantor(points: Array) -> Codes:
    """The parity of the place of the first ternary digit 1: a boundary of dimension ln 2 / ln 3."""
    x, parity, rows = points[:, 0], np.zeros(len(points), dtype=np.int64), np.arange(len(points))
    for place in range(34):
        x = 3 * x
        digit = np.floor(x)
        ones = digit == 1
        if place % 2:
            parity[rows[ones]] = 1
        left = np.flatnonzero(~ones)
        rows, x = rows[left], x[left] - digit[left]
    return parity


def newton(points: Array, steps: int = 60) -> Codes:
    """Which root of z³ = 1 Newton's method reaches."""
    z = points[:, 0] + 1j * points[:, 1]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            z = z - (z**3 - 1) / (3 * z**2)
        return np.rint(3 * np.angle(np.nan_to_num(z)) / (2 * np.pi)).astype(np.int64) % 3


def grazing(points: Array, steps: int = 400) -> Codes:
    """t' = t + 1.32 sin 2t - .90 sin 4t - x sin t, x' = -.3 cos t: attracted by t = 0 or by t = pi."""
    t, x = points.T.copy()
    for _ in range(steps):
        t, x = t + 1.32 * np.sin(2 * t) - 0.90 * np.sin(4 * t) - x * np.sin(t), -0.3 * np.cos(t)
    return (np.cos(t) < 0).astype(np.int64)


def well_edges(rate: float = 0.5, most: int = 60) -> Array:
    """Edges x > 0 of gradient descent on (x² - 1)²/4 at that rate: preimages of 0, alternating, toward the last one."""
    edges, last = [0.0], (2 / rate + 1) ** 0.5
    for _ in range(most):
        low, high = edges[-1], last  # where x - rate (x³ - x) falls, from above 0 to -last
        low = max(low, ((1 + 1 / rate) / 3) ** 0.5)
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if middle - rate * (middle**3 - middle) > -edges[-1] else (low, middle)
        if high - edges[-1] < 1e-15:
            break
        edges.append(high)
    return np.array(edges)


EDGES = well_edges()


def double_well(points: Array) -> Codes:
    """0 where descent at rate .5 reaches -1, 1 where it reaches 1, by the exact edges."""
    x = points[:, 0]
    odd = np.searchsorted(EDGES, np.abs(x)) % 2
    return np.where(x > 0, odd, 1 - odd)


def half(points: Array, direction: tuple[float, ...] = (0.8, 0.6), offset: float = 0.13) -> Codes:
    """A straight boundary."""
    return (points @ np.array(direction) > offset).astype(np.int64)
