"""How large the Hessian of a formula would be, counted on the syntax tree before anything is differentiated."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Pair = tuple[str, str]

#: SymPy splits the argument of tanh, sinh and cosh into real and imaginary parts, which is slow where it holds
#: another of them: measured, some thirty times a level.
_NESTED_HYPERBOLIC = 30


@dataclass(frozen=True)
class Size:
    """Pieces of an expression, and of its derivatives by each variable and pair, before any simplification.

    A derivative that is missing is zero. ``second`` has each pair once, in alphabetical order.
    """

    pieces: int
    first: Mapping[str, int]
    second: Mapping[Pair, int]


def hessian_pieces(tree: ast.expr, constants: frozenset[str]) -> int:
    """The number of pieces in the upper triangle of the Hessian of an allowed tree, written out by the chain rule.

    SymPy's time grows with it: 5 to 250 microseconds a piece.

    >>> hessian_pieces(ast.parse("x**2 + x*y", mode="eval").body, frozenset())
    7
    """
    return sum(_size(tree, constants).second.values())


def _size(node: ast.expr, constants: frozenset[str]) -> Size:
    match node:
        case ast.Name(id=name) if name not in constants:
            return Size(1, {name: 1}, {})
        case ast.UnaryOp(operand=operand):
            return _size(operand, constants)
        case ast.Call(args=[argument]):
            weight = _NESTED_HYPERBOLIC ** (_hyperbolic_levels(node) - 1) if _is_hyperbolic(node) else 1
            return _composed(_size(argument, constants), weight)
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return _sum(node, constants)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, exponent = _composed(_size(left, constants)), _size(right, constants)
            return _composed(_product(base, exponent)) if exponent.first else base
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _size(left, constants), _size(right, constants)
            return _product(a, _composed(b) if isinstance(op, ast.Div) else b)
    return Size(1, {}, {})


def _sum(node: ast.expr, constants: frozenset[str]) -> Size:
    pieces, first, second = 1, dict[str, int](), dict[Pair, int]()
    for term in (_size(part, constants) for part in _terms(node)):
        pieces += term.pieces
        for key, size in term.first.items():
            first[key] = first.get(key, 0) + size
        for pair, size in term.second.items():
            second[pair] = second.get(pair, 0) + size
    return Size(pieces, first, second)


def _terms(node: ast.expr) -> Iterator[ast.expr]:
    """The summands of a chain of + and -, without recursion along the chain."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield node.right
        node = node.left
    yield node


def _is_hyperbolic(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("sinh", "cosh", "tanh")


def _hyperbolic_levels(node: ast.AST) -> int:
    return _is_hyperbolic(node) + max((_hyperbolic_levels(child) for child in ast.iter_child_nodes(node)), default=0)


def _composed(u: Size, weight: int = 1) -> Size:
    """f(u): f' u_x, then f'' u_x u_y + f' u_xy."""
    outer = (u.pieces + 2) * weight
    first = {x: outer + size for x, size in u.first.items()}
    second = {}
    for x, ux in u.first.items():
        for y, uy in u.first.items():
            if x <= y:
                mixed = u.second.get((x, y), 0)
                second[x, y] = outer + ux + uy + (outer + mixed if mixed else 0)
    return Size(u.pieces * weight + 1, first, second)


def _product(a: Size, b: Size) -> Size:
    """Product u v: u_x v + u v_x, then u_xy v + u_x v_y + u_y v_x + u v_xy."""
    first, second = dict[str, int](), dict[Pair, int]()
    for factor, other in ((a, b), (b, a)):
        for x, size in factor.first.items():
            first[x] = first.get(x, 0) + size + other.pieces
        for pair, size in factor.second.items():
            second[pair] = second.get(pair, 0) + size + other.pieces
    for x, ux in a.first.items():
        for y, vy in b.first.items():
            pair = (min(x, y), max(x, y))
            second[pair] = second.get(pair, 0) + (ux + vy) * (2 if x == y else 1)
    return Size(a.pieces + b.pieces + 1, first, second)
