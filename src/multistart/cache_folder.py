"""Which folder keeps compiled kernels and certificates: the one named, the user's cache, or one that goes at exit."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

NAME = "multistart"


def cache_folder(named: str | Path | None = None) -> Path:
    """Return a folder that can be written, made if missing: no cache is ever a reason to fail.

    Parameters
    ----------
    named
        The folder that the user asks for; one that begins with ``~`` is looked up as a shell does. By default
        :func:`default_cache`. Where it cannot be made or written, a folder for this process alone takes its place,
        which is removed when the process ends.
    """
    try:
        folder = Path(named).expanduser() if named is not None else default_cache()
        if folder is not None and writable(folder):
            return folder
    except (RuntimeError, ValueError):  # no such user's home; a zero byte in the name
        pass
    return Path(_for_this_process().name)


def default_cache() -> Path | None:
    """Return ``multistart`` in the user's cache folder; none where the user has neither.

    The cache folder is ``$XDG_CACHE_HOME`` (XDG Base Directory Specification 0.8; one that is not absolute is
    ignored, as it says) or ``.cache`` in the home folder.
    """
    cache_home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if cache_home.is_absolute():
        return cache_home / NAME
    try:
        home = Path.home()
    except RuntimeError:  # neither $HOME nor an entry of the user in the system's list
        return None
    return home / ".cache" / NAME if home.is_absolute() else None


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@cache
def _for_this_process() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f"{NAME}-")
