"""Rows of a block, many at a time: taken in, marked, set aside, put back, and handed out where they have ended.

Compiled into :mod:`.loop`, which says what the words of a row are. Each word of all rows is moved in a loop of its own:
so it costs next to nothing that the size of rows is not known to the compiler.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from multistart.kernels.compiler import inner
from multistart.kernels.traps import mark_inside

LOOK = 16.0  # updates between two looks at whether a row with state is in a region, which need not keep it
GOING, ALONE = -1, -2  # the endings of a row that has none, and of one that has to be walked by itself


class Rows(NamedTuple):
    """What is given of each start, and what is to be found."""

    start: Any
    end: Any
    carried: Any
    norms: Any
    steps: Any
    ending: Any


class Stops(NamedTuple):
    """What ends a descent, the functions that ask for it at every update, and room for what they say.

    A row has d coordinates, as many words with the rule's state, and of those some that only count. A ball has
    ``size`` numbers, centre and radius; with shift and weight of the state it is a region of point and state.
    """

    d: int
    words: int
    counters: int
    size: int
    singly: Any
    walk: Any
    ball_around: Any
    hyper: Any
    first: float
    limit: float
    tolerance: float
    low: Any
    high: Any
    balls: Any
    how_many: int
    widest: float
    unroll: int
    autonomous: bool
    formula: Any
    point: Any
    near: Any
    again: Any
    result: Any


class Block(NamedTuple):
    """Rows that are worked on together, ``width`` at most, and those set aside, with their places in the block."""

    width: int
    rows: Any
    history: Any
    aside: Any
    places: Any
    marked: Any
    eight: Any


@inner()
def take_in(how_many, r, clock, rows, block, stops):
    """Put starts from r on, and the rule's state at them, into places of the block; mark what is not finite."""
    d, words, width, places, marked = stops.d, stops.words, block.width, block.places, block.marked
    for s in range(how_many):
        marked[places[s]] = stops.size > d + 1 and stops.how_many > 0  # then it is walked to its first look
        block.rows[words * width + places[s]] = stops.first
        block.rows[(words + 1) * width + places[s]] = clock - stops.first
        block.rows[(words + 2) * width + places[s]] = r + s
    for j in range(d):
        for s in range(how_many):
            x = rows.start[(r + s) * d + j]
            block.rows[j * width + places[s]] = x
            marked[places[s]] |= not abs(x) < math.inf
    for k in range(words - d):
        for s in range(how_many):
            block.rows[(d + k) * width + places[s]] = rows.carried[(r + s) * (words - d) + k]
    if stops.size > d + 1 and stops.how_many > 0:
        for s in range(how_many):
            block.rows[(words + 1) * width + places[s]] = clock - math.ceil(stops.first / LOOK) * LOOK


@inner()
def hand_out(how_many, rows, block, stops):
    """Write down where the descents in places of the block ended, with the rule's state and the updates they took."""
    d, words, width, places = stops.d, stops.words, block.width, block.places
    which = (words + 2) * width
    for s in range(how_many):
        rows.steps[int(block.rows[which + places[s]])] = int(block.rows[words * width + places[s]])
    for j in range(d):
        for s in range(how_many):
            rows.end[int(block.rows[which + places[s]]) * d + j] = block.rows[j * width + places[s]]
    for k in range(words - d):
        for s in range(how_many):
            r = int(block.rows[which + places[s]])
            rows.carried[r * (words - d) + k] = block.rows[(d + k) * width + places[s]]


@inner()
def mark(block, m, clock, stops):
    """Mark the rows to be set aside: those that stand still, have had all their updates, or are inside a ball."""
    words, width = stops.words, block.width
    for i in range(m):
        taken = block.rows[words * width + i]
        block.marked[i] = (taken + block.rows[(words + 1) * width + i] != clock) | (taken >= stops.limit)
    if stops.how_many > 0:
        mark_inside(block, m, stops)


@inner()
def set_aside(block, m, clock, stops):
    """Copy the marked rows of the block, and unmark them; returned is how many there are."""
    words, width, places, aside = stops.words, block.width, block.places, block.aside
    groups = found = 0  # both are gathered without branches, which could not be foretold
    for e in range((m + 7) // 8):
        aside[groups] = e
        groups += block.eight[e] != 0
    for k in range(groups):
        e = int(aside[k])
        for i in range(8 * e, min(8 * e + 8, m)):
            places[found] = i
            found += block.marked[i] != 0
        block.eight[e] = 0
    for k in range(words + 1):
        for s in range(found):
            aside[k * width + s] = block.rows[k * width + places[s]]
    for s in range(found):
        aside[(words + 1) * width + s] = clock - block.rows[(words + 1) * width + places[s]]
        aside[(words + 3) * width + s] = ALONE
    return found


@inner()
def put_back(found, rows, block, stops):
    """Put rows back from aside, write down why those that have ended did, and leave only their places: how many."""
    words, width, places, aside = stops.words, block.width, block.places, block.aside
    for k in range(words + 1):
        for s in range(found):
            block.rows[k * width + places[s]] = aside[k * width + s]
    ended = 0
    for s in range(found):
        code = int(aside[(words + 3) * width + s])
        if code != GOING:
            r = int(block.rows[(words + 2) * width + places[s]])
            rows.norms[r] = aside[(words + 2) * width + s]
            rows.ending[r] = code
            places[ended] = places[s]
            ended += 1
    return ended


@inner()
def close_up(first, end, m, block, words):
    """Put the last rows of the block in the places of those that have ended, from the last; how many rows are left."""
    width, places = block.width, block.places
    for s in range(end - 1, first - 1, -1):
        m -= 1
        for k in range(words + 3):
            block.rows[k * width + places[s]] = block.rows[k * width + m]
    return m
