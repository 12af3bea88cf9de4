"""A roster: the course's list of students, as a CSV. It gives names, and tells who handed in nothing."""

from __future__ import annotations

import codecs
import csv
import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.intake.submission import Submission

# What a column holds -> the headers that say so, those of the platforms' own exports and common words: in
# letters and digits only, without case and accents.
_HEADERS = {
    "id": (
        "id", "studentid", "sisuserid", "sisloginid", "userid", "username", "login", "identifier", "idnumber",
        "matricule", "numero", "numeroetudiant", "number", "sciper", "participantid",
    ),
    "name": ("name", "fullname", "student", "studentname", "nomcomplet"),
    "first": ("firstname", "givenname", "prenom"),
    "last": ("lastname", "surname", "familyname", "nom", "nomdefamille"),
    "email": ("email", "emailaddress", "mail", "courriel", "adressedecourriel"),
}  # fmt: skip
_LARGEST = 16 << 20  # bytes of a roster
_LONGEST = 1_000  # letters of a cell that are compared
_NUMBER = re.compile(r"\d{4}")  # in a word that is an id: "tp_2" is nobody's
# what Canvas writes in the second row of its gradebook, and its student for tests
_NOBODY = frozenset({"pointspossible", "studenttest", "teststudent"})

Row = Sequence[str]
Columns = Sequence[int]
Keys = frozenset[str]


@dataclass(frozen=True)
class Person:
    """One row of a roster.

    ids: those of the course and its platforms. addresses: the address, and what stands before its `@`.
    names: the whole name, in every order. words: of the name, where there are several.
    """

    id: str
    name: str
    email: str
    ids: Keys
    addresses: Keys
    names: Keys
    words: Keys

    @property
    def is_blank(self) -> bool:
        """Whether nothing in the row says who it is."""
        return not (self.ids or self.addresses or self.names)


@dataclass(frozen=True)
class Roster:
    """The students of a course."""

    people: tuple[Person, ...]

    def named(self, submissions: Iterable[Submission]) -> list[Submission]:
        """The same submissions with the roster's names, in the same order."""
        submissions = list(submissions)
        named = []
        owners = self.owners(submissions)
        for submission, person in zip(submissions, owners, strict=True):
            if person is not None and person.name:
                submission = dataclasses.replace(submission, name=person.name)
            named.append(submission)
        return named

    def missing(self, submissions: Iterable[Submission]) -> list[Person]:
        """The students of whom there is no submission."""
        present = self.owners(list(submissions))
        return [person for person in self.people if person not in present]

    def owners(self, submissions: Sequence[Submission]) -> list[Person | None]:
        """Whose each submission is; None where nobody on the roster fits, or more than one.

        Where several seem to be one student's, those that say so by better evidence are.
        """
        found = [self._found(submission) for submission in submissions]
        best: dict[Person, int] = {}
        for person, evidence in found:
            if person is not None:
                best[person] = min(best.get(person, evidence), evidence)
        owners = []
        for person, evidence in found:
            is_best = person is not None and evidence == best[person]
            owners.append(person if is_best else None)
        return owners

    def _found(self, submission: Submission) -> tuple[Person | None, int]:
        """The student whose submission it seems to be, and by which evidence: the lower, the better.

        An id, a number in a longer name that is one, an address or a whole name, a longer name that holds all
        of a name's words. A single word of a name says nothing: there are other people who have it.
        """
        texts = (submission.id, submission.name, *submission.keys)
        whole = _exact(texts)
        words = [_words(text) for text in texts]
        numbers = frozenset(
            word for one in words for word in one if _NUMBER.search(word)
        )
        tests: Sequence[Callable[[Person], bool]] = (
            lambda person: bool(person.ids & whole),
            lambda person: bool(person.ids & numbers),
            lambda person: bool((person.addresses | person.names) & whole),
            lambda person: any(
                bool(person.words) and person.words <= one for one in words
            ),
        )
        for evidence, test in enumerate(tests):
            people = list(filter(test, self.people))
            if len(people) == 1:
                return people[0], evidence
            if people:
                break
        return None, len(tests)


