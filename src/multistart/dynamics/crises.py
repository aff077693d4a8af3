"""Crises: rates at which an attractor is lost, merges with another, or lets orbits leave; bracketed by what they do.

Orbits from a minimum follow its attractor while the rate is raised in small steps, beyond its doublings and through
chaos. Where some come to another's attractor to stay, or leave the arena, the attractor has touched the edge of its
basin in between (a boundary crisis; Grebogi, Ott & Yorke 1983, Physica D 7): the rate is bracketed by bisection, with
the orbits that were on the attractor before. Where orbits of two attractors go to the other's, they have merged.

What is bracketed is what was seen. Just above a crisis orbits stay for long where the attractor was (a chaotic
transient), so at the lower end none of so many orbits had left in so many updates, which is said with each event; at
the upper end some have. An attractor that is lost is followed no further: windows at larger rates in which it may come
back are not looked for, nor what happens within a step of the rate and is undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from multistart.dynamics.crowds import ELSEWHERE, LEFT, Crowd, Watch, away, places, strays
from multistart.events import ALL, Event
from multistart.minima import Minima
from multistart.plurals import counted, listed, plural

RISE = 1.01  # of the rate from step to step
SETTLING, UPDATES = 5000, 3000  # updates at first, and at each rate
LONG, VERY_LONG = 20_000, 160_000  # at each rate of a bisection, and to see how much that misses
ROUNDS = 10  # of so many updates, in which orbits come to where they stay
BISECTIONS, GALLOP, REFINEMENTS, LOOKS = 24, 4, 4, 3
BACK = 8  # steps that are kept, to begin a bisection at
History = list[tuple[float, list[Crowd]]]


def crises(watch: Watch, minima: Minima, first: float, high: float) -> list[Event]:
    """What is lost, merges or leaves between two rates, in the order of the rate.

    Parameters
    ----------
    first
        A rate at which every minimum attracts, or one below which none is asked for.
    """
    crowds, rate, found = watch.gather(minima), first, list[Event]()
    if not crowds or not first < high:
        return []
    crowds = watch.at(crowds, rate, SETTLING)[0]
    history: History = [(rate, crowds)]
    while rate < high and crowds:
        rate = min(rate * RISE, high)
        crowds, labels = watch.at(crowds, rate, UPDATES)
        if any((away(each, i) | strays(each, i)).any() for i, each in enumerate(labels)):
            crowds, events = _resolved(watch, history, rate, len(minima))
            found += events
            history = history if not events else []
        history = [*history, (rate, crowds)][-BACK:]
    return found


def _resolved(watch: Watch, history: History, rate: float, k: int) -> tuple[list[Crowd], list[Event]]:
    """The crowds that are left at a rate, and what happened to the others since the rate before."""
    crowds, labels = _settled(watch, history[-1][1], rate)
    gone = [
        _lost(watch, history[-1], crowd, each, i) for i, (crowd, each) in enumerate(zip(crowds, labels, strict=True))
    ]
    goes = [Counter(each[-1][lost].tolist()) for each, lost in zip(labels, gone, strict=True)]
    seen = [{i} | places(each) for i, each in enumerate(labels)]
    ones = [{i} | {j for j in seen[i] if j >= 0 and i in seen[j]} for i in range(len(crowds))]
    left, events = [], list[Event]()
    for i, crowd in enumerate(crowds):
        if len(ones[i]) > 1 and i == min(ones[i]):
            left.append(_merged([crowds[j] for j in sorted(ones[i])]))
            others = [name(crowds[j]) for j in sorted(ones[i])[1:]]
            events.append(_event(watch, history, rate, crowd, "merged", f"merges with that of {listed(others)}", k))
        elif len(ones[i]) == 1 and not goes[i]:
            left.append(crowd)
        elif len(ones[i]) == 1:
            events.append(_event(watch, history, rate, crowd, "crisis", _where_to(goes[i], crowds), k))
    return left, events


def _settled(watch: Watch, before: Sequence[Crowd], rate: float) -> tuple[list[Crowd], list[NDArray[np.int64]]]:
    """Crowds at a rate when none, or each orbit, of a crowd is away; or after a long time."""
    crowds, labels = watch.at(before, rate, LONG)
    for _ in range(ROUNDS - 1):
        gone = [away(each, i) for i, each in enumerate(labels)]
        if all(each.all() or not each.any() for each in gone):
            break
        crowds, labels = watch.at(crowds, rate, LONG, before)
    return crowds, labels


def _lost(
    watch: Watch, before: tuple[float, list[Crowd]], crowd: Crowd, labels: NDArray[np.int64], own: int
) -> NDArray[np.bool_]:
    """Which orbits are away for good: an attractor may have grown, and then they come back to it at the rate before."""
    lost = away(labels, own)
    elsewhere = lost & (labels[-1] == ELSEWHERE)
    if elsewhere.any():
        back = watch.at([crowd], before[0], LONG, before[1])[1][0]
        lost &= ~elsewhere | away(back, own)
    return lost


def _merged(crowds: Sequence[Crowd]) -> Crowd:
    """Crowds on one attractor as one, of as many orbits as each."""
    members = tuple(sorted(i for crowd in crowds for i in crowd.members))
    end, state, sample = (np.concatenate([getattr(c, which) for c in crowds]) for which in ("end", "state", "sample"))
    return Crowd(members, end[:: len(crowds)], state[:: len(crowds)], sample)


def _event(watch: Watch, history: History, rate: float, crowd: Crowd, event: str, note: str, k: int) -> Event:
    low, high, some = _bracket(watch, history, rate, crowd.members, strays if event == "merged" else away)
    of_orbits = f"{counted(len(crowd.end), 'orbit')} did within {VERY_LONG:,} updates at the lower rate"
    watched = f"none of {of_orbits}, {some * len(crowd.end):.0f} at the higher, which is no proof"
    number = crowd.members[0] if len(crowd.members) < max(2, k) else ALL
    of = f"the attractor of {name(crowd)} " if len(crowd.members) > 1 else ""
    return Event(number, event, low, high, proven=False, note=f"{of}{note}; {watched}")


def _bracket(
    watch: Watch, history: History, high: float, members: Sequence[int], gone: Callable[..., NDArray[np.bool_]]
) -> tuple[float, float, float]:
    """Two rates: at the lower no orbit of some minima leaves their attractor in a very long time, at the other some do;
    and what share of them.

    Just above a crisis the mean time of stay grows with a power of the distance (Grebogi, Ott & Yorke 1987, Physical
    Review A 36), so the first orbit of many is seen to leave only at some distance. Where half as many leave soon as do
    a step of the rate higher, they leave hundreds of times as often; so the crisis is hardly farther below the first of
    these rates than that is below the other, and the lower end is put that far down.
    """

    def share(rate: float, crowds: Sequence[Crowd], updates: int) -> float:
        asked = [i for i, crowd in enumerate(crowds) if set(crowd.members) & set(members)]
        labels = watch.at([crowds[i] for i in asked], rate, updates, crowds)[1]
        return max(float(gone(each, i).mean()) for each, i in zip(labels, asked, strict=True))

    low, crowds = next((step for step in reversed(history) if not share(*step, VERY_LONG)), history[0])
    floor = history[0][0]
    many = 0.5 * share(high, crowds, LONG)
    low, half = _bisected(lambda rate: share(rate, crowds, LONG) > many, low, high, BISECTIONS)
    some, step = half, half - low
    while low > floor and share(low, crowds, VERY_LONG):
        low, some, step = max(floor, low - step), low, GALLOP * step
    low, some = _bisected(lambda rate: share(rate, crowds, VERY_LONG) > 0, low, some, REFINEMENTS)
    for _ in range(LOOKS):
        low = max(floor, low - (half - some))
        if not share(low, crowds, VERY_LONG):
            break
    return low, some, share(some, crowds, VERY_LONG)


def _bisected(holds: Callable[[float], bool], low: float, high: float, times: int) -> tuple[float, float]:
    """Where what does not hold at the lower end and holds at the higher one begins to."""
    for _ in range(times):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return low, high


def name(crowd: Crowd) -> str:
    """The minima of a crowd in words."""
    return f"{plural('minimum', len(crowd.members))} {listed([str(i) for i in crowd.members])}"


def _where_to(goes: Counter[int], crowds: Sequence[Crowd]) -> str:
    """Where orbits went, in words, with how many where there are several places."""
    no_minimum = {LEFT: "leaves the arena", ELSEWHERE: "goes where no minimum's attractor is"}
    words = {to: no_minimum.get(to) or f"goes over to the attractor of {name(crowds[to])}" for to in goes}
    if len(words) == 1:
        return next(iter(words.values()))
    parts = [f"{n} of them {words[to]}" for to, n in sorted(goes.items(), key=lambda item: -item[1])]
    return f"goes to several places: of {sum(goes.values())} orbits {listed(parts)}"
