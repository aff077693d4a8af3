"""What jobs ask for: as many as there are, what they take at least, and the same on whatever machine it is asked."""

import csv
import json
import os
import re
import subprocess
import time
from dataclasses import replace

import pytest

from multistart.config import read_config
from multistart.descents.descend import descend
from multistart.files import parts
from multistart.study import load_study, pilot
from multistart.study.check import Machine, cut, leave, whole
from multistart.study.costs import NEAR, THREADS, Costs
from multistart.study.pilot import Cost, Pilot
from multistart.study.settings import settings
from tests import forked_runs, live_runs
from tests.live_runs import ROOT

GD = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}
PEAKS = {
    "study": "s",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
    "methods": {"gd": GD},
}
FIT = {
    "model": "b1*(1 - exp(-b2*x))",
    "data": str(ROOT / "data/misra1a.csv"),
    "response": "y",
    "variables": ["b1", "b2"],
}
FALLING = {"methods": {"gd": GD | {"learning_rate": {"schedule": "cosine", "from": 0.02, "to": 0.001}}}}
SOBOL = {"design": "sobol", "count": 64}
LM = {"lm": {"optimizer": "levenberg_marquardt"}}
MANY = {"starts": {"design": "uniform", "count": 66 * 2**20}, "execution": {"shards": 132}}
MILLION = {"starts": {"design": "uniform", "count": 2**20}, "execution": {"shards": 3}}
STUDIES = {
    "peaks": {},
    "a fit": {"objective": FIT, "domain": {"b1": [100, 800], "b2": [1e-5, 1e-2]}, "methods": LM},
    "five dimensions": {"objective": {"name": "rastrigin", "dimensions": 5}, "starts": SOBOL},
    "many methods": {"methods": {f"m{i}": GD | {"learning_rate": 0.01 + i / 1000} for i in range(12)}},
    "zooms": {"figures": {"zoom": [{"x": [0, 1], "y": [0, 1]}, {"x": [-1, 0], "y": [0, 1]}]}} | FALLING,
    "proven shares": {"proven_shares": {"max_cells": 1000}},
    "pieces, no boundaries": {"execution": {"shards": 2}, "boundary": {"descents": 0}},
    "a sweep": {"sweep": {"methods.gd.learning_rate": [0.01, 0.02, 0.05]}},
    "a large sweep": {"sweep": {"methods.gd.learning_rate": [0.01, 0.02, 0.05, 0.06, 0.07]}} | MILLION,
    "many pieces": {"starts": {"design": "uniform", "count": 2**20}, "execution": {"shards": 200}},
    "many parts": MANY | {"methods": {"gd": GD, "faster": GD | {"learning_rate": 0.02}}},
}  # fmt: skip


def costs_of(config, found=None):
    """What the jobs of a study take."""
    checked = read_config(PEAKS | config)
    rows = checked.objective.rows if "model" in (PEAKS | config)["objective"] else 1
    return Costs(settings(checked.resolved()), checked.count, rows, found)


def planned(folder, config, *more):
    """What a dry run says that there is to do."""
    live_runs.write_config(folder, PEAKS | config)
    return forked_runs.run(folder, "--dry-run", *more)


def asked(said):
    """By rule, what a dry run says that jobs ask for: threads, memory, minutes."""
    found = {}
    for block in said.split("\n\n") if "\n\n" in said else [said]:
        for job in re.split(r"^(?=(?:local)?(?:rule|checkpoint) )", block, flags=re.M):
            name = re.match(r"(?:local)?(?:rule|checkpoint) (\w+):", job)
            memory, minutes = re.search(r"\bmem_mb=(\d+)", job), re.search(r"\bruntime=(\d+)", job)
            if name and memory and minutes:
                threads = re.search(r"^ *threads: (\d+)", job, re.M)
                found.setdefault(name[1], set()).add(
                    (int(threads[1]) if threads else 1, int(memory[1]), int(minutes[1]))
                )
    return found


#: Of more pieces and parts than four files, which are then merged at once, in place of studies of more than 64.
FEWER = {
    "many pieces": {"starts": {"design": "uniform", "count": 2**20}, "execution": {"shards": 9}},
    "many parts": STUDIES["many parts"]
    | {"starts": {"design": "uniform", "count": 9 * 2**20}, "execution": {"shards": 18}},
}


