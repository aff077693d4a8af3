"""Maps of the starts at the values of a sweep, as images: the colours and patterns of all pictures of sweeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import ENDINGS
from multistart.figures.palette import PAPER, RGB, mixed
from multistart.figures.raster import PATTERNS, Pattern, boundaries, crossing, drawn_over, falling, grid
from multistart.figures.scene import EMPTY
from multistart.figures.sweep_classes import NONE, Look

OF_KINDS: dict[str, Pattern] = {"cycle": falling, "chaotic": grid, "undecided": crossing}


def painted(code: NDArray[np.int64], looks: list[Look], pixels: int, *, bordered: bool = True) -> NDArray[np.uint8]:
    """A map as RGB, row 0 lowest, at least so many pixels on its longer side; empty pixels are those of their nearest.

    Parameters
    ----------
    code
        Places among the classes, ``(ny, nx)``, or :data:`EMPTY`.
    """
    code = _filled(code)
    colours = np.array([mixed(look.colour, PAPER, 0) for look in looks] + [mixed(PAPER, PAPER, 0)])
    image = np.round(255 * colours).astype(np.uint8)[np.where(code == EMPTY, len(looks), code)]
    rows, columns = (max(1, round(pixels / max(code.shape))) for _ in code.shape)
    image = image.repeat(rows, axis=0).repeat(columns, axis=1)
    fine = code.repeat(rows, axis=0).repeat(columns, axis=1)
    for i, look in enumerate(looks):
        drawn = _pattern(look)
        if drawn is not None:
            drawn_over(image, fine == i, *drawn)
    if bordered:
        boundaries(image, fine)
    return image


def _pattern(look: Look) -> tuple[Pattern, RGB] | None:
    if look.attractor != NONE:
        pattern = OF_KINDS.get(look.kind)
        return (pattern, mixed(look.colour, look.ink, 0.6)) if pattern else None
    pattern, ink = PATTERNS.get(-1 - ENDINGS.index(look.kind), (None, ""))
    return (pattern, mixed(look.colour, ink, 0.75)) if pattern else None


def _filled(code: NDArray[np.int64]) -> NDArray[np.int64]:
    empty = code == EMPTY
    if not empty.any() or empty.all():
        return code
    from scipy.ndimage import distance_transform_edt  # a fifth of a second, for maps with empty pixels alone

    return code[tuple(distance_transform_edt(empty, return_distances=False, return_indices=True))]
