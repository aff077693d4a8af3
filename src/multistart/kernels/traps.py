"""Balls and regions that keep what has entered them: which one a row is in, and where the row was before it entered.

Compiled into :mod:`.loop`, which says what the words of a row are. Balls stand one after the other, each as centre,
radius and, of a region of point and state, shift and weight of the state.
"""

from __future__ import annotations

from multistart.kernels.compiler import inner

FEW = 64  # balls up to which it is faster to ask each than to search


@inner(forceinline=True)
def distance2(points, i, width, d, balls, b, size):
    """The squared distance of point i, whose coordinates are ``width`` apart, from a ball's centre.

    Of point and state ``x, v`` and a region it is ``|x - centre + shift v|**2 + weight |v|**2``: the difference first,
    so that it is small where it is near.
    """
    total = 0.0
    for j in range(d):
        x = points[j * width + i] - balls[b + j]
        if size > d + 1:
            x += balls[b + d + 1] * points[(d + j) * width + i]
        total += x * x
        if size > d + 1:
            total += balls[b + d + 2] * (points[(d + j) * width + i] * points[(d + j) * width + i])
    return total


@inner()
def search(points, i, width, d, balls, size, count, widest):
    """The ball that a point lies in, -1 if there is none; balls stand in the order of their first coordinates."""
    first, end, at = 0, count, points[i]
    if size > d + 1 and count > 0:
        at += balls[d + 1] * points[d * width + i]
    while first < end:
        middle = (first + end) // 2
        if balls[middle * size] < at - widest:
            first = middle + 1
        else:
            end = middle
    for b in range(first, count):
        if balls[b * size] > at + widest:
            break
        if distance2(points, i, width, d, balls, b * size, size) <= balls[b * size + d] * balls[b * size + d]:
            return b
    return -1


@inner()
def mark_inside(block, m, stops):
    """Mark the rows that are inside a ball; few balls are asked one after the other, each for all rows."""
    d, size, balls, width, far = stops.d, stops.size, stops.balls, block.width, block.aside
    if stops.how_many > FEW:
        for i in range(m):
            inside = block.marked[i] or search(block.rows, i, width, d, balls, size, stops.how_many, stops.widest) >= 0
            block.marked[i] = inside
        return
    for b in range(0, stops.how_many * size, size):
        for i in range(m):
            far[i] = 0.0
        for j in range(d):
            for i in range(m):
                x = block.rows[j * width + i] - balls[b + j]
                if size > d + 1:
                    v = block.rows[(d + j) * width + i]
                    x += balls[b + d + 1] * v
                    far[i] = far[i] + x * x + balls[b + d + 2] * (v * v)
                else:
                    far[i] = far[i] + x * x
        for i in range(m):
            block.marked[i] |= far[i] <= balls[b + d] * balls[b + d]


@inner()
def rewind(point, i, block, remembered, stops, ball):
    """Where a row was before it entered a ball, or first known to be if it always was inside; how many updates ago.

    The point is put back there, and returned is the count of updates it had had.
    """
    d, words, width, history = stops.d, stops.words, block.width, block.history
    before, after, size = -1, remembered, (words + 1) * width
    radius2 = stops.balls[ball + d] * stops.balls[ball + d]
    while after - before > 1:
        middle = (before + after) // 2
        if distance2(history, middle * size + i, width, d, stops.balls, ball, stops.size) <= radius2:
            after = middle
        else:
            before = middle
    before = max(before, 0)
    for k in range(words):
        point[k] = history[before * size + k * width + i]
    return history[before * size + words * width + i]
