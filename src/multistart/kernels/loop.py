"""The loop over a block of rows, in which no formula has a part: compiled once for each size of a row.

It is text that is compiled, like that of :mod:`.template`, whose functions it calls by their addresses: for a whole
block, or for a row that was put aside, so that a call costs nothing. Arrays are the addresses of their numbers.

A row of the block in words: the point and the rule's state, how many updates it has had, the clock when it came in, and
which start it is. The clock counts the updates that a row may have had. Where rows run freely, they do not count, and
the least margin stands in place of the count. What is remembered of each pass are the words as far as the count.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from multistart.kernels.compiler import exported, function_at, inner
from multistart.kernels.signatures import ADVANCE, ADVANCE_FREELY, BALL_AROUND, DESCEND_ROWS, WALK
from multistart.kernels.vectormath.ieee import squared_distance, squared_distance_with_state
from multistart.methods.endings import STATIONARY, STEP_LIMIT

D, WORDS, COUNTERS = 2, 2, 0  # coordinates, with the rule's state, what of it counts: compiled are those of a kernel
TAKEN, BORN, ROW = WORDS, WORDS + 1, WORDS + 2
MARGIN = TAKEN
REMEMBERS = WORDS >= 2 * D  # whether a row has state that regions are of, one word for each coordinate
BALL = D + 3 if REMEMBERS else D + 1  # numbers of a ball: centre and radius; of a region, shift and weight of the state
LOOK = 16.0  # updates between two looks at whether a row with state is in a region, which need not keep it
AFTER = 3  # from here on a walk's result is the row after one more update
GOING = -1  # the ending of a row that has none
FREE = 64  # updates between two looks at whether to go on, where rows stop at the limit only
FEW = 64  # balls up to which it is faster to ask each than to search
CYCLE = 16  # further updates in which a descent at rest in floating point comes back
LAST_BITS = 4.0 * 2.0**-52

advance, advance_freely, walk = function_at(ADVANCE), function_at(ADVANCE_FREELY), function_at(WALK)
distance2 = squared_distance_with_state(D) if REMEMBERS else squared_distance(D)


class Stops(NamedTuple):
    """What ends a descent, the function that asks for it at every update of a row, and room for what it says."""

    walk: Any
    ball_around: Any
    hyper: Any
    limit: float
    tolerance: float
    low: Any
    high: Any
    balls: Any
    how_many: int
    widest: float
    autonomous: bool
    formula: Any
    near: Any
    again: Any
    result: Any


# --- single rows -----------------------------------------------------------------------------------------------


@inner(forceinline=True)
def walked(point, taken, due, stops, limit, tolerance, balls, count):
    """Single updates until the descent ends or they are due: (ending, gradient norm, taken)."""
    walk(
        stops.walk, point, taken, due, stops.hyper, limit, tolerance, stops.low, stops.high, balls, count,
        stops.widest, stops.ball_around, stops.formula, stops.result,
    )  # fmt: skip
    return int(stops.result[0]), stops.result[1], stops.result[2]


@inner()
def comes_back(point, stops):
    """Whether further updates come back to point and state, bit for bit, and never are more than last bits away."""
    again, largest = stops.again, 0.0
    for j in range(D):
        largest = max(largest, abs(point[j]))
    for _ in range(CYCLE):
        same = True
        for k in range(WORDS):
            again[k] = stops.result[AFTER + k]
            same = same and (again[k] == point[k] or k >= WORDS - COUNTERS)
            if k < D and not abs(again[k] - point[k]) <= LAST_BITS * largest:
                return False
        if same:
            return True
        code, _, _ = walked(again, 0.0, 0.0, stops, math.inf, -1.0, stops.balls, 0)
        if code != GOING:
            return False
    return False


@inner(forceinline=True)
def walked_on(point, taken, due, stops, balls, count):
    """Likewise, under all that stops a descent, and whether it is at rest where it has had all its updates."""
    code, norm, taken = walked(point, taken, due, stops, stops.limit, stops.tolerance, balls, count)
    if code == STEP_LIMIT and stops.autonomous and comes_back(point, stops):
        code = STATIONARY
    return code, norm, taken


@inner()
def search(points, i, width, balls, count, widest):
    """The ball that a point lies in, -1 if there is none; balls stand in the order of their first coordinates.

    Coordinates of point i are ``width`` apart.
    """
    first, end, at = 0, count, points[i]
    if REMEMBERS and count > 0:
        at += balls[D + 1] * points[D * width + i]
    while first < end:
        middle = (first + end) // 2
        if balls[middle * BALL] < at - widest:
            first = middle + 1
        else:
            end = middle
    for b in range(first, count):
        if balls[b * BALL] > at + widest:
            break
        if distance2(points, i, width, balls, b * BALL) <= balls[b * BALL + D] * balls[b * BALL + D]:
            return b
    return -1


@exported(BALL_AROUND)
def ball_around(point, balls, count, widest):
    """Likewise, for those that call it by its address."""
    return search(point, 0, 1, balls, count, widest)


@inner(forceinline=True)
def finite(block, width, i):
    """Whether the point of a row of the block is finite."""
    found = True
    for j in range(D):
        found = found and abs(block[j * width + i]) < math.inf
    return found


# --- take in, mark, settle, hand out ---------------------------------------------------------------------------


@inner(forceinline=True)
def take_in(r, i, start, carried, first, clock, block, width):
    """Put a start, and the rule's state at it, into a place of the block."""
    for j in range(D):
        block[j * width + i] = start[r * D + j]
    for k in range(D, WORDS):
        block[k * width + i] = carried[r * (WORDS - D) + k - D]
    block[TAKEN * width + i] = first
    block[BORN * width + i] = clock - first
    block[ROW * width + i] = r


