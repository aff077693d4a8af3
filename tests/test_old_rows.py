"""Descents that are killed and taken up again: no start twice, and the same bytes, whatever is there."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart.descents.pace import Pace, slices
from multistart.errors import WriteError
from multistart.files import parts, unfinished
from multistart.files.parts import pieces_of
from multistart.files.results import MethodFiles
from multistart.files.unfinished import Shape, chunks, rows_there
from multistart.files.whole_files import checksum_file, tidy, verify, whole
from multistart.study import Study, descend, load_study, old_rows, storage
from multistart.study.certify import certify_arena
from multistart.study.descend import descend_parts
from multistart.study.old_rows import Unfinished, renumbered
from multistart.study.shape import shape_of, stopping_by

SHAPE, OTHER = Shape("a" * 32), Shape("b" * 32)
STARTS = {"design": "uniform", "count": 300, "seed": 2026}  # whose certificate other tests have
#: Starts that rest, are trapped, leave, go round, and are judged by SciPy.
METHODS = {
    "rests": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300},
    "trapped": {"optimizer": "gradient_descent", "learning_rate": 0.01, "stopping": "certified"},
    "goes round": {"optimizer": "gradient_descent", "learning_rate": 0.16, "max_steps": 400},
    "outside": {"optimizer": "scipy", "method": "BFGS", "max_steps": 50},
}


def study_of(starts=STARTS, method="rests", **sections):
    config = {"study": "s", "objective": {"name": "peaks"}, "starts": starts, "methods": {"m": METHODS[method]}}
    return load_study(config | sections)


@pytest.fixture
def counted(monkeypatch):
    """How many starts were descended from, one number for each call."""
    found = []

    def counting(objective, method, starts, **more):
        found.append(len(starts))
        return whole_descents(objective, method, starts, **more)

    whole_descents = descend.descending
    monkeypatch.setattr(descend, "descending", counting)
    return found


@pytest.fixture
def often(monkeypatch):
    """Rows are kept as soon as they are done, and come a few at a time."""
    monkeypatch.setattr(old_rows, "OFTEN", -1.0)
    monkeypatch.setattr("multistart.descents.pace.LONGEST", 1e-4)


def files_in(folder, study=None):
    files = MethodFiles(folder / "m", folder)
    if study is not None and study.method("m").stopping == "certified" and not files.certificate.exists():
        certify_arena(study, table_path=folder / "critical_points.csv", certificate_path=files.certificate)
    return files


def made(study, folder, *, pieces=None, shape=SHAPE, threads=1):
    """Descend from parts in a folder; the bytes of their files."""
    files = files_in(folder, study)
    pieces = pieces or study.parts
    descend_parts(study, "m", pieces, files, threads=threads, shape=shape)
    return [path(piece).read_bytes() for piece in pieces for path in (files.descended, files.ends)]


class Killed(Exception):
    """A job ends here."""


def interrupted(study, folder, after, shape=SHAPE):
    """Descend until rows came so many times; what is left is as a killed job leaves it, but for crumbs."""
    turn, take = itertools.count(1), Unfinished.take

    def taking(self, done):
        take(self, done)
        if next(turn) == after:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Unfinished, "take", taking)
        with pytest.raises(Killed):
            made(study, folder, shape=shape)


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_job_goes_on_where_it_was(tmp_path, counted, often, method):
    """Under any method: a second call descends from what is left alone, and its files have the bytes of one call."""
    count = 60 if method == "outside" else 300
    study = study_of(STARTS | {"count": count}, method)
    expected = made(study, tmp_path / "undisturbed", shape=None)
    if method == "trapped":
        (tmp_path / "killed").mkdir()
        for file in (tmp_path / "undisturbed").glob("*certificate*"):
            shutil.copy(file, tmp_path / "killed")
    interrupted(study, tmp_path / "killed", 4)
    there = sum(chunk.count for chunk in chunks(files_in(tmp_path / "killed")))
    assert 0 < there < count
    interrupted(study, tmp_path / "killed", 2)
    there = sum(chunk.count for chunk in chunks(files_in(tmp_path / "killed")))
    counted.clear()
    assert made(study, tmp_path / "killed") == expected
    assert counted == [count - there]
    assert list(chunks(files_in(tmp_path / "killed"))) == []


JOB = """
import sys, time
from pathlib import Path
from multistart.descents import pace
from multistart.study import old_rows
from tests import test_old_rows
keep = old_rows.Unfinished.keep
def keeping(self):
    keep(self)
    if len(self._rows) - sum(len(rows) for _, rows in self._chunks) < 200:
        print("far", flush=True)
        time.sleep(60)