@pytest.mark.parametrize("name", STUDIES)
def test_jobs_are_those_that_are_planned(tmp_path, monkeypatch, name):
    """The rules of a study and how many jobs each has, as Snakemake counts them."""
    if name in FEWER:
        monkeypatch.setattr(parts, "FAN", 4)
    config = FEWER.get(name, STUDIES[name])
    said = planned(tmp_path, config, "--quiet", "rules", "host")
    counts = dict(re.findall(r"^(\w+) +(\d+)$", said, re.M))
    del counts["all"], counts["total"]
    assert name != "many parts" or "merge_ends" in counts
    costs = costs_of(config)
    assert {rule: need.jobs for rule, need in costs.needs.items()} == {rule: int(n) for rule, n in counts.items()}


@pytest.mark.parametrize("keep", ["none", pytest.param("all", marks=pytest.mark.slow)])
def test_no_job_reads_more_than_a_few_hundred_files(tmp_path, keep):
    """Of two parts of a grid in some five hundred pieces a job reads the 256 of a part at most; `all` reads none."""
    grid = {"design": "jittered_grid", "per_axis": 1400}
    said = planned(tmp_path, {"starts": grid, "keep": keep, "execution": {"shards": 512}}, "--quiet", "host")
    jobs = re.findall(r"(?:rule|checkpoint) (\w+):\n    input: (.*)\n", said)
    read = {rule: max(len(files.split(", ")) for name, files in jobs if name == rule) for rule, _ in jobs}
    assert read.pop("all") > 4
    assert {"label", "boundary", "split_ends", "estimate", "summarize"} <= set(read)
    assert read["boundary"] < 10
    assert max(read.values()) < 300, read


def of_starts(design, count, **more):
    """What a study of so many starts takes, which cost little."""
    config = {"starts": {"design": design, "count": count}, "boundary": {"descents": 0}} | more
    return costs_of(config, Pilot("", {"gd": Cost(30.0, 1e-6)}))


def test_a_latin_hypercube_is_paid_for_in_each_job_that_makes_it():
    """Memory of all its numbers in whatever descends, tries or draws from some; time for each batch of each piece."""
    large, other = (of_starts(design, 10**7) for design in ("latin_hypercube", "uniform"))
    more = {rule: large[rule].held - other[rule].held for rule in large.needs}
    assert {rule for rule, held in more.items() if held} == {"descend", "estimate", "draw"}
    assert more["descend"] == pytest.approx(24e-6 * 2 * 10**7)
    assert large.making == pytest.approx(2 * 10**7 * 90e-9)
    assert large["descend"].seconds - other["descend"].seconds == pytest.approx(4 * large.making)
    assert large.making_of_all == pytest.approx(39 * large.making)
    assert large.cpu_seconds() - other.cpu_seconds() > large.making_of_all
    assert other.making_of_all == 0


@pytest.mark.parametrize(
    ("count", "shards", "said"),
    [(10**5, 1, ""), (10**6, 1, ""), (10**6, 1000, ""), (10**7, 1, "480 MB"), (4 * 10**6, 1000, "192 MB")],
)
def test_it_is_said_where_a_latin_hypercube_is_dear(count, shards, said):
    """Where it takes much memory, or a minute and a tenth of all work; of other designs never."""
    sentences = whole(of_starts("latin_hypercube", count, execution={"shards": shards}))
    assert len(sentences) == bool(said)
    assert all(f"the whole Latin hypercube for its rows: {said} more" in sentence for sentence in sentences)
    assert not whole(of_starts("uniform", count, execution={"shards": shards}))


def test_what_jobs_ask_for_does_not_depend_on_the_machine(tmp_path):
    """A job elsewhere has the threads of its rule, or what a profile says; no more than it finds."""
    more = ("--mode", "remote", "--quiet", "host")
    alone, many = (asked(planned(tmp_path, {}, *more, "--cores", cores)) for cores in ("16", "4"))
    costs = costs_of({})
    for rule, need in costs.needs.items():
        assert alone[rule] == {(THREADS.get(rule, 1), need.memory(), need.minutes())}, rule
        assert many[rule] == {(min(4, THREADS.get(rule, 1)), need.memory(), need.minutes())}, rule
    told = asked(planned(tmp_path, {}, *more, "--cores", "16", "--set-threads", "descend=3"))
    assert {threads for threads, *_ in told["descend"]} == {3}
    assert told["boundary"] == alone["boundary"]


