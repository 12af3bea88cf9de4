"""What may stand in the TOML files of an exercise's folder: a model for each kind of table.

These models are the only rules by which the files are read. Faults are collected, each with its file and
table, so that an author hears of all of them together.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)
from pydantic_core import ErrorDetails

# What tells a mistake where no numbers do; `grader.diagnosis.recognisers` has one for each name.
Recogniser = Literal[
    "stub",
    "mutates",
    "global",
    "shadow",
    "calls",
    "rebinds",
    "overflow",
    "arguments",
    "columns",
    "rows",
    "mixed",
    "order",
    "steps",
    "one step",
    "stale",
]
# What a note says that the student does; `grader.diagnosis.acts` looks for it in the source.
Act = Literal["subtracts", "assigns", "replaces", "discards", "ascends"]
Stage = Literal["initial", "update", "history"]

Strings = tuple[str, ...]  # an array of strings
Pairs = tuple[tuple[str, str], ...]  # what is replaced, and by what
Data = dict[str, Any]  # a table as it is read

# The {facts} that a note can show, by what recognises its mistake: names of the student's own.
FACTS: Mapping[str, Strings] = {
    "mutates": ("argument",),
    "global": ("name",),
    "shadow": ("hidden",),
}

Text = Field(min_length=1)
_LISTED = 12  # names that a suggestion lists


class Table(BaseModel):
    """A table of a TOML file; unknown keys and values of another type are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Loop(Table):
    """A loop that is judged in a function's place, `[functions.NAME.loop]`.

    around: the functions of which one is called in the loop, in order of preference. state: the parameters
    of graded functions that are followed from turn to turn. steps: the parameter that says how many turns.
    """

    around: Strings
    state: Strings
    steps: str


class Function(Table):
    """One graded function, `[functions.NAME]` in exercise.toml.

    earlier: the functions that it builds on. They are judged before it, and plugged in for follow-through.
    derivative_of: the function whose derivative, with respect to its first argument, it is.
    seconds: the time that one call may take. slow: calls of it at a file's top level are not run.
    loop: what is judged in its place where a file does not define it.
    also: other names by which it is recognised, where names are not strict.
    vectors: its arguments that are vectors, in groups that a submission lays out alike. returned_vectors: the
    parts of its result that are vectors, each by the indices that lead to it.
    """

    name: str
    points: PositiveFloat
    required: bool = True
    earlier: Strings = ()
    derivative_of: str | None = None
    seconds: PositiveFloat = 10.0
    slow: bool = False
    loop: Loop | None = None
    also: Strings = ()
    vectors: tuple[Strings, ...] = ()
    returned_vectors: tuple[tuple[int, ...], ...] = ()


class Limits(Table):
    """What one submission may use, `[limits]` in exercise.toml.

    search_seconds: how long the places of one function's mistakes are searched for; 0 for not at all.
    """

    load_seconds: PositiveFloat = 20.0
    submission_seconds: PositiveFloat = 300.0
    search_seconds: NonNegativeFloat = 20.0
    cpu_seconds: PositiveInt = 120
    memory_mb: PositiveInt = 2048
    output_kb: PositiveInt = 64


class Prologue(Table):
    """The course's own module, `[prologue]`: its source, and the names that submissions import it by."""

    source: str
    modules: Strings


class ExerciseTable(Table):
    """The whole of exercise.toml.

    strict_names: whether a function counts only under its own name, and not under an obvious variant of it.
    """

    title: str = ""
    strict_names: bool = False
    follow_through: float = Field(1.0, ge=0, le=1)
    curves: Strings = ()
    limits: Data = {}
    tolerance: dict[str, PositiveFloat] = {}
    prologue: Data | None = None
    # checked later, one table at a time, so that a fault is reported with the table's name
    functions: dict[str, Data] = {}
    profiles: dict[str, Data] = {}


class FormTable(Table):
    """One way to make a mistake: edits of the reference, in the function `in`."""

    replace: str | None = None
    with_: str | None = Field(None, alias="with")
    edits: Pairs = ()
    in_: str | None = Field(None, alias="in")


