"""Entries of the cache: verified before use, shared as the user says, never from a folder that others can write."""

from __future__ import annotations

import ast
import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numba.core.errors import TypingError

from multistart.files import cache_folder
from multistart.files.cache_entries import one_at_a_time, read_entry, source_digest, write_entry
from multistart.functions.objective import Objective
from multistart.kernels import compile_evaluation, compiled, compiler, curvature
from multistart.kernels.machine_code import NativeFunction, as_data, from_data, machine

KEY = {"formula": "x**2", "box": [["x", [-1.0, 0.1]]], "libraries": {"a": "1.0"}}
CONTENT = {"points": [1.5, -0.0, 1e-300], "claim": "complete", "none": None}
PACKAGE = Path(cache_folder.__file__).parent
PARABOLA = Objective.from_expression("x**2", ["x"])


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The user's own cache, which nobody named."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches" / "multistart"


@pytest.fixture
def umask():
    """Set the umask; it is put back afterwards."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def the_file(folder):
    (file,) = [p for p in folder.rglob("*") if p.is_file()]
    return file


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# --- sound entries -------------------------------------------------------------------------------------------


def test_what_was_written_is_read_under_its_key_alone(tmp_path):
    """Content comes back as it was; another key, kind or folder has none."""
    write_entry(tmp_path, "things", KEY, CONTENT)
    assert read_entry(tmp_path, "things", KEY) == CONTENT
    for changed in ({**KEY, "formula": "x**4"}, {**KEY, "box": [["x", [-1.0, 0.2]]]}, {**KEY, "more": 1}, {}):
        assert read_entry(tmp_path, "things", changed) is None
    assert read_entry(tmp_path, "others", KEY) is None
    assert read_entry(tmp_path / "elsewhere", "things", KEY) is None


def test_no_flipped_bit_is_accepted(tmp_path):
    """Each bit of an entry, its digest included, flipped by itself makes it no entry."""
    write_entry(tmp_path, "things", KEY, CONTENT)
    file = the_file(tmp_path)
    good = file.read_bytes()
    for i in range(8 * len(good)):
        bad = bytearray(good)
        bad[i // 8] ^= 1 << i % 8
        file.write_bytes(bad)
        assert read_entry(tmp_path, "things", KEY) is None, i
    file.write_bytes(good)
    assert read_entry(tmp_path, "things", KEY) == CONTENT


def test_no_part_of_an_entry_is_accepted(tmp_path):
    """Cut short anywhere, with something before or after, empty, or twice: no entry."""
    write_entry(tmp_path, "things", KEY, CONTENT)
    file = the_file(tmp_path)
    good = file.read_bytes()
    parts = [good[:i] for i in range(len(good))] + [good[i:] for i in range(1, len(good))]
    for bad in [*parts, good + b"\n", b" " + good, good + good, b"[" * 100_000, b"\x80\x04.", b"null", b"{}"]:
        file.write_bytes(bad)
        assert read_entry(tmp_path, "things", KEY) is None


def test_another_entry_under_this_name_is_refused(tmp_path):
    """A sound entry, copied to where another key's belongs or to another kind, is not taken for it."""
    write_entry(tmp_path, "things", KEY, CONTENT)
    mine = the_file(tmp_path)
    other = {**KEY, "formula": "x**4"}
    write_entry(tmp_path, "things", other, {"points": []})
    (theirs,) = [p for p in mine.parent.iterdir() if p != mine]
    theirs.write_bytes(mine.read_bytes())
    assert read_entry(tmp_path, "things", other) is None
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / mine.name).write_bytes(mine.read_bytes())
    assert read_entry(tmp_path, "kernels", KEY) is None


def test_what_is_no_file_is_no_entry(tmp_path):
    """A pipe, which would keep a reader waiting, a folder or a dangling link in an entry's place is passed over."""
    write_entry(tmp_path, "things", KEY, CONTENT)
    file = the_file(tmp_path)
    for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/nonexistent", path)):
        file.rmdir() if file.is_dir() else file.unlink()
        make(file)
        assert read_entry(tmp_path, "things", KEY) is None