def test_a_job_that_is_tried_again_asks_for_twice_as_much(tmp_path):
    """Memory and time double with the attempt."""
    first, third = (asked(planned(tmp_path, {}, "--quiet", "host", "--attempt", str(n))) for n in (1, 3))
    assert set(first) == set(third) >= {"descend", "minima", "draw"}
    for rule, jobs in first.items():
        assert third[rule] == {(threads, 4 * memory, 4 * minutes) for threads, memory, minutes in jobs}


def test_here_jobs_share_the_cores(tmp_path):
    """On this machine threads are its cores, and what takes a second has none of its own; no pilot is made."""
    said = asked(planned(tmp_path, {}, "--quiet", "host", "--cores", "6"))
    assert {threads for threads, *_ in said["descend"]} == {6}
    assert {threads for threads, *_ in said["boundary"]} == {0}
    assert not (tmp_path / "results/s/pilot.json").exists()


def test_check_knows_which_jobs_stay_here():
    """Those of rules that are local ones, of small studies and of large ones."""
    stay = set()
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for name, body in re.findall(
            r"^ *(?:rule|checkpoint) (\w+):\n(.*?)(?=^ *(?:rule|checkpoint)|\Z)", file.read_text(), re.M | re.S
        ):
            stay |= {name} if "localrule: True" in body else set()
    small, large = costs_of({}), costs_of(STUDIES["many parts"])
    assert stay == {rule for rule in (*large.needs, *NEAR) if large.near(rule)}
    assert {rule for rule in small.needs if small.near(rule)} == {"explore", "summarize"}


#: What sends the jobs of a study away from a machine of one core, and where that is found.
ELSEWHERE = [*live_runs.SNAKEMAKE[4:], "--executor", "elsewhere", "--jobs", "9", "--cores", "1", "--quiet", "host"]
WITH_EXECUTOR = f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests/executors'}"


