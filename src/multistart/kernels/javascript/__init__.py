"""The second back end of the kernel: JavaScript of the lines that Numba compiles, for the page that shows descents.

:func:`objective_script` and :func:`rule_script` print an object each, from the very lines of :mod:`..source`,
:mod:`..updates` and :mod:`multistart.methods.rule`, once exact and once plain (:mod:`.printing`). Exact is the very
operations of the kernel, in their order, with an exact fused multiply-add and the package's own functions: the same
bits. Plain is ``a * b + c`` and ``Math``'s functions: several times as fast, for what is redrawn while a slider moves.

What does not depend on formula and rule is JavaScript as it stands beside these modules, and tested against them:
``descent.js`` walks as :mod:`..template` and :mod:`..loop` do, ``balls.js`` is :mod:`..traps`, ``orbits.js`` is
:mod:`multistart.descents.orbits` and :mod:`multistart.descents.recurrence` for one row.
"""

from multistart.kernels.javascript.modules import imports
from multistart.kernels.javascript.of_objective import objective_script
from multistart.kernels.javascript.of_rule import rule_script

__all__ = ["imports", "objective_script", "rule_script"]
