# What jobs ask for: threads, memory and time; and among how many the cores of this machine are shared.

import math
from functools import cache

from multistart.study import costs, pilot
from multistart.study.settings import settings


def sent_away():
    """Whether jobs run elsewhere, or this is one that does.

    Which executor there is, is not known before jobs are planned. In a dry run it is one that runs nothing here, and
    what Snakemake asks of jobs elsewhere alone tells.
    """
    if workflow.remote_exec or not workflow.local_exec:
        return True
    return workflow.dryrun and workflow.execution_settings.use_threads


def threads_of(rule, here):
    """The threads of a rule's jobs: on this machine ``here``; where they are sent away a number that no machine decides,
    or what a profile says in `set-threads`.

    The cores of the machine that sends them away would be a limit, of what is asked for and of what a job then takes.
    """

    def threads(wildcards):
        if not sent_away():
            return here
        if workflow.is_main_process:
            workflow.global_resources["_cores"] = None
            workflow.resource_settings.cores = None
        return costs.threads_of(rule)

    return threads


@cache
def costs_of_study():
    """What the jobs take. A run that sends them away makes a pilot first, if there is none yet, to know how long."""
    file, digest = RESULTS / pilot.NAME, pilot.digest_of(CONFIG, DATA_DIGEST)
    waits = (
        workflow.is_main_process and sent_away() and not (REFUSED or workflow.dryrun)
    )
    found = (
        pilot.made_elsewhere(file, digest, CONFIG)
        if waits
        else pilot.read(file, digest)
    )
    rows = STUDY.objective.rows if OWN_DATA else 1
    return costs.Costs(settings(CONFIG), STUDY.count, rows, found)


def resources_of(rule):
    """Memory and run time that a rule's jobs ask for, twice as much each time that one is tried again."""
    return {
        "mem_mb": lambda wildcards, attempt: costs_of_study()[rule].memory(attempt),
        "runtime": lambda wildcards, attempt: costs_of_study()[rule].minutes(attempt),
    }


def threads_of_descents():
    """The cores, shared among the jobs whose pieces are missing."""
    missing = sum(
        not files.descended(piece).exists()
        for files in FILES.values()
        for piece in PIECES
    )
    return max(1, CORES // max(1, missing))


def cores_of_a_method(name, most):
    """The cores, shared among the methods that have no file of this name yet, or among all where each has it."""
    missing = [files for files in FILES.values() if not (files.folder / name).exists()]
    return max(1, min(most, CORES // len(missing or FILES)))


def sweep_jobs():
    """How many jobs descend at the values of a sweep: one where that is the work of a few parts at most."""
    if STORAGE:  # where what is kept by digests reaches no other machine
        return 1
    values = math.prod(map(len, STUDY.sweep.values()))
    rows = STUDY.count * values * len(SWEPT)
    many = rows > parts.A_FEW * parts.PART
    return min(CONFIG["execution"]["shards"], values) if many else 1
