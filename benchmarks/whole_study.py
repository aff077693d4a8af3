"""Where the seconds of the default study go, rule by rule, from the timings that the workflow keeps."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def table(config: Path, cores: int) -> tuple[list[str], list[list[str]], float, float]:
    """Run a study anew; return header, rows, wall seconds in all and those of the descend jobs."""
    with tempfile.TemporaryDirectory() as name:
        before = time.perf_counter()
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"), "--quiet"]
        command += ["--directory", name, "--cores", str(cores), "--configfile", str(config)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        wall = time.perf_counter() - before
        seconds: dict[str, list[float]] = defaultdict(list)
        for file in sorted(Path(name).glob("results/*/timings/*.tsv")):
            with file.open() as stream:
                seconds[file.name.split("-")[0].removesuffix(".tsv")] += [
                    float(row["s"]) for row in csv.DictReader(stream, delimiter="\t")
                ]
    rows = [[rule, str(len(s)), f"{sum(s):.1f}", f"{max(s):.1f}"] for rule, s in sorted(seconds.items())]
    return ["rule", "jobs", "seconds, all jobs", "longest job"], rows, wall, sum(seconds["descend"])
