"""What validation found, in sentences: which key, what was given, what is allowed, what was perhaps meant.

The models say what is allowed in words (``allowed`` of each field), so no wording of the validation library
reaches a user.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from reprlib import Repr
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from multistart.config.synonyms import meant_key, some_of
from multistart.config.value_hints import bounds_hint, number_hint, words_hint
from multistart.errors import InputError

MAX_PROBLEMS = 5
MAX_SOUGHT = 20  # problems that are looked into; the others are counted
MAX_SENTENCE = 400  # characters; a longer one is cut

_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxtuple, _SHORT.maxdict, _SHORT.maxstring, _SHORT.maxother = 2, 4, 4, 4, 40, 40


def problem(sentence: str, *, at: str = "") -> PydanticCustomError:
    """An exception for a validator to raise: a whole sentence, about the key ``at`` below the one that is checked."""
    return PydanticCustomError("problem", "problem", {"sentence": sentence, "at": at})


def show(value: object) -> str:
    """A value as the user wrote it, in one short line.

    >>> show("a" * 50), show(True), show([1, 2.5])
    ('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."', 'true', '[1, 2.5]')
    """
    if isinstance(value, str):
        text = json.dumps(value if len(value) <= 40 else value[:40] + "...", ensure_ascii=False)
    elif isinstance(value, bool):
        text = str(value).lower()
    elif value is None:
        text = "nothing"
    elif isinstance(value, int) and value.bit_length() > 200:
        text = "a number of more than 60 digits"
    else:
        text = _SHORT.repr(value)
    return " ".join(text.encode("utf-8", "backslashreplace").decode().split())


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that occur in a type, as in ``dict[str, Method]`` or a union of two."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def is_table(field: FieldInfo) -> bool:
    """Whether the keys below a field are names that the user chooses."""
    return get_origin(field.annotation) is dict


def allowed(field: FieldInfo, *, name: bool = False) -> str:
    """What a field takes, in words; or what the names that a user chooses below it may be."""
    extra = field.json_schema_extra
    assert isinstance(extra, Mapping), "every field is made by key()"
    return str(extra["names"] if name else extra["allowed"])


@dataclass(frozen=True)
class _Place:
    """Where an error sits: the dotted path, the field there, the models that could own keys below it."""

    path: str
    field: FieldInfo | None
    models: tuple[type[BaseModel], ...]
    chosen: type[BaseModel] | None = None

    def below(self, item: Any) -> _Place:
        part = item if isinstance(item, str) and item.isprintable() and 0 < len(item) <= 40 else show(item)
        path = f"{self.path}.{part}" if self.path else part
        if self.chosen is None and self.field is not None and is_table(self.field) and self.models:
            return replace(self, path=path, chosen=self.models[0])
        owners = [model for model in self._candidates if item in model.model_fields]
        if not owners:
            return replace(self, path=path, models=(), chosen=None)
        field = owners[0].model_fields[item]
        models = tuple(models_in(field.annotation))
        return _Place(path, field, models, models[0] if len(models) == 1 and not is_table(field) else None)

    @property
    def _candidates(self) -> tuple[type[BaseModel], ...]:
        return (self.chosen,) if self.chosen else self.models

    def choose(self, tag: str) -> _Place:
        return replace(self, chosen=next(model for model in self.models if tag_of(model) == tag))


def tag_of(model: type[BaseModel]) -> str:
    """The mark by which one model of a union is chosen; no key looks like it."""
    return f"<{model.__name__}>"


def sentences(errors: Sequence[Mapping[str, Any]], root: type[BaseModel], config: Any) -> list[str]:
    """Return one sentence a problem, each about a key of its own, in the order of the models."""
    found: dict[str, str] = {}
    meant: set[str] = set()
    for error in sorted(errors, key=lambda e: e["type"] == "missing"):
        if len(found) >= MAX_SOUGHT:
            found[repr(error["loc"])] = "..."
            continue
        path, sentence = _sentence(error, root, config, meant)
        if sentence and path not in found and path not in meant:
            found[path] = sentence if len(sentence) <= MAX_SENTENCE else sentence[:MAX_SENTENCE] + "..."
    return list(found.values())


def message(found: Sequence[str], source: str) -> str:
    """Return one text of at most ``MAX_PROBLEMS + 2`` lines."""
    if len(found) == 1:
        return f"{source}: {found[0]}"
    lines = [f"{source}: {len(found)} problems", *(f"  {sentence}" for sentence in found[:MAX_PROBLEMS])]
    if len(found) > MAX_PROBLEMS:
        lines.append(f"  and {len(found) - MAX_PROBLEMS} more")
    return "\n".join(lines)


def _sentence(error: Mapping[str, Any], root: type[BaseModel], config: Any, meant: set[str]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    parent, place = _locate(error["loc"], root)
    if kind == "default_factory_not_called":  # follows from another error
        return place.path, ""
    if kind in ("extra_forbidden", "invalid_key"):
        return place.path, f"{place.path}: {_unknown(error['loc'][-1], parent, meant, root)}"
    if kind == "problem":
        path = ".".join(filter(None, (place.path, context["at"])))
        return path, f"{path}: {context['sentence']}"
    if isinstance(context.get("error"), InputError):
        return place.path, f"{place.path}: {context['error']}"
    wanted = allowed(place.field, name=error["loc"][-1:] == ("[key]",)) if place.field else "a mapping of keys"
    if kind == "missing":
        return place.path, f"{place.path or 'the config'}: is missing; give {wanted}"
    given = _given(config, error)
    more = "" if kind == "dict_type" else _nearly(given, wanted)
    return place.path, f"{place.path or 'the config'}: got {show(given)}; give {wanted}{more}"


def _nearly(given: Any, wanted: str) -> str:
    """What to write for a value that is nearly what a key takes."""
    if "two finite numbers" in wanted:
        return bounds_hint(given)
    if wanted.startswith(("a list", "a name:")):
        return words_hint(given, wanted)
    return number_hint(given, wanted) if "number" in wanted else ""


def _locate(loc: Sequence[Any], root: type[BaseModel]) -> tuple[_Place, _Place]:
    parent = place = _Place("", None, (root,), root)
    for item in loc:
        if item == "[key]":
            continue
        undecided = place.chosen is None or len(place.models) == 1  # a word or one model, as in `keep`
        if isinstance(item, str) and item in map(tag_of, place.models) and undecided:
            place = place.choose(item)
        else:
            parent, place = place, place.below(item)
    return parent, place


def _given(config: Any, error: Mapping[str, Any]) -> Any:
    """What the user wrote, which a validator may have seen in another form."""
    if error["loc"][-1:] == ("[key]",):
        return error["loc"][-2]
    for item in error["loc"]:
        if isinstance(config, Mapping) and item in config:
            config = config[item]
        elif not (isinstance(item, str) and item.startswith("<")):
            return error["input"]
    return config


def _section_of(key: str, root: type[BaseModel]) -> str:
    """The section, of those below the root, that has a key."""
    for name, field in root.model_fields.items():
        if any(key in model.model_fields for model in models_in(field.annotation)):
            return name
    return ""


def _under(section: str, root: type[BaseModel]) -> str:
    return (
        f"under {section}, below the name of a method" if is_table(root.model_fields[section]) else f"under {section}"
    )


def _unknown(key: Any, parent: _Place, meant: set[str], root: type[BaseModel]) -> str:
    chosen = parent.chosen
    if chosen is None:
        return "unknown key"
    names = list(chosen.model_fields)
    if any(key in model.model_fields for model in parent.models):
        return f"{getattr(chosen, 'called', 'this')} does not use it; it takes {', '.join(names)}"
    if not parent.path and f"{key}s" not in names and (section := _section_of(key, root)):  # method is for methods
        meant.update({section, f"{section}.{key}"})
        return f"belongs {_under(section, root)}; indent it there"
    if parent.path and key in root.model_fields:
        meant.add(key)
        return f"does not belong under {parent.path}; write it at the left, as a key of the study"
    hint = meant_key(key, names)
    if hint:
        near = hint.split('"')[1]
        meant.add(f"{parent.path}.{near}" if parent.path else near)
    return f"unknown key{hint or ';'} {'Allowed' if hint else 'allowed'} here: {some_of(names)}"