old_rows.OFTEN, pace.LONGEST, old_rows.Unfinished.keep = -1.0, 1e-4, keeping
test_old_rows.made(test_old_rows.study_of(), Path(sys.argv[1]), threads=2)
"""


def test_a_process_that_is_killed_loses_no_more_than_was_not_written(tmp_path, counted):
    """Kill -9 in the midst of a piece, two threads at work: what it wrote is used, and the bytes are the same."""
    expected = made(study_of(), tmp_path / "undisturbed")
    counted.clear()
    folder = Path(__file__).parent.parent
    environment = os.environ | {"PYTHONPATH": f"{folder / 'src'}:{folder}"}
    command = [sys.executable, "-c", JOB, str(tmp_path / "killed")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as job:
        assert job.stdout.readline() == b"far\n"
        job.send_signal(signal.SIGKILL)
        job.wait()
    files = files_in(tmp_path / "killed")
    assert not files.descended(study_of().parts[0]).exists()
    assert made(study_of(), tmp_path / "killed") == expected
    assert 0 < sum(counted) < 200
    assert tidy(tmp_path / "killed") == []
    assert [path for path in files.folder.rglob("*") if path.suffix == ".tmp"] == []


def other_digest(chunk):
    """The same rows, of another digest, in the folder of this one."""
    columns = storage.read_between(chunk.path, 0, chunk.count)
    columns["value"] = columns["value"] + 1
    storage.write_rows(chunk.path, [columns], str(OTHER))


def other_rows(chunk):
    """Rows that have the name of others."""
    moved = unfinished.chunk_path(files_in(chunk.path.parents[3]), SHAPE, chunk.count, range(7, 7 + len(chunk.rows)))
    with whole(moved, note=str(SHAPE)) as file:
        file.write(chunk.path.read_bytes())
    chunk.path.unlink()


DAMAGES = {
    "a bit": lambda chunk: chunk.path.write_bytes(bytes([*chunk.path.read_bytes()[:-30], 1]) + bytes(29)),
    "half": lambda chunk: os.truncate(chunk.path, chunk.path.stat().st_size // 2),
    "no record": lambda chunk: checksum_file(chunk.path).unlink(),
    "no file": lambda chunk: chunk.path.unlink(),
    "no note": lambda chunk: checksum_file(chunk.path).write_text(
        checksum_file(chunk.path).read_text().splitlines()[0] + "\n"
    ),
    "another digest": other_digest,
    "other rows": other_rows,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_surely_right_is_descended_again(tmp_path, counted, often, damage):
    """A chunk with a bit changed, half its bytes, no record, another digest, or the name of other rows is not used."""
    study = study_of()
    expected = made(study, tmp_path / "undisturbed")
    interrupted(study, tmp_path / "killed", 3)
    found = list(chunks(files_in(tmp_path / "killed")))
    assert found
    for chunk in found:
        DAMAGES[damage](chunk)
    counted.clear()
    assert made(study, tmp_path / "killed") == expected
    assert sum(counted) == 300


def test_rows_of_another_shape_are_not_used_and_go(tmp_path, counted, often):
    """Chunks and parts of another digest: nothing of them is believed, and the chunks are removed."""
    study = study_of()
    expected = made(study, tmp_path / "undisturbed")
    interrupted(study, tmp_path / "s", 3, shape=OTHER)
    made(study_of(STARTS | {"count": 299}), tmp_path / "s", shape=Shape("c" * 32))
    assert list(chunks(files_in(tmp_path / "s"))) == []
    interrupted(study, tmp_path / "s", 3, shape=OTHER)
    counted.clear()
    assert made(study, tmp_path / "s") == expected
    assert sum(counted) == 300
    assert list(chunks(files_in(tmp_path / "s"))) == []


def test_another_seed_finds_none_of_its_starts(tmp_path, counted):
    """Where rows stand only says where to look: a file of the same digest with other starts is not used."""
    made(study_of(STARTS | {"count": 200, "seed": 4}), tmp_path)
    counted.clear()
    study = study_of()
    assert made(study, tmp_path) == made(study, tmp_path / "alone")
    assert counted == [300, 300]


@pytest.fixture
def hundreds(monkeypatch):
    """Parts of a hundred starts."""
    monkeypatch.setattr(parts, "PART", 100)
    monkeypatch.setattr(parts, "FEWEST", 5)


@pytest.mark.parametrize("design", ["uniform", "sobol", "halton"])
def test_more_starts_take_the_rows_of_the_short_last_part(tmp_path, counted, hundreds, design):
    """A study of 150 starts that gets 280: 130 are descended from, and files are those of 280 at once."""
    few, many = (study_of({"design": design, "count": count, "seed": 1}) for count in (150, 280))
    made(few, tmp_path / "s")
    counted.clear()
    missing = [part for part in many.parts if not files_in(tmp_path / "s").ends(part).exists()]
    made(many, tmp_path / "s", pieces=missing)
    assert sum(counted) == 130
    expected = made(many, tmp_path / "at once")
    files = files_in(tmp_path / "s")
    found = [path(part).read_bytes() for part in many.parts for path in (files.descended, files.ends)]
    assert found == expected


@pytest.mark.parametrize(("before", "after"), [(1, 8), (8, 1), (5, 40), (40, 5)])
def test_cut_otherwise_nothing_is_descended_again(tmp_path, counted, hundreds, before, after):
    """Pieces of another number of jobs, larger or smaller, take the rows of those that are there."""
    study = study_of()
    cuts = [pieces_of(study.parts, jobs) for jobs in (before, after)]
    assert cuts[0] != cuts[1]
    made(study, tmp_path / "s", pieces=cuts[0])
    counted.clear()
    found = made(study, tmp_path / "s", pieces=cuts[1])
    assert sum(counted) == 0
    assert found == made(study, tmp_path / "at once", pieces=cuts[1])


def test_pieces_that_were_killed_are_taken_up_by_others(tmp_path, counted, often, hundreds):
    """Chunks of a part are used by the pieces that it is cut into, and stay until all their rows are in files."""
    study = study_of()
    interrupted(study, tmp_path / "s", 6)
    there = sum(chunk.count for chunk in chunks(files_in(tmp_path / "s")))
    assert there > 0
    counted.clear()
    for piece in (pieces := pieces_of(study.parts, 12)):
        made(study, tmp_path / "s", pieces=[piece])
    assert sum(counted) == 300 - there
    files = files_in(tmp_path / "s")
    expected = made(study, tmp_path / "at once", pieces=pieces)
    assert [path(p).read_bytes() for p in pieces for path in (files.descended, files.ends)] == expected
    unfinished.clear(files, pieces, SHAPE)
    assert not files.unfinished.exists()


@dataclass(frozen=True)
class Octaves(Study):
    """A study of a jittered grid whose start k of a cell does not depend on how many starts a cell has."""

    def starts(self, rows):
        cell, k = np.divmod(np.arange(rows.start, rows.stop), self.layout.per_cell)
        return np.stack([np.sin(1.7 * cell + 31 * k), np.cos(2.3 * cell + 17 * k)], axis=1)


def of_cells(per_cell, kind=Octaves):
    study = study_of({"design": "jittered_grid", "per_axis": 6, "per_cell": per_cell, "seed": 1})
    return kind(study.config, study.starts_rows), Shape(SHAPE.digest, per_cell)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 50), st.integers(0, 60))
def test_rows_of_a_cell_are_found_by_cell_and_number(p, q, first, count):
    """Start k of a cell has another number with more starts a cell; there and back it is the same, or not there."""
    rows = np.arange(first, first + count)
    new = renumbered(rows, p, q)
    assert [(r // q, r % q) for r in new.tolist() if r >= 0] == [(r // p, r % p) for r in rows.tolist() if r % p < q]
    back = renumbered(new[new >= 0], q, p)
    assert back.tolist() == rows[new >= 0].tolist()
    wanted = Shape("a", p).numbers(range(first, first + count), Shape("a", q))
    assert all(row in wanted for row in new[new >= 0].tolist())


@pytest.mark.parametrize(("before", "after"), [(1, 3), (2, 3), (2, 7), (4, 2)])
def test_more_starts_a_cell_take_the_rows_of_the_fewer(tmp_path, counted, hundreds, before, after):
    """Files of parts make way for those of the same names, as in the workflow, and no row is descended again."""
    (old, old_shape), (study, shape) = of_cells(before), of_cells(after)
    made(old, tmp_path / "s", shape=old_shape)
    counted.clear()
    files = files_in(tmp_path / "s")
    unfinished.set_aside(files, study.parts, after)
    for part in study.parts:
        assert not files.descended(part).exists()
    found = made(study, tmp_path / "s", shape=shape)
    expected = made(study, tmp_path / "at once", shape=shape)
    assert found == expected
    kept = 36 * min(before, after)
    assert sum(counted) == (36 * after - kept) + 36 * after
    unfinished.clear(files, study.parts, shape)
    assert not files.unfinished.exists()


def test_of_any_grid_the_bytes_do_not_depend_on_what_was_there(tmp_path, hundreds):
    """However a design numbers its starts: a grid with more starts a cell is that which is made at once."""
    (old, old_shape), (study, shape) = of_cells(2, Study), of_cells(5, Study)
    made(old, tmp_path / "s", shape=old_shape)
    unfinished.set_aside(files_in(tmp_path / "s"), study.parts, 5)
    assert made(study, tmp_path / "s", shape=shape) == made(study, tmp_path / "at once", shape=shape)


def test_rows_of_another_cut_go_once_all_pieces_are_there(tmp_path, hundreds):
    """Where rows stay, if they are of the same shape; where none do, in any case. Files that are not ours stay."""
    study = study_of()
    whole_parts, pieces = pieces_of(study.parts, 1), pieces_of(study.parts, 6)
    made(study, tmp_path, pieces=whole_parts)
    files = files_in(tmp_path)
    (files.parts / "part-00009.parquet").write_text("mine")
    for piece in pieces:
        unfinished.clear(files, pieces, SHAPE, rows_stay=False)
        unfinished.clear(files, pieces, SHAPE)
        assert all(files.descended(part).exists() for part in whole_parts)
        made(study, tmp_path, pieces=[piece])
    mine = {"part-00009.parquet", *(f"{piece.name}.parquet" for piece in pieces)}
    aside = tmp_path / "aside"
    shutil.copytree(files.parts, aside)
    unfinished.clear(files, pieces, OTHER)
    assert all(files.descended(part).exists() for part in whole_parts)
    unfinished.clear(files, pieces, SHAPE)
    assert {path.name for path in files.parts.glob("part-*")} == mine
    shutil.copytree(aside, files.parts, dirs_exist_ok=True)
    unfinished.clear(files, pieces, OTHER, rows_stay=False)
    assert {path.name for path in files.parts.glob("part-*")} == mine


def test_what_a_smaller_study_left_is_told_from_what_another_config_left(tmp_path, hundreds):
    """By the notes of rows and ends, and of what is counted by the rows at which such ends end; that of a grid with
    fewer starts a cell too. A study of other starts, or of more, is another one.
    """
    study, small = study_of(), study_of(STARTS | {"count": 130})
    files = files_in(tmp_path)

    def others():
        return {str(path.relative_to(files.folder)) for path in unfinished.of_others(files, study.parts, SHAPE)}

    made(study, tmp_path)
    for name in ("counts/part-00002-30-rows", "pairs/rows-0-to-129", "kept/part-00002-31-rows", "ends/rows-0-to-199"):
        storage.write_text(files.folder / f"{name}.parquet", "")
    assert others() == set()
    for shape in (OTHER, replace(SHAPE, starts="other"), replace(SHAPE, per_cell=2)):
        made(small, tmp_path, pieces=small.parts[1:], shape=shape)
        assert others() == set()
    made(small, tmp_path, pieces=small.parts[1:])
    own = {f"{folder}/part-00002-30-rows.parquet" for folder in ("parts", "ends", "counts")}
    assert others() == own | {"pairs/rows-0-to-129.parquet"}
    found = unfinished.of_others(files, small.parts, SHAPE)
    assert not any("part-00003" in str(path) for path in found), "a larger study"
    found = unfinished.of_others(files, study.parts, replace(SHAPE, per_cell=4))
    assert len(list(found)) == 4, "with fewer starts a cell"


@pytest.mark.parametrize(("after", "rows"), [(6, 100), (2, 72)])
def test_what_is_aside_stays_until_all_parts_are_there(tmp_path, monkeypatch, after, rows):
    """A run that made a part of a grid alone, or nothing, removes nothing that others need."""
    monkeypatch.setattr(parts, "PART", rows)
    (old, old_shape), (study, shape) = of_cells(4), of_cells(after)
    made(old, tmp_path, shape=old_shape)
    files = files_in(tmp_path)
    unfinished.set_aside(files, study.parts, after)
    aside = list(chunks(files))
    assert [chunk.shape for chunk in aside] == [old_shape]
    unfinished.clear(files, study.parts, shape)
    assert list(chunks(files)) == aside
    for part in study.parts[:-1]:
        unfinished.clear(files, study.parts, shape)
        assert list(chunks(files)) == aside
        made(study, tmp_path, pieces=[part], shape=shape)
    unfinished.set_aside(files, study.parts, after)
    made(study, tmp_path, pieces=study.parts[-1:], shape=shape)
    unfinished.clear(files, study.parts, shape)
    assert list(chunks(files)) == []


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_whatever_rows_are_done_few_chunks_hold_each_once(random_):
    """Rows in any order, kept at any moment: all that was kept is found again, in no more chunks than its logarithm."""
    with tempfile.TemporaryDirectory() as folder:
        files, n, first = (
            MethodFiles(Path(folder) / "m", Path(folder)),
            random_.randrange(1, 200),
            random_.randrange(99),
        )
        rows = np.sort(np.array(random_.sample(range(first, first + 300), n)))
        held = Unfinished(files, SHAPE, rows, {"start_x": rows * 2.0}, clock=lambda: 0.0)
        cuts = sorted({0, n, *random_.choices(range(n + 1), k=20)})
        slices = list(itertools.starmap(slice, itertools.pairwise(cuts)))
        random_.shuffle(slices)
        done = []
        for cut in slices[: random_.randrange(len(slices) + 1)]:
            held.take(cut)
            held.keep()
            done += rows[cut].tolist()
        found = list(chunks(files))
        assert sum(chunk.count for chunk in found) == len(done)
        assert len(found) <= 1 + max(len(done), 1).bit_length()
        seen = []
        for chunk in rows_there(files, SHAPE, range(first, first + 300)):
            verify(chunk.path)
            columns = storage.read_between(chunk.path, 0, chunk.count)
            numbers = columns["row"] if chunk.gaps else np.array(chunk.rows)
            assert columns["start_x"].tolist() == (numbers * 2.0).tolist()
            seen += numbers.tolist()
        assert sorted(seen) == sorted(done)


def test_rows_are_kept_every_twenty_seconds_of_work(tmp_path):
    """Not before; and at the end of a batch where it took a while, so that quick descents write nothing."""
    now = [0.0]
    columns = {"start_x": np.arange(100.0)}

    def batch():
        return Unfinished(files_in(tmp_path), SHAPE, np.arange(100), columns, clock=lambda: now[0])

    rows, there = batch(), lambda: sum(chunk.count for chunk in chunks(files_in(tmp_path)))
    for second in range(1, 61):
        now[0] = float(second)
        rows.take(slice(second - 1, second))
        assert there() >= second - 21
        assert len(list(chunks(files_in(tmp_path)))) <= second // 20
    rows.finish()
    assert there() == 60
    rows = batch()
    for second in range(61, 65):
        now[0] = float(second)
        rows.take(slice(second, second + 1))
    rows.finish()
    assert there() == 60  # four seconds are not worth a file


def test_a_disk_that_is_full_ends_the_job_as_ever(tmp_path, often):
    """A chunk that cannot be written is said as any file that cannot, and nothing is left that looks finished."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m/unfinished").write_text("no folder")
    with pytest.raises(WriteError, match=r"unfinished/.* cannot be written"):
        made(study_of(), tmp_path)
    assert [file.name for file in (tmp_path / "m").rglob("*") if file.is_file()] == ["unfinished"]


