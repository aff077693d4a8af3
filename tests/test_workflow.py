"""The whole study as a user runs it: `snakemake` in a copy of the project."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from multistart import tables
from multistart.figures import PICTURES
from multistart.files import parts
from multistart.study import storage
from multistart.tables.all_files import FILES
from tests import forked_runs
from tests.html_pages import Page

ROOT = Path(__file__).parent.parent
TABLES = ["minima.csv", "critical_points.csv", *(f"gd/{name}" for name in tables.kept_by_method())]
CONFIG = {
    "study": "small",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}},
    "figures": {"dpi": 40, "formats": ["png"]},
}


def snakemake(folder, *arguments, cores=2):
    """Run snakemake in a copy of the project with the package of that copy."""
    environment = os.environ | {
        "PYTHONPATH": str(folder / "src"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def forked(folder, *arguments, code=0):
    """The same in forks of this process, in a tenth of the time; what was said."""
    found, said = forked_runs.snakemake(folder, *arguments)
    assert (found == 0) == (code == 0), said
    return said


def reruns(folder, *arguments):
    """How many jobs of each rule a dry run would start."""
    lines = [line.split() for line in forked(folder, "--dry-run", *arguments).splitlines()]
    return {
        words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit() and words[0] != "total"
    }


def descents(folder, *arguments):
    """The jobs that a dry run would start to descend."""
    return {rule for rule in reruns(folder, *arguments) if rule.startswith("descend")}


def write_config(folder, **changes):
    """Write the config of the copy, with some sections replaced."""
    (folder / "config/config.yaml").write_text(yaml.safe_dump(CONFIG | changes))


def checksums(folder, study="small"):
    return {name: storage.checksum(folder / "results" / study / name) for name in TABLES}


def copy_project(folder):
    for part in ("src", "workflow", "profiles", "config"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder)
    write_config(folder)
    return folder


def run_small_study(folder):
    """A copy of the project in which a small study has run, and what was printed."""
    done = snakemake(copy_project(folder))
    (folder / "output.txt").write_text(done.stdout + done.stderr)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, made_once):
    """A copy of the project in which a small study has run, for the tests of one worker."""
    folder = tmp_path_factory.mktemp("project") / "multistart"
    return shutil.copytree(made_once("small study", run_small_study), folder)


def test_a_study_gives_its_tables_pictures_and_summary(finished):
    """One call makes every table, every picture, the record, and prints the summary."""
    results = finished / "results/small"
    for name in (*TABLES, "summary.md", "summary.html", "study.json"):
        assert (results / name).stat().st_size > 0, name
    assert len(list((results / "gd/figures").glob("*.png"))) == len(PICTURES)
    summary = (results / "summary.md").read_text()
    assert "144 starts" in summary
    assert "reached the lowest minimum" in summary
    assert summary.partition("\n## ")[0] in (finished / "output.txt").read_text()


def unnamed(folder):
    """The files of a study that the README's table does not name; and the names in it that no file of the study has."""
    _, _, listed = (ROOT / "README.md").read_text().partition("<!-- table: files -->")
    listed, _, _ = listed.partition("<!-- end of table -->")
    named = {name for line in listed.splitlines() for name in re.findall(r"^\| `([^`]+)`", line)}
    patterns = {name: re.compile(re.sub(r"<\\?[a-z]+>", "[^/]+", re.escape(name))) for name in named}
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    hidden = {name for name in left if name.endswith(".sha256")}
    found = {
        name: {
            file for file in left - hidden if pattern.fullmatch(re.sub(r"(?<=\.parquet)/part-\d+\.parquet", "", file))
        }
        for name, pattern in patterns.items()
    }
    found[".<file>.sha256"] = hidden
    return left - set().union(*found.values()), {name for name, files in found.items() if not files}


def test_every_file_of_a_study_is_in_the_table_of_the_readme(finished):
    """Each file that a study leaves is named there, and each name there is that of a file or of some studies only."""
    nameless, absent = unnamed(finished / "results/small")
    assert nameless == set()
    assert absent == {file.name for file in FILES if file.only}


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


def test_nothing_is_done_twice(finished):
    """A second call finds everything up to date."""
    assert reruns(finished) == {}


