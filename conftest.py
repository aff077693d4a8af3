"""What pytest looks into for examples."""

from __future__ import annotations

from pathlib import Path


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Load no module for its examples where it has none: each worker would, and some compile when they are loaded."""
    name = collection_path.name
    if collection_path.suffix != ".py" or name.startswith("test_"):
        return None
    return True if ">>>" not in collection_path.read_text() else None
