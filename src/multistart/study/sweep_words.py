"""What changes where a number is swept, in words: the best value, what is lost where, and what is more than chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from multistart.files.results import MethodFiles
from multistart.plurals import counted, listed, plural
from multistart.study import event_words, storage
from multistart.study.findings import Findings, Number
from multistart.study.outcome_words import lowest_name
from multistart.study.spelled import whole_between
from multistart.study.study import Study
from multistart.study.sweep_plan import Sweep

TIME = "expected_running_time"
MOST_LINES = 12  # events that are said; the others are in the table
LARGEST = 3  # changes that are said
FEW = 5  # values that are listed
DIGITS = 6
MINIMUM = "minimum"


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


def headlines(study: Study, tables: Sequence[SweepTables], found: Findings | None = None) -> list[str]:
    """For the head of a summary: at which value the lowest minimum costs least, for each method of the sweep."""
    several = len(study.config.methods) > 1
    return [
        f"`{each.method}`: {said[0]}" if several else said[0] for each in tables if (said := _best(study, each, found))
    ]


def paragraphs(
    study: Study, tables: SweepTables, found: Findings | None = None, first: SweepTables | None = None
) -> tuple[str, ...]:
    """What one method's sweep shows; ``found`` tells whether the lowest minimum is proven to be that.

    Parameters
    ----------
    first
        The tables of another method, whose events were said before and are not repeated.
    """
    sweep = Sweep(study)
    lowest = _lowest_of(study, tables, found)
    said = (_asked(sweep), *_best(study, tables, found))
    if len(sweep.shape) > 1:
        return (" ".join(said),)
    own = tables.events if first is None else _without(tables.events, first.events)
    events = _events(sweep, own, tables.sweep)
    if first is not None and len(own) < len(tables.events):
        events = "\n\n".join(filter(None, (events, f"What happens to minima is said under {first.method}.")))
    reached = _reached(sweep, tables.events, tables.sweep)
    return (" ".join(said), events, reached, _changes(study, sweep, tables, lowest))


def _best(study: Study, tables: SweepTables, found: Findings | None) -> list[str]:
    paid_in = study.method(tables.method).paid_in
    return best_value(Sweep(study), tables.sweep, paid_in, _lowest_of(study, tables, found))


def _lowest_of(study: Study, tables: SweepTables, found: Findings | None) -> str:
    sweep = Sweep(study)
    return _lowest(sweep, tables.sweep, None if sweep.of_objective else found)


def _without(events: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The events that are not among others."""
    known = set(others.fillna("").itertuples(index=False, name=None))
    return events[[row not in known for row in events.fillna("").itertuples(index=False, name=None)]]


def _lowest(sweep: Sweep, table: pd.DataFrame, found: Findings | None) -> str:
    """What starts are to reach: the lowest minimum, or one of several, where they are as many at all values."""
    several = set(table[table["lowest"]].groupby(sweep.names).size())
    number = several.pop() if len(several) == 1 else 1
    name = f"the {number} lowest minima found" if number > 1 else "the lowest minimum found"
    if found is not None:
        name = lowest_name(found, number)
    return f"one of {name}" if number > 1 else name


def _asked(sweep: Sweep) -> str:
    """Which numbers took which values."""
    each = [f"`{key}` took {_values(values)}" for key, values in sweep.values.items()]  # noqa: PD011 - of no frame
    pairs = f", {len(sweep.points):,} pairs in all" if len(each) > 1 else ""
    said = f"{listed(each)}{pairs}, each from the same {counted(sweep.study.count, 'start')}."
    if not sweep.of_objective:
        return said
    first = listed([f"{name} = {x:.{DIGITS}g}" for name, x in zip(sweep.names, sweep.points[0], strict=True)])
    return f"{said} Minima have other numbers here than above: those by their values at {first}, where 0 is the lowest."


