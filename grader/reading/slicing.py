"""The statements of a submission that its graded functions need, and no others.

From the required names, the free names are followed through the file's top-level definitions, assignments
and imports. Loops at the top level, and statements that start a slow function such as a training, are never
run.

Runs in the worker before any of the student's code, and executes nothing.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.notices import Notice
from grader.reading.call_graph import call_graph
from grader.reading.cells import Text
from grader.reading.definitions import Definition, definition_of, order_notice
from grader.reading.lifting import Lifted, LoopWanted, is_usable, lift
from grader.reading.missing import why_missing
from grader.reading.needs import Bindings, Needs, hidden_names, needs_of
from grader.reading.never_run import never_run_notice, without_never_run
from grader.reading.own_names import Expected, own_names
from grader.reading.statements import File, Statement, read_statements
from grader.reading.syntax_errors import IS_MERGE, UNCOMPILABLE, merge_marks
from grader.reading.trees import Kind, binders_within, kind_of

_MAX_NOTICES = 60
_MAX_ALIKE = (
    3  # notices that say the same of different places, before one speaks for all
)
_MAX_MARKS = 20  # lines that a notice lists


@dataclass(frozen=True)
class Slice:
    """What to run, and what is known of the required functions before anything runs.

    definitions: required name -> the definition that is graded. missing: required name -> one sentence on
    why there is none. flags: the file's `from __future__` imports, for `compile`. top_level: each name that
    the file binds -> how the last statement does so. own_names: required name -> what the file calls that
    function, where it is another name.
    """

    statements: tuple[Statement, ...]
    definitions: Mapping[str, Definition]
    missing: Mapping[str, str]
    notices: tuple[Notice, ...]
    flags: int
    top_level: Mapping[str, Kind]
    lifted: Mapping[str, Lifted] = field(default_factory=dict)
    own_names: Mapping[str, str] = field(default_factory=dict)


def slice_functions(
    text: Text,
    names: Sequence[str],
    slow: Collection[str] = (),
    loops: Mapping[str, LoopWanted] = {},
    expected: Mapping[str, Expected] = {},
) -> Slice:
    """The slice of `text` that defines `names`; statements that call one of `slow` are left out.

    loops: required name -> the loop that takes its place where the file has no usable definition.
    expected: what the functions may be called instead; empty where only these names count.
    """
    with warnings.catch_warnings():
        # of the student's syntax: invalid escapes, `is` with a literal
        warnings.simplefilter("ignore")
        return _slice(text, names, slow, loops, expected)


def _slice(
    text: Text,
    names: Sequence[str],
    slow: Collection[str],
    loops: Mapping[str, LoopWanted],
    expected: Mapping[str, Expected],
) -> Slice:
    file = read_statements(text)
    own = own_names(expected, file)
    called = {name: own.names.get(name, name) for name in names}
    all_slow = {*slow, *(called[name] for name in slow if name in called)}
    graph = call_graph(file.statements, all_slow)
    statements = without_never_run(file, graph)
    bindings = Bindings(statements, graph)
    needs = needs_of(list(called.values()), bindings)

    definitions: dict[str, Definition] = {}
    missing: dict[str, str] = {}
    for name in names:
        definition = definition_of(called[name], bindings, file)
        if definition is None:
            wanted = loops.get(name)
            missing[name] = why_missing(
                name, names, wanted, bindings, file, own.unclear
            )
        else:
            definitions[name] = definition
    needed = [statements[i] for i in sorted(needs.statements)]
    lifted = _lifted(text, loops, definitions, needed)
    for name, loop in lifted.items():
        definitions[name] = loop.definition
        missing.pop(name, None)

    notices = list(text.notices)
    notices += _name_notices(own.names)
    notices += _order_notices(definitions, called, bindings, file)
    notices += _syntax_notices(file)
    notices += _never_run_notices(needs, statements)
    notices += hidden_names(bindings, needs)
    for name, loop in lifted.items():
        notices.append(Notice("lifted", {"function": name}, loop.line, loop.cell))
    return Slice(
        statements=tuple(needed),
        definitions=definitions,
        missing=missing,
        notices=_capped(_labelled(notices, file)),
        flags=file.flags,
        top_level=_kinds(statements),
        lifted=lifted,
        own_names=own.names,
    )


def _lifted(
    text: Text,
    loops: Mapping[str, LoopWanted],
    definitions: Mapping[str, Definition],
    needed: Sequence[Statement],
) -> dict[str, Lifted]:
    """The loops that take the place of functions that have no usable definition."""
    found: dict[str, Lifted] = {}
    for name, wanted in loops.items():
        if is_usable(definitions.get(name), len(wanted.parameters)):
            continue
        # what stands in a file may be of any form: without a loop to judge, the rest is graded
        with contextlib.suppress(*UNCOMPILABLE):
            loop = lift(wanted, name, read_statements(text, as_main=True), needed)
            if loop is not None:
                found[name] = loop
    return found


def _kinds(statements: Iterable[Statement]) -> dict[str, Kind]:
    """Every name that the statements bind -> how the last one does so."""
    kinds: dict[str, Kind] = {}
    for statement in statements:
        within = binders_within(statement.tree)
        for name in statement.binds:
            binder = within.get(name, statement.tree)
            kinds[name] = kind_of(binder)
    return kinds


def _name_notices(own_names: Mapping[str, str]) -> Iterator[Notice]:
    """One notice on all functions that have other names than in the hand-out."""
    pairs = [f"`{own}` (`{name}`)" for name, own in own_names.items()]
    if pairs:
        yield Notice("own-names", {"names": ", ".join(pairs)})


def _order_notices(
    names: Iterable[str], called: Mapping[str, str], bindings: Bindings, file: File
) -> Iterator[Notice]:
    for name in names:
        notice = order_notice(called[name], bindings, file)
        if notice is not None:
            yield notice


def _syntax_notices(file: File) -> Iterator[Notice]:
    is_broken_file = False
    with_marks: set[int | None] = set()
    for broken in file.broken:
        if broken.cell is None:
            is_broken_file = True
        marks = merge_marks(file.lines[broken.cell])
        if broken.reason != IS_MERGE or not marks:
            yield broken.notice
        elif broken.cell not in with_marks:
            # one merge breaks the file in several places
            with_marks.add(broken.cell)
            yield _merge_notice(broken.cell, marks)
    if is_broken_file and file.statements:
        yield Notice("broken-file")


def _merge_notice(cell: int | None, marks: Sequence[int]) -> Notice:
    """What the report says about the marks of a merge, the indices of whose lines these are."""
    first, *others = marks
    numbers = [str(mark + 1) for mark in others[:_MAX_MARKS]]
    values = {"others": ", ".join(numbers)}
    return Notice("merge-marks", values, first + 1, cell)


def _never_run_notices(
    needs: Needs, statements: Sequence[Statement]
) -> Iterator[Notice]:
    for i in sorted(needs.never_run):
        yield never_run_notice(statements[i])


def _labelled(notices: Iterable[Notice], file: File) -> Iterator[Notice]:
    """The notices with the names of their cells."""
    for notice in notices:
        label = file.labels.get(notice.cell, "")
        yield replace(notice, label=label)


def _grouped(notices: Iterable[Notice]) -> list[Notice]:
    """The notices; where many say the same of different places, the first one speaks for all."""
    groups: dict[str, list[Notice]] = {}
    for notice in notices:
        said = f"{notice.kind} {sorted(notice.values.items())}"
        groups.setdefault(said, []).append(notice)
    grouped = []
    for group in groups.values():
        if len(group) > _MAX_ALIKE:
            more = len(group) - 1
            group = [replace(group[0], more=more)]
        grouped += group
    return grouped


def _capped(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """The notices, each once, and no more than a report can use."""
    # by their sentences: a notice cannot be hashed, as its values are a dict
    by_sentence = {str(notice): notice for notice in notices}
    distinct = _grouped(by_sentence.values())
    more = len(distinct) - _MAX_NOTICES
    if more <= 0:
        return tuple(distinct)
    # it stands for those that are cut off
    last = Notice("more", {"count": str(more)})
    return (*distinct[:_MAX_NOTICES], last)
