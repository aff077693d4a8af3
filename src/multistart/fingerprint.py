"""What code a job runs, as one number: a change of it is a reason to run the job again.

Snakemake notices an edited script by itself, but not an edited module that the script imports: given as a parameter,
the fingerprint makes a rule run again whenever the text of its code has changed, and only then.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "multistart"
_IMPORT = re.compile(rf"^[ \t]*from ({PACKAGE}[\w.]*) import (\([^)]*\)|[^\n]*)|^[ \t]*import ({PACKAGE}[^\n]*)", re.M)
_COMMENT = re.compile(r"#[^\n]*")


def fingerprint(script: Path, sources: Path) -> str:
    """Return a hash of a script and of every module of the package that it imports, directly or not.

    Parameters
    ----------
    sources
        The folder that the package stands in.
    """
    seen: set[Path] = set()
    todo = [script]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += imports(file, sources)
    digest = hashlib.sha256()
    for file in sorted(seen):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def imports(file: Path, sources: Path) -> tuple[Path, ...]:
    """The files of the package that a source file imports, anywhere in it.

    Its text is searched, not parsed: to parse the whole package takes as long as all else that a dry run does.
    """
    return tuple({module for name in _names(file.read_text()) for module in _modules(name, sources)})


def _names(text: str) -> Iterator[str]:
    """The dotted names that a text imports; some may be of what is in a module, which has no file."""
    for module, names, modules in _IMPORT.findall(text):
        for name in _COMMENT.sub("", names or modules).strip("()").split(","):
            word = name.split()
            yield from [f"{module}.{word[0]}" if module else word[0]] if word else []
        yield module or PACKAGE


def _modules(name: str, sources: Path) -> Iterator[Path]:
    """The module of a dotted name, and the __init__ of each package on the way to it."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        stem = sources.joinpath(*parts[:depth])
        yield from (file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file())
