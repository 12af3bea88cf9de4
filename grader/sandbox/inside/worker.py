"""The only file that runs student code: a forked process that reads, loads and calls one submission.

It answers the requests of `protocol`, in order. "read" looks at the submission before any of it runs, so
its reply can be trusted. From "load" on, the process belongs to the student, and a reply may be false.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import linecache
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import torch

from grader.notices import to_plain
from grader.reading import cells, findings, slicing
from grader.reading.lifting import LoopWanted
from grader.reading.own_files import OwnFiles, file_of, module_path
from grader.reading.own_files import Path as ModulePath
from grader.reading.own_modules import OwnModules
from grader.reading.own_names import Expected
from grader.reading.statements import Statement
from grader.sandbox import protocol
from grader.sandbox.inside import modules, unaided
from grader.sandbox.inside.calling import (
    describe_error,
    make_call,
    seed,
    unreadable,
)
from grader.sandbox.inside.derivative import derivative_of
from grader.sandbox.inside.handed_in import HandedIn
from grader.sandbox.inside.hiding import may_hide
from grader.sandbox.inside.lifted import LiftedLoop
from grader.sandbox.inside.turns import LoopSetting
from grader.sandbox.inside.watch import Watch

MODULE = "submission"

Request = dict[str, Any]
Plain = dict[str, Any]  # what a reply holds
Namespace = dict[str, Any]
Function = Callable[..., Any]
Edits = dict[str, str]  # function -> its other text


def serve(
    requests: BinaryIO,
    replies: BinaryIO,
    isolation: dict[str, str],
    watch: Watch,
) -> None:
    """Answer requests until the trusted side closes the pipe. `isolation` goes out with the first reply."""
    worker = Worker(watch)
    way_back = _WayBack(replies)
    watch.tell = way_back.note
    while True:
        request = receive(requests)
        if request is None:
            return
        way_back.number = request["number"]
        reply = worker.answer(request)
        if request["do"] == "read":
            reply["isolation"] = isolation
        _flush()
        way_back.send(reply)


def receive(requests: BinaryIO) -> Any:
    """The next message, None at the end of the stream. Raises ProtocolError."""
    prefix = requests.read(protocol.PREFIX.size)
    if len(prefix) < protocol.PREFIX.size:
        return None
    (length,) = protocol.PREFIX.unpack(prefix)
    head = protocol.read_head(requests.read(length))
    return protocol.loads(head, requests.read(head.body_length))


class _WayBack:
    """Sends replies and notes to the trusted side; made before any student code can replace what it uses.

    number: that of the request which is being answered.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.number = 0
        self._writelines = stream.writelines
        self._flush = stream.flush
        self._dumps = protocol.dumps

    def send(self, reply: Plain) -> None:
        """Send a reply. A value that cannot be sent is an error of the call that gave it."""
        reply["number"] = self.number
        try:
            chunks = self._dumps(reply)
        except BaseException as error:
            nothing = {"value": None, "error": unreadable(error)}
            nb_rows = len(reply.get("rows", [nothing]))
            rows = [nothing] * nb_rows
            reply |= {"rows": rows, "arguments": None}
            chunks = self._dumps(reply)
        self._writelines(chunks)
        self._flush()

    def note(self, owner: str, name: str) -> None:
        """Tell at once what torch is called for, on whose behalf."""
        self.send({"note": [owner, name]})


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


class _Failures:
    """The statements that have raised, each once."""

    def __init__(self) -> None:
        self.noted: list[Plain] = []

    def note(
        self,
        statement: Statement,
        error: BaseException,
        file: str | None = None,
    ) -> None:
        """Keep what a statement raised. file: the module that it stands in; None for the graded file."""
        binds = sorted(statement.binds)
        if isinstance(error, ImportError) and self._has(binds):
            # the definition that it imports has raised itself
            return
        if statement.cell is not None:
            file = None
        failed = {
            "line": statement.line,
            "cell": statement.cell,
            "file": file,
            "binds": binds,
            "error": describe_error(error),
        }
        self.noted.append(failed)

    def _has(self, binds: Sequence[str]) -> bool:
        return any(failed["binds"] == binds for failed in self.noted)


