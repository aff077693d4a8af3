"""The cache of compiled kernels, which heals and runs nothing that it was not given, and processes that share it."""

from __future__ import annotations

import importlib.util
import marshal
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from multistart.descents.descend import descend
from multistart.functions.objective import Objective
from multistart.kernels import Kernel, compile_evaluation, compile_kernel, compiled, compiler
from multistart.kernels.machine_code import MachineCode
from multistart.methods.method import Method
from tests.conftest import MadeOnce
from tests.forked_runs import start_fork
from tests.plain_kernel import plainly
from tests.processes import run

WELLS = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
RULE = Method(max_steps=50)
STARTS = np.array([[0.5, 1.0], [-0.5, 0.3]])
PROGRAM = textwrap.dedent("""
    import sys, numpy as np
    from multistart.descents.descend import descend; from multistart.methods.method import Method
    from multistart.functions.objective import Objective
    f = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
    out = descend(f, Method(max_steps=50), np.array([[0.5, 1.0], [-0.5, 0.3]]), cache=sys.argv[1])
    print("compiled" if "numba" in sys.modules else "kept", out.end.tobytes().hex())
""")
#: What compiles least.
SHORT = textwrap.dedent("""
    import sys, numpy as np
    from multistart.kernels import compile_evaluation; from multistart.functions.objective import Objective
    value, _, _ = compile_evaluation(Objective.from_expression("x**2", ["x"]), sys.argv[1]).evaluate(np.array([[1/3]]))
    print("compiled" if "numba" in sys.modules else "kept", value.tobytes().hex())
""")
#: What all kernels share.
LOOP = textwrap.dedent("""
    import hashlib, sys
    from multistart.kernels.compiled import loaded_loop
    loop = loaded_loop(sys.argv[1])
    code = b"".join(loop[name].compiled.code for name in sorted(loop))
    print("compiled" if "numba" in sys.modules else "kept", hashlib.sha256(code).hexdigest())
""")


def functions_of(kernel: Kernel) -> dict[str, MachineCode]:
    """The machine code of a kernel by the names of its functions."""
    functions = {**kernel.updates, **kernel.loop, "evaluate": kernel.evaluation.function}
    return {name: function.compiled for name, function in functions.items()}


def fill(folder: Path) -> None:
    """Keep what a descent needs in a folder, of the code that the cache of all tests has, or gets here."""
    plain = compiler.compile_functions

    def of_all_tests(text: str, names: Sequence[str]) -> dict[str, MachineCode]:
        with mock.patch.object(compiler, "compile_functions", plain):
            found = compiled.kept_or_made("a text", compiled.digest(text), lambda: text, names, None)
        return {name: function.compiled for name, function in found.items()}

    with mock.patch.object(compiler, "compile_functions", of_all_tests):
        compiled.forget()
        descend(WELLS, RULE, STARTS, cache=folder)


@pytest.fixture(scope="module")
def filled(made_once: MadeOnce) -> tuple[Path, str]:
    """A cache that one process has filled, and what it computes."""
    folder = made_once("filled cache", fill)
    return folder, descend(WELLS, RULE, STARTS, cache=folder).end.tobytes().hex()


def test_the_second_run_compiles_nothing(filled: tuple[Path, str]) -> None:
    """A second process takes all functions from the cache, does not even load Numba, and gets the same bits."""
    folder, bits = filled
    assert run(PROGRAM, folder).split() == ["kept", bits]


