"""Reading an exercise's folder: every key, value and cross-reference is checked, and every fault is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import paths
from grader.errors import ExerciseError
from grader.exercise import Exercise

PRACTICAL3 = paths.folder("reference") / "practical3"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the exercise, to be spoilt."""
    made = tmp_path / "copied"
    shutil.copytree(PRACTICAL3, made, ignore=shutil.ignore_patterns("__pycache__", "data"))
    return made


def faults(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ExerciseError) as caught:
        Exercise.read(folder)
    return caught.value.problems


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def added(file: str, text: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")

    return spoil


def removed(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


NEW = "\n[new]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\n"
LOSS = "misconceptions/loss.toml"

# what an author may do, and the line that says so: the file, the table and key, what would be right
FAULTS = {
    "a recogniser misspelt": (
        replaced("misconceptions/any.toml", 'recognise = "stub"', 'recognise = "stubb"'),
        r"any.toml: [not-implemented] recognise: input should be 'stub', 'mutates'",
    ),
    "a title that is missing": (
        replaced("misconceptions/any.toml", 'title = "The function is not written yet"\n', ""),
        "any.toml: [not-implemented] title: this key is missing",
    ),
    "an empty hint": (
        added(LOSS, NEW.replace("'H'", "''") + "replace = '_E.sum()'\nwith = '_E'\n"),
        "loss.toml: [new] hint: string should have at least 1 character",
    ),
    "an unknown key": (
        added(LOSS, NEW + "replaces = '_E.sum()'\nwith = '_E'\n"),
        "loss.toml: [new] replaces: this key is not known; did you mean 'replace'?",
    ),
    "nothing that tells it": (added(LOSS, NEW), "loss.toml: [new]: nothing tells this mistake"),
    "an edit that changes nothing": (
        added(LOSS, NEW + "replace = '_E.prod()'\nwith = '_E'\n"),
        "loss.toml: [new] replace: '_E.prod()' does not stand in loss of solution.py",
    ),
    "an edit that is not Python": (
        added(LOSS, NEW + "replace = '_E.sum('\nwith = '_E'\n"),
        "loss.toml: [new] replace: '_E.sum(' is neither an expression nor a statement",
    ),
    "an edit without its other side": (
        added(LOSS, NEW + "replace = '_E.sum()'\n"),
        "loss.toml: [new] replace: replace and with go together",
    ),
    "a pattern of two statements": (
        added(LOSS, NEW + "replace = '_E.sum()'\nwith = '_E'\nseen = ['a = 1; b = 2']\n"),
        "loss.toml: [new] seen: 'a = 1; b = 2' is not one expression or one statement",
    ),
    "a function that the solution has not": (
        added(LOSS, NEW + "replace = '_E.sum()'\nwith = '_E'\nfunctions = ['los']\n"),
        "loss.toml: [new] functions: there is no function of solution.py 'los'; did you mean 'loss'?",
    ),
    "a form in another function": (
        added(LOSS, NEW + "forms = [{ replace = '_E.sum()', with = '_E', in = 'lossy' }]\n"),
        "loss.toml: [new] in: there is no function of solution.py 'lossy'; did you mean 'loss'?",
    ),
    "an unknown stage": (
        added(LOSS, NEW + "replace = '_E.sum()'\nwith = '_E'\nstage = 'updates'\n"),
        "loss.toml: [new] stage: input should be 'initial', 'update' or 'history'",
    ),
    "calls without their recogniser": (
        added(LOSS, NEW + "replace = '_E.sum()'\nwith = '_E'\ncalls = ['torch.sum']\n"),
        'loss.toml: [new] calls: patterns of calls go with recognise = "calls"',
    ),
    "alike to nobody": (
        added(LOSS, NEW + "replace = '_E.sum()'\nwith = '_E'\nalike = ['loss-men']\n"),
        "loss.toml: [new] alike: there is no misconception 'loss-men'; did you mean 'loss-mean'?",
    ),
    "an id that stands twice": (
        added(
            "misconceptions/sigma.toml",
            NEW.replace("new", "loss-mean") + "replace = 'x.tanh()'\nwith = 'x'\n",
        ),
        "sigma.toml: [loss-mean]: the id stands in loss.toml as well",
    ),
    "not TOML": (added(LOSS, "[new"), "loss.toml: this is not TOML"),
    "points below zero": (
        replaced("exercise.toml", "points = 1.5", "points = -4"),
        "exercise.toml: [functions.dsigma] points: input should be greater than 0",
    ),
    "points as a text": (
        replaced("exercise.toml", "points = 1.5", "points = '1.5'"),
        "exercise.toml: [functions.dsigma] points: input should be a valid number",
    ),
    "a function misspelt": (
        replaced("exercise.toml", "[functions.train]", "[functions.trian]"),
        "[functions.trian]: there is no function of solution.py 'trian'; did you mean 'train'?",
    ),
    "an unknown key of a function": (
        replaced("exercise.toml", "slow = true", "slowly = true"),
        "exercise.toml: [functions.train] slowly: this key is not known; did you mean 'slow'?",
    ),
    "what it builds on stands below it": (
        replaced("exercise.toml", 'earlier = ["loss"]', 'earlier = ["train"]'),
        "exercise.toml: [functions.dloss] earlier: there is no function above this one 'train'",
    ),
    "an unknown table": (
        added("exercise.toml", "\n[limit]\nmemory_mb = 1\n"),
        "exercise.toml: limit: this key is not known; did you mean 'limits'?",
    ),
    "an unknown limit": (
        replaced("exercise.toml", "memory_mb", "memory"),
        "exercise.toml: [limits] memory: this key is not known; did you mean 'memory_mb'?",
    ),
    "follow-through above one": (
        replaced("exercise.toml", "follow_through = 1.0", "follow_through = 2"),
        "exercise.toml: follow_through: input should be less than or equal to 1",
    ),
    "a prologue that is not there": (
        replaced("exercise.toml", '"prologue.py"', '"prolog.py"'),
        "exercise.toml: [prologue] source: there is no file prolog.py",
    ),
    "no solution": (removed("solution.py"), "solution.py: the file is missing"),
    "a solution that is not Python": (added("solution.py", "\ndef f(:\n"), "solution.py: line"),
    "no exercise.toml": (removed("exercise.toml"), "exercise.toml: the file is missing"),
    "a function without a check": (
        removed("checks/test_loss.py"),
        "checks/test_loss.py: loss is graded and has no check; write one in this file",
    ),
    "checks of nothing": (
        added("checks/test_lose.py", ""),
        "checks/test_lose.py: there is no graded function 'lose'; did you mean 'loss'?",
    ),
    "a check that requires nobody": (
        added("checks/test_loss.py", "\n@requires('vales')\ndef test_more(student):\n    '''More.'''\n"),
        "checks/test_loss.py: test_more: there is no check 'vales'; did you mean 'values'?",
    ),
    "a node that is not drawn": (
        replaced("graph.toml", 't = ["loss"]', 't = ["los"]'),
        "graph.toml: [forward] t: there is no node 'los'; did you mean 'loss'?",
    ),
    "a node without a place": (
        replaced("graph.toml", "[0.6, 0]", "[0.6]"),
        "graph.toml: nodes.w1.1: this key is missing",
    ),
    "a translation of nothing": (
        added("locale/fr.toml", NEW.replace("new", "loss-men")),
        "fr.toml: [loss-men]: there is no misconception 'loss-men'; did you mean 'loss-mean'?",
    ),
    "a title of nothing": (
        replaced("locale/fr.toml", "[checks]", "[checks]\n'loss is a vector.' = 'x'"),
        "fr.toml: [checks]: there is no title 'loss is a vector.'",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(folder: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(folder)
    lines = faults(folder)
    assert any(says in line for line in lines), lines
    assert all(line.startswith(f"{folder}/") for line in lines)


def test_all_faults_are_told_together(folder: Path) -> None:
    for name in ("an unknown key", "points below zero", "a prologue that is not there"):
        FAULTS[name][0](folder)
    assert len(faults(folder)) == 3


def test_a_copy_elsewhere_is_complete(folder: Path) -> None:
    own, copied = Exercise.load("practical3"), Exercise.load(str(folder))
    assert copied.graph == own.graph is not None
    assert copied.notes("fr") == own.notes("fr") != own.notes("en")
    assert copied.check_title("A longer run learns to tell the digits apart.", "fr").startswith(
        "Un entraînement"
    )
    assert copied.curve_titles("fr") == own.curve_titles("fr") != own.curves
    assert own.is_own
    assert not copied.is_own


def test_what_is_not_there_is_said_with_what_is() -> None:
    with pytest.raises(ExerciseError, match=r"no exercise 'practical4'.*practical3"):
        Exercise.load("practical4")


def test_the_digest_changes_with_any_file(folder: Path) -> None:
    before = Exercise.read(folder).sha256
    added("handout.md", "More.\n")(folder)
    assert Exercise.read(folder).sha256 != before
