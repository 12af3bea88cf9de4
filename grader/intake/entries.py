"""What was handed in, as a list of files: those of a folder, and those inside its zips, however nested.

Nothing is ever extracted: a zip's member is read into memory, bounded, when it is graded. A member's name
is text to show; no path is made of it. Symbolic links are not followed, pipes and devices not opened. What
is not read is listed all the same, with its problem.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import os
import re
import stat
import unicodedata
import zipfile
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from grader.intake import archives
from grader.intake.archives import Members
from grader.intake.limits import (
    DEEPEST_FOLDER,
    LARGEST,
    LARGEST_SOURCE,
    MOST_FILES_OF_A_CLASS,
    TOO_LARGE,
    TOO_LARGE_SOURCE,
    Budget,
    Refused,
)

ARCHIVE = ".zip"
READ = (".py", ".ipynb", ARCHIVE)  # suffixes of what is ever read
LINK = "is a symbolic link, which is not followed; hand in the file itself"
_IGNORED = {"__pycache__", "__macosx", "venv", "node_modules", "site-packages"}
_LONGEST_NAME = 255  # characters, as on a disk
_LONGEST_COMPOSED = (
    4 * _LONGEST_NAME
)  # a letter may be written as four characters
_SHOWN_START, _SHOWN_END = 180, 40  # characters of a longer one

Parts = tuple[str, ...]  # a path, folder by folder
Kind = Literal["file", "folder", "zip"]


@dataclass(frozen=True)
class Entry:
    """One file: `parts` is its path as shown, folders and zips included; `changed` is in seconds.

    `file` is the file on disk that holds it and `members` leads on into that file, where it is a zip: the
    position of a member, of a member of that member, and so on. problem: a clause, why it is not read.
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
        return _suffix(self.name)

    def read(self) -> bytes:
        """Its bytes. Raises Refused where it is too large or cannot be read, and nothing else."""
        if self.problem is not None:
            raise Refused(self.problem)
        _require_size(self.name, self.size)
        return archives.read(self.file, self.members)


@dataclass(frozen=True)
class Item:
    """A file, a folder or a zip, on disk or in a zip, that may be looked into.

    parts: its path as shown. members: as those of an Entry. inside: what a folder in a zip holds.
    leave_out: a folder on disk that is nobody's.
    """

    parts: Parts
    kind: Kind
    file: Path
    members: Members = ()
    size: int = 0
    changed: float = 0.0
    problem: str | None = None
    inside: _Folder | None = None
    leave_out: Path | None = None

    @property
    def name(self) -> str:
        """Its own name, as shown."""
        return self.parts[-1]

    def as_outermost(self) -> Item:
        """The same, shown without the folders that it lies in."""
        return dataclasses.replace(self, parts=self.parts[-1:])

    def as_file(self, problem: str | None = None) -> Entry:
        """The file that it is, or that stands for it where it cannot be looked into."""
        return Entry(
            self.parts,
            self.size,
            self.changed,
            self.file,
            self.members,
            problem or self.problem,
        )

    def children(self, budget: Budget) -> list[Item]:
        """What a folder or zip holds, taken from the budget. Raises Refused where it is not looked into."""
        if self.problem is not None:
            raise Refused(self.problem)
        if self.kind == "zip":
            infos = archives.members_of(self.file, self.members, budget.files)
            budget.take_files(len(infos))
            return self._of_folder_in_zip(_tree(infos, budget))
        if self.inside is not None:
            return self._of_folder_in_zip(self.inside)
        return self._of_folder_on_disk(budget)

    def _of_folder_on_disk(self, budget: Budget) -> list[Item]:
        try:
            with os.scandir(self.file) as listing:
                # one more than is allowed, to see whether there are more
                found = list(itertools.islice(listing, budget.files + 1))
        except OSError as error:
            why = archives.reason(error)
            raise Refused(f"cannot be read: {why}") from error
        budget.take_files(len(found))
        kept = [one for one in found if not ignored(one.name)]
        children = []
        names = _distinct([one.name for one in kept])
        for one in kept:
            path = Path(one.path)
            if path != self.leave_out:
                parts = (*self.parts, names[one.name])
                children.append(_on_disk(one, path, parts, self.leave_out))
        return _sorted(children)

    def _of_folder_in_zip(self, folder: _Folder) -> list[Item]:
        children = []
        names = _distinct([*folder.files, *folder.folders])
        for name, inside in folder.folders.items():
            parts = (*self.parts, names[name])
            children.append(
                Item(parts, "folder", self.file, self.members, inside=inside)
            )
        for name, member in folder.files.items():
            parts = (*self.parts, names[name])
            item = Item(
                parts,
                "zip" if _suffix(name) == ARCHIVE else "file",
                self.file,
                (*self.members, member.position),
                member.size,
                member.changed,
                member.problem,
            )
            children.append(item)
        return _sorted(children)


