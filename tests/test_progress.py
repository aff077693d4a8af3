"""What is said of a study that is not finished: read from its files as they come, against what it finds in the end."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from multistart.cli import main
from multistart.errors import InputError
from multistart.estimates.partial import rows_of
from multistart.files import parts
from multistart.files.unfinished import Shape
from multistart.files.whole_files import checksum_file
from multistart.study import certify, finished, load_study, run_lock, storage
from multistart.study.finished import Finished, Looked, Rows, spread, without_twice
from multistart.study.old_rows import Unfinished
from multistart.study.progress import LOOKED_AT, progress_of, seconds_left, study_called
from multistart.study.progress_words import between, text
from multistart.study.running import leave, left_of, runs_now
from multistart.study.shape import shape_there
from tests import forked_runs, staged

GD = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}
CONFIG = {
    "study": "s",
    "objective": {"name": "peaks"},
    "starts": {"design": "uniform", "count": 256, "seed": 3},
    "methods": {"gd": GD, "slow": GD | {"learning_rate": 0.005}},
}
DESIGNS = {
    "uniform": CONFIG["starts"],
    "jittered_grid": {"design": "jittered_grid", "per_axis": 16, "seed": 1},
    "grid": {"design": "grid", "per_axis": 16},
    "sobol": {"design": "sobol", "count": 64, "replicates": 4},
}


def config_of(design):
    """With all methods but one left out, but for the first design."""
    methods = CONFIG["methods"] if design == "uniform" else {"gd": GD}
    return CONFIG | {"starts": DESIGNS[design], "methods": methods}


@pytest.fixture(scope="module")
def made(made_once):
    """``made(design)`` is a folder with a finished study in parts of 32 starts, in the folders that a run makes."""

    def make(design, top):
        study = load_study(config_of(design))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(parts, "PART", 32)
            patched.setattr(staged, "files_of", _files)
            staged.run(study, top / "results/s", together=design != "uniform")  # of which alone counts are read
        assert leave(top / "results/s", study.config.resolved(), None, {}) == ""

    return lambda design: made_once(f"progress {design}", lambda top: make(design, top))


def _files(study, folder):
    from multistart.files.results import MethodFiles

    return {method: MethodFiles(folder / method, folder) for method in study.config.methods}


@pytest.fixture
def at_work(made, tmp_path, monkeypatch, small_parts):
    """``at_work(design, missing)`` is a folder with a study of eight parts, some of which have not descended.

    None is labelled; where they are ``counted``, all are.
    """

    def of(design, missing=(), counted=False):
        shutil.copytree(made(design), tmp_path, dirs_exist_ok=True)
        monkeypatch.chdir(tmp_path)
        results = Path("results/s")
        gone = [*results.glob("*/shares_tally.parquet"), *([] if counted else results.glob("*/counts/*"))]
        gone += [file for number in missing for file in results.glob(f"*/[pe]*s/part-{number:05d}*")]
        for file in gone:
            file.unlink()
        return results

    return of


def look(results, rows=LOOKED_AT):
    return progress_of(results, left_of(results), rows)


def reached(results, method, study):
    """How many starts each basin has in the end, by its minimum's place; -1 by itself."""
    files = sorted((results / method / "outcomes.parquet").glob("*.parquet"))
    basin = np.concatenate([batch["basin"] for batch in storage.read_rows(files, columns=["basin"])])
    return {int(b): int((basin == b).sum()) for b in np.unique(basin)}, basin


