import os
import random
import signal
import time

import pytest

from .live_runs import SMALL, differences, family, jobs, results, run, start, wait_for_end, write_config

MILLION = SMALL | {"starts": {"design": "jittered_grid", "per_axis": 1000, "seed": 1}, "execution": {"shards": 4}}
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]


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
def million(tmp_path_factory):
    """A million starts, undisturbed: its files, and the seconds it took."""
    folder = tmp_path_factory.mktemp("million")
    write_config(folder, MILLION)
    began = time.monotonic()
    run(folder)
    return results(folder), time.monotonic() - began


@pytest.mark.parametrize("chain", range(5))
def test_killed_again_and_again_a_study_completes_with_the_same_bytes(million, tmp_path, chain):
    """A million starts, four kills one after the other, each of another victim: the fifth call completes."""
    expected, seconds = million
    write_config(tmp_path, MILLION)
    moment = random.Random(chain)
    victims = ["command", "snakemake", "group", "job", "all"]
    for whom in victims[chain:] + victims[: max(0, chain - 1)]:
        process = start(tmp_path)
        time.sleep(moment.uniform(1, seconds / 3))
        members = killed(process, whom)
        done = sorted(file.stem for file in tmp_path.rglob("results/s/timings/*.tsv"))
        print(f"chain {chain}: {whom} killed of {len(members)} processes, finished: {len(done)} {done[-1:]}")
        assert process.returncode != 0 or whom in ("job", "group")
    said = run(tmp_path)
    assert "Traceback" not in said
    assert differences(results(tmp_path), expected) == []


@pytest.mark.parametrize(("part", "whom"), [(0.3, "command"), (0.5, "job"), (0.7, "group"), (0.9, "snakemake")])
def test_a_study_killed_once_completes_with_the_same_bytes(million, tmp_path, part, whom):
    """A million starts, killed after a part of the time that they take; the next call begins at once."""
    expected, seconds = million
    write_config(tmp_path, MILLION)
    process = start(tmp_path)
    time.sleep(part * seconds)
    members = killed(process, whom)
    run(tmp_path)
    assert wait_for_end(members, 1) == []
    assert differences(results(tmp_path), expected) == []
