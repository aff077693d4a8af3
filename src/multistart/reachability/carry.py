"""Trusted: cells of starts carried through gradient descent as sets, all updates of a cell after each other.

It is text that is compiled, for any formula, whose derivatives at a point it calls by their address; ``D`` becomes the
number of coordinates. A set is ``c + A u + e``, with ``u`` in ``[-1, 1]^D`` and ``e`` in a box: a row ``c, A, e``. The
invariant, of all starts in the cell of which the set is a piece: **the float descent from that start, after so many
updates, is in the set.** For x in the set and its hull of radii ``r`` around c, Taylor's theorem gives

    g(x) = g(c) + H(c)(x - c) + R,    |R_i| <= 1/2 sum_jk (|T_ijk(c)| + 1/3 sum_l M_ijkl r_l) r_j r_k,

with T the third derivatives and M bounds of the fourth ones on the hull. An update, which in floats is within ``eps``
of ``x - a g(x)``, leads into ``c' + A' u + e'`` with ``c' = c - a g(c)`` (in floats, as well within eps), ``A' = J A``,
``J = I - a H(c)``, and ``e' = |J| e + a |R| + 2 eps + a h sum(r)``, with h the error of an entry of the computed H; and
2^-49 (I + a |H|) r for the rounding of J A, which is at most (D + 3) units of 2^-53 of that. All radii are rounded up
by :data:`UP`.

A set in which that remainder is much beside the gradient is cut in two across its longest column, where it is; a cell
is decided if all its pieces are, and alike.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import at, exported, function_at, inner, numbers_of
from multistart.kernels.signatures import PART

D = 2
part_of = function_at(PART)
UP = 1.0 + 2.0**-40  # more than all roundings of a sum or product of a dozen radii
NOTHING, UNDECIDED = -1, -2  # verdicts that are no minimum: proven not to arrive; neither
GOING = -3
A, E, COUNT, FLAG, INSIDE = D, D + D * D, D + D * D + D, D + D * D + D + 1, D + D * D + D + 2
ROW = D + D * D + D + 3  # numbers of a piece
PAIRS, TRIPLES = D * (D + 1) // 2, D * (D + 1) * (D + 2) // 6
FOURTH = D * (D + 1) * (D + 2) * (D + 3) // 24
# What the grid has of a box: fourth derivatives, errors of an update, a Hessian, third derivatives; least updates.
UPDATE, HESSIAN, THIRD, WAIT = FOURTH, FOURTH + 1, FOURTH + 2, FOURTH + 3
BOX = FOURTH + 4

_F, _I = "CPointer(f8)", "CPointer(i8)"
#: carry(n, low, high, formula, options, grid, boxes, starts, sizes, near, places, minima, centers, radii, shells,
#: needed, how_many, verdict, axis, cost, stack, room)
CARRY = (
    f"void(i8, {_F}, {_F}, {_I}, {_F}, {_F}, {_F}, {_I}, {_I}, {_I}, {_I}, i8, {_F}, {_F}, {_F}, {_F}, i8, {_I}, {_I}, "
    f"{_I}, {_F}, {_F})"
)


@inner()
def hull(piece, radius):
    """Write the radii of the set's hull, and return the largest."""
    largest = 0.0
    for i in range(D):
        r = piece[E + i]
        for j in range(D):
            r += abs(piece[A + i * D + j])
        radius[i] = r * UP + 2.0**-50 * abs(piece[i])
        largest = max(largest, radius[i])
    return largest


@inner()
def leaves(piece, radius, grid):
    """1 where all of the set is outside the arena, -1 where some may be, 0 where none is."""
    answer = 0
    for i in range(D):
        low, high = piece[i] - radius[i], piece[i] + radius[i]
        if high < grid[i] or low > grid[D + i]:
            return 1
        if not (low >= grid[i] and high <= grid[D + i]):
            answer = -1
    return answer


@inner()
def known(piece, radius, grid, boxes, starts, sizes, levels, found, first, last):
    """Write the largest bounds of the boxes that the hull touches, two along an axis at most, or false."""
    level = 0
    for i in range(D):
        while level < levels and grid[2 * D + i] * (1 << level) < 2.0 * radius[i]:
            level += 1
    if level >= levels:
        return False
    size = sizes[2 + level]
    differ = 0
    for i in range(D):
        width = grid[2 * D + i] * (1 << level)
        first[i] = min(max(math.floor((piece[i] - radius[i] - grid[i]) / width), 0.0), size - 1.0)
        last[i] = min(max(math.floor((piece[i] + radius[i] - grid[i]) / width), 0.0), size - 1.0)
        if last[i] > first[i] + 1.0:  # by rounding: the box between them would not be asked
            return False
        if last[i] > first[i]:
            differ |= 1 << i
    for k in range(BOX):
        found[k] = -math.inf
    for corner in range(1 << D):
        if corner & ~differ:
            continue
        place = 0
        for i in range(D):
            place = place * size + int(last[i] if corner & (1 << i) else first[i])
        box = at(boxes, starts[level] + place * BOX)
        for k in range(BOX):
            found[k] = max(found[k], box[k])
    return True


