"""The uncertainty exponent: how the share of starts whose label a small displacement changes falls with its length.

Grebogi, McDonald, Ott & Yorke 1983, Phys. Lett. A 99:415: the share is ``eps^alpha``, and the boundary has dimension
``d - alpha``; 1 for a smooth boundary. Here each length has pairs of its own, ``(x, x + eps u)``, that both descend, so
their number is binomial, and lengths can be as small as floats allow. Lengths are in widths of the domain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.points import Measured, directions, length, refused
from multistart.boundaries.taking_part import take_part
from multistart.box import Box
from multistart.estimates.intervals import Interval, clopper_pearson, t_quantile

LARGEST, SMALLEST = 0.1, 1e-12
LENGTHS = 12  # that pairs are sampled of
FEWEST = 30  # uncertain pairs that an exponent is fitted to
MANY = 0.2  # of the pairs of the largest length: then half a decade of lengths is left out
SEEN = 5  # uncertain pairs that a further length is expected to have
STRAIGHT = 1.5  # chi²/df up to which lengths lie on a straight line
ROUNDS = 40
TINY = 1e-300


@dataclass(frozen=True)
class Pairs:
    """Independent pairs of starts by how far apart they are.

    Attributes
    ----------
    eps
        Lengths in widths of the domain, falling, shape ``(j,)``.
    pairs, uncertain
        Pairs of each length, and those of them with different labels.
    left_out
        Pairs with a start that was cut short, in no other number; all lengths together.
    """

    eps: Array
    pairs: Codes
    uncertain: Codes
    left_out: int = 0

    @property
    def share(self) -> Array:
        """``uncertain / pairs``."""
        return self.uncertain / np.maximum(self.pairs, 1)

    def intervals(self, confidence: float = 0.95) -> list[Interval]:
        """Of each share: Clopper and Pearson's."""
        counts = zip(self.uncertain.tolist(), self.pairs.tolist(), strict=True)
        return [clopper_pearson(k, n, confidence) if n else Interval(0.0, 1.0) for k, n in counts]

    def slopes(self) -> Array:
        """The exponent between each length and the next smaller one; nan where one has no uncertain pair."""
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.where(self.uncertain > 0, np.log(self.share), np.nan)
        return np.append(np.diff(log) / np.diff(np.log(self.eps)), np.nan)[: len(self.eps)]

    def part(self, start: int, stop: int | None = None) -> Pairs:
        """The lengths from one to before another."""
        return Pairs(self.eps[start:stop], self.pairs[start:stop], self.uncertain[start:stop])


@dataclass(frozen=True)
class Fit:
    """A law fitted to pairs by the binomial likelihood.

    Attributes
    ----------
    parameters, errors
        And their standard errors, as the binomial has them; multiply by `widening`.
    chi2, df
        Pearson's statistic and its degrees of freedom.
    deviance
        Twice the logarithm of how much likelier the pairs are under shares of their own.
    """

    parameters: Array
    errors: Array
    chi2: float
    df: int
    deviance: float

    @property
    def widening(self) -> float:
        """``sqrt(chi²/df)``, and no less than 1: how many times larger errors are than the binomial's."""
        return math.sqrt(max(self.chi2 / self.df, 1.0)) if self.df else 1.0


@dataclass(frozen=True)
class Exponent:
    """The exponent over the lengths from ``first``, the place of the largest, to the smallest.

    Attributes
    ----------
    error
        Its standard error.
    bend
        ``chi²/df``; the lengths lie on a straight line where it is below 1.5.
    log_deviance
        The deviance of a logarithm, `logarithm`, over the same lengths, less the power law's: positive where the power
        law is likelier.
    """

    measured: Measured
    error: float
    first: int
    bend: float
    log_deviance: float


def sample_pairs(label: Labels, box: Box, eps: Array, pairs: Codes, rng: np.random.Generator) -> Pairs:
    """Descend from so many independent pairs of each length; both shape ``(j,)``.

    The first point of a pair is uniform in the domain, the direction has no preference; a coordinate that would leave
    the domain goes the other way.
    """
    counts = [_count(label, box, e, n, rng) for e, n in zip(eps.tolist(), pairs.tolist(), strict=True)]
    kept, uncertain = np.array(counts, dtype=np.int64).reshape(-1, 2).T
    return Pairs(eps, kept, uncertain, int(pairs.sum() - kept.sum()))


