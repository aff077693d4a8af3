"""The critical rate of any rule, from its lines: the map of point and memory beside a minimum, made linear.

Where the gradient vanishes and memory has come to rest, an update is ``z -> A z + b g`` up to smaller terms, with ``z``
a coordinate and what it remembers. Along an eigenvector of the Hessian ``g = lambda x``, which makes it the matrix
``A + lambda b e'``, with ``e`` the unit vector of x. All coordinates have the same A and b, so these matrices, one for
each eigenvalue, tell all. A minimum attracts while their eigenvalues are inside the unit circle, and does not where one
is outside (Lyapunov's indirect method; Kuznetsov 2004, Elements of Applied Bifurcation Theory, theorem 2.1). What is
remembered but does not move x to first order, as Adam's mean of squares, has to come to rest by itself, and is then as
if it were there.

Where the matrices depend on ``lr*lambda`` alone there is one number c, and the critical rate is ``c/lambda_max``. For
anything else no number is claimed, but a clause says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.methods.arithmetic import Name
from multistart.methods.beside import Array, Beside, changing, evaluated, number
from multistart.methods.critical import CriticalRate
from multistart.methods.entry import OWN, Entry
from multistart.methods.rate import RateOfEach
from multistart.methods.search import BY_ITSELF, Search
from multistart.methods.translation import RATE, Definition, names_in, translated

if TYPE_CHECKING:
    from multistart.methods.method import Method

OF_EACH = "there is a learning rate for each variable"
IN_WIDTHS = "it is one in units of the domain's widths"
NO_RATE = "it has no learning rate"
OF_TIME = "its formula changes with the steps made"
NOT_SMOOTH = "the rule is not smooth where the gradient vanishes"
OF_THE_PAST = "what it remembers comes back to no one value, so that the limit depends on the gradients before"
GROWS = "what it remembers grows by itself, unless it is just where it rests"
MOVES_ON = "it moves on where the gradient vanishes, so that a minimum is no place of rest"
OF_THE_PLACE = "its steps depend on the place itself, not on the gradient alone"
NO_FACTOR = "its steps are not the learning rate times something that it does not change"
NOT_LINEAR = "its steps have no part that is linear in the gradient"
UNDECIDED = "to first order its steps neither fall nor grow beside a minimum"
NOT_FROM_0 = "a minimum attracts at larger rates only"

#: Rates at which lines are evaluated, and places: what is a formula of ``lr*lambda`` has no other difference.
RATES, PLACE, ELSEWHERE = (1.0, 2.0**-10, 0.37, 2.0**10), 0.731, -57.0
SAME, ROUNDING, TINY = 1e-9, 1e-13, 1e-290
SETTLING, NEWTON = 8, 60  # updates without a gradient, then steps to what they come to
MARGIN = 1e-9  # of an eigenvalue to the unit circle, for it to be inside or outside
SURELY = 1e-6  # outside, where two eigenvalues may be one
ON_THE_CIRCLE, CLOSE = 1e-4, 1.01
LOOKS = 20  # rates below the critical one at which the matrix is looked at again


class NoLimit(Exception):
    """There is no critical rate; says why, in a clause."""


def critical_rate(method: Method) -> CriticalRate | str:
    """The formula of a method's critical rate: a catalogue's, or made of the lines of a rule of one's own.

    In its place the clause that says why there is none.
    """
    entry = method.entry
    if method.outside is not None or isinstance(entry, Search):
        return BY_ITSELF
    if isinstance(method.rate, tuple | RateOfEach):
        return OF_EACH
    if method.precondition is not None:
        return IN_WIDTHS
    if not isinstance(entry, Entry):
        return method.rule.critical_learning_rate or "nothing is known of it"
    if entry.name != OWN:
        return method.rule.critical_learning_rate or entry.no_critical_rate
    own = tuple((name, float(value)) for name, value in method.hyperparameters if name != RATE)  # type: ignore[arg-type]
    return of_lines(entry, (*own, ("N", float(method.max_steps))))


@lru_cache(maxsize=256)
def of_lines(
    entry: Entry, numbers: tuple[tuple[str, float], ...], flags: tuple[tuple[str, bool], ...] = ()
) -> CriticalRate | str:
    """The critical rate of a rule at these numbers, from its lines alone, or the clause that says why there is none."""
    try:
        factor = critical_factor(entry, dict(numbers), dict(flags))
    except NoLimit as why:
        return str(why)
    return CriticalRate(f"{factor!r}/curvature", said=f"{factor:.6g}/lambda_max") if factor else CriticalRate("0")


def critical_factor(entry: Entry, numbers: Mapping[str, float], flags: Mapping[str, bool]) -> float:
    """The c of ``c/lambda_max``, to 12 digits; 0 where a minimum attracts at no rate.

    Raises
    ------
    NoLimit
        There is no such number.
    """
    lines = translated(entry.statements, state=tuple(dict(entry.state)), flags=dict(flags))
    reads = {name.base for _, term in lines.definitions for name in names_in(term) if name.version == 0}
    if "lr" not in reads | set(dict(entry.state).values()):
        raise NoLimit(NO_RATE)
    if "t" in reads:
        raise NoLimit(OF_TIME)
    state = {base: dict(entry.state)[base] for base, _, _ in lines.state}
    first, *others = (_Update(lines.definitions, state, {**numbers, "lr": rate}, PLACE) for rate in RATES)
    elsewhere = _Update(lines.definitions, state, {**numbers, "lr": RATES[0]}, ELSEWHERE)
    _check_one_rest(first)
    one = _linear(first)
    if not _agree(one, _linear(elsewhere), 1.0):
        raise NoLimit(OF_THE_PLACE)
    for rate, other in zip(RATES[1:], others, strict=True):
        if not _agree(one, _linear(other), rate):
            raise NoLimit(NO_FACTOR)
    return _first_loss(one)


@dataclass(frozen=True)
class _Linear:
    """The map along an eigenvector: ``own + rate*lambda*by_gradient e'``, and the values that comparisons had."""

    own: Array
    by_gradient: Array
    compared: list[tuple[float, float]]

    def at(self, scale: float) -> Array:
        """The matrix at a rate times an eigenvalue."""
        first = np.eye(len(self.own))[0]
        return np.asarray(self.own + scale * np.outer(self.by_gradient, first))

    @property
    def polynomials(self) -> tuple[Array, Array]:
        """P and Q of its characteristic polynomial ``P(z) + scale*Q(z)``, highest powers first.

        From values on the unit circle: ``P = det(z - own)``, and Q less that with ``by_gradient`` for the column of x.
        """
        n = len(self.own)
        circle = np.exp(2j * np.pi * (np.arange(n + 1) + 0.5) / (n + 1))
        own = circle[:, None, None] * np.eye(n) - self.own
        by_gradient = own.copy()
        by_gradient[:, :, 0] = self.by_gradient
        values = np.linalg.det(own), -np.linalg.det(by_gradient)
        powers = circle[:, None] ** -np.arange(n, -1, -1)
        p, q = (np.asarray((value @ powers).real / (n + 1)) for value in values)
        return p, q


