"""The statements of a submission that its graded functions need, and no others.

From the required names, the free names are followed through the file's top-level definitions, assignments
and imports. Loops at the top level, and statements that start a slow function such as a training, are never
run.

Runs in the worker before any of the student's code, and executes nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.notices import Notice
from grader.reading.cells import Text
from grader.reading.definitions import Definition, definition_of, order_notice
from grader.reading.missing import why_missing
from grader.reading.needs import Bindings, Needs, hidden_names, needs_of
from grader.reading.never_run import loader_notices, never_run_notice
from grader.reading.own_files import OwnFiles, Path
from grader.reading.own_modules import Module, OwnModules
from grader.reading.statements import File, Statement
from grader.reading.trees import Kind, binders_within, kind_of

_MAX_NOTICES = 60


@dataclass(frozen=True)
class Slice:
    """What to run, and what is known of the required functions before anything runs.

    definitions: required name -> the definition that is graded. missing: required name -> one sentence on
    why there is none. flags: the file's `from __future__` imports, for `compile`. top_level: each name that
    the file binds -> how the last statement does so. lines: a cell's number -> its lines. modules: the
    slices of the modules that the submission imports of its own. homes: required name -> the one of these
    that defines it.
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


def slice_functions(
    text: Text,
    names: Sequence[str],
    slow: Collection[str] = (),
    own: OwnModules | None = None,
) -> Slice:
    """The slice of `text` that defines `names`; statements that call one of `slow` are left out.

    own: the modules beside it, which it may import.
    """
    with warnings.catch_warnings():
        # of the student's syntax: invalid escapes, `is` with a literal
        warnings.simplefilter("ignore")
        if own is None:
            own = OwnModules(OwnFiles(), names, slow)
        return _slice(text, names, slow, own)


def _slice(
    text: Text, names: Sequence[str], slow: Collection[str], own: OwnModules
) -> Slice:
    main = own.read_main(text)
    file, bindings = main.file, main.bindings
    needs = _needs(main, names, own)

    homes: dict[str, Path] = {}
    # of the graded file and of each module
    definitions: dict[Path, dict[str, Definition]] = {path: {} for path in needs}
    missing: dict[str, str] = {}
    for name in names:
        own_name, module = own.home(name, main)
        definition = definition_of(own_name, module.bindings, module.file)
        if definition is None:
            missing[name] = why_missing(name, names, slow, bindings, file)
            continue
        definitions[main.path][name] = definition
        if module is not main:
            homes[name] = module.path
            definitions[module.path][name] = definition

    modules: dict[Path, Slice] = {}
    for path, needed in needs.items():
        module_read = own.module(path)
        if module_read is not None:
            modules[path] = _part(module_read, needed, definitions[path], own)
    whole = modules.pop(main.path)
    notices = [notice for notice in text.notices if not own.has_run(notice)]
    notices += whole.notices
    for path, module_slice in modules.items():
        for notice in module_slice.notices:
            notices.append(own.placed(notice, path))
    return replace(
        whole,
        missing=missing,
        notices=_capped(notices),
        modules=modules,
        homes=homes,
    )


def _needs(main: Module, names: Iterable[str], own: OwnModules) -> dict[Path, Needs]:
    """What is needed of the graded file and, because of that, of each module that it leads to."""
    wanted = {main.path: set(names)}
    needs: dict[Path, Needs] = {}
    todo = [main]
    while todo:
        module = todo.pop()
        found = needs_of(sorted(wanted[module.path]), module.bindings)
        needs[module.path] = found
        for i in found.statements:
            tree = module.statements[i].tree
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
) -> Slice:
    """The slice of one file, with its own notices."""
    statements = module.statements
    notices: list[Notice] = []
    notices += _order_notices(definitions, module.bindings, module.file)
    notices += _syntax_notices(module.file)
    notices += _never_run_notices(needs, statements)
    notices += hidden_names(module.bindings, needs)
    needed = [statements[i] for i in sorted(needs.statements)]
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


def _order_notices(
    names: Iterable[str], bindings: Bindings, file: File
) -> Iterator[Notice]:
    for name in names:
        notice = order_notice(name, bindings, file)
        if notice is not None:
            yield notice


def _syntax_notices(file: File) -> Iterator[Notice]:
    is_broken_file = False
    for broken in file.broken:
        yield broken.notice
        if broken.cell is None:
            is_broken_file = True
    if is_broken_file:
        yield Notice("broken-file")


def _never_run_notices(
    needs: Needs, statements: Sequence[Statement]
) -> Iterator[Notice]:
    for i in sorted(needs.never_run):
        yield never_run_notice(statements[i])


def _capped(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """The notices, each once, and no more than a report can use."""
    # by their sentences: a notice cannot be hashed, as its values are a dict
    by_sentence = {str(notice): notice for notice in notices}
    distinct = list(by_sentence.values())
    more = len(distinct) - _MAX_NOTICES
    if more <= 0:
        return tuple(distinct)
    # it stands for those that are cut off
    last = Notice("more", {"count": str(more)})
    return (*distinct[:_MAX_NOTICES], last)
