"""Strict YAML: plain mappings, lists and words, each with one meaning; nothing is constructed, merged or unfolded.

Values are made from the parser's events, so no tag is ever resolved to a Python object, and what a file unfolds to is
counted while it is read.
"""

from __future__ import annotations

from typing import Any

import yaml

from multistart.config.scalars import plain
from multistart.errors import ConfigError

MAX_DEPTH = 20  # levels of nesting
MAX_VALUES = 200_000  # keys and values together, each alias counted as what it stands for

_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, ten times as fast


def load(text: str) -> Any:
    """Return what a text in YAML says, in plain Python types; keys are texts, as in JSON.

    Raises
    ------
    ConfigError
        A key given twice, a word that readers of YAML differ about, a tag, more than one document, too deep or too
        large; with the line.
    yaml.YAMLError
        Not YAML.

    >>> load("study: peaks\\ndomain: {x: [-3, 3], y: [0, 1e3]}")
    {'study': 'peaks', 'domain': {'x': [-3, 3], 'y': [0, 1000.0]}}
    """
    return _Document(text).value()


class _Document:
    """One pass over the events of a text."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=_PARSER)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def value(self) -> Any:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._node(next(self._events), "", 0)
        next(self._events)  # the document's end
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            raise _refusal(more, "", "another document begins; a config is one")
        return value

    def _node(self, event: Any, path: str, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if event.tag is not None:
            raise _refusal(event, path, f"the tag {event.tag[:60]} is not used in a config; remove it")
        before = self._values
        self._count(event, path, 1)
        if depth > MAX_DEPTH:
            raise _refusal(event, path, f"nested more than {MAX_DEPTH} levels deep")
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path, depth)
        else:
            value = self._mapping(path, depth, in_braces=bool(event.flow_style))
        if event.anchor is not None:
            self._anchors[event.anchor] = value, self._values - before
        return value

    def _sequence(self, path: str, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._node(event, path, depth + 1))
        return values

    def _mapping(self, path: str, depth: int, *, in_braces: bool) -> dict[str, Any]:
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        last = ("", "")  # the key before, and its value as it is written
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            if key in values:
                raise _refusal(event, path, f'the key "{key[:60]}" is given twice, first in line {lines[key]}')
            lines[key] = event.start_mark.line + 1
            below = next(self._events)
            if in_braces and _ends(event) == (below.start_mark.line, below.start_mark.column):  # no colon between them
                raise _refusal(event, path, _no_colon(key, *last))
            values[key] = self._node(below, f"{path}.{key[:60]}".lstrip("."), depth + 1)
            last = key, str(below.value) if isinstance(below, yaml.ScalarEvent) and below.implicit[0] else ""
        return values

    def _key(self, event: Any, path: str) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None or event.anchor is not None:
            raise _refusal(event, path, "a key is one word, without a tag, an anchor or an alias")
        if event.value == "<<" and event.implicit[0]:
            raise _refusal(event, path, "<< merges mappings to some readers of YAML; write the keys out")
        self._count(event, path, 1)
        return str(event.value)

    def _alias(self, event: Any, path: str) -> Any:
        if event.anchor not in self._anchors:
            said = f"*{event.anchor[:60]} stands for nothing that is complete here; a text that begins with * is quoted"
            raise _refusal(event, path, said)
        value, size = self._anchors[event.anchor]
        self._count(event, path, size)
        return value

    def _count(self, event: Any, path: str, more: int) -> None:
        self._values += more
        if self._values > MAX_VALUES:
            raise _refusal(event, path, f"the config unfolds to more than {MAX_VALUES:,} values")


def _scalar(event: Any, path: str) -> Any:
    if not event.implicit[0]:  # in quotes, or a block of text
        return str(event.value)
    try:
        return plain(event.value)
    except ConfigError as error:
        raise _refusal(event, path, str(error)) from None


def _ends(event: Any) -> tuple[int, int]:
    return event.end_mark.line, event.end_mark.column


def _no_colon(key: str, last: str, value: str) -> str:
    """What is wrong with a word between braces that has no value: it is the rest of the value before it, as a rule."""
    name, colon, rest = (part.strip() for part in key[:60].partition(":"))
    last, value = last[:60], value[:60]
    if colon:
        return f"no space stands behind the colon; write {name}: {rest}"
    if key.isdecimal() and value.lstrip("+-").isdecimal():
        return (
            f"a comma ends a value between braces; write {last}: {value}.{key} with a decimal point"
            + f", or {last}: {value}{key} without separators" * (len(key) == 3)
        )
    if value.startswith("(") and key.endswith(")"):
        return f"an interval stands in square brackets; write {last}: [{value[1:]}, {key[:40].removesuffix(')')}]"
    if value:
        return f'a comma ends a value between braces; put it in quotes, as in {last}: "{value}, {key[:60]}"'
    return f'"{key[:60]}" stands between braces without a value; write it with a colon, or put a formula in quotes'


def _refusal(event: Any, path: str, sentence: str) -> ConfigError:
    where = f"line {event.start_mark.line + 1}"
    return ConfigError(f"{where}: {path}: {sentence}" if path else f"{where}: {sentence}")
