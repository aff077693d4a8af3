import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from . import forked_runs
from .live_runs import (
    ROOT,
    RUN,
    SMALL,
    SNAKEMAKE,
    differences,
    family,
    jobs,
    results,
    run,
    start,
    wait_for_end,
    write_config,
)

#: In parts of 2^17 starts: eight, two for each job that descends, four for each that labels.
MILLION = SMALL | {"starts": {"design": "jittered_grid", "per_axis": 1000, "seed": 1}, "execution": {"shards": 4}}
pytestmark = pytest.mark.slow


def killed(process, whom):
    """Kill -9: the command alone, Snakemake alone, Snakemake's process group, one job, or all at once."""
    members = family(process)
    if whom == "command" or len(members) < 2:
        targets = members[:1]
    elif whom == "snakemake":
        targets = members[1:2]
    elif whom == "job":
        targets = jobs(members)[-1:] or members[1:2]
    elif whom == "group":
        os.killpg(members[1].pid, signal.SIGKILL)
        targets = []
    else:
        targets = members
    for target in targets:
        target.kill()
    process.wait(120)
    return members


@pytest.fixture(scope="module")
def short_parts(tmp_path_factory):
    """What makes commands use a copy of the project whose parts have 2^17 starts."""
    project = tmp_path_factory.mktemp("project")
    for name in ("src", "workflow", "profiles", "config"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "Snakefile", project)
    file = project / "src/multistart/files/parts.py"
    file.write_text(file.read_text().replace("PART = 2**20", "PART = 2**17"))
    return {"PYTHONPATH": str(project / "src")}


@pytest.fixture(scope="module")
def million(tmp_path_factory, short_parts):
    """A million starts, undisturbed: its files, and the seconds it took."""
    folder = tmp_path_factory.mktemp("million")
    write_config(folder, MILLION)
    began = time.monotonic()
    run(folder, **short_parts)
    assert len(list(folder.rglob("counts/part-*.parquet"))) == 8
    return results(folder), time.monotonic() - began


@pytest.mark.parametrize("chain", range(5))
def test_killed_again_and_again_a_study_completes_with_the_same_bytes(million, short_parts, tmp_path, chain):
    """A million starts, four kills one after the other, each of another victim: the fifth call completes."""
    expected, seconds = million
    write_config(tmp_path, MILLION)
    moment, hit = random.Random(chain), 0
    victims = ["command", "snakemake", "group", "job", "all"]
    for whom in victims[chain:] + victims[: max(0, chain - 1)]:
        process = start(tmp_path, **short_parts)
        time.sleep(moment.uniform(1, seconds / 4))
        members = killed(process, whom)
        done = sorted(file.stem for file in tmp_path.rglob("results/s/timings/*.tsv"))
        print(f"chain {chain}: {whom} killed of {len(members)} processes, finished: {len(done)} {done[-1:]}")
        assert process.returncode != 0 or len(members) < 2 or whom in ("job", "group")
        hit += len(members) > 1
    assert hit >= 2  # what earlier runs made stays, so the last ones may have ended before their turn
    said = run(tmp_path, **short_parts)
    assert "Traceback" not in said
    assert differences(results(tmp_path), expected) == []


@pytest.mark.parametrize(("part", "whom"), [(0.3, "command"), (0.5, "job"), (0.7, "group"), (0.9, "snakemake")])
def test_a_study_killed_once_completes_with_the_same_bytes(million, short_parts, tmp_path, part, whom):
    """A million starts, killed after a part of the time that they take; the next call begins at once."""
    expected, seconds = million
    write_config(tmp_path, MILLION)
    process = start(tmp_path, **short_parts)
    time.sleep(part * seconds)
    members = killed(process, whom)
    run(tmp_path, **short_parts)
    assert wait_for_end(members, 1) == []
    assert differences(results(tmp_path), expected) == []


def looks_finished(folder):
    """The files of a study that failed which bear a name that a user looks for."""
    return {(name, content) for name, content in results(folder).items() if not name.split("/")[-1].startswith(".")}


