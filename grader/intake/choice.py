"""Which of a student's files is graded: the one that has most of the functions, with the modules it imports.

Nothing is parsed here: definitions and imports are looked for in the raw bytes.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.intake.entries import Entry, Parts
from grader.intake.limits import LARGEST_SOURCE, Budget, Refused

MOST_VERSIONS = 3  # of one submission that are graded; the best one counts
MOST_MODULES = 50  # modules that one file is graded with
MOST_CANDIDATES = (
    300  # files of one submission that are compared with one another
)

_ASIDE = re.compile(r"setup|conftest|test_.*|.*_tests?|tests?", re.IGNORECASE)
_LOOP = re.compile(rb"^[ \t]*(?:for|while)\b", re.MULTILINE)
_DEFINITION = re.compile(rb"def(?<!\wdef)\s+(\w+)\s*\(")
# what follows the name of a function that is not written yet: its parameters, a docstring, and one statement
_STUB = re.compile(
    rb"""
    \( [^()]* (?: \( [^()]* \) [^()]* )* \) \s* (?: -> [^:\n]* )? : \s* (?: \#[^\n]*\s* )*
    (?: (?: \"{3} .*? \"{3} | '{3} .*? '{3} | "[^"\n]*" | '[^'\n]*' ) \s* (?: \#[^\n]*\s* )* )?
    (?: raise\s+NotImplemented
      | (?: pass | \.\.\. | return (?:[ ]None)? ) [ \t]* (?: \#[^\n]* )?
        (?= \s* \Z | \s* ^ (?: [^\s] | [ \t]+ (?: def | class | @ ) ) ) )
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_LONGEST_STUB = 4_000  # bytes
_IMPORT = re.compile(rb"import|%run")
_WORD = re.compile(rb"\w+")
_LONGEST_LINE = 1_000  # bytes of a line that is looked at for imports
# definitions of a file that are looked at: a file that is made of them alone is no solution
_MOST_LOOKED_AT = 20_000
_MOST_IMPORTS = (
    100_000  # lines of one submission that are looked at for imports
)
_NUMBERS_AND_WORDS = re.compile(r"(\d+)")

NaturalKey = list[tuple[int, str]]


@dataclass(frozen=True)
class Candidate:
    """A file that may be graded.

    own: the functions that it seems to define. provides: those that it or its modules do. nb_written: how
    many of these have a body.
    """

    entry: Entry
    own: frozenset[str]
    provides: frozenset[str]
    modules: tuple[Entry, ...]
    nb_written: int = 0

    @property
    def rank(self) -> tuple[int, int, int, float, NaturalKey]:
        """A key whose greatest value marks the file to grade: most functions, newest, last by name."""
        entry = self.entry
        return (
            self.nb_written,
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
    budget: Budget | None = None,
    path_of: Callable[[Entry], Parts] = operator.attrgetter("parts"),
) -> list[Candidate]:
    """The files to grade, the most likely one first: several where they have as many functions.

    files: all that were handed in, among which are the modules. gradable: the files that may be graded.
    support: names of the course's own modules. A file with one function less than the best counts as a
    version too, as it may have the last one in another form.

    path_of: the path by which the others import a file, where that is not the one that it has now.

    Of very many files, MOST_CANDIDATES are compared. budget: what is left of the submission's time; raises
    Refused where it is used up.
    """
    texts = _Texts(files, names, budget or Budget(), path_of)
    found = []
    for entry in _likeliest(gradable, texts):
        modules = texts.modules_of(entry)
        own = texts.defined(entry)
        provides = own.union(*map(texts.defined, modules))
        written = texts.written(entry).union(*map(texts.written, modules))
        found.append(
            Candidate(entry, own, provides, tuple(modules), len(written))
        )
    found.sort(key=lambda candidate: candidate.rank, reverse=True)
    found = _without_asides(found, support)
    whole = _without_parts(found)
    if len(whole[0].provides) < len(names):
        # a function that the hand-out asks for may be a loop in a module that the best one only starts
        whole += [
            other for other in found if _may_loop(other, whole[0], texts)
        ]
    return _versions(whole, nb_functions=len(names))


def _likeliest(gradable: Sequence[Entry], texts: _Texts) -> Sequence[Entry]:
    """The files that are compared: of too many, those that define most themselves, outer ones first."""
    if len(gradable) <= MOST_CANDIDATES:
        return gradable

    def order(entry: Entry) -> tuple[int, int, float]:
        return -len(texts.defined(entry)), len(entry.parts), -entry.changed

    return sorted(gradable, key=order)[:MOST_CANDIDATES]


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
    importers = defaultdict(list)
    for other in found:
        for module in other.modules:
            importers[module].append(other)
    kept = []
    for candidate in found:
        others = importers[candidate.entry]
        if not any(_is_part_of(candidate, other) for other in others):
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
    """What the files' bytes show, each read once. Whatever looks at them may raise Refused: time is up."""

    def __init__(
        self,
        files: Sequence[Entry],
        names: Collection[str],
        budget: Budget,
        path_of: Callable[[Entry], Parts],
    ) -> None:
        self._names = names
        self._budget = budget
        self._imports_left = _MOST_IMPORTS
        # the word by which an import names a module -> the modules, with their places in the listing
        self._modules: dict[str, list[tuple[int, Entry]]] = defaultdict(list)
        for place, entry in enumerate(files):
            if entry.suffix == ".py":
                name = _module_name(path_of(entry))
                self._modules[name].append((place, entry))
        self._defined: dict[Entry, frozenset[str]] = {}
        self._written: dict[Entry, frozenset[str]] = {}
        self._mentioned: dict[Entry, frozenset[str]] = {}

    def defined(self, entry: Entry) -> frozenset[str]:
        """The functions that a file seems to define."""
        self._look_at(entry)
        return self._defined[entry]

    def written(self, entry: Entry) -> frozenset[str]:
        """Those of them that have a body, as a skeleton's have not."""
        self._look_at(entry)
        return self._written[entry]

    def modules_of(self, entry: Entry) -> list[Entry]:
        """The modules that a file's imports lead to, within the bounds."""
        found: list[Entry] = []
        seen = {entry}
        todo = [entry]
        room = LARGEST_SOURCE
        while todo:
            for module in self._imported(todo.pop(0)):
                if len(found) == MOST_MODULES:
                    return found
                if module in seen or module.size > room:
                    continue
                seen.add(module)
                found.append(module)
                todo.append(module)
                room -= module.size
        return found

    def _imported(self, entry: Entry) -> Iterable[Entry]:
        """The modules that a file seems to import itself, in the listing's order."""
        self._look_at(entry)
        found = []
        for name in self._mentioned[entry]:
            found += self._modules[name]
        for _, module in sorted(found, key=operator.itemgetter(0)):
            self._budget.check_time()
            yield module

    def loops_around(self, candidate: Candidate) -> bool:
        """Whether a file seems to have a loop, and to call what its modules define."""
        data = self._data(candidate.entry)
        imported = candidate.provides - candidate.own
        calls = [
            re.search(rb"\b%b\s*\(" % name.encode(), data) for name in imported
        ]
        return _LOOP.search(data) is not None and any(calls)

    def _data(self, entry: Entry) -> bytes:
        try:
            return entry.read()
        except Refused:
            return b""

    def _look_at(self, entry: Entry) -> None:
        if entry in self._defined:
            return
        self._budget.check_time()
        data = self._data(entry)
        if entry.suffix == ".ipynb":
            # a cell may be one string, whose line ends are written as two characters
            data = data.replace(rb"\n", b"\n")
        defined, written = _definitions(self._names, data)
        self._defined[entry], self._written[entry] = defined, written
        self._mentioned[entry] = frozenset(self._modules_named(data))

    def _modules_named(self, data: bytes) -> Iterable[str]:
        """The names of modules among the words on the lines that import something."""
        for line in _import_lines(data):
            self._budget.check_time()
            if self._imports_left == 0:
                return
            self._imports_left -= 1
            for found in _WORD.finditer(line):
                word = found[0].decode()
                if word in self._modules:
                    yield word


def _import_lines(data: bytes) -> Iterable[bytes]:
    """The lines that import something, each once."""
    # lines are not split off: a large file may have millions of them
    found = _IMPORT.search(data)
    while found is not None:
        yield _line_around(data, found.start())
        end = data.find(b"\n", found.end())
        found = _IMPORT.search(data, end) if end >= 0 else None


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


def _module_name(path: Parts) -> str:
    """The word by which an import names a module; a package by its folder."""
    stem = Path(path[-1]).stem
    if stem == "__init__" and len(path) > 1:
        return path[-2]
    return stem


def _definitions(
    names: Collection[str], data: bytes
) -> tuple[frozenset[str], frozenset[str]]:
    """The names that the bytes seem to define as functions, and those whose last definition has a body."""
    defined: set[str] = set()
    written: set[str] = set()
    matches = itertools.islice(_DEFINITION.finditer(data), _MOST_LOOKED_AT)
    for match in matches:
        name = match[1].decode("utf-8", "replace")
        if name not in names:
            continue
        defined.add(name)
        begins = match.end() - 1
        rest = data[begins : begins + _LONGEST_STUB]
        if _STUB.match(rest) is None:
            written.add(name)
        else:
            written.discard(name)
    for name in set(names) - defined:
        # a function may be a lambda, or another one under a second name; a pattern that begins with plain
        # letters is searched for much faster, so that nothing else may stand before them is said after them
        word = re.escape(name.encode())
        if re.search(rb"%b(?<!\w%b)\s*=" % (word, word), data):
            defined.add(name)
            written.add(name)
    return frozenset(defined), frozenset(written)


def natural(text: str) -> NaturalKey:
    """A key that puts 2 before 10."""
    key = []
    for part in _NUMBERS_AND_WORDS.split(text):
        if part.isdecimal():
            key.append((int(part), ""))
        else:
            key.append((-1, part))
    return key
