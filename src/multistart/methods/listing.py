"""What rules, schedules and outside optimisers there are, and each with all that there is to know of it."""

from __future__ import annotations

from collections.abc import Iterable

from multistart.errors import InputError, did_you_mean
from multistart.methods.catalogue import CATALOGUE, RULES
from multistart.methods.entry import LEARNING_RATE, Entry
from multistart.methods.flow import GRADIENT_FLOW
from multistart.methods.outside import (
    GTOL,
    LEFT_OUT,
    MAX_NFEV,
    MAXFEV,
    MAXFUN,
    NEEDS,
    OPTIMISERS,
    SCIPY,
    SOURCE,
    Choice,
    Optimiser,
)
from multistart.methods.rule import Flag, Hyperparameter
from multistart.methods.schedules import OVER, SCHEDULES, NamedSchedule
from multistart.methods.search import BY_ITSELF, Search
from multistart.methods.searches import SEARCHES

REST = {
    "gradient": "`converged` where the gradient norm is at most the tolerance",
    "step": "`converged` where the gradient norm is at most the tolerance, and the next step as small",
    "twice": "`converged` where the gradient norm is at most the tolerance at two points in sequence",
    "last_step": "`converged` where the gradient norm is at most the tolerance, and the last step promised to lower "
    "the value by less than 1e-24 of it, or none lowers it; `stationary` where none does and the norm is above: where "
    "the tolerance is below the rounding of the gradient",
    "never": "`visited` where the gradient norm is at most the tolerance, since it need not rest there",
}
_OUTSIDE = f"outside optimisers, as in {{optimizer: {SCIPY}, method: L-BFGS-B, options: {{ftol: 1.0e-12}}}}:"
_ABOUT_SCIPY = (
    "steps: its iterations, at most max_steps",
    "ends: `converged` where the gradient norm is at most gradient_tolerance, whatever it says itself; `step_limit` "
    "where it has made max_steps; `left_arena` at the first step outside, since it knows of no bounds; `stopped` where "
    "it stopped by itself elsewhere. Its own word is kept in the columns optimizer_success and optimizer_message",
    f"no critical learning rate: {BY_ITSELF}",
    "proven to arrive: nowhere, so stopping is `gradient`",
    f"source: {SOURCE}",
    "libraries: SciPy's own code",
    f"options that are left out: {', '.join(LEFT_OUT)}",
)


def listed(name: str | None = None) -> str:
    """One rule, schedule or optimiser of SciPy's, or a line for each.

    Raises
    ------
    InputError
        None of them has this name.
    """
    if name is None:
        rules = [f"{entry.name:24} {entry.says}" for entry in RULES.values()]
        searches = [f"{search.name:24} {search.says}" for search in SEARCHES.values()]
        flow = [f"{GRADIENT_FLOW.name:24} {GRADIENT_FLOW.says}"]
        schedules = [f"{schedule.name:24} {schedule.says}" for schedule in SCHEDULES.values()]
        outside = [f"{each.name:24} {each.says}" for each in OPTIMISERS.values()]
        end = "`multistart methods NAME` shows formula, hyperparameters, limits, source, and how libraries differ."
        parts = ["rules:", *rules, "", "searches:", *searches, "", "the limit of small steps:", *flow, ""]
        parts += ["schedules of the learning rate:", *schedules, "", _OUTSIDE, *outside, "", end]
        return "\n".join(parts)
    if name == SCIPY:
        return "\n".join(
            [_OUTSIDE, *(f"{each.name:24} {each.says}" for each in OPTIMISERS.values()), "", *_ABOUT_SCIPY]
        )
    if name in OPTIMISERS:
        return "\n".join([*_optimiser(OPTIMISERS[name]), *_ABOUT_SCIPY])
    if name in CATALOGUE:
        return "\n".join(_rule(CATALOGUE[name]))
    if name in SCHEDULES:
        return "\n".join(_schedule(SCHEDULES[name]))
    hint = did_you_mean(name, [*CATALOGUE, *SCHEDULES, SCIPY, *OPTIMISERS])
    raise InputError(
        f'no rule, search, schedule or optimiser is called "{name}"{hint or ";"} `multistart methods` lists them'
    )


