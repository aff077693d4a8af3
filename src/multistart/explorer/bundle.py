"""Joins JavaScript modules into one script, so that a page needs neither a bundler nor a server.

The modules stand in the page as they are written, without import lines, the word ``export`` and comments, which are a
fifth of them. That asks for modules of one plain form, and what is of another is refused in a sentence, when a page is
made and by a test before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from multistart.errors import MultistartError

_NAME = r"[A-Za-z_$][\w$]*"
_IMPORT = re.compile(rf'import \{{ ({_NAME}(?:, {_NAME})*) \}} from "(\.[^"]+\.js)";')
_DECLARED = re.compile(rf"(export )?(?:async )?(?:function\*?|class|const|let) ({_NAME})\b")
#: What a line may begin with that no module of ours has, and what to write instead.
_REFUSED = (
    (re.compile(r"import\b(?!\()"), 'an import is one line, import { a, b } from "./module.js";'),
    (re.compile(r"export\b"), "an export is named and stands before what it declares: export function f"),
    (re.compile(r"(?:const|let) [{\[]"), "a name of a module is declared alone: const a = thing.a;"),
    (re.compile(r"var\b"), "a name of a module is a const or a let"),
    (re.compile(r"await\b"), "a module waits for nothing: await within a function"),
)
#: What may stand nowhere in a module: the script would end there, or ask for another file.
_NOWHERE = (("</script", 'write "<\\/script"'), ("<!--", "write < !--"), ("import(", "import modules by a line"))


class BundleError(MultistartError, ValueError):
    """A JavaScript module that cannot be joined with others; the message says which, where and what to write."""


@dataclass(frozen=True)
class Module:
    """A JavaScript module: its file, and what of it counts for others.

    Raises
    ------
    BundleError
        No such file, or a line that :func:`joined` cannot take.
    """

    path: Path

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, checked."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except OSError:
            raise BundleError(f"{self.path.name} is imported, but there is no such module") from None
        for number, line in enumerate(lines, start=1):
            if said := _why_not(line):
                raise BundleError(f"{self.path.name}, line {number}: {line.strip()[:80]!r} cannot be joined; {said}")
        return lines

    @cached_property
    def imports(self) -> list[tuple[Path, list[str]]]:
        """The modules that it imports, in order, and which names of each."""
        found = (_IMPORT.fullmatch(line) for line in self.lines)
        return [((self.path.parent / line[2]).resolve(), line[1].split(", ")) for line in found if line]

    @cached_property
    def declared(self) -> dict[str, bool]:
        """The names that stand on its top level, and whether each is exported."""
        found = (_DECLARED.match(line) for line in self.lines)
        return {line[2]: bool(line[1]) for line in found if line}

    @property
    def exported(self) -> set[str]:
        """The names that others may import."""
        return {name for name, exported in self.declared.items() if exported}

    @property
    def body(self) -> str:
        """Its text as it stands among others in one script: no comment that has lines of its own, no empty line."""
        kept = (line.removeprefix("export ") for line in _without_comments(self.lines) if not _IMPORT.fullmatch(line))
        return "\n".join(kept)


def _without_comments(lines: Iterable[str]) -> Iterator[str]:
    """Lines that are neither empty nor those of a comment; a text over several lines has none that begins as one."""
    within = False
    for line in lines:
        text = line.strip()
        within = within or text.startswith("/*")
        if text and not within and not text.startswith("//"):
            yield line
        within = within and not text.endswith("*/")


def _why_not(line: str) -> str:
    """Why a line cannot be joined; nothing where it can."""
    for piece, said in _NOWHERE:
        if piece in line:
            return said
    if _IMPORT.fullmatch(line) or _DECLARED.match(line):
        return ""
    return next((said for pattern, said in _REFUSED if pattern.match(line)), "")


def ordered(entries: Iterable[Path]) -> list[Module]:
    """The modules that these import, directly or not, and themselves, each after those that it imports.

    Raises
    ------
    BundleError
        Modules that import each other in a circle, a name that is not exported, or one that two modules have.
    """
    found: dict[Path, Module] = {}
    for entry in entries:
        for module in _with_imported(Module(entry.resolve()), found, ()):
            found[module.path] = module
    _check_names(found.values())
    return list(found.values())


def _with_imported(module: Module, found: dict[Path, Module], above: tuple[Path, ...]) -> Iterator[Module]:
    if module.path in found:
        return
    if module.path in above:
        circle = " -> ".join(path.name for path in (*above[above.index(module.path) :], module.path))
        raise BundleError(f"modules import each other in a circle: {circle}")
    for path, names in module.imports:
        other = Module(path)
        yield from _with_imported(other, found, (*above, module.path))
        if missing := set(names) - other.exported:
            raise BundleError(f"{module.path.name} imports {min(missing)}, which {path.name} does not export")
    yield module


def _check_names(modules: Iterable[Module]) -> None:
    """Names are those of all modules in one script, so no two may have the same."""
    home: dict[str, Module] = {}
    for module in modules:
        for name in module.declared:
            if name in home:
                both = f"{home[name].path.name} and {module.path.name}"
                raise BundleError(f"{both} both have {name} on their top level; call one of them otherwise")
            home[name] = module


def joined(modules: Iterable[Module], before_last: str = "") -> str:
    """One script of modules in their order, in a scope of its own.

    Parameters
    ----------
    before_last
        What stands before the last module, which reads names of it that no module has.
    """
    *first, last = (f"// {module.path.name}\n{module.body}" for module in modules)
    parts = [*first, *filter(None, (before_last,)), last]
    return "\n".join(["(() => {", '"use strict";', *parts, "})();", ""])