@dataclass(frozen=True)
class _Update:
    """An update beside a minimum at ``place``, at some numbers; ``state`` has start values."""

    definitions: Sequence[Definition]
    state: Mapping[str, float | str]
    numbers: Mapping[str, float]
    place: float

    @property
    def start(self) -> Array:
        """What is remembered first."""
        return np.array([float(self.numbers[x] if isinstance(x, str) else x) for x in self.state.values()])

    @property
    def last(self) -> list[Name]:
        """What holds x, then each state, after an update."""
        names = {name.base: name for name, _ in self.definitions}
        return [names["x"], *(names[base] for base in self.state)]

    def beside(self, memory: Array, positive: Sequence[bool] | NDArray[np.bool_]) -> Beside:
        """What names come to, near this memory and a gradient of 0; ``positive`` says which is never negative."""
        w = len(self.state) + 2
        held = {Name(name): number(value, w) for name, value in self.numbers.items()}
        held[Name("x")], held[Name("g")] = changing(self.place, 0, w), changing(0.0, w - 1, w)
        held[Name("gnorm")] = held[Name("g")].kinked(0.0, positive=True)
        for i, (base, value) in enumerate(zip(self.state, memory, strict=True), 1):
            held[Name(base)] = changing(value, i, w, positive=positive[i - 1])
        return evaluated(self.definitions, held, w)

    def rest(self, memory: Array, positive: Sequence[bool] | NDArray[np.bool_]) -> Array:
        """The memory that updates without a gradient come to: some of them, then Newton's method.

        Raises
        ------
        NoLimit
            They come to none.
        """
        for step in range(SETTLING + NEWTON):
            near = self.beside(memory, positive)
            rows = [near.held[name] for name in self.last[1:]]
            after = np.array([row.value for row in rows])
            if not np.isfinite(after).all():
                raise NoLimit(NOT_SMOOTH)
            if (after == memory).all():
                return memory
            if step >= SETTLING:
                slopes = np.array([row.slope[1:-1] for row in rows])
                after = memory - _solved(slopes - np.eye(len(rows)), after - memory)
                after[np.abs(after) <= ROUNDING * np.abs(memory)] = 0.0
            if step == SETTLING + NEWTON - 1 and np.allclose(after, memory, rtol=1e-13, atol=0):
                return memory
            memory = after
        raise NoLimit(OF_THE_PAST)


def _solved(matrix: Array, right: Array) -> Array:
    try:
        found = np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        found = np.full(len(right), np.nan)
    if not np.isfinite(found).all():
        raise NoLimit(OF_THE_PAST)
    return np.asarray(found)


