"""The statements of a submission that its graded functions need, and no others.

What a required function uses is followed, name by name, through the file's top-level definitions, assignments
and imports. Loops at the top level, and statements that start a slow function such as a training, are never
run.

This runs in the worker before any of the student's code, and executes nothing.
"""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.notices import Notice
from grader.reading.cells import Text
from grader.reading.definitions import Definition, definition_of, order_notice
from grader.reading.lifting import Lifted, LoopWanted, is_usable, lift
from grader.reading.missing import why_missing
from grader.reading.needs import Needs, hidden_names, needs_of
from grader.reading.never_run import loader_notices, never_run_notice
from grader.reading.own_files import OwnFiles, Path
from grader.reading.own_modules import Module, OwnModules
from grader.reading.own_names import Expected, OwnNames, own_names
from grader.reading.statements import File, Statement
from grader.reading.syntax_errors import IS_MERGE, UNCOMPILABLE, merge_marks
from grader.reading.trees import Kind, binders_within, kind_of

_MAX_NOTICES = 60
# notices that say the same of different places, before one stands for all of them
_MAX_ALIKE = 3
_MAX_MARKS = 20  # lines that a notice lists

# required name -> the loop that may take its place
Loops = Mapping[str, LoopWanted]
Notices = Iterable[Notice]


@dataclass(frozen=True)
class Slice:
    """What to run, and what is known of the required functions before anything runs.

    definitions: required name -> the definition that is graded. missing: required name -> one sentence on
    why there is none. flags: the file's `from __future__` imports, for `compile`. top_level: each name that
    the file binds -> how the last statement does so. own_names: required name -> what the file calls that
    function, where it is another name. lines: a cell's number -> its lines. modules: the slices of the
    modules that the submission imports of its own. homes: required name -> the one of these that defines it.
    lifted: required name -> the loop that is judged in its place.
    """

    statements: tuple[Statement, ...]
    definitions: Mapping[str, Definition]
    missing: Mapping[str, str]
    notices: tuple[Notice, ...]
    flags: int
    top_level: Mapping[str, Kind]
    lines: Mapping[int | None, Sequence[str]]
    modules: Mapping[Path, Slice] = field(default_factory=dict)
    homes: Mapping[str, Path] = field(default_factory=dict)
    own_names: Mapping[str, str] = field(default_factory=dict)
    lifted: Mapping[str, Lifted] = field(default_factory=dict)


def slice_functions(
    text: Text,
    names: Sequence[str],
    slow: Collection[str] = (),
    own: OwnModules | None = None,
    loops: Mapping[str, LoopWanted] = {},
    expected: Mapping[str, Expected] = {},
) -> Slice:
    """The slice of `text` that defines `names`; statements that call one of `slow` are left out.

    own: the modules beside it, which it may import. loops: required name -> the loop that takes its place
    where the file has no usable definition. expected: what the functions may be called instead; empty where
    only these names count.
    """
    with warnings.catch_warnings():
        # of the student's syntax: invalid escapes, `is` with a literal
        warnings.simplefilter("ignore")
        if own is None:
            own = OwnModules(OwnFiles(), names, slow)
        main = own.read_main(text)
        imported = own.imported_files(main)
        called = own_names(expected, main.file, own.files, imported)
        if called.names:
            main = own.read_again(text, called.names)
        return _slice(text, names, main, own, loops, called)


def _slice(
    text: Text,
    names: Sequence[str],
    main: Module,
    own: OwnModules,
    loops: Loops,
    called: OwnNames,
) -> Slice:
    name_of = {name: called.names.get(name, name) for name in names}
    needs = _needs(main, name_of.values(), own)
    found = _found(name_of, main, own)
    definitions = found.definitions[main.path]
    whole = _part(main, needs[main.path], definitions, own, called.names)
    lifted = _lifted(text, _named(loops, name_of), whole, own)
    if lifted:
        trees = []
        for loop in lifted.values():
            trees += [statement.tree for statement in loop.statements]
        # they need more of the modules than the functions do
        needs = _needs(main, name_of.values(), own, trees)
    slices = {}
    for path, needed in needs.items():
        module = own.module(path)
        if module is None or path == main.path:
            continue
        # another name is one of the graded file only
        there = found.definitions.get(path, {})
        slices[path] = _part(module, needed, there, own, {})
    notices = _all_notices(text, called, whole, slices, own)

    definitions = dict(whole.definitions)
    homes = found.homes
    for name, loop in lifted.items():
        definitions[name] = loop.definition
        homes.pop(name, None)
        values = {"function": name}
        notices.append(Notice("lifted", values, loop.line, loop.cell))
    missing = {}
    for name in names:
        if name not in definitions:
            missing[name] = why_missing(
                name,
                names,
                loops.get(name),
                main.bindings,
                main.file,
                called.unclear,
            )
    return replace(
        whole,
        definitions=definitions,
        missing=missing,
        notices=_capped(_labelled(notices, main.file)),
        modules=slices,
        homes=homes,
        own_names=called.names,
        lifted=lifted,
    )


@dataclass(frozen=True)
class _Found:
    """Where the required functions are defined.

    definitions: a file -> required name -> its definition; the graded file has all of them. homes: required
    name -> the module that defines it, where that is not the graded file.
    """

    definitions: dict[Path, dict[str, Definition]]
    homes: dict[str, Path]


