"""The JavaScript of the explorer: modules as they are written, and the function and the rules as they are printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from multistart.explorer.bundle import Module, joined, ordered
from multistart.explorer.contents import Contents
from multistart.explorer.rules import offered, scripts_of
from multistart.kernels import javascript
from multistart.kernels.javascript import objective_script, rule_script

MAIN = Path(__file__).parent / "scripts/main.js"
ARITHMETIC = Path(javascript.__file__).parent
_WORD = re.compile(r"[A-Za-z_$][\w$]*")


def program(contents: Contents, cache: Path | str | None = None, main: Path = MAIN) -> str:
    """Return the page's one script: the modules it needs, ``objective``, ``rules`` by id, and then what runs them.

    Parameters
    ----------
    cache
        A folder as in :func:`multistart.kernels.compile_kernel`.
    main
        The module that runs them, and imports the others.

    Raises
    ------
    BundleError
        A module that cannot be joined with others.
    """
    rules, _ = offered(contents)
    d = contents.objective.dimensions
    printed = [f"{json.dumps(id_)}: {rule_script(rule, d)}" for id_, rule in scripts_of(rules)]
    text = f"const objective = {objective_script(contents.objective, cache)};\nconst rules = {{{', '.join(printed)}}};"
    return joined(ordered([*called_in(text), main]), before_last=text)


def called_in(text: str) -> list[Path]:
    """The modules of the arithmetic whose names stand in a text."""
    words = set(_WORD.findall(text))
    return [file for file in sorted(ARITHMETIC.glob("*.js")) if Module(file).exported & words]