# --- who can write, who can read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mask", "file", "folder"), [(0o022, 0o644, 0o755), (0o002, 0o664, 0o775), (0o077, 0o600, 0o700)]
)
def test_a_named_folder_may_be_shared(tmp_path, umask, mask, file, folder):
    """In a folder that the user named, rights are what the umask leaves, for files as for folders."""
    umask(mask)
    write_entry(tmp_path / "a" / "b", "things", KEY, CONTENT)
    assert mode(the_file(tmp_path)) == file
    assert {mode(p) for p in tmp_path.rglob("*") if p.is_dir()} == {folder}


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o000])
def test_the_own_folder_is_for_its_user_alone(own, umask, mask):
    """Whatever the umask, nobody else can write what a later process would run, and the next one reads it."""
    umask(mask)
    write_entry(None, "things", KEY, CONTENT)
    assert [mode(p) for p in (own, own / "things", the_file(own))] == [0o700, 0o700, 0o600]
    assert read_entry(None, "things", KEY) == CONTENT


@pytest.mark.parametrize("right", [0o020, 0o002])
@pytest.mark.parametrize("place", ["top", "kind", "file"])
def test_what_others_can_write_is_not_used(own, right, place, caplog):
    """A folder or file that group or world may write is neither read nor written, unless the user named it."""
    cache_folder.warn_of_others.cache_clear()
    write_entry(None, "things", KEY, CONTENT)
    file = the_file(own)
    target = {"top": own, "kind": own / "things", "file": file}[place]
    target.chmod(mode(target) | right)
    assert read_entry(None, "things", KEY) is None
    assert read_entry(own, "things", KEY) == CONTENT
    write_entry(None, "things", {**KEY, "more": 1}, CONTENT)
    assert (len(list(file.parent.iterdir())) == 1) == (place != "file")
    assert ("chmod -R go-w" in caplog.text) == (place != "file")


def test_what_belongs_to_another_user_is_not_used(own, monkeypatch):
    """A folder of somebody else in the place of the own one is not used, even where nobody else can write it."""
    write_entry(None, "things", KEY, CONTENT)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert read_entry(None, "things", KEY) is None
    assert read_entry(own, "things", KEY) == CONTENT


@pytest.mark.parametrize("named", ["a\0b", "~nobody-of-that-name/x", "/dev/null/x", "/proc/nothing", ""])
def test_a_folder_that_cannot_be_costs_the_cache_alone(named, tmp_path, monkeypatch):
    """A name that no folder can have, and a place where nothing can be made: no entry, and no error."""
    monkeypatch.chdir(tmp_path)
    write_entry(named, "things", KEY, CONTENT)
    assert read_entry(named, "things", KEY) == (CONTENT if named == "" else None)
    assert not Path("~nobody-of-that-name").exists()


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    """A full disk at any point: what was there stays whole, and no temporary file remains."""
    write_entry(tmp_path, "things", KEY, CONTENT)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    write_entry(tmp_path, "things", KEY, {"points": []})
    assert read_entry(tmp_path, "things", KEY) == CONTENT
    assert the_file(tmp_path).suffix == ".json"


def test_temporary_files_of_killed_processes_are_removed(tmp_path):
    """The next write removes what is a day old, and nothing that a process may still be writing."""
    folder = tmp_path / "things"
    folder.mkdir()
    old, new = folder / ".x.json.0011.tmp", folder / ".x.json.2233.tmp"
    for file in (old, new):
        file.write_text("{")
    os.utime(old, (time.time() - 90_000,) * 2)
    write_entry(tmp_path, "things", KEY, CONTENT)
    assert not old.exists()
    assert new.exists()


# --- kernels -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kernel_cache(tmp_path_factory, made_once):
    """A cache with the kernel of what compiles fastest."""
    made = made_once("kernel of a parabola", lambda folder: compile_evaluation(PARABOLA, folder))
    return shutil.copytree(made, tmp_path_factory.mktemp("kernels"), dirs_exist_ok=True)


