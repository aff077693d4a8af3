"""What the explorer's page decides and says, in Node: the state in its address, endings in words, presets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import multistart.explorer
from multistart.methods.endings import ENDINGS
from tests.javascript import run

ROOM = Path(multistart.explorer.__file__).parent
TEXTS = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted((ROOM / "texts").glob("*.json"))}
RATE = {"name": "learning_rate", "value": 0.1, "low": 1e-6, "high": 10, "log": True, "above": 0}
MOMENTUM = {"name": "momentum", "value": 0.9, "low": 0, "high": 0.99, "log": False, "least": 0, "below": 1}
DATA: dict[str, Any] = {
    "variables": ["x", "y"],
    "domain": {"low": [-2, -2], "high": [2, 2]},
    "arena": {"low": [-6, None], "high": [6, 6]},
    "slice": None,
    "relief": {"low": 0, "high": 2},
    "rules": [
        {"id": "gradient_descent", "title": "gradient descent", "hyperparameters": [RATE]},
        {"id": "heavy_ball", "title": "heavy ball", "hyperparameters": [RATE, MOMENTUM]},
        {"id": "own", "title": "own", "hyperparameters": [RATE | {"value": [0.1, 0.3], "each": True}]},
    ],
    "methods": [
        {"name": "slow", "rule": "gradient_descent", "values": {"learning_rate": 0.01}, "playable": True},
        {"name": "outside", "rule": None, "values": {}, "playable": False},
    ],
    "minima": [
        {"number": 0, "kind": "global", "at": [1, 0], "value": 0, "curvature": [1, 2]},
        {"number": 1, "kind": "local", "at": [-1, 0], "value": 0.5, "curvature": [1, 2]},
    ],
    "saddles": [{"at": [0, 0], "value": 0.75}],
    "maxima": [],
    "language": "en",
}  # fmt: skip


def in_page(script: str, data: dict[str, Any] = DATA, **given: object) -> Any:
    """What a script gives in which ``data`` and ``texts`` are those of a page."""
    # as text, since objects with a number are numbers to `run`
    parsed = "const [data, texts] = [JSON.parse(given.data), JSON.parse(given.texts)];\n"
    return run(parsed + script, given={"data": json.dumps(data), "texts": json.dumps(TEXTS), **given})


OPENED = """
import { firstState, readFragment, writeFragment, studyMethod } from "./explorer/scripts/state.js";
const languages = ["en", "vi"];
const first = firstState(data, [0.5, 0.5], languages);
const read = (fragment) => readFragment(fragment, structuredClone(first), data, languages);
"""


def test_a_state_comes_back_from_its_address_with_all_its_digits() -> None:
    """What is shared is what is opened: starts, methods with their numbers, view, speed, what is hidden, language."""
    script = (
        OPENED
        + """
    const state = {
      ...first, start: [0.1 + 0.2, -1e-17], others: [[1 / 3, 2]], shower: false, speed: 250, view: "surface",
      methods: [
        { rule: "heavy_ball", values: { learning_rate: 1 / 7, momentum: 0.5 } },
        { rule: "own", values: { learning_rate: [0.2, 0.3] } },
      ],
      show: { ...first.show, heat: false, velocity: false }, language: "vi", theme: "dark",
    };
    const { state: back, problems } = read(writeFragment(state, data, first));
    give({ state, back, problems });
    """
    )
    found = in_page(script)
    assert found["back"] == found["state"]
    assert found["problems"] == []


def test_a_page_opens_as_the_study_has_it_and_says_so_in_its_address() -> None:
    """The first method is the study's, with the study's rate and not the rule's own."""
    script = (
        OPENED
        + """
    give([first.methods, studyMethod(data, first.methods[0]).name, writeFragment(first, data, first)]);
    """
    )
    methods, name, fragment = in_page(script)
    assert methods == [{"study": "slow", "rule": "gradient_descent", "values": {"learning_rate": 0.01}}]
    assert name == "slow"
    assert fragment == "#start=0.5,0.5&method=gradient_descent,learning_rate:0.01"


