"""Descents in JavaScript are those of the study: same ends, steps, endings, norms, values and periods, bit for bit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multistart.box import Box
from multistart.descents import orbits, recurrence
from multistart.descents.descend import descend
from multistart.descents.outcomes import RESTING
from multistart.descents.trace import trace_states
from multistart.errors import MultistartError
from multistart.functions.objective import Objective, named
from multistart.kernels import rows
from multistart.kernels.compiled import LOOP_TEXT
from multistart.kernels.javascript import imports, objective_script, rule_script
from multistart.kernels.javascript.modules import EXPORTS, FOLDER
from multistart.kernels.javascript.of_objective import _script
from multistart.kernels.javascript.printing import EXACT, PLAIN
from multistart.kernels.source import write
from multistart.methods import RULES, SCHEDULES, Method
from multistart.methods.endings import ENDINGS
from multistart.methods.gradient_descent import ROUNDING
from multistart.minima import Tolerances, certify_minima, find_minima, label, trapped_in
from multistart.minima.basin import position_tolerance, value_slack
from multistart.minima.polish import MAX_STEP
from multistart.proofs import certify
from tests.javascript import run
from tests.javascript_descents import Case, assert_same, in_node
from tests.plain_kernel import names_in_text, to_the_bit
from tests.random_formulas import formula
from tests.test_rule_language import ALL, COMPILED, QUARTIC, own, rules, schedules_at_random

WELL, PEAKS = named("double_well"), named("peaks")
LINE = np.linspace(-2.6, 2.6, 27)[:, None]
ARENA = Box({"x": (-2.5, 2.5)})
#: A polynomial in the plane, and one in space with a product in it; numbers of a parameter.
BOWL = Objective.from_expression("(x**2 + y - 3)**2/8 + x*y/4 + y**2", ["x", "y"])
SPACE = Objective.from_expression("x**4/4 + y**2 + z**2*(1 + x*y/9) + x*z/2", ["x", "y", "z"])
FAMILY = Objective.from_expression(
    "a*x**2*(1 + y**2) + exp(-b*a*y) + log(2 + cos(b))*x", ["x", "y"], {"a": 0.7, "b": 1.1}
)


def inside(objective: Objective, n: int, seed: int = 1) -> np.ndarray:
    """Points of the usual box of an objective, or of a box of six units where it has none."""
    rng, box = np.random.default_rng(seed), objective.domain
    low, width = (box.low, box.width) if box else (-3.0, 6.0)
    return low + width * rng.random((n, objective.dimensions))


def widened(objective: Objective, by: float = 1.0) -> Box:
    """The usual box, wider by so many of its widths on each side."""
    box = objective.domain
    assert box is not None
    ends = zip(objective.variables, box.low - by * box.width, box.high + by * box.width, strict=True)
    return Box({name: (low, high) for name, low, high in ends})


def test_descents_have_the_bits_of_the_compiled_kernel() -> None:
    """Of peaks, of a line with cycles, chaos and balls, and of rules whose rates change: every start's every bit."""
    certificate = certify(WELL, ARENA, shells=True)
    starts = np.append(LINE, [-2.5, 2.5, 0.3])[:, None]  # two on the faces of the arena
    peaks = (Method(learning_rate=rate, max_steps=200) for rate in (0.05, 0.2))
    cases = [Case(PEAKS, method, inside(PEAKS, 50), widened(PEAKS)) for method in peaks]
    rates = ((1.25, 2000), (1.31, 300), (1.45315558364575432, 300), (1.0, 300), (2.2, 300), (1.6, 600), (1.7, 100))
    rates += ((1.1, 30), (1.28, 100), (0.3, 19))  # not yet on its cycle; hardly; at rest at its last update
    cases += [Case(WELL, Method(learning_rate=rate, max_steps=n), starts, ARENA) for rate, n in rates]
    free = (Method(learning_rate=rate, gradient_tolerance=0.0, max_steps=200) for rate in (0.3, 0.9999, 1.29))
    cases += [Case(WELL, method, LINE) for method in free]
    heavy = ((0.2, 0.8, 600), (1.6, 0.1, 600), (0.9 * 1.99, 0.99, 100), (0.999 * 1.9, 0.9, 30))
    near = np.append(starts, np.linspace(0.99, 1.01, 5))[:, None]  # as momentum rolls in, neighbours part at first
    cases += [Case(WELL, Method("heavy_ball", learning_rate=r, momentum=m, max_steps=n), near) for r, m, n in heavy]
    certified = (
        Method(learning_rate=0.3, stopping="certified"),
        Method("heavy_ball", learning_rate=0.3, momentum=0.4, stopping="certified"),
    )
    dense = np.linspace(-2.5, 2.5, 801)[:, None]  # some enter a ball just inside its edge
    cases += [Case(WELL, method, dense, ARENA, certificate) for method in certified]
    seen = assert_same(cases + [Case(QUARTIC, method, LINE, ARENA) for method in COMPILED])
    assert seen == set(ENDINGS) - {"stopped", "undecided"}


