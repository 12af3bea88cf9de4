"""The frozen records that everything passes on, and their form on disk (`grade.json`, schema 2).

A `Result` is one graded submission. Every report is a view of it, so whatever a report shows stands here.
"""

from __future__ import annotations

import dataclasses
import json
import textwrap
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, PlainValidator, TypeAdapter, ValidationError

from grader import notices
from grader.notices import Notice

SCHEMA: Literal[2] = 2
_LONGEST_TRACEBACK = 8_000  # characters

Outcome = Literal["passed", "failed", "blocked", "void"]
Status = Literal["right", "partial", "wrong", "missing", "blocked", "void"]
# What ended the calls of a function that gave no value; empty where they gave one.
Stop = Literal["", "sizes", "exception", "time", "process"]
_Notice = Annotated[Notice, PlainValidator(notices.from_plain)]
Curve = tuple[
    tuple[float, float, float], ...
]  # step -> loss, train error, test error


class Record:
    """A part of a result. As a `grade.json` holds it, it has the fields of its class, and no others."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", allow_inf_nan=False, strict=True
    )


@dataclass(frozen=True)
class Mismatch(Record):
    """How a value differs from the expected one: data, not a sentence.

    kind is "type", "shape", "dtype" or "values". `actual` and `expected` describe the property that
    differs (a type's name, a shape such as "(3, 4)", a dtype); for "values" they are the two entries at
    `where`, the index of the greatest difference, `wrong` of `total` entries being out of tolerance.
    """

    quantity: str
    kind: Literal["type", "shape", "dtype", "values"]
    actual: str
    expected: str
    wrong: int = 0
    total: int = 0
    greatest: float | None = None
    where: tuple[int, ...] = ()


@dataclass(frozen=True)
class CheckResult(Record):
    """One check's outcome. `message` is a sentence for the student, empty where the check passed.

    A check is "blocked" where another one that it needs has not passed, and "void" where grader itself failed
    on it: its points are then neither given nor lost.
    """

    id: str
    title: str
    outcome: Outcome
    points: float
    max_points: float
    message: str = ""
    mismatch: Mismatch | None = None


@dataclass(frozen=True)
class Source(Record):
    """A function as the student wrote it: its text, where it starts, and the lines the feedback marks.

    `first_line` counts in the file, or in the notebook's `cell` (1-based, all cells counted) if not None.
    is_lifted: the student wrote the rest outside a function, and not the first line. places: where its lines
    come from several cells of a notebook, each line's number -> (line, cell, what the cell is called).
    label: what reports call the cell, since no notebook shows its number (see `notices.place`).
    file: where it stands, if it is not in the graded file but in a module that this one imports.
    """

    text: str
    first_line: int
    cell: int | None = None
    label: str = ""
    file: str | None = None
    is_lifted: bool = False
    places: Mapping[int, tuple[int, int, str]] = field(default_factory=dict)

    def place_of(self, number: int) -> tuple[int, int | None, str]:
        """Where a line of the text stands in the submission: the line, the cell, what the cell is called."""
        return self.places.get(number, (number, self.cell, self.label))

    def written(self) -> tuple[int, list[str]]:
        """The number of the first line that the student wrote, and the lines from there on."""
        lines = self.text.expandtabs(4).rstrip("\n").split("\n")
        if not self.is_lifted:
            return self.first_line, lines
        # without the first line, which makes a function of the rest
        body = textwrap.dedent("\n".join(lines[1:]))
        return self.first_line + 1, body.split("\n")


@dataclass(frozen=True)
class Mark(Record):
    """A part of a function's source that is wrong: with a right value in its place, more of it is right.

    kind: "value", an expression; "drop", a statement that should not be there; "add", one that should add;
    "swap", a call two of whose arguments change places; "missing", a line after which something is missing.
    line, end_line count as `source.first_line` does; column, end_column are characters, from 0.
    """

    kind: Literal["value", "drop", "add", "swap", "missing"]
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Helper(Record):
    """A function or class of the student's own that holds mistakes of a graded one which uses it."""

    name: str
    source: Source
    marks: tuple[Mark, ...]


RemarkKind = Literal[
    "zero", "opposite", "factor", "divided", "is", "square", "absolute", "sum", "mean", "one-off",
    "one-off-back", "transposed", "reordered", "shape",
    "never-moves", "step-opposite", "step-factor", "samples-unused", "samples-only", "unused",
]  # fmt: skip


@dataclass(frozen=True)
class Remark(Record):
    """What wrong numbers show, where nothing names it.

    about: the quantity or parameter, "" for all that the function gives; of samples, how many there were.
    value: a factor, another quantity, or which samples, counted from 0.
    """

    kind: RemarkKind
    about: str = ""
    value: str = ""


@dataclass(frozen=True)
class FunctionResult(Record):
    """One graded function. `line` counts in the same file or cell as `source.first_line`.

    status: "void" where nothing is known to be wrong, and grader failed on some of the checks.
    unjudged: the points of these checks, which are neither given nor lost.

    lines: misconception -> the line of the student's own source that holds it, where it could be placed.
    facts: the student's own names, numbers and shapes, for the notes. told_before: whether what fails is
    explained at an earlier function, which has the same convention. stop: what ended the call of the first
    check that failed, if it gave no value. marks: where the mistakes stand, the first to mend first; mended:
    whether the function gives all that it should once these are mended. remarks: what the numbers show.
    helpers: what it uses where mistakes stand.
    """

    status: Status
    score: float
    max_score: float
    follow_through: bool = False
    misconceptions: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    first_wrong: str | None = None
    line: int | None = None
    checks: tuple[CheckResult, ...] = ()
    source: Source | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    told_before: bool = False
    unjudged: float = 0.0
    marks: tuple[Mark, ...] = ()
    mended: bool = False
    remarks: tuple[Remark, ...] = ()
    helpers: tuple[Helper, ...] = ()
    stop: Stop = ""

    @property
    def lost(self) -> float:
        """The points that are lost: neither earned nor unjudged."""
        return round(self.max_score - self.score - self.unjudged, 4)

    @property
    def in_notebook(self) -> bool:
        """Whether its line is one of a notebook's cell."""
        if self.source is None or self.line is None:
            return False
        _, cell, _ = self.source.place_of(self.line)
        return cell is not None


@dataclass(frozen=True)
class Curves(Record):
    """Training curves, the student's and the reference's."""

    student: Curve
    reference: Curve


@dataclass(frozen=True)
class GradedFiles(Record):
    """Which files were graded. `sha256` is that of the graded file's bytes."""

    id: str
    name: str
    files: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Fault(Record):
    """Where grader itself failed, for its instructor and its developers; no report shows it to a student.

    during: what grader was doing, such as the id of a check.
    """

    during: str
    traceback: str

    @classmethod
    def of(cls, during: str, error: BaseException) -> Fault:
        """The fault of an exception; of a long traceback its end, which says most."""
        lines = traceback.format_exception(error)
        return cls(during, "".join(lines)[-_LONGEST_TRACEBACK:])


@dataclass(frozen=True)
class Result(Record):
    """One submission, graded. `notices` say what was skipped, capped, denied or timed out.

    unjudged: points that are neither given nor lost, because grader failed on the checks that decide over
    them; the mark is incomplete where there are any. faults: how grader failed.
    exercise_folder: where the exercise lies, if it is not one of those that are included in grader.
    """

    exercise: str
    profile: str
    submission: GradedFiles
    seed: int
    versions: Mapping[str, str]
    started: str
    duration_s: float
    score: float
    max_score: float
    functions: Mapping[str, FunctionResult]
    notices: tuple[_Notice, ...] = ()
    isolation: Mapping[str, str] = field(default_factory=dict)
    curves: Curves | None = None
    exercise_folder: str | None = None
    schema: Literal[2] = SCHEMA
    unjudged: float = 0.0
    faults: tuple[Fault, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether the mark is not final: some of its points are still to be decided by an instructor."""
        return self.unjudged > 0


@dataclass(frozen=True)
class Note:
    """What a student reads about a misconception: what happened and why it is wrong, where to look.

    lang: the language that the three texts are written in.
    """

    id: str
    function: str
    title: str
    note: str
    hint: str = ""
    lang: str = "en"


def to_json(result: Result) -> str:
    """`result` as the text of a `grade.json`."""
    text = json.dumps(
        result, default=_fields, indent=1, ensure_ascii=False, allow_nan=False
    )
    # half of a surrogate pair has no place in a file
    return text.encode("utf-8", "replace").decode() + "\n"


def _fields(record: object) -> Mapping[str, Any]:
    """A record's fields; a shallow look, where dataclasses.asdict copies all that is in them."""
    if isinstance(record, Notice):
        return notices.to_plain(record)
    if isinstance(record, Source):
        return _without_empty(record, "label", "file", "is_lifted", "places")
    if isinstance(record, FunctionResult):
        return _without_empty(
            record, "told_before", "unjudged", "stop", "marks", "mended"
        )
    if isinstance(record, Result):
        return _without_empty(record, "unjudged", "faults")
    if not dataclasses.is_dataclass(record):
        raise TypeError(
            f"a {type(record).__name__} has no place in a grade.json"
        )
    return vars(record)


def _without_empty(record: object, *names: str) -> Mapping[str, Any]:
    """A record's fields. Of these names, which most records leave empty, only those that hold something."""
    fields = dict(vars(record))
    for name in names:
        if not fields[name]:
            del fields[name]
    return fields


def from_json(text: str) -> Result:
    """The result that the text of a `grade.json` holds. Raises ValueError where it is not one of ours."""
    try:
        result = _RESULT.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"it is not a grade.json: {where or 'its text'}: {first['msg']}"
        ) from None
    _require_marks("", result)
    for name, function in result.functions.items():
        _require_marks(f"functions.{name}.", function)
    return result


_RESULT = TypeAdapter(Result)


def _require_marks(where: str, marked: Result | FunctionResult) -> None:
    """Raise ValueError where a mark is not one of those that can be given."""
    for name in ("score", "unjudged"):
        if not 0 <= getattr(marked, name) <= marked.max_score:
            raise ValueError(
                f"it is not a grade.json: {where}{name}: it is not from 0 to max_score"
            )


def check_from(data: dict[str, Any]) -> CheckResult:
    """The record of one check from plain data, as `grade.json` holds it."""
    fields = {**data}
    fields["mismatch"] = None
    if data["mismatch"]:
        fields["mismatch"] = Mismatch(**_tuples(data["mismatch"]))
    return CheckResult(**fields)


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record, with each list as a tuple."""
    fields = {}
    for name, value in data.items():
        fields[name] = tuple(value) if isinstance(value, list) else value
    return fields
