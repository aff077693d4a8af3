"""The texts of kernel modules, with fields for what depends on objective and rule; :mod:`.source` fills them in."""

from string import Template

DESCENT = Template('''"""A compiled descent, generated from an objective and an update rule."""

import math

import numpy as np

from multistart.kernels.compiler import exported, inner
from multistart.kernels.vectormath.ieee import aligned_stack, fma, loaded, select, smaller
$imports

numbers = loaded($numbers)

# A row of the block in words: the point and the rule's state, how many updates it has had, the clock when it came in,
# and which start it is. The clock counts the updates that a row may have had. Where rows run freely, they do not count,
# and the least margin stands in place of the count.
POINT, WORDS, TAKEN, BORN, ROW = $D, $WORDS, $WORDS, $WORDS + 1, $WORDS + 2
MARGIN = TAKEN
BLOCK, UNROLL, FREE, FEW, CYCLE = $BLOCK, $UNROLL, $FREE, $FEW, $CYCLE
$endings
GOING = -1


@inner(forceinline=True)
def gradient($v):
    $gradient


@inner(forceinline=True)
def usual_gradient($v):
    $usual_gradient


@inner(forceinline=True)
def norm_of($g):
    """The norm of a gradient, also where its square would be rounded away, or has no room."""
    square = $square
    norm = math.sqrt(square)
    if not (square > 1e-280 and square < 1e300):
        scale = $scale
        if scale > 0.0 and scale < np.inf:
            norm = scale * math.sqrt($scaled)
    return norm


# --- advance: updates of all rows, in packed arithmetic -------------------------------------------------------


@inner()
def advance(passes, block, m, hyper, last, tolerance2, scope, center, half, history):
    """In each pass UNROLL updates of the first m rows; a row that may have to stop before stays where it is."""
    aligned_stack()
    $hyperparameters
    $box
    rows = $rows
    for p in range(passes):
        if history.shape[0] > 0:
            for j in range(TAKEN + 1):
                for i in range(m):
                    history[p, j, i] = block[j, i]
        for i in range(rows):
            $advance


@inner()
def advance_freely(passes, first, block, m, hyper):
    """One update in each pass, whatever comes of it, after as many as are given."""
    aligned_stack()
    $hyperparameters
    for p in range(passes):
        for i in range(m):
            $load
            $advance_freely


# --- single updates under the exact stopping rule --------------------------------------------------------------


@inner(forceinline=True)
def inside($v, ball):
    """Whether a point lies in a ball, a row of centre and radius."""
    distance2 = 0.0
    $distance2
    return distance2 <= ball[POINT] * ball[POINT]


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
def comes_back(point, hyper, low, high):
    """Whether further updates come back to point and state, bit for bit, and never are more than last bits away."""
    $hyperparameters
    $bounds
    $load_point
    last_bits = 4.0 * $EPSILON * $largest
    for _ in range(CYCLE):
        $gu = gradient($v)
        $update_again
        if not ($near_point and $inside$guarded):
            return False
        if $at_point:
            return True
    return False


$stands@inner()
def walk(point, taken, due, hyper, limit, tolerance, low, high, balls, widest):
    """Single updates until the descent ends or they are due: (ending, gradient norm, taken)."""
    $hyperparameters
    $bounds
    while True:
        $load_point
        $gu = gradient($v)
        norm = norm_of($g)
        ending = GOING
        if not ($finite):
            ending = NONFINITE
        elif not ($inside):
            ending = LEFT_ARENA
        elif not ($steep$guarded):
            ending = NONFINITE
        elif balls.shape[0] > 0 and ball_around($v, balls, widest) >= 0:
            ending = TRAPPED
        elif norm <= tolerance$at_rest:
            ending = $arrived
        elif taken >= limit:
            ending = $at_limit
        if ending != GOING or taken >= due:
            break
        $update
        $store_point
        taken += 1.0
    return ending, norm, taken


# --- take in, mark, settle, hand out ---------------------------------------------------------------------------


@inner()
def take_in(r, i, start, carried, first, clock, block):
    """Put a start, and the rule's state at it, into a place of the block."""
    for j in range(POINT):
        block[j, i] = start[r, j]
    for j in range(POINT, WORDS):
        block[j, i] = carried[r, j - POINT]
    block[TAKEN, i] = first
    block[BORN, i] = clock - first
    block[ROW, i] = r


@inner()
def hand_out(r, point, taken, end, carried, steps):
    """Write down where a descent ended, with the rule's state there."""
    for j in range(POINT):
        end[r, j] = point[j]
    for j in range(POINT, WORDS):
        carried[r, j - POINT] = point[j]
    steps[r] = int(taken)


@inner()
def mark(marked, block, clock, limit, balls, widest, m):
    """Mark the rows to be settled: those that stand still, have had all their updates, or are inside a ball."""
    for i in range(m):
        marked[i] = (block[TAKEN, i] + block[BORN, i] != clock) | (block[TAKEN, i] >= limit)
    if balls.shape[0] > FEW:
        for i in range(m):
            $load
            marked[i] = marked[i] or ball_around($v, balls, widest) >= 0
        return
    for b in range(balls.shape[0]):  # few balls are asked one after the other, each for all rows
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
    for j in range(TAKEN + 1):
        block[j, i] = history[before, j, i]


@inner()
def settle(i, clock, block, history, point, hyper, limit, tolerance, low, high, balls, widest):
    """Walk a marked row to its end, or to where the others are: (ending, gradient norm, taken), and the point."""
    near = balls
    if balls.shape[0] > 0:
        $load
        b = ball_around($v, balls, widest)
        if b >= 0:  # and in no other before, since none lets go of what it has
            near = balls[b : b + 1]
            rewind(block, i, history, balls[b])
    for j in range(WORDS):
        point[j] = block[j, i]
    due = clock - block[BORN, i]
    return walk(point, block[TAKEN, i], due, hyper, limit, tolerance, low, high, near, widest)


# --- descend ---------------------------------------------------------------------------------------------------


@inner()
def run_freely(
    start, end, carried, norms, steps, ending, hyper, first, limit, tolerance, low, high, balls, stop, block, point
):
    """All updates of every row, where no rule stops one; what is not finite by then is walked from its start."""
    n = start.shape[0]
    for top in range(0, n, BLOCK):
        m = min(BLOCK, n - top)
        for i in range(m):
            take_in(top + i, i, start, carried, first, 0.0, block)
            block[MARGIN, i] = 0.0
        left = int(limit - first)
        while left > 0 and stop[0] == 0:
            advance_freely(min(left, FREE), limit - left, block, m, hyper)
            left -= FREE
        if stop[0] != 0:
            break
        for i in range(m):
            r = top + i
            $load
            taken = limit
            if block[MARGIN, i] < 0.0 or not ($finite):
                take_in(r, i, start, carried, first, 0.0, block)
                taken = first
            for j in range(WORDS):
                point[j] = block[j, i]
            ending[r], norms[r], taken = walk(
                point, taken, limit, hyper, limit, tolerance, low, high, balls, 0.0
            )
            hand_out(r, point, taken, end, carried, steps)


@exported(
    "void(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[::1], i8[::1], i1[::1], f8[::1], f8, f8, f8, f8[::1], f8[::1], i8,"
    "f8[:, ::1], u1[::1], f8[:, ::1], f8[:, :, ::1], f8[::1], f8[::1], f8[::1], b1[::1], i8[::1])"
)
def descend_rows(
    start, end, carried, norms, steps, ending, hyper, first, limit, tolerance, low, high, passes, balls, stop,
    block, history, point, center, half, marked, eight,
):
    """Descend from every row of start, which has had the first updates already, up to the limit.

    Carried is the rule's state, at starts when called and at ends on return. Hyper are the rule's numbers. What is from
    block on is room to work in; eight is marked, eight rows at a time.

    Stopped rows leave the block and waiting ones take their place. A ball keeps what has entered it, so looking now
    and then suffices: a row found inside goes back by bisection to the pass in which it entered, and is walked from
    there to its first point inside.
    """
    n = start.shape[0]
    if tolerance < 0.0 and balls.shape[0] == 0 and $may_be_free:
        # No rule but the number of steps: nothing to ask on the way.
        run_freely(
            start, end, carried, norms, steps, ending, hyper, first, limit, tolerance, low, high, balls, stop, block,
            point,
        )
        return
    $hyperparameters
    widest = 0.0
    for b in range(balls.shape[0]):
        widest = max(widest, balls[b, POINT])
    # The arena around its centre, a little smaller for what is rounded.
    for j in range(POINT):
        center[j] = 0.0
        if np.isfinite(low[j]) and np.isfinite(high[j]):
            center[j] = 0.5 * low[j] + 0.5 * high[j]
        half[j] = (1.0 - 1e-15) * min(center[j] - low[j], high[j] - center[j]) - 1e-15 * abs(center[j])
    # k updates move a coordinate by the rule's reach times |g_1| + ... + |g_k| at most, and that is below reach times
    # sqrt(k (g_1^2 + ...)); rounding at most doubles an update.
    scope = 1.0 / (2.01 * math.sqrt(float(UNROLL)) * $reach)
    last = limit - float(UNROLL)
    # A square above this has a root above the tolerance; what may be so small that squares vanish is walked.
    tolerance2 = max(1e-280, 1.000001 * tolerance * tolerance) if tolerance > 0.0 else -1.0
    if not (scope > 1e-100 and scope < 1e100):
        last = -1.0
    for i in range(marked.shape[0]):
        marked[i] = False
    clock = 0.0
    m = 0  # rows in the block
    waiting = 0  # the next start to be taken in
    while True:
        i = 0
        while i < m or (i < BLOCK and waiting < n):
            if i < m:
                if eight[i // 8] == 0:
                    i = min(m, (i | 7) + 1)
                    continue
                if not marked[i]:
                    i += 1
                    continue
                code, norm, taken = settle(
                    i, clock, block, history, point, hyper, limit, tolerance, low, high, balls, widest
                )
                if code == GOING:
                    for j in range(WORDS):
                        block[j, i] = point[j]
                    block[TAKEN, i] = taken
                    marked[i] = False
                    continue
                r = int(block[ROW, i])
                hand_out(r, point, taken, end, carried, steps)
                norms[r] = norm
                ending[r] = code
                if waiting == n:  # the last row of the block takes its place
                    m -= 1
                    for j in range(ROW + 1):
                        block[j, i] = block[j, m]
                    for p in range(history.shape[0]):
                        for j in range(TAKEN + 1):
                            history[p, j, i] = history[p, j, m]
                    marked[i] = marked[m]
                    continue
            take_in(waiting, i, start, carried, first, clock, block)
            $load
            marked[i] = not ($finite)
            waiting += 1
            m = max(m, i + 1)
        if m == 0 or stop[0] != 0:
            break
        advance(passes, block, m, hyper, last, tolerance2, scope, center, half, history)
        clock += passes * float(UNROLL)
        mark(marked, block, clock, limit, balls, widest, m)
''')

EVALUATION = Template('''"""A compiled function with its derivatives, generated from an objective."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.vectormath.ieee import fma
$imports


@exported("void(f8[:, ::1], f8[::1], f8[:, ::1], f8[:, :, ::1])")
def evaluate(points, value, gradient_, hessian):
    """Value, gradient and Hessian at points; the Hessian comes as zeros."""
    for i in range(points.shape[0]):
        $row
        $everything
''')
