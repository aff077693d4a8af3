"""SciPy's special functions that intervals need, without the package around them.

``scipy.special`` wraps each of its functions for the arrays of other libraries, for which it reads their descriptions:
that takes fifteen times as long as to load the functions, and as long as all intervals of a study. They are the same
objects as there.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import scipy

_PACKAGE = "scipy.special"


def _functions() -> ModuleType:
    """The module of compiled functions; its package where a version of SciPy has no such module."""
    if _PACKAGE in sys.modules:
        return sys.modules[_PACKAGE]
    empty = ModuleType(_PACKAGE)
    empty.__path__ = [str(Path(scipy.__file__).parent / "special")]
    sys.modules[_PACKAGE] = empty
    try:
        return import_module(f"{_PACKAGE}._ufuncs")
    except ImportError:
        del sys.modules[_PACKAGE]
        return import_module(_PACKAGE)
    finally:
        if sys.modules.get(_PACKAGE) is empty:
            del sys.modules[_PACKAGE]


_compiled = _functions()
betaincinv, betainccinv = _compiled.betaincinv, _compiled.betainccinv
ndtri, stdtrit = _compiled.ndtri, _compiled.stdtrit