def test_what_is_compiled_is_what_was_kept(filled: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One way for both: a kernel that was just compiled is loaded from the same bytes as one from the cache."""
    compiled.forget()
    kept = compile_kernel(WELLS, RULE, filled[0])
    made = functions_of(kept)
    monkeypatch.setattr(compiler, "compile_functions", lambda text, names: made)
    compiled.forget()
    anew = compile_kernel(WELLS, RULE, "/dev/null/nowhere")
    points = np.random.default_rng(7).uniform(-2, 2, (50, 2))
    for one, other in zip(kept.evaluate(points), anew.evaluate(points), strict=True):
        assert one.tobytes() == other.tobytes()


DAMAGES = ["truncated", "garbage", "one bit", "another function's", "no file"]


#: A folder of the cache, and what is in the entry of it that is damaged.
ENTRIES = {
    "updates": ("kernels", b"advance_freely"),
    "loop": ("kernels", b"descend_rows"),
    "outline": ("outlines", b"fma(-learning_rate"),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_rebuilt(
    damage: str, entry: str, filled: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happened to an entry, it is not loaded but made anew, and the one after it compiles nothing."""
    shutil.copytree(filled[0], tmp_path, dirs_exist_ok=True)
    compiled.forget()
    before = compile_kernel(WELLS, RULE, tmp_path)
    made = functions_of(before)
    kind, mark = ENTRIES[entry]
    (whole,) = [p for p in (tmp_path / kind).iterdir() if mark in p.read_bytes()]
    good = whole.read_bytes()
    damaged = {
        "truncated": good[: len(good) // 2],
        "garbage": b"\x00garbage(" * 100,
        "one bit": good[:5000] + bytes([good[5000] ^ 4]) + good[5001:] if len(good) > 5001 else good[:-9] + b"?" * 9,
        "another function's": next(p for p in (tmp_path / "kernels").iterdir() if p != whole).read_bytes(),
    }
    whole.unlink() if damage == "no file" else whole.write_bytes(damaged[damage])
    calls: list[str] = []
    monkeypatch.setattr(
        compiler, "compile_functions", lambda text, names: calls.append(text) or {name: made[name] for name in names}
    )
    compiled.forget()
    after = compile_kernel(WELLS, RULE, tmp_path)
    assert after.outline == before.outline
    assert len(calls) == (kind == "kernels")
    assert whole.read_bytes() == good
    compiled.forget()
    compile_kernel(WELLS, RULE, tmp_path)
    assert len(calls) == (kind == "kernels")


def test_the_loop_is_compiled_once_for_all_formulas(
    filled: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For another formula in as many coordinates only what depends on it is compiled, and it descends as its text."""
    shutil.copytree(filled[0], tmp_path, dirs_exist_ok=True)
    loops = {p: p.stat().st_mtime_ns for p in (tmp_path / "kernels").iterdir() if b"descend_rows" in p.read_bytes()}
    made: list[tuple[str, ...]] = []
    make = compiler.compile_functions
    monkeypatch.setattr(compiler, "compile_functions", lambda text, names: made.append(names) or make(text, names))
    f = Objective.from_expression("x**4/4 + x*y + y**2", ["x", "y"])
    points = np.random.default_rng(7).uniform(-2, 2, (20, 2))
    method = Method(learning_rate=0.1, max_steps=40, gradient_tolerance=0.1)
    out = descend(f, method, points, cache=tmp_path)
    assert sorted(made) == [("advance", "advance_freely", "advance_singly", "walk"), ("evaluate",)]
    assert len(loops) == 1
    entries = [p for p in (tmp_path / "kernels").iterdir() if b"descend_rows" in p.read_bytes()]
    assert {p: p.stat().st_mtime_ns for p in entries} == loops
    with plainly():
        plain = descend(f, method, points, cache=tmp_path)
    np.testing.assert_array_equal(out.steps, plain.steps)
    np.testing.assert_allclose(out.end, plain.end, rtol=1e-12)
    assert len(set(out.steps)) > 5


@pytest.mark.parametrize(
    "program", [pytest.param(SHORT, id="value"), pytest.param(LOOP, id="loop", marks=pytest.mark.slow)]
)
def test_two_processes_may_compile_the_same_at_once(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both end well with the same bits, and leave an entry that a third one, which is no fork, uses."""
    importlib.import_module("multistart.kernels.compiler")
    cache = tmp_path / "cache"
    monkeypatch.setattr(sys, "argv", ["", str(cache)])
    said = [tmp_path / "one", tmp_path / "other"]
    for file in said:
        file.touch()
    pair = [start_fork(lambda: exec(program, {}), file) for file in said]
    assert [os.waitpid(process, 0)[1] for process in pair] == [0, 0]
    printed = [file.read_text().split() for file in said]
    assert printed[0][1] == printed[1][1]
    assert run(program, cache).split() == ["kept", printed[0][1]]
    assert len(list((cache / "kernels").iterdir())) == 1
    assert not list(cache.rglob("*.tmp"))


def test_a_folder_that_cannot_be_made_does_not_stop_a_descent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cache's name is taken by a file, the kernel is compiled anew, and nothing is left behind."""
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    made: list[tuple[str, ...]] = []
    make = compiler.compile_functions
    monkeypatch.setattr(compiler, "compile_functions", lambda text, names: made.append(names) or make(text, names))
    square = compile_evaluation(Objective.from_expression("x**2", ["x"]), tmp_path / "file" / "cache")
    assert square.evaluate(np.array([[3.0]]))[0] == 9
    assert made == [("evaluate",)]
    assert (tmp_path / "file").read_text() == "in the way"
    assert not list((tmp_path / "temporary").iterdir())


def test_a_planted_file_runs_no_code(filled: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that lies in a cache folder is executed: no source, byte code, pickle or library, whatever its name."""
    cache, trace = tmp_path / "cache", tmp_path / "executed"
    shutil.copytree(filled[0], cache)
    shout = f"open({str(trace)!r}, 'w').close()"
    pickled = b"cbuiltins\nexec\n(V" + shout.encode() + b"\ntR."
    with pytest.raises(SystemExit):  # the pickle does what it should where it is loaded
        pickle.loads(pickled.replace(shout.encode(), b"raise SystemExit"))
    code = marshal.dumps(compile(shout, "kernel.py", "exec"))
    byte_code = importlib.util.MAGIC_NUMBER + bytes(12) + code
    for file in [p for p in cache.rglob("*") if p.is_file()]:
        if file.suffix == ".pyc":
            file.write_bytes(file.read_bytes()[:16] + code)
        elif file.suffix not in (".py", ".json"):
            file.write_bytes(pickled)
    for folder in [cache, *(p for p in cache.rglob("*") if p.is_dir())]:
        (folder / "__pycache__").mkdir(exist_ok=True)
        stems = {"kernel", "sitecustomize", "numpy", "numba", *(file.stem for file in folder.iterdir())}
        for stem in stems:
            for suffix, content in ((".py", shout.encode()), (".nbi", pickled), (".nbc", pickled), (".so", b"\x7fELF")):
                if not (folder / (stem + suffix)).exists():
                    (folder / (stem + suffix)).write_bytes(content)
            cached = folder / "__pycache__" / f"{stem}.{sys.implementation.cache_tag}.pyc"
            if not cached.exists():
                cached.write_bytes(byte_code)
    assert run(PROGRAM, cache).split()[1] == filled[1]
    for file in cache.rglob("*.json"):
        file.write_bytes(pickled)
    compiled.forget()
    monkeypatch.setattr(compiler, "compile_functions", lambda text, names: pytest.fail("rebuilt, as it should be"))
    with pytest.raises(pytest.fail.Exception, match="rebuilt"):
        compile_kernel(WELLS, RULE, cache)
    assert not trace.exists()


def test_an_interrupt_stops_a_long_descent() -> None:
    """SIGINT ends a descent that has hours to go: KeyboardInterrupt is raised, and every thread comes to an end."""
    program = textwrap.dedent("""
        import signal, time, numpy as np
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may ignore it
        from multistart.descents.descend import descend
        from multistart.methods.method import Method; from multistart.functions.objective import named
        f, points = named("peaks"), np.random.default_rng(1).uniform(-1, 1, (100_000, 2))
        descend(f, Method(max_steps=1), points[:10], threads=2)
        print("ready", flush=True)
        try:
            descend(f, Method(max_steps=10**9, gradient_tolerance=0.0), points, threads=2)
        except KeyboardInterrupt:
            time.sleep(0.5)
            before = time.process_time()
            time.sleep(1.5)
            working = time.process_time() - before > 0.3  # two threads that went on would take far more
            print("interrupted", "but still at work" if working else "and idle", flush=True)
    """)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    try:
        printed, _ = process.communicate(timeout=60)  # far above a second: the machine may be busy
    finally:
        process.kill()
    assert printed == "interrupted and idle\n"
    assert process.returncode == 0