@inner(forceinline=True)
def hand_out(r, point, taken, end, carried, steps):
    """Write down where a descent ended, with the rule's state there."""
    for j in range(D):
        end[r * D + j] = point[j]
    for k in range(D, WORDS):
        carried[r * (WORDS - D) + k - D] = point[k]
    steps[r] = int(taken)


@inner()
def mark(marked, block, width, m, clock, limit, balls, count, widest):
    """Mark the rows to be settled: those that stand still, have had all their updates, or are inside a ball."""
    for i in range(m):
        taken = block[TAKEN * width + i]
        marked[i] = (taken + block[BORN * width + i] != clock) | (taken >= limit)
    if count > FEW:
        for i in range(m):
            marked[i] = marked[i] or search(block, i, width, balls, count, widest) >= 0
        return
    for b in range(0, count * BALL, BALL):  # few balls are asked one after the other, each for all rows
        for i in range(m):
            marked[i] |= distance2(block, i, width, balls, b) <= balls[b + D] * balls[b + D]


@inner()
def rewind(block, width, i, history, remembered, balls, ball):
    """Put a row back to where it was before it entered a ball, or to the first place known if it always was inside."""
    before, after, size = -1, remembered, (WORDS + 1) * width
    while after - before > 1:
        middle = (before + after) // 2
        if distance2(history, middle * size + i, width, balls, ball) <= balls[ball + D] * balls[ball + D]:
            after = middle
        else:
            before = middle
    before = max(before, 0)
    for k in range(WORDS + 1):
        block[k * width + i] = history[before * size + k * width + i]


@inner(forceinline=True)
def settle(i, clock, block, width, history, remembered, point, stops):
    """Walk a marked row to its end, or to where the others are: (ending, gradient norm, taken), and the point."""
    balls, count = stops.balls, stops.how_many
    if count > 0:
        b = search(block, i, width, balls, count, stops.widest)
        if b >= 0:  # and in no other before, since none lets go of what it has
            if not REMEMBERS:
                rewind(block, width, i, history, remembered, balls, b * BALL)
            for j in range(BALL):
                stops.near[j] = balls[b * BALL + j]
            balls, count = stops.near, 1
    for k in range(WORDS):
        point[k] = block[k * width + i]
    return walked_on(point, block[TAKEN * width + i], clock - block[BORN * width + i], stops, balls, count)


@inner()
def put_in_place(i, of, block, width, history, remembered, marked):
    """Put the last row of the block in the place of one that has ended."""
    for k in range(WORDS + 3):
        block[k * width + i] = block[k * width + of]
    for p in range(0, remembered * (WORDS + 1) * width, width):
        history[p + i] = history[p + of]
    marked[i] = marked[of]


# --- descend ---------------------------------------------------------------------------------------------------


