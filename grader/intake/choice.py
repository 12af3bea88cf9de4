"""Which of a student's files is graded: the one that has most of the functions, with the modules it imports.

Nothing is parsed here: definitions and imports are looked for in the raw bytes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.intake.entries import Entry
from grader.intake.limits import LARGEST_SOURCE, Refused

MOST_VERSIONS = 3  # of one submission that are graded; the best one counts
MOST_MODULES = 50  # modules that one file is graded with

_ASIDE = re.compile(r"setup|conftest|test_.*|.*_tests?|tests?", re.IGNORECASE)
_LOOP = re.compile(rb"^\s*(?:for|while)\b", re.MULTILINE)
_DEFINITION = re.compile(rb"def(?<!\wdef)\s+(\w+)\s*\(")
_IMPORT = re.compile(rb"import|%run")
_LONGEST_LINE = 1_000  # bytes of a line that is looked at for imports
# definitions and imports of a file that are looked at: a file that is made of them alone is no solution
_MOST_LOOKED_AT = 20_000
_NUMBERS_AND_WORDS = re.compile(r"(\d+)")

NaturalKey = list[tuple[int, str]]


@dataclass(frozen=True)
class Candidate:
    """A file that may be graded. provides: the functions that it or its modules seem to define."""

    entry: Entry
    own: frozenset[str]
    provides: frozenset[str]
    modules: tuple[Entry, ...]

    @property
    def rank(self) -> tuple[int, int, float, NaturalKey]:
        """A key whose greatest value marks the file to grade: most functions, newest, last by name."""
        entry = self.entry
        return (
            len(self.provides),
            len(self.own),
            entry.changed,
            natural(entry.path),
        )


def candidates(
    files: Sequence[Entry],
    gradable: Sequence[Entry],
    names: Collection[str],
    support: Collection[str] = (),
) -> list[Candidate]:
    """The files to grade, the most likely one first: several where they have as many functions.

    files: all that were handed in, among which are the modules. gradable: the files that may be graded.
    support: names of the course's own modules. A file with one function less than the best counts as a
    version too, as it may have the last one in another form.
    """
    texts = _Texts(files, names)
    found = []
    for entry in gradable:
        modules = texts.modules_of(entry)
        own = texts.defined(entry)
        provides = own.union(*map(texts.defined, modules))
        found.append(Candidate(entry, own, provides, tuple(modules)))
    found.sort(key=lambda candidate: candidate.rank, reverse=True)
    found = _without_asides(found, support)
    whole = _without_parts(found)
    if len(whole[0].provides) < len(names):
        # a function that the hand-out asks for may be a loop in a module that the best one only starts
        whole += [
            other for other in found if _may_loop(other, whole[0], texts)
        ]
    return _versions(whole, nb_functions=len(names))


def _versions(
    found: Sequence[Candidate], nb_functions: int
) -> list[Candidate]:
    """The best candidate, and those after it that have at most one function less."""
    best = found[0]
    half = nb_functions // 2
    # a file with half of the functions or fewer is no version
    least = max(len(best.provides) - 1, half + 1)
    versions = [best]
    for other in found[1:]:
        if len(other.provides) >= least:
            versions.append(other)
    return versions[:MOST_VERSIONS]


def _without_parts(found: list[Candidate]) -> list[Candidate]:
    """Without the modules of another file, which has all that they have."""
    kept = []
    for candidate in found:
        if not any(_is_part_of(candidate, other) for other in found):
            kept.append(candidate)
    # where they all import each other in a circle, none is kept
    return kept or found[:1]


def _may_loop(candidate: Candidate, best: Candidate, texts: _Texts) -> bool:
    """Whether a module of the best one has loops, and calls functions that both of them import."""
    is_part = (
        _is_part_of(candidate, best) and candidate.provides == best.provides
    )
    return is_part and texts.loops_around(candidate)


def _is_part_of(candidate: Candidate, other: Candidate) -> bool:
    if (
        candidate.entry not in other.modules
        or other.entry in candidate.modules
    ):
        return False
    return candidate.provides <= other.provides


def _without_asides(
    found: list[Candidate], support: Collection[str]
) -> list[Candidate]:
    """Without the course's modules, tests and `setup.py`, unless nothing else has a function."""
    kept = []
    for candidate in found:
        stem = Path(candidate.entry.name).stem
        if (
            candidate.provides
            and stem not in support
            and not _ASIDE.fullmatch(stem)
        ):
            kept.append(candidate)
    return kept or found


