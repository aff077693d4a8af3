"""The rule ``descend``: outcomes of the starts of some parts, and the distinct ends that minima are found from."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from multistart.counts.counter import coordinates
from multistart.descents.descend import Progress, descend, descending
from multistart.descents.outcomes import CONVERGED, IN_ORBITS, NO_BASIN, RESTING, TRAPPED, Outcomes
from multistart.descents.pace import Pace
from multistart.files.parts import Part
from multistart.files.results import ENDS_APART, MethodFiles
from multistart.files.unfinished import Shape, forget
from multistart.minima import Tolerances
from multistart.minima.find import cell_width, distinct, which_distinct
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.certify import provable, read_certificate
from multistart.study.old_rows import OldRows, Unfinished
from multistart.study.study import Study

AT_REST = 2**20  # distinct ends that minima are found from, of a method: as many as a part has rows
ORBITS = 4096  # distinct ends that cycles are found from, and as many of bounded orbits, of a method
STARTED = "start."  # before the name of a variable: of no variable, since it is no identifier
DOUBLED = "cells.doubled"  # neither
ANY_RATE = 1e-300  # which ball a trapped end lies in does not depend on the learning rate that it came with
_log = logging.getLogger(__name__)


def descend_parts(
    study: Study,
    method: str,
    parts: Sequence[Part],
    files: MethodFiles,
    *,
    threads: int,
    shape: Shape | None = None,
    progress: Progress | None = None,
) -> None:
    """Descend from the starts of some parts; for each write a row a start, and its distinct ends.

    Certified stopping needs the certificate. A part's bytes depend on the study and its rows, not on the other parts.
    Where it is said what shapes rows, those that are there are not descended again, and what is done is kept now and
    then, so that it is there when this is called again; files have the same bytes.
    """
    certificate = read_certificate(files.certificate) if study.method(method).stopping == "certified" else None
    job = _Job(study, method, files, certificate, threads, shape)
    total, done = sum(map(len, parts)), 0
    for part in parts:
        told = None if progress is None else _after(done, total, progress)
        ends = DistinctEnds(study, certificate)
        note = "" if shape is None else str(shape)
        storage.write_rows(files.descended(part), ends.passing(job.batches(part, told)), note)
        storage.write_rows(files.ends(part), [ends.columns()], note)
        done += len(part)
    if shape is not None:
        forget(files, shape, parts)


@dataclass(frozen=True)
class _Job:
    """What descends from the starts of parts."""

    study: Study
    method: str
    files: MethodFiles
    certificate: Certificate | None
    threads: int
    shape: Shape | None
    pace: Pace = field(default_factory=Pace)

    def batches(self, part: Part, progress: Progress | None) -> Iterator[storage.Columns]:
        """The outcomes of a part in batches; progress is that in the part."""
        old = OldRows(self.study, self.files, self.shape, part)
        for first in range(part.first, part.last, storage.ROWS):
            told = None if progress is None else _after(first - part.first, len(part), progress)
            starts = self.study.starts(slice(first, min(first + storage.ROWS, part.last)))
            there, columns = old.of(first, starts)
            if not there.any():
                yield self._descended(np.arange(first, first + len(starts)), starts, told)
                continue
            which = f"{there.sum():,} of the starts {first:,} to {first + len(starts) - 1:,}"
            _log.info("%s: %s were descended from before", self.method, which)
            if len(missing := np.flatnonzero(~there)):
                told = None if told is None else _after(len(starts) - len(missing), len(starts), told)
                new = self._descended(first + missing, starts[missing], told)
                for name, column in new.items():
                    columns[name][missing] = column
            yield columns

    def _descended(self, rows: np.ndarray, starts: np.ndarray, progress: Progress | None) -> storage.Columns:
        """The outcomes of the starts of some rows, which are kept now and then while the descents go on."""
        study, done = self.study, 0
        out, arriving = descending(
            study.objective,
            provable(study.method(self.method), self.certificate),
            starts,
            arena=study.arena,
            certificate=self.certificate,
            threads=self.threads,
            cache=study.cache,
            pace=self.pace,
        )
        columns = storage.outcome_columns(out, study.objective.variables)
        unfinished = Unfinished(self.files, self.shape, rows, columns)
        with closing(arriving):
            for which in arriving:
                unfinished.take(which)
                done += which.stop - which.start
                if progress is not None:
                    progress(done, len(starts))
        unfinished.finish()
        return columns


def _after(before: int, total: int, progress: Progress) -> Progress:
    """The progress of something that comes after so many starts of all."""
    return lambda done, _: progress(before + done, total)


class DistinctEnds:
    """Where descents came to rest, the first in each cell as small as the tolerance: all that finds minima.

    A descent that was trapped in an attraction ball stands far from its minimum, so the ball's centre counts. Likewise
    where those stood that go round a cycle or do not rest, the first :data:`ORBITS` of each, and where they had
    started, from where a rule comes to what it remembers: all that finds what else attracts.

    Of more than :data:`AT_REST` ends at rest cells are doubled until there are no more, so memory does not grow with
    the starts: as of descents that rest each at a place of its own, on a surface of minima. Large cells are made of
    small ones, so each place where descents rest has an end that is no farther than a cell is wide.

    Rows count in their order, so the distinct ends of some rows and those of the rows that follow give those of both;
    and how large cells are depends on all rows alone, since a part of them needs no larger ones.

    Attributes
    ----------
    at_rest
        Those at rest, shape ``(n, d)``.
    doubled
        How many times their cells are.
    """

    def __init__(self, study: Study, certificate: Certificate | None = None) -> None:
        self._study, self._certificate = study, certificate
        self._tolerances = Tolerances(position=min(study.config.basins.position_tolerance, ENDS_APART))
        self.at_rest, self.doubled = np.empty((0, study.objective.dimensions)), 0
        self._orbits = dict.fromkeys(IN_ORBITS, np.empty((0, 2, study.objective.dimensions)))

    def passing(self, outcomes: Iterable[storage.Columns]) -> Iterator[storage.Columns]:
        """Take the ends of outcomes, and give them on."""
        variables = self._study.objective.variables
        for out in outcomes:
            end, ending = coordinates(out, "end", variables), out["ending"]
            self._rest(self._places(end, ending))
            if (orbiting := np.isin(ending, IN_ORBITS)).any():
                start = coordinates(out, "start", variables)
                self._go_round(OrbitEnds(end[orbiting], ending[orbiting], start[orbiting]))
            yield out

    def add(self, columns: storage.Columns) -> None:
        """Take the distinct ends of rows that follow, as :meth:`columns` gave them."""
        self.doubled = max(self.doubled, int(columns.get(DOUBLED, np.zeros(1)).max(initial=0)))
        self._rest(at_rest(columns, self._study.objective.variables))
        self._go_round(OrbitEnds.of(columns, self._study.objective.variables))

    def columns(self, *, rest: bool = True, orbits: bool = True) -> storage.Columns:
        """One column a coordinate; where some did not rest, starts and endings too (nan, ``converged`` of the rest).

        Those that rest may be left out, or those that do not. Where cells are doubled, a column says how many times.
        """
        resting = self.at_rest if rest else self.at_rest[:0]
        ends = self.orbits
        if not orbits or (rest and not len(ends.end)):
            return _by_name(resting, self._study.objective.variables) | self._doubled(len(resting))
        columns = _by_name(np.concatenate([resting, ends.end]), self._study.objective.variables)
        starts = np.concatenate([np.full_like(resting, np.nan), ends.start])
        columns |= _by_name(starts, [STARTED + name for name in self._study.objective.variables])
        columns["ending"] = np.concatenate([np.full(len(resting), CONVERGED, dtype=np.int8), ends.ending_code])
        return columns | (self._doubled(len(columns["ending"])) if rest else {})

    @property
    def orbits(self) -> OrbitEnds:
        """Those of descents that did not rest, one ending after the other."""
        both = np.concatenate(list(self._orbits.values()))
        codes = np.repeat(np.array(list(self._orbits), dtype=np.int8), list(map(len, self._orbits.values())))
        return OrbitEnds(both[:, 0], codes, both[:, 1])

    @property
    def apart(self) -> float:
        """How wide the cells are, of which the first end counts, in widths of the domain."""
        return cell_width(self._study.domain, self._tolerances, self.doubled)

    def _doubled(self, ends: int) -> storage.Columns:
        return {DOUBLED: np.full(ends, self.doubled, dtype=np.int64)} if self.doubled else {}

    def _places(self, end: np.ndarray, ending: np.ndarray) -> np.ndarray:
        """Where descents rest, or would: the ends, and of those that were trapped the centres of the balls."""
        places, resting = end, np.isin(ending, RESTING)
        trapped = np.flatnonzero(ending == TRAPPED)
        if self._certificate is not None and len(trapped):
            balls = self._certificate.proven_minimum(end[trapped], ANY_RATE)
            trapped, balls = trapped[balls != NO_BASIN], balls[balls != NO_BASIN]
            places, resting[trapped] = places.copy(), True
            places[trapped] = np.array([minimum.center for minimum in self._certificate.minima])[balls]
        return places[resting]

    def _rest(self, places: np.ndarray) -> None:
        domain, both = self._study.domain, np.concatenate([self.at_rest, places])
        self.at_rest = distinct(both, domain, self._tolerances, self.doubled)
        while len(self.at_rest) > AT_REST:
            self.doubled += 1
            self.at_rest = distinct(self.at_rest, domain, self._tolerances, self.doubled)

    def _go_round(self, ends: OrbitEnds) -> None:
        for code, before in self._orbits.items():
            which = np.flatnonzero(ends.ending_code == code)
            if len(before) < ORBITS and len(which):
                both = np.concatenate([before, np.stack([ends.end[which], ends.start[which]], axis=1)])
                self._orbits[code] = both[which_distinct(both[:, 0], self._study.domain, self._tolerances)[:ORBITS]]


def _by_name(points: np.ndarray, names: Sequence[str]) -> storage.Columns:
    return dict(zip(names, points.T, strict=True))


def at_rest(columns: storage.Columns, variables: Sequence[str]) -> np.ndarray:
    """Of distinct ends those of descents that came to rest, shape ``(n, d)``."""
    places = np.stack([columns[name] for name in variables], axis=1)
    return places if "ending" not in columns else places[~np.isin(columns["ending"], IN_ORBITS)]


class OrbitEnds(NamedTuple):
    """Of distinct ends those of descents that did not rest: where, how, and from where; shapes (n, d), (n,), (n, d)."""

    end: np.ndarray
    ending_code: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, columns: storage.Columns, variables: Sequence[str]) -> OrbitEnds:
        """From the columns of all, or of those of some parts."""
        orbits = np.isin(columns.get("ending", ()), IN_ORBITS)
        if not orbits.any():
            none = np.empty((0, len(variables)))
            return cls(none, np.empty(0, dtype=np.int8), none)
        end, start = (np.stack([columns[p + name][orbits] for name in variables], axis=1) for p in ("", STARTED))
        return cls(end, columns["ending"][orbits], start)


def descend_from(
    study: Study,
    method: str,
    starts: np.ndarray,
    certificate: Certificate | None,
    threads: int,
    progress: Progress | None,
) -> Outcomes:
    """Descend by a method of the study, without certified stopping where there is no certificate."""
    return descend(
        study.objective,
        provable(study.method(method), certificate),
        starts,
        arena=study.arena,
        certificate=certificate,
        threads=threads,
        progress=progress,
        cache=study.cache,
    )
