"""Files that a submission writes: where it may not, they are kept in memory for as long as its process lives.

A training that saves its history at the end may still be right. What was kept can be read again by `open` and
`torch.load`; nothing reaches the disk. Files elsewhere than in the working folder are refused as ever.
"""

from __future__ import annotations

import builtins
import errno
import functools
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch

_WRITES = frozenset("wax+")
# nothing is there, it may not be written, or (within bubblewrap) nothing may be written at all
_REFUSED = frozenset((errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS))
_HOME = Path("/nonexistent")  # a worker's home, where nothing is


def install() -> None:
    """In the zygote: put the files in memory behind Python's and torch's functions for files."""
    files = _Files(builtins.open)
    builtins.open = io.open = files.open
    for name in ("mkdir", "makedirs"):
        setattr(os, name, _forgiving(getattr(os, name)))
    # on the disk, `tempfile` would find no folder in which it may write
    tempfile.tempdir = str(_HOME)
    # these open a path by themselves
    torch.save = files.saving(torch.save, "wb", place=1)
    numpy.savetxt = files.saving(numpy.savetxt, "w", place=0)
    torch.load = files.loading(torch.load)


class _Files:
    """Files in memory, by their absolute paths."""

    def __init__(self, real_open: Callable[..., Any]) -> None:
        self._open = real_open
        self._kept: dict[str, bytes] = {}

    def open(
        self, file: Any, mode: str = "r", *args: Any, **kwargs: Any
    ) -> Any:
        """As Python's own `open`; a file that may not be written is kept here."""
        path = _path(file)
        if path is not None and path in self._kept:
            return self._opened(path, mode, **kwargs)
        try:
            return self._open(file, mode, *args, **kwargs)
        except OSError as error:
            if (
                path is None
                or _WRITES.isdisjoint(mode)
                or error.errno not in _REFUSED
            ):
                raise
        return self._opened(path, mode, **kwargs)

    def _opened(self, path: str, mode: str, **kwargs: Any) -> Any:
        before = b"" if "w" in mode else self._kept.get(path, b"")
        raw = _Kept(before, functools.partial(self._kept.__setitem__, path))
        raw.name = path
        if _WRITES.isdisjoint(mode):
            raw.closes = None
        elif "a" in mode:
            raw.seek(0, io.SEEK_END)
        if "b" in mode:
            return raw
        return io.TextIOWrapper(
            raw,
            encoding=kwargs.get("encoding") or "utf-8",
            errors=kwargs.get("errors"),
            newline=kwargs.get("newline"),
            write_through=True,
        )

    def saving(
        self, save: Callable[..., None], mode: str, place: int
    ) -> Callable[..., None]:
        """A function that saves something, with this `open` for the path that is argument number `place`."""

        @functools.wraps(save)
        def saved(*args: Any, **kwargs: Any) -> None:
            if len(args) <= place or _path(args[place]) is None:
                save(*args, **kwargs)
                return
            with self.open(args[place], mode) as file:
                save(*args[:place], file, *args[place + 1 :], **kwargs)

        return saved

    def loading(self, load: Callable[..., Any]) -> Callable[..., Any]:
        """`torch.load`, which finds what is kept here."""

        @functools.wraps(load)
        def loaded(f: Any, *args: Any, **kwargs: Any) -> Any:
            path = _path(f)
            if path is not None and path in self._kept:
                f = io.BytesIO(self._kept[path])
            return load(f, *args, **kwargs)

        return loaded


class _Kept(io.BytesIO):
    """A file in memory. closes: takes its bytes when it is closed."""

    name = ""

    def __init__(
        self, before: bytes, closes: Callable[[bytes], None] | None
    ) -> None:
        super().__init__(before)
        self.closes = closes

    def close(self) -> None:
        """Keep what was written."""
        if not self.closed and self.closes is not None:
            self.closes(self.getvalue())
        super().close()


def _path(file: Any) -> str | None:
    """The absolute path of a file of the submission's own: in the working folder, below it, or at home.

    None for any other place, a descriptor or an open file.
    """
    if not isinstance(file, str | bytes | os.PathLike):
        return None
    path = Path(os.fsdecode(file))
    here = Path.cwd()
    is_own = path.parent == here or _HOME in path.parents
    if path.is_absolute() and not is_own:
        return None
    # not `resolve`, which asks the disk
    return str(here / path)


def _forgiving(make: Callable[..., None]) -> Callable[..., None]:
    """A function that makes a folder; where it may not, one of the submission's own is taken to be there."""

    @functools.wraps(make)
    def made(name: Any, *args: Any, **kwargs: Any) -> None:
        try:
            make(name, *args, **kwargs)
        except OSError as error:
            if _path(name) is None or error.errno not in _REFUSED:
                raise

    return made
