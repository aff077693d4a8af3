"""Between which ends the slider of each hyperparameter runs, and where it begins.

A learning rate is measured by what it does: of a rule whose steps are as long as the gradient, by the rates at which
the minima stop attracting; of one whose steps are about as long as the rate itself, by the width of the domain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.methods.rule import Hyperparameter, Rule

Array = NDArray[np.float64]
CALM = 0.25  # of the smallest critical rate, at which a rule begins: every minimum attracts, and none slowly
SLOWEST, WILDEST = 1e-3, 4.0  # of the smallest critical rate, and of the largest
A_STEP = 0.01  # widths of the domain, of rules whose steps are as long as the rate
SHORTEST, LONGEST = 1e-5, 0.5  # likewise, at the ends
OF_THE_GRADIENT = (0.01, 100.0)  # critical rates at curvature 1 between which steps are as long as the gradient
USUAL = {"adadelta": 1.0}  # whose rate has no unit
FACTOR = 1e3  # of any other positive number, down and up


@dataclass(frozen=True)
class Slider:
    """The ends of a slider, and whether equal ways on it are equal factors."""

    low: float
    high: float
    log: bool

    def with_value(self, value: float) -> Slider:
        """The same, wide enough for a value."""
        return Slider(min(self.low, value), max(self.high, value), self.log and value > 0)


def rate_slider(rule: Rule, numbers: Mapping[str, Any], curvature: Array, width: float) -> tuple[Slider, float]:
    """The slider of a rule's learning rate, and a rate to begin with.

    Parameters
    ----------
    numbers
        The other numbers of the rule, which its critical rate depends on.
    curvature
        The largest Hessian eigenvalue at each minimum, shape ``(k,)``.
    width
        The smallest width of the domain.
    """
    if rule.name in USUAL:
        usual = USUAL[rule.name]
        return Slider(usual / FACTOR, usual * FACTOR, log=True), usual
    critical = _critical(rule, numbers, curvature) if _is_as_long_as_the_gradient(rule, numbers) else np.empty(0)
    if len(critical):
        slider = Slider(_rounded(SLOWEST * critical.min()), _rounded(WILDEST * critical.max()), log=True)
        return slider, _rounded(CALM * critical.min())
    return Slider(_rounded(SHORTEST * width), _rounded(LONGEST * width), log=True), _rounded(A_STEP * width)


def _is_as_long_as_the_gradient(rule: Rule, numbers: Mapping[str, Any]) -> bool:
    """Whether the rate is that of gradient descent but for a small factor."""
    low, high = OF_THE_GRADIENT
    return any(low <= rate <= high for rate in _critical(rule, numbers, np.ones(1)))


def _critical(rule: Rule, numbers: Mapping[str, Any], curvature: Array) -> Array:
    """The critical rates at the minima that are known, positive and finite."""
    if rule.critical_learning_rate is None or not len(curvature):
        return np.empty(0)
    found = np.asarray(rule.critical_learning_rate(curvature, numbers), dtype=np.float64)
    return found[np.isfinite(found) & (found > 0)]


def slider(h: Hyperparameter, value: float) -> Slider:
    """The slider of a number that is no learning rate, from its range and its value."""
    low = h.above if h.least is None else h.least
    high = h.below if h.most is None else h.most
    if low is not None and high is not None and high <= 1 and value < high:  # a part of what is kept
        first = low if h.above is None else _near(low, value)
        return Slider(first, _near(high, value), log=False).with_value(value)
    if low == 0 and value > 0:
        return Slider(_rounded(value / FACTOR), min(_rounded(value * FACTOR), high or math.inf), log=not h.whole)
    if value == 0:
        return Slider(low if low is not None else -1.0, high or 1.0, log=False)
    ends = sorted((value / 10, value * 10) if value > 0 else (value * 10, value / 10))
    first = max(ends[0], low) if low is not None else ends[0]
    return Slider(first, min(ends[1], high) if high is not None else ends[1], log=False).with_value(value)


def _near(end: float, value: float) -> float:
    """The last value on the slider of a number that is not to reach an end: a tenth of the way that is left."""
    way = min(0.1 * abs(end - value), 0.01)
    return round(end - way if value < end else end + way, 12)


def _rounded(value: float) -> float:
    """A number to two digits, for the ends of sliders.

    >>> _rounded(0.0123456), _rounded(987.6)
    (0.012, 990.0)
    """
    return float(f"{value:.2g}")
