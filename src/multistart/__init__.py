"""From where does a descent method reach which minimum, how large is each basin, and how sure are we?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multistart.box import Box as Box
    from multistart.certificates import certify as certify
    from multistart.descent import descend as descend
    from multistart.descent import trace as trace
    from multistart.designs import draw as draw
    from multistart.estimates import estimate_shares as estimate_shares
    from multistart.methods import Method as Method
    from multistart.objectives import Objective as Objective
    from multistart.objectives import named as named
    from multistart.outcomes import Outcomes as Outcomes
    from multistart.study import Study as Study
    from multistart.study import load_study as load_study

_HOMES = {
    "Box": "box",
    "Method": "methods",
    "Objective": "objectives",
    "Outcomes": "outcomes",
    "Study": "study",
    "certify": "certificates",
    "descend": "descent",
    "draw": "designs",
    "estimate_shares": "estimates",
    "load_study": "study",
    "named": "objectives",
    "trace": "descent",
}
__all__ = list(_HOMES)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for: SymPy and Numba take seconds to load."""
    if name not in _HOMES:
        raise AttributeError(f"module 'multistart' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"multistart.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