def elsewhere(folder, *more, code=0):
    """Run a study so; what was said."""
    command = [*live_runs.SNAKEMAKE[:4], *ELSEWHERE, *more]
    environment = os.environ | {"PYTHONPATH": WITH_EXECUTOR, "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_machine_that_sends_jobs_away_is_no_limit(tmp_path):
    """One core here, eight threads there; a dry run makes no pilot, and asks as the run will."""
    config = {"starts": {"design": "uniform", "count": 5 * 2**20}, "methods": {"gd": GD, "m": GD}}
    live_runs.write_config(tmp_path, PEAKS | config)
    code, said = forked_runs.snakemake(tmp_path, *ELSEWHERE, "--dry-run", PYTHONPATH=WITH_EXECUTOR)
    assert code == 0, said
    costs = costs_of(config)
    assert asked(said) == {rule: {(need.threads, need.memory(), need.minutes())} for rule, need in costs.needs.items()}
    assert costs["descend"].threads == 8
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_jobs_elsewhere_take_what_they_were_given(tmp_path):
    """A run that sends jobs away makes a pilot once; the jobs' time follows it, their threads are those they find."""
    live_runs.write_config(tmp_path, PEAKS)
    elsewhere(tmp_path, "--until", "certify", "descend", "--benchmark-extended")
    record = json.loads((tmp_path / "results/s/pilot.json").read_text())
    needs = costs_of({}, Pilot.of(record)).needs
    for rule in ("certify", "descend"):
        (timing,) = (tmp_path / "results/s/timings").glob(f"{rule}*.tsv")
        (job,) = csv.DictReader(timing.read_text().splitlines(), delimiter="\t")
        assert int(job["threads"]) == min(needs[rule].threads, len(os.sched_getaffinity(0)))
        assert f"'mem_mb': {needs[rule].memory()}" in job["resources"]
        assert f"'runtime': {needs[rule].minutes()}" in job["resources"]
    before = (tmp_path / "results/s/pilot.json").stat().st_mtime_ns
    elsewhere(tmp_path, "--until", "descend")
    assert (tmp_path / "results/s/pilot.json").stat().st_mtime_ns == before


def test_all_jobs_of_a_rule_ask_for_what_the_largest_needs():
    """The largest piece and the slowest method: an array gives all what the first asks for."""
    methods = {"gd": GD, "slow": GD | {"learning_rate": 0.001}}
    found = Pilot("", {"gd": Cost(10.0, 1e-6), "slow": Cost(1000.0, 1e-2)})
    costs = costs_of({"starts": {"design": "uniform", "count": 2**20 + 5}, "methods": methods}, found)
    assert costs["descend"].jobs == 4
    assert costs["descend"].seconds >= 2**20 * 1e-2
    assert costs.cpu_seconds() < 2 * costs["descend"].seconds + 3600


@pytest.mark.parametrize("name", STUDIES)
def test_more_starts_ask_for_no_less(name):
    """Memory, time, disk and work never fall with the number of starts; memory of a piece does not grow past a part."""
    found = Pilot("", dict.fromkeys(read_config(PEAKS | STUDIES[name]).methods, Cost(10.0, 1e-4)), value=1e-3)
    few = costs_of(STUDIES[name], found)
    many = replace(few, starts=4 * few.starts)
    for rule in set(few.needs) & set(many.needs):
        assert many[rule].memory() >= few[rule].memory(), rule
        assert many[rule].minutes() >= few[rule].minutes() or rule in ("estimate", "compare"), rule
    assert many.cpu_seconds() > few.cpu_seconds()
    assert many.bytes_at_most() > few.bytes_at_most()
    parts_, many_parts = (replace(few, starts=starts) for starts in (4 * 10**8, 10**9))
    assert all(many_parts[rule].memory() == parts_[rule].memory() for rule in parts_.needs if rule != "sweep")


@pytest.fixture(scope="module")
def study():
    """A study of two methods, of which one takes two hundred times as many steps."""
    methods = {"gd": GD | {"max_steps": 20}, "slow": GD | {"learning_rate": 1e-5, "max_steps": 4000}}
    return load_study(PEAKS | {"starts": {"design": "jittered_grid", "per_axis": 100}, "methods": methods})


def test_a_pilot_tells_what_descents_take(study):
    """Of ten thousand starts, within a factor of three, and which method is how much slower."""
    found = pilot.measured(study)
    starts = study.starts(slice(0, study.count))
    for name, cost in found.methods.items():
        began = time.process_time()
        out = descend(study.objective, study.method(name), starts, arena=study.arena)
        seconds = time.process_time() - began
        assert out.steps.mean() / 1.5 <= cost.steps <= out.steps.mean() * 1.5
        assert seconds / 3 <= cost.seconds * study.count <= 3 * seconds, name
    assert found.methods["slow"].seconds > 10 * found.methods["gd"].seconds


def test_a_hiccup_of_a_pilot_is_no_cost(study, monkeypatch):
    """A second that the process loses once to something else is not taken for what starts cost."""
    clock, calls = time.process_time, []

    def hiccup():
        calls.append(1)
        return clock() + (1.0 if len(calls) > 5 else 0.0)

    monkeypatch.setattr(pilot.time, "process_time", hiccup)
    assert pilot.measured(study).methods["gd"].seconds < 1e-4


def test_a_pilot_is_made_once(study, tmp_path, monkeypatch):
    """What is kept is read again, unless it was damaged, or is of another function."""
    file = tmp_path / "results/s/pilot.json"
    calls = []
    monkeypatch.setattr(pilot, "measured", lambda study: calls.append(study) or Pilot("p", {"gd": Cost(1.0, 2.0)}, 3.0))
    assert pilot.kept(study, file) == pilot.kept(study, file) == Pilot("p", {"gd": Cost(1.0, 2.0)}, 3.0)
    assert len(calls) == 1
    other = load_study(study.config.resolved() | {"domain": {"x": [-1, 1], "y": [-1, 1]}})
    pilot.kept(other, file)
    assert len(calls) == 2
    file.write_text(file.read_text().replace("2.0", "9.0"))
    assert pilot.read(file, pilot.digest_of(other.config.resolved(), None)) is None
    pilot.kept(other, file)
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"starts": {"design": "jittered_grid", "per_axis": 99, "seed": 9}}, True),
        ({"execution": {"shards": 9}, "figures": {"dpi": 77}, "keep": "none", "study": "t"}, True),
        ({"starts": {"design": "uniform", "count": 144, "seed": 1}}, False),
        ({"arena": {"widen": 3.0}}, False),
        ({"bounds": "hold"}, False),
        ({"methods": {"gd": GD | {"max_steps": 301}}}, False),
        ({"sweep": {"methods.gd.learning_rate": [0.01, 0.02]}}, False),
        ({"domain": {"x": [-1, 1], "y": [-3, 3]}}, False),
    ],
)
def test_a_pilot_holds_while_what_shapes_it_does(change, same):
    """More starts, other pictures and other pieces change nothing; another arena, method, design or sweep does."""
    digests = {pilot.digest_of(read_config(PEAKS | more).resolved(), None) for more in ({}, change)}
    assert (len(digests) == 1) == same
    assert len({pilot.digest_of(read_config(PEAKS).resolved(), data) for data in (None, "a", "b")}) == 3


