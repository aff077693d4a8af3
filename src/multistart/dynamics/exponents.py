"""The largest Lyapunov exponent of an orbit, per update, with its standard error by batch means.

A tangent vector is taken along the orbit by the Jacobian, and its growth measured (Benettin et al. 1980, Meccanica 15).
Growths in sequence depend on each other; means of long batches hardly do, and from their spread comes the error
(Fishman 1978, Management Science 24). An orbit is called chaotic only where the exponent is positive by three of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.dynamics.map import RuleMap

Array = NDArray[np.float64]
UPDATES = 2**14
BURN_IN = 256  # in which the tangent vector turns to where it grows most
BATCHES = 32
CERTAIN = 3.0  # standard errors
HALVINGS = 4  # 16 Jacobians are multiplied before a tangent's growth is measured: no product of so many leaves doubles


def lyapunov(rule_map: RuleMap, rows: Array, updates: int = UPDATES, burn_in: int = BURN_IN) -> tuple[Array, Array]:
    """The exponent of the orbit from each row on, and its standard error, shape ``(n, w) -> (n,), (n,)``.

    Nan where the orbit does not stay finite. Updates are cut to a multiple of the batches.
    """
    tangent = np.full(rows.shape, 1.0 / np.sqrt(rule_map.words))
    means = np.empty((BATCHES, len(rows)))
    rows, tangent, _ = _along(rule_map, rows, tangent, burn_in)
    for mean in means:
        rows, tangent, growth = _along(rule_map, rows, tangent, updates // BATCHES)
        mean[:] = growth / (updates // BATCHES)
    return means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(BATCHES)


def _along(rule_map: RuleMap, rows: Array, tangent: Array, updates: int) -> tuple[Array, Array, Array]:
    """The rows after some updates, the unit tangent there, and the logarithm of how much it grew."""
    orbit = rule_map.orbit(rows, updates)
    _, jacobians = rule_map.derivative(orbit[:-1].reshape(-1, rule_map.words))
    growth = np.zeros(len(rows))
    with np.errstate(all="ignore"):  # an orbit that leaves all bounds has no exponent
        for jacobian in _products(jacobians.reshape(updates, len(rows), rule_map.words, rule_map.words)):
            tangent = np.einsum("nij,nj->ni", jacobian, tangent)
            size = np.linalg.norm(tangent, axis=1)
            growth += np.log(size)
            tangent /= size[:, None]
    return orbit[-1], tangent, growth


def _products(jacobians: Array) -> Array:
    """The products of a few Jacobians in sequence each, so that a tangent is stretched and measured less often.

    Shape ``(t, n, w, w)``, of which ``t`` is halved.
    """
    for _ in range(HALVINGS):
        if len(jacobians) % 2 == 0:
            jacobians = jacobians[1::2] @ jacobians[::2]
    return jacobians
