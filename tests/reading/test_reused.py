"""A required function's name may be given to data below it."""

from __future__ import annotations

import pytest
from texts import python

from grader.reading.slicing import slice_functions

FUNCTION = "def f(x):\n    return [x]\n"
TRAINS = "def slow():\n    return [[1, 2]]\nhistory = slow()\n"
DATA = {
    "a list": "f = [h[0] for h in range(3)]",
    "a part of what a training gave": TRAINS + "f = history[0][0]",
    "unpacked": TRAINS + "f, other = history[0]",
    "made of a training's results": TRAINS + "h = history[0]\nf = np.array(h)",
    "what it gives itself": "f = f(3)",
    "what it gives, further": "f = f(3).item() / 2",
    "its own part of several": "g, f = len, 3",
    "a number": "f = float(x)",
    "added to": "f += 1",
    "twice": "f = 1\nf = f + 1",
}
FUNCTIONS = {
    "another one": "f = torch.tanh",
    "a lambda": "f = lambda x: x",
    "a part of a dictionary": "f = {1: len}[1]",
    "what a call gives": "f = functools.partial(f, 1)",
    "decorated": "f = cache(lambda x: f(x))",
    "its own part of several": "g, f = 3, len",
    "a definition below data": "f = 3\ndef f(x): return x",
}


@pytest.mark.parametrize("how", DATA)
def test_data_is_no_definition(how: str) -> None:
    text = python(FUNCTION + DATA[how])
    found = slice_functions(text, ("f", "slow"), ("slow",))
    assert found.definitions["f"].text == FUNCTION.rstrip()
    for statement in found.statements:
        assert statement.line < 3 or "f" not in statement.binds


@pytest.mark.parametrize("how", FUNCTIONS)
def test_what_may_be_a_function_is_one(how: str) -> None:
    text = python(FUNCTION + FUNCTIONS[how])
    found = slice_functions(text, ("f", "slow"), ("slow",))
    assert "f" in found.statements[-1].binds
    assert found.statements[-1].line > 2


def test_data_alone_stays() -> None:
    found = slice_functions(python("f = 3"), ("f",))
    assert found.definitions["f"].text == "f = 3"
