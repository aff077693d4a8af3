"""What a job of each rule takes: threads, memory and time, from the study's size and its pilot.

Memory was measured, see ``docs/resources.md``; a job asks for :data:`MARGIN` times that, and for twice as much each
time that it is tried again. All jobs of a rule ask for the same, what the largest of them needs: an array of a cluster
gives all of them what it gives the first. Nothing here is heavy: the workflow plans with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from multistart.files.parts import A_FEW, PART, Part, few, parts_of, pieces_of, tree
from multistart.methods.rate import changes
from multistart.study.settings import (
    descents_beside,
    drawn_cells,
    is_file,
    is_model,
    proven_methods,
    swept_methods,
)

if TYPE_CHECKING:
    from multistart.config import StudyConfig
    from multistart.study.pilot import Pilot

MARGIN = 1.5  # of memory that was measured
LATER = 3.0  # of time: another processor, a busy disk, starts that are slower than those of the pilot
MINUTES, MORE = 10, 60  # that a job asks for besides: it may wait for a disk; or it has very many minima to tell apart
UNKNOWN = 3600.0  # seconds of each thread that descends, where no pilot has said what a start costs
START = 3.0  # CPU seconds of an interpreter, its libraries, and a kernel that is compiled
#: Threads of a rule's jobs where they are sent away, and of a profile ``set-threads`` does not say; of others one.
THREADS = {
    **dict.fromkeys(("descend", "boundary", "slice", "zoom", "prove_shares", "sweep_values", "sweep"), 8),
    "draw": 4,
}
#: Rules whose jobs run where Snakemake does: most often they take a second.
NEAR = ("starts", "data", "merge_ends", "split_ends", "fit", "explore", "summarize")
# MB of a job that loads little, that compiles, that draws.
SMALL, COMPILING, DRAWING, ANOTHER = 250.0, 350.0, 500.0, 150.0  # and of another process that draws
# Bytes for each row, end that is told apart, row of data, box that is looked at, cell that is carried, row of a sample.
OF_A_ROW, OF_AN_END, OF_DATA, OF_A_BOX, OF_A_CELL, OF_A_SAMPLE = 8.0, 150.0, 500.0, 1000.0, 1000.0, 84.0
OF_A_PAIR, OF_A_PAGE = 20.0, 20.0  # MB of a method more
APART = 2**17  # ends that minima are looked for near at a time; and minima that few studies have as many of
A_LABEL, A_PAIR = 1e-5, 5e-6  # seconds of a row
BATCH = 2**18  # rows that a job holds at a time
OF_STUDY, OF_METHOD = 20_000_000, 10_000_000  # bytes of tables and pictures
A_VALUE = 0.1  # seconds that the tables of a value take
A_KERNEL = 2.0  # seconds of compilation, of a fit whose numbers change
A_CELL = 6e-5  # seconds of a cell that is carried as a set
OF_BOUNDS = {1: 2.0, 2: 10.0, 3: 30.0}  # seconds for bounds of derivatives before that, by dimensions
A_BOX = 1e-3  # seconds of a box that is looked at for a proof
WHOLE, OF_A_NUMBER = 24.0, 9e-8  # bytes and seconds of a number of a Latin hypercube, which is made whole for any row


def threads_of(rule: str) -> int:
    """The threads of a rule's jobs where they are sent away."""
    return THREADS.get(rule, 1)


class Need(NamedTuple):
    """What a rule takes: its jobs; of the largest of them MB, as measured, CPU seconds, threads, and minutes that are
    asked for besides; and CPU seconds of all, where some take less.
    """

    jobs: int
    held: float
    seconds: float
    threads: int = 1
    besides: int = MINUTES
    work: float | None = None

    def memory(self, attempt: int = 1) -> int:
        """MB that a job asks for.

        >>> Need(1, 410.0, 60.0).memory(), Need(1, 410.0, 60.0).memory(attempt=2)
        (700, 1400)
        """
        return 100 * math.ceil(MARGIN * self.held / 100) * 2 ** (attempt - 1)

    def minutes(self, attempt: int = 1) -> int:
        """Minutes that a job asks for.

        >>> Need(1, 410.0, 60.0).minutes(), Need(1, 410.0, 8 * 3600.0, threads=8).minutes(attempt=2)
        (13, 380)
        """
        return (self.besides + math.ceil(LATER * self.seconds / self.threads / 60)) * 2 ** (attempt - 1)


