"""What happens to a minimum, as an event with one plain clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multistart.events import Event
from multistart.proofs.crossings import Exit
from multistart.proofs.pairing import Pair
from multistart.proofs.stretches import Change


def ending(number: int, change: Change, names: Mapping[int, int], variables: Sequence[str]) -> Event:
    """The event of a minimum that is not there any more; ``names`` are the numbers of new ones by their places."""
    other = "maximum" if len(variables) == 1 else "saddle"
    match change.kind:
        case "fold":
            word, note = "fold", f"meets a {other} and vanishes"
        case "exit":
            word, note = "left", f"goes out of the box through {_face(change.exit, variables)}"
        case "merge":
            with_ = _minima([n for n in change.old if n != number])
            word, note = "merged", f"with {with_}{''.join(f' into minimum {names[n]}' for n in change.new)}"
        case "split":
            word, note = "left", f"turns into a {other} between {_minima([names[n] for n in change.new])}"
        case _:
            word, note = "left", "is not found any more; how it ends is not known"
    return Event(number, word, *change.bracket, change.proven, note)


def beginning(number: int, change: Change, names: Mapping[int, int], variables: Sequence[str]) -> Event:
    """The event of a minimum that was not known at the value before."""
    other = "maximum" if len(variables) == 1 else "saddle"
    match change.kind:
        case "fold":
            note = f"appears together with a {other}"
        case "exit":
            note = f"comes into the box through {_face(change.exit, variables)}"
        case "merge":
            note = f"is what {_minima(change.old)} merge into"
        case "split":
            gone = _minima(change.old) if change.old else "a minimum"
            note = f"splits off where {gone} turns into a {other}"
        case "unlisted":
            note = "is there already, but was not found"
        case _:
            note = "is found from here on; how it begins is not known"
    return Event(number, "born", *change.bracket, change.proven and change.kind != "unlisted", note)


def matching(pair: Pair, bracket: tuple[float, float], singular_at: float | None) -> Event:
    """The event of a minimum that is taken for one of the value before; its Hessian may be singular on the way."""
    where = "" if singular_at is None else f", its Hessian is singular near {singular_at:.6g}"
    return Event(pair.old, "matched", *bracket, False, f"taken for the same minimum without proof: {pair.why}{where}")


def _face(gone: Exit | None, variables: Sequence[str]) -> str:
    assert gone is not None
    return f"{variables[gone.axis]} = {gone.end:g}"


def _minima(numbers: Sequence[int]) -> str:
    """``minimum 1``, ``minima 1 and 2``."""
    if len(numbers) == 1:
        return f"minimum {numbers[0]}"
    return f"minima {', '.join(str(n) for n in numbers[:-1])} and {numbers[-1]}"