def test_a_picture_setting_repeats_no_descent(finished):
    """Another dpi draws again, is recorded, and descends nowhere."""
    write_config(finished, figures={"dpi": 41, "formats": ["png"]})
    assert set(reruns(finished)) == {"draw_maps", "draw_charts", "summarize", "all"}
    write_config(finished)


def test_another_sampling_repeats_everything(finished):
    """Another seed runs every rule again; a merge tolerance what follows the descents, and the certificate's pilot."""
    write_config(finished, starts={"design": "jittered_grid", "per_axis": 12, "seed": 2})
    assert set(reruns(finished)) == {
        "certify",
        "descend_gd_1_to_1",
        "minima",
        "estimate",
        "draw_maps",
        "draw_charts",
        "summarize",
        "all",
    }
    write_config(finished, basins={"position_tolerance": 1e-5})
    follows = {"minima", "estimate", "draw_maps", "draw_charts", "summarize", "all"}
    assert set(reruns(finished)) == follows | {"certify"}
    write_config(finished)


def test_a_new_method_repeats_none_of_the_others(finished):
    """A second method descends, and the first does not."""
    slow = {"optimizer": "gradient_descent", "learning_rate": 0.001, "max_steps": 300}
    write_config(finished, methods=CONFIG["methods"] | {"slow": slow})
    assert descents(finished) == {"descend_slow_1_to_1"}
    assert reruns(finished)["compare"] == 1
    write_config(finished)


def test_a_new_method_labels_the_others_anew_only_where_it_finds_other_minima(tmp_path):
    """Five steps reach no minimum. With a method that reaches some they are labelled anew; with one more that reaches
    the same, not a single job of the first two runs, which are compared once.
    """
    copy_project(tmp_path)
    methods, written = {}, []
    for name, steps in (("five", 5), ("gd", 300), ("slow", 299)):
        methods[name] = CONFIG["methods"]["gd"] | {"max_steps": steps}
        write_config(tmp_path, methods=methods)
        compared = [f"results/small/{name}/comparison.csv" for name in list(methods)[1:]]
        forked(tmp_path, *(f"results/small/{name}/estimates.csv" for name in methods), *compared)
        tables = [table for name in methods for table in (tmp_path / "results/small" / name).rglob("*.*")]
        written.append({table: table.stat().st_mtime_ns for table in tables})
    first, second, third = written
    again = {table for table in first if second[table] > first[table]}
    assert {table.name for table in set(first) - again if not table.name.startswith(".")} == {
        "part-00001-144-rows.parquet"
    }
    assert all(third[table] == second[table] for table in second)
    assert len(storage.read_csv(tmp_path / "results/small/five/basins.csv")) == 3


def test_an_edited_module_runs_what_depends_on_it(finished):
    """An edit of the drawing code draws again, one of the descent descends again; a restored file does nothing."""
    for module, expected in (
        ("figures/layout.py", {"draw_maps", "draw_charts", "all"}),
        ("figures/gallery/shares.py", {"draw_charts", "all"}),
        ("methods/method.py", {"descend_gd_1_to_1"}),
    ):
        file = finished / "src/multistart" / module
        text = file.read_text()
        file.write_text(text + "\n# edited\n")
        assert expected <= set(reruns(finished))
        file.write_text(text)
    assert reruns(finished) == {}


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
    "gd/figures/shares.png": lambda content: b"",
}


def test_what_is_damaged_between_runs_is_made_anew(finished):
    """A bit, a digit, zeros, a cut, with the time of the file kept: named, made anew, with the bytes of before."""
    results = finished / "results/small"
    before = checksums(finished)
    for name, damage in DAMAGES.items():
        file, status = results / name, (results / name).stat()
        assert damage(file.read_bytes()) != file.read_bytes()
        file.write_bytes(damage(file.read_bytes()))
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    (results / "timings/descend_gd_1_to_1.tsv").write_text("")
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


