"""Variables on the logarithm: a study then runs in ``log_b``, which is ln b, and its user names b and reads b."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from multistart.errors import InputError, did_you_mean, one_of

if TYPE_CHECKING:  # a config is read without NumPy
    import numpy as np
    from numpy.typing import NDArray

LINEAR, LOG = "linear", "log"
SCALES = (LINEAR, LOG)
PREFIX = "log_"


def checked_scales(
    scales: Mapping[str, str], variables: Sequence[str], others: Collection[str] = ()
) -> tuple[tuple[str, str], ...]:
    """The variables that are on the logarithm, each with ``"log"``, in the order of the variables.

    Parameters
    ----------
    others
        Further names that a formula has, of parameters and columns.

    Raises
    ------
    InputError
        A name that is no variable, an unknown scale, or ``log_b`` where that is a name already.

    >>> checked_scales({"b": "log", "a": "linear"}, ["a", "b"])
    (('b', 'log'),)
    """
    for name, scale in scales.items():
        if name not in variables:
            raise InputError(f'"{name}" is not one of the variables {", ".join(variables)}'
                             f"{did_you_mean(name, variables)}")  # fmt: skip
        if scale not in SCALES:
            raise InputError(f"{name}: {one_of(scale, SCALES)}")
        if scale == LOG and PREFIX + name in {*variables, *others}:
            raise InputError(f"{name}: its logarithm is called {PREFIX}{name}, which is a name already; choose another")
    return tuple((name, LOG) for name in variables if scales.get(name) == LOG)


def on_scale(name: str, scales: Mapping[str, str]) -> str:
    """What the variable of a name is called that a study with these scales runs in.

    >>> on_scale("b", {"b": "log"}), on_scale("a", {"b": "log"})
    ('log_b', 'a')
    """
    return PREFIX + name if scales.get(name) == LOG else name


def logarithm(x: float) -> float:
    """The double nearest to ln x, the same on every machine.

    >>> logarithm(1.0), logarithm(1e-5)
    (0.0, -11.512925464970229)
    """
    return float(Decimal(x).ln())


def log_bounds(low: float, high: float) -> tuple[float, float]:
    """Bounds of a variable as bounds of its logarithm.

    Raises
    ------
    InputError
        They touch 0, or their logarithms are the same number.

    >>> log_bounds(1.0, 1e3)
    (0.0, 6.907755278982137)
    """
    got = f"got [{low:g}, {high:g}]"
    if not low > 0:
        raise InputError(f"{got}, which touches 0, where there is no logarithm; give a lower bound above 0")
    bounds = logarithm(low), logarithm(high)
    if not bounds[0] < bounds[1]:
        raise InputError(f"{got}, too narrow on the logarithm; give wider bounds")
    return bounds


def logarithms(points: NDArray[np.float64], logged: Sequence[bool]) -> NDArray[np.float64]:
    """Points in a user's units, shape ``(n, d)``, with the logarithms of some coordinates; nan where there is none."""
    import numpy as np

    found, which = np.array(points, dtype=np.float64), np.array(logged, dtype=bool)
    given = found[..., which]
    taken = [math.log(x) if 0 < x < math.inf else math.nan for x in given.ravel().tolist()]
    found[..., which] = np.array(taken).reshape(given.shape)
    return found


def exponentials(points: NDArray[np.float64], logged: Sequence[bool]) -> NDArray[np.float64]:
    """Points, shape ``(n, d)``, in a user's units: with exponentials of the coordinates that are logarithms."""
    import numpy as np

    found, which = np.array(points, dtype=np.float64), np.array(logged, dtype=bool)
    with np.errstate(over="ignore"):
        found[..., which] = np.exp(found[..., which])
    return found
