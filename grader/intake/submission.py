"""Submissions: who handed in what, and the one file of it that is graded.

Nothing of a submission is parsed here; that happens in a worker. The file to grade is chosen by looking
for definitions in the raw bytes, which are read again, not kept, when it is graded.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import re
import stat
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import UsageError
from grader.intake import archives
from grader.intake.choice import MOST_CANDIDATES, Candidate, candidates
from grader.intake.entries import (
    ARCHIVE,
    Entry,
    Item,
    Parts,
    files_of,
    outermost,
    shown,
)
from grader.intake.limits import LARGEST, TOO_LARGE, Budget, Refused
from grader.notices import Notice

SUFFIXES = (".py", ".ipynb")
NOTHING = "No .py or .ipynb file was handed in."
TOO_SLOW = "It took too long to choose the file to grade among so many; hand in your code alone."

_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)"
)
_CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)"
)
_ATTEMPT = re.compile(
    r"(?:^|[-_ ])(?:attempt|version|essai|tentative|v)[-_ ]?(\d+)$| ?\((\d+)\)$",
    re.IGNORECASE,
)
_CANVAS_ATTEMPT = re.compile(r"-(\d+)$")
_LISTED = 50  # files of one submission that are named
_TOLD = 10  # files of one submission of which it is told why they are not read
_LONGEST = 100  # bytes of an id
# names that Windows keeps for devices, whatever their suffix
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|(?:com|lpt)[0-9\xb9\xb2\xb3])(?:\..*)?", re.IGNORECASE
)

Files = Sequence[Entry]
Numbers = tuple[int, ...]  # which attempt each part of a path says that it is


@dataclass(frozen=True)
class Submission:
    """One submission to grade.

    source: the graded file's bytes, or where to read them. filename: its name. files: what was handed in.
    keys: what a roster may know the student by. problem: a sentence that says why there is nothing to
    grade; there are no bytes then. modules: path -> the bytes of a module that the file may import, or
    where to read them. folder: the path of the file's own folder. versions: other files of the same student
    that seem as complete; the best one counts.
    """

    id: str
    name: str
    filename: str
    source: bytes | Entry
    files: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    problem: str | None = None
    keys: tuple[str, ...] = ()
    modules: Mapping[str, bytes | Entry] = field(default_factory=dict)
    folder: str = ""
    versions: tuple[Submission, ...] = ()

    @property
    def data(self) -> bytes:
        """The graded file's bytes, read at each use. Raises UsageError where they cannot be."""
        if self.problem is not None:
            return b""
        return _bytes(self.source)

    def module_bytes(self) -> dict[str, bytes]:
        """Path -> the bytes of a module that the file may import. Raises UsageError as `data` does."""
        read = {}
        for path in _by_place(self.modules):
            read[path] = _bytes(self.modules[path])
        return {path: read[path] for path in self.modules}

    @functools.cached_property
    def sha256(self) -> str:
        """The digest of the graded bytes: the file's, its modules' and those of other versions."""
        digest = hashlib.sha256(self.data)
        for path, data in self.module_bytes().items():
            digest.update(f"\0{path}\0{len(data)}\0".encode())
            digest.update(data)
        for version in self.versions:
            digest.update(version.sha256.encode())
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """The graded file's size in bytes."""
        if isinstance(self.source, bytes):
            return len(self.source)
        return self.source.size

    def held(self) -> Submission:
        """The same submission with its bytes in it, to be graded in another process or on another machine."""
        versions = tuple(version.held() for version in self.versions)
        notices = list(self.notices)
        try:
            data = self.data
        except _Unread as error:
            return dataclasses.replace(
                self,
                source=b"",
                modules={},
                versions=(),
                problem=str(error),
                notices=(*notices, error.notice),
            )
        read: dict[str, bytes | Entry] = {}
        for path in _by_place(self.modules):
            # without one of its modules, the file may still hold something
            try:
                read[path] = _bytes(self.modules[path])
            except _Unread as error:
                notices.append(error.notice)
        modules = {path: read[path] for path in self.modules if path in read}
        return dataclasses.replace(
            self,
            source=data,
            modules=modules,
            versions=versions,
            notices=tuple(notices),
        )


