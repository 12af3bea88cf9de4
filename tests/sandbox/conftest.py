"""A warm session of the tiny exercise, and the calls of whatever source a test gives."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

import pytest
import shared
import tiny

from grader.exercise import Exercise
from grader.grading.session import Session, policy
from grader.intake.submission import Submission
from grader.sandbox.calls import Calls

OpenCalls = Callable[..., Calls]


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tiny.exercise(tmp_path_factory.mktemp("tiny"))
    with shared.session(Exercise.load(str(folder))) as session:
        yield session


@pytest.fixture
def open_calls(session: Session) -> OpenCalls:
    """source, or a file's bytes and its name -> the calls of its functions, to be closed by the test."""

    def calls_of(source: str | bytes, name: str = "one.py") -> Calls:
        if isinstance(source, str):
            source = textwrap.dedent(source).encode()
        one = Submission("one", "One", name, source, (name,))
        return Calls(
            session.zygote, policy(session.exercise), session.exercise, one
        )

    return calls_of
