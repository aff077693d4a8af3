"""Files appear whole or not at all, and what was damaged is seen before it is believed."""

import fcntl
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from multistart.errors import DamagedError, WriteError
from multistart.files import whole_files
from multistart.files.whole_files import checksum, checksum_file, damaged, left_over, note_of, tidy, verify, whole
from multistart.study import storage
from tests.test_counts import OUTCOMES, rows
from tests.test_storage import batch

TALLY = OUTCOMES.of(rows(50, 1))
BUDGETS = pd.DataFrame({"evaluations": [100, 200], "success": [0.25, 0.4375]})
COUNTS = pd.DataFrame({"of": "basin", "kind": "count", "i": np.arange(9), "j": 0, "value": 7})
#: Every kind of file that one stage writes and another reads: how it is written, and how it is read.
KINDS = {
    "success.csv": (lambda path: storage.write_csv(path, BUDGETS), storage.read_csv),
    "certificate.json": (lambda path: storage.write_json(path, {"complete": True, "low": -6.5}), storage.read_json),
    "shard.parquet": (
        lambda path: storage.write_rows(path, [batch(0, 500)]),
        lambda path: list(storage.read_rows([path])),
    ),
    "tally.parquet": (lambda path: storage.write_tally(path, TALLY), storage.read_tally),
    "shares_tally.parquet": (
        lambda path: storage.write_frame(path, COUNTS),
        storage.read_frame,
    ),
}


def write(folder):
    """All kinds of files in a folder."""
    for name, (writes, _) in KINDS.items():
        writes(folder / name)
    return folder


