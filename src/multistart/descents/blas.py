"""BLAS in one thread: shared among threads, a sum of a long row depends on their number, and one of a short row waits.

SciPy's L-BFGS-B takes twenty times as long on two coordinates where OpenBLAS has two threads. The libraries in the
wheels of NumPy and SciPy are told; another BLAS is left as it is.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

SUFFIXES = ("64_", "")  # of the symbols in NumPy's library and in SciPy's


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one thread, for as long as it lasts."""
    libraries = _libraries()
    before = [get() for get, _ in libraries]
    try:
        for _, put in libraries:
            put(1)
        yield
    finally:
        for (_, put), threads in zip(libraries, before, strict=True):
            put(threads)


@cache
def _libraries() -> list[tuple[Callable[[], int], Callable[[int], None]]]:
    """What tells, and what sets, the number of threads of each library."""
    import scipy  # late: a job of rules does without

    found = []
    for package in (np, scipy):
        home = Path(str(package.__file__)).parent
        for path in (*home.with_name(f"{home.name}.libs").glob("*openblas*"), *(home / ".dylibs").glob("*openblas*")):
            library = ctypes.CDLL(str(path))
            for suffix in SUFFIXES:
                if put := getattr(library, f"scipy_openblas_set_num_threads{suffix}", None):
                    found.append((getattr(library, f"scipy_openblas_get_num_threads{suffix}"), put))
    return found
