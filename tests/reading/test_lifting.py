"""Which loop is judged in a function's place, what it needs, and how it reads as a function.

A case is a small file in which `back` takes the place of what a training calls for each sample.
"""

import ast

import pytest
from texts import notebook, python, sliced

from grader.reading.lifting import LoopWanted, is_usable
from grader.reading.slicing import slice_functions

WANTED = LoopWanted(
    around=("back", "fore"),
    state=("w", "b"),
    parameters=("inputs", "targets", "nb_hidden", "nb_steps"),
)
BACK = "def back(w, x): pass\n"
FORE = "def fore(w, x): pass\n"


def lifted(source):
    text = python(source) if isinstance(source, str) else source
    names = "back", "fore", "fit"
    found = slice_functions(text, names, ("fit",), loops={"fit": WANTED})
    return found.lifted.get("fit")


def lines(found):
    return [statement.line for statement in found.statements]


# -- which loop -----------------------------------------------------------------------------------------

LOOPS = [
    pytest.param(BACK + "for i in range(3):\n    back(1, i)", 2, [2], id="top level"),
    pytest.param(BACK + "while True:\n    back(1, 2)", 2, [2], id="while"),
    pytest.param(
        BACK + "with open('a'):\n    for i in range(3):\n        back(1, i)",
        3,
        [2],
        id="within another statement",
    ),
    pytest.param(
        BACK + "with open('a'):\n    for i in range(3):\n        back(1, i)\n"
        "    for i in range(4):\n        back(2, i)",
        5,
        [2],
        id="the last one within another statement",
    ),
    pytest.param(
        BACK + "def main():\n"
        "    def run():\n        for step in range(3):\n            one(step)\n"
        "    def one(i):\n        for x in (1, 2):\n            back(x, i)\n"
        "    run()\nmain()",
        4,
        [2, 10],
        id="its inner loop in a nested function below",
    ),
    pytest.param(
        FORE + "def turn(i):\n    for k in (1, 2):\n        for x in (1, 2):\n"
        "            fore(x, i)\ndef learn():\n    for step in range(3):\n"
        "        turn(step)\nlearn()",
        7,
        [2, 6, 9],
        id="a later choice, with loops in a function that it calls",
    ),
    pytest.param(
        BACK + "class Net:\n    def step(self):\n        for x in (1, 2):\n"
        "            back(self, x)\n    def fit(self):\n        for i in range(3):\n"
        "            self.step()\nnet = Net()\nnet.fit()",
        7,
        [2, 9, 10],
        id="in a method that calls another one",
    ),
    pytest.param(
        BACK + "class Net:\n    def add(self, x): back(self, x)\n"
        "def main():\n    net = Net()\n    for i in range(3):\n"
        "        for x in (1, 2): net.add(x)\nmain()",
        6,
        [2, 4, 8],
        id="methods of an object within a function",
    ),
    pytest.param(
        BACK + "def make():\n    def run():\n        for x in (1, 2): back(1, x)\n"
        "    return run\nrun = make()\nfor i in range(3): run()",
        7,
        [2, 6, 7],
        id="a function that another one returns",
    ),
    pytest.param(
        BACK + "def fits(rate):\n    for i in range(3):\n"
        "        for x in (1, 2): back(rate, x)\nrates = [1, 2]\n"
        "for rate in rates: fits(rate)",
        3,
        [2, 5, 6],
        id="one training for each of several settings",
    ),
    pytest.param(
        BACK + "for rate in (1, 2):\n    for i in range(3):\n"
        "        for x in (1, 2): back(rate, x)",
        3,
        [2],
        id="settings around the loop itself",
    ),
    pytest.param(
        BACK + "for i in (1, 2, 3):\n    for x in range(3): back(i, x)",
        2,
        [2],
        id="turns that are written out",
    ),
    pytest.param(
        BACK
        + "def turn(i):\n    for x in (1, 2): back(i, x)\nlist(map(turn, range(3)))",
        3,
        [2, 4],
        id="a function that is handed to another",
    ),
    pytest.param(
        BACK + "if __name__ == '__main__':\n    for i in range(3):\n        back(1, i)",
        3,
        [3],
        id="the main guard",
    ),
    pytest.param(
        BACK + "def main():\n    for i in range(3):\n        back(1, i)\nmain()",
        3,
        [2, 5],
        id="main()",
    ),
    pytest.param(
        BACK + "def main():\n    for i in range(3):\n        back(1, i)\n"
        "if __name__ == '__main__':\n    main()",
        3,
        [2, 6],
        id="main() under the guard",
    ),
    pytest.param(
        BACK + "def learn(n):\n    for i in range(n):\n        back(1, i)\nlearn(5)",
        3,
        [2, 5],
        id="a function of another name",
    ),
    pytest.param(
        BACK + "def learn(n):\n    for i in range(n):\n        back(1, i)\n"
        "def run(n):\n    return learn(n)\nrun(5)",
        3,
        [2, 5, 7],
        id="through another one",
    ),
    pytest.param(
        BACK + "def one(i):\n    for x in (1, 2):\n        back(x, i)\n"
        "for step in range(3):\n    one(step)",
        5,
        [2, 5],
        id="its inner loop in a function",
    ),
    pytest.param(
        BACK + "def main():\n"
        "    def one(i):\n        for x in (1, 2):\n            back(x, i)\n"
        "    for step in range(3):\n        one(step)\nmain()",
        6,
        [2, 8],
        id="its inner loop in a nested function",
    ),
    pytest.param(
        BACK + "class Net:\n    def learn(self):\n        for i in range(3):\n"
        "            back(1, i)\nnet = Net()\nnet.learn()",
        4,
        [2, 6, 7],
        id="a method of an instance",
    ),
    pytest.param(
        BACK + "class Net:\n    def __call__(self, x):\n        for i in range(3):\n"
        "            back(x, i)\ntrainer = Net()\ndata = [1]\ntrainer(*data)",
        4,
        [2, 6, 7, 8],
        id="a call of an instance",
    ),
    pytest.param(
        BACK + "for i in range(3):\n    back(1, i)\nfor i in range(4):\n    back(2, i)",
        4,
        [4],
        id="the last of several",
    ),
    pytest.param(
        FORE + BACK + "for i in range(3):\n    for x in (1, 2):\n        fore(1, x)\n"
        "        back(1, x)\nfor i in range(3):\n    for x in (1, 2):\n        fore(1, x)",
        3,
        [3],
        id="the first choice of what it calls",
    ),
    pytest.param(
        FORE + "for i in range(3):\n    for x in (1, 2):\n        fore(1, x)",
        2,
        [2],
        id="a later choice, with a loop in it",
    ),
    pytest.param(
        "w = b = 1\nfor i in range(3):\n    w = w - 1\n    b = b - 1",
        2,
        [1, 2],
        id="calls nothing, but changes the state",
    ),
    pytest.param(
        "w, b = [1], [2]\nfor i in range(3):\n    w[0] = 1\n    b.append(1)",
        2,
        [1, 2],
        id="changes the state in place",
    ),
    pytest.param(
        BACK + "def fit(a, b, c, d):\n    pass\nfor i in range(3):\n    back(1, i)",
        4,
        [4],
        id="the function is a stub",
    ),
]


