"""From a sample that reaches no minimum to the lines that change it: causes are asked, and their remedies tried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistart.descents.outcomes import ENDINGS, STATIONARY
from multistart.diagnoses import causes
from multistart.diagnoses.causes import Change, Remedy
from multistart.diagnoses.diagnosis import DESIGN, DOMAIN, NOTICED, UNANSWERED, UNIT, WIDEN, Diagnosis
from multistart.diagnoses.probe import Probe, Setting, Trial
from multistart.diagnoses.rules import Cause, holds, steps_stay_long
from multistart.errors import InputError

#: In the order in which they are asked: what others would hide comes first.
CAUSES: tuple[Cause, ...] = (
    causes.tolerance_too_large,
    causes.tolerance_too_small,
    causes.rate_too_large,
    causes.rate_too_large_far_out,
    causes.rate_too_small,
    steps_stay_long,
    causes.units_uneven,
    causes.starts_in_a_flat_tail,
    causes.too_few_steps,
    causes.arena_too_small,
    causes.starts_on_a_ridge,
)
ATTEMPTS = 3  # at a chain of remedies, each without the cause that the one before began with
FASTER = 2.0  # times fewer steps are worth a line too


def diagnose(probe: Probe, setting: Setting) -> list[Diagnosis]:
    """Why starts of a sample reach no minimum, with lines that help and were tried; empty where nearly all do.

    Remedies are added one by one, as each cause may hide the next. Of what was added only what the result needs is
    kept: without any one of the lines, fewer starts reach a minimum. What is left over is told with what was tried.
    """
    with np.errstate(all="ignore"):  # descents that are thrown out overflow
        return _diagnosed(probe.trial(setting))


def _diagnosed(first: Trial) -> list[Diagnosis]:
    if not _needs_advice(first):
        return []
    asked, helpful = _remedies(first)
    kept = _not_overruled(_needed(first, helpful))
    rows, last = _told(first, kept)
    vain = [remedy for remedy in asked if not _same_lines(remedy, kept)]
    return [*rows, *_in_vain(first.probe, last, vain), *_left(last)]


def _needs_advice(trial: Trial) -> bool:
    at_rest_late = np.mean(trial.outcomes.ending_code == STATIONARY)
    return bool((~trial.reached).mean() >= NOTICED or at_rest_late >= NOTICED)


def _remedies(first: Trial) -> tuple[list[Remedy], list[Remedy]]:
    """What was asked, and the part of it that helps; where nothing does, it is asked anew without what came first."""
    asked: list[Remedy] = []
    left_out: set[str] = set()
    for _ in range(ATTEMPTS):
        chain, length = _chain(first, left_out)
        asked += [remedy for remedy in chain if not _same_lines(remedy, asked)]
        if length or not chain:
            return asked, chain[:length]
        left_out.add(chain[0].cause)
    return asked, []


def _chain(first: Trial, left_out: set[str]) -> tuple[list[Remedy], int]:
    """Remedies one after the other, and after how many of them most starts reach a minimum."""
    chain: list[Remedy] = []
    best, length, now = first, 0, first
    while _needs_advice(now) and (remedy := _next(now, chain, left_out)) is not None:
        chain.append(remedy)
        now = first.probe.trial(remedy.setting)
        if _better(now, best):
            best, length = now, len(chain)
    return chain, length


def _next(trial: Trial, chain: list[Remedy], left_out: set[str]) -> Remedy | None:
    """The remedy of the first cause that was not asked before and applies; none that undoes one of the chain."""
    asked = left_out | {remedy.cause for remedy in chain}
    for cause in CAUSES:
        if cause.__name__ in asked or not holds(cause, trial.method) or (remedy := _remedy(cause, trial)) is None:
            continue
        if remedy.setting.units is not None or not any(_undoes(remedy.changes[0], r.changes[0]) for r in chain):
            return remedy
    return None


def _remedy(cause: Cause, trial: Trial) -> Remedy | None:
    """The remedy of a cause; none where the method does not take its numbers.

    So it is with more steps, at some of which a formula of the rate is negative, or a schedule for Rprop.
    """
    try:
        return cause(trial)
    except InputError:
        return None


def _undoes(change: Change, before: Change) -> bool:
    """Whether one line raises what the other lowers; in other units a number is another one."""
    if change.key != before.key or change.key in (DESIGN, DOMAIN):
        return False
    (low, high), (first, last) = ((float(c.given), float(c.value)) for c in (change, before))
    return (high - low) * (last - first) < 0


def _better(trial: Trial, than: Trial) -> bool:
    """Whether more starts reach a minimum, or as many with far fewer steps."""
    gain = float(trial.reached.mean() - than.reached.mean())
    return gain >= NOTICED or (gain >= 0 and bool(than.reached.any()) and _steps(than) >= FASTER * _steps(trial))


def _steps(trial: Trial) -> float:
    return float(trial.outcomes.steps.mean())


def _needed(first: Trial, chain: list[Remedy]) -> list[Remedy]:
    """The remedies without which fewer starts reach a minimum."""
    kept = list(chain)
    for remedy in chain:
        rest = [r for r in kept if r is not remedy]
        with_it, without = (first.probe.trial(_together(first.setting, some)) for some in (kept, rest))
        kept = kept if _better(with_it, without) else rest
    return kept


def _not_overruled(remedies: list[Remedy]) -> list[Remedy]:
    """Those that have a line of which no later one gives another value."""
    later = [{change.key for r in remedies[i + 1 :] for change in r.changes} for i in range(len(remedies))]
    return [r for r, keys in zip(remedies, later, strict=True) if not {c.key for c in r.changes} <= keys]


def _together(setting: Setting, remedies: list[Remedy]) -> Setting:
    """The setting with the lines of some remedies; of two for the same number the later one counts."""
    for remedy in remedies:
        given, keys = remedy.setting, {change.key for change in remedy.changes}
        of_method = {key: getattr(given.method, key) for key in keys if hasattr(given.method, key)}
        setting = setting.with_method(**of_method) if of_method else setting
        units = given.units if any(key.startswith(UNIT) for key in keys) else setting.units
        widen = given.widen if WIDEN in keys else setting.widen
        domain = given.domain if DOMAIN in keys else setting.domain
        random = setting.random or DESIGN in keys
        setting = replace(setting, units=units, widen=widen, domain=domain, random=random)
    return setting


def _told(first: Trial, remedies: list[Remedy]) -> tuple[list[Diagnosis], Trial]:
    """A row for each line, with its effect beside those before it; and the trial with all of them."""
    rows, before = [], first
    for i, remedy in enumerate(remedies):
        after = first.probe.trial(_together(first.setting, remedies[: i + 1]))
        rows += [_row(remedy, _as_given(first, c), before, after, helps=True) for c in remedy.changes]
        before = after
    return rows, before


def _same_lines(remedy: Remedy, kept: list[Remedy]) -> bool:
    """Whether other remedies give values to all keys of this one, so that nothing of it was tried in vain."""
    return {change.key for change in remedy.changes} <= {change.key for r in kept for change in r.changes}


def _in_vain(probe: Probe, last: Trial, remedies: list[Remedy]) -> list[Diagnosis]:
    """What was tried and is not advised, each with its effect beside the lines that are."""
    tried = [(r, probe.trial(_together(last.setting, [r]))) for r in remedies]
    return [_row(r, c, last, after, helps=False) for r, after in tried for c in r.changes]


def _left(last: Trial) -> list[Diagnosis]:
    """What no line changed: how most of it ends, and the gradient there."""
    lost, out = ~last.reached, last.outcomes
    if lost.mean() < NOTICED:
        return []
    ending = ENDINGS[int(np.bincount(out.ending_code[lost]).argmax())]
    norms = out.gradient_norm[lost]
    norm = float(np.median(norms[np.isfinite(norms)])) if np.isfinite(norms).any() else np.nan
    remedy = Remedy(UNANSWERED, norm, (), last.setting)
    return [_row(remedy, Change(ending, "", ""), last, last, helps=False)]


def _as_given(first: Trial, change: Change) -> Change:
    """A line with what the config has, where another line before it changed that too."""
    number = getattr(first.method, change.key, None)
    return change if not isinstance(number, int | float) else replace(change, given=causes.spelled(number))


def _row(remedy: Remedy, change: Change, before: Trial, after: Trial, *, helps: bool) -> Diagnosis:
    return Diagnosis(
        cause=remedy.cause,
        number=float(f"{remedy.number:.4g}"),
        key=change.key,
        given=change.given,
        value=change.value,
        helps=helps,
        tried=len(before.reached),
        reached_before=int(before.reached.sum()),
        reached_after=int(after.reached.sum()),
        steps_before=_steps(before),
        steps_after=_steps(after),
    )