def read_roster(path: Path) -> Roster:
    """The roster in a CSV with a header, separated by commas, semicolons or tabs.

    Raises UsageError where the file cannot be read or has no column of names, ids or addresses.
    """
    rows = _rows(path)
    header = rows[0] if rows else []
    columns = {}
    for what, known in _HEADERS.items():
        columns[what] = _columns_of(known, header)
    if not any(columns.values()):
        found = ", ".join(header) if header else "it is empty"
        raise UsageError(
            f"{path} has no column that is called id, name or email: {found}."
        )
    people = []
    for row in rows[1:]:
        person = _person(row, columns)
        # a row without any is blank, or a total at the end of an export
        if not person.is_blank and not _NOBODY & person.names:
            people.append(person)
    return Roster(tuple(people))


def _rows(path: Path) -> list[list[str]]:
    try:
        lines = _text(_bytes(path)).splitlines()
        delimiter = _delimiter(lines[0]) if lines else ","
        return list(csv.reader(lines, delimiter=delimiter))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}."
        ) from error
    except csv.Error as error:
        raise UsageError(f"{path} is not a CSV: {error}.") from error


def _bytes(path: Path) -> bytes:
    """The file's bytes. Raises OSError, or UsageError where it is too large to be a list of students."""
    with path.open("rb") as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise UsageError(
            f"{path} is larger than {_LARGEST >> 20} MB; give the course's list of students."
        )
    return raw


def _columns_of(known: Sequence[str], header: Row) -> list[int]:
    """The columns with one of the known headers, in the order in which these are known."""
    plain = [_plain(cell) for cell in header]
    found = []
    for name in known:
        for column, cell in enumerate(plain):
            if cell == name:
                found.append(column)
    return found


def _person(row: Row, columns: Mapping[str, Columns]) -> Person:
    first = _first_cell(row, columns["first"])
    last = _first_cell(row, columns["last"])
    email = _first_cell(row, columns["email"])
    full = _first_cell(row, columns["name"])
    name = _in_order(full) or f"{first} {last}".strip()
    ids = _cells(row, columns["id"])
    id_ = _first_cell(row, columns["id"]) or email or name
    for cell in list(ids):
        # "Participant 1234", as Moodle's worksheet has it
        ids += re.findall(r"^\D*(\d+)$", cell)
    last_name_first = "".join(reversed(name.split()))
    words = _words(name)
    return Person(
        id=id_,
        name=name,
        email=email,
        ids=_exact(ids),
        addresses=_exact([email, email.split("@")[0]]),
        names=_exact([name, last_name_first, f"{last}{first}"]),
        words=words if len(words) > 1 else frozenset(),
    )


def _cells(row: Row, columns: Columns) -> list[str]:
    """What a row has in these columns. Empty cells are left out; a row may be shorter than the header."""
    cells = []
    for column in columns:
        if column >= len(row):
            continue
        text = row[column].strip()
        if text:
            cells.append(text)
    return cells


def _first_cell(row: Row, columns: Columns) -> str:
    cells = _cells(row, columns)
    return cells[0] if cells else ""


def _in_order(name: str) -> str:
    """A name with the first name first: several platforms write "Lovelace, Ada"."""
    parts = name.split(", ")
    if len(parts) != 2:
        return name
    last, first = parts
    return f"{first} {last}"


def _exact(texts: Iterable[str]) -> Keys:
    """The texts as keys, without those in which nothing is left."""
    keys = {_plain(text) for text in texts}
    return frozenset(keys - {""})


def _words(text: str) -> Keys:
    """The words of a name such as `practical3_alice_12345`."""
    return _exact(re.split(r"[\s_.-]+", text[:_LONGEST]))


def _plain(text: str) -> str:
    """Letters and digits only, without case and accents."""
    # of a bounded length: accents take the square of their number
    decomposed = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    return re.sub(r"[\W_]", "", decomposed)


def _text(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # what Excel calls "Unicode text"
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel saves a CSV in the old Western encoding of Windows
        return raw.decode("cp1252", "replace")


def _delimiter(header: str) -> str:
    """The delimiter that the header has most of."""
    return max(",;\t", key=header.count)
