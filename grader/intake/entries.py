"""What was handed in, as a list of files: those of a folder, and those inside its zips, however nested.

Nothing is ever extracted: a zip's member is read into memory, bounded, when it is graded. A member's name
is text to show; no path is made of it. Symbolic links are not followed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.errors import GraderError, UsageError

LARGEST = 64 << 20  # bytes of one file, and of a zip inside a zip
TOO_LARGE = f"is larger than {LARGEST >> 20} MB; clear the notebook's outputs and hand it in again"
MOST_MEMBERS = 100_000
DEEPEST = 4  # zips within zips
_DEEPEST_FOLDER = 50
_RATIO = 200  # a zip may unpack to this many times its size
_SMALL = 100 << 20  # or to this many bytes, whatever the ratio
_IGNORED = {"__pycache__", "__macosx", "venv", "node_modules", "site-packages"}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)

Parts = tuple[str, ...]  # a path, folder by folder
Members = tuple[int, ...]  # positions in zips, from the outermost one inwards


class Refused(GraderError):
    """A zip or a file that is not read; the text is a clause about it."""


@dataclass(frozen=True)
class Entry:
    """One file: `parts` is its path as shown, folders and zips included; `changed` is in seconds.

    `file` is the file on disk that holds it and `members` leads on into that file, where it is a zip: the
    position of a member, of a member of that member, and so on. problem: why it cannot be read.
    """

    parts: Parts
    size: int
    changed: float
    file: Path
    members: Members = ()
    problem: str | None = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.parts[-1]

    @property
    def path(self) -> str:
        """The path as shown."""
        return "/".join(self.parts)

    @property
    def suffix(self) -> str:
        """The name's suffix in lower case, with its dot."""
        return Path(self.name).suffix.lower()

    def below(self, depth: int) -> Entry:
        """The same, shown without the first `depth` folders."""
        return dataclasses.replace(self, parts=self.parts[depth:])

    def read(self) -> bytes:
        """Its bytes. Raises Refused where it is too large or cannot be read."""
        if self.size > LARGEST:
            raise Refused(TOO_LARGE)
        try:
            if not self.members:
                return _whole(self.file.open("rb"), self.size)
            return _member(self.file, self.members)
        except _BROKEN as error:
            raise Refused(f"cannot be read: {error}") from error


def entries(path: Path) -> list[Entry]:
    """The files of a folder or a zip. Raises Refused where `path` itself is a zip that is not read."""
    if path.is_dir():
        return list(_of_folder(path, ()))
    size = path.stat().st_size
    return list(_of_zip(path, (), (), size))


def ignored(name: str) -> bool:
    """Whether a file or folder of this name is never a student's work: hidden, or made by a tool."""
    # Moodle's folders begin with the student's name, and a student may be called ".."
    is_of_student = "_assignsubmission_" in name
    if name.startswith(".") and not is_of_student:
        return True
    return name.casefold() in _IGNORED


def shown(name: str) -> str:
    """A file's name as text that any encoding can hold, its accents composed."""
    # a name from the disk may hold bytes that are no text; os.fsencode gives them back
    text = os.fsencode(name).decode("utf-8", "replace")
    return unicodedata.normalize("NFC", text)


def _of_folder(folder: Path, parts: Parts) -> Iterator[Entry]:
    if len(parts) > _DEEPEST_FOLDER:
        return
    # sorted, since the order in a folder differs from one file system to another
    for found in sorted(os.scandir(folder), key=lambda found: found.name):
        if ignored(found.name) or found.is_symlink():
            continue
        path = Path(found.path)
        here = (*parts, shown(found.name))
        if found.is_dir():
            yield from _of_folder(path, here)
        elif found.is_file():
            status = found.stat()
            entry = Entry(here, status.st_size, status.st_mtime, path)
            yield from _opened(entry)


def _opened(entry: Entry) -> list[Entry]:
    """The files in a zip, or the zip itself with its problem where it is refused. Another file as it is."""
    if entry.suffix != ".zip":
        return [entry]
    inside = _of_zip(entry.file, entry.members, entry.parts, entry.size)
    try:
        # the zip is only read here
        return list(inside)
    except Refused as refusal:
        return [dataclasses.replace(entry, problem=str(refusal))]


