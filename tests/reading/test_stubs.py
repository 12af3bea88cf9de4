"""Which functions do nothing yet."""

import ast

import pytest

from grader.reading.stubs import is_stub

STUBS = [
    pytest.param("def f(x): pass", True, id="pass"),
    pytest.param("def f(x): ...", True, id="ellipsis"),
    pytest.param('def f(x):\n    """To do."""', True, id="a docstring"),
    pytest.param(
        'def f(x):\n    """To do."""\n    raise NotImplementedError("later")',
        True,
        id="not implemented",
    ),
    pytest.param(
        "def f(x): raise NotImplementedError", True, id="the bare class"
    ),
    pytest.param("def f(x): return None", True, id="None"),
    pytest.param("def f(x): return", True, id="a bare return"),
    pytest.param("def f(x):\n    print('to do')", True, id="only prints"),
    pytest.param(
        "def f(x):\n    return\n    return x", True, id="dead code below"
    ),
    pytest.param("f = lambda x: None", True, id="a lambda"),
    pytest.param("def f(x): return x", False, id="returns something"),
    pytest.param("def f(x):\n    x.add_(1)", False, id="does something"),
    pytest.param(
        "def f(x):\n    raise ValueError", False, id="another exception"
    ),
    pytest.param("def f(x): return 0", False, id="zero is a value"),
    pytest.param("f = abs", False, id="not written out"),
    pytest.param("async def f(x): pass", True, id="async"),
    pytest.param("class f: pass", False, id="a class"),
    pytest.param("def f(x): raise", False, id="raises again"),
]


@pytest.mark.parametrize(("source", "expected"), STUBS)
def test_is_stub(source, expected):
    assert is_stub(ast.parse(source).body[0]) is expected
