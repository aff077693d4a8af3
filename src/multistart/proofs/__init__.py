"""Certificates: the proven list of critical points of a function in a box.

What is proven and what is not is written in ``docs/certificates.md``. The proof rests on the functions marked
"Trusted": all of ``enclosures``, ``extended``, ``edges``, ``balls``, ``problem``, ``places``, ``degree``,
``attraction``, ``family`` and ``tubes``; for fits of ``row_sums``, ``fit_problem``, ``intervals``, ``batch``,
``contractors`` and ``injectivity``; and parts of the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from multistart.proofs.certificate import (
    LOWEST_AROUND,
    SURROUNDED,
    UNIQUE,
    Attraction,
    Certificate,
    Cluster,
    CriticalPoint,
)

if TYPE_CHECKING:
    from multistart.proofs.certification import certify
    from multistart.proofs.continuation import Follower, follow
    from multistart.proofs.points import attraction_for

_HOMES = {
    "Follower": "continuation",
    "attraction_for": "points",
    "certify": "certification",
    "follow": "continuation",
}
__all__ = [
    "LOWEST_AROUND",
    "SURROUNDED",
    "UNIQUE",
    "Attraction",
    "Certificate",
    "Cluster",
    "CriticalPoint",
    "Follower",
    "attraction_for",
    "certify",
    "follow",
]


def __getattr__(name: str) -> Any:
    """Import what searches when it is asked for: whoever reads a certificate needs neither SymPy nor FLINT."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"multistart.proofs.{_HOMES[name]}"), name)
