"""The page of a study: well formed, true to the tables, and closed to whatever a user typed."""

from __future__ import annotations

import base64
import html
import io
import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from multistart.figures import pictures_of
from multistart.figures.palette import HATCHES, NAMED, QUIET
from multistart.study import load_study, report
from multistart.study.certify import read_certificate
from multistart.study.page import page
from multistart.study.page_numbers import column
from multistart.study.page_tables import endings_table, estimates_table, in_words, minima_table
from multistart.study.page_text import page_text
from multistart.study.summarize import read_results, summarize
from tests.html_pages import Page
from tests.staged import run

ROOT = Path(__file__).parents[1]
STUDY = load_study(ROOT / "config/studies/tiny.yaml")
TYPED = "<script>alert('&')</script>"
EVERYTHING = f"""# On {TYPED}: "where"?

Half of **all** starts at `x < {TYPED}`; {TYPED}.

- one
- two

## Side by side

| method | share |
|---|---:|
| a_b_c | 25.75 % |

### Deeper

![picture](https://example.org/a.png) and <img src=x onerror=alert(1)>
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tables of a small study."""
    return run(STUDY, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def results(folder):
    """The same as the page has them, as those of a method."""
    files = (
        [folder / name] for name in ("basins.csv", "tally.parquet", "estimates.csv", "diagnoses.csv", "cycles.csv")
    )
    return read_results(STUDY, *files, [[]])


@pytest.fixture(scope="module")
def text(folder, results):
    """The page of the small study."""
    return page(STUDY, results, summarize(STUDY, results, read_certificate(folder / "certificate.json")).markdown)


def several(results):
    """The same study with three methods, one of which reached nothing."""
    (one,) = results
    endings = one.tally.endings.assign(ending="step_limit", basin=-1)
    nothing = replace(
        one,
        name="nothing",
        basins=one.basins.assign(count=0, share=0.0, steps_median=math.nan, steps_p95=math.nan),
        tally=replace(one.tally, endings=endings),
    )
    return [one, replace(one, name="again"), nothing]


def number(text):
    """What a cell of a page says."""
    return float(text.replace(",", "").replace("−", "-"))


@pytest.mark.parametrize("methods", [1, 3])
@pytest.mark.parametrize("markdown", ["as said", EVERYTHING])
def test_the_page_is_well_formed(text, results, methods, markdown):
    """Every tag is closed once and where it may stand, whatever Markdown the summary has, for one method and more."""
    said = "# A title\n\nWords.\n" if markdown == "as said" else markdown
    root = Page(text if (methods, markdown) == (1, "as said") else page(STUDY, results * methods, said)).root
    (whole,) = root.all("html")
    assert whole.attributes["lang"] == "en"
    assert [title.text for title in root.all("title")] == [heading.text for heading in root.all("h1")] != [""]
    levels = [int(heading.tag[1]) for heading in root.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)), levels


def test_nothing_that_was_typed_is_read_as_html(results):
    """Brackets, quotes and ampersands in names, formulas and words are shown as typed; nothing is run or fetched."""
    (one,) = results
    nasty = replace(one, name=TYPED, estimates=one.estimates.assign(note=f"refused: {TYPED}", value=math.nan))
    made = Page(page(STUDY, [nasty, one], EVERYTHING))
    assert made.root.all("script", "iframe", "object", "embed", "link") == []
    assert {image.attributes["onerror"] for image in made.root.all("img")} == {
        "this.closest('figure').classList.add('absent')"
    }
    assert made.root.all("h1")[0].text == f'On {TYPED}: "where"?'
    assert made.root.text.count(TYPED) >= 5
    assert not any(re.match(r"[a-z]+:|//", link) for link in made.links())


def test_no_page_needs_anything_from_elsewhere(text):
    """Style sheet and words are in the page; links lead to files of the study, and style sheets fetch nothing."""
    made = Page(text)
    assert not any(re.match(r"[a-z]+:|/", link) for link in made.links())
    assert "url(" not in text
    assert "@import" not in text


def test_every_picture_is_there_in_order_with_its_words(text):
    """All pictures that the study draws and no other, in the order of reading, the map first, each with its words."""
    images = Page(text).root.all("img")
    assert [image.attributes["src"] for image in images] == [
        f"gradient_descent/figures/{n}.png" for n in pictures_of(False)
    ]
    assert [image.attributes["alt"] for image in images] == [picture.alt for picture in pictures_of(False).values()]
    assert images[0].attributes["src"].endswith("basin_map.png")
    titles = [heading.text for heading in Page(text).root.all("h3") if heading.within("figure")]
    assert titles == [picture.title for picture in pictures_of(False).values()][1:]


