"""The JavaScript modules beside these files, and which of them a printed script reads."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
#: What a script may read, by the module that exports it.
EXPORTS = {
    "ieee.js": ("fma", "larger", "smaller"),
    "exponential.js": ("cosh", "exp", "sinh", "tanh"),
    "logarithm.js": ("log", "log10", "log2"),
    "trigonometric.js": ("cos", "sin", "tan"),
    "inverse.js": ("acos", "asin", "atan"),
    "inverse_hyperbolic.js": ("acosh", "asinh", "atanh"),
    "piecewise.js": ("clip", "huber", "inside"),
    "rows.js": ("overRows",),
    "descent.js": ("driftOf",),
}
_CALLED = re.compile(r"(?<![.\w])([A-Za-z]\w*)\(")


def imports(*scripts: str, folder: str = ".") -> list[str]:
    """The lines by which a module imports what scripts read.

    >>> imports("{ value(x) { return fma(x[0], Math.exp(x[1]), exp(x[0])); } }")
    ['import { fma } from "./ieee.js";', 'import { exp } from "./exponential.js";']
    """
    called = {name for script in scripts for name in _CALLED.findall(script)}
    found = {module: [name for name in names if name in called] for module, names in EXPORTS.items()}
    return [f'import {{ {", ".join(names)} }} from "{folder}/{module}";' for module, names in found.items() if names]
