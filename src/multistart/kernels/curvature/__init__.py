"""Smallest eigenvalues of symmetric matrices, and Newton steps, in IEEE arithmetic alone.

LAPACK's bits differ from build to build, these do not. :mod:`.jacobi` has the functions that are compiled.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from multistart.kernels.compiled import digest, kept_or_made
from multistart.kernels.machine_code import NativeFunction

_AS_TEXT = ("jacobi.py",)
LANES = 64  # matrices that go through a rotation together
_one_at_a_time = Lock()


def smallest_eigenvalues(matrices: np.ndarray, cache: Path | str | None = None) -> np.ndarray:
    """Return the smallest eigenvalues of symmetric matrices, shape ``(n, d, d)`` -> ``(n,)``; nan stays nan.

    Parameters
    ----------
    cache
        The folder that the user named for compiled functions, if any.
    """
    matrices = np.require(matrices, np.float64, ["C", "A", "W"])
    smallest = np.empty(len(matrices))
    _function("smallest_eigenvalues", cache)(matrices, smallest, *_room(matrices.shape[1]))
    return smallest


def newton_steps(gradients: np.ndarray, hessians: np.ndarray, cache: Path | str | None = None) -> np.ndarray:
    """Return ``-H^-1 g`` of each row by Cholesky's factors, shapes ``(n, d), (n, d, d) -> (n, d)``.

    Nan where a Hessian is not positive definite (Golub & Van Loan, section 4.2.5).
    """
    gradients, hessians = (np.require(array, np.float64, ["C", "A", "W"]) for array in (gradients, hessians))
    steps = np.empty(gradients.shape)
    _function("newton_steps", cache)(gradients, hessians, steps, np.empty(hessians.shape[1:]))
    return steps


def _function(name: str, cache: Path | str | None) -> NativeFunction:
    with _one_at_a_time:  # or each thread would compile
        return _functions(cache)[name]


@lru_cache(maxsize=8)
def _functions(cache: Path | str | None) -> dict[str, NativeFunction]:
    text, names = Path(__file__).with_name("jacobi.py").read_text(), ("smallest_eigenvalues", "newton_steps")
    return kept_or_made("eigenvalues", digest(text), lambda: text, names, cache)


def _room(d: int) -> tuple[np.ndarray, ...]:
    return np.zeros((d, d, LANES)), np.zeros(LANES, np.bool_), np.zeros(LANES), np.zeros(LANES)
