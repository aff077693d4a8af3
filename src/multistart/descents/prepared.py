"""A method on an objective in an arena, made ready to descend from many starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import EVALUATIONS, LEFT_ARENA, Outcomes
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.kernels import Kernel, compile_kernel
from multistart.methods import Method, Search
from multistart.methods.search import COUNTERS
from multistart.proofs import Attraction, Certificate

Array = NDArray[np.float64]
STATES = 2**20  # doubles of rows that a thread holds at a time
GRADIENTS = EVALUATIONS.index("gradient_evaluations")


@dataclass(frozen=True)
class Prepared:
    """The kernel of an objective under a method's rule, and what it takes besides the starts.

    Attributes
    ----------
    low, high
        The arena, shape ``(d,)``.
    balls
        Where descents may stop, see :func:`attraction_balls`.
    stop
        Of length 1; once it is not 0, descents end within one chunk of updates in every thread.
    """

    kernel: Kernel
    method: Method
    low: Array
    high: Array
    balls: Array
    stop: NDArray[np.uint8]

    def first_state(self, n: int) -> Array:
        """The state of the rule before the first update of ``n`` descents."""
        return self.method.rule.first_state(n, len(self.low), self.method.numbers)

    @property
    def at_once(self) -> int:
        """Rows whose state fits in some megabytes: that of BFGS has a matrix each."""
        return max(8, STATES // self.kernel.outline.words)

    @cached_property
    def hyper(self) -> Array:
        """The numbers that the kernel takes, see :meth:`multistart.methods.Method.in_kernel`."""
        return self.method.in_kernel(len(self.low))

    @property
    def counts(self) -> bool:
        """Whether the rule counts its evaluations."""
        return isinstance(self.method.rule, Search)

    def follow(self, out: Outcomes, state: Array, *, taken: int = 0, until: int | None = None) -> None:
        """Fill in where descents end, and why; ``state`` of shape ``(n, s)`` then is that at the ends.

        A descent that is ``taken`` updates old is taken up in the middle, with the state it had there.
        """
        self.kernel.descend_rows(
            out.start, out.end, state, out.gradient_norm, out.steps, out.ending_code,
            self.hyper, float(taken), float(until or self.method.max_steps),
            float(self.method.gradient_tolerance or -1.0),  # no norm is below it, so all steps are run
            self.low, self.high, self.kernel.passes, self.balls, self.stop,
        )  # fmt: skip
        if out.evaluations is not None:
            out.evaluations[:] = state[:, -COUNTERS:]
            out.evaluations[:, GRADIENTS] += out.steps + self._stopped_by_gradient(out)

    def _stopped_by_gradient(self, out: Outcomes) -> NDArray[np.bool_]:
        """Whether the gradient at the end was asked for, and not only the place."""
        return (out.ending_code != LEFT_ARENA) & np.isfinite(out.end).all(axis=1)


def prepare(
    objective: Objective,
    method: Method,
    arena: Box | None,
    certificate: Certificate | None,
    cache: Path | str | None,
) -> Prepared:
    """Check what is given, and compile the kernel, or take it from the cache.

    Raises
    ------
    InputError
        Rates or an arena of other names than the objective's, certified stopping without a certificate, or a method for
        other functions.
    """
    check_function(objective, method)
    method = method.on(objective.parameter_names)
    low, high = bounds_of(objective, arena, method)
    balls = attraction_balls(objective, method, certificate)
    kernel = compile_kernel(objective, method, cache)  # last, since it takes seconds
    return Prepared(kernel, method, low, high, balls, np.zeros(1, dtype=np.uint8))


def check_function(objective: Objective, method: Method) -> None:
    """Refuse a method that cannot descend on a function.

    Raises
    ------
    InputError
        In a sentence that says why, and what to take in its place.
    """
    if why := method.not_for(None if objective.fit is None else objective.fit.loss):
        raise InputError(why)


def attraction_balls(objective: Objective, method: Method, certificate: Certificate | None) -> Array:
    """The balls in which a method's descents may stop, a row of centre and radius each, shape ``(k, d + 1)``.

    In the order of their first coordinates. None unless the method stops in them, and only those that hold for its
    rule and its numbers. Of a rule with memory they are regions of point and state, with shift and weight besides.

    Raises
    ------
    InputError
        No certificate, or for a rule with memory one without shells.
    """
    if method.stopping != "certified":
        return np.empty((0, objective.dimensions + 1))
    if certificate is None:
        raise InputError('stopping "certified" needs a certificate, as in descend(..., certificate=certify(f, arena))')
    found = [p.attraction for p in certificate.minima if p.attraction is not None and _unbounded(p.attraction, method)]
    if method.rule.region is not None:
        return _regions(objective, method, found)
    rows = [[*ball.center, ball.radius] for ball in found if method.attracted(np.array(ball.curvature))]
    return np.array(sorted(rows), dtype=np.float64).reshape(-1, objective.dimensions + 1)


def _unbounded(ball: Attraction, method: Method) -> bool:
    """Whether bounds play no part in a ball: it lies inside them, so that nothing in it is put back into the box.

    A descent never leaves a ball or region that it is in, and so neither the box: it is the one without bounds.
    """
    if method.bounds is None:
        return True
    center, reach = np.array(ball.center), np.nextafter(ball.radius, np.inf)
    low, high = np.nextafter(center - reach, -np.inf), np.nextafter(center + reach, np.inf)
    return bool((low >= method.bounds[0]).all() and (high <= method.bounds[1]).all())


def _regions(objective: Objective, method: Method, balls: list[Attraction]) -> Array:
    if balls and not any(ball.shells for ball in balls):
        raise InputError(
            f'stopping "certified" of {method.rule.title} needs a certificate with shells, as in certify(f, arena, '
            "shells=True)"
        )
    found = [(ball.center, method.region(ball.shells)) for ball in balls]
    rows = [[*center, region.radius, region.shift, region.weight] for center, region in found if region is not None]
    return np.array(sorted(rows), dtype=np.float64).reshape(-1, objective.dimensions + 3)


def held(objective: Objective, method: Method, bounds: Box | None) -> Method:
    """The method, held in a box where one is given.

    Raises
    ------
    InputError
        A box of other names than the objective's, another one than it is held in already, or a method that cannot be.
    """
    if bounds is None:
        return method
    bounds_of(objective, bounds, method)
    return method.held_in(bounds)


def bounds_of(objective: Objective, arena: Box | None, method: Method | None = None) -> tuple[Array, Array]:
    """The low and high ends of the arena, infinite where there is none, shapes ``(d,)``.

    Of a method that is held in a box these are those of the box.

    Raises
    ------
    InputError
        An arena of other names than the objective's, or another one than the box.
    """
    if method is not None and method.bounds is not None:
        low, high = map(np.array, method.bounds)
        if arena is not None and not (np.array_equal(low, arena.low) and np.array_equal(high, arena.high)):
            raise InputError(f"descents that are held in a box have that as their arena; got the arena {arena.bounds}")
        return low, high
    if arena is None:
        return np.full(objective.dimensions, -np.inf), np.full(objective.dimensions, np.inf)
    if arena.names != objective.variables:
        raise InputError(
            f"the arena names {', '.join(arena.names)}; the objective has {', '.join(objective.variables)}"
        )
    return arena.low.copy(), arena.high.copy()