def _on_disk(
    found: os.DirEntry[str], path: Path, parts: Parts, leave_out: Path | None
) -> Item:
    try:
        status = found.stat(follow_symlinks=False)
    except OSError as error:
        why = archives.reason(error)
        return Item(parts, "file", path, problem=f"cannot be read: {why}")
    kind: Kind = "file"
    problem = None
    if stat.S_ISDIR(status.st_mode):
        return Item(parts, "folder", path, leave_out=leave_out)
    if stat.S_ISLNK(status.st_mode):
        problem = LINK
    elif not stat.S_ISREG(status.st_mode):
        problem = archives.NOT_ORDINARY
    elif _suffix(found.name) == ARCHIVE:
        kind = "zip"
    size, changed = status.st_size, status.st_mtime
    return Item(parts, kind, path, size=size, changed=changed, problem=problem)


# -- what is listed --------------------------------------------------------------------------------------


def outermost(path: Path, leave_out: Path | None = None) -> list[Item]:
    """What a folder or a zip holds at its top. Raises Refused where `path` itself is not looked into.

    leave_out: a folder that is not looked into.
    """
    place = path.resolve()
    if leave_out is not None:
        leave_out = leave_out.resolve()
        if leave_out == place or leave_out in place.parents:
            return []
    kind: Kind = "folder" if place.is_dir() else "zip"
    top = Item((), kind, place, leave_out=leave_out)
    return top.children(Budget(files=MOST_FILES_OF_A_CLASS))


def files_of(
    items: Iterable[Item],
    budget: Budget | None = None,
    suffixes: Collection[str] = READ,
    deepest: int = DEEPEST_FOLDER,
) -> list[Entry]:
    """The files that one student's items hold, by their paths; what is not read is there with its problem.

    budget: what all of them together may cost. suffixes: of what is read. deepest: folders that a file may
    lie in.
    """
    budget = budget or Budget()
    found = []
    todo = deque(items)
    zips: deque[Item] = deque()
    # what lies at the top comes first, and what is packed last, so that a heap of other files takes the
    # place of nobody's code
    while todo or zips:
        item = todo.popleft() if todo else zips.popleft()
        try:
            budget.check_time()
            if item.kind == "file":
                _take(item, budget, suffixes)
                found.append(item.as_file())
                continue
            if len(item.parts) > deepest:
                raise Refused(f"lies in {deepest} folders or more")
            _take(item, budget, suffixes)
            children = item.children(budget)
        except Refused as refusal:
            found.append(item.as_file(str(refusal)))
            continue
        for child in children:
            queue = zips if child.kind == "zip" else todo
            queue.append(child)
    found.sort(key=lambda entry: entry.parts)
    return found


def _take(item: Item, budget: Budget, suffixes: Collection[str]) -> None:
    """Take the bytes of what will be read whole. Raises Refused where they are too many."""
    # the directory of a zip on disk is read where it lies
    is_on_disk = not item.members and item.kind == "zip"
    is_read = _suffix(item.name) in suffixes and item.kind != "folder"
    if is_on_disk or not is_read or item.problem is not None:
        return
    _require_size(item.name, item.size)
    budget.take_bytes(item.size)


def _require_size(name: str, size: int) -> None:
    """Raise Refused where a file of this name is larger than what is read."""
    if _suffix(name) == ".py" and size > LARGEST_SOURCE:
        raise Refused(TOO_LARGE_SOURCE)
    if size > LARGEST:
        raise Refused(TOO_LARGE)


