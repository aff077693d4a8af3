"""`Number`: a number of a config that has a key of its own, with its limits: of a method, or of the formula.

Keys are ``objective.parameters.a``, and below the name of a method: ``methods.gd.learning_rate``, of one rate for each
variable ``methods.gd.learning_rate.x``, of a schedule ``methods.gd.learning_rate.from``, of a rule of one's own
``methods.gd.rule.parameters.beta`` and ``methods.gd.rule.state.v``, of SciPy's methods ``methods.bfgs.options.c1``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from multistart.config.method_section import MethodSection
from multistart.config.problems import sentences, show
from multistart.config.study_config import StudyConfig
from multistart.config.values import exact, listed
from multistart.errors import ConfigError, InputError, did_you_mean
from multistart.methods import CATALOGUE, MAX_STEPS, SCHEDULES, Flag, Hyperparameter, Search
from multistart.methods.entry import LEARNING_RATE, Entry, own_rule
from multistart.methods.outside import OPTIMISERS, SCIPY

if TYPE_CHECKING:
    from multistart.functions.objective import Objective

Path = tuple[str, ...]
Found = tuple[Path, Hyperparameter]
MAX_STEPS_KEY = Hyperparameter("max_steps", "", 1000, default=1000, least=1, most=MAX_STEPS, whole=True)
TOLERANCE = Hyperparameter("gradient_tolerance", "", 1e-8, default=1e-8, least=0)
RATE = LEARNING_RATE.name
#: Why a number of another section is none that a study can be taken through.
OF_THE_STARTS = "it changes the starts, which are the same at every value"
ELSEWHERE = {
    "starts": OF_THE_STARTS,
    "domain": OF_THE_STARTS,
    "arena": "it changes where descents may move, not how",
}


@dataclass(frozen=True)
class Number:
    """A number of a config.

    Attributes
    ----------
    key
        Where it stands, with dots.
    limits
        What it may be.
    config
        The config that it stands in, as plain values.
    """

    key: str
    limits: Hyperparameter
    config: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls, config: Mapping[str, Any], key: str) -> Number:
        """The number of a key in a checked config.

        Raises
        ------
        ConfigError
            The key names no number of a method or of the objective: why, or which there are.

        >>> methods = {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01}}
        >>> number = Number.of({"methods": methods}, "methods.gd.learning_rate")
        >>> number.name, number.value, number.allowed, number.at(0.5)["methods"]["gd"]["learning_rate"]
        ('learning_rate', 0.01, 'a finite number above 0', 0.5)
        """
        known = {".".join(path): limits for path, limits in _numbers(config)}
        key = key if isinstance(key, str) else show(key)
        if key not in known:
            raise ConfigError(f"{key}: {_refusal(config, key, list(known))}")
        return cls(key, known[key], config)

    @property
    def path(self) -> Path:
        """Its key in parts."""
        return tuple(self.key.split("."))

    @property
    def name(self) -> str:
        """The last part of its key, as ``learning_rate``, ``from`` or ``a``."""
        return self.path[-1]

    @property
    def method(self) -> str | None:
        """The name of the method that it is of; none for a number of the objective."""
        return self.path[1] if self.path[0] == "methods" else None

    @property
    def allowed(self) -> str:
        """Its limits in words."""
        more = "; in size 0, or 1e-300 to 1e300" if self.method is None else ""
        return self.limits.allowed + more

    @property
    def value(self) -> float | None:
        """What it is in the config, or by default; none where it has no default."""
        place: Any = self.config
        for part in self.path:
            place = place.get(part) if isinstance(place, Mapping) else None
        return self.limits.default if place is None else place

    def at(self, value: float) -> dict[str, Any]:
        """The config with another value of the number.

        Raises
        ------
        ConfigError
            A value outside the limits, or one that the other numbers of its method, or the formula, do not allow.
        """
        try:
            checked = exact(value) if self.method is None else self.limits.checked(value)
        except (ValueError, OverflowError):
            raise ConfigError(f"{self.key}: got {show(value)}; give {self.allowed}") from None
        changed = _changed(self.config, self.path, checked)
        if self.method is not None:
            _check_method(changed, self.method)
            return changed
        try:
            self._objective.with_parameters(**{self.name: checked})  # type: ignore[arg-type]
        except InputError as error:
            raise ConfigError(f"{self.key}: got {show(value)}; {error}") from None
        return changed

    @cached_property
    def _objective(self) -> Objective:
        """The function of the config, which tells what numbers it can have."""
        from multistart.functions.objective import Objective  # with NumPy, which a config does without

        given = dict(self.config["objective"])
        if "model" in given:
            return Objective.from_model(given.pop("model"), given.pop("data"), given.pop("variables"), **given)
        return Objective.from_checked(given["expression"], given["variables"], given["parameters"])


def _changed(config: Mapping[str, Any], path: Path, value: object) -> dict[str, Any]:
    """A config with another value in a place; what is not on the way there is shared."""
    first, *rest = path
    return {**config, first: _changed(config.get(first) or {}, tuple(rest), value) if rest else value}


def _check_method(config: Mapping[str, Any], name: str) -> None:
    """Refuse a method whose numbers do not go together."""
    try:
        MethodSection.model_validate(dict(config["methods"][name]))
    except ValidationError as error:
        found = [{**each, "loc": ("methods", name, *each["loc"])} for each in error.errors(include_url=False)]
        raise ConfigError(sentences(found, StudyConfig, config)[0]) from None


# --- which numbers there are -----------------------------------------------------------------------------------


def _numbers(config: Mapping[str, Any]) -> Iterator[Found]:
    """All numbers of a checked config that a key names, each with its limits."""
    for name in config.get("objective", {}).get("parameters", {}):
        yield ("objective", "parameters", name), Hyperparameter(name, "", 1.0)
    for name, method in config.get("methods", {}).items():
        for path, limits in _of_method(method):
            yield ("methods", name, *path), limits


def _of_method(method: Mapping[str, Any]) -> Iterator[Found]:
    entry = _entry(method)
    if entry is None:
        for option in OPTIMISERS[method["method"]].options:
            if isinstance(option, Hyperparameter):
                yield ("options", option.name), option
    else:
        yield from _of_rule(entry, method)
    yield (MAX_STEPS_KEY.name,), MAX_STEPS_KEY
    yield (TOLERANCE.name,), Hyperparameter(TOLERANCE.name, "", 1e-8, 1e-8, above=0) if entry is None else TOLERANCE


def _of_rule(entry: Entry | Search, method: Mapping[str, Any]) -> Iterator[Found]:
    own = method.get("rule")
    for name, limits in entry.settings.items():
        if isinstance(limits, Flag):
            continue
        if name == RATE:
            yield from _of_rate(method.get(RATE))
        else:
            yield (("rule", "parameters", name) if own else (name,)), limits
    for name, start in (own or {}).get("state", {}).items():
        if not isinstance(start, str):
            yield ("rule", "state", name), Hyperparameter(name, "", 0.0)


def _of_rate(rate: Any) -> Iterator[Found]:
    if not isinstance(rate, Mapping):
        yield (RATE,), LEARNING_RATE
    elif "schedule" in rate:
        schedule = SCHEDULES[rate["schedule"]]
        yield (RATE, schedule.base), Hyperparameter(schedule.base, "the base rate", 0.02, above=0)
        yield from (((RATE, own.name), own) for own in schedule.own if own.name != "at")
    elif "formula" not in rate:
        yield from (((RATE, variable), LEARNING_RATE) for variable in rate)


def _entry(method: Mapping[str, Any]) -> Entry | Search | None:
    """The rule of a method as it is written; none for SciPy's."""
    if method.get("rule"):
        return own_rule(method["rule"])
    return None if method["optimizer"] == SCIPY else CATALOGUE[method["optimizer"]]


