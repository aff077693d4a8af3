"""Python text -> machine code, by Numba. Imported only where something has to be compiled: it takes its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
from numba.core import types
from numba.np.numpy_support import as_dtype

from multistart.kernels.machine_code import MachineCode


def exported(signature: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Compile a function for callers outside Numba: no wrapper for Python, and no memory but what it is given.

    Without Numba's run time (``_nrt=False``) a function that would allocate is refused by the compiler; so the code
    needs none of Numba's symbols.
    """
    return numba.njit(
        signature, error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, nogil=True
    )


def compile_functions(text: str, names: Sequence[str], file: str = "<kernel>") -> dict[str, MachineCode]:
    """Return the machine code of the functions of a text that are :func:`exported`.

    The text is the package's own, see :mod:`.source`; ``file`` is what errors call it.
    """
    namespace: dict[str, Any] = {"__name__": "multistart_kernel"}
    exec(compile(text, file, "exec"), namespace)
    return {name: _machine_code(namespace[name]) for name in names}


def _machine_code(function: Any) -> MachineCode:
    (compiled,) = function.overloads.values()
    arguments = tuple(_kind(argument) for argument in compiled.signature.args)
    library = compiled.library
    code = library.codegen._tm.emit_object(library._final_module)  # as the library itself does for its own cache
    return MachineCode(code, compiled.fndesc.llvm_func_name, arguments)


def _kind(argument: types.Type) -> tuple[str, int]:
    if isinstance(argument, types.Array):
        return str(as_dtype(argument.dtype)), argument.ndim
    return str(argument), 0
