"""Numbers as a person reads them: a share of the starts, a number with its interval, a place, a box."""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Sequence

from multistart.box import Box
from multistart.plurals import counted, listed
from multistart.study.findings import Number

ENDS_APART = 3  # units of the last decimal that the ends of an interval are apart at least
MOST_DECIMALS = 7
ZERO = 1e-9  # of a width of the domain: a coordinate this near to 0 is shown as 0
FEW, SMALL = 10, 0.005  # fewer starts than that, and a smaller share: they are counted, as are parts of few starts
LONG = 8  # coordinates that are all shown


def percent(share: float) -> str:
    """A share in percent with two decimals, or as much as a small one needs; never 100 % where it is less.

    >>> percent(0.257528), percent(0.00000123), percent(0.0), percent(1.0), percent(0.999999)
    ('25.75 %', '0.00012 %', '0 %', '100 %', '99.9999 %')
    """
    number = 100 * share
    if share in (0, 1):
        return f"{number:.0f} %"
    if number >= 99.995:
        return f"{100 - float(f'{100 - number:.1g}'):.10g} %"
    return f"{number:.2f} %" if number >= 0.01 else f"{number:.2g} %"


def typed(text: str) -> str:
    """What a user typed, as it stands: in Markdown a code span, which no letter of it ends or changes.

    >>> typed("*my* [starts](x).csv"), typed("a`b.csv")
    ('`*my* [starts](x).csv`', '``a`b.csv``')
    """
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * next(n for n in range(1, len(text) + 2) if n not in runs)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def of_starts(share: float, starts: int) -> str:
    """A part of the starts: all, none, a few as a number, else a share.

    >>> of_starts(1.0, 900), of_starts(0.0, 900), of_starts(1 / 900, 900), of_starts(0.25, 900)
    ('all 900 starts', 'no start', '1 start', '25.00 % of the starts')
    """
    count = round(share * starts)
    if 0 < count == starts:
        return {1: "the 1 start", 2: "both starts"}.get(starts, f"all {counted(starts, 'start')}")
    if count == 0:
        return "no start"
    return counted(count, "start") if _is_counted(count, share) else f"{percent(share)} of the starts"


def percent_between(share: Number, starts: int) -> str:
    """A share of the starts with its interval, to as many decimals as the interval's width asks for.

    >>> percent_between(Number(0.25752, 0.25711, 0.25797), 250000)
    '25.75 % (25.71 to 25.80 %)'
    >>> percent_between(Number(1.0, 0.9962, 1.0), 900), percent_between(Number(4e-6, 1e-7, 2e-5), 250000)
    ('all 900 starts (99.62 to 100 %)', '1 start')
    """
    count = round(share.value * starts)
    if _is_counted(count, share.value):
        return "none" if count == 0 else counted(count, "start")
    word = of_starts(1.0, starts) if count == starts else percent(share.value)
    if not share.has_ends or share.low == share.high:
        return word
    if count == starts:
        return f"{word} ({_floored(share.low)} to 100 %)"
    width = 100 * (share.high - share.low)
    decimals = min(max(2, math.ceil(math.log10(ENDS_APART / width))), MOST_DECIMALS)
    value, low, high = (f"{100 * number:.{decimals}f}" for number in share.ends)
    high = "100" if float(high) == 100 else high
    return f"{value} % ({low} to {high} %)"


def whole_between(number: Number, *, bound: bool = False) -> str:
    """A number of things with its interval, or with the ends of a bound.

    >>> whole_between(Number(2230, 2210, math.inf)), whole_between(Number(1, 1, 1)), whole_between(Number(8, 7.9, 8.2))
    ('2,230 (at least 2,210)', '1', '8')
    """
    value, low, high = (f"{x:,.0f}" if math.isfinite(x) else "infinity" for x in number.ends)
    if math.isnan(number.low) or low == value == high:
        return value
    ends = f"at least {low}" if high == "infinity" else f"{low} to {high}"
    return f"{value} ({'bound: ' if bound else ''}{ends})"


