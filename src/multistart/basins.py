"""Ends -> minima -> labels. Knows nothing of descents, so any optimiser's ends can be labelled.

An end becomes a minimum in three steps: Newton's method polishes it (Nocedal & Wright 2006, section 3.3),
the Hessian there must have no negative eigenvalue and the surroundings must be higher, and points that
agree in position *and* value are one. Minima with equal values at different places stay apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from multistart.box import Box
from multistart.certificates import Certificate
from multistart.curvature import newton_steps, smallest_eigenvalues
from multistart.kernels import Kernel
from multistart.objectives import Objective
from multistart.outcomes import NO_BASIN

SETTLING = 4  # Newton steps from within 2**-33 of the box: one reaches the rounding, the others stay there
NEWTON_STEPS = 60  # quadratic convergence takes 5; a quartic minimum gains a factor 2/3 a step
MAX_STEP = 0.02  # of the box's width: an end that Newton moves further was not near a critical point
SINGULAR = 1e-8  # eigenvalues below this part of the largest, or of the curvature scale, count as zero
TIE = 1e-12  # of unit + |value|: values that are equal but for rounding
ACCELERATED = (0.4, 0.98)  # ratios of Newton steps that tell of a minimum of order 3 to 50
LOW = 1e-13  # of the median rise around a degenerate point: a valley this low is level
PROBES = 64  # directions in which a degenerate point is compared with its surroundings
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tolerances:
    """When two polished ends are one minimum.

    Attributes
    ----------
    position
        Largest distance, in widths of the box, coordinate by coordinate.
    value
        Largest difference of the values, as a part of ``unit + |value|``; see :func:`value_unit`.
    """

    position: float = 1e-6
    value: float = 1e-9


@dataclass(frozen=True)
class Minima:
    """``k`` minima ordered by value, then coordinates.

    Attributes
    ----------
    location, value
        Shapes ``(k, d)`` and ``(k,)``.
    curvature_min, curvature_max
        Smallest and largest Hessian eigenvalue, shape ``(k,)``.
    is_global
        Whether it has the lowest value, or one that equals it but for rounding; where a certificate knows a lower
        minimum, none has.
    certified
        Whether a certificate proves the minimum; then location and value are its midpoints, rounded.
    attraction_radius, attraction_curvature
        The certificate's ball around the minimum: gradient descent from inside converges to it for every
        learning rate below ``2 / attraction_curvature``. Radius 0 where there is none.
    """

    location: Array
    value: Array
    curvature_min: Array
    curvature_max: Array
    is_global: NDArray[np.bool_]
    certified: NDArray[np.bool_]
    attraction_radius: Array
    attraction_curvature: Array

    @classmethod
    def at(cls, objective: Objective, location: Array, unit: float = 1.0) -> Minima:
        """Minima at given points, in their order, none of them certified; ``unit`` as in :func:`value_unit`."""
        curvature = _eigenvalues(objective.hessian(location))
        nothing = np.zeros(len(location))
        value = objective.value(location)
        best = _ties(value, value.min(initial=np.inf), unit)
        return cls(location, value, curvature[:, 0], curvature[:, -1], best, nothing > 0, nothing, nothing)

    def __len__(self) -> int:
        return len(self.value)

    @property
    def kind(self) -> NDArray[np.str_]:
        """``"global"`` for the lowest value and its ties within rounding, else ``"local"``; shape ``(k,)``."""
        return np.where(self.is_global, "global", "local")

    def table(self, variables: tuple[str, ...]) -> pd.DataFrame:
        """One row a minimum: basin, coordinates, value, kind, curvatures, critical learning rate 2/lambda_max."""
        frame = pd.DataFrame({"basin": np.arange(len(self), dtype=np.int64)})
        frame[list(variables)] = self.location
        frame["value"] = self.value
        frame["kind"] = self.kind
        frame["curvature_min"] = self.curvature_min
        frame["curvature_max"] = self.curvature_max
        with np.errstate(divide="ignore"):
            frame["critical_learning_rate"] = 2.0 / np.maximum(self.curvature_max, 0.0)
        frame["certified"] = self.certified
        frame["attraction_radius"] = self.attraction_radius
        frame["attraction_curvature"] = self.attraction_curvature
        return frame

    @classmethod
    def from_table(cls, frame: pd.DataFrame, variables: tuple[str, ...]) -> Minima:
        """The minima of a table."""
        names = ["value", "curvature_min", "curvature_max", "certified", "attraction_radius", "attraction_curvature"]
        columns = {name: frame[name].to_numpy(dtype=bool if name == "certified" else np.float64) for name in names}
        columns["is_global"] = (frame["kind"] == "global").to_numpy(dtype=bool)
        return cls(frame[list(variables)].to_numpy(dtype=np.float64).reshape(-1, len(variables)), **columns)


@lru_cache(maxsize=64)
def value_unit(objective: Objective, box: Box) -> float:
    """The scale of an objective's values in a box: 1, or for a smaller function the power of ten below its spread.

    The spread is the interquartile range over a few hundred points; to a power of ten it is the same everywhere.
    """
    points = box.low + box.width * np.random.default_rng(0).random((512, box.dimensions))
    values = objective.value(points)
    values = values[np.isfinite(values)]
    spread = float(np.subtract(*np.percentile(values, [75, 25]))) if len(values) else 1.0
    return min(1.0, 10.0 ** np.floor(np.log10(spread))) if spread > 1e-300 else 1.0


def find_minima(
    objective: Objective,
    ends: Array,
    box: Box,
    tolerances: Tolerances = Tolerances(),
    known: Minima | None = None,
) -> Minima:
    """Return the distinct minima near the ends, shape ``(n, d)``, together with those already known.

    Parameters
    ----------
    box
        Gives the scale of each coordinate.
    known
        Minima of earlier ends; feeding ends in batches keeps memory bounded. Which of two ends stands for a
        minimum is decided by their order, so the same order gives the same bits, however it is cut.
    """
    if known is not None:
        ends = ends[_nearest(ends, objective, known, box, tolerances) == NO_BASIN]
    cell = min(1e-6, tolerances.position) * box.width
    _, first = np.unique(np.round(ends / cell), axis=0, return_index=True)
    polished, ok = polish(objective, ends[np.sort(first)], box)
    points = np.concatenate([known.location, polished[ok]]) if known is not None else polished[ok]
    value, unit = objective.value(points), value_unit(objective, box)
    order = np.argsort(value, kind="stable")
    keep = order[_representatives(points[order] / box.width, value[order], tolerances, unit)]
    keep = keep[_ranks(points[keep] / box.width, value[keep], unit)]
    return Minima.at(objective, points[keep], unit)


def settle(minima: Minima, kernel: Kernel, box: Box, tolerances: Tolerances = Tolerances()) -> Minima:
    """Return the minima with places, values and curvatures that are the same bits on every machine.

    They were found with the platform's linear algebra and libm. Rounded to where no machine differs, Newton's method
    goes on from there in the kernel's arithmetic. A minimum with a singular Hessian keeps the place it has.
    """
    grid = np.ldexp(1.0, np.frexp(box.width)[1] - 32)
    x = grid * np.round(minima.location / grid)
    for _ in range(SETTLING):
        _, gradient, hessian = kernel.evaluate(x)
        x = x + newton_steps(gradient, hessian, kernel.cache)
    near = (np.abs(x - minima.location) <= tolerances.position * box.width).all(axis=1)  # false where nan
    x[~near] = minima.location[~near]
    value, _, hessian = kernel.evaluate(x)
    lowest, highest = (sign * smallest_eigenvalues(sign * hessian, kernel.cache) for sign in (1, -1))
    return replace(minima, location=x, value=value, curvature_min=lowest, curvature_max=highest)


def label(
    objective: Objective, ends: Array, minima: Minima, box: Box, tolerances: Tolerances = Tolerances()
) -> NDArray[np.int64]:
    """Return the number of the minimum at which each end stands, shape ``(n,)``; -1 where at none.

    An end within the tolerance of a minimum takes its number; any other is polished first, and must then
    agree in position and value.
    """
    labels = _nearest(ends, objective, minima, box, tolerances)
    open_ = np.flatnonzero(labels == NO_BASIN)
    if len(open_) and len(minima):
        polished, ok = polish(objective, ends[open_], box)
        again = _nearest(polished, objective, minima, box, tolerances)
        labels[open_] = np.where(ok, again, NO_BASIN)
    return labels


def certify_minima(
    objective: Objective, minima: Minima, certificate: Certificate, box: Box, tolerances: Tolerances = Tolerances()
) -> Minima:
    """Return the minima with what a certificate proves of them: enclosed place and value, attraction ball.

    A certified minimum is the one that a list has within the tolerance; where its enclosure is wider than
    that, it proves nothing about the point of the list. The order is made anew.
    """
    columns = {name: column.copy() for name, column in vars(minima).items()}
    proven = [p for p in certificate.points if p.kind == "minimum"]
    if proven and len(minima):
        center = np.array([p.center for p in proven])
        distance, index = cKDTree(center / box.width).query(minima.location / box.width, p=np.inf)
        for i in np.flatnonzero(distance <= tolerances.position):
            p = proven[index[i]]
            columns["location"][i] = p.center
            columns["value"][i] = 0.5 * p.value[0] + 0.5 * p.value[1]
            columns["curvature_min"][i] = np.mean(p.eigenvalues[0])
            columns["curvature_max"][i] = np.mean(p.eigenvalues[-1])
            columns["certified"][i] = True
            if p.attraction is not None:
                columns["attraction_radius"][i] = p.attraction.radius
                columns["attraction_curvature"][i] = p.attraction.curvature
    unit = value_unit(objective, box)
    lowest = min([columns["value"].min(initial=np.inf), *(p.value[1] for p in certificate.minima)])
    columns["is_global"] = _ties(columns["value"], lowest, unit)
    order = np.argsort(columns["value"], kind="stable")
    order = order[_ranks(columns["location"][order] / box.width, columns["value"][order], unit)]
    return Minima(**{name: column[order] for name, column in columns.items()})


def trapped_in(points: Array, minima: Minima, learning_rate: float) -> NDArray[np.int64]:
    """The minimum to which gradient descent from each point, shape ``(n, d)``, provably converges; -1 where none.

    The radius is 1e-9 smaller than proven, which is more than the rounding of the distance.
    """
    found = np.full(len(points), NO_BASIN, dtype=np.int64)
    holds = (minima.attraction_radius > 0) & (learning_rate * minima.attraction_curvature < 2 * (1 - 1e-12))
    for i in np.flatnonzero(holds):
        found[np.linalg.norm(points - minima.location[i], axis=1) <= minima.attraction_radius[i]] = i
    return found


def polish(objective: Objective, points: Array, box: Box) -> tuple[Array, NDArray[np.bool_]]:
    """Newton's method from each point: ``(points, is a minimum)``, shapes ``(n, d)`` and ``(n,)``.

    A point is refused when Newton leaves its neighbourhood or does not settle, when the Hessian has a
    negative eigenvalue (saddle, maximum), or when it is singular and the surroundings are not higher (a
    flat tail, a valley floor).
    """
    x = points.copy()
    width = box.width
    settled = np.zeros(len(x), dtype=bool)
    active = np.arange(len(x))
    length = ratio = np.full(len(x), np.nan)
    for _ in range(NEWTON_STEPS):
        if len(active) == 0:
            break
        step = _newton_step(objective.gradient(x[active]), objective.hessian(x[active]), width)
        step, length, ratio = _accelerated(step, length, ratio)
        moved = np.abs(step / width).max(axis=1)
        near = np.abs((x[active] + step - points[active]) / width).max(axis=1) <= MAX_STEP  # false where nan
        x[active[near]] += step[near]
        done = near & (moved <= 4e-16)
        settled[active[near & (moved <= 1e-9)]] = True
        go_on = near & ~done
        active, length, ratio = active[go_on], length[go_on], ratio[go_on]
    minimum = settled.copy()
    minimum[settled] = _is_minimum(objective, x[settled], width)
    return x, minimum


def _accelerated(step: Array, length: Array, ratio: Array) -> tuple[Array, Array, Array]:
    """Newton steps, their lengths and the ratios to the ones before; steps that shrink evenly are stretched.

    At a minimum of order m Newton's steps shrink by (m - 2)/(m - 1) only; once the ratio is steady, the sum of
    all steps to come is the step over 1 - ratio (Aitken 1926).
    """
    new = np.linalg.norm(step, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        now = new / length
        steady = (now > ACCELERATED[0]) & (now < ACCELERATED[1]) & (np.abs(now - ratio) < 0.01)
    stretched = np.where(steady[:, None], step / (1.0 - np.where(steady, now, 0.0))[:, None], step)
    return stretched, np.where(steady, np.nan, new), np.where(steady, np.nan, now)


def _newton_step(gradient: Array, hessian: Array, width: Array) -> Array:
    """``-H^+ g`` by the symmetric eigenvalues; nan where gradient or Hessian are not finite.

    Along a direction in which the Hessian is singular and the step would leave the neighbourhood, there is none:
    at a minimum of high order it is rounding divided by nearly zero, on a flat tail the test of the surroundings
    refuses the point.
    """
    finite = np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
    step = np.full_like(gradient, np.nan)
    values, vectors = np.linalg.eigh(hessian[finite])
    along = np.einsum("nij,ni->nj", vectors, gradient[finite])
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(along == 0, 0.0, along / values)
    singular = np.abs(values) <= SINGULAR * np.abs(values).max(axis=1, keepdims=True)
    scaled = np.where(singular & (np.abs(scaled) > MAX_STEP * width.min()), 0.0, scaled)
    step[finite] = -np.einsum("nij,nj->ni", vectors, scaled)
    return step


def _is_minimum(objective: Objective, points: Array, width: Array) -> NDArray[np.bool_]:
    """Positive definite Hessian; or semidefinite, and lower than its surroundings at three distances."""
    if len(points) == 0:
        return np.zeros(0, dtype=bool)
    eigenvalues = _eigenvalues(objective.hessian(points))
    scale = np.maximum(np.abs(eigenvalues).max(axis=1), np.finfo(float).tiny)
    floor = SINGULAR * scale
    definite = eigenvalues[:, 0] > floor
    for i in np.flatnonzero(~definite & (eigenvalues[:, 0] >= -floor)):
        definite[i] = _lower_than_surroundings(objective, points[i], width)
    return definite


def _lower_than_surroundings(objective: Objective, point: Array, width: Array) -> bool:
    """Whether the lowest value on two small spheres around a point is higher than at the point.

    The lowest of many directions is refined by descending along the sphere, so that a curved valley, which
    no straight probe follows, is found to be as low as the point itself.
    """
    d = len(point)
    here = objective.value(point[None])[0]
    directions = np.random.default_rng(0).standard_normal((PROBES, d))
    directions = np.vstack([directions, np.eye(d), -np.eye(d)])
    for radius in (1e-2, 3e-3):

        def rise(u: Array, radius: float = radius) -> Array:
            unit = u / np.linalg.norm(u, axis=-1, keepdims=True)
            return objective.value(np.atleast_2d(point + radius * width * unit)) - here

        rises = rise(directions)
        scale = np.median(rises)
        if not scale > 0:
            return False
        found = minimize(
            lambda u: rise(u)[0] / scale,  # noqa: B023 (called within this turn of the loop)
            directions[np.argmin(rises)],
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-18, "maxiter": 400 * d},
        )
        if not found.fun * scale > max(LOW * scale, 1e-15 * abs(here)):
            return False
    return True


def _eigenvalues(hessian: Array) -> Array:
    if len(hessian) == 0:
        return np.empty(hessian.shape[:2])
    return np.asarray(np.linalg.eigvalsh(hessian), dtype=np.float64)


def _ties(value: Array, lowest: float, unit: float) -> NDArray[np.bool_]:
    """Which values equal the lowest but for rounding."""
    return np.asarray(value - lowest <= TIE * (unit + np.abs(lowest)))


def _representatives(points: Array, value: Array, tolerances: Tolerances, unit: float) -> NDArray[np.int64]:
    """Of points in order of value, the first of each group that agrees in position and value with it."""
    tree = cKDTree(points) if len(points) else None
    taken = np.zeros(len(points), dtype=bool)
    keep = []
    for i in range(len(points)):
        if taken[i] or tree is None:
            continue
        keep.append(i)
        close = np.array(tree.query_ball_point(points[i], tolerances.position, p=np.inf))
        agree = np.abs(value[close] - value[i]) <= tolerances.value * (unit + abs(value[i]))
        taken[close[agree]] = True
    return np.array(keep, dtype=np.int64)


def _ranks(points: Array, value: Array, unit: float) -> NDArray[np.int64]:
    """The order by value, then coordinates, where values and coordinates count as equal within rounding."""
    rise = np.diff(value, prepend=value[:1])
    group = np.cumsum(rise > TIE * (unit + np.abs(value)))
    return np.lexsort((*np.round(points, 9).T[::-1], group))


def _nearest(
    points: Array, objective: Objective, minima: Minima, box: Box, tolerances: Tolerances
) -> NDArray[np.int64]:
    if len(minima) == 0 or len(points) == 0:
        return np.full(len(points), NO_BASIN, dtype=np.int64)
    finite = np.isfinite(points).all(axis=1)
    index = np.full(len(points), len(minima), dtype=np.int64)
    _, index[finite] = cKDTree(minima.location / box.width).query(
        points[finite] / box.width, distance_upper_bound=tolerances.position, p=np.inf
    )
    found = index < len(minima)
    value = objective.value(points[found])
    target = minima.value[index[found]]
    found[found] = np.abs(value - target) <= tolerances.value * (value_unit(objective, box) + np.abs(target))
    return np.where(found, index, NO_BASIN)
