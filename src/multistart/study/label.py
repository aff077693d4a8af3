"""The rule ``label``: every start gets its basin, and is counted; all that comes after reads the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from multistart.counts.counter import LabelledRows, coordinates
from multistart.counts.long_table import long_table
from multistart.counts.method import LONG, LONG_TEXTS, MethodCounter, MethodCounts
from multistart.counts.rests import RestPlaces
from multistart.counts.tally import OutcomeCounter
from multistart.errors import MultistartError
from multistart.files.parts import Part
from multistart.files.results import MethodFiles
from multistart.files.whole_files import recorded
from multistart.minima import Minima
from multistart.minima.scales import value_unit
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.certify import read_certificate
from multistart.study.cycles import attractors_of
from multistart.study.keep import kept
from multistart.study.proven_cells import check_labels, read_cells
from multistart.study.study import Study

if TYPE_CHECKING:
    from multistart.dynamics import Attractor
    from multistart.reachability import ProvenShares

OUTCOMES = "outcomes"  # what a checksum beside counts is of


@dataclass(frozen=True)
class Labeller:
    """What labels and counts the rows of a method."""

    study: Study
    method: str
    minima: Minima
    counter: MethodCounter
    attractors: Sequence[Attractor] = ()
    proven: ProvenShares | None = None

    @classmethod
    def of(cls, study: Study, method: str, files: MethodFiles, proven: Path | str | None = None) -> Labeller:
        """From the minima and the certificate of the study, and the proven cells where there are some."""
        minima = Minima.from_table(storage.read_csv(files.minima), study.objective.variables)
        counter = counter_of(study, method, minima, read_certificate(files.certificate))
        cells = read_cells(proven, study.objective.variables) if proven else None
        return cls(study, method, minima, counter, attractors_of(study, method, files), cells)

    def labelled(
        self, first: int, batches: Iterable[storage.Columns], counts: list[MethodCounts]
    ) -> Iterator[storage.Columns]:
        """Rows from the first one on with their labels, while the counts of each batch are put in a list."""
        variables = self.study.objective.variables
        for columns in batches:
            end, ending = coordinates(columns, "end", variables), columns["ending"]
            columns["basin"], columns["label"] = labels_of(
                self.study, self.method, end, ending, self.minima, self.attractors
            )
            if self.proven is not None:
                check_labels(self.proven, columns, variables, self.minima, self.study.domain, self.method)
            rows = LabelledRows.of(columns, variables, self.study.method(self.method).paid_in)
            counts.append(self.counter.of(rows, first))
            first += len(rows)
            yield columns


def label_parts(
    study: Study,
    method: str,
    files: MethodFiles,
    parts: Sequence[Part],
    *,
    reached: bool = False,
    proven: Path | str | None = None,
) -> Iterator[MethodCounts]:
    """Label the rows of some parts and write those that may be kept; the counts of each part.

    Parameters
    ----------
    reached
        Write what each start reached, too: where not all rows are kept, methods are compared by it, and edges found.
    proven
        The table of cells that labels are held to, where shares are proven.
    """
    labeller = Labeller.of(study, method, files, proven)
    for part in parts:
        counts: list[MethodCounts] = []
        seen: list[storage.Columns] = []
        rows = labeller.labelled(part.first, storage.read_rows(map(files.descended, study.pieces_of(part))), counts)
        path = files.labelled(part, study.parts, study.config.keep)
        storage.write_rows(path, kept(study, part, _seen(rows, seen) if reached else rows))
        if reached:
            storage.write_rows(files.reached(part), seen)
        yield MethodCounts.sum(counts)


def _seen(rows: Iterable[storage.Columns], seen: list[storage.Columns]) -> Iterator[storage.Columns]:
    """The same rows, while what each start reached is put in a list."""
    for columns in rows:
        seen.append({name: columns[name] for name in storage.REACHED if name in columns})
        yield columns


def write_counts(
    study: Study,
    method: str,
    files: MethodFiles,
    parts: Sequence[Part],
    *,
    reached: bool = False,
    proven: Path | str | None = None,
) -> None:
    """Label the rows of some parts, and write the counts of each part; the rest as in :func:`label_parts`.

    Beside the counts stands the checksum of the file with the labelled rows, and is handed on with them.
    """
    labelled = label_parts(study, method, files, parts, reached=reached, proven=proven)
    for part, counts in zip(parts, labelled, strict=True):
        _write(files.counts(part), counts, {part.first: recorded(files.labelled(part, study.parts, study.config.keep))})


def read_counts(
    study: Study, paths: Iterable[Path | str], checksums: dict[int, str] | None = None
) -> Iterator[MethodCounts]:
    """What :func:`write_counts` wrote; ``checksums`` of labelled rows are added to by the number of the first row."""
    for path in paths:
        frame = storage.read_frame(path)
        if checksums is not None:
            of_files = frame[frame["of"] == OUTCOMES]
            checksums |= dict(zip(of_files["i"].tolist(), of_files["kind"].tolist(), strict=True))
        yield MethodCounts.from_frame(frame, study.layout)


def merge_counts(study: Study, paths: Iterable[Path | str], path: Path | str) -> None:
    """The rule ``merge_counts``: add up the counts of some files into one."""
    checksums: dict[int, str] = {}
    _write(path, MethodCounts.sum(read_counts(study, paths, checksums)), checksums)


def write_checksums(study: Study, files: MethodFiles, checksums: Mapping[int, str]) -> None:
    """Write the checksums of all labelled rows, as ``sha256sum`` does.

    Raises
    ------
    MultistartError
        They are not those of the study's parts.
    """
    if sorted(checksums) != [part.first for part in study.parts]:
        raise MultistartError(f"{len(checksums)} of {len(study.parts)} parts are labelled; run the study again")
    named = {files.labelled(part, study.parts).relative_to(files.folder): part.first for part in study.parts}
    lines = (f"{checksums[first]}  {name}\n" for name, first in named.items())
    storage.write_text(files.checksums, "".join(lines))


def _write(path: Path | str, counts: MethodCounts, checksums: Mapping[int, str]) -> None:
    first = sorted(checksums)
    of_files = {"of": OUTCOMES, "i": np.array(first, dtype=np.int64), "kind": [checksums[each] for each in first]}
    storage.write_frame(path, long_table([*counts.pieces(), of_files], LONG, LONG_TEXTS))


def counter_of(study: Study, method: str, minima: Minima, certificate: Certificate | None) -> MethodCounter:
    """What counts the rows of a method, with all that they are measured by."""
    outcomes = OutcomeCounter(
        lowest=float(minima.value[0]) if len(minima) else 0.0,
        method=study.method(method),
        diagonal=float(np.linalg.norm(study.domain.width)),
        grid=study.counted_grid,
        rests=RestPlaces(certificate, study.domain, study.arena, study.compiled) if certificate is not None else None,
        unit=value_unit(study.compiled, study.domain),
    )
    return MethodCounter(outcomes, study.layout, study.config.starts.seed)