@pytest.mark.parametrize(("source", "line", "run"), LOOPS)
def test_which_loop(source, line, run):
    found = lifted(source)
    assert (found.line, lines(found)) == (line, run)
    assert found.loop.lineno == line
    assert found.number == len(run) - 1


NONE = [
    pytest.param(BACK, id="no loop"),
    pytest.param(BACK + "back(1, 2)", id="a call to try it out"),
    pytest.param(BACK + "def check():\n    back(1, 2)\ncheck()", id="in a function"),
    pytest.param(FORE + "for i in range(3):\n    fore(1, i)", id="only measures"),
    pytest.param(
        "w = b = 1\nfor i in range(3):\n    w = w - 1", id="changes part of the state"
    ),
    pytest.param(
        BACK + "def fit(a, b, c, d):\n    return 1\nfor i in range(3):\n    back(1, i)",
        id="the function is there",
    ),
]


@pytest.mark.parametrize("source", NONE)
def test_no_loop_to_judge(source):
    assert lifted(source) is None


CALLS = [
    pytest.param(
        "nb_hidden, inputs",
        "learn(nb_hidden=_given_nb_hidden, inputs=_given_inputs)",
        id="by name",
    ),
    pytest.param(
        "input, target, n_steps",
        "learn(input=_given_inputs, target=_given_targets, n_steps=_given_nb_steps)",
        id="nearly the same names",
    ),
    pytest.param("x, y", "learn(x=_given_inputs, y=_given_targets)", id="in order"),
    pytest.param("inputs, k=3", "learn(inputs=_given_inputs)", id="defaults stay"),
]