def flip(content, bit):
    changed = bytearray(content)
    changed[bit // 8 % len(content)] ^= 1 << bit % 8
    return bytes(changed)


def damages(content, seed):
    """Contents that are not quite the one given: single bits, cut short, zeroed, longer, empty, blocks of zeros."""
    chance = random.Random(seed)
    yield from (flip(content, chance.randrange(8 * len(content))) for _ in range(40))
    yield from (content[: chance.randrange(len(content))] for _ in range(5))
    yield from (bytes(len(content)), b"", content + b"\n", content[:-1])
    start = chance.randrange(len(content) - 8)
    yield content[:start] + bytes(8) + content[start + 8 :]


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_is_never_read(tmp_path, name):
    """One bit, a cut, zeros, in a file or in its record: a sentence that names the file, never another number."""
    writes, reads = KINDS[name]
    path = tmp_path / name
    writes(path)
    reads(path)
    for victim in (path, checksum_file(path)):
        content = victim.read_bytes()
        for changed in damages(content, seed=1):
            if changed == content:
                continue
            victim.write_bytes(changed)
            with pytest.raises(DamagedError, match=r"is damaged: .*\.$") as caught:
                reads(path)
            assert caught.value.path == path
        victim.write_bytes(content)
    reads(path)
    checksum_file(path).unlink()
    with pytest.raises(DamagedError, match="no checksum of it is recorded"):
        reads(path)


def test_a_page_of_a_parquet_file_is_checked_by_any_reader(tmp_path):
    """Each page carries a checksum of its own, which readers that know nothing of our records can ask for."""
    import pyarrow.parquet as pq

    storage.write_rows(tmp_path / "a.parquet", [batch(0, 5000)])
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(flip(content, 8 * (len(content) // 3)))
    with pytest.raises(OSError, match=r"CRC|corrupt"):
        pq.read_table(tmp_path / "a.parquet", page_checksum_verification=True)


def test_the_record_is_that_of_sha256sum(tmp_path):
    """A person can check a folder with `sha256sum -c`."""
    storage.write_text(tmp_path / "a.txt", "abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4
    assert verify(tmp_path / "a.txt") == checksum(tmp_path / "a.txt") == known
    assert checksum_file(tmp_path / "a.txt").read_text() == f"{known}  a.txt\n"


def test_a_note_is_recorded_with_the_checksum(tmp_path):
    """It says what its writer said of the file, under another name too, and `sha256sum` passes over it."""
    with whole(tmp_path / "a", note="of a kind") as file:
        file.write(b"abc")
    storage.write_text(tmp_path / "plain", "abc")
    assert verify(tmp_path / "a") == verify(tmp_path / "plain")
    assert [note_of(tmp_path / name) for name in ("a", "plain", "none")] == ["of a kind", "", ""]
    whole_files.move(tmp_path / "a", tmp_path / "sub/b")
    assert verify(tmp_path / "sub/b") == verify(tmp_path / "plain")
    assert note_of(tmp_path / "sub/b") == "of a kind"
    assert sorted(os.listdir(tmp_path)) == [".plain.sha256", "plain", "sub"]
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", ".b.sha256"], cwd=tmp_path / "sub", check=True)
    (tmp_path / "sub/b").write_bytes(b"xyz")
    with pytest.raises(DamagedError):
        whole_files.move(tmp_path / "sub/b", tmp_path / "c")
    assert sorted(os.listdir(tmp_path / "sub")) == [".b.sha256", "b"]


def test_what_is_damaged_goes_and_the_rest_stays(tmp_path):
    """Damaged files are removed with their records and named; whole ones, and those of the user, are left alone."""
    write(tmp_path)
    (tmp_path / "sub").mkdir()
    storage.write_csv(tmp_path / "sub/success.csv", BUDGETS)
    (tmp_path / "notes.txt").write_text("mine")
    for name in ("shard.parquet", "sub/success.csv"):
        (tmp_path / name).write_bytes(flip((tmp_path / name).read_bytes(), 77))
    (tmp_path / "success.csv").unlink()
    assert {error.path.name for error in damaged(tmp_path)} == {"shard.parquet", "success.csv"}
    assert (tmp_path / "shard.parquet").exists()
    said = tidy(tmp_path)
    assert len(said) == 2
    ending = "is damaged: its bytes are not those that were written. It was removed, and is made anew."
    assert all(sentence.endswith(ending) for sentence in said)
    left = {"certificate.json", "tally.parquet", "shares_tally.parquet"}
    expected = left | {checksum_file(name).name for name in left} | {"notes.txt", "sub"}
    assert set(os.listdir(tmp_path)) == expected
    assert os.listdir(tmp_path / "sub") == []
    assert tidy(tmp_path) == tidy(tmp_path / "none") == []


def test_very_large_files_are_left_to_those_who_read_them(tmp_path, monkeypatch):
    """Before a run no more is read than about a second allows, the small files first."""
    for name, size in (("a", 10), ("b", 1000)):
        storage.write_bytes(tmp_path / name, bytes(size))
        (tmp_path / name).write_bytes(b"x" * size)
    monkeypatch.setattr(whole_files, "AT_ONCE", 100)
    assert [error.path.name for error in damaged(tmp_path)] == ["a"]


WRITER = """
import sys, time
from multistart.files.whole_files import whole
with whole(sys.argv[1]) as file:
    file.write(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_crumbs_of_killed_jobs_are_removed_and_those_of_living_ones_are_not(tmp_path):
    """What a process is writing stays; once it was killed, the next run removes it."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "a.csv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": ":".join(sys.path)}) as job:
        assert job.stdout.readline() == b"writing\n"
        assert tidy(tmp_path) == []
        assert len(os.listdir(tmp_path)) == 1
        job.send_signal(signal.SIGKILL)
        job.wait()
    assert len(os.listdir(tmp_path)) == 1
    tidy(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_file_whose_checksum_is_about_to_be_written_is_left_alone(tmp_path, monkeypatch):
    """Between the new file and its new checksum, another run sees no damage."""
    path, seen = tmp_path / "a.txt", []
    storage.write_text(path, "old")
    record = whole_files.Path.write_bytes

    def late(*arguments):
        seen.append(tidy(tmp_path))
        record(*arguments)

    monkeypatch.setattr(whole_files.Path, "write_bytes", late)
    storage.write_text(path, "new")
    assert seen == [[]]
    assert path.read_text() == "new"
    verify(path)


def test_a_temporary_file_that_was_swept_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    """The moment between making a file and locking it is no gap."""
    lock, swept = fcntl.flock, []

    def late(descriptor, how):
        if not swept:
            swept.extend(os.listdir(tmp_path))
            (tmp_path / swept[0]).unlink()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    storage.write_text(tmp_path / "a.txt", "abc")
    assert swept
    verify(tmp_path / "a.txt")


class Failing:
    """The n-th call of any of the system's functions that write fails, as on a full disk."""

    def __init__(self, monkeypatch, at):
        self.left = at
        self.failed = False
        whole_write = whole_files.io.FileIO.write
        wrapped = self.wrap

        class FileIO(whole_files.io.FileIO):
            def write(self, content):
                return wrapped(whole_write)(self, content)

        monkeypatch.setattr(whole_files.io, "FileIO", FileIO)
        monkeypatch.setattr(whole_files.os, "replace", self.wrap(os.replace))
        monkeypatch.setattr(whole_files.os, "fchmod", self.wrap(os.fchmod))
        monkeypatch.setattr(whole_files.tempfile, "mkstemp", self.wrap(whole_files.tempfile.mkstemp))
        monkeypatch.setattr(whole_files.Path, "write_bytes", self.wrap(whole_files.Path.write_bytes))

    def wrap(self, function):
        """A function that fails when its turn has come."""

        def failing(*arguments, **named):
            self.left -= 1
            if self.left == 0:
                self.failed = True
                raise OSError(28, "No space left on device")
            return function(*arguments, **named)

        return failing


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("before", [False, True], ids=["new", "old file"])
def test_a_write_that_fails_at_any_point_leaves_nothing_that_looks_finished(tmp_path, monkeypatch, name, before):
    """Each call that writes fails once: the old file stays, or there is none that verifies, and no crumb."""
    writes, reads = KINDS[name]
    for at in itertools.count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        if before:
            storage.write_text(folder / name, "old")
        with monkeypatch.context() as patch:
            failing = Failing(patch, at)
            with suppress(OSError):
                writes(folder / name)
        if not failing.failed:
            assert at > 4
            reads(folder / name)
            return
        assert [file for file in os.listdir(folder) if file.endswith(".tmp")] == []
        if (folder / name).exists():
            old = (folder / name).read_bytes() == b"old"
            if old:
                verify(folder / name)
            else:
                with pytest.raises(DamagedError):
                    reads(folder / name)


def test_a_disk_that_is_full_for_real(tmp_path):
    """With a limit of the system on the size of files, writing fails and leaves the old file and no other."""
    import resource

    path = tmp_path / "a.parquet"
    storage.write_rows(path, [batch(0, 2000)])
    content, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for size in range(0, len(content), len(content) // 20):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
            with pytest.raises(OSError, match="too large"):
                storage.write_rows(path, [batch(0, 2000)])
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            assert path.read_bytes() == content
            assert sorted(os.listdir(tmp_path)) == [".a.parquet.sha256", "a.parquet"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_the_checksum_is_that_of_what_was_given(tmp_path):
    """A disk that loses bytes without saying so is found out: the checksum is not made from what it kept."""
    with whole(tmp_path / "a") as file:
        file.write(b"abc")
        os.truncate(next(tmp_path.glob("*.tmp")), 1)
    with pytest.raises(DamagedError):
        verify(tmp_path / "a")


def test_what_cannot_be_written_is_said(tmp_path):
    """Which file, why, and what to do: no room, or a folder that is none."""
    if Path("/dev/full").exists():
        file = whole_files.HashingFile(os.open("/dev/full", os.O_WRONLY), tmp_path / "minima.csv")
        with pytest.raises(WriteError, match=r"minima.csv cannot be written: No space left on device. Make room on"):
            file.write(b"x")
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(WriteError, match=r"folder/a cannot be written: .*. Make its folder one that can be written"):
        storage.write_text(tmp_path / "folder/a", "x")


def test_what_an_earlier_config_left_is_named(tmp_path):
    """A file beside those of the study, a folder without any of them; files without a checksum are the user's."""
    results = tmp_path / "s"
    for name in ("gd/a.png", "gd/a.svg", "old/b/c.csv", "old/d.csv"):
        storage.write_text(results / name, name)
    (results / "notes.txt").write_text("mine")
    assert left_over(results, [results / "gd/a.png"]) == ["gd/a.svg", "old/"]
    assert left_over(results, [results / "gd/a.png", results / "gd/a.svg", results / "old/d.csv"]) == ["old/b/"]
