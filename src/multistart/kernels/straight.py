"""Numba's compiler without what finds nothing to do in this package: the same operations, sooner.

Its other passes inline closures, prune branches by the values of arguments, rewrite arrays, unroll over tuples of
several types, and say where a variable is used last, to release what it refers to. No function of a kernel has any of
that: what it computes with are numbers, addresses, and tuples of them. After each pass Numba looks at all of a function
again; here the few that are left follow one another.
"""

from __future__ import annotations

from numba.core.bytecode import ByteCode
from numba.core.compiler import CompilerBase, StateDict
from numba.core.compiler_machinery import PassManager
from numba.core.interpreter import Interpreter
from numba.core.ir import FunctionIR
from numba.core.ir_utils import build_definitions
from numba.core.ssa import reconstruct_ssa
from numba.core.transforms import canonicalize_cfg
from numba.core.typed_passes import NativeLowering, NoPythonBackend, NopythonTypeInference, PreLowerStripPhis
from numba.core.untyped_passes import FixupArgs


class _Interpreter(Interpreter):
    """Bytecode read as it is: Numba then looks in it, five times, for ``with`` and for calls with ``*`` and ``**``."""

    def post_process(self, peepholes: object, function: FunctionIR) -> FunctionIR:
        """What was read, of which nothing has to be put together."""
        return function


class _Passes(PassManager):
    """From bytecode to LLVM's text, with nothing in between."""

    def run(self, state: StateDict) -> None:
        """Compile the function of a state.

        Raises
        ------
        ValueError
            Memory would be counted, whose last use nobody looks for here.
        """
        if state.flags.nrt:
            raise ValueError("Straight compiles what holds no memory: give njit _nrt=False as well")
        function = state.func_ir = _Interpreter(state.func_id).interpret(ByteCode(state.func_id))
        FixupArgs().run_pass(state)
        function.blocks, function.generator_info = canonicalize_cfg(function.blocks), None
        reconstruct_ssa(function)
        function._definitions = build_definitions(function.blocks)
        NopythonTypeInference().run_pass(state)
        state.func_ir = PreLowerStripPhis()._strip_phi_nodes(function)
        NativeLowering().run_pass(state)
        NoPythonBackend().run_pass(state)


class Straight(CompilerBase):
    """From bytecode to machine code on the shortest way, for ``numba.njit(pipeline_class=Straight, _nrt=False)``."""

    def define_pipelines(self) -> list[PassManager]:
        """The one way."""
        return [_Passes("straight")]