@pytest.mark.parametrize("design", DESIGNS)
def test_what_is_certain_holds_for_the_finished_study_and_counts_are_those_of_its_rows(at_work, design):
    """Any parts missing: counts are those that the rows have in the end, whose shares are between least and most."""
    rng = np.random.default_rng(1)
    missing = sorted(rng.choice(np.arange(1, 9), 4, replace=False).tolist())
    results = at_work(design, missing)
    found = look(results)
    assert not found.current
    final = storage.read_csv(results / "minima.csv")[["x", "y"]].to_numpy()
    for method, of_method in found.methods.items():
        whole, basin = reached(results, method, found.study)
        there = np.concatenate([np.arange(32 * (i - 1), 32 * i) for i in range(1, 9) if i not in missing])
        assert of_method.descended == of_method.looked_at == len(there) == 128
        for row in of_method.shares.itertuples():
            number = -1
            if row.basin >= 0:
                number = int(np.linalg.norm(final - found.minima.location[row.basin], axis=1).argmin())
                assert np.allclose(final[number], found.minima.location[row.basin], atol=1e-6)
            assert row.count == (basin[there] == number).sum()
            assert row.least <= whole.get(number, 0) / 256 <= row.most
        assert of_method.shares["count"].sum() == 128
        assert sum(of_method.endings.values()) == of_method.shares["count"].iloc[-1]


def test_a_finished_study_is_said_to_be_and_has_its_own_shares(made, tmp_path, monkeypatch, small_parts, capsys):
    """The table is that of shares.csv, nothing is left open, and no meaning is given to what is not shown."""
    shutil.copytree(made("uniform"), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    results = Path("results/s")
    assert not look(results).finished
    (results / "study.json").write_text("{}")
    found = look(results)
    assert found.current
    assert found.finished
    for method, of_method in found.methods.items():
        expected = storage.read_csv(results / method / "shares.csv").set_index("basin")
        shares = of_method.shares.set_index("basin")
        assert of_method.whole
        for name in ("count", "share", "low", "high"):
            assert shares[name].tolist() == expected.loc[shares.index, name].tolist()
    assert main(["progress", "s"]) == 0
    said = capsys.readouterr().out
    assert "; finished, results/s/summary.md says more" in said
    assert "certain" not in said
    assert "in any order" not in said
    assert "low_all" not in said


def test_labels_of_the_last_minima_are_taken_from_counts(at_work):
    """All have descended, and some parts are labelled: their counts are believed, with the numbers of minima.csv."""
    results = at_work("uniform", counted=True)
    before = look(results)
    for file in (results / "gd/parts").glob("part-0000[12]*"):
        file.unlink()
    assert len(list((results / "gd/counts").glob("*.parquet"))) == 8
    for number in (1, 2, 3):
        (results / f"gd/counts/part-0000{number}.parquet").unlink()
    found = look(results)
    assert found.current
    assert found.methods["gd"].looked_at == 160
    assert found.methods["slow"].looked_at == 256
    assert before.methods["slow"].shares.equals(found.methods["slow"].shares)
    assert found.methods["gd"].descended == 256


def test_counts_and_minima_that_are_older_than_ends_are_not_believed(at_work):
    """The study was made larger, say: minima.csv is of the smaller one, so minima are found from the ends."""
    results = at_work("uniform", counted=True)
    assert look(results).current
    later = time.time() + 5
    os.utime(results / "gd/ends/part-00008.parquet", (later, later))
    found = look(results)
    assert not found.current
    assert found.methods["gd"].looked_at == 256


def test_files_of_another_study_are_not_counted(at_work):
    """Rows of other starts, damaged, or unrecorded, are as if not there."""
    results = at_work("uniform", missing=[5, 6, 7, 8])
    file = results / "gd/parts/part-00001.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert look(results).methods["gd"].looked_at == 96
    checksum_file(results / "gd/parts/part-00002.parquet").unlink()
    assert look(results).methods["gd"].looked_at == 64
    other = results / "gd/parts/part-00004.parquet"
    shutil.copy(results / "gd/parts/part-00003.parquet", other)
    record = checksum_file(results / "gd/parts/part-00003.parquet").read_text()
    checksum_file(other).write_text(record.replace("part-00003", "part-00004"))
    found = look(results).methods["gd"]
    assert found.looked_at == 32
    assert found.descended == 128


@pytest.mark.parametrize("other", [Shape("b" * 32), Shape("a" * 32, 2), Shape("a" * 32, 1, "5eed")])
def test_rows_of_another_shape_are_not_counted_whether_parts_or_chunks_and_however_young(at_work, other):
    """Of the run's own shape all are; of another digest, number of starts a cell, or seed, none, nor their minima."""
    results, shape = at_work("uniform", missing=[5, 6, 7, 8]), Shape("a" * 32)
    rows = {name: column[200:230] for name, column in at_work_rows(results).items()}
    files = _files(load_study(CONFIG), results)
    for file in results.glob("*/[pe]*s/part-*.parquet"):
        with checksum_file(file).open("a") as record:
            record.write(f"# {shape}\n")
    unfinished = Unfinished(files["slow"], shape, np.arange(200, 230), rows)
    unfinished.take(slice(0, 30))
    unfinished.keep()
    left = left_of(results)
    left.shapes.update(gd=shape, slow=shape)
    found = progress_of(results, left).methods
    assert (found["gd"].descended, found["slow"].descended) == (128, 158)
    left.shapes.update(slow=other)
    found = progress_of(results, left).methods
    assert (found["gd"].descended, found["slow"].descended) == (128, 0)
    assert found["slow"].shares is None
    left.shapes.update(gd=other)
    assert len(progress_of(results, left).minima) == 0


def test_of_a_method_that_stops_by_a_certificate_rows_of_another_certificate_are_not_counted(tmp_path):
    """What it says has a part in their shape, and while it is not there, no row has it."""
    gradient, certified = ({"stopping": stopping} for stopping in ("gradient", "certified"))
    found = [Shape("a"), shape_there(Shape("a"), certified, tmp_path)]
    assert found[0] == found[1]
    for boxes in (1, 2):
        storage.write_json(tmp_path / "certificate.json", {"boxes": boxes, "seconds": 1.0})
        assert shape_there(Shape("a"), gradient, tmp_path) == Shape("a")
        found.append(shape_there(Shape("a"), certified, tmp_path))
    assert len(set(found)) == 3


def test_a_file_that_goes_while_it_is_looked_for_is_left_out(at_work, monkeypatch):
    """Temporary rows are removed once they are labelled."""
    results = at_work("uniform", missing=[8])
    of = Finished.of

    def going(*arguments):
        found = of(*arguments)
        (results / "gd/parts/part-00001.parquet").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Finished, "of", going)
    found = look(results).methods["gd"]
    assert (found.descended, found.looked_at) == (224, 192)