def test_what_shapes_rows_is_all_but_which_they_are(tmp_path):
    """Each parameter, the data, and what a certificate says have another digest; which starts there are has one apart,
    in which neither their number nor that of a cell has a part, and what is near has none.
    """
    given = {"objective": {"name": "peaks"}, "starts": {"seed": 3}, "basins": {}, "code": "1", "methods": {"m": {}}}
    shapes = {"as it was": shape_of(given), "data": shape_of(given, data="1"), "other data": shape_of(given, data="2")}
    for name in ("objective", "code", "methods", "libraries"):
        shapes[name] = shape_of(given | {name: "other"})
    for seconds, complete in ((1.0, True), (1.0, False), (2.0, True)):
        storage.write_json(tmp_path / "c.json", {"complete": complete, "seconds": seconds})
        shapes[f"{complete}, {seconds}"] = shape_of(given, certificate=tmp_path / "c.json")
        assert stopping_by(shape_of(given), tmp_path / "c.json") == shapes[f"{complete}, {seconds}"]
    assert shapes.pop("True, 2.0") == shapes["True, 1.0"]
    assert len({shape.digest for shape in shapes.values()}) == len(shapes)
    assert {shape.starts for shape in shapes.values()} == {shapes["as it was"].starts}
    for name in ("basins", "study"):
        assert shape_of(given | {name: "other"}) == shapes["as it was"]
    others = [
        shape_of(given | other) for other in ({"starts": {"seed": 4}}, {"starts_rows": 7}, {"starts_checksum": "a"})
    ]
    assert {shape.digest for shape in others} == {shapes["as it was"].digest}
    assert len({shapes["as it was"].starts, *(shape.starts for shape in others)}) == 4
    of_cells = shape_of(given | {"starts": {"seed": 3, "per_cell": 4}})
    assert of_cells == replace(shapes["as it was"], per_cell=4)


