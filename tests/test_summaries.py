"""The words of ten studies, which a person has read: ``python -m tests.test_summaries`` writes them anew."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from multistart.study import load_study
from tests.staged import run, summary

HERE = Path(__file__).parent
STUDIES = sorted(path.stem for path in (HERE / "studies").glob("*.yaml"))
MOST = 5  # sentences
LONG = 210  # characters of one


def study_of(name):
    return load_study(HERE / "studies" / f"{name}.yaml")


def tables_of(name, made_once):
    """The tables of a study, for all files of tests that look at them."""
    return made_once(f"study-{name}", lambda made: run(study_of(name), made, together=True))


def golden(name):
    return HERE / "summaries" / f"{name}.md"


@pytest.fixture(scope="module", params=STUDIES)
def told(request, tmp_path_factory, made_once):
    """The name of a study, and its summary."""
    name, folder = request.param, tmp_path_factory.mktemp("study")
    shutil.copytree(tables_of(name, made_once), folder, dirs_exist_ok=True)
    return name, summary(study_of(name), folder)


def test_a_summary_says_what_was_read(told):
    """Each word of ten summaries is one that was looked at; a change of any is looked at again."""
    name, text = told
    assert text.markdown == golden(name).read_text(encoding="utf-8"), "python -m tests.test_summaries, then read"


def test_a_summary_begins_with_few_short_sentences(told):
    """Five at most, one a line, none too long to be read at once, and first in the text."""
    _, text = told
    assert 3 <= len(text.sentences) <= MOST
    assert all(len(sentence) <= LONG and sentence.endswith((".", ".**")) for sentence in text.sentences)
    assert text.markdown.startswith(text.short)


def test_a_summary_leaves_out_what_newcomers_stumbled_over(told):
    """No worn phrase, no whole number written as a share, no enclosure, no zero of seventy digits."""
    _, text = told
    words = text.markdown
    for phrase in ("but for single ones", "numeric", "1 widths", "+/-", "100.00 %", "1 descents", "1 starts", "0.00 %"):
        assert phrase not in words, phrase
    assert not re.search(r"\b(\d[\d,.]*) \(\1 to \1\)", words)
    assert not re.search(r"\d\.\d{9}", words)
    assert not re.search(r"f = -?\d[\d.]*e-(3[89]|[4-9]\d)", words)


def test_the_golden_summaries_are_those_of_the_studies():
    """None is left over, none is missing."""
    assert sorted(path.stem for path in (HERE / "summaries").glob("*.md")) == STUDIES


if __name__ == "__main__":
    (HERE / "summaries").mkdir(exist_ok=True)
    for each in STUDIES:
        with tempfile.TemporaryDirectory() as made:
            text = summary(study_of(each), run(study_of(each), Path(made), together=True))
            golden(each).write_text(text.markdown, encoding="utf-8")