def test_an_address_tells_methods_that_differ_in_when_they_stop_and_the_sign_of_zero() -> None:
    """Of two with one rule and the same numbers the chosen one comes back, with its limit, also at another rate."""
    study = {"rule": "gradient_descent", "values": {"learning_rate": 0.01}, "playable": True}
    methods = [{**study, "name": name, "limit": limit} for name, limit in (("slow", 100), ("long", 5000))]
    script = (
        OPENED
        + """
    import { stoppingMethod } from "./explorer/scripts/state.js";
    import { methodKey } from "./explorer/scripts/basins.js";
    const chosen = { study: "long", rule: "gradient_descent", values: { learning_rate: 0.01 } };
    const faster = { ...chosen, values: { learning_rate: 0.5 } };
    const methods = [chosen, faster, first.methods[0]];
    const written = writeFragment({ ...first, start: [-0, 1], methods }, data, first);
    const { state: back, problems } = read(written);
    give([written, back.methods.map((one) => stoppingMethod(data, one).limit), studyMethod(data, back.methods[0]).name,
      Object.is(back.start[0], -0), problems, methodKey(chosen) === methodKey(first.methods[0])]);
    """
    )
    written, limits, name, negative, problems, one_map = in_page(script, DATA | {"methods": methods})
    assert written.count("method=study:long") == 2
    assert (limits, name, negative, problems, one_map) == ([5000, 5000, 100], "long", True, [], False)


def test_an_address_of_thousands_of_things_is_cut_short() -> None:
    """Twelve starts and six methods are taken, and what is wrong is said of the first alone."""
    script = (
        OPENED
        + """
    const { state, problems } = read("#" + "start=1,1&method=heavy_ball&sea=1&".repeat(20000));
    give([1 + state.others.length, state.methods.length, problems.length]);
    """
    )
    assert in_page(script) == [12, 6, 5]


WRONG = {
    "#start=1": "bad.start", "#start=1,two": "bad.start", "#start=1,": "bad.start", "#start=0,Infinity": "bad.start",
    "#start=%E0%A4%A,1": "bad.start", "#start=7,0": "bad.outside", "#method=magic": "bad.method",
    "#method=outside": "bad.method", "#method=heavy_ball,mass:2": "bad.hyperparameter",
    "#method=heavy_ball,momentum:x": "bad.number", "#method=own,learning_rate:0.1": "bad.number",
    "#view=moon": "bad.value", "#lang=tlh": "bad.value", "#speed=-3": "bad.number", "#hide=sea": "bad.value",
    "#colour=red": "bad.key", "#constructor=1": "bad.key", "#method=heavy_ball,__proto__:1": "bad.hyperparameter",
    "#method=heavy_ball,constructor:1": "bad.hyperparameter", "#method=heavy_ball,momentum:7": "bad.range",
    "#method=gradient_descent,learning_rate:-1": "bad.range", "#method=gradient_descent,learning_rate:0": "bad.range",
    "#method=gradient_descent,learning_rate:1e400": "bad.number", "#method=study:magic": "bad.method",
}  # fmt: skip


def test_what_is_wrong_in_an_address_is_left_out_with_a_sentence() -> None:
    """The rest of the state is as it was, and each language has the sentence with all that it names."""
    script = """
    import { createTexts } from "./explorer/scripts/texts.js";
    give(given.fragments.map((fragment) => {
      const { state, problems } = read(fragment);
      const said = languages.map((id) => createTexts(texts, id).t(...problems[0]));
      return [JSON.stringify(state) === JSON.stringify(first), problems.length, problems[0][0], said];
    }));
    """
    for (fragment, key), (same, count, said_key, said) in zip(
        WRONG.items(), in_page(OPENED + script, fragments=list(WRONG)), strict=True
    ):
        assert (same or "method" in fragment, count, said_key) == (True, 1, key), fragment
        assert all("{" not in sentence and sentence.endswith(".") for sentence in said)


