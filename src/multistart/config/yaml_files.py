"""The file of a config: a text of moderate size in UTF-8 that says what it seems to say, read by strict rules."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path
from typing import Any

import yaml

from multistart.config.strict_yaml import load
from multistart.config.yaml_mistakes import explained
from multistart.errors import ConfigError, did_you_mean

MAX_BYTES = 1_000_000
MAX_PATH = 200  # characters of a path in a message

#: Control characters, the line breaks that no editor shows as such, and those that reverse the order of a text.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_OTHER_ENCODINGS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def read_yaml(path: Path) -> Any:
    """Return what a YAML file says, in plain Python types.

    Raises
    ------
    ConfigError
        No such file, no plain file, larger than :data:`MAX_BYTES`, not text, not YAML, or not strict: see
        :func:`multistart.config.strict_yaml.load`.
    """
    shown = str(path) if len(str(path)) <= MAX_PATH else f"{str(path)[:MAX_PATH]}..."
    text = ""
    try:
        text = _text(path)
        return load(text)
    except ConfigError as error:
        raise ConfigError(f"{shown}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be read ({error.strerror})") from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{shown}: {explained(text, error)}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{shown}: is not readable as YAML: {str(error).splitlines()[0][:120]}") from None


def _text(path: Path) -> str:
    """The text of a plain file; a pipe or a device could go on for ever."""
    if "\0" in str(path) or not path.exists():
        raise ConfigError(f"there is no such file{_near(path)}")
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise ConfigError(f"is {'a folder' if stat.S_ISDIR(mode) else 'a pipe or a device'}; a config is a file")
    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigError(f"a config has at most {MAX_BYTES:,} bytes")
    return _decoded(content)


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        other = _OTHER_ENCODINGS.get(content[:2], "another encoding")
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"line {line}: is not a text in UTF-8, but in {other}; save it as UTF-8") from None
    if hidden := _HIDDEN.search(text):
        line = text[: hidden.start()].count("\n") + 1
        raise ConfigError(f"line {line}: has the character U+{ord(hidden[0]):04X}, which is not shown; remove it")
    return text


def _near(path: Path) -> str:
    """What to give for a file that is not there: a config of nearly that name, or any."""
    try:
        names = sorted(file.name for file in path.parent.glob("*.y*ml")) if "\0" not in str(path) else []
    except OSError:
        names = []
    return did_you_mean(path.name, names) or "; give the path of a config, as config/config.yaml"