class MisconceptionTable(FormTable):
    """One table of a file of misconceptions/; see `grader.exercise.misconceptions.Misconception`."""

    title: str = Text
    note: str = Text
    hint: str = Text
    forms: tuple[Data, ...] = ()
    functions: Strings = ()
    recognise: Recogniser | None = None
    stage: Stage | None = None
    calls: Strings = ()
    raises: Strings = ()
    repair: Pairs = ()
    seen: Strings = ()
    act: Act | None = None
    absent: Strings = ()
    wrong: str = ""
    right: str = ""
    alike: Strings = ()


class TranslationTable(Table):
    """One table of locale/LANG.toml: a misconception's texts in another language."""

    title: str = Text
    note: str = Text
    hint: str = Text


class SlipTable(Table):
    """One table of slips.toml; see `grader.exercise.slips.Slip`."""

    raises: Strings = ()
    wrong: str = Text
    right: str = Text
    en: TranslationTable
    fr: TranslationTable


class GraphTable(Table):
    """The whole of graph.toml: each quantity's [column, row], and the quantities that each one feeds."""

    nodes: dict[str, tuple[float, float]]
    forward: dict[str, Strings] = {}
    backward: dict[str, Strings] = {}


T = TypeVar("T", bound=Table)


class Problems:
    """The faults of a folder, one line per fault: file, table and key, what is wrong, what would be right."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, path: Path, place: str, what: str) -> None:
        """Note a fault; `place` names the table and the key, and is empty for the file as a whole."""
        parts = [str(path)]
        if place:
            parts.append(place)
        parts.append(what)
        self.lines.append(": ".join(parts))

    def add_unknown(
        self,
        path: Path,
        place: str,
        what: str,
        name: str,
        known: Iterable[str],
    ) -> None:
        """Note that `name` names none of the `known`; the nearest of these is suggested."""
        near = suggestion(name, known)
        self.add(path, place, f"there is no {what} {name!r}; {near}")


def check_facts(
    text: str, recogniser: str, path: Path, place: str, problems: Problems
) -> None:
    """Note each {fact} in a note's text that this recogniser does not give."""
    known = FACTS.get(recogniser, ())
    without_formulas = re.sub(
        r"\$[^$]*\$", "", text
    )  # LaTeX has braces of its own
    for name in re.findall(r"\{([A-Za-z_]\w*)\}", without_formulas):
        if name not in known:
            problems.add_unknown(path, place, "fact", name, known)


def suggestion(name: str, known: Iterable[str]) -> str:
    """What could have been meant: the nearest of the known names, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not known:
        return "none is known"
    listed = ", ".join(known[:_LISTED])
    more = ", …" if len(known) > _LISTED else ""
    return f"known are {listed}{more}"


def read_toml(path: Path, problems: Problems) -> Data:
    """The tables of a file, with tuples for its arrays; empty where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        problems.add(path, "", "the file is missing")
        return {}
    except (OSError, UnicodeDecodeError) as error:
        problems.add(path, "", f"the file cannot be read: {error}")
        return {}
    except tomllib.TOMLDecodeError as error:
        problems.add(path, "", f"this is not TOML: {error}")
        return {}
    tables: Data = _with_tuples(data)
    return tables


def _with_tuples(value: Any) -> Any:
    # the tables are strict, and a strict model takes no list for a tuple
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value


def read_table(
    model: type[T], data: Any, path: Path, place: str, problems: Problems
) -> T | None:
    """A table as a record; None where it does not fit the model, with each fault noted."""
    if not isinstance(data, Mapping):
        problems.add(path, place, "a table is expected here")
        return None
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        for fault in error.errors():
            parts = [str(part) for part in fault["loc"]]
            key = ".".join(parts)
            what = _in_words(fault, key, model)
            problems.add(path, f"{place} {key}".strip(), what)
        return None


def _in_words(fault: ErrorDetails, key: str, model: type[Table]) -> str:
    """A fault that pydantic found, for the author of an exercise."""
    kind, message = fault["type"], fault["msg"]
    if kind == "literal_error" and isinstance(fault["input"], str):
        given, expected = fault["input"], fault["ctx"]["expected"]
        known = re.findall("'([^']+)'", expected)
        return f"{given!r} is not known; {suggestion(given, known)}"
    if kind == "extra_forbidden":
        known = []
        for name, field in model.model_fields.items():
            # `with` and `in` are words of Python, so that their fields have other names
            known.append(field.alias or name)
        return f"this key is not known; {suggestion(key, known)}"
    if kind == "missing":
        return "this key is missing"
    # it follows a colon
    return message[:1].lower() + message[1:]
