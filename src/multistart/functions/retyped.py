"""A formula as it is written in a book or elsewhere -> as it is written here, to be offered, never to be taken.

Tokens are rewritten one after the other: ``3(x+1)`` becomes ``3*(x+1)``, ``2 sin x`` becomes ``2*sin(x)``, ``x^2``
``x**2``, ``1,5`` ``1.5``. Where a text could mean two things, as ``1/2x``, both are offered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from multistart.functions.elsewhere import SAME

#: Signs of print, and what is typed for them.
SIGNS = {
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "−": "-", "–": "-", "—": "-", "÷": "/", "∕": "/", "⁄": "/",
    "²": "**2", "³": "**3", "⁴": "**4", "π": "pi", "√": "sqrt", "ˆ": "^", "（": "(", "）": ")", "½": "(1/2)",
}  # fmt: skip
MODULES = ("np", "numpy", "math", "Math", "sympy", "sp", "torch", "jnp", "tf", "scipy", "cmath")

PRODUCTS, POWERS, ARGUMENTS = "a product is written *", "a power is written **", "an argument stands in brackets"
BRACKETS, POINT, ASCII = "brackets are round", "a decimal number has a point", "a formula is plain ASCII"
LEFT, LETTERS = "only what stands behind the = is the formula", "small and capital letters differ"
PLAIN = "functions have no module before them"

_TOKEN = re.compile(
    r"(\s*)((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|\*\*|//|[<>=!]=|\S)", re.ASCII
)
_MOST = 4000  # characters


@dataclass(frozen=True)
class _Token:
    """A piece of a formula, with the white space before it."""

    text: str
    space: str = ""

    @property
    def is_number(self) -> bool:
        return self.text[0].isdecimal() or (self.text[0] == "." and len(self.text) > 1)

    @property
    def is_name(self) -> bool:
        return self.text[0].isalpha() or self.text[0] == "_"


class Retyped:
    """What a text may have meant.

    Attributes
    ----------
    candidates
        Formulas to offer, one or two; none where nothing was found to rewrite, or too much.
    reasons
        What is written otherwise here, in words.
    """

    def __init__(self, text: str, known: Collection[str], functions: Collection[str]) -> None:
        self.reasons: dict[str, None] = {}
        self._known, self._functions = known, functions
        self._alternative: tuple[int, int] | None = None
        self.candidates: list[str] = []
        if len(text) > _MOST:
            return
        applied = self._applied(self._spelled(self._tokens(self._signs(text))))
        if applied is not None:
            self._multiply(applied)

    def _say(self, reason: str) -> None:
        self.reasons[reason] = None

    def _signs(self, text: str) -> str:
        if text.isascii():
            return text
        self._say(ASCII)
        return "".join(SIGNS.get(char, char) for char in text)

    def _tokens(self, text: str) -> list[_Token]:
        tokens = [_Token(match[2], match[1]) for match in _TOKEN.finditer(text)]
        ends = [i for i, token in enumerate(tokens) if token.text == "="]
        if len(ends) == 1 and ends[0] < len(tokens) - 1:
            self._say(LEFT)
            tokens = [replace(tokens[ends[0] + 1], space=""), *tokens[ends[0] + 2 :]]
        return tokens

    def _spelled(self, tokens: Sequence[_Token]) -> list[_Token]:
        """Each token as it is spelled here."""
        found: list[_Token] = []
        for i, token in enumerate(tokens):
            if token.text == "^":
                self._say(POWERS)
                found.append(replace(token, text="**"))
            elif token.text in "[{]}" and not (token.text == "[" and i and tokens[i - 1].is_name):  # x[0] is no product
                self._say(BRACKETS)
                found.append(replace(token, text="(" if token.text in "[{" else ")"))
            elif token.text == "," and self._is_decimal(tokens, i):
                self._say(POINT)
                found[-1] = replace(found[-1], text=f"{found[-1].text}.{tokens[i + 1].text}")
            elif i and tokens[i - 1].text == "," and self._is_decimal(tokens, i - 1):
                continue
            elif token.is_name:
                found += self._named(token)
            else:
                found.append(token)
        return found

    @staticmethod
    def _is_decimal(tokens: Sequence[_Token], i: int) -> bool:
        """Whether a comma stands between two whole numbers without a space."""
        if not 0 < i < len(tokens) - 1 or tokens[i].space or tokens[i + 1].space:
            return False
        return tokens[i - 1].text.isdecimal() and tokens[i + 1].text[0].isdecimal() and "." not in tokens[i + 1].text

    def _named(self, token: _Token) -> list[_Token]:
        module, _, name = token.text.rpartition(".")
        if module in MODULES:
            self._say(PLAIN)
        else:
            name = token.text
        words = [*self._known, *self._functions]
        if name not in words:
            if name.lower() in SAME:
                self._say(f"{name} is called {SAME[name.lower()]}")
                name = SAME[name.lower()]
            elif name.lower() in words:
                self._say(LETTERS)
                name = name.lower()
        pieces = [name] if name in words else self._pieces(name) or [name]
        return [_Token(piece, "" if i else token.space) for i, piece in enumerate(pieces)]

    def _pieces(self, name: str) -> list[str]:
        """A word cut into known names, as xy into x and y, or sinx into sin and x."""
        if len(name) > 12:
            return []
        for word in sorted({*self._known, *self._functions}, key=len, reverse=True):
            rest = name.removeprefix(word)
            if rest != name and (not rest or (found := self._pieces(rest))):
                return [word, *(found if rest else [])]
        return []

    def _applied(self, tokens: Sequence[_Token]) -> list[_Token] | None:
        """Functions with their argument in brackets; none where it is not clear what the argument is."""
        found: list[_Token] = []
        i = 0
        while i < len(tokens):
            token = tokens[i]
            after = [t.text for t in tokens[i + 1 : i + 4]]
            if token.text not in self._functions or after[:1] == ["("]:
                found.append(token)
                i += 1
            else:
                raised = after[:1] == ["**"] and len(after) == 3 and tokens[i + 2].is_number
                at = i + 3 if raised else i + 1  # of sin^2(x) and sin^2 x, or of sin x
                argument, i = self._argument(tokens, at)
                if not argument:
                    return None
                found += [token, *argument]
                if raised:
                    self._say(POWERS)
                    found += [_Token("**"), _Token(after[1])]
        return found

    def _argument(self, tokens: Sequence[_Token], i: int) -> tuple[list[_Token], int]:
        """What stands in brackets from ``i`` on, or should (x, 2, 2x, if an end, a sum, a function follows)."""
        if i < len(tokens) and tokens[i].text == "(":
            end = _closing(tokens, i)
            inner = None if end is None else self._applied(tokens[i : end + 1])
            return inner or [], (end or 0) + 1
        n = i + (i < len(tokens) and tokens[i].is_number)
        while n < len(tokens) and tokens[n].text in self._known and (n == i or not tokens[n].space):
            n += 1
        after = tokens[n].text if n < len(tokens) else ")"
        if n == i or after not in ("+", "-", ")", *self._functions):
            return [], n
        self._say(ARGUMENTS)
        return [_Token("("), replace(tokens[i], space=""), *tokens[i + 1 : n], _Token(")")], n

    def _multiply(self, tokens: Sequence[_Token]) -> None:
        """Put a * between two factors, and fill in the candidates."""
        found: list[_Token] = []
        for token in tokens:
            if found and self._ends(found[-1]) and (token.is_number or token.is_name or token.text == "("):
                if found[-1].is_number and token.is_number:
                    return
                self._say(PRODUCTS)
                if self._alternative is None and (start := _operand(found)) and found[start - 1].text in ("/", "**"):
                    self._alternative = (start, len(found) + 1)
                found += [_Token("*"), replace(token, space="")]
            else:
                found.append(token)
        self.candidates = [_joined(found)]
        if self._alternative is not None:
            start, factor = self._alternative
            end = _after(found, factor, self._functions)
            if end < len(found) and found[end].text == "**":
                return  # nobody means x**(2*e)**y
            inside = [replace(found[start], space=""), *found[start + 1 : end]]
            bracketed = [_Token("(", found[start].space), *inside, _Token(")")]
            self.candidates.append(_joined([*found[:start], *bracketed, *found[end:]]))

    def _ends(self, token: _Token) -> bool:
        """Whether a factor may end with a token."""
        return token.is_number or token.text == ")" or (token.is_name and token.text not in self._functions)


def _joined(tokens: Sequence[_Token]) -> str:
    return "".join(token.space + token.text for token in tokens).strip()


def _closing(tokens: Sequence[_Token], i: int) -> int | None:
    """Where the bracket that opens at ``i`` is closed."""
    depth = 0
    for k in range(i, len(tokens)):
        depth += (tokens[k].text == "(") - (tokens[k].text == ")")
        if depth == 0:
            return k
    return None


def _operand(tokens: Sequence[_Token]) -> int:
    """Where the last factor begins."""
    k, depth = len(tokens) - 1, 0
    while k >= 0:
        depth += (tokens[k].text == ")") - (tokens[k].text == "(")
        if depth == 0:
            break
        k -= 1
    return k - 1 if k > 0 and tokens[k].text == "(" and tokens[k - 1].is_name else max(k, 0)


def _after(tokens: Sequence[_Token], i: int, functions: Collection[str]) -> int:
    """The place after the factor that begins at ``i``."""
    if tokens[i].text in functions:
        i += 1
    end = _closing(tokens, i) if tokens[i].text == "(" else i
    return len(tokens) if end is None else end + 1