class Worker:
    """One submission: its slice, its module, and the calls into it."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.slice: slicing.Slice | None = None
        self.module = types.ModuleType(MODULE)
        self.own: HandedIn | None = None
        self.names: list[str] = []
        self.settings: dict[str, LoopSetting] = {}
        self.lifted: dict[str, LiftedLoop] = {}
        self.failures = _Failures()

    def answer(self, request: Request) -> Plain:
        """The reply to one request, without its number."""
        actions: dict[str, Callable[[Request], Plain]] = {
            "read": self.read,
            "forbid_autograd": self.forbid_autograd,
            "load": self.load,
            "measure": self.measure,
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
        slow = request["slow"]
        own = OwnModules(_files(request), self.names, slow)
        expected = {}
        for name, described in request["expected"].items():
            expected[name] = Expected(**described)
        loops = self._loops(request)
        found = slicing.slice_functions(
            text, self.names, slow, own, loops, expected
        )
        self.slice = found
        self.own = HandedIn(own.files, found, self._run)
        labels = []
        for cell in text.cells:
            labels.append((cell.number, cell.label))
        return {
            "unreadable": None,
            "notices": [to_plain(notice) for notice in found.notices],
            "missing": dict(found.missing),
            "lifted": list(found.lifted),
            "definitions": _definitions(found),
            "findings": _findings(found, self.names),
            "parameters": _parameters(found),
            "own_names": dict(found.own_names),
            "labels": labels,
            "may_hide": _may_hide(text, own.files),
        }

    def forbid_autograd(self, _request: Request) -> Plain:
        """Have torch record nothing that could be differentiated, in this worker."""
        unaided.forbid_autograd()
        return {}

    def load(self, request: Request) -> Plain:
        """Run the statements that the graded functions need; one that raises costs only what it binds."""
        assert self.slice is not None
        assert self.own is not None
        self._enter_module()
        seed(request["seed"])
        self.failures = _Failures()
        self.own.install(self.module)
        self._run(self.slice, self.module, None)
        for name in self.names:
            function = self.module.__dict__.get(self._own(name))
            self.watch.know(name, function)
        self._lift()
        return {"failed": self.failures.noted}

    def measure(self, _request: Request) -> Plain:
        """Run the lifted loops as far as their first turn; which of their statements raised is noted."""
        assert self.slice is not None
        self.failures = _Failures()
        for name, loop in self.lifted.items():
            # what it raises now, it will raise again when it is called
            with contextlib.suppress(BaseException):
                loop.measure()
            for number, error in loop.raised.items():
                self.failures.note(
                    self.slice.lifted[name].statements[number], error
                )
        return {"failed": self.failures.noted}

    def _run(
        self, found: slicing.Slice, module: types.ModuleType, file: str | None
    ) -> None:
        """Run a file's slice in its module; what raises is noted."""
        for cell, lines in found.lines.items():
            _show_source(_filename(file, cell), lines)
        for statement in found.statements:
            try:
                tree = ast.Module(body=[statement.tree], type_ignores=[])
                filename = _filename(file, statement.cell)
                _execute(tree, filename, found.flags, module.__dict__)
            except BaseException as error:
                self.failures.note(statement, error, file)

    def _loops(self, request: Request) -> dict[str, LoopWanted]:
        """The loops that may take a function's place; their settings are kept."""
        loops = {}
        for name, loop in request["loops"].items():
            around = loop["around"]
            loops[name] = LoopWanted(around, loop["names"], loop["parameters"])
            self.settings[name] = LoopSetting(**{**loop, "around": around[0]})
        return loops

    def _lift(self) -> None:
        """Make the lifted loops ready to be called."""
        assert self.slice is not None
        for name, lifted in self.slice.lifted.items():
            self.lifted[name] = LiftedLoop(
                lifted,
                self.settings[name].named(self.slice.own_names),
                self.module.__dict__,
                self._compiled_lifted,
                list(modules.course.values()),
            )

    def _compiled_lifted(
        self, tree: ast.Module, cell: int | None
    ) -> types.CodeType:
        assert self.slice is not None
        return _compiled(tree, _filename(None, cell), self.slice.flags)

    def _enter_module(self) -> None:
        """Make the submission's module the one that it finds itself in, with a notebook's names."""
        self.module.__file__ = "submission.py"
        sys.modules[MODULE] = self.module
        # so that `import grader` does not find the code that runs here
        sys.modules.pop("grader", None)
        self.module.__dict__.update(modules.notebook_names())

    def call(self, request: Request) -> Plain:
        """Call one function on each row of arguments; what came of each call, whichever way it ended."""
        rows, edits = request["rows"], request["edits"]
        arguments_sent = protocol.distinct_tensors(rows)
        names = self.module.__dict__
        # supplied as they are, the edited functions are put back when the call is over
        supply = _present(names, map(self._own, edits))
        supply.update(request["supply"])
        # a search puts texts of its own in the place of these
        supply.update(
            _present(names, request.get("search", {}).get("helpers", ()))
        )
        standins = _standins(request["standins"])
        for name, of in request["standins"].get("derivatives", {}).items():
            standins[name] = derivative_of(names[self._own(of)])
        taken_over = contextlib.ExitStack()
        for name, standin in standins.items():
            own_name = self._own(name)
            # whoever holds the function, by whatever name
            taken = _taken_over(name, names.get(own_name), standin)
            taken_over.enter_context(taken)
            supply[own_name] = standin
        outcomes = []
        function = request["function"]
        with (
            taken_over,
            self._supplied(supply, function),
            warnings.catch_warnings(action="ignore"),
        ):
            self.watch.start(function)
            started = time.perf_counter()
            called = self._function(function, edits)
            if "search" in request:
                called = self._search(function, request["search"])
            for arguments in rows:
                seed(request["seed"])
                # a later call of this exchange must not change what this one gave
                outcomes.append(
                    make_call(called, arguments, keep=len(rows) > 1)
                )
            seconds = time.perf_counter() - started
        loop = self.lifted.get(function)
        if loop is not None:
            loop.name_frames(function, outcomes)
        return {
            "rows": outcomes,
            "arguments": arguments_sent,
            "seconds": seconds,
        }

    def _search(self, name: str, search: Mapping[str, Any]) -> Function:
        """A search among edits of a function, to be called: see `diagnosis.placing.inside`.

        search: its sources, what the function's two texts call it, these texts, its helpers', and its task.
        """
        assert self.slice is not None
        trial: Namespace = {"__name__": "trial"}
        for source in search["sources"]:
            exec(_as_text(source), trial)
        switches = trial["Switches"]()
        for space in self._spaces(search["name"], name):
            space[search["name"]] = switches
        texts = map(_as_text, search["texts"])
        functions = [self._another(name, text) for text in texts]
        for helper, text in search["helpers"].items():
            label = f"<submission {helper}, edited>"
            _execute(
                _as_text(text), label, self.slice.flags, self.module.__dict__
            )
        found: Function = trial["Search"](
            *functions, switches, search["task"], seed
        ).found
        return found

    def _another(self, name: str, text: str) -> Function:
        """A function by another text, beside the one that it is; its definition has a name of its own."""
        assert self.slice is not None and self.own is not None
        loop = self.lifted.get(name)
        if loop is not None:
            return loop.edited(text)
        home, flags = self._home_of(name)
        _execute(text, f"<submission {name}, edited>", flags, home)
        defined = ast.parse(text).body[-1]
        function: Function = home[getattr(defined, "name", name)]
        return function

    def _home_of(self, name: str) -> tuple[Namespace, int]:
        """The namespace in which a function is defined, and with which compiler flags."""
        assert self.slice is not None and self.own is not None
        home = self.own.home(name)
        if home is None:
            return self.module.__dict__, self.slice.flags
        return home, self.slice.modules[self.slice.homes[name]].flags

    def _function(self, name: str, edits: Edits) -> Function | None:
        """The function to call, where these are edited."""
        loop = self.lifted.get(name)
        if loop is None:
            return self._redefine(edits) or self.module.__dict__.get(
                self._own(name)
            )
        others = dict(edits)
        text = others.pop(name, None)
        raising = self._redefine(others)
        if raising is not None:
            return raising
        if text is None:
            return loop
        try:
            return loop.edited(text)
        except SyntaxError as error:
            return functools.partial(_raise, error)

    def _own(self, name: str) -> str:
        """What the student calls a function of the exercise."""
        assert self.slice is not None
        return self.slice.own_names.get(name, name)

    def _redefine(self, edits: Edits) -> Function | None:
        """Define functions by another text; where that raises, a function that raises the same."""
        assert self.slice is not None
        assert self.own is not None
        try:
            for name, text in edits.items():
                home, flags = self._home_of(name)
                filename = f"<submission {name}, edited>"
                _show_source(filename, text.split("\n"))
                _execute(text, filename, flags, home)
                own = self._own(name)
                for space in self._spaces(own, name):
                    space[own] = home.get(own)
        except BaseException as error:
            return functools.partial(_raise, error)
        return None

    def _spaces(self, name: str, function: str) -> list[Namespace]:
        """The namespaces in which a name is set for a call of `function`: where it is known, or is read."""
        assert self.own is not None
        spaces = [self.module.__dict__]
        home = self.own.home(function)
        for space in self.own.spaces():
            if name in space or space is home:
                spaces.append(space)
        return spaces

    @contextlib.contextmanager
    def _supplied(self, values: Namespace, function: str) -> Iterator[None]:
        """The modules with these globals set, for one call of `function`."""
        before = []
        for name, value in values.items():
            for space in self._spaces(name, function):
                was = _present(space, [name])
                before.append((space, name, was))
                space[name] = value
        try:
            yield
        finally:
            for space, name, was in before:
                space.pop(name, None)
                space.update(was)


