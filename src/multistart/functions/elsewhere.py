"""What other languages call a function, and why some functions are not here: hints for whoever typed one.

A name has one spelling in formulas, so that two of them never look different and mean the same; what is typed otherwise
is refused with what to write.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

#: Other names of functions that there are.
SAME = {
    "ln": "log", "loge": "log", "lg": "log10", "log_10": "log10", "ld": "log2", "lb": "log2", "log_2": "log2",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctg": "atan", "tg": "tan", "sh": "sinh", "ch": "cosh",
    "th": "tanh", "tgh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "arsinh": "asinh",
    "arcosh": "acosh", "artanh": "atanh", "root": "sqrt",
}  # fmt: skip

#: Functions that others spell; {0} and {1} are the arguments, in brackets where they need them.
WRITTEN = {
    "pow": "{0}**{1}", "power": "{0}**{1}", "square": "{0}**2", "sqr": "{0}**2", "cbrt": "{0}**(1/3)",
    "exp2": "2**{0}", "exp10": "10**{0}", "expm1": "exp({0}) - 1", "log1p": "log(1 + {0})",
    "sec": "1/cos({0})", "csc": "1/sin({0})", "cosec": "1/sin({0})", "cot": "cos({0})/sin({0})",
    "cotan": "cos({0})/sin({0})", "ctg": "cos({0})/sin({0})", "sech": "1/cosh({0})", "csch": "1/sinh({0})",
    "coth": "cosh({0})/sinh({0})", "hypot": "sqrt({0}**2 + {1}**2)", "sigmoid": "1/(1 + exp(-{0}))",
    "logistic": "1/(1 + exp(-{0}))", "expit": "1/(1 + exp(-{0}))", "softplus": "log(1 + exp({0}))",
}  # fmt: skip

_WRITE = "; write "  # between a reason and what to write
_MOST_CALLS, _MOST = 20, 4000  # calls and characters of a formula that is written out
_KINK, _JUMP = "has a kink", "jumps"
#: Functions without a gradient everywhere: why not, and a smooth one in their place.
UNSMOOTH = {
    **dict.fromkeys(("abs", "fabs", "norm"), (_KINK, "sqrt({0}**2 + 1e-6)")),
    **dict.fromkeys(("max", "maximum", "fmax"), (_KINK, "log(exp({0}) + exp({1}))")),
    **dict.fromkeys(("min", "minimum", "fmin"), (_KINK, "-log(exp(-{0}) + exp(-{1}))")),
    "relu": (_KINK, "log(1 + exp({0}))"),
    **dict.fromkeys(("sign", "sgn", "signum"), (_JUMP, "tanh(100*{0})")),
    **dict.fromkeys(("heaviside", "step", "theta"), (_JUMP, "(1 + tanh(100*{0}))/2")),
    **dict.fromkeys(("round", "floor", "ceil", "trunc", "int"), (_JUMP, "{0} - sin(2*pi*{0})/(2*pi)")),
    **dict.fromkeys(("mod", "fmod", "frac"), (_JUMP, "sin(2*pi*{0})")),
}
#: Functions that are not here and have something to write in their place, apart from another name.
CALLED = (*WRITTEN, *UNSMOOTH)
#: Words of programs.
OTHERWISE = {
    **dict.fromkeys(
        ("where", "if", "piecewise", "select", "cases"),
        "a formula has no cases; a smooth switch is (1 + tanh(100*x))/2",
    ),
    **dict.fromkeys(("sum", "prod", "product"), "write the terms out, as in x**2 + y**2"),
    **dict.fromkeys(("random", "rand", "randn", "noise"), "a function has the same value each time; leave noise out"),
    "atan2": "it jumps at the negative axis; where the second argument is positive it is atan(y/x)",
}


def hint(name: str, arguments: Sequence[ast.expr]) -> str:
    """What to say of a call of a function that formulas do not have; empty if nothing is known of it.

    >>> hint("abs", [ast.parse("x - 1", mode="eval").body])
    'abs has a kink; write sqrt((x - 1)**2 + 1e-6)'
    """
    word = name.lower()
    if word == "log" and len(arguments) == 2:
        return f"log takes one argument; write {_filled(_to_base(arguments[1]), arguments)}"
    if word in SAME:
        return f"{name} is called {SAME[word]}; write {_filled(SAME[word] + '({0})', arguments)}"
    if word in WRITTEN:
        return f"{name} is not among the functions; write {_filled(WRITTEN[word], arguments)}"
    if word in UNSMOOTH:
        reason, smooth = UNSMOOTH[word]
        return f"{name} {reason}; write {_filled(smooth, arguments)}"
    return OTHERWISE.get(word, "")


def written_out(text: str) -> tuple[str, tuple[str, ...]]:
    """A formula with what is to be written in place of each call of a function that is not here, and a reason a call.

    The text itself, without a reason, where it is none that Python reads, or where it grows too long.

    >>> written_out("2*abs(x) + ln(y)")
    ('2*sqrt(x**2 + 1e-6) + log(y)', ('abs has a kink', 'ln is called log'))
    """
    given = text
    reasons: list[str] = []
    while (call := _first_to_replace(text)) is not None and len(reasons) < _MOST_CALLS and len(text) <= _MOST:
        reason, _, written = hint(call.func.id, call.args).partition(_WRITE)  # type: ignore[attr-defined]
        reasons.append(reason)
        whole = call.end_col_offset == len(text) and call.col_offset == 0
        written = written if whole or _is_call(written) else f"({written})"
        text = text[: call.col_offset] + written + text[call.end_col_offset :]
    return (given, ()) if call is not None else (text, tuple(reasons))


def _first_to_replace(text: str) -> ast.Call | None:
    """The call that begins first in the text of those for which :func:`hint` knows what to write."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    known = (call for call in calls if _WRITE in hint(call.func.id, call.args))  # type: ignore[attr-defined]
    return min(known, key=lambda call: call.col_offset, default=None)


def _to_base(base: ast.expr) -> str:
    known = {"2": "log2({0})", "10": "log10({0})", "e": "log({0})"}
    return known.get(ast.unparse(base), "log({0})/log({1})")


def _filled(pattern: str, arguments: Sequence[ast.expr]) -> str:
    """A pattern with the arguments in it, in brackets where it would read them otherwise."""
    given = [ast.unparse(argument) for argument in arguments]
    given += ["x", "y"][len(given) :]
    bare = [text if text.isidentifier() or text.isdecimal() or _is_call(text) else f"({text})" for text in given]
    if "exp({0}) + exp({1})" in pattern or "exp(-{0}) + exp(-{1})" in pattern:
        sign = "-" if pattern.startswith("-") else ""
        terms = " + ".join(f"exp({sign}{text})" for text in bare)
        pattern = f"{sign}log({terms})"
    else:
        pattern = pattern.format(*bare)
    return _without_double_brackets(pattern)


def _is_call(text: str) -> bool:
    return isinstance(ast.parse(text, mode="eval").body, ast.Call)


def _without_double_brackets(text: str) -> str:
    """``sin((x + 1))`` as a person writes it."""
    return (
        ast.unparse(ast.parse(text, mode="eval"))
        .replace(" * ", "*")
        .replace(" ** ", "**")
        .replace(" / ", "/")
        .replace("e-06", "e-6")
    )
