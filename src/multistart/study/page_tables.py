"""The tables of a summary's page: a study's own tables, with plain words and only what a person reads."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from multistart.descents.outcomes import ENDINGS, NO_BASIN
from multistart.figures.classes import ENDING_TEXT, WORDS
from multistart.figures.palette import HATCHES, MUTED, NAMED, QUIET
from multistart.plurals import counted
from multistart.study.page_numbers import column, decimals_between, percents, whole
from multistart.study.read_findings import MethodTables

LISTED = 20  # minima with a row of their own
VARIABLES = 8  # with a column of their own
MANY = 100  # an estimate of a number of things that is less has a decimal
REFUSED = "refused: "
QUANTITIES = {
    "minima_found": "minima that starts reached",
    "minima_certified": "minima that are proven, inside the domain",
    "good_turing_coverage": "chance that one more start ends where one has ended before",
    "minima_chao1": "number of minima, at least, on average (Chao1)",
    "minima_chao1_classic": "the same without its correction for bias",
    "minima_boender_rinnooy_kan": "number of minima, expected (Boender and Rinnooy Kan)",
    "unseen_volume_boender_rinnooy_kan": "share of all basins that no start met (the same authors)",
    "all_found_boender_rinnooy_kan": "chance that no minimum is missing (the same authors)",
    "probability_of_global_basin": "chance that a random start reaches the lowest minimum",
    "expected_running_time": "what restarts cost until one does, on average",
    "share_still_under_way": "starts still under way at the step limit",
    "share_left_arena": "starts that left the arena",
    "share_nonfinite": "starts that met a gradient that is not finite",
    "share_at_rest_at_no_minimum": "starts that came to rest at no minimum",
    "share_in_cycles": "starts that went into a cycle",
    "share_bounded": "starts that stay bounded, at rest nowhere and in no cycle",
    "share_undecided": "starts that two runs took to different places",
    "ends_apart": "how far the ends are apart that were looked at, of too many",
}
#: Quantities named by a level, which follows the beginning: smallest_basin_detected_at_95_percent.
LEVELS = {
    "smallest_basin_detected_at_": "smallest basin that a start meets with {} %",
    "restarts_for_": "restarts that reach it at least once with {} %",
}
#: Starts of a file are drawn from it, and those of a domain uniformly: both are random.
UNITS = {"uniform starts": "random starts"}
#: Counts that the other tables show, and the level that a heading says.
ELSEWHERE = ("confidence", "starts", "starts_without_minimum")


@dataclass(frozen=True)
class Cell:
    """A text; with the colour that the map has for it, and the map's hatching, if any."""

    text: str
    colour: str = ""
    hatch: str = ""


@dataclass(frozen=True)
class PageTable:
    """A table: each heading with its unit, whether its column holds numbers, the rows, and what is said below it.

    The first cell of a row names it.
    """

    headings: tuple[tuple[str, str], ...]
    numbers: tuple[bool, ...]
    rows: list[list[Cell]]
    note: str = ""
    total: list[Cell] = field(default_factory=list)

    def filled(self) -> PageTable:
        """The same without the columns that no row has anything in."""
        kept = [i for i in range(len(self.headings)) if i == 0 or any(row[i].text for row in self.rows)]
        headings, numbers = tuple(self.headings[i] for i in kept), tuple(self.numbers[i] for i in kept)
        rows, total = [[row[i] for i in kept] for row in self.rows], [self.total[i] for i in kept if self.total]
        return PageTable(headings, numbers, rows, self.note, total)


def minima_table(results: Sequence[MethodTables], variables: Sequence[str], value: str = "f") -> PageTable:
    """The minima that all methods share: number, place, value, and up to which learning rate each attracts.

    Methods of rules with other limits have a column each; the value has the name that it is given.
    """
    basins = results[0].basins
    shown, limits = basins.head(LISTED), _limits(results)
    named = list(variables[:VARIABLES]) if len(variables) <= VARIABLES else []
    texts = [
        shown["kind"].map(WORDS).tolist(),
        *(column(shown[name].tolist()) for name in named),
        column(shown["value"].tolist()),
        *limits.values(),
        ["yes" if proven else "no" for proven in shown["certified"]],
    ]
    names = [Cell(str(b), _colour(b)) for b in shown["basin"].tolist()]
    headings = (
        *(("minimum", ""), ("kind", ""), *((name, "") for name in named), (value, "")),
        *((f"attracts {by}up to", "learning rate") for by in limits),
        ("proven", ""),
    )
    numbers = (False, False, *(True for _ in named), True, *(True for _ in limits), False)
    return PageTable(headings, numbers, _rows(names, texts), _left_out(basins, variables, named)).filled()


def endings_table(tables: MethodTables) -> PageTable:
    """Where the starts of one method ended: at each minimum, or at none and why, as in the legend of the map."""
    basins, starts = tables.basins, tables.tally.starts
    named, more = basins.head(len(NAMED)), basins.iloc[len(NAMED) :]
    lines = [
        (Cell(f"minimum {b}", NAMED[b]), n, whole(half), whole(most))
        for b, n, half, most in _columns(named, "basin", "count", "steps_median", "steps_p95")
    ]
    if len(more):
        name = Cell(f"{counted(len(more), 'more minimum')}", MUTED[0])
        lines.append((name, int(more["count"].sum()), "", ""))
    lines += [(_ending(code), n, "", "") for code, n in _without_minimum(tables).items()]
    shares = percents([n / starts for _, n, _, _ in lines])
    rows = [
        [name, Cell(whole(n)), Cell(share), Cell(half), Cell(most)]
        for (name, n, half, most), share in zip(lines, shares, strict=True)
    ]
    return PageTable(
        (("where", ""), ("starts", ""), ("share", "%"), ("half are there by", "step"), ("95 % are there by", "step")),
        (False, True, True, True, True),
        rows,
        total=[Cell("all starts"), Cell(whole(starts)), Cell("100"), Cell(""), Cell("")],
    ).filled()


