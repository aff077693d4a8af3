"""Random sequences of what users do to one study; in the end its files are to be those of its last config run afresh.

``python -m tests.sequences 0 100`` hunts with a hundred seeds; `tests/test_sequences.py` runs a few of them.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import yaml

from multistart.config import StudyConfig, read_config
from multistart.errors import ConfigError, InputError
from multistart.files import fingerprint, parts
from multistart.files.results import BOUNDARIES as BOUNDARIES_OF
from multistart.files.results import FIT_TABLES, SWEEP_TABLES, TABLES, MethodFiles
from multistart.minima import Minima
from multistart.study import Study, extend, old_rows, progress, run, storage
from multistart.study.finished import Looked, Read
from multistart.study.running import left_of
from multistart.study.settings import swept_methods
from tests import forked_runs
from tests.live_runs import ROOT, results

Config = dict[str, Any]
GD = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}
FEW = GD | {"max_steps": 5}
BOWLS = {"expression": "a*(x**2 - 1)**2 + x/5 + y**2", "variables": ["x", "y"]}
FIT = {"model": "x*exp(y*t)", "data": "data.csv", "response": "r", "variables": ["x", "y"]}
#: What a section may be; of `starts` more is changed below.
METHODS: list[Config] = [
    GD,
    FEW,
    GD | {"learning_rate": 0.02},
    GD | {"learning_rate": 0.1},
    FEW | {"precondition": "domain"},
    GD | {"stopping": "certified"},
    {"optimizer": "scipy", "method": "BFGS", "max_steps": 10},
    {"optimizer": "levenberg_marquardt", "max_steps": 20},
]
OBJECTIVES: list[Config] = [
    {"objective": {"name": "peaks"}},
    {"objective": BOWLS | {"parameters": {"a": 1.0}}, "domain": {"x": [-2, 2], "y": [-2, 2]}},
    {"objective": BOWLS | {"parameters": {"a": 1.5}}, "domain": {"x": [-2, 2], "y": [-2, 2]}},
    {"objective": BOWLS | {"parameters": {"a": 1.0}}, "domain": {"x": [-2, 2], "y": [-2, 1]}},
    {
        "objective": BOWLS | {"parameters": {"a": 1.0}},
        "domain": {"x": [0.05, 2], "y": [-2, 2]},
        "scale": {"x": "log"},
    },
    {"objective": FIT, "domain": {"x": [0.05, 4], "y": [-3, 3]}},
    {"objective": FIT, "domain": {"x": [0.05, 4], "y": [-3, 3]}, "scale": {"x": "log"}},
]
SWEEPS: list[Config] = [
    {},
    {"sweep": {"methods.gd.learning_rate": [0.01, 0.02]}},
    {"sweep": {"methods.gd.learning_rate": [0.005, 0.01, 0.02]}},
    {"sweep": {"objective.parameters.a": [1.0, 1.5]}},
]
KEEP: list[Any] = ["all", "none", {"sample": 20}, {"sample": 50}]
BASINS: list[Config] = [{}, {"position_tolerance": 1e-3}, {"position_tolerance": 1e-8}]
BOUNDARIES = [0, 0, 60, 200]
COUNTS = [20, 64, 70, 100, 130, 230]
FIRST: Config = {
    "study": "s",
    "objective": {"name": "peaks"},
    "starts": {"design": "sobol", "count": 70, "seed": 1},
    "methods": {"gd": GD},
    "boundary": {"descents": 0},
    "figures": {"dpi": 40, "formats": ["png"]},
}


@dataclass
class Sequence:
    """A study that things are done to: its folder, its config, how its code was edited, and what was done."""

    folder: Path
    choice: random.Random
    config: Config = field(default_factory=lambda: deepcopy(FIRST))
    edits: int = 0
    before: list[tuple[Config, int, int, int]] = field(default_factory=list)
    own: int = 0
    data: int = 0
    done: list[str] = field(default_factory=list)

    def write(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "c.yaml").write_text(yaml.safe_dump(self.config))
        rows = np.random.default_rng(self.own).uniform([0.1, -1], 1, (self.rows(), 2))
        (self.folder / "own.csv").write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in rows.tolist()))
        numbers = [(t / 4, 2 * np.exp(-t / 4) + (t * (self.data + 2)) % 3 / 10) for t in range(6)]
        (self.folder / "data.csv").write_text("t,r\n" + "".join(f"{t},{r}\n" for t, r in numbers))

    def study(self) -> StudyConfig:
        """Its config, checked in its folder."""
        with chdir(self.folder):
            return read_config(self.config)

    def run(self) -> tuple[int, str]:
        """Run it to its end; the exit code, and what was said."""
        self.write()
        with edited(self.edits):
            return forked_runs.snakemake(self.folder, *ARGUMENTS, *self.tables())

    def tables(self) -> list[str]:
        """All that the study is asked for, but pictures and pages."""
        config = self.study()
        methods, keep = list(config.methods), config.keep
        cut = parts.parts_of(config.count)
        names = ["study.json", "minima.csv", "critical_points.csv", "certificate.json"]
        names += FIT_TABLES if "model" in self.config["objective"] else []
        names += [f"{method}/sweep/{name}" for method in swept_methods(config) for name in SWEEP_TABLES]
        names += [
            f"{method}/{name}" for method in methods if self.config["boundary"]["descents"] for name in BOUNDARIES_OF
        ]
        names += ["comparison.csv", "changes.csv"] if methods[1:] else []
        for method in methods:
            files = MethodFiles(Path(method), Path())
            rows = [files.outcomes] if keep != "all" else [files.labelled(part, cut) for part in cut]
            names += [*map(str, rows), *(f"{method}/{name}" for name in TABLES)]
        return [f"results/s/{name}" for name in names]

    def rows(self) -> int:
        """Of the user's own file."""
        return 70 if self.own < 3 else 90

    def killed(self) -> None:
        """Run it and kill all at a random moment."""
        self.write()
        with edited(self.edits):
            group = forked_runs.start(self.folder, *ARGUMENTS, *self.tables())
        deadline = time.monotonic() + self.choice.choice([0.5, 1.5, 3, 5]) * self.choice.random()
        while time.monotonic() < deadline and os.waitpid(group, os.WNOHANG) == (0, 0):
            time.sleep(0.005)
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(group, 0)
        time.sleep(0.05)

    def change(self) -> str:
        """Change one thing of the config, or of what it names, or go back to what was run before; nothing where the
        config would not be one.
        """
        before = (deepcopy(self.config), self.edits, self.own, self.data)
        what = self._change()
        self.write()
        try:
            self.study()
        except ConfigError:
            self.config, self.edits, self.own, self.data = before
            return f"no {what}"
        self.before.append(before)
        return what

    def _change(self) -> str:
        config, pick = self.config, self.choice.choice
        what = pick(["starts", "starts", "count", "count", "keep", "method", "method", "methods", "objective", "basins",
                     "shards", "shards", "edit", "back", "back", "back", "own", "data", "hold", "sweep",
                     "boundary"])  # fmt: skip
        if what == "starts":
            design = pick(["sobol", "uniform", "halton", "jittered_grid", "jittered_grid", "file", "latin_hypercube"])
            config["starts"] = {"design": design} | (
                {"path": "own.csv"} if design == "file" else
                {"per_axis": pick([5, 9]), "per_cell": pick([1, 2, 3])} if design == "jittered_grid" else
                {"count": pick(COUNTS), "seed": pick([1, 2])} if design != "latin_hypercube" else
                {"count": pick([35, 70]), "replicates": 2}
            )  # fmt: skip
        elif what == "count" and "count" in config["starts"]:
            config["starts"]["count"] = pick(COUNTS)
        elif what == "count" and "per_cell" in config["starts"]:
            config["starts"]["per_cell"] = pick([1, 2, 3, 4])
        elif what in ("own", "count"):
            self.own = pick(range(4))
        elif what == "keep":
            config["keep"] = pick(KEEP)
        elif what == "method":
            config["methods"][pick(list(config["methods"]))] = pick(METHODS)
        elif what == "methods":
            name = pick(["gd", "two", "three"])
            if name in config["methods"] and len(config["methods"]) > 1:
                del config["methods"][name]
            else:
                config["methods"][name] = pick(METHODS)
        elif what == "objective":
            config.pop("domain", None)
            config.pop("scale", None)
            config |= deepcopy(pick(OBJECTIVES))
        elif what == "data":
            self.data = pick(range(3))
        elif what == "hold":
            if config.pop("bounds", None) is None:
                config["bounds"] = "hold"
        elif what == "sweep":
            config.pop("sweep", None)
            config |= deepcopy(pick(SWEEPS))
        elif what == "boundary":
            config["boundary"] = {"descents": pick(BOUNDARIES)}
        elif what == "basins":
            config["basins"] = pick(BASINS)
        elif what == "shards":
            config["execution"] = {"shards": pick([1, 3, 8, 99])}
        elif what == "edit":
            self.edits = pick([0, 1, 2])
        elif self.before:
            self.config, self.edits, self.own, self.data = deepcopy(pick(self.before))
        return what

    def extend(self) -> str:
        """Give the study more starts by the command, by its name or its config, as far as it lets one."""
        self.write()
        number = str(self.choice.choice(COUNTS))
        given = {"per_cell": str(len(number) + 1)} if "per_cell" in self.config["starts"] else {"count": number}
        named = self.choice.choice(["s", "c.yaml"])
        said = []

        def supervised(command: list[str], environment: dict[str, str]) -> int:
            self.before.append((deepcopy(self.config), self.edits, self.own, self.data))
            self.config = json.loads(Path(command[command.index("--configfile") + 1]).read_text())
            arguments = command[command.index("--snakefile") :]
            code, told = forked_runs.snakemake(Path.cwd(), *arguments, "--rerun-incomplete", "--nolock", *self.tables())
            said.append(told)
            return code

        with chdir(self.folder), edited(self.edits), mock.patch.object(run, "_supervised", supervised), quiet():
            try:
                code = extend.extend(named, **given)
            except InputError as error:
                return f"extend {named} {given}: {error}"
        if code:
            raise AssertionError(f"{self.told()}\nextend {named} {given}: {code}\n{said[0]}")
        return f"extend {named} {given}"

    def damage(self) -> str:
        """Delete, cut short or change a few files, or a whole folder."""
        pick = self.choice.choice
        top = self.folder / "results/s"
        files = [
            file
            for file in sorted(top.rglob("*"))
            if file.is_file() and file.name[0] != "." and file.parent.name != "timings"
        ]
        folders = sorted({file.parent for file in files} - {top})
        how = pick(["delete", "cut", "bit", "record", "folder"])
        if how == "folder" and folders:
            those = [file for file in files if file.parent == (folder := pick(folders))]
            how = pick(["delete", "cut", "bit", "both"])
            said = f"{how} all of {folder.relative_to(top)}"
        else:
            those = self.choice.sample(files, min(len(files), pick([1, 3])))
            said = f"{how} {[str(file.relative_to(top)) for file in those]}"
        for file in those:
            content = file.read_bytes()
            record = file.with_name(f".{file.name}.sha256")
            if how in ("delete", "both", "folder"):
                file.unlink()
            elif how == "cut":
                file.write_bytes(content[: self.choice.randrange(len(content) + 1)])
            elif how == "bit" and content:
                at = self.choice.randrange(len(content))
                file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            if how in ("both", "record"):
                record.unlink(missing_ok=True)
                file.unlink(missing_ok=True)
        return said

    def step(self) -> None:
        """Do something."""
        what = self.choice.choice(
            ["run", "run", "kill", "kill", "change", "change", "change", "change", "damage", "extend"]
        )
        if what == "run":
            code, said = self.run()
            self.done.append(f"run: {code}")
            if code:
                raise AssertionError(f"{self.told()}\n{said}")
        elif what == "kill":
            self.killed()
            rows = sorted(file.name for file in self.folder.glob("results/s/*/*/part*.parquet"))
            self.done.append(f"killed with {len(rows)} files of parts")
        elif what == "change":
            said = self.change()
            self.done.append(f"{said}: {json.dumps(self.config)} {self.edits} {self.own} {self.data}")
        elif what == "extend":
            self.done.append(self.extend())
        elif (self.folder / "results/s").exists():
            self.done.append(self.damage())

    def told(self) -> str:
        return "\n".join(self.done)