def _rule(entry: Entry | Search) -> Iterable[str]:
    yield f"{entry.name}: {entry.says}"
    if isinstance(entry, Entry) and entry.state:
        yield f"state: {', '.join(f'{name} = {_start(start)}' for name, start in entry.state)}"
    yield from _indented("update:", entry.pseudocode if isinstance(entry, Search) else entry.update)
    yield from _indented("hyperparameters:", map(_setting, entry.settings.values())) if entry.settings else ()
    yield from _ordered(entry.order)
    yield _critical(entry)
    yield f"ends: {REST[entry.rest]}"
    if isinstance(entry, Entry):
        yield "units: those of each variable; with precondition: domain, those of the domain's widths"
    yield f"proven to arrive: {_proven(entry)}"
    yield f"source: {entry.source}"
    yield f"libraries: {entry.differs}"


def _critical(entry: Entry | Search) -> str:
    if entry.critical_words:
        return f"a minimum attracts up to the learning rate: {entry.critical_words}"
    why = entry.no_critical_rate if isinstance(entry, Entry) else BY_ITSELF
    return f"no critical learning rate: {why}"


def _proven(entry: Entry | Search) -> str:
    if isinstance(entry, Search) and entry.attracted:
        return "from a point in an attraction ball, by the flow itself; the way there has the errors of its steps"
    if entry.attracted:
        return "in the attraction balls of gradient descent, at rates that do not add up to a finite number"
    if entry.region:
        return "in attraction regions of point and state, at one constant rate"
    return f"nowhere: it is a rule {entry.unproven}; so stopping is `gradient`"


def _optimiser(each: Optimiser) -> Iterable[str]:
    yield f"{each.title}: {each.says}"
    yield f"in a config: {{optimizer: {SCIPY}, method: {each.name}}}, with options: {{...}} where some are to differ"
    yield f"asks for: {'residuals and their Jacobian' if each.residuals else NEEDS[each.needs]}"
    yield from _indented("options, with SciPy's defaults:", map(_option, each.options))
    yield from _ordered(each.order)


def _option(each: Hyperparameter | Flag | Choice) -> str:
    if isinstance(each, Choice):
        return f"{each.name}: {each.meaning}; {each.allowed}; not given by default"
    if each in (MAXFUN, MAXFEV, MAX_NFEV):
        return f"{each.name}: {each.meaning}; {each.allowed}; default as many as max_steps need"
    if each is GTOL:
        return f"{each.name}: {each.meaning}; {each.allowed}; default such that gradient_tolerance is kept to"
    return _setting(each).replace("required", "as SciPy has it")


def _schedule(schedule: NamedSchedule) -> Iterable[str]:
    yield f"{schedule.name}: {schedule.says}"
    yield from _indented(
        f"formula, with lr the rate {schedule.base}, t the updates made, N max_steps:", schedule.update
    )
    base = f"{schedule.base}: the base rate; a finite number above 0; required"
    yield from _indented("hyperparameters:", [base, *map(_setting, schedule.own)])
    yield from _ordered(schedule.order)
    yield "critical learning rate: the rule's, which the rate of each step is below or above"
    yield f"source: {schedule.source}"
    yield f"libraries: {schedule.differs}"


def _indented(head: str, lines: Iterable[str]) -> Iterable[str]:
    yield head
    yield from (f"  {line}" for line in lines)


def _ordered(order: Iterable[str]) -> Iterable[str]:
    yield from (f"  with {line}" for line in order)


def _start(start: float | str) -> str:
    return start if isinstance(start, str) else f"{start:g}"


def _setting(each: Hyperparameter | Flag) -> str:
    if isinstance(each, Flag):
        return f"{each.name}: {each.meaning}; true or false; default {str(each.default).lower()}"
    default = "required" if each.default is None else f"default {each.default:g}"
    default = "default max_steps" if each is OVER else default
    return f"{each.name}: {each.meaning}; {each.allowed}; {default}" + (
        f"; in {each.unit}" if each.unit and each is not LEARNING_RATE else ""
    )
