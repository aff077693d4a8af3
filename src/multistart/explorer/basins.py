"""The maps of the explorer: codes of pixels, refined along the edges where the study has them, packed as text."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.counts.grid import NO_START
from multistart.explorer.contents import Contents, LabelMap
from multistart.explorer.curves import curves_data
from multistart.figures.palette import HATCHES, MUTED, colours_of
from multistart.figures.pixels import cells_on, nearest_taken
from multistart.methods.endings import ENDINGS, MEANING

PIXELS = {1: 4000, 2: 400}  # of a map on an axis, at most, by dimensions
CLASSES = 250  # that a byte tells apart, with some to spare
MORE = CLASSES - len(ENDINGS)  # stands for all minima from this one on
Codes = NDArray[np.int64]


def colours(contents: Contents, minima: int) -> dict[int, str]:
    """The colours of so many minima and of the endings, as in the pictures: neighbours on a map have different ones."""
    maps = [label_map.code for label_map in contents.maps]
    code = np.concatenate([each.reshape(-1, maps[0].shape[1]) for each in maps]) if maps else np.empty((0, 0), np.int64)
    return colours_of(minima, code)


def basins_data(contents: Contents, colour: Mapping[int, str]) -> list[dict[str, Any]]:
    """The map of each method that has one."""
    return [_basins(contents, each, colour) for each in contents.maps if not (each.code == NO_START).all()]


def _basins(contents: Contents, label_map: LabelMap, colour: Mapping[int, str]) -> dict[str, Any]:
    codes = raster(label_map, contents.drawn.dimensions)
    classes, place = _told_apart(np.minimum(codes, MORE))
    return {
        "method": label_map.method,
        "columns": codes.shape[1],
        "rows": codes.shape[0],
        "codes": packed(place.reshape(codes.shape)),
        "classes": [{"code": k, **_class(code, colour)} for k, code in enumerate(classes.tolist())],
        "edges": curves_data(contents.drawn, label_map.edges),
    }


def raster(label_map: LabelMap, dimensions: int) -> Codes:
    """The code in the middle of each pixel, ``(rows, columns)``, row 0 lowest.

    It is that of the smallest cell that the pixel's middle lies in, as in the picture of the map; a cell without a
    start has the code of the nearest one that has some.
    """
    code = label_map.code
    empty = code == NO_START
    if empty.any():
        code = code[nearest_taken(empty)]
    columns, rows = _size(label_map, dimensions)
    across, up = _of_cells(code.shape[1], columns), _of_cells(code.shape[0], rows)
    pixels: Codes = code[np.ix_(up, across)]
    if label_map.mosaic is not None:
        i, j, sharp = cells_on((rows, columns), label_map.mosaic)
        pixels[i, j] = sharp
    return pixels


def _size(label_map: LabelMap, dimensions: int) -> tuple[int, int]:
    """Columns and rows: those of the cells, fewer where these are many, and more where more is known."""
    most, (rows, columns) = PIXELS[dimensions], label_map.code.shape
    finer = 1 if label_map.mosaic is None else max(1, most // columns)
    return min(most, finer * columns), min(most, finer * rows) if dimensions > 1 else 1


def _of_cells(cells: int, size: int) -> NDArray[np.intp]:
    """The cell that the middle of each of so many pixels lies in."""
    return ((np.arange(size) + 0.5) * cells / size).astype(np.intp)


def _told_apart(codes: Codes) -> tuple[Codes, Codes]:
    """The codes that occur, ascending, and the place of each among them: as ``np.unique`` has it, without sorting."""
    least = int(codes.min())
    there = np.bincount(codes.ravel() - least) > 0
    return np.flatnonzero(there) + least, (np.cumsum(there) - 1)[codes - least]


def _class(code: int, colour: Mapping[int, str]) -> dict[str, Any]:
    """What a class is called, by its minimum or its ending, with its colour and pattern."""
    if code == MORE:
        return {"minimum": None, "ending": None, "words": "a further minimum", "colour": MUTED[0], "hatch": ""}
    if code >= 0:
        return {"minimum": code, "ending": None, "words": f"minimum {code}", "colour": colour[code], "hatch": ""}
    ending = ENDINGS[-1 - code]
    return {
        "minimum": None, "ending": ending, "words": MEANING[ending], "colour": colour[code], "hatch": HATCHES[code],
    }  # fmt: skip


def packed(codes: NDArray[Any]) -> str:
    """Whole numbers below 256 as a text: a byte each, row by row, raw deflate, base64."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(codes.astype(np.uint8).tobytes()) + deflate.flush()).decode()