@pytest.mark.parametrize(("formats", "image", "file"), [(["pdf", "svg"], "svg", "svg"), (["png", "pdf"], "png", "pdf")])
def test_a_picture_is_shown_in_a_format_for_pages_and_leads_to_one_for_paper(results, formats, image, file):
    """Whatever formats the study draws, the image is one that a browser shows, and each file is drawn."""
    config = STUDY.config.resolved() | {"figures": {"dpi": 50, "formats": formats}}
    made = Page(page(load_study(config), results, "# A\n"))
    assert {Path(i.attributes["src"]).suffix for i in made.root.all("img")} == {f".{image}"}
    assert {Path(a.attributes["href"]).suffix for a in made.root.all("a") if a.all("img")} == {f".{file}"}


def test_every_table_stands_in_a_box_that_scrolls(results):
    """No table makes the page wider than a phone; keys reach the box, and rows have a cell a heading."""
    tables = Page(page(STUDY, several(results), EVERYTHING)).root.all("table")
    assert len(tables) == 1 + 1 + 3 + 3
    for table in tables:
        assert table.above.attributes["class"] == "scroll"
        assert table.above.attributes["tabindex"] == "0"
        rows = [len(row.all("th", "td")) for row in table.all("tr")]
        assert len(set(rows)) == 1
        assert rows[0] > 1
        assert all(cell.text for cell in table.all("tr")[0].all("th"))


def test_the_tables_hold_the_numbers_of_the_study(folder, text):
    """Counts are those of the tables, to the last start, and add up; values, places and shares to the digits shown."""
    minima, endings, _ = Page(text).tables()
    basins = pd.read_csv(folder / "basins.csv")
    shown = pd.DataFrame(minima[1:], columns=["basin", "kind", "x", "y", "f", "rate", "proven"])
    for name, of in {"basin": "basin", "x": "x", "y": "y", "f": "value", "rate": "critical_learning_rate"}.items():
        assert shown[name].map(number).to_numpy() == pytest.approx(basins[of].to_numpy(), abs=6e-6, rel=1e-3)
    assert shown["kind"].tolist() == [{"global": "lowest", "local": "higher"}[kind] for kind in basins["kind"]]
    counts = pd.read_csv(folder / "endings.csv")
    at_none = counts.loc[counts["basin"] == -1, "count"].tolist()
    starts = [number(row[1]) for row in endings[1:]]
    assert sorted(starts[:-1]) == sorted([*basins["count"], *at_none])
    assert sum(starts[:-1]) == starts[-1] == 20 * 20
    assert [number(row[2]) for row in endings[1:-1]] == pytest.approx([s / 4 for s in starts[:-1]])
    half = [number(row[3]) for row in endings[1:] if row[3]]
    assert half == basins.loc[basins["count"] > 0, "steps_median"].tolist()


def test_what_is_whole_has_no_decimals_and_what_is_not_known_is_empty(results):
    """Starts, steps and numbers of minima are whole; nowhere stand nan, inf or the like."""
    made = Page(page(STUDY, several(results), "# A\n"))
    minima, *rest = made.tables()
    endings, estimates = rest[:3], rest[3:]
    for table in endings:
        for name, starts, _, *steps in table[1:]:
            assert re.fullmatch(r"[\d,]+", starts), name
            assert all(re.fullmatch(r"[\d,]*", cell) for cell in steps), name
    units = {"minima", "uniform starts", "gradient evaluations"}
    counts = [row[1] for table in estimates for row in table[1:] if row[-1] in units]
    assert counts
    assert all(re.fullmatch(r"[\d,]+|∞", count) for count in counts)
    assert not re.search(r"\b(nan|inf|None|NaN|NA)\b", made.root.text)
    assert [row[0] for row in endings[2]].count("step limit reached") == 1
    assert all(row[3:] == [] for row in endings[2]), "steps of starts that are nowhere"
    assert all(number(row[0]) == i for i, row in enumerate(minima[1:]))


