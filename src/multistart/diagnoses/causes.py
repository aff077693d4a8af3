"""What can keep starts from a minimum: each cause by its numbers, with the line of the config that answers it.

A cause is a function from what became of the sample to a :class:`Remedy`, or to none where its numbers do not fit. To
add one, write the function, name its cause in :data:`CAUSES` of :mod:`multistart.diagnoses.diagnose` in the order in
which causes are asked, say in :mod:`multistart.study.advice` how it is worded, and test that following it helps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import (
    BOUNDED,
    CONVERGED,
    CYCLE,
    LEFT_ARENA,
    NONFINITE,
    STATIONARY,
    STEP_LIMIT,
    VISITED,
)
from multistart.diagnoses.diagnosis import DESIGN, DOMAIN, NOTICED, UNIT, WIDEN
from multistart.diagnoses.nearer import nearer_domain
from multistart.diagnoses.probe import Setting, Trial
from multistart.diagnoses.scaled import norms_of
from multistart.methods import Method
from multistart.methods.rate import RateFormula, Scheduled, largest_rate
from multistart.minima.polish import polish
from multistart.minima.scales import neighbours

TOLERANCE = 1e-8  # of the gradient's size among the starts: the tolerance that is advised
COARSE = 1e-3  # of that size: a tolerance above this ends descents that have hardly begun
ROOM = 4.0  # a tolerance is this much above the rounding of the gradient
FAR_TOO_LARGE = 1e-6  # of the learning rate: where only a smaller one would do, as beside a pole, none does
NEARLY = 0.9  # of the smallest critical learning rate: from here on descents overshoot back and forth for long
SAFE = 0.5  # of the smallest critical learning rate: what is advised
SLOW = 0.4  # of it: a learning rate below this can be raised
UNEVEN = 100.0  # ratio of curvatures from which units are looked at
EVENED = 4.0  # how many times smaller other units must make it
MORE_STEPS = 10
WORK = 5e7  # steps that are tried at most, of all descents together
AT = 1e-4  # widths of the domain: an end this near to a critical point is at it
DOWN = 1e-6  # of the largest curvature: a smaller one below 0 is a flat direction, rounded
STRIDE = 1.0  # widths of the domain: a last step this far out was a jump
WIDER = 4.0  # widths of the domain more
FLAT = 0.01  # of the smallest of the minima's largest curvatures: less is flat
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """A line of the config: its key below the section that ``where`` names, what it is and what to write."""

    key: str
    given: str
    value: str


@dataclass(frozen=True)
class Remedy:
    """A cause with the number that shows it, the lines that answer it, and the setting with these lines."""

    cause: str
    number: float
    changes: tuple[Change, ...]
    setting: Setting


def tolerance_too_large(trial: Trial) -> Remedy | None:
    """Descents stop where they stand: the tolerance is as large as the gradient nearly everywhere, or in a valley.

    The number is the gradient's size among the starts, or at the far end of the flattest direction of a minimum.
    """
    slope, tolerance = trial.slope, trial.method.gradient_tolerance
    if len(trial.curvatures) and (least := float(trial.curvatures[:, 0].min())) > 0:
        slope = min(slope, least * float(trial.probe.domain.width.min()))
    if not (_noticed(trial.lost(CONVERGED, VISITED)) and 0 < COARSE * slope < tolerance):
        return None
    return _remedy("tolerance_too_large", slope, trial, gradient_tolerance=power_of_ten(TOLERANCE * slope, up=False))


def tolerance_too_small(trial: Trial) -> Remedy | None:
    """Descents stand at a minimum and do not stop, as the gradient there never falls to the tolerance in their steps.

    The tolerance advised is above the gradient of nearly all that stand there, above its rounding, and no smaller than
    1e-8 of the gradient's size among the starts. The number is the median gradient of those that stand there.
    """
    out = trial.outcomes
    stuck = trial.standing & np.isin(out.ending_code, (STEP_LIMIT, STATIONARY))
    if not _noticed(stuck) or 2 * stuck.sum() < (stuck | ~trial.reached).sum():
        return None
    norms = out.gradient_norm[stuck]
    least = max(float(np.quantile(norms, 0.95)), ROOM * _rounding(trial), 1e-300)
    value = max(power_of_ten(least), power_of_ten(max(TOLERANCE * trial.slope, 1e-300), up=False))
    if value <= trial.method.gradient_tolerance:
        return None
    return _remedy("tolerance_too_small", float(np.median(norms)), trial, gradient_tolerance=value)


def rate_too_large(trial: Trial) -> Remedy | None:
    """The learning rate is above the critical one of a minimum, which then attracts nothing, or nearly so.

    The number is the smallest critical rate.
    """
    critical = _critical(trial)
    lost = trial.lost(STEP_LIMIT, CYCLE, BOUNDED, LEFT_ARENA, NONFINITE, CONVERGED, STATIONARY)
    if not (NEARLY * critical <= trial.method.learning_rate and _noticed(lost)):
        return None
    return _remedy("rate_too_large", critical, trial, learning_rate=two_digits(SAFE * critical))


def rate_too_large_far_out(trial: Trial) -> Remedy | None:
    """Steps are too long where the function is steeper than at its minima: descents are thrown out.

    The number is the learning rate 2/lambda_max, with the median of the largest curvatures at starts that were lost.
    """
    thrown = trial.lost(LEFT_ARENA, NONFINITE) & (trial.outcomes.steps > 0)
    mostly = 2 * thrown.sum() >= (~trial.reached).sum()
    if isinstance(trial.method.critical_rate, str) or not (_noticed(thrown) and mostly):
        return None
    hessian = trial.probe.objective.hessian(trial.outcomes.start[thrown])
    hessian = hessian[np.isfinite(hessian).all(axis=(1, 2))]
    if len(hessian) == 0:
        return None
    largest = float(np.median(np.linalg.eigvalsh(hessian)[:, -1]))
    critical = 2 / largest if largest > 0 else math.inf
    if not FAR_TOO_LARGE * trial.method.learning_rate <= critical <= trial.method.learning_rate:
        return None
    return _remedy("rate_too_large_far_out", critical, trial, learning_rate=two_digits(SAFE * critical))


def rate_too_small(trial: Trial) -> Remedy | None:
    """Descents creep: the learning rate is far below what the minima allow.

    The number is the smallest critical rate.
    """
    critical = _critical(trial)
    if not (_noticed(trial.lost(STEP_LIMIT, STATIONARY)) and trial.method.learning_rate < SLOW * critical < math.inf):
        return None
    return _remedy("rate_too_small", critical, trial, learning_rate=two_digits(SAFE * critical))


def units_uneven(trial: Trial) -> Remedy | None:
    """Curvatures differ so much that no learning rate suits all directions, and other units of the variables mend it.

    The unit of a variable is the length on which the function curves by one along it: ``1/sqrt(H_ii)``, in the middle
    over the minima. The number is how many times the largest curvature is the smallest, at the worst of them.
    """
    curvatures, probe = trial.curvatures, trial.probe
    known = len(curvatures) > 0 and trial.setting.domain is None
    known &= not probe.domain.logs  # a logarithm in other units would be a power
    if not (known and _noticed(trial.lost(STEP_LIMIT)) and _critical(trial) < math.inf):
        return None
    hessian = probe.objective.hessian(trial.minima.location)
    diagonal = np.diagonal(hessian, axis1=1, axis2=2)
    if not (diagonal > 0).all() or not (curvatures[:, 0] > 0).all():
        return None
    lengths = np.exp(np.median(-0.5 * np.log(diagonal), axis=0))
    units = np.array([one_digit(length) for length in lengths / lengths.min()])
    eigenvalues = np.linalg.eigvalsh(hessian * units[:, None] * units)
    before, after = (float((e[:, -1] / e[:, 0]).max()) for e in (np.linalg.eigvalsh(hessian), eigenvalues))
    if not (before >= UNEVEN and 0 < after <= before / EVENED):
        return None
    rate = two_digits(SAFE * 2 / float(eigenvalues[:, -1].max()))
    remedy = _remedy("units_uneven", before, trial, learning_rate=rate)
    pairs = zip(probe.domain.names, units.tolist(), strict=True)
    changes = tuple(Change(f"{UNIT}{name}", "1", spelled(unit)) for name, unit in pairs if unit != 1)
    setting = replace(remedy.setting, units=tuple(units.tolist()))
    return replace(remedy, changes=(*changes, *remedy.changes), setting=setting)


def starts_in_a_flat_tail(trial: Trial) -> Remedy | None:
    """Starts lie where the function hardly falls, and nearer to the minima they arrive.

    The number is the median gradient at the ends that are flat.
    """
    flat = _flat(trial)
    if trial.probe.placed or trial.setting.units is not None:  # starts of a user's own, sides of other units
        return None
    if not _noticed(flat) or 2 * flat.sum() < (~trial.reached).sum():
        return None
    nearer = nearer_domain(trial)
    if nearer is None:
        return None
    domain = trial.probe.domain
    boxes = domain.users, Box(dict(zip(domain.names, nearer, strict=True)), dict(domain.logs)).users
    change = Change(DOMAIN, *(_sides(box.names, tuple(box.bounds.values())) for box in boxes))
    norm = float(np.median(trial.outcomes.gradient_norm[flat]))
    return Remedy("starts_in_a_flat_tail", norm, (change,), replace(trial.setting, domain=nearer))


def too_few_steps(trial: Trial) -> Remedy | None:
    """Descents are on their way when the steps run out. The number is the median gradient of those.

    Ten times the steps are advised, or more where the flattest direction of a minimum needs them and they can be tried.
    """
    lost = trial.lost(STEP_LIMIT)
    if not _noticed(lost):
        return None
    norm = float(np.median(trial.outcomes.gradient_norm[lost]))
    most = trial.method.max_steps
    needed = math.ceil(_steps_to_converge(trial) / most)
    needed = math.ceil(needed / 10 ** (len(str(needed)) - 1)) * 10 ** (len(str(needed)) - 1)
    times = needed if MORE_STEPS < needed <= WORK / (len(lost) * most) else MORE_STEPS
    return _remedy("too_few_steps", norm, trial, max_steps=times * most)


def arena_too_small(trial: Trial) -> Remedy | None:
    """Descents walk out of the arena, towards a minimum outside. The number is how wide the arena is."""
    left, arena = trial.lost(LEFT_ARENA), trial.probe.domain.widened(trial.setting.widen)
    if not _noticed(left):
        return None
    ends = trial.outcomes.end[left]
    outside = (np.maximum(arena.low - ends, ends - arena.high) / trial.probe.domain.width).max(axis=1)
    if np.median(outside) > STRIDE:
        return None
    given, widen = trial.setting.widen, trial.setting.widen + WIDER
    change = Change(WIDEN, spelled(given), spelled(widen))
    return Remedy("arena_too_small", given, (change,), replace(trial.setting, widen=widen))


def starts_on_a_ridge(trial: Trial) -> Remedy | None:
    """Starts lie exactly where descents run to a saddle, as a grid can have them. The number is how many."""
    lost = trial.lost(CONVERGED, STATIONARY, VISITED)
    if trial.setting.random or not _noticed(lost):
        return None
    lost[lost] = _at_saddle(trial, trial.outcomes.end[lost])
    if not _noticed(lost):
        return None
    change = Change(DESIGN, "", "jittered_grid")
    setting = replace(trial.setting, random=True)
    return Remedy("starts_on_a_ridge", float(lost.sum()), (change,), setting)


def _flat(trial: Trial) -> NDArray[np.bool_]:
    """Which starts ended at no minimum and where it is flat, shape ``(n,)``.

    There the function curves at most a hundredth as much as at a minimum, and ten times the steps, as long as the next
    one, would not lead to the nearest minimum.
    """
    lost, out, places = trial.lost(STEP_LIMIT, CONVERGED, STATIONARY), trial.outcomes, trial.minima.location
    rate = _longest_rate(trial.method)
    if len(places) == 0 or not lost.any() or rate is None:
        return np.zeros_like(lost)
    ends = out.end[lost]
    curved = np.abs(np.linalg.eigvalsh(trial.probe.objective.hessian(ends))).max(axis=1)
    way = MORE_STEPS * trial.method.max_steps * rate * out.gradient_norm[lost]
    away = np.linalg.norm(ends[:, None] - places, axis=2).min(axis=1)
    lost[lost] = (curved <= FLAT * trial.curvatures[:, 1].min()) & (way < away)
    return lost


def _longest_rate(method: Method) -> float | None:
    """The largest learning rate of gradient descent whose steps are as long; none where none is known."""
    if isinstance(method.rate, Scheduled | RateFormula):
        return largest_rate(method.rate, method.max_steps) if method.rule.name == "gradient_descent" else None
    return method.effective_rate


def _sides(names: tuple[str, ...], ends: tuple[tuple[float, float], ...]) -> str:
    """A domain as a config takes it.

    >>> _sides(("x", "y"), ((-1.5, 2.0), (0.0, 1.0)))
    '{x: [-1.5, 2], y: [0, 1]}'
    """
    pairs = zip(names, ends, strict=True)
    return f"{{{', '.join(f'{name}: [{spelled(low)}, {spelled(high)}]' for name, (low, high) in pairs)}}}"


def _noticed(which: NDArray[np.bool_]) -> bool:
    return bool(which.mean() >= NOTICED)


def _remedy(cause: str, number: float, trial: Trial, **numbers: float) -> Remedy:
    """The remedy that gives numbers of the method other values."""
    given = {name: getattr(trial.method, name) for name in numbers}
    changes = tuple(Change(name, spelled(given[name]), spelled(value)) for name, value in numbers.items())
    return Remedy(cause, number, changes, trial.setting.with_method(**numbers))


def _critical(trial: Trial) -> float:
    """The smallest critical learning rate; infinite where no minimum is known, or none of the rule."""
    if isinstance(trial.method.critical_rate, str) or len(trial.curvatures) == 0:
        return math.inf
    return float(trial.method.critical_learning_rate(trial.curvatures[:, 1]).min())


def _steps_to_converge(trial: Trial) -> float:
    """Steps that the gradient takes to the tolerance along the flattest direction of a minimum; 0 if not known."""
    rate, tolerance = trial.method.constant_rate, trial.method.gradient_tolerance
    if rate is None or trial.method.rule.name != "gradient_descent":
        return 0.0
    least = float(trial.curvatures[:, 0].min(initial=math.inf))
    if not (0 < rate * least < 1 and 0 < tolerance < trial.slope):
        return 0.0
    return math.log(trial.slope / tolerance) / -math.log1p(-rate * least)


def _at_saddle(trial: Trial, ends: Array) -> NDArray[np.bool_]:
    """Which ends are at a critical point at which the function curves down in some direction."""
    objective, domain = trial.probe.objective, trial.probe.domain
    polished = polish(objective, ends, domain, bowls=False)
    at = polished.near & (np.abs(polished.points - ends) <= AT * domain.width).all(axis=1)
    curvatures = np.linalg.eigvalsh(objective.hessian(polished.points[at]))
    at[at] = curvatures[:, 0] < -DOWN * np.abs(curvatures).max(axis=1)
    return at


def _rounding(trial: Trial) -> float:
    """How large the gradient is among points that differ from a minimum in their last digits, at most."""
    probe, places = trial.probe, trial.minima.location
    around = neighbours(places, probe.domain.width).reshape(-1, places.shape[1])
    norms = norms_of(probe.objective.gradient(around))
    return float(np.max(norms, initial=0.0, where=np.isfinite(norms)))


def power_of_ten(x: float, *, up: bool = True) -> float:
    """The next power of ten.

    >>> power_of_ten(3.6e12), power_of_ten(4e12, up=False)
    (10000000000000.0, 1000000000000.0)
    """
    exponent = math.log10(x)
    return float(f"1e{math.ceil(exponent - 1e-9) if up else math.floor(exponent + 1e-9)}")


def two_digits(x: float) -> float:
    """The largest number of two digits that is not above x.

    >>> two_digits(0.03313), two_digits(0.5)
    (0.033, 0.5)
    """
    digits = 10.0 ** (math.floor(math.log10(x)) - 1)
    return float(f"{math.floor(x / digits + 1e-9)}e{round(math.log10(digits))}")


def one_digit(x: float) -> float:
    """The nearest number of one digit.

    >>> one_digit(24.1), one_digit(0.96)
    (20.0, 1.0)
    """
    return float(f"{x:.0e}")


def spelled(value: float) -> str:
    """As a config takes it: a whole number where it is one, else a float that YAML reads as one."""
    text = f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e10 else f"{value:.6g}"
    return text if "." in text or "e" not in text else text.replace("e", ".0e")
