"""What is wrong with a text that is no YAML, for someone who has not written any before: which line, and what to write.

The parser says where it gave up, which is often a line below the slip; so the lines are looked at.
"""

from __future__ import annotations

import re

import yaml

MOST = 50  # characters of a line that are shown

_NO_SPACE = re.compile(r"([\s-]*)([A-Za-z_]\w*):([^\s:/\\].*)")
_NO_COLON = re.compile(r"\s*([A-Za-z_]\w*)\s*[ =]\s*([^:]+)")
_KEY = re.compile(r"( *)[A-Za-z_]\w*:( |$)")
_UNQUOTED = re.compile(r"""\s*([A-Za-z_]\w*): +([^\s"'{\[].*)""")
_STARTED = re.compile(r"""\s*([A-Za-z_]\w*): +([{\[|%@`>*&!].*)""")


def explained(text: str, error: yaml.MarkedYAMLError) -> str:
    """The line and the slip, in words; the parser's own words where nothing is known of it."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return f"is not readable as YAML: {error.problem}"
    lines = text.splitlines() or [""]
    at = min(mark.line, len(lines) - 1)
    before = next((i for i in range(at - 1, -1, -1) if lines[i].strip() and lines[i].lstrip()[0] != "#"), at)
    said = (
        _tab(lines, at)
        or _open(error)
        or _of_line(lines, before)
        or _of_line(lines, at)
        or _indented(lines, before, at)
    )
    return said or f"line {mark.line + 1}, column {mark.column + 1}: is not readable as YAML: {error.problem}"


def _tab(lines: list[str], at: int) -> str:
    indent = re.match(r"\s*", lines[at])
    if indent and "\t" in indent[0]:
        return f"line {at + 1}: begins with a tab; YAML takes spaces, as two for each level"
    return ""


def _open(error: yaml.MarkedYAMLError) -> str:
    """What was begun and not ended."""
    begun, context = error.context_mark, error.context or ""
    if begun is None:
        return ""
    where = f"line {begun.line + 1}"
    if "quoted scalar" in context:
        return f"{where}: a quote is opened and not closed"
    if "flow mapping" in context:
        return f"{where}: the {{ of this line is not closed, or a comma is missing between two of its keys"
    if "flow sequence" in context:
        return f"{where}: the [ of this line is not closed, or a comma is missing between two of its values"
    return ""


def _indented(lines: list[str], before: int, at: int) -> str:
    """Two keys that do not begin below each other."""
    keys = [_KEY.match(lines[i]) for i in (before, at)]
    if before == at or not all(keys):
        return ""
    above, here = (len(key[1]) for key in keys if key)
    if above == here:
        return ""
    return f"line {at + 1}: begins after {here} spaces, the line above after {above}; keys of one level begin alike"


def _of_line(lines: list[str], at: int) -> str:
    line, where = lines[at].split(" #")[0].rstrip(), f"line {at + 1}"
    if "\u00a0" in line:
        return f"{where}: has a space that is none to YAML (U+00A0, no-break); type it anew"
    if match := _NO_SPACE.fullmatch(line):
        return f"{where}: no space stands behind the colon; write {match[2]}: {_cut(match[3])}"
    if match := _STARTED.fullmatch(line):
        rest = _behind_brackets(match[2])
        if rest[:1] in ("}", "]"):
            return f"{where}: a bracket {rest[0]} is closed that was not opened"
        return f'{where}: put the value in quotes, as in {match[1]}: "{_cut(match[2])}"' if rest else ""
    if (match := _UNQUOTED.fullmatch(line)) and (": " in match[2] or match[2].endswith(":")):
        return f'{where}: a value with a colon stands in quotes, as in {match[1]}: "{_cut(match[2])}"'
    if match := _NO_COLON.fullmatch(line):
        return f"{where}: no colon stands behind the key; write {match[1]}: {_cut(match[2].strip())}"
    return ""


def _behind_brackets(value: str) -> str:
    """What follows where the first bracket of a value is closed; all of it where it begins with none."""
    depth = 0
    for i, char in enumerate(value):
        depth += (char in "{[") - (char in "}]")
        if depth == 0:
            return value[i + 1 :].strip() if i else value
    return ""


def _cut(text: str) -> str:
    return text if len(text) <= MOST else text[:MOST] + "..."