ENDED = """
import { endingWords, showerWords } from "./explorer/scripts/words.js";
import { createTexts } from "./explorer/scripts/texts.js";
const usual = { steps: 212, ending: "converged", end: [9, 9], value: -3.0498, norms: [1, 1e-9], period: 0 };
const run = (more) => ({ ...usual, ...more });
const said = (language, more, basin) => endingWords(createTexts(texts, language), data, run(more), basin);
"""


def test_every_ending_has_words_in_every_language() -> None:
    """At a minimum, at none, after one step and after many: a sentence with no gap left in it, and right plurals."""
    script = (
        ENDED
        + """
    const all = Object.keys(texts).flatMap((language) => given.endings.flatMap((ending) =>
      [0, 1, -1, -2].flatMap((basin) => [1, 212].map((steps) => said(language, { ending, steps, period: 2 }, basin)))));
    give({ all, one: said("en", {}, 1), single: said("en", { steps: 1, ending: "left_arena" }, -1),
      kink: said("en", { ending: "nonfinite", steps: 0, value: 0 }, -1),
      outside: said("en", { ending: "nonfinite", steps: 0, value: NaN }, -1),
      passes: said("en", { ending: "visited", end: [0, 0] }, -1),
      saddle: said("en", { end: [0, 0] }, -1), zero: said("en", { value: 2.7e-77 }, -1),
      cycle: said("en", { ending: "cycle", period: 4, steps: 1000 }, -1) });
    """
    )
    found = in_page(script, endings=ENDINGS)
    assert not [said for said in found["all"] if re.search(r"[{}]|said\.|undefined|NaN|\b1 steps", said)]
    assert found["one"] == "reached minimum 1 (local, f = 0.5) after 212 steps"
    assert found["single"] == "left the arena after 1 step"
    assert found["saddle"].startswith("came to rest at a saddle")
    assert "f = 0," in found["zero"]
    assert found["kink"] == "cannot start here: f = 0, but the gradient is no finite number"
    assert found["outside"] == "cannot start here: the function is not defined"
    assert found["passes"].startswith("passed where the gradient is nearly zero")
    assert found["cycle"] == "goes round a cycle of period 4: after 1,000 steps it jumps between the same 4 points"


def test_balls_by_methods_of_one_title_have_names_of_their_own() -> None:
    """The study's name of a method, or its learning rate; where these are the same, its place in the list."""
    script = """
    import { methodNames } from "./explorer/scripts/troupe.js";
    import { createTexts } from "./explorer/scripts/texts.js";
    const descent = (rate) => ({ rule: "gradient_descent", values: { learning_rate: rate } });
    const heavy = { rule: "heavy_ball", values: { learning_rate: 0.1, momentum: 0.9 } };
    const model = { data, texts: createTexts(texts, "en") };
    give([[descent(0.01), heavy], [descent(0.01), descent(0.3)], [descent(0.3), descent(0.3)]]
      .map((methods) => methodNames(model, methods)));
    """
    assert in_page(script) == [
        ["Gradient descent", "Heavy ball"],
        ["Gradient descent (slow)", "Gradient descent (0.3)"],
        ["Gradient descent (1)", "Gradient descent (2)"],
    ]


