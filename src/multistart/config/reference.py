"""The tables of ``config/README.md``, made from the models: every key with meaning, unit, default, range, example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from multistart.config.problems import allowed, is_table, models_in
from multistart.config.study_config import StudyConfig
from multistart.functions.losses import LOSSES, Loss

BEGIN = "<!-- made by `python -m multistart.config` from the models; edit the models -->"
END = "<!-- end of what is made -->"


def documented_keys() -> dict[str, FieldInfo]:
    """Return every key as ``{"starts.per_axis": field}``, in order; a name that the user chooses stands as ``<name>``.

    >>> list(documented_keys())[:3]
    ['study', 'objective', 'objective.name']
    """
    keys: dict[str, FieldInfo] = {}
    for path, field in _keys(StudyConfig, ""):
        keys.setdefault(path, field)
    return keys


def reference() -> str:
    """Return the tables, one for each key at the top, with the lines that mark their begin and end."""
    keys = documented_keys()
    tables = {name: _table(name, keys) for name in StudyConfig.model_fields}
    tables["objective"] += losses()
    return "\n".join([BEGIN, *tables.values(), END])


def losses() -> str:
    """Return the table of the losses of a model, which have a name."""
    head = "\nThe losses of a model, by name (`m` is the model's value, `r` the residual, response - `m`):\n"
    rows = [
        f"| `{name}` | `{loss.formula}` | {_numbers(loss)} | {_escaped(loss.about)} | {_escaped(loss.source)} |"
        for name, loss in LOSSES.items()
    ]
    return "\n".join([head, "| loss | a row adds | numbers | what it is | source |\n|---|---|---|---|---|", *rows, ""])


def _numbers(loss: Loss) -> str:
    said = (f"`{name}`" + f", {default} by default" * (default is not None) for name, default in loss.numbers.items())
    return "; ".join(said) or "-"


def with_reference(readme: str) -> str:
    """Return the text of the README with its tables made anew."""
    before, _, rest = readme.partition(BEGIN)
    return before + reference() + rest.partition(END)[2]


def in_yaml(value: Any) -> str:
    """A value in one line of YAML.

    >>> in_yaml({"x": [-3, 3]}), in_yaml("peaks"), in_yaml(1e-8)
    ('{x: [-3, 3]}', 'peaks', '1.0e-8')
    """
    text = yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False, allow_unicode=True)
    return re.sub(r"e([-+])0(\d)", r"e\1\2", text.removesuffix("...\n").strip())


def _keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield prefix + name, field
        for part in models_in(field.annotation):
            yield from _keys(part, f"{prefix}{name}.<name>." if is_table(field) else f"{prefix}{name}.")


def _table(name: str, keys: dict[str, FieldInfo]) -> str:
    rows = [_row(path, field) for path, field in keys.items() if path.split(".")[0] == name]
    head = "| key | meaning | unit | default | allowed | example |\n|---|---|---|---|---|---|"
    return "\n".join([f"\n### {name}\n", head, *rows, ""])


def _row(path: str, field: FieldInfo) -> str:
    extra: Any = field.json_schema_extra
    example = f"`{in_yaml((field.examples or [None])[0])}`"
    cells = (f"`{path}`", field.description or "", extra["unit"] or "-", _default(field), allowed(field), example)
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(cell: str) -> str:
    """Plain text outside of backticks, for Markdown."""
    return re.sub(r"`[^`]*`|[*_<|]", lambda m: m[0] if m[0].startswith("`") else "\\" + m[0], cell)


def _default(field: FieldInfo) -> str:
    extra: Any = field.json_schema_extra
    if extra["otherwise"]:
        return str(extra["otherwise"])
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "its keys' own"
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{in_yaml(default)}`"
