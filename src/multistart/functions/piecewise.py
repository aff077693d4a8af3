"""What Huber's loss is made of: three functions that are put together at -1 and 1, as SymPy's.

No formula of a user's can name them: the second derivative of :class:`huber` jumps. NumPy prints them by their
``_numpycode``, kernels by ``multistart.kernels.vectormath`` under the same names.

To add one: the class here, with ``fdiff`` and ``_numpycode``; the same in the vector functions, the JavaScript beside
them and ``multistart.proofs.enclosures``.
"""

from __future__ import annotations

from typing import Any

import sympy


class huber(sympy.Function):
    """``u**2/2`` from -1 to 1, ``|u| - 1/2`` beyond: convex, with the slope :class:`clip`."""

    nargs = 1

    @classmethod
    def eval(cls, u: sympy.Expr) -> sympy.Expr | None:
        """The value at a number."""
        if not u.is_comparable:
            return None
        return u**2 / 2 if abs(u) <= 1 else abs(u) - sympy.S.Half

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The slope."""
        return clip(self.args[0])

    def _numpycode(self, printer: Any) -> str:
        u = printer._print(self.args[0])
        where, size = (printer._module_format(f"numpy.{name}") for name in ("where", "abs"))
        return f"{where}({size}({u}) <= 1.0, 0.5*({u})*({u}), {size}({u}) - 0.5)"


class clip(sympy.Function):
    """``u`` from -1 to 1, and the nearer of the two beyond."""

    nargs = 1

    @classmethod
    def eval(cls, u: sympy.Expr) -> sympy.Expr | None:
        """The value at a number."""
        return sympy.Max(-1, sympy.Min(1, u)) if u.is_comparable else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The slope, which jumps."""
        return inside(self.args[0])

    def _numpycode(self, printer: Any) -> str:
        u = printer._print(self.args[0])
        return f"{printer._module_format('numpy.clip')}({u}, -1.0, 1.0)"


class inside(sympy.Function):
    """1 from -1 to 1, both included, and 0 beyond; its slope counts as 0, as everywhere but at two points."""

    nargs = 1

    @classmethod
    def eval(cls, u: sympy.Expr) -> sympy.Expr | None:
        """The value at a number."""
        return sympy.Integer(bool(abs(u) <= 1)) if u.is_comparable else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Zero."""
        return sympy.S.Zero

    def _numpycode(self, printer: Any) -> str:
        u = printer._print(self.args[0])
        where, size = (printer._module_format(f"numpy.{name}") for name in ("where", "abs"))
        return f"{where}({size}({u}) <= 1.0, 1.0, 0.0)"
