"""Which functions a statement calls, and which variables it changes in place."""

import ast

import pytest

from grader.reading.effects import Declared, declared_by, effects_of

DECLARED = Declared(
    imported={"nn": "torch", "torch": "torch"}, defined=frozenset({"Net"})
)

CHANGES = [
    pytest.param("v[0] = w", {"v"}, id="an item"),
    pytest.param("v.a.b[0] = 1", {"v"}, id="a part of a part"),
    pytest.param("v[0] += 1", {"v"}, id="augmented"),
    pytest.param("del v.a", {"v"}, id="deleted"),
    pytest.param("v.append(w)", {"v"}, id="a method called for its effect"),
    pytest.param("x = v.append(w)", set(), id="not where its result is used"),
    pytest.param(
        "x = v.normal_()", {"v"}, id="torch's underscore, wherever it stands"
    ),
    pytest.param("x = v.__len__()", set(), id="which a dunder is not"),
    pytest.param(
        "nn.init.normal_(v, w)",
        {"v"},
        id="a module's function, its first argument",
    ),
    pytest.param(
        "x.init.normal_(v)", {"x"}, id="a variable's method, the variable"
    ),
    pytest.param("nn.add(w, out=v)", {"v"}, id="out="),
    pytest.param("setattr(v, 'a', 1)", {"v"}, id="setattr"),
    pytest.param("delattr(v.a, 'b')", {"v"}, id="delattr"),
    pytest.param("@v.register\ndef f(): pass", {"v"}, id="a decorator"),
    pytest.param(
        "@v.register(1)\nclass F: pass", {"v"}, id="a decorator that is called"
    ),
    pytest.param(
        "f(v).append(1)", set(), id="what a call returns is not the variable"
    ),
    pytest.param("v().append(1)", set(), id="nor what the variable returns"),
    pytest.param(
        "v[0].a().append(1)",
        {"v"},
        id="but what its method returns may be a part of it",
    ),
    pytest.param("nn.seed(1)", set(), id="a module is not a variable"),
    pytest.param(
        "nn.a = 1",
        {"nn", "torch"},
        id="but what is set in it may reach all of its package",
    ),
    pytest.param(
        "torch.set_grad_enabled(False)",
        {"nn", "torch"},
        id="as a call does that sets something",
    ),
    pytest.param("torch.set_num_threads(8)", set(), id="but for threads"),
    pytest.param(
        "@torch.no_grad()\ndef f(): pass", set(), id="which a decorator is not"
    ),
    pytest.param(
        "def f(): torch.set_grad_enabled(False)",
        set(),
        id="nor one that is made later",
    ),
    pytest.param(
        "class Own(Net): pass", {"Net"}, id="a class may note its subclasses"
    ),
    pytest.param("class Own(nn.Module): pass", set(), id="a module not"),
    pytest.param("Net.eval()", set(), id="nor is a class, for its methods"),
    pytest.param("Net.a = 1", {"Net"}, id="though its attributes change"),
    pytest.param("v = w", set(), id="binding is another matter"),
]


@pytest.mark.parametrize(("source", "changes"), CHANGES)
def test_changes(source, changes):
    (tree,) = ast.parse(source).body
    now, later = effects_of(tree, DECLARED)
    assert (now.changes, later.changes) == (changes, set())


def test_functions_act_when_they_are_called():
    (tree,) = ast.parse("def f(a=g()):\n    h(v)\n    v[0] = 1").body
    now, later = effects_of(tree, DECLARED)
    assert (now.calls, now.changes) == ({"g"}, set())
    assert (later.calls, later.changes) == ({"h"}, {"v"})


def test_calls_by_name_only():
    (tree,) = ast.parse("f(g(1), h.i(2), [j(k) for k in l])").body
    assert effects_of(tree, DECLARED)[0].calls == {"f", "g", "j"}


def test_declared():
    source = "import a.b, c as d\nfrom e import f\nif x:\n    import g\n    class H: pass\n"
    source += "def i():\n    import j\n    def k(): pass"
    assert declared_by(ast.parse(source).body) == Declared(
        {"a": "a", "d": "c", "f": "e", "g": "g"}, frozenset("Hi")
    )
