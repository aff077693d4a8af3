"""The methods of a study and the rules of the program, as the explorer offers them: words, numbers, sliders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from multistart.descents.prepared import attraction_balls
from multistart.explorer.contents import Array, Contents
from multistart.explorer.sliders import Slider, rate_slider, slider
from multistart.functions.objective import Objective
from multistart.methods import RULES, Method
from multistart.methods.entry import OWN, Entry
from multistart.methods.flow import GRADIENT_FLOW
from multistart.methods.language import PREFIX
from multistart.methods.rate import RateFormula, Scheduled
from multistart.methods.rule import WIDTH, Hyperparameter, Rule
from multistart.methods.search import Search
from multistart.methods.translation import RATE

PAGE_LIMIT = 1000  # steps of a rule that the study has no method of, where it has none at all
MOST_ROWS = 1000  # of data: with more the map takes a browser seconds, and basins at another rate minutes


@dataclass(frozen=True)
class Offered:
    """A rule that balls can roll by, under an id that no other has."""

    id: str
    method: Method

    @cached_property
    def rule(self) -> Rule:
        """The update rule as kernels have it."""
        return self.method.rule


def why_not_playable(method: Method) -> str:
    """Why no ball rolls by a method, in a sentence; empty where one does."""
    if method.outside is not None:
        return f"{method.outside.title} is a program of its own, which does not run in a page."
    if method.optimizer == GRADIENT_FLOW.name:
        return "The gradient flow takes no steps by a rule: it is followed by a solver, which does not run in a page."
    if isinstance(method.rule, Search):
        return f"{_capital(method.rule.title)} searches at each step, which does not run in a page."
    if method.rule.in_widths and "gnorm" in method.rule.reads:
        return "It measures the gradient in units of the domain's widths, which the page has no norm for."
    return ""


def why_no_page(objective: Objective) -> str:
    """Why a function has no explorer, in a sentence; empty where it has one."""
    if objective.fit is None or objective.fit.count <= MOST_ROWS:
        return ""
    return (
        f"The fit is to {objective.fit.count:,} rows of data, and every step of a ball is a sum over all of them, "
        "which the page computes itself: "
        f"with more than {MOST_ROWS:,} rows no ball rolls at a speed that one can watch."
    )


def offered(contents: Contents) -> tuple[list[Offered], dict[str, str]]:
    """The rules of the page, and the id of the rule of each playable method: that of the program, or one of its own.

    Rules of the program come first, in its order; a method has one of its own where it is written by the user, has a
    schedule, a rate for each variable, or a flag.
    """
    given = {
        name: m.on(contents.objective.parameter_names)
        for name, m in contents.methods.items()
        if not why_not_playable(m)
    }
    rules = [_of_the_program(entry, contents) for entry in RULES.values()]
    of_method: dict[str, str] = {}
    for name, method in given.items():
        same = [
            rule.id
            for rule in rules
            if rule.rule.identity == method.rule.identity and rule.rule.name == method.rule.name
        ]
        if not same:
            rules.append(Offered(_free(name, [rule.id for rule in rules]), method))
        of_method[name] = same[0] if same else rules[-1].id
    return rules, of_method


def _is_same(rule: Rule, other: Rule) -> bool:
    return rule.name == other.name and rule.identity == other.identity


def _free(name: str, taken: Iterable[str]) -> str:
    """The name of a method, longer where a rule has it already."""
    while name in taken:
        name += "_own"
    return name


def _of_the_program(entry: Entry, contents: Contents) -> Offered:
    """A rule with its defaults, and a learning rate to begin with at the minima of this function."""
    method = Method(entry.name)
    if RATE in entry.settings:
        _, rate = _rate_of(method.rule, method.numbers, contents)
        method = Method(entry.name, learning_rate=rate)
    return Offered(entry.name, method.held_in(contents.domain) if contents.held else method)


def _rate_of(rule: Rule, numbers: Mapping[str, Any], contents: Contents) -> tuple[Slider, float]:
    return rate_slider(rule, numbers, contents.minima.curvature_max, float(contents.domain.width.min()))


def methods_data(contents: Contents, of_method: Mapping[str, str], number: int) -> list[dict[str, Any]]:
    """The study's methods, of which ``number`` minima are known."""
    return [_method(name, method, contents, of_method.get(name)) for name, method in contents.methods.items()]


