"""What the starts did not show: coverage, richness, unseen volume, the smallest basin that could not hide.

All of it is for independent uniform starts: `refusal` says why not for other designs.
Counts are starts per minimum. Starts that reached no minimum count as trials where a formula asks how probable it is
to see a new minimum (Good-Turing, smallest basin) and not where it models what a local search returns (Boender &
Rinnooy Kan), whose answers are therefore about the part of the domain from which a minimum is reached.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.estimates.intervals import normal_quantile, unseen_mean

REASONS = {
    "jittered_grid": "one start in each cell makes small basins less likely to be hit once only",
    "grid": "the starts are not random",
    "latin_hypercube": "starts of one replicate depend on each other",
    "sobol": "starts of one replicate depend on each other",
    "halton": "starts of one replicate depend on each other",
    "file": "how the starts were chosen is not known here",
}


def refusal(design: str) -> str:
    """Why the numbers of this module are not given for a design; empty where they are."""
    if design == "uniform":
        return ""
    return f"refused: holds for independent uniform starts only, and this is {design}: {REASONS.get(design, 'unknown')}"


@dataclass(frozen=True)
class Richness:
    """An estimate of the number of minima with its interval."""

    value: float
    low: float
    high: float


def good_turing_coverage(counts: Sequence[int], no_minimum: int = 0) -> float:
    """Estimate the probability that another start ends where one has ended before: ``1 - f1/n`` (Good 1953).

    ``no_minimum`` starts reached none; they are trials, too. nan without a start.

    >>> good_turing_coverage([5, 3, 1, 1])
    0.8
    """
    seen = _seen(counts)
    n = int(seen.sum()) + no_minimum
    return 1 - int((seen == 1).sum()) / n if n else math.nan


def chao1(counts: Sequence[int], *, bias_corrected: bool = True, confidence: float = 0.95) -> Richness:
    """Estimate a lower bound of the number of minima from those seen once and twice.

    Bias-corrected ``S + f1 (f1 - 1) / (2 (f2 + 1))``, classic ``S + f1^2 / (2 f2)`` (Chao 1984, eq. 6; the former
    also where no minimum was seen twice). Variance and log-normal interval: Chao 1987, p. 787, in the forms
    of Colwell's EstimateS 9.1 guide, appendix B, eqs. 5-8, 13 and 14. (Its eq. 5 has the factor 1/4 that scikit-bio
    0.4 prints as 0.24.)

    >>> chao1([0, 1, 1, 4, 2, 5, 2, 4, 1, 2]).value
    9.75
    """
    seen = _seen(counts)
    s, f1, f2 = len(seen), int((seen == 1).sum()), int((seen == 2).sum())
    z = normal_quantile(confidence)
    if f1 == 0:
        return _richness_without_singletons(s, int(seen.sum()), z)
    if f2 and not bias_corrected:
        extra = f1**2 / (2 * f2)
        variance = f2 * ((f1 / f2) ** 2 / 2 + (f1 / f2) ** 3 + (f1 / f2) ** 4 / 4)
    else:
        extra = f1 * (f1 - 1) / (2 * (f2 + 1))
        variance = _bias_corrected_variance(f1, f2, s + extra)
    if extra == 0:  # one singleton, no doubleton more: the formula adds nothing and has no scale for an interval
        return Richness(float(s), float(s), math.inf)
    factor = math.exp(z * math.sqrt(math.log1p(variance / extra**2)))
    return Richness(s + extra, s + extra / factor, s + extra * factor)


def _bias_corrected_variance(f1: int, f2: int, estimate: float) -> float:
    if f2 == 0:
        return f1 * (f1 - 1) / 2 + f1 * (2 * f1 - 1) ** 2 / 4 - f1**4 / (4 * estimate)
    return (
        f1 * (f1 - 1) / (2 * (f2 + 1))
        + f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
        + f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
    )


def _richness_without_singletons(s: int, n: int, z: float) -> Richness:
    if s == 0:
        return Richness(0.0, 0.0, math.inf)
    p = math.exp(-n / s)
    centre, half = s / (1 - p), z * math.sqrt(s * p / (1 - p))
    return Richness(float(s), max(float(s), centre - half), centre + half)


def expected_minima(n: int, w: int) -> float:
    """Posterior expectation of the number of minima after ``n`` starts found ``w``: ``w (n-1) / (n-w-2)``.

    Boender & Rinnooy Kan 1987, Math. Programming 37:59. Infinite for ``n <= w + 2``, 0 starts: nan.

    >>> round(expected_minima(50, 3), 6)
    3.266667
    """
    _check(n, w)
    if w == 0:
        return math.nan
    return w * (n - 1) / (n - w - 2) if n > w + 2 else math.inf


def unseen_volume(n: int, w: int) -> float:
    """Posterior expectation of the share of all basins not found: ``w (w+1) / (n (n-1))``; nan for ``n < w + 2``.

    Boender & Rinnooy Kan 1987.

    >>> round(unseen_volume(100, 5), 8)
    0.0030303
    """
    _check(n, w)
    return w * (w + 1) / (n * (n - 1)) if w and n >= w + 2 else math.nan


def all_found(n: int, w: int) -> float:
    """Posterior probability that no minimum is missing: ``prod_{i=1..w} (n-1-i) / (n-1+i)``; nan for ``n < w + 2``.

    Boender & Rinnooy Kan 1987. ASSUME: their prior, under which any number of minima and any division of the volume
    among them are equally likely. It is no frequency: of studies of 1000 starts on basins of .5, .499 and .001 that
    find two, it says .99, and .37 of all studies miss the third.

    >>> round(all_found(10, 2), 6)
    0.509091
    """
    _check(n, w)
    return math.prod((n - 1 - i) / (n - 1 + i) for i in range(1, w + 1)) if w and n >= w + 2 else math.nan


def smallest_detectable(n: int, confidence: float = 0.95) -> float:
    """The smallest share that ``n`` independent starts hit at least once with this probability.

    Solves ``1 - (1-p)^n = confidence``. A jittered grid does no worse: its cells miss a basin with probability
    ``prod (1 - p_i) <= (1-p)^n``, the geometric mean being below the arithmetic one.

    >>> round(smallest_detectable(100), 4)
    0.0295
    """
    if n < 1:
        raise InputError(f"a basin is detected by at least one start; got {n}")
    normal_quantile(confidence)
    return -math.expm1(-unseen_mean(confidence) / n)


def _seen(counts: Sequence[int]) -> NDArray[np.int64]:
    numbers = np.asarray(counts, dtype=np.int64)
    if (numbers < 0).any():
        raise InputError(f"counts of starts are not negative; got {numbers.min()}")
    return numbers[numbers > 0]


def _check(n: int, w: int) -> None:
    if not 0 <= w <= n:
        raise InputError(f"{n} starts cannot have found {w} minima")