def _values(values: Sequence[float]) -> str:
    if len(values) <= FEW:
        return f"the {plural('value', len(values))} {listed([f'{value:.{DIGITS}g}' for value in values])}"
    return f"{counted(len(values), 'value')} from {values[0]:.{DIGITS}g} to {values[-1]:.{DIGITS}g}"


def best_value(sweep: Sweep, table: pd.DataFrame, paid_in: str, lowest: str) -> list[str]:
    """At which value the lowest minimum costs least, and which others cannot be told from it."""
    rows = table[table["lowest"]].drop_duplicates(sweep.names).reset_index(drop=True)
    reached = rows[np.isfinite(rows[TIME])]
    if reached.empty:
        return [f"At no value does a start reach {lowest}."]
    best = reached.loc[reached[TIME].idxmin()]
    number = Number(best[TIME], best[f"{TIME}_low"], best[f"{TIME}_high"])
    at, cost = _spelled(sweep, best), f"{whole_between(number)} {paid_in}s on average until one does"
    if len(sweep.points) == 1:
        return [f"At {at} restarts need {cost.replace('one does', f'one reaches {lowest}')}."]
    said = [f"**Restarts reach {lowest} soonest at {at}**: {cost}."]
    if len(sweep.shape) > 1:
        others = int((reached[f"{TIME}_low"] <= number.high).sum()) - 1
        return [*said, f"By their intervals {counted(others, 'other pair')} may be as good."] if others > 0 else said
    return [*said, *_alike(sweep, reached, number), *_at_the_end(sweep, float(best[sweep.names[0]]))]


def _alike(sweep: Sweep, reached: pd.DataFrame, best: Number) -> list[str]:
    """Which values cannot be told from the best; nothing where there are none, or no intervals."""
    (name,), values = sweep.names, [point[0] for point in sweep.points]
    alike = set(reached.loc[reached[f"{TIME}_low"] <= best.high, name])
    places = [i for i, value in enumerate(values) if value in alike]
    if len(places) < 2:
        return []
    between = f"values from {values[places[0]]:.{DIGITS}g} to {values[places[-1]]:.{DIGITS}g}"
    all_ = places[-1] - places[0] == len(places) - 1
    return [f"By their intervals {between if all_ else f'{len(places):,} of the {between}'} may be as good."]


def _at_the_end(sweep: Sweep, best: float) -> list[str]:
    """That the best value is the first or last, so that beyond it there may be a better one."""
    ends = {sweep.points[0][0]: ("smallest", "smaller"), sweep.points[-1][0]: ("largest", "larger")}
    if best not in ends:
        return []
    this, other = ends[best]
    return [f"It is the {this} value of the sweep: a {other} one may be better."]


def _spelled(sweep: Sweep, row: pd.Series) -> str:
    return listed([f"{name} = {row[name]:.{DIGITS}g}" for name in sweep.names])


def _events(sweep: Sweep, events: pd.DataFrame, table: pd.DataFrame) -> str:
    """What happens where, a line each."""
    minima = set(table.loc[table["kind"] == MINIMUM, "attractor"])
    ends = sweep.points[0][0], sweep.points[-1][0]
    lines = event_words.lines(sweep.names[0], events, minima, ends[1] - ends[0])
    if not lines:
        return ""
    more = len(lines) - MOST_LINES
    shown = [*lines[:MOST_LINES], *([f"{counted(more, 'line')} more: see events.csv."] if more > 0 else [])]
    said = "What happens where. What is not called proven was computed; between two values it was seen to happen:"
    return f"{said}\n\n" + "\n".join(f"- {line}" for line in shown)


