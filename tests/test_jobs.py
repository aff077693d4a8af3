"""What surrounds a job: its log, its one sentence when something is wrong, and the user's own starts."""

import logging
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from multistart.study.jobs import logged
from multistart.errors import DamagedError, InputError
from multistart.starts.file import read_starts
from multistart.study import load_study, storage
from multistart.study.starts import copy_starts
from multistart.study.summarize import _seconds


@contextmanager
def a_process_of_its_own():
    """The root logger without handlers, as a job finds it."""
    handlers, level = logging.root.handlers, logging.root.level
    logging.root.handlers = []
    try:
        yield
    finally:
        for handler in logging.root.handlers:
            handler.close()
        logging.root.handlers = handlers
        logging.root.setLevel(level)


def a_job(tmp_path):
    return SimpleNamespace(rule="label", log=[str(tmp_path / "log/label.log")], wildcards={"method": "gd"}, config={})


def with_file(path):
    method = {"optimizer": "gradient_descent", "learning_rate": 0.01}
    return {
        "study": "own",
        "objective": {"name": "peaks"},
        "starts": {"design": "file", "path": str(path)},
        "methods": {"gd": method},
    }


def test_a_job_that_meets_a_damaged_file_removes_it_and_says_so(tmp_path):
    """One sentence in the log and on the terminal, no traceback; the next run makes the file anew."""
    path = tmp_path / "minima.csv"
    storage.write_text(path, "value\n-6.5\n")
    path.write_text("value\n-6.4\n")
    with a_process_of_its_own(), pytest.raises(SystemExit) as caught, logged(a_job(tmp_path)):
        storage.read_csv(path)
    said = f"{path} is damaged: its bytes are not those that were written. "
    said += "It was removed; run the study again, which makes it anew."
    assert caught.value.code == said
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log"]
    log = (tmp_path / "log/label.log").read_text()
    assert said in log
    assert "Traceback" not in log


def test_an_error_of_the_program_keeps_its_traceback(tmp_path):
    """In the log, where it helps."""
    with a_process_of_its_own(), pytest.raises(ZeroDivisionError), logged(a_job(tmp_path)):
        _ = 1 / 0
    assert "Traceback" in (tmp_path / "log/label.log").read_text()


def test_own_starts_are_copied_once_and_read_by_rows(tmp_path):
    """The copy has the starts of the file; a study reads its rows from it, and not from the file."""
    points = np.random.default_rng(1).uniform(-3, 3, (50, 2))
    file, table = tmp_path / "mine.csv", tmp_path / "starts.parquet"
    file.write_text("y,x\n" + "".join(f"{y!r},{x!r}\n" for x, y in points.tolist()))
    copy_starts(file, ["x", "y"], table, checksum=storage.checksum(file))
    assert np.array_equal(read_starts(table, ["x", "y"]), points)
    file.unlink()
    study = load_study(with_file(file), starts_rows=50).with_starts(table)
    assert study.count == 50
    assert np.array_equal(study.starts(slice(20, 30)), points[20:30])
    assert np.array_equal(study.starts_at(np.array([0, 7, 49])), points[[0, 7, 49]])
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(DamagedError, match=r"starts\.parquet is damaged"):
        study.with_starts(table)


def test_a_file_of_starts_that_changed_under_way_is_refused(tmp_path):
    """What was planned for one file is never made from another; nothing is left of the attempt."""
    file = tmp_path / "mine.csv"
    file.write_text("x,y\n1,2\n")
    planned = storage.checksum(file)
    file.write_text("x,y\n1,3\n")
    with pytest.raises(InputError, match=r"mine\.csv was changed while the study ran; run the study again"):
        copy_starts(file, ["x", "y"], tmp_path / "starts.parquet", checksum=planned)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize("content", ["", "\0" * 40, "s\tmax\n", "s\nx\n", "s\nnan\n", "h\n1\n"])
def test_damaged_timings_cost_no_study(tmp_path, content):
    """Run times are Snakemake's, without a checksum: where one is unreadable, the summary says none."""
    (tmp_path / "good.tsv").write_text("s\th:m:s\n1.5\t0:00:01\n")
    (tmp_path / "bad.tsv").write_text(content)
    assert _seconds([tmp_path / "good.tsv"]) == 1.5
    assert _seconds([tmp_path / "good.tsv", tmp_path / "bad.tsv"]) is None
    assert _seconds([tmp_path / "none.tsv"]) is None
