"""`compile_kernel`: an objective's compiled functions, from the cache or from the compiler."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import RLock, get_ident

import numpy as np
from numpy.typing import NDArray

from multistart.cache_entries import read_entry, source_digest, write_entry
from multistart.kernels.machine_code import MachineCode, NativeFunction, Room, machine
from multistart.kernels.source import write
from multistart.objectives import Objective

Array = NDArray[np.float64]
#: What is compiled into every kernel besides its text.
COMPILED_IN = ("vectormath/*.py", "curvature/*.py", "kernels/compiler.py", "kernels/machine_code.py")
CACHE_LINE = 64  # bytes
_one_at_a_time = RLock()


@dataclass(frozen=True)
class Kernel:
    """Compiled functions of one objective; see the template in :mod:`multistart.kernels.template` for arguments.

    Attributes
    ----------
    block
        Rows that are worked on together.
    passes
        What to give :meth:`descend_rows` for its argument of that name; any number gives the same bits.
    platform_dependent
        Functions taken from the platform's libm; bits may differ between machines where there are any.
    cache
        The folder that the user named for compiled functions, if any.
    """

    block: int
    passes: int
    platform_dependent: tuple[str, ...]
    cache: Path | str | None
    _descend_rows: Callable[..., None]
    _evaluate: Callable[..., None]

    def descend_rows(
        self, start: Array, end: Array, norms: Array, steps: NDArray[np.int64], ending: NDArray[np.int8],
        rate: float, limit: float, tolerance2: float, low: Array, high: Array, passes: int, balls: Array,
        stop: NDArray[np.uint8],
    ) -> None:  # fmt: skip
        """Descend from every row of a block of starts, without the interpreter's lock."""
        given = (rate, limit, tolerance2, low, high, passes, balls, stop)
        room = _room(get_ident(), self.block, start.shape[1], passes if len(balls) else 0)
        self._descend_rows(start, end, norms, steps, ending, *given, room=room)

    def evaluate(self, points: Array) -> tuple[Array, Array, Array]:
        """Return values, gradients and Hessians: shapes ``(n,)``, ``(n, d)``, ``(n, d, d)``, bits as in descents."""
        points = np.ascontiguousarray(points, dtype=np.float64)
        n, d = points.shape
        value, gradient, hessian = np.empty(n), np.empty((n, d)), np.zeros((n, d, d))
        self._evaluate(points, value, gradient, hessian)
        return value, gradient, hessian


@lru_cache(maxsize=64)
def compile_kernel(objective: Objective, cache: Path | str | None = None) -> Kernel:
    """Return the compiled kernel of an objective, from the cache where it is there.

    Parameters
    ----------
    cache
        Folder for compiled functions, made if missing; by default the user's own. Where it cannot be written, the
        kernel is compiled anew. Safe to share between processes: see :mod:`multistart.cache_entries`.
    """
    source = write(objective)
    functions = load_functions(source.text, ("descend_rows", "evaluate"), cache)
    return Kernel(source.block, source.passes, source.platform_dependent, cache, *functions)


def load_functions(
    text: str, names: Sequence[str], cache: Path | str | None, file: str = "<kernel>"
) -> list[NativeFunction]:
    """Return functions of a text of the package, compiled where the cache does not have them."""
    key = {"text": hashlib.sha256(text.encode()).hexdigest(), "names": list(names)}
    key |= {"compiled in": source_digest(*COMPILED_IN), "machine": machine()}
    with _one_at_a_time:
        kept = read_entry(cache, "kernels", key)
        if kept is not None:
            compiled = {name: MachineCode.from_dict(data) for name, data in kept.items()}
        else:
            from multistart.kernels.compiler import compile_functions  # Numba, which a kept kernel does without

            compiled = compile_functions(text, names, file)
            write_entry(cache, "kernels", key, {name: code.as_dict() for name, code in compiled.items()})
        return [NativeFunction(compiled[name]) for name in names]


@lru_cache(maxsize=64)
def _room(thread: int, block: int, d: int, remembered: int) -> Room:
    """What the descents of a thread work in, in the order of the template's last arguments."""
    width = -(-block // 8) * 8
    marked = np.zeros(width, np.bool_)
    rows = [_aligned(d + 1, width), _aligned(remembered, d + 1, width), *(np.zeros(d) for _ in range(3))]
    return Room(*rows, np.zeros(block), np.zeros(block, np.int64), marked, marked.view(np.int64))


def _aligned(*shape: int) -> Array:
    """An array from the beginning of a cache line, so that no register's load takes two."""
    extra = CACHE_LINE // 8
    raw = np.zeros(math.prod(shape) + extra)
    first = -raw.ctypes.data % CACHE_LINE // 8
    return raw[first : first + math.prod(shape)].reshape(shape)
