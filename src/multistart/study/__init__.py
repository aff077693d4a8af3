"""A study: objective, domain, design and methods together; what the workflow's scripts and notebooks call."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multistart.study.study import Study as Study
    from multistart.study.study import load_study as load_study

_HOMES = {"Study": "study", "load_study": "study"}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: a lock or a run needs no libraries."""
    if name not in _HOMES:
        raise AttributeError(f"module 'multistart.study' has no attribute {name!r}")
    return getattr(importlib.import_module(f"multistart.study.{_HOMES[name]}"), name)
