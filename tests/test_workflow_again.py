"""What a study that has run does again: no more than what was changed asks for."""

import importlib.metadata
import json
import os
import re
import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import pandas as pd
import yaml

from multistart.cli import main
from multistart.files import parts
from multistart.study import run, storage
from tests import forked_runs
from tests.small_project import CONFIG, copy_project, forked, jobs_in, reruns, write_config


def test_nothing_is_done_twice(finished):
    """A second call finds everything up to date, pictures too; and so does one of other jobs that cut no other pieces.

    Where there are other pieces, these are made, and what reads them.
    """
    assert reruns(finished) == {}
    write_config(finished, execution={"shards": 3})
    assert reruns(finished)["descend"] == 3
    write_config(finished)


def test_a_picture_setting_repeats_no_descent(finished):
    """Another dpi draws again, is recorded, and descends nowhere."""
    write_config(finished, figures={"dpi": 41, "formats": ["png"]})
    assert set(reruns(finished)) == {"draw", "summarize", "all"}
    write_config(finished)


def test_another_sampling_repeats_everything(finished):
    """Another seed runs every rule again; a merge tolerance what follows the descents, and the certificate's pilot."""
    write_config(finished, starts={"design": "jittered_grid", "per_axis": 12, "seed": 2})
    assert set(reruns(finished)) == {
        "certify",
        "descend",
        "minima",
        "estimate",
        "boundary",
        "draw",
        "explore",
        "summarize",
        "all",
    }
    write_config(finished, basins={"position_tolerance": 1e-5})
    follows = {"minima", "estimate", "boundary", "draw", "explore", "summarize", "all"}
    assert set(reruns(finished)) == follows | {"certify"}
    write_config(finished)


def test_a_schedule_has_a_picture_of_its_own(finished):
    """A learning rate that changes is drawn, for the method that has it; a constant one is not."""
    falling = CONFIG["methods"]["gd"] | {"learning_rate": {"schedule": "cosine", "from": 0.01}}
    write_config(finished, methods=CONFIG["methods"] | {"falling": falling})
    assert reruns(finished)["draw_schedule"] == 1
    write_config(finished)


def test_a_new_method_repeats_none_of_the_others(finished):
    """A second method descends, and the first does not; the two are compared and drawn beside each other, once."""
    slow = {"optimizer": "gradient_descent", "learning_rate": 0.001, "max_steps": 300}
    write_config(finished, methods=CONFIG["methods"] | {"slow": slow})
    again = reruns(finished)
    assert again["descend"] == 1
    assert again["compare"] == again["draw_comparisons"] == 1
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
    """An edit of the drawing code draws again, one of the explorer's script, style or words makes it again, one of the
    descent descends again; a restored file does nothing.
    """
    for module, expected in (
        ("figures/layout.py", {"draw", "all"}),
        ("figures/gallery/shares.py", {"draw", "all"}),
        ("explorer/explorer.css", {"explore", "all"}),
        ("explorer/scripts/main.js", {"explore", "all"}),
        ("explorer/texts/en.json", {"explore", "all"}),
        ("kernels/javascript/ieee.js", {"explore", "all"}),
        ("methods/method.py", {"descend"}),
    ):
        file = finished / "src/multistart" / module
        text = file.read_text()
        file.write_text(text + "\n# edited\n")
        assert expected <= set(reruns(finished))
        file.write_text(text)
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


