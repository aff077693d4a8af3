"""The arguments of `certify`: brought into order, or refused in a sentence."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from multistart.box import Box
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.proofs.faces import Cell


def bounds_of(objective: Objective, box: Box) -> Cell:
    """The box's ends in the order of the objective's variables."""
    if set(box.names) != set(objective.variables):
        raise InputError(f"the box bounds {', '.join(box.names)}; the objective has {', '.join(objective.variables)}")
    return tuple(box.bounds[name] for name in objective.variables)


def seeds_of(seeds: ArrayLike | None, bounds: Cell) -> list[list[float]]:
    """The seeds that are in the box; others cannot help."""
    if seeds is None:
        return []
    array = np.asarray(seeds, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != len(bounds):
        raise InputError(f"seeds have shape (n, {len(bounds)}); got {array.shape}")
    low, high = np.array(bounds).T
    return array[((array >= low) & (array <= high)).all(axis=1)].tolist()


def check_options(
    max_boxes: int, seconds: float | None, level: float | str | None, bits: int, tolerance: float
) -> None:
    """Refuse an option out of range, naming it and what was given."""
    if isinstance(max_boxes, bool) or not isinstance(max_boxes, int) or max_boxes < 1:
        raise InputError(f"max_boxes is a whole number from 1; got {max_boxes!r}")
    if seconds is not None and not seconds > 0:
        raise InputError(f"seconds is a positive number or none; got {seconds!r}")
    if level not in (None, "lowest") and (isinstance(level, str) or not math.isfinite(level)):
        raise InputError(f'level is a finite number, "lowest" or none; got {level!r}')
    if isinstance(bits, bool) or not isinstance(bits, int) or not 64 <= bits <= 4096:
        raise InputError(f"precision_bits is a whole number from 64 to 4096; got {bits!r}")
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance is a number between 0 and 1; got {tolerance!r}")
