"""Random functions with boxes for certificates: the whole grammar, with a liking for what is dangerous."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

from tests.random_formulas import CANCELLING, NAMES, formula

ENDS = (
    "-3", "-2", "-1", "-0.5", "0", "0.5", "1", "2", "3", "4", "1.5", "-1.25", "3.141592653589793", "0.3", "1e-3",
    "0.1", "1.5707963267948966", "0.3333333333333333",
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A formula, the box for its variables, and what is asked of ``certify`` besides."""

    text: str
    box: dict[str, tuple[float, float]]
    options: dict[str, Any] = field(default_factory=dict)
    kind: str = ""


def problem(seed: int | str, kind: str | None = None) -> Problem:
    """A random problem; every number and name in it follows from the seed."""
    rng = random.Random(f"problem {seed}")
    kind = kind or rng.choice((*KINDS, "cancelled", "edge"))
    d = rng.choice((1, 1, 1, 1, 2, 2, 2, 3))
    text = KINDS[kind](rng, NAMES[:d])
    box = {}
    for name in NAMES[:d]:
        if name not in text:
            text += rng.choice((" + {0}**2", " + ({0} - 1/3)**2", " + {0}**2 + {0}*x/3", " + cos({0})")).format(name)
        box[name] = _ends(rng)
    return Problem(text, box, _options(rng, box), kind)


