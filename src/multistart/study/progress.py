"""``multistart progress``: how far a study is, what its shares are so far, and how long it still takes.

It reads what is finished while others run the study, and writes nothing. What a part says of the whole is made in
:mod:`multistart.estimates.partial`.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from multistart.errors import DamagedError, InputError
from multistart.estimates.partial import detected, rows_of, so_far
from multistart.files.parts import PART
from multistart.files.results import MethodFiles
from multistart.minima import Minima, find_minima
from multistart.study import finished, storage
from multistart.study.certify import read_certificate
from multistart.study.descend import DistinctEnds
from multistart.study.finished import Finished, Looked, Read
from multistart.study.minima import in_turn, settled
from multistart.study.running import Left, left_of, runs_now
from multistart.study.settings import settings
from multistart.study.shape import shape_there
from multistart.study.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from multistart.proofs import Certificate

LOOKED_AT = 2 * PART  # rows of a method that are labelled where nobody asks for more
RECENT = 600.0  # seconds that the speed is measured over, or a quarter of the run where that is longer
NAME = re.compile("[A-Za-z][A-Za-z0-9_-]*")  # of a study


@dataclass(frozen=True)
class MethodProgress:
    """How far a method is.

    Attributes
    ----------
    descended
        How many starts have.
    shares
        As :func:`.partial.so_far` gives them, of the rows that were looked at; none where there are none.
    endings
        Of these rows, how those ended that are at no minimum.
    looked_at
        How many rows that were.
    detected
        The share from which on a basin is likely to have been reached; nan where that is not known.
    steps
        Updates of a start, on average; nan where it is not known.
    whole
        Whether the method's tables are written.
    """

    descended: int
    shares: pd.DataFrame | None
    endings: Mapping[str, int]
    looked_at: int
    detected: float
    steps: float
    whole: bool


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    Attributes
    ----------
    running
        Whether it is being run; none where that cannot be told from here. And who runs it, or ran it last.
    finished
        Whether all of it is written.
    current
        Whether minima have the numbers that they have in the finished study.
    seconds
        About how long the descents still take, of the methods that have begun; nan where that is not known.
    """

    study: Study
    minima: Minima
    methods: Mapping[str, MethodProgress]
    running: bool | None
    who: str
    finished: bool
    current: bool
    seconds: float


def study_called(named: str) -> tuple[Path, Left, str]:
    """The results of a study, by its name, its folder or its config; what its run left; what is to be said of that.

    Raises
    ------
    InputError
        There is no such study, or none of its runs has begun.
    """
    config = None
    if Path(named).is_file():
        from multistart.config import read_config

        config = read_config(named)
    name = config.study if config else Path(named).name if Path(named).is_dir() else named
    if not NAME.fullmatch(name):
        raise InputError(f'STUDY: got "{named[:60]}"; give the name of a study in results/, or its config file')
    left, said = left_of(Path("results", name)), ""
    if config and any(config.resolved().get(key) != left.config.get(key) for key in left.config if key != "execution"):
        said = f"The run of {name} has another config than {named} is now; this is how far the run is."
    return Path("results", name), left, said


