import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from multistart.study import run_lock

HOLD = """
import sys; from pathlib import Path; from multistart.study.run_lock import take
print(take(Path(sys.argv[1]), config=sys.argv[2]), flush=True); sys.stdin.read()
"""
#: A run with a job that would work for ever; the job says its number, then that it works.
RUN_WITH_JOB = """
import subprocess, sys; from pathlib import Path; from multistart.study.run_lock import take
take(Path(sys.argv[1]), config="c")
job = "import os, time; from multistart.study.run_lock import end_with_run; time.sleep({late}); end_with_run();"
job += "print(os.getpid(), flush=True); time.sleep(600)"
subprocess.run([sys.executable, "-c", job.replace("{late}", sys.argv[2])])
"""
#: A job of the run "1 elsewhere", and what waits for it, as Snakemake does; the job says that it works.
FAR_JOB = """
import subprocess, sys, time
job = "from multistart.study import run_lock; import time; run_lock.FAR = 0.2; run_lock.end_with_run();"
job += "print('at work', flush=True); time.sleep(600)"
subprocess.run([sys.executable, "-c", job])
print("the job ended first", flush=True)
"""


def python(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of the study "s"."""
    with python(HOLD, tmp_path / "results/s", "my\u202e.yaml") as process:
        assert process.stdout.readline() == "\n"
        yield process
        process.kill()


def taken(results):
    """What a process that tries to take the lock is told."""
    with python(HOLD, results, "other.yaml") as process:
        return process.communicate("")[0].strip()


def test_a_second_run_is_told_who_holds_the_lock(holder, tmp_path):
    """Process, host, since when, with which config, and what to do; another study is free."""
    said = taken(tmp_path / "results/s")
    assert f"The study s is being run by process {holder.pid} on " in said
    assert "with the config my\\u202e.yaml. Two runs at once would mix their results" in said
    assert taken(tmp_path / "results/other") == ""


def test_deleting_the_results_does_not_free_the_lock(holder, tmp_path):
    """The lock stands beside the folder."""
    results = tmp_path / "results/s"
    results.mkdir()
    results.rmdir()
    assert "is being run by process" in taken(results)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, None])
def test_the_lock_goes_with_its_process(holder, tmp_path, how, monkeypatch):
    """Killed, terminated, or ended: the next run has the lock at once, and a clean end leaves no name behind."""
    if how is None:
        holder.communicate("")
        assert (tmp_path / "results/.s.lock").read_text() == ""
    else:
        holder.send_signal(how)
        holder.wait()
    assert taken(tmp_path / "results/s") == ""


def test_no_lock_where_nothing_can_be_written(tmp_path):
    """The sentence names the folder."""
    (tmp_path / "results").write_text("a file")
    assert "results/ cannot be written" in run_lock.take(tmp_path / "results/s", config="c")


def test_results_that_cannot_be_written_are_said_before_work_starts(tmp_path, monkeypatch):
    """One folder in them is read-only: the sentence names it; a disk without room for a line is said too."""
    closed = tmp_path / "results/s/gd"
    closed.mkdir(parents=True)
    with monkeypatch.context() as patched:  # root may write whatever the mode, but not to a read-only file system
        patched.setattr(run_lock.os, "access", lambda folder, how: Path(folder) != closed)
        assert run_lock.take(tmp_path / "results/s", config="c") == (
            f"{closed}/ cannot be written (it is read-only), so no study can be run here."
        )

    def full(handle, content, offset):
        raise OSError(run_lock.errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run_lock.os, "pwrite", full)
    assert "results/ cannot be written (No space left" in run_lock.take(tmp_path / "results/s", config="c")


def test_a_file_system_without_locks_is_said(tmp_path, monkeypatch, capsys):
    """The run goes on, with a warning."""

    def unsupported(handle, how):
        raise OSError(run_lock.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(run_lock.fcntl, "flock", unsupported)
    monkeypatch.setenv(run_lock.RUN, "")
    assert run_lock.take(tmp_path / "results/s", config="c") == ""
    assert "cannot be locked (No locks available): keep two runs of this study apart" in capsys.readouterr().err


@pytest.mark.parametrize("late", [0, 1], ids=["at work", "starting"])
def test_a_job_ends_with_its_run(tmp_path, late):
    """The run is killed, and the job ends by itself, also one that was only starting."""
    with python(RUN_WITH_JOB, tmp_path / "results/s", late) as run:
        if not late:
            assert int(run.stdout.readline())
        time.sleep(0.5)
        run.kill()
        run.stdout.read()  # returns when the job, which has the same pipe, has ended


@pytest.fixture
def far_job(tmp_path):
    """``far_job(run)`` starts a job of a run on another machine, where the lock's file names a run; that file too."""
    lock, started = tmp_path / ".s.lock", []

    def start(named):
        lock.write_text(json.dumps({"run": named}) if named else "")
        environment = os.environ | {run_lock.RUN: "1 elsewhere", run_lock.LOCK: str(lock)}
        command = [sys.executable, "-c", FAR_JOB]
        job = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
        started.append(job)
        return job, lock

    yield start
    for job in started:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)
        job.communicate()


@pytest.mark.parametrize("then", ["", json.dumps({"run": "2 elsewhere"})], ids=["none", "another"])
def test_a_job_on_another_machine_ends_once_the_lock_names_another_run_or_none(far_job, then):
    """It works until then; what waits for it ends with it, since that would remove files which the next run made."""
    job, lock = far_job("1 elsewhere")
    assert job.stdout.readline() == "at work\n"
    time.sleep(0.6)
    assert job.poll() is None
    lock.write_text(then)
    assert job.stdout.read() == ""
    assert job.wait() == -signal.SIGKILL


def test_a_job_that_comes_too_late_does_no_work(far_job):
    """Its run is over before it begins, as one that waited in a queue."""
    job, _ = far_job("2 elsewhere")
    assert job.stdout.read() == ""
    assert job.wait() == -signal.SIGKILL


def test_a_job_that_sees_no_lock_is_left_to_the_cluster(far_job):
    """As where nothing is shared; a number of the run's machine means no process here."""
    job, lock = far_job("1 elsewhere")
    lock.unlink()
    assert job.stdout.readline() == "at work\n"
    time.sleep(0.6)
    assert job.poll() is None


def test_what_is_done_at_the_end_of_another_process_can_be_said():
    """As to take jobs back from a cluster when the command that started the run was killed."""
    ended = threading.Event()
    with python("input()") as other:
        run_lock.end_with(other.pid, ended.set)
        assert not ended.wait(0.3)
        other.kill()
        assert ended.wait(10)


INTERRUPTED = """
import sys, time; from pathlib import Path; from multistart.study import run_lock, terminal
run_lock.take(Path(sys.argv[1]), config="c"); terminal.stop_at_interrupt(said=True, elsewhere=lambda: True)
try:
    print("at work", flush=True); time.sleep(600)
except KeyboardInterrupt:
    print(repr((Path(sys.argv[1]).parent / ".s.lock").read_text()), flush=True)
"""


def test_an_interrupt_ends_the_entry_first_and_is_still_an_interrupt(tmp_path):
    """So jobs that Snakemake does not take back find that their run is over, however long it takes to end."""
    with python(INTERRUPTED, tmp_path / "results/s") as run:
        assert run.stdout.readline() == "at work\n"
        assert json.loads((tmp_path / "results/.s.lock").read_text())["run"].startswith(f"{run.pid} ")
        run.send_signal(signal.SIGINT)
        assert run.communicate()[0] == "''\n"