def _by_place(sources: Mapping[str, bytes | Entry]) -> list[str]:
    """The paths, with those after one another that lie in one zip: it is opened once then."""

    def place(path: str) -> tuple[str, tuple[int, ...]]:
        source = sources[path]
        if isinstance(source, bytes):
            return "", ()
        return str(source.file), source.members

    return sorted(sources, key=place)


class _Unread(UsageError):
    """A file that was listed cannot be read now; `notice` says which, and why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}.")
        values = {"file": name, "problem": why}
        self.notice = Notice("file-left-out", values)


def _bytes(source: bytes | Entry) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read()
    except Refused as refusal:
        raise _Unread(source.name, str(refusal)) from refusal


def from_file(
    path: Path, id_: str | None = None, with_modules: bool = False
) -> Submission:
    """The submission that consists of one file. Raises UsageError where it is not there.

    with_modules: the modules that it may import are taken from beside it, and from the folders there.
    """
    entry = _entry_on_disk(path)
    if not id_:
        id_ = _id(Path(entry.name).stem)
    if not with_modules:
        return _of_entry(entry, id_)
    beside = [entry, *_modules_beside(path)]
    try:
        (candidate, *_) = candidates(beside, [entry], ())
    except Refused as refusal:
        raise UsageError(
            f"{path}: the files beside it take too long to look at; give it a folder of its own."
        ) from refusal
    return _of_candidate(candidate, id_)


def _modules_beside(path: Path) -> list[Entry]:
    """The modules in a file's own folder and in those that lie there; none where it cannot be listed."""
    try:
        items = outermost(path.parent)
    except Refused:
        return []
    modules = []
    for entry in files_of(items, None, (".py",), deepest=1):
        if entry.suffix == ".py" and entry.problem is None:
            modules.append(entry)
    return modules


def _entry_on_disk(path: Path) -> Entry:
    try:
        # the instructor may name a link
        place = path.resolve(strict=True)
        status = place.stat()
    except (OSError, RuntimeError) as error:
        why = archives.reason(error)
        raise UsageError(f"{path} cannot be read: {why}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} {archives.NOT_ORDINARY}.")
    return Entry((shown(path.name),), status.st_size, status.st_mtime, place)


def find(
    paths: Iterable[Path],
    names: Iterable[str],
    leave_out: Path | None = None,
    support: Iterable[str] = (),
    reserved: Iterable[str] = (),
) -> list[Submission]:
    """The submissions that the given files, folders and zips hold; `names` are the graded functions.

    A folder or zip that Moodle or Canvas handed out holds one submission per student. A git working copy is
    one submission. In any other folder, each file to grade is a submission, and so is each subfolder or zip.
    Modules named in `support` are nobody's. `leave_out` is the folder where results go, and `reserved` are
    the names that no submission's results can have there.

    Whatever is wrong with one submission's files is that submission's `problem` or notice. Raises UsageError
    where a path is not there or is nothing that can be graded, where the only path is refused, or where there
    is no submission at all.
    """
    paths = list(paths)
    names = tuple(names)
    support = frozenset(support)
    found: list[Submission] = []
    for path in paths:
        try:
            _require_gradable(path)
            if path.suffix.lower() in SUFFIXES and not path.is_dir():
                found.append(from_file(path))
            else:
                found.extend(_of_tree(path, names, leave_out, support))
        except UsageError as error:
            # of several files, each is somebody's; what is not there is nobody's
            is_there = path.is_symlink() or path.exists()
            if len(paths) == 1 or path.is_dir() or not is_there:
                raise
            name = shown(path.stem)
            found.append(_unread(_Owner(name, name), str(error)))
    if not found:
        places = ", ".join(map(str, paths))
        raise UsageError(
            f"there is no submission in {places}: no .py and no .ipynb file."
        )
    return distinct(found, reserved)


