"""The texts of what depends on a formula and a rule, with fields for it; :mod:`.source` fills them in."""

from string import Template

HEAD = '''"""What a descent does by an objective and an update rule; the loop over rows calls it."""

import math

import numpy as np

from multistart.kernels.compiler import exported, function_at, inner, interleaved, interleaved_with_roots
from multistart.kernels.signatures import ADVANCE, ADVANCE_FREELY, ADVANCE_SINGLY, BALL_AROUND, WALK
from multistart.kernels.vectormath.ieee import aligned_stack, counted, fma, larger, loaded, select, smaller
$imports

numbers = loaded($numbers)
ball_of = function_at(BALL_AROUND)

# Rows of the block and of what is remembered, as in the loop: the words of an update, and how many a row has had.
TAKEN, UNROLL = $WORDS, $UNROLL
MARGIN = TAKEN
$endings
GOING, ALONE, ARRIVED = -1, -2, $arrived
LARGEST = np.finfo(np.float64).max
'''

GRADIENT = """

@inner(forceinline=True)
def gradient($v$coefficients):
    $gradient


@inner(forceinline=True)
def usual_gradient($v$coefficients$boxed):
    $usual_gradient
"""

NORM = '''

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
'''

UPDATES = '''

@exported(ADVANCE)
def advance(passes, block, width, m, hyper, limit, tolerance2, center, half, history, remembered):
    """In each pass UNROLL updates of the first m rows; a row that may have to stop before stays where it is."""
    aligned_stack()
    $given
    $box
    $usual_box
    # k updates move a coordinate by the rule's reach times |g_1| + ... + |g_k| at most, and that is below reach times
    # sqrt(k (g_1^2 + ...)); rounding at most doubles an update.
    scope = 1.0 / (2.01 * math.sqrt(float(UNROLL)) * $reach)
    last = limit - float(UNROLL) if scope > 1e-100 and scope < 1e100 else -1.0
    stillness = math.sqrt(larger(tolerance2, 0.0))  # a step above the rate times this is surely above the tolerance
    rows = $rows
    for p in range(passes):
        if remembered > 0:
            for j in range(TAKEN + 1):
                for i in range(m):
                    history[(p * (TAKEN + 1) + j) * width + i] = block[j * width + i]
        for i in range(rows):
            $interleaved
            $advance


@exported(ADVANCE_FREELY)
def advance_freely(passes, first, block, width, m, hyper):
    """One update in each pass, whatever comes of it, after as many as are given."""
    aligned_stack()
    $given
    for p in range(passes):
        for i in range(m):
            $load
            $advance_freely


@exported(ADVANCE_SINGLY)
def advance_singly(passes, aside, width, m, hyper, limit, tolerance, low, high):
    """In each pass one update of a row, unless it is due, has arrived, or has to be walked alone; which it says."""
    aligned_stack()
    $given
    $faces
    $squares
    for p in range(passes):
        for i in range(m):
            $advance_singly
    for i in range(m):
        $norms
'''

WALK = '''

@exported(WALK)
def walk(point, taken, due, hyper, limit, tolerance, low, high, balls, count, widest, ball_around, formula, result):
    """Single updates until the descent ends or they are due.

    The result is ending, gradient norm and updates taken, then point and state as one more update would have them.
    """
    $given
    $bounds
    while True:
        $load_point
        $gu = gradient($v$coefficients)
        $rest_norm
        ending = GOING
        if not ($finite):
            ending = NONFINITE
        elif not ($inside):
            ending = LEFT_ARENA
        elif not ($steep$guarded):
            ending = NONFINITE
        elif count > 0$looks and ball_of(ball_around, point, $D, balls, $BALL, count, widest) >= 0:
            ending = TRAPPED
        elif norm <= tolerance:
            ending = ARRIVED
        elif taken >= limit:
            ending = STEP_LIMIT
        $update
        $rolls
        if ending != GOING or taken >= due:
            break
        $store_point
        taken += 1.0
    result[0], result[1], result[2] = ending, norm, taken
    $store_next
'''

DESCENT = Template(HEAD + GRADIENT + NORM + UPDATES + WALK)

EVALUATION = Template('''"""A compiled function with its derivatives, generated from an objective."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.vectormath.ieee import fma
$imports


@exported("void(f8[:, ::1], f8[::1], f8[::1], f8[:, ::1], f8[:, :, ::1])")
def evaluate(points, numbers, value, gradient_, hessian):
    """Value, gradient and Hessian at points, for the numbers of free parameters; the Hessian comes as zeros."""
    $given
    for i in range(points.shape[0]):
        $row
        $everything
''')

VALUES = Template('''"""Values of an objective at a block of points, a coordinate of all of them after the other."""

import math

from multistart.kernels.compiler import exported, inner
from multistart.kernels.signatures import VALUES
from multistart.kernels.vectormath.ieee import aligned_stack, fma, loaded, select, smaller
$imports

numbers = loaded($numbers)


@inner(forceinline=True)
def value($v):
    $value


@inner(forceinline=True)
def usual_value($v):
    $usual_value


@exported(VALUES)
def values(block, width, m, numbers, out):
    """Values at the first m points, then from width on by how much arguments are usual; what is rare is done again."""
    aligned_stack()
    $given
    for i in range(m):
        $load
        out[i], out[width + i] = usual_value($v)
    rare = 0
    for i in range(m):
        rare += not out[width + i] >= 0.0
    if rare > 0:  # asked first, or a compiler computes all of them again side by side, to store a few
        for i in range(m):
            if not out[width + i] >= 0.0:
                $load
                out[i] = value($v)
''')

PARTS = Template('''"""Value, gradient and Hessian of an objective, each by itself, at one point."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma
$imports


@exported(PART)
def value(point, numbers, out):
    $point
    $value


@exported(PART)
def gradient(point, numbers, out):
    $point
    $gradient


@exported(PART)
def hessian(point, numbers, out):
    $point
    $hessian
''')
