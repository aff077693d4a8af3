"""`Contents`: all that the explorer of a study shows, as the objects of the study, before it is JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.minima import Minima, Tolerances
from multistart.proofs import Certificate

Array = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Plane:
    """What is drawn of more than two dimensions: two axes, by their places, through a point of shape ``(d,)``."""

    axes: tuple[int, int]
    at: Array


@dataclass(frozen=True)
class LabelMap:
    """What a method's starts in each cell of the domain, or of its plane, came to.

    Attributes
    ----------
    method
        Its name in the study.
    code
        ``(ny, nx)``, row 0 lowest; ``(1, nx)`` in one dimension. A minimum's number, or -1 - the place of an ending in
        :data:`multistart.methods.endings.ENDINGS`, or :data:`multistart.counts.grid.NO_START`.
    mosaic
        Smaller cells along the edges, as in ``mosaic.parquet``, with codes likewise; none where they are not known.
    edges
        As in ``boundary.parquet``; none where not measured.
    """

    method: str
    code: NDArray[np.int64]
    mosaic: Columns | None = None
    edges: Columns | None = None


@dataclass(frozen=True)
class Contents:
    """What the page of a study holds.

    Attributes
    ----------
    made
        Of a study that has run, or of a config alone, which has no maps.
    title
        What the function is called.
    objective
        The function, evaluated by its kernel.
    minima
        Those that descents reached, as the study numbers them.
    certificate, not_proven
        What is proven of critical points; where nothing is, why, as in ``not attempted: 12 dimensions``.
    plane
        Of more than two dimensions, what is drawn.
    maps
        Of the methods that have one.
    pair
        Two starts that are a hair apart, whose descents by the first method end at different minima, ``(2, d)``.
    """

    made: Literal["study", "config"]
    study: str
    title: str
    objective: Objective
    domain: Box
    arena: Box
    methods: Mapping[str, Method]
    minima: Minima
    certificate: Certificate | None
    tolerances: Tolerances
    not_proven: str = ""
    plane: Plane | None = None
    maps: tuple[LabelMap, ...] = ()
    pair: Array | None = None

    @property
    def held(self) -> bool:
        """Whether descents are held in the domain."""
        return any(method.bounds is not None for method in self.methods.values())

    def has_ball(self, center: Array, radius: float) -> bool:
        """Whether descents see nothing of bounds in a ball: there are none, or it lies inside of them."""
        inside = (center - radius > self.domain.low).all() and (center + radius < self.domain.high).all()
        return not self.held or bool(inside)

    @property
    def drawn(self) -> Box:
        """The box of the map: the domain, or its part in the plane."""
        if self.plane is None:
            return self.domain
        names = [self.domain.names[axis] for axis in self.plane.axes]
        return Box({name: self.domain.bounds[name] for name in names})

    def in_space(self, points: Array) -> Array:
        """Points of the map, shape ``(n, 1 or 2)``, in all coordinates, shape ``(n, d)``."""
        if self.plane is None:
            return points
        whole = np.tile(self.plane.at, (len(points), 1))
        whole[:, list(self.plane.axes)] = points
        return whole