@given(st.integers(0, 10**6), st.sampled_from([8, 64, 8192]), st.integers(1, 16), st.floats(1e-7, 100))
def test_slow_starts_come_a_few_at_a_time_and_quick_ones_many(n, most, threads, seconds):
    """All rows, each once; a slice takes no longer than about ten seconds, or has the fewest rows; threads all work."""
    pace = Pace()
    first = last = next(slices(n, most, threads, pace, 8), slice(0, 0))
    assert first.stop <= 8
    pace.take(8, 8 * seconds)
    sizes = []
    for rows in itertools.islice(slices(n, most, threads, pace, 8), 3000):
        assert rows.start == (last.stop if sizes else 0)
        sizes.append(rows.stop - rows.start)
        last = rows
        assert sizes[-1] <= most
        assert sizes[-1] <= 8 or sizes[-1] * seconds <= 10.01
    assert len(sizes) == 3000 or sum(sizes) == n
    if 8 * threads <= n <= most and 8 * seconds > 10:  # few of them, and slow
        assert len(sizes) >= threads


def test_quick_starts_are_cut_as_without_a_pace():
    """What was measured of quick starts changes no slice, so quick descents pay nothing."""
    pace = Pace()
    pace.take(8, 1e-4)
    for n, threads in itertools.product((1, 100, 8192, 2**18), (1, 2, 8)):
        assert list(slices(n, 8192, threads, pace, 8)) == list(slices(n, 8192, threads))
