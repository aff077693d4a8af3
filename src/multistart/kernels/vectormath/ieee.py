"""The IEEE operations the elementary functions are made of, as Numba intrinsics that stay one instruction.

Everything here is exact or correctly rounded, and LLVM has a packed form of it: fused multiply-add, square
root, select, and reading a float64 as its bits. None of it may be reassociated, since fast-math stays off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic as _numba_intrinsic

from multistart.kernels.straight import Straight

F64, I64 = types.float64, types.int64
_DOUBLE, _INT, _WIDE = ir.DoubleType(), ir.IntType(64), ir.IntType(128)


def called(function: Callable[..., Any], *, forceinline: bool = False) -> Callable[..., Any]:
    """Compile a function where it is called: from Python, or from compiled code, which asks for no more than it needs.

    No check of divisors, since x/0 is IEEE's infinity; and no fast-math, which would let the bits depend on the width.
    What Python needs to call a function takes as long to compile as a short function, so compiled code has its own copy
    without that.
    """
    compiled: Any = partial(njit, error_model="numpy", forceinline=forceinline, fastmath=False)
    for_python = compiled()(function)
    for_code = compiled(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=Straight, _nrt=False)(function)
    for_python.get_call_template, for_python.get_overload = for_code.get_call_template, for_code.get_overload
    return for_python


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Likewise, and always inlined, so that LLVM can vectorise the caller's loop."""
    return called(function, forceinline=True)


#: Numba's decorator, typed as what it makes: a function to call from compiled code, without the typing context.
intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = _numba_intrinsic
literal_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = _numba_intrinsic(prefer_literal=True)

SIGN = -(2**63)  # the sign bit, as an int64
MAGNITUDE = 2**63 - 1  # all the others
EXPONENT = 2**52  # one step of the exponent
#: Adding and subtracting 1.5 * 2**52 rounds to an integer, which then stands in the low bits of the sum.
SHIFT = 6755399441055744.0


def call_llvm(builder: ir.IRBuilder, name: str, *arguments: ir.Value) -> ir.Value:
    """Call an LLVM intrinsic on doubles, declared with its full function type."""
    kind = ir.FunctionType(_DOUBLE, [_DOUBLE] * len(arguments))
    return builder.call(builder.module.declare_intrinsic(name, [_DOUBLE], kind), arguments)


@intrinsic
def aligned_stack(typingctx):
    """Align the stack of the function that says so to 64 bytes, and do not inline it.

    LLVM puts the registers it has too few of on the stack, and 16 bytes are all it can count on there: a register
    of 64 bytes then lies across two cache lines, and each use of it takes two loads.
    """

    def codegen(context, builder, signature, arguments):
        for attribute in ("alignstack(64)", "noinline"):
            set.add(builder.function.attributes, attribute)  # llvmlite's own list is shorter than LLVM's
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def fma(typingctx, a, b, c):
    """``a*b + c`` rounded once. Without the instruction LLVM calls libm's ``fma``, which rounds once as well."""

    def codegen(context, builder, signature, arguments):
        return call_llvm(builder, "llvm.fma", *arguments)

    return F64(F64, F64, F64), codegen


@intrinsic
def sqrt(typingctx, x):
    """The square root, correctly rounded: IEEE 754 demands it of the instruction."""

    def codegen(context, builder, signature, arguments):
        return call_llvm(builder, "llvm.sqrt", *arguments)

    return F64(F64), codegen


@intrinsic
def bits(typingctx, x):
    """The 64 bits of a float64 as an int64."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], _INT)

    return I64(F64), codegen


@intrinsic
def from_bits(typingctx, n):
    """The float64 that has these 64 bits."""

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], _DOUBLE)

    return F64(I64), codegen


@intrinsic
def select(typingctx, condition, yes, no):
    """``yes if condition else no`` with both sides computed, so that no branch is left in the loop."""
    kind = I64 if isinstance(yes, types.Integer) and isinstance(no, types.Integer) else F64

    def codegen(context, builder, signature, arguments):
        return builder.select(*arguments)

    return kind(types.boolean, kind, kind), codegen


@intrinsic
def counted(typingctx, condition, count, step):
    """``count + step if condition else count`` of a count that is not negative, in the form the processor is faster in.

    The same bits either way: with AVX-512 an addition is itself conditional, without it a step of 0 is faster.
    """

    def codegen(context, builder, signature, arguments):
        condition, count, step = arguments
        if "+avx512f" in context.codegen()._get_host_cpu_features():
            return builder.select(condition, builder.fadd(count, step), count)
        return builder.fadd(count, builder.select(condition, step, ir.Constant(_DOUBLE, 0.0)))

    return F64(types.boolean, F64, F64), codegen


def _loaded(builder: ir.IRBuilder, values: tuple[float, ...]) -> list[ir.Value]:
    """Constants as numbers in memory that the compiler does not know.

    One that it knows it would broadcast anew in each pass of a loop that has more of them than registers; one that
    is loaded it broadcasts before the loop, and then reads as an operand (measured: a tenth of a step on peaks).
    """
    kind = ir.ArrayType(_DOUBLE, len(values))
    name = "multistart_constants_" + hashlib.sha256(repr(values).encode()).hexdigest()[:16]
    table = builder.module.globals.get(name)
    if table is None:
        table = ir.GlobalVariable(builder.module, kind, name)
        table.linkage = "linkonce_odr externally_initialized"  # llvmlite has no field for the second word
        table.initializer = ir.Constant(kind, list(values))
    loads = []
    for i in range(len(values)):
        place = builder.gep(table, [ir.Constant(ir.IntType(32), 0), ir.Constant(ir.IntType(32), i)], inbounds=True)
        load = builder.load(place)
        load.set_metadata("invariant.load", builder.module.add_metadata([]))
        loads.append(load)
    return loads


def loaded(*values: float) -> Callable[..., Any]:
    """Return an intrinsic without arguments that gives the numbers as a tuple, each loaded and not known to LLVM."""
    kind = types.UniTuple(F64, len(values))

    @intrinsic
    def give(typingctx):
        def codegen(context, builder, signature, arguments):
            return context.make_tuple(builder, kind, _loaded(builder, values))

        return kind(), codegen

    return give


def _horner(builder: ir.IRBuilder, x: ir.Value, coefficients: list[ir.Value]) -> ir.Value:
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = call_llvm(builder, "llvm.fma", total, x, c)
    return total


def polynomial(coefficients: tuple[float, ...]) -> Callable[..., Any]:
    """Return the intrinsic ``p(x) = c[0] + c[1] x + ...`` by Horner's rule, one fused multiply-add a coefficient."""

    @intrinsic
    def evaluate(typingctx, x):
        def codegen(context, builder, signature, arguments):
            return _horner(builder, arguments[0], _loaded(builder, coefficients))

        return F64(F64), codegen

    return evaluate