def mount(folder, *options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], check=True)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small study, undisturbed: its folder and its files."""
    folder = tmp_path_factory.mktemp("small") / "s"
    write_config(folder, SMALL)
    forked_runs.run(folder)
    return folder, results(folder)


@pytest.fixture
def disk(tmp_path):
    """Mounts a disk of a size on a folder of a run."""
    folders = []

    def make(folder, *options):
        folder.mkdir(parents=True, exist_ok=True)
        mount(folder, *options)
        folders.append(folder)

    yield make
    for folder in folders:
        subprocess.run(["umount", "-l", str(folder)], check=True)


KILOBYTES = [4, 8, 12, 20, 28, 40, 52, 64, 80, 100, 140, 180, 220, 260, 300, 360, 420, 480, 520]
SIZES = [*(f"size={k}k" for k in KILOBYTES), *(f"nr_inodes={n}" for n in (1, 2, 4, 6, 8, 12, 20, 40, 60, 80))]
DISKS = [("results", size) for size in SIZES] + [("logs", "size=4k"), ("logs", "nr_inodes=2")]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a disk")
@pytest.mark.parametrize(("part", "size"), DISKS)
def test_a_full_disk_is_said_and_the_study_completes_once_there_is_room(small, disk, tmp_path, part, size):
    """A sentence with the file and what to do, nothing that looks finished, and later the same bytes."""
    finished, expected = small
    folder = tmp_path / "s"
    disk(folder / part, size)
    write_config(folder, SMALL)
    shutil.copytree(finished / "cache", folder / "cache")
    said = forked_runs.run(folder, code=None)
    complete = re.search(r"(\d+) of \1 steps", said) is not None
    print(said)
    if not complete:
        assert "Traceback" not in said
        assert "No space left" in said or "cannot be written" in said
        assert looks_finished(folder) <= expected.items()
    subprocess.run(["mount", "-o", "remount,size=1g,nr_inodes=100000", str(folder / part)], check=True)
    forked_runs.run(folder)
    assert differences(results(folder), expected) == []
    assert list((folder / "results").rglob("*.tmp")) == []


OTHER_DISKS = [("tmp", "size=4k"), ("tmp", "nr_inodes=1"), ("cache", "size=4k"), ("cache", "size=64k")]
OTHER_DISKS += [("cache", "nr_inodes=3"), *(("", size) for size in ("size=64k", "size=700k", "size=1000k"))]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a disk")
@pytest.mark.parametrize(("part", "size"), OTHER_DISKS)
def test_a_full_disk_of_other_files_is_said_or_does_without(small, disk, tmp_path, part, size):
    """Temporary folder and cache are not needed; where all is on the full disk, `multistart run` says which."""
    _, expected = small
    folder = tmp_path / "s"
    disk(folder / part, size)
    write_config(folder, SMALL)
    process = start(folder, TMPDIR=str(folder / "tmp" if part == "tmp" else tmp_path))
    code = process.wait(600)
    said = folder.with_name("s.txt").read_text()
    print(said)
    if code:
        assert "is full. Make room" in said or "no study can be run in" in said
        assert looks_finished(folder) <= expected.items()
    assert (code == 0) == (part != "")
    subprocess.run(["mount", "-o", "remount,size=1g,nr_inodes=100000", str(folder / part)], check=True)
    run(folder)
    assert differences(results(folder), expected) == []
    assert list((folder / "results").rglob("*.tmp")) == []


def make_study(folder):
    """The command `make study` in a folder whose environment is this one."""
    (folder / ".venv/bin").mkdir(parents=True)
    for file in ("Makefile", "requirements.lock", "requirements-installer.lock", "pyproject.toml"):
        shutil.copy(ROOT / file, folder)
    (folder / ".venv/.complete").touch()
    script = f'#!/bin/sh\nexec "{sys.executable}" -P -m multistart.cli "$@"\n'
    (folder / ".venv/bin/multistart").write_text(script)
    (folder / ".venv/bin/multistart").chmod(0o755)
    return ["make", "study", "CONFIG=c.yaml", "CORES=2"]


COMMANDS = {"multistart run": lambda folder: RUN, "snakemake": lambda folder: SNAKEMAKE, "make study": make_study}
#: Snakemake ends with 1, `make` with 2 where it is alive to see a command fail; else each by the signal itself.
CODES = {
    ("multistart run", signal.SIGINT): {130},
    ("multistart run", signal.SIGTERM): {143},
    ("snakemake", signal.SIGINT): {130},
    ("snakemake", signal.SIGTERM): {1, -15, 143},
    ("make study", signal.SIGINT): {2, -2, 130},
    ("make study", signal.SIGTERM): {2, -15, 143},
}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [0.2, 2, 4, 8])
@pytest.mark.parametrize("command", ["multistart run", "snakemake", "make study"])
def test_a_signal_ends_all_and_the_same_command_completes(small, tmp_path, command, sent, moment):
    """128 + its number, or what Snakemake gives; no process is left, no crumb after the next run, the same bytes."""
    finished, expected = small
    folder = tmp_path / "s"
    write_config(folder, SMALL)
    shutil.copytree(finished / "cache", folder / "cache")
    words = COMMANDS[command](folder)
    process = start(folder, words)
    time.sleep(moment)
    members = family(process)
    process.send_signal(sent)
    code = process.wait(60)
    left = wait_for_end(members, 5)
    print(f"{command}, {sent.name} after {moment} s: code {code}, {len(members)} processes, left {left}")
    print(folder.with_name("s.txt").read_text()[-600:])
    assert left == []
    before_the_snakefile = moment < 1 and code in {1, -2}
    assert code in CODES[command, sent] or before_the_snakefile or (code == 0 and moment > 4)
    run(folder, words)
    assert differences(results(folder), expected) == []
    assert list((folder / "results").rglob("*.tmp")) == []
