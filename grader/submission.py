"""Submissions as they lie on disk: which files there are, and the bytes that are graded.

Nothing of a submission is parsed here; that happens in a worker. The file to grade is chosen by looking
for definitions in the raw bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError

SUFFIXES = (".py", ".ipynb")
LARGEST = 64 << 20
_IGNORED = {"__pycache__", ".ipynb_checkpoints", "__MACOSX", ".git", ".venv", "venv", "node_modules"}


@dataclass(frozen=True)
class Submission:
    """One submission to grade. `data` are the graded file's bytes, `filename` its name, for its suffix.

    problem: a sentence that says why there is nothing to grade; `data` is empty then.
    """

    id: str
    name: str
    filename: str
    data: bytes
    files: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def sha256(self) -> str:
        """The digest of the graded bytes."""
        return hashlib.sha256(self.data).hexdigest()


def from_file(path: Path, id_: str | None = None) -> Submission:
    """The submission that one file is. Raises UsageError where it cannot be read at all."""
    try:
        if path.stat().st_size > LARGEST:
            problem = f"{path.name} is larger than {LARGEST >> 20} MB; clear the notebook's outputs and hand it in again."
            return Submission(id_ or _id(path.stem), path.stem, path.name, b"", (path.name,), (), problem)
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return Submission(id_ or _id(path.stem), path.stem, path.name, data, (path.name,))


def from_folder(folder: Path, names: Iterable[str], id_: str | None = None) -> Submission:
    """The submission of a folder of one student: the file that defines most of `names`, the newest of equals."""
    files = sorted(p for p in _walk(folder) if p.suffix.lower() in SUFFIXES)
    listed = tuple(str(p.relative_to(folder)) for p in files)
    id_ = id_ or _id(folder.name)
    if not files:
        return Submission(
            id_, folder.name, "", b"", (), (), "There is no .py and no .ipynb file in what was handed in."
        )
    chosen = max(files, key=lambda p: (_definitions(p, names), p.stat().st_mtime_ns, str(p)))
    notices = ()
    if len(files) > 1:
        notices = (f"{len(files)} files were handed in; {chosen.relative_to(folder)} was graded.",)
    one = from_file(chosen, id_)
    return Submission(id_, folder.name, one.filename, one.data, listed, notices, one.problem)


def find(paths: Iterable[Path], names: Iterable[str]) -> list[Submission]:
    """The submissions that the given paths hold.

    A file is one submission. A folder that holds files to grade holds one submission a file; each of its
    subfolders that holds some is one submission. Raises UsageError where a path is not there or holds none.
    """
    names = tuple(names)
    found: list[Submission] = []
    for path in paths:
        if path.is_file() and path.suffix.lower() in SUFFIXES:
            found.append(from_file(path))
        elif path.is_dir():
            found.extend(_of_folder(path, names))
        elif path.exists():
            raise UsageError(f"{path} is neither a folder nor a .py or .ipynb file.")
        else:
            raise UsageError(f"{path} does not exist.")
    if not found:
        raise UsageError(f"there is no submission in {', '.join(map(str, paths))}: no .py and no .ipynb file.")
    return _distinct(found)


def _of_folder(folder: Path, names: tuple[str, ...]) -> list[Submission]:
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.name in _IGNORED or entry.name.startswith("."):
            continue
        if entry.is_file() and entry.suffix.lower() in SUFFIXES:
            found.append(from_file(entry))
        elif entry.is_dir() and not entry.is_symlink():
            found.append(from_folder(entry, names))
    return found


def _walk(folder: Path) -> Iterable[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in _IGNORED or entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _definitions(path: Path, names: Iterable[str]) -> int:
    """How many of `names` the file seems to define, by its bytes."""
    if path.stat().st_size > LARGEST:
        return 0
    data = path.read_bytes()
    return sum(
        re.search(rb"\b(?:def\s+%b\s*\(|%b\s*=)" % (name.encode(), name.encode()), data) is not None
        for name in names
    )


def _id(name: str) -> str:
    """A name as an identifier that is safe as a folder's name on every system."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.")
    return safe[:100] or "submission"


def _distinct(submissions: list[Submission]) -> list[Submission]:
    """The same, with ids that differ even where case does not count."""
    seen: dict[str, int] = {}
    distinct = []
    for submission in submissions:
        id_ = submission.id
        while (key := id_.casefold()) in seen:
            seen[key] += 1
            id_ = f"{submission.id}-{seen[key]}"
        seen[key] = 1
        distinct.append(submission if id_ == submission.id else _renamed(submission, id_))
    return distinct


def _renamed(submission: Submission, id_: str) -> Submission:
    return Submission(
        id_,
        submission.name,
        submission.filename,
        submission.data,
        submission.files,
        submission.notices,
        submission.problem,
    )
