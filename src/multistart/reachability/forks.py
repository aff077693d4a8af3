"""Work shared out among forks of this process, which have all that it has loaded: FLINT holds Python's lock."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from multistart.errors import MultistartError

Result = TypeVar("Result")


def in_forks(work: Callable[[int], Result], processes: int) -> list[Result]:
    """Return ``work(0), ..., work(processes - 1)``, the first made here and each other one in a fork.

    What they return is pickled. Forks end with this process.

    Raises
    ------
    MultistartError
        A fork ended without a result.
    """
    forks = []
    for number in range(1, processes):
        ours, theirs = Pipe(duplex=False)
        fork = get_context("fork").Process(target=_forked, args=(work, number, ours, theirs), daemon=True)
        fork.start()
        theirs.close()
        forks.append((fork, ours))
    try:
        results = [work(0)]
        for _, ours in forks:
            results.append(ours.recv())
    except BaseException as error:
        for fork, _ in forks:
            fork.kill()
        if isinstance(error, EOFError):
            raise MultistartError("a process of this job ended without a result; what it said is above") from None
        raise
    finally:
        for fork, ours in forks:
            fork.join()
            ours.close()
    return results


def _forked(work: Callable[[int], Result], number: int, ours: Connection, theirs: Connection) -> None:
    ours.close()  # so that nobody reads where the one that forked is gone
    theirs.send(work(number))
