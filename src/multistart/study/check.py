"""``multistart check``: what the study of a config would do, what its jobs take, and when one machine is too small."""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from multistart.files.parts import MOST_JOBS, pieces_of
from multistart.plurals import counted
from multistart.study import pilot
from multistart.study.costs import Costs
from multistart.study.settings import proven_methods

if TYPE_CHECKING:
    from multistart.study.study import Study

PROFILE = "profiles/slurm"
A_WORKDAY = 6 * 3600.0  # seconds that one machine may well take
A_MINUTE, AN_HOUR = 60.0, 3600.0  # that a piece should take: less is spent on starting it, more is lost with it
A_LARGE_DESIGN, A_TENTH = 250.0, 0.1  # MB that a design takes more than another, and of all work
WELL = 600.0  # seconds of a piece that is advised


def check(path: str) -> str:
    """What the study of a config would do and roughly cost, from a pilot that is kept beside its results.

    Raises
    ------
    ConfigError
        The config is wrong.
    """
    from multistart.study.study import load_study  # SymPy and Numba: only what descends pays for them

    study = load_study(path)
    folder = Path("results") / study.name
    found = pilot.kept(study, folder / pilot.NAME)
    costs = Costs(study.config, study.count, study.rows, found)
    machine = Machine.here(folder)
    lines = [f"{path}: a valid study", *_what(study, costs, found), "", *_table(costs), "", _total(costs, machine)]
    return "\n".join([*lines, *leave(path, costs, machine), *cut(costs, machine), *whole(costs)])


@dataclass(frozen=True)
class Machine:
    """A computer: its cores, MB of memory, bytes that are free where results go; of memory and disk none if unknown."""

    cores: int
    memory: float | None
    free: float | None

    @classmethod
    def here(cls, folder: Path) -> Machine:
        """The one that runs this, for results in a folder, which need not exist."""
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), Path())
        try:
            memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
        except (OSError, ValueError):  # no system that tells
            memory = None
        try:
            free: float | None = shutil.disk_usage(there).free
        except OSError:
            free = None
        return cls(os.cpu_count() or 1, memory, free)


def _what(study: Study, costs: Costs, found: pilot.Pilot) -> list[str]:
    """The study in lines: function, starts, how they are cut, methods, and what descends besides."""
    pieces = costs.pieces
    lines = [
        f"study: {study.name}; results go to results/{study.name}/",
        f"objective: {_objective(study)}, {counted(study.objective.dimensions, 'dimension')}",
        f"starts: {study.count:,} ({study.describe_starts()})",
        f"descents: {counted(len(pieces), 'job')} a method, of at most {counted(max(map(len, pieces)), 'start')}",
    ]
    for name in study.config.methods:
        steps = found.methods[name].steps
        lines.append(f"method {name}: {study.method(name).describe()}; about {steps:.0f} steps a start")
    for use, what in {"slice": "slice", "boundary": "boundaries", "zoom": "zooms"}.items():
        if most := sum(beside.get(use, 0) for beside in costs.beside.values()):
            lines.append(f"{what}: at most {counted(most, 'descent')} besides, which count in no share")
    lines += [_proof(study, name) for name in proven_methods(study.config)]
    return [*lines, *([_sweep(study)] if study.config.sweep else [])]


def _objective(study: Study) -> str:
    """The function's name; of a fit, its loss, and how many rows and which columns of which file it is to."""
    from multistart.functions.written import loss_of, parts_of

    fit = study.objective.fit
    if fit is None:
        return study.objective.name
    loss = ", ".join([f"the {'mean' if fit.reduction == 'mean' else 'sum'} of {loss_of(fit)}", *parts_of(fit)])
    return f"{loss}, over {counted(f'{fit.count:,}', 'row')} of {fit.source} (columns {', '.join(fit.columns)})"


def _proof(study: Study, name: str) -> str:
    """How many cells the proof of a method's shares may take."""
    given = study.config.proven_shares
    assert given is not None, "asked for methods whose shares are proven"
    width = f", or fewer once {100 * given.width:g} % is undecided" if given.width else ""
    return f"proven shares of {name}: at most {counted(f'{given.max_cells:,}', 'cell')}{width}"


def _sweep(study: Study) -> str:
    """What the sweep would do."""
    from multistart.study.sweep_plan import Sweep

    sweep = Sweep(study)
    values = " x ".join(f"{counted(len(values), 'value')} of {key}" for key, values in sweep.values.items())
    descents = counted(len(sweep.points) * study.count * len(sweep.methods), "descent")
    more = "where descents neither rest nor leave, a tenth of a second or more for each value besides"
    return f"sweep: {values}, from all starts at each: {descents}; {more}"


