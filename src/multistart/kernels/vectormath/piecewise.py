"""What Huber's loss is made of: selects alone, exact but for the square, which is rounded as it is written.

The same as :mod:`multistart.functions.piecewise`, whose names these are.
"""

from __future__ import annotations

from multistart.kernels.vectormath.ieee import inlined, magnitude, select


@inlined
def huber(u):
    """``u**2/2`` from -1 to 1, ``|u| - 1/2`` beyond.

    >>> huber(0.5), huber(-3.0)
    (0.125, 2.5)
    """
    size = magnitude(u)
    return select(size <= 1.0, 0.5 * u * u, size - 0.5)


@inlined
def clip(u):
    """``u`` from -1 to 1, and the nearer of the two beyond; nan stays nan.

    >>> clip(0.5), clip(-3.0)
    (0.5, -1.0)
    """
    return select(u > 1.0, 1.0, select(u < -1.0, -1.0, u))


@inlined
def inside(u):
    """1 from -1 to 1, both included, and 0 beyond.

    >>> inside(-1.0), inside(1.5)
    (1.0, 0.0)
    """
    return select(magnitude(u) <= 1.0, 1.0, 0.0)
