"""What a search has proven, as plain data: critical points, undecided clusters, and the claim in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.methods import gradient_descent
from multistart.methods.regions import Shell

Interval = tuple[float, float]
Cell = tuple[Interval, ...]
#: How a point was proven.
UNIQUE = "exactly one critical point here"
LOWEST_AROUND = "exactly one minimum of the box here"  # on a face or corner
SURROUNDED = "lower than all of the box around it"
#: Why a region is left open that the function's domain of definition ends in.
EDGE = "edge of the domain of definition"


@dataclass(frozen=True)
class Attraction:
    """From this ball gradient descent converges to the minimum, for every learning rate in ``(0, 2/curvature)``.

    Attributes
    ----------
    center
        The minimum, rounded to floats.
    radius
        Euclidean, rounded down; the descent never leaves the ball.
    curvature
        An upper bound ``L`` of the Hessian's eigenvalues on the ball.
    shells
        Sharper bounds in balls within, where they were asked for: from them follow the regions of rules with memory.
    """

    center: tuple[float, ...]
    radius: float
    curvature: float
    shells: tuple[Shell, ...] = ()

    def holds_for(self, learning_rate: float) -> bool:
        """Whether the promise covers this learning rate."""
        return bool(gradient_descent.attracted(np.array(self.curvature), {"learning_rate": learning_rate}))


@dataclass(frozen=True)
class CriticalPoint:
    """A proven critical point.

    Attributes
    ----------
    kind
        ``"minimum"``, ``"saddle"``, ``"maximum"``; or ``"degenerate"``, where eigenvalues did not decide.
    location, value
        Enclosures ``(low, high)`` in floats, rounded outward; ``d`` of them for the location.
    eigenvalues
        Enclosures of the Hessian's, ascending; on a face, of the function along the face. Empty if unknown.
    place
        ``"interior"``, ``"face"`` or ``"corner"``.
    proof
        :data:`UNIQUE`; on the boundary :data:`LOWEST_AROUND`;
        or :data:`SURROUNDED`: then at least one local minimum is in ``location``.
    touches_boundary
        Whether it may lie on the box's boundary, or just outside.
    digits
        The value in decimal with its error, at the precision of the proof.
    attraction
        For a minimum in the interior, a ball in which gradient descent converges to it.
    """

    kind: str
    location: Cell
    value: Interval
    eigenvalues: tuple[Interval, ...] = ()
    place: str = "interior"
    proof: str = UNIQUE
    touches_boundary: bool = False
    digits: str = ""
    attraction: Attraction | None = None

    @property
    def center(self) -> tuple[float, ...]:
        """The midpoint of the location, rounded."""
        return tuple(low + 0.5 * (high - low) for low, high in self.location)

    @property
    def is_minimum(self) -> bool:
        """Whether a local minimum was proven here."""
        return self.kind == "minimum" or self.proof == SURROUNDED

    @property
    def critical_learning_rate(self) -> Interval | None:
        """Enclosure of ``2 / lambda_max``, above which gradient descent leaves an interior minimum."""
        if self.kind != "minimum" or self.place != "interior":
            return None
        low, high = self.eigenvalues[-1]
        return math.nextafter(_quotient(2, high), 0), math.nextafter(_quotient(2, low), math.inf)


@dataclass(frozen=True)
class Cluster:
    """A region that could not be decided: nothing is known about its critical points but what is said here.

    Attributes
    ----------
    hull
        A cell that contains the region.
    reason
        ``"singular Hessian"``, ``"non-smooth"``, ``"budget"``, ``"flat across the boundary"``, comma-separated.
    value
        An enclosure of the function's values on the region.
    cells
        How many cells of the search it is made of.
    low_point
        A point of the hull where the function is low; where a descent could start.
    contains_minimum
        Whether a local minimum inside was proven all the same, from the values around it.
    """

    hull: Cell
    reason: str
    value: Interval
    cells: int
    low_point: tuple[float, ...]
    contains_minimum: bool = False


@dataclass(frozen=True)
class Part:
    """What is proven of the lowest value in a smaller box, where that of the whole one was not decided.

    Attributes
    ----------
    box
        The smaller one.
    value
        Enclosure of the lowest value in it.
    lowest
        Centers of the proven minima of that box that may have it; empty where something undecided may lie lower.
    """

    box: Cell
    value: Interval
    lowest: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Certificate:
    """The proven list of critical points of a function in a box.

    Attributes
    ----------
    points
        Critical points in the interior, lowest first, ties by coordinates.
    boundary
        Local minima of the function on the box that lie on its faces and corners, lowest first.
    undecided
        What is left open; empty in a complete certificate.
    complete
        Whether the lists are proven to be all there is of what was searched for: everything, or what is at or below
        the level. :meth:`lists_all` says which.
    interior_complete
        The same of ``points`` alone.
    global_value
        Enclosure of the lowest value on the box, also where the certificate is not complete.
    level
        If given, only what lies at or below this value was searched for.
    degree
        In one and two dimensions, the degree of the gradient along the boundary, computed from enclosures there;
        none where it could not be computed.
    boxes, seconds
        What the search cost.
    part
        What is proven of a part of the box alone; none where it was not looked at by itself.
    """

    expression: str
    variables: tuple[str, ...]
    box: Cell
    points: tuple[CriticalPoint, ...]
    boundary: tuple[CriticalPoint, ...]
    undecided: tuple[Cluster, ...]
    global_value: Interval
    complete: bool
    interior_complete: bool
    level: float | None
    degree: int | None
    boxes: int
    seconds: float
    versions: Mapping[str, str]
    part: Part | None = None

    @property
    def minima(self) -> tuple[CriticalPoint, ...]:
        """The points of the interior that are proven local minima."""
        return tuple(p for p in self.points if p.is_minimum)

    @property
    def candidates(self) -> tuple[CriticalPoint, ...]:
        """The proven minima, boundary included, that may have the lowest value; more than one is a tie.

        Undecided clusters that may lie lower are not among them; see ``undecided_candidates``.
        """
        found = (*self.minima, *self.boundary)
        return tuple(p for p in found if p.value[0] <= self.global_value[1])

    @property
    def lowest(self) -> tuple[CriticalPoint, ...]:
        """The candidates, where nothing else may have the lowest value: no undecided cluster may lie lower."""
        low, high = self.global_value
        open_ = self.undecided_candidates or self.degree_agrees is False or not math.isfinite(high - low)
        return () if open_ else self.candidates

    @property
    def undecided_candidates(self) -> tuple[Cluster, ...]:
        """The undecided clusters that may hold the lowest value."""
        return tuple(u for u in self.undecided if u.value[0] <= self.global_value[1])

    @property
    def counts(self) -> dict[str, int]:
        """How many points of each kind the interior has."""
        found = Counter(p.kind for p in self.points)
        return {kind: found[kind] for kind in ("minimum", "saddle", "maximum", "degenerate")}

    @cached_property
    def degree_agrees(self) -> bool | None:
        """Whether the listed points add up to the degree along the boundary; none where that means nothing.

        A nondegenerate critical point counts 1 if its Hessian's determinant is positive and -1 if it is negative:
        in two dimensions minima and maxima count 1, saddles -1.
        """
        regular = all(p.kind != "degenerate" and not p.touches_boundary for p in self.points)
        if self.degree is None or self.level is not None or not self.interior_complete or not regular:
            return None
        return sum((-1) ** sum(low < 0 for low, _ in p.eigenvalues) for p in self.points) == self.degree

    def proven_minimum(self, points: NDArray[np.float64], learning_rate: float) -> NDArray[np.intp]:
        """For each of ``points``, shape ``(n, d)``, the index in ``minima`` of the one that gradient descent reaches.

        That is proven for points inside an attraction ball that holds for the learning rate; the rest get -1. Balls
        do not overlap: a descent converges to one point.
        """
        found = np.full(len(points), -1, dtype=np.intp)
        for i, p in enumerate(self.minima):
            if p.attraction is not None and p.attraction.holds_for(learning_rate):
                distance = np.linalg.norm(points - np.array(p.attraction.center), axis=1)
                found[distance <= p.attraction.radius] = i  # the radius is 1e-9 smaller than proven: more than rounding
        return found

    @property
    def claim(self) -> str:
        """What is proven, in words."""
        if self.degree_agrees is False:
            return "contradicted: the points do not add up to the degree along the boundary"
        if self.complete:
            return "complete in this box" if self.level is None else f"complete below level {self.level!r}"
        reasons = sorted({r for u in self.undecided for r in u.reason.split(", ")})
        part = "; the interior is complete" if self.interior_complete else ""
        return f"incomplete: {', '.join(reasons)}{part}"

    @property
    def sentence(self) -> str:
        """The result in one sentence, as a study prints it."""
        counts = ", ".join(_plural(n, kind) for kind, n in self.counts.items() if n)
        return (
            f"{_plural(len(self.points), 'critical point')} in the interior ({counts or 'none'}), "
            f"{_plural(len(self.boundary), 'minimum')} on the boundary, {self.claim}; {self._lowest_in_words}."
        )

    @property
    def _lowest_in_words(self) -> str:
        """What ``global_value`` says, with all digits where it is the value of one point."""
        (low, high), best = self.global_value, self.candidates
        if math.isinf(low):
            bound = f"at most {high!r}, and " if math.isfinite(high) else ""
            return f"lowest value {bound}not bounded below as far as is proven"
        if math.isinf(high):
            return f"lowest value from {low!r} on"
        if len(best) == 1 and best[0].digits and best[0].value == self.global_value:
            return f"lowest value {best[0].digits}"
        tie = f", shared by {len(best)} minima as far as can be told" if len(best) > 1 else ""
        value = f"{high!r}" if low == high else f"between {low!r} and {high!r}"
        return f"lowest value {value}{tie}"

    def lists_all(self, at_most: float = math.inf, *, interior: bool = False) -> bool:
        """Whether the lists are proven to hold all there is at or below a value; by default all there is.

        What is complete below a level says nothing of what is above. All who draw conclusions from what is *not* listed
        ask here, of both lists or of the critical points in the interior alone.
        """
        proven = self.interior_complete if interior else self.complete
        return proven and self.degree_agrees is not False and (self.level is None or at_most <= self.level)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; infinite ends are the texts ``"-inf"`` and ``"inf"``."""
        return {"claim": self.claim, "degree_agrees": self.degree_agrees} | _jsonable(asdict(self))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """The certificate that :meth:`as_dict` wrote."""
        given = {f.name: data[f.name] for f in fields(cls) if f.name != "part"}
        given |= {key: tuple(_point(p) for p in data[key]) for key in ("points", "boundary")}
        given["undecided"] = tuple(
            Cluster(
                **{**u, "hull": _cell(u["hull"]), "value": _interval(u["value"]), "low_point": tuple(u["low_point"])}
            )
            for u in data["undecided"]
        )
        given |= {"box": _cell(data["box"]), "global_value": _interval(data["global_value"])}
        part = _part(data["part"]) if data.get("part") else None
        given |= {"variables": tuple(data["variables"]), "versions": dict(data["versions"]), "part": part}
        return cls(**given)

    def columns(self) -> dict[str, np.ndarray]:
        """One row a point, interior first: kind, place, coordinates, value, eigenvalues, learning rate, ball."""
        rows = [_row(p, self.variables) for p in (*self.points, *self.boundary)]
        return {name: np.array([row[name] for row in rows]) for name in _row(None, self.variables)}