class _Texts:
    """What the files' bytes show, each read once."""

    def __init__(self, files: Sequence[Entry], names: Collection[str]) -> None:
        self._names = names
        self._modules = [entry for entry in files if entry.suffix == ".py"]
        self._defined: dict[Entry, frozenset[str]] = {}
        self._mentioned: dict[Entry, frozenset[str]] = {}

    def defined(self, entry: Entry) -> frozenset[str]:
        """The functions that a file seems to define."""
        self._look_at(entry)
        return self._defined[entry]

    def modules_of(self, entry: Entry) -> list[Entry]:
        """The modules that a file's imports lead to, within the bounds."""
        found: list[Entry] = []
        todo = [entry]
        room = LARGEST_SOURCE
        while todo:
            mentioned = self._imports(todo.pop(0))
            for module in self._modules:
                if _module_name(module) not in mentioned:
                    continue
                if module == entry or module in found:
                    continue
                if module.size > room or len(found) == MOST_MODULES:
                    continue
                found.append(module)
                todo.append(module)
                room -= module.size
        return found

    def loops_around(self, candidate: Candidate) -> bool:
        """Whether a file seems to have a loop, and to call what its modules define."""
        data = self._data(candidate.entry)
        imported = candidate.provides - candidate.own
        calls = [
            re.search(rb"\b%b\s*\(" % name.encode(), data) for name in imported
        ]
        return _LOOP.search(data) is not None and any(calls)

    def _imports(self, entry: Entry) -> frozenset[str]:
        self._look_at(entry)
        return self._mentioned[entry]

    def _data(self, entry: Entry) -> bytes:
        try:
            return entry.read()
        except Refused:
            return b""

    def _look_at(self, entry: Entry) -> None:
        if entry in self._defined:
            return
        data = self._data(entry)
        if entry.suffix == ".ipynb":
            # a cell may be one string, whose line ends are written as two characters
            data = data.replace(rb"\n", b"\n")
        self._defined[entry] = _defined(self._names, data)
        self._mentioned[entry] = frozenset(_imported_words(data))


def _imported_words(data: bytes) -> Iterable[str]:
    """The words on the lines that import something."""
    # lines are not split off: a large file may have millions of them
    for found in itertools.islice(_IMPORT.finditer(data), _MOST_LOOKED_AT):
        line = _line_around(data, found.start())
        for word in re.findall(rb"\w+", line):
            yield word.decode("utf-8", "replace")


def _line_around(data: bytes, position: int) -> bytes:
    """The line at a position; empty where it is too long to be a statement's."""
    first = max(0, position - _LONGEST_LINE)
    last = position + _LONGEST_LINE
    start = data.rfind(b"\n", first, position) + 1
    stop = data.find(b"\n", position, last)
    if stop < 0:
        stop = len(data)
    if start < first or stop > last:
        return b""
    return data[start:stop]


def _module_name(entry: Entry) -> str:
    """The word by which an import names a module; a package by its folder."""
    stem = Path(entry.name).stem
    if stem == "__init__" and len(entry.parts) > 1:
        return entry.parts[-2]
    return stem


def _defined(names: Collection[str], data: bytes) -> frozenset[str]:
    """The names that the bytes seem to define as functions."""
    defined: set[str] = set()
    matches = itertools.islice(_DEFINITION.finditer(data), _MOST_LOOKED_AT)
    for match in matches:
        defined.add(match[1].decode("utf-8", "replace"))
    for name in names:
        # a function may be a lambda, or another one under a second name; a pattern that begins with plain
        # letters is searched for much faster, so that nothing else may stand before them is said after them
        word = re.escape(name.encode())
        if re.search(rb"%b(?<!\w%b)\s*=" % (word, word), data):
            defined.add(name)
    return frozenset(defined & set(names))


def natural(text: str) -> NaturalKey:
    """A key that puts 2 before 10."""
    key = []
    for part in _NUMBERS_AND_WORDS.split(text):
        if part.isdecimal():
            key.append((int(part), ""))
        else:
            key.append((-1, part))
    return key
