"""Random formulas of the whole grammar, as text; a seed gives the same formula everywhere."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

FUNCTIONS = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "log2", "log10",
    "acosh", "atanh",
)  # fmt: skip
NAMES = ("x", "y", "z", "w")
NUMBERS = ("2", "3", "1/2", "0.1", "0.25", "1.5", "2.75", "10", "7/3", "1e-3", "4", "pi", "e", "5")
EXPONENTS = ("2", "2", "2", "3", "4", "5", "1/2", "1.5", "0.5", "-1", "-2", "-1/2", "1/3", "2/3", "sqrt(2)", "0.7", "1")
#: Terms that algebra would simplify, though their text is undefined in places, or has a kink; of one inner part.
CANCELLING = (
    "sin(sqrt({u}))**2 + cos(sqrt({u}))**2", "sin(log({u}))**2 + cos(log({u}))**2", "cosh({u})**2 - sinh({u})**2",
    "cosh(sqrt({u}))**2 - sinh(sqrt({u}))**2", "sqrt({u})**2", "exp(2*log({u}))", "exp(log({u}))", "({u})**2/({u})",
    "sin(asin({u}))", "cos(acos({u}))", "asin({u}) + acos({u})", "log(exp({u}))", "atan(tan({u}))", "tan(atan({u}))",
    "({u})/({u})", "sqrt(({u})**2)", "(({u})**2)**0.5", "({u})**1.5", "({u})**1.5/({u})**0.5", "1/(1/({u}))",
    "sqrt(1/({u})**2)*({u})", "sqrt({u})*sqrt({u})", "exp(-log({u}))", "asin(sin({u}))", "acos(cos({u}))", "({u})**0",
    "sqrt({u})**4", "log({u}) - log({u})", "1/({u}) - 1/({u})", "sqrt({u}) - sqrt({u})", "log(({u})**2) - 2*log({u})",
    "({u})*(1/({u}))", "sqrt(({u})**2)/({u})", "cos(asin({u}))", "exp({u}*log({u}))", "({u})**({u})",
    "(({u})**3)**(1/3)", "(({u})**4)**(1/4)", "sinh(asinh({u}))", "asinh(sinh({u}))",
    "tanh({u}) - sinh({u})/cosh({u})", "sin({u})/cos({u}) - tan({u})", "0*log({u})", "0*sqrt({u})", "0/({u})",
    "10**log10({u})", "2**(2*log2({u}))", "log10({u}**2) - 2*log10({u})", "log2({u})*log(2) - log({u})",
    "log10(10**({u}))", "cosh(acosh({u}))", "acosh(cosh({u}))", "tanh(atanh({u}))", "atanh(tanh({u}))", "0*acosh({u})",
    "sinh(acosh({u}))", "cosh(atanh({u}))", "acosh({u})**2", "0*atanh({u})", "atanh({u}) + atanh(-({u}))",
    "1**(1/({u}))", "log({u}**2)", "log(sqrt({u}))", "sqrt(sqrt({u}))**4", "(sqrt({u})**3)**(2/3)", "0**({u})",
)  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """A formula with the names that occur in it."""

    text: str
    variables: tuple[str, ...]
    parameters: dict[str, str] = field(default_factory=dict)


def formula(seed: int | str, *, dimensions: int | None = None, cancelling: float = 0.0) -> Formula:
    """A random formula.

    Parameters
    ----------
    dimensions
        How many variables, 1 to 4; drawn if not given.
    cancelling
        How probable a term is that algebra would simplify.
    """
    grower = _Grower(random.Random(f"formula {seed}"), dimensions, cancelling)
    return grower.grown()


class _Grower:
    def __init__(self, rng: random.Random, dimensions: int | None, cancelling: float) -> None:
        self.rng = rng
        self.d = dimensions or rng.choice((1, 1, 2, 2, 2, 3, 4))
        self.cancelling = cancelling
        self.numbers = rng.random() < 0.8
        self.parameters = {"a": rng.choice(("2", "0.5", "-1.25", "1e-2"))} if rng.random() < 0.25 else {}

    def grown(self) -> Formula:
        names = list(NAMES[: self.d])
        terms = [self.term(self.rng.choice((1, 2, 2, 3))) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        text = terms[0]
        for term in terms[1:]:
            text += self.rng.choice((" + ", " + ", " - ")) + term
        for name in [*names, *self.parameters]:  # whatever is missing gets a term of its own
            if name not in _words(text):
                text += self.rng.choice((" + {0}", " - {0}", " + {0}**2", " + sin({0})", "*{0}", "*exp({0})")).format(
                    name
                )
        return Formula(text, tuple(names), dict(self.parameters))

    def term(self, depth: int) -> str:
        if self.rng.random() < self.cancelling:
            return self.rng.choice(CANCELLING).format(u=self.inner())
        return self.part(depth)

    def inner(self) -> str:
        name = self.rng.choice(NAMES[: self.d])
        return self.rng.choice((name, name, name, f"{name}/2", f"{name} - 1/3", f"1 - {name}", self.part(1)))

    def part(self, depth: int) -> str:
        rng = self.rng
        if depth == 0:
            return self.leaf()
        match rng.choice(
            (
                "function",
                "function",
                "function",
                "sum",
                "product",
                "product",
                "quotient",
                "power",
                "power",
                "variable power",
                "minus",
            )
        ):
            case "function":
                return f"{rng.choice(FUNCTIONS)}({self.part(depth - 1)})"
            case "sum":
                return f"({self.part(depth - 1)} {rng.choice('+-')} {self.part(depth - 1)})"
            case "product":
                return f"{self.part(depth - 1)}*{self.part(depth - 1)}"
            case "quotient":
                return f"({self.part(depth - 1)})/({self.part(depth - 1)})"
            case "power" if self.numbers:
                return f"({self.part(depth - 1)})**({rng.choice(EXPONENTS)})"
            case "variable power" if rng.random() < 0.3:
                return f"({self.part(depth - 1)})**({self.part(depth - 1)})"
            case "minus":
                return f"(-{self.part(depth - 1)})"
        return f"{self.part(depth - 1)}*{self.leaf()}"

    def leaf(self) -> str:
        roll = self.rng.random()
        if self.numbers and roll < 0.2:
            return self.rng.choice(NUMBERS)
        if self.parameters and roll < 0.35:
            return "a"
        return self.rng.choice(NAMES[: self.d])


def _words(text: str) -> set[str]:
    word, words = "", set()
    for c in text + " ":
        if c.isalnum() or c == "_":
            word += c
        else:
            words.add(word)
            word = ""
    return words
