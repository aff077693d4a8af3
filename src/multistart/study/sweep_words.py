"""What changes where a number is swept, in words: the best value, what is lost where, and what is more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from multistart.files.results import MethodFiles
from multistart.plurals import counted, listed
from multistart.study import storage
from multistart.study.findings import Number
from multistart.study.spelled import whole_between
from multistart.study.study import Study
from multistart.study.sweep_plan import Sweep

TIME = "expected_running_time"
MOST_LINES = 12  # events that are said; the others are in the table
LARGEST = 3  # changes that are said


@dataclass(frozen=True)
class SweepTables:
    """The tables of a method's sweep that are put into words."""

    method: str
    sweep: pd.DataFrame
    events: pd.DataFrame
    changes: pd.DataFrame

    @classmethod
    def read(cls, method: str, files: MethodFiles) -> SweepTables:
        """From their files."""
        return cls(method, *(storage.read_csv(files.swept(f"{name}.csv")) for name in ("sweep", "events", "changes")))


def title(study: Study) -> str:
    """The heading, as "What changes with learning_rate"."""
    return f"What changes with {listed(Sweep(study).names)}"


def paragraphs(study: Study, tables: SweepTables) -> tuple[str, ...]:
    """What one method's sweep shows."""
    sweep = Sweep(study)
    paid_in = study.method(tables.method).paid_in
    said = (_asked(sweep), *best_value(sweep, tables.sweep, paid_in))
    if len(sweep.shape) > 1:
        return (" ".join(said),)
    return (" ".join(said), _events(sweep, tables.events), _changes(study, sweep, tables.changes))


def _asked(sweep: Sweep) -> str:
    """Which numbers took which values."""
    each = [
        f"`{key}` took {counted(len(values), 'value')} from {values[0]:.6g} to {values[-1]:.6g}"
        for key, values in sweep.values.items()  # noqa: PD011 - of no frame
    ]
    pairs = f", {len(sweep.points):,} pairs in all" if len(each) > 1 else ""
    return f"{listed(each)}{pairs}, each from the same {counted(sweep.study.count, 'start')}."


def best_value(sweep: Sweep, table: pd.DataFrame, paid_in: str) -> list[str]:
    """At which value the lowest minimum costs least, and which others cannot be told from it."""
    lowest = table[table["lowest"]].drop_duplicates(sweep.names).reset_index(drop=True)
    reached = lowest[np.isfinite(lowest[TIME])]
    if reached.empty:
        return ["At no value does a start reach the lowest minimum."]
    best = reached.loc[reached[TIME].idxmin()]
    number = Number(best[TIME], best[f"{TIME}_low"], best[f"{TIME}_high"])
    said = [
        f"**Restarts reach the lowest minimum soonest at {_spelled(sweep, best)}**: {whole_between(number)} {paid_in}s "
        "on average until one does."
    ]
    alike = reached[reached[f"{TIME}_low"] <= number.high]
    if math.isnan(number.low) or len(alike) < 2:
        return said
    if len(sweep.shape) > 1:
        return [*said, f"By their intervals {counted(len(alike) - 1, 'other pair')} may be as good."]
    first, last = alike[sweep.names[0]].min(), alike[sweep.names[0]].max()
    return [*said, f"By their intervals values from {first:.6g} to {last:.6g} may be as good."]


def _spelled(sweep: Sweep, row: pd.Series) -> str:
    return listed([f"{name} = {row[name]:.6g}" for name in sweep.names])


def _events(sweep: Sweep, events: pd.DataFrame) -> str:
    """What happens where, a line each; the doublings of one minimum's cascade are one line."""
    if events.empty:
        return ""
    lines, seen = [], set()
    for row in events.to_dict("records"):
        key = row["attractor"], row["event"]
        if row["event"] != "doubling":
            lines.append(_event(sweep.names[0], row))
        elif key not in seen:
            seen.add(key)
            of_it = events[(events["attractor"] == row["attractor"]) & (events["event"] == "doubling")]
            lines.append(_doublings(sweep.names[0], of_it))
    more = len(lines) - MOST_LINES
    shown = [*lines[:MOST_LINES], *([f"{counted(more, 'event')} more, in events.csv"] if more > 0 else [])]
    return "What happens where:\n\n" + "\n".join(f"- {line}" for line in shown)


