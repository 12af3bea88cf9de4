"""Notices: what a report says about how a submission was read and graded, as records.

A notice is a kind, the place it is about, and the values that its kind's sentence names. `KINDS` is the one
table of them: the sentence in English, which `templates/locale/<lang>.po` translates, and whether an
instructor should look at a submission that has such a notice. To add a notice, add a row to the table and
make a `Notice` of that kind where it is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Kind:
    """A kind of notice. In `sentence`, {name} stands for a value and {where} for the notice's place.

    look: whether an instructor should look at the submission.
    """

    sentence: str
    look: bool = False


KINDS: Mapping[str, Kind] = {
    # reading the file
    "notebook-in-py": Kind(
        "{file} contains a Jupyter notebook and was read as one."
    ),
    "not-utf-8": Kind(
        "{file} is not UTF-8 ({where}), so it was read as Latin-1. Save it as UTF-8."
    ),
    "cell-magic": Kind(
        "{where} was skipped: a `%%{magic}` cell defines nothing in Python."
    ),
    "line-magic": Kind(
        "`%{magic}` was not run ({where}), so the names that it defines are not known."
    ),
    "broken-cell": Kind(
        "{where} does not compile ({reason}). The whole cell was left out."
    ),
    "broken-part": Kind(
        "{where} does not compile ({reason}). This part of the file was left out."
    ),
    "broken-indentation": Kind(
        "{where} does not compile ({reason}). It was read as if it were indented correctly."
    ),
    "merge-marks": Kind(
        "{where} does not compile: it is a mark of an unresolved merge, as are lines {others}. "
        "Keep one of the two sides and delete these marks."
    ),
    "broken-file": Kind(
        "The file does not run as a whole. Each function that compiles by itself is graded."
    ),
    "executed-out-of-order": Kind(
        "`{function}`: the last definition in the notebook is graded ({where}). "
        "An earlier one, in the cell that begins {other}, was run after it."
    ),
    "never-executed": Kind(
        "`{function}`: the last definition in the notebook is graded ({where}). It was never run; "
        "the definition that was run last is in the cell that begins {other}."
    ),
    "own-names": Kind(
        "These functions have other names than in the hand-out, and were graded all the same: {names}."
    ),
    "own-order": Kind(
        "{function} takes its arguments in another order than in the hand-out, and was called in its own "
        "order ({where}). The hand-out's order is {order}."
    ),
    "loop-not-run": Kind(
        "{where} has a loop at the top level. The loop was not run."
    ),
    "training-not-run": Kind(
        "{where} starts a training at the top level. The training was not run."
    ),
    "lifted": Kind(
        "The file defines no `{function}` that can be called as the exercise says. "
        "The loop in {where} was judged in its place."
    ),
    "await-not-run": Kind(
        "{where} awaits something at the top level. The statement was not run."
    ),
    "loader-workers": Kind(
        "{where} asks for a DataLoader with processes of its own. It was run without them, "
        "which changes nothing but the time."
    ),
    "hidden-names": Kind(
        "{where} uses `{function}`: which names it reads or defines cannot be known without running it."
    ),
    "more": Kind("{count} more notices were left out."),
    # choosing the file
    "several-files": Kind("{count} files were handed in; {file} was graded."),
    "several-files-imported": Kind(
        "{count} files were handed in; {file} was graded, with what it may import: {modules}."
    ),
    "not-compared": Kind(
        "So many files were handed in that only {count} of them were compared, to choose the one to grade.",
        look=True,
    ),
    "several-versions": Kind(
        "{count} files hold a solution: {files}. Each was graded; {file} has the best mark, and counts.",
        look=True,
    ),
    "file-left-out": Kind("{file} {problem}; it was left out.", look=True),
    "looks-like-download": Kind(
        "{file} looks like a course site's download, with the files of several students. "
        "To grade each of them, give it to grader alone.",
        look=True,
    ),
    "late": Kind("{platform} marks it as late."),
    # running the student's code
    "statement-raised": Kind(
        "{where} was run because a graded function needs it. It raised {error}"
    ),
    "not-loaded": Kind(
        "The definitions of the file could not be run: {reason}.", look=True
    ),
    "called-again": Kind(
        "{function} was called once more, in a fresh process, because {reason}.",
        look=True,
    ),
    "no-result": Kind("{function} gave no result: {reason}.", look=True),
    "prints-a-lot": Kind(
        "The submission prints a lot; only the first {kilobytes} KB were kept."
    ),
    # judging and diagnosing
    "remark": Kind("{text}"),
    "not-diagnosed": Kind(
        "grader itself failed as it looked for the mistake in {function}, so none is named.",
        look=True,
    ),
    "nested-too-deeply": Kind(
        "{function} is nested too deeply for its mistake to be looked for, so none is named."
    ),
    "void-checks": Kind(
        "grader itself failed on checks of {function}. Their {points} points are neither given nor lost: "
        "the mark is incomplete until an instructor has decided over them.",
        look=True,
    ),
    # grading as a whole
    "weak-isolation": Kind(
        "WEAK ISOLATION: on this machine student code could read your files, other submissions and the "
        "answers. Grade only code that you trust here. Not enforced: {layers}. See `grader doctor`."
    ),
    "not-written": Kind(
        "The grade and the reports of this submission could not be written into its folder: {reason}. "
        "The mark stands in the gradebook.",
        look=True,
    ),
    "no-report": Kind(
        "A report of this submission could not be made ({reason}). The mark stands; "
        "`grader report` tries again.",
        look=True,
    ),
    "not-graded": Kind(
        "This submission could not be graded: grader failed on it {count} times. {reason}. "
        "The marks here say nothing about it.",
        look=True,
    ),
}

ELSEWHERE = "Further places of which the same is true: {count}."  # follows a notice that speaks for others
_NAME = re.compile(r"\{(\w+)\}")
_LONGEST = 2_000  # characters of a value


@dataclass(frozen=True)
class Notice:
    """One notice. `line` counts in the file, or in the notebook's `cell` (1-based, all cells counted).

    label: what the cell is called, since no notebook shows its number (see `place`). more: at how many more
    places the same is to be said.
    """

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    cell: int | None = None
    label: str = ""
    more: int = 0

    def __str__(self) -> str:
        return self.sentence()

    @property
    def look(self) -> bool:
        """Whether an instructor should look at the submission."""
        return KINDS[self.kind].look

    def within(self, module: str) -> Notice:
        """The same notice, about a module of the submission's own."""
        return replace(self, values={**self.values, "module": module})

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The notice in words; `translate` maps English sentences to the reader's language."""
        pattern = translate(KINDS[self.kind].sentence)
        module = self.values.get("module")
        where = place(self.line, self.cell, self.label, translate, module)
        # at a sentence's start only a place is capitalised: `sigma` and a.py stay as they are
        if pattern.startswith("{where}"):
            where = where[:1].upper() + where[1:]
        values = {**self.values, "where": where}
        # not `format`: a value may be anything that a student wrote, braces included
        sentence = _NAME.sub(lambda name: values.get(name[1], "…"), pattern)
        if self.more:
            if not sentence.endswith((".", "!", "?")):
                # what an exception says may end without a full stop
                sentence += "."
            sentence += " " + translate(ELSEWHERE).format(count=self.more)
        return sentence


