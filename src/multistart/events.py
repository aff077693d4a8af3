"""`Event`: what happens to an attractor where a number is swept, and between which values of the number."""

from __future__ import annotations

from dataclasses import dataclass

from multistart.errors import InputError, one_of

#: What can happen. ``born``: an attractor that is not there below. ``doubling``: a period doubles, that of a minimum
#: from 1 to 2 where it loses stability. ``pitchfork``: a cycle gives way to two of its period. ``neimark_sacker``: a
#: cycle, of which two multipliers that are not real leave the unit circle, gives way to motion around it. ``fold``: two
#: critical points or cycles meet and are gone. ``merged``: an attractor is one with another from here on.
#: ``crossing``: another minimum is the lowest. ``crisis``: an attractor is lost, what was in it goes elsewhere.
#: ``left``: it leaves the domain or the arena, or is not found any more. ``matched``: it is taken for the attractor of
#: that number at the value before, without a proof.
EVENTS = (
    "born", "doubling", "pitchfork", "neimark_sacker", "fold", "merged", "crossing", "crisis", "left",
    "matched",
)  # fmt: skip
ALL = -1  # the attractor of an event that concerns all


@dataclass(frozen=True)
class Event:
    """What happens to an attractor, at a value of the swept number between ``low`` and ``high``.

    Attributes
    ----------
    attractor
        The number of the minimum or cycle family it concerns; -1 for all.
    event
        One of :data:`EVENTS`.
    low, high
        Bracket of the swept number, both ends included.
    proven
        Whether it is proven to happen there; else it was measured, in doubles.
    note
        One plain clause, as "period 2 to 4" or "goes over to the attractor of minimum 1".

    Raises
    ------
    InputError
        No such event, or a bracket whose ends are not two numbers in order.

    >>> Event(0, "doubling", 0.99, 1.01, proven=False, note="period 1 to 2").middle
    1.0
    """

    attractor: int
    event: str
    low: float
    high: float
    proven: bool
    note: str = ""

    def __post_init__(self) -> None:
        if self.event not in EVENTS:
            raise InputError(f"an event {one_of(self.event, EVENTS)}")
        if not self.low <= self.high:
            raise InputError(f"an event lies between a lower and a higher value; got {self.low} and {self.high}")

    @property
    def middle(self) -> float:
        """The number itself, as far as the bracket tells."""
        return 0.5 * self.low + 0.5 * self.high
