"""Machine code as data: an object file in memory is linked by LLVM and called through ctypes, without Numba.

Calls follow Numba's convention for its native functions: the addresses of a result and of an exception first, which
these functions never set, then the arguments; an array is its owner, its parent, its items, their size, the address
of its data, its shape and its strides. Returned is a status, 0. A call does not hold the interpreter's lock.
"""

from __future__ import annotations

import base64
import ctypes
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import count
from threading import Lock
from typing import Any

import llvmlite.binding as llvm
import numpy as np

_SCALARS = {"float64": ctypes.c_double, "int64": ctypes.c_int64}
NUMBERS = -1  # in place of a number of dimensions: the address of an array's numbers alone
_libraries = count()
_linking = Lock()


@dataclass(frozen=True)
class MachineCode:
    """A compiled function that returns nothing.

    Attributes
    ----------
    code
        An object file of the platform, which needs no symbol but libm's.
    symbol
        The function's name in it.
    arguments
        Of each argument the NumPy type and the number of dimensions: 0 for a number, :data:`NUMBERS` for an address.
    """

    code: bytes
    symbol: str
    arguments: tuple[tuple[str, int], ...]


def as_data(functions: Mapping[str, MachineCode]) -> dict[str, Any]:
    """Plain data for JSON, of functions by their names; an object file that several share stands there once."""
    codes = list(dict.fromkeys(made.code for made in functions.values()))
    return {
        "codes": [base64.b64encode(code).decode() for code in codes],
        **{name: [codes.index(made.code), made.symbol, made.arguments] for name, made in functions.items()},
    }


def from_data(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, MachineCode]:
    """Of what :func:`as_data` wrote the functions of these names."""
    codes = [base64.b64decode(code, validate=True) for code in data["codes"]]
    functions = {}
    for name in names:
        at, symbol, arguments = data[name]
        kinds = tuple((str(kind), int(dimensions)) for kind, dimensions in arguments)
        functions[name] = MachineCode(codes[at], str(symbol), kinds)
    return functions


class Room:
    """Arrays whose numbers a function works in, made ready for many calls: the last arguments of each."""

    def __init__(self, *arrays: np.ndarray) -> None:
        self.arrays = arrays  # to keep them alive
        self.kinds = tuple((str(array.dtype), NUMBERS) for array in arrays)
        self.parts = [part for array, kind in zip(arrays, self.kinds, strict=True) for part in _array(array, *kind)]


NO_ROOM = Room()


class NativeFunction:
    """Machine code in memory, to be called with numbers and with arrays in C order, which it may write."""

    def __init__(self, compiled: MachineCode) -> None:
        builder = llvm.JITLibraryBuilder().add_object_img(compiled.code).add_current_process()
        builder.export_symbol(compiled.symbol)
        with _linking:
            self._library = builder.link(_linker(), f"multistart-{next(_libraries)}")  # unloaded when it is forgotten
        self.compiled = compiled
        types = [t for kind, dimensions in compiled.arguments for t in _types(kind, dimensions)]
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *types)
        self.address: int = self._library[compiled.symbol]
        self._call = prototype(self.address)

    def __call__(self, *arguments: Any, room: Room = NO_ROOM) -> None:
        """Run the function.

        Raises
        ------
        TypeError
            Another number of arguments than was compiled for, or an array of another type, shape or order.
        """
        kinds = self.compiled.arguments
        if len(arguments) + len(room.kinds) != len(kinds) or room.kinds != kinds[len(arguments) :]:
            raise TypeError(f"{len(kinds)} arguments of the types {kinds} are needed")
        flat: list[Any] = [ctypes.byref(ctypes.c_void_p()), ctypes.byref(ctypes.c_void_p())]
        for argument, (kind, dimensions) in zip(arguments, kinds, strict=False):
            flat += _array(argument, kind, dimensions) if dimensions else (argument,)
        status = self._call(*flat, *room.parts)
        if status != 0:
            raise RuntimeError(f"a compiled function ended with status {status}")


def machine() -> dict[str, Any]:
    """What compiled code depends on besides its source: the processor, the compilers, and their settings."""
    settings = {name: value for name, value in sorted(os.environ.items()) if name.startswith("NUMBA_")}
    versions = {name: version_of(name) for name in ("numba", "llvmlite", "numpy")}
    versions["python"] = platform.python_version()
    return {
        "system": [platform.system(), platform.machine()],
        "processor": llvm.get_host_cpu_name(),
        "features": _features(),
        "versions": versions,
        "settings": settings,
    }


#: The version of a distribution, read once: a key of the cache asks for four, and each is a file to be parsed.
version_of = cache(version)


@cache
def _features() -> str:
    try:
        return llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM cannot tell; Numba then counts on none
        return ""


@cache
def _linker() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.create_lljit_compiler()


def _types(kind: str, dimensions: int) -> list[Any]:
    if dimensions == 0:
        return [_SCALARS[kind]]
    if dimensions == NUMBERS:
        return [ctypes.c_void_p]
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    return [pointer, pointer, number, number, pointer, *[number] * (2 * dimensions)]


def _array(array: Any, kind: str, dimensions: int) -> tuple[int | None, ...]:
    """What stands for an array in a call; its address by way of the buffer takes a tenth of ``array.ctypes``."""
    if array.dtype != kind or dimensions not in (array.ndim, NUMBERS) or not array.flags.carray:
        shape = "" if dimensions == NUMBERS else f" with {dimensions} dimensions"
        raise TypeError(f"an array of {kind}{shape}, in C order and writable, is needed")
    address = ctypes.addressof(ctypes.c_char.from_buffer(array)) if array.size else None
    if dimensions == NUMBERS:
        return (address,)
    return (None, None, array.size, array.itemsize, address, *array.shape, *array.strides)
