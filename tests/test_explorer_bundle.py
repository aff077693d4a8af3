"""JavaScript modules joined to one script, and what cannot be joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from multistart.explorer.bundle import BundleError, joined, ordered
from multistart.explorer.program import ARITHMETIC, MAIN, called_in
from tests.javascript import run

ALL = [*sorted(ARITHMETIC.glob("*.js")), *sorted(MAIN.parent.rglob("*.js"))]


def written(folder: Path, **modules: str) -> Path:
    """Modules in files of their names; the one that is called main."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def test_every_module_of_the_page_can_be_joined_with_all_others() -> None:
    """Imports are of one form, names are exported where they are imported, and no two modules have the same."""
    modules = ordered([*ALL, MAIN])
    assert {module.path for module in modules} == set(ALL)
    assert sum(len(module.declared) for module in modules) > 20
    assert "\nimport " not in joined(modules)
    assert "\nexport " not in joined(modules)


def test_a_module_stands_after_those_that_it_imports_and_once(tmp_path: Path) -> None:
    """Whatever the order of the imports is; and what comes before the last one is in its scope."""
    main = written(
        tmp_path,
        main='import { b } from "./b.js";\nimport { a } from "./a.js";\n\nglobalThis.found = a + b + c;\n',
        b='import { a } from "./a.js";\nexport const b = 10 * a;\n',
        a='/**\n * One, and no more.\n */\n\n// Not two.\nexport const a = "//".length - 1; // as before\n',
    )
    text = joined(ordered([main]), before_last="const c = 100;")
    assert "no more" not in text
    assert "Not two" not in text
    assert "\n\n" not in text
    assert [line for line in text.splitlines() if line.startswith("// ")] == ["// a.js", "// b.js", "// main.js"]
    assert run(f"{text}\ngive(globalThis.found);") == 111


REFUSED = {
    "renamed": ('import { a as other } from "./a.js";', "main.js, line 1: .* an import is one line"),
    "of all": ('import * as a from "./a.js";', "an import is one line"),
    "over lines": ('import {\n  a,\n} from "./a.js";', "an import is one line"),
    "of a package": ('import { a } from "three";', "an import is one line"),
    "for its effect": ('import "./a.js";', "an import is one line"),
    "default": ("export default function f() {}", "an export is named"),
    "list of exports": ("const f = 1;\nexport { f };", "main.js, line 2: .* an export is named"),
    "handed on": ('export * from "./a.js";', "an export is named"),
    "taken apart": ("const { f, g } = globalThis;", "is declared alone"),
    "var": ("var f = 1;", "is a const or a let"),
    "waiting": ("await 1;", "waits for nothing"),
    "loaded late": ('const a = () => import("./a.js");', "cannot be joined; import modules by a line"),
    "ends the script": ('const a = "</script>";', "cannot be joined; write"),
    "absent": ('import { a } from "./b.js";', "b.js is imported, but there is no such module"),
    "not exported": ('import { c } from "./a.js";', "main.js imports c, which a.js does not export"),
    "same name": (
        'import { a } from "./a.js";\nfunction own() {}',
        "a.js and main.js both have own on their top level",
    ),
    "circle": ('import { d } from "./d.js";\nexport const m = 1;', "in a circle: main.js -> d.js -> main.js"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_joined_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    """Which module, which line, and what to write instead; never a page that does not run."""
    text, said = REFUSED[what]
    others = {
        "a": "export const a = 1;\nfunction own() {}\n",
        "d": 'import { m } from "./main.js";\nexport const d = m;\n',
    }
    with pytest.raises(BundleError, match=said):
        ordered([written(tmp_path, main=text, **others)])


def test_only_arithmetic_that_a_function_calls_is_in_a_page() -> None:
    """The modules whose names stand in a text, by whole words."""
    assert called_in("const objective = sinusoid(fmax);") == []
    assert [file.stem for file in called_in("x = fma(a, b, c);")] == ["ieee"]
