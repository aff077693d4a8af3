"""What a diagnosis is: plain numbers and texts, which a summary reads without what computes them."""

from __future__ import annotations

from dataclasses import dataclass

NOTICED = 0.01  # of the sample: what fewer starts have in common needs no line
UNANSWERED = "unanswered"
#: Keys of lines outside the section of the method.
WIDEN, DESIGN, DOMAIN, UNIT = "arena.widen", "starts.design", "domain", "unit of "


@dataclass(frozen=True)
class Diagnosis:
    """A cause, the line that answers it, and what the sample did with this line and those of the diagnoses before it.

    Attributes
    ----------
    cause
        The name of a function of :mod:`multistart.diagnoses.causes`, or ``unanswered`` for what no line changed.
    number
        That shows the cause; the function says which. Of what is unanswered, the median gradient norm at the end.
    key, given, value
        The line: where, what stands there, and what to write. Of what is unanswered, the key is its commonest ending.
    helps
        Whether more starts reach a minimum with it, or as many in far fewer steps; else it was tried in vain.
    tried, reached_before, reached_after
        Starts of the sample, and how many of them reach a minimum without the line and with it.
    steps_before, steps_after
        Mean steps of a start.
    """

    cause: str
    number: float
    key: str
    given: str
    value: str
    helps: bool
    tried: int
    reached_before: int
    reached_after: int
    steps_before: float
    steps_after: float
