"""Whether the data of a fit can tell its variables apart: the rank of its rows' gradients.

Where all rows together have gradients of a rank below the number of variables, at every point that is looked at, there
is a direction at each in which no row's loss changes: the variables are found up to a curve, and every minimum is flat.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective

Array = NDArray[np.float64]
POINTS = 12  # of the box that are looked at, while none shows full rank
NUMBERS = 10**6  # of gradients that are looked at first, of many rows
RANK = 1e-13  # of the largest singular value of columns of length 1; rounding makes about 1e-15
PART = 1e-6  # of a direction that a variable has, to take part in it


def undetermined(objective: Objective, box: Box) -> str:
    """Say which variables of a fit its data do not determine; empty where they determine all.

    A point at which something is not finite, or too small for doubles, says nothing.

    >>> data = {"x": [2, 2, 2], "y": [1, 3, 5]}
    >>> fit = Objective.from_model("a + b*x", data, ["a", "b"], response="y")
    >>> undetermined(fit, Box({"a": (0, 1), "b": (0, 1)}))
    'the data do not determine a and b: what one changes, the others undo in every row; x is 2 in every row'
    """
    if found := _without_effect(objective):
        return f"the data do not determine {found}, which changes the loss of no row{_constant(objective)}"
    null = None
    for point in _points(box):
        gradients = _gradients(objective, point)
        if gradients is None:
            continue
        null = _null_direction(gradients)
        if null is None:
            return ""
    if null is None:
        return ""
    names = [name for name, part in zip(objective.parameter_names, np.abs(null), strict=True) if part > PART]
    listed = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return f"the data do not determine {listed}: what one changes, the others undo in every row{_constant(objective)}"


def _constant(objective: Objective) -> str:
    """The columns that are the same in every row, in words."""
    assert objective.fit is not None
    rows = objective.fit.rows
    same = [f"{name} is {rows[0, j]:g}" for j, name in enumerate(objective.fit.columns) if np.ptp(rows[:, j]) == 0]
    return f"; {', '.join(same)} in every row" if same else ""


def _without_effect(objective: Objective) -> str:
    """A variable whose derivative is 0 once the columns that are the same in every row are put in."""
    import sympy

    assert objective.fit is not None
    rows = objective.fit.rows
    same = {
        symbol: sympy.Rational(float(rows[0, j]))
        for j, symbol in enumerate(objective.term.open_symbols)
        if np.ptp(rows[:, j]) == 0
    }
    slopes = zip(objective.parameter_names, objective.term.gradient_expressions, strict=True)
    return next((name for name, slope in slopes if slope.xreplace(same) == 0), "")


def _points(box: Box) -> Iterator[Array]:
    """Points all over a box, by multiples of the square roots of primes (Weyl's sequence)."""
    low, high = np.array(list(box.bounds.values()), dtype=np.float64).T
    roots = np.sqrt(_primes(len(low)))
    for k in range(1, POINTS + 1):
        yield low + (high - low) * (k * roots % 1)


def _primes(n: int) -> Array:
    found: list[int] = []
    candidate = 2
    while len(found) < n:
        found += [candidate] * all(candidate % prime for prime in found)
        candidate += 1
    return np.array(found, dtype=np.float64)


def _gradients(objective: Objective, point: Array) -> Array | None:
    """The gradients of rows at a point, shape ``(n, d)``, each column of length 1; none where a column says nothing."""
    assert objective.fit is not None
    rows, d = objective.fit.rows, objective.dimensions
    some = rows[:: max(1, len(rows) * d // NUMBERS)]
    with np.errstate(all="ignore"):
        parts = objective.term.in_numpy("gradient")(*point, *some.T)
    found = np.stack([np.broadcast_to(np.asarray(part, dtype=np.float64), len(some)) for part in parts], axis=1)
    found = found[np.isfinite(found).all(axis=1)]
    with np.errstate(over="ignore", under="ignore"):
        length = np.sqrt(np.square(found).sum(axis=0)) if len(found) >= d else np.zeros(d)
    return found / length if (length > 1e-150).all() and (length < 1e150).all() else None


def _null_direction(gradients: Array) -> Array | None:
    """The direction of variables in which no row changes; none where each changes some row."""
    _, values, directions = np.linalg.svd(np.linalg.qr(gradients, mode="r"))
    return directions[-1] if values[-1] < RANK * values[0] else None
