"""What the summary says of two methods from the same starts: each method beside the first one of the config."""

from __future__ import annotations

import math
from collections.abc import Sequence

from multistart.plurals import listed
from multistart.study.findings import Findings, MethodFindings, Number, PairFindings
from multistart.study.outcome_words import lowest_name
from multistart.study.spelled import percent_between
from multistart.study.study import Study

DIGITS = 3  # of a ratio at least
MOST_DIGITS = 7


def paragraphs(study: Study, found: Findings) -> tuple[str, ...]:
    """A line for each method after the first, and what momentum makes of their learning rates."""
    first = found.methods[0]
    pairs = [pair for pair in found.pairs if pair.first == first.name]
    if not pairs:
        return ()
    names = {method.name: method for method in found.methods}
    lines = [f"- `{pair.second}`: {_line(found, pair, names)}{_besides(pair, names)}" for pair in pairs]
    bounds = any(number.is_bound for pair in pairs for number in (pair.changing, pair.more))
    ends = any(number.has_ends for pair in pairs for number in (pair.changing, pair.more))
    intervals = f"intervals of {100 * study.config.estimates.confidence:g} % for the domain, made for pairs"
    in_brackets = f" In brackets are {'bounds' if bounds else intervals}." if ends else ""
    return (
        f"Each method beside `{first.name}`, start by start.{in_brackets}",
        "\n".join(lines),
        _effective_rates(found.methods),
    )


def _line(found: Findings, pair: PairFindings, methods: dict[str, MethodFindings]) -> str:
    best = lowest_name(found, max(len(found.methods[0].best), 1))
    both = [methods[name] for name in (pair.first, pair.second)]
    alike = both[0].method.paid_in == both[1].method.paid_in
    if (alike and math.isnan(pair.ratio.value)) or not any(method.global_share.value > 0 for method in both):
        return f"{_changes(pair, found)} With neither method a start reaches {best}."
    return " ".join((_changes(pair, found), _more(pair.more, best), _cost(pair, methods, best)))


def _changes(pair: PairFindings, found: Findings) -> str:
    """How many starts change their basin, the interval behind the noun."""
    share, bracket, ends = percent_between(pair.changing, found.methods[0].starts).partition(" (")
    if share in ("none", "1 start"):
        return f"{'no start' if share == 'none' else share} changes its basin."
    noun = "" if share.endswith("starts") else " starts" if share == "all" else " of the starts"
    return f"{share}{noun}{bracket}{ends} change their basin."


def _more(more: Number, best: str) -> str:
    """How many more starts reach the lowest value; what is not told apart is not said to differ."""
    value, low, high = _points(more)
    where = f"one of {best}" if best[4].isdigit() else best
    if not more.has_ends:
        known = "of these starts; how many of the domain this design does not tell"
        return f"{_side(more.value, value)} reach {where}, {known}."
    if more.low > 0 or more.high < 0:
        near, far = (low, high) if more.low > 0 else (high, low)
        return f"{_side(more.value, value)} ({near} to {far}) reach {where}."
    ends = f"from {low} fewer to {high} more"
    return f"{_side(more.value, value)} reach {where} ({ends}): no difference can be told."


def _side(difference: float, spelled: str) -> str:
    if not difference:
        return "As many"
    return f"{spelled} percentage point{'' if spelled == '1' else 's'} {'more' if difference > 0 else 'fewer'}"


def _points(more: Number) -> tuple[str, ...]:
    """The sizes of a difference and of its ends in percentage points, to as many decimals as tell them from 0.

    >>> _points(Number(0.0228, 0.0205, 0.0251)), _points(Number(0.1, 0.0000123, 0.2))
    (('2.28', '2.05', '2.51'), ('10.000', '0.001', '20.000'))
    """
    numbers = [abs(100 * number) for number in more.ends if not math.isnan(number)]
    decimals = next((n for n in range(2, 8) if all(float(f"{x:.{n}f}") for x in numbers if x)), 8)
    spelled = (f"{abs(100 * number):.{decimals}f}" for number in more.ends)
    return tuple("100" if float(text) == 100 else text for text in spelled)


def _cost(pair: PairFindings, methods: dict[str, MethodFindings], best: str) -> str:
    """Which of two pays less until it reaches the lowest value, where the interval tells."""
    ratio, other = pair.ratio, f"`{pair.first}`"
    paid_in = [methods[name].method.paid_in for name in (pair.second, pair.first)]
    if len(set(paid_in)) > 1:
        return f"What restarts cost is not compared: {paid_in[0]}s here, with {other} {paid_in[1]}s."
    if math.isinf(ratio.value) or ratio.value == 0:
        return _only_one(pair, paid_in[0], "one" if best[4].isdigit() else "it")
    times, *ends = spelled_apart(ratio.ends)
    means = [methods[name].running_time.value for name in (pair.second, pair.first)]
    counts = f"{means[0]:,.0f} {paid_in[0]}s on average until one does, with {other} {means[1]:,.0f}"
    if math.isnan(ratio.low):
        return f"Restarts take {counts}: {times} times as many, in these starts."
    if not ratio.low and math.isinf(ratio.high):
        why = "so few starts fail that what a failure costs is not known"
        return f"Restarts take {counts}: {times} times as many in these starts; of others it cannot be told, as {why}."
    between = f"{ends[0]} to {ends[1]}" if ratio.low else f"at most {ends[1]}"
    between = between if math.isfinite(ratio.high) else f"at least {ends[0]}"
    told = "" if ratio.low > 1 or ratio.high < 1 else "; which needs fewer cannot be told"
    return f"Restarts take {counts}: {times} times as many ({between}){told}."