def set_aside(
    paths: Iterable[Path],
    leave_out: Path | None = None,
    support: Iterable[str] = (),
) -> list[str]:
    """The names of files that stand for themselves in a folder or zip of `find`, and are not graded.

    Each may be somebody's who handed in something else than code. Raises nothing that `find` does not.
    """
    support = frozenset(support)
    names = []
    for path in paths:
        if path.suffix.lower() in SUFFIXES and not path.is_dir():
            continue
        if (path / ".git").exists():
            continue
        with contextlib.suppress(Refused, OSError):
            items = _unwrapped(outermost(path, leave_out), not path.is_dir())
            for item in items:
                is_own = Path(item.name).stem not in support
                is_alone = _owner(item).alone and is_own
                if is_alone and not _stands_alone(item, support):
                    names.append(item.name)
    return names


def _require_gradable(path: Path) -> None:
    """Raise UsageError where a path is not there, or is nothing that can be graded."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist.") from error
    except OSError as error:
        why = archives.reason(error)
        raise UsageError(f"{path} cannot be read: {why}.") from error
    if stat.S_ISDIR(status.st_mode):
        return
    if path.suffix.lower() not in (*SUFFIXES, ARCHIVE):
        raise UsageError(
            f"{path} is neither a folder nor a zip nor a .py or .ipynb file."
        )


# -- whose is which file ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Owner:
    """Whose files they are. `alone`: a file that stands for itself beside others."""

    id: str
    name: str
    keys: tuple[str, ...] = ()
    alone: bool = False


def _of_tree(
    path: Path,
    names: Collection[str],
    leave_out: Path | None,
    support: Collection[str],
) -> Iterator[Submission]:
    """The submissions in a folder or a zip. Raises UsageError where it is not looked into."""
    try:
        items = outermost(path, leave_out)
    except Refused as refusal:
        raise UsageError(f"{path} {refusal}; it is not graded.") from refusal
    is_zip = not path.is_dir()
    if (path / ".git").exists():
        name = shown(path.resolve().name)
        groups = {_Owner(name, name): items}
    else:
        groups = _by_owner(_unwrapped(items, is_zip), support)
    if is_zip and len(groups) == 1:
        ((owner, items),) = groups.items()
        # one student's own zip, whatever is in it; a course site's download of one student has keys
        if not owner.keys:
            owner = _Owner(path.stem, shown(path.stem))
            groups = {owner: items}
    for owner, items in groups.items():
        found = _of_student(owner, items, names, support)
        if found is not None:
            yield found


def _by_owner(
    items: Iterable[Item], support: Collection[str]
) -> dict[_Owner, list[Item]]:
    """The items of each owner. A file beside others is left out unless it can be graded."""
    groups: dict[_Owner, list[Item]] = defaultdict(list)
    for item in items:
        owner = _owner(item)
        if not owner.alone or _stands_alone(item, support):
            groups[owner].append(item)
    return groups


def _stands_alone(item: Item, support: Collection[str]) -> bool:
    """Whether a file that no folder holds is a submission, or would be one if it could be read."""
    path = Path(item.name)
    if path.stem in support:
        return False
    # a link without a suffix may be meant for a student's folder
    can_be_one = (*SUFFIXES, ARCHIVE, "") if item.problem else SUFFIXES
    return path.suffix.lower() in can_be_one


def _owner(item: Item) -> _Owner:
    name = item.name
    match = _MOODLE.fullmatch(name)
    if match is not None:
        who, number = match["name"], match["id"]
        return _Owner(_numbered(who, number), who.strip(), (number,))
    match = _CANVAS.fullmatch(name)
    if match is not None:
        who, number = match["name"], match["id"]
        return _Owner(_numbered(who, number), who, (number,))
    if item.kind == "file":
        return _Owner(name, Path(name).stem, alone=True)
    if name.lower().endswith(ARCHIVE):
        name = name[: -len(ARCHIVE)]
    return _Owner(name, name)


def _unwrapped(items: list[Item], is_zip: bool) -> list[Item]:
    """The same without what only wraps a class: downloads in a folder, the one folder of a zip."""
    items = _without_download_folders(items)
    # A folder may hold one student's folder only, but a zip of one folder with several in it is a class.
    if is_zip and len(items) == 1 and items[0].kind == "folder":
        inside = _look_into(items[0])
        if sum(item.kind != "file" for item in inside) > 1:
            return _without_download_folders(inside)
    return items


def _without_download_folders(items: list[Item]) -> list[Item]:
    """The items without the folders into which the instructor has put a course site's downloads.

    They are taken for downloads where all are, and no file lies beside them: among the submissions of others,
    a student's folder or zip may hold any name. What the instructor names alone has nothing beside it.
    """
    if any(item.kind == "file" for item in items):
        return items
    unwrapped = []
    for holder in items:
        inside = _look_into(holder)
        if not _is_download(holder, inside):
            return items
        unwrapped += inside
    return unwrapped


def _is_download(item: Item, inside: Sequence[Item]) -> bool:
    """Whether a folder or zip holds what a course site gives out, and nothing else."""
    if not inside or _of_course_site(item.name):
        return False
    return all(_of_course_site(one.name) for one in inside)


def _look_into(item: Item) -> list[Item]:
    """What a folder or zip holds at its top, shown without it; empty where it is refused."""
    try:
        children = item.children(Budget())
    except Refused:
        # told when its files are listed
        return []
    return [child.as_outermost() for child in children]


def _of_course_site(name: str) -> bool:
    match = _MOODLE.fullmatch(name) or _CANVAS.fullmatch(name)
    return match is not None


# -- which of a student's files --------------------------------------------------------------------------


def _of_student(
    owner: _Owner,
    items: Sequence[Item],
    names: Collection[str],
    support: Collection[str],
) -> Submission | None:
    """The submission of one student; None where there is no file. Whatever goes wrong is its problem."""
    try:
        budget = Budget()
        files = files_of(items, budget)
        if not files:
            return None
        return _chosen(owner, files, names, support, budget)
    except Exception as error:
        # one student's files end nobody else's grading, whatever they are
        why = archives.reason(error)
        return _unread(owner, f"cannot be read: {type(error).__name__}: {why}")


def _without_code(owner: _Owner, files: Files, problem: str) -> Submission:
    """The submission of a student of whom no file can be graded."""
    notices = tuple(_left_out(owner, files))
    return Submission(
        id=_id_of(owner),
        name=owner.name,
        filename="",
        source=b"",
        files=_named(files),
        notices=notices,
        problem=problem,
        keys=owner.keys,
    )


def _unread(owner: _Owner, why: str) -> Submission:
    """The submission of a student whose files could not even be listed."""
    values = {"file": owner.name, "problem": why.removesuffix(".")}
    notice = Notice("file-left-out", values)
    problem = f"The files of {owner.name}: {why.removesuffix('.')}."
    submission = _without_code(owner, [], problem)
    return dataclasses.replace(submission, notices=(notice,))


def _id_of(owner: _Owner) -> str:
    if owner.alone:
        # its id is the file's name
        return _id(Path(owner.id).stem)
    return _id(owner.id)


def _chosen(
    owner: _Owner,
    files: Files,
    names: Collection[str],
    support: Collection[str],
    budget: Budget,
) -> Submission:
    """The submission of one student: the file with most of `names`, and other versions with as many."""
    gradable = []
    for entry in files:
        if entry.suffix in SUFFIXES and entry.problem is None:
            gradable.append(entry)
    if not gradable:
        problem = _first_problem(files) or NOTHING
        return _without_code(owner, files, problem)
    latest = _latest_attempts(gradable)
    # ranking reads the files, which is spared where there is only one
    if len(files) == 1:
        chosen = [Candidate(latest[0], frozenset(), frozenset(), ())]
    else:
        try:
            current = [
                one for one in files if one in latest or one not in gradable
            ]
            chosen = candidates(
                current, latest, names, support, budget, _path_of
            )
        except Refused:
            return _without_code(owner, files, TOO_SLOW)
    versions = []
    for candidate in chosen:
        remarks = _remarks(owner, files, gradable, candidate)
        version = dataclasses.replace(
            _of_candidate(candidate, _id_of(owner)),
            name=owner.name,
            files=_named(files),
            notices=tuple(remarks),
            keys=owner.keys,
        )
        versions.append(version)
    return dataclasses.replace(versions[0], versions=tuple(versions[1:]))


def _first_problem(files: Files) -> str:
    """Why the first of the unreadable files is not read, in a sentence; empty where all can be read."""
    for entry in files:
        if entry.problem:
            return f"{entry.name} {entry.problem}."
    return ""


def _of_entry(entry: Entry, id_: str) -> Submission:
    problem = None
    if entry.size > LARGEST:
        problem = f"{entry.name} {TOO_LARGE}."
    file = _own(entry)[-1]
    name = Path(file).stem
    return Submission(
        id=id_,
        name=name,
        filename=entry.name,
        source=entry,
        files=_named([entry]),
        problem=problem,
        keys=(name,),
    )


def _of_candidate(candidate: Candidate, id_: str) -> Submission:
    """The submission of a file with the modules that it imports."""
    entry = candidate.entry
    path = _path_of(entry)
    paths = {module: _path_of(module) for module in candidate.modules}
    root = _common_folders([path, *paths.values()])
    modules = {}
    for module, own in paths.items():
        modules["/".join(own[root:])] = module
    folder = "/".join(path[root:-1])
    return dataclasses.replace(
        _of_entry(entry, id_), modules=modules, folder=folder
    )


def _path_of(entry: Entry) -> Parts:
    """The path by which a student's other files import one: as it was before a course site renamed it."""
    own = _own(entry)
    if _CANVAS.fullmatch(entry.parts[0]) and len(own) == 1:
        file = Path(own[0])
        stem = _CANVAS_ATTEMPT.sub("", file.stem)
        return (f"{stem}{file.suffix}",)
    return own if _of_course_site(entry.parts[0]) else entry.parts