def place(
    line: int | None,
    cell: int | None,
    label: str = "",
    translate: Callable[[str], str] = str,
    module: str | None = None,
) -> str:
    """A place in words, such as "line 3 of the cell that begins `def f(x):` (In [12])"; empty without any.

    label: the beginning of the cell, and its `In [n]`: a cell's number is shown in no notebook. module: the
    file that a line is in, where it is not the graded one.
    """
    if cell is None and module is not None and line is not None:
        pattern = "line {line} of {module}"
    elif cell is None:
        pattern = "" if line is None else "line {line}"
    elif not label:
        pattern = "a cell" if line is None else "line {line} of a cell"
    elif line is None:
        pattern = "the cell that begins {label}"
    else:
        pattern = "line {line} of the cell that begins {label}"
    if not pattern:
        # gettext translates the empty text into its own header
        return ""
    # not `format`: a label is what a student wrote
    words = {"line": str(line), "label": label, "module": str(module)}
    return _NAME.sub(lambda name: words.get(name[1], "…"), translate(pattern))


def to_plain(notice: Notice) -> dict[str, object]:
    """A notice as plain data, for another process or `grade.json`; its English sentence is in it."""
    return {**vars(notice), "values": dict(notice.values), "text": str(notice)}


def from_plain(data: object) -> Notice:
    """The notice that plain data holds. Raises ValueError where it is not one: the data may be a claim."""
    if not isinstance(data, Mapping):
        raise ValueError("what stands for a notice is not one")
    kind = data.get("kind")
    values = data.get("values")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of notice")
    if not isinstance(values, Mapping):
        raise ValueError(f"{kind!r} is not a kind of notice")
    kept: dict[str, str] = {}
    for name, text in values.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise ValueError(f"the values of the notice {kind} are not texts")
        kept[name] = text[:_LONGEST]
    line = _number(data.get("line"), kind)
    cell = _number(data.get("cell"), kind)
    label = data.get("label", "")
    if not isinstance(label, str):
        raise ValueError(f"the label of the notice {kind} is not a text")
    more = _number(data.get("more"), kind) or 0
    return Notice(kind, kept, line, cell, label[:_LONGEST], more)


def _number(claim: object, kind: str) -> int | None:
    # not `isinstance`: True is an int as well
    if claim is None or type(claim) is int:
        return claim
    raise ValueError(
        f"the place of the notice {kind} is not a line and a cell"
    )