@pytest.mark.parametrize(("parameters", "call"), CALLS)
def test_a_function_that_nothing_calls_is_called_with_what_is_given(parameters, call):
    source = f"def learn({parameters}):\n    for i in (1, 2):\n        back(1, i)"
    found = lifted(BACK + source)
    assert ast.unparse(found.statements[-1].tree) == call
    assert (found.line, found.definition.first_line) == (3, 2)


def test_a_function_of_too_many_unknown_arguments_cannot_be_called():
    source = "def learn(p, q, r, s, t):\n    for i in (1, 2):\n        back(1, i)"
    assert lifted(BACK + source) is None


# -- what it needs --------------------------------------------------------------------------------------

LOOP = "\nfor i in range(3):\n    for x in (1, 2):\n        back(w, x)"
NEEDS = [
    pytest.param("w = [1]\nunused = 3\nprint(w)", [2, 5], id="only what it reads"),
    pytest.param("v = 1\nw = [v]\nv = 2", [2, 3, 5], id="through other variables"),
    pytest.param("w = [1]\nw.append(1)", [2, 3, 4], id="changed in place"),
    pytest.param(
        "w = [1]\nps = [w]\nfor p in ps: p.append(2)", [2, 3, 4, 5], id="a list of it"
    ),
    pytest.param(
        "w = [1]\nfor p in (w, []): p.append(2)", [2, 3, 4], id="a loop over it"
    ),
    pytest.param(
        "w = [1]\nps = [w]\n[p.append(2) for p in ps]", [2, 3, 4, 5], id="in brackets"
    ),
    pytest.param(
        "w = [1]\nps = {'w': w}\nps['w'].append(2)", [2, 3, 4, 5], id="a dict of it"
    ),
    pytest.param(
        "def init(p): p.append(1)\nw = [1]\ninit(w)", [2, 3, 4, 5], id="own function"
    ),
    pytest.param("import m\nw = [1]\nm.init_(w)", [2, 3, 4, 5], id="a module's"),
    pytest.param("w = [1]\nshow(w)", [2, 4], id="but not any call that reads it"),
    pytest.param(
        "w = [1]\nfor i in range(9):\n    back(w, i)", [2, 5], id="no other training"
    ),
    pytest.param(
        "def learn():\n    for i in range(9):\n        back(w, i)\nw = [1]\nlearn()",
        [5, 7],
        id="nor one in a function",
    ),
]


@pytest.mark.parametrize(("above", "run"), NEEDS)
def test_what_it_needs(above, run):
    assert lines(lifted(BACK + above + LOOP)) == run


def test_definitions_that_are_there_are_not_run_again_but_variables_are():
    source = "import math\nw = math.pi\ndef back(v, x):\n    return w\n"
    assert lines(lifted(source + LOOP)) == [2, 6]


def test_a_function_is_called_with_what_its_variables_hold_then():
    source = "w = 1\ndef learn(n):\n    for i in range(n):\n        back(w, i)\n"
    assert lines(lifted(BACK + source + "n = 3\nlearn(n)\nw = 2")) == [2, 3, 6, 7]


def test_cells_may_stand_in_another_order():
    cells = "for i in range(n):\n    back(w, i)", "w = 1", "n = len([w])", BACK
    found = lifted(notebook(*cells))
    assert [statement.cell for statement in found.statements] == [2, 3, 1]
    assert (found.cell, found.line) == (1, 1)


BELOW = [
    pytest.param("w = 1", [3, 1], id="read"),
    pytest.param("v = 1", [1], id="bound before it is read"),
    pytest.param("u = 1", [3, 1], id="read before it is bound"),
]


@pytest.mark.parametrize(("below", "run"), BELOW)
def test_what_stands_below_gives_what_is_bound_nowhere_else(below, run):
    loop = "for i in (1, 2):\n    v = back(w, u)\n    u = v"
    found = lifted(notebook(loop, BACK, below))
    assert [statement.cell for statement in found.statements] == run


PASSES = [
    pytest.param("for x in data:\n    back(g, x)", True, id="over the samples"),
    pytest.param("for n, x in enumerate(data):\n    back(g, x)", True, id="counted"),
    pytest.param("for n in range(len(data)):\n    back(g, n)", True, id="by number"),
    pytest.param("for n in range(5):\n    back(g, n)", False, id="perhaps steps"),
    pytest.param("while data:\n    back(g, data)", False, id="while"),
    pytest.param(
        "for e in data:\n    for x in data:\n        back(g, x)", False, id="two loops"
    ),
]


