"""Modules that were handed in are imported, from what was handed in alone, and what they need runs."""

from __future__ import annotations

import pytest
import torch

from grader.grading.session import Session, policy
from grader.intake.submission import Submission
from grader.sandbox.calls import Calls


def opened(session: Session, main: str, **modules: str) -> Calls:
    files = {}
    for name, source in modules.items():
        files[name.replace("__", "/") + ".py"] = source.encode()
    one = Submission(
        "one", "One", "main.py", main.encode(), ("main.py",), modules=files
    )
    return Calls(
        session.zygote, policy(session.exercise), session.exercise, one
    )


MAINS = [
    "from m import *",
    "from m import double",
    "import m\ndouble = m.double",
    "import m",
    "def double(x):\n    from m import double as d\n    return d(x)",
    "from p.q import double",
    "from p import q\ndouble = q.double",
    "import p.q\ndouble = p.q.double",
]


@pytest.mark.parametrize("main", MAINS)
def test_a_module_is_imported(session: Session, main: str) -> None:
    source = "while True: pass\nraise SystemExit\nTWO = 2\ndef double(x):\n    return TWO * x\n"
    x = torch.ones(2)
    with opened(session, main, m=source, p__q="from m import *\n") as calls:
        reply = calls.call("double", (x,))
    assert reply.error is None
    assert torch.equal(reply.value, 2 * x)


def test_what_raises_costs_only_what_it_binds_and_is_told_once(
    session: Session,
) -> None:
    source = "one = no_such\ntwo = 2\n"
    main = "from m import *\ndef double(x):\n    return two * x if len(x) else one\n"
    with opened(session, main, m=source) as calls:
        assert calls.call("double", (torch.ones(2),)).error is None
    (notice,) = calls.notices
    assert str(notice).startswith("Line 1 of m.py was run")


def test_a_global_is_supplied_where_the_function_reads_it(
    session: Session,
) -> None:
    source = "TWO = 2\ndef double(x):\n    return TWO * x\n"
    x = torch.ones(2)
    with opened(session, "from m import *", m=source) as calls:
        reply = calls.call("double", (x,), supply={"TWO": 5})
        assert torch.equal(reply.value, 5 * x)
        edits = {"double": "def double(x):\n    return TWO + x\n"}
        assert torch.equal(
            calls.call("double", (x,), edits=edits).value, 2 + x
        )
        assert torch.equal(calls.call("double", (x,)).value, 2 * x)
    assert calls.reading.sources["double"].file == "m.py"


def test_nothing_else_is_imported(session: Session) -> None:
    main = "def double(x):\n    import other\n    return x\n"
    with opened(session, main, m="") as calls:
        error = calls.call("double", (torch.ones(2),)).error
    assert error is not None
    assert error.kind == "ModuleNotFoundError"