def test_what_descents_are_judged_by_is_the_same_in_both() -> None:
    """Every number of the stopping rule, of orbits and of recurrence, and the endings in their order."""
    low = 2.0**-1022
    of_python = {
        "walk.js": {"LOOK": rows.LOOK, "COMES_BACK": loop_constants()["CYCLE"], "LAST_BITS": 4 * 2.0**-52},
        "orbits.js": {
            **{name: getattr(orbits, name) for name in ("FALLS", "LONGEST", "APART", "UPDATES", "AGAIN", "LATER")},
            **{"FAST": orbits.FAST, "PARTS": orbits.PARTS, "WATCHES": list(orbits.WATCHES), "PUT_BACK": orbits.LOOKS},
            **{"LEAST_MOVE": recurrence.LEAST, "ARRIVED": recurrence.THERE, "LEAST_NORMAL": low},
        },
        "recurrence.js": {
            **{name: getattr(recurrence, name) for name in ("BACK", "NEARLY", "ROUNDED", "STRETCHES", "WIDER")},
            **{"ON_CYCLE": recurrence.THERE, "LEAST_EXTENT": recurrence.LEAST},
        },
        "descent.js": {"POLISHED": 2 * MAX_STEP, "ROUNDING": ROUNDING, "RESTING": None},
    }
    there = constants(*of_python)
    for module, expected in of_python.items():
        found = there[module]
        for name, value in expected.items():
            assert value is None or found[name] == value, (module, name)
        assert not set(found) - set(expected) - NO_DECISION[module], module
    walk = there["walk.js"]
    assert walk["ENDINGS"] == list(ENDINGS)
    codes = {name.lower(): code for name, code in walk.items() if name.lower() in ENDINGS}
    assert len(codes) == 7
    assert all(ENDINGS[code] == name for name, code in codes.items())


#: Constants that decide nothing, or are held to their counterparts elsewhere.
NO_DECISION = {
    "walk.js": {"ENDINGS", "GOING", *map(str.upper, ENDINGS)},
    "orbits.js": set(),
    "recurrence.js": {"AT_ONCE"},
    "descent.js": {"FEW_POINTS", "NO_BASIN", "NOT_TOLD", "TRACE"},
}


def constants(*modules: str) -> dict[str, dict[str, Any]]:
    """The constants of modules of JavaScript, by module and name."""
    written = []
    for module in modules:
        found = re.findall(r"^(?:export )?const ([A-Z_]+) = ([^;]*);", (FOLDER / module).read_text(), re.M)
        written.append(f'"{module}": {{ {", ".join(f"{name}: {value}" for name, value in found)} }}')
    made: Any = run(f"give({{ {', '.join(written)} }});")
    return made


def loop_constants() -> dict[str, Any]:
    """Those of the loop, whose module is text that is compiled."""
    return {name: float(value) for name, value in re.findall(r"^([A-Z]+) = (\d+)", LOOP_TEXT.read_text(), re.M)}


