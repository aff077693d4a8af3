"""Basin entropy: how mixed labels are within small boxes, and what a straight boundary would give in such boxes.

Daza, Wagemakers, Georgeot, Guery-Odelin & Sanjuan 2016, Sci. Rep. 6:31416. Lengths are in widths of the domain, so that
a box is a cube whatever the units of the variables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.points import Measured, directions, mean_of, refused
from multistart.boundaries.taking_part import take_part
from multistart.box import Box

SIDE = 0.05  # of a box
FEWEST = 30  # boundary boxes
PER_AXIS = {1: 25, 2: 5, 3: 3}  # points of a box
POINTS = 32  # of a box of more dimensions
LN_2 = math.log(2)


class Straight(NamedTuple):
    """The mean entropy of boxes that a hyperplane cuts: over all directions, and the extremes of a single direction.

    Along the rows of a grid of starts a hyperplane cuts off whole rows, and boxes have more entropy than over others.
    """

    mean: float
    least: float
    most: float


@dataclass(frozen=True)
class Entropies:
    """Entropies of boxes at random places, in nats.

    Attributes
    ----------
    points
        In a box, at fixed places.
    boxes, boundary_boxes
        Boxes without a start that was cut short, and those of them with two labels or more.
    left_out
        Boxes with such a start.
    whole, boundary
        The mean entropy of a box, and of a boundary box.
    corrected
        As ``boundary``, with the bias of so few points added that points at random would have.
    straight
        What ``boundary`` is for straight boundaries.
    """

    points: int
    boxes: int
    boundary_boxes: int
    left_out: int
    whole: Measured
    boundary: Measured
    corrected: Measured
    straight: Straight


def entropies(
    label: Labels,
    box: Box,
    budget: int,
    rng: np.random.Generator,
    *,
    side: float = SIDE,
    confidence: float = 0.95,
    points: Array | None = None,
) -> Entropies:
    """Entropies of as many boxes as the budget of descents allows, at independent uniform places in the domain.

    So the box is the sampling unit: over boundary boxes the entropies are independent and of one law, and Student's t
    is right for their mean. That mean is the ratio estimator of ``sum S / sum 1``, conditional on its denominator.

    Parameters
    ----------
    side
        Of a box, in widths of the domain.
    points
        The places in a box, shape ``(m, d)``, in the unit cube; `places` where none are given.
    """
    at = places(box.dimensions) if points is None else points
    corner = rng.random((budget // len(at), 1, box.dimensions)) * (1 - side)
    starts = box.low + box.width * (corner + side * at)
    codes = label(starts.reshape(-1, box.dimensions)).reshape(len(corner), len(at))
    return of_boxes(codes, at, confidence)


def of_boxes(codes: Codes, at: Array, confidence: float = 0.95) -> Entropies:
    """The same from the codes of boxes, shape ``(boxes, m)``, at the places ``at`` in the unit cube."""
    entropy, kinds = plug_in(codes[take_part(codes).all(axis=1)])
    mixed = kinds > 1
    n, boundary, m = len(entropy), int(mixed.sum()), codes.shape[1]
    left_out, straight = len(codes) - n, straight_boundaries(at)
    if boundary < FEWEST:
        none = refused(few(boundary, n))
        return Entropies(m, n, boundary, left_out, none, none, none, straight)
    bias = (kinds[mixed] - 1) / (2 * m)  # Miller 1955; Daza et al. leave it
    of_all = mean_of(entropy, confidence, f"mean over {n} boxes")
    note = f"mean over {boundary} boxes with two labels or more, {m} starts each"
    of_mixed = mean_of(entropy[mixed], confidence, note)
    note = "with the bias of few starts at random, (labels - 1) / (2 starts), added"
    return Entropies(
        m, n, boundary, left_out, of_all, of_mixed, mean_of(entropy[mixed] + bias, confidence, note), straight
    )


def few(boundary: int, boxes: int) -> str:
    """Why there is no entropy.

    >>> few(3, 200)
    'only 3 of 200 boxes have two labels, and 30 are needed'
    """
    return f"only {boundary} of {boxes} boxes have two labels, and {FEWEST} are needed"


def plug_in(codes: Codes) -> tuple[Array, Codes]:
    """Of each box the entropy of the frequencies of its labels, ``-sum p ln p``, and their number; ``(boxes,)`` each.

    >>> plug_in(np.array([[0, 0, 1, 1], [2, 2, 2, 2]]))[1].tolist()
    [2, 1]
    """
    entropy, kinds = np.zeros(len(codes)), np.zeros(len(codes), dtype=np.int64)
    for code in np.unique(codes):
        share = (codes == code).mean(axis=1)
        entropy -= share * np.log(np.where(share > 0, share, 1.0))
        kinds += share > 0
    return entropy, kinds


def places(d: int) -> Array:
    """Places of the starts in a box, in the unit cube, shape ``(m, d)``.

    The middles of 25, 5 x 5 or 3 x 3 x 3 cells; in more dimensions 32 points of Roberts's sequence, whose steps are
    powers of the golden ratio's likeness in d dimensions: as even as a grid, of which 3 points an axis are too many.
    """
    if d in PER_AXIS:
        n = PER_AXIS[d]
        axes = np.meshgrid(*[(np.arange(n) + 0.5) / n] * d, indexing="ij")
        return np.stack(axes, axis=-1).reshape(-1, d)
    ratio = 2.0
    for _ in range(60):  # the root of r^(d+1) = r + 1
        ratio = (1 + ratio) ** (1 / (d + 1))
    return (0.5 + np.outer(np.arange(1, POINTS + 1), ratio ** -np.arange(1, d + 1))) % 1


def straight_boundaries(at: Array, resolution: int = 4096) -> Straight:
    """The mean entropy of boxes that a hyperplane cuts into two labels, over all hyperplanes and of single directions.

    All alike is the measure that no motion changes: directions without preference, and for each of them all offsets
    (Santalo 1976). Between two neighbouring projections on the direction the entropy is constant, so offsets are
    integrated exactly; so are directions in one dimension, in two they are evenly spaced, in more they are random ones
    of a fixed seed. Among single directions are those of the axes.

    Parameters
    ----------
    at
        Places of the starts in a box, shape ``(m, d)``.
    resolution
        The number of directions.
    """
    entropy, cut = _over_offsets(at, _all_directions(resolution, at.shape[1]))
    of_axes = np.divide(*_over_offsets(at, np.eye(at.shape[1])))
    single = np.append(entropy / cut, of_axes)
    return Straight(float(entropy.sum() / cut.sum()), float(single.min()), float(single.max()))


def _over_offsets(at: Array, normals: Array) -> tuple[Array, Array]:
    """The entropy of a box integrated over the offsets of hyperplanes that cut it, and their measure; ``(n,)`` each."""
    gaps, part = np.diff(np.sort(normals @ at.T, axis=1), axis=1), np.arange(1, len(at)) / len(at)
    return gaps @ (-part * np.log(part) - (1 - part) * np.log1p(-part)), gaps.sum(axis=1)


def _all_directions(n: int, d: int) -> Array:
    if d == 1:
        return np.ones((1, 1))
    if d == 2:
        angle = np.pi * (np.arange(n) + 0.5) / n
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return directions(n, d, np.random.default_rng(0))
