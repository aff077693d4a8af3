"""Files that appear whole or not at all, each with the checksum of its bytes beside it.

A reader that asks :func:`verify` first never believes a file that was damaged, cut short or edited, and
:func:`tidy` takes such files away before a run is planned, so that the run makes them anew. Nothing here is heavy:
the workflow calls it each time it starts.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from multistart.errors import DamagedError, WriteError

#: Bytes that :func:`tidy` reads, the smallest files first; about a second.
AT_ONCE = 2 * 2**30
NOTE = b"# "  # before a note: a comment, which `sha256sum` passes over
_CRUMB = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp")


class HashingFile(io.RawIOBase):
    """A file that is written from its beginning to its end, with the SHA-256 of what it was given."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._path = path
        self._file = io.FileIO(descriptor, "wb", closefd=False)
        self._hash = hashlib.sha256()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        """Write all of it, or raise :class:`WriteError`."""
        left = memoryview(content).cast("B")
        self._hash.update(left)
        size = len(left)
        with _writing(self._path):
            while len(left):
                left = left[self._file.write(left) :]
        return size

    def tell(self) -> int:
        """Bytes that were written."""
        return self._file.tell()

    def checksum(self) -> str:
        """The SHA-256 of all that was written, in hexadecimal."""
        return self._hash.hexdigest()


@contextmanager
def whole(path: Path | str, *, recorded: bool = True, note: str = "") -> Iterator[HashingFile]:
    """A file to write that takes its name when the block ends without an error, with its checksum beside it.

    What is no file of a study need not be ``recorded``: then no checksum is written. A ``note`` of one line is recorded
    with the checksum, for :func:`note_of`.

    The checksum is that of what was given, not of what a disk made of it. It is written last: a process that is killed
    between the two leaves a file that :func:`verify` refuses.

    Raises
    ------
    WriteError
        There is no room, or the folder cannot be written.
    """
    path = Path(path)
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = _temporary(path)
    try:
        file = HashingFile(descriptor, path)
        yield file
        with _writing(path):
            os.fchmod(descriptor, 0o644)
            os.replace(temporary, path)
            if recorded:
                checksum_file(path).write_bytes(_record(path, file.checksum(), note))
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteError(path, error) from error


def checksum_file(path: Path | str) -> Path:
    """Where the checksum of a file is recorded: a hidden file beside it, in the format of ``sha256sum``."""
    path = Path(path)
    return path.with_name(f".{path.name}.sha256")


def checksum(path: Path | str) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(path: Path | str) -> str:
    """Return the SHA-256 of a file that holds what was written into it.

    Raises
    ------
    DamagedError
        It holds something else, or no checksum of it is recorded.
    """
    path = Path(path)
    try:
        found = checksum(path)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        raise DamagedError(path, "the disk does not give it back") from None
    if not checksum_file(path).is_file():
        raise DamagedError(path, "no checksum of it is recorded")
    recorded, expected = checksum_file(path).read_bytes(), _record(path, found)
    if recorded != expected and not recorded.startswith(expected + NOTE):
        raise DamagedError(path, "its bytes are not those that were written")
    return found


def recorded(path: Path | str) -> str:
    """The SHA-256 of what was written into a file, whatever it holds now.

    Raises
    ------
    DamagedError
        None is recorded.
    """
    try:
        return checksum_file(path).read_text().split()[0]
    except (OSError, IndexError):
        raise DamagedError(Path(path), "no checksum of it is recorded") from None


def note_of(path: Path | str) -> str:
    """What was noted of a file when it was written; empty where nothing was, or there is no file."""
    try:
        _, _, note = checksum_file(path).read_bytes().partition(b"\n" + NOTE)
    except OSError:
        return ""
    return note.decode(errors="replace").rstrip("\n")


def remove(path: Path | str) -> None:
    """Remove a file with its checksum."""
    Path(path).unlink(missing_ok=True)
    checksum_file(path).unlink(missing_ok=True)


def move(path: Path | str, to: Path) -> None:
    """Give a file another name, with its checksum and its note; killed in the midst, it has the old one."""
    path, note = Path(path), note_of(path)
    found = verify(path)
    with _writing(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        checksum_file(to).write_bytes(_record(to, found, note))
        os.replace(path, to)
    checksum_file(path).unlink(missing_ok=True)


def tidy(folder: Path | str) -> list[str]:
    """Remove from a folder, and the folders in it, what killed jobs left and what is damaged; a sentence for each.

    Files without a recorded checksum are left alone, as they may be the user's; and so is what others are writing.
    """
    remove_crumbs(folder)
    found = damaged(folder)
    for error in found:
        remove(error.path)
    return [f"{error} It was removed, and is made anew." for error in found]


def remove_crumbs(folder: Path | str) -> None:
    """Remove from a folder, and the folders in it, what killed jobs left, and records of files that are gone."""
    for crumb in Path(folder).rglob(".*.tmp"):
        if _CRUMB.fullmatch(crumb.name) and not is_locked(crumb):
            crumb.unlink(missing_ok=True)
    for record, path in _recorded(folder):
        if not path.exists():
            record.unlink(missing_ok=True)


def damaged(folder: Path | str) -> list[DamagedError]:
    """What is wrong with the files of a folder, and of the folders in it, whose checksums are recorded.

    What is beyond :data:`AT_ONCE` is not looked at here; the jobs that read it do.
    """
    left, found = AT_ONCE, []
    for size, path in sorted((path.stat().st_size, path) for _, path in _recorded(folder) if path.is_file()):
        left -= size
        if left < 0:
            break
        if is_locked(path):  # its checksum is about to be written
            continue
        try:
            verify(path)
        except DamagedError as error:
            found.append(error)
    return found


def left_over(folder: Path | str, own: Iterable[Path | str]) -> list[str]:
    """What files with a recorded checksum a folder holds beside ``own``; a folder in it where nothing is."""
    parts = set(map(Path, own))
    parts |= {parent for path in parts for parent in path.parents}
    found = set()
    for _, path in _recorded(folder):
        if path not in parts and path.exists():
            above = [parent for parent in path.parents if parent not in parts]
            found.add(f"{above[-1].relative_to(folder)}/" if above else str(path.relative_to(folder)))
    return sorted(found)


def _record(path: Path, found: str, note: str = "") -> bytes:
    line = found.encode() + b"  " + os.fsencode(path.name) + b"\n"
    return line + NOTE + note.encode() + b"\n" if note else line


def _recorded(folder: Path | str) -> list[tuple[Path, Path]]:
    """The records of checksums in a folder, each with its file."""
    records = Path(folder).rglob(".*.sha256")
    return [(record, record.with_name(record.name[1 : -len(".sha256")])) for record in records]


def _temporary(path: Path) -> tuple[int, Path]:
    """A new file beside ``path`` that is locked while its process lives: whoever finds it unlocked may remove it."""
    while True:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.exists(name):  # not removed by another run before it was locked
            return descriptor, Path(name)
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether a living process is writing a file: it holds the lock until the checksum is recorded."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks, or a file that went
        return False
    return False
