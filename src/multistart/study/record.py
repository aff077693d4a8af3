"""The rule ``summarize``: ``study.json``, everything needed to repeat a study, and the checksums to compare with."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from multistart.files.whole_files import verify
from multistart.functions.fit import Fit
from multistart.functions.written import written
from multistart.kernels.compiled import platform_dependent
from multistart.study.study import Study

PACKAGES = (
    "multistart",
    "numpy",
    "scipy",
    "sympy",
    "pandas",
    "pyarrow",
    "numba",
    "llvmlite",
    "matplotlib",
    "snakemake",
)


def record(
    study: Study, tables: Iterable[Path | str], root: Path | str, *, starts_checksum: str | None = None
) -> dict[str, Any]:
    """Return the content of ``study.json``: resolved config, seed, versions, revision, SHA-256 of the tables.

    Parameters
    ----------
    starts_checksum
        That of the user's own starts which the study descended from.

    Raises
    ------
    DamagedError
        A table does not hold what was written into it: no damage gets a checksum of its own.
    """
    methods = [study.method(name) for name in study.config.methods]
    rules = {method.rule for method in methods if method.outside is None}  # SciPy's have no kernel
    config = study.config.resolved()
    del config["execution"]  # which changes no result
    return {
        "study": study.name,
        "config": config,
        "seed": study.config.starts.seed,
        "starts": study.count,
        "formula": written(study.objective),
        "source": study.objective.source,
        "fit": _fit(study.objective.fit),
        "platform_dependent": platform_dependent(study.objective, rules, study.cache),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "git_revision": _revision(Path.cwd()),
        "starts_file_checksum": starts_checksum,
        "checksums": {str(Path(p).relative_to(root)): verify(p) for p in sorted(str(table) for table in tables)},
    }


def _fit(fit: Fit | None) -> dict[str, Any] | None:
    """What a fit is made of; none of another function."""
    if fit is None:
        return None
    identity = fit.identity
    return {**identity, "numbers": dict(fit.numbers), "rows": fit.count, "digest": fit.digest, "file": fit.source}


def _revision(folder: Path) -> str | None:
    """The commit of the checkout, with ``-dirty`` where files differ from it; none outside a checkout."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
