"""Every file that a study leaves, tables and others, in the order of reading: what it holds, and who reads it.

The README's table of files and the second list of ``docs/results.md`` are made from here, and the list at the end of a
study's page. To add a file that is no table, declare it among the pages or records; ``tests/test_workflow.py`` compares
the declarations with what a study leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multistart.tables.of_boundaries import BUDGET, OF_BOUNDARIES
from multistart.tables.of_counts import OF_COUNTS
from multistart.tables.of_estimates import OF_ESTIMATES, PROVEN
from multistart.tables.of_fits import FITS, OF_FITS
from multistart.tables.of_minima import OF_MINIMA
from multistart.tables.of_pairs import BESIDE_THE_FLOW, OF_PAIRS, SEVERAL
from multistart.tables.of_starts import OF_STARTS
from multistart.tables.of_sweeps import OF_SWEEPS, SWEEP

COSTED = "a study that was checked, or whose jobs were sent away"


@dataclass(frozen=True)
class File:
    """A file of a study, or several that are called alike.

    Attributes
    ----------
    name
        Below ``results/<study>/``; a part in angle brackets stands for a name or a number, as in ``<method>``.
    holds
        What is in it, in one sentence.
    rule
        The rule of the workflow that makes it, or who else does.
    only
        When it is made, where that is not always.
    for_programs
        Whether the program keeps it for itself, and a person need not open it.
    """

    name: str
    holds: str
    rule: str
    only: str = ""
    for_programs: bool = False

    @property
    def of_method(self) -> bool:
        """Whether each method has one of its own."""
        return self.name.startswith("<method>/")


_PAGES = (
    File("summary.html", "What the study found: words, pictures and tables on one page.", "summarize"),
    File(
        "explore.html",
        "The explorer: click, and a ball rolls from there by the rule you choose, over the basins the study found.",
        "explore",
    ),
    File("summary.md", "The words alone.", "summarize"),
    File("figures/<picture>.<format>", "The pictures of all methods.", "draw_comparisons", only=SEVERAL),
    File(
        "<method>/figures/<picture>.<format>", "The pictures, each in every format.", "draw, draw_schedule, draw_sweep"
    ),
)
_RECORDS = (
    File("study.json", "What is needed to repeat the study: config, seed, versions, checksums.", "summarize"),
    File("certificate.json", "What is proven, with full enclosures.", "certify", for_programs=True),
    File(
        "<method>/sweep/values/<digest>.npz",
        "The descents at some values, by what shapes them; kept, so that no value is descended at twice.",
        "sweep",
        only=SWEEP,
        for_programs=True,
    ),
    File(
        "<method>/sweep/counts/<digest>.npz",
        "What is counted of them, kept likewise, of which the tables are put together.",
        "sweep",
        only=SWEEP,
        for_programs=True,
    ),
    File(
        "<method>/outcomes.sha256",
        "The checksums of all files with outcomes, which `study.json` does not name one by one.",
        "estimate",
        only="more than 64 parts",
        for_programs=True,
    ),
    File("timings/<job>.tsv", "How long each job took.", "Snakemake", for_programs=True),
    File(
        "pilot.json",
        "What a start of each method costs, from which it follows how long jobs take.",
        "`multistart check`, or a run that sends its jobs away",
        only=COSTED,
        for_programs=True,
    ),
    File(
        ".<file>.sha256",
        "The checksum of a file, hidden beside it, in each folder.",
        "whatever makes the file",
        for_programs=True,
    ),
)

#: What is no table.
OTHERS = (*_PAGES, *_RECORDS)
_TABLES = tuple(
    File(t.file, t.holds, t.rule, t.only, t.for_programs)
    for t in (*OF_MINIMA, *OF_FITS, *OF_PAIRS, *OF_COUNTS, *OF_ESTIMATES, *OF_BOUNDARIES, *OF_SWEEPS, *OF_STARTS)
)
#: What a person reads first: pages and pictures, then tables; then what programs read.
FILES = tuple(sorted((*_PAGES, *_TABLES, *_RECORDS), key=lambda file: file.for_programs))


def for_people(
    methods: Sequence[str],
    swept: Sequence[str] = (),
    bounded: Sequence[str] = (),
    *,
    proven: Sequence[str] = (),
    flow: bool = False,
    fit: bool = False,
) -> list[tuple[str, list[str]]]:
    """What a person may want to open of every study with these methods: what it holds, and the files that hold it.

    Parameters
    ----------
    swept
        Those of the methods that a sweep is of.
    bounded
        Those whose boundaries are measured.
    proven
        Those whose shares are proven.
    flow
        Whether one of several methods is the gradient flow.
    fit
        Whether the function is a fit to data.

    >>> held = dict(for_people(["adam", "gd"]))
    >>> held["What became of the starts."]
    ['adam/endings.csv', 'gd/endings.csv']
    """
    made = {"": methods, SEVERAL: methods if len(methods) > 1 else (), SWEEP: swept, BUDGET: bounded, PROVEN: proven}
    made |= {BESIDE_THE_FLOW: methods if flow else (), FITS: methods if fit else ()}
    found = [file for file in FILES if made.get(file.only) and not file.for_programs and "<picture>" not in file.name]
    return [
        (
            file.holds,
            [file.name.replace("<method>", method) for method in made[file.only]] if file.of_method else [file.name],
        )
        for file in found
    ]