def _reached(sweep: Sweep, events: pd.DataFrame, table: pd.DataFrame) -> str:
    """At which values starts reach minima that they do not reach at all values, though nothing is known to happen."""
    (name,), values = sweep.names, [point[0] for point in sweep.points]
    rows = table[(table["kind"] == MINIMUM) & ~table["attractor"].isin(events["attractor"])]
    said: dict[str, list[int]] = {}
    for number, of_it in rows.groupby("attractor"):
        there = set(of_it.loc[of_it["count"] > 0, name])
        if 0 < len(there) < len(of_it):
            said.setdefault(_where(name, values, there), []).append(int(number))
    lines = [f"{event_words.minima_of(numbers)} {where}" for where, numbers in list(said.items())[:LARGEST]]
    more = f", and {sum(map(len, list(said.values())[LARGEST:]))} others at some" if len(said) > LARGEST else ""
    why = "At the other values the steps may have run out, or no start may be in the basin."
    return f"Starts reach {listed(lines)}{more}. {why}" if lines else ""


def _where(name: str, values: Sequence[float], there: Collection[float]) -> str:
    """Where among the values of a sweep some are, as "only up to a = 0.5"."""
    places = [i for i, value in enumerate(values) if value in there]
    first, last = (f"{values[i]:.{DIGITS}g}" for i in (places[0], places[-1]))
    if len(places) == 1:
        return f"only at {name} = {first}"
    if len(places) < places[-1] - places[0] + 1:
        return f"only at {len(places):,} of the {len(values):,} values"
    if places[0] == 0:
        return f"only up to {name} = {last}"
    return (
        f"only from {name} = {first} on" if places[-1] == len(values) - 1 else f"only from {name} = {first} to {last}"
    )


def _changes(study: Study, sweep: Sweep, tables: SweepTables, lowest: str) -> str:
    """Between which neighbouring values the share of the lowest minimum changes by more than chance."""
    (name,) = sweep.names
    pairs = tables.changes.drop_duplicates([f"{name}_from", f"{name}_to"])
    if pairs.empty:
        return ""
    if pairs["low_all"].isna().all():
        return "Which shares change by more than chance is not known: these starts give no intervals."
    sure = pairs[(pairs["low_all"] > 0) | (pairs["high_all"] < 0)]
    level = f"{100 * study.config.estimates.confidence:g} %"
    how = f"intervals for pairs that hold for all of them at once with {level}, by Bonferroni's correction"
    if sure.empty:
        return (
            f"Between no two neighbouring values does the share of starts that reach {lowest} change by more "
            f"than chance ({how})."
        )
    order = sure["difference"].abs().sort_values(ascending=False, kind="stable").index
    of_best = {value: set(rows["attractor"]) for value, rows in tables.sweep[tables.sweep["lowest"]].groupby(name)}
    said = [_change(name, row, of_best) for row in sure.reindex(order).head(LARGEST).to_dict("records")]
    most = "most" if len(sure) > len(said) else "namely"
    return (
        f"Between {len(sure):,} of {counted(len(pairs), 'pair')} of neighbouring values the share of starts that reach "
        f"{lowest} changes by more than chance ({how}): {most} {listed(said)} percentage points."
    )


def _change(name: str, row: Mapping[str, Any], of_best: Mapping[float, set[int]]) -> str:
    """One change, and whether what is lowest is another there."""
    before, after = row[f"{name}_from"], row[f"{name}_to"]
    other = "; other minima are the lowest" if of_best.get(before) != of_best.get(after) else ""
    ends = f"{_points(row['low_all'])} to {_points(row['high_all'])}"
    return f"from {before:.{DIGITS}g} to {after:.{DIGITS}g} by {_points(row['difference'])} ({ends}{other})"


def _points(share: float) -> str:
    return f"{100 * share:+.2f}".replace("-", "−")


def sections(
    study: Study, tables: Sequence[SweepTables], found: Findings | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """A section for each method of the sweep, by its heading."""
    heading = title(study) if tables else ""
    several = len(study.config.methods) > 1
    found_sections = []
    for i, each in enumerate(tables):
        first = tables[0] if i and Sweep(study).of_objective else None
        name = f"{each.method}: {heading[0].lower()}{heading[1:]}" if several else heading
        found_sections.append((name, paragraphs(study, each, found, first)))
    return found_sections
