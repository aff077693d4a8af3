"""Real runs of the workflow at a tenth of the price: Snakemake, and what does its jobs, are forks of this process.

A job takes a second and a half to start and to import what it needs, far longer than the work of a small study. Here
everything is imported once, and what does not change between runs is read once: the files of rules by Snakemake, a
third of a dry run, and the package's own text by its fingerprints. One process does the jobs of a run, one after the
other, or as many as cores are asked for: a fork for each job would cost half as much again as all that the jobs of
small studies do. What Snakemake plans, and what the scripts do, is the same. That each stage runs in a process of its
own, two at once, is seen where `finished` of conftest.py is made, and that its script imports what it needs, in
tests/test_fingerprint.py.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import logging
import marshal
import os
import queue
import runpy
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from functools import cache, partial
from itertools import product
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from multistart.files import fingerprint
from multistart.files.whole_files import whole

from .live_runs import ROOT

CORES = 1
#: What Snakemake and Python have made of files of rules, for all runs of this process.
_PARSED = tempfile.TemporaryDirectory(prefix="parsed")
#: When the files were written of the packages that this process has read.
_READ: dict[Path, dict[str, int]] = {}


def run(folder: Path, *more: str, code: int | None = 0, **environment: str) -> str:
    """Run the study of ``c.yaml`` in its folder, with the cache in it; what was said."""
    arguments = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "c.yaml", *more]
    found, said = snakemake(folder, *arguments, **({"XDG_CACHE_HOME": str(folder / "cache")} | environment))
    assert found == code or code is None, said
    return said


def snakemake(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Call Snakemake in a folder; its exit code, and what was said."""
    _import_everything()
    _read_package(folder if (folder / "Snakefile").exists() else ROOT)
    with tempfile.NamedTemporaryFile() as said:
        code = _forked(lambda: _snakemake(folder, arguments, environment), Path(said.name))
        return code, Path(said.name).read_text()


def start(folder: Path, *arguments: str, **environment: str) -> int:
    """Start Snakemake in a folder, silently, with its jobs in a group of their own; the number of the group."""

    def body() -> None:
        os.setsid()
        _snakemake(folder, arguments, environment)

    _import_everything()
    _read_package(folder if (folder / "Snakefile").exists() else ROOT)
    group = start_fork(body, Path(os.devnull))
    while os.getpgid(group) != group:
        time.sleep(0.001)
    return group


@cache
def _import_everything() -> None:
    of_snakemake = ("snakemake.cli", "snakemake.script", "snakemake.report", "smart_open", "nbformat")
    late = ("numba", "sympy", "flint", "joblib", *(f"scipy.{part}" for part in ("optimize", "spatial", "stats")))
    of_tables = ("pyarrow.dataset", "pyarrow.pandas_compat")
    for name in (*of_snakemake, *late, *of_tables, "multistart.kernels", "matplotlib.backends.backend_agg", "seaborn"):
        importlib.import_module(name)
    for file in (ROOT / "src/multistart/study").glob("[a-z]*.py"):
        importlib.import_module(f"multistart.study.{file.stem}")
    importlib.import_module("snakemake.cli").get_argument_parser()  # loads the plugins of executors, storage, reports


def _read_package(project: Path) -> None:
    """Read what fingerprints of a project, or a copy of it, read, if a file of it was written since that was done."""
    tops = (project / "src", project / "workflow/scripts")
    files = [os.path.join(*at) for top in tops for folder, _, names in os.walk(top) for at in product([folder], names)]
    written = {file: os.stat(file).st_mtime_ns for file in files if file.endswith(".py")}
    if written == _READ.get(project):
        return
    if project in _READ:
        for known in ("imports", "_content", "_named", "_modules", "_files"):
            getattr(fingerprint, known).cache_clear()
    for script in tops[1].glob("*.py"):
        fingerprint.fingerprint([script], tops[0])
    _READ[project] = written


