"""The loop over a block of rows, in which neither formula nor rule have a part: compiled once, for rows of any size.

It is text that is compiled, like that of :mod:`.template`, whose functions it calls by their addresses: for a whole
block, or for a row that was put aside, so that a call costs nothing. Arrays are the addresses of their numbers.

A row of the block in words: the point and the rule's state, how many updates it has had, the clock when it came in, and
which start it is. The clock counts the updates that a row may have had. Where rows run freely, they do not count, and
the least margin stands in place of the count. What is remembered of each pass are the words as far as the count. Of a
row that is set aside, what follows the count is how many updates are due, the gradient norm, and why it ended.

Rows are moved by :mod:`.rows`, and :mod:`.traps` knows of balls.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import exported, function_at, inner
from multistart.kernels.rows import (
    ALONE,
    GOING,
    Block,
    Rows,
    Stops,
    close_up,
    hand_out,
    mark,
    put_back,
    set_aside,
    take_in,
)
from multistart.kernels.signatures import ADVANCE, ADVANCE_FREELY, ADVANCE_SINGLY, BALL_AROUND, DESCEND_ROWS, WALK
from multistart.kernels.traps import rewind, search
from multistart.methods.endings import STATIONARY, STEP_LIMIT

AFTER = 3  # from here on a walk's result is the row after one more update
LOOKS = 4  # at a row in the course of a descent, at least: where it is short it would wait for the others too long
FREE = 64  # updates between two looks at whether to go on, where rows stop at the limit only
CYCLE = 16  # further updates in which a descent at rest in floating point comes back
LAST_BITS = 4.0 * 2.0**-52
LANES = 8  # rows that a vector takes, at most

advance, advance_freely, walk = function_at(ADVANCE), function_at(ADVANCE_FREELY), function_at(WALK)
advance_singly = function_at(ADVANCE_SINGLY)


@exported(BALL_AROUND)
def ball_around(point, d, balls, size, count, widest):
    """The ball that a point lies in, for those that call this by its address."""
    return search(point, 0, 1, d, balls, size, count, widest)


@inner()
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
    for j in range(stops.d):
        largest = max(largest, abs(point[j]))
    for _ in range(CYCLE):
        same = True
        for k in range(stops.words):
            again[k] = stops.result[AFTER + k]
            same = same and (again[k] == point[k] or k >= stops.words - stops.counters)
            if k < stops.d and not abs(again[k] - point[k]) <= LAST_BITS * largest:
                return False
        if same:
            return True
        code, _, _ = walked(again, 0.0, 0.0, stops, math.inf, -1.0, stops.balls, 0)
        if code != GOING:
            return False
    return False


@inner()
def walked_on(point, taken, due, stops, balls, count):
    """Likewise, under all that stops a descent, and whether it is at rest where it has had all its updates."""
    code, norm, taken = walked(point, taken, due, stops, stops.limit, stops.tolerance, balls, count)
    if code == STEP_LIMIT and stops.autonomous and comes_back(point, stops):
        code = STATIONARY
    return code, norm, taken


@inner()
def go_on(found, block, stops):
    """Single updates of the rows set aside, side by side, until each is due, has ended or is to be walked alone."""
    words, width, aside = stops.words, block.width, block.aside
    # Rows that fill no vector would go one after the other; whatever stands behind them fills it, and is not looked at.
    rows = (found + LANES - 1) // LANES * LANES if 2 * found > LANES else found
    going = found
    while going > 0:
        advance_singly(
            stops.singly, stops.unroll, aside, width, rows, stops.hyper, stops.limit, stops.tolerance, stops.low,
            stops.high,
        )  # fmt: skip
        going = 0
        for s in range(found):
            early = aside[words * width + s] < aside[(words + 1) * width + s]
            going += (aside[(words + 3) * width + s] == GOING) & early


@inner()
def walk_alone(s, block, remembered, stops):
    """Walk a row that is set aside to its end, or to where the others are."""
    point, aside, width, words = stops.point, block.aside, block.width, stops.words
    for k in range(words):
        point[k] = aside[k * width + s]
    taken, balls, count = aside[words * width + s], stops.balls, stops.how_many
    if count > 0:
        b = search(point, 0, 1, stops.d, balls, stops.size, count, stops.widest)
        if b >= 0:  # and in no other before, since none lets go of what it has
            if remembered > 0:
                taken = rewind(point, block.places[s], block, remembered, stops, b * stops.size)
            for j in range(stops.size):
                stops.near[j] = balls[b * stops.size + j]
            balls, count = stops.near, 1
    code, norm, taken = walked_on(point, taken, aside[(words + 1) * width + s], stops, balls, count)
    for k in range(words):
        aside[k * width + s] = point[k]
    aside[words * width + s] = taken
    aside[(words + 2) * width + s] = norm
    aside[(words + 3) * width + s] = code


@inner()
def run_freely(n, rows, stop, function, block, stops):
    """All updates of every row, where no rule stops one; what is not finite by then is walked from its start."""
    d, words, width, places = stops.d, stops.words, block.width, block.places
    for top in range(0, n, width):
        m = min(width, n - top)
        for i in range(m):
            places[i] = i
        take_in(m, top, 0.0, rows, block, stops)
        for i in range(m):
            block.rows[words * width + i] = 0.0  # the margin
        left = int(stops.limit - stops.first)
        while left > 0 and stop[0] == 0:
            advance_freely(function, min(left, FREE), stops.limit - left, block.rows, width, m, stops.hyper)
            left -= FREE
        if stop[0] != 0:
            break
        for i in range(m):
            r, point, usual = top + i, stops.point, block.rows[words * width + i] >= 0.0
            for j in range(d):
                usual = usual and abs(block.rows[j * width + i]) < math.inf
            for k in range(words):
                if usual:
                    point[k] = block.rows[k * width + i]
                else:
                    point[k] = rows.start[r * d + k] if k < d else rows.carried[r * (words - d) + k - d]
            taken = stops.limit if usual else stops.first
            rows.ending[r], rows.norms[r], taken = walked_on(point, taken, stops.limit, stops, stops.balls, 0)
            for k in range(words):
                block.rows[k * width + i] = point[k]
            block.rows[words * width + i] = taken
        hand_out(m, rows, block, stops)


@exported(DESCEND_ROWS)
def descend_rows(
    n, start, end, carried, norms, steps, ending, hyper, first, limit, tolerance, low, high, passes, balls, count, stop,
    d, words, counters, size, unroll, may_be_free, autonomous,
    advance_at, advance_freely_at, advance_singly_at, walk_at, ball_around_at, formula,
    width, block, history, aside, point, again, result, near, center, half, places, marked, eight,
):  # fmt: skip
    """Descend from each of n starts, which have had the first updates already, up to the limit.

    Carried is the rule's state, at starts when called and at ends on return. Hyper are the rule's numbers. From d on
    stands what is to be known of formula and rule, and where their functions are; see :class:`Stops`. What is from
    width on is room to work in, a block of that many rows; eight is marked, eight rows at a time.

    Rows that stand still after some passes are set aside and go on by single updates, side by side as well, to where
    they end or the others are; what is rare among them is walked alone. Waiting rows take the places of those that
    have ended. A ball keeps what has entered it, so looking now and then suffices: a row found inside goes back by
    bisection to the pass in which it entered, and is walked from there to its first point inside. A region of point and
    state may let go of what it has, for a while, so a row with state is asked after so many updates, and
    passes are as many (:data:`.rows.LOOK`).
    """
    widest = 0.0
    for b in range(count):
        widest = max(widest, balls[b * size + d])
    rows = Rows(start, end, carried, norms, steps, ending)
    stops = Stops(
        d, words, counters, size, advance_singly_at, walk_at, ball_around_at, hyper, first, limit, tolerance, low, high,
        balls, count, widest, unroll, autonomous != 0, formula, point, near, again, result,
    )  # fmt: skip
    together = Block(width, block, history, aside, places, marked, eight)
    bounded = False
    # The arena around its centre, a little smaller for what is rounded.
    for j in range(d):
        bounded |= max(low[j], -high[j]) != -math.inf
        center[j] = 0.0
        if abs(low[j]) < math.inf and abs(high[j]) < math.inf:
            center[j] = 0.5 * low[j] + 0.5 * high[j]
        half[j] = (1.0 - 1e-15) * min(center[j] - low[j], high[j] - center[j]) - 1e-15 * abs(center[j])
    if may_be_free != 0 and not bounded and tolerance < 0.0 and count == 0:
        # No rule but the number of steps: nothing to ask on the way.
        run_freely(n, rows, stop, advance_freely_at, together, stops)
        return
    # A square above this has a root above the tolerance; what may be so small that squares vanish is walked.
    tolerance2 = max(1e-280, 1.000001 * tolerance * tolerance) if tolerance > 0.0 else -1.0
    alone = counters > 0  # a search, whose rows are all walked by themselves
    remembers = count > 0 and size == d + 1 and not alone
    remembered = 0  # passes
    most, descents, updates = passes, 0, 0.0
    clock = 0.0
    m = waiting = min(width, n)  # rows in the block, and the next start to be taken in
    for i in range(width):
        marked[i] = False
        places[i] = i
    take_in(m, 0, clock, rows, together, stops)
    while True:
        found = set_aside(together, m, clock, stops)
        while found > 0:
            if count == 0:
                go_on(found, together, stops)
            for s in range(found):
                if aside[(words + 3) * width + s] == ALONE:
                    walk_alone(s, together, remembered, stops)
            ended = put_back(found, rows, together, stops)
            hand_out(ended, rows, together, stops)
            for s in range(ended):
                updates += block[words * width + places[s]] - first
            descents += ended
            new = min(ended, n - waiting)
            take_in(new, waiting, clock, rows, together, stops)
            waiting += new
            m = close_up(new, ended, m, together, words)
            found = set_aside(together, m, clock, stops)
        if m == 0 or stop[0] != 0:
            break
        if size == d + 1 and descents > 0 and not alone:
            passes = max(1, min(most, int(updates / (LOOKS * descents * unroll))))
        remembered = passes if remembers else 0
        advance(advance_at, passes, block, width, m, hyper, limit, tolerance2, center, half, history, remembered)
        clock += passes * float(unroll)
        mark(together, m, clock, stops)