def test_balls_of_many_are_said_in_a_few_words_each() -> None:
    """Which minimum after how many steps, or what became of it, as the legend says it."""
    script = (
        ENDED
        + """
    const brief = (language, more, basin) =>
      briefWords(createTexts(texts, language), data, { name: "Adam", run: run(more), basin });
    give({ there: brief("en", {}, 1), lost: brief("en", { ending: "left_arena", steps: 1 }, -1),
      all: Object.keys(texts).flatMap((language) => given.endings.flatMap((ending) =>
        [0, -1, -2].map((basin) => brief(language, { ending }, basin)))) });
    """
    ).replace("endingWords,", "briefWords, endingWords,", 1)
    found = in_page(script, endings=ENDINGS)
    assert found["there"] == "Adam: minimum 1, 212 steps"
    assert found["lost"] == "Adam: left the arena, 1 step"
    assert not [said for said in found["all"] if re.search(r"[{}]|ending\.|legend\.|race\.|undefined|NaN", said)]


def test_a_shower_is_counted_by_where_its_balls_ended() -> None:
    """Each group once, the largest first, one ball as one."""
    script = (
        ENDED
        + """
    const ended = [...Array(3).fill({ run: run(), basin: 1 }), { run: run({ ending: "left_arena" }), basin: -1 }];
    give(showerWords(createTexts(texts, "en"), data, "Adam", ended));
    """
    )
    assert in_page(script) == (
        "Of 4 balls, by Adam: 3 balls reached minimum 1 (local, f = 0.5); 1 ball left the arena."
    )


WELL = """
import { findPresets } from "./explorer/scripts/presets.js";
const slope = (x) => x * (x * x - 1);
const lab = {
  // (x^2 - 1)^2/4: curvature 2 at both minima, so 1 is the critical rate, and 0 the boundary of the rates below
  run({ values: { learning_rate: rate } }, [start]) {
    const points = [start];
    while (points.length <= 1000 && Math.abs(slope(points.at(-1))) > 1e-8 && Math.abs(points.at(-1)) < 9) {
      points.push(points.at(-1) - rate * slope(points.at(-1)));
    }
    const end = points.at(-1);
    const returns = Math.abs(points.at(-3) - end) < 1e-9;
    const limit = returns ? "cycle" : "step_limit";
    const ending = Math.abs(slope(end)) <= 1e-8 ? "converged" : Math.abs(end) < 9 ? limit : "left_arena";
    return { steps: points.length - 1, points: Float64Array.from(points), end: [end], ending, period: returns ? 2 : 0 };
  },
  starts: 100, agrees: () => true,
  basin: ({ ending, end: [x] }) => (ending !== "converged" ? -1 : [1, -1].findIndex((at) => Math.abs(x - at) < 1e-3)),
};
const minima = [1, -1].map((at, number) => ({ number, at: [at], value: 0, curvature: [2, 2] }));
const well = {
  ...data, variables: ["x"], domain: { low: [-2], high: [2] }, arena: { low: [-9], high: [9] },
  minima, saddles: [], maxima: [{ at: [0] }], methods: [],
};
const rules = { gradient_descent: { hyper: ["N", "learning_rate"], critical: (curvature) => 2 / curvature } };
const presets = findPresets({ data: well, rules, numbers: [] }, lab);
const shown = presets.map(({ name, methods, start, others }) => ({
  name, start: start[0], other: others[0]?.[0] ?? null, rate: methods[0].values.learning_rate,
  ending: lab.run(methods[0], start).ending, basin: lab.basin(lab.run(methods[0], start)),
  otherBasin: others.length ? lab.basin(lab.run(methods[0], others[0])) : null,
}));
give(shown);
"""


def test_presets_show_what_they_say_and_only_those_that_can_are_offered() -> None:
    """A double well has no saddle and no flat tail; its critical rate is 1, and its boundary is at 0."""
    given = DATA | {"rules": [rule for rule in DATA["rules"] if rule["id"] == "gradient_descent"]}
    presets = {preset["name"]: preset for preset in in_page(WELL, given)}
    assert list(presets) == ["small", "right", "large", "pair"]
    assert (presets["right"]["rate"], presets["right"]["basin"]) == (0.5, 0)
    assert presets["small"]["ending"] == "step_limit"
    assert presets["small"]["start"] == presets["right"]["start"]
    assert presets["large"]["ending"] == "cycle"
    assert 1 < presets["large"]["rate"] <= 1.5
    assert abs(presets["pair"]["start"] - presets["pair"]["other"]) < 1e-7
    assert {presets["pair"]["basin"], presets["pair"]["otherBasin"]} == {0, 1}


