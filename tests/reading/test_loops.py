"""Which loop is judged in a function's place, and what a function that nothing calls is given."""

import ast

import pytest
from lifted_loops import BACK, FORE, lifted, lines

LOOPS = [
    pytest.param(
        BACK + "for i in range(3):\n    back(1, i)", 2, [2], id="top level"
    ),
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
        BACK
        + "def make():\n    def run():\n        for x in (1, 2): back(1, x)\n"
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
        BACK
        + "if __name__ == '__main__':\n    for i in range(3):\n        back(1, i)",
        3,
        [3],
        id="the main guard",
    ),
    pytest.param(
        BACK
        + "def main():\n    for i in range(3):\n        back(1, i)\nmain()",
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
        BACK
        + "def learn(n):\n    for i in range(n):\n        back(1, i)\nlearn(5)",
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
        BACK
        + "class Net:\n    def __call__(self, x):\n        for i in range(3):\n"
        "            back(x, i)\ntrainer = Net()\ndata = [1]\ntrainer(*data)",
        4,
        [2, 6, 7, 8],
        id="a call of an instance",
    ),
    pytest.param(
        BACK
        + "for i in range(3):\n    back(1, i)\nfor i in range(4):\n    back(2, i)",
        4,
        [4],
        id="the last of several",
    ),
    pytest.param(
        FORE
        + BACK
        + "for i in range(3):\n    for x in (1, 2):\n        fore(1, x)\n"
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
        BACK
        + "def fit(a, b, c, d):\n    pass\nfor i in range(3):\n    back(1, i)",
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
    pytest.param(
        BACK + "def check():\n    back(1, 2)\ncheck()", id="in a function"
    ),
    pytest.param(
        FORE + "for i in range(3):\n    fore(1, i)", id="only measures"
    ),
    pytest.param(
        "w = b = 1\nfor i in range(3):\n    w = w - 1",
        id="changes part of the state",
    ),
    pytest.param(
        BACK
        + "def fit(a, b, c, d):\n    return 1\nfor i in range(3):\n    back(1, i)",
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
    pytest.param(
        "x, y", "learn(x=_given_inputs, y=_given_targets)", id="in order"
    ),
    pytest.param(
        "inputs, k=3", "learn(inputs=_given_inputs)", id="defaults stay"
    ),
]


@pytest.mark.parametrize(("parameters", "call"), CALLS)
def test_a_function_that_nothing_calls_is_called_with_what_is_given(
    parameters, call
):
    source = (
        f"def learn({parameters}):\n    for i in (1, 2):\n        back(1, i)"
    )
    found = lifted(BACK + source)
    assert ast.unparse(found.statements[-1].tree) == call
    assert (found.line, found.definition.first_line) == (3, 2)


def test_a_function_of_too_many_unknown_arguments_cannot_be_called():
    source = (
        "def learn(p, q, r, s, t):\n    for i in (1, 2):\n        back(1, i)"
    )
    assert lifted(BACK + source) is None