def _method(name: str, method: Method, contents: Contents, rule: str | None) -> dict[str, Any]:
    why = why_not_playable(method)
    minima = contents.minima
    holds = (minima.attraction_radius > 0) & method.attracted(minima.attraction_curvature)
    inside = [contents.has_ball(x, r) for x, r in zip(minima.location, minima.attraction_radius, strict=True)]
    holds &= np.array(inside, dtype=bool)
    return {
        "name": name,
        "rule": rule,
        "title": method.rule.title,
        "says": method.describe(),
        "values": {} if why else _values(method.on(contents.objective.parameter_names)),
        "limit": method.max_steps,
        "tolerance": method.gradient_tolerance or None,
        "balls": [] if why else _balls(method, contents),
        "attracted": np.flatnonzero(holds).tolist(),
        "playable": not why,
        "why": why,
    }


def _balls(method: Method, contents: Contents) -> list[list[float]]:
    if method.stopping != "certified" or contents.certificate is None:
        return []
    found: Array = attraction_balls(contents.objective, method, contents.certificate)
    return found.tolist()


def _values(method: Method) -> dict[str, Any]:
    """The numbers of a method by the names of its rule's hyperparameters."""
    numbers = method.numbers
    return {h.name: _plain(numbers[h.name]) for h in _chosen(method.rule)}


def _chosen(rule: Rule) -> list[Hyperparameter]:
    """The numbers of a rule that are chosen, which ends and widths of the domain are not."""
    return [h for h in rule.hyperparameters if h.name not in (*rule.bounds, WIDTH)]


def _fixed(method: Method) -> dict[str, list[float]]:
    """The others: the ends of the box that descents are held in, and the widths that their steps are in units of."""
    ends = dict(zip(method.rule.bounds, map(list, method.bounds or ()), strict=True))
    return ends | ({WIDTH: list(method.numbers[WIDTH])} if method.rule.in_widths else {})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def rules_data(rules: Iterable[Offered], contents: Contents) -> list[dict[str, Any]]:
    """The rules with their words and sliders."""
    return [_rule(offer, contents) for offer in rules]


def _rule(offer: Offered, contents: Contents) -> dict[str, Any]:
    method, rule, entry = offer.method, offer.rule, offer.method.entry
    rate = method.rate
    flags = [flag.name for flag in getattr(entry, "flags", ()) if method.numbers[flag.name]]
    return {
        "id": offer.id,
        "title": _title(offer, flags),
        "says": getattr(entry, "says", ""),
        "lines": list(entry.update),
        "state": [list(each) for each in getattr(entry, "state", ())],
        "source": rule.source,
        "memory": bool(rule.state),
        "hyperparameters": [_hyperparameter(h, offer, contents) for h in _chosen(rule)],
        "fixed": _fixed(method),
        "schedule": rate.describe() if isinstance(rate, Scheduled | RateFormula) else None,
        "criticalWords": rule.critical_words,
    }


def _title(offer: Offered, flags: list[str]) -> str:
    title = offer.rule.title if offer.rule.name != OWN else offer.id.replace("_", " ")
    return ", ".join([title, *(flag.replace("_", " ") for flag in flags)])


def _hyperparameter(h: Hyperparameter, offer: Offered, contents: Contents) -> dict[str, Any]:
    value = offer.method.numbers[h.name]
    values = [float(each) for each in value] if isinstance(value, tuple) else [float(value)]
    if h.name == RATE:
        of_rule, _ = _rate_of(_plain_rule(offer), offer.method.numbers, contents)
    else:
        of_rule = slider(h, values[0])
    for each in values:
        of_rule = of_rule.with_value(each)
    return {
        "name": h.name,
        "meaning": h.meaning or _meaning(h.name, offer.method),
        "unit": h.unit or "",
        "value": values if h.per_coordinate else values[0],
        "low": of_rule.low,
        "high": of_rule.high,
        "log": of_rule.log,
        "each": h.per_coordinate,
        "whole": h.whole,
        "least": h.least,
        "above": h.above,
        "most": h.most,
        "below": h.below,
    }


def _plain_rule(offer: Offered) -> Rule:
    """The rule without a schedule or rates of their own, whose critical rate is known."""
    entry = offer.method.entry
    if not isinstance(entry, Entry):
        return offer.rule
    return entry.rule({flag.name: bool(offer.method.numbers[flag.name]) for flag in entry.flags})


def _meaning(name: str, method: Method) -> str:
    """What a number means that its rule has no words for: one of a formula that the user typed."""
    if name.startswith(f"{PREFIX}number"):
        return f"number {name.removeprefix(f'{PREFIX}number')} in {method.rate.describe()}"  # type: ignore[union-attr]
    return "a number of the rule"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def scripts_of(rules: Iterable[Offered]) -> Iterator[tuple[str, Rule]]:
    """The rules that the page's JavaScript is printed from, by id."""
    return ((offer.id, offer.rule) for offer in rules)
