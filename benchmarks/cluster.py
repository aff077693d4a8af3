"""What 10^9 starts take on a cluster: a model of jobs, files and the scheduler, fitted to jobs that were measured here.

Studies of a cheap function that keep no rows are run on this machine. The seconds of a job follow from its rows, those
of the run itself from its jobs; both are fitted to all sizes but the largest, which the model then has to foretell.
What a cluster does besides (`Cluster`) is assumed, and said in the table.

    python benchmarks/cluster.py [STARTS ...]       # 1e6 1e7 1e8 where none are given; half an hour
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from pages import markdown
from scipy.optimize import nnls

from multistart.files.parts import PART, parts_of, rows_named, tree

REPOSITORY = Path(__file__).parent.parent
STARTS = (10**6, 10**7, 10**8)
PLANNED = (10**6, 10**8, 10**9, 10**10)
ROWS = ("descend", "label")  # of which there is a job a part
TOOK = re.compile(r"done in ([\d.]+) s; CPU: ([\d.]+) s; memory: ([\d,]+) MB")


@dataclass(frozen=True)
class Cluster:
    """What is assumed of a cluster."""

    nodes: int
    cores: int = 32  # of a node
    threads: int = 8  # of a job that descends
    gain: float = 0.85  # of what so many threads would be at best
    queue: float = 30.0  # seconds until the first jobs of an array run
    array: int = 40  # jobs that are sent by one command, as profiles/slurm has it
    sending: float = 1.0  # seconds of that command
    news: float = 60.0  # seconds until it is known that the last job of a rule ended

    @property
    def slots(self) -> int:
        """Jobs that descend at a time."""
        return self.nodes * (self.cores // self.threads)


@dataclass(frozen=True)
class Job:
    """A job as it was measured: its rule, rows, seconds of CPU and megabytes."""

    rule: str
    rows: int
    cpu: float
    memory: float


@dataclass(frozen=True)
class Run:
    """A study as it was measured on this machine."""

    starts: int
    wall: float
    cpu: float
    own: float  # seconds of CPU of Snakemake itself
    jobs: Sequence[Job]
    disk: int  # bytes of the results when there were most


def study(starts: int) -> dict[str, object]:
    """A double well on a line, from uniform starts, of which no row is kept."""
    rule = {"optimizer": "gradient_descent", "learning_rate": 0.5, "max_steps": 100, "gradient_tolerance": 1e-4}
    return {
        "study": "wells",
        "objective": {"expression": "(x**2 - 1)**2/4", "variables": ["x"]},
        "domain": {"x": [-2, 2]},
        "starts": {"design": "uniform", "count": starts, "seed": 1},
        "methods": {"gd": rule},
        "boundary": {"descents": 0},
        "keep": "none",
    }


def measured(starts: int, cores: int = 2) -> Run:
    """Run the study of so many starts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = subprocess.Popen(_command(folder, starts, cores), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seen = _Watched(process.pid, folder / "results")
        wall, cpu = time.perf_counter(), _cpu_of_children()
        with seen:
            _, said = process.communicate()
        wall, cpu = time.perf_counter() - wall, _cpu_of_children() - cpu
        if process.returncode:
            sys.exit(said.decode())
        return Run(starts, wall, cpu, seen.cpu, _jobs(folder / "logs/wells"), seen.disk)


def planned(starts: int) -> tuple[float, float, int]:
    """Seconds of CPU and megabytes of a dry run, and the jobs of it."""
    with tempfile.TemporaryDirectory() as name:
        code = "import resource,subprocess,sys; r=subprocess.run(sys.argv[1:],capture_output=True,text=True,check=True)"
        code += "; u=resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime+u.ru_stime,u.ru_maxrss/1024)"
        code += "; print(r.stdout)"
        command = [sys.executable, "-c", code, *_command(Path(name), starts, 2), "--dry-run"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, memory = map(float, said.splitlines()[0].split())
    return seconds, memory, int(re.findall(r"^total\s+(\d+)", said, re.MULTILINE)[-1])


def _command(folder: Path, starts: int, cores: int) -> list[str]:
    config = folder / "wells.yaml"
    config.write_text(json.dumps(study(starts)))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    return [*command, "--directory", str(folder), "--cores", str(cores), "--configfile", str(config)]


class _Watched:
    """What a process has used of CPU by itself, and the most bytes of a folder, looked at once a second."""

    def __init__(self, pid: int, folder: Path) -> None:
        self.cpu, self.disk = 0.0, 0
        self._process, self._folder, self._ended = psutil.Process(pid), folder, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(1.0):
            try:
                times = self._process.cpu_times()
            except psutil.Error:
                return
            self.cpu = max(self.cpu, times.user + times.system)
            self.disk = max(self.disk, _bytes(self._folder))


def _bytes(folder: Path) -> int:
    """Of all files; those that vanish meanwhile have none."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _jobs(logs: Path) -> list[Job]:
    """What each job said at the end of its log."""
    found = []
    for file in sorted(logs.rglob("*.log")):
        took = TOOK.search(file.read_text())
        assert took, f"{file} does not say what its job took"
        nested = file.parent != logs
        rule, of = (file.parent.name, file.stem.partition("-")[2]) if nested else (file.stem, "")
        rows = rows_named(of) if of else None
        found.append(Job(rule, rows.last - rows.first if rows else 0, float(took[2]), float(took[3].replace(",", ""))))
    return found


@dataclass(frozen=True)
class Model:
    """Seconds of CPU of a job by its rule and rows, of the run by its jobs, and bytes a start."""

    rules: Mapping[str, tuple[float, float]]  # seconds of a job, and of each row
    start: float  # seconds that it takes to start a job, besides
    plan: tuple[float, float]  # seconds of planning, and of each job
    own: float  # seconds of the run itself for each job that it follows
    choosing: float  # and here, where jobs wait for a core, for each of those that then wait with it
    disk: float  # bytes a start

    @classmethod
    def of(cls, runs: Sequence[Run], plans: Sequence[tuple[float, float, int]]) -> Model:
        """Fitted to runs and plans."""
        jobs = defaultdict(list)
        for run in runs:
            for job in run.jobs:
                jobs[job.rule].append(job)
        rules = {rule: _line([job.rows for job in some], [job.cpu for job in some]) for rule, some in jobs.items()}
        plan = _line([jobs for _, _, jobs in plans], [seconds for seconds, _, _ in plans])
        largest = runs[-1]
        start = (largest.cpu - largest.own - sum(job.cpu for job in largest.jobs)) / len(largest.jobs)
        followed = np.array([[len(run.jobs), _waiting([job.rule for job in run.jobs])] for run in runs])
        besides = np.array([run.own - plan[0] - plan[1] * len(run.jobs) for run in runs])
        (own, choosing), _ = nnls(followed / besides[:, None], np.ones(len(runs)))  # small runs count as much
        return cls(rules, max(start, 0.0), plan, own, choosing, largest.disk / largest.starts)

    def cpu(self, rule: str, rows: int) -> float:
        """Of a job."""
        constant, slope = self.rules.get(rule, self.rules["estimate"])
        return self.start + constant + slope * rows

    def stages(self, starts: int) -> list[tuple[str, int, float]]:
        """The rules that wait for each other, each with its jobs and the seconds of CPU of one."""
        parts = parts_of(starts)
        merges = len(tree(parts)[1])
        rows = min(starts, PART)
        each = {"certify": 1, "descend": len(parts), "merge_ends": merges, "minima": 1}
        each |= {"label": len(parts), "merge_counts": merges, "estimate": 1, "draw": 1, "summarize": 1}
        return [(rule, n, self.cpu(rule, rows if rule in ROWS else 0)) for rule, n in each.items() if n]

    def followed(self, starts: int) -> float:
        """Seconds of CPU of the run itself on one machine."""
        stages = self.stages(starts)
        jobs = sum(n for _, n, _ in stages)
        waiting = _waiting([rule for rule, n, _ in stages for _ in range(n)])
        return self.plan[0] + jobs * (self.plan[1] + self.own) + waiting * self.choosing

    def here(self, starts: int, cores: int) -> tuple[float, float]:
        """Seconds on one machine, as far as all cores have work, and of CPU."""
        stages, followed = self.stages(starts), self.followed(starts)
        busy = sum(n * seconds / min(n, cores) for _, n, seconds in stages)
        return busy + followed / cores, followed + sum(n * seconds for _, n, seconds in stages)

    def there(self, starts: int, cluster: Cluster) -> tuple[float, str]:
        """Seconds on a cluster, and the rule that most of them are of."""
        stages = self.stages(starts)
        jobs = sum(n for _, n, _ in stages)
        seconds = {"planning": self.plan[0] + self.plan[1] * jobs}
        for rule, n, cpu in stages:
            threads = cluster.threads * cluster.gain if rule in ROWS else 1.0
            constant = self.cpu(rule, 0)
            one = constant + (cpu - constant) / threads
            waves = math.ceil(n / cluster.slots) * one
            sent = math.ceil(n / cluster.array) * cluster.sending
            followed = n * self.own
            seconds[rule] = cluster.queue + max(waves, sent, followed) + cluster.news
        return sum(seconds.values()), max(seconds, key=seconds.__getitem__)


def _waiting(rules: Sequence[str]) -> float:
    """Summed over jobs, how many wait with each on the average: half of those of its rule."""
    return sum(n * n / 2 for n in Counter(rules).values())


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Constant and slope of least squares; the median where all x are the same."""
    if len(set(x)) < 2:
        return float(np.median(y)), 0.0
    slope, constant = np.polyfit(np.asarray(x, dtype=float), np.asarray(y, dtype=float), 1)
    return max(float(constant), 0.0), max(float(slope), 0.0)


def section(sizes: Sequence[int]) -> str:
    """The section of docs/benchmarks.md."""
    plans = [planned(starts) for starts in PLANNED]
    runs = [measured(starts) for starts in sizes]
    before = Model.of(runs[:-1] or runs, plans)
    model = Model.of(runs, plans)
    return "\n\n".join(
        [
            "## A cluster\n\n" + WORDS,
            markdown(*_measured_table(runs, before)),
            _said(model, runs),
            markdown(*_planned_table(plans)),
            THERE,
            markdown(*_cluster_table(model)),
            _breaks(model, plans),
        ]
    )


def _measured_table(runs: Sequence[Run], before: Model) -> tuple[list[str], list[list[str]]]:
    header = ["starts", "jobs", "seconds", "of CPU", "Snakemake itself", "most on disk, MB", "most memory of a job, MB"]
    rows = [
        [
            f"{run.starts:,}", f"{len(run.jobs)}", f"{run.wall:.0f}", f"{run.cpu:.0f}", f"{run.own:.0f}",
            f"{run.disk / 1e6:.0f}", _most(run.jobs),
        ]
        for run in runs
    ]  # fmt: skip
    last = runs[-1]
    foretold = [f"{seconds:.0f}" for seconds in (*before.here(last.starts, 2), before.followed(last.starts))]
    rows.append([f"{last.starts:,}, foretold by the smaller ones", "", *foretold, "", ""])
    return header, rows


def _most(jobs: Sequence[Job]) -> str:
    """The largest memory of a job, and its rule."""
    job = max(jobs, key=lambda job: job.memory)
    return f"{job.memory:.0f} ({job.rule})"


def _said(model: Model, runs: Sequence[Run]) -> str:
    each = ", ".join(f"{rule} {1e6 * model.rules[rule][1]:.2f}" for rule in ROWS)
    most = max(job.memory for job in runs[-1].jobs)
    return (
        f"A job takes {model.start:.2f} s of CPU to start and the run {1000 * model.own:.0f} ms to follow it, and here "
        f"{1e6 * model.choosing:.0f} microseconds for each that waits with it; a start "
        f"takes, in microseconds: {each}; and {model.disk:.0f} bytes of disk until it is labelled. No job of the "
        f"largest study held more than {most:.0f} MB."
    )


def _planned_table(plans: Sequence[tuple[float, float, int]]) -> tuple[list[str], list[list[str]]]:
    header = ["starts", "jobs", "seconds of a dry run", "memory, MB"]
    return header, [
        [f"{starts:.0e}", f"{jobs:,}", f"{seconds:.1f}", f"{memory:.0f}"]
        for starts, (seconds, memory, jobs) in zip(PLANNED, plans, strict=True)
    ]


def _cluster_table(model: Model) -> tuple[list[str], list[list[str]]]:
    header = ["starts", "two cores", "10 nodes", "100 nodes", "most of it", "CPU hours", "disk, GB"]
    rows = []
    for starts in (10**8, 10**9, 10**10):
        hours = sum(n * seconds for _, n, seconds in model.stages(starts)) / 3600
        ten, hundred = (model.there(starts, Cluster(nodes)) for nodes in (10, 100))
        rows.append(
            [
                f"{starts:.0e}", _time(model.here(starts, 2)[0]), _time(ten[0]), _time(hundred[0]), hundred[1],
                f"{hours:.1f}", f"{model.disk * starts / 1e9:.0f}",
            ]
        )  # fmt: skip
    return header, rows


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


def _breaks(model: Model, plans: Sequence[tuple[float, float, int]]) -> str:
    """What gives way first."""
    cluster = Cluster(100)
    descend = model.cpu("descend", PART)
    own = model.own + model.plan[1]
    nodes = descend / (cluster.threads * cluster.gain) / own / (cluster.cores // cluster.threads)
    busy = "one node" if nodes < 1.5 else f"some {nodes:.0f} nodes"
    kb = 1000 * (plans[-1][1] - plans[0][1]) / (plans[-1][2] - plans[0][2])
    return (
        f"What gives way first: disk, {model.disk:.0f} bytes a start, since minima are found from the ends of all "
        f"before any start is labelled: {model.disk * 1e10 / 1e12:.1f} TB at 10^10. Then the one process that plans "
        f"and follows jobs, {1000 * own:.0f} ms and {kb:.0f} kB a job: with so cheap a function it keeps {busy} "
        "busy, and with one that is ten times as dear ten times as many. What merges reads 64 files "
        f"at a time, {len(_levels(10**9))} after the other at 10^9 and {len(_levels(10**10))} at 10^10, and is never "
        "the most."
    )


def _levels(starts: int) -> list[int]:
    """Files that are left after each round of merging."""
    left, levels = len(parts_of(starts)), []
    while left > 64:
        left = -(-left // 64)
        levels.append(left)
    return levels


WORDS = (
    "A double well on a line, uniform starts, `keep: none`: the cheapest study there is, so that what grows with jobs "
    "and files shows. Run on this machine; the last row is what the model, fitted to the smaller studies, foretold."
)
THERE = (
    "What the model says of clusters of nodes with 32 cores, jobs of 8 threads at 85 % of what these could do, arrays "
    "of 40 jobs that take a second to send and wait half a minute, and a minute until the end of a rule is known. "
    "Nothing of it was measured on a cluster."
)

if __name__ == "__main__":
    print(section([int(float(word)) for word in sys.argv[1:]] or STARTS))