def _row(p: CriticalPoint | None, variables: tuple[str, ...]) -> dict[str, Any]:
    """A row of the table, or its columns if there is no point."""
    rate = p.critical_learning_rate if p else None
    return {
        "kind": p and p.kind,
        "place": p and p.place,
        **dict(zip(variables, p.center if p else variables, strict=True)),
        "value_low": p and p.value[0],
        "value_high": p and p.value[1],
        "eigenvalue_min": p.eigenvalues[0][0] if p and p.eigenvalues else math.nan,
        "eigenvalue_max": p.eigenvalues[-1][1] if p and p.eigenvalues else math.nan,
        "critical_learning_rate": rate[0] if rate else math.nan,
        "attraction_radius": p.attraction.radius if p and p.attraction else math.nan,
        "attraction_curvature": p.attraction.curvature if p and p.attraction else math.nan,
        "touches_boundary": p and p.touches_boundary,
        "proof": p and p.proof,
    }


def _quotient(a: float, b: float) -> float:
    """Infinite where the divisor is 0: an eigenvalue below all floats."""
    return a / b if b else math.inf


def _plural(n: int, word: str) -> str:
    many = {"minimum": "minima", "maximum": "maxima"}.get(word, word + ("" if word == "degenerate" else "s"))
    return f"{n} {word if n == 1 else many}"


def _jsonable(value: Any) -> Any:
    match value:
        case dict():
            return {key: _jsonable(v) for key, v in value.items()}
        case list() | tuple():
            return [_jsonable(v) for v in value]
        case float() if not math.isfinite(value):
            return str(value)
    return value


def _interval(pair: Any) -> Interval:
    low, high = pair
    return float(low), float(high)


def _part(data: Mapping[str, Any]) -> Part:
    return Part(_cell(data["box"]), _interval(data["value"]), tuple(map(tuple, data["lowest"])))


def _cell(pairs: Any) -> Cell:
    return tuple(_interval(pair) for pair in pairs)


def _point(data: Mapping[str, Any]) -> CriticalPoint:
    ball = data["attraction"]
    shells = tuple(Shell(**shell) for shell in ball["shells"]) if ball else ()
    return CriticalPoint(
        **{
            **data,
            "location": _cell(data["location"]),
            "value": _interval(data["value"]),
            "eigenvalues": _cell(data["eigenvalues"]),
            "attraction": ball and Attraction(tuple(ball["center"]), ball["radius"], ball["curvature"], shells),
        }
    )
