"""A kernel's text run by Python itself: what was generated, without the seconds that compiling takes.

Numba's decorator is the identity here, and the functions that its text imports are NumPy's. A descent is as slow as
Python, but every line of it is the one that would be compiled.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

import numpy as np

from multistart.functions.objective import Objective
from multistart.kernels import recorded, vectormath
from multistart.kernels.compiled import LOOP, LOOP_TEXT, UPDATES, Evaluation, Kernel, Outline
from multistart.kernels.signatures import NUMBERS_AT
from multistart.kernels.source import write, write_evaluation, write_values
from multistart.methods import Method
from tests.plain_rules import exact_fma


def _fma(a: float, b: float, c: float) -> np.float64:
    return np.float64(np.longdouble(a) * b + c)  # the others become as long by themselves


def _njit(*arguments: Any, **options: Any) -> Any:
    """The identity, as a decorator with and without options or a signature."""
    return arguments[0] if arguments and callable(arguments[0]) else lambda function: function


def _function_at(signature: str) -> Any:
    """A call of what stands where an address would."""
    return lambda function, *arguments: function(*arguments)


def _usual(function: Any) -> Any:
    return lambda x: (function(x), 1.0)


_ELEMENTARY: dict[str, Any] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh,
    "log2": np.log2, "log10": np.log10, "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power,
}  # fmt: skip
_IEEE = {
    "aligned_stack": lambda: None,
    "counted": lambda condition, count, step: count + step if condition else count,
    "fma": _fma,
    "loaded": lambda *values: lambda: tuple(map(np.float64, values)),
    "select": lambda condition, yes, no: yes if condition else no,
    "smaller": lambda a, b: a if a < b else b,
    "larger": lambda a, b: a if a > b else b,
}
_MODULES = {
    "multistart.kernels.compiler": {
        "exported": _njit,
        "inner": _njit,
        "function_at": _function_at,
        "interleaved": lambda: None,
        "interleaved_with_roots": lambda: None,
        "at": lambda numbers, offset: numbers[offset:],
        "stack": lambda count: lambda: np.full(count, np.nan),
        "numbers_of": lambda formula: formula[NUMBERS_AT:].view(np.float64),
    },
    "multistart.kernels.vectormath.ieee": _IEEE,
    "multistart.kernels.vectormath": _ELEMENTARY
    | {f"usual_{n}": _usual(_ELEMENTARY[n]) for n in ("exp", "sin", "cos")}
    | {"boxed_exp": lambda x, boxed: _usual(_ELEMENTARY["exp"])(x)},
    "math": vars(__import__("math")) | {"pow": np.power},
}


#: Modules whose functions are compiled into the loop.
_OF_THE_LOOP = {f"multistart.kernels.{name}": LOOP_TEXT.with_name(f"{name}.py") for name in ("rows", "sums", "traps")}


def _import(name: str, *rest: Any) -> Any:
    if name in _OF_THE_LOOP:
        return types.SimpleNamespace(**names_in_text(_OF_THE_LOOP[name].read_text()))
    if name in _MODULES:
        return types.SimpleNamespace(**_MODULES[name])
    return builtins.__import__(name, *rest)


def plain_kernel(objective: Objective, method: Method, cache: object = None) -> Kernel:
    """The kernel of an objective under a method, not compiled; to be put in place of ``compile_kernel``."""
    source = write(objective, method.rule)
    updates = _run(source.text, UPDATES)
    loop = _usual_loop() if _IEEE["fma"] is _fma else _loop()
    evaluation = plain_evaluation(objective)
    return Kernel(
        _outline(source), updates, loop, evaluation, lambda: _run(write_values(objective).text, ["values"])["values"]
    )


def _loop() -> dict[str, Any]:
    return _run(LOOP_TEXT.read_text(), LOOP)


#: Once for all kernels, but where a test has put another multiply-add, and functions, in place of NumPy's.
_usual_loop = cache(_loop)


def plain_evaluation(objective: Objective, cache: object = None) -> Evaluation:
    """Value, gradient and Hessian, not compiled; to be put in place of ``compile_evaluation``."""
    evaluation = write_evaluation(objective)
    (evaluate,) = _run(evaluation.text, ["evaluate"]).values()
    return Evaluation(_outline(evaluation), evaluate, None, objective.numbers)


@contextmanager
def plainly(kernel: Kernel | None = None) -> Iterator[None]:
    """Descents are run by Python for a while; or by the kernel that is given, plain or compiled.

    A few rows and updates take less than compiling them.
    """
    functions = recorded._functions
    if kernel is None or isinstance(kernel.updates["walk"], _Function):
        plain_ones = _run(recorded.TEXT.read_text(), ["record", "fall"])
        functions = mock.Mock(return_value={name: each.flatly for name, each in plain_ones.items()})
    plain = mock.Mock(side_effect=lambda *of: kernel or plain_kernel(*of))
    evaluation = mock.Mock(side_effect=lambda *of: kernel.evaluation if kernel else plain_evaluation(*of))
    with (
        mock.patch("multistart.descents.prepared.compile_kernel", plain),
        mock.patch("multistart.dynamics.map.compile_kernel", plain),
        mock.patch("multistart.dynamics.map.compile_evaluation", evaluation),
        mock.patch("multistart.descents.descend.compile_evaluation", evaluation),
        mock.patch("multistart.study.study.compile_evaluation", evaluation),
        mock.patch("multistart.study.minima.compile_evaluation", evaluation),
        mock.patch("multistart.kernels.recorded._functions", functions),
    ):
        yield


@contextmanager
def to_the_bit() -> Iterator[None]:
    """Descents are run by Python for a while, with the kernel's own elementary functions and an exact multiply-add."""

    def own(name: str) -> Any:
        function = getattr(vectormath, name)
        usual = name.startswith("usual_")
        return lambda x: tuple(map(np.float64, function(float(x)))) if usual else np.float64(function(float(x)))

    names = {*vectormath.NAMES, *vectormath.PIECEWISE, *(f"usual_{name}" for name in vectormath.USUAL)}
    owned = {name: own(name) for name in names}
    owned["boxed_exp"] = lambda x, boxed: tuple(map(np.float64, vectormath.boxed_exp(float(x), bool(boxed))))
    fused = {"fma": lambda a, b, c: np.float64(exact_fma(float(a), float(b), float(c)))}
    with (
        mock.patch.dict(_MODULES, {"multistart.kernels.vectormath": owned}),
        mock.patch.dict(_IEEE, fused),
        plainly(),
    ):
        yield