def _options(rng: random.Random, box: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """Mostly none; else a level, seeds, another precision, tolerance or budget."""
    options: dict[str, Any] = {}
    if rng.random() < 0.3:
        options["level"] = rng.choice(("lowest", "lowest", 0.5, -1.0, 3.0))
    if rng.random() < 0.15:
        options["seeds"] = [[low + rng.random() * (high - low) for low, high in box.values()] for _ in range(3)]
    if rng.random() < 0.1:
        options["precision_bits"] = rng.choice((64, 100, 256))
    if rng.random() < 0.1:
        options["tolerance"] = rng.choice((1e-2, 1e-4, 1e-10))
    if rng.random() < 0.1:
        options["max_boxes"] = rng.choice((1, 10, 60, 300))
    return options


def _ends(rng: random.Random) -> tuple[float, float]:
    while True:
        if rng.random() < 0.7:
            low, high = float(rng.choice(ENDS)), float(rng.choice(ENDS))
        else:
            low, high = round(rng.uniform(-4, 2), 2), round(rng.uniform(-1, 5), 2)
        if low < high:
            return low, high


def _number(rng: random.Random) -> str:
    return rng.choice(("1", "2", "1/2", "0.3", "3", "1/10", "5", "0.7", "1/50", "4"))


def _bowl(rng: random.Random, names: tuple[str, ...]) -> str:
    """Something with critical points at good places."""
    x, y = names[0], names[-1]
    at = rng.choice(("1", "1/2", "-1/3", "2", "0", "0.3"))
    return rng.choice(
        (
            f"2*{x}**3 - 9*{x}**2 + 12*{x}", f"({x} - ({at}))**2", f"({x}**2 - 1)**2/4 + {y}/7",
            f"({x} - ({at}))**2 + {x}*{y}/2", f"cos(3*{x}) + {y}**2/5", f"{x}**3 - {x}",
            f"{x}**4 - {x}**2*{y} + {y}**2", f"-({x} - ({at}))**2", f"{x}", f"{x}**2", f"{x}**2*({x} - 1) + {y}**2",
            f"exp(-{x}**2)*{y}", f"sin({x} + {y})", f"({x} + ({at}))**2",
        )
    )  # fmt: skip


def _inner(rng: random.Random, names: tuple[str, ...]) -> str:
    x, y = rng.choice(names), rng.choice(names)
    return rng.choice(
        (
            x,
            x,
            x,
            x,
            f"{x} - 1",
            f"1 - {x}",
            f"{x} - 1/3",
            f"{x}*{y}",
            f"{x} + {y}",
            f"{x}**2 - 1",
            f"{x}/3",
            f"{x}**2",
            f"sin({x})",
            f"-{x}",
        )
    )


def _cancelled(rng: random.Random, names: tuple[str, ...]) -> str:
    terms = [rng.choice(CANCELLING).format(u=_inner(rng, names)) for _ in range(rng.choice((1, 1, 2)))]
    terms = [
        rng.choice(("{0}", "({0})*" + _number(rng), "({0})**2", "-({0})", "exp({0})", "({0})*" + names[0])).format(t)
        for t in terms
    ]
    return " + ".join([*terms, _bowl(rng, names)] if rng.random() < 0.9 else terms)


def _grammar(rng: random.Random, names: tuple[str, ...]) -> str:
    found = formula(rng.random(), dimensions=len(names), cancelling=0.1)
    text = found.text
    for name, value in found.parameters.items():
        text = " ".join(text.split())
        text = _renamed(text, name, f"({value})")
    return text if rng.random() < 0.5 else f"{text} + {_bowl(rng, names)}"


def _renamed(text: str, name: str, value: str) -> str:
    return re.sub(rf"\b{name}\b", value, text)


def _punctured(rng: random.Random, names: tuple[str, ...]) -> str:
    """Undefined on points or lines, which often go through critical points, and nowhere else."""
    x, y = names[0], names[-1]
    places = (
        x, y, f"{x} - {y}", f"{x} - 1", f"{x}**2 + {y}**2", f"{x}*{y}", f"{x} + 0.1", f"sin({x})", f"{x}**2 - 1",
        f"{x} - 1/3",
    )  # fmt: skip
    terms = (
        "({u})/({u})", "0/({u})", "1/({u}) - 1/({u})", "({u})**2/({u})", "({u})*(1/({u}))", "({u})**0*({u})/({u})",
        "({u})**3/({u})**2",
    )  # fmt: skip
    bowls = (
        f"{x}**2 + {y}**2", f"({x} - {y})**2 + {x}**2/3", f"({x} - 1)**2 + {y}**2", f"({x}**2 - 1)**2 + {y}**2",
        f"cos({x}) + {y}**2", _bowl(rng, names),
    )  # fmt: skip
    u, term, bowl = rng.choice(places), rng.choice(terms), rng.choice(bowls)
    return f"{bowl} + {term.format(u=u)}" if rng.random() < 0.7 else f"({bowl})*({term.format(u=u)})"


def _edge(rng: random.Random, names: tuple[str, ...]) -> str:
    u = _inner(rng, names)
    term = rng.choice(
        (
            "sqrt({u})", "log({u})", "({u})*log({u})", "({u})**1.5", "({u})**0.5", "asin({u})", "acos({u})",
            "({u})**({u})", "1/({u})", "log({u})**2", "({u})**2*log({u})", "sqrt(1 - ({u})**2)", "1/({u})**2",
            "exp(-1/({u}))", "({u})**(2/3)", "log({u}**2)", "sqrt({u})*log({u})", "atan(1/({u}))", "tanh(1/({u}))",
            "exp(1/({u}))", "sin(1/({u}))/10", "({u})*sin(log({u}))", "1/log({u})", "({u})**pi", "tan({u})",
            "log2({u})", "log10({u})", "({u})*log10({u})", "acosh({u})", "acosh({u})**2", "atanh({u})", "1/acosh({u})",
            "atanh({u})*({u})", "1/atanh({u})", "({u})*acosh(1/({u}))", "exp(-atanh({u}))", "log2(acosh({u}))",
            "sqrt(log({u}))", "log(log({u}))", "asin({u})*acos({u})", "exp(-1/({u})**2)", "({u})**sqrt(2)",
        )
    ).format(u=u)  # fmt: skip
    return f"{rng.choice(('', '-', _number(rng) + '*'))}{term} + {_bowl(rng, names)}"


def _kink(rng: random.Random, names: tuple[str, ...]) -> str:
    u = _inner(rng, names)
    term = rng.choice(
        (
            "sqrt(({u})**2)", "(({u})**2)**(1/4)", "(({u})**2)**0.75", "sqrt(({u})**4)", "sqrt(({u})**2 + ({v})**2)",
            "asin(sin(3*({u})))", "acos(cos(2*({u})))", "atan(tan({u}))", "(({u})**2)**1.5", "sqrt(({u})**2)*({u})",
            "sqrt(1 - cos({u}))", "sqrt(sin({u})**2)", "acosh(cosh({u}))", "acosh(1 + ({u})**2)", "acosh(1/cos({u}))",
        )
    ).format(u=u, v=_inner(rng, names))  # fmt: skip
    return f"{_number(rng)}*{term} + {_bowl(rng, names)}"


def _flat(rng: random.Random, names: tuple[str, ...]) -> str:
    x, y = names[0], names[-1]
    a, b = rng.choice(("1", "-2", "0.3", "3", "5")), rng.choice(("1", "3", "20", "0.2"))
    return rng.choice(
        (
            f"({x} - {a})*exp(-{b}*{x}**2)", f"({x} - ({a}))**2*exp(-{x}**2*{b}) + {y}**2",
            f"tanh({b}*{x}) + tanh({a} - {x}) + {y}**2", f"atan({b}*({x} - ({a}))) - atan({x}) + {y}**2",
            f"exp(-{b}*({x}**2 + {y}**2)) - exp(-({x} - 1)**2 - {y}**2)", f"{x}/(1 + {x}**4)",
            f"exp(-({x} + {y})**4*{b}) + {x}/50", f"1/(1 + {b}*{x}**2) + 1/(2 + ({x} - ({a}))**2)",
            f"{x}*{y}*exp(-{x}**2 - {y}**2)", f"exp({a}*{x})*({x} - 1)**2", f"exp(-exp({b}*{x})) + {x}/20",
        )
    )  # fmt: skip


def _gap(rng: random.Random, names: tuple[str, ...]) -> str:
    at = rng.choice(("1", "1/3", "0.7", "pi/4", "sqrt(2)", "0", "1 - 2/10**17", "1/2 + 1/10**12", "2"))
    k = rng.choice((3, 5, 8, 10, 12, 16, 17, 18, 20, 25, 30))
    u = f"({names[0]} - ({at}))"
    eps = f"{rng.choice((1, 2, 4))}/10**{k}"
    return rng.choice(
        (
            f"{u}**3/3 - {u}*({eps})**2", f"{u}**4/4 - {u}**2*({eps})**2/2", f"{u}**2*({u} - {eps})**2",
            f"{u}**3 + {u}*({eps})**2", f"{u}**4 + {u}**2*({eps})", f"{u}**2 + ({eps})*{names[0]}",
            f"{u}**3/3 - {u}*({eps})**2 + {names[-1]}**2*({names[-1]} - 1)", f"cos({u}) + {u}**2*(1/2 + {eps})",
            f"({eps})*cos({u}*10) + {u}**4", f"{u}**5 - {u}**3*({eps})",
        )
    )  # fmt: skip


def _scale(rng: random.Random, names: tuple[str, ...]) -> str:
    x, y = names[0], names[-1]
    k, m = rng.choice((3, 10, 20, 50, 100, 150)), rng.choice((-3, -10, -20, -50, -100, -150))
    return rng.choice(
        (
            f"1e{k}*({x} - 1/3)**2 + 1e{m}*{y}**2 + {x}", f"1e{m}*({x}**2 - 1)**2 + 1e{m}*{y}**2",
            f"1e{k}*({x}**4 - {x}**2 + {x}*{y}/3 + {y}**2)", f"({x}**2 - 1/4)**2 + 1e{m}*{x}",
            f"1e{m}*cos(5*{x}) + 1e{m}*{y}*{x} + 1e{m}*{y}**2", f"1e{k}*{x}**2 + 1e{m}/{x}**2",
            f"exp({k}*{x}) + exp(-{k}*({x} - {y}))", f"1e{k}*sin({x}) + {y}**2", f"log(1 + 1e{k}*{x}**2) + {y}**2",
            f"({x} + 1e{m})**2 + {y}**2*{x}",
        )
    )  # fmt: skip


def _symmetric(rng: random.Random, names: tuple[str, ...]) -> str:
    x, y = names[0], names[-1]
    return rng.choice(
        (
            f"{x}*{y}", f"{x}**2*{y}", f"{x}**3", f"({x}**2 - 1)**2 + ({y}**2 - 1)**2", f"sin({x})*sin({y})",
            f"cos({x}) + cos({y})", f"({x} - {y})**2 + {x}**4", f"{x}**2*{y}**2 + ({x} - 1)**2",
            f"{x}**4 + {y}**4 - {x}*{y}", f"{x}**2 - {y}**2 + {x}*{y}", f"({x} + {y} - 1)**2 + ({x} - {y})**4",
            f"{x}*(1 - {x})*{y}*(1 - {y})", f"{x}**3 - 3*{x}*{y}**2", f"cos({x})**2 + {y}**2",
            f"({x}**2 + {y}**2 - 1)**2 + {x}", f"sin({x})**2",
            f"{x}**6 - 6*{x}**5 + 15*{x}**4 - 20*{x}**3 + 15*{x}**2 - 6*{x} + 1", f"({x} - 1/2)**3 + {y}**2",
            f"-{x}**2 - {y}**2 + {x}**2*{y}**2",
        )
    )  # fmt: skip


KINDS = {
    "cancelled": _cancelled, "grammar": _grammar, "edge": _edge, "kink": _kink, "flat": _flat,
    "gap": _gap, "punctured": _punctured, "scale": _scale, "symmetric": _symmetric,
}  # fmt: skip
