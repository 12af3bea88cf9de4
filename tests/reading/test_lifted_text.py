"""How a lifted loop reads as a function."""

import pytest
from lifted_loops import BACK, lifted
from texts import notebook

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
    places = {
        number: place[:2] for number, place in found.definition.places.items()
    }
    assert places == {2: (1, 1), 3: (3, 2), 4: (4, 2)}
    assert (found.line, found.cell, found.number_of_line()) == (3, 2, 3)


def test_the_definition_that_holds_the_loop_stands_for_the_function():
    source = (
        "@deco\ndef learn(n):\n    for i in range(n):\n        back(1, i)\n"
    )
    found = lifted(notebook(BACK, "k = 1\n" + source + "learn(3)"))
    assert found.definition.text == source.rstrip()
    assert (found.definition.cell, found.definition.first_line) == (2, 2)
    assert not found.definition.is_lifted
    assert (found.line, found.number_of_line()) == (4, 4)
