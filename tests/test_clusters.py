"""Jobs that are sent away: by commands that stand in for a queue, and, marked ``slurm``, by a Slurm."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import psutil
import pytest
from snakemake import cli

from multistart.study import array_task
from tests import forked_runs, real_slurm
from tests.live_runs import PATIENCE, ROOT, RUN, SMALL, differences, results, run, start, write_config
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
        params = {"threads": 7, "odd": "a \"threads\": 9, 'quoted' $word", "resources": {"mem_mb": 1}}
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


@pytest.mark.parametrize(("profile", "executor"), [("slurm", "slurm"), ("generic", "cluster-generic")])
def test_a_profile_is_read_beside_the_default_one_and_plans_a_study(tmp_path, monkeypatch, profile, executor):
    """Jobs go to the cluster, and what has to stay on is on; nothing is sent, and no cluster is needed, to plan."""
    write_config(tmp_path, PIECES)
    arguments = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "c.yaml", "--dry-run"]
    arguments += ["--profile", str(ROOT / "profiles" / profile)]
    plans = cli.args_to_api

    def tells(given, parser):
        print([given.executor, given.retries, given.nolock, given.rerun_incomplete])
        return plans(given, parser)

    monkeypatch.setattr(cli, "args_to_api", tells)
    environment = shared(ROOT / "src", plugins_of(profile)) | {"PATH": "/usr/bin:/bin"}
    code, said = forked_runs.snakemake(tmp_path, *arguments, **environment)
    assert code == 0, said
    plan = said.splitlines()
    assert str([executor, 3, True, True]) in plan
    assert ["descend", "10"] in [line.split() for line in plan]


def array(commands):
    """The argument by which the plugin hands the commands of an array's tasks over."""
    held = {str(number): zlib.compress(command.encode()).hex() for number, command in commands.items()}
    return f"{array_task.OPTION}={base64.b64encode(json.dumps(held).encode()).decode()}"


def test_a_task_of_an_array_becomes_the_job_that_it_is_for(tmp_path):
    """The process is replaced, so it looks for its own files and no other's, and ends with the job's code."""
    argument = array({2: 'echo mine "it\'s"; exit 3', 3: "echo not mine"})
    code = (
        "import sys; from multistart.study.array_task import become_own_job; become_own_job(sys.argv); print('first')"
    )
    for task, said, ended in (("2", "mine it's\n", 3), ("1", "first\n", 0)):
        environment = os.environ | {"SLURM_ARRAY_TASK_ID": task}
        done = subprocess.run([sys.executable, "-c", code, argument], env=environment, capture_output=True, text=True)
        assert (done.stdout, done.returncode) == (said, ended), done.stderr


@pytest.mark.parametrize("arguments", [[], ["--jobs=1"], [f"{array_task.OPTION}=e30="], [f"{array_task.OPTION}=?"]])
def test_what_is_no_array_stays_what_it_is(arguments):
    """Also where a later version hands the commands over in another form."""
    assert array_task.own_command(arguments, {"SLURM_ARRAY_TASK_ID": "2"}) is None
    assert array_task.own_command([array({2: "a"})], {}) is None


#: News of jobs are asked for soon, and a node has room for several that descend.
NEWS = ["--slurm-init-seconds-before-status-checks", "2", "--set-threads", "descend=2"]
#: In parts of 2^10 starts: five, each in two pieces.
PIECES = SMALL | {"starts": {"design": "uniform", "count": 5000, "seed": 1}, "execution": {"shards": 9}}


@pytest.fixture(scope="module")
def short_parts(tmp_path_factory):
    """A copy of the project whose parts have 2^10 starts, and what the study gives there when it runs on one machine.

    The copy's profiles are used, named as a user names them.
    """
    project = tmp_path_factory.mktemp("project")
    for name in ("src", "workflow", "profiles", "config"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "Snakefile", project)
    file = project / "src/multistart/files/parts.py"
    file.write_text(file.read_text().replace("PART = 2**20", "PART = 2**10"))
    folder = tmp_path_factory.mktemp("local") / "s"
    write_config(folder, PIECES)
    run(folder, **shared(project / "src"))
    return project, results(folder)


