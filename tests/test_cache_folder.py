import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from multistart.cache_folder import cache_folder, default_cache


@pytest.fixture
def nobody(monkeypatch):
    """A user without HOME and without an entry in the system's list, as in a container with a random user."""

    def unknown(uid):
        raise KeyError(uid)

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_the_cache_is_where_the_desktop_specification_says(monkeypatch, tmp_path):
    """$XDG_CACHE_HOME comes first where it is absolute; else .cache in the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    assert default_cache() == tmp_path / "kept/multistart"
    for ignored in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert default_cache() == tmp_path / "home/.cache/multistart"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / "home/.cache/multistart"
    assert cache_folder().is_dir()


def test_a_named_folder_is_used_and_a_tilde_means_home(monkeypatch, tmp_path):
    """The folder that the user names is made; "~/x" is x in the home folder, not a folder called ~."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder(tmp_path / "a/b") == tmp_path / "a/b"
    assert cache_folder("~/x") == tmp_path / "x"
    assert (tmp_path / "x").is_dir()


def test_without_a_home_a_folder_for_the_process_serves(nobody):
    """Neither HOME nor a passwd entry: no failure, a folder of this process's own, the same at each call."""
    assert default_cache() is None
    assert cache_folder().is_dir()
    assert cache_folder() == cache_folder("~/x")


@pytest.mark.parametrize("named", ["a\0b", "~nobody-of-that-name/x", "/dev/null/x", "/proc/nothing"])
def test_a_folder_that_cannot_be_is_replaced(named):
    """A name that no folder can have, and a place where nothing can be made, cost the cache and nothing else."""
    assert cache_folder(named).is_dir()
    assert not Path("~nobody-of-that-name").exists()


def test_nothing_stays_in_the_temporary_folder(tmp_path):
    """The folder that stands in for a cache is gone when its process has ended."""
    code = "from multistart.cache_folder import cache_folder; print((cache_folder('/dev/null/x') / 'k').mkdir())"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_write_to_is_no_reason_to_fail():
    """Package and home are read-only, so numba finds no folder for its cache: everything imports all the same."""
    code = (
        "from numba.core.caching import CacheImpl; CacheImpl._locator_classes = [];"
        "import numpy, multistart.study; from multistart.curvature import newton_steps;"
        "print(newton_steps(numpy.ones((1, 1)), 2 * numpy.ones((1, 1, 1))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[[-0.5]]", done.stderr
