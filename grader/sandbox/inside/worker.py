"""The only file that runs student code: a forked process that reads, loads and calls one submission.

It answers the requests of `protocol`, in order. "read" looks at the submission before any of it runs, so
its reply can be trusted. From "load" on, the process belongs to the student, and a reply may be false.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from grader.notices import to_plain
from grader.reading import cells, findings, slicing
from grader.reading.lifting import LoopWanted
from grader.reading.own_names import Expected
from grader.reading.statements import Statement
from grader.sandbox import protocol
from grader.sandbox.inside import modules
from grader.sandbox.inside.calling import (
    ArgumentCopies,
    describe_error,
    make_call,
    seed,
    unreadable,
)
from grader.sandbox.inside.lifted import LiftedLoop
from grader.sandbox.inside.turns import LoopSetting
from grader.sandbox.inside.watch import Watch

MODULE = "submission"

Request = dict[str, Any]
Plain = dict[str, Any]  # what a reply holds


def serve(
    requests: BinaryIO, replies: BinaryIO, isolation: dict[str, str], watch: Watch
) -> None:
    """Answer requests until the trusted side closes the pipe. `isolation` goes out with the first reply."""
    worker = Worker(watch)
    while True:
        request = receive(requests)
        if request is None:
            return
        reply = worker.answer(request) | {"number": request["number"]}
        if request["do"] == "read":
            reply["isolation"] = isolation
        _flush()
        for chunk in _frame(reply):
            replies.write(chunk)
        replies.flush()


def receive(requests: BinaryIO) -> Any:
    """The next message, None at the end of the stream. Raises ProtocolError."""
    prefix = requests.read(protocol.PREFIX.size)
    if len(prefix) < protocol.PREFIX.size:
        return None
    (length,) = protocol.PREFIX.unpack(prefix)
    head = protocol.read_head(requests.read(length))
    return protocol.loads(head, requests.read(head.body_length))


def _frame(reply: Plain) -> list[bytes]:
    """The reply's bytes. A value that cannot be sent is an error of the call that gave it."""
    try:
        return protocol.dumps(reply)
    except BaseException as error:
        nothing = {"value": None, "changed": {}, "error": unreadable(error)}
        nb_rows = len(reply.get("rows", [nothing]))
        return protocol.dumps(reply | {"rows": [nothing] * nb_rows})


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


