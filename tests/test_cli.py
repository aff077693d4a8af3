import re
import subprocess
import sys
from pathlib import Path

import pytest

from multistart import cli
from multistart.cli import main
from multistart.functions import catalogue
from multistart.functions.expressions import FUNCTIONS
from multistart.study import pilot


def test_functions_lists_the_catalogue(capsys):
    """Every function of the catalogue has a line."""
    assert main(["functions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in catalogue.ENTRIES:
        assert any(line.startswith(f"{name} ") for line in lines), name


def test_functions_shows_one(capsys):
    """A function is shown with formula, domain, minima and source."""
    main(["functions", "himmelblau"])
    out = capsys.readouterr().out
    assert out.count("f = 0") == 4
    assert "formula: " in out
    assert "source: Himmelblau" in out


def test_check_says_what_a_study_would_do(capsys, tmp_path, monkeypatch):
    """check names starts, jobs and cost of the tiny study, and leaves its pilot behind, which it uses the next time."""
    config = Path("config/studies/tiny.yaml").resolve()
    monkeypatch.chdir(tmp_path)
    assert main(["check", str(config)]) == 0
    out = capsys.readouterr().out
    assert "starts: 400" in out
    assert "descents: 1 job a method, of at most 400 starts" in out
    assert "MB of tables" in out
    assert re.search(r"^descend +1 +8 +[\d,]+ MB +\d+ min +cluster$", out, re.M)
    assert re.search(r"^summarize +1 +1 +[\d,]+ MB +\d+ min +here$", out, re.M)
    left = [file.name for file in (tmp_path / "results/tiny").iterdir()]
    assert sorted(left) == [".pilot.json.sha256", "pilot.json"]
    monkeypatch.setattr(pilot, "measured", None)
    assert main(["check", str(config)]) == 0
    assert capsys.readouterr().out == out


def test_check_works_where_nothing_can_be_written(capsys, tmp_path, monkeypatch):
    """Where results go stands a file: the same is said, and nothing is kept."""
    config = Path("config/studies/tiny.yaml").resolve()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").write_text("mine", encoding="utf-8")
    assert main(["check", str(config)]) == 0
    assert "MB of tables" in capsys.readouterr().out
    assert (tmp_path / "results").read_text(encoding="utf-8") == "mine"


def test_check_takes_certified_stopping(capsys, tmp_path, monkeypatch):
    """Where descents will stop in proven balls, check needs no proof: its few starts stop without."""
    study = tmp_path / "certified.yaml"
    text = Path("config/studies/tiny.yaml").read_text(encoding="utf-8")
    study.write_text(re.sub(r"max_steps: \d+", r"\g<0>, stopping: certified", text), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", str(study)]) == 0
    assert "stopped in attraction balls" in capsys.readouterr().out


def test_page_makes_a_page_without_a_study(capsys, tmp_path, monkeypatch):
    """One file under the study's name where nothing else is said, whole in place of what was there; nothing beside."""
    config = Path("config/studies/tiny.yaml").resolve()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.html").write_text("something else", encoding="utf-8")
    assert main(["page", str(config)]) == 0
    assert capsys.readouterr().out.startswith("tiny.html: open it in a browser")
    assert [file.name for file in tmp_path.iterdir()] == ["tiny.html"]
    text = (tmp_path / "tiny.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "these 3 minima are all there are" in text
    assert str(config.parent) not in text


def test_page_says_where_it_cannot_write_before_it_works(capsys, tmp_path, monkeypatch):
    """In a sentence that names the file, the reason and what to give; a wrong config is refused as everywhere."""
    (tmp_path / "file").touch()
    for output in (tmp_path / "file/x.html", tmp_path):
        monkeypatch.setattr("multistart.study.explore.contents_of_config", None)
        assert main(["page", "config/studies/tiny.yaml", "--output", str(output)]) == 2
        said = capsys.readouterr().err
        assert re.fullmatch(rf"{output} cannot be written: .+; give another file, as in --output page.html\n", said)
    assert main(["page", str(tmp_path / "none.yaml")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_wrong_input_is_one_sentence(capsys, tmp_path):
    """A wrong name or config goes to standard error with exit code 2 and no traceback."""
    assert main(["functions", "peeks"]) == 2
    assert 'did you mean "peaks"' in capsys.readouterr().err
    assert main(["check", str(tmp_path / "none.yaml")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_help_helps():
    """Every command explains itself, the first steps among them."""
    done = subprocess.run(
        [sys.executable, "-m", "multistart.cli", "--help"], capture_output=True, text=True, check=True
    )
    for piece in ("functions", "check", "multistart run config/config.yaml", "results/<study>/", "--help"):
        assert piece in done.stdout


@pytest.mark.parametrize(
    ("command", "pieces"),
    [
        ("run", ["CONFIG", "--cores", "or all", "results/<study>/", "-- --dry-run", "exit code"]),
        ("check", ["CONFIG", "results/<study>/pilot.json", "Nothing else is written", "exit code"]),
        ("page", ["CONFIG", "--output FILE", "<study>.html", "results/<study>/explore.html", "replaced", "exit code"]),
        ("functions", ["NAME", *(f" {name}" for name in FUNCTIONS), "variables: [x, y]"]),
    ],
)
def test_help_of_a_command_says_what_it_does(capsys, command, pieces):
    """What it takes, what it leaves behind; which functions a formula may use."""
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    for piece in pieces:
        assert piece in said


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        ([], "for a start:"),
        (["runs", "x"], 'did you mean "run"?; see multistart --help'),
        (["run"], "required: CONFIG; see multistart run --help"),
        (["check", "a", "b"], "unrecognized arguments: b; see multistart --help"),
        (["q\x1b[31m"], "q\\x1b[31m"),
    ],
)
def test_a_wrong_command_line_says_how_to_go_on(capsys, arguments, piece):
    """In one line, or the whole help where nothing was asked; the exit code is 2."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert piece in said
    assert "\x1b" not in said


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_config_that_is_not_there_is_a_sentence(capsys, tmp_path, command):
    """A file that does not exist, and a folder: one line, no traceback."""
    for path, piece in ((tmp_path / "nofile.yaml", "there is no such file"), (tmp_path, "is a folder")):
        assert main([command, str(path)]) == 2
        said = capsys.readouterr().err
        assert piece in said
        assert said.count("\n") == 1


def test_an_interrupt_is_a_word_and_no_traceback(monkeypatch, capsys):
    """Ctrl-C, wherever a command is by then, ends it with what was stopped and the exit code of an interrupt."""

    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "check", interrupted)
    assert main(["check", "config/config.yaml"]) == 130
    assert capsys.readouterr().err == "multistart check: stopped\n"