@inner()
def nearest(piece, grid, near, side):
    """The minimum that may be the one whose ball the set is in: of the box that the center is in."""
    place = 0
    for i in range(D):
        k = int((piece[i] - grid[i]) / (grid[D + i] - grid[i]) * side)
        place = place * side + min(max(k, 0), side - 1)
    return near[place]


@inner()
def farthest(piece, radius, center):
    """At most this far is any point of the set from a point."""
    square = 0.0
    for i in range(D):
        x = abs(piece[i] - center[i]) + radius[i]
        square += x * x
    return math.sqrt(square) * UP


@inner()
def closest(piece, radius, center):
    """At least this far is every point of the set from a point."""
    square = 0.0
    for i in range(D):
        x = max(abs(piece[i] - center[i]) - radius[i], 0.0)
        square += x * x
    return math.sqrt(square) / UP


@inner()
def at_limit(piece, radius, minima, centers, radii):
    """What is proven of a set after the last update: no point of it rests at any minimum, or nothing."""
    for b in range(minima):
        if not closest(piece, radius, at(centers, b * D)) > radii[2 * b + 1]:
            return UNDECIDED
    return NOTHING


@inner()
def arrived(piece, radius, b, left, centers, radii, shells, needed, how_many):
    """Whether the whole set will rest at a minimum within the updates that are left; remembers the ball it is in."""
    far = farthest(piece, radius, at(centers, b * D))
    if far <= radii[2 * b]:
        piece[INSIDE] = b
        for s in range(how_many - 1, -1, -1):
            if far <= shells[b * how_many + s]:
                return needed[b * how_many + s] <= left
    return False


@inner()
def bends(piece, radius, found, places, most, formula, g, h, rest, room):
    """Write gradient and Hessian at the centre and what Taylor's theorem leaves; whether that is much of it all."""
    part_of(formula[0], piece, numbers_of(formula), room)
    second, third = at(room, D), at(room, D + PAIRS)
    bent, straight = 0.0, 0.0
    for i in range(D):
        g[i] = room[i]
        rest[i], line = 0.0, abs(g[i])
        for j in range(D):
            h[i * D + j] = second[places[i * D + j]]
            line += abs(h[i * D + j]) * radius[j]
            for k in range(D):
                ijk = (i * D + j) * D + k
                size = abs(third[places[D * D + ijk]]) + found[THIRD]
                for m in range(D):
                    size += found[places[D * D + D * D * D + ijk * D + m]] * radius[m] / 3.0
                rest[i] += size * radius[j] * radius[k]
        rest[i] *= 0.5 * UP
        bent, straight = max(bent, rest[i]), max(straight, line)
    return bent > most * straight


@inner()
def update(piece, radius, found, options, g, h, rest, work):
    """One update of a set; false where it is too large for that."""
    rate, tolerance = options[0], options[2]
    total = 0.0
    for i in range(D):
        total += radius[i]
    moving = piece[INSIDE] >= 0.0
    for i in range(D):
        spread, error, size = rest[i] + found[HESSIAN] * total, 0.0, 0.0
        for j in range(D):
            slope = h[i * D + j]
            jacobian = (1.0 if i == j else 0.0) - rate * slope
            error += abs(jacobian) * piece[E + j]
            size += ((1.0 if i == j else 0.0) + rate * abs(slope)) * radius[j]
            spread += abs(slope) * (piece[E + j] + 2.0**-49 * radius[j])
            column, of_column = 0.0, 0.0
            for k in range(D):
                of_column += h[i * D + k] * piece[A + k * D + j]
                column += ((1.0 if i == k else 0.0) - rate * h[i * D + k]) * piece[A + k * D + j]
            work[A + i * D + j] = column
            spread += abs(of_column)
        error += rate * (rest[i] + found[HESSIAN] * total) + 2.0 * found[UPDATE] + 2.0**-49 * size
        work[E + i] = error * UP
        work[i] = piece[i] - rate * g[i]
        spread += 2.0 * found[UPDATE] / rate  # at least the error of a computed gradient, at c and at x
        moving = moving or abs(g[i]) - spread * UP > tolerance
    if not moving:
        piece[FLAG] = 1.0
    finite = True
    for k in range(COUNT):
        piece[k] = work[k]
        finite = finite and abs(piece[k]) < math.inf
    piece[COUNT] += 1.0
    return finite


