"""A roster: the course's list of students, as a CSV. It gives names, and tells who handed in nothing."""

from __future__ import annotations

import csv
import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.intake.submission import Submission

# headers as letters and digits only, without case and accents; the platforms' own exports and common words
_ID = (
    "id", "studentid", "sisuserid", "sisloginid", "userid", "username", "login", "identifier", "idnumber",
    "matricule", "numero", "numeroetudiant", "number", "sciper", "participantid",
)  # fmt: skip
_NAME = ("name", "fullname", "student", "studentname", "nomcomplet")
_FIRST = ("firstname", "givenname", "prenom")
_LAST = ("lastname", "surname", "familyname", "nom", "nomdefamille")
_EMAIL = ("email", "emailaddress", "mail", "courriel", "adressedecourriel")


@dataclass(frozen=True)
class Person:
    """One row of a roster; `keys` are the ids that submissions may know the student by."""

    id: str
    name: str
    email: str
    keys: frozenset[str]


@dataclass(frozen=True)
class Roster:
    """The students of a course."""

    people: tuple[Person, ...]

    def named(self, submissions: Iterable[Submission]) -> list[Submission]:
        """The same with the roster's names, in the same order."""
        return [
            dataclasses.replace(one, name=person.name or one.name) if (person := self.person_of(one)) else one
            for one in submissions
        ]

    def missing(self, submissions: Iterable[Submission]) -> list[Person]:
        """Those of whom there is no submission."""
        there = {person for one in submissions if (person := self.person_of(one))}
        return [person for person in self.people if person not in there]

    def person_of(self, submission: Submission) -> Person | None:
        """Whose submission it is; None where that is nobody on the roster, or not one person only."""
        texts = (submission.id, submission.name, *submission.keys)
        for keys in (_exact(texts), _words(texts)):
            found = [person for person in self.people if person.keys & keys]
            if found:
                return found[0] if len(found) == 1 else None
        return None


def read_roster(path: Path) -> Roster:
    """The roster in a CSV with a header; comma, semicolon or tab. Raises UsageError where it has no use."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    rows = list(csv.reader(_text(raw).splitlines(), delimiter=_delimiter(_text(raw))))
    header = [_plain(cell) for cell in rows[0]] if rows else []
    columns = {
        what: [i for wanted in known for i, cell in enumerate(header) if cell == wanted]
        for what, known in (
            ("id", _ID),
            ("name", _NAME),
            ("first", _FIRST),
            ("last", _LAST),
            ("email", _EMAIL),
        )
    }
    if not any(columns.values()):
        found = ", ".join(rows[0]) if rows else "it is empty"
        raise UsageError(f"{path} has no column that is called id, name or email: {found}.")
    people = [_person(row, columns) for row in rows[1:] if any(cell.strip() for cell in row)]
    return Roster(tuple(person for person in people if person.keys))


def _person(row: Sequence[str], columns: dict[str, list[int]]) -> Person:
    cells = {what: [row[i].strip() for i in places if i < len(row)] for what, places in columns.items()}
    first, last, full = (next(filter(None, cells[what]), "") for what in ("first", "last", "name"))
    # "Lovelace, Ada" is how several platforms write a name
    name = " ".join(reversed(full.split(", "))) if full.count(", ") == 1 else full
    name = name or f"{first} {last}".strip()
    email = next(filter(None, cells["email"]), "")
    ids = [cell for cell in cells["id"] if cell]
    texts = [*ids, email, email.split("@")[0], name, "".join(reversed(name.split())), f"{last}{first}"]
    numbers = [digits for cell in ids for digits in re.findall(r"^\D*(\d+)$", cell)]
    return Person(next(iter(ids), email or name), name, email, _exact([*texts, *numbers]))


def _exact(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(_plain, texts)))


def _words(texts: Iterable[str]) -> frozenset[str]:
    """The words of names such as `practical3_alice_12345`."""
    return _exact(word for text in texts for word in re.split(r"[\s_.-]+", text) if len(word) > 2)


def _plain(text: str) -> str:
    """Letters and digits only, without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    head = text.splitlines()[0] if text else ""
    return max(",;\t", key=head.count)
