"""YAML as a study's config needs it: plain values only, and no key given twice in one mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from multistart.errors import ConfigError

MAX_BYTES = 1_000_000


class _StrictLoader(yaml.SafeLoader):
    """The safe loader, which lets the last of two equal keys win, made to refuse them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and lines.setdefault((key.tag, key.value), line) != line:
                first = lines[key.tag, key.value]
                raise ConfigError(f'line {line}: the key "{key.value}" is given twice, first in line {first}')
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds, in plain Python types.

    Raises
    ------
    ConfigError
        No such file, not text, not YAML, a key given twice, or larger than :data:`MAX_BYTES`.
    """
    try:
        if not path.exists():
            raise ConfigError("there is no such file")
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"a config has at most {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, Loader=_StrictLoader)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not a text in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path}: {_where(error)}is not readable as YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not readable as YAML: {str(error).splitlines()[0][:120]}") from None


def _where(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
