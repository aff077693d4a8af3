"""Numbers as a person reads them: a share in percent, a number with its interval, a place, a box."""

from __future__ import annotations

import math
from collections.abc import Sequence

from multistart.box import Box
from multistart.study.findings import Number

ENDS_APART = 3  # units of the last decimal that the ends of an interval are apart at least
MOST_DECIMALS = 7
ZERO = 1e-9  # of a width of the domain: a coordinate this near to 0 is shown as 0


def percent(share: float) -> str:
    """A share in percent with two decimals, or as much as a small one needs.

    >>> percent(0.257528), percent(0.00000123), percent(0.0)
    ('25.75 %', '0.00012 %', '0 %')
    """
    number = 100 * share
    return f"{number:.2f} %" if number >= 0.01 else f"{number:.2g} %"


def percent_between(share: Number) -> str:
    """A share in percent with its interval, to as many decimals as the interval's width asks for.

    >>> percent_between(Number(0.25752, 0.25711, 0.25797))
    '25.75 % (25.71 to 25.80 %)'
    """
    if not share.has_ends:
        return percent(share.value)
    width = 100 * (share.high - share.low)
    decimals = min(max(2, math.ceil(math.log10(ENDS_APART / width))), MOST_DECIMALS) if width > 0 else 2
    value, low, high = (f"{100 * number:.{decimals}f}" for number in share.ends)
    if share.is_bound:
        return f"{value} % (a bound from the cells at its boundary, not an interval: {low} to {high} %)"
    return f"{value} % ({low} to {high} %)"


def whole_between(number: Number, *, bound: bool = False) -> str:
    """A number of things with its interval, or with the ends of a bound.

    >>> whole_between(Number(2230, 2210, math.inf)), whole_between(Number(1, 1, 1))
    ('2,230 (2,210 to infinity)', '1')
    """
    value, low, high = (f"{x:,.0f}" if math.isfinite(x) else "infinity" for x in number.ends)
    if math.isnan(number.low) or low == value == high:
        return value
    return f"{value} ({'bound: ' if bound else ''}{low} to {high})"


def point(location: Sequence[float], domain: Box) -> str:
    """A place, rounded to six digits of its width where it is far from 0.

    >>> point([1 / 3, 1e-12], Box({"x": (-1, 1), "y": (-1, 1)}))
    '(0.333333, 0)'
    """
    widths = domain.width.tolist()
    shown = [0.0 if abs(x) < ZERO * width else x for x, width in zip(location, widths, strict=True)]
    extra = [int(math.log10(max(1.0, abs(x) / width))) for x, width in zip(location, widths, strict=True)]
    return "(" + ", ".join(f"{x:.{6 + more}g}" for x, more in zip(shown, extra, strict=True)) + ")"


def box(bounds: Box, digits: int) -> str:
    """A box, each side with its variable.

    >>> box(Box({"x": (-3, 3), "y": (0, 2.5)}), 12)
    'x in [-3, 3], y in [0, 2.5]'
    """
    return ", ".join(f"{name} in [{low:.{digits}g}, {high:.{digits}g}]" for name, (low, high) in bounds.bounds.items())
