"""A method of the section ``methods``: a rule with its hyperparameters, as the rules name them, and when it stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, create_model, field_validator, model_validator

from multistart.config.outside_keys import KEYS, check_no_outside, check_outside
from multistart.config.problems import problem, show
from multistart.config.section import Section
from multistart.config.synonyms import refused_word
from multistart.config.values import MAX_NAME, Real, Text, Whole, key, number, whole_key
from multistart.errors import InputError
from multistart.methods import (
    CATALOGUE,
    MAX_STEPS,
    OPTIMIZERS,
    SCHEDULES,
    STOPPING,
    Entry,
    Flag,
    Hyperparameter,
    Method,
    Search,
)
from multistart.methods.entry import LEARNING_RATE, own_rule
from multistart.methods.flow import GRADIENT_FLOW
from multistart.methods.outside import SCIPY

RATES = (
    f"{LEARNING_RATE.allowed}; or one for each variable, as in {{x: 0.01, y: 1.0e-4}}; or a schedule, as in "
    '{schedule: cosine, from: 0.02, to: 0.0001}; or a formula in t and N, as in {formula: "0.02*(1 - t/N)"}'
)


def _rate(value: Any) -> Any:
    """A number, or a mapping whose numbers may be spelled as text, as YAML 1.1 has 1e-3."""
    if isinstance(value, Mapping):
        return {name: _number_or_not(part) for name, part in value.items()}
    found = number(value)
    if isinstance(value, str) and found == 0:  # 1e-999, to be shown as it was spelled
        raise ValueError
    return found


def _number_or_not(value: Any) -> Any:
    try:
        return number(value)
    except ValueError:
        return value


LearningRate = Annotated[float | dict[Text, Any], BeforeValidator(_rate)]
Start = Annotated[float | str, BeforeValidator(_number_or_not)]


class RuleSection(Section):
    """A rule of one's own, in the language of :mod:`multistart.methods.language`."""

    update: Annotated[list[Text], Field(min_length=1)] = key(
        "its assignments, in order: of x, in x, g, lr, t, N, gnorm, state, parameters, and names assigned before",
        'a list of assignments, as in ["v = beta*v + g", "x = x - lr*v"]',
        example=["x = x - lr*g"],
    )
    state: dict[Text, Start] = key(
        "names that it remembers from update to update, each with its start value",
        "a number, the name of a parameter, or lr, for each name",
        names="a plain name",
        example={},
        default_factory=dict,
    )
    parameters: dict[Text, Real] = key(
        "numbers by name; other ones compile nothing",
        "a finite number for each name",
        names="a plain name",
        example={},
        default_factory=dict,
    )


class _Stopping(Section):
    """When a descent stops."""

    max_steps: Whole = whole_key(
        "steps after which a descent ends as `step_limit`, or as `stationary` where it stands still",
        1,
        MAX_STEPS,
        unit="steps",
        example=1000,
        default=1000,
    )
    gradient_tolerance: Real = key(
        "a descent ends as `converged` once the norm of the gradient is at most this, and the next step as small where "
        "the rule has momentum, or at two points in sequence for bfgs and barzilai_borwein, or where the last step "
        "promised next to nothing for levenberg_marquardt; or as `visited` where the rule need not rest there; 0 runs "
        "all steps, and is not for scipy",
        "0, or a positive finite number",
        unit="f / x",
        example=1e-8,
        default=1e-8,
        ge=0,
    )
    precondition: Literal["domain"] | None = key(
        "in what units an update rule makes its steps: `domain` takes the domain's width of each variable, on the "
        "logarithm where it is on that, rounded to a power of two; learning rate and state then are in these units, "
        "tolerances and arena are not. Not for searches and scipy, nor with certified stopping",
        "domain",
        example="domain",
        otherwise="none: in those of each variable",
        default=None,
    )
    stopping: Literal["gradient", "certified"] = key(
        "`certified` also ends a descent, as `trapped`, once it provably converges to a certified minimum; for rules "
        "with a proven region: gradient_descent and clipped; heavy_ball and nesterov at one constant rate; "
        "gradient_flow, whose way there has errors",
        f"one of {', '.join(STOPPING)}",
        example="certified",
        default="gradient",
    )


def _settings() -> dict[str, dict[str, Hyperparameter | Flag]]:
    """Hyperparameters and flags of all rules but the learning rate, each with the rules that have it."""
    found: dict[str, dict[str, Hyperparameter | Flag]] = {}
    for rule in CATALOGUE.values():
        for name, each in rule.settings.items():
            if each is not LEARNING_RATE:
                found.setdefault(name, {})[rule.name] = each
    return found


def _by_rule(users: Mapping[str, Any], said: Callable[[Any], str]) -> str:
    """What is said of rules, once where it is the same of all."""
    words: dict[str, list[str]] = {}
    for rule, each in users.items():
        words.setdefault(said(each), []).append(rule)
    if len(words) == 1:
        return next(iter(words))
    return "; ".join(f"{word} ({', '.join(rules)})" for word, rules in words.items())


def _spelled(default: float | bool | None) -> str:
    if default is None:
        return "required"
    return str(default).lower() if isinstance(default, bool) else f"{default:g}"


def _field(users: Mapping[str, Hyperparameter | Flag]) -> tuple[Any, Any]:
    """The key of a hyperparameter or flag, with what it is in the rules that have it."""
    first = next(iter(users.values()))
    meaning = f"for {', '.join(users)}: " + _by_rule(users, lambda each: each.meaning)
    otherwise = _by_rule(users, lambda each: _spelled(each.default))
    if isinstance(first, Flag):
        return (
            bool | None,
            key(meaning, "true or false", example=True, otherwise=otherwise, default=None, strict=True),
        )
    unit, allowed = _by_rule(users, lambda each: each.unit or "-"), _by_rule(users, lambda each: each.allowed)
    made = key(meaning, allowed, unit=unit, example=first.example, otherwise=otherwise, default=None)
    return (Real | None, made)


