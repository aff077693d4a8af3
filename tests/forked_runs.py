"""Real runs of the workflow at a tenth of the price: Snakemake and each job are forks of this process.

A job takes a second and a half to start and to import what it needs, far longer than the work of a small study. Here
everything is imported once. What Snakemake plans, and what the scripts do, is the same.
"""

from __future__ import annotations

import importlib
import logging
import os
import runpy
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .live_runs import ROOT


def run(folder: Path, config: str = "c.yaml", *more: str) -> str:
    """Run the study of a config in a folder, with its cache in it; what was said."""
    arguments = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", config, "--cores", "2", *more]
    code, text = snakemake(folder, *arguments, cache=folder / "cache")
    assert code == 0, text
    return text


def snakemake(folder: Path, *arguments: str, cache: Path | None = None) -> tuple[int, str]:
    """Call Snakemake in a folder; its exit code, and what was said."""
    _import_everything()
    environment = {"PYTHONPATH": str(ROOT / "src")} | ({} if cache is None else {"XDG_CACHE_HOME": str(cache)})
    with tempfile.NamedTemporaryFile() as said:
        code = _forked(lambda: _snakemake(folder, arguments, environment), Path(said.name))
        return code, Path(said.name).read_text()


def _import_everything() -> None:
    for name in ("snakemake.cli", "snakemake.script", "multistart.kernels", "matplotlib.backends.backend_agg"):
        importlib.import_module(name)
    for file in (ROOT / "src/multistart/study").glob("[a-z]*.py"):
        importlib.import_module(f"multistart.study.{file.stem}")


def _snakemake(folder: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    from snakemake.cli import main
    from snakemake.script import PythonScript

    os.chdir(folder)
    os.environ |= environment
    PythonScript.execute_script = _job
    sys.argv = ["snakemake", *arguments]
    main(sys.argv[1:])


def _job(script: Any, path: str, edit: bool = False) -> None:
    def body() -> None:
        logging.getLogger().handlers.clear()  # a job sets its own
        runpy.run_path(path)

    began = time.time()
    if _forked(body):
        raise RuntimeError(f"a job failed: {path}")
    script.bench_record.running_time = time.time() - began


def _forked(body: Callable[[], None], said: Path | None = None) -> int:
    """Run a function in a fork; its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fork beside threads, which have no part in what it does
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        if said is not None:
            descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        warnings.resetwarnings()
        body()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
