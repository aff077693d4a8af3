"""The rule ``summarize``: from the tables of all methods to ``summary.md`` and its page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from multistart.files.results import MethodFiles
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.boundary_words import read_boundary
from multistart.study.findings import FitFindings
from multistart.study.page import page as page_of
from multistart.study.proven_words import read_proven
from multistart.study.read_findings import MethodTables, PairTables, find, read_diagnoses, read_orbits
from multistart.study.sentences import Summary, summary
from multistart.study.settings import bounded_methods, proven_methods
from multistart.study.study import Study
from multistart.study.sweep_words import SweepTables


def read_results(
    study: Study,
    basins: Sequence[Path | str],
    tallies: Sequence[Path | str],
    estimates: Sequence[Path | str],
    diagnoses: Sequence[Path | str],
    cycles: Sequence[Path | str],
    timings: Sequence[Sequence[Path | str]],
) -> list[MethodTables]:
    """Return the tables of all methods in their order; ``timings`` as :func:`.results.timings` gives them."""
    seconds = [_of_all(_seconds(files), len(files), len(study.pieces)) for files in timings]
    given = zip(study.config.methods, basins, tallies, estimates, diagnoses, cycles, seconds, strict=True)
    return [_read(*one) for one in given]


def _read(
    method: str,
    basins: Path | str,
    tally: Path | str,
    estimates: Path | str,
    diagnoses: Path | str,
    cycles: Path | str,
    seconds: float | None,
) -> MethodTables:
    counted = storage.read_tally(tally)
    return MethodTables(
        name=method,
        basins=storage.read_csv(basins),
        tally=counted.at_minima(),
        estimates=storage.read_csv(estimates),
        diagnoses=read_diagnoses(storage.read_csv(diagnoses)),
        seconds=seconds,
        orbits=read_orbits(storage.read_csv(cycles), counted.endings),
    )


def with_boundaries(
    study: Study, results: Sequence[MethodTables], files: Mapping[str, MethodFiles]
) -> list[MethodTables]:
    """The tables with what was found of boundaries, of the methods whose boundaries are measured."""
    measured = bounded_methods(study.config, study.count)
    found = {name: read_boundary(files[name], study.domain) for name in measured}
    return [replace(tables, boundary=found.get(tables.name)) for tables in results]


def with_proven(study: Study, results: Sequence[MethodTables], files: Mapping[str, MethodFiles]) -> list[MethodTables]:
    """The tables with what is proven of shares, of the methods for which that is asked and possible."""
    variables = study.objective.variables
    found = {name: read_proven(files[name], variables) for name in proven_methods(study.config)}
    return [replace(tables, proven=found.get(tables.name)) for tables in results]


def summarize(
    study: Study,
    results: Sequence[MethodTables],
    certificate: Certificate | None,
    pairs: PairTables | None = None,
    sweeps: Sequence[SweepTables] = (),
    fit: FitFindings | None = None,
) -> Summary:
    """What the study found, in words."""
    return summary(study, find(study, results, certificate, pairs, fit), sweeps)


def write_summary(
    study: Study,
    results: Sequence[MethodTables],
    certificate: Certificate | None,
    pairs: PairTables | None = None,
    sweeps: Sequence[SweepTables] = (),
    fit: FitFindings | None = None,
    *,
    text: Path | str,
    page: Path | str,
) -> None:
    """Write the summary as Markdown, and with pictures and tables as one page of HTML."""
    said = summarize(study, results, certificate, pairs, sweeps, fit).markdown
    storage.write_text(text, said)
    storage.write_text(page, page_of(study, results, said, pairs))


def _of_all(seconds: float | None, some: int, pieces: int) -> float | None:
    """The wall times of the jobs of all pieces, from those of some: the same where they are all."""
    return seconds * (pieces / some) if seconds and some else seconds


def _seconds(files: Sequence[Path | str]) -> float | None:
    """The sum of the wall times of jobs; none where a timing is missing or damaged."""
    try:
        seconds = sum(float(pd.read_csv(file, sep="\t")["s"].iloc[0]) for file in files)
    except (OSError, ValueError, LookupError):  # Snakemake's files, which have no checksum
        return None
    return seconds if math.isfinite(seconds) else None
