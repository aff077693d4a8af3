"""The text of a kernel: SymPy differentiates, ``lambdify(..., cse=True)`` prints, a template loops.

What keeps the loop vectorised, each point measured: functions return tuples (a list allocates); everything
called inside is ``forceinline`` (the inliner gives up after the second exponential); ``error_model="numpy"``
(a checked division is an early exit); coordinates stand in the rows of one array (several arrays need more
overlap checks than LLVM makes); stopping is a select, never a branch.

A row that has stopped keeps its point and its step count, whatever its neighbours do, so its bits do not
depend on the block it stood in.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from string import Template

import sympy
from sympy.printing.pycode import PythonCodePrinter

from multistart import vectormath
from multistart.objectives import Objective

BLOCK = 256  # rows; d + 1 arrays of 2 KiB stay in the first-level cache up to about d = 12
CHUNK = 16  # steps between two looks at which rows have stopped


@dataclass(frozen=True)
class Source:
    """The text of a kernel module.

    Attributes
    ----------
    text
        Python source.
    dimensions
        Coordinates ``d``.
    platform_dependent
        Functions taken from the platform's libm, whose last bits differ from machine to machine; sorted.
    """

    text: str
    dimensions: int
    platform_dependent: tuple[str, ...]


class KernelPrinter(PythonCodePrinter):
    """Prints numbers as doubles and powers as products; notes the functions and powers it has used."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})
        self.functions: set[str] = set()
        self.powers: set[int] = set()

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return f"{int(expr)}.0" if abs(int(expr)) < 2**53 else repr(float(int(expr)))

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return repr(expr.p / expr.q)  # integer division rounds once, to nearest

    def _print_NumberSymbol(self, expr: sympy.NumberSymbol) -> str:
        return repr(float(expr.evalf(30)))

    _print_Pi = _print_Exp1 = _print_NumberSymbol

    def _print_Function(self, expr: sympy.Function) -> str:
        name = type(expr).__name__
        self.functions.add(name)
        return f"{name}({', '.join(self._print(a) for a in expr.args)})"

    _print_exp = _print_log = _print_sin = _print_cos = _print_tan = _print_Function
    _print_asin = _print_acos = _print_atan = _print_sinh = _print_cosh = _print_tanh = _print_asinh = _print_Function

    def _print_Pow(self, expr: sympy.Pow, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if base is sympy.E:
            return self._print_Function(sympy.exp(exponent, evaluate=False))
        if not (exponent.is_Rational and exponent.q in (1, 2)):
            self.functions.add("pow")
            return f"pow({self._print(base)}, {self._print(exponent)})"
        whole, half = divmod(abs(exponent.p), exponent.q) if exponent.q == 2 else (abs(exponent.p), 0)
        factors = [self._power(self._print(base), whole)] if whole else []
        if half:
            self.functions.add("sqrt")
            factors.append(f"sqrt({self._print(base)})")
        product = "*".join(factors)
        return f"({product})" if exponent.p > 0 else f"(1.0/({product}))"

    def _power(self, base: str, n: int) -> str:
        if n == 1:
            return f"({base})"
        self.powers.add(n)
        return f"power{n}({base})"


def write(objective: Objective) -> Source:
    """Return the source of the kernel of an objective under gradient descent.

    Coordinates are renamed v0, v1, ..., so that the text, and with it the compiled code, is the same for
    the same formula in other letters. Where the formula has a logarithm, whose derivative is finite where
    the logarithm is not, the loop watches its argument.
    """
    d = objective.dimensions
    names = sympy.symbols(f"v:{d}")
    renamed = dict(zip(objective.symbols, names, strict=True))
    guards = sorted({log.args[0] for log in objective.expression.atoms(sympy.log)}, key=sympy.default_sort_key)
    hessian = [objective.hessian_expressions[i][j] for i in range(d) for j in range(i, d)]
    printer = KernelPrinter()
    functions = [
        _function(
            "gradient", names, [e.xreplace(renamed) for e in (*objective.gradient_expressions, *guards)], printer
        ),
        _function("value", names, [objective.expression.xreplace(renamed)], printer),
        _function("hessian", names, [e.xreplace(renamed) for e in hessian], printer),
    ]
    own = sorted(printer.functions & set(vectormath.NAMES))
    foreign = sorted(printer.functions - set(vectormath.NAMES))
    imports = [f"from multistart.vectormath import {', '.join(own)}"] if own else []
    imports += [f"from math import {', '.join(foreign)}"] if foreign else []
    powers = [_power_function(n) for n in sorted(printer.powers)]
    text = _MODULE.substitute(
        _fields(d, len(guards)), imports="\n".join(imports), functions="".join([*powers, *functions])
    )
    return Source(text, d, tuple(foreign))


def _function(name: str, symbols: tuple[sympy.Symbol, ...], parts: list[sympy.Expr], printer: KernelPrinter) -> str:
    lambdified = sympy.lambdify(symbols, tuple(parts), modules=[{}], printer=printer, cse=True)
    text = inspect.getsource(lambdified).replace("_lambdifygenerated", name)
    return f'\n\n@njit(error_model="numpy", forceinline=True)\n{text}'


def _power_function(n: int) -> str:
    """Squares and products for x**n, left to right binary (Knuth, TAOCP 2, section 4.6.3)."""
    lines = ["    p = x"]
    for bit in bin(n)[3:]:
        lines.append("    p = p * p")
        if bit == "1":
            lines.append("    p = p * x")
    body = "\n".join(lines)
    return f'\n\n@njit(error_model="numpy", forceinline=True)\ndef power{n}(x):\n{body}\n    return p\n'


def _fields(d: int, guards: int) -> dict[str, str | int]:
    """What the template needs for ``d`` coordinates: unrolled lists of names and lines."""
    v = [f"v{j}" for j in range(d)]
    g = [f"g{j}" for j in range(d)]
    u = [f"u{j}" for j in range(guards)]
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    h = [f"h{i}_{j}" for i, j in pairs]
    return {
        "D": d,
        "BLOCK": BLOCK,
        "CHUNK": CHUNK,
        "v": ", ".join(v),
        "gu": ", ".join([*g, *u]) + ("," if d + guards == 1 else ""),
        "h": ", ".join(h) + ("," if len(h) == 1 else ""),
        "load": "; ".join(f"v{j} = block[{j}, i]" for j in range(d)),
        "bounds": "; ".join(f"low{j} = low[{j}]; high{j} = high[{j}]" for j in range(d)),
        "square": " + ".join(f"{x} * {x}" for x in g),
        "inside": " & ".join(f"(v{j} >= low{j}) & (v{j} <= high{j})" for j in range(d)),
        "guarded": "".join(f" & ({x} > 0.0)" for x in u),
        "update": "\n        ".join(f"block[{j}, i] = v{j} - rate * g{j} if go else v{j}" for j in range(d)),
        "point": "; ".join(f"v{j} = point[{j}]" for j in range(d)),
        "finite": " and ".join(f"math.isfinite(v{j})" for j in range(d)),
        "scale": "max(" + ", ".join([*(f"abs({x})" for x in g), "0.0"]) + ")",
        "scaled": " + ".join(f"({x} / scale) * ({x} / scale)" for x in g),
        "curvature": _curvature(d, pairs),
    }


def _curvature(d: int, pairs: list[tuple[int, int]]) -> str:
    if d == 1:
        return "return h0_0"
    if d == 2:
        return "half = 0.5 * (h0_0 - h1_1)\n    return 0.5 * (h0_0 + h1_1) - math.sqrt(half * half + h0_1 * h0_1)"
    fill = "; ".join(f"matrix[{i}, {j}] = h{i}_{j}; matrix[{j}, {i}] = h{i}_{j}" for i, j in pairs)
    return f"matrix = np.empty(({d}, {d}))\n    {fill}\n    return smallest_eigenvalue(matrix)"


_MODULE = Template('''"""A compiled descent, generated from an objective; the folder is named by the hash of this text."""

import math

import numpy as np
from numba import njit

from multistart.curvature import smallest_eigenvalue
$imports
$functions

@njit(error_model="numpy", forceinline=True)
def step(block, m, rate, limit, tolerance2, low, high):
    """One update of the first m rows of a block; rows that must stop stay as they are."""
    $bounds
    for i in range(m):
        $load
        taken = block[$D, i]
        $gu = gradient($v)
        square = $square
        go = (square > tolerance2) & (square < np.inf) & (taken < limit) & $inside$guarded
        $update
        block[$D, i] = taken + 1.0 if go else taken


@njit(error_model="numpy", nogil=True)
def steps_of(block, m, rate, limit, tolerance2, low, high):
    for _ in range($CHUNK):
        step(block, m, rate, limit, tolerance2, low, high)


@njit(error_model="numpy", nogil=True)
def smallest_curvature($v):
    $h = hessian($v)
    $curvature


@njit(error_model="numpy", nogil=True)
def ending_of(point, taken, limit, tolerance2, low, high):
    """Why a descent stands still: (code, gradient norm); code -1 while it is under way."""
    $point
    $bounds
    $gu = gradient($v)
    square = $square
    norm = math.sqrt(square)
    if not (square > 0.0 and square < np.inf):
        scale = $scale
        if scale > 0.0 and scale < np.inf:
            norm = scale * math.sqrt($scaled)
    if not ($finite):
        return 4, norm
    if not ($inside):
        return 3, norm
    if not (square < np.inf$guarded):
        return 4, norm
    if square <= tolerance2:
        return 0, norm
    if taken >= limit:
        return 2, norm
    return -1, norm


@njit(error_model="numpy", nogil=True)
def record(point, row, taken, end, value_, norm_, curvature, steps, ending, limit, tolerance2, low, high):
    $point
    code, norm = ending_of(point, taken, limit, tolerance2, low, high)
    end[row, :] = point
    steps[row] = int(taken)
    ending[row] = code
    norm_[row] = norm
    value_[row] = value($v)[0]
    curvature[row] = smallest_curvature($v)


@njit(
    "void(f8[:, ::1], f8[:, ::1], f8[::1], f8[::1], f8[::1], i8[::1], i1[::1], f8, f8, f8, f8[::1], f8[::1], u1[::1])",
    error_model="numpy", nogil=True, cache=True,
)
def descend_rows(start, end, value_, norm_, curvature, steps, ending, rate, limit, tolerance2, low, high, stop):
    """Descend from every row of start; stopped rows leave the block and waiting ones take their place."""
    n = start.shape[0]
    block = np.empty(($D + 1, $BLOCK))
    row = np.empty($BLOCK, np.int64)
    due = np.empty($BLOCK)
    point = np.empty($D)
    m = 0
    waiting = 0
    while (m > 0 or waiting < n) and stop[0] == 0:
        while m < $BLOCK and waiting < n:
            block[:$D, m] = start[waiting]
            block[$D, m] = 0.0
            due[m] = 0.0
            row[m] = waiting
            m += 1
            waiting += 1
        steps_of(block, m, rate, limit, tolerance2, low, high)
        i = 0
        while i < m:
            due[i] += $CHUNK.0
            if block[$D, i] == due[i]:
                i += 1
                continue
            point[:] = block[:$D, i]
            taken = block[$D, i]
            record(point, row[i], taken, end, value_, norm_, curvature, steps, ending, limit, tolerance2, low, high)
            if waiting < n:
                block[:$D, i] = start[waiting]
                block[$D, i] = 0.0
                due[i] = 0.0
                row[i] = waiting
                waiting += 1
                i += 1
            else:
                m -= 1
                block[:, i] = block[:, m]
                due[i] = due[m]
                row[i] = row[m]
''')
