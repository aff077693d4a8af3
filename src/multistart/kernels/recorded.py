"""What single updates make of many rows, by a kernel's own functions: all of it, or whether values fall."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multistart.kernels.compiled import Kernel, digest, kept_or_made
from multistart.kernels.machine_code import NativeFunction
from multistart.kernels.signatures import NUMBERS_AT

Array = NDArray[np.float64]
_AS_TEXT = ("recording.py",)
TEXT = Path(__file__).with_name("recording.py")
WIDTH = 256  # rows of a block
NARROW = 128  # likewise, where there is more to be held of each


def record_orbits(kernel: Kernel, rows: Array, updates: int, hyper: Array) -> Array:
    """Rows, point and state, and what each of so many updates makes of them: shape ``(n, w) -> (updates + 1, n, w)``.

    The bits are those of a descent that nothing stops; nan from where a row is not finite, or the function not defined.
    Of an update rule, not of a search.

    Parameters
    ----------
    hyper
        The numbers that the rule's functions take, as :meth:`multistart.methods.Method.in_kernel` has them.
    """
    n, words = rows.shape
    orbit = np.empty((updates + 1, n, words))
    orbit[0] = rows
    width = max(1, min(WIDTH, n))
    _functions(kernel.cache)["record"](
        updates, n, words, orbit, *_numbers(kernel, hyper, words), kernel.updates["advance_freely"].address,
        *_alone(kernel), width, np.empty((words + 1, width)), np.empty((words, width)), np.empty(width),
        np.empty(words), np.empty(words + 3),
    )  # fmt: skip
    return orbit


def which_fall(
    kernel: Kernel, rows: Array, updates: int, hyper: Array, low: Array, high: Array, least: float
) -> NDArray[np.bool_]:
    """Whether the value of each row falls in each of so many updates, or it leaves the arena: ``(n, w) -> (n,)``.

    An update that moves no coordinate by more than the least part of the largest needs not fall. Values are those of
    :meth:`.compiled.Kernel.evaluate`, to the bit.

    Parameters
    ----------
    hyper
        As above.
    low, high
        The arena, shape ``(d,)``.
    """
    n, words = rows.shape
    values = kernel.values()  # kept until the call is over: another thread may have put its own in the cache
    falls, width = np.zeros(n, dtype=np.uint8), max(1, min(NARROW, n))
    block, points = (
        [np.empty((k, width)) for k in (words + 1, words, 2, 2, 1, 1, 1, 1)],
        [np.empty(words), np.empty(words + 3)],
    )
    _functions(kernel.cache)["fall"](
        updates, n, len(low), words, np.ascontiguousarray(rows), falls, least, low, high,
        *_numbers(kernel, hyper, words), kernel.updates["advance_freely"].address, values.address,
        *_alone(kernel), width, *block, *points, np.empty(width, dtype=np.int64),
    )  # fmt: skip
    return falls.astype(bool)


def _numbers(kernel: Kernel, hyper: Array, words: int) -> tuple[Array, Array, Array, int]:
    """The rule's numbers, an arena that is everywhere, and whether rows may be updated side by side at all."""
    everywhere = np.full(words, np.inf)
    hyper = np.concatenate([hyper, kernel.evaluation.numbers])
    return hyper, -everywhere, everywhere, int(kernel.outline.may_be_free)


def _alone(kernel: Kernel) -> tuple[int, int, NDArray[np.int64]]:
    """What updates a row by itself."""
    formula = np.concatenate([np.zeros(NUMBERS_AT, dtype=np.int64), kernel.evaluation.numbers.view(np.int64)])
    return kernel.updates["walk"].address, kernel.loop["ball_around"].address, formula


@lru_cache(maxsize=16)
def _functions(cache: Path | str | None) -> dict[str, NativeFunction]:
    text = TEXT.read_text()
    return kept_or_made("what writes orbits down", digest(text), lambda: text, ("record", "fall"), cache)