@inner()
def run_freely(n, start, end, carried, norms, steps, ending, first, stops, stop, function, block, width, point):
    """All updates of every row, where no rule stops one; what is not finite by then is walked from its start."""
    for top in range(0, n, width):
        m = min(width, n - top)
        for i in range(m):
            take_in(top + i, i, start, carried, first, 0.0, block, width)
            block[MARGIN * width + i] = 0.0
        left = int(stops.limit - first)
        while left > 0 and stop[0] == 0:
            advance_freely(function, min(left, FREE), stops.limit - left, block, width, m, stops.hyper)
            left -= FREE
        if stop[0] != 0:
            break
        for i in range(m):
            r = top + i
            taken = stops.limit
            if block[MARGIN * width + i] < 0.0 or not finite(block, width, i):
                take_in(r, i, start, carried, first, 0.0, block, width)
                taken = first
            for k in range(WORDS):
                point[k] = block[k * width + i]
            ending[r], norms[r], taken = walked_on(point, taken, stops.limit, stops, stops.balls, 0)
            hand_out(r, point, taken, end, carried, steps)


@exported(DESCEND_ROWS)
def descend_rows(
    n, start, end, carried, norms, steps, ending, hyper, first, limit, tolerance, low, high, passes, balls, count, stop,
    unroll, may_be_free, autonomous, advance_at, advance_freely_at, walk_at, ball_around_at,
    formula, width, block, history, point, again, result, near, center, half, marked, eight,
):  # fmt: skip
    """Descend from each of n starts, which have had the first updates already, up to the limit.

    Carried is the rule's state, at starts when called and at ends on return. Hyper are the rule's numbers. From unroll
    on stands what is to be known of formula and rule, and where their functions are. What is from width on is room to
    work in, a block of that many rows; eight is marked, eight rows at a time.

    Stopped rows leave the block and waiting ones take their place. A ball keeps what has entered it, so looking now
    and then suffices: a row found inside goes back by bisection to the pass in which it entered, and is walked from
    there to its first point inside. A region of point and state may let go of what it has, for a while, so a row with
    state is asked after every :data:`LOOK` updates, and passes are as many.
    """
    widest = 0.0
    for b in range(count):
        widest = max(widest, balls[b * BALL + D])
    stops = Stops(
        walk_at, ball_around_at, hyper, limit, tolerance, low, high, balls, count, widest, autonomous != 0, formula,
        near, again, result,
    )  # fmt: skip
    bounded = False
    # The arena around its centre, a little smaller for what is rounded.
    for j in range(D):
        bounded |= max(low[j], -high[j]) != -math.inf
        center[j] = 0.0
        if abs(low[j]) < math.inf and abs(high[j]) < math.inf:
            center[j] = 0.5 * low[j] + 0.5 * high[j]
        half[j] = (1.0 - 1e-15) * min(center[j] - low[j], high[j] - center[j]) - 1e-15 * abs(center[j])
    if may_be_free != 0 and not bounded and tolerance < 0.0 and count == 0:
        # No rule but the number of steps: nothing to ask on the way.
        run_freely(
            n, start, end, carried, norms, steps, ending, first, stops, stop, advance_freely_at, block, width, point
        )
        return
    # A square above this has a root above the tolerance; what may be so small that squares vanish is walked.
    tolerance2 = max(1e-280, 1.000001 * tolerance * tolerance) if tolerance > 0.0 else -1.0
    remembered = passes if count > 0 and not REMEMBERS else 0
    for i in range(width):
        marked[i] = False
    clock = 0.0
    m = 0  # rows in the block
    waiting = 0  # the next start to be taken in
    while True:
        i = 0
        while i < m or (i < width and waiting < n):
            if i < m:
                if eight[i // 8] == 0:
                    i = min(m, (i | 7) + 1)
                    continue
                if not marked[i]:
                    i += 1
                    continue
                code, norm, taken = settle(i, clock, block, width, history, remembered, point, stops)
                if code == GOING:
                    for k in range(WORDS):
                        block[k * width + i] = point[k]
                    block[TAKEN * width + i] = taken
                    marked[i] = False
                    continue
                r = int(block[ROW * width + i])
                hand_out(r, point, taken, end, carried, steps)
                norms[r] = norm
                ending[r] = code
                if waiting == n:
                    m -= 1
                    put_in_place(i, m, block, width, history, remembered, marked)
                    continue
            take_in(waiting, i, start, carried, first, clock, block, width)
            marked[i] = not finite(block, width, i)
            if REMEMBERS and count > 0:  # walked to its first look
                block[BORN * width + i] = clock - math.ceil(first / LOOK) * LOOK
                marked[i] = True
            waiting += 1
            m = max(m, i + 1)
        if m == 0 or stop[0] != 0:
            break
        advance(advance_at, passes, block, width, m, hyper, limit, tolerance2, center, half, history, remembered)
        clock += passes * float(unroll)
        mark(marked, block, width, m, clock, limit, balls, count, widest)
