"""A submission in a worker: read before it runs, loaded, and put into a fresh worker after one has ended."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator

import pytest
import tiny

from grader.grading.session import Session, policy
from grader.intake.submission import Submission
from grader.notices import Notice
from grader.sandbox.host import Ended
from grader.sandbox.loading import LoadedSubmission
from grader.sandbox.protocol import BOUNDS

SEED = 0
CALL = {
    "do": "call",
    "function": "double",
    "rows": [[1]],
    "seed": SEED,
    "supply": {},
    "edits": {},
    "standins": {"texts": {}, "everywhere": False},
}


class Loading:
    """Starts submissions, and keeps what is noticed."""

    def __init__(self, session: Session) -> None:
        self.zygote = session.zygote
        self.exercise = session.exercise
        self.notices: list[Notice] = []
        self.opened: list[LoadedSubmission] = []

    def __call__(
        self,
        source: str | bytes,
        filename: str = "one.py",
        problem: str | None = None,
    ) -> LoadedSubmission:
        data = source.encode() if isinstance(source, str) else source
        one = Submission(
            "one", "One", filename, data, (filename,), problem=problem
        )
        confined = policy(self.exercise)
        loaded = LoadedSubmission(
            self.zygote, confined, self.exercise, one, self.notices.append
        )
        self.opened.append(loaded)
        return loaded


@pytest.fixture
def loading(session: Session) -> Iterator[Loading]:
    made = Loading(session)
    yield made
    for loaded in made.opened:
        loaded.drop()


def test_what_a_file_holds(loading: Loading) -> None:
    reading = loading("# first\n" + tiny.RIGHT).start(5, SEED)
    assert reading.sources["double"].text == tiny.RIGHT.rstrip()
    assert reading.sources["double"].first_line == 2
    assert not reading.missing
    assert set(reading.findings) == {"double"}


def test_the_worker_says_how_it_is_confined(loading: Loading) -> None:
    loaded = loading(tiny.RIGHT)
    loaded.start(5, SEED)
    assert {
        "process",
        "rlimits",
        "uid",
        "landlock",
        "seccomp",
        "bubblewrap",
    } == set(loaded.isolation)


def test_nothing_to_grade_starts_nothing(loading: Loading) -> None:
    loaded = loading(b"", problem="There is no file.")
    assert loaded.start(5, SEED).missing == {"double": "There is no file."}
    assert loaded.isolation == {}


def test_a_file_that_is_no_notebook(loading: Loading) -> None:
    reading = loading("{]", "one.ipynb").start(5, SEED)
    assert set(reading.missing) == {"double"}
    assert not reading.sources


def test_notices_of_reading_are_records(loading: Loading) -> None:
    reading = loading(b"x = '\xe9'\n" + tiny.RIGHT.encode()).start(5, SEED)
    assert any("not UTF-8" in str(notice) for notice in reading.notices)
    assert all(isinstance(notice, Notice) for notice in reading.notices)


def test_a_fresh_worker_holds_the_submission_too(loading: Loading) -> None:
    loaded = loading(tiny.EXITS)
    loaded.start(5, SEED)
    for _ in range(2):
        loaded.make_ready(5, SEED)
        loaded.used.add("double")
        with pytest.raises(Ended, match="ended its process"):
            loaded.exchange(CALL, 5, BOUNDS)
    loaded.make_ready(5, SEED)
    assert not loaded.used
    assert loaded.unloadable is None


def test_one_missing_module_is_told_once(loading: Loading) -> None:
    source = """
        from nowhere import factor, other
        import nowhere.else_ as elsewhere
        shift = factor + 1
        twice = undefined_name * 2

        def double(x):
            return twice * elsewhere.f(x) + shift + other
    """
    loading(textwrap.dedent(source)).start(5, SEED)
    told = [str(notice) for notice in loading.notices]
    assert [notice.line for notice in loading.notices] == [2, 5]
    # line 4 only follows from line 2
    assert told[0].endswith(
        "No module named 'nowhere'. Further places of which the same is true: 1."
    )


def test_what_is_printed_at_load_and_how_much_is_kept(
    session: Session, loading: Loading
) -> None:
    limits = session.exercise.limits.model_copy(update={"output_kb": 1})
    loading.exercise = dataclasses.replace(session.exercise, limits=limits)
    loaded = loading(
        "import os\n\nX = os.write(1, b'x' * 5_000)\n\ndef double(x):\n    return X\n"
    )
    loaded.start(5, SEED)
    loaded.exchange(CALL, 5, BOUNDS)
    assert loaded.printed == "x" * 1024
    assert loading.notices == [Notice("prints-a-lot", {"kilobytes": "1"})]


def test_of_very_many_failures_the_first_speaks_for_the_others(
    loading: Loading,
) -> None:
    error = {"kind": "ValueError", "text": "no"}
    failed = []
    for line in (*range(1, 30_001), 7, 7):
        claim = {"line": line, "cell": None, "file": None, "error": error}
        failed.append({**claim, "binds": []})
    loading(tiny.RIGHT)._failed_statements({"failed": failed})
    (notice,) = loading.notices
    assert (notice.line, notice.more) == (1, 29_999)