def test_other_jobs_and_more_starts_repeat_no_descent(finished, tmp_path, small_parts, monkeypatch):
    """What there is of parts stays: however many jobs are asked for, and where starts are added that change no other.

    A shorter last part is made anew, with the starts that it lacked, and so is what counts, and what is merged of it.
    """
    monkeypatch.setattr(parts, "FAN", 2)
    file, five = tmp_path / "many.yaml", {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 5}
    few = {"design": "sobol", "count": 106, "seed": 1}
    methods = {"gd": five, "trapped": five | {"stopping": "certified"}}

    def asked(jobs, **starts):
        changes = {"study": "many", "starts": few | starts, "methods": methods, "execution": {"shards": jobs}}
        file.write_text(yaml.safe_dump(CONFIG | changes | {"boundary": {"descents": 0}}))  # which counts no start
        return str(file)

    tables = [f"results/many/{method}/shares.csv" for method in methods]  # no picture is asked for
    forked(finished, *tables, "--configfile", asked(2))
    results = finished / "results/many"
    for jobs in (1, 99):
        assert reruns(finished, *tables, "--configfile", asked(jobs)) == {}
    more = reruns(finished, *tables, "--configfile", asked(1, count=166))
    assert more["descend"] == 2 * 3, "the short last part and two new ones of each method"
    assert more["merge_ends"] == 2 * 3, "of 6 parts the last 4, in two pairs, and the pair of the first 4"
    assert {"minima", "split_ends", "label", "merge_counts", "estimate"} <= set(more)
    assert "certify" not in more
    anew = reruns(finished, *tables, "--configfile", asked(1, seed=2))
    assert anew["descend"] == 2 * 4
    before = {path: path.read_bytes() for path in results.glob("*/parts/part-0000[1-3].parquet")}
    times = {path: path.stat().st_mtime_ns for path in before}
    rows = tables[0]
    forked(finished, rows, "--configfile", asked(1, count=166))
    assert {path: path.stat().st_mtime_ns for path in before} == times
    assert len(pd.read_parquet(results / "gd/outcomes.parquet")) == 166
    forked(finished, rows, "--configfile", asked(1, count=30))  # one part: a file where the folder was
    assert len(pd.read_parquet(results / "gd/outcomes.parquet")) == 30
    forked(finished, rows, "--configfile", asked(1, count=70))  # and a folder of three parts, without the other three
    assert len(pd.read_parquet(results / "gd/outcomes.parquet")) == 70


def test_what_was_counted_of_other_starts_is_counted_anew_though_the_new_rows_are_lost(finished, tmp_path, small_parts):
    """Rows of another file of starts, or counts of an edited label, that a run made and lost before they were used.

    What comes after is of the old ones, and no file says so, since a file that is not there is no newer one.
    """
    file, own = tmp_path / "lost.yaml", finished / "lost.csv"
    methods = {"gd": CONFIG["methods"]["gd"], "five": CONFIG["methods"]["gd"] | {"max_steps": 5}}
    changes = {"study": "lost", "starts": {"design": "file", "path": own.name, "seed": 1}, "keep": "none"}
    file.write_text(yaml.safe_dump(CONFIG | changes | {"methods": methods, "boundary": {"descents": 0}}))
    results = finished / "results/lost"
    tables = ["results/lost/five/shares.csv", "results/lost/gd/comparison.csv", "--configfile", str(file)]
    own.write_text("x,y\n" + "1,2\n0,0\n" * 20)
    forked(finished, *tables)
    own.write_text("x,y\n" + "1,2\n1,2\n1,2\n0,0\n" * 10)
    forked(finished, "results/lost/minima.csv", "--notemp", "--configfile", str(file))
    for method in methods:
        shutil.rmtree(results / method / "parts")
    again = reruns(finished, *tables)
    assert (again["descend"], again["label"], again["pair"]) == (4, 4, 2)
    assert {"minima", "estimate", "compare"} <= set(again)
    forked(finished, *tables)
    assert reruns(finished, *tables) == {}
    label = finished / "src/multistart/study/label.py"
    plain = label.read_text()
    label.write_text(plain + "\n# edited\n")
    forked(finished, *tables, "--until", "label")
    for method in methods:
        shutil.rmtree(results / method / "reached")
    assert {"label", "pair", "compare"} <= set(reruns(finished, *tables))
    label.write_text(plain)


def test_another_scipy_repeats_what_scipy_computed_and_another_sympy_all(finished, tmp_path, monkeypatch):
    """Parts of one study are not those of two versions; descents of rules have the same bits under any SciPy, but
    SymPy writes their formulas.
    """
    file = tmp_path / "two.yaml"
    methods = {"bfgs": {"optimizer": "scipy", "method": "BFGS", "max_steps": 20}, "gd": CONFIG["methods"]["gd"]}
    starts = {"design": "uniform", "count": 8}
    file.write_text(yaml.safe_dump(CONFIG | {"study": "two", "starts": starts, "methods": methods}))
    ends = [f"results/two/{method}/ends/part-00001-8-rows.parquet" for method in methods]
    forked(finished, *ends, "--configfile", str(file))
    assert reruns(finished, *ends, "--configfile", str(file)) == {}
    plain = importlib.metadata.version
    for library, jobs in (("scipy", 1), ("sympy", 2), ("numba", 0)):
        other = partial(lambda library, name: "0.1" if name == library else plain(name), library)
        monkeypatch.setattr(importlib.metadata, "version", other)
        assert reruns(finished, *ends, "--configfile", str(file)) == ({"descend": jobs} if jobs else {})


