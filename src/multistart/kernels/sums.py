"""Sums over rows of data, in the one order that all fits are summed in: what no formula has a part in.

Compiled into what :mod:`.fit_template` has of a formula. Data are the number of rows, then the rows, one after the
other. Blocks of rows are added one after the other, then blocks pairwise, as a binary counter carries;
:func:`multistart.functions.fit.pairwise` is the reference. Sums that are held stand one after the other, those of one
time together.
"""

from __future__ import annotations

from multistart.kernels.compiler import at, inner
from multistart.kernels.vectormath.ieee import fma, smaller

BLOCK = 16  # rows, as the reference has it
LANES = 8  # points are taken so many at a time, as many numbers as the widest registers have
LEVELS = 32  # sums held at a time: as many as 2**32 blocks leave
NOTHING = -0.0  # what is added to it stays what it is, also another -0.0


@inner(forceinline=True)
def take_rows(data, first, n, width, columns):
    """Take a block of the n rows of data from the first on, column by column; the last row again where they end."""
    for k in range(BLOCK):
        row = 1 + (first + k if first + k < n else n - 1) * width
        for j in range(width):
            columns[j * BLOCK + k] = data[row + j]


@inner(forceinline=True)
def add_rows(terms, count, parts, sums):
    """Add the first terms of a block, one after the other, for each of the parts."""
    for j in range(parts):
        total = terms[j * BLOCK]
        for k in range(1, count):
            total += terms[j * BLOCK + k]
        sums[j] = total


@inner(forceinline=True)
def least_of(margins, count, least):
    """The least of the first margins, and of another."""
    for k in range(count):
        least = smaller(margins[k], least)
    return least


@inner(forceinline=True)
def write(held, size, n, mean, sums):
    """Write sums, or means of n."""
    for i in range(size):
        sums[i] = held[i] / float(n) if mean else held[i]


@inner(forceinline=True)
def write_means(held, size, n, means):
    """Write means of n < 2**32, to the bit those of a division, which takes several times as long as a product.

    A sum times the rounded 1/n is a quotient that is wrong by less than two of its last places, so what it leaves of
    the sum is exact; and with that times 1/n it is wrong by a 2**-52nd of a place before it is rounded. The true
    quotient is never half between two numbers, and at least a 2**-33rd of a place from there, since a sum is a whole
    number of a quotient's places (Brisebarre, Muller & Raina 2004, "Accelerating correctly rounded floating-point
    division when the divisor is known in advance", IEEE Trans. Comput. 53(8), have it for any divisor). What is rare, a
    zero, or next to underflow or overflow, is divided.
    """
    by = float(n)
    inverse, rare = 1.0 / by, 0
    for i in range(size):
        quotient = held[i] * inverse
        means[i] = fma(fma(-quotient, by, held[i]), inverse, quotient)
        rare += not ((abs(quotient) > 1e-280) & (abs(quotient) < 1e300))
    if rare > 0:
        for i in range(size):
            means[i] = held[i] / by


@inner(forceinline=True)
def lanes_of(m):
    """How many points are taken for m."""
    return (m + LANES - 1) // LANES * LANES


@inner(forceinline=True)
def take_points(block, width, m, lanes, d, points):
    """Take the first m points of a block, and the last of them again where they do not fill the lanes."""
    for j in range(d):
        for i in range(m):
            points[j * lanes + i] = block[j * width + i]
        for i in range(m, lanes):
            points[j * lanes + i] = block[j * width + m - 1]


@inner(forceinline=True)
def fill(numbers, size, value):
    """Put a value in so many places."""
    for i in range(size):
        numbers[i] = value


@inner(forceinline=True)
def carry(held, depth, blocks, size):
    """Add sums that are held, of so many numbers, as a counter of blocks carries; returned is how many are left."""
    while blocks % 2 == 0:
        depth -= 1
        merge(at(held, (depth - 1) * size), size)
        blocks //= 2
    return depth


@inner(forceinline=True)
def add_held(held, depth, size):
    """Add all sums that are held, from the last to the first, in place of the first."""
    while depth > 1:
        depth -= 1
        merge(at(held, (depth - 1) * size), size)


@inner()
def merge(sums, size):
    """Add sums to those before them."""
    for i in range(size):
        sums[i] = sums[i] + sums[size + i]
