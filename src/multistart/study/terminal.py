"""What a person sees of a run: a line for each stage that is done, and one sentence when Ctrl-C ends it.

Snakemake's own messages go to its log file, warnings and errors to the terminal too; with ``--verbose`` all do.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
from snakemake_interface_logger_plugins.common import LogEvent  # as psutil, a part of Snakemake, which alone needs this

from multistart.files.parts import rows_named
from multistart.study import run_lock

STOPPED = "Stopped. What is finished is kept: the same command goes on from there."
PATIENCE = 3.0  # seconds that jobs have to end before they are killed
#: Snakemake's answer where there is nothing to do, which is not hidden.
NOTHING = "Nothing to be done"
#: What jobs have done, by their rule or its first word; further words of it are said.
DONE = {
    "starts": "own starts copied",
    "certify": "critical points proven",
    "descend": "descents done",
    "merge_ends": "ends merged",
    "split_ends": "ends merged",
    "minima": "minima found",
    "prove": "bounds proven",
    "label": "starts labelled",
    "merge_counts": "counts added up",
    "merge_pairs": "counts together added up",
    "pair": "methods counted together",
    "compare": "methods compared",
    "estimate": "shares estimated",
    "slice": "slice descended",
    "sweep": "values swept",
    "draw": "pictures drawn",
    "summarize": "summary written",
    "explore": "explorer made",
}


class Stages(logging.Handler):
    """Prints a line for each job that is done, with its seconds; nothing of the rule ``all``, which does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._began: dict[int, tuple[str, float]] = {}
        self._finished: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take one of Snakemake's messages: a job begins, a job is done, so many of so many are."""
        given: Any = record
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            self._began[given.jobid] = (_words(given.rule_name, given.wildcards), time.monotonic())
        elif event == LogEvent.JOB_FINISHED and given.job_id in self._began:
            words, began = self._began.pop(given.job_id)
            self._finished += [f"{words}, {time.monotonic() - began:.1f} s"] if words else []
        elif event == LogEvent.PROGRESS:
            for line in self._finished:
                print(f"[{given.done}/{given.total - 1}] {line}", file=sys.stderr, flush=True)
            self._finished.clear()


class _Hushed(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.all = False

    def filter(self, record: logging.LogRecord) -> bool:
        important = record.levelno >= logging.WARNING or record.getMessage().startswith(NOTHING)
        return important and not self.all


_hushed = _Hushed()


def show_stages(logger: logging.Logger) -> None:
    """Show a line for each stage in place of what Snakemake says; its log file keeps all of it."""
    for handler in logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.addFilter(_hushed)
    logger.addHandler(Stages())


def stop_at_interrupt(*, said: bool, elsewhere: Callable[[], bool]) -> None:
    """From now on SIGINT, as Ctrl-C sends it, ends the jobs and then this process, with exit code 130.

    Where jobs run on other machines, Snakemake is interrupted, and takes them back: but not those that it is asking
    about at that moment, nor those that are on their way there. So the lock's file is told first that this run is over.

    Parameters
    ----------
    said
        Whether another process says so, as ``multistart run`` does.
    elsewhere
        Whether jobs run on other machines; asked when the signal comes, since Snakemake knows it late.
    """

    def stop(number: int, frame: object) -> None:
        if elsewhere():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            run_lock.leave()
            raise KeyboardInterrupt
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _hushed.all = True
        if not said:
            print(f"\n{STOPPED}", file=sys.stderr, flush=True)
        children = psutil.Process().children(recursive=True)
        for ask in (psutil.Process.terminate, psutil.Process.kill):
            for child in children:
                _ask(child, ask)
            _, children = psutil.wait_procs(children, PATIENCE)
        os._exit(128 + number)  # no thread of Snakemake says more

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, stop)


def _ask(child: psutil.Process, to: Any) -> None:
    with suppress(psutil.NoSuchProcess):
        to(child)


def _words(rule: str, wildcards: dict[str, str] | None) -> str:
    """What a job of a rule does, as in "descents done: gradient_descent, rows 0 to 99"; empty for the rule ``all``."""
    first, _, rest = (rule, "", "") if rule in DONE else rule.partition("_")
    named = dict(wildcards or {})
    cut = [_rows(named.pop(key)) for key in ("piece", "part", "rows") if key in named]
    of = ", ".join(filter(None, [" ".join(filter(None, [*named.values(), rest])), *cut]))
    return "" if rule == "all" else f"{DONE.get(first, first)}{f': {of}' if of else ''}"


def _rows(name: str) -> str:
    rows = rows_named(name)
    return f"rows {rows.first:,} to {rows.last - 1:,}"
