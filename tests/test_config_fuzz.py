"""Mutated config files: each is refused in a sentence, or is a study that says what its text says."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from multistart.config import read_config
from multistart.config.problems import MAX_PROBLEMS
from multistart.errors import ConfigError

ROOT = Path(__file__).parents[1]
READY = [ROOT / "config/config.yaml", *sorted((ROOT / "config/studies").glob("*.yaml"))]
TEXTS = [path.read_text(encoding="utf-8") for path in READY]
WORDS = [
    "010", "08", "-07", "0x1F", "0o17", "0b11", "1_000", "1_0.5", "2:30", "-1:30", "1:30.5", "190:20:30", ".inf",
    "-.INF", ".nan", "~", "null", "yes", "no", "on", "off", "True", "false", "y", "n", "1e3", "1E-3", "1.e2", ".5",
    "-.5", "+1", "1e400", "1e-400", "-0", "00", "1,5", "2026-01-02", "2026-1-2T10:00:00", "<<:", "=", "!!int",
    "!!str", "!!python/name:os", "&a", "*a", "\"\"", "''", "\"1\"", "'0.1'", "[]", "{}", "[1,2]", "{a:", "1}", "|",
    ">", "#", "-", "?", ":", "%", "@", "`", "inf", "nan", "1/3", "١", "−1", "1e", "0x", "0.1.2", "12e03", "1__0",
    "_1", "1_", "0_1", "---", "...", "__use_yte__:",
]  # fmt: skip
CHARACTERS = ":,[]{}#&*!|>'\"%@`-?~.0123456789eE_+xobynaif \n\t\r\x00\x1b\x85\u2028\u202e\ufeff\u200bä"
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def mutated(source: random.Random) -> str:
    """A ready config with one to three changes of words, characters or lines."""
    text = source.choice(TEXTS)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        text = source.choice((word, word, word, character, line))(source, text)
    return text


def word(source: random.Random, text: str) -> str:
    places = [match.span() for match in re.finditer(r"[^\s\[\]{},:]+", text)]
    start, end = source.choice(places or [(0, 0)])
    return text[:start] + source.choice(WORDS) + text[end:]


def character(source: random.Random, text: str) -> str:
    at = source.randrange(len(text) + 1)
    return text[:at] + source.choice((source.choice(CHARACTERS), "")) + text[at + source.choice((0, 1)) :]


def line(source: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at, to = source.randrange(len(lines)), source.randrange(len(lines))
    moved = source.choice((lines[at], "  " + lines[at], lines[at].lstrip(), ""))
    return "".join([*lines[:to], moved, *lines[to + source.choice((0, 1)) :]])


def agrees(text: object, value: object) -> bool:
    """Whether the words of a text are the values of a resolved config; defaults that no word gives are left aside."""
    if isinstance(text, dict) and isinstance(value, list):  # a range, which is written out
        ends = agrees([text["from"], text["to"]], [value[0], value[-1]])
        return ends and len(value) == int(text["count"])
    if isinstance(text, dict):
        return isinstance(value, dict) and all(key in value and agrees(text[key], value[key]) for key in text)
    if isinstance(text, list):
        return isinstance(value, list) and len(text) == len(value) and all(map(agrees, text, value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return NUMBER.fullmatch(str(text)) is not None and float(Decimal(str(text))) == value
    return text == value


def check(text: str, path: Path) -> bool:
    """Whether a text is a study; if so it says what the text says, else it is refused in a few lines."""
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        study = read_config(path)
    except ConfigError as error:
        said = str(error)
    else:
        said = ""
    if said:
        lines = said.splitlines()
        assert 1 <= len(lines) <= MAX_PROBLEMS + 2, text
        assert said.startswith(f"{path}: "), text
        assert all(line.isprintable() and len(line) < 700 for line in lines), text
        return False
    assert agrees(yaml.load(text, Loader=yaml.CBaseLoader), study.resolved()), text
    return True


@pytest.mark.parametrize("seed", [0, 1])
def test_a_mutated_config_is_refused_or_says_what_its_text_says(tmp_path, seed):
    """A hundred mutations; both outcomes occur."""
    source = random.Random(seed)
    outcomes = {check(mutated(source), tmp_path / "study.yaml") for _ in range(50)}
    assert outcomes == {True, False}


@pytest.mark.slow
def test_thousands_of_mutated_configs(tmp_path):
    """The same for ten thousand."""
    source = random.Random(2026)
    accepted = sum(check(mutated(source), tmp_path / "study.yaml") for _ in range(10_000))
    assert 500 < accepted < 9500


@pytest.mark.parametrize(("text", "value"), [("010", 8), ("2:30", 150), ("1.5", 1.25), ("[1]", [1]), ("x", "y")])
def test_the_comparison_can_fail(text, value):
    """A study that read something else than the text says would be noticed."""
    assert not agrees({"a": text}, {"a": value})
    assert agrees({"a": ["1e3", "-.5"]}, {"a": [1000.0, -0.5], "b": 3})
