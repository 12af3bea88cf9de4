"""Runs a lifted loop as if it were the function in whose place it is judged.

The statements run in the submission's module. There its own loop makes as many turns as the caller asks for;
the course's prologue serves the caller's data, whatever the submission calls them; and numbers in the source
that are sizes become the sizes of these data. See `turns`, `outputs` and `literals`.

Of the course's module this needs `serve(arguments)` and `everything()`, for the data; `sizes(...)`, the
shapes of what is followed and the numbers of samples; `nb_samples_served()`; PER_SAMPLE, TRAINING_NAMES
and TEST_NAMES.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import itertools
import logging
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tqdm.std

from grader import source_numbers
from grader.reading.lifting import Lifted
from grader.reading.loops import given
from grader.sandbox.inside import literals
from grader.sandbox.inside.turns import Finished, LoopSetting, Turns

_OVER = "_turns_over"  # what a `for` loop iterates over
_TEST = "_turn_if"  # what a `while` loop tests

# of a tree, with its cell
Compile = Callable[[ast.Module, int | None], types.CodeType]
# what the caller gives, by the names of the parameters
Named = Mapping[str, Any]
Trees = list[ast.stmt]


class LiftedLoop:
    """A lifted loop, to be called like the function in whose place it runs."""

    def __init__(
        self,
        lifted: Lifted,
        setting: LoopSetting,
        names: dict[str, Any],
        compiled: Compile,
        prologues: Sequence[types.ModuleType],
    ) -> None:
        """names: of the submission's module. prologues: the course's modules."""
        self._setting = setting
        self._names = names
        self._compiled = compiled
        # of the trees, by number: a search runs them some thousand times
        self._codes: dict[int, types.CodeType] = {}
        self._prologues = prologues
        self._lifted = lifted
        self.raised: dict[int, Exception] = {}
        self._number = _number_of(lifted)
        source_numbers.number(lifted.definition.tree)
        self._trees = self._made(lifted.definition.tree)
        # of the text that another one was made of; in the place of a size stands a variable
        self._numbers: dict[str, ast.Name | ast.Constant] = {}
        self._written_for: literals.WrittenFor | None = None
        self._is_measured = False

    def measure(self) -> None:
        """Find out the sizes that the source is written for: run it as far as the first call in its loop.

        Raises what the statements raise.
        """
        self._is_measured = True
        turns = self._execute(None, 0)
        if turns.initial is None:
            return
        shapes = []
        for tensor in turns.initial:
            shapes.append(tuple(tensor.shape))
        course = self._prologues[0]
        samples = course.nb_samples_served()
        names = course.TRAINING_NAMES, course.TEST_NAMES
        written = literals.WrittenFor(
            shapes, samples, names, course.PER_SAMPLE
        )
        self._written_for = written
        self._trees = self._with_sizes(self._trees)
        self._codes = {}

    def __call__(self, *arguments: Any) -> Any:
        """(final parameters, initial ones, number of turns, columns); see `Turns.result`."""
        if not self._is_measured:
            # it raises now what it will raise below
            with contextlib.suppress(Exception):
                self.measure()
        named = dict(zip(self._setting.parameters, arguments, strict=True))
        nb_turns = named.pop(self._setting.steps)
        return self._execute(named, nb_turns).result()

    def edited(self, text: str) -> LiftedLoop:
        """The same loop with another text of its definition. Raises SyntaxError."""
        changed = copy.copy(self)
        changed._numbers = _numbers(self._trees)
        changed._codes = {}
        definition = ast.parse(text).body[0]
        trees = self._made(definition)
        changed._trees = self._with_sizes(trees)
        return changed

    def _with_sizes(self, trees: Trees) -> Trees:
        """The trees with the caller's sizes in the place of those in the source."""
        if self._written_for is None:
            return trees
        loops = list(_loops(trees))
        if self._number >= len(loops):
            return trees
        loop = loops[self._number]
        return literals.replace_sizes(trees, self._written_for, loop)

    def name_frames(
        self, name: str, outcomes: Sequence[dict[str, Any]]
    ) -> None:
        """Have the errors among the outcomes say that they were raised in the function of that name."""
        holder = getattr(self._lifted.definition.tree, "name", name)
        for outcome in outcomes:
            error = outcome["error"]
            if not error:
                continue
            for frame in error["frames"]:
                if frame[0] in ("<module>", holder):
                    frame[0] = name

    def _made(self, definition: ast.stmt) -> Trees:
        """The statements to run, with the loop as this definition has it; it asks for its turns."""
        trees: Trees = []
        body: Iterator[ast.stmt] = iter(getattr(definition, "body", []))
        is_lifted = self._lifted.definition.is_lifted
        for statement in self._lifted.statements:
            if statement.tree is self._lifted.definition.tree:
                trees.append(definition)
            elif is_lifted and not statement.declares:
                trees += itertools.islice(body, 1)
            else:
                trees.append(statement.tree)
        if is_lifted:
            # an edited text may have more statements
            trees += body
        trees = copy.deepcopy(trees)
        _instrument(trees, self._number)
        return trees

    def _execute(self, named: Named | None, nb_turns: int) -> Turns:
        """Run the statements. named: what they are given in the place of the course's data."""
        names = self._names
        before = dict(names)
        turns = Turns(self._setting, nb_turns, self._nb_samples(named), names)
        try:
            names.update(self._hooks(turns))
            # the loop goes on for one more turn
            names[given(self._setting.steps)] = nb_turns + 1
            with contextlib.redirect_stdout(turns.printed), _told_otherwise():
                names.update(self._given(named))
                self._run_statements()
                turns.end()
        except Finished:
            pass
        finally:
            names.clear()
            names.update(before)
            self._serve(None)
        return turns

    def _serve(self, arguments: Sequence[Any] | None) -> None:
        for prologue in self._prologues:
            prologue.serve(arguments)

    def _run_statements(self) -> None:
        """Run them all. `raised` then says which of those before the loop raised what, by number.

        One that raises costs what it binds only, as in a notebook. Without the data of the course, the
        caller's are there under the hand-out's names.
        """
        self.raised = {}
        for number in range(len(self._trees)):
            try:
                exec(self._code_of(number), self._names)
            except Exception as error:
                if number >= self._lifted.number:
                    raise
                self.raised[number] = error

    def _code_of(self, number: int) -> types.CodeType:
        if number not in self._codes:
            module = ast.Module([self._trees[number]], [])
            cell = self._cell_of(number)
            self._codes[number] = self._compiled(module, cell)
        return self._codes[number]

    def _cell_of(self, number: int) -> int | None:
        """The cell whose lines a statement counts in; None where they count in the definition's text."""
        statements = self._lifted.statements
        if number >= len(statements):
            return None
        statement = statements[number]
        if self._lifted.definition.is_lifted and not statement.declares:
            return None
        return statement.cell

    def _nb_samples(self, named: Named | None) -> int:
        if named is None:
            return 0
        return len(next(iter(named.values())))

    def _given(self, named: Named | None) -> dict[str, Any]:
        """The variables that stand for what the caller gives."""
        if named is None:
            named = self._prologues[0].everything()
        else:
            self._serve(list(named.values()))
        names: dict[str, Any] = {}
        for name, value in named.items():
            names[given(name)] = value
            if name not in self._names:
                names[name] = value
        if self._written_for is not None:
            shapes, samples = self._prologues[0].sizes(*named.values())
            names.update(self._written_for.values(shapes, samples))
        for name, node in self._numbers.items():
            if isinstance(node, ast.Name):
                names[name] = names[node.id]
            else:
                names[name] = node.value
        return names

    def _hooks(self, turns: Turns) -> dict[str, Any]:
        """What the instrumented source calls, and the functions whose arguments are followed."""
        hooks: dict[str, Any] = {_OVER: turns.over, _TEST: turns.test}
        for name in self._setting.state:
            function = self._names.get(name)
            if callable(function):
                hooks[name] = _followed(name, function, turns)
        return hooks


