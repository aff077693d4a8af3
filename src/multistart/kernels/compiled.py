"""`compile_kernel`: an objective's compiled functions, from the cache or from the compiler."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.files.cache_entries import read_entry, source_digest, write_entry
from multistart.functions.objective import Objective
from multistart.kernels.machine_code import MachineCode, NativeFunction, Room, machine

Array = NDArray[np.float64]
FUNCTIONS = ("descend_rows", "evaluate")
#: What shapes the text of a kernel besides its objective, and what is compiled into it besides its text.
WRITTEN_BY = ("*.py", "functions/**/*.py", "kernels/*.py", "kernels/vectormath/*.py")
COMPILED_IN = ("kernels/curvature/*.py", "kernels/compiler.py", "kernels/machine_code.py", "kernels/vectormath/*.py")
CACHE_LINE = 64  # bytes
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outline:
    """What there is to know of a kernel's text without writing it, which takes SymPy half a second.

    Attributes
    ----------
    text
        The SHA-256 of the text.
    block
        Rows that are worked on together.
    passes
        Passes over a block between two looks at it; any number gives the same bits.
    platform_dependent
        Functions taken from the platform's libm; bits may differ between machines where there are any.
    """

    text: str
    block: int
    passes: int
    platform_dependent: tuple[str, ...]


@dataclass(frozen=True)
class Kernel:
    """Compiled functions of one objective; see the template in :mod:`multistart.kernels.template` for arguments.

    Attributes
    ----------
    passes
        What to give :meth:`descend_rows` for its argument of that name; any number gives the same bits.
    cache
        The folder that the user named for compiled functions, if any.
    functions
        The template's exported functions by name.
    """

    outline: Outline
    cache: Path | str | None
    functions: Mapping[str, NativeFunction]

    @property
    def passes(self) -> int:
        """Passes over a block between two looks at it."""
        return self.outline.passes

    def descend_rows(self, *given: Any) -> None:
        """Descend from every row of a block of starts, without the interpreter's lock.

        Given are the arguments of the template's function of this name, from ``start`` to ``stop``.
        """
        start, (passes, balls, _) = np.require(given[0], np.float64, ["C", "A", "W"]), given[-3:]
        room = _room(get_ident(), self.outline.block, start.shape[1], passes if len(balls) else 0)
        self.functions["descend_rows"](start, *given[1:], room=room)

    def evaluate(self, points: Array) -> tuple[Array, Array, Array]:
        """Return values, gradients and Hessians: shapes ``(n,)``, ``(n, d)``, ``(n, d, d)``, bits as in descents."""
        points = np.require(points, np.float64, ["C", "A", "W"])
        n, d = points.shape
        value, gradient, hessian = np.empty(n), np.empty((n, d)), np.zeros((n, d, d))
        self.functions["evaluate"](points, value, gradient, hessian)
        return value, gradient, hessian


@lru_cache(maxsize=64)
def compile_kernel(objective: Objective, cache: Path | str | None = None) -> Kernel:
    """Return the compiled kernel of an objective, from the cache where it is there.

    Parameters
    ----------
    cache
        Folder for compiled functions, made if missing; by default the user's own. Where it cannot be written, the
        kernel is compiled anew. Safe to share between processes: see :mod:`multistart.files.cache_entries`.
    """
    outline = outline_of(objective, cache)
    functions = kept_functions(outline.text, FUNCTIONS, cache)
    if functions is None:
        from multistart.kernels.source import write  # with SymPy's derivatives, which a kept kernel does without

        _log.info("compiling the kernel of %s: a few seconds, once", objective.name)
        source = write(objective)
        outline = _outline(source)
        functions = compile_and_keep(outline.text, source.text, FUNCTIONS, cache)
    return Kernel(outline, cache, functions)


def outline_of(objective: Objective, cache: Path | str | None = None) -> Outline:
    """Return the outline of an objective's kernel, from the cache where it is there."""
    key = _identity(objective)
    kept = read_entry(cache, "outlines", key)
    if kept is not None:
        return Outline(**{**kept, "platform_dependent": tuple(kept["platform_dependent"])})
    from multistart.kernels.source import write

    outline = _outline(write(objective))
    write_entry(cache, "outlines", key, asdict(outline))
    return outline


def _outline(source: Any) -> Outline:
    return Outline(
        hashlib.sha256(source.text.encode()).hexdigest(), source.block, source.passes, source.platform_dependent
    )


def _identity(objective: Objective) -> dict[str, Any]:
    """Everything that shapes the text of an objective's kernel."""
    return {**objective.identity, "written by": source_digest(*WRITTEN_BY), "sympy": version("sympy")}


def kept_functions(text: str, names: Sequence[str], cache: Path | str | None) -> dict[str, NativeFunction] | None:
    """Functions of a text of the package, given by its digest, from the cache; none where it does not have them."""
    kept = read_entry(cache, "kernels", _key(text, names))
    return None if kept is None else {name: NativeFunction(MachineCode.from_dict(kept[name])) for name in names}


def compile_and_keep(
    text: str, functions: str | Mapping[str, Any], names: Sequence[str], cache: Path | str | None
) -> dict[str, NativeFunction]:
    """Functions of a text of the package, given by its digest and as text or module, compiled and kept in the cache."""
    from multistart.kernels.compiler import compile_functions  # Numba, which a kept kernel does without

    compiled = compile_functions(functions, names)
    kept = {name: code.as_dict() for name, code in compiled.items()}
    write_entry(cache, "kernels", _key(text, names), kept)
    return {name: NativeFunction(compiled[name]) for name in names}


def _key(text: str, names: Sequence[str]) -> dict[str, Any]:
    return {"text": text, "names": list(names), "compiled in": source_digest(*COMPILED_IN), "machine": machine()}


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
