"""Machine code for a kernel, kept on disk under the hash of everything that shapes it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from multistart import vectormath
from multistart.cache_folder import cache_folder
from multistart.kernels.source import Source, write
from multistart.objectives import Objective

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Kernel:
    """Compiled functions of one objective; see the template in :mod:`multistart.kernels.source` for arguments.

    Attributes
    ----------
    descend_rows
        Descend from every row of a block of starts, without the interpreter's lock.
    passes
        What to give it for its argument of that name; any number gives the same bits.
    evaluate_rows
        Value, gradient and Hessian at every row.
    platform_dependent
        Functions taken from the platform's libm; bits may differ between machines where there are any.
    """

    descend_rows: Callable[..., None]
    passes: int
    evaluate_rows: Callable[..., None]
    platform_dependent: tuple[str, ...]

    def evaluate(self, points: Array) -> tuple[Array, Array, Array]:
        """Return values, gradients and Hessians: shapes ``(n,)``, ``(n, d)``, ``(n, d, d)``, bits as in descents."""
        points = np.ascontiguousarray(points, dtype=np.float64)
        n, d = points.shape
        value, gradient, hessian = np.empty(n), np.empty((n, d)), np.zeros((n, d, d))
        self.evaluate_rows(points, value, gradient, hessian)
        return value, gradient, hessian


@lru_cache(maxsize=64)
def compile_kernel(objective: Objective, cache: Path | str | None = None) -> Kernel:
    """Return the compiled kernel of an objective, from the cache where it is there.

    Parameters
    ----------
    cache
        Folder for compiled kernels; made if missing. Where it cannot be written, the kernel is compiled anew.
        Safe to share between processes: files appear whole or not at all. A corrupted entry is rebuilt.
    """
    source = write(objective)
    folder = cache_folder(cache) / "kernels" / _key(source)
    try:
        module = _import(source, folder)
    except Exception:  # a damaged pickle can raise anything; what is wrong with the source itself raises again
        shutil.rmtree(folder, ignore_errors=True)
        module = _import(source, folder)
    return Kernel(module.descend_rows, source.passes, module.evaluate, source.platform_dependent)


def _key(source: Source) -> str:
    """The hash of the text, of the package's functions that are compiled into it, and of the compiler."""
    digest = hashlib.sha256(f"{source.text}\n{numba.__version__}\n".encode())
    digest.update(vectormath.source_digest().encode())
    return digest.hexdigest()[:24]


def _import(source: Source, folder: Path) -> ModuleType:
    file = folder / "kernel.py"
    if not file.exists() or file.read_text() != source.text:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
        with os.fdopen(handle, "w") as stream:
            stream.write(source.text)
        os.replace(temporary, file)
    spec: Any = importlib.util.spec_from_file_location(f"multistart_kernel_{folder.name}", file)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # where the compiler looks for its globals
    spec.loader.exec_module(module)
    return module
