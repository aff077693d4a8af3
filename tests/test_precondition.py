"""Steps in units of widths against descents of the function in these units, and rates for each variable."""

import numpy as np
import pytest

from multistart import Box, Method, Objective, descend, draw
from multistart.config import read_config
from multistart.dynamics.map import RuleMap
from multistart.errors import ConfigError, InputError
from multistart.methods import RULES, SCHEDULES, Entry
from multistart.methods.precondition import preconditioned
from multistart.reachability import prove_shares
from multistart.study import load_study, storage

from . import staged
from .plain_kernel import plainly

WIDTHS = (0.5, 16.0)
IN_X = Objective.from_expression("(x**2 - 1)**2 + 3*(y/8 - 2)**2*x**2 + y/16", ["x", "y"])
#: The same function of z = x / 0.5 and y / 16, by hand: powers of two are exact.
IN_Z = Objective.from_expression("((z/2)**2 - 1)**2 + 3*(2*u - 2)**2*(z/2)**2 + u", ["z", "u"])
STARTS = draw("uniform", Box({"x": (-2, 2), "y": (0, 40)}), count=200, seed=1)
#: What each rule needs besides, to stay where numbers are usual.
SHORT = {"max_steps": 60, "gradient_tolerance": 0.0}
COSINE = {"schedule": "cosine", "from": 0.02, "to": 0.001}
BOWL = Objective.from_expression("(x - 1)**2 + (y/100 - 2)**2 + x*y/400", ["x", "y"])


def cases():
    """Every rule at a constant rate, where it has one, and under a schedule."""
    for name, entry in RULES.items():
        for rate in (0.02, COSINE) if "learning_rate" in entry.settings else (None,):
            given = {} if rate is None else {"learning_rate": rate}
            yield pytest.param(name, given, id=f"{name}-{'cosine' if rate is COSINE else rate}")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "given"), list(cases()))
def test_descents_have_the_bits_of_the_function_in_these_units(name, given):
    """Of every rule, at a constant rate and under a schedule, with its state and the norm of the gradient in z."""
    assert_bits_in_these_units(name, given, STARTS)


@pytest.mark.parametrize("name", ["clipped", "adam"])
def test_the_lines_of_descents_have_these_bits(name):
    """The same of what is compiled, run by Python."""
    with plainly():
        assert_bits_in_these_units(name, {"learning_rate": 0.02}, STARTS[:8])


def assert_bits_in_these_units(name, given, starts):
    method, plain = (Method(name, precondition=widths, **given, **SHORT) for widths in (WIDTHS, None))
    one, other = descend(IN_X, method, starts), descend(IN_Z, plain, starts / WIDTHS)
    moderate = np.isfinite(other.end).all(axis=1) & (np.abs(other.end) < 1e300).all(axis=1)
    assert moderate.any()
    np.testing.assert_array_equal(one.end[moderate], other.end[moderate] * WIDTHS)
    np.testing.assert_array_equal(one.value[moderate], other.value[moderate])


@pytest.mark.parametrize("name", ["heavy_ball", "gradient_descent"])
def test_linear_rules_have_the_rate_of_each_variable_times_its_width_squared(name):
    """In exact arithmetic they are the same methods; and they stop by the gradient of x, and by steps as short."""
    each = {"x": 0.05, "y": 0.05 * 64.0**2}
    with plainly():
        one, other = (
            descend(BOWL, Method(name, learning_rate=rate, precondition=widths, gradient_tolerance=1e-6), STARTS[:3])
            for rate, widths in ((0.05, (1.0, 64.0)), (each, None))
        )
    np.testing.assert_allclose(one.end, other.end, rtol=1e-12)
    np.testing.assert_array_equal(one.ending, "converged")
    np.testing.assert_array_equal(one.steps, other.steps)
    slope = np.linalg.norm(BOWL.gradient(one.end), axis=1)
    assert slope.max() <= 1.0001e-6
    assert one.gradient_norm == pytest.approx(slope)


def test_other_widths_compile_nothing_and_a_rule_without_them_is_as_it_was():
    """Widths are numbers of the kernel; without any there is none of their lines."""
    one, other = (Method(learning_rate=0.1, precondition=widths) for widths in ((2.0, 4.0), (8.0, 0.25)))
    assert one.rule.identity == other.rule.identity
    assert one.identity != other.identity
    assert Method(learning_rate=0.1).rule.update == ("x = fma(-learning_rate, g, x)",)


def test_a_rule_of_ones_own_takes_them_and_its_names_do_not_meet_theirs():
    """x and g are replaced wherever they stand; a parameter of their names is refused."""
    own = {"update": ["x = x - lr*(g + decay*x)"], "parameters": {"decay": 0.5}}
    lines = preconditioned(Method(rule=own, learning_rate=0.1).rule).update
    assert sum("x" in line.replace("max", "").split() for line in lines) == 2
    with pytest.raises(InputError, match='"domain_width" is a reserved name'):
        Method(rule={"update": ["x = x - lr*domain_width*g"], "parameters": {"domain_width": 1}}, learning_rate=0.1)


