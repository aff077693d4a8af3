"""What a script of the workflow needs around its one call: a log file, progress, the study of its parameters.

A script imports this first: until its job begins, nothing is searched for garbage, which libraries that load leave none
of, and which takes up to a sixth of their time.
"""

from __future__ import annotations

import gc
import logging
import re
import resource
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multistart.errors import DamagedError, MultistartError, WriteError
from multistart.files.whole_files import remove
from multistart.study.run_lock import end_with_run
from multistart.study.settings import settings

if TYPE_CHECKING:
    from multistart.study.study import Study

gc.disable()
EVERY = 5.0  # seconds between two lines of progress
COPIES = "copies"  # in the config of a job, where a storage keeps the study's files
WINDOW = 6  # lines that the speed is measured over


@contextmanager
def job(snakemake: Any) -> Iterator[Study]:
    """Run a job's body with the study of its parameters, as :func:`logged`."""
    from multistart.study.study import Study  # late, to load its libraries after this module

    with logged(snakemake):
        given = settings(_config(snakemake)), snakemake.params.get("starts_rows")
        study = Study(*given, copies=_copies(snakemake))
        study = study.with_starts(snakemake.input.starts) if snakemake.input.get("starts") else study
        yield study.with_data(snakemake.input.data) if snakemake.input.get("data") else study


@contextmanager
def logged(snakemake: Any) -> Iterator[None]:
    """Run a job's body; what goes wrong stands in its log file, in one sentence where it is no fault of the program.

    Snakemake shows the log of a failed job, and captures nothing of what a script prints. A damaged file that the job
    was to read is removed, so that the next run makes it anew.
    """
    gc.freeze()
    gc.enable()
    end_with_run()
    log = Path(snakemake.log[0])
    logging.raiseExceptions = False  # what has no room in a log is no failure
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(message)s")
    except OSError as error:
        sys.exit(str(WriteError(log, error)))
    said = logging.getLogger("multistart")  # what a person who waits should know
    said.addHandler(logging.StreamHandler())
    logging.info("%s %s", snakemake.rule, dict(snakemake.wildcards.items()))
    started = time.perf_counter()
    try:
        yield
    except MultistartError as error:
        sentence = _sentence(error, _copies(snakemake))
        logging.error(sentence)
        sys.exit(sentence)
    except BaseException:
        logging.error(traceback.format_exc())
        raise
    logging.info("done in %.1f s; CPU: %.1f s; memory: %d MB", time.perf_counter() - started, *used())


def used() -> tuple[float, int]:
    """Seconds of CPU that this process and its finished children took, and the most MB that it alone held in memory.

    Of children it is not known: what the system says of one that runs another program is what its parent held.
    """
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    status = Path("/proc/self/status")  # what rusage says may be of the program that became this one
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    held = int(found[1]) if found else own.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    return sum(spent.ru_utime + spent.ru_stime for spent in (own, children)), -(-held * 1024 // 10**6)


def _copies(snakemake: Any) -> Path | None:
    """Where Snakemake puts copies of the study's files, where a storage keeps them."""
    return Path(snakemake.config[COPIES]) if COPIES in snakemake.config else None


def _sentence(error: MultistartError, copies: Path | None) -> str:
    if not isinstance(error, DamagedError):
        return str(error)
    remove(error.path)
    if copies is not None:
        return f"{error} It is a copy, which was removed. Where the job fails again, delete the file in the storage."
    return f"{error} It was removed; run the study again, which makes it anew."


def _config(snakemake: Any) -> dict[str, Any]:
    """The sections of the config among a job's parameters, with what is none since its result does not depend on it.

    That is the section execution, the number of starts where a row does not depend on it, and which rows are kept,
    which says what files there are.
    """
    sections = {key: value for key, value in dict(snakemake.params.items()).items() if key in snakemake.config}
    if "starts" in sections:
        sections["starts"] = {**snakemake.config["starts"], **sections["starts"]}
    return {key: snakemake.config[key] for key in ("execution", "keep")} | sections


def progress(
    what: str, clock: Callable[[], float] = time.perf_counter, *, things: str = "starts"
) -> Callable[[int, int], None]:
    """Return a callback that writes a line to the terminal every few seconds of a long descent, or of other things.

    The time that is left is that of the last few lines' speed: not from the beginning, which waits for a kernel, and
    not before there is a line to measure from.
    """
    last, lines = clock(), deque[tuple[float, int]](maxlen=WINDOW)

    def report(done: int, total: int) -> None:
        nonlocal last
        now = clock()
        if now - last < EVERY or done in (0, total):
            return
        last, (first, before) = now, lines[0] if lines else (now, done)
        left = f", about {(now - first) * (total - done) / (done - before):.0f} s left" if done > before else ""
        lines.append((now, done))
        print(f"{what}: {done:,} of {total:,} {things}{left}", file=sys.stderr, flush=True)

    return report
