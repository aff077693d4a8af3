"""The keys of a method by SciPy: which of its methods, with which options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from multistart.config.problems import problem, show
from multistart.config.values import MAX_NAME, Text, key, number
from multistart.errors import InputError
from multistart.methods import Flag
from multistart.methods.outside import OPTIMISERS, SCIPY, SETTINGS, Choice, Optimiser, not_taken, refused


def _option(value: Any) -> bool | float | str:
    return value if isinstance(value, bool) or (isinstance(value, str) and value in _WORDS) else number(value)


_WORDS = {
    word
    for each in OPTIMISERS.values()
    for option in each.options
    if isinstance(option, Choice)
    for word in option.words
}
Option = Annotated[bool | float | str, BeforeValidator(_option)]
KEYS: dict[str, tuple[Any, Any]] = {
    "method": (
        Text | None,
        key(
            f"for {SCIPY}: the method of SciPy's minimize, or, for fits, of its least_squares; `multistart methods` "
            "says what each does",
            f"one of {', '.join(OPTIMISERS)}",
            example="L-BFGS-B",
            otherwise=f"required for {SCIPY}",
            default=None,
        ),
    ),
    "options": (
        dict[Text, Option] | None,
        key(
            f"for {SCIPY}: options of the method; `multistart methods L-BFGS-B` lists those of one",
            "a finite number, true or false, or a word for each option, as in {ftol: 1.0e-12}",
            names="an option that the method takes",
            example={"ftol": 1e-12},
            otherwise="SciPy's own, and gtol such that gradient_tolerance is kept to",
            default=None,
        ),
    ),
}


def check_outside(given: Mapping[str, Any], of_rules: Mapping[str, Any]) -> None:
    """Refuse what SciPy does not take.

    Parameters
    ----------
    given
        All keys of the method.
    of_rules
        The keys that only rules have, with what was given.

    Raises
    ------
    ValueError
        A problem that names the key.
    """
    for name, value in of_rules.items():
        if value is not None:
            raise problem(not_taken(name), at=name)
    if given["method"] is None:
        raise problem(f"is missing; give one of {', '.join(OPTIMISERS)}", at="method")
    if said := refused(given["method"][:MAX_NAME]):
        raise problem(said, at="method")
    for name, value in (given["options"] or {}).items():
        _check_option(OPTIMISERS[given["method"]], name, value)
    if not given["gradient_tolerance"]:
        raise problem(
            "got 0, which runs all steps; SciPy's methods stop by themselves, give a positive number",
            at="gradient_tolerance",
        )


def _check_option(optimiser: Optimiser, name: str, value: bool | float | str) -> None:
    at = f"options.{name[:MAX_NAME]}"
    if said := optimiser.refused(name):
        raise problem(said, at=at)
    option = optimiser.takes[name]
    try:
        option.checked(value)
    except InputError:
        allowed = "true or false" if isinstance(option, Flag) else option.allowed
        raise problem(f"got {show(value)}; give {allowed}", at=at) from None


def check_no_outside(given: Mapping[str, Any]) -> None:
    """Refuse the keys of SciPy's methods beside a rule.

    Raises
    ------
    ValueError
        A problem that names the key.
    """
    for name in SETTINGS:
        if given[name] is not None:
            raise problem(f"is for optimizer: {SCIPY} alone; remove it, or write that", at=name)
