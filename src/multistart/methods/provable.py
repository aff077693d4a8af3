"""Of which methods shares can be proven, as a config has them: known before any work starts."""

from __future__ import annotations

from typing import Any

MOST_PROVEN = 3  # dimensions


def not_proven(method: Any) -> str:
    """Why no share of a method is proven, as what it has; empty where shares can be.

    Parameters
    ----------
    method
        With the keys of a method's section as attributes.

    >>> from types import SimpleNamespace
    >>> gd = {"optimizer": "gradient_descent", "learning_rate": 0.1, "stopping": "gradient", "gradient_tolerance": 1e-8}
    >>> not_proven(SimpleNamespace(**gd)), not_proven(SimpleNamespace(**gd | {"stopping": "certified"}))
    ('', 'stopping: certified')
    """
    optimizer, rate = getattr(method, "optimizer", None), getattr(method, "learning_rate", None)
    if optimizer is None:
        return "a rule of its own"
    if optimizer != "gradient_descent":
        return f"optimizer: {optimizer}"
    if not isinstance(rate, int | float):
        return "a learning_rate that is not one constant number"
    if getattr(method, "precondition", None) is not None:
        return f"precondition: {method.precondition}"
    if method.stopping != "gradient":
        return f"stopping: {method.stopping}"
    if not method.gradient_tolerance > 0:
        return "gradient_tolerance: 0, with which no descent comes to rest"
    return ""
