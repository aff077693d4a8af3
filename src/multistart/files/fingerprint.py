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
from pathlib import Path

PACKAGE = "multistart"
_IMPORT = re.compile(rf"\n[ \t]*(?:from ({PACKAGE}[\w.]*) import (\([^)]*\)|[^\n]*)|import ({PACKAGE}[^\n]*))")
_COMMENT = re.compile(r"#[^\n]*")
_FOR_TYPES = re.compile(r"\nif TYPE_CHECKING:\n(?:[ \t]+[^\n]*\n|\n)+")
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
    for _, name in sorted(map(_named, _reached(files, sources))):
        digest.update(name)
    return digest.hexdigest()[:16]


def closure(files: Sequence[Path], sources: Path) -> set[Path]:
    """The files, and every module of the package that they import, directly or not."""
    return set(map(Path, _reached(files, sources)))


def _reached(files: Sequence[Path], sources: Path) -> set[str]:
    """Names of files here and below: a set of them takes a fifth of the time that one of paths does."""
    seen: set[str] = set()
    todo, top = [*map(str, files)], str(sources)
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += imports(file, top)
    return seen


@cache
def imports(file: str, sources: str) -> tuple[str, ...]:
    """The files of the package that a source file imports, anywhere in it, or compiles as text; not what types need.

    Its text is searched, not parsed: to parse the whole package takes as long as all else that a dry run does.
    """
    text = _FOR_TYPES.sub("\n", "\n" + _content(file).decode())
    lists = _AS_TEXT.findall(text) if "_AS_TEXT" in text else ()
    compiled = (pattern for listed in lists for pattern in re.findall(r'"([^"]+)"', listed))
    beside = {str(module) for pattern in compiled for module in Path(file).parent.glob(pattern)}
    return tuple(beside | {module for name in _names(text) for module in _modules(name, sources)})


@cache
def _content(file: str) -> bytes:
    """The bytes of a file, read once: most are in the closure of every script."""
    with open(file, "rb", buffering=0) as stream:
        return stream.read()


@cache
def _named(file: str) -> tuple[str, bytes]:
    """A file's place among others, folder by folder, and its name and digest."""
    name = os.path.basename(file).encode()
    return file.replace(os.sep, "\0"), name + hashlib.sha256(_content(file)).digest()


def _names(text: str) -> Iterator[str]:
    """The dotted names that a text imports, in lines after its first, which is empty; some may be of what is in a
    module, which has no file.
    """
    for module, names, modules in _IMPORT.findall(text):
        for name in _COMMENT.sub("", names or modules).strip("()").split(","):
            word = name.split()
            yield from [f"{module}.{word[0]}" if module else word[0]] if word else []
        yield module or PACKAGE


@cache
def _modules(name: str, sources: str) -> tuple[str, ...]:
    """The module of a dotted name, and the __init__ of each package on the way to it."""
    package, _, last = name.rpartition(".")
    above = _modules(package, sources) if package else ()
    file = _files(sources).get(name)
    return (*above, *((file,) if file else _homes(package, last, sources)))


@cache
def _files(sources: str) -> dict[str, str]:
    """The file of each module and package below a folder, by dotted name."""
    found = {}
    for folder, folders, names in os.walk(sources):
        folders[:] = [name for name in folders if name != "__pycache__"]
        above = Path(folder).relative_to(sources).parts
        for stem, ending in map(os.path.splitext, names):
            if ending == ".py":
                name = ".".join(above if stem == "__init__" else (*above, stem))
                found[name] = os.path.join(folder, stem + ending)
    return found


def _homes(package: str, name: str, sources: str) -> Iterator[str]:
    """The module that a package loads late for a name that has no file; all of them where the name is not listed."""
    file = _files(sources).get(package)
    if file is None or os.path.basename(file) != "__init__.py":
        return
    if listed := _HOMES.search(_content(file).decode()):
        homes = dict(_HOME.findall(listed[1]))
        for home in {homes[name]} if name in homes else set(homes.values()):
            yield from _modules(f"{package}.{home}", sources)
