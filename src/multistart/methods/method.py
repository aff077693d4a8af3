"""A descent method: an update rule with its numbers, and when it stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

from multistart.errors import InputError, one_of
from multistart.methods import outside
from multistart.methods.catalogue import CATALOGUE, OPTIMIZERS
from multistart.methods.entry import Entry, own_rule
from multistart.methods.flow import MORE_STEPS
from multistart.methods.outside import OPTIMISERS, SCIPY, Optimiser
from multistart.methods.precondition import DOMAIN, checked_widths, preconditioned
from multistart.methods.rate import Rate, RateFormula, RateOfEach, Scheduled, largest_rate
from multistart.methods.rule import WIDTH, Array, Rule, is_finite
from multistart.methods.search import APART, LEAST_SQUARES, Search
from multistart.methods.settings import Setting, checked_settings
from multistart.methods.translation import RATE
from multistart.methods.words import in_units, spelled
from multistart.plurals import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from multistart.box import Box
    from multistart.methods.critical import CriticalRate
    from multistart.methods.regions import Region, Shell

STOPPING = ("gradient", "certified")
MAX_STEPS = 10**9
Bounds = tuple[tuple[float, ...], tuple[float, ...]]  # low and high ends


@dataclass(frozen=True, init=False)
class Method:
    """A descent method: it stops at the first point whose gradient norm is at most the tolerance, or at the limit.

    At the limit of ``max_steps`` updates a descent ends as ``stationary`` where further ones come back to the same
    bits, else as ``step_limit``.

    Parameters
    ----------
    optimizer
        The name of a rule, as ``"gradient_descent"``, or an :class:`~multistart.methods.entry.Entry`; ``"scipy"`` for a
        ``method`` of SciPy's `minimize`, with its ``options``.
    rule
        A rule of one's own in its place: a mapping with ``update``, and ``state`` and ``parameters`` where it has them.
    max_steps
        Updates at most, from 1 to 10^9.
    gradient_tolerance
        0 to run all steps, or any positive finite number, in units of f / x.
    stopping
        ``"gradient"``; or ``"certified"``, which also ends a descent, as ``trapped``, at its first point inside a
        ball from which it provably converges to a certified minimum.
    precondition
        Widths of the variables that an update rule makes its steps in units of, each rounded to a power of two, as in
        ``precondition=box.width``; ``"domain"`` for those of a study's domain. The learning rate then is one in these
        units; tolerances and arena stay what they are.
    hyperparameters
        Those of the rule, by name, as in ``Method("heavy_ball", learning_rate=0.01, momentum=0.9)``; all are
        attributes. The learning rate is a number; a mapping with one for each variable; one with ``schedule``, a name
        of :data:`multistart.methods.schedules.SCHEDULES`, and its numbers; or one with ``formula``, in ``t`` and ``N``.
    bounds
        Set by :meth:`held_in`: the low and high ends of the box that each update is put back into.

    Raises
    ------
    InputError
        A hyperparameter that the rule does not have, a number outside its range, a rule that is not of its language, or
        certified stopping where no region is proven.
    """

    optimizer: str | Rule | Entry
    hyperparameters: tuple[tuple[str, Setting], ...]
    max_steps: int
    gradient_tolerance: float
    stopping: str
    bounds: Bounds | None
    precondition: str | tuple[float, ...] | None

    def __init__(
        self,
        optimizer: str | Rule | Entry = "gradient_descent",
        *,
        rule: Mapping[str, Any] | None = None,
        max_steps: int = 1000,
        gradient_tolerance: float = 1e-8,
        stopping: str = "gradient",
        precondition: str | Sequence[float] | None = None,
        hyperparameters: tuple[tuple[str, Any], ...] | Mapping[str, Any] = (),
        bounds: Bounds | None = None,
        **given: Any,
    ) -> None:
        if isinstance(optimizer, str) and optimizer not in OPTIMIZERS:
            raise InputError(f"optimizer {one_of(optimizer, OPTIMIZERS)}")
        if stopping not in STOPPING:
            raise InputError(f"stopping {one_of(stopping, STOPPING)}")
        whole = isinstance(max_steps, Integral | float) and not isinstance(max_steps, bool)
        if not whole or not 1 <= max_steps <= MAX_STEPS or max_steps != int(max_steps):
            raise InputError(f"max_steps is a whole number from 1 to {MAX_STEPS:.0e}; got {max_steps}")
        if not (is_finite(gradient_tolerance) and gradient_tolerance >= 0):
            raise InputError(f"gradient_tolerance is 0 or a positive finite number; got {gradient_tolerance}")
        if rule is not None:
            if optimizer != "gradient_descent":
                raise InputError(f"optimizer is given beside rule, {optimizer}; give one of them")
            optimizer = own_rule(rule)
        max_steps = int(max_steps)
        settings = checked_settings(optimizer, {**dict(hyperparameters), **given}, max_steps, gradient_tolerance)
        for name, value in (("optimizer", optimizer), ("hyperparameters", settings), ("max_steps", max_steps)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "gradient_tolerance", gradient_tolerance)
        object.__setattr__(self, "stopping", stopping)
        object.__setattr__(self, "bounds", bounds)
        object.__setattr__(self, "precondition", checked_widths(precondition))
        if precondition is not None and (self.outside is not None or isinstance(self.entry, Search)):
            raise InputError(f"precondition: {self._without_widths()}; leave it out")
        if stopping == "certified" and self.rule.attracted is None and self.rule.region is None:
            raise InputError(f'stopping "certified": {self._without_a_region()}; use "gradient"')

    def __getattr__(self, name: str) -> Any:
        """A hyperparameter of the rule."""
        numbers = dict(self.__dict__.get("hyperparameters", ()))
        if name not in numbers:
            raise AttributeError(f"a method has no attribute {name!r}")
        return numbers[name]

    @property
    def outside(self) -> Optimiser | None:
        """The optimiser of SciPy that descends, in place of a kernel; none for a rule."""
        return OPTIMISERS[self.method] if self.optimizer == SCIPY else None

    @property
    def paid_in(self) -> str:
        """What its descents cost, in the singular: gradients, of methods that ask for values alone these."""
        return "function evaluation" if self.outside is not None and not self.outside.needs else "gradient evaluation"

    @property
    def entry(self) -> Entry | Rule:
        """The rule as it is written."""
        if self.outside is not None:
            return self.outside.rule
        return CATALOGUE[self.optimizer] if isinstance(self.optimizer, str) else self.optimizer

    @property
    def rule(self) -> Rule:
        """The update rule as kernels have it."""
        rule = self._rule_anywhere
        return rule if self.bounds is None or self.outside is not None else rule.held()

    @property
    def _rule_anywhere(self) -> Rule:
        entry = self.entry
        if isinstance(entry, Rule):
            return entry if self.precondition is None else preconditioned(entry)
        settings, rate = dict(self.hyperparameters), self.rate
        flags = {flag.name: bool(settings[flag.name]) for flag in entry.flags}
        schedule = rate.schedule if isinstance(rate, Scheduled | RateFormula) else None
        rule = entry.rule(flags, schedule, each=isinstance(rate, tuple | RateOfEach))
        return rule if self.precondition is None else preconditioned(rule)

    def held_in(self, box: Box) -> Method:
        """The same, held in a box: after each update every coordinate is put to the nearest point of it.

        A descent rests where the projected gradient is at most the tolerance: the gradient without the components that
        point out of the box at the faces where the point is.

        Raises
        ------
        InputError
            A method that cannot be held, with the reason.
        """
        if why := self.not_held:
            raise InputError(why)
        return replace(self, bounds=(tuple(box.low.tolist()), tuple(box.high.tolist())))

    def not_for(self, loss: str | None) -> str:
        """Why it cannot descend on a fit of this loss, or, with none, on a function that is no fit; empty where it can.

        In a sentence that says what to take in its place.
        """
        if self.outside is not None:
            return self.outside.not_for(loss)
        asks = getattr(self._rule_anywhere, "asks", APART)
        if asks == LEAST_SQUARES and loss is None:
            return (
                f"{self.rule.name} is for fits, whose rows of data it asks one by one, and the objective has none: "
                "give a model and data, or take damped_newton or bfgs"
            )
        return ""

    @property
    def not_held(self) -> str:
        """Why it cannot be held in a box, in a sentence; empty where it can."""
        if self.outside is not None:
            able = ", ".join(name for name, each in OPTIMISERS.items() if each.bounds)
            return "" if self.outside.bounds else f"{self.outside.title} takes no bounds; those that do are {able}"
        rule = self._rule_anywhere
        return rule.not_held if isinstance(rule, Search) else ""

    @property
    def is_map(self) -> bool:
        """Whether each update is the same formula of point and state, so that an orbit can have a period.

        Not where a rate changes with the updates made, nor of searches and outside optimisers, which are no formula;
        nor where bounds hold it, which cut the formula into pieces.
        """
        return (
            self.outside is None and self.bounds is None and not isinstance(self.rule, Search) and self.rule.autonomous
        )

    @property
    def rate(self) -> Rate | None:
        """The learning rate as it was given; none where the rule has none."""
        return dict(self.hyperparameters).get(RATE)

    @property
    def constant_rate(self) -> float | None:
        """The learning rate where it is one number, the same of all variables."""
        return self.rate if isinstance(self.rate, float) and self.precondition is None else None

    @property
    def effective_rate(self) -> float | None:
        """The learning rate of gradient descent whose steps are as long on even ground; none where none is known.

        >>> round(Method("heavy_ball", learning_rate=0.01, momentum=0.9).effective_rate, 12)
        0.1
        """
        of = self.entry.effective_rate if isinstance(self.entry, Entry) else None
        return None if of is None or self.constant_rate is None else of(self.numbers)

    @property
    def numbers(self) -> dict[str, Any]:
        """The numbers of the rule, of a schedule too, and its flags, by name."""
        numbers = dict(self.hyperparameters)
        if isinstance(self.rate, Scheduled | RateFormula):
            del numbers[RATE]
            numbers |= self.rate.numbers(self.max_steps)
        if isinstance(self.precondition, tuple):
            numbers[WIDTH] = self.precondition
        return numbers

    def in_units_of(self, domain: Box) -> Method:
        """The method with the widths of a domain, where it makes steps in units of them."""
        return replace(self, precondition=domain.width.tolist()) if self.precondition == DOMAIN else self

    def check_variables(self, variables: tuple[str, ...]) -> None:
        """Refuse what does not go with these variables.

        Raises
        ------
        InputError
            A variable without a rate, a rate of what is no variable, or a rule of one's own with names of theirs.
        """
        if isinstance(self.rate, RateOfEach):
            self.rate.in_order(variables)
        if isinstance(self.entry, Entry):
            self.entry.check_variables(variables)

    def on(self, variables: tuple[str, ...]) -> Method:
        """The method with its rates in the order of the variables, where it has one for each.

        Raises
        ------
        InputError
            As :meth:`check_variables`; or no widths to make steps in units of.
        """
        self.check_variables(variables)
        if self.precondition == DOMAIN:
            raise InputError(
                "precondition: the domain is not known here; give its widths, as in Method(..., precondition=box.width)"
            )
        if not isinstance(self.rate, RateOfEach):
            return self
        settings = {**dict(self.hyperparameters), RATE: self.rate.in_order(variables)}
        return replace(self, hyperparameters=tuple(settings.items()))

    @property
    def identity(self) -> dict[str, Any]:
        """All that tells methods apart, as plain data."""
        stopping = {"max_steps": self.max_steps, "tolerance": self.gradient_tolerance, "stopping": self.stopping}
        numbers = [
            [name, value.rates if isinstance(value, RateOfEach) else value] for name, value in self.numbers.items()
        ]
        bounds = {} if self.bounds is None else {"bounds": [list(ends) for ends in self.bounds]}
        return {"rule": self.rule.identity, "numbers": numbers, **stopping, **bounds}

    @property
    def critical_rate(self) -> CriticalRate | str:
        """The formula of its critical rate, or the clause that says why there is none."""
        from multistart.methods.linearised import critical_rate  # with NumPy, which a config does without

        return critical_rate(self)

    def critical_learning_rate(self, curvature: Array) -> Array:
        """Above which a minimum of this largest Hessian eigenvalue stops attracting; nan where that is not known.

        In a corner, which has no curvature (nan), a descent that is held rests at any rate.
        """
        import numpy as np

        rate = self.critical_rate
        if isinstance(rate, str):
            return np.full(np.shape(curvature), np.nan)
        curvature = np.asarray(curvature, dtype=np.float64)
        return np.where(np.isnan(curvature), np.inf, rate(curvature, self.numbers))

    def of_its_units(self) -> Method:
        """The method by which one in units of widths descends the function of these units."""
        return replace(self, precondition=None)

    def step_length(self, gradient_norm: Array) -> Array:
        """How long the next update is where the gradient has this norm; nan where that alone does not tell."""
        import numpy as np

        length = self.rule.step_length
        return np.full(np.shape(gradient_norm), np.nan) if length is None else length(gradient_norm, self.numbers)

    def attracted(self, curvature: Array) -> NDArray[np.bool_]:
        """Whether it provably stays in, and converges in, an attraction ball of this curvature; shape as given."""
        import numpy as np

        holds = self.rule.attracted
        rate, numbers = self.rate, self.numbers
        if holds is None or isinstance(rate, tuple | RateOfEach):
            return np.zeros(np.shape(curvature), dtype=bool)
        if isinstance(rate, RateFormula):
            numbers[RATE] = largest_rate(rate, self.max_steps)
        elif isinstance(rate, Scheduled):
            numbers[RATE] = max(numbers[RATE], numbers.get("schedule_to", 0.0))
        return holds(curvature, numbers)

    @property
    def tighter(self) -> Method | None:
        """The same with a smaller error, which has to confirm where a descent comes to; none where no step errs."""
        rule = self.rule
        if not isinstance(rule, Search) or rule.tighter is None:
            return None
        numbers = tuple({**dict(self.hyperparameters), **rule.tighter(self.numbers)}.items())
        made = copy(self)  # unchecked: its tolerance may be smaller than any that is given
        object.__setattr__(made, "hyperparameters", numbers)
        object.__setattr__(made, "max_steps", min(MORE_STEPS * self.max_steps, MAX_STEPS))
        return made

    @property
    def arrives(self) -> bool:
        """Whether rates never add up to a finite number, so that what cannot leave a ball arrives at its minimum."""
        return not (isinstance(self.rate, Scheduled | RateFormula) and self.rate.fades)

    def region(self, shells: Sequence[Shell]) -> Region | None:
        """Where around a minimum, in point and state, a rule with memory provably converges to it; none if nowhere."""
        return self.rule.region(shells, self.numbers) if self.rule.region else None

    def in_kernel(self, d: int) -> Array:
        """The numbers that a kernel takes: the step limit, then the hyperparameters, those of coordinates ``d`` each.

        Raises
        ------
        InputError
            A list of another length than ``d``.
        """
        import numpy as np

        parts = [np.array([float(self.max_steps)])]
        rule = self.rule
        numbers = self.numbers | dict(zip(rule.bounds, self.bounds or (), strict=False))
        for hyperparameter in rule.hyperparameters:
            name, value = hyperparameter.name, numbers[hyperparameter.name]
            count = d if hyperparameter.per_coordinate else 1
            if np.ndim(value) and len(value) != d:
                raise InputError(f"{name} is one number, or {d}, one for each coordinate; got {len(value)}")
            parts.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)))
        return np.concatenate(parts)

    def describe(self) -> str:
        """The method in words, as in "gradient descent, learning rate 0.01, at most 1000 steps"."""
        steps = f"{'at most' if self.gradient_tolerance else 'exactly'} {counted(self.max_steps, 'step')}"
        where = "balls" if self.rule.region is None else "regions"
        certified = f", stopped in attraction {where}" if self.stopping == "certified" else ""
        words = filter(None, (self.rule.title, self.describe_numbers(), steps))
        return f"{', '.join(words)}{certified}"

    def describe_numbers(self) -> str:
        """The hyperparameters in words, as in "learning rate 0.01"; flags that are false say nothing."""
        if self.outside is not None:
            return outside.spelled(self.options)
        words = [spelled(name.replace("_", " "), value) for name, value in self.hyperparameters]
        words += [in_units(self.precondition)]
        return ", ".join(filter(None, words))

    def _without_widths(self) -> str:
        """Why its steps are not made in units of widths."""
        title = self.outside.title if self.outside is not None else self.rule.title
        return f"{title} finds its steps by itself"

    def _without_a_region(self) -> str:
        """Why no ball is proven to lead to a minimum."""
        if self.precondition is not None:
            return "no attraction ball is proven for steps in units of the domain's widths"
        if isinstance(self.rate, tuple | RateOfEach):
            return "no attraction ball is proven for a rate of each variable"
        if getattr(self.entry, "region", None) is not None:
            return f"no attraction region is proven for {self.rule.title} at a rate that changes"
        return f"no attraction ball is proven for {self.rule.title}, {self.rule.unproven}"
