"""A kernel's text run by Python itself: what was generated, without the seconds that compiling takes.

Numba's decorator is the identity here, and the functions that its text imports are NumPy's. A descent is as slow as
Python, but every line of it is the one that would be compiled.
"""

from __future__ import annotations

import builtins
import types
from typing import Any

import numpy as np

from multistart.functions.objective import Objective
from multistart.kernels.compiled import Evaluation, Kernel, Outline
from multistart.kernels.source import Source, write, write_evaluation
from multistart.methods import Method


def _fma(a: float, b: float, c: float) -> np.float64:
    return np.float64(np.longdouble(a) * np.longdouble(b) + np.longdouble(c))


def _njit(*arguments: Any, **options: Any) -> Any:
    """The identity, as a decorator with and without options or a signature."""
    return arguments[0] if arguments and callable(arguments[0]) else lambda function: function


def _usual(function: Any) -> Any:
    return lambda x: (function(x), 1.0)


_ELEMENTARY: dict[str, Any] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh,
    "log2": np.log2, "log10": np.log10, "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power,
}  # fmt: skip
_IEEE = {
    "aligned_stack": lambda: None,
    "fma": _fma,
    "loaded": lambda *values: lambda: tuple(map(np.float64, values)),
    "select": lambda condition, yes, no: yes if condition else no,
    "smaller": lambda a, b: a if a < b else b,
}
_MODULES = {
    "multistart.kernels.compiler": {"exported": _njit, "inner": _njit},
    "multistart.kernels.vectormath.ieee": _IEEE,
    "multistart.kernels.vectormath": _ELEMENTARY
    | {f"usual_{n}": _usual(_ELEMENTARY[n]) for n in ("exp", "sin", "cos")},
    "math": vars(__import__("math")) | {"pow": np.power},
}


def _import(name: str, *rest: Any) -> Any:
    if name in _MODULES:
        return types.SimpleNamespace(**_MODULES[name])
    return builtins.__import__(name, *rest)


def plain_kernel(objective: Objective, method: Method, cache: object = None) -> Kernel:
    """The kernel of an objective under a method, not compiled; to be put in place of ``compile_kernel``."""
    evaluation = Evaluation(*_run("evaluate", write_evaluation(objective)), None)
    return Kernel(*_run("descend_rows", write(objective, method.rule)), evaluation)


def _run(name: str, source: Source) -> tuple[Outline, Any]:
    namespace: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": _import}, "__name__": "plain"}
    exec(compile(source.text, "<kernel>", "exec"), namespace)  # the package's own text, generated a line before
    outline = Outline("plain", source.block, source.passes, source.words, source.platform_dependent)
    return outline, _silent(namespace[name])


def _silent(function: Any) -> Any:
    """What is not finite is an answer, as in compiled code."""

    def call(*arguments: Any, room: Any = None) -> None:
        with np.errstate(all="ignore"):
            function(*arguments, *(() if room is None else room.arrays))

    return call