def _count(label: Labels, box: Box, eps: float, n: int, rng: np.random.Generator) -> tuple[int, int]:
    first = rng.random((n, box.dimensions))
    step = eps * directions(n, box.dimensions, rng)
    second = first + np.where(np.abs(first + step - 0.5) <= 0.5, step, -step)
    codes = label(box.low + box.width * np.concatenate([first, second]))
    both = take_part(codes[:n]) & take_part(codes[n:])
    return int(both.sum()), int((both & (codes[:n] != codes[n:])).sum())


def sample_all(label: Labels, box: Box, budget: int, rng: np.random.Generator) -> Pairs:
    """Pairs of every length, down to where too few would be uncertain, or to 1e-12, within a budget of descents.

    A first look, with a sixth of the budget or less, only finds that length: its pairs are in no number. Smaller
    lengths have more pairs, as the root of how much rarer uncertain ones are, which serves a slope best.
    """
    if budget < 4 * LENGTHS:
        return Pairs(np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    decades = round(math.log10(LARGEST / SMALLEST))
    each = max(budget // (12 * decades), 1)  # of a decade
    counts: list[tuple[int, int]] = []
    while len(counts) < decades and (not counts or counts[-1][1] >= SEEN):
        counts.append(_count(label, box, LARGEST / 10 ** len(counts), each, rng))
    pairs = budget // 2 - each * len(counts)
    slope, smallest = _smallest(counts, max(pairs // LENGTHS, 1))
    many = counts[0][1] > MANY * counts[0][0]  # a distance that spans whole basins
    eps = np.geomspace(LARGEST * 10**-0.5 if many else LARGEST, smallest, LENGTHS)
    weight = eps ** (-slope / 2)
    return sample_pairs(label, box, eps, np.maximum(pairs * weight / weight.sum(), 1).astype(np.int64), rng)


def _smallest(counts: list[tuple[int, int]], pairs: int) -> tuple[float, float]:
    """A slope, and the length of which so many pairs would have few uncertain ones, as two lengths a decade apart tell.

    >>> slope, smallest = _smallest([(1000, 100), (1000, 10)], 10_000)
    >>> round(slope, 2), round(math.log10(smallest), 2)
    (0.98, -3.35)
    """
    (n, before), (m, last) = counts[-2:] if len(counts) > 1 else [(1, 0), counts[0]]
    share = (last + 0.5) / (m + 1)
    slope = min(max(math.log10((before + 0.5) / (n + 1) / share), 0.05), 1.0)
    further = math.log10(max(pairs * share / SEEN, 1e-9)) / slope
    decades = max(len(counts) - 1 + further, 1.0)
    return slope, max(LARGEST / 10**decades, SMALLEST)


def exponent(pairs: Pairs, confidence: float = 0.95) -> Exponent:
    """The effective exponent between two lengths, with the interval of a binomial likelihood and its ``chi²/df``.

    The largest lengths, at which a share is no power yet, are dropped until the others lie on a straight line, half of
    the lengths at most; where none do, the straightest are taken. Errors are multiplied by ``sqrt(chi²/df)``.
    """
    if (seen := int(pairs.uncertain.sum())) < FEWEST or (pairs.uncertain > 0).sum() < 3:
        reason = f"only {seen} of {int(pairs.pairs.sum()):,} pairs have different labels, and {FEWEST} are needed"
        return Exponent(refused(reason), math.nan, len(pairs.eps), math.nan, math.nan)
    bends: list[tuple[float, int, Fit]] = []
    for first in range((len(pairs.eps) + 1) // 2):
        found = fit(pairs.part(first), power)
        bends.append((found.chi2 / found.df, first, found))
        if found.chi2 < STRAIGHT * found.df:
            return _exponent(pairs.part(first), first, found, confidence)
    _, first, found = min(bends, key=lambda bend: bend[:2])
    return _exponent(pairs.part(first), first, found, confidence)


def _exponent(part: Pairs, first: int, found: Fit, confidence: float) -> Exponent:
    error, bend = float(found.errors[1]) * found.widening, found.chi2 / found.df
    half = t_quantile(confidence, found.df) * error
    value, seen = float(found.parameters[1]), np.flatnonzero(part.uncertain)[-1]
    note = f"effective exponent between {length(part.eps[0])} and {length(part.eps[seen])} widths of the domain"
    note += f"; no straight line: chi²/df = {bend:.2g}" if bend >= STRAIGHT else ""
    return Exponent(
        Measured(value, value - half, value + half, note),
        error,
        first,
        bend,
        fit(part, logarithm).deviance - found.deviance,
    )


Law = Callable[[Array, Array], tuple[Array, Array]]


def power(eps: Array, b: Array) -> tuple[Array, Array]:
    """``exp(b0) eps^b1``, shape ``(j,)``, and its derivatives by both parameters, shape ``(j, 2)``."""
    share = np.exp(b[0] + b[1] * np.log(eps))
    return share, share[:, None] * np.stack([np.ones_like(eps), np.log(eps)], axis=1)


def logarithm(eps: Array, b: Array) -> tuple[Array, Array]:
    """``eps (b0 + b1 ln(1/eps))``: exponent 1 with a logarithm, as where smooth edges accumulate geometrically."""
    design = np.stack([eps, -eps * np.log(eps)], axis=1)
    return design @ b, design


def fit(pairs: Pairs, law: Law) -> Fit:
    """The parameters that make the pairs likeliest, by Fisher's scoring with halved steps where it overshoots."""
    n, k = pairs.pairs.astype(float), pairs.uncertain.astype(float)
    b = _first_guess(pairs, law)
    now = _deviance(n, k, law(pairs.eps, b)[0])
    for _ in range(ROUNDS):
        step = _step(n, k, *law(pairs.eps, b))
        while (after := _deviance(n, k, law(pairs.eps, b + step)[0])) > now and np.abs(step).max() > 1e-12:
            step /= 2
        if not after <= now:
            break
        b, before, now = b + step, now, after
        if before - now < 1e-9:
            break
    share, slope = law(pairs.eps, b)
    variance = n * np.maximum(share * (1 - share), TINY)
    errors = np.sqrt(np.diag(np.linalg.pinv(_information(n, share, slope))))
    return Fit(b, errors, float(((k - n * share) ** 2 / variance).sum()), len(n) - len(b), now)


def _first_guess(pairs: Pairs, law: Law) -> Array:
    """By least squares, which is only to begin from."""
    share = (pairs.uncertain + 0.5) / (pairs.pairs + 1)
    if law is power:
        slope, level = np.polyfit(np.log(pairs.eps), np.log(share), 1)
        return np.array([min(level, -slope * np.log(pairs.eps[0]) - 0.1), slope])
    return np.array([(share / pairs.eps).mean() + TINY, 0.0]) * min(
        1.0, 0.9 / (share / pairs.eps).mean() / pairs.eps[0]
    )


def _step(n: Array, k: Array, share: Array, slope: Array) -> Array:
    score = slope.T @ ((k - n * share) / np.maximum(share * (1 - share), TINY))
    return np.linalg.pinv(_information(n, share, slope)) @ score


def _information(n: Array, share: Array, slope: Array) -> Array:
    """Fisher's information of the parameters."""
    return slope.T @ (slope * (n / np.maximum(share * (1 - share), TINY))[:, None])


def _deviance(n: Array, k: Array, share: Array) -> float:
    """Infinite where a share is none."""
    if not ((share > 0) & (share < 1)).all():
        return math.inf
    own = k / np.maximum(n, 1)
    yes = k * np.log(np.where(k > 0, own, 1.0) / np.where(k > 0, share, 1.0))
    no = (n - k) * np.log(np.where(k < n, 1 - own, 1.0) / np.where(k < n, 1 - share, 1.0))
    return float(2 * (yes + no).sum())
