"""Entries of the cache: files of JSON whose digest is verified before anything in them is used.

An entry says what it was made from, its key, beside what was made, its content. The SHA-256 of both stands before
them, so a flipped bit, a file cut short, and the entry of another key under this one's name are all no entry, and what
it would have held is made anew. A digest tells damage, not who wrote: see :mod:`.cache_folder` for that.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from multistart.files.cache_folder import cache_folder, warn_of_others, written_by_this_user_alone

LARGEST = 2**28  # bytes of a file that is read
ABANDONED = 86_400  # seconds after which the temporary file of a killed process is removed
PATIENCE = 60.0  # seconds to wait for another process that makes the same entry
_BEFORE, _BETWEEN, _AFTER = b'{"sha256": "', b'",\n"entry": ', b"}\n"
_HEAD = len(_BEFORE) + 64 + len(_BETWEEN)
Key = Mapping[str, Any]


def read_entry(cache: Path | str | None, kind: str, key: Key) -> Any:
    """The content kept under a key; none where there is no entry, or not a sound one of exactly this key.

    Parameters
    ----------
    cache
        The folder that the user named, or none for the user's own.
    kind
        A folder in it, as ``"kernels"``.
    key
        Everything that shapes the content, as plain data for JSON.
    """
    try:
        with _opened(cache, kind, key) as stream:
            data = stream.read(LARGEST)
        body = data[_HEAD : -len(_AFTER)]
        if data != _sealed(body):
            return None
        entry = json.loads(body)
        return entry["content"] if entry["kind"] == kind and entry["key"] == json.loads(json.dumps(key)) else None
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def write_entry(cache: Path | str | None, kind: str, key: Key, content: Any) -> None:
    """Keep content under a key, whole or not at all; a folder that cannot be written costs time, not results."""
    body = json.dumps({"kind": kind, "key": key, "content": content}, allow_nan=False).encode()
    with suppress(OSError, ValueError, LookupError):
        path = _place(cache, kind, key, make=True)
        _remove_abandoned(path.parent)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            with open(temporary, "xb", opener=_creator(0o600 if cache is None else 0o666)) as stream:
                stream.write(_sealed(body))
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def one_at_a_time(cache: Path | str | None, kind: str, key: Key) -> Iterator[None]:
    """Wait, not for ever, while another process makes the entry of a key, to look for it again then.

    That no two make the same entry saves time and is no promise: entries are whole whoever writes them.
    """
    with ExitStack() as stack:
        with suppress(OSError, ValueError, LookupError):
            path = _place(cache, kind, key, make=True)
            lock = path.with_name(f".{path.name}.lock.tmp")
            number = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600 if cache is None else 0o666)
            stack.callback(os.close, number)
            stack.callback(lock.unlink, missing_ok=True)
            _wait_for(number)
        yield


@functools.cache
def source_digest(*patterns: str) -> str:
    """The SHA-256 of the package's sources that match, as in ``"kernels/*.py"``, names included.

    They are read once a process: what it has loaded stays what it was if a file changes later, and so does its key.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted({file for pattern in patterns for file in package.glob(pattern)}):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(package)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _sealed(body: bytes) -> bytes:
    """The bytes of a file: the digest of the body before the body, together valid JSON."""
    return _BEFORE + hashlib.sha256(body).hexdigest().encode() + _BETWEEN + body + _AFTER


def _place(cache: Path | str | None, kind: str, key: Key, *, make: bool) -> Path:
    """The path of an entry. In the user's own cache its folders are for this user alone, else as the umask says.

    Raises
    ------
    LookupError
        There is no cache, or it is the user's own and others can write to it.
    """
    top = cache_folder(cache)
    if top is None:
        raise LookupError("no cache folder")
    for folder in (top, top / kind):
        if make:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700 if cache is None else 0o777, exist_ok=True)
        if cache is None and not written_by_this_user_alone(folder.stat()):
            warn_of_others(folder)
            raise LookupError(f"{folder} can be written by others")
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    return top / kind / f"{name}.json"


@contextmanager
def _opened(cache: Path | str | None, kind: str, key: Key) -> Iterator[IO[bytes]]:
    """An entry's file, open to be read, once it is known to be one that may be used."""
    path = _place(cache, kind, key, make=False)
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode) or (cache is None and not written_by_this_user_alone(status)):
            raise OSError(f"{path} is no file of this user alone")
        yield stream


def _wait_for(number: int) -> None:
    """Take the lock of an open file, or give up after a while."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(BlockingIOError):
            return fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.05)


def _creator(mode: int) -> Any:
    return lambda name, flags: os.open(name, flags, mode)


def _remove_abandoned(folder: Path) -> None:
    for file in folder.glob(".*.tmp"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > ABANDONED:
                file.unlink()