class _Function:
    """A function of a text, to be called like a compiled one, or where its address would be used."""

    def __init__(self, function: Any) -> None:
        self.address = function

    def __call__(self, *arguments: Any, room: Any = None) -> None:
        """What is not finite is an answer, as in compiled code."""
        if room is not None:
            self.flatly(*arguments, *room.arrays)
            return
        with np.errstate(all="ignore"):
            self.address(*arguments)

    def flatly(self, *arguments: Any) -> None:
        """Likewise, where arrays are the addresses of their numbers."""
        with np.errstate(all="ignore"):
            self.address(*(each.reshape(-1) if isinstance(each, np.ndarray) else each for each in arguments))


def _run(text: str, names: Any) -> dict[str, Any]:
    namespace = names_in_text(text)
    return {name: _Function(namespace[name]) for name in names}


def names_in_text(text: str) -> dict[str, Any]:
    """What a text of the package defines, run by Python."""
    namespace: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": _import}, "__name__": "plain"}
    exec(_code_of(text), namespace)
    return namespace


@cache
def _code_of(text: str) -> types.CodeType:
    """The package's own text, or one that it has generated a line before, as Python's code; the loop's only once."""
    return compile(text, "<kernel>", "exec")


def _outline(source: Any) -> Outline:
    return Outline(**{**vars(source), "text": "plain"})
