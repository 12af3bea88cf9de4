"""An exercise's checks in pytest, which is started once and runs them for one submission after another."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
import shared
import tiny

from grader.checking import runner
from grader.errors import ExerciseError, GraderFault
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import Result


def session(folder: Path, checks: str | None = None) -> Session:
    """A session of the tiny exercise, with these checks instead of its own."""
    tiny.exercise(folder)
    if checks is not None:
        (folder / "checks" / "test_double.py").write_text(
            textwrap.dedent(checks)
        )
    return shared.session(Exercise.load(str(folder)))


def graded(session: Session, source: str) -> Result:
    return session.grade(
        Submission("one", "One", "one.py", source.encode(), ("one.py",))
    )


def test_each_submission_gets_its_own_results(tmp_path: Path) -> None:
    with session(tmp_path) as one:
        scores = [
            graded(one, source).score
            for source in (tiny.RIGHT, tiny.WRONG, tiny.RIGHT, tiny.EXITS)
        ]
    assert scores == [2.0, 0.0, 2.0, 0.0]


def test_a_check_may_have_fixtures_of_its_own_and_state_that_is_shared(
    tmp_path: Path,
) -> None:
    checks = """
        import pytest
        from grader.checking import CheckFailure

        @pytest.fixture
        def twice(student):
            return lambda x: student.double(student.double(x))

        @pytest.mark.parametrize("start", [1.0, 2.0])
        def test_twice(twice, inputs, assert_close, shared, start):
            shared.setdefault("starts", []).append(start)
            x = start + inputs.vector()
            assert_close(twice(x), 4 * x, "double(double(x))")

        def test_shared(shared):
            if shared["starts"] != [1.0, 2.0]:
                raise CheckFailure(f"{shared} is not of this submission alone")
    """
    with session(tmp_path, checks) as one:
        assert [graded(one, tiny.RIGHT).score for _ in range(2)] == [2.0, 2.0]
        assert graded(one, tiny.WRONG).functions["double"].status == "partial"


def test_a_check_that_fails_by_itself_is_void_and_costs_nothing(
    tmp_path: Path,
) -> None:
    checks = """
        import pytest
        import torch
        from grader.checking import points, requires

        def too_deep():
            too_deep()

        def without_memory():
            raise MemoryError

        WAYS = {
            "in its code": lambda: 1 / 0,
            "by pytest": lambda: pytest.fail("enough"),
            "by skipping": lambda: pytest.skip("enough"),
            "by the end of pytest": lambda: pytest.exit("enough"),
            "without memory": without_memory,
            "too deep": too_deep,
        }

        @points(1)
        @pytest.mark.parametrize("way", WAYS)
        def test_values(student, way):
            if student.double(torch.ones(1)) == 1:
                WAYS[way]()

        @points(1)
        @requires("values")
        def test_that_builds_on_it(student):
            pass

        @points(1)
        def test_other(student):
            pass
    """
    with session(tmp_path, checks) as one:
        wrong = graded(one, tiny.WRONG)
        assert graded(one, tiny.RIGHT).score == 2.0
    double = wrong.functions["double"]
    *void, passed = double.checks
    assert {check.outcome for check in void} == {"void"}
    assert passed.outcome == "passed"
    assert double.status == "void"
    assert (wrong.score, wrong.unjudged, wrong.max_score) == (0.25, 1.75, 2.0)
    assert double.lost == 0
    during = [fault.during for fault in wrong.faults]
    assert during == [check.id for check in void[:-1]]
    for fault in wrong.faults:
        assert "Traceback" in fault.traceback
    for check in double.checks:
        assert "Traceback" not in check.message
    looks = [notice.kind for notice in wrong.notices if notice.look]
    assert looks == ["void-checks"]


def test_what_is_wrong_besides_is_lost(tmp_path: Path) -> None:
    checks = """
        from grader.checking import CheckFailure

        def test_values(student):
            1 / 0

        def test_other(student):
            raise CheckFailure("It is wrong.")
    """
    with session(tmp_path, checks) as one:
        double = graded(one, tiny.WRONG).functions["double"]
    assert double.status == "wrong"
    assert (double.score, double.unjudged, double.lost) == (0, 1, 1)


def test_a_fixture_that_fails_voids_its_checks(tmp_path: Path) -> None:
    checks = """
        import pytest
        from grader.checking import requires

        @pytest.fixture
        def broken(student):
            raise OSError("No such file")

        def test_values(broken):
            pass

        @requires("values")
        def test_next(student):
            pass
    """
    with session(tmp_path, checks) as one:
        result = graded(one, tiny.RIGHT)
    outcomes = [c.outcome for c in result.functions["double"].checks]
    assert outcomes == ["void", "void"]
    assert "OSError: No such file" in result.faults[0].traceback


def test_a_fixture_that_ends_pytest_does_not_end_the_session(
    tmp_path: Path,
) -> None:
    checks = """
        import pytest
        import torch

        @pytest.fixture
        def value(student):
            if student.double(torch.ones(1)) == 1:
                pytest.exit("enough")

        def test_values(value):
            pass
    """
    with session(tmp_path, checks) as one:
        with pytest.raises(GraderFault, match="pytest has ended"):
            graded(one, tiny.WRONG)
        assert graded(one, tiny.RIGHT).score == 2.0


def test_checks_that_cannot_be_collected(tmp_path: Path) -> None:
    checks = "import no_such_module\n\ndef test_values(student):\n    pass\n"
    with (
        session(tmp_path, checks) as one,
        pytest.raises(ExerciseError) as raised,
    ):
        graded(one, tiny.RIGHT)
    (line,) = raised.value.problems
    assert line.startswith(str(tmp_path / "checks" / "test_double.py"))
    assert line.endswith("No module named 'no_such_module'")


@pytest.mark.parametrize(
    ("checks", "why"),
    [
        ("def test_values(:\n", r"test_double.py: line 1: this is not Python"),
        ("", r"double is graded and has no check"),
    ],
)
def test_checks_that_are_none(tmp_path: Path, checks: str, why: str) -> None:
    with pytest.raises(ExerciseError, match=why):
        session(tmp_path, checks)


def test_a_fixture_that_is_not_there(tmp_path: Path) -> None:
    misspelt = "def test_values(studnet):\n    pass\n"
    with (
        session(tmp_path, misspelt) as one,
        pytest.raises(
            ExerciseError, match="test_values takes 'studnet', which is no"
        ),
    ):
        one.prepare()


@pytest.mark.parametrize("source", [tiny.SLOW, tiny.HANGS])
@pytest.mark.parametrize("seconds", [0.1, 0.7])
def test_a_run_that_is_broken_off_leaves_nothing_to_the_next(
    tmp_path: Path, source: str, seconds: float
) -> None:
    with session(tmp_path) as one:
        graded(one, tiny.RIGHT)
        timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            graded(one, source)
        assert graded(one, tiny.WRONG).score == 0.0
        assert graded(one, tiny.RIGHT).score == 2.0


def test_pytest_needs_no_thread_and_leaves_no_module(tmp_path: Path) -> None:
    threads, modules = set(threading.enumerate()), set(sys.modules)
    with session(tmp_path) as one:
        graded(one, tiny.RIGHT)
        assert set(threading.enumerate()) == threads
        assert "test_double" not in set(sys.modules) - modules


def test_what_a_check_has_set_up_is_torn_down_where_it_is_broken_off(
    tmp_path: Path,
) -> None:
    checks = """
        import pytest

        @pytest.fixture
        def opened(request):
            (request.path.parent / "open").touch()
            yield
            (request.path.parent / "open").unlink()

        def test_values(opened, student):
            raise KeyboardInterrupt
    """
    with session(tmp_path, checks) as one, pytest.raises(KeyboardInterrupt):
        graded(one, tiny.RIGHT)
    assert not (tmp_path / "checks" / "open").exists()


def test_two_exercises_may_have_checks_of_the_same_name(
    tmp_path: Path,
) -> None:
    other = """
        from grader.checking import CheckFailure

        def test_values(student):
            raise CheckFailure("Of the other exercise.")
    """
    with (
        session(tmp_path / "one") as one,
        session(tmp_path / "two", other) as two,
    ):
        for _ in range(2):
            assert graded(one, tiny.RIGHT).score == 2.0
            (check,) = graded(two, tiny.RIGHT).functions["double"].checks
            assert check.message == "Of the other exercise."


def test_a_check_knows_the_calls_beside_the_functions(tmp_path: Path) -> None:
    checks = """
        import torch

        def test_values(student, calls):
            student.double(torch.ones(1))
            calls.remark("A remark of the check's.")
            assert 0 < calls.time_for("double") <= 2
            assert calls.by_torch("double") is None
            assert not calls.standins
    """
    with session(tmp_path, checks) as one:
        result = graded(one, tiny.RIGHT)
    assert result.score == 2.0
    assert [str(notice) for notice in result.notices][
        -1
    ] == "A remark of the check's."


def test_the_results_are_read_from_the_json_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = []

    def change(_: object, json_report: dict[str, Any]) -> None:
        check = json_report["tests"][0]["call"]["check"]
        reported.append((json_report["tests"][0]["outcome"], check["message"]))
        check["message"] = "Changed in the report."

    monkeypatch.setattr(
        runner._Plugin, "pytest_json_modifyreport", change, raising=False
    )
    with session(tmp_path) as one:
        (check,) = graded(one, tiny.WRONG).functions["double"].checks
    assert check.message == "Changed in the report."
    outcome, message = reported[0]
    assert outcome == "failed"
    assert message.startswith("5 of 5 entries of double(x) are wrong.")


def test_the_callers_pytest_has_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing_at_all -p no_such_plugin")
    with session(tmp_path) as one:
        assert graded(one, tiny.RIGHT).score == 2.0


LATER = """
    import torch
    from grader.checking import CheckFailure, by_hand, requires

    @by_hand
    def test_by_hand(student, calls):
        student.double(torch.ones(1))
        if calls.by_torch("double"):
            raise CheckFailure("At once.")

    @requires("by_hand")
    def test_large(student):
        student.double(torch.ones(5))

    @requires("large")
    def test_larger(student):
        student.double(torch.ones(6))

    def test_returns(student):
        student.double(torch.ones(1))
"""
DIFFERENTIATES = """
import torch

def double(x):
    if len(x) == {size}:
        x = x.clone().requires_grad_()
        return torch.autograd.grad(x.square().sum(), x)[0]
    return 2 * x
"""


@pytest.mark.parametrize(
    ("size", "outcomes"),
    [
        (1, ["failed", "blocked", "blocked", "passed"]),
        (5, ["failed", "blocked", "blocked", "passed"]),
        (6, ["failed", "blocked", "blocked", "passed"]),
        (9, ["passed"] * 4),
    ],
)
def test_by_hand_holds_for_the_calls_of_later_checks(
    tmp_path: Path, size: int, outcomes: list[str]
) -> None:
    with session(tmp_path, LATER) as one:
        result = graded(one, DIFFERENTIATES.format(size=size))
    found = result.functions["double"]
    assert [check.outcome for check in found.checks] == outcomes
    assert found.score == 0.5 * outcomes.count("passed")
    if size in (5, 6):
        assert "torch.autograd.grad" in found.checks[0].message
        assert [n for n in result.notices if n.kind == "void-checks"] == []
