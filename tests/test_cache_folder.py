import os
import pwd
from unittest import mock

import pytest

from multistart.files.cache_folder import FILES, cache_folder, default_cache, writable


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


def test_a_named_folder_is_used_and_a_tilde_means_home(monkeypatch, tmp_path):
    """The folder that the user names is the one; "~/x" is x in the home folder, not a folder called ~."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder(tmp_path / "a/b") == tmp_path / "a/b"
    assert cache_folder("~/x") == tmp_path / "x"


def test_without_a_home_there_is_no_cache(nobody):
    """Neither HOME nor a passwd entry: no failure, and no folder."""
    assert default_cache() is None
    assert cache_folder() is None
    assert cache_folder("~/x") is None
    assert cache_folder("~nobody-of-that-name/x") is None


@pytest.mark.parametrize(("total", "left", "enough"), [(1000, FILES, True), (1000, FILES - 1, False), (0, 0, True)])
def test_a_disk_without_room_for_files_is_not_written_to(tmp_path, total, left, enough):
    """Bytes may be left where no file can be made any more; a file system that counts no files has room for them."""
    with mock.patch.object(os, "statvfs", return_value=mock.Mock(f_files=total, f_favail=left)):
        assert writable(tmp_path / "cache") is enough
