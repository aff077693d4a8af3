"""Kernels: objective x method -> one compiled function over a block of starts.

:mod:`.source` writes the Python text, :mod:`.compiler` makes machine code of it, :mod:`.compiled` takes that from the
cache where it is there, and :mod:`.machine_code` loads it.
"""

from multistart.kernels.compiled import Kernel, compile_kernel

__all__ = ["Kernel", "compile_kernel"]