#: Said where the timings of all jobs are there, and not where one was killed.
CLOCK = re.compile(rb"; their jobs, with start-up and compilation, took *")
ARGUMENTS = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "c.yaml", "--rerun-incomplete", "--nolock"]
ARGUMENTS += ["--cores", "2"]


@contextmanager
def small() -> Any:
    """Parts, pieces and trees of a few rows, and chunks of all that is done."""
    with ExitStack() as stack:
        for where, name, value in (
            (parts, "PART", 32),
            (parts, "FEWEST", 4),
            (parts, "FAN", 4),
            (old_rows, "OFTEN", -1.0),
        ):
            stack.enter_context(mock.patch.object(where, name, value))
        stack.enter_context(mock.patch("multistart.descents.pace.LONGEST", 1e-4))
        yield


@contextmanager
def edited(edits: int) -> Any:
    """The package with its descents edited: rows have other numbers of steps, and the code has another fingerprint."""
    plain, closure = old_rows.Unfinished.take, fingerprint.closure
    whole = fingerprint.fingerprint
    module = ROOT / "src/multistart/descents/descend.py"

    def take(self: Any, done: slice) -> None:  # before rows are kept, so that those of a killed job are edited too
        self._columns["steps"][done] += edits
        plain(self, done)

    def of(files: Any, sources: Path) -> str:
        mark = f"-{edits}" if edits and module in closure(files, sources) else ""
        return whole(files, sources) + mark

    with (
        mock.patch.object(old_rows.Unfinished, "take", take),
        mock.patch.object(fingerprint, "fingerprint", of),
    ):
        yield


