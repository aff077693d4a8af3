"""What a newcomer writes into a first config, and what is said: the line or key, the value, and what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from multistart.config import StudyConfig, read_config
from multistart.config.problems import models_in
from multistart.config.synonyms import KEYS, WORDS
from multistart.config.yaml_mistakes import explained
from multistart.errors import ConfigError

BASE = """\
study: mine
objective:
  expression: "a*x**2 + y**2"
  variables: [x, y]
  parameters: {a: 0.5}
domain: {x: [-1, 1], y: [-1, 1]}
starts: {design: uniform, count: 100}
methods:
  descent:
    optimizer: gradient_descent
    learning_rate: 0.1
figures: {dpi: 100}
"""


def read(tmp_path: Path, text: str) -> StudyConfig:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return read_config(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/mine.yaml: ", "")


METHOD = "  descent:\n    optimizer: gradient_descent\n    learning_rate: 0.1\n"
#: A piece of the config, what is written in its place, how the message ends, and what it says to write.
SLIPS = [
    ("learning_rate: 0.1", "learning_rate: 0,1", "a decimal number has a point: 0.1", "learning_rate: 0.1"),
    ("learning_rate: 0.1", "learning_rate: '0.1'", "leave out the quotes: 0.1", "learning_rate: 0.1"),
    ("learning_rate: 0.1", "learning_rate: [0.1]", "leave out the brackets: 0.1", "learning_rate: 0.1"),
    ("learning_rate: 0.1", "learning_rate: [0.1, 0.2]", "it takes one number, not a list", "learning_rate: 0.1"),
    ("learning_rate: 0.1", "learning_rate: 10%", "write 0.1", "learning_rate: 0.1"),
    ("learning_rate: 0.1", "learning_rate: 1/10", "write 0.1", "learning_rate: 0.1"),
    ("learning_rate: 0.1", "learning_rate: 10^-1", "write 0.1", "learning_rate: 0.1"),
    ("{a: 0.5}", "{a: 0,5}", "write a: 0.5 with a decimal point", "{a: 0.5}"),
    ("{a: 0.5}", "{a: -0,5}", "write a: -0.5 with a decimal point", "{a: -0.5}"),
    ("{a: 0.5}", "{a: '2'}", "leave out the quotes: 2", "{a: 2}"),
    ("{a: 0.5}", "{a: 2*pi}", "write 6.28318530717959", "{a: 6.28318530717959}"),
    ("count: 100", "count: 10,000", "or count: 10000 without separators", "count: 10000"),
    ("count: 100", "count: '10,000'", "without separators: 10000", "count: 10000"),
    ("count: 100", "count: 1e4", "write 10000", "count: 10000"),
    ("count: 100", "count: 2^10", "write 1024", "count: 1024"),
    ("count: 100", "count: 10k", "write 10000", "count: 10000"),
    ("dpi: 100", "dpi: 100.0", "write 100", "dpi: 100"),
    ("x: [-1, 1]", "x: [1, -1]", "write [-1, 1]", "x: [-1, 1]"),
    ("x: [-1, 1]", "x: (-1, 1)", "write x: [-1, 1]", "x: [-1, 1]"),
    ("x: [-1, 1]", "x: -1..1", "write [-1, 1]", "x: [-1, 1]"),
    ("x: [-1, 1]", "x: '[-1, 1]'", "write [-1, 1]", "x: [-1, 1]"),
    ("x: [-1, 1]", "x: [-1; 1]", "write [-1, 1]", "x: [-1, 1]"),
    ("x: [-1, 1]", "x: {min: -1, max: 1}", "write [-1, 1]", "x: [-1, 1]"),
    ("x: [-1, 1]", "x: [-1,5, 2,5]", "a decimal number has a point: [-1.5, 2.5]", "x: [-1.5, 2.5]"),
    ("x: [-1, 1]", "x: [-0,5, 2,5]", "a decimal number has a point, as in [-0.5, 0.5]", "x: [-0.5, 0.5]"),
    ("x: [-1, 1]", "x: [-pi, pi]", "write [-3.14159265358979, 3.14159265358979]", "x: [-3.14159265358979, 3.1]"),
    ("x: [-1, 1]", "x: ['-1', '1']", "write [-1, 1]", "x: [-1, 1]"),
    ("[x, y]", "x, y", "write [x, y]", "[x, y]"),
    ("[x, y]", "x y", "write [x, y]", "[x, y]"),
    ("study: mine", "study: my study", "write my_study", "study: my_study"),
    ("study: mine", "study:mine", "no space stands behind the colon; write study: mine", "study: mine"),
    ("study: mine", "study = mine", "no colon stands behind the key; write study: mine", "study: mine"),
    ("study: mine", "study mine", "no colon stands behind the key; write study: mine", "study: mine"),
    ("study: mine", "study:\u00a0mine", "type it anew", "study: mine"),
    ("design: uniform", "design: random", 'did you mean "uniform"?', "design: uniform"),
    ("design: uniform", "design: Monte Carlo", 'did you mean "uniform"?', "design: uniform"),
    ("design: uniform", "design: lhs", 'did you mean "latin_hypercube"?', "design: latin_hypercube"),
    ("design: uniform", "design: quasirandom", 'did you mean "sobol"?', "design: sobol"),
    ("{design: uniform, c", "{design:uniform, c", "behind the colon; write design: uniform", "{design: uniform, c"),
    ("{design: uniform, c", "{design: uniform c", "comma is missing between two of its keys", "{design: uniform, c"),
    ("count: 100}", "count: 100", "the { of this line is not closed, or a comma is missing", "count: 100}"),
    ("count: 100}", "count: 100}}", "a bracket } is closed that was not opened", "count: 100}"),
    ("count: 100", "n_starts: 100", 'did you mean "count"? Allowed here: design', "count: 100"),
    ("optimizer: gr", "  optimizer: gr", "line 11: begins after 4 spaces, the line above after 6", "optimizer: gr"),
    ("    learning_rate", "\tlearning_rate", "begins with a tab; YAML takes spaces", "    learning_rate"),
    ("learning_rate", "lr", 'unknown key; did you mean "learning_rate"?', "learning_rate"),
    ("learning_rate: 0.1", "learning_rate: 0.1\n    epochs: 9", 'did you mean "max_steps"?', "learning_rate: 0.1"),
    ("methods:\n", "method:\n", 'method: unknown key; did you mean "methods"?', "methods:\n"),
    ("figures: {dpi: 100}", "dpi: 100", "dpi: belongs under figures; indent it there", "figures: {dpi: 100}"),
    ("figures: {dpi: 100}", "max_steps: 9", "belongs under methods, below the name of a method", "figures: {dpi: 100}"),
    ("  variables: [x, y]", "  variables: [x, y]\n  arena: {widen: 2}", "write it at the left", "  variables: [x, y]"),
    (METHOD, METHOD.replace("  descent:\n", ""), "methods: a method has a name of its own above its keys", METHOD),
    (METHOD, METHOD.replace("    ", "  "), "methods: the keys of descent stand beside its name; indent", METHOD),
    ("  descent:\n    opt", "  - opt", "methods: got a list; give each method a name", "  descent:\n    opt"),
    ('"a*x**2 + y**2"', "energy: a*x + y", 'stands in quotes, as in expression: "energy: a*x + y"', '"a*x + y"'),
    ('"a*x**2 + y**2"', "[a*x + 1]*2 + y", 'in quotes, as in expression: "[a*x + 1]*2 + y"', '"(a*x + 1)*2 + y"'),
    ('"a*x**2 + y**2"', "|x| + a*y", 'put the value in quotes, as in expression: "|x| + a*y"', '"x + a*y"'),
    ('"a*x**2 + y**2"', "*x + a*y", "a text that begins with * is quoted", '"x + a*y"'),
    ('"a*x**2 + y**2"', '"a*x**2 + y**2', "a quote is opened and not closed", '"a*x**2 + y**2"'),
    ('"a*x**2 + y**2"', "{a*x} + y", "put a formula in quotes", '"a*x + y"'),
    ('"a*x**2 + y**2"', "“a*x + y”", "quotes are straight", '"a*x + y"'),
    ('"a*x**2 + y**2"', "a(x+y)", 'a product is written *; write "a*(x+y)"', '"a*(x+y)"'),
    ("dpi: 100", "formats: png", "write [png]", "formats: [png]"),
    ("dpi: 100", "formats: [jpg]", 'did you mean "png"?', "formats: [png]"),
    ("figures: {dpi: 100}", "keep: 50", "give all, none, or {sample: 50} for so many rows", "keep: {sample: 50}"),
    ("figures: {dpi: 100}", "estimates: {confidence: 95%}", "write 0.95", "estimates: {confidence: 0.95}"),
    ("figures: {dpi: 100}", "estimates: {confidence: 95}", "write 0.95", "estimates: {confidence: 0.95}"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "piece", "mended"), SLIPS, ids=[f"{s[1][:24]!r}" for s in SLIPS])
def test_a_slip_is_named_with_what_to_write(tmp_path, right, wrong, piece, mended):
    """The message is one line, names line or key, and what it says to write makes a study."""
    assert BASE.count(right) == 1
    text = BASE.replace(right, wrong)
    said = refusal(tmp_path, text)
    assert piece in said, said
    assert "\n" not in said
    assert len(said) < 420
    if mended is not None:
        read(tmp_path, BASE.replace(right, mended))


def test_the_config_that_is_made_wrong_is_right(tmp_path):
    """Each slip is the only one."""
    assert read(tmp_path, BASE).count == 100


def fields(annotation: Any) -> dict[str, Any]:
    """The fields of all models in a type, and below."""
    found: dict[str, Any] = {}
    for model in models_in(annotation):
        for name, field in model.model_fields.items():
            found |= {name: field, **fields(field.annotation)}
    return found


def test_each_hint_is_a_word_that_there_is():
    """Another name leads to a key of the config, or to what such a key takes; and is none itself where it is a hint."""
    known = fields(StudyConfig)
    for key, meant in KEYS.items():
        assert set(meant) <= set(known), key
        assert key not in meant
    for key, words in WORDS.items():
        takes = str(known[key].json_schema_extra["allowed"])
        for word, meant in words.items():
            assert meant in takes, (key, word)
            assert word not in takes.replace(",", " ").split(), (key, word)


def test_a_file_that_is_not_there_is_named_with_one_that_is(tmp_path, monkeypatch):
    """Of nearly that name, or the usual one; a folder is no config."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(BASE)
    for path, piece in (
        ("mien.yaml", 'there is no such file; did you mean "mine.yaml"?'),
        ("q", "there is no such file; give the path of a config"),
        ("no/such.yaml", "there is no such file; give the path of a config"),
        (".", "is a folder; a config is a file"),
    ):
        with pytest.raises(ConfigError) as caught:
            read_config(Path(path))
        assert piece in str(caught.value)


@pytest.mark.parametrize(
    "text", ["a: {b: 1", "a: [1, 2", "a: 'b", "\t- a", "a: b: c", "a:\n - b\n c: d", "- a\nb", "%", ""]
)
def test_any_text_that_is_no_yaml_is_explained(text):
    """In one line that names the line, whatever the parser stumbled over."""
    try:
        yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        said = explained(text, error)
        assert said.startswith("line ")
        assert "\n" not in said