def progress_of(results: Path, left: Left, rows: int = LOOKED_AT) -> StudyProgress:
    """How far a study is whose results are in a folder; of a method about so many rows are labelled.

    Raises
    ------
    InputError
        A copy that it needs of the user's own starts, or data, is not there yet.
    """
    study = _study(results, left)
    files = {method: MethodFiles(results / method, results) for method in study.config.methods}
    shapes = {m: shape_there(shape, left.config["methods"][m], results) for m, shape in left.shapes.items()}
    there = {m: Finished.of(study, of_method, shapes.get(m)) for m, of_method in files.items()}
    certificate = next(iter(finished.readable(results / "certificate.json", read_certificate)), None)
    is_current = finished.is_current(results / "minima.csv", there.values(), study.count)
    minima = _final_minima(study, results) if is_current else None
    current = minima is not None
    counts = {
        m: finished.counted(study, files[m], there[m], len(minima)) if minima is not None else None for m in files
    }
    read = {m: finished.read(study, there[m], rows) if counts[m] is None else ([], [], 0) for m in files}
    if minima is None:
        minima = minima_so_far(study, there, {m: loose for m, (_, loose, _) in read.items()}, certificate)
    methods = {}
    for method, (whole, loose, more) in read.items():
        looked = counts[method] or finished.labelled(study, method, minima, [*whole, *loose])
        descended = sum(rows.size for rows in there[method].descended) + sum(len(one.numbers) for one in loose) + more
        methods[method] = _of_method(looked, descended, len(minima), study.config.estimates.confidence)
    running, who = runs_now(results)
    seconds = math.nan
    if running is not False and left.begun is not None:
        seconds = seconds_left(study.count, methods, there, left.begun, time.time())
    recorded = finished.time_of(results / "study.json") >= finished.time_of(results / "minima.csv")
    written = recorded and all(method.whole for method in methods.values())
    return StudyProgress(study, minima, methods, running, who, written, current, seconds)


def _study(results: Path, left: Left) -> Study:
    study = Study(settings(left.config), left.starts_rows)
    try:
        if left.config["starts"]["design"] == "file":
            study = study.with_starts(results / "starts.parquet")
        if "data" in left.config["objective"]:
            study = study.with_data(results / "data.parquet")
    except (DamagedError, FileNotFoundError):
        raise InputError(f"nothing of the study {study.name} is finished yet") from None
    return study


def _final_minima(study: Study, results: Path) -> Minima | None:
    for columns in finished.readable(results / "minima.csv", storage.read_columns):
        return Minima.from_table(columns, study.objective.variables)
    return None


def minima_so_far(
    study: Study, there: Mapping[str, Finished], loose: Mapping[str, Sequence[Read]], certificate: Certificate | None
) -> Minima:
    """The minima that all ends of finished pieces lead to, and those of the rows of chunks; method by method."""
    minima = find_minima(study.compiled, np.empty((0, study.objective.dimensions)), study.domain, held=study.held)
    for method, one in there.items():
        ends = DistinctEnds(study, certificate)
        for rows in one.ends:
            for columns in finished.readable(rows.path, lambda path: list(storage.read_rows([path], rows=PART))):
                for batch in columns:
                    ends.add(batch)
        for _ in ends.passing(read.columns for read in loose[method]):
            pass
        for places in in_turn(study, ends):
            minima = find_minima(study.compiled, places, study.domain, study.tolerances, known=minima, held=study.held)
    return settled(study, minima, certificate)


def _of_method(looked: Looked, descended: int, minima: int, confidence: float) -> MethodProgress:
    seen = rows_of(looked.tally)
    shares = so_far(looked.tally, confidence, basins=range(minima)) if seen else None
    least = detected(looked.tally, confidence) if seen else math.nan
    steps = looked.steps / seen if seen else math.nan
    return MethodProgress(descended, shares, looked.endings, seen, least, steps, looked.whole)


def seconds_left(
    starts: int, methods: Mapping[str, MethodProgress], there: Mapping[str, Finished], begun: float, now: float
) -> float:
    """About how long the descents still take, by what was finished in the last while; nan where nothing tells.

    Work is counted in updates: a method's starts take what those took that were looked at. So a method of which none
    has descended is left out.
    """
    if all(method.descended >= starts for method in methods.values()):
        return 0.0
    elapsed = now - begun
    for window in (max(RECENT, elapsed / 4), elapsed):
        done, window = 0.0, min(window, elapsed)
        for name, one in there.items():
            recent = (rows.size for rows in (*one.descended, *one.chunks) if rows.time > now - window)
            done += sum(recent) * (0.0 if math.isnan(methods[name].steps) else methods[name].steps)
        if done > 0:
            begun_ones = (m for m in methods.values() if m.descended < starts and not math.isnan(m.steps))
            return sum((starts - m.descended) * m.steps for m in begun_ones) / done * window
    return math.nan