def test_colours_are_those_of_the_map(results):
    """Each class has the colour and the pattern that the map has for it."""
    cells = [row[0] for row in endings_table(results[0]).rows]
    minima = [cell for cell in cells if cell.text.startswith("minimum")]
    assert [cell.colour for cell in minima] == list(NAMED[: len(minima)])
    (grey,) = [cell for cell in cells if cell.text == "step limit reached"]
    assert (grey.colour, grey.hatch) == (QUIET[-3], HATCHES[-3])


def test_many_minima_and_variables_leave_the_table_readable(results):
    """Of a hundred minima the first are listed and the rest counted; of many variables the file has the places."""
    basins = pd.concat([results[0].basins] * 50, ignore_index=True)
    basins = basins.assign(basin=range(len(basins)), count=1)
    table = minima_table([replace(results[0], basins=basins)], ["x", "y"])
    assert len(table.rows) == 20
    assert table.note == f"{len(basins) - 20} more minima are in minima.csv."
    lines = endings_table(replace(results[0], basins=basins)).rows
    (more,) = [row for row in lines if "more" in row[0].text]
    assert (more[0].text, more[1].text) == (f"{len(basins) - 8} more minima", f"{len(basins) - 8}")
    names = [f"v{i}" for i in range(9)]
    wide = minima_table([replace(results[0], basins=basins.head(2).assign(**dict.fromkeys(names, 0.0)))], names)
    assert [name for name, _ in wide.headings][:3] == ["minimum", "kind", "f"]
    assert wide.note == "The places, of 9 coordinates each, are in minima.csv."
    none = minima_table([replace(results[0], basins=basins.head(0))], ["x", "y"])
    assert none.note.startswith("No descent reached a minimum;")


def test_a_learning_rate_is_said_of_the_methods_that_it_is_true_of(results):
    """Methods with one limit have a column together, with other limits one each, and one without limits none."""
    (one,) = results
    basins = one.basins.assign(critical_learning_rate=0.5)
    other = replace(one, name="b", basins=basins)
    headings = [
        [name for name, unit in minima_table(methods, ["x", "y"]).headings if unit == "learning rate"]
        for methods in (
            [other, replace(other, name="c")],
            [one, other],
            [replace(one, basins=basins.assign(critical_learning_rate=math.nan))],
        )
    ]
    assert headings == [["attracts up to"], [f"attracts by {one.name} up to", "attracts by b up to"], []]


@pytest.mark.parametrize(
    ("rate", "drawn"),
    [(0.01, False), ({"schedule": "constant", "from": 0.01}, False), ({"formula": "0.1/(t + 1)"}, True)],
)
def test_a_learning_rate_that_changes_has_its_picture(results, rate, drawn):
    """On the page of a schedule and of a formula, and of no other rate: there the study draws none."""
    config = STUDY.config.resolved()
    (name,) = config["methods"]
    config["methods"][name]["learning_rate"] = rate
    made = Page(page(load_study(config), results, "# A\n"))
    shown = [Path(image.attributes["src"]).stem for image in made.root.all("img")]
    assert shown == list(pictures_of(drawn))
    assert ("rate" in shown) == drawn


def test_a_picture_of_the_function_is_shown_once(results):
    """Whatever the number of methods; each of the others once a method, and the list at the head leads to them."""
    made = Page(page(STUDY, [results[0], *several(results)[1:]], "# A\n"))
    shown = [Path(image.attributes["src"]).stem for image in made.root.all("img")]
    for name, declared in pictures_of(False).items():
        assert shown.count(name) == (1 if declared.of_function else 3), name
    places = [element.attributes.get("id") for element in made.root.all("h3")]
    links = [link.attributes["href"] for link in made.root.all("a")]
    assert [link[1:] for link in links if link.startswith("#pictures-")] == [name for name in places if name]
    assert len([name for name in places if name]) == 3


def test_what_is_refused_is_one_sentence(results):
    """Quantities without a number are counted, with their reason once, and have no rows."""
    estimates = results[0].estimates
    table = estimates_table(estimates)
    refused = estimates[estimates["value"].isna()]
    assert len(refused) > 3
    assert [int(n) for n in re.findall(r"(\d+) \w+ in estimates", table.note)] == [
        len(of) for _, of in refused.groupby("note")
    ]
    assert all(note.removeprefix("refused: ") in table.note for note in refused["note"])
    assert not {in_words(quantity) for quantity in refused["quantity"]} & {row[0].text for row in table.rows}
    assert "refused" not in table.note