def fresh(sequence: Sequence, folder: Path) -> dict[str, bytes]:
    """The files of the last config run in an empty folder."""
    config = deepcopy(sequence.config)
    config.pop("execution", None)
    new = Sequence(folder, random.Random(0), config, sequence.edits, own=sequence.own, data=sequence.data)
    code, said = new.run()
    assert code == 0, f"{sequence.told()}\nA fresh run failed:\n{said}"
    return results(folder)


def of_study(found: dict[str, bytes]) -> dict[str, bytes]:
    """Those of some files that say something, whatever jobs made them."""
    transient = ("parts/", "ends/", "counts/", "kept/", "pairs/", "unfinished/", "timings/", "reached/")
    return {
        name: CLOCK.sub(b"", content) if name.startswith("summary") else content
        for name, content in found.items()
        if not any(f"/{folder}" in f"/{name}" for folder in transient)
        and name.split("/")[-1]
        not in ("ends.parquet", "orbits.parquet", ".ends.parquet.sha256", ".orbits.parquet.sha256")
    }


def quiet() -> redirect_stdout[StringIO]:
    """What is said is not shown."""
    return redirect_stdout(StringIO())


def looked_at(sequence: Sequence) -> dict[str, list[Read]]:
    """The rows of each method that progress counts, of a study that was killed with the config that it now has."""
    top, found = sequence.folder / "results/s", dict[str, list[Read]]()
    labelled = progress.finished.labelled

    def noted(study: Study, method: str, minima: Minima, read: list[Read]) -> Looked:
        found[method] = list(read)
        return labelled(study, method, minima, read)

    with suppress(InputError), mock.patch.object(progress.finished, "labelled", noted):
        left = left_of(top)
        if left.config == sequence.study().resolved():
            progress.progress_of(top, left)
    return found


