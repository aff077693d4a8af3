"""Boundary points where lines cross from one label to another, and how often lines through them cross again.

At a smooth boundary a short line through a boundary point crosses it there and nowhere else; at a fractal one the next
crossing is as near as one looks. So this tells smooth boundaries from others at lengths at which pairs of starts all
over the domain would be uncertain once in a billion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.points import directions, uniform
from multistart.boundaries.rays import Rays, first_exits
from multistart.boundaries.taking_part import take_part
from multistart.box import Box
from multistart.estimates.intervals import Interval, clopper_pearson

SHARP = 1e-13  # of the line between two starts, to which boundary points are told
TRIES = 6  # lines for each boundary point that is wanted
LENGTHS = (1e-3, 1e-5, 1e-7, 1e-9, 1e-11)  # of lines to each side of a point, in widths of the domain
STEPS = 8  # of a line to each side
OF_A_POINT = 2 * TRIES + 130  # descents, to find one
OF_ITS_LINES = 2 * STEPS * len(LENGTHS)


@dataclass(frozen=True)
class Crossings:
    """Boundary points, each on a line of its own between two random starts.

    Attributes
    ----------
    points
        Shape ``(n, d)``: the last point before the label changes.
    beside
        The labels on both sides, shape ``(n, 2)``.
    labels
        All labels of the random starts that take part, rising.
    """

    points: Array
    beside: Codes
    labels: Codes

    def head(self, n: int) -> Crossings:
        """The first of them."""
        return Crossings(self.points[:n], self.beside[:n], self.labels)


@dataclass(frozen=True)
class Again:
    """At how many boundary points a line does not cross the boundary again, by its length to each side.

    Attributes
    ----------
    lines
        Lines without a start that was cut short.
    """

    lengths: tuple[float, ...]
    lines: tuple[int, ...]
    not_again: tuple[int, ...]

    def intervals(self, confidence: float = 0.95) -> list[Interval]:
        """Of the shares: Clopper and Pearson's."""
        counts = zip(self.not_again, self.lines, strict=True)
        return [clopper_pearson(k, n, confidence) if n else Interval(0.0, 1.0) for k, n in counts]


def crossings(label: Labels, box: Box, most: int, rng: np.random.Generator) -> Crossings:
    """As many as ``most``: of lines between independent uniform starts, each the first change to a label elsewhere."""
    starts = uniform(box, 2 * TRIES * most, rng)
    codes = label(starts)
    part, (first, second) = take_part(codes), np.split(np.arange(len(starts)), 2)
    rows = np.flatnonzero(part[first] & part[second] & (codes[first] != codes[second]))[:most]
    one, two = first[rows], second[rows]
    rays = Rays(starts[one], starts[two] - starts[one], codes[one])
    found = first_exits(label, rays, box, np.tile([0.0, 1.0], (len(rows), 1)), SHARP)
    return Crossings(rays.at(found.inside), np.stack([rays.own, found.lands_in], axis=1), np.unique(codes[part]))


def crossed_again(label: Labels, box: Box, found: Crossings, rng: np.random.Generator) -> Again:
    """Look along lines of a direction without preference through each point, a new one for each length."""
    n, d = found.points.shape
    place = np.arange(-STEPS, STEPS + 1)[np.arange(-STEPS, STEPS + 1) != 0] / STEPS
    lines, not_again = [], []
    for length in LENGTHS:
        step = length * box.width * directions(n, d, rng)
        starts = np.clip(found.points[:, None] + place[:, None] * step[:, None], box.low, box.high)
        codes = label(starts.reshape(-1, d)).reshape(n, len(place))
        whole = take_part(codes).all(axis=1)
        changes = (codes[:, 1:] != codes[:, :-1]).sum(axis=1)
        lines.append(int(whole.sum()))
        not_again.append(int((whole & (changes <= 1)).sum()))  # none where it runs along the boundary
    return Again(LENGTHS, tuple(lines), tuple(not_again))
