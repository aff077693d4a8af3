"""Random points and directions, and the interval of a mean: what samples of a boundary are made of."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

from multistart.boundaries.labels import Array
from multistart.box import Box
from multistart.estimates.intervals import t_quantile


class Measured(NamedTuple):
    """A number with its interval, and a note; nan where there is none, and the note says why."""

    value: float
    low: float
    high: float
    note: str = ""


def refused(reason: str) -> Measured:
    """No number, for a reason."""
    return Measured(math.nan, math.nan, math.nan, reason)


def length(r: float) -> str:
    """A length in words.

    >>> length(1e-5), length(0.0316), length(1e-3), length(0.0013), length(1e-11)
    ('1e-5', '0.032', '1e-3', '1.3e-3', '1e-11')
    """
    return f"{r:.2g}" if r > 0.0099 else re.sub("e-0?|e-", "e-", f"{r:.1e}").replace(".0e", "e")


def mean_of(sample: Array, confidence: float, note: str = "", least: float = 0.0) -> Measured:
    """The mean of independent numbers of one law, at least ``least``, with Student's interval."""
    mean, n = float(sample.mean()), len(sample)
    half = t_quantile(confidence, n - 1) * float(sample.std(ddof=1)) / math.sqrt(n)
    return Measured(mean, max(mean - half, least), mean + half, note)


def uniform(box: Box, n: int, rng: np.random.Generator) -> Array:
    """Independent points all over a box, shape ``(n, d)``."""
    return box.low + box.width * rng.random((n, box.dimensions))


def directions(n: int, d: int, rng: np.random.Generator) -> Array:
    """Independent unit vectors without a preferred direction, shape ``(n, d)``."""
    if d == 1:
        return np.where(rng.random((n, 1)) < 0.5, -1.0, 1.0)
    normal = rng.standard_normal((n, d))
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def spread_directions(n: int, d: int, rng: np.random.Generator) -> Array:
    """Unit vectors that leave no direction out: both in one dimension, one in each of ``n`` equal sectors in two.

    In more dimensions they are independent. Shape ``(n, d)``, or ``(2, 1)``.
    """
    if d == 1:
        return np.array([[-1.0], [1.0]])
    if d == 2:
        angle = 2 * np.pi * (np.arange(n) + rng.random(n)) / n
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return directions(n, d, rng)
