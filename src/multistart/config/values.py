"""The values a config is made of: numbers, names, bounds; and a documented key."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from multistart.config.problems import problem, show
from multistart.config.synonyms import refused_word
from multistart.functions.expressions import check_names

MAX_VARIABLES = 100
MAX_PARAMETERS = 1000
MAX_NAME = 60

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[str, ...] = get_args(Format)

_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+", re.ASCII)


def number(value: Any) -> float:
    """A finite number; YAML 1.1 reads 1e-3 (no point, or no sign in the exponent) as text, which is put right here."""
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError
    try:
        result = float(value)
    except OverflowError:
        raise ValueError from None
    if not math.isfinite(result):
        raise ValueError
    return result


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ValueError
    return int(value)


def exact(value: Any) -> float | int:
    """A parameter of a formula: whole numbers stay whole, so that they stay exact."""
    small = isinstance(value, numbers.Integral) and not isinstance(value, bool) and abs(int(value)) <= 10**15
    result = int(value) if small else number(value)
    if result != 0 and not 1e-300 <= abs(result) <= 1e300:
        raise ValueError
    return result


def _bounds(value: Any) -> tuple[float, float]:
    low, high = (number(end) for end in sequence_of(value, length=2))
    if not (low < high and math.isfinite(high - low)):
        raise ValueError
    return low, high


def sequence_of(value: Any, length: int | None = None) -> list[Any]:
    """A list that is not empty, of a certain length if one is asked for."""
    if not isinstance(value, list | tuple) or len(value) == 0 or length not in (None, len(value)):
        raise ValueError
    return list(value)


def _variable_names(value: Any) -> tuple[str, ...]:
    names = sequence_of(value)
    if len(names) > MAX_VARIABLES:
        raise problem(f"{len(names)} variables; at most {MAX_VARIABLES} are possible")
    if not all(isinstance(name, str) for name in names):
        raise ValueError
    check_names([short_name(name) for name in names])
    return tuple(names)


def _parameter_names(parameters: dict[str, int | float]) -> dict[str, int | float]:
    if len(parameters) > MAX_PARAMETERS:
        raise problem(f"{len(parameters)} parameters; at most {MAX_PARAMETERS} are possible")
    check_names([short_name(name) for name in parameters], what="parameter")
    return parameters


def short_name(name: str) -> str:
    """A name that a message can quote."""
    if len(name) > MAX_NAME:
        raise problem(f"{show(name)} is longer than {MAX_NAME} characters")
    return name


def _formats(value: Any) -> tuple[str, ...]:
    formats = sequence_of(value)
    for name in formats:
        if not isinstance(name, str):
            raise ValueError
        if name not in FORMATS:
            raise problem(refused_word("formats", name[:MAX_NAME], FORMATS))
    if len(set(formats)) < len(formats):
        raise problem("a format is given twice")
    if not {"png", "svg"} & set(formats):
        raise problem("the report shows png or svg; add one of them to pdf")
    return tuple(formats)


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    if not value.isprintable():
        raise problem(f"got {show(value)}, which has a character that is not shown; give it another name")
    return value


Real = Annotated[float, BeforeValidator(number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Parameter = Annotated[int | float, BeforeValidator(exact)]
Bounds = Annotated[tuple[float, float], BeforeValidator(_bounds)]
VariableNames = Annotated[tuple[str, ...], BeforeValidator(_variable_names)]
Formats = Annotated[tuple[Format, ...], BeforeValidator(_formats)]
Text = Annotated[str, Field(strict=True)]
PathText = Annotated[str, BeforeValidator(_path)]
Parameters = Annotated[dict[Text, Parameter], AfterValidator(_parameter_names)]
#: Study and method names become folders.
Identifier = Annotated[str, Field(strict=True, pattern="^[A-Za-z][A-Za-z0-9_-]*$", max_length=MAX_NAME)]
IDENTIFIER = f"a name: a letter, then letters, digits, _ or -, at most {MAX_NAME} characters (it becomes a folder)"


def key(
    meaning: str,
    takes: str,
    *,
    example: Any,
    unit: str = "",
    otherwise: str = "",
    names: str = "a name as text",
    **field: Any,
) -> Any:
    """A documented key.

    Parameters
    ----------
    takes, names
        What its value, and the names below it that a user chooses, may be: completes the sentence "give ...".
    otherwise
        The default, where it depends on other keys.
    field
        Default and limits, as :func:`pydantic.Field` takes them.
    """
    extra: dict[str, Any] = {"allowed": takes, "unit": unit, "otherwise": otherwise, "names": names}
    return Field(description=meaning, examples=[example], json_schema_extra=extra, **field)


def whole_key(meaning: str, low: int, high: int, **field: Any) -> Any:
    """A documented key that takes whole numbers, its limits included."""
    return key(meaning, f"a whole number from {power(low)} to {power(high)}", ge=low, le=high, **field)


def power(number: int) -> str:
    """A number as a person writes it.

    >>> power(10**10), power(1200)
    ('10^10', '1200')
    """
    text = str(number)
    return f"10^{len(text) - 1}" if number >= 10**6 and text.rstrip("0") == "1" else text


def listed(names: Iterable[str]) -> str:
    """Names in a line, the first eight of them."""
    shown = [name if name.isprintable() and len(name) <= MAX_NAME else show(name) for name in names]
    return ", ".join(shown[:8]) + (", ..." if len(shown) > 8 else "")
