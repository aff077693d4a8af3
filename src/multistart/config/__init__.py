"""A study's configuration: the one place that says which keys there are, what they take and what they default to.

The JSON schema and the tables of ``config/README.md`` are made from these models. A wrong config is refused with
sentences of this package's own, see :mod:`multistart.config.problems`. No import here is heavy, since a workflow reads
its config each time it starts; only a user's formula loads SymPy, and only a user's file of starts loads NumPy and
pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from multistart.config.problems import message, sentences, show
from multistart.config.study_config import StudyConfig
from multistart.config.yaml_files import read_yaml
from multistart.errors import ConfigError

__all__ = ["StudyConfig", "config_schema", "read_config"]


def read_config(
    config: Mapping[str, Any] | str | Path,
    source: str = "config",
    *,
    starts_rows: int | None = None,
    checked: bool = False,
) -> StudyConfig:
    """Return the study that a mapping or a YAML file describes, with every default filled in.

    Parameters
    ----------
    source
        Where a mapping comes from, for messages; a file says so itself.
    starts_rows
        How many rows the user's file of starts has, where it was read before; without it the file is read whole.
    checked
        Whether the formula, if any, was checked before, so that SymPy need not be loaded.

    Raises
    ------
    ConfigError
        With one message of a few lines: each wrong key, what was given and what is allowed.

    >>> method = {"optimizer": "gradient_descent", "learning_rate": 0.01}
    >>> study = {"study": "p", "objective": {"name": "peaks"}, "methods": {"gd": method}}
    >>> read_config(study | {"starts": {"design": "jittered_grid", "per_axis": 500}}).count
    250000
    >>> read_config(study | {"starts": {"design": "sobol", "count": 2.5}})
    Traceback (most recent call last):
    multistart.errors.ConfigError: config: starts.count: got 2.5; give a whole number from 1 to 10^10
    """
    if isinstance(config, str | Path):
        source = str(config)
        config = read_yaml(Path(config))
    if not isinstance(config, Mapping):
        raise ConfigError(f"{source}: got {show(config)}; give a mapping of keys, as in config/config.yaml")
    if broken := next(_broken(config, ()), None):
        raise ConfigError(f"{source}: {broken}: has half a character in it; give text that can be written as UTF-8")
    try:
        return StudyConfig.model_validate(dict(config), context={"starts_rows": starts_rows, "checked": checked})
    except ValidationError as error:
        found = sentences(error.errors(include_url=False), StudyConfig, config)
    raise ConfigError(message(found, source))


def _broken(node: Any, above: tuple[str, ...]) -> Iterator[str]:
    """Where keys or texts are that cannot be encoded, escaped; pydantic fails at them with an error of its own."""
    if isinstance(node, str) and not _whole(node):
        yield ".".join(above) or _escaped(node)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _broken(value if not isinstance(key, str) or _whole(key) else key, (*above, _escaped(str(key))))
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _broken(value, above)


def _escaped(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def _whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def config_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a config, for editors and Snakemake; made from the models."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **StudyConfig.model_json_schema()}
    return _tidied(schema)


def _tidied(node: Any) -> Any:
    """Without the words of the documentation, and as strict as the models: no null, no names off their pattern."""
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    documentation = ("allowed", "unit", "otherwise", "names") if "allowed" in node else ()
    tidy = {name: _tidied(part) for name, part in node.items() if name not in documentation}
    if {"type": "null"} in tidy.get("anyOf", []):
        parts = [part for part in tidy.pop("anyOf") if part != {"type": "null"}]
        tidy |= parts[0] if len(parts) == 1 else {"anyOf": parts}
        del tidy["default"]
    return {**tidy, "additionalProperties": False} if "patternProperties" in tidy else tidy
