"""A grading process: one session for a batch, the same exercise as the command's, faults that travel."""

import pickle

import pytest
import tiny

from grader import results
from grader.errors import GraderFault, UsageError
from grader.exercise import Exercise
from grader.grading import process
from grader.grading.process import Settings, Task
from grader.intake.submission import Submission


@pytest.fixture
def settings(tmp_path):
    made = Settings.of(
        Exercise.load(str(tiny.exercise(tmp_path / "tiny"))), "quick", seed=1
    )
    yield made
    if process._warm.session is not None:
        process._warm.session.close()
    process._warm.session = process._warm.settings = None


def task(settings, source=tiny.RIGHT):
    return Task(
        settings,
        Submission("one", "One", "one.py", source.encode(), ("one.py",)),
    )


def test_the_session_stays_warm(settings):
    first = results.from_json(process.grade(task(settings)))
    session = process._warm.session
    second = results.from_json(process.grade(task(settings, tiny.WRONG)))
    assert (first.score, second.score) == (2.0, 0.0)
    assert process._warm.session is session


@pytest.mark.parametrize("what", ["grader", "exercise", "data"])
def test_another_version_is_refused(settings, what):
    others = {**settings.versions, what: "another"}
    with pytest.raises(UsageError, match=f"another version of the {what}"):
        process.grade(
            task(
                pickle.loads(
                    pickle.dumps(
                        Settings(**{**vars(settings), "versions": others})
                    )
                )
            )
        )


def test_a_fault_is_a_sentence_and_its_traceback_travels(
    settings, monkeypatch
):
    monkeypatch.setattr(process, "to_json", lambda _: {}["nothing"])
    with pytest.raises(GraderFault) as raised:
        process.grade(task(settings))
    fault = pickle.loads(pickle.dumps(raised.value))
    assert str(fault) == "KeyError: 'nothing'"
    assert "Traceback" in fault.details
