"""Whether a number lies in a range, by one comparison of its bits; for the stopping rule of a kernel.

The bits of floats without a sign, read as integers, stand in the order of the floats, infinity and nan last.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from multistart.vectormath.ieee import F64, I64

_INT = ir.IntType(64)


def _integer(builder: ir.IRBuilder, name: str, *arguments: ir.Value) -> ir.Value:
    kind = ir.FunctionType(_INT, [_INT] * len(arguments))
    return builder.call(builder.module.declare_intrinsic(name, [_INT], kind), arguments)


@intrinsic
def first_above(typingctx, tolerance):
    """The bits of the smallest float above a tolerance; those of 0 where the tolerance is negative."""

    def codegen(context, builder, signature, arguments):
        after = builder.add(builder.bitcast(arguments[0], _INT), ir.Constant(_INT, 1))
        return _integer(builder, "llvm.smax", after, ir.Constant(_INT, 0))

    return I64(F64), codegen


@intrinsic
def span(typingctx, first, end):
    """How many floats there are from the one whose bits are ``first`` to below ``end``, a float without a sign."""

    def codegen(context, builder, signature, arguments):
        count = builder.sub(builder.bitcast(arguments[1], _INT), arguments[0])
        return _integer(builder, "llvm.smax", count, ir.Constant(_INT, 0))

    return I64(I64, F64), codegen


@intrinsic
def within(typingctx, x, first, count):
    """Whether a float is among the ``count`` from ``first`` on; nan and what has a sign never are."""

    def codegen(context, builder, signature, arguments):
        x, first, count = arguments
        return builder.icmp_unsigned("<", builder.sub(builder.bitcast(x, _INT), first), count)

    return types.boolean(F64, I64, I64), codegen
