"""Certificates: the proven list of critical points of a function in a box.

What is proven and what is not is written in ``docs/certificates.md``. The proof rests on the functions marked
"Trusted": all of ``enclosures``, ``extended``, ``edges``, ``balls``, ``problem``, ``places``, ``degree`` and
``attraction``, and parts of the rest.
"""

from multistart.certificates.certificate import (
    LOWEST_AROUND,
    SURROUNDED,
    UNIQUE,
    Attraction,
    Certificate,
    Cluster,
    CriticalPoint,
)
from multistart.certificates.certification import certify
from multistart.certificates.points import attraction_for

__all__ = [
    "LOWEST_AROUND",
    "SURROUNDED",
    "UNIQUE",
    "Attraction",
    "Certificate",
    "Cluster",
    "CriticalPoint",
    "attraction_for",
    "certify",
]