def test_rows_of_pieces_that_are_not_finished_count_once(at_work):
    """Chunks with gaps, twice the same, beside a finished part; their minima are found though no part has ends."""
    results = at_work("uniform", missing=range(2, 9))
    whole = at_work_rows(results)
    files = _files(load_study(CONFIG), results)["slow"]
    for file in results.glob("*/[pe]*s/part-*"):
        file.unlink()
    rows = np.concatenate([np.arange(32, 40), np.arange(50, 60)])
    for these in (rows, rows[:12], np.arange(55, 64)):
        columns = {name: column[these] for name, column in whole.items()}
        unfinished = Unfinished(files, Shape("0" * 32), these, columns)
        unfinished.take(slice(0, len(these)))
        unfinished.keep()
    assert len(list(files.unfinished.rglob("*.parquet"))) == 3
    found = look(results)
    slow = found.methods["slow"]
    assert slow.descended == slow.looked_at == 8 + 14
    expected = np.unique(whole["basin"][np.r_[32:40, 50:64]], return_counts=True)[1]
    assert sorted(slow.shares["count"][slow.shares["count"] > 0]) == sorted(expected)
    assert found.methods["gd"].shares is None


@pytest.mark.parametrize("rows", [1, 10, 20, 40, LOOKED_AT])
def test_of_chunks_as_many_rows_are_read_as_are_asked_for(rows, at_work, monkeypatch):
    """All of them have descended, each once, whichever are looked at; of the others no place is read."""
    results = at_work("uniform", missing=range(2, 9))
    whole = at_work_rows(results)
    files = _files(load_study(CONFIG), results)["slow"]
    for file in results.glob("*/[pe]*s/part-*"):
        file.unlink()
    for these in (np.arange(0, 10), np.arange(10, 20), np.arange(8, 30, 2), np.arange(64, 74), np.arange(100, 120, 2)):
        unfinished = Unfinished(files, Shape("0" * 32), these, {name: column[these] for name, column in whole.items()})
        unfinished.take(slice(0, len(these)))
        unfinished.keep()
    seen, plain = [], finished._read
    monkeypatch.setattr(finished, "_read", lambda study, rows: seen.append(rows.size) or plain(study, rows))
    slow = look(results, rows).methods["slow"]
    assert slow.descended == 20 + 5 + 10 + 10
    assert sum(seen) == 51 if rows == LOOKED_AT else sum(seen) <= rows + 11
    assert slow.looked_at <= sum(seen)
    assert (slow.looked_at == slow.descended) == (rows == LOOKED_AT)


