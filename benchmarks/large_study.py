"""Whole studies of many starts that keep no rows: seconds, and the largest memory of any job."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
STAGES = ("descend", "minima", "label", "estimate", "draw")


def study(per_axis: int) -> dict[str, object]:
    """The default study with so many cells on each axis, without rows."""
    rule = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 1000}
    return {
        "study": "large",
        "objective": {"name": "peaks"},
        "starts": {"design": "jittered_grid", "per_axis": per_axis, "seed": 2026},
        "methods": {"gradient_descent": rule},
        "keep": "none",
    }


def row(per_axis: int, cores: int) -> list[str]:
    """Starts; seconds in all, of CPU too; of the jobs of each stage; the largest memory of a job, and whose it is."""
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "large.yaml"
        config.write_text(json.dumps(study(per_axis)))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"), "--quiet"]
        command += ["--directory", name, "--cores", str(cores), "--configfile", str(config)]
        wall, cpu = time.perf_counter(), _cpu_of_children()
        subprocess.run(command, check=True, capture_output=True, text=True)
        wall, cpu = time.perf_counter() - wall, _cpu_of_children() - cpu
        seconds, memory = _timings(Path(name) / "results/large/timings")
    stage = max(memory, key=memory.__getitem__)
    return [
        f"{per_axis**2:,}", f"{wall:.0f}", f"{cpu:.0f}", *(f"{seconds[name]:.1f}" for name in STAGES),
        f"{memory[stage]:.0f} ({stage})",
    ]  # fmt: skip


def table(sizes: list[int], cores: int) -> tuple[list[str], list[list[str]]]:
    """Header and rows, for so many cells on each axis."""
    header = ["starts", "seconds", "of CPU", *(f"{name}, all jobs" for name in STAGES), "most memory of a job, MB"]
    return header, [row(per_axis, cores) for per_axis in sizes]


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timings(folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of all jobs of a stage, and the largest memory of one in MB, from Snakemake's benchmark files."""
    seconds: dict[str, float] = defaultdict(float)
    memory: dict[str, float] = defaultdict(float)
    for file in folder.glob("*.tsv"):
        stage = file.stem.split("-")[0]
        with file.open() as stream:
            for line in csv.DictReader(stream, delimiter="\t"):
                seconds[stage] += float(line["s"])
                memory[stage] = max(memory[stage], float(line["max_rss"]) if line["max_rss"] != "NA" else 0.0)
    return seconds, memory


if __name__ == "__main__":
    print("\n".join(" | ".join(line) for line in table([int(word) for word in sys.argv[1:]], 2)[1]))