def test_the_contents_of_a_starts_file_decide(finished, tmp_path):
    """Another file with an older time is read anew; the same contents with another time are not."""
    file, own = tmp_path / "own.yaml", finished / "own{x}.csv"
    starts = {"design": "file", "path": own.name}
    file.write_text(yaml.safe_dump(CONFIG | {"study": "own", "starts": starts}))
    arguments = ("results/own/starts.parquet", "--configfile", str(file))
    own.write_text("x,y\n1,2\n0,0\n")
    forked(finished, *arguments)
    os.utime(own, (2e9, 2e9))
    assert reruns(finished, *arguments) == {}
    own.write_text("x,y\n1,2\n0,1\n")
    os.utime(own, (1e9, 1e9))
    assert set(reruns(finished, *arguments)) == {"starts"}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A copy of the project in which a study of five parts was killed in the middle, and then run on one core."""
    other = copy_project(tmp_path_factory.mktemp("killed") / "multistart")
    file = other / "src/multistart/files/parts.py"
    file.write_text(file.read_text().replace("PART = 2**20", "PART = 32"))
    write_config(other, execution={"shards": 3})
    environment = os.environ | {"PYTHONPATH": str(other / "src")}
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    running = subprocess.Popen(
        command,
        cwd=other,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list((other / "results").rglob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (other / "results/small/study.json").exists()
    snakemake(other, cores=1)
    return other


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of 32 starts in the forks of this process, as in the edited copy of the project."""
    monkeypatch.setattr(parts, "PART", 32)


def test_a_killed_study_completes(killed, small_parts):
    """Killed in the middle and called again, without a further option, the study has all its files and no crumb."""
    results = killed / "results/small"
    record = json.loads((results / "study.json").read_text())
    outcomes = {f"gd/outcomes.parquet/part-0000{i}.parquet" for i in range(1, 6)}
    assert set(record["checksums"]) == outcomes | set(TABLES) - {"gd/outcomes.parquet"}
    assert record["checksums"] == {name: storage.checksum(results / name) for name in record["checksums"]}
    assert list(results.rglob("*.tmp")) == []
    assert reruns(killed) == {}


def test_kills_parts_and_cores_change_no_number(finished, killed):
    """Killed and completed, five parts on one core give the tables of one part on two, byte for byte, and its rows."""
    one, five = finished / "results/small", killed / "results/small"
    for name in set(TABLES) - {"gd/outcomes.parquet"}:
        assert storage.checksum(five / name) == storage.checksum(one / name), name
    rows = [pd.read_parquet(folder / "gd/outcomes.parquet") for folder in (one, five)]
    pd.testing.assert_frame_equal(*rows)


def test_other_jobs_and_more_starts_repeat_no_descent(finished, tmp_path, small_parts):
    """What there is of parts stays: however many jobs are asked for, and where starts are added that change no other.

    A shorter last part is made anew, with the starts that it lacked, and so is what counts.
    """
    file, five = tmp_path / "many.yaml", {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 5}
    few = {"design": "sobol", "count": 170, "seed": 1}
    methods = {"gd": five, "trapped": five | {"stopping": "certified"}}

    def asked(jobs, **starts):
        changes = {"study": "many", "starts": few | starts, "methods": methods, "execution": {"shards": jobs}}
        file.write_text(yaml.safe_dump(CONFIG | changes))
        return str(file)

    forked(finished, "--configfile", asked(2))
    results = finished / "results/many"
    for jobs in (1, 2, 3, 6, 99):
        assert reruns(finished, "--configfile", asked(jobs)) == {}
    more = reruns(finished, "--configfile", asked(1, count=230))
    assert descents(finished, "--configfile", asked(1, count=230)) == {"descend_gd_6_to_8", "descend_trapped_6_to_8"}
    assert {"minima", "label_1_to_4", "label_5_to_8", "estimate"} <= set(more)
    assert "certify" not in more
    assert descents(finished, "--configfile", asked(1, seed=2)) == {"descend_gd_1_to_6", "descend_trapped_1_to_6"}
    before = {path: path.read_bytes() for path in results.glob("*/parts/part-0000[1-5].parquet")}
    times = {path: path.stat().st_mtime_ns for path in before}
    forked(finished, "--configfile", asked(1, count=230))
    assert {path: path.stat().st_mtime_ns for path in before} == times
    assert len(pd.read_parquet(results / "gd/outcomes.parquet")) == 230
    forked(finished, "--configfile", asked(1, count=30))  # one part: a file where the folder was
    assert len(pd.read_parquet(results / "gd/outcomes.parquet")) == 30
    forked(finished, "--configfile", asked(1, count=70))  # and a folder of three parts again, without the other five
    assert len(pd.read_parquet(results / "gd/outcomes.parquet")) == 70


