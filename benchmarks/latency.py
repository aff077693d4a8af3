"""How long a user waits, as ratios to a bare Snakemake workflow of three empty `script:` jobs, in one run.

Each command runs as a user types it, in a copy of the project, with warm caches; repeats go over all commands in turn,
and medians count. Wall seconds for studies, CPU seconds for dry runs, which do nothing but start.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parent.parent
PARTS = ("src", "workflow", "profiles", "config", "Snakefile")
BARE = """
rule all:
    input: "c"
rule c:
    input: "b"
    output: "c"
    script: "empty.py"
rule b:
    input: "a"
    output: "b"
    script: "empty.py"
rule a:
    output: "a"
    script: "empty.py"
"""
EMPTY = "from pathlib import Path\nPath(snakemake.output[0]).touch()\n"


@dataclass(frozen=True)
class Row:
    """A command to wait for: what it is called, what prepares it, and the ratio to the bare workflow to reach.

    Of a row with ``more`` the goal is so many seconds more than the first row takes; of one with ``only`` that no file
    of the method that was there is written.
    """

    title: str
    prepare: Callable[[Path], list[str]]
    goal: float
    dry: bool = False
    more: float | None = None
    only: str | None = None


def table(repeats: int) -> tuple[list[str], list[list[str]]]:
    """Header and rows: seconds, the bare workflow's, their ratio and its goal."""
    repeated: set[Path] = set()
    with tempfile.TemporaryDirectory() as name:
        project, bare = _project(Path(name) / "project"), _bare(Path(name) / "bare")
        _seconds(project, [])  # warms every cache
        seconds: dict[str, list[float]] = {title: [] for title in ["bare", "bare, dry", *(row.title for row in ROWS)]}
        for _ in range(repeats):
            _clear(bare)
            seconds["bare, dry"].append(_seconds(bare, ["-n"], cpu=True))
            seconds["bare"].append(_seconds(bare, []))
            for row in ROWS:
                _restore(project)
                _seconds(project, [])
                before = _written(project)
                seconds[row.title].append(_seconds(project, row.prepare(project), cpu=row.dry))
                if row.only:
                    after = _written(project)
                    repeated |= {file for file, when in before.items() if after.get(file) != when}
    median = {title: statistics.median(each) for title, each in seconds.items()}
    rows = []
    for row in ROWS:
        own, other = median[row.title], median["bare, dry" if row.dry else "bare"]
        goal, reached = f"{row.goal}", own / other <= row.goal
        if row.more is not None:
            goal, reached = f"{row.more:g} s more", own - median[ROWS[0].title] <= row.more
        if row.only is not None:
            goal, reached = row.only, not repeated
        verdict = "reached" if reached else "**falls short**"
        rows.append([row.title, f"{own:.1f}", f"{other:.1f}", f"{own / other:.2f}", goal, verdict])
    return ["what", "seconds", "bare", "ratio", "goal", ""], rows


def _project(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder / "src")], check=True)
    return folder


def _bare(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Snakefile").write_text(BARE)
    (folder / "empty.py").write_text(EMPTY)
    return folder


def _clear(bare: Path) -> None:
    for name in "abc":
        (bare / name).unlink(missing_ok=True)


def _restore(project: Path) -> None:
    shutil.copy(REPOSITORY / "config/config.yaml", project / "config/config.yaml")


def _edited(project: Path, edit: Callable[[dict], object]) -> list[str]:
    file = project / "config/config.yaml"
    config = yaml.safe_load(file.read_text())
    edit(config)
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    return []


def _written(project: Path) -> dict[Path, int]:
    """When each file of the default study's method was written."""
    files = (project / "results/peaks/gradient_descent").rglob("*")
    return {file: file.stat().st_mtime_ns for file in files if file.is_file()}


def _removed(project: Path) -> list[str]:
    shutil.rmtree(project / "results/peaks")
    return []


def _new_formula(project: Path) -> list[str]:
    """Peaks plus a term nobody has typed before."""
    formula = (
        "3*(1 - x)**2*exp(-x**2 - (y + 1)**2) - 10*(x/5 - x**3 - y**5)*exp(-x**2 - y**2) - exp(-(x + 1)**2 - y**2)/3"
        f" + 1e-12*{time.time_ns() % 10**9}*x"
    )
    _removed(project)
    return _edited(project, lambda c: c.update(objective={"expression": formula, "variables": ["x", "y"]}))


def _new_method(config: dict) -> None:
    first = next(iter(config["methods"].values()))
    config["methods"]["slower"] = first | {"learning_rate": 0.005}


ROWS = (
    Row("default study, results removed", _removed, 3.0),
    Row("a new dpi", lambda p: _edited(p, lambda c: c["figures"].update(dpi=149)), 2.0),
    Row("one method more", lambda p: _edited(p, _new_method), 2.0, only="its descents and pictures only"),
    Row("`snakemake -n`, CPU", lambda p: ["-n"], 1.3, dry=True),
    Row("first study on a formula never seen", _new_formula, 3.0, more=4.0),
)


def _seconds(folder: Path, arguments: list[str], *, cpu: bool = False) -> float:
    """What `snakemake --cores 2` takes in a folder: wall seconds, or CPU seconds of it and its children."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(folder / "src")
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    spent, began = _children_seconds(), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return _children_seconds() - spent if cpu else time.perf_counter() - began


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    header, rows = table(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for line in [header, *rows]:
        print(" | ".join(line))