# --- what is no number -----------------------------------------------------------------------------------------


def _refusal(config: Mapping[str, Any], key: str, known: list[str]) -> str:
    """Why a key names no number that there is one of, and which do."""
    section, *rest = key.split(".")
    if section in ELSEWHERE:
        return f"cannot be swept: {ELSEWHERE[section]}"
    if section == "objective" and "name" in config.get("objective", {}):
        return "names no number: a function by name has none; write it as an expression with parameters"
    place: Any = config
    for part in (section, *rest):
        place = place.get(part) if isinstance(place, Mapping) else None
    why = _why(place, rest[-1:] == [RATE])
    begin = ".".join((section, *rest[:1])) + "."
    same = [each for each in known if each.startswith(begin)]
    hint = "" if why else _near(key, begin, same) if same else did_you_mean(key, known)
    return f"{why or 'names no number'}{hint or '; numbers are ' + listed(same or known)}"


def _near(key: str, begin: str, same: list[str]) -> str:
    """The number of the same method that may be meant, by what comes after its name."""
    hint = did_you_mean(key.removeprefix(begin), [each.removeprefix(begin) for each in same])
    return hint.replace('"', f'"{begin}', 1)


def _why(place: object, is_rate: bool) -> str:
    if isinstance(place, bool):
        return "is true or false, not a number"
    if isinstance(place, str):
        return "is a word, not a number"
    if isinstance(place, Mapping) and is_rate and "formula" in place:
        return "is a formula, whose numbers have no names; give one number, or a schedule by its name"
    if isinstance(place, Mapping):
        return "is several keys, not one number"
    return "is a list, not a number" if isinstance(place, list | tuple) else ""
