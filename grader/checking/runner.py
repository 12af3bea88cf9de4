"""An exercise's checks in pytest, which collects them once and runs them for one student after another.

To start pytest and to collect takes longer than the checks of a right submission do. So pytest lives in a
thread of its own, and its run loop waits for the next student. What a check found goes through pytest's JSON
report.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import pytest_jsonreport.plugin
import pytest_metadata.plugin
from pytest_jsonreport.plugin import JSONReport

from grader.checking.judge import Judge, function_of, share_of
from grader.errors import GraderFault
from grader.exercise import Exercise
from grader.results import CheckResult, check_from

# each of these costs time in a warm process, or reads or writes files beside the checks
_OPTIONS = [
    "--noconftest",
    "--json-report-file=none",
    "--import-mode=importlib",
    "-p", "no:cacheprovider",
    "-p", "no:unraisableexception",
    "-p", "no:threadexception",
    "-q",
    "--tb=native",
    "-p", "no:warnings",
    "-p", "no:logging",
    "-p", "no:faulthandler",
    "-p", "no:doctest",
    "-p", "no:junitxml",
    "-p", "no:setuponly",
    "-p", "no:setupplan",
    "-p", "no:stepwise",
    "-p", "no:pastebin",
    "-p", "no:debugging",
    "-p", "no:recwarn",
    "-p", "no:tmpdir",
    "-p", "no:monkeypatch",
    "-p", "no:python_path",
    "-p", "no:skipping",
    "-p", "no:capture",
    "-p", "no:unittest",
    "-p", "no:subtests",
    "--assert=plain",
    "-c", os.devnull,
    "--json-report-omit", "collectors", "keywords", "log", "streams", "warnings",
]  # fmt: skip

_LEAVE_SECONDS = 10
_Tests = list[dict[str, Any]]


class Checks:
    """An exercise's checks, ready for one student after another. Close it, or it stays with the process.

    `ended`: pytest has come to an end by itself, and judges nobody any more.
    """

    def __init__(self, exercise: Exercise) -> None:
        """Start pytest and have it collect. Raises GraderFault where it cannot."""
        self.ended = False
        self._exercise = exercise
        self._plugin = _Plugin(exercise)
        self._said = io.StringIO()
        self._thread = threading.Thread(target=self._live, name="pytest", daemon=True)
        with (
            _own_environment(),
            contextlib.redirect_stdout(self._said),
            contextlib.redirect_stderr(self._said),
        ):
            self._thread.start()
            self._answer(None)

    def _live(self) -> None:
        """pytest's whole life."""
        folder = self._exercise.folder / "checks"
        arguments = [f"--rootdir={folder}", f"--confcutdir={folder}", *_OPTIONS, "--", str(folder)]
        # named with -p, pytest would look through all that is installed for them
        plugins = [pytest_metadata.plugin, pytest_jsonreport.plugin, self._plugin, self._plugin.report]
        ended: object = None
        try:
            ended = pytest.main(arguments, plugins)
        finally:
            self._plugin.answers.put(f"pytest has ended ({ended!s})")

    def _answer(self, judge: Judge | None) -> _Tests:
        """pytest's answer for this judge; that of a run that was broken off, by Ctrl-C say, is for nobody."""
        while True:
            answer = self._plugin.answers.get()
            if isinstance(answer, str):
                self._plugin.answers.put(answer)  # it will not come back
                self.ended = True
                said = [*self._plugin.uncollected, self._said.getvalue().strip(), answer]
                why = "; ".join(filter(None, said))
                raise GraderFault(f"the checks of {self._exercise.name} could not be run: {why[-2000:]}")
            if answer[0] is judge:
                return answer[1]

    def run(self, judge: Judge) -> Mapping[str, tuple[CheckResult, ...]]:
        """Judge one student; the results by function. Raises GraderFault where a check fails by itself."""
        with _own_environment():
            self._plugin.judges.put(judge)
            tests = self._answer(judge)
        if judge.faults:
            raise GraderFault(f"a check of {self._exercise.name} failed by itself: {judge.faults[0]}")
        found: dict[str, list[CheckResult]] = {}
        for test in tests:
            if "check" not in test.get("metadata", {}):
                raise GraderFault(f"the check {test['nodeid']} did not run: {_crash(test)}")
            check = check_from(test["metadata"]["check"])
            found.setdefault(check.id.split("/")[0], []).append(check)
        return {name: tuple(checks) for name, checks in found.items()}

    def close(self) -> None:
        """End pytest; a run that is under way first comes to its end."""
        self._plugin.judges.put(None)
        self._thread.join(_LEAVE_SECONDS)