def _table(costs: Costs) -> list[str]:
    """A line for each rule: its jobs, what each of them asks for, and where they run where a cluster is used."""
    rows = [("rule", "jobs", "threads", "memory", "at most", "where")]
    for rule, need in costs.needs.items():
        asked = (f"{need.threads}", f"{need.memory():,} MB", duration(60.0 * need.minutes()))
        rows.append((rule, f"{need.jobs:,}", *asked, "here" if costs.near(rule) else "cluster"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    told = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    return ["Jobs, and what each asks for where a cluster is used:", *told]


def _total(costs: Costs, machine: Machine) -> str:
    memory = max(need.memory() for need in costs.needs.values())
    hours = costs.cpu_seconds() / 3600
    work = f"{hours:,.1f} CPU hours" if hours >= 0.1 else f"{costs.cpu_seconds():.0f} CPU seconds"
    here, tables = duration(costs.cpu_seconds() / machine.cores), _megabytes(costs.bytes_at_most())
    on = counted(machine.cores, "core")
    return f"about {here} on {on} ({work}), at most {tables} of tables at a time, {memory:,} MB of memory for a job"


def leave(path: str, costs: Costs, machine: Machine) -> list[str]:
    """A sentence with the command to use, where one machine is too small for the study; none where it will do."""
    memory, seconds = max(need.memory() for need in costs.needs.values()), costs.cpu_seconds() / machine.cores
    why = []
    if seconds > A_WORKDAY:
        why.append(f"{duration(seconds)} of work for its {counted(machine.cores, 'core')}")
    if machine.memory is not None and memory > machine.memory:
        why.append(f"{memory:,} MB for a job, of its {machine.memory:,.0f} MB of memory")
    if machine.free is not None and costs.bytes_at_most() > machine.free:
        why.append(f"{_megabytes(costs.bytes_at_most())} of tables, of {_megabytes(machine.free)} that are free")
    if not why:
        return []
    command = f"multistart run {path} -- --profile {PROFILE}"
    return [f"This machine is small for it: {'; '.join(why)}. On a cluster: `{command}` (docs/clusters.md)."]


def whole(costs: Costs) -> list[str]:
    """A sentence where it is dear that a Latin hypercube is made whole in each job."""
    seconds, all_of_it = costs.making_of_all, costs.cpu_seconds()
    if costs.whole_design < A_LARGE_DESIGN and seconds < max(A_MINUTE, A_TENTH * all_of_it):
        return []
    jobs, part = costs["descend"].jobs, f"{seconds:.0f} of about {all_of_it:,.0f} CPU seconds"
    memory = _megabytes(1e6 * costs.whole_design)
    return [
        f"Each job that descends, of {jobs:,}, makes the whole Latin hypercube for its rows: {memory} more than of "
        f"other designs, and {part} in all. `sobol` and `uniform` make rows alone."
    ]


def cut(costs: Costs, machine: Machine) -> list[str]:
    """A sentence where other ``shards`` would let more machines work, or where pieces are smaller than is of use."""
    need, pieces = costs["descend"], costs.pieces
    seconds = need.seconds / need.threads
    of_all = seconds * costs.starts / max(map(len, pieces))
    alone = costs.cpu_seconds() / machine.cores <= A_WORKDAY
    if seconds < A_MINUTE and len(pieces) > len(costs.parts):
        return [f"A job descends for {duration(seconds)}, and takes some to start: fewer shards cost less."]
    if seconds <= (AN_HOUR if alone else 2 * A_MINUTE):
        return []
    shards = min(math.ceil(of_all / WELL), MOST_JOBS)
    more = pieces_of(costs.parts, shards)
    if len(more) <= len(pieces):
        return []
    each = duration(of_all * max(map(len, more)) / costs.starts)
    return [
        f"A job descends for {duration(seconds)}: with `execution: {{shards: {shards}}}` the {len(more):,} jobs of a "
        f"method take {each} each, on as many machines as there are, and less is lost with one of them."
    ]


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> [duration(seconds) for seconds in (0.2, 40, 119, 121, 7100, 30000, 900000)]
    ['less than 1 s', '40 s', '119 s', '2 min', '118 min', '8.3 h', '250 h']
    """
    if seconds < 1:
        return "less than 1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 100 else f"{hours:,.0f} h"


def _megabytes(size: float) -> str:
    """Bytes in the unit that suits them.

    >>> _megabytes(3e5), _megabytes(2.5e7), _megabytes(1.434e9), _megabytes(1.4e11)
    ('less than 1 MB', '25 MB', '1,434 MB', '140 GB')
    """
    if size < 1e6:
        return "less than 1 MB"
    return f"{size / 1e6:,.0f} MB" if size < 1e10 else f"{size / 1e9:,.0f} GB"
