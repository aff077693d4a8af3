"""`record_orbits`: all points and states of many rows under single updates, by a kernel's own functions."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multistart.kernels.compiled import Kernel, digest, kept_or_made
from multistart.kernels.machine_code import NativeFunction

Array = NDArray[np.float64]
_AS_TEXT = ("recording.py",)
TEXT = Path(__file__).with_name("recording.py")
WIDTH = 256  # rows of a block


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
    numbers, everywhere = kernel.evaluation.numbers, np.full(words, np.inf)
    addresses = (kernel.updates["advance_freely"].address, kernel.updates["walk"].address)
    formula = np.concatenate([np.zeros(2, dtype=np.int64), numbers.view(np.int64)])
    width = max(1, min(WIDTH, n))
    _recorder(kernel.cache)(
        updates, n, words, orbit, np.concatenate([hyper, numbers]), -everywhere, everywhere,
        int(kernel.outline.may_be_free), *addresses, kernel.loop["ball_around"].address, formula,
        width, np.empty((words + 1, width)), np.empty(words), np.empty(words + 3),
    )  # fmt: skip
    return orbit


@lru_cache(maxsize=16)
def _recorder(cache: Path | str | None) -> NativeFunction:
    text = TEXT.read_text()
    return kept_or_made("what writes orbits down", digest(text), lambda: text, ("record",), cache)["record"]