def _besides(pair: PairFindings, methods: dict[str, MethodFindings]) -> str:
    """What descents evaluate besides gradients, or without any, on average; empty where that is nothing."""
    said = []
    for name, side in ((pair.second, 1), (pair.first, 0)):
        numbers = [(what, counts[side]) for what, counts in pair.apart.items() if counts[side]]
        each = [f"{number:,.1f} {what.replace('hessian', 'Hessian')} evaluations" for what, number in numbers]
        how = "besides" if methods[name].method.paid_in == "gradient evaluation" else "and no gradient"
        said += [f" A descent with `{name}` takes {' and '.join(each)} {how}, on average."] if each else []
    return "".join(said)


def _only_one(pair: PairFindings, paid_in: str, it: str) -> str:
    """Where one of two reaches the lowest value, and the other never did: what that costs at least."""
    who, other = (pair.first, pair.second) if pair.ratio.value else (pair.second, pair.first)
    bound = pair.ratio.low if pair.ratio.value else 1 / pair.ratio.high if pair.ratio.high else math.nan
    if math.isnan(bound) or bound <= 1:
        return f"Only with `{who}` does a start reach {it}."
    return (
        f"Only with `{who}` does a start reach {it}: restarts with `{other}` take more {paid_in}s (at least "
        f"{_floored(bound)} times as many)."
    )


def _floored(bound: float) -> str:
    """A bound to two digits, never rounded up.

    >>> _floored(43.28), _floored(1.27), _floored(1284.9)
    ('43', '1.2', '1,200')
    """
    unit = 10.0 ** (math.floor(math.log10(bound)) - 1)
    return f"{math.floor(bound / unit) * unit:,.{1 if bound < 10 else 0}f}"


def spelled_apart(ends: Sequence[float]) -> list[str]:
    """Ratios to a few digits, and as many more as it takes to tell those from 1 that are not 1.

    >>> spelled_apart((1.0896, 1.0512, 1.1274)), spelled_apart((1.01, 1.0002, 1.02)), spelled_apart((1.0, 0.998, 1.002))
    (['1.09', '1.05', '1.13'], ['1.01', '1.0002', '1.02'], ['1', '0.998', '1.002'])
    """
    return [_apart(ratio) for ratio in ends]


def _apart(ratio: float) -> str:
    if not math.isfinite(ratio):
        return "no end"
    tries = (f"{ratio:.{digits}g}" for digits in range(DIGITS, MOST_DIGITS + 1))
    spelled = next((text for text in tries if (float(text) == 1) == (ratio == 1)), f"{ratio:.{MOST_DIGITS}g}")
    return f"{float(spelled):,.0f}" if ratio >= 1000 else spelled


def _effective_rates(methods: Sequence[MethodFindings]) -> str:
    """What momentum makes of learning rates, beside the first method whose steps have a length of their own."""
    known = [method for method in methods if method.method.effective_rate is not None]
    others = [method for method in known[1:] if _has_momentum(known[0]) or _has_momentum(method)]
    if not others:
        return ""
    wanted = _rate(known[0])
    alike = [method for method in others if math.isclose(_rate(method), wanted, rel_tol=1e-9)]
    different = [method for method in others if method not in alike]
    return " ".join(filter(None, (_equal_steps(known[0], alike), _unequal_steps(known[0], different))))


def _rate(found: MethodFindings) -> float:
    """How many times the gradient steps come to where it does not change."""
    return float(found.method.effective_rate or 0.0)


def _equal_steps(first: MethodFindings, others: Sequence[MethodFindings]) -> str:
    if not others:
        return ""
    names = listed([f"`{method.name}`" for method in (*others, first)])
    return f"On a slope that does not change, {names} take equal steps, {_rate(first):.6g} times the gradient."


def _unequal_steps(first: MethodFindings, others: Sequence[MethodFindings]) -> str:
    """The rates of methods on a slope that does not change, and which to write for equal ones."""
    if not others:
        return ""
    sums = listed([f"with `{method.name}` to {_rate(method):.6g}" for method in (*others, first)])
    rates = [float(method.method.constant_rate or 0.0) * _rate(first) / _rate(method) for method in others]
    write = listed([f"`learning_rate: {rate:.6g}` for `{m.name}`" for m, rate in zip(others, rates, strict=True)])
    return (
        f"On a slope that does not change, steps add up to learning_rate/(1 - momentum) times the gradient: {sums}. To "
        f"compare them at equal steps, write {write}."
    )


def _has_momentum(found: MethodFindings) -> bool:
    return bool(found.method.numbers.get("momentum"))
