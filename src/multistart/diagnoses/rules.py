"""Which causes hold for which update rules, and the one that only others than gradient descent have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from multistart.descents.outcomes import IN_ORBITS, STEP_LIMIT
from multistart.diagnoses import causes
from multistart.diagnoses.causes import Change, Remedy, spelled
from multistart.diagnoses.diagnosis import NOTICED
from multistart.diagnoses.probe import Trial
from multistart.methods import Method
from multistart.methods.entry import Entry
from multistart.methods.rate import RateFormula, Scheduled

Cause = Callable[[Trial], Remedy | None]

AROUND = 10.0  # learning rates: an end as near to a minimum, in every coordinate, goes round it
CLOSE = 0.02  # widths of the domain: and is as near as that
FALLEN = 1e-9  # of the learning rate: to what it is advised to fall


def understood(method: Method) -> bool:
    """Whether causes are known: of rules of the catalogue with one learning rate for all variables, in their units."""
    of_catalogue = isinstance(method.optimizer, str) and isinstance(method.entry, Entry)
    return method.precondition is None and of_catalogue and isinstance(method.rate, float | Scheduled | RateFormula)


def steps_stay_long(trial: Trial) -> Remedy | None:
    """Descents go round a minimum and do not come to rest, as steps of the rule do not get shorter with the gradient.

    A learning rate that falls is advised. The number is the median gradient of those that go round.
    """
    lost, rate, places = trial.lost(STEP_LIMIT, *IN_ORBITS), trial.method.constant_rate, trial.minima.location
    if rate is None or len(places) == 0 or not lost.any():
        return None
    room = np.minimum(AROUND * rate, CLOSE * trial.probe.domain.width)
    away = np.abs(trial.outcomes.end[lost][:, None] - places)
    around = np.any(np.all(away <= room, axis=2), axis=1)
    if around.sum() < NOTICED * len(lost) or 2 * around.sum() < lost.sum():
        return None
    factor = float(f"{FALLEN ** (1 / trial.method.max_steps):.4g}")
    if not factor < 1:
        return None
    falling = f"{{schedule: exponential, from: {spelled(rate)}, factor: {factor:g}}}"
    setting = trial.setting.with_method(learning_rate={"schedule": "exponential", "from": rate, "factor": factor})
    norm = float(np.median(trial.outcomes.gradient_norm[lost][around]))
    return Remedy("steps_stay_long", norm, (Change("learning_rate", spelled(rate), falling),), setting)


#: Those that are said of what descents of any rule do.
OF_EVERY_RULE: tuple[Cause, ...] = (
    causes.tolerance_too_large,
    causes.too_few_steps,
    causes.arena_too_small,
    causes.starts_on_a_ridge,
)
#: Those that are said of a rule's own critical rate, or of where it comes to rest, at one learning rate.
OF_ONE_RATE: tuple[Cause, ...] = (causes.tolerance_too_small, causes.rate_too_large, causes.rate_too_small)


def holds(cause: Cause, method: Method) -> bool:
    """Whether a cause can be told of a method: some are derived for gradient descent at one learning rate alone."""
    if cause is steps_stay_long:
        return method.rule.rest == "never"
    if method.rule.name == "gradient_descent" and method.constant_rate is not None:
        return True
    if method.rule.rest == "never":
        return cause in OF_EVERY_RULE
    one = method.constant_rate is not None and cause in OF_ONE_RATE
    return one or cause in (*OF_EVERY_RULE, causes.starts_in_a_flat_tail)