def _common_folders(paths: Sequence[Parts]) -> int:
    """How many folders all these files lie in."""
    first, *others = paths
    folders = first[:-1]
    count = len(folders)
    for path in others:
        while path[:-1][:count] != folders[:count]:
            count -= 1
    return count


def _remarks(
    owner: _Owner, files: Files, gradable: Files, chosen: Candidate
) -> Iterator[Notice]:
    if len(gradable) > MOST_CANDIDATES:
        yield Notice("not-compared", {"count": str(MOST_CANDIDATES)})
    if len(gradable) > 1:
        yield _choice_notice(owner, len(gradable), chosen)
    yield from _left_out(owner, files)
    if _looks_like_download(owner, files):
        yield Notice("looks-like-download", {"file": files[0].parts[0]})
    for entry in files:
        if _marked_late(entry):
            yield Notice("late", {"platform": "Canvas"})
            # once, however many files are late
            break


def _looks_like_download(owner: _Owner, files: Files) -> bool:
    """Whether files of several students seem to be in it, as in what a course site gives out."""
    if owner.keys:
        return False
    students = set()
    for entry in files:
        if len(entry.parts) > 1 and _of_course_site(entry.parts[1]):
            students.add(entry.parts[1])
    return len(students) > 1


def _left_out(owner: _Owner, files: Files) -> Iterator[Notice]:
    """What was not read, and why; the first of many."""
    unread = [entry for entry in files if entry.problem]
    for entry in unread[:_TOLD]:
        values = {
            "file": _shown_path(owner, entry),
            "problem": str(entry.problem),
        }
        yield Notice("file-left-out", values)
    if len(unread) > _TOLD:
        yield Notice("more", {"count": str(len(unread) - _TOLD)})


