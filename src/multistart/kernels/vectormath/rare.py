"""A rare slow path that LLVM vectorises around.

A call inside a branch keeps LLVM from vectorising the loop. It does vectorise when the callee is known to
touch no memory and to have *some* vector form, named by the attribute ``vector-function-abi-variant`` (LLVM
language reference, "Call Site Attributes"). The form named here is 64 lanes wide, wider than any register, so it is
never what LLVM picks: the loop becomes packed instructions, then one test a lane, and a scalar call for
each lane that asks for it. A lane that takes the call gets the bits the scalar program would give it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from multistart.kernels.vectormath.ieee import intrinsic

_LANES = 64
_DOUBLE = ir.DoubleType()


def rare(function: Callable[[float], float]) -> Callable[..., Any]:
    """Return an intrinsic that calls a compilable ``float -> float`` without inlining it.

    The function must be total and free of effects: LLVM may call it as often as it likes, or not at all.
    """
    name = f"multistart_rare_{function.__name__}"

    @intrinsic
    def call(typingctx, x):
        def codegen(context, builder, signature, arguments):
            module = builder.module
            scalar = module.globals.get(name) or _define(context, module, function, signature, name)
            return builder.call(scalar, arguments)

        return types.float64(types.float64), codegen

    return call


def _define(context, module: ir.Module, function: Callable[..., Any], signature, name: str) -> ir.Function:
    scalar = ir.Function(module, ir.FunctionType(_DOUBLE, [_DOUBLE]), name)
    scalar.linkage = "linkonce_odr"  # modules that are linked together share one copy
    variant = f'"vector-function-abi-variant"="_ZGV_LLVM_M{_LANES}v_{name}({name}_lanes)"'
    for attribute in ("noinline", "nounwind", "willreturn", "cold", "memory(none)", variant):
        set.add(scalar.attributes, attribute)  # llvmlite's own list of attributes is shorter than LLVM's
    body = ir.IRBuilder(scalar.append_basic_block())
    compiled = context.compile_subroutine(body, function, signature)
    _, result = context.call_internal_no_propagate(body, compiled.fndesc, signature, scalar.args)
    body.ret(result)
    _define_lanes(module, scalar, name)
    return scalar


def _define_lanes(module: ir.Module, scalar: ir.Function, name: str) -> None:
    """The vector form: right should LLVM ever pick it, and kept alive until the vectoriser has seen it."""
    vector, mask = ir.VectorType(_DOUBLE, _LANES), ir.VectorType(ir.IntType(1), _LANES)
    lanes = ir.Function(module, ir.FunctionType(vector, [vector, mask]), f"{name}_lanes")
    lanes.linkage = "linkonce_odr"
    body = ir.IRBuilder(lanes.append_basic_block())
    result = ir.Constant(vector, ir.Undefined)
    for i in range(_LANES):
        lane = ir.Constant(ir.IntType(32), i)
        value = body.call(scalar, [body.extract_element(lanes.args[0], lane)])
        result = body.insert_element(result, value, lane)
    body.ret(result)
    used = module.globals.get("llvm.compiler.used")
    kept = [lanes] if used is None else [*used.initializer.constant, lanes]
    if used is not None:
        del module.globals["llvm.compiler.used"]
    used = ir.GlobalVariable(module, ir.ArrayType(ir.PointerType(), len(kept)), "llvm.compiler.used")
    used.linkage, used.section = "appending", "llvm.metadata"
    used.initializer = ir.Constant(used.value_type, kept)
