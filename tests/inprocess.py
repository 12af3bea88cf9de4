"""A student in this very process, for the tests of the diagnosis: the source is the test's own."""

import ast
import builtins
import math
import textwrap
import traceback

import torch

from grader.diagnosis import Evidence, Outcome
from grader.diagnosis.observation import copied
from grader.errors import Frame


class Here:
    """A prober over a source that is run here, on top of `names` that it may use; every call is seeded."""

    def __init__(self, source, names):
        self.source = textwrap.dedent(source)
        self.names = dict(names)

    def call(self, function, arguments, supply=None):
        names = {**self.names, **(supply or {})}
        exec(compile(self.source, "<student>", "exec"), names)
        own = [copied(argument) for argument in arguments]
        torch.manual_seed(0)
        try:
            value = names[function](*own)
        except Exception as error:
            stack = traceback.extract_tb(error.__traceback__)
            frames = [
                Frame(frame.name, frame.lineno)
                for frame in stack
                if frame.filename == "<student>"
            ]
            return Outcome(
                None, own, (type(error).__name__, str(error)), frames
            )
        return Outcome(value, own)

    def calls(self, function, rows):
        return [self.call(function, row) for row in rows]

    def search(self, _, search):
        trial = {"__name__": "trial"}
        for source in search["sources"]:
            exec(bytes(source.tolist()).decode(), trial)
        switches = trial["Switches"]()
        names = {**self.names, search["name"]: switches}
        exec(self.source, names)
        functions = []
        for data in search["texts"]:
            text = bytes(data.tolist()).decode()
            exec(text, names)
            functions.append(names[ast.parse(text).body[-1].name])
        return trial["Search"](
            *functions, switches, search["task"], torch.manual_seed
        ).found()

    def edited(self, _, source):
        return Here(self.source + "\n" + source, self.names)


def evidence(source, function, names):
    """What the source of one function shows, as the sandbox finds it."""
    source = textwrap.dedent(source)
    tree = next(
        n
        for n in reversed(ast.parse(source).body)
        if getattr(n, "name", "") == function
    )
    nodes = list(ast.walk(tree))
    arguments = {argument.arg for argument in tree.args.args}
    stored = {
        n.id
        for n in nodes
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    loaded = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loaded.setdefault(node.id, node.lineno)
    functions = {name for name, value in names.items() if callable(value)} | {
        "torch",
        "math",
    }
    known = arguments | stored | functions | set(dir(builtins))
    calls = {
        ast.unparse(n.func): n.lineno
        for n in nodes
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    return Evidence(
        source=ast.get_source_segment(source, tree),
        first_line=tree.lineno,
        reads_globals={
            name: line for name, line in loaded.items() if name not in known
        },
        shadows={
            name: loaded[name] for name in stored & functions if name in loaded
        },
        calls=calls,
        is_stub=all(isinstance(s, ast.Pass | ast.Raise) for s in tree.body),
        autograd=False,
    )


def base(exercise):
    """The reference's own functions, for a student who wrote the others right."""
    return {**exercise.solution.namespace(), "torch": torch, "math": math}


def played(forest, exercise, function):
    """A variant of the reference as a student's source."""
    edited = [
        t
        for name, t in forest.items()
        if t is not exercise.solution.trees[name] or name == function
    ]
    return "\n\n".join(ast.unparse(tree) for tree in edited)