def point(location: Sequence[float], domain: Box) -> str:
    """A place, rounded to six digits of its width where it is far from 0; with its name where there is one variable.

    As its user has it: without logarithms.

    >>> point([1 / 3, 1e-12], Box({"x": (-1, 1), "y": (-1, 1)})), point([1 / 3], Box({"x": (-1, 1)}))
    ('(0.333333, 0)', 'x = 0.333333')
    """
    shown = [part(x, name, domain)[1] for x, name in zip(location, domain.names, strict=True)]
    if len(shown) == 1:
        return f"{domain.users.names[0]} = {shown[0]}"
    shown = [*shown[: LONG // 2], "...", shown[-1]] if len(shown) > LONG else shown
    return f"({', '.join(shown)})"


def part(x: float, name: str, domain: Box) -> tuple[str, str]:
    """A coordinate of a point, by the name of its variable, as its user calls it and reads it.

    >>> part(0.0, "log_b", Box({"b": (0.1, 10)}).on_scales({"b": "log"}))
    ('b', '1')
    """
    low, high = domain.bounds[name]
    if (user := dict(domain.logs).get(name)) is not None:
        return user, f"{math.exp(x):.6g}"
    return name, coordinate(x, high - low)


def on_bound(at_bound: str, domain: Box) -> str:
    """At which bounds a minimum is, as it follows its place.

    >>> on_bound("y high", Box({"x": (-1, 1), "y": (-1, 3)})), on_bound("", Box({"x": (-1, 1)}))
    (', on the bound y = 3', '')
    """
    if not at_bound:
        return ""
    names = [part.rsplit(" ", 1) for part in at_bound.split(", ")]
    ends = [" = ".join(_bound(name, end, domain)) for name, end in names]
    if len(ends) > LONG:
        return f", on {len(ends)} bounds"
    return f", on the {'bound' if len(ends) == 1 else 'bounds'} {listed(ends)}"


def _bound(name: str, end: str, domain: Box) -> tuple[str, str]:
    """A bound of a variable, as its user calls it and gave it."""
    x, user = domain.bounds[name][end == "high"], dict(domain.logs).get(name)
    return (name, f"{x:.12g}") if user is None else (user, f"{math.exp(x):.12g}")


def coordinate(x: float, width: float) -> str:
    """A coordinate to six digits of the domain's width.

    >>> coordinate(1 / 3, 2.0), coordinate(-1e-12, 2.0)
    ('0.333333', '0')
    """
    if abs(x) < ZERO * width:
        return "0"
    return f"{x:.{6 + int(math.log10(max(1.0, abs(x) / width)))}g}"


def box(bounds: Box, digits: int) -> str:
    """A box as its user has it, each side with its variable; one for all where they have the same.

    >>> box(Box({"x": (-3, 3), "y": (0, 2.5)}), 12), box(Box({name: (-1, 1) for name in "abc"}), 12)
    ('x in [-3, 3], y in [0, 2.5]', 'a, b and c in [-1, 1]')
    >>> box(Box({f"x{i}": (-1, 1) for i in range(1, 10)}), 12)
    'x1, ..., x9 in [-1, 1]'
    """
    sides, names = bounds.users.bounds, bounds.users.names
    if len(sides) > 2 and len(set(sides.values())) == 1:
        low, high = next(iter(sides.values()))
        all_of_them = listed(names) if len(names) <= LONG else f"{names[0]}, ..., {names[-1]}"
        return f"{all_of_them} in [{low:.{digits}g}, {high:.{digits}g}]"
    return ", ".join(f"{name} in [{low:.{digits}g}, {high:.{digits}g}]" for name, (low, high) in sides.items())


def value(f: float, name: str = "f") -> str:
    """A value of the function to six digits, by what it is called.

    >>> value(-6.551133332835836), value(1e-61), value(0.0)
    ('f = -6.55113', 'f = 1e-61', 'f = 0')
    """
    return f"{name} = {f:.6g}"


def with_error(estimate: float, error: float) -> str:
    """An estimate with its standard error, to two digits of that; without one, to six digits of its own.

    >>> with_error(238.94213, 2.7070075), with_error(5.5015643e-4, 7.2668688e-6), with_error(1.5, math.nan)
    ('238.9 ± 2.7', '(5.502 ± 0.073)e-04', '1.5')
    >>> with_error(6181.3463, 123.3), with_error(0.0, 0.02)
    ('6180 ± 120', '0.000 ± 0.020')
    """
    if not (math.isfinite(error) and error > 0):
        return f"{estimate:.6g}"
    power = math.floor(math.log10(max(abs(estimate), error)))
    if -4 < power < 6:
        return " ± ".join(_rounded(x, error) for x in (estimate, error))
    scale = 10.0**power
    return f"({' ± '.join(_rounded(x / scale, error / scale) for x in (estimate, error))})e{power:+03d}"


def _rounded(x: float, error: float) -> str:
    """A number to two digits of an error."""
    decimals = 1 - math.floor(math.log10(error))
    return f"{round(x, decimals):.{max(decimals, 0)}f}"


def whole_share(share: Number, starts: int) -> str:
    """A share of the starts as their number, with share and interval in brackets.

    >>> whole_share(Number(0.15, 0.1346, 0.1664), 2000), whole_share(Number(1.0, 0.99, 1.0), 2000)
    ('300 of 2,000 starts (15.0 %, 13.5 to 16.6 %)', 'all 2,000 starts (99.00 to 100 %)')
    """
    count = round(share.value * starts)
    if count in (0, starts):
        return percent_between(share, starts)
    between = ""
    decimals = 2
    if share.has_ends and share.low < share.high:
        decimals = min(max(1, math.ceil(math.log10(ENDS_APART / (100 * (share.high - share.low))))), MOST_DECIMALS)
        between = f", {100 * share.low:.{decimals}f} to {100 * share.high:.{decimals}f} %"
    return f"{count:,} of {counted(starts, 'start')} ({100 * share.value:.{decimals}f} %{between})"


def at_most(f: float, digits: int = 6) -> str:
    """A value in some digits, none below it: of what is proven to be lower than it, it can be said.

    >>> at_most(-1.78e11, 2), at_most(-111.0, 2), at_most(0.0, 2), at_most(2.11e-9, 2)
    ('-1.7e+11', '-110', '0', '2.2e-09')
    """
    return _directed(f, digits, decimal.ROUND_CEILING)


def at_least(f: float, digits: int = 6) -> str:
    """A value in some digits, none above it: of what is proven to be higher than it, it can be said.

    >>> at_least(0.124556), at_least(0.12455138894, 3), at_least(-0.12455138894, 3)
    ('0.124556', '0.124', '-0.125')
    """
    return _directed(f, digits, decimal.ROUND_FLOOR)


def _directed(f: float, digits: int, rounding: str) -> str:
    if not math.isfinite(f):
        return f"{f:g}"
    rounded = decimal.Context(digits, rounding).create_decimal(decimal.Decimal(f))
    return f"{float(rounded):.{max(digits, 6)}g}"


def _is_counted(count: int, share: float) -> bool:
    """Whether the number of starts says more than their share; of all starts it never does."""
    of_few = count <= FEW * share
    return count == 0 or (share < 1 and (count == 1 or of_few or (count < FEW and share < SMALL)))


def _floored(share: float) -> str:
    return f"{math.floor(1e4 * share) / 100:.2f}"
