"""One run of a study at a time, and no job that outlives its run.

The lock is one of the operating system (flock), so it goes with the process that holds it, however that ends. What
stands in its file says who holds it: to people, and to jobs on other machines, which see no process of their run.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from multistart.errors import shown

RUN = "MULTISTART_RUN"  # in the environment of jobs: process and machine of their run
LOCK = "MULTISTART_LOCK"  # and the file of its lock
GRACE = 1.0  # seconds that the jobs of a run that was killed have to notice
POLL = 0.5  # seconds between two looks for a process, where the system cannot wait for it
FAR = 20.0  # seconds between two looks of a job on another machine: some hundred jobs look into one file
_UNSUPPORTED = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}


def take(results: Path, *, config: str) -> str:
    """Hold the lock of a study's results until this process ends; return "", or a sentence that says why not.

    Another run holds it, or the results cannot be written.

    Parameters
    ----------
    results
        The folder of the study; the lock stands beside it, so that deleting the folder does not free it.
    config
        What the run was started with, for the sentence that refuses another.

    Where the file system knows no locks, a warning says so and nothing is held.
    """
    file = _file(results)
    try:
        results.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)  # not inherited: jobs do not hold it
    except OSError as error:
        return _unwritable(results.parent, error.strerror)
    for folder, _, _ in os.walk(results):
        if not os.access(folder, os.W_OK):
            return _unwritable(folder, "it is read-only")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            return _refusal(results, _holder(handle))
        print(f"{file} cannot be locked ({error.strerror}): keep two runs of this study apart.", file=sys.stderr)
    _wait_for_jobs(_holder(handle))
    os.environ |= {RUN: f"{os.getpid()} {_machine()}", LOCK: str(file.absolute())}
    try:
        _enter(handle, config)
    except OSError as error:
        return _unwritable(results.parent, error.strerror)
    return ""


def holder(results: Path) -> dict[str, str]:
    """What the run that holds a study's lock, or held it when it was killed, entered; nothing where no run did.

    ``process, host, since, config``; the lock is read, not asked for.
    """
    try:
        handle = os.open(_file(results), os.O_RDONLY)
    except OSError:
        return {}
    try:
        return _holder(handle)
    finally:
        os.close(handle)


def is_alive(held: Mapping[str, str]) -> bool | None:
    """Whether the process of a `holder` lives; none where it is of another machine, or of another list of processes."""
    process, _, machine = held.get("run", "").partition(" ")
    return _lives(int(process)) if machine == _machine() else None


def run_by(results: Path) -> str:
    """A sentence that says who runs a study now; "" where nobody does, or where that cannot be told from here."""
    held = holder(results)
    return _refusal(results, held) if is_alive(held) else ""


def _file(results: Path) -> Path:
    """Beside the results, so that deleting them does not free the lock."""
    return results.parent / f".{results.name}.lock"


def end_with_run() -> None:
    """Let this process, a job, end when the run that started it has ended; else it could write into the next one.

    On the machine of the run it ends with the run's process. On another one it ends, and with it the Snakemake that
    waits for it there, once the lock's file names another run, or none, as after one that was stopped. Where the job
    sees no such file it is left to the cluster.
    """
    run = os.environ.get(RUN, "")
    process, _, machine = run.partition(" ")
    if machine == _machine():
        end_with(int(process))
    elif run and (lock := os.environ.get(LOCK)):
        _end_if_over(Path(lock), run)
        threading.Thread(target=_watch, args=(Path(lock), run), daemon=True).start()


def end_with(process: int, end: Callable[[], object] = lambda: os._exit(1)) -> None:
    """End this process, without a word, as soon as another one of this machine has ended, or if it already has.

    Parameters
    ----------
    end
        What is done then, in a thread.
    """
    threading.Thread(target=_outlive, args=(process, end), daemon=True).start()


def interrupt() -> None:
    """Let this process do what it does at Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def leave() -> None:
    """Take this run's name out of the lock's file, so that its jobs on other machines end; the lock stays held."""
    with suppress(OSError, KeyError):
        os.truncate(os.environ[LOCK], 0)


def _machine() -> str:
    """Where a number means a process: a machine since its start, and in it a container's own list of processes.

    Names do not tell: all nodes of a cluster may be called localhost.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not Linux
        return socket.gethostname()


def _watch(lock: Path, run: str) -> None:
    while True:
        time.sleep(FAR)
        _end_if_over(lock, run)


def _end_if_over(lock: Path, run: str) -> None:
    """Kill this job's group of processes, where a file of the lock is there and names another run, or none.

    The whole group: a Snakemake that sees its job fail removes the job's files, which the next run may just have made.
    """
    try:
        with open(lock, "rb") as handle:
            now = _holder(handle.fileno()).get("run")
    except OSError:  # not seen from here, or not now
        return
    if now != run:
        os.killpg(0, signal.SIGKILL)


def _outlive(process: int, end: Callable[[], object]) -> None:
    try:
        descriptor = os.pidfd_open(process)  # type: ignore[attr-defined, unused-ignore]  # Linux alone
    except (AttributeError, OSError):
        while _lives(process):
            time.sleep(POLL)
    else:
        select.select([descriptor], [], [])  # readable when the process ends
    end()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _holder(handle: int) -> dict[str, str]:
    """Who holds the lock, or held it when it was killed; nothing after a run that ended by itself."""
    try:
        found = json.loads(os.pread(handle, 10_000, 0))
    except ValueError:
        return {}
    return {str(key): shown(str(value)) for key, value in found.items()} if isinstance(found, dict) else {}


def _enter(handle: int, config: str) -> None:
    now = datetime.now().isoformat(sep=" ", timespec="seconds")
    entry = {"process": os.getpid(), "host": socket.gethostname(), "since": now, "config": config}
    entry["run"] = os.environ[RUN]
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(entry).encode(), 0)
    atexit.register(_leave, handle, os.getpid())


def _leave(handle: int, process: int) -> None:
    if os.getpid() == process:  # not in a child that was forked
        os.ftruncate(handle, 0)


def _wait_for_jobs(holder: dict[str, str]) -> None:
    """Give the jobs of a run that was killed the time to end, so that none writes after this run began."""
    if holder.get("host") == socket.gethostname():
        time.sleep(GRACE)


def _unwritable(folder: Path | str, why: str | None) -> str:
    return f"{folder}/ cannot be written ({why}), so no study can be run here."


def _refusal(results: Path, holder: dict[str, str]) -> str:
    who = "another process"
    if {"process", "host", "since", "config"} <= set(holder):
        who = "process {process} on {host} since {since}, with the config {config}".format(**holder)
    return (
        f"The study {results.name} is being run by {who}. Two runs at once would mix their results: wait for it, "
        'or give this one another name (the key "study").'
    )
