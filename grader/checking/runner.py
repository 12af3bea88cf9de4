"""An exercise's checks in pytest: collected once, and run for one student after another.

Starting pytest and collecting takes longer than the checks of a right submission do. So pytest's session is
kept, and its items are run again for each student, by the same hooks as in pytest's own loop. The results are
read from the report of pytest-json-report, which starts afresh for each student.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_jsonreport.plugin
from _pytest.config import _prepareconfig
from pytest_jsonreport.plugin import JSONReport

from grader.checking import marks
from grader.checking.findings import Finding
from grader.checking.follow_through import AS_IT_STANDS
from grader.checking.judge import Judge
from grader.errors import ExerciseError, GraderFault
from grader.exercise import Exercise
from grader.results import CheckResult, Fault, check_from

# What pytest brings along and the checks do not use. Each takes time for every check, or touches files.
_UNUSED_PLUGINS = (
    "cacheprovider",
    "capture",
    "debugging",
    "doctest",
    "faulthandler",
    "junitxml",
    "logging",
    "monkeypatch",
    "pastebin",
    "python_path",
    "recwarn",
    "setuponly",
    "setupplan",
    "skipping",
    "stepwise",
    "subtests",
    "threadexception",
    "tmpdir",
    "unittest",
    "unraisableexception",
    "warnings",
)
_OPTIONS = (
    "--noconftest",
    "--import-mode=importlib",
    "--assert=plain",
    "--strict-markers",
    "--tb=native",
    "-q",
    f"--config-file={os.devnull}",
    "--json-report-file=none",
)
_LEFT_OUT_OF_REPORT = ("collectors", "keywords", "log", "streams", "warnings")
_LONGEST_REASON = 2_000  # characters of pytest's own words in a fault


Test = dict[str, Any]  # one check in pytest's JSON report


class Checks:
    """An exercise's checks, ready for one student after another. To be closed.

    ended: pytest was interrupted in the middle of a run, and runs no more checks.
    """

    def __init__(self, exercise: Exercise) -> None:
        """Start pytest and have it collect. Raises GraderFault where it cannot."""
        self.ended = False
        self._exercise = exercise
        self._plugin = _Plugin()
        self._report = _Report()
        with _own_environment():
            try:
                self._session = self._started()
                self.items = self._collected()
            except ExerciseError:
                raise
            except (Exception, SystemExit) as error:
                raise self._fault(str(error)) from error
        self._plugin.worth = _worth(exercise, self.items)

    def _started(self) -> pytest.Session:
        """pytest's session, made as `pytest.Pytester` makes one."""
        folder = self._exercise.folder / "checks"
        arguments = [
            f"--rootdir={folder}",
            f"--confcutdir={folder}",
            *_OPTIONS,
        ]
        for plugin in _UNUSED_PLUGINS:
            arguments += ["-p", f"no:{plugin}"]
        arguments += [
            "--json-report-omit",
            *_LEFT_OUT_OF_REPORT,
            "--",
            str(folder),
        ]
        # given as objects, as pytest looks through all that is installed for a plugin that is named with -p
        config = _prepareconfig(
            arguments, [pytest_jsonreport.plugin, self._report, self._plugin]
        )
        config._do_configure()
        session = pytest.Session.from_config(config)
        session.exitstatus = pytest.ExitCode.OK  # for the report
        config.hook.pytest_sessionstart(session=session)
        return session

    def _collected(self) -> list[pytest.Item]:
        """The checks in the order of the exercise's functions, so that what is built on comes first."""
        folder = self._exercise.folder / "checks"
        # what several files of checks share stands in modules beside them
        sys.path.insert(0, str(folder))
        try:
            self._session.perform_collect()
        finally:
            sys.path.remove(str(folder))
            _forget_modules(folder)
        if self._plugin.uncollected:
            raise ExerciseError(*self._collection_faults())
        by_function: defaultdict[str, list[pytest.Item]] = defaultdict(list)
        for item in self._session.items:
            by_function[marks.function_of(item)].append(item)
        graded: list[pytest.Item] = []
        for function in self._exercise.functions:
            graded += by_function[function]
        if not graded:
            raise GraderFault("there is none for any of its functions")
        unknown = _unknown_fixtures(graded)
        if unknown:
            raise ExerciseError(*unknown)
        return graded

    def _collection_faults(self) -> list[str]:
        """Why files of checks could not be collected, each with the whole path of its file."""
        folder = self._exercise.folder / "checks"
        return [f"{folder}/{why}" for why in self._plugin.uncollected]

    def run(self, judge: Judge) -> Mapping[str, tuple[CheckResult, ...]]:
        """Judge one student; the results by function.

        A check that fails by itself is void. Raises GraderFault where pytest itself ends.
        """
        with _own_environment():
            try:
                tests = self._tests(judge)
                revised = self._revised(judge)
            except (
                BaseException
            ) as error:  # Ctrl-C, or a check that calls pytest.exit
                self.close()
                if isinstance(error, Exception):
                    raise self._fault(
                        f"pytest has ended: {error!r}"
                    ) from error
                raise
        results: dict[str, tuple[CheckResult, ...]] = {}
        for test in tests:
            # of a check that was not set up there is only that
            stage = test.get("call") or test["setup"]
            check = stage["check"]
            result = check_from(revised.get(check["id"], check))
            function, _, _ = result.id.partition("/")
            earlier = results.get(function, ())
            results[function] = (*earlier, result)
        return results

    def _tests(self, judge: Judge) -> list[Test]:
        """Run every check with this judge; the tests of pytest's JSON report."""
        self._plugin.judge = judge
        self._report.begin(self._session)
        # pytest tears down only what the next item does not need
        next_items = [*self.items[1:], None]
        try:
            for item, next_item in zip(self.items, next_items, strict=True):
                item.config.hook.pytest_runtest_protocol(
                    item=item, nextitem=next_item
                )
            return self._report.end(self._session)
        finally:
            self._plugin.forget()

    def _revised(self, judge: Judge) -> dict[str, dict[str, Any]]:
        """The fields of each check that is decided otherwise once all have run, by its id."""
        fields = {}
        items = cast("list[pytest.Function]", self.items)
        for item, finding in judge.revised(items):
            fields[marks.id_of(item)] = self._plugin.fields(item, finding)
        return fields

    def _fault(self, why: str) -> GraderFault:
        # the end of a traceback says most
        reason = why.strip()[-_LONGEST_REASON:]
        name = self._exercise.name
        return GraderFault(f"the checks of {name} could not be run: {reason}")

    def close(self) -> None:
        """End pytest; what a broken-off run has set up is torn down."""
        if self.ended:
            return
        self.ended = True
        config = self._session.config
        config.hook.pytest_sessionfinish(
            session=self._session, exitstatus=pytest.ExitCode.OK
        )
        config._ensure_unconfigure()