def test_languages_have_the_same_words_for_the_same_values() -> None:
    """The same keys, each with the same names in braces, in every form that the language's plurals ask for."""
    names = {language: {key: _names(text) for key, text in table.items()} for language, table in TEXTS.items()}
    assert all(table == names["en"] for table in names.values())
    script = """
    give(Object.fromEntries(given.map((id) => [id, new Intl.PluralRules(id).resolvedOptions().pluralCategories])));
    """
    for language, categories in run(script, given=list(TEXTS)).items():
        forms = [set(text) for text in TEXTS[language].values() if isinstance(text, dict)]
        assert all(form == set(categories) for form in forms)


def _names(text: str | dict[str, str]) -> list[str]:
    forms = text.values() if isinstance(text, dict) else [text]
    return sorted({name for form in forms for name in re.findall(r"\{(\w+)\}", form)} - {"n"})


def test_every_text_that_the_page_asks_for_is_there_and_none_besides() -> None:
    """Keys in scripts and layout are keys of the tables; what is composed of parts begins as some key does."""
    sources = [*sorted((ROOM / "scripts").glob("*.js")), ROOM / "explorer.html"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    known = set(TEXTS["en"])
    asked = set(re.findall(r'data-t(?:-label)?="([^"]+)"', text)) | set(
        re.findall(r'\b(?:t|counted)\("([a-z][\w.-]+)"', text)
    )
    assert asked <= known
    composed = set(re.findall(r"`([a-z.]+\.)\$\{", text)) | {"bad.", "preset.", "ticks.", "said."}
    quoted = set(re.findall(r'"([a-z][\w.-]*)"', text))
    unused = {key for key in known - asked - quoted if not any(key.startswith(stem) for stem in composed)}
    assert unused <= {"language.name"}


MANY_WORDS = """
import { bitsWords, proofWords, writtenFormula } from "./explorer/scripts/page.js";
import { createTexts } from "./explorer/scripts/texts.js";
"""


def test_a_power_is_raised_only_where_it_is_a_whole_number_alone() -> None:
    """A tower of powers, and a number with a point or an exponent, is read as it was typed."""
    written = {
        "x**2*y - x": "x²·y − x", "x**2**3": "x^2³", "x**2 **y": "x^2 ^y", "x**2e1": "x^2e1", "x**12.5": "x^12.5",
        "x**10": "x¹⁰", "x**(1/2)": "x^(1/2)",
    }  # fmt: skip
    found = in_page(MANY_WORDS + "give(given.formulas.map(writtenFormula));", formulas=list(written))
    assert found == list(written.values())


def test_the_same_bits_are_claimed_only_where_no_function_is_the_platforms() -> None:
    """The power of a number that is no multiple of a half is named, in every language."""
    script = """
    const objectives = [[], ["pow"]].map((platformDependent) => ({ platformDependent }));
    give(Object.keys(texts).flatMap((id) => objectives.map((one) => bitsWords(createTexts(texts, id), one))));
    """
    found = in_page(MANY_WORDS + script)
    same = [texts["same-bits"] for texts in TEXTS.values()]
    assert found[::2] == same
    assert all("pow" in said and said not in same for said in found[1::2])


def test_what_is_proven_is_said_alike_in_every_language() -> None:
    """Nothing is said to be all there is but where that is proven; each state has words of its own."""
    states = ["all", "level", "open", "none", "contradicts"]
    script = """
    const some = [{ proven: true }, { proven: false }];
    give(Object.keys(texts).map((id) => given.states.flatMap((state) => [[], some.slice(0, 1), some].map((minima) =>
      proofWords(createTexts(texts, id), { minima, proof: { state, level: 0.5 } })))));
    """
    for said in in_page(MANY_WORDS + script, states=states):
        assert not [each for each in said if re.search(r"[{}]|undefined|NaN|proof\.|–", each)]
        assert len(set(said[:2])) == 2
        assert set(said[:3]).isdisjoint(said[3:])
        assert len(set(said)) == 2 + 3 * 3 + 1  # all of one and of two that are proven alike; a contradiction is one


HELD = """
import { heldMinima } from "./explorer/scripts/problem.js";
const rule = (attracts) => ({ hyper: ["N", "learning_rate"], attracts, critical: (curvature) => 2 / curvature });
const rules = { gradient_descent: rule(true), heavy_ball: rule(false) };
const model = { data, objective: null, numbers: [], rules };
const method = (id, learning_rate) => ({ rule: id, values: { learning_rate } });
const heldBy = (methods) => heldMinima(model, methods).map(({ number, ball }) => [number, ball.radius]);
const held = (...one) => heldBy([method(...one)]);
"""


def test_attraction_balls_are_shown_only_for_what_they_hold() -> None:
    """Not beyond two over their curvature, nor for a rule with memory; of a slice as large as the plane cuts them."""
    minima = [
        {**one, "ball": {"center": [*one["at"], z], "radius": 0.5, "curvature": curvature}, "at": [*one["at"], z]}
        for one, z, curvature in zip(DATA["minima"], (0.3, 0.6), (4, 10), strict=True)
    ]
    domain = {"low": [-2] * 3, "high": [2] * 3}
    data = DATA | {"variables": ["x", "y", "z"], "domain": domain, "arena": domain, "minima": minima}
    data["slice"] = {"axes": [0, 1], "at": [0, 0, 0]}
    script = 'give([["gradient_descent", 0.1], ["gradient_descent", 0.5], ["heavy_ball", 0.1]].map((m) => held(...m)));'
    (calm, wild, heavy) = in_page(HELD + script, data)
    assert (len(calm), wild, heavy) == (1, [], [])
    assert calm[0] == [0, pytest.approx(0.4)]
    flat = {"minima": [{**one, "ball": {"center": one["at"], "radius": 0.5, "curvature": 4}} for one in DATA["minima"]]}
    race = """
    const [one, other] = ["gradient_descent", "heavy_ball"].map((id) => method(id, 0.4));
    give([heldBy([one]), heldBy([one, other])]);
    """
    assert in_page(HELD + race, DATA | flat) == [[[0, 0.5], [1, 0.5]], []]


def test_starts_that_the_page_chooses_lie_in_the_domain_and_on_the_slice() -> None:
    """Rounded to digits that its width asks for, wherever it lies; words tell places in it apart."""
    domains = [(1234567, 1234568), (-3, 3), (0.9999999999, 1.0000000001), (0, 1e-300)]
    script = """
    import { roundedPointAt } from "./explorer/scripts/problem.js";
    import { createTexts } from "./explorer/scripts/texts.js";
    const slice = { axes: [0, 1], at: [0, 0, 0.123456789] };
    give(given.domains.map(([low, high]) => {
      const domain = { low: [low, low, 0], high: [high, high, 1] };
      const space = { variables: ["x", "y", "z"], domain, slice };
      const points = [0.1, 0.9].map((part) => roundedPointAt(space, [part, part]));
      const said = points.map((point) => createTexts(texts, "en").place(point.slice(0, 1), ["x"], domain));
      return [points, said];
    }));
    """
    for (low, high), (points, said) in zip(domains, in_page(script, domains=domains), strict=True):
        assert all(low <= x <= high for point in points for x in point[:2])
        assert [point[2] for point in points] == [0.123456789] * 2
        np.testing.assert_allclose([(point[0] - low) / (high - low) for point in points], [0.1, 0.9], atol=0.01)
        assert said[0] != said[1]