def at_work_rows(results):
    """All rows of the method "slow" in the end."""
    files = sorted((results / "slow/outcomes.parquet").glob("*.parquet"))
    batches = list(storage.read_rows(files))
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0] if name != "label"}


def test_of_many_rows_some_files_are_counted_spread_over_all(at_work, capsys):
    """Every other of eight parts, for half of the rows; one at least; and it is said, with what has all counted."""
    files = [Rows(i, i + 1, 10, Path(str(i)), 0.0) for i in range(8)]
    assert [rows.first for rows in spread(files, 40)] == [0, 2, 4, 6]
    assert [rows.first for rows in spread(files, 1)] == [0]
    assert spread(files, 80) == files
    at_work("uniform", missing=[8])
    assert main(["progress", "s", "--rows", "112"]) == 0
    assert "counted from 128 of the starts that have descended (--rows" in capsys.readouterr().out
    assert main(["progress", "s", "--rows", "all"]) == 0
    assert "--rows" not in capsys.readouterr().out


def test_no_row_is_taken_twice():
    """Pieces beside the part that they are of, and a short last part beside the longer one."""
    files = [(0, 32), (0, 16), (16, 32), (32, 40), (32, 64)]
    found = without_twice(Rows(a, b, b - a, Path(f"{a}-{b}"), 0.0) for a, b in files)
    assert [(rows.first, rows.last) for rows in found] == [(0, 32), (32, 64)]


def test_nothing_is_written(at_work):
    """Not a file more or less, or another time of change, in the folder of the run."""
    results = at_work("jittered_grid", missing=[2, 3])
    top = results.parent.parent

    def state():
        return {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in top.rglob("*")}

    before = state()
    assert main(["progress", "s"]) == 0
    assert main(["progress", "s", "--json"]) == 0
    assert state() == before


