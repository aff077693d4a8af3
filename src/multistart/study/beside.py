"""A second process for a part of a job: a fork, which has all that the job has loaded and read.

To start a process of its own takes longer than to draw five pictures, and threads draw one after the other.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from multistart.errors import MultistartError
from multistart.study.run_lock import end_with

Thing = TypeVar("Thing")


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Run ``work`` in a fork of this process while the body runs; both are done when it ends.

    The fork ends with this process, however that ends. Threads of this process are not in it, so the work may use no
    library that waits for its own, as Arrow's.

    Raises
    ------
    MultistartError
        The work failed: what it raised of this kind, or that its process ended, with a traceback in the log.
    """
    ours, theirs = Pipe(duplex=False)
    fork = get_context("fork").Process(target=_forked, args=(work, os.getpid(), theirs))
    fork.start()
    theirs.close()
    try:
        yield
        said = _said(ours)
    except BaseException:
        fork.kill()
        raise
    finally:
        fork.join()
    if said:
        raise MultistartError(said)
    if fork.exitcode:
        raise MultistartError(
            f"a process of this job ended with code {fork.exitcode}; what it said is above, and in its log"
        )


@contextmanager
def in_turn(things: Sequence[Thing]) -> Iterator[Iterable[Thing]]:
    """What this process and its forks go through together: each takes the next thing when it is free for it.

    Their numbers wait in a pipe, of which a byte is read by one process alone, whatever becomes of the others. There
    are 256 at most.
    """
    ours, theirs = os.pipe()
    os.write(theirs, bytes(range(len(things))))
    os.close(theirs)
    try:
        yield (things[number[0]] for number in iter(lambda: os.read(ours, 1), b""))
    finally:
        os.close(ours)


def _said(ours: Connection) -> str:
    """The sentence of a fork that failed; nothing of one that ended without a word."""
    try:
        return str(ours.recv())
    except EOFError:
        return ""


def _forked(work: Callable[[], None], job: int, theirs: Connection) -> None:
    end_with(job)
    try:
        work()
    except MultistartError as error:
        theirs.send(str(error))
    except BaseException:
        logging.error(traceback.format_exc())
        raise