@dataclass(frozen=True)
class Costs:
    """What each rule of a study takes.

    Attributes
    ----------
    config
        Checked, as :func:`.settings.settings` makes it.
    starts, rows
        How many starts there are, and rows of data; 1 of a formula.
    pilot
        What a start costs; without it, what descends asks for some hours.
    """

    config: StudyConfig
    starts: int
    rows: int = 1
    pilot: Pilot | None = None

    @cached_property
    def parts(self) -> list[Part]:
        """The rows in parts."""
        return parts_of(self.starts)

    @cached_property
    def pieces(self) -> list[Part]:
        """The rows in pieces, one a job."""
        return pieces_of(self.parts, self.config.execution.shards)

    def __getitem__(self, rule: str) -> Need:
        """What a rule takes; a rule that the study has no job of, what a small one does."""
        return self.needs.get(rule, Need(0, SMALL, START, threads_of(rule)))

    @cached_property
    def needs(self) -> Mapping[str, Need]:
        """By rule, in about the order in which they run; of those that the study has jobs of."""
        every = self._of_starts() | self._of_rows() | self._of_descents_beside() | self._of_sweep() | self._rest()
        return {rule: need._replace(threads=threads_of(rule)) for rule, need in every.items() if need.jobs}

    @property
    def whole_design(self) -> float:
        """MB of a Latin hypercube, one replicate of which is made whole for any of its rows; 0 of other designs."""
        starts = self.config.starts
        return WHOLE * starts.count * self._d / 1e6 if starts.design == "latin_hypercube" else 0.0

    @property
    def making(self) -> float:
        """CPU seconds to make it once."""
        return self.whole_design * 1e6 / WHOLE * OF_A_NUMBER

    @property
    def making_of_all(self) -> float:
        """CPU seconds of all jobs that descend, in which it is made for each batch of rows."""
        return self.making * len(self.config.methods) * sum(map(_batches, self.pieces))

    def _drawing(self, need: Need, times: int = 1) -> Need:
        """The need of a job that makes starts so many times, where these are made whole."""
        more = self.making * times
        work = None if need.work is None else need.work + more * need.jobs
        return need._replace(held=need.held + self.whole_design, seconds=need.seconds + more, work=work)

    def near(self, rule: str) -> bool:
        """Whether the jobs of a rule run where Snakemake does, whatever runs the others."""
        return rule in NEAR or (rule == "compare" and self._several)

    def cpu_seconds(self) -> float:
        """Of all jobs together, about."""
        return sum(need.jobs * need.seconds if need.work is None else need.work for need in self.needs.values())

    def bytes_at_most(self) -> float:
        """Of the results when there are most of them: rows as they were descended, and labelled where they are kept.

        What was descended is there until it is labelled, by which time all methods have descended.
        """
        copies = 2 if self.config.keep == "all" else 1
        of_starts = self._methods * self.starts * (copies * self._row + 1)
        beside = sum(sum(counts.values()) for counts in self.beside.values()) * self._row
        swept = self._values * len(swept_methods(self.config)) * self.starts * (8 * self._d + 16)
        return OF_STUDY + OF_METHOD * self._methods + of_starts + beside + swept

    @property
    def _d(self) -> int:
        return len(self.config.domain)

    @property
    def _several(self) -> bool:
        """Whether there are jobs of a part that label and count."""
        return not few(self.parts, self.pieces, self.config.keep)

    @property
    def _methods(self) -> int:
        return len(self.config.methods)

    @property
    def _row(self) -> int:
        """Bytes of an outcome at most: start and end, value, gradient, curvatures, steps and codes."""
        return 8 * (2 * self._d + 4) + 5

    @property
    def _values(self) -> int:
        return math.prod(map(len, self.config.sweep.values())) if self.config.sweep else 0

    @cached_property
    def beside(self) -> dict[str, dict[str, int]]:
        """Of each method, how many descents there may be apart from those of the starts, by rule."""
        return {name: descents_beside(self.config, name, self.starts, self.rows) for name in self.config.methods}

    def _descending(self, each: Mapping[str, int], jobs: int, held: float) -> Need:
        """So many jobs a method, each of so many descents at most, by method."""
        count = jobs * len(each)
        if self.pilot is None:
            return Need(count, held, UNKNOWN * threads_of("descend"))
        seconds = [START + descents * self.pilot.methods[name].seconds for name, descents in each.items()]
        return Need(count, held, max(seconds, default=START), work=jobs * sum(seconds))

    def _held(self, rows: int) -> float:
        """MB of rows that are held at a time, with what is computed of them."""
        return OF_A_ROW * self._row * min(rows, BATCH) / 1e6

    @property
    def _apart(self) -> float:
        """MB of ends that are told apart, where there are as many as :data:`APART`."""
        return OF_AN_END * 8 * self._d * min(self.starts, APART) / 1e6

    @property
    def _sample(self) -> float:
        """MB of a sample of rows that is chosen."""
        keep = self.config.keep
        return 0.0 if isinstance(keep, str) else OF_A_SAMPLE * min(keep.sample, self.starts) / 1e6

    @property
    def _data(self) -> float:
        """MB of data, with what is computed of them."""
        return OF_DATA * self.rows / 1e6

    @property
    def _processes(self) -> float:
        """MB of the processes that an outside optimiser runs in."""
        outside = any(method.optimizer == "scipy" for method in self.config.methods.values())
        return (threads_of("descend") - 1) * SMALL if outside else 0.0

    def _of_starts(self) -> dict[str, Need]:
        """What reads the user's files, proves and descends."""
        own, fit = is_file(self.config.starts), is_model(self.config.objective)
        boxes, proven = self.config.certificate.max_boxes, proven_methods(self.config)
        cells = self.config.proven_shares.max_cells if self.config.proven_shares else 0
        piece, merges = max(map(len, self.pieces)), self._methods * len(tree(self.pieces)[1])
        held = COMPILING + self._held(piece) + self._apart / 4 + self._data + self._processes
        descending = self._descending(dict.fromkeys(self.config.methods, piece), len(self.pieces), held)
        proving = START + OF_BOUNDS.get(self._d, 0.0) + A_CELL * cells
        looking, several = math.ceil(A_BOX * boxes / 60) + MINUTES, self._several
        return {
            "starts": Need(int(own), SMALL + 5e-6 * 8 * self._d * self.starts, START + 5e-6 * self.starts),
            "data": Need(int(fit), SMALL + self._data, START + 1e-5 * self.rows),
            "certify": Need(1, COMPILING + self._data + OF_A_BOX * boxes / 1e6, START, besides=looking),
            "descend": self._drawing(descending, max(map(_batches, self.pieces))),
            "merge_ends": Need(merges * several, SMALL + self._apart, START, besides=MORE),
            "split_ends": Need(self._methods * several, SMALL + self._apart, START, besides=MORE),
            "prove_shares": Need(len(proven), COMPILING + OF_A_CELL * cells / 1e6, proving),
        }

    def _of_rows(self) -> dict[str, Need]:
        """What finds minima, labels, counts and compares; of few parts one job a method does all of that."""
        several, compared, parts = self._several, self._methods - 1, len(self.parts)
        part, rows = max(map(len, self.parts)), self.starts if not several else 0
        labels = COMPILING + self._held(part) + self._apart + self._sample
        pairs = SMALL + self._held(part) + OF_A_PAIR * self._methods
        pairing = A_PAIR * self._methods
        merges = len(tree(self.parts)[1])
        return {
            "minima": Need(1, COMPILING + self._apart + self._data, START, besides=MORE),
            "label": Need(self._methods * parts * several, labels, START + A_LABEL * part, besides=MORE),
            "merge_counts": Need(self._methods * merges, labels, START, besides=MORE),
            "estimate": self._drawing(Need(self._methods, labels, START + A_LABEL * rows, besides=MORE)),
            "pair": Need(compared * parts * several, pairs, START + pairing * part),
            "merge_pairs": Need(compared * merges, pairs, START),
            "compare": Need(compared, pairs, START + pairing * rows),
        }

    def _of_descents_beside(self) -> dict[str, Need]:
        """What descends for pictures and boundaries."""
        found = {}
        for rule, jobs in {"slice": 1, "boundary": 1, "zoom": len(self.config.figures.zoom)}.items():
            each = {name: beside[rule] // jobs for name, beside in self.beside.items() if rule in beside}
            held = COMPILING + self._held(max(each.values(), default=0)) + self._data + self._processes
            found[rule] = self._descending(each, jobs, held + self._held(self.starts))
        return found

    def _of_sweep(self) -> dict[str, Need]:
        """A sweep, whose descents are in jobs of their own where there are many."""
        methods = swept_methods(self.config)
        many = self._values * len(methods) * self.starts > A_FEW * PART
        jobs = min(self.config.execution.shards, self._values) if many else 0
        jobs = jobs if jobs > 1 else 0
        start = UNKNOWN / self.starts if self.pilot is None else self.pilot.value
        compiled = is_model(self.config.objective) and next(iter(self.config.sweep), "").startswith("objective.")
        value = start * self.starts + A_KERNEL * (1 + len(methods)) * compiled
        held = COMPILING + self._held(self.starts) + self._data + self._processes
        tables = START + self._values * len(methods) * A_VALUE
        return {
            "sweep_values": self._drawing(Need(jobs, held, START + value * -(-self._values // max(jobs, 1)))),
            "sweep": self._drawing(Need(int(bool(methods)), held, tables + value * self._values * (not jobs))),
        }

    def _rest(self) -> dict[str, Need]:
        """Pictures, pages and words."""
        methods, zooms = self._methods, len(self.config.figures.zoom)
        changing = sum(changes(method.resolved().get("learning_rate")) for method in self.config.methods.values())
        drawing = DRAWING + self._data
        pages = SMALL + self._data + OF_A_PAGE * methods
        return {
            "fit": Need(int(is_model(self.config.objective)), COMPILING + self._data, START + 1e-4 * self.rows),
            "draw": self._drawing(Need(methods, drawing + ANOTHER * (threads_of("draw") - 1), START)),
            "draw_schedule": Need(changing, drawing, START),
            "draw_proven": Need(len(drawn_cells(self.config)), drawing, START),
            "draw_zooms": Need(methods * bool(zooms), drawing, START * max(zooms, 1)),
            "draw_comparisons": Need(int(methods > 1), drawing + OF_A_PAIR * methods, START + methods),
            "draw_sweep": self._drawing(Need(len(swept_methods(self.config)), drawing, START + self._values * A_VALUE)),
            "explore": Need(1, pages, START),
            "summarize": Need(1, pages, START),
        }


def _batches(piece: Part) -> int:
    """In how many batches the starts of a piece are made."""
    return -(-len(piece) // BATCH)