@inner()
def longest(piece):
    """The column of A with the largest entry, and that entry."""
    which, size = 0, -1.0
    for j in range(D):
        for i in range(D):
            if abs(piece[A + i * D + j]) > size:
                which, size = j, abs(piece[A + i * D + j])
    return which, size


@inner()
def cut(piece, other, column):
    """Cut a set across a column into two, which overlap by what is rounded."""
    for k in range(ROW):
        other[k] = piece[k]
    for i in range(D):
        half = 0.5 * piece[A + i * D + column]
        error = 2.0**-51 * (abs(piece[i]) + abs(half))
        piece[A + i * D + column], other[A + i * D + column] = half, half
        piece[i], other[i] = piece[i] - half, other[i] + half
        piece[E + i], other[E + i] = (piece[E + i] + error) * UP, (other[E + i] + error) * UP


@inner()
def start(piece, low, high):
    """The set of a cell's starts."""
    for k in range(ROW):
        piece[k] = 0.0
    for i in range(D):
        center = 0.5 * low[i] + 0.5 * high[i]
        piece[i] = center
        piece[A + i * D + i] = max(high[i] - center, center - low[i]) * UP
        piece[E + i] = 2.0**-52 * abs(center)
    piece[INSIDE] = -1.0


@inner()
def verdict_of(
    piece, radius, left, grid, boxes, starts, sizes, levels, near, side, minima, centers, radii, shells, needed,
    how_many, found, first, last,
):  # fmt: skip
    """What is proven of a set where it is; or that it goes on."""
    outside = leaves(piece, radius, grid)
    if outside != 0:
        return NOTHING if outside > 0 else UNDECIDED
    b = nearest(piece, grid, near, side)
    if minima > 0 and arrived(piece, radius, b, left, centers, radii, shells, needed, how_many):
        return UNDECIDED if piece[FLAG] > 0.0 else b
    if left <= 0.0:
        return at_limit(piece, radius, minima, centers, radii)
    if not known(piece, radius, grid, boxes, starts, sizes, levels, found, first, last):
        return UNDECIDED
    if -found[WAIT] > left:
        return NOTHING
    return GOING


@exported(CARRY)
def carry(
    n, low, high, formula, options, grid, boxes, starts, sizes, near, places, minima, centers, radii, shells, needed,
    how_many, verdict, axis, cost, stack, room,
):  # fmt: skip
    """Write the verdict of each cell, which of its axes to halve next, and how many updates of sets it took.

    Options are rate, limit, tolerance, how many pieces of a cell may be cut off, and from how much bending on.
    ``sizes`` has the number of levels of the grid, the side of ``near``, and boxes along an axis for each level.
    """
    limit, pieces = options[1], options[3]
    levels, side = sizes[0], sizes[1]
    g, h, radius, found = room, at(room, D), at(room, D + D * D), at(room, 2 * D + D * D)
    first, last, rest, work = at(found, BOX), at(found, BOX + D), at(found, BOX + 2 * D), at(found, BOX + 3 * D)
    jet = at(work, ROW)
    for c in range(n):
        start(stack, at(low, c * D), at(high, c * D))
        top, whole, cuts, updates = 1, GOING, 0.0, 0
        which, _ = longest(stack)
        while top > 0:
            piece = at(stack, (top - 1) * ROW)
            now = GOING
            while now == GOING:
                size = hull(piece, radius)
                now = verdict_of(
                    piece, radius, limit - piece[COUNT], grid, boxes, starts, sizes, levels, near, side, minima,
                    centers, radii, shells, needed, how_many, found, first, last,
                )  # fmt: skip
                if now != GOING:
                    break
                if bends(piece, radius, found, places, options[4], formula, g, h, rest, jet):
                    column, long = longest(piece)
                    if cuts == 0.0:
                        which = column
                    if cuts >= pieces or long < 0.25 * size:
                        now = UNDECIDED
                    else:
                        cut(piece, at(stack, top * ROW), column)
                        top += 1
                        cuts += 1.0
                    break
                updates += 1
                if not update(piece, radius, found, options, g, h, rest, work):
                    now = UNDECIDED
            if now != GOING:
                if now == UNDECIDED and cuts == 0.0:
                    which, _ = longest(piece)
                if whole != GOING and whole != now:
                    now = UNDECIDED
                whole = now
                top = 0 if now == UNDECIDED else top - 1
        verdict[c], axis[c], cost[c] = whole, which, updates