def _followed(
    name: str, function: Callable[..., Any], turns: Turns
) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        turns.called(name, function, arguments, named)
        return function(*arguments, **named)

    return called


# -- the source ---------------------------------------------------------------------------------------


def _numbers(
    trees: Iterable[ast.AST],
) -> dict[str, ast.Name | ast.Constant]:
    """What stands for each number, by the variable that stands for it in another text."""
    found = {}
    for tree in trees:
        for node in ast.walk(tree):
            number = source_numbers.number_of(node)
            if number is not None and isinstance(
                node, ast.Name | ast.Constant
            ):
                found[source_numbers.named(number)] = node
    return found


def _loops(trees: Sequence[ast.AST]) -> Iterator[ast.For | ast.While]:
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.For | ast.While):
                yield node


def _number_of(lifted: Lifted) -> int:
    """Which loop it is, counted through the statements: another text has as many."""
    trees = [statement.tree for statement in lifted.statements]
    for number, loop in enumerate(_loops(trees)):
        if loop is lifted.loop:
            return number
    raise ValueError("the loop is in none of the statements")


def _instrument(trees: Sequence[ast.stmt], number: int) -> None:
    """Have the loop of this number ask `Turns` for its turns."""
    for place, loop in enumerate(_loops(trees)):
        if place != number:
            continue
        if isinstance(loop, ast.For):
            loop.iter = _call(_OVER, loop.iter)
        else:
            loop.test = _call(_TEST, loop.test)


def _call(function: str, argument: ast.expr) -> ast.expr:
    called = ast.Name(function, ast.Load())
    call = ast.Call(called, [argument], [])
    ast.copy_location(call, argument)
    return ast.fix_missing_locations(call)


# -- what is told otherwise than by `print` -----------------------------------------------------------


@contextlib.contextmanager
def _told_otherwise() -> Iterator[None]:
    """Have progress bars and logs printed: for some submissions they are the only output of a step."""
    bar: Any = tqdm.std.tqdm
    logger: Any = logging.Logger
    before = (
        bar.set_postfix,
        bar.set_description,
        logger.handle,
        logging.root.level,
    )

    def set_postfix(
        _self: Any, ordered: Any = None, *_: Any, **shown: Any
    ) -> None:
        values = dict(ordered or {})
        values.update(shown)
        for name, value in values.items():
            print(name, value)

    def set_description(_self: Any, text: Any = None, *_: Any) -> None:
        print(text)

    def handle(_self: Any, record: Any) -> None:
        print(record.getMessage())

    bar.set_postfix, bar.set_description = set_postfix, set_description
    logger.handle = handle
    # what sets the level is no statement that the loop needs
    logging.root.setLevel(min(logging.root.level, logging.INFO))
    try:
        yield
    finally:
        bar.set_postfix, bar.set_description, logger.handle, level = before
        logging.root.setLevel(level)
