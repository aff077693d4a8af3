"""Kernels: objective x method -> one compiled function over a block of starts.

:mod:`.source` writes the Python text, :mod:`.compiled` turns it into machine code and keeps that on disk.
"""

from multistart.kernels.compiled import Kernel, compile_kernel
from multistart.kernels.source import Source, write

__all__ = ["Kernel", "Source", "compile_kernel", "write"]
