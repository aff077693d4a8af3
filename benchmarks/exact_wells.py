"""Objectives whose basins under gradient descent are known exactly, to test intervals for shares against.

With ``y = sqrt(lr) x``, gradient descent on ``(x^2 - 1)^2 / 4`` is ``y -> (1 + lr) y - y^3``. A start with
``|y| < sqrt(1 + lr)`` keeps its sign and converges (0 < lr < 1); one with ``|y| > sqrt(2 + lr)`` diverges; between the
two, intervals alternate that map onto the intervals before them, infinitely many towards ``sqrt(2 + lr)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Points = NDArray[np.float64]
Labels = NDArray[np.int64]
DIVERGES, MINUS, PLUS = -1, 0, 1


def well_labels(x: Points, lr: float) -> Labels:
    """Label starts of one double well by iterating the map until the sign is settled; any shape."""
    y = math.sqrt(lr) * np.asarray(x, dtype=np.float64)
    settled, escaped = math.sqrt(1 + lr), math.sqrt(2 + lr)
    open_ = (np.abs(y) >= settled) & (np.abs(y) <= escaped)
    while open_.any():
        y[open_] = (1 + lr) * y[open_] - y[open_] ** 3
        open_ &= (np.abs(y) >= settled) & (np.abs(y) <= escaped)
    return np.where(np.abs(y) > escaped, DIVERGES, np.where(y > 0, PLUS, MINUS))


def well_edges(lr: float, tolerance: float = 1e-13) -> list[float]:
    """Edges of the basins on the positive axis: 0, those at which the sign alternates, and where divergence starts.

    The edge ``e_{k+1}`` maps to ``-e_k``; they are computed until closer than ``tolerance`` to their limit.
    """
    limit = math.sqrt(2 + lr)
    edges = [0.0, math.sqrt(1 + lr)]
    while limit - edges[-1] > tolerance:
        edges.append(brentq(lambda y, e=edges[-1]: (1 + lr) * y - y**3 + e, edges[-1], limit, xtol=1e-15))
    return [e / math.sqrt(lr) for e in [*edges, limit]]


def well_pieces(lr: float) -> list[tuple[float, float, int]]:
    """All pieces ``(low, high, label)`` of the line between the two points beyond which descents diverge."""
    positive = [(a, b, (PLUS, MINUS)[k % 2]) for k, (a, b) in enumerate(pairwise(well_edges(lr)))]
    return [(-b, -a, PLUS + MINUS - label) for a, b, label in reversed(positive)] + positive


@dataclass(frozen=True)
class Problem:
    """Labels of starts in a box, and the exact shares of the box.

    ``label`` takes points, shape ``(n, d)``; ``shares`` takes lower and upper corners and gives ``{label: share}``.
    """

    name: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    label: Callable[[Points], Labels]
    shares: Callable[[Points, Points], Mapping[int, float]]

    @property
    def dimensions(self) -> int:
        """The number of coordinates."""
        return len(self.low)


def sum_of_wells(name: str, lr: float, low: tuple[float, ...], high: tuple[float, ...]) -> Problem:
    """A double well in every coordinate; the basins are products, numbered by the signs as binary digits."""
    pieces = well_pieces(lr)

    def label(x: Points) -> Labels:
        signs = well_labels(x, lr)
        return np.where((signs == DIVERGES).any(axis=1), DIVERGES, signs @ (1 << np.arange(x.shape[1])))

    def shares(a: Points, b: Points) -> dict[int, float]:
        axes = [_line_shares(pieces, lo, hi) for lo, hi in zip(a, b, strict=True)]
        signs = list(product((MINUS, PLUS), repeat=len(axes)))
        found = {
            sum(s << i for i, s in enumerate(c)): math.prod(ax[s] for ax, s in zip(axes, c, strict=True)) for c in signs
        }
        return {**found, DIVERGES: 1 - sum(found.values())}

    return Problem(name, low, high, label, shares)


def _line_shares(pieces: list[tuple[float, float, int]], low: float, high: float) -> dict[int, float]:
    return {
        sign: math.fsum(max(min(b, high) - max(a, low), 0.0) for a, b, s in pieces if s == sign) / (high - low)
        for sign in (MINUS, PLUS)
    }


def rotated_well(name: str, lr: float, angle: float, low: tuple[float, float], high: tuple[float, float]) -> Problem:
    """A double well along a direction and a bowl across it: oblique stripes, since descent commutes with rotations."""
    direction = np.array([math.cos(angle), math.sin(angle)])  # 0 < angle < pi/2
    pieces = well_pieces(lr)

    def below(t: float, a: Points, b: Points) -> float:
        """The fraction of the box with ``direction . x < t``: the distribution of a sum of two uniform numbers."""
        p, q = direction * (b - a)
        s = t - float(direction @ a)
        cut = sum(sign * max(s - e, 0.0) ** 2 for sign, e in ((1, 0.0), (-1, p), (-1, q), (1, p + q)))
        return cut / (2 * p * q)

    def shares(a: Points, b: Points) -> dict[int, float]:
        found = {
            sign: math.fsum(below(e, a, b) - below(s, a, b) for s, e, piece in pieces if piece == sign)
            for sign in (MINUS, PLUS)
        }
        return {**found, DIVERGES: 1 - sum(found.values())}

    return Problem(name, low, high, lambda x: well_labels(x @ direction, lr), shares)


def disc(name: str, radius: float) -> Problem:
    """A disc around the origin in a box that contains it: a curved boundary. Plain geometry, no descent."""

    def shares(a: Points, b: Points) -> dict[int, float]:
        inside = math.pi * radius**2 / float(np.prod(b - a))
        return {0: inside, DIVERGES: 1 - inside}

    return Problem(
        name, (-1.03, -0.95), (1.01, 1.0), lambda x: np.where((x**2).sum(axis=1) < radius**2, 0, DIVERGES), shares
    )


PROBLEMS = (
    sum_of_wells("1-D well, lr 0.1", 0.1, (-1.3,), (2.0,)),
    sum_of_wells("1-D well, lr 0.5", 0.5, (-2.5,), (2.4,)),
    sum_of_wells("2-D sum, lr 0.1", 0.1, (-1.3, -1.7), (2.0, 1.1)),
    sum_of_wells("2-D sum, lr 0.5", 0.5, (-2.5, -2.2), (2.4, 2.3)),
    rotated_well("2-D oblique, lr 0.5", 0.5, 0.6, (-2.0, -1.9), (1.9, 2.1)),
    disc("2-D disc", 0.61),
    sum_of_wells("3-D sum, lr 0.5", 0.5, (-2.3, -2.2, -2.2), (2.3, 2.3, 2.2)),
)