class _Report(JSONReport):  # type: ignore[misc]
    """pytest's JSON report, one for each student."""

    # they keep what is logged, and so wrap every phase of every check
    pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Report the check itself; setting up and tearing down only where they fail."""
        if report.when == "call" or not report.passed:
            super().pytest_runtest_logreport(report)

    def begin(self, session: pytest.Session) -> None:
        JSONReport.__init__(self, session.config)
        self.pytest_sessionstart(session)

    def end(self, session: pytest.Session) -> _Tests:
        self.pytest_sessionfinish(session)
        tests: _Tests = self.report["tests"]
        return tests


class _Plugin:
    """What pytest asks: the fixtures that a check takes, the run loop, and what came of each check.

    A judge from `judges` is answered in `answers` by itself and the tests of the JSON report, None by the
    end of pytest. An answer to nobody says that it has collected, a text that it has ended and why.
    """

    def __init__(self, exercise: Exercise) -> None:
        self.judges: SimpleQueue[Judge | None] = SimpleQueue()
        self.answers: SimpleQueue[tuple[Judge | None, _Tests] | str] = SimpleQueue()
        self.report = _Report()
        self.uncollected: list[str] = []
        self._folder = exercise.folder / "checks"
        self._order = {name: i for i, name in enumerate(exercise.functions)}
        self._points = {name: function.points for name, function in exercise.functions.items()}
        self._shares = dict.fromkeys(exercise.functions, 0.0)
        self._judge: Judge
        self._given: dict[str, Any] = {}
        self._results: dict[str, CheckResult] = {}

    # -- what a check takes ------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """What a check takes, given at once: to set up fixtures is most of what pytest does for a check."""
        judge = self._judge
        self._given = {
            "student": judge.student,
            "calls": judge.calls,
            "reference": judge.plain,
            "inputs": None,  # drawn anew each time that the check is judged
            "assert_close": judge.close,
            "shared": judge.kept[function_of(item)],
        }
        if isinstance(item, pytest.Function):
            item.funcargs.update(self._given)

    @pytest.fixture
    def student(self) -> Any:
        """The student's functions, called in a worker."""
        return self._given["student"]

    @pytest.fixture
    def calls(self) -> Any:
        """What is known of the calls of the student's functions: limits, remarks, torch at work."""
        return self._given["calls"]

    @pytest.fixture
    def reference(self) -> Any:
        """The reference solution's functions; the student's earlier ones in it for follow-through."""
        return self._given["reference"]

    @pytest.fixture
    def inputs(self) -> Any:
        """The exercise's inputs, drawn for this check from the run's seed."""
        return self._given["inputs"]

    @pytest.fixture
    def assert_close(self) -> Any:
        """Compares with the exercise's tolerances."""
        return self._given["assert_close"]

    @pytest.fixture
    def shared(self) -> Any:
        """What the checks of one function share: a costly run, say."""
        return self._given["shared"]

    # -- the run -----------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the marks known; and nothing is told to a terminal, whose reporter would keep every report."""
        for mark in ("points(share)", "requires(*checks)", "locates(quantity)"):
            config.addinivalue_line("markers", mark)
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a file of checks could not be collected."""
        if report.failed:
            self.uncollected.append(f"{report.nodeid}: {report.longreprtext.strip()}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Judge the functions in the exercise's order: what is built on comes first."""
        items[:] = [item for item in items if function_of(item) in self._order]
        items.sort(key=lambda item: self._order[function_of(item)])
        for item in items:
            self._shares[function_of(item)] += share_of(item)

    def pytest_collection_finish(self) -> None:
        """Forget the names of the modules of checks: another exercise may have some of the same names."""
        for name, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "").parent == self._folder:
                del sys.modules[name]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """All checks for one student after another."""
        if self.uncollected or not session.items:
            return None  # pytest's own loop says so, and ends
        self.answers.put((None, []))
        while (judge := self.judges.get()) is not None:
            self.answers.put((judge, self._judged(session, judge)))
            del judge  # nothing of a student stays until the next one comes
        return True

    def _judged(self, session: pytest.Session, judge: Judge) -> _Tests:
        self._judge = judge
        self.report.begin(session)
        try:
            for item, following in zip(session.items, [*session.items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            return self.report.end(session)
        finally:
            self._given, self._results = {}, {}
            del self._judge

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Have one check judged."""
        function = function_of(pyfuncitem)
        worth = self._points[function] * share_of(pyfuncitem) / self._shares[function]
        self._results[pyfuncitem.nodeid] = self._judge.judge(pyfuncitem, worth)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """pytest's own report of the check. Raising instead would have a traceback formatted each time."""
        report = yield
        if call.when == "call" and report.passed:
            result = self._results[item.nodeid]
            report.outcome = "skipped" if result.outcome == "blocked" else result.outcome
            report.longrepr = result.message or None
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        """The outcome as it is; nothing is printed."""
        return report.outcome, "", ""

    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Add to each test of the JSON report what its check found."""
        for test in json_report["tests"]:
            if test["nodeid"] in self._results:
                test["metadata"] = {"check": _plain(self._results[test["nodeid"]])}


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """Without the variables by which pytest would take options or plugins from whoever calls grader."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PYTEST_")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(kept)


def _plain(check: CheckResult) -> dict[str, Any]:
    return {**vars(check), "mismatch": vars(check.mismatch) if check.mismatch else None}


def _crash(test: dict[str, Any]) -> str:
    """What pytest says of a check that did not come to its end."""
    for phase in ("setup", "call"):
        stage = test.get(phase, {})
        if "crash" in stage:
            return str(stage["crash"]["message"])
        if "longrepr" in stage:
            return str(stage["longrepr"]).strip()
    return ""
