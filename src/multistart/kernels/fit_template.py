"""The texts of what depends on the term of a fit, with fields for it; :mod:`.fit_source` fills them in.

Many points are taken side by side: rows of data go by outside, since points fill registers whatever the number of rows,
and what depends on a row alone is the same for all of them. At a point by itself a block of rows is computed side by
side, and then added one after the other. Either way a term has the same bits, and terms are added in the same order.
"""

from string import Template

from multistart.kernels.template import HEAD, NORM, WALK

IMPORTS = """from multistart.kernels.compiler import at, inner, stack
from multistart.kernels.sums import BLOCK, LEVELS, NOTHING, write, write_means
from multistart.kernels.sums import add_held, add_rows, carry, fill, lanes_of, least_of, take_points, take_rows
from multistart.kernels.vectormath.ieee import smaller
"""

#: Sums over rows, at one point, of what is exact.
AT_POINT = '''

${name}_columns, ${name}_held = stack($COLUMNS * BLOCK), stack($PARTS * LEVELS)
${name}_terms = stack(($PARTS + 1) * BLOCK)


@inner()
def sum_of_$name($v, data, sums):
    """Sums over rows of data of $title, at a point; 1 if they are defined in all rows, -1 if not."""
    columns, terms, held = ${name}_columns(), ${name}_terms(), ${name}_held()
    n, depth, blocks, defined = int(data[0]), 0, 0, 1.0
    for first in range(0, n, BLOCK):
        take_rows(data, first, n, $COLUMNS, columns)
        for k in range(BLOCK):
            $row
            $lines
            $keep
        count = BLOCK if first + BLOCK < n else n - first
        add_rows(terms, count, $PARTS, at(held, depth * $PARTS))
        $watch
        blocks += 1
        depth = carry(held, depth + 1, blocks, $PARTS)
    add_held(held, depth, $PARTS)
    write(held, $PARTS, n, $MEAN, sums)
    return defined
'''

#: Sums over rows, at many points side by side, of what is right for usual arguments.
AT_POINTS = '''

tile_columns, tile_given = stack($COLUMNS * BLOCK), stack($GIVEN * BLOCK)
tile_points, tile_held = stack($D * TILE), stack($PARTS * LEVELS * TILE)


@inner(forceinline=True)
def usual_term($v):
    $usual


@inner()
def sums_of_$name(block, width, m, data, sums):
    """Sums over rows of data of $title, at the first m points of a block, and then the least margin of each."""
    aligned_stack()
    columns, given, points, held = tile_columns(), tile_given(), tile_points(), tile_held()
    n, lanes, depth, blocks = int(data[0]), lanes_of(m), 0, 0
    take_points(block, width, m, lanes, $D, points)
    size = $PARTS * lanes
    margins = at(sums, size)
    fill(margins, lanes, math.inf)
    for first in range(0, n, BLOCK):
        take_rows(data, first, n, $COLUMNS, columns)
        for k in range(BLOCK):
            $row
            $give
        totals = at(held, depth * size)
        fill(totals, size, NOTHING)
        count, k = BLOCK if first + BLOCK < n else n - first, 0
        while k + $ROWS <= count:
            $take_several
            for i in range(lanes):
                $load
                $add_several
                $store
            k += $ROWS
        while k < count:
            $take_one
            for i in range(lanes):
                $load
                $add_one
                $store
            k += 1
        blocks += 1
        depth = carry(held, depth + 1, blocks, size)
    add_held(held, depth, size)
    $write
'''

GRADIENT = """

sums_at_point, sums_at_points = stack($D), stack(($D + 1) * TILE)


@inner(forceinline=True)
def gradient($v, data):
    sums = sums_at_point()
    defined = sum_of_gradient($v, data, sums)
    return ($sums,)


@inner(forceinline=True)
def usual_gradient($v, sums, lanes, i):
    return $sums_of_lane, sums[$D * lanes + i], sums[$D * lanes + i]
"""

UPDATES = '''

@exported(ADVANCE)
def advance(passes, block, width, m, hyper, limit, tolerance2, center, half, history, remembered):
    """In each pass an update of the first m rows; a row that may have to stop before stays where it is."""
    aligned_stack()
    $given
    $box
    scope = 1.0 / (2.01 * math.sqrt(float(UNROLL)) * $reach)
    last = limit - float(UNROLL) if scope > 1e-100 and scope < 1e100 else -1.0
    stillness = math.sqrt(larger(tolerance2, 0.0))  # a step above the rate times this is surely above the tolerance
    sums, whole, past = sums_at_points(), block, history
    for top in range(0, m, TILE):
        rows = TILE if top + TILE < m else m - top
        block, history, lanes = at(whole, top), at(past, top), lanes_of(rows)
        for p in range(passes):
            if remembered > 0:
                for j in range(TAKEN + 1):
                    for i in range(rows):
                        history[(p * (TAKEN + 1) + j) * width + i] = block[j * width + i]
            sums_of_gradient(block, width, rows, data, sums)
            for i in range(rows):
                $advance


@exported(ADVANCE_FREELY)
def advance_freely(passes, first, block, width, m, hyper):
    """One update in each pass, whatever comes of it, after as many as are given."""
    aligned_stack()
    $given
    sums, whole = sums_at_points(), block
    for top in range(0, m, TILE):
        rows = TILE if top + TILE < m else m - top
        block, lanes = at(whole, top), lanes_of(rows)
        for p in range(passes):
            sums_of_gradient(block, width, rows, data, sums)
            for i in range(rows):
                $load
                $advance_freely


@exported(ADVANCE_SINGLY)
def advance_singly(passes, aside, width, m, hyper, limit, tolerance, low, high):
    """In each pass one update of a row, unless it is due, has arrived, or has to be walked alone; which it says."""
    aligned_stack()
    $given
    $faces
    $squares
    sums, whole = sums_at_points(), aside
    for top in range(0, m, TILE):
        rows = TILE if top + TILE < m else m - top
        aside, lanes = at(whole, top), lanes_of(rows)
        for p in range(passes):
            sums_of_gradient(aside, width, rows, data, sums)
            for i in range(rows):
                $advance_singly
        for i in range(rows):
            $norms
'''

