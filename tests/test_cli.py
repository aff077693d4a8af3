import subprocess
import sys

import pytest

from multistart.cli import main
from multistart.functions import catalogue


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


def test_check_says_what_a_study_would_do(capsys):
    """check names starts, jobs and cost of the tiny study, and leaves nothing behind."""
    assert main(["check", "config/studies/tiny.yaml"]) == 0
    out = capsys.readouterr().out
    assert "starts: 400" in out
    assert "descents: 1 job a method, of at most 1 part of 400 starts" in out
    assert "MB of tables" in out


def test_wrong_input_is_one_sentence(capsys, tmp_path):
    """A wrong name or config goes to standard error with exit code 2 and no traceback."""
    assert main(["functions", "peeks"]) == 2
    assert 'did you mean "peaks"' in capsys.readouterr().err
    assert main(["check", str(tmp_path / "none.yaml")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_help_helps():
    """Every command explains itself."""
    done = subprocess.run(
        [sys.executable, "-m", "multistart.cli", "--help"], capture_output=True, text=True, check=True
    )
    assert "functions" in done.stdout
    assert "check" in done.stdout
    with pytest.raises(SystemExit):
        main([])
