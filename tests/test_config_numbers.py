"""Numbers of a config by their keys: which there are, what each may be, and the config at another value."""

import copy

import pytest

from multistart.config import read_config
from multistart.config.numbers import Number
from multistart.errors import ConfigError

METHODS = {
    "gd": {"optimizer": "gradient_descent", "learning_rate": 0.01},
    "adam": {"optimizer": "adam", "learning_rate": {"schedule": "warmup_cosine", "peak": 0.1, "warmup": 10}},
    "rmsprop": {"optimizer": "rmsprop", "learning_rate": {"formula": "0.1/(1 + t)"}},
    "own": {
        "rule": {"state": {"v": 0}, "update": ["v = beta*v + g", "x = x - lr*v"], "parameters": {"beta": 0.9}},
        "learning_rate": {"x": 0.1, "y": 0.2},
    },
    "bfgs": {"optimizer": "scipy", "method": "BFGS", "options": {"c1": 0.1}},
}
CONFIG = {
    "study": "numbers",
    "objective": {"expression": "(x**2 - 1)**2 + a*y**2", "variables": ["x", "y"], "parameters": {"a": 2}},
    "domain": {"x": [-2, 2], "y": [-2, 2]},
    "starts": {"design": "sobol", "count": 64, "seed": 1},
    "methods": METHODS,
}
RESOLVED = read_config(CONFIG).resolved()
#: A key of each kind, another value, and one outside its limits with the words that say them.
KEYS = [
    ("objective.parameters.a", 0.7, 1e301, "a finite number; in size 0, or 1e-300 to 1e300"),
    ("methods.gd.learning_rate", 0.5, 0, "a finite number above 0"),
    ("methods.gd.max_steps", 30, 2.5, "a whole number of at least 1"),
    ("methods.gd.gradient_tolerance", 0, -1, "a finite number of at least 0"),
    ("methods.adam.learning_rate.peak", 0.2, float("inf"), "a finite number above 0"),
    ("methods.adam.learning_rate.to", 0.01, -1, "a finite number of at least 0"),
    ("methods.adam.beta1", 0, 1, "a finite number of at least 0 and below 1"),
    ("methods.own.learning_rate.y", 0.3, float("nan"), "a finite number above 0"),
    ("methods.own.rule.parameters.beta", -2, True, "a finite number"),
    ("methods.own.rule.state.v", 1, "1", "a finite number"),
    ("methods.bfgs.options.c1", 0.2, 1, "a finite number above 0 and below 1"),
    ("methods.bfgs.gradient_tolerance", 1e-3, 0, "a finite number above 0"),
]


def at(config, path):
    for part in path:
        config = config[part]
    return config


@pytest.mark.parametrize("given", [CONFIG, RESOLVED], ids=["as written", "resolved"])
@pytest.mark.parametrize(("key", "value", "outside", "limits"), KEYS, ids=[key for key, *_ in KEYS])
def test_another_value_is_a_config_that_differs_in_that_key_alone(given, key, value, outside, limits):
    """The config at another value can be read, and the old one is as it was."""
    before = copy.deepcopy(given)
    number = Number.of(given, key)
    changed = number.at(value)
    assert given == before
    assert at(read_config(changed, checked=True).resolved(), number.path) == value
    assert Number.of(changed, key).value == value
    old, new = read_config(given, checked=True).resolved(), read_config(changed, checked=True).resolved()
    *way, last = number.path
    assert at(new, way).pop(last) != at(old, way).pop(last, None)
    assert new == old
    assert number.name == last
    assert number.method == (None if key.startswith("objective") else key.split(".")[1])


@pytest.mark.parametrize(("key", "value", "outside", "limits"), KEYS, ids=[key for key, *_ in KEYS])
def test_a_value_outside_its_limits_is_refused_by_them(key, value, outside, limits):
    """The sentence names the key, the value and the limits."""
    with pytest.raises(ConfigError) as error:
        Number.of(RESOLVED, key).at(outside)
    assert str(error.value).startswith(f"{key}: got ")
    assert f"give {limits}" in str(error.value)


def test_a_value_that_others_do_not_allow_is_refused():
    """The warm-up of a schedule ends before the schedule does, whichever of the two numbers is another."""
    with pytest.raises(ConfigError, match=r"methods\.adam: .*warmup is below over, 1000; got 1500"):
        Number.of(RESOLVED, "methods.adam.learning_rate.warmup").at(1500)
    with pytest.raises(ConfigError, match=r"methods\.adam: .*warmup is below over, 5; got 10"):
        Number.of(RESOLVED, "methods.adam.learning_rate.over").at(5)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("methods.gd.learning_rat", 'did you mean "methods.gd.learning_rate"?'),
        ("methods.gd.beta1", "names no number; "),
        ("methods.nobody.learning_rate", "names no number; "),
        ("methods.adam.learning_rate", "is several keys, not one number; numbers are methods.adam.learning_rate.peak"),
        ("methods.rmsprop.learning_rate", "is a formula, whose numbers have no names; give one number, or a schedule"),
        ("methods.rmsprop.centered", "is true or false, not a number"),
        ("methods.bfgs.method", "is a word, not a number"),
        ("objective.variables", "is a list, not a number"),
        ("starts.count", "it changes the starts, which are the same at every value"),
        ("domain.x", "it changes the starts, which are the same at every value"),
        ("figures.dpi", "names no number; numbers are objective.parameters.a, methods.gd.learning_rate"),
        (7, "names no number"),
    ],
)
def test_a_key_that_names_no_number_is_refused_with_the_reason(key, said):
    """Each says why, or which numbers there are."""
    with pytest.raises(ConfigError) as error:
        Number.of(RESOLVED, key)
    assert str(error.value).startswith(f"{key}: ")
    assert said in str(error.value)
