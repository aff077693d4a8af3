"""Reachability: sets of starts carried through gradient descent, for shares that are proven and not sampled."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from multistart.reachability.cells import NOTHING, UNDECIDED, ProvenShares

if TYPE_CHECKING:
    from multistart.reachability.shares import prove_shares

_HOMES = {"prove_shares": "shares"}
__all__ = ["NOTHING", "UNDECIDED", "ProvenShares", "prove_shares"]


def __getattr__(name: str) -> Any:
    """Import what proves when it is asked for: whoever looks cells up needs neither SymPy nor FLINT."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"multistart.reachability.{_HOMES[name]}"), name)
