"""The language of rules: what its text means, what it makes of it, and what it refuses."""

from __future__ import annotations

import contextlib
import random
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.errors import ExpressionError, InputError
from multistart.functions.objective import Objective
from multistart.kernels import compile_kernel
from multistart.methods import RULES, SCHEDULES, Method
from multistart.methods.language import statements
from multistart.methods.rate import rates

from .plain_rules import descent, run_lines, run_text

QUARTIC = Objective.from_expression("x**4/4 - x**2/2 + x/10", ["x"])
ARENA = Box({"x": (-2.5, 2.5)})


def own(*update: str, state: dict[str, Any] | None = None, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"state": state or {}, "update": list(update), "parameters": parameters or {}}


#: A rule, the lines of an update, and those of each coordinate.
LINES = [
    (own("x = x - lr*g"), (), ("x = fma(-learning_rate, g, x)",)),
    (own("x = x + (-lr)*g"), (), ("x = fma(-learning_rate, g, x)",)),
    (own("x = x - lr*2*g*g"), ("c1 = learning_rate * 2.0",), ("x = fma(-(c1 * g), g, x)",)),
    (own("a = 3*g + 2*x", "x = a - lr"), (), ("a = fma(3.0, g, 2.0 * x)", "x = a - learning_rate")),
    (own("a = 3*g - 2*x", "x = a - lr"), (), ("a = fma(3.0, g, -(2.0 * x))", "x = a - learning_rate")),
    (own("x = x - lr*g**3"), (), ("x = fma(-learning_rate, g * g * g, x)",)),
    (own("x = x - lr/g**-2"), (), ("x = x - learning_rate / (1.0 / (g * g))",)),
    (own("x = x - lr*abs(g)**0.5"), (), ("c1 = abs(g)", "x = fma(-learning_rate, sqrt(c1), x)")),
    (
        own("x = x - p*lr*g", "p = p/2", state={"p": 1}),
        ("p_before = p", "p = p / 2.0", "c1 = -(p_before * learning_rate)"),
        ("x = fma(c1, g, x)",),
    ),
    (own("a = 1 - lr", "a = a*g", "x = x - a"), ("a1 = 1.0 - learning_rate",), ("a = a1 * g", "x = x - a")),
    (
        own("v = v + g", "w = w + v", "x = x - lr*v", state={"v": 0, "w": 1}),
        (),
        ("v = v + g", "x = fma(-learning_rate, v, x)"),
    ),
    (
        own("y = x - lr*old_x", "old_x = g", "x = y", state={"old_x": 0}),
        (),
        ("y = fma(-learning_rate, past_x, x)", "past_x = g", "x = y"),
    ),
]


@pytest.mark.parametrize(("rule", "each_step", "update"), LINES, ids=range(len(LINES)))
def test_a_text_becomes_these_operations(
    rule: dict[str, Any], each_step: tuple[str, ...], update: tuple[str, ...]
) -> None:
    """Products in sums are fused, what is shared is computed once before, and what does nothing to x is left out."""
    made = Method(rule=rule, learning_rate=0.1).rule
    assert made.each_step == each_step
    assert made.update == update