class _Report(JSONReport):  # type: ignore[misc]
    """pytest's JSON report, one for each student.

    A JSONReport can be registered once, as it declares hooks. So it is one object, which starts afresh.
    """

    # these would wrap every phase of every check, to keep what is logged
    pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Report the check itself; setting up and tearing down only where they fail."""
        if report.when == "call" or not report.passed:
            super().pytest_runtest_logreport(report)

    def begin(self, session: pytest.Session) -> None:
        """Start a report of its own for the next student."""
        JSONReport.__init__(self, session.config)
        self.pytest_sessionstart(session)

    def end(self, session: pytest.Session) -> list[Test]:
        """The tests of the finished report."""
        self.pytest_sessionfinish(session)
        tests: list[Test] = self.report["tests"]
        return tests


class _Plugin:
    """What pytest asks while it collects and runs: the fixtures of a check, and what came of it.

    judge: the judge of the present student. worth: the points of each check, by its node id.
    """

    def __init__(self) -> None:
        self.uncollected: list[str] = []
        self.judge: Judge | None = None
        self.worth: Mapping[str, float] = {}
        self._given: dict[str, Any] = {}
        self._check: dict[str, Any] | None = None

    def forget(self) -> None:
        """Keep nothing of a student until the next one comes."""
        self.judge = None
        self._given = {}
        self._check = None

    # -- what a check takes ------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Function) -> None:
        """Give a check its fixtures at once: setting them up is most of what pytest does for a check."""
        judge = self.judge
        assert judge is not None
        checks = judge.checked[marks.function_of(item)]
        # a check that fails before it is judged must not show what came of the one before
        self._check = None
        self._given = {
            "student": judge.calls.student,
            "calls": judge.calls,
            "assert_close": judge.close,
            # the judge replaces these in each run of the check
            "reference": judge.reference(AS_IT_STANDS),
            "inputs": None,
            "shared": checks.shared[AS_IT_STANDS],
        }
        item.funcargs.update(self._given)

    @pytest.fixture
    def student(self) -> Any:
        """The student's functions, called in a worker."""
        return self._given["student"]

    @pytest.fixture
    def calls(self) -> Any:
        """What is known of the student's calls: their time, torch at work, stand-ins; remarks go here too."""
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

    # -- hooks -------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the marks known. Drop the terminal's reporter, which would keep every report."""
        for mark in marks.MARKERS:
            config.addinivalue_line("markers", mark)
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a file of checks could not be collected."""
        if report.failed:
            error = _collection_error(report.longreprtext)
            self.uncollected.append(f"{report.nodeid}: {error}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Have the check judged, in place of calling it."""
        assert self.judge is not None
        finding = self.judge.judge(pyfuncitem)
        self._check = self.fields(pyfuncitem, finding)
        # for pytest: the call has been made
        return True

    def fields(
        self, item: pytest.Function, finding: Finding
    ) -> dict[str, Any]:
        """The fields of a check's CheckResult."""
        mismatch = None
        if finding.mismatch is not None:
            mismatch = vars(finding.mismatch)
        worth = self.worth[item.nodeid]
        return {
            "id": marks.id_of(item),
            "title": marks.title_of(item),
            "outcome": finding.outcome,
            # rounded, so that no mark reads 0.30000000000000004
            "points": round(worth * finding.credit, 4),
            "max_points": round(worth, 4),
            "message": finding.message,
            "mismatch": mismatch,
        }

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, Any]:
        """Give pytest's own report the outcome. A failure raised in the check would cost a traceback.

        A check that pytest could not set up or call was never judged: it is void.
        """
        report = yield
        if call.when == "teardown":
            return report
        if call.excinfo is not None:
            assert self.judge is not None
            fault = Fault.of(marks.id_of(item), call.excinfo.value)
            self._check = self.fields(item, self.judge.void(item, fault))
        if self._check is not None and call.when == "call":
            # "skipped" is pytest's own word for a check that did not run
            words = {"blocked": "skipped", "void": "skipped"}
            outcome = self._check["outcome"]
            report.outcome = words.get(outcome, outcome)
        return report

    def pytest_json_runtest_stage(
        self, report: pytest.TestReport
    ) -> dict[str, Any] | None:
        """Put the fields of the check's CheckResult into the JSON report."""
        if report.when == "teardown" or self._check is None:
            return None
        return {
            "duration": report.duration,
            "outcome": report.outcome,
            "check": self._check,
        }


