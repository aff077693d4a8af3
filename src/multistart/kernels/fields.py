"""Fields of a descent's template: what a rule and a gradient are in each of its functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from multistart.kernels.derivatives import of_the_platform, scaled_of, square_of
from multistart.kernels.updates import (
    block_update,
    divides_by_roots,
    free_update,
    place,
    reach,
    rest_norm,
    rolls,
    single_update,
    update,
    words,
)
from multistart.methods.rule import Rule

_NUMBER = re.compile(r"(?<![\w.])(?:(?<=[(=])-|(?<=[(=,] )-|)\d+\.\d+(?:e[-+]?\d+)?")
BUILT_IN = {"abs", "fma", "select", "smaller"}  # functions of a rule that every kernel has


@dataclass(frozen=True)
class Source:
    """The text of a kernel module.

    Attributes
    ----------
    text
        Python source.
    block
        Rows that are worked on together; any number gives the same bits.
    passes
        Passes over a block between two looks at it; any number gives the same bits.
    words
        Numbers in a row of the block that an update changes: coordinates, then the rule's state.
    unroll
        Updates in a pass.
    may_be_free
        Whether no point need be looked at where no rule but the number of steps stops a descent.
    autonomous
        Whether the rule is.
    platform_dependent
        Functions taken from the platform's libm, whose last bits differ from machine to machine; sorted.
    """

    text: str
    block: int = 0
    passes: int = 0
    words: int = 0
    unroll: int = 1
    may_be_free: bool = False
    autonomous: bool = False
    platform_dependent: tuple[str, ...] = ()


def gradient_fields(d: int, guards: int) -> dict[str, str]:
    """The names of a point, of its gradient, and of what is watched beside it; the gradient's norm."""
    v, g, u = (numbered(name, n) for name, n in (("v", d), ("g", d), ("u", guards)))
    return {
        "v": ", ".join(v),
        "g": ", ".join(g),
        "gu": ", ".join([*g, *u]) + "," * (d + guards == 1),
        "square": square_of(g),
        **dict(zip(("scale", "scaled"), scaled_of(g), strict=True)),
    }


def row_fields(rule: Rule, d: int) -> dict[str, str]:
    """Lines that take a row's words from the block, and from where a single one is walked, and put them back."""
    names = words(rule, d)
    return {
        "load": "; ".join(f"{name} = {place(k)}" for k, name in enumerate(names)),
        "load_point": "; ".join(f"{name} = point[{k}]" for k, name in enumerate(names)),
        "store_point": "; ".join(f"point[{k}] = {name}" for k, name in enumerate(names)),
        "store_next": "; ".join(f"result[{k + 3}] = {name}" for k, name in enumerate(names)),
    }


def stopping_fields(rule: Rule, d: int, guarded: Sequence[str], chunk: int) -> dict[str, str]:
    """What is asked of a point: whether it is finite, in the arena, in a ball, where the function is defined."""
    norm = place("(TAKEN + 2)", of="aside")
    return {
        "bounds": "; ".join(f"low{j} = low[{j}]; high{j} = high[{j}]" for j in range(d)),
        "faces": "; ".join(
            f"low{j} = larger(low[{j}], -LARGEST); high{j} = smaller(high[{j}], LARGEST)" for j in range(d)
        ),
        "box": "; ".join(f"center{j} = center[{j}]; half{j} = half[{j}]" for j in range(d)),
        # A square that is further from the tolerance's than rounding can move it has its root on the same side.
        "squares": "square = larger(tolerance, 0.0) * tolerance; "
        "surely_small = (1.0 - 1e-14) * square; surely_not = (1.0 + 1e-14) * square",
        "norms": f"{norm} = math.sqrt({norm})",
        "finite": " and ".join(f"abs(v{j}) < np.inf" for j in range(d)),
        "inside": " and ".join(f"low{j} <= v{j} <= high{j}" for j in range(d)),
        "steep": " and ".join(f"abs(g{j}) < np.inf" for j in range(d)),
        "guarded": "".join(f" and {each}" for each in guarded),
        "arrived": "VISITED" if rule.rest == "never" else "CONVERGED",
        "rest_norm": indented(rest_norm(rule, d), 2),
        "rolls": rolls(rule, d),
        "looks": f" and taken == {chunk}.0 * math.floor(taken / {chunk}.0)" if rule.region else "",
    }


def update_fields(
    rule: Rule,
    d: int,
    unroll: int,
    lanes: int,
    coefficients: str,
    *,
    conditional: bool,
    wild: bool,
    chains: bool,
    boxed: bool = False,
    depth: int = 3,
) -> dict[str, str]:
    """The rule's update: of a block under the stopping rule, of a block without one, and of a single row.

    Conditional is whether arguments may be rare at all, wild whether they may be in the box of usual ones.
    Boxed is whether the gradient for usual arguments is told if a point is in that box. Depth is that of the loops over
    rows.
    """
    in_box, anywhere = (f"{coefficients}, {not rule.bounds}", f"{coefficients}, False") if boxed else [coefficients] * 2
    square, in_block = square_of(numbered("g", d)), square_of(numbered("g", d, "@"))
    return {
        "reach": reach(rule, d),
        "rows": "m" if lanes == 1 else "(m + 1) // 2",
        "interleaved": f"interleaved{'_with_roots' * divides_by_roots(rule)}()" if chains else "pass",
        "advance": indented(block_update(rule, d, unroll, lanes, in_block, in_box, wild=wild), depth),
        "advance_freely": indented(free_update(rule, d, square, anywhere, conditional=conditional), depth),
        "advance_singly": indented(single_update(rule, d, square, anywhere), depth),
        "update": indented(update(rule, d, taken="taken", norm="slope" if rule.bounds else "norm"), 2),
    }


def imports_of(functions: set[str]) -> str:
    """Lines that import the functions which lines call."""
    foreign = sorted(of_the_platform(functions))
    own = sorted(functions - set(foreign) - {"fma"})
    lines = [f"from multistart.kernels.vectormath import {', '.join(own)}"] if own else []
    lines += [f"from math import {', '.join(foreign)}"] if foreign else []
    return "\n".join(lines)


def with_numbers_loaded(lines: list[str]) -> tuple[list[str], list[str]]:
    """Lines with names n0, n1, ... in place of the numbers, after a line that loads them; and the numbers."""
    text = "\n".join(lines)
    numbers = sorted(set(_NUMBER.findall(text)))
    if not numbers:
        return lines, []
    names = {number: f"n{i}" for i, number in enumerate(numbers)}
    lines = _NUMBER.sub(lambda match: names[match.group()], text).splitlines()
    return [f"({', '.join(names.values())},) = numbers()", *lines], numbers


def numbered(name: str, n: int, lane: str = "") -> list[str]:
    """Names that differ in their number."""
    return [f"{name}{j}{lane}" for j in range(n)]


def indented(lines: Sequence[str], depth: int) -> str:
    """Lines of a body whose first line a template indents."""
    return ("\n" + "    " * depth).join(lines)
