"""Kernels: objective x rule -> one compiled function over a block of starts; objective -> value and derivatives.

:mod:`.source` writes the Python text of what depends on them, :mod:`.loop` is the text of the loop that all share, with
:mod:`.rows` and :mod:`.traps`; :mod:`.compiler` makes machine code of both, :mod:`.compiled` takes that from the cache
where it is there, and :mod:`.machine_code` loads it. Lines of derivatives are those of :mod:`.derivatives`; of a fit
:mod:`.fit_source` writes the text, whose sums over rows of data are those of :mod:`.sums`.
"""

from multistart.kernels.compiled import Evaluation, Kernel, compile_evaluation, compile_kernel, compile_residuals

__all__ = ["Evaluation", "Kernel", "compile_evaluation", "compile_kernel", "compile_residuals"]
