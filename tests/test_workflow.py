"""The whole study as a user runs it, `snakemake` in a copy of the project: what it says, and what it survives."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from unittest import mock

import pandas as pd
import pytest
import yaml

from multistart.descents import pace
from multistart.figures import PICTURES, comparisons_of, pictures_of
from multistart.files import parts
from multistart.study import old_rows, storage
from multistart.study.old_rows import Unfinished
from multistart.tables.all_files import FILES
from multistart.tables.of_boundaries import BUDGET
from tests import forked_runs
from tests.html_pages import Page
from tests.small_project import (
    CONFIG,
    FEW_PICTURES,
    ODD_NAME,
    ROOT,
    TABLES,
    checksums,
    copy_project,
    forked,
    reruns,
    write_config,
)


def test_a_study_gives_its_tables_pictures_and_summary(finished):
    """One call makes every table, every picture, the record, and prints the summary."""
    results = finished / "results/small"
    for name in (*TABLES, "summary.md", "summary.html", "study.json"):
        assert (results / name).stat().st_size > 0, name
    assert len(list((results / "gd/figures").glob("*.png"))) == len(pictures_of(False))
    summary = (results / "summary.md").read_text()
    assert "144 starts" in summary
    assert "reached the lowest minimum" in summary
    said = (finished / "output.txt").read_text()
    assert summary.partition("\n## ")[0] in said
    assert all(f"results/small/{page}" in said for page in ("summary.html", "explore.html"))


def unnamed(folder):
    """The files of a study that the README's table does not name; and the names in it that no file of the study has."""
    _, _, listed = (ROOT / "README.md").read_text().partition("<!-- table: files -->")
    listed, _, _ = listed.partition("<!-- end of table -->")
    named = {name for line in listed.splitlines() for name in re.findall(r"^\| `([^`]+)`", line)}
    patterns = {name: re.compile(re.sub(r"<\\?[a-z]+>", "[^/]+", re.escape(name))) for name in named}
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    hidden = {name for name in left if re.search(r"(^|/)\.[^/]*\.sha256$", name)}
    found = {
        name: {
            file
            for file in left - hidden
            if pattern.fullmatch(re.sub(r"(?<=\.parquet)/part-[\w-]+\.parquet", "", file))
        }
        for name, pattern in patterns.items()
    }
    found[".<file>.sha256"] = hidden
    return left - set().union(*found.values()), {name for name, files in found.items() if not files}


def test_every_file_of_a_study_is_in_the_table_of_the_readme(finished):
    """Each file that a study leaves is named there, and each name there is that of a file or of some studies only."""
    nameless, absent = unnamed(finished / "results/small")
    assert nameless == set()
    assert absent == {file.name for file in FILES if file.only not in ("", BUDGET)}


def test_every_link_of_the_page_leads_to_a_file(finished):
    """Pictures and tables that the page of a finished study links are there."""
    page = Page((finished / "results/small/summary.html").read_text())
    assert len(page.links()) > 20
    assert page.dead_links(finished / "results/small") == []


def test_the_tables_keep_every_start(finished):
    """One row a start, the counts over (ending, basin) sum to the starts, shares have all of them below."""
    results = finished / "results/small"
    rows = pd.read_parquet(results / "gd/outcomes.parquet")
    endings, basins = storage.read_csv(results / "gd/endings.csv"), storage.read_csv(results / "gd/basins.csv")
    assert len(rows) == 144 == endings["count"].sum()
    assert basins["count"].sum() == (rows["basin"] >= 0).sum()
    assert (basins["share"] == basins["count"] / 144).all()
    assert endings["share"].sum() == pytest.approx(1)
    assert list(rows.columns)[:4] == ["start_x", "start_y", "end_x", "end_y"]


def test_the_record_repeats_the_study(finished):
    """study.json holds a config that is valid again, and the checksums of the tables that are there."""
    record = json.loads((finished / "results/small/study.json").read_text())
    assert {name: record["checksums"][name] for name in TABLES} == checksums(finished)
    from multistart.config import read_config

    again = read_config(record["config"]).resolved()
    del again["execution"]  # which changes no result
    assert again == record["config"]
    assert record["seed"] == 1
    assert set(record["versions"]) >= {"python", "numpy", "numba", "sympy"}


