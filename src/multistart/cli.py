"""The console command ``multistart``: what functions there are, what a study would do, and running it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from multistart.errors import InputError, MultistartError
from multistart.files.parts import runs
from multistart.functions import catalogue
from multistart.plurals import counted
from multistart.study.run import run

if TYPE_CHECKING:
    from multistart.study import Study

PILOT = 512  # starts from which the cost of all is extrapolated
START_UP = 12.0  # seconds of a small study on two cores: interpreters, imports, compilation, pictures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 2 where the input was refused, or the exit code of a run."""
    own, more = _split(sys.argv[1:] if arguments is None else arguments)
    given = _parser().parse_args(own)
    try:
        if given.command == "run":
            return run(given.config, given.cores, more)
        if more:
            raise InputError(f"what follows -- is for Snakemake, which {given.command} does not call")
        print(given.run(given))
    except MultistartError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def functions(name: str | None = None) -> str:
    """The catalogue as text: formula, domain and known minima of one function, or a line for each."""
    if name is None:
        lines = [f"{key:24} {_size(entry):6} {entry.title}" for key, entry in catalogue.ENTRIES.items()]
        head = f"{'name':24} {'d':6} title"
        return "\n".join([head, *lines, "", "`multistart functions NAME` shows formula, domain, minima and source."])
    entry = catalogue.find(name)
    d = catalogue.dimensions_of(entry, None)
    box = ", ".join(f"{v}: [{a:g}, {b:g}]" for v, (a, b) in zip(entry.variables(d), entry.domain(d), strict=True))
    minima = [f"  f = {value:.10g} at ({', '.join(f'{x:.10g}' for x in point)})" for point, value in entry.minima(d)]
    size = f"{d} (scalable; shown for {d})" if entry.dimensions is None else str(d)
    return "\n".join(
        [
            f"{name}: {entry.title}",
            f"dimensions: {size}",
            f"formula: {entry.formula(d)}",
            f"domain: {{{box}}}",
            "known minima:",
            *minima,
            f"source: {entry.source}",
        ]
    )


def methods(name: str | None = None) -> str:
    """The update rules and schedules as text: all that is known of one, or a line for each."""
    from multistart.methods.listing import listed

    return listed(name)


def check(path: str) -> str:
    """What the study of a config would do and roughly cost, from a pilot of a few hundred starts.

    Raises
    ------
    ConfigError
        The config is wrong.
    """
    from multistart.study import load_study  # SymPy and Numba: only this command pays for them

    study = load_study(path)
    cores = os.cpu_count() or 1
    size = study.config
    row = 8 * (2 * study.objective.dimensions + 4) + 5
    lines = [
        f"{path}: a valid study",
        f"study: {study.name}; results go to results/{study.name}/",
        f"objective: {study.objective.name}, {study.objective.dimensions} dimensions",
        f"starts: {study.count:,} ({study.describe_starts()})",
        f"descents: {_jobs(study)}",
    ]
    total = 0.0
    for name in size.methods:
        steps, seconds = _pilot(study, name)
        total += seconds * study.count / PILOT / cores
        lines.append(f"method {name}: {study.method(name).describe()}; about {steps:.0f} steps a start")
    lines.append(
        f"about {START_UP + total:.0f} s on {cores} cores ({total:.0f} s of descents), "
        f"{2e-6 * row * study.count * len(size.methods):.0f} MB of tables, under 1 GB of memory a job"
    )
    return "\n".join(lines)


def _jobs(study: Study) -> str:
    """How the descents are cut, as in "3 jobs a method, of at most 4 parts of 1,048,576 starts"."""
    jobs = runs(study.parts, study.config.execution.shards)
    taken = f"{counted(len(jobs[0]), 'part')} of {counted(f'{len(study.parts[0]):,}', 'start')}"
    return f"{counted(len(jobs), 'job')} a method, of at most {taken}"


def _pilot(study: Study, name: str) -> tuple[float, float]:
    """Mean steps of a few hundred starts spread over the design, and the CPU seconds they took."""
    import numpy as np

    from multistart.descents.descend import descend

    starts = study.starts_at(np.unique(np.linspace(0, study.count - 1, PILOT).astype(np.int64)))
    starts = starts[np.arange(PILOT) % len(starts)]
    descend(study.objective, study.method(name), starts[:1], arena=study.arena)
    began = time.process_time()
    out = descend(study.objective, study.method(name), starts, arena=study.arena)
    return float(out.steps.mean()), time.process_time() - began


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is before ``--``, for this command, and what follows, for Snakemake."""
    own = list(arguments)
    at = own.index("--") if "--" in own else len(own)
    return own[:at], own[at + 1 :]


def _size(entry: catalogue.Entry) -> str:
    return str(entry.dimensions) if entry.dimensions is not None else f"{entry.minimum_dimensions}+"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="multistart",
        description="From where does a descent method reach which minimum? "
        "This command says what there is to study, what a study would do, and runs it.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    listing = commands.add_parser("functions", help="list the functions of the catalogue, or show one")
    listing.add_argument("name", nargs="?", help="show this one: formula, domain, minima, source")
    listing.set_defaults(run=lambda given: functions(given.name))
    rules = commands.add_parser("methods", help="list the update rules and schedules, or show one")
    rules.add_argument("name", nargs="?", help="show this one: formula, hyperparameters, limits, source")
    rules.set_defaults(run=lambda given: methods(given.name))
    checking = commands.add_parser("check", help="say what a study would do and cost, without doing it")
    checking.add_argument("config", help="a YAML file such as config/config.yaml")
    checking.set_defaults(run=lambda given: check(given.config))
    running = commands.add_parser(
        "run",
        help="run a study in the current folder, or take it up where it was",
        epilog="What follows -- is given to Snakemake, as in: multistart run config/config.yaml -- --dry-run",
    )
    running.add_argument("config", help="a YAML file such as config/config.yaml; results go to results/<study>/")
    running.add_argument("--cores", help="how many to use, or all, the default")
    return parser


if __name__ == "__main__":
    sys.exit(main())
