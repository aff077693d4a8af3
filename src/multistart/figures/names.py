"""How pictures name what they show: the function, the slice, the method, numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from multistart.figures.scene import Comparison, Scene
from multistart.figures.sweep_scene import SweepScene
from multistart.functions.objective import Objective
from multistart.plurals import counted

FORMULA = 44  # letters of a formula that a title may have
SHORT = 12  # letters of what a loss is called with its parameters, beside a colour bar
TOGETHER = "\N{NO-BREAK SPACE}"  # keeps a name and its number in one line


def number(value: float, digits: int = 4) -> str:
    """A number to a few significant digits with a true minus sign.

    >>> number(-6.5511333), number(12345.6), number(1.5e20)
    ('−6.551', '12350', '1.5e20')
    """
    text = f"{value:.{digits}g}"
    if "e+" in text and abs(value) < 1e6:
        text = f"{float(text):.0f}"
    return text.replace("e+", "e").replace("-", "−")


def numbers(values: Sequence[float], digits: int = 4) -> list[str]:
    """Different numbers as different texts, to as few digits as that takes but a few at least.

    >>> numbers([1000.0, 1000.25])
    ['1000', '1000.2']
    """
    most = next((n for n in range(digits, 17) if len({number(v, n) for v in values}) == len(set(values))), 17)
    return [number(v, most) for v in values]


def value_text(scene: Scene, value: float) -> str:
    """A value of the function: 0 where it differs from it by its rounding only.

    >>> from types import SimpleNamespace
    >>> value_text(SimpleNamespace(spread=1.0, objective=SimpleNamespace(value_name="f")), 2.7e-77)
    'f\\xa0=\\xa00'
    """
    shown = number(0.0 if abs(value) < 1e-12 * min(scene.spread, 1.0) else value)
    return f"{scene.objective.value_name} = {shown}".replace(" ", TOGETHER)


def as_users(objective: Objective, name: str, value: float) -> tuple[str, float]:
    """A coordinate's name and value as its user has them: without logarithms."""
    at = objective.variables.index(name)
    return objective.parameter_names[at], math.exp(value) if objective.logged[at] else value


def slice_text(scene: Scene) -> str:
    """``"slice at x3 = 0, x4 = 0"`` for a slice, else an empty string."""
    users = (as_users(scene.objective, name, value) for name, value in scene.map.fixed.items())
    fixed = ", ".join(f"{name} = {number(value)}".replace(" ", TOGETHER) for name, value in users)
    return f"slice at {fixed}" if fixed else ""


def function_text(scene: Scene) -> str:
    """``"f(x, y)"``, or ``"f"`` where the variables are many; of a fit what its values are, as in ``"RSS(a, b)"``."""
    name = scene.objective.value_name
    text = f"{name}({', '.join(scene.objective.parameter_names)})"
    return text if scene.objective.dimensions <= 3 and (name == "f" or len(text) <= SHORT) else name


def distance_unit(scene: Scene) -> str:
    """What distances are measured in."""
    objective, longest = scene.objective, 4
    if not any(objective.logged):
        return "in units of the variables"
    pairs = list(zip(objective.parameter_names, objective.logged, strict=True))
    names = [f"ln {name}" if logged else name for name, logged in pairs]
    return f"in ({', '.join(names)})" if len(names) <= longest else "on the logarithm of variables that are on it"


def function_name(scene: Scene | SweepScene) -> str:
    """The function as a title names it: by its name, its formula or model where that is short, else by its study."""
    objective, formula = scene.objective, str(scene.objective.definition)
    if objective.of_catalogue:
        return objective.name.replace("_", " ")
    if len(formula) > FORMULA:
        return scene.study.replace("_", " ")
    short = formula.replace(" ", TOGETHER)
    return f"f = {short}".replace(" ", TOGETHER) if objective.fit is None else f"the fit of {short}"


def setting(scene: Scene | SweepScene) -> str:
    """What a title ends with: the function, and a method that has a name of its own, as in "on peaks with bold".

    A method that is called what its rule is called stands below the title.
    """
    return f"on {named(scene)}"


def named(scene: Scene | SweepScene) -> str:
    """The function and the method, as :func:`setting` says."""
    name = method_name(scene)
    own = not scene.method_text.lower().startswith(f"{name.lower()}, ")
    return f"{function_name(scene)} with {name}" if own else function_name(scene)


def method_name(scene: Scene | SweepScene) -> str:
    """The name that the study gives the method, in words."""
    return scene.method.replace("_", " ")


def shortened(name: str, letters: int) -> str:
    """A name that is cut where it is too long for its place.

    >>> shortened("heavy_ball", 20), shortened("heavy_ball", 6)
    ('heavy_ball', 'heavy…')
    """
    return name if len(name) <= letters else f"{name[: max(letters - 1, 1)]}…"


def about(scene: Scene | SweepScene | Comparison, brief: bool) -> str:
    """What was done: the method's rule with its numbers, and unless ``brief`` the starts."""
    if isinstance(scene, Comparison):
        first = scene.methods[0]
        methods = f"{counted(len(scene.methods), 'method')} from the same starts"
        return methods if brief else f"{methods} · {_starts(first)}"
    return scene.method_text if brief else f"{scene.method_text} · {_starts(scene)}"


def _starts(scene: Scene | SweepScene) -> str:
    return f"{scene.design_text} · {counted(scene.starts, 'start').replace(' ', TOGETHER)}"
