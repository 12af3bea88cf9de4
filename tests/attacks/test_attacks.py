"""Hostile submissions, graded: none works, none earns more than its honest functions, none harms anybody.

Each attack says by what it prints that it RAN, and by PROOF that it worked. `STOPPERS` are first run with no
layer at all, where each must work, so that 'stopped' never means 'cannot work'.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from bombs import BOMBS
from harness import (
    HERE,
    KEY,
    SECRET,
    SUBMISSIONS,
    Range,
    Target,
    unprivileged_python,
)
from table import STOPPERS

from grader.intake import submission
from grader.reports import FORMATS
from grader.results import to_json
from grader.sandbox.walls import bubblewrap, confinement, grants, landlock
from grader.sandbox.walls.confinement import LAYERS

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the layers are Linux's"
)

SCOPED = 6  # the Landlock that knows all that the table credits it with
NEEDS_ALL = pytest.mark.skipif(
    landlock.abi() < SCOPED,
    reason="this kernel's Landlock is older than the table",
)
ENGINE = sorted(
    path.stem
    for path in SUBMISSIONS.glob("*.py")
    if path.stem not in {*STOPPERS, "honest"}
)
HONEST_SCORE = 2.0
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
# what an attack costs its own submission besides `attack`: its definitions, or what comes after it
LOSES = {
    "exit_at_load": 0.0,
    "abort_at_load": 0.0,
    "hang_at_load": 0.0,
    "reply_at_load": 0.0,
    "del_method": 1.0,
}
# attacks that answer as the protocol has it: what they say is a claim, and a wrong one
WELL_FORMED = {
    "reply_odd_bools",
    "reply_forged_fields",
    "reply_long_texts",
    "reply_half",
    "reply_drip",
}
LARGE = {
    "reply_many_tensors",
    "reply_many_items",
    "reply_deep",
    "reply_huge_numbers",
    "reply_endless",
}
LOCKS = {
    "lock_memory",
    "ring",
}  # the limit of locked memory does not bind root
OPEN_WITHOUT_LANDLOCK = "descriptors_of"
SEARCHES = [
    "walk_frames",
    "walk_garbage",
    "search_memory",
    "environment",
    "open_descriptors",
]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """What there is to attack."""
    os.environ["INSTRUCTORS_SECRET"] = SECRET
    with Target() as made:
        yield made
    del os.environ["INSTRUCTORS_SECRET"]


@pytest.fixture(scope="module")
def field(target: Target) -> Iterator[Range]:
    """A session in the default tier."""
    made = Range(target, bubblewrap=False)
    yield made
    made.close()


@pytest.fixture(scope="module")
def best(target: Target) -> Iterator[Range]:
    """A session in the best tier."""
    if not bubblewrap.find(grants.readable_paths()).command:
        pytest.skip("bubblewrap is missing or may not work here")
    made = Range(target, bubblewrap=True)
    yield made
    made.close()


@pytest.fixture(scope="session", autouse=True)
def unprivileged() -> Iterator[subprocess.Popen[str] | None]:
    """This very suite, run meanwhile by an account without rights, where this one is root."""
    uid = confinement.spare_account()
    setpriv = shutil.which("setpriv")
    if uid is None or setpriv is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="grader-unprivileged-"))
    folder.chmod(0o755)
    account = str(uid + 1)
    root = HERE.parents[1]
    for name in ("grader", "reference", "templates", "tests/attacks"):
        shutil.copytree(
            root / name,
            folder / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    rights = [
        setpriv,
        "--reuid",
        account,
        "--regid",
        account,
        "--clear-groups",
        "--bounding-set=-all",
    ]
    python, variables = unprivileged_python(folder)
    run = [
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        folder,
    ]
    log = (folder / "log").open("w+")
    process = subprocess.Popen(
        [
            *rights,
            *run,
            "-rs",
            "-c",
            os.devnull,
            folder / "tests" / "attacks" / "test_attacks.py",
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=variables
        | {
            "PATH": os.defpath,
            "PYTHONPATH": str(folder),
            "HOME": "/nonexistent",
            **ONE_THREAD,
        },
        text=True,
    )
    process.log = log  # type: ignore[attr-defined]
    yield process
    process.kill()
    process.wait()
    log.close()
    shutil.rmtree(folder)


# --- attacks on the machine --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STOPPERS)
def test_the_attack_is_stopped(field: Range, name: str) -> None:
    target = field.target
    target.reset()
    assert field.strike(name, ()).worked, "it must work where nothing stops it"
    target.reset()
    target.heard()
    before = target.state()
    strike = field.strike(name)
    assert strike.ran
    assert not strike.worked, strike.printed
    assert target.state() == before
    assert target.heard() == []
    assert field.unharmed()


@NEEDS_ALL
@pytest.mark.parametrize("name", STOPPERS)
def test_a_layer_taken_away(field: Range, name: str) -> None:
    """An attack gets through exactly where the one layer is missing that stops it alone."""
    stoppers = set(STOPPERS[name].split()) - {"uid"}
    if name in LOCKS and os.geteuid() != 0:
        stoppers.add("rlimits")
    for layer in stoppers:
        field.target.reset()
        left = [other for other in LAYERS if other not in (layer, "uid")]
        gets_through = stoppers == {layer}
        strike = field.strike(name, left)
        assert strike.worked == gets_through, (layer, strike)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root has an account to leave"
)
@pytest.mark.parametrize(
    "name", [name for name, layers in STOPPERS.items() if "uid" in layers]
)
def test_the_account_of_nobody(field: Range, name: str) -> None:
    field.target.reset()
    strike = field.strike(name, ("uid",))
    assert strike.ran
    assert not strike.worked


@pytest.mark.parametrize(
    "name", [n for n, layers in STOPPERS.items() if "landlock" in layers]
)
def test_a_machine_without_landlock(field: Range, name: str) -> None:
    """Seccomp opens no file at all there."""
    if name == OPEN_WITHOUT_LANDLOCK and os.geteuid() != 0:
        pytest.skip("stated as open: it learns a name, and opens nothing")
    field.target.reset()
    before = field.target.state()
    assert not field.strike(name, landlock_abi=0).worked
    assert field.target.state() == before


@pytest.mark.parametrize("name", sorted(STOPPERS)[::3])
def test_the_best_tier(best: Range, name: str) -> None:
    best.target.reset()
    before = best.target.state()
    assert not best.strike(name).worked
    assert best.target.state() == before
    assert best.unharmed()


# --- attacks on the verdict --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENGINE)
def test_the_verdict_stands(field: Range, name: str) -> None:
    target = field.target
    target.heard()
    before = target.state()
    result, strike = field.grade(name)
    assert strike.ran, strike
    assert not strike.worked, strike.printed
    if name != "late_alarm":  # which goes off in `after`, or between the calls
        assert result.score == LOSES.get(name, HONEST_SCORE)
    assert result.score <= HONEST_SCORE
    assert result.functions["attack"].status == "wrong"
    assert all(
        state == "enforced"
        for layer, state in result.isolation.items()
        if layer in ("seccomp", "rlimits")
    )
    if name.startswith("reply_") and name not in WELL_FORMED:
        endings = ["something other than a reply"] + ["did not return"] * (
            name in LARGE
        )
        assert any(
            ending in str(notice)
            for ending in endings
            for notice in result.notices
        )
    text = to_json(result)
    assert KEY not in text and SECRET not in text
    assert len(text) < 200_000
    assert target.state() == before
    assert target.heard() == []
    assert field.unharmed()


@pytest.mark.parametrize("name", SEARCHES)
def test_a_worker_holds_no_secret(field: Range, name: str) -> None:
    """Not even with no layer is there anything to be found in the worker itself."""
    strike = field.strike(name, ())
    assert strike.ran
    assert not strike.worked, strike.printed


def test_a_search_finds_what_is_there(field: Range) -> None:
    """The searches above can find: one for what is there does."""
    source = find_source("search_memory").replace(
        '["ANS", "WER-7c1f"]', '["Copies ", "hostile"]'
    )
    source = source.replace('key + b"0"', "key").replace(
        "def deed", 'TOLD = "Copies hostile"\n\n\ndef deed'
    )
    source = source.replace("def deed():\n", "def deed():\n    TOLD.lower()\n")
    (one := field.target.folder / "search.py").write_text(source)
    with field.calls_of(submission.from_file(one), layers=()) as calls:
        calls.call("attack", (torch.ones(1),))
        assert "PROOF" in calls.printed
    field.target.reset()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_only_itself(field: Range, name: str) -> None:
    one = submission.Submission(
        name, name, name, BOMBS[name].encode(), (name,)
    )
    result, _ = field.grade_submission(one)
    assert result.score <= HONEST_SCORE
    assert len(to_json(result)) < 200_000
    assert field.unharmed()


ODD_NAMES = [
    "../../escape.py",
    "a\nb\n::error::x.py",
    "=HYPERLINK(\"http:__example.org\").py",
    "+1+cmd|' !A0.py",
    "\x1b[2J\x1b]0;x\x07.py",
    "<img src=x onerror=alert(1)>.py",
    "[bold red]x[_bold red].py",
    "con.py",
    "\udcff\udcfe.py",
    "…" * 80 + ".py",
    "-rf.py",
    "`id` $(id).py",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ODD_NAMES)))
def test_odd_names(field: Range, tmp_path: Path, number: int) -> None:
    """A file's name is the student's text as well: it leads nowhere, and no report is led astray by it."""
    name = ODD_NAMES[number]
    path = tmp_path / name.rpartition("/")[2]
    path.write_text(find_source("honest"))
    one = (
        submission.from_file(path)
        if "/" not in name
        else submission.from_file(path, "../../escape")
    )
    folder = (tmp_path / "out" / one.id).resolve()
    if "/" not in name:
        assert folder.parent == (tmp_path / "out").resolve()
        assert one.id.isprintable() and one.id[0] not in "=+-@."
    result, _ = field.grade_submission(one)
    assert result.score == HONEST_SCORE
    for form, report in FORMATS.items():
        text = report.render(result, field.exercise, "en")
        assert "\x1b" not in text, form
        if form not in ("text", "github"):  # in which a < is nothing but a <
            assert "<img src=x" not in text.replace("\\<", ""), form


def find_source(name: str) -> str:
    """The text of a hostile submission."""
    return (SUBMISSIONS / f"{name}.py").read_text()


# --- afterwards --------------------------------------------------------------------------------------------


def test_the_batch_goes_on(field: Range) -> None:
    """After all this the same warm process grades an honest submission as before."""
    result, strike = field.grade("honest")
    assert result.score == HONEST_SCORE
    assert strike.printed == ""
    assert len(list(Path("/proc/self/fd").iterdir())) < 100


def test_unprivileged(unprivileged: subprocess.Popen[str] | None) -> None:
    """The whole suite above as an account without rights."""
    if unprivileged is None:
        pytest.skip(
            "this account is not root: the suite has just run without rights"
        )
    status = unprivileged.wait(timeout=300)
    unprivileged.log.seek(0)  # type: ignore[attr-defined]
    said = unprivileged.log.read()  # type: ignore[attr-defined]
    assert status == 0, said[-6000:]
    assert "passed" in said
