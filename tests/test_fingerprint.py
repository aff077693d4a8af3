"""What code a job runs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from multistart.files.fingerprint import _content, _named, closure, fingerprint, imports

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src"


#: Of each script the modules of this package that its imports load, and what a job that draws loads at once, the
#: packages that it or these ask for, and then all modules that are loaded by now.
LOADED = """
import builtins, sys
python = __import__
def asking(name, globals=None, locals=None, fromlist=(), level=0):
    if globals and globals["__name__"].split(".")[0] in ("script", "multistart"):
        asked.add(name.split(".")[0])
    return python(name, globals, locals, fromlist, level)
builtins.__import__ = asking
for script in sys.argv[1:]:
    asked = set()
    source = open(script).read().replace("main(snakemake)", "")
    exec(compile(source, script, "exec"), {"__name__": "script"})
    if "multistart.study.draw" in sys.modules:
        import multistart.figures.drawing
    own = {n: m for n, m in sys.modules.items() if n.split(".")[0] == "multistart"}
    print(*(m.__file__ for m in own.values() if m.__file__))
    print(*asked)
    print(*sys.modules)
    for name in own:
        del sys.modules[name]
"""
#: What takes a good part of a second to load, and no stage needs before its work asks for it.
HEAVY = {"numba", "sympy", "flint", "seaborn", "joblib"} | {
    f"scipy.{part}" for part in ("optimize", "signal", "spatial", "special", "stats")
}
#: What takes as long as a small job's work: nothing that a job needs to start, since its config was checked before.
FRAMES, CHECKS = "pandas", {"pydantic", "multistart.config", "yaml", "snakemake.script"}
WITHOUT_FRAMES = {
    "boundary",
    "certify",
    "data",
    "descend",
    "explore",
    "fit",
    "merge_ends",
    "minima",
    "prove_shares",
    "slice",
    "split_ends",
    "starts",
    "sweep_values",
    "zoom",
}
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))


LIGHTEST = [script for script in SCRIPTS if script.stem in WITHOUT_FRAMES]
DRAWING = [script for script in SCRIPTS if script.stem.startswith("draw")]
OTHERS = [script for script in SCRIPTS if script not in (*LIGHTEST, *DRAWING)]


def test_what_a_script_loads_is_light_and_in_its_closure() -> None:
    """Python itself is asked what is loaded when the imports of scripts have run: Matplotlib where they draw alone, and
    in each that draws; frames in no other than those that are known for it.

    Libraries stay loaded from script to script, modules of the package do not; those that may load more come later.
    """
    scripts = [*LIGHTEST, *OTHERS, *DRAWING]
    done = subprocess.run([sys.executable, "-c", LOADED, *scripts], capture_output=True, text=True, check=True)
    lines = [set(line.split()) for line in done.stdout.splitlines()]
    absent = {script: {FRAMES, "matplotlib"} for script in LIGHTEST} | {script: {"matplotlib"} for script in OTHERS}
    for script, files, asked, modules in zip(scripts, lines[::3], lines[1::3], lines[2::3], strict=True):
        assert len(files) > 5, script
        assert ("matplotlib" in asked) == (script in DRAWING), script
        assert (FRAMES in asked) == (script not in LIGHTEST), script
        assert set(map(Path, files)) <= closure([script], SOURCES), script
        assert modules & (HEAVY | CHECKS | absent.get(script, set())) == set(), script


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node, in whatever blocks, and it; an expression has none."""
    yield tree
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in getattr(tree, block, ()):
            yield from statements(node)


def parsed(file: Path) -> set[Path]:
    """The files that a source file imports, by its syntax tree, without those under ``if TYPE_CHECKING``."""
    tree, names = ast.parse(file.read_text()), set()
    tree.body = [n for n in tree.body if not (isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")]
    for node in statements(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("multistart"):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("multistart")}
    stems = {SOURCES.joinpath(*name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 2)}
    return {file for stem in stems for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file()}


def test_no_import_is_overlooked() -> None:
    """Of every module and script, the text search finds what the syntax tree has."""
    files = [*SOURCES.rglob("*.py"), *SCRIPTS]
    assert len(files) > 100
    for file in files:
        assert parsed(file) <= set(map(Path, imports(str(file), str(SOURCES)))), file


def test_what_a_package_loads_late_counts() -> None:
    """Names that packages give without loading them stand for their modules, as the search for proofs."""
    proven = closure([ROOT / "workflow/scripts/certify.py"], SOURCES)
    assert SOURCES / "multistart/proofs/search.py" in proven
    assert SOURCES / "multistart/figures/layout.py" not in proven


def test_what_is_compiled_as_text_counts() -> None:
    """The loop over rows, the searches and the eigenvalues, which are read and not imported; all such are told."""
    descending = closure([ROOT / "workflow/scripts/descend.py"], SOURCES)
    kernels = SOURCES / "multistart/kernels"
    searches = set(kernels.glob("searches/*.py"))
    assert len(searches) > 3
    assert {kernels / "loop.py", kernels / "rows.py", kernels / "curvature/jacobi.py", *searches} <= descending
    reading = {file for file in kernels.rglob("*.py") if re.search(r"__file__.*read_text", file.read_text())}
    assert all("_AS_TEXT = " in file.read_text() for file in reading)


def test_what_a_script_loads_by_name_is_given_beside_it() -> None:
    """The modules of the pictures that a job draws, with what they import; no other picture counts."""
    shares = SOURCES / "multistart/figures/gallery/shares.py"
    drawn = closure([ROOT / "workflow/scripts/draw.py", shares], SOURCES)
    assert {shares, SOURCES / "multistart/figures/layout.py"} <= drawn
    assert SOURCES / "multistart/figures/gallery/steps.py" not in drawn


def test_imports_in_all_their_forms_are_seen(tmp_path: Path) -> None:
    """Within functions, over several lines with comments, with other names, and whole packages."""
    for name in ("__init__", "a", "b", "c", "d", "e"):
        (tmp_path / "multistart").mkdir(exist_ok=True)
        (tmp_path / f"multistart/{name}.py").touch()
    file = tmp_path / "script.py"
    file.write_text(
        "from multistart.a import (\n    x,  # why, and how\n    y as z,\n)\n"
        "from multistart import (  # b\n  b,\n  c)\n"
        "def f():\n    from multistart import d as other\nimport multistart.e as e\n"
    )
    found = {Path(module).stem for module in imports(str(file), str(tmp_path))}
    assert found == {"__init__", "a", "b", "c", "d", "e"}


def next_process() -> None:
    """Forget what files held, as a process does that starts."""
    _content.cache_clear()
    _named.cache_clear()


def test_an_edit_anywhere_below_changes_the_number(tmp_path: Path) -> None:
    """Of a module that is imported by way of another one; an edit of what is not imported changes nothing."""
    package = tmp_path / "multistart"
    package.mkdir()
    script = tmp_path / "script.py"
    script.write_text("from multistart.a import f\n")
    (package / "a.py").write_text("from multistart.b import g as f\n")
    (package / "b.py").write_text("g = 1\n")
    (package / "c.py").write_text("h = 1\n")
    before = fingerprint([script], tmp_path)
    (package / "c.py").write_text("h = 2\n")
    next_process()
    assert fingerprint([script], tmp_path) == before
    (package / "b.py").write_text("g = 2\n")
    next_process()
    assert fingerprint([script], tmp_path) != before