TYPED = {
    "gradient_descent": own("x = x - lr*g"),
    "heavy_ball": own("b = momentum*b + g", "x = x - lr*b", state={"b": 0}, parameters={"momentum": 0.9}),
    "adam": own(
        "m = beta1*m + (1 - beta1)*g", "p = beta1*p", "q = beta2*q", "v = beta2*v + (1 - beta2)*g**2",
        "k = 1/sqrt(1 - q)", "x = x - lr/(1 - p)*(m/(k*sqrt(v) + eps))",
        state={"m": 0, "v": 0, "p": 1, "q": 1}, parameters={"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    ),
    "rmsprop": own(
        "v = alpha*v + (1 - alpha)*g**2", "s = v", "b = momentum*b + g/(sqrt(s) + eps)", "x = x - lr*b",
        state={"v": 0, "b": 0}, parameters={"alpha": 0.99, "eps": 1e-8, "momentum": 0.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, entry in RULES.items() if not entry.flags or name in TYPED])
def test_a_built_in_rule_typed_by_a_user_is_the_same_kernel(name: str) -> None:
    """All that shapes the kernel's text is the same, so that the bits are; what is claimed of rest may be less."""
    entry = RULES[name]
    typed = TYPED.get(name) or own(
        *entry.update, state=dict(entry.state), parameters={h.name: h.default for h in entry.own}
    )
    mine, built_in = Method(rule=typed, learning_rate=0.3), Method(name, learning_rate=0.3)
    same = {**built_in.rule.identity, "rest": mine.rule.rest}
    assert mine.rule.identity == same
    assert mine.in_kernel(2).tobytes() == built_in.in_kernel(2).tobytes()
    assert (
        mine.rule.first_state(1, 2, mine.numbers).tobytes()
        == built_in.rule.first_state(1, 2, built_in.numbers).tobytes()
    )
    if name in ("gradient_descent", "heavy_ball", "nesterov"):
        assert mine.rule.identity == built_in.rule.identity


COMPILED = [
    Method("adam", learning_rate=0.02, max_steps=150, gradient_tolerance=1e-3),
    Method(
        rule=own(
            "v = beta*v - lr*g*min(1, 5/gnorm)",
            "a = 0.9*a + 0.1*abs(g)",
            "p = 0.99*p",
            "q = q + p",
            "x = x + where(v > 0.3, 0.3, max(-0.3, min(0.4, v)))*p/(0.9 + a/q/100)",
            state={"v": 0, "a": 0, "p": 1, "q": 0},  # as many words as Adam's, so that the loop is the same
            parameters={"beta": 0.7},
        ),
        learning_rate={"formula": "0.2*(1 - t/N)**2"},
        max_steps=130,
        gradient_tolerance=1e-3,
    ),
]
ALL = [Method(name, learning_rate=0.02, max_steps=130, gradient_tolerance=1e-3) for name in RULES]
ALL += [
    Method("rmsprop", centered=True, momentum=0.5, eps_inside=True, learning_rate=0.02, max_steps=90),
    Method("amsgrad", max_corrected=True, eps_hat=True, learning_rate=0.02, max_steps=90),
    Method("heavy_ball", learning_rate={"schedule": "cosine", "from": 0.1}, max_steps=90),
    Method(learning_rate={"schedule": "warm_restarts", "from": 0.1, "every": 20, "longer": 2}, max_steps=90),
]


@pytest.mark.parametrize(
    "method",
    [*COMPILED, *(pytest.param(method, marks=pytest.mark.slow) for method in ALL)],
    ids=lambda m: m.rule.title,
)
def test_a_compiled_rule_is_its_lines(method: Method) -> None:
    """Every end has the bits of the rule's lines in Python, and the ending and steps of the stopping rule as said."""
    starts = np.linspace(-2.6, 2.6, 40)[:, None]
    evaluate = compile_kernel(QUARTIC, method).evaluate
    out = descend(QUARTIC, method, starts, arena=ARENA)
    libm = any(
        word in line for line in (*method.rule.each_step, *method.rule.update) for word in ("exp(", "log(", "cos(")
    )
    for i, start in enumerate(starts):
        path, ending = descent(method, lambda x: evaluate(x[None])[1][0], start, ARENA)
        assert out.ending[i] in ({ending, "stationary"} if ending == "step_limit" else {ending})
        if libm:  # whose last bits are not the kernel's
            np.testing.assert_allclose(out.end[i], path[-1], rtol=1e-10)
        else:
            assert (out.steps[i], out.end[i].tobytes()) == (len(path) - 1, path[-1].tobytes())
    single = np.concatenate([descend(QUARTIC, method, start[None], arena=ARENA).end for start in starts])
    assert single.tobytes() == out.end.tobytes()


def schedules_at_random(name: str, seed: int) -> dict[str, Any]:
    """A schedule by name with random numbers that it takes."""
    rng, named = random.Random(f"{name} {seed}"), SCHEDULES[name]
    given: dict[str, Any] = {"schedule": name, named.base: rng.uniform(0.01, 0.4)}
    numbers = {
        "factor": rng.uniform(0.1, 1), "every": rng.randint(1, 9), "decay": rng.random(), "to": rng.uniform(0, 0.1),
        "over": rng.randint(20, 60), "power": rng.uniform(0.3, 3), "warmup": rng.randint(1, 12),
        "longer": rng.uniform(1, 3), "part": rng.uniform(0.2, 0.9), "divided": rng.uniform(1, 30),
        "final_divided": rng.uniform(1, 100), "at": sorted(rng.sample(range(40), rng.randint(1, 3))),
    }  # fmt: skip
    return given | {h.name: numbers[h.name] for h in named.own}


@pytest.mark.parametrize(
    "name", ["linear", *(pytest.param(name, marks=pytest.mark.slow) for name in SCHEDULES if name != "linear")]
)
def test_a_compiled_schedule_is_its_lines(name: str) -> None:
    """With random numbers a descent has the bits of the lines in Python; where libm has a part, all but last digits."""
    for seed in range(6):
        method = Method(learning_rate=schedules_at_random(name, seed), max_steps=50, gradient_tolerance=0.0)
        lines = method.rule.each_step
        libm = any(word in line for line in lines for word in ("exp(", "log(", "cos(", "pow("))
        starts = np.array([[-1.7], [0.3], [1.1]])
        evaluate = compile_kernel(QUARTIC, method).evaluate
        out = descend(QUARTIC, method, starts)
        for i, start in enumerate(starts):
            path, _ = descent(method, lambda x, evaluate=evaluate: evaluate(x[None])[1][0], start)
            if libm:
                np.testing.assert_allclose(out.end[i], path[-1], rtol=1e-9)
            else:
                assert out.end[i].tobytes() == path[-1].tobytes()


NAMES = ("x", "g", "lr", "v", "s", "k", "t", "gnorm", "a", "b")


@cache
def formulas(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Random values of a line, none of which grows fast or divides by what may be 0."""
    atoms = st.sampled_from(names) | st.sampled_from(["0.5", "2", "0.25", "pi"])
    unary = (
        "-({})",
        "abs({})",
        "tanh({})",
        "sin({})",
        "sqrt(abs({}))",
        "({})**2",
        "({})**3",
        "(1 + abs({}))**k",
        "({})**floor(2 + k)",
        "sign({})",
        "exp(-abs({}))",
        "floor({})",
    )
    binary = ("({}) + ({})", "({}) - ({})", "({})*({})", "({})/(1 + abs({}))", "min({}, {})", "max({}, {})")

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return (
            st.builds(str.format, st.sampled_from(unary), inner)
            | st.builds(str.format, st.sampled_from(binary), inner, inner)
            | st.builds("where((({}) < ({})) and (({}) > 0.1), {}, {})".format, inner, inner, inner, inner, inner)
        )

    return st.recursive(atoms, larger, max_leaves=6)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """Random rules: state v and s, both shared or not as their lines have it, and names assigned twice."""
    known: tuple[str, ...] = ("x", "g", "lr", "v", "s", "k", "t", "N", "gnorm")
    lines = []
    for name in draw(st.lists(st.sampled_from(("a", "b", "v", "s")), min_size=1, max_size=5)):
        shared = draw(st.booleans())
        values = formulas(tuple(n for n in known if n in ("lr", "k", "t", "s", "gnorm")) if shared else known)
        lines.append(f"{name} = 0.5*({draw(values)})")
        known = (*known, name)
    lines.append(f"x = x - lr*tanh({draw(formulas(known))}) - 0.01*g")
    lines += [
        f"{name} = tanh({name})" for name in ("v", "s") if not any(line.startswith(f"{name} =") for line in lines)
    ]
    return own(*lines, state={"v": 0.25, "s": "k"}, parameters={"k": 0.75})


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(rules())
def test_lines_do_what_the_text_says(rule: dict[str, Any]) -> None:
    """In any order, and fused, the lines have the values of the text in Python's own arithmetic, but for rounding."""
    check_lines(rule)


@pytest.mark.slow
@settings(max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
@given(rules())
def test_lines_of_thousands_of_rules_do_what_their_text_says(rule: dict[str, Any]) -> None:
    """The same for three thousand."""
    check_lines(rule)


def check_lines(rule: dict[str, Any]) -> None:
    """Four updates by the lines end where those by the text do."""

    def gradient(x: np.ndarray) -> np.ndarray:
        return np.sin(2 * x) + x / 4

    start, steps = np.array([0.7, -1.3, 0.0]), 4
    method = Method(rule=rule, learning_rate=0.1, max_steps=steps)
    state = {"v": np.full(3, 0.25), "s": 0.75, "k": 0.75, "lr": 0.1}
    mine, texts = (
        list(path)
        for path in (run_lines(method, gradient, start), run_text(rule["update"], gradient, start, steps, **state))
    )
    for one, other in zip(mine, texts, strict=True):
        close = np.abs(one["x"] - other["x"]) < 1e-9
        if not close.all():  # a condition or a floor on an edge, which rounding decides
            edges = any(word in line for line in rule["update"] for word in ("where", "sign", "floor", "min", "max"))
            assert edges, rule
            return


REFUSED = [
    (own("v = v + g", state={"v": 0}), "the rule assigns nothing to x"),
    (own("x = x - lr*v"), '"v" is not defined; name it under state or parameters, or assign it in a line before'),
    (own("x = x - lr*gg"), 'did you mean "g"'),
    (own("x = x - lr*g", state={"v": 0}), 'state "v" is never assigned'),
    (own("x = x - lr*g", parameters={"beta": 0.9}), 'parameter "beta" occurs in no line'),
    (own("g = 2*g", "x = x - lr*g"), "assigns g, which is given"),
    (own("x = x - lr*g", state={"x": 0}), 'state "x" is a reserved name'),
    (own("v = g", "x = x - v", state={"v": 0}, parameters={"v": 1}), "is a state and a parameter"),
    (own("lambda1 = lambda", "x = x - g"), "is not one assignment"),
    (own("x = x - lr*softmax(g)"), 'no function "softmax"'),
    (own("x = x - lr*sigm(g)"), 'no function "sigm"; did you mean "sign"'),
    (own("x = x - lr*min(g)"), "min takes 2 to 8 arguments"),
    (own("x = x.real"), '"x.real" is not allowed'),
    (own("x = g[0]"), "is not allowed"),
    (own("x = x - lr*__import__('os').system('true')"), "is not allowed"),
    (own("x = open"), '"open" is not defined'),
    (own("x = (lambda: 1)()"), "is not allowed"),
    (own("x = x if g > 0 else g"), "is not allowed"),
    (own("x = g > 0"), "is not allowed"),
    (own("x = x - lr*where(g, 1, 2)"), "is no condition of where"),
    (own("x = x - lr*abs(g, x)"), "abs takes 1 argument"),
    (own("x = x - lr*abs(*g)"), "is not allowed"),
    (own("x = x - lr*max(g, key=1)"), "arguments of max stand in order, without names"),
    (own("x = x - 'lr'*g"), "is not allowed"),
    (own("x = x - True*g"), "is not allowed"),
    (own("x = x ^ 2"), r"write powers with \*\*"),
    (own("x, y = g, g"), "is not one assignment"),
    (own("x = y = g"), "is not one assignment"),
    (own("x += g"), "is not one assignment"),
    (own("x = g; y = x"), "is not one assignment"),
    (own("import os"), "is not one assignment"),
    (own("x = (y := g)"), "is not allowed"),
    (own("x = x - lr*g # no"), "plain ASCII without #"),
    (own("x = x − lr*g"), "plain ASCII"),
    (own("x = " + "-" * 300 + "g"), "too large"),
    (own("x = " + "(" * 99 + "g" + ")" * 99 + "+" + "g+" * 100 + "g"), "too large|characters"),
    (own("x = " + "g*" * 400 + "g"), "characters"),
    (own(*["x = x - lr*g"] * 41), "1 to 40 assignments"),
    (own("x = x - 1e999*g"), "larger than any number"),
    (own("schedule_to = g", "x = x - schedule_to"), "reserved"),
    (own("v = g", "x = x - lr*v", state={"v": "beta"}), 'state "v" starts at a finite number, a parameter or lr; got'),
    (own("v = g", "x = x - lr*v", state={"v": float("nan")}), "starts at a finite number"),
    (own("x = x - lr*b*g", parameters={"b": float("inf")}), 'parameter "b" is a finite number'),
    (own("x = x - lr*b*g", parameters={"b": 10**400}), 'parameter "b" is a finite number'),
    (own("v = 2*v", "x = x - v*g", state={"v": 10**400}), 'state "v" starts at a finite number'),
    (own("x = x"), "x depends on neither g nor gnorm, so that the function plays no part"),
    (own("v = g", "x = x - lr"), "x depends on neither g nor gnorm"),
    ({"update": "x = x - lr*g"}, "update of a rule is a list"),
    ({"updates": ["x = x - lr*g"]}, 'a key of rule "updates" is not one of'),
    ({"update": [3]}, "a line of a rule is a text"),
    ({"update": ["x = x - lr*g"], "state": [1]}, "are mappings"),
    ([], "rule is a mapping"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_of_the_language_is_refused(rule: Any, says: str) -> None:
    """In one sentence, which names the piece; nothing of it is ever run."""
    with pytest.raises(InputError, match=says) as caught:
        Method(rule=rule, learning_rate=0.1)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@settings(max_examples=150)
@given(st.text(max_size=40) | st.from_regex(r"x = [xglrt0-9+\-*/(). <>=,\[\]a-z_]{0,30}", fullmatch=True))
def test_any_text_is_an_assignment_or_refused(text: str) -> None:
    """Nothing but the language's own error comes of a text."""
    with contextlib.suppress(ExpressionError):
        assert statements([text])[0][0] == "x"


def test_signs_and_extremes_of_what_is_not_a_number_are_none() -> None:
    """sign, abs, min and max spread nan from either side; sign(0) is 0; where takes its last for a nan condition."""
    text = own(
        "a = min(v, 1)", "b = min(1, v)", "c = max(v, w)", "d = max(w, v)", "e = sign(v)", "f = sign(w)",
        "h = min(w, v)", "k = where(v > 0, 1, 2)", "v = v", "w = w",
        "x = x + 0*(a + b + c + d + e + f + h + k + g) + lr",
        state={"v": float(1), "w": 0},
    )  # fmt: skip
    held = next(run_lines(Method(rule=text, learning_rate=1.0, max_steps=1), lambda x: x, [0.0]))
    assert [float(held[name]) for name in "abcdefhk"] == [1, 1, 1, 1, 1, 0, 0, 1]
    text["update"].insert(0, "v = log(-1 + 0*g)")
    held = next(run_lines(Method(rule=text, learning_rate=1.0, max_steps=1), lambda x: x, [0.0]))
    assert [np.isnan(held[name]).all() for name in "abcdefhk"] == [True] * 5 + [False, True, False]
    assert (held["f"], held["k"]) == (0, 2)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 7, 64, 65, 101, -1, -3, -66, 0.5, 1.5, -0.5, 2.25, 1e6])
def test_a_power_of_what_is_negative_is_that_of_its_whole_exponent(exponent: float) -> None:
    """Written as a number, given as a parameter, or computed: NumPy's, which is none where the exponent is broken."""
    base = np.array([-3.7, -2.0, -1.0, -0.5, 0.5, 1.0, 1.5])
    with np.errstate(all="ignore"):
        expected = base**exponent
    for power, numbers in (
        (f"g**({exponent!r})", {}),
        ("g**p", {"p": exponent}),
        ("pow(g, p + t)", {"p": exponent}),
    ):
        method = Method(rule=own(f"x = {power} + 0*g", parameters=numbers), max_steps=1)
        np.testing.assert_allclose(next(run_lines(method, lambda _: base, base))["x"], expected, rtol=1e-9)


def test_a_compiled_power_is_that_of_the_text() -> None:
    """One kernel for all numbers; a descent whose gradients are negative does not end as not finite."""
    starts, bowl = np.array([[-3.7], [-0.5], [0.5], [1.5]]), Objective.from_expression("x**2/2", ["x"])
    for exponent in (2.0, 3.0, -1.0):
        rule = own("x = x - lr*g**p", parameters={"p": exponent})
        method = Method(rule=rule, learning_rate=0.1, max_steps=1, gradient_tolerance=0.0)
        out = descend(bowl, method, starts)
        assert set(out.ending) == {"step_limit"}
        np.testing.assert_allclose(out.end, starts - 0.1 * starts**exponent, rtol=1e-12)


def test_rates_may_alternate() -> None:
    """A whole power of a negative number is a number at every step."""
    method = Method(learning_rate={"formula": "0.01*(1 + 0.5*(-1)**t)"}, max_steps=6)
    assert rates(method.rate, 6, np.arange(6)).tolist() == [0.015, 0.005] * 3


def test_a_power_of_what_is_not_negative_does_not_ask() -> None:
    """Of sizes, of the rate, and of numbers of a schedule or a rule that have no negative values."""
    for rule in (
        own("x = x - lr*abs(g)**p", parameters={"p": 1.5}),
        own("x = x - lr*gnorm**t*g"),
        own("x = x - g*lr**t"),
    ):
        lines = Method(rule=rule, learning_rate=0.1).rule
        assert not any("< 0" in line for line in (*lines.each_step, *lines.update))
    decay = Method(learning_rate={"schedule": "exponential", "from": 0.1, "factor": 0.9})
    assert decay.rule.each_step == (
        "c1 = t / schedule_every",
        "lr = learning_rate * select((c1 == 0.0), 1.0, exp(c1 * log(schedule_factor)))",
    )


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (own("y = 0.9*y + g", "x = x - lr*y", state={"y": 0}), "y"),
        (own("x = x - lr*y*g", parameters={"y": 2.0}), "y"),
        (own("x = x - lr*g", "y = 0.5*x"), "y"),  # as if a line of x moved the other coordinate
    ],
)
def test_a_rule_with_the_name_of_a_variable_is_refused(rule: dict[str, Any], name: str) -> None:
    """Whatever it names so; of a function of other variables it is a rule like any."""
    with pytest.raises(InputError, match=f'rule has the name "{name}", which is a variable of the function'):
        Method(rule=rule, learning_rate=0.1).on(("x", "y"))
    assert Method(rule=rule, learning_rate=0.1).on(("x", "z"))