_Keys = create_model(
    "_Keys",
    __base__=Section,
    optimizer=(
        Literal[OPTIMIZERS] | None,
        key(
            "the update rule; `multistart methods` says what each does",
            f"one of {', '.join(OPTIMIZERS)}",
            example="gradient_descent",
            otherwise="required, or rule",
            default=None,
        ),
    ),
    rule=(
        RuleSection | None,
        key(
            "an update rule of your own, in place of optimizer",
            'a mapping such as {state: {v: 0}, update: ["v = beta*v + g", "x = x - lr*v"], parameters: {beta: 0.9}}',
            example={"state": {"v": 0}, "update": ["v = 0.9*v + g", "x = x - lr*v"]},
            otherwise="none",
            default=None,
        ),
    ),
    learning_rate=(
        LearningRate | None,
        key(
            f"factor of the gradient in one step; schedules are {', '.join(SCHEDULES)}",
            RATES,
            unit="x² / f; x for rules that divide by the size of gradients",
            example=0.01,
            otherwise="required",
            default=None,
        ),
    ),
    **{name: _field(users) for name, users in _settings().items()},
    **KEYS,
    **{name: (field.annotation, field) for name, field in _Stopping.model_fields.items()},
)  # type: ignore[call-overload]


class MethodSection(_Keys):  # type: ignore[valid-type, misc]
    """An update rule with its hyperparameters and stopping rule."""

    @field_validator("optimizer", "stopping", mode="before")
    @classmethod
    def _known(cls, name: Any, info: ValidationInfo) -> Any:
        allowed = OPTIMIZERS if info.field_name == "optimizer" else STOPPING
        if isinstance(name, str) and name not in allowed:
            raise problem(refused_word(str(info.field_name), name[:MAX_NAME], allowed))
        return name

    @model_validator(mode="after")
    def _of_the_rule(self) -> MethodSection:
        """Each hyperparameter is one of the rule's; those not given have its defaults."""
        if self.optimizer == SCIPY and self.rule is None:
            check_outside(vars(self), {name: getattr(self, name) for name in ("learning_rate", *_settings())})
            return self._possible()
        takes = {name: each for name, each in self._entry().settings.items() if name in type(self).model_fields}
        check_no_outside(vars(self))
        if self.rule is not None:  # whose parameters have their values where they are named
            takes = {name: each for name, each in takes.items() if name == "learning_rate"}
        for name in ("learning_rate", *_settings()):
            given = getattr(self, name)
            if given is not None and name not in takes:
                raise problem(_not_taken(self.optimizer or "this rule", name, takes), at=name)
            if given is None and name in takes:
                _require(takes[name], name)
                object.__setattr__(self, name, takes[name].default)
            elif given is not None and not isinstance(given, Mapping):
                _check(takes[name], given, name)
        return self._possible()

    def _possible(self) -> MethodSection:
        """The method is one that can be made."""
        try:
            self.made()
        except InputError as error:
            raise problem(str(error)) from None
        return self

    def _entry(self) -> Entry | Search:
        """The rule as it is written."""
        if (self.optimizer is None) == (self.rule is None):
            if self.rule is not None:
                raise problem("is given beside rule; give one of them", at="optimizer")
            raise problem(
                f"is missing; give one of {', '.join(OPTIMIZERS)}, or a rule of your own as rule", at="optimizer"
            )
        if self.optimizer is not None:
            return CATALOGUE[self.optimizer]
        try:
            return own_rule(self.rule.model_dump())
        except InputError as error:
            raise problem(str(error), at="rule") from None

    def resolved(self) -> dict[str, Any]:
        """Every key that the rule has, with its value, in plain types."""
        return self.model_dump(mode="json", exclude_none=True)

    def made(self) -> Method:
        """The method that these keys describe."""
        return Method(**self.resolved())

    def check_variables(self, variables: tuple[str, ...]) -> None:
        """Refuse rates of each variable that are not of these, and a rule of one's own with names of theirs.

        Raises
        ------
        InputError
            Naming the variable.
        """
        self.made().check_variables(variables)


def _require(missing: Hyperparameter | Flag, name: str) -> None:
    if missing.default is None:
        assert isinstance(missing, Hyperparameter), "a flag has a default"
        raise problem(f"is missing; give {RATES if name == 'learning_rate' else missing.allowed}", at=name)


def _check(allowed: Hyperparameter | Flag, given: Any, name: str) -> None:
    try:
        allowed.checked(given)
    except InputError:
        assert isinstance(allowed, Hyperparameter), "a flag is true or false by its type"
        shown = show(int(given)) if given == int(given) else show(given)
        raise problem(f"got {shown}; give {allowed.allowed}", at=name) from None


def _not_taken(rule: str, name: str, takes: Iterable[str]) -> str:
    takes_others = f"it takes {', '.join(takes) or 'none'}"
    if name == "learning_rate" and isinstance(CATALOGUE.get(rule), Search):
        why = "its tolerance sets its steps" if rule == GRADIENT_FLOW.name else "it finds its own"
        return f"{rule} does not use it, since {why}; {takes_others}"
    if name == "learning_rate":
        return f"{rule} does not use it: none of its lines reads lr"
    return f"{rule} does not use it; {takes_others}"