def _choice_notice(owner: _Owner, count: int, chosen: Candidate) -> Notice:
    """Which of several files is graded, and with which of the others as its modules."""
    values = {"count": str(count), "file": _shown_path(owner, chosen.entry)}
    if not chosen.modules:
        return Notice("several-files", values)
    modules = [_shown_path(owner, module) for module in chosen.modules]
    values["modules"] = ", ".join(modules)
    return Notice("several-files-imported", values)


def _marked_late(entry: Entry) -> bool:
    match = _CANVAS.fullmatch(entry.parts[0])
    return match is not None and match["late"] is not None


def _shown_path(owner: _Owner, entry: Entry) -> str:
    """A file's path as the student knows it."""
    if owner.keys or owner.alone:
        return "/".join(_own(entry))
    # the first part is the student's own folder
    below = entry.parts[1:] or entry.parts
    return "/".join(below)


def _own(entry: Entry) -> Parts:
    """The path without what a course site put before it."""
    first, *others = entry.parts
    match = _CANVAS.fullmatch(first)
    if match is not None:
        return (match["file"], *others)
    match = _MOODLE.fullmatch(first)
    if match is not None:
        # a file that is in no folder has the owner before its name
        return tuple(others) or (match["file"] or first,)
    return entry.parts


def _named(files: Files) -> tuple[str, ...]:
    paths = []
    for entry in files[:_LISTED]:
        paths.append(entry.path)
    return tuple(paths)