def test_the_words_have_the_numbers_of_the_json(at_work, capsys):
    """Both of the same half of a study; nothing is said of time where nobody is at work."""
    at_work("uniform", missing=[1, 3, 5, 7])
    capsys.readouterr()
    assert main(["progress", "s", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(["progress", "s"]) == 0
    said = capsys.readouterr().out
    assert found["running"] is False
    assert found["seconds_left"] is None
    assert "not being run now, the same command goes on from here" in said
    assert "gd: 128 of 256 starts have descended (50.00 %)\n" in said
    for row in found["methods"]["gd"]["shares"]:
        assert f"{row['count']:,}  {100 * row['share']:.2f} %  {between(row['low'], row['high'])}" in said.replace(
            "   ", "  "
        )
    assert found["methods"]["gd"]["looked_at"] == 128
    assert found["numbers_are_final"] is False
    assert "a basin of 2.31 % of the domain or more would have been reached by now with 95 % probability" in said


@pytest.mark.parametrize(
    ("design", "said"), [("grid", "the bound of the whole grid can still be"), ("sobol", "2 of 4 replicates")]
)
def test_each_design_says_what_its_interval_is_of(at_work, capsys, design, said):
    """And nothing of any order where that is not known."""
    at_work(design, missing=[5, 6, 7, 8])
    assert main(["progress", "s"]) == 0
    out = capsys.readouterr().out
    assert said in out
    assert "in any order" not in out
    assert "would have been reached" not in out


def test_where_there_is_no_interval_nothing_is_said_of_it(at_work, capsys):
    """Of one replicate that is whole there is none, so nothing would have to be fixed beforehand for it."""
    at_work("sobol", missing=[3, 4, 5, 6, 7, 8])
    assert main(["progress", "s"]) == 0
    out = capsys.readouterr().out
    assert "95 %: none: fewer than two replicates are whole, and starts of one depend on each other." in out
    assert "beforehand" not in out


def test_the_time_left_is_that_of_the_last_while():
    """In the last 1000 of 4000 s ten thousand starts, a million before: 30,000 more take 3000 s, not some minutes."""
    early, late = Rows(0, 1, 10**6, Path(), 100.0), Rows(1, 2, 10_000, Path(), 3500.0)
    methods = {"a": method_of(10**6 + 10_000, 5.0), "b": method_of(0, math.nan)}
    there = {"a": Finished([], [early, late], [], []), "b": Finished([], [], [], [])}
    left = seconds_left(10**6 + 40_000, methods, there, 0.0, 4000.0)
    assert left == pytest.approx(3 * 1000)
    nothing = {"a": Finished([], [early], [], []), "b": there["b"]}
    assert seconds_left(10**6 + 40_000, methods, nothing, 0.0, 4000.0) == pytest.approx(30_000 / 10**6 * 4000)
    assert math.isnan(seconds_left(10**6 + 40_000, methods, nothing, 200.0, 4000.0))
    assert seconds_left(10, {"a": method_of(10, 5.0)}, there, 0.0, 4000.0) == 0.0


def method_of(descended, steps):
    from multistart.study.progress import MethodProgress

    return MethodProgress(descended, None, {}, 0, math.nan, steps, False)


def test_a_study_is_called_by_name_folder_or_config(at_work, tmp_path):
    """A config that has changed since is said; so is what is no study."""
    at_work("uniform")
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(CONFIG))
    for named in ("s", "results/s", "c.yaml"):
        results, _, said = study_called(named)
        assert (results, said) == (Path("results/s"), "")
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(CONFIG | {"execution": {"shards": 3}}))
    assert study_called("c.yaml")[2] == ""
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(CONFIG | {"methods": {"gd": GD}}))
    assert "another config than c.yaml is now" in study_called("c.yaml")[2]
    with pytest.raises(InputError, match=r"no run of a study t has begun in .*there are: s; give the name"):
        study_called("t")
    with pytest.raises(InputError, match="give the name of a study in results/, or its config file"):
        study_called("../s")


@pytest.mark.parametrize("rows", ["0", "-1", "many", "1.5"])
def test_a_number_of_rows_that_is_none_is_refused(rows, capsys):
    """Before anything is read."""
    assert main(["progress", "s", f"--rows={rows}"]) == 2
    assert f'--rows: got "{rows}"; give a whole number from 1, or all' in capsys.readouterr().err


def test_what_a_run_leaves_says_what_shapes_the_rows_of_each_method(tmp_path):
    """A run replaces what the one before has left; one of another version, or cut short, is damaged."""
    results, shapes = tmp_path / "results/s", {"gd": Shape("a", 4, "b"), "adam": Shape("c")}
    results.mkdir(parents=True)
    assert leave(results, {"study": "s"}, None, {"gd": Shape("b")}) == ""
    assert leave(results, {"study": "s"}, 7, shapes) == ""
    left = left_of(results)
    assert (left.shapes, left.starts_rows, left.config) == (shapes, 7, {"study": "s"})
    for damaged in ('{"config": {}, "shapes"', '{"config": {}, "starts_rows": 7, "shapes": {"gd": {"digest": "a"}}}'):
        (tmp_path / "results/.s.run.json").write_text(damaged)
        with pytest.raises(InputError, match=r"run\.json is damaged; run the study, which writes it anew"):
            left_of(results)
    assert leave(results, {"study": "s"}, None, {}) == ""
    assert left_of(results).shapes == {}
    (tmp_path / "blocked").write_text("")
    assert "blocked" in leave(tmp_path / "blocked/s", {}, None, {})


