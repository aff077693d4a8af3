"""How a kernel's functions call each other: by their addresses, with arrays as the addresses of their numbers."""

_F, _I = "CPointer(f8)", "CPointer(i8)"

#: advance(passes, block, width, m, hyper, limit, tolerance2, center, half, history, remembered)
ADVANCE = f"void(i8, {_F}, i8, i8, {_F}, f8, f8, {_F}, {_F}, {_F}, i8)"
#: advance_freely(passes, first, block, width, m, hyper)
ADVANCE_FREELY = f"void(i8, f8, {_F}, i8, i8, {_F})"
#: advance_singly(passes, aside, width, m, hyper, limit, tolerance, low, high)
ADVANCE_SINGLY = f"void(i8, {_F}, i8, i8, {_F}, f8, f8, {_F}, {_F})"
#: walk(point, taken, due, hyper, limit, tolerance, low, high, balls, count, widest, ball_around, formula, result)
WALK = f"void({_F}, f8, f8, {_F}, f8, f8, {_F}, {_F}, {_F}, i8, f8, i8, {_I}, {_F})"
#: part(point, numbers, out): value, gradient or Hessian at a point, for the numbers of free parameters. A formula has
#: the addresses of the three, d, a row's words, and from NUMBERS_AT on the bits of those numbers.
PART = f"void({_F}, {_F}, {_F})"
NUMBERS_AT = 5
#: ball_around(point, d, balls, size, count, widest)
BALL_AROUND = f"i8({_F}, i8, {_F}, i8, i8, f8)"

_ROWS = f"i8, {_F}, {_F}, {_F}, {_F}, {_I}, CPointer(i1)"  # n, start, end, carried, norms, steps, ending
_STOPS = f"{_F}, f8, f8, f8, {_F}, {_F}, i8, {_F}, i8, CPointer(u1)"  # hyper, first, limit, tolerance, low ... stop
_KNOWN = f"{', '.join(['i8'] * 12)}, {_I}"  # d, words ... ball_around, formula
_ROOM = f"i8, {', '.join([_F] * 9)}, {_I}, CPointer(u1), {_I}"  # width, block ... half, places, marked, eight
DESCEND_ROWS = f"void({_ROWS}, {_STOPS}, {_KNOWN}, {_ROOM})"
#: values(block, width, m, numbers, out): those of the first m rows, then from width on what a margin is, as room
VALUES = f"void({_F}, i8, i8, {_F}, {_F})"
_BY = f"{_F}, {_F}, {_F}, i8, i8"  # hyper, lowest, highest, usual, advance_freely
#: record(updates, n, words, orbit, hyper, low, high, usual, advance_freely, walk, ball_around, formula, width, block,
#: before, margins, point, result)
RECORD = f"void(i8, i8, i8, {_F}, {_BY}, i8, i8, {_I}, i8, {', '.join([_F] * 5)})"
#: fall(updates, n, d, words, rows, falls, least, low, high, hyper, lowest, highest, usual, advance_freely, values,
#: walk, ball_around, formula, width, block, before, value, after, inside, moved, size, going, point, result, places)
FALL = (
    f"void(i8, i8, i8, i8, {_F}, CPointer(u1), f8, {_F}, {_F}, {_BY}, i8, i8, i8, {_I}, "
    f"i8, {', '.join([_F] * 10)}, {_I})"
)