def _of_zip(
    file: Path, members: Members, parts: Parts, size: int
) -> Iterator[Entry]:
    if len(members) >= DEEPEST:
        raise Refused(f"holds zips nested more than {DEEPEST} deep")
    try:
        infos = _archive(file, members).infolist()
    except _BROKEN as error:
        raise Refused(f"is not a zip that can be read: {error}") from error
    if len(infos) > MOST_MEMBERS:
        raise Refused(f"holds more than {MOST_MEMBERS} files")
    _check_unpacked_size(infos, size)
    for position, info in enumerate(infos):
        # looked at first, so that a folder that leads out of the zip is refused too
        here = _inside(info)
        if not _is_file(info) or any(ignored(part) for part in here):
            continue
        entry = Entry(
            parts=(*parts, *here),
            size=info.file_size,
            changed=_changed(info),
            file=file,
            members=(*members, position),
        )
        yield from _opened(entry)


def _check_unpacked_size(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Raise Refused for a zip whose members are many times its size: it is made to fill a memory."""
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max(_SMALL, _RATIO * size):
        ratio = unpacked // max(size, 1)
        raise Refused(
            f"would unpack to {unpacked >> 20} MB, {ratio} times its size"
        )


def _is_file(info: zipfile.ZipInfo) -> bool:
    # the upper half holds the file's mode where the zip was made on Unix
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    return not info.is_dir() and not is_link


def _inside(info: zipfile.ZipInfo) -> Parts:
    """A member's path. Raises Refused for one that leads out of the zip's own folder."""
    name = _member_name(info)
    parts = re.split(r"[/\\]", name)
    if _is_absolute(name) or ".." in parts or "\0" in name:
        raise Refused(
            f"holds a file named {name[:80]!r}, which leads out of its folder"
        )
    path = []
    for part in parts:
        if part not in ("", "."):
            path.append(shown(part))
    return tuple(path) or ("unnamed",)


def _member_name(info: zipfile.ZipInfo) -> str:
    """The name as the zip has it: `info.filename` is cut at a zero byte."""
    name = info.orig_filename
    is_utf8 = info.flag_bits & 0x800
    if not is_utf8:
        # zipfile reads such names as cp437, but many tools write UTF-8 without setting the flag
        with contextlib.suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name


def _is_absolute(name: str) -> bool:
    """Whether a name starts at the root of a file system, on Windows too."""
    return re.match(r"[/\\]|[A-Za-z]:", name) is not None


def _changed(info: zipfile.ZipInfo) -> float:
    try:
        changed = datetime.datetime(*info.date_time, tzinfo=datetime.UTC)
        return changed.timestamp()
    except ValueError:
        return 0.0


@functools.lru_cache(maxsize=2)
def _kept_open(file: Path, changed: int) -> zipfile.ZipFile:  # noqa: ARG001 (one that changed is opened anew)
    return zipfile.ZipFile(file)


@functools.lru_cache(maxsize=1)
def _kept_inside(
    file: Path,
    changed: int,  # noqa: ARG001
    members: Members,
) -> zipfile.ZipFile:
    data = _member(file, members)
    return zipfile.ZipFile(io.BytesIO(data))


def _archive(file: Path, members: Members) -> zipfile.ZipFile:
    """The zip on disk, or the one that `members` leads to in it. It is opened once, not once per student."""
    changed = file.stat().st_mtime_ns
    if not members:
        return _kept_open(file, changed)
    return _kept_inside(file, changed, members)


def _member(file: Path, members: Members) -> bytes:
    *outer, position = members
    return _unpacked(_archive(file, tuple(outer)), position)


def _unpacked(archive: zipfile.ZipFile, position: int) -> bytes:
    info = archive.infolist()[position]
    if info.file_size > LARGEST:
        raise ValueError(f"it holds a file of more than {LARGEST >> 20} MB")
    is_encrypted = info.flag_bits & 1
    if is_encrypted:
        raise ValueError("it is locked with a password")
    return _whole(archive.open(info), info.file_size)


def _whole(stream: IO[bytes], size: int) -> bytes:
    """The stream's bytes, which may not be more than were announced."""
    with stream:
        # one byte more than is allowed, to see whether there is more
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(
            f"it is larger than {LARGEST >> 20} MB, where {size} bytes were announced"
        )
    return data


def listed(path: Path) -> list[Entry]:
    """As `entries`, for a path that the instructor gave. Raises UsageError where it cannot be read."""
    try:
        return entries(path)
    except OSError as error:
        unread = error.filename or path
        raise UsageError(
            f"{unread} cannot be read: {error.strerror}."
        ) from error
    except Refused as refusal:
        raise UsageError(f"{path} {refusal}; it is not graded.") from refusal
