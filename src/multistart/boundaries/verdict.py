"""What exponent, entropies and boundary points allow to be said of a boundary in words, and no more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from multistart.boundaries.crossings import Again
from multistart.boundaries.entropy import SIDE, Entropies
from multistart.boundaries.points import length
from multistart.boundaries.uncertainty import Exponent, Pairs, fit, power
from multistart.boundaries.wada import Wada
from multistart.estimates.intervals import Interval, clopper_pearson
from multistart.plurals import counted

ERRORS = 3.0  # standard errors by which an exponent has to be below 1
AGREE = 2.0  # standard errors of a difference
LIKELIER = 9.0  # deviance, three standard errors, by which one law has to be likelier than another
WIDE = 0.2  # half of an interval that does not say whether a boundary is smooth
FEWEST = 10  # uncertain pairs in each half of the lengths
FEWEST_LINES = 10


@dataclass(frozen=True)
class Half:
    """The exponent over a half of the lengths: its standard error, and how many decades they are."""

    value: float
    error: float
    decades: float


def halves(pairs: Pairs, first: int) -> tuple[Half, ...]:
    """The exponents over the larger and the smaller half of the lengths from one on; none where too few are seen."""
    seen = pairs.part(first, int(np.flatnonzero(pairs.uncertain)[-1]) + 1)
    middle = len(seen.eps) // 2
    parts = seen.part(0, middle), seen.part(middle)
    if any(len(part.eps) < 3 or part.uncertain.sum() < FEWEST for part in parts):
        return ()
    return tuple(_half(part) for part in parts)


def _half(part: Pairs) -> Half:
    found = fit(part, power)
    return Half(
        float(found.parameters[1]), float(found.errors[1]) * found.widening, math.log10(part.eps[0] / part.eps[-1])
    )


def is_fractal(pairs: Pairs, found: Exponent) -> bool:
    """Whether it is shown to be: exponents of two disjoint decades or more agree, and stay below 1 by three errors.

    And a power of the length is likelier by as much than a logarithm, which smooth edges that accumulate have: over few
    decades that looks like an exponent below 1, too.
    """
    if math.isnan(found.measured.value) or found.log_deviance <= LIKELIER:
        return False
    both = halves(pairs, found.first)
    return len(both) == 2 and all(_below_1(half) for half in both) and _agree(*both)


def _below_1(half: Half) -> bool:
    return half.decades >= 1 - 1e-9 and half.value + ERRORS * half.error < 1


def _agree(one: Half, two: Half) -> bool:
    return abs(one.value - two.value) <= AGREE * math.hypot(one.error, two.error)


def of_roughness(pairs: Pairs, found: Exponent, confidence: float = 0.95) -> str:
    """A sentence on how rough the boundary is."""
    value, low, high, note = found.measured
    if math.isnan(value):
        return f"How rough the boundary is cannot be told: {note}."
    seen = pairs.eps[np.flatnonzero(pairs.uncertain)[-1]]
    between = f"between {length(pairs.eps[found.first])} and {length(seen)} widths of the domain"
    exponent = f"the uncertainty exponent is {value:.3g} ({_level(confidence)}: {low:.3g} to {high:.3g})"
    if is_fractal(pairs, found):
        one, two = halves(pairs, found.first)
        return (
            f"Fractal {between}: {exponent}, {one.value:.3g} over the larger and {two.value:.3g} over the smaller half "
            "of these lengths; 1 would be smooth."
        )
    if value + ERRORS * found.error < 1:
        return f"Not shown to be fractal {between}: {exponent}, but {_doubt(pairs, found)}."
    if high - value > WIDE or not low <= 1 <= high:
        return f"Pairs of starts do not tell whether it is smooth {between}: {exponent}."
    return f"Smooth as far as pairs of starts tell {between}: {exponent}, and 1 is that of a smooth boundary."


def _doubt(pairs: Pairs, found: Exponent) -> str:
    if found.log_deviance < -LIKELIER:
        return "1 with a logarithm is far likelier, as where smooth edges accumulate"
    if found.log_deviance <= LIKELIER:
        return "1 with a logarithm fits as well, as where smooth edges accumulate"
    both = halves(pairs, found.first)
    if not both or min(half.decades for half in both) < 1 - 1e-9:
        return "these lengths are not two decades"
    if not _agree(*both):
        return f"{both[0].value:.3g} over the larger and {both[1].value:.3g} over the smaller half of these lengths"
    return "each half of these lengths alone is not below 1 by three standard errors"


def of_crossings(found: Again, confidence: float = 0.95) -> str:
    """A sentence on whether short lines through boundary points cross the boundary again."""
    tried = [
        (r, n, k) for r, n, k in zip(found.lengths, found.lines, found.not_again, strict=True) if n >= FEWEST_LINES
    ]
    if not tried:
        seen = counted(max(found.lines, default=0), "boundary point")
        return f"Lines at random found {seen}, too few to look at their neighbourhoods."
    largest, smallest = tried[0][0], tried[-1][0]
    between = f"between {length(largest)} and {length(smallest)} widths of the domain"
    if all(n == k for _, n, k in tried):
        n = min(n for _, n, _ in tried)
        least = clopper_pearson(n, n, confidence).low
        return (
            f"Smooth as far as can be told {between}: none of {n} lines of each length through boundary points crosses "
            f"the boundary again ({_level(confidence)}: at {100 * least:.0f} % of points or more this is so)."
        )
    shares = ", ".join(f"{k} of {n} at {length(r)}" for r, n, k in tried)
    return f"Lines through boundary points that do not cross the boundary again, by their length: {shares}."


def of_mixing(found: Entropies, confidence: float = 0.95) -> str:
    """A sentence on the entropy of boundary boxes, beside that of straight boundaries."""
    value, low, high, note = found.boundary
    if math.isnan(value):
        return f"No entropies: {note}."
    more = (
        " It is above ln 2, so more than two labels share boxes: at a fractal boundary, or where three basins meet."
        if low > math.log(2)
        else ""
    )
    return (
        f"Boxes of {SIDE:g} widths of the domain that a boundary cuts have an entropy of {value:.3f} "
        f"({_level(confidence)}: {low:.3f} to {high:.3f}), {_beside(found)}.{more}"
    )


def _level(confidence: float) -> str:
    return f"{100 * confidence:g} %"


def _beside(found: Entropies) -> str:
    """More or less is said only of what no straight boundary has, whatever its direction."""
    value, (mean, least, most) = found.boundary, found.straight
    known = f"{mean:.3f}" if most - least < 1e-9 else f"{least:.3f} to {most:.3f} by direction, {mean:.3f} over all"
    beside = "more than" if value.low > most else "less than" if value.high < least else "no other than"
    return f"{beside} straight boundaries have: {known}"


def of_sharing(found: Wada, intervals: list[Interval], confidence: float = 0.95) -> str:
    """A sentence on whether all labels share one boundary."""
    if found.reason:
        return f"Whether the boundary is Wada is not asked: {found.reason}."
    last, n, k = found.complete[-1], found.points, len(found.labels)
    within = f"within {length(found.distance[-1])} widths of the domain"
    if min(found.complete) == n:
        return (
            f"Wada as far as can be told: each of {n} boundary points has all {k} labels {within} "
            f"({_level(confidence)}: of at least {100 * intervals[-1].low:.0f} % of them this is so)."
        )
    if last == 0:
        return f"Not Wada as far as can be told: of {n} boundary points none has all {k} labels {within}."
    return f"Not shown to be Wada: {last} of {n} boundary points have all {k} labels {within}."