def test_a_job_on_another_machine_takes_the_parts_that_it_is_told(finished, tmp_path, small_parts):
    """By then other parts may be there than when it was planned; the name of its rule says which it makes."""
    file = tmp_path / "far.yaml"
    file.write_text(yaml.safe_dump(CONFIG | {"study": "far"}))
    given = finished / "results/far/gd/parts"
    given.mkdir(parents=True)
    (given / "part-00003.parquet").write_bytes(b"")
    rule = "descend_gd_1_to_4"
    told = ("--mode", "subprocess", "--target-jobs", f"{rule}:", "--allowed-rules", rule, "--force")
    forked(finished, "--configfile", str(file), *told)
    assert sorted(path.name for path in given.glob("*.parquet")) == [f"part-0000{i}.parquet" for i in range(1, 5)]
    assert storage.verify(given / "part-00003.parquet")


def test_multistart_run_and_snakemake_repeat_nothing_of_each_other(finished):
    """What snakemake has done is done for `multistart run`, which hands the same study over as JSON."""
    environment = os.environ | {"PYTHONPATH": str(finished / "src")}
    command = [sys.executable, "-m", "multistart.cli", "run", "config/config.yaml", "--cores", "2", "--", "--dry-run"]
    done = subprocess.run(command, cwd=finished, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to be done" in done.stdout + done.stderr
    assert reruns(finished, "--configfile", "config/config.yaml") == {}


def test_a_second_run_of_a_study_is_refused(finished):
    """With another config under the same name: refused while the first holds the lock; a dry run and a plan are not."""
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
        assert set(reruns(finished)) == {"draw_maps", "draw_charts", "summarize", "all"}
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


def test_a_clone_may_have_any_name(finished, tmp_path):
    """A job runs where the path of project and interpreter has spaces, quotes, braces and dollars."""
    environment = Path(sys.prefix)
    if not (environment / "pyvenv.cfg").exists():
        pytest.skip("needs a virtual environment")
    other = tmp_path / "it's {a} $clone"
    shutil.copytree(finished, other)
    (other / ".venv/bin").mkdir(parents=True)
    shutil.copy(environment / "pyvenv.cfg", other / ".venv")
    (other / ".venv/lib").symlink_to(environment / "lib")
    (other / ".venv/bin/python").symlink_to(environment / "bin/python")
    (other / "results/small/summary.md").unlink()
    done = subprocess.run(
        [str(other / ".venv/bin/python"), "-m", "snakemake", "--cores", "1"],
        cwd=other,
        env=os.environ | {"PYTHONPATH": str(other / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (other / "results/small/summary.md").exists()


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
    """The results of one study with much at once: three dimensions, parts, a second method of five steps, no rows."""
    file = tmp_path_factory.mktemp("everything") / "everything.yaml"
    changes = {"study": "everything", "objective": {"name": "styblinski_tang", "dimensions": 3}, "keep": "none"}
    five = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 5}
    changes |= {"starts": {"design": "sobol", "count": 64}, "methods": CONFIG["methods"] | {"five": five}}
    file.write_text(yaml.safe_dump(CONFIG | changes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART", 12)
        forked(finished, "--configfile", str(file))
        assert reruns(finished, "--configfile", str(file)) == {}
    return finished / "results/everything"


def test_more_than_two_dimensions_show_a_slice(everything):
    """A three-dimensional study with a quasi-random design draws its maps over a slice, and completes."""
    assert (everything / "gd/slice.parquet").exists()
    assert (everything / "gd/figures/basin_map.png").exists()


def test_the_files_of_some_studies_are_in_the_table_of_the_readme(everything):
    """So are those of a study with a slice and of several methods; the pages of such a study link what is there."""
    nameless, absent = unnamed(everything)
    assert nameless == set()
    assert absent == {"starts.parquet", "<method>/parts/part-<i>.parquet"}
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
    assert len(list((everything / "five/figures").glob("*.png"))) == len(PICTURES)
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
    assert all(link.startswith("data:image/png;base64,") for link in page.links())
    assert [i.attributes["alt"] for i in page.root.all("img")] == [picture.alt for picture in PICTURES.values()]
    labels = [list(results[path]["labels"].values()) for path in categories["Pictures"]["gd"]]
    assert [title for _, title in sorted(labels)] == [picture.title for picture in PICTURES.values()]
