"""Zips, opened in memory and never extracted; what they would cost is known before it is spent.

A zip is a file on disk, or a member of one, or a member of that: `members` are the positions that lead to it,
from the outermost zip inwards.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import zipfile
from pathlib import Path
from typing import IO, Any

from grader.intake.limits import (
    DEEPEST,
    LARGEST,
    MOST_FILES_OF_A_CLASS,
    TOO_LARGE,
    Refused,
)

Members = tuple[int, ...]

# The others unpack without a bound: zipfile hands a few kilobytes to them, and gets back gigabytes.
_UNPACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard"}
NOT_ORDINARY = "is no ordinary file"
_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's directory
_BYTES_PER_FILE = 300  # of a zip's directory
_LONGEST = 80  # characters of an error's text
# Where an entry of a directory says how long its name, its extra fields and its comment are, which follow
# it. zipfile's time for extra fields grows with the square of their length.
_LENGTHS = struct.Struct("<28xHHH12x")
# bytes; times, an account and a name in Unicode take 150 of them
_LONGEST_EXTRA = 400


def members_of(
    file: Path, members: Members, most: int
) -> list[zipfile.ZipInfo]:
    """The members of a zip. Raises Refused where it is none, or where there are more than `most` of them."""
    if len(members) >= DEEPEST:
        raise Refused(f"lies in {DEEPEST} zips, one inside the other")
    infos = _archive(file, members, most).infolist()
    if len(infos) > most:
        raise Refused(_too_many(most))
    return infos


def read(file: Path, members: Members) -> bytes:
    """The bytes of a file on disk, or of a member. Raises Refused, and nothing else."""
    try:
        if not members:
            return _whole(open_regular(file))
        *outer, position = members
        archive = _archive(file, tuple(outer))
        return _unpacked(archive, archive.infolist()[position])
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"cannot be read: {reason(error)}") from error


def open_regular(file: Path) -> IO[bytes]:
    """Open a file on disk. Raises Refused for a link, and for a pipe or device, which might never answer."""
    wanted = ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC")
    flags = os.O_RDONLY
    for name in wanted:
        # no system has all of them
        flags |= getattr(os, name, 0)
    handle = os.open(file, flags)
    stream = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        stream.close()
        raise Refused(NOT_ORDINARY)
    return stream


def name_of(info: zipfile.ZipInfo) -> str:
    """A member's name as the zip has it: `info.filename` is cut at a zero byte."""
    name = info.orig_filename
    is_utf8 = info.flag_bits & 0x800
    if not is_utf8:
        # zipfile reads such names as cp437, but many tools write UTF-8 without setting the flag
        with contextlib.suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name


def obstacle(info: zipfile.ZipInfo) -> str | None:
    """Why a member cannot be unpacked, as far as its entry tells."""
    is_encrypted = info.flag_bits & 1
    if is_encrypted:
        return "is locked with a password"
    if info.compress_type in _UNPACKED:
        return None
    method = _METHODS.get(info.compress_type, "an unknown method")
    return (
        f"is compressed by {method}; make the zip anew, with the usual Deflate"
    )


def is_link(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a symbolic link."""
    # the upper half holds the file's mode where the zip was made on Unix
    return stat.S_ISLNK(info.external_attr >> 16)


def reason(error: Exception) -> str:
    """What an exception says, short, and without the path of the instructor's folder."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)[:_LONGEST]
    return text or type(error).__name__


class _Bounded:
    """A zip whose directory is refused before zipfile, which reads it in one piece, makes objects of it."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream = stream
        self._most = most
        self.seek = stream.seek
        self.tell = stream.tell
        self.seekable = stream.seekable
        self.close = stream.close

    def __del__(self) -> None:
        # zipfile closes nothing that it has not opened itself
        self._stream.close()

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises Refused where they list more than the most files."""
        room = max(LARGEST + 1, self._most * _BYTES_PER_FILE)
        if size < 0 or size > room:
            size = room
        data = self._stream.read(size)
        if data.count(_ENTRY) > self._most:
            raise Refused(_too_many(self._most))
        _require_short_extras(data)
        return data


def _require_short_extras(data: bytes) -> None:
    """Raise Refused where these bytes are a zip's directory with an entry that takes too long to read."""
    position = 0
    while data.startswith(_ENTRY, position):
        if len(data) < position + _LENGTHS.size:
            return
        name, extra, comment = _LENGTHS.unpack_from(data, position)
        if extra > _LONGEST_EXTRA:
            raise Refused("is not a zip that can be read: long extra fields")
        position += _LENGTHS.size + name + extra + comment


def _too_many(most: int) -> str:
    return f"holds more files than may be listed ({most}); hand in your code alone"


# -- what is open ----------------------------------------------------------------------------------------

_MOST_OPEN = 4
# each is opened once, not once per student: (file, when it was changed, members) -> the zip
_open: dict[tuple[Path, int, Members], zipfile.ZipFile] = {}


def _archive(
    file: Path, members: Members, most: int = MOST_FILES_OF_A_CLASS
) -> zipfile.ZipFile:
    """The zip on disk, or the one that `members` leads to in it. Raises Refused where it is none."""
    try:
        changed = file.stat(follow_symlinks=False).st_mtime_ns
        key = (file, changed, members)
        archive = _open.pop(key, None)
        if archive is None:
            archive = _opened(file, members, most)
            while len(_open) >= _MOST_OPEN:
                # the one that was used least recently
                del _open[next(iter(_open))]
        # it is the last one from now on
        _open[key] = archive
        return archive
    except Refused:
        raise
    except Exception as error:
        why = reason(error)
        raise Refused(f"is not a zip that can be read: {why}") from error


def _opened(file: Path, members: Members, most: int) -> zipfile.ZipFile:
    if members:
        data = read(file, members)
        bounded: Any = _Bounded(io.BytesIO(data), most)
    else:
        bounded = _Bounded(open_regular(file), most)
    return zipfile.ZipFile(bounded)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > LARGEST:
        raise Refused(TOO_LARGE)
    why = obstacle(info)
    if why is not None:
        raise Refused(why)
    # zipfile gives no more than was announced
    return _whole(archive.open(info))


def _whole(stream: IO[bytes]) -> bytes:
    with stream:
        # one byte more than is allowed, to see whether there is more
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Refused(TOO_LARGE)
    return data