def test_a_job_on_another_machine_makes_the_piece_that_it_is_told(finished, tmp_path, small_parts):
    """Whatever else is there by then: its wildcards say which it makes, and nothing else is touched."""
    file = tmp_path / "far.yaml"
    file.write_text(yaml.safe_dump(CONFIG | {"study": "far"}))
    given = finished / "results/far/gd/parts"
    given.mkdir(parents=True)
    (given / "part-00003.parquet").write_bytes(b"")
    told = ("--mode", "subprocess", "--target-jobs", "descend:method=gd,piece=part-00002", "--allowed-rules", "descend")
    forked(finished, "--configfile", str(file), *told, "--force")
    assert sorted(path.name for path in given.glob("*.parquet")) == ["part-00002.parquet", "part-00003.parquet"]
    assert storage.verify(given / "part-00002.parquet")
    assert (given / "part-00003.parquet").read_bytes() == b""


def test_no_job_reads_more_than_it_merges(finished, tmp_path, monkeypatch):
    """Of files that grow in number with the starts a job reads of each kind and method no more than it merges.

    But for the rule `all`, which does nothing, and names the rows that are kept of each part, where all are. Jobs that
    descend and label are as many as parts, others a fraction.
    """
    monkeypatch.setattr(parts, "PART", 4)
    monkeypatch.setattr(parts, "FAN", 4)
    file = tmp_path / "many.yaml"
    methods = dict.fromkeys(("gd", "slow"), CONFIG["methods"]["gd"])
    starts = {"design": "sobol", "count": 82, "seed": 1}
    for keep, of_all in (("none", 0), ("all", 21)):
        wide = CONFIG | {"study": "wide", "starts": starts, "methods": methods, "keep": keep}
        file.write_text(yaml.safe_dump(wide))
        plan = forked(finished, "--dry-run", "--quiet", "host", "--configfile", str(file))
        jobs = re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):\n    input: (.*)$", plan, re.MULTILINE)
        most = {}
        for rule, files in jobs:
            kinds = Counter(re.findall(r"results/wide/(\w+/[\w.]+)/(?:part|rows)-", files))
            most[rule] = max(most.get(rule, 0), *kinds.values(), 0)
        assert most.pop("all") == of_all
        assert most["merge_ends"] == most["merge_counts"] == most["merge_pairs"] == parts.FAN == max(most.values())
        made = jobs_in(plan)
        assert (made["descend"], made["label"], made["pair"]) == (2 * 21, 2 * 21, 21)
        assert made["merge_ends"] == made["merge_counts"] == 2 * made["merge_pairs"] == 2 * (5 + 2)


def test_multistart_run_and_snakemake_repeat_nothing_of_each_other(finished, monkeypatch):
    """What snakemake has done is done for `multistart run`, which hands the same study over as JSON.

    Its command is done in a fork; that it starts a process, and ends it, is tested in tests/test_run.py.
    """
    plans = []

    def supervised(command, environment):
        assert json.loads(Path(command[command.index("--configfile") + 1]).read_text())["study"] == "small"
        code, said = forked_runs.snakemake(finished, *command[command.index("snakemake") + 1 :])
        plans.append(said)
        return code

    monkeypatch.chdir(finished)
    monkeypatch.setattr(run, "_supervised", supervised)
    monkeypatch.setattr(run, "workflow", lambda: finished)
    assert main(["run", "config/config.yaml", "--cores", "2", "--", "--dry-run"]) == 0, plans
    assert "Nothing to be done" in plans[0]
    assert reruns(finished, "--configfile", "config/config.yaml") == {}