def shared(*packages):
    """The environment in which packages are found, with the kernels that other tests have compiled."""
    return {"PYTHONPATH": ":".join(map(str, packages)), "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}


def sent_away(profile, *more):
    """What is typed to run a study by a profile, looking for news more often than on a real cluster."""
    return [*RUN[:6], "--", "--profile", f"profiles/{profile}", "--seconds-between-status-checks", "1", *more]


@pytest.mark.slow
def test_a_study_sent_to_a_queue_that_loses_a_job_gives_the_same_bytes(short_parts, tmp_path):
    """The lost job is found missing and sent again; every file is that of the run on one machine."""
    project, expected = short_parts
    cluster, folder = tmp_path / "cluster", tmp_path / "s"
    (cluster / "bin").mkdir(parents=True)
    for name in QUEUES["Slurm"]:
        shutil.copy(ROOT / "tests/fake_cluster.sh", cluster / "bin" / name)
        (cluster / "bin" / name).chmod(0o755)
    (cluster / "lose").write_text("104")
    write_config(folder, PIECES)
    environment = {
        "PATH": f"{cluster}/bin:{os.environ['PATH']}",
        "FAKE_CLUSTER": str(cluster),
        "MULTISTART_GONE_AFTER": "6",
    } | shared(project / "src", plugins_of("generic"))
    run(folder, sent_away("generic", "--jobs", "3"), **environment)
    assert differences(results(folder), expected) == []
    sent = [line.split()[3] for line in (cluster / "calls").read_text().splitlines() if line.startswith("sbatch")]
    assert len(sent) == len(set(sent)) + 1  # the lost one twice


@pytest.fixture
def slurm(tmp_path):
    """A Slurm of two nodes, and what its commands need in the environment."""
    if missing := real_slurm.missing():
        pytest.skip(f"no Slurm on this machine: {', '.join(missing)} missing (slurmctld, slurmd, slurm-client, munge)")
    with real_slurm.slurm(tmp_path / "slurm") as environment:
        yield {name: environment[name] for name in ("PATH", "SLURM_CONF")}


def until(found, process):
    """Wait for what a function finds while a run goes on."""
    deadline = time.monotonic() + PATIENCE
    while not (what := found()):
        assert process.poll() is None, "the run has ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return what


def scripts(name, folder):
    """The processes that run a script of the workflow in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(f".{name}.py" in word for word in process.cmdline()) and process.cwd() == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def array_tasks(environment, rule):
    """The array tasks of a rule that Slurm was given, with the node and state of each."""
    answer = real_slurm.answer("squeue --states=all --array --noheader --format=%i|%k|%N|%T", os.environ | environment)
    lines = [line.split("|") for line in answer.splitlines()]
    return [(task, node, state) for task, comment, node, state in lines if "_" in task and f"rule_{rule}_" in comment]


@pytest.mark.slurm
def test_a_study_on_slurm_that_loses_a_process_and_two_nodes_gives_the_same_bytes(slurm, short_parts, tmp_path):
    """Descents and labels are arrays; one job is killed, one node dies under its jobs, another is drained."""
    project, expected = short_parts
    folder = tmp_path / "s"
    write_config(folder, PIECES)
    slurm |= shared(project / "src", plugins_of("slurm"))
    process = start(folder, sent_away("slurm", *NEWS), **slurm)

    def on(node, rule):
        return [task for task, where, state in array_tasks(slurm, rule) if (where, state) == (node, "RUNNING")]

    until(lambda: scripts("descend", folder), process)[0].kill()
    until(lambda: on("node2", "descend"), process)
    change = "scontrol update nodename={} state={} reason=test"
    real_slurm.answer(change.format("node2", "down"), os.environ | slurm)
    until(lambda: array_tasks(slurm, "label"), process)
    real_slurm.answer(change.format("node2", "resume"), os.environ | slurm)
    labelling = until(lambda: [node for node in ("node1", "node2") if on(node, "label")], process)
    real_slurm.answer(change.format(labelling[0], "drain"), os.environ | slurm)
    code = process.wait(PATIENCE)
    said = folder.with_name("s.txt").read_text()
    assert code == 0, said
    assert differences(results(folder), expected) == []
    assert len({task for task, _, _ in array_tasks(slurm, "label")}) >= 5
    assert len({task for task, _, _ in array_tasks(slurm, "descend")}) >= 10


@pytest.mark.slurm
def test_what_is_stopped_leaves_no_job_on_slurm(slurm, short_parts, tmp_path):
    """Ctrl-C: waiting and running jobs are taken back, and the same command goes on from there to the same bytes."""
    project, expected = short_parts
    folder = tmp_path / "s"
    write_config(folder, PIECES)
    slurm |= shared(project / "src", plugins_of("slurm"))
    command = sent_away("slurm", *NEWS)
    process = start(folder, command, **slurm)
    until(lambda: scripts("descend", folder), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    deadline = time.monotonic() + 30
    while left := real_slurm.answer("squeue --noheader", os.environ | slurm):
        assert time.monotonic() < deadline, left
        time.sleep(0.5)
    ended = real_slurm.answer("squeue --states=all --noheader --format=%T", os.environ | slurm).split()
    assert "CANCELLED" in ended  # not only those that find their run gone, which fail
    run(folder, command, **slurm)
    assert differences(results(folder), expected) == []
