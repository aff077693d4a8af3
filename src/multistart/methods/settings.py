"""The hyperparameters that are given to a method, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from multistart.errors import InputError, one_of
from multistart.methods import outside
from multistart.methods.catalogue import CATALOGUE
from multistart.methods.entry import Entry
from multistart.methods.flow import GRADIENT_FLOW
from multistart.methods.outside import SCIPY
from multistart.methods.rate import Rate, changes, each_of, rate_of
from multistart.methods.rule import Rule, check_order
from multistart.methods.search import Search
from multistart.methods.translation import RATE

DEFAULT_RATE = 0.01  # where Python code gives none; config files always do
Setting = Rate | bool


def checked_settings(
    optimizer: str | Rule | Entry | Search, given: Mapping[str, Any], max_steps: int, gradient_tolerance: float
) -> tuple[tuple[str, Any], ...]:
    """What a method has besides its stopping rule, checked."""
    if optimizer == SCIPY:
        return outside.checked(given, gradient_tolerance)
    return _of_rule(CATALOGUE[optimizer] if isinstance(optimizer, str) else optimizer, given, max_steps)


def _of_rule(rule: Rule | Entry, given: Mapping[str, Any], max_steps: int) -> tuple[tuple[str, Setting], ...]:
    """The hyperparameters of a rule in its order, then its flags; where none is given its default."""
    takes: dict[str, Any] = rule.settings if isinstance(rule, Entry) else {h.name: h for h in rule.hyperparameters}
    for name in given:
        if name not in takes:
            if name == RATE:
                why = "it finds its own" if isinstance(rule, Search) else "none of its lines reads lr"
                why = "its tolerance sets its steps" if rule == GRADIENT_FLOW else why
                raise InputError(f"{rule.title} has no {RATE}: {why}")
            raise InputError(f"a hyperparameter of {rule.title} {one_of(name, takes)}")
    values = {name: given.get(name, DEFAULT_RATE if name == RATE else each.default) for name, each in takes.items()}
    settings = {
        name: each.checked(values[name]) for name, each in takes.items() if name != RATE or isinstance(rule, Rule)
    }
    if RATE in takes and RATE not in settings:
        settings[RATE] = rate_of(values[RATE], takes[RATE], max_steps)
        if changes(settings[RATE]) and "lr" not in rule.reads:
            raise InputError(
                f"{RATE} of {rule.title} is read once, where its state starts, which no schedule changes; give a number"
            )
    check_order(getattr(rule, "order", ()), settings | {RATE: each_of(settings.get(RATE))})
    return tuple((name, settings[name]) for name in takes)