def not_as_counted(sequence: Sequence, found: dict[str, list[Read]]) -> list[str]:
    """The methods of which rows that were counted while they were not finished are others in the end."""
    wrong = []
    study = sequence.study()
    for method in found if study.keep == "all" else ():
        files, cut = MethodFiles(sequence.folder / "results/s" / method, Path()), parts.parts_of(study.count)
        rows = list(storage.read_rows([files.labelled(part, cut) for part in cut]))
        for numbers, columns in found[method]:
            for name, column in columns.items():
                final = np.concatenate([batch[name] for batch in rows])[numbers]
                wrong += [f"{method}: {name} of {len(numbers)}"] if not np.array_equal(final, column) else []
    return wrong


def not_counted(sequence: Sequence) -> list[str]:
    """The methods of which progress does not count all starts as descended, since a job noted another shape."""
    top = sequence.folder / "results/s"
    found = progress.progress_of(top, left_of(top))
    return [
        f"{name}: {method.descended} descended"
        for name, method in found.methods.items()
        if method.descended != found.study.count
    ]


def hunt(seed: int, folder: Path, steps: int = 8) -> str:
    """Do some things, run the study, and compare; what is other than afresh, with what was done, or ""."""
    sequence = Sequence(folder / "study", random.Random(seed))
    sequence.write()
    try:
        for _ in range(steps):
            sequence.step()
    except AssertionError as error:
        return f"seed {seed}: a run failed\n{error}"
    sequence.killed()
    seen = looked_at(sequence)
    code, said = sequence.run()
    if code:
        return f"seed {seed}: the last run failed\n{sequence.told()}\n{said}"
    found, expected = of_study(results(sequence.folder)), of_study(fresh(sequence, folder / "fresh"))
    wrong = [name for name in expected if found.get(name) != expected[name]]
    of_methods = {f"{method}/outcomes.parquet" for method in sequence.config["methods"]}
    wrong += [name for name in found.keys() - expected.keys() if name.rpartition("/")[0] in of_methods]
    wrong += not_counted(sequence) + not_as_counted(sequence, seen)
    return f"seed {seed}: {wrong}\n{sequence.told()}" if wrong else ""


def main(first: int, last: int, steps: int = 8) -> int:
    """Hunt with some seeds."""
    failed = 0
    with small():
        for seed in range(first, last):
            with tempfile.TemporaryDirectory() as folder:
                began = time.monotonic()
                said = hunt(seed, Path(folder), steps)
            failed += bool(said)
            print(said or f"seed {seed}: same, {time.monotonic() - began:.1f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
