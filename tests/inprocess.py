"""A student in this very process, for the tests of the diagnosis: the source is the test's own."""

import ast
import builtins
import textwrap
import traceback

import torch

from grader.diagnosis import Evidence, Outcome
from grader.diagnosis.observation import copied


class Here:
    """A prober over a source that is run here, on top of `base`, the names it may use."""

    def __init__(self, source, base):
        self.source = textwrap.dedent(source)
        self.base = base
        self.names = dict(base)
        exec(compile(self.source, "<student>", "exec"), self.names)

    def call(self, function, arguments, supply={}):
        names = {**self.names, **supply}
        exec(compile(self.source, "<student>", "exec"), names)
        names.update(supply)
        own = [copied(argument) for argument in arguments]
        try:
            value = names[function](*own)
        except Exception as error:
            frames = [(f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
            frames = [(name, line) for (name, line), f in zip(frames, traceback.extract_tb(error.__traceback__)) if f.filename == "<student>"]
            return Outcome(None, own, (type(error).__name__, str(error)), frames)
        return Outcome(value, own)

    def edited(self, function, source):
        return Here(self.source + "\n" + source, self.base)


def evidence(source, function, base):
    """What the source of one function shows, roughly as the sandbox finds it."""
    tree = next(n for n in reversed(ast.parse(textwrap.dedent(source)).body) if getattr(n, "name", "") == function)
    text = ast.get_source_segment(textwrap.dedent(source), tree)
    arguments = {a.arg for a in tree.args.args}
    nodes = list(ast.walk(tree))
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    loaded = {}
    for n in nodes:
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load):
            loaded.setdefault(n.id, n.lineno)
    functions = {name for name, value in base.items() if callable(value)}
    free = {n: line for n, line in loaded.items() if n not in arguments | stored | functions and n != "torch" and not hasattr(builtins, n)}
    calls = {ast.unparse(n.func): n.lineno for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
    body = [s for s in tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    stub = all(isinstance(s, ast.Pass | ast.Raise) or (isinstance(s, ast.Return) and s.value is None) for s in body)
    shadows = {n: tree.lineno for n in stored & functions if n in loaded}
    return Evidence(text, tree.lineno, free, shadows, calls, stub)


def base(catalogue):
    """The reference's own functions, for a student who wrote the others right."""
    return {**catalogue.namespace(), "torch": torch}