def _as_text(data: torch.Tensor) -> str:
    """A text that was sent as bytes, as it may be long."""
    return bytes(data.tolist()).decode()


def _files(request: Request) -> OwnFiles:
    """The submission's own files, as a request to read names them."""
    folder = []
    if request["folder"]:
        folder = request["folder"].split("/")
    name = Path(request["filename"]).stem
    return OwnFiles(
        main=(*folder, *module_path(name)),
        texts=_texts(request["modules"]),
        standins=modules.course,
    )


def _may_hide(text: cells.Text, files: OwnFiles) -> bool:
    """Whether what runs holds what could hide something here: the text itself, however it was written."""
    sources = []
    for one in (text, *files.texts.values()):
        written = [cell for part in one.written.values() for cell in part]
        sources += [cell.source for cell in (*one.cells, *written)]
    own = [path[0] for path in files.texts]
    return may_hide(["\n".join(sources)], [*files.standins, *own])


def _texts(files: dict[str, torch.Tensor]) -> dict[ModulePath, cells.Text]:
    """The submission's own modules; one that is empty or cannot be read binds nothing."""
    texts = {}
    for path, data in files.items():
        text = cells.Text((), ())
        with contextlib.suppress(cells.Unreadable):
            text = cells.read(data.numpy().tobytes(), path)
        texts[module_path(path)] = text
    return texts


