"""Kernels: objective x rule -> one compiled function over a block of starts; objective -> value and derivatives.

:mod:`.source` writes the Python text, :mod:`.compiler` makes machine code of it, :mod:`.compiled` takes that from the
cache where it is there, and :mod:`.machine_code` loads it.
"""

from multistart.kernels.compiled import Evaluation, Kernel, compile_evaluation, compile_kernel

__all__ = ["Evaluation", "Kernel", "compile_evaluation", "compile_kernel"]