def test_the_map_of_an_update_is_that_of_the_kernel():
    """Cycles and exponents are told of the same map: its step is one update, up to rounding."""
    method = Method("clipped", learning_rate=0.02, precondition=WIDTHS)
    with plainly():
        update = RuleMap.of(IN_X, method)
        rows = update.first(STARTS[:50])
        np.testing.assert_allclose(update.step(rows), update.orbit(rows, 1)[1], rtol=1e-12)


def test_critical_rates_are_where_descents_stop_settling(tmp_path):
    """In basins.csv: just below the rate descents beside the minimum come back to it, just above they do not."""
    method = {"optimizer": "gradient_descent", "learning_rate": 0.01, "precondition": "domain", "max_steps": 3000}
    study = load_study({
        "study": "pre", "objective": {"expression": "(x - 1)**2 + (y/100 - 2)**2 + x*y/400", "variables": ["x", "y"]},
        "domain": {"x": [-2, 2], "y": [0, 500]}, "starts": {"design": "grid", "per_axis": 4}, "methods": {"gd": method},
        "certificate": {"max_boxes": 500},
    })  # fmt: skip
    assert study.method("gd").precondition == (4.0, 512.0)
    assert "in units of (4, 512)" in study.method("gd").describe()
    table = storage.read_csv(staged.run(study, tmp_path, together=True) / "basins.csv")
    assert len(table) == 1
    (critical,) = table["critical_learning_rate"]
    beside = table[["x", "y"]].to_numpy() + np.array([[0.01, 1.0]])
    arena = study.domain.widened(1.0)
    ends = [
        descend(BOWL, Method(learning_rate=part * critical, precondition=(4.0, 512.0), max_steps=20_000), beside,
                arena=arena).ending[0]
        for part in (0.98, 1.02)
    ]  # fmt: skip
    assert ends == ["converged", "left_arena"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"optimizer": "bfgs"}, "precondition: BFGS finds its steps by itself; leave it out"),
        ({"optimizer": "gradient_flow"}, "precondition: gradient flow finds its steps by itself; leave it out"),
        ({"optimizer": "scipy", "method": "BFGS"}, "precondition: SciPy's BFGS finds its steps by itself"),
        ({"optimizer": "gradient_descent", "learning_rate": 0.1, "stopping": "certified"},
         'stopping "certified": no attraction ball is proven for steps in units of the domain\'s widths'),
    ],
)  # fmt: skip
def test_what_cannot_have_them_is_refused(given, said):
    """In a sentence with the reason."""
    start = {"design": "grid", "per_axis": 3}
    config = {"study": "p", "objective": {"name": "peaks"}, "starts": start}
    config["methods"] = {"gd": given | {"precondition": "domain"}}
    with pytest.raises(ConfigError) as refused:
        read_config(config)
    assert said in str(refused.value)


def test_widths_are_numbers_above_0_and_known_where_a_descent_is_made():
    """A word is for a study alone, which has a domain."""
    with pytest.raises(InputError, match=r"a width above 0 for each variable, as in box\.width; got arena"):
        Method(precondition="arena")
    with pytest.raises(InputError, match="a width above 0"):
        Method(precondition=(1.0, 0.0))
    with pytest.raises(InputError, match="the domain is not known here; give its widths"):
        descend(BOWL, Method(precondition="domain"), STARTS)
    with pytest.raises(InputError, match="2, one for each coordinate; got 3"):
        descend(BOWL, Method(precondition=(1, 2, 3)), STARTS)


def test_no_share_is_proven_of_them():
    """The proof carries sets through gradient descent at one rate of all variables."""
    method = Method(learning_rate=0.01, precondition=WIDTHS)
    assert method.constant_rate is None
    box = Box({"x": (-2, 2), "y": (0, 40)})
    with pytest.raises(InputError, match="constant learning_rate"):
        prove_shares(IN_X, method, box, box.widened(1.0), None, max_cells=10)


def test_every_schedule_keeps_its_lines():
    """Under a schedule the rate is assigned before the step, as it is without widths."""
    for name, schedule in SCHEDULES.items():
        if name == "constant":
            continue
        needed = {h.name: h.example for h in schedule.own if h.default is None and h.name != "over"}
        rate = {"schedule": name, schedule.base: 0.02, **needed} | ({"at": [3]} if name == "pieces" else {})
        plain, within = (Method(learning_rate=rate, precondition=widths) for widths in (None, WIDTHS))
        assert within.rule.each_step == plain.rule.each_step
        assert isinstance(within.entry, Entry)
