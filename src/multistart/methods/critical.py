"""`CriticalRate`: the learning rate above which a minimum stops attracting, as a formula in the language of rules."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from multistart.methods.language import Statement, statements
from multistart.methods.translation import Translation, translated

if TYPE_CHECKING:
    from multistart.methods.rule import Array, Numbers

NAME = "critical"
#: What a formula may read besides hyperparameters and, in ``where``, flags.
GIVEN = ("curvature", "infinity")


@dataclass(frozen=True)
class CriticalRate:
    """A formula of the critical rate, from which come its number, its words, and its line on the page.

    Attributes
    ----------
    formula
        An expression in hyperparameters and ``curvature``, the largest Hessian eigenvalue at the minimum, 0 where that
        is not positive; ``infinity`` where no rate is too large. As in ``"2*(1 + momentum)/curvature"``.
    flags
        Words of the rule that are true or false.
    said
        How words say the formula, where they are not the formula itself.

    >>> import numpy as np
    >>> CriticalRate("2*(1 + momentum)/curvature")(np.array([8.0, -1.0]), {"momentum": 0.5})
    array([0.375,   inf])
    """

    formula: str
    flags: tuple[tuple[str, bool], ...] = ()
    said: str = ""

    def __call__(self, curvature: Array, numbers: Numbers) -> Array:
        """The rates for curvatures, of their shape."""
        import numpy as np

        from multistart.methods.evaluation import assigned  # with NumPy, which a config does without

        given: dict[str, Any] = {name: numbers[name] for name in self.reads if name not in GIVEN}
        given |= {"curvature": np.where(np.asarray(curvature) <= 0, 0.0, curvature), "infinity": np.inf}
        return np.full(np.shape(curvature), assigned(self._translation.definitions, given)[NAME], dtype=np.float64)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The hyperparameters that it reads, and what of :data:`GIVEN`; in the order of the alphabet."""
        return tuple(sorted(set(_names(ast.parse(self.formula))) - {name for name, _ in self.flags}))

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of a kernel that assign ``critical``."""
        return self._translation.each_step

    @property
    def words(self) -> str:
        """The formula as tables say it.

        >>> CriticalRate("4/(3*curvature)").words
        '4/(3 lambda_max)'
        """
        return self.said or self.formula.replace("*", " ").replace("curvature", "lambda_max")

    def words_at(self, numbers: Numbers) -> str:
        """The formula at these hyperparameters as tables say it: of each ``where`` what it takes there.

        >>> CriticalRate("where(eps_inside, sqrt(eps), eps)/curvature", (("eps_inside", True),)).words_at({"eps": 0.1})
        'sqrt(eps)/lambda_max'
        """
        if self.said or "where" not in self.formula:
            return self.words
        tree = _Taken(self.flags, numbers).visit(ast.parse(self.formula, mode="eval"))
        formula = ast.unparse(tree).replace(" * ", "*").replace(" / ", "/")
        return CriticalRate(formula).words

    @cached_property
    def _translation(self) -> Translation:
        return translated(self._statements, flags=dict(self.flags), result=NAME)

    @property
    def _statements(self) -> list[Statement]:
        parameters = [name for name in self.reads if name not in GIVEN]
        flags = [name for name, _ in self.flags]
        line = f"{NAME} = {self.formula}"
        return statements((line,), parameters=parameters, flags=flags, given=GIVEN, result=NAME)


class _Taken(ast.NodeTransformer):
    """In place of each ``where`` what it takes."""

    def __init__(self, flags: tuple[tuple[str, bool], ...], numbers: Numbers) -> None:
        self._flags, self._numbers = flags, numbers

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id="where"), args=[condition, a, b]):
                return self.visit(a if self._holds(condition) else b)
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Mult) and isinstance(right, ast.Constant) and right.value == 1:
            return left
        return ast.BinOp(left, node.op, right)

    def _holds(self, condition: ast.expr) -> bool:
        asked = CriticalRate(f"where({ast.unparse(condition)}, 1, 0)", self._flags)
        return bool(asked(1.0, self._numbers) == 1)  # type: ignore[arg-type]


def _names(tree: ast.AST) -> Iterable[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
