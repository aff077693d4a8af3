import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from multistart.cli import main
from multistart.config import read_config
from multistart.study import run as running

ROOT = Path(__file__).parent.parent
TINY = ROOT / "config/studies/tiny.yaml"


@pytest.fixture
def called(tmp_path, monkeypatch):
    """The commands that would be run, in an empty folder."""
    commands = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "_supervised", lambda command, environment: commands.append(command) or 7)
    return commands


def test_snakemake_is_given_what_was_read(called, tmp_path):
    """JSON with the resolved config, the clone's Snakefile, the cores and what follows --; its exit code comes back."""
    assert main(["run", str(TINY), "--cores", "2", "--", "--dry-run"]) == 7
    (command,) = called
    assert command[command.index("--snakefile") + 1] == str(ROOT / "Snakefile")
    assert command[command.index("--cores") + 1 :] == ["2", "--dry-run"]
    handed = tmp_path / command[command.index("--configfile") + 1]
    assert json.loads(handed.read_text()) == read_config(TINY).resolved()
    assert read_config(handed) == read_config(TINY)


def test_a_profile_that_is_not_here_is_the_projects(called, tmp_path, monkeypatch):
    """From another folder the words are the same; what is here, or a bare name, is left to Snakemake."""
    monkeypatch.setattr(running, "find_spec", lambda name: name)
    (tmp_path / "profiles/generic").mkdir(parents=True)
    for words in (["--profile", "profiles/slurm"], ["--profile=profiles/slurm"]):
        main(["run", str(TINY), "--", *words])
        assert called.pop()[-1].endswith(str(ROOT / "profiles/slurm"))
    for words in (["--profile", "profiles/generic"], ["--profile", "slurm"], ["--until", "profiles/slurm"]):
        main(["run", str(TINY), "--", *words])
        assert called.pop()[-2:] == words


def test_a_profile_without_its_plugin_is_refused_with_what_to_install(called, tmp_path, capsys):
    """Snakemake would say `invalid choice`; ours are installed by make, others by their name, and no plugin is none."""
    own, local = tmp_path / "mine", tmp_path / "local"
    for folder, executor in ((own, "of-nobody"), (local, "local")):
        folder.mkdir()
        (folder / "profile.yaml").write_text(f"executor: {executor}\n")
    for profile, said in (("profiles/slurm", "make slurm"), (own, "install snakemake-executor-plugin-of-nobody")):
        assert main(["run", str(TINY), "--", "--profile", str(profile)]) == 2
        assert capsys.readouterr().err.endswith(f"not installed here; {said}\n")
    assert main(["run", str(TINY), "--", "--profile", str(local)]) == 7
    assert len(called) == 1


def test_two_configs_of_one_name_are_handed_over_in_two_files(called, tmp_path):
    """A run that starts does not change what another is reading."""
    for steps in (10, 20):
        config = yaml.safe_load(TINY.read_text())
        next(iter(config["methods"].values()))["max_steps"] = steps
        (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
        main(["run", "c.yaml"])
    first, second = (command[command.index("--configfile") + 1] for command in called)
    assert first != second


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("__use_yte__: true\nstudy: ?open('ran', 'w')\n", "study: got"),
        ("a: &a [1]\n" + "".join(f"b{i}: &a [*a, *a, *a]\n" for i in range(40)), "unfolds to more than"),
        ("study: 010\n", "010 is 8 to some readers"),
        (None, "there is no such file"),
    ],
)
def test_a_wrong_config_never_reaches_snakemake(called, tmp_path, capsys, text, piece):
    """Code, bombs, words that readers differ about, no file: a sentence, exit code 2, nothing called or made."""
    if text is not None:
        (tmp_path / "c.yaml").write_text(text)
    assert main(["run", "c.yaml"]) == 2
    assert piece in capsys.readouterr().err
    assert called == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ([] if text is None else ["c.yaml"])


@pytest.mark.parametrize(
    "arguments", [["--cores", "0"], ["--cores", "two"], ["--", "--configfile", "x"], ["--", "-d=x"]]
)
def test_wrong_arguments_are_refused(called, capsys, arguments):
    """Cores that are none, and what the command gives to Snakemake itself."""
    assert main(["run", str(TINY), *arguments]) == 2
    assert called == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_said(called, tmp_path, capsys):
    """No study can be run where no file can be made."""
    (tmp_path / ".snakemake").write_text("a file")
    assert main(["run", str(TINY)]) == 2
    assert "no study can be run in" in capsys.readouterr().err


def test_without_a_cache_the_folder_of_the_run_has_one(tmp_path, monkeypatch):
    """Snakemake fails where the user's cache cannot be written; it and all jobs get one that can."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    assert running._environment("c")["XDG_CACHE_HOME"] == str(tmp_path / ".snakemake/cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert running._environment("c")["XDG_CACHE_HOME"] == str(tmp_path)


def test_a_user_without_home_and_name_can_run(tmp_path, monkeypatch):
    """A number for a user, as in a container: Snakemake is given what it would ask the system for."""

    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "XDG_CACHE_HOME", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    given = running._environment("c")
    assert given["HOME"] == given["XDG_CACHE_HOME"] == str(tmp_path / ".snakemake/cache")
    assert given["LOGNAME"] == str(os.getuid())


SUPERVISED = """
import sys; from multistart.study.run import _supervised
job = "import time; print('at work', flush=True); time.sleep(600)"
main = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {job!r}])"
sys.exit(_supervised([sys.executable, "-c", main], None))
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_run_and_its_jobs(sent, code):
    """The exit code is 128 and the signal's number, a sentence says how to go on, and no job is left."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "at work\n"
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)  # returns when the job, which has the same pipe, has ended
    assert (process.returncode, out) == (code, "")
    assert "the same command goes on from there" in err


def test_the_exit_code_is_that_of_the_command(capfd):
    """Also of one that was killed, of which a sentence says how to go on."""
    assert running._supervised([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ)) == 3
    assert running._supervised([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], dict(os.environ)) == 137
    said = "The run was killed by signal 9. What is finished is kept: the same command goes on from there.\n"
    assert capfd.readouterr().err == said


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("name", ["a b.yaml", "it's.yaml", 'a"b.yaml', "a$$b.yaml", "a;b&.yaml"])
def test_make_study_takes_any_file_name(tmp_path, name):
    """`make study CONFIG=...` gives the file to `multistart run` as it is, from a folder with an odd name too."""
    folder = tmp_path / "it's a folder"
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for file in (
        "requirements.lock",
        "requirements-installer.lock",
        "pyproject.toml",
        ".venv/.complete",
        name.replace("$$", "$"),
    ):
        (folder / file).touch()
    command = folder / ".venv/bin/multistart"
    command.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    command.chmod(0o755)
    command = ["make", "study", f"CONFIG={name}", "CORES=2"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.stdout.strip().endswith(f"<run><--cores><2><{name.replace('$$', '$')}>"), done.stdout + done.stderr