def flip(content):
    """The content with one bit changed in its middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES = {
    "certificate.json": lambda content: content.replace(b"-6.55113", b"-6.55114"),
    "minima.csv": lambda content: content.replace(b"-6.55113", b"-6.55114"),
    "gd/parts/part-00001-144-rows.parquet": flip,
    "gd/ends/part-00001-144-rows.parquet": flip,
    "gd/outcomes.parquet": lambda content: bytes(len(content)),
    "gd/tally.parquet": lambda content: content[: len(content) // 2],
    "gd/figures/profile.png": lambda content: b"",
}


def test_what_is_damaged_between_runs_is_made_anew(few_pictures, tmp_path):
    """A bit, a digit, zeros, a cut, with the time of the file kept: named, made anew, with the bytes of before."""
    finished = shutil.copytree(few_pictures, tmp_path / "multistart")
    results = finished / "results/small"
    before = checksums(finished)
    for name, damage in DAMAGES.items():
        file, status = results / name, (results / name).stat()
        assert damage(file.read_bytes()) != file.read_bytes()
        file.write_bytes(damage(file.read_bytes()))
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    (results / "timings/descend-gd-part-00001-144-rows.tsv").write_text("")
    (results / ".minima.csv.abcd1234.tmp").write_text("of a killed job")
    plan = forked(finished, "--dry-run")
    said = forked(finished)
    for name in DAMAGES:
        assert f"results/small/{name} is damaged: its bytes are not those that were written." in plan
        assert f"results/small/{name} is damaged: its bytes are not those that were written. It was removed" in said
    assert checksums(finished) == before
    record = json.loads((results / "study.json").read_text())
    assert {name: record["checksums"][name] for name in TABLES} == before
    assert list(results.rglob("*.tmp")) == []
    assert reruns(finished) == {}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A copy of the project in which a study of five parts was killed in the middle, and then run on one core.

    It has two pictures.

    That nothing is left where each process of a run is one of its own is tested in tests/test_interruptions.py.
    """
    other = copy_project(tmp_path_factory.mktemp("killed") / "multistart")
    write_config(other, execution={"shards": 3})
    keep = Unfinished.keep

    def keep_and_wait(self):
        keep(self)
        time.sleep(120)

    with pytest.MonkeyPatch.context() as patch, mock.patch.dict(PICTURES, FEW_PICTURES, clear=True):
        patch.setattr(parts, "PART", 32)
        with pytest.MonkeyPatch.context() as slow:
            slow.setattr(pace, "LONGEST", 1e-9)
            slow.setattr(old_rows, "OFTEN", -1.0)
            slow.setattr(Unfinished, "keep", keep_and_wait)
            running = forked_runs.start(other, "--cores", "2")
        deadline = time.monotonic() + 120
        while not list((other / "results").rglob("unfinished/*/*.sha256")) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(running, signal.SIGKILL)
        os.waitpid(running, 0)
        assert list((other / "results").rglob("unfinished/*/*.parquet"))
        assert not (other / "results/small/study.json").exists()
        forked(other, "--cores", "1")
    return other


@mock.patch.dict(PICTURES, FEW_PICTURES, clear=True)
def test_a_killed_study_completes(killed, small_parts):
    """Killed in the middle and called again, without a further option, the study has all its files and no crumb."""
    results = killed / "results/small"
    record = json.loads((results / "study.json").read_text())
    names = [*(f"part-0000{i}" for i in range(1, 5)), "part-00005-16-rows"]
    outcomes = {f"gd/outcomes.parquet/{name}.parquet" for name in names}
    assert set(record["checksums"]) == outcomes | set(TABLES) - {"gd/outcomes.parquet"}
    assert record["checksums"] == {name: storage.checksum(results / name) for name in record["checksums"]}
    assert {picture.stem for picture in (results / "gd/figures").glob("*.png")} == {"basin_map", "profile"}
    assert list(results.rglob("*.tmp")) == []
    assert reruns(killed) == {}


def test_a_killed_job_goes_on_within_its_part(killed):
    """What it had descended from is taken up, and the rows that were kept for that are gone; the log says so."""
    logs = "".join(file.read_text() for file in (killed / "logs").rglob("descend/*.log"))
    assert re.search(r"gd: 8 of the starts \d+ to \d+ were descended from before", logs)
    assert list((killed / "results").rglob("unfinished*")) == []


def test_kills_parts_and_cores_change_no_number(finished, killed):
    """Killed and completed, five parts on one core give the tables of one part on two, byte for byte, and its rows."""
    one, five = finished / "results/small", killed / "results/small"
    for name in set(TABLES) - {"gd/outcomes.parquet"}:
        assert storage.checksum(five / name) == storage.checksum(one / name), name
    rows = [pd.read_parquet(folder / "gd/outcomes.parquet") for folder in (one, five)]
    pd.testing.assert_frame_equal(*rows)