#: All built-in rules, some with their flags, and rates that change or are of each variable; few updates, by Python.
EVERY = [Method(name, learning_rate=0.02, max_steps=12, gradient_tolerance=0.9) for name in RULES]
EVERY += [
    Method("rmsprop", centered=True, momentum=0.5, eps_inside=True, learning_rate=0.02, max_steps=12),
    Method("amsgrad", max_corrected=True, eps_hat=True, learning_rate=0.02, max_steps=12),
    Method("nesterov", learning_rate={"schedule": "one_cycle", "peak": 0.1}, max_steps=20, gradient_tolerance=0.5),
    Method("rprop", learning_rate={"x": 0.1, "y": 0.03}, max_steps=20),
    Method(learning_rate={"formula": "0.2*(1 - t/N)**1.5"}, max_steps=20),
    Method(learning_rate=0.9, max_steps=60),
    Method("adam", learning_rate=0.2, max_steps=60, gradient_tolerance=0.4),
    Method(learning_rate=0.2, max_steps=60, gradient_tolerance=0.1),
    Method("heavy_ball", learning_rate=0.02, precondition=(2.0, 0.5), max_steps=60, gradient_tolerance=0.1),
]


def test_every_rule_has_the_bits_of_its_kernels_text() -> None:
    """The 22 built-in rules, flags, schedules, a formula of the rate, rates of each variable, in two dimensions."""
    box = Box({"x": (-4, 4), "y": (-4, 4)})
    with to_the_bit():
        seen = assert_same([Case(BOWL, method, inside(BOWL, 1), box) for method in EVERY])
    assert seen >= {"converged", "visited", "step_limit", "left_arena"}


def test_free_parameters_space_and_conditions_have_the_bits_of_the_kernels_text() -> None:
    """One script for all numbers of a formula's parameters; three dimensions; where a formula is not defined."""
    method = Method("heavy_ball", learning_rate=0.05, max_steps=30, gradient_tolerance=1e-3)
    other = FAMILY.with_parameters(a=1.5, b=-0.4)
    assert objective_script(other) == objective_script(FAMILY)
    cases = [Case(f, method, inside(f, 3)) for f in (FAMILY, other, SPACE)]
    for text in ("x + 0*log(x)", "sqrt(x)*sqrt(x)", "x**2/x", "tanh(log(x)) + x**1.5", "asin(1 - x) + acos(1 - x) - x"):
        points = np.array([[0.0], [-0.3], [0.4], [1.7], [np.inf]])
        cases.append(Case(Objective.from_expression(text, ["x"]), Method(learning_rate=0.1, max_steps=9), points))
    with to_the_bit():
        assert "nonfinite" in assert_same(cases)


def test_chaos_of_a_rule_that_never_rests_is_not_called_bounded() -> None:
    """It would end where it passes a small gradient: the kernel's judgement, and so that of JavaScript."""
    chaos = Method(rule=own("x = x - lr*max(g, -9)"), learning_rate=1.31, max_steps=40)
    with to_the_bit():
        assert assert_same([Case(WELL, chaos, np.array([[0.3], [0.9]]))]) == {"step_limit"}


def random_cases(rules_: list[dict[str, Any]], seed: int) -> list[Case]:
    """Random formulas under random rules and schedules, each in its arena."""
    rng, cases = np.random.default_rng(seed), []
    for k, rule in enumerate(rules_):
        made = formula(f"JavaScript {seed} {k}")
        rate = schedules_at_random(rng.choice(list(SCHEDULES)), seed + k) if k % 4 == 1 else 10 ** rng.uniform(-3, 0)
        box = Box({name: (-rng.uniform(2, 9), rng.uniform(2, 9)) for name in made.variables})
        try:
            objective = Objective.from_expression(made.text, made.variables, made.parameters)
            method = Method(rule=rule, learning_rate=rate, max_steps=25, gradient_tolerance=0.05)
        except MultistartError:
            continue
        if "platformDependent: []" in objective_script(objective):  # pow is the platform's
            cases.append(Case(objective, method, rng.uniform(-2, 2.5, (3, len(made.variables))), box))
    return cases


