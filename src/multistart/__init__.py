"""From where does a descent method reach which minimum, how large is each basin, and how sure are we?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multistart.box import Box as Box
    from multistart.descents.descend import descend as descend
    from multistart.descents.outcomes import Outcomes as Outcomes
    from multistart.descents.trace import trace as trace
    from multistart.estimates.restarts import running_time as running_time
    from multistart.estimates.restarts import success_within_budget as success_within_budget
    from multistart.estimates.shares import estimate_shares as estimate_shares
    from multistart.fits import statistics_of as statistics_of
    from multistart.functions.objective import Objective as Objective
    from multistart.functions.objective import named as named
    from multistart.methods import Method as Method
    from multistart.minima.basin import label as label
    from multistart.minima.find import find_minima as find_minima
    from multistart.proofs import certify as certify
    from multistart.starts.designs import draw as draw
    from multistart.starts.file import read_starts as read_starts
    from multistart.study import Study as Study
    from multistart.study import load_study as load_study

_HOMES = {
    "Box": "box",
    "Method": "methods",
    "Objective": "functions.objective",
    "Outcomes": "descents.outcomes",
    "Study": "study",
    "certify": "proofs",
    "descend": "descents.descend",
    "draw": "starts.designs",
    "estimate_shares": "estimates.shares",
    "find_minima": "minima.find",
    "label": "minima.basin",
    "load_study": "study",
    "named": "functions.objective",
    "read_starts": "starts.file",
    "running_time": "estimates.restarts",
    "statistics_of": "fits",
    "success_within_budget": "estimates.restarts",
    "trace": "descents.trace",
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
