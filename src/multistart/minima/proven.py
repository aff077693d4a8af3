"""What a certificate proves of minima that descents found: their enclosures, and which are none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.minima.basin import position_tolerance, unit_box
from multistart.minima.nearest import nearest_place
from multistart.minima.scales import DEFAULT, Tolerances, value_rounding, value_unit
from multistart.minima.table import Minima, lowest, ranks
from multistart.proofs import Certificate, CriticalPoint

Array = NDArray[np.float64]


ZERO = 1e-12  # of a unit: an enclosure of 0 that is narrower is printed as 0


def certify_minima(
    objective: Objective, minima: Minima, certificate: Certificate, box: Box, tolerances: Tolerances = DEFAULT
) -> Minima:
    """Return the minima with what a certificate proves of them: enclosed place and value, attraction ball.

    A certified minimum is the one that a list has within the tolerance; where its enclosure is wider than
    that, it proves nothing about the point of the list. The order is made anew.
    """
    columns: dict[str, Any] = {
        name: column if column is None else column.copy() for name, column in vars(minima).items()
    }
    proven = [p for p in certificate.points if p.kind == "minimum"]
    proven += [] if minima.sides is None else certificate.boundary
    if proven and len(minima):
        center = unit_box(np.array([p.center for p in proven]), box)
        distance, index = nearest_place(unit_box(minima.location, box), center)
        for i in np.flatnonzero(distance <= position_tolerance(box, tolerances)):
            _adopt(columns, int(i), proven[index[i]], value_unit(objective, box), box)
    listed = certificate.minima if minima.sides is None else (*certificate.minima, *certificate.boundary)
    known = min((p.value[1] for p in listed), default=np.inf)
    columns["is_global"] = lowest(objective, columns["location"], columns["value"], box, known)
    order = ranks(objective, columns["location"], columns["value"], box)
    return Minima(**columns).rows(order)


def without_denied(
    objective: Objective, minima: Minima, certificate: Certificate, box: Box, tolerances: Tolerances = DEFAULT
) -> Minima:
    """The minima but for those that a certificate proves to be none: where a proof and a descent differ, it wins."""
    return minima.rows(~denied(objective, certificate, minima, box, tolerances))


def denied(
    objective: Objective, certificate: Certificate, minima: Minima, box: Box, tolerances: Tolerances
) -> NDArray[np.bool_]:
    """Which minima a certificate proves to be none: it lists all critical points there, and none that may be one.

    Shape ``(k,)``. A degenerate point of the list may be a minimum, and so may whatever is near an undecided cluster or
    the boundary of what was searched.
    """
    reach = max(1e-6, position_tolerance(box, tolerances)) * box.width
    allowed = [p.location for p in certificate.points if p.is_minimum or p.kind == "degenerate"]
    allowed += [p.location for p in certificate.boundary if minima.sides is not None]
    allowed += [cluster.hull for cluster in certificate.undecided]
    rounding = value_rounding(objective, minima.location, box.width)
    on_face = minima.on_faces
    known = [
        certificate.lists_all(v + r, interior=not face)
        for v, r, face in zip(minima.value, rounding, on_face, strict=True)
    ]
    low, high = np.array(certificate.box).T
    inside = on_face | ((minima.location > low + reach) & (minima.location < high - reach)).all(axis=1)
    none = np.array(known, dtype=bool) & inside
    for cell in allowed:
        low, high = np.array(cell).T
        none &= ~((minima.location >= low - reach) & (minima.location <= high + reach)).all(axis=1)
    return none


def _adopt(columns: dict[str, Array], i: int, p: CriticalPoint, unit: float, box: Box) -> None:
    """Take over what is proven of a minimum."""
    columns["location"][i] = [_number(ends, w) for ends, w in zip(p.location, box.width.tolist(), strict=True)]
    columns["value"][i] = _number(p.value, unit)
    if p.eigenvalues:  # none in a corner
        columns["curvature_min"][i] = np.mean(p.eigenvalues[0])
        columns["curvature_max"][i] = np.mean(p.eigenvalues[-1])
    columns["certified"][i] = True
    if p.attraction is not None:
        columns["attraction_radius"][i] = p.attraction.radius
        columns["attraction_curvature"][i] = p.attraction.curvature


def _number(enclosure: tuple[float, float], unit: float) -> float:
    """A number in an enclosure: its midpoint, or 0 where that is one and the enclosure is narrow."""
    low, high = enclosure
    return 0.0 if low <= 0.0 <= high and high - low <= ZERO * unit else 0.5 * low + 0.5 * high