def test_a_record_of_many_files_names_one_list_of_them(killed, small_parts, monkeypatch):
    """The list has the checksum of each file with rows, as `sha256sum` reads it, and the record that of the list.

    Of the same study, whose record names each file where they are few.
    """
    monkeypatch.setattr(parts, "FAN", 4)
    results = killed / "results/small"
    forked(killed, "results/small/study.json")
    checksums = json.loads((results / "study.json").read_text())["checksums"]
    assert not any("outcomes.parquet" in name for name in checksums)
    assert checksums["gd/outcomes.sha256"] == storage.checksum(results / "gd/outcomes.sha256")
    lines = [line.split("  ") for line in (results / "gd/outcomes.sha256").read_text().splitlines()]
    files = sorted((results / "gd/outcomes.parquet").glob("*.parquet"))
    assert [(results / "gd" / name, found) for found, name in lines] == [
        (file, storage.checksum(file)) for file in files
    ]
    assert len(files) == 5


def test_a_second_run_of_a_study_is_refused(finished):
    """With another config under the same name: refused while the first holds the lock, before a plan of it is shown; a
    dry run and a plan that is asked for are not.
    """
    write_config(finished, figures={"dpi": 42, "formats": ["png"]})
    hold = "import sys; from pathlib import Path; from multistart.study.run_lock import take;"
    hold += "take(Path('results/small'), config='first.yaml'); print(flush=True); sys.stdin.read()"
    first = subprocess.Popen(
        [sys.executable, "-c", hold], cwd=finished, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with first:
        first.stdout.readline()
        for arguments in ([], ["--touch"], ["--no-hooks"], ["--delete-all-output"]):
            said = forked(finished, *arguments, code=1)
            assert f"is being run by process {first.pid}" in said
            assert "with the config first.yaml" in said
            assert "Traceback" not in said
            assert "Job stats" not in said
        assert set(reruns(finished)) == {"draw", "summarize", "all"}
        forked(finished, "--rulegraph")
        first.communicate("")
    write_config(finished)
    assert reruns(finished) == {}


def test_the_default_config_is_read_strictly(finished):
    """A plain `snakemake` runs no code of config/config.yaml and refuses what its own reader would misread."""
    good = (finished / "config/config.yaml").read_text()
    for text, piece in (("__use_yte__: true\n?open('ran', 'w'): 1\n", "config.yaml"), ("seed: 010\n", "010 is 8")):
        (finished / "config/config.yaml").write_text(text + good)
        said = forked(finished, "--dry-run", code=1)
        assert piece in said
        assert "Traceback" not in said
    write_config(finished)
    assert not (finished / "ran").exists()


def test_a_clone_may_have_any_name(finished):
    """Jobs ran where the path of project and interpreter has spaces, quotes, braces and dollars."""
    python = (finished / "output.txt").read_text().splitlines()[0]
    if ".venv" not in python:
        pytest.skip("needs a virtual environment")
    assert f"/{ODD_NAME}/.venv/bin/python" in python
    assert (finished / "results/small/summary.md").exists()


@pytest.mark.parametrize(
    ("changes", "pieces"),
    [
        (
            {"starts": {"design": "sobel", "count": 8}, "domain": {"x": [3, -3], "y": [-3, 3]}},
            ["starts.design", "sobel", 'did you mean "sobol"', "domain", "x"],
        ),
        ({"objective": {"expression": "__import__('os')", "variables": ["x"]}}, ["expression", "not allowed"]),
    ],
)
def test_a_wrong_config_is_refused_before_anything_runs(finished, tmp_path, changes, pieces):
    """A wrong config gives a few lines that name key, value and fix, no traceback, and leaves nothing behind."""
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(CONFIG | {"study": "wrong"} | changes))
    said = forked(finished, "--configfile", str(file), code=1)
    assert all(piece in said for piece in pieces), said
    assert "Traceback" not in said
    assert len(said.splitlines()) < 10
    assert not (finished / "results/wrong").exists()


