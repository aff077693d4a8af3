"""The documentation says what the program does: columns, links, examples and numbers are checked."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from multistart.config import read_config
from multistart.descents import outcomes
from multistart.figures import COMPARISONS, PICTURES, SWEEPS
from multistart.figures.reference import captions
from multistart.figures.reference import with_reference as with_pictures
from multistart.functions.expressions import RESERVED
from multistart.study import load_study, storage
from multistart.study.findings import APART
from multistart.study.record import record
from multistart.tables import TABLES, table_of
from multistart.tables.reference import PAGES as PAGES_OF_FILES
from multistart.tables.reference import documented, with_reference
from tests.staged import run, summary

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "docs/results.md").read_text(encoding="utf-8")
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "results/README.md", ROOT / "config/README.md"]
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return run(load_study(ROOT / "config/studies/tiny.yaml"), tmp_path_factory.mktemp("tiny"))


def section(heading):
    """The text of docs/results.md below a heading that starts so, up to the next one."""
    (found,) = [part for part in re.split(r"^## ", RESULTS, flags=re.MULTILINE) if part.startswith(heading)]
    return found


def first_cells(text):
    """The names in backticks in the first cell of each row of the tables in a text."""
    return {
        name
        for line in text.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }


def test_the_tables_of_the_page_are_made_from_the_declarations():
    """The pages have the lists of all files, and the columns of each table, as they are declared."""
    for page in PAGES_OF_FILES:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert with_reference(text) == text, "run `python -m multistart.tables`"
    assert all("<!-- table: files -->" in (ROOT / page).read_text() for page in ("README.md", "results/README.md"))
    explained = {table.name for table in TABLES if not table.like or table.name == "basins.csv"}
    explained = {name for name in explained if "/" not in name or (name.startswith("sweep/") and name.endswith(".csv"))}
    assert set(documented(RESULTS)) == explained - {"starts.parquet", "data.parquet"}


def test_every_table_of_a_study_is_declared(tiny):
    """No study writes a table whose columns nothing checks, and each has the declared columns, types and order."""
    written = [file for file in tiny.iterdir() if file.suffix in (".csv", ".parquet")]
    assert {table_of(file).name for file in written} == {
        table.name for table in TABLES if not table.only and "/" not in table.name
    }


def test_every_quantity_of_the_estimates_is_documented(tiny):
    """Each row of estimates.csv is explained, and none is explained that does not exist."""
    columns = set(table_of("estimates.csv").plain_names)
    quantities = {*storage.read_csv(tiny / "estimates.csv")["quantity"], *outcomes.RARE, APART}
    assert first_cells(section("`<method>/estimates.csv`")) - columns == quantities


def test_every_kind_of_the_share_tally_is_documented(tiny):
    """What the columns of shares_tally.parquet may hold is said."""
    text, frame = section("`<method>/shares_tally.parquet`"), storage.read_frame(tiny / "shares_tally.parquet")
    for word in {*frame.columns, *frame["of"], *frame["kind"]}:
        assert f"`{word}`" in text


def test_no_variable_can_be_named_like_a_column(tiny):
    """Every column of the tables that have one column a variable is a reserved name."""
    for name in ("minima.csv", "basins.csv", "critical_points.csv"):
        assert set(pd.read_csv(tiny / name).columns) - {"x", "y"} <= RESERVED


def test_every_ending_is_documented():
    """Each word that the column ``ending`` may hold has a row."""
    assert set(outcomes.ENDINGS) <= first_cells(section("`<method>/outcomes.parquet`"))


def test_the_tables_of_the_tally_are_documented(tiny):
    """Each part of the tally has a row that names its columns, and each fact is explained."""
    text = section("`<method>/tally.parquet`")
    stacked = pd.read_parquet(tiny / "tally.parquet")
    assert {*stacked.columns, *stacked["table"]} == first_cells(text)
    for name, part in stacked.groupby("table"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{name}` | `")]
        used = set(part.dropna(axis="columns", how="all").columns) - {"table"}
        assert used == set(re.findall(r"`([^`]+)`", line.split("|")[2]))
    assert all(f"`{fact}`" in text for fact in storage.read_tally(tiny / "tally.parquet").facts["fact"])


def test_every_picture_is_documented():
    """The list of docs/results.md is made from the declarations."""
    assert {*PICTURES, *COMPARISONS, *SWEEPS} == first_cells(section("Figures"))
    assert with_pictures(RESULTS) == RESULTS, "run `python -m multistart.figures`"


def test_the_keys_of_the_record_are_documented(tiny):
    """study.json has the keys that docs/results.md lists, no more and no fewer."""
    found = record(load_study(ROOT / "config/studies/tiny.yaml"), [tiny / "minima.csv"], tiny)
    assert set(found) == first_cells(section("`summary.md` and `study.json`"))


def test_counts_sum_to_the_number_of_starts_as_documented(tiny):
    """The first promise of docs/results.md, on the tiny study: no start is lost."""
    endings, rows = pd.read_csv(tiny / "endings.csv"), pd.read_parquet(tiny / "outcomes.parquet")
    assert endings["count"].sum() == len(rows) == 20 * 20
    assert endings["share"].tolist() == (endings["count"] / len(rows)).tolist()


def test_the_python_example_of_the_readme_prints_what_stands_below_it(capsys):
    """The example can be pasted and run, and its output is the one shown."""
    example, shown = re.findall(r"```python\n(.*?)```\s+```text\n(.*?)```", README, flags=re.DOTALL)[0]
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out == shown


def test_the_readme_quotes_what_the_default_study_prints(tmp_path):
    """The sentences quoted are those that the default study ends with today."""
    study = load_study(ROOT / "config/config.yaml")
    quote = [line.removeprefix("> ") for line in README.splitlines() if line.startswith(">")]
    assert quote == list(summary(study, run(study, tmp_path)).sentences)


def test_the_learning_rate_that_the_readme_tries_loses_the_lowest_minimum_alone(tiny):
    """With the number that a reader is told to write, the lowest minimum attracts no more, and the others do."""
    (rate,) = re.findall(r"`learning_rate` to ([\d.]+),", README)
    lowest, *others = storage.read_csv(tiny / "minima.csv")["critical_learning_rate"]
    assert len(others) == 2
    assert lowest < float(rate) < min(others)


def test_the_config_of_the_readme_is_the_default_one(monkeypatch):
    """The study that the README shows is the one that runs; the one to copy is valid, and what is put in its place."""
    monkeypatch.chdir(ROOT)
    texts = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    default, own, fit, more, sweep = map(yaml.safe_load, texts)
    assert default == yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    assert read_config(own).study == "mine"
    assert read_config(own | fit).variables == ("b1", "b2")
    assert list(read_config(default | more).methods) == list(more["methods"])
    assert list(read_config(default | sweep).sweep) == ["methods.gradient_descent.learning_rate"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page):
    """No page points to a file, picture or heading that is not there."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def anchors(page):
    """The names that headings of a page have in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_ready_study_is_in_the_table_of_the_readme():
    """A study in config/studies/ that the README does not name would not be found."""
    table = README[README.index("## Ready studies") :]
    assert {file.name for file in (ROOT / "config/studies").glob("*.yaml")} <= first_cells(table)


def test_no_page_names_a_place_on_somebodys_machine():
    """Pages are about the project, not about where it was written."""
    for page in PAGES:
        assert not re.search(r"(/home/|/work/|/root/|/Users/|/tmp/|C:\\)", page.read_text(encoding="utf-8")), page


def test_the_report_says_what_each_picture_shows():
    """The caption of each picture in the report is the one that the picture declares, and there is none without."""
    found = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "workflow/report").glob("*.rst")}
    del found["opening.rst"], found["explore.rst"]  # which are of no picture
    assert found == captions(), "run `python -m multistart.figures`"