def _worth(exercise: Exercise, items: list[pytest.Item]) -> dict[str, float]:
    """The points of each check, by its node id: its share of its function's points."""
    shares: defaultdict[str, float] = defaultdict(float)
    for item in items:
        function = marks.function_of(item)
        shares[function] += marks.share_of(item)
    worth = {}
    for item in items:
        function = marks.function_of(item)
        points = exercise.functions[function].points
        worth[item.nodeid] = points * marks.share_of(item) / shares[function]
    return worth


def _forget_modules(folder: Path) -> None:
    """Forget the modules of a folder's checks: another exercise may have some of the same names."""
    for name, module in list(sys.modules.items()):
        # built-in modules and namespace packages have no file
        file = getattr(module, "__file__", None)
        if file and Path(file).parent == folder:
            del sys.modules[name]


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """Without the variables by which pytest would take options or plugins from whoever calls grader."""
    callers = _taken_out_of_the_environment()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        _taken_out_of_the_environment()  # a run that is broken off leaves some of its own
        os.environ.update(callers)


def _taken_out_of_the_environment() -> dict[str, str]:
    taken = {}
    for name in list(os.environ):
        if name.startswith("PYTEST_"):
            taken[name] = os.environ.pop(name)
    return taken


def _unknown_fixtures(items: Iterable[pytest.Item]) -> list[str]:
    """A sentence for each argument of a check that nothing gives."""
    unknown = []
    for item in items:
        assert isinstance(item, pytest.Function)
        given = {"request", *item._fixtureinfo.name2fixturedefs}
        if hasattr(item, "callspec"):
            given |= item.callspec.params.keys()
        for name in item.fixturenames:
            if name not in given:
                unknown.append(
                    f"{item.path}: {item.name} takes {name!r}, which is no fixture."
                )
    return unknown


def _collection_error(report: str) -> str:
    """Why a file could not be collected: the last line that pytest marks as the error's."""
    lines = report.strip().splitlines()
    last = lines[-1]
    for line in lines:
        if line.startswith("E "):
            last = line.removeprefix("E").strip()
    return last
