"""A method of the section ``methods``: a rule with its hyperparameters, as the rules name them, and when it stops."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, create_model, field_validator, model_validator

from multistart.config.problems import problem
from multistart.config.section import Section
from multistart.config.synonyms import refused_word
from multistart.config.values import MAX_NAME, Real, Whole, key, whole_key
from multistart.methods import MAX_STEPS, OPTIMIZERS, RULES, STOPPING, Hyperparameter


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
        "a descent ends as `converged` once the norm of the gradient is at most this; 0 runs all steps",
        "0, or a positive finite number",
        unit="f / x",
        example=1e-8,
        default=1e-8,
        ge=0,
    )
    stopping: Literal["gradient", "certified"] = key(
        "`certified` also ends a descent, as `trapped`, once it provably converges to a certified minimum",
        f"one of {', '.join(STOPPING)}",
        example="certified",
        default="gradient",
    )


def _hyperparameters() -> dict[str, Hyperparameter]:
    """Those of all rules, each once."""
    return {h.name: h for rule in RULES.values() for h in rule.hyperparameters}


def _field(h: Hyperparameter) -> tuple[Any, Any]:
    """The key of a hyperparameter: required where each rule has it and none has a value for it."""
    users = [rule for rule in RULES.values() if h.name in {own.name for own in rule.hyperparameters}]
    asked = len(users) == len(RULES) and h.default is None
    only = "" if len(users) == len(RULES) else f"for {', '.join(rule.name for rule in users)}: "
    own = "required" if h.default is None else f"{h.default:g}"
    bounds = (("gt", h.above), ("ge", h.least), ("lt", h.below))
    limits: dict[str, Any] = {name: bound for name, bound in bounds if bound is not None}
    limits |= {} if asked else {"otherwise": own, "default": None}
    made = key(only + h.meaning, h.allowed, unit=h.unit or "", example=h.example, **limits)
    return (Real if asked else Real | None, made)


_Keys = create_model(
    "_Keys",
    __base__=Section,
    optimizer=(
        Literal[OPTIMIZERS],
        key("the update rule", f"one of {', '.join(OPTIMIZERS)}", example="gradient_descent"),
    ),
    **{name: _field(h) for name, h in _hyperparameters().items()},
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
        own = {h.name: h for h in RULES[self.optimizer].hyperparameters}
        for name in _hyperparameters():
            given = getattr(self, name) is not None
            if given and name not in own:
                raise problem(f"{self.optimizer} does not use it; it takes {', '.join(own)}", at=name)
            if not given and name in own:
                if own[name].default is None:
                    raise problem(f"is missing; give {own[name].allowed}", at=name)
                object.__setattr__(self, name, own[name].default)
        return self