def test_who_runs_a_study_is_read_from_the_lock_alone(tmp_path):
    """Nobody, this process, one that was killed, one on another machine; the lock is free for a run all the while."""
    results = tmp_path / "s"
    assert runs_now(results) == (False, "")
    lock = tmp_path / ".s.lock"
    here = run_lock._machine()
    for process, machine, running in ((os.getpid(), here, True), (2**22 + 1, here, False), (1, "elsewhere", None)):
        entry = {"process": process, "host": "h", "since": "now", "config": "c", "run": f"{process} {machine}"}
        lock.write_text(json.dumps(entry))
        found, who = runs_now(results)
        assert found is running
        assert who == f"process {process} on h, since now"
    lock.write_text("")
    assert runs_now(results) == (False, "")


def test_a_run_is_followed_while_it_is_at_work_and_after_it_was_killed(tmp_path, monkeypatch, small_parts, capsys):
    """Snakemake with its jobs: looked at again and again until parts are there, killed, looked at, completed.

    What was certain at any look is so in the end, and a dry run has left nothing.
    """
    plain = certify.certify_arena

    def waiting(*arguments, **options):
        while not Path("seen").exists():
            time.sleep(0.01)
        plain(*arguments, **options)

    monkeypatch.setattr(certify, "certify_arena", waiting)  # so that the run is at work when it is looked at
    config = CONFIG | {"starts": {"design": "uniform", "count": 320, "seed": 1}, "methods": {"gd": GD}}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config | {"execution": {"shards": 10}}))
    monkeypatch.chdir(tmp_path)
    arguments = ["--snakefile", str(forked_runs.ROOT / "Snakefile"), "--configfile", "c.yaml"]
    assert forked_runs.snakemake(tmp_path, *arguments, "--dry-run")[0] == 0
    assert not list(tmp_path.rglob(".s.run.json"))
    arguments = ["results/s/gd/shares_tally.parquet", "--cores", "2", *arguments]
    group, looks = forked_runs.start(tmp_path, *arguments), []
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and not (looks and looks[-1].methods["gd"].looked_at):
        if Path("results/.s.run.json").exists():
            looks.append(look(Path("results/s")))
        time.sleep(0.1)
    assert looks[-1].running
    os.killpg(group, signal.SIGKILL)
    os.waitpid(group, 0)
    assert main(["progress", "c.yaml"]) == 0
    assert "was stopped), the same command goes on from here" in capsys.readouterr().out
    looks.append(look(Path("results/s")))
    assert looks[-1].methods["gd"].descended > 0
    Path("seen").touch()
    code, said = forked_runs.snakemake(tmp_path, *arguments)
    assert code == 0, said
    final = look(Path("results/s"))
    assert final.methods["gd"].whole
    assert text(final).startswith("s: uniform, seed 1, 320 starts; not being run now")  # without its pictures
    shares = final.methods["gd"].shares.set_index("basin")["share"]
    for one in looks:
        table = one.methods["gd"].shares
        for row in table.itertuples() if table is not None else ():
            at = -1
            if row.basin >= 0:
                at = int(np.linalg.norm(final.minima.location - one.minima.location[row.basin], axis=1).argmin())
            assert row.least <= shares[at] <= row.most


def test_looked_at_is_what_the_tally_has():
    """An empty one has none."""
    from multistart.counts.shares import ShareTally
    from multistart.starts.layout import Layout

    assert rows_of(Looked(ShareTally.empty(Layout("uniform", 4))).tally) == 0
