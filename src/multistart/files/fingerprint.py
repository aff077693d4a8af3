"""What code a job runs, as one number: a change of it is a reason to run the job again.

Snakemake notices an edited script by itself, but not an edited module that the script imports: given as a parameter,
the fingerprint makes a rule run again whenever the text of its code has changed, and only then.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from operator import attrgetter
from pathlib import Path

PACKAGE = "multistart"
_IMPORT = re.compile(rf"\n[ \t]*(?:from ({PACKAGE}[\w.]*) import (\([^)]*\)|[^\n]*)|import ({PACKAGE}[^\n]*))")
_COMMENT = re.compile(r"#[^\n]*")
_FOR_TYPES = re.compile(r"^if TYPE_CHECKING:\n(?:[ \t]+[^\n]*\n|\n)+", re.M)
#: What a package gives without loading it: ``_HOMES = {"name": "module", ...}`` in its ``__init__``.
_HOMES = re.compile(r"^_HOMES[^=\n]*= \{([^}]*)\}", re.M)
#: Files beside a module that it compiles as text: ``_AS_TEXT = ("pattern", ...)`` in it.
_AS_TEXT = re.compile(r"^_AS_TEXT = \(([^)]*)\)", re.M)
_HOME = re.compile(r'"(\w+)": "([\w.]+)"')


def fingerprint(files: Sequence[Path], sources: Path) -> str:
    """Return a hash of some files and of every module of the package that they import, directly or not.

    Parameters
    ----------
    files
        A script, and the modules that it loads by their names, if any.
    sources
        The folder that the package stands in.
    """
    digest = hashlib.sha256()
    for file in sorted(closure(files, sources), key=attrgetter("parts")):
        digest.update(file.name.encode() + _digest(file))
    return digest.hexdigest()[:16]


def closure(files: Sequence[Path], sources: Path) -> set[Path]:
    """The files, and every module of the package that they import, directly or not."""
    seen: set[Path] = set()
    todo = [*files]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += imports(file, sources)
    return seen


@cache
def imports(file: Path, sources: Path) -> tuple[Path, ...]:
    """The files of the package that a source file imports, anywhere in it, or compiles as text; not what types need.

    Its text is searched, not parsed: to parse the whole package takes as long as all else that a dry run does.
    """
    text = _content(file).decode()
    text = _FOR_TYPES.sub("", text) if "TYPE_CHECKING" in text else text
    lists = _AS_TEXT.findall(text) if "_AS_TEXT" in text else ()
    compiled = (pattern for listed in lists for pattern in re.findall(r'"([^"]+)"', listed))
    beside = {module for pattern in compiled for module in file.parent.glob(pattern)}
    return tuple(beside | {module for name in _names(text) for module in _modules(name, sources)})


@cache
def _content(file: Path) -> bytes:
    """The bytes of a file, read once: most are in the closure of every script."""
    return file.read_bytes()


@cache
def _digest(file: Path) -> bytes:
    return hashlib.sha256(_content(file)).digest()


def _names(text: str) -> Iterator[str]:
    """The dotted names that a text imports; some may be of what is in a module, which has no file."""
    for module, names, modules in _IMPORT.findall(f"\n{text}"):
        for name in _COMMENT.sub("", names or modules).strip("()").split(","):
            word = name.split()
            yield from [f"{module}.{word[0]}" if module else word[0]] if word else []
        yield module or PACKAGE


@cache
def _modules(name: str, sources: Path) -> tuple[Path, ...]:
    """The module of a dotted name, and the __init__ of each package on the way to it."""
    package, _, last = name.rpartition(".")
    above = _modules(package, sources) if package else ()
    file = _files(sources).get(name)
    return (*above, *((file,) if file else _homes(package, last, sources)))


@cache
def _files(sources: Path) -> dict[str, Path]:
    """The file of each module and package below a folder, by dotted name."""
    found = {}
    for folder, _, names in os.walk(sources):
        above = Path(folder).relative_to(sources).parts
        for stem, ending in map(os.path.splitext, names):
            if ending == ".py":
                found[".".join(above if stem == "__init__" else (*above, stem))] = Path(folder, stem + ending)
    return found


def _homes(package: str, name: str, sources: Path) -> Iterator[Path]:
    """The module that a package loads late for a name that has no file; all of them where the name is not listed."""
    file = _files(sources).get(package)
    if file is not None and file.name == "__init__.py" and (listed := _HOMES.search(_content(file).decode())):
        homes = dict(_HOME.findall(listed[1]))
        for home in {homes[name]} if name in homes else set(homes.values()):
            yield from _modules(f"{package}.{home}", sources)
