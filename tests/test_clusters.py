"""Jobs that are sent away: by commands that stand in for a queue, and, marked ``slurm``, by a Slurm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live_runs import ROOT, SMALL, write_config
from tests.plugins import plugins_of

PROFILE = ROOT / "profiles/generic"
QUEUES = {
    "Slurm": ["sbatch", "squeue", "scancel"],
    "LSF": ["bsub", "bjobs", "bkill"],
    "PBS": ["qsub", "qselect", "qdel"],
    "Grid Engine": ["qsub", "qstat", "qdel"],
}
SENT = {
    "Slurm": "--cpus-per-task=3 --mem=4000 --time=90",
    "LSF": "-n 3 -R span[hosts=1] rusage[mem=4000MB] -M 4000MB -W 90",
    "PBS": "-l select=1:ncpus=3:mem=4000mb -l walltime=1:30:00",
    "Grid Engine": "-pe smp 3 -l h_vmem=1334M,h_rt=5400",
}


@pytest.fixture(params=QUEUES)
def queue(request, tmp_path):
    """A folder to send jobs from, with an odd name, and the environment that has the commands of one queue alone."""
    cluster = tmp_path / "cluster"
    (cluster / "bin").mkdir(parents=True)
    for name in QUEUES[request.param]:
        shutil.copy(ROOT / "tests/fake_cluster.sh", cluster / "bin" / name)
        (cluster / "bin" / name).chmod(0o755)
    for name in ("sh", "sed", "grep", "cat", "ls", "mkdir", "mv", "rm", "date", "dirname", "basename", "head", "tail"):
        (cluster / "bin" / name).symlink_to(shutil.which(name))
    for name in ("id", "cut", "awk", "setsid", "sleep", "tr"):
        (cluster / "bin" / name).symlink_to(shutil.which(name))
    environment = {"PATH": str(cluster / "bin"), "FAKE_CLUSTER": str(cluster), "MULTISTART_GONE_AFTER": "1"}
    folder = tmp_path / "it's {a} $clone"
    (folder / ".snakemake/tmp.1").mkdir(parents=True)
    return request.param, folder, environment | ({"SGE_ROOT": "/sge"} if request.param == "Grid Engine" else {})


class Sent:
    """Job scripts as Snakemake writes them, and the profile's three commands."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment

    def call(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [PROFILE / f"{command}.sh", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def send(self, name: str, command: str) -> str:
        script = self.folder / f".snakemake/tmp.1/snakejob.{name}.1.sh"
        params = {"threads": 7, "odd": 'a "threads": 9, \'quoted\' $word', "resources": {"mem_mb": 1}}
        properties = {"rule": name, "params": params, "threads": 3, "resources": {"mem_mb": 4000, "runtime": 90}}
        script.write_text(f"#!/bin/sh\n# properties = {json.dumps(properties)}\n{command}\n")
        return self.call("submit", str(script))

    def end(self, job: str) -> str:
        deadline = time.monotonic() + 30
        while (status := self.call("status", job)) == "running" and time.monotonic() < deadline:
            time.sleep(0.1)
        return status


def test_what_a_job_asks_for_and_how_it_ended_pass_through_each_queue(queue):
    """Threads, memory and time as the rule says; success and failure by what the job did, in the folder it is of."""
    name, folder, environment = queue
    sent = Sent(folder, environment)
    good = sent.send("good", "echo here > made")
    assert sent.end(good) == "success"
    assert (folder / "made").read_text() == "here\n"
    assert sent.end(sent.send("bad", "exit 3")) == "failed"
    assert SENT[name] in (folder.parent / "cluster/calls").read_text()


def test_a_job_that_is_lost_has_failed_and_one_that_works_has_not(queue):
    """Nobody says that the lost one is gone: the queue knows it no more, and it did not say how it ended."""
    _, folder, environment = queue
    (folder.parent / "cluster/lose").write_text("101")
    sent = Sent(folder, environment)
    works, lost = sent.send("works", "sleep 30"), sent.send("lost", "true")
    assert sent.end(lost) == "failed"
    assert sent.call("status", works) == "running"
    sent.call("cancel", works, lost)
    assert sent.end(works) == "failed"


def test_a_queue_that_does_not_answer_has_lost_no_job(queue):
    """Its command fails for a while, as where too many ask; the job is said to run until more is known."""
    _, folder, environment = queue
    sent = Sent(folder, environment)
    job = sent.send("lost", "sleep 30")
    (folder.parent / "cluster/silent").touch()
    for _ in range(3):
        assert sent.call("status", job) == "running"
        time.sleep(0.6)
    sent.call("cancel", job)
