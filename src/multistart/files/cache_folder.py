"""Which folder keeps compiled kernels and certificates, and whether what lies in it may be used.

A compiled kernel is machine code, so whoever can write it decides what this process does. In the folder that nobody
named, the user's own cache, only what no other user can have written is used; in a folder that the user named, what
its writers put there: the name is the user's word that they are trusted.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from logging import getLogger
from pathlib import Path

NAME = "multistart"
OTHERS_WRITE = 0o022
ROOM, FILES = 2**20, 64  # bytes and files; Snakemake keeps copies of the scripts in the cache folder


def cache_folder(named: str | Path | None = None) -> Path | None:
    """Return the folder of the cache, which need not exist; none where there can be none.

    Parameters
    ----------
    named
        The folder that the user asks for; one that begins with ``~`` is looked up as a shell does. By default
        :func:`default_cache`.
    """
    try:
        return Path(named).expanduser() if named is not None else default_cache()
    except (RuntimeError, ValueError):  # no such user's home; a zero byte in the name
        return None


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
    """Whether files can be made in a folder, which is made if missing, and have some room: for bytes, and for files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))
        disk = os.statvfs(folder)
        return disk.f_files == 0 or disk.f_favail >= FILES  # some file systems have no number of files
    except (OSError, ValueError):
        return False


def written_by_this_user_alone(status: os.stat_result) -> bool:
    """Whether a file or folder of this status belongs to this user, and no other may write it.

    Rights given by access control lists count, since they show as those of the group.
    """
    return status.st_uid == os.geteuid() and not status.st_mode & OTHERS_WRITE


@cache
def warn_of_others(folder: Path) -> None:
    """Say once a process that a folder is not used, and what to do."""
    getLogger(__name__).warning(
        "%s can be written by other users, so no compiled function or certificate is read from it or kept there: "
        "take their right (chmod -R go-w) or name a folder as execution.cache",
        folder,
    )