def estimates_table(estimates: pd.DataFrame) -> PageTable:
    """What is estimated from the starts, each with its interval; in a sentence, what is not and why."""
    level = dict(zip(estimates["quantity"], estimates["value"], strict=True)).get("confidence", math.nan)
    rows: list[list[Cell]] = []
    refused: Counter[str] = Counter()
    for quantity, value, low, high, unit, note in _columns(
        estimates, "quantity", "value", "low", "high", "unit", "note"
    ):
        if quantity in ELSEWHERE:
            continue
        if math.isnan(value):
            refused[note] += 1
            continue
        shown, between, unit = _measured(value, low, high, unit)
        rows.append([Cell(text) for text in (in_words(quantity), shown, between, UNITS.get(unit, unit))])
    headings = (("quantity", ""), ("value", ""), (f"interval of {100 * level:g}\N{NO-BREAK SPACE}%", ""), ("unit", ""))
    return PageTable(headings, (False, True, True, False), rows, " ".join(map(_refusal, refused.items()))).filled()


def in_words(quantity: str) -> str:
    """A quantity of ``estimates.csv`` in plain words.

    >>> in_words("restarts_for_99_percent")
    'restarts that reach it at least once with 99 %'
    """
    for beginning, words in LEVELS.items():
        if quantity.startswith(beginning):
            return words.format(quantity.removeprefix(beginning).removesuffix("_percent"))
    return QUANTITIES[quantity]


def _columns(frame: pd.DataFrame, *names: str) -> list[tuple]:
    return list(zip(*(frame[name].tolist() for name in names), strict=True))


def _rows(names: Sequence[Cell], texts: Sequence[Sequence[str]]) -> list[list[Cell]]:
    return [[name, *map(Cell, row)] for name, *row in zip(names, *texts, strict=True)]


def _limits(results: Sequence[MethodTables]) -> dict[str, list[str]]:
    """The largest learning rates at which the minima attract, as texts; "by" whom, where that is not said of all."""
    found = {
        tables.name: column(tables.basins["critical_learning_rate"].head(LISTED).tolist(), digits=4)
        for tables in results
    }
    alike = len({tuple(texts) for texts in found.values()}) == 1
    return {"": found[results[0].name]} if alike else {f"by {name} ": texts for name, texts in found.items()}


def _colour(basin: int) -> str:
    return NAMED[basin] if basin < len(NAMED) else ""


def _left_out(basins: pd.DataFrame, variables: Sequence[str], named: Sequence[str]) -> str:
    """What the table of minima does not show, and where it is."""
    if not len(basins):
        return "No descent reached a minimum; those that are proven, if any, are in critical_points.csv."
    left = []
    if len(basins) > LISTED:
        left.append(f"{counted(len(basins) - LISTED, 'more minimum')}")
    if not named:
        left.append(f"the places, of {len(variables)} coordinates each,")
    return f"{' and '.join(left).capitalize()} are in minima.csv." if left else ""


def _without_minimum(tables: MethodTables) -> dict[int, int]:
    """The starts at no minimum by the code of their ending, as pictures number it."""
    endings = tables.tally.endings
    counts = endings[endings["basin"] == NO_BASIN].groupby("ending")["count"].sum()
    return {-1 - i: int(counts[name]) for i, name in enumerate(ENDINGS) if name in counts.index and counts[name]}


def _ending(code: int) -> Cell:
    return Cell(ENDING_TEXT[ENDINGS[-code - 1]], QUIET[code], HATCHES[code])


def _measured(value: float, low: float, high: float, unit: str) -> tuple[str, str, str]:
    """A number, its interval if it has one that is not the number itself, and its unit."""
    exact = math.isnan(low) or low == value == high
    if unit in ("share", "probability"):
        decimals = max(decimals_between(100 * low, 100 * high), _decimals_of(100 * value) if exact else 0)
        between = percents([low, high], decimals)
        return percents([value], decimals)[0], "" if exact else " to ".join(between), "%"
    fraction = math.isfinite(value) and not value.is_integer() and value < MANY
    shown, *between = [f"{x:.1f}" if fraction and math.isfinite(x) else whole(x) for x in (value, low, high)]
    return shown, "" if exact else " to ".join(between), unit


def _decimals_of(percent: float) -> int:
    """The decimals that show two digits of a small number; two of a larger one."""
    return max(2, 1 - math.floor(math.log10(percent))) if percent > 0 else 2


def _refusal(refused: tuple[str, int]) -> str:
    """Why some quantities have no number.

    >>> _refusal(("refused: holds for uniform starts only", 2)), _refusal(("no complete certificate", 1))
    ('2 quantities in estimates.csv have no number: holds for uniform starts only.', \
'1 quantity in estimates.csv has no number: no complete certificate.')
    """
    note, number = refused
    having = "1 quantity in estimates.csv has" if number == 1 else f"{number} quantities in estimates.csv have"
    return f"{having} no number: {note.removeprefix(REFUSED)}."
