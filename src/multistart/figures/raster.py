"""The label map as an image: hue from the class, shade from the steps, patterns at no minimum, boundary lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from multistart.figures.palette import INK, PAPER, QUIET, RGB, SHADES, colours_of, mixed, shades
from multistart.figures.pixels import cells_on, nearest_taken
from multistart.figures.scene import EMPTY, Scene

Places = NDArray[np.int64]  # rows or columns
Pattern = Callable[[Places, Places], NDArray[np.bool_]]

PIXELS = 1400  # of the image's longer side at least, so that boundary lines are thin for coarse maps too
PERIOD = 18  # of the patterns, in image pixels
LINE = 2  # width of boundary lines, in image pixels


def filled(scene: Scene) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Codes and steps of the map, two-dimensional, each empty pixel taken from the nearest one that has starts."""
    code, steps = np.atleast_2d(scene.map.code), np.atleast_2d(scene.map.steps)
    empty = code == EMPTY
    if empty.any() and not empty.all():
        nearest = nearest_taken(empty)
        code, steps = code[nearest], steps[nearest]
    return code, steps


def shade_of(scene: Scene, ends: tuple[float, float] | None = None) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Shades in [0, 1] of the map's pixels, logarithmic in the steps, and the steps at the two ends, if not given."""
    code, steps = filled(scene)
    low, high = ends or shade_ends([scene])
    if high - low < 1:
        return np.full(code.shape, 0.5), (low, high)
    position = np.log((np.nan_to_num(steps, nan=low) + 1) / (low + 1)) / np.log((high + 1) / (low + 1))
    return np.clip(position, 0, 1), (low, high)


def shade_ends(scenes: Sequence[Scene]) -> tuple[float, float]:
    """The steps at the two ends of the shades, for one map or for several at one scale.

    They are the 1st and 99th percentile over pixels that reach a minimum, so that the few slowest starts, on the
    ridges between basins, do not leave all others pale.
    """
    maps = [filled(scene) for scene in scenes]
    inside = np.concatenate([steps[(code >= 0) & np.isfinite(steps)] for code, steps in maps])
    low, high = np.quantile(inside, [0.01, 0.99]) if inside.size else (0.0, 0.0)
    return float(low), float(high)


def raster(
    scene: Scene, shade: NDArray[np.float64], colours: dict[int, str] | None = None, pixels: int = PIXELS
) -> NDArray[np.uint8]:
    """The map as RGB, row 0 lowest; ``shade`` has the shape of the map's pixels. Its own colours, if none are given.

    Patterns and boundaries are some pixels wide: a map that is shown smaller has fewer ``pixels``.
    """
    code, _ = filled(scene)
    dark = np.round(shade * (SHADES - 1)).astype(int)
    rows, columns = (max(1, -(-pixels // size)) for size in code.shape)
    i, j, sharp = _sharp_pixels(scene, (rows * len(code), columns * len(code.T)))
    fine = code.repeat(rows, axis=0).repeat(columns, axis=1)
    fine[i, j] = sharp
    present = np.unique(np.concatenate([np.unique(code), np.unique(sharp)]))
    table = _shade_table(present, colours or colours_of(len(scene.basins), fine))
    image = table[np.searchsorted(present, code), dark].repeat(rows, axis=0).repeat(columns, axis=1)
    image[i, j] = table[np.searchsorted(present, sharp), dark[i // rows, j // columns]]
    _patterns(image, fine, present)
    if scene.edges is None:
        boundaries(image, fine)
    return image


def unit(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """An image's colours from 0 to 1, to the bit as Matplotlib makes them, which masks and checks each first."""
    return np.divide(image, 255, dtype=np.float32)


def _sharp_pixels(scene: Scene, shape: tuple[int, int]) -> tuple[Places, Places, Places]:
    """Rows, columns and codes of the image's pixels along edges, of which more is known than a start's label."""
    if scene.mosaic is None:
        return (np.empty(0, dtype=np.int64),) * 3
    return cells_on(shape, scene.mosaic)


def _shade_table(present: NDArray[np.int64], colours: dict[int, str]) -> NDArray[np.uint8]:
    ramps = [
        shades(colours[c]) if c >= 0 else np.tile(mixed(colours.get(c, PAPER), PAPER, 0), (SHADES, 1))
        for c in present.tolist()
    ]
    return np.round(255 * np.array(ramps)).astype(np.uint8)


def _patterns(image: NDArray[np.uint8], fine: NDArray[np.int64], present: NDArray[np.int64]) -> None:
    """Lines at the step limit, others in cycles, dots where at rest at no minimum, crosses where not finite."""
    for code, (pattern, ink) in ((code, PATTERNS[code]) for code in present.tolist() if code in PATTERNS):
        drawn_over(image, fine == code, pattern, mixed(QUIET[code], ink, 0.75))


def drawn_over(image: NDArray[np.uint8], there: NDArray[np.bool_], pattern: Pattern, ink: RGB) -> None:
    """Draw a pattern over some pixels, in place."""
    if there.any():
        tile = np.ogrid[: 2 * PERIOD, : 2 * PERIOD]
        repeats = [-(-size // (2 * PERIOD)) for size in there.shape]
        dark = np.tile(pattern(*tile), repeats)[: there.shape[0], : there.shape[1]]
        image[there & dark] = np.round(255 * ink)


def rising(i: Places, j: Places) -> NDArray[np.bool_]:
    """Lines from the lower left to the upper right."""
    return (j - i) % PERIOD < 2


def falling(i: Places, j: Places) -> NDArray[np.bool_]:
    """Lines from the upper left to the lower right."""
    return (i + j) % PERIOD < 2


def crossing(i: Places, j: Places) -> NDArray[np.bool_]:
    """Both."""
    return rising(i, j) | falling(i, j)


def grid(i: Places, j: Places) -> NDArray[np.bool_]:
    """Lines across and up."""
    return (i % PERIOD < 2) | (j % PERIOD < 2)


def upright(i: Places, j: Places) -> NDArray[np.bool_]:
    """Lines up."""
    return (j % PERIOD < 2) & (i >= 0)


def dots(i: Places, j: Places) -> NDArray[np.bool_]:
    """Dots, every other row between those of the row below."""
    return (i % PERIOD < 4) & ((j + PERIOD // 2 * (i // PERIOD % 2)) % PERIOD < 4)


PATTERNS: dict[int, tuple[Pattern, str]] = {
    -1: (dots, "#8A7A55"),
    -3: (rising, "#6E6E6E"),
    -5: (crossing, "#8A8A8A"),
    -6: (dots, "#6F8A60"),
    -7: (dots, "#A08A50"),
    -8: (dots, "#7E6796"),
    -9: (falling, "#C06A48"),
    -10: (grid, "#5A4233"),
    -11: (upright, "#3E7377"),
}
"""Where each ending has ink, by rows and columns of a tile of two periods, and which."""


def boundaries(image: NDArray[np.uint8], fine: NDArray[np.int64]) -> None:
    """Darken where two codes meet, in place."""
    ink = np.round(255 * mixed(INK, INK, 0)).astype(np.uint8)
    for axis in (0, 1):
        a, pixels = np.moveaxis(fine, axis, 0), np.moveaxis(image, axis, 0)
        row, column = np.nonzero(a[1:] != a[:-1])
        for step in range(LINE):
            pixels[row + step, column] = (pixels[row + step, column] // 4 + 3 * (ink // 4)).astype(np.uint8)
