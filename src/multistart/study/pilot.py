"""The pilot: what a start of each method costs, from descents of a few hundred starts, kept beside a study's results.

It says how long jobs take before any has run. ``multistart check`` makes it, and a run that sends its jobs away; a run
on this machine needs none. Nothing here is heavy but what :func:`measured` loads: the workflow reads a pilot while it
plans.
"""

from __future__ import annotations

import gc
import hashlib
import json
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from multistart.errors import DamagedError, WriteError
from multistart.files.whole_files import verify, whole

if TYPE_CHECKING:
    from multistart.study.study import Study

NAME = "pilot.json"
SPREAD = 512  # starts, spread over the design
BATCHES = (1, 8, 64, 512, 4096)  # starts that are descended from, these again and again; the next if it takes less than
ENOUGH = 3.0  # seconds of CPU
TWICE = 2  # times that a batch is descended from that seems to take so long
VALUES = 5  # values of a sweep that it is tried at
PATIENCE = 900.0  # seconds that a run waits for a pilot
#: Of the starts only this shapes what one costs; of a grid or a sample neither size nor seed does.
OF_STARTS = ("design", "path")


class Cost(NamedTuple):
    """What a start costs: updates on average, and seconds of CPU."""

    steps: float
    seconds: float


@dataclass(frozen=True)
class Pilot:
    """What a start costs by each method, and at a value of the sweep by all its methods; of which processor."""

    processor: str
    methods: dict[str, Cost]
    value: float = 0.0

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Pilot:
        """From what :meth:`record` gives."""
        return cls(
            record["processor"], {name: Cost(**cost) for name, cost in record["methods"].items()}, record["value"]
        )

    def record(self) -> dict[str, Any]:
        """As it is kept, but for its digest."""
        return asdict(self) | {"methods": {name: cost._asdict() for name, cost in self.methods.items()}}


def digest_of(config: Mapping[str, Any], data: str | None) -> str:
    """That of what a pilot depends on: function, its data, arena, methods, where starts come from, what is swept.

    The code is no part of it: an hour's time that is off by some tenths is repeated by nobody.
    """
    starts = {key: config["starts"].get(key) for key in OF_STARTS}
    keys = ("objective", "scale", "domain", "arena", "bounds", "methods", "sweep")
    shaping = {key: config.get(key) for key in keys} | {"starts": starts, "data": data}
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]


def read(file: Path | str, digest: str) -> Pilot | None:
    """The pilot of a file, if it is one of that digest."""
    try:
        verify(file)
        found = json.loads(Path(file).read_text(encoding="utf-8"))
        return Pilot.of(found) if found["digest"] == digest else None
    except (OSError, DamagedError):
        return None


def kept(study: Study, file: Path | str) -> Pilot:
    """The pilot of a study: the one that is kept, or one that is made and kept, where a file can be written."""
    fit = study.objective.fit
    digest = digest_of(study.config.resolved(), None if fit is None else fit.digest)
    if (found := read(file, digest)) is not None:
        return found
    pilot = measured(study)
    with suppress(WriteError), whole(file) as stream:
        stream.write((json.dumps({"digest": digest} | pilot.record(), indent=2) + "\n").encode())
    return pilot


def made_elsewhere(file: Path | str, digest: str, config: Mapping[str, Any]) -> Pilot | None:
    """The pilot of a file, made by a process of its own if it is not there, so that this one loads no library.

    None where it fails or takes too long.
    """
    if (found := read(file, digest)) is not None:
        return found
    command = [sys.executable, "-P", "-m", __name__, str(file)]
    with suppress(subprocess.SubprocessError, OSError):
        subprocess.run(command, input=json.dumps(config).encode(), check=True, timeout=PATIENCE)
    return read(file, digest)


def measured(study: Study) -> Pilot:
    """Descend from a few hundred starts by each method, and at a few values of a sweep."""
    from multistart.study.sweep_plan import Sweep

    value = 0.0
    if study.config.sweep:
        sweep = Sweep(study)
        some = sweep.points[:: -(-len(sweep.points) // VALUES)]
        value = sum(_cost(sweep.at(point), name).seconds for point in some for name in sweep.methods) / len(some)
    return Pilot(_processor(), {name: _cost(study, name) for name in study.config.methods}, value)


def _cost(study: Study, name: str) -> Cost:
    """Of starts spread over the design, as many as take no more than some seconds; compiled before."""
    import numpy as np

    from multistart.descents.descend import descend
    from multistart.study.certify import without_proof

    method = without_proof(study.method(name))
    rows = np.unique(np.linspace(0, study.count - 1, SPREAD).astype(np.int64))
    mixed = np.random.default_rng(0).permutation(len(rows))
    starts = study.starts_at(rows)[mixed[np.arange(BATCHES[-1]) % len(rows)]]
    descend(study.objective, method, starts[:1], arena=study.arena, cache=study.cache)
    gc.collect()  # of what was compiled, or it is counted as work
    for size in BATCHES:
        took: list[float] = []
        while len(took) < TWICE and (not took or took[0] * 8 > ENOUGH):  # what seems slow may be a hiccup
            began = time.process_time()
            out = descend(study.objective, method, starts[:size], arena=study.arena, cache=study.cache)
            took.append(time.process_time() - began)
        seconds = min(took)
        if seconds * 8 > ENOUGH:
            break
    return Cost(float(out.steps.mean()), seconds / size)


def _processor() -> str:
    """What the system calls its processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


if __name__ == "__main__":
    from multistart.study.study import load_study

    kept(load_study(json.load(sys.stdin)), sys.argv[1])
