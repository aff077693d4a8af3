"""The minima of a study, as columns; their order, and which of them have the lowest value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.methods.gradient_descent import critical_learning_rate
from multistart.minima.faces import Sides, curvature_on, falls_out, sides_of, spelled
from multistart.minima.scales import TIE, value_rounding

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


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
    sides
        Of minima of a box: for each coordinate -1 or 1 where the minimum is held at its low or high end, else 0, shape
        ``(k, d)``. Curvatures then are those in the other coordinates, nan in a corner. None without bounds.
    """

    location: Array
    value: Array
    curvature_min: Array
    curvature_max: Array
    is_global: NDArray[np.bool_]
    certified: NDArray[np.bool_]
    attraction_radius: Array
    attraction_curvature: Array
    sides: Sides | None = None

    @classmethod
    def at(cls, objective: Objective, location: Array, box: Box, *, held: bool = False) -> Minima:
        """Minima at given points of a box, in their order, none of them certified; of the box where they are held."""
        hessian = objective.hessian(location)
        curvature: Array = np.asarray(np.linalg.eigvalsh(hessian) if len(location) else np.empty(location.shape))
        low, high, sides = curvature[:, 0], curvature[:, -1], None
        if held:
            sides = falls_out(objective, location, box)
            low, high = curvature_on(hessian, sides)
        nothing = np.zeros(len(location))
        value = objective.value(location)
        best = lowest(objective, location, value, box)
        return cls(location, value, low, high, best, nothing > 0, nothing, nothing, sides)

    def rows(self, which: NDArray[Any] | slice) -> Minima:
        """Some of them, in that order."""
        columns: dict[str, Any] = {
            name: column if column is None else column[which] for name, column in vars(self).items()
        }
        return Minima(**columns)

    def __len__(self) -> int:
        return len(self.value)

    @property
    def kind(self) -> NDArray[np.str_]:
        """``"global"`` for the lowest value and its ties within rounding, else ``"local"``; shape ``(k,)``."""
        return np.where(self.is_global, "global", "local")

    @property
    def on_faces(self) -> NDArray[np.bool_]:
        """Which are held at a bound, shape ``(k,)``."""
        return np.zeros(len(self), dtype=bool) if self.sides is None else np.asarray((self.sides != 0).any(axis=1))

    def columns(
        self, variables: tuple[str, ...], users: Mapping[str, NDArray[Any]] | None = None
    ) -> dict[str, NDArray[Any]]:
        """One row a minimum: basin, coordinates, value, kind, curvatures, gradient descent's critical rate, ball.

        The coordinates are followed by ``users``: what those that are logarithms are logarithms of.
        """
        return {
            "basin": np.arange(len(self), dtype=np.int64),
            **dict(zip(variables, self.location.T, strict=True)),
            **(users or {}),
            "value": self.value,
            "kind": self.kind,
            "curvature_min": self.curvature_min,
            "curvature_max": self.curvature_max,
            "critical_learning_rate": self._critical_learning_rate(),
            "certified": self.certified,
            "attraction_radius": self.attraction_radius,
            "attraction_curvature": self.attraction_curvature,
            **self._at_bound(variables),
        }

    def _critical_learning_rate(self) -> Array:
        """In a corner gradient descent rests at any rate."""
        corner = np.isnan(self.curvature_max)
        return np.where(corner, np.inf, critical_learning_rate(np.where(corner, 0.0, self.curvature_max)))

    def _at_bound(self, variables: tuple[str, ...]) -> dict[str, NDArray[Any]]:
        return {} if self.sides is None else {"at_bound": np.array(spelled(self.sides, variables), dtype=object)}

    @classmethod
    def from_table(cls, table: pd.DataFrame | Mapping[str, NDArray[Any]], variables: tuple[str, ...]) -> Minima:
        """The minima of a table, be it a frame or columns."""
        names = ["value", "curvature_min", "curvature_max", "certified", "attraction_radius", "attraction_curvature"]
        columns = {name: np.array(table[name], dtype=bool if name == "certified" else np.float64) for name in names}
        columns["is_global"] = np.array(table["kind"], dtype=object) == "global"
        location = np.stack([np.array(table[name], dtype=np.float64) for name in variables], axis=1)
        sides = None
        if "at_bound" in table:  # where an empty text may have become a missing one
            sides = sides_of([text if isinstance(text, str) else "" for text in table["at_bound"]], variables)
        return cls(location, **columns, sides=sides)


def lowest(objective: Objective, location: Array, value: Array, box: Box, known: float = np.inf) -> NDArray[np.bool_]:
    """Which values equal the lowest of all, and of what is ``known``, but for rounding."""
    if len(value) == 0:
        return np.zeros(0, dtype=bool)
    least = min(known, float(value.min()))
    with np.errstate(invalid="ignore"):
        return np.asarray(value - least <= TIE * value_rounding(objective, location, box.width))


def ranks(objective: Objective, location: Array, value: Array, box: Box) -> NDArray[np.int64]:
    """The order of minima by value, then coordinates, where both count as equal within rounding."""
    order = np.argsort(value, kind="stable")
    points, value = location[order], value[order]
    with np.errstate(invalid="ignore"):
        rise = np.diff(value, prepend=value[:1])
        group = np.cumsum(rise > TIE * value_rounding(objective, points, box.width))
    place = np.round((points - box.low) / box.width, 9)
    return np.asarray(order[np.lexsort((*place.T[::-1], group))])