def _doublings(name: str, rows: pd.DataFrame) -> str:
    """Where a minimum stops attracting, and its cycles."""
    first, *others = rows.to_dict("records")
    proven = " (proven)" if first["proven"] else ""
    note = first["note"] if isinstance(first["note"], str) else ""
    if note != "period 1 to 2":
        return f"{_where(name, first)}{proven} {_what(first['attractor'])}: {note}."
    said = f"{_where(name, first)}{proven} {_what(first['attractor'])} gives way to a cycle of period 2"
    if others:
        said += f", whose period doubles at {listed([_number(row) for row in others])}"
    return f"{said}."


MEASURED = ("crisis", "merged")  # between two values
SAID = {
    "born": "appears",
    "fold": "is gone",
    "merged": "is one with another",
    "crossing": "becomes the lowest",
    "crisis": "no longer holds its starts",
    "left": "leaves",
}


def _event(name: str, row: dict) -> str:
    note = row["note"].replace(": ", ", ", 1) if isinstance(row["note"], str) else ""
    said = "" if note and row["event"] in ("born", "merged") else SAID[row["event"]]
    more = f": {note}" if note else ""
    return f"{_where(name, row)} {_what(row['attractor'])} {said}".rstrip() + f"{more}.{_how(row)}"


def _where(name: str, row: dict) -> str:
    if row["event"] in MEASURED and row["low"] < row["high"]:
        return f"Between {name} {row['low']:.6g} and {row['high']:.6g}"
    return f"At {name} {_number(row)}"


def _number(row: dict) -> str:
    """Where an event is, to as many digits as its bracket tells."""
    low, high = row["low"], row["high"]
    for digits in range(6, 2, -1):
        if f"{low:.{digits}g}" == f"{high:.{digits}g}":
            return f"{low:.{digits}g}"
    return f"{low:.6g} to {high:.6g}"


def _what(number: int) -> str:
    return "every attractor" if number < 0 else f"minimum {number}"


def _how(row: dict) -> str:
    return " This is proven." if row["proven"] else ""


def _changes(study: Study, sweep: Sweep, changes: pd.DataFrame) -> str:
    """Between which neighbouring values the share of the lowest minimum changes by more than chance."""
    (name,) = sweep.names
    pairs = changes.drop_duplicates([f"{name}_from", f"{name}_to"])
    if pairs.empty or pairs["low_all"].isna().all():
        return ""
    sure = pairs[(pairs["low_all"] > 0) | (pairs["high_all"] < 0)]
    level = f"{100 * study.config.estimates.confidence:g} %"
    how = f"intervals for pairs that hold for all of them at once with {level}, by Bonferroni's correction"
    if sure.empty:
        return (
            f"Between no two neighbouring values does the share of starts that reach the lowest minimum change by more "
            f"than chance ({how})."
        )
    largest = sure.reindex(sure["difference"].abs().sort_values(ascending=False, kind="stable").index).head(LARGEST)
    said = [
        f"from {row[f'{name}_from']:.6g} to {row[f'{name}_to']:.6g} by {_points(row['difference'])} "
        f"({_points(row['low_all'])} to {_points(row['high_all'])})"
        for row in largest.to_dict("records")
    ]
    most = "most" if len(sure) > len(said) else "namely"
    return (
        f"Between {len(sure):,} of {counted(len(pairs), 'pair')} of neighbouring values the share of starts that reach "
        f"the lowest minimum changes by more than chance ({how}): {most} {listed(said)} percentage points."
    )


def _points(share: float) -> str:
    return f"{100 * share:+.2f}".replace("-", "−")


def sections(study: Study, tables: Sequence[SweepTables]) -> list[tuple[str, tuple[str, ...]]]:
    """A section for each method of the sweep, by its heading."""
    heading = title(study) if tables else ""
    several = len(study.config.methods) > 1
    return [
        (f"{each.method}: {heading[0].lower()}{heading[1:]}" if several else heading, paragraphs(study, each))
        for each in tables
    ]
