"""Python text -> machine code, by Numba. Imported only where something has to be compiled: it takes its time."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from weakref import WeakSet

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.base import BaseContext
from numba.core.codegen import AOTCodeLibrary, AOTCPUCodegen, JITCodeLibrary, JITCPUCodegen
from numba.core.sigutils import normalize_signature
from numba.core.types.functions import BaseFunction
from numba.extending import intrinsic as _numba_intrinsic
from numba.np import linalg
from numba.np.numpy_support import as_dtype

from multistart.kernels.machine_code import NUMBERS, MachineCode
from multistart.kernels.signatures import NUMBERS_AT
from multistart.kernels.straight import Straight

#: Numba's decorator, typed as what it makes: a function to call from compiled code, without the typing context.
intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = _numba_intrinsic
#: For some processors LLVM would leave half of the width unused, since the widest vectors once slowed their clock down.
WIDEST = '"prefer-vector-width"="512"'
#: No memory but what a function is given: it is refused if it would allocate. And no wrappers for callers from Python
#: and from C, which take a seventh of the time to compile.
BARE: dict[str, Any] = {
    "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": Straight,
    "_nrt": False,
}  # fmt: skip


def _load_the_rest_of_numba() -> None:
    """Load what Numba loads when it first compiles, but not SciPy, by which it looks for a BLAS: a fifth of a second.

    It asks again where a function calls BLAS, and no function of this package does.
    """
    ask, linalg.ensure_blas = linalg.ensure_blas, lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = ask


_load_the_rest_of_numba()


def exported(signature: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Compile a function for callers outside Numba, whose code then needs none of Numba's symbols."""
    return numba.njit(signature, **BARE)


