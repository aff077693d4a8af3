"""The section ``sweep``: one or two numbers of the config, each with the values that it takes in turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Tag, create_model

from multistart.config.problems import problem, show, tag_of
from multistart.config.section import Section
from multistart.config.synonyms import refused_word
from multistart.config.value_hints import number_hint
from multistart.config.values import MAX_NAME, Real, key, number, whole_key
from multistart.errors import ConfigError

MAX_VALUES = 10**4  # of a sweep in all, in a plane the pairs
MAX_STARTS = 2**20  # of a study with a sweep: a job holds the rows of two values
MAX_KEYS = 2
TRIED = 200  # values that a formula is read with
DIGITS = 12  # of a value between two ends: 0.3, and not 0.30000000000000004
SCALES = ("linear", "log")
KEYS = "methods.NAME.NUMBER, as in methods.gradient_descent.learning_rate, or objective.parameters.NAME"
TAKES = "a list of numbers in ascending order, or a mapping such as {from: 0.002, to: 0.2, count: 200, scale: log}"


def _scale(value: Any) -> Any:
    if isinstance(value, str) and value not in SCALES:
        raise problem(refused_word("scale", value[:MAX_NAME], SCALES))
    return value


RangeSection = create_model(
    "RangeSection",
    __base__=Section,
    **{
        "from": (Real, key("the first value", "a finite number", unit="as the number", example=0.002)),
        "to": (Real, key("the last value", "a finite number above from", unit="as the number", example=0.2)),
        "count": (int, whole_key("how many values, both ends included", 2, MAX_VALUES, unit="values", example=200)),
        "scale": (
            Annotated[Literal["linear", "log"], BeforeValidator(_scale)],
            key(
                "`linear` for equal differences, `log` for equal ratios, which asks for a positive from",
                f"one of {', '.join(SCALES)}",
                example="log",
                default="linear",
            ),
        ),
    },
)  # type: ignore[call-overload]


def _given(value: Any) -> Any:
    """A list of numbers, or a mapping that may be a range."""
    if isinstance(value, Mapping | RangeSection):
        return value
    if not isinstance(value, list | tuple):
        raise problem(f"got {show(value)}; give {TAKES}")
    if not value:
        raise problem(f"has no value; give {TAKES}")
    return tuple(_number(each) for each in value)


def _number(value: Any) -> float:
    try:
        return number(value)
    except ValueError:
        said = f"got {show(value)} among its values; give finite numbers"
        raise problem(said + (number_hint(value, "a number") if isinstance(value, str) else "")) from None


Values = Annotated[
    Annotated[tuple[float, ...], Tag("list")] | Annotated[RangeSection, Tag(tag_of(RangeSection))],  # type: ignore[valid-type]
    Discriminator(lambda value: "list" if isinstance(value, tuple) else tag_of(RangeSection)),
    BeforeValidator(_given),
]


def check_key(name: Any, value: Any) -> None:
    """Refuse a key that is cut into several, one below the other, with the one that is meant."""
    path = [name]
    while isinstance(value, Mapping) and len(value) == 1:
        ((part, value),) = value.items()
        path.append(part)
    if len(path) > 1 and path[-1] not in RangeSection.model_fields:
        raise problem(f'has "{name}" with keys below it; write the key in one piece, {".".join(map(str, path))}: ...')


def values_of(given: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    """The values of each key, ranges written out.

    Raises
    ------
    PydanticCustomError
        Values that are not ascending, too many of them or of keys, or a range that is none.
    """
    if len(given) > MAX_KEYS:
        raise problem(f"has {len(given)} keys; a sweep has one, or two for a plane")
    values = {name: each if isinstance(each, tuple) else _range(name, each) for name, each in given.items()}
    for name, each in values.items():
        _check_order(name, each)
    if (total := math.prod(map(len, values.values()))) > MAX_VALUES:
        pairs = f"{' x '.join(f'{len(each):,}' for each in values.values())} values" if len(values) > 1 else "values"
        raise problem(f"{pairs} are {total:,} in all; at most {MAX_VALUES:,} are possible")
    return values


def _range(name: str, given: Any) -> tuple[float, ...]:
    low, high = getattr(given, "from"), given.to
    if not low < high:
        raise problem(f"got from {low:g}, to {high:g}; from is below to", at=name)
    if given.scale == "log" and low <= 0:
        raise problem(f"got from {low:g} with scale log; ratios need a from above 0, or give scale linear", at=name)
    if not math.isfinite(high / low if given.scale == "log" else high - low):
        raise problem(f"got from {low:g}, to {high:g}, which are too far apart; give ends that are nearer", at=name)
    parts = [i / (given.count - 1) for i in range(given.count)]
    if given.scale == "log":
        between = [low * (high / low) ** part for part in parts]
    else:
        between = [low + (high - low) * part for part in parts]
    return (low, *(float(f"{value:.{DIGITS}g}") for value in between[1:-1]), high)


def _check_order(name: str, values: tuple[float, ...]) -> None:
    for before, after in pairwise(values):
        if before == after:
            raise problem(f"has {after:g} twice; give each value once", at=name)
        if before > after:
            raise problem(f"has {after:g} after {before:g}; give the values in ascending order", at=name)


def check_sweep(config: Mapping[str, Any], sweep: Mapping[str, tuple[float, ...]], starts: int) -> None:
    """Refuse a sweep over what is no number of this config, or to values that a number cannot take.

    Parameters
    ----------
    config
        The resolved config, without ``sweep``.

    Raises
    ------
    PydanticCustomError
        Naming the key and the value.
    """
    from multistart.config.numbers import Number  # which asks the whole config

    if starts > MAX_STARTS:
        raise problem(f"a study with a sweep has at most {MAX_STARTS:,} starts; this one has {starts:,}", at="sweep")
    numbers = {}
    for name in sweep:
        with _said_of(name):
            numbers[name] = Number.of(config, name)
    if len({number.method for number in numbers.values()}) > 1:
        raise problem("the two numbers of a plane are both of one method, or both of the objective", at="sweep")
    (first, number), *others = numbers.items()
    for value in _some(sweep[first], number.method is None):
        with _said_of(first):
            changed = number.at(value)
        for name in (name for name, _ in others):
            along = Number.of(changed, name)
            for second in _some(sweep[name], number.method is None):
                with _said_of(name):
                    along.at(second)


def _some(values: tuple[float, ...], of_a_formula: bool) -> tuple[float, ...]:
    """Those that are tried: all of a method; of a formula, which takes a millisecond to read, some and both ends."""
    return (*values[:: 1 + len(values) // TRIED], values[-1]) if of_a_formula else values


@contextmanager
def _said_of(name: str) -> Iterator[None]:
    """Refuse the key of a sweep with what its number says."""
    try:
        yield
    except ConfigError as error:
        raise problem(str(error).removeprefix(f"{name}: "), at=f"sweep.{name}") from None
