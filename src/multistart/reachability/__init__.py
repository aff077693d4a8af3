"""Reachability: sets of starts carried through gradient descent, for shares that are proven and not sampled."""

from multistart.reachability.shares import ProvenShares, prove_shares

__all__ = ["ProvenShares", "prove_shares"]