@pytest.mark.parametrize(("loop", "is_single_pass"), PASSES)
def test_what_follows_a_single_pass_belongs_to_it(loop, is_single_pass):
    above, below = "data = [1, 2]; g = []\n", "\nprint(g)\ng.append(w)\nk = 1"
    found = lifted(above + loop + below)
    after = found.statements[found.number + 1 :]
    assert found.is_single_pass is is_single_pass
    assert [ast.unparse(s.tree) for s in after] == ["g.append(w)"] * is_single_pass


# -- its text -------------------------------------------------------------------------------------------

HEADER = "def fit(inputs, targets, nb_hidden, nb_steps):\n"
TEXTS = [
    pytest.param(
        "w = 1\nunused = 2\nfor i in range(3):\n    back(w, i)",
        "    w = 1\n\n    for i in range(3):\n        back(w, i)",
        1,
        id="lines keep their numbers",
    ),
    pytest.param(
        "k = 'é'; unused = 2; w = k\nfor i in range(3): back(w, i)",
        "    k = 'é'; w = k\n    for i in range(3): back(w, i)",
        1,
        id="statements that share a line",
    ),
    pytest.param(
        "if __name__ == '__main__':\n    w = (1 +\n        2)\n    for i in (1, 2):\n"
        "        back(w, i)",
        "    w = (1 +\n        2)\n    for i in (1, 2):\n        back(w, i)",
        2,
        id="the guard's indentation",
    ),
    pytest.param(
        "if __name__ == '__main__':\n    w = '''a\nb'''\n    for i in (1, 2):\n"
        "        back(w, i)",
        "    w = '''a\n    b'''\n    for i in (1, 2):\n        back(w, i)",
        2,
        id="a text over several lines",
    ),
    pytest.param(
        "if __name__ == '__main__':\n\tw = 1\n\tfor i in (1, 2):\n\t\tback(w, i)",
        "    w = 1\n    for i in (1, 2):\n    \tback(w, i)",
        2,
        id="tabs",
    ),
]


@pytest.mark.parametrize(("source", "text", "first_line"), TEXTS)
def test_the_text_of_a_function(source, text, first_line):
    definition = lifted(source).definition
    assert definition.text == HEADER + text
    # the header has a line of its own above the first statement
    assert definition.first_line == first_line - 1
    assert definition.is_lifted and not definition.places
    first = definition.tree.body[0]
    assert first.lineno == first_line


def test_lines_of_a_notebook_are_numbered_anew_with_their_places():
    found = lifted(
        notebook("w = 1; u = 2", "z = 3\n\nfor i in (1, 2):\n    back(w, i)")
    )
    assert found.definition.text == (
        HEADER + "    w = 1\n    for i in (1, 2):\n        back(w, i)"
    )
    places = {number: place[:2] for number, place in found.definition.places.items()}
    assert places == {2: (1, 1), 3: (3, 2), 4: (4, 2)}
    assert (found.line, found.cell, found.number_of_line()) == (3, 2, 3)


def test_the_definition_that_holds_the_loop_stands_for_the_function():
    source = "@deco\ndef learn(n):\n    for i in range(n):\n        back(1, i)\n"
    found = lifted(notebook(BACK, "k = 1\n" + source + "learn(3)"))
    assert found.definition.text == source.rstrip()
    assert (found.definition.cell, found.definition.first_line) == (2, 2)
    assert not found.definition.is_lifted
    assert (found.line, found.number_of_line()) == (4, 4)


def test_what_the_statements_bind():
    assert lifted("w = 1\nfor i in (1, 2):\n    v = back(w, i)").binds() == {
        "w",
        "i",
        "v",
    }


# -- whether it is wanted -------------------------------------------------------------------------------

USABLE = [
    pytest.param("def f(a, b): return a", True, id="takes them"),
    pytest.param("def f(a, b, c=1): return a", True, id="a default more"),
    pytest.param("def f(a, b=1): return a", True, id="a default of them"),
    pytest.param("def f(*all): return all", True, id="any number"),
    pytest.param("def f(a, /, b): return a", True, id="by place only"),
    pytest.param("f = lambda a, b: a", True, id="a lambda"),
    pytest.param("f = make()", True, id="made elsewhere"),
    pytest.param("def f(a): return a", False, id="too few"),
    pytest.param("def f(a, b, c): return a", False, id="too many"),
    pytest.param("def f(a, b): pass", False, id="a stub"),
    pytest.param("g = 1", False, id="not there"),
]


@pytest.mark.parametrize(("source", "expected"), USABLE)
def test_is_usable(source, expected):
    definition = sliced(source).definitions.get("f")
    assert is_usable(definition, 2) is expected