class Worker:
    """One submission: its slice, its module, and the calls into it."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.slice: slicing.Slice | None = None
        self.module = types.ModuleType(MODULE)
        self.names: list[str] = []
        self.settings: dict[str, LoopSetting] = {}
        self.lifted: dict[str, LiftedLoop] = {}

    def answer(self, request: Request) -> Plain:
        """The reply to one request, without its number."""
        actions: dict[str, Callable[[Request], Plain]] = {
            "read": self.read,
            "load": self.load,
            "call": self.call,
        }
        return actions[request["do"]](request)

    def read(self, request: Request) -> Plain:
        """Slice the submission's bytes; nothing of it runs."""
        self.names = request["names"]
        data: bytes = request["data"].numpy().tobytes()
        try:
            text = cells.read(data, request["filename"])
        except cells.Unreadable as error:
            return {"unreadable": str(error)}
        expected = {}
        for name, described in request["expected"].items():
            expected[name] = Expected(**described)
        loops = {}
        for name, loop in request["loops"].items():
            around = loop["around"]
            loops[name] = LoopWanted(around, loop["names"], loop["parameters"])
            self.settings[name] = LoopSetting(**{**loop, "around": around[0]})
        self.slice = slicing.slice_functions(
            text, self.names, request["slow"], loops, expected
        )
        # without the trees: they are for this process only
        definitions = {}
        parameters = {}
        for name, found in self.slice.definitions.items():
            definitions[name] = {
                "text": found.text,
                "first_line": found.first_line,
                "cell": found.cell,
                "is_lifted": found.is_lifted,
                "places": list(found.places.items()),
                "label": found.label,
            }
            parameters[name] = found.parameters
        return {
            "unreadable": None,
            "notices": [to_plain(notice) for notice in self.slice.notices],
            "missing": dict(self.slice.missing),
            "lifted": list(self.slice.lifted),
            "definitions": definitions,
            "findings": findings.find(self.slice, self.names),
            "parameters": parameters,
            "own_names": dict(self.slice.own_names),
            "labels": {cell.number: cell.label for cell in text.cells},
        }

    def load(self, request: Request) -> Plain:
        """Run the statements that the graded functions need; one that raises costs only what it binds."""
        assert self.slice is not None
        self._enter_module()
        seed(request["seed"])
        failed = []
        for statement in self.slice.statements:
            try:
                tree = ast.Module(body=[statement.tree], type_ignores=[])
                self._execute(tree, f"<submission {statement.cell or ''}>")
            except BaseException as error:
                failed.append(_failed(statement, error))
        for name in self.names:
            function = self.module.__dict__.get(self._own(name))
            self.watch.know(name, function)
        failed += self._lift()
        return {"failed": failed}

    def _lift(self) -> list[Plain]:
        """Make the lifted loops ready to be called; which of their statements raised."""
        assert self.slice is not None
        failed = []
        for name, lifted in self.slice.lifted.items():
            loop = LiftedLoop(
                lifted,
                self.settings[name],
                self.module.__dict__,
                self._execute_lifted,
                modules.course_modules,
            )
            self.lifted[name] = loop
            # what it raises now, it will raise again when it is called
            with contextlib.suppress(BaseException):
                loop.measure()
            for number, error in loop.raised.items():
                failed.append(_failed(lifted.statements[number], error))
        return failed

    def _execute_lifted(self, tree: ast.Module, cell: int | None) -> None:
        self._execute(tree, f"<submission {cell or ''}>")

    def _enter_module(self) -> None:
        """Make the submission's module the one that it finds itself in, with a notebook's names."""
        self.module.__file__ = "submission.py"
        sys.modules[MODULE] = self.module
        # so that `import grader` does not find the code that runs here
        sys.modules.pop("grader", None)
        self.module.__dict__.update(modules.notebook_names())

    def _execute(self, source: str | ast.Module, filename: str) -> None:
        """Run code in the submission's module, under the submission's own `from __future__` imports."""
        assert self.slice is not None
        code = compile(
            source, filename, "exec", flags=self.slice.flags, dont_inherit=True
        )
        exec(code, self.module.__dict__)

    def call(self, request: Request) -> Plain:
        """Call one function on each row of arguments; what came of each call, whichever way it ended."""
        rows, edits = request["rows"], request["edits"]
        copies = ArgumentCopies(rows)
        names = self.module.__dict__
        # supplied as they are, the edited functions are put back when the call is over
        before = _present(names, map(self._own, edits))
        standins = {}
        for name, standin in _standins(request["standins"]).items():
            standins[self._own(name)] = standin
        supply = {**before, **request["supply"], **standins}
        outcomes = []
        with self._supplied(supply), warnings.catch_warnings(action="ignore"):
            self.watch.start(request["function"])
            started = time.perf_counter()
            function = self._function(request["function"], edits)
            for arguments in rows:
                seed(request["seed"])
                # a later call of this exchange must not change what this one gave
                outcomes.append(make_call(function, arguments, keep=len(rows) > 1))
            seconds = time.perf_counter() - started
        loop = self.lifted.get(request["function"])
        if loop is not None:
            loop.name_frames(request["function"], outcomes)
        autograd = self.watch.seen()
        for row, changed in copies.changed().items():
            outcomes[row]["changed"] = changed
        return {"rows": outcomes, "seconds": seconds, "autograd": autograd}

    def _function(self, name: str, edits: dict[str, str]) -> Callable[..., Any] | None:
        """The function to call, where these are edited."""
        loop = self.lifted.get(name)
        if loop is None:
            return self._redefine(edits) or self.module.__dict__.get(self._own(name))
        others = {
            function: text for function, text in edits.items() if function != name
        }
        raising = self._redefine(others)
        if raising is not None or name not in edits:
            return raising or loop
        try:
            return loop.edited(edits[name])
        except SyntaxError as error:
            return functools.partial(_raise, error)

    def _own(self, name: str) -> str:
        """What the student calls a function of the exercise."""
        assert self.slice is not None
        return self.slice.own_names.get(name, name)

    def _redefine(self, edits: dict[str, str]) -> Callable[..., Any] | None:
        """Define functions by another text; where that raises, a function that raises the same."""
        try:
            for text in edits.values():
                self._execute(text, "<submission >")
        except BaseException as error:
            return functools.partial(_raise, error)
        return None

    @contextlib.contextmanager
    def _supplied(self, values: dict[str, Any]) -> Iterator[None]:
        """The module with these globals set, for one call."""
        names = self.module.__dict__
        before = _present(names, values)
        names.update(values)
        try:
            yield
        finally:
            for name in values:
                names.pop(name, None)
            names.update(before)


def _failed(statement: Statement, error: BaseException) -> Plain:
    return {
        "line": statement.line,
        "cell": statement.cell,
        "binds": sorted(statement.binds),
        "error": describe_error(error),
    }


def _present(names: dict[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """The values of those names that are there."""
    found = {}
    for name in wanted:
        if name in names:
            found[name] = names[name]
    return found


def _standins(wanted: dict[str, Any]) -> dict[str, Any]:
    """The exercise's functions that take the place of the student's for one call."""
    if not wanted["names"]:
        return {}
    names: dict[str, Any] = {}
    exec(compile(wanted["source"], "<standins>", "exec"), names)
    return {name: names[name] for name in wanted["names"]}


def _raise(error: BaseException, *_: Any) -> None:
    raise error