def _linear(update: _Update) -> _Linear:
    """The linear map of what moves x to first order, x first."""
    positive = [bool(value >= 0) for value in update.start]
    while True:  # what cannot be negative, as long as the rest of it cannot
        memory = update.rest(update.start, positive)
        near = update.beside(memory, positive)
        x, *state = (near.held[name] for name in update.last)
        still = [p and each.not_negative for p, each in zip(positive, state, strict=True)]
        if still == positive:
            break
        positive = still
    if not x.known:
        raise NoLimit(NOT_SMOOTH)
    if not np.isclose(x.value, update.place, rtol=1e-12, atol=0):
        raise NoLimit(MOVES_ON)
    slopes = np.array([row.slope for row in (x, *state)])
    moves = _moving_x(slopes[:, :-1])
    core, besides = slopes[moves], slopes[~moves][:, :-1][:, ~moves]
    if np.isnan(core).any() or np.isnan(besides).any():
        raise NoLimit(NOT_SMOOTH)
    if not _radius(besides) < 1 - MARGIN:
        raise NoLimit(OF_THE_PAST)
    return _Linear(core[:, :-1][:, moves], core[:, -1], near.compared)


def _check_one_rest(update: _Update) -> None:
    """Refuse memory that rests at other values too, where it was there before."""
    positive = update.start >= 0
    memory = update.rest(update.start, positive)
    for other in (update.start + 1, update.start - 1):
        try:
            rest = update.rest(other, positive)
        except NoLimit:
            continue  # where it has no value it does not stay either
        if not np.allclose(rest, memory, rtol=SAME, atol=TINY):
            raise NoLimit(OF_THE_PAST)


def _moving_x(slopes: Array) -> NDArray[np.bool_]:
    """Which of x and the state move x to first order, in any number of updates."""
    moves = np.arange(len(slopes)) == 0
    for _ in slopes:
        moves = moves | (slopes[moves] != 0).any(axis=0)
    return moves


def _agree(one: _Linear, other: _Linear, rate: float) -> bool:
    """Whether a map is the one at the rate 1, with the gradient's part times the rate."""
    if one.own.shape != other.own.shape or len(one.compared) != len(other.compared):
        return False
    if not np.allclose(one.compared, other.compared, rtol=SAME, atol=0, equal_nan=True):
        return False
    (p, q), (p_other, q_other) = one.polynomials, other.polynomials
    sizes = SAME * np.abs(p).max(), SAME * np.abs(q).max()
    return bool((np.abs(p - p_other) <= sizes[0]).all() and (np.abs(q - q_other / rate) <= sizes[1]).all())


def _radius(matrix: Array) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))


def _first_loss(map_: _Linear) -> float:
    """The rate times eigenvalue at which an eigenvalue of the map first leaves the unit circle."""
    if not map_.by_gradient.any():
        raise NoLimit(NOT_LINEAR)
    if _radius(map_.own) > 1 + SURELY:
        raise NoLimit(GROWS)
    edges = _crossings(*map_.polynomials)
    between = [edges[0] / 2, *(np.sqrt(a * b) for a, b in pairwise(edges) if b > CLOSE * a), 2 * edges[-1]]
    radii = [_radius(map_.at(scale)) for scale in between]
    if any(abs(radius - 1) <= MARGIN for radius in radii):
        raise NoLimit(UNDECIDED)
    inside = [radius < 1 for radius in radii]
    if not inside[0]:
        if any(inside):
            raise NoLimit(NOT_FROM_0)
        return 0.0
    if all(inside):  # a product of roots grows with the scale
        raise NoLimit(UNDECIDED)
    first = inside.index(False)
    found = _bisected(map_, between[first - 1], between[first])
    if not all(_radius(map_.at(found * i / LOOKS)) < 1 for i in range(1, LOOKS)):
        raise NoLimit(UNDECIDED)
    return float(f"{found:.12g}")


def _crossings(p: Array, q: Array) -> Array:
    """Where ``P(z) + scale*Q(z)`` has a root on the unit circle, ascending: there ``P(z) Q(1/z)`` is real."""
    q = np.concatenate([np.zeros(len(p) - len(q)), q]) if len(q) < len(p) else q
    size = np.abs(q).max()
    real = np.convolve(p, q[::-1] / size) - np.convolve(p[::-1], q / size)
    real[np.abs(real) <= ROUNDING * np.abs(p).max()] = 0.0
    roots = np.roots(real)
    circle = np.append(roots[np.abs(np.abs(roots) - 1) < ON_THE_CIRCLE], -1.0)
    circle = circle / np.abs(circle)
    with np.errstate(all="ignore"):
        scales = -np.polyval(p, circle) / np.polyval(q, circle)
    good = np.isfinite(scales) & (np.abs(scales.imag) <= 1e-3 * np.abs(scales)) & (scales.real > ROUNDING / size)
    return np.sort(np.append(scales.real[good], [] if good.any() else 1 / size))


def _bisected(map_: _Linear, low: float, high: float) -> float:
    """The scale between one inside and one outside."""
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if _radius(map_.at(middle)) < 1 else (low, middle)
    return float(low)