@pytest.fixture(scope="module")
def everything(finished, tmp_path_factory):
    """One study with much at once: three dimensions, a tree of parts, a second method of five steps, a sweep."""
    file = tmp_path_factory.mktemp("everything") / "everything.yaml"
    changes = {"study": "everything", "objective": {"name": "styblinski_tang", "dimensions": 3}, "keep": "none"}
    five = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 5}
    changes |= {"starts": {"design": "sobol", "count": 64}, "methods": CONFIG["methods"] | {"five": five}}
    changes |= {"sweep": {"methods.gd.learning_rate": [0.01, 0.02]}}
    file.write_text(yaml.safe_dump(CONFIG | changes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART", 24)
        patch.setattr(parts, "FAN", 2)
        forked(finished, "--configfile", str(file))
        assert reruns(finished, "--configfile", str(file)) == {}
    return finished / "results/everything"


def test_more_than_two_dimensions_show_a_slice(everything):
    """A three-dimensional study with a quasi-random design draws its maps over a slice, and completes."""
    assert (everything / "gd/slice.parquet").exists()
    assert (everything / "gd/figures/basin_map.png").exists()
    assert {file.stem for file in (everything / "figures").glob("*.png")} == set(comparisons_of(flow=False))


def test_the_files_of_some_studies_are_in_the_table_of_the_readme(everything):
    """So are those of a study with a slice and of several methods; the pages of such a study link what is there."""
    nameless, absent = unnamed(everything)
    assert nameless == set()
    zooms = {f"<method>/zoom/{what}-<i>.parquet" for what in ("map", "boundary")}
    others = {"distortion.csv", "<method>/distortion.csv", "<method>/proven_cells.parquet"}
    others |= {"pilot.json", "<method>/outcomes.sha256"}
    of_fits = {"data.parquet", "fit.csv", "parameters.csv", "correlations.csv", "fitted.csv", "curves.csv"}
    assert absent == {"starts.parquet", "<method>/parts/<part>.parquet", *zooms, *others, *of_fits}
    assert Page((everything / "summary.html").read_text()).dead_links(everything) == []


def test_rows_that_are_not_kept_leave_the_disk(everything):
    """With `keep: none` no file holds the starts in the end; what is counted is there.

    That it is what a study that keeps all counts is tested stage by stage in tests/test_estimation.py.
    """
    for method in ("gd", "five"):
        assert list((everything / method / "parts").glob("*.parquet")) == []
        assert len(pd.read_parquet(everything / method / "outcomes.parquet")) == 0
        assert storage.read_csv(everything / method / "endings.csv")["count"].sum() == 64


def test_a_method_that_converges_nowhere_completes(everything):
    """With five steps no descent reaches a minimum; the study completes, draws all pictures and says so."""
    reached = {name: storage.read_csv(everything / name / "basins.csv")["count"].sum() for name in ("gd", "five")}
    assert reached["five"] == 0 < reached["gd"]
    assert len(list((everything / "five/figures").glob("*.png"))) == len(pictures_of(False))
    assert "With `five` no start did." in (everything / "summary.md").read_text()


def test_the_workflow_is_linted(finished):
    """Snakemake's lint complains of nothing but the environments that the lock file stands for."""
    text = forked(finished, "--lint", code=1)
    said = [line.strip() for line in text.splitlines() if line.strip().startswith("* ")]
    assert {line for line in said if "conda environment or container" not in line} == set()


def test_the_report_opens_with_the_study(finished):
    """`snakemake --report` opens with the page of the study and all its pictures, not with the graph of the rules."""
    forked(finished, "--report", "report.html")
    report = (finished / "report.html").read_text()
    opening, categories, results, metadata = (
        json.JSONDecoder().raw_decode(report.split(f'<script id="{name}">')[1].partition(" = ")[2])[0]
        for name in ("workflow-desc", "categories", "results", "metadata")
    )
    assert metadata, "without any the report opens with the graph"
    assert "#app iframe.study" in report
    page = Page(html.unescape(re.search(r'srcdoc="([^"]*)"', opening)[1]))
    assert "reached the lowest minimum" in page.root.text
    assert "Explore it yourself (under Explorer, in the menu beside this page): click" in page.root.text
    assert categories["Explorer"] == {"Other": ["results/small/explore.html"]}
    assert all(link.startswith("data:image/webp;base64,") for link in page.links())
    assert [i.attributes["alt"] for i in page.root.all("img")] == [
        picture.alt for picture in pictures_of(False).values()
    ]
    labels = [list(results[path]["labels"].values()) for path in categories["Pictures"]["gd"]]
    assert [title for _, title in sorted(labels)] == [picture.title for picture in pictures_of(False).values()]
