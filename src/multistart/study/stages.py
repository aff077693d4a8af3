"""The stages of a study, one for each rule of the workflow: files in, files out, bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from multistart.descents.descend import Progress, descend
from multistart.descents.outcomes import NO_BASIN, RESTING, TRAPPED, Outcomes
from multistart.errors import InputError
from multistart.files.parts import PART, Part
from multistart.files.results import MethodFiles
from multistart.kernels import compile_evaluation
from multistart.minima import Tolerances, certify_minima, find_minima, settle, without_denied
from multistart.minima.find import distinct
from multistart.proofs import Certificate
from multistart.starts.file import batches
from multistart.study import storage
from multistart.study.proof import read_certificate, without_proof
from multistart.study.study import Study

PathLike = Path | str
ANY_RATE = 1e-300  # which ball a trapped end lies in does not depend on the learning rate that it came with


def copy_starts(given: PathLike, variables: Sequence[str], path: PathLike, *, checksum: str) -> None:
    """Copy the user's own starts, every one checked, into a table that each job reads its part of.

    Raises
    ------
    InputError
        The file is not, or is no longer, the one with this checksum.
    """

    def parts() -> Iterator[storage.Columns]:
        for starts in batches(given, variables):
            yield {f"start_{name}": starts[:, j] for j, name in enumerate(variables)}
        if storage.checksum(given) != checksum:
            raise InputError(f"{given} was changed while the study ran; run the study again.")

    storage.write_rows(path, parts())


def descend_parts(
    study: Study,
    method: str,
    parts: Sequence[Part],
    files: MethodFiles,
    *,
    threads: int,
    progress: Progress | None = None,
) -> None:
    """Descend from the starts of some parts; for each write a row a start, and its distinct ends.

    Certified stopping needs the certificate. A part's bytes depend on the study and its rows, not on the other parts.
    """
    certificate = read_certificate(files.certificate) if study.method(method).stopping == "certified" else None
    variables, total, done = study.objective.variables, sum(map(len, parts)), 0
    for part in parts:
        told = None if progress is None else _after(done, total, progress)
        ends = DistinctEnds(study, certificate)
        outcomes = ends.passing(_outcomes(study, method, part, certificate, threads, told))
        storage.write_rows(files.descended(part), (storage.outcome_columns(out, variables) for out in outcomes))
        storage.write_rows(files.ends(part), [ends.columns()])
        done += len(part)


def _outcomes(
    study: Study, method: str, part: Part, certificate: Certificate | None, threads: int, progress: Progress | None
) -> Iterator[Outcomes]:
    """The outcomes of a part in batches; progress is that in the part."""
    for first in range(part.first, part.last, storage.ROWS):
        starts = study.starts(slice(first, min(first + storage.ROWS, part.last)))
        told = None if progress is None else _after(first - part.first, len(part), progress)
        yield descend_from(study, method, starts, certificate, threads, told)


def _after(before: int, total: int, progress: Progress) -> Progress:
    """The progress of something that comes after so many starts of all."""
    return lambda done, _: progress(before + done, total)


class DistinctEnds:
    """Where descents came to rest, the first in each cell as small as the tolerance: all that finds minima.

    A descent that was trapped in an attraction ball stands far from its minimum, so the ball's centre counts.
    """

    def __init__(self, study: Study, certificate: Certificate | None) -> None:
        self._study, self._certificate = study, certificate
        self._ends = np.empty((0, study.objective.dimensions))
        self._balls: set[int] = set()

    def passing(self, outcomes: Iterable[Outcomes]) -> Iterator[Outcomes]:
        """Take the ends of outcomes, and give them on."""
        tolerances = Tolerances(position=self._study.config.basins.position_tolerance)
        for out in outcomes:
            resting = out.end[np.isin(out.ending_code, RESTING)]
            self._ends = distinct(np.concatenate([self._ends, resting]), self._study.domain, tolerances)
            trapped = out.end[out.ending_code == TRAPPED]
            if self._certificate is not None and len(trapped):
                self._balls |= set(self._certificate.proven_minimum(trapped, ANY_RATE).tolist()) - {NO_BASIN}
            yield out

    def columns(self) -> storage.Columns:
        """One column a coordinate."""
        minima = self._certificate.minima if self._certificate is not None else ()
        centers = np.array([minima[i].center for i in sorted(self._balls)]).reshape(-1, self._ends.shape[1])
        ends = np.concatenate([self._ends, centers])
        return {name: ends[:, j] for j, name in enumerate(self._study.objective.variables)}


def collect_minima(study: Study, ends: Iterable[PathLike], certificate_path: PathLike, path: PathLike) -> None:
    """Find the minima that the descents of all methods reached, number them, and mark what is proven.

    The distinct ends of one part after the other are looked at, so what is found does not depend on how many parts a
    job took.
    """
    certificate = read_certificate(certificate_path)
    minima = find_minima(study.compiled, np.empty((0, study.objective.dimensions)), study.domain)
    for file in ends:
        for columns in storage.read_rows([file], rows=PART):
            places = np.stack([columns[name] for name in study.objective.variables], axis=1)
            minima = find_minima(study.compiled, places, study.domain, study.tolerances, known=minima)
    minima = settle(minima, compile_evaluation(study.objective, study.cache), study.domain)
    if certificate is not None:
        minima = without_denied(study.compiled, minima, certificate, study.domain, study.tolerances)
        minima = certify_minima(study.compiled, minima, certificate, study.domain, study.tolerances)
    storage.write_columns(path, minima.columns(study.objective.variables))


def descend_from(
    study: Study,
    method: str,
    starts: np.ndarray,
    certificate: Certificate | None,
    threads: int,
    progress: Progress | None,
) -> Outcomes:
    """Descend by a method of the study, without certified stopping where there is no certificate."""
    rule = without_proof(study.method(method)) if certificate is None else study.method(method)
    return descend(
        study.objective,
        rule,
        starts,
        arena=study.arena,
        certificate=certificate,
        threads=threads,
        progress=progress,
        cache=study.cache,
    )