def inner(*, forceinline: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for those of its module that call it, where they do.

    Once for a type of its arguments: Numba would do it again for a variable that starts as the number 0 in the text.
    """

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        dispatcher = numba.njit(**(BARE | {"forceinline": forceinline}))(function)
        template = dispatcher.get_call_template
        dispatcher.get_call_template = lambda args, kws: template(tuple(map(types.unliteral, args)), kws)
        return dispatcher

    return compiled


def function_at(signature: str) -> Callable[..., Any]:
    """Return ``call(address, *arguments)``, for compiled code: a function that is :func:`exported`, by its address.

    So neither is compiled into the other.
    """
    kinds, result = normalize_signature(signature)

    @intrinsic
    def call(typingctx, address, *arguments):
        def codegen(context, builder, signature, values):
            address, packed = values
            values = zip(cgutils.unpack_tuple(builder, packed), signature.args[1], kinds, strict=True)
            given = [context.cast(builder, *each) for each in values]
            kind = context.call_conv.get_function_type(result, kinds)
            function = builder.inttoptr(address, ir.PointerType(kind))
            _, answer = context.call_conv.call_function(builder, function, result, kinds, given)
            return answer

        return result(address, types.BaseTuple.from_types(arguments)), codegen

    return call


@intrinsic
def at(typingctx, numbers, offset):
    """The address of the number that stands so many after the one at an address."""

    def codegen(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return numbers(numbers, types.int64), codegen


def stack(count: int) -> Callable[..., Any]:
    """Return an intrinsic without arguments that gives the address of so many numbers on the stack of its caller.

    They hold anything at first, and are gone when the caller returns.
    """
    kind = types.CPointer(types.float64)

    @intrinsic
    def give(typingctx):
        def codegen(context, builder, signature, arguments):
            with builder.goto_entry_block():  # once, although a loop may be around it
                numbers = builder.alloca(ir.ArrayType(ir.DoubleType(), count))
                numbers.align = 64
            return builder.gep(numbers, [ir.Constant(ir.IntType(32), 0)] * 2)

        return kind(), codegen

    return give


@intrinsic
def numbers_of(typingctx, formula):
    """The address of the numbers of a formula's free parameters, whose bits stand among its whole numbers."""

    def codegen(context, builder, signature, arguments):
        first = builder.gep(arguments[0], [ir.Constant(ir.IntType(64), NUMBERS_AT)])
        return builder.bitcast(first, context.get_value_type(signature.return_type))

    return types.CPointer(types.float64)(formula), codegen


def compile_functions(text: str, names: Sequence[str]) -> dict[str, MachineCode]:
    """Return the machine code of functions of a text that are :func:`exported`."""
    with _to_be_kept():
        functions = _run(text)
    return _machine_code({name: functions[name] for name in names})


def assembly(text: str, name: str) -> str:
    """The assembly of an exported function of a text, to be looked at."""
    (compiled,) = _run(text)[name].overloads.values()
    return compiled.library.get_asm_str()


@contextmanager
def _to_be_kept() -> Iterator[None]:
    """What is compiled meanwhile is optimised once, by :func:`_machine_code`, and not loaded into this process.

    Numba would optimise each inner function by itself, although what calls it takes it in, and make machine code of it
    and load that, to tell it where Python's objects are, of which none has any: a third of the time.
    """
    with (
        _instead(
            JITCodeLibrary,
            _finalize_specific=AOTCodeLibrary._finalize_specific,
            _optimize_final_module=lambda _: None,
        ),
        _instead(JITCPUCodegen, _add_module=AOTCPUCodegen._add_module, set_env=lambda *_: None),
        _instead(BaseFunction, get_call_type=_type_of_call),
        _instead(BaseContext, get_abi_sizeof=_size),
    ):
        yield


@contextmanager
def _instead(owner: Any, **methods: Any) -> Iterator[None]:
    """Meanwhile a class of Numba has other methods."""
    before = {name: getattr(owner, name) for name in methods}
    for name, method in methods.items():
        setattr(owner, name, method)
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(owner, name, method)


_resolved = BaseFunction.get_call_type
#: The size of a type, asked of LLVM once: Numba has it parse a module for each variable, for a debugger.
_size = cache(BaseContext.get_abi_sizeof)


def _type_of_call(function: Any, context: Any, args: Any, kws: Any) -> Any:
    """The type of a call, sought once for types of arguments: Numba goes through all it has for each ``a + b`` anew."""
    known, call = vars(function).setdefault("_known_calls", {}), (args, tuple(kws.items()))
    if call not in known:
        known[call] = _resolved(function, context, args, kws)
    return known[call]


def _run(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "multistart_kernel"}
    with _vectors_asked_for():
        exec(compile(text, "<kernel>", "exec"), namespace)
    return namespace


def _interleaved(where: Callable[[str, str], bool]) -> Callable[..., Any]:
    """Return an intrinsic without arguments that marks the loop around it, if a processor's name and features say so.

    Then the innermost loop takes two vectors of rows in a pass, and not one: bits are the same. An update is a chain,
    each operation waiting for the one before; two chains fill the time. LLVM does so by itself only where it counts
    registers enough, and spills are cheaper than waiting.
    """

    @intrinsic
    def mark(typingctx):
        def codegen(context, builder, signature, arguments):
            code = context.codegen()
            if where(code._get_host_cpu_name(), code._get_host_cpu_features()):
                _MARKED.add(builder.block)
            return context.get_dummy_value()

        return types.none(), codegen

    return mark


#: For all loops; and for those that divide by a root in each coordinate. An Intel processor with vectors of 512 bits
#: takes 40 cycles for a root and a division of such a vector, one after the other, and spills keep others from it.
interleaved = _interleaved(lambda name, features: True)
interleaved_with_roots = _interleaved(lambda name, features: "+avx512f" not in features or name.startswith("znver"))
_MARKED: WeakSet[ir.Block] = WeakSet()


@contextmanager
def _vectors_asked_for() -> Iterator[None]:
    """What is compiled meanwhile tells LLVM to use vectors of any width, and which loops are interleaved."""
    add = JITCodeLibrary.add_ir_module

    def add_marked(self: Any, module: ir.Module) -> None:
        for function in module.functions:
            set.add(function.attributes, WIDEST)  # llvmlite knows no attribute that is a string
            _tell(module, list(function.blocks))
        add(self, module)

    with _instead(JITCodeLibrary, add_ir_module=add_marked):
        yield


def _tell(module: ir.Module, blocks: list[ir.Block]) -> None:
    """Name the branch that closes the innermost loop around each marked block: the nearest that leads back past it."""
    for at in (i for i, block in enumerate(blocks) if block in _MARKED):
        reached, back = [blocks[at]], None
        for block in reached:
            after = [each for each in block.terminator.operands if isinstance(each, ir.Block)]
            if any(each in blocks[: at + 1] for each in after):
                back = block.terminator
                break
            reached += [each for each in after if each not in reached]
        assert back is not None, "a loop is around it"
        count = module.add_metadata(["llvm.loop.interleave.count", ir.Constant(ir.IntType(32), 2)])
        loop = module.add_metadata([count])
        loop.operands = (loop, count)  # as LLVM wants it: a loop's data begin with themselves
        back.set_metadata("llvm.loop", loop)


def _machine_code(functions: Mapping[str, Any]) -> dict[str, MachineCode]:
    made = {name: compiled for name, function in functions.items() for compiled in function.overloads.values()}
    libraries = [compiled.library for compiled in made.values()]
    whole = libraries[0].codegen.create_library("kernel")  # not one of them: a function may be in another text as well
    for each in libraries:
        whole._final_module.link_in(each._final_module, preserve=True)
    whole._optimize_final_module()
    code = whole.codegen._tm.emit_object(whole._final_module)  # as a library itself does for its own cache
    return {
        name: MachineCode(code, compiled.fndesc.llvm_func_name, tuple(map(_kind, compiled.signature.args)))
        for name, compiled in made.items()
    }


def _kind(argument: types.Type) -> tuple[str, int]:
    if isinstance(argument, types.Array):
        return str(as_dtype(argument.dtype)), argument.ndim
    if isinstance(argument, types.CPointer):
        return str(as_dtype(argument.dtype)), NUMBERS
    return str(argument), 0
