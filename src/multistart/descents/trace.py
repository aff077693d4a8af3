"""The way of single descents: `trace`, all points; `trace_states`, with the state at each; `sketch`, to be drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import STATIONARY, STEP_LIMIT, empty
from multistart.descents.outside import ways_outside
from multistart.descents.prepared import Prepared, bounds_of, held, prepare
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.proofs import Certificate

Array = NDArray[np.float64]


def trace(
    objective: Objective,
    method: Method,
    start: Array,
    *,
    arena: Box | None = None,
    bounds: Box | None = None,
    certificate: Certificate | None = None,
    cache: Path | str | None = None,
) -> Array:
    """Return all points of one descent, shape ``(steps + 1, d)``: the same bits as ``descend`` passes through.

    Parameters
    ----------
    start
        Shape ``(d,)``.
    arena, bounds, certificate, cache
        As in :func:`multistart.descents.descend.descend`.
    """
    return trace_states(objective, method, start, arena=arena, bounds=bounds, certificate=certificate, cache=cache)[0]


def trace_states(
    objective: Objective,
    method: Method,
    start: Array,
    *,
    arena: Box | None = None,
    bounds: Box | None = None,
    certificate: Certificate | None = None,
    cache: Path | str | None = None,
) -> tuple[Array, dict[str, Array]]:
    """Return all points of one descent, and what its rule remembers at each, by the names of the rule's state.

    The state at a point is that before the next update: shape ``(steps + 1, d)``, or ``(steps + 1,)`` of what is
    shared by all coordinates. What updates of x do not depend on is not in a kernel, and not here; nor is what searches
    and outside optimisers remember.
    """
    start = np.ascontiguousarray(start, dtype=np.float64)
    if start.shape != (objective.dimensions,):
        raise InputError(f"a start has shape ({objective.dimensions},); got {start.shape}")
    method = held(objective, method, bounds)
    if method.outside is not None:
        return ways_outside(objective, method, start[None], *bounds_of(objective, arena, method), cache)[0], {}
    prepared = prepare(objective, method, arena, certificate, cache)
    rows = _paths(prepared, start[None], points=method.max_steps + 1)[0]
    return np.ascontiguousarray(rows[:, : len(start)]), _by_name(prepared, rows[:, len(start) :])


def _by_name(prepared: Prepared, state: Array) -> dict[str, Array]:
    d, found, at = len(prepared.low), {}, 0
    for s in prepared.method.rule.state:
        found[s.name] = state[:, at] if s.shared else state[:, at : at + d]
        at += 1 if s.shared else d
    return found


def sketch(
    objective: Objective,
    method: Method,
    starts: Array,
    *,
    arena: Box | None = None,
    bounds: Box | None = None,
    certificate: Certificate | None = None,
    points: int = 1000,
    cache: Path | str | None = None,
) -> list[Array]:
    """Return descents to be drawn: every point at first, after each ``points`` points only every other one.

    The last point is the end of the descent. Shapes ``(m, d)``, with m of a few thousand at most.
    """
    starts = np.ascontiguousarray(starts, dtype=np.float64)
    method = held(objective, method, bounds)
    if method.outside is not None:
        ways = ways_outside(objective, method, starts, *bounds_of(objective, arena, method), cache)
        return [thinned(way, points) for way in ways]
    paths = _paths(prepare(objective, method, arena, certificate, cache), starts, points)
    return [np.ascontiguousarray(path[:, : starts.shape[1]]) for path in paths]


def _paths(prepared: Prepared, starts: Array, points: int) -> list[Array]:
    """Descend by single updates, then by pairs, and so on, each taken up where the last one ended.

    A row has a point, then the state there. The points are those of one descent in one go, since point, state and count
    of updates are all that it knows.
    """
    active, places, state = np.arange(len(starts)), starts, prepared.first_state(len(starts))
    paths = [[row] for row in np.hstack([starts, state])]
    taken, stride, limit = 0, 1, prepared.method.max_steps
    while len(active) and taken < limit:
        stride = min(stride * (1 + (len(paths[active[0]]) % points == 0)), limit - taken)
        out = empty(places)
        prepared.follow(out, state, taken=taken, until=taken + stride)
        for row, end, steps in zip(active, np.concatenate((out.end, state), axis=1), out.steps, strict=True):
            if steps > taken:
                paths[row].append(end)
        going = (out.ending_code == STEP_LIMIT) | (out.ending_code == STATIONARY)  # at the limit of this stride
        active, places, state = active[going], out.end[going], state[going]
        taken += stride
    return [np.array(path) for path in paths]


def thinned(way: Array, points: int) -> Array:
    """Of a way that is known whole, the points that :func:`_paths` has of one.

    >>> thinned(np.arange(12.0)[:, None], 4).ravel().tolist()
    [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, 11.0]
    """
    kept, at, stride = [0], 0, 1
    while at < len(way) - 1:
        stride *= 1 + (len(kept) % points == 0)
        at = min(at + stride, len(way) - 1)
        kept.append(at)
    return way[kept]
