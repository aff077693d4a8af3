"""How far a study is, as a person reads it, or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pandas as pd

from multistart.descents.outcomes import NO_BASIN
from multistart.errors import InputError
from multistart.plurals import counted, listed
from multistart.starts.designs import MAX_STARTS
from multistart.study.progress import LOOKED_AT, MethodProgress, StudyProgress, progress_of, study_called
from multistart.study.spelled import MOST_DECIMALS, percent, point

SHOWN = 25  # minima of a method that are listed
UNITS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def progress(named: str, rows: str | None = None, *, json: bool = False) -> str:
    """How far a study is, by its name or config, in words or as JSON.

    Parameters
    ----------
    rows
        About how many starts of a method to count at most: a number, or "all".

    Raises
    ------
    InputError
        There is no such study, or the rows are no number.
    """
    if rows is not None and rows != "all" and not (rows.isascii() and rows.isdecimal() and int(rows[:12]) > 0):
        raise InputError(f'--rows: got "{rows[:40]}"; give a whole number from 1, or all')
    results, left, said = study_called(named)
    found = progress_of(results, left, LOOKED_AT if rows is None else MAX_STARTS if rows == "all" else int(rows))
    return as_json(found) if json else "\n".join([*([said] if said else []), text(found)])


def text(progress: StudyProgress) -> str:
    """All of it: who runs the study, a table for each method, and what the columns mean."""
    lines = [_head(progress)]
    for name, method in progress.methods.items():
        lines += ["", f"{name}: {_descended(progress, method)}", *_shares(progress, method)]
    if any(method.shares is not None for method in progress.methods.values()):
        lines += ["", *_meaning(progress)]
    return "\n".join(lines)


def as_json(progress: StudyProgress) -> str:
    """The same numbers; null where there is none."""
    methods = {
        name: {
            "descended": method.descended,
            "looked_at": method.looked_at,
            "interval_of": None if method.shares is None else method.shares.attrs["of"],
            "detected": _number(method.detected),
            "endings_at_no_minimum": dict(method.endings),
            "shares": [] if method.shares is None else _records(progress, method.shares),
        }
        for name, method in progress.methods.items()
    }
    content = {
        "study": progress.study.name,
        "starts": progress.study.count,
        "running": progress.running,
        "finished": progress.finished,
        "seconds_left": _number(progress.seconds),
        "numbers_are_final": progress.current,
        "confidence": progress.study.config.estimates.confidence,
        "methods": methods,
    }
    return json.dumps(content, indent=2, allow_nan=False)


def _records(progress: StudyProgress, shares: pd.DataFrame) -> list[dict[str, object]]:
    variables, found = progress.study.objective.variables, []
    for row in shares.to_dict("records"):
        basin = int(row.pop("basin"))
        at: dict[str, object] = {"basin": basin}
        if basin != NO_BASIN:
            place = dict(zip(variables, progress.minima.location[basin].tolist(), strict=True))
            at |= {"value": float(progress.minima.value[basin]), "place": place}
        found.append(at | {str(key): int(x) if key == "count" else _number(float(x)) for key, x in row.items()})
    return found


def _number(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _head(progress: StudyProgress) -> str:
    study = progress.study
    words = f"{study.name}: {study.describe_starts()}, {counted(study.count, 'start')}"
    if progress.finished:
        return f"{words}; finished, results/{study.name}/summary.md says more"
    if progress.running:
        return f"{words}; being run by {progress.who}"
    if progress.running is None:
        return f"{words}; begun by {progress.who}: whether it is still at work cannot be seen from here"
    stopped = f" (the last one, {progress.who}, was stopped)" if progress.who else ""
    return f"{words}; not being run now{stopped}, the same command goes on from here"


def _descended(progress: StudyProgress, method: MethodProgress) -> str:
    starts = progress.study.count
    if method.whole:
        return "all starts are counted"
    if method.descended == starts:
        return "all starts have descended"
    words = f"{method.descended:,} of {counted(starts, 'start')} have descended ({percent(method.descended / starts)})"
    if progress.running is False:
        return words
    if math.isnan(progress.seconds) or method.descended == 0:
        return f"{words}; how long it still takes is not known yet"
    all_begun = all(other.descended for other in progress.methods.values())
    of = " of all methods" if all_begun else " of methods that have begun"
    of = of if len(progress.methods) > 1 else ""
    return f"{words}; about {spelled_time(progress.seconds)} until the descents{of} are done"


def spelled_time(seconds: float) -> str:
    """About how long, in the largest unit of which it is two or more.

    >>> spelled_time(0.2), spelled_time(100), spelled_time(150), spelled_time(3e5)
    ('1 second', '100 seconds', '2 minutes', '3 days')
    """
    size, word = next((unit for unit in UNITS if seconds >= 2 * unit[0]), UNITS[-1])
    return counted(max(1, round(seconds / size)), word)


def _shares(progress: StudyProgress, method: MethodProgress) -> list[str]:
    shares = method.shares
    if shares is None:
        return []
    rows = [_row(progress, row) for row in shares.to_dict("records")]
    hidden = rows[SHOWN:-1]
    rows = [*rows[:SHOWN], *rows[-1:]] if hidden else rows
    confidence = f"{100 * shares.attrs['confidence']:g} %"
    columns = ["basin", "value", "minimum", "starts", "share", confidence, "in any order", "certain"]
    whole = rows_of_all(progress, method)
    kept = [i for i, name in enumerate(columns) if not (whole and i > 5) and any(row[i] for row in rows)]
    table = [[columns[i] for i in kept], *[[row[i] for i in kept] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    left = columns.index("minimum")
    lines = [
        "  "
        + "  ".join(
            cell.ljust(w) if i == left else cell.rjust(w) for i, cell, w in zip(kept, row, widths, strict=True)
        ).rstrip()
        for row in table
    ]
    if hidden:
        lines.insert(-1, f"  and {counted(len(hidden), 'higher minimum')} more")
    if method.endings:
        said = [f"{n:,} {word.replace('_', ' ')}" for word, n in sorted(method.endings.items(), key=lambda e: -e[1])]
        lines.append(f"  at no minimum, by how they ended: {listed(said)}")
    if method.looked_at < method.descended:
        lines.append(f"  counted from {method.looked_at:,} of the starts that have descended (--rows has more counted)")
    if not math.isnan(method.detected):
        least = percent(method.detected)
        lines.append(
            f"  a basin of {least} of the domain or more would have been reached by now with {confidence} probability"
        )
    return lines


def rows_of_all(progress: StudyProgress, method: MethodProgress) -> bool:
    """Whether all starts of the study were looked at, so that the shares are those of the study."""
    return method.looked_at == progress.study.count


def _row(progress: StudyProgress, row: Mapping[str, float]) -> list[str]:
    basin = int(row["basin"])
    none = basin == NO_BASIN
    value = "" if none else f"{progress.minima.value[basin]:.6g}"
    place = "" if none else point(progress.minima.location[basin], progress.study.domain)
    ends = [between(row[low], row[high]) for low, high in (("low", "high"), ("low_any", "high_any"), ("least", "most"))]
    return ["none" if none else str(basin), value, place, f"{int(row['count']):,}", percent(row["share"]), *ends]


def between(low: float, high: float) -> str:
    """An interval of shares in percent, to two digits of its width, rounded outwards; nothing where there is none.

    >>> between(0.25711, 0.25797), between(0.0, 1.0), between(math.nan, math.nan), between(0.0, 3e-6)
    ('25.711 to 25.797 %', '0 to 100 %', '', '0 to 0.00030 %')
    """
    if math.isnan(low):
        return ""
    width = 100 * (high - low)
    decimals = min(max(1, 1 - math.floor(math.log10(width))), MOST_DECIMALS) if width > 0 else 2
    step = Decimal(1).scaleb(-decimals)
    ends = [
        (Decimal(repr(x)) * 100).quantize(step, rounding) for x, rounding in ((low, ROUND_FLOOR), (high, ROUND_CEILING))
    ]
    said = [f"{end:f}" if end not in (0, 100) else f"{end:.0f}" for end in ends]
    return f"{said[0]} to {said[1]} %"


def _meaning(progress: StudyProgress) -> list[str]:
    shares = [method.shares for method in progress.methods.values() if method.shares is not None]
    confidence = f"{100 * shares[0].attrs['confidence']:g} %"
    lines = []
    if not progress.current:
        lines.append(
            "Minima are those found so far: a lower one would change the numbers of basins, not places and values."
        )
    lines.append("share: of the starts that were counted. Each interval holds for one basin at a time.")
    for of in dict.fromkeys(table.attrs["of"] for table in shares):
        lines.append(f"{confidence}: {of}.")
    if all(rows_of_all(progress, method) for method in progress.methods.values() if method.shares is not None):
        return lines
    if not lines[-1].startswith(f"{confidence}: none"):
        lines[-1] = lines[-1][:-1] + ", as if it had been fixed beforehand which starts descend first."
    if any(not table["low_any"].isna().all() for table in shares):
        lines.append("in any order: the same, whatever made these starts the first, and however often one looks.")
    lines.append("certain: what the share of all starts can still be when the study is finished.")
    return lines