DESCENT = Template(HEAD + "\nTILE = $TILE\n$sums_over_rows" + GRADIENT + NORM + UPDATES + WALK)

EVALUATION = Template('''"""A compiled sum over rows of data with its derivatives, generated from a fit."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma, select
$imports
$sums_over_rows
room = stack($PARTS)


@exported("void(f8[:, ::1], CPointer(f8), f8[::1], f8[:, ::1], f8[:, :, ::1])")
def evaluate(points, numbers, value, gradient_, hessian):
    """Value, gradient and Hessian at points, for rows of data; the Hessian comes as zeros."""
    sums = room()
    for i in range(points.shape[0]):
        $point
        defined = sum_of_all($v, numbers, sums)
        $stores
''')

VALUES = Template('''"""Values of a sum over rows of data at a block of points, a coordinate of all after the other."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.signatures import VALUES
from multistart.kernels.vectormath.ieee import aligned_stack, fma, loaded, select
$imports
numbers = loaded($numbers)
TILE = $TILE
$sums_over_rows
sums_at_point, sums_at_points = stack(1), stack(2 * TILE)


@exported(VALUES)
def values(block, width, m, numbers, out):
    """Values at the first m points, then from width on by how much arguments are usual; what is rare is done again."""
    aligned_stack()
    sums, alone = sums_at_points(), sums_at_point()
    for top in range(0, m, TILE):
        points = TILE if top + TILE < m else m - top
        sums_of_value(at(block, top), width, points, numbers, sums)
        for i in range(points):
            out[top + i] = sums[i]
            out[width + top + i] = sums[lanes_of(points) + i]
    for i in range(m):
        if not out[width + i] >= 0.0:
            $load
            defined = sum_of_value($v, numbers, alone)
            out[i] = alone[0] + select(defined > 0.0, 0.0, math.nan)
''')

PARTS = Template('''"""Value, gradient and Hessian of a sum over rows of data, each by itself, at one point."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma, select
$imports
$sums_over_rows
room = stack($CELLS)


@exported(PART)
def value(point, numbers, out):
    $point
    defined = sum_of_value($v, numbers, out)
    out[0] = out[0] + select(defined > 0.0, 0.0, math.nan)


@exported(PART)
def gradient(point, numbers, out):
    $point
    defined = sum_of_gradient($v, numbers, out)
    for j in range($D):
        out[j] = out[j] + select(defined > 0.0, 0.0, math.nan)


@exported(PART)
def hessian(point, numbers, out):
    $point
    sums = room()
    sum_of_hessian($v, numbers, sums)
    $put

''')

#: What :mod:`multistart.kernels.searches.levenberg_marquardt` asks for.
LEAST_SQUARES = Template('''"""What least squares take of a sum over rows of data, at one point: value, slopes, bend."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma, select
$imports
$sums_over_rows
room = stack($SLOPES)


@exported(PART)
def value(point, numbers, out):
    $point
    defined = sum_of_value($v, numbers, out)
    out[0] = out[0] + select(defined > 0.0, 0.0, math.nan)


@exported(PART)
def slopes(point, numbers, out):
    """Gradient; then the normal matrix; then how much the value would change if each value of the model did by itself.

    The normal matrix, or generalised Gauss-Newton matrix, is the sum of l''(m) dm dm', with the loss l of a row as a
    function of the model's value m; where that is not convex, l'' counts as 0 (Schraudolph 2002, "Fast curvature
    matrix-vector products for second-order gradient descent", Neural Computation 14(7)). Of squares it is 2 J'J.
    """
    $point
    sums = room()
    defined = sum_of_slopes($v, numbers, sums)
    for j in range($D):
        out[j] = sums[j] + select(defined > 0.0, 0.0, math.nan)
    $put


@exported(PART)
def bend(point, numbers, out):
    """The sum of l''(m) dm times how the model bends along a direction, which stands behind the point."""
    $point
    $direction
    sum_of_bend($v, $u, numbers, out)
''')

RESIDUALS = Template('''"""Residuals of a fit of squares and their Jacobian, by rows of data."""

import math

from multistart.kernels.compiler import exported
from multistart.kernels.vectormath.ieee import fma, select
$imports


@exported("void(f8[::1], f8[::1], f8[::1], f8[:, ::1])")
def residuals(point, numbers, r, jacobian):
    """Residuals, half of whose squares add up to the value; nan where the function is not defined."""
    $point
    for k in range(r.shape[0]):
        $row
        $lines
''')