def test_four_hundred_flipped_bits_of_a_kernel(kernel_cache, monkeypatch):
    """None reaches the linker: each is refused before, and so nothing crashes."""
    (file,) = (kernel_cache / "kernels").iterdir()
    outline = compile_evaluation(PARABOLA, kernel_cache).outline
    good = file.read_bytes()
    monkeypatch.setattr(compiled, "NativeFunction", lambda code: pytest.fail("handed to the linker"))
    for i in np.random.default_rng(3).integers(8 * len(good), size=400).tolist():
        bad = bytearray(good)
        bad[i // 8] ^= 1 << i % 8
        file.write_bytes(bad)
        assert compiled.kept_functions(outline.text, ("evaluate",), kernel_cache) is None
    file.write_bytes(good)


@pytest.mark.parametrize("part", ["processor", "features", "versions", "settings", "system"])
def test_a_kernel_is_kept_for_one_machine(part, kernel_cache, monkeypatch):
    """Another processor, other features, another version of a compiler: nothing is taken from the cache."""
    outline = compile_evaluation(PARABOLA, kernel_cache).outline
    assert compiled.kept_functions(outline.text, ("evaluate",), kernel_cache) is not None
    monkeypatch.setattr(compiled, "machine", lambda: machine() | {part: "another"})
    assert compiled.kept_functions(outline.text, ("evaluate",), kernel_cache) is None


def imports_of(module, found):
    """The package's modules that a module imports, directly or not, as paths in the package."""
    path = PACKAGE / Path(*module.split(".")[1:])
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    if not file.exists() or file in found or module == "multistart":  # whose imports are for type checkers
        return found
    found.add(file)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.startswith("multistart"):
                imports_of(name, found)
    return found


@pytest.mark.parametrize(
    ("module", "patterns"),
    [
        ("multistart.kernels.source", compiled.WRITTEN_BY),
        ("multistart.kernels.vectormath", compiled.COMPILED_IN),
        ("multistart.kernels.compiler", compiled.COMPILED_IN),
    ],
)
def test_a_key_covers_the_sources_that_shape_its_entry(module, patterns):
    """Every module of the package that the writer of a text, and the compiler of one, import is part of the key."""
    covered = {file for pattern in patterns for file in PACKAGE.glob(pattern)}
    needed = imports_of(module, set()) - {PACKAGE / "kernels" / "__init__.py"}
    if module == "multistart.kernels.compiler":
        needed -= imports_of("multistart.kernels.compiled", set()) - imports_of("multistart.kernels.vectormath", set())
    assert needed <= covered


def test_a_digest_of_sources_sees_names_and_bytes(tmp_path, monkeypatch):
    """A byte changed, a file renamed, a file added: another digest."""
    monkeypatch.setattr("multistart.files.cache_entries.__file__", str(tmp_path / "files/cache_entries.py"))
    seen = set()
    for name, text in (("a.py", "x"), ("a.py", "y"), ("b.py", "y"), ("c/d.py", "y")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        seen.add(source_digest.__wrapped__("*.py", "c/*.py"))
    (tmp_path / "a.py").unlink()
    seen.add(source_digest.__wrapped__("*.py", "c/*.py"))
    assert len(seen) == 5


def test_neither_package_nor_home_need_be_writable():
    """Imports write nothing and ask for no folder; curvatures come from the same cache, without Numba."""
    curvature._functions.cache_clear()  # of a test with a cache of its own
    curvature.smallest_eigenvalues(np.ones((1, 1, 1)))
    code = (
        "import sys, numpy as np, multistart.descents.descend, multistart.minima;"
        "from multistart.kernels.curvature import *;"
        "from multistart.kernels.curvature import newton_steps;"
        "print(newton_steps(np.ones((1, 1)), 2*np.ones((1, 1, 1))), 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[[-0.5]]", "False"]


# --- calls ---------------------------------------------------------------------------------------------------

TEXT = """
from multistart.kernels.compiler import exported
import numpy as np

@exported("void(f8[:, ::1], i8, f8, f8[::1])")
def add(points, n, x, out):
    for i in range(points.shape[0]):
        out[i] = points[i, 0] + n * x

@exported("void(CPointer(f8), i8, f8[::1])")
def sum_up(numbers, n, out):
    for i in range(n):
        out[0] += numbers[i]
"""


@pytest.fixture(scope="module")
def add():
    """A small compiled function, by way of its plain data."""
    both = compiler.compile_functions(TEXT, ["add", "sum_up"])
    data = json.loads(json.dumps(as_data(both)))
    assert len(data["codes"]) == 1
    assert from_data(data, both) == both
    return NativeFunction(both["add"])


def test_a_compiled_function_computes(add):
    """Numbers and arrays arrive where they should, empty arrays as well."""
    out = np.zeros(3)
    add(np.array([[1.0, 9.0], [2.0, 9.0], [3.0, 9.0]]), 2, 0.25, out)
    assert out.tolist() == [1.5, 2.5, 3.5]
    add(np.empty((0, 2)), 2, 0.25, np.empty(0))


@pytest.mark.parametrize(
    "wrong",
    [
        (np.ones((2, 2), np.float32), 1, 1.0, np.ones(2)),
        (np.ones(2), 1, 1.0, np.ones(2)),
        (np.ones((2, 4))[:, ::2], 1, 1.0, np.ones(2)),
        (np.broadcast_to(1.0, (2, 2)), 1, 1.0, np.ones(2)),
        (np.ones((2, 2)), 1, 1.0),
        (np.ones((2, 2)), 1, 1.0, np.ones(2), 1),
        (np.ones((2, 2)), "1", 1.0, np.ones(2)),
        (np.ones((2, 2)), 1, 1.0, [1.0, 2.0]),
    ],
)
def test_a_call_that_does_not_fit_is_refused(add, wrong):
    """Type, dimensions, order, rights and number of arguments are checked: memory is not read as what it is not."""
    with pytest.raises((TypeError, AttributeError, ctypes.ArgumentError)):
        add(*wrong)


def test_an_array_stands_for_the_address_of_its_numbers():
    """Of any shape, but not of another type, order or rights, and no number stands for an address."""
    sum_up = NativeFunction(compiler.compile_functions(TEXT, ["sum_up"])["sum_up"])
    out = np.zeros(1)
    sum_up(np.arange(6.0).reshape(2, 3), 6, out)
    assert out.tolist() == [15.0]
    for wrong in (np.arange(6), np.arange(12.0)[::2], np.broadcast_to(1.0, (6,)), 6, None):
        with pytest.raises((TypeError, AttributeError)):
            sum_up(wrong, 6, out)
    assert out.tolist() == [15.0]


def test_a_function_that_would_need_memory_is_refused_by_the_compiler():
    """Code that allocates would need Numba to run, so it does not compile."""
    text = TEXT.replace("n * x", "n * x + work[i]").replace("for i in", "work = np.empty(3)\n    for i in")
    with pytest.raises(TypingError, match="empty"):
        compiler.compile_functions(text, ["add"])


def test_an_entry_is_made_by_one_at_a_time(tmp_path):
    """Of eight that want an entry at once one makes it, and the others find it; no lock is left behind."""
    made = []

    def wanted(_: int) -> str:
        with one_at_a_time(tmp_path, "kernels", {"of": "all"}):
            if (kept := read_entry(tmp_path, "kernels", {"of": "all"})) is None:
                made.append(1)
                time.sleep(0.2)
                write_entry(tmp_path, "kernels", {"of": "all"}, kept := "it")
            return kept

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(wanted, range(8))) == ["it"] * 8
    assert len(made) == 1
    assert [file.suffix for file in (tmp_path / "kernels").iterdir()] == [".json"]


def test_where_nothing_can_be_locked_an_entry_is_made_all_the_same(monkeypatch, tmp_path):
    """Without a folder, and where another holds the lock for longer than one has patience, nobody waits on."""
    monkeypatch.setattr("multistart.files.cache_entries.PATIENCE", 0.1)
    wanted = [one_at_a_time(cache, "kernels", {}) for cache in ("/dev/null/nowhere", tmp_path, tmp_path)]
    with wanted[0], wanted[1], wanted[2]:
        write_entry(tmp_path, "kernels", {}, "it")
    assert read_entry(tmp_path, "kernels", {}) == "it"