LAPTOP = Machine(cores=4, memory=16e3, free=100e9)


@pytest.mark.parametrize(
    ("seconds", "starts", "machine", "words"),
    [
        (1e-6, 10**6, LAPTOP, []),
        (1e-2, 10**7, LAPTOP, ["of work for its 4 cores"]),
        (1e-6, 10**6, replace(LAPTOP, memory=600), ["of its 600 MB of memory"]),
        (1e-6, 10**6, replace(LAPTOP, free=10**8), ["of tables, of 100 MB that are free"]),
        (1e-6, 10**6, replace(LAPTOP, free=None, memory=None), []),
        (1e-2, 10**9, LAPTOP, ["of work for its 4 cores", "GB of tables, of 100 GB that are free"]),
    ],
)
def test_a_study_leaves_a_machine_that_is_small_for_it(seconds, starts, machine, words):
    """For its time, its memory or its disk, each said with the number; and with the command to use."""
    costs = costs_of({"starts": {"design": "uniform", "count": starts}}, Pilot("", {"gd": Cost(10.0, seconds)}))
    said = " ".join(leave("c.yaml", costs, machine))
    assert bool(said) == bool(words)
    assert all(piece in said for piece in words)
    assert said.count(";") == max(len(words) - 1, 0)
    assert not words or "`multistart run c.yaml -- --profile profiles/slurm`" in said


@pytest.mark.parametrize("starts", [10**4, 10**6, 3 * 2**20, 10**8])
@pytest.mark.parametrize("seconds", [1e-6, 1e-3, 1e-1, 10.0])
def test_advised_shards_give_pieces_between_a_minute_and_an_hour(seconds, starts):
    """What is advised cuts the descents finer, and is advised no further; what is cut too finely is said, too."""
    count = {"starts": {"design": "uniform", "count": starts}}
    costs = costs_of(count, Pilot("", {"gd": Cost(10.0, seconds)}))
    said = " ".join(cut(costs, LAPTOP))
    if found := re.search(r"shards: (\d+)", said):
        finer = costs_of(count | {"execution": {"shards": int(found[1])}}, costs.pilot)
        assert f"the {len(finer.pieces):,} jobs of a method" in said
        assert len(finer.pieces) > len(costs.pieces)
        assert finer["descend"].seconds / 8 >= 60
        assert finer["descend"].seconds / 8 <= 3600 or len(finer.pieces) >= min(10**4, 128 * len(finer.parts))
        assert (
            not cut(finer, LAPTOP)
            or "shards: " in " ".join(cut(finer, LAPTOP))
            or len(finer.pieces) >= 128 * len(finer.parts)
        )
    elif costs["descend"].seconds / 8 > 3600:
        assert len(parts.pieces_of(costs.parts, 10**4)) == len(costs.pieces)
    finest = costs_of({"starts": count["starts"], "execution": {"shards": 10**4}}, costs.pilot)
    if len(finest.pieces) > len(finest.parts):
        assert ("fewer shards" in " ".join(cut(finest, LAPTOP))) == (finest["descend"].seconds / 8 < 60)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["peaks", "a fit", "five dimensions", "zooms", "proven shares", "a sweep"])
def test_no_job_takes_more_memory_than_it_asked_for(tmp_path, name):
    """Of real jobs, by what the system counted of them, and by what Snakemake saw of all their processes."""
    live_runs.write_config(
        tmp_path / "s", PEAKS | STUDIES[name] | {"figures": {"dpi": 100} | STUDIES[name].get("figures", {})}
    )
    live_runs.run(tmp_path / "s")
    needs = costs_of(STUDIES[name]).needs
    seen = set()
    for log in (tmp_path / "s/logs/s").rglob("*.log"):
        found = re.search(r"memory: (\d+) MB", log.read_text())
        rule = log.relative_to(tmp_path / "s/logs/s").parts[0].removesuffix(".log")
        assert found, log
        assert int(found[1]) <= needs[rule].memory(), (rule, found[0])
        seen.add(rule)
    for timing in (tmp_path / "s/results/s/timings").glob("*.tsv"):
        (job,) = csv.DictReader(timing.read_text().splitlines(), delimiter="\t")
        rule = max((rule for rule in needs if timing.name.startswith(rule)), key=len)
        assert job["max_pss"] in ("NA", "-", "") or float(job["max_pss"]) <= needs[rule].memory(), rule
    assert seen == set(needs)