@settings(max_examples=1, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(rules(), min_size=8, max_size=8))
def test_random_formulas_under_random_rules_have_the_bits_of_the_kernels_text(rules_: list[dict[str, Any]]) -> None:
    """Eight pairs of a formula of the whole grammar and a rule of the whole language."""
    with to_the_bit():
        assert_same(random_cases(rules_, 1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_hundreds_of_random_formulas_under_random_rules_have_the_bits_of_the_kernels_text(seed: int) -> None:
    """Four hundred pairs."""

    @settings(max_examples=1, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(rules(), min_size=40, max_size=40))
    def same(rules_: list[dict[str, Any]]) -> None:
        with to_the_bit():
            assert_same(random_cases(rules_, seed))

    same()


FIVE = [
    Method(learning_rate=0.01),
    Method("heavy_ball", learning_rate=0.005),
    Method("nesterov", learning_rate=0.005),
    Method("rmsprop", learning_rate=0.01),
    Method("adam", learning_rate=0.05),
]
FOUR_HUNDRED = [
    PEAKS, named("himmelblau"), named("rastrigin"), WELL,
    Objective.from_expression("log(1 + x**2 + 2*y**2) + tanh(x - y) + (x*y)**2/9", ["x", "y"]),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("objective", FOUR_HUNDRED, ids=["peaks", "himmelblau", "rastrigin", "double_well", "log_tanh"])
def test_four_hundred_descents_of_five_functions_have_the_bits_of_the_kernel(objective: Objective) -> None:
    """By five rules each, compiled, in an arena wider than the domain by its width, and at a rate that is too large."""
    box = widened(objective) if objective.domain else Box(dict.fromkeys(objective.variables, (-9, 9)))
    points = inside(objective, 400)
    cases = [Case(objective, method, points, box) for method in FIVE]
    assert_same([*cases, Case(objective, Method(learning_rate=0.3, max_steps=400), points, box)])


@pytest.mark.slow
@pytest.mark.parametrize("method", ALL, ids=lambda method: method.rule.title)
def test_every_compiled_rule_has_the_bits_of_the_kernel(method: Method) -> None:
    """All built-in rules on a line, compiled."""
    assert_same([Case(QUARTIC, method, LINE, ARENA)])


def test_a_run_has_every_point_norm_and_state_of_the_descent() -> None:
    """As traced by the kernel; in one go, resumed update by update, or without a record: the same run."""
    case = Case(QUARTIC, COMPILED[0], np.array([[1.9]]), ARENA)
    points, state = trace_states(QUARTIC, COMPILED[0], case.starts[0], arena=ARENA)
    whole, parts, bare = in_node(
        case,
        """
      const parts = [];
      let run = descend(problem, starts[0], { upTo: 7 });
      parts.push([run.ending, run.steps]);
      while (run.ending === "going") run = resume(problem, run, 13);
      const whole = descend(problem, starts[0]);
      const same = Object.keys(whole).filter((key) => key !== "trace" && String(whole[key]) !== String(run[key]));
      const { trace, ...bare } = descend(problem, starts[0], { record: false });
      give([whole, [parts, same], bare]);
    """,
    )
    rows = np.column_stack([points, *(state[s.name] for s in COMPILED[0].rule.state)])
    assert whole["points"].tobytes() == points.tobytes()
    assert whole["states"].tobytes() == rows.tobytes()
    norms = np.abs(QUARTIC.gradient(points)[:, 0])
    np.testing.assert_allclose(whole["norms"], norms, rtol=1e-9, atol=1e-12)
    assert parts == [[["going", 7]], []]
    assert (bare["points"], bare["norms"], bare["states"]) == (None, None, None)
    assert (bare["end"].tobytes(), bare["steps"]) == (points[-1].tobytes(), len(points) - 1)


def test_a_run_in_a_cycle_goes_on_beyond_the_limit() -> None:
    """By as many updates as are asked for, each a step of the cycle; what has come to rest does not."""
    case = Case(WELL, Method(learning_rate=1.25, max_steps=500), np.array([[0.3]]))
    ending, period, after, points, same = in_node(
        case,
        """
      const run = judge(problem, descend(problem, starts[0]));
      const more = resume(problem, run, 8);
      const rests = descend({ ...problem, tolerance: 9 }, starts[0]);
      give([run.ending, run.period, [more.ending, more.steps], more.points, resume(problem, rests, 5) === rests]);
    """,
    )
    assert (ending, period, after, same) == ("cycle", 4, ["going", 508], True)
    np.testing.assert_allclose(points[-1], points[-5], rtol=1e-9)
    assert abs(points[-1] - points[-3]) > 1e-3


def test_the_norm_of_a_gradient_has_the_kernels_bits_at_all_sizes() -> None:
    """Also where its square would be rounded away, or has no room; not a number where a component is not."""
    rng = np.random.default_rng(2)
    g = rng.normal(size=(300, 3)) * 10.0 ** rng.integers(-320, 308, (300, 1))
    g[:6] = [[0, 0, 0], [np.inf, 1, 0], [np.nan, 1, 2], [5e-324, 0, 0], [1e308, 1e308, 1e308], [-0.0, 3e200, -4e200]]
    with to_the_bit(), np.errstate(all="ignore"):
        norm = names_in_text(write(SPACE, Method().rule).text)["norm_of"]
        expected = np.array([norm(*each) for each in g])
    found = in_node(
        Case(SPACE, Method(), np.zeros((0, 3))),
        "give(Float64Array.from({ length: 300 }, (_, i) => problem.objective.exact.norm(given.g.subarray(3 * i))));",
        g=g.ravel(),
    )
    np.testing.assert_array_equal(found, expected)
    assert (expected[6:] > 0).all()


def test_the_velocity_is_the_step_without_the_gradient() -> None:
    """Of a heavy ball -rate*momentum*b; of a rule without state none; of Adam what its means alone would do."""
    row = np.array([0.5, 3.0])
    heavy = Case(WELL, Method("heavy_ball", learning_rate=0.1, momentum=0.7), row[:1, None])
    script = "give(problem.rule.velocity(given.row, 3, problem.hyper));"
    np.testing.assert_allclose(in_node(heavy, script, row=row), [-0.1 * 0.7 * 3.0], rtol=1e-12)
    assert in_node(Case(WELL, Method(), row[:1, None]), script, row=row) is None
    adam = Method("adam", learning_rate=0.1)
    m, v, p, q = 0.2 * 0.9, 0.04 * 0.999, 0.5 * 0.9, 0.9 * 0.999
    found = in_node(Case(WELL, adam, row[:1, None]), script, row=np.array([0.5, 0.2, 0.04, 0.5, 0.9]))
    np.testing.assert_allclose(found, [-0.1 * (m / (1 - p)) / (np.sqrt(v / (1 - q)) + 1e-8)], rtol=1e-7)


def test_critical_rates_are_those_of_the_study() -> None:
    """Of every built-in rule the same number in Python and JavaScript, none where it is not known."""
    curvature = np.array([1e-9, 0.3, 4.0, 77.7, 0.0, -1.0])
    methods = [Method(learning_rate={"x": 0.1})]
    for name, entry in RULES.items():
        given = {"learning_rate": 0.1, **({"eps": 0.3} if "eps" in entry.settings else {})}
        methods += [Method(name, **given, **{f.name: yes for f in entry.flags}) for yes in (False, True)]
    scripts = [rule_script(method.rule, 1) for method in methods]
    found: Any = run(
        "\n".join(imports(*scripts, folder="./kernels/javascript"))
        + f"const rules = [{', '.join(scripts)}];"
        + "give(rules.map((rule, k) => given.curvature.map((c) => rule.critical(c, given.hyper[k]) ?? NaN)));",
        given={"curvature": curvature, "hyper": [method.on(("x",)).in_kernel(1) for method in methods]},
    )
    for method, rates in zip(methods, found, strict=True):
        np.testing.assert_array_equal(rates, method.critical_learning_rate(curvature), err_msg=method.describe())


def test_the_basin_of_a_run_is_the_studys_label_or_not_told() -> None:
    """Where an end is near a minimum, in its ball, or far from all; not told, and never wrong, where it is polished."""
    box, seen = Box({"x": (-2, 2)}), set()
    found = find_minima(WELL, np.array([[-1.0], [1.0]]), box)
    minima = certify_minima(WELL, found, certify(WELL, ARENA), box)
    listed = [
        {"at": at, "value": value, "ball": radius > 0 and {"center": at, "radius": radius, "curvature": curvature}}
        for at, value, radius, curvature in zip(
            minima.location.tolist(), minima.value.tolist(), minima.attraction_radius.tolist(),
            minima.attraction_curvature.tolist(), strict=True,
        )
    ]  # fmt: skip
    slack = value_slack(WELL, minima.location, minima.value, box, Tolerances())
    tolerances = {"position": position_tolerance(box, Tolerances()), "low": box.low, "width": box.width, "value": slack}
    script = """
      const { each, minima, tolerances } = given;
      const basin = (problem, x) => basinOf(judge(problem, descend(problem, x)), minima, tolerances, problem);
      give(each.map((numbers) => starts.map((x) => basin({ ...problem, ...numbers }, x))));
    """
    starts = np.append(np.linspace(-2.4, 2.4, 30), [0.0, 1.0])[:, None]
    descent = [Method(learning_rate=0.3, gradient_tolerance=tolerance) for tolerance in (1e-8, 1e-3, 0.1)]
    heavy = [Method("heavy_ball", learning_rate=0.2, momentum=0.8, gradient_tolerance=t) for t in (1e-8, 1e-3, 0.1)]
    for methods in ([*descent, Method(learning_rate=1.25, max_steps=300)], heavy):
        each = [Case(WELL, method, starts) for method in methods]
        numbers = [case.numbers for case in each]
        codes = np.array(in_node(each[0], script, each=numbers, minima=listed, tolerances=tolerances))
        for method, there in zip(methods, codes, strict=True):
            out = descend(WELL, method, starts)
            rests = np.isin(out.ending_code, RESTING)
            expected = np.where(rests, trapped_in(out.end, minima, method), -1)
            rest = rests & (expected < 0)
            expected[rest] = label(WELL, out.end[rest], minima, box)
            assert ((there == expected) | (there == -2)).all(), method.describe()
            seen |= set(there.tolist())
            assert (there == -2).any() == (method.optimizer == "heavy_ball" and method.gradient_tolerance > 1e-8)
    assert seen == {-2, -1, 0, 1}


def test_plain_arithmetic_is_off_by_rounding_alone() -> None:
    """Of values, gradients and ends on peaks."""
    method = Method("heavy_ball", learning_rate=0.01, max_steps=200)
    case = Case(PEAKS, method, inside(PEAKS, 20), widened(PEAKS))
    plain, exact = in_node(case, """
      give([false, true].map((exact) => starts.map((x) => {
        const [arithmetic, g] = [exact ? problem.objective.exact : problem.objective.plain, new Float64Array(2)];
        const defined = arithmetic.gradient(x, problem.numbers, g);
        const run = descend(problem, x, { exact, record: false });
        return [...g, arithmetic.value(x, problem.numbers), run.steps, run.value, ...run.end, Number(defined)];
      })));
    """)  # fmt: skip
    np.testing.assert_allclose(plain, exact, rtol=1e-9, atol=1e-9)
    assert plain != exact


def test_a_script_is_kept_and_made_anew_where_its_entry_is_damaged(tmp_path: Path) -> None:
    """What was tampered with never gets into a page; what is kept needs no SymPy."""
    script = objective_script(QUARTIC, tmp_path)
    (entry,) = (tmp_path / "scripts").iterdir()
    _script.cache_clear()
    with mock.patch("multistart.kernels.javascript.of_objective._written", side_effect=AssertionError("made anew")):
        assert objective_script(QUARTIC, tmp_path) == script
    entry.write_text(entry.read_text().replace("gradient(x", "gradient(y"))
    _script.cache_clear()
    assert objective_script(QUARTIC, tmp_path) == script


def test_only_lines_of_a_kernel_are_printed() -> None:
    """What no kernel has is no JavaScript either, and no operation changes its place."""
    for text in (
        "x.constructor",
        "open(x)[0]",
        "x if y",
        "[x]",
        "lambda: x",
        "'a'",
        "f(x, y=1)",
        "x ** 2",
        "a < b < c",
    ):
        with pytest.raises((AssertionError, SyntaxError)):
            EXACT.expression(text)
    printed = [
        PLAIN.expression(text) for text in ("a - (b - c)", "(a - b) - c", "-(a*b)", "a/(b/c)", "-(-a)", "a*(b + c)")
    ]
    assert printed == ["a - (b - c)", "a - b - c", "-(a * b)", "a / (b / c)", "-(-a)", "a * (b + c)"]
    assert (
        EXACT.expression("fma(-(2.0*a), 1e-07, (b if c > 0.0 else -1e+300))")
        == "fma(-(2 * a), 1e-07, c > 0 ? b : -1e+300)"
    )


def test_every_name_that_scripts_read_is_exported() -> None:
    """By the module that the table says."""
    for module, names in EXPORTS.items():
        text = (FOLDER / module).read_text()
        assert all(f"export function {name}(" in text for name in names), module
