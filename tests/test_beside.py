"""A second process for a part of a job: it does what it is given, ends with the job, and says what went wrong."""

import os
import signal
import subprocess
import sys
import time

import pytest

from multistart.errors import MultistartError, WriteError
from multistart.study import load_study
from multistart.study.beside import beside, in_turn
from multistart.study.draw import draw_all
from tests.staged import run

CONFIG = {
    "study": "s",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}},
    "figures": {"dpi": 30},
}


def test_work_is_done_in_another_process_while_the_body_runs(tmp_path):
    """Each waits for a file that the other one makes; a fork has the objects of its job."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"

    def wait_for(file):
        deadline = time.monotonic() + 60
        while not file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def work():
        theirs.write_text(str(os.getpid()))
        wait_for(ours)

    with beside(work):
        wait_for(theirs)
        ours.touch()
    assert theirs.read_text() != str(os.getpid())


def test_each_thing_is_taken_once_by_whoever_is_free(tmp_path):
    """While one process is busy with what it has taken, the other takes all that is left."""
    done = tmp_path / "done"

    def hold() -> None:
        first = next(iter(things))
        (tmp_path / f"{first}").touch()
        while not done.exists():
            time.sleep(0.01)

    with in_turn("abcdef") as things, beside(hold):
        while not (tmp_path / "a").exists():
            time.sleep(0.01)
        assert list(things) == list("bcdef")
        done.touch()


@pytest.mark.parametrize(
    ("error", "said"),
    [(WriteError("a.png", OSError(28, "No space left on device")), "a.png cannot be written"), (KeyError(), "code 1")],
)
def test_what_goes_wrong_in_the_second_process_is_an_error_of_the_job(error, said, capfd):
    """A sentence of the package as it is, of anything else the code that the process ended with."""

    def work():
        raise error

    with pytest.raises(MultistartError, match=said), beside(work):
        pass
    assert ("Traceback" in capfd.readouterr().err) == isinstance(error, KeyError)


def test_a_second_process_that_is_killed_is_an_error(tmp_path):
    """As where memory is short: no half of a job is taken for a whole one."""
    with pytest.raises(MultistartError, match="-9"), beside(lambda: os.kill(os.getpid(), signal.SIGKILL)):
        pass


def test_work_ends_where_the_body_fails(tmp_path):
    """The error of the body is the one that is said, at once."""
    began = time.monotonic()
    with pytest.raises(ZeroDivisionError), beside(lambda: time.sleep(60)):
        _ = 1 / 0
    assert time.monotonic() - began < 30


JOB = """
import os, time
from multistart.study.beside import beside
def work():
    print(os.getpid(), flush=True)
    time.sleep(600)
with beside(work):
    time.sleep(600)
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_second_process_ends_with_its_job(sent):
    """However the job ends, nothing of it writes into a run that comes later."""
    with subprocess.Popen([sys.executable, "-c", JOB], stdout=subprocess.PIPE, text=True) as job:
        assert int(job.stdout.readline())
        job.send_signal(sent)
        assert job.stdout.read() == ""  # returns when the fork, which has the same pipe, has ended


def test_pictures_and_tables_of_two_processes_are_those_of_one(tmp_path):
    """Byte for byte, each of them there."""
    study, paths = (
        load_study(CONFIG),
        [f"{name}.{kind}" for name in ("shares", "steps", "success") for kind in ("png", "svg")],
    )
    made = []
    for processes in (1, 2):
        folder = run(study, tmp_path / str(processes), together=True, processes=processes)
        files = [
            folder / name for name in ("basins.csv", "tally.parquet", "shares.csv", "estimates.csv", "success.csv")
        ]
        draw_all(study, "gd", files, [folder / path for path in paths], processes=processes)
        made.append({file.name: file.read_bytes() for file in folder.rglob("*.*") if "certificate" not in file.name})
    one, two = made
    assert {*paths, "diagnoses.csv", "estimates.csv"} <= set(one)
    assert one == two