def _findings(found: slicing.Slice, names: Sequence[str]) -> Plain:
    """What the source of each function shows, in the file that defines it."""
    shown: Plain = {}
    shown.update(findings.find(found, names))
    for path, module in found.modules.items():
        defined_there = []
        for name, home in found.homes.items():
            if home == path:
                defined_there.append(name)
        shown.update(findings.find(module, defined_there))
    return shown


def _parameters(found: slicing.Slice) -> Plain:
    parameters = {}
    for name, definition in found.definitions.items():
        parameters[name] = definition.parameters
    return parameters


def _definitions(found: slicing.Slice) -> Plain:
    """Where each function is defined, and its text. The trees are for this process only."""
    definitions = {}
    for name, definition in found.definitions.items():
        file = None
        if name in found.homes and definition.cell is None:
            file = file_of(found.homes[name])
        definitions[name] = {
            "text": definition.text,
            "first_line": definition.first_line,
            "cell": definition.cell,
            "label": definition.label,
            "file": file,
            "is_lifted": definition.is_lifted,
            "places": list(definition.places.items()),
        }
    return definitions


def _filename(file: str | None, cell: int | None) -> str:
    """What a traceback calls a file of the submission, or a cell."""
    return f"<submission {cell or file or ''}>"


def _show_source(filename: str, lines: Sequence[str]) -> None:
    """Have `inspect` find the source: torch.jit reads it, and dataclasses do."""
    ended = [line + "\n" for line in lines]
    size = sum(map(len, ended))
    linecache.cache[filename] = (size, None, ended, filename)


def _execute(
    source: str | ast.Module, filename: str, flags: int, names: Namespace
) -> None:
    """Run code of the submission, under the `from __future__` imports of its file."""
    exec(_compiled(source, filename, flags), names)


def _compiled(
    source: str | ast.Module, filename: str, flags: int
) -> types.CodeType:
    code: types.CodeType = compile(
        source, filename, "exec", flags=flags, dont_inherit=True
    )
    return code


def _present(names: Namespace, wanted: Iterable[str]) -> Namespace:
    """The values of those names that are there."""
    found = {}
    for name in wanted:
        if name in names:
            found[name] = names[name]
    return found


def _standins(wanted: Plain) -> Namespace:
    """The exercise's functions that take the place of the student's for one call."""
    standins = {}
    for name, text in wanted["texts"].items():
        names: Namespace = {}
        exec(compile(text, "<standins>", "exec"), names)
        standins[name] = names[name]
    return standins


@contextlib.contextmanager
def _taken_over(name: str, function: Any, standin: Function) -> Iterator[None]:
    """For a while, have a function do what its stand-in does, whoever holds it."""
    skipped = 0
    if isinstance(function, types.MethodType):
        # the object that it belongs to comes first
        function, skipped = function.__func__, 1
    if not isinstance(function, types.FunctionType):
        yield
        return
    called = f"__standin_of_{name}"
    made: Namespace = {}
    text = (
        f"def instead(*args, **kwargs):\n"
        f"    return {called}(*args[{skipped}:], **kwargs)"
    )
    exec(text, made)
    before = (
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
    )
    function.__globals__[called] = standin
    # a function's code cannot have another number of these
    own = function.__code__.co_freevars
    function.__code__ = made["instead"].__code__.replace(co_freevars=own)
    function.__defaults__ = function.__kwdefaults__ = None
    try:
        yield
    finally:
        code, function.__defaults__, function.__kwdefaults__ = before
        function.__code__ = code
        function.__globals__.pop(called, None)


def _raise(error: BaseException, *_: Any) -> None:
    raise error
