"""Numba's compiler without the passes that find nothing to do in this package: the same machine code, sooner.

They inline closures, prune branches by the values of arguments, rewrite arrays, unroll over tuples of several types,
and look at all of a function again each time. No function of a kernel has any of that.
"""

from __future__ import annotations

from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import FixupArgs, IRProcessing, ReconstructSSA, TranslateByteCode

PASSES = (
    TranslateByteCode, FixupArgs, IRProcessing, ReconstructSSA,
    NopythonTypeInference, PreLowerStripPhis, IRLegalization, NativeLowering, NoPythonBackend,
)  # fmt: skip


class Straight(CompilerBase):
    """From bytecode to machine code in nine passes, for ``numba.njit(pipeline_class=Straight)``."""

    def define_pipelines(self) -> list[PassManager]:
        """The passes, in order."""
        manager = PassManager("straight")
        for each in PASSES:
            manager.add_pass(each, each.__doc__ or each.__name__)
        manager.finalize()
        return [manager]
