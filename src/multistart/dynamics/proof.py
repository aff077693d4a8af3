"""Trusted: a proof that a map has exactly one cycle near a polished one, and that it is stable.

Krawczyk's operator (1969) on F^q(z) - z, in balls: it maps a box into its own inside. F and its Jacobian are enclosed
by the rule's own lines, with numbers taken as the doubles they are, and gradient and Hessian by the arithmetic of the
certificate. The cycle is stable where a power of the enclosed Jacobian of F^q has a norm below 1.

A box is followed once around the cycle in mean value form, F(c) + DF(X) (X - c), in so many bits that what it gains on
the way does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb

from multistart.dynamics.cycles import Cycle
from multistart.dynamics.map import RuleMap
from multistart.errors import InputError
from multistart.functions.conditions import NONZERO
from multistart.functions.objective import Objective
from multistart.proofs.balls import approximate_inverse, contracts, finite, identity_minus, krawczyk
from multistart.proofs.enclosures import OutsideDomain, precision
from multistart.proofs.fit_problem import problem_of

BITS, BITS_A_POINT = 128, 8  # of the arithmetic: a box grows by less than 2^8 from point to point
LONGEST = 64  # periods that are proven: a long one takes a second
REFINEMENTS = 12  # Newton steps from doubles to all bits
SQUARINGS = 20  # the Jacobian's power whose norm is asked is at most 2^20
MOST_ROWS = 1000  # of data: some milliseconds for a box
Enclose = Callable[[Sequence[arb]], Sequence[arb]]
_EXACT = {"fma", "sqrt"}  # functions of lines that are enclosed


def is_proven(rule_map: RuleMap, cycle: Cycle) -> bool:
    """Whether the map, in exact arithmetic, has exactly one cycle of this period near there, and a stable one.

    False where nothing is proven: of long cycles, of rules whose lines choose between formulas or call other functions
    than a root, of functions that have no enclosure, of fits to many rows, or where the conditions of the function are
    not met for certain.
    """
    if not cycle.stable or cycle.period > LONGEST or not rule_map.rule.calls <= _EXACT:
        return False
    try:
        enclosure = _enclosure(rule_map.objective)
        with precision(BITS + BITS_A_POINT * cycle.period):
            return _is_proven(_Balls(rule_map, enclosure), cycle)
    except (InputError, OutsideDomain, ZeroDivisionError):
        return False


@lru_cache(maxsize=16)
def _enclosure(objective: Objective) -> Enclose:
    """What encloses gradient and Hessian, and is outside of the domain where a condition is not met for certain."""
    if objective.fit is not None and objective.fit.count > MOST_ROWS:
        raise InputError(f"{objective.fit.count:,} rows of data are too many to follow a cycle around in balls")
    f = objective if objective.fit is None else objective.term
    second = [h for row in f.hessian_expressions for h in row]
    code = problem_of(objective).code([*f.gradient_expressions, *second], f.conditions)

    def enclosed(box: Sequence[arb]) -> Sequence[arb]:
        found, asked = code(box), len(f.conditions)
        for condition, part in zip(f.conditions, found[:asked], strict=True):
            if not part > 0 and not (condition.kind == NONZERO and part < 0):
                raise OutsideDomain
        return found[asked:]

    return enclosed


class _Balls:
    """The map on balls: rows are arrays of them."""

    def __init__(self, rule_map: RuleMap, enclosure: Enclose) -> None:
        self._map, self._enclosure = rule_map, enclosure

    def derivative(self, row: Any) -> tuple[Any, Any]:
        """Enclosures of F and of its Jacobian over a row of balls, shapes ``(w,), (w, w)``."""
        d = self._map.dimensions
        parts = self._enclosure(list(row[:d]))
        if not all(finite([part]) for part in parts):
            raise OutsideDomain
        gradient, hessian = _array(parts[:d])[None], _array(parts[d:]).reshape(1, d, d)
        value, jacobian = self._map.differentiated(row[None], gradient, hessian)
        return value[0], jacobian[0]

    def around(self, center: Any, box: Any, period: int) -> tuple[Any, Any, list[Any]]:
        """Enclosures of F^q at the centre of a box, of its Jacobian over the box, and of F, F^2, ... over the box."""
        total, boxes = _identity(len(box)), []
        for _ in range(period):
            image, _ = self.derivative(center)
            _, jacobian = self.derivative(box)
            total, box, center = jacobian @ total, image + jacobian @ (box - center), image
            boxes.append(box)
        return center, total, boxes


def _is_proven(balls: _Balls, cycle: Cycle) -> bool:
    center = _refined(balls, _array([arb(float(x)) for x in cycle.rows[0]]), cycle.period)
    if center is None:
        return False
    field, jacobian, _ = _field(balls, center, center, cycle.period)
    inverse = approximate_inverse(jacobian.tolist())
    if inverse is None or not finite(field):
        return False
    step = [abs(a).upper() for a in _array(inverse) @ field]
    size = max(abs(float(c)) for c in center) or 1.0
    radius = [4 * s + arb(2) ** -(BITS // 2) * size for s in step]
    box = _array([(c - r).union(c + r) for c, r in zip(center, radius, strict=True)])
    _, over, boxes = _field(balls, center, box, cycle.period)
    contraction = identity_minus(inverse, over.tolist())
    image = krawczyk(center, field, inverse, contraction, list(box - center))
    inside = all(b.contains_interior(k) for b, k in zip(box, image, strict=True))
    unique = inside and finite(image) and contracts(contraction, radius)
    return unique and _is_least_period(box, boxes) and _spectral_radius_below_1(over, len(center))


def _field(balls: _Balls, center: Any, box: Any, period: int) -> tuple[Any, Any, list[Any]]:
    """``F^q(c) - c``, the Jacobian of that over a box, and where the box goes."""
    image, jacobian, boxes = balls.around(center, box, period)
    return image - center, jacobian - _identity(len(center)), boxes


def _refined(balls: _Balls, center: Any, period: int) -> Any:
    """The cycle's first row to all bits: Newton's method, which proves nothing."""
    for _ in range(REFINEMENTS):
        field, jacobian, _ = _field(balls, center, center, period)
        inverse = approximate_inverse(jacobian.tolist())
        if inverse is None or not finite(field):
            return None
        center = _array([(c - s).mid() for c, s in zip(center, _array(inverse) @ field, strict=True)])
    return center


def _is_least_period(box: Any, boxes: list[Any]) -> bool:
    """Whether certainly no point of the box is back in it after fewer updates than all."""
    return all(any(not a.overlaps(b) for a, b in zip(box, after, strict=True)) for after in boxes[:-1])


def _spectral_radius_below_1(jacobian_less_1: Any, w: int) -> bool:
    """Whether a power of every matrix enclosed certainly has a norm below 1."""
    power = jacobian_less_1 + _identity(w)
    for _ in range(SQUARINGS):
        if not all(finite(row) for row in power.tolist()):
            return False
        if all(sum((abs(a) for a in row), arb(0)) < 1 for row in power.tolist()):
            return True
        power = power @ power
    return False


def _identity(w: int) -> Any:
    return _array([[arb(int(i == j)) for j in range(w)] for i in range(w)])


def _array(balls: Any) -> Any:
    return np.array(balls, dtype=object)
