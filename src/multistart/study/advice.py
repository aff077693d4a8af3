"""What the summary advises: for each cause the number that shows it, the line to write, and what it did when tried."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from multistart.diagnoses import DESIGN, DOMAIN, NOTICED, UNANSWERED, UNIT, WIDEN, Diagnosis
from multistart.plurals import counted, listed
from multistart.study.findings import MethodFindings
from multistart.study.spelled import percent
from multistart.study.study import Study

SIDES = 2  # of a domain that is written out at the head
#: What each cause means, with its number and what the config has; the line to write follows.
CAUSES = {
    "tolerance_too_large": "**The tolerance is too large for these values.** Far from a minimum the gradient is "
    "about {number:.2g}, and a descent ends once it is at most {given}, which is too early. The tolerance "
    "does not follow the function's scale.",
    "tolerance_too_small": "**The tolerance is too small for these values.** Descents stand at a minimum, where the "
    "gradient is still about {number:.2g}, and do not end there before it is at most {given}. The tolerance does not "
    "follow the function's scale.",
    "rate_too_large": "**The learning rate is too large.** It is {given}. Above {number:.4g} {so} "
    "({critical}, with lambda_max the largest curvature there).",
    "rate_too_large_far_out": "**The learning rate is too large away from the minima.** Where starts were thrown out, "
    "the function curves so much that steps above {number:.4g} grow (2/lambda_max there), and it is {given}.",
    "rate_too_small": "**The learning rate is small.** It is {given}, and every minimum attracts up to {number:.4g} "
    "({critical}, with lambda_max the largest curvature at the narrowest).",
    "steps_stay_long": "**The steps do not get shorter.** Descents go round a minimum, where the gradient is still "
    "about {number:.2g}: steps of {rule} need not get shorter with the gradient, so let the learning rate fall.",
    "units_uneven": "**The units of the variables do not fit each other.** At a minimum the function curves "
    "{number:,.0f} times as much in one direction as in another: a learning rate that is right for the one is far too "
    "small for the other.",
    "starts_in_a_flat_tail": "**Starts lie where the function is flat.** Most that reach no minimum end where the "
    "gradient is about {number:.2g}; even ten times as many steps, as short as they are there, would not bring them to "
    "one. Start nearer; the shares are then those of that smaller domain.",
    "too_few_steps": "**The steps run out.** Starts that reach no minimum are on their way after {given}.",
    "arena_too_small": "**The arena is too small.** Descents leave it that would reach a minimum.",
    "starts_on_a_ridge": "**Starts lie on a ridge.** From exactly there a descent runs to a saddle; a random start is "
    "never exactly there.",
}
OVERSHOOTS = "a step overshoots the narrowest minimum by more than it was away from it"
ALL_STEPS = (
    "**Steps are made at rest.** Descents stand at a minimum, where the gradient is about {number:.2g}, and go on: the "
    "tolerance of {given} asks for all steps."
)
LEFT = {
    "step_limit": "still under way, with a gradient of about {number:.2g}",
    "cycle": "go round a cycle",
    "bounded": "move about without coming to rest",
    "undecided": "come to different places when they are followed with smaller errors",
    "left_arena": "leave the arena",
    "nonfinite": "come to where the function or its gradient is no finite number",
    "converged": "come to rest at no minimum, on a saddle or where it is flat",
    "stationary": "come to rest at no minimum, where a step is too short to change a coordinate",
    "visited": "end at no minimum, where the gradient is below the tolerance",
    "stopped": "end at no minimum, where the optimiser stopped by itself",
    "trapped": "end in an attraction ball of no minimum that is listed",
}


def headline(found: MethodFindings, *, named: bool) -> str:
    """The lines to write and what they change, in a sentence; empty where nearly all starts reach a minimum."""
    helpful = [d for d in found.diagnoses if d.helps]
    method = f"With `{found.name}`, " if named else ""
    if not helpful:
        tried = _vain(found)
        text = "nothing that was tried brought more starts to a minimum." if tried else ""
        return _sentence(method, text)
    first, last = helpful[0], helpful[-1]
    if last.reached_after - first.reached_before < NOTICED * last.tried:
        return _sentence(method, f"{_to_write(helpful)} saves steps: {_steps(first, last)}.")
    effect = f"of {counted(last.tried, 'start')} tried with that, {_numbers(first, last)}"
    return _sentence(method, f"{_order(helpful)}: {effect}.")


def stand_at_a_minimum(found: MethodFindings) -> bool:
    """Whether starts that are said to reach no minimum stand at one, with a gradient above the tolerance."""
    return any(d.helps and d.cause == "tolerance_too_small" for d in found.diagnoses)


def paragraphs(study: Study, found: MethodFindings) -> tuple[str, ...]:
    """A paragraph a cause, then what was tried in vain and what is left."""
    helpful = [d for d in found.diagnoses if d.helps]
    groups = [list(group) for _, group in groupby(helpful, key=lambda d: d.cause)]
    said = [_cause(study, found, group) for group in groups]
    return (*said, _left(found), _vain(found))


def _cause(study: Study, found: MethodFindings, group: Sequence[Diagnosis]) -> str:
    first = group[0]
    given = group[-1].given
    text = ALL_STEPS if (first.cause, given) == ("tolerance_too_small", "0") else CAUSES[first.cause]
    given = counted(int(given), "step") if first.cause == "too_few_steps" else _in_prose(given)
    rule = found.method.rule
    so = OVERSHOOTS if rule.name == "gradient_descent" else "descents do not settle at the narrowest minimum"
    rate = found.method.critical_rate
    critical = "" if isinstance(rate, str) else rate.words_at(found.method.numbers)
    text = text.format(number=first.number, given=given, so=so, critical=critical, rule=rule.title)
    return f"{text} {_write(study, group)} {_effect(first)}"


def _in_prose(given: str) -> str:
    """A number as the config has it, without the decimals that YAML asks for: 1e-08."""
    return given.replace(".0e", "e")


def _write(study: Study, group: Sequence[Diagnosis]) -> str:
    """The lines of one cause, as an order."""
    if not any(d.key.startswith(UNIT) for d in group):
        return f"Write {_to_write(group)}."
    units = [(d.key.removeprefix(UNIT), d.value) for d in group if d.key.startswith(UNIT)]
    formula = ", ".join(f"`({unit}*{name})` for {name}" for name, unit in units)
    domain = ", ".join(f"{name}: {_divided(study, name, float(unit))}" for name, unit in units)
    rest = [d for d in group if not d.key.startswith(UNIT)]
    starts = study.config.starts
    columns = f"; divide these columns of {starts.path} too" if starts.design == "file" else ""
    divided = f"in the domain, divided by the same, `{domain}`{columns}"
    where = "formula" if study.objective.fit is None else "model"
    return f"In the {where} write {formula}; {divided}; and {_to_write(rest)}."


def _divided(study: Study, name: str, unit: float) -> str:
    low, high = study.domain.bounds[name]
    return f"[{low / unit:.6g}, {high / unit:.6g}]"


def _effect(d: Diagnosis) -> str:
    if d.reached_after - d.reached_before < NOTICED * d.tried:
        if 2 * d.steps_after <= d.steps_before:
            return f"Of {counted(d.tried, 'start')} tried with that, as many reach a minimum: {_steps(d, d)}."
        return "By itself that is not enough."
    return f"Of {counted(d.tried, 'start')} tried with that, {_numbers(d, d)}."


def _left(found: MethodFindings) -> str:
    """What is left of the sample with all lines that help."""
    for d in found.diagnoses:
        if d.cause == UNANSWERED and len(found.diagnoses) > 1:
            left = d.tried - d.reached_after
            verb = "are " if d.key == "step_limit" else ""
            so = " even so" if any(one.helps for one in found.diagnoses) else ""
            what = LEFT[d.key].format(number=d.number)
            who = f"All {left}" if left == d.tried else f"{left} of the {d.tried}"
            share = "" if left == d.tried else f" ({percent(left / d.tried)})"
            if left == 1:
                return f"1 of the {d.tried} starts tried reaches no minimum{so}{share}."
            return f"{who} starts tried reach no minimum{so}{share}: most {verb}{what}."
    return ""


def _vain(found: MethodFindings) -> str:
    """What was tried and is not advised, with what came of it; nothing where no start is left that it could help."""
    vain = [d for d in found.diagnoses if not d.helps and d.value and not d.key.startswith(UNIT)]
    if not vain or not any(d.cause == UNANSWERED for d in found.diagnoses):
        return ""
    if all(d.reached_after == d.reached_before for d in vain):
        return (
            f"Tried too: {_to_write(vain)}; no more starts reach a minimum with {'it' if len(vain) == 1 else 'them'}."
        )
    first, *more = (f"with `{_line(d)}` {_change(d)}" for d in vain)
    return f"Tried too: {listed([f'{first} of the starts reach a minimum', *more])}."


def _change(d: Diagnosis) -> str:
    """How many more starts reach a minimum with a line, or fewer."""
    gain = d.reached_after - d.reached_before
    return "no more" if gain == 0 else f"{gain:,} more" if gain > 0 else f"{-gain:,} fewer"


def _order(lines: Sequence[Diagnosis]) -> str:
    """Lines to try, as in "measure time in units of 20, and try `max_steps: 10000`"."""
    units = [f"{d.key.removeprefix(UNIT)} in units of {d.value}" for d in lines if d.key.startswith(UNIT)]
    measure = f"measure {listed(units)}, and " if units else ""
    return f"{measure}try {listed([_short_line(d) for d in lines if not d.key.startswith(UNIT)])}"


def _short_line(d: Diagnosis) -> str:
    """A line as it is written, but for a domain of many sides."""
    return "a smaller domain" if d.key == DOMAIN and d.value.count("[") > SIDES else f"`{_line(d)}`"


def _to_write(lines: Sequence[Diagnosis]) -> str:
    """Lines as they are written, as in "`learning_rate: 0.033` and `max_steps: 10000`"; units of variables are none."""
    return listed([f"`{_line(d)}`" for d in lines if not d.key.startswith(UNIT)])


def _line(d: Diagnosis) -> str:
    sections = {WIDEN: "arena: {{widen: {}}}", DESIGN: "design: {}"}
    return sections.get(d.key, d.key + ": {}").format(d.value)


def _numbers(first: Diagnosis, last: Diagnosis) -> str:
    before = "none" if first.reached_before == 0 else f"{first.reached_before}"
    after = "all" if last.reached_after == last.tried else f"{last.reached_after}"
    verb = "reaches" if after == "1" else "reach"
    return f"{after} {verb} a minimum, and {before} without"


def _steps(first: Diagnosis, last: Diagnosis) -> str:
    return f"{last.steps_after:,.0f} a start in place of {first.steps_before:,.0f}"


def _sentence(method: str, text: str) -> str:
    return f"{method}{text}" if method and text else text[:1].upper() + text[1:]