def _snakemake(folder: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    from snakemake import workflow
    from snakemake.cli import main
    from snakemake.script import PythonScript

    workflow.parse, workflow.compile = partial(_parsed, workflow.parse), _compiled
    os.chdir(folder)
    os.environ |= {"PYTHONPATH": str(ROOT / "src")} | environment
    _find_plugins(os.environ["PYTHONPATH"].split(os.pathsep))
    free: queue.SimpleQueue[Connection] = queue.SimpleQueue()
    cores = int(arguments[arguments.index("--cores") + 1]) if "--cores" in arguments else CORES
    servers = [_server(free) for _ in range(0 if "--dry-run" in arguments else cores)]

    def execute_script(self: Any, path: str, edit: bool = False) -> None:
        server, began = free.get(), time.time()
        server.send((path, dict(os.environ)))
        code = server.recv()
        free.put(server)
        if code:
            raise RuntimeError(f"a job failed: {path}")
        self.bench_record.running_time = time.time() - began

    PythonScript.execute_script = execute_script
    sys.argv = ["snakemake", "--cores", str(CORES), *arguments]
    try:
        main(sys.argv[1:])
    finally:
        for server in servers:
            os.kill(server, signal.SIGKILL)
            os.waitpid(server, 0)


def _find_plugins(folders: list[str]) -> None:
    """Let Snakemake look for plugins again where there are folders that it had not when it was imported."""
    if not (new := [folder for folder in folders if folder not in sys.path]):
        return
    from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry
    from snakemake_interface_storage_plugins.registry import StoragePluginRegistry

    sys.path[:0] = new
    for registry in (ExecutorPluginRegistry(), StoragePluginRegistry()):
        registry.collect_plugins()


def _parsed(parse: Any, path: Any, workflow: Any, linemap: dict[int, int], rulecount: int) -> tuple[str, int]:
    """What Snakemake makes of a file of rules, of which it has read the same text at the same path before, or does."""

    def parsed() -> bytes:
        found = *parse(path, workflow, linemap, rulecount=rulecount), list(linemap.items())
        return json.dumps(found).encode()

    with workflow.sourcecache.open(path) as file:
        key = (path.get_path_or_uri(secret_free=True), rulecount, file.read())
    code, count, lines = json.loads(_kept(key, parsed))
    linemap.update(lines)
    return code, count


def _compiled(code: str, path: str, mode: str) -> Any:
    """What Python makes of that."""
    return marshal.loads(_kept((code, path), lambda: marshal.dumps(compile(code, path, mode))))


def _kept(key: tuple[object, ...], make: Callable[[], bytes]) -> bytes:
    """What was made under a key before, by any fork, or is now."""
    kept = Path(_PARSED.name, hashlib.sha256(repr(key).encode()).hexdigest())
    if not kept.exists():
        with whole(kept, recorded=False) as made:
            made.write(make())
    return kept.read_bytes()


def _server(free: queue.SimpleQueue[Connection]) -> int:
    """Start a process that does jobs, before Snakemake has threads: beside them a fork may hang."""
    ours, theirs = Pipe()
    free.put(ours)
    if server := os.fork():
        return server
    while True:
        path, environment = theirs.recv()
        os.environ.update(environment)
        theirs.send(_code(lambda path=path: _job(path)))


def _job(path: str) -> None:
    for name in ("", "multistart"):
        logging.getLogger(name).handlers.clear()  # a job sets its own
    runpy.run_path(path)


def _forked(body: Callable[[], None], said: Path) -> int:
    """Run a function in a fork; its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(start_fork(body, said), 0)[1])


def start_fork(body: Callable[[], None], said: Path) -> int:
    """Start a function in a fork; the number of its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fork beside threads, which have no part in what it does
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        gc.freeze()  # what is there is not searched for garbage, which would copy its pages
        descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        warnings.resetwarnings()
        code = _code(body)
    finally:
        os._exit(code)


def _code(body: Callable[[], None]) -> int:
    """Run a function; the exit code of a process that had run it alone."""
    try:
        body()
        return 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
