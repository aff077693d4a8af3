"""The text of a kernel module, with fields for what depends on the objective; :mod:`.source` fills them in."""

from string import Template

MODULE = Template('''"""A compiled descent, generated from an objective."""

import math

import numpy as np

from multistart.kernels.compiler import exported, inner
from multistart.kernels.vectormath.ieee import aligned_stack, fma, loaded, select, smaller
$imports

numbers = loaded($numbers)


@inner(forceinline=True)
def gradient($v):
    $gradient


@inner(forceinline=True)
def usual_gradient($v):
    $usual_gradient


@inner()
def advance(passes, block, m, rate, last, tolerance2, scope, center, half, history):
    """In each pass $UNROLL updates of the first m rows; a row that may have to stop before stays where it is."""
    aligned_stack()
    $box
    rows = $rows
    for p in range(passes):
        if history.shape[0] > 0:
            for j in range($D + 1):
                for i in range(m):
                    history[p, j, i] = block[j, i]
        for i in range(rows):
            $advance


@inner()
def advance_freely(passes, block, m, rate):
    """One update in each pass, whatever comes of it; the last row of the block keeps the least margin."""
    aligned_stack()
    for _ in range(passes):
        for i in range(m):
            $load
            $free_update


@inner(forceinline=True)
def inside($v, ball):
    """Whether a point lies in a ball, a row of centre and radius."""
    distance2 = 0.0
    $distance2
    return distance2 <= ball[$D] * ball[$D]


@inner()
def ball_around($v, balls, widest):
    """The ball that a point lies in, -1 if there is none; balls stand in the order of their first coordinates."""
    first, end = 0, balls.shape[0]
    while first < end:
        middle = (first + end) // 2
        if balls[middle, 0] < v0 - widest:
            first = middle + 1
        else:
            end = middle
    for b in range(first, balls.shape[0]):
        if balls[b, 0] > v0 + widest:
            break
        if inside($v, balls[b]):
            return b
    return -1


@inner()
def comes_back(point, rate, low, high):
    """Whether further updates come back to the point, bit for bit, and never are more than its last bits away."""
    $bounds
    $point
    last_bits = 4.0 * $EPSILON * $largest
    for _ in range($CYCLE):
        $gu = gradient($v)
        $move_v
        if not ($near_point and $inside$guarded):
            return False
        if $at_point:
            return True
    return False


@inner()
def walk(point, taken, due, rate, limit, tolerance, low, high, balls, widest):
    """Single updates under the exact stopping rule: (code, gradient norm, taken); code -1 if not stopped when due."""
    $bounds
    while True:
        $point
        $gu = gradient($v)
        square = $square
        norm = math.sqrt(square)
        if not (square > 1e-280 and square < 1e300):  # it may be rounded away, or have no room
            scale = $scale
            if scale > 0.0 and scale < np.inf:
                norm = scale * math.sqrt($scaled)
        code = -1
        if not ($finite):
            code = 4
        elif not ($inside):
            code = 3
        elif not ($steep$guarded):
            code = 4
        elif balls.shape[0] > 0 and ball_around($v, balls, widest) >= 0:
            code = 1
        elif norm <= tolerance:
            code = 0
        elif taken >= limit:
            code = 5 if comes_back(point, rate, low, high) else 2
        if code >= 0 or taken >= due:
            break
        $move
        taken += 1.0
    return code, norm, taken


@inner()
def mark_trapped(marked, block, balls, widest, m):
    """Mark the rows inside a ball as well: few balls are asked one after the other, each for all rows."""
    if balls.shape[0] > $FEW:
        for i in range(m):
            $load
            marked[i] = marked[i] or ball_around($v, balls, widest) >= 0
        return
    for b in range(balls.shape[0]):
        ball = balls[b]
        for i in range(m):
            $load
            marked[i] |= inside($v, ball)


@inner()
def rewind(block, i, history, ball):
    """Put a row back to where it was before it entered a ball, or to the first place known if it always was inside."""
    before, after = -1, history.shape[0]
    while after - before > 1:
        middle = (before + after) // 2
        $load_middle
        if inside($v, ball):
            after = middle
        else:
            before = middle
    before = max(before, 0)
    for j in range($D + 1):
        block[j, i] = history[before, j, i]


@exported(
    "void(f8[:, ::1], f8[:, ::1], f8[::1], i8[::1], i1[::1], f8, f8, f8, f8[::1], f8[::1], i8, f8[:, ::1], u1[::1],"
    "f8[:, ::1], f8[:, :, ::1], f8[::1], f8[::1], f8[::1], f8[::1], i8[::1], b1[::1], i8[::1])"
)
def descend_rows(
    start, end, norms, steps, ending, rate, limit, tolerance, low, high, passes, balls, stop,
    block, history, point, center, half, born, row, marked, eight,
):
    """Descend from every row of start.

    What is from block on is room to work in: born is the clock, which counts updates, when a row came in, and eight is
    marked, eight rows at a time.

    Stopped rows leave the block and waiting ones take their place. A ball keeps what has entered it, so looking now
    and then suffices: a row found inside goes back by bisection to the pass in which it entered, and is walked from
    there to its first point inside.
    """
    n, k = start.shape[0], balls.shape[0]
    widest = 0.0
    for b in range(k):
        widest = max(widest, balls[b, $D])
    if tolerance < 0.0 and k == 0 and $may_be_free:
        # No rule but the number of steps, and what is not finite stays so: nothing to ask on the way.
        for top in range(0, n, $BLOCK):
            m = min($BLOCK, n - top)
            for i in range(m):
                r = top + i
                $fill
                block[$D, i] = 0.0
            left = int(limit)
            while left > 0 and stop[0] == 0:
                advance_freely(min(left, $FREE), block, m, rate)
                left -= $FREE
            if stop[0] != 0:
                break
            for i in range(m):
                r = top + i
                $take
                taken = limit
                $point
                if block[$D, i] < 0.0 or not ($finite):
                    for j in range($D):
                        point[j] = start[r, j]
                    taken = 0.0
                code, norms[r], taken = walk(point, taken, limit, rate, limit, tolerance, low, high, balls, widest)
                $give
                steps[r] = int(taken)
                ending[r] = code
        return
    clock = 0.0
    for i in range($WIDTH):
        marked[i] = False
    # The arena around its centre, a little smaller for what is rounded.
    for j in range($D):
        center[j] = 0.0
        if np.isfinite(low[j]) and np.isfinite(high[j]):
            center[j] = 0.5 * low[j] + 0.5 * high[j]
        half[j] = (1.0 - 1e-15) * min(center[j] - low[j], high[j] - center[j]) - 1e-15 * abs(center[j])
    # k updates move a coordinate by rate (|g_1| + ... + |g_k|) at most, and that is below rate sqrt(k (g_1^2 + ...));
    # rounding at most doubles an update.
    scope = 1.0 / (2.01 * math.sqrt($UNROLL.0) * rate)
    last = limit - $UNROLL.0
    # A square above this has a root above the tolerance; what may be so small that squares vanish is walked.
    tolerance2 = max(1e-280, 1.000001 * tolerance * tolerance) if tolerance > 0.0 else -1.0
    if not (scope > 1e-100 and scope < 1e100):
        last = -1.0
    m = 0
    waiting = 0
    while True:
        i = 0
        while i < m or (i < $BLOCK and waiting < n):
            if i < m:
                if eight[i // 8] == 0:
                    i = min(m, (i | 7) + 1)
                    continue
                if not marked[i]:
                    i += 1
                    continue
                near = balls
                if k > 0:
                    $load
                    b = ball_around($v, balls, widest)
                    if b >= 0:  # and in no other before, since none lets go of what it has
                        near = balls[b : b + 1]
                        rewind(block, i, history, balls[b])
                $take
                code, norm, taken = walk(
                    point, block[$D, i], clock - born[i], rate, limit, tolerance, low, high, near, widest
                )
                if code < 0:
                    for j in range($D):
                        block[j, i] = point[j]
                    block[$D, i] = taken
                    marked[i] = False
                    continue
                r = row[i]
                $give
                norms[r] = norm
                steps[r] = int(taken)
                ending[r] = code
                if waiting == n:
                    m -= 1
                    for j in range($D + 1):
                        block[j, i] = block[j, m]
                        for p in range(history.shape[0]):
                            history[p, j, i] = history[p, j, m]
                    born[i] = born[m]
                    row[i] = row[m]
                    marked[i] = marked[m]
                    continue
            r = waiting
            $fill
            block[$D, i] = 0.0
            born[i] = clock
            row[i] = r
            $load
            marked[i] = not ($finite)
            waiting += 1
            m = max(m, i + 1)
        if m == 0 or stop[0] != 0:
            break
        advance(passes, block, m, rate, last, tolerance2, scope, center, half, history)
        clock += passes * $UNROLL.0
        for i in range(m):  # what stands still, or has had all its updates
            marked[i] = (block[$D, i] + born[i] != clock) | (block[$D, i] >= limit)
        if k > 0:
            mark_trapped(marked, block, balls, widest, m)


@exported("void(f8[:, ::1], f8[::1], f8[:, ::1], f8[:, :, ::1])")
def evaluate(points, value, gradient_, hessian):
    """Value, gradient and Hessian at points; the Hessian comes as zeros."""
    for i in range(points.shape[0]):
        $row
        $everything
''')
