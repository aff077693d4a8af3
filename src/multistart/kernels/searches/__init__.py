"""Methods that walk a row by themselves, compiled once for all functions, whose parts they call by address.

:mod:`.walking` has the stopping rule; :mod:`.backtracking` line searches; :mod:`.rates`, :mod:`.newton` and
:mod:`.quasi_newton` the updates. All is IEEE arithmetic in a written order, without BLAS and LAPACK: the same bits on
every machine.

A row in words: the point, the norm of its last gradient, what the search remembers, what it counts. An update is a
function ``update(x, g, hyper, formula, d, after, memory, counters, room)``: it writes the next point to ``after``,
changes memory and counters in place, and says whether the point moved. To add one, write it so, make a walk of it by
:func:`.walking.walking`, and add an entry to :mod:`multistart.methods.searches`.
"""