def polynomial_by_halves(coefficients: tuple[float, ...]) -> Callable[..., Any]:
    """Return the intrinsic ``p(x, x**2)``: odd and even terms side by side, in less time and no more operations.

    The constant term, the largest, comes last and so is rounded once.
    """

    @intrinsic
    def evaluate(typingctx, x, square):
        def codegen(context, builder, signature, arguments):
            x, square = arguments
            c = _loaded(builder, coefficients)
            odd, even = _horner(builder, square, c[1::2]), _horner(builder, square, c[2::2])
            return _horner(builder, x, [c[0], odd, even])

        return F64(F64, F64), codegen

    return evaluate


def polynomial_of(yes: tuple[float, ...], no: tuple[float, ...]) -> Callable[..., Any]:
    """Return the intrinsic ``p(condition, x)``: a :func:`polynomial` with one or other of two sets of coefficients.

    Selecting coefficients is cheaper than evaluating both, since selects and products use different ports.
    """

    @intrinsic
    def evaluate(typingctx, condition, x):
        def codegen(context, builder, signature, arguments):
            condition, x = arguments
            pairs = zip(_loaded(builder, yes), _loaded(builder, no), strict=True)
            return _horner(builder, x, [builder.select(condition, a, b) for a, b in pairs])

        return F64(types.boolean, F64), codegen

    return evaluate


@intrinsic
def multiply_high(typingctx, a, b):
    """The upper 64 bits of the 128-bit product of two unsigned integers."""

    def codegen(context, builder, signature, arguments):
        wide = builder.mul(*(builder.zext(value, _WIDE) for value in arguments))
        return builder.trunc(builder.lshr(wide, ir.Constant(_WIDE, 64)), _INT)

    return types.uint64(types.uint64, types.uint64), codegen


@intrinsic
def magnitude(typingctx, x):
    """``|x|``: the bits without the sign."""

    def codegen(context, builder, signature, arguments):
        return call_llvm(builder, "llvm.fabs", *arguments)

    return F64(F64), codegen


@inlined
def with_sign(x, y):
    """``x >= 0`` with the sign of ``y``, also where either is zero."""
    return from_bits(bits(x) | (bits(y) & SIGN))


def _ordered(comparison: str) -> Callable[..., Any]:
    def of_two(typingctx, x, y):
        def codegen(context, builder, signature, arguments):
            return builder.select(builder.fcmp_ordered(comparison, *arguments), *arguments)

        return F64(F64, F64), codegen

    return intrinsic(of_two)


#: The smaller and the larger of two numbers, the second where either is nan: one instruction.
smaller, larger = _ordered("<"), _ordered(">")


@inlined
def power_of_two(n):
    """``2.0**n`` for an integer from -1022 to 1023."""
    return from_bits((n + 1023) * EXPONENT)


@inlined
def scaled(x, n):
    """``x * 2**n`` by adding to the exponent: exact while ``x`` and the result are normal numbers."""
    return from_bits(bits(x) + n * EXPONENT)


@inlined
def two_sum(x, y):
    """``(s, e)`` with ``s`` the rounded and ``s + e`` the exact sum, for ``x, y >= 0`` (Dekker 1971)."""
    total = x + y
    larger = x > y
    return total, (select(larger, x, y) - total) + select(larger, y, x)


@inlined
def quotient(high, low, divisor, divisor_low):
    """``(high + low) / (divisor + divisor_low)`` as a quotient and its correction, by one division.

    The lows are small against the highs. Two residues of the first quotient make the second (Dekker 1971, "A
    floating-point technique for extending the available precision", Numer. Math. 18, section 5, with an fma).
    """
    inverse = 1.0 / divisor
    first = high * inverse
    rest = fma(-first, divisor, high) + fma(-first, divisor_low, low)
    return first, rest * inverse
