"""Plugins of Snakemake that send jobs elsewhere, for those tests alone that use them.

Snakemake loads every plugin that it finds at each start, so they do not lie among the other packages, neither a user's
nor those of the tests, but in folders of their own.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PLUGINS = PROJECT / ".pytest_cache/plugins"


def plugins_of(cluster: str) -> Path:
    """A folder for ``PYTHONPATH`` with the packages of ``requirements-<cluster>.lock``, made when first asked for."""
    lock = PROJECT / f"requirements-{cluster}.lock"
    folder = PLUGINS / f"{cluster}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    PLUGINS.mkdir(parents=True, exist_ok=True)
    with open(PLUGINS / f".{cluster}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            install = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--python", sys.executable]
            what = ["--no-deps", "--require-hashes", "--requirement", lock, "--target", folder]
            subprocess.run([*install, *what], check=True)
            (folder / "complete").touch()
    return folder


if __name__ == "__main__":
    for named in sys.argv[1:]:
        plugins_of(named)
