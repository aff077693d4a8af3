"""`multistart extend`: the study of more starts, byte for byte, without what is there being done again."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from multistart.cli import main
from multistart.config import read_config
from multistart.files import parts
from multistart.study import descend, run_lock, storage
from multistart.study import run as running
from multistart.study.running import leave, left_of
from tests import forked_runs

FIVE = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 5}
CONFIG: dict[str, Any] = {
    "study": "more",
    "objective": {"name": "peaks"},
    "starts": {"design": "sobol", "count": 70, "seed": 1},
    "methods": {"gd": FIVE | {"max_steps": 300}},  # whose certificate other tests have
    "boundary": {"descents": 0},
    "figures": {"dpi": 40, "formats": ["png"]},
}
TWO = {"methods": CONFIG["methods"] | {"five": FIVE}}
GRID = {"design": "jittered_grid", "per_axis": 5, "seed": 1}
SAMPLE = {"sample": 20}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which studies run in forks, in parts of 32 starts; how many rows descend is written down."""
    monkeypatch.setattr(parts, "PART", 32)
    plain = descend._Job._descended

    def counted(self: Any, rows: Any, starts: Any, progress: Any) -> Any:
        with (tmp_path / "descents.txt").open("a") as file:
            file.write(f"{len(starts)}\n")
        return plain(self, rows, starts, progress)

    def supervised(command: list[str], environment: dict[str, str]) -> int:
        code, said = forked_runs.snakemake(Path.cwd(), "results/more/study.json", *command[4:])
        (tmp_path / "said.txt").write_text(said)
        return code

    monkeypatch.setattr(descend._Job, "_descended", counted)
    monkeypatch.setattr(running, "_supervised", supervised)
    return tmp_path