def _found(
    name_of: Mapping[str, str], main: Module, own: OwnModules
) -> _Found:
    """Look for the required functions. name_of: required name -> what the graded file calls it."""
    found = _Found({main.path: {}}, {})
    for name, own_name in name_of.items():
        original_name, module = own.home(own_name, main)
        definition = definition_of(original_name, module.bindings, module.file)
        if definition is None:
            continue
        found.definitions[main.path][name] = definition
        if module is not main:
            found.homes[name] = module.path
            found.definitions.setdefault(module.path, {})[name] = definition
    return found


def _all_notices(
    text: Text,
    called: OwnNames,
    whole: Slice,
    modules: Mapping[Path, Slice],
    own: OwnModules,
) -> list[Notice]:
    """The notices on the text, on other names, on the graded file and on its modules, in this order."""
    notices = []
    for notice in text.notices:
        if not own.has_run(notice):
            notices.append(notice)
    notices += _name_notices(called.names)
    notices += whole.notices
    for path, module in modules.items():
        for notice in module.notices:
            notices.append(own.placed(notice, path))
    return notices


def _lifted(
    text: Text, loops: Loops, found: Slice, own: OwnModules
) -> dict[str, Lifted]:
    """The loops that take the place of functions that have no usable definition."""
    lifted: dict[str, Lifted] = {}
    for name, wanted in loops.items():
        definition = found.definitions.get(name)
        if is_usable(definition, len(wanted.parameters)):
            continue
        # what stands in a file may be of any form: without a loop to judge, the rest is graded
        with contextlib.suppress(*UNCOMPILABLE):
            loop = lift(wanted, name, own.as_script(text), found.statements)
            if loop is not None:
                lifted[name] = loop
    return lifted


def _named(loops: Loops, name_of: Mapping[str, str]) -> dict[str, LoopWanted]:
    """The loops, with the functions in them as the file calls them."""
    named: dict[str, LoopWanted] = {}
    for name, wanted in loops.items():
        around = [
            name_of.get(function, function) for function in wanted.around
        ]
        named[name] = replace(wanted, around=around)
    return named


def _needs(
    main: Module,
    names: Iterable[str],
    own: OwnModules,
    lifted: Sequence[ast.stmt] = (),
) -> dict[Path, Needs]:
    """What is needed of the graded file and, because of that, of each module that it leads to.

    lifted: statements that are run besides.
    """
    wanted = {main.path: set(names)}
    needs: dict[Path, Needs] = {}
    todo = [main]
    while todo:
        module = todo.pop()
        found = needs_of(sorted(wanted[module.path]), module.bindings)
        needs[module.path] = found
        trees = [module.statements[i].tree for i in found.statements]
        if module is main:
            trees += lifted
        for tree in trees:
            for path, more in own.imported(tree, module):
                other = own.module(path)
                known = wanted.setdefault(path, set())
                if other is None or (more <= known and path in needs):
                    continue
                known |= more
                todo.append(other)
    return needs


def _part(
    module: Module,
    needs: Needs,
    definitions: Mapping[str, Definition],
    own: OwnModules,
    own_names: Mapping[str, str],
) -> Slice:
    """The slice of one file, with its own notices."""
    statements = module.statements
    notices: list[Notice] = []
    for name in definitions:
        own_name = own_names.get(name, name)
        notice = order_notice(own_name, module.bindings, module.file)
        if notice is not None:
            notices.append(notice)
    notices += _syntax_notices(module.file)
    notices += _never_run_notices(needs, statements)
    notices += hidden_names(module.bindings, needs)
    needed = []
    for i in sorted(needs.statements):
        needed.append(statements[i])
    notices += loader_notices(needed)
    return Slice(
        statements=tuple(needed),
        definitions=definitions,
        missing={},
        notices=tuple(notices),
        flags=module.file.flags,
        top_level=_kinds(module, own),
        lines=module.file.lines,
    )


def _kinds(module: Module, own: OwnModules) -> dict[str, Kind]:
    """Every name that a file binds -> how the last statement does so, in the module that it comes from."""
    kinds: dict[str, Kind] = {}
    for statement in module.statements:
        within = binders_within(statement.tree)
        for name in statement.binds:
            binder = within.get(name, statement.tree)
            kinds[name] = kind_of(binder)
    for name, kind in kinds.items():
        if kind == "import":
            kinds[name] = own.kind_of(name, module)
    return kinds


def _name_notices(own_names: Mapping[str, str]) -> Notices:
    """One notice on all functions that have other names than in the hand-out."""
    pairs = []
    for name, own in own_names.items():
        pairs.append(f"`{own}` (`{name}`)")
    if pairs:
        yield Notice("own-names", {"names": ", ".join(pairs)})


def _syntax_notices(file: File) -> Notices:
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
    numbers = []
    for mark in others[:_MAX_MARKS]:
        numbers.append(str(mark + 1))
    values = {"others": ", ".join(numbers)}
    return Notice("merge-marks", values, first + 1, cell)


def _never_run_notices(
    needs: Needs, statements: Sequence[Statement]
) -> Notices:
    for i in sorted(needs.never_run):
        yield never_run_notice(statements[i])


def _labelled(notices: Notices, file: File) -> Notices:
    """The notices with the names of their cells."""
    for notice in notices:
        label = file.labels.get(notice.cell, "")
        yield replace(notice, label=label)


def _grouped(notices: Notices) -> list[Notice]:
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


def _capped(notices: Notices) -> tuple[Notice, ...]:
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
