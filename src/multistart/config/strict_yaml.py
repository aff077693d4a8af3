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
            value = self._mapping(path, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, self._values - before
        return value

    def _sequence(self, path: str, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._node(event, path, depth + 1))
        return values

    def _mapping(self, path: str, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            if key in values:
                raise _refusal(event, path, f'the key "{key[:60]}" is given twice, first in line {lines[key]}')
            lines[key] = event.start_mark.line + 1
            values[key] = self._node(next(self._events), f"{path}.{key[:60]}".lstrip("."), depth + 1)
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
            raise _refusal(event, path, f"*{event.anchor[:60]} stands for nothing that is complete here")
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


def _refusal(event: Any, path: str, sentence: str) -> ConfigError:
    where = f"line {event.start_mark.line + 1}"
    return ConfigError(f"{where}: {path}: {sentence}" if path else f"{where}: {sentence}")
