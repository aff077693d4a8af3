"""Whole studies that run in processes of their own, to be killed, stopped, starved, and compared file by file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).parent.parent
PATIENCE = 600  # seconds for anything that must come to an end
RUN = [sys.executable, "-P", "-m", "multistart.cli", "run", "c.yaml", "--cores", "2"]
SNAKEMAKE = [sys.executable, "-P", "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
SNAKEMAKE += ["--configfile", "c.yaml"]
SMALL = {
    "study": "s",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}},
    "execution": {"shards": 2},
    "figures": {"dpi": 40, "formats": ["png"]},
}


def write_config(folder: Path, config: dict) -> None:
    """Make a folder to run in, with its config."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "c.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def start(folder: Path, command: list[str] = RUN, **environment: str) -> subprocess.Popen:
    """Start a command in a folder, with the package of this checkout; what it says goes beside the folder."""
    with folder.with_name(f"{folder.name}.txt").open("w") as said:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(folder / "cache")} | environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run(folder: Path, command: list[str] = RUN, code: int | None = 0, **environment: str) -> str:
    """Run a command to its end; what it said."""
    found = start(folder, command, **environment).wait(PATIENCE)
    said = folder.with_name(f"{folder.name}.txt").read_text()
    assert code is None or found == code, said
    return said


def family(process: subprocess.Popen) -> list[psutil.Process]:
    """A process and all that it started, directly or not, itself first."""
    try:
        top = psutil.Process(process.pid)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def jobs(members: list[psutil.Process]) -> list[psutil.Process]:
    """Those of a family that run a script of the workflow."""
    found = []
    for member in members:
        with suppress(psutil.Error):
            if any(".snakemake/scripts/" in word for word in member.cmdline()):
                found.append(member)
    return found


def wait_for_end(members: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Wait until all processes have ended; those that have not."""
    deadline = time.monotonic() + patience
    while (left := [m for m in members if _lives(m)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def results(folder: Path, study: str = "s") -> dict[str, bytes]:
    """The files of a finished study by name, hidden ones too, but for seconds: of jobs, and of their pilot."""
    top = folder / "results" / study
    found = {}
    for file in sorted(top.rglob("*")):
        name = str(file.relative_to(top))
        if file.is_file() and not re.match(r"timings/|\.summary\.|\.certificate\.json|\.?pilot\.json", name):
            found[name] = file.read_bytes()
            if name.startswith("summary"):
                found[name] = re.sub(rb"[\d.,]+ s\b", b"", found[name])
            if name == "certificate.json":
                found[name] = re.sub(rb'"seconds": [\d.]+', b"", found[name])
    return found


def differences(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """Names of files that are in one alone, or not the same in both."""
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
