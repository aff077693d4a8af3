"""Which pixels of an image lie in cells; without Matplotlib, for jobs that draw nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Places = NDArray[np.float64]  # ends of cells


def nearest_taken(empty: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each pixel of an image the row and column of the nearest one that is not empty: itself, where it is not."""
    from scipy.ndimage import distance_transform_edt  # a fifth of a second, for maps with empty pixels alone

    rows, columns = distance_transform_edt(empty, return_distances=False, return_indices=True)
    return rows, columns


def cells_on(
    shape: tuple[int, int], mosaic: pd.DataFrame | Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Rows, columns and codes of the pixels of an image whose middles lie in cells of a mosaic."""
    places = [np.asarray(mosaic[name]) for name in "ij" if name in mosaic]
    across, up = (places[0], places[1]) if len(places) == 2 else (places[0], None)
    cells, code = np.asarray(mosaic["cells"]), np.asarray(mosaic["code"])
    first, last = _pixels(across, cells, shape[1])
    if up is None:
        of, columns = _ranges(first, last)
        height = shape[0]
        return np.tile(np.arange(height), len(of)), columns.repeat(height), code[of].repeat(height)
    of, columns = _ranges(first, last)
    low, high = _pixels(up[of], cells[of], shape[0])
    again, rows = _ranges(low, high)
    return rows, columns[again], code[of[again]]


def pixels_on(
    shape: tuple[int, int], across: tuple[Places, Places], up: tuple[Places, Places]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.intp]]:
    """Rows and columns of the pixels of an image whose middles lie in cells, and in which.

    Lower and upper ends of the cells are given in parts of the image's sides.
    """
    of, columns = _ranges(*(np.ceil(end * shape[1] - 0.5).astype(np.int64) for end in across))
    again, rows = _ranges(*(np.ceil(end[of] * shape[0] - 0.5).astype(np.int64) for end in up))
    return rows, columns[again], of[again]


def _pixels(
    place: NDArray[np.int64], cells: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first pixel whose middle lies in each cell, and the first beyond it."""
    first, last = (np.ceil(end * size / cells - 0.5).astype(np.int64) for end in (place, place + 1))
    return first, last


def _ranges(first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The numbers from each first to before its last, one after the other, and which of them each belongs to."""
    sizes = np.maximum(last - first, 0)
    of = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(of)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return of, first[of] + within