def test_every_quantity_has_plain_words(results):
    """Each row of estimates.csv that the page shows is said in words of its own, none twice."""
    words = [in_words(q) for q in results[0].estimates["quantity"] if q in set(results[0].estimates["quantity"][3:])]
    assert len(set(words)) == len(words) > 10
    assert not any("_" in word for word in words)


def test_an_interval_is_shown_where_there_is_one():
    """Ends that are the number itself are no interval; unbounded ends are said; small shares keep two digits."""
    rows = [
        ("restarts_for_90_percent", 8.0, 8.0, 8.0, "uniform starts", ""),
        ("restarts_for_99_percent", math.inf, 4994.0, math.inf, "uniform starts", ""),
        ("expected_running_time", 2229.8, 2210.4, 2248.6, "gradient evaluations", ""),
        ("share_left_arena", 0.0, 0.0, 1.357e-5, "share", ""),
        ("smallest_basin_detected_at_95_percent", 1.198e-5, math.nan, math.nan, "share", ""),
        ("minima_chao1", 4.25, 4.0, 9.5, "minima", ""),
    ]
    table = estimates_table(pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "unit", "note"]))
    assert [(row[1].text, row[2].text) for row in table.rows] == [
        ("8", ""),
        ("∞", "4,994 to ∞"),
        ("2,230", "2,210 to 2,249"),
        ("0", "0 to 0.0014"),
        ("0.0012", ""),
        ("4.2", "4.0 to 9.5"),
    ]


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e20])
def test_a_column_of_numbers_keeps_their_order_and_digits(scale):
    """At any scale numbers read back are those that were given, to six digits of the largest."""
    given = [-6.55113333 * scale, -3.04984940 * scale, 0.0, 2.7e-77 * scale]
    read = [number(shown) for shown in column(given)]
    assert read == pytest.approx(given, rel=1e-5, abs=1e-5 * scale)
    assert read[2:] == [0, 0]


def test_the_lead_ends_at_the_first_heading():
    """What is before the first heading below the title stands beside the map, all else below it."""
    text = page_text(EVERYTHING)
    assert Page(f"<!DOCTYPE html>{text.lead}").root.all("p", "li")[-1].text == "two"
    assert "Side by side" in text.rest
    assert page_text("A **bold\none**.\nAnother.\n").lead == "<p>A <strong>bold\none</strong>.</p>\n<p>Another.</p>\n"
    assert page_text("# A title\n").rest == page_text("# A title\n").lead == ""


def test_the_contents_lead_to_the_sections(text):
    """Each entry is the heading of the section that it leads to, and none is left out."""
    root = Page(text).root
    entries = {a.attributes["href"][1:]: a.text for nav in root.all("nav") for a in nav.all("a")}
    sections = {s.attributes["id"]: s.all("h2")[0].text for s in root.all("section") if "id" in s.attributes}
    assert entries == sections
    assert len(entries) == 5


def test_the_report_opens_with_a_page_that_needs_no_other_file(tmp_path, text):
    """Pictures are in it, pixel for pixel; links that do not come along are gone; lines are short enough."""
    (tmp_path / "summary.html").write_text(text)
    drawn = {}
    for name in pictures_of(False):
        file = tmp_path / f"gradient_descent/figures/{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        drawn[name] = np.random.default_rng(len(drawn)).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(drawn[name]).save(file)
    opening = report.opening(tmp_path / "summary.html")
    assert max(map(len, opening.splitlines())) < 10_000  # docutils' line-length-limit
    (frame,) = Page(f"<!DOCTYPE html>{opening}").root.all("iframe")
    inner = Page(html.unescape(re.search(r'srcdoc="([^"]*)"', opening)[1]))
    assert inner.links() == [image.attributes["src"] for image in inner.root.all("img")]
    found = [base64.b64decode(link.removeprefix("data:image/webp;base64,")) for link in inner.links()]
    for content, pixels in zip(found, drawn.values(), strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")), pixels)
    assert frame.attributes["title"]


def test_the_rule_knows_what_the_page_is_made_from():
    """An edit of the page's template or style sheet, which are no Python, makes pages anew."""
    rule = (ROOT / "workflow/rules/summary.smk").read_text()
    parts = [file.name for file in (ROOT / "src/multistart/study").iterdir() if file.suffix in (".html", ".css")]
    assert sorted(parts) == ["page.css", "page.html"]
    assert all(f'"multistart/study/{name}"' in rule for name in parts)
