"""Numbers in the columns of a page: as many digits as are read, aligned, and nothing where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence

DIGITS = 6  # of the largest number of a column
SPAN = 1e4  # from the smallest to the largest number of a column that is written with one number of decimals
PLAIN = (1e-3, 1e9)  # largest numbers of such columns
NOTHING = 1e-15  # of the largest number of a column: less is rounding of 0
INTERVAL_DIGITS = 3  # units of the last decimal that the ends of an interval are apart at least
MOST_DECIMALS = 7


def whole(number: float) -> str:
    """A count; empty for nan.

    >>> whole(64382.0), whole(float("nan")), whole(float("inf"))
    ('64,382', '', '∞')
    """
    if math.isnan(number):
        return ""
    return _minus(f"{number:,.0f}") if math.isfinite(number) else _minus("∞" if number > 0 else "-∞")


def column(numbers: Sequence[float], digits: int = DIGITS) -> list[str]:
    """Numbers with one number of decimals, so that they can be compared; by powers of ten where they differ too much.

    >>> column([-6.551133332835837, -0.06493586825552689, 0.0])
    ['−6.55113', '−0.06494', '0']
    >>> column([1e-20, 3.0]), column([2.5, math.nan, math.inf])
    (['0', '3.00000'], ['2.50000', '', '∞'])
    """
    sizes = [abs(x) for x in numbers if math.isfinite(x) and x]
    largest = max(sizes, default=0.0)
    sizes = [size for size in sizes if size > NOTHING * largest]
    if not sizes:
        return [whole(x) for x in numbers]
    even = PLAIN[0] <= largest < PLAIN[1] and largest <= SPAN * min(sizes)
    decimals = max(0, digits - 1 - math.floor(math.log10(largest)))
    spelled = f",.{decimals}f" if even else f".{digits}g"
    return [_one(x, spelled, NOTHING * largest) for x in numbers]


def percents(shares: Sequence[float], decimals: int = 2) -> list[str]:
    """Shares in percent, without the sign; what is neither none nor all is never called so.

    >>> percents([0.257528, 0.000001, 0.0, 1.0, 0.999999])
    ['25.75', '<0.01', '0', '100', '>99.99']
    """
    return [_percent(100 * share, decimals) for share in shares]


def decimals_between(low: float, high: float) -> int:
    """How many decimals the ends of an interval in percent ask for.

    >>> decimals_between(25.742, 25.763), decimals_between(10, 30), decimals_between(5, 5)
    (3, 2, 2)
    """
    width = 0.0 if math.isnan(low) else high - low
    return min(max(2, math.ceil(math.log10(INTERVAL_DIGITS / width))), MOST_DECIMALS) if width > 0 else 2


def _one(number: float, spelled: str, zero: float) -> str:
    if abs(number) <= zero:
        return "0"
    return _minus(f"{number:{spelled}}") if math.isfinite(number) else whole(number)


def _percent(number: float, decimals: int) -> str:
    if number in (0.0, 100.0) or math.isnan(number):
        return whole(number)
    least, spelled = 10**-decimals, f"{number:.{decimals}f}"
    if float(spelled) == 0:
        return f"<{least:.{decimals}f}"
    return f">{100 - least:.{decimals}f}" if float(spelled) == 100 else spelled


def _minus(spelled: str) -> str:
    return spelled.replace("-", "−")