def listed(path: Path) -> list[Entry]:
    """All files of a folder or a zip, as if one student had handed them in. Raises Refused as `outermost`."""
    return files_of(outermost(path))


# -- names -----------------------------------------------------------------------------------------------


def ignored(name: str) -> bool:
    """Whether a file or folder of this name is never a student's work: hidden, or made by a tool."""
    # Moodle's folders begin with the student's name, and a student may be called ".."
    is_of_student = "_assignsubmission_" in name
    if name.startswith(".") and not is_of_student:
        return True
    return name.casefold() in _IGNORED


def shown(name: str) -> str:
    """A file's name as text that any encoding can hold, its accents composed, of a bounded length."""
    # a name from the disk may hold bytes that are no text; os.fsencode gives them back
    text = os.fsencode(name).decode("utf-8", "replace")
    if len(text) > _LONGEST_COMPOSED:
        # before its accents are composed, which takes the square of their number
        half = _LONGEST_COMPOSED // 2
        text = f"{text[:half]}…{text[-half:]}"
    text = unicodedata.normalize("NFC", text)
    if len(text) > _LONGEST_NAME:
        text = f"{text[:_SHOWN_START]}…{text[-_SHOWN_END:]}"
    return text


def _distinct(names: Iterable[str]) -> dict[str, str]:
    """Name -> how it is shown: no two alike, though they may differ in what is not shown."""
    found: dict[str, str] = {}
    taken = set()
    numbers: Counter[str] = Counter()
    for name in sorted(set(names)):
        text = shown(name)
        stem, suffix = os.path.splitext(text)  # noqa: PTH122 (it is no path)
        while text in taken:
            numbers[stem + suffix] += 1
            text = f"{stem}~{numbers[stem + suffix] + 1}{suffix}"
        taken.add(text)
        found[name] = text
    return found


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _sorted(items: Iterable[Item]) -> list[Item]:
    # the order in a folder differs from one file system to another
    return sorted(items, key=lambda item: item.parts)


# -- folders in a zip ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    position: int
    size: int
    changed: float
    problem: str | None


@dataclass(frozen=True, slots=True)
class _Folder:
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: dict[str, _Member] = field(default_factory=dict)


def _tree(infos: Sequence[zipfile.ZipInfo], budget: Budget) -> _Folder:
    """A zip's folders, taken from the budget. Of several members of one name the last counts, as unpacked."""
    top = _Folder()
    for position, info in enumerate(infos):
        name = archives.name_of(info)
        if name.endswith(("/", "\\")):
            # a folder
            continue
        *folders, file = _path(name)
        if any(map(ignored, (*folders, file))):
            continue
        folder = top
        for part in folders[:DEEPEST_FOLDER]:
            if part not in folder.folders:
                budget.take_files(1)
                folder.folders[part] = _Folder()
            folder = folder.folders[part]
        folder.files[file] = _Member(
            position, info.file_size, _changed(info), _problem(info, name)
        )
    return top


def _path(name: str) -> list[str]:
    """A member's path, without what leads out of its folder."""
    parts = []
    for part in re.split(r"[/\\]", name):
        if part not in ("", ".", ".."):
            parts.append(part)
    return parts or ["unnamed"]


def _problem(info: zipfile.ZipInfo, name: str) -> str | None:
    """Why a member is not read, as far as its entry tells."""
    parts = re.split(r"[/\\]", name)
    if _is_absolute(name) or ".." in parts or "\0" in name:
        return f"is named {name[:80]!r}, which leads out of its folder"
    if not name.strip("./"):
        return "has no name in its zip"
    if len(parts) > DEEPEST_FOLDER:
        return f"lies in {DEEPEST_FOLDER} folders or more"
    if archives.is_link(info):
        return LINK
    # what is never read may be packed in any way
    return archives.obstacle(info) if _suffix(name) in READ else None


def _is_absolute(name: str) -> bool:
    """Whether a name starts at the root of a file system, on Windows too."""
    return re.match(r"[/\\]|[A-Za-z]:", name) is not None


def _changed(info: zipfile.ZipInfo) -> float:
    try:
        changed = datetime.datetime(*info.date_time, tzinfo=datetime.UTC)
        return changed.timestamp()
    except ValueError:
        return 0.0