def _latest_attempts(gradable: Files) -> list[Entry]:
    """The last of each file handed in several times: `tp-1.py` on Canvas, `attempt 2/`, `tp (1).py`."""
    latest: dict[Parts, Entry] = {}
    latest_numbers: dict[Parts, Numbers] = {}
    for entry in gradable:
        # Canvas adds the number itself, as "-2"; elsewhere "tp-2.py" may be the second exercise
        pattern = _ATTEMPT
        if _CANVAS.fullmatch(entry.parts[0]):
            pattern = _CANVAS_ATTEMPT
        base, numbers = _attempt(_own(entry), pattern)
        if base not in latest or latest_numbers[base] < numbers:
            latest[base] = entry
            latest_numbers[base] = numbers
    return list(latest.values())


def _attempt(parts: Parts, pattern: re.Pattern[str]) -> tuple[Parts, Numbers]:
    """A path without the numbers of attempts, and these numbers; 0 where a part has none."""
    *folders, file = parts
    suffix = Path(file).suffix
    base: list[str] = []
    numbers: list[int] = []
    for part in (*folders, file.removesuffix(suffix)):
        match = pattern.search(part)
        if match is None:
            base.append(part)
            numbers.append(0)
        else:
            base.append(part[: match.start()])
            # the group of the alternative that has matched
            number = match[match.lastindex or 0]
            numbers.append(int(number))
    return (*base, suffix), tuple(numbers)


# -- ids -------------------------------------------------------------------------------------------------


def _id(name: str) -> str:
    """A name as an identifier that is safe as a folder's name on every system."""
    safe = re.sub(r"[^\w.-]+", "-", shown(name)).strip("-.")
    short = _cut(safe, _LONGEST).strip("-.")
    if _DEVICE.fullmatch(short):
        short = f"_{short}"
    return short or "submission"


def _numbered(name: str, number: str) -> str:
    """A name with a course site's number, which is not cut off."""
    return f"{_cut(name, _LONGEST - len(number) - 1)}_{number}"


def _cut(text: str, length: int) -> str:
    # file systems limit a name's bytes, not its letters; a letter that is cut through is dropped
    return text.encode()[: max(0, length)].decode("utf-8", "ignore")


def distinct(
    submissions: Sequence[Submission], reserved: Iterable[str] = ()
) -> list[Submission]:
    """The same, with ids that are folders of their own on every system, and no reserved names."""
    taken = {_folded(name) for name in reserved}
    numbers: Counter[str] = Counter()
    result = []
    for submission in submissions:
        id_ = submission.id
        while _folded(id_) in taken:
            numbers[submission.id] += 1
            id_ = f"{submission.id}-{numbers[submission.id] + 1}"
        taken.add(_folded(id_))
        result.append(dataclasses.replace(submission, id=id_))
    return result


def _folded(name: str) -> str:
    """A name as a file system compares it that tells neither case nor the form of accents apart."""
    return unicodedata.normalize("NFC", name.casefold())