def called(folder: Path, patch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call the command in a folder, for the tables and the record alone; the number of starts that descended."""
    folder.mkdir(exist_ok=True)
    patch.chdir(folder)
    (folder.parent / "descents.txt").write_text("")
    assert main(list(arguments)) == 0, (folder.parent / "said.txt").read_text()
    return sum(map(int, (folder.parent / "descents.txt").read_text().split()))


def written(folder: Path, **changes: Any) -> None:
    """Write the config of a study."""
    folder.mkdir(exist_ok=True)
    (folder / "c.yaml").write_text(yaml.safe_dump(CONFIG | changes))


def tables(folder: Path) -> dict[str, str]:
    """The checksums of what a study says, all tables and its record, as they are on disk."""
    results = folder / "results/more"
    record = json.loads((results / "study.json").read_text())
    found = {name: storage.checksum(results / name) for name in record["checksums"]}
    assert found == record["checksums"]
    summary = re.sub(r"took [\d.]+ s", "", (results / "summary.md").read_text())
    return found | {"summary": summary, "record": (results / "study.json").read_text()}


SLOW = pytest.mark.slow
CASES = [
    pytest.param({"starts": CONFIG["starts"] | {"design": "uniform"}, "keep": "none"}, 100, 30 + 6, id="uniform, none"),
    pytest.param({"starts": GRID}, 3, 50, id="jittered grid"),
    pytest.param(
        {"starts": CONFIG["starts"] | {"count": 64}, "keep": "none", "execution": {"shards": 4}},
        128,
        64,
        id="cut by shards",
    ),
    pytest.param(TWO, 230, 160 * 2, id="sobol, all", marks=SLOW),
    pytest.param(
        TWO | {"starts": CONFIG["starts"] | {"design": "halton"}, "keep": SAMPLE},
        230,
        (160 + 6) * 2,
        id="halton, sample, merged in a tree",
        marks=SLOW,
    ),
]


@pytest.mark.parametrize(("changes", "wanted", "descents"), CASES)
def test_extending_gives_what_running_at_once_gives(
    changes: dict[str, Any], wanted: int, descents: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Across the ends of parts, every table and the record has the same bytes, whatever rows are kept; and it descends
    from the new starts alone, and from those of a short last part whose rows are gone. No file of the smaller study is
    said to be of another config.
    """
    starts = changes.get("starts", CONFIG["starts"])
    key = "per_cell" if "per_axis" in starts else "count"
    if changes.get("keep") == SAMPLE:
        monkeypatch.setattr(parts, "FAN", 3)
    monkeypatch.setattr(parts, "FEWEST", 4)
    written(project / "grown", **changes)
    called(project / "grown", monkeypatch, "run", "c.yaml")
    option = f"--{key.replace('_', '-')}"
    assert called(project / "grown", monkeypatch, "extend", "more", option, str(wanted)) == descents
    assert "of an earlier config" not in (project / "said.txt").read_text()
    changes = changes | {"starts": starts | {key: wanted}, "execution": {}}
    written(project / "once", **changes)
    called(project / "once", monkeypatch, "run", "c.yaml")
    grown, once = tables(project / "grown"), tables(project / "once")
    assert grown == once
    execution = left_of(project / "grown/results/more").config["execution"]
    written(project / "grown", **changes | {"execution": execution})
    called(project / "grown", monkeypatch, "run", "c.yaml")
    assert "Nothing to be done" in (project / "said.txt").read_text()


STARTS = CONFIG["starts"]
REFUSED = [
    ("c.yaml", ["--count", "60"], {}, "--count: 60 is fewer than the 70 starts that are there; give more than 70"),
    ("c.yaml", ["--count", "70"], {}, "--count: 70 is no more than the 70 starts that are there; give more than 70"),
    *(
        (
            "c.yaml",
            ["--count", text],
            {},
            f'--count: got "{re.escape(text)}"; give a whole number in digits, more than the 70',
        )
        for text in ("ten", "2.5", "1e400", "1e3", "1_000", "1,000", " 80", "", "+80", "١٠٠", "nan", "9" * 31)
    ),
    ("c.yaml", ["--count", "-1"], {}, "--count: -1 is fewer than the 70 starts that are there; give more than 70"),
    ("c.yaml", ["--count=0"], {}, "--count: 0 is fewer than the 70 starts that are there; give more than 70"),
    ("c.yaml", ["--count", "9" * 20], {}, "starts.count: got 9{20}; give a whole number from 1 to 10\\^10"),
    ("c.yaml", ["--per-cell", "0"], {"starts": GRID}, "--per-cell: 0 is fewer than the 1 start a cell that"),
    (
        "c.yaml",
        ["--per-cell", "1.5"],
        {"starts": GRID},
        '--per-cell: got "1.5"; give a whole number .* the 1 start a cell',
    ),
    ("c.yaml", ["--per-cell", "2000000"], {"starts": GRID}, "starts.per_cell: got 2000000; give a whole number from 1"),
    ("c.yaml", [], {}, "give either --count, how many starts the study is to have in all, or --per-cell"),
    ("c.yaml", ["--count", "80", "--per-cell", "2"], {}, "give either --count"),
    ("c.yaml", ["--per-cell", "2"], {}, "starts.design is sobol, which has no per_cell; give --count"),
    ("c.yaml", ["--count", "80"], {"starts": GRID}, "is jittered_grid, which has no count; give --per-cell"),
    ("c.yaml", ["--per-cell", "1"], {"starts": GRID}, "--per-cell: 1 is no more than the 1 start a cell that"),
    (
        "c.yaml",
        ["--count", "80"],
        {"starts": STARTS | {"design": "latin_hypercube"}},
        "narrower .* use sobol or uniform",
    ),
    ("c.yaml", ["--count", "80"], {"starts": STARTS | {"replicates": 2}}, "replicates is 2: .* of another name"),
    ("c.yaml", ["--per-cell", "2"], {"starts": {"design": "grid", "per_axis": 5}}, "run a finer one as a study of"),
    ("more", ["--count", "80"], {}, '"more" is neither the config of a study nor the name of one in results/'),
    ("c.yaml", ["--count", "80", "--cores", "no"], {}, '--cores: got "no"; give a whole number from 1, or all'),
]


@pytest.mark.parametrize(("study", "options", "changes", "said"), REFUSED)
def test_what_cannot_be_extended_is_refused_in_a_sentence(
    study: str,
    options: list[str],
    changes: dict[str, Any],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before anything runs or is written: the key, what was given, and what to do."""
    monkeypatch.setattr(running, "_supervised", lambda *_: pytest.fail("nothing is run"))
    written(tmp_path, **changes)
    monkeypatch.chdir(tmp_path)
    assert main(["extend", study, *options]) == 2
    error = capsys.readouterr().err
    assert re.search(said, error), error
    assert len(error.splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["c.yaml"]


def recorded(folder: Path, **changes: Any) -> Path:
    """A folder in which a study has run, as far as its record tells, in one part."""
    config = read_config(CONFIG | changes)
    results = folder / "results/more"
    for method in config.methods:
        (results / method / "ends").mkdir(parents=True)
        for part in parts.parts_of(config.count):
            (results / method / f"ends/{part.name}.parquet").touch()
    given = config.resolved()
    del given["execution"]
    (results / "study.json").write_text(json.dumps({"config": given, "starts": config.count}))
    return results


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The configs that Snakemake would be given, in an empty folder; each is recorded as if it had run."""
    found: list[dict[str, Any]] = []

    def supervised(command: list[str], environment: dict[str, str]) -> int:
        found.append(json.loads(Path(command[command.index("--configfile") + 1]).read_text()))
        starts = read_config(found[-1]).count
        (tmp_path / "results/more").mkdir(parents=True, exist_ok=True)
        (tmp_path / "results/more/study.json").write_text(json.dumps({"config": found[-1], "starts": starts}))
        return 0

    monkeypatch.setattr(running, "_supervised", supervised)
    monkeypatch.chdir(tmp_path)
    return found


def test_a_study_is_extended_by_its_name_or_its_config(
    ran: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is run is the config with another number of starts; in the end it is said what to write in which line."""
    recorded(tmp_path)
    assert main(["extend", "more", "--count", "200"]) == 0
    assert ran[-1] == read_config(CONFIG | {"starts": STARTS | {"count": 200}}).resolved()
    out = capsys.readouterr().out
    assert "more: 70 starts, and 130 more starts" in out
    assert "In the config of more, starts.count is now to be 200" in out
    (tmp_path / "c.yaml").write_text("# mine\n" + yaml.safe_dump(CONFIG, sort_keys=False))
    assert main(["extend", "c.yaml", "--count", "300"]) == 0
    assert ran[-1]["starts"]["count"] == 300
    lines = (tmp_path / "c.yaml").read_text().splitlines()
    (line,) = re.findall(r"In c.yaml, line (\d+), write `count: 300`", capsys.readouterr().out)
    assert lines[int(line) - 1].strip() == "count: 70"


def test_a_line_that_is_not_there_is_to_be_added(
    ran: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One start a cell need not stand in a config: then it is said where more are to be written."""
    written(tmp_path, starts=GRID)
    assert main(["extend", "c.yaml", "--per-cell", "4"]) == 0
    assert ran[-1]["starts"] == GRID | {"per_cell": 4}
    (line,) = re.findall(r"In c.yaml, add `per_cell: 4` to starts \(line (\d+)\)", capsys.readouterr().out)
    assert (tmp_path / "c.yaml").read_text().splitlines()[int(line) - 1] == "starts:"


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        ({}, ["c.yaml", "--count", "80"], None),
        ({"starts": STARTS | {"count": 100}}, ["c.yaml", "--count", "80"], "fewer than the 100 starts that are there"),
        ({"starts": STARTS | {"seed": 2}}, ["c.yaml", "--count", "80"], r"run with another config \(starts\)"),
        ({"methods": {"five": FIVE}}, ["c.yaml", "--count", "80"], r"run with another config \(methods\); run the"),
        ({"study": "more"}, ["more1", "--count", "80"], 'neither .* did you mean "more"'),
    ],
)
def test_a_config_extends_the_study_that_is_there(
    changes: dict[str, Any],
    options: list[str],
    said: str | None,
    ran: list[dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where its folder holds another study, or more starts than the config says, nothing is run."""
    recorded(tmp_path, **changes)
    written(tmp_path)
    assert main(["extend", *options]) == (0 if said is None else 2)
    assert len(ran) == (said is None)
    assert said is None or re.search(said, capsys.readouterr().err)


def test_a_name_is_of_a_study_that_has_ended(tmp_path: Path, ran: list[dict[str, Any]], capsys: Any) -> None:
    """One without a record was stopped: its config is asked for."""
    results = recorded(tmp_path)
    (results / "study.json").unlink()
    assert main(["extend", "more", "--count", "80"]) == 2
    assert "has no study.json, since that study has not ended; give its config" in capsys.readouterr().err


def test_a_study_that_is_being_run_is_not_extended(tmp_path: Path, ran: list[dict[str, Any]], capsys: Any) -> None:
    """By name or config, ended before or not: it is said who runs it. What would be done is said all the same."""
    results = recorded(tmp_path)
    written(tmp_path)
    entry = {"process": os.getpid(), "host": "h", "since": "now", "config": "c.yaml"}
    entry["run"] = f"{os.getpid()} {run_lock._machine()}"
    (tmp_path / "results/.more.lock").write_text(json.dumps(entry))
    said = f"The study more is being run by process {os.getpid()} on h since now, with the config c.yaml. Two runs at"
    for study in ("more", "c.yaml"):
        assert main(["extend", study, "--count", "80"]) == 2
        assert capsys.readouterr().err.startswith(said)
    assert ran == []
    assert main(["extend", "more", "--count", "80", "--", "--dry-run"]) == 0
    (results / "study.json").unlink()
    assert main(["extend", "more", "--count", "80"]) == 2
    assert capsys.readouterr().err.startswith(said)
    (tmp_path / "results/.more.lock").write_text(json.dumps(entry | {"run": f"{2**22 + 1} {run_lock._machine()}"}))
    assert main(["extend", "c.yaml", "--count", "90"]) == 0


@pytest.fixture
def short_pieces(small_parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 32 starts, cut into pieces of four and more."""
    monkeypatch.setattr(parts, "FEWEST", 4)


def cut_there(folder: Path, count: int, jobs: int, **changes: Any) -> None:
    """A study that has run in pieces for so many jobs, as its folder and what its run left tell."""
    config = read_config(CONFIG | {"starts": STARTS | {"count": count}, "execution": {"shards": jobs}} | changes)
    results = recorded(folder, starts=STARTS | {"count": count}, **changes)
    for file in results.glob("gd/ends/*"):
        file.unlink()
    for piece in parts.pieces_of(parts.parts_of(count), jobs):
        (results / f"gd/ends/{piece.name}.parquet").touch()
    assert leave(results, config.resolved(), None, {}) == ""


@pytest.mark.parametrize(
    ("count", "jobs", "wanted", "shards", "again"),
    [
        (64, 8, 128, 16, 0),  # as many jobs would have pieces of 16
        (64, 1, 128, 1, 0),
        (64, 8, 65, 8, 0),
        (70, 8, 128, 16, 6),
        (70, 20, 128, 20, 6),  # too short to be halved
        (20, 4, 64, 4, 20),  # no part stays
    ],
)
@pytest.mark.parametrize("named", ["more", "c.yaml"])
def test_pieces_stay_as_they_are(
    named: str,
    count: int,
    jobs: int,
    wanted: int,
    shards: int,
    again: int,
    ran: list[dict[str, Any]],
    short_pieces: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By its name or its config a study is cut as it was, and where that takes another number of jobs, it is said."""
    cut_there(tmp_path, count, jobs, keep="none")
    written(tmp_path, starts=STARTS | {"count": count}, keep="none", execution={"shards": jobs})
    assert main(["extend", named, "--count", str(wanted)]) == 0
    assert ran[-1]["execution"]["shards"] == shards
    pieces = parts.pieces_of(parts.parts_of(wanted), shards)
    there = {file.stem for file in tmp_path.glob("results/more/gd/ends/*")}
    whole = [piece for piece in pieces if piece.last <= count - count % 32]
    assert {piece.name for piece in whole} <= there
    out = capsys.readouterr().out
    assert (f"; {again} descents of a method again" in out) == (again > 0)
    assert ("shards" in out) == (shards != jobs)
    if shards != jobs and named == "c.yaml":
        (line,) = re.findall(rf"line (\d+), write `shards: {shards}`, so that", out)
        assert (tmp_path / "c.yaml").read_text().splitlines()[int(line) - 1].strip() == f"shards: {jobs}"
    elif shards != jobs:
        assert f"starts.count is now to be {wanted} and execution.shards is now to be {shards}, so that" in out


def test_other_pieces_that_a_config_asks_for_are_made(
    ran: list[dict[str, Any]],
    short_pieces: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As before a cluster is used; that all descents are repeated, where rows are gone, is said. Else they are not."""
    cut_there(tmp_path, 64, 1, keep="none")
    written(tmp_path, starts=STARTS | {"count": 64}, keep="none", execution={"shards": 8})
    assert main(["extend", "c.yaml", "--count", "128"]) == 0
    assert ran[-1]["execution"]["shards"] == 8
    assert "; 64 descents of a method again" in capsys.readouterr().out


def test_a_study_without_what_its_run_left_is_cut_as_its_files_are(
    ran: list[dict[str, Any]], short_pieces: None, tmp_path: Path
) -> None:
    """As results that were copied from elsewhere."""
    cut_there(tmp_path, 64, 8, keep="none")
    (tmp_path / "results/.more.run.json").unlink()
    assert main(["extend", "more", "--count", "128"]) == 0
    assert ran[-1]["execution"]["shards"] == 16


@pytest.mark.parametrize(
    "record",
    [
        "{",
        "[]",
        '{"config": 3, "starts": 70}',
        '{"config": {"study": "more"}, "starts": 70}',
        json.dumps({"config": read_config(CONFIG | {"study": "less"}).resolved(), "starts": 70}),
        None,
    ],
    ids=["cut short", "a list", "no config", "half a config", "of another study", "edited"],
)
def test_a_record_that_no_run_wrote_is_refused_in_a_sentence(
    record: str | None, ran: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cut short, edited, or of a study of another name: neither is it extended, nor is it said how far it is."""
    results = recorded(tmp_path)
    if record is None:
        record = (results / "study.json").read_text()
        storage.write_text(results / "study.json", record)
        record = record.replace('"max_steps": 300', '"max_steps": 299')
    (results / "study.json").write_text(record)
    written(tmp_path)
    for command in (["extend", "more", "--count", "80"], ["extend", "c.yaml", "--count", "80"], ["progress", "more"]):
        assert main(command) == 2
        assert capsys.readouterr().err.strip() == (
            "results/more/study.json is not what a run of more wrote; give its config, or run it again"
        )
    assert ran == []


@pytest.mark.parametrize(
    ("changes", "wanted", "said"),
    [
        ({"keep": "none"}, ["--count", "200"], "; 6 descents of a method again, whose rows were not kept"),
        ({"keep": SAMPLE, "starts": STARTS | {"count": 65}}, ["--count", "200"], "; 1 descent of a method again"),
        ({"keep": "none", "starts": STARTS | {"count": 64}}, ["--count", "200"], "136 more starts\n"),
        ({"keep": "none", "starts": GRID}, ["--per-cell", "2"], "; 25 descents of a method again"),
        ({"starts": GRID}, ["--per-cell", "2"], "more: 25 starts, and 25 more starts\n"),
    ],
)
def test_what_is_repeated_is_said(
    changes: dict[str, Any], wanted: list[str], said: str, ran: Any, small_parts: None, tmp_path: Path, capsys: Any
) -> None:
    """Where rows are gone, those of a short last part are descended again, and all of a grid."""
    recorded(tmp_path, **changes)
    written(tmp_path, **changes)
    assert main(["extend", "c.yaml", *wanted]) == 0
    assert said in capsys.readouterr().out
